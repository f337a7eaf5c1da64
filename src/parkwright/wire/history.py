"""The history worker: closes the days before the first live day, newest first."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

from parkwright.model.park import Park
from parkwright.store.journal import Journal
from parkwright.wire.accounts import supplied
from parkwright.wire.headless import close_day
from parkwright.wire.pace import first_day
from parkwright.wire.parent import held, stop_event
from parkwright.wire.places import Places

NICENESS = 10
"""How much the worker gives way to the live park (POSIX nice)."""


def missing_days(journal: Journal, first: date, count: int) -> list[date]:
    """Return the days among the `count` before `first` whose books are not closed, newest first."""
    closed = set(journal.days("books"))
    days = [first - timedelta(days=back) for back in range(1, count + 1)]
    return [day for day in days if day.isoformat() not in closed]


def fill(
    park: Park, folder: Path, places: Places, seed: int, count: int, stop: threading.Event, say: Callable[[str], None]
) -> None:
    """Close the missing days one by one, through the same path as a headless day."""
    journal = Journal(places.journal)
    try:
        first = first_day(places, park, folder, count)
        missing = missing_days(journal, first, count)
        for done, day in enumerate(missing, start=count - len(missing) + 1):
            if stop.is_set():
                return
            footprints = supplied(park, places, day)
            summary = close_day(park, folder, day, seed, journal, stopped=stop.is_set, footprints=footprints)
            if summary is None:
                return
            say(f"{day}: books closed, {summary.get('units_good', 0)} units, {done} of {count} days of history")
    finally:
        journal.close()


def main(park: Park, folder: Path, var: Path, seed: int, count: int, say: Callable[[str], None]) -> None:
    """Fill the history, until it is complete or SIGTERM or SIGINT comes."""
    places = Places(var, park.site.park_id)
    stop = stop_event()
    os.nice(NICENESS)
    with held(places.writer("history"), f"history worker of {folder}"):
        fill(park, folder, places, seed, count, stop, say)
