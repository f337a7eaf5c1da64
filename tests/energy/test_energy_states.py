"""Machines by state: known answers of warm-up and standby, states that tile the day, energy that is kept."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest
from energy_park import DAY, MIDNIGHT, park
from hypothesis import given, settings
from hypothesis import strategies as st

from parkwright.energy import states
from parkwright.energy.states import Machine
from parkwright.model.errors import PlanError

OVEN = Machine(off_kw=1.0, standby_kw=11.0, warm_up_kw=31.0, warm_up_s=1800.0, run_kw={"snap": 41.0, "sac": 51.0})
DAWN = datetime(2026, 7, 15, tzinfo=UTC)


def at(hour):
    return DAWN + timedelta(hours=hour)


def quarters(hours=24):
    return pl.datetime_range(DAWN, at(hours), "15m", closed="left", time_unit="ms", eager=True).alias("start")


def named(found):
    return [((one.start - DAWN).total_seconds() / 3600, one.state, one.recipe) for one in found]


def paused(machine, minutes):
    """The states between two runs that lie so far apart, the first of them long after midnight."""
    back = at(5) + timedelta(minutes=minutes)
    found = states.sequence(machine, [(at(4), at(5), "a"), (back, back + timedelta(hours=1), "a")], (DAWN, at(24)))
    return [one.state for one in found if at(5) <= one.start < back]


@pytest.mark.parametrize(
    ("machine", "minutes", "wanted"),
    [
        (Machine(1.0, 11.0, 31.0, 1800.0, {"a": 41.0}), 90, ["standby"]),  # 1,800 s x 30 kW / 10 kW: as dear
        (Machine(1.0, 11.0, 31.0, 1800.0, {"a": 41.0}), 91, ["off", "warm_up"]),
        (Machine(2.0, 2.0, 9.0, 600.0, {"a": 9.0}), 600, ["standby"]),  # off saves nothing
        (Machine(0.0, 6.0, 5.0, 600.0, {"a": 9.0}), 9, ["standby"]),  # no time to warm up
        (Machine(0.0, 6.0, 5.0, 600.0, {"a": 9.0}), 10, ["warm_up"]),  # warming up needs less than standing by
    ],
)
def test_switching_off_pays_after_the_warm_up_is_earned_back(machine, minutes, wanted):
    assert paused(machine, minutes) == wanted


def test_a_short_pause_is_stood_by_and_a_long_one_is_switched_off():
    runs = [(at(8), at(10), "sac"), (at(11), at(12), "snap"), (at(16), at(17), "sac")]
    assert named(states.sequence(OVEN, runs, (DAWN, at(24)))) == [
        (0, "off", ""), (7.5, "warm_up", ""), (8, "run", "sac"), (10, "standby", ""), (11, "run", "snap"),
        (12, "off", ""), (15.5, "warm_up", ""), (16, "run", "sac"), (17, "off", ""),
    ]  # fmt: skip


def test_the_energy_of_a_day_is_known():
    found = states.sequence(OVEN, [(at(8), at(10), "sac"), (at(11), at(12), "snap")], (DAWN, at(24)))
    wanted = 7.5 * 1 + 0.5 * 31 + 2 * 51 + 1 * 11 + 1 * 41 + 12 * 1
    assert states.energy_kwh(OVEN, found) == pytest.approx(wanted)
    power = states.power_kw(OVEN, found, quarters(), 900.0)
    assert power.sum() * 0.25 == pytest.approx(wanted)
    assert power[32] == 51.0
    assert power[30] == 31.0


def test_a_machine_without_runs_is_off():
    assert named(states.sequence(OVEN, [], (DAWN, at(24)))) == [(0, "off", "")]


def test_a_machine_without_warm_up_may_run_at_once():
    machine = Machine(0.0, 1.0, 1.0, 0.0, {"a": 2.0})
    assert named(states.sequence(machine, [(DAWN, at(1), "a")], (DAWN, at(2)))) == [(0, "run", "a"), (1, "off", "")]


@pytest.mark.parametrize(
    ("runs", "text"),
    [
        ([(at(0.25), at(1), "sac")], "has 900 s to warm up"),
        ([(at(8), at(9), "other")], "recipe 'other' has no power"),
        ([(at(8), at(10), "sac"), (at(9), at(11), "sac")], "overlaps another"),
        ([(at(8), at(8), "sac")], "is empty"),
        ([(at(23), at(25), "sac")], "leaves the window"),
        ([(at(-1), at(2), "sac")], "leaves the window"),
    ],
)
def test_runs_that_cannot_be_are_refused(runs, text):
    with pytest.raises(PlanError, match=text):
        states.sequence(OVEN, runs, (DAWN, at(24)))


@given(
    lengths=st.lists(st.tuples(st.integers(1, 12), st.integers(1, 16)), min_size=1, max_size=6),
    standby=st.floats(1.0, 30.0),
)
@settings(max_examples=80, deadline=None)
def test_states_tile_the_day_and_need_no_more_than_standing_by(lengths, standby):
    machine = Machine(1.0, standby, 31.0, 1800.0, {"sac": 51.0})
    runs, clock = [], at(1)
    for pause, length in lengths:
        start = clock + timedelta(minutes=5 * pause)
        clock = start + timedelta(minutes=10 * length)
        runs.append((start, clock, "sac"))
    found = states.sequence(machine, runs, (DAWN, at(24)))
    assert found[0].start == DAWN
    assert found[-1].end == at(24)
    assert all(one.end == after.start for one, after in itertools.pairwise(found))
    assert all(after.state in ("warm_up", "off") for one, after in itertools.pairwise(found) if one.state == "off")
    power = states.power_kw(machine, found, quarters(), 900.0)
    assert power.sum() * 0.25 == pytest.approx(states.energy_kwh(machine, found), abs=1e-9)
    between = (runs[-1][1] - runs[0][0] - sum((end - start for start, end, _ in runs), timedelta())).total_seconds()
    rested = sum(
        (one.end - one.start).total_seconds() * {"off": 1.0, "standby": standby, "warm_up": 31.0}[one.state]
        for one in found
        if one.state != "run" and runs[0][0] <= one.start < runs[-1][1]
    )
    assert rested <= between * standby + 1e-6


def test_the_plan_of_a_line_becomes_the_power_of_its_machines():
    one = park()
    starts = one.intervals(DAY)
    line = one.work_centers[0]
    job = {
        "job_id": ["j1"], "segment_id": [line.segment_ids[0]], "work_center_id": [line.id],
        "setup_start": [MIDNIGHT + timedelta(hours=9)], "start": [MIDNIGHT + timedelta(hours=10)],
        "end": [MIDNIGHT + timedelta(hours=12)], "energy_kwh": [0.0], "cost_cny": [0.0], "co2e_kg": [0.0],
    }  # fmt: skip
    found = states.planned_kw(one, pl.DataFrame(job), starts)
    assert set(found) == set(one.work_unit)
    for unit in line.work_unit:
        assert found[unit.id][44] == pytest.approx(unit.run_kw)
        assert found[unit.id][60] == pytest.approx(unit.off_kw)
    idle = states.planned_kw(one, pl.DataFrame(job).clear(), starts)
    assert all(np.allclose(idle[unit.id], unit.off_kw) for unit in line.work_unit)


def test_a_line_that_runs_from_midnight_was_warmed_up_the_evening_before():
    one = park()
    line = one.work_centers[0]
    job = {
        "job_id": ["j1"], "segment_id": ["s"], "work_center_id": [line.id], "setup_start": [MIDNIGHT],
        "start": [MIDNIGHT - timedelta(hours=1)], "end": [MIDNIGHT + timedelta(hours=1)],
        "energy_kwh": [0.0], "cost_cny": [0.0], "co2e_kg": [0.0],
    }  # fmt: skip
    found = states.planned_kw(one, pl.DataFrame(job), one.intervals(DAY))
    assert all(found[unit.id][0] == pytest.approx(unit.run_kw) for unit in line.work_unit)


def test_only_an_oven_warms_up():
    units = park().work_centers[0].work_unit
    for unit in units:
        warm = states.of_unit(unit, ["a"]).warm_up_s
        assert (warm > 0.0) == (unit.kind == "oven")
        assert states.of_unit(unit.model_copy(update={"kind": "oven"}), ["a"]).warm_up_s == states.OVEN_WARM_UP_S
