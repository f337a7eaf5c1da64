"""A footprint is exact in its parts, knows how good it is, and takes life-cycle factors alone."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import carbon_park
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parkwright.carbon import chain, footprint, graph
from parkwright.carbon.editions import (
    ActivityFactor,
    FactorKindError,
    FuelFactor,
    GridFactor,
    LifeCycleFactor,
    TransmissionFactor,
    UpstreamFactor,
    library,
)
from parkwright.carbon.footprint import Method, Mix, Part, Sourcing
from parkwright.model.errors import LedgerError

KG = 1_000_000_000
PARK = carbon_park.make_park()
BASIS = "assumed: a test"


def edition(kind, name, value, unit="kWh"):
    return kind(name, "p", "d", "c", 2024, "2025", "CN", "CO2e", Decimal(value), unit, "l", True)


LIFE = edition(LifeCycleFactor, "life", "0.5777")
LIBRARY = library(
    [
        LIFE, edition(TransmissionFactor, "wires", "0.0327"), edition(LifeCycleFactor, "sun", "0.041"),
        edition(GridFactor, "grid", "0.6796"), edition(UpstreamFactor, "wells", "0.03", "kWh gross"),
    ]
)  # fmt: skip
FUEL = edition(FuelFactor, "fuel", "0.18", "kWh gross")
ROAD, BY_AIR = edition(ActivityFactor, "road", "0.1", "t.km"), edition(ActivityFactor, "hours", "0.1", "h")
METHOD = Method(
    life_cycle_id="life", transmission_id="wires", solar_id="sun", cv="0.1", rating="1.5", freight_cv="0.3",
    freight_rating="4", basis=BASIS,
)  # fmt: skip
PANEL = Sourcing(
    material_id="panel", origin="supplier", mass_kg="0.5", distance_km="2000", freight_factor_id="road",
    scrap_share="0.02", primary_share="0.8", technology=1, time=2, geography=3, cv="0.2", group="maker", basis=BASIS,
)  # fmt: skip


def parts(product_id="NB14", sourcing=None, upstream=None, freight=None, park=PARK):
    known = {"panel": PANEL} if sourcing is None else sourcing
    return footprint.material_parts(park, product_id, known, freight or {"road": ROAD}, upstream or {}, METHOD)


def part(kg, primary="0", rating="1", cv="0", group="", thing="m"):
    return Part(
        "material", thing, Decimal(1), "piece", kg * KG, Decimal(primary), Decimal(rating), Decimal(cv), group, "s"
    )


def test_materials_count_with_their_scrap_and_boards_are_taken_apart():
    found = {(one.kind, one.thing_id): one for one in parts()}
    assert found["material", "panel"].emitted_ug == Decimal("30.1") * Decimal("1.02") * KG
    assert found["material", "pcb"].emitted_ug == Decimal("20.1") * KG
    assert found["material", "pcb"].quantity == 2
    assert set(found) == {("material", "panel"), ("material", "pcb"), ("freight", "panel")}


def test_freight_is_mass_by_way_by_factor_of_what_was_bought():
    freight = next(one for one in parts() if one.kind == "freight")
    assert freight.quantity == Decimal("1.02")
    assert freight.emitted_ug == Decimal("0.102") * KG
    assert (freight.group, freight.cv, freight.rating) == ("road", Decimal("0.3"), 4)


def test_a_material_without_a_row_has_no_primary_data_and_the_worst_rating():
    pcb = next(one for one in parts(sourcing={}) if one.thing_id == "pcb")
    assert (pcb.primary_share, pcb.rating, pcb.origin) == (0, 5, "unknown")


def test_a_received_or_solved_footprint_stands_in_for_the_folders():
    before = footprint.of_parts("u", 1, parts(sourcing={}))
    after = footprint.of_parts("u", 1, parts(sourcing={}, upstream={"pcb": Decimal("8.05")}))
    assert after.total_ug - before.total_ug == -4 * KG


def test_a_quarter_of_a_footprint_is_primary():
    found = footprint.of_parts("u", 1, [part(10, "1"), part(30, "0.5"), part(60, "0")])
    assert found.primary_share == Decimal("0.25")


def test_a_removal_weighs_by_its_size_in_share_and_rating():
    found = footprint.of_parts("u", 1, [part(30, "1", "1"), part(-10, "0", "5")])
    assert (found.total_ug, found.primary_share, found.rating) == (20 * KG, Decimal("0.75"), 2)


def test_the_rating_is_weighted_by_what_is_emitted():
    assert footprint.of_parts("u", 1, [part(90, rating="1"), part(10, rating="5")]).rating == Decimal("1.4")
    assert footprint.of_parts("u", 1, [part(0)]).rating is None
    assert PANEL.rating == 2


def test_a_footprint_of_nothing_is_refused():
    with pytest.raises(LedgerError, match="has no unit"):
        footprint.of_parts("u", 0, [part(1)])
    with pytest.raises(LedgerError, match="footprint of J: has no unit"):
        footprint.summed("J", [])


def test_the_mix_counts_power_over_its_life_with_its_wires_and_gas_with_its_wells():
    found = footprint.mix(METHOD, LIBRARY, 2_000_000, 1_000_000, [(1_000_000, FUEL)], {"fuel": "wells"})
    assert found.emitted_ug == (2 * Decimal("0.6104") + Decimal("0.041") + Decimal("0.21")) * KG
    assert found.ug_per_mwh_int == Fraction(found.emitted_ug, 4_000_000)
    alone = METHOD.model_copy(update={"transmission_id": ""})
    assert footprint.mix(alone, LIBRARY, 1_000_000, 0, [], {}).emitted_ug == Decimal("0.5777") * KG


def test_the_factor_of_scope_2_is_no_factor_of_a_footprint():
    wrong = METHOD.model_copy(update={"life_cycle_id": "grid"})
    with pytest.raises(FactorKindError, match="grid_emission, kind life_cycle is meant"):
        footprint.mix(wrong, LIBRARY, 1, 0, [], {})


@pytest.mark.parametrize("energies", [(-1, 0, []), (0, -1, []), (0, 0, [(-1, FUEL)])])
def test_negative_consumption_is_refused(energies):
    with pytest.raises(LedgerError, match="is negative; restate the readings"):
        footprint.mix(METHOD, LIBRARY, *energies, {})
    with pytest.raises(LedgerError, match="energy of -1 mWh is negative"):
        footprint.energy_part(-1, Mix(1, 0, 0, 1), METHOD)


def test_no_energy_used_emits_nothing():
    assert footprint.energy_part(5, Mix(0, 0, 0, 0), METHOD).emitted_ug == 0


@given(st.lists(st.integers(0, 10**9), min_size=1, max_size=50), st.integers(1, 10**15))
def test_energy_parts_of_all_units_add_up_to_the_day_within_half_a_microgram_each(energies, emitted):
    used = Mix(sum(energies), 0, 0, emitted)
    total = sum(footprint.energy_part(energy, used, METHOD).emitted_ug for energy in energies)
    assert abs(total - (emitted if sum(energies) else 0)) <= len(energies) / 2


@given(st.integers(0, 10**12), st.integers(1, 10**6))
def test_a_half_is_rounded_up(top, bottom):
    value = Fraction(top, bottom)
    found = footprint.half_up_fraction(value)
    assert Fraction(-1, 2) < found - value <= Fraction(1, 2)


def test_freight_takes_a_factor_a_ton_kilometre_alone():
    with pytest.raises(LedgerError, match=r"factor hours is per h, freight needs one per t\.km"):
        parts(freight={"road": BY_AIR})


def test_an_unknown_product_and_a_bill_in_itself_are_refused():
    with pytest.raises(LedgerError, match="product 'X': is not made in TP"):
        parts("X")
    line = PARK.bill[1].model_copy(update={"product_id": "MB1", "component_id": "MB1"})
    with pytest.raises(LedgerError, match="contains itself"):
        parts(park=carbon_park.make_park(bill=(*PARK.bill, line)))


def test_a_lot_adds_its_units_up_and_is_no_surer_than_its_shared_factors():
    used = Mix(1_000_000, 0, 0, KG)
    units = [
        footprint.of_parts(f"u{n}", 1, (*parts(), footprint.energy_part(n * 1000, used, METHOD))) for n in range(1, 11)
    ]
    lot = footprint.summed("J", units)
    assert lot.units == 10
    assert lot.total_ug == sum(one.total_ug for one in units)
    assert lot.of_kind_ug("energy") == sum(one.of_kind_ug("energy") for one in units) == 55 * 1_000_000
    assert lot.of_kind_ug("material") + lot.of_kind_ug("freight") + lot.of_kind_ug("energy") == lot.total_ug
    assert lot.cv == pytest.approx(units[0].cv, rel=1e-3)
    assert len(lot.parts) == len(units[0].parts)


def test_a_lot_of_two_qualities_is_refused():
    one, other = footprint.of_parts("a", 1, [part(1)]), footprint.of_parts("b", 1, [part(1, rating="3")])
    with pytest.raises(LedgerError, match="lot J: m has two qualities"):
        footprint.summed("J", [one, other])


def energy_of(*kwh):
    return {f"D{n}": (Mix(10**6, 0, 0, n * KG), {"NB14": each}) for n, each in enumerate(kwh, start=1)}


def park_chain(processes=(), exchanges=(), sourcing=None, energy=None):
    rows = {"panel": PANEL} if sourcing is None else sourcing
    return chain.of_park(PARK, processes, exchanges, rows, {"road": ROAD}, METHOD, energy or {})


def process(name, kg, **more):
    return chain.Process(id=name, supplier_id="s", direct_kg=kg, basis=BASIS, **more)


def exchange(user, name, quantity):
    return chain.Exchange(user_id=user, input_id=name, quantity=quantity, basis=BASIS)


def test_the_chain_gives_what_the_parts_give():
    found = park_chain(energy=energy_of(2.0, 1.0))
    assert found.product_ids == ("NB14", "NB16")
    exact = footprint.of_parts("NB14", 1, parts()).total_ug / KG + 2.0 * 1.0 + 1.0 * 2.0
    assert graph.intensities(found.graph)[found.graph.at("NB14")] == pytest.approx(exact, rel=1e-12)


def test_a_suppliers_process_makes_the_material_that_bears_its_name():
    found = park_chain([process("panel", 1.0), process("glass", 3.0)], [exchange("panel", "glass", 2.0)], {})
    values = graph.intensities(found.graph)
    assert values[found.graph.at("NB14")] == pytest.approx(7.0 + 20.1)
    assert {"glass", "panel", "NB14"} <= set(graph.revised(found.graph, values, {"glass": 1.0}).recomputed)


def test_what_a_chain_names_must_be_there_once():
    with pytest.raises(LedgerError, match="panel uses 'sand', which is unknown"):
        park_chain([process("panel", 1.0)], [exchange("panel", "sand", 1.0)])
    with pytest.raises(LedgerError, match="'NB14' stands for two things"):
        park_chain([process("NB14", 1.0)])
    assert chain.of_processes([process("a", 1.0)], []).product_ids == ()


def test_figures_of_one_group_err_together_across_the_chain():
    shared = [process("panel", 10.0, cv=0.1, group="g"), process("pcb", 5.0, cv=0.1, group="g")]
    found = park_chain(shared, (), {})
    from_groups = found.spread.direct_group[[found.graph.at("panel"), found.graph.at("pcb")]]
    assert from_groups[0] == from_groups[1] >= 0
    assert found.spread.direct_group[found.graph.at("NB14")] == -1
