"""A new order in a running day: its line and jobs, its place in the plan, and what is refused by name."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import polars as pl
import pytest
from laid_day import DAY, ORDERS, PARK, jobs, planned, stepped
from make_park import local

from parkwright.make.boards import board_demand, expected_good, opening_boards
from parkwright.make.laid import placed_on
from parkwright.make.pace import of_product
from parkwright.make.park_check import check
from parkwright.model.errors import PlanError
from parkwright.plan.revise import DayFacts, base_of, laid_out, revision
from parkwright.plan.room import laid_with
from parkwright.plan.rush import NewOrder, entered, order_lines

FACTS = DayFacts(PARK, DAY, ORDERS, jobs(), planned().schedule, stepped())
BASE = base_of(FACTS, laid_out(FACTS))
NOW, FROZEN = local(8.0), local(8.5)
WANTED = NewOrder("p1", 30, local(15.0), "CN")


def come(*wanted: NewOrder, facts: DayFacts = FACTS) -> tuple[DayFacts, list[str]]:
    new = order_lines(PARK, DAY, facts.orders, wanted, NOW)
    orders, more = entered(PARK, DAY, facts.orders, facts.jobs, new)
    return replace(facts, orders=orders, jobs=more), new["order_id"].to_list()


def priced(*wanted: NewOrder):
    facts, new = come(*wanted)
    laid = laid_with(facts, new, FROZEN)
    return facts, revision(facts, laid, placed_on(laid.floor), base=BASE)


def test_a_line_is_what_the_planner_said_and_comes_in_now() -> None:
    new = order_lines(PARK, DAY, ORDERS, [WANTED, WANTED], NOW)
    assert new["order_id"].to_list() == ["R-260715-001", "R-260715-002"]
    again = order_lines(PARK, DAY, pl.concat([ORDERS, new]), [WANTED, replace(WANTED, order_id="ERP-7")], NOW)
    assert again["order_id"].to_list() == ["R-260715-003", "ERP-7"]
    row = new.row(0, named=True)
    assert (row["product_id"], row["quantity"], row["release"], row["due"]) == ("p1", 30, NOW, local(15.0))
    assert row["weight"] == 30.0 * PARK.order_pattern.lateness_cny_per_h
    bare = replace(PARK, order_pattern=None)
    with pytest.raises(PlanError, match="order R-260715-001: says not what an hour of lateness costs"):
        order_lines(bare, DAY, ORDERS, [WANTED], NOW)
    assert order_lines(bare, DAY, ORDERS, [replace(WANTED, weight_cny_per_h=4.0)], NOW)["weight"][0] == 4.0


def test_its_jobs_bring_the_boards_that_the_day_lacks_and_no_more() -> None:
    facts, (order_id,) = come(WANTED)
    more = facts.jobs.slice(FACTS.jobs.height)
    assert more["job_id"].to_list()[-1] == f"J-{order_id}"
    assert more["quantity"].to_list()[-1] == 30
    needed = board_demand(PARK, facts.orders)["b1"]

    def good(frame: pl.DataFrame) -> int:
        lots = frame.filter(pl.col("product_id") == "b1")
        made = sum(expected_good(PARK, "SMT", quantity) for quantity in lots["quantity"])
        return made + opening_boards(PARK)

    lots = more.filter(pl.col("product_id") == "b1")
    assert lots.height == int(good(FACTS.jobs) < needed)
    assert needed <= good(facts.jobs)
    if lots.height:
        assert good(facts.jobs) - needed <= 2
        assert lots["order_id"].to_list() == [order_id]
    without_boards, _ = come(NewOrder("p3", 30, local(15.0), "CN"))
    assert without_boards.jobs.slice(FACTS.jobs.height)["product_id"].to_list() == ["p3"]


@pytest.mark.parametrize(
    "wanted", [WANTED, NewOrder("p2", 25, local(12.0), "CN"), NewOrder("p3", 3, local(20.0), "CN")]
)
def test_a_new_order_is_placed_after_the_frozen_time_and_the_plan_can_be_built(wanted: NewOrder) -> None:
    facts, made = priced(wanted)
    job_id = facts.jobs["job_id"][-1]
    row = made.schedule.filter(pl.col("job_id") == job_id).row(0, named=True)
    assert row["start"] >= FROZEN
    assert row["end"] <= wanted.due
    assert made.violations == ()
    assert set(check(PARK, facts.jobs, facts.orders, made.schedule)) <= set(
        check(PARK, FACTS.jobs, ORDERS, FACTS.schedule)
    )
    assert job_id in made.changed
    assert made.before == BASE.figures
    assert made.after.energy_kwh > made.before.energy_kwh
    assert made.after.jobs == made.before.jobs + facts.jobs.height - FACTS.jobs.height
    begun = FACTS.schedule.filter(pl.col("setup_start") < FROZEN)
    same = ["job_id", "work_center_id", "start", "end"]
    assert begun.join(made.schedule, on=same, how="anti").height == 0


def test_two_new_orders_stand_in_the_same_plan() -> None:
    _, made = priced(WANTED, NewOrder("p2", 21, local(18.0), "CN"))
    assert {"J-R-260715-001", "J-R-260715-002"} <= set(made.schedule["job_id"])
    assert made.violations == ()


def test_the_same_order_gives_the_same_jobs_and_place_again() -> None:
    assert priced(WANTED)[1].plan_hash == priced(WANTED)[1].plan_hash
    assert come(WANTED)[0].jobs.equals(come(WANTED)[0].jobs)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"product_id": "p9"}, "product p9 is none that is sold; give one of p1, p2, p3"),
        ({"product_id": "b1"}, "product b1 is none that is sold"),
        ({"quantity": 0}, "no line takes 0 units of p1 at once"),
        ({"market_id": "XX"}, "market XX is not in this park; give one of CN"),
        ({"market_id": "stock"}, "market stock is not in this park"),
        ({"market_id": ""}, "market local is not in this park"),
        ({"due": NOW}, "is due at 2026-07-15 00:00:00.*give a later due time"),
        ({"weight_cny_per_h": -1.0}, "an hour of its lateness costs -1.0 CNY"),
        ({"weight_cny_per_h": float("nan")}, "an hour of its lateness costs nan CNY"),
        ({"order_id": "O-01"}, "order O-01: is an order of this day already"),
    ],
)
def test_what_cannot_be_an_order_is_refused_by_name(change: dict[str, object], says: str) -> None:
    with pytest.raises(PlanError, match=says):
        come(replace(WANTED, **change))


def test_more_units_than_a_line_makes_in_the_hours_left_are_refused_before_lots_are_made() -> None:
    """The narrow line takes any lot that small; its lots would be made first and laid one by one."""
    wide = replace(PARK, work_centers=[line.model_copy(update={"lot_max": 1_000_000}) for line in PARK.work_centers])
    new = order_lines(wide, DAY, ORDERS, [replace(WANTED, quantity=999_999)], NOW)
    with pytest.raises(PlanError, match="no line makes 999999 units of p1 in the hours left of 2026-07-15, ") as said:
        entered(wide, DAY, ORDERS, FACTS.jobs, new)
    most = int(str(said.value).split(" is the most")[0].split()[-1])
    able = [line for line in wide.work_centers if wide.product["p1"].segment_id in line.segment_ids]
    left_s = sum((end - max(start, NOW)).total_seconds() for start, end in wide.shifts(DAY))
    assert most == max(int(left_s / of_product(line, wide.product["p1"]).unit_s) for line in able)
    for quantity, at in ((most, NOW), (most // 2, local(15.0))):
        new = order_lines(wide, DAY, ORDERS, [replace(WANTED, quantity=quantity, due=local(22.0))], at)
        assert entered(wide, DAY, ORDERS, FACTS.jobs, new)[0].height == ORDERS.height + 1
    over = order_lines(wide, DAY, ORDERS, [replace(WANTED, quantity=1, due=local(23.0))], local(22.0))
    with pytest.raises(PlanError, match=", 0 is the most; give fewer units, or let it wait for another day"):
        entered(wide, DAY, ORDERS, FACTS.jobs, over)


def test_an_id_given_twice_and_a_job_that_is_there_already_are_refused() -> None:
    with pytest.raises(PlanError, match="is given twice"):
        come(replace(WANTED, order_id="X"), replace(WANTED, order_id="X"))
    taken = FACTS.jobs.head(1).with_columns(job_id=pl.lit("J-X"))
    with pytest.raises(PlanError, match="job J-X: is of this day already"):
        come(replace(WANTED, order_id="X"), facts=replace(FACTS, jobs=pl.concat([FACTS.jobs, taken])))


def test_an_order_that_finds_no_working_time_is_refused() -> None:
    facts, new = come(NewOrder("p3", 30, local(23.0), "CN"))
    with pytest.raises(PlanError, match="order R-260715-001: no line can take it today"):
        laid_with(facts, new, local(22.0) + timedelta(minutes=1))
