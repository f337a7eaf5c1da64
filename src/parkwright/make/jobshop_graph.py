"""Flexible job shop: who follows whom on each machine, changed along a critical path.

Letters for shapes: O operations, M machines. Chains = (before (O,), after (O,): neighbours in the job, -1 for none).
Plan = (machine (O,), left (O,), right (O,): neighbours on the machine, -1 for none, lead (M,): first on each machine).
Times = (lasts (O,), head (O,): earliest start, tail (O,): from its end to the plan's end, topo (O,): operations in
an order of precedence, need (O,): how many neighbours still precede).

References
----------
Mastrolilli and Gambardella (2000), Effective neighbourhood functions for the flexible job shop problem, Journal of
Scheduling 3: where an operation may go without a cycle, and its path's length there; van Laarhoven, Aarts and Lenstra
(1992), Job shop scheduling by simulated annealing, Operations Research 40.
"""

from __future__ import annotations

import numpy as np

from parkwright.make.compiled import compiled
from parkwright.make.draws import draw, slack

REACH = 3
"""How many places an operation is slid on its own machine at most."""
CYCLE = -1
NONE = -1
FAR = 1 << 60

Chains = tuple[np.ndarray, np.ndarray]
Plan = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]
Times = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]
Spot = tuple[int, int]


@compiled
def heads(chains: Chains, plan: Plan, times: Times) -> int:
    """Renew heads and topo, and return the makespan; -1 when the plan has a cycle."""
    before, after = chains
    _, left, right, _ = plan
    lasts, head, _, topo, need = times
    known = 0
    for op in range(head.size):
        need[op] = (before[op] >= 0) + (left[op] >= 0)
        if need[op] == 0:
            topo[known] = op
            known += 1
    top, done = 0, 0
    while done < known:
        op = topo[done]
        done += 1
        begin = 0
        for other in (before[op], left[op]):
            if other >= 0:
                begin = max(begin, head[other] + lasts[other])
        head[op] = begin
        top = max(top, begin + lasts[op])
        for other in (after[op], right[op]):
            if other >= 0:
                need[other] -= 1
                if need[other] == 0:
                    topo[known] = other
                    known += 1
    return top if known == head.size else CYCLE


@compiled
def _tails(chains: Chains, plan: Plan, times: Times) -> None:
    """Renew the tails, against the order of precedence."""
    lasts, _, tail, topo, _ = times
    for i in range(topo.size - 1, -1, -1):
        op = topo[i]
        rest = 0
        for other in (chains[1][op], plan[2][op]):
            if other >= 0:
                rest = max(rest, tail[other] + lasts[other])
        tail[op] = rest


@compiled
def _walk(top: int, chains: Chains, plan: Plan, times: Times, path: np.ndarray, state: np.ndarray) -> int:
    """Write a critical path, drawn at random; return its length."""
    lasts, head, tail, _, _ = times
    op, seen = NONE, 0
    for other in range(head.size):
        if head[other] == 0 and lasts[other] + tail[other] == top:
            seen += 1
            if draw(state, seen) == 0:
                op = other
    count = 0
    while op >= 0:
        path[count] = op
        count += 1
        end, chosen, seen = head[op] + lasts[op], NONE, 0
        for other in (chains[1][op], plan[2][op]):
            if other >= 0 and head[other] == end and end + lasts[other] + tail[other] == top:
                seen += 1
                if draw(state, seen) == 0:
                    chosen = other
        op = chosen
    return count


@compiled
def _end(op: int, times: Times) -> int:
    return times[1][op] + times[0][op] if op >= 0 else 0


@compiled
def _rest(op: int, times: Times) -> int:
    return times[2][op] + times[0][op] if op >= 0 else 0


@compiled
def _later(op: int, far: int, chains: Chains, plan: Plan, times: Times) -> tuple[bool, int, int]:
    """Return (may it, end before, rest after) of sliding an operation behind the `far`-th one after it."""
    following = chains[1][op]
    bar = times[1][following] + times[0][following] if following >= 0 else FAR
    end, other = _end(plan[1][op], times), op
    for _ in range(far):
        other = plan[2][other]
        if other < 0 or other == following or times[1][other] >= bar:
            return False, 0, 0
        end = max(end, _end(chains[0][other], times)) + times[0][other]
    return True, end, _rest(plan[2][other], times)


@compiled
def _earlier(op: int, far: int, chains: Chains, plan: Plan, times: Times) -> tuple[bool, int, int]:
    """Return (may it, end before, rest after) of sliding an operation ahead of the `far`-th one before it."""
    preceding = chains[0][op]
    bar = times[1][preceding] if preceding >= 0 else NONE
    rest, other = _rest(plan[2][op], times), op
    for _ in range(far):
        other = plan[1][other]
        if other < 0 or other == preceding or _end(other, times) <= bar:
            return False, 0, 0
        rest = max(rest, _rest(chains[1][other], times)) + times[0][other]
    return True, _end(plan[1][other], times), rest


@compiled
def _slide(op: int, limit: float, chains: Chains, plan: Plan, times: Times, state: np.ndarray) -> tuple[bool, int, int]:
    """Draw a place on the operation's own machine; return (may it, left neighbour, right neighbour)."""
    far = 1 + draw(state, REACH)
    later = draw(state, 2) == 0
    if later:
        good, end, rest = _later(op, far, chains, plan, times)
    else:
        good, end, rest = _earlier(op, far, chains, plan, times)
    ready, after = _end(chains[0][op], times), _rest(chains[1][op], times)
    if not good or max(end, ready) + times[0][op] + max(rest, after) > limit:
        return False, 0, 0
    other = op
    for _ in range(far):
        other = plan[2][other] if later else plan[1][other]
    if later:
        return True, other, plan[2][other]
    return True, plan[1][other], other


@compiled
def _other(
    op: int, machine: int, lasts: int, limit: float, chains: Chains, plan: Plan, times: Times, state: np.ndarray
) -> tuple[bool, int, int]:
    """Draw one of the places on another machine that make no cycle and keep the limit; as _slide."""
    preceding, following = chains
    job_left, job_right = preceding[op], following[op]
    ready, after = _end(job_left, times), _rest(job_right, times)
    earliest = times[1][job_left] if job_left >= 0 else NONE
    latest = times[1][job_right] + times[0][job_right] if job_right >= 0 else FAR
    found, left, right = 0, NONE, NONE
    before, behind = NONE, plan[3][machine]
    while before < 0 or (times[1][before] < latest and before != job_right):
        if behind < 0 or (behind != job_left and _end(behind, times) > earliest):
            begin = max(_end(before, times), ready)
            if begin + lasts + after > limit:
                break
            if begin + lasts + max(_rest(behind, times), after) <= limit:
                found += 1
                if draw(state, found) == 0:
                    left, right = before, behind
        if behind < 0:
            break
        before, behind = behind, plan[2][behind]
    return found > 0, left, right


@compiled
def _link(op: int, machine: int, before: int, behind: int, plan: Plan) -> None:
    """Take an operation from where it is and put it between two others of a machine."""
    on, left, right, lead = plan
    if left[op] >= 0:
        right[left[op]] = right[op]
    else:
        lead[on[op]] = right[op]
    if right[op] >= 0:
        left[right[op]] = left[op]
    on[op], left[op], right[op] = machine, before, behind
    if before >= 0:
        right[before] = op
    else:
        lead[machine] = op
    if behind >= 0:
        left[behind] = op


@compiled
def _keep(plan: Plan, best: Plan) -> None:
    best[0][:] = plan[0]
    best[1][:] = plan[1]
    best[2][:] = plan[2]
    best[3][:] = plan[3]


@compiled
def _try(
    op: int, machine: int, lasts: int, limit: float, chains: Chains, plan: Plan, times: Times, state: np.ndarray
) -> int:
    """Draw a place on a machine and go there if the plan stays under the limit; return its makespan, -1 if it stays."""
    if _end(chains[0][op], times) + lasts + _rest(chains[1][op], times) > limit:
        return CYCLE
    if machine == plan[0][op]:
        good, before, behind = _slide(op, limit, chains, plan, times, state)
    else:
        good, before, behind = _other(op, machine, lasts, limit, chains, plan, times, state)
    if not good:
        return CYCLE
    home, left, right, lasted = plan[0][op], plan[1][op], plan[2][op], times[0][op]
    _link(op, machine, before, behind, plan)
    times[0][op] = lasts
    top = heads(chains, plan, times)
    if top >= 0 and top <= limit:
        return top
    _link(op, home, left, right, plan)
    times[0][op] = lasted
    heads(chains, plan, times)
    return CYCLE


@compiled
def anneal_graph(
    durations: np.ndarray,
    choices: np.ndarray,
    count: np.ndarray,
    chains: Chains,
    plan: Plan,
    best: Plan,
    state: np.ndarray,
    steps: int,
    temperature: float,
) -> int:
    """Anneal a plan for some steps at one temperature, in place; return the least makespan met, kept in best.

    durations: (O, M). choices: (O, M), the eligible machines first. count: (O,), how many are.
    """
    size = durations.shape[0]
    times = (
        np.zeros(size, np.int64),
        np.zeros(size, np.int64),
        np.zeros(size, np.int64),
        np.zeros(size, np.int64),
        np.zeros(size, np.int64),
    )
    path = np.empty(size, np.int64)
    for op in range(size):
        times[0][op] = durations[op, best[0][op]]
    least = heads(chains, best, times)
    for op in range(size):
        times[0][op] = durations[op, plan[0][op]]
    top = heads(chains, plan, times)
    _tails(chains, plan, times)
    length = _walk(top, chains, plan, times, path, state)
    for _ in range(steps):
        op = path[draw(state, length)]
        machine = choices[op, draw(state, count[op])]
        value = _try(op, machine, durations[op, machine], top + slack(state, temperature), chains, plan, times, state)
        if value >= 0:
            top = value
            _tails(chains, plan, times)
            length = _walk(top, chains, plan, times, path, state)
            if top < least:
                least = top
                _keep(plan, best)
    return least


@compiled
def _next(
    durations: np.ndarray,
    first: np.ndarray,
    step: np.ndarray,
    ready: np.ndarray,
    free: np.ndarray,
    left: np.ndarray,
    state: np.ndarray,
    noise: float,
) -> tuple[int, int]:
    """Return (job, machine) of the operation to dispatch next."""
    best, chosen, at = float(FAR), 0, 0
    for job in range(step.size):
        if step[job] == first[job + 1]:
            continue
        for machine in range(free.size):
            lasts = durations[step[job], machine]
            if lasts > 0:
                value = max(free[machine], ready[job]) + lasts - 0.5 * left[job] + noise * draw(state, 1000) / 1000
                if value < best:
                    best, chosen, at = value, job, machine
    return chosen, at


@compiled
def build(durations: np.ndarray, first: np.ndarray, state: np.ndarray, noise: float) -> tuple[np.ndarray, np.ndarray]:
    """Return (machine (O,), start (O,)) of a dispatch: earliest end, less half of the job's least work left.

    noise: largest random addition to that figure; 0 for none.
    """
    size, machines = durations.shape
    jobs = first.size - 1
    least = np.full(size, FAR)
    left = np.zeros(jobs, np.int64)
    for job in range(jobs):
        for op in range(first[job], first[job + 1]):
            for machine in range(machines):
                if durations[op, machine] > 0:
                    least[op] = min(least[op], durations[op, machine])
            left[job] += least[op]
    ready, free, step = np.zeros(jobs, np.int64), np.zeros(machines, np.int64), first[:-1].copy()
    on, start = np.zeros(size, np.int64), np.zeros(size, np.int64)
    for _ in range(size):
        job, machine = _next(durations, first, step, ready, free, left, state, noise)
        op = step[job]
        on[op], start[op] = machine, max(free[machine], ready[job])
        ready[job] = free[machine] = start[op] + durations[op, machine]
        left[job] -= least[op]
        step[job] += 1
    return on, start
