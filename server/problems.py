"""What can go wrong over HTTP: whose fault it is, what is kept, what to do next.

The catalogue is data; a route raises `Problem(Kind.FORBIDDEN)` and the one handler answers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum, unique
from typing import Final

from server.i18n import msg
from sync.errors import Fault


@unique
class Kind(StrEnum):
    """A problem by its short name, which machines get."""

    MALFORMED = "malformed"
    FOREIGN_HOST = "foreign-host"
    CROSS_SITE = "cross-site"
    UNAUTHENTICATED = "unauthenticated"
    FORBIDDEN = "forbidden"
    MAY_NOT_CREATE = "may-not-create"
    NOT_FOUND = "not-found"
    METHOD = "method-not-allowed"
    TOO_LARGE = "too-large"
    INVALID = "invalid"
    TOO_MANY = "too-many"
    STORAGE = "storage"
    BUSY = "busy"
    BUG = "bug"


@dataclass(frozen=True, slots=True)
class Meaning:
    """One line of the catalogue; the sentences are message ids."""

    status: int
    fault: Fault
    title: str
    what_happened: str
    what_is_kept: str
    what_to_do: str
    retry: bool = False


_NOTHING_CHANGED: Final = msg("Nothing was changed.")
_ALL_KEPT: Final = msg("Everything that was saved is kept, and so is unsent text in your browser.")

CATALOGUE: Final[Mapping[Kind, Meaning]] = {
    Kind.MALFORMED: Meaning(
        400,
        Fault.THEIRS,
        msg("The server cannot read this"),
        msg("What your browser or program sent is not in the form that this address expects."),
        _NOTHING_CHANGED,
        msg("Go back, reload the page and try again."),
    ),
    Kind.FOREIGN_HOST: Meaning(
        400,
        Fault.THEIRS,
        msg("This server does not answer to that name"),
        msg("The address in your browser is not one that this server was set up for."),
        _NOTHING_CHANGED,
        msg("Use the address that you were given, or ask the administrator to add this name."),
    ),
    Kind.CROSS_SITE: Meaning(
        403,
        Fault.THEIRS,
        msg("This came from another site"),
        msg("A page that is not ours tried to do something in your name. It was refused."),
        _NOTHING_CHANGED,
        msg("Open Samenbeeld itself and do it there."),
    ),
    Kind.UNAUTHENTICATED: Meaning(
        401,
        Fault.THEIRS,
        msg("You are not signed in"),
        msg("You did not sign in, or your session has ended."),
        _ALL_KEPT,
        msg("Sign in and try again."),
    ),
    Kind.FORBIDDEN: Meaning(
        403,
        Fault.THEIRS,
        msg("You may not do this"),
        msg("Your role in this incident does not allow it."),
        _NOTHING_CHANGED,
        msg("Ask the coordinator of the incident for another role."),
    ),
    Kind.MAY_NOT_CREATE: Meaning(
        403,
        Fault.THEIRS,
        msg("You may not do this"),
        msg("Only who coordinates for an organisation may open an incident."),
        _NOTHING_CHANGED,
        msg("Ask a coordinator of your organisation to open it."),
    ),
    Kind.NOT_FOUND: Meaning(
        404,
        Fault.THEIRS,
        msg("There is nothing here for you"),
        msg("This page does not exist, or it belongs to an incident you take no part in."),
        _NOTHING_CHANGED,
        msg("Check the address, or ask the coordinator to let your organisation take part."),
    ),
    Kind.METHOD: Meaning(
        405,
        Fault.THEIRS,
        msg("That cannot be done here"),
        msg("This address exists, but not for what was asked of it."),
        _NOTHING_CHANGED,
        msg("Go back to the list of incidents."),
    ),
    Kind.TOO_LARGE: Meaning(
        413,
        Fault.THEIRS,
        msg("That is too much at once"),
        msg("What was sent is larger than this address takes."),
        _NOTHING_CHANGED,
        msg("Go back and send less."),
    ),
    Kind.INVALID: Meaning(
        422,
        Fault.THEIRS,
        msg("Something was filled in wrongly"),
        msg("One or more values cannot be used."),
        _NOTHING_CHANGED,
        msg("Go back, correct them and try again."),
    ),
    Kind.TOO_MANY: Meaning(
        429,
        Fault.THEIRS,
        msg("Too many tries"),
        msg("This was tried too often in a short time."),
        _NOTHING_CHANGED,
        msg("Wait ten minutes and try again."),
        retry=True,
    ),
    Kind.STORAGE: Meaning(
        503,
        Fault.OURS,
        msg("The server cannot store at the moment"),
        msg("The server's disk or database does not take new data. This is not your doing."),
        _ALL_KEPT,
        msg("Wait a moment and try again. If it stays, warn the administrator."),
        retry=True,
    ),
    Kind.BUSY: Meaning(
        503,
        Fault.OURS,
        msg("The server is too busy at the moment"),
        msg("More is asked at once than the server can do. This is not your doing."),
        _ALL_KEPT,
        msg("Wait half a minute and try again."),
        retry=True,
    ),
    Kind.BUG: Meaning(
        500,
        Fault.OURS,
        msg("Something went wrong on the server"),
        msg("The server made a mistake. This is not your doing, and it was recorded."),
        _ALL_KEPT,
        msg("Try again. If it happens again, give the administrator the number below."),
    ),
}

BY_STATUS: Final[Mapping[int, Kind]] = {
    400: Kind.MALFORMED,
    401: Kind.UNAUTHENTICATED,
    403: Kind.FORBIDDEN,
    404: Kind.NOT_FOUND,
    405: Kind.METHOD,
    413: Kind.TOO_LARGE,
    422: Kind.INVALID,
    429: Kind.TOO_MANY,
    503: Kind.BUSY,
}


class Problem(Exception):
    """Ends a request with an answer out of the catalogue.

    `errors` names the fields that are wrong, each with a sentence in the reader's language.
    """

    def __init__(
        self,
        kind: Kind,
        *,
        errors: Mapping[str, str] | None = None,
        retry_after: int | None = None,
        allow: str | None = None,
    ) -> None:
        super().__init__(kind.value)
        self.kind = kind
        self.errors = dict(errors or {})
        self.retry_after = retry_after
        self.allow = allow

    @property
    def meaning(self) -> Meaning:
        """The line of the catalogue."""
        return CATALOGUE[self.kind]
