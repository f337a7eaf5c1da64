"""The rule's kernel: working time, the pool of boards, and which job a line takes, each known by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from make_park import DAY, LINES, PATTERN, local, order_lines, small_park

from parkwright.make.boards import boards_per_unit
from parkwright.make.jobs import explode
from parkwright.make.park_day import board_supply, with_need_times
from parkwright.make.problem import Standing, job_arrays, lines_of, paces, pool_of, to_ms
from parkwright.make.rule import NO_BOARDS, NO_TIME, boards_at, fit, opens, place, works
from parkwright.model.tables import SCHEDULE
from parkwright.supply.available import kits

OPENED = np.array([100, 300], dtype=np.int64)
CLOSED = np.array([200, 400], dtype=np.int64)
LARGEST = np.iinfo(np.int64).max


def ints(*values):
    return np.array(values, dtype=np.int64)


@pytest.mark.parametrize(("instant", "found"), [(0, 100), (100, 100), (199, 199), (200, 300), (399, 399), (400, -1)])
def test_working_time_opens(instant, found):
    assert opens(instant, OPENED, CLOSED) == found


@pytest.mark.parametrize(
    ("instant", "work", "found"),
    [(0, 0, 100), (0, 100, 200), (0, 101, 301), (150, 100, 350), (250, 100, 400), (250, 101, -1), (400, 0, -1)],
)
def test_work_is_done_in_working_time_only(instant, work, found):
    assert works(instant, work, OPENED, CLOSED) == found


@given(st.integers(0, 400), st.integers(0, 210), st.integers(0, 210))
def test_work_done_in_two_parts_ends_when_the_whole_does(instant, first, second):
    middle = works(instant, first, OPENED, CLOSED)
    whole = works(instant, first + second, OPENED, CLOSED)
    if middle < 0:
        assert whole < 0
    elif second:
        assert whole == works(middle, second, OPENED, CLOSED)


@pytest.mark.parametrize(
    ("free", "setup", "ready", "work", "found"),
    [
        (100, 0, 0, 10, (100, 100, 110)),
        (100, 20, 0, 10, (100, 120, 130)),
        (100, 20, 150, 10, (130, 150, 160)),
        (190, 20, 0, 10, (190, 310, 320)),
        (100, 20, 210, 10, (190, 310, 320)),
        (100, 0, 250, 10, (300, 300, 310)),
        (100, 0, 390, 11, (-1, -1, -1)),
        (100, 350, 0, 1, (-1, -1, -1)),
        (100, 0, 400, 1, (-1, -1, -1)),
        (400, 0, 0, 1, (-1, -1, -1)),
    ],
)
def test_a_job_fits_after_its_changeover_and_its_kit(free, setup, ready, work, found):
    assert fit(free, setup, ready, work, OPENED, CLOSED) == found


NEED = (ints(0, 1, 3), ints(0, 0, 1), ints(5, 1, 2))
SUPPLY = (ints(0, 2, 3), ints(0, 70, 40), ints(4, 9, 2))


@pytest.mark.parametrize(
    ("job", "used", "at"),
    [(0, (0, 0), 70), (0, (4, 0), 70), (0, (5, 0), LARGEST), (1, (0, 0), 40), (1, (4, 0), 70), (1, (0, 1), LARGEST)],
)
def test_boards_are_there_when_the_pool_holds_all_kinds_beside_those_used(job, used, at):
    assert boards_at(job, NEED, SUPPLY, ints(*used)) == at


def test_a_job_without_boards_is_ready_at_once():
    assert boards_at(0, (ints(0, 0), ints(), ints()), SUPPLY, ints(0, 0)) == 0


def one_line(works_ms, due, family, ready=None, boards=None):
    """Jobs on one line with two families, setup 10 between them and 5 at first, open from 0 to 1000."""
    count = len(works_ms)
    jobs = (
        np.ones((count, 1), dtype=np.bool_),
        ints(*works_ms).reshape(-1, 1),
        np.zeros((count, 1), dtype=np.int64),
        ints(*(ready or [0] * count)),
        ints(*due),
        np.ones(count),
        ints(*family),
    )
    setup = ints(0, 10, 10, 0, 5, 5).reshape(1, 3, 2)
    pool = boards or ((ints(*[0] * (count + 1)), ints(), ints()), (ints(0), ints(), ints()))
    return place(jobs, (setup, ints(0), ints(1000)), pool, (ints(0), ints(2)), (100.0, 10.0))


def test_the_first_job_is_set_up_and_others_of_its_family_follow_without():
    assert one_line([50, 50], [1000, 1000], [0, 0]).tolist() == [[0, 0, 5, 55], [0, 55, 55, 105]]


def test_the_nearer_due_date_goes_first_and_the_changeover_is_paid():
    assert one_line([50, 50], [1000, 100], [0, 1])[:, 1:3].tolist() == [[55, 65], [0, 5]]


def test_the_shorter_job_goes_first_when_nothing_else_differs():
    assert one_line([80, 40], [10, 10], [0, 0])[:, 2].tolist() == [45, 5]


def test_a_job_that_is_not_ready_lets_others_pass():
    assert one_line([50, 50], [1000, 1000], [0, 0], ready=[500, 0])[:, 2].tolist() == [500, 5]


def test_a_job_that_does_not_fit_has_no_time_and_the_others_are_placed():
    found = one_line([2000, 50], [10, 1000], [0, 0])
    assert found[0, 0] == NO_TIME
    assert found[1].tolist() == [0, 0, 5, 55]


def test_boards_used_by_one_job_are_gone_for_the_next():
    pool = ((ints(0, 1, 2), ints(0, 0), ints(3, 3)), (ints(0, 2), ints(0, 400), ints(3, 5)))
    found = one_line([50, 50], [100, 1000], [0, 0], boards=pool)
    assert found[0].tolist() == [0, 0, 5, 55]
    assert found[1, 0] == NO_BOARDS


def test_a_line_stands_as_the_pass_before_left_it():
    before = Standing(ints(0, 7), ints(2, 2))
    after = before.after(ints(0, 0, 5, 55, 0, 55, 55, 90, -1, 0, 0, 0).reshape(3, 4), ints(0, 1, 0))
    assert after.free.tolist() == [90, 7]
    assert after.family.tolist() == [1, 2]
    assert before.free.tolist() == [0, 7]


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


def test_the_pool_holds_what_jobs_need_and_what_lots_give_in_time():
    jobs = full_jobs(("o1", "p1", 5, 0, 22), ("o2", "p3", 6, 0, 22), ("o3", "p1", 7, 0, 22))
    pool = pool_of(jobs, boards_per_unit(PARK), {"b1": [(90, 4), (0, 50)], "b2": []})
    assert [part.tolist() for part in pool.need] == [[0, 1, 1, 2], [0, 0], [5, 7]]
    assert [part.tolist() for part in pool.supply] == [[0, 2, 2], [0, 90], [50, 54]]


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


def test_supply_is_the_opening_stock_and_the_good_of_each_lot_at_its_end():
    jobs = full_jobs(("o1", "p1", 150, 0, 22))
    lots = jobs.filter(jobs["product_id"] == "b1")
    at = local(9)
    rows = [(job_id, "SMT", LINES[0].id, at, at, at, 0.0, 0.0, 0.0) for job_id in lots["job_id"]]
    schedule = SCHEDULE.empty().vstack(type(lots)(rows, schema=SCHEDULE.schema, orient="row"))
    assert board_supply(PARK, ["b1", "b2"], schedule, lots) == {"b1": [(0, 50), (to_ms(at), 100)], "b2": [(0, 50)]}
