"""The demand charge: what the highest import of a month costs, as a plan sees it and as a day adds to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl
from numpy.typing import NDArray

from parkwright.energy.bill import demand_cny, window_mean_kw
from parkwright.energy.blocks import Demand
from parkwright.energy.tariff import valid_tariff
from parkwright.model.errors import PlanError
from parkwright.model.park import Park
from parkwright.model.plant import DemandCharge

Reals = NDArray[np.float64]

MWH_PER_KWH = 1_000_000


@dataclass(frozen=True, slots=True)
class Added:
    """What a day adds to its month's demand charge.

    peak_kw: highest mean import of the day over the demand meter's window. month_kw: of the month with this day.
    before_cny and after_cny: the month's charge without and with the day.
    """

    peak_kw: float
    month_kw: float
    before_cny: float
    after_cny: float

    @property
    def cny(self) -> float:
        """Return what the month's charge rises by [CNY]."""
        return self.after_cny - self.before_cny


def month_of(day: date) -> str:
    """Return the billing month of a day, "YYYY-MM"."""
    return day.isoformat()[:7]


def charge_of(park: Park, day: date) -> DemandCharge | None:
    """Return what the tariff of a day charges for demand; None where only energy is charged."""
    tariff = valid_tariff(park, day)
    return tariff.demand if tariff else None


def charged(park: Park, starts: pl.Series, free_kw: Mapping[str, float], share: float = 1.0) -> Demand | None:
    """Return the demand charge over the intervals `starts` (T,) as a plan pays for it; None where there is none.

    free_kw: month "YYYY-MM" -> import that costs nothing more, because it was reached or is the month's target. share:
    of the price that the plan pays, where it stands for a part of the month. A contracted capacity is free up to its
    free share; above it each kilowatt costs over_factor times the price.

    Raises PlanError when the demand meter's window is no whole number of intervals.
    """
    days = starts.dt.convert_time_zone(park.site.timezone).dt.date()
    months = days.dt.strftime("%Y-%m")
    names = months.unique(maintain_order=True).to_list()
    price, floor, window = np.zeros(len(names)), np.zeros(len(names)), 1
    for row, name in enumerate(names):
        first = days.filter(months == name)[0]
        charge = charge_of(park, first)
        if charge is None:
            continue
        window = window_steps(charge, park.site.metering_interval_s)
        free = charge.free_share * charge.contracted_kw if charge.by == "contracted" else 0.0
        price[row] = share * charge.cny_per_kw_month * (charge.over_factor if charge.by == "contracted" else 1.0)
        floor[row] = max(free_kw.get(name, 0.0), free)
    if not price.any():
        return None
    places = dict(zip(names, range(len(names)), strict=True))
    group = months.replace_strict(places, return_dtype=pl.Int64).to_numpy().astype(np.int64)
    return Demand(group, price, floor, window)


def window_steps(charge: DemandCharge, step_s: int) -> int:
    """Return over how many metering intervals the demand meter takes its mean, at least one.

    Raises PlanError when its window is longer than an interval but no whole number of them.
    """
    if charge.window_min * 60 > step_s and charge.window_min * 60 % step_s:
        raise PlanError(
            f"demand: its window of {charge.window_min} min is no whole number of intervals of {step_s / 60:g} min; "
            "give a multiple"
        )
    return max(charge.window_min * 60 // step_s, 1)


def added(park: Park, charge: DemandCharge, starts: pl.Series, import_kw: Reals, before_kw: float) -> Added:
    """Return what the import of a day (T,) [kW] adds to its month's demand charge.

    before_kw: highest import of the month's other days that count already [kW]. Added over the days of a month in any
    order, it is the charge of the month's highest import: each day pays for what it raises. The first of them pays what
    is charged whatever is taken (a contracted capacity).
    """
    step_s = park.site.metering_interval_s
    means, _ = window_mean_kw(import_kw, starts, step_s, charge.window_min)
    peak_kw = float(means.max()) if means.size else 0.0
    month_kw = max(peak_kw, before_kw)
    known = demand_cny(charge, before_kw) if before_kw > 0.0 else 0.0
    return Added(peak_kw, month_kw, known, demand_cny(charge, month_kw))


def imported_kw(park: Park, readings: pl.DataFrame) -> tuple[pl.Series, Reals]:
    """Return the intervals of READINGS and the mean import over all grid meters in them (T,) [kW]."""
    meters = [meter.id for meter in park.meters if meter.role == "import" and meter.commodity == "electricity"]
    rows = readings.filter(pl.col("meter_id").is_in(meters)).group_by("start").agg(pl.col("energy_mwh_int").sum())
    rows = rows.sort("start")
    step_h = park.site.metering_interval_s / 3600.0
    return rows["start"], rows["energy_mwh_int"].to_numpy().astype(np.float64) / MWH_PER_KWH / step_h
