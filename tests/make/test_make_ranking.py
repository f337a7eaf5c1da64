"""The search of the rule: exact costs, valid plans, the same plan for the same seed; filling from a level on."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from floor_cases import plan_of, random_problem
from hypothesis import given, settings
from hypothesis import strategies as st

from parkwright.make import sides
from parkwright.make.account import account
from parkwright.make.floor import COST, floor_of
from parkwright.make.listing import (
    DUE_HORIZONS,
    LIKELY,
    SETUP_HORIZONS,
    best_rule,
    fill,
    list_first,
    listed,
    rules,
    snapshot,
)
from parkwright.make.ranking import Ranking, shift
from parkwright.make.schedule import solve
from parkwright.make.settle import resettle
from parkwright.make.staged import Staging
from parkwright.make.validate import check, faults

seeds = st.integers(0, 2**32)


def fresh(seed, jobs=12, levels=3):
    """A random problem and its floor with the rule's plan."""
    problem = random_problem(np.random.default_rng(seed), jobs, levels)
    floor = floor_of(problem)
    list_first(floor)
    return problem, floor


@settings(max_examples=60)
@given(seeds)
def test_a_searched_rule_is_never_dearer_than_its_horizons_and_costs_what_its_plan_costs(seed):
    problem, floor = fresh(seed, levels=1 + seed % 3)
    least = list_first(floor)
    search = Ranking(floor, seed % 1000)
    assert search.best_cny == pytest.approx(least, abs=1e-6)
    for part in range(3):
        search.advance(40, (part / 3, (part + 1) / 3))
    assert search.best_cny <= least + 1e-6
    search.finish()
    assert floor.cost_cny() == pytest.approx(search.best_cny, abs=1e-6)
    assert account(problem, plan_of(floor)).total_cny == pytest.approx(search.best_cny, abs=1e-6)
    assert faults(problem, plan_of(floor)) == []


@settings(max_examples=40)
@given(seeds)
def test_a_rule_searched_level_by_level_is_never_dearer_than_its_horizons_and_plans_what_it_says(seed):
    problem, floor = fresh(seed, levels=1 + seed % 3)
    least = list_first(floor)
    search, other = Staging(floor, seed % 1000), Staging(floor.copy(), seed % 1000 + 1)
    assert search.best_cny == pytest.approx(least, abs=1e-6)
    for part in range(2):
        search.advance(30, (part / 2, (part + 1) / 2))
        other.adopt(search)
        other.advance(30, (part / 2, (part + 1) / 2))
        assert other.best_cny <= search.best_cny <= least + 1e-6
        search.adopt(other)
    assert listed(floor, search.rule) == pytest.approx(search.best_cny, abs=1e-6)
    assert account(problem, plan_of(floor)).total_cny == pytest.approx(search.best_cny, abs=1e-6)
    assert faults(problem, plan_of(floor)) == []
    assert Ranking(floor, 0, search.rule).best_cny == pytest.approx(search.best_cny, abs=1e-6)


def test_the_same_seed_searches_the_levels_the_same_way_and_another_does_not():
    found = []
    for seed in (1, 1, 2):
        _, floor = fresh(5, jobs=20)
        search = Staging(floor, seed)
        search.advance(60, (0.0, 1.0))
        found.append(search._ways.tolist())
    assert found[0] == found[1] != found[2]


def test_the_share_for_the_rule_grows_with_the_operations_up_to_a_most():
    shares = [sides.ranked_share(ops) for ops in (1, 1_000, 4_000, 50_000, 200_000)]
    assert shares[:3] == [sides.RANKED, sides.RANKED, 2 * sides.RANKED]
    assert shares[3:] == [sides.RANKED_MOST, sides.RANKED_MOST]


@settings(max_examples=40)
@given(seeds)
def test_the_best_rule_is_the_cheapest_of_all_pairs_of_horizons(seed):
    _, floor = fresh(seed, levels=1 + seed % 3)
    cost = listed(floor, best_rule(floor))
    assert cost == min(listed(floor, other) for other in rules(floor, DUE_HORIZONS, SETUP_HORIZONS))


@pytest.mark.parametrize("seed", range(12))
def test_the_best_rule_of_many_operations_is_the_cheapest_of_due_dates_and_then_of_setups(monkeypatch, seed):
    monkeypatch.setattr("parkwright.make.listing.MANY", 1)
    _, floor = fresh(seed, levels=1 + seed % 3)
    rule = best_rule(floor)
    cost = listed(floor, rule)
    assert cost <= min(listed(floor, other) for other in rules(floor, DUE_HORIZONS, SETUP_HORIZONS[:LIKELY]))
    beside = [rules(floor, (due,), SETUP_HORIZONS) for due in DUE_HORIZONS]
    same_due = next(ways for ways in beside if any((way.horizons == rule.horizons).all() for way in ways))
    assert cost == min(listed(floor, other) for other in same_due)


@settings(max_examples=40)
@given(seeds, st.integers(0, 3))
def test_filling_from_a_level_on_leaves_the_same_plan_as_filling_all(seed, first):
    _, floor = fresh(seed)
    for rule in rules(floor, (3.0, 30.0), (1.0,)):
        listed(floor, rule)
        whole = snapshot(floor)
        fill(floor.ints, floor.reals, rule.pressing, rule.worth, rule.horizons, first)
        priced = float(floor.worth[:, COST].sum())
        cost = float(resettle(floor.ints, floor.reals))
        again = snapshot(floor)
        for row, size in enumerate(whole[1]):
            assert again[0][row, :size].tolist() == whole[0][row, :size].tolist()
        assert again[1].tolist() == whole[1].tolist()
        if len(floor.power) == 0:
            assert priced == pytest.approx(cost, abs=1e-6)


def test_a_shift_is_of_one_operation_or_of_its_whole_job_and_can_be_taken_back():
    problem = random_problem(np.random.default_rng(4), 4, 3)
    job = [1, 5, 9]
    floor = floor_of(replace(problem, links=np.array([[1, 5], [5, 9]])))
    for i in job:
        worth = np.zeros(len(floor.op))
        shift(floor.ints, worth, i, 0.5, True)
        assert np.flatnonzero(worth).tolist() == [i]
        shift(floor.ints, worth, i, -0.5, True)
        shift(floor.ints, worth, i, 0.25, False)
        assert np.flatnonzero(worth).tolist() == job
        assert set(worth[job]) == {0.25}


def test_the_same_seed_searches_the_rule_the_same_way_and_another_does_not():
    worth = []
    for seed in (1, 1, 2):
        _, floor = fresh(5, jobs=20)
        search = Ranking(floor, seed)
        search.advance(60, (0.0, 1.0))
        worth.append(search._worth.tolist())
    assert worth[0] == worth[1] != worth[2]


def test_the_rule_is_searched_for_a_new_plan_only_and_where_being_late_costs(monkeypatch):
    asked = []
    monkeypatch.setattr(sides, "PLANS_A_ROUND", 20)
    monkeypatch.setattr(sides, "MOVES_A_ROUND", 200)
    by_rank = sides._by_rank
    monkeypatch.setattr(sides, "_by_rank", lambda floor, run: asked.append(by_rank(floor, run)) or asked[-1])
    problem, _ = fresh(11, jobs=30)
    costs = []
    plan = solve(problem, rounds=40, seed=1, progress=lambda share, cost: costs.append(cost))
    assert asked == [int(40 * sides.RANKED)]
    assert costs == sorted(costs, reverse=True)
    assert (plan.rounds, check(problem, plan)) == (40, [])
    again = solve(problem, rounds=40, seed=1)
    assert [one.tolist() for one in again.columns] == [one.tolist() for one in plan.columns]
    solve(problem, rounds=10, seed=1, start=plan)
    assert len(asked) == 2
    on_time = replace(problem.operations, late_cny_per_h=np.zeros(len(problem.operations.due)))
    solve(replace(problem, operations=on_time), rounds=10, seed=1)
    assert len(asked) == 2
