"""The small park that `parkwright new` makes, and short ways to run a day of it."""

from __future__ import annotations

import hashlib
import sqlite3
import tempfile
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl

from parkwright.model.opening import folder_opening
from parkwright.model.park import Park
from parkwright.model.tables import TABLES
from parkwright.plan.day import DayPlan, make_plan
from parkwright.run.clock import SimulatedClock
from parkwright.run.day import Cadence, DayResult, DayRun
from parkwright.store import folder, new
from parkwright.store.journal import Journal
from parkwright.twin.park import Twin

DAY = date(2026, 7, 15)
ISO = DAY.isoformat()
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
QUARTER = timedelta(minutes=15)
COARSE = Cadence(commit=HOUR, sample=HOUR, provisional=False, tick=5 * MINUTE)
"""A headless day in 288 cycles: the same books in half the time."""
STEADY = Cadence(commit=5 * MINUTE, sample=5 * MINUTE, provisional=True, tick=5 * MINUTE)
"""A live day in 288 cycles, each committed."""


SECOND_LINE = """
[[work_center]]
id = "L-2"
name = { en = "Line 2", zh = "二线" }
building_id = "HALL"
segment_ids = ["ASSEMBLY"]
lot_max = 40
start = [30.0, 50.0]
end = [90.0, 50.0]
takt_s = 60.0
node_id = "n-line"
basis = "assumed: a test"

[[work_center.work_unit]]
id = "L2-A"
name = { en = "a", zh = "b" }
kind = "station"
cycle_s = 60.0
run_kw = 2.0
idle_kw = 1.0
basis = "assumed: a test"
"""
SECOND_METERS = (
    "line-2,a,b,hall,electricity,load,L-2,line,,assumed: a test\n"
    "mc-2,a,b,line-2,electricity,load,L2-A,machine,,assumed: a test\n"
)
"""A second line of the small park, for small lots, and its meters: what its lines.toml and meters.csv get more."""


def write_folder(path: Path, metering_interval_s: int = 900, park_id: str = "P1") -> Path:
    """Write the small park to `path` with another metering interval, and return the path."""
    new.write_park(path, park_id)
    toml = path / "park.toml"
    lines = toml.read_text().replace("area_m2 =", f"metering_interval_s = {metering_interval_s}\narea_m2 =", 1)
    toml.write_text(lines)
    return path


@cache
def small_park(metering_interval_s: int = 900) -> Park:
    """Return the small park, loaded once."""
    with tempfile.TemporaryDirectory() as place:
        return folder.load(write_folder(Path(place) / "park", metering_interval_s))


@cache
def small_plan(seed: int = 1) -> DayPlan:
    """Return the plan of the small park's day, made once."""
    park = small_park()
    return make_plan(park, DAY, seed, folder_opening(park))


def run_day(
    facts,
    park: Park,
    seed: int = 1,
    day: date = DAY,
    cadence: Cadence = COARSE,
    stop_after=None,
    wire=lambda twin: twin,
    footprints=None,
) -> DayResult | None:
    """Run a day into `facts`; stop_after: cycles before it is told to stop; wire: makes the meters from the twin."""
    opening = folder_opening(park)
    twin = Twin(park, day, seed, opening)
    left = iter(range(stop_after)) if stop_after is not None else None
    clock = SimulatedClock(park.midnight(day))
    run = DayRun(park, day, seed, twin, wire(twin), facts, clock, opening, cadence, footprints=footprints)
    return run.run((lambda: next(left, None) is None) if left is not None else (lambda: False))


def contents(path: Path) -> list[tuple]:
    """Return (source, sequence, kind, day, rows, content hash) of every batch of a ledger, by source and sequence."""
    connection = sqlite3.connect(path)
    rows = connection.execute(
        "SELECT source, sequence, kind, day, rows, content_sha256 FROM batches ORDER BY source, epoch, sequence"
    ).fetchall()
    connection.close()
    return rows


def facts_of(facts: Journal, day: str = ISO) -> dict[str, pl.DataFrame]:
    """Return the rows of every kind of a day, as recorded."""
    return {kind: facts.read(kind, day) for kind in TABLES}


def file_digests(lake: Path) -> dict[str, str]:
    """Return SHA-256 of every file of a lake by its relative path."""
    paths = sorted(path for path in lake.rglob("*") if path.is_file())
    return {path.relative_to(lake).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}


@dataclass(frozen=True)
class Ask:
    """A command."""

    id: str
    kind: str
    payload: dict[str, Any]


class Asks:
    """Revisions that are asked for, each at its instant, and what was answered; those until `after` are left out."""

    def __init__(self, *asked: tuple[datetime, dict[str, Any]], after: datetime | None = None) -> None:
        named = [(at, Ask(f"c{n}", "revise", payload)) for n, (at, payload) in enumerate(asked, 1)]
        self.waiting = [(at, one) for at, one in named if after is None or at > after]
        self.answers: list[tuple[str, bool]] = []

    def take_commands(self, now):
        come = [one for at, one in self.waiting if at <= now]
        self.waiting = [(at, one) for at, one in self.waiting if at > now]
        return come

    def unanswered(self):
        return []

    def answer_command(self, command_id: str, answer: str, *, refused: bool = False) -> None:
        self.answers.append((answer, refused))
