"""A ledger with the small park's plan, its planner, and a run that takes whatever it is asked for."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import polars as pl
from run_park import DAY, ISO, small_park, small_plan

from parkwright.model.park import Park
from parkwright.model.tables import OUTAGES, REVISIONS, SCHEDULE, TIME, conform
from parkwright.plan.day import DayPlan
from parkwright.plan.revise import merged, schedule_hash
from parkwright.run.ports import Batch
from parkwright.show.answers.planning import AskedChange, AskedOutage, Draft
from parkwright.store.journal import Journal
from parkwright.wire.planning import DayPlanner

PARK, PLAN = small_park(), small_plan()
SHIFT = PARK.shifts(DAY)[0][0]
NOW = SHIFT + timedelta(minutes=10)
LINE = PLAN.schedule.sort("start")["work_center_id"][-2]
_AS_BEFORE = PLAN.schedule.filter((pl.col("work_center_id") == LINE) & (pl.col("setup_start") == pl.col("start")))
START = _AS_BEFORE["start"].filter(_AS_BEFORE["start"] > SHIFT + timedelta(minutes=135)).min() - timedelta(minutes=1)
END = START + timedelta(minutes=100)
"""An outage of the line that begins shortly before a job that needs no changeover."""


class Day:
    """A ledger with a plan, its planner, and a run that takes whatever it is asked for."""

    def __init__(self, path: Path, park: Park = PARK, plan: DayPlan = PLAN) -> None:
        self.journal, self.taken, self.base = Journal(path), 0, schedule_hash(plan.schedule)
        tables = plan.tables()
        for kind in ("job_orders", "jobs", "schedule", "signal"):
            self.append(kind, tables[kind])
        self.facts = Journal.reader(path)
        self.planner, self.schedule = DayPlanner(park, self.facts), plan.schedule

    def append(self, kind: str, rows: pl.DataFrame) -> None:
        self.journal.append([Batch(f"test/{kind}/{self.taken}", ISO, 0, kind, ISO, rows)], NOW)

    def close(self) -> None:
        self.planner.close()
        self.facts.close()
        self.journal.close()

    def price(self, now: datetime = NOW, **change: object) -> Draft:
        return self.planner.propose(ISO, AskedChange(base=self.base, **change), now)

    def take(self, draft: Draft, now: datetime) -> None:
        """Record what the run records of a draft that it takes."""
        assert draft.violations == []
        payload = self.planner.payload(draft.id)
        self.taken += 1
        schema = {n: pl.Int64 if k == TIME else k for n, k in SCHEDULE.schema.items()}
        frame = pl.DataFrame(payload["rows"], schema=schema, orient="row")
        times = pl.col("setup_start", "start", "end").cast(TIME)
        self.schedule = merged(self.schedule, conform(frame.with_columns(times), SCHEDULE), payload["out"])
        own = {"at": pl.lit(now).cast(TIME), "command_id": pl.lit(f"c{self.taken}")}
        rows = self.schedule.with_columns(revision=pl.lit(self.taken, dtype=pl.Int64), **own)
        self.append("revisions", conform(rows.select(list(REVISIONS.schema)), REVISIONS))
        told = [(o.line_id, o.start, o.end, o.reason, "Wang", now, f"c{self.taken}") for o in draft.outages]
        schema = {n: pl.Datetime("us", "UTC") if k == TIME else k for n, k in OUTAGES.schema.items()}
        self.append("outages", conform(pl.DataFrame(told, schema=schema, orient="row"), OUTAGES))
        self.base = self.planner.plan_hash(ISO)
        assert draft.plan_hash == self.base == schedule_hash(self.schedule)

    def out(self, until: datetime = END, now: datetime = NOW) -> Draft:
        draft = self.price(now, out=[AskedOutage(line_id=LINE, start=START, until=until, reason="crew")])
        self.take(draft, now)
        return draft
