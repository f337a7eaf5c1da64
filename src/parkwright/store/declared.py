"""Declarations, criteria and messages of the exchange as JSON of the operational database, and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from datetime import datetime
from decimal import Decimal
from typing import Any

from parkwright.carbon.declaration import Declaration, Filter
from parkwright.run.exchange import Asked, Fulfilled, Message, Published, Rejected

_DECIMALS = (
    "amount", "mass_kg", "total_kg", "net_kg", "fossil_carbon_kg", "biogenic_carbon_kg", "exempted_percent",
    "primary_share_percent",
)  # fmt: skip
_TUPLES = ("company_ids", "product_ids", "preceding", "classifications", "gwp_sets", "standards")
_SPANS = ("period", "valid")
_FIGURES = ("parts", "quality")


def document_of(one: Declaration) -> dict[str, Any]:
    """Return a declaration as plain JSON: decimals and instants as text."""
    found: dict[str, Any] = {field.name: getattr(one, field.name) for field in fields(one)}
    for name in _DECIMALS:
        found[name] = None if found[name] is None else format(found[name], "f")
    for name in _SPANS:
        found[name] = None if found[name] is None else [instant.isoformat() for instant in found[name]]
    for name in _FIGURES:
        found[name] = {key: format(value, "f") for key, value in found[name].items()}
    for name in _TUPLES:
        found[name] = list(found[name])
    return {**found, "created": one.created.isoformat(), "sources": [list(source) for source in one.sources]}


def declaration_of(document: Mapping[str, Any]) -> Declaration:
    """Return the declaration of `document_of`."""
    found = dict(document)
    for name in _DECIMALS:
        found[name] = None if found[name] is None else Decimal(found[name])
    for name in _SPANS:
        found[name] = None if found[name] is None else tuple(map(datetime.fromisoformat, found[name]))
    for name in _FIGURES:
        found[name] = {key: Decimal(value) for key, value in found[name].items()}
    for name in _TUPLES:
        found[name] = tuple(found[name])
    sources = tuple((name, version) for name, version in found["sources"])
    return Declaration(**{**found, "created": datetime.fromisoformat(found["created"]), "sources": sources})


def content_of(message: Message) -> tuple[str, dict[str, Any]]:
    """Return the kind of a message and its content as plain JSON."""
    if isinstance(message, Fulfilled):
        documents = [document_of(one) for one in message.declarations]
        return "fulfilled", {"request_event_id": message.request_event_id, "declarations": documents}
    if isinstance(message, Rejected):
        return "rejected", {
            "request_event_id": message.request_event_id,
            "code": message.code,
            "message": message.message,
        }
    if isinstance(message, Published):
        return "published", {"ids": list(message.ids)}
    criteria = {field.name: getattr(message.criteria, field.name) for field in fields(message.criteria)}
    plain = {
        name: value.isoformat() if isinstance(value, datetime) else sorted(value) if value else None
        for name, value in criteria.items()
    }
    return "asked", {"criteria": plain, "comment": message.comment}


def message_of(event_id: str, kind: str, content: Mapping[str, Any]) -> Message:
    """Return the message of `content_of`."""
    if kind == "fulfilled":
        found = tuple(declaration_of(document) for document in content["declarations"])
        return Fulfilled(event_id, content["request_event_id"], found)
    if kind == "rejected":
        return Rejected(event_id, content["request_event_id"], content["code"], content["message"])
    if kind == "published":
        return Published(event_id, tuple(content["ids"]))
    criteria: dict[str, Any] = {
        name: datetime.fromisoformat(value) if isinstance(value, str) else frozenset(value or ())
        for name, value in content["criteria"].items()
        if value is not None
    }
    return Asked(event_id, Filter(**criteria), content["comment"])
