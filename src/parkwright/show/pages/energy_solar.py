"""The card of the solar fields: yield, performance, measured against expected, and what is wrong with each."""

from __future__ import annotations

from parkwright.show.answers.ahead import SolarFault, SolarYield, SolarYields
from parkwright.show.pages.parts import badge, e, heads, section_head, spark_line, state, table
from parkwright.show.words import MISSING, Words

SHARES = ("shading", "string_out", "soiling")
"""Faults whose size is a share; the others count intervals."""
PLACES = 2
"""Decimals of a percent of soiling a day."""


def solar_card(words: Words, found: SolarYields) -> str:
    """Return how each field did in its last metered days against what the weather promised, and its faults."""
    label = words.say("page.download", form="CSV", what=words.say("table.solar"))
    sheet = f'<a class="small" download href="/api/v1/energy/solar.csv" aria-label="{e(label)}">CSV</a>'
    return (
        f'<section class="card row-card">{section_head(words.say("solar.title"), sheet)}{_body(words, found)}</section>'
    )


def _body(words: Words, found: SolarYields) -> str:
    known = [one for one in found.fields if one.days]
    if found.state == "working":
        return f'<p role="status">{e(words.say("solar.looked"))}</p>'
    if found.state == "failed" or (found.fields and not known):
        return state(words.say("state.empty"), words.say("solar.none_yet", why=found.detail).strip())
    if not found.fields:
        return state(words.say("state.empty"), words.say("solar.no_field"))
    basis = words.say("solar.basis_measured" if found.weather == "measured" else "solar.basis_typical")
    days = max(one.days for one in known)
    first, last = min(one.first_day or "" for one in known), max(one.last_day or "" for one in known)
    lead = words.say("solar.span", n=days, first=first, last=last)
    columns = heads(
        words, "solar.field", "=kWh>", "solar.specific>", "solar.ratio>", "solar.expected>~", "solar.against>",
        "solar.course~", "solar.wrong",
    )  # fmt: skip
    if found.not_judged:
        basis = f"{basis} {words.say('solar.global_only')}"
    rows = [_row(words, one) for one in found.fields]
    return f'<p class="small muted">{e(lead)} {e(basis)}</p>{table(columns, rows)}'


def _row(words: Words, one: SolarYield) -> tuple[str, ...]:
    course = spark_line([day.against_weather for day in one.daily], 0.2) if one.daily else ""
    return (
        f'{e(words.name(one))} <span class="muted small">{e(words.amount(one.peak_kw, "kWp"))}</span>',
        e(words.number(one.measured_kwh, 4)),
        e(words.number(one.kwh_per_kwp)),
        e(words.percent(one.performance_ratio)),
        e(words.number(one.expected_kwh, 4)),
        e(words.percent(one.against_weather)),
        course,
        _wrong(words, one),
    )


def _wrong(words: Words, one: SolarYield) -> str:
    if not one.days:
        return MISSING
    if not one.judged:
        return f'<span class="muted">{e(words.say("solar.not_yet"))}</span>'
    return "<br>".join(_fault(words, each) for each in one.faults) or badge(words.say("solar.sound"), "good")


def _fault(words: Words, one: SolarFault) -> str:
    size = f"{100 * one.size:.{PLACES}f}\u2009%" if one.kind == "soiling" else (
        words.percent(one.size) if one.kind in SHARES else f"{abs(one.size):.0f}"
    )  # fmt: skip
    told = words.say(f"solar_do.{one.kind}", size=size, since=one.since)
    return f"{badge(words.say(f'solar_fault.{one.kind}'), 'warn')} {e(told)}"
