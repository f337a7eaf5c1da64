"""Suppliers' requests: who was asked for a footprint, who is late, and can the answers be used?"""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from parkwright.show.answers.figure import Answer
from parkwright.show.context import RequestAnswers


class RequestDoubt(Answer):
    """A finding about an answer."""

    level: str = Field(description="refused or warning")
    thing: str
    found: str


class RequestRow(Answer):
    """A request for the footprint of a material, with its answer."""

    id: str
    material_id: str
    name_en: str
    name_zh: str
    supplier_id: str
    supplier_en: str
    supplier_zh: str
    state: str = Field(description="draft, sent, acknowledged, fulfilled, validated, in_use, rejected or superseded")
    due: datetime
    changed: datetime = Field(description="last move")
    late: bool = Field(description="waits for the supplier beyond its date")
    reminder_due: bool
    reminders: int = Field(description="sent so far")
    reminded: datetime | None
    unit: str = Field(description="unit of account of the material")
    kg_per_unit: float | None = Field(description="the answer [kg CO2e a unit of account]; null without one")
    counted_kg: float | None = Field(
        description="what the park counts with now; null for the supplier itself, or without one"
    )
    primary_share: float | None = Field(description="share of primary data that the supplier declares")
    doubts: list[RequestDoubt]
    note: str


class ToAsk(Answer):
    """A material whose supplier can be asked: it is a partner, and no request for it waits."""

    material_id: str
    name_en: str
    name_zh: str
    supplier_id: str
    supplier_en: str
    supplier_zh: str


class RequestList(Answer):
    """The requests that the visitor may see, what is due first at the top."""

    at: datetime
    open: int = Field(description="wait for the supplier")
    late: int
    to_check: int = Field(description="answered, and not in use yet")
    in_use: int
    suppliers_asked: int
    suppliers_answered: int
    rows: list[RequestRow]
    to_ask: list[ToAsk] = Field(description="materials that a request can be drafted for; none for a supplier")


def requests(answers: RequestAnswers, supplier_id: str | None) -> RequestList:
    """Return the requests of one supplier, or of all where None."""
    return RequestList.model_validate(answers.requests(supplier_id))
