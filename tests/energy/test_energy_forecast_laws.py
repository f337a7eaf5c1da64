"""Laws of forecasts and histories: they scale, they forget, they keep what was metered."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parkwright.energy import forecast, quantiles, score
from parkwright.energy.history import STUCK_H, History, arrange

FIRST = date(2026, 3, 2)
START = datetime(2026, 3, 2, tzinfo=UTC)


def days(count):
    return tuple(FIRST + timedelta(days=row) for row in range(count))


def noisy(count, seed=1, slots=24):
    rng = np.random.default_rng(seed)
    shape = 50.0 + 40.0 * np.sin(np.arange(slots) / slots * 2 * np.pi)
    return History(days(count), shape * rng.uniform(0.6, 1.4, (count, slots)))


def workdays_only(day):
    return False


def frame(power):
    starts = pl.datetime_range(START, START + timedelta(hours=len(power) - 1), "1h", time_unit="ms", eager=True)
    return pl.DataFrame({"start": starts, "power_kw": np.asarray(power, dtype=np.float64)})


@pytest.mark.parametrize("factor", [0.01, 3.0, 1000.0])
def test_like_days_scale_with_the_load(factor):
    past = noisy(40)
    day = FIRST + timedelta(days=40)
    plain = forecast.like_days(past, day, workdays_only)
    scaled = forecast.like_days(History(past.days, factor * past.power_kw), day, workdays_only)
    assert scaled.quantile_kw == pytest.approx(factor * plain.quantile_kw)
    assert scaled.mean_kw == pytest.approx(factor * plain.mean_kw)


def test_like_days_move_with_a_constant_that_is_added():
    past = noisy(40)
    day = FIRST + timedelta(days=40)
    plain = forecast.like_days(past, day, workdays_only)
    moved = forecast.like_days(History(past.days, past.power_kw + 25.0), day, workdays_only)
    assert moved.quantile_kw == pytest.approx(plain.quantile_kw + 25.0)


def test_the_band_lies_among_what_was_seen():
    past = noisy(60)
    band = forecast.like_days(past, FIRST + timedelta(days=60), workdays_only)
    assert past.power_kw.min() <= band.quantile_kw.min()
    assert band.quantile_kw.max() <= past.power_kw.max()
    assert (band.quantile_kw[0] <= band.mean_kw).all()
    assert (band.mean_kw <= band.quantile_kw[-1]).all()


def test_a_load_that_has_changed_for_good_is_followed():
    past = noisy(90)
    power = past.power_kw.copy()
    power[45:] += 200.0
    band = forecast.like_days(History(past.days, power), FIRST + timedelta(days=90), workdays_only)
    before = forecast.like_days(past, FIRST + timedelta(days=90), workdays_only)
    assert (band.mean_kw - before.mean_kw).min() > 100.0
    assert (band.mean_kw - before.mean_kw).max() < 200.0 + 1e-9


@given(st.integers(0, 6), st.integers(14, 80))
@settings(max_examples=40, deadline=None)
def test_weights_fall_with_age_among_days_of_one_weekday(offset, count):
    day = FIRST + timedelta(days=count + offset)
    weights = forecast.day_weights(days(count), day, workdays_only)
    same = [row for row, each in enumerate(days(count)) if each.weekday() == day.weekday()]
    assert (np.diff(weights[same]) > 0.0).all()
    assert weights.max() <= 1.0
    if day.weekday() >= 5:
        others = [row for row in range(count) if row not in same]
        assert weights[others].max() == 0.0


@pytest.mark.parametrize("factor", [0.1, 5.0])
def test_the_index_band_scales_with_what_came(factor):
    expected = np.tile(np.maximum(np.sin((np.arange(24) - 6) / 12 * np.pi), 0.0), (30, 1)) * 100.0
    power = expected * np.random.default_rng(3).uniform(0.3, 1.0, (30, 24))
    plain = forecast.index_ahead(History(days(30), power), expected, expected[0])
    scaled = forecast.index_ahead(History(days(30), factor * power), expected, expected[0])
    assert scaled.mean_kw == pytest.approx(factor * plain.mean_kw)
    assert scaled.quantile_kw == pytest.approx(factor * plain.quantile_kw, rel=2e-3, abs=1e-9)


def test_a_gap_in_solar_power_is_not_a_day_without_sun():
    expected = np.tile(np.maximum(np.sin((np.arange(24) - 6) / 12 * np.pi), 0.0), (30, 1)) * 100.0
    power = 0.8 * expected
    holed = power.copy()
    holed[25:29] = np.nan
    band = forecast.index_ahead(History(days(30), holed), expected, expected[0])
    assert band.mean_kw[12] == pytest.approx(80.0)
    dark = np.where(np.isnan(holed), 0.0, holed)
    assert forecast.index_ahead(History(days(30), dark), expected, expected[0]).mean_kw[12] < 70.0


def test_driven_heat_differs_by_time_of_day_where_it_did():
    cold = np.random.default_rng(5).uniform(0.0, 20.0, (60, 24))
    night = np.arange(24) < 6
    past = History(days(60), np.where(night, 2.0, 6.0) * cold)
    band = forecast.driven_ahead(past, cold[:, :, None], np.full((24, 1), 10.0))
    assert band.median_kw[:6] == pytest.approx(20.0, rel=0.03)
    assert band.median_kw[6:] == pytest.approx(60.0, rel=0.03)


@given(
    st.lists(st.one_of(st.none(), st.floats(0.0, 1e4)), min_size=24, max_size=96).filter(
        lambda v: v[0] is not None and v[-1] is not None
    )
)
@settings(max_examples=60, deadline=None)
def test_what_was_metered_is_kept_and_what_was_not_is_unknown(values):
    whole = frame([0.0 if value is None else value for value in values])
    known = np.array([value is not None for value in values])
    found = arrange(whole.filter(pl.Series(known)), "UTC", 3600).power_kw.reshape(-1)[: len(values)]
    kept = ~np.isnan(found)
    assert not kept[~known].any()
    assert found[kept] == pytest.approx(whole["power_kw"].to_numpy()[kept])


@pytest.mark.parametrize(("more", "stuck"), [(-1, False), (0, True), (5, True)])
def test_a_sensor_is_stuck_from_its_hours_on(more, stuck):
    length = int(STUCK_H) + more
    power = np.arange(1.0, 73.0)
    power[30 : 30 + length] = 7.5
    found = arrange(frame(power), "UTC", 3600)
    assert bool(found.repairs) == stuck
    assert int(np.isnan(found.power_kw).sum()) == (length if stuck else 0)


def test_rows_in_any_order_give_the_same_history():
    rows = frame(np.arange(72.0))
    mixed = rows.sample(fraction=1.0, shuffle=True, seed=4)
    assert np.array_equal(arrange(mixed, "UTC", 3600).power_kw, arrange(rows, "UTC", 3600).power_kw)


def test_a_repeated_row_counts_with_its_mean():
    rows = frame(np.arange(48.0))
    twice = pl.concat([rows, rows.head(1).with_columns(pl.lit(10.0).alias("power_kw"))])
    assert arrange(twice, "UTC", 3600).power_kw[0, 0] == 5.0


def test_a_perfect_forecast_has_no_error_and_full_coverage():
    actual = noisy(5).power_kw
    assert score.nmae(actual, actual) == score.nrmse(actual, actual, 100.0) == 0.0
    assert score.coverage(actual, np.stack([actual, actual])) == 1.0
    assert quantiles.pinball(actual, np.stack([actual] * 3), [0.1, 0.5, 0.9]) == 0.0


@given(st.floats(0.5, 20.0))
@settings(max_examples=20, deadline=None)
def test_relative_errors_do_not_depend_on_the_unit(factor):
    actual, made = noisy(4).power_kw, noisy(4, 9).power_kw
    assert score.nmae(factor * actual, factor * made) == pytest.approx(score.nmae(actual, made))
    assert score.nrmse(factor * actual, factor * made, factor * 90.0) == pytest.approx(score.nrmse(actual, made, 90.0))
