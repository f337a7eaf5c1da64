"""The HTTP API: everything that a page shows, as an endpoint with a schema. Reads facts; computes nothing else."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import date
from typing import Annotated, Any, Literal, TypeVar
from zoneinfo import ZoneInfo

import polars as pl
from fastapi import APIRouter, Depends, HTTPException, Path, Query, Request, Response
from pydantic import BaseModel, Field

from parkwright.model.errors import ParkwrightError
from parkwright.model.tables import TABLES
from parkwright.show.answers.alarms import Alarm, Need, alarms, needs
from parkwright.show.answers.day import today
from parkwright.show.answers.energy import Energy, energy
from parkwright.show.answers.figure import Answer
from parkwright.show.answers.genealogy import Part, genealogy
from parkwright.show.answers.home import Home, home
from parkwright.show.answers.passport import (
    Explained,
    Passport,
    PassportList,
    explained,
    passport,
    passport_day,
    passports,
)
from parkwright.show.answers.plan import Plan, plan
from parkwright.show.answers.progress import Progress, progress
from parkwright.show.answers.received import UnitEvents, unit_events
from parkwright.show.answers.wall import Wall, wall
from parkwright.show.auth import ACKNOWLEDGE, APPROVE, HOLD, SEE
from parkwright.show.door import Visit, demand, visit_of
from parkwright.show.workbook import MEDIA_TYPE, workbook

FIRST_DAY, LAST_DAY = date(2000, 1, 1), date(2099, 12, 31)
UNIT_ID = r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$"
PLAIN = r"^[^\x00-\x1f\x7f]*$"
SHOWN_TABLES = (
    "job_orders", "jobs", "schedule", "signal", "load", "dispatch", "moves", "readings", "samples", "passages",
    "verdicts", "job_responses", "kits", "alarms", "passports", "books",
)  # fmt: skip
"""Tables behind the charts; the others are read through genealogy and explanation."""

TableName = Literal[
    "job_orders", "jobs", "schedule", "signal", "load", "dispatch", "moves", "readings", "samples", "passages",
    "verdicts", "job_responses", "kits", "alarms", "passports", "books",
]  # fmt: skip


AASX = "application/asset-administration-shell-package+xml"
FileForm = Literal["catenax-dpp", "catenax-serial-part", "catenax-bom-as-built", "epcis", "aas", "aasx"]
"""Formats that other systems read a unit in."""


class Problem(BaseModel):
    """Why a request was not served."""

    detail: str = Field(description="what happened, and the way out")


class Me(Answer):
    """Who is signed in."""

    user_id: str
    name: str
    role: str
    language: str


class Done(Answer):
    """What came of an act."""

    changed: bool = Field(description="false when it had been done before")


class Acknowledgement(BaseModel):
    """An alarm or a need that somebody takes."""

    key: str = Field(min_length=1, max_length=160, pattern=PLAIN, description="key of the alarm or need")


class PlanApproval(BaseModel):
    """The approval of a plan, which names exactly what is approved."""

    plan_hash: str = Field(pattern=r"^[0-9a-f]{64}$", description="plan_hash of the plan shown")


class Reason(BaseModel):
    """Why somebody acts so."""

    reason: str = Field(min_length=3, max_length=200, pattern=PLAIN, description="one sentence")


T = TypeVar("T")
Visiting = Annotated[Visit, Depends(visit_of)]
DayQuery = Annotated[
    date | None, Query(ge=FIRST_DAY, le=LAST_DAY, description="date in the park's time zone; today where absent")
]
UnitPath = Annotated[str, Path(pattern=UNIT_ID, description="serial number")]
NOT_SIGNED_IN: dict[int | str, dict[str, Any]] = {
    401: {"model": Problem, "description": "not signed in"},
    403: {"model": Problem, "description": "not allowed for this role, or sent from another site"},
    503: {"model": Problem, "description": "the ledger or the database cannot be read now"},
}
NOT_FOUND: dict[int | str, dict[str, Any]] = {404: {"model": Problem, "description": "there is no such thing"}}
CONFLICT: dict[int | str, dict[str, Any]] = {409: {"model": Problem, "description": "what you saw has changed"}}

router = APIRouter(prefix="/api/v1", responses=NOT_SIGNED_IN)
public = APIRouter(prefix="/api/v1", responses={503: NOT_SIGNED_IN[503]})


def seeing(thing: str) -> Callable[[Request], Visit]:
    """Return the dependency that lets only those pass who may see `thing`."""

    def check(request: Request) -> Visit:
        visit = visit_of(request)
        demand(visit, SEE, thing)
        return visit

    return check


def day_of(visit: Visit, day: date | None) -> date:
    """Return the asked day, or the park's today."""
    return day or today(visit.context.park, visit.now)


def open_needs(visit: Visit) -> set[str]:
    """Return the keys of today's alarms and late orders that somebody has acknowledged."""
    park, day = visit.context.park, today(visit.context.park, visit.now)
    keys = [alarm.key for alarm in alarms(visit.frames, day, ())]
    keys += [need.key for need in needs(park, visit.frames, day, visit.now, ())]
    return visit.context.operations.acknowledged(keys) if keys else set()


def home_of(visit: Visit) -> Home:
    """Return Home as the visitor sees it."""
    context = visit.context
    seen = open_needs(visit)
    kept = visit.frames.keep("home", lambda: home(context.park, visit.frames, visit.now, context.history_days))
    day = today(context.park, visit.now)
    return kept.model_copy(update={"needs": needs(context.park, visit.frames, day, visit.now, seen)})


def plan_of(visit: Visit, day: date | None) -> Plan:
    """Return the plan of a day."""
    asked = day_of(visit, day)
    return visit.frames.keep(("plan", asked), lambda: plan(visit.context.park, visit.frames, asked, visit.now))


def energy_of(visit: Visit, day: date | None) -> Energy:
    """Return the energy of a day."""
    asked = day_of(visit, day)
    return visit.frames.keep(("energy", asked), lambda: energy(visit.context.park, visit.frames, asked, visit.now))


def progress_of(visit: Visit) -> Progress:
    """Return how far the back-fill is."""
    context = visit.context
    return visit.frames.keep("progress", lambda: progress(context.park, visit.frames, visit.now, context.history_days))


def wall_of(visit: Visit) -> Wall:
    """Return the figures of the wall."""
    context = visit.context
    return visit.frames.keep("wall", lambda: wall(context.park, visit.frames, visit.now, context.history_days))


def passports_of(visit: Visit, query: str, day: date | None, limit: int, offset: int) -> PassportList:
    """Return the passports that match."""
    visit.frames.refresh()
    days = list(visit.context.facts.days("passports"))
    chosen = day.isoformat() if day else passport_day(today(visit.context.park, visit.now), days)
    return passports(visit.context.park, visit.frames, chosen, days, query, limit, offset)


@router.get("/me")
def read_me(visit: Visiting) -> Me:
    """Who is signed in, and what they may do."""
    demand(visit, SEE, "session")
    who = visit.principal
    return Me(user_id=who.user_id, name=who.name, role=who.role, language=visit.language)


@router.get("/home")
def read_home(visit: Annotated[Visit, Depends(seeing("home"))]) -> Home:
    """Is the park well today, and what needs me?"""
    return home_of(visit)


@router.get("/plan")
def read_plan(visit: Annotated[Visit, Depends(seeing("plan"))], day: DayQuery = None) -> Plan:
    """Will every order be on time, and what does the plan cost in money and carbon?"""
    return plan_of(visit, day)


@router.get("/energy")
def read_energy(visit: Annotated[Visit, Depends(seeing("energy"))], day: DayQuery = None) -> Energy:
    """Where does each kWh come from and go?"""
    return energy_of(visit, day)


@router.get("/alarms")
def read_alarms(visit: Annotated[Visit, Depends(seeing("alarms"))], day: DayQuery = None) -> list[Alarm]:
    """The alarms of a day, newest first."""
    visit.frames.refresh()
    asked = day_of(visit, day)
    found = alarms(visit.frames, asked, ())
    seen = visit.context.operations.acknowledged([alarm.key for alarm in found]) if found else set()
    return alarms(visit.frames, asked, seen)


@router.get("/needs")
def read_needs(visit: Annotated[Visit, Depends(seeing("alarms"))]) -> list[Need]:
    """What needs a person, dearest first, at most seven."""
    return home_of(visit).needs


@router.get("/progress")
def read_progress(visit: Annotated[Visit, Depends(seeing("progress"))]) -> Progress:
    """How far the back-fill of past days has come, and how old the newest facts are."""
    return progress_of(visit)


@router.get("/passports")
def read_passports(
    visit: Annotated[Visit, Depends(seeing("passport"))],
    query: Annotated[str, Query(max_length=64, description="part of a serial number, a product or an order")] = "",
    day: DayQuery = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
    offset: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
) -> PassportList:
    """Find units by serial number, product or order, newest first."""
    return passports_of(visit, query, day, limit, offset)


@router.get("/passports/{unit_id}", responses=NOT_FOUND)
def read_passport(unit_id: UnitPath, visit: Annotated[Visit, Depends(seeing("passport"))]) -> Passport:
    """What is this unit, and can I trust it?"""
    context = visit.context
    return _found(passport(context.park, context.facts, unit_id, context.carbon), unit_id)


@router.get("/passports/{unit_id}/explanation", responses=NOT_FOUND)
def read_explanation(unit_id: UnitPath, visit: Annotated[Visit, Depends(seeing("passport"))]) -> Explained:
    """Each step from a meter to the unit's mWh, ug CO2e and cost, adding up exactly to its passport."""
    return _found(explained(visit.context.park, visit.context.facts, unit_id), unit_id)


@router.get("/passports/{unit_id}/genealogy", responses=NOT_FOUND)
def read_genealogy(unit_id: UnitPath, visit: Annotated[Visit, Depends(seeing("passport"))]) -> Part:
    """Where a unit went, and which lots and boards went into it."""
    return _found(genealogy(visit.context.park, visit.context.facts, unit_id), unit_id)


@router.get("/passports/{unit_id}/events", responses=NOT_FOUND)
def read_unit_events(unit_id: UnitPath, visit: Annotated[Visit, Depends(seeing("passport"))]) -> UnitEvents:
    """What their suppliers told of the lots in a unit, and others who named their trade item numbers."""
    context = visit.context
    return unit_events(context.events, context.park, _found(genealogy(context.park, context.facts, unit_id), unit_id))


@router.get(
    "/passports/{unit_id}/files/{form}",
    response_class=Response,
    responses={
        **NOT_FOUND,
        409: {"model": Problem, "description": "the format wants what is neither known nor declared"},
        200: {"content": {"application/json": {}, AASX: {}}, "description": "the unit in that format"},
    },
)
def read_file(unit_id: UnitPath, form: FileForm, visit: Annotated[Visit, Depends(seeing("passport"))]) -> Response:
    """A unit whose day is closed, as other systems read it."""
    files = visit.context.files
    if files is None:
        raise HTTPException(404, "this park does not name itself to other systems; write carbon/exchange.toml")
    try:
        made = files.file(unit_id, form)
    except ParkwrightError as error:
        raise HTTPException(409, str(error)) from error
    name, content = _found(made, unit_id)
    media = AASX if form == "aasx" else "application/json"
    return Response(content, media_type=media, headers={"content-disposition": f'attachment; filename="{name}"'})


def _found(answer: T | None, unit_id: str) -> T:
    if answer is None:
        raise HTTPException(
            404, f"unit {unit_id}: not known, or its interval is not closed yet; check the serial number"
        )
    return answer


@router.get(
    "/tables/{kind}.{form}",
    response_class=Response,
    responses={
        200: {
            "content": {"text/csv": {}, "application/vnd.apache.parquet": {}, MEDIA_TYPE: {}},
            "description": "rows of one day, in order of recording",
        },
        413: {"model": Problem, "description": "more rows than an Excel sheet holds"},
    },
)
def read_table(
    kind: TableName,
    form: Literal["csv", "parquet", "xlsx"],
    visit: Annotated[Visit, Depends(seeing("tables"))],
    day: DayQuery = None,
) -> Response:
    """The table behind a chart: the facts of one kind and day."""
    asked = day_of(visit, day)
    rows = visit.context.facts.read(TABLES[kind].name, asked.isoformat())
    name = f"{visit.context.park.site.park_id}-{kind}-{asked}"
    return table_response(rows, name, form, visit.context.park.zone)


def table_response(rows: pl.DataFrame, name: str, form: Literal["csv", "parquet", "xlsx"], zone: ZoneInfo) -> Response:
    """Return rows as a file called `name` to take along.

    Raises HTTPException 413 when an Excel sheet does not hold them.
    """
    headers = {"content-disposition": f'attachment; filename="{name}.{form}"'}
    if form == "csv":
        return Response(spreadsheet_safe(rows).write_csv(), media_type="text/csv", headers=headers)
    if form == "xlsx":
        try:
            book = workbook(rows, name, zone)
        except ValueError as error:
            raise HTTPException(413, str(error)) from error
        return Response(book, media_type=MEDIA_TYPE, headers=headers)
    held = io.BytesIO()
    rows.write_parquet(held, compression="zstd")
    return Response(held.getvalue(), media_type="application/vnd.apache.parquet", headers=headers)


def spreadsheet_safe(rows: pl.DataFrame) -> pl.DataFrame:
    """Return rows whose text cells no spreadsheet takes for a formula: those that start with = + - @ get a quote."""
    texts = [name for name, dtype in rows.schema.items() if dtype == pl.String]
    risky = r"^[=+\-@\t\r]"
    return rows.with_columns(
        pl.when(pl.col(name).str.contains(risky)).then(pl.lit("'") + pl.col(name)).otherwise(pl.col(name)).alias(name)
        for name in texts
    )


@router.post("/acknowledgements")
def acknowledge(body: Acknowledgement, visit: Visiting) -> Done:
    """Take an alarm, so that it no longer asks for somebody."""
    demand(visit, ACKNOWLEDGE, "alarms")
    return Done(changed=visit.context.operations.acknowledge(body.key, visit.principal.user_id, visit.now))


@router.post("/plans/{day}/approval", responses=CONFLICT)
def approve(day: Annotated[date, Path(ge=FIRST_DAY, le=LAST_DAY)], body: PlanApproval, visit: Visiting) -> Done:
    """Approve the plan of a day as it was shown."""
    demand(visit, APPROVE, "plan")
    shown = plan_of(visit, day).plan_hash
    if body.plan_hash != shown:
        raise HTTPException(409, f"the plan of {day} is {shown or 'not made yet'}; load it again and approve that one")
    operations = visit.context.operations
    return Done(changed=operations.approve_plan(day.isoformat(), shown, visit.principal.user_id, visit.now))


@router.post("/passports/{unit_id}/hold", responses=NOT_FOUND)
def hold(unit_id: UnitPath, body: Reason, visit: Visiting) -> Done:
    """Hold a unit back from shipment, with a reason."""
    demand(visit, HOLD, "passport")
    _found(genealogy(visit.context.park, visit.context.facts, unit_id), unit_id)
    operations = visit.context.operations
    return Done(changed=operations.hold_unit(unit_id, body.reason, visit.principal.user_id, visit.now))


@public.get("/wall")
def read_wall(visit: Visiting) -> Wall:
    """What is this park doing right now, and is it good? Aggregates only; open to everybody."""
    return wall_of(visit)
