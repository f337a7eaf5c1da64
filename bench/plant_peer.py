"""The peers of the plant bench: OR-Tools CP-SAT with a circuit of setups on each line, hinted whole; and PyJobShop.

Both count tardiness alone, in weighted minutes, and both have two workers. Their seconds do not count the building of
the model, which is in their favour.
"""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec

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
        _circuit(model, problem, first, line, starts, ends, here)
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
    plan: Schedule,
    line: int,
    starts: list[cp_model.IntVar],
    ends: list[cp_model.IntVar],
    here: list[dict[int, cp_model.IntVar]],
) -> None:
    """Let a line take its operations one after the other, with a setup before each."""
    setup, family = problem.lines.setup[line], problem.operations.family
    mine = [i for i in range(len(here)) if line in here[i]]
    order = [i for i in np.argsort(plan.start, kind="stable").tolist() if plan.line[i] == line]
    hinted = set(zip([-1, *order], [*order, -1], strict=True))
    arcs = []

    def arc(source: int, target: int, i: int, j: int) -> cp_model.IntVar:
        literal = model.new_bool_var("")
        model.add_hint(literal, (i, j) in hinted)
        arcs.append((source, target, literal))
        return literal

    arc(0, 0, -1, -1)
    for a, i in enumerate(mine, 1):
        arcs.append((a, a, here[i][line].negated()))
        initial = int(setup[problem.lines.family[line], family[i]] // MINUTE_MS)
        model.add(starts[i] >= initial).only_enforce_if(arc(0, a, -1, i))
        arc(a, 0, i, -1)
        for b, j in enumerate(mine, 1):
            if i != j:
                gap = int(setup[family[i], family[j]] // MINUTE_MS)
                model.add(starts[j] >= ends[i] + gap).only_enforce_if(arc(a, b, i, j))
    model.add_circuit(arcs)


def has_pyjobshop() -> bool:
    """Tell whether PyJobShop is installed."""
    return find_spec("pyjobshop") is not None


def pyjobshop_cny(problem: Problem, seconds: float) -> float | None:
    """Return the weighted tardiness that PyJobShop (CP-SAT inside, 2 workers) reaches [CNY]; None without a plan.

    It knows no setup before the first operation of a line, and so is let off it.
    """
    ops, model = problem.operations, import_module("pyjobshop").Model()
    count, lines = ops.work.shape
    machines = [model.add_machine() for _ in range(lines)]
    after = {int(later): int(before) for before, later in problem.links}
    tasks, job = [], None
    for i in range(count):
        if i not in after:
            last = next(n for n in range(i, count) if ops.late_cny_per_h[n] > 0)
            job = model.add_job(weight=round(ops.late_cny_per_h[last]), due_date=int(ops.due[last] // MINUTE_MS))
        tasks.append(model.add_task(job, earliest_start=int(ops.ready[i] // MINUTE_MS)))
        for line in np.flatnonzero(ops.work[i] >= 0).tolist():
            model.add_mode(tasks[i], machines[line], int(ops.work[i, line] // MINUTE_MS))
        if i in after:
            model.add_end_before_start(tasks[after[i]], tasks[i])
    for line in range(lines):
        mine = np.flatnonzero(ops.work[:, line] >= 0).tolist()
        gap = problem.lines.setup[line][np.ix_(ops.family[mine], ops.family[mine])] // MINUTE_MS
        for a, b in zip(*(at.tolist() for at in np.nonzero(gap)), strict=True):
            model.add_setup_time(machines[line], tasks[mine[a]], tasks[mine[b]], int(gap[a, b]))
    model.set_objective(weight_makespan=0, weight_total_tardiness=1)
    result = model.solve(solver="ortools", time_limit=seconds, display=False, num_workers=2)
    found = bool(np.isfinite(result.objective)) and result.status.value in ("Optimal", "Feasible")
    return float(result.objective) / 60.0 if found else None
