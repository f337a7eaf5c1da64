"""The desk of a running day: reads an image, decides by the plan and the execution rules, and writes orders."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

import polars as pl

from parkwright.make import execute
from parkwright.model.opening import Opening
from parkwright.model.park import Park
from parkwright.model.tables import MOVES, PASSAGES, PRESENCE, TRANSPORT_TASKS
from parkwright.move import fleet
from parkwright.move import tasks as move_tasks
from parkwright.move.route import Roads
from parkwright.plan.day import DayPlan
from parkwright.plan.intraday import Doubt
from parkwright.plan.outage import standing_of
from parkwright.run.pilot import Pilot
from parkwright.run.ports import CallOff, Image, JobRelease, LineStop, Orders, Receipts, TransportOrder


@dataclass(frozen=True, slots=True)
class Day:
    """Orders and jobs (JOB_ORDERS, JOBS) of a day, or those that come into it."""

    orders: pl.DataFrame
    jobs: pl.DataFrame


class Desk:
    """What has been decided so far on one day, so that the next cycle decides the rest.

    It holds no fact: replaying the same images gives the same orders.
    """

    def __init__(self, park: Park, plan: DayPlan, opening: Opening, doubt: Doubt | None = None) -> None:
        """Start the day with nothing called off, released, moved or set."""
        self._park, self.schedule, self.day = park, plan.schedule, Day(plan.orders, plan.jobs)
        self._sheet = execute.sheet(park, plan.schedule, plan.jobs, plan.orders)
        self._to_call_off = _call_offs(plan.jobs)
        self._released: list[str] = []
        self._kits: set[str] = set()
        self._entered: Counter[str] = Counter()
        self._built: Counter[str] = Counter()
        self._roads = Roads(park.nodes, park.edges)
        self._tasks = plan.tasks.sort("release", "task_id")
        self._waiting = TRANSPORT_TASKS.empty()
        self._sent: set[str] = set()
        self._moves = MOVES.empty()
        self._pilot = Pilot(park, plan, opening, doubt)
        self.outages = self._to_stop = plan.outages

    def decide(self, image: Image) -> Orders:
        """Return the orders of this cycle."""
        tables = image.tables
        if "kits" in tables:
            self._kits.update(tables["kits"]["job_id"])
        if "moves" in tables and tables["moves"].height:
            moves = pl.concat([self._moves, tables["moves"]])
            self._moves = moves.unique("robot_id", keep="last", maintain_order=True)
        return Orders(
            image.at,
            call_offs=self._to_call_off,
            stops=self._stops(image.at),
            releases=self._releases(image),
            set_points=self._pilot.set_points(image),
            transports=self._transports(image.at),
        )

    def open(self, at: datetime) -> Orders:
        """Return the orders with which the day begins: the plant does what the plan says from its first minute on."""
        return Orders(at, set_points=self._pilot.at_midnight())

    def revise(
        self, schedule: pl.DataFrame, at: datetime, new: Day | None = None, outages: pl.DataFrame | None = None
    ) -> str:
        """Go on by another schedule (SCHEDULE, whole) from `at` on; return why it is refused, nothing when it is taken.

        new: orders and jobs that come into the day with it; their kits are called off with the next orders.
        outages: OUTAGES that come into force with it, each in the place of what was said of it before; None for none.
        Jobs that were released stay where they are: a schedule that moves one is refused, but for the other times of
        those that stay on a line with an outage, in their order.
        """
        changed = set(_differing(self.schedule, schedule)["job_id"])
        said = self.outages if outages is None else pl.concat([self.outages, outages])
        waiting = _waiting(self.schedule, schedule, self._released, set(said["work_center_id"]))
        begun = sorted((changed - waiting) & set(self._released))
        if begun:
            return (
                f"job {begun[0]} was released to its line meanwhile; look at the plan as it stands and change that one"
            )
        if new is not None and new.jobs.height:
            self.day = Day(pl.concat([self.day.orders, new.orders]), pl.concat([self.day.jobs, new.jobs]))
            self._to_call_off += _call_offs(new.jobs)
        self._sheet = execute.sheet(self._park, schedule, self.day.jobs, self.day.orders)
        self._carry_anew(schedule, changed, at)
        self._pilot.follow(schedule)
        self.schedule = schedule
        if outages is not None:
            self.outages = standing_of(pl.concat([self.outages, outages]))
            told = self._to_stop.join(outages, on=["work_center_id", "start"], how="anti")
            tell = outages.filter((pl.col("end") > pl.col("start")) | (pl.col("start") <= at))
            self._to_stop = pl.concat([told, tell])
        return ""

    def _stops(self, at: datetime) -> tuple[LineStop, ...]:
        """Return until when lines are to take no more units: those that go out, and those that are back before that.

        A plant that refuses is asked again.
        """
        due = self._to_stop.filter(pl.col("start") <= at).select("work_center_id").unique(maintain_order=True)
        until = self._out(at).group_by("work_center_id").agg(pl.col("end").max())
        ends = due.join(until, on="work_center_id", how="left", maintain_order="left")
        return tuple(LineStop(line_id, end or at) for line_id, end in ends.iter_rows())

    def _out(self, at: datetime) -> pl.DataFrame:
        """Return the outages during an instant."""
        return self.outages.filter((pl.col("start") <= at) & (pl.col("end") > at))

    def _carry_anew(self, schedule: pl.DataFrame, changed: set[str], at: datetime) -> None:
        """Take the transport tasks of another schedule: those not sent yet, and changed jobs' that wait for a robot."""
        load = pl.col("load_id").str.extract(r":([^/]+)", 1).is_in(list(changed))
        stale = self._waiting.filter(load)
        self._waiting = self._waiting.filter(~load)
        self._sent -= set(stale["task_id"])
        tasks = move_tasks.of_schedule(self._park, schedule, self.day.jobs)
        new = tasks.filter(~pl.col("task_id").is_in(list(self._sent)) & ((pl.col("release") > at) | load))
        self._tasks = new.sort("release", "task_id")

    def note(self, orders: Orders, receipts: Receipts) -> None:
        """Keep what the plant took; what it refused is offered again in a later cycle."""
        refused = {refusal.thing_id for refusal in receipts.refused}
        self._to_call_off = tuple(order for order in orders.call_offs if order.job_id in refused)
        self._released += [release.job_id for release in orders.releases if release.job_id not in refused]
        stopped = {stop.work_center_id for stop in orders.stops} - refused
        self._to_stop = self._to_stop.filter(
            ~pl.col("work_center_id").is_in(list(stopped)) | (pl.col("start") > orders.at)
        )
        taken = [order.task_id for order in orders.transports if order.task_id not in refused]
        if taken:
            self._waiting = self._waiting.filter(~pl.col("task_id").is_in(taken))

    def _releases(self, image: Image) -> tuple[JobRelease, ...]:
        passages = image.tables.get("passages", PASSAGES.empty())
        self._entered.update(execute.entered(self._park, passages))
        self._built.update(execute.made(self._sheet, passages))
        presence = image.tables.get("presence", PRESENCE.empty())
        queue = execute.queue_of(self._sheet, self._released, self._entered, presence)
        boards = execute.boards_free(self._sheet, self._released, self._built)
        out = set(self._out(image.at)["work_center_id"])
        return execute.releases(self._sheet, self._released, self._kits, queue, image.at, boards, out).releases

    def _transports(self, at: datetime) -> tuple[TransportOrder, ...]:
        if self._tasks.height and self._tasks["release"][0] <= at:
            due = int((self._tasks["release"] <= at).sum())
            self._waiting = pl.concat([self._waiting, self._tasks.head(due)])
            self._sent.update(self._tasks["task_id"].head(due))
            self._tasks = self._tasks.slice(due)
        if not self._waiting.height:
            return ()
        free = fleet.free_robots(self._park, self._moves, at)
        return tuple(fleet.assign(self._park, self._roads, self._waiting, free, at))


def _call_offs(jobs: pl.DataFrame) -> tuple[CallOff, ...]:
    return tuple(CallOff(*row) for row in jobs.select("job_id", "product_id", "quantity", "kit_ready").iter_rows())


def _waiting(before: pl.DataFrame, after: pl.DataFrame, released: Sequence[str], lines: Collection[str]) -> set[str]:
    """Return the released jobs that stay on lines with an outage, in the order in which these have them already: such a
    line waits, goes on, or has done more before the outage than anybody knew when that was said.
    """
    kept = set[str]()
    for line_id in lines:
        rows = (
            plan.filter((pl.col("work_center_id") == line_id) & pl.col("job_id").is_in(list(released)))
            for plan in (before, after)
        )
        order, now = (frame.sort("start", "setup_start", "job_id")["job_id"].to_list() for frame in rows)
        kept.update(order if order == now else ())
    return kept


def _differing(before: pl.DataFrame, after: pl.DataFrame) -> pl.DataFrame:
    """Return the rows whose job has no row with the same line and times in the other schedule."""
    same = ["job_id", "work_center_id", "setup_start", "start", "end"]
    gone = before.select(same).join(after.select(same), on=same, how="anti")
    come = after.select(same).join(before.select(same), on=same, how="anti")
    return pl.concat([gone, come])
