"""The writing of journals: rows and blocks of postings of one validity, turned into a POSTINGS frame."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

import polars as pl

from parkwright.model.tables import POSTINGS, TIME, conform

ROW_SCHEMA: dict[str, pl.DataType | type[pl.DataType]] = {
    name: dtype for name, dtype in POSTINGS.schema.items() if name not in ("start", "end")
}
"""Columns of POSTINGS without the validity that a block shares."""


def stamp(instant: datetime) -> str:
    """Return an aware UTC instant as journals and references name it.

    >>> from datetime import UTC, datetime
    >>> stamp(datetime(2026, 7, 15, 0, 15, tzinfo=UTC))
    '20260715T001500Z'
    """
    return instant.strftime("%Y%m%dT%H%M%SZ")


@dataclass(frozen=True, slots=True)
class Kind:
    """What a journal books: commodity, view, and the method and factor of its rows."""

    commodity: str
    view: str
    method_id: str
    factor_id: str | None = None


@dataclass
class Entries:
    """Postings of one validity [start, end) while they are written; a quantity of 0 is no posting."""

    start: datetime
    end: datetime
    rows: list[tuple[str, str, str, str, int, str | None, str, str]] = field(default_factory=list)
    blocks: list[pl.DataFrame] = field(default_factory=list)

    def post(self, journal_id: str, kind: Kind, quantity: int, account: str, activity_ref: str) -> None:
        """Write one posting: debit positive, credit negative."""
        if quantity:
            self.rows.append(
                (journal_id, account, kind.commodity, kind.view, quantity, kind.factor_id, kind.method_id, activity_ref)
            )

    def block(self, frame: pl.DataFrame) -> None:
        """Write many postings: a frame of ROW_SCHEMA, after the rows written so far."""
        self._fold()
        self.blocks.append(frame.select(list(ROW_SCHEMA)).filter(pl.col("quantity") != 0))

    def written(self) -> pl.DataFrame:
        """Return what is written so far, in order of writing (ROW_SCHEMA)."""
        self._fold()
        return pl.concat(self.blocks) if self.blocks else pl.DataFrame(schema=ROW_SCHEMA)

    def postings(self) -> pl.DataFrame:
        """Return the POSTINGS, in order of writing."""
        span = (pl.lit(self.start).cast(TIME).alias("start"), pl.lit(self.end).cast(TIME).alias("end"))
        return conform(self.written().with_columns(span), POSTINGS)

    def _fold(self) -> None:
        if self.rows:
            self.blocks.append(pl.DataFrame(self.rows, schema=ROW_SCHEMA, orient="row"))
            self.rows = []
