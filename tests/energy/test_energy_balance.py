"""The linear programme against optima that others found, and its laws."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parkwright.energy import balance, linear
from parkwright.energy.balance import Problem, Store


def golden(n):
    """A synthetic month whose optimum three model builders found (PyPSA 1.4.0, oemof.solph 0.6.5, HiGHS directly)."""
    ix, rng = pd.date_range("2024-01-01", periods=n, freq="15min"), np.random.default_rng(7)
    h, doy = ix.hour.values + ix.minute.values / 60, ix.day_of_year.values
    decl, lat = 23.45 * np.sin(2 * np.pi * (284 + doy) / 365) * np.pi / 180, 39.1 * np.pi / 180
    se = np.sin(lat) * np.sin(decl) + np.cos(lat) * np.cos(decl) * np.cos((h - 12) * np.pi / 12)
    nd = (n + 95) // 96
    kt = np.repeat(rng.beta(4, 2, nd), 96)[:n]
    pv = 5000 * np.clip(se, 0, None) * kt * (0.9 + 0.1 * rng.random(n))
    wd = ix.day_of_week.values < 6
    load = 1500 + 2200 * wd * ((h > 8) & (h < 20)) + 600 * wd * ((h >= 20) | (h < 2)) + 150 * rng.standard_normal(n)
    load = np.clip(load, 600, None)
    warm = 13 + 15 * np.sin(2 * np.pi * (doy - 110) / 365) + 5 * np.sin((h - 9) * np.pi / 12)
    warm = warm + np.repeat(rng.standard_normal(nd) * 3, 96)[:n]
    heat = np.clip(18 - warm, 0, None) * 70 + 250 + 100 * rng.random(n)
    waste = 0.12 * load * (0.8 + 0.2 * rng.random(n))
    cop = np.clip(2.2 + 0.09 * (warm + 10), 1.8, 5.0)
    price = np.full(n, 0.68)
    price[(h < 7) | (h >= 23)] = 0.33
    price[((h >= 9) & (h < 12)) | ((h >= 16) & (h < 21))] = 1.05
    price[((h >= 19) & (h < 21)) & np.isin(ix.month.values, [1, 7, 8, 12])] = 1.26
    price = price + 1e-4 * rng.random(n)
    _, month = np.unique(ix.month.values - 1, return_inverse=True)
    return Problem(
        0.25, load, pv, heat, price, np.full(n, 0.25), 12_000, 3000, waste,
        batteries=(Store(4000, 2000, 2000, 0.96, 0.96, (1 - 1e-4) ** 0.25, 0.03, None),),
        tanks=(Store(6000, np.inf, np.inf, 1, 1, (1 - 0.005) ** 0.25, 0, None),),
        heat_pumps=((800.0, cop),), boilers=((3000.0, 0.42),),
        peak_group=month, peak_price=38.0 * (np.bincount(month) / 96.0) / 30.4,
    )  # fmt: skip


@pytest.mark.parametrize(("steps", "optimum"), [(96, 47_279.087106), (672, 335_345.771288)])
def test_the_golden_problem_has_the_optimum_that_three_model_builders_found(steps, optimum):
    found = balance.strike(golden(steps))
    assert found.status == "optimal"
    assert found.objective == pytest.approx(optimum, abs=1e-5)
    assert found.residual_kwh <= 1e-9


def problem(load, price, *, export=None, **fields):
    steps = len(load)
    given = {
        "step_h": 1.0, "load_kw": np.asarray(load, dtype=float), "pv_kw": np.zeros(steps), "heat_kw": np.zeros(steps),
        "import_price": np.asarray(price, dtype=float),
        "export_price": np.zeros(steps) if export is None else np.asarray(export, dtype=float),
        "import_limit_kw": 1e4, "export_limit_kw": 1e4, "waste_kw": np.zeros(steps),
    }  # fmt: skip
    return Problem(**given | fields)


def seller(power_kw):
    prices = 90 + np.arange(24) / 23
    store = Store(0.4, power_kw, power_kw, 1, 1, 1, 0, 0.4, 0.0)
    return balance.strike(problem(np.zeros(24), prices, export=prices, batteries=(store,)))


def test_stored_energy_is_sold_in_the_dearest_hour():
    # FlexMeasures, test_multiple_commitments_per_group: 0.4 MWh at 90 + i/23.
    assert seller(10.0).objective == pytest.approx(-36.4)


def test_a_power_limit_spreads_the_sale_over_the_dearest_hours():
    assert seller(0.1).objective == pytest.approx(-0.1 * sum(90 + i / 23 for i in range(20, 24)))


@pytest.mark.parametrize(
    ("round_trip", "kept", "expected"), [(1.0, 1.0, (0, 5, 0)), (0.99, 1.0, (0, 5, 0)), (0.01, 1.0, (0, 0, 0))]
)
def test_a_store_sells_buys_and_sells_unless_it_loses_too_much(round_trip, kept, expected):
    # FlexMeasures, battery_solver_day_2: 8 h dear, 8 h cheap, 8 h dear.
    price = np.repeat([100.0, 90.0, 100.0], 8)
    store = Store(5.0, 2.0, 2.0, round_trip**0.5, round_trip**0.5, kept, 0, 2.5, 0.0)
    found = balance.strike(problem(np.zeros(24), price, export=price, batteries=(store,))).battery_kwh[0]
    assert (found[7], found[15], found[23]) == pytest.approx(expected, abs=1e-6)


def test_a_peak_price_lowers_the_peak():
    load = [1.0, 1.0, 5.0, 1.0, 1.0, 1.0]
    store = Store(10, 5, 5, 1, 1, 1, 0.001, 5)
    free = balance.strike(problem(load, np.ones(6), batteries=(store,)))
    group = np.zeros(6, dtype=np.int64)
    priced = balance.strike(
        problem(load, np.ones(6), batteries=(store,), peak_group=group, peak_price=np.array([10.0]))
    )
    assert free.import_kw.max() == pytest.approx(5.0)
    assert priced.import_kw.max() == pytest.approx(10 / 6)


def test_a_store_that_cannot_be_filled_again_is_named_and_not_an_error():
    found = balance.strike(problem([0.0, 0.0], [1.0, 1.0], tanks=(Store(10, 1, 1, 1, 1, 0.5, 0, 8.0),)))
    assert found.status.startswith("relaxed: end_of_day by 6.000 kWh")


def test_each_limit_that_gives_way_is_named():
    found = balance.strike(problem([50.0], [1.0], import_limit_kw=20.0, heat_kw=np.array([7.0])))
    assert found.status == "relaxed: import_limit by 30.000 kWh, heat by 7.000 kWh"
    assert found.import_kw.tolist() == [50.0]
    surplus = balance.strike(problem([-90.0], [1.0], export_limit_kw=60.0))
    assert surplus.status == "relaxed: export_limit by 30.000 kWh"


def test_sun_that_nobody_takes_is_curtailed():
    found = balance.strike(problem([10.0], [1.0], pv_kw=np.array([100.0]), export_limit_kw=30.0, export=[0.1]))
    assert found.pv_used_kw.tolist() == pytest.approx([40.0])
    assert found.status == "optimal"


def test_no_store_charges_and_discharges_at_once_when_power_is_given_away():
    store = Store(10, 5, 5, 0.9, 0.9, 1, 0.0, 5)
    found = balance.strike(problem([1.0] * 4, [-1.0, -1.0, 1.0, 1.0], batteries=(store,)))
    assert found.discharge_kw[0][:2].tolist() == [0.0, 0.0]


def test_heat_pumps_lift_no_more_than_their_source_gives():
    pump = (100.0, np.full(2, 4.0))
    found = balance.strike(
        problem([0, 0], [1, 1], heat_kw=np.full(2, 80.0), lifted_kw=np.array([30.0, 300.0]), heat_pumps=(pump,),
                boilers=((100.0, 9.0),))
    )  # fmt: skip
    assert found.heat_pump_kw[0].tolist() == pytest.approx([10.0, 20.0])
    assert found.boiler_kw[0].tolist() == pytest.approx([40.0, 0.0])


def test_when_the_solver_fails_the_grid_and_the_boilers_serve_everything(monkeypatch):
    failed = linear.Optimum("failed", np.zeros(0), 0.0)
    monkeypatch.setattr(linear.Program, "minimise", lambda self, limit_s: failed)
    store = Store(10, 5, 5, 0.9, 0.9, 0.5, 0.0, 8.0)
    found = balance.strike(
        problem([5.0, 1.0], [1.0, 1.0], heat_kw=np.full(2, 3.0), boilers=((2.0, 1.0), (9.0, 1.0)), tanks=(store,))
    )
    assert found.status.startswith("fallback")
    assert found.import_kw.tolist() == [5.0, 1.0]
    assert [kw.tolist() for kw in found.boiler_kw] == [[2.0, 2.0], [1.0, 1.0]]
    assert found.tank_kwh[0].tolist() == [4.0, 2.0]


POWERS = st.floats(-2000, 20_000)


@settings(max_examples=150)
@given(
    st.lists(
        st.tuples(POWERS, st.floats(0, 5000), st.floats(0, 3000), st.floats(-1, 3), st.floats(-0.5, 1)),
        min_size=1, max_size=24,
    ),
    st.floats(1, 4000), st.floats(0, 2000), st.floats(-100, 5000), st.floats(0.5, 1.0),
)  # fmt: skip
def test_every_problem_has_an_answer_that_balances_within_the_limits(rows, capacity, power, opening, efficiency):
    load, pv, heat, price, less = (np.array(column) for column in zip(*rows, strict=True))
    store = Store(capacity, power, power, efficiency, efficiency, 0.999, 0.03, opening)
    found = balance.strike(
        Problem(0.25, load, pv, heat, price, np.minimum(price, less), 3000, 1000, np.zeros_like(load), pv,
                (store,), (store,), ((200.0, np.full(len(load), 3.5)),), ((500.0, 0.4),))
    )  # fmt: skip
    assert found.status == "optimal" or found.status.startswith("relaxed")
    assert found.residual_kwh <= 1e-5
    for stored, kw in ((found.battery_kwh[0], found.battery_kw[0]), (found.tank_kwh[0], found.tank_kw[0])):
        assert stored.min() >= -1e-6
        assert stored.max() <= capacity + 1e-6
        assert np.abs(kw).max() <= power + 1e-6
    assert (found.pv_used_kw <= pv + 1e-6).all()
    assert (found.import_kw * found.export_kw == 0).all()


@settings(max_examples=40)
@given(st.lists(st.floats(0.1, 2.0), min_size=4, max_size=24), st.floats(10, 500))
def test_a_larger_store_never_costs_more(prices, capacity):
    load = np.full(len(prices), 100.0)
    costs = [
        balance.strike(problem(load, prices, batteries=(Store(size, 50, 50, 0.95, 0.95, 1, 0.01, 0.0),))).objective
        for size in (capacity, 2 * capacity)
    ]
    assert costs[1] <= costs[0] + 1e-6
