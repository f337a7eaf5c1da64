"""Catena-X aspect models of a declaration and of a built unit: PCF 9.0.0, serial part 4.0.0, BOM as built 4.0.0.

The digital product passport is written by `catenax_passport`.

References: eclipse-tractusx/sldt-semantic-models, io.catenax.pcf 9.0.0, serial_part 4.0.0, single_level_bom_as_built
4.0.0 (CC BY 4.0).
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import date
from types import MappingProxyType
from typing import Any

from parkwright.carbon.declaration import Declaration
from parkwright.carbon.own import Identity
from parkwright.connect.pact_wire import WireError, instant_text, known
from parkwright.run.built import Piece

ASSETS = uuid.uuid5(uuid.NAMESPACE_URL, "https://parkwright.example/asset")
"""Name space of our asset ids: the same serial number is the same asset, whoever exports it."""
UNITS: Mapping[str, str] = MappingProxyType(
    {"piece": "unit:piece", "kg": "unit:kilogram", "m": "unit:metre", "m2": "unit:squareMetre"}
)
"""Unit of account -> unit of the BAMM catalogue."""
COUNTRIES: Mapping[str, str] = MappingProxyType(
    {"CN": "CHN", "DE": "DEU", "US": "USA", "JP": "JPN", "KR": "KOR", "TW": "TWN", "MY": "MYS", "VN": "VNM",
     "IN": "IND", "MX": "MEX", "HU": "HUN", "BR": "BRA", "FR": "FRA", "GB": "GBR", "IT": "ITA", "PL": "POL"}
)  # fmt: skip
"""ISO 3166-1 alpha-2 -> alpha-3 of the countries that parks here have; others are left out of the message."""
EXEMPTED_MAX = 10


def asset_id(park_id: str, serial: str) -> str:
    """Return the asset id of a unit or a lot, a name-based UUID (RFC 9562, version 5)."""
    return f"urn:uuid:{uuid.uuid5(ASSETS, f'{park_id}/{serial}')}"


def pcf(one: Declaration) -> dict[str, Any]:
    """Return a declaration as io.catenax.pcf 9.0.0; figures are numbers there.

    Raises WireError where the model cannot tell it: no region, a negative total, more than 10 % exempted.
    """
    if one.region is None:
        raise WireError(f"footprint {one.id}: names no region; set region in carbon/exchange.toml")
    if one.total_kg < 0 or not 0 <= one.exempted_percent <= EXEMPTED_MAX:
        raise WireError(f"footprint {one.id}: a negative total or over {EXEMPTED_MAX} % exempted cannot be told")
    return {
        "scopeOfPcfForm": [
            {"specVersion": "urn:io.catenax.pcf:datamodel:version:9.0.0", "partialFullPcf": "Cradle-to-gate"}
        ],
        "companyAndProductInformation": [_who(one)],
        "pcfAssessmentAndMethodology": [_how(one)],
        "general": [known({"comment": one.comment or None})],
        "carbonContent": [_content(one)],
        "productLifeCycleStagesAndEmissions": [_stages(one)],
    }


def _who(one: Declaration) -> dict[str, Any]:
    return {
        "companyInformation": [{"companyName": one.company_name, "companyIds": list(one.company_ids)}],
        "productInformation": [
            known(
                {
                    "productNameCompany": one.product_name,
                    "productIds": list(one.product_ids),
                    "declaredUnitOfMeasurement": one.unit,
                    "declaredUnitAmount": float(one.amount),
                    "productMassPerDeclaredUnit": float(one.mass_kg),
                    "productClassifications": list(one.classifications) or None,
                    "productDescription": one.product_text or None,
                }
            )
        ],
    }


def _how(one: Declaration) -> dict[str, Any]:
    start, end = one.validity
    share = one.primary_share_percent
    return {
        "dataSourcesAndQuality": [
            known(
                {
                    "primaryDataShare": None if share is None else float(share),
                    "secondaryEmissionFactorSources": [f"{name} {version}" for name, version in one.sources] or None,
                    **{f"{name}DQR": float(value) for name, value in one.quality.items()},
                }
            )
        ],
        "pcfAssessmentInformation": [
            {
                "technology": [
                    known(
                        {
                            "ccsTechnologicalCO2CaptureIncluded": "capture_storage" in one.parts,
                            "boundaryProcessesDescription": one.boundary or None,
                        }
                    )
                ],
                "idAndVersion": [
                    {
                        "id": one.id,
                        "version": len(one.preceding),
                        "status": one.status.capitalize(),
                        "retroOrProspectivePcfType": "Retrospective PCF",
                    }
                ],
                "boundarySpecifications": [{"exemptedEmissionsPercent": float(one.exempted_percent)}],
                "geography": [
                    known(
                        {
                            "geographyRegionOrSubregion": one.region,
                            "geographyCountry": one.country,
                            "geographyCountrySubdivision": one.subdivision,
                        }
                    )
                ],
                "time": [
                    {
                        "referencePeriodStart": instant_text(one.period[0]),
                        "referencePeriodEnd": instant_text(one.period[1]),
                        "created": instant_text(one.created),
                        "validityPeriodStart": instant_text(start),
                        "validityPeriodEnd": instant_text(end),
                    }
                ],
            }
        ],
    }


def _content(one: Declaration) -> dict[str, Any]:
    biogenic = one.biogenic_carbon_kg
    total = None if biogenic is None else float(one.fossil_carbon_kg + biogenic)
    return known(
        {
            "fossilCarbonContent": float(one.fossil_carbon_kg),
            "biogenicCarbonContent": None if biogenic is None else float(biogenic),
            "carbonContentTotal": total,
        }
    )


def _stages(one: Declaration) -> dict[str, Any]:
    parts = {
        "fossil": "fossilGhgEmissions",
        "biogenic_other": "biogenicNonCO2Emissions",
        "uptake": "biogenicCO2Uptake",
        "land_use_change": "landUseChangeGhgEmissions",
        "land_management_biogenic": "landManagementBiogenicCO2Emissions",
        "land_management_removals": "landManagementBiogenicCO2Removals",
        "aircraft": "aircraftGhgEmissions",
    }
    outbound = one.parts.get("outbound")
    packed = "packaging" in one.parts
    return {
        "productionStage": [
            {
                "pcfExcludingBiogenicUptake": float(one.total_kg),
                "pcfIncludingBiogenicUptake": float(one.net_kg),
                **{wire: float(one.parts[name]) for name, wire in parts.items() if name in one.parts},
            }
        ],
        "distributionStage": [
            known(
                {
                    "distributionStageIncluded": outbound is not None,
                    "distributionStagePcfExcludingBiogenicUptake": None if outbound is None else float(outbound),
                }
            )
        ],
        "packagingStage": [
            known(
                {
                    "packagingEmissionsIncluded": packed,
                    "packagingPcfExcludingBiogenicUptake": float(one.parts["packaging"]) if packed else None,
                }
            )
        ],
    }


def serial_part(identity: Identity, park_id: str, serial: str, product: tuple[str, str], built: date) -> dict[str, Any]:
    """Return a built unit as serial_part 4.0.0; product: its id and name.

    Raises WireError where the identity has no classification.
    """
    if not identity.classifications:
        raise WireError("carbon/exchange.toml: classifications are empty; a serial part needs one")
    standard, _, code = identity.classifications[0].rpartition(":")
    product_id, name = product
    manufacturer = [{"key": "manufacturerId", "value": identity.manufacturer_id}] if identity.manufacturer_id else []
    return {
        "globalAssetId": asset_id(park_id, serial),
        "localIdentifiers": [*manufacturer, {"key": "partInstanceId", "value": serial}],
        "manufacturingInformation": known(
            {"productionDate": built.isoformat(), "country": COUNTRIES.get(identity.country)}
        ),
        "partTypeInformation": {
            "manufacturerPartId": product_id,
            "nameAtManufacturer": name,
            "customerPartId": product_id,
            "nameAtCustomer": name,
            "partClassification": [{"standard": standard, "id": code}],
        },
    }


def bom_as_built(identity: Identity, park_id: str, serial: str, pieces: Sequence[Piece]) -> dict[str, Any]:
    """Return the lots and units that a unit was built from as single_level_bom_as_built 4.0.0.

    The business partner named is the park itself: it vouches for what it put in.

    Raises WireError where the identity has no business partner number, or a unit of account is not in the catalogue.
    """
    if not identity.manufacturer_id:
        raise WireError("carbon/exchange.toml: manufacturer_id is empty; a bill as built needs the business partner")
    for piece in pieces:
        if piece.unit not in UNITS:
            raise WireError(f"component {piece.asset}: unit {piece.unit!r} is none of {sorted(UNITS)}; correct it")
    return {
        "globalAssetId": asset_id(park_id, serial),
        "childItems": [
            {
                "globalAssetId": asset_id(park_id, piece.asset),
                "quantity": {"value": float(piece.quantity), "unit": UNITS[piece.unit]},
                "hasAlternatives": False,
                "createdOn": instant_text(piece.at),
                "businessPartner": identity.manufacturer_id,
            }
            for piece in pieces
        ],
    }
