"""Lots in parts: an operation of many units becomes several, each with its share of the work and of what it is worth.

The parts of a lot may go to different lines, or stand one behind the other on one, so a plan of the parts decides
whether and how a lot is split. Where one operation waits for another and both are cut alike, a part waits only for the
same part: the lot streams.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from parkwright.make.floor import Operations, Problem, would_work


@dataclass(frozen=True, slots=True)
class Split:
    """A problem whose operations are parts of lots, and the operation of the whole problem that each is of (M,)."""

    problem: Problem
    of: np.ndarray


def split(problem: Problem, smallest: np.ndarray, at_most: int) -> Split:
    """Return a problem with its lots in parts.

    smallest: (N,) units of a part at least; a lot below twice that stays whole, as does one that is kept. at_most:
    parts of a lot. Parts are as equal as whole units allow; their work adds up to that of the lot, to the ms, and the
    price of being late or left out is shared by units.

    Raises ValueError when the problem does not tell how large its lots are, or a part would have no unit.
    """
    lots = problem.lots
    if lots is None:
        raise ValueError("the problem tells no units of its operations; give it lots")
    if at_most < 1 or (np.asarray(smallest) < 1).any():
        raise ValueError("a lot needs one part, and a part one unit, at least")
    count = part_counts(lots.units, smallest, at_most)
    count[[one.op for one in problem.kept]] = 1
    of = np.repeat(np.arange(count.size), count)
    first = np.cumsum(count) - count
    part = np.arange(of.size) - first[of]
    units = part_units(lots.units[of], part, count[of])
    before = np.cumsum(units) - units - (np.cumsum(lots.units) - lots.units)[of]
    names = [f"{problem.name(int(op))}/{n + 1}" if count[op] > 1 else problem.name(int(op))
             for op, n in zip(of, part, strict=True)]  # fmt: skip
    parted = replace(
        problem,
        operations=_parts(problem.operations, of, before, units, lots.units[of]),
        links=_links(problem, count, first, units),
        crews=[replace(crew, need=crew.need[of]) for crew in problem.crews],
        kept=[replace(one, op=int(first[one.op])) for one in problem.kept],
        names=names,
        lots=replace(lots, units=units),
    )
    return Split(parted, of)


def part_counts(units: np.ndarray, smallest: np.ndarray, at_most: np.ndarray | int) -> np.ndarray:
    """Return in how many parts lots of so many units come (N,): as many as may be, none below `smallest` units."""
    return np.asarray(np.clip(units // np.asarray(smallest), 1, at_most))


def part_units(total: np.ndarray, part: np.ndarray, count: np.ndarray) -> np.ndarray:
    """Return the units of parts 0, 1, ...: the first ones have one more where they do not come out even."""
    return np.asarray(total // count + (part < total % count))


def _parts(ops: Operations, of: np.ndarray, before: np.ndarray, units: np.ndarray, total: np.ndarray) -> Operations:
    """Return the operations of the parts; before: units of the lot in the parts ahead (M,)."""
    share = np.divide(units, total, out=np.ones(of.size), where=total > 0)
    whole = would_work(ops.work)[of]
    size = np.maximum(total, 1)[:, None]
    work = whole * (before + units)[:, None] // size - whole * before[:, None] // size
    return replace(
        ops, ready=ops.ready[of], due=ops.due[of], family=ops.family[of], level=ops.level[of],
        late_cny_per_h=ops.late_cny_per_h[of] * share, drop_cny=ops.drop_cny[of] * share,
        work=np.where((whole < 0) | (total <= 0)[:, None], whole, work), tail=ops.tail[of], kw=ops.kw[of],
        was_line=None if ops.was_line is None else ops.was_line[of],
        was_start=None if ops.was_start is None else ops.was_start[of],
        whole=None if ops.whole is None else ops.whole[of],
    )  # fmt: skip


def _links(problem: Problem, count: np.ndarray, first: np.ndarray, units: np.ndarray) -> np.ndarray:
    """Return the links of the parts: part to part where both are cut alike, else each to each."""
    found: list[tuple[int, int]] = []
    for before, after in problem.links.tolist():
        ones = np.arange(first[before], first[before] + count[before])
        others = np.arange(first[after], first[after] + count[after])
        if ones.size == others.size and (units[ones] == units[others]).all():
            found += zip(ones.tolist(), others.tolist(), strict=True)
        else:
            found += [(one, other) for one in ones.tolist() for other in others.tolist()]
    return np.array(found, dtype=np.int64).reshape(-1, 2)
