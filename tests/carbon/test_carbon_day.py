import polars as pl
import pytest
from carbon_park import DAY, assemblies, jobs, passages, verdicts
from worked_day import PARK, PASSAGES_, POSTINGS_, READINGS_, day_books, interval_books

from parkwright.carbon.day import summary
from parkwright.ledger.views import balances, unbalanced
from parkwright.model.errors import LedgerError
from parkwright.model.tables import ASSEMBLIES, JOB_ORDERS, JOB_RESPONSES, JOBS, PASSAGES, VERDICTS

BOOKS = day_books()
EVERY = pl.concat([POSTINGS_, BOOKS.postings])


def left(postings, *kinds, commodity="electricity", view="physical"):
    """Return account -> balance of the accounts of some kinds, those at 0 left out."""
    rows = balances(postings).filter((pl.col("commodity") == commodity) & (pl.col("view") == view))
    return {a: q for a, q in rows.select("account", "quantity").iter_rows() if q and a.split(":")[0] in kinds}


def test_every_second_journal_sums_to_zero():
    assert unbalanced(BOOKS.postings).is_empty()
    assert BOOKS.postings.height > 0


def test_idle_base_and_losses_are_used_up_by_the_good_units():
    for commodity, view in (("electricity", "physical"), ("gas", "physical"), ("co2e", "location"), ("cny", "tariff")):
        assert left(EVERY, "idle", "base", "losses", commodity=commodity, view=view) == {}


def test_only_good_finished_units_hold_anything_in_the_end():
    for commodity, view in (("electricity", "physical"), ("co2e", "location"), ("co2e", "market"), ("cny", "tariff")):
        assert set(left(EVERY, "unit", commodity=commodity, view=view)) == {"unit:U1", "unit:U3"}


def test_good_finished_units_get_a_final_passport_each():
    assert BOOKS.passports["unit_id"].to_list() == ["U1", "U3"]
    assert BOOKS.passports["status"].unique().to_list() == ["final"]
    assert BOOKS.passports["order_id"].to_list() == ["O1", "O2"]


def test_a_passport_is_the_balance_of_its_unit():
    for row in BOOKS.passports.iter_rows(named=True):
        account = f"unit:{row['unit_id']}"
        energy = left(EVERY, "unit")[account] + left(EVERY, "unit", commodity="gas")[account]
        assert row["direct_mwh_int"] + row["overhead_mwh_int"] == energy
        assert row["location_ug"] == left(EVERY, "unit", commodity="co2e", view="location")[account]
        assert row["market_ug"] == left(EVERY, "unit", commodity="co2e", view="market")[account]
        assert row["cost_1e4cny"] == left(EVERY, "unit", commodity="cny", view="tariff")[account]


def test_direct_energy_is_that_of_the_unit_and_its_board():
    direct = left(POSTINGS_, "unit")
    assert BOOKS.passports["direct_mwh_int"].to_list() == [direct["unit:U1"] + direct["unit:B1"], direct["unit:U3"]]


def test_a_scrapped_board_reaches_the_unit_as_overhead_through_the_good_board():
    moved = BOOKS.postings.filter(pl.col("method_id") == "board_overhead_transfer")
    into = moved.filter((pl.col("account") == "unit:U1") & (pl.col("commodity") == "electricity"))
    assert into["quantity"].to_list() == [left(POSTINGS_, "unit")["unit:B2"]]


def test_a_scrapped_unit_goes_to_the_good_units_of_its_job():
    rows = BOOKS.postings.filter((pl.col("method_id") == "scrap_transfer") & (pl.col("commodity") == "electricity"))
    lost = left(POSTINGS_, "unit")["unit:U2"]
    assert dict(rows.filter(pl.col("journal_id").str.contains("/units/")).select("account", "quantity").rows()) == {
        "unit:U2": -lost, "unit:U1": lost,
    }  # fmt: skip


def test_a_scrapped_unit_of_a_lost_job_goes_to_the_good_units_of_its_line():
    books = day_books(verdicts=verdicts(("U1", 9, "scrap"), ("U2", 9, "scrap"), ("U3", 9, "good")), assemblies=NONE)
    rows = books.postings.filter((pl.col("method_id") == "scrap_transfer") & (pl.col("commodity") == "gas"))
    assert rows.is_empty()
    rows = books.postings.filter((pl.col("method_id") == "scrap_transfer") & (pl.col("commodity") == "electricity"))
    lost = left(POSTINGS_, "unit")
    assert rows.filter(pl.col("account") == "unit:U3")["quantity"].to_list() == [lost["unit:U1"] + lost["unit:U2"]]


def test_a_line_of_scrap_only_becomes_base_load_and_reaches_the_other_lines():
    everything = verdicts(("U1", 9, "good"), ("B1", 9, "scrap"), ("B2", 9, "scrap"))
    books = day_books(verdicts=everything, assemblies=NONE)
    after = pl.concat([POSTINGS_, books.postings])
    assert left(after, "base", "idle", "losses") == {}
    lost = left(POSTINGS_, "unit")
    base = books.postings.filter((pl.col("account") == "base:SMT") & (pl.col("method_id") == "scrap_transfer"))
    assert base.filter(pl.col("commodity") == "electricity")["quantity"].to_list() == [
        lost["unit:B1"] + lost["unit:B2"]
    ]
    assert unbalanced(books.postings).is_empty()


def test_the_lines_own_overhead_goes_by_takt_times_cycle_factor():
    """U1 is an NB14 (9 s), U3 an NB16 (13.5 s): 2 to 3."""
    rows = BOOKS.postings.filter(
        (pl.col("journal_id") == f"{DAY}/overhead/NB/electricity/physical") & pl.col("account").str.starts_with("unit:")
    )
    whole = rows["quantity"].sum()
    assert whole == left(POSTINGS_, "idle", "base")["idle:NB"] + left(POSTINGS_, "base")["base:NB"]
    assert abs(rows["quantity"][0] - whole * 2 / 5) < 1
    assert rows["activity_ref"].to_list() == ["NB 9000/22500", "NB 13500/22500"]


def test_a_day_without_good_units_keeps_its_overheads():
    books = day_books(verdicts=VERDICTS.empty(), assemblies=NONE)
    assert books.postings.is_empty()
    assert books.passports.is_empty()
    figures = dict(books.books.select("key", "value").rows())
    assert figures["units_good"] == 0
    assert "co2e_kg_per_unit.location" not in figures


def test_a_park_that_only_meters_closes_its_day():
    empty = {
        "passages": PASSAGES.empty(), "verdicts": VERDICTS.empty(), "assemblies": NONE, "jobs": JOBS.empty(),
        "orders": JOB_ORDERS.empty(), "job_responses": JOB_RESPONSES.empty(),
    }  # fmt: skip
    postings, metered = interval_books(rows=PASSAGES.empty())
    books = day_books(postings, **empty)
    found = summary(PARK, DAY, postings, metered, books)
    assert found["energy_kwh"]["grid"] == 130.000001
    assert found["meters"] == {"count": 13, "attributed_kwh_residual_max": 0}
    assert found["passports"] == 0


def test_units_still_in_work_keep_what_they_hold():
    books = day_books(verdicts=verdicts(("U3", 1513, "good")), assemblies=NONE)
    after = left(pl.concat([POSTINGS_, books.postings]), "unit")
    assert after["unit:U1"] == left(POSTINGS_, "unit")["unit:U1"]


def test_a_board_of_an_earlier_day_brings_what_it_holds():
    early = POSTINGS_.filter(pl.col("account") == "unit:B1")
    late = POSTINGS_.filter(pl.col("account") != "unit:B1")
    books = day_books(pl.concat([early, late]), verdicts=verdicts(("U1", 9, "good")))
    direct = left(POSTINGS_, "unit")
    assert books.passports["direct_mwh_int"].to_list() == [direct["unit:U1"] + direct["unit:B1"]]


def test_a_component_is_built_in_once():
    twice = assemblies(("U1", "B1"), ("U3", "B1"))
    once = day_books(assemblies=twice)
    assert unbalanced(once.postings).is_empty()
    assert left(pl.concat([POSTINGS_, once.postings]), "unit").keys() == {"unit:U1", "unit:U3"}


def test_the_order_of_rows_does_not_change_the_books():
    shuffled = day_books(
        POSTINGS_.sample(fraction=1, shuffle=True, seed=3), passages=PASSAGES_.sample(fraction=1, shuffle=True, seed=4)
    )
    assert shuffled.postings.equals(BOOKS.postings)
    assert shuffled.passports.equals(BOOKS.passports)
    assert shuffled.books.equals(BOOKS.books)


def test_the_summary_has_the_keys_of_the_day_command():
    found = summary(PARK, DAY, POSTINGS_, READINGS_, BOOKS)
    assert found["day"] == "2026-07-15"
    assert (found["units_good"], found["units_scrapped"], found["passports"]) == (2, 1, 2)
    assert (found["boards_good"], found["boards_scrapped"]) == (1, 1)
    assert (found["orders_due"], found["orders_late"]) == (2, 1)
    assert found["energy_kwh"] == {
        "grid": 130.000001, "pv": 15.0, "battery_in": 4.0, "battery_out": 3.0, "export": 2.0, "gas": 9.0,
    }  # fmt: skip
    assert found["meters"] == {"count": 13, "attributed_kwh_residual_max": 0}
    assert found["journals"]["unbalanced"] == 0
    assert found["journals"]["count"] == EVERY["journal_id"].n_unique()
    assert found["co2e_kg"]["scope1"] == pytest.approx(9 * 0.18254)
    assert found["co2e_kg"]["location"] == pytest.approx(130.000001 * 0.6796 + 9 * 0.18254)
    assert found["co2e_kg"]["market"] == pytest.approx(130.000001 * 0.6096 + 9 * 0.18254)
    assert found["cost_cny"] == pytest.approx(100 * 0.7 + 30 * 0.7001 - 2 * 0.3 + 9 * 0.35, abs=1e-4)


def test_a_tampered_posting_shows_in_the_summary():
    first = pl.int_range(pl.len()) == POSTINGS_["account"].to_list().index("unit:U1")
    bent = POSTINGS_.with_columns((pl.col("quantity") + first.cast(pl.Int64)).alias("quantity"))
    found = summary(PARK, DAY, bent, READINGS_, BOOKS)
    assert found["meters"]["attributed_kwh_residual_max"] == 1e-6
    assert found["journals"]["unbalanced"] == 1


def test_a_unit_without_job_or_passage_is_refused():
    with pytest.raises(LedgerError, match="unit U1: job J1"):
        day_books(jobs=jobs(("J2", "O2", "NB16", 1), ("JB", "OB", "MB1", 2)))
    with pytest.raises(LedgerError, match="unit GHOST"):
        day_books(verdicts=verdicts(("GHOST", 1, "good")))
    with pytest.raises(LedgerError, match="unit B1: has a verdict but no passage"):
        day_books(passages=passages(("U3", "J2", "NB-asm", 0, 9)))


NONE = ASSEMBLIES.empty()
