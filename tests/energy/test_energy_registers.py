"""Counters of meters: every way in which one can lie, and totals that stay exact."""

from __future__ import annotations

from datetime import timedelta

import polars as pl
import pytest
from energy_park import MIDNIGHT, meter
from hypothesis import given, settings
from hypothesis import strategies as st

from parkwright.energy import registers
from parkwright.model.tables import ALARMS, READINGS

STEP = timedelta(minutes=15)
WIDTH = 10**12
M = meter("m", register_mwh_max=WIDTH)


def at(k):
    return MIDNIGHT + k * STEP


def samples(*rows):
    return pl.DataFrame(
        [(name, when if not isinstance(when, (int, float)) else at(when), value) for name, when, value in rows],
        schema=registers.REGISTERS,
        orient="row",
    )


def run(rows, previous=None, meters=(M,), start=0, count=1):
    """Count `count` intervals on from `previous`; returns readings and alarm kinds of each, and the last counters."""
    state = registers.opening(meters, at(start)) if previous is None else previous
    found = []
    for k in range(start, start + count):
        counted = registers.count(samples(*rows), state, meters, (at(k), at(k + 1)))
        assert counted.readings.columns == list(READINGS.schema)
        assert counted.alarms.columns == list(ALARMS.schema)
        found.append(
            (counted.readings["energy_mwh_int"][0], counted.readings["quality"][0], counted.alarms["kind"].to_list())
        )
        state = counted.previous
    return found, state


def before(register, last=None, owed=0):
    return pl.DataFrame([("m", at(0), register, owed, last)], schema=registers.PREVIOUS, orient="row")


def test_a_counter_read_at_both_ends_is_good():
    assert run([("m", 1, 700)])[0] == [(700, "good", [])]


def test_counters_may_come_in_any_order_and_twice():
    rows = [("m", 1, 700), ("m", 0.5, 300), ("m", 1, 700), ("m", 0, 0)]
    assert run(rows)[0] == [(700, "good", [])]


def test_readings_and_alarms_come_as_a_pair():
    found = registers.intervals(samples(("m", 1, 5)), registers.opening((M,), at(0)), (M,), (at(0), at(1)))
    assert [frame.height for frame in found] == [1, 0]


def test_a_counter_that_rolls_over_counts_on():
    found, _ = run([("m", 1, 30)], before(WIDTH - 50))
    assert found == [(80, "repaired", ["meter_rollover"])]


def test_a_counter_that_begins_anew_is_estimated_and_goes_on_from_there():
    found, _ = run([("m", 1, 40), ("m", 2, 140)], before(5_000_000, last=100), count=2)
    assert found == [(100, "estimated", ["meter_reset"]), (100, "good", [])]


def test_a_counter_that_runs_backwards_is_set_aside_and_the_total_stays():
    found, _ = run([("m", 1, 9000), ("m", 2, 10_300)], before(10_000, last=150), count=2)
    assert found == [(150, "suspect", ["meter_backwards"]), (150, "repaired", [])]


def test_a_value_backwards_among_good_ones_makes_the_interval_suspect():
    found, _ = run([("m", 0.4, 10_100), ("m", 0.5, 9_000), ("m", 1, 10_200)], before(10_000, last=1))
    assert found == [(200, "suspect", ["meter_backwards"])]


def test_a_silent_meter_is_estimated_and_made_up_for():
    rows = [("m", 1, 100), ("m", 4, 460)]
    found, _ = run(rows, count=4)
    silent = (100, "estimated", ["meter_silent"])
    assert found == [(100, "good", []), silent, silent, (160, "repaired", [])]


def test_what_was_estimated_too_high_is_taken_off_the_next_intervals():
    found, _ = run([("m", 1, 100), ("m", 3, 130), ("m", 4, 230)], count=4)
    assert [row[0] for row in found] == [100, 100, 0, 30]
    assert found[2] == (0, "repaired", ["estimate_carried"])
    assert sum(row[0] for row in found) == 230


def test_a_late_counter_of_a_silent_interval_is_used_when_it_comes():
    found, state = run([("m", 1, 100)], count=2)
    assert found[1][1] == "estimated"
    more, _ = run([("m", 2, 190), ("m", 3, 290)], state, start=2)
    assert more == [(90, "repaired", [])]


def test_a_meter_that_is_read_for_the_first_time_has_no_quantity_yet():
    empty = pl.DataFrame(schema=registers.PREVIOUS)
    found, state = run([("m", 1, 5000), ("m", 2, 5100)], empty, count=2)
    assert found == [(None, "suspect", ["meter_first_seen"]), (100, "good", [])]
    assert state["register_mwh_int"].to_list() == [5100]


def test_a_meter_that_was_never_read_is_silent_and_has_no_quantity():
    assert run([], pl.DataFrame(schema=registers.PREVIOUS))[0] == [(None, "suspect", ["meter_silent"])]


def test_a_counter_read_before_the_end_is_estimated_and_the_rest_follows():
    found, _ = run([("m", 0.9, 90), ("m", 2, 200)], count=2)
    assert found == [(90, "estimated", []), (110, "good", [])]


def test_two_values_for_one_instant_are_told():
    assert run([("m", 1, 100), ("m", 1, 120)])[0] == [(120, "good", ["meter_conflict"])]
    assert run([("m", 0, 7), ("m", 1, 100)])[0] == [(100, "good", ["meter_conflict"])]


def test_a_counter_of_no_meter_is_told_once():
    assert run([("ghost", 1, 3), ("ghost", 1, 3), ("m", 1, 4)])[0] == [(4, "good", ["meter_unknown"])]


def test_counters_after_the_interval_wait():
    assert run([("m", 1, 10), ("m", 2, 999)])[0] == [(10, "good", [])]


def test_a_water_meter_counts_litres():
    water = meter("w", commodity="water")
    found = registers.count(samples(("w", 1, 2500)), registers.opening((water,), at(0)), (water,), (at(0), at(1)))
    assert found.readings["energy_mwh_int"].to_list() == [None]
    assert found.readings["value"].to_list() == [2.5]


def test_plain_counters_may_stand_for_the_previous_ones():
    assert run([("m", 1, 30)], samples(("m", 0, 10)))[0] == [(20, "good", [])]


def test_an_opening_may_name_counters_and_leaves_unknown_meters_out():
    other = meter("n")
    found = registers.opening((M, other), at(0), {"m": 7})
    assert found["meter_id"].to_list() == ["m"]
    assert found["register_mwh_int"].to_list() == [7]


@pytest.mark.parametrize("kind", list(registers._TEXTS))
def test_every_alarm_names_the_meter_and_a_way_out(kind):
    severity, text = registers._TEXTS[kind]
    assert severity in (1, 2, 3)
    assert "{0}" in text


@settings(max_examples=200)
@given(st.lists(st.tuples(st.integers(0, 10**9), st.booleans()), min_size=1, max_size=30), st.integers(0, WIDTH - 1))
def test_the_total_over_any_silences_and_rollovers_is_exact_once_the_meter_is_back(steps, first):
    rows, register, total = [], first, 0
    for k, (energy, heard) in enumerate(steps):
        register, total = (register + energy) % WIDTH, total + energy
        if heard:
            rows.append(("m", k + 1, register))
    rows.append(("m", len(steps) + 1, register))
    found, state = run(rows, before(first), count=len(steps) + 1)
    assert sum(row[0] for row in found) - state["owed_mwh_int"][0] == total
    assert min(row[0] for row in found) >= 0
