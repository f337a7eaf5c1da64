"""The core against optima that others found, its laws, and what it says when a limit has to give way."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from systems import battery, heated, random_park, site

from parkwright.energy import assemble, golden, linear
from parkwright.energy.answer import DIRECTION_NODES, FEW_DIRECTIONS, Planner, answer, carbon_kg, cost_cny, residual_kwh
from parkwright.energy.blocks import Converter, Demand, Flexible, Job, Load, Source, Store, System
from parkwright.energy.case import system
from parkwright.model.errors import PlanError


def golden_system(steps):
    return system(golden.CASE, golden.series(steps))[0]


@pytest.mark.parametrize("steps", [96, 672])
def test_the_golden_problem_has_the_optimum_that_three_model_builders_found(steps):
    found = answer(golden_system(steps))
    assert found.status == "optimal"
    assert found.objective_cny == pytest.approx(golden.OPTIMA_CNY[steps], abs=1e-5)
    assert found.balance_residual_kwh <= 1e-9


@pytest.mark.slow
@pytest.mark.parametrize("steps", [2_976, 35_136])
def test_a_golden_month_and_year_have_their_optima(steps):
    found = answer(golden_system(steps), 280.0)
    assert found.status == "optimal"
    assert found.objective_cny == pytest.approx(golden.OPTIMA_CNY[steps], rel=1e-9)
    assert found.balance_residual_kwh <= 1e-9


def seller(power_kw, demand=None):
    prices = 90 + np.arange(24) / 23
    return answer(site(0.0, prices, battery(0.4, power_kw, opening=0.4, end=0.0), export=prices, demand=demand))


def test_stored_energy_is_sold_in_the_dearest_hour():
    # FlexMeasures, test_multiple_commitments_per_group: 0.4 MWh at 90 + i/23.
    assert seller(10.0).objective_cny == pytest.approx(-36.4)


def test_a_power_limit_spreads_the_sale_over_the_dearest_hours():
    assert seller(0.1).objective_cny == pytest.approx(-0.1 * sum(90 + i / 23 for i in range(20, 24)))
    assert seller(0.1).objective_cny == pytest.approx(-36.3739, abs=1e-4)


def test_a_price_on_the_peak_of_what_is_sold_makes_the_sale_constant():
    # The same with a peak price of 80/MW: constant discharge, -0.4 * 90.5 + 80 * 0.4 / 24.
    prices = 90 + np.arange(24) / 23
    peak = Demand(np.zeros(24, dtype=np.int64), np.array([80.0]), np.zeros(1))
    line = Converter("line", "yard", "power", np.full(24, 10.0), np.ones(24), demand=peak)
    store = replace(battery(0.4, 10.0, opening=0.4, end=0.0), bus="yard")
    found = answer(site(0.0, prices, store, line, export=prices))
    assert found.objective_cny == pytest.approx(-0.4 * 90.5 + 80 * 0.4 / 24)
    assert found.objective_cny == pytest.approx(-34.8667, abs=1e-4)
    assert found.flows["line"] == pytest.approx(np.full(24, 0.4 / 24))


@pytest.mark.parametrize(
    ("round_trip", "kept", "expected"),
    [
        (1.0, 1.0, (0, 5, 0)),
        (0.99, 1.0, (0, 5, 0)),
        (0.01, 1.0, (0, 0, 0)),
        (1.0, 0.999, (0, 5, 0)),
        (1.0, 0.5, (0, 0, 0)),
    ],
)
def test_a_store_sells_buys_and_sells_unless_it_loses_too_much(round_trip, kept, expected):
    # FlexMeasures, battery_solver_day_2: 8 h dear, 8 h cheap, 8 h dear.
    price = np.repeat([100.0, 90.0, 100.0], 8)
    store = battery(5.0, 2.0, round_trip**0.5, opening=2.5, end=0.0, kept_share=kept)
    stored = answer(site(0.0, price, store, export=price)).flows["battery.stored"]
    assert (stored[7], stored[15], stored[23]) == pytest.approx(expected, abs=1e-6)


def peaks(price, window=1, load=(1.0, 1.0, 5.0, 1.0, 1.0, 1.0), floor=0.0, store=None):
    demand = Demand(np.zeros(6, dtype=np.int64), np.array([price]), np.array([floor]), window)
    store = battery(10, 5, opening=5, wear=0.001) if store is None else store
    return answer(site(load, np.ones(6), store, demand=demand))


def test_a_peak_price_lowers_the_peak():
    # EMHASS, capacity charge: 6 steps, flat 1 kW, a spike of 5 kW.
    assert peaks(0.0).flows["grid.import"].max() == pytest.approx(5.0)
    assert peaks(10.0).flows["grid.import"].max() == pytest.approx(10 / 6)


def test_a_mean_over_six_intervals_prices_a_spike_of_six_kilowatts_as_one():
    still = battery(0.0, 0.0)
    found = peaks(10.0, 6, (0.0, 0.0, 6.0, 0.0, 0.0, 0.0), store=still)
    assert found.flows["grid.peak"].tolist() == pytest.approx([1.0])
    assert found.objective_cny == pytest.approx(6.0 + 10.0)


def test_below_the_peak_that_was_reached_before_nothing_is_shaved():
    found = peaks(10.0, floor=5.0)
    assert found.flows["grid.import"].max() == pytest.approx(5.0)
    assert found.objective_cny == pytest.approx(10.0 + 50.0)


def test_a_store_that_cannot_be_filled_again_is_named_and_not_an_error():
    tank = Store("tank", "heat", 10, 1, 1, kept_share=0.5, opening_kwh=8.0)
    found = answer(site(0.0, [1.0, 1.0], *heated([0.0, 0.0], tank)))
    assert found.word == "relaxed"
    assert (found.relaxed[0].limit, found.relaxed[0].thing) == ("end_of_day", "tank")
    assert found.relaxed[0].amount == pytest.approx(6.0)


def test_each_limit_that_gives_way_is_named_with_how_much_since_when_and_why():
    found = answer(site([20.0, 50.0], [1.0, 1.0], *heated([0.0, 7.0]), limit=20.0, step_h=0.5))
    assert [(one.limit, one.thing, one.step, one.unit) for one in found.relaxed] == [
        ("import_limit", "grid", 1, "kWh"), ("heat", "heat", 1, "kWh"),
    ]  # fmt: skip
    assert [one.amount for one in found.relaxed] == pytest.approx([15.0, 3.5])
    assert found.status.startswith("relaxed: import_limit of grid by 15.000 kWh from step 1 on: load")
    surplus = answer(site(-90.0, [1.0], export_limit=60.0))
    assert [(one.limit, one.amount) for one in surplus.relaxed] == [("export_limit", pytest.approx(30.0))]


def test_sun_that_nobody_takes_is_curtailed():
    found = answer(site(10.0, [1.0], Source("sun", "power", np.array([100.0])), export_limit=30.0, export=0.1))
    assert found.flows["sun"].tolist() == pytest.approx([40.0])
    assert found.status == "optimal"


def test_no_store_charges_and_discharges_at_once_when_power_is_given_away():
    found = answer(site(1.0, [-1.0, -1.0, 1.0, 1.0], battery(10, 5, 0.9, opening=5)))
    both = np.minimum(found.flows["battery.charge"], found.flows["battery.discharge"])
    assert both.max() <= 1e-9
    assert found.word == "optimal"
    assert found.marginal_price == {}


def test_a_day_of_one_price_below_zero_is_answered_within_a_few_nodes_and_says_how_far_it_may_be():
    store = battery(40, 10, 0.9)
    found = answer(site(1.0, [-1.0] * 48, store, limit=60.0), 60.0)
    assert found.word == "incumbent"
    assert found.gap < 0.05
    assert found.status.startswith("incumbent: within ")
    assert found.balance_residual_kwh <= 1e-9


def test_as_many_ways_as_are_soon_searched_are_searched_to_the_end():
    asked = FEW_DIRECTIONS // 2
    assert answer(site(1.0, [-1.0] * asked + [0.5] * 60, battery(40, 10, 0.9, opening=5))).word == "optimal"


def test_a_search_that_ends_without_a_point_goes_on_without_a_limit_of_nodes(monkeypatch):
    run, asked = linear.Solver.run, []

    def first_in_vain(self, limit_s, gap=0.0, nodes=None):
        asked.append(nodes)
        found = run(self, limit_s, gap, nodes)
        return found if nodes is None else linear.Optimum("failed", found.values, 0.0, np.zeros(0), 9.0, 0.0, 0)

    monkeypatch.setattr(linear.Solver, "run", first_in_vain)
    found = answer(site(1.0, np.linspace(-1.0, -0.1, 26), battery(10, 5, 0.9, opening=5)))
    assert (found.word, asked) == ("optimal", [DIRECTION_NODES, None])


def test_power_is_not_bought_to_be_sold_at_once_where_selling_pays_more():
    found = answer(site(5.0, [0.1, 0.5], export=0.3, export_limit=100.0))
    assert found.flows["grid.export"].tolist() == pytest.approx([0.0, 0.0])
    assert found.objective_cny == pytest.approx(3.0)


def test_heat_pumps_lift_no_more_than_their_source_gives():
    pump = Converter("pump", "power", "heat", np.full(2, 100.0), np.full(2, 4.0), "waste")
    waste, boiler = Source("w", "waste", np.array([30.0, 300.0])), Source("boiler", "heat", np.full(2, 100.0), 9.0)
    found = answer(site(0.0, [1.0, 1.0], *heated([80.0, 80.0], pump, waste, boiler)))
    assert found.flows["pump"].tolist() == pytest.approx([10.0, 20.0])
    assert found.flows["boiler"].tolist() == pytest.approx([40.0, 0.0])


def test_flexible_energy_is_taken_when_it_is_cheap_inside_its_window():
    charger = Flexible("car", "power", 10.0, 9.0, 1, 4, 0.9)
    found = answer(site(0.0, [0.1, 3.0, 2.0, 1.0, 0.1], charger))
    assert found.flows["car"].tolist() == pytest.approx([0, 0, 0, 10, 0])
    short = answer(site(0.0, [1.0] * 5, replace(charger, energy_kwh=30.0)))
    assert [(one.limit, one.thing, one.amount) for one in short.relaxed] == [("missed", "car", pytest.approx(3.0))]


def test_work_in_one_piece_runs_at_the_cheapest_time_and_one_after_the_other_on_a_machine():
    jobs = [Job(name, "power", np.array([10.0, 20.0]), np.arange(5), "oven") for name in ("a", "b")]
    found = answer(site(0.0, [5.0, 1.0, 1.0, 2.0, 2.0, 9.0], *jobs))
    starts = [int(np.argmax(found.flows[f"{name}.starts"])) for name in ("a", "b")]
    assert sorted(starts) == [1, 3]
    assert found.objective_cny == pytest.approx(30.0 + 60.0)
    assert found.gap <= 1e-6
    apart = answer(site(0.0, [5.0, 1.0, 1.0, 2.0, 2.0, 9.0], *(replace(job, machine="") for job in jobs)))
    assert apart.objective_cny == pytest.approx(60.0)


def test_a_machine_with_no_time_left_leaves_work_undone_and_says_so():
    jobs = [Job(name, "power", np.array([1.0, 1.0]), np.array([0, 1]), "oven") for name in ("a", "b")]
    found = answer(site(0.0, [1.0, 1.0, 1.0], *jobs))
    assert [one.limit for one in found.relaxed] == ["undone"]
    assert residual_kwh(site(0.0, [1.0, 1.0, 1.0], *jobs), found.flows) <= 1e-9


def test_a_cap_on_carbon_costs_money_and_one_that_cannot_be_kept_is_named():
    def capped(cap):
        boiler = Source("boiler", "heat", np.full(2, 100.0), 0.1, 1.0)
        pump = Converter("pump", "power", "heat", np.full(2, 100.0), np.full(2, 2.0))
        given_site = site(10.0, [1.0, 1.0], *heated([20.0, 20.0], boiler, pump), cap=cap, co2e_kg_per_kwh=0.5)
        return given_site, answer(given_site)

    free_site, free = capped(None)
    assert carbon_kg(free_site, free.flows) == pytest.approx(50.0)
    tight_site, tight = capped(30.0)
    assert carbon_kg(tight_site, tight.flows) == pytest.approx(30.0)
    assert tight.objective_cny > free.objective_cny
    assert [(one.limit, one.unit) for one in capped(1.0)[1].relaxed] == [("carbon_cap", "kg")]


def test_the_marginal_price_is_what_one_more_kilowatt_hour_costs():
    base = golden_system(96)
    found = answer(base)
    load = base.blocks[0]
    for step in (10, 40, 75):
        more = load.power_kw.copy()
        more[step] += 0.4
        dearer = answer(replace(base, blocks=(replace(load, power_kw=more), *base.blocks[1:])))
        change = (dearer.objective_cny - found.objective_cny) / (0.4 * 0.25)
        assert change == pytest.approx(found.marginal_price["power"][step], abs=2e-3)


def test_a_planner_that_goes_on_finds_the_optimum_that_a_new_one_finds_with_less_work():
    planner, rng = Planner(), np.random.default_rng(1)
    first = random_park(rng, 48)
    began = planner.answer(first)
    pump = first.blocks[7]
    changed = replace(
        first,
        blocks=tuple(
            replace(block, ratio=pump.ratio + 0.1)
            if block is pump
            else replace(block, power_kw=block.power_kw * 1.02)
            if isinstance(block, Load)
            else block
            for block in first.blocks
        ),
    )
    again, alone = planner.answer(changed), answer(changed)
    assert again.objective_cny == pytest.approx(alone.objective_cny, rel=1e-9)
    assert again.iterations < alone.iterations
    assert began.objective_cny != pytest.approx(again.objective_cny, rel=1e-6)


def test_a_planner_takes_a_system_of_another_shape():
    planner = Planner()
    planner.answer(site(1.0, [1.0]))
    assert planner.answer(site(2.0, [1.0, 3.0], battery(opening=0.0))).objective_cny == pytest.approx(4.0)


def test_after_a_relaxed_answer_the_limits_hold_again():
    planner = Planner()
    assert planner.answer(site(50.0, [1.0], limit=20.0)).word == "relaxed"
    assert planner.answer(site(10.0, [1.0], limit=20.0)).status == "optimal"
    assert planner.answer(site(60.0, [1.0], limit=20.0)).relaxed[0].amount == pytest.approx(40.0)


def failing(monkeypatch):
    nothing = linear.Optimum("failed", np.zeros(0), 0.0, np.zeros(0), float("inf"), 0.0, 0)
    monkeypatch.setattr(linear.Solver, "run", lambda self, limit_s, gap=0.0, nodes=None: nothing)


def test_when_the_solver_gives_no_point_the_rules_serve_everything(monkeypatch):
    failing(monkeypatch)
    tank = Store("tank", "heat", 10, 5, 5, kept_share=0.5, opening_kwh=8.0)
    boilers = [
        Source(name, "heat", np.full(2, limit), price) for name, limit, price in (("a", 2.0, 1.0), ("b", 9.0, 2.0))
    ]
    found = answer(site([5.0, 1.0], [1.0, 1.0], *heated([7.0, 3.0], tank, *boilers)))
    assert found.status == "fallback"
    assert found.flows["grid.import"].tolist() == [5.0, 1.0]
    assert found.flows["tank.discharge"].tolist() == [4.0, 0.0]
    assert (found.flows["a"].tolist(), found.flows["b"].tolist()) == ([2.0, 2.0], [1.0, 1.0])
    assert found.balance_residual_kwh <= 1e-9


def test_when_the_solver_gives_no_point_the_last_plan_is_followed_shifted(monkeypatch):
    before = site(5.0, [0.1, 1.0, 1.0, 2.0], battery(opening=4.0, end=0.0))
    planned = answer(before)
    failing(monkeypatch)
    later = site(5.0, [1.0, 1.0, 2.0], battery(opening=float(planned.flows["battery.stored"][0]), end=0.0))
    found = Planner().answer(later, planned.flows, 1)
    assert found.status == "fallback"
    assert found.flows["battery.discharge"] == pytest.approx(planned.flows["battery.discharge"][1:])
    assert found.balance_residual_kwh <= 1e-9


@pytest.mark.slow
def test_a_point_that_is_not_proven_best_says_how_far_it_may_be():
    rng = np.random.default_rng(3)
    jobs = [
        Job(f"j{n}", "power", rng.uniform(40, 220, rng.integers(4, 12)), np.arange(80), f"m{n % 4}") for n in range(40)
    ]
    demand = Demand(np.zeros(96, dtype=np.int64), np.array([9.0]), np.zeros(1))
    found = Planner(limit_s=60.0, gap=0.2).answer(site(100.0, rng.uniform(0.3, 1.2, 96), *jobs, demand=demand))
    assert found.gap <= 0.2
    assert found.word == "optimal"
    assert found.balance_residual_kwh <= 1e-9


def test_a_system_without_steps_is_answered_with_nothing():
    assert answer(System(0.25, 0, ())).flows == {}


@pytest.mark.parametrize("seed", range(6))
def test_the_cost_of_the_flows_is_the_objective_of_the_programme(seed):
    park = random_park(np.random.default_rng(seed), 40)
    found = answer(park)
    built = assemble.assemble(park)
    optimum = built.program.minimise(10.0)
    assert found.status == "optimal"
    assert found.objective_cny == pytest.approx(optimum.objective, rel=1e-9)
    assert cost_cny(park, found.flows) == found.objective_cny
    assert found.balance_residual_kwh <= 1e-9


@pytest.mark.parametrize(
    ("blocks", "words"),
    [
        ((Load("a", "power", np.zeros(2)), Load("a", "power", np.zeros(2))), "is there twice"),
        ((Load("a", "power", np.zeros(3)),), "power_kw has 3 values; give one for each of 2"),
        ((Load("a", "power", np.array([0.0, np.nan])),), "power_kw is nan in step 1"),
        ((Source("a", "power", np.array([np.nan, 0.0])),), "limit_kw is nan in step 0"),
        ((battery(np.nan),), "capacity_kwh is nan"),
        ((Flexible("a", "power", 1.0, 1.0, 1, 1),), r"window \[1, 1\)"),
        ((Job("a", "power", np.ones(2), np.array([1])),), "give starts from 0 to 0"),
        ((Job("a", "power", np.ones(1), np.arange(2), costs=np.zeros(1)),), "has 1 costs"),
    ],
)
def test_a_block_that_cannot_be_is_refused_by_name(blocks, words):
    with pytest.raises(PlanError, match=words):
        System(1.0, 2, blocks)


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
    steps = len(load)
    stores = [
        Store(name, bus, capacity, power, power, efficiency, efficiency, 0.999, 0.03, opening)
        for name, bus in (("b", "power"), ("t", "heat"))
    ]
    pump = Converter("p", "power", "heat", np.full(steps, 200.0), np.full(steps, 3.5))
    boiler = Source("boiler", "heat", np.full(steps, 500.0), 0.4)
    given_site = site(load, price, Source("sun", "power", pv), *heated(heat, pump, boiler), *stores,
                      limit=3000.0, export_limit=1000.0, export=np.minimum(price, less), step_h=0.25)  # fmt: skip
    found = answer(given_site)
    assert found.word in ("optimal", "relaxed")
    assert found.balance_residual_kwh <= 1e-6
    for name in ("b", "t"):
        stored = found.flows[f"{name}.stored"]
        assert stored.min() >= -1e-6
        assert stored.max() <= capacity + 1e-6
    assert (found.flows["sun"] <= pv + 1e-6).all()
    assert (np.minimum(found.flows["grid.import"], found.flows["grid.export"]) <= 1e-5).all()


@settings(max_examples=40)
@given(st.lists(st.floats(0.1, 2.0), min_size=4, max_size=24), st.floats(10, 500))
def test_a_larger_store_never_costs_more(prices, capacity):
    costs = [
        answer(site(100.0, prices, battery(size, 50, 0.95, opening=0.0, wear=0.01))).objective_cny
        for size in (capacity, 2 * capacity)
    ]
    assert costs[1] <= costs[0] + 1e-6
