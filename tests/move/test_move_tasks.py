"""Transport tasks: each job's kit comes and its goods go, in loads that robots can carry."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from parkwright.model.tables import JOBS, SCHEDULE, TRANSPORT_TASKS
from parkwright.move.tasks import SLACK, of_schedule
from parkwright.store.folder import load

PARK = load(Path(__file__).parents[2] / "parks" / "tianjin")
PRODUCT = next(p for p in PARK.products if p.kind == "finished")
LINE = next(line for line in PARK.work_centers if PRODUCT.segment_id in line.segment_ids)
T0 = datetime(2026, 7, 15, tzinfo=UTC)


def plan(*rows):
    """SCHEDULE and JOBS from (job, minute of the changeover, quantity), ten minutes each."""
    schedule, jobs = [], []
    for job_id, minute, quantity in rows:
        at = T0 + timedelta(minutes=minute)
        schedule.append((job_id, PRODUCT.segment_id, LINE.id, at, at, at + timedelta(minutes=10), 1.0, 1.0, 1.0))
        jobs.append((job_id, "o", PRODUCT.id, PRODUCT.segment_id, PRODUCT.family_id, quantity, T0))
    return (
        pl.DataFrame(schedule, schema=SCHEDULE.schema, orient="row"),
        pl.DataFrame(jobs, schema=JOBS.schema, orient="row"),
    )


def tasks_of(*rows, load_kg=150.0, park=PARK):
    fleet = park.fleet.model_copy(update={"load_kg": load_kg})
    return of_schedule(replace(park, fleet=fleet), *plan(*rows))


def test_a_kit_is_due_when_the_changeover_starts_and_goods_leave_when_the_last_unit_has_left():
    kit, goods = tasks_of(("J", 60, 2)).rows(named=True)
    assert (kit["task_id"], kit["load_id"], kit["from_node"], kit["to_node"]) == (
        "T-kit:J",
        "kit:J",
        PARK.warehouse.node_id,
        LINE.node_id,
    )
    assert (kit["release"], kit["due"]) == (T0 + timedelta(minutes=60) - SLACK, T0 + timedelta(minutes=60))
    assert (goods["from_node"], goods["to_node"]) == (LINE.node_id, PARK.warehouse.node_id)
    assert (goods["release"], goods["due"]) == (T0 + timedelta(minutes=70), T0 + timedelta(minutes=70) + SLACK)
    assert kit["weight_kg"] == pytest.approx(2 * PRODUCT.mass_kg)


def test_small_lots_travel_together_up_to_the_load():
    load_kg = PRODUCT.mass_kg * 5
    kits = tasks_of(("J1", 0, 2), ("J2", 1, 3), ("J3", 2, 1), load_kg=load_kg).filter(
        pl.col("load_id").str.starts_with("kit")
    )
    assert kits.select("load_id", "weight_kg").rows() == [
        ("kit:J1", pytest.approx(load_kg)),
        ("kit:J3", pytest.approx(PRODUCT.mass_kg)),
    ]


def test_small_lots_far_apart_do_not_wait_for_each_other():
    assert tasks_of(("J1", 0, 1), ("J2", 2, 1)).height == 4
    assert tasks_of(("J1", 0, 1), ("J2", 1, 1)).height == 2


def test_a_heavy_lot_takes_several_trips_of_equal_load():
    trips = tasks_of(("J", 0, 10), load_kg=PRODUCT.mass_kg * 4).filter(pl.col("load_id").str.starts_with("kit"))
    assert trips["task_id"].to_list() == ["T-kit:J/1", "T-kit:J/2", "T-kit:J/3"]
    assert trips["weight_kg"].sum() == pytest.approx(10 * PRODUCT.mass_kg)


def test_every_kilogram_planned_is_moved_in_and_out_once_and_no_load_is_too_heavy():
    rows = [(f"J{n:02d}", n * 3, 1 + n * 7 % 23) for n in range(40)]
    found = tasks_of(*rows)
    mass = sum(quantity for _, _, quantity in rows) * PRODUCT.mass_kg
    by_kind = defaultdict(float)
    for load_id, weight in found.select("load_id", "weight_kg").rows():
        by_kind[load_id.split(":")[0]] += weight
    assert dict(by_kind) == {"kit": pytest.approx(mass), "goods": pytest.approx(mass)}
    assert found["weight_kg"].max() <= 150.0 + 1e-9
    assert found["task_id"].is_unique().all()
    assert found["release"].is_sorted()


@pytest.mark.parametrize("park", [replace(PARK, fleet=None), replace(PARK, warehouse=None)])
def test_a_park_without_fleet_or_warehouse_moves_nothing(park):
    assert of_schedule(park, *plan(("J", 0, 1))).equals(TRANSPORT_TASKS.empty())


def test_an_empty_schedule_has_no_tasks():
    assert tasks_of().height == 0
