"""The books of a day: every metering interval closed once its meters are in, the day closed at its end."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import polars as pl

from parkwright.carbon import interval, occupancy
from parkwright.model.opening import Pool
from parkwright.model.park import Park
from parkwright.model.tables import ALARMS, PASSAGES, POSTINGS, READINGS
from parkwright.run.recorder import Recorder

GRACE = timedelta(minutes=10)
"""How long after its end an interval waits for a silent meter before the reading is estimated (assumed)."""


class Books:
    """Closes the intervals of one day in order, each when all its readings are in or have been waited for."""

    def __init__(
        self,
        park: Park,
        starts: list[datetime],
        prices: pl.DataFrame,
        pools: Mapping[str, Pool],
        recorder: Recorder,
        recorded: pl.DataFrame,
    ) -> None:
        """Open the books of the intervals `starts`.

        prices: start, price_cny_per_kwh of the day. pools: what each battery carries when the first open
        interval begins. recorded: READINGS of the day that the ledger already holds; their intervals stay closed.
        """
        self._park = park
        self._starts = starts
        self._step = timedelta(seconds=park.site.metering_interval_s)
        self._prices = dict(zip(prices["start"], prices["price_cny_per_kwh"], strict=True))
        self._recorder = recorder
        self._meters = [meter.id for meter in park.meters]
        self._readings: dict[datetime, dict[str, pl.DataFrame]] = {}
        self._presence: dict[datetime, pl.DataFrame] = {}
        self._passages: list[pl.DataFrame] = []
        self._last: dict[str, dict[str, Any]] = {}
        self._postings: list[pl.DataFrame] = []
        self.pools = dict(pools)
        for row in recorded.unique("meter_id", keep="last", maintain_order=True).iter_rows(named=True):
            self._last[row["meter_id"]] = row
        self.closed = recorded["start"].n_unique()
        for source in ("books/readings", "books/postings", "books/alarms"):
            recorder.go_on(source)

    @property
    def all_closed(self) -> bool:
        """Whether every interval of the day is closed."""
        return self.closed == len(self._starts)

    @property
    def open_from(self) -> datetime | None:
        """Start of the first interval that is not closed; None when all are."""
        return None if self.all_closed else self._starts[self.closed]

    def take_readings(self, readings: pl.DataFrame) -> None:
        """Take meter intervals in any order; those of closed intervals and repeats are left to what is recorded."""
        first = self.open_from
        if first is None or not readings.height:
            return
        news = readings.filter(pl.col("start") >= first).unique(
            ["start", "meter_id"], keep="first", maintain_order=True
        )
        for row in news.partition_by("start", "meter_id"):
            start, meter_id = row["start"][0], row["meter_id"][0]
            self._readings.setdefault(start, {}).setdefault(meter_id, row)

    def take_passages(self, passages: pl.DataFrame) -> None:
        """Take passages that have ended."""
        if passages.height:
            self._passages.append(passages)

    def take_presence(self, at: datetime, presence: pl.DataFrame) -> None:
        """Take what stood at the work units at an interval's end."""
        self._presence[at] = presence

    def take_postings(self) -> pl.DataFrame:
        """Return the POSTINGS of the intervals closed since the last call."""
        found, self._postings = self._postings, []
        return pl.concat([POSTINGS.empty(), *found])

    def close_ready(self, now: datetime) -> list[datetime]:
        """Close every interval, in order, whose readings are complete or overdue at `now`; return their starts."""
        closed = []
        while not self.all_closed:
            start = self._starts[self.closed]
            end = start + self._step
            known = self._readings.get(start, {})
            if end > now or end not in self._presence:
                break
            if len(known) < len(self._meters) and now < end + GRACE:
                break
            self._close(start, end, known)
            closed.append(start)
        return closed

    def _close(self, start: datetime, end: datetime, known: dict[str, pl.DataFrame]) -> None:
        estimated = [self._estimate(start, meter_id) for meter_id in self._meters if meter_id not in known]
        readings = pl.concat([known[meter_id] for meter_id in self._meters if meter_id in known] + estimated)
        readings = readings.sort("meter_id")
        for row in readings.iter_rows(named=True):
            self._last[row["meter_id"]] = row
        passages = pl.concat([PASSAGES.empty(), *self._passages]).filter(pl.col("end") > start)
        self._passages = [passages]
        present = occupancy.of_interval(self._park, start, end, passages, self._presence.pop(end))
        price = round(float(self._prices[start]) * 10_000)
        books = interval.close(self._park, start, end, readings, present, price, self.pools)
        self.pools = dict(books.pools)
        self._postings.append(books.postings)
        self._recorder.add("books/readings", "readings", readings)
        self._recorder.add("books/postings", "postings", books.postings)
        self._recorder.add("books/alarms", "alarms", books.alarms)
        if estimated:
            self._recorder.add("books/alarms", "alarms", self._silent(end, estimated))
        self._readings.pop(start, None)
        self.closed += 1

    def _estimate(self, start: datetime, meter_id: str) -> pl.DataFrame:
        """Repeat the meter's last interval, marked as estimated; zero where it never spoke."""
        meter = self._park.meter[meter_id]
        last = self._last.get(meter_id, {})
        water = meter.commodity == "water"
        return pl.DataFrame(
            {
                "start": [start],
                "meter_id": [meter_id],
                "energy_mwh_int": [None if water else (last.get("energy_mwh_int") or 0)],
                "value": [(last.get("value") or 0.0) if water else None],
                "quality": ["estimated"],
            },
            schema=READINGS.schema,
        )

    def _silent(self, at: datetime, estimated: list[pl.DataFrame]) -> pl.DataFrame:
        rows = []
        for frame in estimated:
            meter_id = frame["meter_id"][0]
            since = frame["start"][0].astimezone(self._park.zone).strftime("%H:%M")
            rows.append(
                {
                    "at": at,
                    "kind": "meter_silent",
                    "thing_id": meter_id,
                    "severity": 2,
                    "text": f"Meter {meter_id} sent nothing for the interval from {since}; its reading is estimated "
                    "from the interval before. Check the gateway or enter a reading.",
                }
            )
        return pl.DataFrame(rows, schema=ALARMS.schema)
