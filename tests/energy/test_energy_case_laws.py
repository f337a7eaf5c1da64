"""Cases as laws: text that is mangled is refused in one line or means what it says; more never costs more."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parkwright.energy import golden
from parkwright.energy.answer import answer
from parkwright.energy.case import ANY_SIGN, COLUMNS, Case, CaseError, Series, series, system

DAY = golden.series(24)
HEADER = ["start", *DAY.columns]
ROWS = [[start.isoformat(), *(repr(float(column[n])) for column in DAY.columns.values())]
        for n, start in enumerate(DAY.starts)]  # fmt: skip
CELLS = st.one_of(
    st.sampled_from(
        ["", " ", "NaN", "inf", "-1", "-0.0", "1e400", "12 kW", "1,5", "0x10", "null", "2024-02-30", "1_0"]
    ),
    st.text(max_size=8),
    st.floats(allow_nan=True).map(repr),
)


def read(rows):
    """The series of rows, or what was told instead."""
    try:
        return series(HEADER, rows, golden.CASE), ""
    except CaseError as error:
        return None, str(error)


@settings(max_examples=200)
@given(st.integers(0, 23), st.integers(0, len(HEADER) - 1), CELLS)
def test_a_cell_of_any_kind_is_refused_in_one_line_or_is_a_number(row, column, cell):
    rows = [list(one) for one in ROWS]
    rows[row][column] = cell
    given_series, told = read(rows)
    if given_series is None:
        assert told.startswith("series.csv:")
        assert len(told.splitlines()) == 1
        return
    name = HEADER[column]
    assert name == "start" or given_series.columns[name][row] == float(cell)
    assert name == "start" or name in ANY_SIGN or float(cell) >= 0.0
    assert all(np.isfinite(values).all() for values in given_series.columns.values())


@given(st.lists(st.integers(0, 23), min_size=2, max_size=24))
def test_rows_that_are_left_out_or_mixed_up_are_refused_unless_the_steps_stay_equal(picked):
    rows = [ROWS[n] for n in picked]
    steps = np.diff(picked)
    equal = (steps == steps[0]).all() and steps[0] > 0
    if equal:
        assert series(HEADER, rows, golden.CASE).step_h == pytest.approx(0.25 * steps[0])
    else:
        with pytest.raises(CaseError, match=r"gap|overlap|give starts in order"):
            series(HEADER, rows, golden.CASE)


@given(st.sets(st.sampled_from(sorted(set(COLUMNS) - {"start", "load_kw", "price_buy"}))))
def test_columns_that_are_left_out_are_asked_for_or_not_there(left_out):
    keep = [n for n, name in enumerate(HEADER) if name not in left_out]
    header, rows = [HEADER[n] for n in keep], [[row[n] for n in keep] for row in ROWS]
    needed = left_out & {"cop", "price_sell"}
    if needed:
        with pytest.raises(CaseError, match=r"column '(cop|price_sell)' is missing"):
            series(header, rows, golden.CASE)
        return
    given_series = series(header, rows, golden.CASE)
    assert all(not given_series.get(name).any() for name in left_out)
    found = answer(system(golden.CASE, given_series)[0])
    assert found.word in ("optimal", "relaxed")
    assert found.balance_residual_kwh <= 1e-9


def cost(case=golden.CASE, **columns):
    built, _ = system(case, Series(DAY.starts, DAY.step_h, DAY.columns | columns))
    found = answer(built)
    assert found.word == "optimal"
    return found.objective_cny


def asset(table, **changes):
    first = getattr(golden.CASE, table)[0].model_copy(update=changes)
    return golden.CASE.model_copy(update={table: (first,)})


@pytest.mark.parametrize(
    ("table", "better"),
    [
        ("battery", {"capacity_kwh": 9000.0}),
        ("battery", {"charge_kw": 3000.0, "discharge_kw": 3000.0}),
        ("battery", {"charge_efficiency": 1.0}),
        ("battery", {"discharge_efficiency": 1.0}),
        ("battery", {"wear_cny_per_kwh": 0.0}),
        ("battery", {"loss_share_per_h": 0.0}),
        ("tank", {"capacity_kwh": 12_000.0}),
        ("tank", {"loss_share_per_h": 0.0}),
        ("heat_pump", {"power_kw": 1600.0}),
        ("boiler", {"heat_cny_per_kwh": 0.3}),
    ],
)
def test_a_better_asset_never_costs_more(table, better):
    assert cost(asset(table, **better)) <= cost() + 1e-6


@pytest.mark.parametrize("name", ["pv_kw", "waste_heat_kw", "cop", "price_sell"])
def test_more_of_what_is_free_never_costs_more(name):
    assert cost(**{name: DAY.columns[name] * 1.3 + 0.01}) <= cost() + 1e-6


@pytest.mark.parametrize("name", ["load_kw", "heat_kw", "price_buy"])
def test_more_of_what_is_needed_or_paid_never_costs_less(name):
    assert cost(**{name: DAY.columns[name] * 1.1}) >= cost() - 1e-6


@given(st.floats(0.1, 10))
@settings(max_examples=15)
def test_money_in_another_unit_changes_the_cost_and_not_the_plan(factor):
    scaled = golden.CASE.model_copy(
        update={
            "grid": golden.CASE.grid.model_copy(update={"demand_cny_per_kw_month": 38.0 * factor}),
            "battery": (golden.CASE.battery[0].model_copy(update={"wear_cny_per_kwh": 0.03 * factor}),),
            "boiler": (golden.CASE.boiler[0].model_copy(update={"heat_cny_per_kwh": 0.42 * factor}),),
        }
    )
    prices = {name: DAY.columns[name] * factor for name in ("price_buy", "price_sell")}
    assert cost(scaled, **prices) == pytest.approx(factor * cost(), rel=1e-6)


@pytest.mark.parametrize("field", ["load_kw", "heat_kw", "pv_kw", "waste_heat_kw"])
def test_an_hour_in_one_step_costs_what_it_costs_in_four(field):
    hours = {name: np.repeat(column[::4], 4) for name, column in DAY.columns.items()}
    fine = Series(DAY.starts, 0.25, hours)
    coarse = Series(DAY.starts[::4], 1.0, {name: column[::4] for name, column in hours.items()})
    lossless = Case.model_validate({"grid": {"import_limit_kw": 1e5, "export_limit_kw": 1e4}})
    costs = [answer(system(lossless, one)[0]).flows["grid.import"].sum() * one.step_h for one in (fine, coarse)]
    assert costs[0] == pytest.approx(costs[1])
    assert fine.get(field).sum() * 0.25 == pytest.approx(coarse.get(field).sum())
