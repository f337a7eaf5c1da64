"""Buildings as shapes: glazed halls that open above their lines, roofs with solar rows, rack rows, floor plates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import cos
from typing import Any

from parkwright.model.plant import SolarField
from parkwright.model.site import Building, Warehouse, WorkCenter
from parkwright.show.scenery.geometry import Frame, Point, Row, along, band, box, frame_of, holds, spread, tidy

OPEN_HALF_WIDTH_M = 7.0
OPEN_TO_SOUTH_M = 11.0
"""The section cut above a line: half its width, and how much further it opens to the south, where the camera stands."""
TABLE_M = (11.6, 2.1)
"""A table of solar modules as drawn: length and depth [m]."""
ROW_PITCH_M = 2.75
MODULE_KW_PER_M2 = 0.21
"""Peak power of a module area as drawn; a present module has 0.20-0.23 kW/m2."""
PLINTH_M = 1.4
BEAM_M = 0.9


@dataclass
class Shapes:
    """What is collected: boxes by kind with the id of what each shows, and prisms by kind."""

    boxes: dict[str, list[Row]] = field(default_factory=dict)
    ids: dict[str, list[str]] = field(default_factory=dict)
    prisms: list[dict[str, Any]] = field(default_factory=list)
    racks: list[dict[str, float]] = field(default_factory=list)

    def add(self, kind: str, rows: Sequence[Row], thing_id: str) -> None:
        """Add boxes of `kind` that show `thing_id`."""
        self.boxes.setdefault(kind, []).extend(rows)
        self.ids.setdefault(kind, []).extend([thing_id] * len(rows))

    def prism(self, kind: str, points: Sequence[Point], z: float, height: float, thing_id: str) -> None:
        """Add an upright prism of `kind` over a polygon, from z up by `height` [m]."""
        if len(points) >= 3:
            flat = [[tidy(x), tidy(y)] for x, y in points]
            self.prisms.append({"kind": kind, "points": flat, "z": tidy(z), "h": tidy(height), "id": thing_id})


def add_building(
    shapes: Shapes,
    building: Building,
    lines: Sequence[WorkCenter],
    solar: Sequence[SolarField],
    warehouse: Warehouse | None,
) -> None:
    """Add a building with what stands in it and on it.

    lines, solar: those of the park; only the building's own are used.
    """
    frame = frame_of(building.footprint)
    shapes.prism("apron", _apron(frame), -0.05, 0.16, "")
    shapes.prism("floor", building.footprint, 0.05, 0.25, building.id)
    if building.kind == "office":
        _add_plates(shapes, building)
    else:
        _add_walls(shapes, building)
    if warehouse is not None and warehouse.building_id == building.id:
        shapes.racks.append(_racks(frame, building))
    cuts = _cuts(building, frame, lines, warehouse)
    strips = _strips(frame, cuts)
    for v, is_open in strips:
        kind = "hatch" if is_open else "roof"
        shapes.prism(kind, band(building.footprint, frame, v), building.height_m, 0.5, building.id)
    own = [solar_field for solar_field in solar if solar_field.building_id == building.id]
    _add_solar(shapes, building, frame, strips, own)


def _cuts(
    building: Building, frame: Frame, lines: Sequence[WorkCenter], warehouse: Warehouse | None
) -> list[tuple[float, float]]:
    """Return the spans of v over which the roof opens: above lines, or half of a store or a plant house."""
    found = []
    for line in lines:
        if line.building_id == building.id:
            v = [frame.local(point)[1] for point in (line.start, line.end)]
            north = cos(frame.angle)
            low = OPEN_HALF_WIDTH_M + OPEN_TO_SOUTH_M * max(0.0, north)
            high = OPEN_HALF_WIDTH_M + OPEN_TO_SOUTH_M * max(0.0, -north)
            found.append((min(v) - low, max(v) + high))
    if not found and building.kind not in {"office", "production"}:
        share = 0.72 if warehouse is not None and warehouse.building_id == building.id else 1.0
        found.append((frame.v_span[0], frame.v_span[0] + share * frame.depth))
    return found


def _strips(frame: Frame, cuts: Sequence[tuple[float, float]]) -> list[tuple[tuple[float, float], bool]]:
    """Return the roof as strips of v in order, each with whether it opens."""
    low, high = frame.v_span
    strips: list[tuple[tuple[float, float], bool]] = []
    at = low
    for a, b in sorted(cuts):
        start, end = max(at, a), min(high, b)
        if end <= start:
            continue
        if start > at:
            strips.append(((at, start), False))
        strips.append(((start, end), True))
        at = end
    if at < high:
        strips.append(((at, high), False))
    return strips


def _add_walls(shapes: Shapes, building: Building) -> None:
    points, top = building.footprint, building.height_m
    shapes.add("plinth", along(points, 0.0, 0.5, PLINTH_M), building.id)
    shapes.add("glass", along(points, PLINTH_M, 0.16, top - PLINTH_M - BEAM_M), building.id)
    shapes.add("beam", along(points, top - BEAM_M, 0.7, BEAM_M + 0.5), building.id)
    ring = spread([*points, points[0]], 11.0)
    shapes.add("column", [box(at, 0.0, (0.5, 0.5, top - BEAM_M)) for at in ring], building.id)


def _add_plates(shapes: Shapes, building: Building) -> None:
    storeys = max(1, round(building.height_m / 3.8))
    height = building.height_m / storeys
    for n in range(1, storeys):
        shapes.prism("plate", building.footprint, n * height - 0.3, 0.5, building.id)
    shapes.add("plinth", along(building.footprint, 0.0, 0.4, 0.6), building.id)
    shapes.add("window", along(building.footprint, 0.6, 0.2, building.height_m - 0.6), building.id)
    inner = frame_of(building.footprint)
    core = (inner.length * 0.86, inner.depth * 0.8, building.height_m - 0.4)
    shapes.add("core", [box(inner.centre, 0.2, core, inner.yaw_deg)], building.id)


def _racks(frame: Frame, building: Building) -> dict[str, float]:
    x, y = frame.centre
    return {
        "x": tidy(x), "y": tidy(y), "yaw": tidy(frame.yaw_deg), "length": tidy(frame.length - 8),
        "depth": tidy(frame.depth - 7), "rows": max(1, int((frame.depth - 7) // 4.4)),
        "bays": max(1, int((frame.length - 8) // 3.2)), "levels": max(1, int((building.height_m - 3) // 2.2)),
    }  # fmt: skip


def _add_solar(
    shapes: Shapes,
    building: Building,
    frame: Frame,
    strips: Sequence[tuple[tuple[float, float], bool]],
    fields: Sequence[SolarField],
) -> None:
    """Add tables of modules for the fields' peak power, row by row, as far as the roof reaches."""
    spots = _tables(building, frame, strips)
    start = 0
    for solar_field in fields:
        wanted = max(1, round(solar_field.peak_kw / (MODULE_KW_PER_M2 * TABLE_M[0] * TABLE_M[1])))
        taken = spots[start : start + wanted]
        start += wanted
        for at, is_open in taken:
            row = box(at, building.height_m + 0.75, (*TABLE_M, 0.12), frame.yaw_deg)
            shapes.add("pv-hatch" if is_open else "pv", [row], solar_field.id)


def _tables(
    building: Building, frame: Frame, strips: Sequence[tuple[tuple[float, float], bool]]
) -> list[tuple[Point, bool]]:
    found: list[tuple[Point, bool]] = []
    margin_u, half_u, half_v = 2.2, TABLE_M[0] / 2, TABLE_M[1] / 2
    per_row = int((frame.length - 2 * margin_u) // (TABLE_M[0] + 0.5))
    gap = (frame.length - 2 * margin_u - per_row * TABLE_M[0]) / max(1, per_row)
    for (v0, v1), is_open in strips:
        edge0 = 2.0 if v0 == frame.v_span[0] else 0.2
        edge1 = 2.0 if v1 == frame.v_span[1] else 0.2
        rows = int((v1 - v0 - edge0 - edge1 + ROW_PITCH_M - TABLE_M[1]) // ROW_PITCH_M)
        for r in range(rows):
            v = v0 + edge0 + half_v + r * ROW_PITCH_M
            for k in range(per_row):
                u = frame.u_span[0] + margin_u + half_u + k * (TABLE_M[0] + gap)
                corners = [frame.world(u + du, v + dv) for du in (-half_u, half_u) for dv in (-half_v, half_v)]
                if all(holds(building.footprint, corner) for corner in corners):
                    found.append((frame.world(u, v), is_open))
    return found


def _apron(frame: Frame) -> list[Point]:
    """Return the paved ground around a building: its rectangle and a margin."""
    (u0, u1), (v0, v1) = frame.u_span, frame.v_span
    return [frame.world(u, v) for u, v in ((u0 - 5, v0 - 5), (u1 + 5, v0 - 5), (u1 + 5, v1 + 5), (u0 - 5, v1 + 5))]
