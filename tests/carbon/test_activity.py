"""Activity times factor: the reference's figures exactly, and no factor where another kind is meant."""

from __future__ import annotations

from decimal import Decimal

import pytest

from parkwright.carbon import activity
from parkwright.carbon.editions import (
    ActivityFactor,
    FactorKindError,
    FuelFactor,
    GridFactor,
    LifeCycleFactor,
    ResidualFactor,
    TransmissionFactor,
    UpstreamFactor,
)
from parkwright.model.errors import LedgerError
from parkwright.store import packs

LIBRARY = packs.library_of(packs.of_park(None))
TIANJIN = LIBRARY.get("cn-tj-2023", GridFactor)
RESIDUAL = LIBRARY.get("cn-residual-2023", ResidualFactor)
LIFE_CYCLE = LIBRARY.get("cn-lifecycle-2024", LifeCycleFactor)
TRANSMISSION = LIBRARY.get("cn-transmission-2024", TransmissionFactor)
GAS = LIBRARY.get("uk-natural-gas-2022", FuelFactor)
KWH = 1_000_000
TEN_GWH = 10_000_000 * KWH
T = 10**12
R410A = {"HFC-32": Decimal("0.5"), "HFC-125": Decimal("0.5")}


def test_ten_thousand_megawatt_hours_in_tianjin_by_edition():
    by_year = [activity.scope2_ug(TEN_GWH, LIBRARY.get(f"cn-tj-{year}", GridFactor)) for year in (2021, 2022, 2023)]
    assert by_year == [7_355 * T, 7_041 * T, 6_796 * T]
    assert activity.scope2_ug(TEN_GWH, RESIDUAL) == 6_096 * T


def test_one_kilowatt_hour_is_two_different_things():
    assert activity.scope2_ug(KWH, TIANJIN) == 679_600_000
    assert activity.footprint_ug(KWH, LIFE_CYCLE) == 577_700_000
    assert activity.footprint_ug(KWH, LIFE_CYCLE, TRANSMISSION) == 610_400_000
    assert activity.transmission_ug(KWH, TRANSMISSION) == 32_700_000
    assert round(TIANJIN.value / LIFE_CYCLE.value, 3) == Decimal("1.176")


@pytest.mark.parametrize("wrong", [LIFE_CYCLE, TRANSMISSION, GAS])
def test_scope_2_refuses_what_is_no_emission_factor_of_a_grid(wrong):
    with pytest.raises(FactorKindError, match=f"factor {wrong.id}: is of kind {wrong.kind}"):
        activity.scope2_ug(KWH, wrong)


@pytest.mark.parametrize("wrong", [TIANJIN, RESIDUAL, TRANSMISSION, GAS])
def test_a_footprint_refuses_what_is_no_life_cycle_factor(wrong):
    with pytest.raises(FactorKindError, match="kind life_cycle is meant"):
        activity.footprint_ug(KWH, wrong)


def test_a_footprint_refuses_an_emission_factor_for_its_transmission():
    with pytest.raises(FactorKindError, match="kind transmission is meant"):
        activity.footprint_ug(KWH, LIFE_CYCLE, TIANJIN)


@pytest.mark.parametrize(("warming", "co2e"), [("AR4", "2087.5"), ("AR5", "1923.5"), ("AR6", "2255.5")])
def test_a_kilogram_of_r410a_by_assessment_report(warming, co2e):
    assert activity.gas_ug(Decimal(1), R410A, LIBRARY.warming_set(warming)) == Decimal(co2e) * 10**9


@pytest.mark.parametrize(
    ("gas", "co2e"),
    [("CO2", "1"), ("CH4", "27.9"), ("N2O", "273"), ("SF6", "25200"), ("NF3", "17400"), ("HFC-134a", "1530")],
)
def test_a_gram_of_a_gas_by_the_sixth_report(gas, co2e):
    assert activity.gas_ug(Decimal("0.001"), {gas: Decimal(1)}, LIBRARY.warming_set("AR6")) == Decimal(co2e) * 10**6


def test_a_blend_that_does_not_sum_to_one_is_refused():
    with pytest.raises(LedgerError, match=r"blend HFC-32: its shares sum to 0\.5"):
        activity.gas_ug(Decimal(1), {"HFC-32": Decimal("0.5")}, LIBRARY.warming_set("AR6"))
    with pytest.raises(LedgerError, match="is negative"):
        activity.gas_ug(Decimal(-1), R410A, LIBRARY.warming_set("AR6"))


def test_a_thousand_litres_of_diesel_and_a_megawatt_hour_of_gas():
    diesel = LIBRARY.get("uk-diesel-2022", FuelFactor)
    assert activity.fuel_ug(Decimal(1000), "L", diesel) == 2_557_840_000_000
    assert activity.fuel_ug(Decimal(1000), "kWh gross", GAS) == 182_540_000_000


def test_the_petrol_of_the_claim_by_the_british_blend():
    petrol = LIBRARY.get("uk-petrol-2022", FuelFactor)
    assert activity.fuel_ug(Decimal(2_500_000), "L", petrol) == Decimal("5404.625") * T


def test_upstream_and_activities_have_their_own_kinds():
    upstream = LIBRARY.get("uk-wtt-natural-gas-2022", UpstreamFactor)
    road = LIBRARY.get("uk-road-freight-2022", ActivityFactor)
    assert activity.upstream_ug(Decimal(1000), "kWh gross", upstream) == 31_100_000_000
    assert activity.activity_ug(Decimal(100), "t.km", road) == 10_614_000_000
    with pytest.raises(FactorKindError, match="kind fuel is meant"):
        activity.fuel_ug(Decimal(1), "kWh gross", upstream)


def test_another_unit_and_a_negative_quantity_are_refused():
    with pytest.raises(LedgerError, match="is per kWh gross, the quantity is in kWh net"):
        activity.fuel_ug(Decimal(1), "kWh net", GAS)
    with pytest.raises(LedgerError, match="is negative; give a quantity of at least 0"):
        activity.fuel_ug(Decimal(-1), "kWh gross", GAS)
