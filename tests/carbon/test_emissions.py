"""Emissions and money of one interval: they follow the energy to its final accounts, to the last microgram."""

from __future__ import annotations

from datetime import timedelta
from fractions import Fraction

import polars as pl
import pytest
from carbon_park import KWH, START, make_park
from hypothesis import given, settings
from hypothesis import strategies as st

from parkwright.carbon import emissions
from parkwright.carbon.attribution import apportion
from parkwright.carbon.entries import ROW_SCHEMA, Entries, Kind
from parkwright.carbon.factors import cost_1e4cny
from parkwright.carbon.metering import Own
from parkwright.carbon.storage import Turn
from parkwright.ledger.views import unbalanced
from parkwright.model.opening import Pool

PARK = make_park()
END = START + timedelta(minutes=15)
PRICE = 7_000
"""0.70 CNY/kWh in 1e-4 CNY."""
ACCOUNTS = ("unit:a", "unit:b", "idle:NB", "base:m-b1", "losses:site", "export:grid", "imbalance:m-nb")
ENERGY = Kind("electricity", "physical", "metered")


def entries() -> Entries:
    return Entries(START, END)


def energy(imported: int = 0, exported: int = 0) -> dict[str, int]:
    return {meter.id: 0 for meter in PARK.meters} | {"grid-in": imported, "grid-out": exported}


def written(parts: dict[str, int]) -> pl.DataFrame:
    """The interval's electricity postings: what each account took, and the grid that gave it."""
    found = entries()
    for account, quantity in parts.items():
        found.post("j", ENERGY, quantity, account, "r")
    found.post("j", ENERGY, -sum(parts.values()), "source:grid", "r")
    return found.written()


def turn(charged: int = 0, discharged: int = 0, carried: tuple[int, int, int] = (0, 0, 0)) -> Turn:
    opening = Pool(50 * KWH, 9_000, 8_000, 700)
    return Turn("BAT1", opening, charged, 0, discharged, 0, 0, *carried)


parts = st.dictionaries(st.sampled_from(ACCOUNTS), st.integers(-5, 40).map(lambda n: n * KWH // 7), max_size=7)


@settings(max_examples=150)
@given(found=parts, charged=st.integers(0, 9 * KWH))
def test_the_final_accounts_are_where_energy_ended_and_none_is_negative(found: dict[str, int], charged: int) -> None:
    rows = dict(emissions.finals(written(found), [turn(charged)]).rows())
    wanted = {account: quantity for account, quantity in found.items() if quantity > 0}
    if charged:
        wanted["pool:BAT1"] = charged
    assert rows == (wanted or {"imbalance:site": 1})
    assert list(rows) == sorted(rows)


@settings(max_examples=150)
@given(
    found=parts,
    imported=st.integers(0, 200 * KWH),
    exported=st.integers(0, 20 * KWH),
    charged=st.integers(0, 9 * KWH),
    carried=st.tuples(st.integers(0, 9_000), st.integers(0, 8_000), st.integers(0, 700)),
)
def test_every_view_gives_out_what_came_in_shared_by_energy(
    found: dict[str, int], imported: int, exported: int, charged: int, carried: tuple[int, int, int]
) -> None:
    moved = turn(charged, 0, carried)
    ended, book = emissions.finals(written(found), [moved]), entries()
    pools = emissions.post(PARK, book, energy(imported, exported), ended, [moved], PRICE)
    postings = book.postings()
    assert unbalanced(postings).is_empty()
    came = {
        "location": round(Fraction(imported * 1000) * Fraction("0.6796")),
        "market": round(Fraction(imported * 1000) * Fraction("0.6096")),
        "tariff": cost_1e4cny(imported, PRICE) - cost_1e4cny(exported, 3_000),
    }
    for number, view in enumerate(("location", "market", "tariff")):
        given_out = postings.filter((pl.col("view") == view) & (pl.col("method_id") == emissions.SHARE))
        total = int(given_out["quantity"].sum() or 0)
        assert abs(total - came[view] - carried[number]) <= 1
        takers = ended if view != "tariff" else ended.filter(~pl.col("account").str.starts_with("export:"))
        if not takers.is_empty():
            shares = dict(zip(takers["account"], apportion(total, takers["weight"].to_list()), strict=True))
            told = dict(given_out.select("account", "quantity").rows())
            assert told == {account: share for account, share in shares.items() if share}
    pool = pools["BAT1"]
    assert pool.energy_mwh_int == moved.opening.energy_mwh_int + charged
    stored = postings.filter((pl.col("account") == "pool:BAT1") & (pl.col("view") == "location"))["quantity"].sum()
    assert pool.location_ug == moved.opening.location_ug + int(stored or 0)


def test_energy_that_is_sold_carries_emissions_and_bears_no_cost() -> None:
    book = entries()
    ended = emissions.finals(written({"unit:a": 6 * KWH, "export:grid": 4 * KWH}), [])
    emissions.post(PARK, book, energy(10 * KWH, 4 * KWH), ended, [], PRICE)
    rows = book.postings()
    told = {(account, view): q for account, view, q in rows.select("account", "view", "quantity").rows() if q > 0}
    # 10 kWh at 0.6796 kg/kWh: 6.796 kg, of which the four kWh sold carry 4/10.
    assert told["export:grid", "location"] == 2_718_400_000
    assert told["unit:a", "location"] == 4_077_600_000
    # 7 CNY paid, 1.2 CNY earned: the unit bears 5.8 CNY; the 1.2 CNY stand at the export.
    assert told["unit:a", "tariff"] == 58_000
    assert told["export:grid", "tariff"] == 12_000


def test_an_interval_in_which_energy_ended_nowhere_books_its_emissions_as_imbalance() -> None:
    book = entries()
    emissions.post(PARK, book, energy(KWH), emissions.finals(written({}), []), [], PRICE)
    rows = book.postings().filter(pl.col("method_id") == emissions.SHARE)
    assert set(rows["account"]) == {"imbalance:site"}
    assert set(rows["view"]) == {"location", "market", "tariff"}


@pytest.mark.parametrize(("burnt", "account"), [(5 * KWH, "base:gas"), (-5 * KWH, "imbalance:gas")])
def test_gas_is_scope_1_in_both_views_and_a_negative_reading_an_imbalance(burnt: int, account: str) -> None:
    book = entries()
    meter = next(one for one in PARK.meters if one.id == "gas")
    emissions.post_gas(PARK, book, [Own(meter, burnt, burnt)])
    rows = book.postings()
    assert unbalanced(rows).is_empty()
    held = rows.filter(pl.col("account") == account)
    assert dict(held.filter(pl.col("commodity") == "co2e").select("view", "quantity").rows()) == dict.fromkeys(
        ("location", "market"), round(Fraction(burnt * 1000) * Fraction("0.18254"))
    )
    assert set(rows.filter(pl.col("commodity") == "co2e")["account"]) == {account, "scope1:BO1"}


def test_entries_keep_their_order_drop_zeros_and_share_one_validity() -> None:
    book = entries()
    book.post("j", ENERGY, 5, "unit:a", "r")
    book.post("j", ENERGY, 0, "unit:none", "r")
    block = pl.DataFrame(
        [("j", "unit:b", "electricity", "physical", q, None, "m", "r") for q in (3, 0)], schema=ROW_SCHEMA, orient="row"
    )
    book.block(block)
    book.post("j", ENERGY, -8, "source:grid", "r")
    rows = book.postings()
    assert rows["account"].to_list() == ["unit:a", "unit:b", "source:grid"]
    assert rows["quantity"].to_list() == [5, 3, -8]
    assert rows.select("start", "end").unique().rows() == [(START, END)]
    assert entries().postings().is_empty()
