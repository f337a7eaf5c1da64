"""What it costs the rest of a plan when an operation ends later: how long nothing happens, and how fast it grows then.

A delay of an operation reaches what waits for it most closely, on its line or in its job, less the gap between them;
so the closest waits form a tree, and a pass from the last operation to the first adds up what hangs on each.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numba import njit

from parkwright.make.floor import (
    BEGIN,
    DUE,
    END,
    LATE,
    LEAVE,
    LINK_AT,
    LINK_END,
    N_OPS,
    N_WIDTH,
    OP,
    PLACE,
    ROW,
    START,
    W_LINK,
    W_OP,
    W_ORDER,
    WORTH,
    X_WORTH,
)  # fmt: skip


def _tails(w: np.ndarray, x: np.ndarray, delay: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the slack of each operation [ms] (N,) and what each ms beyond it costs up to a delay [CNY/ms] (N,)."""
    count = w[N_OPS]
    slack, rate, cost = np.full(count, delay, dtype=np.int64), np.zeros(count), np.zeros(count)
    start = np.array([w[w[W_OP] + i * OP + START] for i in range(count)])
    for i in np.argsort(-start, kind="mergesort"):
        op = w[W_OP] + i * OP
        if w[op + START] < 0:
            continue
        late = x[w[X_WORTH] + i * WORTH + LATE]
        if late > 0:
            over = w[op + END] - w[op + DUE]
            cost[i] += late * (max(0, over + delay) - max(0, over))
            slack[i] = min(slack[i], max(0, -over))
        if slack[i] < delay:
            rate[i] = cost[i] / (delay - slack[i])
        else:
            continue
        closest, gap = -1, delay
        for at in range(w[op + LINK_AT], w[op + LINK_END]):
            other = w[W_OP] + w[w[W_LINK] + at] * OP
            if w[other + START] >= 0 and w[op + START] - w[other + END] < gap:
                closest, gap = w[w[W_LINK] + at], w[op + START] - w[other + END]
        if w[op + PLACE] > 0:
            j = w[w[W_ORDER] + w[op + ROW] * w[N_WIDTH] + w[op + PLACE] - 1]
            other = w[W_OP] + j * OP
            if w[other + START] >= 0 and w[op + BEGIN] - w[other + LEAVE] < gap:
                closest, gap = j, w[op + BEGIN] - w[other + LEAVE]
        if closest >= 0 and gap + slack[i] < delay:
            cost[closest] += rate[i] * (delay - gap - slack[i])
            slack[closest] = min(slack[closest], gap + slack[i])
    return slack, rate


tails: Callable[..., tuple[np.ndarray, np.ndarray]] = njit(cache=True, nogil=True, error_model="numpy")(_tails)
