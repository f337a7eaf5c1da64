"""The planner behind the page: drafts cost what they say, searches fall, nothing is changed before it is accepted."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from run_park import DAY, ISO, small_park, small_plan

from parkwright.model.errors import PlanError
from parkwright.model.tables import REVISIONS, TABLES, TIME
from parkwright.plan.revise import schedule_hash
from parkwright.plan.trades import CARBON_CNY_PER_KG
from parkwright.run.ports import Batch
from parkwright.show.answers.planning import AskedChange, AskedMove, AskedOutage, Certificate, Draft
from parkwright.store.journal import Journal
from parkwright.wire import proving
from parkwright.wire.planning import DayPlanner

PARK, PLAN = small_park(), small_plan()
START, END = PARK.day_bounds(DAY)
SHIFT = PARK.shifts(DAY)[0][0]
ORDER = PLAN.schedule.sort("start")
LAST, LINE = ORDER["job_id"][-2], ORDER["work_center_id"][-2]
BASE = schedule_hash(PLAN.schedule)


def batch(sequence: int, kind: str, rows: pl.DataFrame) -> Batch:
    return Batch("test", ISO, sequence, kind, ISO, rows)


@pytest.fixture
def ledger(tmp_path: Path):
    """A ledger that holds the plan of a day and nothing else, and a writer to it."""
    with Journal(tmp_path / "ledger.db") as journal:
        tables = PLAN.tables()
        kinds = ("job_orders", "jobs", "schedule", "signal")
        journal.append([batch(n, kind, tables[kind]) for n, kind in enumerate(kinds)], START)
        yield tmp_path / "ledger.db", journal


@pytest.fixture
def planner(ledger):
    facts = Journal.reader(ledger[0])
    made = DayPlanner(PARK, facts)
    yield made
    made.close()
    facts.close()


def asked(*moves: tuple[str, str, datetime], **more: object) -> AskedChange:
    found = [AskedMove(job_id=job_id, line_id=line_id, start=start) for job_id, line_id, start in moves]
    return AskedChange(base=BASE, moves=found, **more)


def settled(ask: Callable[[], Draft | None]) -> Draft:
    for _ in range(400):
        found = ask()
        assert found is not None
        if found.state != "searching":
            return found
        time.sleep(0.05)
    raise AssertionError("the search did not end")


def test_the_objective_adds_up_and_setups_are_those_of_the_folder(planner: DayPlanner) -> None:
    found = planner.objective(ISO)
    parts = [name for name in type(found).model_fields if name.endswith("_cny") and name != "total_cny"]
    assert sum(getattr(found, name) for name in parts) == pytest.approx(found.total_cny, abs=1e-4)
    assert found.jobs == PLAN.schedule.height
    assert found.energy_kwh == pytest.approx(float(PLAN.schedule["energy_kwh"].sum()))
    setups = planner.setups(ISO)
    assert [line.line_id for line in setups.lines] == [line.id for line in PARK.work_centers]
    assert all(len(line.minutes) == len(setups.families) for line in setups.lines)


def test_a_reason_says_line_times_and_price(planner: DayPlanner) -> None:
    found = planner.reason(ISO, LAST, SHIFT)
    row = PLAN.schedule.filter(pl.col("job_id") == LAST).row(0, named=True)
    assert (found.line_id, found.start, found.end) == (LINE, row["start"], row["end"])
    assert [bound.at for bound in found.bounds] == sorted((bound.at for bound in found.bounds), reverse=True)
    assert found.price_cny_per_kwh > 0
    with pytest.raises(PlanError, match="job J-none: is not among"):
        planner.reason(ISO, "J-none", SHIFT)
    with pytest.raises(PlanError, match="2026-07-16: has no plan yet"):
        planner.reason("2026-07-16", LAST, SHIFT)


def test_a_draft_costs_a_move_and_changes_nothing(planner: DayPlanner, ledger) -> None:
    head = ledger[1].head()
    earlier = ORDER["start"][-4]
    draft = planner.propose(ISO, asked((LAST, LINE, earlier)), SHIFT)
    assert draft.state == "ready"
    assert draft.after is not None
    assert draft.changed == len(draft.bars.job_id) - len(set(draft.left_out) - set(draft.bars.job_id)) > 0
    assert LAST in draft.bars.job_id
    assert draft.bars.start_s[draft.bars.job_id.index(LAST)] >= (earlier - START) // timedelta(seconds=1)
    assert draft.plan_hash != draft.base == BASE
    assert planner.draft(draft.id) == draft
    assert draft.before == planner.objective(ISO)
    assert ledger[1].head() == head
    payload = planner.payload(draft.id)
    assert (payload["day"], payload["base"]) == (ISO, BASE)


def test_a_search_tells_how_the_objective_falls_and_keeps_pins_and_outages(planner: DayPlanner) -> None:
    pin = ORDER["job_id"][-1]
    out = [AskedOutage(line_id=LINE, until=SHIFT + timedelta(hours=2), reason="maintenance")]
    change = asked(pinned=[pin], out=out, search_s=0.4)
    first = planner.propose(ISO, change, SHIFT)
    assert first.state == "searching"
    with pytest.raises(PlanError, match="still being searched"):
        planner.payload(first.id)
    draft = settled(lambda: planner.draft(first.id))
    assert draft.state == "ready", draft.detail
    assert draft.share == 1.0
    assert len(draft.curve_cny) > 1
    assert draft.curve_cny == sorted(draft.curve_cny, reverse=True)
    assert draft.violations == []
    assert pin not in draft.bars.job_id
    seconds = (SHIFT + timedelta(hours=2) - START).total_seconds()
    moved = [start for line, start in zip(draft.bars.line, draft.bars.setup_s, strict=True) if line >= 0]
    assert min(moved) >= seconds


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (AskedChange(base="0" * 64), "has changed meanwhile"),
        (asked(("J-none", LINE, END)), "job J-none: is not among"),
        (asked((LAST, "Z", END)), "line Z: does not exist"),
        (asked(rushed=["O-none"]), "order O-none: has no job that waits"),
        (asked((LAST, LINE, END.replace(tzinfo=None))), "has no offset"),
        (asked((ORDER["job_id"][0], LINE, END)), "begins too soon to be moved"),
    ],
)
def test_what_cannot_be_asked_is_told(planner: DayPlanner, change: AskedChange, says: str) -> None:
    with pytest.raises(PlanError, match=says):
        planner.propose(ISO, change, SHIFT + timedelta(hours=1))


def test_drafts_are_kept_for_a_while_only(planner: DayPlanner) -> None:
    assert planner.draft("0" * 32) is None
    with pytest.raises(PlanError, match="is not kept any more"):
        planner.payload("0" * 32)


def test_a_revision_is_the_plan_in_force_for_the_next_question(planner: DayPlanner, ledger) -> None:
    shifted = PLAN.schedule.with_columns(
        pl.when(pl.col("job_id") == ORDER["job_id"][-1]).then(pl.col("end") + pl.duration(minutes=1)).otherwise("end")
    ).cast({"end": TIME})
    rows = shifted.with_columns(
        revision=pl.lit(1, dtype=pl.Int64), at=pl.lit(SHIFT).cast(TIME), command_id=pl.lit("c1")
    ).select(list(TABLES["revisions"].schema))
    ledger[1].append([batch(4, "revisions", rows.match_to_schema(REVISIONS.schema))], SHIFT)
    with pytest.raises(PlanError, match="has changed meanwhile"):
        planner.propose(ISO, asked(), SHIFT)
    change = AskedChange(base=schedule_hash(shifted))
    assert planner.propose(ISO, change, SHIFT).base == schedule_hash(shifted)


def test_a_sweep_fills_up_in_the_background(planner: DayPlanner) -> None:
    found = planner.trades(ISO, START - timedelta(hours=1))
    for _ in range(600):
        if found.state != "searching":
            break
        time.sleep(0.05)
        found = planner.trades(ISO, START)
    assert found.state == "ready", found.detail
    own = found.in_force.carbon_cny_per_kg
    assert [point.carbon_cny_per_kg for point in found.points] == sorted({*CARBON_CNY_PER_KG, own})
    assert found.searched == found.searches == 2 * len(found.points) - 1
    objective = planner.objective(ISO)
    assert found.in_force.cost_cny == pytest.approx(objective.total_cny - objective.carbon_cny)


def proven(planner: DayPlanner, now: datetime) -> Certificate:
    """Ask until the proof has ended."""
    for _ in range(400):
        found = planner.certificate(ISO, now)
        if found.state != "searching":
            return found
        assert found.proven is None
        time.sleep(0.05)
    raise AssertionError("the proof did not end")


def test_parts_of_the_plan_in_force_are_proven_once_and_nothing_is_changed(planner: DayPlanner, monkeypatch) -> None:
    monkeypatch.setattr(proving, "PARTS", 3)
    first = planner.certificate(ISO, START)
    assert first.state == "searching" or first.looked == 3
    found = proven(planner, START)
    assert (found.base, found.since, found.looked) == (BASE, START + timedelta(minutes=30), 3), found.detail
    assert 0 <= found.proven <= 3
    assert found.gain_cny >= 0.0
    assert found.energy_bound_cny <= found.energy_cny + 1e-6
    assert proven(planner, END) == found, "one proof for one plan"
    assert planner.plan_hash(ISO) == BASE


def test_what_can_no_longer_be_moved_is_in_no_part(planner: DayPlanner) -> None:
    found = proven(planner, END)
    assert (found.since, found.looked, found.proven, found.gain_cny) == (END, 0, 0, 0.0)


def test_a_day_without_a_plan_has_nothing_to_prove(planner: DayPlanner) -> None:
    with pytest.raises(PlanError, match="has no plan yet"):
        planner.certificate("2026-01-01", START)
