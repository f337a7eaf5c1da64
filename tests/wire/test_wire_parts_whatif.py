"""What a change of a day with lots in parts is priced at is what the plan costs once it is in force."""

from __future__ import annotations

from datetime import timedelta

import pytest
from planner_day import SHIFT, Day
from run_park import DAY, ISO
from test_run_parts import written

from parkwright.model.errors import PlanError
from parkwright.model.opening import folder_opening
from parkwright.plan.day import make_plan
from parkwright.show.answers.plan import plan as page
from parkwright.show.answers.planning import AskedEnd, AskedMove, AskedOrder, AskedOutage
from parkwright.show.frames import Frames

NOW = SHIFT - timedelta(minutes=40)
PARTS = ["J-BIG.1", "J-BIG.2", "J-BIG.3", "J-BIG.4"]


@pytest.fixture(scope="module")
def planned(tmp_path_factory):
    """The park with a second line whose big order is planned in four parts, and its plan."""
    park = written(tmp_path_factory.mktemp("parts") / "park", "part_min = 30\nparts_max = 4\n")
    return park, make_plan(park, DAY, 1, folder_opening(park))


@pytest.fixture
def day(planned, tmp_path):
    made = Day(tmp_path / "ledger.db", *planned)
    yield made
    made.close()


def move(job: str, line: str, minutes: float) -> AskedMove:
    return AskedMove(job_id=job, line_id=line, start=SHIFT + timedelta(minutes=minutes))


def in_force(day: Day, planned, draft) -> None:
    """Take a draft, and hold its price against the plan in force as a planner and the page read it anew."""
    day.take(draft, NOW)
    assert day.planner.objective(ISO) == draft.after
    shown = page(planned[0], Frames(day.facts), DAY, NOW)
    assert (shown.plan_hash, shown.late_count) == (draft.plan_hash, draft.after.late_orders)
    late = {one.order_id for one in shown.late}
    assert set(draft.newly_late) <= late
    assert late.isdisjoint(draft.no_more_late)


@pytest.mark.parametrize(
    ("moves", "late"),
    [
        ([move("J-SMALL", "L-2", 320)], []),
        ([move("J-BIG.1", "L-1", 0)], ["BIG"]),
        ([move("J-BIG.4", "L-2", 100)], ["BIG"]),
        ([move("J-BIG.3", "L-2", 300), move("J-BIG.1", "L-1", 310)], ["BIG"]),
        ([move(job, "L-1", 0) for job in PARTS], ["BIG"]),
    ],
)
def test_parts_that_are_dragged_cost_what_they_are_priced_at(day: Day, planned, moves, late) -> None:
    draft = day.price(NOW, moves=moves)
    assert draft.newly_late == late
    in_force(day, planned, draft)
    back = day.price(NOW, moves=[move("J-SMALL", "L-1", 320)], rushed=["BIG"])
    in_force(day, planned, back)


def test_a_lot_stays_in_the_parts_that_it_was_planned_in(day: Day, planned) -> None:
    order = AskedOrder(product_id="P-A", quantity=60, due=SHIFT + timedelta(hours=7), market_id="HOME")
    draft = day.price(NOW, orders=[order], moves=[move("J-BIG.4", "L-2", 100)])
    assert draft.orders[0].jobs == [f"J-{draft.orders[0].order_id}"]
    assert set(PARTS) <= set(day.planner._drafts[draft.id].made.schedule["job_id"])
    with pytest.raises(PlanError, match="takes lots of 1 to 40, this is one of 60"):
        day.price(NOW, orders=[order], moves=[move("J-R-260715-001", "L-2", 200)])


def test_an_outage_over_parts_and_its_end_cost_what_they_are_priced_at(day: Day, planned) -> None:
    out = AskedOutage(
        line_id="L-2", start=SHIFT + timedelta(minutes=20), until=SHIFT + timedelta(hours=4), reason="crew"
    )
    said = day.price(NOW, out=[out], moves=[move("J-SMALL", "L-1", 320)])
    assert said.newly_late == ["BIG"]
    in_force(day, planned, said)
    ended = day.price(NOW, ended=[AskedEnd(line_id="L-2", until=SHIFT + timedelta(minutes=50))])
    assert ended.after.total_cny < ended.before.total_cny
    in_force(day, planned, ended)
