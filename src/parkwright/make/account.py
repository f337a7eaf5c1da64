"""An independent account of a plan, in plain Python from the definition: is it feasible, and what does it cost?

It shares no code with the evaluator: hours and prices are walked through span by span.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from parkwright.make.floor import Problem

HOUR = 3_600_000
"""Milliseconds of an hour."""


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
class Account:
    """What a plan costs by component [CNY]; and the emissions of its energy [kg], paid in carbon_cny."""

    tardiness_cny: float
    energy_cny: float
    carbon_cny: float
    demand_cny: float
    setup_cny: float
    overtime_cny: float
    left_out_cny: float
    nervousness_cny: float
    excess_cny: float
    co2e_kg: float

    @property
    def total_cny(self) -> float:
        """The objective: all components together [CNY]."""
        return (
            self.tardiness_cny + self.energy_cny + self.carbon_cny + self.demand_cny + self.setup_cny
            + self.overtime_cny + self.left_out_cny + self.nervousness_cny + self.excess_cny
        )  # fmt: skip


def open_spans(problem: Problem, line: int, start: int, end: int) -> list[tuple[int, int, float]]:
    """Return the working spans of a line within [start, end): from, to [ms], premium [CNY/h]."""
    windows = problem.windows[int(problem.lines.table[line])]
    return [
        (max(start, int(o)), min(end, int(c)), float(extra))
        for o, c, extra in zip(windows.opened, windows.closed, windows.extra_cny_per_h, strict=True)
        if min(end, int(c)) > max(start, int(o))
    ]


def faults(problem: Problem, plan: Sequence[Placed]) -> list[str]:
    """Return what a plan violates, one line each; empty when it is feasible."""
    ops, found = problem.operations, []
    by_op = {placed.op: placed for placed in plan}
    if len(by_op) != len(plan):
        found.append("an operation is placed twice")
    by_line: dict[int, list[Placed]] = defaultdict(list)
    for one in plan:
        by_line[one.line].append(one)
        work = int(ops.work[one.op, one.line])
        if work < 0:
            found.append(f"{one.op}: line {one.line} cannot do it")
            continue
        if one.start < ops.ready[one.op]:
            found.append(f"{one.op}: starts before it is ready")
        spans = open_spans(problem, one.line, one.start, one.leave)
        if sum(b - a for a, b, _ in spans) != work:
            found.append(f"{one.op}: does not work {work} ms between start and leave")
        if ops.whole is not None and ops.whole[one.op] and one.leave - one.start != work:
            found.append(f"{one.op}: pauses, and may not")
        if one.end != one.leave + ops.tail[one.op, one.line]:
            found.append(f"{one.op}: the last unit leaves at another time")
    for before, after in problem.links.tolist():
        if after in by_op and (before not in by_op or by_op[before].end > by_op[after].start):
            found.append(f"{after}: starts before {before} has ended")
    for line, placed in by_line.items():
        found += _line_faults(problem, line, sorted(placed, key=lambda one: (one.start, one.leave)))
    return found


def _line_faults(problem: Problem, line: int, placed: Sequence[Placed]) -> list[str]:
    free, family = int(problem.lines.free[line]), int(problem.lines.family[line])
    found = [f"line {line} is out of use"] if free < 0 else []
    for one in placed:
        setup = int(problem.lines.setup[line, family, problem.operations.family[one.op]])
        if one.begin < free:
            found.append(f"{one.op}: line {line} is taken until {free}")
        if sum(b - a for a, b, _ in open_spans(problem, line, one.begin, one.start)) < setup:
            found.append(f"{one.op}: its changeover is too short")
        free, family = one.leave, int(problem.operations.family[one.op])
    return found


def _levels(problem: Problem, start: int, end: int) -> list[tuple[int, float, float]]:
    """Return [start, end) cut at the price steps: length [ms], price [CNY/kWh], emissions [kg/kWh]."""
    steps = problem.steps
    if len(steps.cny_per_kwh) == 0:
        return [(end - start, 0.0, 0.0)]
    edges = sorted({start, end, *(int(edge) for edge in steps.edge if start < edge < end)})
    found = []
    for low, high in pairwise(edges):
        step = max([n for n in range(len(steps.cny_per_kwh)) if int(steps.edge[n]) <= low], default=0)
        found.append((high - low, float(steps.cny_per_kwh[step]), float(steps.kg_per_kwh[step])))
    return found


def account(problem: Problem, plan: Sequence[Placed]) -> Account:
    """Return what a plan costs, from the definition."""
    ops, rates = problem.operations, problem.rates
    sums: dict[str, float] = defaultdict(float)
    placed = {one.op for one in plan}
    sums["left_out"] = sum(float(cost) for op, cost in enumerate(ops.drop_cny) if op not in placed)
    for one in plan:
        late_h = max(0, one.end - int(ops.due[one.op])) / HOUR
        sums["tardiness"] += float(ops.late_cny_per_h[one.op]) * late_h
        setup_kw, run_kw = float(problem.lines.setup_kw[one.line]), float(ops.kw[one.op, one.line])
        for start, end, kw in ((one.begin, one.start, setup_kw), (one.start, one.leave, run_kw)):
            for low, high, extra in open_spans(problem, one.line, start, end):
                sums["overtime"] += extra * (high - low) / HOUR
                for length, cny, kg in _levels(problem, low, high):
                    sums["energy"] += kw * cny * length / HOUR
                    sums["kg"] += kw * kg * length / HOUR
        worked = sum(high - low for low, high, _ in open_spans(problem, one.line, one.begin, one.start))
        sums["setup"] += rates.setup_cny_per_h * worked / HOUR
        if ops.was_line is not None and ops.was_start is not None and ops.was_line[one.op] >= 0:
            sums["nervous"] += rates.shifted_cny_per_h * abs(one.start - int(ops.was_start[one.op])) / HOUR
            sums["nervous"] += rates.moved_cny if ops.was_line[one.op] != one.line else 0.0
    power_kw = site_kw(problem, plan)
    excess_kwh = sum(max(0.0, kw - cap) for kw, cap in power_kw.values()) * _step_h(problem)
    return Account(
        tardiness_cny=sums["tardiness"],
        energy_cny=sums["energy"],
        carbon_cny=sums["kg"] * rates.carbon_cny_per_kg,
        demand_cny=rates.demand_cny_per_kw * max([kw for kw, _ in power_kw.values()], default=0.0),
        setup_cny=sums["setup"],
        overtime_cny=sums["overtime"],
        left_out_cny=sums["left_out"],
        nervousness_cny=sums["nervous"],
        excess_cny=rates.excess_cny_per_kwh * excess_kwh,
        co2e_kg=sums["kg"],
    )


def _step_h(problem: Problem) -> float:
    return problem.power.step / HOUR if problem.power else 0.0


def site_kw(problem: Problem, plan: Sequence[Placed]) -> Mapping[int, tuple[float, float]]:
    """Return interval number -> mean power of the site and its cap [kW]; empty where no power is watched."""
    power = problem.power
    if power is None:
        return {}
    drawn = [float(kw) for kw in power.other_kw]
    for one in plan:
        setup_kw, run_kw = float(problem.lines.setup_kw[one.line]), float(problem.operations.kw[one.op, one.line])
        for start, end, kw in ((one.begin, one.start, setup_kw), (one.start, one.leave, run_kw)):
            for t in range(len(drawn)):
                low, high = power.start + t * power.step, power.start + (t + 1) * power.step
                inside = open_spans(problem, one.line, max(start, low), min(end, high))
                drawn[t] += kw * sum(b - a for a, b, _ in inside) / power.step
    return {t: (kw, float(power.cap_kw[t])) for t, kw in enumerate(drawn)}
