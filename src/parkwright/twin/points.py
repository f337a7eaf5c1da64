"""The building technology of the simulated park: what its points tell, and what a set-point changes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime

import numpy as np
import polars as pl

from parkwright.energy.building import Envelopes, area_m2
from parkwright.energy.points import OUTSIDE_PPM, scheduled, set_for
from parkwright.model.control import ControlPoint
from parkwright.model.errors import DeviceError
from parkwright.model.park import Park
from parkwright.run.ports import PointValues
from parkwright.twin.layout import Reals
from parkwright.twin.random import Stream, normal, stream

STANDING_SD_C = 0.4
"""Standard deviation of a zone's temperature about its building's, standing for place and draught [K]; assumed."""
NOISE: Mapping[str, float] = {"temperature_c": 0.05, "co2_ppm": 8.0, "humidity_share": 0.004}
"""Standard deviation of a sensor's noise, in its quantity; assumed, within usual classes of sensors."""
PULL_K_PER_H = 1.0
"""How quickly a plant moves its rooms after a changed set-point [K/h]; assumed."""
SHADED_SHARE = 0.5
"""Part of the light that warms a building which closed shading keeps out; assumed, as walls take up the rest."""
PERSON_M2 = 20.0
"""Floor of a person at work [m2]; assumed."""
PERSON_M3_PER_H = 0.02
"""Carbon dioxide given off by a person at sedentary work [m3/h]; EN 16798-1:2019, annex B (20 l/h)."""
HUMIDITY = (0.35, 0.6)
"""Relative humidity that the air handlers hold; assumed, electronics ask for no drier air."""
FLOW_CHANGES_PER_H = 1.0
"""Supply air of the air handlers in room volumes [1/h]; assumed."""
AIR_WH_PER_M3K = 0.34
"""Heat capacity of air [Wh/m3K]; ISO 52016-1:2017 (1.2 kg/m3 by 1,006 J/kgK)."""
SUPPLY_C = (12.0, 38.0)
"""Coldest and warmest supply air [degC]; assumed, draught below and stratification above."""
CHILLED_OVER_SET_K = 0.4
"""Chilled water above its set-point [K]; assumed, the band of a chiller's control."""


class Points:
    """What the points of the simulated park tell, minute by minute; implements run.ports.PointBus with `at` told."""

    def __init__(self, park: Park, day: date, seed: int, replication: int) -> None:
        """Begin a day with no set-point changed."""
        self._park, self._humidity = park, _humidity_of(park, day)
        self._row = {one.id: row for row, one in enumerate(park.buildings)}
        self._volume_m3 = [area_m2(one.footprint) * one.height_m for one in park.buildings]
        self._key = {one.id: stream(seed, replication, "point", f"{one.id}/{day.isoformat()}") for one in park.points}
        self._standing = {
            one.id: STANDING_SD_C * _drawn(stream(seed, replication, "zone", f"{one.building_id}/{one.zone_id}"), 0)
            for one in park.points
        }
        self._set = dict[str, float]()
        count = len(park.buildings)
        self._shift_k = np.zeros((2, count))
        self._co2 = np.full(count, OUTSIDE_PPM)
        self._heat_kw = np.zeros(count)
        self._temperature_c = np.full(count, np.nan)
        self._m3_per_h: Mapping[str, float] = {}
        self._outside_c = self._outside_humidity = float("nan")
        self._minute = 0
        self._tells: dict[tuple[str, str], Callable[[ControlPoint, int], float]] = {
            ("room", "temperature_c"): lambda point, row: float(self._temperature_c[row]) + self._standing[point.id],
            ("room", "co2_ppm"): lambda _, row: float(self._co2[row]),
            ("room", "humidity_share"): lambda _, row: self._inside_humidity(row),
            ("air_handler", "temperature_c"): lambda _, row: self._supply_c(row),
            ("chiller", "temperature_c"): lambda point, _: self._chilled_c(point),
            ("water", "flow_m3_per_h"): lambda point, _: self._m3_per_h.get(point.building_id, 0.0),
        }

    def shells(self, plain: Envelopes) -> Envelopes:
        """Return the thermal figures of the buildings with what people set: set-points moved, shading closed.

        The day's forecast holds rooms at the set-points of the folder all day, so the schedule's set-back moves
        nothing; what a person sets, against the value in the shifts, does, at PULL_K_PER_H.
        """
        if not self._set and not self._shift_k.any():
            return plain
        wanted = np.array([[self._moved_k(one.id, kind) for one in self._park.buildings] for kind in ("heat", "cold")])
        most = PULL_K_PER_H / 60.0
        self._shift_k += np.clip(wanted - self._shift_k, -most, most)
        shade = np.array([self._level(one.id, "shading") for one in self._park.buildings])
        return replace(
            plain,
            heating_setpoint_c=plain.heating_setpoint_c + self._shift_k[0],
            cooling_setpoint_c=plain.cooling_setpoint_c + self._shift_k[1],
            aperture_m2=plain.aperture_m2 * (1.0 - SHADED_SHARE * shade),
        )

    def light(self) -> Reals:
        """Return what people left of the light by building (B,), relative to what the schedule wants."""
        if not self._set:
            return np.ones(len(self._park.buildings))
        return np.array([self._light(one.id) for one in self._park.buildings])

    def note_rooms(self, temperature_c: Reals, heat_kw: Reals, outside_c: float, works: bool) -> None:
        """Take a minute's rooms (B,) [degC] and the heat given to them (B,) [kW], cold below zero; move the air on."""
        self._temperature_c, self._heat_kw, self._outside_c = temperature_c, heat_kw, outside_c
        hours = len(self._humidity)
        self._outside_humidity = float(self._humidity[min(self._minute // 60, hours - 1)]) if hours else float("nan")
        for row, one in enumerate(self._park.buildings):
            people = one.floor_area_m2 / PERSON_M2 if works and one.kind in ("production", "office") else 0.0
            fresh = max(one.air_changes_per_h, 0.05)
            settled = OUTSIDE_PPM + 1e6 * people * PERSON_M3_PER_H / (fresh * self._volume_m3[row])
            self._co2[row] = settled + (self._co2[row] - settled) * np.exp(-fresh / 60.0)
        self._minute += 1

    def note_water(self, m3_per_h: Mapping[str, float]) -> None:
        """Take a minute's flow of fresh water by building [m3/h]."""
        self._m3_per_h = m3_per_h

    def read(self, points: Sequence[ControlPoint], at: datetime) -> PointValues:
        """Return the present values; a point that the simulated park knows nothing of is silent."""
        shifts = self._park.shifts(at.astimezone(self._park.zone).date())
        values: dict[str, float] = {}
        silent: dict[str, str] = {}
        for point in points:
            found = self._value(point, at, shifts)
            if found is None or not np.isfinite(found):
                silent[point.id] = "the simulated park knows nothing of it"
            else:
                values[point.id] = found
        return PointValues(values, silent)

    def write(self, point: ControlPoint, value: float) -> None:
        """Take a set-point; raises DeviceError for a sensor."""
        if point.role != "setpoint":
            raise DeviceError(f"point {point.id}: is a sensor; write a set-point")
        self._set[point.id] = value

    def release(self, point: ControlPoint) -> None:
        """Let a set-point follow its schedule again."""
        self._set.pop(point.id, None)

    def _value(self, point: ControlPoint, at: datetime, shifts: Sequence[tuple[datetime, datetime]]) -> float | None:
        if point.role == "setpoint":
            return self._set.get(point.id, scheduled(point, at, shifts))
        tell = self._tells.get((point.kind, point.quantity))
        row = self._row.get(point.building_id)
        if tell is None or row is None:
            return None
        spread = NOISE.get(point.quantity, 0.0)
        return tell(point, row) + (spread * _drawn(self._key[point.id], self._minute) if spread else 0.0)

    def _moved_k(self, building_id: str, kind: str) -> float:
        """Return how far people moved a building's set-point of heat or cold, over all its zones [K]."""
        mine = [one for one in self._park.points if one.building_id == building_id and set_for(one) == kind]
        moved = [self._set[one.id] - (one.occupied or 0.0) for one in mine if one.id in self._set]
        return sum(moved) / len(mine) if mine else 0.0

    def _level(self, building_id: str, kind: str) -> float:
        """Return the mean level that people set at a kind of point of a building; 0 where nobody did."""
        mine = [one for one in self._park.points if one.building_id == building_id and one.kind == kind]
        return float(np.mean([self._set.get(one.id, one.occupied or 0.0) for one in mine])) if mine else 0.0

    def _light(self, building_id: str) -> float:
        full = [
            one.occupied
            for one in self._park.points
            if one.building_id == building_id and one.kind == "lighting" and one.role == "setpoint" and one.occupied
        ]
        return self._level(building_id, "lighting") / float(np.mean(full)) if full else 1.0

    def _inside_humidity(self, row: int) -> float:
        outside = self._outside_humidity * _saturation_hpa(self._outside_c)
        inside = outside / _saturation_hpa(float(self._temperature_c[row]))
        return float(np.clip(inside, *HUMIDITY))

    def _supply_c(self, row: int) -> float:
        flow = AIR_WH_PER_M3K * FLOW_CHANGES_PER_H * self._volume_m3[row] / 1000.0
        return float(np.clip(self._temperature_c[row] + self._heat_kw[row] / flow, *SUPPLY_C))

    def _chilled_c(self, point: ControlPoint) -> float:
        wanted = [
            self._set.get(one.id, one.occupied)
            for one in self._park.points
            if one.building_id == point.building_id and one.kind == "chiller" and one.role == "setpoint"
        ]
        known = [value for value in wanted if value is not None]
        return known[0] + CHILLED_OVER_SET_K if known else float("nan")


def _humidity_of(park: Park, day: date) -> Reals:
    """Return the relative humidity outside by hour of a day of the typical year (24,); none where it has no weather."""
    last = 28 if day.month == 2 else day.day
    hours = park.weather.filter(pl.col("month") == day.month, pl.col("day") == min(day.day, last)).sort("hour")
    found: Reals = hours["humidity_share"].to_numpy()
    return found


def _drawn(key: Stream, n: int) -> float:
    return float(normal(key[0], key[1], n))


def _saturation_hpa(temperature_c: float) -> float:
    """Return the pressure of saturated vapour over water [hPa]; Magnus form of Sonntag (1990)."""
    return float(6.112 * np.exp(17.62 * temperature_c / (243.12 + temperature_c)))
