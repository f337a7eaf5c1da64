"""Events received from partners, in the operational database: each told once, who brought it and when."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import asdict, dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from parkwright.run.exchange import ExchangeError
from parkwright.run.received import Capture, Concerned, Received
from parkwright.store.operations import Operations, user_of
from parkwright.store.records import captures, partners, received_events, received_things

RECEIVING = 7_226_153  # key of PostgreSQL's advisory lock: events are entered one document at a time
UNKNOWN = ""
"""Digest of an event that was entered before digests were those of event hashes: its id alone tells it."""
PARTNER = "partner"
"""Role of the user that a partner's own uploads are recorded under; it may nothing on the pages."""


@dataclass(frozen=True, slots=True)
class Lot:
    """A material lot: its supplier, its number, and the GS1 addresses of its trade item and its own, "" for none."""

    supplier_id: str
    number: str
    item: str = ""
    address: str = ""


@dataclass(frozen=True, slots=True)
class Entered:
    """An event as it was entered: whose it is, by which user and when.

    in_error: its sender declared it wrong since. things: how many it concerns, of which `event` may tell fewer.
    """

    sender: str
    event: Received
    user_id: str
    received_at: datetime
    in_error: bool
    things: int


@dataclass(frozen=True, slots=True)
class Sender:
    """A partner whose events may be here, with access still or no longer; supplier_id: where it is a supplier."""

    id: str
    name: str
    supplier_id: str | None


class EventBook(Operations):
    """The operational database, opened for received events; safe to share between threads and processes."""

    def enter(self, sender: str, events: Sequence[Received], user_id: str, now: datetime) -> int:
        """Enter the events of a sender's document, all or none, and return how many are new.

        An event that is known with the same content is passed over; senders do not disturb each other's ids.

        Raises ExchangeError where an id is known with other content.
        """
        with self._transaction() as connection:
            return self._enter_all(connection, sender, events, (user_id, now))

    def capture(self, sender: str, events: Sequence[Received], now: datetime) -> Capture:
        """Enter the events that a partner itself sent, all or none, with the partner as the user who did.

        Raises ExchangeError where an id of its is known with other content.
        """
        with self._transaction() as connection:
            user_id = user_of(connection, f"{PARTNER}:{sender}", PARTNER, now)
            new = self._enter_all(connection, sender, events, (user_id, now))
            done = Capture(secrets.token_hex(16), now, len(events), new)
            connection.execute(captures.insert().values(sender=sender, **asdict(done)))
        return done

    def captured(self, sender: str, capture_id: str) -> Capture | None:
        """Return an upload of the partner's own; None when there is none of that id."""
        mine = sa.select(captures).where(captures.c.id == capture_id, captures.c.sender == sender)
        with self._transaction() as connection:
            row = connection.execute(mine).one_or_none()
        return None if row is None else Capture(row.id, row.at, row.events, row.new)

    def told(self, sender: str, event_id: str) -> list[Mapping[str, Any]]:
        """Return the messages of an event of the partner's own as they came, oldest first; none where unknown."""
        column = received_events.c
        mine = sa.select(column.content).where(column.sender == sender, column.event_id == event_id)
        with self._transaction() as connection:
            return list(connection.scalars(mine.order_by(column.n)))

    def _enter_all(
        self, connection: sa.Connection, sender: str, events: Sequence[Received], entry: tuple[str, datetime]
    ) -> int:
        if self._engine.dialect.name == "postgresql":
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(RECEIVING)))
        return sum(_enter(connection, sender, place, event, entry) for place, event in enumerate(events, 1))

    def entered(
        self, senders: AbstractSet[str] | None = None, lot: str | None = None, limit: int = 1000,
        brief: int | None = None,
    ) -> list[Entered]:  # fmt: skip
        """Return events, newest first: of some senders or all, that concern a lot or unit by its number or all.

        brief: most things of each event, whose message is then left out; None for all of both.
        """
        column = received_events.c
        wanted = [each for each in column if brief is None or each.name != "content"]
        found = sa.select(*wanted).where(*_asked(senders, lot))
        found = found.order_by(column.at.desc(), column.n.desc()).limit(limit)
        with self._transaction() as connection:
            return list(_with_things(connection, connection.execute(found).all(), brief).values())

    def of_lots(self, lots: AbstractSet[Lot], most: int, brief: int) -> Mapping[Lot, list[Entered]]:
        """Return the newest events of each lot that were not declared in error since; a lot of none is left out.

        An event is of a lot where it names the lot's GS1 address, whoever sent it, or where a partner of the lot's
        supplier names its number and no other trade item. most: events of a lot. brief: things of each event; its
        message is left out.
        """
        found: dict[Lot, list[Entered]] = {}
        columns = [each for each in received_events.c if each.name != "content"]
        with self._transaction() as connection:
            for lot in sorted(lots, key=lambda lot: (lot.supplier_id, lot.number, lot.item)):
                rows = connection.execute(_of_lot(lot, most).with_only_columns(*columns)).all()
                if rows:
                    found[lot] = list(_with_things(connection, rows, brief).values())
        return found

    def count(self, senders: AbstractSet[str] | None = None, lot: str | None = None) -> int:
        """Return how many events `entered` would return without a limit."""
        found = sa.select(sa.func.count()).select_from(received_events).where(*_asked(senders, lot))
        with self._transaction() as connection:
            return connection.execute(found).scalar_one()

    def senders(self) -> list[Sender]:
        """Return the partners that events may come from, by name; those without access any more, too."""
        column = partners.c
        found = sa.select(column.id, column.name, column.supplier_id).order_by(column.name, column.id)
        with self._transaction() as connection:
            return [Sender(row.id, row.name, row.supplier_id) for row in connection.execute(found)]


def _of_lot(lot: Lot, most: int) -> sa.Select[Any]:
    """Return the question for the newest events of a lot."""
    event, thing, wrong = received_events.c, received_things.c, received_events.alias().c
    taken_back = sa.exists().where(
        wrong.sender == event.sender, wrong.event_id == event.event_id, wrong.wrong.is_(True)
    )
    of_supplier = sa.select(partners.c.id).where(partners.c.supplier_id == lot.supplier_id)
    meant: sa.ColumnElement[bool] = event.sender.in_(of_supplier)
    if lot.item:
        items, item = f"{lot.item.rpartition('/')[0]}/", f"{lot.item}/"
        another = thing.thing.startswith(items, autoescape=True) & ~thing.thing.startswith(item, autoescape=True)
        meant = (meant & ~another) | (thing.thing == lot.address)
    of_lot = sa.select(thing.event_n).join_from(received_things, received_events, thing.event_n == event.n)
    of_lot = of_lot.where(thing.lot == lot.number, meant)
    asked = sa.select(received_events).where(event.n.in_(of_lot), ~taken_back)
    return asked.order_by(event.at.desc(), event.n.desc()).limit(most)


def _with_things(connection: sa.Connection, rows: Sequence[sa.Row[Any]], brief: int | None) -> dict[int, Entered]:
    """Return the events of rows by number, in their order."""
    numbers = [row.n for row in rows]
    things, counts = _things(connection, numbers, brief), _counts(connection, numbers)
    wrong = _declared_wrong(connection, [row.event_id for row in rows])
    return {
        row.n: _entered(row, things.get(row.n, []), counts.get(row.n, 0), in_error=(row.sender, row.event_id) in wrong)
        for row in rows
    }


def _asked(senders: AbstractSet[str] | None, lot: str | None) -> list[sa.ColumnElement[bool]]:
    column = received_events.c
    asked: list[sa.ColumnElement[bool]] = []
    if senders is not None:
        asked.append(column.sender.in_(senders))
    if lot is not None:
        asked.append(column.n.in_(sa.select(received_things.c.event_n).where(received_things.c.lot == lot)))
    return asked


def _enter(connection: sa.Connection, sender: str, place: int, event: Received, entry: tuple[str, datetime]) -> bool:
    column = received_events.c
    mine = column.sender == sender, column.event_id == event.event_id
    known = connection.execute(sa.select(column.digest, column.wrong).where(*mine)).all()
    if any(row.digest not in (event.digest, UNKNOWN) for row in known):
        raise ExchangeError(
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
        "hash_differs": event.hash_differs,
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


def _things(connection: sa.Connection, numbers: Sequence[int], most: int | None) -> Mapping[int, list[Concerned]]:
    column = received_things.c
    found: dict[int, list[Concerned]] = {}
    place = sa.func.row_number().over(partition_by=column.event_n, order_by=column.n).label("place")
    placed = sa.select(received_things, place).where(column.event_n.in_(numbers)).subquery()
    wanted = sa.select(placed).order_by(placed.c.n)
    for row in connection.execute(wanted if most is None else wanted.where(placed.c.place <= most)):
        quantity = None if row.quantity is None else Decimal(row.quantity)
        found.setdefault(row.event_n, []).append(Concerned(row.role, row.thing, row.lot, quantity, row.unit))
    return found


def _counts(connection: sa.Connection, numbers: Sequence[int]) -> Mapping[int, int]:
    column = received_things.c
    found = (
        sa.select(column.event_n, sa.func.count().label("things"))
        .where(column.event_n.in_(numbers))
        .group_by(column.event_n)
    )
    return {row.event_n: row.things for row in connection.execute(found)}


def _declared_wrong(connection: sa.Connection, event_ids: Sequence[str]) -> set[tuple[str, str]]:
    column = received_events.c
    found = sa.select(column.sender, column.event_id).where(column.wrong.is_(True), column.event_id.in_(event_ids))
    return {(row.sender, row.event_id) for row in connection.execute(found)}


def _entered(row: sa.Row[Any], things: Sequence[Concerned], count: int, *, in_error: bool) -> Entered:
    event = Received(
        row.event_id, row.kind, row.action, row.at, row.business_step, row.disposition, row.wrong, tuple(things),
        row.digest, getattr(row, "content", {}), row.hash_differs,
    )  # fmt: skip
    return Entered(row.sender, event, row.user_id, row.received_at, in_error, count)
