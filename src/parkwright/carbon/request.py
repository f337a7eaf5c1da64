"""The life of a request for a supplier's footprint: one table of moves, due dates and reminders."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType

from parkwright.model.errors import LedgerError

MOVES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "draft": ("sent",),
        "sent": ("acknowledged", "fulfilled", "rejected"),
        "acknowledged": ("fulfilled", "rejected"),
        "rejected": ("sent",),
        "fulfilled": ("validated", "rejected"),
        "validated": ("in_use", "rejected"),
        "in_use": ("superseded",),
        "superseded": (),
    }
)
"""State -> states that may follow. `sent` may skip `acknowledged`: an answer can come with the acknowledgement."""
OPEN = ("sent", "acknowledged")
"""States that wait for the supplier."""
UNFINISHED = ("draft", *OPEN, "fulfilled", "validated")
"""States in which no other request for the same material goes to the same partner."""
ANSWER_WITHIN = timedelta(days=30)
"""Time that a supplier gets (assumed: a month; a request names its own)."""
REMIND_AFTER = timedelta(days=7)
"""Time between reminders of a request that is due (assumed: a week)."""


@dataclass(frozen=True, slots=True)
class Request:
    """A request for the footprint of a material, to one supplier.

    event_id: of the CloudEvent that carries it. declaration_id: the answer, once there is one. reminders: sent so far.
    """

    id: str
    supplier_id: str
    material_id: str
    partner_id: str
    state: str
    due: datetime
    created: datetime
    changed: datetime
    event_id: str | None = None
    declaration_id: str | None = None
    reminders: int = 0
    reminded: datetime | None = None
    note: str = ""


def refuse_move(request: Request, to: str) -> None:
    """Raise LedgerError when the state of the request does not allow the move."""
    if to not in MOVES.get(request.state, ()):
        can = ", ".join(MOVES.get(request.state, ())) or "nothing"
        raise LedgerError(f"request {request.id}: is {request.state} and cannot become {to}; from here it may: {can}")


def reminder_due(request: Request, now: datetime) -> bool:
    """Return whether the supplier should be reminded: the request is due, and the last reminder a week ago."""
    if request.state not in OPEN or now < request.due:
        return False
    return request.reminded is None or now - request.reminded >= REMIND_AFTER
