"""The building model against the six programs of ASHRAE 140-2020, clause 5.2, and the time a building-year takes.

The programs' results stand in the standard (store/standards/ashrae140_2020.csv); they are the peers. Their run times
are not published, so the time stands against the budget of 1 s. Repeat with:

    .venv/bin/python bench/bestest.py
"""

from __future__ import annotations

import argparse
import resource
import statistics
import time
from pathlib import Path

from parkwright.energy import bestest, climate, rooms
from parkwright.store import standards
from parkwright.wire import buildings

YEAR_S = 1.0


def year_s(weather: Path | None, runs: int) -> tuple[float, float, float]:
    """Return seconds of the outside of a year, of the sun on case 600, and of its rooms (medians)."""
    given = standards.weather(weather) if weather else standards.weather()
    case = bestest.CASES[0]
    zone, use = bestest.zone(case), bestest.use(case, buildings.STEP_S)
    spent: list[tuple[float, float, float]] = []
    for _ in range(runs):
        marks = [time.perf_counter()]
        year = climate.of_year(given.hours, given.place, given.zone_h, buildings.STEP_S)
        marks.append(time.perf_counter())
        lit = rooms.light(zone, year.sun)
        marks.append(time.perf_counter())
        rooms.simulate(zone, year, use, lit)
        marks.append(time.perf_counter())
        spent.append((marks[1] - marks[0], marks[2] - marks[1], marks[3] - marks[2]))
    weather_s, sun_s, rooms_s = (statistics.median(column) for column in zip(*spent, strict=True))
    return weather_s, sun_s, rooms_s


def main() -> None:
    """Print every result beside the range, then the times."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--weather", type=Path, default=None)
    parser.add_argument("--runs", type=int, default=5)
    given = parser.parse_args()
    answer = buildings.bestest_answer(given.weather)
    for row in answer["quantities"] + answer["differences"]:
        mark = "" if row["inside"] else f"  outside by {buildings.outside_share(buildings.Quantity(**row)):.1%}"
        print(f"{row['case']:8} {row['quantity']:16} {row['value']:8.3f}  {row['low']:8.3f} {row['high']:8.3f}{mark}")
    inside = sum(row["inside"] for row in answer["quantities"])
    print(f"inside: {inside} of {len(answer['quantities'])} ({answer['inside_share']:.1%})")
    weather_s, sun_s, rooms_s = year_s(given.weather, given.runs)
    print(f"case 600, 35,040 steps: weather {weather_s:.2f} s, sun {sun_s:.2f} s, rooms {rooms_s:.2f} s")
    print(f"building-year: {sun_s + rooms_s:.2f} s of {YEAR_S:g} s")
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


if __name__ == "__main__":
    main()
