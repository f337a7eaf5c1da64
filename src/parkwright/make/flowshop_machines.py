"""Hybrid flow shop, second search: the sequence of each machine, changed along a critical path.

A neighbour's longest path through the moved job is exact from the heads and tails of the jobs around its new place; as
no path through other jobs gets longer, a worse neighbour is known exactly before it is made, and costs a few reads.

Letters for shapes: J jobs, S stages, M machines of a stage. Sequences = (line (S, M, J) jobs on each machine,
size (S, M) how many, on (S, J) machine of a job, at (S, J) its position). Times = (work (S, J), head (S + 1, J): end at
the stage before, tail (S + 1, J): from the start at the stage to the plan's end).

References
----------
Nowicki and Smutnicki (1998), The flow shop with parallel machines: a tabu search approach, European Journal of
Operational Research 106; Taillard (1990), European Journal of Operational Research 47: heads and tails of an insertion.
"""

from __future__ import annotations

import numpy as np

from parkwright.make.compiled import compiled
from parkwright.make.draws import draw, slack

REACH = 3
"""How far from its own position a job is tried on a machine; the width that did best of 3 and 8 on small samples."""

Sequences = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]
Times = tuple[np.ndarray, np.ndarray, np.ndarray]


@compiled
def seat(rows: np.ndarray, work: np.ndarray, machines: np.ndarray, sequences: Sequences) -> None:
    """Fill the sequences from each stage's order of beginning (S, J): a job takes the machine that is free first."""
    line, size, on, at = sequences
    stages, jobs = work.shape
    ready = np.zeros(jobs, np.int64)
    free = np.zeros(machines.max(), np.int64)
    size[:] = 0
    for stage in range(stages):
        free[:] = 0
        for i in range(jobs):
            job = rows[stage, i]
            chosen = 0
            for machine in range(1, machines[stage]):
                if free[machine] < free[chosen]:
                    chosen = machine
            ready[job] = max(free[chosen], ready[job]) + work[stage, job]
            free[chosen] = ready[job]
            line[stage, chosen, size[stage, chosen]] = job
            on[stage, job] = chosen
            at[stage, job] = size[stage, chosen]
            size[stage, chosen] += 1


@compiled
def heads(first: int, machines: np.ndarray, sequences: Sequences, times: Times) -> int:
    """Renew the heads from stage `first` on and return the makespan."""
    line, size, _, _ = sequences
    work, head, _ = times
    top = 0
    for stage in range(first, work.shape[0]):
        for machine in range(machines[stage]):
            end = 0
            for i in range(size[stage, machine]):
                job = line[stage, machine, i]
                end = max(end, head[stage, job]) + work[stage, job]
                head[stage + 1, job] = end
    for job in range(work.shape[1]):
        top = max(top, head[work.shape[0], job])
    return top


@compiled
def _tails(last: int, machines: np.ndarray, sequences: Sequences, times: Times) -> None:
    """Renew the tails from stage `last` back to the first."""
    line, size, _, _ = sequences
    work, _, tail = times
    for stage in range(last, -1, -1):
        for machine in range(machines[stage]):
            rest = 0
            for i in range(size[stage, machine] - 1, -1, -1):
                job = line[stage, machine, i]
                rest = max(rest, tail[stage + 1, job]) + work[stage, job]
                tail[stage, job] = rest


@compiled
def _walk(top: int, sequences: Sequences, times: Times, path: np.ndarray, state: np.ndarray) -> int:
    """Write a critical path, drawn at random, as stage * J + job; return its length."""
    line, size, on, at = sequences
    work, head, tail = times
    stages, jobs = work.shape
    stage, job, seen, count = 0, 0, 0, 0
    for machine in range(size.shape[1]):
        if size[0, machine] > 0 and tail[0, line[0, machine, 0]] == top:
            seen += 1
            if draw(state, seen) == 0:
                job = line[0, machine, 0]
    while True:
        path[count] = stage * jobs + job
        count += 1
        end, machine, after = head[stage + 1, job], on[stage, job], at[stage, job] + 1
        along = after < size[stage, machine] and end + tail[stage, line[stage, machine, after]] == top
        down = stage + 1 < stages and end + tail[stage + 1, job] == top
        if along and (not down or draw(state, 2) == 0):
            job = line[stage, machine, after]
        elif down:
            stage += 1
        else:
            return count


@compiled
def _take_out(stage: int, job: int, sequences: Sequences) -> None:
    line, size, on, at = sequences
    machine = on[stage, job]
    size[stage, machine] -= 1
    for i in range(at[stage, job], size[stage, machine]):
        line[stage, machine, i] = line[stage, machine, i + 1]
        at[stage, line[stage, machine, i]] = i


@compiled
def _put_in(stage: int, job: int, machine: int, place: int, sequences: Sequences) -> None:
    line, size, on, at = sequences
    for i in range(size[stage, machine], place, -1):
        line[stage, machine, i] = line[stage, machine, i - 1]
        at[stage, line[stage, machine, i]] = i
    line[stage, machine, place] = job
    on[stage, job], at[stage, job] = machine, place
    size[stage, machine] += 1


@compiled
def _gap(stage: int, machine: int, before: int, after: int, sequences: Sequences, times: Times) -> tuple[int, int]:
    """Return (end of the job at position `before`, tail of the one at `after`), 0 where there is none."""
    line, size, _, _ = sequences
    _, head, tail = times
    end = head[stage + 1, line[stage, machine, before]] if before >= 0 else 0
    rest = tail[stage, line[stage, machine, after]] if after < size[stage, machine] else 0
    return end, rest


@compiled
def _through(stage: int, job: int, end: int, rest: int, times: Times) -> int:
    """Return the longest path through a job between a machine's end and rest."""
    work, head, tail = times
    return int(max(head[stage, job], end) + work[stage, job] + max(tail[stage + 1, job], rest))


@compiled
def _slide(stage: int, job: int, place: int, limit: float, sequences: Sequences, times: Times) -> bool:
    """Move a job to another place of its machine, unless a path through it would pass the limit."""
    line, size, on, at = sequences
    work, head, tail = times
    machine, here = on[stage, job], at[stage, job]
    if place < 0 or place >= size[stage, machine] or place == here:
        return False
    if place > here:
        end, _ = _gap(stage, machine, here - 1, here, sequences, times)
        for i in range(here + 1, place + 1):
            other = line[stage, machine, i]
            end = max(end, head[stage, other]) + work[stage, other]
        _, rest = _gap(stage, machine, place, place + 1, sequences, times)
    else:
        _, rest = _gap(stage, machine, here, here + 1, sequences, times)
        for i in range(here - 1, place - 1, -1):
            other = line[stage, machine, i]
            rest = max(rest, tail[stage + 1, other]) + work[stage, other]
        end, _ = _gap(stage, machine, place - 1, place, sequences, times)
    if _through(stage, job, end, rest, times) > limit:
        return False
    _take_out(stage, job, sequences)
    _put_in(stage, job, machine, place, sequences)
    return True


@compiled
def _move(stage: int, job: int, machine: int, place: int, limit: float, sequences: Sequences, times: Times) -> bool:
    """Move a job to a place of another machine, unless a path through it would pass the limit."""
    if place < 0 or place > sequences[1][stage, machine]:
        return False
    end, rest = _gap(stage, machine, place - 1, place, sequences, times)
    if _through(stage, job, end, rest, times) > limit:
        return False
    _take_out(stage, job, sequences)
    _put_in(stage, job, machine, place, sequences)
    return True


@compiled
def _swap(stage: int, job: int, machine: int, place: int, limit: float, sequences: Sequences, times: Times) -> bool:
    """Swap a job with one of another machine, unless a path through either would pass the limit."""
    line, size, on, at = sequences
    if place < 0 or place >= size[stage, machine]:
        return False
    end, rest = _gap(stage, machine, place - 1, place + 1, sequences, times)
    if _through(stage, job, end, rest, times) > limit:
        return False
    home, here, other = on[stage, job], at[stage, job], line[stage, machine, place]
    end, rest = _gap(stage, home, here - 1, here + 1, sequences, times)
    if _through(stage, other, end, rest, times) > limit:
        return False
    line[stage, home, here], line[stage, machine, place] = other, job
    on[stage, other], at[stage, other] = home, here
    on[stage, job], at[stage, job] = machine, place
    return True


@compiled
def _try(stage: int, job: int, count: int, limit: float, seqs: Sequences, times: Times, state: np.ndarray) -> bool:
    """Draw a machine and a place near the job's own, and go there if the limit is kept; return whether it moved."""
    _, size, on, at = seqs
    machine, home = draw(state, count), on[stage, job]
    shift = draw(state, 2 * REACH + 1) - REACH
    if machine == home:
        return _slide(stage, job, at[stage, job] + shift, limit, seqs, times)
    place = at[stage, job] * (size[stage, machine] + 1) // size[stage, home] + shift
    if draw(state, 2) == 0:
        return _move(stage, job, machine, place, limit, seqs, times)
    return _swap(stage, job, machine, place, limit, seqs, times)


@compiled
def _keep(sequences: Sequences, best: Sequences) -> None:
    best[0][:] = sequences[0]
    best[1][:] = sequences[1]
    best[2][:] = sequences[2]
    best[3][:] = sequences[3]


@compiled
def anneal_machines(
    work: np.ndarray,
    machines: np.ndarray,
    sequences: Sequences,
    best: Sequences,
    state: np.ndarray,
    steps: int,
    temperature: float,
) -> int:
    """Anneal the sequences for some steps at one temperature, in place; return the least makespan met, kept in best."""
    stages, jobs = work.shape
    times = (work, np.zeros((stages + 1, jobs), np.int64), np.zeros((stages + 1, jobs), np.int64))
    path = np.empty(stages * jobs, np.int64)
    least = heads(0, machines, best, times)
    top = heads(0, machines, sequences, times)
    _tails(stages - 1, machines, sequences, times)
    length = _walk(top, sequences, times, path, state)
    for _ in range(steps):
        if top < least:
            least = top
            _keep(sequences, best)
        stage, job = divmod(path[draw(state, length)], jobs)
        if _try(stage, job, machines[stage], top + slack(state, temperature), sequences, times, state):
            top = heads(stage, machines, sequences, times)
            _tails(stage, machines, sequences, times)
            length = _walk(top, sequences, times, path, state)
    if top < least:
        least = top
        _keep(sequences, best)
    return least
