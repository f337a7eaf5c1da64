"""The API of the page Buildings: comfort, points, water and alarms to read; set-points to ask of the run."""

from __future__ import annotations

import secrets
from datetime import date, timedelta
from typing import Annotated

import polars as pl
from fastapi import APIRouter, Depends, HTTPException, Path, Response
from pydantic import BaseModel, Field

from parkwright.model.control import ControlPoint
from parkwright.run.points import SET, TAKE_BACK
from parkwright.show.answers.alarms import alarms
from parkwright.show.answers.buildings import Buildings, buildings
from parkwright.show.api import (
    CONFLICT,
    NOT_FOUND,
    NOT_SIGNED_IN,
    PLAIN,
    DayQuery,
    Visiting,
    day_of,
    seeing,
    spreadsheet_safe,
)
from parkwright.show.auth import SET as MAY_SET
from parkwright.show.door import Visit, demand
from parkwright.show.planning import VALID, VALID_S, Accepted

router = APIRouter(prefix="/api/v1/buildings", responses=NOT_SIGNED_IN)
Seeing = Annotated[Visit, Depends(seeing("buildings"))]
PointPath = Annotated[str, Path(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$", description="point")]


class Wanted(BaseModel):
    """What a set-point is to be, and why."""

    value: float = Field(allow_inf_nan=False, description="in the point's own unit")
    reason: str = Field(min_length=3, max_length=200, pattern=PLAIN, description="one sentence")


def buildings_of(visit: Visit, day: date | None) -> Buildings:
    """Return the buildings of a day."""
    context, asked = visit.context, day_of(visit, day)
    visit.frames.refresh()
    found = alarms(visit.frames, asked, ())
    seen = context.operations.acknowledged([one.key for one in found]) if found else set()
    key = ("buildings", asked, tuple(sorted(seen)))
    return visit.frames.keep(key, lambda: buildings(context.park, visit.frames, context.facts, asked, visit.now, seen))


def ask_set(visit: Visit, point_id: str, value: float, reason: str) -> str:
    """Ask the run for a set-point and return the command's id; raises 404 and 409 where it cannot be asked for."""
    point = _writable(visit, point_id)
    low, high = point.write_low, point.write_high
    if low is not None and high is not None and not low <= value <= high:
        raise HTTPException(409, f"point {point_id}: {value:g} is outside the limits {low:g} to {high:g}")
    return _ask(visit, SET, {"point_id": point_id, "value": value, "reason": reason})


def ask_back(visit: Visit, point_id: str) -> str:
    """Ask the run to take a set-point's last change back and return the command's id."""
    _writable(visit, point_id)
    return _ask(visit, TAKE_BACK, {"point_id": point_id})


def _writable(visit: Visit, point_id: str) -> ControlPoint:
    demand(visit, MAY_SET, "buildings")
    found = next((one for one in visit.context.park.points if one.id == point_id), None)
    if found is None:
        raise HTTPException(404, f"point {point_id}: is not in points.csv; look at the list of points")
    if not found.writable:
        raise HTTPException(409, f"point {point_id}: may not be written: it is no set-point with limits and a rate")
    return found


def _ask(visit: Visit, kind: str, payload: dict[str, object]) -> str:
    context, who = visit.context, visit.principal
    valid = max(VALID, timedelta(seconds=VALID_S * context.speed))
    command_id = secrets.token_hex(16)
    context.operations.issue_command(kind, payload | {"who": who.name}, who.user_id, visit.now, valid, command_id)
    return command_id


@router.get("")
def read_buildings(visit: Seeing, day: DayQuery = None) -> Buildings:
    """Who is uncomfortable, and what wastes?"""
    return buildings_of(visit, day)


@router.get(
    "/points.csv",
    response_class=Response,
    responses={200: {"content": {"text/csv": {}}, "description": "a point a row, as it stands"}},
)
def read_points(visit: Seeing, day: DayQuery = None) -> Response:
    """The points as they stand, for a spreadsheet."""
    found = buildings_of(visit, day)
    rows = pl.DataFrame([one.model_dump() for one in found.points], infer_schema_length=None)
    name = f"{visit.context.park.site.park_id}-points-{found.day}.csv"
    headers = {"content-disposition": f'attachment; filename="{name}"'}
    return Response(spreadsheet_safe(rows).write_csv(), media_type="text/csv", headers=headers)


@router.get(
    "/zones.csv",
    response_class=Response,
    responses={200: {"content": {"text/csv": {}}, "description": "a zone and metering interval a row"}},
)
def read_zones(visit: Seeing, day: DayQuery = None) -> Response:
    """The room temperatures of the day by zone and interval, for a spreadsheet."""
    found = buildings_of(visit, day)
    rows = pl.DataFrame(
        [
            (start, zone.building_id, zone.zone_id, value)
            for zone in found.zones
            for start, value in zip(found.start, zone.trend_c, strict=True)
        ],
        schema={
            "start": pl.Datetime("ms", "UTC"),
            "building_id": pl.String,
            "zone_id": pl.String,
            "temperature_c": pl.Float64,
        },
        orient="row",
    )
    name = f"{visit.context.park.site.park_id}-zones-{found.day}.csv"
    headers = {"content-disposition": f'attachment; filename="{name}"'}
    return Response(spreadsheet_safe(rows).write_csv(), media_type="text/csv", headers=headers)


@router.post("/points/{point_id}/set-point", responses={**NOT_FOUND, **CONFLICT})
def set_point(point_id: PointPath, body: Wanted, visit: Visiting) -> Accepted:
    """Ask the run for a set-point within its limits and rate; what came of it is the command's answer."""
    demand(visit, MAY_SET, "buildings")
    return Accepted(command_id=ask_set(visit, point_id, body.value, body.reason))


@router.post("/points/{point_id}/take-back", responses={**NOT_FOUND, **CONFLICT})
def take_back(point_id: PointPath, visit: Visiting) -> Accepted:
    """Ask the run to take a set-point's last change back, to the one before it or to its schedule."""
    demand(visit, MAY_SET, "buildings")
    return Accepted(command_id=ask_back(visit, point_id))
