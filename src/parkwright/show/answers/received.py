"""Events received: what did suppliers and logistics partners see happen to what comes to the park?"""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from parkwright.model.park import Park
from parkwright.model.product import Material
from parkwright.show.answers.figure import Answer
from parkwright.show.answers.genealogy import Lot, Part
from parkwright.show.context import EventAnswers, LotKey


class Thing(Answer):
    """A thing that an event concerns."""

    role: str = Field(description="epc, parent, child, input or output")
    thing: str = Field(description="its URI; a GS1 Digital Link where it is a trade item, lot or logistic unit")
    lot: str = Field(description="its lot or serial number; empty where the URI tells none")
    quantity: str | None = Field(description="how much of a class, as told; null where it is not")
    unit: str = Field(description="unit of the quantity, UN/ECE Recommendation 20; empty for pieces")


class EventRow(Answer):
    """An event as its sender told it."""

    at: datetime = Field(description="when it happened")
    kind: str = Field(description="type of the event by EPCIS 2.0")
    action: str
    business_step: str
    disposition: str
    in_error: bool = Field(description="its sender declared it to be in error")
    hash_differs: bool = Field(description="its id is the hash of other content: changed since, or by other rules")
    declares_error: bool = Field(description="this telling is that declaration")
    things: list[Thing] = Field(description="the first of them")
    things_total: int
    sender: str = Field(description="client id of the partner; empty where the park itself read it in")
    sender_name: str
    event_id: str
    received_at: datetime


class EventSender(Answer):
    """A partner whose events the visitor may see."""

    id: str
    name: str


class EventList(Answer):
    """The events that the visitor may see, newest first."""

    total: int = Field(description="events found, of which `rows` holds the newest")
    senders: list[EventSender]
    rows: list[EventRow]


class LotEvents(Answer):
    """What its supplier told of a lot, and what others told who named its trade item number."""

    lot_id: str
    material_id: str
    name_en: str
    name_zh: str
    supplier_en: str
    supplier_zh: str
    gtin: str | None = Field(description="trade item number of its material; null where the park names none")
    rows: list[EventRow] = Field(description="newest first, without those declared in error")


class UnitEvents(Answer):
    """What partners told of the lots in a unit and its boards; a lot of which nothing was told is left out."""

    lots: list[LotEvents]


def events(answers: EventAnswers, supplier_id: str | None, sender: str, lot: str, limit: int) -> EventList:
    """Return the newest events of one supplier, or of all where None; sender and lot: "" for any."""
    return EventList.model_validate(answers.events(supplier_id, sender or None, lot or None, limit))


def unit_events(answers: EventAnswers | None, park: Park, tree: Part) -> UnitEvents:
    """Return the events of the lots in a unit: of the supplier of its material by number, of anyone by its GTIN."""
    used = {
        (lot.material_id, lot.lot_id): lot for lot in _lots(tree) if lot.lot_id and lot.material_id in park.material
    }
    keys = {each: _key(park.material[each[0]], each[1]) for each in used}
    told = {} if answers is None else answers.of_lots(set(keys.values()))
    shown = {"lot_id", "material_id", "name_en", "name_zh", "supplier_en", "supplier_zh"}
    return UnitEvents(
        lots=[
            LotEvents.model_validate(lot.model_dump(include=shown) | {"gtin": keys[each][2], "rows": told[keys[each]]})
            for each, lot in used.items()
            if keys[each] in told
        ]
    )


def _key(material: Material, lot_id: str) -> LotKey:
    return material.supplier_id, lot_id, material.gtin


def _lots(part: Part) -> list[Lot]:
    return [*part.lots, *(lot for inner in part.parts for lot in _lots(inner))]
