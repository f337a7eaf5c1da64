"""What if this glass were on that building: a year of its rooms with each, in kWh, money, carbon and payback."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

import numpy as np
import polars as pl
from numpy.typing import NDArray

from parkwright.energy import heat, tariff
from parkwright.energy import load as loads
from parkwright.energy.panes import Glazing
from parkwright.energy.rooms import Climate, Run, Use, simulate
from parkwright.energy.shell import zone_of
from parkwright.model.park import Park
from parkwright.model.site import Building

Reals = NDArray[np.float64]

CONVECTIVE_SHARE = 0.4
"""Of the gains inside, what goes to the air at once; ISO 52016-1:2017, table B.11."""
SETTLE_DAYS = 30


@dataclass(frozen=True, slots=True)
class Bill:
    """What a building-year takes: heat and cold, power and gas bought [kWh], money [CNY], carbon [kg], peaks [kW].

    Power is carried at the grid's location-based factor, gas at the boiler's.
    """

    heating_kwh: float
    cooling_kwh: float
    electricity_kwh: float
    gas_kwh: float
    cost_cny: float
    co2e_kg: float
    peak_heating_kw: float
    peak_cooling_kw: float


@dataclass(frozen=True, slots=True)
class WhatIf:
    """A building with its glass and with another; what it saves a year; None of payback where it never pays back."""

    before: Bill
    after: Bill
    saved_kwh: float
    saved_cny: float
    saved_kg: float
    invested_cny: float
    payback_years: float | None


def what_if(
    park: Park, building: Building, climate: Climate, glazing: Glazing, cost_cny_per_m2: float, before: Glazing | None
) -> WhatIf:
    """Return a building-year with the glass it has (`before`; None: one of its U and g) and with `glazing`.

    saved_kwh counts what is bought: power and gas. The heat comes from the boiler where there is one, the plant that
    runs last and is spared first; else from a heat pump or split units.
    """
    used = use_of(park, building, climate.step_s)
    bills = []
    for glass in (before, glazing):
        run = simulate(zone_of(building, glass), climate, used, settle=round(SETTLE_DAYS * 86400 / climate.step_s))
        bills.append(bill(park, run))
    old, new = bills
    saved = old.cost_cny - new.cost_cny
    invested = building.glass_area_m2 * cost_cny_per_m2
    return WhatIf(
        old, new, old.electricity_kwh + old.gas_kwh - new.electricity_kwh - new.gas_kwh, saved,
        old.co2e_kg - new.co2e_kg, invested, invested / saved if saved > 0.0 else None,
    )  # fmt: skip


def use_of(park: Park, building: Building, step_s: float) -> Use:
    """Return how a building is used through the year of prices, by step: gains of its shifts, air, set-points."""
    year = price_year(park)
    per_day = round(86400.0 / step_s)
    seen: dict[tuple[tuple[str, str], ...], Reals] = {}
    days = []
    for number in range(365):
        day = date(year, 1, 1) + timedelta(days=number)
        key = tuple((a.astimezone(park.zone).isoformat()[11:], b.astimezone(park.zone).isoformat()[11:])
                    for a, b in park.shifts(day))  # fmt: skip
        if key not in seen:
            found = loads.inside_kw(park, day)[building.id]
            seen[key] = np.interp((np.arange(per_day) + 0.5) / per_day, _middles(found.size), found)
        days.append(seen[key])
    gains = np.concatenate(days) * 1000.0
    full = np.ones(gains.size)
    return Use(
        building.air_changes_per_h * full, CONVECTIVE_SHARE * gains, (1.0 - CONVECTIVE_SHARE) * gains,
        building.heating_setpoint_c * full, building.cooling_setpoint_c * full,
    )  # fmt: skip


def bill(park: Park, run: Run) -> Bill:
    """Return what a building-year takes from grid and gas, at the park's tariff and factors."""
    hours = run.step_s / 3600.0
    heating, cooling = run.heating_w / 1000.0, run.cooling_w / 1000.0
    power = loads.hvac_kw(park, heating, cooling)
    if park.energy.chiller:
        power = power + cooling / max(one.cop for one in park.energy.chiller)
    gas_kw, gas_cny, gas_kg = np.zeros_like(heating), 0.0, 0.0
    if park.energy.boiler:
        boiler = max(park.energy.boiler, key=lambda one: one.efficiency)
        gas_kw, gas_cny = heating / boiler.efficiency, boiler.gas_cny_per_kwh
        gas_kg = float(park.factor[boiler.factor_id].value)
    elif park.energy.heat_pump:
        power = power + heating / float(heat.cop(park.energy.heat_pump[0])[0])
    electricity, gas = float(power.sum()) * hours, float(gas_kw.sum()) * hours
    money = float(power @ _prices(park, run.step_s)) * hours + gas * gas_cny
    carbon = electricity * float(park.factor[park.site.accounting_grid_factor].value) + gas * gas_kg
    return Bill(
        run.heating_kwh, run.cooling_kwh, electricity, gas, money, carbon,
        float(heating.max()), float(cooling.max()),
    )  # fmt: skip


def price_year(park: Park) -> int:
    """Return the year whose prices and days count: the first without 29 February after the newest tariff begins."""
    newest = max((one.valid_from for one in park.tariffs), default="2025-01-01")
    year = int(newest[:4]) + 1
    return year + 1 if year % 4 == 0 else year


def _prices(park: Park, step_s: float) -> Reals:
    begin = datetime(price_year(park), 1, 1, tzinfo=park.zone)
    starts = pl.datetime_range(
        begin, begin + timedelta(days=365), timedelta(hours=1), closed="left", eager=True, time_zone=str(park.zone)
    )
    hourly = tariff.prices(park, starts.dt.convert_time_zone("UTC").dt.cast_time_unit("ms"))["price_cny_per_kwh"]
    found: Reals = np.repeat(hourly.to_numpy().astype(np.float64)[:8760], round(3600.0 / step_s))
    return found


def _middles(count: int) -> Reals:
    found: Reals = (np.arange(count) + 0.5) / count
    return found
