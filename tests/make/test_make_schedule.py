"""The engine's door: every plan holds by the independent check, whatever the problem; nothing fails, nothing hangs."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from floor_cases import MINUTE, any_problem, moved, random_problem, tiny, with_crew
from hypothesis import given, settings
from hypothesis import strategies as st

from parkwright.make.floor import NEVER, Crew
from parkwright.make.lots import split
from parkwright.make.schedule import retimed, solve
from parkwright.make.validate import check, split_faults

DAY_MS = 24 * 60 * MINUTE


def faults_of(seed):
    """Solve a random problem; return what the check, the check of parts and the bounds find wrong with the plan."""
    whole = problem = any_problem(seed)
    parted, smallest = None, np.full(problem.operations.due.size, 1 + seed % 9)
    if problem.lots is not None and seed % 2:
        parted = split(whole, smallest, 3)
        problem = parted.problem
    plan = solve(problem, rounds=int(seed % 5 == 0), seed=seed % 100)
    found = list(check(problem, plan))
    if parted is not None:
        found += split_faults(whole, smallest, parted, plan.begun(NEVER))
    if not plan.unplaced and not problem.kept:
        paid = plan.cost.energy_cny + plan.cost.carbon_cny
        kept = {
            "end": plan.makespan >= plan.bounds.end,
            "tardiness": plan.cost.tardiness_cny >= plan.bounds.tardiness_cny - 1e-6,
            "energy": paid >= plan.bounds.energy_cny - 1e-6,
        }
        found += [f"below its bound of {name}" for name, holds in kept.items() if not holds]
    return found


@settings(max_examples=60)
@given(st.integers(0, 2**32))
def test_the_check_agrees_with_every_plan(seed):
    assert faults_of(seed) == []


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_the_check_agrees_with_ten_thousand_plans():
    for seed in range(10_000):
        assert faults_of(seed) == [], seed


def test_what_wants_more_people_than_there_ever_are_is_left_out_at_once_and_named():
    """Twenty operations of an hour in a month of open hours: no wait brings a second head."""
    month = tuple((1440 * day, 1440 * day + 900) for day in range(30))
    whole = tiny([[60, -1]] * 20, windows=month)
    two = Crew(np.zeros(1, dtype=np.int64), np.ones(1), np.full((20, 2), 2.0), np.zeros(2))
    for crew in (two, replace(two, edge=np.zeros(0, dtype=np.int64), there=np.zeros(0))):
        plan = solve(replace(whole, crews=[crew]), rounds=1)
        assert [one.reason for one in plan.unplaced] == ["no line can do it with the people who are ever there"] * 20


@settings(max_examples=40)
@given(st.integers(0, 2**32))
def test_a_plan_given_never_ends_dearer_also_where_something_had_no_place(seed):
    problem = any_problem(seed)
    given_plan = solve(problem, rounds=2, seed=seed % 100)
    again = solve(problem, rounds=3, seed=1, start=given_plan)
    assert again.cost.total_cny <= given_plan.cost.total_cny + 1e-6
    assert check(problem, again) == []


@pytest.mark.parametrize(
    ("given_problem", "reasons"),
    [
        (tiny([[-1, -1], [60, 60]]), {"job-0": "no line can do it"}),
        (tiny([[60, -1]], ready=500), {"job-0": "ready only after the last working hour"}),
        (tiny([[60, 60]], windows=()), {"job-0": "has working time"}),
        (tiny([[60, 60]], free=-1), {"job-0": "out of use"}),
        (tiny([[60, 60]], windows=((0, 50), (60, 110)), whole=1), {"job-0": "may not pause"}),
        (tiny([[481, -1]]), {"job-0": "no working time left"}),
        (tiny([[-1, -1], [60, 60]], links=[(0, 1)]), {"job-0": "no line", "job-1": "it waits for job-0"}),
        (tiny([[300, -1], [300, -1]]), {"job-1": "no working time left"}),
    ],
)
@pytest.mark.parametrize("rounds", [0, 1])
def test_what_cannot_be_made_is_named_with_its_reason(given_problem, reasons, rounds):
    plan = solve(given_problem, rounds=rounds)
    told = {left.job_id: left.reason for left in plan.unplaced}
    assert check(given_problem, plan) == []
    assert len(told) == len(reasons)
    for name, words in reasons.items():
        if name in told:
            assert words in told[name]


def test_a_problem_without_operations_has_an_empty_plan():
    plan = solve(tiny(np.zeros((0, 2), dtype=int)), rounds=2)
    assert (plan.makespan, plan.cost.total_cny, plan.unplaced) == (-1, 0.0, ())


def test_a_budget_without_an_end_is_refused():
    with pytest.raises(ValueError, match="needs rounds"):
        solve(tiny([[60, 60]]))


def test_seconds_alone_are_counted_on_the_clock_of_the_machine():
    told = []
    plan = solve(random_problem(np.random.default_rng(1)), seconds=0.05, progress=lambda share, _: told.append(share))
    assert plan.rounds >= 1
    assert told[-1] == 1.0


def test_the_clock_ends_a_search_and_progress_falls():
    now, told = [0.0], []

    def clock():
        now[0] += 1.0
        return now[0]

    problem = random_problem(np.random.default_rng(5), jobs=30, levels=3)
    plan = solve(problem, seconds=80.0, clock=clock, progress=lambda share, cost: told.append((share, cost)))
    assert 2 <= plan.rounds <= 80
    assert [cost for _, cost in told] == sorted((cost for _, cost in told), reverse=True)
    assert told[-1][0] == 1.0


def test_a_search_stops_when_it_is_asked_to():
    problem = random_problem(np.random.default_rng(5), jobs=30, levels=3)
    asked = []
    plan = solve(problem, rounds=50, stop=lambda: len(asked) > 3, progress=lambda share, cost: asked.append(cost))
    assert plan.rounds == 3


def test_the_same_seed_and_rounds_give_the_same_plan_and_a_start_is_never_lost():
    problem = random_problem(np.random.default_rng(7), jobs=30, levels=3)
    plans = [solve(problem, rounds=3, seed=4) for _ in range(2)]
    for ours, theirs in zip(plans[0].columns, plans[1].columns, strict=True):
        assert (ours == theirs).all()
    again = solve(problem, rounds=1, seed=9, start=plans[0])
    assert again.cost.total_cny <= plans[0].cost.total_cny + 1e-6


def test_what_is_kept_stays_and_the_rest_comes_after_it():
    problem = tiny([[60, -1], [60, -1], [60, 60]])
    first = solve(problem, rounds=0)
    now = 30 * MINUTE
    running = first.begun(now)
    later = solve(replace(problem, kept=running), rounds=1, start=first)
    assert check(replace(problem, kept=running), later) == []
    for one in running:
        assert later.start[one.op] == one.start


def test_one_worker_does_one_thing_at_a_time():
    problem = tiny([[60, 60], [60, 60]])
    crew = with_crew(problem, np.random.default_rng(1)).crews[0]
    alone = replace(crew, edge=np.zeros(1, dtype=int), there=np.ones(1), need=np.ones((2, 2)), setup_need=np.zeros(2))
    free, bound = solve(problem, rounds=0), solve(replace(problem, crews=[alone]), rounds=0)
    assert free.makespan == 60 * MINUTE
    assert bound.makespan == 120 * MINUTE
    assert check(replace(problem, crews=[alone]), bound) == []
    assert any("crew 0" in fault for fault in check(replace(problem, crews=[alone]), free))


def test_a_plan_in_another_order_is_timed_again():
    problem = tiny([[60, -1], [60, 60]], due=60)
    plan = solve(problem, rounds=1)
    assert plan.cost.tardiness_cny == 0.0
    after = moved(problem, plan, 1, 0, 0)
    assert check(problem, after) == []
    assert after.cost.tardiness_cny == pytest.approx(1.0)
    assert after.start[0] == 60 * MINUTE
    assert retimed(problem, after).cost == after.cost


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda p: {"start": p.start - 1}, "does not work"),
        (lambda p: {"line": np.where(p.line == 0, 1, p.line)}, "cannot do it"),
        (lambda p: {"line": p.line * 0, "begin": p.begin * 0, "start": p.start * 0}, "is taken until"),
        (lambda p: {"end": p.end + 1}, "leaves at another time"),
        (lambda p: {"cost": replace(p.cost, tardiness_cny=p.cost.tardiness_cny + 1)}, "tardiness_cny: told"),
        (lambda p: {"unplaced": p.unplaced[:0]}, "told to have none differ"),
    ],
)
def test_a_planted_fault_is_found(change, words):
    problem = tiny([[60, -1], [60, -1], [-1, -1]])
    plan = solve(problem, rounds=0)
    assert any(words in fault for fault in check(problem, replace(plan, **change(plan))))
