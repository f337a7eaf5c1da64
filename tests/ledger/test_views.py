from datetime import UTC, datetime, timedelta

import polars as pl

from parkwright.ledger import views
from parkwright.model.tables import POSTINGS, conform

START = datetime(2026, 7, 14, 16, tzinfo=UTC)


def postings(*rows):
    """POSTINGS from (journal, account, commodity, view, quantity, interval)."""
    found = []
    for journal, account, commodity, view, quantity, n in rows:
        start = START + n * timedelta(minutes=15)
        end = start + timedelta(minutes=15)
        found.append((journal, account, commodity, view, quantity, start, end, None, "test", "ref"))
    return conform(pl.DataFrame(found, schema=list(POSTINGS.schema), orient="row"), POSTINGS)


SOUND = postings(
    ("e", "source:grid", "electricity", "physical", -90, 0),
    ("e", "source:PV1", "electricity", "physical", -10, 0),
    ("e", "meter:site", "electricity", "physical", 100, 0),
    ("e/m", "meter:site", "electricity", "physical", -100, 0),
    ("e/m", "unit:A", "electricity", "physical", 30, 0),
    ("e/m", "unit:B", "electricity", "physical", 20, 0),
    ("e/m", "idle:NB", "electricity", "physical", 50, 0),
    ("e2", "source:grid", "electricity", "physical", -7, 1),
    ("e2", "unit:A", "electricity", "physical", 7, 1),
    ("c", "source:grid", "co2e", "location", -11, 0),
    ("c", "unit:A", "co2e", "location", 11, 0),
    ("c", "source:grid", "co2e", "market", -12, 0),
    ("c", "unit:A", "co2e", "market", 12, 0),
)


def test_balances_add_up_by_account_commodity_and_view():
    found = views.balances(SOUND)
    assert found.row(by_predicate=pl.col("account") == "meter:site")[-1] == 0
    assert found.filter(pl.col("account") == "unit:A").rows() == [
        ("unit:A", "co2e", "location", 11), ("unit:A", "co2e", "market", 12), ("unit:A", "electricity", "physical", 37),
    ]  # fmt: skip


def test_a_sound_ledger_has_no_unbalanced_journal():
    assert views.unbalanced(SOUND).is_empty()
    assert views.journal_count(SOUND) == 4


def test_one_changed_posting_unbalances_its_journal_in_its_view():
    changed = SOUND.with_columns(
        pl.when((pl.col("account") == "unit:A") & (pl.col("view") == "market"))
        .then(pl.col("quantity") + 1)
        .otherwise("quantity")
        .alias("quantity")
    )
    assert views.unbalanced(changed).rows() == [("c", "co2e", "market", 1)]


def test_a_journal_that_balances_only_across_views_is_unbalanced():
    crossed = postings(("x", "a:", "co2e", "location", 5, 0), ("x", "b:", "co2e", "market", -5, 0))
    assert views.unbalanced(crossed).height == 2


def test_totals_by_prefix():
    assert views.total(SOUND, "source:", "electricity", "physical") == -107
    assert views.total(SOUND, "unit:", "electricity", "physical") == 57
    assert views.total(SOUND, "unit:", "gas", "physical") == 0


def test_the_postings_of_an_account_come_in_time_order():
    rows = views.of_account(SOUND.reverse(), "unit:A")
    assert rows["start"].is_sorted()
    assert rows.height == 4


def test_sums_by_kind_and_interval():
    kinds = views.by_kind(SOUND).filter(pl.col("commodity") == "electricity")
    assert dict(kinds.select("kind", "quantity").rows()) == {"idle": 50, "meter": 0, "source": -107, "unit": 57}
    intervals = views.by_interval(SOUND, "electricity", "physical").filter(pl.col("kind") == "unit")
    assert intervals["quantity"].to_list() == [50, 7]


def test_flows_follow_the_journals_and_put_units_together():
    found = {(a, b): q for a, b, q in views.flows(SOUND).rows()}
    assert found == {
        ("source:grid", "meter:site"): 90,
        ("source:PV1", "meter:site"): 10,
        ("meter:site", "unit:"): 50,
        ("meter:site", "idle:NB"): 50,
        ("source:grid", "unit:"): 7,
    }


def test_flows_of_large_quantities_do_not_overflow():
    big = 10**13
    rows = postings(
        ("e", "source:grid", "electricity", "physical", -big, 0), ("e", "unit:A", "electricity", "physical", big, 0)
    )
    assert views.flows(rows)["energy_mwh_int"].to_list() == [big]


def test_views_of_an_empty_ledger_are_empty():
    empty = POSTINGS.empty()
    assert views.balances(empty).is_empty()
    assert views.unbalanced(empty).is_empty()
    assert views.flows(empty).is_empty()
    assert views.total(empty, "", "electricity", "physical") == 0
