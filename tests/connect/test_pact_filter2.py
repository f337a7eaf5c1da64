"""The filter of PACT 2.x is held to a plain reading of it; what is not understood is refused."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from declared import IDS, NOW, declared
from hypothesis import given, settings
from hypothesis import strategies as st

from parkwright.connect.pact_filter2 import chosen
from parkwright.connect.pact_wire import WireError, instant_text

ORDERS = {
    "eq": lambda one, other: one == other,
    "ge": lambda one, other: one >= other,
    "gt": lambda one, other: one > other,
    "le": lambda one, other: one <= other,
    "lt": lambda one, other: one < other,
}
instants = st.integers(-(10**6), 10**6).map(lambda seconds: NOW + timedelta(seconds=seconds))
countries = st.sampled_from(["CN", "DE", "FR", None])
made = st.builds(
    declared,
    created=instants,
    country=countries,
    product_ids=st.lists(st.sampled_from(["urn:x:1", "urn:x:2"]), min_size=1, unique=True).map(tuple),
)


@settings(deadline=None)
@given(made, instants, st.sampled_from(sorted(ORDERS)))
def test_created_compares_as_instants_whatever_the_offset(one, limit, order):
    shifted = limit.astimezone(UTC).replace(tzinfo=None) + timedelta(hours=8)
    for text in (instant_text(limit), f"{shifted.isoformat()}+08:00"):
        assert chosen(f"created {order} '{text}'")(one) is ORDERS[order](one.created, limit)


@settings(deadline=None)
@given(made, st.sampled_from(["CN", "DE", "FR", "XX"]), st.sampled_from(["urn:x:1", "urn:x:2", "urn:x:3"]))
def test_and_is_all_of_them(one, country, product):
    terms = {
        f"pcf/geographyCountry eq '{country}'": one.country == country,
        f"productIds/any(p:(p eq '{product}'))": product in one.product_ids,
        "created le '2099-01-01T00:00:00Z'": True,
    }
    assert chosen(" and ".join(terms))(one) is all(terms.values())
    for text, holds in terms.items():
        assert chosen(text)(one) is holds


def test_nothing_asked_lets_all_through():
    for text in ("", "  "):
        assert chosen(text)(declared())


def test_an_and_within_a_text_is_no_connection():
    one = declared(product_ids=("urn:x:salt and pepper",))
    assert chosen("productIds/any(p:(p eq 'urn:x:salt and pepper'))")(one)


def test_a_footprint_without_class_or_country_compares_as_empty():
    bare = declared(classifications=(), country=None)
    assert not chosen("productCategoryCpc eq '4529'")(bare)
    assert chosen("productCategoryCpc eq ''")(bare)
    assert chosen("pcf/geographyCountry lt 'A'")(bare)


NOT_UNDERSTOOD = (
    "created",
    "created ge",
    "created ge 2026-01-01T00:00:00Z",
    "created ge 'yesterday'",
    "created ge '2026-01-01'",
    "created near '2026-01-01T00:00:00Z'",
    "status eq 'Active'",
    "productIds/any(p:(q eq 'x'))",
    "id eq 'a' or id eq 'b'",
    "created ge '2026-01-01T00:00:00Z' and",
    "not created",
    "productIds/all(p:(p eq 'x'))",
    "'",
    "and",
    "((((",
    "\x00",
)


@pytest.mark.parametrize("text", NOT_UNDERSTOOD)
def test_what_is_not_understood_is_refused(text):
    with pytest.raises(WireError, match=r"\$filter"):
        chosen(text)


@settings(deadline=None, max_examples=300)
@given(st.text(max_size=200))
def test_no_text_makes_it_stumble(text):
    found = outcome(text)
    assert found in (True, False) or str(found).startswith("$filter: ")


def outcome(text: str) -> object:
    """Whether the declaration meets the expression; the refusal where it is not understood."""
    try:
        return chosen(text)(declared())
    except WireError as error:
        return error


def test_seconds_that_differ_by_a_fraction_are_told_apart():
    one = declared(created=datetime(2026, 7, 15, 8, 0, 0, 500_000, tzinfo=UTC))
    assert chosen("created gt '2026-07-15T08:00:00Z'")(one)
    assert chosen("created lt '2026-07-15T08:00:01Z'")(one)
    assert chosen("created eq '2026-07-15T08:00:00.500Z'")(one)
    assert one.id == IDS[1]
