"""Hybrid flow shop, first search: one order of the jobs at stage 1, first come first served at the stages after it.

All times are integers from 0. Letters for shapes: J jobs, S stages, M machines.

References
----------
Ruiz and Stuetzle (2007), A simple and effective iterated greedy algorithm, European Journal of Operational Research
177: insertion neighbourhood; Osman and Potts (1989), Simulated annealing for permutation flow-shop scheduling, Omega
17.
"""

from __future__ import annotations

import numpy as np

from parkwright.make.compiled import compiled
from parkwright.make.draws import draw, slack


@compiled
def _settle(order: np.ndarray, key: np.ndarray) -> None:
    """Sort the jobs by key, in place; ties keep their order. Nearly sorted already, so by insertion."""
    for i in range(1, order.size):
        job = order[i]
        at = i
        while at > 0 and key[order[at - 1]] > key[job]:
            order[at] = order[at - 1]
            at -= 1
        order[at] = job


@compiled
def _serve(order: np.ndarray, work: np.ndarray, free: np.ndarray, ready: np.ndarray) -> int:
    """Give each job, in order, to the machine free first; `ready` (J,) becomes the ends. Return the last end."""
    free[:] = 0
    latest = 0
    for i in range(order.size):
        job = order[i]
        chosen = 0
        for machine in range(1, free.size):
            if free[machine] < free[chosen]:
                chosen = machine
        end = max(free[chosen], ready[job]) + work[job]
        free[chosen] = end
        ready[job] = end
        latest = max(latest, end)
    return latest


@compiled
def decode(order: np.ndarray, work: np.ndarray, machines: np.ndarray, rows: np.ndarray) -> int:
    """Return the makespan of an order (J,) at stage 1; rows (S, J) become the order in which each stage begins jobs.

    work: (S, J) durations. machines: (S,).
    """
    stages, jobs = work.shape
    ready = np.zeros(jobs, np.int64)
    free = np.zeros(machines.max(), np.int64)
    rows[0] = order
    latest = _serve(rows[0], work[0], free[: machines[0]], ready)
    for stage in range(1, stages):
        rows[stage] = rows[stage - 1]
        _settle(rows[stage], ready)
        latest = _serve(rows[stage], work[stage], free[: machines[stage]], ready)
    return latest


@compiled
def _disturb(order: np.ndarray, state: np.ndarray) -> None:
    """Swap two jobs, or take one out and put it elsewhere; each with probability 1/2."""
    a = draw(state, order.size)
    b = draw(state, order.size - 1)
    b += b >= a
    job = order[a]
    if draw(state, 2) == 0:
        order[a] = order[b]
    elif a < b:
        order[a:b] = order[a + 1 : b + 1].copy()
    else:
        order[b + 1 : a + 1] = order[b:a].copy()
    order[b] = job


@compiled
def anneal_order(
    order: np.ndarray,
    best: np.ndarray,
    work: np.ndarray,
    machines: np.ndarray,
    state: np.ndarray,
    steps: int,
    temperature: float,
) -> int:
    """Anneal an order for some steps at one temperature; order and best (J,) change in place; return best's span."""
    rows = np.empty(work.shape, np.int64)
    least = decode(best, work, machines, rows)
    now = decode(order, work, machines, rows)
    trial = order.copy()
    for _ in range(steps if order.size > 1 else 0):
        trial[:] = order
        _disturb(trial, state)
        value = decode(trial, work, machines, rows)
        if value <= now + slack(state, temperature):
            now = value
            order[:] = trial
            if value < least:
                least = value
                best[:] = trial
    return least
