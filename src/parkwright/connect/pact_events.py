"""PACT events on the wire: CloudEvents 1.0 in JSON, of edition 3 and of 2.x, to and from our messages.

References: PACT Technical Specifications 3.0 and 2.3, action Events; CloudEvents 1.0, JSON event format.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Annotated, Any
from uuid import UUID

from pydantic import AwareDatetime, Field, ValidationError

from parkwright.carbon.declaration import Filter, lowered
from parkwright.connect.pact_wire import (
    ITEMS,
    Wire,
    WireError,
    Words,
    first_fault,
    from_wire,
    instant_text,
    to_wire,
)
from parkwright.connect.pact_wire2 import from_wire2, to_wire2
from parkwright.run.exchange import Asked, Fulfilled, Message, Published, Rejected

CLOUD_EVENTS = "application/cloudevents+json"
TYPES: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "3": {
            "asked": "org.wbcsd.pact.ProductFootprint.RequestCreatedEvent.3",
            "fulfilled": "org.wbcsd.pact.ProductFootprint.RequestFulfilledEvent.3",
            "rejected": "org.wbcsd.pact.ProductFootprint.RequestRejectedEvent.3",
            "published": "org.wbcsd.pact.ProductFootprint.PublishedEvent.3",
        },
        "2": {
            "asked": "org.wbcsd.pathfinder.ProductFootprintRequest.Created.v1",
            "fulfilled": "org.wbcsd.pathfinder.ProductFootprintRequest.Fulfilled.v1",
            "rejected": "org.wbcsd.pathfinder.ProductFootprintRequest.Rejected.v1",
            "published": "org.wbcsd.pathfinder.ProductFootprint.Published.v1",
        },
    }
)
"""PACT edition -> message -> type of its CloudEvent."""
KNOWN_CODES = ("BadRequest", "AccessDenied", "TokenExpired", "NotFound", "InternalError", "NotImplemented")
Values = Annotated[list[Annotated[str, Field(max_length=500)]], Field(max_length=ITEMS)]


class WireEvent(Wire):
    """The envelope of an event."""

    type: Annotated[str, Field(max_length=200)]
    specversion: Annotated[str, Field(pattern=r"^1\.0$")]
    id: Annotated[str, Field(min_length=1, max_length=200)]
    source: Annotated[str, Field(min_length=1, max_length=2000)]
    time: AwareDatetime
    data: dict[str, Any]


class WireAsked(Wire):
    """The criteria of a request in edition 3."""

    product_ids: Values = Field([], alias="productId")
    company_ids: Values = Field([], alias="companyId")
    geographies: Values = Field([], alias="geography")
    classifications: Values = Field([], alias="classification")
    statuses: Values | str = Field([], alias="status")
    valid_on: AwareDatetime | None = Field(None, alias="validOn")
    valid_after: AwareDatetime | None = Field(None, alias="validAfter")
    valid_before: AwareDatetime | None = Field(None, alias="validBefore")
    comment: Words = ""


class WireFragment2(Wire):
    """The fragment of a footprint that a request in 2.x names."""

    product_ids: Values = Field([], alias="productIds")
    company_ids: Values = Field([], alias="companyIds")


class WireAsked2(Wire):
    """The criteria of a request in 2.x."""

    pf: WireFragment2
    comment: Words = ""


class WireFulfilled(Wire):
    """An answer with footprints."""

    request_event_id: str = Field(alias="requestEventId", min_length=1, max_length=200)
    pfs: list[dict[str, Any]] = Field(min_length=1, max_length=ITEMS)


class WireReason(Wire):
    """Why a request was rejected."""

    code: Annotated[str, Field(min_length=1, max_length=100)]
    message: Words


class WireRejected(Wire):
    """An answer without footprints."""

    request_event_id: str = Field(alias="requestEventId", min_length=1, max_length=200)
    error: WireReason


class WirePublished(Wire):
    """News of footprints."""

    ids: Annotated[list[UUID], Field(min_length=1, max_length=ITEMS)] = Field(alias="pfIds")


def event_of(body: object, edition: str) -> Message:
    """Return the message of a CloudEvent; raises WireError when it keeps no known format of the edition."""
    try:
        envelope = WireEvent.model_validate(body)
        kinds = {wire: name for name, wire in TYPES[edition].items()}
        kind = kinds.get(envelope.type)
        if kind is None:
            raise WireError(f"event {envelope.type[:80]!r}: is no event of this address; send one of {sorted(kinds)}")
        return _message(kind, envelope.id, envelope.data, edition)
    except ValidationError as error:
        raise WireError(first_fault("event", error)) from error


def _message(kind: str, event_id: str, data: Mapping[str, Any], edition: str) -> Message:
    if kind == "published":
        return Published(event_id, tuple(str(id_) for id_ in WirePublished.model_validate(data).ids))
    if kind == "fulfilled":
        answer = WireFulfilled.model_validate(data)
        read = from_wire if edition == "3" else from_wire2
        return Fulfilled(event_id, answer.request_event_id, tuple(read(pf) for pf in answer.pfs))
    if kind == "rejected":
        no = WireRejected.model_validate(data)
        return Rejected(event_id, no.request_event_id, no.error.code, no.error.message)
    if edition == "2":
        asked = WireAsked2.model_validate(data)
        criteria = Filter(product_ids=lowered(asked.pf.product_ids), company_ids=lowered(asked.pf.company_ids))
        return Asked(event_id, criteria, asked.comment)
    wanted = WireAsked.model_validate(data)
    statuses = [wanted.statuses] if isinstance(wanted.statuses, str) else wanted.statuses
    return Asked(
        event_id,
        Filter(
            lowered(wanted.product_ids),
            lowered(wanted.company_ids),
            lowered(wanted.geographies),
            lowered(wanted.classifications),
            lowered(statuses),
            wanted.valid_on,
            wanted.valid_after,
            wanted.valid_before,
        ),
        wanted.comment,
    )


def event_body(message: Message, edition: str, source: str, at: datetime) -> dict[str, Any]:
    """Return a message as a CloudEvent of the edition, sent from `source` (our own events address) at `at`."""
    kind, data = _data(message, edition)
    return {
        "type": TYPES[edition][kind],
        "specversion": "1.0",
        "id": message.event_id,
        "source": source,
        "time": instant_text(at),
        "data": data,
    }


def _data(message: Message, edition: str) -> tuple[str, dict[str, Any]]:
    if isinstance(message, Published):
        return "published", {"pfIds": list(message.ids)}
    if isinstance(message, Fulfilled):
        write = to_wire if edition == "3" else to_wire2
        pfs = [write(one) for one in message.declarations]
        return "fulfilled", {"requestEventId": message.request_event_id, "pfs": pfs}
    if isinstance(message, Rejected):
        code = message.code if message.code in KNOWN_CODES else "BadRequest"
        return "rejected", {
            "requestEventId": message.request_event_id,
            "error": {"code": code, "message": message.message},
        }
    if edition == "2":
        fragment = {"productIds": sorted(message.criteria.product_ids)}
        return "asked", {"pf": fragment, "comment": message.comment}
    return "asked", _criteria(message)


def _criteria(message: Asked) -> dict[str, Any]:
    """Return the criteria of a request in edition 3; empty ones are left out."""
    wanted = message.criteria
    lists = {
        "productId": wanted.product_ids,
        "companyId": wanted.company_ids,
        "geography": wanted.geographies,
        "classification": wanted.classifications,
        "status": wanted.statuses,
    }
    instants = {
        "validOn": wanted.valid_on,
        "validAfter": wanted.valid_after,
        "validBefore": wanted.valid_before,
    }
    return {
        **{name: sorted(values) for name, values in lists.items() if values},
        **{name: instant_text(value) for name, value in instants.items() if value is not None},
        **({"comment": message.comment} if message.comment else {}),
    }
