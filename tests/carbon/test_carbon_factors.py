import pytest
from carbon_park import METERS, factor, make_park, meter

from parkwright.carbon import factors
from parkwright.model.errors import LedgerError

TONNE_UG = 10**12
MEGAWATTHOUR = 10**9
TIANJIN = factor("cn-tj-2023", "grid_average", "0.6796")
RESIDUAL = factor("cn-residual-2023", "grid_residual", "0.6096")


@pytest.mark.parametrize(
    ("value", "megawatthours", "tonnes"),
    [
        ("0.6796", 10_000, "6796.0"),  # B1: Tianjin 2023, location-based
        ("0.6096", 10_000, "6096.0"),  # B2: no certificate, residual mix
        ("0.6096", 6_000, "3657.6"),  # B2: 4,000 MWh covered by certificates
        ("0.7041", 10_000, "7041.0"),  # B5: edition 2022
        ("0.18254", 1, "0.18254"),  # C2: natural gas, gross, UK 2022
    ],
)
def test_known_emissions(value, megawatthours, tonnes):
    found = factors.emission_ug(megawatthours * MEGAWATTHOUR, factor("f", "fuel", value))
    assert found == round(float(tonnes) * TONNE_UG)


def test_an_emission_is_rounded_half_up_to_a_microgram():
    assert factors.emission_ug(1, factor("f", "fuel", "0.0005")) == 1  # 0.5 ug
    assert factors.emission_ug(1, factor("f", "fuel", "0.0004")) == 0
    assert factors.emission_ug(-1, factor("f", "fuel", "0.0005")) == -1
    assert factors.emission_ug(1, TIANJIN) == 680  # 679.6 ug


def test_a_cost_is_energy_times_price():
    assert factors.cost_1e4cny(1_000_000, 7000) == 7000
    assert factors.cost_1e4cny(500, 1000) == 1  # 0.5 of 1e-4 CNY
    assert factors.cost_1e4cny(499, 1000) == 0
    assert factors.price_1e4cny_per_kwh(0.672) == 6720
    assert factors.price_1e4cny_per_kwh(0.28) == 2800  # 0.28 * 10_000 is 2800.0000000000005 in floats


def test_shares_of_integers_are_exact_decimals():
    assert factors.scaled(2 * 10**6, 0.95) == 1_900_000
    assert factors.divided(96, 0.96) == 100
    assert factors.scaled(3, 0.5) == 2
    assert factors.proportion(10, 1, 3) == 3
    assert factors.proportion(10, 2, 4) == 5
    assert factors.proportion(1, 1, 2) == 1


def test_the_gas_of_a_boiler_has_the_boilers_factor_and_price():
    park = make_park()
    assert factors.of_gas(park, park.meter["gas"]).id == "fuel"
    assert factors.gas_price_1e4cny_per_kwh(park, park.meter["gas"]) == 3500


def test_gas_without_a_boiler_takes_the_fuel_factor_and_costs_nothing():
    park = make_park(energy=make_park().energy.model_copy(update={"boiler": ()}))
    assert factors.of_gas(park, park.meter["gas"]).id == "fuel"
    assert factors.gas_price_1e4cny_per_kwh(park, park.meter["gas"]) == 0
    bare = make_park(energy=park.energy, factors=(TIANJIN,))
    with pytest.raises(LedgerError, match="no fuel factor"):
        factors.of_gas(bare, meter("gas", "", "load", "", "heat", commodity="gas"))


def test_an_unknown_factor_is_named():
    with pytest.raises(LedgerError, match="'cn-2099'"):
        factors.named(make_park(METERS), "cn-2099")
