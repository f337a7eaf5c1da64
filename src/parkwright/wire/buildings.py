"""The commands `energy bestest` and `energy glass`: files and clocks around the pure building model."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from parkwright.energy import bestest, climate, rooms
from parkwright.store import standards

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


def bestest_answer(
    weather: Path | None = None, told: Callable[[str, float], None] = lambda stage, share: None
) -> dict[str, Any]:
    """Run the one-zone cases of ASHRAE 140-2020 and set each result beside the programs' range.

    weather: EPW of the cases instead of the one shipped. told: (case, share done) while it runs.
    Returns quantities, differences (glass cases less 600), inside_share, worst_outside_share, seconds_per_year.
    Raises ParkError when the weather cannot be used.
    """
    given = standards.weather(weather) if weather else standards.weather()
    year = climate.of_year(given.hours, given.place, given.zone_h, STEP_S)
    ranges = standards.results()
    found: dict[tuple[str, str], float] = {}
    rows: list[Quantity] = []
    spent = []
    for number, case in enumerate(bestest.CASES):
        told(case.name, number / len(bestest.CASES))
        begun = time.perf_counter()
        run = rooms.simulate(
            bestest.zone(case), year, bestest.use(case, STEP_S), settle=round(SETTLE_DAYS * 86400 / STEP_S)
        )
        spent.append(time.perf_counter() - begun)
        for quantity, value in bestest.quantities(case, run).items():
            found[case.name, quantity] = value
            rows.append(_beside(case.name, quantity, value, ranges[case.name, quantity]))
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
