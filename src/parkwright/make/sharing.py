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


def _grid_cost(w: np.ndarray, x: np.ndarray) -> float:
    """Return what peak power and excess cost [CNY]."""
    total = 0.0
    for thing in range(w[N_SHARED]):
        peak, excess = 0.0, 0.0
        for t in range(w[N_POWER]):
            at = w[X_SHARED] + 4 * (thing * w[N_POWER] + t)
            drawn = x[at + OTHER] + x[at + DRAWN]
            peak = max(peak, drawn)
            excess += max(0.0, drawn - x[at + CAP])
        total += x[w[X_RATE] + EXCESS + thing] * excess * w[POWER_STEP] / HOUR_MS
        if thing == 0:
            total += x[w[X_RATE] + DEMAND] * peak
    return float(total)


grid_cost: Callable[..., float] = njit(cache=True, nogil=True, error_model="numpy")(_grid_cost)


def _redraw(w: np.ndarray, x: np.ndarray) -> None:
    """Bring what is shared, and what it costs, up to date with the log."""
    for at in range(w[N_SHARED] * w[N_POWER]):
        x[w[X_SHARED] + 4 * at + KEPT] = x[w[X_SHARED] + 4 * at + DRAWN]
    for n in range(w[LOGGED]):
        log = w[W_LOG] + n * LOG
        op = w[W_OP] + w[log] * OP
        draw_op(w, x, w[log], w[log + 5], w[log + 1], w[log + 2], w[log + 3], -1.0)
        draw_op(w, x, w[log], w[op + SEAT], w[op + BEGIN], w[op + START], w[op + LEAVE], 1.0)
    rate = w[X_RATE]
    x[rate + GRID_BEFORE] = x[rate + GRID_NOW]
    x[rate + GRID_NOW] = grid_cost(w, x)


redraw: Callable[..., None] = njit(cache=True, nogil=True, error_model="numpy")(_redraw)


def _undraw(w: np.ndarray, x: np.ndarray) -> None:
    """Put back what was drawn before the last edit."""
    for at in range(w[N_SHARED] * w[N_POWER]):
        x[w[X_SHARED] + 4 * at + DRAWN] = x[w[X_SHARED] + 4 * at + KEPT]


undraw: Callable[..., None] = njit(cache=True, nogil=True, error_model="numpy")(_undraw)
