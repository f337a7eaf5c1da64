"""Carbon, what people check: must a base year be recalculated, and what did a measure save as metered?"""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

from parkwright.carbon.report import RECALCULATE_AT
from parkwright.model.errors import PlanError
from parkwright.show.answers.carbon import CarbonReport
from parkwright.show.answers.carbon_checks import BaseYear, Saving
from parkwright.show.carbon_api import base_year_of, saving_of
from parkwright.show.door import Visit
from parkwright.show.pages.forms import Given, chosen, day_field, day_of, park_time, typed
from parkwright.show.pages.parts import badge, e, heads, table, why_button, why_template
from parkwright.show.words import Words

PERCENT = Decimal(100)
FIGURES = {
    "scope1": "scopes.scope1", "scope2_location": "scopes.location", "scope2_market": "scopes.market",
    "scope3": "scopes.scope3",
}  # fmt: skip
"""Figure of a base year -> its name in the catalogue."""


def base_year_fields(words: Words, report: CarbonReport | None) -> str:
    """Return the fields of a base year: its days, when it was published, from which change on it is recalculated."""
    if report is None:
        return ""
    return "".join(
        (
            day_field(words, "filter.from", "start", report.start_day),
            day_field(words, "filter.to", "end", report.end_day),
            typed(words, "base_year.published", "published", 'type="datetime-local" required'),
            typed(
                words, "base_year.threshold", "threshold",
                f'type="number" min="0.1" max="100" step="0.1" required value="{float(RECALCULATE_AT * PERCENT):g}"',
            ),
        )
    )  # fmt: skip


def base_year_told(visit: Visit, words: Words, given: Given) -> str:
    """Return what the ledger says of a base year as it was typed; raises what cannot be."""
    try:
        threshold = Decimal(given.get("threshold", "")) / PERCENT
    except InvalidOperation as error:
        raise PlanError(f"threshold: {given.get('threshold')!r} is no number; give per cent") from error
    published = park_time(visit, given.get("published", ""), "published")
    return base_year_html(
        words, base_year_of(visit, (day_of(given, "start"), day_of(given, "end")), published, threshold)
    )


def base_year_html(words: Words, found: BaseYear) -> str:
    """Return whether a base year stands, and each figure as published beside now."""
    key, kind = ("recalculate", "warn") if found.recalculate else ("stands", "good")
    told = words.say(
        "base_year.told", start=found.start_day, end=found.end_day, at=words.stamp(found.published),
        share=words.percent(found.threshold),
    )  # fmt: skip
    rows = [
        (
            e(words.say(FIGURES[one.name])),
            e(words.amount(one.published_kg, "kg CO2e", 6)),
            e(words.amount(one.now_kg, "kg CO2e", 6)),
            _change(words, one.change_share, found.threshold),
        )
        for one in found.figures
    ]
    columns = heads(words, "base_year.figure", "base_year.then>", "base_year.now>", "base_year.change>")
    return f'<p class="gap small">{badge(words.say(f"base_year.{key}"), kind)} {e(told)}</p>{table(columns, rows)}'


def _change(words: Words, share: float, threshold: float) -> str:
    text = words.percent(share, signed=True) if share else "0"
    return badge(text, "warn") if abs(share) >= threshold else e(text)


def saving_fields(words: Words, report: CarbonReport | None) -> str:
    """Return the fields of a metered saving: a measure with meters, days before it and days after it."""
    metered = [(one.id, words.name(one)) for one in report.measures if one.is_metered] if report else []
    if report is None or not metered:
        return ""
    return "".join(
        (
            chosen(words, "saving.measure", "measure", metered),
            day_field(words, "saving.before_from", "before_start"),
            day_field(words, "saving.before_to", "before_end"),
            day_field(words, "saving.after_from", "start", report.start_day),
            day_field(words, "saving.after_to", "end", report.end_day),
        )
    )


def saving_told(visit: Visit, words: Words, given: Given) -> str:
    """Return what a measure saved between the days as they were typed; raises what cannot be."""
    before, after = ((day_of(given, f"{name}start"), day_of(given, f"{name}end")) for name in ("before_", ""))
    return saving_html(words, saving_of(visit, given.get("measure", ""), before, after))


def saving_html(words: Words, found: Saving) -> str:
    """Return what a measure saved by its meters, with what that is made of."""
    title = words.say("saving.title")
    saved = "saving.saved" if found.saved_kwh >= 0 else "saving.used_more"
    told = words.say(
        saved, kwh=words.amount(abs(found.saved_kwh), "kWh", 4), kg=words.amount(abs(found.saved_kg), "kg CO2e", 4)
    )
    rows = [
        (
            e(words.say(f"saving.{name}")),
            e(words.amount(kwh, "kWh", 6)),
            e(words.whole(units)),
            e(f"{days[0]} – {days[1]}"),
        )
        for name, kwh, units, days in (
            ("before", found.before_kwh, found.units_before, found.before),
            ("expected", found.expected_kwh, found.units_after, found.after),
            ("metered", found.metered_kwh, found.units_after, found.after),
        )
    ]
    columns = heads(words, "saving.what", "saving.energy>", "saving.units>", "saving.days~")
    notes = [words.say("saving.by", meters=", ".join(found.meters), factor=found.factor)]
    why = why_button(words, title) + why_template(words, title, found.why, notes)
    kind = "good" if found.saved_kwh >= 0 else "warn"
    return f'<p class="gap small">{badge(words.say("saving.result"), kind)} {e(told)} {why}</p>{table(columns, rows)}'
