"""Hours of a single line and hours that cost more: the plan works within them, pays for them, and a check agrees."""

from __future__ import annotations

import numpy as np
import pytest
from make_park import DAY, EVERY_DAY, flat_signal, local, order_lines, shift, small_park

from parkwright.make.jobs import explode
from parkwright.make.laid import counted, lay
from parkwright.make.park_check import check
from parkwright.make.park_day import dispatch
from parkwright.make.problem import lines_of, to_ms
from parkwright.model.site import Calendar, Shift

LATE = Shift(days=EVERY_DAY, start="14:00", end="22:00", lines=("SMT", "B"), overtime_cny_per_h=500.0)
EARLY = shift("06:00", "14:00")
ONE = small_park(calendar=Calendar(shift=(EARLY, LATE)))
BOTH = small_park(calendar=Calendar(shift=(EARLY, shift("14:00", "22:00"))))
NUMBER = {line.id: n for n, line in enumerate(ONE.work_centers)}


def planned(park, first, last, count=4, units=30):
    """Orders of so many units that come in and are due at these hours, their jobs and their plan."""
    orders = order_lines(*((f"o{n}", "p3", units, first, last) for n in range(count)))
    jobs = explode(park, orders, orders.select("order_id", kit_ready="release"))
    return orders, jobs, dispatch(park, jobs, orders, DAY, flat_signal())


def ms(hour: float) -> int:
    return to_ms(local(hour))


def test_a_line_has_its_own_hours_and_the_others_all():
    lines = lines_of(ONE, DAY)
    assert [edge.tolist() for edge in lines.hours(NUMBER["A"])] == [[ms(6)], [ms(14)]]
    assert [edge.tolist() for edge in lines.hours(NUMBER["B"])] == [[ms(6)], [ms(22)]]
    assert list(lines.own) == [NUMBER["A"]]
    assert lines_of(BOTH, DAY).own == {}
    assert ONE.shifts(DAY) == BOTH.shifts(DAY)


def test_windows_are_cut_where_an_hour_begins_to_cost_more():
    found = lines_of(ONE, DAY).windows(NUMBER["B"])
    assert found.opened.tolist() == [ms(6), ms(14)]
    assert found.closed.tolist() == [ms(14), ms(22)]
    assert found.extra_cny_per_h.tolist() == [0.0, 500.0]
    plain = lines_of(BOTH, DAY).windows(NUMBER["B"])
    assert (plain.opened.tolist(), plain.extra_cny_per_h.tolist()) == ([ms(6)], [0.0])


def test_a_plan_works_within_the_hours_of_each_line_and_an_outside_check_agrees():
    orders, jobs, made = planned(ONE, 13.9, 22, units=19)
    assert check(ONE, jobs, orders, made.schedule) == []
    assert made.schedule["start"].max() < local(14)
    assert {one.reason for one in made.unplaced} == {"no working time left on a line that can do it"}
    orders, jobs, free = planned(BOTH, 13.9, 22, units=19)
    assert set(free.schedule["work_center_id"]) == {"A"}
    assert free.schedule["start"].max() > local(14)
    assert check(ONE, jobs, orders, free.schedule)


def test_work_in_overtime_is_paid_and_ordinary_time_is_taken_where_there_is_some():
    orders, jobs, made = planned(ONE, 14, 22)
    laid = lay(ONE, DAY, orders, jobs, made.schedule, flat_signal())
    plan = laid.plan(laid.floor)
    setup_ms = plan[:, 2] - np.maximum(plan[:, 1], ms(14))
    work_h = float((laid.problem.operations.work[np.arange(4), plan[:, 0]] + setup_ms).sum()) / 3.6e6
    assert counted(laid.problem, plan).overtime_cny == pytest.approx(500.0 * work_h)
    orders, jobs, made = planned(ONE, 0, 22)
    laid = lay(ONE, DAY, orders, jobs, made.schedule, flat_signal())
    assert counted(laid.problem, laid.plan(laid.floor)).overtime_cny == 0.0
