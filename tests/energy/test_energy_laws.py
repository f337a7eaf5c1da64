"""Energy: programmes against another solver, prices against the calendar, heat, cold, air and sun as laws."""

from __future__ import annotations

import math
from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest
from energy_park import (
    DAY,
    MIDNIGHT,
    SUMMER,
    SUNDAY,
    WINTER,
    bare_park,
    battery,
    building,
    meter,
    noun,
    park,
    plant,
    solar_field,
    tariff,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from parkwright.energy import air, cold, dispatch, heat, load, registers, signal, solar, weather
from parkwright.energy import tariff as tariffs
from parkwright.energy.building import area_m2, perimeter_m
from parkwright.energy.linear import INFINITY, Program
from parkwright.model.opening import Opening
from parkwright.model.plant import Boiler, Chiller, Compressor, HeatPump

SHARE = st.floats(0, 1)


@settings(max_examples=60)
@given(
    st.lists(st.tuples(st.floats(-5, 5), st.floats(0.1, 9)), min_size=2, max_size=6),
    st.lists(st.lists(st.integers(-3, 3), min_size=6, max_size=6), min_size=1, max_size=4),
    st.lists(st.floats(0, 20), min_size=4, max_size=4),
)
def test_a_programme_has_the_optimum_that_another_solver_finds(columns, rows, limits):
    cost, upper = np.array(columns).T
    matrix = np.array([row[: len(columns)] for row in rows], dtype=float)
    program = Program()
    places = [program.columns(1, limit, price) for price, limit in zip(cost, upper, strict=True)]
    for row, limit in zip(matrix, limits, strict=False):
        program.rows(-INFINITY, limit, *((place, value) for place, value in zip(places, row, strict=True)))
    found = program.minimise(5.0)
    other = linprog(cost, matrix, limits[: len(matrix)], bounds=list(zip(np.zeros(len(cost)), upper, strict=True)))
    assert found.status == "optimal"
    assert found.objective == pytest.approx(other.fun, abs=1e-6)
    assert (matrix @ found.values <= np.array(limits[: len(matrix)]) + 1e-6).all()


def test_a_programme_that_cannot_be_kept_is_infeasible_and_not_a_number():
    program = Program()
    column = program.columns(1, 5.0, 1.0)
    program.rows(7.0, INFINITY, (column, 1.0))
    assert program.minimise(5.0).status == "infeasible"


def test_blocks_of_columns_and_rows_stand_one_after_the_other():
    program = Program()
    first, second = program.columns(3, upper=[1, 2, 3], cost=-1.0), program.columns(2, 9.0, [1.0, -1.0])
    assert (first.tolist(), second.tolist()) == ([0, 1, 2], [3, 4])
    program.rows(0.0, 4.0, (second, 1.0))
    program.rows(-INFINITY, 2.0, (first[:1], 1.0), (first[1:2], 1.0))
    found = program.minimise(5.0)
    assert found.objective == pytest.approx(-2 - 3 - 4)
    assert found.values[[2, 3, 4]].tolist() == pytest.approx([3, 0, 4])


BANDS = st.lists(
    st.tuples(
        st.sampled_from(["sharp", "peak", "flat", "valley"]),
        st.sets(st.integers(1, 12), min_size=1),
        st.integers(0, 95), st.integers(1, 96),
    ),
    max_size=6,
)  # fmt: skip


@settings(max_examples=40)
@given(BANDS, st.dates(date(2025, 10, 1), date(2028, 12, 31)))
def test_the_last_band_that_holds_a_quarter_of_an_hour_sets_its_price(bands, day):
    given_bands = [(name, months, a, b) for name, months, a, b in bands if a < b]
    ratio = {"sharp": 2.0, "peak": 1.5, "flat": 1.0, "valley": 0.4}
    table = tuple({"band": n, "months": tuple(m), "hours": ((a / 4, b / 4),)} for n, m, a, b in given_bands)
    here = park(tariffs=(tariff(band=table, ratio=ratio, flat_cny_per_kwh=0.5),))
    found = tariffs.prices(here, here.intervals(day))
    expected = ["flat"] * 96
    for name, months, a, b in given_bands:
        if day.month in months:
            expected[a:b] = [name] * (b - a)
    assert found["band"].to_list() == expected
    assert found["price_cny_per_kwh"].to_list() == pytest.approx([0.5 * ratio[name] for name in expected])


@pytest.mark.parametrize(
    ("day", "tariff_id"),
    [("2025-09-30", "a"), ("2025-10-01", "a"), ("2026-06-30", "a"), ("2026-07-01", "b"), ("2030-01-01", "c")],
)
def test_each_day_has_the_tariff_that_began_last(day, tariff_id):
    begins = {"c": "2027-01-01", "a": "2025-10-01", "b": "2026-07-01"}
    here = park(tariffs=tuple(tariff(id=name, valid_from=first) for name, first in begins.items()))
    found = tariffs.valid_tariff(here, date.fromisoformat(day))
    assert found is not None
    assert found.id == tariff_id


def test_prices_follow_the_parks_clock_over_the_change_to_summer_time():
    berlin = park().site.model_copy(update={"timezone": "Europe/Berlin"})
    morning = ({"band": "valley", "months": (3,), "hours": ((0, 6),)},)
    here = park(site=berlin, tariffs=(tariff(band=morning),))
    for day, quarters in ((date(2026, 3, 28), 24), (date(2026, 3, 29), 20)):
        assert tariffs.prices(here, here.intervals(day))["band"].to_list().count("valley") == quarters


@settings(max_examples=5)
@given(st.floats(0, 3000), st.floats(0, 3000))
def test_a_kilowatt_hour_carries_at_most_the_grid_and_less_with_more_sun(first_kw, more_kw):
    here = park()
    demand = load.forecast(here, SUNDAY, weather.of_day(here, SUNDAY))
    some, more = (signal.of_day(here, SUNDAY, demand, np.full(96, kw)) for kw in (first_kw, first_kw + more_kw))
    assert ((some["co2e_kg_per_kwh"] >= 0) & (some["co2e_kg_per_kwh"] <= 0.6796)).all()
    assert (more["co2e_kg_per_kwh"] <= some["co2e_kg_per_kwh"] + 1e-12).all()
    assert (some["cap_kw"] == 5000 + first_kw).all()


COMPRESSORS = st.lists(st.tuples(st.floats(1, 500), SHARE, st.floats(0, 0.95)), min_size=1, max_size=5)


@given(COMPRESSORS, SHARE, SHARE)
def test_more_air_never_takes_less_power_and_all_of_it_takes_all(rows, share, other):
    fleet = [noun(Compressor, id=f"C{n}", power_kw=p, idle_share=i, heat_share=h) for n, (p, i, h) in enumerate(rows)]
    low, high = sorted((share, other))
    power = air.compressors_kw(fleet, np.array([0.0, low, high, 1.0]))
    total = power.sum(axis=0)
    assert total[0] == 0.0
    assert total[1] <= total[2] * (1 + 1e-9) + 1e-9
    assert total[3] == pytest.approx(sum(p for p, _, _ in rows))
    assert (power <= np.array([[p] for p, _, _ in rows]) + 1e-9).all()
    assert (np.isclose(power, 0) | np.isclose(power, [[p] for p, _, _ in rows])).sum(axis=0).min() >= len(rows) - 1
    assert (air.waste_heat_kw(fleet, power) <= 0.95 * total + 1e-9).all()


@given(st.lists(st.tuples(st.floats(1, 500), st.floats(1.1, 12)), min_size=1, max_size=5), st.floats(0, 20_000))
def test_cold_is_served_up_to_the_power_of_the_chillers_and_all_heat_is_rejected(rows, asked_kw):
    fleet = [noun(Chiller, id=f"CH{n}", power_kw=p, cop=c) for n, (p, c) in enumerate(rows)]
    power = cold.chillers_kw(fleet, asked_kw)
    given_kw = sum(float(power[n, 0]) * cop for n, (_, cop) in enumerate(rows))
    assert given_kw == pytest.approx(min(asked_kw, sum(p * c for p, c in rows)))
    assert (power[:, 0] <= np.array([p for p, _ in rows]) + 1e-9).all()
    assert cold.rejected_heat_kw(fleet, power)[0] == pytest.approx(given_kw + float(power.sum()))


def test_no_cold_is_asked_for_when_heat_is():
    chiller = noun(Chiller, id="CH", power_kw=100)
    assert cold.chillers_kw([chiller], -50.0).tolist() == [[0.0]]


@given(st.floats(-10, 80), st.floats(0, 20), st.floats(0.01, 0.99), st.floats(30, 90))
def test_a_heat_pump_does_better_from_a_warmer_source_and_never_worse_than_a_heater(source, more, share, supply):
    pump = noun(HeatPump, id="HP", power_kw=9, carnot_share=share)
    first, second = (float(heat.cop(pump, at, supply)[0]) for at in (source, source + more))
    assert 1.0 <= first <= second + 1e-12 <= heat.COP_MAX + 1e-9


@pytest.mark.parametrize(
    ("source", "supply", "share", "cop"),
    [(30, 55, 0.45, 0.45 * 328.15 / 25), (0, 90, 0.5, 0.5 * 363.15 / 90), (55, 55, 0.45, 12.0), (80, 30, 0.45, 12.0),
     (-10, 90, 0.01, 1.0)],
)  # fmt: skip
def test_the_coefficient_of_a_heat_pump_by_hand(source, supply, share, cop):
    pump = noun(HeatPump, id="HP", power_kw=9, carnot_share=share, source_c=source, supply_c=supply)
    assert heat.cop(pump)[0] == pytest.approx(cop)


@pytest.mark.parametrize(("day", "kwh", "working_h"), [(SUMMER, 4800, 16), (WINTER, 4800, 16), (SUNDAY, 2400, 24)])
def test_hot_water_runs_in_the_shifts_or_all_day(day, kwh, working_h):
    here = park()
    power = heat.hot_water_kw(here, day, here.intervals(day))
    assert power.sum() / 4 == pytest.approx(kwh)
    assert (power > 0).sum() / 4 == working_h
    assert heat.hot_water_kw(bare_park(), day, here.intervals(day)).sum() == 0


@pytest.fixture(scope="module")
def summer_sun():
    here = park()
    return here, weather.of_day(here, SUMMER)


@pytest.mark.parametrize("factor", [0.1, 3.0, 10.0])
def test_a_field_of_other_size_gives_power_in_proportion(summer_sun, factor):
    here, sky = summer_sun
    one = solar.power_kw(solar_field(), here.site, sky)
    other = solar.power_kw(solar_field(peak_kw=1000 * factor, inverter_kw=900 * factor), here.site, sky)
    assert other == pytest.approx(one * factor)


@pytest.mark.parametrize("loss_share", [0.0, 0.14, 0.5])
def test_a_field_that_loses_a_share_gives_as_much_as_a_smaller_one_that_loses_nothing(summer_sun, loss_share):
    here, sky = summer_sun
    lossy = solar.power_kw(solar_field(loss_share=loss_share), here.site, sky)
    smaller = solar.power_kw(solar_field(loss_share=0.0, peak_kw=1000 * (1 - loss_share)), here.site, sky)
    assert lossy == pytest.approx(smaller)


def test_a_flat_field_faces_nowhere_and_a_steep_one_follows_the_sun(summer_sun):
    here, sky = summer_sun
    flat = [solar.power_kw(solar_field(tilt_deg=0, azimuth_deg=a), here.site, sky) for a in (90, 180, 270)]
    assert flat[0] == pytest.approx(flat[1])
    assert flat[1] == pytest.approx(flat[2])
    east, west = (solar.power_kw(solar_field(tilt_deg=60, azimuth_deg=a), here.site, sky) for a in (90, 270))
    assert east[:48].sum() > 2 * west[:48].sum()
    assert west[52:].sum() > 2 * east[52:].sum()


@given(st.floats(0, 1200), st.floats(-20, 60), st.floats(0, 20))
def test_modules_are_warmer_than_the_air_in_the_sun_and_heat_costs_power(plane, outside, more):
    light = np.array([plane])
    still, windy = (solar.cell_temperature_c(light, np.array([outside]), np.array([w])) for w in (0.0, 10.0))
    assert outside <= windy[0] <= still[0]
    cool, hot = (solar.ac_power_kw(solar_field(), light, np.array([outside + extra])) for extra in (0.0, more))
    assert hot[0] <= cool[0] + 1e-9 <= 900 + 1e-6


def test_no_fields_give_no_power_and_several_give_their_sum(summer_sun):
    here, sky = summer_sun
    fields = (solar_field("a"), solar_field("b", tilt_deg=30), solar_field("c", azimuth_deg=90))
    assert solar.total_kw((), here.site, sky).tolist() == [0.0] * 96
    apart = sum(solar.power_kw(field, here.site, sky) for field in fields)
    assert solar.total_kw(fields, here.site, sky) == pytest.approx(apart)


CUTS = st.lists(st.tuples(st.integers(1, 4 * 60), st.integers(0, 10**9)), min_size=1, max_size=8)


@given(CUTS, st.integers(0, 10**9))
def test_hours_counted_in_quarters_add_up_to_hours_counted_at_once(cuts, last):
    """A counter that only grows, read at any minutes and at the end: how it is cut changes no energy."""
    one, level, rows = meter("m", register_mwh_max=10**15), 0, []
    for minute, step in sorted(cuts):
        level += step
        rows.append(("m", MIDNIGHT + timedelta(minutes=minute), level))
    end = MIDNIGHT + timedelta(hours=4)
    rows = [row for row in rows if row[1] < end] + [("m", end, level + last)]
    frame = pl.DataFrame(rows, schema=registers.REGISTERS, orient="row").unique("at", keep="last")
    whole = registers.count(frame, registers.opening((one,), MIDNIGHT), (one,), (MIDNIGHT, end))
    state, total = registers.opening((one,), MIDNIGHT), 0
    for n in range(16):
        span = MIDNIGHT + n * timedelta(minutes=15), MIDNIGHT + (n + 1) * timedelta(minutes=15)
        counted = registers.count(frame, state, (one,), span)
        state = counted.previous
        total += counted.readings["energy_mwh_int"][0] or 0
    assert total - state["owed_mwh_int"][0] == whole.readings["energy_mwh_int"][0] == level + last


@given(st.lists(st.tuples(st.floats(0, 100), st.floats(0, 100)), min_size=3, max_size=8), st.floats(-500, 500))
def test_a_ground_plan_measures_the_same_wherever_it_lies_and_from_any_corner(corners, shift):
    moved = [(x + shift, y - shift) for x, y in corners]
    turned = [(-y, x) for x, y in corners]
    for other in (moved, turned, corners[1:] + corners[:1], corners[::-1]):
        assert area_m2(other) == pytest.approx(area_m2(corners), abs=1e-5)
        assert perimeter_m(other) == pytest.approx(perimeter_m(corners), abs=1e-6)


def plan(**changes):
    """A day's plan of a park with one battery, and its cost."""
    here = park(energy=plant(battery=(battery(**changes),)))
    starts = here.intervals(DAY)
    price = tariffs.prices(here, starts)["price_cny_per_kwh"].to_numpy()
    steps = np.zeros(96)
    return dispatch.solve(
        here, starts, steps + 800, steps, steps + 100, steps + 500, price, steps + 0.6, Opening(), carbon_cny_per_kg=0.0
    )


@pytest.mark.parametrize(
    ("worse", "better"),
    [
        ({"capacity_kwh": 500}, {"capacity_kwh": 2000}),
        ({"power_kw": 100}, {"power_kw": 1000}),
        ({"charge_efficiency": 0.8}, {"charge_efficiency": 0.99}),
        ({"discharge_efficiency": 0.8}, {"discharge_efficiency": 0.99}),
        ({"wear_cny_per_kwh": 0.3}, {"wear_cny_per_kwh": 0.0}),
    ],
)
def test_a_better_battery_never_makes_the_day_dearer(worse, better):
    first, second = plan(**worse), plan(**better)
    assert first.status == second.status == "optimal"
    assert second.objective_cny < first.objective_cny
    assert max(first.balance_residual_kwh, second.balance_residual_kwh) < 1e-6


def test_a_battery_whose_wear_costs_more_than_it_earns_rests():
    still = plan(wear_cny_per_kwh=5.0).dispatch.filter(pl.col("asset_id") == "BAT")
    assert still["power_kw"].abs().max() == pytest.approx(0.0, abs=1e-6)
    assert still["reason"].unique().to_list() == ["hold"]


def test_a_dearer_boiler_leaves_more_heat_to_the_heat_pump():
    kwh = []
    for price in (0.05, 2.0):
        boiler = noun(Boiler, id="BO", power_kw=2000, factor_id="gas", gas_cny_per_kwh=price)
        here = park(energy=plant(boiler=(boiler,), battery=()))
        starts, steps = here.intervals(DAY), np.zeros(96)
        found = dispatch.solve(
            here, starts, steps + 500, steps, steps + 300, steps + 400, steps + 0.7, steps + 0.6, Opening()
        )
        assert found.status == "optimal"
        kwh.append(found.dispatch.filter(pl.col("asset_id") == "HP")["power_kw"].sum())
    assert kwh[0] == pytest.approx(0.0, abs=1e-6)
    assert kwh[1] > 1000


@pytest.mark.parametrize("name", ["temperature_c", "ghi_w_per_m2", "wind_m_per_s"])
def test_the_weather_of_a_long_and_a_short_day_goes_on_without_a_jump(name):
    berlin = park().site.model_copy(update={"timezone": "Europe/Berlin", "longitude": 13.4, "latitude": 52.5})
    here = park(site=berlin)
    for day, count in ((date(2026, 3, 29), 92), (date(2026, 10, 25), 100)):
        today, following = weather.of_day(here, day), weather.of_day(here, day + timedelta(days=1))
        assert today.height == count
        step = abs(following[name][0] - today[name][-1])
        assert step <= max(1.0, float(today[name].diff().abs().max() or 0.0))


def test_two_buildings_are_lit_and_aired_each_for_itself():
    here = park(buildings=(building(), building("B2", floor_area_m2=2500)))
    found = load.profile(here, DAY, weather.of_day(here, DAY))
    assert set(found.temperature_c) == {"B1", "B2"}
    assert found.own_kw["light"].max() == pytest.approx(5000 * 6 / 1000)


@given(SHARE, st.floats(0, 500))
def test_light_lies_between_the_escape_routes_and_all_of_it(on, full_kw):
    found = float(load.light_kw(full_kw, np.array([on]))[0])
    assert load.LIGHT_OFF_SHARE * full_kw - 1e-9 <= found <= full_kw + 1e-9
    assert math.isclose(float(load.light_kw(full_kw, np.array([1.0]))[0]), full_kw)
