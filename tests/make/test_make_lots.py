"""Lots: ovens that take several at once, lines for lots of some sizes only, and lots in parts; by hand and as laws."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from floor_cases import MINUTE, any_problem, moved, random_problem, tiny, with_lots
from hypothesis import given, settings
from hypothesis import strategies as st

from parkwright.make.anneal import sample
from parkwright.make.edits import COUNT, KIND, MOVE, PLACE_A, PLACE_B, ROW_A, ROW_B, apply
from parkwright.make.floor import (
    BEGIN,
    HOLD,
    NEVER,
    ROOM,
    ROW,
    START,
    Lots,
    Power,
    Problem,
    Rates,
    fill_rows,
    floor_of,
    recipes,
    would_work,
)  # fmt: skip
from parkwright.make.hours import Steps
from parkwright.make.listing import list_first
from parkwright.make.lots import Split, split
from parkwright.make.schedule import retimed, solve
from parkwright.make.settle import resettle, settle
from parkwright.make.validate import check, split_faults

seeds = st.integers(0, 2**32)
ANY = 1_000_000


def oven(units, room=50, minutes=60, families=None, **fields) -> Problem:
    """Lots that one oven takes together while its room lasts; the second line of `tiny` can do none of them."""
    problem = tiny([[minutes, -1] for _ in units], **fields)
    lots = Lots(np.array(units), np.ones(2, dtype=int), np.full(2, ANY), np.array([room, 0]))
    family = np.zeros(len(units), dtype=int) if families is None else np.array(families)
    lines = replace(problem.lines, setup=np.zeros((2, 3, 2), dtype=int), family=np.full(2, 2))
    return replace(problem, operations=replace(problem.operations, family=family), lines=lines, lots=lots)


def placed(plan):
    return plan.begun(NEVER)


def test_lots_share_a_run_while_there_is_room():
    problem = oven([20, 20, 20])
    plan = solve(problem, rounds=0)
    assert check(problem, plan) == []
    assert sorted(plan.start.tolist()) == [0, 0, 60 * MINUTE]
    assert plan.makespan == 120 * MINUTE


def test_lots_of_two_families_or_powers_never_share_a_run():
    for problem in (oven([5, 5], families=[0, 1]), oven([5, 5])):
        kw = problem.operations.kw.copy()
        kw[1] += problem.operations.family[1] == 0
        apart = replace(problem, operations=replace(problem.operations, kw=kw))
        plan = solve(apart, rounds=0)
        assert check(apart, plan) == []
        assert sorted(plan.start.tolist()) == [0, 60 * MINUTE]


def test_a_shared_run_draws_and_costs_once_but_each_lot_is_late_for_itself():
    steps = Steps(np.array([0, 480]) * MINUTE, np.array([0.5]), np.array([0.2]))
    power = Power(0, 60 * MINUTE, np.zeros(8), np.full(8, 2.0))
    problem = replace(oven([20, 20]), steps=steps, power=power, rates=Rates(demand_cny_per_kw=3.0))
    plan = solve(problem, rounds=1)
    assert check(problem, plan) == []
    assert plan.cost.energy_cny == pytest.approx(1.0 * 0.5)
    assert plan.cost.demand_cny == pytest.approx(3.0 * 1.0)
    assert plan.cost.tardiness_cny == pytest.approx(2.0)
    assert plan.bounds.energy_cny == pytest.approx(2 * 0.5 * 20 / 50)


def test_an_oven_waits_for_the_lot_behind_where_that_is_cheaper():
    problem = oven([20, 20])
    ready = np.array([0, 10]) * MINUTE
    waits = replace(problem, operations=replace(problem.operations, ready=ready))
    first, plan = solve(waits, rounds=0), solve(waits, rounds=1)
    assert check(waits, plan) == []
    assert first.cost.tardiness_cny == pytest.approx(1.0 + 2.0)
    assert plan.cost.tardiness_cny == pytest.approx(2 * 70 / 60)
    assert plan.start.tolist() == [10 * MINUTE, 10 * MINUTE]
    again = solve(waits, rounds=0, start=plan)
    assert again.cost == plan.cost
    assert moved(waits, plan, 1, 0, 0).cost.tardiness_cny <= first.cost.tardiness_cny + 1e-9
    assert retimed(waits, plan).start[0] == 0


def test_what_a_kept_run_draws_is_drawn_once():
    power = Power(0, 60 * MINUTE, np.zeros(8), np.full(8, 2.5))
    lots = Lots(np.full(3, 20), np.ones(2, dtype=int), np.full(2, ANY), np.array([50, 0]))
    problem = replace(tiny([[60, -1], [60, -1], [-1, 60]]), lots=lots, power=power)
    first = solve(problem, rounds=0)
    bound = replace(problem, kept=[one for one in placed(first) if one.line == 0])
    later = solve(bound, rounds=0)
    assert check(bound, later) == []
    assert later.start.tolist() == [0, 0, 0]


@pytest.mark.parametrize(
    ("lots", "words"),
    [
        (Lots(np.array([20, 20]), np.ones(2, dtype=int), np.full(2, ANY), np.array([30, 0])), "its run has 40 units"),
        (Lots(np.array([20, 20]), np.full(2, 21), np.full(2, ANY), np.array([50, 0])), "takes lots of 21 to"),
        (Lots(np.array([20, 20]), np.ones(2, dtype=int), np.full(2, 19), np.array([50, 0])), "takes lots of 1 to 19"),
        (Lots(np.array([20, 20]), np.ones(2, dtype=int), np.full(2, ANY), np.zeros(2, dtype=int)), "is taken until"),
    ],
)
def test_a_run_that_cannot_be_is_found(lots, words):
    problem = oven([20, 20])
    plan = solve(problem, rounds=0)
    other = replace(problem)
    object.__setattr__(other, "lots", lots)
    assert any(words in fault for fault in check(other, plan))


def test_lots_of_another_kind_in_one_run_are_found():
    problem = oven([20, 20])
    plan = solve(problem, rounds=0)
    other = replace(problem, operations=replace(problem.operations, family=np.array([0, 1])))
    assert any("another kind" in fault for fault in check(other, plan))


def test_lines_take_lots_by_size_and_what_none_takes_is_named():
    problem = tiny([[60, 30], [60, 30], [60, -1]])
    lots = Lots(np.array([3, 30, 400]), np.array([20, 1]), np.array([100, 10]), np.zeros(2, dtype=int))
    modes = replace(problem, lots=lots)
    plan = solve(modes, rounds=1)
    assert check(modes, plan) == []
    assert plan.line.tolist() == [1, 0, -1]
    assert [(one.job_id, one.reason) for one in plan.unplaced] == [
        ("job-2", "no line that can do it takes a lot of 400")
    ]
    assert (would_work(modes.operations.work) == problem.operations.work).all()


def test_a_lot_too_large_for_its_line_is_made_in_parts():
    problem = tiny([[400, -1]])
    lots = Lots(np.array([400]), np.ones(2, dtype=int), np.full(2, 100), np.zeros(2, dtype=int))
    parted = split(replace(problem, lots=lots), np.array([100]), 10)
    plan = solve(parted.problem, rounds=0)
    assert check(parted.problem, plan) == []
    assert plan.unplaced == ()
    assert plan.makespan == 400 * MINUTE


def test_a_lot_in_two_parts_is_done_in_half_the_time_on_two_lines():
    lots = Lots(np.array([101]), np.ones(2, dtype=int), np.full(2, ANY), np.zeros(2, dtype=int))
    whole = replace(tiny([[101, 101]]), lots=lots)
    parted = split(whole, np.array([50]), 4)
    assert parted.problem.lots.units.tolist() == [51, 50]
    assert parted.problem.operations.work[:, 0].tolist() == [51 * MINUTE, 50 * MINUTE]
    assert parted.problem.operations.drop_cny.sum() == pytest.approx(whole.operations.drop_cny.sum())
    assert [parted.problem.name(n) for n in range(2)] == ["job-0/1", "job-0/2"]
    assert solve(whole, rounds=0).makespan == 101 * MINUTE
    plan = solve(parted.problem, rounds=1)
    assert plan.makespan == 51 * MINUTE
    assert split_faults(whole, [50], parted, placed(plan)) == []


def test_parts_stream_from_stage_to_stage():
    lots = Lots(np.array([40, 40]), np.ones(2, dtype=int), np.full(2, ANY), np.zeros(2, dtype=int))
    whole = replace(tiny([[40, -1], [-1, 40]], links=[(0, 1)]), lots=lots)
    parted = split(whole, np.array([10, 10]), 4)
    plan = solve(parted.problem, rounds=1)
    assert split_faults(whole, [10, 10], parted, placed(plan)) == []
    assert solve(whole, rounds=0).makespan == 80 * MINUTE
    assert plan.makespan == 50 * MINUTE
    uneven = split(whole, np.array([10, 40]), 4)
    assert sorted(uneven.problem.links.tolist()) == [[n, 4] for n in range(4)]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda p, plan: (replace(p, problem=resized(p.problem, 0, 5)), plan), "have not its 40 units"),
        (lambda p, plan: (p, [replace(one, end=one.end + 60 * MINUTE) for one in plan]), "begins 10 units with 0"),
        (lambda p, plan: (replace(p, of=np.array([0, 0, 0, 1, 1, 1, 1, 1])), plan), "its parts work"),
    ],
)
def test_a_plan_that_is_none_of_the_whole_lots_is_found(change, words):
    lots = Lots(np.array([40, 40]), np.ones(2, dtype=int), np.full(2, ANY), np.zeros(2, dtype=int))
    whole = replace(tiny([[40, -1], [-1, 40]], links=[(0, 1)]), lots=lots)
    parted = split(whole, np.array([10, 10]), 4)
    found, plan = change(parted, placed(solve(parted.problem, rounds=0)))
    assert any(words in fault for fault in split_faults(whole, [10, 10], found, plan))
    assert any("fewer units" in fault for fault in split_faults(whole, [11, 10], found, plan))


def resized(problem: Problem, op: int, units: int) -> Problem:
    changed = problem.lots.units.copy()
    changed[op] = units
    return replace(problem, lots=replace(problem.lots, units=changed))


def test_what_has_no_units_is_not_split():
    with pytest.raises(ValueError, match="tells no units"):
        split(tiny([[60, 60]]), np.array([1]), 2)
    with pytest.raises(ValueError, match="at least"):
        split(oven([20]), np.array([0]), 2)
    assert split_faults(tiny([[60, 60]]), [1], Split(tiny([[60, 60]]), np.zeros(1, dtype=int)), []) != []


@settings(max_examples=60)
@given(seeds, st.integers(1, 12), st.integers(1, 5))
def test_parts_are_the_lot_whatever_is_split(seed, least, at_most):
    whole = with_lots(any_problem(seed), np.random.default_rng(seed))
    smallest = np.full(whole.operations.due.size, least)
    parted = split(whole, smallest, at_most)
    units, of = parted.problem.lots.units, parted.of
    for values, total in (
        (units, whole.lots.units), (parted.problem.operations.late_cny_per_h, whole.operations.late_cny_per_h),
        (parted.problem.operations.drop_cny, whole.operations.drop_cny),
    ):  # fmt: skip
        assert np.bincount(of, values, minlength=total.size) == pytest.approx(total)
    work = would_work(parted.problem.operations.work)
    for line in range(work.shape[1]):
        able = would_work(whole.operations.work)[:, line] >= 0
        assert (np.bincount(of, work[:, line]) == would_work(whole.operations.work)[:, line])[able].all()
    assert np.bincount(of).max() <= at_most
    assert {(of[a], of[b]) for a, b in parted.problem.links.tolist()} == set(map(tuple, whole.links.tolist()))


@settings(max_examples=40)
@given(seeds)
def test_what_an_edit_changes_is_what_the_plan_costs_more(seed):
    problem = with_lots(random_problem(np.random.default_rng(seed)), np.random.default_rng(seed))
    floor = floor_of(problem)
    cost = list_first(floor)
    members = np.flatnonzero(floor.op[:, ROW] >= 0)
    if members.size == 0:
        return
    before = floor.op.copy()
    sample(floor.ints, floor.reals, members, 50, np.array([seed % 1000], dtype=np.uint64))
    assert (floor.op == before).all()
    assert floor.cost_cny() == pytest.approx(cost, abs=1e-6)
    assert resettle(floor.ints, floor.reals) == pytest.approx(cost, abs=1e-6)


def test_all_of_a_run_follow_when_only_its_changeover_moves():
    problem = oven([20, 20, 20], families=[1, 0, 0])
    setup = problem.lines.setup.copy()
    setup[:, 1, 0], setup[:, 2, 0] = 30 * MINUTE, 10 * MINUTE
    work = problem.operations.work.copy()
    work[0, 1] = 60 * MINUTE
    operations, lines = replace(problem.operations, work=work), replace(problem.lines, setup=setup)
    floor = floor_of(replace(problem, operations=operations, lines=lines))
    fill_rows(floor, [[0, 1, 2], []])
    floor.op[1, HOLD] = 150 * MINUTE
    resettle(floor.ints, floor.reals)
    assert (floor.op[1:, BEGIN] == 120 * MINUTE).all()
    edit = np.zeros(7, dtype=np.int64)
    edit[[KIND, ROW_A, PLACE_A, COUNT, ROW_B, PLACE_B]] = MOVE, 0, 0, 1, 1, 0
    apply(floor.ints, edit)
    settle(floor.ints, floor.reals, np.inf)
    assert (floor.op[1:, START] == 150 * MINUTE).all()
    assert (floor.op[1:, BEGIN] == 140 * MINUTE).all()


@settings(max_examples=40)
@given(seeds)
def test_only_what_is_alike_has_one_recipe(seed):
    problem = with_lots(any_problem(seed), np.random.default_rng(seed))
    number, at = recipes(problem), np.flatnonzero(problem.lots.room > 0)
    assert (floor_of(problem).row[:, ROOM] > 0).any() <= (at.size > 0)
    if at.size == 0:
        assert (number == -1).all()
        return
    for recipe in np.unique(number):
        alike = np.flatnonzero(number == recipe)
        assert np.unique(problem.operations.family[alike]).size == 1
        assert (problem.operations.work[alike][:, at] == problem.operations.work[alike[0], at]).all()
