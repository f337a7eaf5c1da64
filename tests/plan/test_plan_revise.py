"""A plan revised: the same change gives the same figures on both sides, and what it breaks or saves is told."""

from __future__ import annotations

from datetime import timedelta

import polars as pl
import pytest
from laid_day import DAY, ORDERS, PARK, jobs, planned, stepped
from make_park import local

from parkwright.make.laid import placed_on
from parkwright.make.replan import Effort
from parkwright.model.errors import PlanError
from parkwright.plan.revise import (
    Change,
    DayFacts,
    by_hand,
    figures,
    instant,
    laid_out,
    merged,
    revision,
    schedule_hash,
    searched,
    setup_minutes,
    why,
)

FACTS = DayFacts(PARK, DAY, ORDERS, jobs(), planned().schedule, stepped())
LAID = laid_out(FACTS)
DAWN = local(6.0)


def revised(change: Change, frozen=DAWN):
    return revision(FACTS, LAID, placed_on(by_hand(LAID, change, frozen)), change.pinned)


def test_no_change_is_no_revision():
    same = revised(Change())
    assert (same.changed, same.newly_late, same.no_more_late, same.violations) == ((), (), (), ())
    assert same.before == same.after == figures(FACTS, LAID)
    assert same.plan_hash == schedule_hash(FACTS.schedule.sort("work_center_id", "setup_start", "job_id"))


def test_a_move_past_the_due_time_costs_lateness_and_names_the_order():
    late = revised(Change(moves=[("J-O-02", "A", local(18.0))]))
    assert late.changed == ("J-O-02",)
    assert late.newly_late == ("O-02",)
    hours = late.after.lateness_h - late.before.lateness_h
    assert hours == pytest.approx(7.0, abs=0.5)
    weight = float(ORDERS.filter(pl.col("order_id") == "O-02")["weight"][0])
    assert late.after.account.tardiness_cny == pytest.approx(weight * hours)
    assert late.after.late_orders == late.before.late_orders + 1 == 1
    assert late.plan_hash != schedule_hash(FACTS.schedule)
    back = DayFacts(PARK, DAY, ORDERS, jobs(), late.schedule, stepped())
    there = revision(back, laid_out(back), placed_on(LAID.floor))
    assert there.no_more_late == ("O-02",)
    assert there.after.account == late.before.account


def test_a_move_to_dear_hours_costs_money_and_clean_hours_save_carbon():
    dear = revised(Change(moves=[("J-O-06", "B", local(8.5))]))
    assert dear.after.account.energy_cny > dear.before.account.energy_cny
    clean = revised(Change(moves=[("J-O-06", "B", local(12.1))]))
    assert clean.after.co2e_kg < clean.before.co2e_kg
    assert clean.after.energy_kwh == pytest.approx(clean.before.energy_kwh, rel=0.1)


def test_a_pin_cannot_be_moved_and_a_pushed_pin_is_told():
    with pytest.raises(PlanError, match="job J-O-02: is pinned and moved at once"):
        revised(Change(moves=[("J-O-02", "A", DAWN)], pinned=frozenset({"J-O-02"})))
    first = FACTS.schedule.filter(pl.col("job_id") == "J-O-01")["start"][0]
    pushed = revised(Change(moves=[("J-O-06", "B", first)], pinned=frozenset({"J-O-01", "J-O-03"})))
    assert pushed.broken_pins == ("J-O-01",)


def test_the_search_takes_a_bad_move_as_a_wish_and_mends_the_rest():
    change = Change(moves=[("J-O-07", "A", local(13.0))], search=True)
    floor = by_hand(LAID, change, local(6.5))
    placed = searched(LAID, placed_on(floor), change, local(6.5), 1, Effort(rounds=1))
    made = revision(FACTS, LAID, placed, change.pinned)
    row = made.schedule.filter(pl.col("job_id") == "J-O-07").row(0, named=True)
    assert (row["work_center_id"], row["start"]) == ("A", local(13.0))
    assert made.violations == ()


def test_a_plan_that_breaks_its_promises_is_told():
    placed = placed_on(LAID.floor)
    placed[LAID.op("J-O-03"), 1:] -= 3_600_000
    assert any(
        "J-O-03: starts at" in one and "before its kit" in one for one in revision(FACTS, LAID, placed).violations
    )


def test_setups_are_minutes_by_line_from_row_to_column():
    families, lines = setup_minutes(LAID)
    on_a = dict(lines)["A"]
    a, b = families.index("fa"), families.index("fb")
    assert (on_a[a][b], on_a[b][a], on_a[a][a]) == (1.0, 2.0, 0.0)
    assert [line_id for line_id, _ in lines] == ["SMT", "A", "B"]


def test_rows_take_the_place_of_those_of_the_same_jobs():
    row = FACTS.schedule.filter(pl.col("job_id") == "J-O-03").with_columns(pl.col("end") + timedelta(minutes=1))
    found = merged(FACTS.schedule, row)
    assert found.height == FACTS.schedule.height
    assert found.filter(pl.col("job_id") == "J-O-03").equals(row)


def test_a_reason_is_asked_by_job_and_instants_keep_their_milliseconds():
    found = why(FACTS, LAID, "J-O-03", DAWN)
    assert found is not None
    assert instant(found.place.start) == local(10.0)
    assert schedule_hash(FACTS.schedule.clear()) == ""
