"""Lines for the tests: short ways to lay them out, run them and read what they did."""

import numpy as np

from parkwright.twin.layout import Release, Station, empty_log, lay_out, opening_state, release, snapshot
from parkwright.twin.line import advance

ALWAYS = ((0.0, 1e15),)


class Run:
    """Lines with jobs, moved on step by step; all rows seen so far by kind."""

    def __init__(
        self, lines, jobs=(), working_times=ALWAYS, boards=(False,), needs=((),), seed=1, stock=(), rooms=(),
        own_times=None,
    ):  # fmt: skip
        times = [(own_times or {}).get(number, working_times) for number in range(len(lines))]
        self.layout = lay_out(lines, times, boards, needs, seed, rooms=rooms)
        self.state = opening_state(self.layout, stock)
        self.log = empty_log(self.layout)
        self.pieces = []
        self.send(jobs)

    def send(self, jobs):
        for job in jobs:
            self.state = release(self.layout, self.state, Release(*job))

    def to(self, *instants):
        for at in instants:
            self.pieces.append(advance(self.layout, self.state, self.log, at))
        return self

    def rows(self, kind):
        return np.concatenate([getattr(piece, kind) for piece in self.pieces])

    def bytes(self):
        """Return all that was seen and all that stands, as bytes."""
        kinds = [self.rows(kind).tobytes() for kind in ("passage", "state", "assembly", "start", "response")]
        return kinds + [array.tobytes() for array in self.state]

    def fork(self):
        other = object.__new__(Run)
        other.layout, other.state, other.log = self.layout, snapshot(self.state), empty_log(self.layout)
        other.pieces = list(self.pieces)
        return other


def endless(line=0, product=0):
    """Return one job that never ends."""
    return [(line, product, 10**9, 0.0, 1.0, 0.0)]


def exponentials(rates, buffer):
    """Return a line of exponential stations with the same number of waiting places between all of them."""
    return [Station(f"s{i}", 1.0 / rate, exponential=True, buffer=buffer) for i, rate in enumerate(rates)]
