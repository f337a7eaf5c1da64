"""Our own product footprints for partners: a footprint of closed days as a declaration whose parts add up exactly."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Annotated

import polars as pl

from parkwright.carbon.chain import Process
from parkwright.carbon.declaration import ACTIVE, Declaration, issued
from parkwright.carbon.digital_passport import DeclaredPassport
from parkwright.carbon.factors import UG_PER_KG, decimal
from parkwright.carbon.footprint import Footprint, Part, Sourcing
from parkwright.carbon.passport import counted, materials_ug
from parkwright.carbon.plausible import per_unit_kg
from parkwright.model.errors import LedgerError
from parkwright.model.noun import Noun, Sourced, figure, word
from parkwright.model.park import Park
from parkwright.model.tables import FOOTPRINTS, conform
from parkwright.model.trade_item import CHECKED, FORM

_EXACT = Context(prec=60, rounding=ROUND_HALF_UP)
FINEST_KG = Decimal("0.000001")
"""Each part of a declared footprint is rounded to a milligram, then summed: the sum is exact."""
PACKAGING = "packing"
"""Position of a bill of material whose lines are the packaging."""
KINDS: Mapping[str, str] = {"material": "materials", "freight": "inbound freight", "energy": "energy of making"}


class Gtin(Noun):
    """The GS1 trade item number of a product."""

    product_id: str = word("product")
    gtin: Annotated[str, CHECKED] = word("trade item number, 14 digits, the last one its check digit", pattern=FORM)


class Identity(Sourced):
    """How the park names itself and its things to partners."""

    company_name: str = word("name of the company", min_length=1, max_length=200)
    company_ids: tuple[str, ...] = word("URNs of the company", min_length=1)
    manufacturer_id: str = word("business partner number in data spaces", "")
    street: str = word("street and number", "")
    postal_code: str = word("postal code", "")
    city: str = word("city", "")
    product_urn: str = word("URN of a product without its id", pattern=r"^[uU][rR][nN]:.+:$")
    material_urn: str = word("URN of a purchased material without its id", pattern=r"^[uU][rR][nN]:.+:$")
    classifications: tuple[str, ...] = word("URNs of the kind of product", ())
    category: str = word("kind of product in one word", "electronics")
    country: str = word("ISO 3166 alpha-2", pattern=r"^[A-Z]{2}$")
    subdivision: str | None = word("ISO 3166-2", None, pattern=r"^[A-Z]{2}-[A-Z0-9]{1,3}$")
    region: str | None = word("region of the United Nations", None)
    boundary: str = word("what the footprint covers", "")
    fossil_carbon_share: Decimal = figure("kg C per kg", "fossil carbon in a product", ge=0, le=1)
    resolver: str | None = word(
        "address of the park's own resolver of product links, https://", None, pattern=r"^https://"
    )
    gtin: tuple[Gtin, ...] = word("trade item numbers", ())
    passport: DeclaredPassport | None = word("what digital product passports tell beside the ledger", None)

    def gtin_of(self, product_id: str) -> str | None:
        """Return the trade item number of a product; None where it has none."""
        return next((one.gtin for one in self.gtin if one.product_id == product_id), None)


def of_footprint(
    park: Park,
    identity: Identity,
    found: Footprint,
    period: tuple[datetime, datetime],
    sources: tuple[tuple[str, str], ...],
    version: tuple[str, datetime, tuple[str, ...]],
) -> Declaration:
    """Return the declaration of one piece of a product: the mean over the units of its footprint.

    found: of the product, over all units of closed days. period: of those days. sources: name and version of the
    published factors in it. version: id, instant of issue and the ids that it replaces.

    Raises LedgerError when the product is not made here.
    """
    if found.thing_id not in park.product:
        raise LedgerError(f"product {found.thing_id!r}: is not made here; name one of products.toml")
    product = park.product[found.thing_id]
    sums = {kind: _fine(sum(p.emitted_ug for p in found.parts if p.kind == kind), found.units) for kind in KINDS}
    total_kg = sum(sums.values(), Decimal(0))
    id_, created, preceding = version
    mass_kg = decimal(product.mass_kg)
    told = ", ".join(f"{text} {sums[kind]} kg" for kind, text in KINDS.items())
    return issued(
        Declaration(
            id=id_,
            created=created,
            status=ACTIVE,
            company_name=identity.company_name,
            company_ids=identity.company_ids,
            product_ids=(f"{identity.product_urn}{product.id}",),
            product_name=product.name.en,
            product_text=f"{product.name.en}, made at {park.site.name.en}",
            unit="piece",
            amount=Decimal(1),
            mass_kg=mass_kg,
            period=period,
            total_kg=total_kg,
            net_kg=total_kg,
            parts={"fossil": total_kg, "packaging": _packaging_kg(park, found)},
            fossil_carbon_kg=(mass_kg * identity.fossil_carbon_share).quantize(FINEST_KG, context=_EXACT),
            preceding=preceding,
            classifications=identity.classifications,
            comment=f"mean of {found.units} units with metered energy; per piece: {told}",
            region=identity.region,
            country=identity.country,
            subdivision=identity.subdivision,
            boundary=identity.boundary,
            standards=("GHGP-Product", "ISO14067", "PACT-3.0"),
            primary_share_percent=(100 * found.primary_share).quantize(Decimal("0.01"), context=_EXACT),
            sources=sources,
        )
    )


def _packaging_kg(park: Park, found: Footprint) -> Decimal:
    """Return the footprint of a piece's packaging: its bill lines that are packing, with their freight."""
    packed = {
        line.component_id for line in park.bill if line.product_id == found.thing_id and line.position == PACKAGING
    }
    return _fine(sum(part.emitted_ug for part in found.parts if _is_of(part, packed)), found.units)


def _is_of(part: Part, materials: set[str]) -> bool:
    return part.kind in ("material", "freight") and part.thing_id in materials


def supplied_kg(park: Park, in_use: Mapping[str, Declaration]) -> dict[str, Decimal]:
    """Return material id -> footprint of a unit of account [kg CO2e] that suppliers declared and that is in use.

    Raises LedgerError when one does not convert to its material's unit.
    """
    found = {}
    for material_id, declaration in in_use.items():
        if material_id not in park.material:
            continue
        unit = park.material[material_id].unit
        each = per_unit_kg(declaration, unit)
        if each is None:
            raise LedgerError(
                f"material {material_id}: the footprint in use is per {declaration.unit} and not per {unit}; ask the "
                "supplier for that unit"
            )
        found[material_id] = each
    return found


def supplied(park: Park, in_use: Mapping[str, Declaration], day: str) -> pl.DataFrame:
    """Return the FOOTPRINTS of a day (ISO 8601): what suppliers declared for materials of the park and is in use.

    Raises LedgerError when one does not convert to its material's unit.
    """
    rows = [(day, name, float(kg), in_use[name].id) for name, kg in supplied_kg(park, in_use).items()]
    return conform(pl.DataFrame(rows, schema=FOOTPRINTS.schema, orient="row"), FOOTPRINTS)


def supplied_share(park: Park, in_use: Mapping[str, Declaration], counts: Mapping[str, int]) -> Decimal | None:
    """Return the share of what the materials of some units emit that rests on suppliers' own figures in use.

    counts: product -> units. None where their materials emit nothing.
    """
    rows = supplied(park, in_use, "")
    every = materials_ug(counted(park, rows))
    folder = pl.DataFrame([("", one.id, 0.0, "") for one in park.materials], schema=FOOTPRINTS.schema, orient="row")
    theirs = materials_ug(counted(park, pl.concat([folder, rows])))
    whole, part = (sum(each[name] * n for name, n in counts.items()) for each in (every, theirs))
    return Decimal(part) / whole if whole else None


def supplied_processes(processes: Iterable[Process], kg: Mapping[str, Decimal]) -> tuple[Process, ...]:
    """Return the processes with those that make a supplied material standing for all that is behind them.

    kg: of supplied_kg. Leave their exchanges out.
    """
    return tuple(one.model_copy(update={"direct_kg": float(kg[one.id])}) if one.id in kg else one for one in processes)


def supplied_sourcing(sourcing: Mapping[str, Sourcing], in_use: Mapping[str, Declaration]) -> dict[str, Sourcing]:
    """Return the sourcing with suppliers' own figures marked as such, with the share of primary data they declare."""
    found = dict(sourcing)
    for material_id, declaration in in_use.items():
        if material_id in found:
            share = (declaration.primary_share_percent or Decimal(0)) / 100
            changed = {"origin": "supplier", "primary_share": share}
            found[material_id] = found[material_id].model_copy(update=changed)
    return found


def _fine(emitted_ug: int, units: int) -> Decimal:
    """Return the mean of a unit [kg], to a milligram."""
    return _EXACT.divide(Decimal(emitted_ug), Decimal(units * UG_PER_KG)).quantize(FINEST_KG, context=_EXACT)
