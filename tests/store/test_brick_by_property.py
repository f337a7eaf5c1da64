"""Brick texts: whatever a park holds comes back, and no text breaks the reader in another way than its own error."""

from __future__ import annotations

import contextlib
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parkwright.model.control import ControlPoint
from parkwright.model.errors import TableError
from parkwright.store import brick

HEAD = f"@prefix brick: <{brick.BRICK}> .\n@prefix pw: <{brick.OWN}> .\n@prefix s: <urn:x#> .\n"
letters = st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zl", "Zp"))
names = st.text(letters, min_size=1, max_size=20).filter(lambda text: text.strip())
ids = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_-]{0,10}", fullmatch=True)
figures = st.none() | st.floats(-1e6, 1e6)
drawn = st.builds(
    ControlPoint,
    id=ids, name_en=names, name_zh=names, building_id=st.sampled_from(["B1", "B2"]), zone_id=ids,
    kind=st.sampled_from(["room", "air_handler", "chiller", "lighting", "shading", "water"]),
    quantity=st.sampled_from(["temperature_c", "co2_ppm", "level_share", "flow_m3_per_h", "power_kw", "on"]),
    role=st.sampled_from(["sensor", "setpoint"]), low=figures, high=figures, occupied=figures,
    protocol=st.sampled_from(["none", "bacnet", "modbus"]), address=st.sampled_from(["", "h:502/1/1", "h:1/device,1"]),
    basis=names,
)  # fmt: skip


def small_park(points):
    return SimpleNamespace(site=SimpleNamespace(park_id="p"), buildings=(), points=tuple(points))


@settings(max_examples=30, deadline=None)
@given(st.lists(drawn, max_size=4, unique_by=lambda point: point.id))
def test_any_points_come_back_from_their_text_as_they_were(points):
    assert brick.points(brick.turtle(small_park(points))) == sorted(points, key=lambda point: point.id)


@settings(max_examples=30, deadline=None)
@given(st.lists(drawn, min_size=1, max_size=4, unique_by=lambda point: point.id))
def test_every_point_has_one_class_one_owner_and_a_name_in_two_languages(points):
    told = list(brick.triples(brick.turtle(small_park(points))))
    for point in points:
        mine = [one for one in told if one.subject == f"urn:parkwright:p#{point.id}"]
        said = [one.predicate for one in mine]
        assert said.count(brick.RDF_TYPE) == said.count(brick.BRICK + "isPointOf") == 1
        assert [one.value for one in mine if one.predicate == brick.RDFS + "label"] == [point.name_en, point.name_zh]


@pytest.mark.parametrize(("key", "name"), sorted(brick.CLASSES.items()))
def test_a_known_point_takes_its_word_of_brick(key, name):
    kind, quantity, role = key
    point = ControlPoint(
        id="t", name_en="a", name_zh="甲", building_id="B1", zone_id="z", kind=kind, quantity=quantity, role=role,
        basis="assumed: a test",
    )  # fmt: skip
    told = {one.predicate: one.value for one in brick.triples(brick.turtle(small_park([point])))
            if one.subject == "urn:parkwright:p#t"}  # fmt: skip
    assert told[brick.RDF_TYPE] == brick.BRICK + name
    owner = f"urn:parkwright:p#B1.z{'.' + kind if kind in brick.EQUIPMENT else ''}"
    assert told[brick.BRICK + "isPointOf"] == owner


def test_equipment_feeds_its_zone_and_a_zone_is_part_of_its_building():
    point = ControlPoint(
        id="t", name_en="a", name_zh="甲", building_id="B1", zone_id="z", kind="chiller", quantity="power_kw",
        role="sensor", basis="assumed: a test",
    )  # fmt: skip
    told = {(one.subject, one.predicate): one.value for one in brick.triples(brick.turtle(small_park([point])))}
    assert told["urn:parkwright:p#B1.z.chiller", brick.BRICK + "feeds"] == "urn:parkwright:p#B1.z"
    assert told["urn:parkwright:p#B1.z", brick.BRICK + "isPartOf"] == "urn:parkwright:p#B1"
    assert told["urn:parkwright:p#t", brick.RDF_TYPE] == brick.BRICK + "Sensor"


def test_a_park_without_points_says_only_its_prefixes():
    assert list(brick.triples(brick.turtle(small_park([])))) == []


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        ('"18.5"', "18.5"),
        ('"18.5"^^s:decimal', "18.5"),
        ('"18.5"^^<http://www.w3.org/2001/XMLSchema#decimal>', "18.5"),
        ('"warm; dry, still."@en', "warm; dry, still."),
        ('"a # no note"', "a # no note"),
        ("-4e2", "-4e2"),
        ("true", "true"),
        ('""', ""),
    ],
)
def test_a_text_is_read_whatever_its_type_and_its_marks(value, wanted):
    found = list(brick.triples(f"{HEAD}s:a pw:low {value} .\n"))
    assert [(one.subject, one.predicate, one.value, one.literal) for one in found] == [
        ("urn:x#a", brick.OWN + "low", wanted, True)
    ]


@given(st.text(st.sampled_from(list(' \n\t;,.[]"\\<>@:ab#')), max_size=30))
def test_no_text_whatever_breaks_the_reader_in_another_way_than_its_own_error(text):
    found: list[brick.Triple] = []
    with contextlib.suppress(TableError):
        found = list(brick.triples(HEAD + text))
    assert all(one.subject and one.predicate for one in found)
