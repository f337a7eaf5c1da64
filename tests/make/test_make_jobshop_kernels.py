"""The kernels of the flexible job shop, each held to its definition in plain Python."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parkwright.make import jobshop_graph
from parkwright.make.draws import stream
from parkwright.make.jobshop_graph import CYCLE, NONE, Plan
from parkwright.make.jobshop_lane import JobLane
from parkwright.make.shop import JobShop
from parkwright.make.shop_check import check
from parkwright.make.shop_exact import refine
from parkwright.make.shop_search import solve

seeds = st.integers(0, 2**32 - 1)


def shop_of(seed: int) -> JobShop:
    rng = np.random.default_rng(seed)
    jobs, machines = int(rng.integers(1, 7)), int(rng.integers(1, 5))
    first = np.concatenate([[0], np.cumsum(rng.integers(1, 5, jobs))])
    durations = rng.integers(1, 20, (first[-1], machines)) * rng.integers(0, 2, (first[-1], machines))
    durations[np.arange(first[-1]), rng.integers(0, machines, first[-1])] = rng.integers(1, 20, first[-1])
    return JobShop(durations, first)


def rows_of(plan: Plan) -> list[list[int]]:
    """The operations of each machine in their order, read from its chain."""
    _, _, right, lead = plan
    rows = []
    for leading in lead.tolist():
        row, op = [], leading
        while op != NONE:
            row.append(op)
            op = int(right[op])
        rows.append(row)
    return rows


def earliest(shop: JobShop, rows: list[list[int]]) -> list[int] | None:
    """Each operation's earliest start when machines keep their rows; None when the rows run in a circle."""
    size = shop.durations.shape[0]
    before: dict[int, list[int]] = {op: [] for op in range(size)}
    lasts = [0] * size
    for machine, row in enumerate(rows):
        for at, op in enumerate(row):
            lasts[op] = int(shop.durations[op, machine])
            before[op] += row[at - 1 : at] if at else []
    for low, high in pairwise(shop.first.tolist()):
        for op in range(low + 1, high):
            before[op].append(op - 1)
    start: dict[int, int] = {}
    while len(start) < size:
        ready = [op for op in range(size) if op not in start and all(o in start for o in before[op])]
        if not ready:
            return None
        for op in ready:
            start[op] = max((start[o] + lasts[o] for o in before[op]), default=0)
    return [start[op] for op in range(size)]


def assert_chains(plan: Plan, shop: JobShop) -> None:
    """Each operation once, on a machine that can do it; left and right are each other's reverse."""
    machine, left, right, lead = plan
    rows = rows_of(plan)
    assert sorted(op for row in rows for op in row) == list(range(machine.size))
    for at, row in enumerate(rows):
        assert all(machine[op] == at and shop.durations[op, at] > 0 for op in row)
    for op in range(machine.size):
        assert left[op] == NONE or right[left[op]] == op
        assert (left[op] == NONE) == (lead[machine[op]] == op)


def timed(lane: JobLane, plan: Plan) -> tuple[int, np.ndarray, np.ndarray]:
    """(makespan, heads, tails) of the kernels."""
    size = plan[0].size
    lasts = lane.durations[np.arange(size), plan[0]]
    spare = [np.zeros(size, np.int64) for _ in range(4)]
    times = (lasts, *spare)
    span = jobshop_graph.heads(lane.chains, plan, times)
    if span != CYCLE:
        jobshop_graph._tails(lane.chains, plan, times)
    return span, spare[0], spare[1]


@settings(max_examples=80)
@given(seed=seeds)
def test_heads_are_the_earliest_starts_and_heads_and_tails_meet_in_the_makespan(seed: int) -> None:
    shop = shop_of(seed)
    lane = JobLane(shop, seed, 1, None)
    assert_chains(lane.now, shop)
    span, head, tail = timed(lane, lane.now)
    assert head.tolist() == earliest(shop, rows_of(lane.now))
    lasts = lane.durations[np.arange(head.size), lane.now[0]]
    through = head + lasts + tail
    assert span == int(through.max()) == int((head + lasts).max())


def test_rows_that_run_in_a_circle_are_told_as_such() -> None:
    # Jobs a then b, and c then d; machine 0 does b before c, machine 1 does d before a.
    shop = JobShop(np.array([[0, 2], [2, 0], [2, 0], [0, 2]]), np.array([0, 2, 4]))
    lane = JobLane(shop, 0, 0, None)
    machine = np.array([1, 0, 0, 1])
    left, right = np.array([3, NONE, 1, NONE]), np.array([NONE, 2, NONE, 0])
    plan = (machine, left, right, np.array([1, 3]))
    assert timed(lane, plan)[0] == CYCLE
    assert earliest(shop, rows_of(plan)) is None


@settings(max_examples=60)
@given(seed=seeds, heat=st.floats(0.01, 40.0))
def test_annealing_keeps_the_chains_and_tells_the_makespan_of_its_best(seed: int, heat: float) -> None:
    shop = shop_of(seed)
    lane = JobLane(shop, seed, 0, None)
    before = timed(lane, lane.now)[0]
    given_shop = (lane.durations, lane.choices, lane.count, lane.chains)
    least = jobshop_graph.anneal_graph(*given_shop, lane.now, lane.best, lane.state, 500, heat)
    for plan in (lane.now, lane.best):
        assert_chains(plan, shop)
        starts = earliest(shop, rows_of(plan))
        assert starts is not None
        assert timed(lane, plan)[1].tolist() == starts
    assert timed(lane, lane.best)[0] == least <= before


@settings(max_examples=60)
@given(seed=seeds, noise=st.floats(0.0, 30.0))
def test_the_dispatch_rule_makes_a_plan_without_overlap(seed: int, noise: float) -> None:
    shop = shop_of(seed)
    durations, first = shop.durations.astype(np.int64), shop.first.astype(np.int64)
    machine, start = jobshop_graph.build(durations, first, stream(seed, 0), noise)
    end = start + durations[np.arange(start.size), machine]
    assert (durations[np.arange(start.size), machine] > 0).all()
    for low, high in pairwise(first.tolist()):
        assert (start[low + 1 : high] >= end[low : high - 1]).all()
    for which in range(durations.shape[1]):
        at = np.flatnonzero(machine == which)
        order = at[np.argsort(start[at])]
        assert (start[order[1:]] >= end[order[:-1]]).all()


@settings(max_examples=40)
@given(seed=seeds)
def test_lanes_exchange_plans_without_loss(seed: int) -> None:
    shop = shop_of(seed)
    one, other = JobLane(shop, seed, 0, None), JobLane(shop, seed, 1, None)
    one.advance(0.3)
    plan = one.plan()
    assert check(shop, plan) == []
    other.adopt(plan)
    assert check(shop, other.plan()) == []
    assert other.plan().makespan <= plan.makespan


def test_a_job_without_operations_is_no_hindrance() -> None:
    shop = JobShop(np.array([[3, 0], [0, 4], [2, 2]]), np.array([0, 2, 2, 3]))
    plan = solve(shop, rounds=5)
    assert check(shop, plan) == []
    assert plan.makespan == 7
    assert sorted(set(plan.job.tolist())) == [0, 2]


@pytest.mark.parametrize("seed", range(4))
def test_effort_in_place_of_seconds_gives_the_same_plan_again(seed: int) -> None:
    shop = shop_of(seed + 100)
    one, again = (refine(shop, None, seed=seed, effort=0.2) for _ in range(2))
    assert one is not None
    assert again is not None
    assert one.makespan == again.makespan
    assert np.array_equal(one.start, again.start)
    assert check(shop, one) == []


@settings(max_examples=15)
@given(seed=seeds)
def test_cp_sat_never_loses_a_plan_that_it_is_given(seed: int) -> None:
    shop = shop_of(seed)
    start = solve(shop, rounds=1)
    found = refine(shop, start, seconds=2.0)
    assert found is not None
    assert check(shop, found) == []
    assert found.lower_bound <= found.makespan <= start.makespan
