"""A line that is ahead of its plan goes out: what it has done or begun is neither moved nor told as late."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from planner_day import LINE, PARK, PLAN, Day
from run_park import DAY, ISO, Ask

from parkwright.model.errors import PlanError
from parkwright.model.opening import folder_opening
from parkwright.model.tables import JOB_RESPONSES, PASSAGES, TIME, conform
from parkwright.run.desk import Desk
from parkwright.run.ports import JobRelease, Orders, Receipts
from parkwright.run.recorder import Recorder
from parkwright.run.revise import Revisions
from parkwright.show.answers.planning import AskedEnd, AskedMove, AskedOutage

ROWS = PLAN.schedule.filter(pl.col("work_center_id") == LINE).sort("start")
DONE, BEGUN, NEXT = (ROWS.row(n, named=True) for n in (20, 21, 22))
SAID = DONE["start"] - timedelta(minutes=15)
"""When the line is told to be out: it is ahead by more than a job."""
UNTIL = SAID + timedelta(hours=1)
HEAD = PARK.work_center[LINE].work_unit[0].id


def done(day: Day, jobs: list[str], at: datetime) -> None:
    """Record that jobs were done at an instant, each of a unit."""
    over = [(job, LINE, at - timedelta(minutes=5), at, 1, 0) for job in jobs]
    schema = {n: pl.Datetime("us", "UTC") if k == TIME else k for n, k in JOB_RESPONSES.schema.items()}
    day.append("job_responses", conform(pl.DataFrame(over, schema=schema, orient="row"), JOB_RESPONSES))
    day.taken += 1


def ahead(day: Day, at: datetime = SAID - timedelta(minutes=5), *, begun: bool = True) -> None:
    """Record that the line has done every job up to DONE, and begun BEGUN."""
    over = ROWS.head(21)["job_id"].to_list()
    done(day, over, at)
    jobs = [*over, BEGUN["job_id"]] if begun else over
    rows = [(f"u-{job}", job, "S", HEAD, at - timedelta(minutes=5), at, "ok") for job in jobs]
    schema = {n: pl.Datetime("us", "UTC") if k == TIME else k for n, k in PASSAGES.schema.items()}
    day.append("passages", conform(pl.DataFrame(rows, schema=schema, orient="row"), PASSAGES))


@pytest.fixture
def day(tmp_path: Path):
    made = Day(tmp_path / "ledger.db")
    yield made
    made.close()


def out(day: Day, start: datetime | None = None):
    return day.price(SAID, out=[AskedOutage(line_id=LINE, start=start, until=UNTIL, reason="crew")])


def placed(schedule: pl.DataFrame, row: dict) -> tuple[datetime, datetime] | None:
    found = schedule.filter(pl.col("job_id") == row["job_id"]).select("start", "end").rows()
    return found[0] if found else None


def test_without_facts_the_outage_moves_them_as_planned(day: Day):
    draft = out(day)
    assert {DONE["job_id"], BEGUN["job_id"], NEXT["job_id"]} <= set(draft.bars.job_id)


def test_what_is_done_keeps_its_place_and_what_is_begun_its_beginning(day: Day):
    ahead(day)
    draft = out(day)
    assert DONE["job_id"] not in draft.bars.job_id
    day.take(draft, SAID)
    assert placed(day.schedule, DONE) == (DONE["start"], DONE["end"])
    start, end = placed(day.schedule, BEGUN)
    assert start == BEGUN["start"]
    assert end - UNTIL >= BEGUN["end"] - BEGUN["start"] - timedelta(seconds=1)
    later = placed(day.schedule, NEXT)
    assert later is None or later[0] >= UNTIL
    orders = PLAN.jobs.filter(pl.col("job_id").is_in(ROWS.head(21)["job_id"]))["order_id"]
    assert set(draft.newly_late).isdisjoint(orders)


def test_an_outage_that_is_over_before_the_line_needs_it_changes_nothing(day: Day):
    ahead(day)
    draft = day.price(SAID, out=[AskedOutage(line_id=LINE, until=DONE["start"], reason="crew")])
    assert (draft.changed, draft.newly_late, draft.violations) == (0, [], [])
    assert draft.after.total_cny == pytest.approx(draft.before.total_cny)
    day.take(draft, SAID)


def test_what_was_done_after_it_was_said_does_not_count(day: Day):
    ahead(day, SAID + timedelta(minutes=10))
    assert {DONE["job_id"], BEGUN["job_id"]} <= set(out(day).bars.job_id)


def test_a_later_change_leaves_what_is_done_as_it_stands(day: Day):
    ahead(day)
    draft = out(day)
    done(day, [BEGUN["job_id"]], SAID + timedelta(minutes=3))
    day.take(draft, SAID + timedelta(minutes=6))
    last = day.schedule.filter(pl.col("work_center_id") == LINE).sort("start").row(-1, named=True)
    move = AskedMove(job_id=last["job_id"], line_id=LINE, start=last["start"] + timedelta(minutes=1))
    draft = day.price(SAID + timedelta(minutes=20), moves=[move])
    assert draft.bars.job_id == [last["job_id"]]
    back = day.price(SAID + timedelta(minutes=30), ended=[AskedEnd(line_id=LINE)])
    assert DONE["job_id"] not in back.bars.job_id
    assert back.violations == []


@pytest.mark.parametrize("until", [None, UNTIL + timedelta(minutes=20)])
def test_what_a_line_did_before_the_outage_and_the_ledger_tells_later_goes_back_to_where_it_stood(
    day: Day, until: datetime | None
):
    day.take(out(day), SAID)
    assert placed(day.schedule, BEGUN)[0] >= UNTIL
    ahead(day)
    now = SAID + timedelta(minutes=10)
    draft = day.price(now, ended=[AskedEnd(line_id=LINE, until=until)])
    desk = Desk(PARK, PLAN, folder_opening(PARK))
    assert desk.revise(day.schedule, SAID, outages=day.facts.read("outages", ISO)) == ""
    released = [JobRelease(job_id, "P", "S", "F", LINE, 1, 0.0) for job_id in ROWS.head(22)["job_id"]]
    desk.note(Orders(SAID, releases=tuple(released)), Receipts(0))
    payload = day.planner.payload(draft.id)
    revisions = Revisions(PARK, PLAN, day.journal, Recorder(day.journal, ISO), desk)
    revisions.carry_out(Ask("c9", "revise", payload | {"who": "Wang"}), now)
    assert placed(desk.schedule, DONE) == (DONE["start"], DONE["end"])
    assert placed(desk.schedule, BEGUN)[0] == BEGUN["start"]
    start, _ = placed(desk.schedule, NEXT)
    assert (until or now) <= start < (until or UNTIL) + timedelta(minutes=40)


@pytest.mark.parametrize("begun", [True, False])
def test_the_run_takes_it_by_the_same_facts(day: Day, *, begun: bool):
    ahead(day, begun=begun)
    desk = Desk(PARK, PLAN, folder_opening(PARK))
    payload = day.planner.payload(out(day).id)
    revisions = Revisions(PARK, PLAN, day.journal, Recorder(day.journal, ISO), desk)
    said = revisions.carry_out(Ask("c1", "revise", payload | {"who": "Wang"}), SAID + timedelta(minutes=1))
    assert said == "revision 1 of the plan is in force"
    assert placed(desk.schedule, DONE) == (DONE["start"], DONE["end"])
    assert desk.outages["start"].to_list() == [SAID]


@pytest.mark.parametrize(
    ("row", "says"),
    [(DONE, "is done; choose"), (BEGUN, "has begun; choose"), (NEXT, f"line {LINE} is ahead of its plan and takes it")],
)
def test_a_drag_of_what_a_line_that_is_ahead_has_done_begun_or_takes_next_is_refused_at_once(
    day: Day, row: dict, says: str
):
    now, last = DONE["start"] - timedelta(minutes=35), ROWS.row(-1, named=True)
    ahead(day, now - timedelta(minutes=1))
    with pytest.raises(PlanError) as refused:
        day.price(now, moves=[AskedMove(job_id=row["job_id"], line_id=LINE, start=last["start"])])
    assert f"job {row['job_id']}: {says}" in str(refused.value)
    draft = day.price(now, moves=[AskedMove(job_id=last["job_id"], line_id=LINE, start=DONE["start"])])
    moved = dict(zip(draft.bars.job_id, draft.bars.start_s, strict=True))
    stood = (BEGUN["start"] - PARK.midnight(DAY)) / timedelta(seconds=1)
    assert moved[last["job_id"]] >= stood + 30 * 60 - 1
    assert {DONE["job_id"], BEGUN["job_id"], NEXT["job_id"]}.isdisjoint(moved)
