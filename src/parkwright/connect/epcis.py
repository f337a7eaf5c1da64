"""EPCIS 2.0 events of a unit: where it passed, what was built into it, when it was finished.

Each is named by its event hash, so that whoever holds it can tell whether it is as we told it.

References: GS1 EPCIS 2.0.0 and CBV 2.0.0 (JSON/JSON-LD binding).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from parkwright.connect.epcis_hash import event_hash
from parkwright.run.built import Step

CONTEXT = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"


@dataclass(frozen=True, slots=True)
class Joined:
    """Components built into a unit at an instant, by their URIs."""

    parts: tuple[str, ...]
    at: datetime


def unit_events(
    unit: str, place: str, steps: Sequence[Step], joined: Sequence[Joined], finished: datetime, zone: ZoneInfo
) -> list[dict[str, Any]]:
    """Return the events of a unit in order of time.

    unit: its URI. place: URI that a work unit's id is added to. finished: when it was packed. zone: of the park.
    """
    events = [_step(unit, place, step, zone) for step in steps]
    events += [
        {
            **_event("AssociationEvent", one.at, zone, "ADD", "assembling"),
            "parentID": unit,
            "childEPCs": list(one.parts),
        }
        for one in joined
    ]
    events.append({**_event("ObjectEvent", finished, zone, "ADD", "commissioning"), "epcList": [unit]})
    return [{"eventID": event_hash(one), **one} for one in sorted(events, key=lambda one: str(one["eventTime"]))]


def _step(unit: str, place: str, step: Step, zone: ZoneInfo) -> dict[str, Any]:
    disposition = "in_progress" if step.result == "ok" else "non_conformant"
    return {
        **_event("ObjectEvent", step.end, zone, "OBSERVE", "inspecting"),
        "epcList": [unit],
        "disposition": disposition,
        "readPoint": {"id": f"{place}{step.work_unit_id}"},
    }


def _event(kind: str, at: datetime, zone: ZoneInfo, action: str, business_step: str) -> dict[str, Any]:
    local = at.astimezone(zone)
    offset = local.strftime("%z")
    return {
        "type": kind,
        "action": action,
        "bizStep": business_step,
        "eventTime": local.isoformat(timespec="milliseconds"),
        "eventTimeZoneOffset": f"{offset[:3]}:{offset[3:5]}",
    }


def document(events: Sequence[Mapping[str, Any]], created: datetime) -> dict[str, Any]:
    """Return events as an EPCIS document; created: aware instant."""
    return _wrapped("EPCISDocument", {"eventList": list(events)}, created)


def query_document(events: Sequence[Mapping[str, Any]], created: datetime) -> dict[str, Any]:
    """Return events as the answer to a question for events; created: aware instant."""
    results = {"queryName": "SimpleEventQuery", "resultsBody": {"eventList": list(events)}}
    return _wrapped("EPCISQueryDocument", {"queryResults": results}, created)


def _wrapped(kind: str, body: Mapping[str, Any], created: datetime) -> dict[str, Any]:
    return {
        "@context": [CONTEXT],
        "type": kind,
        "schemaVersion": "2.0",
        "creationDate": created.isoformat(timespec="milliseconds"),
        "epcisBody": body,
    }
