"""The API of the partners: who may read which footprints; a secret and a link to sign in are told once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, TypeVar

from fastapi import APIRouter, Depends, HTTPException, Path
from pydantic import BaseModel, Field

from parkwright.model.errors import LedgerError
from parkwright.model.noun import ID_PATTERN
from parkwright.show.answers.figure import Answer
from parkwright.show.answers.partners import PartnerList, partners
from parkwright.show.api import CONFLICT, NOT_FOUND, NOT_SIGNED_IN, PLAIN, Done, Visiting, seeing
from parkwright.show.auth import APPROVE
from parkwright.show.context import PartnerAnswers
from parkwright.show.door import Visit, demand

T = TypeVar("T")
CLIENT_PATTERN = r"^[A-Za-z0-9._-]{1,100}$"
"""Letters of a client id (store.exchange.PARTNER_ID)."""
ClientPath = Annotated[str, Path(pattern=CLIENT_PATTERN, description="client id of the partner")]
Reference = Annotated[str, Field(min_length=1, max_length=100, pattern=PLAIN)]


class Registration(BaseModel):
    """A partner that is to have access; one with a server of its own is registered by the command."""

    client_id: str = Field(pattern=CLIENT_PATTERN)
    name: str = Field(min_length=1, max_length=100, pattern=PLAIN, description="name of the company")
    supplier_id: str | None = Field(None, pattern=ID_PATTERN, description="supplier that it is")


class References(BaseModel):
    """Products, or single footprints; all: every product."""

    things: list[Reference] = Field(min_length=1, max_length=1000)


class Registered(Answer):
    """A partner's secret, told this once."""

    client_id: str
    client_secret: str


class Invitation(Answer):
    """A link that signs a supplier's people in once."""

    supplier_id: str
    open: str = Field(description="path of this server")
    valid_h: float = Field(description="how long it is good [h]")


router = APIRouter(prefix="/api/v1/carbon/partners", responses=NOT_SIGNED_IN)


def partners_of(visit: Visit) -> PartnerList | None:
    """Return the partners; None where none are served."""
    answers = visit.context.partners
    return None if answers is None else partners(answers, visit.context.park)


def acting(visit: Visit) -> PartnerAnswers:
    """Return the partners where the visitor may decide about them."""
    demand(visit, APPROVE, "requests")
    return _served(visit)


def _served(visit: Visit) -> PartnerAnswers:
    if visit.context.partners is None:
        raise HTTPException(404, "this server keeps no partners; name the park in carbon/exchange.toml")
    return visit.context.partners


def _done(act: Callable[[], T]) -> T:
    try:
        return act()
    except LedgerError as error:
        raise HTTPException(409, str(error)) from error


@router.get("", responses=NOT_FOUND)
def read_partners(visit: Annotated[Visit, Depends(seeing("carbon"))]) -> PartnerList:
    """Who may read which footprints of the park?"""
    return partners(_served(visit), visit.context.park)


@router.post("", responses=NOT_FOUND | CONFLICT)
def register(body: Registration, visit: Visiting) -> Registered:
    """Register a partner; its secret is told this once."""
    answers = acting(visit)
    secret = _done(lambda: answers.register(body.client_id, body.name, body.supplier_id))
    return Registered(client_id=body.client_id, client_secret=secret)


@router.post("/{client_id}/shares", responses=NOT_FOUND | CONFLICT)
def share(client_id: ClientPath, body: References, visit: Visiting) -> Done:
    """Let a partner see the footprints of products, or single footprints."""
    answers = acting(visit)
    return Done(changed=bool(_done(lambda: answers.share(client_id, body.things, visit.principal.user_id))))


@router.post("/{client_id}/withdrawals", responses=NOT_FOUND | CONFLICT)
def withdraw(client_id: ClientPath, body: References, visit: Visiting) -> Done:
    """Let a partner no longer see them."""
    answers = acting(visit)
    return Done(changed=bool(_done(lambda: answers.withdraw(client_id, body.things))))


@router.post("/{client_id}/invitation", responses=NOT_FOUND | CONFLICT)
def invite(client_id: ClientPath, visit: Visiting) -> Invitation:
    """Make a link that signs a supplier's people in once; they see the requests to that supplier alone."""
    answers = acting(visit)
    return Invitation.model_validate(_done(lambda: answers.invite(client_id)))


@router.post("/{client_id}/revocation", responses=NOT_FOUND | CONFLICT)
def revoke(client_id: ClientPath, visit: Visiting) -> Done:
    """End a partner's access at once."""
    answers = acting(visit)
    _done(lambda: answers.revoke(client_id))
    return Done(changed=True)
