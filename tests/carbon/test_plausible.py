"""Doubts about suppliers' footprints: every planted fault is caught, and what is sound raises none."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from declared import IDS, d, declared
from hypothesis import given, settings
from hypothesis import strategies as st

from parkwright.carbon.declaration import ASIDE, REMOVALS, SUMMED
from parkwright.carbon.plausible import JUMP, REFUSED, TOLERANCE, WARNING, Expected, doubts, per_unit_kg

PIECE = Expected("piece", d("30"))
FIGURES = ("total_kg", "net_kg", "amount", "mass_kg", "fossil_carbon_kg", "biogenic_carbon_kg")
EVERY_PART = (*SUMMED, "uptake", *ASIDE)


def with_part(name: str, value: Decimal | None):
    one = declared()
    parts = {**one.parts, name: value}
    return replace(one, parts={key: kg for key, kg in parts.items() if kg is not None})


def things(found) -> set[str]:
    return {doubt.thing for doubt in found}


def test_a_sound_footprint_raises_no_doubt():
    assert doubts(declared(), PIECE, declared(id=IDS[0])) == []


@pytest.mark.parametrize(("total", "parts"), [("0.384", "0.386"), ("5.14", "5.164"), ("77", "77"), ("0.42", "0.421")])
def test_sums_as_far_off_as_the_published_examples_are_taken(total, parts):
    """PACT 3.0.3, examples 1-4: total and sum of parts."""
    one = declared(total_kg=d(total), net_kg=d(total), parts={"fossil": d(parts)}, fossil_carbon_kg=d("0"))
    assert doubts(one) == []


@settings(deadline=None)
@given(
    st.decimals(min_value="0.1", max_value="1000", places=3), st.decimals(min_value="-0.2", max_value="0.2", places=4)
)
def test_a_sum_is_doubted_above_one_percent_and_never_below(total, off):
    one = declared(total_kg=total, net_kg=total, parts={"fossil": total * (1 + off)}, fossil_carbon_kg=d("0"))
    deviation = abs(total * off) / max(total, total * (1 + off))
    assert any("parts sum to" in doubt.found for doubt in doubts(one)) is (deviation > TOLERANCE)
    assert all(doubt.level == WARNING for doubt in doubts(one))


@pytest.mark.parametrize("name", [*FIGURES, *EVERY_PART])
@pytest.mark.parametrize("value", ["999", "9999", "999.0", "999.99"])
def test_a_placeholder_in_any_figure_is_caught(name, value):
    one = declared(**{name: d(value)}) if name in FIGURES else with_part(name, d(value))
    assert (name.removesuffix("_kg") if name in FIGURES else name) in things(doubts(one))


@pytest.mark.parametrize("name", EVERY_PART)
def test_a_flipped_sign_of_any_part_is_refused(name):
    found = doubts(with_part(name, -declared().parts[name]))
    assert (REFUSED, name) in {(doubt.level, doubt.thing) for doubt in found}
    assert found[0].level == REFUSED


@pytest.mark.parametrize("name", ["total_kg", "net_kg"])
def test_a_flipped_sign_of_a_sum_is_caught(name):
    assert name.removesuffix("_kg") in things(doubts(declared(**{name: -getattr(declared(), name)})))


@pytest.mark.parametrize("name", EVERY_PART)
def test_a_dropped_part_is_caught_by_its_sum_or_by_the_version_before(name):
    dropped = with_part(name, None)
    assert name in things(doubts(dropped, None, declared(id=IDS[0])))
    if name in SUMMED:
        assert "total" in things(doubts(dropped))
    if name == "uptake":
        assert "net" in things(doubts(dropped))


@pytest.mark.parametrize(
    "unit", ["liter", "cubic meter", "kilowatt hour", "megajoule", "ton kilometer", "square meter"]
)
def test_a_swapped_unit_is_caught(unit):
    swapped = declared(unit=unit)
    assert "unit" in things(doubts(swapped, PIECE))
    assert "unit" in things(doubts(swapped, None, declared(id=IDS[0])))
    assert "unit" in things(doubts(swapped, Expected("m", d("30"))))


def test_grams_for_kilograms_are_caught():
    grams = declared(unit="kilogram", amount=d("1"), mass_kg=d("1000"), fossil_carbon_kg=d("0.5"))
    assert "mass" in things(doubts(grams))
    assert "mass" in things(doubts(declared(mass_kg=d("2500")), None, declared(id=IDS[0])))
    assert "total" in things(doubts(declared(total_kg=d("33000"), net_kg=d("30000")), PIECE))
    light = doubts(declared(mass_kg=d("0.0025")))
    assert "fossil_carbon" in things(light)


def test_a_piece_that_is_converted_to_kilograms_by_its_mass_is_told():
    (found,) = doubts(declared(), Expected("kg", declared().total_kg / declared().mass_kg))
    assert (found.level, found.thing) == (WARNING, "unit")
    assert f"by its mass of {declared().mass_kg} kg" in found.found
    assert doubts(declared(), PIECE) == []


def test_a_figure_in_use_that_does_not_convert_is_no_yardstick():
    assert (
        doubts(declared(total_kg=d("33000"), net_kg=d("33000"), parts={"fossil": d("33000")}), Expected("piece", None))
        == []
    )


def test_a_jump_from_the_version_before_is_caught_and_a_step_is_not():
    before = declared(id=IDS[0])
    scaled = {name: kg * (JUMP + 1) for name, kg in before.parts.items()}
    jumped = declared(total_kg=before.total_kg * (JUMP + 1), net_kg=before.net_kg * (JUMP + 1), parts=scaled)
    assert "total" in things(doubts(jumped, None, before))
    halved = {name: kg / 2 for name, kg in before.parts.items()}
    stepped = declared(total_kg=before.total_kg / 2, net_kg=before.net_kg / 2, parts=halved)
    assert doubts(stepped, None, before) == []


def test_a_unit_that_does_not_convert_is_refused():
    found = doubts(declared(unit="hour", mass_kg=d("0")), Expected("kg", d("30")))
    assert found[0].level == REFUSED
    assert found[0].thing == "unit"


@pytest.mark.parametrize(
    ("changes", "thing"),
    [
        ({"amount": d("0")}, "amount"),
        ({"period": (declared().period[1], declared().period[0])}, "period"),
        ({"mass_kg": d("-1")}, "mass"),
        ({"fossil_carbon_kg": d("-1")}, "fossil_carbon"),
        ({"primary_share_percent": d("101")}, "primary_share"),
        ({"primary_share_percent": d("-1")}, "primary_share"),
    ],
)
def test_what_cannot_be_is_refused(changes, thing):
    found = doubts(declared(**changes), PIECE)
    assert (REFUSED, thing) in {(doubt.level, doubt.thing) for doubt in found}


def test_zero_in_every_part_and_a_footprint_below_zero_are_doubted():
    nothing = declared(total_kg=d("0"), net_kg=d("0"), parts={})
    assert "total" in things(doubts(nothing))
    below = declared(total_kg=d("-4"), net_kg=d("-4"), parts={"land_management_removals": d("-4")})
    assert "total" in things(doubts(below))


@pytest.mark.parametrize(
    ("changes", "unit", "expected"),
    [
        ({}, "piece", "33"),
        ({"amount": d("3")}, "piece", "11"),
        ({"unit": "liter", "amount": d("12")}, "piece", "33"),
        ({"unit": "kilogram", "amount": d("10"), "mass_kg": d("10")}, "kg", "3.3"),
        ({"unit": "square meter", "amount": d("2")}, "m2", "16.5"),
        ({"unit": "piece", "mass_kg": d("2.5")}, "kg", "13.2"),
        ({"unit": "hour", "mass_kg": d("0")}, "kg", None),
        ({"unit": "hour", "mass_kg": d("0")}, "m", None),
        ({"amount": d("0")}, "piece", None),
    ],
)
def test_a_footprint_converts_to_the_materials_unit_or_not_at_all(changes, unit, expected):
    assert per_unit_kg(declared(**changes), unit) == (None if expected is None else d(expected))


def test_removals_are_the_parts_that_may_be_negative():
    assert set(REMOVALS) == {name for name, kg in declared().parts.items() if kg < 0}
