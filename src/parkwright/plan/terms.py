"""What a park's plan of its lines pays beside lateness and energy, and which power it keeps within."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass, field
from datetime import date

import numpy as np
import polars as pl

from parkwright.energy import demand, load, weather
from parkwright.energy.tariff import carbon_cny_per_kg
from parkwright.make.floor import Power, Rates
from parkwright.make.park_check import check_cap
from parkwright.make.park_floor import power_of
from parkwright.model.park import Park
from parkwright.model.tables import SIGNAL, conform


@dataclass(frozen=True, slots=True)
class Terms:
    """Prices of a day's plan, and the site's power on the intervals of its signal; None watches neither cap nor peak.

    power: import, before the losses of the site: what it draws beside its lines less the sun, and its cap (T,) [kW].
    """

    rates: Rates = field(default_factory=Rates)
    power: Power | None = None

    def faults(
        self,
        park: Park,
        jobs: pl.DataFrame,
        schedule: pl.DataFrame,
        signal: pl.DataFrame,
        outages: pl.DataFrame | None = None,
    ) -> list[str]:
        """Return the intervals in which a SCHEDULE takes the site above its cap, by an independent check.

        outages: OUTAGES, times of lines that are no working time; None for none.
        """
        if self.power is None:
            return []
        capped = signal.sort("start").with_columns(cap_kw=pl.Series(self.power.cap_kw))
        return check_cap(park, jobs, schedule, capped, self.power.other_kw.tolist(), outages)


def of_day(park: Park, day: date, signal: pl.DataFrame) -> Terms:
    """Return the terms of a day; signal: SIGNAL of it.

    Carbon costs what the tariff says, an hour of changeover what `[planning]` says. A kilowatt of the day's highest
    import costs the day's share of the month, its price over the days of the month: where the tariff charges the
    month's maximum. A contracted capacity is paid whatever is taken. The cap is the import limit. The sun counts as
    the signal expects it, all beside the lines at its usual pace; stores are planned afterwards and count as nothing.
    """
    charge, planning = demand.charge_of(park, day), park.planning
    behind = 1.0 + park.energy.grid.loss_share
    by_maximum = charge is not None and charge.by == "maximum"
    price = charge.cny_per_kw_month * behind / monthrange(day.year, day.month)[1] if charge and by_maximum else 0.0
    rates = Rates(
        carbon_cny_per_kg=carbon_cny_per_kg(park, day),
        setup_cny_per_h=planning.setup_cny_per_h if planning else 0.0,
        demand_cny_per_kw=price,
    )
    told = conform(signal, SIGNAL).sort("start")
    if told.height < 2:
        return Terms(rates)
    sky = weather.of_day(park, day)
    site_kw = load.site_kw(park, load.forecast(park, day, sky), told["start"]) / behind
    beside_kw = np.maximum(site_kw - load.lines_kw(park, day), 0.0)
    sun_kw = np.maximum(told["cap_kw"].to_numpy() - park.energy.grid.import_limit_kw, 0.0) / behind
    capped = told.with_columns(cap_kw=pl.col("cap_kw") / behind - pl.Series(sun_kw))
    return Terms(rates, power_of(capped, beside_kw - sun_kw))
