"""Catena-X aspects: what a declaration and a built unit hold stands in its field, and what is not known is left out."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from uuid import UUID

import pytest
from declared import IDS, NOW, d, declared
from hypothesis import given, settings
from hypothesis import strategies as st

from parkwright.carbon.own import Identity
from parkwright.connect import catenax
from parkwright.connect.pact_wire import WireError
from parkwright.run.built import Piece

ONE = declared(region="Eastern Asia", preceding=(IDS[0],))
IDENTITY = Identity(
    company_name="Park", company_ids=("urn:x:park",), manufacturer_id="BPNL00000000TJ00", product_urn="urn:x:product:",
    material_urn="urn:x:material:", classifications=("urn:pact:productclassification:un-cpc:4522",), country="CN",
    fossil_carbon_share=d("0.1"), basis="assumed: a test",
)  # fmt: skip


def keys(message: object) -> set[str]:
    if isinstance(message, dict):
        return set(message) | {key for value in message.values() for key in keys(value)}
    return {key for one in message for key in keys(one)} if isinstance(message, list) else set()


def values(message: object) -> list[object]:
    if isinstance(message, dict | list):
        inside = message.values() if isinstance(message, dict) else message
        return [found for one in inside for found in values(one)]
    return [message]


def test_a_declaration_stands_in_its_fields():
    message = catenax.pcf(ONE)
    (stages,) = message["productLifeCycleStagesAndEmissions"]
    (production,), (packaging,) = stages["productionStage"], stages["packagingStage"]
    assert (production["pcfExcludingBiogenicUptake"], production["pcfIncludingBiogenicUptake"]) == (33.0, 30.0)
    assert production["biogenicCO2Uptake"] == -3.0
    assert packaging == {"packagingEmissionsIncluded": True, "packagingPcfExcludingBiogenicUptake": 1.2}
    assert stages["distributionStage"] == [
        {"distributionStageIncluded": True, "distributionStagePcfExcludingBiogenicUptake": 0.9}
    ]
    (how,) = message["pcfAssessmentAndMethodology"]
    assert how["pcfAssessmentInformation"][0]["idAndVersion"][0]["version"] == 1
    assert how["pcfAssessmentInformation"][0]["time"][0]["validityPeriodEnd"] == "2029-01-01T00:00:00Z"
    assert how["dataSourcesAndQuality"][0]["primaryDataShare"] == 60.0
    assert message["carbonContent"] == [
        {"fossilCarbonContent": 0.5, "biogenicCarbonContent": 0.1, "carbonContentTotal": 0.6}
    ]


def test_what_is_not_known_is_left_out_and_nothing_is_null():
    bare = replace(
        ONE, parts={"fossil": d("33")}, biogenic_carbon_kg=None, classifications=(), country=None, subdivision=None,
        boundary="", primary_share_percent=None, quality={}, sources=(), comment="", product_text="",
    )  # fmt: skip
    message = catenax.pcf(bare)
    assert None not in values(message)
    assert keys(message).isdisjoint(
        {"primaryDataShare", "technologicalDQR", "biogenicCarbonContent", "carbonContentTotal", "geographyCountry",
         "boundaryProcessesDescription", "productClassifications", "comment", "aircraftGhgEmissions"}
    )  # fmt: skip
    (stages,) = message["productLifeCycleStagesAndEmissions"]
    assert stages["packagingStage"] == [{"packagingEmissionsIncluded": False}]
    assert stages["distributionStage"] == [{"distributionStageIncluded": False}]


@pytest.mark.parametrize(
    "changes", [{"region": None}, {"total_kg": d("-1")}, {"exempted_percent": d("11")}, {"exempted_percent": d("-1")}]
)
def test_what_the_model_cannot_tell_is_refused(changes):
    with pytest.raises(WireError, match=IDS[1]):
        catenax.pcf(replace(ONE, **changes))


@settings(deadline=None)
@given(st.text(min_size=1, max_size=30), st.text(min_size=1, max_size=30))
def test_the_same_serial_is_the_same_asset_and_another_is_another(one, other):
    found = catenax.asset_id("TJ", one)
    assert found == catenax.asset_id("TJ", one)
    assert str(UUID(found.removeprefix("urn:uuid:"))) in found
    assert (found == catenax.asset_id("TJ", other)) is (one == other)
    assert found != catenax.asset_id("TX", one)


def test_a_built_unit_is_a_serial_part():
    message = catenax.serial_part(IDENTITY, "TJ", "TJ-1", ("NB14", "Notebook"), date(2026, 7, 15))
    assert message["globalAssetId"] == catenax.asset_id("TJ", "TJ-1")
    assert message["localIdentifiers"] == [
        {"key": "manufacturerId", "value": "BPNL00000000TJ00"},
        {"key": "partInstanceId", "value": "TJ-1"},
    ]
    assert message["manufacturingInformation"] == {"productionDate": "2026-07-15", "country": "CHN"}
    assert message["partTypeInformation"]["partClassification"] == [
        {"standard": "urn:pact:productclassification:un-cpc", "id": "4522"}
    ]


def test_a_country_that_is_not_known_is_left_out_and_a_missing_classification_is_said():
    there = IDENTITY.model_copy(update={"country": "ZZ", "manufacturer_id": ""})
    message = catenax.serial_part(there, "TJ", "TJ-1", ("NB14", "Notebook"), date(2026, 7, 15))
    assert message["manufacturingInformation"] == {"productionDate": "2026-07-15"}
    assert [one["key"] for one in message["localIdentifiers"]] == ["partInstanceId"]
    with pytest.raises(WireError, match="classifications"):
        catenax.serial_part(
            IDENTITY.model_copy(update={"classifications": ()}), "TJ", "1", ("a", "b"), date(2026, 7, 15)
        )


def test_what_a_unit_was_built_from_is_its_bill():
    message = catenax.bom_as_built(
        IDENTITY, "TJ", "TJ-1", [Piece("B-1", d("1"), "piece", NOW), Piece("L", d("0.5"), "kg", NOW)]
    )
    assert [one["globalAssetId"] for one in message["childItems"]] == [
        catenax.asset_id("TJ", "B-1"),
        catenax.asset_id("TJ", "L"),
    ]
    assert [one["quantity"] for one in message["childItems"]] == [
        {"value": 1.0, "unit": "unit:piece"},
        {"value": 0.5, "unit": "unit:kilogram"},
    ]
    assert json.dumps(message)
    with pytest.raises(WireError, match="unit 'l'"):
        catenax.bom_as_built(IDENTITY, "TJ", "TJ-1", [Piece("B-1", d("1"), "l", NOW)])
    with pytest.raises(WireError, match="manufacturer_id"):
        catenax.bom_as_built(IDENTITY.model_copy(update={"manufacturer_id": ""}), "TJ", "TJ-1", [])
