"""Laws of lamps, solar faults, tanks, recovery and bills: scaling, splitting, adding, limits."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest
from energy_park import DAY, noun, park, tariff
from hypothesis import given, settings
from hypothesis import strategies as st

from parkwright.energy import bill, lamp_fleet, recovery, solar_faults, tank
from parkwright.energy.tank import Layered
from parkwright.model.plant import HeatExchanger

HOURS = np.arange(24)
DARK = np.tile((HOURS < 6) | (HOURS >= 18), 7)
SUN = np.tile(np.maximum(np.sin((HOURS - 6) / 12 * np.pi), 0.0) * 150.0, 7)
FLEET = park().energy.lamps[0].model_copy(update={"count": 2})


def fared(panel_w=120.0, battery_wh=500.0, lamp_w=30.0, dimmed_share=0.5, sun=SUN, dark=DARK, step_s=3600.0):
    size = {"panel_w": panel_w, "battery_wh": battery_wh, "lamp_w": lamp_w, "dimmed_share": dimmed_share}
    lamps = lamp_fleet.of_fleet(FLEET.model_copy(update=size))
    return lamp_fleet.run(lamps, sun, dark, lamps.capacity_wh, step_s)


@given(st.floats(0.1, 50.0))
@settings(max_examples=30, deadline=None)
def test_lamps_of_another_size_in_the_same_proportion_fare_the_same(factor):
    plain, scaled = fared(), fared(120.0 * factor, 500.0 * factor, 30.0 * factor)
    assert scaled.charge_wh == pytest.approx(factor * plain.charge_wh)
    assert lamp_fleet.loss_of_load(scaled) == pytest.approx(lamp_fleet.loss_of_load(plain), abs=1e-9)


@given(st.floats(0.0, 1.0), st.floats(0.0, 1.0))
@settings(max_examples=30, deadline=None)
def test_dimming_more_never_leaves_more_light_missing(one, other):
    low, high = sorted((one, other))
    missing = [fared(dimmed_share=share).missing_wh.sum() for share in (low, high)]
    assert missing[0] <= missing[1] + 1e-9


def test_shares_and_nights_are_bounded():
    for sun in (0.0 * SUN, SUN, 8.0 * SUN):
        found = fared(sun=sun)
        assert ((lamp_fleet.loss_of_load(found) >= 0.0) & (lamp_fleet.loss_of_load(found) <= 1.0)).all()
        assert (lamp_fleet.dark_nights(found, DARK) <= 8).all()


def test_quarters_of_an_hour_tell_what_hours_tell():
    fine = fared(sun=np.repeat(SUN, 4), dark=np.repeat(DARK, 4), step_s=900.0)
    coarse = fared()
    assert fine.gained_wh.sum() == pytest.approx(coarse.gained_wh.sum())
    assert fine.lit_wh.sum() == pytest.approx(coarse.lit_wh.sum(), rel=0.02)


def test_lamps_of_one_kind_fare_alike_and_a_second_year_wears_as_the_first():
    found = fared()
    assert np.array_equal(found.charge_wh[0], found.charge_wh[1])
    lamps = lamp_fleet.of_fleet(FLEET)
    once = lamp_fleet.worn(lamps, found, 3600.0)
    twice = lamp_fleet.worn(once, found, 3600.0)
    assert once.health_share - twice.health_share == pytest.approx(1.0 - once.health_share)


def field(seed=1):
    rng = np.random.default_rng(seed)
    clear = np.maximum(np.sin((np.arange(96) / 4 - 6) / 12 * np.pi), 0.0) * 900.0
    expected = clear * rng.uniform(0.3, 1.0, (40, 1))
    expected[::4] = clear
    return expected, 0.95 * expected * (1.0 + 0.01 * rng.standard_normal(expected.shape))


DAYS = tuple(date(2026, 4, 1) + timedelta(days=row) for row in range(40))


@pytest.mark.parametrize("factor", [0.02, 40.0])
def test_faults_do_not_depend_on_the_size_of_the_field(factor):
    expected, power = field()
    power[25:] *= 0.8
    plain, scaled = (
        solar_faults.faults(DAYS, k * expected, k * np.maximum(power, 0.0), k * 1000.0) for k in (1.0, factor)
    )
    assert [fault.kind for fault in plain] == [fault.kind for fault in scaled] == ["string_out"]
    assert scaled[0].size == pytest.approx(plain[0].size)
    assert scaled[0].since == plain[0].since


def test_a_model_that_promises_too_much_every_day_is_no_fault():
    expected, power = field(3)
    assert solar_faults.faults(DAYS, 1.3 * expected, np.maximum(power, 0.0), 2000.0) == ()


def test_a_field_that_gets_better_has_no_fault():
    expected, power = field(4)
    power[20:] *= 1.1
    assert solar_faults.faults(DAYS, expected, np.maximum(power, 0.0), 2000.0) == ()


@given(st.floats(0.0, 6.0), st.floats(0.0, 6.0), st.floats(20.0, 90.0))
@settings(max_examples=50, deadline=None)
def test_a_draw_gives_back_no_more_than_was_charged_and_held(charge, draw, hot):
    kind, level = Layered(8.0, loss_kw_per_k=0.01), np.full(6, 15.0)
    put = tank.step(kind, level, 0.5, charge_m3=charge, charge_c=hot, room_c=15.0)
    taken = tank.step(kind, put.temperature_c, 0.5, draw_m3=draw, cold_c=15.0, room_c=15.0)
    assert taken.drawn_kwh <= put.charged_kwh + 1e-9
    assert put.lost_kwh >= -1e-9
    assert taken.lost_kwh >= -1e-9


def test_a_tank_at_the_rooms_temperature_rests():
    level = np.full(5, 20.0)
    found = tank.step(Layered(8.0, 0.5, 0.5), level, 100.0)
    assert found.temperature_c == pytest.approx(level)
    assert (found.charged_kwh, found.drawn_kwh) == (0.0, 0.0)
    assert found.lost_kwh == pytest.approx(0.0)


@given(st.integers(1, 6))
@settings(max_examples=6, deadline=None)
def test_cooling_in_parts_is_cooling_at_once(parts):
    kind, level = Layered(8.0, loss_kw_per_k=0.05), np.array([70.0, 60.0, 50.0])
    once = tank.step(kind, level, 12.0)
    lost = 0.0
    for _ in range(parts):
        step = tank.step(kind, level, 12.0 / parts)
        level, lost = step.temperature_c, lost + step.lost_kwh
    assert level == pytest.approx(once.temperature_c)
    assert lost == pytest.approx(once.lost_kwh)


def gave(heat_kw, degrees, need_kw, power_kw=1e9, others=()):
    """What exchangers give to a need, without a tank [kW]."""
    fields = {"power_kw": power_kw, "supply_c": 60.0, "return_c": 40.0}
    exchangers = [noun(HeatExchanger, id="X", source="compressors", source_c=degrees, **fields)]
    exchangers += [noun(HeatExchanger, id="Y", source="ovens", source_c=c, **fields) for _, c in others]
    had = {
        "compressors": np.array([heat_kw]),
        "chillers": np.zeros(1),
        "ovens": np.array([kw for kw, _ in others] or [0]),
    }
    direct = recovery.most_kw(exchangers, had, np.array([need_kw]))
    return float(recovery.exchange(exchangers, direct, np.array([need_kw])).sum())


@given(st.floats(0.1, 20.0), st.floats(20.0, 120.0))
@settings(max_examples=40, deadline=None)
def test_exchanged_heat_without_limits_scales(factor, degrees):
    assert gave(factor * 80.0, degrees, factor * 100.0) == pytest.approx(factor * gave(80.0, degrees, 100.0))


@given(st.floats(0.0, 200.0), st.floats(10.0, 120.0), st.floats(0.0, 200.0), st.floats(10.0, 120.0))
@settings(max_examples=60, deadline=None)
def test_one_source_more_never_leaves_less_heat_from_waste_by_exchange(first, warm, second, hot):
    assert gave(first, warm, 150.0, others=[(second, hot)]) >= gave(first, warm, 150.0) - 1e-9


def test_no_need_uses_no_waste_heat():
    assert gave(80.0, 90.0, 0.0) == 0.0
    assert gave(80.0, 90.0, 1.0) == 1.0


@given(st.integers(0, 95), st.integers(0, 95), st.floats(1.0, 500.0))
@settings(max_examples=40, deadline=None)
def test_moving_a_kilowatt_hour_costs_the_difference_of_its_prices(source, target, kw):
    one = park(tariffs=(tariff(),))
    starts = one.intervals(DAY)
    power = np.full(96, 500.0)
    moved = power.copy()
    moved[source] -= kw
    moved[target] += kw
    price = bill.prices(one, starts)["price_cny_per_kwh"].to_numpy()
    totals = [bill.bill(one, starts, each, np.zeros(96)).total_cny for each in (power, moved)]
    assert totals[1] - totals[0] == pytest.approx(0.25 * kw * (price[target] - price[source]), abs=1e-6)
