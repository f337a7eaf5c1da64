"""The line kernel against SimPy, a process-based simulator: same draws, same passages to 1e-9 s."""

import numpy as np
import pytest
import simpy
from line_runs import Run

from parkwright.twin.layout import Station
from parkwright.twin.random import exponential, lognormal, stream, uniform


class Oracle:
    """A serial line as SimPy processes, one for each unit."""

    def __init__(self, line, seed, quantity):
        self.env = simpy.Environment()
        self.line = line
        self.keys = [
            [stream(seed, 0, purpose, s.id) for purpose in ("cycle", "life", "repair", "verdict")] for s in line
        ]
        self.used = np.zeros((len(line), 4), dtype=int)
        self.life = [None] * len(line)
        # A unit holds an entry of a station from its admission (waiting or in work) until it leaves the station.
        self.entry = [simpy.Resource(self.env, s.places + (s.buffer if i else 0)) for i, s in enumerate(line)]
        self.place = [simpy.Resource(self.env, s.places) for s in line]
        self.passages = []
        self.env.process(self._source(quantity))

    def _draw(self, station, purpose):
        self.used[station, purpose] += 1
        return (*self.keys[station][purpose], self.used[station, purpose] - 1)

    def _source(self, quantity):
        for number in range(1, quantity + 1):
            entry, place = self.entry[0].request(), self.place[0].request()
            yield entry & place
            self.env.process(self._unit(number, entry, place))

    def _cycle(self, i):
        """Return the time in work, repairs included: the station ages in running time only (one place)."""
        s = self.line[i]
        left, spent = lognormal(*self._draw(i, 0), s.cycle_s, s.cycle_cv), 0.0
        if s.mtbf_s:
            if self.life[i] is None:
                self.life[i] = exponential(*self._draw(i, 1), s.mtbf_s)
            while self.life[i] < left:
                left -= self.life[i]
                spent += self.life[i] + exponential(*self._draw(i, 2), s.mttr_s)
                self.life[i] = exponential(*self._draw(i, 1), s.mtbf_s)
            self.life[i] -= left
        return spent + left

    def _judge(self, i):
        s = self.line[i]
        if not s.fail_share or uniform(*self._draw(i, 3)) >= s.fail_share:
            return "ok"
        return "scrap" if uniform(*self._draw(i, 3)) < s.scrap_share else "fail"

    def _unit(self, number, entry, place):
        for i in range(len(self.line)):
            result = "fail"
            while result == "fail":
                begun = self.env.now
                yield self.env.timeout(self._cycle(i))
                result = self._judge(i)
                if result == "fail":
                    self.passages.append((number, i, begun, self.env.now, 1))
            if result == "ok" and i + 1 < len(self.line):
                following = self.entry[i + 1].request()
                yield following
            self.passages.append((number, i, begun, self.env.now, 0 if result == "ok" else 2))
            self.place[i].release(place)
            self.entry[i].release(entry)
            if result == "scrap" or i + 1 == len(self.line):
                return
            entry, place = following, self.place[i + 1].request()
            yield place


def _random_line(seed):
    rng = np.random.default_rng(seed)
    line = []
    for i in range(int(rng.integers(2, 6))):
        places = int(rng.integers(1, 5)) if rng.random() < 0.4 else 1
        fails = places == 1 and rng.random() < 0.4
        checks = rng.random() < 0.4
        line.append(
            Station(
                f"s{i}", float(rng.uniform(4, 8)) * places, float(rng.uniform(0.1, 0.6)), False, places,
                int(rng.integers(0, 4)), 60.0 if fails else 0.0, 20.0 if fails else 0.0,
                0.15 if checks else 0.0, 0.3 if checks else 0.0,
            )
        )  # fmt: skip
    return line


@pytest.mark.parametrize("seed", range(24))
def test_passages_are_those_of_simpy(seed):
    line = _random_line(seed)
    oracle = Oracle(line, seed, 200)
    oracle.env.run()
    rows = Run([line], [(0, 0, 200, 0.0, 1.0, 0.0)], seed=seed).to(1e6).rows("passage")
    assert len(rows) == len(oracle.passages)
    ours = sorted(zip(rows["unit"].tolist(), rows["station"].tolist(), rows["start"].tolist(), rows["end"].tolist(),
                      rows["result"].tolist(), strict=True))  # fmt: skip
    theirs = sorted(oracle.passages)
    assert [(u, s, r) for u, s, _, _, r in ours] == [(u, s, r) for u, s, _, _, r in theirs]
    assert np.abs(np.array(ours)[:, 2:4] - np.array(theirs)[:, 2:4]).max() < 1e-9
