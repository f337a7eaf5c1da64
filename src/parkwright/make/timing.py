"""The final timing: operations wait for cheap hours where nothing gets dearer by it; the power cap, priced and kept.

The order of the rows stays. From the end of each row to its start, an operation may wait so that it starts or ends at
a price step, or ends where the next one begins; a wait is kept when the exact cost of the whole plan falls.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numba import njit

from parkwright.make.clock import cut_at
from parkwright.make.edits import COUNT, KIND, OTHER_HOLD, PLACE_A, ROW_A, WAIT, apply, take_back
from parkwright.make.floor import (
    BEGIN,
    CAP,
    DRAWN,
    EXCESS,
    HOLD,
    LEAVE,
    LINE,
    N_CUTS,
    N_LINES,
    N_OPS,
    N_POWER,
    N_WIDTH,
    NEVER,
    NEXT_AT,
    NEXT_END,
    OP,
    OTHER,
    PLACE,
    POWER_AT,
    POWER_STEP,
    ROW,
    ROW_WIDTH,
    SEAT,
    SIZE,
    START,
    TABLE,
    W_CUT,
    W_LINE,
    W_LINK,
    W_OP,
    W_ORDER,
    W_ROW,
    X_SHARED,
    Floor,
    Problem,
)  # fmt: skip
from parkwright.make.moves import relieving_hold
from parkwright.make.settle import resettle, restore, settle

STEPS_AHEAD = 24
"""Price steps within which a wait is tried."""
PASSES = 3
"""Times the rows are gone through at most."""
CAP_TOLERANCE_KW = 1e-6
"""Rounding of a sum of powers."""
SHORT_WAITS = 20
"""Waits just long enough that are tried for an interval; what still lies above the cap then waits beyond it. A wait may
be of no use: an operation that begins and ends within the interval draws as much a minute later."""
ABOVE_CAP = 10.0
"""What lies above the power cap costs at least this many times what a plan saves by it at once: the dearest energy, or
the lateness of a mean operation for as long as it draws it. Work that leaves an interval delays all that waits for it;
found on a generated plant of 1,000 operations, whose search ends without any excess."""


def _try_wait(w: np.ndarray, x: np.ndarray, row: int, place: int, hold: int, edit: np.ndarray) -> float:
    """Hold an operation until an instant if that makes the plan cheaper, let it go (0) if no dearer; return the change.

    So no operation waits for nothing: a line that stands idle keeps its building at work.
    """
    edit[KIND], edit[ROW_A], edit[PLACE_A], edit[COUNT], edit[OTHER_HOLD] = WAIT, row, place, 1, hold
    apply(w, edit)
    most = 1e-9 if hold == 0 else -1e-9
    change = settle(w, x, 1e-9)
    if change < most:
        return float(change)
    take_back(w, edit)
    restore(w, x)
    return 0.0


try_wait: Callable[..., float] = njit(cache=True, nogil=True, error_model="numpy")(_try_wait)


def _room(w: np.ndarray, row: int, place: int) -> int:
    """Return until when an operation may end without moving another [ms], NEVER where nothing follows."""
    i = w[w[W_ORDER] + row * w[N_WIDTH] + place]
    op, until = w[W_OP] + i * OP, NEVER
    for link in range(w[op + NEXT_AT], w[op + NEXT_END]):
        other = w[W_OP] + w[w[W_LINK] + link] * OP
        if w[other + START] >= 0:
            until = min(until, w[other + START])
    for behind in range(place + 1, w[w[W_ROW] + row * ROW_WIDTH + SIZE]):
        other = w[W_OP] + w[w[W_ORDER] + row * w[N_WIDTH] + behind] * OP
        if w[other + START] >= 0 and w[other + SEAT] < w[N_LINES]:
            return int(min(until, w[other + BEGIN]))
    return int(until)


room: Callable[..., int] = njit(cache=True, nogil=True, error_model="numpy")(_room)


def _wait_row(w: np.ndarray, x: np.ndarray, row: int, edit: np.ndarray) -> float:
    """Let the operations of a row wait where that is cheaper, the last first; return the change [CNY]."""
    at, change = w[W_ROW] + row * ROW_WIDTH, 0.0
    table = w[w[W_LINE] + 3 * w[at + LINE] + TABLE]
    for place in range(w[at + SIZE] - 1, -1, -1):
        op = w[W_OP] + w[w[W_ORDER] + row * w[N_WIDTH] + place] * OP
        if w[op + START] < 0:
            continue
        if w[op + HOLD] > 0:
            change += try_wait(w, x, row, place, 0, edit)
        free = room(w, row, place)
        inside = w[op + LEAVE] - w[op + START]
        if free < NEVER and free > w[op + LEAVE]:
            change += try_wait(w, x, row, place, free - inside, edit)
        first = cut_at(w, table, w[op + START]) + 1
        for k in range(first, min(first + STEPS_AHEAD, w[N_CUTS])):
            step = w[w[W_CUT] + 2 * (table * w[N_CUTS] + k)]
            if step - inside > free:
                break
            for hold in (step - inside, step):
                if hold > w[op + START]:
                    change += try_wait(w, x, row, place, hold, edit)
    return change


wait_row: Callable[..., float] = njit(cache=True, nogil=True, error_model="numpy")(_wait_row)


def wait(floor: Floor, enough: Callable[[], bool] = lambda: False) -> float:
    """Go through the rows, the last level first, until no wait helps; return the change of cost [CNY].

    enough: asked before each row, ends the pass; on a large plan it takes seconds.
    """
    edit, total = np.zeros(7, dtype=np.int64), 0.0
    for _ in range(PASSES):
        change = 0.0
        for row in range(len(floor.row) - 1, -1, -1):
            if enough():
                return total + change
            change += wait_row(floor.ints, floor.reals, row, edit)
        total += change
        if change > -1e-6:
            break
    return total


def price_cap(floor: Floor, problem: Problem) -> None:
    """Price what lies above the power cap of a floor for the search, so that little is left for `keep_cap`.

    problem: whose floor it is; a higher price of its own stays, and a floor without a cap stays as it is.
    """
    if not np.isfinite(floor.power[:, CAP]).any():
        return
    ops, steps = problem.operations, problem.steps
    kwh = steps.cny_per_kwh + problem.rates.carbon_cny_per_kg * steps.kg_per_kwh
    saved = float(kwh.max(initial=0.0))
    late, kw = ops.late_cny_per_h[ops.late_cny_per_h > 0], ops.kw[(ops.work >= 0) & (ops.kw > 0)]
    if late.size and kw.size:
        saved = max(saved, float(late.mean()) / float(kw.mean()))
    floor.rate[EXCESS] = max(float(floor.rate[EXCESS]), ABOVE_CAP * saved)
    resettle(floor.ints, floor.reals)


def keep_cap(floor: Floor) -> bool:
    """Hold operations back until no interval draws more than the cap; return whether the lines' power allows it.

    Each time the earliest interval above the cap gives up the operation whose wait, just long enough, costs least.
    What waits beyond its hours is left out. False when others draw more than the cap on their own.
    """
    keep(floor.ints, floor.reals)
    over = floor.power[:, OTHER] + floor.power[:, DRAWN] - floor.power[:, CAP]
    return bool((over <= CAP_TOLERANCE_KW).all())


def _keep(w: np.ndarray, x: np.ndarray) -> None:
    """Hold back, the earliest interval above the cap first, what keeps the power of each within it."""
    edit = np.zeros(7, dtype=np.int64)
    last, tries = -1, 0
    t = first_above(w, x)
    while t >= 0:
        tries = tries + 1 if t == last else 0
        i, hold = least_wait(w, x, t, tries >= SHORT_WAITS, edit)
        hold_until(w, x, i, hold, edit)
        last, t = t, first_above(w, x)


def _first_above(w: np.ndarray, x: np.ndarray) -> int:
    """Return the first interval in which the lines draw more than the cap leaves them; -1 for none."""
    for t in range(w[N_POWER]):
        at = w[X_SHARED] + 4 * t
        if x[at + DRAWN] > CAP_TOLERANCE_KW and x[at + OTHER] + x[at + DRAWN] > x[at + CAP] + CAP_TOLERANCE_KW:
            return t
    return -1


def _least_wait(w: np.ndarray, x: np.ndarray, t: int, beyond: bool, edit: np.ndarray) -> tuple[int, int]:
    """Return which operation at work in an interval relieves it at the least cost, and until when it waits [ms].

    beyond: whether it waits until the interval has passed, not just long enough.
    """
    since = w[POWER_AT] + t * w[POWER_STEP]
    until = since + w[POWER_STEP]
    best, found, least = -1, 0, np.inf
    for i in range(w[N_OPS]):
        op = w[W_OP] + i * OP
        if w[op + START] < 0 or w[op + SEAT] >= w[N_LINES] or w[op + BEGIN] >= until or w[op + LEAVE] <= since:
            continue
        hold = until + w[op + START] - w[op + BEGIN]
        if not beyond:
            hold = relieving_hold(w, x, 0, t, i)
        change = hold_until(w, x, i, hold, edit)
        take_back(w, edit)
        restore(w, x)
        if best < 0 or change < least:
            best, found, least = i, hold, change
    return best, found


def _hold_until(w: np.ndarray, x: np.ndarray, i: int, hold: int, edit: np.ndarray) -> float:
    """Hold an operation until an instant; return by how much the cost changes [CNY]. The edit takes it back."""
    op = w[W_OP] + i * OP
    edit[KIND], edit[ROW_A], edit[PLACE_A], edit[OTHER_HOLD] = WAIT, w[op + ROW], w[op + PLACE], hold
    apply(w, edit)
    return float(settle(w, x, np.inf))


first_above: Callable[..., int] = njit(cache=True, nogil=True, error_model="numpy")(_first_above)
hold_until: Callable[..., float] = njit(cache=True, nogil=True, error_model="numpy")(_hold_until)
least_wait: Callable[..., tuple[int, int]] = njit(cache=True, nogil=True, error_model="numpy")(_least_wait)
keep: Callable[..., None] = njit(cache=True, nogil=True, error_model="numpy")(_keep)


def wait_change(floor: Floor, i: int, until: int, stays: bool) -> float:
    """Return by how much it changes the cost to hold an operation beyond an instant [CNY]; do so where it `stays`."""
    edit = np.zeros(7, dtype=np.int64)
    change = hold_until(floor.ints, floor.reals, i, until + int(floor.op[i, START] - floor.op[i, BEGIN]), edit)
    if not stays:
        take_back(floor.ints, edit)
        restore(floor.ints, floor.reals)
    return change
