"""Laws that the plan of any day keeps, each worked out from the plan's tables and the park alone."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from datetime import date, timedelta
from functools import cache
from itertools import pairwise

import numpy as np
import polars as pl
import pytest
from run_park import small_park

from parkwright.energy import solar, weather
from parkwright.model.opening import Opening, folder_opening
from parkwright.model.tables import JOBS, SCHEDULE
from parkwright.plan.day import DayPlan, make_plan

FIRST = date(2026, 7, 13)
CASES = [(FIRST + timedelta(days=n * 29), 1 + n % 4) for n in range(12)]
"""Days of every season and weekday, with four seeds in turn."""


@cache
def plan_of(day: date, seed: int) -> DayPlan:
    return make_plan(small_park(), day, seed, folder_opening(small_park()))


@pytest.fixture(params=CASES, ids=lambda case: f"{case[0]}-{case[1]}")
def plan(request: pytest.FixtureRequest) -> DayPlan:
    return plan_of(*request.param)


def by_asset(plan: DayPlan, asset_id: str) -> pl.DataFrame:
    return plan.dispatch.filter(pl.col("asset_id") == asset_id).sort("start")


def test_nothing_is_violated_and_every_job_is_planned_or_named(plan: DayPlan) -> None:
    assert plan.violations == ()
    planned = set(plan.schedule["job_id"])
    left = {one.job_id for one in plan.unplaced}
    assert planned | left == set(plan.jobs["job_id"])
    assert not planned & left


def test_no_two_jobs_are_set_up_on_a_line_at_once_and_each_starts_after_its_kit(plan: DayPlan) -> None:
    ready = dict(plan.jobs.select("job_id", "kit_ready").rows())
    lines = defaultdict(list)
    for row in plan.schedule.iter_rows(named=True):
        assert row["start"] >= ready[row["job_id"]]
        assert row["setup_start"] <= row["start"] < row["end"]
        lines[row["work_center_id"]].append((row["setup_start"], row["start"]))
    for spans in lines.values():
        spans.sort()
        assert all(start <= after for (_, start), (after, _) in pairwise(spans))


def test_jobs_start_within_their_day(plan: DayPlan) -> None:
    day_start, day_end = small_park().day_bounds(plan.day)
    for row in plan.schedule.iter_rows(named=True):
        assert day_start <= row["setup_start"]
        assert row["start"] < day_end


def test_each_lot_is_made_whole_and_no_smaller_than_ordered(plan: DayPlan) -> None:
    made = plan.jobs.group_by("order_id").agg(pl.col("quantity").sum().alias("made"))
    rows = plan.orders.join(made, on="order_id", how="left")
    assert rows.filter(pl.col("made").fill_null(0) < pl.col("quantity")).is_empty()


def test_the_battery_follows_its_set_points_and_never_leaves_its_limits(plan: DayPlan) -> None:
    park = small_park()
    battery, hours = park.energy.battery[0], park.site.metering_interval_s / 3600
    rows = by_asset(plan, battery.id)
    power, stored = rows["power_kw"].to_numpy(), rows["state_of_charge_kwh"].to_numpy()
    assert np.abs(power).max() <= battery.power_kw + 1e-6
    assert stored.min() >= -1e-6
    assert stored.max() <= battery.capacity_kwh + 1e-6
    held = battery.capacity_kwh * battery.opening_share
    for kw, after in zip(power, stored, strict=True):
        charged = max(kw, 0.0) * battery.charge_efficiency - max(-kw, 0.0) / battery.discharge_efficiency
        assert after == pytest.approx(held + charged * hours, abs=1e-4)
        held = after


def test_the_grid_gives_what_the_site_takes_less_the_sun_and_the_battery(plan: DayPlan) -> None:
    park = small_park()
    top = [m.id for m in park.meters if m.role == "load" and m.commodity == "electricity" and not m.parent_id]
    load_kw = (
        plan.load.filter(pl.col("meter_id").is_in(top)).group_by("start").agg(pl.col("power_kw").sum()).sort("start")
    )
    sun_kw = solar.total_kw(park.energy.solar, park.site, weather.of_day(park, plan.day))
    battery = by_asset(plan, park.energy.battery[0].id)["power_kw"].to_numpy()
    grid = by_asset(plan, "grid")["power_kw"].to_numpy()
    site = load_kw["power_kw"].to_numpy() * (1 + park.energy.grid.loss_share)
    unmet = grid - (site + battery - sun_kw)
    # Whatever the sun gives beyond the export limit is curtailed: the grid may show more than the balance, never less.
    assert unmet.min() >= -0.01 * max(1.0, site.max())
    assert grid.max() <= park.energy.grid.import_limit_kw + 1e-6
    assert grid.min() >= -park.energy.grid.export_limit_kw - 1e-6


def test_the_signal_has_the_tariff_s_bands_and_one_row_an_interval(plan: DayPlan) -> None:
    park = small_park()
    assert plan.signal["start"].to_list() == park.intervals(plan.day).to_list()
    tariff = park.tariffs[0]
    for band, price in plan.signal.select("band", "price_cny_per_kwh").unique().rows():
        assert price == pytest.approx(tariff.flat_cny_per_kwh * tariff.ratio[band])
    assert (plan.signal["co2e_kg_per_kwh"] >= 0).all()


def test_every_scheduled_job_has_its_kit_brought_before_it_starts_and_its_goods_fetched_after(plan: DayPlan) -> None:
    first = dict(plan.schedule.select("job_id", "setup_start").rows())
    end = dict(plan.schedule.select("job_id", "end").rows())
    tasks = defaultdict(set)
    for task in plan.tasks.iter_rows(named=True):
        kind, load = task["load_id"].split(":", 1)
        job_id = load.split("/")[0]  # a job too large for one trip is fetched in several, each with its number
        tasks[job_id].add(kind)
        assert task["release"] <= task["due"]
        if kind == "kit":
            assert task["due"] <= first[job_id]
        else:
            assert task["release"] >= end[job_id] - timedelta(seconds=1)
    assert set(tasks) == set(first)
    assert all(kinds == {"kit", "goods"} for kinds in tasks.values())


@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
def test_the_day_and_the_next_give_back_what_the_battery_held_at_midnight(share: float) -> None:
    park = small_park()
    battery = park.energy.battery[0]
    opening = Opening({**folder_opening(park).stored_kwh, battery.id: share * battery.capacity_kwh})
    made = make_plan(park, CASES[0][0], 1, opening)
    assert made.stored_kwh[battery.id][-1] >= share * battery.capacity_kwh - 1e-4
    assert made.stored_kwh[battery.id][95] == pytest.approx(by_asset(made, battery.id)["state_of_charge_kwh"][-1])


def test_dearer_power_makes_a_dearer_day() -> None:
    park = small_park()
    day, found = CASES[0][0], []
    for factor in (1.0, 2.0):
        tariffs = tuple(replace_price(tariff, factor) for tariff in park.tariffs)
        found.append(make_plan(replace(park, tariffs=tariffs), day, 1, folder_opening(park)).objective["energy_cny"])
    assert found[1] > found[0] > 0


def replace_price(tariff, factor):
    return tariff.model_copy(update={"flat_cny_per_kwh": tariff.flat_cny_per_kwh * factor})


def test_the_digest_names_park_day_and_seed() -> None:
    digests = {plan_of(day, seed).digest for day, seed in CASES}
    assert len(digests) == len(CASES)
    assert all(len(digest) == 64 for digest in digests)
    assert set(plan_of(*CASES[0]).jobs.schema) == set(JOBS.schema)
    assert set(plan_of(*CASES[0]).schedule.schema) == set(SCHEDULE.schema)
