"""The open ground as shapes: roads, robot lanes, lamps, trees, docks and chargers."""

from __future__ import annotations

from parkwright.model.park import Park
from parkwright.show.scenery.geometry import Row, along, box, places, tidy
from parkwright.show.scenery.halls import Shapes

ROAD_M = 6.5
LANE_M = 0.7


def add_roads(shapes: Shapes, park: Park) -> None:
    """Add a road under every lane of the robots and along every row of lamps, and the lane's stripe on top."""
    at = {node.id: node.at for node in park.nodes}
    for edge in park.edges:
        ends = (at[edge.a], at[edge.b])
        shapes.add("road", along(ends, 0.0, ROAD_M, 0.09, closed=False), "")
        shapes.add("lane", along(ends, 0.3, LANE_M, 0.06, closed=False), "")
    for fleet in park.energy.lamps:
        shapes.add("road", along(fleet.line, 0.0, ROAD_M + 2, 0.08, closed=False), "")
    for node in park.nodes:
        if node.kind == "charger":
            shapes.add("charger", [box(node.at, 0.1, (9.0, 6.0, 0.25))], "robots")
        if node.kind == "dock":
            shapes.add("trailer", [box((node.at[0], node.at[1] - 1), 1.0, (2.6, 9.5, 2.9))], "")
            shapes.add("cab", [box((node.at[0], node.at[1] - 7.4), 0.6, (2.4, 2.2, 2.7))], "")


def lamps(park: Park) -> list[list[float]]:
    """Return the lamps, L rows of x, y [m] and the direction of the arm dx, dy; alternate sides of their road."""
    rows = []
    for fleet in park.energy.lamps:
        for n, ((x, y), (lx, ly)) in enumerate(places(fleet.line, fleet.count)):
            side = 1 if n % 2 else -1
            offset = side * (ROAD_M / 2 + 1.6)
            rows.append([tidy(x + lx * offset), tidy(y + ly * offset), tidy(-lx * side), tidy(-ly * side)])
    return rows


def trees(park: Park) -> list[list[float]]:
    """Return the trees, rows of x, y, height and crown [m]."""
    return [[tidy(t.x_m), tidy(t.y_m), tidy(t.height_m), tidy(t.crown_m)] for t in park.green if t.kind == "tree"]


def green_beds(park: Park) -> list[Row]:
    """Return green roofs and walls as boxes as large as their crown."""
    rows = []
    for bed in park.green:
        if bed.kind != "tree":
            rows.append(box((bed.x_m, bed.y_m), bed.height_m, (bed.crown_m, bed.crown_m, 0.4)))
    return rows
