"""Hosts, origins and addresses to go on to."""

from __future__ import annotations

import pytest
from starlette.datastructures import Headers
from starlette.requests import HTTPConnection

from server.authenticate import COOKIE
from server.security import is_known_host, is_own_origin, is_secure_context, safe_next

PUBLIC = "https://samenbeeld.example"


def a_request(
    scheme: str = "http", host: str = "127.0.0.1:8000", cookie: bool = False, **headers: str
) -> HTTPConnection:
    found = {"host": host, **{name.replace("_", "-"): value for name, value in headers.items()}}
    if cookie:
        found["cookie"] = f"{COOKIE}=token"
    raw = [(name.encode(), value.encode()) for name, value in found.items()]
    scope = {"type": "http", "scheme": scheme, "path": "/", "query_string": b"", "headers": raw}
    return HTTPConnection({**scope, "server": ("127.0.0.1", 8000)})


@pytest.mark.parametrize(
    ("host", "known"),
    [
        ("127.0.0.1:8000", True),
        ("localhost", True),
        ("[::1]:8000", True),
        ("192.168.1.5:8000", True),
        ("samenbeeld.example", True),
        ("SAMENBEELD.example.", True),
        ("other.example:443", True),
        ("evil.example", False),
        ("samenbeeld.example.evil.example", False),
        ("localhost.evil.example", False),
        ("", False),
        ("[", False),
    ],
)
def test_a_host_is_known_by_name_or_is_a_plain_address(host: str, known: bool):
    assert is_known_host(Headers({"host": host}), PUBLIC, ("Other.example",)) is known


@pytest.mark.parametrize(
    ("request_", "own"),
    [
        (a_request(origin="http://127.0.0.1:8000", cookie=True), True),
        (a_request(origin="http://127.0.0.1:8001", cookie=True), False),
        (a_request(origin="https://127.0.0.1:8000", cookie=True), False),
        (a_request(origin="http://localhost:8000", cookie=True), False),
        (a_request(origin="null", cookie=True), False),
        (a_request(origin="https://evil.example", cookie=True), False),
        (a_request(origin="http://[", cookie=True), False),
        (a_request(origin="http://127.0.0.1:x", cookie=True), False),
        (a_request(origin=PUBLIC, cookie=True), True),
        (a_request("https", "a.example", origin="https://a.example"), True),
        (a_request("https", "a.example", origin="https://a.example:443"), True),
        (a_request("wss", "a.example", origin="https://a.example", cookie=True), True),
        (a_request("ws", "a.example", origin="https://a.example", cookie=True), False),
        (a_request(cookie=True), False),
        (a_request(), True),
        (a_request(sec_fetch_site="same-origin", cookie=True), True),
        (a_request(sec_fetch_site="same-site", cookie=True), False),
        (a_request(sec_fetch_site="cross-site"), False),
        (a_request(origin="http://127.0.0.1:8000", sec_fetch_site="cross-site"), False),
    ],
)
def test_an_origin_is_ours_or_there_is_no_cookie_to_misuse(request_: HTTPConnection, own: bool):
    assert is_own_origin(request_, PUBLIC) is own


@pytest.mark.parametrize(
    ("request_", "secure"),
    [
        (a_request("http", "127.0.0.1:8000"), True),
        (a_request("http", "localhost:8000"), True),
        (a_request("http", "192.168.1.5:8000"), False),
        (a_request("http", "samenbeeld.example"), False),
        (a_request("https", "samenbeeld.example"), True),
    ],
)
def test_browsers_keep_our_cookie_on_https_and_loopback(request_: HTTPConnection, secure: bool):
    assert is_secure_context(request_) is secure


@pytest.mark.parametrize(
    ("asked", "gone"),
    [
        ("/incidents/limburg-2021?x=1", "/incidents/limburg-2021?x=1"),
        ("https://evil.example/", "/incidents"),
        ("//evil.example/", "/incidents"),
        ("/\\evil.example/", "/incidents"),
        ("/a\r\nSet-Cookie: x=1", "/incidents"),
        ("javascript:alert(1)", "/incidents"),
        ("", "/incidents"),
        (None, "/incidents"),
        ("/" + "x" * 500, "/incidents"),
    ],
)
def test_one_goes_on_to_a_path_of_ours_only(asked: str | None, gone: str):
    assert safe_next(asked) == gone
