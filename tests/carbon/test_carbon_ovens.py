"""The energy of a run: shared by all units in the oven, to the last milliwatt-hour, and idle only when it is empty."""

from __future__ import annotations

from datetime import timedelta

import polars as pl
from carbon_park import METERS, QUARTER, QUIET, START, frame, line, make_park, meter, passages, readings, work_unit
from hypothesis import given, settings
from hypothesis import strategies as st

from parkwright.carbon.interval import close
from parkwright.carbon.metering import coverage
from parkwright.carbon.occupancy import of_interval
from parkwright.model.tables import PASSAGES, PRESENCE

OVEN = line("OV", "asm", 90.0, work_unit("OV-1", "oven", 10, 50.0, 20.0)).model_copy(update={"room": 10})
METER = meter("m-ov", "m-b1", "load", "OV-1", "machine")
PLAIN = make_park()
PARK = make_park((*METERS, METER), work_centers=(*PLAIN.work_centers, OVEN))
NOBODY = PRESENCE.empty()


def ticks(rows, present=NOBODY, start=START, end=START + QUARTER):
    return of_interval(PARK, start, end, rows, present)


def shares(energy, rows):
    """Return what an interval's energy of the oven is booked to."""
    metered = readings(QUIET | {"grid-in": energy, "m-b1": energy, "m-ov": energy})
    found = close(PARK, START, START + QUARTER, metered, ticks(rows), 7000, {})
    own = found.postings.filter(
        (pl.col("commodity") == "electricity") & (pl.col("view") == "physical")
        & pl.col("journal_id").str.ends_with("/m-ov") & (pl.col("account") != "meter:m-ov")
    )  # fmt: skip
    return dict(own.select("account", "quantity").rows())


def run(first_s, last_s, **lots):
    """Passages of a run: job -> units."""
    return [
        (f"{job}-{n}", job, "OV-1", first_s, last_s) for job, units in lots.items() for n in range(units)
    ]  # fmt: skip


def test_the_time_of_the_machine_is_shared_by_the_units_in_it_whatever_their_job():
    found = ticks(passages(*run(0, 900, A=1, B=2)))
    assert found["ticks_ms"].to_list() == [300_000] * 3
    assert ticks(passages(*run(-900, 450, A=1, B=1)))["ticks_ms"].to_list() == [225_000] * 2


def test_two_runs_in_an_interval_share_each_its_own_time():
    found = ticks(passages(*run(0, 300, A=2), *run(300, 900, B=4)))
    assert found["ticks_ms"].to_list() == [150_000] * 2 + [150_000] * 4


def test_units_that_are_booked_in_seconds_apart_share_what_they_share():
    rows = passages(("U1", "A", "OV-1", 0, 600), ("U2", "A", "OV-1", 300, 900))
    assert dict(ticks(rows).select("unit_id", "ticks_ms").rows()) == {"U1": 450_000, "U2": 450_000}


def test_what_still_stands_there_counts_and_closing_late_counts_it_once():
    present = frame(PRESENCE, [(f"U{n}", "A", "asm", "OV-1", START + timedelta(seconds=300)) for n in range(3)])
    assert ticks(PASSAGES.empty(), present)["ticks_ms"].to_list() == [200_000] * 3
    later = passages(*((f"U{n}", "A", "OV-1", 300, 1000) for n in range(3)))
    assert ticks(later, present).equals(ticks(PASSAGES.empty(), present))


def test_a_run_bears_its_whole_energy_however_few_are_in_it_and_the_rest_is_idle():
    assert shares(600, passages(*run(0, 900, A=1))) == {"unit:A-0": 600}
    assert shares(600, passages(*run(0, 900, A=1, B=2))) == {"unit:A-0": 200, "unit:B-0": 200, "unit:B-1": 200}
    # half the time at 50 kW with two units in it, half at 20 kW with none
    assert shares(700, passages(*run(0, 450, A=1, B=1))) == {"unit:A-0": 250, "unit:B-0": 250, "idle:OV": 200}
    assert shares(700, PASSAGES.empty()) == {"idle:OV": 700}


def test_other_machines_count_their_places_as_before():
    rows = coverage(PARK).select("work_unit_id", "places", "run_milliwatt").rows()
    assert ("OV-1", 1, 50_000_000) in rows
    assert ("SMT-oven", 10, 5_000_000) in rows


@settings(max_examples=30)
@given(
    stays=st.lists(st.tuples(st.integers(-600, 899), st.integers(1, 1500)), min_size=1, max_size=30),
    energy=st.integers(0, 10**9),
)
def test_shares_add_up_to_the_time_in_use_and_to_the_meter_whoever_stands_there(stays, energy):
    rows = passages(*((f"U{n:02d}", "A", "OV-1", first, first + length) for n, (first, length) in enumerate(stays)))
    used = {s for first, length in stays for s in range(max(0, first), min(900, first + length))}
    found = ticks(rows)
    assert found["ticks_ms"].sum() == 1000 * len(used)
    assert found["ticks_ms"].min() is None or found["ticks_ms"].min() > 0
    assert found.equals(ticks(rows.reverse()))
    booked = shares(energy, rows)
    assert sum(booked.values()) == energy
    if len(used) == 900:
        assert "idle:OV" not in booked
