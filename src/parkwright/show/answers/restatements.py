"""Restatements: which closed books were corrected, what was before and after, why and when?"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

import polars as pl
from pydantic import Field

from parkwright.carbon.factors import MWH_INT_PER_KWH, UG_PER_KG
from parkwright.carbon.restate import scope2_change_ug
from parkwright.model.park import Park
from parkwright.model.tables import POSTINGS
from parkwright.show.answers.figure import Answer
from parkwright.show.context import FactsReader, Recorded

SHOWN_MOST = 20
"""Corrections of a restatement that an answer names; it counts all (assumed: what a page can show)."""


class Correction(Answer):
    """A reading or a factor that a restatement corrected."""

    thing_id: str = Field(description="meter, or the role of a factor (accounting_grid_factor)")
    start: datetime | None = Field(description="interval of a reading; null for a factor")
    before: str = Field(description="reading [mWh] or factor before")
    after: str = Field(description="reading [mWh] or factor after")
    before_value: float | None = Field(description="energy or factor before; null where the park knows it no more")
    after_value: float | None = Field(description="energy or factor after; null where the park knows it no more")
    unit: str = Field(description="kWh, or that of the factor")


class Restatement(Answer):
    """A correction of a closed day's books: reversals and new postings that came in one transaction."""

    id: str
    day: str = Field(description="day whose books it corrects")
    at: datetime = Field(description="when it was recorded; a report as of an earlier instant does not know it")
    reason: str = Field(description="late_reading, factor_edition, method, structural or error")
    text: str = Field(description="what happened, for a person")
    location_change_kg: float = Field(description="what it changed in scope 2, location-based [kg CO2e]")
    market_change_kg: float = Field(description="what it changed in scope 2, market-based [kg CO2e]")
    corrections: int
    shown: list[Correction] = Field(description="the first of them")


class RestatementList(Answer):
    """The restatements of a ledger, newest first."""

    total: int
    rows: list[Restatement]


def restatements(
    park: Park, facts: FactsReader, span: tuple[date, date] | None, limit: int, offset: int = 0
) -> RestatementList:
    """Return the restatements of the days of a span, of all days where None, newest first."""
    found = [
        entry
        for entry in facts.since(0, ("restatements",))
        if span is None or span[0].isoformat() <= entry[2] <= span[1].isoformat()
    ]
    newest = sorted(found, key=lambda entry: (entry[3], _id(entry)), reverse=True)
    rows = [_restatement(park, facts, entry) for entry in newest[offset : offset + limit]]
    return RestatementList(total=len(newest), rows=rows)


def _id(entry: Recorded) -> str:
    return str(entry[4]["restatement_id"][0])


def _restatement(park: Park, facts: FactsReader, entry: Recorded) -> Restatement:
    """Return the restatement of a recorded batch; there is one in each."""
    _, _, day, at, rows = entry
    change = scope2_change_ug(_postings(facts, entry))
    return Restatement(
        id=_id(entry),
        day=day,
        at=at,
        reason=rows["reason"][0],
        text=rows["text"][0],
        location_change_kg=change["location"] / UG_PER_KG,
        market_change_kg=change["market"] / UG_PER_KG,
        corrections=rows.height,
        shown=[_correction(park, *row) for row in _named(rows).head(SHOWN_MOST).iter_rows()],
    )


def _postings(facts: FactsReader, entry: Recorded) -> pl.DataFrame:
    """Return the POSTINGS of a restatement: the batch after it in its transaction, none where it changed none."""
    seq, _, day, at, _ = entry
    for after in facts.since(seq, ("postings",), 1):
        if (after[0], after[2], after[3]) == (seq + 1, day, at):
            return after[4]
    return POSTINGS.empty()


def _named(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.select("thing_id", "start", "before", "after")


def _correction(park: Park, thing_id: str, start: datetime | None, before: str, after: str) -> Correction:
    values, unit = ([_factor(park, one) for one in (before, after)], "kg CO2/kWh")
    if start is not None:
        values, unit = [float(Decimal(one) / MWH_INT_PER_KWH) for one in (before, after)], "kWh"
    return Correction(
        thing_id=thing_id, start=start, before=before, after=after, before_value=values[0], after_value=values[1],
        unit=unit,
    )  # fmt: skip


def _factor(park: Park, factor_id: str) -> float | None:
    return float(park.factor[factor_id].value) if factor_id in park.factor else None
