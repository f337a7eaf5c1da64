"""The golden series against the generator it was published with, number by number."""

from __future__ import annotations

import itertools
from datetime import timedelta

import numpy as np
import pandas as pd
import pytest

from parkwright.energy import golden
from parkwright.energy.case import BILLING_MONTH_DAYS, system


def published(n):
    """The series as published with the comparison of model builders, in pandas."""
    ix = pd.date_range("2024-01-01", periods=n, freq="15min")
    rng = np.random.default_rng(7)
    h = ix.hour.values + ix.minute.values / 60
    doy = ix.day_of_year.values
    decl = 23.45 * np.sin(2 * np.pi * (284 + doy) / 365) * np.pi / 180
    lat = 39.1 * np.pi / 180
    se = np.sin(lat) * np.sin(decl) + np.cos(lat) * np.cos(decl) * np.cos((h - 12) * np.pi / 12)
    nd = (n + 95) // 96
    kt = np.repeat(rng.beta(4, 2, nd), 96)[:n]
    found = {"pv_kw": 5000 * np.clip(se, 0, None) * kt * (0.9 + 0.1 * rng.random(n))}
    wd = ix.day_of_week.values < 6
    load = 1500 + 2200 * wd * ((h > 8) & (h < 20)) + 600 * wd * ((h >= 20) | (h < 2)) + 150 * rng.standard_normal(n)
    found["load_kw"] = np.clip(load, 600, None)
    warm = 13 + 15 * np.sin(2 * np.pi * (doy - 110) / 365) + 5 * np.sin((h - 9) * np.pi / 12)
    warm = warm + np.repeat(rng.standard_normal(nd) * 3, 96)[:n]
    found["heat_kw"] = np.clip(18 - warm, 0, None) * 70 + 250 + 100 * rng.random(n)
    found["waste_heat_kw"] = 0.12 * found["load_kw"] * (0.8 + 0.2 * rng.random(n))
    found["cop"] = np.clip(2.2 + 0.09 * (warm + 10), 1.8, 5.0)
    price = np.full(n, 0.68)
    price[(h < 7) | (h >= 23)] = 0.33
    price[((h >= 9) & (h < 12)) | ((h >= 16) & (h < 21))] = 1.05
    price[((h >= 19) & (h < 21)) & np.isin(ix.month.values, [1, 7, 8, 12])] = 1.26
    found["price_buy"] = price + 1e-4 * rng.random(n)
    return found


@pytest.mark.parametrize("steps", [1, 50, 96, 100, 672, 2_976, 35_136])
def test_every_number_is_that_of_the_published_generator(steps):
    ours, theirs = golden.series(steps).columns, published(steps)
    for name, column in theirs.items():
        assert np.array_equal(ours[name], column), name
    assert set(ours) == {*theirs, "price_sell", "co2e_kg_per_kwh"}


@pytest.mark.parametrize(("steps", "months"), [(96, [1.0]), (2_976, [31.0]), (5_760, [31.0, 29.0])])
def test_the_demand_charge_is_that_of_the_days_of_each_month(steps, months):
    park = system(golden.CASE, golden.series(steps))[0]
    demand = next(iter(park.grids())).demand
    assert demand.price.tolist() == pytest.approx([38.0 * days / BILLING_MONTH_DAYS for days in months])
    assert np.bincount(demand.group).tolist() == [96 * days for days in months]


def test_starts_are_quarters_of_an_hour_of_the_park():
    starts = golden.series(5).starts
    assert [start.isoformat() for start in starts[:2]] == ["2024-01-01T00:00:00+08:00", "2024-01-01T00:15:00+08:00"]
    assert {later - earlier for earlier, later in itertools.pairwise(starts)} == {timedelta(minutes=15)}
