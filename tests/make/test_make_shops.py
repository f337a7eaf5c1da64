"""Shops: known optima by enumeration, laws that every plan keeps, the same answer by seed and rounds."""

from __future__ import annotations

from itertools import permutations, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parkwright.make.shop import HybridFlowShop, JobShop, SetupFlowShop, Shop, ShopPlan
from parkwright.make.shop_bound import lower_bound
from parkwright.make.shop_check import check
from parkwright.make.shop_exact import refine
from parkwright.make.shop_search import solve
from parkwright.model.errors import PlanError


def hybrid(rng: np.random.Generator, jobs: int, stages: int, most: int = 2) -> HybridFlowShop:
    return HybridFlowShop(rng.integers(1, 20, (jobs, stages)), rng.integers(1, most + 1, stages))


def setup(rng: np.random.Generator, jobs: int, machines: int) -> SetupFlowShop:
    return SetupFlowShop(rng.integers(1, 20, (jobs, machines)), rng.integers(0, 12, (machines, jobs, jobs)))


def flexible(rng: np.random.Generator, jobs: int, machines: int, longest: int = 3) -> JobShop:
    first = np.concatenate([[0], np.cumsum(rng.integers(1, longest + 1, jobs))])
    durations = rng.integers(1, 20, (first[-1], machines)) * rng.integers(0, 2, (first[-1], machines))
    durations[np.arange(first[-1]), rng.integers(0, machines, first[-1])] = 7
    return JobShop(durations, first)


def least_setup(shop: SetupFlowShop) -> int:
    """Every order, timed from the definition."""
    jobs, machines = shop.durations.shape
    best = None
    for order in permutations(range(jobs)):
        free, before = [0] * machines, None
        for job in order:
            end = 0
            for k in range(machines):
                ready = free[k] + (int(shop.setups[k, before, job]) if before is not None else 0)
                end = max(end, ready) + int(shop.durations[job, k])
                free[k] = end
            before = job
        best = free[-1] if best is None else min(best, free[-1])
    assert best is not None
    return best


def least_hybrid(shop: HybridFlowShop) -> int:
    """Every order at every stage, each job to the machine that is free first: one of them is an optimum."""
    jobs, stages = shop.durations.shape
    best = 10**9
    for orders in product(permutations(range(jobs)), repeat=stages):
        ready = [0] * jobs
        for stage, order in enumerate(orders):
            free = [0] * int(shop.machines[stage])
            for job in order:
                chosen = free.index(min(free))
                ready[job] = free[chosen] = max(free[chosen], ready[job]) + int(shop.durations[job, stage])
        best = min(best, max(ready))
    return best


def least_job(shop: JobShop) -> int:
    """Every interleaving of the jobs on every choice of machines, each operation as early as it can."""
    jobs = shop.first.size - 1
    best = 10**9

    def go(step: tuple[int, ...], ready: tuple[int, ...], free: tuple[int, ...]) -> None:
        nonlocal best
        if max(ready) >= best:
            return
        if all(shop.first[j] + step[j] == shop.first[j + 1] for j in range(jobs)):
            best = max(ready)
            return
        for j in range(jobs):
            row = shop.first[j] + step[j]
            if row < shop.first[j + 1]:
                for k in np.flatnonzero(shop.durations[row]).tolist():
                    end = max(ready[j], free[k]) + int(shop.durations[row, k])
                    go(
                        (*step[:j], step[j] + 1, *step[j + 1 :]),
                        (*ready[:j], end, *ready[j + 1 :]),
                        (*free[:k], end, *free[k + 1 :]),
                    )

    go((0,) * jobs, (0,) * jobs, (0,) * shop.durations.shape[1])
    return best


@pytest.mark.parametrize("seed", range(6))
def test_a_small_shop_with_setups_is_solved_to_the_optimum(seed: int) -> None:
    shop = setup(np.random.default_rng(seed), 6, 3)
    plan = solve(shop, rounds=1)
    assert check(shop, plan) == []
    assert plan.makespan == least_setup(shop) >= plan.lower_bound


@pytest.mark.parametrize("seed", range(6))
def test_a_small_hybrid_shop_is_solved_to_the_optimum(seed: int) -> None:
    shop = hybrid(np.random.default_rng(seed), 4, 3)
    plan = solve(shop, rounds=10)
    assert check(shop, plan) == []
    assert plan.makespan == least_hybrid(shop) >= plan.lower_bound


@pytest.mark.parametrize("seed", range(6))
def test_a_small_job_shop_is_solved_to_the_optimum_by_the_search_and_proved_by_cp_sat(seed: int) -> None:
    shop = flexible(np.random.default_rng(seed), 3, 3)
    optimum = least_job(shop)
    plan = solve(shop, rounds=20)
    proof = refine(shop, plan, seconds=10.0)
    assert check(shop, plan) == []
    assert proof is not None
    assert plan.makespan == optimum == proof.makespan == proof.lower_bound


@pytest.mark.parametrize("make", [hybrid, setup])
def test_cp_sat_finds_the_same_optimum_of_a_small_flow_shop(make: type) -> None:
    shop = make(np.random.default_rng(3), 5, 2)
    plan = solve(shop, rounds=10)
    peer = refine(shop, None, seconds=20.0)
    assert peer is not None
    assert check(shop, peer) == []
    assert peer.makespan == peer.lower_bound == plan.makespan


shops = st.builds(
    lambda seed, kind, jobs, width: (hybrid, setup, flexible)[kind](np.random.default_rng(seed), jobs, width),
    st.integers(0, 2**32 - 1),
    st.integers(0, 2),
    st.integers(1, 9),
    st.integers(1, 4),
)


@pytest.mark.parametrize("examples", [15, pytest.param(120, marks=pytest.mark.slow)])
def test_every_plan_is_valid_not_below_its_bound_and_the_same_again(examples: int) -> None:
    @settings(max_examples=examples)
    @given(shop=shops, seed=st.integers(0, 5))
    def hold(shop: Shop, seed: int) -> None:
        plan, again = solve(shop, seed=seed, rounds=2), solve(shop, seed=seed, rounds=2)
        assert check(shop, plan) == []
        assert lower_bound(shop) <= plan.lower_bound <= plan.makespan
        assert all(
            np.array_equal(getattr(plan, name), getattr(again, name)) for name in ("job", "machine", "start", "end")
        )

    hold()


@settings(max_examples=30)
@given(shop=shops)
def test_a_start_is_never_made_worse(shop: Shop) -> None:
    start = solve(shop, seed=1, rounds=1)
    assert solve(shop, seed=2, rounds=1, start=start).makespan <= start.makespan
    assert solve(shop, seed=2, rounds=0, start=start).makespan == start.makespan


@settings(max_examples=60)
@given(shop=shops, row=st.integers(0, 10**6), fault=st.integers(0, 3))
def test_the_check_sees_a_planted_fault(shop: Shop, row: int, fault: int) -> None:
    plan = solve(shop, rounds=0)
    row %= plan.job.size
    columns = {name: getattr(plan, name).copy() for name in ("job", "stage", "machine", "start", "end")}
    if fault == 0:
        columns["end"][row] += 1
    elif fault == 1:
        columns["machine"][row] = 99
    elif fault == 2:
        columns["start"][row] -= plan.makespan + 1
        columns["end"][row] -= plan.makespan + 1
    else:
        columns = {name: np.delete(column, row) for name, column in columns.items()}
    assert check(shop, ShopPlan(**columns))


def test_the_check_sees_overlap_a_missing_setup_and_a_broken_route() -> None:
    two = np.array([0, 1])
    none = np.zeros(2, np.int64)
    one_machine = HybridFlowShop(np.array([[3], [3]]), np.array([1]))
    assert "overlap" in check(one_machine, ShopPlan(two, none, none, two, two + 3))[0]
    with_setup = SetupFlowShop(np.array([[3], [3]]), np.array([[[0, 5], [5, 0]]]))
    assert "set up at 8" in check(with_setup, ShopPlan(two, none, none, 3 * two, 3 * two + 3))[0]
    chain = JobShop(np.array([[2, 0], [0, 2]]), np.array([0, 2]))
    assert "starts at 1" in check(chain, ShopPlan(none, two, two, two, two + 2))[0]


def test_a_hand_timed_shop_with_setups_has_its_makespan() -> None:
    # order 0, 1: machine 1 ends at 2 and, set up for 4, at 2 + 4 + 1 = 7; then machine 2: max(7, 5 + 1) + 3 = 10.
    # order 1, 0: machine 1 ends at 1 and, set up for 1, at 4; machine 2: 4 and 4 + 1 + 3 = 8.
    shop = SetupFlowShop(np.array([[2, 3], [1, 3]]), np.array([[[0, 4], [1, 0]], [[0, 1], [1, 0]]]))
    assert solve(shop, rounds=1).makespan == 8


def test_a_stop_ends_the_search_at_once_and_progress_never_rises() -> None:
    shop = setup(np.random.default_rng(0), 12, 4)
    assert solve(shop, rounds=100, stop=lambda: True).rounds == 0
    told: list[tuple[float, int]] = []
    solve(shop, rounds=4, progress=lambda share, makespan: told.append((share, makespan)))
    assert [share for share, _ in told] == sorted(share for share, _ in told)
    assert [span for _, span in told] == sorted((span for _, span in told), reverse=True)


def test_seconds_end_the_search_on_the_clock_that_is_given() -> None:
    ticks = iter(range(1000))
    plan = solve(setup(np.random.default_rng(0), 12, 4), seconds=5.0, clock=lambda: float(next(ticks)))
    assert 1 <= plan.rounds <= 5


def test_a_budget_without_an_end_is_refused() -> None:
    shop = setup(np.random.default_rng(0), 3, 2)
    with pytest.raises(ValueError, match="rounds, or seconds"):
        solve(shop)


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: HybridFlowShop(np.ones((2, 2), int), np.array([1, 0])), "stage without a machine"),
        (lambda: HybridFlowShop(np.ones((2, 2), int), np.array([1])), "machines for each stage"),
        (lambda: HybridFlowShop(-np.ones((2, 1), int), np.array([1])), "negative"),
        (lambda: SetupFlowShop(np.ones((2, 1), int), np.zeros((1, 2, 1), int)), "each pair"),
        (lambda: SetupFlowShop(np.ones((2, 1), int), -np.ones((1, 2, 2), int)), "negative setup"),
        (lambda: JobShop(np.array([[1], [0]]), np.array([0, 1, 2])), "job 1, operation 0: no machine"),
        (lambda: JobShop(np.array([[1], [1]]), np.array([0, 1])), "in order"),
    ],
)
def test_data_that_is_no_shop_is_refused(make: type, says: str) -> None:
    with pytest.raises(PlanError, match=says):
        make()


def test_bounds_of_shops_known_by_hand() -> None:
    # One stage, two machines, work 9: half of it, rounded up.
    assert lower_bound(HybridFlowShop(np.array([[3], [3], [3]]), np.array([2]))) == 5
    # Head 1, work 2 + 2, tail 3 of the middle machine: 8; with a setup of at least 4 between the two jobs: 12.
    shop = SetupFlowShop(np.array([[1, 2, 3], [1, 2, 3]]), np.full((3, 2, 2), 4))
    assert lower_bound(shop) == 3 + 3 + 4 + 3
    # Both operations only on machine 0, the first with 4 to come behind it.
    assert lower_bound(JobShop(np.array([[5, 0], [0, 4], [5, 0]]), np.array([0, 2, 3]))) == 10
