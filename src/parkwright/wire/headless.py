"""A day without pages, as fast as it goes: plan, run, close, hand the day to the lake, return its figures."""

from __future__ import annotations

import resource
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from parkwright.model.errors import LedgerError, ParkwrightError
from parkwright.model.opening import folder_opening
from parkwright.model.park import Park
from parkwright.run.clock import SimulatedClock
from parkwright.run.day import DayRun
from parkwright.run.points import RoutedPoints
from parkwright.store import lake, lock
from parkwright.store.journal import Journal
from parkwright.wire.accounts import supplied
from parkwright.wire.places import Places
from parkwright.wire.plants import plant_of

KB_PER_MB = 1024.0
WORST = 5
"""Alarms that a day's summary names; `parkwright quality alarms` has all."""


def run_one(
    park: Park,
    folder: Path,
    day: date,
    seed: int,
    var: Path,
    progress: Callable[[str, float], None] = lambda _stage, _share: None,
) -> dict[str, Any]:
    """Run `day` into the ledger below `var` and return its summary, with wall time and peak memory of the process.

    Raises ParkwrightError when another process works on the ledger, or when it holds the day already.
    """
    began = time.perf_counter()
    places = Places(var, park.site.park_id)
    with lock.hold(places.home, f"parkwright day {folder}"):
        journal = Journal(places.journal)
        try:
            summary = close_day(park, folder, day, seed, journal, progress, footprints=supplied(park, places, day))
            if summary is None:
                raise ParkwrightError(f"day {day}: was stopped before its books were closed; run it again")
            summary["alarms"] = worst_alarms(journal, day)
        finally:
            journal.close()
        lake.compact(places.journal, day.isoformat(), 0.0)
    summary["seed"] = seed
    summary["wall_s"] = round(time.perf_counter() - began, 2)
    summary["peak_rss_mb"] = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / KB_PER_MB, 1)
    return summary


def close_day(
    park: Park,
    folder: Path,
    day: date,
    seed: int,
    journal: Journal,
    progress: Callable[[str, float], None] = lambda _stage, _share: None,
    stopped: Callable[[], bool] = lambda: False,
    footprints: pl.DataFrame | None = None,
) -> dict[str, Any] | None:
    """Run one day on its plant into an open journal and return its summary; None when `stopped` said so before.

    footprints: FOOTPRINTS that its passports count with.

    Raises LedgerError when the ledger holds books of that day that another folder or seed made.
    """
    opening = folder_opening(park)
    refuse_closed(park, day, journal)
    plant, meters, points = plant_of(park, folder, day, seed, opening)
    clock = SimulatedClock(park.midnight(day))
    run = DayRun(
        park, day, seed, plant, meters, journal, clock, opening,
        progress=progress, points=RoutedPoints(points), footprints=footprints,
    )  # fmt: skip
    result = run.run(stopped)
    return None if result is None else dict(result.summary)


def worst_alarms(journal: Journal, day: date) -> dict[str, Any]:
    """Return how many alarms the day had and the worst of them: severest first, then earliest."""
    alarms = journal.read("alarms", day.isoformat()).sort("severity", "at", "thing_id")
    shown = alarms.head(WORST).select("kind", "thing_id", "severity", "text").to_dicts()
    return {"count": alarms.height, "worst": shown}


def refuse_closed(park: Park, day: date, journal: Journal) -> None:
    """Raise LedgerError when the ledger already closed `day`: a closed day is never run over."""
    if journal.read("books", day.isoformat()).height:
        raise LedgerError(
            f"{park.site.park_id} {day}: is closed in this ledger already; give another --var to run it again"
        )
