"""An order that comes into a running day: a fact with its jobs, built and delivered, met again in a replay."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from run_park import DAY, HOUR, ISO, MINUTE, STEADY, Ask, Asks, contents, small_park, small_plan

from parkwright.make.laid import placed_on
from parkwright.model.opening import folder_opening
from parkwright.plan.revise import DayFacts, base_of, laid_out, revision
from parkwright.plan.room import laid_with
from parkwright.plan.rush import NewOrder, entered, order_lines
from parkwright.run.clock import SimulatedClock
from parkwright.run.day import DayRun
from parkwright.run.desk import Day, Desk
from parkwright.run.hear import RefusedError
from parkwright.run.ports import Image, Receipts
from parkwright.run.recorder import Recorder
from parkwright.run.revise import Revisions, payload_of
from parkwright.store.journal import Journal
from parkwright.twin.park import Twin

PARK, PLAN = small_park(), small_plan()
START, END = PARK.day_bounds(DAY)
SHIFT = PARK.shifts(DAY)[0][0]
ASKED_AT = SHIFT + HOUR + 10 * MINUTE
FACTS = DayFacts(PARK, DAY, PLAN.orders, PLAN.jobs, PLAN.schedule, PLAN.signal)
WANTED = NewOrder("P-B", 5, SHIFT + 5 * HOUR, "HOME")


def asked(*wanted: NewOrder, at=ASKED_AT - MINUTE) -> tuple[DayFacts, pl.DataFrame, dict[str, Any]]:
    """A day with new orders, the schedule with them, and the payload that asks for it."""
    new = order_lines(PARK, DAY, PLAN.orders, wanted, at)
    orders, jobs = entered(PARK, DAY, PLAN.orders, PLAN.jobs, new)
    facts = replace(FACTS, orders=orders, jobs=jobs)
    laid = laid_with(facts, new["order_id"].to_list(), at + 30 * MINUTE)
    made = revision(facts, laid, placed_on(laid.floor), base=base_of(FACTS, laid_out(FACTS)))
    assert made.violations == ()
    return facts, made.schedule, payload_of(ISO, PLAN.schedule, made.schedule, new)


WITH, SCHEDULE, PAYLOAD = asked(WANTED)
JOB, ORDER = WITH.jobs["job_id"][-1], WITH.orders["order_id"][-1]


def run(journal: Journal, asks: Asks, stop_at=None):
    opening = folder_opening(PARK)
    twin, clock = Twin(PARK, DAY, 1, opening), SimulatedClock(PARK.midnight(DAY))
    day = DayRun(PARK, DAY, 1, twin, twin, journal, clock, opening, STEADY, commands=asks)
    return day.run(lambda: stop_at is not None and clock.now() >= stop_at)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The ledger of a day into which an order came."""
    path = tmp_path_factory.mktemp("whole") / "ledger.db"
    with Journal(path) as journal:
        asks = Asks((ASKED_AT, PAYLOAD))
        run(journal, asks)
        assert asks.answers == [("revision 1 of the plan is in force", False)]
    return path


def test_a_new_order_is_a_fact_and_is_built_by_name_and_packed(whole: Path) -> None:
    with Journal.reader(whole) as facts:
        read = {
            kind: facts.read(kind, ISO)
            for kind in ("job_orders", "jobs", "kits", "job_responses", "passages", "passports", "moves", "revisions")
        }
    assert read["job_orders"].filter(pl.col("order_id") == ORDER).select("product_id", "quantity", "due").row(0) == (
        "P-B", 5, WANTED.due,
    )  # fmt: skip
    assert read["jobs"].filter(pl.col("order_id") == ORDER)["job_id"].to_list() == [JOB]
    assert JOB in set(read["revisions"]["job_id"])
    kit = read["kits"].filter(pl.col("job_id") == JOB)["at"]
    assert kit.len() == 1
    assert kit[0] > ASKED_AT
    done = read["job_responses"].filter(pl.col("job_id") == JOB).row(0, named=True)
    assert done["good"] + done["scrapped"] == 5
    assert done["end"] <= WANTED.due
    units = read["passages"].filter(pl.col("job_id") == JOB)["unit_id"].n_unique()
    assert units == 5
    own = read["passports"].filter(pl.col("order_id") == ORDER)
    assert own["unit_id"].n_unique() == done["good"]
    assert set(own["status"]) == {"provisional", "final"}
    assert set(own["product_id"]) == {"P-B"}
    assert read["passports"]["unit_id"].n_unique() == read["job_responses"]["good"].sum()


@pytest.mark.slow
def test_a_day_with_a_new_order_ends_in_the_same_ledger_whenever_it_is_started_again(
    whole: Path, tmp_path: Path
) -> None:
    cut = tmp_path / "cut.db"
    with Journal(cut) as journal:
        assert run(journal, Asks((ASKED_AT, PAYLOAD)), stop_at=ASKED_AT + 20 * MINUTE) is None
    with Journal(cut) as journal:
        run(journal, Asks())
    assert contents(cut) == contents(whole)


def test_two_revisions_are_met_again_each_at_its_instant(tmp_path: Path) -> None:
    """The second brings another order; a replay that met both at once would give its lines to the first."""
    second = order_lines(PARK, DAY, WITH.orders, [WANTED], ASKED_AT + 10 * MINUTE)
    orders, jobs = entered(PARK, DAY, WITH.orders, WITH.jobs, second)
    facts = replace(WITH, orders=orders, jobs=jobs, schedule=SCHEDULE)
    laid = laid_with(facts, second["order_id"].to_list(), ASKED_AT + 40 * MINUTE)
    made = revision(facts, laid, placed_on(laid.floor))
    asks = Asks((ASKED_AT, PAYLOAD), (ASKED_AT + 10 * MINUTE, payload_of(ISO, SCHEDULE, made.schedule, second)))
    path = tmp_path / "ledger.db"
    with Journal(path) as journal:
        run(journal, asks, stop_at=ASKED_AT + 30 * MINUTE)
        assert asks.answers[-1] == ("revision 2 of the plan is in force", False)
    before = contents(path)
    with Journal(path) as journal:
        run(journal, Asks(), stop_at=ASKED_AT + HOUR)
        assert journal.read("jobs", ISO).equals(jobs.select(journal.read("jobs", ISO).columns))
        at = journal.read("revisions", ISO).group_by("revision").agg(pl.col("at").unique()).sort("revision")
        assert at["at"].explode().to_list() == [ASKED_AT, ASKED_AT + 10 * MINUTE]
        desk = Desk(PARK, PLAN, folder_opening(PARK))
        assert Revisions(PARK, PLAN, journal, Recorder(journal, ISO), desk).meet(ASKED_AT + HOUR)
        assert desk.day.jobs.equals(jobs)
        assert desk.day.orders.equals(orders)
    assert [row for row in contents(path) if row[0] == "desk"] == [row for row in before if row[0] == "desk"]


def changed(column: str, value: object) -> dict[str, Any]:
    names = ["order_id", "product_id", "quantity", "release", "due", "weight", "market_id"]
    row = list(PAYLOAD["orders"][0])
    row[names.index(column)] = value
    return PAYLOAD | {"orders": [row]}


@pytest.mark.parametrize(
    ("payload", "says"),
    [
        (changed("product_id", "P-Z"), "product P-Z is none that is sold"),
        (changed("order_id", PLAN.orders["order_id"][0]), "is an order of this day already"),
        (changed("due", 0), "not after it comes in"),
        (changed("quantity", 0), "no line takes 0 units"),
        (changed("quantity", 6), "breaks"),
        (changed("market_id", "MARS"), "market MARS is not in this park"),
        (PAYLOAD | {"orders": "all"}, "its orders are no order lines"),
        (PAYLOAD | {"orders": [["x"]]}, "its orders are no order lines"),
        ({k: v for k, v in PAYLOAD.items() if k != "orders"}, f"job {JOB} is not of this day"),
        (PAYLOAD | {"rows": payload_of(ISO, PLAN.schedule.tail(-1), PLAN.schedule)["rows"]}, "has no place in it"),
    ],
)
def test_an_order_that_cannot_come_is_refused_and_leaves_nothing(
    tmp_path: Path, payload: dict[str, Any], says: str
) -> None:
    desk = Desk(PARK, PLAN, folder_opening(PARK))
    with Journal(tmp_path / "ledger.db") as journal:
        recorder = Recorder(journal, ISO)
        revisions = Revisions(PARK, PLAN, journal, recorder, desk)
        with pytest.raises(RefusedError, match=says):
            revisions.carry_out(Ask("c1", "revise", payload), ASKED_AT)
        assert recorder.commit(ASKED_AT) == 0
        assert desk.day.orders.equals(PLAN.orders)
        assert revisions.carry_out(Ask("c2", "revise", PAYLOAD), ASKED_AT) == "revision 1 of the plan is in force"
        assert recorder.commit(ASKED_AT) == 3


def test_the_kit_of_a_new_job_is_called_off_once_and_carried_by_a_robot() -> None:
    desk = Desk(PARK, PLAN, folder_opening(PARK))
    first = desk.decide(Image(SHIFT, {}))
    assert JOB not in {one.job_id for one in first.call_offs}
    new = Day(WITH.orders.tail(1), WITH.jobs.tail(1))
    assert desk.revise(SCHEDULE, SHIFT, new) == ""
    assert desk.day.jobs.equals(WITH.jobs)
    call = [one for one in desk.decide(Image(SHIFT, {})).call_offs if one.job_id == JOB]
    assert [(one.product_id, one.quantity) for one in call] == [("P-B", 5)]
    carried: list[str] = []
    for n in range(288):
        orders = desk.decide(Image(START + n * 5 * MINUTE, {}))
        carried += [one.load_id for one in orders.transports]
        desk.note(orders, Receipts(len(orders.transports)))
    assert len([load_id for load_id in carried if JOB in load_id]) == 2
