"""Changes of a plan's rows: move a block, swap two operations, hold one back; each can be taken back."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numba import njit

from parkwright.make.floor import (
    HOLD,
    N_WIDTH,
    OP,
    PLACE,
    ROW,
    ROW_WIDTH,
    SIZE,
    W_OP,
    W_ORDER,
    W_ROW,
)  # fmt: skip
from parkwright.make.settle import mark

BLOCK_MAX = 12
"""Operations that move together at most."""

KIND, ROW_A, PLACE_A, COUNT, ROW_B, PLACE_B, OTHER_HOLD = range(7)
"""Columns of an edit: what it does, from where, how many, to where, and the hold it exchanges [ms]."""
EDIT = OTHER_HOLD + 1
"""How many they are."""
NOTHING, MOVE, SWAP, WAIT = range(4)
"""Kinds of edits."""


def _seat(w: np.ndarray, row: int, first: int, until: int) -> None:
    """Write row and place of the operations at [first, until) of a row."""
    order = w[W_ORDER] + row * w[N_WIDTH]
    for k in range(first, until):
        op = w[W_OP] + w[order + k] * OP
        w[op + ROW], w[op + PLACE] = row, k


seat: Callable[..., None] = njit(cache=True, nogil=True, error_model="numpy")(_seat)


def _move_along(w: np.ndarray, row: int, i: int, n: int, j: int) -> None:
    """Move the n operations at place i of a row to place j, counted after they have been taken out."""
    order = w[W_ORDER] + row * w[N_WIDTH]
    hand = w[order + i : order + i + n].copy()
    if j < i:
        for k in range(i - 1, j - 1, -1):
            w[order + k + n] = w[order + k]
    else:
        for k in range(i, j):
            w[order + k] = w[order + k + n]
    for k in range(n):
        w[order + j + k] = hand[k]
    seat(w, row, min(i, j), max(i, j) + n)


move_along: Callable[..., None] = njit(cache=True, nogil=True, error_model="numpy")(_move_along)


def _move_over(w: np.ndarray, a: int, i: int, n: int, b: int, j: int) -> None:
    """Move the n operations at place i of row a to place j of another row b."""
    row_a, row_b = w[W_ROW] + a * ROW_WIDTH, w[W_ROW] + b * ROW_WIDTH
    order_a, order_b = w[W_ORDER] + a * w[N_WIDTH], w[W_ORDER] + b * w[N_WIDTH]
    for k in range(w[row_b + SIZE] - 1, j - 1, -1):
        w[order_b + k + n] = w[order_b + k]
    for k in range(n):
        w[order_b + j + k] = w[order_a + i + k]
    for k in range(i, w[row_a + SIZE] - n):
        w[order_a + k] = w[order_a + k + n]
    w[row_a + SIZE] -= n
    w[row_b + SIZE] += n
    seat(w, a, i, w[row_a + SIZE])
    seat(w, b, j, w[row_b + SIZE])


move_over: Callable[..., None] = njit(cache=True, nogil=True, error_model="numpy")(_move_over)


def _swap(w: np.ndarray, a: int, i: int, b: int, j: int) -> None:
    """Swap the operations at place i of row a and place j of row b."""
    one, other = w[W_ORDER] + a * w[N_WIDTH] + i, w[W_ORDER] + b * w[N_WIDTH] + j
    w[one], w[other] = w[other], w[one]
    seat(w, a, i, i + 1)
    seat(w, b, j, j + 1)


swap: Callable[..., None] = njit(cache=True, nogil=True, error_model="numpy")(_swap)


def _exchange_hold(w: np.ndarray, edit: np.ndarray) -> None:
    """Exchange an operation's hold with the edit's."""
    op = w[W_OP] + w[w[W_ORDER] + edit[ROW_A] * w[N_WIDTH] + edit[PLACE_A]] * OP
    edit[OTHER_HOLD], w[op + HOLD] = w[op + HOLD], edit[OTHER_HOLD]


exchange_hold: Callable[..., None] = njit(cache=True, nogil=True, error_model="numpy")(_exchange_hold)


def _apply(w: np.ndarray, edit: np.ndarray) -> None:
    """Make an edit and mark what it touches."""
    a, i, n, b, j = edit[ROW_A], edit[PLACE_A], edit[COUNT], edit[ROW_B], edit[PLACE_B]
    if edit[KIND] == MOVE and a == b:
        move_along(w, a, i, n, j)
        mark(w, a, min(i, j), max(i, j) + n)
    elif edit[KIND] == MOVE:
        move_over(w, a, i, n, b, j)
        mark(w, a, i, i)
        mark(w, b, j, j + n)
    elif edit[KIND] == SWAP:
        swap(w, a, i, b, j)
        mark(w, a, i, i + 1)
        mark(w, b, j, j + 1)
    else:
        exchange_hold(w, edit)
        mark(w, a, i, i + 1)


apply: Callable[..., None] = njit(cache=True, nogil=True, error_model="numpy")(_apply)


def _take_back(w: np.ndarray, edit: np.ndarray) -> None:
    """Take an edit back; the times are for `restore`."""
    if edit[KIND] == MOVE and edit[ROW_A] == edit[ROW_B]:
        move_along(w, edit[ROW_B], edit[PLACE_B], edit[COUNT], edit[PLACE_A])
    elif edit[KIND] == MOVE:
        move_over(w, edit[ROW_B], edit[PLACE_B], edit[COUNT], edit[ROW_A], edit[PLACE_A])
    elif edit[KIND] == SWAP:
        swap(w, edit[ROW_A], edit[PLACE_A], edit[ROW_B], edit[PLACE_B])
    else:
        exchange_hold(w, edit)


take_back: Callable[..., None] = njit(cache=True, nogil=True, error_model="numpy")(_take_back)


def _apply_all(w: np.ndarray, edits: np.ndarray) -> None:
    """Make edits (M, EDIT) of different rows, one after the other, and mark what they touch."""
    for k in range(len(edits)):
        if edits[k, KIND] != NOTHING:
            apply(w, edits[k])


apply_all: Callable[..., None] = njit(cache=True, nogil=True, error_model="numpy")(_apply_all)


def _take_back_all(w: np.ndarray, edits: np.ndarray) -> None:
    """Take edits back, the last one first; the times are for `restore`."""
    for k in range(len(edits) - 1, -1, -1):
        if edits[k, KIND] != NOTHING:
            take_back(w, edits[k])


take_back_all: Callable[..., None] = njit(cache=True, nogil=True, error_model="numpy")(_take_back_all)
