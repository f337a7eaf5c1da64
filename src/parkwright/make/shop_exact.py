"""The three shops as models of OR-Tools CP-SAT: proofs and last gains on job shops, and the peer of the benchmark."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from ortools.sat.python import cp_model

from parkwright.make.shop import HybridFlowShop, JobShop, SetupFlowShop, Shop, ShopPlan

Operations = dict[tuple[int, int], tuple[cp_model.IntVar, dict[int, cp_model.IntVar]]]
"""(job, stage) -> (start, {machine: is it there}); where machines are alike or alone, no machine is told."""


class _Watch(cp_model.CpSolverSolutionCallback):
    """Stops the search when asked to, at its next solution."""

    def __init__(self, stop: Callable[[], bool]) -> None:
        super().__init__()
        self._stop = stop

    def on_solution_callback(self) -> None:
        if self._stop():
            self.stop_search()


def refine(
    shop: Shop,
    start: ShopPlan | None,
    *,
    workers: int = 2,
    seed: int = 0,
    seconds: float | None = None,
    effort: float | None = None,
    stop: Callable[[], bool] = lambda: False,
) -> ShopPlan | None:
    """Search with CP-SAT from a plan and return the best plan found with its bound; None when there is none.

    seconds: wall-time limit. effort: limit in CP-SAT's deterministic units, with which the answer repeats.
    """
    model, horizon = cp_model.CpModel(), _horizon(shop)
    span = model.new_int_var(0, start.makespan if start else horizon, "makespan")
    operations: Operations = {}
    if isinstance(shop, JobShop):
        _job_shop(model, shop, horizon, operations)
    elif isinstance(shop, HybridFlowShop):
        _hybrid(model, shop, horizon, operations)
    else:
        _setups(model, shop, horizon, operations)
    _finish(model, shop, span, operations)
    if start:
        _hint(model, start, operations)
    solver = cp_model.CpSolver()
    solver.parameters.num_workers, solver.parameters.random_seed = workers, seed
    if seconds is not None:
        solver.parameters.max_time_in_seconds = max(seconds, 0.01)
    if effort is not None:
        solver.parameters.max_deterministic_time, solver.parameters.interleave_search = effort, True
    status = solver.solve(model, _Watch(stop))
    if status not in {cp_model.OPTIMAL, cp_model.FEASIBLE}:
        return None
    return _read(shop, solver, operations)


def _horizon(shop: Shop) -> int:
    if isinstance(shop, JobShop):
        return int(shop.durations.max(axis=1).sum())
    setups = int(shop.setups.max(axis=1).sum()) if isinstance(shop, SetupFlowShop) else 0
    return int(shop.durations.sum()) + setups


def _lasts(shop: Shop, job: int, stage: int) -> list[tuple[int, int]]:
    """Return (machine, duration) of an operation's choices; one choice, machine 0, where they are alike or alone."""
    if isinstance(shop, JobShop):
        row = shop.durations[int(shop.first[job]) + stage]
        return [(int(machine), int(row[machine])) for machine in np.flatnonzero(row)]
    return [(0, int(shop.durations[job, stage]))]


def _job_shop(model: cp_model.CpModel, shop: JobShop, horizon: int, operations: Operations) -> None:
    on: list[list[cp_model.IntervalVar]] = [[] for _ in range(shop.durations.shape[1])]
    for job in range(shop.first.size - 1):
        for stage in range(int(shop.first[job + 1] - shop.first[job])):
            start = model.new_int_var(0, horizon, "")
            here: dict[int, cp_model.IntVar] = {}
            for machine, lasts in _lasts(shop, job, stage):
                here[machine] = model.new_bool_var("")
                on[machine].append(model.new_optional_fixed_size_interval_var(start, lasts, here[machine], ""))
            model.add_exactly_one(here.values())
            operations[job, stage] = (start, here)
    for intervals in on:
        model.add_no_overlap(intervals)


def _fixed(
    model: cp_model.CpModel, shop: HybridFlowShop | SetupFlowShop, stage: int, horizon: int, operations: Operations
) -> list[cp_model.IntervalVar]:
    """Return the intervals of all jobs at a stage, each with its one duration, and enter their starts."""
    intervals = []
    for job, lasts in enumerate(shop.durations[:, stage]):
        start = model.new_int_var(0, horizon, "")
        intervals.append(model.new_fixed_size_interval_var(start, int(lasts), ""))
        operations[job, stage] = (start, {})
    return intervals


def _hybrid(model: cp_model.CpModel, shop: HybridFlowShop, horizon: int, operations: Operations) -> None:
    jobs, stages = shop.durations.shape
    for stage in range(stages):
        intervals = _fixed(model, shop, stage, horizon, operations)
        model.add_cumulative(intervals, [1] * jobs, int(shop.machines[stage]))


def _setups(model: cp_model.CpModel, shop: SetupFlowShop, horizon: int, operations: Operations) -> None:
    jobs, machines = shop.durations.shape
    for machine in range(machines):
        model.add_no_overlap(_fixed(model, shop, machine, horizon, operations))
    arcs = []
    for before in range(jobs + 1):
        for job in range(jobs + 1):
            if before == job:
                continue
            follows = model.new_bool_var("")
            arcs.append((before, job, follows))
            for machine in range(machines if max(before, job) < jobs else 0):
                ready = operations[before, machine][0] + int(
                    shop.durations[before, machine] + shop.setups[machine, before, job]
                )
                model.add(operations[job, machine][0] >= ready).only_enforce_if(follows)
    model.add_circuit(arcs)


def _finish(model: cp_model.CpModel, shop: Shop, span: cp_model.IntVar, operations: Operations) -> None:
    """Chain each job's operations, hold their ends below the makespan, and minimise it."""
    for (job, stage), (start, here) in operations.items():
        choices = _lasts(shop, job, stage)
        after = operations[job, stage + 1][0] if (job, stage + 1) in operations else span
        least = min(lasts for _, lasts in choices)
        model.add(after >= start + least)
        for machine, lasts in choices:
            if lasts > least:
                model.add(after >= start + lasts).only_enforce_if(here[machine])
    model.minimize(span)


def _hint(model: cp_model.CpModel, plan: ShopPlan, operations: Operations) -> None:
    columns = (plan.job, plan.stage, plan.machine, plan.start)
    for job, stage, machine, start in zip(*(column.tolist() for column in columns), strict=True):
        variable, here = operations[job, stage]
        model.add_hint(variable, start)
        for other, literal in here.items():
            model.add_hint(literal, other == machine)


def _read(shop: Shop, solver: cp_model.CpSolver, operations: Operations) -> ShopPlan:
    rows = []
    free: dict[int, list[int]] = {}
    for (job, stage), (variable, here) in sorted(operations.items(), key=lambda item: solver.value(item[1][0])):
        start = solver.value(variable)
        machine = next((m for m, literal in here.items() if solver.value(literal)), 0)
        if isinstance(shop, HybridFlowShop):
            ends = free.setdefault(stage, [0] * int(shop.machines[stage]))
            machine = min(range(len(ends)), key=ends.__getitem__)
        lasts = dict(_lasts(shop, job, stage))[machine if here else 0]
        if isinstance(shop, HybridFlowShop):
            free[stage][machine] = start + lasts
        rows.append((job, stage, machine, start, start + lasts))
    job_, stage_, machine_, start_, end_ = np.array(rows, np.int64).T
    return ShopPlan(job_, stage_, machine_, start_, end_, lower_bound=round(solver.best_objective_bound))
