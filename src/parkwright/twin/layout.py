"""The lines as flat arrays: what stands (Layout), what moves (State) and what was seen (Log)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from parkwright.twin.random import stream

Ints = npt.NDArray[np.int64]
Reals = npt.NDArray[np.float64]
Rows = npt.NDArray[np.void]
"""Rows of named fields; in the kernel a field is written rows[i].name, outside rows["name"][i]."""

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
    """What does not change in a day: S stations in L lines, P products, W times of work. Times in s of the day."""

    line: Rows
    station: Rows
    product: Rows
    need: Rows
    """Product p is built with the boards need[need_first:need_end] of its row in `product`."""
    key: npt.NDArray[np.uint64]
    """Streams by station and purpose (S, 4, 2)."""
    working_time: Reals
    """Start and end of the working times of each line (L, W, 2), in order; infinite where one has fewer."""


class State(NamedTuple):
    """Everything that moves, as flat arrays: a copy of them is a snapshot. Times in s of the day."""

    now: Rows
    place: Rows
    """Places of all stations; `what` is station.FREE, WORKING or HELD (blocked)."""
    slot: Rows
    """Waiting places of all stations, a ring each."""
    station: Rows
    uses: Ints
    """Draws used by station and purpose (S, 4)."""
    line: Rows
    job: Rows
    product: Rows
    stock_unit: Ints
    """Boards that came into store, by product (P, ...); those from stock_head to stock_tail are there."""


class Log(NamedTuple):
    """Rows written by the kernel since they were last taken away; of each kind, in this order, `rows` are valid."""

    rows: Ints
    passage: Rows
    state: Rows
    assembly: Rows
    start: Rows
    response: Rows


def _fields(ints: str, reals: str) -> np.dtype[np.void]:
    return np.dtype([(name, np.int64) for name in ints.split()] + [(name, np.float64) for name in reals.split()])


_LINE = _fields("first last room", "")
_STATION = _fields(
    "line place_first places buffer_first buffer exponential",
    "cycle_s cycle_cv mtbf_s mttr_s fail_share scrap_share",
)
_PRODUCT = _fields("is_board need_first need_end", "")
_NEED = _fields("count product", "")
_NOW = _fields("sequence job_count", "clock")
_PLACE = _fields("what order unit job", "start finish")
_SLOT = _fields("unit job", "")
_STATION_STATE = _fields(
    "head waiting working blocked down code next_order next_what",
    "repair_at life_s life_since code_since next_at",
)
_LINE_STATE = _fields("units inside good job tail waits", "setup_until wake out_until")
_JOB = _fields("line product quantity next is_set_up started good scrapped family whole", "setup_s factor at first")
_STOCK = _fields("stock_head stock_tail stock_due", "")
_LOGS = (
    _fields("unit job station result", "start end"),
    _fields("station code", "start end"),
    _fields("unit component board piece job", "at"),
    _fields("unit job line", "at"),
    _fields("job", "at"),
)


def lay_out(
    lines: Sequence[Sequence[Station]],
    working_times: Sequence[Sequence[tuple[float, float]]],
    boards: Sequence[bool],
    needs: Sequence[Sequence[tuple[int, int]]],
    seed: int,
    replication: int = 0,
    rooms: Sequence[int] = (),
) -> Layout:
    """Return the layout of `lines`, stations in the order in which a unit passes them.

    working_times: [start, end) of each line in s of the day, in order (L,). boards: whether product p is a board (P,).
    needs: the boards that product p is built with, as (product, pieces) (P,). rooms: units that a line of one station
    takes in a run, all in and all out at once; 0 for one after the other, as for lines that are not given (L,).
    """
    stations = [station for line in lines for station in line]
    lengths = np.array([len(line) for line in lines], dtype=np.int64)
    line = np.zeros(len(lines), _LINE)
    line["last"] = np.cumsum(lengths) - 1
    line["first"] = line["last"] - lengths + 1
    line["room"][: len(rooms)] = rooms
    station = np.zeros(len(stations), _STATION)
    for name in ("places", "buffer", "exponential", *(name for name in _STATION.names or () if "_" in name)):
        if name not in ("place_first", "buffer_first"):
            station[name] = [getattr(one, name) for one in stations]
    station["line"] = np.repeat(np.arange(len(lines)), lengths)
    station["place_first"] = np.cumsum(station["places"]) - station["places"]
    station["buffer_first"] = np.cumsum(station["buffer"]) - station["buffer"]
    product = np.zeros(len(boards), _PRODUCT)
    product["is_board"] = boards
    product["need_end"] = np.cumsum([len(need) for need in needs], dtype=np.int64)
    product["need_first"] = product["need_end"] - [len(need) for need in needs]
    key = [[stream(seed, replication, purpose, one.id) for purpose in PURPOSES] for one in stations]
    return Layout(
        line=line,
        station=station,
        product=product,
        need=np.array([(count, board) for need in needs for board, count in need], dtype=_NEED),
        key=np.array(key, dtype=np.uint64).reshape(len(stations), len(PURPOSES), 2),
        working_time=_hours(working_times),
    )


def _hours(times: Sequence[Sequence[tuple[float, float]]]) -> Reals:
    """Return the working times of lines (L, W, 2), infinite where a line has fewer than the others."""
    found = np.full((len(times), max((len(own) for own in times), default=0), 2), np.inf)
    for line, own in enumerate(times):
        found[line, : len(own)] = np.array(own, dtype=np.float64).reshape(-1, 2)
    return found


def opening_state(layout: Layout, stock: Sequence[int] = (), first_life_s: Reals | None = None) -> State:
    """Return the state at the start of a day: lines empty and off, `stock` boards of each product in store (P,).

    first_life_s: running time to the first failure of each station [s] (S,); drawn by the kernel where negative.
    """
    counts = np.zeros(len(layout.product), dtype=np.int64)
    counts[: len(stock)] = stock
    units = np.zeros((len(counts), int(counts.max(initial=0)) + 64), dtype=np.int64)
    for row, count in enumerate(counts):
        units[row, :count] = -(row * UNITS_PER_LINE + np.arange(1, count + 1)) - 1
    station = np.zeros(len(layout.station), _STATION_STATE)
    station["next_at"] = np.inf
    station["life_s"] = -1.0 if first_life_s is None else first_life_s
    line = np.zeros(len(layout.line), _LINE_STATE)
    line["job"], line["tail"], line["setup_until"] = -1, -1, -1.0
    product = np.zeros(len(counts), _STOCK)
    product["stock_tail"] = product["stock_due"] = counts
    return State(
        now=np.zeros(1, _NOW),
        place=np.zeros(int(layout.station["places"].sum()), _PLACE),
        slot=np.zeros(int(layout.station["buffer"].sum()), _SLOT),
        station=station,
        uses=np.zeros((len(station), len(PURPOSES)), dtype=np.int64),
        line=line,
        job=_jobs(256),
        product=product,
        stock_unit=units,
    )


def _jobs(count: int) -> Rows:
    jobs = np.zeros(count, _JOB)
    jobs["next"], jobs["first"] = -1, -1.0
    return jobs


def snapshot(state: State) -> State:
    """Return a copy that shares nothing with `state`: advancing one leaves the other as it is."""
    return State._make(array.copy() for array in state)


def empty_log(layout: Layout) -> Log:
    """Return a log without rows, large enough that one event always fits behind the room that the kernel keeps free."""
    rows = max(8 * log_margin(layout), 4096)
    return Log(np.zeros(len(_LOGS), dtype=np.int64), *(np.zeros(rows, kind) for kind in _LOGS))


def log_margin(layout: Layout) -> int:
    """Return the number of rows of one kind that no single event can exceed [rows]."""
    pieces = int(layout.need["count"].sum()) + 1
    return 64 + 4 * (len(layout.station) + int(layout.station["places"].sum())) * pieces


class Release(NamedTuple):
    """A job sent to a line: indices of line and product, units, changeover [s], cycle factor, not before `at` [s].

    Jobs of one family and factor may share a run of a line with room. whole: 1 where all units enter once one has.
    """

    line: int
    product: int
    quantity: int
    setup_s: float
    factor: float
    at: float
    family: int = 0
    whole: int = 0


def release(layout: Layout, state: State, job: Release) -> State:
    """Put a job at the end of its line's queue; return the state, with longer arrays where they were full.

    The job's index is `state.now["job_count"][0]` before the call.
    """
    index = int(state.now["job_count"][0])
    if index == len(state.job):
        state = state._replace(job=np.concatenate([state.job, _jobs(index)]))
    if layout.product["is_board"][job.product]:
        state.product["stock_due"][job.product] += job.quantity
        state = _longer_stock(state, int(state.product["stock_due"][job.product]))
    for name, value in job._asdict().items():
        state.job[name][index] = value
    line = state.line[job.line]
    if line["job"] < 0:
        line["job"] = index
    if line["tail"] >= 0:
        state.job["next"][line["tail"]] = index
    line["tail"] = index
    line["wake"] = state.now["clock"][0]
    state.now["job_count"] = index + 1
    return state


def take_out(state: State, line: int, until: float) -> None:
    """Let a line take no unit until `until` [s of the day]; what is inside it is finished."""
    state.line[line]["out_until"] = until
    state.line[line]["wake"] = state.now["clock"][0]


def _longer_stock(state: State, needed: int) -> State:
    products, room = state.stock_unit.shape
    if needed <= room:
        return state
    more = np.zeros((products, max(needed - room, room)), dtype=np.int64)
    return state._replace(stock_unit=np.concatenate([state.stock_unit, more], axis=1))
