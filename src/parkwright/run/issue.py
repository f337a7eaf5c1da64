"""Provisional passports while the day runs: each good unit gets one when the intervals it passed through are closed."""

from __future__ import annotations

from datetime import datetime

import polars as pl

from parkwright.carbon import passport
from parkwright.model.park import Park
from parkwright.model.tables import ASSEMBLIES, PASSAGES, POSTINGS, VERDICTS
from parkwright.run.ports import Facts
from parkwright.run.recorder import Recorder

SOURCE = "books/passports"


class Issuer:
    """Keeps what units need for their provisional passports until these are issued."""

    def __init__(self, park: Park, recorder: Recorder, facts: Facts, day: str) -> None:
        """Issue for the units of `day` (ISO 8601). Passports in the facts are not repeated."""
        self._park, self._recorder = park, recorder
        recorder.go_on(SOURCE)
        issued = facts.read("passports", day)
        self._issued = set(issued["unit_id"])
        self._passages, self._verdicts, self._assemblies = PASSAGES.empty(), VERDICTS.empty(), ASSEMBLIES.empty()
        recorded = facts.read("postings", day) if recorder.recorded("books/postings") else POSTINGS.empty()
        self._postings = _of_units(recorded)

    def take(self, passages: pl.DataFrame, verdicts: pl.DataFrame, assemblies: pl.DataFrame) -> None:
        """Take what happened in a cycle."""
        if passages.height:
            self._passages = pl.concat([self._passages, passages])
        if assemblies.height:
            self._assemblies = pl.concat([self._assemblies, assemblies])
        good = verdicts.filter((pl.col("verdict") == "good") & ~pl.col("unit_id").is_in(self._issued))
        if good.height:
            self._verdicts = pl.concat([self._verdicts, good])

    def issue(self, closed_until: datetime, postings: pl.DataFrame, jobs: pl.DataFrame) -> None:
        """Record the passports that the postings of newly closed intervals make possible; jobs: JOBS of the day."""
        self._postings = pl.concat([self._postings, _of_units(postings)])
        issued = passport.provisional(
            self._park, closed_until, self._postings, self._passages, self._verdicts, self._assemblies, jobs
        )
        self._recorder.add(SOURCE, "passports", issued)
        self._issued.update(issued["unit_id"])
        waiting = ~pl.col("unit_id").is_in(issued["unit_id"].to_list())
        self._verdicts = self._verdicts.filter(waiting)
        self._passages = self._passages.filter(waiting)


def _of_units(postings: pl.DataFrame) -> pl.DataFrame:
    return postings.filter(pl.col("account").str.starts_with("unit:"))
