"""The commands `energy golden` and `energy solve`."""

from __future__ import annotations

import json
import shutil

import pytest
from typer.testing import CliRunner

from parkwright.cli import app
from parkwright.wire import dispatching

RUN = CliRunner()


def run(*words):
    return RUN.invoke(app, ["energy", *map(str, words)])


@pytest.fixture(scope="module")
def day(tmp_path_factory):
    folder = tmp_path_factory.mktemp("golden") / "day"
    assert run("golden", "--days", 1, folder, "--json").exit_code == 0
    return folder


def test_the_golden_day_is_written_and_solved_to_its_optimum(day):
    found = run("solve", day, "--json")
    assert found.exit_code == 0
    answer = json.loads(found.stdout)
    assert {"objective_cny", "status", "seconds", "balance_residual_kwh"} <= set(answer)
    assert answer["objective_cny"] == pytest.approx(47_279.087106, abs=1e-5)
    assert answer["status"] == "optimal"
    assert answer["seconds"] > 0
    assert answer["balance_residual_kwh"] <= 1e-9
    assert answer["repairs"] == answer["relaxed"] == []


def test_the_golden_problem_says_its_optimum_where_one_is_known(tmp_path):
    known, unknown = (json.loads(run("golden", "--days", n, tmp_path / str(n), "--json").stdout) for n in (1, 2))
    assert (known["steps"], known["optimum_cny"]) == (96, 47_279.087106)
    assert (unknown["steps"], unknown["optimum_cny"]) == (192, None)


def test_a_person_reads_one_figure_a_line(day):
    lines = run("solve", day).stdout.splitlines()
    assert lines[0].split() == ["objective_cny", "47279.0871059693"]


def test_what_gave_way_and_what_was_repaired_is_told(day, tmp_path):
    folder = tmp_path / "tight"
    folder.mkdir()
    (folder / "series.csv").write_text((day / "series.csv").read_text())
    text = (day / "case.toml").read_text().replace("import_limit_kw = 12000.0", "import_limit_kw = 100.0")
    (folder / "case.toml").write_text(
        text.replace("capacity_kwh = 4000.0", "capacity_kwh = 4000.0\nopening_kwh = 9000.0")
    )
    answer = json.loads(run("solve", folder, "--json").stdout)
    assert answer["status"].startswith("relaxed: import_limit of grid by ")
    assert answer["relaxed"][0]["limit"] == "import_limit"
    assert answer["relaxed"][0]["start"].startswith("20")
    assert answer["repairs"] == ["battery 'battery': opening_kwh 9000 kWh lies outside 0 to 4000 kWh: held to 4000 kWh"]


def test_a_power_that_stands_still_for_half_a_day_is_doubted_and_kept(day, tmp_path):
    copied = tmp_path / "stuck"
    shutil.copytree(day, copied)
    rows = (copied / "series.csv").read_text().splitlines()
    place = rows[0].split(",").index("pv_kw")
    cells = [row.split(",") for row in rows]
    for row in cells[1:49]:
        row[place] = "500"
    (copied / "series.csv").write_text("\n".join(",".join(row) for row in cells) + "\n")
    found = dispatching.solve_case(copied, 60.0)
    assert found["status"] == "optimal"
    assert [line.split(" for ")[0] for line in found["doubts"]] == ["pv_kw: shows 500"]
    assert dispatching.solve_case(day, 60.0)["doubts"] == []


def test_a_case_that_cannot_be_solved_ends_with_one_line_and_code_2(day, tmp_path):
    gap = tmp_path / "gap"
    gap.mkdir()
    (gap / "case.toml").write_text((day / "case.toml").read_text())
    lines = (day / "series.csv").read_text().splitlines()
    (gap / "series.csv").write_text("\n".join(lines[:10] + lines[11:]))
    for folder, words in ((gap, "series.csv:11: gap: start comes 0:30:00"), (tmp_path / "none", "No such file")):
        found = run("solve", folder)
        assert found.exit_code == 2
        assert words in found.stderr
        assert len(found.stderr.strip().splitlines()) == 1


def test_a_case_is_never_written_over(day):
    assert run("golden", day).exit_code == 2


def test_the_curve_of_a_case_begins_with_its_optimum_and_never_gets_cheaper(day):
    rows = json.loads(run("pareto", day, "--points", 4, "--json").stdout)["points"]
    assert rows[0]["cost_cny"] == pytest.approx(47_279.087106, abs=1e-5)
    assert rows[0]["cap_kg"] is None
    costs, carbon = ([row[name] for row in rows] for name in ("cost_cny", "co2e_kg"))
    assert costs == sorted(costs)
    assert carbon == sorted(carbon, reverse=True)


def test_a_case_is_controlled_and_told_beside_foresight(day):
    found = json.loads(run("mpc", day, "--like", day, "--every", 8, "--noise", 0.1, "--json").stdout)
    assert found["foresight_cny"] <= found["cost_cny"] <= found["uncontrolled_cny"]
    assert found["regret_share"] == pytest.approx(found["cost_cny"] / found["foresight_cny"] - 1)
    assert found["plans"] == 12
    assert found["balance_residual_kwh"] <= 1e-9
    assert found["peak_target_kw"].keys() == {"grid"}
    assert found["repairs"] == [
        "store 'battery': has no opening_kwh: opens half full with 2000 kWh",
        "store 'tank': has no opening_kwh: opens half full with 3000 kWh",
    ]
    assert json.loads(run("mpc", day, "--every", 24, "--json").stdout)["peak_target_kw"] == {}


WORK = """
[[job]]
id = "{name}"
machine = "oven"
power_kw = [400.0, 400.0, 400.0, 400.0]
begin = "2024-01-01T08:00"
end = "2024-01-01T20:00"
"""


def test_the_work_of_a_case_is_planned_together_with_its_dispatch(day, tmp_path):
    folder = tmp_path / "work"
    folder.mkdir()
    (folder / "series.csv").write_text((day / "series.csv").read_text())
    (folder / "case.toml").write_text((day / "case.toml").read_text() + WORK.format(name="a") + WORK.format(name="b"))
    found = json.loads(run("joint", folder, "--json").stdout)
    assert found["joint_cny"] <= found["shifted_cny"] + 1e-6
    assert found["joint_cny"] <= found["earliest_cny"] + 1e-6
    assert found["gap"] <= 0.01
    assert found["late"] == []
    assert found["status"] == "optimal"
    assert [row["job"] for row in found["jobs"]] == ["a", "b"]
    for row in found["jobs"]:
        assert "2024-01-01T00:00:00+00:00" <= row["start"] < row["end"] <= row["by"] == "2024-01-01T12:00:00+00:00"


def test_a_case_without_work_ends_with_one_line(day):
    found = run("joint", day)
    assert found.exit_code == 2
    assert found.stderr.strip() == "joint: there is no work to move; give the case a [[job]] or a [[flexible]]"
