"""What a planner types on the page Plan: a form in a fold, and what it gives as the API takes it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from nicegui import ui

from parkwright.model.errors import PlanError
from parkwright.plan.outage import REASON_MAX
from parkwright.show.answers.planning import AskedOrder, AskedOutage, asked
from parkwright.show.door import Visit
from parkwright.show.pages.parts import e
from parkwright.show.words import Words

Give = Callable[[Mapping[str, str]], Any]
"""What is called with what was typed, by the fields' names."""
USUAL_REASONS = ("maintenance", "breakdown", "no_crew", "no_material")
"""What lines stand still for most often, offered beside the field; catalogue keys `plan.reason_...` (assumed)."""
SENT = "(event) => { event.preventDefault(); emit(Object.fromEntries(new FormData(event.target))); }"


class AskForm:
    """A form that opens when somebody wants it."""

    def __init__(
        self, words: Words, title: str, act: str, fields: str, give: Callable[[Mapping[str, str]], Any]
    ) -> None:
        """Lay it; title and act: keys of the catalogue. fields: HTML."""
        with ui.element("details").classes("ask"):
            ui.html(e(words.say(title)), sanitize=False, tag="summary")
            button = f'<button class="act primary">{e(words.say(act))}</button>'
            form = ui.html(f"{fields}{button}", sanitize=False, tag="form").classes("find gap")
            form.on("submit", lambda event: give(dict(event.args)), js_handler=SENT)


def order_fields(visit: Visit, words: Words) -> str:
    """Return the fields of a new order: product, units, due, market where the park has several, weight."""
    park, language = visit.context.park, visit.language
    products = [(one.id, getattr(one.name, language)) for one in park.products if one.kind != "board"]
    markets = [(one.id, getattr(one.name, language)) for one in park.markets]
    found = [
        chosen(words, "plan.product", "product_id", products),
        typed(words, "plan.quantity", "quantity", 'type="number" min="1" step="1" required'),
        typed(words, "plan.due", "due", 'type="datetime-local" required'),
        chosen(words, "plan.market", "market_id", markets) if markets else "",
        typed(words, "plan.weight", "weight_cny_per_h", 'type="number" min="0" step="any"'),
    ]
    return "".join(found)


def order_of(visit: Visit, given: Mapping[str, str]) -> AskedOrder:
    """Return a new order as it was typed, times in the park's zone; raises PlanError that names what is wrong."""
    typed_in = {name: value for name, value in given.items() if value}
    return asked(AskedOrder, {**typed_in, "due": park_time(visit, given.get("due", ""), "due")})


def outage_fields(visit: Visit, words: Words) -> str:
    """Return the fields of a line taken out of use: line, from, until, reason, the usual ones to choose from."""
    lines = [(line.id, getattr(line.name, visit.language)) for line in visit.context.park.work_centers]
    usual = "".join(f'<option value="{e(words.say(f"plan.reason_{one}"))}"></option>' for one in USUAL_REASONS)
    props = f'list="usual-reasons" required maxlength="{REASON_MAX}" autocomplete="off"'
    found = [
        chosen(words, "plan.line", "line_id", lines),
        typed(words, "plan.out_from", "start", 'type="datetime-local"'),
        typed(words, "plan.out_until", "until", 'type="datetime-local"'),
        typed(words, "plan.out_reason", "reason", props),
        f'<datalist id="usual-reasons">{usual}</datalist>',
    ]
    return "".join(found)


def outage_of(visit: Visit, given: Mapping[str, str]) -> AskedOutage:
    """Return a line taken out as it was typed, times in the park's zone; raises PlanError that names what is wrong."""
    times = {
        name: park_time(visit, given[name], words_name)
        for name, words_name in (("start", "from"), ("until", "until"))
        if given.get(name)
    }
    return asked(AskedOutage, {"line_id": given.get("line_id", ""), "reason": given.get("reason", ""), **times})


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
