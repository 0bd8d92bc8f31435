"""The command `samenbeeld`: run the server, and what an administrator does beside it."""

from __future__ import annotations

import sys
from typing import Annotated

import typer
from sqlalchemy.exc import OperationalError

from models.database import DataFolderUnusable
from models.people import PersonRefused
from models.safekeeping import CopyFailed
from server.commands import accounts, data, quarantine, safekeeping
from server.commands.bench import serve_bench
from server.commands.common import DataFolder, settings_for
from server.commands.replay import run_replay
from server.demo.seed import plant
from server.opening import WereRestored, opened
from server.running import run_server
from server.safekeeping import NotRestored
from server.settings import SettingsWrong

_IN_WORDS = (
    SettingsWrong,
    DataFolderUnusable,
    PersonRefused,
    CopyFailed,
    NotRestored,
    WereRestored,
    quarantine.NotThere,
)

app = typer.Typer(
    help="Samenbeeld: many organisations write one situation picture together, live.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(accounts.users, name="user")
app.add_typer(accounts.machine_keys, name="key")
app.add_typer(quarantine.commands, name="quarantine")
app.command()(data.migrate)
app.command()(safekeeping.backup)
app.command("restore")(safekeeping.restore_backup)
app.command()(safekeeping.verify)
app.command("new-epochs")(safekeeping.new_epochs)
app.command("replay")(run_replay)
app.command("serve-bench")(serve_bench)


@app.command()
def run(
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on; 0 takes a free one.")] = None,
    data: DataFolder = None,
    demo: Annotated[bool, typer.Option("--demo", help="With the demonstration incidents.")] = False,
) -> None:
    """Run the server until it is told to stop."""
    settings = settings_for(host=host, port=port, data=data, demo=demo or None)
    with opened(settings) as services:
        if settings.demo:
            plant(services.database.writer, services.passwords.hash)
        run_server(services, announce=typer.echo)


def main() -> None:
    """Run a command; what the user can mend is said in words, without a trace."""
    try:
        app()
    except _IN_WORDS as error:
        typer.echo(f"{error}", err=True)
        sys.exit(2)
    except OperationalError as error:
        typer.echo(f"The database cannot be used: {error.orig}", err=True)
        sys.exit(2)


if __name__ == "__main__":
    main()
