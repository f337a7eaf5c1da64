"""The dispatch rule on random floors: what it places can be done, whatever it is given; it says why for the rest."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parkwright.make.rule import NO_BOARDS, NO_TIME, boards_at, least, opens, place, works

LAST = 600


@dataclass(frozen=True)
class Case:
    """Jobs on lines, with boards, as the rule takes them; times in plain numbers."""

    jobs: tuple[np.ndarray, ...]
    lines: tuple[np.ndarray, np.ndarray, np.ndarray]
    pool: tuple[tuple[np.ndarray, np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray, np.ndarray]]
    standing: tuple[np.ndarray, np.ndarray]
    horizon: tuple[float, float]

    def run(self) -> np.ndarray:
        return place(self.jobs, self.lines, self.pool, self.standing, self.horizon)


def offsets(rng: np.random.Generator, count: int, most: int) -> np.ndarray:
    return np.concatenate([[0], np.cumsum(rng.integers(0, most + 1, count))]).astype(np.int64)


def case(seed: int) -> Case:
    """Return a random case: up to nine jobs, three lines, two families, two kinds of boards."""
    rng = np.random.default_rng(seed)
    count, lines, families, kinds = int(rng.integers(1, 10)), int(rng.integers(1, 4)), 2, 2
    able = rng.random((count, lines)) < 0.7
    jobs = (
        able, rng.integers(1, 90, (count, lines)), rng.integers(0, 15, (count, lines)), rng.integers(0, 200, count),
        rng.integers(50, 700, count), rng.integers(0, 4, count).astype(float), rng.integers(0, families, count),
    )  # fmt: skip
    edges = np.sort(rng.choice(LAST, 2 * int(rng.integers(0, 4)), replace=False)).astype(np.int64)
    hours = (rng.integers(0, 30, (lines, families + 1, families)), edges[::2].copy(), edges[1::2].copy())
    first = offsets(rng, count, kinds)
    wanted = [rng.permutation(kinds)[:size] for size in np.diff(first)]
    need = (first, np.concatenate([*wanted, np.zeros(0)]).astype(np.int64), rng.integers(1, 4, first[-1]))
    at = offsets(rng, kinds, 3)
    times, total = [], []
    for kind in range(kinds):
        size = int(at[kind + 1] - at[kind])
        times += sorted(rng.integers(0, 400, size).tolist())
        total += np.cumsum(rng.integers(1, 8, size)).tolist()
    supply = (at, np.array(times, dtype=np.int64), np.array(total, dtype=np.int64))
    free = np.where(rng.random(lines) < 0.1, -1, rng.integers(0, 100, lines)).astype(np.int64)
    family = rng.integers(0, families + 1, lines)
    return Case(jobs, hours, (need, supply), (free, family), (float(rng.uniform(1, 400)), float(rng.uniform(1, 60))))


def open_minutes(found: Case) -> list[bool]:
    opened, closed = found.lines[1], found.lines[2]
    return [any(a <= t < b for a, b in zip(opened, closed, strict=True)) for t in range(LAST + 1)]


seeds = st.integers(0, 2**32 - 1)


@settings(max_examples=300)
@given(seed=seeds)
def test_what_the_rule_places_can_be_done(seed: int) -> None:
    found = case(seed)
    able, work, _, ready, _, _, family = found.jobs
    placed, is_open = found.run(), open_minutes(found)
    for job in np.flatnonzero(placed[:, 0] >= 0).tolist():
        line, begin, start, leave = (int(value) for value in placed[job])
        assert able[job, line]
        assert begin <= start <= leave
        assert start >= ready[job]
        assert is_open[start]
        assert sum(is_open[start:leave]) == work[job, line]
    for line in range(able.shape[1]):
        mine = sorted(np.flatnonzero(placed[:, 0] == line).tolist(), key=lambda job: int(placed[job, 1]))
        assert not mine or found.standing[0][line] >= 0
        free, family_now = int(found.standing[0][line]), int(found.standing[1][line])
        for job in mine:
            _, begin, start, leave = (int(value) for value in placed[job])
            assert begin >= free
            assert sum(is_open[begin:start]) >= found.lines[0][line, family_now, family[job]]
            free, family_now = leave, int(family[job])
        assert all(placed[a, 3] <= placed[b, 1] for a, b in pairwise(mine))


@settings(max_examples=300)
@given(seed=seeds)
def test_no_job_takes_boards_before_they_are_there(seed: int) -> None:
    found = case(seed)
    (first, kind, quantity), (at, time, total) = found.pool
    placed = found.run()
    starts = [(int(placed[job, 2]), job) for job in np.flatnonzero(placed[:, 0] >= 0).tolist()]
    for which in range(at.size - 1):
        taken = 0
        events = [
            (start, int(quantity[item]))
            for start, job in sorted(starts)
            for item in range(first[job], first[job + 1])
            if kind[item] == which
        ]
        for start, amount in events:
            taken += amount
            given = [int(total[n]) for n in range(at[which], at[which + 1]) if time[n] <= start]
            assert taken <= (given[-1] if given else 0)


@settings(max_examples=200)
@given(seed=seeds)
def test_a_job_without_a_place_lacks_boards_or_time(seed: int) -> None:
    found = case(seed)
    placed = found.run()
    (first, kind, quantity), (at, _, total) = found.pool
    for job in np.flatnonzero(placed[:, 0] < 0).tolist():
        assert placed[job, 0] in {NO_TIME, NO_BOARDS}
        assert (placed[job, 1:] == -1).all()
        if placed[job, 0] == NO_BOARDS:
            used = [0] * (at.size - 1)
            for other in np.flatnonzero(placed[:, 0] >= 0).tolist():
                for item in range(first[other], first[other + 1]):
                    used[kind[item]] += int(quantity[item])
            made = [int(total[at[n + 1] - 1]) if at[n + 1] > at[n] else 0 for n in range(at.size - 1)]
            items = range(first[job], first[job + 1])
            lacking = [used[kind[item]] + quantity[item] > made[kind[item]] for item in items]
            assert any(lacking)


@settings(max_examples=100)
@given(seed=seeds)
def test_the_rule_changes_nothing_that_it_is_given_and_answers_the_same_again(seed: int) -> None:
    found = case(seed)
    before = [array.copy() for array in (*found.jobs, *found.lines, *found.standing)]
    one, again = found.run(), found.run()
    assert (one == again).all()
    after = (*found.jobs, *found.lines, *found.standing)
    assert all((a == b).all() for a, b in zip(before, after, strict=True))


@settings(max_examples=200)
@given(seed=seeds)
def test_a_job_goes_where_it_leaves_first(seed: int) -> None:
    found = case(seed)
    able, work, tail, ready, _, _, family = found.jobs
    free, family_now = found.standing
    line, _, _, leave = least(0, free, family_now, int(ready[0]), found.jobs, found.lines)
    ends = []
    for other in range(able.shape[1]):
        if not able[0, other] or free[other] < 0:
            continue
        setup = int(found.lines[0][other, family_now[other], family[0]])
        begin = opens(max(int(free[other]), int(ready[0]) - setup), *found.lines[1:])
        start = works(begin, setup, *found.lines[1:]) if begin >= 0 else -1
        start = opens(start, *found.lines[1:]) if start >= 0 else -1
        end = works(start, int(work[0, other]), *found.lines[1:]) if start >= 0 else -1
        if end >= 0:
            ends.append(end + int(tail[0, other]))
    if line < 0:
        assert ends == []
    else:
        assert leave + tail[0, line] == min(ends)


@pytest.mark.parametrize(("used", "at"), [(0, 10), (2, 10), (3, 50), (5, 50), (6, np.iinfo(np.int64).max)])
def test_boards_come_with_the_lot_that_completes_them(used: int, at: int) -> None:
    need = (np.array([0, 1]), np.array([0]), np.array([2]))
    supply = (np.array([0, 2]), np.array([10, 50]), np.array([4, 7]))
    assert boards_at(0, need, supply, np.array([used])) == at
