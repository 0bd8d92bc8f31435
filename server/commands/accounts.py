"""Persons and keys from the command line."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

import typer
from sqlalchemy import Connection

from models import keys, people
from models.people import Person, PersonRefused
from models.vocabulary import Role
from server.authenticate import utc_now
from server.commands.common import DataFolder, ask_password, writing
from server.passwords import Passwords

SHORTEST = 12
"""Characters of a password; no other rule, as NIST SP 800-63B advises."""

users = typer.Typer(help="Persons who may sign in.", no_args_is_help=True)
machine_keys = typer.Typer(help="Keys for machines.", no_args_is_help=True)

Username = Annotated[str, typer.Argument(help="The name they sign in with.")]


@users.command("add")
def add(
    username: Username,
    name: Annotated[str, typer.Option(help="As others see it: 'S. Hendrickx'.")],
    organisation: Annotated[str, typer.Option(help="Code: '24', 'IenW', 'WL'.")],
    role: Annotated[Role, typer.Option(help="The highest role they may take.")],
    function: Annotated[str, typer.Option(help="What they do in the crisis organisation.")] = "",
    data: DataFolder = None,
) -> None:
    """Add a person; asks for the password, or reads it from the input."""
    password = _new_password()
    with writing(data) as connection:
        person = people.create(
            connection,
            username=username,
            name=name,
            organisation=organisation,
            role=role,
            function=function,
            password_hash=Passwords().hash(password),
            now=utc_now(),
        )
    typer.echo(f"{person.username} may sign in for {person.organisation} as {person.role}.")


@users.command("list")
def list_people(data: DataFolder = None) -> None:
    """Everybody with an account."""
    with writing(data) as connection:
        for each in people.every(connection):
            state = "disabled" if each.disabled else each.role.value
            typer.echo(f"{each.username}\t{each.organisation}\t{state}\t{each.name}")


@users.command("disable")
def disable(username: Username, data: DataFolder = None) -> None:
    """Shut a person out, and end their sessions and keys."""
    with writing(data) as connection:
        people.disable(connection, _person(connection, username).id, utc_now())
    typer.echo(f"{username} can no longer sign in.")


@users.command("enable")
def enable(username: Username, data: DataFolder = None) -> None:
    """Let a person in again."""
    with writing(data) as connection:
        people.enable(connection, _person(connection, username).id)
    typer.echo(f"{username} can sign in again.")


@users.command("reset")
def reset(username: Username, data: DataFolder = None) -> None:
    """Give a person another password, and end their sessions."""
    password = _new_password()
    with writing(data) as connection:
        person = _person(connection, username)
        people.set_password_hash(connection, person.id, Passwords().hash(password))
        people.end_sessions(connection, person.id, utc_now())
    typer.echo(f"{username} has another password.")


@users.command("role")
def change_role(
    username: Username,
    role: Annotated[Role, typer.Argument(help="The highest role they may take.")],
    data: DataFolder = None,
) -> None:
    """Change the highest role that a person may take."""
    with writing(data) as connection:
        people.change_role(connection, _person(connection, username).id, role)
    typer.echo(f"{username} may be {role.value} at most.")


@machine_keys.command("create")
def create_key(
    username: Username,
    label: Annotated[str, typer.Option(help="What it is for.")],
    days: Annotated[int | None, typer.Option(min=1, help="How long it holds.")] = None,
    data: DataFolder = None,
) -> None:
    """Make a key that acts as a person; it is shown once."""
    now = utc_now()
    expires_at = None if days is None else now + timedelta(days=days)
    with writing(data) as connection:
        person = _person(connection, username)
        key = keys.create(connection, person, label=label, now=now, expires_at=expires_at)
    typer.echo(f"key: {key}")


def _person(connection: Connection, username: str) -> Person:
    person = people.find_by_username(connection, username)
    if person is None:
        raise PersonRefused("username", f"There is nobody with the user name {username!r}.")
    return person


def _new_password() -> str:
    password = ask_password()
    if len(password) < SHORTEST:
        raise PersonRefused("password", f"A password needs at least {SHORTEST} characters.")
    return password
