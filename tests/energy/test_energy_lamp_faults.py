"""Faults of lamps from their charge curves: each that is planted is found and named in any season, nothing else."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from energy_park import park
from hypothesis import given, settings
from hypothesis import strategies as st

from parkwright.energy import lamp_faults, lamp_fleet
from parkwright.energy.lamp_faults import Fault
from parkwright.energy.lamp_fleet import Lamps
from parkwright.model.errors import PlanError

FLEET = park().energy.lamps[0].model_copy(update={"count": 10, "panel_w": 220.0, "battery_wh": 1200.0, "lamp_w": 30.0})
HOURS = np.arange(24)
DAYS = 14


def season(day_h, peak):
    """Sun and dark of a fortnight with `day_h` hours of daylight and `peak` W/m2 at noon, each day another cloud."""
    up = np.abs(HOURS + 0.5 - 12.0) < day_h / 2.0
    clear = np.where(up, np.cos((HOURS + 0.5 - 12.0) / day_h * np.pi), 0.0) * peak
    cloud = np.random.default_rng(4).uniform(0.4, 1.0, DAYS)
    return np.outer(cloud, np.maximum(clear, 0.0)).reshape(-1), np.tile(~up, DAYS)


SEASONS = {"summer": season(14.5, 800.0), "winter": season(9.5, 380.0)}
SUN, DARK = SEASONS["summer"]
WANTED = {
    0: "panel_weak", 1: "battery_worn", 2: "light_out", 3: "never_dims", 4: "lit_by_day",
}  # fmt: skip


def curves(sun, dark, planted=None, scatter=0.002):
    """Charge curves of ten lamps, no two alike, with what is planted in a field by lamp; lamp 4 burns if told so."""
    rng = np.random.default_rng(1)
    ten = lamp_fleet.of_fleet(FLEET)
    dirt, age = 1.0 - 0.1 * rng.random(10), 1.0 - 0.12 * rng.random(10)
    ten = replace(ten, clean_share=dirt, health_share=age, dimmed_share=ten.dimmed_share.copy())
    planted = planted or {}
    for name, (number, value) in planted.items():
        if name != "lit":
            getattr(ten, name)[number] = value
    charge = lamp_fleet.run(ten, sun, dark, ten.capacity_wh, 3600.0).charge_wh
    if "lit" in planted:
        number = planted["lit"][0]
        one = Lamps(*(getattr(ten, name)[number : number + 1] for name in Lamps.__slots__))
        one = replace(one, dimmed_share=np.ones(1))
        charge[number] = lamp_fleet.run(one, sun, np.ones_like(dark), one.capacity_wh, 3600.0).charge_wh[0]
    return charge * (1.0 + scatter * rng.standard_normal(charge.shape))


ALL = {
    "clean_share": (0, 0.45), "health_share": (1, 0.55), "lamp_w": (2, 0.001), "dimmed_share": (3, 1.0), "lit": (4, 1),
}  # fmt: skip


@pytest.mark.parametrize("name", SEASONS)
@pytest.mark.parametrize("scatter", [0.0, 0.01])
def test_all_faults_planted_at_once_are_found_and_named_in_every_season(name, scatter):
    sun, dark = SEASONS[name]
    found = lamp_faults.faults(curves(sun, dark, ALL, scatter), sun, dark)
    assert {number: fault.kind for number, fault in found.items()} == WANTED


@pytest.mark.parametrize("name", SEASONS)
def test_a_sound_fleet_of_unlike_lamps_has_no_fault(name):
    sun, dark = SEASONS[name]
    assert lamp_faults.faults(curves(sun, dark), sun, dark) == {}


@settings(max_examples=25, deadline=None)
@given(st.floats(0.2, 0.6), st.integers(0, 9), st.sampled_from(sorted(SEASONS)))
def test_a_weak_panel_is_told_by_how_weak_it_is(share, number, name):
    sun, dark = SEASONS[name]
    found = lamp_faults.faults(curves(sun, dark, {"clean_share": (number, share)}), sun, dark)
    assert found == {number: Fault("panel_weak", pytest.approx(share / 0.95, abs=0.06))}


def test_a_lamp_that_never_dims_draws_what_its_night_without_dimming_takes():
    found = lamp_faults.faults(curves(SUN, DARK, {"dimmed_share": (7, 1.0)}, 0.0), SUN, DARK)
    night_h = DARK[:24].sum()
    assert found[7].share == pytest.approx(night_h / (5.0 + 0.5 * (night_h - 5.0)), abs=0.05)


def test_a_drained_weak_lamp_of_winter_is_not_taken_for_one_that_never_dims():
    sun, dark = SEASONS["winter"]
    charge = curves(sun, dark, {"clean_share": (0, 0.3)})
    assert charge[0, -24:].min() < 20.0
    assert lamp_faults.faults(charge, sun, dark)[0].kind == "panel_weak"


def test_silent_intervals_and_silent_lamps_are_no_fault():
    charge = curves(SUN, DARK)
    charge[3, 40:80] = np.nan
    charge[5] = np.nan
    charge[:, 100] = np.nan
    assert lamp_faults.faults(charge, SUN, DARK) == {}
    charge = curves(SUN, DARK, ALL)
    charge[2] = np.nan
    found = lamp_faults.faults(charge, SUN, DARK)
    assert {number: fault.kind for number, fault in found.items()} == {n: k for n, k in WANTED.items() if n != 2}


def test_unknown_sun_is_not_taken_for_night():
    sun = SUN.copy()
    sun[24 * 4 : 24 * 7] = np.nan
    found = lamp_faults.faults(curves(SUN, DARK, ALL), sun, DARK)
    assert {number: fault.kind for number, fault in found.items()} == WANTED


def test_curves_that_never_change_tell_of_no_fault():
    flat = np.full((10, SUN.size), 600.0)
    assert lamp_faults.faults(flat, SUN, DARK) == {}


def test_three_lamps_are_too_few_to_compare():
    charge = curves(SUN, DARK)
    charge[3:] = np.nan
    with pytest.raises(PlanError, match="3 of 10 tell a charge; curves are compared with those of at least 4"):
        lamp_faults.faults(charge, SUN, DARK)


@pytest.mark.parametrize(("kind", "says"), [("light_out", "draws 3% of the usual"), ("panel_weak", "fills at 3% of")])
def test_a_fault_says_what_shows_it_and_what_to_do(kind, says):
    assert says in Fault(kind, 0.03).text
    assert ";" in Fault(kind, 0.03).text
