"""The API of declarations: which footprints the park has declared, and new ones from closed days for who may."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Query
from pydantic import BaseModel, Field

from parkwright.model.errors import LedgerError
from parkwright.model.noun import ID_PATTERN
from parkwright.show.answers.declarations import DeclarationList, declarations
from parkwright.show.answers.figure import Answer
from parkwright.show.api import CONFLICT, FIRST_DAY, LAST_DAY, NOT_FOUND, NOT_SIGNED_IN, Visiting, seeing
from parkwright.show.auth import APPROVE
from parkwright.show.context import DeclarationAnswers
from parkwright.show.door import Visit, demand

router = APIRouter(prefix="/api/v1/carbon/declarations", responses=NOT_SIGNED_IN)
Dated = Annotated[date, Field(ge=FIRST_DAY, le=LAST_DAY)]
ProductId = Annotated[str, Field(pattern=ID_PATTERN)]


class ToDeclare(BaseModel):
    """Products whose footprint over the closed days of a span is declared."""

    start_day: Dated
    end_day: Dated
    product_ids: list[ProductId] = Field([], max_length=1000, description="all that were finished where none is named")


class Declared(Answer):
    """What was declared."""

    declarations: list[str] = Field(description="ids of the footprints, one a product")
    start_day: str = Field(description="first closed day that they are of")
    end_day: str = Field(description="last")


def declarations_of(visit: Visit, product_id: str | None = None) -> DeclarationList | None:
    """Return the park's declarations; None where none are served."""
    answers = visit.context.declarations
    return None if answers is None else declarations(answers, visit.context.park, product_id)


def declare_for(visit: Visit, body: ToDeclare) -> Declared:
    """Declare footprints for who may; raises LedgerError where they cannot be."""
    demand(visit, APPROVE, "requests")
    found = _served(visit).declare(body.product_ids, (body.start_day, body.end_day))
    ids = [one["id"] for one in found["declared"]]
    return Declared(declarations=ids, start_day=found["from"], end_day=found["to"])


def _served(visit: Visit) -> DeclarationAnswers:
    if visit.context.declarations is None:
        raise HTTPException(404, "this server declares no footprints; name the park in carbon/exchange.toml")
    return visit.context.declarations


@router.get("", responses=NOT_FOUND)
def read_declarations(
    visit: Annotated[Visit, Depends(seeing("carbon"))],
    product_id: Annotated[str | None, Query(pattern=ID_PATTERN, description="product; all where absent")] = None,
) -> DeclarationList:
    """Which footprints has the park declared to its partners, and what replaces what?"""
    return declarations(_served(visit), visit.context.park, product_id)


@router.post("", responses=NOT_FOUND | CONFLICT)
def declare(body: ToDeclare, visit: Visiting) -> Declared:
    """Declare footprints from closed days, as new versions of the last ones; partners see what is shared with them."""
    try:
        return declare_for(visit, body)
    except LedgerError as error:
        raise HTTPException(409, str(error)) from error
