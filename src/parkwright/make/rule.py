"""The dispatch rule: apparent tardiness cost with setups and ready times, over working time and a pool of boards.

Times are integers, ms since 1970 (UTC). Letters for shapes: J jobs, L lines, F families, B boards, W windows.

References
----------
Lee, Bhaskaran and Pinedo (1997), A heuristic to minimize the total weighted tardiness with sequence-dependent setups,
IIE Transactions 29: index w/p * exp(-slack/(k1 p)) * exp(-setup/(k2 s)); here in logarithms, and the wait for a job
that is not ready counts as setup.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numba import njit

Arrays3 = tuple[np.ndarray, np.ndarray, np.ndarray]
Jobs = tuple[np.ndarray, ...]
Pools = tuple[Arrays3, Arrays3]

NO_TIME = -1
NO_BOARDS = -2


def _opens(instant: int, opened: np.ndarray, closed: np.ndarray) -> int:
    """Return the first working instant at or after `instant` [ms]; -1 when there is none."""
    for window in range(opened.size):
        if closed[window] > instant:
            return int(max(instant, opened[window]))
    return -1


def _works(instant: int, work: int, opened: np.ndarray, closed: np.ndarray) -> int:
    """Return when `work` ms of working time from `instant` on are over [ms]; -1 when the windows do not hold it."""
    for window in range(opened.size):
        if closed[window] > instant:
            begin = max(instant, opened[window])
            if begin + work <= closed[window]:
                return int(begin + work)
            work -= closed[window] - begin
    return -1


opens: Callable[..., int] = njit(cache=True)(_opens)
works: Callable[..., int] = njit(cache=True)(_works)


def _boards_at(job: int, need: Arrays3, supply: Arrays3, used: np.ndarray) -> int:
    """Return when the pool holds the boards of a job beside those used [ms]; the largest integer when it never does."""
    first, board, quantity = need
    at, time, total = supply
    latest = np.int64(0)
    for item in range(first[job], first[job + 1]):
        kind = board[item]
        wanted = used[kind] + quantity[item]
        low, high = at[kind], at[kind + 1]
        while low < high:
            middle = (low + high) // 2
            if total[middle] < wanted:
                low = middle + 1
            else:
                high = middle
        if low == at[kind + 1]:
            return int(np.iinfo(np.int64).max)
        latest = max(latest, time[low])
    return int(latest)


boards_at: Callable[..., int] = njit(cache=True)(_boards_at)


def _fit(free: int, setup: int, ready: int, work: int, opened: np.ndarray, closed: np.ndarray) -> tuple[int, int, int]:
    """Return (setup start, start, line free again) [ms] of a job on a line; -1s when working time runs out."""
    begin = opens(max(free, ready - setup), opened, closed)
    if begin < 0:
        return -1, -1, -1
    start = works(begin, setup, opened, closed)
    if start < 0:
        return -1, -1, -1
    start = opens(start, opened, closed)
    if start < 0:
        return -1, -1, -1
    leave = works(start, work, opened, closed)
    if leave < 0:
        return -1, -1, -1
    return begin, start, leave


fit: Callable[..., tuple[int, int, int]] = njit(cache=True)(_fit)


def _choose(
    line: int,
    free: int,
    family_now: int,
    waiting: np.ndarray,
    jobs: Jobs,
    lines: Arrays3,
    pool: Pools,
    used: np.ndarray,
    horizon: tuple[float, float],
) -> int:
    """Return the place in `waiting` of the job with the highest index on the line; -1 when none can be made there."""
    able, work, tail, ready, due, weight, family = jobs
    need, supply = pool
    best, best_index = -1, -np.inf
    for place in range(waiting.size):
        job = waiting[place]
        if not able[job, line]:
            continue
        at = max(ready[job], boards_at(job, need, supply, used))
        if at == np.iinfo(np.int64).max:
            continue
        setup = lines[0][line, family_now, family[job]]
        wait = max(0, at - free - setup)
        slack = due[job] - (free + setup + wait + work[job, line] + tail[job, line])
        index = np.log(max(weight[job], 1e-9) / max(work[job, line], 1))
        index -= max(0, slack) / horizon[0] + (setup + wait) / horizon[1]
        if index > best_index:
            best, best_index = place, index
    return best


choose: Callable[..., int] = njit(cache=True)(_choose)


def _least(
    job: int, free: np.ndarray, family_now: np.ndarray, at: int, jobs: Jobs, lines: Arrays3
) -> tuple[int, int, int, int]:
    """Return (line, setup start, start, line free again) where the job leaves first; line NO_TIME when nowhere."""
    able, work, tail, _, _, _, family = jobs
    setup, opened, closed = lines
    found = (-1, -1, -1, -1)
    least = np.iinfo(np.int64).max
    for line in range(free.size):
        if free[line] < 0 or not able[job, line]:
            continue
        begin, start, leave = fit(
            free[line], setup[line, family_now[line], family[job]], at, work[job, line], opened, closed
        )
        if leave >= 0 and leave + tail[job, line] < least:
            least = leave + tail[job, line]
            found = (line, begin, start, leave)
    return found


least: Callable[..., tuple[int, int, int, int]] = njit(cache=True)(_least)


def _place(
    jobs: Jobs, lines: Arrays3, pool: Pools, standing: tuple[np.ndarray, np.ndarray], horizon: tuple[float, float]
) -> np.ndarray:
    """Place every job by the rule; return (J, 4): line (or why not), setup start, start, line free again [ms]."""
    able, _, _, ready, _, _, family = jobs
    need, supply = pool
    count, line_count = able.shape
    placed = np.full((count, 4), NO_TIME, dtype=np.int64)
    used = np.zeros(supply[0].size - 1, dtype=np.int64)
    free, family_now = standing[0].copy(), standing[1].copy()
    waiting = np.arange(count)
    while waiting.size:
        line = -1
        for other in range(line_count):
            if free[other] >= 0 and (line < 0 or free[other] < free[line]):
                line = other
        if line < 0:
            break
        place = choose(line, free[line], family_now[line], waiting, jobs, lines, pool, used, horizon)
        if place < 0:
            free[line] = -1
            continue
        job = waiting[place]
        at = max(ready[job], boards_at(job, need, supply, used))
        target, begin, start, leave = least(job, free, family_now, at, jobs, lines)
        placed[job, 0], placed[job, 1], placed[job, 2], placed[job, 3] = target, begin, start, leave
        if target >= 0:
            free[target] = leave
            family_now[target] = family[job]
            for item in range(need[0][job], need[0][job + 1]):
                used[need[1][item]] += need[2][item]
        waiting = np.concatenate((waiting[:place], waiting[place + 1 :]))
    for job in waiting:
        if boards_at(job, need, supply, used) == np.iinfo(np.int64).max:
            placed[job, 0] = NO_BOARDS
    return placed


place: Callable[..., np.ndarray] = njit(cache=True)(_place)
