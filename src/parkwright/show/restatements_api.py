"""The API of restatements: listed, and closed days restated: late readings, or another edition of the factor."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, HTTPException, Query
from pydantic import BaseModel, Field

from parkwright.model.errors import LedgerError
from parkwright.model.noun import ID_PATTERN
from parkwright.show.answers.figure import Answer
from parkwright.show.answers.restatements import RestatementList, restatements
from parkwright.show.api import CONFLICT, FIRST_DAY, LAST_DAY, NOT_FOUND, NOT_SIGNED_IN, PLAIN, Visiting, seeing
from parkwright.show.auth import APPROVE
from parkwright.show.context import CarbonAnswers
from parkwright.show.door import Visit, demand

LISTED_MOST = 1000
"""Most restatements of one answer."""
TEXT_MOST = 200
"""Longest text of what happened [characters]."""
READINGS_MOST = 1_000_000
"""Longest CSV of late readings [characters]: a day of 200 meters by quarter-hours at 50 a line (assumed)."""
router = APIRouter(prefix="/api/v1/carbon/restatements", responses=NOT_SIGNED_IN)
Dated = Annotated[date, Field(ge=FIRST_DAY, le=LAST_DAY)]


class Edition(BaseModel):
    """Another edition of the grid's average factor for the closed days of a span."""

    start_day: Dated
    end_day: Dated
    factor_id: str = Field(pattern=ID_PATTERN, description="of the park's factors.csv, an average factor of a grid")
    text: str = Field(min_length=3, max_length=TEXT_MOST, pattern=PLAIN, description="what happened, for a person")


class Readings(BaseModel):
    """Readings of a closed day that came late or were wrong."""

    day: Dated
    readings: str = Field(
        min_length=1, max_length=READINGS_MOST, description="CSV: start (ISO 8601 with offset), meter_id, energy_kwh"
    )
    reason: Literal["late_reading", "error", "method", "structural"]
    text: str = Field(min_length=3, max_length=TEXT_MOST, pattern=PLAIN, description="what happened, for a person")


class Restated(Answer):
    """What a restatement changed."""

    restatements: list[str] = Field(description="ids, one a day")
    days_left: list[str] = Field(description="closed days that were booked with that edition already")
    location_change_kg: float = Field(description="change of scope 2, location-based")
    market_change_kg: float = Field(description="change of scope 2, market-based")


def restate_days(visit: Visit, body: Edition) -> Restated:
    """Restate closed days for who may; raises LedgerError where it may not be done."""
    answers, text = _acting(visit, body.text)
    found = answers.restate((body.start_day, body.end_day), body.factor_id, text, visit.now)
    names = [one["restatement"] for one in found["restatements"]]
    return _restated(names, found["days_left"], found["scope2_change_kg"])


def restate_readings(visit: Visit, body: Readings) -> Restated:
    """Restate a closed day with late readings for who may; raises LedgerError where it may not be done."""
    answers, text = _acting(visit, body.text)
    found = answers.restate_readings(body.day, body.readings, body.reason, text, visit.now)
    return _restated([found["restatement"]], [], found["scope2_change_kg"])


def _acting(visit: Visit, text: str) -> tuple[CarbonAnswers, str]:
    """Return the accounts where the visitor may correct them, and what happened with who says so."""
    demand(visit, APPROVE, "carbon")
    if visit.context.carbon is None:
        raise HTTPException(404, "this server keeps no carbon accounts; use parkwright carbon restate")
    return visit.context.carbon, f"{text} ({visit.principal.name})"


def _restated(names: list[str], left: list[str], change: Mapping[str, float]) -> Restated:
    return Restated(
        restatements=names,
        days_left=left,
        location_change_kg=change["location"],
        market_change_kg=change["market"],
    )


@router.get("")
def read_restatements(
    visit: Annotated[Visit, Depends(seeing("carbon"))],
    start: Annotated[date, Query(alias="from", ge=FIRST_DAY, le=LAST_DAY, description="first day")] = FIRST_DAY,
    end: Annotated[date, Query(alias="to", ge=FIRST_DAY, le=LAST_DAY, description="last day")] = LAST_DAY,
    limit: Annotated[int, Query(ge=1, le=LISTED_MOST)] = 100,
    offset: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
) -> RestatementList:
    """Which closed books were corrected, what was before and after, why and when?"""
    return restatements(visit.context.park, visit.context.facts, (start, end), limit, offset)


@router.post("", responses=NOT_FOUND | CONFLICT)
def restate(body: Edition, visit: Visiting) -> Restated:
    """Restate the closed days of a span with another edition of the grid's factor; old reports stay as of then."""
    try:
        return restate_days(visit, body)
    except LedgerError as error:
        raise HTTPException(409, str(error)) from error


@router.post("/readings", responses=NOT_FOUND | CONFLICT)
def restate_late(body: Readings, visit: Visiting) -> Restated:
    """Restate a closed day with readings that came late or were wrong; old reports stay as of then."""
    try:
        return restate_readings(visit, body)
    except LedgerError as error:
        raise HTTPException(409, str(error)) from error
