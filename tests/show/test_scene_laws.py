"""Laws of the scene: everything of the park is in it, nothing of it is outside the ground, and it is plain JSON."""

from __future__ import annotations

import itertools
import json
from collections import Counter
from dataclasses import replace
from math import cos, hypot, radians, sin
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from park_fixture import small_park
from show_park import make_park

from parkwright.model.park import Park
from parkwright.move.fleet import robot_ids
from parkwright.show.scene import home, make_scene, things
from parkwright.show.scenery.geometry import along, box, frame_of, holds, places, spread
from parkwright.show.scenery.lines import MACHINE_M, positions
from parkwright.store import folder

TIANJIN = Path(__file__).parents[2] / "parks" / "tianjin"
MARGIN_M = 8.0
"""What may stand over the border: half a road, a lamp's arm, a building's apron."""


@pytest.fixture(scope="module", params=["small", "by hand", "tianjin"])
def park(request: pytest.FixtureRequest) -> Park:
    made = {"small": small_park, "by hand": make_park, "tianjin": lambda: folder.load(TIANJIN)}
    return made[request.param]()


def shown_ids(scene: dict) -> Counter[str]:
    ids = [one for part in scene["boxes"].values() for one in part["ids"]]
    return Counter(ids + [prism["id"] for prism in scene["prisms"]])


def corners(row: list[float]) -> list[tuple[float, float]]:
    x, y, _, length, depth, _, yaw = row
    c, s = cos(radians(yaw)), sin(radians(yaw))
    return [(x + u * c - v * s, y + u * s + v * c) for u in (-length / 2, length / 2) for v in (-depth / 2, depth / 2)]


def on_ground(park: Park, x: float, y: float) -> bool:
    width, depth = park.site.width_m, park.site.depth_m
    return -MARGIN_M <= x <= width + MARGIN_M and -MARGIN_M <= y <= depth + MARGIN_M


def test_every_building_line_machine_and_solar_field_is_drawn(park: Park) -> None:
    shown = shown_ids(make_scene(park))
    wanted = {b.id for b in park.buildings} | set(park.work_center) | set(park.work_unit)
    wanted |= {field.id for field in park.energy.solar}
    assert wanted - set(shown) == set()


def test_the_plant_is_drawn_where_there_is_a_house_for_it(park: Park) -> None:
    shown = shown_ids(make_scene(park))
    energy = park.energy
    plant = [*energy.battery, *energy.tank, *energy.boiler, *energy.heat_pump, *energy.chiller, *energy.compressor]
    housed = any(b.kind == "utility" for b in park.buildings)
    assert {one.id for one in plant if one.id in shown} == ({one.id for one in plant} if housed else set())


def test_nothing_drawn_is_unknown_to_a_click(park: Park) -> None:
    scene = make_scene(park)
    assert set(shown_ids(scene)) - set(scene["things"]) <= {"", "robots"}


def test_every_thing_has_both_names_and_lies_within_something_known(park: Park) -> None:
    found = things(park)
    for thing_id, thing in found.items():
        assert thing["name"]["en"], thing_id
        assert thing["name"]["zh"], thing_id
        assert thing["within"] == "" or thing["within"] in found, thing_id


def test_facts_of_a_machine_are_those_of_the_folder(park: Park) -> None:
    found = things(park)
    for unit in park.work_unit.values():
        facts = {key: (value, unit_) for key, value, unit_ in found[unit.id]["facts"]}
        assert facts["cycle"] == (unit.cycle_s, "s")
        assert facts["places"] == (unit.places, "")
        assert facts["run_power"] == (unit.run_kw, "kW")
        assert found[unit.id]["within"] == park.line_of[unit.id]


def test_no_box_stands_outside_the_ground(park: Park) -> None:
    for kind, part in make_scene(park)["boxes"].items():
        for row, thing in zip(part["rows"], part["ids"], strict=True):
            assert all(on_ground(park, x, y) for x, y in corners(row)), (kind, thing, row)


def test_no_prism_tree_lamp_or_label_stands_outside_the_ground(park: Park) -> None:
    scene = make_scene(park)
    points = [tuple(point) for prism in scene["prisms"] for point in prism["points"]]
    points += [tuple(row[:2]) for name in ("trees", "lamps") for row in scene[name]]
    points += [tuple(label["at"][:2]) for label in scene["labels"]]
    assert [point for point in points if not on_ground(park, *point)] == []


def test_no_tree_stands_in_a_building(park: Park) -> None:
    for x, y, *_ in make_scene(park)["trees"]:
        assert not any(holds(b.footprint, (x, y)) for b in park.buildings), (x, y)


def test_every_tree_of_the_folder_is_where_it_says(park: Park) -> None:
    wanted = [(t.x_m, t.y_m, t.height_m, t.crown_m) for t in park.green if t.kind == "tree"]
    assert make_scene(park)["trees"] == [pytest.approx(row, abs=0.006) for row in wanted]


def test_lamps_stand_beside_their_road_on_both_sides_and_look_at_it(park: Park) -> None:
    for fleet in park.energy.lamps:
        own = make_scene(replace(park, energy=park.energy.model_copy(update={"lamps": (fleet,)})))["lamps"]
        assert len(own) == fleet.count
        spots = places(fleet.line, fleet.count)
        for (x, y, dx, dy), ((px, py), _) in zip(own, spots, strict=True):
            assert hypot(x - px, y - py) == pytest.approx(4.85, abs=0.02)
            assert (px - x) * dx + (py - y) * dy > 0
        sides = {(round(dx), round(dy)) for _, _, dx, dy in own}
        assert len(sides) >= min(2, fleet.count)


def test_machines_of_a_line_stand_in_order_and_do_not_overlap(park: Park) -> None:
    boxes = make_scene(park)["boxes"]["machine"]
    row = dict(zip(boxes["ids"], boxes["rows"], strict=True))
    for line in park.work_centers:
        (x0, y0), (x1, y1) = line.start, line.end
        length = hypot(x1 - x0, y1 - y0)
        ux, uy = (x1 - x0) / length, (y1 - y0) / length
        spans = []
        for unit in line.work_unit:
            x, y, _, long, *_ = row[unit.id]
            middle = (x - x0) * ux + (y - y0) * uy
            spans.append((middle - long / 2, middle + long / 2))
        assert all(a[1] <= b[0] + 0.05 for a, b in itertools.pairwise(spans)), line.id
        assert spans[0][0] >= -8, line.id
        assert spans[-1][1] <= length + 8, line.id


def test_every_kind_of_machine_has_its_size(park: Park) -> None:
    assert {unit.kind for unit in park.work_unit.values()} <= set(MACHINE_M)


def test_an_oven_has_two_stacks_and_a_machine_one_light(park: Park) -> None:
    boxes = make_scene(park)["boxes"]
    assert Counter(boxes["andon"]["ids"]) == dict.fromkeys(park.work_unit, 1)
    ovens = [unit.id for unit in park.work_unit.values() if unit.kind == "oven"]
    assert Counter(boxes.get("stack", {"ids": []})["ids"]) == dict.fromkeys(ovens, 2)


def test_walls_carry_the_roof(park: Park) -> None:
    scene = make_scene(park)
    for building in park.buildings:
        roofs = [p for p in scene["prisms"] if p["id"] == building.id and p["kind"] in ("roof", "hatch")]
        assert {p["z"] for p in roofs} == {round(building.height_m, 2)}
        kind = "window" if building.kind == "office" else "beam"
        tops = [
            row[2] + row[5]
            for row, thing in zip(scene["boxes"][kind]["rows"], scene["boxes"][kind]["ids"], strict=True)
            if thing == building.id
        ]
        assert len(tops) == len(building.footprint)
        assert max(tops) == pytest.approx(building.height_m, abs=0.51)


def test_every_edge_of_the_roads_is_a_road_and_a_lane(park: Park) -> None:
    boxes = make_scene(park)["boxes"]
    assert len(boxes["lane"]["rows"]) == len(park.edges)
    legs = sum(len(fleet.line) - 1 for fleet in park.energy.lamps)
    assert len(boxes["road"]["rows"]) == len(park.edges) + legs


def test_robots_are_those_of_the_fleet_and_wait_at_its_home(park: Park) -> None:
    scene = make_scene(park)
    assert scene["robots"]["ids"] == list(robot_ids(park))
    node = next(node for node in park.nodes if node.id == park.fleet.home_node)
    assert home(park) == node.at
    assert scene["robots"]["home"] == [pytest.approx(value, abs=0.006) for value in node.at]


def test_every_label_is_of_a_building_or_line_and_hangs_above_it(park: Park) -> None:
    labels = {label["id"]: label for label in make_scene(park)["labels"]}
    assert set(labels) == {b.id for b in park.buildings} | set(park.work_center)
    for building in park.buildings:
        assert labels[building.id]["at"][2] > building.height_m
        assert labels[building.id]["text"] == {"en": building.name.en, "zh": building.name.zh}


def test_a_stop_of_the_tour_that_looks_at_something_looks_at_something_there_is(park: Park) -> None:
    scene = make_scene(park)
    assert [stop for stop in scene["tour"] if stop["focus"] and stop["focus"] not in scene["things"]] == []
    assert scene["tour"][0]["caption"] == "overview"
    assert scene["tour"][-1]["caption"] == "passport"
    assert all(stop["roofs"] in ("open", "closed") and stop["seconds"] > 0 for stop in scene["tour"])


def test_the_scene_survives_a_trip_through_json(park: Park) -> None:
    scene = make_scene(park)
    assert json.loads(json.dumps(scene, allow_nan=False)) == scene


def test_another_name_is_another_scene_and_nothing_else_moves() -> None:
    park = small_park()
    site = park.site.model_copy(update={"park_id": "ZZ"})
    one, other = make_scene(park), make_scene(replace(park, site=site))
    assert one["park"].pop("id") == "TP"
    assert other["park"].pop("id") == "ZZ"
    assert one == other


def test_a_line_taken_away_takes_its_machines_and_its_opening_in_the_roof_along() -> None:
    park = small_park()
    bare = make_scene(replace(park, work_centers=park.work_centers[:1]))
    assert set(bare["boxes"]["machine"]["ids"]) == {"SMT-PRN", "SMT-OVN", "SMT-AOI"}
    hatches = [p["points"] for p in bare["prisms"] if p["kind"] == "hatch" and p["id"] == "B1"]
    assert not any(holds(points, (100.0, 95.0)) for points in hatches)


@settings(max_examples=60)
@given(st.lists(st.floats(1, 200), min_size=1, max_size=8), st.floats(5, 300))
def test_machines_are_placed_in_order_within_any_length(at_m: list[float], length: float) -> None:
    line = small_park().work_centers[0]
    units = tuple(line.work_unit[0].model_copy(update={"position_m": at}) for at in sorted(at_m))
    found = positions(line.model_copy(update={"work_unit": units}), length)
    assert len(found) == len(units)
    assert found == sorted(found)
    assert all(0 <= at <= length + 1e-6 for at in found)


@given(
    st.lists(st.tuples(st.integers(-50, 50), st.integers(-50, 50)), min_size=2, max_size=6, unique=True),
    st.integers(1, 40),
)
def test_places_lie_on_the_road_as_many_as_wanted(points: list[tuple[int, int]], count: int) -> None:
    found = places(points, count)
    assert len(found) in (count, count - 1)
    assert all(hypot(*left) == pytest.approx(1.0) for _, left in found)


@given(st.lists(st.tuples(st.integers(-50, 50), st.integers(-50, 50)), min_size=2, max_size=6), st.floats(0.5, 30))
def test_points_along_a_line_are_never_farther_apart_than_the_step(points: list[tuple[int, int]], step: float) -> None:
    found = [*spread(points, step), points[-1]]
    assert all(hypot(b[0] - a[0], b[1] - a[1]) <= step + 1e-6 for a, b in itertools.pairwise(found))


def test_a_wall_along_an_edge_is_as_long_as_the_edge_and_its_thickness() -> None:
    rows = along([(0, 0), (30, 0), (30, 40)], 1.0, 0.5, 3.0)
    assert [row[3] for row in rows] == [30.5, 40.5, 50.5]
    assert [row[6] for row in rows] == [0.0, 90.0, pytest.approx(-126.87)]
    assert along([(1, 1), (1, 1)], 0.0, 1.0, 1.0) == []


def test_a_box_is_rounded_to_the_centimetre() -> None:
    assert box((1.23456, 2.0), 0.0, (3.999, 1.0, 1.0), 12.3456) == [1.23, 2.0, 0.0, 4.0, 1.0, 1.0, 12.35]


@given(st.tuples(st.floats(-100, 100), st.floats(-100, 100)), st.floats(-3.1, 3.1), st.floats(1, 80), st.floats(1, 80))
def test_a_frame_takes_any_point_there_and_back(at: tuple[float, float], turn: float, long: float, deep: float) -> None:
    c, s = cos(turn), sin(turn)
    footprint = [
        (at[0] + u * c - v * s, at[1] + u * s + v * c) for u, v in ((0, 0), (long, 0), (long, deep), (0, deep))
    ]
    frame = frame_of(footprint)
    for point in footprint:
        assert frame.world(*frame.local(point)) == (
            pytest.approx(point[0], abs=1e-9),
            pytest.approx(point[1], abs=1e-9),
        )
    assert frame.length * frame.depth == pytest.approx(long * deep, rel=1e-6)
    assert -90.0 - 1e-6 <= frame.yaw_deg <= 90.0 + 1e-6
