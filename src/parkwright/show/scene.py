"""A park folder becomes a scene: shapes, names, labels and a tour as JSON, so that another folder is another park.

The contract (metres, x east, y north, z up):

- `boxes`: kind -> {rows: [[x, y, z, length, depth, height, yaw_deg], ...], ids: [id of what it shows, ...]}; one
  instanced mesh a kind;
- `prisms`: [{kind, points: [[x, y], ...], z, h, id}]; one merged mesh a kind;
- `racks`, `lamps`, `trees`: rows that the view multiplies itself; `lines`: start, end and machines of each line;
- `robots`: ids and home; `labels`, `things` (what a click tells), `tour` (camera stops) and `words` (EN, 中文).
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain
from typing import Any

from parkwright.model.noun import Text
from parkwright.model.park import Park
from parkwright.model.plant import Boiler, Chiller, Compressor, HeatPump
from parkwright.model.site import Building
from parkwright.move.fleet import robot_ids
from parkwright.show.scenery.geometry import frame_of, tidy
from parkwright.show.scenery.grounds import add_roads, green_beds, lamps, trees
from parkwright.show.scenery.halls import Shapes, add_building
from parkwright.show.scenery.lines import add_line, add_plant
from parkwright.show.scenery.tour import tour

Scene = dict[str, Any]
Thing = dict[str, Any]


def make_scene(park: Park) -> Scene:
    """Return the scene of a park as plain Python values, ready for JSON.

    park: any park; a park without lines, robots, roads or trees gives a scene without them.
    """
    shapes = Shapes()
    for building in park.buildings:
        add_building(shapes, building, park.work_centers, park.energy.solar, park.warehouse)
    lines = [add_line(shapes, line) for line in park.work_centers]
    add_plant(shapes, park)
    add_roads(shapes, park)
    shapes.add("green", green_beds(park), "")
    site = park.site
    return {
        "park": {
            "id": site.park_id,
            "name": names(site.name),
            "timezone": site.timezone,
            "latitude": site.latitude,
            "longitude": site.longitude,
            "digest": park.digest,
        },
        "extent": [tidy(site.width_m), tidy(site.depth_m)],
        "boxes": {kind: {"rows": rows, "ids": shapes.ids[kind]} for kind, rows in shapes.boxes.items() if rows},
        "prisms": shapes.prisms,
        "racks": shapes.racks,
        "lines": lines,
        "lamps": lamps(park),
        "trees": trees(park),
        "robots": _robots(park),
        "labels": _labels(park),
        "things": things(park),
        "tour": tour(park),
    }


def names(text: Text) -> dict[str, str]:
    """Return a name as {"en": ..., "zh": ...}."""
    return {"en": text.en, "zh": text.zh}


def home(park: Park) -> tuple[float, float]:
    """Return where the robots wait, in metres; the site's corner in a park without robots."""
    if park.fleet is None:
        return 0.0, 0.0
    return next((node.at for node in park.nodes if node.id == park.fleet.home_node), (0.0, 0.0))


def _robots(park: Park) -> dict[str, Any]:
    return {"ids": list(robot_ids(park)), "home": [tidy(value) for value in home(park)]}


def _labels(park: Park) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for building in park.buildings:
        x = frame_of(building.footprint).centre[0]
        y = max(point[1] for point in building.footprint)
        rows.append(_label("building", building.id, building.name, (x, y, building.height_m + 4)))
    for line in park.work_centers:
        x, y = (line.start[0] + line.end[0]) / 2, (line.start[1] + line.end[1]) / 2
        rows.append(_label("line", line.id, line.name, (x, y, 10.0)))
    return rows


def _label(kind: str, thing_id: str, name: Text, at: tuple[float, float, float]) -> dict[str, Any]:
    return {"kind": kind, "id": thing_id, "text": names(name), "at": [tidy(value) for value in at]}


def things(park: Park) -> dict[str, Thing]:
    """Return what a click tells of each building, line, machine and plant: kind, names, place and fixed facts.

    facts: rows of (message key, value, unit).
    """
    found: dict[str, Thing] = {}
    for building in park.buildings:
        found[building.id] = _building(park, building)
    for line in park.work_centers:
        facts = [("takt", line.takt_s, "s"), ("machines", len(line.work_unit), "")]
        found[line.id] = _thing("line", line.name, line.building_id, facts)
        for unit in line.work_unit:
            facts = [("cycle", unit.cycle_s, "s"), ("places", unit.places, ""), ("run_power", unit.run_kw, "kW")]
            found[unit.id] = _thing("machine", unit.name, line.id, facts) | {"type": unit.kind}
    house = next((b.id for b in park.buildings if b.kind == "utility"), "")
    energy = park.energy
    for battery in energy.battery:
        facts = [("capacity", battery.capacity_kwh, "kWh"), ("power", battery.power_kw, "kW")]
        found[battery.id] = _thing("plant", battery.name, house, facts)
    for tank in energy.tank:
        found[tank.id] = _thing("plant", tank.name, house, [("capacity", tank.capacity_kwh, "kWh")])
    plant: Iterable[HeatPump | Boiler | Compressor | Chiller] = chain(
        energy.heat_pump, energy.boiler, energy.compressor, energy.chiller
    )
    for asset in plant:
        found[asset.id] = _thing("plant", asset.name, house, [("power", asset.power_kw, "kW")])
    for field in energy.solar:
        found[field.id] = _thing("solar", field.name, field.building_id, [("peak", field.peak_kw, "kW")])
    return found


def _thing(kind: str, name: Text, within: str, facts: list[tuple[str, Any, str]]) -> Thing:
    return {"kind": kind, "name": names(name), "within": within, "facts": [list(fact) for fact in facts]}


def _building(park: Park, building: Building) -> Thing:
    peak_kw = sum(field.peak_kw for field in park.energy.solar if field.building_id == building.id)
    facts: list[tuple[str, Any, str]] = [
        ("floor_area", building.floor_area_m2, "m2"),
        ("height", building.height_m, "m"),
    ]
    if building.glass_area_m2:
        facts.append(("glass", building.glass_area_m2, "m2"))
    if peak_kw:
        facts.append(("peak", peak_kw, "kW"))
    if park.warehouse is not None and park.warehouse.building_id == building.id:
        facts.append(("locations", park.warehouse.locations, ""))
    return _thing("building", building.name, "", facts) | {"type": building.kind}
