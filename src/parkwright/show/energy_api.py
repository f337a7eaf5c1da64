"""The API of the energy pages beyond the day: the next 24 hours, another glass, the lamps."""

from __future__ import annotations

from typing import Annotated

import polars as pl
from fastapi import APIRouter, Depends, HTTPException, Path, Response

from parkwright.model.errors import PlanError
from parkwright.show.answers.ahead import (
    Ahead,
    EnergyAnswers,
    GlassOffer,
    GlassTrial,
    LampFaults,
    Lamps,
    SolarDay,
    SolarYields,
    WorkPlan,
)
from parkwright.show.answers.planning import NAME
from parkwright.show.api import NOT_FOUND, NOT_SIGNED_IN, seeing, spreadsheet_safe
from parkwright.show.door import Visit

router = APIRouter(prefix="/api/v1/energy", responses={**NOT_SIGNED_IN, **NOT_FOUND})
Seeing = Annotated[Visit, Depends(seeing("energy"))]
BuildingPath = Annotated[str, Path(pattern=NAME, description="building")]
GlassPath = Annotated[str, Path(pattern=NAME, description="glass of the catalogue")]


def energy_desk_of(visit: Visit) -> EnergyAnswers:
    """Return the desk that looks ahead; raises 404 when this server has none."""
    if visit.context.energy is None:
        raise HTTPException(404, "this server looks no further than the day; serve the park with parkwright run")
    return visit.context.energy


@router.get("/ahead")
def read_ahead(visit: Seeing) -> Ahead:
    """What will the next 24 hours do? Answered at once; state says whether a newer plan is in work."""
    return energy_desk_of(visit).ahead(visit.now)


@router.get("/ahead.csv", response_class=Response, responses={200: {"content": {"text/csv": {}}}})
def read_ahead_table(visit: Seeing) -> Response:
    """The next 24 hours by interval, for a spreadsheet."""
    return _sheet(visit, "ahead", table_of(energy_desk_of(visit).ahead(visit.now)))


@router.get("/work")
def read_work(visit: Seeing) -> WorkPlan:
    """What does planning today's movable work together with the energy plant save? Complete a little after asking."""
    return energy_desk_of(visit).work(visit.now)


@router.get("/work.csv", response_class=Response, responses={200: {"content": {"text/csv": {}}}})
def read_work_table(visit: Seeing) -> Response:
    """The power of each movable work of today in each way by interval, for a spreadsheet."""
    found = energy_desk_of(visit).work(visit.now)
    columns: dict[str, object] = {"start": pl.Series(found.start, dtype=pl.Datetime("ms", "UTC"))}
    columns |= {"band": found.band, "price_cny_per_kwh": found.price_cny_per_kwh}
    for one in found.works:
        ways = {"unshifted": one.unshifted_kw, "shifted": one.shifted_kw, "joint": one.joint_kw}
        columns |= {f"{one.work_id}_{name}_kw": power for name, power in ways.items()}
    return _sheet(visit, "work", pl.DataFrame(columns))


@router.get("/glass")
def read_glass(visit: Seeing) -> GlassOffer:
    """The glass that can be had, and the buildings that have glass."""
    return energy_desk_of(visit).offer()


@router.get("/glass/{building_id}/{glass_id}")
def read_trial(building_id: BuildingPath, glass_id: GlassPath, visit: Seeing) -> GlassTrial:
    """What another glass on a building changes in a year; begun by the first question, complete a little later."""
    desk = energy_desk_of(visit)
    offer = desk.offer()
    if all(one.building_id != building_id for one in offer.buildings):
        raise HTTPException(404, f"building {building_id}: has no glass; look at the list of buildings")
    if all(one.id != glass_id for one in offer.glass):
        raise HTTPException(404, f"glass {glass_id}: is not in the catalogue; look at the list of glass")
    try:
        return desk.trial(building_id, glass_id)
    except PlanError as error:
        raise HTTPException(404, str(error)) from error


@router.get("/solar")
def read_solar(visit: Seeing) -> SolarYields:
    """How each solar field did against the weather, and what is wrong with it; complete a little after asking."""
    return energy_desk_of(visit).solar(visit.now)


@router.get("/solar.csv", response_class=Response, responses={200: {"content": {"text/csv": {}}}})
def read_solar_table(visit: Seeing) -> Response:
    """A day of a solar field a row, measured against expected, for a spreadsheet."""
    fields = energy_desk_of(visit).solar(visit.now).fields
    rows = [{"field": one.field} | day.model_dump() for one in fields for day in one.daily]
    columns = {"field": pl.String} | dict.fromkeys(SolarDay.model_fields, pl.Float64) | {"day": pl.String}
    return _sheet(visit, "solar", pl.DataFrame(rows, schema=columns))


@router.get("/lamps")
def read_lamps(visit: Seeing) -> Lamps:
    """How the off-grid lamps fare through the typical year, and where they stand."""
    return energy_desk_of(visit).lamps()


@router.get("/lamp-faults")
def read_lamp_faults(visit: Seeing) -> LampFaults:
    """Which lamps have a fault and which are silent, from their charge curves; complete a little after asking."""
    return energy_desk_of(visit).lamp_faults(visit.now)


@router.get("/lamps.csv", response_class=Response, responses={200: {"content": {"text/csv": {}}}})
def read_lamp_places(visit: Seeing) -> Response:
    """A lamp a row with its place, what its charge curve tells, and its fleet's year, for a spreadsheet."""
    desk = energy_desk_of(visit)
    found = desk.lamps()
    year = {one.fleet: one.model_dump() for one in found.fleets}
    told = {(one.fleet, one.east_m, one.north_m): one.model_dump() for one in desk.lamp_faults(visit.now).lamps}
    rows = [
        {"fleet": fleet, "east_m": east, "north_m": north} | told.get((fleet, east, north), {}) | year.get(fleet, {})
        for fleet, places in found.places_m.items()
        for east, north in places
    ]
    return _sheet(visit, "lamps", pl.DataFrame(rows, infer_schema_length=None))


def table_of(found: Ahead) -> pl.DataFrame:
    """Return the next 24 hours as a table, an interval a row."""
    columns: dict[str, object] = {
        "start": pl.Series(found.start, dtype=pl.Datetime("ms", "UTC")),
        "band": found.band,
        "price_cny_per_kwh": found.price_cny_per_kwh,
        "co2e_kg_per_kwh": found.co2e_kg_per_kwh,
        "load_kw": found.load_kw,
        "solar_kw": found.solar_kw,
        "heat_kw": found.heat_kw,
    }
    for name, one in found.forecasts.items():
        columns |= {
            f"{name}_q{round(100 * level):02d}_kw": power
            for level, power in zip(one.levels, one.quantile_kw, strict=True)
        }
    for asset in found.assets:
        columns[f"{asset.asset_id}_kw"] = asset.power_kw
        if asset.capacity_kwh is not None:
            columns[f"{asset.asset_id}_kwh"] = asset.stored_kwh
    for number, source in enumerate(found.heat, start=1):
        columns[f"heat_{number}_{source.key}_kw"] = source.power_kw
    return pl.DataFrame(columns)


def _sheet(visit: Visit, name: str, rows: pl.DataFrame) -> Response:
    file = f"{visit.context.park.site.park_id}-{name}.csv"
    headers = {"content-disposition": f'attachment; filename="{file}"'}
    return Response(spreadsheet_safe(rows).write_csv(), media_type="text/csv", headers=headers)
