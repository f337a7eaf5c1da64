"""The thermal figures of the park's buildings, reduced from their nodes to the one state that the day steps."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from functools import lru_cache

import numpy as np
import polars as pl

from parkwright.energy import climate, reduced
from parkwright.energy.building import Envelope
from parkwright.energy.facades import Sun
from parkwright.energy.reduced import Reduced
from parkwright.energy.rooms import Climate, body, light
from parkwright.energy.shell import zone_of
from parkwright.model.park import Park
from parkwright.model.site import Building

DAY_RAD_PER_S = 2.0 * math.pi / 86_400.0
"""One turn a day: the swing that a building's mass has to carry; ISO 13786:2017, clause 5, period of 24 h."""
EVERY_DAYS = 5
"""Every fifth day of the year stands for the year where only means are asked for."""


@dataclass(frozen=True, slots=True)
class _Asked:
    """A building in its park, known by the figures that count, so that those of like buildings are found once."""

    park: Park = field(compare=False, repr=False)
    building: Building = field(compare=False, repr=False)
    figures: tuple[str, str, int]


def of_park(park: Park) -> tuple[Envelope, ...]:
    """Return the thermal figures of the park's buildings, in their order."""
    if not park.buildings:
        return ()
    year = int(park.weather.hash_rows(seed=0).sum())
    site = park.site.model_dump_json(include={"timezone", "latitude", "longitude", "altitude_m"})
    left = {"id", "name", "basis", "kind", "lighting_w_per_m2"}
    return tuple(_of(_Asked(park, one, (one.model_dump_json(exclude=left), site, year))) for one in park.buildings)


def of_building(park: Park, building: Building) -> Envelope:
    """Return a building reduced to one state, exact at rest and at the swing of a day.

    Loss: what holds the air 1 K above an outside of one temperature. Capacity: that with which one state answers heat
    that swings over a day as the nodes do. Aperture: light that warms the air at rest, by the light on the
    horizontal, over the year; it holds the facades, the angles on the glass and what walls and roof take up. Sky: what
    the building gives to a sky that is colder than the air.

    References: ISO 52016-1:2017 for the nodes; ISO 13786:2017 for the swing.
    """
    outside = _sample(park)
    zone = zone_of(building)
    model = reduced.full(zone, outside, building.air_changes_per_h)
    gain = model.gain()
    loss = 1.0 / float(gain[2])
    capacity = math.sqrt(max(1.0 / swing(model, DAY_RAD_PER_S) ** 2 - loss**2, 0.0)) / DAY_RAD_PER_S
    whole = body(zone, outside.density_kg_per_m3)
    taken = light(zone, outside.sun).absorbed_w_per_m2 @ np.repeat(whole.area_m2, np.diff(whole.first))
    horizontal = float(outside.sun.global_w_per_m2.sum())
    aperture = float(taken.sum()) * float(gain[4] / gain[2]) / horizontal if horizontal > 0.0 else 0.0
    sky_w = float(gain[1]) * loss * float((outside.outside_c - outside.sky_c).mean())
    return Envelope(
        loss / 1e3, capacity / 3.6e6, aperture, sky_w / 1e3, building.heating_setpoint_c, building.cooling_setpoint_c
    )


def swing(model: Reduced, rad_per_s: float) -> float:
    """Return how far the air swings for heat given to it that swings by 1 W [K/W]."""
    count = model.a.shape[0]
    answer = model.c @ np.linalg.solve(1j * rad_per_s * np.eye(count) - model.a, model.b[:, 2]) + model.d[2]
    return float(abs(answer))


@lru_cache(maxsize=4096)
def _of(asked: _Asked) -> Envelope:
    return of_building(asked.park, asked.building)


def _sample(park: Park) -> Climate:
    hours = park.weather if not park.weather.is_empty() else _dark()
    year = climate.of_park(replace(park, weather=hours), 3600.0)
    rows = np.flatnonzero((np.arange(year.outside_c.size) // 24) % EVERY_DAYS == 0)
    sun = year.sun
    seen = Sun(
        sun.elevation_deg[rows], sun.azimuth_deg[rows], sun.normal_w_per_m2[rows], sun.diffuse_w_per_m2[rows],
        sun.global_w_per_m2[rows], sun.extra_w_per_m2[rows],
    )  # fmt: skip
    return Climate(
        year.outside_c[rows], year.sky_c[rows], year.wind_m_per_s[rows], year.wind_from_deg[rows], seen,
        year.density_kg_per_m3, year.step_s,
    )  # fmt: skip


def _dark() -> pl.DataFrame:
    """Return a year without weather: mild, calm and dark, as energy.weather takes it."""
    none = np.zeros(8760)
    return pl.DataFrame({
        "temperature_c": none + 15.0, "ghi_w_per_m2": none, "dni_w_per_m2": none, "dhi_w_per_m2": none,
        "wind_m_per_s": none + 3.0,
    })  # fmt: skip
