"""The people at work in a plan over the day, beside those who are there, by interval."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from parkwright.make.account import people
from parkwright.make.floor import Crew, Placed, Problem
from parkwright.make.hours import HOUR_MS


@dataclass(frozen=True, slots=True)
class Heads:
    """A crew over T intervals: most at work and most there in each (T,); hours that its people work, and are there."""

    at_work: np.ndarray
    there: np.ndarray
    worked_h: float
    there_h: float


def heads(problem: Problem, placed: np.ndarray, edge: np.ndarray) -> list[Heads]:
    """Return the crews of a problem over a day, in their order.

    placed: the plan (J, 5), see `make.laid`. edge: the intervals' edges (T+1,) [ms].
    """
    plan = [Placed(op, *row) for op, row in enumerate(placed.tolist()) if row[0] >= 0]
    found = []
    for number, crew in enumerate(problem.crews):
        spans = [(low, high, busy) for low, high, busy, _ in people(problem, plan, number)]
        there = _there(crew)
        found.append(Heads(_most(spans, edge), _most(there, edge), _hours(spans), _hours(there)))
    return found


def _there(crew: Crew) -> list[tuple[int, int, float]]:
    """Return from, to [ms] and people of a crew, until its last change."""
    return list(zip(crew.edge[:-1].tolist(), crew.edge[1:].tolist(), crew.there.tolist(), strict=False))


def _most(spans: Sequence[tuple[int, int, float]], edge: np.ndarray) -> np.ndarray:
    """Return the most of spans (from, to [ms], people) in each interval (T,)."""
    most = np.zeros(edge.size - 1)
    for low, high, count in spans:
        first, last = np.searchsorted(edge, low, side="right") - 1, np.searchsorted(edge, high, side="left")
        most[max(0, int(first)) : int(last)] = np.maximum(most[max(0, int(first)) : int(last)], count)
    return most


def _hours(spans: Sequence[tuple[int, int, float]]) -> float:
    return sum((high - low) * count for low, high, count in spans) / HOUR_MS
