"""What `solve` is made of: bounds, budgets, what is kept, crews, components, moves; each against its definition."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from floor_cases import MINUTE, any_problem, moved, plan_of, random_problem, with_crew, with_kept
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from parkwright.make.account import account, people, site_kw
from parkwright.make.bounds import bounds_of
from parkwright.make.budget import Budget
from parkwright.make.crews import keep_crews
from parkwright.make.figures import components
from parkwright.make.floor import BEGIN, START, Crew, LineSet, Operations, Placed, Power, Problem, Rates, floor_of
from parkwright.make.hours import HOUR_MS, Steps, Windows
from parkwright.make.kept import without_kept
from parkwright.make.left_out import reason
from parkwright.make.listing import list_first, put_back, snapshot
from parkwright.make.schedule import Schedule, retimed, solve
from parkwright.make.sides import search
from parkwright.make.validate import check, faults

seeds = st.integers(0, 2**32)


def placed(plan: Schedule) -> list[Placed]:
    """The operations of a schedule that have a place."""
    return [Placed(op, *(int(column[op]) for column in plan.columns)) for op in np.flatnonzero(plan.line >= 0).tolist()]


def plain(work_min: list[list[int]], **changed: object) -> Problem:
    """One operation a job on lines that work 0:00-8:00, nothing drawn, nothing owed; by keyword what differs."""
    work = np.where(np.array(work_min) < 0, -1, np.array(work_min) * MINUTE)
    count, lines = work.shape
    none = np.zeros(count, dtype=int)
    operations = Operations(
        ready=none, due=np.full(count, 480 * MINUTE), family=none, level=none, late_cny_per_h=np.full(count, 60.0),
        drop_cny=np.full(count, 1000.0), work=work, tail=np.zeros_like(work), kw=np.ones((count, lines)),
    )  # fmt: skip
    empty = np.zeros(lines, dtype=int)
    problem = Problem(
        operations, LineSet(empty, empty, empty, np.zeros(lines), np.zeros((lines, 2, 1), dtype=int)),
        np.zeros((0, 2), dtype=int), [Windows(np.array([0]), np.array([480 * MINUTE]), np.zeros(1))],
        Steps(np.array([0, 4, 8]) * HOUR_MS, np.array([1.0, 0.5]), np.zeros(2)), Rates(),
    )  # fmt: skip
    parts = {key: value for key, value in changed.items() if hasattr(operations, key)}
    others = {key: value for key, value in changed.items() if key not in parts}
    return replace(problem, operations=replace(operations, **parts), **others)


# -- bounds ---------------------------------------------------------------------------------------------------------


@settings(max_examples=60)
@given(seed=seeds)
def test_no_plan_that_leaves_nothing_out_is_below_its_bounds(seed: int) -> None:
    problems = (any_problem(at, jobs=4) for at in range(seed, seed + 200))
    plans = ((problem, solve(problem, rounds=0)) for problem in problems if not problem.kept)
    problem, plan = next((problem, plan) for problem, plan in plans if not plan.unplaced)
    bounds = bounds_of(problem)
    assert bounds.end <= plan.makespan
    assert bounds.energy_cny <= plan.cost.energy_cny + plan.cost.carbon_cny + 1e-6
    assert bounds.tardiness_cny <= plan.cost.tardiness_cny + 1e-6


def test_bounds_known_by_hand() -> None:
    # Three jobs of 2 h on two lines that both work from 0:00: no earlier than 3:00 together; 1 kW in the cheap hours.
    bounds = bounds_of(plain([[120, 120]] * 3))
    assert bounds.end == 180 * MINUTE
    assert bounds.energy_cny == pytest.approx(3 * 2 * 0.5)
    assert bounds.tardiness_cny == 0.0
    # A job of 5 h due after 2 h is 3 h late even alone, at 60 CNY an hour.
    late = plain([[300]], due=np.array([120 * MINUTE]))
    assert bounds_of(late).tardiness_cny == pytest.approx(180.0)
    assert bounds_of(late).end == 300 * MINUTE


def test_what_no_line_can_do_has_no_bound() -> None:
    assert bounds_of(plain([[-1, -1]])) == bounds_of(plain([[30, 30]], lines=_out_of_use(2)))
    assert bounds_of(plain([[-1, -1]])).end == -1


def _out_of_use(lines: int) -> LineSet:
    empty = np.zeros(lines, dtype=int)
    return LineSet(np.full(lines, -1), empty, empty, np.zeros(lines), np.zeros((lines, 2, 1), dtype=int))


# -- budgets --------------------------------------------------------------------------------------------------------


@given(rounds=st.integers(1, 50), done=st.integers(0, 80))
def test_rounds_are_spent_one_by_one(rounds: int, done: int) -> None:
    assert Budget(rounds=rounds).spent(done, 0.0) == pytest.approx(done / rounds)


@given(seconds=st.floats(0.1, 60.0), passed=st.floats(0.0, 120.0), rounds=st.none() | st.integers(1, 10))
def test_whichever_is_spent_first_ends_it(seconds: float, passed: float, rounds: int | None) -> None:
    budget = Budget(rounds, seconds, lambda: 5.0 + passed)
    wanted = max(passed / seconds, 2 / rounds if rounds else 0.0)
    assert budget.spent(2, 5.0) == pytest.approx(wanted)


def test_no_rounds_are_spent_before_they_begin() -> None:
    assert Budget(rounds=0).spent(0, 0.0) == 1.0


# -- what is kept ---------------------------------------------------------------------------------------------------


@settings(max_examples=80)
@given(seed=seeds, until=st.integers(1, 300))
def test_what_is_kept_and_the_rest_are_together_the_whole(seed: int, until: int) -> None:
    problem = with_kept(random_problem(np.random.default_rng(seed), 6, 2), until * MINUTE)
    rest = without_kept(problem)
    kept = {one.op for one in problem.kept}
    assert sorted([*rest.number.tolist(), *kept]) == list(range(problem.operations.due.size))
    for one in problem.kept:
        if problem.lines.free[one.line] >= 0:
            assert rest.problem.lines.free[one.line] >= one.leave
    names = [problem.name(op) for op in rest.number.tolist()]
    assert [rest.problem.name(n) for n in range(len(names))] == names


@settings(max_examples=60)
@given(seed=seeds, until=st.integers(1, 300))
def test_what_the_kept_draw_is_drawn_by_others_for_the_rest(seed: int, until: int) -> None:
    whole = random_problem(np.random.default_rng(seed), 6, 2)
    problem = with_kept(whole, until * MINUTE)
    assume(problem.power is not None and problem.kept)
    rest = without_kept(problem).problem
    told = {t: kw for t, (kw, _) in site_kw(problem, problem.kept).items()}
    assert rest.power is not None
    assert rest.power.other_kw == pytest.approx(np.array([told[t] for t in range(len(told))]), abs=1e-9)


@settings(max_examples=60)
@given(seed=seeds)
def test_a_new_plan_keeps_what_has_begun(seed: int) -> None:
    problem = random_problem(np.random.default_rng(seed), 6, 2)
    first = solve(problem, rounds=0)
    now = int(np.random.default_rng(seed).integers(0, 300)) * MINUTE
    begun = first.begun(now)
    again = solve(replace(problem, kept=begun), rounds=0)
    assert set(begun) <= set(placed(again))
    assert all(one.begin >= 0 for one in placed(again))


# -- crews ----------------------------------------------------------------------------------------------------------


@settings(max_examples=80)
@given(seed=seeds)
def test_after_the_waits_no_crew_is_asked_for_more_than_it_has(seed: int) -> None:
    rng = np.random.default_rng(seed)
    problem = with_crew(random_problem(rng, 6, 2), rng)
    floor = floor_of(problem)
    list_first(floor)
    keep_crews(floor, problem)
    assert not keep_crews(floor, problem)
    for crew in range(len(problem.crews)):
        assert all(busy <= there + 1e-9 for _, _, busy, there in people(problem, plan_of(floor), crew))


def test_two_jobs_that_need_the_same_person_are_done_one_after_the_other() -> None:
    crew = Crew(np.array([0]), np.array([1.0]), np.ones((2, 2)), np.zeros(2))
    problem = plain([[60, -1], [-1, 60]], crews=[crew])
    plan = solve(problem, rounds=0)
    assert check(problem, plan) == []
    first, second = sorted(placed(plan), key=lambda one: one.start)
    assert second.start >= first.leave
    alone = solve(replace(problem, crews=()), rounds=0)
    assert alone.makespan == 60 * MINUTE or {one.start for one in placed(alone)} <= {0, 4 * HOUR_MS}


def test_a_crew_that_never_comes_leaves_its_work_out_by_name() -> None:
    crew = Crew(np.array([0]), np.array([0.0]), np.ones((1, 1)), np.zeros(1))
    plan = solve(plain([[60]], crews=[crew], names=["J-7"]), rounds=0)
    assert [(one.job_id, "people" in one.reason) for one in plan.unplaced] == [("J-7", True)]


# -- components, searches, moves ------------------------------------------------------------------------------------


@settings(max_examples=100)
@given(seed=seeds)
def test_the_components_told_are_those_of_the_account(seed: int) -> None:
    problem = any_problem(seed)
    plan = solve(problem, rounds=0)
    told, reckoned = plan.cost, account(problem, placed(plan))
    for name in ("tardiness_cny", "energy_cny", "carbon_cny", "demand_cny", "setup_cny", "overtime_cny"):
        assert getattr(told, name) == pytest.approx(getattr(reckoned, name), abs=1e-6), name
    assert told.left_out_cny == pytest.approx(reckoned.left_out_cny)
    assert told.nervousness_cny == pytest.approx(reckoned.nervousness_cny, abs=1e-6)
    assert told.co2e_kg == pytest.approx(reckoned.co2e_kg, abs=1e-6)


def test_components_of_nothing_are_nothing_but_what_is_left_out() -> None:
    problem = plain([[60], [60]])
    none = np.full(2, -1)
    told = components(problem, (none, none, none, none, none), floor_of(problem))
    assert told.total_cny == told.left_out_cny == 2000.0


@settings(max_examples=25)
@given(seed=seeds)
def test_a_snapshot_put_back_is_the_same_plan_at_the_same_cost(seed: int) -> None:
    floor = floor_of(any_problem(seed))
    cost = list_first(floor)
    kept, before = snapshot(floor), floor.op.copy()
    search(floor, Budget(rounds=1), 0.0, seed % 7, lambda: False, lambda share, cny: None)
    assert floor.cost_cny() <= cost + 1e-6
    assert put_back(floor, kept) == pytest.approx(cost, abs=1e-6)
    assert (floor.op[:, BEGIN:][:, :3] == before[:, BEGIN:][:, :3]).all()


@settings(max_examples=60)
@given(seed=seeds, data=st.data())
def test_a_move_of_an_operation_is_told_as_a_plan_that_is_feasible(seed: int, data: st.DataObject) -> None:
    problem = any_problem(seed, jobs=5)
    plan = solve(problem, rounds=0)
    kept = {one.op for one in problem.kept}
    free = [op for op in range(plan.line.size) if op not in kept]
    assume(free)
    op = data.draw(st.sampled_from(free))
    line = data.draw(st.integers(0, problem.lines.free.size - 1))
    assume(problem.operations.work[op, line] >= 0)
    after = moved(problem, plan, op, line, None)
    assert faults(replace(problem, power=None, crews=()), placed(after)) == []
    assert after.line[op] in {line, -1} or problem.lines.free[line] < 0  # what a line out of use had goes elsewhere
    assert set(problem.kept) <= set(placed(after))


@settings(max_examples=60)
@given(seed=seeds)
def test_a_plan_timed_again_is_no_later_and_keeps_every_line(seed: int) -> None:
    problem = any_problem(seed, jobs=5)
    plan = solve(problem, rounds=0)
    again = retimed(problem, plan)
    there = (plan.line >= 0) & (again.line >= 0)
    assert (again.line[there] == plan.line[there]).all()
    if not plan.unplaced and not again.unplaced:
        assert again.makespan <= plan.makespan


def test_each_reason_says_what_to_change() -> None:
    hours = [Windows(np.array([0, 300]) * MINUTE, np.array([100, 400]) * MINUTE, np.zeros(2))]
    cases: list[tuple[Problem, str]] = [
        (plain([[-1]]), "no line can do it"),
        (plain([[30]], lines=_out_of_use(1)), "out of use"),
        (plain([[30]], windows=[Windows(np.zeros(0, int), np.zeros(0, int), np.zeros(0))]), "has working time"),
        (plain([[30]], ready=np.array([481 * MINUTE])), "after the last working hour"),
        (plain([[150]], windows=hours, whole=np.array([1])), "may not pause"),
        (plain([[999]]), "no working time left"),
        (plain([[999]], power=Power(0, 15 * MINUTE, np.zeros(32), np.full(32, 9.0))), "within the power cap"),
    ]
    for problem, words in cases:
        floor = floor_of(problem)
        list_first(floor)
        assert floor.op[0, START] < 0
        assert words in reason(problem, floor, 0)
        assert words in solve(problem, rounds=0).unplaced[0].reason
