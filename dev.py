#!/usr/bin/env python3
"""One command for everything a developer does; needs Python 3.11 and nothing else.

Sets up what is missing (.venv from the lock files, Node, the web bundle, for tests a browser),
each step keyed on a hash of what it depends on, so that a second start takes under a second.
"""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
BIN = VENV / "bin"
PYTHON = BIN / "python"
STAMPS = VENV / "stamps"
WEB = ROOT / "web"
TOOLS = WEB / "node_modules" / ".bin"

RUNTIME = "requirements.lock"
DEVELOPMENT = "requirements-dev.lock"
NODE = "requirements-node.lock"
OLDEST_NODE = 20
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
WEB_SOURCES = ("src", "styles", "locale", "build.mjs", "words.mjs", "tsconfig.json")


# --- small tools ---------------------------------------------------------------------------------


def say(text: str) -> None:
    print(text, flush=True)


def give_up(text: str) -> NoReturn:
    sys.exit(f"dev.py: {text}")


@contextlib.contextmanager
def step(title: str) -> Iterator[None]:
    """Announces a slow step and says how long it took."""
    say(f"• {title} …")
    started = time.monotonic()
    yield
    say(f"  done in {time.monotonic() - started:.1f} s")


def run_quietly(command: Sequence[str | Path], cwd: Path = ROOT) -> None:
    """Runs a command; its output is shown only when it fails, and then dev.py ends."""
    done = subprocess.run(command, cwd=cwd, env=environment(), capture_output=True, text=True)
    if done.returncode != 0:
        say(done.stdout + done.stderr)
        give_up(f"`{' '.join(map(str, command))}` failed ({done.returncode})")


def environment() -> dict[str, str]:
    """The environment of every child: our .venv (and the Node in it) comes first."""
    return {**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ.get('PATH', '')}"}


def files_below(paths: Iterable[Path]) -> Iterator[Path]:
    for path in paths:
        if path.is_dir():
            yield from sorted(file for file in path.rglob("*") if file.is_file())
        elif path.exists():
            yield path


def fingerprint(paths: Iterable[Path], *words: object) -> str:
    digest = hashlib.sha256(repr(words).encode())
    for file in files_below(paths):
        digest.update(f"\0{file.relative_to(ROOT)}\0".encode())
        digest.update(file.read_bytes())
    return digest.hexdigest()


def is_current(name: str, key: str) -> bool:
    stamp = STAMPS / name
    return stamp.exists() and stamp.read_text() == key


def mark_current(name: str, key: str) -> None:
    STAMPS.mkdir(parents=True, exist_ok=True)
    (STAMPS / name).write_text(key)


@contextlib.contextmanager
def one_at_a_time() -> Iterator[None]:
    """Two dev.py started together must not set up the same folder; the second waits."""
    with Path(__file__).open() as own_file:
        fcntl.flock(own_file, fcntl.LOCK_EX)
        yield


def is_root_with_apt() -> bool:
    return os.geteuid() == 0 and shutil.which("apt-get") is not None


def apt_install(package: str) -> None:
    quiet = ["env", "DEBIAN_FRONTEND=noninteractive", "apt-get"]
    run_quietly([*quiet, "update"])
    run_quietly([*quiet, "install", "-y", package])


# --- Python --------------------------------------------------------------------------------------


def make_venv() -> None:
    """A virtual environment by uv or by the standard library (Debian packs ensurepip apart)."""
    if shutil.which("uv"):
        run_quietly(["uv", "venv", "--clear", "--seed", "--python", sys.executable, VENV])
        return
    try:
        import ensurepip  # noqa: F401
    except ImportError:
        if not is_root_with_apt():
            give_up("the module venv is incomplete here: install python3-venv (or uv)")
        apt_install("python3-venv")
    run_quietly([sys.executable, "-m", "venv", "--clear", VENV])


def install_lock(lock: str) -> None:
    """Installs exactly what the lock file names, each file checked against its hash."""
    arguments = ["install", "--quiet", "--require-hashes", "-r", str(ROOT / lock)]
    if shutil.which("uv"):
        run_quietly(["uv", "pip", arguments[0], "--python", PYTHON, *arguments[1:]])
    else:
        run_quietly([PYTHON, "-m", "pip", *arguments, "--no-input", "--disable-pip-version-check"])


def put_on_path() -> None:
    """Makes models, sync, server and the command `samenbeeld` importable without a build."""
    (site_packages,) = VENV.glob("lib/python*/site-packages")
    (site_packages / "samenbeeld.pth").write_text(f"{ROOT}\n")
    script = BIN / "samenbeeld"
    script.write_text(f"#!{PYTHON}\nfrom server.__main__ import main\n\nmain()\n")
    script.chmod(0o755)


def ensure_python(lock: str) -> None:
    """The .venv holds what `lock` names; the development lock includes the runtime one."""
    home_key = fingerprint([], ROOT, sys.version_info[:2])
    if not (PYTHON.exists() and is_current("venv", home_key)):
        with step(f"making {VENV.name} with Python {sys.version.split()[0]}"):
            make_venv()
            put_on_path()
            mark_current("venv", home_key)
    key = fingerprint([ROOT / lock])
    contains_it = lock == RUNTIME and is_current(DEVELOPMENT, fingerprint([ROOT / DEVELOPMENT]))
    if not (contains_it or is_current(lock, key)):
        with step(f"installing Python packages from {lock}"):
            install_lock(lock)
            mark_current(lock, key)


# --- Node and the web bundle ---------------------------------------------------------------------


def node_is_usable() -> bool:
    """Whether `node` on the path is new enough and has its npm."""
    path = environment()["PATH"]
    node, npm = shutil.which("node", path=path), shutil.which("npm", path=path)
    if node is None or npm is None:
        return False
    version = subprocess.run([node, "--version"], capture_output=True, text=True).stdout
    return int(version.removeprefix("v").partition(".")[0] or 0) >= OLDEST_NODE


def ensure_node() -> None:
    if node_is_usable():
        return
    with step(f"no Node {OLDEST_NODE} or newer found: installing it from {NODE}"):
        install_lock(NODE)
    if not node_is_usable():
        give_up(f"Node {OLDEST_NODE} is needed to build the pages, and {NODE} did not bring it")


def ensure_node_modules() -> None:
    key = fingerprint([WEB / "package-lock.json"])
    if TOOLS.exists() and is_current("node_modules", key):
        return
    ensure_node()
    with step("installing web packages from web/package-lock.json"):
        run_quietly(["npm", "ci", "--no-audit", "--no-fund"], cwd=WEB)
        mark_current("node_modules", key)


def web_key() -> str:
    return fingerprint([*(WEB / source for source in WEB_SOURCES), WEB / "package-lock.json"])


def ensure_web() -> None:
    """web/dist is the bundle of the sources as they are now."""
    if (WEB / "dist" / "manifest.json").exists() and is_current("web", web_key()):
        return
    ensure_node_modules()
    ensure_node()
    with step("building web/dist"):
        run_quietly(["node", "build.mjs"], cwd=WEB)
        mark_current("web", web_key())


# --- checks --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Check:
    """A command that must succeed; `work` is asked first and says why it failed, or None."""

    title: str
    command: Sequence[str | Path] = ()
    cwd: Path = ROOT
    work: Callable[[], str | None] = lambda: None


CHECKS = (
    Check("mypy --strict", [PYTHON, "-m", "mypy"]),
    Check("ruff check", [PYTHON, "-m", "ruff", "check"]),
    Check("ruff format", [PYTHON, "-m", "ruff", "format", "--check"]),
    Check("generated contract", [PYTHON, "-m", "server.contract", "--check"]),
    Check("words of the screens", ["node", "words.mjs", "--check"], WEB),
    Check("icons of the pages", ["node", "icons.mjs", "--check"], WEB),
    Check("biome", [TOOLS / "biome", "ci", "--colors=off", "."], WEB),
    Check("tsc: the page", [TOOLS / "tsc", "--noEmit"], WEB),
    Check(
        "tsc: the service worker", [TOOLS / "tsc", "--noEmit", "-p", "tsconfig.worker.json"], WEB
    ),
    Check("vitest", [TOOLS / "vitest", "run"], WEB),
)


@dataclass(frozen=True)
class Outcome:
    title: str
    seconds: float
    failure: str | None


def perform(check: Check) -> Outcome:
    started = time.monotonic()
    failure = check.work()
    if failure is None and check.command:
        done = subprocess.run(
            check.command, cwd=check.cwd, env=environment(), capture_output=True, text=True
        )
        failure = None if done.returncode == 0 else done.stdout + done.stderr
    return Outcome(check.title, time.monotonic() - started, failure)


def run_checks(checks: Sequence[Check]) -> None:
    """Two at a time; all that fail are shown in full, and then dev.py ends."""
    say("\n=== static checks ===")
    with ThreadPoolExecutor(max_workers=2) as pool:
        futures = [pool.submit(perform, check) for check in checks]
        failed = [outcome for future in futures if (outcome := report(future.result())).failure]
    for outcome in failed:
        say(f"\n--- {outcome.title} ---\n{outcome.failure}")
    if failed:
        give_up(f"failed: {', '.join(outcome.title for outcome in failed)}")


def report(outcome: Outcome) -> Outcome:
    word = "ok" if outcome.failure is None else "FAILED"
    say(f"{outcome.title:<26} {word:<7} {outcome.seconds:5.1f} s")
    return outcome


def ensure_browser() -> str | None:
    """A browser for the journeys; None when found, skipped loudly, or installed just now."""
    if any(shutil.which(name) for name in BROWSERS):
        return None
    if is_root_with_apt():
        apt_install("chromium")
        return None
    if os.environ.get("CI") == "true":
        return "no chromium found, and browser tests may not be skipped when CI=true"
    say(f"\n{'!' * 80}\nNO CHROMIUM FOUND: ALL BROWSER TESTS WILL BE SKIPPED\n{'!' * 80}\n")
    return None


# --- commands ------------------------------------------------------------------------------------


def become(*command: str) -> NoReturn:
    """Replaces dev.py by the command, so that signals reach it directly."""
    os.chdir(ROOT)
    sys.stdout.flush()
    os.execve(PYTHON, [str(PYTHON), *command], environment())


def set_up(lock: str) -> None:
    """All that a command needs; with the development lock also Node and the web tools."""
    with one_at_a_time():
        ensure_python(lock)
        ensure_web()
        if lock == DEVELOPMENT:
            ensure_node_modules()
            ensure_node()


def serve(rest: list[str]) -> NoReturn:
    set_up(RUNTIME)
    host, port = os.environ.get("HOST", "127.0.0.1"), os.environ.get("PORT", "8000")
    data = os.environ.get("SAMENBEELD_DATA", "data")
    where = ["--host", host, "--port", port, "--data", data]
    become("-m", "server", "run", "--demo", *where, *rest)


def serve_bench(rest: list[str]) -> NoReturn:
    set_up(RUNTIME)
    become("-m", "server", "serve-bench", *rest)


def check(rest: list[str]) -> None:
    if rest:
        give_up(f"check takes no arguments: {' '.join(rest)}")
    set_up(DEVELOPMENT)
    run_checks(CHECKS)
    say("\nall checks passed")


def test(rest: list[str]) -> NoReturn:
    set_up(DEVELOPMENT)
    run_checks([Check("a browser", work=ensure_browser), *CHECKS])
    say("\n=== pytest ===")
    if rest:
        become("-m", "pytest", "-ra", *rest)
    together = ["-n", "3", "--dist", "loadfile", "-m", "not timing", "--durations=5"]
    run = subprocess.run([PYTHON, "-m", "pytest", "-ra", *together], cwd=ROOT, env=environment())
    if run.returncode != 0:
        sys.exit(run.returncode)
    become("-m", "pytest", "-ra", "-m", "timing")


def tests_module(name: str) -> Callable[[list[str]], NoReturn]:
    def command(rest: list[str]) -> NoReturn:
        set_up(DEVELOPMENT)
        become("-m", f"tests.{name}", *rest)

    return command


COMMANDS: dict[str, tuple[str, Callable[[list[str]], None]]] = {
    "run": ("serve the demo on HOST:PORT (127.0.0.1:8000), data in SAMENBEELD_DATA (data/)", serve),
    "test": ("all checks, then all tests; further arguments go to pytest", test),
    "check": ("format, lint, types, generated files, web unit tests", check),
    "bench": ("measure (arguments go to tests.bench)", tests_module("bench")),
    "serve-bench": ("the real server with a bench incident: --port P --data D", serve_bench),
    "chaos": ("kill -9 under typing: --rounds 200 --seed 1", tests_module("chaos")),
    "prove": ("the heavy proofs of part N of the plan: prove 1", tests_module("prove")),
}


def main() -> None:
    if sys.version_info < (3, 11):  # noqa: UP036 - this file is run by whatever python3 is
        give_up(f"Python 3.11 or newer is needed, this is {sys.version.split()[0]}")
    parser = argparse.ArgumentParser(
        prog="dev.py",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="commands:\n" + "\n".join(f"  {n:<12} {c[0]}" for n, c in COMMANDS.items()),
    )
    parser.add_argument("command", choices=COMMANDS, metavar="command", help="one of those below")
    parser.add_argument("rest", nargs=argparse.REMAINDER, help="arguments for that command")
    chosen = parser.parse_args()
    COMMANDS[chosen.command][1](chosen.rest)


if __name__ == "__main__":
    main()
