"""Points of the buildings' technology: what can be read, what may be set, within which limits."""

from __future__ import annotations

from typing import Literal

from parkwright.model.noun import Noun, figure, identity, word

Kind = Literal["room", "air_handler", "chiller", "lighting", "shading", "water"]
Quantity = Literal["temperature_c", "co2_ppm", "humidity_share", "level_share", "flow_m3_per_h", "power_kw", "on"]


class ControlPoint(Noun):
    """A point of a building: a sensor, or a set-point that may be written within its limits."""

    id: str = identity()
    name_en: str = word("shown name, English", min_length=1, max_length=80)
    name_zh: str = word("shown name, Chinese", min_length=1, max_length=80)
    building_id: str = word("building it belongs to")
    zone_id: str = word("part of the building that it serves", pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,47}$")
    kind: Kind = word("what it belongs to")
    quantity: Quantity = word("what it tells, with its unit")
    role: Literal["sensor", "setpoint"] = word("read only, or written as well")
    low: float | None = figure("of the quantity", "below this it is out of range; empty: no bound", None)
    high: float | None = figure("of the quantity", "above this it is out of range; empty: no bound", None)
    write_low: float | None = figure("of the quantity", "lowest value that may be written; set-points only", None)
    write_high: float | None = figure("of the quantity", "highest value that may be written; set-points only", None)
    rate_per_h: float | None = figure("of the quantity/h", "largest change in an hour; set-points only", None, gt=0)
    occupied: float | None = figure("of the quantity", "value in the shifts; set-points only", None)
    unoccupied: float | None = figure("of the quantity", "value outside the shifts; set-points only", None)
    protocol: Literal["none", "bacnet", "modbus"] = word("how it is reached", "none")
    address: str = word("where: host:port/object,number (BACnet) or host:port/unit/register (Modbus)", "")
    basis: str = word('where the figures come from: "cited: ...", "derived: ..." or "assumed: ..."')

    @property
    def writable(self) -> bool:
        """Whether the point is on the whitelist: a set-point with both limits and a rate."""
        limits = (self.write_low, self.write_high, self.rate_per_h)
        return self.role == "setpoint" and None not in limits
