"""A sweep over the carbon price: each plan the best at its price, none beaten by another, none by the plan in force."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from laid_day import DAY, ORDERS, PARK, jobs, planned, stepped
from make_park import local

from parkwright.make.floor import Rates
from parkwright.plan import trades
from parkwright.plan.revise import DayFacts, figures, laid_out
from parkwright.plan.terms import Terms
from parkwright.plan.trades import CARBON_CNY_PER_KG, Trade, best_at, prices_of, sweep

OWN_CNY_PER_KG = 0.06
FACTS = DayFacts(
    PARK, DAY, ORDERS, jobs(), planned().schedule, stepped(), terms=Terms(Rates(carbon_cny_per_kg=OWN_CNY_PER_KG))
)
DAWN = local(6.0)


@pytest.fixture(scope="module")
def steps():
    """A sweep after each of its searches."""
    return list(sweep(FACTS, DAWN, 1, 1))


def price_of(one: Trade, price: float) -> float:
    return one.cost_cny + price * one.co2e_kg


def broken_laws(points, known) -> list[str]:
    """Cost without carbon never falls and emissions never rise with the price, and each is the best of all known."""
    found = []
    for one, other in pairwise(points):
        at = f"from {one.carbon_cny_per_kg} to {other.carbon_cny_per_kg} CNY/kg"
        found += [f"prices fall {at}"] if one.carbon_cny_per_kg >= other.carbon_cny_per_kg else []
        found += [f"the cost falls {at}"] if other.cost_cny < one.cost_cny - 1e-9 else []
        found += [f"emissions rise {at}"] if other.co2e_kg > one.co2e_kg + 1e-9 else []
    for point in points:
        price = point.carbon_cny_per_kg
        if price_of(point, price) != min(price_of(one, price) for one in known):
            found.append(f"another is cheaper at {price} CNY/kg")
        for one in known:
            no_worse = one.cost_cny <= point.cost_cny and one.co2e_kg <= point.co2e_kg
            if no_worse and (one.cost_cny, one.co2e_kg) != (point.cost_cny, point.co2e_kg):
                found.append(f"{one} beats the point at {price} CNY/kg")
    return found


def test_points_are_the_best_at_their_price_and_the_plan_in_force_is_never_better(steps):
    for step in steps:
        assert [point.carbon_cny_per_kg for point in step.points] == sorted({*CARBON_CNY_PER_KG, OWN_CNY_PER_KG})
        assert broken_laws(step.points, [*step.points, step.in_force]) == []
        own = next(point for point in step.points if point.carbon_cny_per_kg == OWN_CNY_PER_KG)
        assert price_of(own, OWN_CNY_PER_KG) <= price_of(step.in_force, OWN_CNY_PER_KG)
    assert steps[-1].points[-1].co2e_kg < steps[-1].in_force.co2e_kg, "a high price moves work to clean hours"


def test_a_sweep_never_gets_worse_and_ends_after_one_search_at_every_price_up_and_down(steps):
    prices = prices_of(FACTS)
    assert [step.searched for step in steps] == list(range(2 * len(prices)))
    assert {step.searches for step in steps} == {steps[-1].searched}
    for before, after in pairwise(steps):
        for one, other in zip(before.points, after.points, strict=True):
            price = one.carbon_cny_per_kg
            assert price_of(other, price) <= price_of(one, price)


def test_the_plan_in_force_costs_what_the_page_says_of_it(steps):
    own = figures(FACTS, laid_out(FACTS)).account
    first = steps[0]
    assert first.in_force.carbon_cny_per_kg == OWN_CNY_PER_KG
    assert price_of(first.in_force, OWN_CNY_PER_KG) == pytest.approx(own.total_cny)
    assert first.in_force.co2e_kg == own.co2e_kg
    assert all(point.in_force for point in first.points), "nothing else is known before the first search"


def test_a_plan_that_cannot_be_built_counts_as_not_found(monkeypatch):
    made = trades.revision
    monkeypatch.setattr(trades, "revision", lambda *a, **k: replace(made(*a, **k), violations=("L: no",)))
    assert all(point.in_force for step in sweep(FACTS, DAWN, 1, 1) for point in step.points)


def test_a_sweep_that_is_stopped_ends_with_what_it_has():
    assert [step.searched for step in sweep(FACTS, DAWN, 1, 1, stop=lambda: True)] == [0]


@pytest.mark.parametrize("seed", range(20))
def test_the_best_of_any_plans_obey_the_laws(seed):
    draw = np.random.default_rng(seed)
    # few values, so that plans with the same cost or the same emissions are among them
    known = [Trade(0.0, float(c), float(k), 0, 0.0) for c, k in draw.integers(0, 8, (12, 2))]
    assert broken_laws(best_at(known, (0.0, 0.1, 0.5, 1.0, 2.0, 30.0)), known) == []
