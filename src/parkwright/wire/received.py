"""Events of suppliers and logistics partners: read a document in, list what was received for a script and a page."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from pathlib import Path
from typing import Any

from parkwright.connect.epc import item_address, lot_address
from parkwright.connect.epcis_read import BYTES_MOST, read
from parkwright.model.errors import ParkwrightError
from parkwright.run.received import OWN
from parkwright.show.context import LotKey
from parkwright.store.received import Entered, EventBook, Lot
from parkwright.wire.exchange import Exchange
from parkwright.wire.places import Places

THINGS_MOST = 20
"""Things of an event that a page is told (assumed: more than a reader looks at; the command tells all)."""
LOT_EVENTS_MOST = 20
"""Events of a lot that its units' passports tell (assumed, likewise)."""


def import_answer(exchange: Exchange, path: Path, partner_id: str | None) -> dict[str, Any]:
    """Read an EPCIS document into the park's events; partner_id: who sent it, None for the park itself.

    An event whose id is the hash of other content is taken and told under `hash_differs`.

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
    differs = [
        f"event {place}: eventID {one.event_id} is the hash of other content: it was changed since, or named by other "
        "rules; ask its sender"
        for place, one in enumerate(events, 1)
        if one.hash_differs
    ]
    told = {"file": str(path), "from": sender, "events": len(events), "new": new, "known": len(events) - new}
    return {**told, "hash_differs": differs}


def events_answer(exchange: Exchange, partner_id: str | None, lot: str | None) -> dict[str, Any]:
    """Return the events received, newest first: of one partner or all, of a lot or unit by its number or all."""
    with _book(exchange) as book:
        senders = None if partner_id is None else {partner_id}
        people = {user_id: name for user_id, name, _ in book.users()}
        return {"events": [_told(one, people[one.user_id]) for one in book.entered(senders, lot)]}


class EventBoard:
    """Answers what the pages of one park ask about events received."""

    def __init__(self, url: str) -> None:
        """Give the URL of the park's operational database."""
        self._book = EventBook(url)

    def events(self, supplier_id: str | None, sender: str | None, lot: str | None, limit: int) -> Mapping[str, Any]:
        """Return the newest events: of one supplier's senders or of all where None, of one sender, of one lot."""
        seen = [one for one in self._book.senders() if supplier_id is None or one.supplier_id == supplier_id]
        ids = frozenset(one.id for one in seen)
        senders = None if supplier_id is None else ids
        if sender is not None:
            senders = ids & {sender}
        names = {one.id: one.name for one in seen}
        found = self._book.entered(senders, lot, limit, THINGS_MOST)
        return {
            "total": self._book.count(senders, lot),
            "senders": [{"id": one.id, "name": one.name} for one in seen],
            "rows": [_row(one, names.get(one.sender, one.sender)) for one in found],
        }

    def of_lots(self, lots: AbstractSet[LotKey]) -> Mapping[LotKey, list[dict[str, Any]]]:
        """Return what was told of each lot and not taken back, newest first: by its supplier, or by its GTIN."""
        if not lots:
            return {}
        names = {one.id: one.name for one in self._book.senders()}
        asked = {_lot(key): key for key in lots}
        told = self._book.of_lots(asked.keys(), LOT_EVENTS_MOST, THINGS_MOST)
        return {
            asked[lot]: [_row(one, names.get(one.sender, one.sender)) for one in rows] for lot, rows in told.items()
        }


def _lot(key: LotKey) -> Lot:
    supplier_id, number, gtin = key
    return Lot(supplier_id, number, item_address(gtin), lot_address(gtin, number)) if gtin else Lot(supplier_id, number)


def _book(exchange: Exchange) -> EventBook:
    return EventBook(Places(exchange.var, exchange.park.site.park_id).operations_url)


def _told(one: Entered, by: str) -> dict[str, Any]:
    at, received_at = one.event.at.isoformat(), one.received_at.isoformat()
    return {"at": at, **_what(one), "from": one.sender, "received_at": received_at, "by": by}


def _row(one: Entered, name: str) -> dict[str, Any]:
    return {
        "at": one.event.at, **_what(one), "declares_error": one.event.wrong, "things_total": one.things,
        "sender": one.sender, "sender_name": name, "received_at": one.received_at,
    }  # fmt: skip


def _what(one: Entered) -> dict[str, Any]:
    event = one.event
    return {
        "event_id": event.event_id,
        "kind": event.kind,
        "action": event.action,
        "business_step": event.business_step,
        "disposition": event.disposition,
        "in_error": one.in_error,
        "hash_differs": event.hash_differs,
        "things": [
            {"role": each.role, "thing": each.thing, "lot": each.lot, "unit": each.unit,
             "quantity": None if each.quantity is None else str(each.quantity)}
            for each in event.things
        ],
    }  # fmt: skip
