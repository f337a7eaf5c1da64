"""Movable work: its windows, what it takes where nobody has planned it, and its blocks, losses included."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import polars as pl
import pytest
from energy_park import DAY, SUNDAY, noun, park, plant
from hypothesis import given, settings
from hypothesis import strategies as st

from parkwright.energy import load, movable, weather
from parkwright.energy.blocks import Flexible, Job
from parkwright.model.plant import Grid, Movable
from parkwright.model.tables import DISPATCH, conform

LOSS = 0.02


def work(work_id="W", **fields):
    given = {"meter_id": "bld", "power_kw": 10.0, "units": 2, "duration_h": 1.5, "earliest": "08:00", "latest": "12:00"}
    return noun(Movable, id=work_id, **given | fields)


def park_with(*works, timezone="Asia/Shanghai"):
    grid = noun(Grid, import_limit_kw=500, export_limit_kw=0, export_cny_per_kwh=0, loss_share=LOSS)
    one = park(energy=plant().model_copy(update={"movable": works, "grid": grid}))
    return replace(one, site=one.site.model_copy(update={"timezone": timezone}))


def test_work_that_nobody_planned_is_spread_over_its_window_and_stands_at_its_meter_alone():
    one = park_with(work())
    sky = weather.of_day(one, DAY)
    spread = movable.spread_kw(one, DAY)["W"]
    assert spread[32:48] == pytest.approx(np.full(16, 7.5))
    assert spread.sum() / 4 == pytest.approx(30.0)
    with_it, without = load.profile(one, DAY, sky), load.profile(one, DAY, sky, None, {})
    assert with_it.own_kw["bld"] - without.own_kw["bld"] == pytest.approx(spread)
    changed = [name for name in with_it.own_kw if not np.allclose(with_it.own_kw[name], without.own_kw[name])]
    assert changed == ["bld"]


def test_a_planned_work_is_taken_as_it_is_planned_and_the_busbar_gives_its_losses_too():
    one = park_with(work())
    sky, starts = weather.of_day(one, DAY), one.intervals(DAY)
    planned = np.zeros(96)
    planned[40] = 20.0
    there = load.site_kw(one, load.forecast(one, DAY, sky, None, {"W": planned}), starts)
    bare = load.site_kw(one, load.forecast(one, DAY, sky, None, {}), starts)
    assert there - bare == pytest.approx(planned * (1.0 + LOSS))


def test_work_of_working_days_rests_on_a_day_without_a_shift():
    one = park_with(work(), work("E", days="every"))
    assert [each.id for each in movable.of_day(one, SUNDAY)] == ["E"]
    assert set(movable.spread_kw(one, SUNDAY)) == {"E"}
    assert len(movable.blocks(one, SUNDAY, "power")) == 2


def test_work_in_one_piece_is_a_job_a_unit_and_the_last_interval_may_be_worked_in_part():
    one = park_with(work(duration_h=1.1))
    jobs = movable.blocks(one, DAY, "power")
    assert [job.id for job in jobs] == ["W#0", "W#1"]
    assert all(isinstance(job, Job) for job in jobs)
    assert jobs[0].power_kw.tolist() == pytest.approx([10.2, 10.2, 10.2, 10.2, 10.2 * 0.4])
    assert (jobs[0].starts[0], jobs[0].starts[-1]) == (32, 48 - 5)


def test_work_in_portions_is_one_block_of_all_its_units():
    (block,) = movable.blocks(park_with(work(interruptible=True)), DAY, "power")
    assert block == Flexible("W", "power", pytest.approx(20.4), pytest.approx(30.6), 32, 48)


@settings(max_examples=40)
@given(
    first=st.integers(0, 80), room=st.integers(0, 40), length=st.floats(0.2, 3.0), units=st.integers(1, 4),
    portions=st.booleans(), seed=st.integers(0, 99),
)  # fmt: skip
def test_whatever_is_chosen_every_work_gets_its_energy_inside_its_window(first, room, length, units, portions, seed):
    end = min(first + int(np.ceil(length * 4)) + room, 96)
    clock = [f"{step // 4:02}:{15 * (step % 4):02}" for step in (first, end)]
    one = park_with(work(duration_h=length, units=units, earliest=clock[0], latest=clock[1], interruptible=portions))
    rng = np.random.default_rng(seed)
    taken = {}
    for block in movable.blocks(one, DAY, "power"):
        taken[block.id] = np.zeros(96)
        if isinstance(block, Job):
            start = int(rng.choice(block.starts))
            taken[block.id][start : start + len(block.power_kw)] = block.power_kw
        else:
            share = block.energy_kwh / (block.limit_kw * (block.end - block.first) / 4)
            assert share <= 1.0 + 1e-9
            taken[block.id][block.first : block.end] = block.limit_kw * share
    power = movable.by_work(one, taken)["W"]
    assert power.sum() / 4 == pytest.approx(one.energy.movable[0].energy_kwh)
    assert power[:first].sum() + power[end:].sum() == pytest.approx(0.0)
    assert power.max() <= 10.0 * units + 1e-9


@pytest.mark.parametrize(("day", "steps"), [(date(2026, 3, 29), 92), (date(2026, 10, 25), 100)])
def test_on_the_days_the_clocks_change_the_work_still_gets_what_it_needs(day, steps):
    tight = work(earliest="01:00", latest="03:30", duration_h=2.5, days="every")
    one = park_with(tight, timezone="Europe/Berlin")
    first, end = movable.window(one, day, tight)
    assert 0 <= first < end <= steps
    assert end - first >= 10
    assert movable.spread_kw(one, day)["W"].sum() / 4 == pytest.approx(50.0)
    assert all(job.starts.min() >= first for job in movable.blocks(one, day, "power"))


def test_what_a_plan_told_is_read_back_and_what_moved_is_counted_once():
    one = park_with(work(), work("V"))
    starts = one.intervals(DAY)[:3]
    rows = [(start, name, kw) for name, kw in (("BAT", 9.0), ("W", 5.0), ("V", 0.0)) for start in starts]
    frame = pl.DataFrame(rows, schema=["start", "asset_id", "power_kw"], orient="row").with_columns(
        state_of_charge_kwh=pl.lit(None, pl.Float64), reason=pl.lit("work")
    )
    told = movable.taken(conform(frame, DISPATCH), one)
    assert {name: kw.tolist() for name, kw in told.items()} == {"W": [5.0] * 3, "V": [0.0] * 3}
    before, now = {"W": np.array([20.0, 0.0])}, {"W": np.array([0.0, 20.0])}
    assert movable.moved_kwh(now, before, 0.25) == 5.0
    assert movable.moved_kwh(before, before, 0.25) == 0.0
