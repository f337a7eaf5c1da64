"""The day's order lines: given by the folder, or drawn from its pattern, with the stock orders for boards."""

from __future__ import annotations

import math
from datetime import date, datetime, timedelta

import numpy as np
import polars as pl

from parkwright.make.boards import board_demand, net_boards
from parkwright.model.park import Park
from parkwright.model.product import OrderPattern
from parkwright.model.tables import JOB_ORDERS, conform

STOCK = "stock"
"""market_id of an order line that fills the park's own stock (contract of JOB_ORDERS)."""

WEEK_DAYS = 7


def generate(park: Park, day: date, rng: np.random.Generator) -> pl.DataFrame:
    """Return the order lines of a day as JOB_ORDERS: `park.orders` released on that day, or a draw from the pattern.

    Orders due at the end of the first shift are known at midnight; the others come in at full hours of the first
    half of the working time. Every board that the day needs gets one stock order over what the opening stock lacks
    plus the pattern's stock share, unless the folder's own orders hold one.

    park: the park; without an order pattern and without orders the result is empty.
    day: date in the park's time zone; a day without shifts has no generated orders.
    rng: random stream of this day.

    Returns JOB_ORDERS, sorted by release, then in the order drawn.

    References
    ----------
    Order sizes in three classes after the published pattern of large personal-computer plants (80 % of the order
    lines below 5 units; Liang et al., INFORMS J. Applied Analytics 52(1), 2022); its figures are the folder's.
    """
    if park.orders is not None:
        start, end = park.day_bounds(day)
        orders = conform(park.orders, JOB_ORDERS).filter((pl.col("release") >= start) & (pl.col("release") < end))
    elif park.order_pattern is not None and park.shifts(day):
        orders = _draw(park, park.order_pattern, day, rng)
    else:
        return JOB_ORDERS.empty()
    return conform(
        pl.concat([orders, _stock_orders(park, orders, day)]).sort("release", maintain_order=True), JOB_ORDERS
    )


def _draw(park: Park, pattern: OrderPattern, day: date, rng: np.random.Generator) -> pl.DataFrame:
    ordered = [product for product in park.products if product.share > 0]
    count = round(pattern.orders_per_day * _work_share(park, day)) if ordered else 0
    if count == 0:
        return JOB_ORDERS.empty()
    shifts = park.shifts(day)
    quantity = _sizes(pattern, count, rng)
    product = rng.choice(len(ordered), count, p=_shares([p.share for p in ordered]))
    markets = [market.id for market in park.markets] or ["local"]
    market = rng.choice(len(markets), count, p=_shares([m.share for m in park.markets] or [1.0]))
    first = rng.random(count) < pattern.due_same_shift_share
    waves = _waves(park, day)
    wave = rng.integers(0, len(waves), count)
    return JOB_ORDERS.empty().vstack(
        pl.DataFrame(
            {
                "order_id": [f"O-{day:%y%m%d}-{n:05d}" for n in range(1, count + 1)],
                "product_id": [ordered[n].id for n in product],
                "quantity": quantity,
                "release": [waves[0] if early else waves[n] for early, n in zip(first, wave, strict=True)],
                "due": [shifts[0][1] if early else shifts[-1][1] for early in first],
                "weight": quantity * pattern.lateness_cny_per_h,
                "market_id": [markets[n] for n in market],
            },
            schema=JOB_ORDERS.schema,
        )
    )


def _work_share(park: Park, day: date) -> float:
    """Return the working time of `day` relative to the longest weekday of the calendar."""
    week = [_work_s(park, day + timedelta(days=n)) for n in range(-WEEK_DAYS + 1, WEEK_DAYS)]
    return _work_s(park, day) / max(week)


def _work_s(park: Park, day: date) -> float:
    return sum((end - start).total_seconds() for start, end in park.shifts(day))


def _waves(park: Park, day: date) -> list[datetime]:
    shifts = park.shifts(day)
    opened = park.midnight(day)
    middle = shifts[0][0] + (shifts[-1][1] - shifts[0][0]) / 2
    hours = math.ceil((middle - opened) / timedelta(hours=1))
    return [opened + timedelta(hours=n) for n in range(max(1, hours))]


def _shares(weights: list[float]) -> np.ndarray:
    total = sum(weights)
    if total <= 0:
        return np.full(len(weights), 1 / len(weights))
    return np.asarray(weights) / total


def _sizes(pattern: OrderPattern, count: int, rng: np.random.Generator) -> np.ndarray:
    """Return order sizes (count,): uniform when small, geometric above the class border otherwise."""
    draw = rng.random(count)
    small = rng.integers(1, pattern.small_below, count)
    medium = pattern.small_below + _excess(pattern.medium_mean - pattern.small_below, count, rng)
    large = pattern.large_above + 1 + _excess(pattern.large_mean - pattern.large_above - 1, count, rng)
    medium = np.minimum(medium, pattern.large_above)
    return np.where(draw < pattern.small_share, small, np.where(draw < 1 - pattern.large_share, medium, large))


def _excess(mean: float, count: int, rng: np.random.Generator) -> np.ndarray:
    """Return a geometric excess over a class border with the given mean, 0 upwards (count,)."""
    return rng.geometric(1 / (1 + max(mean, 0.0)), count) - 1


def _stock_orders(park: Park, orders: pl.DataFrame, day: date) -> pl.DataFrame:
    demand = board_demand(park, orders)
    given = set(orders.filter(pl.col("market_id") == STOCK)["product_id"])
    share = park.order_pattern.stock_share if park.order_pattern else 0.0
    rows = []
    shifts = park.shifts(day)
    start, end = (park.midnight(day), shifts[-1][1]) if shifts else park.day_bounds(day)
    for board, needed in demand.items():
        quantity = net_boards(park, needed) + math.ceil(share * needed)
        if board not in given and quantity > 0:
            rows.append((f"O-{day:%y%m%d}-{STOCK}-{board}", board, quantity, start, end, 0.0, STOCK))
    return pl.DataFrame(rows, schema=JOB_ORDERS.schema, orient="row")
