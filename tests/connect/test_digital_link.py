"""GS1 Digital Links: what GS1 allows goes into an address and comes back; check digits and sets are held."""

from __future__ import annotations

import random

import pytest
from built_unit import IDENTITY
from hypothesis import given, settings
from hypothesis import strategies as st

from parkwright.connect.digital_link import (
    UnitLink,
    address_of,
    checked_gtin,
    serial_of,
    unit_of,
    uri_of,
)
from parkwright.connect.pact_wire import WireError
from parkwright.model.trade_item import check_digit

SET_82 = "!\"%&'()*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz"
GTIN = "09520000000011"
RESOLVER = "https://id.example.org"
digits = st.text("0123456789", min_size=13, max_size=13)
serials = st.text(SET_82, min_size=1, max_size=20)


@pytest.mark.parametrize(
    "gtin",
    ["09520000000011", "9520123456788", "614141123452", "96385074", "10614141000415", "4712345060507", "4006381333931"],
)
def test_known_numbers_have_their_check_digit(gtin):
    assert checked_gtin(gtin) == gtin.zfill(14)


@pytest.mark.parametrize(
    "gtin", ["", "1", "09520000000012", "0952000000001", "952000000001١", "09520000000011 ", "a" * 14]
)
def test_a_wrong_number_is_refused(gtin):
    with pytest.raises(WireError, match="check digit"):
        checked_gtin(gtin)


@settings(deadline=None)
@given(digits)
def test_one_wrong_digit_is_always_found(text):
    whole = text + check_digit(text)
    for place in range(14):
        wrong = whole[:place] + str((int(whole[place]) + 1) % 10) + whole[place + 1 :]
        with pytest.raises(WireError):
            checked_gtin(wrong)


@settings(deadline=None, max_examples=500)
@given(digits, serials)
def test_what_goes_into_an_address_comes_back(text, serial):
    gtin = text + check_digit(text)
    address = address_of(RESOLVER, gtin, serial)
    assert unit_of(address) == UnitLink(gtin, serial)
    assert set(address.removeprefix(RESOLVER)) <= set("/%-._~") | set(SET_82)
    assert address.count("/") == 6


def test_ten_thousand_random_units_come_back():
    rng = random.Random(1)
    for _ in range(10_000):
        text, serial = f"{rng.randrange(10**13):013d}", "".join(rng.choices(SET_82, k=rng.randint(1, 20)))
        gtin = text + check_digit(text)
        assert unit_of(address_of(RESOLVER, gtin, serial)) == UnitLink(gtin, serial)


def test_an_address_is_written_as_the_standard_writes_it():
    assert (
        address_of("https://id.gs1.org/", "9520123456788", "12345") == "https://id.gs1.org/01/09520123456788/21/12345"
    )
    assert address_of(RESOLVER, GTIN, "A/B%") == f"{RESOLVER}/01/{GTIN}/21/A%2FB%25"


@pytest.mark.parametrize("serial", ["", "x" * 21, "a b", "ä", "a#b", "a\n", "a[b", "a^b", "a~b", "中"])
def test_a_serial_that_gs1_does_not_allow_is_refused(serial):
    with pytest.raises(WireError, match="set 82"):
        address_of(RESOLVER, GTIN, serial)


@pytest.mark.parametrize("resolver", ["ftp://id.gs1.org", "id.gs1.org", "https://", "https://a/?x", "https://a/#x"])
def test_a_resolver_is_a_web_address(resolver):
    with pytest.raises(WireError, match="is no web address"):
        address_of(resolver, GTIN, "1")


@pytest.mark.parametrize(
    "address",
    ["", "https://a", f"https://a/01/{GTIN}", f"https://a/01/{GTIN}/10/LOT", f"https://a/21/1/01/{GTIN}",
     f"https://a/01/{GTIN}/21/", f"https://a/01/{GTIN}/21/a%20b", "https://a/01/1/21/1", "https://[/01/1/21/1",
     f"ftp://a/01/{GTIN}/21/1", f"/01/{GTIN}/21/1", f"HtTp://a/01/{GTIN}/21/1", f"https://a/01/{GTIN}/10/L/22/V/21/1",
     f"https://a/01/{GTIN}/10//21/1", f"https://a/01/{GTIN}/10/a%20b/21/1", f"https://a/01/{GTIN}/22/{'V' * 21}/21/1",
     f"https://a/01/{GTIN}/21/1/", f"https://a/01/{GTIN}/235/T/21/1"],
)  # fmt: skip
def test_an_address_that_names_no_unit_is_refused(address):
    with pytest.raises(WireError):
        unit_of(address)


@pytest.mark.parametrize("between", ["", "/22/V", "/10/L", "/22/V/10/L", "/22/21/10/01", "/10/A%2FB"])
def test_a_variant_and_a_lot_lead_to_the_same_unit(between):
    assert unit_of(f"https://a/01/{GTIN}{between}/21/X1") == UnitLink(GTIN, "X1")


def test_what_stands_before_and_behind_is_left_alone():
    assert unit_of(f"https://a.example/some/path/01/{GTIN}/21/X1?linkType=all#top") == UnitLink(GTIN, "X1")


@pytest.mark.parametrize(
    ("unit_id", "serial"),
    [("TJ-260715-L-NB2-000004", "TJ260715LNB2000004"), ("SM-1", "SM-1"), ("A" * 21, None), ("A-" * 11, None),
     ("TJ-260715-A-LINE-WITH-A-LONG-NAME-1", None), ("", None), ("TJ 1", None)],
)  # fmt: skip
def test_a_serial_that_is_too_long_stands_without_its_hyphens_where_its_day_leads_back(unit_id, serial):
    assert serial_of(unit_id) == serial


def test_a_unit_has_a_link_or_a_urn_and_the_resolver_that_is_asked_for():
    unit = "TJ-260715-L-NB2-000004"
    bare = IDENTITY.model_copy(update={"gtin": ()})
    assert uri_of(bare, "NB", unit) == f"urn:x:product:NB:{unit}"
    assert uri_of(IDENTITY, "NB", "U" * 21) == f"urn:x:product:NB:{'U' * 21}"
    own = IDENTITY.model_copy(update={"resolver": "https://own.example"})
    assert [uri_of(*args).partition("/01/")[0] for args in (
        (IDENTITY, "NB", unit), (own, "NB", unit), (own, "NB", unit, "https://here.example/")
    )] == ["https://id.gs1.org", "https://own.example", "https://here.example"]  # fmt: skip
