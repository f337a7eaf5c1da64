"""The simulated lamps: nights go on over midnight, each lamp is its own, and what is wrong with some is found."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np
import polars as pl
import pytest
from twin_days import DAY, open_twin

from parkwright.energy import lamp_faults, lamp_fleet, weather
from parkwright.twin import lamps, sky
from parkwright.twin.lamps import _drawn

LIT = "lamps/lit"


@pytest.fixture(scope="module")
def lit_park(tianjin):
    """The demonstration park with 60 of its lamps."""
    fleet = tianjin.energy.lamps[0].model_copy(update={"count": 60})
    return replace(tianjin, energy=tianjin.energy.model_copy(update={"lamps": (fleet,)}))


def seen(park, days, seed=1):
    """Charge at the end of each hour (N, T), sun (T,), dark (T,) of days on end."""
    skies = [sky.of_day(park, DAY + timedelta(days=n), 1440, seed, 0) for n in range(days)]
    step = 3600 // park.site.metering_interval_s
    charge = np.concatenate([one.lamps.charge_wh[:, step - 1 :: step] for one in skies], axis=1)
    sun = np.concatenate([one.ghi_w_per_m2.reshape(-1, step).mean(axis=1) for one in skies])
    forecasts = pl.concat([weather.of_day(park, DAY + timedelta(days=n)) for n in range(days)])
    return charge, sun, weather.dark(park, forecasts)[step - 1 :: step]


def test_midnight_finds_the_lamps_as_the_evening_left_them(lit_park):
    today, tomorrow = (sky.of_day(lit_park, DAY + timedelta(days=n), 1440, 1, 0).lamps for n in (0, 1))
    used = today.charge_wh[:, -1] - tomorrow.charge_wh[:, 0]
    most = lit_park.energy.lamps[0].lamp_w * lit_park.site.metering_interval_s / 3600.0
    assert (used >= -1e-9).all()
    assert (used <= most + 1e-9).all()
    assert (today.charge_wh[:, 0] < lit_park.energy.lamps[0].battery_wh).all()


def test_light_is_full_at_dusk_dimmed_in_the_small_hours_and_out_by_day(lit_park):
    lit = sky.of_day(lit_park, DAY, 1440, 1, 0).lamps.lit_share
    step = 3600 // lit_park.site.metering_interval_s
    lamp, stuck = _drawn(lit_park.energy.lamps[0], 1, 0)
    ill = 0.06
    assert lit[22 * step] == pytest.approx(1.0, abs=ill)
    fleet = lit_park.energy.lamps[0]
    near = lamp_fleet.near_share(fleet)
    assert 0.05 < near < 0.15
    small_hours = lit[step : 4 * step].mean()
    assert small_hours == pytest.approx(lamp.dimmed_share.mean() + near * (1 - lamp.dimmed_share).mean(), abs=0.025)
    assert lit[12 * step] == pytest.approx(stuck.mean(), abs=1e-9)


def test_people_pass_by_chance_at_the_fleets_rate_and_a_lamp_and_a_day_have_their_own(lit_park):
    fleet = lit_park.energy.lamps[0]
    days = [DAY + timedelta(days=n) for n in range(3)]
    passed = lamps._passed(lit_park, fleet, days, 1, 0)
    step_h = lit_park.site.metering_interval_s / 3600.0
    assert passed.mean() / step_h == pytest.approx(fleet.passers_per_h, rel=0.02)
    today = passed.shape[1] // 3
    assert np.array_equal(passed[:, today : 2 * today], lamps._passed(lit_park, fleet, days[1:2], 1, 0))
    assert not np.array_equal(passed[:, :today], passed[:, today : 2 * today])
    fewer = fleet.model_copy(update={"count": 20})
    assert np.array_equal(lamps._passed(lit_park, fewer, days[:1], 1, 0), passed[:20, :today])
    crowd = lamps._passed(lit_park, fleet.model_copy(update={"passers_per_h": 60.0}), days, 1, 0)
    assert lamp_fleet.near(fleet, crowd, step_h * 3600.0).mean() == pytest.approx(1.0 - np.exp(-1.0), abs=0.01)


def test_the_twin_tells_each_lamps_charge_once_an_hour(lit_park):
    twin = open_twin(lit_park)
    told = {}
    for minutes in (15, 60, 75, 120):
        rows = twin.sense(lit_park.midnight(DAY) + timedelta(minutes=minutes)).tables["samples"]
        told[minutes] = rows.filter(pl.col("signal_id").str.ends_with("/charge_wh"))
    assert [told[minutes].height for minutes in (15, 60, 75, 120)] == [0, 60, 0, 60]
    assert told[60]["signal_id"].to_list() == lamp_fleet.signals(lit_park.energy.lamps[0])
    dark = sky.of_day(lit_park, DAY, 1440, 1, 0).lamps.charge_wh
    step = 3600 // lit_park.site.metering_interval_s
    assert told[120]["value"].to_list() == pytest.approx(dark[:, 2 * step - 1], abs=0.05)


def test_what_is_wrong_with_a_lamp_in_the_twin_is_found_from_its_curve(lit_park, monkeypatch):
    monkeypatch.setattr(lamps, "FAULTY_SHARE", 0.15)
    fleet = lit_park.energy.lamps[0]
    lamp, stuck = _drawn(fleet, 1, 0)
    wanted = dict.fromkeys(np.flatnonzero(lamp.dimmed_share == 1.0), "never_dims")
    wanted |= dict.fromkeys(np.flatnonzero(stuck), "lit_by_day")
    wanted |= dict.fromkeys(np.flatnonzero(lamp.clean_share < 0.5), "panel_weak")
    wanted |= dict.fromkeys(np.flatnonzero(lamp.health_share < 0.6), "battery_worn")
    wanted |= dict.fromkeys(np.flatnonzero(lamp.lamp_w < 1.0), "light_out")
    assert len(set(wanted.values())) >= 4
    found = lamp_faults.faults(*seen(lit_park, 10))
    assert {number: fault.kind for number, fault in found.items()} == wanted


def test_lamps_differ_from_each_other_stay_the_same_and_follow_the_seed(lit_park):
    fleet = lit_park.energy.lamps[0]
    one, again, other = (_drawn(fleet, seed, 0)[0] for seed in (1, 1, 2))
    assert np.array_equal(one.clean_share, again.clean_share)
    assert not np.array_equal(one.clean_share, other.clean_share)
    assert len(set(one.health_share.tolist())) == fleet.count
    fewer, _ = _drawn(fleet.model_copy(update={"count": 20}), 1, 0)
    assert np.array_equal(fewer.clean_share, one.clean_share[:20])


def test_a_park_without_lamps_tells_of_none(small_park):
    assert small_park.energy.lamps == ()
    rows = open_twin(small_park).sense(small_park.midnight(DAY) + timedelta(hours=1)).tables["samples"]
    assert rows.filter(pl.col("signal_id").str.ends_with("/charge_wh")).is_empty()
    assert rows.filter(pl.col("signal_id") == LIT)["value"].to_list() == [0.0]
