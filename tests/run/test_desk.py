"""The desk: each job is called off and released once, what was refused is offered again, set-points keep time."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta

import polars as pl
import pytest
from run_park import DAY, MINUTE, QUARTER, small_park, small_plan

from parkwright.model.command import Refusal
from parkwright.model.opening import Opening, folder_opening
from parkwright.model.tables import KITS
from parkwright.run.desk import Desk
from parkwright.run.ports import Image, Orders, Receipts
from parkwright.twin.park import Twin

PARK, PLAN = small_park(), small_plan()
START, END = PARK.day_bounds(DAY)
SHIFT = PARK.shifts(DAY)[0][0]


def all_kits(at: datetime) -> Image:
    jobs = PLAN.jobs["job_id"]
    return Image(at, {"kits": pl.DataFrame({"job_id": jobs, "at": [at] * len(jobs)}, schema=KITS.schema)})


def things(orders: Orders) -> list[str]:
    named = [one.job_id for one in orders.call_offs] + [one.job_id for one in orders.releases]
    return named + [one.task_id for one in orders.transports]


def refused(orders: Orders, *thing_ids: str) -> Receipts:
    found = [one for one in things(orders) if one in thing_ids]
    return Receipts(len(things(orders)) - len(found), tuple(Refusal(one, "not now") for one in found))


def test_the_first_cycle_calls_off_the_kit_of_every_job_and_no_later_one_does():
    desk = Desk(PARK, PLAN, Opening())
    first = desk.decide(Image(START, {}))
    assert [one.job_id for one in first.call_offs] == PLAN.jobs["job_id"].to_list()
    desk.note(first, refused(first))
    assert desk.decide(Image(START + MINUTE, {})).call_offs == ()


def test_a_refused_call_off_is_offered_again_and_a_taken_one_is_not():
    desk = Desk(PARK, PLAN, Opening())
    first = desk.decide(Image(START, {}))
    gone = [first.call_offs[0].job_id, first.call_offs[3].job_id]
    desk.note(first, refused(first, *gone))
    second = desk.decide(Image(START + MINUTE, {}))
    assert [one.job_id for one in second.call_offs] == gone
    desk.note(second, refused(second))
    assert desk.decide(Image(START + 2 * MINUTE, {})).call_offs == ()


def test_nothing_is_released_before_its_kit_is_there():
    desk = Desk(PARK, PLAN, Opening())
    assert desk.decide(Image(SHIFT, {})).releases == ()
    assert desk.decide(all_kits(SHIFT + MINUTE)).releases != ()


def test_a_refused_release_is_offered_again_and_a_taken_one_is_not():
    desk = Desk(PARK, PLAN, Opening())
    first = desk.decide(all_kits(SHIFT))
    gone = first.releases[-1].job_id  # without it the line has less ahead of it than it should
    desk.note(first, Receipts(0, tuple(Refusal(one.job_id, "queue full") for one in first.releases)))
    again = desk.decide(Image(SHIFT + MINUTE, {}))
    assert [one.job_id for one in again.releases] == [one.job_id for one in first.releases]
    desk.note(again, refused(again, gone))
    third = desk.decide(Image(SHIFT + 2 * MINUTE, {}))
    taken = {one.job_id for one in again.releases} - {gone}
    assert gone in {one.job_id for one in third.releases}
    assert not taken & {one.job_id for one in third.releases}


def test_a_refused_transport_is_offered_again_and_a_taken_one_is_not():
    desk = Desk(PARK, PLAN, Opening())
    at = max(PLAN.tasks["release"].sort()[0], START)
    first = desk.decide(Image(at, {}))
    gone = first.transports[0].task_id
    desk.note(first, refused(first, gone))
    second = desk.decide(Image(at + MINUTE, {}))
    assert gone in {one.task_id for one in second.transports}
    assert not ({one.task_id for one in first.transports} - {gone}) & {one.task_id for one in second.transports}


def test_set_points_are_given_at_the_start_of_their_interval_and_only_then():
    desk, told = Desk(PARK, PLAN, Opening()), []
    for minute in range(24 * 60):
        at = START + minute * MINUTE
        told += [(at, one.asset_id, one.power_kw) for one in desk.decide(Image(at, {})).set_points]
    planned = PLAN.dispatch.filter(pl.col("asset_id") != "grid").select("start", "asset_id", "power_kw")
    assert sorted(told) == sorted(planned.iter_rows())
    assert {at for at, _, _ in told} <= {START + n * QUARTER for n in range(96)}


def run_to(until: datetime, refuse=lambda _orders: ()) -> tuple[list[Orders], list[Receipts]]:
    desk, twin = Desk(PARK, PLAN, Opening()), Twin(PARK, DAY, 1, folder_opening(PARK))
    given, answers, at = [], [], START
    while at < until:
        at += MINUTE
        orders = desk.decide(twin.sense(at))
        answer = twin.act(orders)
        desk.note(orders, answer)
        given.append(orders)
        answers.append(answer)
    return given, answers


@pytest.fixture(scope="module")
def day():
    return run_to(END)


def test_over_a_day_every_released_job_and_carried_task_is_taken_once(day):
    given, answers = day
    named = Counter()
    for orders, receipts in zip(given, answers, strict=True):
        no = {one.thing_id for one in receipts.refused}
        named.update(("release", one.job_id) for one in orders.releases if one.job_id not in no)
        named.update(("task", one.task_id) for one in orders.transports if one.task_id not in no)
    assert set(named.values()) == {1}
    released = {thing for kind, thing in named if kind == "release"}
    assert released == set(PLAN.schedule["job_id"])


def test_the_same_images_give_the_same_orders(day):
    given, _ = day
    until = SHIFT + timedelta(hours=2)
    again, _ = run_to(until)
    assert again == given[: len(again)]
