"""Look-ups in the tables of hours of a floor: when a line works, and for how long it has until an instant.

w is Floor.ints; h is a table. Times are integers, ms.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numba import njit

from parkwright.make.floor import N_CELLS, N_CUTS, W_CELL, W_CUT, W_SCALE
from parkwright.make.hours import SCALE


def _cut_at(w: np.ndarray, h: int, at: int) -> int:
    """Return the last cut of a table at or before an instant; the first one before it, the last but one after all."""
    scale = w[W_SCALE] + SCALE * h
    first, last = w[scale], w[scale + 2] - 2
    if at <= first:
        return 0
    cell = (at - first) // w[scale + 1]
    if cell >= w[N_CELLS]:
        return int(last)
    k = w[w[W_CELL] + h * w[N_CELLS] + cell]
    cut = w[W_CUT] + 2 * h * w[N_CUTS]
    while k < last and w[cut + 2 * k + 2] <= at:
        k += 1
    return int(k)


cut_at: Callable[..., int] = njit(cache=True, nogil=True, error_model="numpy")(_cut_at)


def _opens(w: np.ndarray, h: int, at: int) -> int:
    """Return the first working instant at or after `at` [ms]; -1 when there is none."""
    k = cut_at(w, h, at)
    cut = w[W_CUT] + 2 * (h * w[N_CUTS] + k)
    for _ in range(w[w[W_SCALE] + SCALE * h + 2] - 1 - k):
        if w[cut + 3] > w[cut + 1] and w[cut + 2] > at:
            return int(max(at, w[cut]))
        cut += 2
    return -1


opens: Callable[..., int] = njit(cache=True, nogil=True, error_model="numpy")(_opens)


def _in_one_go(w: np.ndarray, h: int, at: int, work: int) -> int:
    """Return the first instant from `at` on from which `work` ms fit without a pause [ms]; -1 when there is none."""
    table, used = w[W_CUT] + 2 * h * w[N_CUTS], w[w[W_SCALE] + SCALE * h + 2]
    begin = opens(w, h, at)
    while begin >= 0:
        k = cut_at(w, h, begin)
        while k < used - 1 and w[table + 2 * k + 3] > w[table + 2 * k + 1]:
            k += 1
        closes = w[table + 2 * k]
        if begin + work <= closes:
            return begin
        begin = opens(w, h, closes)
    return -1


in_one_go: Callable[..., int] = njit(cache=True, nogil=True, error_model="numpy")(_in_one_go)


def _worked(w: np.ndarray, h: int, at: int) -> int:
    """Return the working time before an instant [ms]."""
    k = cut_at(w, h, at)
    cut = w[W_CUT] + 2 * (h * w[N_CUTS] + k)
    if w[cut + 3] == w[cut + 1]:
        return int(w[cut + 1])
    return int(w[cut + 1] + min(max(at - w[cut], 0), w[cut + 2] - w[cut]))


worked: Callable[..., int] = njit(cache=True, nogil=True, error_model="numpy")(_worked)
