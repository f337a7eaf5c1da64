"""An order that comes into a running day: its line and its jobs; `plan.room` finds their places."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import polars as pl

from parkwright.make import jobs as make_jobs
from parkwright.make.pace import of_product
from parkwright.model.errors import PlanError
from parkwright.model.park import Park
from parkwright.model.product import Product
from parkwright.model.site import WorkCenter
from parkwright.model.tables import JOB_ORDERS, conform
from parkwright.supply import available

LOCAL = "local"
"""market_id where a park has no markets, as in generated orders."""


@dataclass(frozen=True, slots=True)
class NewOrder:
    """What a planner says of a new order line; weight: what an hour of lateness costs [CNY/h], None: as its size says.

    market_id: "" where the park has no markets. order_id: "" for the next free one.
    """

    product_id: str
    quantity: int
    due: datetime
    market_id: str = ""
    weight_cny_per_h: float | None = None
    order_id: str = ""


def order_lines(park: Park, day: date, orders: pl.DataFrame, wanted: Sequence[NewOrder], at: datetime) -> pl.DataFrame:
    """Return new order lines as JOB_ORDERS, released at `at`; orders: JOB_ORDERS of the day.

    Raises PlanError when the weight is not said and the park has no order pattern to take it from.
    """
    taken, rows = set(orders["order_id"]), list[tuple[object, ...]]()
    for one in wanted:
        order_id = one.order_id or next(
            name for n in range(1, len(taken) + 2) if (name := f"R-{day:%y%m%d}-{n:03d}") not in taken
        )
        taken.add(order_id)
        weight = one.weight_cny_per_h
        if weight is None and park.order_pattern is None:
            raise PlanError(f"order {order_id}: says not what an hour of lateness costs; give its weight in CNY/h")
        if weight is None and park.order_pattern is not None:
            weight = one.quantity * park.order_pattern.lateness_cny_per_h
        rows.append((order_id, one.product_id, one.quantity, at, one.due, weight, one.market_id or LOCAL))
    frame = pl.DataFrame(
        rows,
        schema={**JOB_ORDERS.schema, "release": pl.Datetime("us", "UTC"), "due": pl.Datetime("us", "UTC")},
        orient="row",
    )
    return conform(frame, JOB_ORDERS)


def entered(
    park: Park, day: date, orders: pl.DataFrame, jobs: pl.DataFrame, new: pl.DataFrame
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the day's JOB_ORDERS and JOBS with new order lines; the same arguments give the same jobs.

    Raises PlanError that names the line when it cannot be an order of this park and day.
    """
    for row in conform(new, JOB_ORDERS).iter_rows(named=True):
        if why := _refusal(park, day, orders, row):
            raise PlanError(f"order {row['order_id']}: {why}")
    if new["order_id"].is_duplicated().any():
        raise PlanError(f"order {new['order_id'][0]}: is given twice; give each its own id")
    more = make_jobs.entered(park, orders, jobs, new, available.kits(park, new))
    twice = set(more["job_id"]) & set(jobs["job_id"])
    if twice:
        raise PlanError(f"job {min(twice)}: is of this day already; give the new order another id")
    return pl.concat([orders, new]), pl.concat([jobs, more])


def _refusal(park: Park, day: date, orders: pl.DataFrame, row: dict[str, Any]) -> str:
    """Return why a line cannot be an order of this park and day; empty when it can."""
    product = park.product.get(row["product_id"])
    if product is None or product.kind == "board":
        sold = ", ".join(one.id for one in park.products if one.kind != "board")
        return f"product {row['product_id']} is none that is sold; give one of {sold}"
    able = [line for line in park.work_centers if product.segment_id in line.segment_ids]
    lots = ", ".join(f"{line.id} {line.lot_min} to {line.lot_max}" for line in able)
    markets = [market.id for market in park.markets] or [LOCAL]
    most = max([0, *(_most(park, day, line, product, row["release"]) for line in able)])
    found = {
        "is an order of this day already; give another id, or rush the one that is there": (
            row["order_id"] in orders["order_id"].to_list()
        ),
        f"no line takes {row['quantity']} units of {product.id} at once; give a quantity that one takes ({lots})": (
            not any(line.lot_min <= row["quantity"] <= line.lot_max for line in able)
        ),
        f"market {row['market_id']} is not in this park; give one of {', '.join(markets)}": (
            row["market_id"] not in markets
        ),
        f"is due at {row['due']}, not after it comes in at {row['release']}; give a later due time": (
            row["due"] <= row["release"]
        ),
        f"an hour of its lateness costs {row['weight']} CNY; give 0 or more": (
            not 0.0 <= row["weight"] < float("inf")
        ),
        f"no line makes {row['quantity']} units of {product.id} in the hours left of {day}, {most} is the most; give"
        " fewer units, or let it wait for another day": row["quantity"] > most,
    }  # fmt: skip
    return next((why for why, holds in found.items() if holds), "")


def _most(park: Park, day: date, line: WorkCenter, product: Product, since: datetime) -> int:
    """Return how many units of a product a line makes at its planned pace in its hours of a day from `since` on."""
    hours = [(max(start, since), end) for start, end in park.line_shifts(day, line.id) if end > since]
    left_s, pace = sum((end - start).total_seconds() for start, end in hours), of_product(line, product)
    if pace.run_s:
        return line.lot_max if pace.run_s <= left_s else 0
    return min(line.lot_max, int(left_s / pace.unit_s))
