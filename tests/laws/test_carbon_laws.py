"""Laws of the books on random parks, meters and units: nothing appears, nothing is lost, order does not matter."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from carbon_park import (
    DAY,
    KWH,
    METERS,
    QUARTER,
    START,
    assemblies,
    jobs,
    make_park,
    meter,
    orders,
    passages,
    readings,
    responses,
    verdicts,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from parkwright.carbon import day, explain, interval, occupancy, passport, proof, storage
from parkwright.carbon.attribution import apportion_groups
from parkwright.ledger.views import balances, total, unbalanced
from parkwright.model.opening import Pool
from parkwright.model.park import Park
from parkwright.model.tables import PRESENCE
from parkwright.store import folder

PARKS = Path(__file__).parents[2] / "parks"
PLACES = ("NB-asm", "NB-test", "NB-pack")
LOOSE = ("", "m-b1", "m-hvac", "x0", "x1", "x2")
PURPOSES = ("hvac", "lighting", "it", "other", "building", "air")


@dataclass(frozen=True)
class Case:
    """A random day of two intervals with all its tables."""

    park: Park
    metered: list[pl.DataFrame]
    passages: pl.DataFrame
    tables: dict[str, pl.DataFrame]
    pools: dict[str, Pool]
    price: int


@st.composite
def parks(draw):
    """The small park with up to four more meters hung anywhere in its tree."""
    more = []
    for n in range(draw(st.integers(0, 4))):
        parent = draw(st.sampled_from([name for name in LOOSE if not name.startswith("x") or int(name[1]) < n]))
        more.append(meter(f"x{n}", parent, "load", "", draw(st.sampled_from(PURPOSES))))
    return make_park((*METERS, *more))


@st.composite
def cases(draw):
    """Any readings, consistent or not; units that pass stations in any time; verdicts, boards and lots at random."""
    park = draw(parks())
    energy = st.integers(0, draw(st.sampled_from([3, 1000, 40 * KWH, 10**10])))
    metered = [readings({m.id: draw(energy) for m in park.meters}, START + n * QUARTER) for n in range(2)]
    count, boards = draw(st.integers(0, 6)), draw(st.integers(0, 3))
    seconds = st.integers(0, 1800)
    rows, decided, built = [], [], []
    for n in range(boards):
        start = draw(seconds)
        rows.append((f"B{n}", "JB", "SMT-oven", start, start + draw(seconds)))
        decided.append((f"B{n}", start, draw(st.sampled_from(["good", "scrap"]))))
    for n in range(count):
        clock = draw(seconds)
        for place in PLACES:
            leaves = clock + draw(st.integers(0, 700))
            rows.append((f"U{n}", f"J{n % 2}", place, clock, leaves))
            clock = leaves
        if draw(st.booleans()) or n == 0:
            decided.append((f"U{n}", clock, draw(st.sampled_from(["good", "good", "scrap"]))))
        if n < boards and (f"B{n}", "scrap") not in {(u, v) for u, _, v in decided}:
            built.append((f"U{n}", f"B{n}"))
    tables = {
        "verdicts": verdicts(*decided),
        "assemblies": assemblies(*built),
        "jobs": jobs(("JB", "OB", "MB1", 3), ("J0", "O0", "NB14", 3), ("J1", "O1", "NB16", 3)),
        "orders": orders(("O0", "NB14", 3, 1, "cn")),
        "job_responses": responses(),
    }
    pool = Pool(draw(st.integers(0, 100 * KWH)), draw(st.integers(0, 10**13)), draw(st.integers(0, 10**13)), 77)
    return Case(park, metered, passages(*rows), tables, {"BAT1": pool}, draw(st.integers(-20_000, 20_000)))


def closed(case: Case, shuffle: int | None = None):
    """Return the interval postings and the pools at the end of the case."""
    pools, found = case.pools, []
    for n, metered in enumerate(case.metered):
        span = (START + n * QUARTER, START + (n + 1) * QUARTER)
        at_work = occupancy.of_interval(case.park, *span, case.passages, PRESENCE.empty())
        given_rows = (metered, at_work)
        if shuffle is not None:
            given_rows = tuple(rows.sample(fraction=1, shuffle=True, seed=shuffle) for rows in given_rows)
        books = interval.close(case.park, *span, *given_rows, case.price, pools)
        pools = books.pools
        found.append(books.postings)
    return pl.concat(found), pools


def of_day(case: Case, postings: pl.DataFrame):
    return day.close(case.park, DAY, postings, case.passages, bands={}, **case.tables)


@settings(max_examples=60)
@given(cases())
def test_units_plus_idle_plus_base_plus_losses_plus_imbalance_equal_every_meter(case):
    postings, _ = closed(case)
    found = proof.residuals(case.park, postings, pl.concat(case.metered))
    assert (found["residual_mwh_int"] == 0).all()
    assert found["meter_id"].n_unique() == sum(m.commodity in ("electricity", "gas") for m in case.park.meters)


@settings(max_examples=60)
@given(cases())
def test_every_journal_sums_to_zero(case):
    postings, _ = closed(case)
    assert unbalanced(postings).is_empty()
    assert unbalanced(of_day(case, postings).postings).is_empty()


@settings(max_examples=30)
@given(cases(), st.integers(0, 99))
def test_the_order_of_readings_and_occupancy_does_not_matter(case, seed):
    first, pools = closed(case)
    second, again = closed(case, shuffle=seed)
    assert first.equals(second)
    assert pools == again


@settings(max_examples=40)
@given(cases())
def test_a_pool_is_what_it_opened_with_and_what_was_posted_on_it(case):
    """So a run that starts again finds its pools in the ledger."""
    postings, pools = closed(case)
    assert storage.moved(case.pools, postings) == pools
    assert storage.moved({}, postings).keys() <= pools.keys()
    assert pools["BAT1"].energy_mwh_int >= 0
    assert pools["BAT1"].location_ug >= 0
    stored = total(postings, "pool:BAT1", "electricity", "physical")
    assert pools["BAT1"].energy_mwh_int == case.pools["BAT1"].energy_mwh_int + stored


@settings(max_examples=40)
@given(cases())
def test_passports_hold_all_that_the_day_used_except_what_is_still_open(case):
    """Sources = good units + open units + pools + exports + imbalances, in every view."""
    postings, _ = closed(case)
    books = of_day(case, postings)
    every = pl.concat([postings, books.postings])
    energy = books.passports["direct_mwh_int"].sum() + books.passports["overhead_mwh_int"].sum()
    sums = {
        "physical": energy,
        "location": books.passports["location_ug"].sum(),
        "market": books.passports["market_ug"].sum(),
        "tariff": books.passports["cost_1e4cny"].sum(),
    }
    good = [f"unit:{unit}" for unit in books.passports["unit_id"]]
    held = balances(every).filter(~pl.col("account").str.starts_with("meter:"))
    for view, amount in sums.items():
        rest = held.filter((pl.col("view") == view) & ~pl.col("account").is_in(good))["quantity"].sum()
        assert amount + rest == 0
    if good:
        leftover = held.filter(pl.col("account").str.contains("^(idle|base|losses):") & (pl.col("quantity") != 0))
        assert leftover.is_empty()


@settings(max_examples=30)
@given(cases())
def test_scrapped_units_and_built_in_boards_hold_nothing_in_the_end(case):
    postings, _ = closed(case)
    every = pl.concat([postings, of_day(case, postings).postings])
    scrapped = case.tables["verdicts"].filter(pl.col("verdict") == "scrap")["unit_id"].to_list()
    gone = [f"unit:{unit}" for unit in scrapped + case.tables["assemblies"]["component_id"].to_list()]
    assert balances(every).filter(pl.col("account").is_in(gone) & (pl.col("quantity") != 0)).is_empty()


@settings(max_examples=30)
@given(cases())
def test_an_explanation_gives_the_passport_to_the_last_digit(case):
    postings, _ = closed(case)
    books = of_day(case, postings)
    every, metered = pl.concat([postings, books.postings]), pl.concat(case.metered)
    posted = set(every["account"])
    for row in books.passports.iter_rows(named=True):
        if f"unit:{row['unit_id']}" in posted:
            found = explain.unit(row["unit_id"], every, metered, case.park)
            for key in ("direct_mwh_int", "overhead_mwh_int", "location_ug", "market_ug", "cost_1e4cny"):
                assert getattr(found, key) == row[key]


@settings(max_examples=30)
@given(cases())
def test_a_provisional_passport_never_loses_direct_energy_on_its_way_to_final(case):
    postings, _ = closed(case)
    final = of_day(case, postings).passports
    tables = {name: case.tables[name] for name in ("verdicts", "assemblies", "jobs")}
    early = passport.provisional(case.park, START + 9 * QUARTER, postings, case.passages, **tables)
    assert early["unit_id"].to_list() == final["unit_id"].to_list()
    assert early["direct_mwh_int"].to_list() == final["direct_mwh_int"].to_list()


@pytest.mark.parametrize("name", ["tianjin", "steelworks"])
def test_the_meters_of_the_shipped_parks_add_up_whatever_they_read(name):
    park = folder.load(PARKS / name)
    rng, pools = np.random.default_rng(7), {}
    for n in range(3):
        start = START + n * QUARTER
        energies = {m.id: int(rng.integers(0, 50 * KWH)) for m in park.meters if m.commodity != "water"}
        busy = list(park.work_unit)[n::5]
        rows = passages(*[(f"U{k}", "J", place, 0, 20 + 60 * k) for k, place in enumerate(busy)], start=start)
        at_work = occupancy.of_interval(park, start, start + QUARTER, rows, PRESENCE.empty())
        books = interval.close(park, start, start + QUARTER, readings(energies, start), at_work, 7000, pools)
        pools = books.pools
        assert unbalanced(books.postings).is_empty()
        found = proof.residuals(park, books.postings, readings(energies, start))
        assert found.height > 0
        assert (found["residual_mwh_int"] == 0).all()


@pytest.mark.parametrize("seed", range(3))
def test_a3_a_month_of_meter_intervals_adds_up_and_keeps_adding_up_after_late_corrections(seed):
    """50 meters x 2880 intervals, 3.6 million shares; then 1,000 readings are corrected and shared again."""
    rng = np.random.default_rng(seed)
    groups = 144_000 if seed == 0 else 14_400
    sizes = rng.integers(0, 51, groups) + 1
    starts = np.cumsum(sizes) - sizes
    quantities = rng.integers(0, 10**10, groups)
    weights = rng.integers(1, 9 * 10**8, sizes.sum())
    shares = apportion_groups(quantities, starts, weights)
    assert np.abs(np.add.reduceat(shares, starts) - quantities).max() == 0
    assert shares.min() >= 0
    late = rng.choice(groups, 1000, replace=False)
    quantities[late] += rng.integers(-(10**6), 10**6, 1000)
    shares = apportion_groups(quantities, starts, weights)
    assert np.abs(np.add.reduceat(shares, starts) - quantities).max() == 0
