"""The footprint of a unit, a lot or a product: materials, their freight and scrap, and the energy of making it.

Every part is exact in micrograms and says how far it rests on primary data, how good its data are, and how it errs.
Power counts by its life cycle here, never by the emission factor of scope 2.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from typing import Literal

from parkwright.carbon import uncertainty
from parkwright.carbon.activity import footprint_ug, fuel_ug, upstream_ug
from parkwright.carbon.editions import (
    ActivityFactor,
    FuelFactor,
    Library,
    LifeCycleFactor,
    TransmissionFactor,
    UpstreamFactor,
)
from parkwright.carbon.factors import MWH_INT_PER_KWH, UG_PER_KG, decimal, half_up
from parkwright.model.errors import LedgerError
from parkwright.model.noun import Sourced, figure, identity, word
from parkwright.model.park import Park

FREIGHT_UNIT = "t.km"
"""Unit of a freight factor: a ton carried over a kilometre."""


class Sourcing(Sourced):
    """How a material comes to the park, and how good its footprint is."""

    material_id: str = identity("material")
    origin: Literal["supplier", "average", "spend"] = word("supplier's own figure, product average, or by spend")
    mass_kg: Decimal = figure("kg", "mass of a unit of account, with its packing", ge=0)
    distance_km: Decimal = figure("km", "way to the park", ge=0)
    freight_factor_id: str = word("factor of the freight, per t.km; empty where it is in the footprint", "")
    scrap_share: Decimal = figure("share", "bought beyond the bill and lost before it is in a unit", ge=0, lt=1)
    primary_share: Decimal = figure("share", "of the footprint that rests on primary data", ge=0, le=1)
    technology: int = figure("", "how well the data fit the technology, 1 best", ge=1, le=5)
    time: int = figure("", "how well they fit the year, 1 best", ge=1, le=5)
    geography: int = figure("", "how well they fit the place, 1 best", ge=1, le=5)
    cv: Decimal = figure("share", "coefficient of variation of the footprint", ge=0, le=10)
    group: str = word("figures of one group err together; empty errs alone", "")

    @property
    def rating(self) -> Decimal:
        """Mean of the three ratings, 1 best to 5."""
        return Decimal(self.technology + self.time + self.geography) / 3


class Method(Sourced):
    """How the energy of a footprint is counted: factors over the life cycle, and how good they are."""

    life_cycle_id: str = word("factor of grid power over its life cycle")
    transmission_id: str = word("factor of bringing it through the grid; empty where it is in the other", "")
    solar_id: str = word("factor of power made on the site over its life cycle")
    cv: Decimal = figure("share", "coefficient of variation of the energy's factors", ge=0, le=10)
    rating: Decimal = figure("", "data-quality rating of the energy part, 1 best to 5", ge=1, le=5)
    freight_cv: Decimal = figure("share", "coefficient of variation of freight", ge=0, le=10)
    freight_rating: Decimal = figure("", "data-quality rating of freight, 1 best to 5", ge=1, le=5)


@dataclass(frozen=True, slots=True)
class Mix:
    """The energy that a span of days used [mWh] and what its life cycle emitted [ug CO2e]."""

    bought_mwh_int: int
    own_mwh_int: int
    gas_mwh_int: int
    emitted_ug: int

    @property
    def ug_per_mwh_int(self) -> Fraction:
        """Emissions a milliwatt-hour used [ug/mWh], exact; 0 where nothing was used."""
        used = self.bought_mwh_int + self.own_mwh_int + self.gas_mwh_int
        return Fraction(self.emitted_ug, used) if used else Fraction(0)


def mix(
    method: Method,
    library: Library,
    bought_mwh_int: int,
    own_mwh_int: int,
    gas: Iterable[tuple[int, FuelFactor]],
    upstream: Mapping[str, str],
) -> Mix:
    """Return the mix of a span: bought power, own power used on the site, and gas by the factor it burns at.

    upstream: fuel factor id -> id of the factor of making it.

    Raises LedgerError when a factor is in no pack, an energy is negative; FactorKindError for a factor of another kind.
    """
    burnt = list(gas)
    if min(bought_mwh_int, own_mwh_int, *(energy for energy, _ in burnt), 0) < 0:
        raise LedgerError(
            f"footprint: energy of {bought_mwh_int}, {own_mwh_int} mWh or of gas is negative; restate the readings"
        )
    transmission = library.get(method.transmission_id, TransmissionFactor) if method.transmission_id else None
    emitted = footprint_ug(bought_mwh_int, library.get(method.life_cycle_id, LifeCycleFactor), transmission)
    emitted += footprint_ug(own_mwh_int, library.get(method.solar_id, LifeCycleFactor))
    for energy, factor in burnt:
        quantity = Decimal(energy) / MWH_INT_PER_KWH
        emitted += fuel_ug(quantity, factor.unit, factor)
        if factor.id in upstream:
            making = library.get(upstream[factor.id], UpstreamFactor)
            emitted += upstream_ug(quantity, making.unit, making)
    return Mix(bought_mwh_int, own_mwh_int, sum(energy for energy, _ in burnt), emitted)


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a footprint: `quantity` of a thing, what it emits [ug CO2e], and how good and how sure that is."""

    kind: Literal["material", "freight", "energy"]
    thing_id: str
    quantity: Decimal
    unit: str
    emitted_ug: int
    primary_share: Decimal
    rating: Decimal
    cv: Decimal
    group: str
    origin: str


@dataclass(frozen=True, slots=True)
class Footprint:
    """A footprint with its parts. primary_share and rating are weighted by emissions; rating is 1 best to 5."""

    thing_id: str
    units: int
    parts: tuple[Part, ...]
    total_ug: int
    primary_share: Decimal
    rating: Decimal | None
    cv: float
    variance_shares: Mapping[str, float]

    def of_kind_ug(self, kind: str) -> int:
        """Return the emissions of the parts of one kind [ug CO2e]."""
        return sum(part.emitted_ug for part in self.parts if part.kind == kind)


def material_parts(
    park: Park,
    product_id: str,
    sourcing: Mapping[str, Sourcing],
    freight: Mapping[str, ActivityFactor],
    upstream_kg: Mapping[str, Decimal],
    method: Method,
    times: Fraction = Fraction(1),
) -> tuple[Part, ...]:
    """Return the materials of a product and their freight, boards made here taken apart, by material.

    sourcing: material id -> its row; a material without one has no primary data, the worst rating, and its freight is
    not known and not counted. freight: factor id -> factor. upstream_kg: material id -> footprint of a unit that
    stands in for the park folder's [kg CO2e], such as one received or one solved in the chain of suppliers. times: how
    many bills were consumed, for a unit 1 and its share of what scrapped units of its lot consumed.

    Raises LedgerError when the product is unknown or a freight factor is per another unit.
    """
    if product_id not in park.product:
        raise LedgerError(f"product {product_id!r}: is not made in {park.site.park_id}; give one of products.toml")
    found: list[Part] = []
    for material_id, quantity in sorted(needed(park, product_id, Decimal(times.numerator) / times.denominator).items()):
        row = sourcing.get(material_id)
        bought = quantity * (1 + row.scrap_share if row else 1)
        material = park.material[material_id]
        each = upstream_kg.get(material_id, decimal(material.footprint_kg_per_unit))
        found.append(
            Part(
                "material", material_id, bought, material.unit, half_up(bought * each * UG_PER_KG),
                row.primary_share if row else Decimal(0), row.rating if row else Decimal(5),
                row.cv if row else Decimal(0), row.group if row else "", row.origin if row else "unknown",
            )
        )  # fmt: skip
        if row and row.freight_factor_id:
            found.append(_freight(row, bought, freight, method))
    return tuple(found)


def needed(park: Park, product_id: str, times: Decimal) -> dict[str, Decimal]:
    """Return material id -> quantity in `times` units of a product, boards made here taken apart.

    Raises LedgerError when a bill contains itself.
    """
    found: dict[str, Decimal] = {}
    _take_apart(park, product_id, times, found, ())
    return found


def _take_apart(park: Park, product_id: str, times: Decimal, found: dict[str, Decimal], above: tuple[str, ...]) -> None:
    """Add the materials of `times` units of a product to `found`."""
    if product_id in above:
        raise LedgerError(f"bill of {product_id}: contains itself through {above}; correct bills.csv")
    for line in park.bill:
        if line.product_id != product_id:
            continue
        quantity = times * decimal(line.quantity)
        if line.component_id in park.material:
            found[line.component_id] = found.get(line.component_id, Decimal(0)) + quantity
        else:
            _take_apart(park, line.component_id, quantity, found, (*above, product_id))


def carried_t_km(row: Sourcing) -> Decimal:
    """Return the freight of a unit of a material [t.km]."""
    return row.mass_kg * row.distance_km / 1000


def _freight(row: Sourcing, bought: Decimal, factors: Mapping[str, ActivityFactor], method: Method) -> Part:
    factor = factors[row.freight_factor_id]
    if factor.unit != FREIGHT_UNIT:
        raise LedgerError(
            f"sourcing of {row.material_id}: factor {factor.id} is per {factor.unit}, freight needs one per "
            f"{FREIGHT_UNIT}; name another in sourcing.csv"
        )
    carried = bought * carried_t_km(row)
    emitted = half_up(carried * factor.value * UG_PER_KG)
    return Part(
        "freight", row.material_id, carried, FREIGHT_UNIT, emitted, Decimal(0), method.freight_rating,
        method.freight_cv, factor.id, factor.id,
    )  # fmt: skip


def energy_part(energy_mwh_int: int, used: Mix, method: Method) -> Part:
    """Return the energy part of a footprint: metered energy x the span's life-cycle emissions a milliwatt-hour.

    The energy is metered by the park itself, so that the part counts as primary data.

    Raises LedgerError when the energy is negative.
    """
    if energy_mwh_int < 0:
        raise LedgerError(f"footprint: energy of {energy_mwh_int} mWh is negative; restate the day's readings")
    emitted = half_up_fraction(energy_mwh_int * used.ug_per_mwh_int)
    quantity = Decimal(energy_mwh_int) / MWH_INT_PER_KWH
    return Part(
        "energy", "process", quantity, "kWh", emitted, Decimal(1), method.rating, method.cv, method.life_cycle_id,
        "metered",
    )  # fmt: skip


def half_up_fraction(value: Fraction) -> int:
    """Return the nearest integer of a fraction of at least 0; a half goes up."""
    return (2 * value.numerator + value.denominator) // (2 * value.denominator)


def of_parts(thing_id: str, units: int, parts: Sequence[Part]) -> Footprint:
    """Return the footprint of some parts.

    primary_share: share of the absolute footprint that rests on primary data. rating: mean weighted by emissions.

    Raises LedgerError when there is no unit.

    References: PACT Methodology v3, 2025, primary data share and data-quality ratings.
    """
    if units < 1:
        raise LedgerError(f"footprint of {thing_id}: has no unit; name days or a lot in which some were finished")
    total = sum(part.emitted_ug for part in parts)
    sized = [(abs(part.emitted_ug), part) for part in parts]
    weight = sum(size for size, _ in sized)
    erring = [uncertainty.Part(part.emitted_ug / UG_PER_KG, float(part.cv), part.group) for part in parts]
    return Footprint(
        thing_id,
        units,
        tuple(parts),
        total,
        sum((size * part.primary_share for size, part in sized), Decimal(0)) / weight if weight else Decimal(0),
        sum((size * part.rating for size, part in sized), Decimal(0)) / weight if weight else None,
        uncertainty.combined_sd_kg(erring) / (total / UG_PER_KG) if total else 0.0,
        uncertainty.variance_shares(erring),
    )


def summed(thing_id: str, footprints: Sequence[Footprint]) -> Footprint:
    """Return the footprint of a lot: the parts of its units added up by kind and thing.

    What errs alone in a unit still errs alone in the lot; a shared factor stays shared, so that many units do not make
    it surer.

    Raises LedgerError when the parts of a thing differ in unit, group or quality, or there is no unit.
    """
    merged: dict[tuple[str, str, str], Part] = {}
    for one in footprints:
        for part in one.parts:
            key = (part.kind, part.thing_id, part.group)
            before = merged.get(key)
            if before is None:
                merged[key] = part
                continue
            if (before.unit, before.rating, before.primary_share, before.cv) != (
                part.unit, part.rating, part.primary_share, part.cv,
            ):  # fmt: skip
                raise LedgerError(f"lot {thing_id}: {part.thing_id} has two qualities; report its units one by one")
            merged[key] = replace(
                before, quantity=before.quantity + part.quantity, emitted_ug=before.emitted_ug + part.emitted_ug
            )
    return of_parts(thing_id, sum(one.units for one in footprints), tuple(merged[key] for key in sorted(merged)))
