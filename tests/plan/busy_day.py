"""A busy day of the small park, and new orders in it."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import polars as pl
from laid_day import stepped
from make_park import DAY, local, order_lines, shift, small_park

from parkwright.make.jobs import explode
from parkwright.make.laid import placed_on
from parkwright.make.park_day import dispatch
from parkwright.model.site import Calendar
from parkwright.model.tables import TIME
from parkwright.plan.revise import Base, DayFacts, Revision, base_of, laid_out, revision
from parkwright.plan.room import laid_with
from parkwright.plan.rush import NewOrder, entered
from parkwright.plan.rush import order_lines as new_lines

COUNT = 182
"""Order lines of 30 units: both assembly lines work from 6:00 until 17:49, and board lots come just ahead of need."""
CLOSING, BOARDS_CLOSING = "18:15", "17:22"


@cache
def busy(closing: str, boards_closing: str) -> tuple[DayFacts, Base]:
    """The day, planned, with the hours at which the assembly lines and the board line close."""
    hours = [shift("06:00", closing, lines=("A", "B")), shift("06:00", boards_closing, lines=("SMT",))]
    park = small_park(calendar=Calendar(shift=tuple(hours)))
    orders = order_lines(*[(f"O-{n:03d}", f"p{n % 3 + 1}", 30, 6.0, 7.5 + 14.0 * n / COUNT) for n in range(COUNT)])
    kits = orders.select("order_id").with_columns(kit_ready=pl.Series([local(6.0)] * COUNT, dtype=TIME))
    made = dispatch(park, explode(park, orders, kits), orders, DAY, stepped(), rounds=0)
    assert made.unplaced == ()
    facts = DayFacts(park, DAY, orders, made.jobs, made.schedule, stepped())
    return facts, base_of(facts, laid_out(facts))


def priced(
    product_id: str, quantity: int, due: float, hours: tuple[str, str] = (CLOSING, CLOSING), at: float = 5.0
) -> tuple[Revision, set[str]]:
    """The day with a new order, and the new order's jobs."""
    facts, base = busy(*hours)
    new = new_lines(facts.park, DAY, facts.orders, [NewOrder(product_id, quantity, local(due), "CN")], local(at))
    orders, jobs = entered(facts.park, DAY, facts.orders, facts.jobs, new)
    own = set(jobs["job_id"]) - set(facts.jobs["job_id"])
    come = replace(facts, orders=orders, jobs=jobs)
    laid = laid_with(come, new["order_id"].to_list(), local(at + 0.5))
    return revision(come, laid, placed_on(laid.floor), base=base), own
