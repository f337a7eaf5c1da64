"""A change by hand: the job goes where it was put, the others give way, nothing else moves; why a job stands there."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from laid_day import DAY, ORDERS, PARK, differing, jobs, laid, ms, planned, stepped

from parkwright.make.floor import END, START
from parkwright.make.laid import counted, lay, placed_on, scheduled
from parkwright.make.park_check import check
from parkwright.make.reason import reason
from parkwright.make.whatif import Move, moved, place_at, rushed, tried
from parkwright.model.errors import PlanError

FINISHED = [f"J-O-{n:02d}" for n in range(16)]


def test_a_job_dragged_to_an_empty_hour_starts_there_and_nothing_else_moves():
    made = laid()
    floor = moved(made, [Move("J-O-02", "A", ms(13.0))], 0)
    op = made.op("J-O-02")
    assert placed_on(floor)[op, [0, 2]].tolist() == [made.line("A"), ms(13.0)]
    assert differing(placed_on(made.floor), placed_on(floor)) == [op]
    assert check(PARK, jobs(), ORDERS, scheduled(made, placed_on(floor))) == []


def test_a_job_dragged_before_another_pushes_it_back_and_costs_what_is_said():
    made = laid()
    before = placed_on(made.floor)
    first = made.op("J-O-01")
    floor = moved(made, [Move("J-O-06", "B", int(before[first, 2]))], 0)
    after = placed_on(floor)
    assert after[made.op("J-O-06"), 2] < after[first, 2]
    assert after[first, 2] > before[first, 2]
    assert floor.cost_cny() == pytest.approx(counted(made.problem, after).total_cny, abs=1e-6)
    assert check(PARK, jobs(), ORDERS, scheduled(made, after)) == []


def test_a_job_waits_for_its_kit_wherever_it_is_put():
    made = laid()
    floor = moved(made, [Move("J-O-03", "B", ms(7.0))], 0)
    assert floor.op[made.op("J-O-03"), START] >= ms(10.0)


@pytest.mark.parametrize(
    ("move", "frozen", "says"),
    [
        (Move("J-none", "A", 0), 0, "job J-none: is not among"),
        (Move("J-O-01", "Z", 0), 0, "line Z: does not exist"),
        (Move("J-O-01", "SMT", 0), 0, "line SMT cannot make it: it does SMT, not ASM"),
        (Move("J-O-small", "B", 0), 0, "it takes lots of 20 to 1000000, this is one of 3"),
        (Move("J-O-small", "A", ms(9.0)), ms(7.0), "runs, is done, or begins too soon"),
    ],
)
def test_a_move_that_cannot_be_made_is_refused_by_name(move: Move, frozen: int, says: str):
    with pytest.raises(PlanError, match=says):
        moved(laid(), [move], frozen)


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from(FINISHED), st.sampled_from("AB"), st.floats(6.0, 20.0)), min_size=1, max_size=4)
)
def test_any_moves_leave_a_plan_that_an_independent_check_passes(chosen):
    made = laid()
    floor = moved(made, [Move(job, line, ms(hour)) for job, line, hour in chosen], 0)
    placed = placed_on(floor)
    assert check(PARK, jobs(), ORDERS, scheduled(made, placed)) == []
    assert floor.cost_cny() == pytest.approx(counted(made.problem, placed).total_cny, abs=1e-6)
    assert np.array_equal(placed_on(made.floor), placed_on(laid().floor))


def test_a_try_says_what_a_move_would_cost_and_leaves_the_floor_alone():
    made = laid()
    op, line = made.op("J-O-06"), made.line("A")
    before = made.floor.worth.copy()
    place = tried(made.floor, op, line, 0, ms(6.0))
    assert place is not None
    assert np.array_equal(made.floor.op, laid().floor.op)
    assert np.array_equal(made.floor.worth, before)
    assert np.array_equal(placed_on(made.floor), placed_on(laid().floor))
    floor = moved(made, [Move("J-O-06", "A", ms(6.0))], 0)
    assert (place.start, place.end) == (floor.op[op, START], floor.op[op, END])
    assert place.change_cny == pytest.approx(floor.cost_cny() - made.floor.cost_cny(), abs=1e-9)


def test_a_rushed_order_ends_earlier_and_a_frozen_one_is_refused():
    made = laid()
    floor = made.floor.copy()
    op = made.op("J-O-13")
    rushed(made, floor, "O-13", ms(6.3))
    assert floor.op[op, END] < made.floor.op[op, END]
    assert floor.op[op, START] >= ms(6.3)
    assert check(PARK, jobs(), ORDERS, scheduled(made, placed_on(floor))) == []
    for order in ("O-none", "O-small"):
        with pytest.raises(PlanError, match=f"order {order}: has no job that waits"):
            rushed(made, made.floor.copy(), order, ms(7.0))


def test_a_job_that_was_left_out_can_be_put_in():
    short = planned().schedule.filter(pl.col("job_id") != "J-O-07")
    made = lay(PARK, DAY, ORDERS, jobs(), short, stepped())
    floor = moved(made, [Move("J-O-07", "B", ms(12.0))], 0)
    assert floor.op[made.op("J-O-07"), START] >= ms(12.0)
    assert floor.cost_cny() < made.floor.cost_cny() - 1000
    op, line = made.op("J-O-07"), made.line("A")
    place = tried(made.floor, op, line, place_at(made.floor, int(made.floor.row_of[line, 1]), op, ms(12.0)), ms(12.0))
    assert place is not None
    assert place.start >= ms(12.0)
    assert made.floor.op[op, START] < 0


def test_a_reason_names_what_holds_the_job_and_what_the_other_line_would_cost():
    made = laid()
    found = reason(made, "J-O-03", 0)
    assert found is not None
    assert found.bounds[0].what == "kit"
    assert found.bounds[0].at == ms(10.0) == found.place.start
    assert found.price_cny_per_kwh == pytest.approx(1.2)
    assert 0.4 < found.day_price_cny_per_kwh < 1.2
    assert (found.from_family, found.setup_ms) == ("fb", 120_000)
    assert [place.line for place in found.elsewhere] == [made.line("A")]
    other = found.elsewhere[0]
    floor = moved(made, [Move("J-O-03", "A", other.start)], 0)
    assert floor.cost_cny() - made.floor.cost_cny() == pytest.approx(other.change_cny, abs=1e-9)


def test_a_reason_tells_boards_line_and_the_lines_that_refuse_the_lot():
    made = laid()
    small, second = reason(made, "J-O-small", 0), reason(made, "J-O-01", 0)
    assert small is not None
    assert second is not None
    assert small.refused == ((made.line("B"), "lots of 20 to 1000000, this is one of 3"),)
    assert (small.from_family, small.setup_ms) == ("fa", 60_000)
    assert ("line", "J-O-12") in {(bound.what, bound.thing) for bound in second.bounds}
    boards = [bound for bound in second.bounds if bound.what == "boards"]
    assert boards == [] or boards[0].thing.startswith("B-")
    assert all(bound.at <= second.place.start for bound in second.bounds)


def test_a_job_without_a_place_has_no_reason():
    short = planned().schedule.filter(pl.col("job_id") != "J-O-07")
    assert reason(lay(PARK, DAY, ORDERS, jobs(), short, stepped()), "J-O-07", 0) is None
