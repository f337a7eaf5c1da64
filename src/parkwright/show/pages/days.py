"""The day a page shows: asked by ?day=, changed by its neighbours."""

from __future__ import annotations

from datetime import date, timedelta

from starlette.requests import Request

from parkwright.show.api import FIRST_DAY, LAST_DAY
from parkwright.show.pages.parts import e
from parkwright.show.words import Words


def asked_day(request: Request) -> date | None:
    """Return the day in the address; None where there is none or it is no date."""
    try:
        day = date.fromisoformat(request.query_params.get("day", ""))
    except ValueError:
        return None
    return day if FIRST_DAY < day < LAST_DAY else None


def day_switch(words: Words, path: str, day: str) -> str:
    """Return links to the day before, the day after and today around the day shown."""
    shown = date.fromisoformat(day)
    before, after = shown - timedelta(days=1), shown + timedelta(days=1)
    earlier, later = e(words.say("page.day_before")), e(words.say("page.day_after"))
    return (
        f'<span class="find"><a class="tool" href="{path}?day={before}" aria-label="{earlier}">‹</a>'
        f'<a class="tool" href="{path}">{e(day)}</a>'
        f'<a class="tool" href="{path}?day={after}" aria-label="{later}">›</a></span>'
    )
