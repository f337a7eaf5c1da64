"""Exact arithmetic of factors and prices: decimals in, integers out, rounded half up."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Context, Decimal
from types import MappingProxyType

from parkwright.carbon.editions import (
    Edition,
    FactorKindError,
    FuelFactor,
    GridFactor,
    LifeCycleFactor,
    ResidualFactor,
)
from parkwright.model.errors import LedgerError
from parkwright.model.park import Park
from parkwright.model.plant import Factor, Meter

MWH_INT_PER_KWH = 1_000_000
"""Milliwatt-hours in a kilowatt-hour (SI prefixes)."""
UG_PER_KG = 1_000_000_000
"""Micrograms in a kilogram (SI prefixes)."""
_EXACT = Context(prec=60, rounding=ROUND_HALF_UP)
_EDITIONS: Mapping[str, type[Edition]] = MappingProxyType(
    {"grid_average": GridFactor, "grid_residual": ResidualFactor, "life_cycle": LifeCycleFactor, "fuel": FuelFactor}
)


def half_up(value: Decimal) -> int:
    """Return the nearest integer; a half goes away from zero."""
    return int(value.to_integral_value(rounding=ROUND_HALF_UP))


def decimal(value: float) -> Decimal:
    """Return the shortest decimal that reads as `value`: the figure that a person wrote in the park folder."""
    return Decimal(repr(value))


def emission_ug(energy_mwh_int: int, factor: Factor) -> int:
    """Return the emissions [ug CO2e] of `energy_mwh_int` [mWh] at the factor's exact value [kg CO2e/kWh].

    References: GHG Protocol, Scope 2 Guidance, 2015, ch. 6: activity data x emission factor.
    """
    return half_up(_EXACT.multiply(Decimal(energy_mwh_int * UG_PER_KG // MWH_INT_PER_KWH), Decimal(factor.value)))


def cost_1e4cny(energy_mwh_int: int, price_1e4cny_per_kwh: int) -> int:
    """Return the cost [1e-4 CNY] of `energy_mwh_int` [mWh] at an integer price [1e-4 CNY/kWh]."""
    return half_up(_EXACT.divide(Decimal(energy_mwh_int * price_1e4cny_per_kwh), Decimal(MWH_INT_PER_KWH)))


def price_1e4cny_per_kwh(price_cny_per_kwh: float) -> int:
    """Return a price of the park folder [CNY/kWh] as an integer [1e-4 CNY/kWh]."""
    return half_up(decimal(price_cny_per_kwh) * 10_000)


def scaled(quantity: int, share: float) -> int:
    """Return `quantity` times a share of the park folder, rounded half up."""
    return half_up(_EXACT.multiply(Decimal(quantity), decimal(share)))


def divided(quantity: int, share: float) -> int:
    """Return `quantity` divided by a share of the park folder, rounded half up."""
    return half_up(_EXACT.divide(Decimal(quantity), decimal(share)))


def proportion(quantity: int, part: int, whole: int) -> int:
    """Return quantity * part / whole for part in [0, whole], whole > 0, rounded half up; exact in integers."""
    return (2 * quantity * part + whole) // (2 * whole)


def named(park: Park, factor_id: str) -> Factor:
    """Return a factor of the park.

    Raises LedgerError when the park has no factor of that id.
    """
    if factor_id not in park.factor:
        raise LedgerError(f"factor {factor_id!r}: not in park {park.site.park_id}; add it to factors.csv")
    return park.factor[factor_id]


def of_kind(park: Park, factor_id: str, *kinds: str) -> Factor:
    """Return a factor of the park that is of one of `kinds` (model.plant.Factor.kind).

    Raises LedgerError when the park has no factor of that id, FactorKindError when it is of another kind.
    """
    factor = named(park, factor_id)
    if factor.kind not in kinds:
        raise FactorKindError(
            f"factor {factor_id}: is of kind {factor.kind}, {' or '.join(kinds)} is meant; name another in park.toml"
        )
    return factor


def of_gas(park: Park, meter: Meter) -> Factor:
    """Return the factor of the gas behind `meter`: its boiler's, else the first boiler's, else the first of a fuel.

    Raises LedgerError when the park has none of them.
    """
    boilers = sorted(park.energy.boiler, key=lambda boiler: boiler.id != meter.serves)
    if boilers:
        return of_kind(park, boilers[0].factor_id, "fuel")
    fuels = [factor for factor in park.factors if factor.kind == "fuel"]
    if not fuels:
        raise LedgerError(f"gas meter {meter.id}: park {park.site.park_id} has no fuel factor; add one to factors.csv")
    return fuels[0]


def gas_price_1e4cny_per_kwh(park: Park, meter: Meter) -> int:
    """Return the price of the gas behind `meter` [1e-4 CNY/kWh]: its boiler's, else the first boiler's, else 0."""
    boilers = sorted(park.energy.boiler, key=lambda boiler: boiler.id != meter.serves)
    return price_1e4cny_per_kwh(boilers[0].gas_cny_per_kwh) if boilers else 0


def edition_of(factor: Factor) -> Edition:
    """Return a factor of the park folder as the edition that it is, so that its type says what it is of."""
    unit = "kWh gross" if factor.kind == "fuel" else "kWh"
    gas = "CO2" if factor.kind in ("grid_average", "grid_residual") else "CO2e"
    return _EDITIONS[factor.kind](
        factor.id,
        factor.publisher,
        factor.document,
        factor.cell,
        factor.data_year,
        str(factor.data_year),
        factor.geography,
        gas,
        Decimal(factor.value),
        unit,
        factor.licence,
        factor.verified,
        "park",
    )
