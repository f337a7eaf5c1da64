"""A case of assets and a series: what is read, what is repaired and said, what is refused by name."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest
from pydantic import ValidationError

from parkwright.energy import golden
from parkwright.energy.answer import answer
from parkwright.energy.case import MOST_KW, Case, CaseError, series, system
from parkwright.model.errors import PlanError

HEADER = ["start", "load_kw", "price_buy"]


def case(**fields):
    return Case.model_validate({"grid": {"import_limit_kw": 100.0}} | fields)


def rows(*loads, start="2026-07-15T{:02d}:00:00+08:00"):
    return [[start.format(hour), str(load), "1.0"] for hour, load in enumerate(loads)]


def solved(one, cells=None, header=HEADER):
    built, repairs = system(one, series(header, cells or rows(10, 10, 10, 10), one))
    return answer(built), repairs


def test_a_case_of_a_load_and_a_grid_costs_what_it_draws():
    found, repairs = solved(case())
    assert found.objective_cny == pytest.approx(40.0)
    assert repairs == ()


def test_a_start_without_an_offset_is_local_time_of_the_cases_zone():
    cells = rows(1, 1, start="2026-07-15 {:02d}:00")
    given = series(HEADER, cells, case(timezone="Asia/Shanghai"))
    assert given.starts[0] == datetime(2026, 7, 14, 16, tzinfo=UTC)
    assert series(HEADER, cells, case()).starts[0] == datetime(2026, 7, 15, tzinfo=UTC)
    assert given.step_h == 1.0


@pytest.mark.parametrize(
    ("header", "cells", "words"),
    [
        (HEADER, [], "series.csv: has no rows"),
        (["start", "load_mw", "price_buy"], rows(1), "column 'load_mw' is not known; columns are start, load_kw"),
        (["start", "load_kw", "load_kw"], rows(1), "column 'load_kw' is there twice"),
        (["start", "load_kw"], [["2026-07-15T00:00Z", "1"]], "column 'price_buy' is missing"),
        (HEADER, [["2026-07-15T00:00Z", "1"]], "series.csv:2: has 2 cells where the header has 3"),
        (HEADER, rows(1, "NaN"), "series.csv:3: load_kw is nan; give a finite number, missing is not zero"),
        (HEADER, rows(1, "inf"), "series.csv:3: load_kw is inf"),
        (HEADER, rows(1, ""), "series.csv:3: load_kw is empty"),
        (HEADER, rows(1, "2 MW"), "series.csv:3: load_kw '2 MW' is no number; give kW as a plain number"),
        (HEADER, rows(1, -0.5), "series.csv:3: load_kw is -0.5; give a number of 0 or more; a surplus is pv_kw"),
        (HEADER, rows(1, 1e300), "series.csv:3: load_kw is 1e+300; give kW, at most 3.35e+09: no site has more"),
        (HEADER, [["2026-07-15T00:00Z", "1", "-1e4"]], "series.csv:2: price_buy is -10000; give CNY/kWh, at most 1000"),
        ([*HEADER, "cop"], [["2026-07-15T00:00Z", "1", "1", "301"]], "cop is 301; give kWh/kWh, at most 300"),
        ([*HEADER, "co2e_kg_per_kwh"], [["2026-07-15T00:00Z", "1", "1", "1e3"]], "is 1000; give kg/kWh, at most 10"),
        (HEADER, [["today", "1", "1"]], "series.csv:2: start 'today' is no instant"),
        (HEADER, rows(1), "has one row; say in case.toml how long it is: step_min = 15"),
        (HEADER, [*rows(1, 1), *rows(1, 1, 1, 1)[3:]], "series.csv:4: gap: start comes 2:00:00 after the row before"),
        (HEADER, [*rows(1, 1, 1), *rows(1, 1)[1:]], "series.csv:5: overlap: start comes -1 day"),
        (HEADER, rows(1, 1)[::-1], "series.csv:3: start comes -1 day"),
    ],
)
def test_a_series_that_cannot_be_used_is_refused_by_row_and_column(header, cells, words):
    with pytest.raises(CaseError) as told:
        series(header, cells, case())
    assert words in str(told.value)
    assert "\n" not in str(told.value)


def test_the_largest_numbers_that_are_taken_are_solved():
    cells = [[f"2026-07-15T{hour:02d}:00Z", str(MOST_KW), str(price)] for hour, price in enumerate((1.0, 1000.0))]
    found, _ = solved(case(grid={"import_limit_kw": MOST_KW}), cells)
    assert (found.word, found.objective_cny) == ("optimal", pytest.approx(MOST_KW * 1001.0))


@pytest.mark.parametrize(
    "grid",
    [{"import_limit_kw": 1e300}, {"import_limit_kw": 1.0, "demand_cny_per_kw_month": 1e300}],
)
def test_a_number_of_an_asset_that_no_site_has_is_refused(grid):
    with pytest.raises(ValidationError, match="less than or equal"):
        case(grid=grid)
    with pytest.raises(ValidationError, match="holds a power outside 0 to"):
        case(job=[{"id": "j", "power_kw": [1e300]}])


def berlin(*starts):
    return series(HEADER, [[start, "1", "1"] for start in starts], case(timezone="Europe/Berlin"))


def test_local_times_of_the_days_when_clocks_change_are_refused_and_offsets_are_taken():
    with pytest.raises(CaseError, match="'2026-03-29T02:30' does not exist on the day the clocks change"):
        berlin("2026-03-29T01:30", "2026-03-29T02:30")
    with pytest.raises(CaseError, match=r"'2026-10-25T02:30' exists twice .* write starts with their offset"):
        berlin("2026-10-25T01:30", "2026-10-25T02:30")
    autumn = berlin(
        "2026-10-25T01:30+02:00", "2026-10-25T02:30+02:00", "2026-10-25T02:30+01:00", "2026-10-25T03:30+01:00"
    )
    assert autumn.step_h == 1.0
    spring = berlin("2026-03-29T01:30+01:00", "2026-03-29T03:30+02:00")
    assert spring.step_h == 1.0


@pytest.mark.parametrize(
    ("fields", "missing"),
    [
        ({"heat_pump": [{"id": "h", "power_kw": 1.0}]}, "cop"),
        ({"grid": {"import_limit_kw": 1.0, "export_limit_kw": 1.0}}, "price_sell"),
        ({"carbon_cny_per_kg": 1.0}, "co2e_kg_per_kwh"),
        ({"carbon_cap_kg": 1.0}, "co2e_kg_per_kwh"),
    ],
)
def test_a_column_that_the_assets_need_is_asked_for(fields, missing):
    with pytest.raises(CaseError, match=f"column '{missing}' is missing; case.toml"):
        series(HEADER, rows(1, 1), case(**fields))


def test_a_pump_that_lifts_waste_heat_needs_its_column_and_one_kind_of_source():
    pump = {"id": "h", "power_kw": 1.0, "source": "waste_heat"}
    one = case(heat_pump=[pump])
    header = [*HEADER, "cop"]
    cells = [[*row, "3"] for row in rows(1, 1)]
    with pytest.raises(CaseError, match="'waste_heat_kw' is missing; the heat pumps"):
        system(one, series(header, cells, one))
    both = case(heat_pump=[pump, {"id": "g", "power_kw": 1.0}])
    with pytest.raises(CaseError, match="give all the same source"):
        system(both, series(header, cells, both))


@pytest.mark.parametrize("cop", ["0", "-3"])
def test_a_heat_pump_gives_heat(cop):
    with pytest.raises(CaseError, match=r"cop is .*; give a number above zero"):
        series([*HEADER, "cop"], [[*row, cop] for row in rows(1, 1)], case())


BATTERY = {"id": "b", "capacity_kwh": 20.0, "charge_kw": 5.0, "discharge_kw": 5.0}


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"opening_kwh": 30.0}, "battery 'b': opening_kwh 30 kWh lies outside 0 to 20 kWh: held to 20 kWh"),
        ({"opening_kwh": -1.0}, "opening_kwh -1 kWh lies outside 0 to 20 kWh: held to 0 kWh"),
        ({"opening_kwh": 1.0, "lowest_kwh": 2.0}, "opening_kwh 1 kWh lies outside 2 to 20 kWh: held to 2 kWh"),
        ({"opening_kwh": 9.0, "end_kwh": 21.0}, "end_kwh 21 kWh lies outside 0 to 20 kWh: held to 20 kWh"),
        ({"lowest_kwh": 25.0}, "lowest_kwh 25 kWh lies outside 0 to 20 kWh: held to 20 kWh"),
    ],
)
def test_a_battery_outside_its_limits_is_held_to_them_and_that_is_said(fields, words):
    found, repairs = solved(case(battery=[BATTERY | fields]))
    assert any(words in line for line in repairs)
    assert found.word in ("optimal", "relaxed")
    assert found.balance_residual_kwh <= 1e-9


def test_a_tank_outside_its_limits_is_held_to_them():
    header = [*HEADER, "heat_kw"]
    one = case(tank=[{"id": "t", "capacity_kwh": 5.0, "opening_kwh": 6.0, "end_kwh": 0.0}])
    found, repairs = solved(one, [[*row, "1"] for row in rows(1, 1)], header)
    assert repairs == ("tank 't': opening_kwh 6 kWh lies outside 0 to 5 kWh: held to 5 kWh",)
    assert found.flows["t.stored"].max() <= 5.0


def test_a_demand_charge_counts_the_days_of_each_month_and_the_mean_of_its_window():
    header = HEADER
    cells = [[f"2026-01-{31 if n < 24 else 1:02d}T{n % 24:02d}:00", str(2.0 + n % 2), "0"] for n in range(48)]
    cells = [
        [f"2026-0{1 if n < 24 else 2}-{31 if n < 24 else 1:02d}T{n % 24:02d}:00", *row[1:]]
        for n, row in enumerate(cells)
    ]
    charged = {"import_limit_kw": 100.0, "demand_cny_per_kw_month": 30.4}
    assert solved(case(grid=charged), cells, header)[0].objective_cny == pytest.approx(2 * 3.0)
    two = case(grid=charged | {"demand_window_min": 120.0})
    assert solved(two, cells, header)[0].objective_cny == pytest.approx(2 * 2.5)
    reached = case(grid=charged | {"demand_reached_kw": 10.0})
    assert solved(reached, cells, header)[0].objective_cny == pytest.approx(10.0 + 3.0)
    odd = case(grid=charged | {"demand_window_min": 90.0})
    with pytest.raises(CaseError, match="give a whole number of steps of 60 min"):
        solved(odd, cells, header)


def test_a_charger_and_a_job_of_a_case_run_inside_their_windows():
    car = {
        "id": "car",
        "power_kw": 5.0,
        "energy_kwh": 5.0,
        "begin": "2026-07-15T01:00+08:00",
        "end": "2026-07-15T03:00+08:00",
    }
    oven = {"id": "oven", "power_kw": [7.0, 7.0], "begin": "2026-07-15T02:00+08:00"}
    found, _ = solved(case(flexible=[car], job=[oven]))
    assert found.flows["car"][[0, 3]].tolist() == [0.0, 0.0]
    assert found.flows["oven.starts"].tolist() == [1.0]
    assert found.objective_cny == pytest.approx(40.0 + 5.0 + 14.0)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"flexible": [{"id": "c", "power_kw": 1.0, "energy_kwh": 1.0, "end": "2027-01-01T00:00Z"}]},
         "is no part of the series"),
        ({"flexible": [{"id": "c", "power_kw": 1.0, "energy_kwh": 1.0, "begin": "2026-07-15T00:15+08:00",
                        "end": "2026-07-15T00:45+08:00"}]}, "its window holds no whole step"),
        ({"job": [{"id": "j", "power_kw": [1.0] * 5}]}, "its window holds 4 whole steps and its work 5"),
        ({"job": [{"id": "j", "power_kw": [1.0], "begin": "noon"}]}, "job 'j': begin 'noon' is no instant"),
        ({"battery": [BATTERY, BATTERY]}, "'b': is there twice"),
    ],
)  # fmt: skip
def test_an_asset_that_cannot_be_is_refused_by_name(fields, words):
    with pytest.raises(PlanError, match=words):
        solved(case(**fields))


def test_a_price_of_zero_or_below_is_a_price():
    cells = [[start, load, price] for (start, load, _), price in zip(rows(1, 1, 1), ("0", "-0.5", "1"), strict=True)]
    found, _ = solved(case(battery=[BATTERY | {"opening_kwh": 0.0}]), cells)
    assert found.word == "optimal"
    assert found.objective_cny <= -0.5


def test_a_price_on_carbon_moves_heat_from_gas_to_the_pump():
    header = [*HEADER, "heat_kw", "cop", "co2e_kg_per_kwh"]
    cells = [[*row, "9", "3", "0.3"] for row in rows(1, 1)]
    assets = {"heat_pump": [{"id": "p", "power_kw": 9.0}],
              "boiler": [{"id": "b", "power_kw": 9.0, "heat_cny_per_kwh": 0.1, "co2e_kg_per_kwh": 0.5}]}  # fmt: skip
    gas = [solved(case(carbon_cny_per_kg=price, **assets), cells, header)[0].flows["b"].sum() for price in (0.0, 5.0)]
    assert gas == pytest.approx([18.0, 0.0])


def test_the_golden_series_is_the_same_every_time():
    once, twice = golden.series(96), golden.series(96)
    assert all(np.array_equal(once.columns[name], twice.columns[name]) for name in once.columns)
    assert golden.series(672).columns["load_kw"][:2].tolist() == [2066.740727891509, 2205.0779686987516]
    year = golden.series(35_136)
    assert (year.columns["pv_kw"] >= 0).all()
    assert year.starts[-1].astimezone(UTC) == datetime(2024, 12, 31, 15, 45, tzinfo=UTC)
    assert np.unique(np.round(year.columns["price_buy"], 2)).tolist() == [0.33, 0.68, 1.05, 1.26]
