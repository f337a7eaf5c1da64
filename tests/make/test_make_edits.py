"""Edits of the rows: nothing is lost, each can be taken back, and the account knows a plan reckoned by hand."""

from __future__ import annotations

import numpy as np
import pytest
from floor_cases import MINUTE, any_problem, plan_of
from hypothesis import given, settings
from hypothesis import strategies as st

from parkwright.make.account import account, people, site_kw
from parkwright.make.edits import MOVE, SWAP, WAIT, apply, take_back
from parkwright.make.floor import (
    HOLD,
    PLACE,
    ROW,
    SIZE,
    Crew,
    Floor,
    LineSet,
    Operations,
    Placed,
    Power,
    Problem,
    Rates,
    floor_of,
)  # fmt: skip
from parkwright.make.hours import HOUR_MS, Steps, Windows
from parkwright.make.listing import list_first
from parkwright.make.settle import forget


def rows(floor: Floor) -> list[list[int]]:
    return [floor.order[n, : floor.row[n, SIZE]].tolist() for n in range(len(floor.row))]


def assert_seats(floor: Floor) -> None:
    """Each operation knows its row and place."""
    for number, row in enumerate(rows(floor)):
        for place, op in enumerate(row):
            assert (floor.op[op, ROW], floor.op[op, PLACE]) == (number, place)


def by_hand(before: list[list[int]], edit: list[int]) -> list[list[int]]:
    """The rows after an edit, on plain lists."""
    kind, a, i, n, b, j, _ = edit
    after = [list(row) for row in before]
    if kind == MOVE:
        hand = after[a][i : i + n]
        del after[a][i : i + n]
        after[b][j:j] = hand
    elif kind == SWAP:
        after[a][i], after[b][j] = after[b][j], after[a][i]
    return after


@settings(max_examples=150)
@given(seed=st.integers(0, 2**32), data=st.data())
def test_an_edit_does_to_the_rows_what_it_says_and_is_taken_back_without_a_trace(
    seed: int, data: st.DataObject
) -> None:
    floor = floor_of(any_problem(seed))
    list_first(floor)
    filled = [n for n, row in enumerate(rows(floor)) if row]
    if not filled:
        return
    before, holds = rows(floor), floor.op[:, HOLD].copy()
    a, b = data.draw(st.sampled_from(filled)), data.draw(st.sampled_from(filled))
    i = data.draw(st.integers(0, len(before[a]) - 1))
    kind = data.draw(st.sampled_from([MOVE, SWAP, WAIT]))
    n = data.draw(st.integers(1, len(before[a]) - i)) if kind == MOVE else 1
    if kind == MOVE and a != b and len(before[b]) + n > floor.order.shape[1]:
        return
    room = len(before[b]) - (n if a == b else 0) if kind == MOVE else len(before[b]) - 1
    edit = [kind, a, i, n, b, data.draw(st.integers(0, room)), 77 * MINUTE]
    made = np.array(edit, dtype=np.int64)
    apply(floor.ints, made)
    assert rows(floor) == by_hand(before, edit)
    assert_seats(floor)
    if kind == WAIT:
        assert floor.op[before[a][i], HOLD] == 77 * MINUTE
    take_back(floor.ints, made)
    forget(floor.ints)
    assert rows(floor) == before
    assert_seats(floor)
    assert (floor.op[:, HOLD] == holds).all()


@pytest.fixture
def two_jobs() -> Problem:
    """Two jobs of an hour on one line that works 0:00-1:30 and 2:00-6:00, the second part at 60 CNY/h more."""
    count = np.zeros(2, dtype=int)
    operations = Operations(
        ready=count, due=np.array([1, 2]) * HOUR_MS, family=np.array([0, 1]), level=count,
        late_cny_per_h=np.array([0.0, 100.0]), drop_cny=np.array([500.0, 700.0]),
        work=np.full((2, 1), HOUR_MS), tail=np.full((2, 1), 6 * MINUTE), kw=np.array([[10.0], [20.0]]),
        was_line=np.array([-1, 0]), was_start=np.array([0, HOUR_MS]),
    )  # fmt: skip
    setup = np.array([[[0, 30 * MINUTE], [0, 0], [0, 0]]])
    line = np.zeros(1, dtype=int)
    hours = Windows(np.array([0, 120]) * MINUTE, np.array([90, 360]) * MINUTE, np.array([0.0, 60.0]))
    power = Power(0, 15 * MINUTE, np.full(16, 5.0), np.full(16, 24.0))
    crew = Crew(np.zeros(1, dtype=int), np.array([3.0]), np.array([[2.0], [1.0]]), np.array([1.0]))
    rates = Rates(
        carbon_cny_per_kg=0.1, setup_cny_per_h=40.0, demand_cny_per_kw=2.0, excess_cny_per_kwh=8.0, moved_cny=9.0,
        shifted_cny_per_h=3.0,
    )  # fmt: skip
    steps = Steps(np.array([0, 2, 6]) * HOUR_MS, np.array([0.5, 1.0]), np.array([0.6, 0.4]))
    return Problem(
        operations, LineSet(line, line, line, np.array([4.0]), setup), np.zeros((0, 2), dtype=int), [hours], steps,
        rates, power, crews=[crew],
    )  # fmt: skip


PLAN = [
    Placed(0, 0, 0, 0, 60 * MINUTE, 66 * MINUTE),
    Placed(1, 0, 60 * MINUTE, 120 * MINUTE, 180 * MINUTE, 186 * MINUTE),
]
"""Job 0 at once; the changeover to job 1 from 1:00 to the break at 1:30, job 1 from 2:00."""


def test_the_account_of_a_plan_reckoned_by_hand(two_jobs: Problem) -> None:
    found = account(two_jobs, PLAN)
    # Job 1 is due at 2:00 and out at 3:06.
    assert found.tardiness_cny == pytest.approx(100.0 * 1.1)
    # 10 kWh and 2 kWh of changeover at 0.5, 20 kWh at 1.0.
    assert found.energy_cny == pytest.approx(12 * 0.5 + 20 * 1.0)
    assert found.co2e_kg == pytest.approx(12 * 0.6 + 20 * 0.4)
    assert found.carbon_cny == pytest.approx(0.1 * found.co2e_kg)
    assert found.setup_cny == pytest.approx(40.0 * 0.5)
    assert found.overtime_cny == pytest.approx(60.0)
    # Job 1 began an hour later than before, on the same line.
    assert found.nervousness_cny == pytest.approx(3.0)
    # 5 kW of others and 20 kW of job 1: 25 kW at the peak, 1 kW above the cap for an hour.
    assert found.demand_cny == pytest.approx(50.0)
    assert found.excess_cny == pytest.approx(8.0)
    assert found.left_out_cny == 0.0
    parts = 110.0 + 26.0 + 1.52 + 20.0 + 60.0 + 3.0 + 50.0 + 8.0
    assert found.total_cny == pytest.approx(parts)


def test_a_job_without_a_place_costs_what_leaving_it_out_costs(two_jobs: Problem) -> None:
    assert account(two_jobs, PLAN[:1]).left_out_cny == 700.0
    nothing = account(two_jobs, [])
    assert nothing.left_out_cny == 1200.0
    assert nothing.demand_cny == pytest.approx(10.0)


def test_power_and_people_are_told_only_for_working_time(two_jobs: Problem) -> None:
    power = {t: kw for t, (kw, _) in site_kw(two_jobs, PLAN).items()}
    assert [power[t] for t in range(13)] == pytest.approx([15.0] * 4 + [9.0] * 2 + [5.0] * 2 + [25.0] * 4 + [5.0])
    spans = [(low // MINUTE, high // MINUTE, busy, there) for low, high, busy, there in people(two_jobs, PLAN, 0)]
    assert spans == [(0, 60, 2.0, 3.0), (60, 90, 1.0, 3.0), (120, 180, 1.0, 3.0)]


def test_the_evaluator_reads_the_same_plan_from_its_rows(two_jobs: Problem) -> None:
    floor = floor_of(two_jobs)
    list_first(floor)
    plan = plan_of(floor)
    assert floor.cost_cny() == pytest.approx(account(two_jobs, plan).total_cny, abs=1e-9)
    assert floor.cost_cny() <= account(two_jobs, PLAN).total_cny + 1e-9
