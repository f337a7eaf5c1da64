"""An order that comes into a running day: its line, its jobs, and the place that delivers it with the least harm."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import polars as pl

from parkwright.make import jobs as make_jobs
from parkwright.make.check_hours import FROZEN
from parkwright.make.floor import BEGIN, DUE, LATE, LEVEL, SIZE, START, WORK, Floor
from parkwright.make.laid import Laid, lay
from parkwright.make.pace import of_product
from parkwright.make.park_floor import PRESSING, SPARE_MS
from parkwright.make.problem import to_ms
from parkwright.make.settle import resettle
from parkwright.make.whatif import place_at, put, tried
from parkwright.model.errors import PlanError
from parkwright.model.park import Park
from parkwright.model.product import Product
from parkwright.model.site import WorkCenter
from parkwright.model.tables import JOB_ORDERS, SCHEDULE, conform
from parkwright.plan.revise import DayFacts, instant
from parkwright.supply import available

PLACES = 40
"""Places on a line that are tried for a new job, evenly over its row."""
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


def laid_with(
    facts: DayFacts,
    new: Collection[str],
    frozen_until: datetime,
    back: Mapping[str, tuple[str, datetime]] | None = None,
) -> Laid:
    """Return the plan in force on its floor with new orders in it.

    A new order takes the boards that are there from `frozen_until` on; board lots of its own come first on their line
    or last. Of all places on all lines it takes the one where the whole plan costs least, with lateness weighed as a
    search of the day weighs it; what stands in its way is pushed back, nothing else moves.
    facts: with the new orders and their jobs, and the schedule in force. new: their order ids. back: as of
    `plan.revise.laid_out`.

    Raises PlanError when no line can take one of them today.
    """
    until = to_ms(frozen_until)
    jobs = facts.jobs.filter(pl.col("order_id").is_in(list(new)))
    boards = [one.id for one in facts.park.products if one.kind == "board"]
    lots, lines = jobs.filter(pl.col("product_id").is_in(boards)), jobs.filter(~pl.col("product_id").is_in(boards))
    first = dict.fromkeys(lines["job_id"].to_list(), until)
    best: tuple[float, Laid] | None = None
    for early in (True, False) if lots.height else (True,):
        schedule = _with_lots(facts, lots, frozen_until, early=early)
        laid = lay(
            facts.park, facts.day, facts.orders, facts.jobs, schedule, facts.signal, facts.terms.rates, first,
            facts.outages, until,
            back={job_id: (line_id, to_ms(at)) for job_id, (line_id, at) in (back or {}).items()},
            progress=facts.progress, power=facts.terms.power, ended=facts.ended,
        )  # fmt: skip
        found = sum(_placed(laid, job_id, until) for job_id in first), laid
        best = found if best is None or found[0] < best[0] else best
    if best is None or best[0] == float("inf"):
        raise PlanError(
            f"order {min(new)}: no line can take it today; give fewer units, or let it wait for another day"
        )
    return best[1]


def _with_lots(facts: DayFacts, lots: pl.DataFrame, frozen_until: datetime, *, early: bool) -> pl.DataFrame:
    """Return a schedule with board lots first or last on the line that is free soonest; the floor settles the times."""
    schedule = facts.schedule
    for job in lots.iter_rows(named=True):
        able = [
            line for line in facts.park.work_centers
            if job["segment_id"] in line.segment_ids and line.lot_min <= job["quantity"] <= line.lot_max
        ]  # fmt: skip
        on = {line.id: schedule.filter(pl.col("work_center_id") == line.id) for line in able}
        if not on:
            continue
        last = {line_id: max([frozen_until, *rows["end"].to_list()]) for line_id, rows in on.items()}
        line_id = min(last, key=lambda name: (last[name], name))
        frozen = on[line_id].filter(pl.col("setup_start") < frozen_until)["start"].to_list()
        begun = on[line_id].filter(pl.col("job_id").is_in(list(facts.progress.begun)))["start"] + FROZEN
        start = instant(to_ms(max([frozen_until, *frozen, *begun]) if early else last[line_id]) + 1)
        row = (job["job_id"], job["segment_id"], line_id, start, start, start, 0.0, 0.0, 0.0)
        schedule = pl.concat([schedule, pl.DataFrame([row], schema=SCHEDULE.schema, orient="row")])
    return schedule


def _placed(laid: Laid, job_id: str, until: int) -> float:
    """Put a job where the plan costs least, lateness weighed as a search does; return what it costs more [CNY]."""
    floor, op = laid.floor.copy(), laid.op(job_id)
    floor.worth[:, LATE] *= PRESSING
    floor.op[:, DUE] -= SPARE_MS
    resettle(floor.ints, floor.reals)
    best: tuple[float, int, int, int] | None = None
    for line, soon in enumerate(laid.frozen(until).tolist()):
        if floor.can[op, line, WORK] < 0:
            continue
        row, places = _places(floor, op, line, soon)
        for place in places:
            found = tried(floor, op, line, place, soon)
            if found is not None and (best is None or found.change_cny < best[0]):
                best = found.change_cny, row, place, soon
    if best is None:
        return float("inf")
    put(laid.floor, op, *best[1:])
    resettle(laid.floor.ints, laid.floor.reals)
    return best[0]


def _places(floor: Floor, op: int, line: int, until: int) -> tuple[int, list[int]]:
    """Return the row of an operation on a line and some places in it after what begins before `until` [ms]."""
    row = int(floor.row_of[line, floor.op[op, LEVEL]])
    inside = floor.order[row, : int(floor.row[row, SIZE])]
    begun = inside[(floor.op[inside, BEGIN] >= 0) & (floor.op[inside, BEGIN] < until)]
    after = max([until, *(floor.op[begun, START] + 1).tolist()])
    first, last = place_at(floor, row, op, after), len(inside)
    step = max(1, -(-(last - first) // PLACES))
    return row, [*range(first, last, step), last]
