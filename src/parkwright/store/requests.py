"""Requests for suppliers' footprints in the operational database: one state at a time, every move noted."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from parkwright.carbon.declaration import ACTIVE, Declaration, Filter, lowered, newest_first
from parkwright.carbon.plausible import REFUSED, Doubt, Expected, doubts
from parkwright.carbon.request import ANSWER_WITHIN, UNFINISHED, Request, refuse_move, reminder_due
from parkwright.model.errors import LedgerError
from parkwright.run.exchange import Asked, ExchangeError, Fulfilled, Rejected
from parkwright.store.declared import declaration_of
from parkwright.store.exchange import ExchangeDesk, enqueue, note_version
from parkwright.store.records import (
    declarations,
    exchange_messages,
    partners,
    supplier_request_moves,
    supplier_requests,
)

REQUESTING = 7_226_152  # key of PostgreSQL's advisory lock: requests move one transaction at a time
REMINDER = "/reminder-"


@dataclass(frozen=True, slots=True)
class Move:
    """A move of a request: from a state to a state, when, by whom (a user or a partner) and why."""

    from_state: str
    to_state: str
    at: datetime
    by: str
    note: str


class RequestDesk(ExchangeDesk):
    """The operational database, opened for requests to suppliers; safe to share between threads and processes."""

    def draft(self, supplier_id: str, material_id: str, partner_id: str, by: str, now: datetime,
              within: timedelta = ANSWER_WITHIN) -> Request:  # fmt: skip
        """Draft a request for the footprint of a material; within: time that the supplier gets once it is sent.

        Raises LedgerError when the partner is not registered, or a request for that material is open already.
        """
        self.partner(partner_id)
        request = Request(secrets.token_hex(16), supplier_id, material_id, partner_id, "draft", now + within, now, now)
        with self._transaction() as connection:
            self._alone(connection)
            column = supplier_requests.c
            open_ones = column.state.in_(UNFINISHED)
            found = connection.scalar(
                sa.select(column.id).where(
                    column.material_id == material_id, column.partner_id == partner_id, open_ones
                )
            )
            if found is not None:
                raise LedgerError(f"material {material_id}: request {found} to {partner_id} is open; finish that one")
            connection.execute(supplier_requests.insert().values(**_row(request)))
            _note_move(connection, request, "", "draft", now, by, "")
        return request

    def send(self, request_id: str, product_ids: list[str], by: str, now: datetime) -> Request:
        """Post the request to its partner; product_ids: the URNs that it knows the material by."""
        with self._transaction() as connection:
            self._alone(connection)
            request = _request(connection, request_id)
            event_id = f"{request.id}-{request.reminders}" if request.state == "rejected" else request.id
            asked = Asked(event_id, Filter(product_ids=lowered(product_ids)), f"material {request.material_id}")
            enqueue(connection, request.partner_id, asked, self._edition(connection, request.partner_id), now)
            return _move(connection, request, "sent", now, by, "", event_id=event_id, reminded=None)

    def delivered(self, number: int, now: datetime) -> None:
        """Close a message that its partner took; a request that it carried is acknowledged."""
        super().delivered(number, now)
        with self._transaction() as connection:
            self._alone(connection)
            event_id = connection.scalar(sa.select(exchange_messages.c.event_id).where(exchange_messages.c.n == number))
            sent = sa.select(supplier_requests).where(
                supplier_requests.c.event_id == event_id, supplier_requests.c.state == "sent"
            )
            for row in connection.execute(sent).all():
                request = _of(row)
                _move(connection, request, "acknowledged", now, request.partner_id, "")

    def answer_request(self, partner_id: str, answer: Fulfilled | Rejected, now: datetime) -> None:
        """Take the answer to a request: keep its declarations, move the request to fulfilled or rejected.

        Raises ExchangeError when this partner was never sent that request, or it was answered before.
        """
        event_id = answer.request_event_id.partition(REMINDER)[0]
        with self._transaction() as connection:
            self._alone(connection)
            mine = supplier_requests.c.event_id == event_id, supplier_requests.c.partner_id == partner_id
            row = connection.execute(sa.select(supplier_requests).where(*mine)).one_or_none()
            if row is None:
                raise ExchangeError(f"request {answer.request_event_id}: was not sent to you; answer one that was")
            request = _of(row)
            if request.state not in ("sent", "acknowledged"):
                raise ExchangeError(
                    f"request {answer.request_event_id}: was answered before; send a new version as news"
                )
            if isinstance(answer, Rejected):
                _move(connection, request, "rejected", now, partner_id, f"{answer.code}: {answer.message}"[:1000])
                return
            for one in answer.declarations:
                note_version(connection, partner_id, one, now)
            active = [one for one in answer.declarations if one.status == ACTIVE] or list(answer.declarations)
            chosen = newest_first(active)[0]
            _move(connection, request, "fulfilled", now, partner_id, "", declaration_id=chosen.id)

    def validate(self, request_id: str, expected: Expected | None, by: str, now: datetime) -> list[Doubt]:
        """Check a fulfilled request's footprint and move it to validated, or to rejected where it cannot be used.

        expected: what the material is accounted in, and its figure in use. Returns what is doubtful; warnings wait for
        the person who takes it into use.
        """
        with self._transaction() as connection:
            self._alone(connection)
            request = _request(connection, request_id)
            if request.declaration_id is None:
                raise LedgerError(f"request {request_id}: has no answer yet; wait for it or remind the supplier")
            found = _doubts(connection, request, expected)
            to = "rejected" if any(doubt.level == REFUSED for doubt in found) else "validated"
            note = "; ".join(f"{doubt.level}: {doubt.thing} {doubt.found}" for doubt in found)[:4000]
            _move(connection, request, to, now, by, note)
        return found

    def checked(self, request: Request, expected: Expected | None) -> tuple[Declaration | None, list[Doubt]]:
        """Return the answer of a request and what is doubtful about it; nothing is changed."""
        with self._transaction() as connection:
            answer = _declaration(connection, request.declaration_id)
            return answer, _doubts(connection, request, expected)

    def reject(self, request_id: str, reason: str, by: str, now: datetime) -> Request:
        """Reject a footprint with a reason; the request may be sent again."""
        if not reason.strip():
            raise LedgerError(f"request {request_id}: give a reason, so that the supplier can correct it")
        with self._transaction() as connection:
            self._alone(connection)
            return _move(connection, _request(connection, request_id), "rejected", now, by, reason.strip()[:1000])

    def use(self, request_id: str, by: str, now: datetime) -> Request:
        """Take a validated footprint into use; the one in use for the same material is superseded."""
        with self._transaction() as connection:
            self._alone(connection)
            request = _request(connection, request_id)
            refuse_move(request, "in_use")
            column = supplier_requests.c
            before = sa.select(supplier_requests).where(
                column.material_id == request.material_id, column.state == "in_use"
            )
            for row in connection.execute(before).all():
                _move(connection, _of(row), "superseded", now, by, f"request {request.id}")
            return _move(connection, request, "in_use", now, by, "")

    def remind(self, now: datetime) -> list[Request]:
        """Post a reminder for every request that is due and return them."""
        reminded = []
        for listed in self.requests():
            if not reminder_due(listed, now):
                continue
            with self._transaction() as connection:
                self._alone(connection)
                request = _request(connection, listed.id)
                if not reminder_due(request, now):
                    continue
                first = sa.select(exchange_messages.c.content).where(
                    exchange_messages.c.event_id == request.event_id, exchange_messages.c.incoming.is_(False)
                )
                criteria = (connection.scalar(first) or {}).get("criteria", {}).get("product_ids") or []
                count = request.reminders + 1
                asked = Asked(
                    f"{request.event_id}{REMINDER}{count}",
                    Filter(product_ids=lowered(criteria)),
                    f"reminder {count}: material {request.material_id}, due {request.due.date()}",
                )
                enqueue(connection, request.partner_id, asked, self._edition(connection, request.partner_id), now)
                values = {"reminders": count, "reminded": now}
                connection.execute(
                    supplier_requests.update().where(supplier_requests.c.id == request.id).values(**values)
                )
                reminded.append(_request(connection, request.id))
        return reminded

    def requests(self, state: str | None = None) -> list[Request]:
        """Return the requests, of one state or all, what is due first at the top."""
        found = sa.select(supplier_requests).order_by("due", "id")
        if state is not None:
            found = found.where(supplier_requests.c.state == state)
        with self._transaction() as connection:
            return [_of(row) for row in connection.execute(found)]

    def request(self, request_id: str) -> Request:
        """Return a request; raises LedgerError when there is none of that id."""
        with self._transaction() as connection:
            return _request(connection, request_id)

    def moves(self, request_id: str) -> list[Move]:
        """Return the moves of a request, oldest first."""
        column = supplier_request_moves.c
        found = sa.select(supplier_request_moves).where(column.request_id == request_id).order_by(column.n)
        with self._transaction() as connection:
            return [Move(r.from_state, r.to_state, r.at, r.by, r.note) for r in connection.execute(found)]

    def in_use(self) -> Mapping[str, Declaration]:
        """Return the declarations in use by material id."""
        column = supplier_requests.c
        found = sa.select(column.material_id, declarations.c.document).join_from(
            supplier_requests, declarations, column.declaration_id == declarations.c.id
        )
        with self._transaction() as connection:
            rows = connection.execute(found.where(column.state == "in_use").order_by(column.material_id))
            return {row.material_id: declaration_of(row.document) for row in rows}

    def _alone(self, connection: sa.Connection) -> None:
        """Wait for other moves of requests; a transaction of SQLite is alone from its start."""
        if self._engine.dialect.name == "postgresql":
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(REQUESTING)))

    @staticmethod
    def _edition(connection: sa.Connection, partner_id: str) -> str:
        found = sa.select(partners.c.edition).where(partners.c.id == partner_id)
        return str(connection.execute(found).scalar_one())


def _of(row: sa.Row[Any]) -> Request:
    return Request(**{field.name: getattr(row, field.name) for field in fields(Request)})


def _row(request: Request) -> dict[str, Any]:
    return {field.name: getattr(request, field.name) for field in fields(Request)}


def _request(connection: sa.Connection, request_id: str) -> Request:
    row = connection.execute(sa.select(supplier_requests).where(supplier_requests.c.id == request_id)).one_or_none()
    if row is None:
        raise LedgerError(f"request {request_id}: there is none; list them with carbon requests")
    return _of(row)


def _declaration(connection: sa.Connection, declaration_id: str | None) -> Declaration | None:
    document = connection.scalar(sa.select(declarations.c.document).where(declarations.c.id == declaration_id))
    return None if document is None else declaration_of(document)


def _doubts(connection: sa.Connection, request: Request, expected: Expected | None) -> list[Doubt]:
    """Return what is doubtful about the answer of a request, against the version before; nothing without one."""
    answer = _declaration(connection, request.declaration_id)
    if answer is None:
        return []
    before = next((one for id_ in answer.preceding if (one := _declaration(connection, id_))), None)
    return doubts(answer, expected, before)


def _move(
    connection: sa.Connection, request: Request, to: str, at: datetime, by: str, note: str, **values: object
) -> Request:
    refuse_move(request, to)
    mine = supplier_requests.update().where(supplier_requests.c.id == request.id)
    connection.execute(mine.values(state=to, changed=at, note=note, **values))
    _note_move(connection, request, request.state, to, at, by, note)
    return _request(connection, request.id)


def _note_move(
    connection: sa.Connection, request: Request, from_state: str, to: str, at: datetime, by: str, note: str
) -> None:
    values = {"request_id": request.id, "from_state": from_state, "to_state": to, "at": at, "by": by, "note": note}
    connection.execute(supplier_request_moves.insert().values(**values))
