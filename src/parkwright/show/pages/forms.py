"""Forms: what people type on a page and send, in a fold or in a card that says what came of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from anyio import to_thread
from fastapi import HTTPException
from nicegui import ui

from parkwright.model.errors import ParkwrightError, PlanError
from parkwright.show.door import Visit
from parkwright.show.pages.frame import block, draw
from parkwright.show.pages.parts import e, section_head
from parkwright.show.words import Words

Given = Mapping[str, str]
"""What was typed, by the fields' names."""
Give = Callable[[Given], Any]
"""What is called with it."""
SENT = "(event) => { event.preventDefault(); emit(Object.fromEntries(new FormData(event.target))); }"


class AskForm:
    """A form that opens when somebody wants it."""

    def __init__(self, words: Words, title: str, act: str, fields: str, give: Give) -> None:
        """Lay it; title and act: keys of the catalogue. fields: HTML."""
        with ui.element("details").classes("ask"):
            ui.html(e(words.say(title)), sanitize=False, tag="summary")
            button = f'<button class="act primary">{e(words.say(act))}</button>'
            form = ui.html(f"{fields}{button}", sanitize=False, tag="form").classes("find gap")
            form.on("submit", lambda event: give(dict(event.args)), js_handler=SENT)


class AskCard:
    """A card with a form, and below it what came of it: what was found, or why it cannot be."""

    def __init__(self, words: Words, family: str, answer: Callable[[Given], str]) -> None:
        """Lay it, without fields and unseen yet.

        family: of the catalogue; it has title, about, act, and failed with {why}. answer: gives HTML for what was
        typed, in a thread; what it raises is told.
        """
        self._words, self._family, self._answer = words, family, answer
        with ui.element("section").classes("card ask") as self._card:
            about = f'<p class="muted small">{e(self._say("about"))}</p>'
            ui.html(section_head(self._say("title"), below=about), sanitize=False)
            self._form = ui.html("", sanitize=False, tag="form").classes("find gap")
            self._form.on("submit", lambda event: self._given(dict(event.args)), js_handler=SENT)
            self._told = block()
        self._card.set_visibility(False)

    def _say(self, name: str, **values: object) -> str:
        return self._words.say(f"{self._family}.{name}", **values)

    def offer(self, fields: str) -> None:
        """Show the card with these fields (HTML); take it away where there are none."""
        draw(self._form, f'{fields}<button class="act primary">{e(self._say("act"))}</button>')
        self._card.set_visibility(bool(fields))

    async def _given(self, given: Given) -> None:
        draw(self._told, f'<p class="muted" role="status">{e(self._words.say("page.working"))}</p>')
        draw(self._told, await to_thread.run_sync(outcome, self._words, self._family, self._answer, given))


def outcome(words: Words, family: str, answer: Callable[[Given], str], given: Given) -> str:
    """Return what `answer` makes of what was typed, as HTML; what it raises as the family's `failed`."""
    try:
        return answer(given)
    except ParkwrightError as error:
        why = str(error)
    except HTTPException as error:
        why = str(error.detail)
    return f'<div class="notice stale gap" role="alert">{e(words.say(f"{family}.failed", why=why))}</div>'


def park_time(visit: Visit, text: str, name: str) -> datetime:
    """Return what a field of date and time holds, in the park's zone; raises PlanError when it holds none."""
    try:
        return datetime.fromisoformat(text).replace(tzinfo=visit.context.park.zone)
    except ValueError as error:
        raise PlanError(f"{name}: {text or 'nothing'} is no date and time; give both") from error


def chosen(words: Words, label: str, name: str, choices: Sequence[tuple[str, str]]) -> str:
    """Return a labelled choice."""
    options = "".join(f'<option value="{e(value)}">{e(text)}</option>' for value, text in choices)
    return f'<label class="small">{e(words.say(label))} <select class="field" name="{name}">{options}</select></label>'


def typed(words: Words, label: str, name: str, props: str) -> str:
    """Return a labelled field to type into; props: its attributes."""
    return f'<label class="small">{e(words.say(label))} <input class="field" name="{name}" {props}></label>'


def day_field(words: Words, label: str, name: str, day: str = "") -> str:
    """Return a labelled field for a day; day: ISO, as it stands at first."""
    return typed(words, label, name, f'type="date" required value="{e(day)}"')


def day_of(given: Given, name: str) -> date:
    """Return the day that a field holds; raises PlanError that names it when it holds none."""
    text = given.get(name, "")
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise PlanError(f"{name}: {text or 'nothing'} is no day; give one as YYYY-MM-DD") from error
