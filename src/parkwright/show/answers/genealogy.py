"""What a unit is made of: where it went, which lots and which boards went into it, with the names of the park."""

from __future__ import annotations

from datetime import date, datetime

import polars as pl
from pydantic import Field

from parkwright.make import genealogy as trace
from parkwright.model.park import Park
from parkwright.model.tables import ASSEMBLIES, PASSAGES
from parkwright.show.answers.figure import Answer
from parkwright.show.context import FactsReader


class Passage(Answer):
    """A step of a unit on its way."""

    work_unit_id: str
    name_en: str
    name_zh: str
    line_id: str
    start: datetime
    end: datetime
    result: str = Field(description="ok, fail (to rework) or scrap")


class Lot(Answer):
    """A material lot that was mounted when the unit passed."""

    lot_id: str
    material_id: str
    name_en: str
    name_zh: str
    supplier_en: str
    supplier_zh: str
    position: str


class Part(Answer):
    """A unit, or a serialised component built into it."""

    unit_id: str
    position: str = Field(description="place in the unit above; empty at the top")
    built_in_at: datetime | None = Field(description="when it was built in; null at the top")
    from_stock: bool = Field(description="made before the facts begin, so that its own way is not known")
    passages: list[Passage]
    lots: list[Lot]
    parts: list[Part]


def unit_day(unit_id: str) -> str | None:
    """Return the ISO day in a serial number (park-yymmdd-line-number); None when it holds none."""
    for piece in unit_id.split("-"):
        if len(piece) == 6 and piece.isdigit():
            try:
                return date(2000 + int(piece[:2]), int(piece[2:4]), int(piece[4:])).isoformat()
            except ValueError:
                return None
    return None


def genealogy(park: Park, facts: FactsReader, unit_id: str) -> Part | None:
    """Return the genealogy of a unit; None when no passage or assembly names it."""
    passages, assemblies = [PASSAGES.empty()], [ASSEMBLIES.empty()]
    waiting, seen = [unit_id], set[str]()
    while waiting:
        unit = waiting.pop()
        if unit in seen:
            continue
        seen.add(unit)
        day = unit_day(unit)
        if day is None and unit != unit_id:
            continue
        passages.append(facts.lookup("passages", day, "unit_id", unit))
        built_in = facts.lookup("assemblies", day, "unit_id", unit)
        assemblies.append(built_in)
        waiting += built_in["component_id"].to_list()
    own = pl.concat(passages)
    mounted = pl.concat(
        [facts.read("mounts", day) for day in sorted({d for d in map(unit_day, seen) if d})]
        or [facts.read("mounts", "0000-00-00")]
    )
    try:
        found = trace.of_unit(unit_id, own, pl.concat(assemblies), mounted)
    except KeyError:
        return None
    return _part(park, found, "", None)


def _part(park: Park, found: trace.Genealogy, position: str, built_in_at: datetime | None) -> Part:
    return Part(
        unit_id=found.unit_id,
        position=position,
        built_in_at=built_in_at,
        from_stock=not found.steps,
        passages=[_passage(park, step) for step in found.steps],
        lots=[_lot(park, lot) for lot in found.lots],
        parts=[_part(park, inner.genealogy, inner.position, inner.at) for inner in found.components],
    )


def _passage(park: Park, step: trace.Step) -> Passage:
    station = park.work_unit.get(step.work_unit_id)
    return Passage(
        work_unit_id=step.work_unit_id,
        name_en=station.name.en if station else step.work_unit_id,
        name_zh=station.name.zh if station else step.work_unit_id,
        line_id=park.line_of.get(step.work_unit_id, ""),
        start=step.start,
        end=step.end,
        result=step.result,
    )


def _lot(park: Park, lot: trace.LotUsed) -> Lot:
    material = park.material.get(lot.material_id)
    supplier = next((s for s in park.suppliers if material and s.id == material.supplier_id), None)
    return Lot(
        lot_id=lot.lot_id,
        material_id=lot.material_id,
        name_en=material.name.en if material else lot.material_id,
        name_zh=material.name.zh if material else lot.material_id,
        supplier_en=supplier.name.en if supplier else "",
        supplier_zh=supplier.name.zh if supplier else "",
        position=lot.position,
    )
