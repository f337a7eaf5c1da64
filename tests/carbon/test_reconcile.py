"""What was attributed to a unit and its footprint differ by named components that add up to the microgram."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st
from test_footprint import METHOD, PANEL, parts

from parkwright.carbon import footprint, reconcile
from parkwright.carbon.footprint import Mix

KG = 1_000_000_000
AMOUNT = st.integers(0, 10**13)


def compared(location_ug: int, material_ug: int, energy_mwh_int: int, loss: Decimal):
    sourcing = {"panel": PANEL.model_copy(update={"scrap_share": loss})}
    used = footprint.energy_part(energy_mwh_int, Mix(10**9, 0, 0, 577 * 10**9), METHOD)
    foot = footprint.of_parts("U", 1, (*parts(sourcing=sourcing), used))
    bare = parts(sourcing={"panel": PANEL.model_copy(update={"scrap_share": Decimal(0)})})
    return foot, {one.component: one for one in reconcile.compared(location_ug, material_ug, foot, bare)}


def test_each_component_stands_in_both_figures_by_name():
    _, found = compared(2 * KG, 50 * KG, 1_000_000, Decimal("0.02"))
    assert {name: (one.attributed_ug, one.footprint_ug) for name, one in found.items()} == {
        "energy": (2 * KG, 577_000_000),
        "materials": (50 * KG, int(Decimal("50.2") * KG)),
        "loss": (0, int(Decimal("30.1") * Decimal("0.02") * KG)),
        "freight": (0, int(Decimal("0.102") * KG)),
    }
    assert found["energy"].difference_ug == -1_423_000_000


@given(AMOUNT, AMOUNT, AMOUNT, st.decimals(0, Decimal("0.9"), places=4))
def test_both_columns_add_up_to_their_figures_and_the_differences_to_what_lies_between(
    location, material, energy, loss
):
    foot, found = compared(location, material, energy, loss)
    assert sum(one.attributed_ug for one in found.values()) == location + material
    assert sum(one.footprint_ug for one in found.values()) == foot.total_ug
    assert sum(one.difference_ug for one in found.values()) == foot.total_ug - location - material


def test_without_loss_nothing_is_lost():
    _, found = compared(0, 0, 0, Decimal(0))
    assert found["loss"].difference_ug == 0
    assert found["freight"].footprint_ug == KG // 10
