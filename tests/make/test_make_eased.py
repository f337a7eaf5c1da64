"""A power cap eased for the first part of a search: what is eased and when, and the plan that comes of it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from floor_cases import MINUTE, random_problem, with_crew
from hypothesis import given, settings
from hypothesis import strategies as st

from parkwright.make import schedule, sides
from parkwright.make.budget import Budget
from parkwright.make.crews import is_within
from parkwright.make.eased import OF_CAP, SPAN_OPS, eased
from parkwright.make.floor import BEGIN, CAP, DRAWN, HOLD, LEAVE, ROW, SIZE, Power, floor_of
from parkwright.make.hours import HOUR_MS
from parkwright.make.listing import list_first, put_back, snapshot
from parkwright.make.schedule import eased_floor, solve
from parkwright.make.settle import resettle
from parkwright.make.timing import keep_cap, price_cap
from parkwright.make.validate import check
from plant_cases import plant

STEP = 15 * MINUTE


def capped(cap_kw, ops=80, seed=1, **power):
    """A generated plant at load 1.0 on six lines, with one cap at all times."""
    problem = plant(ops, 6, 1.0, seed, 1.0)
    count = -(-int(problem.windows[0].closed[-1]) // STEP)
    power = {"start": 0, "step": STEP, "other_kw": np.zeros(count), "cap_kw": np.full(count, cap_kw)} | power
    return replace(problem, power=Power(**power))


def listed(problem):
    """The floor of a problem with the rule's plan, its cap priced."""
    floor = floor_of(problem)
    list_first(floor)
    price_cap(floor, problem)
    return floor


@pytest.fixture(scope="module")
def short():
    """A plant whose rule's plan lacks energy, and that plan's peak [kW]."""
    floor = listed(capped(1e6))
    return capped(0.6 * float(floor.power[:, DRAWN].max()))


# -- what is eased --------------------------------------------------------------------------------------------------


def test_a_span_may_use_most_of_what_its_intervals_leave():
    problem = capped(100.0)
    work = problem.operations.work
    problem = replace(problem, operations=replace(problem.operations, work=np.where(work >= 0, 12 * MINUTE, -1)))
    assert round(SPAN_OPS * 12 * MINUTE / STEP) == 4
    cap = np.array([100.0, 60.0, 20.0, 20.0, np.inf, 50.0, 50.0, 50.0, 40.0, 80.0])
    other = np.array([0.0, 20.0, 40.0, 0.0, 0.0, 0.0, 0.0, 0.0, 10.0, 10.0])
    power = eased(replace(problem, power=Power(7 * MINUTE, STEP, other, cap))).power
    assert (power.start, power.step) == (7 * MINUTE, 4 * STEP)
    assert power.other_kw == pytest.approx([15.0, 0.0, 10.0])
    # 100 + 40 + nothing + 20 in four intervals; one without a cap; 30 + 70 in the two that are left.
    assert power.cap_kw == pytest.approx([15.0 + OF_CAP * 40.0, np.inf, 10.0 + OF_CAP * 50.0])


@pytest.mark.parametrize(
    "problem",
    [
        replace(capped(100.0), power=None),
        capped(np.inf),
        capped(100.0, step=6 * HOUR_MS),
        with_crew(capped(100.0), np.random.default_rng(1)),
        replace(capped(100.0), operations=replace(capped(100.0).operations, work=np.full((80, 6), -1))),
    ],
    ids=["no power", "no cap", "long intervals", "a crew", "nothing to do"],
)
def test_what_eases_nothing_is_not_eased(problem):
    assert eased(problem) is None


@settings(max_examples=15)
@given(st.integers(0, 2**32))
def test_who_keeps_somewhat_less_than_a_cap_keeps_it_eased(seed):
    rng = np.random.default_rng(seed)
    problem = replace(random_problem(rng, 8, levels=2), crews=())
    left = rng.integers(15, 60, 160).astype(float)
    other = rng.integers(0, 20, 160).astype(float)
    full = replace(problem, power=Power(0, 5 * MINUTE, other, other + left))
    less = replace(problem, power=Power(0, 5 * MINUTE, other, other + OF_CAP * left))
    floor = listed(less)
    assert keep_cap(floor)
    spans = eased(full)
    assert spans.power.step > full.power.step
    found = floor_of(spans)
    put_back(found, snapshot(floor))
    assert (found.op[:, BEGIN : LEAVE + 1] == floor.op[:, BEGIN : LEAVE + 1]).all()
    assert is_within(found, spans)


# -- when -----------------------------------------------------------------------------------------------------------


def test_a_plan_that_lacks_energy_is_eased_and_stays_the_same_plan(short):
    floor = listed(short)
    found = eased_floor(floor, short)
    assert (found.order == floor.order).all()
    assert (found.row[:, SIZE] == floor.row[:, SIZE]).all()
    assert (found.op[:, ROW : HOLD + 1] == floor.op[:, ROW : HOLD + 1]).all()
    assert len(found.power) < len(floor.power)
    assert found.power[:, CAP] == pytest.approx(OF_CAP * floor.power[0, CAP])
    kwh = [float(one.power[:, DRAWN].sum()) * step for one, step in ((floor, STEP), (found, eased(short).power.step))]
    assert kwh[0] == pytest.approx(kwh[1])


def test_a_plan_that_lacks_the_right_minutes_only_is_not_eased(short):
    spans = eased_floor(listed(short), short)
    enough = float(spans.power[:, DRAWN].max()) / OF_CAP + 1e-3
    problem = replace(short, power=replace(short.power, cap_kw=np.full(short.power.cap_kw.size, enough)))
    floor = listed(problem)
    assert floor.power[:, DRAWN].max() > enough
    assert eased_floor(floor, problem) is None


def test_a_plan_too_large_to_be_searched_as_a_whole_is_not_eased(short, monkeypatch):
    monkeypatch.setattr(schedule, "WHOLE_OPS", 79)
    assert eased_floor(listed(short), short) is None


@pytest.mark.parametrize(("rounds", "given_plan", "asked"), [(2, False, True), (0, False, False), (2, True, False)])
def test_a_new_plan_alone_is_searched_so(short, monkeypatch, rounds, given_plan, asked):
    start, seen = solve(short, rounds=0) if given_plan else None, []
    monkeypatch.setattr(schedule, "search", lambda *args: seen.append(args[-1] is not None) or 0)
    solve(short, rounds=rounds, start=start)
    assert seen == [asked]


# -- what comes of it -----------------------------------------------------------------------------------------------


def searched(floor, spans, monkeypatch, whole, rounds=4):
    """What is told of a search whose eased part is replaced, and the windows cut of its floor afterwards."""
    told, cuts = [], []
    monkeypatch.setattr(sides, "_whole", whole)
    monkeypatch.setattr(sides, "_by_windows", lambda floor, run, cut, done: cuts.append((cut, done, run.until)) or done)
    sides.search(
        floor, Budget(rounds), 0.0, 1, lambda: False, lambda share, cost: told.append((share, cost)), True, spans
    )
    return told, cuts


def test_the_eased_plan_is_held_back_within_the_cap_and_its_windows_are_searched(short, monkeypatch):
    floor = listed(short)
    spans, first = eased_floor(floor, short), floor.cost_cny()
    rows, seen = floor.order.copy(), []

    def whole(one, run, late):
        seen.extend((one is spans, late, run.spent(1)))
        run.progress(0.5, 1.0)
        return 3

    told, cuts = searched(floor, spans, monkeypatch, whole)
    assert seen == [True, True, pytest.approx(0.25 / sides.EASED)]
    assert told == [(0.5 * sides.EASED, first)]
    assert cuts == [(sides.FINE, 3, 1.0)]
    assert (floor.order == rows).all()
    assert is_within(floor, short)
    assert floor.cost_cny() < first


def test_a_plan_that_comes_out_dearer_is_not_taken(short, monkeypatch):
    floor = listed(short)
    spans, before, cost = eased_floor(floor, short), floor.op.copy(), floor.cost_cny()

    def whole(one, run, late):
        one.op[:, HOLD] = 300 * HOUR_MS
        resettle(one.ints, one.reals)
        return 1

    searched(floor, spans, monkeypatch, whole)
    assert (floor.op[:, ROW : HOLD + 1] == before[:, ROW : HOLD + 1]).all()
    assert floor.cost_cny() == pytest.approx(cost)


def test_a_plan_short_of_energy_is_within_its_cap_repeats_and_tells_a_falling_cost(short, monkeypatch):
    monkeypatch.setattr(sides, "MOVES_A_ROUND", 1_000)
    monkeypatch.setattr(sides, "PLANS_A_ROUND", 50)
    monkeypatch.setattr(sides, "FINE", sides.Cuts(2, (20, 40), 20))
    told = []
    plan = solve(short, rounds=6, seed=2, progress=lambda share, cost: told.append((share, cost)))
    again = solve(short, rounds=6, seed=2)
    assert check(short, plan) == []
    assert plan.rounds == 6
    assert (plan.start == again.start).all()
    assert (plan.line == again.line).all()
    costs = [cost for _, cost in told]
    assert costs == sorted(costs, reverse=True)
    assert [share for share, _ in told] == sorted(share for share, _ in told)
    assert plan.cost.total_cny < solve(short, rounds=0).cost.total_cny


def test_a_search_that_is_stopped_at_once_hands_out_a_plan_within_the_cap(short):
    assert check(short, solve(short, rounds=6, stop=lambda: True)) == []
