"""Exports against the official schemas, with format checks: Catena-X aspects and EPCIS, from checkouts by variable."""

from __future__ import annotations

import json
import os
import warnings
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from declared import NOW, d, declared
from jsonschema_rs import validator_for

from parkwright.carbon.own import Identity
from parkwright.carbon.plausible import doubts
from parkwright.connect import catenax, digital_link, epcis
from parkwright.connect.epcis import Joined
from parkwright.connect.pact_wire import from_wire
from parkwright.run.built import Piece, Step

ASPECTS = "PARKWRIGHT_SLDT_MODELS"
"""Environment variable: a checkout of eclipse-tractusx/sldt-semantic-models."""
EPCIS = "PARKWRIGHT_EPCIS"
"""Environment variable: a checkout of gs1/EPCIS."""
PACT = "PARKWRIGHT_PACT_SPEC"
"""Environment variable: a checkout of wbcsd/data-exchange-protocol."""
UNITS = 1000
ZONE = ZoneInfo("Asia/Shanghai")
ONE = declared(region="Eastern Asia")
IDENTITY = Identity(
    company_name="Park", company_ids=("urn:x:park",), manufacturer_id="BPNL00000000TJ00", product_urn="urn:x:product:",
    material_urn="urn:x:material:", classifications=("urn:pact:productclassification:un-cpc:4522",), country="CN",
    fossil_carbon_share=d("0.1"), basis="assumed: a test",
)  # fmt: skip


def checkout(variable: str) -> Path | None:
    """The checkout that a variable names; a warning says plainly when it is absent."""
    named = os.environ.get(variable)
    if not named:
        warnings.warn(f"what {variable} names is absent and was not tried; name a checkout in it", stacklevel=2)
    return Path(named) if named else None


def faults(schema: dict, message: object) -> list[str]:
    found = validator_for(schema, validate_formats=True).iter_errors(message)
    return [f"{'/'.join(map(str, one.instance_path))}: {one.message[:200]}" for one in found]


def aspect(folder: Path, name: str) -> dict:
    (path,) = (folder / name / "gen").glob("*-schema.json")
    return json.loads(path.read_text())


@pytest.mark.server
def test_catenax_aspects_validate(capsys: pytest.CaptureFixture[str]):
    folder = checkout(ASPECTS)
    if folder is None:
        return
    bare = replace(
        ONE, parts={"fossil": d("33")}, biogenic_carbon_kg=None, classifications=(), country=None, subdivision=None,
        boundary="", primary_share_percent=None, quality={}, sources=(), comment="",
    )  # fmt: skip
    pcf = aspect(folder, "io.catenax.pcf/9.0.0")
    assert [faults(pcf, catenax.pcf(one)) for one in (ONE, bare)] == [[], []]
    assert faults(pcf, {**catenax.pcf(ONE), "scopeOfPcfForm": "x"})
    part = aspect(folder, "io.catenax.serial_part/4.0.0")
    bill = aspect(folder, "io.catenax.single_level_bom_as_built/4.0.0")
    for number in range(UNITS // 10):
        serial = f"TJ-260715-NB-{number:05d}"
        message = catenax.serial_part(IDENTITY, "TJ", serial, ("NB14", "Notebook"), date(2026, 7, 15))
        assert faults(part, message) == []
        pieces = [Piece(f"B-{number}", d("1"), "piece", NOW), Piece(f"L-{number}", d("0.5"), "kg", NOW)]
        assert faults(bill, catenax.bom_as_built(IDENTITY, "TJ", serial, pieces)) == []
    with capsys.disabled():
        print(f"\nCatena-X: 2 pcf 9.0.0, {UNITS // 10} serial_part 4.0.0, {UNITS // 10} bom_as_built 4.0.0, 0 faults")


@pytest.mark.server
def test_epcis_documents_validate(capsys: pytest.CaptureFixture[str]):
    folder = checkout(EPCIS)
    if folder is None:
        return
    schema = json.loads((folder / "EPCIS-JSON-Schema.json").read_text())
    for number in range(UNITS // 10):
        uri = digital_link.address_of("https://id.gs1.org", "09520000000011", f"TJ-{number}")
        steps = [Step("NB-asm", NOW, "ok"), Step("NB-test", NOW + timedelta(minutes=number), "fail")]
        joined = [Joined((catenax.asset_id("TJ", f"B-{number}"),), NOW)]
        events = epcis.unit_events(
            uri, "urn:x:place:", steps, joined, NOW + timedelta(hours=3), ZoneInfo("Asia/Shanghai")
        )
        assert faults(schema, epcis.document(events, NOW)) == []
    assert faults(schema, {**epcis.document(events, NOW), "schemaVersion": 2})
    with capsys.disabled():
        print(f"\nEPCIS 2.0: {UNITS // 10} documents, 0 faults")


@pytest.mark.server
def test_the_published_pact_examples_are_taken_without_a_doubt(capsys: pytest.CaptureFixture[str]):
    """E2 of the reference."""
    folder = checkout(PACT)
    if folder is None:
        return
    examples = [json.loads(path.read_text()) for path in sorted((folder / "spec/v3/examples").glob("example-*.json"))]
    assert len(examples) == 4
    assert [doubts(from_wire(example)) for example in examples] == [[], [], [], []]
    with capsys.disabled():
        print("\nPACT 3.0: 4 of 4 published examples taken without a doubt")
