"""The pilot of the energy plant: at each metering interval it plans anew from what the image shows, and sets points."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

import numpy as np
import polars as pl

from parkwright.energy import demand
from parkwright.energy.dispatch import GRID
from parkwright.model.opening import Opening
from parkwright.model.park import Park
from parkwright.plan.day import DayPlan
from parkwright.plan.expected import of_schedule
from parkwright.plan.intraday import Doubt, Intraday, Seen
from parkwright.run.levels import level_signals, within
from parkwright.run.ports import Image, SetPoint


class Pilot:
    """What the energy plant was asked so far on one day; replaying the same images asks the same."""

    def __init__(self, park: Park, plan: DayPlan, opening: Opening, doubt: Doubt | None = None) -> None:
        """Start the day with nothing asked; opening: what the month has reached; doubt: what a forecast leaves open."""
        self._park, self._plan, self._opening = park, plan, opening
        self._intraday = Intraday(park, plan, doubt)
        self._start = park.day_bounds(plan.day)[0]
        self._starts = park.intervals(plan.day)
        self._step = timedelta(seconds=park.site.metering_interval_s)
        self._planned = _by_start(plan.dispatch)
        self._stores, self._weights = level_signals(park), _weights(park)
        self._asked = -1
        self._at = self._start
        self._kws = dict.fromkeys(self._weights, 0.0)
        self._measured_s = 0.0
        self._import_kw: list[float] = []

    def set_points(self, image: Image) -> tuple[SetPoint, ...]:
        """Return what is asked from the image on: new points with the first image of each interval, else none.

        A plant that does not say by a number what its stores hold is asked what the day's plan says. Where demand is
        charged, the import to hold to goes with the points, as the set-point of the grid connection.
        """
        samples = dict(_samples(image))
        self._note(image.at, samples)
        step = int((image.at - self._start) / self._step)
        if step <= self._asked or step >= self._starts.len():
            return ()
        seen = self._seen(samples)
        self._asked = step
        if seen is None:
            return self._planned.get(self._starts[step], ())
        asked = self._intraday.ask(step, seen)
        points = [SetPoint(asset_id, round(kw, 9) + 0.0) for asset_id, kw in asked.power_kw.items()]
        if asked.import_kw is not None:
            points.append(SetPoint(GRID, asked.import_kw))
        return tuple(points)

    def at_midnight(self) -> tuple[SetPoint, ...]:
        """Return what is asked as the day begins, before its first image: what the day's plan says."""
        return self._planned.get(self._starts[0], ())

    def follow(self, schedule: pl.DataFrame) -> None:
        """Plan the plant from the next interval on for the load of another schedule (SCHEDULE) of the day."""
        work_kw = self._plan.work.joint.today_kw
        self._intraday.expect(of_schedule(self._park, self._plan.day, schedule, self._plan.signal, work_kw))

    def _note(self, at: datetime, samples: Mapping[str, float]) -> None:
        """Add the mean powers since the last image to those of the interval."""
        passed_s = (at - self._at).total_seconds()
        self._at = at
        if passed_s <= 0.0 or not self._kws.keys() <= samples.keys():
            return
        for name in self._kws:
            self._kws[name] += samples[name] * passed_s
        self._measured_s += passed_s

    def _seen(self, samples: Mapping[str, float]) -> Seen | None:
        """Return what is known as an interval begins; None where some store is not."""
        means = {name: kws / self._measured_s for name, kws in self._kws.items()} if self._measured_s else {}
        self._kws, self._measured_s = dict.fromkeys(self._kws, 0.0), 0.0
        if means and self._asked >= 0:
            self._import_kw.append(sum(kw * self._weights[name][2] for name, kw in means.items()))
        levels = within(self._park, samples)
        if not levels or len(levels) < len(self._stores):
            return None
        load, sun = (
            sum(kw * self._weights[name][part] for name, kw in means.items()) if means else None for part in (0, 1)
        )
        return Seen(levels, self._reached(), load, sun)

    def _reached(self) -> dict[str, float]:
        """Return the month's highest import so far, with this day's whole windows."""
        reached = dict(self._opening.reached_kw)
        charge, month = demand.charge_of(self._park, self._plan.day), demand.month_of(self._plan.day)
        if charge is not None and self._import_kw:
            count = len(self._import_kw)
            told = demand.added(
                self._park, charge, self._starts[:count], np.array(self._import_kw), reached.get(month, 0.0)
            )
            reached[month] = told.month_kw
        return reached


def _samples(image: Image) -> list[tuple[str, float]]:
    samples = image.tables.get("samples")
    return [] if samples is None else list(samples.select("signal_id", "value").iter_rows())


def _weights(park: Park) -> dict[str, tuple[float, float, float]]:
    """Return how each power signal counts in the load as plans count it, in the sun and in the import.

    The load is what the busbar gives the site, losses included, without batteries and what heat pumps take.
    """
    load = {"import": 1.0, "generation": 1.0, "discharge": 1.0, "export": -1.0, "charge": -1.0}
    pumps = {one.id for one in park.energy.heat_pump}
    found = {}
    for meter in park.meters:
        if meter.commodity != "electricity":
            continue
        if meter.role in load:
            parts = load[meter.role], float(meter.role == "generation"), float(meter.role == "import")
            found[f"{meter.id}/power_kw"] = parts
        elif meter.purpose == "heat" and meter.serves in pumps:
            found[f"{meter.id}/power_kw"] = (-(1.0 + park.energy.grid.loss_share), 0.0, 0.0)
    return found


def _by_start(dispatch: pl.DataFrame) -> dict[datetime, tuple[SetPoint, ...]]:
    """Return the planned set-points of each interval by its start; the grid follows from the others."""
    found: dict[datetime, list[SetPoint]] = {}
    rows = dispatch.filter(pl.col("asset_id") != GRID)
    for start, asset_id, power_kw in rows.select("start", "asset_id", "power_kw").iter_rows():
        found.setdefault(start, []).append(SetPoint(asset_id, power_kw))
    return {start: tuple(points) for start, points in found.items()}
