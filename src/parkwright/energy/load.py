"""What the park's load meters will read: machines by state, buildings, air, cold, and the constant rest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

import numpy as np
import polars as pl
from numpy.typing import NDArray

from parkwright.energy import air, building, cold, envelope, movable
from parkwright.model.park import Park
from parkwright.model.plant import Meter
from parkwright.model.site import WorkUnit
from parkwright.model.tables import LOAD, conform

Reals = NDArray[np.float64]

RUN = ("setup_start", "start", "end")
"""What tells one run of a line from another in a SCHEDULE: lots that share an oven share its times."""
BUSY_SHARE = 0.8
"""Share of the shifts in which lines run where no schedule is known; assumed, the lines are sized for 75-85 %."""
LIGHT_OFF_SHARE = 0.1
"""Share of the light that stays on outside the shifts (escape routes); assumed."""
FAN_SHARE = 0.08
"""Electric power of fans and pumps relative to the heat and cold they move; assumed."""
SPLIT_COP = 3.0
"""Heat or cold from electricity where a park has no chiller, boiler or heat pump (split units); assumed."""


@dataclass(frozen=True, slots=True)
class Profile:
    """The expected power of a day by thing; arrays (T,) [kW].

    own_kw: electricity meter id -> what it measures beside its children. total_kw: meter id -> its reading.
    heating_kw and cooling_kw: heat and cold of all buildings. temperature_c: building id -> rooms (T,) [degC].
    """

    own_kw: Mapping[str, Reals]
    total_kw: Mapping[str, Reals]
    heating_kw: Reals
    cooling_kw: Reals
    temperature_c: Mapping[str, Reals]


def forecast(
    park: Park,
    day: date,
    weather: pl.DataFrame,
    schedule: pl.DataFrame | None = None,
    work_kw: Mapping[str, Reals] | None = None,
) -> pl.DataFrame:
    """Return the LOAD of every electricity load meter of `day`, children included (M x T rows).

    weather: as of energy.weather. schedule: SCHEDULE of the day; None takes lines that run BUSY_SHARE of their shifts.
    Heat pumps count with their constant draw only: what they take is dispatched, not forecast. work_kw: power of
    movable work by its id (T,) [kW]; None spreads each over its window.
    """
    starts = park.intervals(day)
    total = profile(park, day, weather, schedule, work_kw).total_kw
    if not total:
        return LOAD.empty()
    frames = [
        pl.DataFrame({"start": starts, "meter_id": [meter_id] * starts.len(), "power_kw": total[meter_id]})
        for meter_id in sorted(total)
    ]
    return conform(pl.concat(frames), LOAD)


def site_kw(park: Park, load: pl.DataFrame, starts: pl.Series) -> Reals:
    """Return what the site draws for its load meters, losses included (T,) [kW]: the meters at the busbar.

    load: LOAD with the park's load meters; meters that it lacks count as 0.
    """
    top = [meter.id for meter in load_meters(park) if _parent(park, meter) == ""]
    sums = load.filter(pl.col("meter_id").is_in(top)).group_by("start").agg(pl.col("power_kw").sum())
    joined = pl.DataFrame({"start": starts}).join(sums, on="start", how="left", maintain_order="left")
    power: Reals = joined["power_kw"].fill_null(0.0).to_numpy().astype(np.float64)
    return power * (1.0 + park.energy.grid.loss_share)


def profile(
    park: Park,
    day: date,
    weather: pl.DataFrame,
    schedule: pl.DataFrame | None = None,
    work_kw: Mapping[str, Reals] | None = None,
) -> Profile:
    """Return the expected power of every load meter of `day`, with the heat and cold of the buildings."""
    starts = park.intervals(day)
    on, machines, activity = _machines(park, day, starts, schedule)
    rooms = _rooms(park, weather, on, machines)
    meters = load_meters(park)
    metered = {meter.serves for meter in meters if meter.purpose == "machine"}
    power = _things(park, on, machines, activity, rooms, metered)
    own = {
        meter.id: meter.base_kw + power.get((meter.purpose, meter.serves), np.zeros(starts.len())) for meter in meters
    }
    work = movable.by_meter(park, movable.spread_kw(park, day) if work_kw is None else work_kw)
    own |= {meter_id: own[meter_id] + kw for meter_id, kw in work.items()}
    heating = sum((room[1] for room in rooms.values()), np.zeros(starts.len()))
    cooling = sum((room[2] for room in rooms.values()), np.zeros(starts.len()))
    return Profile(own, roll_up(park, own), heating, cooling, {key: room[0] for key, room in rooms.items()})


def load_meters(park: Park) -> list[Meter]:
    """Return the electricity meters of the load tree."""
    return [meter for meter in park.meters if meter.commodity == "electricity" and meter.role == "load"]


def roll_up(park: Park, own_kw: Mapping[str, Reals]) -> dict[str, Reals]:
    """Return each load meter's own power with that of all meters below it (T,) [kW]."""
    total = {meter_id: power.copy() for meter_id, power in own_kw.items()}
    for meter in load_meters(park):
        above = _parent(park, meter)
        while above:
            total[above] = total[above] + own_kw[meter.id]
            above = _parent(park, park.meter[above])
    return total


def _parent(park: Park, meter: Meter) -> str:
    above = park.meter.get(meter.parent_id)
    return above.id if above is not None and above.role == "load" and above.commodity == "electricity" else ""


def overlap_share(starts: pl.Series, step_s: float, spans: Sequence[tuple[datetime, datetime]]) -> Reals:
    """Return the share of each interval [start, start + step_s) that the spans cover (T,); spans may not overlap."""
    edges = np.append(_ms(starts), _ms(starts)[-1:] + step_s * 1000.0)
    if not spans or starts.len() == 0:
        return np.zeros(starts.len())
    bounds = np.array([(low.timestamp() * 1000.0, high.timestamp() * 1000.0) for low, high in spans])
    before = np.clip(edges[:, None] - bounds[None, :, 0], 0.0, bounds[:, 1] - bounds[:, 0]).sum(axis=1)
    share: Reals = np.diff(before) / (step_s * 1000.0)
    return share


def _ms(starts: pl.Series) -> Reals:
    return starts.dt.epoch("ms").to_numpy().astype(np.float64)


def lines_kw(park: Park, day: date, schedule: pl.DataFrame | None = None) -> Reals:
    """Return what the machines of all lines draw on `day` together (T,) [kW]; schedule: as of `forecast`."""
    starts = park.intervals(day)
    _, machines, _ = _machines(park, day, starts, schedule)
    return sum(machines.values(), np.zeros(starts.len()))


def busy_share(unit: WorkUnit, takt_s: float) -> float:
    """Return the share of a running line's time in which the unit works; 1 where it has many places."""
    return 1.0 if unit.places > 1 else min(unit.cycle_s / takt_s, 1.0)


def _machines(
    park: Park, day: date, starts: pl.Series, schedule: pl.DataFrame | None
) -> tuple[Reals, dict[str, Reals], Reals]:
    """Return shift share of the site (T,), power by work unit (T,) [kW], and activity: share of run power used (T,)."""
    step_s = float(park.site.metering_interval_s)
    shift = overlap_share(starts, step_s, park.shifts(day))
    power: dict[str, Reals] = {}
    used, installed = np.zeros(starts.len()), 0.0
    for line in park.work_centers:
        hours = overlap_share(starts, step_s, park.line_shifts(day, line.id))
        run, setup = hours * BUSY_SHARE, np.zeros(starts.len())
        if schedule is not None:
            rows = schedule.filter(pl.col("work_center_id") == line.id).unique(RUN, maintain_order=True)
            run = overlap_share(starts, step_s, rows.select("start", "end").rows())
            setup = overlap_share(starts, step_s, rows.select("setup_start", "start").rows())
        on = np.clip(np.maximum(hours, run + setup), 0.0, 1.0)
        for unit in line.work_unit:
            works = np.minimum(run, 1.0) * busy_share(unit, line.takt_s)
            power[unit.id] = unit.off_kw * (1.0 - on) + unit.idle_kw * (on - works) + unit.run_kw * works
            used += unit.run_kw * works
            installed += unit.run_kw
    return shift, power, used / installed if installed > 0.0 else used


def _rooms(
    park: Park, weather: pl.DataFrame, on: Reals, machines: Mapping[str, Reals]
) -> dict[str, tuple[Reals, Reals, Reals]]:
    """Return temperature, heating and cooling (T,) by building; the day is run twice, so that it starts settled."""
    inside = _inside(park, on, machines)
    outside, sun_w = weather["temperature_c"].to_list(), weather["ghi_w_per_m2"].to_list()
    rooms = {}
    for one, shell in zip(park.buildings, envelope.of_park(park), strict=True):
        use = inside[one.id].tolist()
        level = one.heating_setpoint_c
        found = np.zeros((3, len(use)))
        for row in (*range(len(use)), *range(len(use))):
            level, heat, chill = building.step(
                level, outside[row], sun_w[row], use[row], shell, park.site.metering_interval_s
            )
            found[:, row] = level, heat, chill
        rooms[one.id] = (found[0], found[1], found[2])
    return rooms


def inside_kw(park: Park, day: date, schedule: pl.DataFrame | None = None) -> dict[str, Reals]:
    """Return the heat that light and machines give to the rooms of `day` by building (T,) [kW]."""
    on, machines, _ = _machines(park, day, park.intervals(day), schedule)
    return _inside(park, on, machines)


def _inside(park: Park, on: Reals, machines: Mapping[str, Reals]) -> dict[str, Reals]:
    inside = {one.id: light_kw(one.floor_area_m2 * one.lighting_w_per_m2 / 1000.0, on) for one in park.buildings}
    for line in park.work_centers:
        for unit in line.work_unit:
            inside[line.building_id] = inside[line.building_id] + machines[unit.id]
    return inside


def light_kw(full_kw: float, on: Reals) -> Reals:
    """Return the light of a building (T,) [kW]: full in the shifts, LIGHT_OFF_SHARE outside them; on: share (T,)."""
    return full_kw * (LIGHT_OFF_SHARE + (1.0 - LIGHT_OFF_SHARE) * on)


def hvac_kw(park: Park, heating_kw: Reals | float, cooling_kw: Reals | float) -> Reals:
    """Return the electric power of a building's air handling (T,) [kW] for its heat and cold (T,) [kW].

    Fans and pumps; and split units where the park has no plant that makes the heat or the cold.
    """
    heating, cooling = np.asarray(heating_kw, dtype=np.float64), np.asarray(cooling_kw, dtype=np.float64)
    power = FAN_SHARE * (heating + cooling)
    if not park.energy.chiller:
        power = power + cooling / SPLIT_COP
    if not (park.energy.boiler or park.energy.heat_pump):
        power = power + heating / SPLIT_COP
    return power


def _things(
    park: Park,
    on: Reals,
    machines: Mapping[str, Reals],
    activity: Reals,
    rooms: Mapping[str, tuple[Reals, Reals, Reals]],
    metered: set[str],
) -> dict[tuple[str, str], Reals]:
    """Return the power behind a meter by its purpose and the thing it serves (T,) [kW]."""
    power = {("machine", unit_id): kw for unit_id, kw in machines.items()}
    for line in park.work_centers:
        unmetered = [machines[unit.id] for unit in line.work_unit if unit.id not in metered]
        power[("line", line.id)] = sum(unmetered, np.zeros_like(on))
    for one in park.buildings:
        _, heating, cooling = rooms[one.id]
        power[("hvac", one.id)] = hvac_kw(park, heating, cooling)
        power[("lighting", one.id)] = light_kw(one.floor_area_m2 * one.lighting_w_per_m2 / 1000.0, on)
    compressors = air.compressors_kw(park.energy.compressor, activity)
    power |= {("air", one.id): compressors[row] for row, one in enumerate(park.energy.compressor)}
    chillers = cold.chillers_kw(park.energy.chiller, sum((room[2] for room in rooms.values()), np.zeros_like(on)))
    power |= {("cold", one.id): chillers[row] for row, one in enumerate(park.energy.chiller)}
    if park.fleet:
        driving = park.fleet.idle_kw + (park.fleet.drive_kw - park.fleet.idle_kw) * activity
        power[("logistics", "fleet")] = park.fleet.count * driving
    if park.warehouse:
        power[("logistics", park.warehouse.building_id)] = np.full_like(on, park.warehouse.base_kw)
    return power
