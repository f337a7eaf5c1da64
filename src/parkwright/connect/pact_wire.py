"""PACT 3.0 product footprints on the wire: JSON with camelCase names and decimals as strings, to and from declarations.

References: PACT Technical Specifications 3.0.3, data model (openapi.yaml, components/schemas).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from parkwright.carbon.declaration import Declaration
from parkwright.model.errors import ParkwrightError


class WireError(ParkwrightError):
    """A message of a partner that does not keep its format; names the field, the finding and the way out."""


DIGITS = 60
"""Longest decimal that is read (assumed: no footprint needs more; a bound against hostile messages)."""
TEXT, ITEMS = 10_000, 1_000
"""Longest text [characters] and list [items] that is read (assumed, likewise)."""

Number = Annotated[str, Field(pattern=r"^[+-]?[0-9]+(\.[0-9]+)?$", max_length=DIGITS)]
NotNegative = Annotated[str, Field(pattern=r"^(\+?[0-9]+(\.[0-9]+)?|-0+(\.0+)?)$", max_length=DIGITS)]
NotPositive = Annotated[str, Field(pattern=r"^(-[0-9]+(\.[0-9]+)?|\+?0+(\.0+)?)$", max_length=DIGITS)]
Urn = Annotated[str, Field(pattern=r"^[uU][rR][nN]:", max_length=500)]
Words = Annotated[str, Field(max_length=TEXT)]
Name = Annotated[str, Field(min_length=1, max_length=TEXT)]
Urns = Annotated[list[Urn], Field(min_length=1, max_length=ITEMS)]
Unit = Literal[
    "liter", "kilogram", "cubic meter", "kilowatt hour", "megajoule", "ton kilometer", "square meter", "piece", "hour",
    "megabit second",
]  # fmt: skip
Region = Literal[
    "Africa", "Americas", "Asia", "Europe", "Oceania", "Australia and New Zealand", "Central Asia", "Eastern Asia",
    "Eastern Europe", "Latin America and the Caribbean", "Melanesia", "Micronesia", "Northern Africa",
    "Northern America", "Northern Europe", "Polynesia", "South-eastern Asia", "Southern Asia", "Southern Europe",
    "Sub-Saharan Africa", "Western Asia", "Western Europe",
]  # fmt: skip

PARTS: Mapping[str, str] = MappingProxyType(
    {
        "fossil": "fossilGhgEmissions",
        "land_use_change": "landUseChangeGhgEmissions",
        "land_management_fossil": "landManagementFossilGhgEmissions",
        "land_management_biogenic": "landManagementBiogenicCO2Emissions",
        "land_management_removals": "landManagementBiogenicCO2Removals",
        "biogenic_other": "biogenicNonCO2Emissions",
        "technological_removals": "technologicalCO2Removals",
        "capture_storage": "ccsTechnologicalCO2Capture",
        "uptake": "biogenicCO2Uptake",
        "aircraft": "aircraftGhgEmissions",
        "packaging": "packagingGhgEmissions",
        "outbound": "outboundLogisticsGhgEmissions",
    }
)
"""Part of a declaration -> its field on the wire."""
QUALITY: Mapping[str, str] = MappingProxyType(
    {"technological": "technologicalDQR", "geographical": "geographicalDQR", "temporal": "temporalDQR"}
)
"""Data quality rating of a declaration -> its field on the wire."""


class Wire(BaseModel):
    """A part of a message: known fields are checked, unknown ones left alone."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class WireQuality(Wire):
    """Data quality indicators."""

    technological: Number = Field(alias="technologicalDQR")
    geographical: Number = Field(alias="geographicalDQR")
    temporal: Number = Field(alias="temporalDQR")


class WireSource(Wire):
    """A source of secondary emission factors."""

    name: Words
    version: Words


class WireScope(Wire):
    """Period, place and boundary of a footprint, alike in 2.x and 3.0."""

    period_start: AwareDatetime = Field(alias="referencePeriodStart")
    period_end: AwareDatetime = Field(alias="referencePeriodEnd")
    region: Region | None = Field(None, alias="geographyRegionOrSubregion")
    country: str | None = Field(None, alias="geographyCountry", pattern=r"^[A-Z]{2}$")
    subdivision: str | None = Field(None, alias="geographyCountrySubdivision", pattern=r"^[A-Z]{2}-[A-Z0-9]{1,3}$")
    boundary: Words = Field("", alias="boundaryProcessesDescription")


class WireHeader(Wire):
    """What a product footprint is of, alike in 2.x and 3.0."""

    id: UUID
    preceding: list[UUID] = Field([], alias="precedingPfIds", max_length=ITEMS)
    created: AwareDatetime
    status: Literal["Active", "Deprecated"]
    valid_start: AwareDatetime | None = Field(None, alias="validityPeriodStart")
    valid_end: AwareDatetime | None = Field(None, alias="validityPeriodEnd")
    company_name: Name = Field(alias="companyName")
    company_ids: Urns = Field(alias="companyIds")
    product_text: Words = Field(alias="productDescription")
    product_ids: Urns = Field(alias="productIds")
    product_name: Name = Field(alias="productNameCompany")
    comment: Words = ""


class WireCarbon(WireScope):
    """The carbon footprint of a product."""

    unit: Unit = Field(alias="declaredUnitOfMeasurement")
    amount: NotNegative = Field(alias="declaredUnitAmount")
    mass_kg: Number = Field(alias="productMassPerDeclaredUnit")
    total_kg: Number = Field(alias="pcfExcludingBiogenicUptake")
    net_kg: Number = Field(alias="pcfIncludingBiogenicUptake")
    fossil_carbon_kg: NotNegative = Field(alias="fossilCarbonContent")
    biogenic_carbon_kg: NotNegative | None = Field(None, alias="biogenicCarbonContent")
    fossil: NotNegative = Field(alias="fossilGhgEmissions")
    land_use_change: NotNegative | None = Field(None, alias="landUseChangeGhgEmissions")
    land_management_fossil: NotNegative | None = Field(None, alias="landManagementFossilGhgEmissions")
    land_management_biogenic: NotNegative | None = Field(None, alias="landManagementBiogenicCO2Emissions")
    land_management_removals: NotPositive | None = Field(None, alias="landManagementBiogenicCO2Removals")
    biogenic_other: NotNegative | None = Field(None, alias="biogenicNonCO2Emissions")
    technological_removals: NotPositive | None = Field(None, alias="technologicalCO2Removals")
    capture_storage: NotPositive | None = Field(None, alias="ccsTechnologicalCO2Capture")
    uptake: NotPositive | None = Field(None, alias="biogenicCO2Uptake")
    aircraft: NotNegative | None = Field(None, alias="aircraftGhgEmissions")
    packaging: NotNegative | None = Field(None, alias="packagingGhgEmissions")
    outbound: NotNegative | None = Field(None, alias="outboundLogisticsGhgEmissions")
    gwp_sets: list[Annotated[str, Field(pattern=r"^AR[0-9]+$", max_length=8)]] = Field(
        alias="ipccCharacterizationFactors", min_length=1, max_length=ITEMS
    )
    standards: list[Words] = Field(alias="crossSectoralStandards", min_length=1, max_length=ITEMS)
    exempted_percent: Number = Field(alias="exemptedEmissionsPercent")
    primary_share_percent: Number | None = Field(None, alias="primaryDataShare")
    quality: WireQuality | None = Field(None, alias="dqi")
    sources: list[WireSource] = Field([], alias="secondaryEmissionFactorSources", max_length=ITEMS)


class WireFootprint(WireHeader):
    """A product footprint."""

    spec: str = Field(alias="specVersion", pattern=r"^[0-9]+\.[0-9]+\.[0-9]+(-[0-9]{8})?$", max_length=20)
    classifications: list[Urn] = Field([], alias="productClassifications", max_length=ITEMS)
    pcf: WireCarbon


def decimal_text(value: Decimal) -> str:
    """Return a decimal as PACT writes it: digits and a point, never an exponent."""
    return format(value, "f")


def instant_text(instant: datetime) -> str:
    """Return an instant as ISO 8601 in UTC, whole seconds or milliseconds, with a final Z."""
    utc = instant.astimezone(UTC)
    form = "milliseconds" if utc.microsecond else "seconds"
    return utc.isoformat(timespec=form).replace("+00:00", "Z")


def to_wire(one: Declaration) -> dict[str, Any]:
    """Return a declaration as a PACT 3.0 ProductFootprint; what is not known is left out."""
    parts = {wire: decimal_text(one.parts[name]) for name, wire in PARTS.items() if name in one.parts}
    carbon: dict[str, Any] = {
        "declaredUnitOfMeasurement": one.unit,
        "declaredUnitAmount": decimal_text(one.amount),
        "productMassPerDeclaredUnit": decimal_text(one.mass_kg),
        **scope(one),
        "boundaryProcessesDescription": one.boundary or None,
        "pcfExcludingBiogenicUptake": decimal_text(one.total_kg),
        "pcfIncludingBiogenicUptake": decimal_text(one.net_kg),
        "fossilCarbonContent": decimal_text(one.fossil_carbon_kg),
        "biogenicCarbonContent": None if one.biogenic_carbon_kg is None else decimal_text(one.biogenic_carbon_kg),
        **parts,
        "packagingEmissionsIncluded": "packaging" in one.parts,
        "ipccCharacterizationFactors": list(one.gwp_sets),
        "crossSectoralStandards": list(one.standards),
        "exemptedEmissionsPercent": decimal_text(one.exempted_percent),
        "primaryDataShare": None if one.primary_share_percent is None else decimal_text(one.primary_share_percent),
        "dqi": {wire: decimal_text(one.quality[name]) for name, wire in QUALITY.items()} if one.quality else None,
        "secondaryEmissionFactorSources": [{"name": name, "version": version} for name, version in one.sources] or None,
    }
    footprint = {
        **header(one, one.spec),
        "productClassifications": list(one.classifications) or None,
        "comment": one.comment or None,
    }
    return {**known(footprint), "pcf": known(carbon)}


def from_wire(message: object) -> Declaration:
    """Return the declaration of a PACT 3.0 ProductFootprint.

    Raises WireError that names the first field that does not keep the format.
    """
    try:
        found = WireFootprint.model_validate(message)
    except ValidationError as error:
        raise WireError(first_fault("footprint", error)) from error
    carbon = found.pcf
    parts = {name: Decimal(text) for name in PARTS if (text := getattr(carbon, name)) is not None}
    return Declaration(
        **of_header(found, carbon),
        unit=carbon.unit,
        amount=Decimal(carbon.amount),
        mass_kg=Decimal(carbon.mass_kg),
        total_kg=Decimal(carbon.total_kg),
        net_kg=Decimal(carbon.net_kg),
        parts=parts,
        fossil_carbon_kg=Decimal(carbon.fossil_carbon_kg),
        biogenic_carbon_kg=_decimal(carbon.biogenic_carbon_kg),
        classifications=tuple(found.classifications),
        gwp_sets=tuple(carbon.gwp_sets),
        standards=tuple(carbon.standards),
        exempted_percent=Decimal(carbon.exempted_percent),
        primary_share_percent=_decimal(carbon.primary_share_percent),
        quality={name: Decimal(getattr(carbon.quality, name)) for name in QUALITY} if carbon.quality else {},
        sources=tuple((source.name, source.version) for source in carbon.sources),
        spec=found.spec,
    )


def header(one: Declaration, spec: str) -> dict[str, Any]:
    """Return what a footprint is of, as both editions write it; None for what is not known. spec: version written."""
    return {
        "id": one.id,
        "specVersion": spec,
        "precedingPfIds": list(one.preceding) or None,
        "created": instant_text(one.created),
        "status": one.status.capitalize(),
        "validityPeriodStart": instant_text(one.valid[0]) if one.valid else None,
        "validityPeriodEnd": instant_text(one.valid[1]) if one.valid else None,
        "companyName": one.company_name,
        "companyIds": list(one.company_ids),
        "productDescription": one.product_text,
        "productIds": list(one.product_ids),
        "productNameCompany": one.product_name,
    }


def of_header(found: WireHeader, carbon: WireScope) -> dict[str, Any]:
    """Return the fields of a declaration that both editions tell alike."""
    valid = None
    if found.valid_start is not None and found.valid_end is not None:
        valid = (found.valid_start.astimezone(UTC), found.valid_end.astimezone(UTC))
    return {
        "id": str(found.id),
        "created": found.created.astimezone(UTC),
        "status": found.status.lower(),
        "company_name": found.company_name,
        "company_ids": tuple(found.company_ids),
        "product_ids": tuple(found.product_ids),
        "product_name": found.product_name,
        "product_text": found.product_text,
        "preceding": tuple(str(id_) for id_ in found.preceding),
        "valid": valid,
        "comment": found.comment,
        "period": (carbon.period_start.astimezone(UTC), carbon.period_end.astimezone(UTC)),
        "region": carbon.region,
        "country": carbon.country,
        "subdivision": carbon.subdivision,
        "boundary": carbon.boundary,
    }


def first_fault(thing: str, error: ValidationError) -> str:
    """Return the first finding of a validation as one line: thing: field: finding; way out. Never the value itself."""
    fault = error.errors(include_url=False, include_input=False, include_context=False)[0]
    where = ".".join(str(step) for step in fault["loc"]) or "the message"
    return f"{thing}: {where}: {fault['msg']}; correct it and send the message again"


def scope(one: Declaration) -> dict[str, str | None]:
    """Return the period and the finest place that is known; PACT allows one of three kinds of place."""
    period = {"referencePeriodStart": instant_text(one.period[0]), "referencePeriodEnd": instant_text(one.period[1])}
    if one.subdivision:
        return {**period, "geographyCountrySubdivision": one.subdivision}
    if one.country:
        return {**period, "geographyCountry": one.country}
    return {**period, "geographyRegionOrSubregion": one.region}


def known(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields without those that are None."""
    return {name: value for name, value in fields.items() if value is not None}


def _decimal(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


def listed(declarations: Sequence[Declaration]) -> dict[str, Any]:
    """Return declarations as the body of ListFootprints."""
    return {"data": [to_wire(one) for one in declarations]}
