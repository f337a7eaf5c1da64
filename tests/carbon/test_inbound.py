"""Inbound freight is counted for the units whose materials are counted, by mass and way, and fits the footprints'."""

from __future__ import annotations

from decimal import Decimal

import polars as pl
import pytest
from test_footprint import BY_AIR, METHOD, PANEL, PARK, ROAD

from parkwright.carbon import footprint, inbound
from parkwright.model.errors import LedgerError

KG = 1_000_000_000
SCHEMA = {"product_id": pl.String, "kind": pl.String, "is_good": pl.Boolean, "units": pl.UInt32}
MADE = pl.DataFrame(
    [("NB14", "finished", True, 90), ("NB14", "finished", False, 10), ("NB16", "finished", True, 5),
     ("MB1", "board", True, 100), ("MB1", "board", False, 3)],
    schema=SCHEMA, orient="row",
)  # fmt: skip
PCB = PANEL.model_copy(update={"material_id": "pcb", "freight_factor_id": "sea"})
SEA = ROAD.__class__("sea", "p", "d", "c", 2024, "2025", "CN", "CO2e", Decimal("0.02"), "t.km", "l", True)


def lines(sourcing, made=MADE, factors=None):
    return inbound.lines(PARK, made, sourcing, factors or {"road": ROAD, "sea": SEA})


def test_what_was_bought_is_carried_by_mass_and_way_scrapped_units_and_losses_too():
    (line,) = lines({"panel": PANEL})
    assert (line.scope, line.category, line.factor_id) == (3, 4, "road")
    assert line.location_ug == line.market_ug == 100 * Decimal("1.02") * Decimal("0.1") * KG


def test_boards_that_were_scrapped_brought_theirs_and_good_ones_are_in_their_units():
    road, sea = lines({"panel": PANEL, "pcb": PCB})
    assert (road.factor_id, sea.factor_id) == ("road", "sea")
    assert sea.location_ug == 2 * (100 + 3) * Decimal("1.02") * Decimal("0.02") * KG


def test_the_footprints_freight_of_the_good_units_is_the_same():
    known = {"panel": PANEL, "pcb": PCB}
    whole = footprint.material_parts(PARK, "NB14", known, {"road": ROAD, "sea": SEA}, {}, METHOD)
    each = sum(part.emitted_ug for part in whole if part.kind == "freight")
    finished = MADE.filter(pl.col("kind") == "finished")
    assert sum(line.location_ug for line in lines(known, finished)) == 100 * each


def test_nothing_is_made_up():
    assert lines({}) == []
    assert lines({"panel": PANEL.model_copy(update={"freight_factor_id": ""})}) == []
    assert lines({"panel": PANEL}, MADE.clear()) == []


def test_a_factor_per_hour_is_refused():
    with pytest.raises(LedgerError, match=r"t\.km"):
        lines({"panel": PANEL}, factors={"road": BY_AIR})
