"""The evaluator's kernels against plain Python: fitting an operation in, pricing it, sharing power and people."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from floor_cases import MINUTE, any_problem, done_by_hand, plan_of, random_problem, sum_by_hand, with_crew
from hypothesis import given, settings
from hypothesis import strategies as st

from parkwright.make.account import people, site_kw
from parkwright.make.clock import in_one_go, opens, worked
from parkwright.make.floor import (
    BEGIN,
    CAP,
    COST,
    DRAWN,
    DRAWN_FROM,
    DRAWN_UNTIL,
    DUE_AFTER,
    END,
    FAMILY,
    GRID_NOW,
    HOLD,
    LATE,
    LATE_AFTER,
    LEAVE,
    LINE,
    NEVER,
    OTHER,
    PLACE,
    READY,
    ROW,
    SIZE,
    START,
    TABLE,
    WHOLE,
    WORK,
    Crew,
    Power,
    floor_of,
    shared_of,
)
from parkwright.make.hours import ENERGY, EXTRA, HOUR_MS
from parkwright.make.listing import list_first
from parkwright.make.settle import earliest, entry, fit, mark, price, resettle, restore, settle
from parkwright.make.sharing import draw, draw_op, grid_cost, undraw

seeds = st.integers(0, 2**32)


def listed(seed, jobs=8, levels=2):
    """A random problem and its floor with the rule's plan."""
    problem = random_problem(np.random.default_rng(seed), jobs, levels)
    floor = floor_of(problem)
    list_first(floor)
    return problem, floor


def pairs(floor):
    """Each operation with each line that can do it."""
    return [(int(i), int(line)) for i, line in zip(*np.nonzero(floor.can[:, :, WORK] >= 0), strict=True)]


def fitted_by_hand(floor, i, line, at, free, family):
    """Changeover, start and end from the look-ups of the clock, one by one; None where they do not fit."""
    ints, table = floor.ints, int(floor.line[line, TABLE])
    setup, work = int(floor.setup[line, family, floor.op[i, FAMILY]]), int(floor.can[i, line, WORK])
    begin = opens(ints, table, max(free, at - setup))
    if begin < 0:
        return None
    start = done_by_hand(floor, table, begin, setup)
    if start < 0:
        return None
    start = in_one_go(ints, table, start, work) if floor.op[i, WHOLE] else opens(ints, table, start)
    if start < 0:
        return None
    leave = done_by_hand(floor, table, start, work)
    return None if leave < 0 else (begin, start, leave)


@settings(max_examples=80)
@given(seeds, st.integers(-20, 500), st.integers(-20, 500), st.integers(0, 3))
def test_an_operation_is_fitted_in_as_the_clock_says_step_by_step(seed, at, free, family):
    _, floor = listed(seed)
    for i, line in pairs(floor):
        found = fit(floor.ints, i, line, at * MINUTE, free * MINUTE, family)
        expected = fitted_by_hand(floor, i, line, at * MINUTE, free * MINUTE, family)
        assert (tuple(found[:3]) if found[1] >= 0 else None) == expected


@settings(max_examples=60)
@given(seeds, st.integers(0, 300))
def test_the_cuts_that_fit_names_hold_their_instants(seed, at):
    _, floor = listed(seed)
    for i, line in pairs(floor):
        begin, start, leave, *cuts = fit(floor.ints, i, line, at * MINUTE, 0, 0)
        if start < 0:
            continue
        edge = floor.cut[int(floor.line[line, TABLE]), :, 0]
        for instant, cut in zip((begin, start, leave), cuts, strict=True):
            assert edge[cut] <= instant <= edge[cut + 1]


@pytest.mark.parametrize(("at", "free"), [(NEVER, 0), (0, NEVER), (NEVER, NEVER), (10_000 * MINUTE, 0)])
def test_what_never_can_start_does_not(at, free):
    _, floor = listed(1)
    i, line = pairs(floor)[0]
    assert tuple(fit(floor.ints, i, line, at, free, 0)[:3]) == (-1, -1, -1)


@settings(max_examples=60)
@given(seeds)
def test_an_operation_costs_its_energy_premium_and_lateness(seed):
    problem, floor = listed(seed)
    floor.rate[:4] = 0.0
    ops = problem.operations
    for i, line in pairs(floor):
        times = fit(floor.ints, i, line, 0, 0, 0)
        begin, start, leave = times[:3]
        found = price(floor.ints, floor.reals, i, line, times, False)
        if start < 0:
            assert found == ops.drop_cny[i]
            continue
        table = int(problem.lines.table[line])
        run, setup = sum_by_hand(floor, table, start, leave, ENERGY), sum_by_hand(floor, table, begin, start, ENERGY)
        premium = sum_by_hand(floor, table, begin, leave, EXTRA)
        late_h = max(0, leave + ops.tail[i, line] - ops.due[i]) / HOUR_MS
        expected = ops.kw[i, line] * run + problem.lines.setup_kw[line] * setup + premium
        assert found == pytest.approx(expected + ops.late_cny_per_h[i] * late_h, abs=1e-6)


def test_what_waits_behind_an_operation_is_paid_from_its_own_due_time_on():
    problem, floor = listed(5)
    i, line = next((i, line) for i, line in pairs(floor) if fit(floor.ints, i, line, 0, 0, 0)[1] >= 0)
    times = fit(floor.ints, i, line, 0, 0, 0)
    end = int(times[2]) + int(problem.operations.tail[i, line])
    plain = price(floor.ints, floor.reals, i, line, times, False)
    floor.worth[i, LATE_AFTER], floor.op[i, DUE_AFTER] = 2.0 / HOUR_MS, end - HOUR_MS
    assert price(floor.ints, floor.reals, i, line, times, False) == pytest.approx(plain + 2.0)
    floor.op[i, DUE_AFTER] = end + 1
    assert price(floor.ints, floor.reals, i, line, times, False) == pytest.approx(plain)


@settings(max_examples=60)
@given(seeds)
def test_an_operation_could_start_when_it_is_ready_let_go_and_waited_for(seed):
    problem, floor = listed(seed, levels=3)
    for i in range(len(floor.op)):
        before = [b for b, a in problem.links.tolist() if a == i]
        expected = max([int(floor.op[i, READY]), int(floor.op[i, HOLD]), *(int(floor.op[b, END]) for b in before)])
        assert earliest(floor.ints, i) == expected


@settings(max_examples=60)
@given(seeds)
def test_a_line_is_entered_as_its_last_placed_operation_leaves_it(seed):
    problem, floor = listed(seed, levels=3)
    for number, row in enumerate(floor.row):
        for place in range(int(row[SIZE]) + 1):
            free, family = entry(floor.ints, number, place)
            line = int(row[LINE])
            ahead = [op for op in floor.order[number, :place] if floor.op[op, START] >= 0]
            rows = [other for other in range(number) if floor.row[other, LINE] == line]
            ahead = [
                op for other in rows for op in floor.order[other, : floor.row[other, SIZE]] if floor.op[op, START] >= 0
            ] + ahead
            if ahead:
                assert (free, family) == (floor.op[ahead[-1], LEAVE], floor.op[ahead[-1], FAMILY])
            else:
                stands = int(problem.lines.free[line])
                assert (free, family) == (NEVER if stands < 0 else stands, problem.lines.family[line])


@settings(max_examples=60)
@given(seeds, st.integers(0, 300))
def test_a_hold_that_is_taken_back_leaves_the_cost(seed, minutes):
    _, floor = listed(seed)
    placed = np.flatnonzero(floor.op[:, START] >= 0)
    if placed.size == 0:
        return
    i = int(placed[seed % placed.size])
    op, cost, total = floor.op.copy(), floor.worth[:, COST].copy(), floor.cost_cny()
    floor.op[i, HOLD] = minutes * MINUTE
    mark(floor.ints, int(floor.op[i, ROW]), int(floor.op[i, PLACE]), int(floor.op[i, PLACE]) + 1)
    change = settle(floor.ints, floor.reals, np.inf)
    assert floor.cost_cny() == pytest.approx(total + change, abs=1e-6)
    assert floor.op[i, START] < 0 or floor.op[i, START] >= minutes * MINUTE
    floor.op[i, HOLD] = op[i, HOLD]
    restore(floor.ints, floor.reals)
    assert (floor.op[:, BEGIN : END + 1] == op[:, BEGIN : END + 1]).all()
    assert (floor.worth[:, COST] == cost).all()


@settings(max_examples=60)
@given(seeds)
def test_an_edit_that_is_given_up_early_is_dearer_than_the_limit(seed):
    _, floor = listed(seed, jobs=12)
    placed = np.flatnonzero(floor.op[:, START] >= 0)
    if placed.size == 0:
        return
    i = int(placed[seed % placed.size])
    floor.op[i, HOLD] = floor.op[i, START] + 60 * MINUTE
    other = floor.copy()
    for one in (floor, other):
        mark(one.ints, int(one.op[i, ROW]), int(one.op[i, PLACE]), int(one.op[i, PLACE]) + 1)
    exact = settle(floor.ints, floor.reals, np.inf)
    limited = settle(other.ints, other.reals, 5.0)
    assert limited == pytest.approx(exact) or (np.isinf(limited))


# -- what the lines share -------------------------------------------------------------------------------------------


def with_power(seed):
    """A random floor that watches its power, with the rule's plan."""
    problem = random_problem(np.random.default_rng(seed), jobs=8, levels=2)
    problem = replace(problem, power=Power(0, 15 * MINUTE, np.full(40, 5.0), np.full(40, 50.0)))
    problem = with_crew(problem, np.random.default_rng(seed))
    floor = floor_of(problem)
    list_first(floor)
    return problem, floor


@settings(max_examples=60)
@given(seeds)
def test_the_power_of_every_interval_is_that_of_the_account(seed):
    problem, floor = with_power(seed)
    for t, (kw, cap) in site_kw(problem, plan_of(floor)).items():
        assert floor.power[t, OTHER] + floor.power[t, DRAWN] == pytest.approx(kw, abs=1e-6)
        assert floor.power[t, CAP] == cap


@settings(max_examples=60)
@given(seeds)
def test_the_people_of_every_interval_are_those_at_work_on_average(seed):
    problem, floor = with_power(seed)
    for number in range(len(problem.crews)):
        drawn = np.zeros(40)
        edge = 15 * MINUTE * np.arange(41)
        for low, high, busy, _ in people(problem, plan_of(floor), number):
            drawn += busy * np.diff(np.clip(edge, low, high)) / (15 * MINUTE)
        assert floor.shared[number + 1, :, DRAWN] == pytest.approx(drawn, abs=1e-6)


@settings(max_examples=60)
@given(seeds)
def test_peak_and_excess_cost_what_the_rates_say(seed):
    problem, floor = with_power(seed)
    expected = 0.0
    for thing, block in enumerate(floor.shared):
        drawn = block[:, OTHER] + block[:, DRAWN]
        rate = problem.rates.excess_cny_per_kwh if thing == 0 else problem.excess_cny_per_person_h
        expected += rate * float(np.maximum(drawn - block[:, CAP], 0).sum()) * 0.25
        if thing == 0:
            expected += problem.rates.demand_cny_per_kw * float(drawn.max())
    assert grid_cost(floor.ints, floor.reals) == pytest.approx(expected, abs=1e-6)
    assert floor.rate[GRID_NOW] == pytest.approx(expected, abs=1e-6)


@settings(max_examples=40)
@given(seeds)
def test_what_is_drawn_and_taken_away_again_leaves_nothing(seed):
    _, floor = with_power(seed)
    before = floor.shared.copy()
    for one in np.flatnonzero(floor.op[:, START] >= 0):
        line = int(floor.row[floor.op[one, ROW], LINE])
        times = [int(floor.op[one, column]) for column in (BEGIN, START, LEAVE)]
        draw_op(floor.ints, floor.reals, int(one), line, *times, 1.0)
        draw_op(floor.ints, floor.reals, int(one), line, *times, -1.0)
    assert floor.shared == pytest.approx(before, abs=1e-9)


def test_a_span_draws_its_share_of_each_interval_and_nothing_outside_them():
    _, floor = with_power(3)
    floor.shared[:, :, DRAWN] = 0.0
    draw(floor.ints, floor.reals, 0, 1, -60 * MINUTE, 50 * MINUTE, 12.0)
    opened, expected = 30, np.zeros(40)
    expected[2], expected[3] = 12.0 * (45 - opened) / 15, 12.0 * 5 / 15
    assert floor.power[:, DRAWN] == pytest.approx(expected)
    draw(floor.ints, floor.reals, 0, 1, 600 * MINUTE, 700 * MINUTE, 12.0)
    assert floor.power[:, DRAWN] == pytest.approx(expected)


@settings(max_examples=60)
@given(seeds, st.integers(1, 200))
def test_undrawn_is_what_was_before_the_edit_and_elsewhere_nothing_was_touched(seed, minutes):
    _, floor = with_power(seed)
    placed = np.flatnonzero(floor.op[:, START] >= 0)
    if placed.size == 0:
        return
    i = int(placed[seed % placed.size])
    before, cost = floor.shared[:, :, DRAWN].copy(), float(floor.rate[GRID_NOW])
    floor.op[i, HOLD] = floor.op[i, START] + minutes * MINUTE
    mark(floor.ints, int(floor.op[i, ROW]), int(floor.op[i, PLACE]), int(floor.op[i, PLACE]) + 1)
    settle(floor.ints, floor.reals, np.inf)
    first, until = int(floor.ints[DRAWN_FROM]), int(floor.ints[DRAWN_UNTIL])
    changed = np.flatnonzero((floor.shared[:, :, DRAWN] != before).any(axis=0))
    assert ((changed >= first) & (changed < until)).all()
    assert floor.rate[GRID_NOW] == pytest.approx(grid_cost(floor.ints, floor.reals), abs=1e-6)
    undraw(floor.ints, floor.reals)
    assert (floor.shared[:, :, DRAWN] == before).all()
    assert floor.rate[GRID_NOW] == cost


def test_a_floor_that_watches_nothing_has_no_intervals():
    problem = replace(random_problem(np.random.default_rng(1)), power=None)
    assert shared_of(problem)[2].shape == (1, 0, 4)


def test_people_are_watched_by_the_hour_where_no_power_is():
    problem = replace(random_problem(np.random.default_rng(1)), power=None)
    count, lines = problem.operations.work.shape
    crew = Crew(np.array([0, 90]) * MINUTE, np.array([2.0, 4.0]), np.ones((count, lines)), np.zeros(lines))
    start, step, shared = shared_of(replace(problem, crews=[crew]))
    first = min(int(one.opened[0]) for one in problem.windows)
    assert (start, step) == (first, HOUR_MS)
    assert shared.shape[:2] == (2, -(-(460 * MINUTE - first) // HOUR_MS))
    assert np.isinf(shared[0, :, CAP]).all()
    assert shared[1, :3, CAP].tolist() == [2.0, 3.0, 4.0]


def test_nobody_is_there_before_the_first_edge():
    problem = replace(random_problem(np.random.default_rng(1)), power=None)
    count, lines = problem.operations.work.shape
    crew = Crew(np.array([120]) * MINUTE, np.array([4.0]), np.ones((count, lines)), np.zeros(lines))
    nobody = Crew(np.zeros(0, dtype=int), np.zeros(0), np.ones((count, lines)), np.zeros(lines))
    shared = shared_of(replace(problem, crews=[crew, nobody]))[2]
    assert shared[1, :3, CAP].tolist() == [0.0, 0.0, 4.0]
    assert (shared[2, :, CAP] == 0.0).all()


@settings(max_examples=60)
@given(seeds)
def test_a_copy_of_a_floor_is_of_its_own(seed):
    problem = any_problem(seed)
    floor = floor_of(problem)
    list_first(floor)
    other, cost = floor.copy(), floor.cost_cny()
    other.worth[:, LATE] += 1.0 / HOUR_MS
    other.op[:, HOLD] += MINUTE
    resettle(other.ints, other.reals)
    assert resettle(floor.ints, floor.reals) == pytest.approx(cost, abs=1e-9)
    assert worked(floor.ints, 0, 10**9 * MINUTE) == floor.cut[0, -1, 1]
