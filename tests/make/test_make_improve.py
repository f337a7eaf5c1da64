"""The search, the timing pass and the cap: optimum of tiny cases, never worse, repeatable, within the power cap."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest
from floor_cases import MINUTE, improve, plan_of, random_problem
from hypothesis import given, settings
from hypothesis import strategies as st

from parkwright.make.account import account, site_kw
from parkwright.make.floor import LEVEL, LINE, ROW_LEVEL, WORK, Power, Rates, fill_rows, floor_of
from parkwright.make.hours import HOUR_MS, Steps, Windows
from parkwright.make.improve import Search
from parkwright.make.listing import list_first
from parkwright.make.schedule import solve
from parkwright.make.settle import resettle
from parkwright.make.timing import keep_cap, wait
from parkwright.make.validate import faults


def least_of_all_orders(problem):
    """The least cost over every order of every operation on every line; one level only."""
    floor = floor_of(problem)
    ops = [i for i in range(len(floor.op)) if (floor.can[i, :, WORK] >= 0).any()]
    able = [[r for r, row in enumerate(floor.row) if floor.can[i, row[LINE], WORK] >= 0] for i in ops]
    least = np.inf
    for order in itertools.permutations(range(len(ops))):
        for seats in itertools.product(*able):
            rows = [[] for _ in floor.row]
            for n in order:
                rows[seats[n]].append(ops[n])
            fill_rows(floor, rows)
            least = min(least, resettle(floor.ints, floor.reals))
    return least


@pytest.mark.parametrize("seed", range(12))
def test_a_few_searches_find_the_optimum_of_a_tiny_case(seed):
    problem = random_problem(np.random.default_rng(seed), jobs=4, levels=1)
    floor = floor_of(problem)
    list_first(floor)
    assert set(floor.op[:, LEVEL]) == {0} == set(floor.row[:, ROW_LEVEL])
    found, least = min(improve(floor, start, 3000).best_cny for start in range(6)), least_of_all_orders(problem)
    assert found <= least + 1e-6
    assert problem.power is not None or found == pytest.approx(least, abs=1e-6), "only below a cap does a wait pay"


@settings(max_examples=40)
@given(st.integers(0, 2**32))
def test_search_and_waits_never_make_a_plan_dearer_and_keep_it_feasible(seed):
    problem = random_problem(np.random.default_rng(seed), jobs=10, levels=1 + seed % 3)
    floor = floor_of(problem)
    first = list_first(floor)
    found = improve(floor, seed, 2000).best_cny
    assert found <= first + 1e-6
    waited = found + wait(floor)
    assert waited <= found + 1e-6
    assert account(problem, plan_of(floor)).total_cny == pytest.approx(waited, abs=1e-6)
    assert faults(problem, plan_of(floor)) == []


def test_the_same_seed_and_budget_give_the_same_plan():
    plans = []
    for _ in range(2):
        floor = floor_of(random_problem(np.random.default_rng(5), jobs=20, levels=3))
        list_first(floor)
        improve(floor, 7, 3000)
        plans.append(plan_of(floor))
    assert plans[0] == plans[1]


def test_a_search_can_be_stopped_after_any_slice_and_hands_out_its_best():
    floor = floor_of(random_problem(np.random.default_rng(5), jobs=20, levels=2))
    first = list_first(floor)
    search = Search(floor, 1)
    best = [search.advance(300, (n / 5, (n + 1) / 5)).best_cny for n in range(3)]
    assert first >= best[0] >= best[1] >= best[2]
    assert search.finish().cost_cny == pytest.approx(best[2])
    assert floor.cost_cny() == pytest.approx(best[2])


def one_job(problem, due_min=460):
    """One hour of 10 kW on one line from 0:00 to 7:40, dear in the first two hours."""
    ops = problem.operations
    problem = replace(
        problem,
        operations=replace(
            ops, ready=np.zeros(1, dtype=int), due=np.array([due_min * MINUTE]), work=np.array([[60 * MINUTE, -1, -1]]),
            tail=np.zeros((1, 3), dtype=int), kw=np.full((1, 3), 10.0), late_cny_per_h=np.array([1000.0]),
            was_line=None, was_start=None, whole=None,
        ),
        windows=[Windows(np.array([0]), np.array([460 * MINUTE]), np.zeros(1))] * 2,
        lines=replace(problem.lines, free=np.zeros(3, dtype=int), setup=np.zeros((3, 4, 3), dtype=int)),
        steps=Steps(np.array([0, 2, 8]) * HOUR_MS, np.array([1.0, 0.25]), np.zeros(2)),
        rates=Rates(),
        links=np.zeros((0, 2), dtype=int),
        power=None,
    )  # fmt: skip
    floor = floor_of(problem)
    list_first(floor)
    return problem, floor


def test_a_job_waits_for_the_cheap_hours_when_it_is_not_late_by_it():
    _, floor = one_job(random_problem(np.random.default_rng(1), jobs=1, levels=1))
    assert floor.cost_cny() == pytest.approx(10.0)
    assert wait(floor) == pytest.approx(-7.5)
    assert plan_of(floor)[0].start == 2 * HOUR_MS


def test_the_pass_ends_before_the_next_row_when_it_is_enough():
    _, floor = one_job(random_problem(np.random.default_rng(1), jobs=1, levels=1))
    assert wait(floor, lambda: True) == 0.0
    assert plan_of(floor)[0].start == 0
    asked = []
    assert wait(floor, lambda: len(asked) >= len(floor.row) or asked.append(1)) == pytest.approx(-7.5)
    assert len(asked) == len(floor.row)


@pytest.mark.parametrize(("now", "starts"), [(1.4, 2 * HOUR_MS), (1.6, 0)])
def test_a_plan_waits_for_cheap_hours_until_half_a_second_after_its_time(now, starts):
    problem, _ = one_job(random_problem(np.random.default_rng(1), jobs=1, levels=1))
    told = iter([0.0])
    plan = solve(problem, seconds=1.0, clock=lambda: next(told, now))
    assert plan.start.tolist() == [starts]


def test_a_job_that_would_be_late_does_not_wait():
    _, floor = one_job(random_problem(np.random.default_rng(1), jobs=1, levels=1), due_min=60)
    assert wait(floor) == 0.0
    assert plan_of(floor)[0].start == 0


@settings(max_examples=40)
@given(st.integers(0, 2**32))
def test_the_cap_is_kept_where_the_lines_can_keep_it(seed):
    problem = random_problem(np.random.default_rng(seed), jobs=10, levels=2)
    cap = np.full(40, 60.0)
    problem = replace(problem, power=Power(0, 15 * MINUTE, np.full(40, 20.0), cap))
    floor = floor_of(problem)
    list_first(floor)
    improve(floor, seed, 1000)
    assert keep_cap(floor)
    plan = plan_of(floor)
    assert faults(problem, plan) == []
    assert max(kw for kw, _ in site_kw(problem, plan).values()) <= 60.0 + 1e-5


def test_what_others_draw_above_the_cap_is_told():
    problem = random_problem(np.random.default_rng(3), jobs=3, levels=1)
    problem = replace(problem, power=Power(0, 15 * MINUTE, np.full(40, 20.0), np.full(40, 10.0)))
    floor = floor_of(problem)
    list_first(floor)
    assert not keep_cap(floor)
    assert plan_of(floor) == []
