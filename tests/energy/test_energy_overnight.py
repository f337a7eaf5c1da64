"""Work whose window goes over midnight: what a day leaves, what the next one takes over, each run done exactly once."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from energy_park import DAY, SUNDAY, noun, park, plant
from hypothesis import given, settings
from hypothesis import strategies as st

from parkwright.energy import movable
from parkwright.energy.blocks import Flexible, Job
from parkwright.model.opening import Unfinished
from parkwright.model.plant import Grid, Movable

LOSS, STEP_H = 0.02, 0.25
NEXT = DAY + timedelta(days=1)


def work(**fields):
    given = {"meter_id": "bld", "power_kw": 10.0, "units": 2, "duration_h": 3.0, "earliest": "22:00", "latest": "06:00"}
    return noun(Movable, id="W", **{"days": "every"} | given | fields)


def park_with(one, timezone="Asia/Shanghai"):
    grid = noun(Grid, import_limit_kw=500, export_limit_kw=0, export_cny_per_kwh=0, loss_share=LOSS)
    found = park(energy=plant().model_copy(update={"movable": (one,), "grid": grid}))
    return replace(found, site=found.site.model_copy(update={"timezone": timezone}))


def power(*spans):
    """Return a day's power of work (T,) from (first, end, kW)."""
    kw = np.zeros(96)
    for first, end, level in spans:
        kw[first:end] += level
    return kw


# ------------------------------------------------------------------------------------------------- known answers


def test_a_window_that_ends_at_or_before_its_beginning_ends_on_the_next_day():
    assert movable.window(park_with(work()), DAY, work()) == (88, 96 + 24)
    round_the_clock = work(earliest="08:00", latest="08:00")
    assert movable.window(park_with(round_the_clock), DAY, round_the_clock) == (32, 96 + 32)
    until_midnight = work(latest="00:00", duration_h=1.0)
    assert movable.window(park_with(until_midnight), DAY, until_midnight) == (88, 96)
    assert not list(movable.after_midnight(park_with(until_midnight), NEXT))


def test_where_nobody_planned_it_a_day_takes_its_own_evening_and_the_morning_of_the_night_before():
    spread = movable.spread_kw(park_with(work()), DAY)["W"]
    assert spread == pytest.approx(power((0, 24, 7.5), (88, 96, 7.5)))
    after_a_day_that_left_nothing = movable.spread_kw(park_with(work()), DAY, {})["W"]
    assert after_a_day_that_left_nothing == pytest.approx(power((88, 96, 7.5)))
    left = movable.spread_kw(park_with(work()), DAY, {"W": Unfinished(12.0, 0, ())})["W"]
    assert left == pytest.approx(power((0, 24, 2.0), (88, 96, 7.5)))


def test_of_portions_the_rest_of_the_energy_is_left_until_the_window_ends():
    one = park_with(work(interruptible=True))
    left = movable.unfinished(one, DAY, {"W": power((0, 24, 5.0), (90, 96, 20.0))})
    assert left == {"W": Unfinished(pytest.approx(30.0))}
    rest, own = movable.blocks(one, NEXT, "power", left)
    assert rest == Flexible("W#left", "power", pytest.approx(20.4), pytest.approx(30.6), 0, 24)
    assert own == Flexible("W", "power", pytest.approx(20.4), pytest.approx(61.2), 88, 120)


def test_a_unit_under_way_goes_on_at_once_and_one_that_waits_may_still_choose():
    one = park_with(work(units=3))
    left = movable.unfinished(one, DAY, {"W": power((88, 96, 10.0), (94, 96, 10.0))})
    assert left == {"W": Unfinished(pytest.approx(10.0 + 25.0 + 30.0), 1, (8, 2))}
    under_way, later, waiting, *own = movable.blocks(one, NEXT, "power", left)
    assert (len(under_way.power_kw), under_way.starts.tolist()) == (4, [0])
    assert (len(later.power_kw), later.starts.tolist()) == (10, [0])
    assert (len(waiting.power_kw), waiting.starts.tolist()) == (12, list(range(13)))
    assert [(len(job.power_kw), job.starts[0], job.starts[-1]) for job in own] == [(12, 88, 108)] * 3
    assert len({job.id for job in (under_way, later, waiting, *own)}) == 6
    kw = movable.by_work(one, {job.id: job.power_kw[:1] for job in (under_way, later)})
    assert kw["W"] == pytest.approx([20.0])


def test_a_last_interval_worked_in_part_does_not_look_like_a_unit_that_begins():
    one = park_with(work(duration_h=1.1))
    left = movable.unfinished(one, DAY, {"W": power((88, 92, 10.0), (92, 93, 4.0), (93, 96, 10.0))})
    assert left == {"W": Unfinished(pytest.approx(11.0 - 7.5), 0, (3,))}


def test_done_work_unplanned_work_and_work_within_the_day_leave_nothing():
    assert movable.unfinished(park_with(work()), DAY, {}) == {}
    short = park_with(work(duration_h=1.0))
    assert movable.unfinished(short, DAY, {"W": power((90, 94, 20.0))}) == {}
    inside = park_with(work(earliest="01:00", latest="06:00"))
    assert movable.unfinished(inside, DAY, {"W": power()}) == {}


def test_work_of_working_days_runs_on_into_a_day_without_a_shift():
    one = park_with(work(days="working"))
    saturday = SUNDAY - timedelta(days=1)
    open_before = [each.id for each, _, _ in movable.after_midnight(one, saturday)]
    assert open_before == ["W"]
    assert movable.of_day(one, SUNDAY) == ()
    sunday = movable.spread_kw(one, SUNDAY)
    assert all(kw[24:].sum() == 0.0 for kw in sunday.values())


def test_a_window_that_opens_with_the_next_day_is_left_whole():
    late = work(earliest="23:59", latest="06:00")
    left = movable.unfinished(park_with(late), DAY, {"W": power()})
    assert left == {"W": Unfinished(pytest.approx(60.0), 2, ())}
    assert movable.spread_kw(park_with(late), DAY)["W"] == pytest.approx(power((0, 24, 10.0)))


# ------------------------------------------------------------------------------------------------- laws


def chosen_kw(block, steps, rng):
    """Return what a plan may choose of a block (T,) [kW]."""
    kw = np.zeros(steps)
    if isinstance(block, Job):
        start = int(rng.choice(block.starts))
        kw[start : start + len(block.power_kw)] = block.power_kw
        return kw
    order, left = rng.permutation(np.arange(block.first, block.end)), block.energy_kwh / STEP_H
    for step in order.tolist():
        kw[step] = min(block.limit_kw, left)
        left -= kw[step]
    return kw


def lived_kw(one, first, days, rng):
    """Return what is really done over some days (T,) [kW] where each is planned anew, and what the last one leaves."""
    left, lived = {}, []
    for number in range(days):
        day = first + timedelta(days=number)
        count = one.intervals(day).len()
        horizon = count + one.intervals(day + timedelta(days=1)).len()
        taken = {block.id: chosen_kw(block, horizon, rng) for block in movable.blocks(one, day, "power", left)}
        kw = {work_id: values[:count] for work_id, values in movable.by_work(one, taken).items()}
        lived.append(kw.get("W", np.zeros(count)))
        left = movable.unfinished(one, day, kw)
    return np.concatenate(lived), left


def due_windows(one, first, days):
    """Return the windows [first, end) of all days in intervals since the first midnight, from the clock alone."""
    zone, (task,) = ZoneInfo(one.site.timezone), one.energy.movable
    origin = datetime(first.year, first.month, first.day, tzinfo=zone).astimezone(UTC)
    found = []
    for number in range(days):
        day = first + timedelta(days=number)
        if task.days == "working" and not one.shifts(day):
            continue
        edges = []
        for clock, on in ((task.earliest, day), (task.latest, day + timedelta(days=1))):
            at = datetime(on.year, on.month, on.day, int(clock[:2]), int(clock[3:]), tzinfo=zone).astimezone(UTC)
            edges.append((at - origin) / timedelta(hours=STEP_H))
        found.append((int(np.ceil(edges[0])), int(np.floor(edges[1]))))
    return found


@settings(max_examples=30, deadline=None)
@given(
    first=st.integers(40, 95), end=st.integers(0, 39), length=st.integers(1, 36), units=st.integers(1, 3),
    portions=st.booleans(), days=st.sampled_from(["every", "working"]), seed=st.integers(0, 999),
    begin=st.sampled_from([date(2026, 7, 14), date(2026, 3, 27), date(2026, 10, 23)]),
)  # fmt: skip
def test_over_days_each_due_run_is_done_exactly_once_and_nothing_outside_its_window(
    first, end, length, units, portions, days, seed, begin
):
    length = max(min(length, 96 - first + end - 4), 1)
    clock = [f"{step // 4:02}:{15 * (step % 4):02}" for step in (first, end)]
    task = work(
        duration_h=length / 4, units=units, earliest=clock[0], latest=clock[1], interruptible=portions, days=days
    )
    one = park_with(task, timezone="Europe/Berlin")
    if movable.window(one, begin, task)[1] - movable.window(one, begin, task)[0] < length:
        length, task = 1, work(duration_h=0.25, units=units, earliest=clock[0], latest=clock[1])
        one = park_with(task, timezone="Europe/Berlin")
    kw, left = lived_kw(one, begin, 6, np.random.default_rng(seed))
    inside = np.zeros(len(kw), dtype=bool)
    for low, high in due_windows(one, begin, 6):
        rest = left["W"].energy_kwh if high > len(kw) and "W" in left else 0.0
        assert kw[low:high].sum() * STEP_H + rest == pytest.approx(task.energy_kwh, abs=1e-6)
        inside[low:high] = True
    assert np.abs(kw[~inside]).sum() == 0.0
    assert kw.max() <= task.power_kw * units + 1e-9
    if not task.interruptible:
        assert_whole(kw, length, task, due_windows(one, begin, 6))


def assert_whole(kw, length, task, windows):
    """Check that units begin and end `length` intervals apart, as many in each window as there are."""
    change = np.diff(np.append(0.0, kw)) / task.power_kw
    begun = np.zeros(len(kw))
    for step in range(len(kw)):
        begun[step] = change[step] + (begun[step - length] if step >= length else 0.0)
    assert begun == pytest.approx(np.round(begun), abs=1e-6)
    assert begun.min() > -1e-6
    for low, high in windows:
        if high <= len(kw):
            assert begun[low : high - length + 1].sum() == pytest.approx(task.units)


@pytest.mark.parametrize("timezone", ["Asia/Shanghai", "Europe/Berlin"])
def test_work_that_nobody_plans_adds_up_over_the_nights_the_clocks_change_too(timezone):
    task = work(earliest="20:30", latest="04:15", duration_h=2.0)
    one = park_with(task, timezone)
    for begin in (date(2026, 3, 26), date(2026, 10, 22)):
        days = [begin + timedelta(days=number) for number in range(6)]
        kw = np.concatenate([movable.spread_kw(one, day)["W"] for day in days])
        for low, high in due_windows(one, begin, 5):
            assert kw[low:high].sum() * STEP_H == pytest.approx(task.energy_kwh)
        assert kw.sum() * STEP_H == pytest.approx(6 * task.energy_kwh, rel=0.05)
