"""A plan of the next steps, made anew every few minutes, that does not raise the month's peak on a mere forecast.

A peak of the billing period cannot be taken back, while a forecast may err and will be better in an hour. So a plan may
raise it now only as far as even the low side of the forecast needs it; what the expected course needs later is planned
for, but not taken before it is there. Without this rule every forecast that errs upwards raises the peak a little, and
none lowers it again: the month pays for the highest of all forecasts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from parkwright.energy.answer import TIME_LIMIT_S, Answer, Planner
from parkwright.energy.blocks import Block, Demand, Grid, System

Reals = NDArray[np.float64]


class Replanner:
    """Plans one window after another; its solvers keep model and basis while only numbers change."""

    def __init__(self, limit_s: float = TIME_LIMIT_S) -> None:
        """Take at most `limit_s` [s] an attempt."""
        self._expected, self._low = Planner(limit_s), Planner(limit_s)

    def plan(
        self, expected: System, low: System | None, now: int, previous: Mapping[str, Reals] | None = None
    ) -> tuple[Answer, dict[str, Reals]]:
        """Return the plan of a window, and by grid id the import that each billing period may reach (G,) [kW].

        expected: the window as it is expected, the floor of its demand what was reached or is worth its price. low: the
        same with as little load and as much sun as one case in ten brings; None takes the forecast as certain.
        now: steps that are carried out before the next plan. previous: flows of the last plan, `now` steps ago.
        """
        if low is None:
            found = self._expected.answer(expected, previous, now)
            return found, _peaks(expected, found)
        needed = _peaks(low, self._low.answer(low))
        careful = tuple(_careful(block, needed, now) for block in expected.blocks)
        return self._expected.answer(replace(expected, blocks=careful), previous, now), needed


def _peaks(system: System, found: Answer) -> dict[str, Reals]:
    """Return the peaks of an answer (G,) by the grids that pay for them [kW]."""
    return {grid.id: found.flows[f"{grid.id}.peak"] for grid in system.grids() if grid.demand is not None}


def _careful(block: Block, needed: Mapping[str, Reals], now: int) -> Block:
    """Return a grid whose peak now has a price of its own, whatever peak is expected later in its billing period."""
    if not isinstance(block, Grid) or block.demand is None:
        return block
    demand, periods = block.demand, len(block.demand.price)
    near = -(-now // demand.window) * demand.window
    later = np.arange(len(demand.group)) >= near
    kinds, group = np.unique(demand.group + periods * later, return_inverse=True)
    origin = kinds % periods
    floor = np.maximum(demand.floor_kw, needed[block.id])[origin]
    return replace(block, demand=Demand(group.astype(np.int64), demand.price[origin], floor, demand.window))
