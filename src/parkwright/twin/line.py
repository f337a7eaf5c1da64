"""Serial lines as a kernel without a clock of its own: it handles every event up to an instant, and returns.

Rules, each with its known answer in the tests:
- blocking after service: a finished unit keeps its place until the next station takes it; 0 waiting places are allowed;
- failures count running time only (operation-dependent); the units in work wait for the repair, then go on;
- a rejected unit is scrapped, or worked on again at once in the same place;
- a line with room takes in a run of alike jobs at once, whole, when it is empty, and lets all of it out at once;
- a line takes a new unit, and begins a changeover, only in its working time, and finishes what is inside;
- at equal times lines go first, then failures and repairs, then the work that was begun earlier.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from parkwright.twin.compiled import compiled
from parkwright.twin.layout import (
    BLOCKED,
    DOWN,
    FAIL,
    IDLE,
    OFF,
    OK,
    RUN,
    SCRAP,
    SETUP,
    STARVED,
    UNITS_PER_LINE,
    Layout,
    Log,
    Rows,
    State,
    log_margin,
)
from parkwright.twin.station import (
    FAILURE,
    FINISH,
    FREE,
    HELD,
    WORKING,
    break_down,
    earliest_place,
    free_place,
    judge,
    log_passage,
    new_life,
    plan_next,
    stop,
    work,
)


class Seen(NamedTuple):
    """What lines did in a stretch of time: the rows of `layout.Log`, in the order of the events."""

    passage: Rows
    state: Rows
    assembly: Rows
    start: Rows
    response: Rows


def advance(layout: Layout, state: State, log: Log, until: float) -> Seen:
    """Move `state` on to `until` [s of the day] and return what happened.

    advance(a) then advance(b) leaves the same bits as advance(b). `log` is working memory (layout.empty_log).
    """
    pieces = []
    done = False
    while not done:
        done = _run(layout, state, log, until, len(log.passage) - log_margin(layout))
        pieces.append([kind[:rows].copy() for kind, rows in zip(log[1:], log.rows.tolist(), strict=True)])
        log.rows[:] = 0
    if len(pieces) == 1:
        return Seen(*pieces[0])
    return Seen(*(np.concatenate(kind) for kind in zip(*pieces, strict=True)))


@compiled
def _run(layout: Layout, state: State, log: Log, until: float, room: int) -> bool:
    # Every event with time <= until; False when the log has to be taken away first.
    while _has_room(log, room):
        line, station, at = _earliest(layout, state)
        if at > until:
            state.now[0].clock = until
            return True
        state.now[0].clock = at
        woken = line >= 0
        if woken:
            _start_units(layout, state, log, line, at)
        else:
            line = layout.station[station].line
            what = state.station[station].next_what
            if what == FINISH:
                _finish(layout, state, log, station, at)
            elif what == FAILURE:
                break_down(layout, state, station, at)
            else:
                _repair(layout, state, log, station, at)
        _log_states(layout, state, log, line, at)
        if woken or state.line[line].wake > at:
            state.line[line].wake = _next_wake(layout, state, line, at)
    return False


@compiled
def _has_room(log: Log, room: int) -> bool:
    most = 0
    for kind in range(len(log.rows)):
        most = max(most, log.rows[kind])
    return most < room


@compiled
def _earliest(layout: Layout, state: State) -> tuple[int, int, float]:
    line, station, at, order = -1, -1, math.inf, 0
    for i in range(len(state.line)):
        if state.line[i].wake < at:
            line, at = i, state.line[i].wake
    for i in range(len(state.station)):
        if state.station[i].next_at < at or (
            station >= 0 and state.station[i].next_at == at and state.station[i].next_order < order
        ):
            line, station, at, order = -1, i, state.station[i].next_at, state.station[i].next_order
    return line, station, at


@compiled
def _in_working_time(layout: Layout, line: int, at: float) -> bool:
    working = False
    for i in range(layout.working_time.shape[1]):
        if layout.working_time[line, i, 0] <= at < layout.working_time[line, i, 1]:
            working = True
    return working


@compiled
def _takes_units(layout: Layout, state: State, line: int, at: float) -> bool:
    # A job that may not pause is finished once it has begun.
    job = state.line[line].job
    if job >= 0 and state.job[job].whole == 1 and state.job[job].started > 0:
        return True
    return _in_working_time(layout, line, at) and at >= state.line[line].out_until


@compiled
def _next_wake(layout: Layout, state: State, line: int, at: float) -> float:
    # The next instant at which working time, a changeover, the end of an outage or the release of a job changes what
    # the line may do.
    wake = math.inf
    for i in range(layout.working_time.shape[1]):
        for j in range(2):
            if at < layout.working_time[line, i, j] < wake:
                wake = layout.working_time[line, i, j]
    if at < state.line[line].setup_until < wake:
        wake = state.line[line].setup_until
    if at < state.line[line].out_until < wake:
        wake = state.line[line].out_until
    job = state.line[line].job
    if job >= 0 and at < state.job[job].at < wake:
        wake = state.job[job].at
    return wake


@compiled
def _start_units(layout: Layout, state: State, log: Log, line: int, at: float) -> None:
    # Fill the free places of the line's first station from its queue of jobs.
    head = layout.line[line].first
    state.line[line].waits = 0
    while state.line[line].job >= 0 and _takes_units(layout, state, line, at) and state.station[head].down == 0:
        job = state.line[line].job
        place = free_place(layout, state, head)
        if place < 0 or not _is_set_up(state, line, head, job, at):
            return
        if layout.line[line].room > 0:
            _start_run(layout, state, log, line, at)
            return
        if not _boards_there(layout, state, state.job[job].product, 1):
            state.line[line].waits = 1
            return
        _start_unit(layout, state, log, line, place, at)
        plan_next(layout, state, head)


@compiled
def _is_set_up(state: State, line: int, head: int, job: int, at: float) -> bool:
    # Whether the line is ready for the job; a changeover begins once the first station is empty.
    if at < state.job[job].at or at < state.line[line].setup_until:
        return False
    if state.job[job].is_set_up == 1:
        return True
    if state.job[job].setup_s > 0.0:
        if state.station[head].working + state.station[head].blocked > 0:
            return False
        state.line[line].setup_until = at + state.job[job].setup_s
    state.job[job].is_set_up = 1
    ready: bool = state.job[job].setup_s <= 0.0
    return ready


@compiled
def _start_run(layout: Layout, state: State, log: Log, line: int, at: float) -> None:
    # Take in the first job in the queue and those behind it that are alike and find room and boards, all at once.
    head = layout.line[line].first
    if state.station[head].working + state.station[head].blocked > 0:
        return
    first, left, finish = state.line[line].job, layout.line[line].room, 0.0
    job = first
    while job >= 0 and state.job[job].quantity <= left and _are_alike(state, first, job):
        if at < state.job[job].at or not _boards_there(layout, state, state.job[job].product, state.job[job].quantity):
            break
        state.job[job].is_set_up = 1
        for _ in range(state.job[job].quantity):
            place = free_place(layout, state, head)
            _start_unit(layout, state, log, line, place, at)
            if left == layout.line[line].room:
                finish = state.place[place].finish
            state.place[place].finish = finish
            left -= 1
        job = state.line[line].job
    state.line[line].waits = 1 if left == layout.line[line].room else 0
    plan_next(layout, state, head)


@compiled
def _are_alike(state: State, one: int, other: int) -> bool:
    a, b = state.job[one], state.job[other]
    return bool(a.family == b.family) and bool(a.factor == b.factor)


@compiled
def _start_unit(layout: Layout, state: State, log: Log, line: int, place: int, at: float) -> None:
    # Begin the next unit of the line's first job in a free place of its first station.
    job = state.line[line].job
    state.line[line].units += 1
    unit = line * UNITS_PER_LINE + state.line[line].units
    _take_boards(layout, state, log, job, unit, at)
    row = log.rows[3]
    log.start[row].unit, log.start[row].job, log.start[row].line, log.start[row].at = unit, job, line, at
    log.rows[3] = row + 1
    if state.job[job].started == 0:
        state.job[job].first = at
    state.job[job].started += 1
    state.line[line].inside += 1
    work(layout, state, layout.line[line].first, place, unit, job, at)
    if state.job[job].started == state.job[job].quantity:
        state.line[line].job = state.job[job].next


@compiled
def _boards_there(layout: Layout, state: State, product: int, units: int) -> bool:
    for i in range(layout.product[product].need_first, layout.product[product].need_end):
        board = layout.need[i].product
        if state.product[board].stock_tail - state.product[board].stock_head < layout.need[i].count * units:
            return False
    return True


@compiled
def _take_boards(layout: Layout, state: State, log: Log, job: int, unit: int, at: float) -> None:
    product = state.job[job].product
    for i in range(layout.product[product].need_first, layout.product[product].need_end):
        board = layout.need[i].product
        for piece in range(layout.need[i].count):
            row = log.rows[2]
            log.assembly[row].unit = unit
            log.assembly[row].component = state.stock_unit[board, state.product[board].stock_head]
            log.assembly[row].board = board
            log.assembly[row].piece = piece
            log.assembly[row].job = job
            log.assembly[row].at = at
            log.rows[2] = row + 1
            state.product[board].stock_head += 1


@compiled
def _finish(layout: Layout, state: State, log: Log, station: int, at: float) -> None:
    # The earliest unit in work at the station is done: rejected, passed on, blocked, or out of the line.
    place = earliest_place(layout, state, station, WORKING)
    result = judge(layout, state, station)
    if result == FAIL:
        log_passage(state, log, station, place, at, FAIL)
        unit, job = state.place[place].unit, state.place[place].job
        stop(layout, state, station, at)
        work(layout, state, station, place, unit, job, at)
        plan_next(layout, state, station)
        return
    stop(layout, state, station, at)
    if result == SCRAP or station == layout.line[layout.station[station].line].last:
        _leave(layout, state, log, station, place, at, result)
    elif not _pass_on(layout, state, log, station, place, at):
        state.now[0].sequence += 1
        state.place[place].what = HELD
        state.place[place].order = state.now[0].sequence
        state.station[station].blocked += 1
    plan_next(layout, state, station)
    if state.place[place].what == FREE:
        _pull(layout, state, log, station, at)


@compiled
def _leave(layout: Layout, state: State, log: Log, station: int, place: int, at: float, result: int) -> None:
    # A unit leaves the line, good or scrapped.
    log_passage(state, log, station, place, at, result)
    state.place[place].what = FREE
    line, job = layout.station[station].line, state.place[place].job
    state.line[line].inside -= 1
    if result == SCRAP:
        state.job[job].scrapped += 1
    else:
        state.job[job].good += 1
        state.line[line].good += 1
        board = state.job[job].product
        if layout.product[board].is_board == 1:
            state.stock_unit[board, state.product[board].stock_tail] = state.place[place].unit
            state.product[board].stock_tail += 1
            for other in range(len(state.line)):
                if state.line[other].waits == 1:
                    state.line[other].wake = at
    if state.job[job].good + state.job[job].scrapped == state.job[job].quantity:
        log.response[log.rows[4]].job = job
        log.response[log.rows[4]].at = at
        log.rows[4] += 1


@compiled
def _pass_on(layout: Layout, state: State, log: Log, station: int, place: int, at: float) -> bool:
    # Give the unit in `place` to the next station: straight into work, or into its waiting places.
    following = station + 1
    free = -1
    if state.station[following].down == 0 and state.station[following].waiting == 0:
        free = free_place(layout, state, following)
    if free < 0 and state.station[following].waiting == layout.station[following].buffer:
        return False
    log_passage(state, log, station, place, at, OK)
    unit, job = state.place[place].unit, state.place[place].job
    if state.place[place].what == HELD:
        state.station[station].blocked -= 1
    state.place[place].what = FREE
    if free >= 0:
        work(layout, state, following, free, unit, job, at)
        plan_next(layout, state, following)
    else:
        slot = (state.station[following].head + state.station[following].waiting) % layout.station[following].buffer
        state.slot[layout.station[following].buffer_first + slot].unit = unit
        state.slot[layout.station[following].buffer_first + slot].job = job
        state.station[following].waiting += 1
    return True


@compiled
def _pull(layout: Layout, state: State, log: Log, station: int, at: float) -> None:
    # Places came free at `station`: take in what waits, and so on upstream as long as places come free there.
    first = layout.line[layout.station[station].line].first
    moved = True
    while moved:
        moved = _take_in(layout, state, log, station, first, at)
        if station == first:
            _start_units(layout, state, log, layout.station[station].line, at)
            return
        station -= 1


@compiled
def _take_in(layout: Layout, state: State, log: Log, station: int, first: int, at: float) -> bool:
    # Fill places from the waiting places, and those from blocked units upstream; True when a place upstream came free.
    moved = False
    going = station > first
    while going:
        going = False
        if state.station[station].waiting > 0 and state.station[station].down == 0:
            place = free_place(layout, state, station)
            if place >= 0:
                slot = layout.station[station].buffer_first + state.station[station].head
                state.station[station].head = (state.station[station].head + 1) % layout.station[station].buffer
                state.station[station].waiting -= 1
                work(layout, state, station, place, state.slot[slot].unit, state.slot[slot].job, at)
                going = True
        if state.station[station - 1].blocked > 0:
            place = earliest_place(layout, state, station - 1, HELD)
            if _pass_on(layout, state, log, station - 1, place, at):
                moved = going = True
    plan_next(layout, state, station)
    return moved


@compiled
def _repair(layout: Layout, state: State, log: Log, station: int, at: float) -> None:
    state.station[station].down = 0
    state.station[station].life_s = new_life(layout, state, station)
    state.station[station].life_since = at
    plan_next(layout, state, station)
    _pull(layout, state, log, station, at)


@compiled
def _log_states(layout: Layout, state: State, log: Log, line: int, at: float) -> None:
    # Write the state that ended at each station of the line whose state changed.
    changing = at < state.line[line].setup_until
    has_work = state.line[line].job >= 0 or state.line[line].inside > 0
    is_on = _takes_units(layout, state, line, at) or state.line[line].inside > 0 or changing
    for station in range(layout.line[line].first, layout.line[line].last + 1):
        if state.station[station].down == 1:
            code = DOWN
        elif state.station[station].working > 0:
            code = RUN
        elif state.station[station].blocked > 0:
            code = BLOCKED
        elif changing and station == layout.line[line].first:
            code = SETUP
        elif not is_on:
            code = OFF
        else:
            code = STARVED if has_work else IDLE
        if code != state.station[station].code:
            _close_state(state, log, station, at)
            state.station[station].code = code


@compiled
def _close_state(state: State, log: Log, station: int, at: float) -> None:
    if at > state.station[station].code_since:
        row = log.rows[1]
        log.state[row].station, log.state[row].code = station, state.station[station].code
        log.state[row].start, log.state[row].end = state.station[station].code_since, at
        log.rows[1] = row + 1
    state.station[station].code_since = at
