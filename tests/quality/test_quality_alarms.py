"""Quality alarms: a p-chart that is silent in control and names the station when it is not."""

from __future__ import annotations

import itertools
import math
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parkwright.model.tables import ALARMS, PASSAGES
from parkwright.quality.alarms import FALSE_ALARM_SHARE, binomial_tail, expected_share, watch
from parkwright.quality.verdicts import decide
from parkwright.store.folder import load

PARK = load(Path(__file__).parents[2] / "parks" / "tianjin")
LINE = PARK.work_center["L-NB1"]
LAST = LINE.work_unit[-1]
TEST = next(unit for unit in LINE.work_unit if unit.fail_share > 0)
T0 = datetime(2026, 7, 15, tzinfo=UTC)


def hour_of(units, rejected, hour=0, result="fail", station=TEST):
    """PASSAGES of an hour: `rejected` units fail at the station, all others leave good."""
    rows = []
    for n in range(units):
        at = T0 + timedelta(hours=hour, seconds=3000 * n / units)
        work_unit, outcome = (station.id, result) if n < rejected else (LAST.id, "ok")
        rows.append((f"u{hour}-{n}", "J", LINE.segment_ids[0], work_unit, at, at + timedelta(seconds=9), outcome))
    return pl.DataFrame(rows, schema=PASSAGES.schema, orient="row")


def alarms_of(*hours):
    table = pl.concat(hours)
    return watch(decide(table, PARK), table, PARK)


def limit(units):
    share = expected_share(LINE)
    return next(k for k in range(units) if binomial_tail(units, k, share) < FALSE_ALARM_SHARE)


@pytest.mark.parametrize("units", [10, 100, 400])
def test_the_alarm_comes_at_the_exact_binomial_limit(units):
    assert alarms_of(hour_of(units, limit(units) - 1)).height == 0
    assert alarms_of(hour_of(units, limit(units))).height == 1


def test_an_alarm_names_line_hour_share_and_the_worst_station():
    found = alarms_of(hour_of(100, 60), hour_of(100, 0, hour=1))
    row = found.row(0, named=True)
    assert (row["at"], row["kind"], row["thing_id"], row["severity"]) == (
        T0 + timedelta(hours=1),
        "reject_share_high",
        LINE.id,
        2,
    )
    assert "rejected 60 of 100 units" in row["text"]
    assert TEST.id in row["text"]
    assert f"{expected_share(LINE):.1%}" in row["text"]


def test_scrap_counts_like_rework():
    assert alarms_of(hour_of(100, 60, result="scrap")).height == 1


def test_a_unit_counts_once_however_often_it_fails():
    first = hour_of(10, 1)
    again = first.with_columns(pl.col("start") + timedelta(seconds=30), pl.col("end") + timedelta(seconds=30))
    assert alarms_of(first).height == 0
    later = [
        again.filter(pl.col("result") == "fail").with_columns(pl.col("end") + timedelta(seconds=n)) for n in range(20)
    ]
    assert alarms_of(first, *later).height == 0


def test_each_bad_hour_is_one_alarm():
    assert alarms_of(*(hour_of(100, 60, hour=n) for n in range(3)))["at"].to_list() == [
        T0 + timedelta(hours=n) for n in (1, 2, 3)
    ]


def test_no_verdicts_no_alarms_and_an_unknown_line_is_no_crash():
    assert watch(decide(PASSAGES.empty(), PARK), PASSAGES.empty(), PARK).equals(ALARMS.empty())
    strange = hour_of(10, 10).with_columns(work_unit_id=pl.lit("elsewhere"))
    assert watch(decide(strange, PARK), strange, PARK).height == 0


def test_a_process_in_control_alarms_at_most_at_the_promised_rate():
    rng = np.random.Generator(np.random.Philox(1))
    share = expected_share(LINE)
    hours = [hour_of(50, int(rng.binomial(50, share)), hour=n) for n in range(800)]
    assert alarms_of(*hours).height <= 5


def test_the_expected_share_is_that_of_independent_stations():
    assert expected_share(LINE) == pytest.approx(1 - math.prod(1 - u.fail_share for u in LINE.work_unit))


@pytest.mark.parametrize(
    ("units", "k", "p", "tail"), [(3, 2, 0.5, 0.5), (10, 1, 0.1, 1 - 0.9**10), (5, 5, 0.2, 0.2**5), (4, 0, 0.3, 1.0)]
)
def test_binomial_tails_known_by_hand(units, k, p, tail):
    assert binomial_tail(units, k, p) == pytest.approx(tail)


def test_tails_at_the_edges_of_the_share():
    assert binomial_tail(10, 1, 0.0) == 0.0
    assert binomial_tail(10, 1, 1.0) == 1.0


@given(st.integers(1, 300), st.floats(0.001, 0.999))
def test_a_tail_falls_with_the_count_and_stays_a_probability(units, share):
    tails = [binomial_tail(units, k, share) for k in range(0, units + 1, max(1, units // 20))]
    assert all(0 <= t <= 1 for t in tails)
    assert all(b <= a + 1e-9 for a, b in itertools.pairwise(tails))
