"""Lines and plant as shapes: belts, machines with their state lights, vessels, battery and chillers."""

from __future__ import annotations

import itertools
from math import atan2, cos, degrees, hypot, radians, sin
from typing import Any

from parkwright.model.park import Park
from parkwright.model.site import WorkCenter, WorkUnit
from parkwright.show.scenery.geometry import Point, Row, box, frame_of, tidy
from parkwright.show.scenery.halls import Shapes

FLOOR_M = 0.3
MACHINE_M = {
    "printer": (4.0, 4.2, 2.9),
    "placement": (6.5, 5.0, 3.4),
    "oven": (14.0, 3.8, 2.7),
    "inspection": (3.6, 4.0, 3.6),
    "assembly": (5.0, 3.8, 2.2),
    "test": (9.0, 5.6, 4.4),
    "pack": (6.0, 4.6, 3.0),
    "station": (4.0, 3.4, 1.9),
}
"""Length, depth, height [m] as drawn, about twice the true size so that a visitor sees them from above."""


def add_line(shapes: Shapes, line: WorkCenter) -> dict[str, Any]:
    """Add a line's belt and machines; return its row for the scene: id, start, end, yaw, machines."""
    (x1, y1), (x2, y2) = line.start, line.end
    length = max(hypot(x2 - x1, y2 - y1), 0.1)
    yaw = degrees(atan2(y2 - y1, x2 - x1))
    shapes.add("belt", [box(((x1 + x2) / 2, (y1 + y2) / 2), FLOOR_M, (length, 1.5, 0.9), yaw)], line.id)
    at_m = positions(line, length)
    pitch = [b - a for a, b in zip([0.0, *at_m], [*at_m, length], strict=True)]
    for n, unit in enumerate(line.work_unit):
        room = min(pitch[n] * (2 if n == 0 else 1), pitch[n + 1] * (2 if n == len(at_m) - 1 else 1))
        long, deep, high = MACHINE_M[unit.kind]
        long = max(0.8, min(long, room * 0.8))
        at = (x1 + (x2 - x1) * at_m[n] / length, y1 + (y2 - y1) * at_m[n] / length)
        _add_machine(shapes, unit, at, (long, deep, high), yaw)
    for side in (-1, 1):
        dx, dy = -(y2 - y1) / length * 4.4 * side, (x2 - x1) / length * 4.4 * side
        shapes.add(
            "marking", [box(((x1 + x2) / 2 + dx, (y1 + y2) / 2 + dy), FLOOR_M, (length, 0.22, 0.04), yaw)], line.id
        )
    return {
        "id": line.id,
        "start": [tidy(x1), tidy(y1)],
        "end": [tidy(x2), tidy(y2)],
        "takt_s": line.takt_s,
        "units": [unit.id for unit in line.work_unit],
    }


def _add_machine(shapes: Shapes, unit: WorkUnit, at: Point, size: tuple[float, float, float], yaw: float) -> None:
    """Add a machine: base, body, window bands, the state light on top, stacks on an oven."""
    long, deep, high = size
    shapes.add("base", [box(at, FLOOR_M, (long * 1.03, deep * 1.04, 0.45), yaw)], unit.id)
    shapes.add("machine", [box(at, FLOOR_M + 0.45, (long, deep, high - 0.45), yaw)], unit.id)
    bands = 3 if unit.kind == "test" else 1
    rise = (high - 0.9) / bands
    for n in range(bands):
        z = FLOOR_M + 0.85 + n * rise
        shapes.add("visor", [box(at, z, (long * 0.86, deep * 1.02, rise * 0.55), yaw)], unit.id)
    shapes.add("andon", [box(at, FLOOR_M + high, (long * 0.78, deep * 0.62, 0.3), yaw)], unit.id)
    if unit.kind == "oven":
        for share in (-0.44, 0.44):
            stack = (at[0] + long * share * cos(radians(yaw)), at[1] + long * share * sin(radians(yaw)))
            shapes.add("stack", [box(stack, FLOOR_M + high, (0.9, 0.9, 2.6))], unit.id)


def positions(line: WorkCenter, length: float) -> list[float]:
    """Return where the work units stand along a line of `length` [m]: as given, or evenly where not given."""
    given = [unit.position_m for unit in line.work_unit]
    ordered = all(a < b for a, b in itertools.pairwise(given))
    if not ordered or given[-1] <= 0:
        return [length * (n + 0.5) / len(given) for n in range(len(given))]
    scale = min(1.0, length / given[-1])
    return [at * scale for at in given]


def add_plant(shapes: Shapes, park: Park) -> list[str]:
    """Add the energy plant inside the first utility building (else the first building); return the ids shown."""
    energy = park.energy
    house = next((b for b in park.buildings if b.kind == "utility"), None)
    if house is None:
        return []
    frame = frame_of(house.footprint)
    wanted: list[tuple[str, str, tuple[float, float, float]]] = []
    wanted += [("vessel", tank.id, (7.0, 7.0, 11.0)) for tank in energy.tank]
    wanted += [("plant-heat", boiler.id, (8.0, 4.2, 4.4)) for boiler in energy.boiler]
    wanted += [("plant-heat", pump.id, (6.0, 3.6, 3.2)) for pump in energy.heat_pump]
    wanted += [("plant-cold", chiller.id, (8.0, 4.2, 4.0)) for chiller in energy.chiller]
    wanted += [("plant-air", compressor.id, (4.4, 3.2, 3.0)) for compressor in energy.compressor]
    for battery in energy.battery:
        racks = max(1, min(6, round(battery.capacity_kwh / 500)))
        wanted += [("plant-battery", battery.id, (8.0, 2.6, 3.0))] * racks
    for (kind, thing_id, size), at in zip(wanted, _grid(frame.length, frame.depth, len(wanted)), strict=True):
        u, v = frame.u_span[0] + at[0], frame.v_span[0] + at[1]
        room = min(1.0, frame.length / 30, frame.depth / 18)
        scaled = (size[0] * room, size[1] * room, size[2] * (room if kind == "vessel" else 1))
        shapes.add(kind, [box(frame.world(u, v), FLOOR_M, scaled, frame.yaw_deg)], thing_id)
        if kind == "plant-cold":
            shapes.add("fan", _fans(frame.world(u, v), scaled), thing_id)
    return [thing_id for _, thing_id, _ in wanted]


def _fans(at: Point, size: tuple[float, float, float]) -> list[Row]:
    return [box((at[0] + dx * size[0], at[1]), FLOOR_M + size[2], (2.2, 2.2, 0.5)) for dx in (-0.25, 0.25)]


def _grid(length: float, depth: float, count: int) -> list[Point]:
    columns = max(1, round((count * length / max(depth, 1.0)) ** 0.5)) if count else 1
    rows = -(-count // columns) if count else 1
    return [(length * (n % columns + 0.5) / columns, depth * (n // columns + 0.5) / rows) for n in range(count)]
