"""Exports against the official schemas, with format checks: Catena-X aspects and EPCIS, from checkouts by variable."""

from __future__ import annotations

import copy
import json
import os
import warnings
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from declared import NOW, d, declared
from declared_passport import CONCERN, DOCUMENT, FULL, declared_passport, named, packed_unit
from jsonschema_rs import validator_for

from parkwright.carbon.own import Identity
from parkwright.carbon.plausible import doubts
from parkwright.connect import catenax, catenax_passport, digital_link, epcis
from parkwright.connect.epcis import Joined
from parkwright.connect.pact_wire import from_wire
from parkwright.run.built import Piece, Step
from parkwright.store import carbon_book

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


TIANJIN = Path(__file__).parents[2] / "parks" / "tianjin"
FREE = {
    "serialInformation", "batchInformation", "passportStatus", "registrationIdentifier", "specVersion",
    "manufacturingDate", "email", "phoneNumber", "durabilityScore", "reparabilityScore", "additionalData", "data",
    "children", "typeUnit", "componentName", "componentDescription", "componentLocations", "complianceDocuments",
    "collectionPoints", "content",
}  # fmt: skip
"""Fields of a product passport that its schema lets be left out; content where the text beside says it applies."""


def spoilt(message: object, whole: object | None = None) -> Iterator[tuple[str, object]]:
    """Yield (field, whole message) with one field at a time gone, and of another kind than it is."""
    whole = message if whole is None else whole
    fields = message if isinstance(message, dict) else dict(enumerate(message)) if isinstance(message, list) else {}
    for name, value in list(fields.items()):
        if isinstance(message, dict):
            del message[name]
            yield f"{name} gone", copy.deepcopy(whole)
        message[name] = {"x": 1} if not isinstance(value, dict) else 1
        yield f"{name} of another kind", copy.deepcopy(whole)
        message[name] = value
        yield from spoilt(value, whole)


@pytest.mark.server
def test_catenax_product_passports_validate_and_what_is_spoilt_does_not(capsys: pytest.CaptureFixture[str]):
    folder = checkout(ASPECTS)
    if folder is None:
        return
    schema = aspect(folder, "io.catenax.generic.digital_product_passport/7.0.0")
    first = declared_passport().substance[0].model_dump()
    listed = {**first, "percent": "1", "concern": CONCERN, "declarable": [DOCUMENT]}
    full = catenax_passport.passport(named(**FULL, substance=[first, listed]), "TJ", packed_unit())
    assert faults(schema, full) == []
    assert faults(schema, catenax_passport.passport(named(), "TJ", packed_unit())) == []
    ours = carbon_book.load(TIANJIN).identity
    assert ours is not None
    families = sorted({family for model in ours.passport.model for family in model.families})
    for number in range(UNITS // 10):
        product = packed_unit().product.model_copy(update={"family_id": families[number % len(families)]})
        one = packed_unit(unit_id=f"TJ-260715-NB-{number:05d}", product=product, restated=number % 3, bought=())
        assert faults(schema, catenax_passport.passport(ours, "TJ", one)) == []
    validator = validator_for(schema, validate_formats=True)
    tried = [(name, validator.is_valid(one)) for name, one in spoilt(copy.deepcopy(full))]
    passed = {name for name, is_valid in tried if is_valid}
    assert {name.removesuffix(" gone") for name in passed} <= FREE
    caught = sum(not is_valid for _, is_valid in tried)
    with capsys.disabled():
        print(
            f"\nCatena-X: {UNITS // 10 + 2} digital_product_passport 7.0.0, 0 faults; {caught} of {len(tried)} mutants"
        )


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
