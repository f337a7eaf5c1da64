"""One day of the park: plan, sense - decide - act tick by tick, close the books; replayable from its start."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

import polars as pl

from parkwright import __version__
from parkwright.carbon import day as carbon_day
from parkwright.carbon import demand as demand_books
from parkwright.carbon import figures, storage
from parkwright.carbon.passport import counted
from parkwright.carbon.restate import SECOND
from parkwright.energy import demand, movable
from parkwright.model.errors import LedgerError
from parkwright.model.opening import Opening
from parkwright.model.park import Park
from parkwright.model.tables import (
    ALARMS,
    ASSEMBLIES,
    FOOTPRINTS,
    PASSAGES,
    PRESENCE,
    RUNS,
    SET_POINTS,
    TIME,
    VERDICTS,
)
from parkwright.plan.day import DayPlan, make_plan
from parkwright.plan.intraday import Doubt
from parkwright.quality import verdicts
from parkwright.run import notices
from parkwright.run.books import Books
from parkwright.run.desk import Desk
from parkwright.run.hear import Doer, Hearing
from parkwright.run.issue import Issuer
from parkwright.run.levels import Levels, within
from parkwright.run.points import SET, TAKE_BACK, PointDesk, RoutedPoints
from parkwright.run.ports import Clock, Commands, Facts, Image, Meters, Orders, Plant, PointBus
from parkwright.run.recorder import Recorder
from parkwright.run.revise import KIND, Revisions
from parkwright.run.watch import Watch

TICK = timedelta(seconds=60)
"""A cycle of sense, decide, act; metering intervals are multiples of it."""

RECORDED = (
    "passages", "states", "assemblies", "mounts", "measurements", "kits", "moves", "job_responses", "alarms",
)  # fmt: skip
"""Tables of an image that are facts as they stand; samples are thinned, presence is a state."""

SECOND_JOURNALS = (*SECOND, demand_books.DEMAND)
"""Methods of the journals that a day's close writes on top of its intervals' journals."""


@dataclass(frozen=True, slots=True)
class Cadence:
    """How often a run commits and keeps samples, in whole ticks, and whether passports are issued before the close."""

    commit: timedelta
    sample: timedelta
    provisional: bool
    tick: timedelta = TICK


HEADLESS = Cadence(commit=timedelta(hours=1), sample=timedelta(minutes=15), provisional=False)
LIVE = Cadence(commit=TICK, sample=TICK, provisional=True)


@dataclass(frozen=True, slots=True)
class DayResult:
    """What a closed day leaves to its caller: the summary figures and what the next day opens with."""

    day: date
    summary: Mapping[str, Any]
    opening: Opening


class DayRun:
    """Runs one day on a plant and its meters into the facts.

    Started again after a kill on the same facts, it replays the plant to where the facts end (every batch
    already recorded is dropped by the store) and goes on from there.
    """

    def __init__(
        self,
        park: Park,
        day: date,
        seed: int,
        plant: Plant,
        meters: Meters,
        facts: Facts,
        clock: Clock,
        opening: Opening,
        cadence: Cadence = HEADLESS,
        progress: Callable[[str, float], None] = lambda _stage, _share: None,
        commands: Commands | None = None,
        points: PointBus | None = None,
        doubt: Doubt | None = None,
        footprints: pl.DataFrame | None = None,
    ) -> None:
        """Prepare the day; nothing is planned or recorded yet.

        commands: what people ask of it; None: nobody does. points: what reaches the buildings' points; None: nothing.
        doubt: what the day's forecast leaves open, the same whenever the day is started again; None: nothing is known.
        footprints: FOOTPRINTS that its passports count with; None: those of the park folder. A day that was begun goes
        on with those that it was begun with.
        """
        self._park, self._day, self._seed = park, day, seed
        self._plant, self._meters, self._facts, self._clock = plant, meters, facts, clock
        self._opening, self._cadence, self._progress = opening, cadence, progress
        self._commands = commands
        self._points = points or RoutedPoints({})
        self._doubt = doubt
        self._footprints = FOOTPRINTS.empty() if footprints is None else footprints
        self._iso = day.isoformat()
        self._start, self._end = park.day_bounds(day)
        self._interval = timedelta(seconds=park.site.metering_interval_s)
        self._recorder = Recorder(facts, self._iso)
        self._issuer: Issuer | None = None
        self._watch, self._levels = Watch(park), Levels(park)
        self._stored = dict(opening.stored_kwh)
        self._told = ALARMS.empty()
        self._told_until: datetime | None = None

    def run(self, stopped: Callable[[], bool] = lambda: False) -> DayResult | None:
        """Run the day to its closed books; None when `stopped` said so before."""
        self._progress("plan", 0.0)
        plan = make_plan(self._park, self._day, self._seed, self._opening)
        self._record_plan(plan)
        books = self._open_books(plan)
        if self._cadence.provisional:
            park = counted(self._park, self._footprints)
            self._issuer = Issuer(park, self._recorder, self._facts, self._iso)
        desk = Desk(self._park, plan, self._opening, self._doubt)
        revisions = Revisions(self._park, plan, self._facts, self._recorder, desk)
        points = PointDesk(self._park, self._day, self._facts, self._recorder, self._points)
        self._begin(desk)
        doers: dict[str, Doer] = {KIND: revisions, SET: points, TAKE_BACK: points}
        hearing = Hearing(self._facts, self._iso, self._commands, doers)
        tick = self._start
        while tick < self._end:
            tick += self._cadence.tick
            self._clock.wait_until(tick)
            if stopped():
                return None
            self._cycle(tick, desk, books, (revisions, points), hearing)
            self._progress("run", (tick - self._start) / (self._end - self._start))
        while not books.all_closed:
            tick += self._cadence.tick
            self._clock.wait_until(tick)
            if stopped():
                return None
            self._close_intervals(tick, books, desk)
            self._commit(tick)
        self._progress("close", 0.0)
        return self._close_day(replace(plan, orders=desk.day.orders, jobs=desk.day.jobs), books)

    def _record_plan(self, plan: DayPlan) -> None:
        """Record what the day is run from, then the plan.

        Raises LedgerError when the ledger began the day from another folder, seed or version.
        """
        run = pl.DataFrame(
            [(self._iso, self._park.digest, self._seed, plan.digest, __version__)], schema=RUNS.schema, orient="row"
        )
        begun = self._facts.read("runs", self._iso)
        if begun.height and not begun.head(1).equals(run):
            raise LedgerError(
                f"{self._park.site.park_id} {self._iso}: was begun in this ledger from another folder, seed or version;"
                " give another --var"
            )
        if begun.height:
            self._footprints = self._facts.read("footprints", self._iso)
        self._recorder.add("plan", "runs", run)
        self._recorder.add("plan", "footprints", self._footprints)
        for kind, rows in plan.tables().items():
            self._recorder.add("plan", kind, rows)
        self._recorder.add("plan", "alarms", notices.of_plan(plan))
        self._recorder.commit(self._start)

    def _open_books(self, plan: DayPlan) -> Books:
        """Open the books where the facts of the day end."""
        readings = self._facts.read("readings", self._iso)
        pools = storage.moved(self._opening.pools, self._facts.read("postings", self._iso))
        starts = self._park.intervals(self._day).to_list()
        books = Books(self._park, starts, plan.signal, pools, self._recorder, readings)
        self._told = self._facts.read("alarms", self._iso)
        self._told_until = self._start + books.closed * self._interval if books.closed else None
        return books

    def _begin(self, desk: Desk) -> None:
        """Ask the plant for what the plan says of the first interval, before its first minute passes."""
        orders = desk.open(self._start)
        self._recorder.add("pilot", "set_points", _asked(orders))
        self._plant.act(orders)

    def _cycle(
        self, tick: datetime, desk: Desk, books: Books, changed: tuple[Revisions, PointDesk], hearing: Hearing
    ) -> None:
        revisions, points = changed
        image = self._plant.sense(tick)
        met = revisions.meet(tick)
        points.meet(tick)
        done = hearing.hear(tick) or met
        orders = desk.decide(image)
        self._recorder.add("pilot", "set_points", _asked(orders))
        desk.note(orders, self._plant.act(orders))
        self._keep(image, books)
        if (tick - self._start) % self._cadence.sample == timedelta(0):
            points.sample(tick)
        self._close_intervals(tick, books, desk)
        if done or (tick - self._start) % self._cadence.commit == timedelta(0) or tick == self._end:
            self._commit(tick)
            hearing.answer()

    def _close_intervals(self, tick: datetime, books: Books, desk: Desk) -> None:
        until = min(
            tick, self._end + self._interval - self._cadence.tick
        )  # the next day's intervals are the next run's
        books.take_readings(self._meters.readings(until))
        self._recorder.add("books/alarms", "alarms", self._news(self._meters.alarms(), max(until, self._end)))
        closed = books.close_ready(tick)
        if closed and self._issuer:
            self._issuer.issue(closed[-1] + self._interval, books.take_postings(), desk.day.jobs)

    def _news(self, alarms: pl.DataFrame, until: datetime) -> pl.DataFrame:
        """Return the meters' alarms of this day, up to `until`, that were not recorded before a restart."""
        if not alarms.height:
            return alarms
        since = pl.col("at") >= pl.lit(self._start).cast(TIME)
        if self._told_until is not None:
            since = pl.col("at") > pl.lit(self._told_until).cast(TIME)
        today = alarms.filter(since & (pl.col("at") <= pl.lit(until).cast(TIME)))
        return today.join(self._told, on=today.columns, how="anti", maintain_order="left")

    def _commit(self, tick: datetime) -> None:
        """Make everything so far durable, then let the meters forget it."""
        self._recorder.commit(tick)
        self._meters.acknowledge()

    def _keep(self, image: Image, books: Books) -> None:
        """Record what the image shows, with the verdicts and alarms that follow from it."""
        tables = image.tables
        since_start = image.at - self._start
        for kind in RECORDED:
            if kind in tables:
                self._recorder.add("plant", kind, tables[kind])
        samples = tables.get("samples")
        if samples is not None:
            self._recorder.add("plant/levels", "alarms", self._levels.see(image))
            if since_start % self._cadence.sample == timedelta(0):
                self._stored |= within(self._park, dict(samples.select("signal_id", "value").iter_rows()))
                self._recorder.add("plant", "samples", samples)
        passages = tables.get("passages", PASSAGES.empty())
        decided = verdicts.decide(passages, self._park) if passages.height else VERDICTS.empty()
        self._recorder.add("quality", "verdicts", decided)
        self._recorder.add("quality", "alarms", self._watch.see(image.at, decided, passages))
        books.take_passages(passages)
        if self._issuer:
            self._issuer.take(passages, decided, tables.get("assemblies", ASSEMBLIES.empty()))
        if since_start % self._interval == timedelta(0):
            books.take_presence(image.at, tables.get("presence", PRESENCE.empty()))

    def _close_day(self, plan: DayPlan, books: Books) -> DayResult:
        """Close the day from the facts, record what the close found, and return its summary."""
        read = self._facts.read
        intervals = read("postings", self._iso).filter(~pl.col("method_id").is_in(SECOND_JOURNALS))
        park = counted(self._park, self._footprints)
        closed = carbon_day.close(
            park, self._day, intervals, read("passages", self._iso), read("verdicts", self._iso),
            read("assemblies", self._iso), plan.jobs, plan.orders, read("job_responses", self._iso),
            dict(zip(plan.signal["start"].to_list(), plan.signal["band"].to_list(), strict=True)),
        )  # fmt: skip
        readings = read("readings", self._iso)
        closed, reached_kw = self._with_demand(closed, readings)
        summary = carbon_day.summary(self._park, self._day, intervals, readings, closed)
        source = "books/day"
        if not self._recorder.recorded(source):
            self._recorder.add(source, "postings", closed.postings)
            self._recorder.add(source, "passports", closed.passports)
            self._recorder.add(source, "books", closed.books)
            self._recorder.commit(max(self._end, self._clock.now()))
        self._progress("close", 1.0)
        left = movable.unfinished(self._park, self._day, movable.taken(plan.dispatch, self._park))
        return DayResult(self._day, summary, Opening(self._stored, books.pools, reached_kw, left))

    def _with_demand(
        self, closed: carbon_day.DayBooks, readings: pl.DataFrame
    ) -> tuple[carbon_day.DayBooks, dict[str, float]]:
        """Return the day's books with what it raises its month's demand charge by, and what the month has reached.

        The month's other days are those whose books the ledger holds, earlier or later: in whatever order days are
        closed, together they are booked the charge of the month's highest import.
        """
        charge, month = demand.charge_of(self._park, self._day), demand.month_of(self._day)
        if charge is None:
            return closed, {}
        others = self._facts.read("books", f"{month}-01", f"{month}-31")
        others = others.filter((pl.col("key") == demand_books.PEAK) & (pl.col("day") != self._iso))
        starts, kw = demand.imported_kw(self._park, readings)
        added = demand.added(self._park, charge, starts, kw, max(others["value"].to_list(), default=0.0))
        posted = demand_books.postings(
            self._day, self._start, self._end, added.peak_kw, added.before_cny, added.after_cny
        )
        told = figures.books(self._day, {demand_books.PEAK: added.peak_kw, demand_books.ADDED: added.cny})
        reached = max(self._opening.reached_kw.get(month, 0.0), added.peak_kw)
        books = pl.concat([closed.books, told]).sort("key")
        return replace(closed, postings=pl.concat([closed.postings, posted]), books=books), {month: reached}


def _asked(orders: Orders) -> pl.DataFrame:
    """Return the set-points of a cycle as SET_POINTS."""
    rows = [(orders.at, one.asset_id, one.power_kw) for one in orders.set_points]
    return pl.DataFrame(rows, schema=SET_POINTS.schema, orient="row")
