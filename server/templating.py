"""Pages out of templates, each in the language and colours of who reads."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import structlog
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import HTTPConnection
from starlette.responses import HTMLResponse

from models.organisations import Organisation
from server.authenticate import Identity, utc_now
from server.i18n import LANGUAGES, Words
from server.template_times import AMSTERDAM, filters

log = structlog.get_logger()

THEME_COOKIE: Final = "samenbeeld-theme"
THEMES: Final = ("system", "light", "dark")


class Assets:
    """The names that the web build gave its files; read again whenever it built anew."""

    def __init__(self, dist: Path) -> None:
        self._manifest = dist / "manifest.json"
        self._stamp = -1
        self._names: dict[str, str] = {}

    def __call__(self, name: str) -> str:
        """The address of a built file: `asset("app.js")`."""
        self._refresh()
        return f"/static/{self._names.get(name, name)}"

    def _refresh(self) -> None:
        try:
            stamp = self._manifest.stat().st_mtime_ns
        except FileNotFoundError:
            return
        if stamp != self._stamp:
            self._names = json.loads(self._manifest.read_text(encoding="utf-8"))
            self._stamp = stamp

    def built(self) -> bool:
        """Whether there is anything: without it, pages can be read but do not come to life."""
        self._refresh()
        return "app.js" in self._names


class Pages:
    """Renders templates; every page gets what `base.html` needs."""

    def __init__(self, web: Path, words: Words) -> None:
        self.words = words
        self.assets = Assets(web / "dist")
        self._environments = {
            language: self._environment(web / "templates", language) for language in LANGUAGES
        }

    def _environment(self, templates: Path, language: str) -> Environment:
        environment = Environment(
            loader=FileSystemLoader(templates),
            autoescape=True,
            undefined=StrictUndefined,
            extensions=["jinja2.ext.i18n"],
            trim_blocks=True,
            lstrip_blocks=True,
        )
        environment.install_gettext_translations(  # type: ignore[attr-defined]
            self.words.translations(language), newstyle=True
        )
        environment.globals["asset"] = self.assets
        environment.filters.update(filters(language))
        return environment

    def render(
        self,
        request: HTTPConnection,
        template: str,
        context: Mapping[str, Any],
        *,
        identity: Identity | None = None,
        organisations: Mapping[str, Organisation] | None = None,
        status: int = 200,
    ) -> HTMLResponse:
        """A page as an answer."""
        language = self.words.language_of(request)
        boot = {"locale": language, **context.get("boot", {})}
        text = (
            self._environments[language]
            .get_template(template)
            .render(
                {
                    "locale": language,
                    "theme": theme_of(request),
                    "person": _person(identity, organisations or {}),
                    "now": utc_now().astimezone(AMSTERDAM),
                    **context,
                    "boot": boot,
                }
            )
        )
        headers = {"content-language": language, "vary": "cookie, accept-language"}
        return HTMLResponse(text, status, headers)


def theme_of(request: HTTPConnection) -> str:
    """Light, dark, or as the system says."""
    chosen = request.cookies.get(THEME_COOKIE, "")
    return chosen if chosen in THEMES else "system"


def _person(
    identity: Identity | None, organisations: Mapping[str, Organisation]
) -> dict[str, str] | None:
    if identity is None:
        return None
    actor = identity.actor
    organisation = organisations.get(actor.organisation)
    return {
        "id": actor.person,
        "name": actor.name,
        "function": actor.function,
        "organisation": actor.organisation,
        "organisation_name": organisation.name if organisation else actor.organisation,
        "organisation_kind": organisation.kind.value if organisation else "partner",
        "initials": initials(actor.name),
    }


def initials(name: str) -> str:
    """`S. Hendrickx` as `SH`: the first letter of the first and of the last word."""
    words = [word for word in name.replace(".", " ").split() if word]
    if not words:
        return "?"
    letters = words[0][0] + (words[-1][0] if len(words) > 1 else "")
    return letters.upper()
