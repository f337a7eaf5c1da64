"""A first plan of a floor at once: each line that falls free takes the waiting operation with the highest index.

References
----------
Lee, Bhaskaran and Pinedo (1997), A heuristic to minimize the total weighted tardiness with sequence-dependent setups,
IIE Transactions 29: index w/p * exp(-slack/(k1 p)) * exp(-setup/(k2 s)), here in logarithms.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import product

import numpy as np
from numba import njit

from parkwright.make.floor import (
    BEGIN,
    COST,
    DROP,
    DUE,
    END,
    FAMILY,
    HOLD,
    LATE,
    LEAVE,
    LEVEL,
    LINE,
    N_FAMILIES,
    N_LEVELS,
    N_LINES,
    N_OPS,
    N_POWER,
    N_ROWS,
    N_WIDTH,
    NEVER,
    NEXT_AT,
    NEXT_END,
    OP,
    PLACE,
    ROW,
    ROW_LEVEL,
    ROW_WIDTH,
    SEAT,
    SIZE,
    START,
    TAIL,
    W_CAN,
    W_LINK,
    W_OP,
    W_ORDER,
    W_ROW,
    W_ROW_OF,
    W_SETUP,
    WORK,
    WORTH,
    X_WORTH,
    Floor,
)  # fmt: skip
from parkwright.make.settle import earliest, entry, fit, price, resettle, shared_run

DUE_HORIZONS = (2.0, 3.0, 4.0, 8.0, 15.0, 32.0, 75.0)
"""How far ahead a due date presses, in mean operations; tried in turn (k1 of the rule). A wide
range, because a plan of the rule costs little: on the demonstration park the best differ from day to day."""
SETUP_HORIZONS = (0.5, 0.25, 0.2, 1.0, 2.0, 5.0)
"""How much setup a due date is worth, in mean setups; tried in turn (k2 of the rule)."""
MANY, LIKELY = 10_000, 2
"""Operations from which on only so many horizons of setups, the first, are tried with all of due dates, the others with
the best of these: on a generated plant each of 20,000 and 50,000 operations the best of all pairs is among them."""
DUE_MS, SETUP_MS, LEAD = range(3)
"""Columns of Rule.horizons."""
HORIZONS = LEAD + 1
"""How many they are."""
Snapshot = tuple[np.ndarray, np.ndarray, np.ndarray]


def snapshot(floor: Floor) -> Snapshot:
    """Return the plan of a floor: order (R, width), sizes (R,), the plan's columns of its operations (N, 9)."""
    return floor.order.copy(), floor.row[:, SIZE].copy(), floor.op[:, ROW:].copy()


def put_back(floor: Floor, plan: Snapshot) -> float:
    """Give a floor a plan that `snapshot` took of it; return its cost [CNY]."""
    floor.order[:], floor.row[:, SIZE], floor.op[:, ROW:] = plan
    return float(resettle(floor.ints, floor.reals))


@dataclass(frozen=True, slots=True)
class Rule:
    """What the rule goes by: when each operation presses [ms] (N,), the logarithm of what it is worth for its work
    (N,), and at each level how far due dates and setups count and how much earlier due dates do (levels, 3) [ms].
    """

    pressing: np.ndarray
    worth: np.ndarray
    horizons: np.ndarray


def rules(floor: Floor, dues: tuple[float, ...], setups: tuple[float, ...]) -> list[Rule]:
    """Return the rule with each of its horizons: of due dates in mean operations, of setups in mean setups."""
    able = floor.can[:, :, WORK]
    work_ms = float(able[able >= 0].mean()) if (able >= 0).any() else 1.0
    change = floor.setup[floor.setup > 0]
    setup_ms = float(change.mean()) if change.size else work_ms
    pressing, waiting = press(floor.ints, floor.reals)
    worth, levels = base(floor.ints, waiting)[:, 0].copy(), (int(floor.ints[N_LEVELS]), 1)
    return [
        Rule(pressing, worth, np.tile((due * work_ms, setup * setup_ms, 0.0), levels))
        for due, setup in product(dues, setups)
    ]


def listed(floor: Floor, rule: Rule) -> float:
    """Give a floor the plan of a rule; return its cost [CNY]."""
    fill(floor.ints, floor.reals, rule.pressing, rule.worth, rule.horizons, 0)
    return float(resettle(floor.ints, floor.reals))


def best_rule(floor: Floor) -> Rule:
    """Return the rule with the horizons that plan cheapest; where there are many operations, without trying all pairs.

    The floor is left with some plan of the rule.
    """
    if len(floor.op) < MANY:
        return min(rules(floor, DUE_HORIZONS, SETUP_HORIZONS), key=lambda rule: listed(floor, rule))
    likely = SETUP_HORIZONS[:LIKELY]
    ways = zip(rules(floor, DUE_HORIZONS, likely), product(DUE_HORIZONS, likely), strict=True)
    _, due = min((listed(floor, rule), due) for rule, (due, _) in ways)
    return min(rules(floor, (due,), SETUP_HORIZONS), key=lambda rule: listed(floor, rule))


def list_first(floor: Floor) -> float:
    """Give a floor the plan of the rule with its best horizons; return its cost [CNY]."""
    return listed(floor, best_rule(floor))


def _least_work(w: np.ndarray, i: int) -> int:
    """Return the least time from start to end of an operation on any line [ms]."""
    least = NEVER
    for line in range(w[N_LINES]):
        can = w[W_CAN] + 2 * (i * w[N_LINES] + line)
        if w[can] >= 0:
            least = min(least, w[can] + w[can + TAIL])
    return int(least)


least_work: Callable[..., int] = njit(cache=True, nogil=True, error_model="numpy")(_least_work)


def _press(w: np.ndarray, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return when each operation must end so that nothing after it is late [ms] (N,), and what waits on it (N,)."""
    count = w[N_OPS]
    due, worth = np.full(count, NEVER, dtype=np.int64), np.zeros(count)
    levels = np.array([w[w[W_OP] + i * OP + LEVEL] for i in range(count)])
    for i in np.argsort(-levels, kind="mergesort"):
        op = w[W_OP] + i * OP
        worth[i] = x[w[X_WORTH] + i * WORTH + LATE]
        if worth[i] > 0:
            due[i] = w[op + DUE]
        for at in range(w[op + NEXT_AT], w[op + NEXT_END]):
            j = w[w[W_LINK] + at]
            due[i] = min(due[i], due[j] - least_work(w, j))
            worth[i] += worth[j]
    return due, worth


press: Callable[..., tuple[np.ndarray, np.ndarray]] = njit(cache=True, nogil=True, error_model="numpy")(_press)


def _base(w: np.ndarray, worth: np.ndarray) -> np.ndarray:
    """Return the logarithms of what waits on each operation over its least work, of the one and of the other (N, 3)."""
    found = np.zeros((w[N_OPS], 3))
    for i in range(w[N_OPS]):
        waits, work = max(worth[i], 1e-12), max(least_work(w, i), 1)
        found[i, 0], found[i, 1], found[i, 2] = np.log(waits / work), np.log(waits), np.log(work)
    return found


base: Callable[..., np.ndarray] = njit(cache=True, nogil=True, error_model="numpy")(_base)


def _pick(
    w: np.ndarray,
    waiting: np.ndarray,
    line: int,
    now: int,
    family: int,
    pressing: np.ndarray,
    worth: np.ndarray,
    horizon: np.ndarray,
) -> int:
    """Return the place in `waiting` of the operation with the highest index on a line; -1 when it can do none.

    horizon: of the line's level (HORIZONS,).
    """
    best, highest, lead = -1, -np.inf, int(horizon[LEAD])
    families = w[N_FAMILIES]
    setups = w[W_SETUP] + (line * (families + 1) + family) * families
    for at in range(waiting.size):
        i = waiting[at]
        can = w[W_CAN] + 2 * (i * w[N_LINES] + line)
        if w[can] < 0:
            continue
        spare = max(0, pressing[i] - lead - now - w[can] - w[can + TAIL])
        index = worth[i] - spare / horizon[DUE_MS] - w[setups + w[w[W_OP] + i * OP + FAMILY]] / horizon[SETUP_MS]
        if index > highest:
            best, highest = at, index
    return best


pick: Callable[..., int] = njit(cache=True, nogil=True, error_model="numpy")(_pick)


def _put(
    w: np.ndarray, x: np.ndarray, i: int, own: int, lines: np.ndarray, free: np.ndarray, family: np.ndarray
) -> None:
    """Append an operation to that of the lines where it leaves first, its own where it fits nowhere, and price it."""
    op = w[W_OP] + i * OP
    at = earliest(w, i)
    target, seat, least = own, own, NEVER
    times = (-1, -1, -1, 0, 0, 0)
    for line in lines:
        can = w[W_CAN] + 2 * (i * w[N_LINES] + line)
        if w[can] >= 0:
            row = w[w[W_ROW_OF] + line * w[N_LEVELS] + w[op + LEVEL]]
            first, shares = shared_run(w, i, row, w[w[W_ROW] + row * ROW_WIDTH + SIZE], at), w[N_LINES]
            if first < 0:
                found, shares = fit(w, i, line, at, free[line], family[line]), 0
            else:
                run = w[W_OP] + first * OP
                found = (w[run + BEGIN], w[run + START], w[run + LEAVE], 0, 0, 0)
            if found[1] >= 0 and found[2] + w[can + TAIL] < least:
                target, seat, least, times = line, line + shares, found[2] + w[can + TAIL], found
    row = w[w[W_ROW_OF] + target * w[N_LEVELS] + w[op + LEVEL]]
    size = w[W_ROW] + row * ROW_WIDTH + SIZE
    w[w[W_ORDER] + row * w[N_WIDTH] + w[size]] = i
    w[op + ROW], w[op + PLACE] = row, w[size]
    w[size] += 1
    w[op + BEGIN], w[op + START], w[op + LEAVE], w[op + SEAT] = times[0], times[1], times[2], seat
    if times[1] >= 0:
        w[op + END] = least
        free[target], family[target] = times[2], w[op + FAMILY]
        x[w[X_WORTH] + i * WORTH + COST] = price(w, x, i, target, times, seat >= w[N_LINES])


put: Callable[..., None] = njit(cache=True, nogil=True, error_model="numpy")(_put)


def _fill_level(
    w: np.ndarray,
    x: np.ndarray,
    ops: np.ndarray,
    lines: np.ndarray,
    pressing: np.ndarray,
    worth: np.ndarray,
    horizon: np.ndarray,
    free: np.ndarray,
    family: np.ndarray,
) -> None:
    """Fill the rows of one level with its operations; free, family: (L,) how lines stand, changed in place."""
    ready = np.array([earliest(w, i) for i in ops])
    order = np.argsort(ready, kind="mergesort")
    ops, ready = ops[order], ready[order]
    now = free.copy()
    waiting = np.zeros(ops.size, dtype=np.int64)
    count, arrived = 0, 0
    while lines.size:
        line = lines[0]
        for other in lines:
            if now[other] < now[line]:
                line = other
        if now[line] >= NEVER:
            break
        while arrived < ops.size and ready[arrived] <= now[line]:
            waiting[count] = ops[arrived]
            count += 1
            arrived += 1
        at = pick(w, waiting[:count], line, now[line], family[line], pressing, worth, horizon)
        if at < 0:
            now[line] = ready[arrived] if arrived < ops.size else NEVER
            continue
        put(w, x, waiting[at], line, lines, free, family)
        count -= 1
        waiting[at] = waiting[count]
        for other in lines:
            if now[other] < NEVER:
                now[other] = max(now[other], free[other])
    for at in range(count + ops.size - arrived):
        i = waiting[at] if at < count else ops[arrived + at - count]
        for line in lines:
            if w[w[W_CAN] + 2 * (i * w[N_LINES] + line)] >= 0:
                put(w, x, i, line, lines, free, family)
                break


fill_level: Callable[..., None] = njit(cache=True, nogil=True, error_model="numpy")(_fill_level)


def _empty(w: np.ndarray, x: np.ndarray, level: int) -> None:
    """Take everything of a level and those after it out of the rows."""
    for row in range(w[N_ROWS]):
        if w[w[W_ROW] + row * ROW_WIDTH + ROW_LEVEL] >= level:
            w[w[W_ROW] + row * ROW_WIDTH + SIZE] = 0
    for i in range(w[N_OPS]):
        op = w[W_OP] + i * OP
        if w[op + LEVEL] >= level:
            for column in range(ROW, LEAVE + 1):
                w[op + column] = -1
            w[op + END], w[op + HOLD] = NEVER, 0
            x[w[X_WORTH] + i * WORTH + COST] = x[w[X_WORTH] + i * WORTH + DROP]


empty: Callable[..., None] = njit(cache=True, nogil=True, error_model="numpy")(_empty)


def _fill(
    w: np.ndarray, x: np.ndarray, pressing: np.ndarray, worth: np.ndarray, horizons: np.ndarray, first: int
) -> None:
    """Fill the rows anew, level after level from the first on, and price what is in them.

    pressing, worth, horizons: as of Rule; of horizons only the first columns count.
    """
    empty(w, x, first)
    free, family = np.zeros(w[N_LINES], dtype=np.int64), np.zeros(w[N_LINES], dtype=np.int64)
    levels = np.array([w[w[W_OP] + i * OP + LEVEL] for i in range(w[N_OPS])])
    of_row = np.array([w[w[W_ROW] + row * ROW_WIDTH + ROW_LEVEL] for row in range(w[N_ROWS])])
    for level in range(first, w[N_LEVELS]):
        rows = np.flatnonzero(of_row == level)
        lines = np.array([w[w[W_ROW] + row * ROW_WIDTH + LINE] for row in rows])
        for at in range(rows.size):
            free[lines[at]], family[lines[at]] = entry(w, rows[at], 0)
        fill_level(w, x, np.flatnonzero(levels == level), lines, pressing, worth, horizons[level], free, family)


fill: Callable[..., None] = njit(cache=True, nogil=True, error_model="numpy")(_fill)


def _cost_of(w: np.ndarray, x: np.ndarray) -> float:
    """Return the cost of a plan that has just been filled [CNY]; what the lines share takes a second pass."""
    if w[N_POWER]:
        return float(resettle(w, x))
    total = 0.0
    for i in range(w[N_OPS]):
        total += x[w[X_WORTH] + i * WORTH + COST]
    return total


cost_of: Callable[..., float] = njit(cache=True, nogil=True, error_model="numpy")(_cost_of)
