"""CBV event hashes: the published names of published events, and what may and may not change a name."""

from __future__ import annotations

import copy
import hashlib
import json
import random
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parkwright.connect.epcis_hash import event_hash, is_event_hash, named, prehash

KNOWN = [json.loads(line) for line in (Path(__file__).parent / "epcis_hashes.jsonl").read_text().splitlines()]
"""Events and names published with RalphTro/epcis-event-hash-generator (NOTICE)."""
UNTOLD = {"eventID", "recordTime", "errorDeclaration", "certificationInfo", "rdfs:comment", "@context"}
PLAIN = {
    "type": "ObjectEvent",
    "eventTime": "2026-07-15T08:00:00+08:00",
    "eventTimeZoneOffset": "+08:00",
    "action": "OBSERVE",
    "epcList": ["urn:epc:id:sgtin:4012345.011111.9876"],
}


def of(**changed: object) -> str:
    return prehash({**PLAIN, **changed})


@pytest.mark.parametrize("known", KNOWN, ids=lambda known: known["of"])
def test_a_published_event_has_its_published_name(known: dict):
    assert event_hash(known["event"]) == f"ni:///sha-256;{known['hash']}?ver=CBV2.0"


def test_the_text_before_the_hash_is_the_published_one():
    (third,) = [one for one in KNOWN if one["of"] == "ReferenceEventHashAlgorithm3 1"]
    told = (
        "eventType=ObjectEventeventTime=2020-03-04T10:00:30.000ZeventTimeZoneOffset=+01:00"
        "epcListepc=https://id.gs1.org/01/00614141111114/21/987action=OBSERVE"
        "bizStep=https://ref.gs1.org/cbv/BizStep-departingdisposition=https://ref.gs1.org/cbv/Disp-in_transit"
        "readPointid=https://id.gs1.org/414/4012345000115"
        "bizTransactionListtype=https://ref.gs1.org/cbv/BTT-pobizTransaction=https://id.gs1.org/253/4012345111118123"
        "sourceListtype=https://ref.gs1.org/cbv/SDT-owning_partysource=https://id.gs1.org/417/4012345000009"
        "destinationListtype=https://ref.gs1.org/cbv/SDT-owning_partydestination=https://id.gs1.org/417/0614141000005"
        "readPoint{https://ns.example.com/epcis/}myField1=AB-12{https://ns.example.com/epcis/}userExt=CD-34"
    )
    assert prehash(third["event"]) == told
    assert event_hash(third["event"]) == named(hashlib.sha256(told.encode()).hexdigest())


def shuffled(told: Any, order: random.Random) -> Any:
    """The same, with the keys of objects and the items of lists in another order."""
    if isinstance(told, dict):
        return {name: shuffled(told[name], order) for name in order.sample(list(told), len(told))}
    return [shuffled(one, order) for one in order.sample(told, len(told))] if isinstance(told, list) else told


@given(st.sampled_from(KNOWN), st.randoms(use_true_random=False))
def test_no_order_of_keys_or_lists_changes_a_name(known: dict, order: random.Random):
    assert event_hash(shuffled(known["event"], order)) == named(known["hash"])


def places(told: Any, path: tuple = ()) -> Iterator[tuple[tuple, Any]]:
    """Paths of all values in an event that are part of what it tells, and the values."""
    inner = told.items() if isinstance(told, dict) else enumerate(told) if isinstance(told, list) else ()
    for name, value in inner:
        if name not in UNTOLD:
            yield (*path, name), value
            yield from places(value, (*path, name))


def changed(event: dict, path: tuple, put: object) -> dict:
    made = copy.deepcopy(event)
    inner = made
    for step in path[:-1]:
        inner = inner[step]
    if put is ...:
        del inner[path[-1]]
    else:
        inner[path[-1]] = put
    return made


def test_a_change_of_any_value_and_the_loss_of_any_field_change_the_name():
    tried = 0
    for known in KNOWN:
        for path, value in places(known["event"]):
            timed = str(path[-1]).lower().endswith("time")
            puts: list[object] = [] if path[-1] in ("type", "eventTime") else [...]
            if not isinstance(value, dict | list):
                puts.append("2001-01-01T00:00:00Z" if timed else "urn:x:other")
            for put in puts:
                name = event_hash(changed(known["event"], path, put))
                assert name != named(known["hash"]), (known["of"], path, put)
                tried += 1
    assert tried > 900


@pytest.mark.parametrize(("name", "value"), [
    ("eventID", "urn:uuid:9"), ("recordTime", "2030-01-01T00:00:00Z"), ("rdfs:comment", "seen at the gate"),
    ("errorDeclaration", {"declarationTime": "2030-01-01T00:00:00Z"}), ("certificationInfo", "urn:x:certificate"),
])  # fmt: skip
def test_what_is_told_beside_the_event_does_not_change_its_name(name: str, value: object):
    assert of(**{name: value}) == of()


@pytest.mark.parametrize(("one", "other"), [
    ("2026-07-15T08:00:00+08:00", "2026-07-15T00:00:00.0004Z"), ("2026-07-14T23:59:59.9995Z", "2026-07-15T00:00:00Z"),
    ("9999-12-31T23:59:59.9999999Z", "9999-12-31T23:59:59.999Z"),
])  # fmt: skip
def test_an_instant_is_one_however_it_is_written_and_rounded_to_the_millisecond(one: str, other: str):
    assert of(eventTime=one) == of(eventTime=other)
    assert of(eventTime=one) != of(eventTime="2026-07-15T00:00:00.0005Z")


@given(st.datetimes(), st.integers(-14 * 60, 14 * 60))
def test_the_offset_of_an_instant_is_only_told_where_it_is_meant(at, minutes: int):
    try:
        local = at + timedelta(minutes=minutes)
    except OverflowError:
        local, minutes = at, 0
    offset = f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}"
    first = of(eventTime=f"{at.isoformat(timespec='milliseconds')}Z")
    assert of(eventTime=f"{local.isoformat(timespec='milliseconds')}{offset}") == first


@pytest.mark.parametrize(("value", "told"), [
    (1.0, "1"), (0.3434, "0.3434"), (-0.0, "0"), (1e21, "1" + "0" * 21), (1e-7, "0.0000001"), (120, "120"),
    (12345678901234567890123, "12345678901234567890123"), ("007.50", "7.5"), ("+3", "3"), ("1e3", "1e3"),
    ("0" * 40 + "1." + "1" * 40, "1." + "1" * 40), (" 5 ", "5"), (True, "true"), (False, "false"), ("٣", "٣"),
])  # fmt: skip
def test_a_number_is_written_plainly_and_never_loses_a_digit(value: object, told: str):
    assert of(**{"urn:x:n": value}).endswith(f"urn:x:n={told}")


@pytest.mark.parametrize(("value", "told"), [
    ("https://shop.example/p/01/4012345123456/22/V/10/L-7/21/S1?x=1", "https://id.gs1.org/01/04012345123456/21/S1"),
    ("http://shop.example/gtin/4012345123456/lot/L-7", "https://id.gs1.org/01/04012345123456/10/L-7"),
    ("https://shop.example/8006/040123451234560102/22/AB/21/443322", "https://id.gs1.org/8006/040123451234560102/21/443322"),
    ("https://shop.example/party/4226350800008", "https://id.gs1.org/417/4226350800008"),
    ("urn:epc:idpat:itip:4012345.012345.01.02.*", "https://id.gs1.org/8006/040123451234560102"),
    ("urn:epc:id:sgtin:0614141.812345.6789!()*", "https://id.gs1.org/01/80614141123458/21/6789!()*"),
    ("urn:epc:id:gid:100.1.2", "urn:epc:id:gid:100.1.2"),
    ("https://id.gs1.org/01/4012345123457", "https://id.gs1.org/01/4012345123457"),
    ("http://[example", "http://[example"),
    ("urn:epcglobal:cbv:disp:in_transit", "https://ref.gs1.org/cbv/Disp-in_transit"),
    ("gs1:Temperature", "https://ref.gs1.org/voc/Temperature"),
    ("x:y", "https://x.example/y"), ("x://y", "x://y"), ("z:y", "z:y"),
])  # fmt: skip
def test_a_thing_or_word_is_told_by_its_one_address(value: str, told: str):
    context = ["https://ref.gs1.org/standards/epcis/epcis-context.jsonld", {"x": {"@id": "https://x.example/"}, "w": 1}]
    assert of(**{"@context": context, "urn:x:thing": value}).endswith(f"urn:x:thing={told}")


def test_a_namespace_is_told_and_not_its_short_name():
    told = "b:emptyc:none{https://a.example/}field{https://a.example/}inner=1{https://a.example/}inner=2"
    own = {"a:field": {"a:inner": [2, 1]}, "b:empty": "", "c:none": None}
    assert of(**{"@context": {"a": "https://a.example/"}}, **own).endswith(told)
    own["z:field"] = {"z:inner": [1, 2]}
    del own["a:field"]
    assert of(**{"@context": ["urn:x", {"z": "https://a.example/"}]}, **own).endswith(told)


def test_a_name_is_one_only_in_the_standards_form():
    assert is_event_hash(event_hash(PLAIN))
    name = event_hash(PLAIN)
    long_ = f"ni:///sha-512;{'0' * 128}?ver=CBV2.0"
    for other in ("urn:uuid:1", name.replace("2.0", "2.1"), name.upper(), f"{name}0", long_):
        assert not is_event_hash(other)
