"""The twin's parts one by one: material lots, kits, meters, robots, the names of things, time in the state log."""

from __future__ import annotations

from collections import Counter, defaultdict
from itertools import pairwise

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from line_runs import Run, exponentials

from parkwright.model.command import TransportOrder
from parkwright.twin.binning import close_states, seconds_by_state
from parkwright.twin.frames import Names
from parkwright.twin.kits import JUST_AFTER_S, Kits
from parkwright.twin.layout import STATE_NAMES, UNITS_PER_LINE
from parkwright.twin.lots import Lots
from parkwright.twin.metering import Metering
from parkwright.twin.power import Sources
from parkwright.twin.robots import Robots

LINE = "L-1"


# -- material lots --------------------------------------------------------------------------------------------------


def materials_of(park, product_id):
    """Return material -> quantity for a unit of a product."""
    return {
        b.component_id: b.quantity for b in park.bill if b.product_id == product_id and b.component_id in park.material
    }


entries = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 1), st.floats(0.1, 50.0)), min_size=1, max_size=120)


@settings(max_examples=60)
@given(steps=entries)
def test_material_taken_from_lots_is_what_the_bill_asks_and_no_lot_gives_more_than_it_holds(small_park, steps):
    products = sorted({b.product_id for b in small_park.bill})
    lots, at, job, ended = Lots(small_park, "260715"), 0.0, 0, []
    used, open_lots = Counter(), defaultdict(Counter)
    for product, change, wait in steps:
        at, job = at + wait, job + change
        product_id = products[product % len(products)]
        ended += lots.take([(LINE, f"J{job}", product_id, at)])
        mounted = {(row[1], row[3]): row[0] for row in lots.still_mounted()}
        for bill in small_park.bill:
            if bill.product_id == product_id and bill.component_id in small_park.material:
                lot = mounted[bill.component_id, bill.position]
                open_lots[bill.component_id][lot] += bill.quantity
                used[bill.component_id] += bill.quantity
    for material_id, by_lot in open_lots.items():
        size = small_park.material[material_id].lot_size
        assert sum(by_lot.values()) == pytest.approx(used[material_id])
        assert all(quantity <= size + 1e-9 for quantity in by_lot.values())
    for lot_id, material_id, _, _, start, end in ended:
        assert start < end <= at
        assert lot_id.startswith(f"{material_id}-260715-{LINE}-")


def test_the_lots_of_a_job_come_off_when_it_leaves_and_not_when_another_has_begun(small_park):
    product_id = next(b.product_id for b in small_park.bill if b.component_id in small_park.material)
    lots = Lots(small_park, "260715")
    lots.take([(LINE, "J1", product_id, 10.0)])
    there = {row[:4] for row in lots.still_mounted()}
    assert lots.finish(LINE, "J0", 20.0) == []
    assert {row[:4] for row in lots.finish(LINE, "J1", 30.0)} == there
    assert lots.still_mounted() == []
    assert lots.finish(LINE, "J1", 40.0) == []


def test_a_job_that_follows_goes_on_with_the_same_lot_under_a_new_mount(small_park):
    product_id = next(b.product_id for b in small_park.bill if b.component_id in small_park.material)
    lots = Lots(small_park, "260715")
    lots.take([(LINE, "J1", product_id, 10.0)])
    first = {row[1]: row[0] for row in lots.still_mounted()}
    ended = lots.take([(LINE, "J2", product_id, 50.0)])
    assert {row[1]: row[0] for row in ended} == first
    assert {(row[4], row[5]) for row in ended} == {(10.0, 50.0)}
    assert {row[1]: row[0] for row in lots.still_mounted()} == first
    assert {row[4] for row in lots.still_mounted()} == {50.0}


# -- kits -----------------------------------------------------------------------------------------------------------


@settings(max_examples=60)
@given(
    asked=st.lists(st.tuples(st.integers(0, 15), st.floats(0.0, 5000.0), st.floats(0.0, 5000.0)), max_size=40),
    stops=st.lists(st.floats(0.0, 100_000.0), max_size=5),
)
def test_each_kit_comes_once_never_before_it_is_planned_or_called_off(small_park, asked, stops):
    kits, planned = Kits(small_park, 3, 0), {}
    for number, ready, now in asked:
        job_id = f"J{number}"
        assert kits.call_off(job_id, "P-A", ready, now) == (job_id not in planned)
        planned.setdefault(job_id, (ready, now))
    seen = []
    for stop in [*sorted(stops), 1e9]:
        came = kits.arrived(stop)
        assert [at for _, at in came] == sorted(at for _, at in came)
        assert all(at <= stop for _, at in came)
        seen += came
    assert sorted(job_id for job_id, _ in seen) == sorted(planned)
    for job_id, at in seen:
        ready, now = planned[job_id]
        assert at >= max(ready, now + JUST_AFTER_S)
        assert kits.missing(job_id, at) == ""
        assert kits.missing(job_id, at - 1e-6) == "its kit has not arrived"


def test_a_kit_that_nobody_called_off_is_told_as_such(small_park):
    assert Kits(small_park, 1, 0).missing("J1", 1e9) == "its kit was not called off"


def test_how_late_a_kit_is_depends_on_its_job_alone(small_park):
    forward, backward = Kits(small_park, 5, 0), Kits(small_park, 5, 0)
    names = [f"J{n}" for n in range(200)]
    for name in names:
        forward.call_off(name, "P-A", 100.0, 0.0)
    for name in reversed(names):
        backward.call_off(name, "P-A", 100.0, 0.0)
    assert sorted(forward.arrived(1e9)) == sorted(backward.arrived(1e9))


# -- meters ---------------------------------------------------------------------------------------------------------


def below(park, meter_id):
    """Return the ids of a meter and all meters under it."""
    found = [meter_id]
    for one in found:
        found += [m.id for m in park.meters if m.parent_id == one]
    return found


@settings(max_examples=40)
@given(data=st.data())
def test_a_load_meter_counts_its_own_energy_and_that_of_every_meter_under_it(small_park, data):
    loads = [m for m in small_park.meters if m.commodity == "electricity" and m.role == "load"]
    minutes = data.draw(
        st.lists(st.dictionaries(st.sampled_from([m.id for m in loads]), st.integers(0, 10**9)), max_size=5)
    )
    metering = Metering(small_park)
    for own in minutes:
        metering.count(own, {})
    metering.close(0, 900_000)
    read = dict(metering.take(900_000).select("meter_id", "energy_mwh_int").rows())
    for meter in loads:
        under = set(below(small_park, meter.id))
        assert read[meter.id] == sum(value for own in minutes for name, value in own.items() if name in under)
    assert metering.top_mwh({}) == 0
    assert all(metering.top_mwh(own) == sum(own.values()) for own in minutes)


def test_an_interval_begins_at_zero_and_is_told_when_it_has_ended(small_park):
    metering, meter = Metering(small_park), next(m.id for m in small_park.meters if m.role == "load")
    metering.count({meter: 7}, {})
    metering.close(0, 900_000)
    metering.close(900_000, 1_800_000)
    assert metering.take(899_999).is_empty()
    rows = metering.take(1_800_000).filter(pl.col("meter_id") == meter)
    assert rows["energy_mwh_int"].to_list() == [7, 0]
    assert metering.take(1_800_000).is_empty()


def test_mean_power_is_energy_over_time_since_it_was_last_asked(small_park):
    metering = Metering(small_park)
    at = metering.electric.index("grid-in")
    metering.count({"grid-in": 5_000_000}, {})
    assert metering.mean_kw(60.0)[at] == pytest.approx(300.0)
    assert metering.mean_kw(60.0)[at] == 0.0


def test_what_has_no_meter_is_counted_upstream_and_nothing_is_lost(small_park, tianjin):
    for park in (small_park, tianjin):
        sources = Sources(park)
        base = sum(m.base_kw for m in park.meters if m.commodity == "electricity" and m.role == "load")
        things = {("machine", unit.id): 1.0 for line in park.work_centers for unit in line.work_unit}
        things |= {("hvac", one.id): 10.0 for one in park.buildings}
        things["nobody", "knows"] = 3.0
        own, unmetered = sources.own_kw(things)
        assert unmetered == 3.0
        assert sum(own.values()) == pytest.approx(base + sum(things.values()) - 3.0)


# -- robots ---------------------------------------------------------------------------------------------------------


def order(number, robot, start="n-store", end="n-line"):
    return TransportOrder(f"T{number}", robot, "load", start, end)


def test_a_robot_takes_one_task_at_a_time_and_a_task_is_given_once(small_park):
    robots = Robots(small_park, 1, 0)
    assert robots.give(order(1, "R1"), 100.0) is None
    assert "busy" in robots.give(order(2, "R1"), 100.0).reason
    assert "given before" in robots.give(order(1, "R2"), 100.0).reason
    move = robots.moves[0]
    assert 100.0 == move[5] < move[6] < move[7]
    assert robots.give(order(2, "R1"), move[7]) is None
    assert robots.moves[1][2] == move[4]


def test_a_robot_or_a_place_that_is_not_there_is_refused(small_park):
    robots = Robots(small_park, 1, 0)
    for number in range(small_park.fleet.count):
        assert robots.give(order(number, f"R{number}"), 0.0) is None
    assert "is not one of the" in robots.give(order(99, "R99"), 0.0).reason
    assert "nowhere" in robots.give(order(98, "R0", end="nowhere"), 1e6).reason


def test_the_fleet_draws_idle_power_and_more_while_it_drives(small_park):
    robots, fleet = Robots(small_park, 1, 0), small_park.fleet
    assert robots.power_kw(0.0, 60.0) == pytest.approx(fleet.count * fleet.idle_kw)
    robots.give(order(1, "R1"), 0.0)
    end = robots.moves[0][7]
    whole = robots.power_kw(0.0, end)
    assert whole == pytest.approx((fleet.count - 1) * fleet.idle_kw + fleet.drive_kw)
    assert robots.power_kw(end, end + 60.0) == pytest.approx(fleet.count * fleet.idle_kw)
    assert robots.passing("n-store", 0.0, end + 1) == robots.passing("n-line", 0.0, end + 1) == 1
    assert robots.passing("n-line", 0.0, end) == 0


# -- names and time -------------------------------------------------------------------------------------------------


def names():
    return Names("P1", "260715", 1_000, ["L-1", "L-2"], ["s0"], ["P-A", "B-1"], [{1: "U1"}, {}])


@given(line=st.integers(0, 1), number=st.integers(0, 999_999))
def test_a_serial_number_names_park_day_line_and_count(line, number):
    assert names().unit(line * UNITS_PER_LINE + number) == f"P1-260715-L-{line + 1}-{number:06d}"


def test_a_unit_of_stock_names_its_product():
    assert names().unit(-(1 * UNITS_PER_LINE + 4) - 1) == "P1-stock-B-1-00004"


def test_times_are_rounded_to_the_millisecond_of_the_day():
    assert names().times([0.0, 1.0004, 1.0006]).dt.epoch("ms").to_list() == [1_000, 2_000, 2_001]


@settings(max_examples=40)
@given(seed=st.integers(0, 10**6), cuts=st.lists(st.floats(1.0, 3999.0), max_size=4))
def test_the_seconds_by_state_of_stretches_add_up_to_the_stretch_for_every_station(seed, cuts):
    jobs = [(0, 0, 40, 0.0, 1.0, 0.0), (0, 0, 10**6, 600.0, 1.0, 0.0)]
    run = Run([exponentials((0.02, 0.03, 0.05), 1)], jobs, seed=seed)
    edges, total = [0.0, *sorted(set(cuts)), 4000.0], np.zeros((3, len(STATE_NAMES)))
    for low, high in pairwise(edges):
        run.to(high)
        found = seconds_by_state(run.pieces[-1].state, run.state, low, high)
        assert found.sum(axis=1) == pytest.approx(np.full(3, high - low))
        total += found
    log = np.concatenate([run.rows("state"), close_states(run.state, 4000.0, run.rows("state"))])
    wanted = np.zeros_like(total)
    for row in log:
        wanted[row["station"], row["code"]] += row["end"] - row["start"]
    assert total == pytest.approx(wanted)
    assert len(close_states(run.state, 4000.0, log)) == 0
