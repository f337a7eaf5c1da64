"""What people and partners left in the operational database: how much of each kind, and when the last of it came."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from parkwright.store.operations import Operations
from parkwright.store.records import (
    approvals,
    declarations,
    partners,
    received_events,
    supplier_request_moves,
)


@dataclass(frozen=True, slots=True)
class Trace:
    """How many there are of a kind, and when the last of them came (aware); None where there is none."""

    count: int
    newest: datetime | None


class TraceBook(Operations):
    """The operational database, opened to be asked what there is in it; safe to share between threads."""

    def traces(self) -> Mapping[str, Trace]:
        """Return kind -> its trace.

        plans_approved: plans that a person approved. suppliers_enabled: suppliers with access to the exchange.
        requests_sent: requests for a supplier's footprint that were sent. messages_received: footprints declared and
        events told by partners.
        """
        with self._transaction() as connection:
            told = [
                _trace(connection, sa.func.count(), declarations.c.noted_at, declarations.c.partner_id.is_not(None)),
                _trace(connection, sa.func.count(), received_events.c.received_at),
            ]
            return {
                "plans_approved": _trace(connection, sa.func.count(), approvals.c.at),
                "suppliers_enabled": _trace(
                    connection,
                    sa.func.count(partners.c.supplier_id.distinct()),
                    partners.c.created_at,
                    partners.c.supplier_id.is_not(None) & partners.c.revoked_at.is_(None),
                ),
                "requests_sent": _trace(
                    connection,
                    sa.func.count(supplier_request_moves.c.request_id.distinct()),
                    supplier_request_moves.c.at,
                    supplier_request_moves.c.to_state == "sent",
                ),
                "messages_received": Trace(
                    sum(one.count for one in told), max((one.newest for one in told if one.newest), default=None)
                ),
            }


def _trace(
    connection: sa.Connection, count: sa.Function[int], at: sa.Column[datetime], *only: sa.ColumnElement[bool]
) -> Trace:
    row = connection.execute(sa.select(count, sa.func.max(at)).select_from(at.table).where(*only)).one()
    return Trace(row[0], row[1])
