"""A plan changed while the day runs: refused with its reason or in force, durable before it is answered, replayed."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from run_park import COARSE, DAY, HOUR, ISO, MINUTE, contents, small_park, small_plan

from parkwright.make.laid import placed_on
from parkwright.model.errors import LedgerError
from parkwright.model.opening import Opening, folder_opening
from parkwright.model.tables import KITS, SAMPLES, SCHEDULE
from parkwright.plan.expected import of_schedule
from parkwright.plan.revise import Change, DayFacts, by_hand, laid_out, revision, schedule_hash
from parkwright.run.clock import SimulatedClock
from parkwright.run.day import DayRun
from parkwright.run.desk import Desk
from parkwright.run.hear import CUT_OFF
from parkwright.run.levels import level_signals
from parkwright.run.ports import Image, JobRelease, Orders, Receipts
from parkwright.run.revise import in_force, payload_of
from parkwright.store.journal import Journal
from parkwright.twin.park import Twin

PARK, PLAN = small_park(), small_plan()
START, END = PARK.day_bounds(DAY)
SHIFT = PARK.shifts(DAY)[0][0]
ASKED_AT = SHIFT + HOUR
LATE_JOB = PLAN.schedule.sort("start")["job_id"][-2]
FIRST_JOB = PLAN.schedule.sort("start")["job_id"][0]


@dataclass(frozen=True)
class Ask:
    id: str
    payload: dict[str, Any]
    kind: str = "revise"


@dataclass
class Box:
    """Commands that arrive at instants, each handed out once, and what was answered."""

    asks: list[tuple[datetime, Ask]]
    answers: dict[str, tuple[str, bool]] = field(default_factory=dict)
    durable: dict[str, int] = field(default_factory=dict)
    facts: Journal | None = None
    cut_off: list[Ask] = field(default_factory=list)

    def take_commands(self, now: datetime) -> list[Ask]:
        come = [ask for at, ask in self.asks if at <= now]
        self.asks = [(at, ask) for at, ask in self.asks if at > now]
        return come

    def unanswered(self) -> list[Ask]:
        return self.cut_off

    def answer_command(self, command_id: str, answer: str, *, refused: bool = False) -> None:
        if command_id in self.answers:
            raise LedgerError(f"command {command_id}: was not taken")
        self.answers[command_id] = (answer, refused)
        if self.facts is not None:
            self.durable[command_id] = self.facts.read("revisions", ISO).height


def moved_to(job_id: str, at: datetime, schedule: pl.DataFrame | None = None) -> tuple[pl.DataFrame, dict[str, Any]]:
    """A schedule in which the job is dragged to an instant, and the payload that asks for it."""
    base = PLAN.schedule if schedule is None else schedule
    facts = DayFacts(PARK, DAY, PLAN.orders, PLAN.jobs, base, PLAN.signal)
    laid = laid_out(facts)
    line = base.filter(pl.col("job_id") == job_id)["work_center_id"][0]
    made = revision(facts, laid, placed_on(by_hand(laid, Change(moves=[(job_id, line, at)]), START)))
    assert made.violations == ()
    return made.schedule, payload_of(ISO, base, made.schedule)


def run(journal: Journal, box: Box, stop_at: datetime | None = None):
    opening = folder_opening(PARK)
    twin = Twin(PARK, DAY, 1, opening)
    clock = SimulatedClock(PARK.midnight(DAY))
    day = DayRun(PARK, DAY, 1, twin, twin, journal, clock, opening, COARSE, commands=box)
    return day.run(lambda: stop_at is not None and clock.now() >= stop_at)


EARLIER = PLAN.schedule.sort("start")["start"][-3]
ASKED, PAYLOAD = moved_to(LATE_JOB, EARLIER)


def test_an_accepted_change_is_in_force_before_it_is_answered_and_the_line_builds_by_it(tmp_path: Path) -> None:
    with Journal(tmp_path / "ledger.db") as journal:
        box = Box([(ASKED_AT, Ask("c1", PAYLOAD))], facts=journal)
        run(journal, box)
        assert box.answers == {"c1": ("revision 1 of the plan is in force", False)}
        assert box.durable["c1"] == ASKED.height
        recorded = journal.read("revisions", ISO)
        found = in_force(recorded)
        assert found is not None
        assert schedule_hash(found) == schedule_hash(ASKED)
        assert recorded["at"].unique().to_list() == [ASKED_AT]
        done = journal.read("job_responses", ISO).sort("end")["job_id"].to_list()
    with Journal(tmp_path / "other.db") as journal:
        run(journal, Box([]))
        plain = journal.read("job_responses", ISO).sort("end")["job_id"].to_list()
        assert journal.read("revisions", ISO).height == 0
    assert done.index(LATE_JOB) < plain.index(LATE_JOB)


@pytest.mark.slow
def test_a_day_that_is_stopped_and_started_again_ends_in_the_same_ledger(tmp_path: Path) -> None:
    with Journal(tmp_path / "whole.db") as journal:
        run(journal, Box([(ASKED_AT, Ask("c1", PAYLOAD))]))
    with Journal(tmp_path / "cut.db") as journal:
        box = Box([(ASKED_AT, Ask("c1", PAYLOAD))])
        assert run(journal, box, stop_at=ASKED_AT + 2 * HOUR) is None
        assert box.answers["c1"] == ("revision 1 of the plan is in force", False)
    with Journal(tmp_path / "cut.db") as journal:
        unanswered = Box([])
        run(journal, unanswered)
        assert unanswered.answers == {"c1": ("revision 1 of the plan is in force", False)}
    whole, cut = contents(tmp_path / "whole.db"), contents(tmp_path / "cut.db")
    assert [row[:5] for row in cut] == [row[:5] for row in whole]
    assert [row[5] for row in cut] == [row[5] for row in whole]


def test_a_command_is_not_taken_while_the_past_is_replayed(tmp_path: Path) -> None:
    with Journal(tmp_path / "ledger.db") as journal:
        run(journal, Box([]), stop_at=ASKED_AT + HOUR)
    with Journal(tmp_path / "ledger.db") as journal:
        box = Box([(START, Ask("c1", PAYLOAD))])
        run(journal, box, stop_at=ASKED_AT + 2 * HOUR)
        assert box.answers["c1"][1] is False
        assert journal.read("revisions", ISO)["at"].min() > ASKED_AT


@pytest.mark.parametrize(
    ("payload", "kind", "says"),
    [
        (PAYLOAD, "hold", "the run knows no command 'hold'"),
        (PAYLOAD | {"day": "2026-07-16"}, "revise", "the run is at 2026-07-15, not at 2026-07-16"),
        (PAYLOAD | {"base": "0" * 64}, "revise", "the plan has changed meanwhile"),
        (PAYLOAD | {"rows": []}, "revise", "it changes no job"),
        (PAYLOAD | {"rows": "all"}, "revise", "it changes no job"),
        (PAYLOAD | {"out": ["J-none"]}, "revise", "what it leaves out is not in the plan"),
        (PAYLOAD | {"rows": [["x", 1]]}, "revise", "its rows are no schedule"),
        (PAYLOAD | {"rows": [["J-none", *PAYLOAD["rows"][0][1:]]]}, "revise", "job J-none is not of this day"),
        (PAYLOAD | {"rows": [[*PAYLOAD["rows"][0][:3], 0, 0, 1, 1.0, 1.0, 1.0]]}, "revise", "breaks"),
        ({}, "revise", "not at None"),
    ],
)
def test_what_cannot_be_done_is_refused_with_its_reason_and_leaves_nothing(
    tmp_path: Path, payload: dict[str, Any], kind: str, says: str
) -> None:
    with Journal(tmp_path / "ledger.db") as journal:
        box = Box([(SHIFT, Ask("c1", payload, kind))])
        run(journal, box, stop_at=SHIFT + 10 * MINUTE)
        answer, refused = box.answers["c1"]
        assert refused
        assert says in answer
        assert journal.read("revisions", ISO).height == 0


def test_a_second_change_builds_on_the_first_and_a_stale_one_is_refused(tmp_path: Path) -> None:
    order = ASKED.sort("start")
    again, second = moved_to(order["job_id"][-4], order["start"][-6], ASKED)
    with Journal(tmp_path / "ledger.db") as journal:
        asks = [
            (ASKED_AT, Ask("c1", PAYLOAD)),
            (ASKED_AT + HOUR, Ask("c2", second)),
            (ASKED_AT + HOUR, Ask("c3", second)),
        ]
        box = Box(asks)
        run(journal, box, stop_at=ASKED_AT + 2 * HOUR)
        assert box.answers["c2"] == ("revision 2 of the plan is in force", False)
        assert box.answers["c3"] == (
            "the plan has changed meanwhile; look at it as it stands and change that one", True,
        )  # fmt: skip
        found = in_force(journal.read("revisions", ISO))
        assert found is not None
        assert schedule_hash(found) == schedule_hash(again)


def test_a_change_may_push_jobs_off_the_day_and_says_which(tmp_path: Path) -> None:
    crowded = ASKED.filter(pl.col("job_id") != PLAN.schedule.sort("start")["job_id"][-1])
    payload = payload_of(ISO, PLAN.schedule, crowded)
    out = set(PLAN.schedule["job_id"]) - set(crowded["job_id"])
    assert set(payload["out"]) == out
    assert out
    with Journal(tmp_path / "ledger.db") as journal:
        box = Box([(ASKED_AT, Ask("c1", payload))])
        run(journal, box, stop_at=ASKED_AT + HOUR)
        assert box.answers["c1"][1] is False
        assert not out & set(journal.read("revisions", ISO)["job_id"])


def test_what_was_taken_by_a_run_that_ended_is_refused_unless_it_was_recorded(tmp_path: Path) -> None:
    with Journal(tmp_path / "ledger.db") as journal:
        run(journal, Box([(ASKED_AT, Ask("c1", PAYLOAD))]), stop_at=ASKED_AT + MINUTE)
        after = Box([], cut_off=[Ask("c1", PAYLOAD), Ask("c2", PAYLOAD)])
        run(journal, after, stop_at=ASKED_AT + HOUR)
        assert after.answers["c2"] == (CUT_OFF, True)
        assert after.answers["c1"] == ("revision 1 of the plan is in force", False)


def test_the_plant_is_planned_for_the_load_of_the_schedule_in_force() -> None:
    idle = of_schedule(PARK, DAY, PLAN.schedule.clear(), PLAN.signal)
    count = idle.starts.len()
    assert idle.load_kw.sum() < PLAN.ahead.load_kw[:count].sum()
    assert PLAN.ahead.after(count).starts[0] == END
    asked = []
    for schedule in (None, PLAN.schedule, PLAN.schedule.clear()):
        desk = Desk(PARK, PLAN, folder_opening(PARK))
        if schedule is not None:
            assert desk.revise(schedule, START) == ""
        held = {name: 0.5 * PLAN.stored_kwh[asset].max() for name, asset in level_signals(PARK).items()}
        samples = pl.DataFrame(
            [(START, signal, value, "good") for signal, value in held.items()], schema=SAMPLES.schema, orient="row"
        )
        asked.append([desk.decide(Image(START + n * HOUR, {"samples": samples})).set_points for n in range(1, 20)])
    assert asked[0] == asked[1]
    assert asked[0] != asked[2]


def desk_with_first_job_released() -> Desk:
    desk = Desk(PARK, PLAN, Opening())
    kits = pl.DataFrame({"job_id": PLAN.jobs["job_id"], "at": [SHIFT] * PLAN.jobs.height}, schema=KITS.schema)
    orders = desk.decide(Image(SHIFT, {"kits": kits}))
    assert FIRST_JOB in {release.job_id for release in orders.releases}
    desk.note(orders, Receipts(1))
    return desk


def test_a_job_that_was_released_is_not_moved_any_more() -> None:
    desk = desk_with_first_job_released()
    later, _ = moved_to(FIRST_JOB, EARLIER)
    assert "was released to its line meanwhile" in desk.revise(later, SHIFT)
    assert desk.schedule.equals(PLAN.schedule)


def test_a_job_whose_share_of_a_run_alone_changes_is_asked_for_and_taken_though_it_was_released() -> None:
    share = pl.when(pl.col("job_id") == FIRST_JOB).then(pl.col("energy_kwh") / 2).otherwise("energy_kwh")
    after = PLAN.schedule.with_columns(share.alias("energy_kwh"))
    assert [row[0] for row in payload_of(ISO, PLAN.schedule, after)["rows"]] == [FIRST_JOB]
    assert payload_of(ISO, PLAN.schedule, PLAN.schedule)["rows"] == []
    desk = Desk(PARK, PLAN, folder_opening(PARK))
    released = JobRelease(FIRST_JOB, "P-A", "assembly", "", PLAN.schedule["work_center_id"][0], 1, 0.0)
    desk.note(Orders(SHIFT, releases=(released,)), Receipts(1))
    assert desk.revise(after, SHIFT) == ""
    assert desk.schedule.equals(after)


def test_a_changed_job_is_brought_its_kit_by_the_new_plan_and_nothing_twice() -> None:
    desk = desk_with_first_job_released()
    assert desk.revise(ASKED, SHIFT) == ""
    sent: list[str] = []
    at = SHIFT
    while at < END:
        orders = desk.decide(Image(at, {}))
        sent += [order.task_id for order in orders.transports]
        desk.note(orders, Receipts(len(orders.transports)))
        at += 5 * MINUTE
    assert len(sent) == len(set(sent))
    assert in_force(SCHEDULE.empty().with_columns(revision=pl.lit(0, dtype=pl.Int64))) is None
