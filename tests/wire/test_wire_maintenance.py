"""A planned maintenance that is taken back: no job moves by itself, and the next search uses the time."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import timedelta

import polars as pl
import pytest
from planner_day import LINE, PARK, Day
from run_park import DAY, ISO

from parkwright.model.opening import folder_opening
from parkwright.model.site import Maintenance
from parkwright.plan.day import make_plan
from parkwright.show.answers.planning import AskedEnd

SERVICE = Maintenance(work_center_id=LINE, date=ISO, start="08:30", end="13:30", reason="yearly service")
SERVED = replace(PARK, maintenance=(SERVICE,), digest="served")
START, END = SERVED.instant(DAY, "08:30"), SERVED.instant(DAY, "13:30")
SEARCHED_S = 60.0


@pytest.fixture
def day(tmp_path):
    plan = make_plan(SERVED, DAY, 1, folder_opening(SERVED))
    made = Day(tmp_path / "ledger.db", SERVED, plan)
    made.append("outages", plan.outages)
    made.taken += 1
    yield made
    made.close()


def inside(schedule: pl.DataFrame) -> int:
    return schedule.filter((pl.col("work_center_id") == LINE) & pl.col("start").is_between(START, END)).height


def test_the_freed_time_is_used_by_the_next_search_and_by_nothing_before(day):
    now = START - timedelta(hours=2)
    assert inside(day.schedule) == 0
    day.take(day.price(now, ended=[AskedEnd(line_id=LINE)]), now)
    assert inside(day.schedule) == 0
    draft, limit = day.price(now, search_s=1.0), time.monotonic() + SEARCHED_S
    while draft.state == "searching" and time.monotonic() < limit:
        time.sleep(0.05)
        draft = day.planner.draft(draft.id)
    assert draft.state == "ready"
    assert draft.violations == []
    assert draft.after.total_cny < draft.before.total_cny
    day.take(draft, now)
    assert inside(day.schedule) > 0
