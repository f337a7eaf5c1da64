"""Boards that are made here and built into finished units: demand, opening stock, expected scrap."""

from __future__ import annotations

import math

import polars as pl

from parkwright.model.errors import PlanError
from parkwright.model.park import Park


def boards_per_unit(park: Park) -> dict[str, dict[str, int]]:
    """Return product id -> {board id: boards per unit} from the bill of material.

    Raises PlanError when a board is built into a board, or a quantity is no whole number: boards are serialised.
    """
    found: dict[str, dict[str, int]] = {}
    for line in park.bill:
        component = park.product.get(line.component_id)
        if component is None:
            continue
        if park.product[line.product_id].kind == "board":
            raise PlanError(
                f"bills.csv: {line.product_id}: board {component.id} is built into a board; give purchased material"
            )
        if line.quantity != int(line.quantity):
            raise PlanError(
                f"bills.csv: {line.product_id}: {line.quantity} of board {component.id}; give a whole number"
            )
        boards = found.setdefault(line.product_id, {})
        boards[component.id] = boards.get(component.id, 0) + int(line.quantity)
    return found


def board_demand(park: Park, orders: pl.DataFrame) -> dict[str, int]:
    """Return board id -> boards that the order lines need, in the order of the park's products."""
    per_unit = boards_per_unit(park)
    demand = {product.id: 0 for product in park.products if product.kind == "board"}
    for product_id, quantity in orders.group_by("product_id").agg(pl.col("quantity").sum()).iter_rows():
        for board, each in per_unit.get(product_id, {}).items():
            demand[board] += each * quantity
    return {board: needed for board, needed in demand.items() if needed > 0}


def opening_boards(park: Park) -> int:
    """Return the boards of each kind that are in stock when a day opens [units]."""
    return park.order_pattern.opening_boards if park.order_pattern else 0


def net_boards(park: Park, needed: int) -> int:
    """Return the boards that the opening stock lacks [units]."""
    return max(0, needed - opening_boards(park))


def scrap_share(park: Park, segment_id: str) -> float:
    """Return the largest expected scrap of a segment over the lines that can do it [share].

    A station rejects fail_share of its cycles and scraps scrap_share of the rejected; the others come back to it, so
    a unit is scrapped there with f s / (1 - f (1 - s)) (geometric series over the rework cycles).
    """
    worst = 0.0
    for line in park.work_centers:
        if segment_id in line.segment_ids:
            kept = 1.0
            for unit in line.work_unit:
                rework = unit.fail_share * (1 - unit.scrap_share)
                kept *= 1 - unit.fail_share * unit.scrap_share / (1 - rework)
            worst = max(worst, 1 - kept)
    return worst


def units_to_start(park: Park, segment_id: str, good: int) -> int:
    """Return the units to start so that `good` of them are expected to leave good [units].

    Raises PlanError when the segment scraps everything.
    """
    scrap = scrap_share(park, segment_id)
    if scrap >= 1:
        raise PlanError(f"segment {segment_id}: its lines scrap every unit; lower fail_share or scrap_share")
    return math.ceil(good / (1 - scrap) - 1e-9)


def expected_good(park: Park, segment_id: str, started: int) -> int:
    """Return the good units to count on when `started` are started, rounded down [units]."""
    return math.floor(started * (1 - scrap_share(park, segment_id)) + 1e-9)
