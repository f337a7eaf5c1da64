"""The weather of a day, and where the sun stands."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pandas as pd
import polars as pl
import pytest
from energy_park import DAY, bare_park, hours, park

from parkwright.energy import sun, weather
from parkwright.model.site import Site

DAYS = [date(2026, 1, 1), date(2026, 7, 15), date(2026, 12, 31), date(2028, 2, 29)]


@pytest.mark.parametrize("day", DAYS)
def test_a_day_has_96_rows_of_the_declared_columns_without_a_gap(day):
    found = weather.of_day(park(), day)
    assert found.height == 96
    assert dict(found.schema) == weather.SCHEMA
    assert sum(found.null_count().row(0)) == 0
    assert np.isfinite(found.drop("start").to_numpy()).all()


@pytest.mark.parametrize("name", ["ghi_w_per_m2", "dhi_w_per_m2"])
def test_the_radiation_of_each_hour_keeps_its_energy(name):
    one = park()
    found = weather.of_day(one, DAY)[name].to_numpy().reshape(24, 4).mean(axis=1)
    given = one.weather.filter((pl.col("month") == 7) & (pl.col("day") == 15))[name].to_numpy()
    assert found == pytest.approx(given)


def test_there_is_no_radiation_before_the_hour_of_sunrise():
    found = weather.of_day(park(), DAY)
    assert found.filter(pl.col("start").dt.convert_time_zone("Asia/Shanghai").dt.hour() < 4)["ghi_w_per_m2"].sum() == 0


def test_the_temperature_goes_through_the_middles_of_the_hours():
    one = park()
    found = weather.of_day(one, DAY)["temperature_c"].to_numpy()
    given = one.weather.filter((pl.col("month") == 7) & (pl.col("day") == 15))["temperature_c"].to_numpy()
    assert (found[49] + found[50]) / 2 == pytest.approx(given[12], abs=0.05)
    assert np.abs(np.diff(found)).max() < 0.5


def test_the_last_interval_of_a_day_meets_the_first_of_the_next_also_over_new_year():
    one = park()
    last = weather.of_day(one, date(2026, 12, 31))["temperature_c"][-1]
    assert last == pytest.approx(weather.of_day(one, date(2027, 1, 1))["temperature_c"][0], abs=0.5)


def test_29_february_takes_the_weather_of_the_28th():
    one = park()
    leap = weather.of_day(one, date(2028, 2, 29))["ghi_w_per_m2"].sum()
    assert leap == pytest.approx(weather.of_day(one, date(2028, 2, 28))["ghi_w_per_m2"].sum(), rel=1e-6)


def test_a_park_without_weather_is_mild_and_dark():
    found = weather.of_day(bare_park(), DAY)
    assert found["temperature_c"].unique().to_list() == [weather.MILD_C]
    assert found["ghi_w_per_m2"].sum() == 0


@pytest.mark.parametrize(("day", "rows"), [(date(2026, 3, 29), 92), (date(2026, 10, 25), 100)])
def test_a_day_on_which_the_clock_changes_keeps_the_sun_in_place(day, rows):
    one = park()
    moved = one.site.model_copy(update={"timezone": "Europe/Berlin", "latitude": 52.5, "longitude": 13.4})
    found = weather.of_day(park(site=moved), day)
    assert found.height == rows
    noon = found["start"][int(found["ghi_w_per_m2"].arg_max())]
    assert abs((noon - datetime(day.year, day.month, day.day, 11, tzinfo=UTC)).total_seconds()) <= 3600


def test_dark_is_when_the_sun_is_down():
    one = park()
    found = weather.of_day(one, DAY)
    dark = weather.dark(one, found)
    assert dark[0]
    assert not dark[48]
    assert 30 <= dark.sum() <= 50


def golden():
    return Site(
        park_id="G", name={"en": "a", "zh": "a"}, timezone="America/Denver", latitude=39.742476, longitude=-105.1786,
        altitude_m=1830.14, width_m=1, depth_m=1, area_m2=1, accounting_grid_factor="g", residual_grid_factor="g",
        basis="assumed: a test",
    )  # fmt: skip


def test_the_sun_stands_where_the_published_example_of_the_algorithm_says():
    # Reda and Andreas (NREL/TP-560-34302, 2008), appendix A.5: zenith 50.11162, azimuth 194.34024.
    elevation, azimuth = sun.position(golden(), [datetime(2003, 10, 17, 19, 30, 30, tzinfo=UTC)])
    assert elevation[0] == pytest.approx(90 - 50.11162, abs=0.02)
    assert azimuth[0] == pytest.approx(194.34024, abs=0.01)


def test_times_may_be_a_series_a_list_or_an_index():
    series = hours(5)
    listed = sun.position(golden(), series.to_list())
    indexed = sun.position(golden(), pd.DatetimeIndex(series.to_list()))
    for one, two, three in zip(sun.position(golden(), series), listed, indexed, strict=True):
        assert np.array_equal(one, two)
        assert np.array_equal(one, three)


def test_times_without_a_zone_are_refused():
    noon = datetime.fromisoformat("2026-01-01T12:00:00")
    for naive in (pl.Series([noon]), [noon]):
        with pytest.raises(ValueError, match="no time zone"):
            sun.position(golden(), naive)


def test_the_sun_is_highest_at_solar_noon_in_tianjin():
    one = park()
    starts = hours(96, step_s=900)
    elevation, _ = sun.position(one.site, starts)
    noon = starts[int(elevation.argmax())]
    assert abs(noon - (datetime(2026, 7, 15, 4, 18, tzinfo=UTC))) < timedelta(minutes=15)
