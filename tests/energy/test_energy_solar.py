"""Photovoltaic power against PVWatts, laws of the chain, and the Tianjin yield."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from energy_park import DAY, SUMMER, WINTER, park, solar_field
from hypothesis import given, settings
from hypothesis import strategies as st

from parkwright.energy import solar, sun, weather
from parkwright.store.folder import load

SAMPLE = Path(__file__).parent / "pvwatts_rackmount_sample.csv"
TIANJIN = Path(__file__).parents[2] / "parks" / "tianjin"


def pvwatts():
    """Every sixth day of the PVWatts file with the chain's results beside it."""
    frame = pl.read_csv(SAMPLE, comment_prefix="#").cast(pl.Float64)
    site = park().site.model_copy(update={"latitude": 39.73, "longitude": -105.18, "altitude_m": 1820.0})
    stamps = [
        datetime(2021, int(m), int(d), tzinfo=UTC) + timedelta(hours=h + 7.5)
        for m, d, h in frame.select("month", "day", "hour").rows()
    ]
    field = solar_field(
        peak_kw=4, inverter_kw=4 / 1.2, tilt_deg=20, azimuth_deg=180, loss_share=0.1408, temperature_per_k=-0.0047
    )
    dni, dhi, cell = (frame[name].to_numpy() for name in ("dni_w_per_m2", "dhi_w_per_m2", "cell_c"))
    elevation, _ = sun.position(site, stamps)
    ghi = np.maximum(dni * np.sin(np.radians(np.maximum(elevation, 0))) + dhi, 0)
    plane, effective = solar.plane_irradiance(field, site, stamps, ghi, dni, dhi)
    return frame, plane, solar.ac_power_kw(field, effective, cell) * 1000


def test_the_chain_meets_pvwatts_within_half_a_percent_of_energy_and_power():
    frame, plane, ac = pvwatts()
    wanted = frame["ac_w"].to_numpy()
    assert ac.sum() == pytest.approx(wanted.sum(), rel=0.005)
    assert np.sqrt(np.mean((ac - wanted) ** 2)) / 4000 <= 0.005
    assert plane.sum() == pytest.approx(frame["plane_w_per_m2"].sum(), rel=0.005)


def test_the_cells_are_as_warm_as_in_pvwatts():
    frame, plane, _ = pvwatts()
    cell = solar.cell_temperature_c(plane, frame["temperature_c"].to_numpy(), frame["wind_m_per_s"].to_numpy())
    sunny = plane > 400
    assert np.abs(cell - frame["cell_c"].to_numpy())[sunny].mean() < 4.0


def test_the_tianjin_roofs_give_more_than_5_gwh_a_year():
    one = load(TIANJIN)
    start = datetime(2024, 12, 31, 16, tzinfo=UTC)
    starts = pl.datetime_range(start, start + timedelta(hours=8760), "1h", closed="left", time_unit="ms", eager=True)
    hours = one.weather.with_columns(starts.alias("start"))
    energy = sum(solar.yearly_kwh(field, one.site, hours) for field in one.energy.solar)
    assert 5.0e6 <= energy <= 5.6e6


def test_power_stays_between_nothing_and_the_inverter_and_is_zero_at_night():
    one = park()
    field = solar_field(inverter_kw=300)
    found = weather.of_day(one, SUMMER)
    power = solar.power_kw(field, one.site, found)
    assert power.shape == (96,)
    assert power.min() == 0.0
    assert power.max() == pytest.approx(300.0)
    assert power[weather.dark(one, found) & (found["ghi_w_per_m2"].to_numpy() == 0)].max() == 0.0


def test_a_field_facing_north_gives_less_in_winter():
    one = park()
    found = weather.of_day(one, WINTER)
    south = solar.power_kw(solar_field(tilt_deg=40, azimuth_deg=180), one.site, found).sum()
    assert solar.power_kw(solar_field(tilt_deg=40, azimuth_deg=0), one.site, found).sum() < 0.6 * south


def test_two_fields_give_what_they_give_alone():
    one = park()
    found = weather.of_day(one, DAY)
    fields = (solar_field("a"), solar_field("b", azimuth_deg=90))
    apart = sum(solar.power_kw(field, one.site, found) for field in fields)
    assert np.allclose(solar.total_kw(fields, one.site, found), apart)
    assert solar.total_kw((), one.site, found).tolist() == [0.0] * 96


def test_no_weather_rows_give_no_power():
    one = park()
    assert solar.power_kw(solar_field(), one.site, weather.of_day(one, DAY).clear()).shape == (0,)


@settings(max_examples=50)
@given(st.floats(0, 1400), st.floats(-30, 90), st.floats(0, 0.5))
def test_more_loss_never_gives_more_power(irradiance, cell, loss):
    effective, warm = np.array([irradiance]), np.array([cell])
    less = solar.ac_power_kw(solar_field(loss_share=loss), effective, warm)[0]
    assert 0.0 <= less <= solar.ac_power_kw(solar_field(loss_share=0.0), effective, warm)[0] + 1e-9
