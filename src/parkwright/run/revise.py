"""Changes of the day's plan that people ask of the run: checked, recorded, then answered; replayed where they fell.

A replay meets each revision at the instant at which it came into force, because the plant that is replayed has felt it
from there on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import polars as pl

from parkwright.make.check_hours import FROZEN
from parkwright.make.park_check import check
from parkwright.model.errors import PlanError, TableError
from parkwright.model.park import Park
from parkwright.model.tables import JOB_ORDERS, JOBS, OUTAGES, REVISIONS, SCHEDULE, TIME, Table, conform
from parkwright.plan.day import DayPlan
from parkwright.plan.outage import Ended, Outage, as_felt, ended_rows, outage_rows, standing_of
from parkwright.plan.revise import merged, progress_of, schedule_hash
from parkwright.plan.rush import entered
from parkwright.run.desk import Day, Desk
from parkwright.run.hear import RefusedError
from parkwright.run.ports import Command, Facts
from parkwright.run.recorder import Recorder

KIND = "revise"
SOURCE = "desk"
COLUMNS = tuple(SCHEDULE.schema)
ASKED_OUTAGE = ("work_center_id", "start", "end", "reason")
"""What a payload says of an outage; the run adds who asks and when."""


def in_force(revisions: pl.DataFrame) -> pl.DataFrame | None:
    """Return the schedule of the highest revision as SCHEDULE; None when there is none."""
    if not revisions.height:
        return None
    newest = revisions.filter(pl.col("revision") == revisions["revision"].max())
    return newest.unique("job_id", keep="last", maintain_order=True).select(COLUMNS)


def payload_of(
    day: str,
    base: pl.DataFrame,
    schedule: pl.DataFrame,
    new: pl.DataFrame | None = None,
    outages: pl.DataFrame | None = None,
) -> dict[str, Any]:
    """Return the payload that asks for a schedule in the place of `base`: rows that differ, and jobs left out.

    new: JOB_ORDERS that come into the day with it, outages: OUTAGES; None for none.
    """
    rows = schedule.join(base.select(COLUMNS), on=COLUMNS, how="anti", maintain_order="left")
    times = [pl.col(name).dt.epoch("ms") for name in ("setup_start", "start", "end")]
    plain = rows.select(COLUMNS).with_columns(times)
    out = sorted(set(base["job_id"]) - set(schedule["job_id"]))
    asked = {"day": day, "base": schedule_hash(base), "rows": [list(row) for row in plain.iter_rows()], "out": out}
    if outages is not None and outages.height:
        spans = outages.with_columns(pl.col("start", "end").dt.epoch("ms"))
        asked["outages"] = [list(row) for row in spans.select(ASKED_OUTAGE).iter_rows()]
    if new is None or not new.height:
        return asked
    orders = new.with_columns(pl.col("release", "due").dt.epoch("ms"))
    return {**asked, "orders": [list(row) for row in orders.select(list(JOB_ORDERS.schema)).iter_rows()]}


class Revisions:
    """The revisions of one day: those recorded, met again in a replay, and those that are asked for now."""

    def __init__(self, park: Park, plan: DayPlan, facts: Facts, recorder: Recorder, desk: Desk) -> None:
        """Read what the ledger holds of the day."""
        self._park, self._plan, self._facts, self._recorder, self._desk = park, plan, facts, recorder, desk
        iso = plan.day.isoformat()
        recorded = facts.read("revisions", iso)
        self._outages = facts.read("outages", iso)
        self._come = Day(
            facts.read("job_orders", iso).join(plan.orders, on="order_id", how="anti", maintain_order="left"),
            facts.read("jobs", iso).join(plan.jobs, on="job_id", how="anti", maintain_order="left"),
        )
        self._past: dict[datetime, list[pl.DataFrame]] = {}
        for (_,), rows in recorded.group_by("revision", maintain_order=True):
            self._past.setdefault(rows["at"][0], []).append(rows)
        self._last = max(recorded["revision"].to_list(), default=0)
        self.recorded = {
            str(command_id): _done(int(number))
            for number, command_id in recorded.select("revision", "command_id").unique(maintain_order=True).iter_rows()
        }

    def meet(self, tick: datetime) -> bool:
        """Bring into force what was recorded at `tick`; return whether something was."""
        met = False
        for at in sorted(at for at in self._past if at <= tick):
            for rows in self._past.pop(at):
                jobs = self._come.jobs.join(rows, on="job_id", how="semi", maintain_order="left")
                jobs = jobs.join(self._desk.day.jobs, on="job_id", how="anti", maintain_order="left")
                orders = self._come.orders.join(jobs, on="order_id", how="semi", maintain_order="left")
                outages = self._outages.filter(pl.col("command_id") == rows["command_id"][0])
                self._desk.revise(rows.select(COLUMNS), tick, Day(orders, jobs), outages)
                self._record(orders, jobs, outages, rows)
                met = True
        return met

    def _record(self, orders: pl.DataFrame, jobs: pl.DataFrame, outages: pl.DataFrame, rows: pl.DataFrame) -> None:
        for kind, frame in (("job_orders", orders), ("jobs", jobs), ("outages", outages), ("revisions", rows)):
            self._recorder.add(SOURCE, kind, frame)

    def carry_out(self, command: Command, tick: datetime) -> str:
        """Bring the schedule that is asked for into force; raises RefusedError when it cannot be."""
        new, after = self._entered(command.payload)
        outages = self._out(command, tick)
        schedule = self._asked_for(command.payload, self._desk.schedule, after, outages, tick)
        left = new.jobs.join(schedule, on="job_id", how="anti", maintain_order="left")
        if left.height:
            raise RefusedError(f"job {left['job_id'][0]} of the new order has no place in it; give all its jobs one")
        reason = self._desk.revise(schedule, tick, new, outages)
        if reason:
            raise RefusedError(reason)
        self._last += 1
        rows = schedule.with_columns(
            revision=pl.lit(self._last, dtype=pl.Int64),
            at=pl.lit(tick).cast(TIME),
            command_id=pl.lit(command.id),
        )
        self._record(new.orders, new.jobs, outages, conform(rows.select(list(REVISIONS.schema)), REVISIONS))
        return _done(self._last)

    def _entered(self, payload: Mapping[str, Any]) -> tuple[Day, Day]:
        """Return the orders and jobs that come with a payload, and the day with them; raises RefusedError."""
        day = self._desk.day
        if "orders" not in payload:
            return Day(JOB_ORDERS.empty(), JOBS.empty()), day
        new = _frame(payload["orders"], JOB_ORDERS, ("release", "due"), "its orders are no order lines")
        try:
            after = Day(*entered(self._park, self._plan.day, day.orders, day.jobs, new))
        except PlanError as error:
            raise RefusedError(str(error)) from error
        return Day(new, after.jobs.slice(day.jobs.height)), after

    def _out(self, command: Command, tick: datetime) -> pl.DataFrame:
        """Return the OUTAGES that a command asks for; raises RefusedError for one that cannot be."""
        given, who = command.payload.get("outages", []), str(command.payload.get("who", ""))
        schema = {name: pl.Int64 if name in ("start", "end") else kind for name, kind in OUTAGES.schema.items()}
        try:
            rows = pl.DataFrame(given, schema={name: schema[name] for name in ASKED_OUTAGE}, orient="row")
            asked = rows.with_columns(pl.col("start", "end").cast(TIME))
            known = self._desk.outages
            again = asked.join(known, on=["work_center_id", "start"], how="semi", maintain_order="left")
            new = asked.join(again, on=["work_center_id", "start"], how="anti", maintain_order="left")
            wanted = [Outage(line_id, reason or "", start, end) for line_id, start, end, reason in new.iter_rows()]
            ended = [Ended(line_id, start, end) for line_id, start, end, _ in again.iter_rows()]
            day = self._plan.day
            came = outage_rows(self._park, day, wanted, tick, who, command.id)
            return pl.concat([came, ended_rows(self._park, day, known, ended, tick, who, command.id, FROZEN)])
        except PlanError as error:
            raise RefusedError(str(error)) from error
        except (TypeError, ValueError, pl.exceptions.PolarsError) as error:
            what = f"its outages are none: {str(error).splitlines()[0]}"
            raise RefusedError(f"{what}; send rows of {', '.join(ASKED_OUTAGE)}") from error

    def _asked_for(
        self, payload: Mapping[str, Any], schedule: pl.DataFrame, day: Day, outages: pl.DataFrame, tick: datetime
    ) -> pl.DataFrame:
        """Return the schedule that a payload asks for; raises RefusedError when it cannot be."""
        if payload.get("day") != self._plan.day.isoformat():
            raise RefusedError(
                f"the run is at {self._plan.day}, not at {payload.get('day')}; change the plan of that day"
            )
        if payload.get("base") != schedule_hash(schedule):
            raise RefusedError("the plan has changed meanwhile; look at it as it stands and change that one")
        rows, out = _rows(payload.get("rows"), may_be_none=bool(outages.height)), payload.get("out", [])
        if not isinstance(out, list) or not set(map(str, out)) <= set(schedule["job_id"]):
            raise RefusedError("what it leaves out is not in the plan; name jobs of the plan")
        unknown = set(rows["job_id"]) - set(day.jobs["job_id"])
        if unknown:
            raise RefusedError(f"job {min(unknown)} is not of this day; name jobs of the plan")
        asked = conform(merged(schedule, rows, [str(job_id) for job_id in out]), SCHEDULE)
        spans = self._felt(day, asked, standing_of(pl.concat([self._desk.outages, outages])))
        read, iso = self._facts.read, self._plan.day.isoformat()
        begun = progress_of(read("passages", iso), read("job_responses", iso), tick).begun
        before = set(check(self._park, day.jobs, day.orders, schedule, spans, begun))
        found = [one for one in check(self._park, day.jobs, day.orders, asked, spans, begun) if one not in before]
        if found:
            raise RefusedError(f"the plan asked for breaks {len(found)} promises, first: {found[0]}")
        return asked

    def _felt(self, day: Day, schedule: pl.DataFrame, outages: pl.DataFrame) -> pl.DataFrame:
        """Return OUTAGES as the plan feels them by what is done."""
        if not outages.height:
            return outages
        read, iso = self._facts.read, self._plan.day.isoformat()
        return as_felt(self._park, day.jobs, schedule, outages, read("passages", iso), read("job_responses", iso))


def _rows(given: object, *, may_be_none: bool) -> pl.DataFrame:
    """Return the rows of a payload as SCHEDULE; raises RefusedError when they are none, or where some must be."""
    if may_be_none and given == []:
        return SCHEDULE.empty()
    if not isinstance(given, list) or not given:
        raise RefusedError(f"it changes no job; send rows of {', '.join(COLUMNS)}")
    return _frame(given, SCHEDULE, ("setup_start", "start", "end"), "its rows are no schedule")


def _frame(given: object, table: Table, times: Sequence[str], what: str) -> pl.DataFrame:
    """Return rows of a payload as a table, times from ms; raises RefusedError when they are none."""
    schema = table.schema
    try:
        whole = {name: pl.Int64 if name in times else kind for name, kind in schema.items()}
        frame = pl.DataFrame(given if isinstance(given, list) else [given], schema=whole, orient="row")
        return conform(frame.with_columns(pl.col(times).cast(TIME)), table)
    except (TableError, TypeError, ValueError, pl.exceptions.PolarsError) as error:
        raise RefusedError(f"{what}: {str(error).splitlines()[0]}; send rows of {', '.join(schema)}") from error


def _done(revision: int) -> str:
    return f"revision {revision} of the plan is in force"
