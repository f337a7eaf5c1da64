"""The peer of the plant bench: OR-Tools CP-SAT with a circuit of setups on each line, hinted with a first plan."""

from __future__ import annotations

import numpy as np
from ortools.sat.python import cp_model

from parkwright.make.floor import Problem
from parkwright.make.schedule import Schedule

MINUTE_MS = 60_000


def cp_sat_cny(problem: Problem, first: Schedule, seconds: float) -> float | None:
    """Return the weighted tardiness that CP-SAT (2 workers) reaches from a hint [CNY]; None without a plan."""
    ops = problem.operations
    model = cp_model.CpModel()
    horizon = int(first.end.max() * 2 // MINUTE_MS)
    count, lines = ops.work.shape
    starts = [model.new_int_var(int(ops.ready[i] // MINUTE_MS), horizon, "") for i in range(count)]
    ends = [model.new_int_var(0, horizon, "") for _ in range(count)]
    here: list[dict[int, cp_model.IntVar]] = [{} for _ in range(count)]
    for i in range(count):
        for line in np.flatnonzero(ops.work[i] >= 0).tolist():
            here[i][line] = model.new_bool_var("")
            model.add(ends[i] == starts[i] + int(ops.work[i, line] // MINUTE_MS)).only_enforce_if(here[i][line])
            model.add_hint(here[i][line], bool(first.line[i] == line))
        model.add_exactly_one(here[i].values())
        model.add_hint(starts[i], int(first.start[i] // MINUTE_MS))
        model.add_hint(ends[i], int(first.end[i] // MINUTE_MS))
    for before, after in problem.links.tolist():
        model.add(starts[after] >= ends[before])
    for line in range(lines):
        _circuit(model, problem, line, starts, ends, here)
    late = []
    for i in np.flatnonzero(ops.late_cny_per_h > 0).tolist():
        over = model.new_int_var(0, horizon, "")
        model.add(over >= ends[i] - int(ops.due[i] // MINUTE_MS))
        model.add_hint(over, int(max(0, first.end[i] - ops.due[i]) // MINUTE_MS))
        late.append(round(ops.late_cny_per_h[i]) * over)
    model.minimize(sum(late))
    solver = cp_model.CpSolver()
    solver.parameters.num_workers, solver.parameters.max_time_in_seconds = 2, seconds
    status = solver.solve(model)
    return solver.objective_value / 60.0 if status in (cp_model.OPTIMAL, cp_model.FEASIBLE) else None


def _circuit(
    model: cp_model.CpModel,
    problem: Problem,
    line: int,
    starts: list[cp_model.IntVar],
    ends: list[cp_model.IntVar],
    here: list[dict[int, cp_model.IntVar]],
) -> None:
    """Let a line take its operations one after the other, with a setup before each."""
    setup, family = problem.lines.setup[line], problem.operations.family
    mine = [i for i in range(len(here)) if line in here[i]]
    arcs = [(0, 0, model.new_bool_var(""))]
    for a, i in enumerate(mine, 1):
        arcs.append((a, a, here[i][line].negated()))
        first = model.new_bool_var("")
        arcs.append((0, a, first))
        arcs.append((a, 0, model.new_bool_var("")))
        initial = int(setup[problem.lines.family[line], family[i]] // MINUTE_MS)
        model.add(starts[i] >= initial).only_enforce_if(first)
        for b, j in enumerate(mine, 1):
            if i != j:
                follows = model.new_bool_var("")
                arcs.append((a, b, follows))
                gap = int(setup[family[i], family[j]] // MINUTE_MS)
                model.add(starts[j] >= ends[i] + gap).only_enforce_if(follows)
    model.add_circuit(arcs)
