"""The carbon of a unit: its parts at a glance, and every step from the meter to the unit."""

from __future__ import annotations

from collections.abc import Sequence

from parkwright.carbon.explain import Explanation, FactorStep, MeterStep, OverheadStep
from parkwright.show.answers.passport import Explained, Passport
from parkwright.show.door import Visit
from parkwright.show.pages.parts import card, e, heads, state, table
from parkwright.show.pages.postings import link
from parkwright.show.words import Words

MWH_PER_KWH, UG_PER_KG, UG_PER_G, PER_CNY = 1_000_000, 1_000_000_000, 1_000_000, 10_000


def carbon_card(words: Words, found: Passport, why: Explained | None) -> str:
    """Return what the ledger attributed to the unit [kg CO2e] with its parts, by both views."""
    carbon = found.carbon
    say = words.say
    parts = [
        (say("carbon.energy"), carbon.location_ug, carbon.market_ug, "var(--grid)"),
        (say("carbon.materials"), carbon.material_ug, carbon.material_ug, "var(--carbon)"),
    ]
    whole = sum(location for _, location, _, _ in parts) or 1
    bars = "".join(
        f'<i style="flex:{max(location, 0) / whole:.5f} 0 2px;background:{colour}" title="{e(name)}"></i>'
        for name, location, _, colour in parts
    )
    columns = heads(words, "carbon.part", "carbon.location>", "carbon.market>")
    rows = [
        (
            f'<span class="key"><span><i style="background:{colour}"></i>{e(name)}</span></span>',
            _kg(words, location),
            _kg(words, market),
        )
        for name, location, market, colour in parts
    ]
    foot = (e(say("carbon.total")), _kg(words, carbon.location_ug + carbon.material_ug),
            _kg(words, carbon.market_ug + carbon.material_ug))  # fmt: skip
    number, unit = words.quantity(carbon.location_kg, "kg", 4)
    head = f'<p class="total">{e(number)}<small>{e(unit)} CO₂e · {e(say("carbon.location"))}</small></p>'
    head += f'<p class="small muted">{e(say("carbon.title_why"))}</p>'
    line = say(
        "carbon.energy_line",
        direct=_kwh(words, carbon.direct_mwh_int),
        overhead=_kwh(words, carbon.overhead_mwh_int),
        cost=words.amount(carbon.cost_1e4cny / PER_CNY, "CNY", 4),
    )
    body = f'{head}<div class="stack" aria-hidden="true">{bars}</div>{table(columns, rows, foot)}'
    body += f'<p class="small muted gap">{e(line)}</p>'
    if carbon.status == "provisional":
        body += f'<p class="small muted">{e(say("carbon.provisional"))}</p>'
    return card(say("carbon.title"), body + _sum(words, why))


def _sum(words: Words, why: Explained | None) -> str:
    if why is None:
        return ""
    if why.difference_mwh_int == why.difference_ug == why.difference_material_ug == 0:
        energy = words.whole(why.direct_mwh_int + why.overhead_mwh_int)
        text = words.say("carbon.adds_up", energy=energy, carbon=words.whole(why.location_ug))
        return f'<p class="sum">✓ {e(text)}</p>'
    text = words.say(
        "carbon.differs",
        energy=words.whole(why.difference_mwh_int),
        carbon=words.whole(why.difference_ug + why.difference_material_ug),
    )
    return f'<p class="sum bad">{e(text)}</p>'


def steps_card(words: Words, visit: Visit, found: Passport, why: Explained | None) -> str:
    """Return every step from the meters to the passport's figures."""
    title = words.say("carbon.steps")
    if why is None:
        return card(title, state(words.say("state.empty"), words.say("carbon.no_steps")))
    units: list[Explanation] = [why.unit, *why.boards]
    energy = [step for unit in units for step in unit.energy]
    factors = [step for unit in units for step in unit.emissions]
    overheads = [step for unit in units for step in unit.overheads]
    unit = e(found.unit_id)
    tools = f'<a class="small" href="/api/v1/passports/{unit}/explanation" download="{unit}-steps.json">JSON</a>'
    ledger = link(found.packed.astimezone(words.zone).date(), f"unit:{found.unit_id}")
    tools = f'<a class="small" href="{e(ledger)}">{e(words.say("posting.open"))}</a> {tools}'
    energy_kwh, overhead_kwh = _kwh(words, why.direct_mwh_int), _kwh(words, why.overhead_mwh_int)
    carbon_kg, material_kg = _kg(words, why.direct_location_ug), _kg(words, why.material_ug)
    body = (
        _step(words, "carbon.step_meters", energy_kwh, _meters(words, visit, energy), open_=True)
        + _step(words, "carbon.step_factors", carbon_kg, _factors(words, visit, factors))
        + _step(words, "carbon.step_overheads", overhead_kwh, _overheads(words, overheads))
        + _step(words, "carbon.step_materials", material_kg, _materials(words, visit, why))
    )
    return card(title, body, tools)


def _step(words: Words, key: str, result: str, body: str, open_: bool = False) -> str:
    return (
        f'<details class="step"{" open" if open_ else ""}><summary><b>{e(words.say(key))}</b>'
        f'<span class="grow"></span><b>{result}</b></summary>'
        f"<div><p class='small muted'>{e(words.say(f'{key}_why'))}</p>{body}</div></details>"
    )


def _meters(words: Words, visit: Visit, steps: Sequence[MeterStep]) -> str:
    columns = heads(words, "carbon.interval", "carbon.meter", "carbon.own>", "carbon.share>", "=mWh>")
    rows = []
    for step in steps:
        meter = visit.context.park.meter.get(step.meter_id)
        name = (meter.name_zh if words.language == "zh" else meter.name_en) if meter else step.meter_id
        quality = "" if step.quality == "good" else f" ({words.say(f'quality.{step.quality}')})"
        rows.append(
            (
                e(words.clock(step.start, visit.now)),
                f'{e(name)}{e(quality)} <span class="muted small">{e(step.meter_id)}</span>',
                e(words.whole(step.share.whole)),
                _ratio(step.share.weight, step.share.weights),
                e(words.whole(step.share.quantity)),
            )
        )
    return table(columns, rows)


def _ratio(weight: int, weights: int) -> str:
    share = 100 * weight / weights if weights else 0.0
    return f'<span title="{weight} / {weights}">{share:.4f} %</span>'


def _factors(words: Words, visit: Visit, steps: Sequence[FactorStep]) -> str:
    say = words.say
    columns = heads(
        words, "carbon.interval", "carbon.view", "carbon.factor", "carbon.whole>", "carbon.share>", "carbon.result>"
    )
    rows = [
        (
            e(words.clock(step.start, visit.now)),
            e(say(f"view.{step.view}")),
            f"{e(step.factor_value)} <span class='muted small'>{e(step.factor_id)}</span>",
            e(words.whole(step.share.whole)),
            _ratio(step.share.weight, step.share.weights),
            f"{e(words.whole(step.share.quantity))} {'1e-4 CNY' if step.commodity == 'cny' else 'µg'}",
        )
        for step in steps
    ]
    return table(columns, rows)


def _overheads(words: Words, steps: Sequence[OverheadStep]) -> str:
    if not steps:
        return f'<p class="small">{e(words.say("carbon.no_overheads"))}</p>'
    say = words.say
    columns = heads(words, "carbon.from", "carbon.view", "carbon.scope", "carbon.share>", "carbon.result>")
    unit = {"electricity": "mWh", "co2e": "µg", "cny": "1e-4 CNY", "gas": "mWh"}
    rows = []
    for step in steps:
        names = ", ".join(sorted(step.sources)[:3]) + (" …" if len(step.sources) > 3 else "")
        rows.append(
            (
                e(names),
                e(say(f"view.{step.view}")),
                e(step.scope),
                _ratio(step.share.weight, step.share.weights),
                f"{e(words.whole(step.share.quantity))} {unit.get(step.commodity, step.commodity)}",
            )
        )
    return table(columns, rows)


def _materials(words: Words, visit: Visit, why: Explained) -> str:
    say = words.say
    columns = heads(words, "carbon.material", "carbon.quantity>", "carbon.footprint>", "=kg CO₂e>", "scopes.basis~")
    rows = []
    for step in why.materials:
        material = visit.context.park.material.get(step.material_id)
        name = getattr(material.name, words.language) if material else step.material_id
        board = f' <span class="muted small">← {e(step.board_id)}</span>' if step.board_id else ""
        rows.append(
            (
                f"{e(name)}{board}",
                f"{e(words.number(step.quantity, 4))} {e(say(f'count.{material.unit}') if material else '')}",
                e(words.number(step.footprint_kg_per_unit, 4)),
                _kg(words, step.material_ug),
                f'<span class="muted small">{e(step.basis)}</span>',
            )
        )
    if why.scrap_material_ug:
        rows.append((e(say("carbon.scrapped")), "", "", _kg(words, why.scrap_material_ug), ""))
    return table(columns, rows)


def _kwh(words: Words, energy_mwh_int: int) -> str:
    return words.amount(energy_mwh_int / MWH_PER_KWH, "kWh", 4)


def _kg(words: Words, co2e_ug: int) -> str:
    """Return emissions in kg, in g below a tenth of a kg."""
    if abs(co2e_ug) < UG_PER_KG // 10:
        return words.amount(co2e_ug / UG_PER_G, "g", 4)
    return words.amount(co2e_ug / UG_PER_KG, "kg", 4)
