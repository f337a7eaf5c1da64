"""The product carbon footprint of a unit: its contributions, how good and how sure it is, and why it differs."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from pydantic import Field

from parkwright.model.park import Park
from parkwright.show.answers.figure import Answer
from parkwright.show.context import CarbonAnswers


class Contribution(Answer):
    """A part of a footprint, with where it comes from and how good it is."""

    kind: str = Field(description="material, freight or energy")
    thing_id: str = Field(description="material; process for the energy of making")
    name_en: str
    name_zh: str
    quantity: float
    unit: str
    kg: float = Field(description="[kg CO2e]")
    share: float = Field(description="of the footprint")
    origin: str = Field(description="supplier, average, spend or unknown; the freight's factor; metered")
    primary_share: float = Field(description="of it that rests on primary data")
    quality_rating: float = Field(description="1 best to 5")
    cv: float = Field(description="coefficient of variation")


class Component(Answer):
    """A component in both figures [ug CO2e]; 0 where one of them does not count it."""

    component: str = Field(description="energy, materials, loss or freight")
    attributed_ug: int
    footprint_ug: int
    difference_ug: int = Field(description="footprint less attributed")


class Foot(Answer):
    """A product carbon footprint, cradle to gate, by life-cycle factors."""

    units: int = Field(description="units it is of")
    total_ug: int = Field(description="[ug CO2e]")
    total_kg: float = Field(description="[kg CO2e]")
    low_kg: float = Field(description="lower end of the central interval of 95 %")
    high_kg: float = Field(description="its upper end")
    cv: float = Field(description="coefficient of variation")
    primary_share: float = Field(description="share that rests on primary data")
    quality_rating: float | None = Field(description="1 best to 5, weighted by emissions; null where it emits nothing")
    by_kind_kg: dict[str, float] = Field(description="material, freight, energy [kg CO2e]")
    variance_shares: dict[str, float] = Field(description="what errs together -> share of the variance, largest first")
    contributions: list[Contribution] = Field(description="every part, largest first")


class UnitFootprint(Foot):
    """The footprint of one unit beside what the ledger attributed to it."""

    attributed_ug: int = Field(description="location-based energy and materials of the passport [ug CO2e]")
    difference_ug: int = Field(description="footprint less attributed; the sum over the components, exactly")
    reconciliation: list[Component]


class LotFootprint(Foot):
    """The footprint of the units of a lot that were finished on a day, added up."""

    job_id: str
    day: str


def unit_footprint(park: Park, carbon: CarbonAnswers | None, unit_id: str, day: date) -> UnitFootprint | None:
    """Return the footprint of a unit packed on a day; None before its close, or where none is served."""
    found = carbon.unit(unit_id, day) if carbon else None
    if found is None:
        return None
    beside = {name: found[name] for name in ("attributed_ug", "difference_ug")}
    both = [Component(**one) for one in found["reconciliation"]]
    return UnitFootprint(**_foot(park, found), **beside, reconciliation=both)


def lot_footprint(park: Park, carbon: CarbonAnswers | None, job_id: str, day: date) -> LotFootprint | None:
    """Return the footprint of the units of a lot (job) finished on a day; None as `unit_footprint` does.

    Raises LedgerError when none of the lot was finished on the day.
    """
    found = carbon.lot(job_id, day) if carbon else None
    return None if found is None else LotFootprint(**_foot(park, found), job_id=job_id, day=day.isoformat())


def _foot(park: Park, found: Mapping[str, Any]) -> dict[str, Any]:
    units, kept = found["units"], ("units", "total_ug", "cv", "primary_share", "quality_rating", "variance_shares")
    low, high = found["interval_95_kg"]
    return {
        **{name: found[name] for name in kept},
        "total_kg": found["kg_per_unit"] * units,
        "low_kg": low * units,
        "high_kg": high * units,
        "by_kind_kg": {kind: kg * units for kind, kg in found["by_kind_kg"].items()},
        "contributions": [_contribution(park, part) for part in found["parts"]],
    }


def _contribution(park: Park, part: Mapping[str, Any]) -> Contribution:
    material = park.material.get(part["thing"])
    names = {"en": part["thing"], "zh": part["thing"]} if material is None else material.name.model_dump()
    kept = ("kind", "quantity", "unit", "kg", "share", "origin", "primary_share", "quality_rating", "cv")
    return Contribution(
        thing_id=part["thing"], name_en=names["en"], name_zh=names["zh"], **{name: part[name] for name in kept}
    )
