"""Levels of stores that cannot be: held to their limits or left out, and told once; the run goes on."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from run_park import COARSE, DAY, ISO, small_park, small_plan

from parkwright.model.opening import folder_opening
from parkwright.model.plant import Tank
from parkwright.model.tables import SAMPLES
from parkwright.run.clock import SimulatedClock
from parkwright.run.day import DayRun
from parkwright.run.levels import MARGIN_SHARE, STUCK_SHARE, Levels, level_signals, within
from parkwright.run.pilot import Pilot
from parkwright.run.ports import Image
from parkwright.store.journal import Journal
from parkwright.twin.park import Twin
from parkwright.wire import live

TANK = Tank(
    id="TK1", name={"en": "a", "zh": "b"}, capacity_kwh=500.0, loss_share_per_h=0.01, basis="assumed: a test"
)  # fmt: skip
BARE = small_park()
PARK = replace(BARE, energy=BARE.energy.model_copy(update={"tank": (TANK,)}))
START = PARK.midnight(DAY)
MOST = PARK.energy.battery[0].capacity_kwh
SOC = "BAT1/soc_kwh"
MINUTE = timedelta(minutes=1)


def image(minute, **values):
    """An image of a minute of the day whose samples are `values` by signal."""
    at = START + minute * MINUTE
    rows = [(at, name, value, "good") for name, value in values.items()]
    return Image(at, {"samples": pl.DataFrame(rows, schema=SAMPLES.schema, orient="row")})


def kinds(levels, *images):
    """Return kind and thing of the alarms about each image."""
    return [levels.see(one).select("kind", "thing_id").rows() for one in images]


@pytest.fixture(scope="module")
def plan():
    return small_plan()


def test_each_store_has_its_signal():
    assert level_signals(PARK) == {SOC: "BAT1", "TK1/stored_kwh": "TK1"}


@pytest.mark.parametrize(
    ("told", "kept"), [(5000.0, MOST), (-3.0, 0.0), (40.0, 40.0), (float("inf"), None), (float("nan"), None)]
)
def test_a_level_is_held_to_the_limits_and_no_number_is_left_out(told, kept):
    found = within(PARK, {SOC: told, "TK1/stored_kwh": 12.0, "grid-in/power_kw": 9.0})
    assert found == {"TK1": 12.0} | ({} if kept is None else {"BAT1": kept})


@given(level=st.floats(allow_nan=True, allow_infinity=True))
def test_whatever_a_gauge_tells_a_plan_gets_a_level_that_can_be(level):
    for value in within(PARK, {SOC: level}).values():
        assert 0.0 <= value <= MOST


def test_a_level_outside_is_told_once_and_again_after_it_was_right():
    levels = Levels(PARK)
    seen = kinds(levels, *(image(n, **{SOC: value}) for n, value in enumerate([5000.0, 5001.0, 50.0, -9.0, 51.0])))
    outside = [("store_outside", "BAT1")]
    assert seen == [outside, [], [], outside, []]


def test_no_number_is_told_and_a_gauges_last_digit_is_not():
    levels = Levels(PARK)
    assert kinds(levels, image(0, **{SOC: float("nan")})) == [[("store_outside", "BAT1")]]
    beyond = (1.0 + 0.9 * MARGIN_SHARE) * MOST
    assert kinds(levels, image(1, **{SOC: beyond}), image(2, **{SOC: -0.9 * MARGIN_SHARE * MOST})) == [[], []]
    (text,) = Levels(PARK).see(image(0, **{SOC: 5000.0}))["text"]
    assert "5000 kWh of 100 kWh" in text


def test_a_level_that_stands_still_while_energy_flows_is_told_and_one_that_rests_is_not():
    charge = next(meter.id for meter in PARK.meters if meter.role == "charge")
    hour_kw = STUCK_SHARE * MOST
    flowing = [image(30 * n, **{SOC: 50.0, f"{charge}/power_kw": hour_kw}) for n in range(5)]
    assert kinds(Levels(PARK), *flowing) == [[], [], [], [("store_stuck", "BAT1")], []]
    resting = [image(30 * n, **{SOC: 50.0, f"{charge}/power_kw": 0.0}) for n in range(5)]
    moving = [image(30 * n, **{SOC: 50.0 + n, f"{charge}/power_kw": hour_kw}) for n in range(5)]
    for images in (resting, moving):
        assert kinds(Levels(PARK), *images) == [[]] * 5


def test_the_pilot_plans_from_the_limit_and_by_the_days_plan_where_there_is_no_number(plan):
    def asked(value):
        points = Pilot(BARE, plan, folder_opening(BARE)).set_points(image(15 * 40, **{SOC: value}))
        return [(point.asset_id, point.power_kw) for point in points]

    assert asked(5000.0) == asked(MOST)
    assert asked(-7.0) == asked(0.0)
    row = plan.dispatch.filter((pl.col("start") == START + 600 * MINUTE) & (pl.col("asset_id") == "BAT1"))
    assert asked(float("nan")) == [("BAT1", row["power_kw"].item())]


class Broken:
    """A twin whose battery gauge tells 9,999 kWh from 10:00 to 11:00, and no number from 20:00 on."""

    def __init__(self, twin):
        self.twin = twin

    def __getattr__(self, name):
        return getattr(self.twin, name)

    def sense(self, until):
        seen, hour = self.twin.sense(until), (until - START) / timedelta(hours=1)
        wrong = 9999.0 if 10 <= hour < 11 else float("nan") if hour >= 20 else None
        gauge = pl.col("signal_id") == SOC if wrong is not None else pl.lit(False)
        value = pl.when(gauge).then(pl.lit(wrong)).otherwise(pl.col("value"))
        return Image(seen.at, seen.tables | {"samples": seen.tables["samples"].with_columns(value=value)})


def test_a_day_with_a_broken_gauge_closes_names_it_and_leaves_the_last_level_that_can_be(tmp_path):
    opening = folder_opening(BARE)
    twin = Twin(BARE, DAY, 1, opening)
    with Journal(tmp_path / "ledger.db") as facts:
        result = DayRun(BARE, DAY, 1, Broken(twin), twin, facts, SimulatedClock(START), opening, COARSE).run()
        assert result is not None
        told = facts.read("alarms", ISO).filter(pl.col("kind") == "store_outside")
        assert told.select("thing_id", "at").rows() == [("BAT1", START + hour * 60 * MINUTE) for hour in (10, 20)]
        samples = facts.read("samples", ISO).filter(pl.col("signal_id") == SOC).sort("start")
        known = samples.filter(pl.col("value").is_finite())["value"][-1]
        assert samples["value"].is_nan().sum() == 5
        assert result.opening.stored_kwh["BAT1"] == known <= MOST
        assert live.opening_at(BARE, facts, DAY, DAY + timedelta(days=1)).stored_kwh["BAT1"] == known
