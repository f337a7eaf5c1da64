"""Why an operation has no place in a plan, in words that say what to change."""

from __future__ import annotations

import numpy as np

from parkwright.make.floor import LINK_AT, LINK_END, START, WRONG_LOT, Floor, Problem


def reason(problem: Problem, floor: Floor, op: int) -> str:
    """Return why an operation of a floor has no place."""
    able = np.flatnonzero(problem.operations.work[op] >= 0)
    before = floor.link[floor.op[op, LINK_AT] : floor.op[op, LINK_END]]
    waits_for = [int(other) for other in before if floor.op[other, START] < 0]
    if able.size == 0:
        if problem.lots is not None and (problem.operations.work[op] <= WRONG_LOT).any():
            return f"no line that can do it takes a lot of {problem.lots.units[op]}"
        if any((crew.need[op] > crew.there.max(initial=0.0)).any() for crew in problem.crews):
            return "no line can do it with the people who are ever there"
        return "no line can do it"
    if waits_for:
        return f"it waits for {problem.name(waits_for[0])}, which has no place"
    if (problem.lines.free[able] < 0).all():
        return "every line that can do it is out of use"
    return _no_hours(problem, op, able[problem.lines.free[able] >= 0])


def _no_hours(problem: Problem, op: int, able: np.ndarray) -> str:
    """Return why the hours of the lines that can do an operation do not suffice."""
    ops = problem.operations
    windows = [(line, problem.windows[int(problem.lines.table[line])]) for line in able]
    windows = [(line, one) for line, one in windows if one.closed.size]
    if not windows:
        return "no line that can do it has working time"
    if ops.ready[op] >= max(int(one.closed[-1]) for _, one in windows):
        return "it is ready only after the last working hour of every line that can do it"
    room = [int((one.closed - one.opened).max()) - int(ops.work[op, line]) for line, one in windows]
    if ops.whole is not None and ops.whole[op] and max(room) < 0:
        return "it may not pause, and no shift of a line that can do it is long enough"
    shared = ["the power cap"] if problem.power is not None and np.isfinite(problem.power.cap_kw).any() else []
    shared += ["the crews"] if problem.crews else []
    within = f", within {' and '.join(shared)}" if shared else ""
    return f"no working time left on a line that can do it{within}"
