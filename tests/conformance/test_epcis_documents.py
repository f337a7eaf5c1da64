"""Published EPCIS documents and mutants made from them by rule, read beside the official schema with its formats."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema_rs import validator_for
from test_export_schemas import EPCIS, checkout

from parkwright.connect.epcis_read import read
from parkwright.connect.pact_wire import WireError

TIMES = ("eventTime", "recordTime", "creationDate", "time", "startTime", "endTime", "declarationTime")
WORDS = ("type", "bizStep", "disposition", "reason", "component", "exception")
NUMBERS = ("quantity", "value", "minValue", "maxValue", "meanValue", "sDev", "percRank", "percValue")
NEEDED = ("@context", "type", "schemaVersion", "epcisBody", "eventList", "eventTime", "eventTimeZoneOffset", "action",
          "id", "epcClass", "bizTransaction", "source", "destination", "sensorReport", "declarationTime")  # fmt: skip
FREE = ("ilmd", "@context")
"""Fields whose contents the standard leaves to the writer."""
TRADE = ("urn:epc:id:sgtin:", "urn:epc:class:lgtin:", "https://id.gs1.org/01/")


def places(told: Any, path: tuple = ()) -> Iterator[tuple]:
    """Paths of all fields of EPCIS in a document."""
    inner = told.items() if isinstance(told, dict) else enumerate(told) if isinstance(told, list) else ()
    for name, value in inner:
        yield (*path, name)
        if name not in FREE and not (isinstance(name, str) and ":" in name):
            yield from places(value, (*path, name))


def changes(name: Any, value: Any) -> Iterator[tuple[str, Any, bool]]:
    """Kinds of mutant of a field, what it becomes, and whether only the standard's text, not its schema, forbids it."""
    if name in NEEDED:
        yield "removed", ..., False
    if name in TIMES:
        yield "no time", "yesterday", False
        yield "no offset", str(value)[:19], False
        yield "no such day", "2026-02-30T00:00:00Z", False
    if name == "eventTimeZoneOffset":
        yield from (("bad offset", put, False) for put in ("+15:00", "08:00", "+8:00"))
    if name == "action":
        yield from (("unknown action", put, False) for put in ("MOVE", "add", 1))
    if name in WORDS and isinstance(value, str):
        yield "unknown word", f"{value}x", False
        yield "long form of a word", f"urn:epcglobal:cbv:bizstep:{value}", False
    if name in NUMBERS:
        yield "text for a number", str(value), False
    if name == "quantity":
        yield from (("no quantity", put, True) for put in (0, -1))
    if isinstance(name, int) and isinstance(value, str) and value.startswith(TRADE):
        yield "bad EPC", value.replace("urn:epc:id:sgtin:", "urn:epc:id:sgtin:9").replace("/01/", "/01/9"), True
        yield "no URI", "no uri", False
    if isinstance(value, list | dict) and value:
        yield "wrong type", "text", False


def mutants(document: dict) -> Iterator[tuple[str, tuple, bool, dict]]:
    for path in places(document):
        outer = document
        for step in path[:-1]:
            outer = outer[step]
        for kind, put, by_text in changes(path[-1], outer[path[-1]]):
            made = copy.deepcopy(document)
            inner = made
            for step in path[:-1]:
                inner = inner[step]
            if put is ...:
                del inner[path[-1]]
            else:
                inner[path[-1]] = put
            if made != document:
                yield kind, path, by_text, made


def refusal(told: dict) -> str:
    try:
        read(json.dumps(told).encode())
    except WireError as error:
        return str(error)
    return ""


@pytest.mark.server
def test_published_documents_are_read_and_what_the_schema_refuses_is_refused(capsys: pytest.CaptureFixture[str]):
    """E6 of the reference."""
    folder = checkout(EPCIS)
    if folder is None:
        return
    schema = validator_for(json.loads((folder / "EPCIS-JSON-Schema.json").read_text()), validate_formats=True)
    documents = [json.loads(path.read_text()) for path in sorted((folder / "JSON").rglob("*.jsonld"))]
    assert len(documents) >= 47
    assert [refusal(one) for one in documents if refusal(one)] == []
    tried = by_schema = by_text = 0
    for document in documents:
        for kind, path, text_alone, made in mutants(document):
            told, sound = refusal(made), schema.is_valid(made)
            tried += 1
            by_schema += not sound
            by_text += sound and bool(told)
            assert sound or told, (kind, path, "the schema refuses it")
            assert told or not text_alone, (kind, path, "the standard refuses it")
            assert not told or told.startswith(("event", "document", "eventList")), told
    assert tried >= 133
    with capsys.disabled():
        print(
            f"\nEPCIS 2.0: {len(documents)} published documents read; {tried} mutants, {by_schema} refused by schema "
            f"and reader, {by_text} by the standard's text alone, {tried - by_schema - by_text} sound and taken"
        )
