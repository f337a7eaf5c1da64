"""Power from the state log: machines by state, rooms, air, cold, heat, battery and sun, minute by minute."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from parkwright.energy import air, building, cold, envelope, recovery
from parkwright.energy import load as loads
from parkwright.energy.dispatch import GRID
from parkwright.energy.follow import guarded_kw
from parkwright.model.opening import Opening
from parkwright.model.park import Park
from parkwright.model.plant import Battery, Meter
from parkwright.twin.heat import HeatFlows, HeatPlant
from parkwright.twin.layout import OFF, RUN, Reals
from parkwright.twin.metering import MWH_PER_KWH, Metering
from parkwright.twin.points import Points
from parkwright.twin.sky import Sky

MOVABLE = "movable"
"""Purpose of the power of movable work, between thing and meter."""
STEP_S = 60.0
"""Length of an energy step [s]."""
STEP_H = STEP_S / 3600.0
LATENT_KWH_PER_L = 2430.0 / 3600.0
"""Heat taken up by evaporating a litre of water [kWh/l]; 2,430 kJ/kg at 30 degC (IAPWS-IF97)."""
WATER_L_PER_M2_DAY = 1.0
"""Fresh water by floor area [l/m2/day] in a working day: washing, sanitary, cleaning; assumed."""


class Power:
    """The energy side of the park: moved on by a minute, it tells the meters what flowed."""

    def __init__(
        self, park: Park, sky: Sky, opening: Opening, hot_water_kw: Reals, temperature_c: Reals, points: Points
    ) -> None:
        """Begin with the opening's stores. hot_water_kw: (T,) [kW]. temperature_c: rooms (B,) [degC].

        points: the building technology, which is told what the rooms do and says what people changed.
        """
        self._park, self._sky, self._hot_water_kw, self._points = park, sky, hot_water_kw, points
        units = [unit for line in park.work_centers for unit in line.work_unit]
        self._unit_ids = [unit.id for unit in units]
        self._kw = np.array([[u.off_kw, u.idle_kw, u.run_kw] for u in units]).reshape(-1, 3)
        self._ovens = [row for row, unit in enumerate(units) if unit.kind == "oven"]
        self._installed_kw = float(self._kw[:, 2].sum())
        row = {one.id: row for row, one in enumerate(park.buildings)}
        self._unit_building = np.array(
            [row[line.building_id] for line in park.work_centers for _ in line.work_unit], int
        )
        self._light_kw = np.array([b.floor_area_m2 * b.lighting_w_per_m2 / 1000.0 for b in park.buildings])
        self._shells = building.stack(envelope.of_park(park))
        self.temperature_c = temperature_c.copy()
        self._heat = HeatPlant(park.energy, opening.stored_kwh)
        self.soc_kwh = {
            b.id: min(max(opening.stored_kwh.get(b.id, b.capacity_kwh * b.opening_share), 0.0), b.capacity_kwh)
            for b in park.energy.battery
        }
        self.set_kw: dict[str, float] = {}
        self.sources = Sources(park)

    @property
    def tank_kwh(self) -> dict[str, float]:
        """Stored heat by tank id [kWh]."""
        return dict(zip((tank.id for tank in self._park.energy.tank), self._heat.stored_kwh, strict=True))

    def step(
        self, minute: int, state_s: Reals, works: bool, fleet_kw: float, crane_moves: int, metering: Metering
    ) -> None:
        """Move on by one minute.

        minute: number of the minute in the day. state_s: seconds by station and state code (S, 7). works: whether
        it is working time. fleet_kw: power of the robots [kW]. crane_moves: loads stored and retrieved.
        """
        interval = minute * 60 // self._park.site.metering_interval_s
        machine_kw = (
            state_s[:, OFF] * self._kw[:, 0]
            + state_s[:, RUN] * self._kw[:, 2]
            + (STEP_S - state_s[:, OFF] - state_s[:, RUN]) * self._kw[:, 1]
        ) / STEP_S
        activity = 0.0
        if self._installed_kw > 0.0:
            activity = float(state_s[:, RUN] @ self._kw[:, 2]) / STEP_S / self._installed_kw
        power = dict(zip((("machine", unit_id) for unit_id in self._unit_ids), machine_kw.tolist(), strict=True))
        heating_kw, cooling_kw = self._rooms(interval, machine_kw, state_s, works, power)
        waste = self._air_and_cold(activity, cooling_kw, power)
        demand_kw = 0.0
        if self._park.energy.boiler or self._park.energy.heat_pump:
            demand_kw = float(self._hot_water_kw[interval]) + heating_kw
        flows = self._heat_flows(demand_kw, waste, machine_kw)
        for pump, kw in zip(self._park.energy.heat_pump, flows.pump_kw, strict=True):
            power["heat", pump.id] = kw
        for work in self._park.energy.movable:
            power[MOVABLE, work.id] = min(max(self.set_kw.get(work.id, 0.0), 0.0), work.power_kw * work.units)
        power["logistics", "fleet"] = fleet_kw
        if self._park.warehouse:
            crane_kw = self._park.warehouse.crane_kwh_per_move * crane_moves / STEP_H
            power["logistics", self._park.warehouse.building_id] = self._park.warehouse.base_kw + crane_kw
        self._meter(minute, power, flows, metering, self._litres(works, float(waste["chillers"][0])))

    def _rooms(
        self, interval: int, machine_kw: Reals, state_s: Reals, works: bool, power: dict[tuple[str, str], float]
    ) -> tuple[float, float]:
        buildings = self._park.buildings
        if not buildings:
            return 0.0, 0.0
        inside = np.bincount(self._unit_building, weights=machine_kw, minlength=len(buildings))
        on = np.bincount(self._unit_building, weights=STEP_S - state_s[:, OFF], minlength=len(buildings)) > 0.0
        light = np.asarray(loads.light_kw(1.0, (on | works).astype(float))) * self._light_kw * self._points.light()
        sky = self._sky
        self.temperature_c, heating, cooling = building.step_all(
            self.temperature_c, float(sky.outside_c[interval]), float(sky.ghi_w_per_m2[interval]),
            inside + light, self._points.shells(self._shells), STEP_S,
        )  # fmt: skip
        outside_c = float(sky.outside_c[interval])
        self._points.note_rooms(self.temperature_c, heating - cooling, outside_c, works)
        hvac = loads.hvac_kw(self._park, heating, cooling)
        for row, one in enumerate(buildings):
            power["hvac", one.id] = float(hvac[row])
            power["lighting", one.id] = float(light[row])
        return float(heating.sum()), float(cooling.sum())

    def _air_and_cold(
        self, activity: float, cooling_kw: float, power: dict[tuple[str, str], float]
    ) -> dict[str, Reals]:
        # Returns the waste heat of compressors and of the chillers' condensers (1,) [kW].
        plant = self._park.energy
        waste = {"compressors": np.zeros(1), "chillers": np.zeros(1)}
        if plant.compressor:
            drawn = air.compressors_kw(plant.compressor, activity)
            waste["compressors"] = air.waste_heat_kw(plant.compressor, drawn)
            for one, kw in zip(plant.compressor, drawn[:, 0].tolist(), strict=True):
                power["air", one.id] = kw
        if plant.chiller:
            drawn = cold.chillers_kw(plant.chiller, cooling_kw)
            waste["chillers"] = cold.rejected_heat_kw(plant.chiller, drawn)
            for machine, kw in zip(plant.chiller, drawn[:, 0].tolist(), strict=True):
                power["cold", machine.id] = kw
        return waste

    def _heat_flows(self, demand_kw: float, waste: dict[str, Reals], machine_kw: Reals) -> HeatFlows:
        """Return what the heat plant does for a demand [kW]; machine_kw: power of the machines (S,) [kW]."""
        liftable_kw = float(recovery.liftable_kw(waste)[0])
        exchangers = self._park.energy.exchanger
        if not exchangers:
            return self._heat.step(demand_kw, liftable_kw, self.set_kw, STEP_H)
        waste["ovens"] = recovery.exhaust_kw(machine_kw[self._ovens, None])
        direct_kw = recovery.most_kw(exchangers, waste, np.array([demand_kw]))[0]
        return self._heat.step(demand_kw, liftable_kw, self.set_kw, STEP_H, direct_kw.tolist())

    def _litres(self, works: bool, rejected_kw: float) -> dict[str, float]:
        share = (1.0 if works else 0.1) * STEP_H / 24.0
        found = {("building", one.id): WATER_L_PER_M2_DAY * one.floor_area_m2 * share for one in self._park.buildings}
        utility = next((one.id for one in self._park.buildings if one.kind == "utility"), "")
        if ("building", utility) in found:
            found["building", utility] += rejected_kw * STEP_H / LATENT_KWH_PER_L
        self._points.note_water({building_id: litres / STEP_H / 1000.0 for (_, building_id), litres in found.items()})
        return {meter_id: found.get(("building", serves), 0.0) for meter_id, serves in self.sources.water.items()}

    def _meter(
        self,
        minute: int,
        power: dict[tuple[str, str], float],
        flows: HeatFlows,
        metering: Metering,
        litres: Mapping[str, float],
    ) -> None:
        own, unmetered_kw = self.sources.own_kw(power)
        energy = {meter_id: _mwh(kw) for meter_id, kw in own.items()}
        used = metering.top_mwh(energy) + _mwh(unmetered_kw)
        net = used + round(used * self._park.energy.grid.loss_share)
        sun = [_mwh(kw) for kw in self._sky.solar_kw[:, minute].tolist()]
        for battery in self._park.energy.battery:
            charged = self._battery(battery, (net - sum(sun)) / MWH_PER_KWH / STEP_H)
            net += charged
            self.sources.put(energy, "charge", battery.id, max(charged, 0))
            self.sources.put(energy, "discharge", battery.id, max(-charged, 0))
        too_much = sum(sun) - net - _mwh(self._park.energy.grid.export_limit_kw)
        for row, field in enumerate(self._park.energy.solar):
            cut = min(max(too_much, 0), sun[row])
            too_much -= cut
            net -= sun[row] - cut
            self.sources.put(energy, "generation", field.id, sun[row] - cut)
        self.sources.put(energy, "import", "", max(net, 0))
        self.sources.put(energy, "export", "", max(-net, 0))
        self._heat_meters(energy, flows)
        metering.count(energy, litres)

    def _heat_meters(self, energy: dict[str, int], flows: HeatFlows) -> None:
        plant = self._park.energy
        for exchanger, kw in zip(plant.exchanger, flows.exchanged_kw, strict=True):
            self.sources.put(energy, "heat", exchanger.id, _mwh(kw))
        for pump, kw in zip(plant.heat_pump, flows.pump_heat_kw, strict=True):
            self.sources.put(energy, "heat", pump.id, _mwh(kw))
        for tank, kw in zip(plant.tank, flows.tank_heat_kw, strict=True):
            self.sources.put(energy, "heat", tank.id, _mwh(max(kw, 0.0)))
        for boiler, kw in zip(plant.boiler, flows.boiler_heat_kw, strict=True):
            self.sources.put(energy, "heat", boiler.id, _mwh(kw))
            self.sources.put(energy, "gas", boiler.id, _mwh(kw / boiler.efficiency))

    def _battery(self, battery: Battery, other_kw: float) -> int:
        # Charge by the set-point, or as the guard of the import needs it, inside the limits of power and content.
        # Returns AC energy into the battery [mWh]. other_kw: import without the battery [kW].
        held_kw = self.set_kw.get(GRID, float("inf"))
        wanted = guarded_kw(self.set_kw.get(battery.id, 0.0), other_kw, held_kw, held_kw)
        asked = min(max(wanted, -battery.power_kw), battery.power_kw) * STEP_H
        soc = self.soc_kwh[battery.id]
        if asked >= 0.0:
            taken = int(min(asked, (battery.capacity_kwh - soc) / battery.charge_efficiency) * MWH_PER_KWH)
            soc += taken / MWH_PER_KWH * battery.charge_efficiency
        else:
            taken = -int(min(-asked, soc * battery.discharge_efficiency) * MWH_PER_KWH)
            soc += taken / MWH_PER_KWH / battery.discharge_efficiency
        self.soc_kwh[battery.id] = min(max(soc, 0.0), battery.capacity_kwh)
        return taken


class Sources:
    """Which meter stands before which thing; what has no meter is counted by the next one upstream that it has."""

    def __init__(self, park: Park) -> None:
        """Read the meter tree."""
        loaded = loads.load_meters(park)
        self._base_kw = {meter.id: meter.base_kw for meter in loaded}
        self._meter_of: dict[tuple[str, str], str] = {}
        for meter in loaded:
            self._meter_of.setdefault((meter.purpose, meter.serves), meter.id)
        for line in park.work_centers:
            upstream = self._meter_of.get(("line", line.id)) or self._meter_of.get(("building", line.building_id), "")
            for unit in line.work_unit:
                self._meter_of.setdefault(("machine", unit.id), upstream)
        for one in park.buildings:
            for purpose in ("hvac", "lighting"):
                self._meter_of.setdefault((purpose, one.id), self._meter_of.get(("building", one.id), ""))
        self.water = {meter.id: meter.serves for meter in park.meters if meter.commodity == "water"}
        self._meter_of |= {(MOVABLE, work.id): work.meter_id for work in park.energy.movable}
        self._asset = {_asset_key(meter): meter.id for meter in reversed(park.meters) if meter.id not in self._base_kw}

    def own_kw(self, power: Mapping[tuple[str, str], float]) -> tuple[dict[str, float], float]:
        """Return what each load meter measures beside its children, and what no meter measures [kW].

        power: (purpose, thing) -> power [kW].
        """
        own = self._base_kw.copy()
        unmetered = 0.0
        for thing, kw in power.items():
            meter_id = self._meter_of.get(thing, "")
            if meter_id:
                own[meter_id] += kw
            else:
                unmetered += kw
        return own, unmetered

    def put(self, energy: dict[str, int], role: str, thing: str, mwh: int) -> None:
        """Note energy [mWh] at the meter, if any, of a role (import, export, ..., discharge) or of heat or gas."""
        meter_id = self._asset.get((role, thing))
        if meter_id is not None:
            energy[meter_id] = mwh


def _asset_key(meter: Meter) -> tuple[str, str]:
    if meter.commodity != "electricity":
        return meter.commodity, meter.serves
    return meter.role, "" if meter.role in ("import", "export") else meter.serves


def _mwh(power_kw: float) -> int:
    return round(power_kw * STEP_H * MWH_PER_KWH)
