"""The API of certificates: listed, entered, moved and retired; a serial number is in one state and retired once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, HTTPException, Query
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field, model_validator

from parkwright.carbon.certificates import Kind, Serials
from parkwright.model.errors import LedgerError
from parkwright.show.answers.certificates import CertificateList, certificates
from parkwright.show.api import CONFLICT, FIRST_DAY, LAST_DAY, NOT_FOUND, NOT_SIGNED_IN, PLAIN, Done, Visiting, seeing
from parkwright.show.auth import APPROVE
from parkwright.show.context import CertificateAnswers
from parkwright.show.door import Visit, demand

MOST = 10**15
"""Highest serial number that is read (assumed: a bound)."""
Name = Annotated[str, Field(min_length=1, max_length=40, pattern=PLAIN)]
Serial = Annotated[int, Field(ge=1, le=MOST)]
Dated = Annotated[date, Field(ge=FIRST_DAY, le=LAST_DAY)]
UsedFrom = Annotated[date | None, Query(alias="from", ge=FIRST_DAY, le=LAST_DAY, description="first day of a use")]
UsedTo = Annotated[date | None, Query(alias="to", ge=FIRST_DAY, le=LAST_DAY, description="last day of a use")]


class Range(BaseModel):
    """Serial numbers of a registry, first and last."""

    registry: Name
    first: Serial
    last: Serial

    @property
    def serials(self) -> Serials:
        """The range as the register takes it."""
        return self.registry, self.first, self.last


class Entry(Range):
    """A range that was issued for power made from one day to another."""

    start_day: Dated
    end_day: Dated
    region: Name
    technology: Name
    hour: int | None = Field(None, ge=0, le=23, description="hour of one day, by the park's clock, where it is known")
    own: bool = Field(False, description="made and used on this site")
    kg_per_kwh: Decimal = Field(Decimal(0), ge=0, le=10, description="emissions of the power")


class Move(Range):
    """Where serial numbers go; sold and expired are final."""

    state: Literal["held", "sold", "expired"]


class Retirement(Range):
    """The days of use that serial numbers are retired to, for good."""

    start_day: Dated
    end_day: Dated
    count: int | None = Field(None, ge=1, le=MOST, description="only so many, from the first on; all where absent")

    @model_validator(mode="after")
    def _within(self) -> Retirement:
        if self.count is not None and self.count > self.last - self.first + 1:
            raise ValueError(f"the range holds {self.last - self.first + 1}; give a count of no more")
        return self

    @property
    def serials(self) -> Serials:
        """The part of the range that is retired."""
        return self.registry, self.first, self.last if self.count is None else self.first + self.count - 1


router = APIRouter(prefix="/api/v1/carbon/certificates", responses=NOT_SIGNED_IN)


def certificates_of(visit: Visit, used: tuple[date, date] | None = None) -> CertificateList | None:
    """Return the certificates of the park; None where none are served. used: days that some may be retired to."""
    answers = visit.context.certificates
    return None if answers is None else certificates(answers, used)


def enter_range(visit: Visit, body: Entry) -> None:
    """Enter a range for who may; raises CertificateError where it may not be."""
    kind = Kind(body.region, body.technology, body.own, body.kg_per_kwh)
    _acting(visit).enter(body.serials, (body.start_day, body.end_day), kind, visit.principal.user_id, body.hour)


def move_range(visit: Visit, body: Move) -> None:
    """Move serial numbers to another state for who may; raises CertificateError where they may not be."""
    _acting(visit).move(body.serials, body.state, visit.principal.user_id)


def retire_range(visit: Visit, body: Retirement) -> None:
    """Retire serial numbers for who may; raises CertificateError where they may not be."""
    _acting(visit).retire(body.serials, (body.start_day, body.end_day), visit.principal.user_id)


def _acting(visit: Visit) -> CertificateAnswers:
    """Return the certificates where the visitor may act on them."""
    demand(visit, APPROVE, "carbon")
    return _served(visit)


@router.get("", responses=NOT_FOUND)
def read_certificates(
    visit: Annotated[Visit, Depends(seeing("carbon"))], start: UsedFrom = None, end: UsedTo = None
) -> CertificateList:
    """Which certificates are there, in which state, and how many can be retired to some days?"""
    if (start is None) is not (end is None):
        missing, text = ("from" if start is None else "to"), "give the first and the last day of the use, or neither"
        raise RequestValidationError([{"type": "missing", "loc": ("query", missing), "msg": text, "input": None}])
    return certificates(_served(visit), None if start is None or end is None else (start, end))


@router.post("", responses=NOT_FOUND | CONFLICT)
def enter(body: Entry, visit: Visiting) -> Done:
    """Enter a range that was issued."""
    return _done(lambda: enter_range(visit, body))


@router.post("/moves", responses=NOT_FOUND | CONFLICT)
def move(body: Move, visit: Visiting) -> Done:
    """Move serial numbers to another state, all of them or none."""
    return _done(lambda: move_range(visit, body))


@router.post("/expirations", responses=NOT_FOUND)
def expire(visit: Visiting) -> Done:
    """Move what is issued or held and whose validity has ended to expired."""
    return Done(changed=_acting(visit).expire(visit.principal.user_id) > 0)


@router.post("/retirements", responses=NOT_FOUND | CONFLICT)
def retire(body: Retirement, visit: Visiting) -> Done:
    """Retire serial numbers to what the park used on some days: all of them or none, and no more than it used."""
    return _done(lambda: retire_range(visit, body))


def _served(visit: Visit) -> CertificateAnswers:
    found = visit.context.certificates
    if found is None:
        raise HTTPException(404, "this server keeps no certificates; use parkwright carbon certificate")
    return found


def _done(act: Callable[[], None]) -> Done:
    try:
        act()
    except LedgerError as error:
        raise HTTPException(409, str(error)) from error
    return Done(changed=True)
