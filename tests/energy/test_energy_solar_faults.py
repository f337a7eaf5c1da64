"""Planted faults of a solar field are found by their name and size; a sound field has none."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parkwright.energy import solar_faults
from parkwright.model.errors import ForecastError

DAYS = tuple(date(2026, 4, 1) + timedelta(days=row) for row in range(60))
LIMIT = 1000.0


def sky(seed=1, days=60):
    """Expected power of sunny and cloudy days (D, 96) [kW], some of it clipped at the inverter."""
    rng = np.random.default_rng(seed)
    hours = np.arange(96) / 4.0
    clear = np.maximum(np.sin((hours - 6.0) / 12.0 * np.pi), 0.0) * 1050.0
    cloud = rng.uniform(0.25, 1.0, (days, 1)) * (1.0 - 0.3 * rng.random((days, 96)))
    cloud[::4] = 1.0
    return np.minimum(clear * cloud, LIMIT)


def measured(expected, seed=2, noise=0.02):
    rng = np.random.default_rng(seed)
    return np.maximum(0.97 * expected * (1.0 + noise * rng.standard_normal(expected.shape)), 0.0)


def found(expected, power, days=DAYS):
    return {fault.kind: fault for fault in solar_faults.faults(days, expected, power, LIMIT)}


@pytest.mark.parametrize("seed", range(6))
def test_a_sound_field_has_no_fault(seed):
    expected = sky(seed)
    assert found(expected, measured(expected, seed + 100)) == {}


@pytest.mark.parametrize("share", [0.05, 0.1, 0.25, 0.5])
def test_a_string_that_drops_out_is_found_with_its_day_and_share(share):
    expected = sky()
    power = measured(expected)
    power[35:] *= 1.0 - share
    faults = found(expected, power)
    assert list(faults) == ["string_out"]
    assert abs((faults["string_out"].since - DAYS[35]).days) <= 1
    assert faults["string_out"].size == pytest.approx(share, abs=0.02)
    assert "string or module" in faults["string_out"].text


@pytest.mark.parametrize("rate", [0.0015, 0.003, 0.005])
def test_soiling_is_found_with_its_rate(rate):
    expected = sky()
    power = measured(expected) * (1.0 - rate * np.arange(60))[:, None]
    faults = found(expected, power)
    assert list(faults) == ["soiling"]
    assert faults["soiling"].size == pytest.approx(rate, rel=0.3)
    assert "clean the modules" in faults["soiling"].text


@pytest.mark.parametrize(("first", "last"), [(28, 34), (60, 68)])
def test_a_shade_is_found_with_its_hours(first, last):
    expected = sky()
    power = measured(expected)
    power[:, first:last] *= 0.5
    faults = found(expected, power)
    assert list(faults) == ["shading"]
    assert faults["shading"].size == pytest.approx(0.5, abs=0.06)
    assert f"to {last / 4:g} h" in faults["shading"].text


@pytest.mark.parametrize("lag", [-6, -4, 4, 8])
def test_a_clock_that_is_wrong_is_found_with_its_shift(lag):
    expected = sky()
    power = np.roll(measured(expected).reshape(-1), lag).reshape(60, 96)
    faults = found(expected, power)
    assert list(faults) == ["clock_shift"]
    assert faults["clock_shift"].size == lag
    assert ("late" if lag > 0 else "early") in faults["clock_shift"].text


def test_a_stuck_sensor_is_found_and_does_not_hide_what_else_is_wrong():
    expected = sky()
    power = measured(expected)
    power[40:] *= 0.8
    power[20, 36:64] = power[20, 36]
    faults = found(expected, power)
    assert list(faults) == ["sensor_stuck", "string_out"]
    assert faults["sensor_stuck"].since == DAYS[20]
    assert faults["sensor_stuck"].size == 28
    assert faults["string_out"].size == pytest.approx(0.2, abs=0.03)


def test_power_held_at_the_inverter_is_not_stuck():
    expected = sky()
    expected[10, 30:66] = LIMIT
    power = measured(expected)
    power[10, 30:66] = LIMIT
    assert "sensor_stuck" not in found(expected, power)


def test_a_clock_and_a_string_are_both_found():
    expected = sky()
    power = measured(expected)
    power[30:] *= 0.7
    power = np.roll(power.reshape(-1), 4).reshape(60, 96)
    assert list(found(expected, power)) == ["clock_shift", "string_out"]


def test_gaps_are_no_fault():
    expected = sky()
    power = measured(expected)
    power[5:9] = np.nan
    power[30, 40:60] = np.nan
    assert found(expected, power) == {}


def test_too_few_days_show_no_trend():
    expected = sky()[:6]
    power = measured(expected)
    power[3:] *= 0.5
    assert found(expected, power, DAYS[:6]) == {}


def test_the_performance_ratio_is_energy_over_energy_and_skips_gaps():
    expected = sky()
    power = 0.9 * expected
    power[3, :50] = np.nan
    power[4] = np.nan
    ratio = solar_faults.performance_ratio(expected, power)
    assert np.isnan(ratio[4])
    assert np.delete(ratio, 4) == pytest.approx(0.9)


@given(st.floats(0.3, 1.2))
@settings(max_examples=20, deadline=None)
def test_the_performance_ratio_scales_with_power(scale):
    expected = sky()
    assert solar_faults.performance_ratio(expected, scale * expected) == pytest.approx(np.full(60, scale))


def test_a_dark_day_has_no_performance_ratio():
    assert np.isnan(solar_faults.performance_ratio(np.zeros((2, 96)), np.zeros((2, 96)))).all()


def test_power_below_zero_and_other_shapes_are_refused():
    expected = sky()
    with pytest.raises(ForecastError, match="measured power is below zero"):
        solar_faults.faults(DAYS, expected, expected - 5.0, LIMIT)
    with pytest.raises(ForecastError, match="give one for each slot"):
        solar_faults.faults(DAYS, expected, expected[:, :95], LIMIT)
    with pytest.raises(ForecastError, match="give one for each slot"):
        solar_faults.faults(DAYS[:5], expected, expected, LIMIT)


def test_where_direct_light_is_guessed_no_shade_is_looked_for_but_a_lost_string_is():
    expected = sky()
    power = measured(expected)
    power[:, 60:68] *= 0.7
    guessed = solar_faults.faults(DAYS, expected, power, LIMIT, beam_known=False)
    assert guessed == ()
    power[35:] *= 0.7
    found = solar_faults.faults(DAYS, expected, power, LIMIT, beam_known=False)
    assert [fault.kind for fault in found] == ["string_out"]
