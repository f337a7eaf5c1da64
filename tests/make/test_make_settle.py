"""The evaluator: an edit priced from what it touches equals the whole plan priced anew, and an account from outside."""

from __future__ import annotations

import numpy as np
import pytest
from floor_cases import plan_of, random_problem
from hypothesis import given, settings
from hypothesis import strategies as st

from parkwright.make.account import account
from parkwright.make.anneal import anneal, sample
from parkwright.make.floor import ROW, floor_of
from parkwright.make.listing import list_first
from parkwright.make.settle import resettle
from parkwright.make.validate import faults


def listed(seed, jobs=8, levels=2):
    problem = random_problem(np.random.default_rng(seed), jobs, levels)
    floor = floor_of(problem)
    list_first(floor)
    return problem, floor


def members_of(floor):
    return np.flatnonzero(floor.op[:, ROW] >= 0)


@settings(max_examples=150)
@given(st.integers(0, 2**32))
def test_after_many_edits_the_cost_is_what_a_fresh_evaluation_and_an_outside_account_say(seed):
    problem, floor = listed(seed, levels=1 + seed % 3)
    before = floor.cost_cny()
    stream = np.array([seed], dtype=np.uint64)
    if members_of(floor).size:
        change = anneal(floor.ints, floor.reals, members_of(floor), (20.0, 0.1), np.inf, 0.2, 200, stream)
        assert floor.cost_cny() == pytest.approx(before + change, abs=1e-6)
    kept = floor.cost_cny()
    assert resettle(floor.ints, floor.reals) == pytest.approx(kept, abs=1e-6)
    plan = plan_of(floor)
    assert faults(problem, plan) == []
    assert account(problem, plan).total_cny == pytest.approx(kept, abs=1e-6)


@settings(max_examples=50)
@given(st.integers(0, 2**32))
def test_an_edit_that_is_taken_back_leaves_no_trace(seed):
    _, floor = listed(seed)
    ops, cost = floor.op.copy(), floor.worth.copy()
    if members_of(floor).size:
        sample(floor.ints, floor.reals, members_of(floor), 100, np.array([seed], dtype=np.uint64))
    assert (floor.op == ops).all()
    assert (floor.worth == cost).all()
