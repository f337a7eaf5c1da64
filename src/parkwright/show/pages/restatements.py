"""Restatements on the page of the ledger: what was corrected, and for who may act the forms."""

from __future__ import annotations

from nicegui import ui

from parkwright.model.errors import LedgerError
from parkwright.show.answers.planning import asked
from parkwright.show.answers.restatements import Correction, Restatement, RestatementList, restatements
from parkwright.show.auth import APPROVE
from parkwright.show.door import Visit
from parkwright.show.pages.forms import AskCard, Given, chosen, day_field, typed
from parkwright.show.pages.parts import badge, card, e, heads, table
from parkwright.show.restatements_api import (
    READINGS_MOST,
    TEXT_MOST,
    Edition,
    Readings,
    Restated,
    restate_days,
    restate_readings,
)
from parkwright.show.words import Words

LISTED = 50
"""Restatements that the page lists; the API gives all."""
NAMED = 3
"""Corrections of a restatement that the page names; it counts all."""
REASONS = {
    "late_reading": "restated.late_reading",
    "factor_edition": "restated.factor_edition",
    "method": "restated.method",
    "structural": "restated.structural",
    "error": "restated.error",
}
"""Reason of a restatement -> its name."""


class CorrectionForms:
    """The cards of who may act: a day gets late readings, closed days another edition of the grid's factor."""

    def __init__(self, visit: Visit, words: Words) -> None:
        """Lay them, unseen until they are offered."""
        self._visit, self._words = visit, words
        with ui.element("div").classes("row"):
            self._late = AskCard(words, "restate_late", lambda given: restated_late(visit, words, given))
        with ui.element("div").classes("row"):
            self._edition = AskCard(words, "restate", lambda given: restated(visit, words, given))

    def offer(self) -> None:
        """Offer them where the visitor may act and accounts are served; an edition where there is one to choose."""
        may = self._visit.may(APPROVE, "carbon") and self._visit.context.carbon is not None
        self._late.offer(late_fields(self._words) if may else "")
        self._edition.offer(edition_fields(self._visit, self._words) if may else "")


def edition_fields(visit: Visit, words: Words) -> str:
    """Return the fields of another edition; nothing where the park has no average factor of a grid."""
    park = visit.context.park
    known = [one for one in park.factors if one.kind == "grid_average"]
    if not known:
        return ""
    choices = [(one.id, f"{one.id}: {one.value} kg CO₂/kWh") for one in known]
    return "".join(
        (
            chosen(words, "restate.factor", "factor_id", choices),
            day_field(words, "restate.start", "start_day"),
            day_field(words, "restate.end", "end_day"),
            typed(words, "restate.text", "text", f'required minlength="3" maxlength="{TEXT_MOST}" size="40"'),
            typed(words, "restate.sure", "sure", 'type="checkbox"'),
        )
    )


def late_fields(words: Words) -> str:
    """Return the fields of late readings: the day, the readings as CSV, why, and what happened."""
    reasons = [(name, words.say(key)) for name, key in REASONS.items() if name != "factor_edition"]
    label, head = e(words.say("restate_late.readings")), "start,meter_id,energy_kwh\n"
    pasted = (
        f'<label class="small">{label} <textarea class="field" name="readings" rows="4" cols="48" required '
        f'maxlength="{READINGS_MOST}" spellcheck="false">{head}</textarea></label>'
    )
    return "".join(
        (
            day_field(words, "restated.day", "day"),
            chosen(words, "restated.reason", "reason", reasons),
            pasted,
            typed(words, "restate.text", "text", f'required minlength="3" maxlength="{TEXT_MOST}" size="40"'),
            typed(words, "restate_late.sure", "sure", 'type="checkbox"'),
        )
    )


def restated_late(visit: Visit, words: Words, given: Given) -> str:
    """Restate a day with the readings that were typed and say what came of it; raises LedgerError as `restated`."""
    body = asked(Readings, _sure(words, given))
    return _told(words, REASONS[body.reason], restate_readings(visit, body))


def restated(visit: Visit, words: Words, given: Given) -> str:
    """Restate days as it was typed and say what came of it; raises LedgerError where it may not be."""
    return _told(words, "restated.factor_edition", restate_days(visit, asked(Edition, _sure(words, given))))


def _sure(words: Words, given: Given) -> dict[str, str]:
    """Return what was typed without the mark that it is meant; raises LedgerError where it is not marked."""
    if not given.get("sure"):
        raise LedgerError(words.say("restate.not_sure"))
    return {name: value for name, value in given.items() if name != "sure"}


def _told(words: Words, reason: str, done: Restated) -> str:
    location, market = (words.amount(kg, "kg CO2e") for kg in (done.location_change_kg, done.market_change_kg))
    told = words.say("restate.done", n=len(done.restatements), change=location, market=market)
    return f'<p class="gap" role="status">{badge(words.say(reason), "note")} {e(told)}</p>'


def listed(visit: Visit) -> RestatementList:
    """Return the newest restatements of the ledger."""
    context = visit.context
    return visit.frames.keep("restatements", lambda: restatements(context.park, context.facts, None, LISTED))


def restatements_card(words: Words, found: RestatementList) -> str:
    """Return what was corrected, newest first; a sentence where nothing was."""
    title = words.say("restated.title", n=words.whole(found.total))
    if not found.rows:
        return card(title, f'<p class="muted small">{e(words.say("restated.none"))}</p>')
    columns = heads(
        words,
        "restated.at~",
        "restated.day",
        "restated.reason",
        "restated.changes",
        "restated.location>",
        "restated.market>~",
        "restated.text~",
    )
    rows = [
        (
            e(words.stamp(row.at)),
            f'<a href="/postings?day={e(row.day)}">{e(row.day)}</a>',
            e(words.known(REASONS.get(row.reason, ""), row.reason)),
            "<br>".join(_change(words, one) for one in row.shown[:NAMED]) + _more(words, row),
            _kg(words, row.location_change_kg),
            _kg(words, row.market_change_kg),
            e(row.text),
        )
        for row in found.rows
    ]
    more = f'<p class="muted small">{e(words.say("posting.more", n=LISTED))}</p>' if found.total > LISTED else ""
    return card(title, table(columns, rows) + more)


def _change(words: Words, one: Correction) -> str:
    """Return a thing with what was before and after."""
    if one.start is not None:
        amounts = (f"{words.number(value, 6)} {one.unit}" for value in (one.before_value, one.after_value))
        what = f"{one.thing_id} {words.stamp(one.start)}"
    else:
        amounts = (
            f"{name} ({words.number(value, 4)} {one.unit})"
            for name, value in ((one.before, one.before_value), (one.after, one.after_value))
        )
        what = words.say("restated.grid")
    return f'<span class="muted small">{e(what)}</span> {e(" → ".join(amounts))}'


def _kg(words: Words, change_kg: float) -> str:
    return f'<span class="nowrap">{"+" if change_kg > 0 else ""}{e(words.amount(change_kg, "kg CO2e", 6))}</span>'


def _more(words: Words, row: Restatement) -> str:
    left = row.corrections - min(len(row.shown), NAMED)
    return f'<br><span class="muted small">{e(words.say("restated.more", n=words.whole(left)))}</span>' if left else ""
