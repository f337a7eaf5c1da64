"""CBV event hash: the name of an EPCIS event that is made of what it tells, the same however it is written.

What an event tells becomes one text, its pre-hash string: fields in the standard's order, lists sorted, words, things,
times and numbers in one form each. Its SHA-256 is the name. When it was recorded, how it is certified, comments and an
error declaration are not part of it. Texts that are decimal numbers count as numbers: XML cannot tell them apart.

References: GS1 CBV 2.0.0, section 8.9; RFC 6920; RalphTro/epcis-event-hash-generator, profile CBV2.0 (order of fields
and the place of extensions, where the standard's text leaves them open).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, TypeAlias

from parkwright.connect.digital_link import CANONICAL
from parkwright.connect.epc import canonical
from parkwright.connect.epcis_forms import instant
from parkwright.connect.pact_wire import WireError

Form: TypeAlias = "str | Mapping[str, Form]"
"""How a field is written: the address before its bare words, TIME, or its inner fields in their order."""
TIME = "time"
CBV, VOCABULARY = "https://ref.gs1.org/cbv/", "https://ref.gs1.org/voc/"
STEP, DISPOSITION, TRANSACTION, END = f"{CBV}BizStep-", f"{CBV}Disp-", f"{CBV}BTT-", f"{CBV}SDT-"
LONG: Mapping[str, str] = {
    "urn:epcglobal:cbv:bizstep:": STEP, "urn:epcglobal:cbv:disp:": DISPOSITION, "urn:epcglobal:cbv:btt:": TRANSACTION,
    "urn:epcglobal:cbv:sdt:": END,
}  # fmt: skip
"""How words of the vocabulary began before EPCIS 2.0, and how they begin since."""
PREFIXES: Mapping[str, str] = {"cbv": CBV, "gs1": VOCABULARY, "epcis": "https://ref.gs1.org/epcis/"}
"""Short names of namespaces that a document need not declare."""
_AMOUNT = {"epcClass": "", "quantity": "", "uom": ""}
_DEVICE = {"deviceID": "", "deviceMetadata": "", "rawData": "", "dataProcessingMethod": ""}
_SENSED = {
    "sensorMetadata": {"time": TIME, "startTime": TIME, "endTime": TIME, **_DEVICE, "bizRules": ""},
    "sensorReport": {
        "type": VOCABULARY, "exception": VOCABULARY, **_DEVICE, "time": TIME, "microorganism": "",
        "chemicalSubstance": "", "value": "", "component": f"{CBV}Comp-", "stringValue": "", "booleanValue": "",
        "hexBinaryValue": "", "uriValue": "", "minValue": "", "maxValue": "", "meanValue": "", "sDev": "",
        "percRank": "", "percValue": "", "uom": "", "coordinateReferenceSystem": "",
    },
}  # fmt: skip
FIELDS: Mapping[str, Form] = {
    "eventTime": TIME, "eventTimeZoneOffset": "", "epcList": "", "parentID": "", "inputEPCList": "", "childEPCs": "",
    "quantityList": _AMOUNT, "childQuantityList": _AMOUNT, "inputQuantityList": _AMOUNT, "outputEPCList": "",
    "outputQuantityList": _AMOUNT, "action": "", "transformationID": "", "bizStep": STEP, "disposition": DISPOSITION,
    "persistentDisposition": {"set": DISPOSITION, "unset": DISPOSITION}, "readPoint": {"id": ""},
    "bizLocation": {"id": ""}, "bizTransactionList": {"type": TRANSACTION, "bizTransaction": ""},
    "sourceList": {"type": END, "source": ""}, "destinationList": {"type": END, "destination": ""},
    "sensorElementList": _SENSED,
}  # fmt: skip
"""Fields of an event in the canonical order."""
ELEMENTS: Mapping[str, tuple[str, str]] = {
    **dict.fromkeys(("epcList", "inputEPCList", "childEPCs", "outputEPCList"), ("{}", "epc")),
    **dict.fromkeys(
        ("quantityList", "childQuantityList", "inputQuantityList", "outputQuantityList"), ("{}", "quantityElement")
    ),
    **dict.fromkeys(("bizTransactionList", "sourceList", "destinationList"), ("{}", "")),
    "sensorElementList": ("", "sensorElement"),
}
"""List -> what it begins with, {} for its name, and the name that stands before each of its elements."""
COMMENT = "rdfs:comment"
"""An extension that tells nothing."""
NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?")
OPEN: Mapping[str, str] = {"%21": "!", "%27": "'", "%28": "(", "%29": ")", "%2A": "*"}
"""Marks that stand for themselves in an address here, unlike in ours (ECMA-262, encodeURIComponent)."""
LAST = datetime.max.replace(microsecond=999_000, tzinfo=UTC)
"""Latest instant that can be rounded to milliseconds."""
NAME = re.compile(r"ni:///sha-256;[0-9a-f]{64}\?ver=CBV2\.0")


def event_hash(event: Mapping[str, Any]) -> str:
    """Return the name of a sound event made of its content: ni:///sha-256;HASH?ver=CBV2.0.

    event: as JSON, with the namespaces of its extensions in a JSON-LD context of its own.
    """
    return named(digest(event))


def digest(event: Mapping[str, Any]) -> str:
    """Return the SHA-256 of what a sound event tells [hexadecimal]; event: as of `event_hash`."""
    return hashlib.sha256(prehash(event).encode()).hexdigest()


def named(content_digest: str) -> str:
    """Return the name that is made of a digest."""
    return f"ni:///sha-256;{content_digest}?ver=CBV2.0"


def is_event_hash(event_id: str) -> bool:
    """Return whether an id says that it is made of its event's content by the rules of `event_hash`."""
    return NAME.fullmatch(event_id) is not None


def prehash(event: Mapping[str, Any]) -> str:
    """Return the pre-hash string of a sound event; event: as of `event_hash`."""
    names = {**_declared(event.get("@context")), **PREFIXES}
    made = _own(event.get("ilmd", {}), names)
    return (
        f"eventType={event['type']}"
        + _fields(event, FIELDS, names)
        + (f"ilmd{made}" if made else "")
        + _extensions(event, FIELDS, names)
    )


def _declared(context: object) -> dict[str, str]:
    """Return the namespaces that a JSON-LD context declares, by their short names."""
    found: dict[str, str] = {}
    for one in context if isinstance(context, list) else [context]:
        for name, meant in one.items() if isinstance(one, dict) else ():
            address = meant.get("@id") if isinstance(meant, dict) else meant
            if isinstance(address, str):
                found[name] = address
    return found


def _fields(told: Mapping[str, Any], forms: Mapping[str, Form], names: Mapping[str, str]) -> str:
    """Return the fields of the standard, in their order."""
    return "".join(_field(name, told[name], form, names) for name, form in forms.items() if name in told)


def _field(name: str, value: object, form: Form, names: Mapping[str, str]) -> str:
    head, element = ELEMENTS.get(name, ("", name))
    inner = _each(element, value, form, names)
    return head.format(name) + inner if inner else ""


def _each(name: str, value: object, form: Form, names: Mapping[str, str]) -> str:
    """Return a value, or each of several sorted, behind its name."""
    if isinstance(value, list):
        return "".join(sorted(_each(name, one, form, names) for one in value))
    if isinstance(form, Mapping):
        inner = _fields(value, form, names) if isinstance(value, dict) else ""
        return name + inner if inner else ""
    text = _text(value, form, names)
    return f"{name}={text}" if text else ""


def _extensions(told: Mapping[str, Any], forms: Mapping[str, Form], names: Mapping[str, str]) -> str:
    """Return the fields that a user added: those inside fields of the standard first, behind the names of these."""
    inner = "".join(
        _inside(ELEMENTS.get(name, ("", name))[1], told[name], form, names)
        for name, form in forms.items()
        if name in told and isinstance(form, Mapping)
    )
    return inner + _own({name: value for name, value in told.items() if ":" in name and name != COMMENT}, names)


def _inside(name: str, value: object, form: Mapping[str, Form], names: Mapping[str, str]) -> str:
    if isinstance(value, list):
        return "".join(sorted(_inside(name, one, form, names) for one in value))
    inner = _extensions(value, form, names) if isinstance(value, dict) else ""
    return name + inner if inner else ""


def _own(told: Mapping[str, Any], names: Mapping[str, str]) -> str:
    """Return fields of a user's own, sorted: their names with the namespace in braces, and their values."""
    return "".join(sorted(part for name, value in told.items() for part in _parts(_spelt(name, names), value, names)))


def _parts(name: str, value: object, names: Mapping[str, str]) -> Iterator[str]:
    if isinstance(value, list):
        for one in value:
            yield from _parts(name, one, names)
    elif isinstance(value, dict):
        yield name + _own(value, names)
    else:
        text = _text(value, "", names)
        yield f"{name}={text}" if text else name


def _spelt(name: str, names: Mapping[str, str]) -> str:
    prefix, _, local = name.partition(":")
    return f"{{{names[prefix]}}}{local}" if prefix in names else name


def _text(value: object, form: str, names: Mapping[str, str]) -> str:
    """Return a value in its one form; form: TIME, or the address that stands before a bare word."""
    if form == TIME:
        return _time(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    text = "" if value is None else str(value).strip()
    if isinstance(value, int | float) or NUMBER.fullmatch(text):
        return _number(text)
    if form and text and ":" not in text:
        return form + text
    for old, new in LONG.items():
        text = text.replace(old, new, 1) if text.startswith(old) else text
    prefix, _, local = text.partition(":")
    if prefix in names and not local.startswith("//"):
        text = names[prefix] + local
    return _address(text)


def _address(text: str) -> str:
    """Return the canonical address of a thing by GS1; any other text, and a name that is none of GS1's, as it is."""
    try:
        address = canonical(text)[0]
    except (ValueError, WireError):
        return text
    if address.startswith(f"{CANONICAL}/"):
        for written, mark in OPEN.items():
            address = address.replace(written, mark)
    return address


def _time(value: object) -> str:
    """Return an instant in UTC to the millisecond, half of one rounded up."""
    at = min(instant(value, "time"), LAST) + timedelta(microseconds=500)
    return f"{at.isoformat(timespec='milliseconds').partition('+')[0]}Z"


def _number(text: str) -> str:
    """Return a number without exponent, sign of zero, and zeros that tell nothing."""
    plain = f"{Decimal(text):f}"
    plain = plain.rstrip("0").rstrip(".") if "." in plain else plain
    return "0" if plain == "-0" else plain
