"""Our own footprints as declarations: the mean of a product's units, parts that add up, suppliers' figures exactly."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from carbon_park import make_park
from declared import IDS, NOW, d, declared
from hypothesis import given, settings
from hypothesis import strategies as st

from parkwright.carbon import footprint, own
from parkwright.carbon.chain import Process
from parkwright.carbon.declaration import issued
from parkwright.carbon.footprint import Method, Part, Sourcing
from parkwright.carbon.own import Gtin, Identity
from parkwright.model.errors import LedgerError
from parkwright.model.product import BillLine
from parkwright.model.tables import FOOTPRINTS

KG = 1_000_000_000
PERIOD = (datetime(2026, 7, 15, tzinfo=UTC), datetime(2026, 7, 16, tzinfo=UTC))
VERSION = (IDS[1], NOW, (IDS[0],))
PARK = make_park()
PRODUCT = "NB14"
IDENTITY = Identity(
    company_name="Park", company_ids=("urn:x:park",), product_urn="urn:x:product:", material_urn="urn:x:material:",
    country="CN", subdivision="CN-TJ", fossil_carbon_share=d("0.1"),
    gtin=(Gtin(product_id="NB14", gtin="09520000000011"),), basis="assumed: a test",
)  # fmt: skip
METHOD = Method(
    life_cycle_id="lc", solar_id="sun", cv=d("0.1"), rating=d("2"), freight_cv=d("0.3"), freight_rating=d("3"),
    basis="assumed: a test",
)  # fmt: skip
ROW = Sourcing(
    material_id="panel", origin="average", mass_kg=d("1"), distance_km=d("0"), scrap_share=d("0"), primary_share=d("0"),
    technology=3, time=3, geography=3, cv=d("0.1"), basis="assumed: a test",
)  # fmt: skip


def part(kind: str, thing: str, emitted_ug: int, primary: str = "0") -> Part:
    return Part(kind, thing, Decimal(1), "piece", emitted_ug, d(primary), d("3"), d("0.1"), "", "")


def made(*parts: Part, units: int = 1, park=PARK):
    found = footprint.of_parts(PRODUCT, units, parts)
    return own.of_footprint(park, IDENTITY, found, PERIOD, (("a factor", "2024"),), VERSION)


def test_a_piece_is_the_mean_of_the_units_and_says_what_it_is_made_of():
    one = made(
        part("material", "panel", 60 * KG), part("freight", "panel", 2 * KG), part("energy", "process", KG), units=2
    )
    assert one.total_kg == d("31.5")
    assert "mean of 2 units" in one.comment
    assert "materials 30.000000 kg, inbound freight 1.000000 kg, energy of making 0.500000 kg" in one.comment
    assert (one.unit, one.amount, one.mass_kg, one.fossil_carbon_kg) == ("piece", 1, 1, d("0.1"))
    assert one.product_ids == ("urn:x:product:NB14",)
    assert one.preceding == (IDS[0],)
    assert one.period == PERIOD


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(["material", "freight", "energy"]), st.integers(0, 10**15)), min_size=1, max_size=9
    ),
    st.integers(1, 10**6),
)
def test_what_is_declared_adds_up_whatever_the_parts(parts, units):
    one = made(*(part(kind, f"m{number}", ug) for number, (kind, ug) in enumerate(parts)), units=units)
    assert issued(one) is one
    exact = Decimal(sum(ug for _, ug in parts)) / (units * KG)
    assert abs(one.total_kg - exact) <= 3 * own.FINEST_KG


def test_packaging_is_the_bills_packing_with_its_freight():
    packed = BillLine(product_id=PRODUCT, component_id="pcb", position="packing", quantity=1, basis="assumed: a test")
    park = replace(PARK, bill=(*PARK.bill, packed))
    parts = (part("material", "panel", 30 * KG), part("material", "pcb", 4 * KG), part("freight", "pcb", KG))
    assert made(*parts, park=park).parts["packaging"] == d("5")
    assert made(*parts).parts["packaging"] == 0


def test_the_share_of_primary_data_is_the_footprints():
    assert made(part("material", "a", 3 * KG), part("energy", "process", KG, "1")).primary_share_percent == d("25.00")


def test_a_suppliers_ten_becomes_eight_and_a_unit_that_uses_two_loses_four_exactly():
    """D4 of the reference."""
    kg = {}
    for figure in ("10", "8"):
        upstream = own.supplied_kg(PARK, {"pcb": declared(total_kg=d(figure))})
        parts = footprint.material_parts(PARK, PRODUCT, {}, {}, upstream, METHOD)
        kg[figure] = made(*parts).total_kg
    assert kg["8"] - kg["10"] == d("-4")


def test_a_suppliers_footprint_marks_its_material_and_brings_its_share_of_primary_data():
    found = own.supplied_sourcing({"panel": ROW}, {"panel": declared(primary_share_percent=d("60")), "pcb": declared()})
    assert set(found) == {"panel"}
    assert (found["panel"].origin, found["panel"].primary_share) == ("supplier", d("0.6"))
    unknown = own.supplied_sourcing({"panel": ROW}, {"panel": declared(primary_share_percent=None)})
    assert unknown["panel"].primary_share == 0


def test_the_footprints_of_a_day_name_their_declarations_and_leave_out_what_is_not_bought():
    given = {"pcb": declared(id=IDS[3], total_kg=d("8")), "gone": declared()}
    assert own.supplied(PARK, given, "2026-07-15").rows() == [("2026-07-15", "pcb", 8.0, IDS[3])]
    assert own.supplied(PARK, {}, "2026-07-15").equals(FOOTPRINTS.empty())


def test_the_share_that_suppliers_tell_is_theirs_of_all_that_the_materials_emit():
    """NB14: a panel of 30.1 kg and a board with two pcb; with pcb at 8 kg, 16 of 46.1 kg."""
    given = {"pcb": declared(total_kg=d("8"))}
    assert own.supplied_share(PARK, given, {"NB14": 3}) == d("16") / d("46.1")
    assert own.supplied_share(PARK, given, {"NB14": 1, "MB1": 1}) == d("32") / d("62.1")
    assert own.supplied_share(PARK, {}, {"NB14": 1}) == 0
    assert own.supplied_share(PARK, given, {"NB16": 1}) is None


def test_a_supplied_process_stands_for_all_that_is_behind_it():
    fields = {"supplier_id": "s", "direct_kg": 3.0, "basis": "assumed: a test"}
    pcb, resin = (Process(id=name, **fields) for name in ("pcb", "resin"))
    found = own.supplied_processes([pcb, resin], {"pcb": d("8")})
    assert [(one.id, one.direct_kg) for one in found] == [("pcb", 8.0), ("resin", 3.0)]


def test_a_suppliers_unit_that_does_not_convert_is_refused():
    with pytest.raises(LedgerError, match="ask the supplier for that unit"):
        own.supplied_kg(PARK, {"panel": declared(unit="hour", amount=d("0"), mass_kg=d("0"))})
    assert own.supplied_kg(PARK, {"gone": declared()}) == {}


def test_a_product_that_is_not_made_here_is_refused():
    found = footprint.of_parts("nothing", 1, [part("material", "a", KG)])
    with pytest.raises(LedgerError, match="is not made here"):
        own.of_footprint(PARK, IDENTITY, found, PERIOD, (), VERSION)


def test_a_product_has_its_trade_item_number_or_none():
    assert IDENTITY.gtin_of("NB14") == "09520000000011"
    assert IDENTITY.gtin_of("other") is None
