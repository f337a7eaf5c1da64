"""The day's schedule: jobs become a floor with its boards pegged, and the plan of the floor becomes a SCHEDULE."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import polars as pl

from parkwright.make.boards import boards_per_unit, opening_boards
from parkwright.make.floor import Power, Rates
from parkwright.make.park_floor import Day, Planned, planned, pressing_jobs, steps_of, weighed_cny
from parkwright.make.parts import parted, shares
from parkwright.make.problem import HOUR_MS, Lines, job_arrays, lines_of, paces, to_ms
from parkwright.make.schedule import Unplaced
from parkwright.model.errors import PlanError
from parkwright.model.park import Park
from parkwright.model.tables import JOB_ORDERS, JOBS, SCHEDULE, SIGNAL, TIME, conform

ROUNDS = 1
"""Rounds that the search of a day has: under a second for 2,000 jobs, and always the same plan."""
CUTS = 3
"""Times that lots which are late are cut into parts and the day is planned again, while that pays (assumed)."""
SEED = 1
"""Of the search's random numbers; the plan of a day is a function of the day."""


@dataclass(frozen=True, slots=True)
class Scheduled:
    """A schedule (SCHEDULE, by line and start), its jobs (JOBS) and those of them that found no place in it."""

    schedule: pl.DataFrame
    jobs: pl.DataFrame
    unplaced: tuple[Unplaced, ...]


def dispatch(
    park: Park,
    jobs: pl.DataFrame,
    orders: pl.DataFrame,
    day: date,
    signal: pl.DataFrame,
    power: Power | None = None,
    rates: Rates | None = None,
    rounds: int = ROUNDS,
    outages: pl.DataFrame | None = None,
) -> Scheduled:
    """Plan the jobs of a day: boards pegged to the lots that are made ahead, then what `schedule.solve` makes of it.

    Feasible always: lines do the segment and take the lot, kits are complete, boards exist, units enter in working
    time only, changeovers are respected, the power cap is kept. A line takes the next job when the last unit
    of the job before has entered, so jobs overlap inside a line: `start` is when the first unit enters, `end` when
    the last one leaves. A lot that would be late whole is made in parts where its product allows and that pays. Where
    something comes late, the day is planned once more as if changeovers and the peak cost nothing, and the plan with
    fewer late jobs is taken: neither is worth a late order.

    park: lines, calendar, products, setups.
    jobs: JOBS, as make.jobs.explode returns them: whole lots.
    orders: JOB_ORDERS of those jobs.
    day: date in the park's time zone.
    signal: SIGNAL of the day; without rows, energy costs nothing.
    power: what the site draws beside its lines and its cap; None watches neither cap nor peak.
    rates: prices of carbon, demand and others; None for tardiness and energy alone.
    rounds: of the search; 0 leaves the rule's plan as it is.
    outages: OUTAGES, times of lines that are no working time; None for none.

    Raises PlanError when a job has no order line.
    """
    jobs, orders, signal = conform(jobs, JOBS), conform(orders, JOB_ORDERS), conform(signal, SIGNAL)
    rates = rates or Rates()

    def at(rates: Rates) -> _Plan:
        def of(some: pl.DataFrame) -> _Plan:
            own = day_of(park, day, some, orders, signal, power, outages)
            return _Plan(some, own, planned(own, rates, SEED, rounds))

        return _in_parts(park, of(jobs), of, rates)

    best = at(rates)
    plain = replace(rates, setup_cny_per_h=0.0, demand_cny_per_kw=0.0)
    if best.late and plain != rates:
        best = min(best, at(plain), key=lambda plan: plan.late)
    schedule = frame_of(best.day, Prices(signal), best.made.placed)
    ordered = conform(schedule.sort("work_center_id", "setup_start", "job_id"), SCHEDULE)
    return Scheduled(ordered, best.jobs, _unplaced(best.day, best.made))


@dataclass(frozen=True, slots=True)
class _Plan:
    """Jobs (JOBS), their day and its plan."""

    jobs: pl.DataFrame
    day: Day
    made: Planned

    @property
    def late(self) -> int:
        """How many jobs of finished goods come late or have no place."""
        return len(pressing_jobs(self.day, self.made.placed, 0))


def _in_parts(park: Park, whole: _Plan, of: Callable[[pl.DataFrame], _Plan], rates: Rates) -> _Plan:
    """Return a plan with lots that would be late made in parts, as long as that pays; of: the plan of JOBS."""
    best = whole
    for _ in range(CUTS):
        cut = parted(park, best.jobs, pressing_jobs(best.day, best.made.placed))
        if cut.height == best.jobs.height:
            break
        other = of(cut)
        if weighed_cny(other.day, rates, other.made.placed) >= weighed_cny(best.day, rates, best.made.placed):
            break
        best = other
    return best


def day_of(
    park: Park,
    day: date,
    jobs: pl.DataFrame,
    orders: pl.DataFrame,
    signal: pl.DataFrame,
    power: Power | None = None,
    outages: pl.DataFrame | None = None,
) -> Day:
    """Return a day as arrays, board lots first with the times at which they are needed; outages: OUTAGES or None.

    Raises PlanError when a job has no order line.
    """
    full, lines, pace = with_orders(jobs, orders), lines_of(park, day, outages), paces(park)
    is_board = pl.col("product_id").is_in([item.id for item in park.products if item.kind == "board"])
    lots = with_need_times(park, full.filter(is_board), full.filter(~is_board), lines)
    full = pl.concat([lots, full.filter(~is_board)])
    return Day(park, full, lines, pace, job_arrays(park, full, lines.families, pace), steps_of(signal), power)


def with_orders(jobs: pl.DataFrame, orders: pl.DataFrame) -> pl.DataFrame:
    """Return the jobs with release, due and weight of their order lines; the parts of a lot share its weight."""
    full = jobs.join(
        orders.select("order_id", "release", "due", "weight"), on="order_id", how="left", maintain_order="left"
    )
    if full["due"].null_count():
        job_id = full.filter(pl.col("due").is_null())["job_id"][0]
        raise PlanError(f"job {job_id}: its order line is not among the orders; give the orders it was made from")
    return full.with_columns(pl.col("weight") * shares(jobs))


class Prices:
    """Price and carbon of a kWh, summed over time, so that the cost of any span is two look-ups."""

    def __init__(self, signal: pl.DataFrame) -> None:
        """Sum the SIGNAL; the last interval is taken as long as the one before it."""
        signal = signal.sort("start")
        start = np.asarray(signal["start"].dt.epoch("ms").to_numpy(), dtype=float)
        if start.size == 0:
            start = np.array([0.0])
        step = start[-1] - start[-2] if start.size > 1 else float(HOUR_MS)
        self._edge = np.append(start, start[-1] + step)
        self._cny = self._sum(signal["price_cny_per_kwh"].to_numpy())
        self._kg = self._sum(signal["co2e_kg_per_kwh"].to_numpy())

    def _sum(self, level: np.ndarray) -> np.ndarray:
        if level.size == 0:
            return np.zeros(self._edge.size)
        return np.append(0.0, np.cumsum(level * np.diff(self._edge)))

    def mean(self, start: np.ndarray, end: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return mean price [CNY/kWh] and intensity [kg/kWh] over [start, end) in ms, held at the edges."""
        low = np.clip(start, self._edge[0], self._edge[-1] - 1)
        high = np.clip(end, low + 1, self._edge[-1])
        span = high - low
        cny = np.interp(high, self._edge, self._cny) - np.interp(low, self._edge, self._cny)
        kg = np.interp(high, self._edge, self._kg) - np.interp(low, self._edge, self._kg)
        return cny / span, kg / span

    def at_work(
        self, start: np.ndarray, end: np.ndarray, hours: tuple[np.ndarray, np.ndarray]
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return how much of spans lies within the hours of a line [ms], and what `mean` returns over that alone.

        hours: opened, closed [ms] (W,). Of a span of which nothing does, the mean is that of the whole.
        """
        low, high = np.maximum(start[:, None], hours[0]), np.minimum(end[:, None], hours[1])
        worked = np.maximum(high - low, 0)
        total = worked.sum(axis=1)
        mean = zip(self.mean(low, high), self.mean(start, end), strict=True)
        cny, kg = (
            np.where(total > 0, (part * worked).sum(axis=1) / np.maximum(total, 1), whole) for part, whole in mean
        )
        return total, cny, kg


def frame_of(day: Day, prices: Prices, placed: np.ndarray) -> pl.DataFrame:
    """Return the placed jobs of a day as SCHEDULE, with their energy, its cost and emissions; placed: (J, 4 or more).

    A job that pauses draws nothing meanwhile. Jobs that share a run of a line with room share its energy by their
    units.
    """
    park, jobs, arrays, pace = day.park, day.jobs, day.arrays, day.pace
    at = np.flatnonzero(placed[:, 0] >= 0)
    line, setup_start, start, leave = placed[at, :4].T
    ids = [center.id for center in park.work_centers]
    on = [pace[ids[n], job] for n, job in zip(line, jobs["product_id"].gather(at), strict=True)]
    share = _run_shares(park, arrays.quantity[at], placed[at, :3])
    run_kwh = np.array([p.run_kw for p in on]) * arrays.work[at, line] / HOUR_MS * share
    (_, run_cny, run_kg), (setup_ms, setup_cny, setup_kg) = (
        _at_work(day, prices, line, *span) for span in ((start, leave), (setup_start, start))
    )
    setup_kwh = np.array([p.idle_kw for p in on]) * setup_ms / HOUR_MS * share
    return pl.DataFrame(
        {
            "job_id": jobs["job_id"].gather(at),
            "segment_id": jobs["segment_id"].gather(at),
            "work_center_id": [ids[n] for n in line],
            "setup_start": pl.Series(setup_start, dtype=pl.Int64).cast(TIME),
            "start": pl.Series(start, dtype=pl.Int64).cast(TIME),
            "end": pl.Series(leave + arrays.tail[at, line], dtype=pl.Int64).cast(TIME),
            "energy_kwh": run_kwh + setup_kwh,
            "cost_cny": run_kwh * run_cny + setup_kwh * setup_cny,
            "co2e_kg": run_kwh * run_kg + setup_kwh * setup_kg,
        },
        schema=SCHEDULE.schema,
    )


def _at_work(day: Day, prices: Prices, line: np.ndarray, start: np.ndarray, end: np.ndarray) -> np.ndarray:
    """Return what `Prices.at_work` does of spans on their lines (3, M)."""
    found = np.zeros((3, line.size))
    for number in np.unique(line).tolist():
        on = line == number
        found[:, on] = prices.at_work(start[on], end[on], day.lines.hours(number))
    return found


def _run_shares(park: Park, units: np.ndarray, placed: np.ndarray) -> np.ndarray:
    """Return each job's share of its run by units (M,); placed: line, changeover, start (M, 3)."""
    rooms = np.array([center.room for center in park.work_centers], dtype=np.int64)
    share = np.ones(units.size)
    several = np.flatnonzero(rooms[placed[:, 0]] > 0)
    _, run = np.unique(placed[several], axis=0, return_inverse=True)
    run = np.asarray(run).reshape(several.size)
    share[several] = units[several] / np.bincount(run, weights=units[several])[run] if several.size else 1.0
    return share


def _unplaced(day: Day, made: Planned) -> tuple[Unplaced, ...]:
    """Return the jobs without a place, each with the reason that the engine or the park's data give."""
    found, lacking = [], set(made.missing.tolist())
    for at in np.flatnonzero(made.placed[:, 0] < 0).tolist():
        row = day.jobs.row(at, named=True)
        if not day.arrays.able[at].any():
            reason = f"no line does {row['segment_id']} with a lot of {row['quantity']}"
        elif day.lines.opened.size == 0:
            reason = "the day has no working time"
        elif at in lacking:
            reason = "boards are not made in time"
        else:
            reason = made.reasons[row["job_id"]]
        found.append(Unplaced(row["job_id"], reason))
    return tuple(found)


def with_need_times(park: Park, lots: pl.DataFrame, finished: pl.DataFrame, lines: Lines) -> pl.DataFrame:
    """Return board lots with `due` = when their first board is needed and `weight` = their size.

    The finished jobs are taken in order of due date, spread evenly over the working time; the opening stock and
    earlier lots of the board serve the first of them.
    """
    order = finished.sort("due", "release", maintain_order=True)
    before = (order["quantity"].cum_sum() - order["quantity"]).to_numpy() / max(1, order["quantity"].sum())
    needs: dict[str, list[tuple[float, int]]] = {}
    per_unit = boards_per_unit(park)
    for product_id, quantity, share in zip(order["product_id"], order["quantity"], before, strict=True):
        for board, each in per_unit.get(product_id, {}).items():
            held = needs.setdefault(board, [])
            held.append((share, (held[-1][1] if held else 0) + each * quantity))
    served = dict.fromkeys(needs, opening_boards(park))
    due = []
    for board, quantity, given in lots.select("product_id", "quantity", "due").rows():
        share = next((share for share, total in needs.get(board, []) if total > served[board]), 1.0)
        at = lines.after(int(share * lines.working_ms))
        due.append(at if share < 1.0 and at >= 0 else to_ms(given))
        if board in served:
            served[board] += quantity
    return lots.with_columns(
        pl.Series("due", due, dtype=pl.Int64).cast(TIME), pl.col("quantity").cast(pl.Float64).alias("weight")
    )
