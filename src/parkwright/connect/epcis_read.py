"""EPCIS 2.0 documents of partners, read: events in our words, or a refusal that names event, field and finding.

References: GS1 EPCIS 2.0.0, sections 7.4 (events), 7.4.1.2 (event id and error declaration) and 10 (JSON binding).
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from parkwright.connect.epc import canonical
from parkwright.connect.epcis_fields import KINDS, context
from parkwright.connect.epcis_forms import instant, is_uri, record, refuse, text, time, uri
from parkwright.connect.epcis_hash import digest, is_event_hash, named
from parkwright.connect.pact_wire import WireError
from parkwright.run.received import Concerned, Received

BYTES_MOST = 8 * 1024 * 1024
"""Longest document that is read [bytes] (assumed: a bound)."""
DEPTH_MOST = 32
"""Deepest nesting of a document (assumed: a bound)."""
EVENTS_MOST = 10_000
"""Events of one document (assumed: a bound)."""
THINGS_MOST = 100_000
"""Things that the events of one document name (assumed: a bound)."""
SINGLE: Mapping[str, str] = {
    "epcList": "epc", "childEPCs": "child", "inputEPCList": "input", "outputEPCList": "output",
}  # fmt: skip
AMOUNTS: Mapping[str, str] = {
    "quantityList": "epc", "childQuantityList": "child", "inputQuantityList": "input", "outputQuantityList": "output",
}  # fmt: skip
"""Field -> what its things are to the event."""


class TooLargeError(WireError):
    """A document that holds more than is read at once."""


def read(content: bytes) -> tuple[Received, ...]:
    """Return the events of an EPCISDocument or EPCISQueryDocument (JSON), in its order.

    Raises WireError, with event, field, finding and way out, for the first thing that is wrong: the document is taken
    whole or not at all. It is a TooLargeError where there is too much of it.
    """
    told = _told(content)
    events = _events(told)
    if len(events) > EVENTS_MOST:
        raise TooLargeError(f"eventList: has {len(events)} events; send at most {EVENTS_MOST} at once")
    spaces = [one for one in _listed(told["@context"]) if isinstance(one, dict)]
    found = tuple(_event(event, f"event {place}", spaces) for place, event in enumerate(events, 1))
    if sum(len(one.things) for one in found) > THINGS_MOST:
        raise TooLargeError(f"eventList: names more than {THINGS_MOST} things; send fewer events at once")
    return found


def read_one(content: bytes) -> Received:
    """Return an event that stands alone (JSON); raises as `read` does."""
    found = _event(_told(content), "event", [])
    if len(found.things) > THINGS_MOST:
        raise TooLargeError(f"event: names more than {THINGS_MOST} things; tell them in several events")
    return found


def _told(content: bytes) -> dict[str, Any]:
    if len(content) > BYTES_MOST:
        raise TooLargeError(f"document: has {len(content)} bytes; send at most {BYTES_MOST} at once")
    try:
        told = json.loads(content, parse_float=_finite, parse_constant=_finite)
        json.dumps(told, ensure_ascii=False).encode()
    except RecursionError as error:
        raise WireError(f"document: is nested deeper than {DEPTH_MOST}; flatten it") from error
    except ValueError as error:
        raise WireError(f"document: is no JSON that can be read ({str(error)[:120]}); correct it") from error
    if _depth(told) > DEPTH_MOST:
        raise WireError(f"document: is nested deeper than {DEPTH_MOST}; flatten it")
    if not isinstance(told, dict):
        raise WireError("document: is no object; send an EPCISDocument")
    return told


def _finite(number: str) -> float:
    value = float(number)
    if not math.isfinite(value):
        raise ValueError(f"{number[:20]} is no finite number")
    return value


def _depth(told: object) -> int:
    level, depth = [told], 0
    while level and depth <= DEPTH_MOST:
        inner = (one.values() if isinstance(one, dict) else one for one in level if isinstance(one, dict | list))
        level, depth = [each for one in inner for each in one], depth + 1
    return depth


def _unread(value: object, at: str) -> None:
    """Let pass what the events do not depend on."""


_HEADER = {"@context": context, "id": uri, "type": text, "schemaVersion": text, "creationDate": time}
_DOCUMENT = record(
    {**_HEADER, **dict.fromkeys(("instanceIdentifier", "sender", "receiver"), text), "epcisHeader": _unread,
     "epcisBody": _unread},
    ("@context", "schemaVersion", "creationDate", "epcisBody"),
)  # fmt: skip
_ANSWER = record({**_HEADER, "epcisBody": _unread}, ("@context", "epcisBody"))
_BODY = record({"queryResults": _unread}, ("queryResults",))
_RESULTS = record({"queryName": text, "subscriptionID": text, "resultsBody": _unread}, ("queryName", "resultsBody"))
_FOUND = record({"eventList": _unread, "vocabularyList": _unread}, ("eventList",))


def _events(told: dict[str, Any]) -> list[Any]:
    """Return the events of a document, unread; raises WireError where it is none."""
    if told.get("type") == "EPCISDocument":
        _DOCUMENT(told, "document")
        _masters(told.get("epcisHeader", {}))
        body = told["epcisBody"]
        if not isinstance(body, dict) or "eventList" not in body:
            raise WireError("document.epcisBody.eventList: is missing; add it")
    elif told.get("type") == "EPCISQueryDocument":
        _ANSWER(told, "document")
        _BODY(told["epcisBody"], "document.epcisBody")
        results = told["epcisBody"]["queryResults"]
        _RESULTS(results, "document.epcisBody.queryResults")
        body = results["resultsBody"]
        _FOUND(body, "document.epcisBody.queryResults.resultsBody")
    else:
        raise refuse("document.type", told.get("type"), "send an EPCISDocument or an EPCISQueryDocument")
    version = told.get("schemaVersion", "2.0")
    if version != "2" and not (version.startswith("2.") and version.replace(".", "").isdigit()):
        raise refuse("document.schemaVersion", version, "send edition 2 of EPCIS")
    if not isinstance(body["eventList"], list):
        raise refuse("eventList", body["eventList"], "write a list")
    return body["eventList"]


def _masters(header: object) -> None:
    """Refuse a header that is none; master data are not kept."""
    record({"epcisMasterData": _unread}, ())(header, "document.epcisHeader")
    masters = header.get("epcisMasterData", {}) if isinstance(header, dict) else {}
    lists = masters.get("vocabularyList", []) if isinstance(masters, dict) else None
    at = "document.epcisHeader.epcisMasterData.vocabularyList"
    if not isinstance(lists, list):
        raise refuse(at, lists, "write a list")
    for place, one in enumerate(lists):
        if not isinstance(one, dict) or not is_uri(one.get("type")):
            raise refuse(f"{at}[{place}].type", one, "say by its URI which vocabulary it is")


def _listed(context: object) -> list[Any]:
    return context if isinstance(context, list) else [context]


def _event(told: object, at: str, spaces: list[Any]) -> Received:
    """Return an event in our words; spaces: namespaces that its document declares, which it then declares itself."""
    if not isinstance(told, dict):
        raise refuse(at, told, "write an object")
    kind = told.get("type")
    if not isinstance(kind, str) or kind not in KINDS:
        raise refuse(f"{at}: type", kind, f"write one of {', '.join(KINDS)}")
    if spaces:
        told = {**told, "@context": [*spaces, *_listed(told.get("@context", []))]}
    KINDS[kind](told, f"{at}: {kind}")
    _whole(kind, told, f"{at}: {kind}")
    content_digest = digest(told)
    event_id = told.get("eventID", named(content_digest))
    return Received(
        event_id,
        kind,
        told.get("action", ""),
        instant(told["eventTime"], f"{at}: eventTime"),
        told.get("bizStep", ""),
        told.get("disposition", ""),
        "errorDeclaration" in told,
        tuple(_things(told)),
        content_digest,
        told,
        is_event_hash(event_id) and event_id != named(content_digest),
    )


def _whole(kind: str, told: Mapping[str, Any], at: str) -> None:
    """Refuse an event whose fields do not fit together (EPCIS 2.0, 7.4.2 to 7.4.6)."""
    action = told.get("action")
    if "ilmd" in told and kind == "ObjectEvent" and action != "ADD":
        raise refuse(f"{at}.ilmd", f"told with action {action}", "tell it with action ADD alone")
    if kind == "AggregationEvent" and action != "OBSERVE" and "parentID" not in told:
        raise WireError(f"{at}.parentID: is missing; an aggregation is left out of it with action OBSERVE alone")
    if kind == "TransactionEvent" and not told["bizTransactionList"]:
        raise refuse(f"{at}.bizTransactionList", "empty", "name a transaction")
    if not _about(kind, told, deleting=action == "DELETE"):
        raise WireError(f"{at}: names nothing that it is about; name things, classes with quantities, or a reading")


def _about(kind: str, told: Mapping[str, Any], *, deleting: bool) -> bool:
    """Return whether an event says what it is about."""
    if kind == "ObjectEvent":
        sensed = bool(told.get("sensorElementList")) and "readPoint" in told
        return "epcList" in told or bool(told.get("quantityList")) or sensed
    if kind == "TransactionEvent":
        return "epcList" in told or bool(told.get("quantityList")) or deleting
    if kind == "TransformationEvent":
        ends = [bool(told.get(f"{end}EPCList") or told.get(f"{end}QuantityList")) for end in ("input", "output")]
        return all(ends) or ("transformationID" in told and any(ends))
    return bool(told.get("childEPCs") or told.get("childQuantityList")) or deleting


def _things(told: Mapping[str, Any]) -> Iterator[Concerned]:
    if "parentID" in told:
        yield Concerned("parent", *canonical(told["parentID"]))
    for name, role in SINGLE.items():
        for one in told.get(name, ()):
            yield Concerned(role, *canonical(one))
    for name, role in AMOUNTS.items():
        for one in told.get(name, ()):
            amount = Decimal(str(one["quantity"])) if "quantity" in one else None
            yield Concerned(role, *canonical(one["epcClass"]), amount, one.get("uom", ""))
