"""EPCIS documents of partners: what is read from them, and what is refused by event, field and finding."""

from __future__ import annotations

import copy
import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from urllib.parse import quote
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parkwright.connect import epcis
from parkwright.connect.digital_link import address_of
from parkwright.connect.epc import canonical, item_address, lot_address
from parkwright.connect.epcis import Joined
from parkwright.connect.epcis_hash import event_hash
from parkwright.connect.epcis_read import BYTES_MOST, DEPTH_MOST, EVENTS_MOST, read
from parkwright.connect.pact_wire import WireError
from parkwright.model.trade_item import check_digit
from parkwright.run.built import Step
from parkwright.run.received import Concerned

LOT = "https://id.gs1.org/01/04012345123456/10/998877"
SHIPPED = {
    "type": "ObjectEvent",
    "eventID": "urn:uuid:1",
    "action": "OBSERVE",
    "eventTime": "2026-07-14T18:00:00.5+08:00",
    "eventTimeZoneOffset": "+08:00",
    "bizStep": "shipping",
    "disposition": "in_transit",
    "quantityList": [{"epcClass": "urn:epc:class:lgtin:4012345.012345.998877", "quantity": 2.5, "uom": "KGM"}],
    "readPoint": {"id": "urn:epc:id:sgln:4012345.00002.12"},
    "bizTransactionList": [{"type": "po", "bizTransaction": "urn:x:order:7"}],
    "sourceList": [{"type": "location", "source": "urn:epc:id:sgln:4012345.00002.0"}],
    "sensorElementList": [
        {
            "sensorMetadata": {"startTime": "2026-07-14T08:00:00Z", "endTime": "2026-07-14T09:00:00Z"},
            "sensorReport": [{"type": "Temperature", "value": 26.0, "uom": "CEL"}],
        }
    ],
}
MADE = {
    "type": "TransformationEvent",
    "eventTime": "2026-07-13T00:00:00Z",
    "eventTimeZoneOffset": "+00:00",
    "inputEPCList": ["urn:epc:id:sgtin:4012345.011122.25"],
    "outputEPCList": ["https://example.com/01/04012345111118/21/A1?x=1"],
    "ilmd": {"urn:x:melt": "M-7"},
    "persistentDisposition": {"set": ["completeness_verified"], "unset": ["completeness_inferred"]},
}
PACKED = {
    "type": "AggregationEvent",
    "eventTime": "2026-07-13T00:00:00Z",
    "eventTimeZoneOffset": "+00:00",
    "action": "ADD",
    "parentID": "urn:epc:id:sscc:0614141.1234567890",
    "childEPCs": ["urn:epc:id:giai:4000001.12345"],
}
ORDERED = {
    "type": "TransactionEvent",
    "eventTime": "2026-07-13T00:00:00Z",
    "eventTimeZoneOffset": "+00:00",
    "action": "ADD",
    "bizTransactionList": [{"bizTransaction": "urn:x:order:7"}],
    "epcList": ["urn:x:1"],
}
GONE = object()


def document(*events: object, **changed: object) -> dict:
    made = {
        "@context": [epcis.CONTEXT],
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": "2026-07-15T00:00:00Z",
        "epcisBody": {"eventList": list(events)},
    }
    return {name: value for name, value in {**made, **changed}.items() if value is not GONE}


def taken(*events: object, **changed: object):
    return read(json.dumps(document(*events, **changed)).encode())


def without(event: dict, *path: str | int, put: object = GONE) -> dict:
    made = copy.deepcopy(event)
    inner = made
    for step in path[:-1]:
        inner = inner[step]
    if put is GONE:
        del inner[path[-1]]
    else:
        inner[path[-1]] = put
    return made


def test_an_event_tells_what_when_where_and_which_things():
    (one,) = taken(SHIPPED)
    assert (one.event_id, one.kind, one.action) == ("urn:uuid:1", "ObjectEvent", "OBSERVE")
    assert one.at == datetime(2026, 7, 14, 10, 0, 0, 500_000, tzinfo=UTC)
    assert (one.business_step, one.disposition, one.wrong) == ("shipping", "in_transit", False)
    assert one.things == (Concerned("epc", LOT, "998877", Decimal("2.5"), "KGM"),)
    assert one.content["sensorElementList"][0]["sensorReport"][0]["value"] == 26.0


def test_every_kind_of_event_is_read_with_the_roles_of_its_things():
    made, packed, joined, ordered = taken(MADE, PACKED, {**PACKED, "type": "AssociationEvent"}, ORDERED)
    assert [(one.role, one.lot) for one in made.things] == [("input", "25"), ("output", "A1")]
    assert made.things[1].thing == "https://id.gs1.org/01/04012345111118/21/A1"
    assert packed.things[0] == Concerned("parent", "https://id.gs1.org/00/106141412345678908", "106141412345678908")
    assert packed.things[1] == Concerned("child", "https://id.gs1.org/8004/400000112345")
    assert [joined.kind, ordered.kind] == ["AssociationEvent", "TransactionEvent"]


@pytest.mark.parametrize("number", ["998877", "A/1", "x%", 'L"2'])
def test_a_lot_has_the_address_by_which_events_name_it(number: str):
    gtin = "04012345123456"
    assert canonical(f"{item_address(gtin)}/10/{quote(number, safe='')}") == (lot_address(gtin, number), number)
    assert lot_address(gtin, "998877") == LOT


@pytest.mark.parametrize("number", ["", "x" * 21, "批次", "a b"])
def test_a_lot_with_a_number_that_gs1_does_not_allow_has_none(number: str):
    assert lot_address("04012345123456", number) == ""


def test_a_query_answer_is_read_like_a_document():
    results = {"queryName": "SimpleEventQuery", "resultsBody": {"eventList": [SHIPPED]}}
    asked = document(type="EPCISQueryDocument", epcisBody={"queryResults": results}, creationDate=GONE)
    assert read(json.dumps(asked).encode()) == taken(SHIPPED)


def test_the_digest_ignores_what_does_not_change_what_is_told():
    bare = without(SHIPPED, "eventID")
    told = {"declarationTime": "2026-07-16T00:00:00Z", "reason": "did_not_occur"}
    again = {**bare, "recordTime": "2026-07-15T00:00:00Z"}
    first, later, wrong, other = taken(bare, again, {**bare, "errorDeclaration": told}, {**bare, "bizStep": "storing"})
    assert first.digest == later.digest == wrong.digest != other.digest
    assert first.event_id == event_hash(bare) == f"ni:///sha-256;{first.digest}?ver=CBV2.0"
    assert [one.wrong for one in (first, wrong)] == [False, True]


def test_an_event_that_was_changed_after_it_was_named_is_read_and_told():
    sound = {**SHIPPED, "eventID": event_hash(SHIPPED)}
    other, told = {**sound, "bizStep": "storing"}, {**sound, "recordTime": "2026-07-15T00:00:00Z"}
    found = taken(sound, told, other, {**other, "eventID": "urn:uuid:2"})
    assert [one.hash_differs for one in found] == [False, False, True, False]
    assert found[2].event_id == sound["eventID"]
    assert found[0].digest == taken(SHIPPED)[0].digest != found[2].digest


def test_an_event_keeps_the_namespaces_of_its_document_and_is_named_by_them():
    spaces = [epcis.CONTEXT, {"x": "https://x.example/"}]
    (one,) = taken({**MADE, "x:melt": 7}, **{"@context": spaces})
    assert one.content["@context"] == [{"x": "https://x.example/"}]
    both = {**MADE, "x:melt": 7, "@context": "https://example.com/more"}
    assert taken(both, **{"@context": spaces})[0].content["@context"] == [*spaces[1:], "https://example.com/more"]
    (same,) = taken({**MADE, "y:melt": 7, "@context": {"y": "https://x.example/"}})
    (other,) = taken({**MADE, "x:melt": 7})
    assert one.event_id == same.event_id != other.event_id
    assert event_hash(one.content) == one.event_id


def test_our_own_export_is_read_back_with_the_same_facts():
    at = datetime(2026, 7, 15, 0, 0, 0, 250_000, tzinfo=UTC)
    unit = address_of("https://id.gs1.org", "09520000000011", "U1")
    steps = [Step("NB-asm", at, "ok"), Step("NB-test", at + timedelta(minutes=2), "fail")]
    joined = [Joined(("urn:uuid:1", "urn:uuid:2"), at + timedelta(minutes=1))]
    events = epcis.unit_events(
        unit, "urn:x:place:", steps, joined, at + timedelta(minutes=3), ZoneInfo("Asia/Shanghai")
    )
    found = read(json.dumps(epcis.document(events, at)).encode())
    assert [one.event_id for one in found] == [event_hash(one) for one in events]
    assert not any(one.hash_differs for one in found)
    assert [one.at for one in found] == [at + timedelta(minutes=n) for n in range(4)]
    assert [one.content["readPoint"]["id"] for one in (found[0], found[2])] == [
        "urn:x:place:NB-asm",
        "urn:x:place:NB-test",
    ]
    assert [one.disposition for one in (found[0], found[2])] == ["in_progress", "non_conformant"]
    assert [(one.role, one.thing) for one in found[1].things] == [
        ("parent", unit), ("child", "urn:uuid:1"), ("child", "urn:uuid:2"),
    ]  # fmt: skip
    assert [one.things[0].thing for one in (found[0], found[2], found[3])] == [unit] * 3


@pytest.mark.parametrize(
    ("event", "finding"),
    [
        ({**SHIPPED, "type": "ArrivalEvent"}, "event 2: type: is 'ArrivalEvent'; write one of ObjectEvent"),
        (7, "event 2: is '7'; write an object"),
        (without(SHIPPED, "eventTime"), "ObjectEvent.eventTime: is missing"),
        (without(SHIPPED, "action"), "ObjectEvent.action: is missing"),
        ({**SHIPPED, "action": "add"}, "ObjectEvent.action: is 'add'; write ADD, OBSERVE or DELETE"),
        ({**SHIPPED, "eventTime": "2026-07-14T18:00:00"}, "eventTime: is .*with its offset"),
        ({**SHIPPED, "eventTime": "2026-02-30T18:00:00Z"}, "eventTime: is .*that the calendar has"),
        ({**SHIPPED, "eventTime": "0001-01-01T00:00:00+08:00"}, "eventTime: is .*that the calendar has"),
        ({**SHIPPED, "eventTimeZoneOffset": "+15:00"}, "eventTimeZoneOffset: is '\\+15:00'"),
        ({**SHIPPED, "eventID": "no id"}, "eventID: is 'no id'; write a URI"),
        ({**SHIPPED, "eventID": "urn:x:" + "x" * 500}, "eventID: is .*at most 500"),
        ({**SHIPPED, "bizStep": "shiping"}, "bizStep: is 'shiping'; write a word"),
        ({**SHIPPED, "bizStep": "urn:epcglobal:cbv:bizstep:shipping"}, "bizStep: is"),
        ({**SHIPPED, "epcList": "urn:x:1"}, "epcList: is .*write a list"),
        ({**SHIPPED, "epcList": ["urn:x:1", "urn:x:1"]}, "epcList: is .*name each once"),
        ({**SHIPPED, "epcList": ["urn:epc:id:sgtin:4012345.01112.25"]}, "epcList\\[0\\]: .*needs 13 digits"),
        ({**SHIPPED, "epcList": ["urn:epc:id:sgtin:4012345.011122"]}, "epcList\\[0\\]: .*needs a part behind"),
        ({**SHIPPED, "epcList": ["urn:epc:id:sscc:0614141.1234567890.1"]}, "may not have a part behind"),
        ({**SHIPPED, "epcList": ["urn:epc:id:xgtin:4012345.011122.25"]}, "has no scheme of EPC"),
        ({**SHIPPED, "epcList": ["urn:epc:tag:sgtin-96:1.4012345.011122.25"]}, "is no EPC"),
        ({**SHIPPED, "epcList": ["urn:epc:id:giai:4000001"]}, "has a part that EPC does not allow"),
        ({**SHIPPED, "epcList": ["https://id.gs1.org/01/04012345123457/21/1"]}, "epcList\\[0\\]: GTIN"),
        ({**SHIPPED, "epcList": ["https://id.gs1.org/00/106141412345678900"]}, "no serial shipping container"),
        (without(SHIPPED, "quantityList", 0, "quantity", put=0), "quantity: is '0'; write an amount above 0"),
        (without(SHIPPED, "quantityList", 0, "quantity", put=10**15), "quantity: is .*below"),
        (without(SHIPPED, "quantityList", 0, "quantity", put="2"), "quantity: is '2'; write a number"),
        (without(SHIPPED, "quantityList", 0, "quantity", put=True), "quantity: is 'True'"),
        (without(SHIPPED, "quantityList", 0, "quantity"), "quantity: is missing beside uom"),
        (without(SHIPPED, "quantityList", 0, "uom", put="kg"), "uom: is 'kg'"),
        (without(SHIPPED, "quantityList", 0, "urn:x:y", put=1), "urn:x:y: is no field of EPCIS"),
        (without(SHIPPED, "readPoint", "id"), "readPoint.id: is missing"),
        (without(SHIPPED, "readPoint", "id", put="urn:epc:id:sgln:1.2.3"), "readPoint.id: .*needs 12 digits"),
        (without(SHIPPED, "sourceList", 0, "type", put="somewhere"), "sourceList\\[0\\].type: is 'somewhere'"),
        (without(SHIPPED, "sensorElementList", 0, "sensorReport", put=[]), "sensorReport: is '\\[\\]'"),
        (without(SHIPPED, "sensorElementList", 0, "sensorReport", 0, "type", put="Warmth"), "type: is 'Warmth'"),
        (without(SHIPPED, "sensorElementList", 0, "sensorMetadata", "endTime", put="2026-07-14T07:00:00Z"),
         "endTime: is .*not before the start"),
        ({**SHIPPED, "errorDeclaration": {}}, "errorDeclaration.declarationTime: is missing"),
        ({**SHIPPED, "ilmd": {"urn:x:a": 1}}, "ilmd: is 'told with action OBSERVE'"),
        ({**SHIPPED, "action": "ADD", "ilmd": {"best before": 1}}, "ilmd: name 'best before'"),
        ({**SHIPPED, "colour": "red"}, "ObjectEvent.colour: is no field of EPCIS"),
        ({**SHIPPED, "persistentDisposition": {}}, "persistentDisposition: is 'empty'"),
        (without(SHIPPED, "quantityList", put=[]), None),
        (without(without(SHIPPED, "quantityList"), "sensorElementList"), "names nothing that it is about"),
        (without(MADE, "outputEPCList"), "names nothing that it is about"),
        (without(PACKED, "parentID"), "AggregationEvent.parentID: is missing"),
        (without(PACKED, "childEPCs"), "names nothing that it is about"),
        (without({**PACKED, "type": "AssociationEvent"}, "parentID"), "AssociationEvent.parentID: is missing"),
        (without(ORDERED, "bizTransactionList", put=[]), "bizTransactionList: is 'empty'"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_refused_by_event_field_and_finding(event, finding):
    if finding is None:
        assert len(taken(ORDERED, event)) == 2
        return
    with pytest.raises(WireError, match=finding) as refused:
        taken(ORDERED, event)
    assert str(refused.value).startswith("event 2")
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("changed", "finding"),
    [
        ({"type": "Document"}, "document.type: is 'Document'"),
        ({"@context": GONE}, "document.@context: is missing"),
        ({"@context": ["a b"]}, "document.@context: is 'a b'"),
        ({"schemaVersion": "1.2"}, "schemaVersion: is '1.2'; send edition 2"),
        ({"schemaVersion": 2}, "schemaVersion: is '2'; write a text"),
        ({"creationDate": "today"}, "creationDate: is 'today'"),
        ({"epcisBody": {}}, "eventList: is missing"),
        ({"epcisBody": {"eventList": {}}}, "eventList: is '{}'; write a list"),
        ({"epcisHeader": {"epcisMasterData": {"vocabularyList": [{}]}}}, r"vocabularyList\[0\].type"),
        ({"colour": "red"}, "document.colour: is no field"),
        ({"epcisBody": {"eventList": [SHIPPED] * (EVENTS_MOST + 1)}}, f"has {EVENTS_MOST + 1} events"),
    ],
)
def test_a_document_that_is_none_is_refused_by_name(changed, finding):
    with pytest.raises(WireError, match=finding):
        taken(**changed)


@pytest.mark.parametrize(
    ("content", "finding"),
    [
        (b"", "is no JSON"),
        (b"<xml/>", "is no JSON"),
        (b"\xff\xfe", "is no JSON"),
        (b"[]", "is no object"),
        (b'{"type": NaN}', "is no JSON"),
        (b'{"type": 1e999}', "no finite number"),
        (b'{"type": "\\ud800"}', "is no JSON"),
        (b'{"type": ' + b"9" * 5000 + b"}", "is no JSON"),
        (b"[" * 200_000, "is nested deeper"),
        (b'{"a":' * (DEPTH_MOST + 1) + b"1" + b"}" * (DEPTH_MOST + 1), "is nested deeper"),
        (b" " * (BYTES_MOST + 1), "send at most"),
    ],
)
def test_a_hostile_payload_is_refused_and_never_an_error(content, finding):
    with pytest.raises(WireError, match=finding):
        read(content)


@given(st.recursive(st.none() | st.booleans() | st.floats() | st.text(), lambda one: st.lists(one) | st.dictionaries(
    st.sampled_from([*SHIPPED, *MADE, "urn:x:y"]) | st.text(), one), max_leaves=8))  # fmt: skip
def test_no_value_in_any_field_ends_in_anything_but_a_refusal(value):
    told = {**SHIPPED, **value} if isinstance(value, dict) else {**SHIPPED, "quantityList": value}
    try:
        outcome = taken(told)[0].kind
    except WireError as refused:
        outcome = str(refused)
    assert outcome.startswith(("ObjectEvent", "TransformationEvent", "event 1", "document"))


@given(st.from_regex(r"[0-9]{12}", fullmatch=True), st.integers(0, 9), st.integers(6, 12),
       st.text("ABCxyz0189-._", min_size=1, max_size=20))  # fmt: skip
def test_a_urn_and_its_digital_link_are_one_thing(digits, indicator, cut, serial):
    urn = f"urn:epc:id:sgtin:{digits[:cut]}.{indicator}{digits[cut:]}.{serial}"
    gtin = f"{indicator}{digits}"
    assert canonical(urn) == canonical(f"HTTPS://shop.example/p/01/{gtin}{check_digit(gtin)}/21/{serial}")
    assert canonical(urn)[1] == serial


def test_patterns_and_plain_numbers_have_no_lot():
    assert canonical("urn:epc:idpat:sgtin:4012345.066666.*") == ("https://id.gs1.org/01/04012345666663", "")
    assert canonical("https://id.gs1.org/01/04012345666663") == ("https://id.gs1.org/01/04012345666663", "")
    assert canonical("https://example.com/bin/7") == ("https://example.com/bin/7", "")
    with pytest.raises(WireError, match="is no serial or lot number"):
        canonical("urn:epc:class:lgtin:4012345.012345." + "x" * 21)
