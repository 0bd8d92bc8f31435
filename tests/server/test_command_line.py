"""The command `samenbeeld` as an administrator uses it: real processes, a real port."""

from __future__ import annotations

import io
import json
import logging
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2
import pytest

from models.database import has_wal_reset_bug
from server.__main__ import main

PASSWORD = "a long enough password"


@dataclass(frozen=True)
class Done:
    """How a command ended and what it said."""

    code: int
    out: str
    err: str


Command = Callable[..., Done]


@pytest.fixture
def command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Command:
    """Run a command to its end, in this process: a new one takes a second to start."""
    monkeypatch.setattr(logging.getLogger(), "handlers", list(logging.getLogger().handlers))

    def run(*words: str, data: Path = tmp_path, typed: str = "", **environment: str) -> Done:
        capsys.readouterr()
        with monkeypatch.context() as patch:
            patch.setattr(sys, "argv", ["samenbeeld", *words])
            patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(typed.encode())))
            for name, text in {"SAMENBEELD_DATA": str(data), **environment}.items():
                patch.setenv(name, text)
            with pytest.raises(SystemExit) as ended:
                main()
        said = capsys.readouterr()
        return Done(int(ended.value.code or 0), said.out, said.err)

    return run


def clean_environment() -> dict[str, str]:
    return {name: text for name, text in os.environ.items() if not name.startswith("SAMENBEELD_")}


def add_ana(command: Command) -> None:
    words = ["user", "add", "ana", "--name", "S. Ana", "--organisation", "24"]
    done = command(*words, "--role", "coordinator", typed=PASSWORD + "\n")
    assert done.code == 0, done.err


@dataclass
class Running:
    """A server process and where it listens."""

    process: subprocess.Popen[str]
    url: str
    log: Path

    def stop(self) -> float:
        """Ask it to stop; how many seconds it took."""
        began = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(30)
        return time.monotonic() - began


@contextmanager
def a_running_server(data: Path, *words: str) -> Iterator[Running]:
    environment = {**clean_environment(), "SAMENBEELD_DATA": str(data)}
    log = data / "log"
    with log.open("w") as err:
        process = subprocess.Popen(
            [sys.executable, "-m", "server", "run", "--port", "0", *words],
            stdout=subprocess.PIPE,
            stderr=err,
            text=True,
            env=environment,
        )
    assert process.stdout is not None
    try:
        where = process.stdout.readline()
        assert where.startswith("Samenbeeld: "), log.read_text()
        yield Running(process, where.split()[1], log)
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def test_somebody_is_added_signs_in_and_the_folder_is_guarded_meanwhile(
    tmp_path: Path, command: Command
):
    add_ana(command)
    with a_running_server(tmp_path) as server, httpx2.Client(base_url=server.url) as client:
        form = {"username": "ana", "password": PASSWORD}
        assert client.post("/sign-in", data=form).headers["location"] == "/incidents"
        assert client.get("/readyz").json()["status"] == "ready"
        assert "samenbeeld_sign_ins_total" in client.get("/metrics").text
        for words in (["user", "disable", "ana"], ["run", "--port", "0"], ["migrate"]):
            refused = command(*words)
            assert refused.code == 2
            assert f"process {server.process.pid}" in refused.err
        assert server.stop() < 10
    assert command("user", "disable", "ana").code == 0
    assert "ana\t24\tdisabled\tS. Ana" in command("user", "list").out


def test_sqlite_is_named_at_start_and_warned_of_when_it_can_lose_commits(tmp_path: Path):
    with a_running_server(tmp_path) as server:
        lines = [json.loads(each) for each in server.log.read_text().splitlines()]
    (named,) = [each for each in lines if each["event"] == "sqlite"]
    assert (named["level"], named["version"]) == ("info", sqlite3.sqlite_version)
    warned = [each for each in lines if each["event"] == "sqlite-has-wal-reset-bug"]
    assert bool(warned) is has_wal_reset_bug(sqlite3.sqlite_version_info)
    assert all(each["version"] == sqlite3.sqlite_version for each in warned)


def test_a_second_start_finds_what_the_first_left(tmp_path: Path, command: Command):
    add_ana(command)
    key = command("key", "create", "ana", "--label", "test").out.split("key: ")[1].strip()
    headers = {"authorization": f"Bearer {key}"}
    for title in ("Storm", "Hoogwater"):
        with a_running_server(tmp_path) as server:
            url = f"{server.url}/api/v1/incidents"
            assert httpx2.post(url, json={"title": title}, headers=headers).status_code == 201
            found = httpx2.get(url, headers=headers).json()["incidents"]
            server.stop()
    assert {each["id"] for each in found} == {"storm", "hoogwater"}


def test_every_wrong_setting_is_named_before_anything_starts(tmp_path: Path, command: Command):
    done = command("run", SAMENBEELD_PORT="x", SAMENBEELD_PROT="1")
    assert done.code == 2
    assert "SAMENBEELD_PORT:" in done.err
    assert "SAMENBEELD_PROT:" in done.err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("words", "typed", "reason"),
    [
        (["user", "disable", "nobody"], "", "nobody with the user name 'nobody'"),
        (["user", "reset", "ana"], "short\n", "at least 12 characters"),
        (
            ["user", "add", "Ana", "--name", "A", "--organisation", "24", "--role", "editor"],
            PASSWORD,
            "taken",
        ),
        (
            ["user", "add", "bo", "--name", "B", "--organisation", "26", "--role", "editor"],
            PASSWORD,
            "no organisation '26'",
        ),
    ],
)
def test_what_cannot_be_is_refused_in_words(
    command: Command, words: list[str], typed: str, reason: str
):
    add_ana(command)
    done = command(*words, typed=typed)
    assert (done.code, done.out) == (2, "")
    assert reason in done.err


def test_a_data_folder_that_is_a_file_is_refused_in_words(tmp_path: Path, command: Command):
    (tmp_path / "file").write_text("")
    done = command("run", data=tmp_path / "file")
    assert done.code == 2
    assert "cannot be written" in done.err
