"""PACT 2.x product footprints on the wire, for partners that have not moved to 3.0 yet.

References: PACT Technical Specifications 2.0 to 2.3, data model.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import ROUND_HALF_EVEN, Context, Decimal
from types import MappingProxyType
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError

from parkwright.carbon.declaration import Declaration
from parkwright.connect.pact_wire import (
    ITEMS,
    Number,
    Urn,
    WireError,
    WireHeader,
    WireScope,
    Words,
    decimal_text,
    first_fault,
    header,
    known,
    of_header,
    scope,
)

_EXACT = Context(prec=160, rounding=ROUND_HALF_EVEN)
_FINE = Decimal("1e-12")
PARTS: Mapping[str, str] = MappingProxyType(
    {
        "fossil": "fossilGhgEmissions",
        "land_use_change": "dLucGhgEmissions",
        "land_management_biogenic": "landManagementGhgEmissions",
        "biogenic_other": "otherBiogenicGhgEmissions",
        "uptake": "biogenicCarbonWithdrawal",
        "aircraft": "aircraftGhgEmissions",
        "packaging": "packagingGhgEmissions",
    }
)
"""Part of a declaration -> its field in 2.x; parts that 2.x does not know are in its total alone."""
STANDARDS: Mapping[str, str] = MappingProxyType(
    {
        "GHGP-Product": "GHG Protocol Product standard",
        "ISO14067": "ISO Standard 14067",
        "ISO14040-44": "ISO Standard 14044",
    }
)
"""Standard of a declaration -> its name in 2.x; what 2.x does not know follows the first of these."""


class WireCarbon2(WireScope):
    """The carbon footprint of a product in 2.x."""

    unit: Literal["liter", "kilogram", "cubic meter", "kilowatt hour", "megajoule", "ton kilometer", "square meter"] = (
        Field(alias="declaredUnit")
    )
    amount: Number = Field(alias="unitaryProductAmount")
    total_kg: Number = Field(alias="pCfExcludingBiogenic")
    net_kg: Number | None = Field(None, alias="pCfIncludingBiogenic")
    fossil: Number = Field(alias="fossilGhgEmissions")
    land_use_change: Number | None = Field(None, alias="dLucGhgEmissions")
    land_management_biogenic: Number | None = Field(None, alias="landManagementGhgEmissions")
    biogenic_other: Number | None = Field(None, alias="otherBiogenicGhgEmissions")
    uptake: Number | None = Field(None, alias="biogenicCarbonWithdrawal")
    aircraft: Number | None = Field(None, alias="aircraftGhgEmissions")
    packaging: Number | None = Field(None, alias="packagingGhgEmissions")
    fossil_carbon_kg: Number = Field(alias="fossilCarbonContent")
    biogenic_carbon_kg: Number | None = Field(None, alias="biogenicCarbonContent")
    gwp_set: Literal["AR5", "AR6"] = Field(alias="characterizationFactors")
    standards: list[Words] = Field(alias="crossSectoralStandardsUsed", min_length=1, max_length=ITEMS)
    exempted_percent: Annotated[float, Field(ge=0, le=100)] = Field(alias="exemptedEmissionsPercent")
    primary_share_percent: Annotated[float, Field(ge=0, le=100)] | None = Field(None, alias="primaryDataShare")


class WireFootprint2(WireHeader):
    """A product footprint in 2.x."""

    spec: str = Field(alias="specVersion", pattern=r"^2\.[0-9]+\.[0-9]+(-[0-9]{8})?$", max_length=20)
    category: Annotated[Urn | Words, Field(max_length=500)] = Field(alias="productCategoryCpc")
    pcf: WireCarbon2


def to_wire2(one: Declaration) -> dict[str, Any]:
    """Return a declaration as a PACT 2.3 ProductFootprint.

    2.x gives figures per unit, where 3.0 gives them for the declared amount; it knows no pieces: their footprint
    becomes one per kilogram of product.

    Raises WireError for one per piece whose mass is not known.
    """
    if one.unit not in ("piece", "hour", "megabit second"):
        unit, amount = one.unit, one.amount
    elif one.mass_kg > 0:
        unit, amount = "kilogram", one.mass_kg
    else:
        raise WireError(f"footprint {one.id}: PACT 2.x knows no {one.unit}, and its mass is 0; ask for it in 3.0")

    def per_unit(kg: Decimal) -> str:
        return decimal_text(_EXACT.divide(kg, amount).quantize(_FINE, context=_EXACT))

    parts = {wire: per_unit(one.parts[name]) for name, wire in PARTS.items() if name in one.parts}
    carbon: dict[str, Any] = {
        "declaredUnit": unit,
        "unitaryProductAmount": decimal_text(amount),
        **scope(one),
        "pCfExcludingBiogenic": per_unit(one.total_kg),
        "pCfIncludingBiogenic": per_unit(one.net_kg),
        "fossilCarbonContent": per_unit(one.fossil_carbon_kg),
        "biogenicCarbonContent": per_unit(one.biogenic_carbon_kg or Decimal(0)),
        **parts,
        "characterizationFactors": "AR5" if "AR6" not in one.gwp_sets else "AR6",
        "ipccCharacterizationFactorsSources": list(one.gwp_sets),
        "crossSectoralStandardsUsed": [STANDARDS[name] for name in one.standards if name in STANDARDS]
        or [STANDARDS["GHGP-Product"]],
        "boundaryProcessesDescription": one.boundary,
        "exemptedEmissionsPercent": float(one.exempted_percent),
        "exemptedEmissionsDescription": "",
        "packagingEmissionsIncluded": "packaging" in one.parts,
        "primaryDataShare": None if one.primary_share_percent is None else float(one.primary_share_percent),
    }
    footprint = {
        **header(one, "2.3.0"),
        "version": len(one.preceding),
        "productCategoryCpc": one.classifications[0].rsplit(":", 1)[-1] if one.classifications else "unknown",
        "comment": one.comment,
    }
    return {**known(footprint), "pcf": known(carbon)}


def from_wire2(message: object) -> Declaration:
    """Return the declaration of a PACT 2.x ProductFootprint; raises WireError that names the first bad field."""
    try:
        found = WireFootprint2.model_validate(message)
    except ValidationError as error:
        raise WireError(first_fault("footprint", error)) from error
    carbon = found.pcf
    amount = Decimal(carbon.amount)
    parts = {name: Decimal(text) * amount for name in PARTS if (text := getattr(carbon, name)) is not None}
    total = Decimal(carbon.total_kg) * amount
    net = total + parts.get("uptake", Decimal(0)) if carbon.net_kg is None else Decimal(carbon.net_kg) * amount
    share = carbon.primary_share_percent
    return Declaration(
        **of_header(found, carbon),
        unit=carbon.unit,
        amount=amount,
        mass_kg=amount if carbon.unit == "kilogram" else Decimal(0),
        total_kg=total,
        net_kg=net,
        parts=parts,
        fossil_carbon_kg=Decimal(carbon.fossil_carbon_kg) * amount,
        biogenic_carbon_kg=None if carbon.biogenic_carbon_kg is None else Decimal(carbon.biogenic_carbon_kg) * amount,
        classifications=(f"urn:pact:productclassification:un-cpc:{found.category}",),
        gwp_sets=(carbon.gwp_set,),
        standards=tuple(carbon.standards),
        exempted_percent=Decimal(repr(carbon.exempted_percent)),
        primary_share_percent=None if share is None else Decimal(repr(share)),
        spec=found.spec,
    )
