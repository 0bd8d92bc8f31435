"""What every test folder shares: which real programs are here, and loud words when one is not."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Final

import pytest

from tests.disk import shim
from tests.postgresql import postgres, postgres_url

__all__ = ["postgres", "postgres_url"]

# what a developer's own shell says about databases is not for tests
os.environ.pop("DATABASE_URL", None)

ROOT: Final = Path(__file__).parents[1]
BROWSERS: Final = ("chromium", "chromium-browser", "google-chrome")
IN_CI: Final = os.environ.get("CI") == "true"


def find_browser() -> str | None:
    """The path of an installed chromium, or None."""
    return next((path for name in BROWSERS if (path := shutil.which(name))), None)


def find_node() -> str | None:
    """The path of a Node that can run the web packages, or None."""
    modules = ROOT / "web" / "node_modules" / "yjs"
    return shutil.which("node") if modules.exists() else None


def missing_tools() -> dict[str, str]:
    """Marker -> why tests with it cannot run here."""
    missing: dict[str, str] = {}
    if find_browser() is None:
        missing["browser"] = f"none of {', '.join(BROWSERS)} is on the path"
    if find_node() is None:
        missing["node"] = "no node on the path, or web/node_modules is not installed"
    try:
        shim.library()
    except RuntimeError as error:
        missing["layer"] = str(error)
    return missing


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Tests without their tool are skipped, and counted for the warning at the end."""
    skipped: dict[str, int] = {}
    for marker, reason in missing_tools().items():
        for item in items:
            if item.get_closest_marker(marker):
                item.add_marker(pytest.mark.skip(reason=reason))
                skipped[marker] = skipped.get(marker, 0) + 1
    if skipped and IN_CI:
        raise pytest.UsageError(f"CI=true, and these could not run: {skipped}")
    config.stash[_SKIPPED] = skipped


_SKIPPED: Final = pytest.StashKey[dict[str, int]]()


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """A green run that skipped the browser must not look like a green run."""
    for marker, count in config.stash.get(_SKIPPED, {}).items():
        terminalreporter.write_sep("!", f"{count} {marker} tests were SKIPPED", red=True, bold=True)


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of the installed browser; tests that ask for it carry the marker `browser`."""
    path = find_browser()
    assert path is not None, "mark this test with @pytest.mark.browser"
    return path


@pytest.fixture(scope="session")
def node() -> str:
    """The path of Node; tests that ask for it carry the marker `node`."""
    path = find_node()
    assert path is not None, "mark this test with @pytest.mark.node"
    return path


@pytest.fixture(scope="session")
def web_dist() -> Path:
    """web/dist, built."""
    dist = ROOT / "web" / "dist"
    assert (dist / "manifest.json").exists(), "build the web first: python3 dev.py check"
    return dist
