"""Orders in parts: cut by their product's rule, planned side by side, as late as the last of them, each a job."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from make_park import DAY, LINES, PATTERN, flat_signal, line, local, order_lines, small_park, unit
from numpy.random import default_rng

from parkwright.make.floor import Rates
from parkwright.make.jobs import explode
from parkwright.make.laid import lay, placed_on
from parkwright.make.orders import generate
from parkwright.make.park_check import check
from parkwright.make.park_day import day_of, dispatch, with_orders
from parkwright.make.park_floor import LEFT_OUT_CNY, LEFT_OUT_H, PRESSING, SPARE_MS, pressing_jobs, weighed_cny
from parkwright.make.parts import numbered, parted, shares
from parkwright.make.problem import to_ms
from parkwright.make.whatif import Move, moved, rushed
from parkwright.model.tables import TIME
from parkwright.plan.day import asked_of, lateness
from parkwright.store.folder import load
from parkwright.supply.available import kits


def cut_park(part_min=20, parts_max=4, **fields):
    """The small park, its finished goods in parts."""
    park = small_park(**fields)
    rule = {"part_min": part_min, "parts_max": parts_max}
    finished = [one.model_copy(update=rule) if one.kind == "finished" else one for one in park.products]
    return small_park(**fields | {"products": tuple(finished)})


WHOLE, PARK = small_park(bill=()), cut_park(bill=())
TWO_LINES = (line("K", "ASM", unit("K-1")), line("L", "ASM", unit("L-1")))


def jobs_of(park, orders):
    return explode(park, orders, kits(park, orders))


def planned(park, orders, **options):
    return dispatch(park, jobs_of(park, orders), orders, DAY, flat_signal(), **options)


def late(park, orders, made):
    return lateness(orders, made.jobs, made.schedule, park.day_bounds(DAY)[1])


def test_a_lot_is_cut_into_as_many_equal_parts_as_its_product_allows():
    orders = order_lines(("a", "p1", 83, 0, 9), ("b", "p2", 45, 0, 9), ("c", "p3", 39, 0, 9), ("d", "p3", 400, 0, 9))
    jobs = jobs_of(PARK, orders)
    cut = parted(PARK, jobs, jobs["job_id"].to_list())
    assert cut.select("job_id", "quantity").rows() == [
        ("J-a.1", 21), ("J-a.2", 21), ("J-a.3", 21), ("J-a.4", 20), ("J-b.1", 23), ("J-b.2", 22), ("J-c", 39),
        ("J-d.1", 100), ("J-d.2", 100), ("J-d.3", 100), ("J-d.4", 100),
    ]  # fmt: skip
    same = ["order_id", "product_id", "segment_id", "family_id", "kit_ready"]
    assert cut.select(same).unique(maintain_order=True).equals(jobs.select(same))


def test_what_is_not_named_and_what_is_in_parts_stays_as_it_is():
    jobs = jobs_of(PARK, order_lines(("a", "p1", 80, 0, 9), ("b", "p2", 80, 0, 9)))
    cut = parted(PARK, jobs, ["J-b"])
    assert cut["job_id"].to_list() == ["J-a", "J-b.1", "J-b.2", "J-b.3", "J-b.4"]
    assert parted(PARK, cut, cut["job_id"].to_list()).tail(4).equals(cut.tail(4))
    assert parted(WHOLE, jobs, ["J-a", "J-b"]).equals(jobs)


def test_no_part_takes_the_name_of_another_job():
    jobs = jobs_of(PARK, order_lines(("a", "p1", 80, 0, 9), ("a.2", "p2", 5, 0, 9)))
    assert parted(PARK, jobs, ["J-a"]).equals(jobs)


def test_boards_are_never_cut_whatever_their_order_is():
    park = cut_park(order_pattern=None)
    jobs = jobs_of(park, order_lines(("a", "p1", 80, 0, 9)))
    cut = parted(park, jobs, jobs["job_id"].to_list())
    assert cut["job_id"].to_list() == ["B-a-01", "J-a.1", "J-a.2", "J-a.3", "J-a.4"]
    assert shares(cut).to_list() == [1.0, 0.25, 0.25, 0.25, 0.25]
    assert numbered(cut).select("part", "parts").rows() == [(1, 1), (1, 4), (2, 4), (3, 4), (4, 4)]


@given(units=st.lists(st.integers(1, 500), min_size=1, max_size=6), least=st.integers(1, 60), most=st.integers(1, 9))
@settings(max_examples=15)
def test_parts_are_the_lot_and_none_is_too_small_or_too_many(units, least, most):
    park = cut_park(least, most, bill=())
    orders = order_lines(*((f"o{n}", "p1", each, 0, 9) for n, each in enumerate(units)))
    jobs = jobs_of(park, orders)
    cut = parted(park, jobs, jobs["job_id"].to_list())
    assert check(park, cut, orders, dispatch(park, jobs, orders, DAY, flat_signal(), rounds=0).schedule.clear()) == []
    for (order_id,), own in cut.group_by("order_id"):
        ordered = units[int(order_id[1:])]
        assert own["quantity"].sum() == ordered
        assert own.height == (min(most, ordered // least) if ordered >= 2 * least else 1)
        assert own.height == 1 or own["quantity"].min() >= least
        assert own["quantity"].max() - own["quantity"].min() <= 1
    assert with_orders(cut, orders)["weight"].sum() == pytest.approx(sum(units))
    assert with_orders(jobs, orders)["weight"].to_list() == [float(each) for each in units]


def test_a_big_late_order_runs_on_two_lines_at_once_and_is_in_time():
    orders = order_lines(("big", "p1", 180, 6, 6.4))
    assert late(WHOLE, orders, planned(WHOLE, orders))[0] == 1
    made = planned(PARK, orders)
    assert late(PARK, orders, made) == (0, 0.0)
    assert check(PARK, made.jobs, orders, made.schedule) == []
    lines = made.schedule.group_by("work_center_id").agg(pl.col("start").min(), pl.col("end").max())
    assert sorted(lines["work_center_id"]) == ["A", "B"]
    assert lines["start"].max() < lines["end"].min()


def test_an_order_that_is_in_time_stays_whole():
    orders = order_lines(("big", "p1", 180, 6, 12), ("other", "p2", 90, 6, 12))
    made, whole = planned(PARK, orders), planned(WHOLE, orders)
    assert made.jobs["job_id"].to_list() == ["J-big", "J-other"]
    assert made.schedule.equals(whole.schedule)


def test_a_cut_that_does_not_pay_is_not_made():
    park = cut_park(bill=(), work_centers=LINES[2:])
    orders = order_lines(("big", "p1", 180, 6, 6.4))
    made = planned(park, orders)
    assert late(park, orders, made)[0] == 1
    assert made.jobs["job_id"].to_list() == ["J-big"]


def test_a_lot_that_no_line_takes_whole_is_made_in_parts():
    orders = order_lines(("big", "p1", 180, 6, 12))
    refused = planned(small_park(bill=(), work_centers=LINES[1:2]), orders)
    assert [one.reason for one in refused.unplaced] == ["no line does ASM with a lot of 180"]
    park = cut_park(bill=(), work_centers=LINES[1:2])
    made = planned(park, orders)
    assert made.unplaced == ()
    assert made.schedule["job_id"].str.starts_with("J-big.").all()
    assert late(park, orders, made) == (0, 0.0)


def test_a_plan_weighs_an_order_by_the_last_of_its_parts():
    park = cut_park(40, 2, bill=(), work_centers=TWO_LINES)
    orders = order_lines(("o", "p1", 80, 6, 7))
    jobs = jobs_of(park, orders)
    day = day_of(park, DAY, parted(park, jobs, ["J-o"]), orders, flat_signal())
    due = to_ms(local(7)) - SPARE_MS
    first = [0, due - 3_000_000, due - 2_000_000, due - 1_600_000, due - 1_600_000]
    second = [1, due - 400_000, due - 400_000, due, due]
    in_time = weighed_cny(day, Rates(), np.array([first, second]))
    assert pressing_jobs(day, np.array([first, second])) == []
    hour = [1, *(at + 3_600_000 for at in second[1:])]
    assert weighed_cny(day, Rates(), np.array([first, hour])) == pytest.approx(in_time + PRESSING * 80)
    assert pressing_jobs(day, np.array([first, hour])) == ["J-o.2"]
    out = weighed_cny(day, Rates(), np.array([first, [-1] * 5]))
    energy = 0.7 * 3 * 400 / 3600
    assert out == pytest.approx(in_time - energy + PRESSING * 80 * LEFT_OUT_H + LEFT_OUT_CNY / 2)


def test_a_heavy_day_brings_fewer_orders_late_in_parts():
    heavy = PATTERN.model_copy(update={"orders_per_day": 300, "large_share": 0.2})
    whole, park = small_park(order_pattern=heavy), cut_park(order_pattern=heavy)
    orders = generate(park, DAY, default_rng(0))
    assert orders.equals(generate(whole, DAY, default_rng(0)))
    made = planned(park, orders)
    assert late(whole, orders, planned(whole, orders))[0] > 3
    assert late(park, orders, made) == (0, 0.0)
    assert made.unplaced == ()
    assert check(park, made.jobs, orders, made.schedule) == []


def test_the_check_finds_parts_that_are_not_the_lot_or_break_its_rule():
    orders = order_lines(("o", "p1", 90, 6, 22))
    jobs = parted(PARK, jobs_of(PARK, orders), ["J-o"])
    none = planned(PARK, orders).schedule.clear()
    assert check(PARK, jobs, orders, none) == []
    assert check(PARK, jobs.head(3), orders, none) == ["o: its jobs make 68 units of 90 ordered"]
    assert check(WHOLE, jobs, orders, none) == ["o: is in 4 parts; p1 may be in 1"]
    assert check(cut_park(23, 4, bill=()), jobs, orders, none) == ["o: has a part of 22 units, below 23 of p1"]


def test_a_part_is_moved_on_its_own_and_a_rush_takes_all_parts():
    orders = order_lines(("big", "p1", 180, 6, 6.4), ("other", "p3", 60, 6, 12))
    made = planned(PARK, orders)
    laid = lay(PARK, DAY, orders, made.jobs, made.schedule, flat_signal())
    ids = [job for job in laid.day.jobs["job_id"] if job.startswith("J-big.")]
    later = to_ms(local(10))
    floor = moved(laid, [Move(ids[1], "A", later)], 0)
    before, after = start_of(laid.floor, laid, ids), start_of(floor, laid, ids)
    assert after[1] == later
    assert [a for n, a in enumerate(after) if n != 1] == [b for n, b in enumerate(before) if n != 1]
    rushed(laid, floor, "big", 0)
    assert max(start_of(floor, laid, ids)) < to_ms(local(6.4))


def start_of(floor, laid, ids):
    """When jobs start on a floor [ms]."""
    return placed_on(floor)[[laid.op(job) for job in ids], 2].tolist()


def tianjin(parts_max):
    """The Tianjin park, its finished goods in parts."""
    park = load(Path(__file__).parents[2] / "parks" / "tianjin")
    rule = {"part_min": 20, "parts_max": parts_max}
    finished = (one.model_copy(update=rule) if one.kind == "finished" else one for one in park.products)
    return replace(park, products=tuple(finished))


@pytest.mark.slow
def test_a_tianjin_day_without_a_late_order_keeps_its_plan():
    day, whole, park = date(2026, 7, 15), tianjin(1), tianjin(4)
    asked = asked_of(whole, day, 1)
    plans = [dispatch(one, asked.jobs, asked.orders, day, asked.signal).schedule for one in (whole, park)]
    assert plans[0].equals(plans[1])


@pytest.mark.slow
def test_three_hundred_notebooks_at_once_are_sooner_there_on_both_lines_of_tianjin():
    day, ends = date(2026, 3, 3), []
    for park in (tianjin(1), tianjin(12)):
        asked, midnight = asked_of(park, day, 2), park.midnight(day)
        extra = order_lines(("big", "NB-13A", 300, 0, 0)).with_columns(
            release=pl.lit(midnight).cast(TIME), due=pl.lit(midnight + timedelta(hours=7.5)).cast(TIME)
        )
        orders = pl.concat([asked.orders, extra])
        made = dispatch(park, jobs_of(park, orders), orders, day, asked.signal)
        big = made.schedule.filter(pl.col("job_id").str.starts_with("J-big"))
        assert check(park, made.jobs, orders, made.schedule) == []
        ends.append((big["end"].max() - midnight, set(big["work_center_id"])))
    (whole, one_line), (parts, two_lines) = ends
    assert one_line < two_lines
    assert parts < whole - timedelta(minutes=30)
