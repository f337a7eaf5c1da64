"""A day's movable work: in its window, never dearer jointly, in load, dispatch and set-points, and no order waits."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np
import polars as pl
import pytest
from run_park import DAY, small_park

from parkwright.energy import dispatch, load
from parkwright.model.opening import folder_opening
from parkwright.model.plant import DemandCharge, Movable
from parkwright.plan import work
from parkwright.plan.day import make_plan
from parkwright.plan.expected import of_schedule
from parkwright.plan.intraday import Intraday, Seen

BARE = small_park()
CHARGE = DemandCharge(by="maximum", cny_per_kw_month=60.0, basis="assumed: a test")
SHARED = {"name": {"en": "a", "zh": "b"}, "days": "every", "basis": "assumed: a test"}
METER = next(meter.id for meter in BARE.meters if meter.role == "load" and meter.purpose == "building")
RACKS = Movable(
    id="RACKS", meter_id=METER, power_kw=20.0, units=3, duration_h=2.5, earliest="07:00", latest="23:00", **SHARED
)
CARS = Movable(
    id="CARS", meter_id=METER, power_kw=7.0, units=6, duration_h=3.0, earliest="08:30", latest="17:30",
    interruptible=True, **SHARED,
)  # fmt: skip
PARK = replace(
    BARE,
    energy=BARE.energy.model_copy(update={"movable": (RACKS, CARS)}),
    tariffs=tuple(one.model_copy(update={"demand": CHARGE}) for one in BARE.tariffs),
)
OPENING = folder_opening(PARK)
PLAN = make_plan(PARK, DAY, 1, OPENING)
WAYS = {"unshifted": PLAN.work.unshifted, "shifted": PLAN.work.shifted, "joint": PLAN.work.joint}


def test_the_joint_plan_is_proven_and_never_dearer_than_the_other_ways():
    costs = {name: way.weighed_cny for name, way in WAYS.items()}
    assert costs["joint"] <= min(costs.values()) + 1e-6
    assert PLAN.work.bound_cny <= costs["joint"] + 1e-6
    assert 0.0 <= PLAN.work.gap <= 1e-4
    assert costs["joint"] < costs["unshifted"] - 1.0


@pytest.mark.parametrize("name", list(WAYS))
def test_every_way_does_all_the_work_inside_its_windows(name):
    power = WAYS[name].work_kw
    assert power["RACKS"].sum() / 4 == pytest.approx(150.0)
    assert power["CARS"].sum() / 4 == pytest.approx(126.0)
    assert power["RACKS"][: 7 * 4].sum() + power["RACKS"][23 * 4 :].sum() == 0.0
    assert power["CARS"][: 8 * 4 + 2].sum() + power["CARS"][17 * 4 + 2 :].sum() == 0.0
    assert power["CARS"].max() <= 42.0 + 1e-6
    assert set(np.unique(np.round(power["RACKS"], 6))) <= {0.0, 20.0, 40.0, 60.0}


def test_unshifted_work_begins_with_its_window():
    power = PLAN.work.unshifted.work_kw
    assert power["RACKS"][28:38] == pytest.approx(np.full(10, 60.0))
    assert power["CARS"][34:46] == pytest.approx(np.full(12, 42.0))


def test_money_and_carbon_of_a_way_make_up_what_the_plan_weighs():
    for way in WAYS.values():
        rest = way.weighed_cny - way.cost_cny - dispatch.CARBON_CNY_PER_KG * way.co2e_kg
        assert rest == pytest.approx(60.0 * sum(PLAN.month.free_kw.values()), rel=1e-6)


def test_the_plans_load_dispatch_and_balance_hold_the_work():
    starts = PARK.intervals(DAY)
    site = load.site_kw(PARK, PLAN.load, starts)
    idle = of_schedule(PARK, DAY, PLAN.schedule, PLAN.signal, {})
    taken = sum(PLAN.work.joint.work_kw.values())
    assert site - idle.load_kw == pytest.approx(taken * (1.0 + PARK.energy.grid.loss_share), abs=1e-6)
    assert PLAN.ahead.load_kw[:96] == pytest.approx(site, abs=1e-6)
    told = {name: PLAN.dispatch.filter(pl.col("asset_id") == name) for name in ("RACKS", "CARS")}
    for name, rows in told.items():
        assert rows["power_kw"].to_numpy() == pytest.approx(PLAN.work.joint.work_kw[name], abs=1e-8)
        assert ((rows["reason"] == "work") == (rows["power_kw"] > 0)).all()
    assert PLAN.violations == ()


def test_no_order_waits_for_movable_work():
    bare = make_plan(replace(PARK, energy=BARE.energy), DAY, 1, OPENING)
    assert bare.orders.equals(PLAN.orders)
    for name in ("late_orders", "lateness_h"):
        assert PLAN.objective[name] == bare.objective[name]
    assert bare.work.joint.work_kw == {}
    assert bare.work.gap == 0.0
    assert bare.work.joint is bare.work.unshifted


def test_within_the_day_the_work_is_asked_for_as_it_was_planned():
    intraday, joint = Intraday(PARK, PLAN), PLAN.work.joint.work_kw
    for step in (0, 36, 60):
        asked = intraday.ask(step, Seen(dict(OPENING.stored_kwh) or {"BAT1": 30.0}, {}))
        assert {name: asked.power_kw[name] for name in joint} == {name: kw[step] for name, kw in joint.items()}


def test_without_a_schedule_the_usual_pace_is_planned_for():
    month = dispatch.Month(PLAN.month.free_kw)
    found = work.plan(PARK, DAY + timedelta(days=1), None, None, OPENING, month)
    assert found.joint.weighed_cny <= min(found.shifted.weighed_cny, found.unshifted.weighed_cny) + 1e-6
    assert found.joint.work_kw["RACKS"].sum() / 4 == pytest.approx(150.0)
