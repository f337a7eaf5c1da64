"""Events of suppliers and logistics partners for a script: read a document in, list what was received."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from parkwright.connect.epcis_read import BYTES_MOST, read
from parkwright.model.errors import ParkwrightError
from parkwright.run.received import OWN
from parkwright.store.received import Entered, EventBook
from parkwright.wire.exchange import Exchange
from parkwright.wire.places import Places


def import_answer(exchange: Exchange, path: Path, partner_id: str | None) -> dict[str, Any]:
    """Read an EPCIS document into the park's events; partner_id: who sent it, None for the park itself.

    Raises ParkwrightError when the file cannot be read, the partner is not registered, or an event is refused.
    """
    sender = OWN if partner_id is None else exchange.desk.partner(partner_id).id
    try:
        with path.open("rb") as file:
            content = file.read(BYTES_MOST + 1)
    except OSError as error:
        raise ParkwrightError(f"{path}: {error.strerror}; name an EPCIS document") from error
    try:
        events = read(content)
        with _book(exchange) as book:
            new = book.enter(sender, events, exchange.by, exchange.now)
    except ParkwrightError as error:
        raise ParkwrightError(f"{path}: {error}") from error
    return {"file": str(path), "from": sender, "events": len(events), "new": new, "known": len(events) - new}


def events_answer(exchange: Exchange, partner_id: str | None, lot: str | None) -> dict[str, Any]:
    """Return the events received, newest first: of one partner or all, of a lot or unit by its number or all."""
    with _book(exchange) as book:
        people = {user_id: name for user_id, name, _ in book.users()}
        return {"events": [_told(one, people[one.user_id]) for one in book.entered(partner_id, lot)]}


def _book(exchange: Exchange) -> EventBook:
    return EventBook(Places(exchange.var, exchange.park.site.park_id).operations_url)


def _told(one: Entered, by: str) -> dict[str, Any]:
    event = one.event
    return {
        "at": event.at.isoformat(),
        "kind": event.kind,
        "action": event.action,
        "business_step": event.business_step,
        "disposition": event.disposition,
        "in_error": one.in_error,
        "things": [
            {"role": each.role, "thing": each.thing, "lot": each.lot, "unit": each.unit,
             "quantity": None if each.quantity is None else str(each.quantity)}
            for each in event.things
        ],
        "from": one.sender,
        "event_id": event.event_id,
        "received_at": one.received_at.isoformat(),
        "by": by,
    }  # fmt: skip
