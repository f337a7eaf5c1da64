"""Provisional passports: each good unit gets one, once, as soon as the intervals it passed through are closed."""

from __future__ import annotations

import polars as pl
import pytest
from run_park import DAY, ISO, QUARTER, STEADY, run_day, small_park, small_plan

from parkwright.model.tables import PASSAGES, POSTINGS, VERDICTS
from parkwright.quality import verdicts
from parkwright.run.issue import SOURCE, Issuer
from parkwright.run.recorder import Recorder
from parkwright.store.journal import Journal

PARK = small_park()
JOBS = small_plan().jobs
EIGHT = PARK.shifts(DAY)[0][0]


def packed(*units):
    """PASSAGES of a unit at packing from (unit, minutes after eight at which it leaves)."""
    job = JOBS["job_id"][0]
    rows = [
        (unit, job, "ASSEMBLY", "L1-PACK", EIGHT + QUARTER * (left - 1) / 15, EIGHT + QUARTER * left / 15, "ok")
        for unit, left in units
    ]
    return pl.DataFrame(rows, schema=PASSAGES.schema, orient="row")


def used(unit, start, quantity):
    """POSTINGS of a unit's energy in the interval from `start`."""
    row = ("j", f"unit:{unit}", "electricity", "physical", quantity, start, start + QUARTER, None, "metered", "m@s")
    return pl.DataFrame([row], schema=POSTINGS.schema, orient="row")


@pytest.fixture
def facts(tmp_path):
    with Journal(tmp_path / "ledger.db") as journal:
        yield journal


def issuer_on(facts):
    recorder = Recorder(facts, ISO)
    return Issuer(PARK, recorder, facts, ISO), recorder


def take(issuer, passages):
    issuer.take(passages, verdicts.decide(passages, PARK), pl.DataFrame())


def issued(facts):
    return facts.read("passports", ISO).select("unit_id", "status", "direct_mwh_int").rows()


def test_a_unit_waits_until_its_last_interval_is_closed(facts):
    issuer, recorder = issuer_on(facts)
    take(issuer, packed(("u1", 5), ("u2", 20)))
    issuer.issue(EIGHT + QUARTER, used("u1", EIGHT, 700), JOBS)
    recorder.commit(EIGHT + QUARTER)
    assert issued(facts) == [("u1", "provisional", 700)]
    issuer.issue(EIGHT + 2 * QUARTER, used("u2", EIGHT + QUARTER, 800), JOBS)
    recorder.commit(EIGHT + 2 * QUARTER)
    assert issued(facts) == [("u1", "provisional", 700), ("u2", "provisional", 800)]


def test_a_unit_that_failed_and_came_back_gets_one_and_a_scrapped_unit_none(facts):
    issuer, recorder = issuer_on(facts)
    row = packed(("u1", 3), ("u2", 3))
    bad = row.with_columns(
        pl.lit("L1-TEST").alias("work_unit_id"), pl.Series("result", ["fail", "scrap"]), pl.col("end") - QUARTER / 15
    )
    take(issuer, bad)
    take(issuer, packed(("u1", 6)))
    issuer.issue(EIGHT + QUARTER, used("u1", EIGHT, 700), JOBS)
    recorder.commit(EIGHT + QUARTER)
    assert [row[0] for row in issued(facts)] == ["u1"]


def test_an_issuer_started_again_does_not_issue_again(facts):
    issuer, recorder = issuer_on(facts)
    take(issuer, packed(("u1", 5), ("u2", 20)))
    issuer.issue(EIGHT + QUARTER, used("u1", EIGHT, 700), JOBS)
    recorder.add("books/postings", "postings", used("u1", EIGHT, 700))
    recorder.commit(EIGHT + QUARTER)
    again, recorder = issuer_on(facts)
    take(again, packed(("u1", 5), ("u2", 20)))
    again.issue(EIGHT + 2 * QUARTER, used("u2", EIGHT + QUARTER, 800), JOBS)
    recorder.commit(EIGHT + 2 * QUARTER)
    assert issued(facts) == [("u1", "provisional", 700), ("u2", "provisional", 800)]
    assert facts.high_water(SOURCE, ISO) == 1


def test_nothing_good_issues_nothing(facts):
    issuer, recorder = issuer_on(facts)
    issuer.take(PASSAGES.empty(), VERDICTS.empty(), pl.DataFrame())
    issuer.issue(EIGHT + QUARTER, POSTINGS.empty(), JOBS)
    assert recorder.commit(EIGHT + QUARTER) == 0


@pytest.mark.slow
def test_over_a_live_day_every_good_unit_has_one_provisional_and_one_final_passport(facts):
    result = run_day(facts, PARK, cadence=STEADY)
    passports = facts.read("passports", ISO)
    early, final = (passports.filter(pl.col("status") == status) for status in ("provisional", "final"))
    assert final.height == result.summary["units_good"] > 100
    assert final["unit_id"].is_unique().all()
    assert early["unit_id"].is_unique().all()
    assert early["unit_id"].sort().equals(final["unit_id"].sort())
    pair = early.join(final, on="unit_id")
    assert pair.filter(pl.col("direct_mwh_int") != pl.col("direct_mwh_int_right")).is_empty()
    assert pair["overhead_mwh_int"].sum() == 0
    assert (pair["overhead_mwh_int_right"] > 0).all()
