"""A part of a plan as a floor of its own: the operations of a span of time, on some lines, before what comes after.

What came before is done: lines are free and jobs ready when it ended. What comes after waits: the next operation of
each row stays at its end as a guard, and a delay beyond its slack costs what `tails` says. So the part is searched at
the speed of a small plant; whether the whole plan gains is for the whole floor to say.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from parkwright.make.edits import seat
from parkwright.make.floor import (
    DRAWN,
    DUE_AFTER,
    END,
    FAMILY,
    FREE,
    GUARDS,
    HOLD,
    LAST_FAMILY,
    LATE_AFTER,
    LEAVE,
    LEVEL,
    LINE,
    LINK_AT,
    LINK_END,
    LOG,
    N_SHARED,
    NEVER,
    NEXT_AT,
    NEXT_END,
    OTHER,
    POWER_AT,
    POWER_STEP,
    READY,
    ROOM,
    ROW,
    SIZE,
    START,
    WORK,
    Floor,
    fill_rows,
    pack,
    rows_by_level,
)
from parkwright.make.settle import mark, resettle, restore, settle

Ints = np.ndarray


@dataclass(frozen=True, slots=True)
class Window:
    """A part of a floor: its own floor, the number in the whole of each operation (M,), and which may move (K,)."""

    floor: Floor
    number: np.ndarray
    members: np.ndarray


def cut_out(
    whole: Floor, since: int, until: int, slack: np.ndarray, rate: np.ndarray, lines: np.ndarray | None = None
) -> Window:
    """Return what starts in [since, until) [ms] on some lines, all where None, as a window; slack, rate: of `tails`."""
    start, row_at = whole.op[:, START], whole.op[:, ROW]
    of_group = np.ones(len(whole.row), np.bool_) if lines is None else np.isin(whole.row[:, LINE], lines)
    inside = (start >= since) & (start < until) & (row_at >= 0) & of_group[row_at]
    taken = inside.copy()
    rows, guards = _rows_inside(whole, inside, until)
    guards[~of_group] = -1
    taken[guards[guards >= 0]] = True
    number = np.flatnonzero(taken)
    of = np.full(start.size, -1, dtype=np.int64)
    of[number] = np.arange(number.size)
    op = whole.op[number].copy()
    worth = whole.worth[number].copy()
    op[:, DUE_AFTER], worth[:, LATE_AFTER] = op[:, END] + slack[number], 0.0
    first = _links(whole, op, number, of)
    _add_tails(whole, op, worth, number, of, slack, rate, guards)
    line = _lines_before(whole, taken, since)
    can = whole.can[number]
    if lines is not None:
        can[:, np.isin(np.arange(len(line)), lines, invert=True), WORK] = -1
    row, row_of = rows_by_level(op[:, LEVEL], can[:, :, WORK])
    room = np.zeros(len(line), dtype=np.int64)
    room[whole.row[:, LINE]] = whole.row[:, ROOM]
    row[:, ROOM] = room[row[:, LINE]]
    floor = _packed(whole, number, (op, can, first, line, row, row_of), worth)
    _fill(whole, floor, rows, guards, of)
    return Window(floor, number, of[np.flatnonzero(inside)])


def _rows_inside(whole: Floor, inside: Ints, until: int) -> tuple[list[Ints], Ints]:
    """Return the operations inside by row of the whole, and the first one of each row from `until` on, -1 for none."""
    rows, guards = [], np.full(len(whole.row), -1, dtype=np.int64)
    for number, row in enumerate(whole.row):
        order = whole.order[number, : row[SIZE]]
        rows.append(order[inside[order]])
        later = order[whole.op[order, START] >= until]
        if later.size:
            guards[number] = later[0]
    return rows, guards


def _links(whole: Floor, op: Ints, number: Ints, of: Ints) -> Ints:
    """Return the links within a part; what waits for something outside is ready when that has ended."""
    later, earlier = _linked(whole, number, LINK_AT, LINK_END)
    outside = of[earlier] < 0
    np.maximum.at(op[:, READY], later[outside], whole.op[earlier[outside], END])
    later, earlier = later[~outside], of[earlier[~outside]]
    by_earlier = np.argsort(earlier, kind="stable")
    for key, at, end, first in ((later, LINK_AT, LINK_END, 0), (earlier[by_earlier], NEXT_AT, NEXT_END, later.size)):
        op[:, at] = first + np.searchsorted(key, np.arange(number.size))
        op[:, end] = first + np.searchsorted(key, np.arange(number.size), side="right")
    return np.concatenate((earlier, later[by_earlier])).astype(np.int64)


def _linked(whole: Floor, number: Ints, at: int, end: int) -> tuple[Ints, Ints]:
    """Return the links of these operations in pairs: place in `number`, the other operation in the whole."""
    first, many = whole.op[number, at], whole.op[number, end] - whole.op[number, at]
    one = np.repeat(np.arange(number.size), many)
    return one, whole.link[np.arange(one.size) + np.repeat(first - (np.cumsum(many) - many), many)]


def _add_tails(
    whole: Floor, op: Ints, worth: Ints, number: Ints, of: Ints, slack: Ints, rate: Ints, guards: Ints
) -> None:
    """Let each operation pay for what waits for it outside: the next of its job, or what hangs on a guard."""
    one, after = _linked(whole, number, NEXT_AT, NEXT_END)
    guarded = np.isin(number, guards[guards >= 0])
    outside = (of[after] < 0) & (whole.op[after, START] >= 0) & ~guarded[one]
    one, after = one[outside], after[outside]
    op[one, DUE_AFTER] = NEVER
    np.minimum.at(op[:, DUE_AFTER], one, whole.op[after, START] + slack[after])
    np.add.at(worth[:, LATE_AFTER], one, rate[after])
    source = number[guarded]
    worth[guarded, LATE_AFTER] = np.maximum(0.0, rate[source] - whole.worth[source, 0])


def _lines_before(whole: Floor, taken: Ints, since: int) -> Ints:
    """Return the lines as what came before leaves each."""
    line = whole.line.copy()
    for number, row in enumerate(whole.row):
        order = whole.order[number, : row[SIZE]]
        done = order[(whole.op[order, START] >= 0) & (whole.op[order, START] < since) & ~taken[order]]
        if done.size and whole.op[done[-1], LEAVE] > line[row[LINE], FREE]:
            line[row[LINE], FREE] = whole.op[done[-1], LEAVE]
            line[row[LINE], LAST_FAMILY] = whole.op[done[-1], FAMILY]
    return line


def _packed(whole: Floor, number: Ints, parts: tuple[Ints, ...], worth: Ints) -> Floor:
    op, can, link, line, row, row_of = parts
    width = max(1, *(int((op[:, LEVEL] == level).sum()) for level in range(row_of.shape[1])))
    shared = whole.shared.copy()
    shared[:, :, OTHER] += shared[:, :, DRAWN]
    counts = (
        number.size, len(line), whole.setup.shape[2], len(row), row_of.shape[1], width, whole.cut.shape[1],
        whole.cell.shape[1], int(whole.ints[N_SHARED]), shared.shape[1], int(whole.ints[POWER_AT]),
        int(whole.ints[POWER_STEP]),
    )  # fmt: skip
    ints = (
        op, can, link, whole.setup, line, row, row_of, whole.cut, whole.cell, whole.scale,
        np.zeros((len(row), width)), np.zeros((number.size, LOG)),
    )  # fmt: skip
    draw = whole.draw[:, number]
    return pack(counts, ints, (worth, whole.sums, shared, whole.rate, np.zeros(number.size), draw, whole.setup_draw))


def _fill(whole: Floor, floor: Floor, rows: list[Ints], guards: Ints, of: Ints) -> None:
    """Put the operations into the rows as they were, guards last, and settle them."""
    held = floor.op[:, HOLD].copy()
    filled: list[list[int]] = [[] for _ in floor.row]
    guarded = np.zeros(len(floor.row), dtype=np.int64)
    for number, inside in enumerate(rows):
        ops = of[inside].tolist() + ([int(of[guards[number]])] if guards[number] >= 0 else [])
        if ops:
            at = int(floor.row_of[whole.row[number, LINE], floor.op[ops[0], LEVEL]])
            filled[at], guarded[at] = ops, int(guards[number] >= 0)
    fill_rows(floor, filled)
    floor.op[:, HOLD], floor.row[:, GUARDS] = held, guarded
    resettle(floor.ints, floor.reals)
    floor.shared[:, :, OTHER] -= floor.shared[:, :, DRAWN]
    resettle(floor.ints, floor.reals)


def put_in(whole: Floor, window: Window, least_cny: float) -> float:
    """Give the whole floor the order of a window if the whole plan is then cheaper by at least `least_cny`.

    Return the change of its cost [CNY]; 0 where everything stays as it was.
    """
    part, w = window.floor, whole.ints
    members = window.number[window.members]
    inside = np.zeros(len(whole.op), dtype=np.bool_)
    inside[members] = True
    held = whole.op[members, HOLD].copy()
    whole.op[members, HOLD] = part.op[window.members, HOLD]
    before: list[tuple[int, int, Ints]] = []
    fresh = {
        (int(row[LINE]), int(row[LINE + 1])): window.number[part.order[number, : row[SIZE] - row[GUARDS]]]
        for number, row in enumerate(part.row)
    }
    for number, row in enumerate(whole.row):
        order = whole.order[number, : row[SIZE]].copy()
        new = fresh.get((int(row[LINE]), int(row[LINE + 1])), np.zeros(0, dtype=np.int64))
        was = np.flatnonzero(inside[order])
        if was.size or new.size:
            at = int(was[0]) if was.size else _place_for(whole, order, window)
            rest = order[at:]
            joined = np.concatenate((order[:at], new, rest[~inside[rest]]))
            before.append((number, at, order))
            _seat_from(whole, number, at, joined)
            same = np.cumprod(joined[::-1][: order.size] == order[::-1][: joined.size]).sum()
            mark(w, number, at, max(at + new.size, joined.size - int(same)))
    change = float(settle(w, whole.reals, np.inf))
    if change <= -least_cny:
        return change
    for number, at, order in before:
        _seat_from(whole, number, at, order)
    whole.op[members, HOLD] = held
    restore(w, whole.reals)
    return 0.0


def _seat_from(whole: Floor, number: int, at: int, order: Ints) -> None:
    """Give a row of the whole floor another order from a place on."""
    whole.order[number, : order.size], whole.row[number, SIZE] = order, order.size
    seat(whole.ints, number, at, order.size)


def _place_for(whole: Floor, order: Ints, window: Window) -> int:
    """Return where in a row without operations of the window its new ones belong: before its guard."""
    guard = np.isin(order, window.number)
    return int(np.flatnonzero(guard)[0]) if guard.any() else int(order.size)
