"""The core against the same parks written down again from the equations, row by row, and solved by scipy."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import linprog
from systems import random_park

from parkwright.energy import golden
from parkwright.energy.answer import answer
from parkwright.energy.blocks import Converter, Grid, Load, Source, Store
from parkwright.energy.case import system


class Written:
    """A park's programme as dense rows, one equation after the other."""

    def __init__(self, park):
        self.park, self.names, self.cost, self.bounds = park, {}, [], []
        self.equal, self.equal_to, self.less, self.less_than = [], [], [], []
        for block in park.blocks:
            self.place(block)
        for bus in ("power", "heat"):
            for step in range(park.steps):
                self.balance(bus, step)
        for block in park.blocks:
            if isinstance(block, Store):
                self.tie(block)
            if isinstance(block, Grid) and block.demand is not None:
                self.peaks(block)

    def column(self, name, cost, high):
        self.names[name] = len(self.cost)
        self.cost.append(cost)
        self.bounds.append((0, None if np.isinf(high) else high))

    def place(self, block):
        hours = self.park.step_h
        for t in range(self.park.steps):
            if isinstance(block, Source):
                price = np.broadcast_to(block.price, self.park.steps)[t]
                self.column((block.id, t), hours * price, block.limit_kw[t])
            elif isinstance(block, Grid):
                self.column((block.id, "in", t), hours * block.import_price[t], block.import_limit_kw[t])
                self.column((block.id, "out", t), -hours * block.export_price[t], block.export_limit_kw[t])
            elif isinstance(block, Converter):
                self.column((block.id, t), 0.0, block.limit_kw[t])
            elif isinstance(block, Store):
                self.column((block.id, "in", t), 0.0, block.charge_kw)
                self.column((block.id, "out", t), hours * block.wear_price, block.discharge_kw)
                self.column((block.id, "stored", t), 0.0, block.capacity_kwh)
        if isinstance(block, Grid) and block.demand is not None:
            for group, price in enumerate(block.demand.price):
                self.column((block.id, "peak", group), price, np.inf)

    def row(self, cells):
        found = np.zeros(len(self.cost))
        for name, value in cells:
            found[self.names[name]] += value
        return found

    def balance(self, bus, t):
        cells, load = [], 0.0
        for block in self.park.blocks:
            if isinstance(block, Load) and block.bus == bus:
                load += block.power_kw[t]
            elif isinstance(block, Source) and block.bus == bus:
                cells.append(((block.id, t), 1.0))
            elif isinstance(block, Grid | Store) and block.bus == bus:
                sign = 1.0 if isinstance(block, Grid) else -1.0
                cells += [((block.id, "in", t), sign), ((block.id, "out", t), -sign)]
            elif isinstance(block, Converter):
                cells += [((block.id, t), -1.0)] if block.bus == bus else []
                cells += [((block.id, t), block.ratio[t])] if block.to_bus == bus else []
        self.equal.append(self.row(cells))
        self.equal_to.append(load)

    def tie(self, store):
        for t in range(self.park.steps):
            hours = self.park.step_h
            before = (store.id, "stored", (t - 1) % self.park.steps)
            self.equal.append(
                self.row(
                    [
                        ((store.id, "stored", t), 1.0),
                        (before, -store.kept_share),
                        ((store.id, "in", t), -hours * store.charge_efficiency),
                        ((store.id, "out", t), hours / store.discharge_efficiency),
                    ]
                )
            )
            self.equal_to.append(0.0)

    def peaks(self, grid):
        for t in range(self.park.steps):
            group = int(grid.demand.group[t])
            self.less.append(self.row([((grid.id, "in", t), 1.0), ((grid.id, "peak", group), -1.0)]))
            self.less_than.append(0.0)

    def optimum(self):
        found = linprog(
            self.cost, np.array(self.less), self.less_than, np.array(self.equal), self.equal_to, self.bounds
        )
        assert found.status == 0, found.message
        return found.fun


@pytest.mark.parametrize("seed", range(12))
def test_a_random_park_has_the_optimum_of_its_equations(seed):
    park = random_park(np.random.default_rng([9, seed]), 48)
    found = answer(park)
    assert found.status == "optimal"
    assert found.objective_cny == pytest.approx(Written(park).optimum(), rel=1e-7)


@pytest.mark.parametrize("steps", [48, 96])
def test_the_golden_problem_has_the_optimum_of_its_equations(steps):
    park = system(golden.CASE, golden.series(steps))[0]
    assert answer(park).objective_cny == pytest.approx(Written(park).optimum(), rel=1e-8)
