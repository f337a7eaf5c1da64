"""The dispatch rule: known small answers, feasibility on random parks, energy cost by the signal."""

from __future__ import annotations

import itertools
from datetime import timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from make_park import (
    ASSUMED,
    DAY,
    LINES,
    MIDNIGHT,
    PATTERN,
    flat_signal,
    line,
    local,
    order_lines,
    shift,
    small_park,
    unit,
)

from parkwright.make.floor import Rates
from parkwright.make.jobs import explode
from parkwright.make.orders import generate
from parkwright.make.pace import changeover_s, of_product
from parkwright.make.park_check import check, check_cap
from parkwright.make.park_day import Prices, dispatch
from parkwright.make.park_floor import power_of
from parkwright.make.problem import lines_of, windows
from parkwright.model.errors import PlanError
from parkwright.model.product import Setup
from parkwright.model.site import Calendar
from parkwright.model.tables import SIGNAL
from parkwright.supply.available import kits

PLAIN = line("L", "ASM", unit("L-1"))


def one_line(**fields):
    """A park with one line of one station: a unit every 10 s, 10 s inside, 120 s between families."""
    return small_park(work_centers=(PLAIN.model_copy(update=fields),), bill=(), setups=())


def planned(park, orders, signal=None, **options):
    jobs = explode(park, orders, kits(park, orders))
    return jobs, dispatch(park, jobs, orders, DAY, flat_signal() if signal is None else signal, **options)


def row(scheduled, job_id):
    return scheduled.schedule.filter(pl.col("job_id") == job_id).row(0, named=True)


def test_a_job_is_set_up_when_work_begins_and_its_last_unit_leaves_after_the_cycle():
    _, scheduled = planned(one_line(), order_lines(("o", "p1", 6, 0, 22)))
    found = row(scheduled, "J-o")
    assert found["setup_start"] == local(6)
    assert found["start"] == local(6) + timedelta(seconds=120)
    assert found["end"] == local(6) + timedelta(seconds=120 + 60)


def test_the_next_job_of_the_family_follows_when_the_last_unit_has_entered():
    slow = unit("L-2", "test", 600.0, places=100)
    park = small_park(work_centers=(line("L", "ASM", unit("L-1"), slow),), bill=())
    _, scheduled = planned(park, order_lines(("o1", "p1", 6, 0, 21), ("o2", "p3", 6, 0, 22)))
    first, second = row(scheduled, "J-o1"), row(scheduled, "J-o2")
    assert second["start"] - first["start"] == timedelta(seconds=60)
    assert first["end"] - first["start"] == timedelta(seconds=50 + 610)


def test_no_price_of_a_changeover_makes_an_order_late():
    orders = order_lines(("o1", "p1", 180, 0, 7), ("o2", "p2", 180, 0, 7.5), ("o3", "p1", 180, 0, 8))
    for price in (0.0, 1e6):
        _, scheduled = planned(one_line(), orders, rates=Rates(setup_cny_per_h=price))
        ends = dict(scheduled.schedule.select("job_id", "end").rows())
        assert all(ends[f"J-{order}"] <= due for order, due in orders.select("order_id", "due").rows())


def test_a_family_is_kept_while_due_dates_allow():
    orders = order_lines(*((f"o{n}", ("p1", "p2")[n % 2], 20, 0, 22) for n in range(20)))
    jobs, scheduled = planned(one_line(), orders)
    families = (
        scheduled.schedule.join(jobs.select("job_id", "family_id"), on="job_id").sort("start")["family_id"].to_list()
    )
    assert sum(a != b for a, b in itertools.pairwise(families)) == 1


def test_an_urgent_order_breaks_into_the_family():
    orders = order_lines(("a1", "p1", 700, 0, 22), ("a2", "p3", 700, 0, 22), ("b", "p2", 100, 0, 7))
    _, scheduled = planned(one_line(), orders)
    assert row(scheduled, "J-b")["end"] < local(7)


def test_a_job_waits_for_its_kit_and_others_go_first():
    orders = order_lines(("o1", "p1", 30, 9, 22), ("o2", "p2", 30, 0, 22))
    _, scheduled = planned(one_line(), orders)
    assert row(scheduled, "J-o2")["start"] < local(7)
    assert row(scheduled, "J-o1")["start"] == local(9)
    assert row(scheduled, "J-o1")["setup_start"] == local(9) - timedelta(seconds=120)


def test_a_small_lot_never_goes_to_the_line_of_large_ones():
    orders = order_lines(("small", "p3", 5, 0, 22), ("large", "p3", 400, 0, 22))
    _, scheduled = planned(small_park(), orders)
    assert row(scheduled, "J-small")["work_center_id"] == "A"
    assert row(scheduled, "J-large")["work_center_id"] == "B"


def test_the_rule_spreads_equal_lots_over_the_lines_that_can_do_them():
    orders = order_lines(*((f"o{n}", "p3", 40, 0, 22) for n in range(10)))
    _, scheduled = planned(small_park(), orders, rounds=0)
    assert set(scheduled.schedule["work_center_id"].value_counts()["count"]) == {5}


def test_units_wait_for_their_boards_and_the_boards_come_first():
    park = small_park(order_pattern=PATTERN.model_copy(update={"opening_boards": 0}))
    _, scheduled = planned(park, order_lines(("o", "p1", 30, 0, 22)))
    lot = scheduled.schedule.filter(pl.col("work_center_id") == "SMT").row(0, named=True)
    assert row(scheduled, "J-o")["start"] >= lot["end"]


def test_setups_come_from_the_table_then_from_the_line():
    park = small_park(
        setups=(Setup(work_center_id="A", from_family="fa", to_family="fa", duration_s=7, basis=ASSUMED),)
    )
    line_a = park.work_center["A"]
    assert changeover_s(park, line_a, "fa", "fa") == 7
    assert changeover_s(park, line_a, "fb", "fb") == 0
    assert changeover_s(park, line_a, "fa", "fb") == 120
    assert changeover_s(park, line_a, None, "fa") == 120
    setup = lines_of(park, DAY).setup
    assert setup.shape == (3, 5, 4)
    assert setup[1, 2, 2] == 7000


def test_what_does_not_fit_is_left_out_with_its_reason():
    orders = order_lines(("long", "p3", 6000, 0, 22), ("odd", "p3", 3, 0, 22))
    _, scheduled = planned(small_park(work_centers=LINES[2:]), orders)
    reasons = {left.job_id: left.reason for left in scheduled.unplaced}
    assert reasons == {
        "J-long": "no working time left on a line that can do it",
        "J-odd": "no line does ASM with a lot of 3",
    }


def test_a_job_without_boards_is_left_out_by_that_name():
    park = small_park(work_centers=LINES[1:], order_pattern=None)
    _, scheduled = planned(park, order_lines(("o", "p1", 10, 0, 22)))
    assert {left.job_id: left.reason for left in scheduled.unplaced}["J-o"] == "boards are not made in time"


def test_a_holiday_places_nothing_and_says_so():
    park = small_park(calendar=Calendar(shift=(shift("06:00", "22:00"),), holidays=(DAY.isoformat(),)))
    _, scheduled = planned(park, order_lines(("o", "p3", 10, 0, 22)))
    assert scheduled.schedule.height == 0
    assert [left.reason for left in scheduled.unplaced] == ["the day has no working time"]


def test_a_job_pauses_over_a_break():
    park = small_park(
        work_centers=(PLAIN,),
        bill=(),
        setups=(),
        calendar=Calendar(shift=(shift("06:00", "07:00"), shift("09:00", "10:00"))),
    )
    _, scheduled = planned(park, order_lines(("o", "p1", 468, 0, 22)))
    assert row(scheduled, "J-o")["end"] == local(9) + timedelta(seconds=4680 + 120 - 3600)


def test_touching_shifts_are_one_window_and_overlapping_ones_too():
    park = small_park(
        calendar=Calendar(shift=(shift("06:00", "14:00"), shift("13:00", "22:00"), shift("23:00", "24:00")))
    )
    opened, closed = windows(park, DAY)
    assert ((opened - opened[0]) / 3.6e6).tolist() == [0, 17]
    assert ((closed - opened) / 3.6e6).tolist() == [16, 1]


def test_a_job_without_its_order_is_named():
    park = small_park()
    orders = order_lines(("o1", "p3", 5, 0, 22), ("o2", "p3", 5, 0, 22))
    jobs = explode(park, orders, kits(park, orders))
    with pytest.raises(PlanError, match="job J-o2: its order line is not among the orders"):
        dispatch(park, jobs, orders.head(1), DAY, flat_signal())


def test_planned_pace_holds_rework_and_stops():
    product = small_park().product["p1"]
    plain = of_product(PLAIN, product)
    assert (plain.unit_s, plain.flow_s, plain.run_kw, plain.idle_kw) == (10, 10, 3, 1)
    stops = of_product(
        line("L", "ASM", unit("L-1", mtbf_s=1000, mttr_s=100), unit("L-2", cycle_s=5, mtbf_s=1000, mttr_s=100)), product
    )
    assert stops.unit_s == pytest.approx(10 + 10 * 0.1 + 5 * 0.1)
    assert stops.run_kw == pytest.approx(3 + 3 * 0.5 + 1 * 0.5)
    rework = of_product(line("L", "ASM", unit("L-1", fail_share=0.2)), product)
    assert rework.unit_s == pytest.approx(10 / 0.8)
    factor = of_product(PLAIN, product.model_copy(update={"cycle_factor": 2.0}))
    assert factor.unit_s == 20


def test_energy_is_power_by_time_and_cost_follows_the_price():
    _, scheduled = planned(one_line(), order_lines(("o", "p1", 360, 0, 22)))
    found = row(scheduled, "J-o")
    assert found["energy_kwh"] == pytest.approx(3 * 1.0 + 1 * 120 / 3600)
    assert found["cost_cny"] == pytest.approx(0.7 * found["energy_kwh"])
    assert found["co2e_kg"] == pytest.approx(0.6 * found["energy_kwh"])


def test_a_mean_price_is_the_integral_over_the_bands():
    start = pl.Series([MIDNIGHT + timedelta(hours=h) for h in range(4)], dtype=SIGNAL.schema["start"])
    signal = pl.DataFrame(
        {
            "start": start,
            "band": "flat",
            "price_cny_per_kwh": [1.0, 2.0, 4.0, 8.0],
            "co2e_kg_per_kwh": 0.5,
            "cap_kw": 1.0,
        },
        schema=SIGNAL.schema,
    )
    zero = int(MIDNIGHT.timestamp() * 1000)
    cny, kg = Prices(signal).mean(zero + np.array([0.0, 1.8e6, 3 * 3.6e6]), zero + np.array([3.6e6, 5.4e6, 9 * 3.6e6]))
    assert cny.tolist() == pytest.approx([1.0, 1.5, 8.0])
    assert kg.tolist() == pytest.approx([0.5, 0.5, 0.5])


def test_energy_costs_nothing_without_a_signal():
    _, scheduled = planned(one_line(), order_lines(("o", "p1", 360, 0, 22)), SIGNAL.empty())
    assert row(scheduled, "J-o")["cost_cny"] == 0
    assert row(scheduled, "J-o")["energy_kwh"] > 0


def test_a_line_that_does_boards_and_goods_does_them_one_after_the_other():
    both = line("AB", "SMT", unit("AB-1"), segment_ids=("SMT", "ASM"))
    park = small_park(work_centers=(both,), order_pattern=None)
    orders = order_lines(("o1", "p1", 400, 0, 22), ("o2", "p3", 20, 0, 22))
    jobs, scheduled = planned(park, orders)
    assert scheduled.unplaced == ()
    assert check(park, jobs, orders, scheduled.schedule) == []


@pytest.mark.slow
def test_a_day_of_2500_jobs_is_planned_by_windows_and_names_what_finds_no_place():
    park = small_park(
        order_pattern=PATTERN.model_copy(update={"orders_per_day": 2500, "large_share": 0.001, "opening_boards": 500})
    )
    orders = generate(park, DAY, np.random.Generator(np.random.Philox(3)))
    jobs = explode(park, orders, kits(park, orders))
    scheduled = dispatch(park, jobs, orders, DAY, flat_signal())
    assert scheduled.schedule.height + len(scheduled.unplaced) == jobs.height
    assert check(park, jobs, orders, scheduled.schedule) == []


DAYS = given(
    rows=st.lists(
        st.tuples(st.sampled_from(["p1", "p2", "p3"]), st.integers(1, 300), st.integers(0, 12), st.integers(13, 24)),
        min_size=1,
        max_size=40,
    ),
    opening=st.integers(0, 60),
    setup_s=st.integers(0, 3000),
    pause=st.integers(9, 13),
    mttr_s=st.integers(0, 300),
)


@pytest.mark.parametrize("examples", [10, pytest.param(80, marks=pytest.mark.slow)])
def test_every_plan_is_feasible_by_the_independent_check(examples):
    @settings(max_examples=examples)
    @DAYS
    def hold(rows, opening, setup_s, pause, mttr_s):
        lines = tuple(
            one.model_copy(
                update={
                    "setup_s": float(setup_s),
                    "work_unit": tuple(
                        u.model_copy(update={"mtbf_s": 900.0, "mttr_s": float(mttr_s)}) for u in one.work_unit
                    ),
                }
            )
            for one in LINES
        )
        park = small_park(
            work_centers=lines,
            order_pattern=PATTERN.model_copy(update={"opening_boards": opening}),
            calendar=Calendar(shift=(shift("06:00", f"{pause:02d}:00"), shift("13:30", "22:00"))),
        )
        orders = order_lines(*((f"o{n}", p, q, r, d) for n, (p, q, r, d) in enumerate(rows)))
        jobs, scheduled = planned(park, orders)
        assert check(park, jobs, orders, scheduled.schedule) == []
        left = [one.job_id for one in scheduled.unplaced]
        assert sorted(left + scheduled.schedule["job_id"].to_list()) == sorted(jobs["job_id"])
        _, again = planned(park, orders)
        assert again.schedule.equals(scheduled.schedule)

    hold()


def test_a_holiday_with_given_board_orders_leaves_them_out_too():
    park = small_park(calendar=Calendar(shift=(shift("06:00", "22:00"),), holidays=(DAY.isoformat(),)))
    _, scheduled = planned(park, order_lines(("o", "p1", 100, 0, 22), ("stock-b1", "b1", 60, 0, 22)))
    assert {left.reason for left in scheduled.unplaced} == {"the day has no working time"}
    assert len(scheduled.unplaced) == 2


def test_the_search_costs_no_more_than_the_rule_and_stays_feasible():
    park = small_park()
    orders = generate(park, DAY, np.random.default_rng(3))
    signal = flat_signal().with_columns(
        price_cny_per_kwh=pl.when(pl.col("start") < local(12)).then(pl.lit(2.0)).otherwise(pl.lit(0.2))
    )

    def cost(scheduled):
        late = scheduled.schedule.join(jobs.select("job_id", "order_id", "product_id"), on="job_id").join(
            orders.filter(pl.col("market_id") != "stock").select("order_id", "due", "weight"), on="order_id"
        )
        late_h = (late["end"] - late["due"]).dt.total_milliseconds().clip(lower_bound=0) / 3.6e6
        return float((late_h * late["weight"]).sum()) + float(scheduled.schedule["cost_cny"].sum())

    jobs, ruled = planned(park, orders, signal, rounds=0)
    _, searched = planned(park, orders, signal)
    assert searched.unplaced == ruled.unplaced == ()
    assert cost(searched) < 0.9 * cost(ruled)
    assert check(park, jobs, orders, searched.schedule) == []


def test_the_same_day_is_planned_the_same_way():
    park = small_park()
    orders = generate(park, DAY, np.random.default_rng(3))
    assert planned(park, orders)[1].schedule.equals(planned(park, orders)[1].schedule)


def test_the_cap_of_the_signal_is_kept_and_an_outside_check_agrees():
    park = small_park()
    orders = order_lines(*((f"o{n}", "p3", 40, 0, 22) for n in range(20)))
    signal = flat_signal().with_columns(cap_kw=pl.lit(110.0))
    other_kw = np.full(96, 100.0)
    jobs, free = planned(park, orders, rounds=0)
    assert check_cap(park, jobs, free.schedule, signal, other_kw.tolist())
    jobs, capped = planned(park, orders, signal, power=power_of(signal, other_kw))
    assert check_cap(park, jobs, capped.schedule, signal, other_kw.tolist()) == []
    assert check(park, jobs, orders, capped.schedule) == []
    assert capped.unplaced == ()
