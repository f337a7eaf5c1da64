"""The state log in time: seconds by state in a stretch, and the log's end when the day ends."""

from __future__ import annotations

import numpy as np

from parkwright.twin.compiled import compiled
from parkwright.twin.layout import Reals, Rows, State


def seconds_by_state(log: Rows, state: State, start: float, end: float) -> Reals:
    """Return how long each station was in each state in [start, end) [s of the day] (S, 7) [s].

    log: rows of the state log of that stretch; what has not ended is in `state`.
    """
    found = np.zeros((len(state.station), 7))
    _add(log, state.station, start, end, found)
    return found


@compiled
def _add(log: Rows, stations: Rows, start: float, end: float, found: Reals) -> None:
    for row in range(len(log)):
        length = min(log[row].end, end) - max(log[row].start, start)
        if length > 0.0:
            found[log[row].station, log[row].code] += length
    for station in range(len(stations)):
        length = end - max(stations[station].code_since, start)
        if length > 0.0:
            found[station, stations[station].code] += length


def close_states(state: State, at: float, like: Rows) -> Rows:
    """End every station's state at `at` [s of the day] and return the rows, in the form of `like`."""
    there = np.flatnonzero(state.station["code_since"] < at)
    rows = np.zeros(len(there), like.dtype)
    rows["station"], rows["code"] = there, state.station["code"][there]
    rows["start"], rows["end"] = state.station["code_since"][there], at
    state.station["code_since"][there] = at
    return rows
