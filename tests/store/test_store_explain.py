"""What a person reads of a wrong field: where it stands, what was found there, and the way out with its unit."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from parkwright.model.noun import Noun
from parkwright.model.plant import Band, Battery, Factor, Meter, Tariff
from parkwright.model.site import Building, Fleet, Shift, WorkCenter
from parkwright.store.explain import explain
from parkwright.store.parse import Place, Reader

STATION = {"id": "U", "name": {"en": "a", "zh": "b"}, "kind": "station", "cycle_s": 9, "run_kw": 2, "idle_kw": 1,
           "basis": "assumed: x"}  # fmt: skip
ASKED = "give one of 'electricity', 'heat', 'gas' or 'water'"

# Noun, what it is given, the path, what was found, the way out.
WRONG: list[tuple[type[Noun], dict[str, object], tuple[object, ...], str, str]] = [
    (Battery, {"capacity_kwh": -4}, ("capacity_kwh",), "is -4", "give more than 0 in kWh"),
    (Battery, {"opening_share": 1.5}, ("opening_share",), "is 1.5", "give at most 1 in share"),
    (Battery, {"charge_efficiency": 0.5}, ("charge_efficiency",), "is 0.5", "give more than 0.5 in share"),
    (Battery, {"power_kw": "much"}, ("power_kw",), "is 'much'", "give a number in kW"),
    (Battery, {"power_kw": None}, ("power_kw",), "is None", "give a number in kW"),
    (Battery, {"power_kw": [1, 2]}, ("power_kw",), "is a list of 2", "give a number in kW"),
    (Battery, {"power_kw": float("inf")}, ("power_kw",), "is inf", "give a finite number in kW"),
    (Battery, {"capacity_kw": 9}, ("capacity_kw",), "unknown key", "did you mean 'capacity_kwh'?"),
    (Battery, {"name": {"en": "a"}}, ("name", "zh"), "is missing", "give it"),
    (Battery, {"name": "Battery"}, ("name",), "is 'Battery'", "give a table { ... }"),
    (Battery, {"name": {"en": "", "zh": "b"}}, ("name", "en"), "is ''", "give at least 1 characters"),
    (Battery, {"name": {"en": "a" * 99, "zh": "b"}}, ("name", "en"), f"is '{'a' * 56}...",
     "give at most 80 characters"),
    (Battery, {"basis": 7}, ("basis",), "is 7", "give text in quotes"),
    (Fleet, {"count": 2.5}, ("count",), "is 2.5", "give a whole number in robots"),
    (Fleet, {"count": "two"}, ("count",), "is 'two'", "give a whole number in robots"),
    (Fleet, {"speed_m_per_s": 11}, ("speed_m_per_s",), "is 11", "give at most 10 in m/s"),
    (Meter, {"commodity": "steam"}, ("commodity",), "is 'steam'", ASKED),
    (Meter, {"register_mwh_max": 5}, ("register_mwh_max",), "is 5", "give at least 1000000000 in mWh"),
    (Factor, {"verified": "perhaps"}, ("verified",), "is 'perhaps'", "give true or false"),
    (Factor, {"verified": {}}, ("verified",), "is a table", "give true or false"),
    (Factor, {"value": "0,5"}, ("value",), "is '0,5'", r"give text of the form ^\d{1,3}(\.\d{1,9})?$"),
    (Shift, {"days": "mon"}, ("days",), "is 'mon'", "give a list [..., ...]"),
    (Shift, {"days": []}, ("days",), "is a list of 0", "give at least 1 entries"),
    (Shift, {"days": ["mon", "day"]}, ("days", 1), "is 'day'",
     "give one of 'mon', 'tue', 'wed', 'thu', 'fri', 'sat' or 'sun'"),
    (Building, {"footprint": [[0, 0], [1, 1]]}, ("footprint",), "is a list of 2", "give at least 3 entries"),
    (Building, {"footprint": [[0, 0], [1, "x"], [2, 2]]}, ("footprint", 1, 1), "is 'x'", "give a number"),
    (Building, {"footprint": [[0, 0], [1], [2, 2]]}, ("footprint", 1, 1), "is missing", "give it"),
    (WorkCenter, {"work_unit": [STATION, STATION | {"places": 0}]}, ("work_unit", 1, "places"), "is 0",
     "give at least 1 in units"),
    (WorkCenter, {"work_unit": [STATION | {"cycle": 9}]}, ("work_unit", 0, "cycle"), "unknown key",
     "did you mean 'cycle_s'?"),
    (WorkCenter, {"work_unit": [STATION | {"name": {"en": "a", "zh": "b", "de": "c"}}]},
     ("work_unit", 0, "name", "de"), "unknown key", "use en, zh"),
    (Band, {"hours": [[8, 10], ["x", 12]]}, ("hours", 1, 0), "is 'x'", "give a number"),
    (Tariff, {"ratio": {"spike": 2}}, ("ratio", "spike"), "is 'spike'",
     "give one of 'sharp', 'peak', 'flat' or 'valley'"),
    (Tariff, {"ratio": 7}, ("ratio",), "is 7", "give a table { ... }"),
]  # fmt: skip

SOUND: dict[type[Noun], dict[str, object]] = {
    Battery: {"id": "B", "capacity_kwh": 9, "power_kw": 9, "charge_efficiency": 0.9, "discharge_efficiency": 0.9},
    Fleet: {"count": 2, "home_node": "n"},
    Meter: {"id": "m", "name_en": "a", "name_zh": "b", "commodity": "gas", "role": "load", "purpose": "heat"},
    Factor: {"id": "f", "publisher": "p", "document": "d", "cell": "c", "data_year": 2023, "geography": "CN",
             "kind": "fuel", "value": "0.5", "licence": "l", "verified": True},
    Shift: {"days": ["mon"], "start": "06:00", "end": "14:00"},
    Building: {"id": "B", "kind": "office", "footprint": [[0, 0], [1, 0], [1, 1]], "height_m": 9, "floor_area_m2": 9},
    WorkCenter: {"id": "L", "building_id": "B", "segment_ids": ["S"], "start": [0, 0], "end": [9, 0], "takt_s": 9,
                 "node_id": "n", "work_unit": [STATION]},
    Band: {"band": "peak", "months": [1], "hours": [[8, 10]]},
    Tariff: {"id": "t", "valid_from": "2026-01-01", "flat_cny_per_kwh": 1, "ratio": {"flat": 1}},
}  # fmt: skip


@pytest.mark.parametrize(
    ("noun", "given", "path", "found", "way_out"), WRONG, ids=[f"{w[0].__name__} {w[2]} {w[3][:20]}" for w in WRONG]
)
def test_a_wrong_field_is_told_with_its_place_its_value_and_its_unit(noun, given, path, found, way_out):
    extra = {"basis": "assumed: x"} if "basis" in noun.model_fields else {}
    extra |= {"name": {"en": "a", "zh": "b"}} if "name" in noun.model_fields else {}
    with pytest.raises(ValidationError) as refused:
        noun.model_validate(extra | SOUND[noun] | given)
    told = [explain(noun, problem) for problem in refused.value.errors(include_url=False)]
    assert (path, way_out) in [(one[0], one[2]) for one in told], told
    assert any(one[0] == path and one[1].startswith(found) for one in told), told


@pytest.mark.parametrize(
    ("data", "row", "found"),
    [
        (b"a,b\n1,2\n\xff,4\n", 3, "byte 0xff is not UTF-8"),
        (b"a,b\n\xe4\xb8,2\n", 2, "byte 0xe4 is not UTF-8"),
        (b"a,b\n1,\x002\n", 0, "is binary"),
        (b"a,b\n1,2,3\n", 2, "has 3 cells"),
        (b"a,b\n1\n", 2, "has 1 cells"),
        (b'a,b\n1,"2\n', 2, "is no CSV"),
        (b"a\n1\n", 1, "missing column"),
        (b"a,b,c\n1,2,3\n", 1, "unknown column"),
        (b"a,b,a\n1,2,3\n", 1, "stands 2 times"),
        (b"", 1, "missing column"),
    ],
)
def test_a_broken_csv_file_is_told_at_its_row(tmp_path: Path, data, row, found):
    (tmp_path / "x.csv").write_bytes(data)
    reader = Reader(tmp_path)
    records = reader.csv("x.csv", {"a": True, "b": True})
    assert any(one.row == row and found in one.found for one in reader.findings), reader.findings
    assert not records or not all(record.whole for record in records)


@pytest.mark.parametrize(
    ("data", "cells"),
    [
        (b"a,b\n1,2\n", [(2, {"a": "1", "b": "2"})]),
        (b"b,a\r\n2,1\r\n", [(2, {"a": "1", "b": "2"})]),
        (b"\xef\xbb\xbfa,b\n 1 , 2\n", [(2, {"a": "1", "b": "2"})]),
        (b'a,b\n"1,5","say ""2"""\n', [(2, {"a": "1,5", "b": 'say "2"'})]),
        (b"a,b\n\n , \n1,2\n\n", [(4, {"a": "1", "b": "2"})]),
        (b"a,b\n", []),
    ],
)
def test_a_sound_csv_file_is_read_with_the_row_of_each_record(tmp_path: Path, data, cells):
    (tmp_path / "x.csv").write_bytes(data)
    reader = Reader(tmp_path)
    records = reader.csv("x.csv", {"a": True, "b": True})
    assert reader.findings == []
    assert [(record.place.row, dict(record.fields)) for record in records or ()] == cells


@pytest.mark.parametrize(
    ("text", "row"),
    [("a = 1\nb = \n", 2), ("a = 1\na = 2\n", 2), ('a = "x\n', 1), ("[t\n", 1), ("a = 1\n\n\nb = 1 2\n", 4)],
)
def test_a_broken_toml_file_is_told_at_its_line(tmp_path: Path, text, row):
    (tmp_path / "x.toml").write_text(text, encoding="utf-8")
    reader = Reader(tmp_path)
    assert reader.toml("x.toml") is None
    assert [(one.row, one.way_out) for one in reader.findings] == [(row, "mend the line")]
    assert "(at line" not in reader.findings[0].found


def test_a_finding_stands_at_the_row_of_its_key(tmp_path: Path):
    (tmp_path / "x.toml").write_text('[[t]]\nid = "a"\n\n[[t]]\nid = "b"\nsize = 1\n', encoding="utf-8")
    reader = Reader(tmp_path)
    assert reader.toml("x.toml") is not None
    for path, key, row in ((("t", 1), "size", 6), (("t", 1), "colour", 4), (("t", 0), "id", 2), ((), "u", 0)):
        reader.report(Place("x.toml", path=path), "t", f"{key} at {row}", "w", key)
    assert [finding.row for finding in reader.findings] == [6, 4, 2, 0]
