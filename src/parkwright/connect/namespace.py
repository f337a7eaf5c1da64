"""The unified namespace: which topic a meter speaks on, and what its payload says. Wire names stop here."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from parkwright.model.errors import ParkwrightError
from parkwright.model.park import Park
from parkwright.model.plant import Meter

NONE = "-"
"""Level of a topic that a meter does not have, for example a work unit under a building's meter."""
PAYLOAD_MAX_BYTES = 4096
"""Longest payload that is read; ours have about 150 bytes."""
KEYS = ("value", "unit", "quality", "source_time", "seq")
"""Keys of a payload; others are ignored."""
QUALITIES = ("good", "estimated", "repaired", "suspect")

_DECIMAL = re.compile(r"(\d{1,15})(?:\.(\d{1,6}))?")


class MalformedError(ParkwrightError):
    """A payload that is set aside: the text says what was found."""


@dataclass(frozen=True, slots=True)
class Counter:
    """A meter's counter on the wire: [mWh], [ml] for water; source_time is aware UTC, seq the source's own number."""

    meter_id: str
    source_time: datetime
    register_mwh_int: int
    quality: str
    seq: int


def topic(park: Park, meter: Meter) -> str:
    """Return the topic of a meter: park/<park_id>/<area>/<line>/<work unit>/<meter>/energy (volume for water).

    The area is the building that the meter stands in, "site" where it is none; a level without a thing is "-".
    """
    area, line, unit = _place(park, meter)
    return f"park/{park.site.park_id}/{area}/{line}/{unit}/{meter.id}/{_quantity(meter)}"


def topics(park: Park) -> Mapping[str, Meter]:
    """Return the park's meters by topic."""
    return {topic(park, meter): meter for meter in park.meters}


def subscriptions(park: Park) -> tuple[str, ...]:
    """Return the topic filters under which all meters of the park lie."""
    return tuple(f"park/{park.site.park_id}/+/+/+/+/{quantity}" for quantity in ("energy", "volume"))


def resume_topic(park: Park) -> str:
    """Return the topic on which a reader asks the meters to send again what is newer than an instant."""
    return f"park/{park.site.park_id}/meters/resume"


def _quantity(meter: Meter) -> str:
    return "volume" if meter.commodity == "water" else "energy"


def unit_of(meter: Meter) -> str:
    """Return the unit of a meter's counter on the wire: L for water, kWh for all others."""
    return "L" if meter.commodity == "water" else "kWh"


def _decimals(meter: Meter) -> int:
    return 3 if meter.commodity == "water" else 6


def _place(park: Park, meter: Meter) -> tuple[str, str, str]:
    buildings = {building.id for building in park.buildings}
    seen: set[str] = set()
    at: Meter | None = meter
    line = unit = NONE
    while at is not None and at.id not in seen:
        seen.add(at.id)
        if at.serves in park.work_unit:
            unit = at.serves if unit == NONE and at is meter else unit
            line = park.line_of[at.serves]
        elif at.serves in park.work_center:
            line = at.serves
        if line != NONE:
            return park.work_center[line].building_id, line, unit
        if at.serves in buildings:
            return at.serves, NONE, NONE
        at = park.meter.get(at.parent_id)
    fields = {field.id: field.building_id for field in park.energy.solar}
    return fields.get(meter.serves, "site"), NONE, NONE


def encode(meter: Meter, counter: Counter) -> bytes:
    """Return the payload of a counter: JSON, with the value as an exact decimal text."""
    decimals = _decimals(meter)
    whole, rest = divmod(counter.register_mwh_int, 10**decimals)
    source_time = counter.source_time.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    body = {
        "value": f"{whole}.{rest:0{decimals}d}",
        "unit": unit_of(meter),
        "quality": counter.quality,
        "source_time": source_time,
        "seq": counter.seq,
    }
    return json.dumps(body, separators=(",", ":")).encode()


def decode(meter: Meter, payload: bytes) -> Counter:
    """Return the counter that a payload of `meter` states.

    Raises MalformedError, saying what was found, when the payload is too long, no JSON object, lacks a key or holds
    a value, unit, quality, instant or number out of its range.
    """
    body = _body(payload)
    found = _DECIMAL.fullmatch(body["value"]) if isinstance(body["value"], str) else None
    if found is None:
        raise MalformedError(f'value is {body["value"]!r:.40}; give a decimal text such as "123.456789"')
    decimals = _decimals(meter)
    fraction = (found.group(2) or "").ljust(decimals, "0")
    if len(fraction) > decimals and fraction[decimals:].strip("0"):
        raise MalformedError(f"value is {body['value']!r:.40}; give at most {decimals} decimals")
    register = int(found.group(1) + fraction[:decimals])
    if register >= meter.register_mwh_max:
        raise MalformedError(f"value is {body['value']!r:.40}; the counter rolls over before")
    if body["unit"] != unit_of(meter):
        raise MalformedError(f"unit is {body['unit']!r:.40}; give {unit_of(meter)}")
    if body["quality"] not in QUALITIES:
        raise MalformedError(f"quality is {body['quality']!r:.40}; give one of {', '.join(QUALITIES)}")
    seq = body["seq"]
    if not isinstance(seq, int) or isinstance(seq, bool) or not 0 <= seq < 2**63:
        raise MalformedError(f"seq is {seq!r:.40}; give a whole number from 0")
    return Counter(meter.id, _instant(body["source_time"]), register, body["quality"], seq)


def _body(payload: bytes) -> dict[str, Any]:
    if len(payload) > PAYLOAD_MAX_BYTES:
        raise MalformedError(f"payload has {len(payload)} bytes; give at most {PAYLOAD_MAX_BYTES}")
    try:
        body = json.loads(payload.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise MalformedError(f"payload is no JSON ({type(error).__name__}); give an object") from error
    if not isinstance(body, dict):
        raise MalformedError(f"payload is a {type(body).__name__}; give an object")
    missing = [key for key in KEYS if key not in body]
    if missing:
        raise MalformedError(f"payload lacks {', '.join(missing)}; give {', '.join(KEYS)}")
    return body


def _instant(text: object) -> datetime:
    try:
        instant = datetime.fromisoformat(str(text))
        if instant.tzinfo is not None:
            utc = instant.astimezone(UTC)
            return utc.replace(microsecond=utc.microsecond // 1000 * 1000)
    except (ValueError, OverflowError):
        pass
    raise MalformedError(f"source_time is {text!r:.40}; give an instant such as 2026-07-15T00:15:00.000Z")
