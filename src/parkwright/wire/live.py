"""The live worker: broker, twin and run loop of a park in one process; goes on from the ledger after any end."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path

import polars as pl

from parkwright.carbon import storage
from parkwright.carbon.demand import PEAK
from parkwright.connect.mqtt import MeterFeed, MeterPublisher, WiredMeters
from parkwright.energy import registers
from parkwright.energy.demand import month_of
from parkwright.model.opening import Opening, folder_opening
from parkwright.model.park import Park
from parkwright.run.clock import PacedClock
from parkwright.run.day import LIVE, Cadence, DayRun
from parkwright.run.levels import level_signals, within
from parkwright.run.points import RoutedPoints
from parkwright.run.ports import PointBus
from parkwright.store.journal import Journal
from parkwright.store.operations import Command, Operations
from parkwright.wire import doubts
from parkwright.wire.accounts import supplied
from parkwright.wire.pace import Anchor, first_day
from parkwright.wire.parent import held, stop_event
from parkwright.wire.places import Places, broker_url
from parkwright.wire.plants import plant_of, polled
from parkwright.wire.work import unfinished_at

FIRST_LOOK = timedelta(minutes=29)
"""How far into its first shift a new park is when someone first sees it: lines move, a first unit is nearly done."""
HISTORY_DAYS = 14
"""Days of history before a park that is read from files goes live."""
STAGES = {"plan": "planning", "run": "running", "close": "closing the books"}
"""What the terminal says of a stage."""
FIRST_LOOK_HOUR = 8
"""Park's hour at which a day without shifts is first seen."""


def open_day(journal: Journal, first: date) -> date:
    """Return the first day from `first` on whose books are not closed."""
    closed = set(journal.days("books"))
    day = first
    while day.isoformat() in closed:
        day += timedelta(days=1)
    return day


def pace_from(park: Park, day: date, journal: Journal, first: date) -> datetime:
    """Return the instant up to which `day` runs without a pace: its first look, or where its facts end if later."""
    start, _ = park.day_bounds(day)
    look = start
    if day <= first:
        shifts = park.shifts(day)
        look = shifts[0][0] + FIRST_LOOK if shifts else start + timedelta(hours=FIRST_LOOK_HOUR)
    recorded = journal.read("samples", day.isoformat())["start"].max()
    return max(recorded, look) if isinstance(recorded, datetime) else look


def counters_at(park: Park, journal: Journal, first: date, day: date) -> dict[str, int]:
    """Return each meter's counter when `day` opens [mWh, ml for water]: all that was read since going live."""
    if day <= first:
        return {meter.id: 0 for meter in park.meters}
    readings = journal.read("readings", first.isoformat(), (day - timedelta(days=1)).isoformat())
    quantity = pl.coalesce("energy_mwh_int", (pl.col("value") * registers.ML_PER_LITRE).round().cast(pl.Int64))
    sums = dict(readings.group_by("meter_id").agg(quantity.sum().alias("counter")).iter_rows())
    return {meter.id: sums.get(meter.id, 0) % meter.register_mwh_max for meter in park.meters}


def opening_at(park: Park, journal: Journal, first: date, day: date) -> Opening:
    """Return what `day` opens with: the folder's opening, or what the days from `first` on left in their stores."""
    opening = folder_opening(park)
    if day <= first:
        return opening
    stored, pools = dict(opening.stored_kwh), dict(opening.pools)
    for signal_id in level_signals(park):
        samples = journal.lookup("samples", (day - timedelta(days=1)).isoformat(), "signal_id", signal_id)
        known = samples.filter(pl.col("value").is_finite()).sort("start")
        if known.height:
            stored |= within(park, {signal_id: float(known["value"][-1])})
    for back in range((day - first).days):
        before = (first + timedelta(days=back)).isoformat()
        for battery_id in opening.pools:
            pools = storage.moved(pools, journal.lookup("postings", before, "account", f"pool:{battery_id}"))
    return Opening(stored, pools, reached_kw(journal, first, day), unfinished_at(park, journal.read, first, day))


def reached_kw(journal: Journal, first: date, day: date) -> dict[str, float]:
    """Return what the month of `day` has reached by its demand meter from `first` on, before the day [kW]."""
    since, until = max(first, day.replace(day=1)), day - timedelta(days=1)
    if until < since:
        return {}
    rows = journal.read("books", since.isoformat(), until.isoformat()).filter(pl.col("key") == PEAK)
    return {month_of(day): max(rows["value"].to_list())} if rows.height else {}


LOOK_S = 0.5
"""Seconds between two looks for commands: a park that runs quickly has many ticks in one (assumed)."""


class Inbox:
    """The commands that people send to the live park, looked for now and then."""

    def __init__(self, operations: Operations) -> None:
        """Take from this operational database."""
        self._operations = operations
        self._next_s = 0.0

    def take_commands(self, now: datetime) -> list[Command]:
        """Return the waiting commands, none where one has just looked."""
        if time.monotonic() < self._next_s:
            return []
        self._next_s = time.monotonic() + LOOK_S
        return self._operations.take_commands(now)

    def unanswered(self) -> list[Command]:
        """Return the commands that were taken by a run that ended before it answered them."""
        return self._operations.unanswered()

    def answer_command(self, command_id: str, answer: str, *, refused: bool = False) -> None:
        """Close a taken command with what came of it."""
        self._operations.answer_command(command_id, answer, refused=refused)


class LivePark:
    """Runs the days of a park one after another at a pace, each meter reading through the broker."""

    def __init__(
        self,
        park: Park,
        folder: Path,
        places: Places,
        seed: int,
        speed: float,
        stop: threading.Event,
        say: Callable[[str], None],
        cadence: Cadence = LIVE,
    ) -> None:
        """Open the ledger."""
        self._park, self._folder, self._places, self._seed, self._speed = park, folder, places, seed, speed
        self._stop, self._say, self._cadence = stop, say, cadence
        self._journal = Journal(places.journal)
        self._inbox: Inbox | None = None
        self._devices: dict[str, PointBus] = {}

    def run(self) -> None:
        """Run day after day until stopped."""
        first = first_day(self._places, self._park, self._folder, HISTORY_DAYS)
        day = open_day(self._journal, first)
        opening = opening_at(self._park, self._journal, first, day)
        with self._journal, Operations(self._places.operations_url) as operations, broker_url() as url:
            self._inbox = Inbox(operations)
            counters = counters_at(self._park, self._journal, first, day)
            publisher = MeterPublisher(url, self._park, counters)
            previous = registers.opening(self._park.meters, self._park.midnight(day), counters)
            feed = MeterFeed(url, self._park, previous)
            try:
                with polled(self._park) as self._devices:
                    while not self._stop.is_set():
                        carried = self._one(day, first, opening, publisher, feed)
                        if carried is None:
                            return
                        opening, day = carried, day + timedelta(days=1)
            finally:
                publisher.close()
                feed.close()

    def _one(
        self, day: date, first: date, opening: Opening, publisher: MeterPublisher, feed: MeterFeed
    ) -> Opening | None:
        """Run one day to its close; None when stopped before."""
        plant, source, points = plant_of(self._park, self._folder, day, self._seed, opening)
        meters = WiredMeters(source, publisher, feed)
        paced = pace_from(self._park, day, self._journal, first)
        clock = PacedClock(paced, self._speed, self._stop, self._anchored(day))
        run = DayRun(
            self._park,
            day,
            self._seed,
            plant,
            meters,
            self._journal,
            clock,
            opening,
            self._cadence,
            self._progress(day),
            self._inbox,
            RoutedPoints({**self._devices, **points}),
            doubts.of_ledger(self._park, self._journal, first, day),
            supplied(self._park, self._places, day),
        )
        result = run.run(self._stop.is_set)
        return None if result is None else result.opening

    def _anchored(self, day: date) -> Callable[[datetime, float], None]:
        def tell(instant: datetime, monotonic_s: float) -> None:
            Anchor(instant, monotonic_s, self._speed).save(self._places.anchor)
            self._say(f"{day}: live from {instant.astimezone(self._park.zone):%H:%M}, {self._speed:g} x real time")

        return tell

    def _progress(self, day: date) -> Callable[[str, float], None]:
        said: set[str] = set()

        def tell(stage: str, _share: float) -> None:
            if stage not in said:
                said.add(stage)
                self._say(f"{day}: {STAGES[stage]}")

        return tell


def main(park: Park, folder: Path, var: Path, seed: int, speed: float, say: Callable[[str], None]) -> None:
    """Run the live worker until SIGTERM or SIGINT."""
    places = Places(var, park.site.park_id)
    with held(places.writer("live"), f"live worker of {folder}"):
        LivePark(park, folder, places, seed, speed, stop_event(), say).run()
