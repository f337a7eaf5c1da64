"""Points as Brick in Turtle: there and back, other words for the same, broken texts; and their rules in the folder."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from parkwright.model.errors import TableError
from parkwright.store import brick
from parkwright.store.check import findings
from parkwright.store.folder import load

TIANJIN = Path(__file__).parents[2] / "parks" / "tianjin"
HEAD = f"@prefix brick: <{brick.BRICK}> .\n@prefix pw: <{brick.OWN}> .\n@prefix s: <urn:x#> .\n"
FIELDS = {
    "id": "t", "name_en": "a", "name_zh": "甲", "building_id": "B1", "zone_id": "z", "kind": "room",
    "quantity": "temperature_c", "role": "sensor", "basis": "assumed: a test",
}  # fmt: skip


@pytest.fixture(scope="module")
def park():
    return load(TIANJIN)


def said(**changes):
    return " ; ".join(f'pw:{name} "{value}"' for name, value in {**FIELDS, **changes}.items())


def test_what_is_written_reads_back_as_the_same_points(park):
    assert brick.points(brick.turtle(park)) == sorted(park.points, key=lambda point: point.id)


def test_every_point_has_a_class_of_brick_and_an_owner(park):
    told = list(brick.triples(brick.turtle(park)))
    kinds = {one.subject: one.value for one in told if one.predicate == brick.RDF_TYPE}
    owners = {one.subject: one.value for one in told if one.predicate == brick.BRICK + "isPointOf"}
    for point in park.points:
        subject = f"urn:parkwright:{park.site.park_id}#{point.id}"
        assert kinds[subject].startswith(brick.BRICK)
        assert owners[subject] in kinds
    assert brick.BRICK + "Zone_Air_Temperature_Sensor" in kinds.values()
    assert brick.BRICK + "Building" in kinds.values()


def test_names_stand_in_both_languages_and_quotes_survive(park):
    odd = park.points[0].model_copy(update={"name_en": 'the "north" \\ side'})
    text = brick.turtle(type(park)(**{**park.__dict__, "points": (odd,)}))
    assert brick.points(text)[0].name_en == 'the "north" \\ side'
    assert odd.name_zh in text


def test_the_same_in_other_words_and_order_is_the_same():
    plain = brick.points(HEAD + f"s:t a brick:Sensor ; {said(low='18.5')} .")
    spread = HEAD + "# a note\n" + "\n".join(f"<urn:x#t> {part.strip()} ." for part in said(low="18.5").split(" ; "))
    assert brick.points(spread) == plain
    assert plain[0].low == 18.5


def test_lists_by_comma_and_numbers_without_quotes_are_read():
    told = list(brick.triples(HEAD + "s:a brick:feeds s:b , s:c ; pw:low 18.5 ; pw:on true .\n"))
    assert [(one.value, one.literal) for one in told] == [
        ("urn:x#b", False), ("urn:x#c", False), ("18.5", True), ("true", True),
    ]  # fmt: skip


def test_other_things_of_a_brick_file_are_left_alone():
    assert brick.points(HEAD + 's:f a brick:Floor ; brick:label "one"@en .') == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("s:a brick:feeds q:b .", "'q:b' is no address and no name of a known prefix"),
        ("s:a brick:feeds [ a brick:Floor ] .", "blank nodes are not read; give each thing a name"),
        ("s:a brick:feeds s:b s:c .", "stands where ';', ',' or '.' belongs"),
        ("s:a brick:feeds s:b", "stands where ';', ',' or '.' belongs"),
        ('s:a brick:label "open', "cannot be read; mend it"),
        (f"s:t {said(colour='red')} .", "colour is no property of a point"),
        (f"s:t {said(role='boss')} .", "is no point"),
        ('s:t pw:id "t" .', "is no point"),
    ],
)
def test_a_text_that_cannot_be_read_is_told_with_its_place(text, words):
    with pytest.raises(TableError) as caught:
        brick.points(HEAD + text)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def folder_with(tmp_path, old, new):
    here = tmp_path / "park"
    shutil.copytree(TIANJIN, here)
    path = here / "points.csv"
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")
    return [str(one) for one in findings(here) if one.file == "points.csv"]


HEATING = "B1,north,air_handler,temperature_c,setpoint,,,16,23,2,20,17,none,,"


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("B1-north-t,", "B1-north-co2,", "B1-north-co2"),
        ("B1,north,room,temperature_c,sensor,18,28", "B9,north,room,temperature_c,sensor,18,28", "'B9' is no building"),
        ("sensor,18,28", "sensor,38,28", "low is 38, above high 28"),
        ("sensor,18,28", "gauge,18,28", "role"),
        (HEATING, HEATING.replace("16,23", "26,23"), "write_low is 26, above write_high 23"),
        (HEATING, HEATING.replace("16,23,2", "16,23,"), "has some of write_low, write_high and rate_per_h, not all"),
        (HEATING, HEATING.replace("2,20,17", "2,29,17"), "occupied is 29, outside what may be written"),
        (HEATING, HEATING.replace("setpoint", "sensor"), "is a sensor with limits to write"),
        (HEATING, HEATING.replace("none", "modbus"), "is empty; say where modbus finds it"),
        (HEATING, HEATING.replace("16,23,2", "16,23,-2"), "rate_per_h"),
    ],
)
def test_a_wrong_point_is_found_in_its_row(tmp_path, old, new, words):
    found = folder_with(tmp_path, old, new)
    assert any(words in line for line in found), found
    assert all(line.startswith("points.csv:") for line in found)
