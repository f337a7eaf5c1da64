"""What is doubtful about a supplier's footprint: shape, sums, placeholders, units and jumps from the version before.

A finding is "refused" where the figure cannot be used at all and "warning" where a person must look; a declaration
is never rejected for its sum (the published PACT examples are off by up to 0.52 %).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType

from parkwright.carbon.declaration import ASIDE, REMOVALS, SUMMED, Declaration

TOLERANCE = Decimal("0.01")
"""Relative deviation of a sum from which on a warning is given (reference: the four published PACT examples)."""
JUMP = Decimal(3)
"""Factor against the version before, or the figure in use, from which on a warning is given (assumed: our choice)."""
REFUSED, WARNING = "refused", "warning"
PLACEHOLDER = re.compile(r"^-?9{3,}(\.(0+|9+))?$")
"""Figures of nines only, as test systems and unfilled forms give them: 999, 9999.0, 999.99."""
UNITS: Mapping[str, str] = MappingProxyType({"piece": "piece", "kg": "kilogram", "m": "meter", "m2": "square meter"})
"""Unit of account of a material -> declared unit that fits it without conversion."""


@dataclass(frozen=True, slots=True)
class Doubt:
    """One finding about a declaration: level (refused or warning), the field and what was found, with the way out."""

    level: str
    thing: str
    found: str


@dataclass(frozen=True, slots=True)
class Expected:
    """What is known on our side: the material's unit of account and the figure in use [kg CO2e per unit of account].

    footprint_kg: None where the figure in use does not convert to the unit of account.
    """

    unit: str
    footprint_kg: Decimal | None


def doubts(
    declaration: Declaration, expected: Expected | None = None, before: Declaration | None = None
) -> list[Doubt]:
    """Return the findings about a declaration, the refused ones first.

    expected: what the material is accounted in and its figure in use. before: the version that it replaces.
    """
    found = [*_shape(declaration), *_sums(declaration), *_placeholders(declaration), *_mass(declaration)]
    if expected is not None:
        found += _unit(declaration, expected)
    if before is not None:
        found += _jumps(declaration, before)
    return sorted(found, key=lambda doubt: doubt.level != REFUSED)


def per_unit_kg(declaration: Declaration, unit: str) -> Decimal | None:
    """Return the footprint per unit of account of a material [kg CO2e]; None where the units do not convert.

    A declared amount that is not counted in pieces is taken for one piece; kilograms convert by its mass.
    """
    if declaration.amount <= 0:
        return None
    if UNITS.get(unit) == declaration.unit:
        return declaration.total_kg / declaration.amount
    if unit == "piece":
        return declaration.total_kg
    if unit == "kg" and declaration.mass_kg > 0:
        return declaration.total_kg / declaration.mass_kg
    return None


def _shape(declaration: Declaration) -> Iterator[Doubt]:
    if declaration.amount <= 0:
        yield Doubt(REFUSED, "amount", f"is {declaration.amount}; ask for the declared amount")
    if declaration.period[0] >= declaration.period[1]:
        yield Doubt(REFUSED, "period", "ends before it starts; ask for the reference period")
    for name, kg in declaration.parts.items():
        if name in REMOVALS and kg > 0:
            yield Doubt(REFUSED, name, f"is {kg} and a removal is never positive; ask for its sign")
        elif name not in REMOVALS and kg < 0:
            yield Doubt(REFUSED, name, f"is {kg} and an emission is never negative; ask for its sign")
    if declaration.fossil_carbon_kg < 0:
        yield Doubt(REFUSED, "fossil_carbon", f"is {declaration.fossil_carbon_kg}; a content is never negative")
    share = declaration.primary_share_percent
    if share is not None and not 0 <= share <= 100:
        yield Doubt(REFUSED, "primary_share", f"is {share} %; a share lies in 0-100")


def _sums(declaration: Declaration) -> Iterator[Doubt]:
    total, parts = declaration.total_kg, declaration.parts_sum_kg
    if _apart(total, parts):
        yield Doubt(WARNING, "total", f"is {total}, its parts sum to {parts}; ask which part is missing or wrong")
    uptake = declaration.parts.get("uptake", Decimal(0))
    if _apart(declaration.net_kg, total + uptake):
        yield Doubt(WARNING, "net", f"is {declaration.net_kg}, total and uptake give {total + uptake}; ask which holds")
    if total == 0 and not any(declaration.parts.get(name) for name in SUMMED):
        yield Doubt(WARNING, "total", "is 0 in every part; ask whether it was calculated")
    if total < 0:
        yield Doubt(WARNING, "total", f"is {total}; a footprint below zero needs its evidence")


def _apart(one: Decimal, other: Decimal) -> bool:
    return abs(one - other) > TOLERANCE * max(abs(one), abs(other))


def _placeholders(declaration: Declaration) -> Iterator[Doubt]:
    figures = {
        "total": declaration.total_kg,
        "net": declaration.net_kg,
        "amount": declaration.amount,
        "mass": declaration.mass_kg,
        "fossil_carbon": declaration.fossil_carbon_kg,
        **declaration.parts,
    }
    if declaration.biogenic_carbon_kg is not None:
        figures["biogenic_carbon"] = declaration.biogenic_carbon_kg
    for name, value in figures.items():
        if PLACEHOLDER.match(format(value, "f")):
            yield Doubt(WARNING, name, f"is {value}, which looks like a placeholder; ask for the figure")
    for name in ASIDE:
        if name != "outbound" and declaration.parts.get(name, Decimal(0)) > max(declaration.parts_sum_kg, Decimal(0)):
            yield Doubt(WARNING, name, f"is {declaration.parts[name]} and more than the whole; ask which holds")


def _mass(declaration: Declaration) -> Iterator[Doubt]:
    """Yield where mass, declared unit and carbon content contradict each other."""
    mass = declaration.mass_kg
    if mass < 0:
        yield Doubt(REFUSED, "mass", f"is {mass} kg; a mass is never negative")
    if declaration.unit == "kilogram" and mass > 0 and _apart(mass, declaration.amount):
        yield Doubt(WARNING, "mass", f"of {declaration.amount} declared kilograms is {mass} kg; ask for the unit")
    carbon = declaration.fossil_carbon_kg + (declaration.biogenic_carbon_kg or Decimal(0))
    if 0 < mass < carbon:
        yield Doubt(WARNING, "fossil_carbon", f"with biogenic carbon is {carbon} kg in {mass} kg of product; ask")


def _unit(declaration: Declaration, expected: Expected) -> Iterator[Doubt]:
    each = per_unit_kg(declaration, expected.unit)
    if each is None:
        yield Doubt(
            REFUSED, "unit", f"{declaration.unit} does not convert to {expected.unit}; ask for that unit or the mass"
        )
    elif expected.unit == "piece" and declaration.unit not in ("piece", "kilogram"):
        yield Doubt(WARNING, "unit", f"is {declaration.unit} for a thing counted in pieces; ask what one piece is")
    elif expected.unit == "kg" and declaration.unit != UNITS["kg"]:
        yield Doubt(
            WARNING,
            "unit",
            f"is {declaration.unit} for a thing counted in kg, converted by its mass of {declaration.mass_kg} kg; look "
            "whether the bill counts in kg, or ask for the figure of a kilogram",
        )
    counted_kg = expected.footprint_kg
    if each is not None and counted_kg is not None and counted_kg > 0 and not _near(each, counted_kg):
        yield Doubt(
            WARNING,
            "total",
            f"gives {each} kg a {expected.unit}, in use is {counted_kg}; ask why, unit first",
        )


def _near(one: Decimal, other: Decimal) -> bool:
    return one > 0 and other / JUMP <= one <= other * JUMP


def _jumps(declaration: Declaration, before: Declaration) -> Iterator[Doubt]:
    if declaration.unit != before.unit:
        yield Doubt(WARNING, "unit", f"was {before.unit} and is {declaration.unit}; ask whether the figures follow")
    if before.amount > 0 and _apart(declaration.amount, before.amount):
        yield Doubt(
            WARNING, "amount", f"was {before.amount} and is {declaration.amount}; ask whether the figures follow"
        )
    if before.mass_kg > 0 and _apart(declaration.mass_kg, before.mass_kg):
        yield Doubt(WARNING, "mass", f"was {before.mass_kg} kg and is {declaration.mass_kg} kg; ask for the unit")
    if before.total_kg > 0 and not _near(declaration.total_kg, before.total_kg):
        yield Doubt(WARNING, "total", f"was {before.total_kg} and is {declaration.total_kg}; ask what changed")
    for name in (*SUMMED, "uptake", *ASIDE):
        if before.parts.get(name) and not declaration.parts.get(name):
            yield Doubt(WARNING, name, f"was {before.parts[name]} and is missing; ask whether it was dropped")
