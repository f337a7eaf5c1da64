"""Small parts of a plan that are proven best, or made better: CP-SAT on a few lines and a few hours at a time.

A part is some operations on some lines that can do the same; everything else stays where it is and must not wait.
No plan of the part is cheaper than the model of it says (`part_model`). Parts that the plan has at that cost are
counted as proven; a better order, or better hours, are taken when the whole plan, settled exactly, is cheaper. Parts
with a line that takes several lots in one run, and parts that leave something out, are looked at and never proven.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from ortools.sat.python import cp_model

from parkwright.make.draws import draw, stream
from parkwright.make.floor import (
    DEMAND,
    DROP,
    DUE_AFTER,
    END,
    GUARDS,
    HOLD,
    LATE_AFTER,
    LEVEL,
    LINE,
    OTHER,
    ROOM,
    ROW,
    SIZE,
    START,
    WORK,
    Floor,
    Problem,
    fill_rows,
    floor_of,
)
from parkwright.make.kept import without_kept
from parkwright.make.listing import put_back, snapshot
from parkwright.make.part_model import PartModel
from parkwright.make.schedule import Schedule, last_pass, seat, told
from parkwright.make.settle import resettle
from parkwright.make.window import Window, cut_out, put_in
from parkwright.model.errors import PlanError

PART_OPS = 32
"""Operations of a part that may move; CP-SAT proves most parts of that size within a second."""
PART_LINES = 3
"""Lines of a part."""
EFFORT = 0.5
"""CP-SAT's deterministic time for a part: two seconds at most, measured on parts of the demonstration park."""
SAME_CNY = 1e-3
"""A bound this close to the cost proves it: the rounding of the model's prices."""


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

    Raises PlanError when a model contradicts the plan it was made of.
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
    model = PartModel(floor)
    solver = cp_model.CpSolver()
    solver.parameters.num_workers, solver.parameters.max_deterministic_time = 1, effort
    status = solver.solve(model.model)
    if status in (cp_model.MODEL_INVALID, cp_model.INFEASIBLE):
        raise PlanError(
            f"a part of {len(floor.op)} jobs: its model has no plan ({solver.status_name(status)}); report it"
        )
    bound = float(solver.best_objective_bound * model.grain_cny) + _anyway_cny(floor)
    if bound >= cost - SAME_CNY or status == cp_model.UNKNOWN:
        return False, bound
    before = snapshot(floor)
    _reorder(floor, model, solver)
    found = float(resettle(floor.ints, floor.reals))
    late = floor.op[:, END] > floor.op[:, DUE_AFTER]
    if found >= cost - SAME_CNY or (late & (floor.worth[:, LATE_AFTER] > 0)).any():
        put_back(floor, before)
        return False, bound
    return True, bound


def _anyway_cny(floor: Floor) -> float:
    """Return what the site's peak costs whatever a part does: that of all others; the model knows no peak [CNY]."""
    return float(floor.rate[DEMAND] * floor.power[:, OTHER].max(initial=0.0))


def _reorder(floor: Floor, model: PartModel, solver: cp_model.CpSolver) -> None:
    """Put the operations of a part where and when the model has them, guards last."""
    guards, rows = floor.row[:, GUARDS].copy(), [list[int]() for _ in floor.row]
    kept = {int(floor.order[row, floor.row[row, SIZE] - 1]): row for row in np.flatnonzero(guards).tolist()}
    start = [int(solver.value(each)) for each in model.start]
    for i in sorted(range(len(floor.op)), key=start.__getitem__):
        if i not in kept:
            line = next(line for line, literal in model.here[i].items() if solver.value(literal))
            rows[int(floor.row_of[line, floor.op[i, LEVEL]])].append(i)
    for guard, row in kept.items():
        rows[row].append(guard)
    fill_rows(floor, rows)
    floor.op[:, HOLD] = model.first_ms + np.array(start) * model.unit
