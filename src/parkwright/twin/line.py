"""Serial lines as a kernel without a clock of its own: it handles every event up to an instant, and returns.

Rules, each with its known answer in the tests:
- blocking after service: a finished unit keeps its place until the next station takes it; 0 waiting places are allowed;
- failures count running time only (operation-dependent); the units in work wait for the repair, then go on;
- a rejected unit is scrapped, or worked on again at once in the same place;
- a line takes a new unit, and begins a changeover, only in working time, and finishes what is inside;
- at equal times lines go first, then failures and repairs, then the work that was begun earlier.
"""

from __future__ import annotations

import math
from typing import NamedTuple

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
    Ints,
    Layout,
    Log,
    Reals,
    State,
    log_margin,
)
from parkwright.twin.random import exponential, lognormal, uniform

_FINISH, _FAILURE, _REPAIR = range(3)
_FREE, _WORKING, _BLOCKED = range(3)


class Seen(NamedTuple):
    """What lines did in a stretch of time; rows as in `layout.Log`, in the order of the events."""

    passage: Ints
    passage_at: Reals
    state: Ints
    state_at: Reals
    assembly: Ints
    assembly_at: Reals
    start: Ints
    start_at: Reals
    response: Ints
    response_at: Reals


def advance(layout: Layout, state: State, log: Log, until: float) -> list[Seen]:
    """Move `state` on to `until` [s of the day] and return what happened, in pieces in order of time.

    advance(a) then advance(b) leaves the same bits as advance(b). `log` is working memory (layout.empty_log).
    """
    seen = []
    while True:
        done = _run(layout, state, log, until, len(log.passage) - log_margin(layout))
        passages, states, assemblies, starts, responses = (int(n) for n in log.rows)
        seen.append(
            Seen(
                log.passage[:passages].copy(), log.passage_at[:passages].copy(),
                log.state[:states].copy(), log.state_at[:states].copy(),
                log.assembly[:assemblies].copy(), log.assembly_at[:assemblies].copy(),
                log.start[:starts].copy(), log.start_at[:starts].copy(),
                log.response[:responses].copy(), log.response_at[:responses].copy(),
            )
        )  # fmt: skip
        log.rows[:] = 0
        if done:
            return seen


@compiled
def _run(layout: Layout, state: State, log: Log, until: float, room: int) -> bool:
    # Every event with time <= until; False when the log has to be taken away first.
    while _has_room(log, room):
        line, station, at = _earliest(layout, state)
        if at > until:
            state.clock[0] = until
            return True
        state.clock[0] = at
        woken = line >= 0
        if woken:
            _start_units(layout, state, log, line, at)
        else:
            line = layout.station_line[station]
            what = state.next_what[station]
            if what == _FINISH:
                _finish(layout, state, log, station, at)
            elif what == _FAILURE:
                _fail(layout, state, station, at)
            else:
                _repair(layout, state, log, station, at)
        _log_states(layout, state, log, line, at)
        if woken or state.line_wake[line] > at:
            state.line_wake[line] = _next_wake(layout, state, line, at)
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
    for i in range(len(state.line_wake)):
        if state.line_wake[i] < at:
            line, at = i, state.line_wake[i]
    for i in range(len(state.next_at)):
        if state.next_at[i] < at or (station >= 0 and state.next_at[i] == at and state.next_order[i] < order):
            line, station, at, order = -1, i, state.next_at[i], state.next_order[i]
    return line, station, at


@compiled
def _in_working_time(layout: Layout, at: float) -> bool:
    working = False
    for i in range(len(layout.working_time)):
        if layout.working_time[i, 0] <= at < layout.working_time[i, 1]:
            working = True
    return working


@compiled
def _next_wake(layout: Layout, state: State, line: int, at: float) -> float:
    # The next instant at which working time, a changeover or the release of a job changes what the line may do.
    wake = math.inf
    for i in range(len(layout.working_time)):
        for j in range(2):
            if at < layout.working_time[i, j] < wake:
                wake = layout.working_time[i, j]
    if at < state.line_setup_until[line] < wake:
        wake = state.line_setup_until[line]
    job = state.line_job[line]
    if job >= 0 and at < state.job_at[job] < wake:
        wake = state.job_at[job]
    return wake


@compiled
def _start_units(layout: Layout, state: State, log: Log, line: int, at: float) -> None:
    # Fill the free places of the line's first station from its queue of jobs.
    head = layout.line_first[line]
    state.line_waits[line] = 0
    while state.line_job[line] >= 0 and _in_working_time(layout, at) and state.down[head] == 0:
        job = state.line_job[line]
        place = _free_place(layout, state, head)
        if place < 0 or at < state.job_at[job] or at < state.line_setup_until[line]:
            return
        if state.job_is_set_up[job] == 0:
            if state.job_setup_s[job] > 0.0:
                if state.working[head] + state.blocked[head] > 0:
                    return
                state.line_setup_until[line] = at + state.job_setup_s[job]
            state.job_is_set_up[job] = 1
            if state.job_setup_s[job] > 0.0:
                return
        product = state.job_product[job]
        if not _boards_there(layout, state, product):
            state.line_waits[line] = 1
            return
        state.line_units[line] += 1
        unit = line * UNITS_PER_LINE + state.line_units[line]
        _take_boards(layout, state, log, job, unit, at)
        row = log.rows[3]
        log.start[row, 0], log.start[row, 1], log.start[row, 2] = unit, job, line
        log.start_at[row] = at
        log.rows[3] = row + 1
        if state.job_started[job] == 0:
            state.job_first[job] = at
        state.job_started[job] += 1
        state.line_inside[line] += 1
        _work(layout, state, head, place, unit, job, at)
        _plan_next(layout, state, head)
        if state.job_started[job] == state.job_quantity[job]:
            state.line_job[line] = state.job_next[job]


@compiled
def _boards_there(layout: Layout, state: State, product: int) -> bool:
    for i in range(layout.need_first[product], layout.need_first[product + 1]):
        board = layout.need_product[i]
        if state.stock_tail[board] - state.stock_head[board] < layout.need_count[i]:
            return False
    return True


@compiled
def _take_boards(layout: Layout, state: State, log: Log, job: int, unit: int, at: float) -> None:
    product = state.job_product[job]
    for i in range(layout.need_first[product], layout.need_first[product + 1]):
        board = layout.need_product[i]
        for piece in range(layout.need_count[i]):
            row = log.rows[2]
            log.assembly[row, 0] = unit
            log.assembly[row, 1] = state.stock_unit[board, state.stock_head[board]]
            log.assembly[row, 2] = board
            log.assembly[row, 3] = piece
            log.assembly[row, 4] = job
            log.assembly_at[row] = at
            log.rows[2] = row + 1
            state.stock_head[board] += 1


@compiled
def _free_place(layout: Layout, state: State, station: int) -> int:
    if state.working[station] + state.blocked[station] == layout.places[station]:
        return -1
    first = layout.place_first[station]
    for place in range(first, first + layout.places[station]):
        if state.place_what[place] == _FREE:
            return place
    return -1


@compiled
def _draw(layout: Layout, state: State, station: int, purpose: int) -> int:
    n: int = state.uses[station, purpose]
    state.uses[station, purpose] = n + 1
    return n


@compiled
def _work(layout: Layout, state: State, station: int, place: int, unit: int, job: int, at: float) -> None:
    # Begin to work on a unit in a free place.
    key = layout.key[station, 0]
    n = _draw(layout, state, station, 0)
    mean = layout.cycle_s[station] * state.job_factor[job]
    if layout.exponential[station] == 1:
        cycle = exponential(key[0], key[1], n, mean)
    else:
        cycle = lognormal(key[0], key[1], n, mean, layout.cycle_cv[station])
    state.sequence[0] += 1
    state.place_what[place] = _WORKING
    state.place_order[place] = state.sequence[0]
    state.place_start[place] = at
    state.place_finish[place] = at + cycle
    state.place_unit[place] = unit
    state.place_job[place] = job
    if state.working[station] == 0:
        state.life_since[station] = at
        if layout.mtbf_s[station] > 0.0 and state.life_s[station] < 0.0:
            state.life_s[station] = _new_life(layout, state, station)
    state.working[station] += 1


@compiled
def _new_life(layout: Layout, state: State, station: int) -> float:
    key = layout.key[station, 1]
    return exponential(key[0], key[1], _draw(layout, state, station, 1), layout.mtbf_s[station])


@compiled
def _stop(layout: Layout, state: State, station: int, at: float) -> None:
    # One place fewer is working.
    state.working[station] -= 1
    if state.working[station] == 0 and layout.mtbf_s[station] > 0.0:
        state.life_s[station] = max(0.0, state.life_s[station] - (at - state.life_since[station]))


@compiled
def _plan_next(layout: Layout, state: State, station: int) -> None:
    # The station's own next event.
    state.next_at[station] = math.inf
    if state.down[station] == 1:
        state.next_at[station] = state.repair_at[station]
        state.next_what[station] = _REPAIR
        state.next_order[station] = 0
        return
    if state.working[station] == 0:
        return
    first = layout.place_first[station]
    at, order = math.inf, 0
    for place in range(first, first + layout.places[station]):
        if state.place_what[place] == _WORKING:
            finish = state.place_finish[place]
            if finish < at or (finish == at and state.place_order[place] < order):
                at, order = finish, state.place_order[place]
    state.next_at[station], state.next_order[station], state.next_what[station] = at, order, _FINISH
    if layout.mtbf_s[station] > 0.0:
        failure = state.life_since[station] + state.life_s[station]
        if failure < at:
            state.next_at[station], state.next_order[station], state.next_what[station] = failure, 0, _FAILURE


@compiled
def _log_passage(state: State, log: Log, station: int, place: int, at: float, result: int) -> None:
    row = log.rows[0]
    log.passage[row, 0] = state.place_unit[place]
    log.passage[row, 1] = state.place_job[place]
    log.passage[row, 2] = station
    log.passage[row, 3] = result
    log.passage_at[row, 0] = state.place_start[place]
    log.passage_at[row, 1] = at
    log.rows[0] = row + 1


@compiled
def _finish(layout: Layout, state: State, log: Log, station: int, at: float) -> None:
    # The earliest unit in work at the station is done: rejected, passed on, blocked, or out of the line.
    place = _earliest_place(layout, state, station, _WORKING)
    result = _judge(layout, state, station)
    if result == FAIL:
        _log_passage(state, log, station, place, at, FAIL)
        unit, job = state.place_unit[place], state.place_job[place]
        _stop(layout, state, station, at)
        _work(layout, state, station, place, unit, job, at)
        _plan_next(layout, state, station)
        return
    _stop(layout, state, station, at)
    if result == SCRAP or station == layout.line_last[layout.station_line[station]]:
        _leave(layout, state, log, station, place, at, result)
    elif not _pass_on(layout, state, log, station, place, at):
        state.sequence[0] += 1
        state.place_what[place] = _BLOCKED
        state.place_order[place] = state.sequence[0]
        state.blocked[station] += 1
    _plan_next(layout, state, station)
    if state.place_what[place] == _FREE:
        _pull(layout, state, log, station, at)


@compiled
def _earliest_place(layout: Layout, state: State, station: int, what: int) -> int:
    # Among the places in `what`: the one that finishes first (working) or was blocked first (blocked).
    first = layout.place_first[station]
    best = -1
    for place in range(first, first + layout.places[station]):
        if state.place_what[place] != what:
            continue
        if best < 0:
            best = place
        elif what == _WORKING and state.place_finish[place] != state.place_finish[best]:
            if state.place_finish[place] < state.place_finish[best]:
                best = place
        elif state.place_order[place] < state.place_order[best]:
            best = place
    return best


@compiled
def _judge(layout: Layout, state: State, station: int) -> int:
    if layout.fail_share[station] <= 0.0:
        return OK
    key = layout.key[station, 3]
    if uniform(key[0], key[1], _draw(layout, state, station, 3)) >= layout.fail_share[station]:
        return OK
    if uniform(key[0], key[1], _draw(layout, state, station, 3)) < layout.scrap_share[station]:
        return SCRAP
    return FAIL


@compiled
def _leave(layout: Layout, state: State, log: Log, station: int, place: int, at: float, result: int) -> None:
    # A unit leaves the line, good or scrapped.
    _log_passage(state, log, station, place, at, result)
    state.place_what[place] = _FREE
    line, job = layout.station_line[station], state.place_job[place]
    state.line_inside[line] -= 1
    if result == SCRAP:
        state.job_scrapped[job] += 1
    else:
        state.job_good[job] += 1
        state.line_good[line] += 1
        board = state.job_product[job]
        if layout.is_board[board] == 1:
            state.stock_unit[board, state.stock_tail[board]] = state.place_unit[place]
            state.stock_tail[board] += 1
            for other in range(len(state.line_waits)):
                if state.line_waits[other] == 1:
                    state.line_wake[other] = at
    if state.job_good[job] + state.job_scrapped[job] == state.job_quantity[job]:
        log.response[log.rows[4]] = job
        log.response_at[log.rows[4]] = at
        log.rows[4] += 1


@compiled
def _pass_on(layout: Layout, state: State, log: Log, station: int, place: int, at: float) -> bool:
    # Give the unit in `place` to the next station: straight into work, or into its waiting places.
    following = station + 1
    free = -1
    if state.down[following] == 0 and state.buffer_count[following] == 0:
        free = _free_place(layout, state, following)
    if free < 0 and state.buffer_count[following] == layout.buffer[following]:
        return False
    _log_passage(state, log, station, place, at, OK)
    unit, job = state.place_unit[place], state.place_job[place]
    if state.place_what[place] == _BLOCKED:
        state.blocked[station] -= 1
    state.place_what[place] = _FREE
    if free >= 0:
        _work(layout, state, following, free, unit, job, at)
        _plan_next(layout, state, following)
    else:
        slot = (state.buffer_head[following] + state.buffer_count[following]) % layout.buffer[following]
        state.buffer_unit[layout.buffer_first[following] + slot] = unit
        state.buffer_job[layout.buffer_first[following] + slot] = job
        state.buffer_count[following] += 1
    return True


@compiled
def _pull(layout: Layout, state: State, log: Log, station: int, at: float) -> None:
    # Places came free at `station`: take in what waits, and so on upstream as long as places come free there.
    first = layout.line_first[layout.station_line[station]]
    moved = True
    while moved:
        moved = _take_in(layout, state, log, station, first, at)
        if station == first:
            _start_units(layout, state, log, layout.station_line[station], at)
            return
        station -= 1


@compiled
def _take_in(layout: Layout, state: State, log: Log, station: int, first: int, at: float) -> bool:
    # Fill places from the waiting places, and those from blocked units upstream; True when a place upstream came free.
    moved = False
    going = station > first
    while going:
        going = False
        if state.buffer_count[station] > 0 and state.down[station] == 0:
            place = _free_place(layout, state, station)
            if place >= 0:
                slot = layout.buffer_first[station] + state.buffer_head[station]
                state.buffer_head[station] = (state.buffer_head[station] + 1) % layout.buffer[station]
                state.buffer_count[station] -= 1
                _work(layout, state, station, place, state.buffer_unit[slot], state.buffer_job[slot], at)
                going = True
        if state.blocked[station - 1] > 0:
            place = _earliest_place(layout, state, station - 1, _BLOCKED)
            if _pass_on(layout, state, log, station - 1, place, at):
                moved = going = True
    _plan_next(layout, state, station)
    return moved


@compiled
def _fail(layout: Layout, state: State, station: int, at: float) -> None:
    key = layout.key[station, 2]
    repair = exponential(key[0], key[1], _draw(layout, state, station, 2), layout.mttr_s[station])
    state.down[station] = 1
    state.life_s[station] = 0.0
    state.repair_at[station] = at + repair
    first = layout.place_first[station]
    for place in range(first, first + layout.places[station]):
        if state.place_what[place] == _WORKING:
            state.place_finish[place] += repair
    _plan_next(layout, state, station)


@compiled
def _repair(layout: Layout, state: State, log: Log, station: int, at: float) -> None:
    state.down[station] = 0
    state.life_s[station] = _new_life(layout, state, station)
    state.life_since[station] = at
    _plan_next(layout, state, station)
    _pull(layout, state, log, station, at)


@compiled
def _log_states(layout: Layout, state: State, log: Log, line: int, at: float) -> None:
    # Write the state that ended at each station of the line whose state changed.
    changing = at < state.line_setup_until[line]
    has_work = state.line_job[line] >= 0 or state.line_inside[line] > 0
    is_on = _in_working_time(layout, at) or state.line_inside[line] > 0 or changing
    for station in range(layout.line_first[line], layout.line_last[line] + 1):
        if state.down[station] == 1:
            code = DOWN
        elif state.working[station] > 0:
            code = RUN
        elif state.blocked[station] > 0:
            code = BLOCKED
        elif changing and station == layout.line_first[line]:
            code = SETUP
        elif not is_on:
            code = OFF
        else:
            code = STARVED if has_work else IDLE
        if code != state.code[station]:
            _close_state(state, log, station, at)
            state.code[station] = code


@compiled
def _close_state(state: State, log: Log, station: int, at: float) -> None:
    if at > state.code_since[station]:
        row = log.rows[1]
        log.state[row, 0], log.state[row, 1] = station, state.code[station]
        log.state_at[row, 0], log.state_at[row, 1] = state.code_since[station], at
        log.rows[1] = row + 1
    state.code_since[station] = at
