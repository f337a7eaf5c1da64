"""Editions of emission factors: immutable, each with its publisher, document and cell, and a type for what it is of.

The emission factor of a grid (scope 2) and the life-cycle factor of its power (footprints) are different things with
the same unit; they are different types here, and a function that is given the wrong one raises FactorKindError.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from decimal import Decimal, InvalidOperation
from types import MappingProxyType
from typing import ClassVar, TypeVar

from parkwright.model.errors import LedgerError


class FactorKindError(LedgerError):
    """A factor of one kind given where another kind is meant, for example a life-cycle factor for scope 2."""


@dataclass(frozen=True, slots=True)
class Edition:
    """One published value: who, where, for which year and place, of what, per which unit, under which terms.

    value: kg of `gas` per `unit`. data_year: the reference period; published: when it may first be used (ISO 8601, as
    exact as known). verified: read from the official text or from three agreeing sources. pack: where it came from.
    """

    kind: ClassVar[str] = ""

    id: str
    publisher: str
    document: str
    cell: str
    data_year: int
    published: str
    geography: str
    gas: str
    value: Decimal
    unit: str
    licence: str
    verified: bool
    pack: str = ""

    @property
    def sha256(self) -> str:
        """SHA-256 [hex] over kind and fields, the pack's name left out: what an id stands for, for ever."""
        content = {field.name: str(getattr(self, field.name)) for field in fields(self) if field.name != "pack"}
        text = json.dumps({"kind": self.kind, **content}, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()


class GridFactor(Edition):
    """Emissions of a grid's average power [kg CO2/kWh], for scope 2 location-based and the zero-carbon indicators."""

    kind = "grid_emission"


class ResidualFactor(Edition):
    """Emissions of a grid's power without what was sold with certificates [kg CO2/kWh], for scope 2 market-based."""

    kind = "grid_residual"


class FossilFactor(Edition):
    """Emissions of a grid's fossil power alone [kg CO2/kWh]."""

    kind = "grid_fossil"


class LifeCycleFactor(Edition):
    """Emissions over the life cycle of power [kg CO2e/kWh], for product footprints and nothing else."""

    kind = "life_cycle"


class TransmissionFactor(Edition):
    """Life-cycle emissions of bringing a kWh through the grid [kg CO2e/kWh], added in footprints where selected."""

    kind = "transmission"


class FuelFactor(Edition):
    """Emissions of burning a fuel [kg per unit of fuel], for scope 1."""

    kind = "fuel"


class UpstreamFactor(Edition):
    """Emissions of making and bringing a fuel [kg per unit of fuel], for scope 3 category 3."""

    kind = "upstream"


class ActivityFactor(Edition):
    """Emissions of an activity in the value chain [kg per unit of activity], for scope 3."""

    kind = "activity"


KINDS: Mapping[str, type[Edition]] = MappingProxyType(
    {
        kind.kind: kind
        for kind in (
            GridFactor, ResidualFactor, FossilFactor, LifeCycleFactor, TransmissionFactor, FuelFactor, UpstreamFactor,
            ActivityFactor,
        )
    }
)  # fmt: skip
"""Type by the name of the kind, as a pack's factors.csv writes it."""
F = TypeVar("F", bound=Edition)


@dataclass(frozen=True, slots=True)
class WarmingSet:
    """A set of global warming potentials over 100 years: kg CO2e per kg, by gas, of one assessment report."""

    id: str
    publisher: str
    document: str
    cell: str
    licence: str
    values: Mapping[str, Decimal]

    def of(self, gas: str) -> Decimal:
        """Return the potential of a gas [kg CO2e/kg], hyphens ignored: HFC-32 is HFC32.

        Raises LedgerError when the set has none.
        """
        name = gas.replace("-", "")
        if name not in self.values:
            raise LedgerError(f"gas {gas}: is not in {self.id} ({self.document}); use one of its {len(self.values)}")
        return self.values[name]


@dataclass(frozen=True, slots=True)
class Library:
    """Every edition that a calculation may use, by id, and the warming sets by id."""

    editions: Mapping[str, Edition]
    warming: Mapping[str, WarmingSet]

    def get(self, factor_id: str, kind: type[F]) -> F:
        """Return the edition of that id, which must be of `kind`.

        Raises LedgerError when there is none of that id, FactorKindError when it is of another kind.
        """
        if factor_id not in self.editions:
            raise LedgerError(f"factor {factor_id!r}: is in no pack; add a pack that holds it")
        return required(self.editions[factor_id], kind)

    def warming_set(self, set_id: str) -> WarmingSet:
        """Return the warming set of that id; raises LedgerError when there is none."""
        if set_id not in self.warming:
            raise LedgerError(f"warming set {set_id!r}: is in no pack; use one of {', '.join(sorted(self.warming))}")
        return self.warming[set_id]

    def latest(self, geography: str, kind: type[F]) -> F:
        """Return the edition of that place and kind with the newest data year; the earliest id of equals.

        Raises LedgerError when there is none.
        """
        found = [e for e in self.editions.values() if isinstance(e, kind) and e.geography == geography]
        if not found:
            raise LedgerError(f"{geography}: no {kind.kind} factor in any pack; add a pack that holds one")
        return min(found, key=lambda edition: (-edition.data_year, edition.id))


def required(edition: Edition, kind: type[F]) -> F:
    """Return `edition` where it is of `kind`; raises FactorKindError where it is of another one."""
    if not isinstance(edition, kind):
        raise FactorKindError(
            f"factor {edition.id}: is of kind {edition.kind}, kind {kind.kind} is meant; "
            f"the unit may be the same, the meaning is not: name one of kind {kind.kind}"
        )
    return edition


def library(editions: Iterable[Edition], warming: Iterable[WarmingSet] = ()) -> Library:
    """Return a library; the same id with the same content may come twice.

    Raises LedgerError when an id comes with two contents: an edition never changes, a new one gets a new id.
    """
    known: dict[str, Edition] = {}
    for edition in editions:
        before = known.setdefault(edition.id, edition)
        if before.sha256 != edition.sha256:
            raise LedgerError(
                f"factor {edition.id}: pack {edition.pack or '(none)'} gives other content than pack "
                f"{before.pack or '(none)'}; an edition never changes, give the new one a new id"
            )
    sets: dict[str, WarmingSet] = {}
    for one in warming:
        if sets.setdefault(one.id, one) != one:
            raise LedgerError(f"warming set {one.id}: is given twice with other values; give the new one a new id")
    return Library(MappingProxyType(known), MappingProxyType(sets))


def decimal_of(text: str, thing: str) -> Decimal:
    """Return the exact decimal of a text; raises LedgerError, naming `thing`, when it is none or not finite."""
    try:
        value = Decimal(text)
    except InvalidOperation:
        value = Decimal("NaN")
    if not value.is_finite():
        raise LedgerError(f"{thing}: {text!r} is no decimal number; write it like 0.6796")
    return value
