"""The product passport of Catena-X: what ledger and park tell stands in its field; what neither tells is refused."""

from __future__ import annotations

import json
from datetime import timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from declared_passport import CONCERN, DOCUMENT, FULL, PARTY, declared_passport, named, packed_unit
from hypothesis import given, settings
from hypothesis import strategies as st

from parkwright.connect import catenax
from parkwright.connect.catenax_passport import passport, passport_id
from parkwright.connect.pact_wire import WireError
from parkwright.model.errors import LedgerError

ONE = packed_unit()
PLAIN = passport(named(), "TJ", ONE)
WHOLE = passport(named(**FULL), "TJ", ONE)
LINKED = {"header": "A document", "content": "https://doc.example/more", "contentType": "URL"}
ELSEWHERE = {
    "thoroughfare": {"technicalKey": "STREET", "value": "High Street", "number": "12"},
    "postCode": {"technicalKey": "REGULAR", "value": "ab1 2cd"},
    "locality": {"technicalKey": "CITY", "value": "Elsewhere"},
    "country": {"shortName": "GB-LND"},
}
CONTACT = {"phoneNumber": "+44 20 1234"}


def added(message) -> dict[str, dict]:
    return {one["label"]: one for one in message["additionalData"]}


def test_the_unit_its_lot_and_its_product_are_the_ledgers():
    found = PLAIN["identification"]
    maker = {"key": "manufacturerId", "value": "BPNL00000000TJ00"}
    assert found["serialInformation"] == [maker, {"key": "partInstanceId", "value": ONE.unit_id}]
    assert found["batchInformation"] == [maker, {"key": "batchId", "value": "LOT-7"}]
    assert found["partTypeInformation"] == {"manufacturerPartId": "NB", "nameAtManufacturer": "Notebook"}
    assert found["partClassification"] == [{"standard": "urn:pact:productclassification:un-cpc", "id": "4522"}]
    assert found["codes"] == [{"key": "GTIN", "value": "09520000000011"}, {"key": "HS", "value": "8471.30"}]
    assert found["dataCarriers"] == [{"carrierType": "QR", "carrierPositions": ["underside"]}]
    assert "batchInformation" not in passport(named(), "TJ", packed_unit(lot_id=""))["identification"]


def test_the_passport_is_issued_when_its_day_is_closed_and_stays_as_long_as_declared():
    found = PLAIN["metadata"]
    assert (found["issueDate"], found["expirationDate"]) == ("2026-07-16", "2038-07-16")
    assert (found["version"], found["language"]) == ("1.2.0", "en-GB")
    assert found["backupReference"] == "https://backup.example/1"
    assert found["predecessor"] == {"applicable": False}
    assert passport(named(), "TJ", packed_unit(restated=3))["metadata"]["version"] == "1.2.3"
    assert {"passportStatus", "registrationIdentifier"}.isdisjoint(found)
    assert (WHOLE["metadata"]["passportStatus"], WHOLE["metadata"]["registrationIdentifier"]) == ("approved", "REG-1")


@settings(deadline=None)
@given(st.text(min_size=1, max_size=30), st.text(min_size=1, max_size=30))
def test_a_unit_keeps_its_passport_and_no_other_has_it(one, other):
    found = passport_id("TJ", one)
    assert UUID(found.removeprefix("urn:uuid:"))
    assert (found == passport_id("TJ", other)) is (one == other)
    assert found not in (passport_id("TX", one), catenax.asset_id("TJ", one))


def test_the_maker_and_its_place_are_the_parks():
    made = PLAIN["operation"]["manufacturing"]
    home = made["facilities"][0]["facilityAddress"]
    assert home["thoroughfare"] == {"technicalKey": "STREET", "value": "Road", "number": "1"}
    assert (home["country"], home["locality"]["value"]) == ({"shortName": "CN-TJ"}, "Tianjin")
    assert made["facilities"][0]["facilityIdentification"] == "BPNA000000000001"
    assert made["manufacturer"] == {
        "manufacturerIdentification": "BPNL00000000TJ00",
        "manufacturerNames": ["Park"],
        "manufacturerAddress": home,
        "manufacturerContact": {"email": "passport@park.example"},
    }
    assert PLAIN["metadata"]["economicOperator"]["economicOperatorNames"] == ["Park"]
    assert made["manufacturingDate"] == "2026-07-15"


def test_the_footprint_is_the_ledgers_and_its_stages_add_up_to_it():
    (found,) = PLAIN["sustainability"]["productFootprint"]["carbon"]
    assert Decimal(repr(found["value"])) == ONE.footprint_kg
    assert found["rulebook"] == [{"header": "Rules", "content": "https://rules.example/1", "contentType": "URL"}]
    assert found["declaration"][0]["content"] == ONE.uri
    stages = added(PLAIN)["Carbon footprint by stage"]["children"]
    assert sum(Decimal(one["data"]) for one in stages) == sum(ONE.kinds_kg.values()) == ONE.footprint_kg
    assert [one["label"] for one in stages] == [
        "raw material acquisition and pre-processing", "inbound transport", "main product production",
    ]  # fmt: skip
    named_only = passport(named(), "TJ", packed_unit(uri="urn:x:product:NB:1"))
    assert named_only["sustainability"]["productFootprint"]["carbon"][0]["declaration"][0]["contentType"] == "URN"


def test_energy_way_and_quality_are_the_ledgers():
    found = added(PLAIN)
    assert Decimal(found["Energy of making"]["data"]) * 1_000_000 == ONE.energy_mwh_int
    way = found["Way through the plant"]["children"]
    assert [(one["label"], one["data"]) for one in way] == [("NB-asm", "ok"), ("NB-test", "ok")]
    assert way[0]["description"].endswith("2026-07-14T22:30:00Z")
    assert found["First pass"]["data"] == "true"
    failed = packed_unit(steps=(ONE.steps[0].__class__("NB-test", ONE.packed, "fail"), *ONE.steps))
    assert added(passport(named(), "TJ", failed))["First pass"]["data"] == "false"
    assert "Access" not in found
    assert added(WHOLE)["Access"]["data"] == "all"


def test_what_is_in_the_unit_is_named_with_where_it_goes_at_the_end():
    found = PLAIN["composition"]["componentInformation"]["content"]
    assert [(one["componentCode"], one["componentLocations"]) for one in found] == [
        ("TJ-stock-BRD-1", ["board"]), ("MEM-8", ["memory"]), ("PASTE", ["solder"]),
    ]  # fmt: skip
    assert found[1]["componentDescription"] == "2 piece"
    assert found[2]["componentSortingInformation"] == "with its board"
    bare = passport(named(), "TJ", packed_unit(pieces=(), bought=()))
    assert bare["composition"]["componentInformation"] == {"applicable": False}
    with pytest.raises(WireError, match=r"sorting: does not say how to sort memory, solder;"):
        passport(named(sorting={"board": "apart"}), "TJ", ONE)


def test_masses_are_with_and_without_the_packing():
    sizes = PLAIN["characteristics"]["physicalDimension"]
    assert (sizes["grossWeight"]["value"], sizes["weight"]["value"]) == (1.9, 1.5)
    assert (sizes["grossVolume"]["value"], sizes["volume"]["value"]) == (5.5, 2.0)
    assert PLAIN["characteristics"]["lifespan"] == [
        {"lifeValue": 5.0, "lifeUnit": "unit:year", "lifeType": "technical lifetime"}
    ]
    with pytest.raises(WireError, match="its packing is as heavy as it is"):
        passport(named(), "TJ", packed_unit(packing_kg=Decimal("1.9")))
    with pytest.raises(WireError, match=r"product NB: the mass of its packing is not known; .*bills.csv"):
        passport(named(), "TJ", packed_unit(packing_kg=None))


def test_none_is_not_applicable_and_what_is_declared_stands_in_full():
    absent = {"applicable": False}
    assert PLAIN["operation"]["import"] == PLAIN["handling"] == PLAIN["commercial"]["recallInformation"] == absent
    assert PLAIN["operation"]["extendedProducerResponsibilityScheme"] == absent
    assert PLAIN["sustainability"]["reusability"] == PLAIN["sustainability"]["recycleabilityPerformance"] == absent
    assert WHOLE["operation"]["import"]["content"] == {
        "importerIdentification": "BPNL00000000XX00", "importerNames": ["Another"], "importerAddress": ELSEWHERE,
        "importerContact": CONTACT, "eori": "GB123",
    }  # fmt: skip
    point = {"collectionPointIdentification": "BPNL00000000XX00", "collectionPointAddress": ELSEWHERE}
    assert WHOLE["operation"]["extendedProducerResponsibilityScheme"]["content"] == {
        "territoriesOfApplication": ["DE"],
        "symbolsOfExtendedProducerResponsibilityScheme": [LINKED],
        "collectionPoints": [point],
    }
    assert WHOLE["sustainability"]["reusability"]["content"] == {
        "reuseInfo": "again", "reuseSystem": {"applicable": True, "content": {"collectionPoints": [point]}},
    }  # fmt: skip
    assert WHOLE["sustainability"]["recycleabilityPerformance"] == {"applicable": True, "content": "all of it"}
    assert WHOLE["commercial"]["recallInformation"] == {"applicable": True, "content": [LINKED]}
    scores = (WHOLE["sustainability"]["durabilityScore"], WHOLE["sustainability"]["reparabilityScore"])
    assert scores == ("A", "B")
    alone = named(reuse={"text": "again", "collection_point": "none"})
    assert passport(alone, "TJ", ONE)["sustainability"]["reusability"]["content"]["reuseSystem"] == absent


def test_spare_parts_are_those_in_the_units_own_bill():
    (part,) = WHOLE["handling"]["content"]
    assert (part["manufacturerPartId"], part["nameAtManufacturer"]) == ("MEM-8", "Memory")
    assert part["sparePartProvider"] == [
        {
            "sparePartProviderIdentification": "BPNL00000000XX00",
            "sparePartProviderAddress": ELSEWHERE,
            "sparePartProviderContact": CONTACT,
        }
    ]
    assert passport(named(**FULL), "TJ", packed_unit(bought=()))["handling"] == {"applicable": False}


def test_a_material_of_concern_says_why_and_where():
    first = declared_passport().substance[0].model_dump()
    lead = {**first, "name": "Lead", "percent": "0.05", "concern": CONCERN, "declarable": [DOCUMENT]}
    plain, told = passport(named(substance=[first, lead]), "TJ", ONE)["composition"]["materialInformation"]["materials"]
    assert plain["substancesOfConcernInformation"] == plain["declarableIngredient"] == {"applicable": False}
    assert plain["recycled"] == 30.0
    assert told["concentrationInformation"] == {
        "concentration": {"concentrationValue": 0.05, "concentrationUnit": "unit:percent"}
    }
    concern = told["substancesOfConcernInformation"]["content"]
    assert concern["hazardClassifications"][0]["hazardStatement"] == "H360FD"
    assert concern["substanceOfConcernConcentrationRange"]["maxConcentration"]["concentrationValue"] == 0.1
    assert (concern["exemption"], concern["substanceOfConcernLocations"]) == ("7(c)-I", ["boards"])
    assert told["declarableIngredient"]["content"] == [
        {"declarableIngredientListName": "A document", "declarableIngredientDocuments": [LINKED]}
    ]


def test_documents_and_requirements_stand_under_the_models_words():
    assert [one["category"] for one in PLAIN["sources"]] == [
        "Repairability or Durability Documentation", "Repair and Installation", "Dismantling Information",
        "Safety Information", "FAQs and Support",
    ]  # fmt: skip
    (kept,) = PLAIN["compliances"]
    assert (kept["requirementName"], kept["complianceCountries"]) == ("A rule", ["EU"])
    assert json.dumps(WHOLE)


@pytest.mark.parametrize("name", ["manufacturer_id", "street", "postal_code", "city", "subdivision", "classifications"])
def test_an_identity_that_lacks_something_is_told_what(name):
    with pytest.raises(WireError, match=rf"carbon/exchange.toml: {name}: not given"):
        passport(named().model_copy(update={name: None}), "TJ", ONE)


def test_what_is_not_declared_is_named_all_at_once_and_nothing_is_filled_in():
    with pytest.raises(WireError, match=r"\[passport\]: is missing; declare there"):
        passport(named().model_copy(update={"passport": None}), "TJ", ONE)
    with pytest.raises(WireError, match=r"does not declare contact \(mail.*\), importer \(who.*\); write it there"):
        passport(named(contact=None, importer=None), "TJ", ONE)
    coded = declared_passport().model[0].model_copy(update={"codes": {}})
    lonely = named().model_copy(update={"gtin": (), "passport": declared_passport(model=[coded.model_dump()])})
    with pytest.raises(WireError, match="product NB: has no code"):
        passport(lonely, "TJ", ONE)
    stranger = packed_unit(product=ONE.product.model_copy(update={"family_id": "z"}))
    with pytest.raises(LedgerError, match="family z"):
        passport(named(), "TJ", stranger)
    with pytest.raises(WireError, match="negative footprint"):
        passport(named(), "TJ", packed_unit(footprint_kg=Decimal("-1")))


def test_an_address_that_the_model_cannot_tell_is_refused():
    for changes, match in (
        ({"street": "Road"}, "street 'Road': has no number"),
        ({"street": "1"}, "street '1': has no number"),
        ({"postal_code": "300 000 000 000"}, "postal code '300 000 000 000'"),
    ):
        with pytest.raises(WireError, match=match):
            passport(named().model_copy(update=changes), "TJ", ONE)
    silent = {**PARTY, "phone": "", "eori": "GB123"}
    with pytest.raises(WireError, match="Another: has no website, phone or email"):
        passport(named(importer=silent), "TJ", ONE)
    late = packed_unit(packed=ONE.packed + timedelta(hours=20))
    assert passport(named(), "TJ", late)["operation"]["manufacturing"]["manufacturingDate"] == "2026-07-16"
