"""A plan that breaks a promise or leaves a job out says so before its day begins."""

from __future__ import annotations

from dataclasses import replace

from run_park import DAY, small_park

from parkwright.make.schedule import Unplaced
from parkwright.model.opening import folder_opening
from parkwright.plan.day import make_plan
from parkwright.run.notices import of_plan

PARK = small_park(3600)
PLAN = make_plan(PARK, DAY, 1, folder_opening(PARK))


def test_a_good_plan_asks_for_nobody():
    assert PLAN.violations == ()
    assert PLAN.unplaced == ()
    assert of_plan(PLAN).is_empty()


def test_a_broken_promise_is_severe_and_named():
    broken = replace(PLAN, violations=("job J-1 ends after the shift", "job J-2 has no kit"))
    row = of_plan(broken).row(0, named=True)
    assert (row["kind"], row["severity"], row["at"]) == ("plan_violation", 1, PARK.day_bounds(DAY)[0])
    assert "2 of its promises, first: job J-1 ends after the shift" in row["text"]


def test_jobs_without_a_place_are_one_alarm_with_the_count_and_the_first_reason():
    left = replace(PLAN, unplaced=(Unplaced("J-7", "no eligible line"), Unplaced("J-9", "no time left")))
    found = of_plan(left)
    assert found["kind"].to_list() == ["jobs_unplaced"]
    assert "2 jobs have no place in the day plan, first J-7: no eligible line" in found["text"][0]
