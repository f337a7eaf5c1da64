"""Windows: a part is the whole seen through a frame; put back unchanged it changes nothing; a gain is a gain."""

from __future__ import annotations

import numpy as np
import pytest
from floor_cases import MINUTE, improve, plan_of, random_problem
from hypothesis import given, settings
from hypothesis import strategies as st

from parkwright.make import sides
from parkwright.make.account import account
from parkwright.make.floor import DUE, END, GUARDS, LATE, LEAVE, ROW, SIZE, START, floor_of
from parkwright.make.listing import list_first
from parkwright.make.schedule import solve
from parkwright.make.settle import resettle
from parkwright.make.tails import tails
from parkwright.make.validate import check, faults
from parkwright.make.window import cut_out, put_in

DELAY = 480 * MINUTE


def framed(seed, levels=3, jobs=20):
    """A random floor with a plan, and a window of it."""
    problem = random_problem(np.random.default_rng(seed), jobs, levels)
    floor = floor_of(problem)
    list_first(floor)
    slack, rate = tails(floor.ints, floor.reals, DELAY)
    since = int(np.random.default_rng(seed).integers(0, 200)) * MINUTE
    return problem, floor, cut_out(floor, since, since + 120 * MINUTE, 0 * slack, rate)


@settings(max_examples=60)
@given(st.integers(0, 2**32))
def test_a_window_shows_its_operations_when_and_where_they_are(seed):
    _, floor, window = framed(seed, levels=1 + seed % 3)
    part = window.floor
    whole = floor.op[window.number]
    moved = window.members
    assert (part.op[moved, START] == whole[moved, START]).all()
    assert (part.op[moved, LEAVE] == whole[moved, LEAVE]).all()
    assert (part.row[part.op[moved, ROW], 0] == floor.row[whole[moved, ROW], 0]).all()
    assert int(part.row[:, GUARDS].sum()) == len(window.number) - len(moved)


@settings(max_examples=60)
@given(st.integers(0, 2**32))
def test_a_window_that_is_put_back_as_it_was_changes_nothing(seed):
    _, floor, window = framed(seed, levels=1 + seed % 3)
    op = floor.op.copy()
    assert put_in(floor, window, -np.inf) == pytest.approx(0.0, abs=1e-6)
    assert (floor.op == op).all()


@settings(max_examples=60)
@given(st.integers(0, 2**32))
def test_a_searched_window_that_does_not_pay_is_taken_out_to_the_last_figure(seed):
    _, floor, window = framed(seed, levels=1 + seed % 3)
    window.floor.worth[:, LATE] *= -1.0
    improve(window.floor, seed, 500, members=window.members)
    op, worth, size, cost = floor.op.copy(), floor.worth.copy(), floor.row[:, SIZE].copy(), floor.cost_cny()
    assert put_in(floor, window, np.inf) == 0.0
    assert (floor.op == op).all()
    assert (floor.worth == worth).all()
    assert (floor.row[:, SIZE] == size).all()
    assert float(resettle(floor.ints, floor.reals)) == pytest.approx(cost, abs=1e-6)
    assert (floor.op == op).all()


@settings(max_examples=60)
@given(st.integers(0, 2**32))
def test_a_searched_window_gives_a_plan_of_all_operations_priced_exactly(seed):
    problem, floor, window = framed(seed, levels=1 + seed % 3)
    in_rows = np.sort(np.concatenate([floor.order[n, : row[SIZE]] for n, row in enumerate(floor.row)]))
    improve(window.floor, seed, 500, members=window.members)
    cost = floor.cost_cny() + put_in(floor, window, -np.inf)
    again = np.sort(np.concatenate([floor.order[n, : row[SIZE]] for n, row in enumerate(floor.row)]))
    assert (in_rows == again).all()
    assert faults(problem, plan_of(floor)) == []
    assert account(problem, plan_of(floor)).total_cny == pytest.approx(cost, abs=1e-6)


def test_nothing_hangs_on_a_plan_in_which_nobody_is_waited_for():
    problem, floor, _ = framed(3)
    floor.worth[:, LATE] = 0.0
    slack, rate = tails(floor.ints, floor.reals, DELAY)
    assert (rate == 0.0).all()
    assert (slack == DELAY).all()
    assert problem.operations.due.size == slack.size


def test_what_hangs_on_an_operation_known_by_hand():
    """The last operation of a job, due 30 min after it ends; late costs 60 an hour."""
    problem = random_problem(np.random.default_rng(0), jobs=1, levels=2)
    floor = floor_of(problem)
    list_first(floor)
    at = [int(n) for n in np.flatnonzero(floor.op[:, START] >= 0)]
    floor.worth[:, LATE] = 0.0
    last = max(at, key=lambda n: floor.op[n, START])
    floor.worth[last, LATE] = 60.0 / 3_600_000
    floor.op[last, DUE] = floor.op[last, END] + 30 * MINUTE
    slack, rate = tails(floor.ints, floor.reals, DELAY)
    assert slack[last] == 30 * MINUTE
    assert rate[last] == pytest.approx(60.0 / 3_600_000)


def test_a_large_plan_is_searched_as_a_whole_for_its_share_and_tells_shares_of_all(monkeypatch):
    asked, told, whole, by_windows = [], [], sides._whole, sides._by_windows
    monkeypatch.setattr(sides, "WHOLE_OPS", 30)
    monkeypatch.setattr(sides, "_whole", lambda *of: asked.append(whole(*of)) or asked[-1])
    monkeypatch.setattr(sides, "_by_windows", lambda *of: asked.append(by_windows(*of)) or asked[-1])
    problem = random_problem(np.random.default_rng(9), jobs=40, levels=3)
    plan = solve(problem, rounds=10, progress=lambda share, _: told.append(share))
    assert asked == [10 * sides.WHOLE, 10]
    assert told == pytest.approx([n / 10 for n in range(11)])
    assert check(problem, plan) == []


def test_a_very_large_plan_is_searched_by_windows_alone(monkeypatch):
    asked, by_windows = [], sides._by_windows
    monkeypatch.setattr(sides, "WHOLE_OPS", 30)
    monkeypatch.setattr(sides, "WHOLE_MOST", 100)
    monkeypatch.setattr(sides, "_by_windows", lambda *of: asked.append(of[3]) or by_windows(*of))
    for jobs in (30, 60):
        problem = random_problem(np.random.default_rng(9), jobs=jobs, levels=3)
        assert check(problem, solve(problem, rounds=4)) == []
    assert asked == [4 * sides.WHOLE, 0]


def test_a_large_plan_is_searched_by_windows_again_the_same_and_cheaper(monkeypatch):
    asked, by_windows = [], sides._by_windows
    few = sides.Cuts(4, (10, 25), 20)
    monkeypatch.setattr(sides, "WHOLE_OPS", 30)
    monkeypatch.setattr(sides, "_by_windows", lambda *of: asked.append(by_windows(*of[:2], few, *of[3:])) or asked[-1])
    problem = random_problem(np.random.default_rng(9), jobs=40, levels=3)
    first = solve(problem, rounds=0)
    plans = [solve(problem, rounds=12, seed=5) for _ in range(2)]
    assert check(problem, plans[0]) == []
    assert asked == [plans[0].rounds] * 2
    assert plans[0].cost == plans[1].cost
    assert (plans[0].start == plans[1].start).all()
    assert plans[0].cost.total_cny < first.cost.total_cny
