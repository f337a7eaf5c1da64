"""A park's day as a floor: boards pegged to lots, rows filled as planned, and what the site draws, by definition."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from make_park import DAY, flat_signal, local, order_lines, small_park

from parkwright.make.boards import boards_per_unit, expected_good, opening_boards
from parkwright.make.floor import BEGIN, DRAWN, LINE, ROW, START, Power, Rates, floor_of
from parkwright.make.jobs import explode
from parkwright.make.laid import counted
from parkwright.make.listing import list_first
from parkwright.make.park_check import check
from parkwright.make.park_day import dispatch, with_orders
from parkwright.make.park_floor import PRESSING, Day, pegs, planned, pressed, problem_of, steps_of, without
from parkwright.make.problem import job_arrays, lines_of, paces
from parkwright.model.tables import SIGNAL
from parkwright.supply.available import kits

orders_of = st.lists(
    st.tuples(st.sampled_from(["p1", "p2", "p3"]), st.integers(1, 60), st.integers(0, 8), st.integers(9, 22)),
    min_size=1, max_size=12,
)  # fmt: skip


def day_of(rows, opening=40, signal=None) -> tuple[Day, np.ndarray]:
    """Return the day of some orders and the rule's plan of it as the floor takes it."""
    park = small_park(order_pattern=small_park().order_pattern.model_copy(update={"opening_boards": opening}))
    orders = order_lines(*((f"o{n}", *row) for n, row in enumerate(rows)))
    jobs = explode(park, orders, kits(park, orders))
    ruled = dispatch(park, jobs, orders, DAY, flat_signal() if signal is None else signal, rounds=0)
    lines, pace = lines_of(park, DAY), paces(park)
    full = with_orders(jobs, orders.vstack(_stock_orders(jobs, orders)))
    arrays = job_arrays(park, full, lines.families, pace)
    steps = steps_of(flat_signal() if signal is None else signal)
    day = Day(park, full, lines, pace, arrays, steps)
    placed = np.full((full.height, 4), -1, dtype=np.int64)
    ids = [center.id for center in park.work_centers]
    where = {job_id: n for n, job_id in enumerate(full["job_id"])}
    for row in ruled.schedule.iter_rows(named=True):
        n = where[row["job_id"]]
        line = ids.index(row["work_center_id"])
        leave = int(row["end"].timestamp() * 1000) - int(arrays.tail[n, line])
        times = [int(row[name].timestamp() * 1000) for name in ("setup_start", "start")]
        placed[n] = line, *times, leave
    return day, placed


def _stock_orders(jobs: pl.DataFrame, orders: pl.DataFrame) -> pl.DataFrame:
    """Board lots that the explosion adds have no order line of a customer; give them one that is due at the end."""
    missing = sorted(set(jobs["order_id"]) - set(orders["order_id"]))
    return order_lines(*((name, "b1", 1, 0, 22) for name in missing))


@settings(max_examples=25)
@given(rows=orders_of, opening=st.sampled_from([0, 10, 40]))
def test_every_placed_job_is_pegged_to_boards_that_are_there_and_none_is_given_twice(rows, opening) -> None:
    day, placed = day_of(rows, opening)
    links, missing = pegs(day, placed)
    need = boards_per_unit(day.park)
    products, quantities = day.jobs["product_id"].to_list(), day.jobs["quantity"].to_list()
    segments = day.jobs["segment_id"].to_list()
    given_out = defaultdict(int)
    for lot, job in links.tolist():
        assert products[lot] in need[products[job]]
        given_out[lot, products[lot]] += 1
    wanted, there = Counter(), Counter()
    for job, product_id in enumerate(products):
        for board, each in need.get(product_id, {}).items():
            if job not in set(missing.tolist()):
                wanted[board] += each * quantities[job]
    for lot, product_id in enumerate(products):
        if product_id in {"b1", "b2"} and placed[lot, 0] >= 0:
            there[product_id] += expected_good(day.park, segments[lot], quantities[lot])
    for board, amount in wanted.items():
        assert amount <= opening_boards(day.park) + there[board]


@settings(max_examples=20)
@given(rows=orders_of, seed=st.integers(0, 50))
def test_the_search_of_a_day_never_ends_dearer_than_the_rule_and_repeats(rows, seed) -> None:
    day, _ = day_of(rows)
    rule, search = planned(day, Rates(), seed, 0), planned(day, Rates(), seed, 1)
    ruled, after = rule.placed, search.placed
    assert rule.missing.tolist() == search.missing.tolist()
    problem = pressed(problem_of(day, Rates(), pegs(day, ruled)[0]))
    assert counted(problem, after).total_cny <= counted(problem, ruled).total_cny + 1e-6
    there = after[after[:, 0] >= 0]
    assert (there[:, 1] <= there[:, 2]).all()
    assert (there[:, 2] < there[:, 3]).all()
    assert (there[:, 3] <= there[:, 4]).all()
    assert (planned(day, Rates(), seed, 1).placed == after).all()


def test_being_late_presses_a_search_and_what_lacks_boards_is_on_no_line() -> None:
    day, placed = day_of([("p1", 10, 0, 20), ("p3", 10, 0, 20)])
    problem = problem_of(day, Rates(), pegs(day, placed)[0])
    late = PRESSING * problem.operations.late_cny_per_h
    assert pressed(problem).operations.late_cny_per_h.tolist() == late.tolist()
    work = without(problem, np.array([1])).operations.work
    assert (work[1] == -1).all()
    assert (work[0] == problem.operations.work[0]).all()


@settings(max_examples=15)
@given(rows=orders_of)
def test_the_power_that_the_floor_draws_is_that_of_its_jobs(rows) -> None:
    day, placed = day_of(rows)
    start = int(local(0).timestamp() * 1000)
    power = Power(start, 900_000, np.zeros(96), np.full(96, 1e6))
    day = replace(day, power=power)
    links, missing = pegs(day, placed)
    floor = floor_of(without(problem_of(day, Rates(), links), missing))
    list_first(floor)
    ids = [center.id for center in day.park.work_centers]
    wanted = 0.0
    for job in np.flatnonzero(floor.op[:, START] >= 0).tolist():
        line = int(floor.row[floor.op[job, ROW], LINE])
        work_h = float(day.arrays.work[job, line]) / 3.6e6
        wanted += day.pace[ids[line], day.jobs["product_id"][job]].run_kw * work_h
    idle = {line.id: sum(unit.idle_kw for unit in line.work_unit) for line in day.park.work_centers}
    setups = 0.0
    for job in np.flatnonzero(floor.op[:, START] >= 0).tolist():
        line = int(floor.row[floor.op[job, ROW], LINE])
        setups += idle[ids[line]] * float(floor.op[job, START] - floor.op[job, BEGIN]) / 3.6e6
    drawn = float(floor.power[:, DRAWN].sum()) * 0.25
    assert drawn <= wanted + setups + 1e-6
    assert drawn >= wanted - 1e-6


def test_price_steps_are_the_signal_s_and_the_last_lasts_as_long_as_the_one_before() -> None:
    steps = steps_of(flat_signal(0.5, 0.4))
    assert steps.edge.size == 97
    assert set(np.diff(steps.edge).tolist()) == {900_000}
    assert steps.cny_per_kwh.tolist() == [0.5] * 96
    assert steps.kg_per_kwh.tolist() == [0.4] * 96
    assert steps_of(flat_signal().clear()).edge.size == 0
    alone = steps_of(flat_signal().head(1))
    assert np.diff(alone.edge).tolist() == [3_600_000]
    assert set(flat_signal().schema) == set(SIGNAL.schema)


@pytest.mark.parametrize("opening", [0, 200])
def test_boards_that_lack_leave_their_jobs_out_by_that_name(opening: int) -> None:
    park = small_park(order_pattern=small_park().order_pattern.model_copy(update={"opening_boards": opening}))
    orders = order_lines(("o", "p1", 100, 0, 22))
    jobs = explode(park, orders, kits(park, orders)).filter(pl.col("product_id") == "p1")
    made = dispatch(park, jobs, orders, DAY, flat_signal())
    if opening:
        assert made.unplaced == ()
        assert check(park, jobs, orders, made.schedule) == []
    else:
        assert {left.reason for left in made.unplaced} == {"boards are not made in time"}
