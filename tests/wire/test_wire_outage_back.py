"""An outage that ends otherwise, priced by the planner behind the page: what it delayed goes back as far as it can."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from planner_day import END, LINE, NOW, PLAN, START, Day

from parkwright.model.errors import PlanError
from parkwright.show.answers.planning import AskedEnd, AskedOrder, AskedOutage


@pytest.fixture
def day(tmp_path: Path):
    made = Day(tmp_path / "ledger.db")
    yield made
    made.close()


def ended(until: datetime | None = None, start: datetime | None = None) -> dict[str, object]:
    return {"ended": [AskedEnd(line_id=LINE, start=start, until=until)]}


def same(one: pl.DataFrame, other: pl.DataFrame) -> bool:
    return one.sort("job_id").equals(other.sort("job_id"))


def test_an_outage_taken_back_gives_the_plan_as_it_was(day: Day):
    said = day.out()
    assert said.changed > 0
    assert not same(day.schedule, PLAN.schedule)
    draft = day.price(NOW + timedelta(minutes=5), **ended())
    assert (draft.after, draft.before) == (said.before, said.after)
    assert draft.changed == said.changed
    (told,) = draft.outages
    assert (told.start, told.end, told.was_end, told.reason) == (START, START, END, "crew")
    day.take(draft, NOW + timedelta(minutes=5))
    assert same(day.schedule, PLAN.schedule)
    with pytest.raises(PlanError, match=f"line {LINE}: is not out now or later"):
        day.price(NOW, **ended())


@pytest.mark.parametrize("minutes", [30, 70, 150])
def test_another_end_gives_the_plan_of_an_outage_that_was_said_so_at_once(day: Day, tmp_path: Path, minutes: int):
    until = START + timedelta(minutes=minutes)
    day.out()
    day.take(day.price(NOW, **ended(until, START)), NOW)
    other = Day(tmp_path / "other.db")
    other.out(until)
    assert same(day.schedule, other.schedule)
    other.close()
    day.take(day.price(NOW, **ended()), NOW)
    assert same(day.schedule, PLAN.schedule)


@pytest.mark.parametrize(("said_before", "kit_min"), [(timedelta(minutes=80), 30), (timedelta(minutes=5), 0)])
def test_a_line_that_is_back_now_goes_on_at_once_only_with_a_kit_that_is_there(
    day: Day, said_before: timedelta, kit_min: int
):
    day.out(now=START - said_before)
    now = START + timedelta(minutes=20)
    draft = day.price(now, **ended())
    assert (draft.outages[0].end, draft.outages[0].was_end) == (now, END)
    day.take(draft, now)
    old = PLAN.schedule.filter(pl.col("start") >= START)
    new = day.schedule.join(old, on="job_id", suffix="_old")
    first = new.filter(pl.col("work_center_id") == LINE).sort("start").row(0, named=True)
    assert first["start_old"] < now
    assert timedelta(0) <= first["start"] - now - timedelta(minutes=kit_min) < timedelta(minutes=2)
    assert (new["start"] >= new["start_old"]).all()
    assert draft.after.total_cny < draft.before.total_cny


@pytest.mark.parametrize(
    ("end", "says"),
    [
        ({"line_id": "Z"}, "line Z: is not out"),
        ({"line_id": LINE, "until": NOW.replace(tzinfo=None)}, "has no offset"),
        ({"line_id": LINE, "start": NOW.replace(tzinfo=None)}, "has no offset"),
        ({"line_id": LINE, "until": END}, "give another end"),
    ],
)
def test_an_end_that_cannot_be_is_told(day: Day, end: dict[str, object], says: str):
    day.out()
    with pytest.raises(PlanError, match=says):
        day.price(NOW, ended=[AskedEnd(**end)])
    with pytest.raises(PlanError, match=r"is out from .* already"):
        day.price(NOW, out=[AskedOutage(line_id=LINE, start=START, until=END, reason="again")])


def test_a_new_order_in_the_same_draft_leaves_the_others_to_go_back(day: Day):
    day.out()
    order = AskedOrder(product_id="P-A", quantity=1, due=END + timedelta(hours=3), market_id="HOME")
    draft = day.price(NOW, orders=[order], **ended())
    assert draft.after.jobs > draft.before.jobs + 1
    assert draft.violations == []
