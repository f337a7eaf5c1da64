"""The shop floor as two flat arrays: operations on lines with setups, hours, energy, power and what each is worth.

Letters: N operations, L lines, F families, R rows, E links, T power intervals, H tables of hours, K cuts of one.
Times are integers, ms. The search is one that touches a few numbers of many kinds a million times a second; all of
them lie in `Floor.ints` and `Floor.reals`, whose blocks `Floor` names for everybody else.

A row is a line at a level: boards come before what they are built into, so every link goes from a lower level to a
higher one, and no order of the rows can run in a circle. A line that serves two levels has two rows, one after the
other.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from parkwright.make.hours import HOUR_MS, SCALE, Steps, Windows, tabulate

(
    READY, DUE, FAMILY, LEVEL, WAS_LINE, WAS_START, WHOLE, LINK_AT, LINK_END, NEXT_AT, NEXT_END, DUE_AFTER, RECIPE,
    UNITS,
) = range(14)  # fmt: skip
"""First columns of Floor.op. WAS_LINE is -1 where no earlier plan is to be kept; WHOLE is 1 where a lot may not pause;
links to what comes before and after are a span of Floor.link; DUE_AFTER is when what waits outside a part of a plan
gets dearer; operations of one RECIPE may share a run, their UNITS together within the room of the line."""
ROW, PLACE, BEGIN, START, LEAVE, END, HOLD, SEAT, TOUCHED = range(14, 23)
"""The plan's columns of Floor.op: row (-1 in none) and place in it; changeover, start, line free again, end [ms], -1
when left out; not before; the line it is priced on, plus the number of lines where it shares the run of another; a
mark of the search."""
OP = 23
LATE, DROP, COST, LATE_AFTER = range(4)
"""Columns of Floor.worth: being late [CNY/ms], being left out [CNY]; what it costs in the plan [CNY]; and what it costs
others to wait beyond DUE_AFTER [CNY/ms]."""
WORTH = 4
WORK, TAIL = range(2)
"""Last axis of Floor.can: work [ms], -1 where the line cannot; and from then until the last unit has left [ms]."""
FREE, LAST_FAMILY, TABLE = range(3)
"""Columns of Floor.line: free from [ms] (NEVER for a line out of use), family it is set up for, its hours."""
LINE, ROW_LEVEL, BEFORE, AFTER, SIZE, FROM, MUST, PENDING, GUARDS, ROOM = range(10)
"""Columns of Floor.row: its line, its level, the row before and after it on the same line, -1 for none; operations in
it; marks of the search; how many operations at its end stay there; and the units of a run, 0 for one lot at a time."""
ROW_WIDTH = 10
SETUP, DEMAND, MOVED, SHIFTED, GRID_NOW, GRID_BEFORE, CHANGE, EXCESS = range(8)
"""Entries of Floor.rate: see Rates; the cost of what the site shares now and before the last edit, what the edit
changes beside it so far [CNY]; and from EXCESS on what each shared thing costs above its cap [CNY per unit and h]."""
OTHER, CAP, DRAWN, KEPT = range(4)
"""Columns of Floor.shared, of power [kW] and of people: what others draw, the cap, what the lines draw, and drew
before the last edit where that has changed it."""
LOG = 6
"""Columns of Floor.log: operation, and its BEGIN, START, LEAVE, END and SEAT before the last edit."""
SHARED_MAX = 2000
"""Hours for which a crew is watched while searching where no power is; beyond them, the last pass alone does."""
WRONG_LOT = -2
"""Work at or below it: a line that could do an operation, but takes no lot of its size."""
NEVER = 1 << 60
"""The end of an operation that is left out [ms]."""

(
    N_OPS, N_LINES, N_FAMILIES, N_ROWS, N_LEVELS, N_WIDTH, N_CUTS, N_CELLS, N_SHARED, N_POWER, POWER_AT, POWER_STEP,
    LOGGED, W_OP, W_CAN, W_LINK, W_SETUP, W_LINE, W_ROW, W_ROW_OF, W_CUT, W_CELL, W_SCALE, W_ORDER, W_LOG,
    X_WORTH, X_SUMS, X_SHARED, X_RATE, X_LOG, X_DRAW, X_SETUP_DRAW, DRAWN_FROM, DRAWN_UNTIL,
) = range(34)  # fmt: skip
"""The first entries of Floor.ints: how many there are of each, and where each block of ints and reals begins;
last the intervals in which the last edit has changed what is drawn."""
HEAD = 34


@dataclass(frozen=True, slots=True)
class Rates:
    """Prices of what a plan does beside tardiness and energy; each may be 0.

    excess_cny_per_kwh is paid for energy above the power cap while searching; a plan that is handed out holds the cap.
    moved and shifted are the price of nervousness: a job on another line than before, an hour earlier or later.
    """

    carbon_cny_per_kg: float = 0.0
    setup_cny_per_h: float = 0.0
    demand_cny_per_kw: float = 0.0
    excess_cny_per_kwh: float = 0.0
    moved_cny: float = 0.0
    shifted_cny_per_h: float = 0.0


@dataclass(frozen=True, slots=True)
class Power:
    """The site's power by interval: first interval and its length [ms], what is drawn anyway and cap (T,) [kW]."""

    start: int
    step: int
    other_kw: np.ndarray
    cap_kw: np.ndarray


@dataclass(frozen=True, slots=True)
class Crew:
    """People whom the lines share: who is there from each edge [ms] on (C,), none before the first.

    need: (N, L) people at work on an operation; setup_need: (L,) people at a changeover. Nobody is wanted outside the
    working hours of a line.
    """

    edge: np.ndarray
    there: np.ndarray
    need: np.ndarray
    setup_need: np.ndarray


@dataclass(frozen=True, slots=True)
class Lots:
    """How large the operations are, units (N,); and what lots the lines take, least and most units (L,).

    room: (L,) units that a line takes in one run, as an oven does, 0 for one lot at a time. Operations share a run
    when they are of one family and alike in work, power, people and pauses on every such line, and all are ready.
    """

    units: np.ndarray
    least: np.ndarray
    most: np.ndarray
    room: np.ndarray

    def takes(self) -> np.ndarray:
        """Return which line takes a lot of that size (N, L)."""
        most = np.where(self.room > 0, np.minimum(self.most, self.room), self.most)
        return np.asarray((self.units[:, None] >= self.least) & (self.units[:, None] <= most))


@dataclass(frozen=True, slots=True)
class Placed:
    """An operation in a plan: number, line, changeover, start, line free again, last unit out [ms]."""

    op: int
    line: int
    begin: int
    start: int
    leave: int
    end: int


@dataclass(frozen=True, slots=True)
class Operations:
    """Operations as columns (N,), and by line (N, L): work [ms], below 0 where the line cannot; tail [ms]; power [kW].

    late_cny_per_h is 0 for what nobody waits for. was_line is -1 where no earlier plan is to be kept; whole is 1 where
    a lot may not pause over closed hours.
    """

    ready: np.ndarray
    due: np.ndarray
    family: np.ndarray
    level: np.ndarray
    late_cny_per_h: np.ndarray
    drop_cny: np.ndarray
    work: np.ndarray
    tail: np.ndarray
    kw: np.ndarray
    was_line: np.ndarray | None = None
    was_start: np.ndarray | None = None
    whole: np.ndarray | None = None


@dataclass(frozen=True, slots=True)
class LineSet:
    """Lines as columns (L,): free [ms], -1 out of use; family; hours table; setup kW; setup [ms] (L, F+1, F)."""

    free: np.ndarray
    family: np.ndarray
    table: np.ndarray
    setup_kw: np.ndarray
    setup: np.ndarray


@dataclass(frozen=True, slots=True)
class Problem:
    """A floor as it is told: what an independent check reads, and what `floor_of` packs.

    links: (E, 2) operation that must have ended, operation that waits for it; from a lower level to a higher one.
    crews: people whom the lines share, each limited. kept: operations that stay as they are, because they run now or
    lie in the frozen horizon; a line takes others after its last one. names and lines_named: how to call operations
    and lines; numbers where none are given. excess_cny_per_person_h: price of people who are not there, while
    searching; a plan that is handed out does without. lots: None where every line takes any lot, one at a time.
    """

    operations: Operations
    lines: LineSet
    links: np.ndarray
    windows: Sequence[Windows]
    steps: Steps
    rates: Rates
    power: Power | None = None
    crews: Sequence[Crew] = ()
    kept: Sequence[Placed] = ()
    names: Sequence[str] = ()
    lines_named: Sequence[str] = ()
    excess_cny_per_person_h: float = 100.0
    lots: Lots | None = None

    def __post_init__(self) -> None:
        """Note where a line takes no lot of an operation's size: its work there is WRONG_LOT less what it would be."""
        if self.lots is not None:
            work = would_work(self.operations.work)
            noted = np.where(self.lots.takes() | (work < 0), work, WRONG_LOT - work)
            object.__setattr__(self, "operations", replace(self.operations, work=noted))

    def name(self, op: int) -> str:
        """Return the name of an operation."""
        return self.names[op] if self.names else str(op)


def would_work(work: np.ndarray) -> np.ndarray:
    """Return the work on lines if they took a lot of any size [ms], -1 where they cannot do it at all."""
    return np.where(work <= WRONG_LOT, WRONG_LOT - work, work)


class Floor:
    """Two flat arrays and the names of their blocks; every block is a view."""

    def __init__(self, ints: np.ndarray, reals: np.ndarray) -> None:
        """Name the blocks of two arrays that `pack` has filled."""
        self.ints, self.reals = ints, reals
        counts = (int(count) for count in ints[: N_POWER + 1])
        n, lines, families, rows, levels, width, cuts, cells, shared, power = counts
        self.op = self._int(W_OP, n, OP)
        self.can = self._int(W_CAN, n, lines, 2)
        self.link = ints[ints[W_LINK] : ints[W_SETUP]]
        self.setup = self._int(W_SETUP, lines, families + 1, families)
        self.line = self._int(W_LINE, lines, 3)
        self.row = self._int(W_ROW, rows, ROW_WIDTH)
        self.row_of = self._int(W_ROW_OF, lines, levels)
        tables = int(ints[W_CELL] - ints[W_CUT]) // (2 * cuts)
        self.cut = self._int(W_CUT, tables, cuts, 2)
        self.cell = self._int(W_CELL, tables, cells)
        self.scale = self._int(W_SCALE, tables, SCALE)
        self.order = self._int(W_ORDER, rows, width)
        self.log = self._int(W_LOG, n, LOG)
        self.worth = self._real(X_WORTH, n, WORTH)
        self.sums = self._real(X_SUMS, tables, cuts, 2)
        self.shared = self._real(X_SHARED, shared, power, 4)
        self.power = self.shared[0]
        self.rate = self._real(X_RATE, EXCESS + shared)
        self.draw = self._real(X_DRAW, shared, n, lines)
        self.setup_draw = self._real(X_SETUP_DRAW, shared, lines)

    def _int(self, block: int, *shape: int) -> np.ndarray:
        at = int(self.ints[block])
        return self.ints[at : at + math.prod(shape)].reshape(shape)

    def _real(self, block: int, *shape: int) -> np.ndarray:
        at = int(self.ints[block])
        return self.reals[at : at + math.prod(shape)].reshape(shape)

    def copy(self) -> Floor:
        """Return a floor of its own with the same problem and plan."""
        return Floor(self.ints.copy(), self.reals.copy())

    def cost_cny(self) -> float:
        """Return what the plan costs as it stands [CNY]."""
        return float(self.worth[:, COST].sum() + self.rate[GRID_NOW])


def pack(counts: Sequence[int], ints: Sequence[np.ndarray], reals: Sequence[np.ndarray]) -> Floor:
    """Return a floor of the blocks, in the order of W_ and X_; counts: N_OPS to POWER_STEP."""
    head = np.zeros(HEAD, dtype=np.int64)
    head[: len(counts)] = counts
    at = HEAD
    for block, array in enumerate(ints):
        head[W_OP + block] = at
        at += array.size
    start = 0
    for block, array in enumerate(reals):
        head[X_WORTH + block] = start
        start += array.size
    whole = np.concatenate([head, *(np.asarray(array, dtype=np.int64).ravel() for array in ints)])
    return Floor(whole, np.concatenate([np.asarray(array, dtype=np.float64).ravel() for array in reals]))


def floor_of(problem: Problem) -> Floor:
    """Return the arrays of a problem, with nothing in its rows."""
    ops, lines, rates = problem.operations, problem.lines, problem.rates
    count, line_count = ops.work.shape
    rows, row_of = rows_by_level(ops.level, ops.work)
    if problem.lots is not None:
        rows[:, ROOM] = problem.lots.room[rows[:, LINE]]
    op, link = _op_columns(problem)
    cut, sums, cell, scale = tabulate(problem.windows, problem.steps, rates.carbon_cny_per_kg)
    width = max(1, *(int((ops.level == level).sum()) for level in range(row_of.shape[1])))
    start, step, shared = shared_of(problem)
    counts = (
        count, line_count, lines.setup.shape[2], rows.shape[0], row_of.shape[1], width, cut.shape[1], cell.shape[1],
        *shared.shape[:2], start, step,
    )  # fmt: skip
    free = np.where(lines.free < 0, NEVER, lines.free)
    rate = [
        rates.setup_cny_per_h / HOUR_MS, rates.demand_cny_per_kw if problem.power else 0.0, rates.moved_cny,
        rates.shifted_cny_per_h / HOUR_MS, 0.0, 0.0, 0.0, rates.excess_cny_per_kwh,
        *(problem.excess_cny_per_person_h for _ in problem.crews),
    ]  # fmt: skip
    zero = np.zeros(count)
    worth = np.column_stack((ops.late_cny_per_h / HOUR_MS, ops.drop_cny, ops.drop_cny, zero))
    ints = (
        op, np.stack((ops.work, ops.tail), axis=2), link, lines.setup,
        np.column_stack((free, lines.family, lines.table)), rows, row_of, cut, cell, scale,
        np.zeros((rows.shape[0], width)), np.zeros((count, LOG)),
    )  # fmt: skip
    reals = (
        worth, sums, shared, np.array(rate), zero, np.stack((ops.kw, *(crew.need for crew in problem.crews))),
        np.stack((lines.setup_kw, *(crew.setup_need for crew in problem.crews))),
    )  # fmt: skip
    return pack(counts, ints, reals)


def shared_of(problem: Problem) -> tuple[int, int, np.ndarray]:
    """Return what the lines share by interval: first interval and its length [ms], (1 + crews, T, 4).

    The intervals are those of the site's power; without it, hours from the first to the last change of the crews or
    of the working hours. A crew that changes within an interval counts with its mean.
    """
    power = problem.power
    if power is None and not problem.crews:
        return 0, 1, np.zeros((1, 0, 4))
    if power is None:
        edges = np.concatenate([*(one.opened[:1] for one in problem.windows), *(one.closed for one in problem.windows)])
        start = int(edges.min()) if edges.size else 0
        count = min(SHARED_MAX, -(-(int(edges.max()) - start) // HOUR_MS)) if edges.size else 0
        power = Power(start, HOUR_MS, np.zeros(count), np.full(count, np.inf))
    shared = np.zeros((1 + len(problem.crews), power.cap_kw.size, 4))
    shared[0, :, OTHER], shared[0, :, CAP] = power.other_kw, power.cap_kw
    edge = power.start + power.step * np.arange(power.cap_kw.size + 1)
    for number, crew in enumerate(problem.crews):
        shared[number + 1, :, CAP] = np.diff(_person_ms(crew, edge)) / power.step
    return power.start, power.step, shared


def _person_ms(crew: Crew, at: np.ndarray) -> np.ndarray:
    """Return how many person-ms of a crew lie before each instant."""
    if crew.edge.size == 0:
        return np.zeros(at.size)
    sums = np.concatenate(([0.0], np.cumsum(np.diff(crew.edge) * crew.there[:-1])))
    number = np.searchsorted(crew.edge, at, side="right") - 1
    inside = sums[number] + (at - crew.edge[number]) * crew.there[number]
    return np.asarray(np.where(number < 0, 0.0, inside))


def _op_columns(problem: Problem) -> tuple[np.ndarray, np.ndarray]:
    """Return the operations (N, OP) and the links, those that come before, then those that come after."""
    ops = problem.operations
    count = ops.ready.size
    none = np.full(count, -1, dtype=np.int64)
    first_at, first = _grouped(problem.links[:, 1], problem.links[:, 0], count)
    next_at, following = _grouped(problem.links[:, 0], problem.links[:, 1], count)
    op = np.zeros((count, OP), dtype=np.int64)
    op[:, READY], op[:, DUE], op[:, FAMILY], op[:, LEVEL] = ops.ready, ops.due, ops.family, ops.level
    op[:, WAS_LINE] = none if ops.was_line is None else ops.was_line
    op[:, WAS_START] = none if ops.was_start is None else ops.was_start
    op[:, WHOLE] = 0 if ops.whole is None else ops.whole
    op[:, LINK_AT], op[:, LINK_END] = first_at[:-1], first_at[1:]
    op[:, NEXT_AT], op[:, NEXT_END] = first.size + next_at[:-1], first.size + next_at[1:]
    op[:, RECIPE], op[:, UNITS] = recipes(problem), 1 if problem.lots is None else problem.lots.units
    op[:, ROW : LEAVE + 1], op[:, END], op[:, SEAT] = -1, NEVER, -1
    return op, np.concatenate((first, following))


def recipes(problem: Problem) -> np.ndarray:
    """Return a number for each operation (N,), the same for those that may share a run; -1 where no line has room."""
    ops, count = problem.operations, problem.operations.ready.size
    at = np.flatnonzero(problem.lots.room > 0) if problem.lots is not None else np.zeros(0, dtype=np.int64)
    if at.size == 0 or count == 0:
        return np.full(count, -1, dtype=np.int64)
    whole = np.zeros(count) if ops.whole is None else ops.whole
    alike = [ops.family[:, None], whole[:, None], ops.work[:, at], ops.kw[:, at]]
    alike += [crew.need[:, at] for crew in problem.crews]
    _, number = np.unique(np.concatenate(alike, axis=1), axis=0, return_inverse=True)
    return np.asarray(number).reshape(count)


def _grouped(key: np.ndarray, value: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Return values grouped by key: offsets (count + 1,), values (E,)."""
    order = np.argsort(key, kind="stable")
    at = np.zeros(count + 1, dtype=np.int64)
    np.cumsum(np.bincount(key, minlength=count), out=at[1:])
    return at, value[order]


def rows_by_level(level_of: np.ndarray, work: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return rows (R, ROW_WIDTH) by level and line, and the row of each (line, level), -1 for none.

    level_of: (N,) of operations. work: (N, L) [ms], -1 where a line cannot.
    """
    lines = work.shape[1]
    levels = int(level_of.max()) + 1 if level_of.size else 1
    row_of = np.full((lines, levels), -1, dtype=np.int64)
    found: list[tuple[int, int]] = []
    for level in range(levels):
        for line in np.flatnonzero((work[level_of == level] >= 0).any(axis=0)):
            row_of[line, level] = len(found)
            found.append((int(line), level))
    row = np.zeros((len(found), ROW_WIDTH), dtype=np.int64)
    last: dict[int, int] = {}
    for number, (at, level) in enumerate(found):
        before = last.get(at, -1)
        row[number, : FROM + 1] = at, level, before, -1, 0, -1
        if before >= 0:
            row[before, AFTER] = number
        last[at] = number
    return row, row_of


def fill_rows(floor: Floor, rows: Sequence[Sequence[int]]) -> None:
    """Put operations into the rows in the given order; the plan is to be settled after it."""
    floor.row[:, SIZE] = 0
    floor.op[:, ROW : LEAVE + 1] = -1
    floor.op[:, HOLD] = 0
    for number, ops in enumerate(rows):
        floor.order[number, : len(ops)] = ops
        floor.row[number, SIZE] = len(ops)
