"""What a planner relies on: caps and crews are kept, cheap hours are used, a breakdown is planned around, and the law
that a change which only helps never makes the plan of the rule worse than leaving everything as it was."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from floor_cases import MINUTE, any_problem, plan_of, random_problem, with_crew
from hypothesis import given, settings
from hypothesis import strategies as st

from parkwright.make.account import people, site_kw
from parkwright.make.floor import LineSet, Operations, Power, Problem, Rates, floor_of
from parkwright.make.hours import HOUR_MS, Steps, Windows
from parkwright.make.listing import list_first
from parkwright.make.schedule import retimed, solve
from parkwright.make.validate import check

seeds = st.integers(0, 2**32)
HOURS = 24


def slack_plant(jobs=12, due_h=24, rates=None, step_h=15 / 60):
    """Jobs of one hour and 10 kW on two alike lines, open all day; power is dear until noon and cheap after it."""
    none = np.zeros(jobs, dtype=int)
    operations = Operations(
        ready=none, due=np.full(jobs, due_h * HOUR_MS), family=none, level=none, late_cny_per_h=np.full(jobs, 100.0),
        drop_cny=np.full(jobs, 1e5), work=np.full((jobs, 2), HOUR_MS), tail=np.zeros((jobs, 2), dtype=int),
        kw=np.full((jobs, 2), 10.0),
    )  # fmt: skip
    two = np.zeros(2, dtype=int)
    count = round(HOURS / step_h)
    return Problem(
        operations, LineSet(two, two, two, np.zeros(2), np.zeros((2, 2, 1), dtype=int)), np.zeros((0, 2), dtype=int),
        [Windows(np.array([0]), np.array([HOURS * HOUR_MS]), np.zeros(1))],
        Steps(np.array([0, 12, HOURS]) * HOUR_MS, np.array([1.0, 0.25]), np.array([0.5, 0.5])), rates or Rates(),
        power=Power(0, round(step_h * HOUR_MS), np.zeros(count), np.full(count, 1000.0)),
    )  # fmt: skip


def test_work_that_can_wait_is_done_in_the_cheap_hours():
    problem = slack_plant()
    plan = solve(problem, rounds=2)
    assert check(problem, plan) == []
    assert plan.cost.energy_cny == pytest.approx(12 * 10 * 0.25)
    assert plan.cost.energy_cny == pytest.approx(plan.bounds.energy_cny)
    assert plan.start.min() >= 12 * HOUR_MS
    assert plan.cost.tardiness_cny == 0.0


def test_work_that_cannot_wait_is_not_held_back():
    problem = slack_plant(due_h=6)
    plan = solve(problem, rounds=2)
    assert check(problem, plan) == []
    assert plan.cost.tardiness_cny == 0.0
    assert plan.cost.energy_cny == pytest.approx(12 * 10 * 1.0)
    assert plan.makespan == 6 * HOUR_MS


def test_carbon_has_its_price():
    free, priced = solve(slack_plant(), rounds=1), solve(slack_plant(rates=Rates(carbon_cny_per_kg=2.0)), rounds=1)
    assert free.cost.carbon_cny == 0.0
    assert free.cost.co2e_kg == pytest.approx(12 * 10 * 0.5)
    assert priced.cost.carbon_cny == pytest.approx(2.0 * priced.cost.co2e_kg)


def test_a_price_on_the_peak_spreads_the_work():
    dear = solve(slack_plant(rates=Rates(demand_cny_per_kw=50.0)), rounds=6)
    assert dear.cost.demand_cny == pytest.approx(50.0 * 10.0)
    assert dear.cost.tardiness_cny == 0.0


def test_a_cap_under_the_free_peak_is_kept_and_nothing_is_late_by_it():
    problem = slack_plant(due_h=18)
    free = solve(problem, rounds=1)
    power = problem.power
    peak = max(kw for kw, _ in site_kw(problem, placed(free)).values())
    assert peak == pytest.approx(20.0)
    capped_problem = replace(problem, power=replace(power, cap_kw=np.full(power.cap_kw.size, 0.9 * peak)))
    capped = solve(capped_problem, rounds=1)
    assert check(capped_problem, capped) == []
    assert max(kw for kw, _ in site_kw(problem, placed(capped)).values()) <= 0.9 * peak + 1e-5
    assert capped.cost.tardiness_cny <= 1.05 * free.cost.tardiness_cny + 1e-9


def placed(plan):
    """The operations of a plan that have a place: everything that has begun in the end."""
    return list(plan.begun(1 << 60))


def test_a_breakdown_is_planned_around_from_what_runs_now():
    problem = slack_plant(due_h=6)
    first = solve(problem, rounds=1)
    now = 90 * MINUTE
    kept = first.begun(now)
    assert {one.line for one in kept} == {0, 1}
    broken = replace(problem, lines=replace(problem.lines, free=np.array([0, -1])))
    broken = replace(broken, kept=[one for one in kept if one.line == 0 or one.leave <= now])
    later = solve(broken, rounds=1, start=first)
    assert check(broken, later) == []
    assert later.unplaced == ()
    moved = [op for op in range(12) if op not in {one.op for one in broken.kept}]
    assert (later.line[moved] == 0).all()
    assert (later.begin[moved] >= max(one.leave for one in kept if one.line == 0)).all()


def test_a_price_on_change_keeps_a_plan_that_is_as_good():
    problem = slack_plant(due_h=24)
    first = solve(problem, rounds=1)
    calm = replace(problem.operations, was_line=first.line, was_start=first.start)
    calm_problem = replace(problem, operations=calm, rates=Rates(moved_cny=10.0, shifted_cny_per_h=10.0))
    again = solve(calm_problem, rounds=1, start=first, seed=5)
    assert again.cost.nervousness_cny == 0.0
    assert (again.line == first.line).all()
    assert (again.start == first.start).all()


@settings(max_examples=60)
@given(seeds)
def test_a_start_is_taken_as_it_is_with_what_it_holds_back(seed):
    problem = any_problem(seed)
    first = solve(problem, rounds=0)
    again = solve(problem, rounds=0, start=first)
    assert check(problem, again) == []
    if not first.unplaced:
        assert again.cost.total_cny <= first.cost.total_cny + 1e-6


@settings(max_examples=60)
@given(seeds)
def test_a_plan_as_early_as_can_be_starts_nothing_later(seed):
    problem = replace(any_problem(seed), crews=(), power=None, lots=None)
    plan = solve(problem, rounds=0)
    if plan.unplaced:
        return
    early = retimed(problem, plan)
    assert (early.start <= plan.start).all()
    assert (early.line == plan.line).all()


@settings(max_examples=40)
@given(seeds)
def test_no_instant_asks_for_more_people_than_are_there(seed):
    problem = with_crew(random_problem(np.random.default_rng(seed), 8, 2), np.random.default_rng(seed))
    plan = solve(problem, rounds=0)
    for crew in range(len(problem.crews)):
        assert all(busy <= there + 1e-6 for _, _, busy, there in people(problem, placed(plan), crew))


@settings(max_examples=40)
@given(seeds)
def test_a_dearer_kilowatt_hour_never_makes_the_same_plan_cheaper(seed):
    problem = random_problem(np.random.default_rng(seed))
    dear = replace(problem, steps=replace(problem.steps, cny_per_kwh=problem.steps.cny_per_kwh * 2))
    costs = []
    for one in (problem, dear):
        floor = floor_of(one)
        list_first(floor)
        costs.append((floor.cost_cny(), plan_of(floor)))
    if costs[0][1] == costs[1][1]:
        assert costs[1][0] >= costs[0][0] - 1e-9
