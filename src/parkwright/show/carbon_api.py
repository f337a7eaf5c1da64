"""The API of the carbon pages: report, indicators, greening; what a page shows, as an endpoint with a schema."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Annotated, TypeVar

import polars as pl
from fastapi import APIRouter, Depends, HTTPException, Path, Query, Response
from pydantic import AwareDatetime, BaseModel, Field

from parkwright.carbon.report import RECALCULATE_AT
from parkwright.carbon.request import ANSWER_WITHIN
from parkwright.model.errors import LedgerError
from parkwright.model.noun import ID_PATTERN
from parkwright.show.answers.carbon import CarbonReport, Centre, centre, report
from parkwright.show.answers.carbon_checks import BaseYear, Saving, base_year, saving
from parkwright.show.answers.factors import FactorList, FactorRow, Sift, factors, sifted
from parkwright.show.answers.figure import Answer
from parkwright.show.answers.footprint import LotFootprint, lot_footprint
from parkwright.show.answers.greening import Greening, greening
from parkwright.show.answers.received import EventList, events
from parkwright.show.answers.requests import RequestList, requests
from parkwright.show.answers.year import YearClose, year_close
from parkwright.show.api import (
    CONFLICT,
    FIRST_DAY,
    LAST_DAY,
    NOT_FOUND,
    NOT_SIGNED_IN,
    PLAIN,
    Done,
    Reason,
    Visiting,
    seeing,
    spreadsheet_safe,
)
from parkwright.show.auth import APPROVE
from parkwright.show.context import CarbonAnswers, RequestAnswers, Span
from parkwright.show.door import Visit, demand

T = TypeVar("T")
WITHIN_MOST = 365
"""Longest time that a supplier is given to answer [d] (assumed: a year)."""
SENDER_MOST, LOT_MOST = 100, 20
"""Longest client id of a partner, and longest lot or serial number by GS1 [characters]."""


class Reminded(Answer):
    """What came of reminding."""

    reminded: int = Field(description="requests whose supplier was sent a reminder now")


class Asked(BaseModel):
    """A request for the footprint of a material."""

    material_id: str = Field(pattern=ID_PATTERN)
    within_days: int = Field(
        ANSWER_WITHIN.days, ge=1, le=WITHIN_MOST, description="time that the supplier gets from now on"
    )


RequestPath = Annotated[str, Path(pattern=r"^[a-z0-9]{1,64}$", description="id of the request")]
LONGEST_JOB = 100
"""Longest id of a lot [characters]."""
LAST_YEAR = LAST_DAY.year
JobPath = Annotated[str, Path(min_length=1, max_length=LONGEST_JOB, pattern=PLAIN, description="id of the lot (job)")]
OnDay = Annotated[date, Query(ge=FIRST_DAY, le=LAST_DAY, description="day on which the units were finished")]
router = APIRouter(prefix="/api/v1/carbon", responses=NOT_SIGNED_IN)
LONGEST_TEXT, LONGEST_NAME = 100, 64
Seeing = Annotated[Visit, Depends(seeing("carbon"))]
StartQuery = Annotated[
    date | None,
    Query(alias="from", ge=FIRST_DAY, le=LAST_DAY, description="first day; of the newest year where absent"),
]
EndQuery = Annotated[
    date | None, Query(alias="to", ge=FIRST_DAY, le=LAST_DAY, description="last day; the newest closed where absent")
]
SinceQuery = Annotated[
    date | None, Query(ge=FIRST_DAY, le=LAST_DAY, description="day of an earlier inventory; the newest where absent")
]
FirstDay = Annotated[date, Query(alias="from", ge=FIRST_DAY, le=LAST_DAY, description="first day")]
LastDay = Annotated[date, Query(alias="to", ge=FIRST_DAY, le=LAST_DAY, description="last day")]
BeforeFirst = Annotated[date, Query(alias="before_from", ge=FIRST_DAY, le=LAST_DAY, description="first day before it")]
BeforeLast = Annotated[date, Query(alias="before_to", ge=FIRST_DAY, le=LAST_DAY, description="last day before it")]
Published = Annotated[AwareDatetime, Query(description="when the base year was published, with its offset")]
Threshold = Annotated[Decimal, Query(gt=0, le=1, description="share of change from which on it is recalculated")]
YearPath = Annotated[int, Path(ge=FIRST_DAY.year, le=LAST_YEAR, description="year in the park's time zone")]
MeasurePath = Annotated[str, Path(pattern=ID_PATTERN, description="measure of carbon/measures.toml")]


def report_of(visit: Visit, start: date | None, end: date | None) -> CarbonReport | None:
    """Return the carbon accounts of a span; None where there is no closed day or no carbon book is served."""
    context = visit.context
    if context.carbon is None:
        return None
    answers = context.carbon
    return visit.frames.keep(("carbon", start, end), lambda: report(answers, context.park, start, end))


def centre_of(visit: Visit, start: date | None, end: date | None) -> Centre | None:
    """Return the indicators and the checklist of a span; None as `report_of` does."""
    answers = visit.context.carbon
    if answers is None:
        return None
    return visit.frames.keep(("centre", start, end), lambda: centre(answers, start, end))


def greening_of(visit: Visit, since: date | None) -> Greening:
    """Return the park's green with the account since an earlier inventory; raises LedgerError for one not known."""
    context = visit.context
    return visit.frames.keep(("greening", since), lambda: greening(context.park, context.carbon, since))


def factors_of(visit: Visit) -> FactorList | None:
    """Return the packs and editions that the park uses; None where no carbon book is served."""
    answers = visit.context.carbon
    return None if answers is None else visit.frames.keep(("factors",), lambda: factors(answers))


def base_year_of(visit: Visit, span: Span, published: datetime, threshold: Decimal) -> BaseYear:
    """Return whether a base year must be recalculated; raises LedgerError where it cannot be said."""
    return base_year(accounts_of(visit), span, published, threshold)


def saving_of(visit: Visit, measure_id: str, before: Span, after: Span) -> Saving:
    """Return what a measure saved as metered; raises LedgerError where it cannot be said."""
    return saving(accounts_of(visit), measure_id, before, after)


def lot_of(visit: Visit, job_id: str, day: date) -> LotFootprint | None:
    """Return the footprint of a lot's units of a day; None before its close. Raises LedgerError where it has none."""
    return lot_footprint(visit.context.park, visit.context.carbon, job_id, day)


def year_of(visit: Visit, which: int) -> YearClose:
    """Return the close of a year as the ledger stands; raises LedgerError where no day of it is closed."""
    answers = accounts_of(visit)
    return visit.frames.keep(("year", which), lambda: year_close(answers, which))


def accounts_of(visit: Visit) -> CarbonAnswers:
    """Return the carbon accounts; raises LedgerError where none are served."""
    if visit.context.carbon is None:
        raise LedgerError("this server keeps no carbon accounts; use parkwright carbon")
    return visit.context.carbon


def requests_of(visit: Visit) -> RequestList | None:
    """Return the requests that the visitor may see: a supplier's people its own; None where none are served."""
    answers = visit.context.requests
    return None if answers is None else requests(answers, visit.principal.supplier_id)


def events_of(visit: Visit, sender: str, lot: str, limit: int) -> EventList | None:
    """Return the events received that the visitor may see, as `requests_of` does; sender and lot: "" for any."""
    answers = visit.context.events
    return None if answers is None else events(answers, visit.principal.supplier_id, sender, lot, limit)


def _closed(answer: T | None) -> T:
    if answer is None:
        raise HTTPException(404, "no day of that span is closed yet; run the park for a day, or name other days")
    return answer


@router.get("/report", responses=NOT_FOUND)
def read_report(visit: Seeing, start: StartQuery = None, end: EndQuery = None) -> CarbonReport:
    """Where do we stand against the targets, and what proves it?"""
    return _closed(report_of(visit, start, end))


@router.get(
    "/lines.csv",
    response_class=Response,
    responses={**NOT_FOUND, 200: {"content": {"text/csv": {}}, "description": "a line of the inventory a row"}},
)
def read_lines(visit: Seeing, start: StartQuery = None, end: EndQuery = None) -> Response:
    """The inventory's lines with factor and basis, for a spreadsheet."""
    found = _closed(report_of(visit, start, end))
    rows = pl.DataFrame([line.model_dump() for line in found.lines])
    name = f"{visit.context.park.site.park_id}-inventory-{found.start_day}-{found.end_day}.csv"
    return _file(rows, name)


def _file(rows: pl.DataFrame, name: str) -> Response:
    headers = {"content-disposition": f'attachment; filename="{name}"'}
    return Response(spreadsheet_safe(rows).write_csv(), media_type="text/csv", headers=headers)


def _sift(
    text: Annotated[str, Query(max_length=LONGEST_TEXT, description="words, all of which name the edition")] = "",
    kind: Annotated[str, Query(max_length=LONGEST_NAME, description="kind of factor")] = "",
    pack: Annotated[str, Query(max_length=LONGEST_NAME, description="id of the pack; park: of its own file")] = "",
) -> Sift:
    return Sift(text, kind, pack)


Sifting = Annotated[Sift, Depends(_sift)]


@router.get("/factors", responses=NOT_FOUND)
def read_factors(visit: Seeing, sift: Sifting) -> FactorList:
    """Which packs and editions does the park use, where does each value stand, and under which terms?"""
    return sifted(_factors(visit), sift)


@router.get(
    "/factors.csv",
    response_class=Response,
    responses={**NOT_FOUND, 200: {"content": {"text/csv": {}}, "description": "an edition a row"}},
)
def read_factors_file(visit: Seeing, sift: Sifting) -> Response:
    """The editions with their terms, for a spreadsheet."""
    columns = list(FactorRow.model_fields)
    rows = pl.DataFrame([one.model_dump() for one in sifted(_factors(visit), sift).factors], schema=columns)
    return _file(rows, f"{visit.context.park.site.park_id}-factors.csv")


def _factors(visit: Visit) -> FactorList:
    found = known(lambda: factors_of(visit))
    if found is None:
        raise HTTPException(404, "this server keeps no carbon accounts; use parkwright carbon factors")
    return found


@router.get("/indicators", responses=NOT_FOUND)
def read_indicators(visit: Seeing, start: StartQuery = None, end: EndQuery = None) -> Centre:
    """How far is the park on the zero-carbon programmes, and what proves each function?"""
    return _closed(centre_of(visit, start, end))


@router.get("/requests", responses=NOT_FOUND)
def read_requests(visit: Annotated[Visit, Depends(seeing("requests"))]) -> RequestList:
    """Who was asked for a footprint, who is late, and can the answers be used?"""
    found = requests_of(visit)
    if found is None:
        raise HTTPException(404, "this park asks no suppliers; name it in carbon/exchange.toml and register partners")
    return found


@router.get("/events", responses=NOT_FOUND)
def read_events(
    visit: Annotated[Visit, Depends(seeing("requests"))],
    sender: Annotated[str, Query(max_length=SENDER_MOST, description="client id of a partner; all where empty")] = "",
    lot: Annotated[str, Query(max_length=LOT_MOST, description="lot or serial number; all where empty")] = "",
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
) -> EventList:
    """What did suppliers and logistics partners see happen to what comes to the park?"""
    found = events_of(visit, sender, lot, limit)
    if found is None:
        raise HTTPException(404, "this server tells no events; list them with parkwright carbon events")
    return found


@router.post("/requests/reminders", responses=NOT_FOUND)
def remind(visit: Visiting) -> Reminded:
    """Remind the suppliers whose requests are due."""
    return Reminded(reminded=_acting(visit).remind())


@router.post("/requests", responses=NOT_FOUND | CONFLICT)
def draft(body: Asked, visit: Visiting) -> Done:
    """Draft a request for a material's footprint to its supplier; nothing is sent yet."""
    return _done(lambda: draft_for(visit, body))


@router.post("/requests/{request_id}/sending", responses=NOT_FOUND | CONFLICT)
def send(request_id: RequestPath, visit: Visiting) -> Done:
    """Send a drafted or rejected request; the exchange's server delivers it."""
    answers = _acting(visit)
    return _done(lambda: answers.send(request_id, visit.principal.user_id))


def draft_for(visit: Visit, body: Asked) -> None:
    """Draft a request for who may; raises LedgerError where nobody can be asked, or was."""
    _acting(visit).draft(body.material_id, timedelta(days=body.within_days), visit.principal.user_id)


@router.post("/requests/{request_id}/use", responses=NOT_FOUND | CONFLICT)
def use(request_id: RequestPath, visit: Visiting) -> Done:
    """Take a validated answer into use: footprints and passports count with it from now on."""
    answers = _acting(visit)
    return _done(lambda: answers.use(request_id, visit.principal.user_id))


@router.post("/requests/{request_id}/rejection", responses=NOT_FOUND | CONFLICT)
def reject(request_id: RequestPath, body: Reason, visit: Visiting) -> Done:
    """Reject an answer with a reason; the request may be sent again."""
    answers = _acting(visit)
    return _done(lambda: answers.reject(request_id, body.reason, visit.principal.user_id))


def _acting(visit: Visit) -> RequestAnswers:
    """Return the requests where the visitor may decide about answers."""
    demand(visit, APPROVE, "requests")
    answers = visit.context.requests
    if answers is None:
        raise HTTPException(404, "this park asks no suppliers; name it in carbon/exchange.toml and register partners")
    return answers


def _done(act: Callable[[], None]) -> Done:
    try:
        act()
    except LedgerError as error:
        raise HTTPException(409, str(error)) from error
    return Done(changed=True)


@router.get("/greening", responses=NOT_FOUND)
def read_greening(visit: Seeing, since: SinceQuery = None) -> Greening:
    """What does the park's green hold, and what did it take up and lose? An account of its own, never netted."""
    return known(lambda: greening_of(visit, since))


@router.get("/base-year", responses=NOT_FOUND)
def read_base_year(
    visit: Seeing, start: FirstDay, end: LastDay, published: Published, threshold: Threshold = RECALCULATE_AT
) -> BaseYear:
    """Must a base year be recalculated? As it was published beside what the ledger says now."""
    return known(lambda: base_year_of(visit, (start, end), published, threshold))


@router.get("/savings/{measure_id}", responses=NOT_FOUND)
def read_saving(
    measure_id: MeasurePath,
    visit: Seeing,
    before_start: BeforeFirst,
    before_end: BeforeLast,
    start: FirstDay,
    end: LastDay,
) -> Saving:
    """What did a measure save by its own meters, for each good unit, some days beside days before?"""
    return known(lambda: saving_of(visit, measure_id, (before_start, before_end), (start, end)))


def known(ask: Callable[[], T]) -> T:
    """Return the answer; raise HTTPException 404 with the sentence where it cannot be said."""
    try:
        return ask()
    except LedgerError as error:
        raise HTTPException(404, str(error)) from error


@router.get("/lots/{job_id}/footprint", responses=NOT_FOUND)
def read_lot(visit: Seeing, job_id: JobPath, day: OnDay) -> LotFootprint:
    """What is the footprint of the units of a lot that were finished on a day, and what is it made of?"""
    return _closed(known(lambda: lot_of(visit, job_id, day)))


@router.get("/years/{year}", responses=NOT_FOUND)
def read_year(visit: Seeing, year: YearPath) -> YearClose:
    """What do the postings of a year add up to, and does every journal sum to 0?"""
    return known(lambda: year_of(visit, year))
