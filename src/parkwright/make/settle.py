"""When everything happens and what it costs, exactly: from scratch, or from what an edit of the rows has touched.

An edit marks rows; `settle` walks from the marks on until nothing changes any more, and notes what was there before,
so that `restore` puts it back. w and x are Floor.ints and Floor.reals.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numba import njit

from parkwright.make.clock import cut_at, in_one_go, worked
from parkwright.make.floor import (
    AFTER,
    BEFORE,
    BEGIN,
    CHANGE,
    COST,
    DRAWN,
    DRAWN_FROM,
    DRAWN_UNTIL,
    DROP,
    DUE,
    DUE_AFTER,
    END,
    FAMILY,
    FREE,
    FROM,
    GRID_BEFORE,
    GRID_NOW,
    HOLD,
    LAST_FAMILY,
    LATE,
    LATE_AFTER,
    LEAVE,
    LINE,
    LINK_AT,
    LINK_END,
    LOG,
    LOGGED,
    MOVED,
    MUST,
    N_CUTS,
    N_FAMILIES,
    N_LINES,
    N_OPS,
    N_POWER,
    N_ROWS,
    N_SHARED,
    N_WIDTH,
    NEVER,
    NEXT_AT,
    NEXT_END,
    OP,
    PENDING,
    PLACE,
    READY,
    RECIPE,
    ROOM,
    ROW,
    ROW_WIDTH,
    SEAT,
    SETUP,
    SHIFTED,
    SIZE,
    START,
    TABLE,
    TAIL,
    TOUCHED,
    UNITS,
    W_CAN,
    W_CUT,
    W_LINE,
    W_LINK,
    W_LOG,
    W_OP,
    W_ORDER,
    W_ROW,
    W_SCALE,
    W_SETUP,
    WAS_LINE,
    WAS_START,
    WHOLE,
    WORTH,
    X_DRAW,
    X_LOG,
    X_RATE,
    X_SETUP_DRAW,
    X_SHARED,
    X_SUMS,
    X_WORTH,
)  # fmt: skip
from parkwright.make.hours import ENERGY, EXTRA, PREMIUM, SCALE
from parkwright.make.sharing import grid_cost, redraw, undraw


def _earliest(w: np.ndarray, i: int) -> int:
    """Return when an operation could start but for its line [ms]."""
    op = w[W_OP] + i * OP
    at = max(w[op + READY], w[op + HOLD])
    for link in range(w[op + LINK_AT], w[op + LINK_END]):
        at = max(at, w[w[W_OP] + w[w[W_LINK] + link] * OP + END])
    return int(at)


earliest: Callable[..., int] = njit(cache=True, nogil=True, error_model="numpy")(_earliest)


def _fit(w: np.ndarray, i: int, line: int, at: int, free: int, family: int) -> tuple[int, int, int, int, int, int]:
    """Return (changeover, start, line free again) [ms] of an operation that can start at `at`, and the cuts of the
    table in which they lie; -1s if it cannot. One look-up finds the first cut, the others lie behind it.
    """
    if at >= NEVER or free >= NEVER:
        return -1, -1, -1, 0, 0, 0
    op, h = w[W_OP] + i * OP, w[w[W_LINE] + 3 * line + TABLE]
    families = w[N_FAMILIES]
    setup = w[w[W_SETUP] + (line * (families + 1) + family) * families + w[op + FAMILY]]
    cut, last = w[W_CUT] + 2 * h * w[N_CUTS], w[w[W_SCALE] + SCALE * h + 2] - 1
    begin = max(free, at - setup)
    k = open_from(w, cut, last, cut_at(w, h, begin), begin)
    if k >= last:
        return -1, -1, -1, 0, 0, 0
    begin = max(begin, w[cut + 2 * k])
    at_begin, start = k, begin
    if setup > 0:
        k, start = done_from(w, cut, last, k, begin, setup)
        k = open_from(w, cut, last, k, start)
        if k >= last:
            return -1, -1, -1, 0, 0, 0
        start = max(start, w[cut + 2 * k])
    work = w[w[W_CAN] + 2 * (i * w[N_LINES] + line)]
    if w[op + WHOLE]:
        start = in_one_go(w, h, start, work)
        if start < 0:
            return -1, -1, -1, 0, 0, 0
        k = cut_at(w, h, start)
    at_start, leave = k, start
    if work > 0:
        k, leave = done_from(w, cut, last, k, start, work)
        if k >= last:
            return -1, -1, -1, 0, 0, 0
    return begin, start, leave, at_begin, at_start, k


def _shared_run(w: np.ndarray, i: int, row: int, place: int, at: int) -> int:
    """Return an operation ahead of a place of a row whose run an operation that can start at `at` shares; -1 for none.

    It does where the row has room for several at once, the last run is of its recipe, has begun no earlier than it
    is ready, and has room left. Its times are those of the run.
    """
    rows, op = w[W_ROW] + row * ROW_WIDTH, w[W_OP] + i * OP
    if w[rows + ROOM] <= 0 or w[w[W_CAN] + 2 * (i * w[N_LINES] + w[rows + LINE])] <= 0:
        return -1
    units, last = w[op + UNITS], -1
    for k in range(place - 1, -1, -1):
        j = w[w[W_ORDER] + row * w[N_WIDTH] + k]
        other = w[W_OP] + j * OP
        if w[other + START] < 0:
            continue
        if last < 0 and (w[other + RECIPE] != w[op + RECIPE] or w[other + START] < at):
            return -1
        last = j
        units += w[other + UNITS]
        if units > w[rows + ROOM]:
            return -1
        if w[other + SEAT] < w[N_LINES]:
            break
    return int(last)


shared_run: Callable[..., int] = njit(cache=True, nogil=True, error_model="numpy")(_shared_run)


def _open_from(w: np.ndarray, cut: int, last: int, k: int, at: int) -> int:
    """Return the first cut from k on in which work is possible after an instant; `last` where there is none."""
    while k < last and (w[cut + 2 * k + 3] == w[cut + 2 * k + 1] or w[cut + 2 * k + 2] <= at):
        k += 1
    return k


def _done_from(w: np.ndarray, cut: int, last: int, k: int, at: int, work: int) -> tuple[int, int]:
    """Return (cut, instant [ms]) at which `work` ms from an instant in cut k on are done; (last, -1) if never."""
    goal = w[cut + 2 * k + 1] + at - w[cut + 2 * k] + work
    while k < last and w[cut + 2 * k + 3] < goal:
        k += 1
    if k >= last:
        return last, -1
    return k, int(w[cut + 2 * k] + goal - w[cut + 2 * k + 1])


open_from: Callable[..., int] = njit(cache=True, nogil=True, error_model="numpy")(_open_from)
done_from: Callable[..., tuple[int, int]] = njit(cache=True, nogil=True, error_model="numpy")(_done_from)
fit: Callable[..., tuple[int, int, int, int, int, int]] = njit(cache=True, nogil=True, error_model="numpy")(_fit)


def _sum_in(w: np.ndarray, x: np.ndarray, h: int, k: int, at: int, which: int) -> float:
    """Return the running sum of ENERGY or EXTRA before an instant in cut k of a table."""
    cut, sums = w[W_CUT] + 2 * (h * w[N_CUTS] + k), w[X_SUMS] + 2 * (h * w[N_CUTS] + k) + which
    return float(x[sums] + (at - w[cut]) / (w[cut + 2] - w[cut]) * (x[sums + 2] - x[sums]))


sum_in: Callable[..., float] = njit(cache=True, nogil=True, error_model="numpy")(_sum_in)


def _run_price(w: np.ndarray, x: np.ndarray, i: int, line: int, times: tuple[int, int, int, int, int, int]) -> float:
    """Return what energy, changeover and premium of an operation cost there and then [CNY]; times: as of `fit`."""
    begin, start, leave, at_begin, at_start, at_leave = times
    table, rate, cost = w[w[W_LINE] + 3 * line + TABLE], w[X_RATE], 0.0
    kw, setup_kw = x[w[X_DRAW] + i * w[N_LINES] + line], x[w[X_SETUP_DRAW] + line]
    if kw != 0.0 or setup_kw != 0.0:
        energy = sum_in(w, x, table, at_start, start, ENERGY)
        cost += kw * (sum_in(w, x, table, at_leave, leave, ENERGY) - energy)
        if begin < start:
            cost += setup_kw * (energy - sum_in(w, x, table, at_begin, begin, ENERGY))
    if begin < start and x[rate + SETUP] > 0:
        cost += x[rate + SETUP] * (worked(w, table, start) - worked(w, table, begin))
    if w[w[W_SCALE] + SCALE * table + PREMIUM]:
        cost += sum_in(w, x, table, at_leave, leave, EXTRA) - sum_in(w, x, table, at_begin, begin, EXTRA)
    return float(cost)


run_price: Callable[..., float] = njit(cache=True, nogil=True, error_model="numpy")(_run_price)


def _price(
    w: np.ndarray, x: np.ndarray, i: int, line: int, times: tuple[int, int, int, int, int, int], shares: bool
) -> float:
    """Return what an operation costs there and then [CNY], but for what lines share; left out when start is -1.

    times: as `fit` returns them. shares: whether it shares the run of another, which pays for it.
    """
    start, leave = times[1], times[2]
    worth, op, rate = w[X_WORTH] + i * WORTH, w[W_OP] + i * OP, w[X_RATE]
    if start < 0:
        return float(x[worth + DROP])
    cost = 0.0 if shares else run_price(w, x, i, line, times)
    end = leave + w[w[W_CAN] + 2 * (i * w[N_LINES] + line) + TAIL]
    cost += x[worth + LATE] * max(0, end - w[op + DUE])
    if x[worth + LATE_AFTER] > 0:
        cost += x[worth + LATE_AFTER] * max(0, end - w[op + DUE_AFTER])
    if w[op + WAS_LINE] >= 0:
        cost += x[rate + SHIFTED] * abs(start - w[op + WAS_START])
        if w[op + WAS_LINE] != line:
            cost += x[rate + MOVED]
    return float(cost)


price: Callable[..., float] = njit(cache=True, nogil=True, error_model="numpy")(_price)


def _mark(w: np.ndarray, row: int, first: int, until: int) -> None:
    """Mark the places [first, until) of a row as changed; the place after them is looked at too."""
    at = w[W_ROW] + row * ROW_WIDTH
    if w[at + FROM] < 0 or first < w[at + FROM]:
        w[at + FROM] = first
    w[at + MUST] = max(w[at + MUST], until + 1)


mark: Callable[..., None] = njit(cache=True, nogil=True, error_model="numpy")(_mark)


def _entry(w: np.ndarray, row: int, place: int) -> tuple[int, int]:
    """Return (free from [ms], family) of a line before a place of a row."""
    while True:
        while place > 0:
            op = w[W_OP] + w[w[W_ORDER] + row * w[N_WIDTH] + place - 1] * OP
            if w[op + START] >= 0:
                return int(w[op + LEAVE]), int(w[op + FAMILY])
            place -= 1
        before = w[w[W_ROW] + row * ROW_WIDTH + BEFORE]
        if before < 0:
            break
        row = before
        place = w[w[W_ROW] + row * ROW_WIDTH + SIZE]
    line = w[W_LINE] + 3 * w[w[W_ROW] + row * ROW_WIDTH + LINE]
    return int(w[line + FREE]), int(w[line + LAST_FAMILY])


entry: Callable[..., tuple[int, int]] = njit(cache=True, nogil=True, error_model="numpy")(_entry)


def _touch(w: np.ndarray, i: int) -> None:
    """Mark what waits for an operation whose end has changed."""
    op = w[W_OP] + i * OP
    for link in range(w[op + NEXT_AT], w[op + NEXT_END]):
        other = w[W_OP] + w[w[W_LINK] + link] * OP
        if w[other + ROW] >= 0 and not w[other + TOUCHED]:
            w[other + TOUCHED] = 1
            row = w[W_ROW] + w[other + ROW] * ROW_WIDTH
            w[row + PENDING] += 1
            if w[row + FROM] < 0 or w[other + PLACE] < w[row + FROM]:
                w[row + FROM] = w[other + PLACE]


touch: Callable[..., None] = njit(cache=True, nogil=True, error_model="numpy")(_touch)


def _visit(w: np.ndarray, x: np.ndarray, row: int, place: int, free: int, family: int) -> bool:
    """Note, time and price the operation at a place anew; return whether the line is left as before.

    Where several share a run, that is told only of the first of one: how much room is left is not noted.
    """
    i, line = w[w[W_ORDER] + row * w[N_WIDTH] + place], w[w[W_ROW] + row * ROW_WIDTH + LINE]
    at, seat = earliest(w, i), line
    first = shared_run(w, i, row, place, at)
    if first < 0:
        times = fit(w, i, line, at, free, family)
    else:
        run, seat = w[W_OP] + first * OP, line + w[N_LINES]
        times = (w[run + BEGIN], w[run + START], w[run + LEAVE], 0, 0, 0)
    begin, start, leave = times[0], times[1], times[2]
    op, cost, log = w[W_OP] + i * OP, w[X_WORTH] + i * WORTH + COST, w[W_LOG] + w[LOGGED] * LOG
    w[log] = i
    for column in range(4):
        w[log + 1 + column] = w[op + BEGIN + column]
    w[log + 5] = w[op + SEAT]
    x[w[X_LOG] + w[LOGGED]] = x[cost]
    w[LOGGED] += 1
    old_leave, old_end = w[op + LEAVE], w[op + END]
    w[op + BEGIN], w[op + START], w[op + LEAVE] = begin, start, leave
    w[op + END] = leave + w[w[W_CAN] + 2 * (i * w[N_LINES] + line) + TAIL] if leave >= 0 else NEVER
    if seat != w[op + SEAT] or begin != w[log + 1] or start != w[log + 2] or leave != old_leave:
        w[op + SEAT] = seat
        x[cost] = price(w, x, i, line, times, seat != line)
        x[w[X_RATE] + CHANGE] += x[cost] - x[w[X_LOG] + w[LOGGED] - 1]
    if w[op + END] != old_end:
        touch(w, i)
    if w[w[W_ROW] + row * ROW_WIDTH + ROOM] > 0:
        same = begin == w[log + 1] and start == w[log + 2] and leave == old_leave
        return bool(same and seat == line and w[log + 5] == line)
    return bool(leave == old_leave)


visit: Callable[..., bool] = njit(cache=True, nogil=True, error_model="numpy")(_visit)


def _walk(w: np.ndarray, x: np.ndarray, row: int, limit: float) -> None:
    """Settle one row from its first mark on; give up when the change so far is beyond the limit [CNY]."""
    at = w[W_ROW] + row * ROW_WIDTH
    k, must, pending = w[at + FROM], w[at + MUST], w[at + PENDING]
    w[at + FROM], w[at + MUST], w[at + PENDING] = -1, 0, 0
    free, family = entry(w, row, k)
    same = k >= must
    while k < w[at + SIZE]:
        i = w[w[W_ORDER] + row * w[N_WIDTH] + k]
        op = w[W_OP] + i * OP
        skip = same and k >= must
        if w[op + TOUCHED]:
            w[op + TOUCHED] = 0
            pending -= 1
            skip = False
        if skip and pending == 0:
            return
        if not skip:
            as_before = visit(w, x, row, k, free, family)
            if x[w[X_RATE] + CHANGE] > limit:
                return
            same = as_before and k >= must - 1 and (w[op + START] >= 0 or (same and k >= must))
        if w[op + START] >= 0:
            free, family = w[op + LEAVE], w[op + FAMILY]
        k += 1
    if (not same or k < must) and w[at + AFTER] >= 0:
        mark(w, w[at + AFTER], 0, 0)


walk: Callable[..., None] = njit(cache=True, nogil=True, error_model="numpy")(_walk)


def _settle(w: np.ndarray, x: np.ndarray, limit: float) -> float:
    """Settle all that is marked; return by how much the cost changes [CNY]. The log holds what was before.

    limit: a change beyond which the rest does not matter; infinity is returned then, and the edit must be taken back.
    """
    change = w[X_RATE] + CHANGE
    w[LOGGED], x[change] = 0, 0.0
    for row in range(w[N_ROWS]):
        if w[w[W_ROW] + row * ROW_WIDTH + FROM] >= 0:
            walk(w, x, row, limit)
            if x[change] > limit:
                forget(w)
                w[DRAWN_FROM], w[DRAWN_UNTIL], x[w[X_RATE] + GRID_BEFORE] = 0, 0, x[w[X_RATE] + GRID_NOW]
                return np.inf
    if w[N_POWER]:
        redraw(w, x)
        return float(x[change] + x[w[X_RATE] + GRID_NOW] - x[w[X_RATE] + GRID_BEFORE])
    return float(x[change])


def _forget(w: np.ndarray) -> None:
    """Wipe all marks."""
    for row in range(w[N_ROWS]):
        at = w[W_ROW] + row * ROW_WIDTH
        w[at + FROM], w[at + MUST], w[at + PENDING] = -1, 0, 0
    for n in range(w[LOGGED]):
        i = w[w[W_LOG] + n * LOG]
        op = w[W_OP] + i * OP
        w[op + TOUCHED] = 0
        for link in range(w[op + NEXT_AT], w[op + NEXT_END]):
            w[w[W_OP] + w[w[W_LINK] + link] * OP + TOUCHED] = 0


forget: Callable[..., None] = njit(cache=True, nogil=True, error_model="numpy")(_forget)


settle: Callable[..., float] = njit(cache=True, nogil=True, error_model="numpy")(_settle)


def _restore(w: np.ndarray, x: np.ndarray) -> None:
    """Put back what the log holds; the rows themselves must already be as before."""
    for n in range(w[LOGGED] - 1, -1, -1):
        log = w[W_LOG] + n * LOG
        op = w[W_OP] + w[log] * OP
        for column in range(4):
            w[op + BEGIN + column] = w[log + 1 + column]
        w[op + SEAT] = w[log + 5]
        x[w[X_WORTH] + w[log] * WORTH + COST] = x[w[X_LOG] + n]
    w[LOGGED] = 0
    undraw(w, x)


restore: Callable[..., None] = njit(cache=True, nogil=True, error_model="numpy")(_restore)


def _resettle(w: np.ndarray, x: np.ndarray) -> float:
    """Settle the plan from scratch; return its cost [CNY]. What is in no row counts as left out."""
    for i in range(w[N_OPS]):
        op, worth = w[W_OP] + i * OP, w[X_WORTH] + i * WORTH
        w[op + BEGIN], w[op + START], w[op + LEAVE], w[op + END], w[op + TOUCHED] = -1, -1, -1, NEVER, 0
        w[op + SEAT] = -1
        x[worth + COST] = x[worth + DROP]
    for row in range(w[N_ROWS]):
        at = w[W_ROW] + row * ROW_WIDTH
        w[at + FROM], w[at + MUST], w[at + PENDING] = 0, w[at + SIZE] + 1, 0
        for k in range(w[at + SIZE]):
            op = w[W_OP] + w[w[W_ORDER] + row * w[N_WIDTH] + k] * OP
            w[op + ROW], w[op + PLACE] = row, k
    for at in range(w[N_SHARED] * w[N_POWER]):
        x[w[X_SHARED] + 4 * at + DRAWN] = 0.0
    settle(w, x, np.inf)
    total = 0.0
    for i in range(w[N_OPS]):
        total += x[w[X_WORTH] + i * WORTH + COST]
    x[w[X_RATE] + GRID_NOW] = grid_cost(w, x)
    x[w[X_RATE] + GRID_BEFORE] = x[w[X_RATE] + GRID_NOW]
    w[LOGGED], w[DRAWN_FROM], w[DRAWN_UNTIL] = 0, 0, 0
    return float(total + x[w[X_RATE] + GRID_NOW])


resettle: Callable[..., float] = njit(cache=True, nogil=True, error_model="numpy")(_resettle)
