"""Joint plans and control as laws: more freedom never costs more, more of a burden never less."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest
from systems import battery, random_park, site

from parkwright.energy import control, joint
from parkwright.energy.answer import answer
from parkwright.energy.blocks import Demand, Flexible, Job, Source, Store


def floor(rng, *jobs, steps=12, **fields):
    """A small site with sun, a battery and a peak price, and its work; the same for the same generator."""
    demand = Demand(np.zeros(steps, dtype=np.int64), np.array([rng.uniform(0.5, 3)]), np.zeros(1))
    sun = Source("sun", "power", 20 * rng.random(steps))
    price = rng.uniform(0.2, 1.2, steps)
    return site(10 * rng.random(steps), price, battery(8.0, 4.0, 0.95), sun, *jobs, demand=demand, **fields)


def work(name, kw, first, end, steps=2, machine="m"):
    return Job(name, "power", np.full(steps, float(kw)), np.arange(first, end - steps + 1), machine)


def cost(jobs, seed=1):
    return joint.plan(floor(np.random.default_rng(seed), *jobs), gap=0.0).joint.cost_cny


@pytest.mark.parametrize("seed", range(4))
def test_a_wider_window_never_costs_more(seed):
    costs = [cost([work("a", 15, 4, end), work("b", 9, 4, end)], seed) for end in (8, 10, 12)]
    assert costs == sorted(costs, reverse=True) or costs[2] <= costs[1] + 1e-6 <= costs[0] + 2e-6


@pytest.mark.parametrize("seed", range(4))
def test_a_machine_of_its_own_never_costs_more_than_a_shared_one(seed):
    shared = cost([work("a", 15, 0, 8), work("b", 9, 0, 8), work("c", 9, 0, 8)], seed)
    apart = cost([work(name, kw, 0, 8, machine=name) for name, kw in (("a", 15), ("b", 9), ("c", 9))], seed)
    assert apart <= shared + 1e-6


@pytest.mark.parametrize("seed", range(3))
def test_more_work_never_costs_less_where_power_has_a_price(seed):
    less = [work("a", 15, 0, 8)]
    assert cost([*less, work("b", 5, 0, 12)], seed) >= cost(less, seed) - 1e-6


@pytest.mark.parametrize("seed", range(3))
def test_work_that_may_be_interrupted_never_costs_more_than_work_in_one_piece(seed):
    whole = cost([work("a", 15, 2, 10)], seed)
    pieces = Flexible("a", "power", 15.0, 30.0, 2, 10)
    assert answer(floor(np.random.default_rng(seed), pieces)).objective_cny <= whole + 1e-6


def test_the_names_and_the_order_of_jobs_decide_nothing():
    jobs = [work("a", 15, 0, 9), work("b", 9, 2, 12), work("c", 4, 0, 12)]
    costs = []
    for order in itertools.permutations(jobs):
        renamed = [replace(job, id=f"job-{n}") for n, job in enumerate(order)]
        costs.append(cost(renamed))
    assert costs == pytest.approx([costs[0]] * len(costs), rel=1e-6)


@pytest.mark.parametrize("seed", range(4))
def test_costs_of_a_start_are_paid_and_can_move_it(seed):
    rng = np.random.default_rng(seed)
    free = work("a", 6, 0, 12)
    plain = joint.plan(floor(rng, free), gap=0.0).joint
    dear = np.where(free.starts == plain.starts["a"], 1e3, 0.0)
    moved = answer(floor(np.random.default_rng(seed), replace(free, costs=dear)))
    assert int(free.starts[int(np.argmax(moved.flows["a.starts"]))]) != plain.starts["a"]
    assert moved.objective_cny >= plain.cost_cny - 1e-6
    held = answer(floor(np.random.default_rng(seed), replace(free, costs=np.full(len(free.starts), 7.0))))
    assert held.objective_cny == pytest.approx(plain.cost_cny + 7.0, rel=1e-6)


def test_the_most_urgent_job_is_the_one_that_must_end_first():
    jobs = (work("z", 1, 0, 4), work("a", 1, 0, 12), work("k", 1, 0, 6))
    starts = joint.earliest(floor(np.random.default_rng(1), *jobs), jobs)
    assert sorted(starts, key=starts.get) == ["z", "k", "a"]


def test_shifting_by_tariff_sees_the_price_alone():
    job = work("a", 10, 0, 12)
    park = floor(np.random.default_rng(5), job)
    grid = next(iter(park.grids()))
    sums = grid.import_price[job.starts] + grid.import_price[job.starts + 1]
    assert joint.by_tariff(park, (job,), 10.0) == ({"a": int(job.starts[int(np.argmin(sums))])}, {})


def opened(park):
    blocks = (replace(b, opening_kwh=b.capacity_kwh / 2) if isinstance(b, Store) else b for b in park.blocks)
    return replace(park, blocks=tuple(blocks))


@pytest.mark.parametrize("seed", range(4))
def test_control_that_sees_everything_once_costs_what_foresight_costs(seed):
    park = opened(random_park(np.random.default_rng([8, seed]), 24))
    found = control.control(park, None, np.random.default_rng(1), horizon=24, every=24)
    assert found.cost_cny == pytest.approx(answer(park).objective_cny, rel=2e-3)
    assert found.plans == 1


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("noise", [0.0, 0.4])
def test_no_control_is_cheaper_than_foresight_and_each_is_physical(seed, noise):
    park = opened(random_park(np.random.default_rng([18, seed]), 32))
    month = control.month_peak_kw(park, 16)
    found = control.control(park, month, np.random.default_rng(seed), noise, horizon=16, every=4)
    best = answer(park).objective_cny
    assert found.cost_cny >= best - 1e-6 * abs(best) - slip(park, found)
    assert found.residual_kwh <= 1e-9
    assert sum(found.words.values()) == found.plans == 8
    for store in park.stores():
        assert found.flows[f"{store.id}.stored"].max() <= store.capacity_kwh + 1e-9
        assert found.flows[f"{store.id}.stored"].min() >= -1e-9


def slip(park, found):
    """What stores that end emptier than they began were worth, at most: their energy at the dearest price."""
    dearest = max(float(grid.import_price.max()) for grid in park.grids()) + 2.0 / park.step_h
    return sum(
        max(float(store.opening_kwh) - float(found.flows[f"{store.id}.stored"][-1]), 0.0) * dearest
        for store in park.stores()
    )


@pytest.mark.parametrize("every", [1, 3, 8])
def test_every_step_happens_once_however_often_a_plan_is_made(every):
    park = opened(random_park(np.random.default_rng(40), 20))
    found = control.control(park, None, np.random.default_rng(1), horizon=10, every=every)
    assert found.plans == -(-20 // every)
    assert {len(values) for name, values in found.flows.items() if not name.endswith(".peak")} == {20}
    load = park.blocks[0].power_kw
    out = found.flows["grid.export"] + found.flows["battery.charge"] + found.flows["pump"] + load
    come = found.flows["grid.import"] + found.flows["sun"] + found.flows["battery.discharge"]
    assert come + found.flows["grid.over"] == pytest.approx(out + found.flows["grid.shut"])
