"""The state log in time: seconds by state in a stretch, and the log's end when the day ends."""

from __future__ import annotations

import numpy as np

from parkwright.twin.compiled import compiled
from parkwright.twin.layout import Ints, Reals, State


def seconds_by_state(rows: Ints, at: Reals, state: State, start: float, end: float) -> Reals:
    """Return how long each station was in each state in [start, end) [s of the day] (S, 7) [s].

    rows, at: the state log of that stretch (station, code; from, to); what has not ended is in `state`.
    """
    found = np.zeros((len(state.code), 7))
    _add(rows, at, state.code, state.code_since, start, end, found)
    return found


@compiled
def _add(rows: Ints, at: Reals, code: Ints, since: Reals, start: float, end: float, found: Reals) -> None:
    for row in range(len(rows)):
        length = min(at[row, 1], end) - max(at[row, 0], start)
        if length > 0.0:
            found[rows[row, 0], rows[row, 1]] += length
    for station in range(len(code)):
        length = end - max(since[station], start)
        if length > 0.0:
            found[station, code[station]] += length


def close_states(state: State, at: float) -> tuple[Ints, Reals]:
    """End every station's state at `at` [s of the day] and return the rows (station, code; from, to)."""
    there = np.flatnonzero(state.code_since < at)
    rows = np.column_stack([there, state.code[there]])
    times = np.column_stack([state.code_since[there], np.full(len(there), at)])
    state.code_since[there] = at
    return rows, times
