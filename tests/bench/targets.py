"""The servers that are measured. A further peer is one more Target, and its starter in peer/."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from models.documents import BENCH
from server.commands.bench import KEY
from sync import lib0

ROOT: Final = Path(__file__).resolve().parents[2]
_PEER: Final = Path(__file__).parent / "peer"
_INSTALLED: Final = ROOT / "build" / "bench-peer"


class Unavailable(Exception):
    """A peer cannot run here; the text says why."""


@dataclass(frozen=True)
class Target:
    """How to start a server, and how a client reaches a room in it."""

    name: str
    title: str
    command: Callable[[int, Path], list[str]]
    """For a port and a data folder."""
    path: Callable[[str], str]
    address: Callable[[str], str] | None = None
    """What stands before every message in the Hocuspocus dialect; None speaks the plain one."""
    token: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    prepare: Callable[[], object] = tuple
    """Run once before all; raises Unavailable."""

    @property
    def acknowledges(self) -> bool:
        """Whether it says what was saved."""
        return self.address is not None

    def head(self, room: str) -> bytes:
        """How every message about a room begins."""
        return b"" if self.address is None else lib0.text(self.address(room))


def _ours(port: int, data: Path) -> list[str]:
    """What `python3 dev.py serve-bench` becomes after it has set up."""
    options = ["--port", str(port), "--data", str(data)]
    return [sys.executable, "-m", "server", "serve-bench", *options]


def _document(room: str) -> str:
    return f"{BENCH}/scratch/{room}"


def _hocuspocus(port: int, data: Path) -> list[str]:
    return ["node", str(_INSTALLED / "hocuspocus.mjs"), str(port), str(data)]


def install_peers() -> None:
    """Install what peer/package-lock.json names, once per state of that folder.

    Raises Unavailable, for example where the native part of better-sqlite3 cannot be built.
    """
    stamp = _INSTALLED / "installed"
    wanted = "".join(path.read_text() for path in sorted(_PEER.iterdir()))
    if stamp.exists() and stamp.read_text() == wanted:
        return
    if shutil.which("npm") is None:
        raise Unavailable("npm is not here")
    print(f"• installing the peers in {_INSTALLED.relative_to(ROOT)} …", file=sys.stderr)
    shutil.copytree(_PEER, _INSTALLED, dirs_exist_ok=True)
    _run("npm", "ci", "--no-audit", "--no-fund")
    _run("node", "-e", "new (require('better-sqlite3'))(':memory:')")
    stamp.write_text(wanted)


def _run(*command: str) -> None:
    environment = {**os.environ, "npm_config_loglevel": "error"}
    done = subprocess.run(
        command, cwd=_INSTALLED, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise Unavailable(f"`{' '.join(command)}` failed: {(done.stderr or done.stdout)[-600:]}")


TARGETS: Final = {
    target.name: target
    for target in (
        Target(
            name="collab",
            title="Samenbeeld `/collab`",
            command=_ours,
            path=lambda room: f"/collab?{room}",
            address=_document,
            token=KEY,
        ),
        Target(
            name="yjs",
            title="Samenbeeld `/yjs`",
            command=_ours,
            path=lambda room: f"/yjs/{_document(room)}",
            headers={"Authorization": f"Bearer {KEY}"},
        ),
        Target(
            name="hocuspocus",
            title="Hocuspocus + SQLite",
            command=_hocuspocus,
            path=lambda room: f"/{room}",
            address=lambda room: room,
            token="bench",
            prepare=install_peers,
        ),
    )
}
