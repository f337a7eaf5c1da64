"""Jobs: one lot an order line, boards netted and cut into lots ahead of need."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from make_park import LINES, PATTERN, bill, line, local, order_lines, small_park, unit

from parkwright.make.boards import boards_per_unit, expected_good, scrap_share, units_to_start
from parkwright.make.jobs import explode
from parkwright.model.errors import PlanError
from parkwright.supply.available import kits


def jobs_of(park, orders):
    return explode(park, orders, kits(park, orders))


def board_jobs(jobs, board="b1"):
    return jobs.filter(pl.col("product_id") == board)


def test_an_order_line_is_one_job_with_its_kit_and_its_units():
    park = small_park()
    orders = order_lines(("o1", "p3", 7, 3, 22))
    jobs = jobs_of(park, orders)
    assert jobs.rows() == [("J-o1", "o1", "p3", "ASM", "fa", 7, local(3.1))]


def test_opening_boards_serve_the_first_units_and_the_rest_is_made_with_its_scrap():
    jobs = jobs_of(small_park(), order_lines(("o1", "p1", 140, 0, 22)))
    made = board_jobs(jobs)
    scrapped = 0.02 * 0.5 / (1 - 0.02 * 0.5)
    assert scrap_share(small_park(), "SMT") == pytest.approx(scrapped)
    assert made["quantity"].sum() == 102
    assert expected_good(small_park(), "SMT", 102) >= 100
    assert made["order_id"].to_list() == ["o1"]


def test_nothing_is_made_while_the_opening_stock_lasts():
    assert board_jobs(jobs_of(small_park(), order_lines(("o1", "p1", 40, 0, 22)))).height == 0


def test_a_stock_order_gives_its_name_and_its_quantity_when_that_is_more():
    jobs = jobs_of(small_park(), order_lines(("o1", "p1", 60, 0, 22), ("stock-b1", "b1", 500, 0, 22)))
    made = board_jobs(jobs)
    assert set(made["order_id"]) == {"stock-b1"}
    assert made["quantity"].sum() == units_to_start(small_park(), "SMT", 500)


def test_a_stock_order_below_the_need_does_not_lower_it():
    jobs = jobs_of(small_park(), order_lines(("o1", "p1", 140, 0, 22), ("stock-b1", "b1", 3, 0, 22)))
    assert board_jobs(jobs)["quantity"].sum() == units_to_start(small_park(), "SMT", 100)


def test_board_lots_hold_about_an_hour_and_keep_the_lot_limits_of_the_line():
    jobs = jobs_of(small_park(), order_lines(("o1", "p1", 1540, 0, 22)))
    assert board_jobs(jobs)["quantity"].to_list() == [304] * 5
    smt = LINES[0].model_copy(update={"lot_max": 50})
    limited = jobs_of(small_park(work_centers=(smt, *LINES[1:])), order_lines(("o1", "p1", 1540, 0, 22)))
    assert board_jobs(limited)["quantity"].max() <= 50


def test_lots_come_in_the_order_of_need_over_the_boards():
    orders = order_lines(("o1", "p1", 900, 0, 22), ("o2", "p2", 900, 0, 22))
    lots = jobs_of(small_park(), orders).filter(pl.col("product_id").is_in(["b1", "b2"]))["product_id"].to_list()
    assert lots[:2] == ["b1", "b2"]
    assert lots[2:4] == ["b1", "b2"]


def test_two_boards_a_unit_count_twice():
    park = small_park(bill=(bill("p1", "b1", 2),))
    assert boards_per_unit(park) == {"p1": {"b1": 2}}
    assert board_jobs(jobs_of(park, order_lines(("o1", "p1", 70, 0, 22))))["quantity"].sum() == 102


def test_an_unknown_product_is_named():
    with pytest.raises(PlanError, match="order o9: product p9 is not in products"):
        jobs_of(small_park(), order_lines(("o9", "p9", 1, 0, 22)))


def test_a_missing_kit_time_is_named():
    orders = order_lines(("o1", "p3", 1, 0, 22), ("o2", "p3", 1, 0, 22))
    with pytest.raises(PlanError, match="order o2: no kit time"):
        explode(small_park(), orders, kits(small_park(), orders.head(1)))


def test_a_board_in_a_board_is_refused():
    with pytest.raises(PlanError, match="board b1 is built into a board"):
        jobs_of(small_park(bill=(bill("b2", "b1"),)), order_lines(("o1", "p2", 1, 0, 22)))


def test_half_a_board_is_refused():
    with pytest.raises(PlanError, match="give a whole number"):
        jobs_of(small_park(bill=(bill("p1", "b1", 0.5),)), order_lines(("o1", "p1", 1, 0, 22)))


def test_a_line_that_scraps_everything_is_refused():
    hopeless = line("SMT", "SMT", *(unit(f"SMT-{n}", fail_share=0.99999999, scrap_share=1.0) for n in range(4)))
    park = small_park(work_centers=(hopeless, *LINES[1:]))
    assert scrap_share(park, "SMT") == 1.0
    with pytest.raises(PlanError, match="segment SMT: its lines scrap every unit"):
        jobs_of(park, order_lines(("o1", "p1", 140, 0, 22)))


def test_a_board_that_no_line_makes_is_still_one_job_to_be_left_out_by_name():
    jobs = jobs_of(small_park(work_centers=LINES[1:]), order_lines(("o1", "p1", 140, 0, 22)))
    assert board_jobs(jobs)["quantity"].to_list() == [100]


@settings(max_examples=60)
@given(
    quantities=st.lists(st.tuples(st.sampled_from(["p1", "p2", "p3"]), st.integers(1, 400)), min_size=1, max_size=12),
    opening=st.integers(0, 500),
)
def test_boards_made_and_in_stock_always_cover_the_need(quantities, opening):
    park = small_park(order_pattern=PATTERN.model_copy(update={"opening_boards": opening}))
    orders = order_lines(*((f"o{n}", p, q, 0, 22) for n, (p, q) in enumerate(quantities)))
    jobs = jobs_of(park, orders)
    assert jobs["job_id"].is_unique().all()
    assert set(jobs["order_id"]) <= set(orders["order_id"])
    for finished, board in (("p1", "b1"), ("p2", "b2")):
        need = sum(q for p, q in quantities if p == finished)
        good = sum(expected_good(park, "SMT", q) for q in board_jobs(jobs, board)["quantity"])
        assert good + opening >= need
