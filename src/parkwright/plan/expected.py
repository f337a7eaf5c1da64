"""What a day is expected to ask of the energy plant: the table that month, day and quarter of an hour plan from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl
from numpy.typing import NDArray

from parkwright.energy import heat, load, recovery, signal, solar, weather
from parkwright.model.park import Park

Reals = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Expected:
    """What is expected in the intervals `starts` (T,).

    load_kw: of the site without battery and heat pumps; pv_kw: of the sun; heat_kw: needed; waste_kw: heat that can be
    lifted (T,) [kW]; direct_kw: what each heat exchanger can give (T, X) [kW]. price: of grid power (T,) [CNY/kWh].
    co2e: its intensity (T,) [kg/kWh].
    """

    starts: pl.Series
    load_kw: Reals
    pv_kw: Reals
    heat_kw: Reals
    waste_kw: Reals
    direct_kw: Reals
    price: Reals
    co2e: Reals

    @property
    def arrays(self) -> dict[str, Reals]:
        """Return the powers by the names that energy.dispatch knows."""
        return {
            "load_kw": self.load_kw, "pv_kw": self.pv_kw, "heat_kw": self.heat_kw, "waste_heat_kw": self.waste_kw,
            "direct_kw": self.direct_kw,
        }  # fmt: skip

    def after(self, count: int) -> Expected:
        """Return what is expected after the first `count` intervals."""
        return Expected(
            self.starts[count:], self.load_kw[count:], self.pv_kw[count:], self.heat_kw[count:], self.waste_kw[count:],
            self.direct_kw[count:], self.price[count:], self.co2e[count:],
        )  # fmt: skip


def of_schedule(
    park: Park,
    day: date,
    schedule: pl.DataFrame | None,
    priced: pl.DataFrame | None = None,
    work_kw: Mapping[str, Reals] | None = None,
) -> Expected:
    """Return what a day of the typical year asks; schedule: SCHEDULE, None takes the lines at their usual pace.

    priced: SIGNAL of the day; None makes it from the same load. work_kw: power of movable work by its id (T,) [kW];
    None spreads each over its window.
    """
    starts, sky = park.intervals(day), weather.of_day(park, day)
    loads = load.forecast(park, day, sky, schedule, work_kw)
    pv_kw = solar.total_kw(park.energy.solar, park.site, sky)
    told = signal.of_day(park, day, loads, pv_kw) if priced is None else priced
    need_kw, waste = heat.demand_kw(park, day, starts, schedule), recovery.waste_of(park, loads, starts)
    return Expected(
        starts,
        load.site_kw(park, loads, starts),
        pv_kw,
        need_kw,
        recovery.liftable_kw(waste),
        recovery.most_kw(park.energy.exchanger, waste, need_kw),
        told["price_cny_per_kwh"].to_numpy(),
        told["co2e_kg_per_kwh"].to_numpy(),
    )


def joined(parts: Sequence[Expected]) -> Expected:
    """Return days laid end to end."""
    names = ("load_kw", "pv_kw", "heat_kw", "waste_kw", "direct_kw", "price", "co2e")
    arrays = [np.concatenate([getattr(part, name) for part in parts]) for name in names]
    return Expected(pl.concat([part.starts for part in parts]), *arrays)
