"""The door of the show: who is asking, with which language and theme, and what is turned away before any page runs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import quote, urlsplit

from anyio import to_thread
from fastapi import HTTPException
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from parkwright.model.errors import LedgerError
from parkwright.show.auth import (
    ANYONE,
    COOKIE,
    LANGUAGE_COOKIE,
    THEME_COOKIE,
    Principal,
    allowed,
    cookies_of,
    grantors,
    is_open,
    object_of,
)
from parkwright.show.context import Context
from parkwright.show.frames import Frames

LANGUAGES = ("en", "zh")
THEMES = ("light", "dark")
UNSAFE_METHODS = ("POST", "PUT", "PATCH", "DELETE")
LEFT = "No response returned."
"""What Starlette's middleware raises when a visitor left before the answer was made; there is nobody to tell."""
HEADERS = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "SAMEORIGIN",
    "referrer-policy": "same-origin",
    "content-security-policy": "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; "
    "style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; "
    "connect-src 'self' ws: wss:; worker-src 'self' blob:; object-src 'none'; base-uri 'self'; form-action 'self'",
}
"""Sent with every answer; the policy keeps a page from loading anything from elsewhere (Vue compiles templates)."""


@dataclass(frozen=True)
class Visit:
    """One request or page view: the show's context and frames, who asks, and how they want to read."""

    context: Context
    frames: Frames
    principal: Principal
    language: str
    theme: str
    session_token: str = ""

    @property
    def now(self) -> datetime:
        """The park's present instant."""
        return self.context.clock()

    def may(self, action: str, thing: str) -> bool:
        """Return whether the visitor may do this."""
        return allowed(self.principal, action, thing)


def visit_of(connection: HTTPConnection) -> Visit:
    """Return the visit that the door attached to a request."""
    visit = connection.scope.get("parkwright")
    if not isinstance(visit, Visit):
        raise RuntimeError("this request did not come through the door; add show.door.Door to the application")
    return visit


def demand(visit: Visit, action: str, thing: str) -> None:
    """Let pass what is allowed; raise 401 for the public and 403, naming who may, for a signed-in visitor."""
    if visit.may(action, thing):
        return
    if visit.principal.is_public:
        raise HTTPException(401, "sign in first: open the one-time link that the program printed at its start")
    who = ", ".join(grantors(action, thing)) or "nobody"
    raise HTTPException(403, f"role {visit.principal.role} may not {action} {thing}; ask one of: {who}")


def language_of(cookie: str | None, accept: str) -> str:
    """Return 'en' or 'zh' from the visitor's choice, else from what the browser prefers."""
    if cookie in LANGUAGES:
        return str(cookie)
    return "zh" if accept.strip().lower().startswith("zh") else "en"


def same_site(headers: Headers) -> bool:
    """Return whether a request comes from our own pages or from a script without an Origin."""
    origin = headers.get("origin")
    return origin is None or urlsplit(origin).netloc == headers.get("host", "")


class Door:
    """ASGI middleware: attaches the Visit, turns away what needs a session, adds the security headers."""

    def __init__(self, app: ASGIApp, context: Context, frames: Frames) -> None:
        """Stand in front of `app`."""
        self._app = app
        self._context = context
        self._frames = frames

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request or socket."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        cookies = cookies_of(headers.get("cookie", ""))
        path = str(scope["path"])
        try:
            visit = await self._visit(path, headers, cookies)
        except LedgerError as error:
            await self._refuse(scope, receive, send, JSONResponse({"detail": str(error)}, 503))
            return
        scope["parkwright"] = visit
        turned_away = self._turned_away(scope, path, headers, visit)
        if turned_away is not None:
            await self._refuse(scope, receive, send, turned_away)
            return
        try:
            await self._app(scope, receive, _with_headers(send))
        except RuntimeError as error:
            if str(error) != LEFT:
                raise

    async def _visit(self, path: str, headers: Headers, cookies: dict[str, str]) -> Visit:
        token = cookies.get(COOKIE, "")
        principal = ANYONE
        if not path.startswith("/_nicegui"):
            principal = await to_thread.run_sync(self._principal, token, headers.get("authorization", ""))
        language = language_of(cookies.get(LANGUAGE_COOKIE), headers.get("accept-language", ""))
        theme = cookies.get(THEME_COOKIE, "")
        return Visit(self._context, self._frames, principal, language, theme if theme in THEMES else "light", token)

    def _principal(self, token: str, authorization: str) -> Principal:
        person = None
        now = datetime.now(UTC)
        scheme, _, bearer = authorization.partition(" ")
        if scheme.lower() == "bearer" and bearer:
            person = self._context.operations.api_token_user(bearer.strip(), now)
        elif token:
            person = self._context.operations.session_user(token, now)
        return Principal(*person) if person else ANYONE

    @staticmethod
    def _turned_away(scope: Scope, path: str, headers: Headers, visit: Visit) -> Response | None:
        """Return the answer for a request that goes no further; None for one that does."""
        if scope["type"] == "http" and scope["method"] in UNSAFE_METHODS and not same_site(headers):
            return JSONResponse({"detail": "this request comes from another site; send it from a page here"}, 403)
        if is_open(path) or not visit.principal.is_public or path.startswith("/api/"):
            return None
        if scope["type"] == "websocket" or object_of(path) == "unknown":
            return JSONResponse({"detail": "sign in first"}, 401)
        return RedirectResponse(f"/sign-in?next={quote(path)}", 303)

    @staticmethod
    async def _refuse(scope: Scope, receive: Receive, send: Send, response: Response) -> None:
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 4401})
            return
        await response(scope, receive, _with_headers(send))


def _with_headers(send: Send) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers.setdefault(name, value)
        await send(message)

    return sending
