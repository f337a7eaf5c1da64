"""A station in the kernel: its places, its work and repairs, its next event."""

from __future__ import annotations

import math

from parkwright.twin.compiled import compiled
from parkwright.twin.layout import FAIL, OK, SCRAP, Layout, Log, State
from parkwright.twin.random import exponential, lognormal, uniform

FINISH, FAILURE, REPAIR = range(3)
FREE, WORKING, HELD = range(3)


@compiled
def free_place(layout: Layout, state: State, station: int) -> int:
    """Return a free place of the station; -1 when all are taken."""
    if state.station[station].working + state.station[station].blocked == layout.station[station].places:
        return -1
    first = layout.station[station].place_first
    for place in range(first, first + layout.station[station].places):
        if state.place[place].what == FREE:
            return place
    return -1


@compiled
def draw(layout: Layout, state: State, station: int, purpose: int) -> int:
    """Return the number of the next draw of a station for a purpose, and count it."""
    n: int = state.uses[station, purpose]
    state.uses[station, purpose] = n + 1
    return n


@compiled
def work(layout: Layout, state: State, station: int, place: int, unit: int, job: int, at: float) -> None:
    """Begin to work on a unit in a free place."""
    key = layout.key[station, 0]
    n = draw(layout, state, station, 0)
    mean = layout.station[station].cycle_s * state.job[job].factor
    if layout.station[station].exponential == 1:
        cycle = exponential(key[0], key[1], n, mean)
    else:
        cycle = lognormal(key[0], key[1], n, mean, layout.station[station].cycle_cv)
    state.now[0].sequence += 1
    state.place[place].what = WORKING
    state.place[place].order = state.now[0].sequence
    state.place[place].start = at
    state.place[place].finish = at + cycle
    state.place[place].unit = unit
    state.place[place].job = job
    if state.station[station].working == 0:
        state.station[station].life_since = at
        if layout.station[station].mtbf_s > 0.0 and state.station[station].life_s < 0.0:
            state.station[station].life_s = new_life(layout, state, station)
    state.station[station].working += 1


@compiled
def new_life(layout: Layout, state: State, station: int) -> float:
    """Return the running time to the next failure [s]."""
    key = layout.key[station, 1]
    return exponential(key[0], key[1], draw(layout, state, station, 1), layout.station[station].mtbf_s)


@compiled
def stop(layout: Layout, state: State, station: int, at: float) -> None:
    """Note that one place fewer is working: the station may cease to age."""
    state.station[station].working -= 1
    if state.station[station].working == 0 and layout.station[station].mtbf_s > 0.0:
        state.station[station].life_s = max(
            0.0, state.station[station].life_s - (at - state.station[station].life_since)
        )


@compiled
def plan_next(layout: Layout, state: State, station: int) -> None:
    """Find the station's own next event."""
    state.station[station].next_at = math.inf
    if state.station[station].down == 1:
        state.station[station].next_at = state.station[station].repair_at
        state.station[station].next_what = REPAIR
        state.station[station].next_order = 0
        return
    if state.station[station].working == 0:
        return
    first = layout.station[station].place_first
    at, order = math.inf, 0
    for place in range(first, first + layout.station[station].places):
        if state.place[place].what == WORKING:
            finish = state.place[place].finish
            if finish < at or (finish == at and state.place[place].order < order):
                at, order = finish, state.place[place].order
    state.station[station].next_at, state.station[station].next_order, state.station[station].next_what = (
        at,
        order,
        FINISH,
    )
    if layout.station[station].mtbf_s > 0.0:
        failure = state.station[station].life_since + state.station[station].life_s
        if failure < at:
            state.station[station].next_at, state.station[station].next_order, state.station[station].next_what = (
                failure,
                0,
                FAILURE,
            )


@compiled
def log_passage(state: State, log: Log, station: int, place: int, at: float, result: int) -> None:
    """Write that the unit in `place` leaves its place at `at`."""
    row = log.rows[0]
    log.passage[row].unit = state.place[place].unit
    log.passage[row].job = state.place[place].job
    log.passage[row].station = station
    log.passage[row].result = result
    log.passage[row].start = state.place[place].start
    log.passage[row].end = at
    log.rows[0] = row + 1


@compiled
def earliest_place(layout: Layout, state: State, station: int, what: int) -> int:
    """Return, of the places in `what`, the one that finishes first (working) or was blocked first; -1 when none is."""
    first = layout.station[station].place_first
    best = -1
    for place in range(first, first + layout.station[station].places):
        if state.place[place].what != what:
            continue
        if best < 0:
            best = place
        elif what == WORKING and state.place[place].finish != state.place[best].finish:
            if state.place[place].finish < state.place[best].finish:
                best = place
        elif state.place[place].order < state.place[best].order:
            best = place
    return best


@compiled
def judge(layout: Layout, state: State, station: int) -> int:
    """Return whether a finished unit is OK, a FAIL to be worked on again, or SCRAP."""
    if layout.station[station].fail_share <= 0.0:
        return OK
    key = layout.key[station, 3]
    if uniform(key[0], key[1], draw(layout, state, station, 3)) >= layout.station[station].fail_share:
        return OK
    if uniform(key[0], key[1], draw(layout, state, station, 3)) < layout.station[station].scrap_share:
        return SCRAP
    return FAIL


@compiled
def break_down(layout: Layout, state: State, station: int, at: float) -> None:
    """Break the station down: what is in work there waits for the repair."""
    key = layout.key[station, 2]
    repair = exponential(key[0], key[1], draw(layout, state, station, 2), layout.station[station].mttr_s)
    state.station[station].down = 1
    state.station[station].life_s = 0.0
    state.station[station].repair_at = at + repair
    first = layout.station[station].place_first
    for place in range(first, first + layout.station[station].places):
        if state.place[place].what == WORKING:
            state.place[place].finish += repair
    plan_next(layout, state, station)
