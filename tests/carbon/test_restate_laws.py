"""Laws of reversal: what stands after a difference is what was wanted, journals close, and order does not matter."""

from __future__ import annotations

from datetime import timedelta

import polars as pl
from carbon_park import QUARTER, START
from hypothesis import given, settings
from hypothesis import strategies as st

from parkwright.carbon import restate
from parkwright.ledger import views
from parkwright.model.tables import POSTINGS, conform

NAMES = ("source:grid", "meter:a", "unit:1", "unit:2", "base:B", "losses:site")


@st.composite
def books(draw):
    """Random postings in journals that each sum to 0, with a factor or without one."""
    rows = []
    for journal in range(draw(st.integers(0, 5))):
        start = START + draw(st.integers(0, 2)) * QUARTER
        commodity, view = draw(st.sampled_from([("electricity", "physical"), ("co2e", "location")]))
        amounts = draw(st.lists(st.integers(-(10**12), 10**12), min_size=1, max_size=5))
        for amount in [*amounts, -sum(amounts)]:
            account, factor = draw(st.sampled_from(NAMES)), draw(st.sampled_from([None, "f"]))
            rows.append((f"j{journal}", account, commodity, view, amount, start, start + QUARTER, factor, "m", "ref"))
    return conform(pl.DataFrame(rows, schema=POSTINGS.schema, orient="row"), POSTINGS)


def sorted_net(rows: pl.DataFrame) -> pl.DataFrame:
    return views.net(rows).sort(*POSTINGS.schema)


@settings(max_examples=60, deadline=timedelta(seconds=5))
@given(books(), books())
def test_what_stands_after_the_difference_is_what_was_wanted(before, after):
    change = restate.difference(before, after)
    assert sorted_net(pl.concat([before, change])).equals(sorted_net(after))


@settings(max_examples=40, deadline=timedelta(seconds=5))
@given(books(), books())
def test_the_difference_of_closed_journals_is_closed(before, after):
    assert views.unbalanced(before).is_empty()
    assert views.unbalanced(restate.difference(before, after)).is_empty()


@settings(max_examples=40, deadline=timedelta(seconds=5))
@given(books())
def test_nothing_changed_is_no_posting(rows):
    assert restate.difference(rows, rows).is_empty()
    assert restate.difference(rows, rows.reverse()).is_empty()


@settings(max_examples=40, deadline=timedelta(seconds=5))
@given(books(), books())
def test_there_and_back_leaves_the_first_books(before, after):
    there = restate.difference(before, after)
    back = restate.difference(pl.concat([before, there]), before)
    assert sorted_net(pl.concat([before, there, back])).equals(sorted_net(before))


@settings(max_examples=40, deadline=timedelta(seconds=5))
@given(books(), st.integers(0, 100))
def test_what_stands_does_not_depend_on_the_order_of_postings(rows, seed):
    assert sorted_net(rows).equals(sorted_net(rows.sample(fraction=1.0, shuffle=True, seed=seed)))


@settings(max_examples=40, deadline=timedelta(seconds=5))
@given(books())
def test_what_stands_has_the_balances_of_all_that_was_posted(rows):
    kept = views.balances(views.net(rows)).filter(pl.col("quantity") != 0)
    assert kept.equals(views.balances(rows).filter(pl.col("quantity") != 0))
    assert views.net(views.net(rows)).equals(views.net(rows))


@settings(max_examples=40, deadline=timedelta(seconds=5))
@given(books(), books())
def test_each_reversal_is_the_opposite_of_what_stood(before, after):
    change = restate.difference(before, after)
    identity = list(views.IDENTITY)
    stood = sorted_net(before)
    first = change.unique(identity, keep="first", maintain_order=True)
    both = first.join(stood, on=identity, nulls_equal=True, suffix="_before")
    assert (both["quantity"] == -both["quantity_before"]).all()
    assert change.height <= 2 * first.height
