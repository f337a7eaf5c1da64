"""`make solve` and `make bench` on the command line: answers, plan files, and bad files told by file and row."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from run_park import DAY, ISO, write_folder
from typer.testing import CliRunner

from parkwright.cli import app
from parkwright.make import park_day
from parkwright.make.laid import counted, lay, placed_on
from parkwright.make.schedule import as_schedule
from parkwright.plan.day import asked_of
from parkwright.store.folder import load
from parkwright.wire import park_solve

FILES = {
    "hfsp": "2\n2\n1 2\n3 4\n5 6\n",
    "sdst-pfsp": "2\n1\n4\n5\n0 7\n8 0\n",
    "fjsp": "2\n2\n2 1\n3 0\n0 4\n0 6\n",
}
OPTIMA = {"hfsp": 12, "sdst-pfsp": 16, "fjsp": 10}
"""By hand: 5 and 3 on the one first machine, then 4; 4 + 7 + 5; 6 then 4 on machine 1."""


def parkwright(*words: object):
    return CliRunner().invoke(app, [str(word) for word in words])


@pytest.fixture(scope="module")
def park_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_folder(tmp_path_factory.mktemp("folders") / "park", 3600)


@pytest.mark.parametrize("form", FILES)
def test_a_shop_is_solved_to_its_known_optimum_with_a_row_an_operation(tmp_path: Path, form: str) -> None:
    (tmp_path / "a.txt").write_text(FILES[form])
    out = tmp_path / "plan.csv"
    done = parkwright(
        "make", "solve", tmp_path / "a.txt", "--format", form, "--seconds", 1, "--seed", 3, "--json", "--out", out
    )
    assert done.exit_code == 0, done.output
    answer = json.loads(done.stdout)
    assert list(answer) == ["objective", "valid", "seconds", "lower_bound"]
    assert answer["objective"] == OPTIMA[form] >= answer["lower_bound"]
    assert answer["valid"] is True
    with out.open() as file:
        rows = [{name: int(value) for name, value in row.items()} for row in csv.DictReader(file)]
    assert list(rows[0]) == ["job", "stage", "machine", "start", "end"]
    assert len(rows) == {"hfsp": 4, "sdst-pfsp": 2, "fjsp": 3}[form]
    assert (
        min(row["job"] for row in rows) == min(row["stage"] for row in rows) == min(row["start"] for row in rows) == 0
    )
    assert max(row["end"] for row in rows) == OPTIMA[form]
    assert all(row["machine"] <= (1 if form != "sdst-pfsp" else 0) for row in rows)


def test_a_stage_with_more_machines_than_memory_holds_is_one_with_as_many_as_jobs(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("2\n2\n1000000000 7\n3 4\n5 6")
    done = parkwright("make", "solve", tmp_path / "a.txt", "--format", "hfsp", "--seconds", 0.2, "--json")
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["objective"] == 11


def test_a_mark_of_the_byte_order_is_no_number(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"\xef\xbb\xbf" + FILES["hfsp"].encode())
    done = parkwright("make", "solve", tmp_path / "a.txt", "--format", "hfsp", "--seconds", 0.2, "--json")
    assert json.loads(done.stdout)["objective"] == OPTIMA["hfsp"]


def test_without_json_the_answer_is_lines_of_words(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(FILES["fjsp"])
    done = parkwright("make", "solve", tmp_path / "a.txt", "--format", "fjsp", "--seconds", 0.2)
    assert done.exit_code == 0
    assert [line.split() for line in done.stdout.splitlines()][:2] == [["objective", "10"], ["valid", "True"]]


@pytest.mark.parametrize(
    ("form", "mutant", "says"),
    [
        ("hfsp", ("3 4", "3 x"), "a.txt:4: 'x' is no whole number of 0 to 1000000000; correct it"),
        ("hfsp", ("3 4", "3 -4"), "a.txt:4: '-4' is no whole number"),
        ("hfsp", ("1 2\n", "1 0\n"), "a.txt:3: stage 1 is a stage without a machine; give it one or more"),
        ("hfsp", ("5 6\n", "5\n"), "a.txt:5: the file holds 7 numbers where 2 jobs on 2 stages need 8"),
        ("hfsp", ("5 6\n", "5 6\n7\n"), "a.txt:6: the file holds 9 numbers where 2 jobs on 2 stages need 8"),
        ("sdst-pfsp", ("8 0\n", "8\n"), "a.txt:6: the file holds 7 numbers where 2 jobs with setups on 1 machines"),
        ("fjsp", ("0 6", "0 0"), "a.txt:6: job 1, operation 0: no machine can do it; give one machine its duration"),
        ("fjsp", ("2 1\n", "9 1\n"), "where 10 operations on 2 machines need 24"),
    ],
)
def test_a_mutant_of_a_file_is_refused_in_one_line_with_file_and_row(
    tmp_path: Path, form: str, mutant: tuple[str, str], says: str
) -> None:
    (tmp_path / "a.txt").write_text(FILES[form].replace(*mutant))
    done = parkwright("make", "solve", tmp_path / "a.txt", "--format", form, "--json")
    assert (done.exit_code, done.stdout) == (2, "")
    assert says in done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("nowhere.txt", "--format", "hfsp"), "nowhere.txt: No such file or directory"),
        (("nowhere", "--format", "park", "--date", ISO), "nowhere"),
        (("nowhere", "--format", "park"), "--date: is missing; a park is planned for a day"),
        (("a.txt", "--format", "hfsp", "--date", ISO), f"--date {ISO}: goes with --format park only"),
        (("a.txt", "--format", "hfsp", "--certify", "3"), "--certify 3: goes with --format park only"),
        (("a.txt", "--format", "hfsp", "--seconds", "0.2", "--out", "no/plan.csv"), "plan.csv: no such folder"),
    ],
)
def test_what_cannot_be_solved_is_told_in_one_line(tmp_path: Path, monkeypatch, words, says: str) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a.txt").write_text(FILES["hfsp"])
    done = parkwright("make", "solve", *words)
    assert (done.exit_code, done.stdout) == (2, "")
    assert says in done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize("words", [("--format", "jssp"), (), ("--format", "hfsp", "--seconds", "0")])
def test_an_unknown_format_or_no_time_is_a_wrong_use(tmp_path: Path, words: tuple[str, ...]) -> None:
    (tmp_path / "a.txt").write_text(FILES["hfsp"])
    assert parkwright("make", "solve", tmp_path / "a.txt", *words).exit_code == 2


def test_a_park_s_own_day_is_searched_and_written(park_dir: Path, tmp_path: Path) -> None:
    out = tmp_path / "plan.csv"
    words = ("--format", "park", "--date", ISO, "--seconds", 1, "--json", "--out", out)
    done = parkwright("make", "solve", park_dir, *words)
    assert done.exit_code == 0, done.output
    answer = json.loads(done.stdout)
    assert answer["valid"] is True
    assert answer["objective"] >= answer["lower_bound"] > 0
    parts = {name: value for name, value in answer.items() if name.endswith("_cny")}
    assert {"carbon_cny", "demand_cny", "setup_cny", "overtime_cny", "excess_cny"} <= set(parts)
    assert answer["objective"] == pytest.approx(sum(parts.values()), abs=1e-3)
    with out.open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == answer["placed"] > 0
    assert all(0 <= int(row["start"]) < int(row["end"]) for row in rows)
    assert {row["machine"] for row in rows} == {"0"}
    assert len({row["job_id"] for row in rows}) == len(rows)
    left = {one["job_id"]: one["reason"] for one in answer["unplaced"]}
    assert len(left) == answer["jobs"] - answer["placed"]
    assert not left.keys() & {row["job_id"] for row in rows}


def test_a_day_of_another_century_is_refused(park_dir: Path) -> None:
    done = parkwright("make", "solve", park_dir, "--format", "park", "--date", "9999-12-31")
    assert done.exit_code == 2
    assert "give one from 2000-01-01 to 2099-12-31" in done.stderr


@pytest.mark.slow
def test_parts_of_a_park_s_plan_are_proven_best_or_made_better(park_dir: Path, tmp_path: Path) -> None:
    words = ("make", "solve", park_dir, "--format", "park", "--date", ISO, "--seconds", 0.1, "--json")
    plain, proved = (json.loads(parkwright(*words, *more).stdout) for more in ((), ("--certify", 3)))
    assert not {"parts", "parts_proven", "gain_cny", "parts_open_cny"} & set(plain)
    assert 0 <= proved["parts_proven"] <= proved["parts"] <= 3
    assert proved["parts"] > 0
    assert proved["gain_cny"] >= 0.0
    assert proved["valid"] is True


def test_what_the_parts_gained_is_taken_and_told(park_dir: Path, monkeypatch) -> None:
    park = load(park_dir)
    asked = asked_of(park, DAY, 1)
    first = park_day.dispatch(park, asked.jobs, asked.orders, DAY, asked.signal)
    laid = lay(park, DAY, asked.orders, first.jobs, first.schedule, asked.signal)
    good = placed_on(laid.floor)
    bad = good.copy()
    bad[int(np.argmax(good[:, 4]))] = -1

    def better(problem, plan, *, parts, seed):
        assert (parts, seed, len(plan.unplaced)) == (8, 1, 1)
        found = as_schedule(problem, tuple(good.T))
        return replace(found, bounds=replace(found.bounds, windows=5, windows_proven=2, windows_open_cny=1.5))

    monkeypatch.setattr(park_solve, "certified", better)
    found, told = park_solve.proven(laid, bad, 8, 1)
    gain = counted(laid.problem, bad).total_cny - counted(laid.problem, good).total_cny
    assert found.tolist() == good.tolist()
    assert told == {"parts": 5, "parts_proven": 2, "gain_cny": round(gain, 4), "parts_open_cny": 1.5}
    assert gain > 0.0


def test_the_bench_writes_a_table_of_its_sets_and_says_when_there_are_none(tmp_path: Path) -> None:
    (tmp_path / "FJSP").mkdir()
    (tmp_path / "FJSP" / "1.txt").write_text(FILES["fjsp"])
    (tmp_path / "instances.csv").write_text(
        "problem,category,instance,num_jobs,num_machines,num_tasks,best_known,ortools_900s,cpoptimizer_900s\n"
        "FJSP,own,1.txt,2,2,3,8,10.0,8.0\n"
    )
    words = ("--set", "FJSP", "--seconds", 0.2)
    done = parkwright("make", "bench", tmp_path, *words, "--out", tmp_path / "table.md")
    assert done.exit_code == 0, done.output
    assert "| own | 1 | 25.00 % |" in done.stdout
    assert (tmp_path / "table.md").read_text() == done.stdout
    assert "FJSP 1.txt: [10], reference 8, gap 25.00 %" in done.stderr
    answer = json.loads(parkwright("make", "bench", tmp_path, *words, "--json").stdout)
    assert answer["FJSP"][0] == {
        "group": "own", "files": 1, "ours": 25.0, "peer": None, "ortools_900s": 25.0, "cpoptimizer_900s": 0.0,
    }  # fmt: skip
    none = parkwright("make", "bench", tmp_path / "FJSP")
    assert (none.exit_code, none.stdout) == (2, "")
    assert "holds no instances.csv" in none.stderr
