"""The movable work of a day planned together with the energy plant, beside the same day planned in other ways."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np
import polars as pl
from numpy.typing import NDArray

from parkwright.energy import demand, dispatch, joint, movable, tariff
from parkwright.energy.answer import carbon_kg
from parkwright.energy.blocks import Block, System
from parkwright.model.opening import Opening
from parkwright.model.park import Park
from parkwright.model.tables import DISPATCH, conform
from parkwright.plan.expected import Expected, joined, of_schedule

Reals = NDArray[np.float64]

GAP = 1e-5
"""Relative distance to the optimum at which the day's plan stops; assumed: about a yuan a day, and
a hundredth of energy.joint.GAP because a month's demand charge stands in the cost, too."""
TIME_LIMIT_S = 120.0
"""Time after which the best plan known is taken [s]; a day takes about a second, and the same everywhere; assumed."""
_STILL_KW = 1e-6


@dataclass(frozen=True, slots=True)
class Way:
    """One way to place a day's work, and what follows from it.

    work_kw: by work id (T,) [kW], on the day and the next. weighed_cny: what plans minimise, over both days: energy,
    demand, wear and gas less what is fed in, and carbon at its price. cost_cny: the same without carbon, and without
    what the month pays for demand anyway. co2e_kg: emissions of both days. ahead: what is expected of the plant then.
    dispatched: what the plant does.
    """

    work_kw: Mapping[str, Reals]
    weighed_cny: float
    cost_cny: float
    co2e_kg: float
    ahead: Expected
    dispatched: dispatch.Dispatched

    @property
    def today_kw(self) -> dict[str, Reals]:
        """Return the power of each work on the day itself (T,) [kW]; what follows is the next day's to plan anew."""
        count = self.dispatched.dispatch.filter(pl.col("asset_id") == dispatch.GRID).height
        return {work_id: kw[:count] for work_id, kw in self.work_kw.items()}

    def table(self) -> pl.DataFrame:
        """Return the day's DISPATCH, the power of movable work included."""
        starts = self.dispatched.dispatch.filter(pl.col("asset_id") == dispatch.GRID)["start"]
        rows = [self.dispatched.dispatch]
        for work_id, kw in self.today_kw.items():
            shown = np.round(kw, 9) + 0.0
            reason = np.where(shown > _STILL_KW, "work", "wait").tolist()
            held = pl.Series([None] * len(shown), dtype=pl.Float64)
            rows.append(
                pl.DataFrame(
                    {"start": starts, "asset_id": [work_id] * len(shown), "power_kw": shown,
                     "state_of_charge_kwh": held, "reason": reason}
                )
            )  # fmt: skip
        return conform(pl.concat(rows).sort("start", maintain_order=True), DISPATCH)


@dataclass(frozen=True, slots=True)
class Work:
    """A day's movable work: as early as it may be done, shifted by tariff alone, and planned together with the plant.

    gap and bound_cny: proven for the joint plan, of what plans minimise: no plan costs less than bound_cny.
    """

    unshifted: Way
    shifted: Way
    joint: Way
    gap: float
    bound_cny: float


def plan(
    park: Park,
    day: date,
    schedule: pl.DataFrame | None,
    priced: pl.DataFrame | None,
    opening: Opening,
    month: dispatch.Month,
) -> Work:
    """Return the movable work of a day planned together with the plant, the next day behind it.

    Each work stays in its window, and no order waits for any of it; what the day before left undone is done before its
    window ends. Tomorrow's work is expected evenly over its windows. schedule: SCHEDULE of the day; None takes the
    lines at their usual pace. priced: SIGNAL of the day; None makes it. opening: stores and work left at midnight.
    month: import that costs nothing more.
    """
    today = of_schedule(park, day, schedule, priced, {})
    after = day + timedelta(days=1)
    new_kw = movable.spread_kw(park, after, movable.NOTHING)
    idle = joined([today, of_schedule(park, after, None, None, new_kw)])
    own = today.starts.len()
    charge = demand.charged(park, idle.starts, month.free_kw, month.share)
    carbon = tariff.carbon_cny_per_kg(park, day)
    plant = dispatch.plant_system(park, idle.arrays, idle.price, idle.co2e, opening, carbon, charge)
    work: tuple[Block, ...] = movable.blocks(park, day, dispatch.POWER, opening.unfinished)
    system = System(plant.step_h, plant.steps, (*plant.blocks, *work))
    anyway_cny = 0.0 if charge is None else float(charge.price @ charge.floor_kw)

    def way(planned: joint.Planned) -> Way:
        taken_kw = sum(planned.work_kw.values(), np.zeros(idle.starts.len()))
        ahead = replace(idle, load_kw=idle.load_kw + taken_kw)
        dispatched = dispatch.solve(
            park, ahead.starts, ahead.load_kw, ahead.pv_kw, ahead.heat_kw, ahead.waste_kw, ahead.price, ahead.co2e,
            opening, month=month, own=own, direct_kw=ahead.direct_kw,
        )  # fmt: skip
        co2e_kg = carbon_kg(system, planned.answer.flows)
        cost_cny = planned.cost_cny - carbon * co2e_kg - anyway_cny
        return Way(movable.by_work(park, planned.work_kw), planned.cost_cny, cost_cny, co2e_kg, ahead, dispatched)

    if not work:
        only = way(joint.fixed(system, {}))
        return Work(only, only, only, 0.0, only.weighed_cny)
    found = joint.plan(system, TIME_LIMIT_S, GAP)
    return Work(way(found.earliest), way(found.shifted), way(found.joint), found.gap, found.bound_cny)
