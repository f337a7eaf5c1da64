"""Energy plant, tariffs and emission factors."""

from __future__ import annotations

import itertools
import math
from decimal import Decimal

from parkwright.model.plant import (
    Battery,
    Boiler,
    Chiller,
    Compressor,
    Factor,
    Grid,
    HeatExchanger,
    HeatPump,
    Meter,
    Movable,
    SolarField,
    Tank,
    Tariff,
)
from parkwright.model.site import Building, Site, WorkCenter
from parkwright.store.draft import Draft, Placed
from parkwright.store.rules.place import area_m2, is_day
from parkwright.store.rules.reference import refer

_COMPUTED = ("machine", "line", "air", "cold", "heat")
"""Purposes of meters whose energy is shared among units or made from what the plant does."""

PEAK_KW_PER_M2 = 0.25
"""Most DC power that a square metre of roof carries: modules of 25 % efficiency at 1 kW/m2 (IEC 60904-3, STC)."""

SHORTEST_DAY_H = 23.0
"""Hours of the day on which clocks go forward; longer work over midnight would meet its own next window then."""

MOST_KG_PER_KWH = Decimal(3)
"""A factor above this is taken for g/kWh; power from lignite has about 1.2 kg/kWh (IPCC 2014, WG III, annex III)."""


def check(draft: Draft) -> None:
    """Report what is wrong with the energy plant, the tariffs and the factors."""
    buildings = {building.id: building for building in draft.nouns(Building)}
    for field in draft.of(SolarField):
        _solar(draft, field, buildings)
    for building in draft.of(Building):
        _glass(draft, building)
    for pump in draft.of(HeatPump):
        _cop_map(draft, pump)
        if pump.noun.supply_c <= pump.noun.source_c:
            found = f"is {pump.noun.supply_c:g}, not above source_c {pump.noun.source_c:g}"
            thing = f"heat_pump '{pump.noun.id}': supply_c"
            draft.reader.report(pump.place, thing, found, "give the temperature of the hot water in degC", "supply_c")
    for tank in draft.of(Tank):
        if tank.noun.hot_c <= tank.noun.cold_c:
            found = f"is {tank.noun.hot_c:g}, not above cold_c {tank.noun.cold_c:g}"
            thing = f"tank '{tank.noun.id}': hot_c"
            draft.reader.report(tank.place, thing, found, "give the temperature of the full tank in degC", "hot_c")
    for exchanger in draft.of(HeatExchanger):
        _exchanger(draft, exchanger)
    for boiler in draft.of(Boiler):
        _boiler(draft, boiler)
    for battery in draft.of(Battery):
        _battery(draft, battery)
    _movables(draft)
    _grid(draft)
    for tariff in draft.of(Tariff):
        _tariff(draft, tariff)
    _editions(draft)
    for factor in draft.of(Factor):
        if Decimal(factor.noun.value) > MOST_KG_PER_KWH:
            thing = f"factor '{factor.noun.id}': value"
            draft.reader.report(factor.place, thing, f"is {factor.noun.value}, too high for kg/kWh", "give kg, not g")


def _solar(draft: Draft, placed: Placed[SolarField], buildings: dict[str, Building]) -> None:
    field, place = placed.noun, placed.place
    thing = f"solar '{field.id}'"
    refer(draft, place, thing, "building_id", field.building_id, Building)
    if field.building_id in buildings and draft.whole(SolarField):
        roof_m2 = area_m2(buildings[field.building_id].footprint)
        beside = [other for other in draft.nouns(SolarField) if other.building_id == field.building_id]
        peak_kw = sum(other.peak_kw for other in beside)
        if peak_kw > roof_m2 * PEAK_KW_PER_M2:
            found = f"is {field.peak_kw:g}; the roof of {roof_m2:,.0f} m2 holds {roof_m2 * PEAK_KW_PER_M2:,.0f} kWp"
            draft.reader.report(place, f"{thing}: peak_kw", found, "give kW, not W", "peak_kw")
    if draft.one(Site) is not None and draft.weather.is_empty() and draft.station is None:
        found = "has no weather"
        draft.reader.report(place, thing, found, "add weather.epw, from which its yield is computed")


def _glass(draft: Draft, placed: Placed[Building]) -> None:
    building = placed.noun
    corners = building.footprint
    around_m = sum(math.dist(a, b) for a, b in itertools.pairwise([*corners, corners[0]]))
    if building.glass_area_m2 > around_m * building.height_m:
        found = f"is {building.glass_area_m2:g}, more than the walls ({around_m * building.height_m:.0f} m2)"
        thing = f"building '{building.id}': glass_area_m2"
        draft.reader.report(placed.place, thing, found, "give the glazed part of the walls in m2", "glass_area_m2")


def _cop_map(draft: Draft, placed: Placed[HeatPump]) -> None:
    """Report a map whose axes do not rise, whose rows do not fit them, or that makes heat from nothing."""
    held = placed.noun.cop_map
    if held is None:
        return
    thing = f"heat_pump '{placed.noun.id}': cop_map"
    for name, axis in (("source_c", held.source_c), ("supply_c", held.supply_c)):
        if any(high <= low for low, high in itertools.pairwise(axis)):
            draft.reader.report(placed.place, thing, f"has a {name} that does not rise", "list it rising", "cop_map")
    if [len(row) for row in held.cop] != [len(held.supply_c)] * len(held.source_c):
        found = f"has no {len(held.source_c)} rows of {len(held.supply_c)} values"
        draft.reader.report(placed.place, thing, found, "give a row a source, a value a supply", "cop_map")
    if not all(1.0 <= value < math.inf for row in held.cop for value in row):
        found = "holds a coefficient below 1 or none"
        draft.reader.report(placed.place, thing, found, "a heat pump gives at least what it takes", "cop_map")


def _exchanger(draft: Draft, placed: Placed[HeatExchanger]) -> None:
    one, report = placed.noun, draft.reader.report
    thing = f"exchanger '{one.id}'"
    if one.supply_c <= one.return_c:
        found = f"is {one.supply_c:g}, not above return_c {one.return_c:g}"
        report(placed.place, f"{thing}: supply_c", found, "give the temperature of the hot water in degC", "supply_c")
    elif one.source_c <= one.return_c:
        found = f"is {one.source_c:g}, not above return_c {one.return_c:g}"
        report(
            placed.place, f"{thing}: source_c", found, "give a warmer source, or leave it to a heat pump", "source_c"
        )
    there = {
        "compressors": bool(draft.nouns(Compressor)),
        "chillers": bool(draft.nouns(Chiller)),
        "ovens": any(unit.kind == "oven" for line in draft.nouns(WorkCenter) for unit in line.work_unit),
    }
    if not there[one.source]:
        report(placed.place, f"{thing}: source", f"the park has no {one.source}", "name a source that it has", "source")
    if not draft.of(Boiler) and not draft.of(HeatPump):
        found = "has neither boiler nor heat pump beside it, so that the park has no hot water to heat"
        report(placed.place, thing, found, "add a boiler or a heat pump")


def _boiler(draft: Draft, placed: Placed[Boiler]) -> None:
    boiler, place = placed.noun, placed.place
    thing = f"boiler '{boiler.id}'"
    refer(draft, place, thing, "factor_id", boiler.factor_id, Factor)
    for factor in draft.nouns(Factor):
        if factor.id == boiler.factor_id and factor.kind != "fuel":
            found = f"'{factor.id}' is a factor of kind {factor.kind}"
            draft.reader.report(place, f"{thing}: factor_id", found, "name one of kind fuel", "factor_id")


def _battery(draft: Draft, placed: Placed[Battery]) -> None:
    """Report a battery that would be full in less than 3 minutes; no stationary battery is."""
    battery = placed.noun
    if battery.power_kw > 20 * battery.capacity_kwh:
        found = f"is {battery.power_kw:g} kW for {battery.capacity_kwh:g} kWh"
        thing = f"battery '{battery.id}': power_kw"
        draft.reader.report(placed.place, thing, found, "give kW and kWh, not W or MWh", "power_kw")


def _movables(draft: Draft) -> None:
    for placed in draft.of(Movable):
        _movable(draft, placed)


def _movable(draft: Draft, placed: Placed[Movable]) -> None:
    work, place = placed.noun, placed.place
    thing = f"movable '{work.id}'"
    refer(draft, place, thing, "meter_id", work.meter_id, Meter)
    for meter in draft.nouns(Meter):
        taken = meter.purpose in _COMPUTED or meter.role != "load" or meter.commodity != "electricity"
        if meter.id == work.meter_id and taken:
            found = f"'{meter.id}' is a {meter.commodity} meter of role {meter.role} and purpose {meter.purpose}"
            way_out = f"name an electricity load meter whose purpose is none of {', '.join(_COMPUTED)}"
            draft.reader.report(place, f"{thing}: meter_id", found, way_out, "meter_id")
    begin, end = (int(clock[:2]) + int(clock[3:]) / 60.0 for clock in (work.earliest, work.latest))
    held_h = end - begin + (24.0 if work.over_midnight else 0.0)
    if held_h < work.duration_h:
        found = f"holds {held_h:g} h from {work.earliest} to {work.latest}; the work takes {work.duration_h:g} h"
        draft.reader.report(place, f"{thing}: latest", found, "widen the window", "latest")
    elif work.over_midnight and work.duration_h > SHORTEST_DAY_H:
        found = f"is {work.duration_h:g} h over midnight; the day on which clocks go forward has {SHORTEST_DAY_H:g} h"
        way_out = "let a window from 00:00 to 24:00 hold it, or split the work"
        draft.reader.report(place, f"{thing}: duration_h", found, way_out, "duration_h")


def _grid(draft: Draft) -> None:
    for placed in draft.of(Grid):
        cold_kw = sum(chiller.power_kw for chiller in draft.nouns(Chiller))
        if cold_kw > placed.noun.import_limit_kw:
            found = f"is {placed.noun.import_limit_kw:g}; the chillers alone need {cold_kw:g}"
            draft.reader.report(placed.place, "grid: import_limit_kw", found, "give kW, not MW", "import_limit_kw")


def _tariff(draft: Draft, placed: Placed[Tariff]) -> None:
    tariff, place = placed.noun, placed.place
    thing = f"tariff '{tariff.id}'"
    report = draft.reader.report
    if not is_day(tariff.valid_from):
        report(place, f"{thing}: valid_from", f"'{tariff.valid_from}' is no date", "give YYYY-MM-DD", "valid_from")
    for name in sorted({"flat", *(band.band for band in tariff.band)} - set(tariff.ratio)):
        report(place, f"{thing}: ratio", f"has none for {name}", f"add {name} = ...", "ratio")
    for name, ratio in tariff.ratio.items():
        if not 0 <= ratio <= 20:
            report(place, f"{thing}: ratio", f"is {ratio:g} for {name}", "give 0 to 20, relative to flat", "ratio")
    for position, band in enumerate(tariff.band):
        which = f"{thing}: band {position + 1} ({band.band})"
        for month in band.months:
            if not 1 <= month <= 12:
                report(place, which, f"month {month} does not exist", "give 1 to 12", ("band", position, "months"))
        for start_h, end_h in band.hours:
            if not 0 <= start_h < end_h <= 24:
                found = f"runs from {start_h:g} to {end_h:g}"
                report(place, which, found, "give hours 0 to 24, [from, to)", ("band", position, "hours"))


def _editions(draft: Draft) -> None:
    seen: dict[str, str] = {}
    for placed in draft.of(Tariff):
        tariff = placed.noun
        if tariff.valid_from in seen:
            found = f"is {tariff.valid_from}, like that of '{seen[tariff.valid_from]}'"
            thing = f"tariff '{tariff.id}': valid_from"
            draft.reader.report(placed.place, thing, found, "let one tariff begin on a day", "valid_from")
        seen.setdefault(tariff.valid_from, tariff.id)
