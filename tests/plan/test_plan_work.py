"""A day's movable work: in its window, never dearer jointly, in load, dispatch and set-points, and no order waits."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from run_park import DAY, small_park

from parkwright.energy import dispatch, load, movable, tariff
from parkwright.model.opening import Unfinished, folder_opening
from parkwright.model.plant import DemandCharge, Movable
from parkwright.plan import work
from parkwright.plan.day import make_plan
from parkwright.plan.expected import of_schedule
from parkwright.plan.intraday import Intraday, Seen
from parkwright.store import folder
from parkwright.wire.work import answer

ONE_DAY = timedelta(days=1)
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
    tariffs=tuple(one.model_copy(update={"demand": CHARGE, "carbon_cny_per_t": 62.36}) for one in BARE.tariffs),
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
        rest = way.weighed_cny - way.cost_cny - tariff.carbon_cny_per_kg(PARK, DAY) * way.co2e_kg
        assert rest == pytest.approx(60.0 * sum(PLAN.month.free_kw.values()), rel=1e-6)


def test_the_plans_load_dispatch_and_balance_hold_the_work():
    starts = PARK.intervals(DAY)
    site = load.site_kw(PARK, PLAN.load, starts)
    idle = of_schedule(PARK, DAY, PLAN.schedule, PLAN.signal, {})
    taken = sum(PLAN.work.joint.today_kw.values())
    assert site - idle.load_kw == pytest.approx(taken * (1.0 + PARK.energy.grid.loss_share), abs=1e-6)
    assert PLAN.ahead.load_kw[:96] == pytest.approx(site, abs=1e-6)
    told = {name: PLAN.dispatch.filter(pl.col("asset_id") == name) for name in ("RACKS", "CARS")}
    for name, rows in told.items():
        assert rows["power_kw"].to_numpy() == pytest.approx(PLAN.work.joint.today_kw[name], abs=1e-8)
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


# ------------------------------------------------------------------------------------------------- over midnight


LATE = Movable(
    id="LATE", meter_id=METER, power_kw=15.0, units=2, duration_h=6.0, earliest="21:00", latest="05:00", **SHARED
)
NIGHT_CARS = CARS.model_copy(update={"id": "NIGHT", "earliest": "18:30", "latest": "06:30"})
NIGHTS = replace(PARK, energy=BARE.energy.model_copy(update={"movable": (LATE, NIGHT_CARS)}))


@pytest.fixture(scope="module")
def nights():
    """Three days, each planned with what the day before left: the days' plans, and what the last one leaves."""
    plans, left = [], {}
    for number in range(3):
        day = DAY + timedelta(days=number)
        month = dispatch.Month(PLAN.month.free_kw)
        plans.append(work.plan(NIGHTS, day, None, None, replace(OPENING, unfinished=left), month))
        left = movable.unfinished(NIGHTS, day, movable.taken(plans[-1].joint.table(), NIGHTS))
    return plans, left


@pytest.mark.parametrize(("one", "first", "last"), [(LATE, 84, 20), (NIGHT_CARS, 74, 26)])
def test_each_nights_run_is_done_once_in_its_window_whatever_day_plans_it(nights, one, first, last):
    plans, left = nights
    kw = np.concatenate([plan.joint.today_kw[one.id] for plan in plans])
    for night in range(3):
        begin, end = 96 * night + first, 96 * (night + 1) + last
        rest = left[one.id].energy_kwh if night == 2 and one.id in left else 0.0
        assert kw[begin:end].sum() / 4 + rest == pytest.approx(one.energy_kwh, abs=1e-4)
        assert kw[end : end + first - last].sum() == 0.0
    assert kw[:first].sum() == 0.0


def test_the_day_that_takes_over_plans_what_the_day_before_foresaw_or_better(nights):
    plans, _ = nights
    for before, after in pairwise(plans):
        for way in (after.unshifted, after.shifted, after.joint):
            taken = sum(way.work_kw["LATE"][:20]) / 4
            assert taken == pytest.approx(sum(before.joint.work_kw["LATE"][96 : 96 + 20]) / 4, abs=1e-4)
        assert after.joint.weighed_cny <= min(after.unshifted.weighed_cny, after.shifted.weighed_cny) + 1e-6


def test_the_balance_closes_on_both_sides_of_midnight(nights):
    plans, _ = nights
    for number, plan in enumerate(plans):
        day = DAY + timedelta(days=number)
        assert abs(plan.joint.dispatched.balance_residual_kwh) < 1e-6
        idle = of_schedule(NIGHTS, day, None, None, {}).load_kw
        taken = sum(plan.joint.today_kw.values()) * (1.0 + NIGHTS.energy.grid.loss_share)
        assert plan.joint.ahead.load_kw[:96] == pytest.approx(idle + taken, abs=1e-6)
        tomorrow = sum(kw[96:] for kw in plan.joint.work_kw.values()) * (1.0 + NIGHTS.energy.grid.loss_share)
        new = movable.spread_kw(NIGHTS, day + timedelta(days=1), movable.NOTHING)
        bare = of_schedule(NIGHTS, day + timedelta(days=1), None, None, new).load_kw
        assert plan.joint.ahead.load_kw[96:] == pytest.approx(bare + tomorrow, abs=1e-6)


def test_people_read_what_is_left_of_yesterday_and_the_whole_night_that_begins_today(nights):
    plans, _ = nights
    told = answer(NIGHTS, DAY + timedelta(days=1), plans[1])
    assert len(told.start) == 96 + 48
    late, cars = told.works
    midnight = NIGHTS.midnight(DAY + timedelta(days=1))
    assert [window.of_yesterday for window in late.windows] == [True, False]
    assert late.windows[0].latest == midnight + timedelta(hours=5)
    assert (late.windows[1].earliest, late.windows[1].latest) == (
        midnight + timedelta(hours=21), midnight + timedelta(hours=29)
    )  # fmt: skip
    for one, power in ((late, late.joint_kw), (cars, cars.unshifted_kw)):
        assert len(power) == 144
        assert sum(power) / 4 == pytest.approx(one.energy_kwh, abs=0.01)
    assert late.windows[1].energy_kwh == LATE.energy_kwh


def test_a_night_left_for_a_day_without_a_window_of_its_own_is_told_as_well():
    friday_only = LATE.model_copy(update={"days": "working"})
    park = replace(NIGHTS, energy=BARE.energy.model_copy(update={"movable": (friday_only,)}))
    day = next(day for n in range(8) if park.shifts(day := DAY + timedelta(days=n)) and not park.shifts(day + ONE_DAY))
    left = {"LATE": Unfinished(15.0 * 4.5, 0, (20, 10))}
    found = work.plan(park, day + ONE_DAY, None, None, replace(OPENING, unfinished=left), dispatch.Month({}))
    (told,) = answer(park, day + ONE_DAY, found).works
    assert [window.of_yesterday for window in told.windows] == [True]
    assert told.energy_kwh == pytest.approx(15.0 * 4.5)
    for power in (told.joint_kw, told.shifted_kw, told.unshifted_kw):
        assert power == pytest.approx([30.0] * 4 + [15.0] * 10 + [0.0] * 82)


def test_the_shipped_park_charges_its_trucks_over_the_night_and_the_next_day_ends_it():
    park, day = folder.load(Path(__file__).parents[2] / "parks" / "burn-in"), date(2026, 7, 15)
    opening = folder_opening(park)
    tonight = work.plan(park, day, None, None, opening, dispatch.Month({}))
    evening_kw = {name: kw[:96] for name, kw in tonight.joint.work_kw.items()}
    left = movable.unfinished(park, day, evening_kw)
    assert left == {"TRUCKS": Unfinished(pytest.approx(28.8), 0, (4,) * 4)}
    after = replace(opening, unfinished=left)
    next_day = work.plan(park, day + ONE_DAY, None, None, after, dispatch.Month({}))
    trucks = next_day.joint.work_kw["TRUCKS"]
    assert trucks[:24] == pytest.approx(np.full(24, 4.8))
    assert trucks[24:88].sum() == 0.0
    assert trucks[88:].sum() / 4 == pytest.approx(33.6)
