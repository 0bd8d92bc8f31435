"""Everything that can be set from outside, read once from the environment and then frozen.

Every variable begins with SAMENBEELD_, but for DATABASE_URL, which platforms give. A secret may
stand in a file instead: SAMENBEELD_X_FILE names it. All wrong variables are reported together.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Final, Literal, Self
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    model_validator,
)

from models import sessions
from models.database import sqlite_url
from models.postgresql import read_url

PREFIX: Final = "SAMENBEELD_"
PLATFORM_DATABASE: Final = "DATABASE_URL"
WEB: Final = Path(__file__).resolve().parent.parent / "web"


class SettingsWrong(Exception):
    """The environment cannot be used; the text names every variable and what is wrong with it."""


def _split(value: object) -> object:
    """Lists are written with commas, as in every twelve-factor program."""
    if not isinstance(value, str):
        return value
    return tuple(part for part in (each.strip() for each in value.split(",")) if part)


def _networks(value: tuple[str, ...]) -> tuple[str, ...]:
    for each in value:
        ip_network(each, strict=False)
    return value


def _origin(value: str | None) -> str | None:
    if value is None:
        return None
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.netloc or parts.path.strip("/"):
        raise ValueError("must be an address like https://samenbeeld.example, without a path")
    return f"{parts.scheme}://{parts.netloc}".lower()


def _postgresql(value: SecretStr | None) -> SecretStr | None:
    if value is not None:
        read_url(value.get_secret_value())
    return value


Words = Annotated[tuple[str, ...], BeforeValidator(_split)]


class Settings(BaseModel):
    """The settings; `read_settings` is the way to get them."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True)

    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 8000
    data: Path = Path("data")
    """The folder that holds the embedded database and everything else that must be kept."""
    database_url: Annotated[SecretStr | None, AfterValidator(_postgresql)] = None
    """A PostgreSQL address; nothing here means SQLite in the data folder. DATABASE_URL, as
    platforms give it, counts when this one is not set."""

    public_url: Annotated[str | None, AfterValidator(_origin)] = None
    """How people reach the server, when a proxy stands before it."""
    allowed_hosts: Words = ()
    """Further host names; loopback, plain addresses and that of `public_url` always count."""
    trusted_proxies: Annotated[Words, AfterValidator(_networks)] = ("127.0.0.1", "::1")
    """Whose X-Forwarded-For and X-Forwarded-Proto are believed."""

    language: Literal["nl", "en"] = "nl"
    """For who did not choose and whose browser asks for neither."""
    demo: bool = False
    session_hours: Annotated[float, Field(gt=0, le=24)] = 12
    session_idle_hours: Annotated[float, Field(gt=0, le=24)] = 12
    sign_in_tries: Annotated[int, Field(ge=1, le=1000)] = 8
    """Wrong passwords for one account from one address, in ten minutes."""
    metrics_token: SecretStr | None = None
    """Asked by /metrics; without one, /metrics answers this machine only."""
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    web: Path = WEB

    @model_validator(mode="after")
    def idle_within_limit(self) -> Self:
        """A session that idles longer than it lives would be a setting without effect."""
        if self.session_idle_hours > self.session_hours:
            raise ValueError("SAMENBEELD_SESSION_IDLE_HOURS is more than SAMENBEELD_SESSION_HOURS")
        return self

    @property
    def database(self) -> str:
        """The address of the database to use."""
        if self.database_url is not None:
            return self.database_url.get_secret_value()
        return sqlite_url(self.data)

    @property
    def session_limits(self) -> sessions.Limits:
        """How long people stay signed in."""
        return sessions.Limits(
            timedelta(hours=self.session_hours), timedelta(hours=self.session_idle_hours)
        )


SECRETS: Final = ("database_url", "metrics_token")


def read_settings(environment: Mapping[str, str] | None = None, /, **given: object) -> Settings:
    """The settings of an environment; what is `given` (a command's options) goes before it.

    Raises SettingsWrong with every wrong variable at once: wrong values, names that mean
    nothing (a spelling mistake would otherwise pass unseen), files that cannot be read.
    """
    environment = os.environ if environment is None else environment
    wrong: dict[str, str] = {}
    values = {**_from_environment(environment, wrong), **given}
    try:
        settings = Settings.model_validate(values)
    except ValidationError as error:
        for each in error.errors():
            name = PREFIX + str(each["loc"][0]).upper() if each["loc"] else "together"
            wrong.setdefault(name, each["msg"].removeprefix("Value error, "))
        raise SettingsWrong(_report(wrong)) from None
    if wrong:
        raise SettingsWrong(_report(wrong))
    return settings


def _report(wrong: Mapping[str, str]) -> str:
    lines = "\n".join(f"  {name}: {reason}" for name, reason in sorted(wrong.items()))
    return f"The settings cannot be used, {len(wrong)} wrong:\n{lines}"


def _from_environment(environment: Mapping[str, str], wrong: dict[str, str]) -> dict[str, object]:
    values: dict[str, object] = {}
    for variable, text in environment.items():
        name = variable.removeprefix(PREFIX).lower()
        if not variable.startswith(PREFIX):
            continue
        if name in Settings.model_fields:
            values[name] = text
        elif name.endswith("_file") and name.removesuffix("_file") in SECRETS:
            values[name.removesuffix("_file")] = _secret(variable, text, environment, wrong)
        else:
            wrong[variable] = "there is no such setting"
    _take_platform_database(environment.get(PLATFORM_DATABASE), values, wrong)
    return values


def _take_platform_database(
    given: str | None, values: dict[str, object], wrong: dict[str, str]
) -> None:
    """What a platform says counts when we were not told otherwise; two that differ are refused."""
    if not values.get("database_url"):
        values["database_url"] = given or None
    elif given and given != values["database_url"]:
        wrong[PLATFORM_DATABASE] = (
            "names another database than SAMENBEELD_DATABASE_URL: leave one of the two out"
        )


def _secret(
    variable: str, path: str, environment: Mapping[str, str], wrong: dict[str, str]
) -> str | None:
    if variable.removesuffix("_FILE") in environment:
        wrong[variable] = "given twice: as a value and as a file"
        return None
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        wrong[variable] = f"cannot be read ({type(error).__name__})"
        return None
