"""The watch on quality: it looks when an hour is over, at that hour's verdicts, once."""

from __future__ import annotations

from datetime import timedelta

import polars as pl
from run_park import DAY, HOUR, MINUTE, small_park

from parkwright.model.tables import PASSAGES, VERDICTS
from parkwright.quality import verdicts
from parkwright.run.watch import Watch

PARK = small_park()
EIGHT = PARK.shifts(DAY)[0][0]


def passed_test(first, count, result):
    """PASSAGES at the test station, one a minute from `first` minutes after eight."""
    rows = [
        (f"u{n}", "j", "ASSEMBLY", "L1-TEST", EIGHT + (n - 1) * MINUTE, EIGHT + n * MINUTE, result)
        for n in range(first, first + count)
    ]
    return pl.DataFrame(rows, schema=PASSAGES.schema, orient="row")


def see(watch, at, passages):
    return watch.see(at, verdicts.decide(passages, PARK), passages)


def empty():
    return VERDICTS.empty(), PASSAGES.empty()


def test_an_hour_of_many_rejects_is_told_at_its_end_with_the_line():
    watch = Watch(PARK)
    assert see(watch, EIGHT + 30 * MINUTE, passed_test(1, 25, "fail")).is_empty()
    found = watch.see(EIGHT + HOUR, *empty())
    assert found.select("at", "kind", "thing_id").rows() == [(EIGHT + HOUR, "reject_share_high", "L-1")]


def test_an_hour_is_looked_at_once():
    watch = Watch(PARK)
    see(watch, EIGHT + 30 * MINUTE, passed_test(1, 25, "fail"))
    assert watch.see(EIGHT + HOUR, *empty()).height == 1
    assert watch.see(EIGHT + 2 * HOUR, *empty()).is_empty()


def test_a_quiet_hour_says_nothing():
    watch = Watch(PARK)
    assert watch.see(EIGHT + HOUR, *empty()).is_empty()
    see(watch, EIGHT + HOUR + 10 * MINUTE, passed_test(61, 1, "fail"))
    assert watch.see(EIGHT + 2 * HOUR, *empty()).is_empty()


def test_nothing_is_said_between_full_hours():
    watch = Watch(PARK)
    for minute in (20, 59):
        assert see(watch, EIGHT + minute * MINUTE, passed_test(minute - 15, 15, "fail")).is_empty()
    assert watch.see(EIGHT + HOUR + timedelta(seconds=1), *empty()).is_empty()
