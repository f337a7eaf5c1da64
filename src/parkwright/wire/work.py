"""What joint planning saves on a day: the answer of command, endpoint and page."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, timedelta

import numpy as np
import polars as pl
from numpy.typing import NDArray

from parkwright.energy import dispatch, movable, tariff
from parkwright.model.opening import Opening, Unfinished
from parkwright.model.park import Park
from parkwright.model.plant import Movable
from parkwright.plan import month
from parkwright.plan import work as day_work
from parkwright.plan.work import Way, Work
from parkwright.show.answers.ahead import MovedWork, WayCost, WorkPlan, WorkWindow

Reals = NDArray[np.float64]

SIX_HOURS_S = 21_600
"""A quarter of a day [s], the grid of the hours under a chart."""


def of_day(park: Park, day: date, schedule: pl.DataFrame | None, opening: Opening) -> WorkPlan:
    """Return what joint planning saves on a day; schedule: SCHEDULE, None takes the lines at their usual pace."""
    found = day_work.plan(park, day, schedule, None, opening, month.of_day(park, day, opening))
    return answer(park, day, found)


def unfinished_at(
    park: Park, read: Callable[[str, str], pl.DataFrame], first: date | None, day: date
) -> dict[str, Unfinished]:
    """Return what the day before left to be done of its movable work, as its plan says; read: rows by kind and ISO day.

    first: the day on which the park went live, None before; days up to it stand alone and are left nothing.
    """
    if first is None or day <= first:
        return {}
    before = day - timedelta(days=1)
    return movable.unfinished(park, before, movable.taken(read("dispatch", before.isoformat()), park))


def answer(park: Park, day: date, found: Work) -> WorkPlan:
    """Return a day's planned work as people read it."""
    starts = _shown(park, day)
    priced = tariff.prices(park, starts)
    ways = {"unshifted": found.unshifted, "shifted": found.shifted, "joint": found.joint}
    step_h = park.site.metering_interval_s / 3600.0
    return WorkPlan(
        state="ready", detail="", day=day.isoformat(), start=starts.to_list(), interval_s=park.site.metering_interval_s,
        band=priced["band"].to_list(), price_cny_per_kwh=_told(priced["price_cny_per_kwh"].to_numpy(), 4),
        works=_works(park, day, ways, starts.len()),
        ways=[_cost(name, one, found.unshifted, step_h) for name, one in ways.items()],
        gap=found.gap, left_cny=max(found.joint.weighed_cny - found.bound_cny, 0.0),
    )  # fmt: skip


def _shown(park: Park, day: date) -> pl.Series:
    """Return the intervals of a day, and those after it, a quarter of a day at a time, until its windows are over."""
    after = day + timedelta(days=1)
    end = max((end for _, _, end in movable.after_midnight(park, after)), default=0)
    quarter = SIX_HOURS_S // park.site.metering_interval_s
    return pl.concat([park.intervals(day), park.intervals(after).head(-(-end // quarter) * quarter)])


def empty(park: Park, day: date) -> WorkPlan:
    """Return the answer while there is none."""
    return WorkPlan(
        state="working", detail="", day=day.isoformat(), start=[], interval_s=park.site.metering_interval_s, band=[],
        price_cny_per_kwh=[], works=[], ways=[], gap=None, left_cny=None,
    )  # fmt: skip


def _works(park: Park, day: date, ways: Mapping[str, Way], count: int) -> list[MovedWork]:
    step_h = park.site.metering_interval_s / 3600.0
    found = []
    for one in park.energy.movable:
        powers = {name: way.work_kw[one.id] for name, way in ways.items() if one.id in way.work_kw}
        if not powers:
            continue
        windows = _windows(park, day, one, powers["joint"])
        moved = movable.moved_kwh({one.id: powers["joint"]}, {one.id: powers["unshifted"]}, step_h)
        found.append(
            MovedWork(
                work_id=one.id, name_en=one.name.en, name_zh=one.name.zh, meter_id=one.meter_id,
                energy_kwh=sum(each.energy_kwh for each in windows), windows=windows,
                interruptible=one.interruptible, moved_kwh=round(moved, 6),
                **{f"{name}_kw": _told(power[:count]) for name, power in powers.items()},
            )
        )  # fmt: skip
    return found


def _windows(park: Park, day: date, work: Movable, kw: Reals) -> list[WorkWindow]:
    """Return what is left of yesterday's window of a work, and today's; kw: its power from midnight on (T,)."""
    midnight, step = park.midnight(day), timedelta(seconds=park.site.metering_interval_s)
    found = []
    for one, _, end in movable.after_midnight(park, day):
        left_kwh = float(kw[:end].sum()) * step.total_seconds() / 3600.0
        if one.id == work.id and left_kwh > 0.0:
            until = midnight + end * step
            found.append(WorkWindow(earliest=midnight, latest=until, energy_kwh=round(left_kwh, 6), of_yesterday=True))
    if work in movable.of_day(park, day):
        first, end = movable.window(park, day, work)
        begin, until = midnight + first * step, midnight + end * step
        found.append(WorkWindow(earliest=begin, latest=until, energy_kwh=work.energy_kwh, of_yesterday=False))
    return found


def _cost(name: str, way: Way, unshifted: Way, step_h: float) -> WayCost:
    table = way.dispatched.dispatch
    bought = table.filter(pl.col("asset_id") == dispatch.GRID)["power_kw"].to_numpy()
    return WayCost(
        key=name,
        cost_cny=way.cost_cny,
        co2e_kg=way.co2e_kg,
        peak_kw=float(np.maximum(bought, 0.0).max(initial=0.0)),
        saved_cny=unshifted.cost_cny - way.cost_cny,
        saved_kg=unshifted.co2e_kg - way.co2e_kg,
        moved_kwh=movable.moved_kwh(way.work_kw, unshifted.work_kw, step_h),
    )


def _told(values: Reals, digits: int = 3) -> list[float]:
    return [float(value) for value in np.round(values, digits) + 0.0]
