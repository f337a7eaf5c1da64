import polars as pl
from carbon_park import QUARTER, START

from parkwright.carbon.entries import ROW_SCHEMA, Entries, Kind, stamp
from parkwright.carbon.transfer import condensed, held, spread

OUT = pl.DataFrame(
    {
        "scope": ["job J", "job J", "park"],
        "account": ["unit:X", "unit:Y", "losses:site"],
        "commodity": ["co2e"] * 3,
        "view": ["market"] * 3,
        "quantity": [7, 3, -5],
    }
)
RECEIVERS = pl.DataFrame(
    {
        "scope": ["job J", "job J", "park", "other"],
        "account": ["unit:A", "unit:B", "unit:A", "unit:C"],
        "weight": [1, 2, 4, 9],
    }
)


def test_a_spread_empties_the_givers_and_fills_the_receivers_of_their_scope():
    rows = spread("d/scrap", "scrap_transfer", OUT, RECEIVERS)
    assert rows.select("journal_id", "account", "quantity", "activity_ref").rows() == [
        ("d/scrap/job J/co2e/market", "unit:X", -7, "job J gives"),
        ("d/scrap/job J/co2e/market", "unit:Y", -3, "job J gives"),
        ("d/scrap/park/co2e/market", "losses:site", 5, "park gives"),
        ("d/scrap/job J/co2e/market", "unit:A", 3, "job J 1/3"),
        ("d/scrap/job J/co2e/market", "unit:B", 7, "job J 2/3"),
        ("d/scrap/park/co2e/market", "unit:A", -5, "park 4/4"),
    ]


def test_nothing_to_spread_gives_no_rows():
    rows = spread("d", "m", OUT.clear(), RECEIVERS)
    assert rows.is_empty()
    assert rows.schema == ROW_SCHEMA


def test_balances_split_direct_from_overhead():
    rows = spread("d/scrap", "scrap_transfer", OUT, RECEIVERS)
    direct = rows.with_columns(pl.lit("ticks_x_power").alias("method_id"))
    found = held(condensed(rows), [direct, rows]).filter(pl.col("account") == "unit:A")
    assert found.select("is_overhead", "quantity").rows() == [(False, -2), (True, -4)]


def test_entries_keep_the_order_of_writing_and_leave_out_zeros():
    entries, kind = Entries(START, START + QUARTER), Kind("electricity", "physical", "metered")
    entries.post("j", kind, 5, "a:", "ref")
    entries.block(entries.written().with_columns(pl.lit("b:").alias("account")))
    entries.post("j", kind, 0, "c:", "ref")
    entries.post("j", kind, -10, "d:", "ref")
    assert entries.postings().select("account", "quantity").rows() == [("a:", 5), ("b:", 5), ("d:", -10)]
    assert Entries(START, START + QUARTER).postings().is_empty()


def test_a_stamp_names_an_instant_to_the_second():
    assert stamp(START) == "20260714T160000Z"
