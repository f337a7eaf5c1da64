"""EPCIS events of a unit: in order of time, in the park's zone, one for each step, each joining and the finish."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from parkwright.connect.epcis import CONTEXT, Joined, document, unit_events
from parkwright.connect.epcis_hash import event_hash
from parkwright.run.built import Step

START = datetime(2026, 7, 15, 0, 0, 0, 250_000, tzinfo=UTC)
UNIT, PLACE = "https://id.example.org/01/09520000000011/21/U1", "urn:x:place:"
STEPS = [Step("NB-asm", START, "ok"), Step("NB-test", START + timedelta(minutes=2), "fail")]
JOINED = [Joined(("urn:uuid:1", "urn:uuid:2"), START + timedelta(minutes=1))]
DONE = START + timedelta(minutes=3)


def events(zone: str = "Asia/Shanghai") -> list[dict]:
    return unit_events(UNIT, PLACE, STEPS, JOINED, DONE, ZoneInfo(zone))


def test_events_come_in_order_of_time():
    kinds = [(one["type"], one["action"], one["bizStep"]) for one in events()]
    assert kinds == [
        ("ObjectEvent", "OBSERVE", "inspecting"),
        ("AssociationEvent", "ADD", "assembling"),
        ("ObjectEvent", "OBSERVE", "inspecting"),
        ("ObjectEvent", "ADD", "commissioning"),
    ]


def test_each_event_is_named_by_what_it_tells_in_any_zone():
    assert [one["eventID"] for one in events()] == [event_hash(one) for one in events()]
    assert len({one["eventID"] for one in events()}) == 4
    assert events()[0]["eventID"] != events("America/New_York")[0]["eventID"]
    assert events("Asia/Shanghai")[0]["eventID"] == events("Asia/Singapore")[0]["eventID"]


def test_a_step_names_the_unit_the_place_and_what_came_of_it():
    first, _, second, _ = events()
    assert first["epcList"] == [UNIT]
    assert first["readPoint"] == {"id": "urn:x:place:NB-asm"}
    assert [first["disposition"], second["disposition"]] == ["in_progress", "non_conformant"]


def test_a_joining_names_the_unit_and_its_parts():
    joined = events()[1]
    assert (joined["parentID"], joined["childEPCs"]) == (UNIT, ["urn:uuid:1", "urn:uuid:2"])


@pytest.mark.parametrize(
    ("zone", "offset", "local"),
    [
        ("Asia/Shanghai", "+08:00", "2026-07-15T08:00:00.250+08:00"),
        ("America/New_York", "-04:00", "2026-07-14T20:00:00.250-04:00"),
        ("Asia/Kolkata", "+05:30", "2026-07-15T05:30:00.250+05:30"),
        ("UTC", "+00:00", "2026-07-15T00:00:00.250+00:00"),
    ],
)
def test_times_are_the_parks_with_their_offset(zone, offset, local):
    first = events(zone)[0]
    assert (first["eventTimeZoneOffset"], first["eventTime"]) == (offset, local)


def test_a_document_holds_the_events_and_says_its_version():
    found = document(events(), DONE)
    assert found["@context"] == [CONTEXT]
    assert (found["type"], found["schemaVersion"]) == ("EPCISDocument", "2.0")
    assert found["creationDate"] == "2026-07-15T00:03:00.250+00:00"
    assert len(json.loads(json.dumps(found))["epcisBody"]["eventList"]) == 4


def test_a_unit_without_a_way_was_finished_all_the_same():
    assert [one["bizStep"] for one in unit_events(UNIT, PLACE, [], [], DONE, ZoneInfo("UTC"))] == ["commissioning"]
