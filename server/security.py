"""What every answer carries and every request must show, against other sites and odd hosts."""

from __future__ import annotations

from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from server.authenticate import COOKIE

CONTENT_SECURITY_POLICY: Final = "; ".join(
    (
        "default-src 'self'",
        "img-src 'self' data: blob:",
        "style-src 'self'",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)

HEADERS: Final = {
    "content-security-policy": CONTENT_SECURITY_POLICY,
    "x-content-type-options": "nosniff",
    # Not `no-referrer`: browsers would then send forms with `Origin: null`.
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), payment=(), usb=()",
}
HSTS: Final = "max-age=31536000; includeSubDomains"

SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_DEFAULT_PORTS: Final = {"http": 80, "https": 443}


class SecureHeaders:
    """Puts the headers on every answer, whoever gave it; pages are not kept unless they say so."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass everything on, with headers added on the way out."""

        async def send_with_headers(message: Message) -> None:
            if message["type"] in ("http.response.start", "websocket.http.response.start"):
                _add(MutableHeaders(scope=message), scope["scheme"])
            await send(message)

        await self._app(scope, receive, send_with_headers)


def _add(headers: MutableHeaders, scheme: str) -> None:
    for name, value in HEADERS.items():
        headers.setdefault(name, value)
    headers.setdefault("cache-control", "no-store")
    if scheme in ("https", "wss"):
        headers.setdefault("strict-transport-security", HSTS)


def is_loopback(host: str) -> bool:
    """Whether a host name or address is this machine."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    return _is_address(host) and ip_address(host).is_loopback


def is_secure_context(connection: HTTPConnection) -> bool:
    """Whether browsers allow here what we need: `__Host-` cookies and a service worker."""
    host = connection.url.hostname or ""
    return connection.url.scheme in ("https", "wss") or is_loopback(host)


def is_known_host(headers: Headers, public_url: str | None, allowed: tuple[str, ...]) -> bool:
    """Whether the Host header is one we answer to.

    A plain address is: nobody can point a name of theirs at it and be shown under it.
    """
    try:
        host = urlsplit(f"//{headers.get('host', '')}")
    except ValueError:
        return False
    name = (host.hostname or "").rstrip(".")
    known = {each.lower() for each in allowed}
    if public_url is not None:
        known.add(urlsplit(public_url).hostname or "")
    return is_loopback(name) or _is_address(name) or name in known


def is_own_origin(connection: HTTPConnection, public_url: str | None) -> bool:
    """Whether a request or a socket's handshake comes from a page of ours, or from no page.

    Browsers say where a script or a form came from; who brings our cookie must have said it.
    """
    origin = connection.headers.get("origin")
    site = connection.headers.get("sec-fetch-site")
    if site is not None and site not in ("same-origin", "none"):
        return False
    if origin is None:
        return site is not None or COOKIE not in connection.cookies
    if public_url is not None and origin.lower() == public_url:
        return True
    return _same_place(origin, connection)


def _same_place(origin: str, connection: HTTPConnection) -> bool:
    ours = connection.url
    scheme = {"ws": "http", "wss": "https"}.get(ours.scheme, ours.scheme)
    try:
        place = _place(origin)
        return place is not None and place == _place(f"{scheme}://{ours.netloc}")
    except ValueError:
        return False


def _place(address: str) -> tuple[str, str, int] | None:
    """Scheme, host and port of an http address; raises ValueError for a malformed one."""
    parts = urlsplit(address)
    port = parts.port or _DEFAULT_PORTS.get(parts.scheme)
    return (parts.scheme, parts.hostname, port) if parts.hostname and port else None


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def safe_next(path: str | None, default: str = "/incidents") -> str:
    """Where to go on: a path of ours, never another site's address."""
    if path is None or not path.startswith("/") or len(path) > 500:
        return default
    if path.startswith("//") or "\\" in path or not path.isprintable():
        return default
    return path
