"""Events of supply partners: what they saw happen to components before and beside the park, in our words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Protocol

OWN = ""
"""Sender of events that the park itself reads in."""


@dataclass(frozen=True, slots=True)
class Concerned:
    """A thing that an event concerns.

    role: epc, parent, child, input or output. thing: its URI, canonical. lot: its lot or serial number, "" where the
    URI tells none. quantity: how much of a class [unit; pieces where the unit is ""]; None where it is not told.
    """

    role: str
    thing: str
    lot: str = ""
    quantity: Decimal | None = None
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Received:
    """An event of a partner.

    event_id: the partner's, or the event hash where it told none. wrong: the event declares an earlier telling of
    itself to be in error. digest: SHA-256 of what it tells, without when it was recorded and whether it is in error.
    content: the message as it came, with the namespaces of its document; empty where it is only listed. hash_differs:
    its id is an event hash, of other content than its own.
    """

    event_id: str
    kind: str
    action: str
    at: datetime
    business_step: str
    disposition: str
    wrong: bool
    things: tuple[Concerned, ...]
    digest: str
    content: Mapping[str, Any]
    hash_differs: bool = False


@dataclass(frozen=True, slots=True)
class Capture:
    """A partner's own upload that was entered: how many events it held, and how many of them were new."""

    id: str
    at: datetime
    events: int
    new: int


class Inbox(Protocol):
    """The store's side of received events: a partner enters and sees its own alone."""

    def capture(self, sender: str, events: Sequence[Received], now: datetime) -> Capture:
        """Enter the events that a partner itself sent, all or none.

        Raises ExchangeError where an id of its is known with other content.
        """
        ...

    def captured(self, sender: str, capture_id: str) -> Capture | None:
        """Return an upload of the partner's own; None when there is none of that id."""
        ...

    def told(self, sender: str, event_id: str) -> Sequence[Mapping[str, Any]]:
        """Return the messages of an event of the partner's own as they came, oldest first; none where unknown."""
        ...
