"""The commands `energy bestest` and `energy glass`: files and clocks around the pure building model."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from parkwright.energy import adjoining, bestest, climate, glass, panes, rooms, shell
from parkwright.energy.panes import Glazing
from parkwright.model.errors import PlanError
from parkwright.model.park import Park
from parkwright.store import glazing, standards

STEP_S = 900.0
SETTLE_DAYS = 30
"""The year begins with the mass as December leaves it."""


@dataclass(frozen=True)
class Quantity:
    """A result of a case beside the range of the standard's programs."""

    case: str
    quantity: str
    value: float
    low: float
    high: float
    inside: bool


def bestest_answer(weather: Path | None = None) -> dict[str, Any]:
    """Run the cases of ASHRAE 140-2020, clause 5.2, and set each result beside the programs' range.

    weather: EPW of the cases instead of the one shipped.
    Returns quantities, differences (glass cases less 600), inside_share, worst_outside_share, seconds_per_year.
    Raises ParkError when the weather cannot be used.
    """
    given = standards.weather(weather) if weather else standards.weather()
    year = climate.of_year(given.hours, given.place, given.zone_h, STEP_S)
    ranges = standards.results()
    found: dict[tuple[str, str], float] = {}
    rows: list[Quantity] = []
    spent = []
    settle = round(SETTLE_DAYS * 86400 / STEP_S)

    def tell(case: bestest.Case, run: rooms.Run) -> None:
        for quantity, value in bestest.quantities(case, run).items():
            found[case.name, quantity] = value
            rows.append(_beside(case.name, quantity, value, ranges[case.name, quantity]))

    for case in bestest.CASES:
        begun = time.perf_counter()
        run = rooms.simulate(bestest.zone(case), year, bestest.use(case, STEP_S), settle=settle)
        spent.append(time.perf_counter() - begun)
        tell(case, run)
    zones, uses = bestest.sunspace(STEP_S)
    both = adjoining.together(zones, year, uses, settle)
    tell(bestest.Case(bestest.SUNSPACE), both["room"])
    tell(bestest.Case(bestest.SUNSPACE, free=True), both["sunspace"])
    differences = [
        _beside(f"{glass}-600", name, found[glass, name] - found["600", name], standards.paired(glass, "600", name))
        for glass in ("660", "670")
        for name in ("heating_mwh", "cooling_mwh", "peak_heating_kw", "peak_cooling_kw")
    ]
    return {
        "quantities": [asdict(row) for row in rows],
        "differences": [asdict(row) for row in differences],
        "inside_share": round(sum(row.inside for row in rows) / len(rows), 4),
        "worst_outside_share": round(max(outside_share(row) for row in rows), 4),
        "seconds_per_year": round(sorted(spent)[len(spent) // 2], 3),
    }


def outside_share(row: Quantity) -> float:
    """Return by how much of the nearer bound a result lies outside its range; 0 inside."""
    if row.inside:
        return 0.0
    bound = row.low if row.value < row.low else row.high
    return abs(row.value - bound) / abs(bound) if bound else float("inf")


def _beside(case: str, quantity: str, value: float, programs: tuple[float, ...]) -> Quantity:
    """Round a result as the standard prints it (energy to kWh, temperature to 0.01 K) and hold it to the range."""
    shown = round(value, 2 if quantity.endswith("_c") else 3)
    low, high = (round(bound, 3) for bound in (min(programs), max(programs)))
    return Quantity(case, quantity, shown, low, high, low <= shown <= high)


def glass_answer(park: Park, building_id: str, glass_id: str, cost_cny_per_m2: float | None = None) -> dict[str, Any]:
    """Return what another glass on a building changes in a year: kWh, CNY, kg and the years to pay back.

    cost_cny_per_m2: price fitted instead of the catalogue's.
    Raises PlanError when the park has no weather, the building no glass, or one of the two names is unknown.
    """
    book = glazing.catalogue()
    building = next((one for one in park.buildings if one.id == building_id), None)
    if building is None:
        known = ", ".join(one.id for one in park.buildings)
        raise PlanError(f"building {building_id!r}: is not in the park; give one of {known}")
    if glass_id not in book:
        raise PlanError(f"glass {glass_id!r}: is not in the catalogue; give one of {', '.join(book)}")
    if park.weather.is_empty():
        raise PlanError(f"park {park.site.park_id}: has no weather, so no year can be run; add weather.epw")
    if building.glass_area_m2 <= 0.0:
        raise PlanError(f"building {building_id}: glass_area_m2 is 0; there is no glass to change")
    new = book[glass_id]
    price = new.cost_cny_per_m2 if cost_cny_per_m2 is None else cost_cny_per_m2
    old = shell.glazing_of(building.glass_u, building.glass_g)
    found = glass.what_if(park, building, climate.of_park(park, STEP_S), new.glazing, price, old)
    return {
        "building": building_id,
        "glass_area_m2": building.glass_area_m2,
        "before": {"glass": "as it is", **_figures(old), "visible": None, **_rounded(asdict(found.before))},
        "after": {"glass": glass_id, **_figures(new.glazing), **_rounded(asdict(found.after))},
        "saved_kwh": round(found.saved_kwh, 1),
        "saved_cny": round(found.saved_cny, 1),
        "saved_kg": round(found.saved_kg, 1),
        "invested_cny": round(found.invested_cny, 1),
        "price_basis": new.basis if cost_cny_per_m2 is None else "given with the command",
        "payback_years": None if found.payback_years is None else round(found.payback_years, 1),
        "price_year": glass.price_year(park),
    }


def catalogue_answer() -> dict[str, Any]:
    """Return the glass that can be had: U, g, light, panes, gas, coatings and price."""
    rows = []
    for one in glazing.catalogue().values():
        made = one.glazing
        rows.append({
            "id": one.id, "name": one.name, **_figures(made), "panes": len(made.panes), "gas": made.gas,
            "coatings": sum(pane.coated for pane in made.panes), "cost_cny_per_m2": one.cost_cny_per_m2,
            "price_basis": one.basis,
        })  # fmt: skip
    return {"glass": rows}


def _figures(made: Glazing) -> dict[str, Any]:
    return {
        "u_w_per_m2k": round(panes.u_value(made), 2),
        "g": round(panes.g_value(made), 3),
        "visible": round(panes.visible(made), 3),
    }


def _rounded(figures: dict[str, float]) -> dict[str, float]:
    return {name: round(value, 1) for name, value in figures.items()}
