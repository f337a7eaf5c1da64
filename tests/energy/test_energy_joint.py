"""Work planned together with dispatch: never dearer, never late, proven, beside the plan in two passes."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest
from systems import battery, site

from parkwright.energy import golden, joint
from parkwright.energy.blocks import Demand, Flexible, Job, Source, System
from parkwright.energy.case import system
from parkwright.model.errors import PlanError


def work(name, kw, first, end, steps=2, machine="oven"):
    return Job(name, "power", np.full(steps, float(kw)), np.arange(first, end - steps + 1), machine)


def day_of_work(seed, jobs=24, machines=4):
    """The golden day with batch work in windows of its two shifts, on machines that do one thing at a time."""
    rng = np.random.default_rng(seed)
    base = system(golden.CASE, golden.series(96))[0]
    found, each = [], jobs // machines
    for machine in range(machines):
        lengths = rng.integers(3, 7, each)
        gaps = rng.multinomial(64 - int(lengths.sum()), np.ones(each + 1) / (each + 1))
        at = 28
        for n in range(each):
            at += int(gaps[n])
            first, end = max(at - int(rng.integers(0, 17)), 28), min(at + int(lengths[n] + rng.integers(0, 33)), 92)
            found.append(work(f"m{machine}-{n}", rng.uniform(40, 220), first, end, int(lengths[n]), f"m{machine}"))
            at += int(lengths[n])
    return System(0.25, 96, (*base.blocks, *found))


def valid(park, planned):
    """Whether every job runs inside its window and no machine does two things at once."""
    busy = {}
    for job in (block for block in park.blocks if isinstance(block, Job)):
        start = planned.starts[job.id]
        assert job.starts.min() <= start <= job.starts.max()
        for step in range(start, start + len(job.power_kw)):
            assert (job.machine, step) not in busy, (job.id, busy[job.machine, step])
            busy[job.machine, step] = job.id
    return True


@pytest.mark.parametrize("seed", range(3))
def test_the_joint_plan_is_valid_proven_and_never_dearer_than_the_plan_in_two_passes(seed):
    park = day_of_work(seed)
    found = joint.plan(park, 30.0, gap=0.005)
    assert all(valid(park, planned) for planned in (found.earliest, found.shifted, found.joint))
    assert found.late == ()
    assert found.gap <= 0.01
    assert found.bound_cny <= found.joint.cost_cny + 1e-6
    assert found.joint.cost_cny <= min(found.shifted.cost_cny, found.earliest.cost_cny) + 1e-6
    assert found.saved_by_joint_cny >= found.saved_by_shifting_cny - 1e-6
    assert found.joint.answer.balance_residual_kwh <= 1e-9


def brute(park, jobs):
    """The least cost over all starts, by trying all of them."""
    best = np.inf
    for starts in itertools.product(*(job.starts.tolist() for job in jobs)):
        chosen = dict(zip((job.id for job in jobs), starts, strict=True))
        spans = sorted((s, s + len(job.power_kw)) for job, s in zip(jobs, starts, strict=True))
        if all(one[1] <= other[0] for one, other in itertools.pairwise(spans)):
            best = min(best, joint.fixed(park, chosen).cost_cny)
    return best


@pytest.mark.parametrize("seed", range(4))
def test_the_joint_plan_of_a_small_day_is_the_best_of_all_starts(seed):
    rng = np.random.default_rng([4, seed])
    jobs = [work(name, rng.uniform(5, 20), 0, 10) for name in ("a", "b")]
    demand = Demand(np.zeros(10, dtype=np.int64), np.array([rng.uniform(0, 3)]), np.zeros(1))
    sun = Source("sun", "power", 15 * rng.random(10))
    park = site(5 * rng.random(10), rng.uniform(0.2, 1.2, 10), battery(10.0, 5.0, 0.9), sun, *jobs, demand=demand)
    found = joint.plan(park, gap=0.0)
    assert found.joint.cost_cny == pytest.approx(brute(park, jobs), rel=1e-6)
    assert found.gap <= 1e-6


def test_work_goes_to_the_sun_that_a_tariff_does_not_see():
    price = np.array([1.0, 1.0, 1.1, 1.1])
    sun = Source("sun", "power", np.array([0.0, 0.0, 10.0, 10.0]))
    park = site(0.0, price, sun, work("burn-in", 10.0, 0, 4), export=0.2, export_limit=100.0)
    found = joint.plan(park)
    assert (found.shifted.starts["burn-in"], found.joint.starts["burn-in"]) == (0, 2)
    assert found.shifted.cost_cny == pytest.approx(20.0 - 4.0)
    assert found.joint.cost_cny == pytest.approx(0.0)


def test_work_keeps_off_the_peak_that_a_tariff_makes():
    demand = Demand(np.zeros(4, dtype=np.int64), np.array([5.0]), np.zeros(1))
    park = site([2.0, 2.0, 9.0, 9.0], [1.0, 1.0, 0.9, 0.9], work("burn-in", 6.0, 0, 4), demand=demand)
    found = joint.plan(park)
    assert found.shifted.answer.flows["grid.peak"].tolist() == [15.0]
    assert found.joint.answer.flows["grid.peak"].tolist() == [9.0]
    assert found.saved_by_joint_cny > found.saved_by_shifting_cny


def test_the_earliest_plan_takes_the_most_urgent_first_and_refuses_what_finds_no_place():
    jobs = (work("late", 1.0, 0, 8), work("soon", 1.0, 0, 2), work("other", 1.0, 0, 8, machine="second"))
    park = site(0.0, np.ones(8), *jobs)
    assert joint.earliest(park, jobs) == {"soon": 0, "late": 2, "other": 0}
    tight = (work("a", 1.0, 0, 3), work("b", 1.0, 0, 3))
    with pytest.raises(PlanError, match="job 'b' finds no place on oven before step 3; widen its window"):
        joint.earliest(park, tight)


def test_a_case_without_work_has_nothing_to_plan():
    with pytest.raises(PlanError, match="there is no work to move"):
        joint.plan(site(1.0, [1.0]))


def test_when_time_is_up_the_better_of_the_two_passes_stands():
    park = day_of_work(7, jobs=16)
    found = joint.plan(park, limit_s=1e-3)
    assert valid(park, found.joint)
    assert found.joint.cost_cny <= min(found.earliest.cost_cny, found.shifted.cost_cny) + 1e-6
    assert found.gap >= 0.0


def test_fixed_work_is_a_load_like_any_other():
    park = site(1.0, [1.0, 2.0, 3.0], work("burn-in", 10.0, 0, 3))
    fixed = joint.fixed(park, {"burn-in": 1})
    assert fixed.cost_cny == pytest.approx(1.0 + 22.0 + 33.0)
    assert fixed.answer.marginal_price["power"].tolist() == pytest.approx([1.0, 2.0, 3.0])
    later = joint.fixed(replace(park, blocks=park.blocks), {"burn-in": 0})
    assert later.cost_cny == pytest.approx(11.0 + 22.0 + 3.0)


def test_work_in_portions_begins_at_once_unless_it_is_shifted_or_planned_jointly():
    charger = Flexible("charger", "power", 10.0, 15.0, 0, 4)
    sun = Source("sun", "power", np.array([0.0, 0.0, 10.0, 0.0]))
    park = site(0.0, [3.0, 2.0, 3.0, 2.5], charger, sun)
    found = joint.plan(park, gap=0.0)
    assert found.earliest.work_kw["charger"].tolist() == [10.0, 5.0, 0.0, 0.0]
    assert found.shifted.work_kw["charger"].tolist() == [0.0, 10.0, 0.0, 5.0]
    assert found.joint.work_kw["charger"].tolist() == [0.0, 5.0, 10.0, 0.0]
    assert [one.cost_cny for one in (found.earliest, found.shifted, found.joint)] == [40.0, 32.5, 10.0]
    assert (found.gap, found.bound_cny) == (pytest.approx(0.0), pytest.approx(10.0))


def test_portions_stop_when_the_energy_is_there_and_losses_on_the_way_are_taken_too():
    lossy = Flexible("charger", "power", 10.0, 18.0, 1, 5, efficiency=0.9)
    park = site(0.0, np.ones(6), lossy)
    assert joint.at_once(lossy, park).tolist() == [0.0, 10.0, 10.0, 0.0, 0.0, 0.0]
    tight = replace(lossy, end=2)
    assert joint.at_once(tight, site(0.0, np.ones(6), tight)).tolist() == [0.0, 10.0, 0.0, 0.0, 0.0, 0.0]


def test_jobs_and_portions_planned_together_are_never_dearer_than_in_two_passes():
    park = day_of_work(3, jobs=8)
    park = replace(park, blocks=(*park.blocks, Flexible("cars", "power", 120.0, 400.0, 34, 70)))
    found = joint.plan(park, 30.0, gap=0.001)
    assert found.joint.cost_cny <= min(found.shifted.cost_cny, found.earliest.cost_cny) + 1e-6
    for planned in (found.earliest, found.shifted, found.joint):
        cars = planned.work_kw["cars"]
        assert cars.sum() * 0.25 == pytest.approx(400.0)
        assert cars[:34].sum() + cars[70:].sum() == 0.0
        assert planned.answer.balance_residual_kwh <= 1e-9
