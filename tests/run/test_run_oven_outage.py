"""An oven taken out of a running day with lots in it: they are finished, nothing more goes in, a replay meets it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest
from run_park import HOUR, MINUTE, STEADY, Asks

from parkwright.model.opening import folder_opening
from parkwright.plan.day import make_plan
from parkwright.plan.outage import Outage, outage_rows
from parkwright.plan.revise import DayFacts, base_of, laid_out, revision
from parkwright.run.clock import SimulatedClock
from parkwright.run.day import DayRun
from parkwright.run.revise import payload_of
from parkwright.store import folder
from parkwright.store.journal import Journal
from parkwright.twin.park import Twin

SOURCE = Path(__file__).parents[2] / "parks" / "burn-in"
DAY = date(2026, 7, 15)
ISO = DAY.isoformat()
OVEN, CHAMBER = "OV-1", "OV1-BOX"


@pytest.fixture(scope="module")
def works(tmp_path_factory):
    """The works with a third of its orders, its plan, and a ledger of the day up to an hour after the oven is back.

    Twenty minutes into the run that the plan has first, somebody says that the oven is out at once, until half an hour
    after the end of that run. The day is cut off meanwhile, and goes on from the ledger, without being asked again.
    """
    park = folder.load(SOURCE)
    pattern = park.order_pattern.model_copy(update={"orders_per_day": 14})
    park = replace(park, order_pattern=pattern)
    opening = folder_opening(park)
    plan = make_plan(park, DAY, 1, opening)
    first = plan.schedule.filter(pl.col("work_center_id") == OVEN).sort("start").row(0, named=True)
    told = first["start"] + 20 * MINUTE
    told -= timedelta(minutes=told.minute % 5, seconds=told.second, microseconds=told.microsecond)
    out = outage_rows(park, DAY, [Outage(OVEN, "door jams", None, first["end"] + 30 * MINUTE)], told)
    facts = DayFacts(park, DAY, plan.orders, plan.jobs, plan.schedule, plan.signal)
    among = replace(facts, outages=out)
    laid = laid_out(among, frozen_until=told + 30 * MINUTE)
    made = revision(among, laid, laid.plan(laid.floor), base=base_of(facts, laid_out(facts)))
    payload = payload_of(ISO, plan.schedule, made.schedule, None, out) | {"who": "Wang"}
    ledger, asks = tmp_path_factory.mktemp("ledger") / "facts.db", Asks((told, payload))
    for asked, stop_at in ((asks, first["end"] + 10 * MINUTE), (Asks(), out["end"][0] + HOUR)):
        with Journal(ledger) as journal:
            twin, clock = Twin(park, DAY, 1, opening), SimulatedClock(park.midnight(DAY))
            run = DayRun(park, DAY, 1, twin, twin, journal, clock, opening, STEADY, commands=asked)
            run.run(lambda clock=clock, stop_at=stop_at: clock.now() >= stop_at)
    with Journal(ledger) as journal:
        yield plan, made, out.row(0, named=True), asks, journal


def runs(journal: Journal) -> list[tuple]:
    """Start, end and units of what was in the oven."""
    rows = journal.read("passages", ISO).filter(pl.col("work_unit_id") == CHAMBER)
    return rows.group_by("start", "end").len().sort("start").rows()


def inside(journal: Journal, at) -> tuple:
    """The run that was in the oven at an instant."""
    (found,) = [run for run in runs(journal) if run[0] < at < run[1]]
    return found


def test_it_is_priced_without_moving_what_runs_and_taken_by_the_run(works):
    plan, made, out, asks, _ = works
    assert made.violations == ()
    assert made.stranded == made.left_out == ()
    assert asks.answers == [("revision 1 of the plan is in force", False)]
    begun = (pl.col("work_center_id") == OVEN) & (pl.col("start") < out["start"])
    kept = plan.schedule.filter(begun).sort("job_id")
    assert kept.height >= 1
    assert made.schedule.filter(begun).sort("job_id").equals(kept)
    later = made.schedule.filter((pl.col("work_center_id") == OVEN) & ~begun)
    assert later["start"].min() >= out["end"]


def test_the_lots_in_it_are_finished_and_none_goes_in_until_it_is_back(works):
    plan, _, out, _, journal = works
    found = runs(journal)
    (start, end, units) = inside(journal, out["start"])
    lots = plan.schedule.filter((pl.col("work_center_id") == OVEN) & (pl.col("start") < out["start"]))
    assert [end - start] == lots.select(pl.col("end") - pl.col("start")).to_series().unique().to_list()
    assert units == plan.jobs.join(lots, on="job_id", how="semi")["quantity"].sum()
    assert end < out["end"]
    assert not [run for run in found if out["start"] <= run[0] < out["end"]]


def test_the_oven_is_off_from_the_end_of_its_run_until_it_is_back(works):
    _, _, out, _, journal = works
    states = journal.read("states", ISO).filter(pl.col("work_unit_id") == CHAMBER)
    start, end, _ = inside(journal, out["start"])
    off = states.filter((pl.col("state") == "off") & (pl.col("start") >= start) & (pl.col("start") < out["end"]))
    assert off.select("start", "end").rows() == [(end, out["end"])]


def test_a_replay_from_the_ledger_meets_it_once(works):
    _, _, out, _, journal = works
    kept = journal.read("outages", ISO)
    assert kept.select("work_center_id", "start", "end", "reason", "who", "command_id").rows() == [
        (OVEN, out["start"], out["end"], "door jams", "Wang", "c1")
    ]
    assert journal.read("revisions", ISO)["revision"].unique().to_list() == [1]
