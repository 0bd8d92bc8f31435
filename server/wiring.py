"""The one place that knows which concrete parts are used."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from models import organisations, sessions
from models.database import Database, database_at
from models.organisations import Organisation
from models.vocabulary import IncidentId, PersonId
from server.authenticate import Authenticator, utc_now
from server.committer import Writer
from server.demo import material
from server.hub import Hub
from server.i18n import Words
from server.passwords import Guessing, Passwords
from server.rates import USUAL, Limits
from server.reading import Reader
from server.readings import Readings
from server.settings import Settings
from server.templating import Pages

SESSIONS_KEPT: Final = timedelta(days=90)
"""How long one can see that somebody was signed in, after that session expired."""


@dataclass(frozen=True, slots=True)
class DemoAccount:
    """Somebody who can sign in to a demonstration, as the sign-in page shows them."""

    username: str
    name: str
    organisation: str
    function: str
    role: str


@dataclass(frozen=True, slots=True)
class Demo:
    """The accounts of a demonstration and their one password, which is no secret."""

    accounts: tuple[DemoAccount, ...]
    password: str


@dataclass
class Services:
    """Everything a route or a socket may ask for."""

    settings: Settings
    database: Database
    read: Reader
    writer: Writer
    authenticator: Authenticator
    hub: Hub
    readings: Readings
    pages: Pages
    words: Words
    passwords: Passwords
    guessing: Guessing
    organisations: Mapping[str, Organisation] = field(default_factory=dict)
    demo: Demo | None = None

    async def start(self) -> None:
        """Begin to work; needs a running loop and a migrated database."""
        await self.writer.run(lambda c: sessions.forget_old(c, utc_now() - SESSIONS_KEPT))
        found = await self.read(organisations.every)
        self.organisations = {each.code: each for each in found}
        self.hub.start()

    async def stop(self) -> None:
        """Store what waits, then let go of everything."""
        await self.hub.drain()
        await self.hub.close()
        self.writer.close()
        self.database.dispose()

    async def rights_changed(
        self,
        incident: IncidentId | None = None,
        person: PersonId | None = None,
        session: bytes | None = None,
    ) -> None:
        """To be called after every committed change of rights: open sockets follow at once."""
        await self.hub.rights_changed(incident=incident, person=person, session=session)


def build(settings: Settings, limits: Limits = USUAL) -> Services:
    """The parts of a server; nothing is opened yet."""
    database = database_at(settings.database)
    words = Words(settings.web / "locale", settings.language)
    read = Reader(database.reader)
    writer = Writer(database.writer)
    authenticator = Authenticator(read, settings.session_limits)
    return Services(
        settings=settings,
        database=database,
        read=read,
        writer=writer,
        authenticator=authenticator,
        hub=Hub(writer, read, authenticator, limits),
        readings=Readings(read),
        pages=Pages(settings.web, words),
        words=words,
        passwords=Passwords(),
        guessing=Guessing(settings.sign_in_tries),
        demo=_demo() if settings.demo else None,
    )


def _demo() -> Demo:
    cast = material.cast()
    accounts = (
        DemoAccount(each.username, each.name, each.organisation, each.function, each.role.value)
        for each in cast.people
    )
    return Demo(tuple(accounts), cast.password)
