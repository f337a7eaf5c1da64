"""The command `energy forecast`: from metered files, from the typical year, from the plan; bad input."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from typer.testing import CliRunner

from parkwright.cli import app
from parkwright.energy import load, solar, weather
from parkwright.model.errors import ForecastError
from parkwright.store.folder import load as load_park
from parkwright.store.new import write_park
from parkwright.wire import forecast

PARKS = Path(__file__).parents[2] / "parks"
COLUMNS = ["q10_kw", "q25_kw", "q50_kw", "q75_kw", "q90_kw"]


@pytest.fixture(scope="module")
def steelworks():
    return load_park(PARKS / "steelworks")


@pytest.fixture(scope="module")
def tianjin():
    return load_park(PARKS / "tianjin")


def test_a_metered_park_is_forecast_from_its_files(tmp_path):
    command = ["energy", "forecast", str(PARKS / "steelworks"), "--date", "2018-11-20", "--proof", "3", "--json"]
    result = CliRunner().invoke(app, [*command, "--var", str(tmp_path)])
    assert result.exit_code == 0, result.output
    told = json.loads(result.output)
    assert told["park"] == "SW"
    assert told["levels"] == [0.1, 0.25, 0.5, 0.75, 0.9]
    assert list(told["series"]) == ["load"]
    series = told["series"]["load"]
    assert (series["source"], series["history_days"], len(series["rows"])) == ("metered", 323, 96)
    assert series["rows"][0]["start"] == "2018-11-19T15:00:00Z"
    for row in series["rows"]:
        assert [row[name] for name in COLUMNS] == sorted(row[name] for name in COLUMNS)
    assert (told["proof"]["first_day"], told["proof"]["days"]) == ("2018-12-29", 3)
    assert set(told["proof"]["nmae"]) == {"parkwright", "yesterday", "last_week", "mean_of_4_weekdays", "ridge"}
    assert 0.0 <= told["proof"]["coverage_80"] <= 1.0


def test_a_park_that_was_never_metered_is_forecast_from_its_typical_year(tianjin, tmp_path):
    told = forecast.answer(tianjin, PARKS / "tianjin", date(2026, 1, 14), tmp_path, planned=None, proof_days=0)
    assert list(told["series"]) == ["heat", "load", "pv"]
    for series in told["series"].values():
        assert series["source"] == "typical year"
        assert len(series["rows"]) == 96
    sun = np.array([row["mean_kw"] for row in told["series"]["pv"]["rows"]])
    assert sun[:20].max() == 0.0
    assert 300.0 < sun.max() < 3300.0
    sky = weather.of_day(tianjin, date(2026, 1, 14))
    modelled = load.site_kw(tianjin, load.forecast(tianjin, date(2026, 1, 14), sky), sky["start"])
    mean = np.array([row["mean_kw"] for row in told["series"]["load"]["rows"]])
    assert mean.mean() == pytest.approx(modelled.mean(), rel=0.1)


def test_typical_days_are_of_the_same_kind(tianjin):
    working, off = (forecast._typical(tianjin, day) for day in (date(2026, 7, 15), date(2026, 7, 19)))
    assert working["load"].history_days + off["load"].history_days <= 62
    assert working["load"].band.mean_kw.mean() > off["load"].band.mean_kw.mean()


def test_a_park_with_neither_is_refused_with_a_way_out(steelworks, tmp_path):
    with pytest.raises(ForecastError, match=r"give weather\.epw, metered files, or run some days first"):
        forecast.answer(steelworks, PARKS / "steelworks", date(2018, 1, 5), tmp_path, planned=None, proof_days=0)
    command = ["energy", "forecast", str(PARKS / "steelworks"), "--date", "2018-01-05", "--var", str(tmp_path)]
    result = CliRunner().invoke(app, command)
    assert result.exit_code == 2
    assert "has neither a typical year nor 14 metered days" in result.output


def test_without_weather_the_sun_is_expected_from_a_clear_sky(tianjin):
    bare = load_park(PARKS / "tianjin")
    object.__setattr__(bare, "weather", bare.weather.clear())
    clear = forecast._expected_kw(bare, date(2026, 7, 15))
    assert clear == pytest.approx(solar.clear_kw(tianjin, date(2026, 7, 15)))
    typical = forecast._expected_kw(tianjin, date(2026, 7, 15))
    assert 0.0 < typical.sum() < 1.3 * clear.sum()
    assert clear.max() > 0.7 * sum(field.inverter_kw for field in tianjin.energy.solar)


def test_metered_sun_and_heat_are_forecast_from_what_drives_them(tianjin):
    days = tuple(date(2026, 1, 1 + row) for row in range(20))
    expected = np.stack([forecast._expected_kw(tianjin, day) for day in days])
    past = forecast.History(days, 0.8 * expected)
    band = forecast.ahead(tianjin, "pv", past, date(2026, 1, 21))
    noon = slice(44, 56)
    assert band.mean_kw[noon] == pytest.approx(0.8 * forecast._expected_kw(tianjin, date(2026, 1, 21))[noon], rel=0.02)
    drivers = np.stack([forecast._heat_drivers(tianjin, day) for day in days])
    warm = forecast.ahead(tianjin, "heat", forecast.History(days, 40.0 * drivers[:, :, 0]), date(2026, 1, 21))
    assert warm.mean_kw == pytest.approx(40.0 * forecast._heat_drivers(tianjin, date(2026, 1, 21))[:, 0], rel=0.05)


def test_the_plan_gives_the_load_of_the_machines_by_line(tmp_path):
    write_park(tmp_path / "park", "P1")
    park = load_park(tmp_path / "park")
    told = forecast.answer(park, tmp_path / "park", date(2026, 7, 15), tmp_path, planned=1, proof_days=0)
    assert set(told["machines_kw"]) == set(park.work_center)
    for line in park.work_centers:
        power = told["machines_kw"][line.id]
        assert len(power) == 96
        assert max(power) <= sum(max(unit.run_kw, unit.idle_kw) for unit in line.work_unit) + 1e-6
        assert max(power) > sum(unit.off_kw for unit in line.work_unit)


def readings(rows):
    """READINGS of (hour, meter, kWh)."""
    start = datetime(2026, 7, 1, tzinfo=UTC)
    return pl.DataFrame(
        {
            "start": [start + timedelta(hours=hour) for hour, _, _ in rows],
            "meter_id": [meter for _, meter, _ in rows],
            "energy_mwh_int": [round(kwh * 1_000_000) for _, _, kwh in rows],
        }
    ).with_columns(pl.col("start").cast(pl.Datetime("ms", "UTC")))


def test_use_is_what_comes_in_less_what_goes_out():
    sign = {"in": 1, "sun": 1, "out": -1, "charge": -1}
    rows = [(0, "in", 5.0), (0, "sun", 3.0), (0, "out", 1.0), (0, "charge", 2.0)]
    found = forecast._power(readings(rows), sign, 0.25)
    assert found["power_kw"].to_list() == [20.0]


def test_an_interval_in_which_a_meter_is_missing_or_use_is_below_zero_is_left_out():
    sign = {"in": 1, "out": -1}
    rows = [
        (0, "in", 5.0),
        (0, "out", 1.0),
        (1, "in", 5.0),
        (2, "in", 1.0),
        (2, "out", 3.0),
        (3, "in", 2.0),
        (3, "out", 0.0),
    ]
    found = forecast._power(readings(rows), sign, 1.0)
    assert found["power_kw"].to_list() == [4.0, 2.0]
    assert [start.hour for start in found["start"]] == [0, 3]


def test_meters_that_nobody_asked_for_do_not_count():
    found = forecast._power(readings([(0, "in", 5.0), (0, "other", 9.0)]), {"in": 1}, 1.0)
    assert found["power_kw"].to_list() == [5.0]
    assert forecast._power(readings([(0, "other", 9.0)]), {"in": 1}, 1.0).height == 0


def test_the_metered_year_of_the_steelworks_is_its_file(steelworks, tmp_path):
    found = forecast.histories(steelworks, PARKS / "steelworks", tmp_path)
    assert list(found) == ["load"]
    energy = pl.read_csv(PARKS / "steelworks" / "usage_2018.csv")["Usage_kWh"].to_numpy()
    assert np.nansum(found["load"].power_kw) / 4 == pytest.approx(energy.sum())
    assert len(found["load"].days) == 365


def test_a_park_without_ledger_or_files_has_no_history(tianjin, tmp_path):
    assert forecast.histories(tianjin, PARKS / "tianjin", tmp_path) == {}


def test_values_of_a_day_stand_in_their_slots(tianjin):
    values = np.arange(96, dtype=np.float64)
    assert np.array_equal(forecast._on_slots(tianjin, date(2026, 7, 15), values), values)
    berlin = load_park(PARKS / "tianjin")
    site = berlin.site.model_copy(update={"timezone": "Europe/Berlin"})
    berlin = replace(berlin, site=site)
    spring = forecast._on_slots(berlin, date(2026, 3, 29), np.arange(92, dtype=np.float64))
    assert spring[[7, 8, 11, 12, 95]].tolist() == [7.0, 7.0, 7.0, 8.0, 91.0]
    autumn = forecast._on_slots(berlin, date(2026, 10, 25), np.arange(100, dtype=np.float64))
    assert (autumn.size, autumn[0], autumn[95]) == (96, 0.0, 99.0)


def test_holidays_of_the_calendar_are_off_days(tianjin):
    holiday = tianjin.calendar.holidays[0]
    off = forecast.off_day(tianjin)
    assert off(date.fromisoformat(holiday))
    assert not off(date(2026, 7, 15))


def test_the_clear_sky_is_bright_at_noon_and_dark_at_night(tianjin):
    june, december = (solar.clear_kw(tianjin, date(2026, month, 21)) for month in (6, 12))
    assert june.sum() > 1.8 * december.sum()
    assert 46 <= int(june.argmax()) <= 54
    assert june[:16].max() == december[:26].max() == 0.0
    assert june.max() <= sum(field.inverter_kw for field in tianjin.energy.solar)
    bare = replace(tianjin, energy=tianjin.energy.model_copy(update={"solar": ()}))
    assert solar.clear_kw(bare, date(2026, 6, 21)).max() == 0.0
