import json
import math
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from show_park import make_park

from parkwright.model.park import Park
from parkwright.show.scene import make_scene
from parkwright.show.scenery.geometry import band, clip, frame_of, holds, places
from parkwright.show.scenery.halls import MODULE_KW_PER_M2, TABLE_M
from parkwright.show.scenery.lines import positions
from parkwright.show.words import drawn
from parkwright.store import folder

TIANJIN = Path(__file__).parents[2] / "parks" / "tianjin"


@pytest.fixture(scope="module", params=["by hand", "tianjin"])
def park(request: pytest.FixtureRequest) -> Park:
    return make_park() if request.param == "by hand" else folder.load(TIANJIN)


def area(points: list[tuple[float, float]]) -> float:
    return sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(points, [*points[1:], *points[:1]], strict=True)) / 2


def test_the_scene_is_plain_finite_json_of_less_than_300_kb(park: Park) -> None:
    text = json.dumps(make_scene(park), allow_nan=False)
    assert len(text.encode()) < 300_000


def test_every_machine_and_line_is_drawn_once_and_can_be_told(park: Park) -> None:
    scene = make_scene(park)
    assert scene["boxes"]["machine"]["ids"] == list(park.work_unit)
    assert scene["boxes"]["belt"]["ids"] == [line.id for line in park.work_centers]
    told = set(scene["things"])
    assert told >= set(park.work_unit) | set(park.work_center) | {building.id for building in park.buildings}
    shown = {one for part in scene["boxes"].values() for one in part["ids"]} | {p["id"] for p in scene["prisms"]}
    assert shown - told <= {"", "robots"}


def test_rows_and_ids_are_of_the_same_length_and_sizes_are_positive(park: Park) -> None:
    for kind, part in make_scene(park)["boxes"].items():
        assert len(part["rows"]) == len(part["ids"]), kind
        assert all(len(row) == 7 and min(row[3:6]) > 0 for row in part["rows"]), kind


def test_machines_stand_in_their_building(park: Park) -> None:
    scene = make_scene(park)
    footprint = {building.id: building.footprint for building in park.buildings}
    for unit, row in zip(scene["boxes"]["machine"]["ids"], scene["boxes"]["machine"]["rows"], strict=True):
        hall = park.work_center[park.line_of[unit]].building_id
        assert holds(footprint[hall], (row[0], row[1])), unit


def test_the_roof_opens_above_every_line(park: Park) -> None:
    hatches = [p["points"] for p in make_scene(park)["prisms"] if p["kind"] == "hatch"]
    for line in park.work_centers:
        middle = ((line.start[0] + line.end[0]) / 2, (line.start[1] + line.end[1]) / 2)
        assert any(holds(points, middle) for points in hatches), line.id


def test_roof_and_hatch_make_the_whole_roof(park: Park) -> None:
    prisms = make_scene(park)["prisms"]
    for building in park.buildings:
        parts = [p["points"] for p in prisms if p["id"] == building.id and p["kind"] in {"roof", "hatch"}]
        assert sum(area(points) for points in parts) == pytest.approx(abs(area(list(building.footprint))), rel=1e-3)


def test_the_solar_tables_drawn_have_the_peak_power_of_the_field(park: Park) -> None:
    boxes = make_scene(park)["boxes"]
    ids = boxes["pv"]["ids"] + boxes["pv-hatch"]["ids"]
    for field in park.energy.solar:
        drawn_kw = ids.count(field.id) * TABLE_M[0] * TABLE_M[1] * MODULE_KW_PER_M2
        assert drawn_kw == pytest.approx(field.peak_kw, rel=0.15), field.id


def test_all_lamps_trees_and_robots_are_there(park: Park) -> None:
    scene = make_scene(park)
    assert len(scene["lamps"]) == sum(fleet.count for fleet in park.energy.lamps) == 200
    assert len(scene["trees"]) == sum(tree.kind == "tree" for tree in park.green)
    assert len(scene["robots"]["ids"]) == park.fleet.count


def test_the_tour_looks_down_at_the_park_and_every_caption_has_words(park: Park) -> None:
    words = drawn("en", "wall")
    for stop in make_scene(park)["tour"]:
        assert stop["eye"][2] > stop["target"][2] + 5
        assert 0 <= stop["target"][0] <= park.site.width_m
        assert f"caption.{stop['caption']}" in words


def test_another_folder_is_another_park_and_what_it_lacks_is_left_out() -> None:
    bare = replace(
        make_park(), work_centers=(), nodes=(), edges=(), fleet=None, warehouse=None, green=(), buildings=(),
        energy=make_park().energy.model_copy(update={"solar": (), "lamps": (), "battery": ()}), weather=pl.DataFrame(),
    )  # fmt: skip
    scene = make_scene(bare)
    assert scene["boxes"] == {}
    assert scene["lines"] == scene["lamps"] == scene["trees"] == scene["racks"] == scene["robots"]["ids"] == []
    assert [stop["caption"] for stop in scene["tour"]] == ["overview", "passport"]


def test_the_scene_does_not_change_from_call_to_call(park: Park) -> None:
    assert json.dumps(make_scene(park)) == json.dumps(make_scene(park))


@given(
    st.lists(st.tuples(st.floats(-200, 200), st.floats(-200, 200)), min_size=3, max_size=3, unique=True),
    st.floats(-100, 100),
)
def test_a_band_and_the_rest_make_the_whole_polygon(triangle: list[tuple[float, float]], cut: float) -> None:
    if abs(area(triangle)) < 1:
        return
    frame = frame_of(triangle)
    parts = [band(triangle, frame, (-1e4, cut)), band(triangle, frame, (cut, 1e4))]
    assert sum(abs(area(part)) for part in parts if part) == pytest.approx(abs(area(triangle)), rel=1e-6, abs=1e-6)


def test_clip_keeps_what_lies_inside_the_half_plane() -> None:
    square = [(0.0, 0.0), (4.0, 0.0), (4.0, 4.0), (0.0, 4.0)]
    assert abs(area(clip(square, (1.0, 0.0, 3.0)))) == pytest.approx(4.0)
    assert clip(square, (1.0, 0.0, 5.0)) == []


def test_a_turned_rectangle_keeps_its_sides_in_its_own_frame() -> None:
    c, s = math.cos(0.4), math.sin(0.4)
    turned = [(u * c - v * s, u * s + v * c) for u, v in ((0, 0), (30, 0), (30, 10), (0, 10))]
    frame = frame_of(turned)
    assert (frame.length, frame.depth) == (pytest.approx(30), pytest.approx(10))
    assert frame.world(*frame.local((5.0, 6.0))) == (pytest.approx(5.0), pytest.approx(6.0))


def test_places_along_a_road_are_evenly_apart_and_as_many_as_wanted() -> None:
    found = places([(0, 0), (100, 0), (100, 50)], 15)
    assert len(found) == 15
    assert found[0][0] == (pytest.approx(5.0), 0.0)
    assert found[-1][0] == (100.0, pytest.approx(45.0))


def test_machines_without_given_places_are_spread_evenly() -> None:
    line = make_park().work_centers[0]
    blank = line.model_copy(
        update={"work_unit": tuple(u.model_copy(update={"position_m": 0.0}) for u in line.work_unit)}
    )
    assert positions(blank, 100.0) == [10.0, 30.0, 50.0, 70.0, 90.0]
