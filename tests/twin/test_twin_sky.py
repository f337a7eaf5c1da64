"""The weather that comes: no two days err alike, errors go on over midnight, and a day stays the same."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest
from twin_days import DAY

from parkwright.energy import weather
from parkwright.twin import sky

DAYS = 40


@pytest.fixture(scope="module")
def errors(tianjin):
    """The errors of clouds (D, T) of days on end."""
    return np.stack([
        sky._error(tianjin, DAY + timedelta(days=n), (1, 0, "clouds"), sky.CLOUD_MEMORY) for n in range(DAYS)
    ])  # fmt: skip


def test_no_two_days_err_alike(errors):
    alike = np.corrcoef(errors)[~np.eye(DAYS, dtype=bool)]
    assert np.abs(alike).mean() < 0.3
    assert len({row.tobytes() for row in errors}) == DAYS


def test_errors_have_mean_0_and_variance_1_and_remember(errors):
    flat = errors.reshape(-1)
    assert flat.mean() == pytest.approx(0.0, abs=0.15)
    assert flat.std() == pytest.approx(1.0, abs=0.1)
    assert np.corrcoef(flat[:-1], flat[1:])[0, 1] == pytest.approx(sky.CLOUD_MEMORY, abs=0.03)


def test_the_error_goes_on_over_midnight(errors):
    over = errors[1:, 0] - errors[:-1, -1]
    within = np.diff(errors, axis=1)
    assert over.std() < 1.5 * within.std()


def test_a_day_is_the_same_again_and_another_with_another_seed(tianjin):
    one, again, other, second = (
        sky.of_day(tianjin, DAY, 1440, seed, replication) for seed, replication in ((1, 0), (1, 0), (2, 0), (1, 1))
    )
    assert np.array_equal(one.solar_kw, again.solar_kw)
    assert np.array_equal(one.outside_c, again.outside_c)
    for differs in (other, second):
        assert not np.allclose(one.outside_c, differs.outside_c)


def test_clouds_and_warmth_differ_from_the_forecast_otherwise_on_another_day(tianjin):
    ratio = []
    for n in range(2):
        day = DAY + timedelta(days=n)
        found, told = sky.of_day(tianjin, day, 1440, 1, 0), weather.of_day(tianjin, day)
        lit = slice(40, 56)
        ratio.append(found.ghi_w_per_m2[lit] / told["ghi_w_per_m2"].to_numpy()[lit])
        assert np.abs(found.outside_c - told["temperature_c"].to_numpy()).max() > 0.1
    assert not np.allclose(*ratio, rtol=0.01)
