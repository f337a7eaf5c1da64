"""What an edit would cost at a first glance, before it is made: most edits are hopeless, and making them takes time.

Only the operations that an edit moves are timed, and those that they leave behind or come before; what lies between
counts as it stands. What is not given up so is made and seen from near (make.outlook). On generated plants of 1,000
operations it gives up as many moves as that does, in a tenth of the time, and one in twenty of those that would be
taken.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numba import njit

from parkwright.make.edits import COUNT, KIND, MOVE, NOTHING, PLACE_A, PLACE_B, ROW_A, ROW_B, SWAP, WAIT
from parkwright.make.floor import (
    END,
    FAMILY,
    LEAVE,
    LINE,
    N_LINES,
    N_WIDTH,
    OP,
    ROOM,
    ROW_WIDTH,
    SIZE,
    TAIL,
    W_CAN,
    W_OP,
    W_ORDER,
    W_ROW,
)  # fmt: skip
from parkwright.make.outlook import shifted
from parkwright.make.settle import earliest, entry, fit


def _behind(w: np.ndarray, hang: np.ndarray, row: int, place: int, free: int, family: int) -> tuple[float, int]:
    """Return what it seems to cost [CNY], and how much later it makes it [ms], that the operation at a place of a row
    follows something else; free, family: of the line then.
    """
    at = w[W_ROW] + row * ROW_WIDTH
    if place >= w[at + SIZE]:
        return 0.0, 0
    i = w[w[W_ORDER] + row * w[N_WIDTH] + place]
    _, start, leave, _, _, _ = fit(w, i, w[at + LINE], earliest(w, i), free, family)
    if start < 0:
        return 0.0, 0
    later = leave - w[w[W_OP] + i * OP + LEAVE]
    return shifted(hang[i], later, True), int(later)


behind: Callable[..., tuple[float, int]] = njit(cache=True, nogil=True, error_model="numpy")(_behind)


def _put(
    w: np.ndarray, hang: np.ndarray, i: int, row: int, line: tuple[int, int], counts: bool, ends: np.ndarray, noted: int
) -> tuple[float, int, int]:
    """Time an operation on another place; return what that seems to cost [CNY], and (free [ms], family) of its line.

    line: (free [ms], family) before it. counts: whether what waits for it counts. Its end is changed; ends: (2N,),
    where the one before is noted as number `noted`.
    """
    op, at = w[W_OP] + i * OP, w[w[W_ROW] + row * ROW_WIDTH + LINE]
    ends[2 * noted], ends[2 * noted + 1] = op, w[op + END]
    _, start, leave, _, _, _ = fit(w, i, at, earliest(w, i), line[0], line[1])
    if start < 0:
        return 0.0, line[0], line[1]
    end = leave + w[w[W_CAN] + 2 * (i * w[N_LINES] + at) + TAIL]
    later = end - w[op + END]
    w[op + END] = end
    return shifted(hang[i], later, False) if counts else 0.0, int(leave), int(w[op + FAMILY])


put: Callable[..., tuple[float, int, int]] = njit(cache=True, nogil=True, error_model="numpy")(_put)


def _glance_move(
    w: np.ndarray, hang: np.ndarray, edit: np.ndarray, counts: bool, ends: np.ndarray, noted: int
) -> float:
    """Return what a move seems to cost [CNY]; counts, ends, noted: as of `put`, of each operation that it moves."""
    a, place, n, b, j = edit[ROW_A], edit[PLACE_A], edit[COUNT], edit[ROW_B], edit[PLACE_B]
    free, family = entry(w, a, place)
    change, later = behind(w, hang, a, place + n, free, family)
    along = a == b and j > place
    at = j + n if along else j
    free, family = entry(w, b, at)
    if along:
        free += min(0, later)
    for k in range(place, place + n):
        i = w[w[W_ORDER] + a * w[N_WIDTH] + k]
        cost, free, family = put(w, hang, i, b, (free, family), counts, ends, noted + k - place)
        change += cost
    return float(change + behind(w, hang, b, at, free, family)[0])


glance_move: Callable[..., float] = njit(cache=True, nogil=True, error_model="numpy")(_glance_move)


def _glance_swap(w: np.ndarray, hang: np.ndarray, edit: np.ndarray, ends: np.ndarray) -> float:
    """Return what a swap seems to cost [CNY]; ends: as of `put`."""
    a, first, b, second = edit[ROW_A], edit[PLACE_A], edit[ROW_B], edit[PLACE_B]
    if a == b and second < first:
        first, second = second, first
    i, j = w[w[W_ORDER] + a * w[N_WIDTH] + first], w[w[W_ORDER] + b * w[N_WIDTH] + second]
    change, free, family = put(w, hang, j, a, entry(w, a, first), True, ends, 0)
    if a != b or second > first + 1:
        cost, later = behind(w, hang, a, first + 1, free, family)
        change += cost
        free, family = entry(w, b, second)
        if a == b:
            free += min(0, later)
    cost, free, family = put(w, hang, i, b, (free, family), True, ends, 1)
    return float(change + cost + behind(w, hang, b, second + 1, free, family)[0])


glance_swap: Callable[..., float] = njit(cache=True, nogil=True, error_model="numpy")(_glance_swap)


def _glance(w: np.ndarray, hang: np.ndarray, edits: np.ndarray, ends: np.ndarray) -> float:
    """Return what edits that are to be made together, and have not been, seem to change the cost by [CNY].

    Minus infinity where that is not told: of a wait, and where several operations share a run. edits: (M, EDIT), of one
    job if more than one; what waits for it counts with the last. hang: as of make.outlook. ends: (2N,), for ends that
    change meanwhile.
    """
    change, noted, last = 0.0, 0, 0
    for e in range(len(edits)):
        kind = edits[e, KIND]
        if kind == NOTHING:
            continue
        last = e
        a, b = w[W_ROW] + edits[e, ROW_A] * ROW_WIDTH, w[W_ROW] + edits[e, ROW_B] * ROW_WIDTH
        if kind == WAIT or w[a + ROOM] > 0 or w[b + ROOM] > 0:
            return -np.inf
    for e in range(last + 1):
        if edits[e, KIND] == MOVE:
            change += glance_move(w, hang, edits[e], e == last, ends, noted)
            noted += edits[e, COUNT]
        elif edits[e, KIND] == SWAP:
            change += glance_swap(w, hang, edits[e], ends)
            noted += 2
    for n in range(noted - 1, -1, -1):
        w[ends[2 * n] + END] = ends[2 * n + 1]
    return float(change)


glance: Callable[..., float] = njit(cache=True, nogil=True, error_model="numpy")(_glance)
