"""What a unit is made of and where it went; which units a material lot reached."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import polars as pl

from parkwright.model.tables import ASSEMBLIES, MOUNTS, PASSAGES, conform


@dataclass(frozen=True, slots=True)
class Step:
    """A passage of a unit: where, from when to when, with what result."""

    segment_id: str
    work_unit_id: str
    start: datetime
    end: datetime
    result: str


@dataclass(frozen=True, slots=True)
class LotUsed:
    """A material lot that was mounted when the unit entered the work unit."""

    lot_id: str
    material_id: str
    work_unit_id: str
    position: str


@dataclass(frozen=True, slots=True)
class Component:
    """A serialised component in its place, with its own genealogy."""

    position: str
    at: datetime
    genealogy: Genealogy


@dataclass(frozen=True, slots=True)
class Genealogy:
    """A unit: its job (empty for one from opening stock), its steps in order, its lots and its components."""

    unit_id: str
    job_id: str
    steps: tuple[Step, ...]
    lots: tuple[LotUsed, ...]
    components: tuple[Component, ...]


def of_unit(unit_id: str, passages: pl.DataFrame, assemblies: pl.DataFrame, mounts: pl.DataFrame) -> Genealogy:
    """Return the genealogy of a unit, its built-in components included.

    passages, assemblies, mounts: PASSAGES, ASSEMBLIES and MOUNTS that hold the unit's life; a component without
    passages (from opening stock) has no steps. A lot belongs to a unit when it was mounted at the moment the unit
    entered that work unit.

    Raises KeyError when neither a passage nor an assembly names the unit.
    """
    passages, assemblies, mounts = conform(passages, PASSAGES), conform(assemblies, ASSEMBLIES), conform(mounts, MOUNTS)
    known = (
        (passages["unit_id"] == unit_id).any()
        or (assemblies["component_id"] == unit_id).any()
        or (assemblies["unit_id"] == unit_id).any()
    )
    if not known:
        raise KeyError(f"unit {unit_id}: no passage and no assembly names it; check the serial number and the day")
    return _trace(unit_id, passages, assemblies, mounts, frozenset())


def _trace(
    unit_id: str, passages: pl.DataFrame, assemblies: pl.DataFrame, mounts: pl.DataFrame, above: frozenset[str]
) -> Genealogy:
    """Return the genealogy; `above` holds the units on the way down, so that a loop in bad data ends."""
    own = passages.filter(pl.col("unit_id") == unit_id).sort("start", "end")
    steps = tuple(Step(*row) for row in own.select("segment_id", "work_unit_id", "start", "end", "result").iter_rows())
    components = []
    for component_id, position, at in (
        assemblies.filter(pl.col("unit_id") == unit_id)
        .sort("at", "position", "component_id")
        .select("component_id", "position", "at")
        .iter_rows()
    ):
        if component_id not in above:
            inner = _trace(component_id, passages, assemblies, mounts, above | {unit_id})
            components.append(Component(position, at, inner))
    job_id = own["job_id"][0] if own.height else ""
    return Genealogy(unit_id, job_id, steps, _lots(own, mounts), tuple(components))


def _lots(own: pl.DataFrame, mounts: pl.DataFrame) -> tuple[LotUsed, ...]:
    used = (
        own.select("work_unit_id", pl.col("start").alias("entered"))
        .join(mounts, on="work_unit_id")
        .filter(
            (pl.col("start") <= pl.col("entered")) & (pl.col("end").is_null() | (pl.col("entered") < pl.col("end")))
        )
        .select("lot_id", "material_id", "work_unit_id", "position")
        .unique()
        .sort("work_unit_id", "position", "lot_id")
    )
    return tuple(LotUsed(*row) for row in used.iter_rows())


def where_used(
    lot_id: str, mounts: pl.DataFrame, passages: pl.DataFrame, assemblies: pl.DataFrame | None = None
) -> pl.DataFrame:
    """Return the units that a material lot reached: unit_id, job_id, work_unit_id, at, via.

    A unit was reached when it entered a work unit while the lot was mounted there (`via` empty). With `assemblies`,
    the units into which reached units were built follow, `via` naming the component. Sorted by time.
    """
    mounts, passages = conform(mounts, MOUNTS), conform(passages, PASSAGES)
    spans = mounts.filter(pl.col("lot_id") == lot_id).select("work_unit_id", "start", "end")
    direct = (
        passages.select("unit_id", "job_id", "work_unit_id", pl.col("start").alias("at"))
        .join(spans, on="work_unit_id")
        .filter((pl.col("start") <= pl.col("at")) & (pl.col("end").is_null() | (pl.col("at") < pl.col("end"))))
        .group_by("unit_id", "job_id", "work_unit_id")
        .agg(pl.col("at").min())
        .with_columns(via=pl.lit(""))
    )
    found = [direct]
    if assemblies is not None:
        jobs = passages.group_by("unit_id").agg(pl.col("job_id").first())
        seen = set(direct["unit_id"])
        reached = direct
        while reached.height:
            reached = _built_into(reached, conform(assemblies, ASSEMBLIES), jobs, seen)
            seen |= set(reached["unit_id"])
            found.append(reached)
    return pl.concat(found).sort("at", "unit_id")


def _built_into(reached: pl.DataFrame, assemblies: pl.DataFrame, jobs: pl.DataFrame, seen: set[str]) -> pl.DataFrame:
    return (
        assemblies.filter(
            pl.col("component_id").is_in(reached["unit_id"].to_list()) & ~pl.col("unit_id").is_in(list(seen))
        )
        .join(jobs, on="unit_id", how="left")
        .select(
            "unit_id",
            pl.col("job_id").fill_null(""),
            pl.lit("").alias("work_unit_id"),
            "at",
            pl.col("component_id").alias("via"),
        )
        .unique(subset=["unit_id"], keep="first", maintain_order=True)
    )
