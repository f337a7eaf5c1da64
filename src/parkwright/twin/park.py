"""The simulated park behind the ports: lines, robots, buildings and energy plant of one day."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import TypeVar

import numpy as np
import polars as pl

from parkwright.energy import heat, lamp_fleet, weather
from parkwright.energy import load as loads
from parkwright.energy.dispatch import GRID
from parkwright.model.control import ControlPoint
from parkwright.model.opening import Opening
from parkwright.model.park import Park
from parkwright.model.tables import ALARMS
from parkwright.run.ports import (
    CallOff,
    Image,
    LineStop,
    Orders,
    PointValues,
    Receipts,
    Refusal,
    SetPoint,
    TransportOrder,
)
from parkwright.twin import line, sky
from parkwright.twin.binning import seconds_by_state
from parkwright.twin.floor import Floor
from parkwright.twin.kits import Kits
from parkwright.twin.layout import Reals, Release, Rows, Station, empty_log, lay_out, opening_state, release
from parkwright.twin.metering import Metering
from parkwright.twin.points import Points
from parkwright.twin.power import STEP_S, Power
from parkwright.twin.random import exponential, lognormal, normal, stream, uniform
from parkwright.twin.robots import Robots

T = TypeVar("T")

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
"""Instant 0 of the tables' times; POSIX."""
LAMPS_TELL_S = 3600
"""How often a lamp tells its charge by radio; assumed, an hour is usual where the battery feeds the radio too [s]."""


class Twin:
    """A park that is simulated for one day; implements run.ports.Plant, run.ports.Meters and run.ports.PointBus.

    What happens is a function of (park, day, seed, replication, opening) and the orders acted: a twin that is given
    the same orders at the same instants shows the same images, however often it is asked in between.
    """

    def __init__(self, park: Park, day: date, seed: int, opening: Opening, replication: int = 0) -> None:
        """Open the day: lines empty, robots at home, stores as `opening` says, rooms as the forecast leaves them."""
        start, end = park.day_bounds(day)
        self._park = park
        self._midnight = start
        self._start_ms = _epoch_ms(start)
        self._length_s = (end - start).total_seconds()
        self._now = 0.0
        self._minutes = 0
        self._shifts = [((a - start).total_seconds(), (b - start).total_seconds()) for a, b in park.shifts(day)]
        self._floor = Floor(park, day, seed, replication, self._start_ms)
        self._kits = Kits(park, seed, replication)
        self._robots = Robots(park, seed, replication)
        self._moves_told = 0
        self._sky = sky.of_day(park, day, int(self._length_s // STEP_S), seed, replication)
        rooms = loads.profile(park, day, weather.of_day(park, day)).temperature_c
        hot_water_kw = heat.hot_water_kw(park, day, park.intervals(day))
        opening_c = np.array([float(rooms[one.id][-1]) for one in park.buildings])
        self._points = Points(park, day, seed, replication)
        self._power = Power(park, self._sky, opening, hot_water_kw, opening_c, self._points)
        self._metering = Metering(park)
        self._minutes_told = 0
        self._mean_kw = np.zeros(len(self._metering.electric))
        self._signal_id = pl.Series("signal_id", self._signal_names())
        told = [name for fleet in park.energy.lamps for name in lamp_fleet.signals(fleet)]
        self._lamp_id = pl.Series("signal_id", told, dtype=pl.String)
        plant = park.energy
        self._assets = {b.id for b in plant.battery} | {p.id for p in plant.heat_pump} | {b.id for b in plant.boiler}
        self._assets |= {GRID, *(work.id for work in plant.movable)}

    def sense(self, until: datetime) -> Image:
        """Return what happened up to and including `until`; after the day's end nothing happens any more.

        Raises ValueError when `until` lies before the last image.
        """
        at = (until - self._midnight) / timedelta(seconds=1)
        if at < self._now:
            raise ValueError(f"the twin has been sensed up to {self._now} s of the day; {at} s lies before that")
        at = min(at, self._length_s)
        floor = self._floor
        while (self._minutes + 1) * STEP_S <= at:
            self._energy_step(floor.advance((self._minutes + 1) * STEP_S))
        if at > self._minutes * STEP_S or at == self._now:
            floor.advance(at)
        self._now = at
        if at == self._length_s:
            floor.close()
        tables = floor.tables()
        arrived = self._kits.arrived(at)
        if arrived:
            tables["kits"] = floor.names.kits(arrived)
        if self._moves_told < len(self._robots.moves):
            tables["moves"] = floor.names.moves(self._robots.moves[self._moves_told :])
            self._moves_told = len(self._robots.moves)
        samples = [floor.names.samples(self._signal_id, self._signal_values(), at)]
        if at % LAMPS_TELL_S == 0.0 and at > 0.0 and self._lamp_id.len():
            row = int(at // self._park.site.metering_interval_s) - 1
            samples.append(floor.names.samples(self._lamp_id, self._sky.lamps.charge_wh[:, row].round(1), at))
        tables["samples"] = pl.concat(samples)
        return Image(until, tables)

    def act(self, orders: Orders) -> Receipts:
        """Take orders as of the last image; each is accepted or refused with its reason."""
        answers = [
            *self._each(orders.call_offs, self._call_off),
            *self._each(
                orders.releases, lambda job: self._floor.release(job, self._kits.missing(job.job_id, self._now))
            ),
            *self._each(orders.stops, self._stop),
            *self._each(orders.set_points, self._set),
            *self._each(orders.transports, self._give),
        ]
        refused = tuple(answer for answer in answers if answer is not None)
        return Receipts(len(answers) - len(refused), refused)

    def readings(self, until: datetime) -> pl.DataFrame:
        """Return the READINGS of intervals that have been simulated, end by `until` and were not returned before."""
        return self._metering.take(_epoch_ms(until))

    def acknowledge(self) -> None:
        """Nothing to forget: the twin keeps no reading that it has returned."""

    def alarms(self) -> pl.DataFrame:
        """Return no ALARMS: the twin's own meters never fail."""
        return ALARMS.empty()

    def read(self, points: Sequence[ControlPoint]) -> PointValues:
        """Return what points of the buildings tell as of the last image."""
        return self._points.read(points, self._midnight + timedelta(seconds=self._now))

    def write(self, point: ControlPoint, value: float) -> None:
        """Take a set-point of the buildings; raises DeviceError for a sensor."""
        self._points.write(point, value)

    def release(self, point: ControlPoint, value: float) -> None:
        """Let a set-point of the buildings follow its schedule again, whatever that wants now."""
        self._points.release(point)

    def _energy_step(self, log: Rows) -> None:
        start = self._minutes * STEP_S
        end = start + STEP_S
        state_s = seconds_by_state(log, self._floor.state, start, end)
        works = any(first <= start < last for first, last in self._shifts)
        crane_moves = self._robots.passing(self._park.warehouse.node_id, start, end) if self._park.warehouse else 0
        fleet_kw = self._robots.power_kw(start, end)
        self._power.step(self._minutes, state_s, works, fleet_kw, crane_moves, self._metering)
        self._minutes += 1
        step_s = self._park.site.metering_interval_s
        if end % step_s == 0.0:
            until_ms = self._start_ms + int(end * 1000.0)
            self._metering.close(until_ms - step_s * 1000, until_ms)

    def _each(self, orders: Iterable[T], take: Callable[[T], Refusal | None]) -> list[Refusal | None]:
        return [take(order) for order in orders]

    def _call_off(self, call_off: CallOff) -> Refusal | None:
        if call_off.product_id not in self._park.product:
            return Refusal(call_off.job_id, f"product {call_off.product_id} does not exist")
        ready = (call_off.ready - self._midnight) / timedelta(seconds=1)
        if self._kits.call_off(call_off.job_id, call_off.product_id, ready, self._now):
            return None
        return Refusal(call_off.job_id, "its kit was called off before")

    def _stop(self, stop: LineStop) -> Refusal | None:
        return self._floor.stop(stop, (stop.until - self._midnight) / timedelta(seconds=1))

    def _set(self, point: SetPoint) -> Refusal | None:
        if point.asset_id not in self._assets:
            return Refusal(point.asset_id, "it takes no set-point: its power follows from the others")
        self._power.set_kw[point.asset_id] = point.power_kw
        return None

    def _give(self, order: TransportOrder) -> Refusal | None:
        return self._robots.give(order, self._now)

    def _signal_names(self) -> list[str]:
        park = self._park
        return [
            *(f"{unit_id}/state" for unit_id in self._floor.names.station_id),
            *(f"{line.id}/units_out" for line in park.work_centers),
            *(f"{meter_id}/power_kw" for meter_id in self._metering.electric),
            *(f"{battery.id}/soc_kwh" for battery in park.energy.battery),
            *(f"{tank.id}/stored_kwh" for tank in park.energy.tank),
            *(f"{building.id}/temperature_c" for building in park.buildings),
            "weather/temperature_c",
            *(f"weather/{name}_w_per_m2" for name in ("ghi", "dni", "dhi")),
            "lamps/lit",
        ]

    def _signal_values(self) -> Reals:
        counted = self._minutes - self._minutes_told
        if counted:
            self._mean_kw = self._metering.mean_kw(counted * STEP_S)
            self._minutes_told = self._minutes
        state, power = self._floor.state, self._power
        interval = max(self._minutes - 1, 0) * 60 // self._park.site.metering_interval_s
        stores = [*power.soc_kwh.values(), *power.tank_kwh.values()]
        sky = self._sky
        radiation = [one[interval] for one in (sky.ghi_w_per_m2, sky.dni_w_per_m2, sky.dhi_w_per_m2)]
        outside = [sky.outside_c[interval], *radiation, sky.lamps.lit_share[interval]]
        return np.concatenate(
            [state.station["code"], state.line["good"], self._mean_kw, stores, power.temperature_c, outside]
        )


def warm() -> None:
    """Compile the twin's kernels, or read them from the cache."""
    layout = lay_out([[Station("warm", 1.0, 0.1, mtbf_s=1e9, mttr_s=1.0)]], [[(0.0, 1.0)]], [False], [[]], 0)
    state = release(layout, opening_state(layout), Release(0, 0, 1, 0.0, 1.0, 0.0))
    seen = line.advance(layout, state, empty_log(layout), 1.0)
    seconds_by_state(seen.state, state, 0.0, 1.0)
    key = stream(0, 0, "warm", "warm")
    for draw in (uniform(key[0], key[1], 0), exponential(key[0], key[1], 0, 1.0), normal(key[0], key[1], 0)):
        lognormal(key[0], key[1], 0, draw, 0.1)


def _epoch_ms(instant: datetime) -> int:
    return (instant - EPOCH) // timedelta(milliseconds=1)
