"""The building cases of ASHRAE 140-2020: all of the promised results, from the files that ship."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from parkwright.cli import app
from parkwright.energy import bestest, climate
from parkwright.energy.facades import plane
from parkwright.model.errors import ParkError, PlanError
from parkwright.store import folder, glazing, standards
from parkwright.wire import buildings


@pytest.fixture(scope="module")
def answer():
    return buildings.bestest_answer()


def rows(answer, *cases):
    return [row for row in answer["quantities"] if row["case"] in cases]


def test_nine_in_ten_results_lie_in_the_programs_range_and_none_more_than_a_tenth_outside(answer):
    inside = sum(row["inside"] for row in answer["quantities"])
    assert inside >= 0.9 * len(answer["quantities"])
    assert answer["inside_share"] == pytest.approx(inside / len(answer["quantities"]), abs=1e-4)
    assert answer["worst_outside_share"] <= 0.10


@pytest.mark.parametrize("case", ["600", "900", "660", "670"])
def test_every_result_of_the_base_cases_and_of_the_glass_cases_is_inside(answer, case):
    found = rows(answer, case)
    assert len(found) == 4
    assert [row for row in found if not row["inside"]] == []


def test_what_glass_changes_lies_in_what_it_changes_for_the_programs(answer):
    assert len(answer["differences"]) == 8
    assert [row for row in answer["differences"] if not row["inside"]] == []


def test_every_case_that_is_asked_for_is_answered(answer):
    asked = {"600", "610", "620", "640", "650", "660", "670", "680", "900", "920", "940", "950", "960", "980"}
    free = {"600FF", "650FF", "900FF", "950FF"}
    assert asked | free <= {row["case"] for row in answer["quantities"]}
    assert {row["quantity"] for row in rows(answer, *free)} == {"max_c", "min_c", "mean_c"}
    assert len(answer["quantities"]) == 105
    assert [row for row in rows(answer, "960") if not row["inside"]] == []


def test_inside_is_told_truly(answer):
    for row in answer["quantities"]:
        assert row["inside"] == (row["low"] <= row["value"] <= row["high"])


def test_the_weather_is_the_standards_in_sum_and_by_facade():
    given = standards.weather()
    year = climate.of_year(given.hours, given.place, given.zone_h)
    asked = {"N": (0.0, 399, 477), "E": (90.0, 1017, 1068), "S": (180.0, 1291, 1387), "W": (270.0, 903, 997)}
    for azimuth, low, high in asked.values():
        assert low <= plane(year.sun, 90.0, azimuth).total_w_per_m2.sum() / 4000.0 <= high
    assert 1662.5 <= plane(year.sun, 0.0, 180.0).total_w_per_m2.sum() / 4000.0 <= 1670.5


def test_hourly_light_and_air_keep_their_sum_when_cut_into_steps():
    given = standards.weather()
    year = climate.of_year(given.hours, given.place, given.zone_h, 1200.0)
    assert year.outside_c.size == 8760 * 3
    assert year.outside_c.mean() == pytest.approx(given.hours["temperature_c"].mean(), abs=0.01)
    assert year.sun.global_w_per_m2.sum() / 3.0 == pytest.approx(given.hours["ghi_w_per_m2"].sum(), rel=0.005)


def test_a_step_that_does_not_divide_the_hour_is_refused():
    given = standards.weather()
    with pytest.raises(ValueError, match="does not divide an hour"):
        climate.of_year(given.hours, given.place, given.zone_h, 1000.0)


def test_a_weather_file_that_is_not_there_or_broken_is_named(tmp_path: Path):
    with pytest.raises(ParkError, match=r"none\.epw: is no file"):
        standards.weather(tmp_path / "none.epw")
    with pytest.raises(ParkError, match=r"none\.epw\.gz: is no file"):
        standards.weather(tmp_path / "none.epw.gz")
    broken = tmp_path / "short.epw"
    broken.write_text("LOCATION,a,b,c,d,e,39,-104,-7,1650\n" + "x\n" * 8)
    with pytest.raises(ParkError, match=r"short\.epw"):
        buildings.bestest_answer(broken)


def test_set_back_rises_through_the_hour_and_night_air_stops_the_plant():
    set_back = next(case for case in bestest.CASES if case.name == "640")
    wanted = bestest.use(set_back, 900.0)
    assert wanted.heated_c[:28] == pytest.approx(10.0)
    assert wanted.heated_c[28:32] == pytest.approx([12.5, 15.0, 17.5, 20.0])
    assert wanted.heated_c[32:92] == pytest.approx(20.0)
    night = bestest.use(next(case for case in bestest.CASES if case.name == "650"), 900.0)
    assert night.air_changes_per_h[0] == pytest.approx(0.5 + 1700.0 / 129.6)
    assert night.cooled_c[40] == 27.0
    assert night.cooled_c[0] == float("inf")


@pytest.fixture(scope="module")
def tianjin():
    return folder.load(Path(__file__).parents[2] / "parks" / "tianjin")


def test_glass_on_a_building_is_answered_in_kwh_money_carbon_and_years(tianjin):
    found = buildings.glass_answer(tianjin, "OF", "triple-selective")
    before, after = found["before"], found["after"]
    assert before["u_w_per_m2k"] == 1.8
    assert before["visible"] is None
    assert after["heating_kwh"] < before["heating_kwh"]
    bought = [side["electricity_kwh"] + side["gas_kwh"] for side in (before, after)]
    assert found["saved_kwh"] == pytest.approx(bought[0] - bought[1], abs=0.3)
    assert found["saved_cny"] == pytest.approx(before["cost_cny"] - after["cost_cny"], abs=0.2)
    assert found["saved_kg"] == pytest.approx(before["co2e_kg"] - after["co2e_kg"], abs=0.2)
    assert found["invested_cny"] == pytest.approx(1600.0 * 980.0)
    assert found["payback_years"] == pytest.approx(found["invested_cny"] / found["saved_cny"], abs=0.1)
    cheap = buildings.glass_answer(tianjin, "OF", "triple-selective", 98.0)
    assert cheap["payback_years"] == pytest.approx(found["payback_years"] / 10.0, abs=0.1)


def test_a_wrong_name_or_a_park_without_weather_is_refused(tianjin):
    with pytest.raises(PlanError, match="building 'X9': is not in the park; give one of B1"):
        buildings.glass_answer(tianjin, "X9", "double-clear")
    with pytest.raises(PlanError, match="glass 'jam': is not in the catalogue; give one of single-clear"):
        buildings.glass_answer(tianjin, "OF", "jam")
    with pytest.raises(PlanError, match=r"has no weather, so no year can be run; add weather\.epw"):
        buildings.glass_answer(replace(tianjin, weather=tianjin.weather.clear()), "OF", "double-clear")
    blind = [one.model_copy(update={"glass_area_m2": 0.0}) for one in tianjin.buildings]
    with pytest.raises(PlanError, match="glass_area_m2 is 0"):
        buildings.glass_answer(replace(tianjin, buildings=tuple(blind)), "OF", "double-clear")


def test_the_catalogue_tells_u_g_light_and_where_the_price_is_from():
    rows = {row["id"]: row for row in buildings.catalogue_answer()["glass"]}
    assert len(rows) >= 8
    assert rows["single-clear"]["u_w_per_m2k"] > 5.0
    assert rows["double-clear"]["u_w_per_m2k"] == pytest.approx(2.8, abs=0.05)
    assert rows["triple-selective"]["u_w_per_m2k"] < 0.8
    assert rows["double-low-e"]["coatings"] == 1
    assert rows["double-selective"]["visible"] > rows["double-selective-tint"]["visible"]
    for row in rows.values():
        assert row["price_basis"].startswith(("assumed:", "cited:", "derived:"))
        assert set(row["name"]) == {"en", "zh"}
        assert 0.0 < row["g"] < 0.9


def test_a_catalogue_that_names_a_pane_it_does_not_hold_fails():
    with pytest.raises(KeyError, match="nowhere"):
        glazing.read(
            "[pane.a]\nsolar=[0.8,0.1,0.1]\nvisible=[0.9,0.1]\nemissivity=[0.8,0.8]\nthickness_m=0.006\n"
            '[glass.b]\nname={en="b",zh="b"}\npanes=["nowhere"]\ncost_cny_per_m2=1.0\nbasis="assumed: x"\n'
        )


def run_command(*given):
    return CliRunner().invoke(app, ["energy", *given])


def test_the_commands_answer_as_the_functions_do():
    listed = json.loads(run_command("glass", "parks/tianjin", "--json").output)
    assert listed == buildings.catalogue_answer()
    refused = run_command("glass", "parks/tianjin", "--building", "OF", "--glass", "jam")
    assert refused.exit_code == 2
    missing = run_command("bestest", "--weather", "nowhere.epw")
    assert missing.exit_code == 2
