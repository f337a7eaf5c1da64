"""The meters of a park as carbon reads them: roles, the tree of load meters, and the work units that each covers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import polars as pl

from parkwright.carbon.entries import stamp
from parkwright.model.errors import LedgerError
from parkwright.model.park import Park
from parkwright.model.plant import Meter
from parkwright.model.tables import TIME

BOOKED = ("electricity", "gas")
"""Commodities whose energy is booked; heat is made from them, and water is no energy."""
COVERAGE_SCHEMA: dict[str, pl.DataType | type[pl.DataType]] = {
    "meter_id": pl.String,
    "line_id": pl.String,
    "work_unit_id": pl.String,
    "places": pl.Int64,
    "run_milliwatt": pl.Int64,
    "idle_milliwatt": pl.Int64,
}


def of_role(park: Park, role: str) -> list[Meter]:
    """Return the electricity meters of a role, by id."""
    found = (meter for meter in park.meters if meter.commodity == "electricity" and meter.role == role)
    return sorted(found, key=lambda meter: meter.id)


def tree(park: Park, commodity: str) -> dict[str, list[Meter]]:
    """Return the children, by id, of each load meter of a commodity; those of "" stand at the busbar.

    Every gas meter counts as a load meter, whatever its role.
    """
    loads = [m for m in park.meters if m.commodity == commodity and (m.role == "load" or commodity == "gas")]
    children: dict[str, list[Meter]] = {"": []}
    children.update((meter.id, []) for meter in loads)
    for meter in sorted(loads, key=lambda meter: meter.id):
        children[meter.parent_id if meter.parent_id in children else ""].append(meter)
    return children


def milliwatt_per_place(power_kw: float, places: int) -> int:
    """Return the power [mW] of one of a work unit's places; at least 1 where the power is above 0."""
    return max(round(power_kw * 1_000_000 / places), int(power_kw > 0))


def coverage(park: Park) -> pl.DataFrame:
    """Return the work units behind each electricity meter that is shared by ticks x power.

    A machine meter covers the work unit it serves; a line meter covers the work units of its line that have no
    machine meter. The machine of a line with room counts as one place, whose time the units in it share (see
    occupancy). Returns COVERAGE_SCHEMA, sorted by meter and work unit.

    Raises LedgerError when a machine meter serves no work unit, or a line meter no line.
    """
    loads = of_role(park, "load")
    metered = {meter.serves for meter in loads if meter.purpose == "machine"}
    rows = []
    for meter in loads:
        if meter.purpose == "machine":
            if meter.serves not in park.work_unit:
                raise LedgerError(f"meter {meter.id}: serves {meter.serves!r}, no work unit; correct meters.csv")
            covered = [park.work_unit[meter.serves]]
        elif meter.purpose == "line":
            if meter.serves not in park.work_center:
                raise LedgerError(f"meter {meter.id}: serves {meter.serves!r}, no line; correct meters.csv")
            covered = [unit for unit in park.work_center[meter.serves].work_unit if unit.id not in metered]
        else:
            continue
        for unit in sorted(covered, key=lambda unit: unit.id):
            line_id = park.line_of[unit.id]
            places = 1 if park.work_center[line_id].room else unit.places
            power = (milliwatt_per_place(unit.run_kw, places), milliwatt_per_place(unit.idle_kw, places))
            rows.append((meter.id, line_id, unit.id, places, *power))
    return pl.DataFrame(rows, schema=COVERAGE_SCHEMA, orient="row")


def energies(park: Park, start: datetime, readings: pl.DataFrame) -> Mapping[str, int]:
    """Return the energy [mWh] of every electricity and gas meter in the interval that starts at `start`.

    readings: READINGS; rows of other intervals are ignored.

    Raises LedgerError when a meter has no reading, an unknown one, two, or one without a quantity: missing is not
    zero, so the caller estimates it first and says so in its quality.
    """
    rows = readings.filter(pl.col("start") == pl.lit(start).cast(TIME)).select("meter_id", "energy_mwh_int")
    found: dict[str, int] = {}
    booked = {meter.id for meter in park.meters if meter.commodity in BOOKED}
    for meter_id, energy in rows.iter_rows():
        if meter_id not in park.meter:
            raise LedgerError(f"meter {meter_id}: not in park {park.site.park_id}; add it to meters.csv")
        if meter_id in found:
            raise LedgerError(f"meter {meter_id}: two readings for {stamp(start)}; give one")
        if meter_id in booked:
            if energy is None:
                raise LedgerError(f"meter {meter_id}: no energy for {stamp(start)}; estimate it and mark its quality")
            found[meter_id] = energy
    silent = sorted(booked - found.keys())
    if silent:
        raise LedgerError(f"meters {silent}: no reading for {stamp(start)}; estimate them and mark their quality")
    return found


@dataclass(frozen=True, slots=True)
class Own:
    """What a load meter measured that none of its children did: energy [mWh], negative where they measured more."""

    meter: Meter
    reading_mwh_int: int
    own_mwh_int: int


def owns(park: Park, commodity: str, energy: Mapping[str, int]) -> list[Own]:
    """Return the own consumption of each load meter of a commodity, by meter id."""
    children = tree(park, commodity)
    found = []
    for meter_id in sorted(children):
        if meter_id:
            below = sum(energy[child.id] for child in children[meter_id])
            found.append(Own(park.meter[meter_id], energy[meter_id], energy[meter_id] - below))
    return found
