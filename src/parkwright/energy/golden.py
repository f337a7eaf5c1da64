"""The golden problem: a synthetic park whose optimum three model builders found, as a case of any length."""

from __future__ import annotations

from datetime import datetime, timedelta
from types import MappingProxyType
from zoneinfo import ZoneInfo

import numpy as np
from numpy.random import PCG64, Generator
from numpy.typing import NDArray

from parkwright.energy.case import Case, Series

Reals = NDArray[np.float64]

SEED = 7
ZONE = ZoneInfo("Asia/Shanghai")
FIRST = datetime(2024, 1, 1, tzinfo=ZONE)
OPTIMA_CNY = MappingProxyType(
    {96: 47_279.087106, 672: 335_345.771288, 2_976: 1_429_447.838666, 35_136: 12_493_912.0646}
)
"""Steps -> optimum, found alike by PyPSA 1.4.0, oemof.solph 0.6.5 and HiGHS directly (measured 2026)."""

CASE = Case.model_validate(
    {
        "timezone": "Asia/Shanghai",
        "grid": {"import_limit_kw": 12_000.0, "export_limit_kw": 3_000.0, "demand_cny_per_kw_month": 38.0},
        "battery": [
            {
                "id": "battery", "capacity_kwh": 4_000.0, "charge_kw": 2_000.0, "discharge_kw": 2_000.0,
                "charge_efficiency": 0.96, "discharge_efficiency": 0.96, "loss_share_per_h": 1e-4,
                "wear_cny_per_kwh": 0.03,
            }
        ],
        "tank": [{"id": "tank", "capacity_kwh": 6_000.0, "loss_share_per_h": 0.005}],
        "heat_pump": [{"id": "heat_pump", "power_kw": 800.0}],
        "boiler": [{"id": "boiler", "power_kw": 3_000.0, "heat_cny_per_kwh": 0.42}],
    }
)  # fmt: skip
"""Assets of the golden problem; all figures are those of the published comparison, none of a real park."""
CO2E_KG_PER_KWH = 0.5366
"""Emissions of grid power in the series; no part of the optimum. National average of 2022 (MEE, 2024; unverified)."""


def series(steps: int) -> Series:
    """Return the golden series of `steps` quarters of an hour from 2024-01-01 on, always the same numbers."""
    rng = Generator(PCG64(SEED))
    quarter = np.arange(steps)
    days = (steps + 95) // 96
    first = np.datetime64("2024-01-01")
    dates = first + quarter // 96
    month = dates.astype("datetime64[M]").astype(np.int64) % 12 + 1
    weekday = (dates.astype("datetime64[D]").astype(np.int64) + 3) % 7
    hour = quarter % 96 // 4 + quarter % 4 * 15 / 60
    doy = (dates - dates.astype("datetime64[Y]").astype("datetime64[D]")).astype(np.int64) + 1
    pv_kw = _sun_kw(rng, days, hour, doy)
    busy = weekday < 6
    load_kw = 1500 + 2200 * busy * ((hour > 8) & (hour < 20)) + 600 * busy * ((hour >= 20) | (hour < 2))
    load_kw = np.clip(load_kw + 150 * rng.standard_normal(steps), 600, None)
    outside_c = 13 + 15 * np.sin(2 * np.pi * (doy - 110) / 365) + 5 * np.sin((hour - 9) * np.pi / 12)
    outside_c = outside_c + np.repeat(rng.standard_normal(days) * 3, 96)[:steps]
    columns = {
        "load_kw": load_kw,
        "heat_kw": np.clip(18 - outside_c, 0, None) * 70 + 250 + 100 * rng.random(steps),
        "pv_kw": pv_kw,
        "waste_heat_kw": 0.12 * load_kw * (0.8 + 0.2 * rng.random(steps)),
        "cop": np.clip(2.2 + 0.09 * (outside_c + 10), 1.8, 5.0),
        "price_buy": _price(hour, month) + 1e-4 * rng.random(steps),
        "price_sell": np.full(steps, 0.25),
        "co2e_kg_per_kwh": np.full(steps, CO2E_KG_PER_KWH),
    }
    starts = tuple(FIRST + timedelta(minutes=15 * row) for row in range(steps))
    return Series(starts, 0.25, columns)


def _sun_kw(rng: Generator, days: int, hour: Reals, doy: NDArray[np.int64]) -> Reals:
    """Return solar power (T,) [kW] of 5 MW at 39.1 degrees north under a clearness drawn for each day."""
    declination = 23.45 * np.sin(2 * np.pi * (284 + doy) / 365) * np.pi / 180
    latitude = 39.1 * np.pi / 180
    height = np.sin(latitude) * np.sin(declination)
    height = height + np.cos(latitude) * np.cos(declination) * np.cos((hour - 12) * np.pi / 12)
    clear = np.repeat(rng.beta(4, 2, days), 96)[: len(hour)]
    power: Reals = 5000 * np.clip(height, 0, None) * clear * (0.9 + 0.1 * rng.random(len(hour)))
    return power


def _price(hour: Reals, month: NDArray[np.int64]) -> Reals:
    """Return the price of grid power (T,) [CNY/kWh]: valley, flat, peak, and sharp in four months."""
    price = np.full(len(hour), 0.68)
    price[(hour < 7) | (hour >= 23)] = 0.33
    price[((hour >= 9) & (hour < 12)) | ((hour >= 16) & (hour < 21))] = 1.05
    price[((hour >= 19) & (hour < 21)) & np.isin(month, [1, 7, 8, 12])] = 1.26
    return price
