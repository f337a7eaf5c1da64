"""What a planner types on the page Plan, and what it gives as the API takes it."""

from __future__ import annotations

from collections.abc import Mapping

from parkwright.plan.outage import REASON_MAX
from parkwright.show.answers.planning import AskedOrder, AskedOutage, asked
from parkwright.show.door import Visit
from parkwright.show.pages.forms import chosen, park_time, typed
from parkwright.show.pages.parts import e
from parkwright.show.words import Words

USUAL_REASONS = ("maintenance", "breakdown", "no_crew", "no_material")
"""What lines stand still for most often, offered beside the field; catalogue keys `plan.reason_...` (assumed)."""


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
