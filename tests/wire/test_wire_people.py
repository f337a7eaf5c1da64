"""People whom lines share, as planners see them: over the day, in a job's reason, and kept by every change."""

from __future__ import annotations

import json
from datetime import timedelta

import polars as pl
import pytest
from crew_park import crew_park, written
from planner_day import Day
from run_park import DAY, ISO
from typer.testing import CliRunner

from parkwright.cli import app
from parkwright.model.opening import folder_opening
from parkwright.plan.day import make_plan
from parkwright.show.answers.planning import AskedMove, AskedOutage

HEADS = 3.0


@pytest.fixture(scope="module")
def park(tmp_path_factory):
    return crew_park(tmp_path_factory.mktemp("people") / "park")


@pytest.fixture
def day(park, tmp_path):
    made = Day(tmp_path / "ledger.db", park, make_plan(park, DAY, 1, folder_opening(park)))
    yield made
    made.close()


def test_the_people_at_work_are_told_by_interval_beside_those_who_are_there(park, day):
    found = day.planner.heads(ISO)
    (crew,) = found.crews
    assert (crew.crew_id, crew.name_en, crew.name_zh) == ("fitters", "Fitters", "装配工")
    assert found.start == park.intervals(DAY).to_list()
    assert crew.there == [0.0] * 6 + [HEADS] * 18
    assert max(crew.at_work) == HEADS
    assert 0 < crew.worked_h <= crew.there_h == 18 * HEADS


def test_a_change_by_hand_and_an_outage_make_others_wait_for_people(park, day):
    rows = day.schedule.sort("start")
    now = park.instant(DAY, "05:00")
    second, last = rows.row(1, named=True), rows.row(-1, named=True)
    other = "L-2" if second["work_center_id"] == "L-1" else "L-1"
    at = second["start"] + timedelta(minutes=1)
    draft = day.price(now, moves=[AskedMove(job_id=last["job_id"], line_id=other, start=at)])
    assert draft.violations == []
    assert draft.changed > 1
    day.take(draft, now)
    assert max(day.planner.heads(ISO).crews[0].at_work) == HEADS
    reasons = [day.planner.reason(ISO, job_id, now) for job_id in rows["job_id"]]
    waited = [bound.thing for one in reasons for bound in one.bounds[:1] if bound.what == "crew"]
    assert set(waited) == {"fitters"}
    begin, end = at + timedelta(minutes=20), at + timedelta(minutes=80)
    out = day.price(now, out=[AskedOutage(line_id=other, start=begin, until=end, reason="crew")])
    assert out.violations == []
    day.take(out, now)
    assert max(day.planner.heads(ISO).crews[0].at_work) == HEADS
    assert day.schedule.filter(pl.col("work_center_id") == other).height > 0


def test_a_search_by_command_tells_the_people(tmp_path):
    folder = written(tmp_path / "park")
    words = ["make", "solve", str(folder), "--format", "park", "--date", ISO, "--seconds", "1", "--json"]
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 0, done.output
    answer = json.loads(done.stdout)
    assert answer["valid"] is True
    assert answer["crews"]["fitters"]["most_at_work"] == HEADS
    assert answer["crews"]["fitters"]["there_h"] == 18 * HEADS
