"""The sweep of cost against carbon: monotone, and its ends are the optima of one aim alone."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from systems import battery, heated, random_park, site

from parkwright.energy import golden, pareto
from parkwright.energy.answer import answer, carbon_kg
from parkwright.energy.blocks import Converter, Demand, Job, Load, Source
from parkwright.energy.case import system
from parkwright.model.errors import PlanError


def parks():
    yield "golden", system(golden.CASE, golden.series(96))[0]
    for seed in range(4):
        yield f"random {seed}", random_park(np.random.default_rng([3, seed]), 48)


@pytest.mark.parametrize(("name", "park"), list(parks()), ids=lambda one: one if isinstance(one, str) else "")
def test_less_carbon_never_costs_less_and_the_ends_are_the_optima_of_one_aim(name, park):
    points = pareto.sweep(park, 7)
    costs, carbon = ([getattr(point, name) for point in points] for name in ("cost_cny", "co2e_kg"))
    assert len(points) == 7
    assert all(later >= earlier - 1e-6 for earlier, later in itertools.pairwise(costs))
    assert all(later <= earlier + 1e-6 for earlier, later in itertools.pairwise(carbon))
    assert costs[0] == pytest.approx(answer(park).objective_cny, rel=1e-9)
    least = answer(pareto.cleanest(park))
    assert carbon[-1] == pytest.approx(carbon_kg(park, least.flows), rel=1e-7)
    assert all(point.answer.word == "optimal" for point in points)
    assert max(point.answer.balance_residual_kwh for point in points) <= 1e-9


def test_each_plan_keeps_its_cap_and_is_the_cheapest_that_does():
    park = random_park(np.random.default_rng(12), 24)
    for point in pareto.sweep(park, 4)[1:]:
        assert point.co2e_kg <= point.cap_kg * (1 + 1e-8) + 1e-6
        capped = park.__class__(park.step_h, park.steps, park.blocks, point.cap_kg + 1e-6)
        assert answer(capped).objective_cny == pytest.approx(point.cost_cny, rel=1e-6)


def test_a_site_without_a_choice_has_one_point_many_times():
    points = pareto.sweep(site(10.0, [1.0, 2.0], co2e_kg_per_kwh=0.5), 3)
    assert [point.cost_cny for point in points] == pytest.approx([30.0] * 3)
    assert [point.co2e_kg for point in points] == pytest.approx([10.0] * 3)


def test_the_cleanest_plan_pays_nothing_for_what_emits_nothing():
    boiler = Source("boiler", "heat", np.full(2, 50.0), 0.1, 0.9)
    pump = Converter("pump", "power", "heat", np.full(2, 50.0), np.full(2, 3.0),
                     demand=Demand(np.zeros(2, dtype=np.int64), np.array([99.0]), np.zeros(1)))  # fmt: skip
    work = Job("work", "power", np.array([1.0]), np.arange(2), costs=np.array([7.0, 0.0]))
    dirty = np.array([0.2, 0.6])
    park = site(1.0, [1.0, 1.0], battery(4.0, 2.0, wear=5.0), *heated([3.0, 3.0], boiler, pump), work,
                co2e_kg_per_kwh=dirty)  # fmt: skip
    clean = pareto.cleanest(park)
    assert clean.carbon_cap_kg is None
    found = answer(clean)
    assert found.flows["boiler"].tolist() == [0.0, 0.0]
    assert found.flows["battery.discharge"][1] == pytest.approx(2.0)
    assert found.flows["work.starts"].tolist() == pytest.approx([1.0, 0.0])
    assert found.objective_cny == pytest.approx(carbon_kg(park, found.flows))
    assert isinstance(clean.blocks[0], Load)


def test_a_curve_of_one_point_and_a_plan_that_keeps_no_limits_are_refused():
    with pytest.raises(PlanError, match="1 points make no curve"):
        pareto.sweep(site(1.0, [1.0]), 1)
    with pytest.raises(PlanError, match="the plan without a cap is relaxed: import_limit"):
        pareto.sweep(site(9.0, [1.0], limit=1.0), 3)
