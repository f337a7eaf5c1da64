"""Marginal prices: what the duals say is what one more unit costs, on every bus and in every store."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from systems import battery, heated, random_park, site

from parkwright.energy.answer import answer
from parkwright.energy.blocks import Converter, Demand, Load, Source, Store


def more(park, bus, step, kw):
    """The park with a little more load on a bus in a step."""
    extra = np.zeros(park.steps)
    extra[step] = kw
    return replace(park, blocks=(*park.blocks, Load("extra", bus, extra)))


@pytest.mark.parametrize("bus", ["power", "heat"])
@pytest.mark.parametrize("seed", range(5))
def test_a_marginal_price_lies_between_what_a_little_less_and_a_little_more_changes(bus, seed):
    park = random_park(np.random.default_rng([21, seed]), 24)
    found = answer(park)
    small = 1e-3
    energy = small * park.step_h
    for step in (0, 9, 17, 23):
        up = answer(more(park, bus, step, small)).objective_cny - found.objective_cny
        down = found.objective_cny - answer(more(park, bus, step, -small)).objective_cny
        price = found.marginal_price[bus][step] * energy
        assert down - 1e-7 <= price <= up + 1e-7


def test_power_costs_what_the_grid_asks_where_nothing_else_decides():
    price = np.array([0.3, 0.9, 0.5])
    assert answer(site(5.0, price)).marginal_price["power"] == pytest.approx(price)


def test_power_is_worth_what_the_grid_pays_where_there_is_more_than_enough():
    sun = Source("sun", "power", np.full(2, 50.0))
    found = answer(site(5.0, [1.0, 1.0], sun, export=0.2, export_limit=100.0))
    assert found.marginal_price["power"] == pytest.approx([0.2, 0.2])
    spilled = answer(site(5.0, [1.0, 1.0], sun, export=0.2, export_limit=10.0))
    assert spilled.marginal_price["power"] == pytest.approx([0.0, 0.0])


def test_heat_costs_what_its_dearest_working_source_costs():
    pump = Converter("pump", "power", "heat", np.full(2, 5.0), np.array([4.0, 4.0]))
    boiler = Source("boiler", "heat", np.full(2, 99.0), 0.5)
    found = answer(site(0.0, [1.0, 1.0], *heated([10.0, 30.0], pump, boiler)))
    assert found.marginal_price["heat"] == pytest.approx([0.25, 0.5])


def test_a_peak_that_is_paid_for_stands_in_the_price_of_its_step_alone():
    demand = Demand(np.zeros(3, dtype=np.int64), np.array([7.0]), np.zeros(1))
    found = answer(site([1.0, 5.0, 2.0], [1.0, 1.0, 1.0], demand=demand))
    assert found.marginal_price["power"] == pytest.approx([1.0, 8.0, 1.0])


@pytest.mark.parametrize("efficiency", [1.0, 0.9])
def test_stored_energy_is_worth_what_it_saves_or_what_storing_it_costs(efficiency):
    store = battery(10.0, 5.0, efficiency, opening=3.0, end=0.0)
    rest = answer(site(4.0, [1.0, 1.0, 2.0], replace(store, charge_kw=0.0)))
    assert rest.stored_price["battery"][0] == pytest.approx(2.0 * efficiency)
    charging = answer(site(4.0, [1.0, 1.0, 2.0], store))
    assert charging.flows["battery.charge"].sum() > 0
    assert charging.stored_price["battery"][0] == pytest.approx(1.0 / efficiency)


def test_a_kilowatt_hour_more_at_the_start_saves_what_it_was_said_to_be_worth():
    for seed in range(4):
        park = random_park(np.random.default_rng([31, seed]), 24)
        blocks = tuple(
            replace(block, opening_kwh=block.capacity_kwh * 0.4, end_kwh=block.capacity_kwh * 0.4)
            if isinstance(block, Store)
            else block
            for block in park.blocks
        )
        found = answer(replace(park, blocks=blocks))
        for place, block in enumerate(blocks):
            if not isinstance(block, Store):
                continue
            fuller = replace(block, opening_kwh=block.opening_kwh + 1e-3)
            richer = answer(replace(park, blocks=(*blocks[:place], fuller, *blocks[place + 1 :])))
            saved = found.objective_cny - richer.objective_cny
            worth = found.stored_price[block.id][0] * block.kept_share * 1e-3
            assert saved == pytest.approx(worth, abs=1e-6)


def test_prices_move_power_from_cheap_steps_to_dear_ones_only_within_the_losses_of_the_store():
    """With room left, the price on both sides of a charge and a discharge differs by the round trip and the wear."""
    price = np.array([0.2, 0.2, 1.0, 1.0])
    found = answer(site(4.0, price, battery(100.0, 1.0, 0.9, opening=50.0, wear=0.1)))
    kw = found.flows["battery.charge"] - found.flows["battery.discharge"]
    assert (kw[:2] > 0).all()
    assert (kw[2:] < 0).all()
    assert found.flows["battery.charge"].sum() * 0.81 == pytest.approx(found.flows["battery.discharge"].sum())
    still = answer(site(4.0, [0.9, 0.9, 1.0, 1.0], battery(100.0, 1.0, 0.9, opening=50.0, wear=0.1)))
    assert still.flows["battery.charge"].sum() == pytest.approx(0.0)


def test_an_answer_that_relaxes_still_says_what_one_more_kilowatt_hour_costs():
    found = answer(site([5.0, 50.0], [1.0, 1.0], limit=20.0))
    assert found.word == "relaxed"
    assert found.marginal_price == {} or found.marginal_price["power"][1] > found.marginal_price["power"][0]
