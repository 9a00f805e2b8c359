"""Stands before Datasette: who is it, may they open this, and what every answer carries. All that is not allowed here
never reaches Datasette.

Datasette's own permissions say the same again (`plugin.py`), so that one mistake opens nothing.
"""

import re
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import quote

from reports.console.access import LOCAL, Admission, Reader, Role
from reports.console.sessions import Sessions

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
Refuse = Callable[[int, str, Reader | None], Awaitable[str]]  # renders a page that says a sentence

COOKIE = "assay_session"
CSRF_COOKIE = "ds_csrftoken"  # Datasette's
ADDRESS_BYTES, BODY_BYTES = 8192, 64 * 1024
LOOPBACK = re.compile(r"(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d+)?", re.IGNORECASE)
FREE = re.compile(r"/(sign-in|assets/[\w.-]+)")  # for whoever comes
STRIPPED = (b"authorization",)  # Datasette and its CSRF check believe what they find there
HEADERS = (
    # No script runs, ours or another's, and nothing is fetched from anywhere else.
    (
        b"content-security-policy",
        b"default-src 'self'; script-src 'none'; object-src 'none'; base-uri 'none'; form-action 'self'; "
        b"frame-ancestors 'none'",
    ),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=()"),
)


class TooLong(Exception):  # noqa: N818 - it ends a request, and is no one's error to handle
    """A request's body is longer than any form of ours."""


class Gate:
    """An ASGI application around another. `allowed` gives the paths that a role may open, as regexes."""

    def __init__(
        self,
        app: App,
        admission: Admission,
        sessions: Sessions,
        allowed: Callable[[Role], Sequence[re.Pattern[str]]],
        refuse: Refuse,
    ) -> None:
        self._app = app
        self._admission = admission
        self._sessions = sessions
        self._allowed = allowed
        self._refuse = refuse

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request. Whatever is no HTTP, as a WebSocket, is not served."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        elif scope["type"] == "http":
            await self._serve(dict(scope), receive, _with_headers(send, secure=self._is_secure(scope)))

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = path_of(scope)
        reader = self._reader(scope)
        if refusal := self._refusal(scope, path, reader):
            await self._answer(send, *refusal, reader)
            return
        if reader is None and not FREE.fullmatch(path):
            await self._ask_to_sign_in(scope, path, send)
            return
        scope["headers"] = [(name, value) for name, value in scope["headers"] if name.lower() not in STRIPPED]
        scope["actor"] = reader.actor() if reader else None
        try:
            await self._app(scope, _bounded(receive), send)
        except TooLong:
            await self._answer(send, 413, "That is more than the console reads.", reader)

    def _refusal(self, scope: Scope, path: str, reader: Reader | None) -> tuple[int, str] | None:
        """Say why a request is not served at all: a status and a sentence."""
        if len(path) + len(scope["query_string"]) > ADDRESS_BYTES:
            return 414, "That address is longer than the console reads."
        hosts = _values(scope, b"host")
        if len(hosts) != 1 or (self._admission.open and not LOOPBACK.fullmatch(hosts[0])):
            return 400, "The console does not answer by that name: open it at its own address."
        if scope["method"] not in ("GET", "HEAD", "POST"):
            return 405, "The console does not know that method."
        if scope["method"] == "POST" and not _from_our_page(scope):
            return 403, "That form was not sent from a page of this console: open the page again, then send it."
        free = FREE.fullmatch(path)
        if reader and not free and not any(allowed.fullmatch(path) for allowed in self._allowed(reader.role)):
            return 403, "This page is not for your role, or there is none at this address."
        return None

    def _reader(self, scope: Scope) -> Reader | None:
        """Tell who asks. None: nobody that we know."""
        if self._admission.open:
            return LOCAL
        if self._admission.believes(_peer(scope)):
            names = _values(scope, self._admission.user_header.lower().encode())
            if len(names) == 1 and names[0].strip():
                return self._admission.reader(names[0])
        session = _cookie(scope, COOKIE)
        name = self._sessions.name(session) if session else None
        return self._admission.reader(name) if name else None

    async def _ask_to_sign_in(self, scope: Scope, path: str, send: Send) -> None:
        if not self._admission.accounts:
            await self._answer(send, 403, "Open the console through your company's sign-in.", None)
            return
        to = f"/sign-in?to={quote(path, safe='/')}" if scope["method"] == "GET" and path != "/" else "/sign-in"
        await send({"type": "http.response.start", "status": 303, "headers": [(b"location", to.encode())]})
        await send({"type": "http.response.body", "body": b""})

    def _is_secure(self, scope: Scope) -> bool:
        """Tell whether the browser speaks TLS: with us, or with a front proxy that says so."""
        said = _values(scope, b"x-forwarded-proto") if self._admission.believes(_peer(scope)) else []
        return scope.get("scheme") == "https" or said == ["https"]

    async def _answer(self, send: Send, status: int, sentence: str, reader: Reader | None) -> None:
        body = (await self._refuse(status, sentence, reader)).encode()
        headers = [(b"content-type", b"text/html; charset=utf-8"), (b"cache-control", b"no-store")]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})


def path_of(scope: Scope) -> str:
    """Give the path as it was sent, percent signs and all: Datasette routes by that one."""
    raw: bytes = scope.get("raw_path") or quote(scope["path"]).encode()
    return raw.decode("latin-1").partition("?")[0]


def _with_headers(send: Send, secure: bool) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            ours = {name for name, _ in HEADERS}
            headers = [(name, value) for name, value in message.get("headers", []) if name.lower() not in ours]
            headers = [_guarded(name, value, secure) for name, value in headers]
            if not any(name.lower() == b"cache-control" for name, _ in headers):
                headers.append((b"cache-control", b"private, no-store"))
            message = {**message, "headers": [*headers, *HEADERS]}
        await send(message)

    return sending


def _guarded(name: bytes, value: bytes, secure: bool) -> tuple[bytes, bytes]:
    """Keep cookies from scripts, from other sites and from plain connections."""
    if name.lower() != b"set-cookie":
        return name, value
    had = value.lower()
    for attribute, wanted in ((b"HttpOnly", True), (b"Secure", secure), (b"SameSite=Lax", b"samesite" not in had)):
        if wanted and attribute.lower() not in had:
            value += b"; " + attribute
    return name, value


def _bounded(receive: Receive) -> Receive:
    seen = 0

    async def receiving() -> Message:
        nonlocal seen
        message = await receive()
        seen += len(message.get("body", b""))
        if seen > BODY_BYTES:
            raise TooLong
        return message

    return receiving


def _from_our_page(scope: Scope) -> bool:
    """Tell whether a form can come from a page of ours. Datasette then compares its token with the cookie; it would
    not, where no cookie came.
    """
    sites, origins, hosts = (_values(scope, name) for name in (b"sec-fetch-site", b"origin", b"host"))
    if sites and sites != ["same-origin"]:
        return False
    if origins and origins not in ([f"http://{hosts[0]}"], [f"https://{hosts[0]}"]):
        return False
    return bool(_cookie(scope, CSRF_COOKIE))


def _peer(scope: Scope) -> str:
    return str((scope.get("client") or ("",))[0])


def _values(scope: Scope, name: bytes) -> list[str]:
    return [value.decode("utf-8", "replace") for key, value in scope["headers"] if key.lower() == name]


def _cookie(scope: Scope, name: str) -> str:
    cookies = SimpleCookie()
    try:
        for value in _values(scope, b"cookie"):
            cookies.load(value)
    except CookieError:
        return ""
    return cookies[name].value if name in cookies else ""
