"""Edits of a plan's rows, drawn by lot: moves, swaps, waits, relief of a cap, an operation and those that follow it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numba import njit

from parkwright.make.clock import cut_at
from parkwright.make.draws import draw, uniform
from parkwright.make.edits import (
    BLOCK_MAX,
    COUNT,
    KIND,
    MOVE,
    NOTHING,
    OTHER_HOLD,
    PLACE_A,
    PLACE_B,
    ROW_A,
    ROW_B,
    SWAP,
    WAIT,
)  # fmt: skip
from parkwright.make.floor import (
    BEGIN,
    CAP,
    DRAWN,
    FAMILY,
    GUARDS,
    LEAVE,
    LEVEL,
    LINE,
    N_CUTS,
    N_LEVELS,
    N_LINES,
    N_OPS,
    N_POWER,
    N_ROWS,
    N_SHARED,
    N_WIDTH,
    NEXT_AT,
    NEXT_END,
    OP,
    OTHER,
    PLACE,
    POWER_AT,
    POWER_STEP,
    ROOM,
    ROW,
    ROW_WIDTH,
    SIZE,
    START,
    TABLE,
    TAIL,
    W_CAN,
    W_CUT,
    W_LINE,
    W_LINK,
    W_OP,
    W_ORDER,
    W_ROW,
    W_ROW_OF,
    WORK,
    X_DRAW,
    X_SHARED,
)  # fmt: skip
from parkwright.make.settle import earliest

NEAR = 12
"""Places within which an operation is moved along its row, mostly; found on generated plants of 1,000 operations: 24
takes more time and brings less, 8 about the same."""
LOOK = 40
"""Places within which a neighbour of the same family is looked for."""
STEPS_AHEAD = 6
"""Price steps within which an operation is held back."""
IN_BLOCKS = 0.3
"""Share of moves that take the block about an operation along; the others move it alone."""
STAY = 0.7
"""Share of operations that stay on their line when they follow one of their job; chosen, not searched for."""
BEHIND = 3
"""Places, less one, that an operation which follows one of its job comes at most behind where it would be first;
chosen, not searched for."""
LEAST = 1e-6
"""Rounding of a sum of powers, or of people."""


def _at(w: np.ndarray, row: int, place: int) -> int:
    """Return the operation at a place of a row."""
    return int(w[w[W_ORDER] + row * w[N_WIDTH] + place])


op_at: Callable[..., int] = njit(cache=True, nogil=True, error_model="numpy")(_at)


def _place_at(w: np.ndarray, row: int, at: int) -> int:
    """Return the first place of a row whose operation starts at or after an instant."""
    low, high = 0, w[w[W_ROW] + row * ROW_WIDTH + SIZE]
    while low < high:
        middle = (low + high) // 2
        if w[w[W_OP] + op_at(w, row, middle) * OP + START] < at:
            low = middle + 1
        else:
            high = middle
    return int(low)


place_at: Callable[..., int] = njit(cache=True, nogil=True, error_model="numpy")(_place_at)


def _other_row(w: np.ndarray, i: int, stream: np.ndarray) -> int:
    """Return a row that can do an operation, now and then its own."""
    op, lines = w[W_OP] + i * OP, w[N_LINES]
    for _ in range(2 * lines):
        line = draw(stream, lines)
        if w[w[W_CAN] + 2 * (i * lines + line)] >= 0:
            row = w[w[W_ROW_OF] + line * w[N_LEVELS] + w[op + LEVEL]]
            if row >= 0:
                return int(row)
    return int(w[op + ROW])


other_row: Callable[..., int] = njit(cache=True, nogil=True, error_model="numpy")(_other_row)


def _near_family(w: np.ndarray, row: int, at: int, i: int) -> int:
    """Return the place beside the nearest operation of the same family in a row; -1 when there is none near."""
    family, size = w[w[W_OP] + i * OP + FAMILY], w[w[W_ROW] + row * ROW_WIDTH + SIZE]
    for distance in range(1, LOOK):
        for place in (at - distance, at + distance - 1):
            if 0 <= place < size:
                j = op_at(w, row, place)
                if j != i and w[w[W_OP] + j * OP + FAMILY] == family:
                    return int(place + 1 if place < at else place)
    return -1


near_family: Callable[..., int] = njit(cache=True, nogil=True, error_model="numpy")(_near_family)


def _can_all(w: np.ndarray, row: int, first: int, n: int, other: int) -> bool:
    """Tell whether another row's line can do all n operations at a place of a row."""
    line = w[w[W_ROW] + other * ROW_WIDTH + LINE]
    least = 0
    for k in range(first, first + n):
        least = min(least, w[w[W_CAN] + 2 * (op_at(w, row, k) * w[N_LINES] + line)])
    return bool(least >= 0)


can_all: Callable[..., bool] = njit(cache=True, nogil=True, error_model="numpy")(_can_all)


def _block(w: np.ndarray, row: int, place: int, stream: np.ndarray) -> tuple[int, int]:
    """Return (first place, operations) of a block about a place: a family's run, or a few in a row."""
    first, last = place, place
    size = w[w[W_ROW] + row * ROW_WIDTH + SIZE] - w[w[W_ROW] + row * ROW_WIDTH + GUARDS]
    if uniform(stream) < 0.5:
        family = w[w[W_OP] + op_at(w, row, place) * OP + FAMILY]
        while first > 0 and place - first < BLOCK_MAX // 2:
            if w[w[W_OP] + op_at(w, row, first - 1) * OP + FAMILY] != family:
                break
            first -= 1
        while last + 1 < size and last - first < BLOCK_MAX - 1:
            if w[w[W_OP] + op_at(w, row, last + 1) * OP + FAMILY] != family:
                break
            last += 1
    else:
        last = min(size - 1, place + 1 + draw(stream, 5))
    return first, last - first + 1


block: Callable[..., tuple[int, int]] = njit(cache=True, nogil=True, error_model="numpy")(_block)


def _propose_move(w: np.ndarray, i: int, kind: float, stream: np.ndarray, edit: np.ndarray) -> None:
    """Propose to move an operation, or the block about it, along its row, to another row, or beside its family."""
    op = w[W_OP] + i * OP
    a, place = w[op + ROW], w[op + PLACE]
    b = a if uniform(stream) < 0.5 else other_row(w, i, stream)
    n = 1
    if kind < IN_BLOCKS:
        place, n = block(w, a, place, stream)
    row = w[W_ROW] + b * ROW_WIDTH
    room = w[row + SIZE] - w[row + GUARDS] - (n if a == b else 0)
    at = place if a == b else place_at(w, b, w[op + START])
    j = -1
    if kind > 0.65:
        j = near_family(w, b, at, i)
        if a == b and j > place:
            j -= n
    if j < 0:
        j = at + draw(stream, 2 * NEAR + 1) - NEAR
    j = max(0, min(j, room))
    if a == b and j == place:
        return
    if a != b and (w[row + SIZE] + n > w[N_WIDTH] or not can_all(w, a, place, n, b)):
        return
    edit[KIND], edit[ROW_A], edit[PLACE_A], edit[COUNT], edit[ROW_B], edit[PLACE_B] = MOVE, a, place, n, b, j


propose_move: Callable[..., None] = njit(cache=True, nogil=True, error_model="numpy")(_propose_move)


def _propose_swap(w: np.ndarray, i: int, stream: np.ndarray, edit: np.ndarray) -> None:
    """Propose to swap an operation with one near it in time, in its own row or another."""
    op = w[W_OP] + i * OP
    a, place = w[op + ROW], w[op + PLACE]
    b = a if uniform(stream) < 0.6 else other_row(w, i, stream)
    size = w[w[W_ROW] + b * ROW_WIDTH + SIZE] - w[w[W_ROW] + b * ROW_WIDTH + GUARDS]
    if size <= 0:
        return
    at = place if a == b else place_at(w, b, w[op + START])
    j = max(0, min(size - 1, at + draw(stream, 2 * NEAR + 1) - NEAR))
    if (a == b and j == place) or not can_all(w, a, place, 1, b) or not can_all(w, b, j, 1, a):
        return
    edit[KIND], edit[ROW_A], edit[PLACE_A], edit[COUNT], edit[ROW_B], edit[PLACE_B] = SWAP, a, place, 1, b, j


propose_swap: Callable[..., None] = njit(cache=True, nogil=True, error_model="numpy")(_propose_swap)


def _propose_wait(w: np.ndarray, i: int, stream: np.ndarray, edit: np.ndarray) -> None:
    """Propose to hold an operation until one of the next price steps, or to let it go.

    Where a line takes several at once, it may also wait for the one behind it.
    """
    op = w[W_OP] + i * OP
    row, start = w[op + ROW], w[op + START]
    at, behind = w[W_ROW] + row * ROW_WIDTH, w[op + PLACE] + 1
    if w[at + ROOM] > 0 and start >= 0 and behind < w[at + SIZE] and uniform(stream) < 0.5:
        edit[KIND], edit[ROW_A], edit[PLACE_A], edit[COUNT] = WAIT, row, w[op + PLACE], 1
        edit[OTHER_HOLD] = earliest(w, op_at(w, row, behind))
        return
    table = w[w[W_LINE] + 3 * w[w[W_ROW] + row * ROW_WIDTH + LINE] + TABLE]
    k = cut_at(w, table, start) + draw(stream, STEPS_AHEAD)
    if start < 0 or k >= w[N_CUTS]:
        return
    hold = w[w[W_CUT] + 2 * (table * w[N_CUTS] + k)]
    edit[KIND], edit[ROW_A], edit[PLACE_A], edit[COUNT] = WAIT, row, w[op + PLACE], 1
    edit[OTHER_HOLD] = hold if hold > start else 0


propose_wait: Callable[..., None] = njit(cache=True, nogil=True, error_model="numpy")(_propose_wait)


def _above(w: np.ndarray, x: np.ndarray, stream: np.ndarray) -> tuple[int, int]:
    """Return (shared thing, interval) of one above its cap because of the lines, drawn by lot; -1s for none."""
    count = w[N_SHARED] * w[N_POWER]
    at = draw(stream, count)
    for _ in range(count):
        shared = w[X_SHARED] + 4 * at
        if x[shared + DRAWN] > LEAST and x[shared + OTHER] + x[shared + DRAWN] > x[shared + CAP] + LEAST:
            return int(at // w[N_POWER]), int(at % w[N_POWER])
        at = at + 1 if at + 1 < count else 0
    return -1, -1


above: Callable[..., tuple[int, int]] = njit(cache=True, nogil=True, error_model="numpy")(_above)


def _at_work(w: np.ndarray, since: int, until: int, stream: np.ndarray) -> int:
    """Return an operation at work within [since, until) [ms], of a row drawn by lot; -1 when none is found."""
    for _ in range(2 * w[N_ROWS]):
        row = draw(stream, w[N_ROWS])
        place = place_at(w, row, until) - 1
        if place >= 0 and place < w[w[W_ROW] + row * ROW_WIDTH + SIZE] - w[w[W_ROW] + row * ROW_WIDTH + GUARDS]:
            i = op_at(w, row, place)
            if w[w[W_OP] + i * OP + LEAVE] > since:
                return i
    return -1


at_work: Callable[..., int] = njit(cache=True, nogil=True, error_model="numpy")(_at_work)


def _relieving_hold(w: np.ndarray, x: np.ndarray, thing: int, t: int, i: int) -> int:
    """Return until when an operation is to be held so that an interval falls to its cap, or is without it [ms]."""
    op, since = w[W_OP] + i * OP, w[POWER_AT] + t * w[POWER_STEP]
    hold = since + w[POWER_STEP] + w[op + START] - w[op + BEGIN]
    line = w[w[W_ROW] + w[op + ROW] * ROW_WIDTH + LINE]
    drawn = x[w[X_DRAW] + (thing * w[N_OPS] + i) * w[N_LINES] + line]
    if drawn > 0.0 and w[op + START] >= since:
        shared = w[X_SHARED] + 4 * (thing * w[N_POWER] + t)
        over = x[shared + OTHER] + x[shared + DRAWN] - x[shared + CAP]
        hold = min(hold, w[op + START] + 1 + int(over / drawn * w[POWER_STEP]))
    return int(hold)


relieving_hold: Callable[..., int] = njit(cache=True, nogil=True, error_model="numpy")(_relieving_hold)


def _propose_relief(w: np.ndarray, x: np.ndarray, members: np.ndarray, stream: np.ndarray, edit: np.ndarray) -> None:
    """Propose to relieve an interval above its cap: one of its operations moves, is swapped, or waits just enough."""
    thing, t = above(w, x, stream)
    if thing < 0:
        return
    since = w[POWER_AT] + t * w[POWER_STEP]
    i = at_work(w, since, since + w[POWER_STEP], stream)
    k = np.searchsorted(members, i)
    if i < 0 or k >= members.size or members[k] != i:
        return
    kind = uniform(stream)
    if kind < 0.75:
        propose_move(w, i, uniform(stream), stream, edit)
    elif kind < 0.95:
        propose_swap(w, i, stream, edit)
    else:
        op = w[W_OP] + i * OP
        edit[KIND], edit[ROW_A], edit[PLACE_A], edit[COUNT] = WAIT, w[op + ROW], w[op + PLACE], 1
        edit[OTHER_HOLD] = relieving_hold(w, x, thing, t, i)


propose_relief: Callable[..., None] = njit(cache=True, nogil=True, error_model="numpy")(_propose_relief)


def _end_before(w: np.ndarray, i: int, row: int, place: int, ready: int) -> int:
    """Return about when an operation that is ready then would end before the one at a place of a row [ms]."""
    at, size = ready, w[w[W_ROW] + row * ROW_WIDTH + SIZE]
    if place < size:
        at = max(at, w[w[W_OP] + op_at(w, row, place) * OP + BEGIN])
    elif size > 0:
        at = max(at, w[w[W_OP] + op_at(w, row, size - 1) * OP + LEAVE])
    can = w[W_CAN] + 2 * (i * w[N_LINES] + w[w[W_ROW] + row * ROW_WIDTH + LINE])
    return int(at + w[can + WORK] + w[can + TAIL])


end_before: Callable[..., int] = njit(cache=True, nogil=True, error_model="numpy")(_end_before)


def _propose_follow(w: np.ndarray, i: int, ready: int, stream: np.ndarray, edit: np.ndarray) -> tuple[int, int]:
    """Propose to move an operation to where it would be ready, on its line or another.

    Return (row, place of the operation it comes before), its own where it stays; (-1, -1) where it may not move.
    """
    op = w[W_OP] + i * OP
    a, place = w[op + ROW], w[op + PLACE]
    if a < 0 or place >= w[w[W_ROW] + a * ROW_WIDTH + SIZE] - w[w[W_ROW] + a * ROW_WIDTH + GUARDS]:
        return -1, -1
    b = a if uniform(stream) < STAY else other_row(w, i, stream)
    row = w[W_ROW] + b * ROW_WIDTH
    j = min(place_at(w, b, ready) + draw(stream, BEHIND), w[row + SIZE] - w[row + GUARDS])
    if a == b and (j == place or j == place + 1):
        return int(a), int(place)
    if a != b and w[row + SIZE] + 1 > w[N_WIDTH]:
        return -1, -1
    edit[KIND], edit[ROW_A], edit[PLACE_A], edit[COUNT] = MOVE, a, place, 1
    edit[ROW_B], edit[PLACE_B] = b, j - 1 if a == b and j > place else j
    return int(b), int(j)


propose_follow: Callable[..., tuple[int, int]] = njit(cache=True, nogil=True, error_model="numpy")(_propose_follow)


def _propose_job(w: np.ndarray, i: int, stream: np.ndarray, edits: np.ndarray) -> None:
    """Propose to move an operation, and each of its job that follows it to about where it would then be ready.

    edits: (M, 7), the first for the operation, the next ones for those that wait for it, one after the other.
    """
    edit, op = edits[0], w[W_OP] + i * OP
    alone = w[op + NEXT_AT] == w[op + NEXT_END]
    propose_move(w, i, uniform(stream) if alone else IN_BLOCKS + (1 - IN_BLOCKS) * uniform(stream), stream, edit)
    if alone or edit[KIND] == NOTHING:
        return
    ready, row, place = earliest(w, i), edit[ROW_B], edit[PLACE_B]
    if edit[ROW_A] == row and place >= edit[PLACE_A]:
        place += 1
    for count in range(1, len(edits)):
        ready = end_before(w, i, row, place, ready)
        op = w[W_OP] + i * OP
        if w[op + NEXT_AT] == w[op + NEXT_END]:
            return
        i = w[w[W_LINK] + w[op + NEXT_AT] + draw(stream, w[op + NEXT_END] - w[op + NEXT_AT])]
        row, place = propose_follow(w, i, ready, stream, edits[count])
        if row < 0:
            return


propose_job: Callable[..., None] = njit(cache=True, nogil=True, error_model="numpy")(_propose_job)
