"""Order lines become jobs: one lot an order line of finished goods, boards in lots ahead of need."""

from __future__ import annotations

from datetime import datetime

import polars as pl

from parkwright.make.boards import (
    board_demand,
    boards_per_unit,
    expected_good,
    net_boards,
    opening_boards,
    units_to_start,
)
from parkwright.model.errors import PlanError
from parkwright.model.park import Park
from parkwright.model.product import Product
from parkwright.model.tables import JOB_ORDERS, JOBS, conform

LOT_S = 3600.0
"""Line time of one board lot [s], assumed: an hour, so that boards come ahead of need and changeovers stay few."""


def explode(park: Park, orders: pl.DataFrame, kit_ready: pl.DataFrame) -> pl.DataFrame:
    """Return the jobs of the order lines as JOBS.

    An order line of finished goods is one job. Boards are netted: what the order lines need beyond the opening stock,
    or what the stock orders of that board ask for if that is more, raised by the expected scrap and cut into lots of
    an hour. Board lots carry the stock order of their board; where there is none, the first order line in need.

    park: products, bills, lines.
    orders: JOB_ORDERS.
    kit_ready: order_id, kit_ready as supply.available.kits returns it.

    Returns JOBS: board lots first, in order of need, then the order lines as given.

    Raises PlanError when an order line names an unknown product or has no kit time.
    """
    orders = conform(orders, JOB_ORDERS)
    unknown = orders.filter(~pl.col("product_id").is_in(list(park.product)))
    if unknown.height:
        row = unknown.row(0, named=True)
        raise PlanError(
            f"order {row['order_id']}: product {row['product_id']} is not in products.toml; correct one of them"
        )
    ready = orders.join(kit_ready, on="order_id", how="left", maintain_order="left")
    if ready["kit_ready"].null_count():
        late = ready.filter(pl.col("kit_ready").is_null())["order_id"][0]
        raise PlanError(f"order {late}: no kit time; give supply.available.kits of the same orders")
    boards = [product.id for product in park.products if product.kind == "board"]
    finished = ready.filter(~pl.col("product_id").is_in(boards))
    rows = _board_rows(park, ready, finished)
    for order_id, product_id, quantity, kit in finished.select(
        "order_id", "product_id", "quantity", "kit_ready"
    ).rows():
        product = park.product[product_id]
        rows.append((f"J-{order_id}", order_id, product_id, product.segment_id, product.family_id, quantity, kit))
    return conform(pl.DataFrame(rows, schema=JOBS.schema, orient="row"), JOBS)


def entered(
    park: Park, orders: pl.DataFrame, jobs: pl.DataFrame, new: pl.DataFrame, kit_ready: pl.DataFrame
) -> pl.DataFrame:
    """Return the jobs of order lines that come into a day that has its jobs already, as JOBS.

    The boards that the day's lots and its opening stock then lack are made in lots of their own, in the name of the
    first new line in need; the lines follow, one job each.

    orders, jobs: JOB_ORDERS and JOBS of the day. new: JOB_ORDERS of finished products. kit_ready: as of `explode`.

    Raises PlanError when a new line has no kit time.
    """
    needed = board_demand(park, pl.concat([orders, new]))
    made = dict(jobs.group_by("product_id").agg(pl.struct("segment_id", "quantity")).iter_rows())
    rows: list[tuple[object, ...]] = []
    for board_id in needed:
        board, lots = park.product[board_id], made.get(board_id, [])
        good = sum(expected_good(park, lot["segment_id"], lot["quantity"]) for lot in lots)
        lacking = net_boards(park, needed[board_id]) - good
        if lacking > 0:
            ready = new.join(kit_ready, on="order_id", maintain_order="left")
            order_id, _, kit = _first_in_need(park, board_id, ready)
            for quantity in _lots(park, board, lacking):
                job_id = f"B-{order_id}-{len(rows) + 1:02d}"
                rows.append((job_id, order_id, board_id, board.segment_id, board.family_id, quantity, kit))
    lots = pl.DataFrame(rows, schema=JOBS.schema, orient="row")
    lines = explode(park, new, kit_ready).join(new, on="product_id", how="semi", maintain_order="left")
    return conform(pl.concat([lots, lines]), JOBS)


def _board_rows(park: Park, ready: pl.DataFrame, finished: pl.DataFrame) -> list[tuple[object, ...]]:
    demand = board_demand(park, finished)
    stock: dict[str, list[tuple[str, int, datetime]]] = {}
    for order_id, product_id, quantity, kit in ready.select("order_id", "product_id", "quantity", "kit_ready").rows():
        if park.product[product_id].kind == "board":
            stock.setdefault(product_id, []).append((order_id, quantity, kit))
    lots: list[tuple[float, tuple[object, ...]]] = []
    for board in [product for product in park.products if product.kind == "board"]:
        orders = stock.get(board.id, [])
        good = max(net_boards(park, demand.get(board.id, 0)), sum(quantity for _, quantity, _ in orders))
        if good == 0:
            continue
        order_id, _, kit = orders[0] if orders else _first_in_need(park, board.id, finished)
        needed = max(1, demand.get(board.id, 0))
        made = opening_boards(park)
        for number, quantity in enumerate(_lots(park, board, good), start=1):
            job_id = f"B-{order_id}-{number:02d}"
            row = (job_id, order_id, board.id, board.segment_id, board.family_id, quantity, kit)
            lots.append((made / needed, row))
            made += quantity
    return [row for _, row in sorted(lots, key=lambda lot: (lot[0], str(lot[1][0])))]


def _first_in_need(park: Park, board_id: str, finished: pl.DataFrame) -> tuple[str, int, datetime]:
    per_unit = boards_per_unit(park)
    users = [product_id for product_id, boards in per_unit.items() if board_id in boards]
    row = finished.filter(pl.col("product_id").is_in(users)).sort("due", maintain_order=True).row(0, named=True)
    return row["order_id"], row["quantity"], row["kit_ready"]


def _lots(park: Park, board: Product, good: int) -> list[int]:
    """Return lot sizes that are expected to give `good` boards together.

    Each is about LOT_S of line time and within the lot limits of the widest line, and is raised by its own expected
    scrap, so that the lots one by one give what they promise.
    """
    lines = [line for line in park.work_centers if board.segment_id in line.segment_ids]
    if not lines:
        return [good]
    line = max(lines, key=lambda line: line.lot_max)
    units = round(LOT_S / (line.takt_s * board.cycle_factor))
    units = min(max(units, line.lot_min, 1), line.lot_max)
    count = -(-good // max(1, expected_good(park, board.segment_id, units)))
    each, rest = divmod(good, count)
    lots = [units_to_start(park, board.segment_id, each + (n < rest)) for n in range(count)]
    return [max(lot, line.lot_min) for lot in lots]
