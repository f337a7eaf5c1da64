"""The parts of the search: heat and leeway, sides and windows, what hangs on an operation; and the check's faults."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
from floor_cases import MINUTE, any_problem, plan_of, random_problem, with_kept
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from parkwright.make import sides
from parkwright.make.account import open_spans, people, site_kw
from parkwright.make.budget import Budget
from parkwright.make.draws import stream
from parkwright.make.floor import (
    DUE,
    END,
    FREE,
    GUARDS,
    LAST_FAMILY,
    LATE,
    LINE,
    LINK_AT,
    LINK_END,
    READY,
    SIZE,
    START,
    Crew,
    Placed,
    Power,
    fill_rows,
    floor_of,
    rows_by_level,
)
from parkwright.make.improve import WARM_H, Search
from parkwright.make.listing import list_first, press, snapshot
from parkwright.make.schedule import solve
from parkwright.make.settle import resettle
from parkwright.make.tails import tails
from parkwright.make.validate import check, faults, shared_faults
from parkwright.make.window import cut_out

seeds = st.integers(0, 2**32)
DELAY = 480 * MINUTE


def planned(seed, jobs=20, levels=3):
    """A random problem and its floor with the rule's plan."""
    problem = random_problem(np.random.default_rng(seed), jobs, levels)
    floor = floor_of(problem)
    list_first(floor)
    return problem, floor


# -- annealing ------------------------------------------------------------------------------------------------------


def test_a_search_with_few_operations_is_patient_and_one_with_many_is_not():
    _, few = planned(1, jobs=8, levels=2)
    assert Search(few, 1)._leeway in (0.0, np.inf)
    problem = random_problem(np.random.default_rng(21), 30, 3)
    late = problem.operations.late_cny_per_h
    search = Search(floor_without_left_out(problem), 1)
    assert 0 < search._leeway < np.inf
    assert 0 < search._heat <= WARM_H * late[late > 0].mean() * (1 + 1e-9)


def floor_without_left_out(problem):
    """The problem's floor with lines that are open long enough for all of it."""
    long = [replace(one, closed=one.closed + 10_000 * MINUTE, opened=one.opened) for one in problem.windows]
    long = [replace(one, opened=one.opened[-1:], closed=one.closed[-1:]) for one in long]
    long = [replace(one, extra_cny_per_h=one.extra_cny_per_h[-1:]) for one in long]
    lines = replace(problem.lines, free=np.maximum(problem.lines.free, 0))
    work = np.where((problem.operations.work >= 0).any(axis=1)[:, None], problem.operations.work, MINUTE)
    operations = replace(problem.operations, work=work, whole=None)
    floor = floor_of(replace(problem, windows=long, lines=lines, operations=operations, power=None))
    list_first(floor)
    assert (floor.op[:, START] >= 0).all()
    return floor


@settings(max_examples=30)
@given(seeds)
def test_who_adopts_a_plan_goes_on_from_it(seed):
    _, floor = planned(seed, jobs=8)
    one, other = Search(floor, 1), Search(floor.copy(), 2)
    other.advance(500, (0.0, 1.0))
    one.adopt(other)
    assert one.progress.cost_cny == pytest.approx(other.progress.best_cny, abs=1e-6)
    assert one.finish().cost_cny <= other.progress.best_cny + 1e-6


def test_a_search_of_nothing_stays_where_it_is():
    _, floor = planned(2, jobs=4)
    search = Search(floor, 1, members=np.zeros(0, dtype=np.int64))
    before = search.progress
    assert search.advance(100, (0.0, 1.0)) == before
    assert (search._leeway, search._heat) == (0.0, 0.0)


# -- sides and windows ----------------------------------------------------------------------------------------------


def run_of(rounds, seed=1, stop=lambda: False, told=None):
    """What a search is given."""
    pool = ThreadPoolExecutor(sides.SIDES)
    told = [] if told is None else told
    return sides._Run(Budget(rounds), 0.0, seed, stop, lambda share, cost: told.append((share, cost)), 0.1, pool)


FEW = sides.Cuts(4, (10, 25), 20)


@pytest.mark.parametrize(
    "way",
    [
        lambda floor, run: sides._side_by_side(floor, run, 0),
        lambda floor, run: sides._by_windows(floor, run, FEW),
        lambda floor, run: sides._side_by_side(floor, run, sides._by_rank(floor, run)),
    ],
)
def test_each_way_to_search_tells_falling_costs_and_leaves_the_best_plan(way, monkeypatch):
    monkeypatch.setattr(sides, "PLANS_A_ROUND", 20)
    monkeypatch.setattr(sides, "MOVES_A_ROUND", 300)
    problem, floor = planned(11, jobs=30)
    told = []
    first = floor.cost_cny()
    assert way(floor, run_of(6, told=told)) == 6
    costs = [cost for _, cost in told]
    assert costs == sorted(costs, reverse=True)
    assert [share for share, _ in told] == pytest.approx([n / 6 for n in range(1, 7)])
    assert costs[-1] < first
    assert floor.cost_cny() == pytest.approx(costs[-1], abs=1e-6)
    assert faults(problem, plan_of(floor)) == []


def test_the_windows_of_a_round_lie_apart():
    _, floor = planned(11, jobs=40)
    state = stream(3, 0)
    for _ in range(20):
        windows = sides._windows(floor, state, 0.1, sides.Cuts(4, (8, 16), 20))
        members = [set(one.number[one.members].tolist()) for one in windows]
        assert 1 <= len(windows) <= 4
        assert len(set.union(*members)) == sum(map(len, members))
        assert all(4 <= len(one) <= 60 for one in members)


def test_where_nothing_is_late_and_energy_is_free_there_is_nothing_to_search():
    _, floor = planned(11, jobs=10)
    floor.worth[:, LATE] = 0.0
    assert sides._windows(floor, stream(3, 0), 0.0, sides.LARGE) == []
    assert sides._by_windows(floor, replace(run_of(50), waits=0.0), sides.LARGE) == 1


@settings(max_examples=40)
@given(seeds, st.integers(0, 250), st.integers(10, 200))
def test_a_window_knows_what_came_before_it(seed, since, length):
    problem, floor = planned(seed, levels=1 + seed % 3)
    since, until = since * MINUTE, (since + length) * MINUTE
    window = cut_out(floor, since, until, np.zeros(len(floor.op), dtype=np.int64), np.zeros(len(floor.op)))
    part, whole = window.floor, floor.op[window.number]
    inside = whole[window.members, START]
    assert ((inside >= since) & (inside < until)).all()
    for i, source in enumerate(window.number.tolist()):
        before = [b for b, a in problem.links.tolist() if a == source]
        outside = [floor.op[b, END] for b in before if b not in window.number]
        assert part.op[i, READY] == max([int(floor.op[source, READY]), *(int(end) for end in outside)])
        named = window.number[part.link[part.op[i, LINK_AT] : part.op[i, LINK_END]]]
        assert sorted(named.tolist()) == sorted(b for b in before if b in window.number)
    for line in range(len(floor.line)):
        done = [one for one in plan_of(floor) if one.line == line and one.start < since and one.op not in window.number]
        last = max(done, key=lambda one: one.start, default=None)
        if last is not None and last.leave > floor.line[line, FREE]:
            assert part.line[line, FREE] == last.leave
            assert part.line[line, LAST_FAMILY] == problem.operations.family[last.op]
        else:
            assert part.line[line, FREE] == floor.line[line, FREE]


@settings(max_examples=40)
@given(seeds)
def test_guards_are_the_first_after_a_window_and_never_move(seed):
    _, floor = planned(seed)
    window = cut_out(floor, 60 * MINUTE, 150 * MINUTE, np.zeros(len(floor.op), np.int64), np.ones(len(floor.op)))
    part = window.floor
    guards = [int(part.order[n, row[SIZE] - 1]) for n, row in enumerate(part.row) if row[GUARDS]]
    assert set(guards).isdisjoint(window.members.tolist())
    assert all(part.op[one, START] >= 150 * MINUTE for one in guards)
    Search(part, seed, 0.1, window.members).advance(300, (0.0, 1.0))
    assert guards == [int(part.order[n, row[SIZE] - 1]) for n, row in enumerate(part.row) if row[GUARDS]]


@settings(max_examples=60)
@given(seeds)
def test_what_hangs_on_an_operation_is_never_more_than_all_that_can_be_late(seed):
    _, floor = planned(seed)
    slack, rate = tails(floor.ints, floor.reals, DELAY)
    placed = floor.op[:, START] >= 0
    assert ((slack >= 0) & (slack <= DELAY)).all()
    assert (rate >= 0).all()
    assert (rate * (DELAY - slack)).max(initial=0.0) <= floor.worth[placed, LATE].sum() * DELAY * (1 + 1e-9)
    late = placed & (floor.worth[:, LATE] > 0) & (floor.op[:, END] >= floor.op[:, DUE])
    assert (slack[late] == 0).all()
    assert (rate[late] >= floor.worth[late, LATE] * (1 - 1e-9)).all()
    assert (rate[~placed] == 0).all()


# -- rows and the rule ----------------------------------------------------------------------------------------------


@settings(max_examples=60)
@given(seeds, st.integers(1, 4), st.integers(1, 5))
def test_there_is_a_row_for_each_level_that_a_line_serves_in_the_order_of_levels(seed, levels, lines):
    rng = np.random.default_rng(seed)
    level = rng.integers(0, levels, 12)
    work = rng.integers(-1, 3, (12, lines))
    row, row_of = rows_by_level(level, work)
    served = {(line, int(level[i])) for i in range(12) for line in range(lines) if work[i, line] >= 0}
    assert {(int(one[LINE]), int(one[LINE + 1])) for one in row} == served
    assert all(row_of[line, at] >= 0 for line, at in served)
    for number, one in enumerate(row):
        before = [other for other in range(number) if row[other, LINE] == one[LINE]]
        assert one[LINE + 2] == (before[-1] if before else -1)


@settings(max_examples=60)
@given(seeds)
def test_an_operation_is_pressed_by_what_waits_for_it(seed):
    problem, floor = planned(seed)
    due, worth = press(floor.ints, floor.reals)
    work = np.where(problem.operations.work >= 0, problem.operations.work + problem.operations.tail, 2**60).min(axis=1)
    for before, after in problem.links.tolist():
        assert due[before] <= due[after] - work[after]
        assert worth[before] >= worth[after] - 1e-15
    last = np.setdiff1d(np.arange(due.size), problem.links[:, 0])
    wanted = last[floor.worth[last, LATE] > 0]
    assert (due[wanted] == problem.operations.due[wanted]).all()


def test_rows_filled_by_hand_are_settled_in_that_order():
    _, floor = planned(4, jobs=6, levels=1)
    order = [floor.order[n, : row[SIZE]].tolist()[::-1] for n, row in enumerate(floor.row)]
    fill_rows(floor, order)
    resettle(floor.ints, floor.reals)
    assert [floor.order[n, : row[SIZE]].tolist() for n, row in enumerate(floor.row)] == order
    for ops in order:
        starts = [int(floor.op[i, START]) for i in ops if floor.op[i, START] >= 0]
        assert starts == sorted(starts)
    assert len(snapshot(floor)) == 3


# -- the check ------------------------------------------------------------------------------------------------------


def solved(seed):
    """A random problem and its plan by the rule."""
    problem = any_problem(seed)
    return problem, solve(problem, rounds=0)


def good(seed):
    """A random problem whose plan places something."""
    problem, plan = solved(seed)
    assume(bool((plan.line >= 0).any()))
    return problem, plan


def as_placed(plan):
    return [Placed(op, *(int(column[op]) for column in plan.columns)) for op in np.flatnonzero(plan.line >= 0).tolist()]


@settings(max_examples=60)
@given(seeds, st.data())
def test_a_change_of_any_time_is_found(seed, data):
    problem, plan = good(seed)
    op = data.draw(st.sampled_from(np.flatnonzero(plan.line >= 0).tolist()))
    column = data.draw(st.sampled_from(["leave", "end"]))
    changed = getattr(plan, column).copy()
    changed[op] += data.draw(st.sampled_from([-MINUTE, MINUTE]))
    wrong = check(problem, replace(plan, **{column: changed}))
    assert wrong
    assert any(fault.startswith((f"{op}:", f"{problem.name(op)}:")) or "told" in fault for fault in wrong)


@settings(max_examples=40)
@given(seeds)
def test_each_component_that_is_told_wrong_is_named(seed):
    problem, plan = good(seed)
    for name in ("energy_cny", "carbon_cny", "setup_cny", "overtime_cny", "left_out_cny", "demand_cny", "co2e_kg"):
        told = replace(plan.cost, **{name: getattr(plan.cost, name) * 1.01 + 0.5})
        assert [fault.split(":")[0] for fault in check(problem, replace(plan, cost=told))] == [name]


def test_an_operation_twice_and_one_on_a_line_out_of_use_are_found():
    problem, plan = solved(3)
    placed = as_placed(plan)
    assert "an operation is placed twice" in faults(problem, [*placed, placed[0]])
    free = problem.lines.free.copy()
    free[placed[0].line] = -1
    broken = replace(problem, lines=replace(problem.lines, free=free))
    assert f"line {placed[0].line} is out of use" in faults(broken, placed)


def test_what_is_kept_and_moved_away_is_found():
    problem = with_kept(random_problem(np.random.default_rng(9), 8, 1), 200 * MINUTE)
    plan = solve(problem, rounds=0)
    assert check(problem, plan) == []
    assert problem.kept
    one = problem.kept[0]
    placed = [replace(p, begin=p.begin + 1) if p.op == one.op else p for p in as_placed(plan)]
    assert f"{one.op}: is not where it is to be kept" in faults(problem, placed)
    assert any("is to be kept" in fault for fault in faults(problem, [p for p in placed if p.op != one.op]))


def test_a_cap_and_a_crew_that_are_broken_are_found():
    problem, plan = solved(12)
    placed = as_placed(plan)
    first = placed[0]
    tight = replace(problem, power=Power(0, 15 * MINUTE, np.full(40, 3.0), np.full(40, 3.0)), crews=(), kept=())
    over = [t for t, (kw, _) in site_kw(tight, placed).items() if kw > 3.0 + 1e-5]
    assert len([fault for fault in shared_faults(tight, placed) if "the site draws" in fault]) == len(over) > 0
    count, lines = problem.operations.work.shape
    crew = Crew(np.zeros(1, dtype=int), np.zeros(1), np.ones((count, lines)), np.zeros(lines))
    alone = replace(problem, power=None, crews=[crew], kept=())
    assert any("crew 0: 1 people work" in fault for fault in shared_faults(alone, [first]))
    assert shared_faults(replace(alone, crews=[replace(crew, there=np.ones(1))]), [first]) == []


@settings(max_examples=60)
@given(seeds, st.integers(-50, 500), st.integers(0, 500))
def test_open_spans_are_the_open_minutes_of_a_span(seed, start, length):
    problem = random_problem(np.random.default_rng(seed))
    for line in range(problem.lines.free.size):
        windows = problem.windows[int(problem.lines.table[line])]
        spans = open_spans(problem, line, start * MINUTE, (start + length) * MINUTE)
        minutes = sum((high - low) // MINUTE for low, high, _ in spans)
        expected = [
            any(o <= minute * MINUTE < c for o, c in zip(windows.opened, windows.closed, strict=True))
            for minute in range(start, start + length)
        ]
        assert minutes == sum(expected)
        assert all(low < high for low, high, _ in spans)


def test_people_are_counted_at_every_instant():
    problem = random_problem(np.random.default_rng(1), 4, 1)
    count, lines = problem.operations.work.shape
    crew = Crew(np.array([0]), np.array([1.0]), np.full((count, lines), 2.0), np.ones(lines))
    problem = replace(problem, crews=[crew])
    placed = [Placed(0, 1, 30 * MINUTE, 40 * MINUTE, 60 * MINUTE, 60 * MINUTE)]
    placed.append(Placed(1, 1, 50 * MINUTE, 50 * MINUTE, 70 * MINUTE, 70 * MINUTE))
    line_of = replace(problem.lines, table=np.ones(lines, dtype=int))
    found = people(replace(problem, lines=line_of), placed, 0)
    minutes = [(low // MINUTE, high // MINUTE, busy) for low, high, busy, _ in found]
    assert minutes == [(30, 40, 1.0), (40, 50, 2.0), (50, 60, 4.0), (60, 70, 2.0)]
    assert {there for *_, there in found} == {1.0}
