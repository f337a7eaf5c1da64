"""The desk of a running day: reads an image, decides by the plan and the execution rules, and writes orders."""

from __future__ import annotations

from datetime import datetime

import polars as pl

from parkwright.make import execute
from parkwright.model.park import Park
from parkwright.move import fleet
from parkwright.plan.day import DayPlan
from parkwright.run.ports import CallOff, Image, JobRelease, Orders, Receipts, SetPoint, TransportOrder

KITS_TOGETHER = 2000
"""Most transport tasks looked at in one cycle; the rest waits for the next (a bound on one decision, assumed)."""


class Desk:
    """What has been decided so far on one day, so that the next cycle decides the rest.

    It holds no fact: replaying the same images gives the same orders.
    """

    def __init__(self, park: Park, plan: DayPlan) -> None:
        """Start the day with nothing released."""
        self._park = park
        self._plan = plan
        self._called_off = False
        self._waiting: dict[str, list[JobRelease]] = execute.sequence(park, plan.schedule, plan.jobs)
        self._kits: set[str] = set()
        self._queued: dict[str, int] = {line.id: 0 for line in park.work_centers}
        self._line: dict[str, str] = {}
        self._tasks = plan.tasks.sort("release", "task_id")
        self._next_task = 0
        self._open_tasks: list[dict[str, object]] = []
        self._set_points = _by_start(plan.dispatch)
        home = park.fleet.home_node if park.fleet else ""
        self._robots: dict[str, tuple[str, datetime | None]] = {
            robot: (home, None) for robot in fleet.robot_ids(park)
        }

    def decide(self, image: Image) -> Orders:
        """Return the orders of this cycle."""
        for job_id in image.tables["kits"]["job_id"] if "kits" in image.tables else ():
            self._kits.add(job_id)
        if "job_responses" in image.tables:
            for line in image.tables["job_responses"]["work_center_id"]:
                self._queued[line] -= 1
        return Orders(
            image.at,
            call_offs=self._call_offs(),
            releases=self._releases(),
            set_points=self._set_points.get(image.at, ()),
            transports=self._transports(image),
        )

    def note(self, orders: Orders, receipts: Receipts) -> None:
        """Take back what the plant refused, so that it is offered again."""
        refused = {refusal.thing_id for refusal in receipts.refused}
        for release in orders.releases:
            if release.job_id in refused:
                self._queued[release.work_center_id] -= 1
                self._waiting[release.work_center_id].insert(0, release)

    def _call_offs(self) -> tuple[CallOff, ...]:
        if self._called_off:
            return ()
        self._called_off = True
        return tuple(
            CallOff(row["job_id"], row["product_id"], row["quantity"], row["kit_ready"])
            for row in self._plan.jobs.iter_rows(named=True)
        )

    def _releases(self) -> tuple[JobRelease, ...]:
        chosen = execute.releases(self._waiting, self._kits, self._queued)
        for release in chosen:
            self._waiting[release.work_center_id].remove(release)
            self._queued[release.work_center_id] += 1
        return tuple(chosen)

    def _transports(self, image: Image) -> tuple[TransportOrder, ...]:
        while self._next_task < self._tasks.height and self._tasks["release"][self._next_task] <= image.at:
            self._open_tasks.append(self._tasks.row(self._next_task, named=True))
            self._next_task += 1
        if not self._open_tasks:
            return ()
        return ()


def _by_start(dispatch: pl.DataFrame) -> dict[datetime, tuple[SetPoint, ...]]:
    """Return the set-points of each interval by its start."""
    found: dict[datetime, list[SetPoint]] = {}
    for row in dispatch.iter_rows(named=True):
        found.setdefault(row["start"], []).append(SetPoint(row["asset_id"], row["power_kw"]))
    return {start: tuple(points) for start, points in found.items()}
