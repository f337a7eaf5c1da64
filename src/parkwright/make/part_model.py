"""A part of a plan as CP-SAT sees it: setups, links, lateness and energy by the hour, in whole units of time.

Closed hours, prices by the hour and what an operation draws in each are exact; shared power, premium of overtime and
nervousness are left out, and setups cost their cheapest hour, so that no plan of the part is cheaper than the model.
"""

from __future__ import annotations

import numpy as np
from ortools.sat.python import cp_model

from parkwright.make.floor import (
    DUE,
    DUE_AFTER,
    END,
    FAMILY,
    FREE,
    GUARDS,
    LAST_FAMILY,
    LATE,
    LATE_AFTER,
    LEAVE,
    LINE,
    LINK_AT,
    LINK_END,
    MOVED,
    NEVER,
    READY,
    ROW,
    SETUP,
    SIZE,
    START,
    TABLE,
    TAIL,
    WAS_LINE,
    WHOLE,
    WORK,
    Floor,
)
from parkwright.make.hours import EDGE, ENERGY, WORKED

GRAIN_CNY = 1e-9
"""Unit of the model's objective for a minute's unit of time; finer where time is."""
SAME_PRICE = 1e-18
"""Rounding of a price [CNY/(kW ms)]: a megawatt for a day pays a ten-thousandth of a cent for it."""
LEAST_GRAIN_CNY = 1e-12
"""Finest unit of the objective: a part of 1,000 CNY is 1e15 of them, far below CP-SAT's 2^63."""
MINUTE_MS = 60_000


class PartModel:
    """A part's circuits of setups on its lines, in a unit of time that divides all its times; see the module."""

    def __init__(self, floor: Floor) -> None:
        op, lines = floor.op, floor.line
        self.floor, self.model = floor, cp_model.CpModel()
        able = (floor.can[:, :, WORK] >= 0) & (lines[:, FREE] < NEVER)[None, :]
        self.guard = {int(floor.order[row, floor.row[row, SIZE] - 1]) for row in np.flatnonzero(floor.row[:, GUARDS])}
        for i in self.guard:
            able[i] &= np.arange(len(lines)) == floor.row[op[i, ROW], LINE]
        used = able.any(axis=0)
        self.first_ms = int(lines[used, FREE].min())
        self.hours = {int(h): _Hours(floor, int(h), self.first_ms) for h in np.unique(lines[used, TABLE])}
        late, until = op[floor.worth[:, LATE] > 0, DUE], op[floor.worth[:, LATE_AFTER] > 0, DUE_AFTER]
        times = [op[:, READY], late, until, lines[used, FREE], *(hours.edge for hours in self.hours.values())]
        spans = [floor.can[able].ravel(), floor.setup[used].ravel(), np.array([MINUTE_MS])]
        self.unit = int(np.gcd.reduce(np.concatenate([*(each - self.first_ms for each in times), *spans])))
        self.grain_cny = max(GRAIN_CNY * self.unit / MINUTE_MS, LEAST_GRAIN_CNY)
        self.latest = max(self._at(hours.edge[-1]) for hours in self.hours.values())
        self.tail = int(np.where(able, floor.can[:, :, TAIL], 0).max()) // self.unit
        self.cost: list[cp_model.LinearExprT] = []
        self.start = [self.model.new_int_var(max(0, self._at(ready)), self.latest, "") for ready in op[:, READY]]
        self.end = [self.model.new_int_var(0, self.latest + self.tail, "") for _ in op]
        self.leave = [self.model.new_int_var(0, self.latest, "") for _ in op]
        self.here: list[dict[int, cp_model.IntVar]] = []
        self.within: dict[tuple[int, int], list[cp_model.IntVar]] = {}
        for i in range(len(op)):
            self._place(i, np.flatnonzero(able[i]).tolist())
            self._wait(i)
        for line in np.flatnonzero(used).tolist():
            self._circuit(line)
        self.model.minimize(sum(self.cost))

    def _at(self, ms: int) -> int:
        """Return an instant in units from the first one on."""
        return (int(ms) - self.first_ms) // self.unit

    def _pay(self, cny: float, what: cp_model.LinearExprT) -> None:
        """Add a price to the objective, rounded down."""
        grains = int(np.floor(cny / self.grain_cny))
        if grains != 0:
            self.cost.append(grains * what)

    def _place(self, i: int, lines: list[int]) -> None:
        """Let an operation be on one of its lines, in the hours there, for as long as it takes."""
        op, here = self.floor.op[i], {}
        alike: dict[int, list[int]] = {}
        for line in lines:
            literal = here[line] = self.model.new_bool_var("")
            tail = int(self.floor.can[i, line, TAIL]) // self.unit
            self.model.add(self.end[i] == self.leave[i] + tail).only_enforce_if(literal)
            moved = self.floor.rate[MOVED] if op[WAS_LINE] >= 0 and op[WAS_LINE] != line else 0.0
            self._pay(float(moved), literal)
            self.model.add_hint(literal, bool(self.floor.row[op[ROW], LINE] == line))
            self._spend(i, line, literal)
            alike.setdefault(int(self.floor.line[line, TABLE]), []).append(line)
        self.here.append(here)
        self.model.add_exactly_one(here.values())
        for table, on in alike.items():
            self._in_hours(i, self.hours[table], on)
        for variable, column in ((self.start[i], START), (self.leave[i], LEAVE), (self.end[i], END)):
            self.model.add_hint(variable, self._at(op[column]))

    def _spend(self, i: int, line: int, literal: cp_model.IntVar) -> None:
        """Let an operation spend its work in the open cells of a line's hours, and pay what it draws there."""
        hours, work = self.hours[int(self.floor.line[line, TABLE])], int(self.floor.can[i, line, WORK]) // self.unit
        most = np.where(hours.open, work, 0 if self.floor.op[i, WHOLE] else self.latest)
        spans = np.minimum(np.diff(hours.edge) // self.unit, most)
        within = self.within[i, line] = [self.model.new_int_var(0, span, "") for span in spans.tolist()]
        self.model.add(sum(one for one, is_open in zip(within, hours.open, strict=True) if is_open) == work * literal)
        self.model.add(self.leave[i] - self.start[i] == sum(within)).only_enforce_if(literal)
        self.model.add(sum(within) == 0).only_enforce_if(literal.negated())
        for one, price in zip(within, hours.price, strict=True):
            self._pay(float(self.floor.draw[0, i, line] * price * self.unit), one)

    def _in_hours(self, i: int, hours: _Hours, lines: list[int]) -> None:
        """Let what an operation spends before each edge of its hours lie behind its start, the rest before its end."""
        for k, edge in enumerate(hours.edge[1:-1].tolist(), 1):
            at = self._at(edge)
            before = sum(one for line in lines for one in self.within[i, line][:k])
            after = sum(one for line in lines for one in self.within[i, line][k:])
            starts, leaves = self.model.new_bool_var(""), self.model.new_bool_var("")
            self.model.add(before <= at - self.start[i]).only_enforce_if(starts)
            self.model.add(before == 0).only_enforce_if(starts.negated())
            self.model.add(after <= self.leave[i] - at).only_enforce_if(leaves)
            self.model.add(after == 0).only_enforce_if(leaves.negated())
            self.model.add(self.start[i] >= at).only_enforce_if([starts.negated()])
            self.model.add(self.leave[i] <= at).only_enforce_if([leaves.negated()])

    def _wait(self, i: int) -> None:
        """Let an operation wait for others, pay for being late, and hold up nothing outside."""
        op, worth = self.floor.op[i], self.floor.worth[i]
        for other in self.floor.link[op[LINK_AT] : op[LINK_END]].tolist():
            self.model.add(self.start[i] >= self.end[other])
        if worth[LATE_AFTER] > 0:
            self.model.add(self.end[i] <= self._at(op[DUE_AFTER]))
        if worth[LATE] > 0:
            over = self.model.new_int_var(0, max(0, self.latest - self._at(op[DUE])) + self.tail, "")
            self.model.add(over >= self.end[i] - self._at(op[DUE]))
            self._pay(float(worth[LATE]) * self.unit, over)

    def _circuit(self, line: int) -> None:
        """Let a line take its operations one after the other with a setup before each, its guard last."""
        floor, hours = self.floor, self.hours[int(self.floor.line[line, TABLE])]
        arcs: list[tuple[int, int, cp_model.LiteralT]] = [(0, 0, self.model.new_bool_var(""))]
        mine = [i for i in range(len(floor.op)) if line in self.here[i]]
        for a, i in enumerate(mine, 1):
            arcs.append((a, a, self.here[i][line].negated()))
            arcs.append((a, 0, self.model.new_bool_var("")))
            arcs.append((0, a, self._follow(line, i, self._at(floor.line[line, FREE]), floor.line[line, LAST_FAMILY])))
            for b, j in enumerate(mine, 1):
                if i != j and i not in self.guard:
                    arcs.append((a, b, self._follow(line, j, self.leave[i], floor.op[i, FAMILY])))
        self.model.add_circuit(arcs)
        for k, span in enumerate((np.diff(hours.edge) // self.unit).tolist()):
            self.model.add(sum(self.within[i, line][k] for i in mine) <= span)
        for last in self.guard.intersection(mine):
            for i in set(mine) - self.guard:
                self.model.add(self.leave[i] <= self.start[last]).only_enforce_if(self.here[i][line])

    def _follow(self, line: int, i: int, free: cp_model.LinearExprT, family: int) -> cp_model.IntVar:
        """Return whether an operation follows what leaves the line free at an instant, set up for a family."""
        literal, setup = self.model.new_bool_var(""), int(self.floor.setup[line, family, self.floor.op[i, FAMILY]])
        self.model.add(self.start[i] >= free + setup // self.unit).only_enforce_if(literal)
        hours = self.hours[int(self.floor.line[line, TABLE])]
        energy = self.floor.setup_draw[0, line] * min(hours.price[hours.open], default=0.0)
        self._pay(float((self.floor.rate[SETUP] + energy) * setup), literal)
        return literal


class _Hours:
    """A table of hours from an instant on: edge [ms] (K+1,), open (K,), price of energy [CNY/(kW ms)] (K,)."""

    def __init__(self, floor: Floor, table: int, first_ms: int) -> None:
        cut, used = floor.cut[table], int(floor.scale[table, 2])
        span, worked = np.diff(cut[:used, EDGE]), np.diff(cut[:used, WORKED])
        price = np.where(worked > 0, np.diff(floor.sums[table, :used, ENERGY]) / np.maximum(span, 1), 0.0)
        edge = np.concatenate(([first_ms], cut[:used, EDGE][cut[:used, EDGE] > first_ms]))
        at = np.searchsorted(cut[:used, EDGE], edge[:-1], side="right") - 1
        is_open = (at >= 0) & (worked[at] > 0)
        price = np.where(is_open, price[at], 0.0)
        new = np.append(True, (np.diff(is_open) | ~np.isclose(np.diff(price), 0.0, atol=SAME_PRICE, rtol=0.0)))
        self.edge: np.ndarray = np.append(edge[:-1][new], edge[-1])
        self.open: np.ndarray = is_open[new]
        self.price: np.ndarray = price[new]
