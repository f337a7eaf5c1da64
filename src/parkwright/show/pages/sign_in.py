"""Sign in: with the one-time link that the program printed, or its token typed in."""

from __future__ import annotations

from nicegui import ui
from starlette.requests import Request

from parkwright.show.door import visit_of
from parkwright.show.pages.frame import shell
from parkwright.show.pages.parts import e


@ui.page("/sign-in")
def sign_in_page(request: Request) -> None:
    """Say how to sign in, and take a token."""
    visit = visit_of(request)
    target = request.query_params.get("next", "/")
    with shell(request, visit, "sign_in") as frame:
        say = frame.words.say
        failed = (
            f'<p class="sum bad" role="alert">{e(say("signin.failed"))}</p>' if "failed" in request.query_params else ""
        )
        ui.html(
            f'<div class="signin"><section class="card"><h1>{e(say("signin.title"))}</h1>'
            f'<p style="margin-top:8px">{e(say("signin.how"))}</p>{failed}'
            f'<form action="/sign-in-with" method="get"><input type="hidden" name="next" value="{e(target)}">'
            f'<input class="field" name="token" required autocomplete="off" maxlength="400" '
            f'aria-label="{e(say("signin.token"))}" placeholder="{e(say("signin.token"))}">'
            f'<button class="act primary">{e(say("signin.go"))}</button></form>'
            f'<p class="small muted gap">{e(say("signin.wall"))} <a href="/wall">{e(say("nav.wall"))}</a></p>'
            "</section></div>",
            sanitize=False,
        )
