"""A day's jobs as arrays, its working time, and when board lots are needed, each known by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from make_park import DAY, PATTERN, local, order_lines, small_park

from parkwright.make.jobs import explode
from parkwright.make.park_day import with_need_times
from parkwright.make.problem import Lines, job_arrays, lines_of, paces, to_ms
from parkwright.supply.available import kits

LINES_OF_A_DAY = Lines(
    np.zeros((2, 3, 2), dtype=np.int64), np.array([100, 300]), np.array([200, 400]), {"a": 0, "b": 1}
)


@pytest.mark.parametrize(("work", "found"), [(0, 100), (1, 101), (100, 200), (101, 301), (200, 400), (201, -1)])
def test_work_is_done_in_working_time_only(work, found):
    assert LINES_OF_A_DAY.after(work) == found


@given(st.integers(0, 199))
def test_a_little_more_work_is_done_a_little_later(work):
    assert 1 <= LINES_OF_A_DAY.after(work + 1) - LINES_OF_A_DAY.after(work) <= 101


def test_a_day_finds_its_lines_free_when_work_begins_and_set_up_for_nothing():
    free, family = LINES_OF_A_DAY.fresh()
    assert free.tolist() == [100, 100]
    assert family.tolist() == [2, 2]


PARK = small_park(order_pattern=PATTERN.model_copy(update={"opening_boards": 50}))


def full_jobs(*rows):
    orders = order_lines(*rows)
    jobs = explode(PARK, orders, kits(PARK, orders))
    return jobs.join(orders.select("order_id", "release", "due", "weight"), on="order_id", maintain_order="left")


def test_jobs_as_arrays_say_who_can_do_them_and_how_long():
    jobs = full_jobs(("small", "p3", 5, 2, 22), ("large", "p3", 60, 0, 20))
    arrays = job_arrays(PARK, jobs, lines_of(PARK, DAY).families, paces(PARK))
    assert arrays.able.tolist() == [[False, True, False], [False, False, True]]
    assert arrays.work[1, 2] == 60 * 10_000
    assert arrays.tail[1, 2] == 20_000 - 10_000
    assert arrays.ready.tolist() == [to_ms(local(2.1)), to_ms(local(0.1))]
    assert arrays.due.tolist() == [to_ms(local(22)), to_ms(local(20))]


def timed(*rows):
    """The lots of b1 with the times at which they are needed."""
    jobs = full_jobs(*rows)
    finished = jobs["product_id"].is_in(["b1", "b2"])
    return with_need_times(PARK, jobs.filter(jobs["product_id"] == "b1"), jobs.filter(~finished), lines_of(PARK, DAY))


def test_a_lot_is_due_when_the_first_job_begins_that_the_stock_does_not_serve():
    lots = timed(("o1", "p1", 30, 0, 10), ("o2", "p1", 70, 0, 12), ("o3", "p3", 100, 0, 22))
    assert lots["due"].to_list() == [local(6 + 16 * 30 / 200)]
    assert lots["weight"].to_list() == [float(lots["quantity"][0])]


def test_the_next_lot_is_due_when_the_lot_before_is_used_up():
    lots = timed(("o1", "p1", 100, 0, 10), ("o2", "p3", 300, 0, 12), ("o3", "p1", 500, 0, 22))
    assert lots.height == 2
    assert lots["due"].to_list() == [local(6), local(6 + 16 * 400 / 900)]


def test_a_lot_for_stock_alone_is_due_when_its_order_is():
    lots = timed(("o1", "p3", 10, 0, 12), ("stock-b1", "b1", 20, 0, 21))
    assert lots["due"].to_list() == [local(21)]
