"""Activity data times a factor of the right kind: exact decimals in, micrograms out, rounded half up once."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Context, Decimal

from parkwright.carbon.editions import (
    ActivityFactor,
    Edition,
    F,
    FuelFactor,
    GridFactor,
    LifeCycleFactor,
    ResidualFactor,
    TransmissionFactor,
    UpstreamFactor,
    WarmingSet,
    required,
)
from parkwright.carbon.factors import MWH_INT_PER_KWH, UG_PER_KG, half_up
from parkwright.model.errors import LedgerError

_EXACT = Context(prec=60, rounding=ROUND_HALF_UP)


def scope2_ug(energy_mwh_int: int, factor: GridFactor | ResidualFactor) -> int:
    """Return the scope 2 emissions [ug CO2] of purchased electricity [mWh].

    Raises FactorKindError when the factor is no emission factor of a grid.

    References: GHG Protocol, Scope 2 Guidance, 2015, ch. 6.
    """
    kind: type[Edition] = ResidualFactor if isinstance(factor, ResidualFactor) else GridFactor
    return _electricity_ug(energy_mwh_int, required(factor, kind).value)


def footprint_ug(energy_mwh_int: int, factor: LifeCycleFactor, transmission: TransmissionFactor | None = None) -> int:
    """Return the product-footprint emissions [ug CO2e] of electricity [mWh], with its transmission where selected.

    Raises FactorKindError when a factor is not of its kind.

    References: ISO 14067:2018 and GB/T 24067-2024: life-cycle data of the power used.
    """
    value = required(factor, LifeCycleFactor).value
    if transmission is not None:
        value += required(transmission, TransmissionFactor).value
    return _electricity_ug(energy_mwh_int, value)


def transmission_ug(energy_mwh_int: int, factor: TransmissionFactor) -> int:
    """Return the emissions [ug CO2e] of bringing electricity [mWh] through the grid; scope 3 category 3."""
    return _electricity_ug(energy_mwh_int, required(factor, TransmissionFactor).value)


def fuel_ug(quantity: Decimal, unit: str, factor: FuelFactor) -> int:
    """Return the scope 1 emissions [ug] of burning a quantity of fuel [unit].

    Raises LedgerError when the factor is per another unit, FactorKindError when it is no fuel factor.
    """
    return _product_ug(quantity, unit, required(factor, FuelFactor))


def upstream_ug(quantity: Decimal, unit: str, factor: UpstreamFactor) -> int:
    """Return the emissions [ug CO2e] of making and bringing a quantity of fuel [unit]; scope 3 category 3."""
    return _product_ug(quantity, unit, required(factor, UpstreamFactor))


def activity_ug(quantity: Decimal, unit: str, factor: ActivityFactor) -> int:
    """Return the emissions [ug CO2e] of an activity of the value chain [unit]; scope 3."""
    return _product_ug(quantity, unit, required(factor, ActivityFactor))


def gas_ug(mass_kg: Decimal, shares: Mapping[str, Decimal], warming: WarmingSet) -> int:
    """Return the emissions [ug CO2e] of releasing a gas or a blend.

    mass_kg: mass released. shares: gas -> share of mass; they sum to 1 exactly. R-410A is {HFC-32: 0.5, HFC-125: 0.5}.

    Raises LedgerError when the mass is negative, the shares do not sum to 1, or a gas is not in the set.

    References: IPCC AR4 2007, AR5 2013, AR6 2021; global warming potential over 100 years.
    """
    if mass_kg < 0:
        raise LedgerError(f"release of {mass_kg} kg: is negative; a recovered gas is no release")
    total = sum(shares.values(), Decimal(0))
    if total != 1:
        raise LedgerError(f"blend {', '.join(shares)}: its shares sum to {total}; give shares that sum to 1")
    potential = sum((share * warming.of(gas) for gas, share in shares.items()), Decimal(0))
    return half_up(_EXACT.multiply(_EXACT.multiply(mass_kg, potential), UG_PER_KG))


def _electricity_ug(energy_mwh_int: int, value: Decimal) -> int:
    return half_up(_EXACT.multiply(Decimal(energy_mwh_int * UG_PER_KG // MWH_INT_PER_KWH), value))


def _product_ug(quantity: Decimal, unit: str, factor: F) -> int:
    if unit != factor.unit:
        raise LedgerError(f"factor {factor.id}: is per {factor.unit}, the quantity is in {unit}; convert it first")
    if quantity < 0:
        raise LedgerError(f"{quantity} {unit} for factor {factor.id}: is negative; give a quantity of at least 0")
    return half_up(_EXACT.multiply(_EXACT.multiply(quantity, factor.value), UG_PER_KG))
