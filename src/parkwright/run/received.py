"""Events of supply partners: what they saw happen to components before and beside the park, in our words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

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

    event_id: the partner's, or the digest where it told none. wrong: the event declares an earlier telling of itself
    to be in error. digest: SHA-256 of what it tells, without when it was recorded and whether it is in error.
    content: the message as it came; empty where it is only listed.
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
