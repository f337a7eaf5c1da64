"""Carbon, asked for: the footprint of a lot, and the close of a year with the proofs that nothing is missing."""

from __future__ import annotations

from parkwright.carbon.factors import MWH_INT_PER_KWH, UG_PER_KG
from parkwright.model.errors import PlanError
from parkwright.show.answers.carbon import CarbonReport
from parkwright.show.answers.footprint import LotFootprint
from parkwright.show.answers.year import YearClose, YearFigures, YearProduct
from parkwright.show.carbon_api import LAST_YEAR, LONGEST_JOB, lot_of, year_of
from parkwright.show.door import Visit
from parkwright.show.pages.footprint import contributions, quality
from parkwright.show.pages.forms import Given, day_field, day_of, typed
from parkwright.show.pages.parts import badge, e, heads, table
from parkwright.show.words import Words


def lot_fields(words: Words, report: CarbonReport | None) -> str:
    """Return the fields of a lot: its id, and the day on which its units were finished."""
    if report is None or not report.products:
        return ""
    job = typed(words, "lot_foot.job", "job_id", f'required maxlength="{LONGEST_JOB}" autocomplete="off"')
    return job + day_field(words, "lot_foot.day", "day", report.end_day)


def lot_told(visit: Visit, words: Words, given: Given) -> str:
    """Return the footprint of a lot as it was typed; raises LedgerError where none of it was finished that day."""
    day = day_of(given, "day")
    found = lot_of(visit, given.get("job_id", "").strip(), day)
    if found is None:
        raise PlanError(f"{day}: is not closed yet, or the park's carbon book has no [footprint]; name another day")
    return lot_html(words, found)


def lot_html(words: Words, found: LotFootprint) -> str:
    """Return the footprint of a lot: whole and a unit, how good and how sure, and its parts, largest first."""
    told = words.say(
        "lot_foot.told", job=found.job_id, n=words.whole(found.units), kg=words.amount(found.total_kg, "kg CO2e", 4),
        each=words.amount(found.total_kg / found.units, "kg CO2e", 4),
    )  # fmt: skip
    facts = "".join(f"<div><dt>{e(name)}</dt><dd>{e(value)}</dd></div>" for name, value in quality(words, found))
    parts = contributions(words, found.contributions)
    return f'<p class="gap"><b>{e(told)}</b></p><dl class="facts gap">{facts}</dl>{parts}'


def year_fields(words: Words, report: CarbonReport | None) -> str:
    """Return the field of a year to close."""
    if report is None:
        return ""
    props = f'type="number" min="2000" max="{LAST_YEAR}" step="1" required value="{report.end_day[:4]}"'
    return typed(words, "year_close.year", "year", props)


def year_told(visit: Visit, words: Words, given: Given) -> str:
    """Return the close of the year that was typed; raises LedgerError where no day of it is closed."""
    text = given.get("year", "")
    if not text.isdecimal() or not 2000 <= int(text) <= LAST_YEAR:
        raise PlanError(f"year: {text or 'nothing'} is none; give one from 2000 to {LAST_YEAR}")
    return year_html(words, year_of(visit, int(text)))


def year_html(words: Words, found: YearClose) -> str:
    """Return the proofs of a year, its months, and its passports by product."""
    return _proofs(words, found) + _months(words, found) + _products(words, found)


def _proofs(words: Words, found: YearClose) -> str:
    proofs = found.proofs
    key, kind = ("balanced", "good") if proofs.holds else ("unbalanced", "stop")
    told = words.say(
        f"year_close.{key}", n=words.whole(proofs.journal_sums), wrong=words.whole(proofs.unbalanced),
        first=", ".join(f"{one.journal_id} {one.commodity} {one.view}" for one in proofs.first_unbalanced),
    )  # fmt: skip
    days = words.say("year_close.days", year=found.year, n=found.days_closed, units=words.whole(found.units))
    beyond = proofs.beyond_passports
    if any(beyond.values()):
        rest = words.say(
            "year_close.in_work", kwh=words.amount(beyond["energy_mwh_int"] / MWH_INT_PER_KWH, "kWh", 6),
            kg=words.amount((beyond["location_ug"] + beyond["material_ug"]) / UG_PER_KG, "kg CO2e", 6),
        )  # fmt: skip
    else:
        rest = words.say("year_close.all_in")
    still = words.say("year_close.open", days=", ".join(found.days_open)) if found.days_open else ""
    notes = "".join(f'<p class="muted small">{e(text)}</p>' for text in (rest, still) if text)
    result = badge(words.say("year_close.proof"), kind)
    return f'<p class="gap small">{e(days)}</p><p class="small">{result} {e(told)}</p>{notes}'


def _months(words: Words, found: YearClose) -> str:
    columns = heads(
        words, "year_close.month", "year_close.bought>", "year_close.made>~", "year_close.sold>~", "scopes.scope1>~",
        "scopes.location>", "scopes.market>~", "year_close.cost>~", "year_close.peak>~",
    )  # fmt: skip
    rows = [(e(one.month), *_figures(words, one)) for one in found.months]
    return table(columns, rows, (e(words.say("year_close.whole")), *_figures(words, found.whole)))


def _figures(words: Words, one: YearFigures) -> list[str]:
    energy = [words.amount(value, "kWh", 6) for value in (one.grid_kwh, one.own_kwh, one.export_kwh)]
    emitted = [
        words.amount(value, "kg CO2e", 6) for value in (one.scope1_kg, one.scope2_location_kg, one.scope2_market_kg)
    ]
    cost = [words.amount(value, "CNY", 6) for value in (one.cost_cny, one.demand_cny)]
    return [e(text) for text in (*energy, *emitted, *cost)]


def _products(words: Words, found: YearClose) -> str:
    if not found.products:
        return ""
    columns = heads(
        words, "scopes.product", "scopes.units>", "year_close.energy>~", "scopes.location>", "scopes.market>~",
        "scopes.material>~",
    )  # fmt: skip
    title = f'<h3 class="gap">{e(words.say("year_close.products"))}</h3>'
    return title + table(columns, [_product(words, one) for one in found.products])


def _product(words: Words, one: YearProduct) -> list[str]:
    energy = (one.direct_mwh_int + one.overhead_mwh_int) / MWH_INT_PER_KWH
    kgs = [words.amount(ug / UG_PER_KG, "kg CO2e", 6) for ug in (one.location_ug, one.market_ug, one.material_ug)]
    texts = (words.whole(one.units), words.amount(energy, "kWh", 6), *kgs)
    return [f'<span class="mono">{e(one.product_id)}</span>', *(e(text) for text in texts)]
