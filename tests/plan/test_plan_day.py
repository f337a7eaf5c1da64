"""The plan of a day: whole, repeatable, feasible, and honest about what is late."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from parkwright.model.opening import folder_opening
from parkwright.model.tables import DISPATCH, JOB_ORDERS, JOBS, SCHEDULE, TABLES, conform
from parkwright.plan.day import grid_co2e_kg, lateness, make_plan
from parkwright.store.folder import load

PARKS = Path(__file__).parents[2] / "parks"
PARK = load(PARKS / "tianjin")
STEEL = load(PARKS / "steelworks")
DAY = date(2026, 7, 15)
OPENING = folder_opening(PARK)
PLAN = make_plan(PARK, DAY, 1, OPENING)
T0 = datetime(2026, 7, 15, tzinfo=UTC)


def test_a_plan_of_a_working_day_violates_nothing_and_holds_every_table():
    assert PLAN.violations == ()
    for name, frame in PLAN.tables().items():
        assert frame.height > 0
        assert conform(frame, TABLES[name]).equals(frame)


def test_every_order_is_a_job_and_every_job_is_planned_or_left_out_with_a_reason():
    finished = PLAN.orders.filter(pl.col("market_id") != "stock")
    assert finished["order_id"].is_in(PLAN.jobs["order_id"].to_list()).all()
    left = [one.job_id for one in PLAN.unplaced]
    assert sorted(PLAN.schedule["job_id"].to_list() + left) == sorted(PLAN.jobs["job_id"])
    assert all(one.reason for one in PLAN.unplaced)


def test_the_same_arguments_give_the_same_plan_and_the_digest_sees_any_other():
    again = make_plan(PARK, DAY, 1, OPENING)
    assert again.digest == PLAN.digest
    assert all(again.tables()[name].equals(frame) for name, frame in PLAN.tables().items())
    assert make_plan(PARK, DAY, 2, OPENING).digest != PLAN.digest
    assert make_plan(PARK, DAY + timedelta(days=1), 1, OPENING).digest != PLAN.digest
    assert make_plan(replace(PARK, digest="another folder"), DAY, 1, OPENING).digest != PLAN.digest


def test_each_scheduled_job_has_its_kit_brought_and_its_goods_fetched():
    kinds = PLAN.tasks["load_id"].str.split(":").list.first().value_counts()
    assert set(kinds["load_id"]) == {"kit", "goods"}
    nodes = {line.node_id for line in PARK.work_centers} | {PARK.warehouse.node_id}
    assert set(PLAN.tasks["from_node"]) | set(PLAN.tasks["to_node"]) == nodes


def test_the_load_forecast_covers_the_day_for_each_meter():
    counts = PLAN.load.group_by("meter_id").len()["len"]
    assert counts.unique().to_list() == [96]
    assert PLAN.signal["start"].to_list() == PARK.intervals(DAY).to_list()


def test_the_objective_is_what_its_tables_say():
    late, hours = lateness(PLAN.orders, PLAN.jobs, PLAN.schedule, PARK.day_bounds(DAY)[1])
    assert (PLAN.objective["late_orders"], PLAN.objective["lateness_h"]) == (late, hours)
    assert PLAN.objective["co2e_kg"] == grid_co2e_kg(PARK, PLAN.dispatch)
    assert PLAN.objective["energy_cny"] > 0


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


def test_a_sunday_has_half_the_orders():
    sunday = make_plan(PARK, date(2026, 7, 19), 1, OPENING)
    assert sunday.violations == ()
    assert sunday.orders.height == pytest.approx(PLAN.orders.height / 2, rel=0.01)


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
