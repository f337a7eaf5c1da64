"""Shapes of the scene from any footprint: areas add up, nothing sticks out, counts follow from sizes and powers."""

from __future__ import annotations

import itertools
from collections import Counter
from dataclasses import replace
from math import ceil, cos, degrees, dist, hypot, radians, sin

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from park_fixture import small_park

from parkwright.model.noun import Text
from parkwright.model.plant import Battery, Chiller, Compressor, LampFleet, SolarField
from parkwright.model.site import Building, Node, Tree
from parkwright.show.scenery.geometry import along, band, clip, frame_of, holds, places, spread, tidy
from parkwright.show.scenery.grounds import ROAD_M, add_roads, green_beds, lamps, trees
from parkwright.show.scenery.halls import MODULE_KW_PER_M2, TABLE_M, Shapes, add_building
from parkwright.show.scenery.lines import FLOOR_M, MACHINE_M, add_line, add_plant, positions
from parkwright.show.scenery.tour import tour

PARK = small_park()
BASIS = "assumed: made for tests"
NAME = Text(en="Hall", zh="厂房")
Points = list[tuple[float, float]]
TABLE_KW = MODULE_KW_PER_M2 * TABLE_M[0] * TABLE_M[1]
SOME = settings(max_examples=40, deadline=None)


def area(points: Points) -> float:
    """Return the area of a polygon by the shoelace formula."""
    pairs = zip(points, [*points[1:], *points[:1]], strict=True)
    return abs(sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in pairs)) / 2


@st.composite
def rectangles(draw: st.DrawFn) -> tuple[Points, float, float, float]:
    """Draw a turned rectangle: corners, length, depth, turn [rad]."""
    x, y = draw(st.integers(-200, 200)), draw(st.integers(-200, 200))
    long, deep, turn = draw(st.integers(20, 160)), draw(st.integers(15, 120)), draw(st.floats(-3.1, 3.1))
    c, s = cos(turn), sin(turn)
    corners = [(x + u * c - v * s, y + u * s + v * c) for u, v in ((0, 0), (long, 0), (long, deep), (0, deep))]
    return corners, float(long), float(deep), turn


POINT = st.tuples(st.integers(-60, 60), st.integers(-60, 60))
TRIANGLE = st.tuples(POINT, POINT, POINT).filter(lambda t: area(list(t)) > 5)


def hall(kind: str, footprint: Points, height_m: float = 12.0) -> Building:
    return Building(id="H", name=NAME, kind=kind, footprint=tuple(footprint), height_m=height_m, floor_area_m2=1000,
                    basis=BASIS)  # fmt: skip


def built(building: Building, **more: object) -> Shapes:
    shapes = Shapes()
    given_ = {"lines": (), "solar": (), "warehouse": None} | more
    add_building(shapes, building, **given_)
    return shapes


def of(shapes: Shapes, kind: str) -> list[dict]:
    return [prism for prism in shapes.prisms if prism["kind"] == kind]


# ------------------------------------------------------------------------------------------------ plane geometry


@given(TRIANGLE, POINT)
def test_a_triangle_holds_what_lies_on_one_side_of_its_three_edges(triangle: tuple, at: tuple[int, int]) -> None:
    turns = [(b[0] - a[0]) * (at[1] - a[1]) - (b[1] - a[1]) * (at[0] - a[0])
             for a, b in itertools.pairwise([*triangle, triangle[0]])]  # fmt: skip
    assume(all(turns))
    assert holds(triangle, at) == (len({turn > 0 for turn in turns}) == 1)


def test_a_polygon_with_a_notch_does_not_hold_the_notch() -> None:
    notched = [(0, 0), (10, 0), (10, 10), (6, 10), (6, 4), (4, 4), (4, 10), (0, 10)]
    assert [holds(notched, at) for at in ((2, 8), (5, 8), (8, 8), (5, 2), (11, 2), (-1, 5))] == [
        True, False, True, True, False, False,
    ]  # fmt: skip


@given(TRIANGLE, st.integers(-3, 3), st.integers(-3, 3), st.integers(-100, 100))
def test_two_half_planes_share_a_triangle_and_clipping_twice_is_clipping_once(
    triangle: tuple, a: int, b: int, c: int
) -> None:
    assume(a or b)
    kept, rest = clip(triangle, (a, b, c)), clip(triangle, (-a, -b, -c))
    assert all(a * x + b * y >= c - 1e-6 for x, y in kept)
    assert area(kept) + area(rest) == pytest.approx(area(list(triangle)), abs=1e-6)
    assert area(clip(kept, (a, b, c - 1e-9))) == pytest.approx(area(kept), abs=1e-4)


@SOME
@given(rectangles(), st.lists(st.floats(0.05, 0.95), min_size=1, max_size=5))
def test_bands_side_by_side_make_the_whole_footprint(made: tuple, cuts: list[float]) -> None:
    corners, long, deep, _ = made
    frame = frame_of(corners)
    edges = sorted(frame.v_span[0] + cut * frame.depth for cut in {0.0, 1.0, *cuts})
    parts = [band(corners, frame, span) for span in itertools.pairwise(edges)]
    assert sum(area(part) for part in parts) == pytest.approx(long * deep, rel=1e-6)
    for part, (low, high) in zip(parts, itertools.pairwise(edges), strict=True):
        assert all(low - 1e-6 <= frame.local(point)[1] <= high + 1e-6 for point in part)
    assert band(corners, frame, (frame.v_span[1] + 1, frame.v_span[1] + 9)) == []


@SOME
@given(rectangles())
def test_a_footprints_frame_lies_along_its_longest_edge_and_around_its_corners(made: tuple) -> None:
    corners, long, deep, turn = made
    frame = frame_of(corners)
    assert {round(frame.length, 6), round(frame.depth, 6)} == {long, deep}
    assert frame.length == pytest.approx(max(long, deep))
    if long != deep:
        off = (frame.yaw_deg - degrees(turn) - (0 if long > deep else 90)) % 180
        assert min(off, 180 - off) == pytest.approx(0, abs=1e-6)
    middle = (sum(x for x, _ in corners) / 4, sum(y for _, y in corners) / 4)
    assert dist(frame.centre, middle) == pytest.approx(0, abs=1e-6)
    assert frame.local(frame.origin) == (0.0, 0.0)


@given(st.lists(POINT, min_size=3, max_size=7, unique=True), st.floats(0.1, 5))
def test_walls_of_a_closed_polygon_are_its_edges_and_of_an_open_one_all_but_the_last(
    points: Points, thick: float
) -> None:
    closed, opened = along(points, 1.0, thick, 3.0), along(points, 1.0, thick, 3.0, closed=False)
    assert closed[:-1] == opened
    ends = [*points[1:], points[0]]
    for row, a, b in zip(closed, points, ends, strict=True):
        assert row[:2] == [tidy((a[0] + b[0]) / 2), tidy((a[1] + b[1]) / 2)]
        assert row[3] == pytest.approx(dist(a, b) + thick, abs=0.006)
        assert (row[2], row[4], row[5]) == (1.0, tidy(thick), 3.0)
        if dist(a, b) > 5:
            assert cos(radians(row[6])) * dist(a, b) == pytest.approx(b[0] - a[0], abs=0.05)


@given(st.lists(POINT, min_size=2, max_size=6, unique=True), st.integers(1, 30))
def test_a_leg_has_as_many_points_as_steps_fit_and_each_corner_begins_one(points: Points, step: int) -> None:
    found = spread(points, step)
    counts = [max(1, ceil(dist(a, b) / step)) for a, b in itertools.pairwise(points)]
    assert len(found) == sum(counts)
    starts = [sum(counts[:n]) for n in range(len(counts))]
    assert [found[n] for n in starts] == [pytest.approx(point) for point in points[:-1]]


@given(st.lists(POINT, min_size=2, max_size=6, unique=True), st.integers(1, 40))
def test_places_stand_at_the_middle_of_equal_shares_of_the_road(points: Points, count: int) -> None:
    found = places(points, count)
    assert len(found) == count
    legs = list(itertools.pairwise(points))
    total = sum(dist(a, b) for a, b in legs)
    for n, (at, left) in enumerate(found):
        wanted = (n + 0.5) * total / count
        for a, b in legs:
            if wanted <= dist(a, b) + 1e-9:
                share = wanted / dist(a, b)
                assert at == pytest.approx((a[0] + share * (b[0] - a[0]), a[1] + share * (b[1] - a[1])), abs=1e-6)
                assert left[0] * (b[0] - a[0]) + left[1] * (b[1] - a[1]) == pytest.approx(0, abs=1e-9)
                break
            wanted -= dist(a, b)


# ----------------------------------------------------------------------------------------------------- buildings


@SOME
@given(rectangles(), st.sampled_from(["production", "warehouse", "utility", "office"]), st.integers(5, 30))
def test_the_roof_of_any_building_is_as_large_as_its_floor(made: tuple, kind: str, height_m: int) -> None:
    corners, long, deep, _ = made
    shapes = built(hall(kind, corners, height_m))
    roof = of(shapes, "roof") + of(shapes, "hatch")
    assert sum(area(prism["points"]) for prism in roof) == pytest.approx(long * deep, abs=0.02 * (long + deep))
    assert bool(of(shapes, "hatch")) == (kind in ("warehouse", "utility"))
    assert area(of(shapes, "apron")[0]["points"]) == pytest.approx((long + 10) * (deep + 10), rel=0.001)
    assert {prism["z"] for prism in roof} == {float(height_m)}


@pytest.mark.parametrize(("height_m", "storeys"), [(3.0, 1), (5.6, 1), (7.6, 2), (15.2, 4), (30.0, 8)])
def test_an_office_has_a_plate_between_two_storeys_of_about_3_8_m(height_m: float, storeys: int) -> None:
    shapes = built(hall("office", [(0, 0), (40, 0), (40, 20), (0, 20)], height_m))
    plates = of(shapes, "plate")
    assert [plate["z"] for plate in plates] == [tidy(n * height_m / storeys - 0.3) for n in range(1, storeys)]
    assert len(shapes.boxes["window"]) == 4
    assert shapes.boxes["core"][0][:2] == [20.0, 10.0]
    assert "glass" not in shapes.boxes


@SOME
@given(rectangles(), st.integers(6, 25))
def test_a_hall_has_walls_on_every_edge_and_columns_at_most_eleven_metres_apart(made: tuple, height_m: int) -> None:
    corners, long, deep, _ = made
    assume(long % 11 and deep % 11)
    shapes = built(hall("production", corners, height_m))
    assert {kind: len(shapes.boxes[kind]) for kind in ("plinth", "glass", "beam")} == dict.fromkeys(
        ("plinth", "glass", "beam"), 4
    )
    assert len(shapes.boxes["column"]) == 2 * (ceil(long / 11) + ceil(deep / 11))
    plinth, glass, beam = (shapes.boxes[kind][0] for kind in ("plinth", "glass", "beam"))
    assert plinth[2] + plinth[5] == glass[2]
    assert glass[2] + glass[5] == pytest.approx(beam[2])


@SOME
@given(st.integers(20, 120), st.integers(15, 80), st.integers(1, 3000))
def test_a_roof_carries_the_tables_of_its_peak_power_as_far_as_they_fit_and_none_overlap(
    long: int, deep: int, peak_kw: int
) -> None:
    field = SolarField(id="S", name=NAME, building_id="H", peak_kw=peak_kw, inverter_kw=peak_kw, basis=BASIS)
    other = field.model_copy(update={"id": "T", "building_id": "elsewhere"})
    shapes = built(hall("production", [(0, 0), (long, 0), (long, deep), (0, deep)]), solar=(field, other))
    rows = [*shapes.boxes.get("pv", []), *shapes.boxes.get("pv-hatch", [])]
    wanted = max(1, round(peak_kw / TABLE_KW))
    assert len(rows) <= wanted
    assert {*shapes.ids.get("pv", []), *shapes.ids.get("pv-hatch", [])} <= {"S"}
    across, over = max(long, deep), min(long, deep)
    assume(across != 77)  # six tables fit to the last bit
    room = int((across - 4.4) // (TABLE_M[0] + 0.5)) * int((over - 4 + 2.75 - TABLE_M[1]) // 2.75)
    assert len(rows) == min(wanted, room)
    for one, two in itertools.combinations(rows[:60], 2):
        apart = [abs(one[0] - two[0]), abs(one[1] - two[1])]
        along_u, along_v = apart if long >= deep else apart[::-1]
        assert along_u >= TABLE_M[0] - 0.02 or along_v >= TABLE_M[1] - 0.02


def test_the_roof_opens_above_the_buildings_own_lines_only() -> None:
    building = PARK.buildings[0]
    line = PARK.work_centers[1]
    here = built(building, lines=(line,))
    hatch = of(here, "hatch")
    assert len(hatch) == 1
    assert holds(hatch[0]["points"], (100.0, 90.0))
    v = [y for _, y in hatch[0]["points"]]
    assert (min(v), max(v)) == (90 - 18.0, 90 + 7.0)
    assert of(built(building, lines=(line.model_copy(update={"building_id": "WH"}),)), "hatch") == []


def test_a_store_is_filled_with_racks_by_its_size_and_opens_three_quarters() -> None:
    store = PARK.buildings[1]
    shapes = built(store, warehouse=PARK.warehouse)
    racks = shapes.racks[0]
    assert (racks["x"], racks["y"]) == (220.0, 75.0)
    assert (racks["length"], racks["depth"]) == (62.0, 33.0)
    assert (racks["rows"], racks["bays"], racks["levels"]) == (7, 19, 9)
    assert area(of(shapes, "hatch")[0]["points"]) == pytest.approx(0.72 * 40 * 70, abs=1)
    assert built(store).racks == []


def test_fewer_than_three_points_are_no_prism_and_boxes_keep_their_ids() -> None:
    shapes = Shapes()
    shapes.prism("roof", [(0, 0), (1, 1)], 0, 1, "x")
    shapes.add("belt", [[1.0] * 7, [2.0] * 7], "a")
    shapes.add("belt", [[3.0] * 7], "b")
    assert shapes.prisms == []
    assert shapes.ids["belt"] == ["a", "a", "b"]


# ------------------------------------------------------------------------------------ lines, plant, grounds, tour


def test_a_line_is_a_belt_two_markings_and_its_machines() -> None:
    shapes, line = Shapes(), PARK.work_centers[1]
    row = add_line(shapes, line)
    assert row == {"id": "L-NB1", "start": [40, 90], "end": [160, 90], "takt_s": 60,
                   "units": ["NB1-ASM", "NB1-TST", "NB1-PCK"]}  # fmt: skip
    assert shapes.boxes["belt"] == [[100.0, 90.0, FLOOR_M, 120.0, 1.5, 0.9, 0.0]]
    assert [mark[1] for mark in shapes.boxes["marking"]] == [85.6, 94.4]
    assert [machine[0] for machine in shapes.boxes["machine"]] == [50.0, 100.0, 150.0]
    assert Counter(shapes.ids["visor"]) == {"NB1-ASM": 1, "NB1-TST": 3, "NB1-PCK": 1}


@SOME
@given(st.floats(-3.1, 3.1), st.integers(60, 200))
def test_turning_a_line_turns_its_machines_and_changes_no_size(turn: float, length: int) -> None:
    line = PARK.work_centers[1]
    end = (50 + length * cos(turn), 50 + length * sin(turn))
    straight, turned = Shapes(), Shapes()
    add_line(straight, line.model_copy(update={"start": (0, 0), "end": (length, 0)}))
    add_line(turned, line.model_copy(update={"start": (50, 50), "end": end}))
    assert {k: len(v) for k, v in straight.boxes.items()} == {k: len(v) for k, v in turned.boxes.items()}
    for one, two in zip(straight.boxes["machine"], turned.boxes["machine"], strict=True):
        assert one[2:6] == pytest.approx(two[2:6], abs=0.02)
        assert hypot(two[0] - 50, two[1] - 50) == pytest.approx(one[0], abs=0.02)
        assert two[6] == pytest.approx(degrees(turn), abs=0.01)
        assert one[3] <= MACHINE_M["test"][0] + 0.01


def test_machines_that_stand_beyond_the_end_are_drawn_together_in_proportion() -> None:
    line = PARK.work_centers[1]
    assert positions(line, 55.0) == [5.0, 30.0, 55.0]
    backward = tuple(reversed(line.work_unit))
    assert positions(line.model_copy(update={"work_unit": backward}), 60.0) == [10.0, 30.0, 50.0]


@pytest.mark.parametrize(("capacity_kwh", "racks"), [(100, 1), (500, 1), (1_000, 2), (2_900, 6), (50_000, 6)])
def test_a_battery_is_a_rack_for_every_500_kwh_one_to_six(capacity_kwh: float, racks: int) -> None:
    house = hall("utility", [(0, 0), (60, 0), (60, 30), (0, 30)])
    battery = Battery(id="BX", name=NAME, capacity_kwh=capacity_kwh, power_kw=50, charge_efficiency=0.96,
                      discharge_efficiency=0.96, basis=BASIS)  # fmt: skip
    park = replace(PARK, buildings=(house,), energy=PARK.energy.model_copy(update={"battery": (battery,)}))
    shapes = Shapes()
    shown = add_plant(shapes, park)
    assert Counter(shown) == {"TK1": 1, "BO1": 1, "HP1": 1, "BX": racks}
    assert len(shapes.boxes["plant-battery"]) == racks
    spots = [tuple(row[:2]) for kind in shapes.boxes for row in shapes.boxes[kind]]
    assert len(set(spots)) == len(spots)
    assert all(holds(house.footprint, spot) for spot in spots)
    assert add_plant(Shapes(), PARK) == []


def test_roads_chargers_and_docks_stand_where_the_nodes_are() -> None:
    nodes = (*PARK.nodes, Node(id="c", at=(10, 12), kind="charger"), Node(id="d", at=(20, 30), kind="dock"))
    shapes = Shapes()
    add_roads(shapes, replace(PARK, nodes=nodes))
    assert shapes.boxes["charger"] == [[10.0, 12.0, 0.1, 9.0, 6.0, 0.25, 0.0]]
    assert shapes.ids["charger"] == ["robots"]
    assert [shapes.boxes[kind][0][:2] for kind in ("trailer", "cab")] == [[20.0, 29.0], [20.0, 22.6]]
    at = {node.id: node.at for node in nodes}
    for row, edge in zip(shapes.boxes["lane"], PARK.edges, strict=True):
        (x1, y1), (x2, y2) = at[edge.a], at[edge.b]
        assert row[:2] == [(x1 + x2) / 2, (y1 + y2) / 2]
        assert row[3] == pytest.approx(hypot(x2 - x1, y2 - y1) + 0.7, abs=0.01)


@given(st.integers(1, 30))
def test_lamps_change_sides_one_after_the_other(count: int) -> None:
    fleet = LampFleet(id="LX", count=count, panel_w=60, battery_wh=500, lamp_w=30, line=((0, 50), (300, 50)),
                      basis=BASIS)  # fmt: skip
    rows = lamps(replace(PARK, energy=PARK.energy.model_copy(update={"lamps": (fleet,)})))
    reach = ROAD_M / 2 + 1.6
    assert [row[1] for row in rows] == [pytest.approx(50 + (reach if n % 2 else -reach)) for n in range(count)]
    assert [row[3] for row in rows] == [-1.0 if n % 2 else 1.0 for n in range(count)]
    assert [row[0] for row in rows] == [pytest.approx((n + 0.5) * 300 / count, abs=0.01) for n in range(count)]


def test_trees_are_trees_and_every_other_green_is_a_bed_as_large_as_its_crown() -> None:
    roof = Tree(id="g", kind="roof", species="sedum", x_m=50, y_m=60, height_m=12, crown_m=9, basis=BASIS)
    park = replace(PARK, green=(*PARK.green, roof))
    assert trees(park) == trees(PARK)
    assert len(trees(PARK)) == 18
    assert green_beds(park) == [[50.0, 60.0, 12.0, 9.0, 9.0, 0.4, 0.0]]
    assert green_beds(PARK) == []


def test_the_tour_stops_at_what_there_is_and_its_camera_stands_at_its_distance_and_height() -> None:
    stops = tour(PARK)
    assert [stop["caption"] for stop in stops] == [
        "overview", "solar", "line", "line", "warehouse", "robots", "passport",
    ]  # fmt: skip
    span = max(260, 180 * 1.4)
    for stop, distance_m, elevation_deg in (
        (stops[0], 1.58 * span, 45),
        (stops[1], 215, 38),
        (stops[-1], 1.3 * span, 27),
    ):
        assert dist(stop["eye"], stop["target"]) == pytest.approx(distance_m, abs=0.02)
        assert stop["eye"][2] - stop["target"][2] == pytest.approx(distance_m * sin(radians(elevation_deg)), abs=0.02)
    assert [stop["roofs"] for stop in stops].count("closed") == 1
    assert [stop["focus"] for stop in stops[2:5]] == ["L-SMT", "L-NB1", "WH"]


def test_a_bare_park_has_a_tour_of_its_ground_and_a_plant_house_adds_a_stop() -> None:
    bare = replace(PARK, buildings=(), work_centers=(), warehouse=None, fleet=None,
                   energy=PARK.energy.model_copy(update={"solar": (), "battery": ()}))  # fmt: skip
    assert [(stop["caption"], stop["target"]) for stop in tour(bare)] == [
        ("overview", [130.0, 90.0, 0.0]), ("passport", [130.0, 90.0, 0.0]),
    ]  # fmt: skip
    house = hall("utility", [(0, 0), (30, 0), (30, 20), (0, 20)])
    stops = tour(replace(PARK, buildings=(*PARK.buildings, house)))
    energy = next(stop for stop in stops if stop["caption"] == "energy")
    assert (energy["target"], energy["focus"]) == ([15.0, 10.0, 2.0], "H")


def test_chillers_carry_two_fans_and_compressors_none() -> None:
    house = hall("utility", [(0, 0), (60, 0), (60, 30), (0, 30)])
    chiller = Chiller(id="CH", name=NAME, power_kw=100, basis=BASIS)
    compressor = Compressor(id="CO", name=NAME, power_kw=40, basis=BASIS)
    plant = PARK.energy.model_copy(update={"chiller": (chiller,), "compressor": (compressor,)})
    shapes = Shapes()
    shown = add_plant(shapes, replace(PARK, buildings=(house,), energy=plant))
    assert Counter(shown) == {"TK1": 1, "BO1": 1, "HP1": 1, "BAT1": 1, "CH": 1, "CO": 1}
    assert shapes.ids["fan"] == ["CH", "CH"]
    left, right = (row[0] for row in shapes.boxes["fan"])
    assert (left + right) / 2 == pytest.approx(shapes.boxes["plant-cold"][0][0])
