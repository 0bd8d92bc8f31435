"""The command that brings the demo to life."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Annotated

import typer

from server.demo.door import DoorShut
from server.demo.material import FLOOD, moment
from server.replay import NEW, Outcome, Wish, replay

_LIKE = "like 2021-07-15 or 2021-07-15T18:00"


def run_replay(
    speed: Annotated[float, typer.Option(help="1 is as fast as people type.")] = 4.0,
    url: Annotated[str, typer.Option(help="Where the server is.")] = "http://127.0.0.1:8000",
    incident: Annotated[str, typer.Option(help="The story to tell.")] = FLOOD,
    into: Annotated[
        str | None, typer.Option(help=f"Write in this incident; '{NEW}' opens a new one.")
    ] = None,
    start: Annotated[
        str | None, typer.Option("--from", help=f"Begin at this moment, {_LIKE}.")
    ] = None,
    end: Annotated[
        str | None, typer.Option("--to", help=f"Stop after this moment, {_LIKE}.")
    ] = None,
) -> None:
    """Let simulated people write the demo live, over real websockets.

    Goes on where the room stands. Ctrl-C stops it in good order.
    """
    try:
        wish = Wish(url, incident, speed, _moment(start), _moment(end, last=True), into)
        began = time.monotonic()
        outcome = asyncio.run(_until_stopped(wish, typer.echo))
    except DoorShut as error:
        typer.echo(f"{error}", err=True)
        raise typer.Exit(2) from error
    _report(outcome, time.monotonic() - began)


def _moment(text: str | None, last: bool = False) -> datetime | None:
    """A day alone means its beginning, or with `last` its end."""
    if text is None:
        return None
    try:
        return moment(text) + timedelta(days=1 if last and len(text) == len("2021-07-15") else 0)
    except ValueError:
        raise DoorShut(f"{text!r} is no moment; write it {_LIKE}.") from None


async def _until_stopped(wish: Wish, say: Callable[[str], None]) -> Outcome:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    return await replay(wish, say, stop)


def _report(outcome: Outcome, seconds: float) -> None:
    how = "Stopped" if outcome.stopped else "Done"
    typer.echo(
        f"{how}: {outcome.deeds} things in {outcome.changes} changes, {seconds:.0f} seconds, "
        f"incident {outcome.incident}."
    )
    if outcome.unsaved:
        typer.echo(
            f"Not known to be saved: what {', '.join(outcome.unsaved)} wrote last.", err=True
        )
        raise typer.Exit(1)
