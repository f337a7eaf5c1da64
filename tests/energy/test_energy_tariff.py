"""Prices by band, and the signal that the plan sees."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from energy_park import DAY, WINTER, bare_park, park, tariff

from parkwright.energy import load, signal, solar, weather
from parkwright.energy import tariff as tariffs
from parkwright.model.tables import SIGNAL
from parkwright.store.folder import load as load_park

TIANJIN = Path(__file__).parents[2] / "parks" / "tianjin"


def bands(one, day):
    return tariffs.prices(one, one.intervals(day))["band"].to_list()[::4]


def test_july_has_the_bands_of_the_tariff():
    expected = ["flat"] + ["valley"] * 8 + ["flat"] * 6 + ["peak"] * 5 + ["sharp"] * 2 + ["peak"] + ["flat"]
    assert bands(park(), DAY) == expected


def test_tianjin_prices_follow_its_published_calendar_and_ratios():
    one = load_park(TIANJIN)
    winter, spring = bands(one, date(2026, 1, 14)), bands(one, date(2026, 4, 14))
    assert [k for k in range(24) if winter[k] == "sharp"] == [18, 19]
    assert [k for k in range(24) if spring[k] == "peak"] == [8, 9, 16, 17, 18, 19, 20, 21]
    assert [k for k in range(24) if spring[k] == "valley"] == [0, 1, 2, 3, 4, 5, 12, 13]
    found = tariffs.prices(one, one.intervals(date(2026, 1, 14)))
    by_band = dict(found.group_by("band").agg(pl.col("price_cny_per_kwh").first()).rows())
    assert by_band["peak"] / by_band["valley"] == pytest.approx(4)
    assert by_band["sharp"] / by_band["flat"] == pytest.approx(1.92)


def test_the_tariff_in_force_on_the_day_counts_and_the_first_one_before_any():
    old = tariff(id="old", valid_from="2020-01-01", flat_cny_per_kwh=0.5)
    one = park(tariffs=(tariff(), old))
    assert tariffs.valid_tariff(one, date(2025, 9, 30)).id == "old"
    assert tariffs.valid_tariff(one, date(2025, 10, 1)).id == "T"
    assert tariffs.valid_tariff(one, date(1999, 1, 1)).id == "old"


def test_a_band_without_a_ratio_costs_the_flat_price():
    one = park(tariffs=(tariff(ratio={"peak": 2.0}),))
    found = tariffs.prices(one, one.intervals(DAY)).filter(pl.col("band") == "valley")
    assert found["price_cny_per_kwh"].unique().to_list() == [0.7]


def test_a_park_without_a_tariff_pays_nothing():
    found = tariffs.prices(bare_park(), bare_park().intervals(DAY))
    assert found["price_cny_per_kwh"].sum() == 0
    assert found["band"].unique().to_list() == ["flat"]


def test_the_signal_falls_with_the_sun_and_never_exceeds_the_grid_factor():
    one = park()
    sky = weather.of_day(one, DAY)
    pv = solar.total_kw(one.energy.solar, one.site, sky)
    found = signal.of_day(one, DAY, load.forecast(one, DAY, sky), pv)
    assert found.columns == list(SIGNAL.schema)
    intensity = found["co2e_kg_per_kwh"].to_numpy()
    assert intensity.max() == pytest.approx(0.6796)
    assert intensity[48] < intensity[0]
    assert np.allclose(found["cap_kw"].to_numpy(), 5000 + pv)


def test_more_sun_than_load_makes_power_free_of_carbon():
    one = park()
    found = signal.of_day(one, WINTER, load.forecast(one, WINTER, weather.of_day(one, WINTER)), np.full(96, 1e6))
    assert found["co2e_kg_per_kwh"].sum() == 0


def test_a_park_without_load_has_a_signal():
    one = bare_park()
    found = signal.of_day(one, DAY, load.forecast(one, DAY, weather.of_day(one, DAY)), np.zeros(96))
    assert found.height == 96
    assert found["co2e_kg_per_kwh"].sum() == 0
