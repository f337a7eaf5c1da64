"""What stands where a page is missing or could not be made: what happened, and the way on."""

from __future__ import annotations

from fastapi.exception_handlers import http_exception_handler
from nicegui import Client, ui
from nicegui import app as pages_app
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from parkwright.show.door import visit_of
from parkwright.show.pages.frame import shell
from parkwright.show.pages.parts import e, state

SHOWN_PATH = 80
"""Longest part of an asked address that is repeated [characters] (assumed)."""
NOT_PAGES = ("/api/", "/_nicegui", "/assets/", "/wall/")
"""Addresses that programs ask for: they get JSON."""


@pages_app.exception_handler(404)
async def missing(request: Request, error: Exception) -> Response:
    """Say that there is no such page, in the visitor's language, with the navigation around it."""
    path = request.url.path
    if path.startswith(NOT_PAGES):
        return await http_exception_handler(request, error if isinstance(error, HTTPException) else HTTPException(404))
    return _instead(request, 404, "missing", path[:SHOWN_PATH])


@pages_app.exception_handler(Exception)
async def broken(request: Request, error: Exception) -> Response:
    """Say that a page could not be made; the server then writes the reason where the program runs."""
    if request.url.path.startswith(NOT_PAGES):
        raise error
    return _instead(request, 500, "broken", request.url.path[:SHOWN_PATH])


def _instead(request: Request, status: int, what: str, path: str) -> Response:
    with Client(ui.page(""), request=request) as client, shell(request, visit_of(request), what) as frame:
        say = frame.words.say
        way = f'<a class="tool" href="/">{e(say("state.go_home"))}</a>'
        body = state(say(f"state.{what}"), say(f"state.{what}_why", path=path), "error", way)
        ui.html(f'<section class="card">{body}</section>', sanitize=False)
    return client.build_response(request, status)
