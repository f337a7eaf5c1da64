"""Abatement: what a measure avoids and costs, the order of the curve, and what meters say afterwards."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from parkwright.carbon import abatement
from parkwright.carbon.abatement import Measure, Terms
from parkwright.carbon.editions import FuelFactor, GridFactor
from parkwright.model.errors import LedgerError
from parkwright.store import packs

LIBRARY = packs.library_of(packs.of_park(None))
TERMS = Terms(
    LIBRARY.get("cn-tj-2023", GridFactor), LIBRARY.get("uk-natural-gas-2022", FuelFactor), Decimal("0.7"),
    Decimal("0.4"), Decimal("0.05"),
)  # fmt: skip
NAME = {"en": "a", "zh": "a"}


def measure(name="M", **changes):
    fields = {
        "pain": NAME,
        "measure": NAME,
        "status": "idea",
        "invest_cny": 0,
        "life_a": 10,
        "basis": "assumed: a test",
    }
    return Measure(id=name, **{**fields, **changes})


def test_an_investment_is_repaid_in_equal_years():
    assert abatement.annuity(Decimal(1000), 10, Decimal(0)) == 100
    assert float(abatement.annuity(Decimal(1000), 10, Decimal("0.05"))) == pytest.approx(129.504575)
    assert abatement.annuity(Decimal(1000), 1, Decimal("0.05")) == 1050


def test_what_a_measure_avoids_is_energy_by_factor_and_what_is_given():
    assert abatement.avoided_ug(measure(electricity_kwh=1000), TERMS) == 679_600_000_000
    assert abatement.avoided_ug(measure(gas_kwh=1000), TERMS) == 182_540_000_000
    assert abatement.avoided_ug(measure(other_kg=Decimal("1.5")), TERMS) == 1_500_000_000
    both = measure(electricity_kwh=-100, gas_kwh=1000)
    assert abatement.avoided_ug(both, TERMS) == 182_540_000_000 - 67_960_000_000


def test_gas_needs_a_factor_only_where_gas_is_saved():
    without = replace(TERMS, gas=None)
    assert abatement.avoided_ug(measure(electricity_kwh=1), without) == 679_600_000
    with pytest.raises(LedgerError, match="measure M: saves gas, and the park has no fuel factor"):
        abatement.avoided_ug(measure(gas_kwh=1), without)


def test_a_ton_costs_what_the_year_costs_by_what_it_avoids():
    (step,) = abatement.curve([measure(electricity_kwh=10_000, invest_cny=20_000, running_cny=1000)], TERMS)
    cost = float(abatement.annuity(Decimal(20_000), 10, Decimal("0.05"))) + 1000 - 7000
    assert step.net_cny == pytest.approx(cost)
    assert step.cny_per_t == pytest.approx(cost / 6.796)


def test_the_curve_has_the_cheapest_ton_first_and_adds_up():
    measures = [
        measure("dear", electricity_kwh=1000, invest_cny=90_000),
        measure("free", electricity_kwh=2000),
        measure("worse", electricity_kwh=-1),
        measure("nothing"),
        measure("fair", electricity_kwh=3000, invest_cny=10_000),
    ]
    steps = abatement.curve(measures, TERMS)
    assert [step.measure_id for step in steps] == ["free", "fair", "dear"]
    assert [step.cumulative_ug for step in steps] == [n * 679_600_000_000 for n in (2, 5, 6)]
    assert abatement.curve(reversed(measures), TERMS) == steps
    with pytest.raises(LedgerError, match="hold an id twice"):
        abatement.curve([measure(electricity_kwh=1)] * 2, TERMS)


def test_a_saving_is_metered_at_equal_output():
    found = abatement.measured((1_000_000, 100), (1_500_000, 200))
    assert (found.expected_mwh_int, found.saved_mwh_int) == (2_000_000, 500_000)
    assert abatement.measured((1_000_000, 100), (1_200_000, 100)).saved_mwh_int == -200_000
    assert abatement.measured((10, 3), (0, 0)).saved_mwh_int == 0
    with pytest.raises(LedgerError, match="no unit was made before"):
        abatement.measured((10, 0), (10, 5))
