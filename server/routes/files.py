"""The built scripts, styles and fonts."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import BaseRoute, Mount
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from server.asking import services_of
from server.problems import Kind, Problem
from server.routes.methods import route

_HASHED: Final = re.compile(r"\.[A-Z0-9]{8}\.[a-z0-9]+(\.map)?$")
FOREVER: Final = "public, max-age=31536000, immutable"
ASK_FIRST: Final = "no-cache"


class Built(StaticFiles):
    """Files of the web build: a hash in the name means that it never changes."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """The file, with how long it may be kept."""
        response = await super().get_response(path, scope)
        keep = FOREVER if _HASHED.search(path) else ASK_FIRST
        response.headers["cache-control"] = keep
        return response


async def service_worker(request: Request) -> Response:
    """At the root, because a service worker serves only what lies below its own address."""
    path = services_of(request).settings.web / "dist" / "service-worker.js"
    if not path.exists():
        raise Problem(Kind.NOT_FOUND)
    return FileResponse(path, media_type="text/javascript", headers={"cache-control": ASK_FIRST})


def routes(web: Path) -> list[BaseRoute]:
    """The routes over one build."""
    return [
        route("/service-worker.js", GET=service_worker),
        Mount("/static", Built(directory=web / "dist", check_dir=False)),
    ]
