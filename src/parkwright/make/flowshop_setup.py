"""Permutation flow shop with setups: iterated greedy; a job is tried at all places in one pass over heads and tails.

Letters for shapes: J jobs, M machines. work (J, M); setup (J + 1, J, M), row J: nothing before, no setup. An order (J,)
holds its jobs in the first `count` places. head (J + 1, M): end of the job at place i - 1; tail (J + 1, M): from the
start of the job at place i to the plan's end. left (1,): how many operations may still be looked at; what runs out of
it stops where it is, with a whole order in hand.

References
----------
Ruiz and Stuetzle (2008), An iterated greedy heuristic for the sequence dependent setup times flowshop problem, European
Journal of Operational Research 187; Taillard (1990), same journal 47: the acceleration; Dubois-Lacoste, Pagnozzi and
Stuetzle (2017), Computers & Operations Research 81: local search on the partial order.
"""

from __future__ import annotations

import numpy as np

from parkwright.make.compiled import compiled
from parkwright.make.draws import draw, slack

FAR = 1 << 60


@compiled
def heads(order: np.ndarray, count: int, work: np.ndarray, setup: np.ndarray, head: np.ndarray) -> int:
    """Write the heads of the first `count` jobs and return their makespan."""
    jobs, machines = work.shape
    before = jobs
    for i in range(count):
        job = order[i]
        end = 0
        for machine in range(machines):
            end = max(end, head[i, machine] + setup[before, job, machine]) + work[job, machine]
            head[i + 1, machine] = end
        before = job
    return int(head[count, machines - 1])


@compiled
def _tails(order: np.ndarray, count: int, work: np.ndarray, setup: np.ndarray, tail: np.ndarray) -> None:
    """Write the tails of the first `count` jobs."""
    for i in range(count - 1, -1, -1):
        job = order[i]
        rest = 0
        for machine in range(work.shape[1] - 1, -1, -1):
            if i + 1 < count:
                rest = max(rest, tail[i + 1, machine] + setup[job, order[i + 1], machine])
            rest += work[job, machine]
            tail[i, machine] = rest


@compiled
def _length(
    job: int, before: int, after: int, head: np.ndarray, tail: np.ndarray, work: np.ndarray, setup: np.ndarray, bar: int
) -> int:
    """Return the longest path through a job between two others, or any above `bar`; `after` is -1 at the end."""
    end, top = 0, 0
    for machine in range(work.shape[1]):
        end = max(end, head[machine] + setup[before, job, machine]) + work[job, machine]
        if after >= 0:
            top = max(top, end + setup[job, after, machine] + tail[machine])
            if top > bar:
                break
    return int(max(top, end))


@compiled
def _place(
    job: int, order: np.ndarray, count: int, work: np.ndarray, setup: np.ndarray, ends: np.ndarray, state: np.ndarray
) -> tuple[int, int]:
    """Return (place, makespan) of a job's best place among the first `count` jobs; ties are drawn."""
    head, tail = ends[0], ends[1]
    heads(order, count, work, setup, head)
    _tails(order, count, work, setup, tail)
    least, best, ties = FAR, 0, 0
    for i in range(count + 1):
        before = order[i - 1] if i > 0 else work.shape[0]
        after = order[i] if i < count else -1
        top = _length(job, before, after, head[i], tail[i], work, setup, least)
        if top < least:
            least, best, ties = top, i, 1
        elif top == least:
            ties += 1
            if draw(state, ties) == 0:
                best = i
    return best, least


@compiled
def _remove(order: np.ndarray, count: int, place: int) -> int:
    job = order[place]
    for i in range(place, count - 1):
        order[i] = order[i + 1]
    return int(job)


@compiled
def _insert(order: np.ndarray, count: int, place: int, job: int) -> None:
    for i in range(count, place, -1):
        order[i] = order[i - 1]
    order[place] = job


@compiled
def _descend(
    order: np.ndarray,
    count: int,
    work: np.ndarray,
    setup: np.ndarray,
    ends: np.ndarray,
    state: np.ndarray,
    left: np.ndarray,
) -> int:
    """Move jobs, in a drawn order, to their best places until none gains; return the makespan."""
    turn = order[:count].copy()
    for i in range(count - 1, 0, -1):
        other = draw(state, i + 1)
        turn[i], turn[other] = turn[other], turn[i]
    value = heads(order, count, work, setup, ends[0])
    since, i = 0, 0
    while since < count and left[0] > 0:
        left[0] -= count * work.shape[1]
        job = turn[i]
        i = (i + 1) % count
        here = 0
        while order[here] != job:
            here += 1
        _remove(order, count, here)
        place, top = _place(job, order, count - 1, work, setup, ends, state)
        _insert(order, count - 1, place if top <= value else here, job)
        since = 0 if top < value else since + 1
        value = min(value, top)
    return value


@compiled
def build(work: np.ndarray, setup: np.ndarray, state: np.ndarray) -> np.ndarray:
    """Return an order (J,): the longest job first, each at its best place (Nawaz, Enscore and Ham, Omega 11, 1983)."""
    jobs, machines = work.shape
    ends = np.zeros((2, jobs + 1, machines), np.int64)
    order = np.zeros(jobs, np.int64)
    longest = np.argsort(-work.sum(axis=1))
    for count in range(jobs):
        place, _ = _place(longest[count], order, count, work, setup, ends, state)
        _insert(order, count, place, longest[count])
    return order


@compiled
def iterate(
    order: np.ndarray,
    best: np.ndarray,
    work: np.ndarray,
    setup: np.ndarray,
    state: np.ndarray,
    left: np.ndarray,
    temperature: float,
    removed: int,
    partial: bool,
) -> int:
    """Take jobs out, put each back at its best place, descend; order and best change in place. Return best's makespan.

    left: (1,) operations to look at, counted down; a step goes beyond them by the places of its removed jobs at most.
    removed: jobs taken out at a step, below J. partial: also descend while they are out.
    """
    jobs, machines = work.shape
    ends = np.zeros((2, jobs + 1, machines), np.int64)
    least = heads(best, jobs, work, setup, ends[0])
    now = heads(order, jobs, work, setup, ends[0])
    trial = order.copy()
    out = np.empty(removed, np.int64)
    while left[0] > 0:
        trial[:] = order
        for i in range(removed):
            out[i] = _remove(trial, jobs - i, draw(state, jobs - i))
        if partial:
            _descend(trial, jobs - removed, work, setup, ends, state, left)
        for i in range(removed):
            count = jobs - removed + i
            left[0] -= jobs * machines
            place, _ = _place(out[i], trial, count, work, setup, ends, state)
            _insert(trial, count, place, out[i])
        value = _descend(trial, jobs, work, setup, ends, state, left)
        if value <= now + slack(state, temperature):
            now = value
            order[:] = trial
            if value < least:
                least = value
                best[:] = trial
    return least
