"""Edits of a job that follow one another, and what an edit seems to cost from near: by hand, and without a trace."""

from __future__ import annotations

from itertools import chain

import numpy as np
import pytest
from floor_cases import MINUTE, any_problem, random_problem, tiny
from hypothesis import given, settings
from hypothesis import strategies as st

from parkwright.make.anneal import CHAIN, anneal
from parkwright.make.draws import stream
from parkwright.make.edits import (
    EDIT,
    KIND,
    MOVE,
    NOTHING,
    PLACE_A,
    ROW_A,
    ROW_B,
    SWAP,
    WAIT,
    apply,
    apply_all,
    take_back,
    take_back_all,
)
from parkwright.make.floor import (
    DUE,
    FROM,
    LATE,
    LEAVE,
    LEVEL,
    LINE,
    N_OPS,
    PLACE,
    ROW,
    ROW_LEVEL,
    SIZE,
    WORK,
    Floor,
    fill_rows,
    floor_of,
)
from parkwright.make.glance import glance
from parkwright.make.hours import HOUR_MS
from parkwright.make.listing import list_first
from parkwright.make.moves import propose_job
from parkwright.make.outlook import (
    COUNTED,
    DELAY_MS,
    GAIN,
    HANG,
    JOB_GAIN,
    JOB_RATE,
    JOB_SLACK,
    RATE,
    SLACK,
    hanging,
    outlook,
)
from parkwright.make.settle import forget, resettle, restore, settle


def rows(floor: Floor) -> list[list[int]]:
    return [floor.order[n, : floor.row[n, SIZE]].tolist() for n in range(len(floor.row))]


def hangs(floor: Floor) -> np.ndarray:
    hang = np.zeros((floor.ints[N_OPS], HANG))
    hanging(floor.ints, floor.reals, hang)
    return hang


def seen(floor: Floor, hang: np.ndarray) -> float:
    return float(outlook(floor.ints, hang, np.zeros(2 * floor.ints[N_OPS], dtype=np.int64)))


def glanced(floor: Floor, hang: np.ndarray, edits: np.ndarray) -> float:
    return float(glance(floor.ints, hang, edits, np.zeros(2 * floor.ints[N_OPS], dtype=np.int64)))


def queue(works: list[int], dues: list[int], links=()) -> Floor:
    """One line that does operations in turn from 0 on, each late at 60 CNY an hour from its due minute on."""
    floor = floor_of(tiny([[work, -1] for work in works], links=links))
    fill_rows(floor, [[i for i in range(len(works)) if floor.op[i, LEVEL] == level] for level in range(len(floor.row))])
    floor.op[:, DUE] = np.array(dues) * MINUTE
    floor.worth[:, LATE] = 60.0 / HOUR_MS
    resettle(floor.ints, floor.reals)
    return floor


def test_what_hangs_on_a_queue_known_by_hand():
    """The last one is late by 5 min; the second has 30 min to spare, the first 20; nobody waits for an idle line."""
    hang = hangs(queue([10, 20, 15], [30, 60, 40]))
    cny_per_ms = 60.0 / HOUR_MS
    assert hang[:, JOB_SLACK].tolist() == [20 * MINUTE, 30 * MINUTE, 0]
    assert hang[:, SLACK].tolist() == [0, 0, 0]
    assert hang[:, JOB_RATE] == pytest.approx([cny_per_ms] * 3)
    assert hang[2, RATE] == pytest.approx(cny_per_ms)
    assert hang[1, RATE] * DELAY_MS == pytest.approx(cny_per_ms * (2 * DELAY_MS - 30 * MINUTE))
    assert hang[0, RATE] * DELAY_MS == pytest.approx(cny_per_ms * (3 * DELAY_MS - 50 * MINUTE))
    assert hang[:, GAIN] == pytest.approx([cny_per_ms] * 3)
    assert hang[:, JOB_GAIN] == pytest.approx([0, 0, cny_per_ms])


def test_what_hangs_on_a_job_reaches_through_its_next_operation():
    """The second waits for the first on a line of its own; it is late by 5 min, and the first is due in an hour."""
    floor = floor_of(tiny([[10, -1], [-1, 20]], links=[(0, 1)]))
    list_first(floor)
    floor.op[:, DUE] = np.array([60, 25]) * MINUTE
    floor.worth[:, LATE] = np.array([0.0, 60.0 / HOUR_MS])
    resettle(floor.ints, floor.reals)
    hang = hangs(floor)
    assert hang[:, JOB_SLACK].tolist() == [0, 0]
    assert hang[:, JOB_RATE] == pytest.approx([60.0 / HOUR_MS] * 2)
    assert hang[:, GAIN] == pytest.approx([60.0 / HOUR_MS] * 2)


def test_an_edit_is_seen_at_a_share_of_what_it_does_harm_and_at_all_that_it_may_gain():
    """The last, late by 5 min, goes first: it gains 30 min, the first loses none of its 20, the second 15 of 30."""
    floor = queue([10, 20, 15], [30, 60, 40])
    hang = hangs(floor)
    forward = np.array([MOVE, 0, 2, 1, 0, 0, 0], dtype=np.int64)
    apply(floor.ints, forward)
    assert seen(floor, hang) == pytest.approx(-30.0)
    forget(floor.ints)
    take_back(floor.ints, forward)
    floor.op[:, DUE] = np.array([10, 30, 40]) * MINUTE
    resettle(floor.ints, floor.reals)
    hang = hangs(floor)
    apply(floor.ints, forward)
    assert seen(floor, hang) == pytest.approx(-30.0 + COUNTED * (15.0 + 15.0))
    assert settle(floor.ints, floor.reals, np.inf) == pytest.approx(-5.0 + 15.0 + 15.0)


def test_at_a_glance_what_lies_between_counts_with_all_that_hangs_on_the_first_of_it():
    """The last, late by 5 min, goes first and gains 30 min: on the first, 15 min later, the second hangs, too."""
    floor = queue([10, 20, 15], [30, 60, 40])
    hang = hangs(floor)
    forward = np.array([[MOVE, 0, 2, 1, 0, 0, 0]], dtype=np.int64)
    harm = hang[0, RATE] * 15 * MINUTE
    assert harm > 0
    assert glanced(floor, hang, forward) == pytest.approx(-30.0 + COUNTED * harm)
    back = np.array([[MOVE, 0, 0, 1, 0, 2, 0]], dtype=np.int64)
    gain = hang[1, GAIN] * 10 * MINUTE
    late = hang[0, JOB_RATE] * 15 * MINUTE
    assert glanced(floor, hang, back) == pytest.approx(-gain + COUNTED * late)
    wait = np.array([[WAIT, 0, 0, 1, 0, 0, 60 * MINUTE]], dtype=np.int64)
    assert glanced(floor, hang, wait) == -np.inf


@settings(max_examples=80)
@given(seed=st.integers(0, 2**32))
def test_a_move_to_another_line_and_a_swap_of_neighbours_look_the_same_at_a_glance_and_from_near(seed: int) -> None:
    floor = floor_of(random_problem(np.random.default_rng(seed), 12))
    list_first(floor)
    hang, ints = hangs(floor), floor.ints
    for i in np.flatnonzero(floor.op[:, ROW] >= 0).tolist():
        row, place = floor.op[i, ROW], floor.op[i, PLACE]
        edits = []
        if place + 1 < floor.row[row, SIZE]:
            edits.append([SWAP, row, place, 1, row, place + 1, 0])
        for other in range(len(floor.row)):
            able = floor.can[i, floor.row[other, LINE], WORK] >= 0
            if other != row and able and floor.row[other, ROW_LEVEL] == floor.op[i, LEVEL]:
                edits.append([MOVE, row, place, 1, other, floor.row[other, SIZE] // 2, 0])
        for edit in np.array(edits, dtype=np.int64).reshape(-1, 1, EDIT):
            told = glanced(floor, hang, edit)
            apply(ints, edit[0])
            assert told == -np.inf or told == pytest.approx(seen(floor, hang))
            forget(ints)
            take_back(ints, edit[0])


@settings(max_examples=80)
@given(seed=st.integers(0, 2**32))
def test_looking_at_an_edit_leaves_no_trace_and_the_edits_of_a_job_are_taken_back(seed: int) -> None:
    floor = floor_of(any_problem(seed))
    list_first(floor)
    members = np.flatnonzero(floor.op[:, ROW] >= 0)
    if members.size == 0:
        return
    draws = stream(seed, 1)
    hang = hangs(floor)
    for i in members.tolist():
        before, times, cost = rows(floor), floor.op[:, ROW : LEAVE + 1].copy(), floor.cost_cny()
        edits = np.zeros((CHAIN, EDIT), dtype=np.int64)
        propose_job(floor.ints, i, draws, edits)
        if edits[0, KIND] == NOTHING:
            continue
        as_it_was = floor.ints.copy()
        assert glanced(floor, hang, edits) < np.inf
        assert (floor.ints == as_it_was).all()
        apply_all(floor.ints, edits)
        made = floor.ints.copy()
        assert np.isfinite(seen(floor, hang))
        assert (floor.ints == made).all()
        assert sorted(chain.from_iterable(rows(floor))) == sorted(chain.from_iterable(before))
        settle(floor.ints, floor.reals, np.inf)
        take_back_all(floor.ints, edits)
        restore(floor.ints, floor.reals)
        assert rows(floor) == before
        assert (floor.op[:, ROW : LEAVE + 1] == times).all()
        assert floor.cost_cny() == cost


def test_an_operation_takes_those_of_its_job_along_to_where_they_would_be_ready():
    """Three stages: where the first of a job goes ahead, the next ones jump the queues in which they stood."""
    problem = random_problem(np.random.default_rng(2), jobs=20, levels=3)
    assert len(problem.links) == 40
    floor = floor_of(problem)
    list_first(floor)
    draws, met = stream(1, 1), 0
    first = [i for i in range(60) if floor.op[i, LEVEL] == 0 and floor.op[i, ROW] >= 0]
    for i in first * 5:
        edits = np.zeros((CHAIN, EDIT), dtype=np.int64)
        propose_job(floor.ints, i, draws, edits)
        used = edits[edits[:, KIND] != NOTHING]
        moved = [int(floor.order[one[ROW_A], one[PLACE_A]]) for one in used]
        assert [floor.op[j, LEVEL] for j in moved] == sorted({int(floor.op[j, LEVEL]) for j in moved})
        assert all(j // 3 == i // 3 for j in moved)
        assert (floor.can[moved, floor.row[used[:, ROW_B], LINE], WORK] >= 0).all()
        met += len(moved) == 3
    assert met > 0


@pytest.mark.parametrize("leeway", [0.0, 5.0])
def test_a_search_that_gives_up_what_seems_hopeless_knows_what_its_plan_costs(leeway):
    floor = floor_of(random_problem(np.random.default_rng(2), jobs=12, levels=3))
    list_first(floor)
    members = np.flatnonzero(floor.op[:, ROW] >= 0)
    before = floor.cost_cny()
    change = anneal(floor.ints, floor.reals, members, (20.0, 0.1), leeway, 0.2, 2_000, stream(3, 1))
    assert change < 0
    assert floor.cost_cny() == pytest.approx(before + change)
    assert (floor.row[:, FROM] == -1).all()
    assert resettle(floor.ints, floor.reals) == pytest.approx(before + change)
