"""What has begun keeps its place whatever a change pushes: its boards are built in, its line is ahead of the plan."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from laid_day import DAY, ORDERS, PARK, jobs, ms, planned, stepped
from make_park import local

from parkwright.make.laid import Progress
from parkwright.make.park_check import check
from parkwright.make.replan import rest_of
from parkwright.model.errors import PlanError
from parkwright.model.tables import JOB_RESPONSES, PASSAGES, TIME
from parkwright.plan.outage import Outage, as_felt, outage_rows
from parkwright.plan.revise import (
    Change,
    DayFacts,
    Revision,
    base_of,
    by_hand,
    laid_out,
    progress_of,
    revision,
    wishes_of,
)

FACTS = DayFacts(PARK, DAY, ORDERS, jobs(), planned().schedule, stepped())
LAID = laid_out(FACTS)
MADE_OF = [tuple(LAID.day.jobs["job_id"][op] for op in pair) for pair in LAID.problem.links.tolist()]
"""Lots of boards, and the jobs that the plan makes of them."""
BASE = base_of(FACTS, LAID)
ROW = {row["job_id"]: row for row in FACTS.schedule.iter_rows(named=True)}
SAID = local(6.0) + timedelta(minutes=20)
HEAD = {line.id: line.work_unit[0].id for line in PARK.work_centers}
LOT, DONE, BEGUN, WAITS = "B-O-00-01", "J-O-15", "J-O-06", "J-O-12"
"""A lot of boards in the making at SAID, and jobs that the plan makes of it, all to begin after SAID: one is done, one
has begun, one waits for its boards."""


def table(kind, rows) -> pl.DataFrame:
    schema = {name: pl.Datetime("us", "UTC") if kind == TIME else kind for name, kind in kind.schema.items()}
    return pl.DataFrame(rows, schema=schema, orient="row").cast(kind.schema)


def made(begun: list[str], done: list[str], at: datetime = SAID) -> tuple[pl.DataFrame, pl.DataFrame]:
    """PASSAGES and JOB_RESPONSES by which jobs have begun and are done."""
    since = at - timedelta(minutes=1)
    passages = [(f"u-{job}", job, "S", HEAD[ROW[job]["work_center_id"]], since, since, "ok") for job in begun]
    return table(PASSAGES, passages), table(JOB_RESPONSES, [(job, "L", since, since, 1, 0) for job in done])


def as_it_is(begun: list[str], done: list[str], *out: Outage, at: datetime = SAID) -> DayFacts:
    passages, responses = made(begun, done, at)
    said = outage_rows(PARK, DAY, out, at)
    felt = as_felt(PARK, FACTS.jobs, FACTS.schedule, said, passages, responses)
    paused = frozenset(one.line_id for one in out)
    return replace(FACTS, outages=felt, progress=progress_of(passages, responses, at), paused=paused)


def revised(facts: DayFacts, change: Change | None = None, at: datetime = SAID) -> Revision:
    laid = laid_out(facts, frozen_until=at + timedelta(minutes=30))
    floor = by_hand(laid, change or Change(), at + timedelta(minutes=30))
    return revision(facts, laid, laid.plan(floor), base=BASE)


def kept(found: Revision, job_id: str, *columns: str) -> bool:
    row = found.schedule.filter(pl.col("job_id") == job_id).row(0, named=True)
    return all(row[name] == ROW[job_id][name] for name in columns or tuple(row))


def test_what_is_made_of_a_delayed_lot_already_is_not_told_as_delayed():
    out = Outage("SMT", "stuck", None, local(12.0))
    plain = revised(as_it_is([LOT], [], out))
    assert {"O-15", "O-06", "O-12"} <= set(plain.newly_late)
    facts = as_it_is([LOT, "J-O-00", DONE, BEGUN], ["J-O-00", DONE], out)
    found = revised(facts)
    assert kept(found, DONE)
    assert kept(found, BEGUN)
    assert {DONE, BEGUN}.isdisjoint(found.changed)
    assert set(plain.newly_late) - set(found.newly_late) == {"O-15", "O-06"}
    assert found.schedule.filter(pl.col("job_id") == WAITS)["start"][0] >= local(12.0)
    assert found.violations == ()
    assert any(f"{BEGUN}: starts" in one for one in check(PARK, FACTS.jobs, ORDERS, found.schedule, facts.outages))


def test_what_is_made_of_a_delayed_lot_already_holds_up_nothing_behind_it():
    found = revised(as_it_is([LOT, DONE], [DONE], Outage("SMT", "stuck", None, local(12.0))))
    assert kept(found, "J-O-02")
    assert "O-02" not in found.newly_late


def test_a_job_that_was_passed_over_does_not_push_one_that_has_begun():
    found = revised(as_it_is([LOT, "J-O-03"], [], Outage("SMT", "stuck", None, local(12.0))))
    assert kept(found, "J-O-03", "work_center_id", "setup_start", "start", "end")
    assert found.schedule.filter(pl.col("job_id") == WAITS)["start"][0] >= local(12.0)
    assert found.violations == ()


def test_a_job_begun_ahead_on_a_line_that_is_out_for_the_day_stays_there():
    first = ["J-O-05", "J-O-11", "J-O-14", BEGUN, "J-O-09", "J-O-small", "J-O-13"]
    facts = as_it_is([*first, LOT], first[:-1], Outage("A", "broken"), at=local(6.0) + timedelta(minutes=2))
    found = revised(facts, at=local(6.0) + timedelta(minutes=2))
    assert found.stranded == ("J-O-13",)
    assert found.left_out == ()
    assert kept(found, "J-O-13", "work_center_id", "setup_start", "start")
    assert found.violations == ()


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_what_is_done_stays_and_what_has_begun_keeps_its_line_and_time(data: st.DataObject):
    begun, done = [], []
    for line in PARK.work_centers:
        own = FACTS.schedule.filter(pl.col("work_center_id") == line.id).sort("start")["job_id"].to_list()
        first = own[: data.draw(st.integers(0, len(own)), label=f"begun on {line.id}")]
        passed = data.draw(st.sets(st.sampled_from(first or [""]), max_size=1), label="passed over")
        first = [job for job in first if job not in passed]
        begun += first
        done += first if data.draw(st.booleans(), label="all done") else first[:-1]
    begun += [lot for lot, job in MADE_OF if job in begun and lot not in begun]
    line = data.draw(st.sampled_from([line.id for line in PARK.work_centers]), label="out")
    start, long_h = data.draw(st.floats(6.4, 8.0), label="from"), data.draw(st.floats(0.1, 20.0), label="for")
    until = min(local(start + long_h), PARK.day_bounds(DAY)[1])
    found = revised(as_it_is(begun, done, Outage(line, "x", local(start), until)))
    assert found.violations == ()
    for job in begun:
        still = ("job_id",) if job in done or ROW[job]["work_center_id"] != line else ()
        assert kept(found, job, *("work_center_id", "setup_start", "start", "end")[: 4 if still else 3])
    orders = {job.removeprefix("J-") for job in done if job.startswith("J-")}
    assert orders.isdisjoint(found.newly_late)
    assert set(done).isdisjoint(found.changed)


@pytest.mark.parametrize(
    ("job", "says"),
    [
        (DONE, f"job {DONE}: is done; choose one that has not begun"),
        (BEGUN, f"job {BEGUN}: has begun; choose one that has not begun"),
        ("J-O-12", "job J-O-12: line B is ahead of its plan and takes it soon; choose one that it is to begin after "),
    ],
)
def test_a_move_of_what_runs_or_soon_does_is_refused_by_name(job: str, says: str):
    at = local(5.0)
    facts = as_it_is([LOT, DONE, BEGUN], [DONE], at=at)
    with pytest.raises(PlanError) as refused:
        revised(facts, Change(moves=[(job, "A", local(9.0))]), at)
    assert says in str(refused.value)
    assert revised(as_it_is([], [], at=at), Change(moves=[(job, "A", local(9.0))]), at).changed != ()


def test_nothing_is_put_before_what_a_line_that_is_ahead_takes_next():
    at = local(5.0)
    facts = as_it_is([LOT, DONE], [DONE], at=at)
    found = revised(facts, Change(moves=[("J-O-03", "B", local(6.0))]), at)
    assert found.schedule.filter(pl.col("job_id") == "J-O-03")["start"][0] >= local(10.0)
    early = revised(facts, Change(moves=[("J-O-13", "B", local(6.0))]), at)
    row = early.schedule.filter(pl.col("job_id") == "J-O-13").row(0, named=True)
    assert row["work_center_id"] == "B"
    assert row["start"] >= local(6.0) + timedelta(minutes=59)
    laid = laid_out(facts)
    rest = rest_of(laid, laid.plan(laid.floor), wishes_of(laid, Change(), at + timedelta(minutes=30)))
    ids = laid.day.jobs["job_id"].to_list()
    assert {DONE, LOT, "J-O-12"} <= {ids[one.op] for one in rest.kept}
    assert rest.lines.free[laid.line("B")] == laid.stands[laid.line("B")] + 30 * 60_000
    assert rest.lines.free[laid.line("A")] == ms(6.0)


def test_progress_is_what_the_facts_tell_until_an_instant():
    passages, responses = made([LOT, DONE], [DONE])
    assert progress_of(passages, responses, SAID) == Progress(frozenset({LOT, DONE}), frozenset({DONE}))
    assert progress_of(passages, responses, SAID - timedelta(minutes=2)) == Progress()
