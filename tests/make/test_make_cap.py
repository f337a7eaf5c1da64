"""The power cap: its price while searching, the edits that relieve an interval above it, and waits that keep it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from floor_cases import MINUTE, random_problem, with_crew
from hypothesis import given, settings
from hypothesis import strategies as st

from parkwright.make import sides
from parkwright.make.account import account
from parkwright.make.budget import Budget
from parkwright.make.draws import stream
from parkwright.make.edits import KIND, MOVE, NOTHING, PLACE_A, ROW_A, SWAP, WAIT, apply, take_back
from parkwright.make.floor import (
    BEGIN,
    CAP,
    DRAWN,
    EXCESS,
    GRID_NOW,
    HOLD,
    LATE,
    LEAVE,
    OTHER,
    ROW,
    START,
    LineSet,
    Operations,
    Power,
    Problem,
    Rates,
    fill_rows,
    floor_of,
)
from parkwright.make.hours import HOUR_MS, Steps, Windows
from parkwright.make.improve import ABOVE_FIRST, ABOVE_FULL, Search
from parkwright.make.listing import list_first, put_back
from parkwright.make.moves import above, propose_relief, relieving_hold
from parkwright.make.schedule import solve
from parkwright.make.settle import resettle, restore, settle
from parkwright.make.timing import ABOVE_CAP, SHORT_WAITS, keep_cap, price_cap, wait_change
from parkwright.make.validate import check

seeds = st.integers(0, 2**32)


def capped(seed, cap_kw=30.0, jobs=8):
    """A random floor with a crew, some of it above a cap, and the rule's plan."""
    problem = random_problem(np.random.default_rng(seed), jobs, levels=2)
    problem = replace(problem, power=Power(0, 15 * MINUTE, np.full(40, 5.0), np.full(40, cap_kw)))
    problem = with_crew(problem, np.random.default_rng(seed))
    floor = floor_of(problem)
    list_first(floor)
    return problem, floor


def two_lines(cap_kw, late=60.0, **rates):
    """Two jobs of an hour on two alike lines, 10 and 20 kW, energy at 0.5 and 1.0 CNY/kWh."""
    none, two = np.zeros(2, dtype=int), np.zeros(2, dtype=int)
    operations = Operations(
        ready=none, due=np.full(2, HOUR_MS), family=none, level=none, late_cny_per_h=np.full(2, late),
        drop_cny=np.full(2, 1e5), work=np.full((2, 2), HOUR_MS), tail=np.zeros((2, 2), dtype=int),
        kw=np.array([[10.0, 10.0], [20.0, 20.0]]),
    )  # fmt: skip
    return Problem(
        operations, LineSet(two, two, two, np.zeros(2), np.zeros((2, 2, 1), dtype=int)), np.zeros((0, 2), dtype=int),
        [Windows(np.array([0]), np.array([8 * HOUR_MS]), np.zeros(1))],
        Steps(np.array([0, 4, 8]) * HOUR_MS, np.array([0.5, 1.0]), np.array([0.6, 0.4])), Rates(**rates),
        power=Power(0, 15 * MINUTE, np.zeros(32), np.full(32, cap_kw)),
    )  # fmt: skip


def beside(problem):
    """The floor of two lines with a job on each."""
    floor = floor_of(problem)
    fill_rows(floor, [[0], [1]])
    resettle(floor.ints, floor.reals)
    return floor


# -- its price ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("late", "rates", "price"),
    [
        (60.0, {}, ABOVE_CAP * 60.0 / 15.0),  # an hour of lateness for the 15 kW of a mean job
        (0.0, {}, ABOVE_CAP * 1.0),  # nobody waits: the dearest energy
        (0.0, {"carbon_cny_per_kg": 10.0}, ABOVE_CAP * 6.5),  # with its carbon it is dearest at first: 0.5 + 10 x 0.6
        (60.0, {"excess_cny_per_kwh": 500.0}, 500.0),
    ],
)
def test_the_cap_is_priced_by_what_a_plan_saves_above_it(late, rates, price):
    problem = two_lines(25.0, late, **rates)
    floor = beside(problem)
    price_cap(floor, problem)
    assert floor.rate[EXCESS] == pytest.approx(price)
    # 30 kW for an hour, 5 above the cap; due when they end, so that energy is the rest of the cost.
    energy = 30.0 * (0.5 + 0.6 * rates.get("carbon_cny_per_kg", 0.0))
    assert floor.cost_cny() == pytest.approx(energy + 5.0 * price)


def test_where_there_is_no_cap_nothing_is_priced():
    problem = two_lines(np.inf)
    floor = beside(problem)
    price_cap(floor, problem)
    assert floor.rate[EXCESS] == 0.0
    unwatched = replace(problem, power=None)
    floor = floor_of(unwatched)
    price_cap(floor, unwatched)
    assert floor.rate[EXCESS] == 0.0


@pytest.mark.parametrize("share", [0.0, 0.4, 0.9])
def test_the_price_rises_while_searching_and_is_whole_when_plans_are_compared(share, monkeypatch):
    problem, floor = capped(3)
    price_cap(floor, problem)
    full, seen = float(floor.rate[EXCESS]), []
    search = Search(floor, 1)
    monkeypatch.setattr("parkwright.make.improve.anneal", lambda w, x, *_: seen.append(float(floor.rate[EXCESS])))
    search.advance(50, (max(0.0, share - 0.1), share))
    assert seen == [pytest.approx(full * ABOVE_FIRST ** max(0.0, 1.0 - share / ABOVE_FULL))]
    assert floor.rate[EXCESS] == full
    assert search.progress.cost_cny == pytest.approx(floor.cost_cny(), abs=1e-6)


# -- the edits that relieve an interval -----------------------------------------------------------------------------


@settings(max_examples=60)
@given(seeds, seeds)
def test_an_interval_above_the_cap_is_found_as_long_as_there_is_one(seed, lot):
    _, floor = capped(seed)
    over = floor.shared[:, :, OTHER] + floor.shared[:, :, DRAWN] > floor.shared[:, :, CAP] + 1e-6
    over &= floor.shared[:, :, DRAWN] > 1e-6
    thing, t = above(floor.ints, floor.reals, stream(lot, 0))
    assert over[thing, t] if over.any() else (thing, t) == (-1, -1)


@settings(max_examples=40)
@given(seeds, seeds)
def test_what_is_relieved_is_at_work_above_a_cap_and_costs_what_a_fresh_count_says(seed, lot):
    _, floor = capped(seed)
    edit, members = np.zeros(7, dtype=np.int64), np.flatnonzero(floor.op[:, START] >= 0)
    over = floor.shared[:, :, OTHER] + floor.shared[:, :, DRAWN] > floor.shared[:, :, CAP] + 1e-6
    over = (over & (floor.shared[:, :, DRAWN] > 1e-6)).any(axis=0)
    since = 15 * MINUTE * np.flatnonzero(over)
    lots = stream(lot, 0)
    for _ in range(12):
        edit[KIND] = NOTHING
        propose_relief(floor.ints, floor.reals, members, lots, edit)
        if edit[KIND] == NOTHING:
            continue
        assert edit[KIND] in (MOVE, SWAP, WAIT)
        before = floor.cost_cny()
        if edit[KIND] != MOVE:  # a block that moves may begin ahead of it
            op = floor.op[floor.order[edit[ROW_A], edit[PLACE_A]]]
            assert ((op[START] < since + 15 * MINUTE) & (op[LEAVE] > since)).any()
        apply(floor.ints, edit)
        change = settle(floor.ints, floor.reals, np.inf)
        fresh = floor.copy()
        assert before + change == pytest.approx(resettle(fresh.ints, fresh.reals), abs=1e-6)
        take_back(floor.ints, edit)
        restore(floor.ints, floor.reals)
        assert floor.cost_cny() == pytest.approx(before, abs=1e-6)


def test_who_may_not_move_is_not_proposed():
    _, floor = capped(3)
    edit = np.zeros(7, dtype=np.int64)
    for lot in range(20):
        propose_relief(floor.ints, floor.reals, np.zeros(0, dtype=np.int64), stream(lot, 0), edit)
        assert edit[KIND] == NOTHING


@pytest.mark.parametrize(("job", "share"), [(0, 0.5), (1, 0.25)])
def test_a_job_waits_just_long_enough_for_the_cap(job, share):
    # 30 kW in the first quarter, 5 above the cap: 10 kW wait half of it, 20 kW a quarter.
    floor = beside(two_lines(25.0))
    hold = relieving_hold(floor.ints, floor.reals, 0, 0, job)
    assert hold == pytest.approx(share * 15 * MINUTE, abs=2)
    edit = np.array([WAIT, floor.op[job, ROW], 0, 1, 0, 0, hold])
    apply(floor.ints, edit)
    settle(floor.ints, floor.reals, np.inf)
    assert floor.power[0, DRAWN] <= 25.0
    assert floor.power[0, DRAWN] == pytest.approx(25.0, abs=1e-3)


def test_a_job_that_began_before_the_interval_waits_beyond_it():
    floor = beside(two_lines(25.0))
    assert relieving_hold(floor.ints, floor.reals, 0, 2, 0) == 45 * MINUTE
    floor.op[0, HOLD] = 3 * HOUR_MS
    resettle(floor.ints, floor.reals)
    assert floor.op[0, BEGIN] == 3 * HOUR_MS


# -- holding a plan back within it ----------------------------------------------------------------------------------


def capped_at_first(cap_kw=25.0, work_ms=HOUR_MS):
    """The floor of two lines with a job on each, a cap in the first quarter of an hour only."""
    problem = two_lines(cap_kw)
    cap = np.where(np.arange(32) == 0, cap_kw, 100.0)
    work = replace(problem.operations, work=np.full((2, 2), work_ms), due=np.full(2, work_ms))
    problem = replace(problem, operations=work, power=replace(problem.power, cap_kw=cap))
    floor = beside(problem)
    price_cap(floor, problem)
    return floor


@pytest.mark.parametrize(("late", "start_min"), [(1.0, (0.0, 3.75)), (0.1, (7.5, 0.0))])
def test_the_job_whose_short_wait_costs_least_waits_no_longer_than_it_must(late, start_min):
    # 5 kW above for a quarter: 20 kW wait a quarter of it, 10 kW half of it, which pays where their hour is cheap.
    floor = capped_at_first()
    floor.worth[0, LATE] *= late
    resettle(floor.ints, floor.reals)
    assert keep_cap(floor)
    assert floor.op[:, START] / MINUTE == pytest.approx(start_min, abs=1e-3)
    assert floor.power[0, DRAWN] == pytest.approx(25.0, abs=1e-3)
    assert floor.power[0, DRAWN] <= 25.0


def test_a_job_within_the_interval_waits_beyond_it_when_short_waits_are_of_no_use():
    # 3 min of 30 kW are 6 kW in the quarter, just above: a few seconds later they would still be.
    floor = capped_at_first(5.999, 3 * MINUTE)
    short = relieving_hold(floor.ints, floor.reals, 0, 0, 0)
    assert SHORT_WAITS * short < 12 * MINUTE
    assert keep_cap(floor)
    assert sorted(floor.op[:, START]) == [pytest.approx(0, abs=SHORT_WAITS * short), 15 * MINUTE]


@settings(max_examples=40)
@given(seeds)
def test_a_plan_held_back_is_within_the_cap_costs_what_a_fresh_count_says_and_only_waits(seed):
    _, floor = capped(seed)
    before = floor.op.copy()
    assert keep_cap(floor)
    assert (floor.power[:, OTHER] + floor.power[:, DRAWN] <= floor.power[:, CAP] + 1e-6).all()
    assert (floor.op[:, HOLD] >= before[:, HOLD]).all()
    assert (floor.op[:, ROW] == before[:, ROW]).all()
    fresh = floor.copy()
    assert floor.cost_cny() == pytest.approx(resettle(fresh.ints, fresh.reals), abs=1e-6)


def test_a_wait_that_is_only_asked_about_leaves_the_plan():
    floor = capped_at_first()
    before, cost = floor.op.copy(), floor.cost_cny()
    change = wait_change(floor, 1, 15 * MINUTE, False)
    assert (floor.op == before).all()
    assert floor.cost_cny() == cost
    assert wait_change(floor, 1, 15 * MINUTE, True) == change
    assert floor.op[1, START] == 15 * MINUTE
    assert floor.cost_cny() == pytest.approx(cost + change)


def test_the_search_holds_the_plan_back_once_when_the_price_is_full(monkeypatch):
    problem, floor = capped(3)
    price_cap(floor, problem)
    search = Search(floor, 1)
    first, above_cny = search.best, floor.rate[GRID_NOW]
    monkeypatch.setattr("parkwright.make.improve.anneal", lambda *_: 0.0)
    search.advance(1, (0.0, ABOVE_FULL))
    assert floor.rate[GRID_NOW] == pytest.approx(above_cny)
    assert above_cny > 0.0
    search.advance(1, (ABOVE_FULL, 0.9))
    assert (floor.power[:, OTHER] + floor.power[:, DRAWN] <= floor.power[:, CAP] + 1e-6).all()
    put_back(floor, first)
    search.advance(1, (0.9, 1.0))
    assert floor.rate[GRID_NOW] == pytest.approx(above_cny)


def test_a_large_plan_is_held_back_before_its_windows_are_searched(monkeypatch):
    problem, floor = capped(3)
    price_cap(floor, problem)
    seen = []

    def over():
        return int((floor.power[:, OTHER] + floor.power[:, DRAWN] > floor.power[:, CAP] + 1e-6).sum())

    monkeypatch.setattr(sides, "WHOLE_OPS", 4)
    monkeypatch.setattr(sides, "_whole", lambda floor, run, late: seen.append(run.until) or 7)
    monkeypatch.setattr(sides, "_by_windows", lambda floor, run, *cuts: seen.append((over(), *cuts)))
    assert over() > 0
    sides.search(floor, Budget(1), 0.0, 1, lambda: False, lambda share, cost: None)
    assert seen == [sides.WHOLE, (0, sides.LARGE, 7)]


def test_a_part_of_a_plan_pays_the_full_price_from_the_start_and_is_not_held_back(monkeypatch):
    problem, floor = capped(3)
    price_cap(floor, problem)
    full, above_cny, seen = float(floor.rate[EXCESS]), float(floor.rate[GRID_NOW]), []
    search = Search(floor, 1, members=np.arange(4))
    monkeypatch.setattr("parkwright.make.improve.anneal", lambda w, x, *_: seen.append(float(floor.rate[EXCESS])))
    search.advance(1, (0.0, 0.1))
    search.advance(1, (ABOVE_FULL, 1.0))
    assert seen == [full, full]
    assert floor.rate[GRID_NOW] == pytest.approx(above_cny)


# -- what is left of it ---------------------------------------------------------------------------------------------


@settings(max_examples=6)
@given(seeds)
def test_a_capped_plan_is_feasible_repeats_and_costs_what_the_account_says(seed):
    problem, _ = capped(seed, cap_kw=40.0)
    plan, again = solve(problem, rounds=1, seed=3), solve(problem, rounds=1, seed=3)
    assert check(problem, plan) == []
    assert plan.cost.excess_cny == 0.0
    assert (plan.start == again.start).all()
    assert plan.cost.total_cny == pytest.approx(account(problem, list(plan.begun(1 << 60))).total_cny, abs=1e-6)


def test_the_search_keeps_the_cap_where_it_costs_nothing():
    # Either job may run first when both are due late: the search puts them behind each other in the cheap hours.
    problem = two_lines(25.0)
    late = replace(problem.operations, due=np.full(2, 4 * HOUR_MS))
    plan = solve(replace(problem, operations=late), rounds=1)
    assert check(replace(problem, operations=late), plan) == []
    assert plan.cost.tardiness_cny == 0.0
    assert plan.cost.energy_cny == pytest.approx(15.0)
