"""The tour: camera stops that tell a visitor in a minute what the park is and does."""

from __future__ import annotations

from math import cos, hypot, radians, sin
from typing import Any

from parkwright.model.park import Park
from parkwright.show.scenery.geometry import frame_of, tidy

Stop = dict[str, Any]


def tour(park: Park) -> list[Stop]:
    """Return the camera stops: id of the caption, target and place of the camera [m], roofs open or closed, seconds."""
    width, depth = park.site.width_m, park.site.depth_m
    middle = _middle(park)
    span = max(width, depth * 1.4)
    stops = [_stop("overview", (*middle, 0), span * 1.58, -72, 45, roofs="open", seconds=11)]
    if park.energy.solar:
        roof = next((b for b in park.buildings if b.id == park.energy.solar[0].building_id), park.buildings[0])
        stops.append(_stop("solar", (*frame_of(roof.footprint).centre, roof.height_m), 215, -58, 38, roofs="closed"))
    for line in park.work_centers[:3]:
        x, y = (line.start[0] + line.end[0]) / 2, (line.start[1] + line.end[1]) / 2
        length = hypot(line.end[0] - line.start[0], line.end[1] - line.start[1])
        stops.append(_stop("line", (x, y, 2), max(60.0, length * 0.95), -82, 47, focus=line.id))
    if park.warehouse is not None:
        store = next(b for b in park.buildings if b.id == park.warehouse.building_id)
        at = frame_of(store.footprint)
        reach = 2.2 * max(at.length, at.depth)
        stops.append(_stop("warehouse", (*at.centre, store.height_m * 0.35), reach, -62, 36, focus=store.id))
    if park.fleet is not None and park.nodes:
        x = sum(node.at[0] for node in park.nodes) / len(park.nodes)
        y = sum(node.at[1] for node in park.nodes) / len(park.nodes)
        stops.append(_stop("robots", (x, y, 0), 300, -95, 54))
    house = next((b for b in park.buildings if b.kind == "utility"), None)
    if house is not None and park.energy.battery:
        stops.append(_stop("energy", (*frame_of(house.footprint).centre, 2), 115, -70, 42, focus=house.id))
    stops.append(_stop("passport", (*middle, 0), span * 1.3, -108, 27, seconds=11))
    return stops


def _middle(park: Park) -> tuple[float, float]:
    points = [point for building in park.buildings for point in building.footprint]
    if not points:
        return park.site.width_m / 2, park.site.depth_m / 2
    x, y = zip(*points, strict=True)
    return (min(x) + max(x)) / 2, (min(y) + max(y)) / 2


def _stop(
    caption: str,
    target: tuple[float, float, float],
    distance_m: float,
    bearing_deg: float,
    elevation_deg: float,
    roofs: str = "open",
    focus: str = "",
    seconds: float = 9,
) -> Stop:
    """Return a stop whose camera stands `distance_m` from its target, at a bearing from east and an elevation."""
    flat = distance_m * cos(radians(elevation_deg))
    eye = (
        target[0] + flat * cos(radians(bearing_deg)),
        target[1] + flat * sin(radians(bearing_deg)),
        target[2] + distance_m * sin(radians(elevation_deg)),
    )
    return {
        "caption": caption,
        "target": [tidy(value) for value in target],
        "eye": [tidy(value) for value in eye],
        "roofs": roofs,
        "focus": focus,
        "seconds": seconds,
    }
