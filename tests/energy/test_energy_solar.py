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


def hot_day(mount, wind=2.0, tilt=10.0, gap=None):
    """A clear summer day of 15 minutes: cell temperatures by our model of a mount, and the irradiance behind them."""
    times = pl.datetime_range(
        datetime(2026, 6, 21, tzinfo=UTC), datetime(2026, 6, 22, tzinfo=UTC), "15m", closed="left", eager=True
    )
    plane = 900.0 * np.clip(np.sin(np.linspace(0.0, np.pi, 96)), 0.0, None)
    outside, winds = np.full(96, 25.0), np.full(96, wind)
    if gap is not None:
        plane[gap] = np.nan
    if mount == "rack":
        return solar.cell_temperature_c(plane, outside, winds), plane
    return solar.roof_cell_temperature_c(times, plane, outside, winds, tilt), plane


def test_cells_close_on_a_roof_settle_at_their_installed_operating_temperature():
    times = pl.datetime_range(
        datetime(2026, 7, 15, tzinfo=UTC), datetime(2026, 7, 15, 6, tzinfo=UTC), "1h", closed="left", eager=True
    )
    plane, outside, wind = (np.full(6, value) for value in (800.0, 20.0, 1.0))
    settled = solar.roof_cell_temperature_c(times, plane, outside, wind, 30.0)[-1]
    assert settled == pytest.approx(solar.ROOF_INOCT_C, abs=1.5)


def test_a_field_close_on_its_roof_is_warmer_cools_in_the_wind_and_lags_the_sun():
    rack, plane = hot_day("rack")
    roof, _ = hot_day("roof")
    windy, _ = hot_day("roof", wind=8.0)
    noon = int(plane.argmax())
    assert (roof > rack + 1.0)[noon - 4 : noon + 16].all()
    assert (windy < roof)[plane > 300.0].all()
    assert roof[noon + 8] > roof[noon - 8]
    assert rack[noon + 8] == pytest.approx(rack[noon - 7], abs=0.2)


def test_a_gap_in_the_weather_of_a_roof_stays_a_gap_and_warms_nothing_after_it():
    whole, _ = hot_day("roof")
    holed, _ = hot_day("roof", gap=slice(30, 32))
    assert np.flatnonzero(np.isnan(holed)).tolist() == [30, 31]
    assert holed[48:] == pytest.approx(whole[48:], abs=0.1)
    nothing, _ = hot_day("roof", gap=slice(0, 96))
    assert np.isnan(nothing).all()


def test_a_roof_gives_a_little_less_than_a_rack_over_a_summer_day():
    sky = weather.of_day(park(), SUMMER)
    site = park().site
    rack, roof = (solar.power_kw(solar_field(mount=mount), site, sky).sum() for mount in ("rack", "roof"))
    assert 0.98 * rack < roof < 0.999 * rack
    assert solar.power_kw(solar_field(mount="roof"), site, sky.head(0)).size == 0
    one = solar.power_kw(solar_field(mount="roof"), site, sky.slice(48, 1))
    assert one.size == 1
    assert one[0] > 0.0


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
