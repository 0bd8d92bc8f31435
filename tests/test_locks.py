"""The lock files agree with each other and with pyproject.toml, and name no machine."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parents[1]
LOCKS: Final = ("requirements.lock", "requirements-dev.lock", "requirements-node.lock")


def pinned(lock: str) -> dict[str, str]:
    """Package -> exact version."""
    lines = re.findall(r"^([a-z0-9._-]+)==([^ ;\\]+)", (ROOT / lock).read_text(), re.MULTILINE)
    return dict(lines)


def wanted(*extras: str) -> set[str]:
    """The packages that pyproject.toml asks for by name."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    asked = [*project["dependencies"]]
    for extra in extras:
        asked += project["optional-dependencies"][extra]
    return {re.split(r"[^A-Za-z0-9._-]", each, maxsplit=1)[0].lower() for each in asked}


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_names_no_host_and_no_folder_and_hashes_every_package(lock: str) -> None:
    text = (ROOT / lock).read_text()
    assert re.findall(r"https?:|file:|--index-url|--find-links|^-e|/", text, re.MULTILINE) == []
    entries = re.split(r"\n(?=[a-z])", text)
    assert [entry for entry in entries if "==" in entry and "--hash=sha256:" not in entry] == []


def test_both_python_locks_pin_the_same_versions() -> None:
    development = pinned("requirements-dev.lock")
    assert pinned("requirements.lock").items() <= development.items()


def test_the_locks_hold_what_pyproject_asks_for() -> None:
    assert wanted() <= pinned("requirements.lock").keys()
    assert wanted("dev") <= pinned("requirements-dev.lock").keys()


def test_the_web_side_pins_exact_versions_with_a_hash_each() -> None:
    package = json.loads((ROOT / "web" / "package.json").read_text())
    asked = {**package["dependencies"], **package["devDependencies"]}
    assert [name for name, version in asked.items() if not version[0].isdigit()] == []
    locked = json.loads((ROOT / "web" / "package-lock.json").read_text())["packages"]
    assert [path for path, entry in locked.items() if path and "integrity" not in entry] == []
