"""A Brick file taken into the park's points: our own words, plain Brick of another system, and what is refused."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from parkwright.cli import app
from parkwright.model.errors import ParkError, TableError
from parkwright.store import brick
from parkwright.store.folder import load
from parkwright.wire import points

TIANJIN = Path(__file__).parents[2] / "parks" / "tianjin"
PLAIN = f"""
@prefix brick: <{brick.BRICK}> .
@prefix rdfs: <{brick.RDFS}> .
@prefix other: <https://example.org/site#> .
other:house a brick:Building ; rdfs:label "NAME" .
other:hall a brick:HVAC_Zone ; brick:isPartOf other:house .
other:ahu a brick:Air_Handling_Unit ; brick:feeds other:hall .
other:t1 a brick:Zone_Air_Temperature_Sensor ; brick:isPointOf other:hall ; rdfs:label "Hall, warm" .
other:sp a brick:Zone_Air_Temperature_Setpoint ; brick:isPointOf other:ahu .
other:fan a brick:Fan_Speed_Command ; brick:isPointOf other:ahu .
"""


@pytest.fixture(scope="module")
def park():
    return load(TIANJIN)


@pytest.fixture
def folder(tmp_path):
    shutil.copytree(TIANJIN, tmp_path / "park")
    return tmp_path / "park"


def named(park):
    return PLAIN.replace("NAME", park.buildings[0].name.en)


def test_the_parks_own_points_written_and_taken_back_change_nothing(park, folder):
    found = points.take_brick(park, folder, brick.turtle(park))
    assert (found["new"], found["changed"], found["left_out"]) == ([], [], [])
    assert load(folder).points == park.points


def test_points_in_plain_brick_get_their_zone_and_building_and_no_limits(park, folder):
    found = points.take_brick(park, folder, named(park))
    assert found["new"] == ["sp", "t1"]
    assert found["left_out"] == ["https://example.org/site#fan (Fan_Speed_Command)"]
    taken = {point.id: point for point in load(folder).points}
    assert len(taken) == len(park.points) + 2
    assert (taken["t1"].kind, taken["t1"].quantity, taken["t1"].role) == ("room", "temperature_c", "sensor")
    assert (taken["t1"].building_id, taken["t1"].zone_id) == (park.buildings[0].id, "hall")
    assert taken["t1"].name_en == "Hall, warm"
    assert (taken["sp"].kind, taken["sp"].zone_id, taken["sp"].role) == ("air_handler", "hall", "setpoint")
    assert not taken["sp"].writable


def test_a_changed_point_replaces_the_parks_own(park, folder):
    first = park.points[0]
    other = first.model_copy(update={"name_en": "another name"})
    text = brick.turtle(type(park)(**{**park.__dict__, "points": (other,)}))
    found = points.take_brick(park, folder, text)
    assert (found["new"], found["changed"]) == ([], [first.id])
    assert load(folder).points[0].name_en == "another name"


def test_a_point_in_no_building_of_the_park_is_refused_and_nothing_is_written(park, folder):
    before = (folder / points.POINTS).read_bytes()
    with pytest.raises(TableError, match="lies in house, which is no building of the park; make it a point of a zone"):
        points.take_brick(park, folder, PLAIN)
    assert (folder / points.POINTS).read_bytes() == before


def test_what_the_folder_refuses_is_put_back(park, folder):
    before = (folder / points.POINTS).read_bytes()
    wrong = park.points[0].model_copy(update={"building_id": "nowhere"})
    text = brick.turtle(type(park)(**{**park.__dict__, "points": (wrong,)}))
    with pytest.raises(ParkError):
        points.take_brick(park, folder, text)
    assert (folder / points.POINTS).read_bytes() == before


def test_rows_read_back_as_they_were_written(park, folder):
    (folder / points.POINTS).write_text(brick.rows(park.points), encoding="utf-8")
    assert load(folder).points == park.points


def test_the_command_says_what_it_took(park, folder, tmp_path):
    given = tmp_path / "other.ttl"
    given.write_text(named(park), encoding="utf-8")
    result = CliRunner().invoke(app, ["energy", "points", str(folder), "--take", str(given), "--json"])
    assert result.exit_code == 0, result.output
    assert json.loads(result.output)["new"] == ["sp", "t1"]
