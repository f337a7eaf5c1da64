"""Closed books are corrected by reversals and new postings, and the old report stays what it was, byte for byte."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from carbon_park import DAY, KWH, METERS, QUARTER, QUIET, START, factor, make_park, readings
from worked_day import ASSEMBLIES_, BANDS_, JOBS_, ORDERS_, PASSAGES_, RESPONSES_, VERDICTS_, day_books, interval_books

from parkwright.carbon import day, explain, interval, occupancy, proof, restate
from parkwright.carbon.restate import DayFacts
from parkwright.ledger import views
from parkwright.ledger.facts import canonical
from parkwright.model.errors import LedgerError
from parkwright.model.opening import Pool
from parkwright.model.site import Site
from parkwright.model.tables import (
    ASSEMBLIES,
    JOB_ORDERS,
    JOB_RESPONSES,
    JOBS,
    PASSAGES,
    POSTINGS,
    PRESENCE,
    RESTATEMENTS,
    VERDICTS,
    conform,
)
from parkwright.run.ports import Batch
from parkwright.store import lake
from parkwright.store.journal import Journal

PARK = make_park()
POOLS = {"BAT1": Pool(20 * KWH, 5_000_000_001, 4_000_000_003, 70_001)}
STARTS = [START + n * QUARTER for n in range(96)]
PRICES = {start: 7000 + n for n, start in enumerate(STARTS)}
POSTED, METERED = interval_books()
BOOKS = day_books(POSTED)
BOOKED = pl.concat([POSTED, BOOKS.postings])
FACTS = DayFacts(METERED, PASSAGES_, VERDICTS_, ASSEMBLIES_, JOBS_, ORDERS_, RESPONSES_, PRICES, BANDS_, POOLS)


def fresh(changes):
    """Books closed from the corrected readings as if they had been right from the start."""
    corrected = restate.corrected(METERED, changes)
    pools, rows = POOLS, []
    for start in (STARTS[0], STARTS[1]):
        at_work = occupancy.of_interval(PARK, start, start + QUARTER, PASSAGES_, PRESENCE.empty())
        books = interval.close(PARK, start, start + QUARTER, corrected, at_work, PRICES[start], pools)
        pools = books.pools
        rows.append(books.postings)
    return pl.concat(rows), corrected


LATE = {(STARTS[0], "m-test"): 23 * KWH + 7, (STARTS[1], "m-smt"): 11 * KWH}


def test_a_late_reading_gives_the_books_that_it_would_have_given_in_time():
    found = restate.late_readings(PARK, DAY, BOOKED, FACTS, LATE)
    rows, corrected = fresh(LATE)
    wanted = pl.concat([rows, day_books(rows).postings])
    assert (
        views.net(pl.concat([BOOKED, found.postings]))
        .sort(*POSTINGS.schema)
        .equals(views.net(wanted).sort(*POSTINGS.schema))
    )
    assert views.unbalanced(found.postings).is_empty()
    intervals = pl.concat([BOOKED, found.postings]).filter(~pl.col("method_id").is_in(restate.SECOND))
    assert proof.residuals(PARK, intervals, corrected)["residual_mwh_int"].abs().max() == 0


def test_a_restatement_reverses_what_it_replaces_and_nothing_else():
    found = restate.late_readings(PARK, DAY, BOOKED, FACTS, {(STARTS[1], "m-oven"): 8 * KWH})
    reversed_ = found.postings.join(
        BOOKED.with_columns(-pl.col("quantity")), on=list(POSTINGS.schema), nulls_equal=True
    )
    assert reversed_.height > 0
    assert set(found.postings["start"]) <= {STARTS[1], START}
    assert not found.postings.filter(pl.col("journal_id").str.contains("20260714T160000Z/")).height
    untouched = BOOKED.filter(pl.col("account") == "meter:m-asm")
    assert views.net(pl.concat([BOOKED, found.postings])).filter(pl.col("account") == "meter:m-asm").equals(untouched)


def test_a_corrected_battery_reaches_the_intervals_that_draw_from_it():
    found = restate.late_readings(PARK, DAY, BOOKED, FACTS, {(STARTS[0], "bat-in"): 6 * KWH})
    after = found.postings.filter((pl.col("start") == STARTS[1]) & (pl.col("method_id") == "carried"))
    assert after.height > 0
    rows, _ = fresh({(STARTS[0], "bat-in"): 6 * KWH})
    pooled = views.balances(pl.concat([POSTED, found.postings])).filter(pl.col("account") == "pool:BAT1")
    assert pooled.equals(views.balances(rows).filter(pl.col("account") == "pool:BAT1"))


def test_passports_and_figures_that_became_others_come_along():
    found = restate.late_readings(PARK, DAY, BOOKED, FACTS, LATE)
    assert found.passports["unit_id"].to_list() == ["U1", "U3"]
    rows, _ = fresh(LATE)
    wanted = day_books(rows)
    assert found.passports.equals(wanted.passports)
    figures = dict(BOOKS.books.select("key", "value").iter_rows()) | dict(
        found.books.select("key", "value").iter_rows()
    )
    assert figures == dict(wanted.books.select("key", "value").iter_rows())
    noted = [("R", "2026-07-15", "late_reading", name, at, "", str(new), "t") for (at, name), new in LATE.items()]
    kept = conform(pl.DataFrame(noted, schema=RESTATEMENTS.schema, orient="row"), RESTATEMENTS)
    steps = explain.unit("U1", pl.concat([BOOKED, found.postings]), METERED, PARK, kept)
    passport = wanted.passports.row(0, named=True)
    assert (steps.direct_mwh_int, steps.overhead_mwh_int) == (passport["direct_mwh_int"], passport["overhead_mwh_int"])
    assert (steps.location_ug, steps.cost_1e4cny) == (passport["location_ug"], passport["cost_1e4cny"])


def test_a_correction_to_what_was_read_changes_nothing():
    found = restate.late_readings(PARK, DAY, BOOKED, FACTS, {(STARTS[0], "m-test"): 20 * KWH})
    assert found.postings.is_empty()
    assert found.passports.is_empty()
    assert found.books.is_empty()


def test_a_restatement_of_a_restatement_back_gives_the_first_books():
    once = restate.late_readings(PARK, DAY, BOOKED, FACTS, LATE)
    booked = pl.concat([BOOKED, once.postings])
    facts = replace(FACTS, readings=restate.corrected(METERED, LATE))
    back = {key: int(METERED.filter((pl.col("start") == key[0]) & (pl.col("meter_id") == key[1]))["energy_mwh_int"][0])
            for key in LATE}  # fmt: skip
    twice = restate.late_readings(PARK, DAY, booked, facts, back)
    every = pl.concat([booked, twice.postings])
    assert views.net(every).sort(*POSTINGS.schema).equals(views.net(BOOKED).sort(*POSTINGS.schema))


def many_days_facts(seed):
    """A day of 96 intervals with random readings and no units."""
    rng = np.random.default_rng(seed)
    names = [name for name in QUIET if name not in ("water", "heat")]
    metered = pl.concat(
        [readings({**QUIET, **{name: int(rng.integers(0, 40 * KWH)) for name in names}}, start) for start in STARTS]
    )
    pools, rows = POOLS, []
    for start in STARTS:
        at_work = occupancy.of_interval(PARK, start, start + QUARTER, PASSAGES.empty(), PRESENCE.empty())
        books = interval.close(PARK, start, start + QUARTER, metered, at_work, PRICES[start], pools)
        pools = books.pools
        rows.append(books.postings)
    empty = (VERDICTS.empty(), ASSEMBLIES.empty(), JOBS.empty(), JOB_ORDERS.empty(), JOB_RESPONSES.empty())
    facts = DayFacts(metered, PASSAGES.empty(), *empty, PRICES, {}, POOLS)
    booked = pl.concat(rows)
    closed = day.close(PARK, DAY, booked, PASSAGES.empty(), *empty, {})
    return facts, pl.concat([booked, closed.postings]), names


def test_a_thousand_late_corrections_leave_no_difference():
    facts, booked, names = many_days_facts(7)
    rng = np.random.default_rng(11)
    places = [(start, name) for start in STARTS for name in names]
    chosen = rng.choice(len(places), 1000, replace=False)
    late = {places[n]: int(rng.integers(0, 40 * KWH)) for n in chosen}
    assert len(late) == 1000
    found = restate.late_readings(PARK, DAY, booked, facts, late)
    every = pl.concat([booked, found.postings])
    corrected = restate.corrected(facts.readings, late)
    intervals = every.filter(~pl.col("method_id").is_in(restate.SECOND))
    assert proof.residuals(PARK, intervals, corrected)["residual_mwh_int"].abs().max() == 0
    assert views.unbalanced(every).is_empty()
    assert int(corrected["energy_mwh_int"].sum()) != int(facts.readings["energy_mwh_int"].sum())


def test_books_that_the_facts_do_not_explain_are_not_restated():
    for wrong, what in (
        ({"pools": {"BAT1": Pool(20 * KWH, 6_000_000_000, 4_000_000_003, 70_001)}}, "20260714T161500Z"),
        ({"prices": dict.fromkeys(STARTS, 1)}, "20260714T160000Z"),
        ({"passages": PASSAGES_.filter(pl.col("unit_id") != "U1")}, "20260714T160000Z"),
        ({"assemblies": ASSEMBLIES.empty()}, "the close of 2026-07-15"),
    ):
        with pytest.raises(LedgerError, match=f"the facts do not explain .*{what}"):
            restate.late_readings(PARK, DAY, BOOKED, replace(FACTS, **wrong), LATE)


@pytest.mark.parametrize(
    ("place", "energy", "says"),
    [
        ((STARTS[0], "m-test"), -1, "m-test@20260714T160000Z to -1 mWh: is negative"),
        ((STARTS[0], "none"), 1, "there is no energy reading to correct"),
        ((STARTS[0], "water"), 1, "there is no energy reading to correct"),
        ((STARTS[2], "m-test"), 1, "there is no energy reading to correct"),
    ],
)
def test_a_correction_of_nothing_is_refused(place, energy, says):
    with pytest.raises(LedgerError, match=says):
        restate.late_readings(PARK, DAY, BOOKED, FACTS, {place: energy})


def test_an_instant_that_is_no_interval_of_the_day_is_refused():
    metered = pl.concat([METERED, readings({"m-test": 1}, START - QUARTER)])
    with pytest.raises(LedgerError, match="is no metering interval of 2026-07-15"):
        restate.late_readings(PARK, DAY, BOOKED, replace(FACTS, readings=metered), {(START - QUARTER, "m-test"): 2})


def test_readings_as_they_count_now_are_the_last_corrections():
    first, last = (("R1", "2026-07-15", "late_reading", "m-test", STARTS[0], "20000000", str(energy), "t")
                   for energy in (5, 6))  # fmt: skip
    other = ("R2", "2026-07-15", "factor_edition", "accounting_grid_factor", None, "a", "b", "t")
    rows = conform(pl.DataFrame([first, other, last], schema=list(RESTATEMENTS.schema), orient="row"), RESTATEMENTS)
    now = views.current_readings(METERED, rows)
    changed = now.join(METERED, on=list(METERED.columns), how="anti", nulls_equal=True)
    assert changed.select("meter_id", "energy_mwh_int", "quality").rows() == [("m-test", 6, "repaired")]
    assert now.height == METERED.height
    assert views.current_readings(METERED, RESTATEMENTS.empty()).equals(METERED)


# B5: a factor edition of 10,000 MWh, with the old report as it was

TEN_GWH = 10_000_000 * KWH
T0, T1 = datetime(2025, 1, 31, tzinfo=UTC), datetime(2026, 1, 31, tzinfo=UTC)


def edition_park(value: str, factor_id: str):
    site = Site(
        park_id="TP", name={"en": "a", "zh": "a"}, timezone="UTC", latitude=39, longitude=117, width_m=1, depth_m=1,
        area_m2=1, metering_interval_s=3600, accounting_grid_factor=factor_id, residual_grid_factor="residual",
        basis="assumed: a test",
    )  # fmt: skip
    meters = tuple(meter for meter in METERS if meter.id == "grid-in")
    factors = (factor(factor_id, "grid_average", value), factor("residual", "grid_residual", "0.6096"))
    return make_park(meters, site=site, factors=factors)


def report_of(rows: pl.DataFrame) -> bytes:
    """The report of the test: the location-based total, from the postings that stand."""
    total = -views.total(views.net(rows), "source:", "co2e", "location")
    return json.dumps({"scope2_location_t": total / 1e12}).encode()


@pytest.fixture
def restated(tmp_path: Path):
    """A ledger of one day closed with the edition of 2022 and restated with that of 2023."""
    start = datetime(DAY.year, DAY.month, DAY.day, tzinfo=UTC)
    old, new = edition_park("0.7041", "cn-tj-2022"), edition_park("0.6796", "cn-tj-2023")
    hours = [start + n * timedelta(hours=1) for n in range(24)]
    metered = pl.concat([readings({"grid-in": TEN_GWH if n == 5 else 0}, hour) for n, hour in enumerate(hours)])
    prices = dict.fromkeys(hours, 7000)
    nothing = occupancy.of_interval(old, hours[0], hours[1], PASSAGES.empty(), PRESENCE.empty())
    booked = pl.concat(
        [interval.close(old, h, h + timedelta(hours=1), metered, nothing, 7000, {}).postings for h in hours]
    )
    empty = (VERDICTS.empty(), ASSEMBLIES.empty(), JOBS.empty(), JOB_ORDERS.empty(), JOB_RESPONSES.empty())
    facts = DayFacts(metered, PASSAGES.empty(), *empty, prices, {}, {})
    found = restate.factor_edition(old, new, DAY, booked, facts)
    iso, path = DAY.isoformat(), tmp_path / "ledger.db"
    with Journal(path) as journal:
        journal.append([Batch("books/postings", iso, 0, "postings", iso, booked)], T0)
        before = report_of(journal.read("postings", iso))
        journal.append([Batch("restatement/R1", iso, 0, "postings", iso, found.postings)], T1)
    return path, before


def test_another_edition_restates_ten_thousand_megawatt_hours(restated):
    path, before = restated
    with Journal.reader(path) as reader:
        now = report_of(reader.read("postings", DAY.isoformat()))
    assert json.loads(before) == {"scope2_location_t": 7041.0}
    assert json.loads(now) == {"scope2_location_t": 6796.0}


@pytest.mark.parametrize("compacted", [False, True])
def test_the_report_as_of_an_instant_is_the_old_one_byte_for_byte(restated, compacted):
    path, before = restated
    iso = DAY.isoformat()
    if compacted:
        lake.compact(path, iso, 0.0)
    with Journal.reader(path) as reader:
        old = reader.read_as_of("postings", iso, iso, T0)
        assert report_of(old) == before
        assert report_of(reader.read_as_of("postings", iso, iso, T1 - timedelta(milliseconds=1))) == before
        assert canonical(reader.read_as_of("postings", iso, iso, T1)) == canonical(reader.read("postings", iso))
        assert reader.read_as_of("postings", iso, iso, T0 - timedelta(seconds=1)).is_empty()
        with pytest.raises(LedgerError, match="has no time zone"):
            reader.read_as_of("postings", iso, iso, T0.replace(tzinfo=None))


def test_an_edition_and_a_new_meter_are_two_restatements():
    old = edition_park("0.7041", "a")
    with pytest.raises(LedgerError, match="the meters differ too"):
        restate.factor_edition(old, make_park(), DAY, POSTINGS.empty(), FACTS)
