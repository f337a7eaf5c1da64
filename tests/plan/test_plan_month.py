"""The month planner, the day that knows it, and the plans within the day."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import polars as pl
import pytest
from run_park import small_park

from parkwright.energy.dispatch import GRID
from parkwright.model.opening import Opening, folder_opening
from parkwright.model.plant import DemandCharge
from parkwright.plan import month
from parkwright.plan.day import make_plan
from parkwright.plan.expected import joined, of_schedule
from parkwright.plan.intraday import Intraday, Seen

DAY = date(2026, 7, 15)
CHARGE = DemandCharge(by="maximum", cny_per_kw_month=300.0, basis="assumed: a test")


def charging(park):
    """The park with a demand charge and half its power to the battery."""
    tariffs = tuple(tariff.model_copy(update={"demand": CHARGE}) for tariff in park.tariffs)
    return replace(park, tariffs=tariffs)


PARK = charging(small_park())
OPENING = folder_opening(PARK)
PLAN = make_plan(PARK, DAY, 1, OPENING)
HELD = {one.id: 0.5 * one.capacity_kwh for one in PARK.energy.battery} | {
    one.id: 0.5 * one.capacity_kwh for one in PARK.energy.tank
}


def grid(plan):
    return plan.dispatch.filter(pl.col("asset_id") == GRID)["power_kw"].to_numpy()


def seen(**changes):
    return Seen(**{"stored_kwh": HELD, "reached_kw": {}} | changes)


def test_the_target_lies_between_the_months_mean_import_and_what_it_would_reach_without_stores():
    days = [date(2026, 7, number) for number in range(1, 32, month.EVERY_DAYS)]
    expected = joined([of_schedule(PARK, day, None) for day in days])
    found = month.target_kw(PARK, DAY)
    assert expected.starts.len() == 96 * len(days)
    assert np.maximum(expected.load_kw - expected.pv_kw, 0.0).mean() < found
    assert found < (expected.load_kw - expected.pv_kw).max()


def test_without_a_demand_charge_or_stores_there_is_no_target():
    assert month.target_kw(small_park(), DAY) is None
    bare = replace(PARK, energy=PARK.energy.model_copy(update={"battery": (), "tank": ()}))
    assert month.target_kw(bare, DAY) is None


def test_what_was_reached_is_free_where_it_is_higher_than_the_target():
    target = month.target_kw(PARK, DAY)
    reached = Opening(reached_kw={"2026-07": target + 50.0, "2026-06": 9e3})
    assert month.of_day(PARK, DAY, Opening()).free_kw == {"2026-07": pytest.approx(target)}
    assert month.of_day(PARK, DAY, reached).free_kw == {"2026-07": pytest.approx(target + 50.0)}
    assert set(month.of_day(PARK, date(2026, 7, 31), reached).free_kw) == {"2026-07", "2026-08"}


def test_a_day_pays_only_for_what_it_raises_the_month_by():
    highest = grid(PLAN).max()
    assert PLAN.objective["peak_kw"] == pytest.approx(highest)
    assert PLAN.objective["demand_cny"] == pytest.approx(300.0 * highest)
    late = make_plan(PARK, DAY, 1, replace(OPENING, reached_kw={"2026-07": 1e4}))
    assert late.objective["demand_cny"] == 0.0
    assert late.objective["peak_free_kw"] == 1e4
    assert grid(late).max() >= highest - 1e-6
    assert late.objective["energy_cny"] - late.objective["carried_cny"] <= (
        PLAN.objective["energy_cny"] - PLAN.objective["carried_cny"] + 1e-6
    )


def test_a_plan_ends_its_second_day_as_full_as_the_first_began():
    battery = PARK.energy.battery[0]
    stored = PLAN.stored_kwh[battery.id]
    assert len(stored) == 192
    assert stored[-1] >= battery.opening_share * battery.capacity_kwh - 1e-4
    shown = PLAN.dispatch.filter(pl.col("asset_id") == battery.id)["state_of_charge_kwh"].to_numpy()
    assert shown == pytest.approx(stored[:96], abs=1e-6)


def test_a_plan_made_anew_of_what_was_expected_asks_what_the_day_asked():
    opening = {**OPENING.stored_kwh}
    asked = Intraday(PARK, PLAN).ask(0, Seen(opening, {}))
    planned = PLAN.dispatch.filter(pl.col("start") == pl.col("start").min())
    for asset_id, kw in planned.filter(pl.col("asset_id") != GRID).select("asset_id", "power_kw").iter_rows():
        assert asked.power_kw[asset_id] == pytest.approx(kw, abs=5.0)
    assert asked.import_kw == pytest.approx(PLAN.month.free_kw["2026-07"])
    assert asked.status in ("optimal", "relaxed")


def test_a_load_above_the_forecast_is_met_by_the_battery_up_to_the_months_peak():
    step = int(np.argmax(PLAN.ahead.load_kw[:96]))
    free = PLAN.month.free_kw["2026-07"]
    high = free + 20.0 + float(PLAN.ahead.pv_kw[step - 1])
    asked = Intraday(PARK, PLAN).ask(step, seen(load_kw=high))
    assert asked.power_kw[PARK.energy.battery[0].id] < 0.0


def test_a_month_that_has_reached_more_lets_more_in():
    asked = Intraday(PARK, PLAN).ask(40, seen(reached_kw={"2026-07": 5e3}))
    assert asked.import_kw == pytest.approx(5e3)


def test_without_a_demand_charge_nothing_is_held():
    plain = small_park()
    asked = Intraday(plain, make_plan(plain, DAY, 1, folder_opening(plain))).ask(0, Seen(HELD, {}))
    assert asked.import_kw is None


def test_every_step_of_the_day_is_answered_even_from_empty_stores():
    intraday, empty = Intraday(PARK, PLAN), dict.fromkeys(HELD, 0.0)
    for step in range(0, 96, 12):
        asked = intraday.ask(step, seen(stored_kwh=empty, load_kw=0.0, pv_kw=0.0))
        assert set(asked.power_kw) == {one.id for one in PARK.energy.battery}
        assert asked.power_kw["BAT1"] >= -1e-6
