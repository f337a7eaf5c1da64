"""Zero-carbon indicators: the reference's figures by either conversion; missing is not zero."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from parkwright.carbon import zerocarbon
from parkwright.carbon.editions import FactorKindError, GridFactor, LifeCycleFactor
from parkwright.carbon.inventory import Activity
from parkwright.carbon.zerocarbon import Figures, Finding
from parkwright.model.errors import LedgerError
from parkwright.store import carbon_book, packs

LIBRARY = packs.library_of(packs.of_park(None))
CHECKLIST = carbon_book.load(Path("nowhere")).checklist
CONVERSION = {one.id: one for one in CHECKLIST.conversion}
HEAT, STATION = CONVERSION["heat-value"], CONVERSION["power-station"]
FACTORY = [limit for limit in CHECKLIST.limit if limit.programme == "factory"]
TJ23, TJ22 = (LIBRARY.get(f"cn-tj-{year}", GridFactor) for year in (2023, 2022))
MWH = 10**9
DAY = date(2026, 7, 15)
SRC = Path(__file__).parents[2] / "src" / "parkwright"


def test_an_all_grid_electric_park_and_the_grid_power_that_it_may_use():
    assert float(zerocarbon.electric_intensity(TJ23, HEAT)) == pytest.approx(5.530, abs=5e-4)
    assert float(zerocarbon.grid_share(Decimal("0.20"), TJ23, HEAT)) == pytest.approx(0.03617, abs=5e-6)
    assert zerocarbon.grid_share(Decimal(9), TJ23, HEAT) == 1


def test_the_factory_programme_reads_the_same_kilowatt_hour_otherwise():
    intensities = [float(zerocarbon.electric_intensity(factor, STATION)) for factor in (TJ22, TJ23)]
    assert intensities == pytest.approx([2.47, 2.38], abs=0.006)
    green = [1 - float(zerocarbon.grid_share(Decimal("1.8"), factor, STATION)) for factor in (TJ22, TJ23)]
    assert green == pytest.approx([0.27, 0.24], abs=0.005)
    assert 1 - float(zerocarbon.grid_share(Decimal("0.2"), TJ23, STATION)) == pytest.approx(0.92, abs=0.005)


def test_a_life_cycle_factor_is_no_factor_of_these_indicators():
    with pytest.raises(FactorKindError):
        zerocarbon.electric_intensity(LIBRARY.get("cn-lifecycle-2024", LifeCycleFactor), HEAT)


def test_all_power_and_gas_become_standard_coal():
    figures = Figures(0, 1000 * MWH, 500 * MWH, 200 * MWH, 100 * MWH)
    assert zerocarbon.coal_t(figures, STATION) == Decimal("1600") * Decimal("0.2856") + 200 * Decimal("0.1229")
    assert zerocarbon.coal_t(figures, HEAT) == 1800 * Decimal("0.1229")


def test_a_park_on_grid_power_has_the_intensity_of_its_factor():
    figures = Figures(679_600 * 10**9, 1000 * MWH, 0, 0)
    assert float(zerocarbon.values(figures, HEAT)["co2_per_tce"]) == pytest.approx(5.530, abs=5e-4)


def test_certificates_count_for_the_non_fossil_share_and_not_as_physical_power():
    figures = Figures(0, 700 * MWH, 280 * MWH, 0, 20 * MWH, 400 * MWH)
    found = zerocarbon.values(figures, STATION)
    assert found["traceable_share"] == Decimal("0.3")
    assert found["non_fossil_share"] == Decimal("0.7")
    more = zerocarbon.values(Figures(0, 700 * MWH, 280 * MWH, 0, 20 * MWH, 4000 * MWH), STATION)
    assert more["non_fossil_share"] == 1


def test_own_power_whose_certificates_were_sold_is_traceable_and_not_clean():
    figures = {"co2_ug": 0, "bought_mwh_int": 700 * MWH, "self_used_mwh_int": 300 * MWH, "gas_mwh_int": 0}
    sold = zerocarbon.values(Figures(**figures, sold_mwh_int=200 * MWH), STATION)
    assert (sold["non_fossil_share"], sold["traceable_share"]) == (Decimal("0.1"), Decimal("0.3"))
    bought = zerocarbon.values(Figures(**figures, sold_mwh_int=200 * MWH, certified_mwh_int=150 * MWH), STATION)
    assert bought["non_fossil_share"] == Decimal("0.25")
    beyond = zerocarbon.values(Figures(**figures, sold_mwh_int=400 * MWH, certified_mwh_int=50 * MWH), STATION)
    assert beyond["non_fossil_share"] == Decimal("0.05")


def test_shares_of_products_and_readings():
    found = zerocarbon.values(Figures(0, 1, 0, 0, 0, 0, 98, 100, 30, 36), STATION)
    assert found["auto_collection_rate"] == Decimal("0.98")
    assert found["product_footprint_share"] == Decimal(30) / 36


def test_limits_are_kept_or_not_and_without_a_value_or_a_limit_neither():
    figures = Figures(300_000 * 10**9, 700 * MWH, 300 * MWH, 0)
    found = {one.id: one for one in zerocarbon.indicators(figures, STATION, FACTORY, {})}
    coal = found["co2_per_tce"]
    assert (round(coal.value, 3), coal.meets_entry, coal.meets_goal) == (Decimal("1.050"), True, False)
    assert (found["non_fossil_share"].meets_entry, found["non_fossil_share"].meets_goal) == (True, False)
    assert (found["traceable_share"].meets_entry, found["traceable_share"].meets_goal) == (None, False)
    assert found["auto_collection_rate"].value is None
    assert found["auto_collection_rate"].meets_goal is None
    assert not any(one.verified for one in found.values())


def test_a_limit_that_is_met_exactly_is_met():
    figures = Figures(514_080 * 10**9, 1000 * MWH, 0, 0)
    found = {one.id: one for one in zerocarbon.indicators(figures, STATION, FACTORY, {})}
    assert found["co2_per_tce"].value == Decimal("1.8")
    assert found["co2_per_tce"].meets_entry


def test_every_computed_indicator_is_its_part_by_its_whole():
    figures = Figures(679_600 * 10**9, 700 * MWH, 280 * MWH, 100 * MWH, 20 * MWH, 4000 * MWH, 98, 100, 30, 36)
    terms = zerocarbon.terms(figures, STATION)
    assert {name: part.amount / whole.amount for name, (part, whole) in terms.items()} == zerocarbon.values(
        figures, STATION
    )
    part, whole = terms["co2_per_tce"]
    assert (part.amount, part.unit, whole.amount, whole.unit) == (
        Decimal("679.6"), "t CO2", zerocarbon.coal_t(figures, STATION), "tce",
    )  # fmt: skip
    assert [term.amount for term in terms["traceable_share"]] == [300_000, 1_000_000]
    assert [term.amount for term in terms["non_fossil_share"]] == [1_000_000, 1_000_000]
    found = {
        one.id: one for one in zerocarbon.indicators(figures, STATION, CHECKLIST.limit, {"water_reuse": Decimal(1)})
    }
    assert [term.name for term in found["auto_collection_rate"].terms] == ["readings_auto", "readings"]
    assert found["water_reuse"].terms == found["solid_waste_use"].terms == ()
    assert all(one.basis for one in found.values())
    assert zerocarbon.terms(Figures(0, 0, 0, 0), STATION) == {}


def test_a_given_indicator_stands_beside_the_computed_and_never_instead():
    figures = Figures(0, MWH, 0, 0)
    limits = CHECKLIST.limit
    found = {one.id: one for one in zerocarbon.indicators(figures, STATION, limits, {"water_reuse": Decimal("0.81")})}
    assert found["water_reuse"].meets_goal
    assert found["solid_waste_use"].value is None
    with pytest.raises(LedgerError, match="are computed from the ledger"):
        zerocarbon.indicators(figures, STATION, limits, {"traceable_share": Decimal(1)})


def test_the_checklist_has_thirteen_functions_and_six_supply_measures():
    functions = [item.number for item in CHECKLIST.item if item.part == "function"]
    supply = [item.number for item in CHECKLIST.item if item.part == "supply"]
    assert functions == list(range(1, 14))
    assert supply == list(range(1, 7))
    assert len({item.id for item in CHECKLIST.item}) == 19


def test_what_was_found_stands_on_a_page_that_exists():
    pages = "".join(path.read_text() for path in (SRC / "show" / "pages").glob("*.py"))
    for item in CHECKLIST.item:
        assert bool(item.proof) == bool(item.evidence)
        assert not item.proof or f'@ui.page("{item.proof}")' in pages


LEAST = {"days_compared": Decimal(2), "recycled_share": Decimal("0.8"), "clean_transport_share": Decimal("0.85")}
EVERY = {one.evidence: Finding(LEAST.get(one.evidence, Decimal(1))) for one in CHECKLIST.item if one.evidence}


def proofs_of(evidence, given=()):
    return {one.item.id: one for one in zerocarbon.proved(CHECKLIST.item, evidence, dict(given))}


def proved(evidence, given=()):
    return {name for name, one in proofs_of(evidence, given).items() if one.by}


def test_every_item_but_the_one_of_documents_is_proved_by_something_of_its_own_that_is_looked_up():
    assert [item.id for item in CHECKLIST.item if not item.evidence] == ["S1"]
    assert len(EVERY) == 18
    assert proved({}) == set()
    assert proved(EVERY) == {item.id for item in CHECKLIST.item} - {"S1"}
    for name in EVERY:
        for without in ({key: one for key, one in EVERY.items() if key != name}, {**EVERY, name: Finding(Decimal(0))}):
            (lost,) = proved(EVERY) - proved(without)
            assert [item.evidence for item in CHECKLIST.item if item.id == lost] == [name]


def test_a_finding_below_its_limit_proves_nothing_and_is_told():
    low = {"days_compared": 1, "recycled_share": "0.79", "clean_transport_share": "0.8499"}
    found = proofs_of({**EVERY, **{name: Finding(Decimal(value)) for name, value in low.items()}})
    for item, name in (("F04", "days_compared"), ("S4", "recycled_share"), ("S6", "clean_transport_share")):
        assert (found[item].by, found[item].place) == ("", "")
        assert found[item].found.amount == Decimal(low[name])
    assert found["S2"].place == "/carbon"


def activity(amount, unit, category, handling="", days=("2026-01-01", "2026-12-31")):
    start, end = (date.fromisoformat(day) for day in days)
    return Activity("A", 3, category, "a", Decimal(amount), unit, "", Decimal(1), start, end, "assumed: a", handling)


def days_of(first, last):
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


YEAR = days_of(date(2026, 1, 1), date(2026, 12, 31))


def test_shares_of_handling_are_by_ton_kilometre_and_by_mass():
    given = [
        activity(900, "t.km", 9, "clean"), activity(60, "t.km", 4), activity(40, "t.km", 9),
        activity(3, "t", 5, "recycled"), activity(1000, "kg", 5), activity(99, "unit", 11), activity(5, "m3", 5),
    ]  # fmt: skip
    assert zerocarbon.handled(given, YEAR) == {
        "clean_transport_share": Decimal("0.9"), "recycled_share": Decimal("0.75"),
    }  # fmt: skip


def test_what_is_not_there_has_no_share_and_days_outside_do_not_count():
    assert zerocarbon.handled([activity(99, "unit", 11)], YEAR) == {}
    late = activity(10, "t", 5, "recycled", ("2026-07-01", "2026-12-31"))
    given = [activity(365, "t", 5), late]
    assert zerocarbon.handled(given, days_of(date(2026, 1, 1), date(2026, 6, 30)))["recycled_share"] == 0
    assert zerocarbon.handled([late], days_of(date(2026, 1, 1), date(2026, 6, 30))) == {}
    half = zerocarbon.handled(given, days_of(date(2026, 7, 1), date(2026, 12, 31)))["recycled_share"]
    assert half == Decimal(10) / (Decimal(10) + Decimal(184))
    two = zerocarbon.handled(given, [date(2026, 1, 12), date(2026, 7, 15)])["recycled_share"]
    assert two == pytest.approx(Decimal(10) / 184 / (Decimal(2) + Decimal(10) / 184))


def test_what_a_park_names_proves_what_was_not_found_and_replaces_nothing_that_was():
    named = {"S1": "cited: rule for suppliers, edition 2, 2026", "F13": "cited: minutes of the energy board, 2026"}
    bare, full = proofs_of({}, named.items()), proofs_of({**EVERY, "plans_approved": Finding(Decimal(3), DAY)}, named)
    assert {name: (one.by, one.place) for name, one in bare.items() if one.by} == {
        name: ("named", text) for name, text in named.items()
    }
    assert (full["S1"].by, full["S1"].place) == ("named", named["S1"])
    assert (full["F13"].by, full["F13"].place, full["F13"].found) == ("found", "/plan", Finding(Decimal(3), DAY))
    with pytest.raises(LedgerError, match=r"\['S9'\]: is no function or measure; use F01 to S6"):
        proved(EVERY, [("S9", "cited: x")])


def test_the_indicators_count_what_is_proved():
    figures, factory = Figures(0, MWH, 0, 0), FACTORY
    for evidence, functions, supply in ((EVERY, 13, 5), ({}, 0, 0)):
        proofs = zerocarbon.proved(CHECKLIST.item, evidence, {})
        found = {one.id: one.value for one in zerocarbon.indicators(figures, STATION, factory, {}, proofs)}
        assert (found["functions_met"], found["supply_measures_met"]) == (functions, supply)
    with pytest.raises(LedgerError, match="are computed"):
        zerocarbon.indicators(figures, STATION, factory, {"functions_met": Decimal(13)}, proofs)


def unstated(figures, given=()):
    return {
        one.id: one.unstated
        for one in zerocarbon.indicators(figures, STATION, CHECKLIST.limit, {name: Decimal(1) for name in given})
        if one.unstated
    }


def test_an_indicator_without_a_value_says_why():
    idle = {name: why for name, why in unstated(Figures(0, 0, 0, 0)).items() if why != "not_given"}
    assert idle == zerocarbon.WITHOUT
    busy = Figures(1, 1, 1, 1, 1, 1, 1, 1, 1, 1)
    assert set(unstated(busy).values()) == {"not_given"}
    assert "water_reuse" in unstated(busy)
    assert "water_reuse" not in unstated(busy, ["water_reuse"])
    assert "functions_met" in unstated(busy)


@pytest.mark.parametrize(
    ("made", "issued", "has_bills", "value", "why"),
    [(4, 3, True, Decimal("0.75"), ""), (4, 0, True, 0, ""), (0, 0, True, None, "none_made"),
     (4, 0, False, None, "no_bill"), (0, 0, False, None, "no_bill")],
)  # fmt: skip
def test_the_share_of_products_is_stated_where_some_were_made_and_there_are_bills(made, issued, has_bills, value, why):
    figures = Figures(0, 0, 0, 0, products=made, products_with_footprint=issued, has_bills=has_bills)
    found = {one.id: one for one in zerocarbon.indicators(figures, STATION, FACTORY, {})}["product_footprint_share"]
    assert (found.value, found.unstated, len(found.terms)) == (value, why, 0 if why else 2)
