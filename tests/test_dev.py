"""dev.py does again exactly what changed, and never goes on after a failure."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import dev


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that dev.py takes for the project."""
    monkeypatch.setattr(dev, "ROOT", tmp_path)
    monkeypatch.setattr(dev, "STAMPS", tmp_path / "stamps")
    monkeypatch.setattr(dev, "BIN", tmp_path / "venv-bin")
    return tmp_path


def test_a_fingerprint_changes_with_contents_names_and_words(root: Path) -> None:
    folder = root / "src"
    folder.mkdir()
    (folder / "a.ts").write_text("één")
    first = dev.fingerprint([folder])
    assert dev.fingerprint([folder]) == first
    assert dev.fingerprint([folder], "3.12") != first
    (folder / "a.ts").write_text("twee")
    second = dev.fingerprint([folder])
    (folder / "a.ts").rename(folder / "b.ts")
    assert len({first, second, dev.fingerprint([folder])}) == 3


def test_a_stamp_holds_until_its_key_changes(root: Path) -> None:
    assert not dev.is_current("web", "one")
    dev.mark_current("web", "one")
    assert dev.is_current("web", "one")
    assert not dev.is_current("web", "two")


def test_a_step_that_fails_ends_dev_and_shows_why(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match=r"failed \(3\)"):
        dev.run_quietly(
            [sys.executable, "-c", "import sys; print('the reason'); sys.exit(3)"], root
        )
    assert "the reason" in capsys.readouterr().out


def test_all_failed_checks_are_shown_before_dev_ends(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    checks = [
        dev.Check("first", work=lambda: "one is wrong"),
        dev.Check("fine", [sys.executable, "-c", ""], root),
        dev.Check("third", [sys.executable, "-c", "raise SystemExit('three is wrong')"], root),
    ]
    with pytest.raises(SystemExit, match="failed: first, third"):
        dev.run_checks(checks)
    shown = capsys.readouterr().out
    assert "one is wrong" in shown
    assert "three is wrong" in shown


def a_program(folder: Path, name: str, prints: str) -> None:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(f"#!/bin/sh\necho {prints}\n")
    (folder / name).chmod(0o755)


@pytest.mark.parametrize(("version", "usable"), [("v18.20.4", False), ("v20.0.0", True)])
def test_a_node_older_than_20_is_not_used(
    root: Path, monkeypatch: pytest.MonkeyPatch, version: str, usable: bool
) -> None:
    a_program(root / "bin", "node", version)
    a_program(root / "bin", "npm", "11.0.0")
    monkeypatch.setenv("PATH", f"{root / 'bin'}{os.pathsep}/bin")
    assert dev.node_is_usable() is usable


def test_without_npm_a_node_is_not_used(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    a_program(root / "bin", "node", "v24.0.0")
    monkeypatch.setenv("PATH", str(root / "bin"))
    assert not dev.node_is_usable()


def test_without_a_browser_tests_go_on_loudly_but_not_in_ci(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(root))
    monkeypatch.delenv("CI", raising=False)
    assert dev.ensure_browser() is None
    assert "WILL BE SKIPPED" in capsys.readouterr().out
    monkeypatch.setenv("CI", "true")
    assert "may not be skipped" in str(dev.ensure_browser())


def test_arguments_after_the_command_reach_it_untouched() -> None:
    done = subprocess.run(
        [sys.executable, "-c", _SHOWS_ARGUMENTS, "chaos", "--rounds", "3", "-h"],
        cwd=dev.ROOT,
        capture_output=True,
        text=True,
    )
    assert done.stdout.strip() == "['--rounds', '3', '-h']"


_SHOWS_ARGUMENTS = """
import dev
dev.COMMANDS["chaos"] = ("", print)
dev.main()
"""
