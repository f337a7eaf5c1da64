"""Events received from partners, in the operational database: each told once, who brought it and when."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from parkwright.model.errors import LedgerError
from parkwright.run.received import Concerned, Received
from parkwright.store.operations import Operations
from parkwright.store.records import received_events, received_things

RECEIVING = 7_226_153  # key of PostgreSQL's advisory lock: events are entered one document at a time


@dataclass(frozen=True, slots=True)
class Entered:
    """An event as it was entered: whose it is, by which user and when; in_error: its sender declared it wrong since."""

    sender: str
    event: Received
    user_id: str
    received_at: datetime
    in_error: bool


class EventBook(Operations):
    """The operational database, opened for received events; safe to share between threads and processes."""

    def enter(self, sender: str, events: Sequence[Received], user_id: str, now: datetime) -> int:
        """Enter the events of a sender's document, all or none, and return how many are new.

        An event that is known with the same content is passed over; senders do not disturb each other's ids.

        Raises LedgerError where an id is known with other content.
        """
        with self._transaction() as connection:
            if self._engine.dialect.name == "postgresql":
                connection.execute(sa.select(sa.func.pg_advisory_xact_lock(RECEIVING)))
            return sum(
                _enter(connection, sender, place, event, (user_id, now)) for place, event in enumerate(events, 1)
            )

    def entered(self, sender: str | None = None, lot: str | None = None, limit: int = 1000) -> list[Entered]:
        """Return events, newest first: of one sender or all, that concern a lot or unit by its number or all."""
        column = received_events.c
        found = sa.select(received_events).order_by(column.at.desc(), column.n.desc()).limit(limit)
        if sender is not None:
            found = found.where(column.sender == sender)
        if lot is not None:
            found = found.where(column.n.in_(sa.select(received_things.c.event_n).where(received_things.c.lot == lot)))
        with self._transaction() as connection:
            rows = connection.execute(found).all()
            things = _things(connection, [row.n for row in rows])
            wrong = _declared_wrong(connection, [row.event_id for row in rows])
        return [_entered(row, things.get(row.n, []), in_error=(row.sender, row.event_id) in wrong) for row in rows]


def _enter(connection: sa.Connection, sender: str, place: int, event: Received, entry: tuple[str, datetime]) -> bool:
    column = received_events.c
    mine = column.sender == sender, column.event_id == event.event_id
    known = connection.execute(sa.select(column.digest, column.wrong).where(*mine)).all()
    if any(row.digest != event.digest for row in known):
        raise LedgerError(
            f"event {place}: eventID {event.event_id[:100]!r} is known with other content; give the new event an id of "
            "its own, or declare the old one in error"
        )
    if any(row.wrong == event.wrong for row in known):
        return False
    user_id, now = entry
    values = {
        "sender": sender, "event_id": event.event_id, "wrong": event.wrong, "digest": event.digest,
        "kind": event.kind, "action": event.action, "at": event.at, "business_step": event.business_step,
        "disposition": event.disposition, "content": dict(event.content), "user_id": user_id, "received_at": now,
    }  # fmt: skip
    number = connection.execute(received_events.insert().values(**values).returning(column.n)).scalar_one()
    rows = [
        {"event_n": number, "role": one.role, "thing": one.thing, "lot": one.lot, "unit": one.unit,
         "quantity": None if one.quantity is None else str(one.quantity)}
        for one in event.things
    ]  # fmt: skip
    if rows:
        connection.execute(received_things.insert(), rows)
    return True


def _things(connection: sa.Connection, numbers: Sequence[int]) -> Mapping[int, list[Concerned]]:
    column = received_things.c
    found: dict[int, list[Concerned]] = {}
    rows = connection.execute(sa.select(received_things).where(column.event_n.in_(numbers)).order_by(column.n))
    for row in rows:
        quantity = None if row.quantity is None else Decimal(row.quantity)
        found.setdefault(row.event_n, []).append(Concerned(row.role, row.thing, row.lot, quantity, row.unit))
    return found


def _declared_wrong(connection: sa.Connection, event_ids: Sequence[str]) -> set[tuple[str, str]]:
    column = received_events.c
    found = sa.select(column.sender, column.event_id).where(column.wrong.is_(True), column.event_id.in_(event_ids))
    return {(row.sender, row.event_id) for row in connection.execute(found)}


def _entered(row: sa.Row[Any], things: Sequence[Concerned], *, in_error: bool) -> Entered:
    event = Received(
        row.event_id, row.kind, row.action, row.at, row.business_step, row.disposition, row.wrong, tuple(things),
        row.digest, row.content,
    )  # fmt: skip
    return Entered(row.sender, event, row.user_id, row.received_at, in_error)
