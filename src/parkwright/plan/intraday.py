"""The energy plant planned anew within the day, from what is stored, what the meters say and what the month allows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from parkwright.energy import demand, dispatch, tariff
from parkwright.energy.blocks import Block, Store, System
from parkwright.energy.control import HORIZON, low_share, low_side
from parkwright.energy.forecast import MEDIAN, Band
from parkwright.energy.replan import Replanner
from parkwright.model.opening import Opening
from parkwright.model.park import Park
from parkwright.plan.day import DayPlan
from parkwright.plan.expected import Expected, joined

Reals = NDArray[np.float64]

ERROR_HALF_LIFE_STEPS = 4.0
"""Steps after which half of what the meters differ from the forecast now is expected to last; assumed: an hour."""
DOUBT_SHARE = 0.15
"""Standard deviation of a forecast's relative error a day ahead, growing as a random walk from nothing; assumed, about
the error of a site's load by the calendar (nMAE 0.12 to 0.34 on two metered years, bench/forecast.py)."""
TIME_LIMIT_S = 5.0
"""Time after which the best point known is taken [s]; a plan takes milliseconds; assumed."""


@dataclass(frozen=True, slots=True)
class Doubt:
    """How far a forecast of the day may miss on the low side of need, one case in ten beyond it, a day ahead (T,).

    load_share: by which the load may be lower. sun_share: by which the sun may give more.
    """

    load_share: Reals
    sun_share: Reals


def doubt_of(load: Band, sun: Band | None) -> Doubt:
    """Return the doubt that the quantiles of a day's forecasts leave; sun: None where the park has no field.

    Where next to nothing is expected, nothing is in doubt.
    """
    low = np.clip(1.0 - _over(load.quantile_kw[0], load.median_kw), 0.0, 1.0)
    if sun is None:
        return Doubt(low, np.zeros(len(low)))
    return Doubt(low, np.clip(_over(sun.quantile_kw[-1], sun.quantile_kw[MEDIAN]) - 1.0, 0.0, 1.0))


def _over(part_kw: Reals, whole_kw: Reals) -> Reals:
    seen = whole_kw > 0.01 * max(float(whole_kw.max(initial=0.0)), 1e-12)
    return np.where(seen, part_kw / np.where(seen, whole_kw, 1.0), 1.0)


@dataclass(frozen=True, slots=True)
class Seen:
    """What is known when a step begins.

    stored_kwh: by store. reached_kw: month "YYYY-MM" -> highest import so far. load_kw and pv_kw: means of the step
    that has just ended, as the plan counts them; None where they were not measured.
    """

    stored_kwh: Mapping[str, float]
    reached_kw: Mapping[str, float]
    load_kw: float | None = None
    pv_kw: float | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked of the plant in a step: mean power by asset [kW], the import to hold to, and how it was found.

    import_kw: None where demand costs nothing.
    """

    power_kw: Mapping[str, float]
    import_kw: float | None
    status: str


class Intraday:
    """Plans a day's steps one after another; its solvers keep model and basis while only numbers change."""

    def __init__(self, park: Park, plan: DayPlan, doubt: Doubt | None = None) -> None:
        """Begin with the plan of the day; nothing is planned anew yet.

        doubt: what the quantiles of the day's forecasts leave open; None takes DOUBT_SHARE of everything.
        """
        self._park, self._plan, self._doubt = park, plan, doubt
        self._ahead = plan.ahead
        self._replanner = Replanner(TIME_LIMIT_S)
        self._last: Mapping[str, Reals] | None = None

    def expect(self, today: Expected) -> None:
        """Take what the day itself is expected to ask from now on, as after its schedule has changed."""
        self._ahead = joined([today, self._plan.ahead.after(today.starts.len())])

    def ask(self, step: int, seen: Seen) -> Asked:
        """Return what is asked of the plant in a step of the day, planned up to a day ahead.

        The stores are to end the window with what the day's plan holds then. Movable work is done when the
        day's plan has it. What the meters differ from the forecast now is expected to fade; a month's peak is raised
        only as far as even the low side of the forecast needs it.
        """
        window = self._window(step, seen)
        known = any(grid.demand is not None for grid in window.grids())
        low = self._low_side(step, window) if known else None
        found, needed = self._replanner.plan(window, low, 1, self._last)
        self._last = found.flows
        plant = self._park.energy
        power = {
            one.id: float(found.flows[f"{one.id}.charge"][0] - found.flows[f"{one.id}.discharge"][0])
            for one in plant.battery
        }
        power |= {work_id: float(kw[step]) for work_id, kw in self._plan.work.joint.work_kw.items()}
        makers = [one.id for one in plant.heat_pump] + [one.id for one in plant.boiler]
        power |= {asset_id: float(found.flows[asset_id][0]) for asset_id in makers}
        return Asked(power, float(needed[dispatch.GRID][0]) if known else None, found.word)

    def _window(self, step: int, seen: Seen) -> System:
        """Return the next day of steps as it is expected now."""
        ahead, end = self._ahead, min(step + HORIZON, self._ahead.starts.len())
        cut = slice(step, end)
        arrays = {name: values[cut] for name, values in ahead.arrays.items()}
        fades = 0.5 ** (np.arange(end - step) / ERROR_HALF_LIFE_STEPS)
        if seen.load_kw is not None and step > 0:
            error = seen.load_kw - float(ahead.load_kw[step - 1])
            arrays["load_kw"] = np.maximum(arrays["load_kw"] + error * fades, 0.0)
        if seen.pv_kw is not None and step > 0 and ahead.pv_kw[step - 1] > 0.02 * ahead.pv_kw.max():
            ratio = min(seen.pv_kw / float(ahead.pv_kw[step - 1]), 2.0)
            arrays["pv_kw"] = arrays["pv_kw"] * (1.0 + (ratio - 1.0) * fades)
        free = {name: max(kw, seen.reached_kw.get(name, 0.0)) for name, kw in self._plan.month.free_kw.items()}
        charge = demand.charged(self._park, ahead.starts[cut], free)
        system = dispatch.plant_system(
            self._park, arrays, ahead.price[cut], ahead.co2e[cut], Opening(seen.stored_kwh),
            tariff.carbon_cny_per_kg(self._park, self._plan.day), charge,
        )  # fmt: skip
        return replace(system, blocks=tuple(self._ending(block, end - 1) for block in system.blocks))

    def _low_side(self, step: int, window: System) -> System:
        """Return a window with as little load and as much sun as one case in ten brings; doubt grows ahead."""
        if self._doubt is None:
            share = low_share(window.steps, DOUBT_SHARE, HORIZON)
            return low_side(window, share, share)
        grows = np.sqrt(np.arange(window.steps) / HORIZON)
        own = np.arange(step, step + window.steps) % len(self._doubt.load_share)
        return low_side(window, self._doubt.load_share[own] * grows, self._doubt.sun_share[own] * grows)

    def _ending(self, block: Block, last: int) -> Block:
        if not isinstance(block, Store):
            return block
        return replace(block, end_kwh=float(self._plan.stored_kwh[block.id][last]))
