"""Restatement: closed books are corrected by reversals and new postings with a reason, never by a change.

A day is closed again from its facts, once as it was and once as corrected. What was booked before must come out of the
first close to the last unit; else the facts do not explain the books, and nothing is restated. What the second close
gives otherwise is reversed and posted anew under the same journal, so that each journal still sums to 0.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

import polars as pl

from parkwright.carbon import day as carbon_day
from parkwright.carbon import interval, occupancy
from parkwright.carbon.consumed import BILL
from parkwright.carbon.demand import DEMAND
from parkwright.carbon.entries import stamp
from parkwright.carbon.storage import moved
from parkwright.carbon.transfer import BOARD_DIRECT, OVERHEAD_METHODS
from parkwright.ledger.views import IDENTITY, net, total
from parkwright.model.errors import LedgerError
from parkwright.model.opening import Pool
from parkwright.model.park import Park
from parkwright.model.tables import BOOKS, PASSPORTS, POSTINGS, PRESENCE, READINGS, conform

REASONS = ("late_reading", "factor_edition", "method", "structural", "error")
"""Why books may be corrected. References: GHG Protocol, Corporate Standard, revised 2004, ch. 5."""
SECOND = (BILL, BOARD_DIRECT, *OVERHEAD_METHODS)
"""Methods of the journals that a day's close writes on top of its intervals' journals."""


@dataclass(frozen=True, slots=True)
class DayFacts:
    """What a day's books rest on.

    readings: READINGS as they count before the correction. passages: PASSAGES of the day and of the day after, for the
    units that stood somewhere at midnight. prices: interval start -> price of grid power [1e-4 CNY/kWh]. bands:
    interval start -> tariff band. pools: battery id -> its Pool when the day opened. The other tables are the day's
    own.
    """

    readings: pl.DataFrame
    passages: pl.DataFrame
    verdicts: pl.DataFrame
    assemblies: pl.DataFrame
    jobs: pl.DataFrame
    orders: pl.DataFrame
    job_responses: pl.DataFrame
    prices: Mapping[datetime, int]
    bands: Mapping[datetime, str]
    pools: Mapping[str, Pool]


@dataclass(frozen=True, slots=True)
class Restated:
    """What a restatement records: POSTINGS (reversals first), and the PASSPORTS and BOOKS that became others."""

    postings: pl.DataFrame
    passports: pl.DataFrame
    books: pl.DataFrame


def corrected(readings: pl.DataFrame, corrections: Mapping[tuple[datetime, str], int]) -> pl.DataFrame:
    """Return READINGS with the corrections (start, meter id) -> mWh in place; their quality becomes repaired.

    Raises LedgerError when a correction is negative or names a reading that was never booked.
    """
    if not corrections:
        return readings
    rows = pl.DataFrame(
        [(start, meter_id, energy) for (start, meter_id), energy in corrections.items()],
        schema={"start": READINGS.schema["start"], "meter_id": pl.String, "late": pl.Int64},
        orient="row",
    )
    lost = rows.join(readings.filter(pl.col("energy_mwh_int").is_not_null()), on=["start", "meter_id"], how="anti")
    _refuse(rows.filter(pl.col("late") < 0), "is negative; give energy of at least 0")
    _refuse(lost, "there is no energy reading to correct; name a metering interval and an energy meter")
    joined = readings.join(rows, on=["start", "meter_id"], how="left", maintain_order="left")
    return conform(
        joined.with_columns(
            pl.coalesce("late", "energy_mwh_int").alias("energy_mwh_int"),
            pl.when(pl.col("late").is_null()).then("quality").otherwise(pl.lit("repaired")).alias("quality"),
        ).drop("late"),
        READINGS,
    )


def _refuse(bad: pl.DataFrame, finding: str) -> None:
    if bad.height:
        start, meter_id, late = bad.row(0)
        raise LedgerError(f"correction of {meter_id}@{stamp(start)} to {late} mWh: {finding}")


def late_readings(
    park: Park, day: date, postings: pl.DataFrame, facts: DayFacts, corrections: Mapping[tuple[datetime, str], int]
) -> Restated:
    """Restate a day after readings came late or were wrong.

    postings: POSTINGS of the day as recorded, earlier restatements included. corrections: (interval start, meter id) ->
    energy [mWh]. Only intervals with a correction, and those after them whose battery carries something else, are
    closed again. What changes in a battery's pool at the end of the day stays on its pool: account.

    Raises LedgerError when a correction is unknown or negative, or the facts do not explain the books.
    """
    after = replace(facts, readings=corrected(facts.readings, corrections))
    return _restated(park, park, day, postings, (facts, after), {start for start, _ in corrections})


def factor_edition(before: Park, after: Park, day: date, postings: pl.DataFrame, facts: DayFacts) -> Restated:
    """Restate a day with another edition of a factor: the park with it, against the park that the day was closed with.

    Raises LedgerError when the two parks' meters differ, or the facts do not explain the books.
    """
    if before.meters != after.meters:
        raise LedgerError("restate: the meters differ too; change the factor alone, then restate the structure")
    starts = set(before.intervals(day).to_list())
    return _restated(before, after, day, postings, (facts, facts), starts)


def scope2_change_ug(postings: pl.DataFrame) -> dict[str, int]:
    """Return view -> change of scope 2 [ug CO2e] that the POSTINGS of a restatement make."""
    return {view: -total(postings, "source:", "co2e", view) for view in ("location", "market")}


def difference(before: pl.DataFrame, after: pl.DataFrame) -> pl.DataFrame:
    """Return the POSTINGS that turn `before` into `after`: reversals of what changed, then what stands instead."""
    identity = list(IDENTITY)
    pairs = net(before).join(net(after), on=identity, how="full", coalesce=True, nulls_equal=True, suffix="_new")
    pairs = pairs.with_columns(pl.col("quantity").fill_null(0), pl.col("quantity_new").fill_null(0))
    pairs = pairs.filter(pl.col("quantity") != pl.col("quantity_new")).sort(identity)
    reversals = pairs.select(*identity, (-pl.col("quantity")).alias("quantity"))
    anew = pairs.select(*identity, pl.col("quantity_new").alias("quantity"))
    both = pl.concat([reversals, anew]).filter(pl.col("quantity") != 0)
    return conform(both.select(list(POSTINGS.schema)), POSTINGS)


def _restated(
    before: Park,
    after: Park,
    day: date,
    postings: pl.DataFrame,
    facts: tuple[DayFacts, DayFacts],
    starts: Iterable[datetime],
) -> Restated:
    """Close the day again as it was and as it is now, and return what differs.

    The demand charge stays as booked: it is what the supplier's demand meter showed.
    """
    booked = net(postings).filter(pl.col("method_id") != DEMAND)
    was = booked.filter(~pl.col("method_id").is_in(SECOND))
    now = _intervals(before, after, day, was, facts, set(starts))
    closed = [_close(park, day, rows, facts[0]) for park, rows in ((before, was), (after, now))]
    second = booked.filter(pl.col("method_id").is_in(SECOND))
    _refuse_unexplained(f"the close of {day}", second, closed[0].postings)
    changed = difference(booked, pl.concat([now, closed[1].postings]))
    passports = closed[1].passports.join(closed[0].passports, on=list(PASSPORTS.schema), how="anti", nulls_equal=True)
    books = closed[1].books.join(closed[0].books, on=list(BOOKS.schema), how="anti")
    return Restated(changed, passports.sort("unit_id"), books.sort("key"))


def _intervals(
    before: Park, after: Park, day: date, was: pl.DataFrame, facts: tuple[DayFacts, DayFacts], starts: set[datetime]
) -> pl.DataFrame:
    """Return the POSTINGS of the day's closed intervals as corrected; those that no correction reaches as they were."""
    known = set(before.intervals(day).to_list())
    if starts - known:
        raise LedgerError(f"correction of {stamp(min(starts - known))}: is no metering interval of {day}")
    by_start = {key[0]: rows for key, rows in was.partition_by("start", as_dict=True).items()}
    old_pools, new_pools = dict(facts[0].pools), dict(facts[1].pools)
    result = []
    for start in sorted(known.intersection(facts[0].readings["start"].unique().to_list())):
        rows = by_start.get(start, POSTINGS.empty())
        if start in starts or old_pools != new_pools:
            again = _reclose(before, start, facts[0], old_pools)
            _refuse_unexplained(f"the interval {stamp(start)}", rows, again.postings)
            fresh = _reclose(after, start, facts[1], new_pools)
            result.append(fresh.postings)
            old_pools, new_pools = dict(again.pools), dict(fresh.pools)
        else:
            result.append(rows)
            old_pools = moved(old_pools, rows)
            new_pools = dict(old_pools)
    return pl.concat([POSTINGS.empty(), *result])


def _reclose(park: Park, start: datetime, facts: DayFacts, pools: Mapping[str, Pool]) -> interval.IntervalBooks:
    end = start + timedelta(seconds=park.site.metering_interval_s)
    if start not in facts.prices:
        raise LedgerError(f"the interval {stamp(start)}: has no price; give the day's signal")
    at_work = occupancy.of_interval(park, start, end, facts.passages, PRESENCE.empty())
    return interval.close(park, start, end, facts.readings, at_work, facts.prices[start], pools)


def _close(park: Park, day: date, rows: pl.DataFrame, facts: DayFacts) -> carbon_day.DayBooks:
    first, last = park.day_bounds(day)
    own = facts.passages.filter((pl.col("end") > first) & (pl.col("start") < last))
    return carbon_day.close(
        park, day, rows, own, facts.verdicts, facts.assemblies, facts.jobs, facts.orders, facts.job_responses,
        facts.bands,
    )  # fmt: skip


def _refuse_unexplained(what: str, booked: pl.DataFrame, again: pl.DataFrame) -> None:
    """Raise LedgerError when closing again from the facts does not give what was booked."""
    unlike = difference(booked, again)
    if unlike.height:
        account, commodity, view = unlike.select("account", "commodity", "view").row(0)
        raise LedgerError(
            f"restate: the facts do not explain {what}: {unlike.height} postings come out otherwise, the first on "
            f"{account} ({commodity}, {view}); give the readings, passages, prices and pools that it was closed with"
        )
