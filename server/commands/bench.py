"""The server as benchmarks want it: an incident to try things in, and a key that is known."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

import typer
from sqlalchemy import Connection, select

from models import people, tables
from models.documents import BENCH
from models.people import Person
from models.sessions import hash_of
from models.vocabulary import Phase, Role, Tlp
from server.authenticate import utc_now
from server.commands.common import settings_for
from server.opening import opened
from server.rates import BENCH as BENCH_LIMITS
from server.running import run_server

KEY: Final = "sbk_bench-only-on-loopback"
"""Known to everybody, so this command listens on loopback only and in a data folder of its own."""
_ORGANISATION: Final = "24"


def serve_bench(
    port: Annotated[int, typer.Option(help="Port to listen on, on loopback.")],
    data: Annotated[Path, typer.Option(help="A folder that holds nothing else.")],
) -> None:
    """Serve the incident `bench`, whose documents `scratch/<name>` an API key may write."""
    settings = settings_for(host="127.0.0.1", port=port, data=data, log_level="error")
    settings = settings.model_copy(update={"database_url": None})  # a known key is for no other
    with opened(settings, limits=BENCH_LIMITS) as services:
        with services.database.writer.begin() as connection:
            _prepare(connection)
        typer.echo(f"key: {KEY}")
        run_server(services, announce=typer.echo)


def _prepare(connection: Connection) -> None:
    exists = select(tables.incidents.c.id).where(tables.incidents.c.id == BENCH)
    if connection.execute(exists).first() is None:
        _create(connection)


def _create(connection: Connection) -> None:
    now = utc_now()
    bench = people.create(
        connection,
        username="bench",
        name="Bench",
        organisation=_ORGANISATION,
        role=Role.EDITOR,
        now=now,
    )
    _add_key(connection, bench)
    connection.execute(
        tables.incidents.insert().values(
            id=BENCH,
            title="Bench",
            phase=Phase.WARM,
            exercise=True,
            tlp=Tlp.CLEAR,
            themes=[],
            rhythm_minutes=30,
            created_at=now,
            created_by=bench.id,
        )
    )
    connection.execute(
        tables.participations.insert().values(
            incident=BENCH, organisation=_ORGANISATION, role=Role.EDITOR, grip=0
        )
    )


def _add_key(connection: Connection, person: Person) -> None:
    connection.execute(
        tables.api_keys.insert().values(
            key_hash=hash_of(KEY),
            person=person.id,
            organisation=person.organisation,
            label="bench",
            created_at=utc_now(),
        )
    )
