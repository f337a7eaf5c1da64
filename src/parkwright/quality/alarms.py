"""Alarms about quality: a p-chart by line and hour against what the folder expects."""

from __future__ import annotations

import math

import polars as pl

from parkwright.model.park import Park
from parkwright.model.site import WorkCenter
from parkwright.model.tables import ALARMS, PASSAGES, VERDICTS, conform

FALSE_ALARM_SHARE = 0.00135
"""One-sided false alarms of a chart point: the tail beyond three sigma (Shewhart; Montgomery, Introduction to
Statistical Quality Control, 6th ed. 2009, section 7.2), taken exactly from the binomial, as hours can be short."""


def watch(verdicts: pl.DataFrame, passages: pl.DataFrame, park: Park) -> pl.DataFrame:
    """Return the lines and hours with more rejected units than chance explains, as ALARMS.

    A unit counts once, in the hour of its first verdict, at the line where it got it, as rejected when that verdict
    is rework or scrap. The centre line is the share that the stations of the line reject together by the folder. At
    most one alarm a line and hour, stamped with the hour's end; it names the work unit that rejected most.

    verdicts: VERDICTS. passages: PASSAGES of the same units. park: lines and their fail_share.
    """
    verdicts, passages = conform(verdicts, VERDICTS), conform(passages, PASSAGES)
    judged = (
        passages.select("unit_id", "work_unit_id", pl.col("end").alias("at"))
        .join(verdicts, on=["unit_id", "at"])
        .sort("at", "unit_id", maintain_order=True)
        .unique(subset=["unit_id"], keep="first", maintain_order=True)
        .with_columns(
            line_id=pl.col("work_unit_id").replace_strict(park.line_of, default="", return_dtype=pl.String),
            hour=pl.col("at").dt.truncate("1h"),
            rejected=pl.col("verdict") != "good",
        )
    )
    rows = []
    for (line_id, hour), group in judged.group_by("line_id", "hour", maintain_order=True):
        line = park.work_center.get(str(line_id))
        if line is None:
            continue
        rejected, units = int(group["rejected"].sum()), group.height
        share = expected_share(line)
        if rejected and binomial_tail(units, rejected, share) < FALSE_ALARM_SHARE:
            worst = (
                group.filter("rejected")["work_unit_id"]
                .value_counts(sort=True)
                .sort(["count", "work_unit_id"], descending=[True, False])
            )
            text = (
                f"Line {line.id} rejected {rejected} of {units} units in the hour ({rejected / units:.1%}, expected "
                f"{share:.1%}), most at {worst['work_unit_id'][0]}; look at that station and at the lots mounted since."
            )
            rows.append((hour, "reject_share_high", line.id, 2, text))
    alarms = pl.DataFrame(rows, schema=ALARMS.schema, orient="row")
    return conform(alarms.with_columns(pl.col("at").dt.offset_by("1h")).sort("at", "thing_id"), ALARMS)


def expected_share(line: WorkCenter) -> float:
    """Return the share of units that at least one station of the line rejects, by the folder."""
    passed = math.prod(1 - unit.fail_share for unit in line.work_unit)
    return 1 - passed


def binomial_tail(units: int, rejected: int, share: float) -> float:
    """Return P(X >= rejected) for X binomial (units, share).

    The sum runs over the shorter side; terms from log-gamma, so that thousands of units do no harm.
    """
    if rejected <= 0:
        return 1.0
    if share <= 0:
        return 0.0
    if share >= 1:
        return 1.0

    def term(count: int) -> float:
        ways = math.lgamma(units + 1) - math.lgamma(count + 1) - math.lgamma(units - count + 1)
        return math.exp(ways + count * math.log(share) + (units - count) * math.log1p(-share))

    if rejected > units * share:
        return min(1.0, math.fsum(term(count) for count in range(rejected, units + 1)))
    return max(0.0, 1.0 - math.fsum(term(count) for count in range(rejected)))
