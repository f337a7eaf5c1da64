"""The least that energy costs while nothing gets later: by hand, and below every plan that keeps to it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from floor_cases import MINUTE, any_problem, tiny
from hypothesis import given, settings
from hypothesis import strategies as st

from parkwright.make import least_energy
from parkwright.make.bounds import bounds_of
from parkwright.make.floor import Lots, Problem
from parkwright.make.hours import Steps
from parkwright.make.least_energy import least_energy_cny
from parkwright.make.schedule import solve

PRICE = Steps(np.array([0, 120, 240, 480]) * MINUTE, np.array([1.0, 0.5, 0.1]), np.zeros(3))


def hourly(work, due_min, **fields) -> Problem:
    """Jobs of some minutes and 10 kW on two lines, at 1.0, 0.5 and 0.1 CNY/kWh from 0, 2 and 4 h on; late is dear."""
    problem = tiny(work, **fields)
    ops, due = problem.operations, np.broadcast_to(np.array(due_min) * MINUTE, len(work))
    dear = np.full(len(work), 100.0)
    ops = replace(ops, kw=np.full(ops.kw.shape, 10.0), due=due.copy(), late_cny_per_h=dear)
    return replace(problem, operations=ops, steps=PRICE)


@pytest.mark.parametrize(
    ("work", "due_min", "fields", "least_cny"),
    [
        ([[60, -1]] * 2, 480, {}, 2 * 10 * 0.1),
        ([[60, -1]] * 2, 240, {}, 2 * 10 * 0.5),
        ([[60, -1]] * 3, 240, {}, 10 * 1.0 + 2 * 10 * 0.5),
        ([[60, 60]] * 3, 240, {}, 3 * 10 * 0.5),
        ([[60, 30]] * 2, 240, {}, 2 * 5 * 0.5),
        ([[60, -1]] * 2, 480, {"windows": ((0, 180), (420, 480))}, 10 * 0.5 + 10 * 0.1),
        ([[60, -1]] * 2, 180, {"links": [(0, 1)]}, 10 * 1.0 + 10 * 0.5),
        ([[60, -1]], 90, {"ready": 120}, 10 * 0.5),
        ([[60, -1]], 90, {"free": 130 * MINUTE}, 10 * 0.5),
    ],
)
def test_the_least_by_hand(work, due_min, fields, least_cny):
    problem = hourly(work, due_min, **fields)
    plan = solve(problem, rounds=0)
    assert plan.unplaced == ()
    assert least_energy_cny(problem, plan.end) == pytest.approx(least_cny, rel=1e-5)


def test_lots_that_may_share_a_run_pay_their_share_of_it():
    lots = Lots(np.array([25, 25]), np.ones(2, dtype=int), np.full(2, 100), np.array([50, 0]))
    problem = replace(hourly([[60, -1]] * 2, 480), lots=lots)
    assert least_energy_cny(problem, solve(problem, rounds=0).end) == pytest.approx(10 * 0.1, rel=1e-5)


def test_a_programme_that_is_too_large_leaves_the_plain_bound(monkeypatch):
    problem = hourly([[60, -1]] * 3, 240)
    end = solve(problem, rounds=0).end
    monkeypatch.setattr(least_energy, "MOST_COLUMNS", 1)
    assert least_energy_cny(problem, end) == bounds_of(problem).energy_cny == pytest.approx(3 * 10 * 0.1)


def test_nothing_to_do_costs_nothing():
    problem = hourly([[-1, -1]], 240)
    assert least_energy_cny(problem, np.array([-1])) == 0.0


@settings(max_examples=40)
@given(st.integers(0, 2**32))
def test_it_is_below_every_plan_that_makes_nothing_later_and_above_the_plain_bound(seed):
    problem = any_problem(seed, jobs=5)
    first, found = solve(problem, rounds=0), solve(problem, rounds=1)
    if problem.kept or first.unplaced or found.unplaced:
        return
    least_cny = least_energy_cny(problem, first.end)
    assert least_cny >= bounds_of(problem).energy_cny * (1 - 2e-6) - 1e-9
    for plan in (first, found):
        late = problem.operations.late_cny_per_h > 0
        if (plan.end <= np.maximum(problem.operations.due, first.end))[late].all():
            assert least_cny <= plan.cost.energy_cny + plan.cost.carbon_cny + 1e-9
