"""Orders: the pattern's shares and means, the stock orders, the folder's own orders."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st
from make_park import ASSUMED, DAY, MIDNIGHT, PATTERN, local, order_lines, product, small_park

from parkwright.make.orders import generate
from parkwright.model.product import Market
from parkwright.model.site import Calendar, Shift


def rng(seed=1):
    return np.random.Generator(np.random.Philox(seed))


def customers(orders):
    return orders.filter(pl.col("market_id") != "stock")


def test_the_same_stream_gives_the_same_orders_and_another_gives_others():
    park = small_park()
    assert generate(park, DAY, rng()).equals(generate(park, DAY, rng()))
    assert not generate(park, DAY, rng()).equals(generate(park, DAY, rng(2)))


def test_sizes_keep_the_shares_and_means_of_the_pattern():
    park = small_park(order_pattern=PATTERN.model_copy(update={"orders_per_day": 50_000}))
    quantity = customers(generate(park, DAY, rng()))["quantity"]
    assert abs((quantity < 5).mean() - 0.8) < 0.01
    assert abs((quantity > 50).mean() - 0.02) < 0.003
    assert abs(quantity.filter(quantity > 50).mean() - 80) < 4
    medium = quantity.filter((quantity >= 5) & (quantity <= 50))
    assert abs(medium.mean() - 12) < 0.5
    assert quantity.min() == 1


def test_products_and_markets_follow_their_shares():
    products = (product("x", "f", share=3), product("y", "f", share=1), product("z", "f", share=0))
    markets = tuple(
        Market(id=m, name={"en": "a", "zh": "a"}, share=s, basis=ASSUMED) for m, s in (("CN", 1), ("DE", 4))
    )
    park = small_park(
        products=products, bill=(), markets=markets, order_pattern=PATTERN.model_copy(update={"orders_per_day": 20_000})
    )
    orders = generate(park, DAY, rng())
    assert abs((orders["product_id"] == "x").mean() - 0.75) < 0.01
    assert "z" not in orders["product_id"].to_list()
    assert abs((orders["market_id"] == "DE").mean() - 0.8) < 0.01


def test_a_short_day_has_fewer_orders_in_proportion_and_a_holiday_none():
    park = small_park()
    assert customers(generate(park, DAY, rng())).height == 200
    sunday = DAY + timedelta(days=4)
    assert customers(generate(park, sunday, rng())).height == 100
    calendar = park.calendar.model_copy(update={"holidays": (DAY.isoformat(),)})
    assert generate(small_park(calendar=calendar), DAY, rng()).height == 0


def test_orders_due_at_the_first_shift_are_known_at_midnight_and_none_is_due_before_it_is_released():
    orders = customers(generate(small_park(), DAY, rng()))
    early = orders.filter(pl.col("due") == local(14))
    assert 0.2 < early.height / orders.height < 0.4
    assert early["release"].unique().to_list() == [MIDNIGHT]
    assert (orders["release"] < orders["due"]).all()
    assert orders["release"].max() < local(14)
    assert set(orders["due"].unique()) == {local(14), local(22)}


def test_a_stock_order_covers_what_the_opening_stock_lacks_plus_the_stock_share():
    orders = order_lines(("o1", "p1", 100, 0, 22), ("o2", "p2", 30, 0, 22), ("o3", "p3", 500, 0, 22))
    found = generate(small_park(orders=orders), DAY, rng()).filter(pl.col("market_id") == "stock")
    assert dict(found.select("product_id", "quantity").rows()) == {"b1": 60 + 10, "b2": 0 + 3}


def test_given_orders_are_taken_by_their_day_and_their_own_stock_order_is_kept():
    orders = order_lines(("o1", "p1", 100, 1, 22), ("late", "p1", 5, 25, 30), ("stock-b1", "b1", 7, 0, 22))
    found = generate(small_park(orders=orders), DAY, rng())
    assert found["order_id"].to_list() == ["stock-b1", "o1"]


def test_a_park_without_pattern_and_orders_has_none():
    assert generate(small_park(order_pattern=None), DAY, rng()).height == 0


def test_a_park_that_orders_nothing_has_no_orders():
    park = small_park(products=(product("x", "f", share=0),), bill=())
    assert generate(park, DAY, rng()).height == 0


@settings(max_examples=25)
@given(seed=st.integers(0, 2**31), day=st.dates(date(2026, 1, 1), date(2026, 12, 31)), start=st.integers(0, 20))
def test_every_day_keeps_its_bounds(seed, day, start):
    calendar = Calendar(shift=(Shift(days=("mon", "wed", "sun"), start=f"{start:02d}:00", end="24:00"),))
    park = small_park(calendar=calendar)
    orders = generate(park, day, rng(seed))
    low, high = park.day_bounds(day)
    assert orders["order_id"].is_unique().all()
    assert ((orders["release"] >= low) & (orders["release"] < orders["due"]) & (orders["due"] <= high)).all()
    assert (orders["quantity"] > 0).all()
    assert (orders.height == 0) == (not park.shifts(day))
