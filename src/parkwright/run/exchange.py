"""Footprints between companies: the ports of the exchange, the messages in our words, and what a message causes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from parkwright.carbon.declaration import Declaration, Filter, newest_first
from parkwright.model.errors import ParkwrightError

GIVE_UP = timedelta(hours=72)
"""Time after which a message that cannot be delivered is abandoned (PACT Technical Specifications 3.0, events)."""
FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=30), timedelta(hours=4)
"""First and longest pause between tries; it doubles (exponential backoff as in the specification; lengths assumed)."""


class ExchangeError(ParkwrightError):
    """A message that the exchange does not take; says what was found and the way out."""


class DeliveryError(ParkwrightError):
    """A partner that could not be reached or did not take a message; it is tried again later."""


@dataclass(frozen=True, slots=True)
class Partner:
    """A company that we exchange footprints with.

    id: its client id here. edition: "3" or "2", the PACT edition that it speaks. callback_url: where its own API is;
    callback_client_id and the environment variable secret_name sign us in there. supplier_id: where it is a supplier.
    """

    id: str
    name: str
    company_ids: tuple[str, ...] = ()
    edition: str = "3"
    callback_url: str | None = None
    callback_client_id: str | None = None
    secret_name: str | None = None
    supplier_id: str | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """A partner asks for footprints."""

    event_id: str
    criteria: Filter
    comment: str = ""


@dataclass(frozen=True, slots=True)
class Fulfilled:
    """An answer with footprints to a request."""

    event_id: str
    request_event_id: str
    declarations: tuple[Declaration, ...]


@dataclass(frozen=True, slots=True)
class Rejected:
    """An answer without footprints to a request: a code and a sentence."""

    event_id: str
    request_event_id: str
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Published:
    """News that footprints were published or updated."""

    event_id: str
    ids: tuple[str, ...]


Message = Asked | Fulfilled | Rejected | Published
"""What partners tell each other."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A message that waits for delivery: its number, whom it goes to, since when, and the tries so far."""

    number: int
    partner: Partner
    message: Message
    edition: str
    since: datetime
    tries: int


class Desk(Protocol):
    """The store's side of the exchange: who partners are, what is addressed to them, and the post."""

    def issue_token(self, client_id: str, secret: str, now: datetime) -> tuple[str, timedelta] | None:
        """Return a new access token and its life; None when there is no such partner or the secret is wrong."""
        ...

    def partner_of(self, token: str, now: datetime) -> Partner | None:
        """Return the partner that a valid token belongs to; None when it is unknown, expired or revoked."""
        ...

    def expired(self, token: str, now: datetime) -> bool:
        """Return whether the token was good once and has expired."""
        ...

    def addressed_to(self, partner_id: str) -> Sequence[Declaration]:
        """Return the declarations that the partner may see, in no order."""
        ...

    def addressed_references(self, partner_id: str) -> Sequence[str]:
        """Return the products and declarations that the partner may see, by id."""
        ...

    def declared(self, declaration_id: str) -> bool:
        """Return whether there is a declaration of that id, for whomever."""
        ...

    def noted(self, partner_id: str, event_id: str) -> bool:
        """Return whether an incoming event of the partner was noted before."""
        ...

    def note(self, partner_id: str, message: Message, edition: str, now: datetime) -> bool:
        """Note an incoming message; return False when that event of the partner was noted before."""
        ...

    def answer_request(self, partner_id: str, answer: Fulfilled | Rejected, now: datetime) -> None:
        """Take the answer to a request of ours.

        Raises ExchangeError when this partner was never sent that request, or it was answered before.
        """
        ...

    def post(self, partner_id: str, message: Message, edition: str, now: datetime) -> None:
        """Put a message to a partner among those that wait for delivery."""
        ...

    def waiting(self, now: datetime) -> Sequence[Waiting]:
        """Return the messages whose time to be tried has come, oldest first."""
        ...

    def delivered(self, number: int, now: datetime) -> None:
        """Close a message that its partner took."""
        ...

    def postponed(self, number: int, error: str, until: datetime | None, now: datetime) -> None:
        """Note that a try failed; until: when to try again, None to abandon the message."""
        ...


class Courier(Protocol):
    """The wire's side of the exchange: brings a message to a partner."""

    def deliver(self, waiting: Waiting) -> None:
        """Bring the message to its partner; raises DeliveryError when it could not be reached or did not take it."""
        ...


def visible(desk: Desk, partner: Partner, criteria: Filter) -> list[Declaration]:
    """Return what is addressed to the partner and meets its criteria, newest first."""
    return newest_first([one for one in desk.addressed_to(partner.id) if criteria.matches(one)])


def receive(desk: Desk, partner: Partner, message: Message, edition: str, now: datetime) -> None:
    """Do what an incoming message asks for; the same event twice is one.

    A request is answered with what is addressed to the partner, or rejected: it never learns of more.

    Raises ExchangeError when an answer belongs to no request that this partner was sent.
    """
    if desk.noted(partner.id, message.event_id):
        return
    if isinstance(message, Asked):
        found = visible(desk, partner, message.criteria)
        if found:
            answer: Message = Fulfilled(f"{message.event_id}/fulfilled", message.event_id, tuple(found))
        else:
            text = "no footprint that is addressed to you meets the criteria; ask your contact to share it"
            answer = Rejected(f"{message.event_id}/rejected", message.event_id, "NotFound", text)
        desk.post(partner.id, answer, edition, now)
    elif isinstance(message, Fulfilled | Rejected):
        desk.answer_request(partner.id, message, now)
    desk.note(partner.id, message, edition, now)


def deliver(desk: Desk, courier: Courier, now: datetime) -> tuple[int, int]:
    """Try the messages whose time has come; return how many were taken and how many wait on or were abandoned."""
    taken = left = 0
    for waiting in desk.waiting(now):
        try:
            courier.deliver(waiting)
        except DeliveryError as error:
            pause = min(FIRST_WAIT * 2**waiting.tries, LONGEST_WAIT)
            until = None if now + pause - waiting.since > GIVE_UP else now + pause
            desk.postponed(waiting.number, str(error), until, now)
            left += 1
        else:
            desk.delivered(waiting.number, now)
            taken += 1
    return taken, left
