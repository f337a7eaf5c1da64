"""Books: intervals close in order when their meters are in, or after the grace with an estimate and an alarm."""

from __future__ import annotations

import random
from datetime import timedelta

import carbon_park
import polars as pl
import pytest
from carbon_park import DAY, KWH, QUARTER, QUIET, START, make_park, meter

from parkwright.carbon import proof, storage
from parkwright.ledger.views import unbalanced
from parkwright.model.opening import Pool
from parkwright.model.tables import POSTINGS, PRESENCE
from parkwright.run.books import GRACE, Books
from parkwright.run.recorder import Recorder
from parkwright.store.journal import Journal

PARK = make_park()
ISO = DAY.isoformat()
STARTS = [START + n * QUARTER for n in range(4)]
PRICES = pl.DataFrame({"start": STARTS, "price_cny_per_kwh": [0.5, 0.6, 0.7, 0.8]})
POOLS = {"BAT1": Pool(50 * KWH, 5_000, 7_000, 90)}
SECOND = timedelta(seconds=1)


def metered(n, **changes):
    """READINGS of interval n: 40 + n kWh from the grid, half of it in the building; `None` leaves a meter out."""
    energies = {**QUIET, "grid-in": (40 + n) * KWH, "m-b1": 20 * KWH + n, "m-asm": 5 * KWH, "m-nb": 6 * KWH}
    energies |= {name.replace("_", "-"): value for name, value in changes.items()}
    known = {name: value for name, value in energies.items() if value is not None}
    return carbon_park.readings(known, start=STARTS[n])


@pytest.fixture
def facts(tmp_path):
    with Journal(tmp_path / "ledger.db") as journal:
        yield journal


def open_books(facts, park=PARK, pools=POOLS):
    recorder = Recorder(facts, ISO)
    recorded = facts.read("readings", ISO)
    moved = storage.moved(pools, facts.read("postings", ISO))
    books = Books(park, STARTS, PRICES, moved, recorder, recorded)
    for n in range(4):
        books.take_presence(STARTS[n] + QUARTER, PRESENCE.empty())
    return books, recorder


def read(facts, kind):
    return facts.read(kind, ISO)


def close_all(books, recorder, until=STARTS[3] + QUARTER + GRACE):
    closed = books.close_ready(until)
    recorder.commit(until)
    return closed


def test_an_interval_closes_at_its_end_when_every_meter_is_in(facts):
    books, recorder = open_books(facts)
    books.take_readings(metered(0))
    assert books.close_ready(STARTS[1] - SECOND) == []
    assert books.close_ready(STARTS[1]) == [STARTS[0]]
    recorder.commit(STARTS[1])
    assert books.open_from == STARTS[1]
    assert set(read(facts, "readings")["quality"]) == {"good"}
    assert read(facts, "alarms").is_empty()


def test_an_interval_waits_for_what_stood_at_the_work_units(facts):
    recorder = Recorder(facts, ISO)
    books = Books(PARK, STARTS, PRICES, POOLS, recorder, read(facts, "readings"))
    books.take_readings(metered(0))
    assert books.close_ready(STARTS[3]) == []
    books.take_presence(STARTS[1], PRESENCE.empty())
    assert books.close_ready(STARTS[3]) == [STARTS[0]]


def test_late_readings_close_their_interval_when_they_come(facts):
    books, _ = open_books(facts)
    books.take_readings(metered(0, m_asm=None))
    assert books.close_ready(STARTS[1] + GRACE - SECOND) == []
    books.take_readings(metered(0).filter(pl.col("meter_id") == "m-asm"))
    assert books.close_ready(STARTS[1] + GRACE - SECOND) == [STARTS[0]]


def test_a_silent_meter_is_estimated_after_the_grace_with_an_alarm_that_names_it(facts):
    books, recorder = open_books(facts)
    books.take_readings(metered(0))
    books.take_readings(metered(1, m_asm=None))
    assert books.close_ready(STARTS[2] + GRACE - SECOND) == [STARTS[0]]
    assert books.close_ready(STARTS[2] + GRACE) == [STARTS[1]]
    recorder.commit(STARTS[2] + GRACE)
    guess = read(facts, "readings").filter((pl.col("start") == STARTS[1]) & (pl.col("quality") == "estimated"))
    assert guess.select("meter_id", "energy_mwh_int").rows() == [("m-asm", 5 * KWH)]
    alarms = read(facts, "alarms")
    assert alarms.select("at", "kind", "thing_id").rows() == [(STARTS[2], "meter_silent", "m-asm")]
    assert alarms["text"][0].startswith("Meter m-asm sent nothing for the interval from 00:15; ")


def test_a_meter_that_never_spoke_is_estimated_as_nothing(facts):
    books, recorder = open_books(facts)
    books.take_readings(metered(0, m_hvac=None, water=None))
    close_all(books, recorder, STARTS[1] + GRACE)
    guess = read(facts, "readings").filter(pl.col("quality") == "estimated")
    assert guess.select("meter_id", "energy_mwh_int", "value").rows() == [("m-hvac", 0, None), ("water", None, 0.0)]
    assert read(facts, "alarms")["thing_id"].to_list() == ["m-hvac", "water"]


def test_a_day_without_a_single_reading_still_closes_and_names_every_meter(facts):
    books, recorder = open_books(facts)
    assert close_all(books, recorder) == STARTS
    assert books.all_closed
    assert books.open_from is None
    alarms = read(facts, "alarms").filter(pl.col("kind") == "meter_silent")
    assert alarms.height == 4 * len(PARK.meters)
    assert set(alarms["thing_id"]) == {one.id for one in PARK.meters}


def test_what_comes_after_an_estimate_is_left_to_the_estimate(facts):
    books, recorder = open_books(facts)
    books.take_readings(metered(0, m_asm=None))
    close_all(books, recorder, STARTS[1] + GRACE)
    books.take_readings(metered(0))
    for n in (1, 2, 3):
        books.take_readings(metered(n))
    close_all(books, recorder)
    readings = read(facts, "readings")
    assert readings.height == 4 * len(PARK.meters)
    assert not readings.select("start", "meter_id").is_duplicated().any()
    assert readings.filter(pl.col("quality") == "estimated").height == 1


@pytest.mark.parametrize("seed", range(6))
def test_order_and_repeats_of_readings_change_nothing(facts, tmp_path, seed):
    books, recorder = open_books(facts)
    for n in range(4):
        books.take_readings(metered(n))
    close_all(books, recorder)
    single = [row for n in range(4) for row in metered(n).iter_slices(1)]
    rng = random.Random(seed)
    mixed = single + rng.sample(single, 20)
    rng.shuffle(mixed)
    with Journal(tmp_path / "other.db") as other:
        books, recorder = open_books(other)
        for n in range(0, len(mixed), 7):
            books.take_readings(pl.concat(mixed[n : n + 7]))
        close_all(books, recorder)
        for kind in ("readings", "postings", "alarms"):
            assert read(other, kind).equals(read(facts, kind)), kind


def test_of_two_different_readings_of_one_interval_the_first_counts(facts):
    books, recorder = open_books(facts)
    books.take_readings(metered(0))
    books.take_readings(metered(0, grid_in=99 * KWH))
    close_all(books, recorder, STARTS[1])
    assert read(facts, "readings").filter(pl.col("meter_id") == "grid-in")["energy_mwh_int"].to_list() == [40 * KWH]


def test_a_later_interval_waits_for_the_one_before_it(facts):
    books, recorder = open_books(facts)
    books.take_readings(metered(0, m_asm=None))
    for n in (1, 2):
        books.take_readings(metered(n))
    assert books.close_ready(STARTS[1] + GRACE - SECOND) == []
    assert close_all(books, recorder, STARTS[3]) == STARTS[:3]


def test_more_below_a_meter_than_it_read_is_booked_as_imbalance_with_an_alarm_and_not_clipped(facts):
    books, recorder = open_books(facts)
    books.take_readings(metered(0, m_nb=4 * KWH))  # m-asm below it read 5 kWh
    close_all(books, recorder, STARTS[1])
    postings = read(facts, "postings")
    off = postings.filter((pl.col("account") == "imbalance:m-nb") & (pl.col("view") == "physical"))
    assert off["quantity"].to_list() == [-KWH]
    assert "m-nb" in read(facts, "alarms")["thing_id"].to_list()
    residuals = proof.residuals(PARK, postings, read(facts, "readings"))["residual_mwh_int"]
    assert set(residuals) == {0}
    assert unbalanced(postings).is_empty()


def test_an_estimate_that_contradicts_its_neighbours_is_an_imbalance_not_a_correction(facts):
    books, recorder = open_books(facts)
    books.take_readings(metered(0))
    books.take_readings(metered(1, m_asm=None, m_nb=KWH))  # the estimate of 5 kWh stands below a meter that read 1
    close_all(books, recorder, STARTS[2] + GRACE)
    postings = read(facts, "postings").filter(pl.col("start") == STARTS[1])
    off = postings.filter((pl.col("account") == "imbalance:m-nb") & (pl.col("view") == "physical"))
    assert off["quantity"].to_list() == [-4 * KWH]
    assert set(proof.residuals(PARK, read(facts, "postings"), read(facts, "readings"))["residual_mwh_int"]) == {0}


def charging(n):
    """A battery that is charged, then drawn from, so that its pool carries energy, emissions and cost."""
    return metered(n, bat_in=8 * KWH, bat_out=0) if n < 2 else metered(n, bat_in=0, bat_out=3 * KWH)


def test_pools_are_found_again_from_the_ledger_in_every_view(facts):
    books, recorder = open_books(facts)
    for n in range(3):
        books.take_readings(charging(n))
        close_all(books, recorder, STARTS[n] + QUARTER)
    found = storage.moved(POOLS, read(facts, "postings"))
    assert found == books.pools
    start, end = POOLS["BAT1"], found["BAT1"]
    assert end.energy_mwh_int > start.energy_mwh_int
    assert min(end.location_ug - start.location_ug, end.market_ug - start.market_ug) > 0
    assert end.cost_1e4cny > start.cost_1e4cny


@pytest.mark.parametrize("kept", [1, 2, 3])
@pytest.mark.parametrize("together", [True, False])
def test_books_opened_again_go_on_as_if_they_had_never_been_shut(facts, tmp_path, kept, together):
    whole = charging_day(facts, 4, together)
    with Journal(tmp_path / "other.db") as other:
        charging_day(other, kept, together)
        again = charging_day(other, 4, together)  # every reading comes again, as from a plant that is replayed
        assert again.pools == whole.pools
        for kind in ("readings", "postings", "alarms"):
            assert read(other, kind).equals(read(facts, kind)), kind


def charging_day(facts, count, together):
    """Close the first `count` intervals, in one commit or in one each."""
    books, recorder = open_books(facts)
    for n in range(count):
        books.take_readings(charging(n))
        if not together:
            close_all(books, recorder, STARTS[n] + QUARTER)
    close_all(books, recorder, STARTS[count - 1] + QUARTER)
    return books


def test_an_estimate_after_a_restart_repeats_what_was_read_before_it(facts):
    books, recorder = open_books(facts)
    books.take_readings(metered(0))
    close_all(books, recorder, STARTS[1])
    books, recorder = open_books(facts)
    books.take_readings(metered(1, m_asm=None))
    close_all(books, recorder, STARTS[2] + GRACE)
    assert read(facts, "readings").filter(pl.col("quality") == "estimated")["energy_mwh_int"].to_list() == [5 * KWH]


def test_postings_are_handed_over_once(facts):
    books, _ = open_books(facts)
    books.take_readings(metered(0))
    books.close_ready(STARTS[1])
    assert books.take_postings().height > 0
    assert books.take_postings().equals(POSTINGS.empty())


def test_readings_of_another_meter_do_not_stand_in_for_a_missing_one(facts):
    park = make_park(meters=(*carbon_park.METERS, meter("m-new", "m-b1", "load", "B1", "it")))
    books, _ = open_books(facts, park)
    books.take_readings(metered(0))
    assert books.close_ready(STARTS[1]) == []
    assert books.close_ready(STARTS[1] + GRACE) == [STARTS[0]]
