"""Fields of EPCIS 2.0 events: which there are, which are needed, and what each may hold.

The rules are those of the published JSON schema (gs1/EPCIS, EPCIS-JSON-Schema.json) with its formats, and of the
standard's text beside it: names of GS1 keep their form, quantities are above 0, spans do not end before they start.

References: GS1 EPCIS 2.0.0, sections 7.3 and 7.4; GS1 CBV 2.0.0.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from parkwright.connect.epc import canonical
from parkwright.connect.epcis_forms import (
    ALERTS,
    COMPONENTS,
    DISPOSITIONS,
    ENDS,
    HEX,
    MEASURED,
    OFFSET,
    REASONS,
    STEPS,
    TRANSACTIONS,
    UNIT,
    WEB_VOCABULARY,
    Check,
    each,
    flag,
    instant,
    matching,
    number,
    record,
    refuse,
    text,
    time,
    uri,
    word,
)
from parkwright.connect.pact_wire import WireError

ACTION = re.compile("ADD|OBSERVE|DELETE")
QUANTITY_MOST = 10**15
"""What a quantity must stay below (assumed: a bound)."""


def thing(value: object, at: str) -> None:
    """Refuse what is no URI, or claims to be a name by GS1 and does not keep its form."""
    uri(value, at)
    try:
        canonical(str(value))
    except WireError as error:
        raise WireError(f"{at}: {error}") from error


def _quantity(value: object, at: str) -> None:
    _AMOUNT(value, at)
    told: Mapping[str, Any] = value if isinstance(value, dict) else {}
    if "quantity" in told and not 0 < told["quantity"] < QUANTITY_MOST:
        raise refuse(f"{at}.quantity", told["quantity"], f"write an amount above 0 and below {QUANTITY_MOST}")
    if "uom" in told and "quantity" not in told:
        raise WireError(f"{at}.quantity: is missing beside uom; add it")


def _spans(value: object, at: str) -> None:
    _METADATA(value, at)
    told: Mapping[str, Any] = value if isinstance(value, dict) else {}
    if "startTime" in told and "endTime" in told:
        start, end = (instant(told[name], f"{at}.{name}") for name in ("startTime", "endTime"))
        if end < start:
            raise refuse(f"{at}.endTime", told["endTime"], "write an end that is not before the start")


def _persistent(value: object, at: str) -> None:
    _LASTING(value, at)
    if not value:
        raise refuse(at, "empty", "say what is set or unset")


def _certified(value: object, at: str) -> None:
    (each(uri) if isinstance(value, list) else uri)(value, at)


def context(value: object, at: str) -> None:
    """Refuse what is no JSON-LD context: addresses and objects."""
    for one in value if isinstance(value, list) else [value]:
        if not isinstance(one, dict):
            uri(one, at)


def _mine(value: object, at: str) -> None:
    if not isinstance(value, dict):
        raise refuse(at, value, "write an object")
    for name in value:
        uri(name, f"{at}: name {name[:40]!r}")


def _kind(value: object, at: str) -> None:
    if not isinstance(value, str) or value not in KINDS:
        raise refuse(at, value, f"write one of {', '.join(KINDS)}")


def _place(value: object, at: str) -> None:
    if not isinstance(value, dict):
        raise refuse(at, value, "write an object with its id")
    if "id" not in value:
        raise WireError(f"{at}.id: is missing; add it")
    thing(value["id"], f"{at}.id")


_AMOUNT = record(
    {"epcClass": thing, "quantity": number, "uom": matching(UNIT, "write a unit code of 2 or 3 characters")},
    ("epcClass",),
    own=False,
)
_DEVICE: Mapping[str, Check] = dict.fromkeys(
    ("deviceID", "deviceMetadata", "rawData", "dataProcessingMethod", "bizRules"), uri
)
_METADATA = record({**_DEVICE, **dict.fromkeys(("time", "startTime", "endTime"), time)})
_REPORT = record(
    {
        **_DEVICE,
        **dict.fromkeys(("microorganism", "chemicalSubstance", "coordinateReferenceSystem", "uriValue"), uri),
        **dict.fromkeys(("value", "minValue", "maxValue", "meanValue", "sDev", "percRank", "percValue"), number),
        "type": word(MEASURED, WEB_VOCABULARY),
        "exception": word(ALERTS, WEB_VOCABULARY),
        "time": time,
        "component": word(COMPONENTS),
        "stringValue": text,
        "booleanValue": flag,
        "hexBinaryValue": matching(HEX, "write hexadecimal digits"),
        "uom": text,
    },
    ("type",),
)
_LASTING = record(dict.fromkeys(("set", "unset"), each(word(DISPOSITIONS), least=1, once=True)), own=False)
_ALL: Mapping[str, Check] = {
    "@context": context,
    "type": _kind,
    "eventTime": time,
    "recordTime": time,
    "eventTimeZoneOffset": matching(OFFSET, "write an offset from -14:00 to +14:00"),
    "eventID": uri,
    "certificationInfo": _certified,
    "errorDeclaration": record(
        {"declarationTime": time, "reason": word(REASONS), "correctiveEventIDs": each(uri)}, ("declarationTime",)
    ),
    "bizStep": word(STEPS),
    "disposition": word(DISPOSITIONS),
    "readPoint": _place,
    "bizLocation": _place,
    "bizTransactionList": each(
        record({"type": word(TRANSACTIONS), "bizTransaction": uri}, ("bizTransaction",), own=False)
    ),
    "sourceList": each(record({"type": word(ENDS), "source": uri}, ("type", "source"), own=False)),
    "destinationList": each(record({"type": word(ENDS), "destination": uri}, ("type", "destination"), own=False)),
    "sensorElementList": each(
        record({"sensorMetadata": _spans, "sensorReport": each(_REPORT, least=1)}, ("sensorReport",))
    ),
}
_ACTION = matching(ACTION, "write ADD, OBSERVE or DELETE")
_EPCS, _AMOUNTS = each(thing), each(_quantity)
_ONCE = each(thing, once=True)
_CHILDREN: Mapping[str, Check] = {
    **_ALL, "action": _ACTION, "parentID": thing, "childEPCs": _EPCS, "childQuantityList": _AMOUNTS,
}  # fmt: skip
KINDS: Mapping[str, Check] = {
    "ObjectEvent": record(
        {**_ALL, "action": _ACTION, "epcList": _ONCE, "quantityList": _AMOUNTS, "ilmd": _mine,
         "persistentDisposition": _persistent},
        ("eventTime", "eventTimeZoneOffset", "action"),
    ),
    "AggregationEvent": record(_CHILDREN, ("eventTime", "eventTimeZoneOffset", "action")),
    "AssociationEvent": record(_CHILDREN, ("eventTime", "eventTimeZoneOffset", "action", "parentID")),
    "TransactionEvent": record(
        {**_ALL, "action": _ACTION, "parentID": thing, "epcList": _EPCS, "quantityList": _AMOUNTS},
        ("eventTime", "eventTimeZoneOffset", "action", "bizTransactionList"),
    ),
    "TransformationEvent": record(
        {**_ALL, "inputEPCList": _ONCE, "inputQuantityList": _AMOUNTS, "outputEPCList": _ONCE,
         "outputQuantityList": _AMOUNTS, "transformationID": uri, "ilmd": _mine,
         "persistentDisposition": _persistent},
        ("eventTime", "eventTimeZoneOffset"),
    ),
}  # fmt: skip
"""Type of an event -> the check of its fields."""
