"""Forecasts: known answers, what they may not do, and the steelworks' last weeks against the floors."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parkwright.energy import forecast, quantiles, score
from parkwright.energy.forecast import LEVELS, Band
from parkwright.energy.history import History, arrange, slots_of
from parkwright.model.errors import ForecastError

STEELWORKS = Path(__file__).parents[2] / "parks" / "steelworks" / "usage_2018.csv"
MONDAY = date(2026, 3, 2)


def days_from(first, count):
    return tuple(first + timedelta(days=back) for back in range(count))


def no_holiday(day):
    return False


def weekly(count, slots=24):
    """Power that depends on weekday and hour alone: 100 kW by day on workdays, 10 kW else."""
    days = days_from(MONDAY, count)
    hours = np.arange(slots)
    by_day = np.where((hours >= 8) & (hours < 18), 100.0, 10.0)
    return History(days, np.stack([by_day if day.weekday() < 5 else np.full(slots, 10.0) for day in days]))


def steelworks():
    energy = pl.read_csv(STEELWORKS)["Usage_kWh"].to_numpy()
    return History(days_from(date(2018, 1, 1), 365), energy.reshape(365, 96) * 4)


def test_a_load_that_repeats_each_week_is_forecast_exactly():
    past = weekly(120)
    for offset in range(7):
        day = past.days[-1] + timedelta(days=1 + offset)
        band = forecast.like_days(past, day, no_holiday)
        wanted = np.full(24, 10.0)
        if day.weekday() < 5:
            wanted[8:18] = 100.0
        inner = [hour for hour in range(24) if hour not in (7, 8, 17, 18)]
        assert band.median_kw[inner] == pytest.approx(wanted[inner])


def test_a_holiday_is_taken_for_a_sunday():
    past = weekly(120)
    day = past.days[-1] + timedelta(days=1)
    while day.weekday() != 2:
        day += timedelta(days=1)
    plain = forecast.load_ahead(past, day, no_holiday)
    holiday = forecast.load_ahead(past, day, lambda each: each == day)
    assert plain.median_kw[12] > 90.0
    assert holiday.median_kw[12] < 40.0


def test_a_past_holiday_does_not_pull_a_workday_down():
    days, weights = days_from(MONDAY, 28), {}
    for day, weight in zip(
        days, forecast.day_weights(days, days[-1] + timedelta(days=1), lambda d: d == days[21]), strict=False
    ):
        weights[day] = weight
    assert weights[days[21]] == 0.0
    assert weights[days[14]] > weights[days[7]] > 0.0
    assert weights[days[15]] == pytest.approx(weights[days[14]] * forecast.OTHER_WORKDAY, rel=0.05)


def test_days_of_no_like_kind_still_give_weights():
    saturdays = tuple(date(2026, 3, 7) + timedelta(days=7 * week) for week in range(4))
    weights = forecast.day_weights(saturdays, date(2026, 4, 6), no_holiday)
    assert (np.diff(weights) > 0.0).all()


def test_quantiles_rise_and_are_never_below_zero():
    rng = np.random.default_rng(3)
    noisy = History(weekly(150).days, np.maximum(weekly(150).power_kw + 30 * rng.standard_normal((150, 24)), 0.0))
    band = forecast.load_ahead(noisy, noisy.days[-1] + timedelta(days=1), no_holiday)
    assert (np.diff(band.quantile_kw, axis=0) >= 0.0).all()
    assert (band.quantile_kw >= 0.0).all()
    assert (band.mean_kw >= 0.0).all()


def test_a_forecast_does_not_know_the_day_itself():
    past = weekly(90)
    changed = past.power_kw.copy()
    changed[80:] = 5000.0
    day = past.days[80]
    seen = forecast.load_ahead(past, day, no_holiday)
    blind = forecast.load_ahead(History(past.days, changed), day, no_holiday)
    assert np.array_equal(seen.quantile_kw, blind.quantile_kw)


def test_gaps_weigh_nothing():
    past = weekly(60)
    holed = past.power_kw.copy()
    holed[10:20] = np.nan
    day = past.days[-1] + timedelta(days=1)
    whole = forecast.load_ahead(past, day, no_holiday)
    band = forecast.load_ahead(History(past.days, holed), day, no_holiday)
    assert band.median_kw == pytest.approx(whole.median_kw, abs=5.0)


@pytest.mark.parametrize("count", [0, 5, 13])
def test_too_short_a_history_is_refused(count):
    past = History(days_from(MONDAY, count), np.ones((count, 24)))
    with pytest.raises(ForecastError, match=f"knows {count} days; give at least 14"):
        forecast.load_ahead(past, MONDAY + timedelta(days=100), no_holiday)


def test_a_time_of_day_that_was_never_metered_is_refused():
    power = weekly(30).power_kw.copy()
    power[:, 10:14] = np.nan
    with pytest.raises(ForecastError, match=r"slot 11 of the day is never known"):
        forecast.load_ahead(History(weekly(30).days, power), MONDAY + timedelta(days=30), no_holiday)


def test_the_index_scales_with_what_is_expected():
    hours = np.arange(24)
    clear = np.maximum(np.sin((hours - 6) / 12 * np.pi), 0.0) * 1000.0
    rng = np.random.default_rng(1)
    share = rng.uniform(0.2, 1.0, 40)
    expected = np.tile(clear, (40, 1))
    past = History(days_from(MONDAY, 40), expected * share[:, None])
    one, half = (forecast.index_ahead(past, expected, factor * clear) for factor in (1.0, 0.5))
    assert half.mean_kw[8:16] == pytest.approx(0.5 * one.mean_kw[8:16])
    assert one.mean_kw[12] / clear[12] == pytest.approx(share[-20:].mean(), abs=0.1)
    assert one.mean_kw[2] == pytest.approx(0.0)
    assert (np.diff(one.quantile_kw, axis=0) >= 0.0).all()


def test_the_unit_of_the_expectation_cancels():
    rng = np.random.default_rng(2)
    expected = np.tile(np.linspace(0.0, 100.0, 24), (30, 1))
    past = History(days_from(MONDAY, 30), expected * rng.uniform(0.5, 1.0, (30, 1)))
    kw, percent = (forecast.index_ahead(past, k * expected, k * expected[0]) for k in (1.0, 37.0))
    assert kw.quantile_kw == pytest.approx(percent.quantile_kw, rel=2e-3)
    assert kw.mean_kw == pytest.approx(percent.mean_kw)


def test_the_solar_band_holds_four_days_in_five():
    hours = np.arange(96)
    clear = np.maximum(np.sin((hours / 4 - 6) / 12 * np.pi), 0.0) * 100.0
    rng = np.random.default_rng(5)
    share = rng.beta(4, 2, 130)
    expected = np.tile(clear, (130, 1))
    power = expected * np.clip(share[:, None] + 0.1 * rng.standard_normal((130, 96)), 0.0, None)
    days = days_from(MONDAY, 130)
    made = [
        forecast.index_ahead(History(days[:row], power[:row]), expected[:row], clear).quantile_kw
        for row in range(60, 130, 2)
    ]
    bright = clear > 10.0
    inside = score.coverage(power[60::2, bright], np.stack(made, axis=1)[:, :, bright])
    assert inside == pytest.approx(0.8, abs=0.08)


def test_an_expectation_of_another_shape_is_refused():
    past = weekly(20)
    with pytest.raises(ForecastError, match="give one for each slot"):
        forecast.index_ahead(past, np.ones((19, 24)), np.ones(24))
    with pytest.raises(ForecastError, match="give one for each slot"):
        forecast.index_ahead(past, np.ones((20, 24)), np.ones(23))


def test_heat_follows_the_degrees_below_the_limit():
    rng = np.random.default_rng(4)
    cold = rng.uniform(0.0, 25.0, (60, 24))
    past = History(days_from(MONDAY, 60), 7.0 * cold + 20.0)
    drivers = np.stack([cold, np.ones_like(cold)], axis=2)
    today = np.stack([np.linspace(0.0, 20.0, 24), np.ones(24)], axis=1)
    band = forecast.driven_ahead(past, drivers, today)
    assert band.median_kw == pytest.approx(7.0 * today[:, 0] + 20.0, rel=0.02)
    assert band.mean_kw == pytest.approx(7.0 * today[:, 0] + 20.0, rel=0.02)


def test_an_unknown_driver_is_refused():
    drivers = np.ones((20, 24, 1))
    drivers[3, 4, 0] = np.nan
    with pytest.raises(ForecastError, match="give the weather of every slot"):
        forecast.driven_ahead(weekly(20), drivers, np.ones((24, 1)))
    with pytest.raises(ForecastError, match="give the weather of every slot"):
        forecast.driven_ahead(weekly(20), np.ones((20, 24, 1)), np.full((24, 1), np.inf))


def test_a_day_without_an_hour_takes_the_slots_that_it_has():
    band = Band(np.arange(120, dtype=np.float64).reshape(5, 24), np.arange(24, dtype=np.float64))
    spring = band.at(np.array([0, 1, 3, 4]))
    assert spring.mean_kw.tolist() == [0.0, 1.0, 3.0, 4.0]
    assert spring.median_kw.tolist() == [48.0, 49.0, 51.0, 52.0]


def test_days_that_are_all_as_likely_give_their_mean_and_median():
    band = forecast.spread_of(np.array([[1.0, 5.0], [2.0, 5.0], [9.0, 5.0]]))
    assert band.mean_kw == pytest.approx([4.0, 5.0])
    assert band.median_kw == pytest.approx([2.0, 5.0])


@pytest.mark.slow
def test_the_steelworks_last_90_days_beat_every_floor_and_the_band_holds():
    past = steelworks()
    days, actual = past.days[-90:], past.power_kw[-90:]
    made = [forecast.load_ahead(past, day, no_holiday) for day in days]
    ours = score.nmae(actual, np.stack([band.median_kw for band in made]))
    assert ours < 0.40
    assert ours < min(score.nmae(actual, each) for each in score.floors(past, days).values())
    assert 0.75 <= score.coverage(actual, np.stack([band.quantile_kw for band in made], axis=1)) <= 0.85


def test_five_days_of_the_steelworks_beat_repeating_the_past():
    past = steelworks()
    days, actual = past.days[300:305], past.power_kw[300:305]
    ours = score.nmae(actual, np.stack([forecast.load_ahead(past, day, no_holiday).median_kw for day in days]))
    floors = score.floors(past, days)
    assert ours < min(score.nmae(actual, floors[name]) for name in ("yesterday", "last_week", "ridge"))


def test_the_floors_are_what_they_say():
    past = steelworks()
    days = past.days[-90:]
    found = score.floors(past, days)
    # Independent known figures of this data set, day-ahead, last 90 days.
    wanted = {"yesterday": 0.601, "last_week": 0.486, "mean_of_4_weekdays": 0.409}
    actual = past.power_kw[-90:]
    assert {name: round(score.nmae(actual, found[name]), 3) for name in wanted} == wanted
    assert score.nmae(actual, found["ridge"]) == pytest.approx(0.405, abs=0.03)


def test_a_floor_has_no_ridge_where_there_is_nothing_to_learn_from():
    past = weekly(29)
    assert "ridge" not in score.floors(past, past.days[28:])


def test_weighted_quantiles_are_those_of_repeated_values():
    values = np.array([[1.0], [2.0], [10.0]])
    thrice = quantiles.weighted_quantiles(values, np.array([[1.0], [2.0], [1.0]]), [0.5])
    repeated = quantiles.weighted_quantiles(np.array([[1.0], [2.0], [2.0], [10.0]]), np.ones((4, 1)), [0.5])
    assert thrice[0, 0] == pytest.approx(2.0)
    assert repeated[0, 0] == pytest.approx(2.0)


def test_a_column_without_a_known_value_has_no_quantile():
    found = quantiles.weighted_quantiles(np.array([[np.nan, 3.0], [np.nan, np.nan]]), np.ones((2, 1)), LEVELS)
    assert np.isnan(found[:, 0]).all()
    assert (found[:, 1] == 3.0).all()


@given(
    values=st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=30),
    weights=st.lists(st.floats(0.01, 10.0), min_size=30, max_size=30),
)
@settings(max_examples=60, deadline=None)
def test_weighted_quantiles_lie_among_the_values_and_rise(values, weights):
    column = np.array(values)[:, None]
    found = quantiles.weighted_quantiles(column, np.array(weights[: len(values)])[:, None], LEVELS)[:, 0]
    assert (np.diff(found) >= 0.0).all()
    assert column.min() <= found[0]
    assert found[-1] <= column.max()


def test_a_regression_of_a_quantile_leaves_that_share_below():
    rng = np.random.default_rng(6)
    x = rng.uniform(0.0, 10.0, 4000)
    y = 3.0 + 2.0 * x + x * rng.standard_normal(4000)
    features = np.stack([np.ones(4000), x], axis=1)
    for level in (0.1, 0.5, 0.9):
        fitted = features @ quantiles.quantile_regression(features, y, level)
        assert (y < fitted).mean() == pytest.approx(level, abs=0.02)
    low, high = (quantiles.quantile_regression(features, y, level)[1] for level in (0.1, 0.9))
    assert high - low == pytest.approx(2 * 1.2816, abs=0.25)


def test_ridge_shrinks_and_without_penalty_is_least_squares():
    features = np.array([[1.0, 0.0], [1.0, 1.0], [1.0, 2.0]])
    target = np.array([1.0, 3.0, 5.0])
    assert quantiles.ridge(features, target, 0.0) == pytest.approx([1.0, 2.0])
    assert np.abs(quantiles.ridge(features, target, 10.0)).sum() < 3.0


def test_pinball_is_half_the_absolute_error_at_the_median_and_least_at_the_quantile():
    actual = np.array([1.0, 2.0, 4.0])
    assert quantiles.pinball(actual, np.zeros((1, 3)), [0.5]) == pytest.approx(actual.mean() / 2)
    sample = np.random.default_rng(7).uniform(0.0, 1.0, 2000)
    at = [quantiles.pinball(sample, np.full((1, 2000), level), [0.9]) for level in (0.8, 0.9, 0.97)]
    assert at[1] < min(at[0], at[2])


def test_errors_do_not_count_what_is_not_known():
    actual = np.array([[10.0, np.nan, 20.0]])
    assert score.nmae(actual, np.array([[12.0, 99.0, 18.0]])) == pytest.approx(4.0 / 30.0)
    assert score.nrmse(actual, np.array([[13.0, 99.0, 16.0]]), 10.0) == pytest.approx(np.sqrt(12.5) / 10.0)
    assert score.coverage(actual, np.array([[[0.0, 0.0, 0.0]], [[10.0, 0.0, 19.0]]])) == 0.5


def frame(starts, power):
    return pl.DataFrame({"start": starts, "power_kw": power})


def hours(first, count, zone="UTC"):
    start = pl.Series([first]).dt.replace_time_zone(zone).dt.convert_time_zone("UTC")[0]
    return pl.datetime_range(start, start + timedelta(hours=count - 1), "1h", time_unit="ms", eager=True)


def test_a_year_is_laid_out_by_days_and_slots():
    power = np.arange(72, dtype=np.float64)
    found = arrange(frame(hours(datetime.fromisoformat("2026-03-02"), 72), power), "UTC", 3600)
    assert found.days == days_from(MONDAY, 3)
    assert np.array_equal(found.power_kw.reshape(-1), power)
    assert found.repairs == ()
    assert found.before(MONDAY + timedelta(days=1)).days == (MONDAY,)


@pytest.mark.parametrize(("first", "count", "unknown"), [("2026-03-28", 71, 1), ("2026-10-24", 73, 0)])
def test_days_on_which_the_clock_changes_keep_their_slots(first, count, unknown):
    starts = hours(datetime.fromisoformat(first), count, "Europe/Berlin")
    found = arrange(frame(starts, np.arange(count, dtype=np.float64) + 1.0), "Europe/Berlin", 3600)
    assert len(found.days) == 3
    assert int(np.isnan(found.power_kw).sum()) == unknown
    if unknown:
        assert np.isnan(found.power_kw[1, 2])
        assert "1 slots of 72 are not known" in found.repairs[0]
    else:
        assert found.power_kw[1, 2] == pytest.approx(27.5)
        assert found.power_kw[2, 0] == 50.0


def test_slots_go_by_the_local_clock():
    starts = hours(datetime.fromisoformat("2026-03-28T23:00"), 4)
    assert slots_of(starts, "Europe/Berlin", 3600).tolist() == [0, 1, 3, 4]


@pytest.mark.parametrize("value", [-1.0, float("nan"), float("inf")])
def test_power_that_cannot_be_is_refused_with_its_place(value):
    power = np.ones(48)
    power[30] = value
    with pytest.raises(ForecastError, match=r"2026-03-03 06:00 UTC has .* kW \(1 such rows\); give power of 0 or more"):
        arrange(frame(hours(datetime.fromisoformat("2026-03-02"), 48), power), "UTC", 3600)


def test_no_rows_are_refused():
    empty = frame(pl.Series("start", [], dtype=pl.Datetime("ms", "UTC")), pl.Series("power_kw", [], dtype=pl.Float64))
    with pytest.raises(ForecastError, match="has no rows"):
        arrange(empty, "UTC", 3600)


def test_a_stuck_sensor_is_left_out_and_named_and_a_long_zero_is_not():
    power = np.arange(1.0, 97.0)
    power[20:34] = 55.0
    power[60:80] = 0.0
    found = arrange(frame(hours(datetime.fromisoformat("2026-03-02"), 96), power), "UTC", 3600)
    assert "2026-03-02 20:00 UTC: stuck at 55 kW for 14 intervals; left out" in found.repairs
    assert np.isnan(found.power_kw.reshape(-1)[20:34]).all()
    assert (found.power_kw.reshape(-1)[60:80] == 0.0).all()
    assert int(np.isnan(found.power_kw).sum()) == 14


def test_a_memory_says_how_fast_days_fade_and_what_other_workdays_tell():
    days = [date(2026, 3, 2) + timedelta(days=row) for row in range(14)]
    memory = forecast.Memory(half_life_days=7.0, other_workday=0.5)
    weights = forecast.day_weights(days, date(2026, 3, 16), lambda d: False, memory)
    assert weights[0] == pytest.approx(0.25)
    assert weights[7] == pytest.approx(0.5)
    assert weights[8] == pytest.approx(0.5 * 0.5 ** (6 / 7))
    assert weights[5] == weights[6] == 0.0
    usual = forecast.day_weights(days, date(2026, 3, 16), lambda d: False)
    assert usual[7] == pytest.approx(0.5 ** (7 / forecast.HALF_LIFE_DAYS))
