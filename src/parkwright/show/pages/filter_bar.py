"""The filter bar of every report: what, by what, against what, from when to when, and the table to take along."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from urllib.parse import urlencode

from starlette.requests import Request

from parkwright.show.api import FIRST_DAY, LAST_DAY
from parkwright.show.pages.parts import e
from parkwright.show.words import Words

FORMS = (("xlsx", "Excel"), ("csv", "CSV"), ("parquet", "Parquet"))


@dataclass(frozen=True, slots=True)
class Choose:
    """A choice in the bar: its name in the address, its label, (value, text) of what can be chosen, the chosen."""

    name: str
    label: str
    options: Sequence[tuple[str, str]]
    chosen: str


def span_of(request: Request) -> tuple[date | None, date | None]:
    """Return the days from and to in the address; None for what is absent or no date."""
    return day_in(request, "from"), day_in(request, "to")


def day_in(request: Request, name: str) -> date | None:
    """Return a day in the address; None where it is absent or no date."""
    try:
        day = date.fromisoformat(request.query_params.get(name, ""))
    except ValueError:
        return None
    return day if FIRST_DAY < day < LAST_DAY else None


def filter_bar(words: Words, action: str, choices: Sequence[Choose], first: str, last: str) -> str:
    """Return the form that asks for the page `action` again with other choices and days; a day is ISO or empty."""
    fields = "".join(select(choice) for choice in choices)
    fields += "".join(
        f'<label class="small">{e(words.say(f"filter.{name}"))} '
        f'<input type="date" name="{name}" value="{e(value)}"></label>'
        for name, value in (("from", first), ("to", last))
    )
    send = f'<button class="tool">{e(words.say("filter.show"))}</button>'
    return f'<form class="find" action="{action}" method="get">{fields}{send}</form>'


def select(choice: Choose) -> str:
    """Return a choice with its label."""
    options = "".join(
        f'<option value="{e(value)}"{" selected" if value == choice.chosen else ""}>{e(text)}</option>'
        for value, text in choice.options
    )
    return (
        f'<label class="small">{e(choice.label)} <select class="field" name="{choice.name}">{options}</select></label>'
    )


def exports(
    words: Words, path: str, what: str, query: dict[str, str], forms: Sequence[str] = ("xlsx", "csv", "parquet")
) -> str:
    """Return links to `path`.<form> with the query: the table that the page shows. what: its name for the reader."""
    asked = e(urlencode(query))
    return "".join(
        f'<a class="small" download href="{path}.{form}?{asked}" '
        f'aria-label="{e(words.say("page.download", form=name, what=what))}">{name}</a> '
        for form, name in FORMS
        if form in forms
    )
