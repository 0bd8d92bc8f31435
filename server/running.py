"""From services to a running server that says where it is."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable

import structlog

from models.database import has_wal_reset_bug
from server.app import application
from server.serving import serve
from server.wiring import Demo, Services

log = structlog.get_logger()


def run_server(services: Services, announce: Callable[[str], None]) -> None:
    """Serve until a signal; `announce` gets the lines for a person in front of a terminal."""
    settings = services.settings
    if services.database.is_sqlite:
        _name_sqlite()
    if not services.pages.assets.built():
        log.warning("web-not-built", folder=str(settings.web / "dist"), do="node web/build.mjs")

    def ready(port: int) -> None:
        log.info("listening", host=settings.host, port=port)
        announce(f"Samenbeeld: {address_of(settings.host, port, settings.public_url)}")
        if services.demo is not None:
            announce(accounts_of(services.demo))

    serve(application(services), services, ready)


def address_of(host: str, port: int, public_url: str | None) -> str:
    """Where a browser finds the server: loopback when it listens everywhere."""
    if public_url is not None:
        return public_url
    name = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, host)
    return f"http://{f'[{name}]' if ':' in name and not name.startswith('[') else name}:{port}"


def accounts_of(demo: Demo) -> str:
    """The demonstration's accounts, a line each."""
    lines = [f"Demo accounts, all with the password {demo.password}:"]
    for each in demo.accounts:
        lines.append(f"  {each.username:<8} {each.name}, {each.function} ({each.organisation})")
    return "\n".join(lines)


def _name_sqlite() -> None:
    """Say which SQLite it is, and aloud when it is one that needs care."""
    log.info("sqlite", version=sqlite3.sqlite_version)
    if has_wal_reset_bug(sqlite3.sqlite_version_info):
        log.warning(
            "sqlite-has-wal-reset-bug",
            version=sqlite3.sqlite_version,
            fixed="3.51.3",
            meaning="only this process may write to the data folder; it keeps to one connection",
        )
