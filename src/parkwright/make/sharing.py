"""What the lines share, by interval: the site's power and the people at work, what they cost and what is above a cap.

w and x are Floor.ints and Floor.reals; the site's power comes first, then each crew.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numba import njit

from parkwright.make.clock import worked
from parkwright.make.floor import (
    BEGIN,
    CAP,
    DEMAND,
    DRAWN,
    DRAWN_FROM,
    DRAWN_UNTIL,
    EXCESS,
    GRID_BEFORE,
    GRID_NOW,
    KEPT,
    LEAVE,
    LOG,
    LOGGED,
    N_LINES,
    N_OPS,
    N_POWER,
    N_SHARED,
    NEVER,
    OP,
    OTHER,
    POWER_AT,
    POWER_STEP,
    SEAT,
    START,
    TABLE,
    W_LINE,
    W_LOG,
    W_OP,
    X_DRAW,
    X_RATE,
    X_SETUP_DRAW,
    X_SHARED,
)  # fmt: skip
from parkwright.make.hours import HOUR_MS


def _draw(w: np.ndarray, x: np.ndarray, thing: int, table: int, start: int, end: int, drawn: float) -> None:
    """Add what is drawn of a shared thing over the working time of [start, end) to its intervals."""
    first, step = w[POWER_AT], w[POWER_STEP]
    t = max(0, (start - first) // step)
    before = worked(w, table, max(start, first))
    while t < w[N_POWER] and first + t * step < end:
        after = worked(w, table, min(end, first + (t + 1) * step))
        x[w[X_SHARED] + 4 * (thing * w[N_POWER] + t) + DRAWN] += drawn * (after - before) / step
        before = after
        t += 1


draw: Callable[..., None] = njit(cache=True, nogil=True, error_model="numpy")(_draw)


def _draw_op(w: np.ndarray, x: np.ndarray, i: int, line: int, begin: int, start: int, leave: int, sign: float) -> None:
    """Add (or take away) what an operation draws; nothing where it shares the run of another."""
    if start < 0 or line >= w[N_LINES]:
        return
    table = w[w[W_LINE] + 3 * line + TABLE]
    for thing in range(w[N_SHARED]):
        run = x[w[X_DRAW] + (thing * w[N_OPS] + i) * w[N_LINES] + line]
        setup = x[w[X_SETUP_DRAW] + thing * w[N_LINES] + line]
        if begin < start and setup != 0.0:
            draw(w, x, thing, table, begin, start, sign * setup)
        if run != 0.0:
            draw(w, x, thing, table, start, leave, sign * run)


draw_op: Callable[..., None] = njit(cache=True, nogil=True, error_model="numpy")(_draw_op)


def _excess(w: np.ndarray, x: np.ndarray, first: int, until: int) -> float:
    """Return what lies above the caps in the intervals [first, until) costs [CNY]."""
    total = 0.0
    for thing in range(w[N_SHARED]):
        over = 0.0
        for t in range(first, until):
            at = w[X_SHARED] + 4 * (thing * w[N_POWER] + t)
            over += max(0.0, x[at + OTHER] + x[at + DRAWN] - x[at + CAP])
        total += x[w[X_RATE] + EXCESS + thing] * over
    return float(total * w[POWER_STEP] / HOUR_MS)


excess: Callable[..., float] = njit(cache=True, nogil=True, error_model="numpy")(_excess)


def _peak(w: np.ndarray, x: np.ndarray) -> float:
    """Return what the highest power of the site costs [CNY]."""
    peak = 0.0
    if x[w[X_RATE] + DEMAND] > 0:
        for t in range(w[N_POWER]):
            at = w[X_SHARED] + 4 * t
            peak = max(peak, x[at + OTHER] + x[at + DRAWN])
    return float(x[w[X_RATE] + DEMAND] * peak)


peak: Callable[..., float] = njit(cache=True, nogil=True, error_model="numpy")(_peak)


def _grid_cost(w: np.ndarray, x: np.ndarray) -> float:
    """Return what peak power and excess cost [CNY]."""
    return float(peak(w, x) + excess(w, x, 0, w[N_POWER]))


grid_cost: Callable[..., float] = njit(cache=True, nogil=True, error_model="numpy")(_grid_cost)


def _stays(w: np.ndarray, log: int) -> bool:
    """Tell whether an operation of the log draws what it drew before."""
    op = w[W_OP] + w[log] * OP
    same = w[log + 5] == w[op + SEAT] and w[log + 2] == w[op + START]
    return bool(same and w[log + 1] == w[op + BEGIN] and w[log + 3] == w[op + LEAVE])


stays: Callable[..., bool] = njit(cache=True, nogil=True, error_model="numpy")(_stays)


def _span_of_log(w: np.ndarray) -> tuple[int, int]:
    """Return the intervals [first, until) within which the log changes what is drawn; (0, 0) for none."""
    low, high = NEVER, -1
    for n in range(w[LOGGED]):
        log = w[W_LOG] + n * LOG
        if stays(w, log):
            continue
        op = w[W_OP] + w[log] * OP
        if w[log + 2] >= 0:
            low, high = min(low, w[log + 1]), max(high, w[log + 3])
        if w[op + START] >= 0:
            low, high = min(low, w[op + BEGIN]), max(high, w[op + LEAVE])
    if high < 0:
        return 0, 0
    first = min(w[N_POWER], max(0, (low - w[POWER_AT]) // w[POWER_STEP]))
    return int(first), int(max(first, min(w[N_POWER], (high - w[POWER_AT]) // w[POWER_STEP] + 1)))


span_of_log: Callable[..., tuple[int, int]] = njit(cache=True, nogil=True, error_model="numpy")(_span_of_log)


def _redraw(w: np.ndarray, x: np.ndarray) -> None:
    """Bring what is shared, and what it costs, up to date with the log; only the intervals that it touches change."""
    first, until = span_of_log(w)
    w[DRAWN_FROM], w[DRAWN_UNTIL] = first, until
    rate = w[X_RATE]
    x[rate + GRID_BEFORE] = x[rate + GRID_NOW]
    if first == until:
        return
    for thing in range(w[N_SHARED]):
        for t in range(first, until):
            at = w[X_SHARED] + 4 * (thing * w[N_POWER] + t)
            x[at + KEPT] = x[at + DRAWN]
    change = -peak(w, x) - excess(w, x, first, until)
    for n in range(w[LOGGED]):
        log = w[W_LOG] + n * LOG
        op = w[W_OP] + w[log] * OP
        if not stays(w, log):
            draw_op(w, x, w[log], w[log + 5], w[log + 1], w[log + 2], w[log + 3], -1.0)
            draw_op(w, x, w[log], w[op + SEAT], w[op + BEGIN], w[op + START], w[op + LEAVE], 1.0)
    x[rate + GRID_NOW] += change + peak(w, x) + excess(w, x, first, until)


redraw: Callable[..., None] = njit(cache=True, nogil=True, error_model="numpy")(_redraw)


def _undraw(w: np.ndarray, x: np.ndarray) -> None:
    """Put back what was drawn before the last edit, and what it cost."""
    for thing in range(w[N_SHARED]):
        for t in range(w[DRAWN_FROM], w[DRAWN_UNTIL]):
            at = w[X_SHARED] + 4 * (thing * w[N_POWER] + t)
            x[at + DRAWN] = x[at + KEPT]
    w[DRAWN_FROM], w[DRAWN_UNTIL] = 0, 0
    x[w[X_RATE] + GRID_NOW] = x[w[X_RATE] + GRID_BEFORE]


undraw: Callable[..., None] = njit(cache=True, nogil=True, error_model="numpy")(_undraw)
