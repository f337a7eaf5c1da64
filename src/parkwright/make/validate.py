"""An independent check of a plan, in plain Python from the definition: it shares no code with what makes plans."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import fields
from typing import Protocol

import numpy as np

from parkwright.make.account import Account, account, open_spans, people, runs, site_kw
from parkwright.make.floor import Placed, Problem
from parkwright.make.lots import Split

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

    Checked: each operation at most once, on a line that can do it and takes a lot of its size, not before it is ready,
    for its whole work within working hours, without a pause where it may not pause; after what it waits for has ended;
    a line does one run at a time, with its changeovers, and a run that several share has room for them and suits all;
    what is kept is where it was.
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
    if problem.lots is not None:
        lots = problem.lots
        units, least, most = (int(of) for of in (lots.units[one.op], lots.least[one.line], lots.most[one.line]))
        if not least <= units <= most:
            found.append(f"{name}: line {one.line} takes lots of {least} to {most}, this is one of {units}")
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
    for together in runs(problem, placed):
        one = together[0]
        if one.op not in kept:
            found += _run_faults(problem, together)
            setup = int(problem.lines.setup[line, family, problem.operations.family[one.op]])
            if one.begin < free:
                found.append(f"{problem.name(one.op)}: line {line} is taken until {free}")
            if sum(b - a for a, b, _ in open_spans(problem, line, one.begin, one.start)) < setup:
                found.append(f"{problem.name(one.op)}: its changeover is too short")
        free, family = max(free, one.leave), int(problem.operations.family[one.op])
    return found


def _run_faults(problem: Problem, together: Sequence[Placed]) -> list[str]:
    """Return what is wrong with operations that have one run of a line together."""
    first, lots, ops, found = together[0], problem.lots, problem.operations, []
    if lots is None or lots.room[first.line] <= 0:
        return []
    units, room = sum(int(lots.units[one.op]) for one in together), int(lots.room[first.line])
    if units > room:
        found.append(f"{problem.name(first.op)}: its run has {units} units, line {first.line} has room for {room}")
    for one in together[1:]:
        pairs = [(ops.family[one.op], ops.family[first.op])]
        pairs += [(of[one.op, one.line], of[first.op, one.line]) for of in (ops.work, ops.kw)]
        pairs += [(crew.need[one.op, one.line], crew.need[first.op, one.line]) for crew in problem.crews]
        pairs += [] if ops.whole is None else [(ops.whole[one.op], ops.whole[first.op])]
        if any(a != b for a, b in pairs):
            found.append(f"{problem.name(one.op)}: shares a run with {problem.name(first.op)}, which is another kind")
    return found


def split_faults(whole: Problem, smallest: Sequence[int], parted: Split, plan: Sequence[Placed]) -> list[str]:
    """Return what is wrong with a plan of parts as a plan of the lots, in plain Python from the definition.

    Checked: the parts of a lot have its units and its work, none is smaller than it may be; at no instant has more of
    a lot been begun than has ended of what it waits for, by share of each.
    """
    if whole.lots is None or parted.problem.lots is None:
        return ["the units of the lots or of their parts are not told"]
    units, parts = parted.problem.lots.units, defaultdict(list)
    for part, op in enumerate(parted.of.tolist()):
        parts[op].append(part)
    found = []
    for op, own in parts.items():
        name, size = whole.name(op), int(whole.lots.units[op])
        if sum(int(units[part]) for part in own) != size:
            found.append(f"{name}: its parts have not its {size} units")
        if len(own) > 1 and min(int(units[part]) for part in own) < smallest[op]:
            found.append(f"{name}: a part has fewer units than {smallest[op]}")
        for line, work in enumerate(whole.operations.work[op].tolist()):
            of_parts = [int(parted.problem.operations.work[part, line]) for part in own]
            if work >= 0 and min(of_parts) >= 0 and sum(of_parts) != work:
                found.append(f"{name}: its parts work {sum(of_parts)} ms on line {line}, the lot {work} ms")
    placed = {one.op: one for one in plan}
    kept = {one.op for one in parted.problem.kept}
    for before, after in whole.links.tolist():
        sizes = max(1, int(whole.lots.units[before])), max(1, int(whole.lots.units[after]))
        for one in (placed[part] for part in parts[after] if part in placed and part not in kept):
            begun = sum(int(units[p]) for p in parts[after] if p in placed and placed[p].start <= one.start)
            ended = sum(int(units[p]) for p in parts[before] if p in placed and placed[p].end <= one.start)
            if ended * sizes[1] < begun * sizes[0]:
                found.append(f"{whole.name(after)}: begins {begun} units with {ended} of {whole.name(before)} there")
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
