"""Parts of a plan that are proven best: every order and seat is tried by hand beside it; a bad part is mended."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations, product

import numpy as np
import pytest
from floor_cases import MINUTE, any_problem, moved, random_problem
from hypothesis import given, settings
from hypothesis import strategies as st

from parkwright.make import certify
from parkwright.make.certify import certified
from parkwright.make.floor import (
    END,
    LEVEL,
    LINE,
    ROW,
    SIZE,
    WORK,
    Floor,
    LineSet,
    Lots,
    Operations,
    Power,
    Problem,
    Rates,
    fill_rows,
    floor_of,
)
from parkwright.make.hours import HOUR_MS, Steps, Windows
from parkwright.make.listing import list_first, put_back, snapshot
from parkwright.make.schedule import retimed, solve
from parkwright.make.settle import resettle
from parkwright.make.timing import wait
from parkwright.make.validate import check
from parkwright.make.window import cut_out


def shop(seed: int, jobs: int = 5, price: tuple[float, ...] = (0.0,)) -> Problem:
    """Jobs of one operation with setups on two lines that are always open; late costs something."""
    rng = np.random.default_rng(seed)
    none = np.zeros(jobs, dtype=np.int64)
    operations = Operations(
        ready=rng.integers(0, 40, jobs) * MINUTE, due=rng.integers(20, 90, jobs) * MINUTE,
        family=rng.integers(0, 3, jobs), level=none, late_cny_per_h=rng.integers(1, 9, jobs) * 60.0,
        drop_cny=np.full(jobs, 1e6), work=rng.integers(5, 40, (jobs, 2)) * MINUTE,
        tail=np.zeros((jobs, 2), dtype=np.int64), kw=rng.integers(0, 20, (jobs, 2)).astype(float),
    )  # fmt: skip
    setup = rng.integers(0, 15, (2, 4, 3)) * MINUTE
    setup[:, np.arange(3), np.arange(3)] = 0
    two = np.zeros(2, dtype=np.int64)
    lines = LineSet(two, two + 3, two, np.zeros(2), setup)
    steps = Steps(np.arange(len(price) + 1) * HOUR_MS * 100, np.array(price), np.zeros(len(price)))
    hours = Windows(np.array([0]), np.array([100 * len(price) * HOUR_MS]), np.zeros(1))
    return Problem(operations, lines, np.zeros((0, 2), dtype=np.int64), [hours], steps, Rates(setup_cny_per_h=12.0))


def least_by_hand(floor: Floor) -> float:
    """The least cost over every seat and every order of a floor's operations, with what waits for cheap hours save."""
    count, kept, least = len(floor.op), snapshot(floor), np.inf
    for order in permutations(range(count)):
        for seat in product(np.flatnonzero(floor.row[:, LINE] >= 0).tolist(), repeat=count):
            rows: list[list[int]] = [[] for _ in floor.row]
            for i in order:
                rows[seat[i]].append(i)
            if all(floor.can[i, floor.row[seat[i], LINE], WORK] >= 0 for i in order):
                fill_rows(floor, rows)
                cost_cny = float(resettle(floor.ints, floor.reals))
                least = min(least, cost_cny + wait(floor))
    put_back(floor, kept)
    return least


@pytest.mark.parametrize("seed", range(4))
def test_what_is_proven_best_is_the_best_of_all_orders(seed: int) -> None:
    problem = shop(seed, jobs=4, price=(0.5,))
    plan = certified(problem, solve(problem, rounds=0), parts=1)
    floor = floor_of(problem)
    list_first(floor)
    assert (plan.bounds.windows, plan.bounds.windows_proven) == (1, 1)
    assert plan.cost.total_cny == pytest.approx(least_by_hand(floor), abs=2e-3)
    assert check(problem, plan) == []


def one_line(price: tuple[float, ...], due_h: float, hours: Windows) -> Problem:
    """Two jobs of an hour and 10 kW on one line, both due at an instant; the price of energy steps every two hours."""
    problem, none = shop(0, jobs=2), np.zeros(2, dtype=np.int64)
    operations = replace(
        problem.operations, ready=none, due=np.full(2, int(due_h * HOUR_MS)), family=none,
        work=np.array([[HOUR_MS, -1]] * 2), kw=np.full((2, 2), 10.0), late_cny_per_h=np.full(2, 20.0),
    )  # fmt: skip
    steps = Steps(np.arange(len(price) + 1) * 2 * HOUR_MS, np.array(price), np.zeros(len(price)))
    return replace(problem, operations=operations, windows=[hours], steps=steps, rates=Rates())


ALWAYS = Windows(np.array([0]), np.array([8 * HOUR_MS]), np.zeros(1))
NOT_FROM_3_TO_5 = Windows(np.array([0, 5 * HOUR_MS]), np.array([3 * HOUR_MS, 8 * HOUR_MS]), np.zeros(2))


@pytest.mark.parametrize(
    ("hours", "due_h", "least_cny"),
    [
        (ALWAYS, 8.0, 2 * 10 * 0.1),
        (ALWAYS, 4.0, 2 * 10 * 0.5),
        (ALWAYS, 5.0, 10 * 0.5 + 10 * 0.1),
        (NOT_FROM_3_TO_5, 8.0, 10 * 0.1 + 10 * 0.2),
        (NOT_FROM_3_TO_5, 3.0, 10 * 0.5 + 10 * 1.0),
        (NOT_FROM_3_TO_5, 5.5, 5 * 1.0 + 5 * 0.5 + 5 * 0.5 + 5 * 0.1),
    ],
)
def test_the_hours_of_a_part_are_proven_cheapest_and_taken(hours: Windows, due_h: float, least_cny: float) -> None:
    problem = one_line((1.0, 0.5, 0.1, 0.2), due_h, hours)
    first = retimed(problem, solve(problem, rounds=0))
    plan = certified(problem, first, parts=2)
    assert check(problem, plan) == []
    assert plan.cost.total_cny == pytest.approx(least_cny, abs=1e-6)
    assert first.cost.total_cny > plan.cost.total_cny
    assert certified(problem, plan, parts=1).bounds.windows_proven == 1


def test_a_part_far_from_the_origin_of_time_is_proven_as_well() -> None:
    problem, at = shop(1, jobs=4, price=(0.5,)), 1_784_000_000_123
    ops, hours, steps = problem.operations, problem.windows[0], problem.steps
    later = replace(
        problem, operations=replace(ops, ready=ops.ready + at, due=ops.due + at),
        windows=[Windows(hours.opened + at, hours.closed + at, hours.extra_cny_per_h)],
        steps=replace(steps, edge=steps.edge + at), lines=replace(problem.lines, free=problem.lines.free + at),
    )  # fmt: skip
    plans = [certified(one, solve(one, rounds=0), parts=1) for one in (problem, later)]
    assert [plan.bounds.windows_proven for plan in plans] == [1, 1]
    assert plans[0].cost.total_cny == pytest.approx(plans[1].cost.total_cny, abs=1e-3)


def test_an_operation_on_the_wrong_line_is_moved_back_by_the_proof() -> None:
    problem = shop(1)
    best = certified(problem, solve(problem, rounds=4), parts=1)
    line = int(best.line[0])
    worse = moved(problem, best, 0, 1 - line, None)
    assert worse.cost.total_cny > best.cost.total_cny + 1.0
    again = certified(problem, worse, parts=1)
    assert again.cost.total_cny == pytest.approx(best.cost.total_cny, abs=2e-3)
    assert again.bounds.windows_proven == 1


def test_a_part_with_an_oven_is_not_proven_as_the_model_knows_no_shared_runs() -> None:
    problem, every = shop(3), np.ones(5, dtype=np.int64)
    oven = replace(problem, lots=Lots(every, np.array([1, 1]), np.array([9, 9]), np.array([4, 0])))
    plan = certified(oven, solve(oven, rounds=0), parts=2)
    assert (plan.bounds.windows, plan.bounds.windows_proven) == (2, 0)
    assert check(oven, plan) == []


@settings(max_examples=12)
@given(st.integers(0, 2**32))
def test_a_certified_plan_is_feasible_never_dearer_and_the_same_again(seed: int) -> None:
    problem = any_problem(seed, jobs=5)
    plan = solve(problem, rounds=0)
    one, other = (certified(problem, plan, parts=2, seed=seed, effort=0.05) for _ in range(2))
    assert check(problem, one) == []
    assert one.cost.total_cny <= plan.cost.total_cny + 1e-9
    assert (one.start == other.start).all()
    assert one.bounds.windows_proven <= one.bounds.windows <= 2
    assert (one.bounds.end, one.bounds.energy_cny) == (plan.bounds.end, plan.bounds.energy_cny)
    assert (one.bounds.windows_open_cny > 0.0) == (one.bounds.windows_proven < one.bounds.windows)


@settings(max_examples=25)
@given(st.integers(0, 2**32))
def test_the_model_says_no_more_than_any_plan_of_the_part_costs(seed: int) -> None:
    problem = random_problem(np.random.default_rng(seed), 3, 1)
    floor = floor_of(problem)
    list_first(floor)
    _, bound_cny = certify._solve(floor, 0.2)
    least_cny = least_by_hand(floor)
    assert bound_cny <= least_cny + 1e-3
    if bound_cny >= floor.cost_cny() - certify.SAME_CNY:
        assert floor.cost_cny() == pytest.approx(least_cny, abs=2e-3)


def test_what_is_open_bounds_what_the_best_of_all_orders_saves_and_is_unknown_with_an_oven() -> None:
    problem, every = shop(2, jobs=5, price=(1.0, 0.1)), np.ones(5, dtype=np.int64)
    plan = certified(problem, solve(problem, rounds=0), parts=1, effort=2e-3)
    floor = floor_of(problem)
    list_first(floor)
    assert plan.bounds.windows_proven == 0
    assert plan.cost.total_cny - least_by_hand(floor) <= plan.bounds.windows_open_cny < plan.cost.total_cny
    oven = replace(problem, lots=Lots(every, np.array([1, 1]), np.array([9, 9]), np.array([4, 0])))
    assert certified(oven, solve(oven, rounds=0), parts=1).bounds.windows_open_cny == np.inf


def test_a_proof_tells_how_far_it_is_and_ends_when_it_is_asked_to() -> None:
    problem, told = shop(0), list[int]()
    plan = solve(problem, rounds=0)
    assert certified(problem, plan, parts=3, effort=0.05, progress=told.append).bounds.windows == 3
    assert told == [1, 2, 3]
    assert certified(problem, plan, parts=3, stop=lambda: len(told) == 3).bounds.windows == 0


def test_a_part_holds_its_lines_alone_and_no_operation_outside_may_wait() -> None:
    problem = random_problem(np.random.default_rng(4), 20, 2)
    floor = floor_of(problem)
    list_first(floor)
    lines = np.array([0, 1])
    window = cut_out(floor, 0, 200 * MINUTE, 0 * floor.op[:, END], np.ones(len(floor.op)), lines)
    assert window.members.size > 3
    assert np.isin(floor.row[floor.op[window.number, ROW], LINE], lines).all()
    assert (window.floor.can[:, 2:, WORK] == -1).all()
    assert window.floor.row[:, SIZE].sum() == len(window.number)
    assert (window.floor.op[:, LEVEL] == floor.op[window.number, LEVEL]).all()


def test_a_plan_of_nothing_has_no_parts() -> None:
    problem = shop(0)
    closed = replace(problem, lines=replace(problem.lines, free=np.full(2, -1)))
    plan = certified(closed, solve(closed, rounds=0), parts=3)
    assert plan.bounds.windows == plan.bounds.windows_proven == 0
    assert len(plan.unplaced) == 5


def test_a_part_is_proven_beside_the_peak_that_others_make() -> None:
    none = np.zeros(24)
    rates = Rates(setup_cny_per_h=12.0, demand_cny_per_kw=40.0)
    other = none + np.where(np.arange(24) == 20, 500.0, 0.0)
    power = Power(0, HOUR_MS, other, none + np.inf)
    for seed in range(3):
        free = shop(seed, jobs=4, price=(0.5,))
        plain = certified(free, solve(free, rounds=2), parts=1)
        charged = replace(free, rates=rates, power=power)
        found = certified(charged, solve(charged, rounds=2), parts=1)
        assert found.cost.demand_cny == pytest.approx(40.0 * 500.0)
        assert found.bounds.windows_proven == plain.bounds.windows_proven == 1
