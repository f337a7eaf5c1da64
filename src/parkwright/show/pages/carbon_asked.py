"""Carbon, asked for: the footprint of a lot, products' with what a change would make of them, and a year's close."""

from __future__ import annotations

import re
from collections.abc import Sequence

from parkwright.carbon.factors import MWH_INT_PER_KWH, UG_PER_KG
from parkwright.model.errors import PlanError
from parkwright.model.product import Material
from parkwright.show.answers.carbon import CarbonReport
from parkwright.show.answers.footprint import LotFootprint
from parkwright.show.answers.footprints import ProductFootprints
from parkwright.show.answers.year import YearClose, YearFigures, YearProduct
from parkwright.show.carbon_api import LAST_YEAR, LONGEST_JOB, lot_of, year_of
from parkwright.show.door import Visit
from parkwright.show.footprints_api import CHANGE, DRAWS_MOST, Asked, footprints_of
from parkwright.show.pages.footprint import contributions, quality
from parkwright.show.pages.forms import Given, chosen, day_field, day_of, typed
from parkwright.show.pages.parts import badge, e, heads, table
from parkwright.show.words import MISSING, Words


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


def change_fields(words: Words, report: CarbonReport | None, materials: Sequence[Material]) -> str:
    """Return the fields of a what-if: the days, a material with another footprint, and drawings for the band."""
    if report is None or not report.products:
        return ""
    choices = [
        ("", words.say("foot_change.none")),
        *sorted(((one.id, f"{one.name.zh if words.language == 'zh' else one.name.en} {one.id}") for one in materials),
                key=lambda pair: pair[1]),
    ]  # fmt: skip
    return "".join(
        (
            day_field(words, "foot_change.start", "start_day", report.end_day),
            day_field(words, "foot_change.end", "end_day", report.end_day),
            chosen(words, "foot_change.material", "material_id", choices),
            typed(words, "foot_change.kg", "kg", 'type="number" min="0" step="any"'),
            typed(words, "foot_change.draws", "draws", f'type="number" min="0" max="{DRAWS_MOST}" step="1" value="0"'),
        )
    )


def change_told(visit: Visit, words: Words, given: Given) -> str:
    """Return the products' footprints as it was typed; raises LedgerError or PlanError where they cannot be said."""
    span = (day_of(given, "start_day"), day_of(given, "end_day"))
    draws, change = given.get("draws", "") or "0", f"{given.get('material_id', '')}={given.get('kg', '')}"
    if not draws.isdecimal() or int(draws) > DRAWS_MOST:
        raise PlanError(f"draws: {draws} is none; give a whole number up to {DRAWS_MOST}")
    if change != "=" and not re.fullmatch(CHANGE, change):
        raise PlanError(f"change: {change} is none; choose a material and give its kg CO2e a unit, or neither")
    changes = () if change == "=" else (change,)
    return change_html(words, footprints_of(visit, span, Asked(int(draws), changes=changes)))


def change_html(words: Words, found: ProductFootprints) -> str:
    """Return a row for each product: its footprint, its band, and what the change would make of it."""
    key = "drawn" if found.draws else "by_law"
    told = words.say(f"foot_change.{key}", n=words.whole(found.draws), start=found.start_day, end=found.end_day)
    notes = f'<p class="gap small">{e(told)}</p>'
    if found.change is not None:
        of = ", ".join(f"{name} = {words.number(kg, 4)} kg" for name, kg in found.change.new_kg.items())
        told = words.say("foot_change.recomputed", of=of, n=words.whole(found.change.recomputed))
        notes += f'<p class="small">{e(told)}</p>'
    columns = heads(
        words, "scopes.product", "=kg CO₂e>", "foot.interval>",
        *(("foot_change.new>~", "foot_change.change>") if found.change else ()),
    )  # fmt: skip
    changed = {one.product_id: one for one in found.change.products} if found.change else {}
    rows = []
    for one in found.products:
        row = [
            f'{e(words.name(one))} <span class="muted small">{e(one.product_id)}</span>',
            e(words.number(one.kg_per_unit, 5)),
            e(f"{words.number(one.low_kg, 4)} – {words.number(one.high_kg, 4)}"),
        ]
        if found.change is not None:
            new = changed.get(one.product_id)
            row += [MISSING, MISSING] if new is None else [
                e(words.number(new.kg_per_unit, 5)),
                e(f"{'+' if new.change_kg > 0 else ''}{words.number(new.change_kg, 5)}"),
            ]  # fmt: skip
        rows.append(row)
    return notes + table(columns, rows)


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
