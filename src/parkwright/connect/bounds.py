"""Bounds of a door to the outside: how often one key may ask, and how much one message may hold."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from datetime import datetime, timedelta

from starlette.types import ASGIApp, Message, Receive, Scope, Send

KEYS = 10_000
"""Keys that a bound remembers; when there are more, the oldest are forgotten (assumed: a bound on memory)."""


class Rate:
    """At most `times` in `span` for each key; safe to share between threads."""

    def __init__(self, times: int, span: timedelta, clock: Callable[[], datetime]) -> None:
        """Set the bound; clock: the present instant, aware UTC."""
        self._times = times
        self._span = span
        self._clock = clock
        self._seen: dict[str, deque[datetime]] = {}
        self._lock = threading.Lock()

    def free(self, key: str) -> bool:
        """Return whether the key may ask once more; does not count."""
        with self._lock:
            return len(self._recent(key)) < self._times

    def count(self, key: str) -> bool:
        """Count one more of the key; return False, and count none, when that is too often."""
        with self._lock:
            seen = self._recent(key)
            if len(seen) >= self._times:
                return False
            seen.append(self._clock())
            self._seen.pop(key, None)
            self._seen[key] = seen
            while len(self._seen) > KEYS:
                self._seen.pop(next(iter(self._seen)))
            return True

    def _recent(self, key: str) -> deque[datetime]:
        seen = self._seen.get(key, deque())
        since = self._clock() - self._span
        while seen and seen[0] <= since:
            seen.popleft()
        return seen


class BodyLimit:
    """Refuses a request whose body is longer than `limit` bytes, by its header or as it arrives."""

    def __init__(self, app: ASGIApp, limit: int, refusal: ASGIApp) -> None:
        """Stand before `app`; refusal: answers what is too long."""
        self._app = app
        self._limit = limit
        self._refusal = refusal

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Read the body up to the limit, then hand the request on or refuse it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        declared = headers.get(b"content-length", b"0")
        if not declared.isdigit() or int(declared[:20]) > self._limit:
            await self._refusal(scope, receive, send)
            return
        body, more = bytearray(), True
        while more:
            message = await receive()
            if message["type"] != "http.request":
                return
            body += message.get("body", b"")
            more = message.get("more_body", False)
            if len(body) > self._limit:
                await self._refusal(scope, receive, send)
                return
        sent = False

        async def replay() -> Message:
            nonlocal sent
            if sent:
                return await receive()
            sent = True
            return {"type": "http.request", "body": bytes(body), "more_body": False}

        await self._app(scope, replay, send)
