"""The plan of a day: delivery, cost and carbon decided together, before the first unit moves."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime

import numpy as np
import polars as pl
from numpy.random import Generator, Philox, SeedSequence
from numpy.typing import NDArray

from parkwright.energy import demand, load, signal, solar, weather
from parkwright.energy import dispatch as plant_dispatch
from parkwright.ledger.facts import canonical
from parkwright.make import jobs as make_jobs
from parkwright.make import orders as make_orders
from parkwright.make import park_check, park_day
from parkwright.make.schedule import Unplaced
from parkwright.model.opening import Opening
from parkwright.model.park import Park
from parkwright.model.tables import OUTAGES
from parkwright.move import tasks as move_tasks
from parkwright.plan import terms as day_terms
from parkwright.plan import work as day_work
from parkwright.plan.expected import Expected
from parkwright.plan.month import of_day as of_month
from parkwright.plan.outage import maintained
from parkwright.supply import available

Reals = NDArray[np.float64]

RESIDUAL_KWH = 1e-3
"""Energy by which a dispatch may miss its balance, from the solver's feasibility tolerance (HiGHS, 1e-7 relative)."""


@dataclass(frozen=True)
class DayPlan:
    """The plan of a day, frozen; every frame keeps its contract in model.tables.

    objective: energy_cny, late_orders, lateness_h, co2e_kg, carried_cny (worth of what the stores carry to tomorrow
    more than they opened with), and where demand is charged peak_kw, peak_free_kw and demand_cny. outages: OUTAGES of
    planned maintenance, around which it is planned. ahead: what the day
    and the next are expected to ask of the energy plant; stored_kwh: what its stores hold then, by asset (T,). work:
    movable work as it is planned, and the ways beside it. month: import that costs nothing more. violations: what the
    validators found, empty in a good plan. digest: SHA-256 over the park, the day, the seed and all tables, so that an
    approval names what it approved.
    """

    day: date
    orders: pl.DataFrame
    jobs: pl.DataFrame
    unplaced: tuple[Unplaced, ...]
    schedule: pl.DataFrame
    signal: pl.DataFrame
    load: pl.DataFrame
    dispatch: pl.DataFrame
    tasks: pl.DataFrame
    objective: Mapping[str, float]
    violations: tuple[str, ...]
    digest: str
    ahead: Expected
    work: day_work.Work
    month: plant_dispatch.Month
    stored_kwh: Mapping[str, Reals]
    outages: pl.DataFrame = field(default_factory=OUTAGES.empty)

    def tables(self) -> dict[str, pl.DataFrame]:
        """Return the plan's tables by their name in model.tables, in the order of planning; outages where there are."""
        out = {"outages": self.outages} if self.outages.height else {}
        return {
            "job_orders": self.orders,
            "jobs": self.jobs,
            "signal": self.signal,
            "schedule": self.schedule,
            "load": self.load,
            "dispatch": self.dispatch,
            "transport_tasks": self.tasks,
            **out,
        }


@dataclass(frozen=True, slots=True)
class Asked:
    """What a day asks of its plan: orders, whole lots (JOBS), weather, yield of the sun (T,) [kW], price of a kWh."""

    orders: pl.DataFrame
    jobs: pl.DataFrame
    sky: pl.DataFrame
    pv_kw: np.ndarray
    signal: pl.DataFrame


def asked_of(park: Park, day: date, seed: int) -> Asked:
    """Return what a day asks of its plan; seed: of the generated orders, 0 or more."""
    rng = Generator(Philox(SeedSequence([seed, day.toordinal()])))
    orders = make_orders.generate(park, day, rng)
    jobs = make_jobs.explode(park, orders, available.kits(park, orders))
    sky = weather.of_day(park, day)
    pv_kw = solar.total_kw(park.energy.solar, park.site, sky)
    priced = signal.of_day(park, day, load.forecast(park, day, sky, None), pv_kw)
    return Asked(orders, jobs, sky, pv_kw, priced)


def make_plan(park: Park, day: date, seed: int, opening: Opening) -> DayPlan:
    """Return the plan of a day.

    Orders and kits first; then the signal of what a kWh costs, from the loads expected without a schedule; then the
    schedule against that signal; then movable work together with the dispatch of the energy plant for the loads that
    the schedule causes, and the transport tasks. The same arguments give the same plan.

    park: the park. day: date in its time zone. seed: of the generated orders, 0 or more. opening: stores at midnight.

    Raises PlanError when the park's data cannot be planned (see make.jobs, make.boards, move.route).
    """
    asked = asked_of(park, day, seed)
    orders, priced = asked.orders, asked.signal
    terms = day_terms.of_day(park, day, priced)
    out = maintained(park, day)
    scheduled = park_day.dispatch(park, asked.jobs, orders, day, priced, terms.power, terms.rates, outages=out)
    jobs = scheduled.jobs
    month = of_month(park, day, opening)
    work = day_work.plan(park, day, scheduled.schedule, priced, opening, month)
    dispatched = work.joint.dispatched
    violations = park_check.check(park, jobs, orders, scheduled.schedule, out)
    violations += terms.faults(park, jobs, scheduled.schedule, priced, out)
    if abs(dispatched.balance_residual_kwh) > RESIDUAL_KWH:
        violations.append(f"dispatch: energy balance misses {dispatched.balance_residual_kwh:.6f} kWh")
    late, lateness_h = lateness(orders, jobs, scheduled.schedule, park.day_bounds(day)[1])
    plan = DayPlan(
        day=day,
        orders=orders,
        jobs=jobs,
        unplaced=scheduled.unplaced,
        schedule=scheduled.schedule,
        signal=priced,
        load=load.forecast(park, day, asked.sky, scheduled.schedule, work.joint.today_kw),
        dispatch=work.joint.table(),
        tasks=move_tasks.of_schedule(park, scheduled.schedule, jobs),
        objective={
            "energy_cny": float(dispatched.objective_cny),
            "carried_cny": dispatched.carried_cny,
            **_demand(park, day, dispatched.dispatch, month, opening),
            "late_orders": float(late),
            "lateness_h": lateness_h,
            "co2e_kg": grid_co2e_kg(park, dispatched.dispatch),
        },
        violations=tuple(violations),
        digest="",
        ahead=work.joint.ahead,
        work=work,
        month=month,
        stored_kwh=dispatched.stored_kwh,
        outages=out,
    )
    return _sealed(plan, park, seed)


def lateness(orders: pl.DataFrame, jobs: pl.DataFrame, schedule: pl.DataFrame, day_end: datetime) -> tuple[int, float]:
    """Return the late order lines of customers, and their lateness together [h].

    An order line is as late as the last of its jobs; a job without a place counts as done at `day_end`, and its
    order line as late whatever its due time. Stock orders are not customers'.
    """
    late = late_orders(orders.filter(pl.col("market_id") != make_orders.STOCK), jobs, schedule, day_end)
    return late.height, float(late["late_ms"].sum()) / 3_600_000


def late_orders(orders: pl.DataFrame, jobs: pl.DataFrame, schedule: pl.DataFrame, day_end: datetime) -> pl.DataFrame:
    """Return the late ones of order lines, each with left_out, and late_ms, 0 and more.

    What counts is the order's own lot, see `lateness`: board lots that carry its name are for whoever needs them first,
    and its own boards are in it.
    """
    ends = (
        jobs.select("job_id", "order_id", "product_id")
        .join(schedule.select("job_id", "end"), on="job_id", how="left")
        .group_by("order_id", "product_id")
        .agg(pl.col("end").is_null().any().alias("left_out"), pl.col("end").fill_null(day_end).max())
    )
    return (
        orders.join(ends, on=["order_id", "product_id"])
        .with_columns(late_ms=(pl.col("end") - pl.col("due")).dt.total_milliseconds().clip(lower_bound=0))
        .filter(pl.col("left_out") | (pl.col("late_ms") > 0))
    )


def grid_co2e_kg(park: Park, dispatch: pl.DataFrame) -> float:
    """Return the location-based emissions of the planned import from the grid [kg CO2e]."""
    power_kw = dispatch.filter(pl.col("asset_id") == "grid")["power_kw"].to_numpy()
    energy_kwh = np.maximum(power_kw, 0.0).sum() * park.site.metering_interval_s / 3600
    return float(energy_kwh) * float(park.factor[park.site.accounting_grid_factor].value)


def _demand(
    park: Park, day: date, dispatch: pl.DataFrame, month: plant_dispatch.Month, opening: Opening
) -> dict[str, float]:
    """Return the day's highest planned import, what the month leaves free [kW] and what it adds to the charge [CNY]."""
    charge, name = demand.charge_of(park, day), demand.month_of(day)
    if charge is None:
        return {}
    grid = dispatch.filter(pl.col("asset_id") == plant_dispatch.GRID)
    bought = np.maximum(grid["power_kw"].to_numpy(), 0.0)
    added = demand.added(park, charge, grid["start"], bought, opening.reached_kw.get(name, 0.0))
    return {"peak_kw": added.peak_kw, "peak_free_kw": month.free_kw[name], "demand_cny": added.cny}


def _sealed(plan: DayPlan, park: Park, seed: int) -> DayPlan:
    """Return the plan with its digest."""
    content = hashlib.sha256(f"{park.digest} {plan.day.isoformat()} {seed}\n".encode())
    for name, frame in plan.tables().items():
        content.update(name.encode())
        content.update(canonical(frame))
    return replace(plan, digest=content.hexdigest())
