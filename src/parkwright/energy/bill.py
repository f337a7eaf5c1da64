"""The bill of grid power: energy by band, demand by the month, feed-in, carbon and certificates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from parkwright.energy.tariff import prices, valid_tariff
from parkwright.model.errors import PlanError
from parkwright.model.park import Park
from parkwright.model.plant import DemandCharge

Reals = NDArray[np.float64]

KG_PER_T = 1000.0


@dataclass(frozen=True, slots=True)
class Bill:
    """What a span cost [CNY]; energy_kwh and energy_cny by band, demand by month "YYYY-MM"; `total_cny` is their sum.

    export_cny is income and below zero. carbon_cny and certificate_cny are 0 where the tariff has no such price.
    """

    energy_kwh: Mapping[str, float]
    energy_cny: Mapping[str, float]
    demand_kw: Mapping[str, float]
    demand_cny: Mapping[str, float]
    export_cny: float
    carbon_cny: float
    certificate_cny: float

    @property
    def total_cny(self) -> float:
        """Return the whole bill [CNY]."""
        parts = sum(self.energy_cny.values()) + sum(self.demand_cny.values())
        return parts + self.export_cny + self.carbon_cny + self.certificate_cny


def window_mean_kw(power_kw: Reals, starts: pl.Series, step_s: int, window_min: int) -> tuple[Reals, pl.Series]:
    """Return the mean power of each whole window of the demand meter (W,) [kW], and where each begins.

    Windows stand on the clock: one of 30 minutes begins at the hour and at half past. A window of which intervals are
    missing does not count. Where the window is shorter than the interval, the interval's mean is all that is known.
    """
    if window_min * 60 <= step_s:
        return power_kw, starts
    each = window_min * 60 // step_s
    if window_min * 60 % step_s:
        raise PlanError(
            f"demand: its window of {window_min} min is no whole number of intervals of {step_s / 60:g} min; "
            "give a multiple"
        )
    frame = pl.DataFrame({"start": starts, "kw": power_kw})
    groups = frame.group_by(pl.col("start").dt.truncate(f"{window_min}m"), maintain_order=True)
    means = groups.agg(pl.col("kw").mean(), pl.len().alias("rows")).filter(pl.col("rows") == each)
    return means["kw"].to_numpy(), means["start"]


def demand_cny(charge: DemandCharge, peak_kw: float) -> float:
    """Return what the highest mean power of a month costs [CNY].

    By maximum: the price of each kW. By contracted capacity: the price of the contracted kW whatever was taken, and
    what is above its free share at over_factor times the price.

    References: NDRC, notice 2016 no. 1583, two-part tariff by contracted demand (105 %, double price); unverified.
    """
    if charge.by == "maximum":
        return charge.cny_per_kw_month * peak_kw
    over_kw = max(peak_kw - charge.free_share * charge.contracted_kw, 0.0)
    return charge.cny_per_kw_month * (charge.contracted_kw + charge.over_factor * over_kw)


def bill(
    park: Park,
    starts: pl.Series,
    import_kw: Reals,
    export_kw: Reals,
    co2e_kg_per_kwh: Reals | float | None = None,
    certificates_mwh: float = 0.0,
) -> Bill:
    """Return the bill of the intervals `starts` (T,); import_kw and export_kw: mean power at the grid point (T,) [kW].

    co2e_kg_per_kwh: of grid power; None takes the park's accounting factor. A month of which intervals are missing is
    charged its demand in full: a demand charge knows no part of a month. Prices of zero and below are charged as such.

    Raises PlanError when power is below zero or not known, or the demand meter's window does not fit the intervals.
    """
    for name, power in (("import", import_kw), ("export", export_kw)):
        wrong = np.flatnonzero(~np.isfinite(power) | (power < 0.0))
        if wrong.size:
            found = f"bill: {name} is {power[wrong[0]]:g} kW at {starts[int(wrong[0])]:%Y-%m-%d %H:%M} UTC"
            raise PlanError(f"{found}; give 0 or more, and the other direction in the other array")
    step_s = park.site.metering_interval_s
    step_h = step_s / 3600.0
    priced = prices(park, starts).with_columns(
        pl.Series("kwh", import_kw * step_h),
        pl.Series("day", starts.dt.convert_time_zone(park.site.timezone).dt.date()),
    )
    priced = priced.with_columns((pl.col("kwh") * pl.col("price_cny_per_kwh")).alias("cny"))
    by_band = priced.group_by("band", maintain_order=True).agg(pl.col("kwh").sum(), pl.col("cny").sum())
    demand_kw, demand = _demand(park, starts, import_kw, step_s)
    factor = float(park.factor[park.site.accounting_grid_factor].value) if co2e_kg_per_kwh is None else co2e_kg_per_kwh
    tariffs = {day: valid_tariff(park, day) for day in priced["day"].unique().to_list()}
    carbon = np.array([tariff.carbon_cny_per_t if (tariff := tariffs[day]) else 0.0 for day in priced["day"]])
    first = valid_tariff(park, priced["day"][0]) if priced.height else None
    return Bill(
        energy_kwh=dict(by_band.select("band", "kwh").rows()),
        energy_cny=dict(by_band.select("band", "cny").rows()),
        demand_kw=demand_kw,
        demand_cny=demand,
        export_cny=-float((export_kw * step_h).sum()) * park.energy.grid.export_cny_per_kwh,
        carbon_cny=float((priced["kwh"].to_numpy() * factor * carbon).sum()) / KG_PER_T,
        certificate_cny=certificates_mwh * (first.certificate_cny_per_mwh if first else 0.0),
    )


def _demand(park: Park, starts: pl.Series, import_kw: Reals, step_s: int) -> tuple[dict[str, float], dict[str, float]]:
    """Return the highest mean power of each month [kW] and what it costs [CNY], where the tariff charges demand."""
    local = starts.dt.convert_time_zone(park.site.timezone)
    month = local.dt.strftime("%Y-%m").to_numpy()
    peaks: dict[str, float] = {}
    costs: dict[str, float] = {}
    for name in dict.fromkeys(month.tolist()):
        rows = np.flatnonzero(month == name)
        tariff = valid_tariff(park, local[int(rows[0])].date())
        if tariff is None or tariff.demand is None:
            continue
        means, _ = window_mean_kw(import_kw[rows], starts.gather(rows), step_s, tariff.demand.window_min)
        peaks[name] = float(means.max()) if means.size else 0.0
        costs[name] = demand_cny(tariff.demand, peaks[name])
    return peaks, costs
