"""The plan of a day: whole, repeatable, feasible, and honest about what is late."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from run_park import small_park, small_plan

from parkwright.model.opening import folder_opening
from parkwright.model.tables import DISPATCH, JOB_ORDERS, JOBS, SCHEDULE, TABLES, conform
from parkwright.plan.day import grid_co2e_kg, lateness, make_plan
from parkwright.store.folder import load

PARKS = Path(__file__).parents[2] / "parks"
PARK = load(PARKS / "tianjin")
STEEL = load(PARKS / "steelworks")
DAY = date(2026, 7, 15)
OPENING = folder_opening(PARK)
T0 = datetime(2026, 7, 15, tzinfo=UTC)


@pytest.fixture(scope="module")
def plan():
    return make_plan(PARK, DAY, 1, OPENING)


def test_a_plan_of_a_working_day_violates_nothing_and_holds_every_table(plan):
    assert plan.violations == ()
    for name, frame in plan.tables().items():
        assert frame.height > 0
        assert conform(frame, TABLES[name]).equals(frame)


def test_every_order_is_a_job_and_every_job_is_planned_or_left_out_with_a_reason(plan):
    finished = plan.orders.filter(pl.col("market_id") != "stock")
    assert finished["order_id"].is_in(plan.jobs["order_id"].to_list()).all()
    left = [one.job_id for one in plan.unplaced]
    assert sorted(plan.schedule["job_id"].to_list() + left) == sorted(plan.jobs["job_id"])
    assert all(one.reason for one in plan.unplaced)


def test_the_same_arguments_give_the_same_plan(plan):
    again = make_plan(PARK, DAY, 1, OPENING)
    assert again.digest == plan.digest
    assert all(again.tables()[name].equals(frame) for name, frame in plan.tables().items())


def test_the_digest_sees_any_other_argument():
    park = small_park()
    opening = folder_opening(park)
    others = ((park, DAY, 2), (park, DAY + timedelta(days=1), 1), (replace(park, digest="another folder"), DAY, 1))
    digests = {make_plan(*other, opening).digest for other in others}
    assert len({small_plan().digest, *digests}) == 1 + len(others)


def test_each_scheduled_job_has_its_kit_brought_and_its_goods_fetched(plan):
    kinds = plan.tasks["load_id"].str.split(":").list.first().value_counts()
    assert set(kinds["load_id"]) == {"kit", "goods"}
    nodes = {line.node_id for line in PARK.work_centers} | {PARK.warehouse.node_id}
    assert set(plan.tasks["from_node"]) | set(plan.tasks["to_node"]) == nodes


def test_the_load_forecast_covers_the_day_for_each_meter(plan):
    counts = plan.load.group_by("meter_id").len()["len"]
    assert counts.unique().to_list() == [96]
    assert plan.signal["start"].to_list() == PARK.intervals(DAY).to_list()


def test_the_objective_is_what_its_tables_say(plan):
    late, hours = lateness(plan.orders, plan.jobs, plan.schedule, PARK.day_bounds(DAY)[1])
    assert (plan.objective["late_orders"], plan.objective["lateness_h"]) == (late, hours)
    assert plan.objective["co2e_kg"] == grid_co2e_kg(PARK, plan.dispatch)
    assert plan.objective["energy_cny"] > 0


def test_a_holiday_has_no_jobs_but_energy():
    plan = make_plan(PARK, date(2026, 10, 1), 1, OPENING)
    assert (plan.orders.height, plan.jobs.height, plan.tasks.height) == (0, 0, 0)
    assert plan.dispatch.height > 0
    assert plan.violations == ()


def test_a_park_without_production_has_a_plan_too():
    plan = make_plan(STEEL, date(2018, 5, 2), 1, folder_opening(STEEL))
    assert plan.violations == ()
    assert plan.signal.height == 96
    assert plan.objective["late_orders"] == 0


@pytest.mark.slow
def test_a_sunday_has_half_the_orders(plan):
    sunday = make_plan(PARK, date(2026, 7, 19), 1, OPENING)
    assert sunday.violations == ()
    assert sunday.orders.height == pytest.approx(plan.orders.height / 2, rel=0.01)


def frame(table, *rows):
    return pl.DataFrame(rows, schema=table.schema, orient="row")


def hour(h):
    return T0 + timedelta(hours=h)


def test_lateness_counts_customers_by_their_last_job_and_what_was_left_out():
    orders = frame(
        JOB_ORDERS,
        ("on-time", "p", 1, T0, hour(9), 1.0, "CN"),
        ("late", "p", 1, T0, hour(5), 1.0, "CN"),
        ("out", "p", 1, T0, hour(20), 1.0, "CN"),
        ("s", "b", 1, T0, hour(1), 1.0, "stock"),
    )
    jobs = frame(JOBS, *((f"J-{o}{n}", o, "p", "S", "f", 1, T0) for o in orders["order_id"] for n in (1, 2)))
    ends = {"J-on-time1": 8, "J-on-time2": 9, "J-late1": 4, "J-late2": 7.5, "J-out1": 3, "J-s1": 8, "J-s2": 8}
    schedule = frame(SCHEDULE, *((j, "S", "L", T0, T0, hour(e), 0.0, 0.0, 0.0) for j, e in ends.items()))
    assert lateness(orders, jobs, schedule, hour(24)) == (2, 2.5 + 4.0)


def test_emissions_are_import_times_the_grid_factor_and_export_takes_nothing_off():
    rows = ((PARK.intervals(DAY)[n], "grid", kw, None, "hold") for n, kw in enumerate((400.0, -800.0, 0.0)))
    found = grid_co2e_kg(PARK, frame(DISPATCH, *rows))
    assert found == pytest.approx(100 * 0.6796)
