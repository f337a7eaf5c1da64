"""The lines as flat arrays: what stands (Layout), what moves (State) and what was seen (Log)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from parkwright.twin.random import stream

Ints = npt.NDArray[np.int64]
Reals = npt.NDArray[np.float64]

PURPOSES = ("cycle", "life", "repair", "verdict")
"""Purposes of a station's four streams, in the order of `Layout.key` and `State.uses`."""

STATE_NAMES = ("off", "idle", "setup", "run", "blocked", "starved", "down")
"""Names of the state codes of a station."""

OFF, IDLE, SETUP, RUN, BLOCKED, STARVED, DOWN = range(7)
OK, FAIL, SCRAP = range(3)
RESULT_NAMES = ("ok", "fail", "scrap")
"""Names of the result codes of a passage."""

UNITS_PER_LINE = 10_000_000
"""A unit is line * UNITS_PER_LINE + n; a unit of opening stock is -(product * UNITS_PER_LINE + n) - 1."""


@dataclass(frozen=True, slots=True)
class Station:
    """A station of a line: places worked at once, waiting places before it, and its random behaviour.

    cycle_s [s] is lognormal with coefficient of variation cycle_cv, or exponential. mtbf_s [s of running time] and
    mttr_s [s] are means of exponential draws; mtbf_s 0 never fails. fail_share of the units is rejected, and
    scrap_share of those leaves as scrap; the others are worked on again at once, in the same place.
    """

    id: str
    cycle_s: float
    cycle_cv: float = 0.0
    exponential: bool = False
    places: int = 1
    buffer: int = 0
    mtbf_s: float = 0.0
    mttr_s: float = 0.0
    fail_share: float = 0.0
    scrap_share: float = 0.0


class Layout(NamedTuple):
    """What does not change in a day: S stations in L lines, P products, W working times. Times in s of the day."""

    line_first: Ints
    line_last: Ints
    station_line: Ints
    place_first: Ints
    places: Ints
    buffer_first: Ints
    buffer: Ints
    cycle_s: Reals
    cycle_cv: Reals
    exponential: Ints
    mtbf_s: Reals
    mttr_s: Reals
    fail_share: Reals
    scrap_share: Reals
    key: npt.NDArray[np.uint64]
    """Streams by station and purpose (S, 4, 2)."""
    working_time: Reals
    """Start and end of the working times (W, 2), in order."""
    is_board: Ints
    need_first: Ints
    """Product p is built with the boards need_product[need_first[p]:need_first[p + 1]] (P + 1,)."""
    need_product: Ints
    need_count: Ints


class State(NamedTuple):
    """Everything that moves, as flat arrays: a copy of them is a snapshot. Times in s of the day."""

    clock: Reals
    sequence: Ints
    place_what: Ints
    """0 free, 1 working, 2 blocked."""
    place_finish: Reals
    place_start: Reals
    place_order: Ints
    place_unit: Ints
    place_job: Ints
    buffer_unit: Ints
    buffer_job: Ints
    buffer_head: Ints
    buffer_count: Ints
    working: Ints
    blocked: Ints
    down: Ints
    repair_at: Reals
    life_s: Reals
    life_since: Reals
    uses: Ints
    """Draws used by station and purpose (S, 4)."""
    code: Ints
    code_since: Reals
    next_at: Reals
    next_order: Ints
    next_what: Ints
    line_units: Ints
    line_inside: Ints
    line_good: Ints
    line_job: Ints
    line_tail: Ints
    line_setup_until: Reals
    line_wake: Reals
    line_waits: Ints
    job_count: Ints
    job_line: Ints
    job_product: Ints
    job_quantity: Ints
    job_setup_s: Reals
    job_factor: Reals
    job_at: Reals
    job_next: Ints
    job_is_set_up: Ints
    job_started: Ints
    job_good: Ints
    job_scrapped: Ints
    job_first: Reals
    stock_unit: Ints
    stock_head: Ints
    stock_tail: Ints
    stock_due: Ints


class Log(NamedTuple):
    """Rows written by the kernel since they were last taken away; `rows` of each kind are valid.

    passage: unit, job, station, result; from, to. state: station, code; from, to. assembly: unit, component, product of
    the component, number of the piece, job; at. start: unit, job, line; at. response: job; at.
    """

    rows: Ints
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


def lay_out(
    lines: Sequence[Sequence[Station]],
    working_times: Sequence[tuple[float, float]],
    boards: Sequence[bool],
    needs: Sequence[Sequence[tuple[int, int]]],
    seed: int,
    replication: int = 0,
) -> Layout:
    """Return the layout of `lines`, stations in the order in which a unit passes them.

    working_times: [start, end) in s of the day, in order. boards: whether product p is a board (P,).
    needs: the boards that product p is built with, as (product, pieces) (P,).
    """
    stations = [station for line in lines for station in line]
    lengths = np.array([len(line) for line in lines], dtype=np.int64)
    last = np.cumsum(lengths) - 1
    places = np.array([s.places for s in stations], dtype=np.int64)
    buffer = np.array([s.buffer for s in stations], dtype=np.int64)
    pieces = [piece for need in needs for piece in need]
    return Layout(
        line_first=last - lengths + 1,
        line_last=last,
        station_line=np.repeat(np.arange(len(lines), dtype=np.int64), lengths),
        place_first=np.cumsum(places) - places,
        places=places,
        buffer_first=np.cumsum(buffer) - buffer,
        buffer=buffer,
        cycle_s=_reals(s.cycle_s for s in stations),
        cycle_cv=_reals(s.cycle_cv for s in stations),
        exponential=np.array([s.exponential for s in stations], dtype=np.int64),
        mtbf_s=_reals(s.mtbf_s for s in stations),
        mttr_s=_reals(s.mttr_s for s in stations),
        fail_share=_reals(s.fail_share for s in stations),
        scrap_share=_reals(s.scrap_share for s in stations),
        key=np.array(
            [[stream(seed, replication, purpose, s.id) for purpose in PURPOSES] for s in stations], dtype=np.uint64
        ).reshape(len(stations), len(PURPOSES), 2),
        working_time=np.array(working_times, dtype=np.float64).reshape(-1, 2),
        is_board=np.array(boards, dtype=np.int64),
        need_first=np.cumsum([0] + [len(need) for need in needs], dtype=np.int64),
        need_product=np.array([product for product, _ in pieces], dtype=np.int64),
        need_count=np.array([count for _, count in pieces], dtype=np.int64),
    )


def _reals(values: Iterable[float]) -> Reals:
    return np.array(list(values), dtype=np.float64)


def opening_state(layout: Layout, stock: Sequence[int] = (), first_life_s: Reals | None = None) -> State:
    """Return the state at the start of a day: lines empty and off, `stock` boards of each product in store (P,).

    first_life_s: running time to the first failure of each station [s] (S,); drawn by the kernel where negative.
    """
    stations, lines, products = len(layout.places), len(layout.line_first), len(layout.is_board)
    places, waiting = int(layout.places.sum()), int(layout.buffer.sum())
    counts = np.zeros(products, dtype=np.int64)
    counts[: len(stock)] = stock
    units = np.zeros((products, int(counts.max(initial=0)) + 64), dtype=np.int64)
    for product, count in enumerate(counts):
        units[product, :count] = -(product * UNITS_PER_LINE + np.arange(1, count + 1)) - 1
    jobs = 256
    life = np.full(stations, -1.0) if first_life_s is None else first_life_s.copy()

    def ints(n: int, value: int = 0) -> Ints:
        return np.full(n, value, dtype=np.int64)

    def reals(n: int, value: float = 0.0) -> Reals:
        return np.full(n, value, dtype=np.float64)

    return State(
        clock=reals(1), sequence=ints(1),
        place_what=ints(places), place_finish=reals(places), place_start=reals(places), place_order=ints(places),
        place_unit=ints(places), place_job=ints(places),
        buffer_unit=ints(waiting), buffer_job=ints(waiting), buffer_head=ints(stations), buffer_count=ints(stations),
        working=ints(stations), blocked=ints(stations), down=ints(stations), repair_at=reals(stations),
        life_s=life, life_since=reals(stations), uses=np.zeros((stations, len(PURPOSES)), dtype=np.int64),
        code=ints(stations), code_since=reals(stations),
        next_at=reals(stations, np.inf), next_order=ints(stations), next_what=ints(stations),
        line_units=ints(lines), line_inside=ints(lines), line_good=ints(lines), line_job=ints(lines, -1),
        line_tail=ints(lines, -1), line_setup_until=reals(lines, -1.0), line_wake=reals(lines), line_waits=ints(lines),
        job_count=ints(1), job_line=ints(jobs), job_product=ints(jobs), job_quantity=ints(jobs),
        job_setup_s=reals(jobs), job_factor=reals(jobs), job_at=reals(jobs), job_next=ints(jobs, -1),
        job_is_set_up=ints(jobs), job_started=ints(jobs), job_good=ints(jobs), job_scrapped=ints(jobs),
        job_first=reals(jobs, -1.0),
        stock_unit=units, stock_head=ints(products), stock_tail=counts.copy(), stock_due=counts.copy(),
    )  # fmt: skip


def snapshot(state: State) -> State:
    """Return a copy that shares nothing with `state`: advancing one leaves the other as it is."""
    return State._make(array.copy() for array in state)


def empty_log(layout: Layout) -> Log:
    """Return a log without rows, large enough that one event always fits behind the room that the kernel keeps free."""
    rows = 8 * log_margin(layout)
    return Log(
        rows=np.zeros(5, dtype=np.int64),
        passage=np.zeros((rows, 4), dtype=np.int64),
        passage_at=np.zeros((rows, 2)),
        state=np.zeros((rows, 2), dtype=np.int64),
        state_at=np.zeros((rows, 2)),
        assembly=np.zeros((rows, 5), dtype=np.int64),
        assembly_at=np.zeros(rows),
        start=np.zeros((rows, 3), dtype=np.int64),
        start_at=np.zeros(rows),
        response=np.zeros(rows, dtype=np.int64),
        response_at=np.zeros(rows),
    )


def log_margin(layout: Layout) -> int:
    """Return the number of rows of one kind that no single event can exceed [rows]."""
    pieces = int(layout.need_count.sum()) + 1
    return 64 + 4 * (len(layout.places) + int(layout.places.sum())) * pieces


class Release(NamedTuple):
    """A job sent to a line: indices of line and product, units, changeover [s], cycle factor, not before `at` [s]."""

    line: int
    product: int
    quantity: int
    setup_s: float
    factor: float
    at: float


def release(layout: Layout, state: State, job: Release) -> State:
    """Put a job at the end of its line's queue; return the state, with longer arrays where they were full.

    The job's index is `state.job_count[0]` before the call.
    """
    index = int(state.job_count[0])
    if index == len(state.job_line):
        state = _longer_jobs(state)
    if layout.is_board[job.product]:
        state.stock_due[job.product] += job.quantity
        state = _longer_stock(state, int(state.stock_due[job.product]))
    state.job_line[index], state.job_product[index], state.job_quantity[index] = job.line, job.product, job.quantity
    state.job_setup_s[index], state.job_factor[index], state.job_at[index] = job.setup_s, job.factor, job.at
    tail = int(state.line_tail[job.line])
    if state.line_job[job.line] < 0:
        state.line_job[job.line] = index
    if tail >= 0:
        state.job_next[tail] = index
    state.line_tail[job.line] = index
    state.job_count[0] = index + 1
    state.line_wake[job.line] = state.clock[0]
    return state


def _longer_jobs(state: State) -> State:
    fields = {name: array for name, array in state._asdict().items() if name.startswith("job_") and name != "job_count"}
    fill = {"job_next": -1, "job_first": -1.0}
    longer = {
        name: np.concatenate([array, np.full(len(array), fill.get(name, 0), dtype=array.dtype)])
        for name, array in fields.items()
    }
    return state._replace(**longer)


def _longer_stock(state: State, needed: int) -> State:
    products, room = state.stock_unit.shape
    if needed <= room:
        return state
    more = np.zeros((products, max(needed - room, room)), dtype=np.int64)
    return state._replace(stock_unit=np.concatenate([state.stock_unit, more], axis=1))
