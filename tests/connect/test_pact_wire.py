"""Footprints and events go to the wire and come back the same; what keeps no format is named by its field."""

from __future__ import annotations

import copy
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from declared import IDS, NOW, d, declared
from hypothesis import given, settings
from hypothesis import strategies as st

from parkwright.carbon.declaration import Filter, lowered
from parkwright.carbon.plausible import doubts
from parkwright.connect.pact_events import TYPES, event_body, event_of
from parkwright.connect.pact_wire import PARTS, WireError, decimal_text, from_wire, instant_text, to_wire
from parkwright.connect.pact_wire2 import from_wire2, to_wire2
from parkwright.run.exchange import Asked, Fulfilled, Published, Rejected

PLACED = replace(declared(), country=None, gwp_sets=("AR6",))
figures = st.decimals(min_value=0, max_value=10**9, places=6)
OPTIONAL = {
    "productClassifications", "geographyCountrySubdivision", "boundaryProcessesDescription", "biogenicCarbonContent",
    "packagingEmissionsIncluded", "primaryDataShare", "dqi", "secondaryEmissionFactorSources",
    *(wire for part, wire in PARTS.items() if part != "fossil"),
}  # fmt: skip
EDGES = ["a", "", " ", "1e5", "1,5", "NaN", "Infinity", "+", ".5", "5.", "0x1", "１", "9" * 61, 1, 1.5, None, [], {}]


@settings(deadline=None)
@given(figures, figures, st.sampled_from(["piece", "kilogram", "liter"]))
def test_a_footprint_comes_back_as_it_went(total, amount, unit):
    one = replace(PLACED, total_kg=total, amount=amount, unit=unit)
    assert from_wire(to_wire(one)) == one


def test_every_optional_thing_may_be_left_out():
    bare = replace(
        PLACED, parts={"fossil": d("33")}, biogenic_carbon_kg=None, classifications=(), subdivision=None, boundary="",
        primary_share_percent=None, quality={}, sources=(), valid=(NOW, NOW), preceding=(IDS[2],), comment="why",
    )  # fmt: skip
    assert from_wire(to_wire(bare)) == bare


def test_the_finest_place_is_told_and_no_other():
    """PACT 3.0.3 allows one of the three."""
    one = declared(region="Eastern Asia", country="CN", subdivision="CN-TJ")
    names = ("geographyRegionOrSubregion", "geographyCountry", "geographyCountrySubdivision")

    def told(changed):
        return [to_wire(changed)["pcf"].get(name) for name in names]

    assert told(one) == [None, None, "CN-TJ"]
    assert told(replace(one, subdivision=None)) == [None, "CN", None]
    assert told(replace(one, subdivision=None, country=None)) == ["Eastern Asia", None, None]


@pytest.mark.parametrize("value", EDGES)
def test_a_figure_that_is_no_decimal_text_is_refused(value):
    message = to_wire(PLACED)
    message["pcf"]["pcfExcludingBiogenicUptake"] = value
    with pytest.raises(WireError, match="pcfExcludingBiogenicUptake"):
        from_wire(message)


@pytest.mark.parametrize("name", PARTS)
def test_a_flipped_sign_is_refused_at_the_door(name):
    message = to_wire(PLACED)
    text = message["pcf"][PARTS[name]]
    message["pcf"][PARTS[name]] = text.removeprefix("-") if text.startswith("-") else f"-{text}"
    with pytest.raises(WireError, match=PARTS[name]):
        from_wire(message)


@pytest.mark.parametrize("name", [*to_wire(PLACED), *(f"pcf.{name}" for name in to_wire(PLACED)["pcf"])])
def test_what_is_missing_is_named_or_was_optional(name):
    message = copy.deepcopy(to_wire(PLACED))
    place = message["pcf"] if name.startswith("pcf.") else message
    del place[name.removeprefix("pcf.")]
    if name.removeprefix("pcf.") in OPTIONAL:
        assert from_wire(message) != PLACED or name == "pcf.packagingEmissionsIncluded"
        return
    with pytest.raises(WireError, match=name.removeprefix("pcf.")):
        from_wire(message)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("id", "urn:gtin:4712345060507"), ("created", "2026-07-15"), ("created", "2026-07-15T08:00:00"),
        ("status", "active"), ("companyIds", []), ("companyIds", ["no urn"]), ("productIds", "urn:x:1"),
        ("specVersion", "3"), ("productNameCompany", ""), ("precedingPfIds", ["x"]), ("pcf", None),
        ("productDescription", "x" * 10_001), ("companyIds", ["urn:x:1"] * 1001),
    ],
)  # fmt: skip
def test_what_keeps_no_format_is_named(name, value):
    with pytest.raises(WireError, match=name):
        from_wire({**to_wire(PLACED), name: value})


@pytest.mark.parametrize("message", [None, [], "text", 5, {}, {"id": {"id": {}}}])
def test_what_is_no_footprint_at_all_is_refused(message):
    for read in (from_wire, from_wire2):
        with pytest.raises(WireError):
            read(message)


def test_the_finding_never_repeats_what_was_sent():
    with pytest.raises(WireError) as caught:
        from_wire({**to_wire(PLACED), "id": "<script>alert(1)</script>"})
    assert "script" not in str(caught.value)


@settings(deadline=None)
@given(
    st.decimals(min_value="0.001", max_value=10**6, places=3), st.decimals(min_value="0.1", max_value=10**4, places=1)
)
def test_edition_2_gives_per_unit_what_edition_3_gives_for_the_amount(total, amount):
    one = replace(PLACED, unit="liter", amount=amount, total_kg=total, net_kg=total)
    back = from_wire2(to_wire2(one))
    assert back.amount == amount
    assert abs(back.total_kg - total) <= amount * d("1e-12")
    assert d(to_wire2(one)["pcf"]["pCfExcludingBiogenic"]) == (total / amount).quantize(d("1e-12"))


def test_edition_2_tells_a_piece_in_kilograms_of_it():
    message = to_wire2(PLACED)
    assert message["pcf"]["declaredUnit"] == "kilogram"
    assert message["pcf"]["unitaryProductAmount"] == "2.5"
    assert d(message["pcf"]["pCfExcludingBiogenic"]) == d("13.2")
    back = from_wire2(message)
    assert (back.total_kg, back.mass_kg, back.spec) == (d("33"), d("2.5"), "2.3.0")
    with pytest.raises(WireError, match="mass is 0"):
        to_wire2(replace(PLACED, mass_kg=d("0")))


def test_edition_2_figures_that_are_numbers_are_read_as_written():
    message = to_wire2(replace(PLACED, exempted_percent=d("0.1"), primary_share_percent=d("12.9")))
    back = from_wire2(message)
    assert (back.exempted_percent, back.primary_share_percent) == (d("0.1"), d("12.9"))
    del message["pcf"]["pCfIncludingBiogenic"], message["pcf"]["primaryDataShare"]
    assert from_wire2(message).net_kg == from_wire2(message).total_kg + from_wire2(message).parts["uptake"]


def test_a_sound_footprint_stays_sound_through_both_editions():
    kept = {name: kg for name, kg in PLACED.parts.items() if name in ("fossil", "uptake")}
    simple = replace(PLACED, parts=kept, total_kg=d("30"), net_kg=d("27"))
    assert doubts(from_wire(to_wire(simple))) == []
    assert doubts(from_wire2(to_wire2(simple))) == []


CRITERIA = Filter(
    lowered(["urn:x:1"]),
    lowered(["urn:x:c"]),
    lowered(["cn"]),
    lowered(["urn:x:k"]),
    lowered(["active"]),
    NOW,
    NOW,
    NOW,
)
MESSAGES = [
    Asked("e", CRITERIA, "please"),
    Asked("e", Filter(), ""),
    Fulfilled("e", "r", (PLACED, replace(PLACED, id=IDS[2]))),
    Rejected("e", "r", "NotFound", "none"),
    Published("e", (IDS[1], IDS[2])),
]


@pytest.mark.parametrize("message", MESSAGES, ids=lambda one: type(one).__name__)
def test_an_event_comes_back_as_it_went(message):
    body = event_body(message, "3", "https://us.example/3/events", NOW)
    assert body["specversion"] == "1.0"
    assert body["time"] == "2026-07-20T08:00:00Z"
    assert event_of(body, "3") == message


def test_an_event_of_edition_2_carries_a_fragment():
    asked = Asked("e", Filter(product_ids=lowered(["urn:x:1"])), "please")
    assert event_of(event_body(asked, "2", "s", NOW), "2") == asked
    assert event_body(asked, "2", "s", NOW)["data"]["pf"] == {"productIds": ["urn:x:1"]}
    fulfilled = event_body(Fulfilled("e", "r", (PLACED,)), "2", "s", NOW)
    assert fulfilled["type"] == TYPES["2"]["fulfilled"]
    assert event_of(fulfilled, "2").declarations[0].total_kg == d("33")


def test_a_code_that_pact_does_not_know_is_a_bad_request():
    body = event_body(Rejected("e", "r", "Whatever", "x"), "3", "s", NOW)
    assert body["data"]["error"]["code"] == "BadRequest"


def test_a_status_may_be_one_word_or_a_list():
    body = event_body(Asked("e", Filter(), ""), "3", "s", NOW)
    for value in ("Active", ["Active"]):
        assert event_of({**body, "data": {"status": value}}, "3").criteria.statuses == {"active"}


def test_figures_and_instants_are_written_as_pact_wants_them():
    assert decimal_text(d("1E-7")) == "0.0000001"
    assert decimal_text(d("1E+3")) == "1000"
    assert instant_text(datetime(2026, 7, 15, 8, 0, 0, 250_000, tzinfo=UTC)) == "2026-07-15T08:00:00.250Z"
