"""Small parts of a plan that are proven best, or made better: CP-SAT on a few lines and a few hours at a time.

A part is a handful of operations on some lines that can do the same; everything else stays where it is and must not
wait. The model knows setups, links and lateness exactly; closed hours, shared power and the hour of the price it leaves
out, so that no plan of the part is cheaper than the model says. Parts that the plan has at that cost are counted as
proven; a better order is taken when the whole plan, settled exactly, is cheaper. Parts with a line that takes several
lots in one run, and parts that leave something out, are looked at and never proven.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from ortools.sat.python import cp_model

from parkwright.make.draws import draw, stream
from parkwright.make.floor import (
    DROP,
    DUE,
    DUE_AFTER,
    END,
    FAMILY,
    FREE,
    GUARDS,
    LAST_FAMILY,
    LATE,
    LATE_AFTER,
    LEAVE,
    LEVEL,
    LINE,
    LINK_AT,
    LINK_END,
    MOVED,
    NEVER,
    READY,
    ROOM,
    ROW,
    SETUP,
    SIZE,
    START,
    TABLE,
    WAS_LINE,
    WORK,
    Floor,
    Problem,
    fill_rows,
    floor_of,
)
from parkwright.make.hours import EDGE, ENERGY, WORKED
from parkwright.make.kept import without_kept
from parkwright.make.listing import put_back, snapshot
from parkwright.make.schedule import Schedule, last_pass, seat, told
from parkwright.make.settle import resettle
from parkwright.make.window import Window, cut_out, put_in

PART_OPS = 16
"""Operations of a part that may move; CP-SAT proves most parts of that size within a second."""
PART_LINES = 3
"""Lines of a part."""
EFFORT = 1.0
"""CP-SAT's deterministic time for a part, about a second at most."""
GRAIN_CNY = 1e-9
"""Unit of the model's objective for a minute's unit of time; finer where time is."""
SAME_CNY = 1e-3
"""A bound this close to the cost proves it: the rounding of the model's prices."""
MINUTE_MS = 60_000


def certified(
    problem: Problem,
    plan: Schedule,
    *,
    parts: int,
    seed: int = 0,
    effort: float = EFFORT,
    progress: Callable[[int], None] = lambda looked: None,
    stop: Callable[[], bool] = lambda: False,
) -> Schedule:
    """Return a plan that is no dearer, with how many parts of it were looked at and proven best in its bounds.

    parts: how many to look at, about operations that are drawn. effort: CP-SAT's deterministic time for each.
    progress: told how many were looked at. stop: asked before each; True ends the proof with what it has.
    """
    rest = without_kept(problem)
    floor = floor_of(rest.problem)
    seat(floor, rest, plan)
    state, proven, looked, open_cny, gained = stream(seed, 0), 0, 0, 0.0, False
    while looked < parts and not stop() and (window := _part(floor, state)) is not None:
        looked += 1
        part_cny = window.floor.cost_cny()
        better, bound_cny = _solve(window.floor, effort)
        found_cny = window.floor.cost_cny()
        if better and put_in(floor, window, SAME_CNY) != 0.0:
            gained, part_cny = True, found_cny
        if bound_cny >= part_cny - SAME_CNY:
            proven += 1
        else:
            open_cny = max(open_cny, part_cny - bound_cny)
        progress(looked)
    better_plan = plan
    if gained:
        last_pass(rest, floor)
        better_plan = min(told(problem, rest, floor, plan.rounds), plan, key=lambda one: one.cost.total_cny)
    found = replace(better_plan.bounds, windows=looked, windows_proven=proven, windows_open_cny=open_cny)
    return replace(better_plan, bounds=found)


def _part(floor: Floor, state: np.ndarray) -> Window | None:
    """Return the operations next to a drawn one in time, on its line and on some that can do it; None where none is."""
    start = floor.op[:, START]
    placed = np.flatnonzero(start >= 0)
    if placed.size == 0:
        return None
    i = int(placed[draw(state, placed.size)])
    own = int(floor.row[floor.op[i, ROW], LINE])
    others = np.flatnonzero((floor.can[i, :, WORK] >= 0) & (np.arange(len(floor.line)) != own)).tolist()
    lines = [own, *(others.pop(draw(state, len(others))) for _ in range(min(PART_LINES - 1, len(others))))]
    near = placed[np.isin(floor.row[floor.op[placed, ROW], LINE], lines)]
    near = near[np.argsort(start[near], kind="stable")]
    at = int(np.flatnonzero(near == i)[0])
    first = max(0, min(at - PART_OPS // 2, near.size - PART_OPS))
    last = min(first + PART_OPS, near.size) - 1
    fixed = np.full(start.size, 1.0)
    return cut_out(floor, int(start[near[first]]), int(start[near[last]]) + 1, 0 * start, fixed, np.array(lines))


def _solve(floor: Floor, effort: float) -> tuple[bool, float]:
    """Return whether a part's floor was given a better order, and what no order of it goes below; -inf: unknown."""
    cost = floor.cost_cny()
    shared = (floor.row[:, ROOM] > 0).any()
    if shared or (floor.op[:, START] < 0).any() or floor.worth[:, DROP].min() <= cost:
        return False, -np.inf
    model = _Model(floor)
    solver = cp_model.CpSolver()
    solver.parameters.num_workers, solver.parameters.max_deterministic_time = 1, effort
    status = solver.solve(model.model)
    if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return False, -np.inf
    bound = float(solver.best_objective_bound * model.grain_cny)
    if bound >= cost - SAME_CNY:
        return False, bound
    before = snapshot(floor)
    _reorder(floor, model, solver)
    found = float(resettle(floor.ints, floor.reals))
    late = floor.op[:, END] > floor.op[:, DUE_AFTER]
    if found >= cost - SAME_CNY or (late & (floor.worth[:, LATE_AFTER] > 0)).any():
        put_back(floor, before)
        return False, bound
    return True, bound


def _reorder(floor: Floor, model: _Model, solver: cp_model.CpSolver) -> None:
    """Put the operations of a part where the model has them, guards last."""
    guards, rows = floor.row[:, GUARDS].copy(), [list[int]() for _ in floor.row]
    kept = {int(floor.order[row, floor.row[row, SIZE] - 1]): row for row in np.flatnonzero(guards).tolist()}
    for i in sorted(range(len(floor.op)), key=lambda i: solver.value(model.start[i])):
        if i not in kept:
            line = next(line for line, literal in model.here[i].items() if solver.value(literal))
            rows[int(floor.row_of[line, floor.op[i, LEVEL]])].append(i)
    for guard, row in kept.items():
        rows[row].append(guard)
    fill_rows(floor, rows)


class _Model:
    """A part as CP-SAT sees it: circuits of setups on its lines, in a unit of time that divides all its times."""

    def __init__(self, floor: Floor) -> None:
        op, lines = floor.op, floor.line
        self.floor, self.model = floor, cp_model.CpModel()
        able = (floor.can[:, :, WORK] >= 0) & (lines[:, FREE] < NEVER)[None, :]
        self.guard = {int(floor.order[row, floor.row[row, SIZE] - 1]) for row in np.flatnonzero(floor.row[:, GUARDS])}
        for i in self.guard:
            able[i] &= np.arange(len(lines)) == floor.row[op[i, ROW], LINE]
        until = op[floor.worth[:, LATE_AFTER] > 0, DUE_AFTER]
        times = [op[:, READY], op[:, DUE], until, floor.can[able].ravel(), lines[able.any(axis=0), FREE]]
        self.unit = int(np.gcd.reduce(np.concatenate([*times, floor.setup[able.any(axis=0)].ravel(), [MINUTE_MS]])))
        self.grain_cny = max(GRAIN_CNY * self.unit / MINUTE_MS, 1e-12)
        begins = max(int(op[:, END].max()), int(lines[able.any(axis=0), FREE].max()))
        self.latest = int(begins + floor.can[able].sum() + floor.setup.max() * len(op)) // self.unit
        self.cost: list[cp_model.LinearExprT] = []
        self.start = [self.model.new_int_var(int(ready) // self.unit, self.latest, "") for ready in op[:, READY]]
        self.end = [self.model.new_int_var(0, self.latest, "") for _ in op]
        self.leave = [self.model.new_int_var(0, self.latest, "") for _ in op]
        self.here: list[dict[int, cp_model.IntVar]] = []
        self._cheapest = _cheapest(floor)
        for i in range(len(op)):
            self._place(i, np.flatnonzero(able[i]).tolist())
            self._wait(i)
        for line in np.flatnonzero(able.any(axis=0)).tolist():
            self._circuit(line)
        self.model.minimize(sum(self.cost))

    def _pay(self, cny: float, what: cp_model.LinearExprT) -> None:
        """Add a price to the objective, rounded down."""
        grains = int(np.floor(cny / self.grain_cny))
        if grains != 0:
            self.cost.append(grains * what)

    def _place(self, i: int, lines: list[int]) -> None:
        """Let an operation be on one of its lines, for as long as it takes there, at that line's best price."""
        op, here = self.floor.op[i], {}
        for line in lines:
            literal = here[line] = self.model.new_bool_var("")
            work, tail = (int(ms) // self.unit for ms in self.floor.can[i, line])
            self.model.add(self.leave[i] == self.start[i] + work).only_enforce_if(literal)
            self.model.add(self.end[i] == self.start[i] + work + tail).only_enforce_if(literal)
            price = self.floor.draw[0, i, line] * self._cheapest[self.floor.line[line, TABLE]]
            moved = self.floor.rate[MOVED] if op[WAS_LINE] >= 0 and op[WAS_LINE] != line else 0.0
            self._pay(float(price * self.floor.can[i, line, WORK] + moved), literal)
            self.model.add_hint(literal, bool(self.floor.row[op[ROW], LINE] == line))
        self.here.append(here)
        self.model.add_exactly_one(here.values())
        for variable, column in ((self.start[i], START), (self.leave[i], LEAVE), (self.end[i], END)):
            self.model.add_hint(variable, int(op[column]) // self.unit)

    def _wait(self, i: int) -> None:
        """Let an operation wait for others, pay for being late, and hold up nothing outside."""
        op, worth = self.floor.op[i], self.floor.worth[i]
        for other in self.floor.link[op[LINK_AT] : op[LINK_END]].tolist():
            self.model.add(self.start[i] >= self.end[other])
        if worth[LATE_AFTER] > 0:
            self.model.add(self.end[i] <= int(op[DUE_AFTER]) // self.unit)
        if worth[LATE] > 0:
            over = self.model.new_int_var(0, self.latest, "")
            self.model.add(over >= self.end[i] - int(op[DUE]) // self.unit)
            self._pay(float(worth[LATE]) * self.unit, over)

    def _circuit(self, line: int) -> None:
        """Let a line take its operations one after the other with a setup before each, its guard last."""
        floor = self.floor
        arcs: list[tuple[int, int, cp_model.LiteralT]] = [(0, 0, self.model.new_bool_var(""))]
        mine = [i for i in range(len(floor.op)) if line in self.here[i]]
        for a, i in enumerate(mine, 1):
            arcs.append((a, a, self.here[i][line].negated()))
            arcs.append((a, 0, self.model.new_bool_var("")))
            free, family = int(floor.line[line, FREE]) // self.unit, int(floor.line[line, LAST_FAMILY])
            arcs.append((0, a, self._follow(line, i, free, family)))
            for b, j in enumerate(mine, 1):
                if i != j and i not in self.guard:
                    arcs.append((a, b, self._follow(line, j, self.leave[i], int(floor.op[i, FAMILY]))))
        self.model.add_circuit(arcs)

    def _follow(self, line: int, i: int, free: cp_model.LinearExprT, family: int) -> cp_model.IntVar:
        """Return whether an operation follows what leaves the line free at an instant, set up for a family."""
        literal, setup = self.model.new_bool_var(""), int(self.floor.setup[line, family, self.floor.op[i, FAMILY]])
        self.model.add(self.start[i] >= free + setup // self.unit).only_enforce_if(literal)
        energy = self.floor.setup_draw[0, line] * self._cheapest[self.floor.line[line, TABLE]]
        self._pay(float((self.floor.rate[SETUP] + energy) * setup), literal)
        return literal


def _cheapest(floor: Floor) -> np.ndarray:
    """Return the least price of energy in each table of hours [CNY/(kW ms)]."""
    least = np.zeros(len(floor.cut))
    for table, scale in enumerate(floor.scale):
        used = int(scale[2])
        span = np.diff(floor.cut[table, :used, EDGE])
        worked = np.diff(floor.cut[table, :used, WORKED])
        price = np.diff(floor.sums[table, :used, ENERGY])[worked > 0] / span[worked > 0]
        least[table] = float(price.min()) if price.size else 0.0
    return least
