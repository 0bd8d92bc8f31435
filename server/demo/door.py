"""Asking a running server over HTTP as one of the demo's people, as a browser would."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.message import Message
from typing import Any, Final
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode, urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from server.authenticate import COOKIE
from server.demo.entries import GripEntry, PhaseEntry
from server.demo.material import Story
from server.views import COLLAB

PATIENCE: Final = 15.0


class DoorShut(Exception):
    """The server did not let us in or did not do what was asked; the text is for a person."""


class ServerGone(DoorShut):
    """No server answers; it may come back."""


class _StayHere(HTTPRedirectHandler):
    """Redirects are answers here, not ways to go."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


_opener = build_opener(_StayHere)


def base_of(url: str) -> str:
    """The server's address for pages, out of any address of it: http(s) or ws(s).

    Raises DoorShut for what is no address.
    """
    parts = urlsplit(url)
    scheme = {"ws": "http", "wss": "https"}.get(parts.scheme, parts.scheme)
    if scheme not in ("http", "https") or not parts.netloc:
        raise DoorShut(f"{url!r} is no address of a server; give one like http://127.0.0.1:8000")
    return f"{scheme}://{parts.netloc}"


@dataclass
class Door:
    """One person's way in. Sign in first; then the cookie goes with everything."""

    base: str
    cookie: str = field(default="", repr=False)

    @property
    def collab(self) -> str:
        """The address of the live line."""
        return f"ws{self.base.removeprefix('http')}{COLLAB}"

    @property
    def headers(self) -> dict[str, str]:
        """What shows who we are, on requests and on the socket's handshake."""
        return {"Cookie": f"{COOKIE}={self.cookie}", "Origin": self.base}

    async def sign_in(self, username: str, password: str) -> None:
        """Get a session; raises DoorShut."""
        form = {"username": username, "password": password}
        status, headers, _ = await self._ask("POST", "/sign-in", form=form)
        for cookie in headers.get_all("set-cookie") or ():
            name, _, rest = cookie.partition("=")
            if name == COOKIE and status == 303:
                self.cookie = rest.partition(";")[0]
                return
        raise DoorShut(
            f"{username} cannot sign in at {self.base} ({status}). The replay needs the demo "
            "accounts: start the server with --demo."
        )

    async def incident(self, id: str) -> dict[str, Any]:
        """What the server says of an incident; raises DoorShut when it shows none."""
        status, _, body = await self._ask("GET", f"/api/v1/incidents/{id}")
        if status != 200:
            raise DoorShut(f"There is no incident {id} at {self.base} for the demo's people.")
        found: dict[str, Any] = json.loads(body)
        return found

    async def open_incident(self, story: Story) -> str:
        """Make a new, empty incident with the story's parties; returns its id."""
        told = {
            "title": story.title,
            "phase": story.phase.value,
            "exercise": story.exercise,
            "tlp": story.tlp.value,
            "rhythm": story.rhythm,
            "themes": [{"id": id.value, "title": title} for id, title in story.themes],
            "organisations": [
                {"code": code, "role": role.value} for code, role in story.participations
            ],
        }
        status, _, body = await self._ask("POST", "/api/v1/incidents", send=told)
        if status != 201:
            raise DoorShut(f"The server did not open a new incident ({status}).")
        return str(json.loads(body)["id"])

    async def manage(self, id: str, deed: GripEntry | PhaseEntry) -> None:
        """Scale somebody up or down, or move the incident to another phase."""
        match deed:
            case GripEntry():
                await self._scale(id, deed.org, deed.level)
            case PhaseEntry():
                await self._change(f"/incidents/{id}/phase", {"phase": deed.phase.value})

    async def _scale(self, id: str, org: str, level: int) -> None:
        parties = {each["code"]: each for each in (await self.incident(id))["organisations"]}
        if org in parties:  # somebody may have taken it out of the incident
            form = {"organisation": org, "role": parties[org]["role"], "grip": str(level)}
            await self._change(f"/incidents/{id}/participations", form)

    async def _change(self, path: str, form: Mapping[str, str]) -> None:
        status, _, _ = await self._ask("POST", path, form=form)
        if status != 303:
            raise DoorShut(f"The server refused {path} ({status}).")

    async def _ask(
        self,
        method: str,
        path: str,
        form: Mapping[str, str] | None = None,
        send: Mapping[str, Any] | None = None,
    ) -> tuple[int, Message, bytes]:
        headers = {"Accept": "application/json", "Origin": self.base}
        body = None
        if self.cookie:
            headers |= self.headers
        if form is not None:
            body = urlencode(form).encode()
        if send is not None:
            headers["Content-Type"], body = "application/json", json.dumps(send).encode()
        request = Request(self.base + path, body, headers, method=method)
        return await asyncio.to_thread(_answer, request)


def _answer(request: Request) -> tuple[int, Message, bytes]:
    try:
        with _opener.open(request, timeout=PATIENCE) as answer:
            return answer.status, answer.headers, answer.read()
    except HTTPError as error:
        with error:
            return error.code, error.headers, error.read()
    except (URLError, OSError) as error:
        place = f"{request.type}://{request.host}"
        raise ServerGone(f"No server answers at {place}. Is it running?") from error
