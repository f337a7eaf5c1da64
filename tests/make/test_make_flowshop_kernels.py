"""The kernels of the flow shops, each held to its definition in plain Python."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parkwright.make import flowshop_machines, flowshop_order, flowshop_setup
from parkwright.make.draws import draw, slack, stream
from parkwright.make.flowshop_lane import HybridLane, SetupLane
from parkwright.make.flowshop_machines import Sequences
from parkwright.make.shop import HybridFlowShop, SetupFlowShop
from parkwright.make.shop_check import check

seeds = st.integers(0, 2**32 - 1)
EXAMPLES = [5, pytest.param(100, marks=pytest.mark.slow)]
"""Of tests that let a lane search; .ci/run tries the second number."""


def hybrid(seed: int) -> HybridFlowShop:
    rng = np.random.default_rng(seed)
    jobs, stages = int(rng.integers(1, 9)), int(rng.integers(1, 5))
    return HybridFlowShop(rng.integers(0, 20, (jobs, stages)), rng.integers(1, 4, stages))


def with_setups(seed: int) -> SetupFlowShop:
    rng = np.random.default_rng(seed)
    jobs, machines = int(rng.integers(2, 9)), int(rng.integers(1, 5))
    return SetupFlowShop(rng.integers(1, 20, (jobs, machines)), rng.integers(0, 15, (machines, jobs, jobs)))


def served(order: list[int], work: np.ndarray, machines: np.ndarray) -> tuple[int, list[list[int]]]:
    """First come, first served from the definition: (makespan, the order in which each stage begins its jobs)."""
    stages, jobs = work.shape
    ready, rows = [0] * jobs, []
    for stage in range(stages):
        if stage:
            order = sorted(order, key=lambda job: ready[job])
        rows.append(order)
        free = [0] * int(machines[stage])
        for job in order:
            machine = free.index(min(free))
            ready[job] = free[machine] = max(free[machine], ready[job]) + int(work[stage, job])
    return max(ready), rows


def spans(order: list[int], work: np.ndarray, setup: np.ndarray) -> list[list[int]]:
    """The ends (place, machine) of an order with setups, from the definition."""
    ends: list[list[int]] = []
    for place, job in enumerate(order):
        row, end = [], 0
        for machine in range(work.shape[1]):
            ready = ends[-1][machine] + int(setup[order[place - 1], job, machine]) if place else 0
            end = max(end, ready) + int(work[job, machine])
            row.append(end)
        ends.append(row)
    return ends


def padded(shop: SetupFlowShop) -> tuple[np.ndarray, np.ndarray]:
    """The work (J, M) and setups (J + 1, J, M) as the kernels take them."""
    jobs, machines = shop.durations.shape
    setup = np.zeros((jobs + 1, jobs, machines), np.int64)
    setup[:jobs] = np.moveaxis(shop.setups, 0, 2)
    return np.ascontiguousarray(shop.durations.astype(np.int64)), setup


def seated(shop: HybridFlowShop) -> tuple[np.ndarray, np.ndarray, Sequences]:
    lane = HybridLane(shop, 0, 0, None)
    return lane.work, lane.machines, lane.sequences


def assert_sequences(sequences: Sequences, machines: np.ndarray, jobs: int) -> None:
    """Each job once at each stage, on a machine that is there, and `on` and `at` say where."""
    line, size, on, at = sequences
    for stage, count in enumerate(machines.tolist()):
        assert int(size[stage, :count].sum()) == jobs
        found = [int(line[stage, m, i]) for m in range(count) for i in range(int(size[stage, m]))]
        assert sorted(found) == list(range(jobs))
        for job in range(jobs):
            assert line[stage, on[stage, job], at[stage, job]] == job


# -- draws ----------------------------------------------------------------------------------------------------------


@given(seed=st.integers(0, 2**40), lane=st.integers(0, 1000), bound=st.integers(1, 10**6))
def test_a_draw_is_below_its_bound_and_repeats_by_its_seed(seed: int, lane: int, bound: int) -> None:
    one, again = stream(seed, lane), stream(seed, lane)
    drawn = [draw(one, bound) for _ in range(20)]
    assert drawn == [draw(again, bound) for _ in range(20)]
    assert all(0 <= number < bound for number in drawn)


def test_no_two_of_many_streams_begin_alike() -> None:
    states = {int(stream(seed, lane)[0]) for seed in range(200) for lane in range(50)}
    assert len(states) == 200 * 50


def test_draws_are_even_and_slack_has_its_temperature_as_mean() -> None:
    state = stream(7, 0)
    counts = np.bincount([draw(state, 8) for _ in range(80_000)], minlength=8)
    # Pearson's chi-square with 7 degrees of freedom is below 24.3 in 999 of 1,000 cases.
    assert float(((counts - 10_000) ** 2 / 10_000).sum()) < 24.3
    slacks = np.array([slack(state, 5.0) for _ in range(40_000)])
    assert slacks.min() >= 0
    # The standard error of the mean of an exponential is its mean over the root of the count: 0.025 here.
    assert abs(slacks.mean() - 5.0) < 4 * 0.025


# -- one order at stage 1 -------------------------------------------------------------------------------------------


@settings(max_examples=150)
@given(seed=seeds)
def test_an_order_is_decoded_first_come_first_served(seed: int) -> None:
    shop = hybrid(seed)
    work = np.ascontiguousarray(shop.durations.T.astype(np.int64))
    order = np.random.default_rng(seed).permutation(work.shape[1])
    rows = np.zeros(work.shape, np.int64)
    span = flowshop_order.decode(order, work, shop.machines.astype(np.int64), rows)
    wanted, wanted_rows = served(order.tolist(), work, shop.machines)
    assert span == wanted
    assert rows.tolist() == wanted_rows


@settings(max_examples=40)
@given(seed=seeds)
def test_annealing_an_order_keeps_a_permutation_and_tells_the_makespan_of_its_best(seed: int) -> None:
    shop = hybrid(seed)
    work = np.ascontiguousarray(shop.durations.T.astype(np.int64))
    machines, jobs = shop.machines.astype(np.int64), shop.durations.shape[0]
    order = np.arange(jobs)
    best, before = order.copy(), served(order.tolist(), work, machines)[0]
    least = flowshop_order.anneal_order(order, best, work, machines, stream(seed, 0), 300, 2.0)
    assert sorted(order.tolist()) == sorted(best.tolist()) == list(range(jobs))
    assert least == served(best.tolist(), work, machines)[0] <= before


# -- sequences of machines ------------------------------------------------------------------------------------------


@settings(max_examples=80)
@given(seed=seeds)
def test_seats_give_the_makespan_of_the_order_they_come_from(seed: int) -> None:
    shop = hybrid(seed)
    work, machines, sequences = seated(shop)
    assert_sequences(sequences, machines, work.shape[1])
    lane = HybridLane(shop, 0, 0, None)
    times = (work, np.zeros((work.shape[0] + 1, work.shape[1]), np.int64), np.zeros((1, 1), np.int64))
    assert flowshop_machines.heads(0, machines, sequences, times) <= served(lane.best_order.tolist(), work, machines)[0]


@pytest.mark.slow
@settings(max_examples=80)
@given(seed=seeds, heat=st.floats(0.01, 30.0))
def test_annealing_machines_keeps_every_job_and_tells_the_makespan_of_its_best(seed: int, heat: float) -> None:
    work, machines, sequences = seated(hybrid(seed))
    best = tuple(array.copy() for array in sequences)
    stages, jobs = work.shape
    head = np.zeros((stages + 1, jobs), np.int64)
    before = flowshop_machines.heads(0, machines, sequences, (work, head, head.copy()))
    least = flowshop_machines.anneal_machines(work, machines, sequences, best, stream(seed, 1), 400, heat)
    assert_sequences(sequences, machines, jobs)
    assert_sequences(best, machines, jobs)
    assert flowshop_machines.heads(0, machines, best, (work, np.zeros_like(head), head)) == least <= before


@pytest.mark.parametrize("examples", EXAMPLES)
def test_the_plan_of_a_lane_is_valid_either_way_time_runs_and_is_adopted_no_later(examples: int) -> None:
    @settings(max_examples=examples)
    @given(seed=seeds)
    def hold(seed: int) -> None:
        shop = hybrid(seed)
        for lane in (0, 1):
            search = HybridLane(shop, seed, lane, None)
            search.advance(0.0)
            search.advance(0.5)
            plan = search.plan()
            assert check(shop, plan) == []
            for other in (0, 1):
                taken = HybridLane(shop, seed + 1, other, plan).plan()
                assert check(shop, taken) == []
                assert taken.makespan <= plan.makespan

    hold()


# -- setups ---------------------------------------------------------------------------------------------------------


@settings(max_examples=100)
@given(seed=seeds)
def test_heads_are_the_ends_from_the_definition(seed: int) -> None:
    work, setup = padded(with_setups(seed))
    jobs, machines = work.shape
    order = np.random.default_rng(seed).permutation(jobs)
    head = np.zeros((jobs + 1, machines), np.int64)
    assert flowshop_setup.heads(order, jobs, work, setup, head) == spans(order.tolist(), work, setup)[-1][-1]
    assert head[1:].tolist() == spans(order.tolist(), work, setup)


@settings(max_examples=100)
@given(seed=seeds)
def test_a_job_is_put_where_trying_every_place_would_put_it(seed: int) -> None:
    work, setup = padded(with_setups(seed))
    jobs, machines = work.shape
    rng = np.random.default_rng(seed)
    others = rng.permutation(jobs)
    job, rest = int(others[0]), others[1:].tolist()
    ends = np.zeros((2, jobs + 1, machines), np.int64)
    order = np.array([*rest, 0])
    place, span = flowshop_setup._place(job, order, jobs - 1, work, setup, ends, stream(seed, 0))
    tried = [spans([*rest[:at], job, *rest[at:]], work, setup)[-1][-1] for at in range(jobs)]
    assert span == min(tried) == tried[place]


@pytest.mark.slow
@settings(max_examples=30)
@given(seed=seeds, partial=st.booleans(), heat=st.floats(0.0, 5.0))
def test_iterated_greedy_keeps_a_permutation_and_never_tells_more_than_it_began_with(
    seed: int, partial: bool, heat: float
) -> None:
    work, setup = padded(with_setups(seed))
    jobs, machines = work.shape
    order = flowshop_setup.build(work, setup, stream(seed, 0))
    assert sorted(order.tolist()) == list(range(jobs))
    best, before = order.copy(), spans(order.tolist(), work, setup)[-1][-1]
    removed = min(4, jobs - 1)
    left = np.array([12 * jobs * jobs * machines])
    least = flowshop_setup.iterate(order, best, work, setup, stream(seed, 1), left, heat, removed, partial)
    assert -(removed + 1) * jobs * machines < left[0] <= 0, "it looks at what it may, and a step's places more at most"
    assert sorted(order.tolist()) == sorted(best.tolist()) == list(range(jobs))
    assert spans(best.tolist(), work, setup)[-1][-1] == least <= before


@pytest.mark.parametrize("examples", EXAMPLES)
def test_a_lane_with_setups_adopts_a_plan_as_it_is(examples: int) -> None:
    @settings(max_examples=examples)
    @given(seed=seeds)
    def hold(seed: int) -> None:
        shop = with_setups(seed)
        one, other = SetupLane(shop, seed, 0, None), SetupLane(shop, seed, 1, None)
        one.advance(0.5)
        plan = one.plan()
        other.adopt(plan)
        assert check(shop, plan) == check(shop, other.plan()) == []
        assert other.plan().makespan == plan.makespan

    hold()


def test_a_job_that_takes_no_time_keeps_its_place_before_one_that_starts_with_it() -> None:
    # Job 1 takes no time and comes first; behind job 0 it would wait for a setup of 9.
    shop = SetupFlowShop(np.array([[5], [0]]), np.array([[[0, 9], [0, 0]]]))
    first = SetupLane(shop, 0, 0, None)
    first.order = first.best = np.array([1, 0])
    plan, other = first.plan(), SetupLane(shop, 0, 1, None)
    other.adopt(plan)
    assert other.plan().makespan == plan.makespan == 5


@pytest.mark.parametrize("lane", [0, 1])
def test_a_shop_of_one_job_is_planned_by_every_lane(lane: int) -> None:
    alone = HybridFlowShop(np.array([[4, 0, 3]]), np.array([2, 1, 1]))
    search = HybridLane(alone, 0, lane, None)
    search.advance(0.0)
    search.advance(0.9)
    assert search.plan().makespan == 7
    single = SetupLane(SetupFlowShop(np.array([[4, 3]]), np.zeros((2, 1, 1), np.int64)), 0, lane, None)
    single.advance(0.0)
    assert single.plan().makespan == 7
