"""The watch on quality while a day runs: verdicts of each full hour against the lines' limits."""

from __future__ import annotations

from datetime import datetime, timedelta

import polars as pl

from parkwright.model.park import Park
from parkwright.model.tables import ALARMS, PASSAGES, VERDICTS
from parkwright.quality import alarms

HOUR = timedelta(hours=1)


class Watch:
    """Collects an hour's verdicts and looks at them when the hour is over."""

    def __init__(self, park: Park) -> None:
        """Start with nothing seen."""
        self._park = park
        self._verdicts: list[pl.DataFrame] = []
        self._passages: list[pl.DataFrame] = []

    def see(self, at: datetime, verdicts: pl.DataFrame, passages: pl.DataFrame) -> pl.DataFrame:
        """Take what was decided up to `at`; return ALARMS when an hour ends at `at`, else none."""
        if verdicts.height:
            self._verdicts.append(verdicts)
            self._passages.append(passages)
        if at.minute or at.second or not self._verdicts:
            return ALARMS.empty()
        found = alarms.watch(
            pl.concat([VERDICTS.empty(), *self._verdicts]), pl.concat([PASSAGES.empty(), *self._passages]), self._park
        )
        self._verdicts, self._passages = [], []
        return found.filter(pl.col("at") <= at)
