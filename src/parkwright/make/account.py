"""An independent account of a plan, in plain Python from the definition: what does it cost?

It shares no code with the evaluator: hours and prices are walked through span by span.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from parkwright.make.floor import Placed, Problem

HOUR = 3_600_000
"""Milliseconds of an hour."""


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


def runs(problem: Problem, plan: Sequence[Placed]) -> list[list[Placed]]:
    """Return the operations by run of a line, in the order of the plan.

    A line without room for several makes each alone; one with room makes those together that have the same times.
    """
    found: dict[tuple[int, ...], list[Placed]] = {}
    for number, one in enumerate(plan):
        several = problem.lots is not None and problem.lots.room[one.line] > 0 and one.leave > one.start
        key = (one.line, one.begin, one.start, one.leave) if several else (number,)
        found.setdefault(key, []).append(one)
    return list(found.values())


def _paid(problem: Problem, plan: Sequence[Placed]) -> list[Placed]:
    """Return one operation of every run: what is drawn and paid by run does not depend on which."""
    return [together[0] for together in runs(problem, plan)]


def open_spans(problem: Problem, line: int, start: int, end: int) -> list[tuple[int, int, float]]:
    """Return the working spans of a line within [start, end): from, to [ms], premium [CNY/h]."""
    windows = problem.windows[int(problem.lines.table[line])]
    found = []
    for n in range(max(0, bisect_right(windows.opened, start) - 1), len(windows.opened)):
        if windows.opened[n] >= end:
            break
        low, high = max(start, int(windows.opened[n])), min(end, int(windows.closed[n]))
        if high > low:
            found.append((low, high, float(windows.extra_cny_per_h[n])))
    return found


def _levels(problem: Problem, start: int, end: int) -> list[tuple[int, float, float]]:
    """Return [start, end) cut at the price steps: length [ms], price [CNY/kWh], emissions [kg/kWh]."""
    steps = problem.steps
    if len(steps.cny_per_kwh) == 0:
        return [(end - start, 0.0, 0.0)]
    found, low, last = [], start, len(steps.cny_per_kwh) - 1
    while low < end:
        step = min(max(0, bisect_right(steps.edge, low) - 1), last)
        high = end if step == last else min(end, int(steps.edge[step + 1]))
        found.append((high - low, float(steps.cny_per_kwh[step]), float(steps.kg_per_kwh[step])))
        low = high
    return found


def account(problem: Problem, plan: Sequence[Placed]) -> Account:
    """Return what a plan costs, from the definition; operations that are kept count like the others."""
    ops, rates = problem.operations, problem.rates
    sums: dict[str, float] = defaultdict(float)
    placed = {one.op for one in plan}
    sums["left_out"] = sum(float(cost) for op, cost in enumerate(ops.drop_cny) if op not in placed)
    for one in plan:
        late_h = max(0, one.end - int(ops.due[one.op])) / HOUR
        sums["tardiness"] += float(ops.late_cny_per_h[one.op]) * late_h
        if ops.was_line is not None and ops.was_start is not None and ops.was_line[one.op] >= 0:
            sums["nervous"] += rates.shifted_cny_per_h * abs(one.start - int(ops.was_start[one.op])) / HOUR
            sums["nervous"] += rates.moved_cny if ops.was_line[one.op] != one.line else 0.0
    for one in _paid(problem, plan):
        setup_kw, run_kw = float(problem.lines.setup_kw[one.line]), float(ops.kw[one.op, one.line])
        for start, end, kw in ((one.begin, one.start, setup_kw), (one.start, one.leave, run_kw)):
            for low, high, extra in open_spans(problem, one.line, start, end):
                sums["overtime"] += extra * (high - low) / HOUR
                for length, cny, kg in _levels(problem, low, high):
                    sums["energy"] += kw * cny * length / HOUR
                    sums["kg"] += kw * kg * length / HOUR
        worked = sum(high - low for low, high, _ in open_spans(problem, one.line, one.begin, one.start))
        sums["setup"] += rates.setup_cny_per_h * worked / HOUR
    power_kw = site_kw(problem, plan)
    step_h = problem.power.step / HOUR if problem.power else 0.0
    excess_kwh = sum(max(0.0, kw - cap) for kw, cap in power_kw.values()) * step_h
    return Account(
        tardiness_cny=sums["tardiness"],
        energy_cny=sums["energy"],
        carbon_cny=sums["kg"] * rates.carbon_cny_per_kg,
        demand_cny=rates.demand_cny_per_kw * max([0.0, *(kw for kw, _ in power_kw.values())]),
        setup_cny=sums["setup"],
        overtime_cny=sums["overtime"],
        left_out_cny=sums["left_out"],
        nervousness_cny=sums["nervous"],
        excess_cny=rates.excess_cny_per_kwh * excess_kwh,
        co2e_kg=sums["kg"],
    )


def site_kw(problem: Problem, plan: Sequence[Placed]) -> Mapping[int, tuple[float, float]]:
    """Return interval number -> mean power of the site and its cap [kW]; empty where no power is watched."""
    power = problem.power
    if power is None:
        return {}
    drawn = [float(kw) for kw in power.other_kw]
    for one in _paid(problem, plan):
        setup_kw, run_kw = float(problem.lines.setup_kw[one.line]), float(problem.operations.kw[one.op, one.line])
        for start, end, kw in ((one.begin, one.start, setup_kw), (one.start, one.leave, run_kw)):
            first = max(0, (start - power.start) // power.step)
            for t in range(first, min(len(drawn), -(-(end - power.start) // power.step))):
                low, high = power.start + t * power.step, power.start + (t + 1) * power.step
                inside = open_spans(problem, one.line, max(start, low), min(end, high))
                drawn[t] += kw * sum(b - a for a, b, _ in inside) / power.step
    return {t: (kw, float(power.cap_kw[t])) for t, kw in enumerate(drawn)}


def people(problem: Problem, plan: Sequence[Placed], crew: int) -> list[tuple[int, int, float, float]]:
    """Return spans of equal demand: from, to [ms], people at work, people there; spans without work are left out."""
    asked = problem.crews[crew]
    change: dict[int, float] = defaultdict(float)
    for one in _paid(problem, plan):
        setup, run = float(asked.setup_need[one.line]), float(asked.need[one.op, one.line])
        for start, end, count in ((one.begin, one.start, setup), (one.start, one.leave, run)):
            for low, high, _ in open_spans(problem, one.line, start, end):
                change[low] += count
                change[high] -= count
    for edge in asked.edge:
        change[int(edge)] += 0.0
    at, busy, found = sorted(change), 0.0, []
    for low, high in pairwise(at):
        busy += change[low]
        number = bisect_right(asked.edge, low) - 1
        if busy > 1e-9:
            found.append((low, high, busy, float(asked.there[number]) if number >= 0 else 0.0))
    return found
