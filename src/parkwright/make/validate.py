"""An independent check of a plan, in plain Python from the definition: it shares no code with what makes plans."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import fields
from typing import Protocol

import numpy as np

from parkwright.make.account import Account, account, open_spans, people, site_kw
from parkwright.make.floor import Placed, Problem

CAP_TOLERANCE_KW = 1e-5
"""Rounding of a sum of powers [kW]."""
PERSON_TOLERANCE = 1e-6
"""Rounding of a sum of people."""
SHARE_TOLERANCE = 1e-6
"""Rounding of a sum of costs, as share of it and in CNY."""


class Named(Protocol):
    """An operation without a place, by name, with its reason."""

    @property
    def job_id(self) -> str:
        """Return the operation's name."""

    @property
    def reason(self) -> str:
        """Return why it has no place."""


class Told(Protocol):
    """A plan as it is handed out: times by operation [ms] (N,), -1 without a place; what it costs; what is left out."""

    @property
    def line(self) -> np.ndarray:
        """Return lines (N,)."""

    @property
    def begin(self) -> np.ndarray:
        """Return when changeovers begin [ms] (N,)."""

    @property
    def start(self) -> np.ndarray:
        """Return when operations start [ms] (N,)."""

    @property
    def leave(self) -> np.ndarray:
        """Return when lines are free again [ms] (N,)."""

    @property
    def end(self) -> np.ndarray:
        """Return when the last units are out [ms] (N,)."""

    @property
    def cost(self) -> Account:
        """Return what the plan costs."""

    @property
    def unplaced(self) -> Sequence[Named]:
        """Return what has no place."""


def check(problem: Problem, schedule: Told) -> list[str]:
    """Return what a schedule violates, one line each; empty when it is right.

    Checked: everything of `faults`; the power cap in each interval and the people at each instant; that what has no
    place is named with a reason, once; and every component of the cost, against the account from the definition.
    """
    columns = (schedule.line, schedule.begin, schedule.start, schedule.leave, schedule.end)
    plan = [
        Placed(op, *(int(column[op]) for column in columns))
        for op in range(len(schedule.line))
        if schedule.line[op] >= 0
    ]
    found = faults(problem, plan) + shared_faults(problem, plan)
    placed = {one.op for one in plan}
    left = [problem.name(op) for op in range(problem.operations.due.size) if op not in placed]
    if sorted(left) != sorted(one.job_id for one in schedule.unplaced):
        found.append("what has no place and what is told to have none differ")
    found += [f"{one.job_id}: has no place, and no reason is told" for one in schedule.unplaced if not one.reason]
    told, known = schedule.cost, account(problem, plan)
    for field in fields(Account):
        ours, theirs = getattr(known, field.name), getattr(told, field.name)
        if abs(ours - theirs) > SHARE_TOLERANCE * max(1.0, abs(ours)):
            found.append(f"{field.name}: told {theirs}, by the account {ours}")
    return found


def faults(problem: Problem, plan: Sequence[Placed]) -> list[str]:
    """Return what a plan violates beside what the lines share, one line each; empty when it is feasible.

    Checked: each operation at most once, on a line that can do it, not before it is ready, for its whole work within
    working hours, without a pause where it may not pause; after what it waits for has ended; a line does one thing at
    a time, with its changeovers; what is kept is where it was.
    """
    found: list[str] = []
    by_op = {placed.op: placed for placed in plan}
    if len(by_op) != len(plan):
        found.append("an operation is placed twice")
    kept = {one.op: one for one in problem.kept}
    found += [f"{problem.name(op)}: is not where it is to be kept" for op in kept if by_op.get(op) != kept[op]]
    by_line: dict[int, list[Placed]] = defaultdict(list)
    for one in plan:
        by_line[one.line].append(one)
        if one.op not in kept:
            found += _own_faults(problem, one)
    for before, after in problem.links.tolist():
        if after not in by_op or after in kept:
            continue
        if before not in by_op or by_op[before].end > by_op[after].start:
            found.append(f"{problem.name(after)}: starts before {problem.name(before)} has ended")
    for line, placed in by_line.items():
        found += _line_faults(problem, line, sorted(placed, key=lambda one: (one.start, one.leave, one.begin)))
    return found


def _own_faults(problem: Problem, one: Placed) -> list[str]:
    """Return what is wrong with an operation where it is, whatever the others do."""
    ops, found, name = problem.operations, [], problem.name(one.op)
    work = int(ops.work[one.op, one.line])
    if work < 0:
        return [f"{name}: line {one.line} cannot do it"]
    if one.start < ops.ready[one.op]:
        found.append(f"{name}: starts before it is ready")
    spans = open_spans(problem, one.line, one.start, one.leave)
    if sum(b - a for a, b, _ in spans) != work:
        found.append(f"{name}: does not work {work} ms between start and leave")
    if ops.whole is not None and ops.whole[one.op] and one.leave - one.start != work:
        found.append(f"{name}: pauses, and may not")
    if one.end != one.leave + ops.tail[one.op, one.line]:
        found.append(f"{name}: the last unit leaves at another time")
    return found


def _line_faults(problem: Problem, line: int, placed: Sequence[Placed]) -> list[str]:
    """Return where a line does two things at once, or lacks a changeover."""
    free, family = int(problem.lines.free[line]), int(problem.lines.family[line])
    kept = {one.op for one in problem.kept}
    asked = [one for one in placed if one.op not in kept]
    found = [f"line {line} is out of use"] if free < 0 and asked else []
    last_kept = max((one.leave for one in problem.kept if one.line == line), default=free)
    found += [f"{problem.name(one.op)}: comes before what is kept" for one in asked if one.begin < last_kept]
    for one in placed:
        if one.op not in kept:
            setup = int(problem.lines.setup[line, family, problem.operations.family[one.op]])
            if one.begin < free:
                found.append(f"{problem.name(one.op)}: line {line} is taken until {free}")
            if sum(b - a for a, b, _ in open_spans(problem, line, one.begin, one.start)) < setup:
                found.append(f"{problem.name(one.op)}: its changeover is too short")
        free, family = max(free, one.leave), int(problem.operations.family[one.op])
    return found


def shared_faults(problem: Problem, plan: Sequence[Placed]) -> list[str]:
    """Return where the lines take more power or people than there are; what others and what is kept take is given."""
    found = []
    fixed = {one.op for one in problem.kept}
    kept = [placed for placed in plan if placed.op in fixed]
    bound_kw = site_kw(problem, kept)
    for t, (kw, cap) in site_kw(problem, plan).items():
        if kw > max(cap, bound_kw[t][0]) + CAP_TOLERANCE_KW:
            found.append(f"interval {t}: the site draws {kw:.3f} kW, its cap is {cap:.3f} kW")
    for number in range(len(problem.crews)):
        bound = people(problem, kept, number)
        for low, high, busy, there in people(problem, plan, number):
            tied = max((count for a, b, count, _ in bound if a <= low and high <= b), default=0.0)
            if busy > max(there, tied) + PERSON_TOLERANCE:
                found.append(f"crew {number}: {busy:g} people work from {low} ms on, {there:g} are there")
    return found
