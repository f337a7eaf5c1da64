"""People whom a park's lines share: planned within, checked from outside, kept when the plan changes."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from make_park import ASSUMED, DAY, EVERY_DAY, NAME, flat_signal, local, order_lines, small_park

from parkwright.make.account import people
from parkwright.make.floor import Placed
from parkwright.make.heads import heads
from parkwright.make.jobs import explode
from parkwright.make.laid import lay
from parkwright.make.park_check import check
from parkwright.make.park_day import dispatch
from parkwright.make.problem import crews_of, to_ms
from parkwright.make.reason import reason
from parkwright.make.replan import Wishes, staffed
from parkwright.make.whatif import Move, moved
from parkwright.model.site import Calendar, Crew, CrewLine, CrewShift
from parkwright.model.tables import OUTAGES


def crew(*shifts, run=2.0, setup=1.0, lines=("A", "B")) -> Crew:
    """People of the assembly lines; shifts: (start, end, heads)."""
    return Crew(
        id="fitters",
        name=NAME,
        shift=tuple(CrewShift(days=EVERY_DAY, start=start, end=end, heads=heads) for start, end, heads in shifts),
        line=tuple(CrewLine(work_center_id=line, run_heads=run, setup_heads=setup) for line in lines),
        basis=ASSUMED,
    )


FREE = small_park()
PARK = small_park(crews=(crew(("06:00", "10:00", 2), ("10:00", "14:00", 4)),))
ORDERS = order_lines(*((f"o{n}", "p3", 40, 0, 10) for n in range(40)))
JOBS = explode(PARK, ORDERS, ORDERS.select("order_id", kit_ready="release"))


@pytest.fixture(scope="module")
def made():
    return dispatch(PARK, JOBS, ORDERS, DAY, flat_signal())


@pytest.fixture(scope="module")
def free():
    return dispatch(FREE, JOBS, ORDERS, DAY, flat_signal())


@pytest.fixture(scope="module")
def laid(made):
    return lay(PARK, DAY, ORDERS, JOBS, made.schedule, flat_signal())


def most(laid, placed) -> float:
    """How many people at most are at work before ten, by the account."""
    plan = [Placed(op, *row) for op, row in enumerate(placed.tolist()) if row[0] >= 0]
    return max((busy for low, _, busy, _ in people(laid.problem, plan, 0) if low < to_ms(local(10))), default=0.0)


def test_people_are_there_by_shift_and_none_on_a_holiday():
    found = crews_of(PARK, DAY)[0]
    assert found.edge.tolist() == [to_ms(local(hour)) for hour in (6, 10, 14)]
    assert found.there.tolist() == [2.0, 4.0, 0.0]
    assert found.need.tolist() == [[0.0, 2.0, 2.0]]
    assert found.setup_need.tolist() == [0.0, 1.0, 1.0]
    holiday = small_park(crews=PARK.crews, calendar=Calendar(holidays=(DAY.isoformat(),)))
    assert crews_of(holiday, DAY)[0].edge.size == 0


def test_heads_of_shifts_that_overlap_count_together():
    park = small_park(crews=(crew(("06:00", "12:00", 2), ("10:00", "14:00", 3)),))
    assert crews_of(park, DAY)[0].there.tolist() == [2.0, 5.0, 3.0, 0.0]


def test_a_plan_asks_for_no_more_people_than_are_there_and_a_check_from_outside_agrees(made, free):
    assert check(PARK, JOBS, ORDERS, made.schedule) == []
    assert set(made.schedule["work_center_id"]) == {"A", "B"}
    assert check(FREE, JOBS, ORDERS, free.schedule) == []
    found = check(PARK, JOBS, ORDERS, free.schedule)
    assert found[0].startswith("crew fitters: 4 people are wanted from")
    assert found[0].endswith("2 are there")


def test_what_finds_no_people_is_left_out_with_the_reason(made):
    few = small_park(crews=(crew(("06:00", "07:00", 2)),))
    found = dispatch(few, JOBS, ORDERS, DAY, flat_signal())
    assert check(few, JOBS, ORDERS, found.schedule) == []
    assert 0 < found.schedule.height < JOBS.height
    assert {one.reason for one in found.unplaced} == {"no working time left on a line that can do it, within the crews"}


def test_a_job_that_a_change_puts_where_others_work_holds_them_back(made, laid):
    last = made.schedule.filter(made.schedule["work_center_id"] == "A").sort("start")[-1]
    job_id, until = last["job_id"][0], to_ms(local(6.5))
    wishes = Wishes(until, moved=frozenset([job_id]))
    other = "B" if laid.problem.operations.work[laid.op(job_id), 2] >= 0 else "A"
    floor = moved(laid, [Move(job_id, other, to_ms(local(7)))], until)
    assert most(laid, laid.plan(floor)) > 2.0
    placed = staffed(laid, floor, wishes)
    assert most(laid, placed) <= 2.0
    assert placed[laid.op(job_id), 2] == laid.plan(floor)[laid.op(job_id), 2]
    frozen = laid.was[:, 1] < until
    assert np.array_equal(placed[frozen], laid.plan(floor)[frozen])


def test_a_change_that_asks_for_nobody_else_moves_nothing(laid):
    assert np.array_equal(staffed(laid, laid.floor, Wishes(0)), laid.plan(laid.floor))


def test_heads_by_interval_are_the_most_in_it_and_hours_add_up(made, laid):
    edge = np.array([to_ms(local(hour)) for hour in np.arange(0, 24.5, 0.5)])
    found = heads(laid.problem, laid.was, edge)[0]
    by_hour = dict(zip(np.arange(0, 24, 0.5).tolist(), zip(found.at_work, found.there, strict=True), strict=True))
    assert [by_hour[hour] for hour in (5.5, 6.0, 14.0)] == [(0.0, 0.0), (2.0, 2.0), (0.0, 0.0)]
    assert by_hour[10.0] == (4.0, 4.0)
    assert (found.at_work <= found.there).all()
    assert found.there_h == 4 * 2 + 4 * 4
    setup_h = float((laid.was[:, 2] - laid.was[:, 1]).sum()) / 3.6e6
    run_h = float(laid.problem.operations.work[np.arange(40), laid.was[:, 0]].sum()) / 3.6e6
    assert made.schedule.height == JOBS.height == 40
    assert found.worked_h == pytest.approx(2.0 * run_h + setup_h)


def test_what_has_begun_and_what_an_outage_of_the_day_delays_is_no_fault_of_the_plan(free):
    begun = free.schedule["job_id"].to_list()
    assert check(PARK, JOBS, ORDERS, free.schedule, begun=begun) == []
    rows = [(line, local(23), local(24), "x", "Wang", local(7), "c") for line in ("A", "B")]
    out = pl.DataFrame(rows, schema=OUTAGES.schema, orient="row")
    assert check(PARK, JOBS, ORDERS, free.schedule, out) == []


def test_a_job_that_waits_for_people_says_so(laid):
    waits = {
        bound.what
        for job_id in JOBS["job_id"]
        for found in [reason(laid, job_id, 0)]
        if found is not None and found.bounds[0].at == found.place.start
        for bound in found.bounds[:1]
    }
    assert "crew" in waits
