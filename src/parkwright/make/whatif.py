"""What a change of the day's plan by hand would do: move a job, rush an order, and what else that pushes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from parkwright.make.edits import COUNT, KIND, MOVE, OTHER_HOLD, PLACE_A, PLACE_B, ROW_A, ROW_B, apply, take_back
from parkwright.make.floor import (
    BEGIN,
    END,
    HOLD,
    LEVEL,
    LINE,
    PLACE,
    ROW,
    SIZE,
    START,
    WORK,
    Floor,
)
from parkwright.make.laid import Laid
from parkwright.make.settle import resettle, restore, settle
from parkwright.model.errors import PlanError

EDIT_WIDTH = 7
"""Columns of an edit of make.edits."""


@dataclass(frozen=True, slots=True)
class Move:
    """A job put on a line, to start at `start` [ms] or as soon after it as the line and its parts let it."""

    job_id: str
    work_center_id: str
    start: int


@dataclass(frozen=True, slots=True)
class Place:
    """A place for a job: line, changeover, start and last unit out [ms], and what the whole plan costs more [CNY]."""

    line: int
    begin: int
    start: int
    end: int
    change_cny: float


def moved(laid: Laid, moves: Sequence[Move], frozen_until: int) -> Floor:
    """Return a floor of its own on which the moves are made, one after the other.

    Jobs that stand at or after the new place are pushed back as far as they must; nothing moves forward.
    frozen_until: what begins before it [ms] stays, and nothing is put before it; on a line ahead of its plan later, see
    `Laid.frozen`.
    Raises PlanError when a job is not there, has begun or soon will, or cannot be made on the line.
    """
    floor, until = laid.floor.copy(), laid.frozen(frozen_until)
    for move in moves:
        op, line = laid.op(move.job_id), laid.line(move.work_center_id)
        _refuse_frozen(laid, floor, op, frozen_until)
        row = _row_for(laid, floor, op, line)
        start = max(move.start, int(until[line]))
        put(floor, op, row, place_at(floor, row, op, start), start)
        resettle(floor.ints, floor.reals)
    return floor


def rushed(laid: Laid, floor: Floor, order_id: str, frozen_until: int) -> None:
    """Put the jobs of an order first wherever they end earliest, one after the other; changes the floor.

    Raises PlanError when the order has no job that can still be moved.
    """
    jobs, until = laid.day.jobs, laid.frozen(frozen_until)
    ops = [n for n, found in enumerate(jobs["order_id"].to_list()) if found == order_id]
    waiting = [op for op in ops if floor.op[op, START] < 0 or not _why_frozen(laid, floor, op, frozen_until)]
    if not waiting:
        raise PlanError(f"order {order_id}: has no job that waits; its jobs run, are done, or are not of this day")
    for n, op in enumerate(waiting):
        ahead = waiting[:n]
        found = [
            place
            for line in np.flatnonzero(floor.can[op, :, WORK] >= 0).tolist()
            for soon in [int(until[line])]
            for place in [tried(floor, op, line, _first_place(floor, _row(floor, op, line), op, soon, ahead), soon)]
            if place is not None
        ]
        if not found:
            raise PlanError(f"job {jobs['job_id'][op]}: no line can take it today; move it to another day")
        best = min(found, key=lambda place: (place.end, place.change_cny))
        row = _row(floor, op, best.line)
        soon = int(until[best.line])
        put(floor, op, row, _first_place(floor, row, op, soon, ahead), soon)
        resettle(floor.ints, floor.reals)


def _first_place(floor: Floor, row: int, op: int, frozen_until: int, ahead: Sequence[int]) -> int:
    """Return the first place of a row for an operation, after what is frozen and after those `ahead` of it."""
    place = place_at(floor, row, op, frozen_until)
    others = [other for other in floor.order[row, : int(floor.row[row, SIZE])].tolist() if other != op]
    while place < len(others) and others[place] in ahead:
        place += 1
    return place


def put(floor: Floor, op: int, row: int, place: int, hold: int) -> None:
    """Put an operation at a place of a row, not to start before `hold`; place: counted without the operation.

    The floor is to be settled after it.
    """
    rows = [floor.order[n, : int(floor.row[n, SIZE])].tolist() for n in range(floor.row.shape[0])]
    own = int(floor.op[op, ROW])
    if own >= 0:
        rows[own].remove(op)
    rows[row].insert(place, op)
    for number in {own, row} - {-1}:
        floor.order[number, : len(rows[number])] = rows[number]
        floor.row[number, SIZE] = len(rows[number])
        for at, other in enumerate(rows[number]):
            floor.op[other, ROW], floor.op[other, PLACE] = number, at
    floor.op[op, HOLD] = hold


def place_at(floor: Floor, row: int, op: int, start: int) -> int:
    """Return the place of a row before the first operation that starts at `start` or later, without `op` itself."""
    place = 0
    for other in floor.order[row, : int(floor.row[row, SIZE])].tolist():
        if other != op:
            if floor.op[other, START] >= start:
                break
            place += 1
    return place


def tried(floor: Floor, op: int, line: int, place: int, hold: int = 0) -> Place | None:
    """Return what comes of an operation at a place of a line, and leave the floor as it was; None where it fits not.

    place: counted without the operation. A floor's operation that is in no row cannot be tried: put it there first.
    """
    row, own = int(_row(floor, op, line)), int(floor.op[op, ROW])
    if own < 0:
        return _tried_new(floor, op, line, place, hold)
    before = int(floor.op[op, HOLD])
    edit = np.zeros(EDIT_WIDTH, dtype=np.int64)
    edit[KIND], edit[ROW_A], edit[PLACE_A], edit[COUNT] = MOVE, own, floor.op[op, PLACE], 1
    edit[ROW_B], edit[PLACE_B], edit[OTHER_HOLD] = row, place, 0
    floor.op[op, HOLD] = hold
    apply(floor.ints, edit)
    change = float(settle(floor.ints, floor.reals, np.inf))
    found = _place(floor, op, line, change)
    take_back(floor.ints, edit)
    restore(floor.ints, floor.reals)
    floor.op[op, HOLD] = before
    return found


def _tried_new(floor: Floor, op: int, line: int, place: int, hold: int) -> Place | None:
    trial = floor.copy()
    put(trial, op, int(_row(floor, op, line)), place, hold)
    change = float(resettle(trial.ints, trial.reals)) - floor.cost_cny()
    return _place(trial, op, line, change)


def _place(floor: Floor, op: int, line: int, change_cny: float) -> Place | None:
    if floor.op[op, START] < 0:
        return None
    begin, start, end = (int(floor.op[op, column]) for column in (BEGIN, START, END))
    return Place(line, begin, start, end, change_cny)


def _row(floor: Floor, op: int, line: int) -> int:
    return int(floor.row_of[line, floor.op[op, LEVEL]])


def _row_for(laid: Laid, floor: Floor, op: int, line: int) -> int:
    """Return the row of an operation on a line; raises PlanError when the line cannot make it."""
    if floor.can[op, line, WORK] < 0:
        center, job = laid.day.park.work_centers[line], laid.day.jobs.row(op, named=True)
        if job["segment_id"] not in center.segment_ids:
            why = f"it does {', '.join(center.segment_ids)}, not {job['segment_id']}"
        else:
            why = f"it takes lots of {center.lot_min} to {center.lot_max}, this is one of {job['quantity']}"
        raise PlanError(f"job {job['job_id']}: line {center.id} cannot make it: {why}; choose another line")
    return _row(floor, op, line)


def _refuse_frozen(laid: Laid, floor: Floor, op: int, frozen_until: int) -> None:
    if floor.op[op, START] >= 0 and (why := _why_frozen(laid, floor, op, frozen_until)):
        raise PlanError(f"job {laid.day.jobs['job_id'][op]}: {why}")


def _why_frozen(laid: Laid, floor: Floor, op: int, frozen_until: int) -> str:
    """Return why an operation that has a place stays where it is; empty when it may move."""
    line = int(floor.row[floor.op[op, ROW], LINE])
    stands, until = int(laid.stands[line]), int(laid.frozen(frozen_until)[line])
    begin = int(floor.op[op, BEGIN])
    passed_over = begin < stands
    found = {
        "is done; choose one that has not begun": laid.done[op],
        "has begun; choose one that has not begun": laid.begun[op],
        "runs, is done, or begins too soon to be moved; choose one that begins later": begin < frozen_until,
        f"line {laid.day.park.work_centers[line].id} is ahead of its plan and takes it soon; choose one that it is to"
        f" begin after {datetime.fromtimestamp(until / 1000, laid.day.park.zone):%Y-%m-%d %H:%M}": (
            begin < until and not passed_over
        ),
    }
    return next((why for why, holds in found.items() if holds), "")
