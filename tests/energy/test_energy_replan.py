"""Plans made anew: a peak is raised by what is there, never by a forecast that may err."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from systems import battery, site

from parkwright.energy import control
from parkwright.energy.blocks import Demand, Load, Source
from parkwright.energy.replan import Replanner

STEPS = 8


def window(load, floor=5.0, opening=1.0, window_steps=1, groups=None):
    """A site whose battery cannot help with a long peak, for `STEPS` hours."""
    group = np.zeros(STEPS, dtype=np.int64) if groups is None else np.asarray(groups, dtype=np.int64)
    count = int(group.max()) + 1
    demand = Demand(group, np.linspace(60.0, 40.0, count), np.full(count, floor), window_steps)
    store = battery(4.0, 4.0, opening=opening, end=0.0)
    return site(np.asarray(load, dtype=float), np.where(np.arange(STEPS) < 1, 0.2, 0.5), store, demand=demand)


CALM, STORM = np.full(STEPS, 5.0), np.array([5.0, 5.0, 5.0, 20.0, 20.0, 20.0, 20.0, 20.0])


def bought(found):
    return found.flows["grid.import"]


def test_a_forecast_that_is_certain_raises_the_peak_at_once_and_a_doubtful_one_does_not():
    sure, needed = Replanner().plan(window(STORM), None, 1)
    assert needed["grid"][0] > 15.0
    assert bought(sure)[0] > 5.0
    doubtful, needed = Replanner().plan(window(STORM), window(CALM), 1)
    assert needed["grid"] == pytest.approx([5.0])
    assert bought(doubtful)[0] == pytest.approx(5.0)


def test_what_even_the_low_side_needs_is_taken():
    found, needed = Replanner().plan(window(STORM), window(STORM), 1)
    sure, certain = Replanner().plan(window(STORM), None, 1)
    assert needed["grid"] == pytest.approx(certain["grid"])
    assert bought(found).max() == pytest.approx(bought(sure).max())


def test_what_is_there_now_is_met_whatever_the_peak():
    load = np.array([30.0, 5, 5, 5, 5, 5, 5, 5])
    found, needed = Replanner().plan(window(load), window(load), 1)
    assert needed["grid"] == pytest.approx([30.0 - 1.0])
    assert bought(found)[0] == pytest.approx(29.0)
    assert found.word == "optimal"


def test_each_billing_period_keeps_its_own_peak():
    groups = [0, 0, 0, 0, 1, 1, 1, 1]
    load = np.array([5.0, 5, 5, 5, 9, 9, 9, 9])
    found, needed = Replanner().plan(
        window(load, groups=groups, opening=0.0), window(load, groups=groups, opening=0.0), 1
    )
    assert needed["grid"] == pytest.approx([5.0, 9.0])
    assert bought(found)[:4].max() == pytest.approx(5.0)
    assert bought(found)[4:].max() == pytest.approx(9.0)


def test_now_is_at_least_a_whole_window_of_the_demand_meter():
    wide = window(STORM, window_steps=4)
    found, needed = Replanner().plan(wide, window(CALM, window_steps=4), 1)
    assert needed["grid"] == pytest.approx([5.0])
    assert bought(found)[:4].mean() <= 10.0
    assert found.word == "optimal"


def test_a_system_without_a_demand_charge_is_planned_as_it_is():
    plain = site(CALM, np.linspace(0.3, 0.9, STEPS), battery(4.0, 4.0, opening=2.0))
    found, needed = Replanner().plan(plain, plain, 1)
    assert needed == {}
    assert found.objective_cny == pytest.approx(Replanner().plan(plain, None, 1)[0].objective_cny)


@settings(max_examples=10, deadline=None)
@given(st.lists(st.floats(1.0, 30.0), min_size=STEPS, max_size=STEPS), st.floats(0.0, 0.9))
def test_what_is_needed_is_never_below_the_floor_nor_above_what_the_expected_course_needs(load, less):
    load = np.array(load)
    _, needed = Replanner().plan(window(load), window(load * (1.0 - less * np.arange(STEPS) / STEPS)), 1)
    _, certain = Replanner().plan(window(load), None, 1)
    assert 5.0 - 1e-9 <= needed["grid"][0] <= certain["grid"][0] + 1e-9


def test_a_month_of_forecasts_that_err_ends_at_its_target_where_the_stores_can_hold_it():
    hours = np.arange(96)
    load = 4.0 + 4.0 * ((hours % 24 >= 8) & (hours % 24 < 12))
    demand = Demand(np.zeros(96, dtype=np.int64), np.array([50.0]), np.zeros(1))
    park = site(load, np.full(96, 0.5), battery(20.0, 8.0, opening=10.0), demand=demand)
    found = control.control(park, {"grid": 6.0}, np.random.default_rng(3), 0.5, horizon=24)
    assert found.peak_kw["grid"] == pytest.approx(6.0)


def test_the_low_side_of_a_forecast_has_less_load_and_the_present_as_it_is():
    park = site(CALM, np.full(STEPS, 0.5), battery(4.0, 4.0, opening=2.0))
    share = control.low_share(STEPS, 0.3, 24)
    low = control.low_side(park, share, share)
    loads = [block.power_kw for block in low.blocks if isinstance(block, Load)]
    assert loads[0][0] == pytest.approx(5.0)
    assert (np.diff(loads[0]) < 0.0).all()
    assert loads[0][7] == pytest.approx(5.0 * (1.0 - 1.2815515655446004 * 0.3 * np.sqrt(7 / 24)))


def test_the_low_side_has_more_of_what_varies_and_no_more_of_what_is_always_there():
    sun, steady = (Source(name, "power", kw) for name, kw in (("sun", np.arange(8.0)), ("wheel", np.full(STEPS, 3.0))))
    low = control.low_side(site(CALM, np.full(STEPS, 0.5), sun, steady), np.full(STEPS, 2.0), np.full(STEPS, 0.5))
    found = {block.id: block for block in low.blocks}
    assert found["sun"].limit_kw == pytest.approx(1.5 * np.arange(8.0))
    assert found["wheel"].limit_kw == pytest.approx(np.full(STEPS, 3.0))
    assert found["load"].power_kw == pytest.approx(np.zeros(STEPS))
