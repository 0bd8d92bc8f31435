"""A whole server in one process over a real database: people sign in, visit pages, act."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

from httpx2 import Response
from sqlalchemy import Connection
from starlette.testclient import TestClient

from models import keys, sessions
from models.people import Person
from models.vocabulary import IncidentId, Role
from server.app import application
from server.authenticate import COOKIE, utc_now
from server.passwords import Passwords
from server.settings import Settings, read_settings
from server.wiring import Services, build
from tests.rows import a_database, a_person, an_incident

Result = TypeVar("Result")

HERE = "https://samenbeeld.example"
PASSWORD = "a long enough password"


@dataclass
class Visitor:
    """A browser (with a session's cookie) or a machine (with a key), or a stranger (neither)."""

    client: TestClient
    headers: Mapping[str, str]

    def get(self, path: str, **options: Any) -> Response:
        """A page as a browser asks for it; redirects are not followed."""
        return self.ask("GET", path, **options)

    def post(self, path: str, data: Mapping[str, Any] | None = None, **options: Any) -> Response:
        """A form of our own page."""
        return self.ask("POST", path, data=data, **options)

    def ask(
        self, method: str, path: str, headers: Mapping[str, str] | None = None, **options: Any
    ) -> Response:
        """Any request; a write says that it comes from our own page, as browsers do."""
        self.client.cookies.clear()
        origin = {} if method == "GET" else {"origin": HERE, "sec-fetch-site": "same-origin"}
        merged = {"accept": "text/html", **origin, **self.headers, **(headers or {})}
        return self.client.request(method, path, headers=merged, **options)


@dataclass
class House:
    """The server, its services and its only client."""

    client: TestClient
    services: Services

    def write(self, work: Callable[[Connection], Result]) -> Result:
        """Do something in a transaction, on the server's one writing thread."""
        portal = self.client.portal
        assert portal is not None
        return portal.call(self.services.writer.run, work)

    def person(self, username: str, organisation: str, role: Role, hashed: bool = False) -> Person:
        """Add somebody; only with `hashed` can they sign in with PASSWORD."""
        stored = Passwords().hash(PASSWORD) if hashed else None
        return self.write(lambda c: a_person(c, username, organisation, role, stored))

    def incident(self, creator: Person, **options: Any) -> IncidentId:
        """Open an incident without asking anybody."""
        return self.write(lambda c: an_incident(c, creator, **options))

    def signed_in(self, person: Person, own_device: bool = False) -> Visitor:
        """A browser with a session."""
        limits = self.services.settings.session_limits
        token = self.write(
            lambda c: sessions.begin(c, person, now=utc_now(), own_device=own_device, limits=limits)
        )
        return Visitor(self.client, {"cookie": f"{COOKIE}={token}"})

    def machine(self, person: Person, holds_for: timedelta | None = None) -> Visitor:
        """A program with a key."""
        expires_at = None if holds_for is None else utc_now() + holds_for
        key = self.write(
            lambda c: keys.create(c, person, label="test", now=utc_now(), expires_at=expires_at)
        )
        return Visitor(self.client, {"authorization": f"Bearer {key}"})

    def stranger(self, language: str = "en") -> Visitor:
        """A browser without a session."""
        return Visitor(self.client, {"accept-language": language})


@contextlib.contextmanager
def a_house(folder: Path, **given: Any) -> Iterator[House]:
    """A server that runs, reached as https://samenbeeld.example."""
    settings: Settings = read_settings({}, data=folder, public_url=HERE, **given)
    folder.mkdir(parents=True, exist_ok=True)
    a_database(settings.database).dispose()
    services = build(settings)
    app = application(services)
    with TestClient(app, base_url=HERE, follow_redirects=False) as client:
        client.headers.clear()
        yield House(client, services)
