"""Editions never change and never mix: what a factor is of is its type."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from parkwright.carbon.editions import (
    KINDS,
    FactorKindError,
    FuelFactor,
    GridFactor,
    LifeCycleFactor,
    ResidualFactor,
    WarmingSet,
    decimal_of,
    library,
)
from parkwright.model.errors import LedgerError

FIELDS = {
    "id": "f", "publisher": "p", "document": "d", "cell": "c", "data_year": 2023, "published": "2025",
    "geography": "CN", "gas": "CO2", "value": Decimal("0.5"), "unit": "kWh", "licence": "l", "verified": True,
}  # fmt: skip
AR = WarmingSet("AR6", "IPCC", "d", "c", "CC0", {"HFC32": Decimal(771)})


def edition(kind=GridFactor, **changes):
    return kind(**{**FIELDS, **changes})


def test_an_edition_cannot_be_changed():
    with pytest.raises(AttributeError):
        edition().value = Decimal(1)


@pytest.mark.parametrize("field", [name for name in FIELDS if name != "verified"])
def test_every_field_is_part_of_what_the_hash_stands_for(field):
    other = {"data_year": 2022, "value": Decimal("0.51")}.get(field, "other")
    assert edition().sha256 != replace(edition(), **{field: other}).sha256


def test_the_hash_is_of_the_content_and_not_of_the_pack():
    assert edition(pack="a").sha256 == edition(pack="b").sha256
    assert edition().sha256 != replace(edition(), verified=False).sha256
    assert edition().sha256 != edition(LifeCycleFactor).sha256
    assert len(edition().sha256) == 64


def test_the_same_edition_may_come_twice_and_another_content_may_not():
    assert set(library([edition(pack="a"), edition(pack="b")]).editions) == {"f"}
    with pytest.raises(LedgerError, match="factor f: pack b gives other content than pack a"):
        library([edition(pack="a"), edition(pack="b", value=Decimal("0.51"))])


def test_a_warming_set_may_not_change_either():
    assert library([], [AR, AR]).warming_set("AR6") == AR
    with pytest.raises(LedgerError, match="warming set AR6: is given twice"):
        library([], [AR, replace(AR, values={"HFC32": Decimal(772)})])


def test_a_library_gives_the_kind_that_is_meant_or_says_which_it_has():
    found = library([edition(), edition(LifeCycleFactor, id="l")])
    assert found.get("f", GridFactor).value == Decimal("0.5")
    with pytest.raises(FactorKindError, match="factor l: is of kind life_cycle, kind grid_emission is meant"):
        found.get("l", GridFactor)
    with pytest.raises(FactorKindError, match="factor f: is of kind grid_emission"):
        found.get("f", LifeCycleFactor)
    with pytest.raises(LedgerError, match="'x': is in no pack"):
        found.get("x", GridFactor)


def test_the_latest_edition_of_a_place_is_the_one_of_the_newest_data_year():
    found = library(
        [
            edition(id="a", data_year=2022),
            edition(id="c", data_year=2023),
            edition(id="b", data_year=2023),
            edition(ResidualFactor, id="r", data_year=2024),
            edition(id="d", data_year=2025, geography="GB"),
        ]
    )
    assert found.latest("CN", GridFactor).id == "b"
    assert found.latest("CN", ResidualFactor).id == "r"
    with pytest.raises(LedgerError, match="CN: no fuel factor"):
        found.latest("CN", FuelFactor)


def test_a_gas_is_found_with_and_without_its_hyphen():
    assert AR.of("HFC-32") == AR.of("HFC32") == 771
    with pytest.raises(LedgerError, match="gas HFC-33: is not in AR6"):
        AR.of("HFC-33")
    with pytest.raises(LedgerError, match="'AR5': is in no pack; use one of AR6"):
        library([], [AR]).warming_set("AR5")


def test_the_kinds_are_the_eight_that_a_pack_can_name():
    assert set(KINDS) == {
        "grid_emission", "grid_residual", "grid_fossil", "life_cycle", "transmission", "fuel", "upstream", "activity",
    }  # fmt: skip
    assert all(KINDS[name].kind == name for name in KINDS)


@pytest.mark.parametrize("text", ["", "a", "1,5", "NaN", "Infinity"])
def test_what_is_no_decimal_is_refused_by_name(text):
    with pytest.raises(LedgerError, match="the thing: "):
        decimal_of(text, "the thing")
