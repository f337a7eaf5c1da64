"""Every command that answers a question gives the page's answer, for a person and as one JSON object."""

from __future__ import annotations

import csv
import json
import shutil
from decimal import Decimal

import polars as pl
import pytest
from run_park import DAY, ISO
from typer.testing import CliRunner

from parkwright.cli import app
from parkwright.store import folder
from parkwright.store.journal import Journal
from parkwright.wire import ask, report


@pytest.fixture(scope="module")
def park_dir(commanded_day):
    return commanded_day[0]


@pytest.fixture(scope="module")
def closed(commanded_day):
    """The var folder of a closed day."""
    return commanded_day[2]


def parkwright(*words: object):
    return CliRunner().invoke(app, [str(word) for word in words])


def answer(*words: object) -> dict:
    done = parkwright(*words, "--json")
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def plan(park_dir):
    return ask.planned(folder.load(park_dir), DAY, 1)


@pytest.fixture(scope="module")
def unit(closed):
    with Journal.reader(closed / "P1" / "ledger.db") as facts:
        return facts.read("passports", ISO)["unit_id"][0]


def test_the_worst_alarms_come_first_and_no_alarm_is_said_too():
    none = {"alarms": {"count": 0, "worst": []}}
    assert report.alarm_lines(none) == ["No alarms."]
    two = {"alarms": {"count": 7, "worst": [{"text": "first"}, {"text": "second"}]}}
    assert report.alarm_lines(two) == ["7 alarms, the worst:", "  first", "  second"]


def test_the_alarms_of_a_day_are_those_of_its_facts(park_dir, closed):
    found = answer("quality", "alarms", park_dir, "--date", ISO, "--var", closed)
    with Journal.reader(closed / "P1" / "ledger.db") as facts:
        recorded = facts.read("alarms", ISO)
    assert found["day"] == ISO
    assert {alarm["thing_id"] for alarm in found["alarms"]} == set(recorded["thing_id"])


def test_home_answers_with_the_five_figures_and_the_strip(park_dir, closed):
    found = answer("home", park_dir, "--var", closed)
    assert len(found["figures"]) == 5
    units = next(figure for figure in found["figures"] if figure["key"] == "units_out")
    with Journal.reader(closed / "P1" / "ledger.db") as facts:
        assert units["value"] == facts.read("passports", ISO)["unit_id"].n_unique()


def test_the_wall_answers_with_six_figures(park_dir, closed):
    assert len(answer("wall", park_dir, "--var", closed)["figures"]) == 6


def test_energy_of_a_day_balances_at_the_site(park_dir, closed):
    flow = answer("energy", "day", park_dir, "--date", ISO, "--var", closed)["flow"]
    into = sum(link["energy_kwh"] for link in flow["links"] if link["target"] == "site")
    out = sum(link["energy_kwh"] for link in flow["links"] if link["source"] == "site")
    assert into == pytest.approx(out, rel=1e-3)
    assert into > 0


def test_a_passport_its_explanation_and_its_genealogy_are_of_the_unit_asked_for(park_dir, closed, unit):
    for words in (("carbon", "passport"), ("carbon", "explain"), ("make", "genealogy")):
        found = answer(*words, park_dir, unit, "--var", closed)
        assert found["unit_id"] == unit
    for_a_person = parkwright("carbon", "passport", park_dir, unit, "--var", closed)
    assert unit in for_a_person.output


@pytest.mark.parametrize("words", [("carbon", "passport"), ("carbon", "explain"), ("make", "genealogy")])
def test_a_unit_that_is_not_there_is_told_by_its_number(park_dir, closed, words):
    done = parkwright(*words, park_dir, "P1-260715-L1-999999", "--var", closed)
    assert done.exit_code == 2
    assert "unit P1-260715-L1-999999: has no " in done.output


def test_a_question_before_the_first_day_is_told_what_to_run(park_dir, tmp_path):
    done = parkwright("home", park_dir, "--var", tmp_path)
    assert done.exit_code == 2
    assert "there is no ledger of P1 yet; run parkwright day" in done.output


def test_a_plan_is_the_same_each_time_and_names_what_has_no_place(park_dir, tmp_path):
    first, second = (answer("plan", park_dir, "--date", ISO) for _ in range(2))
    assert first == second
    assert first["violations"] == []
    assert first["placed"] + len(first["unplaced"]) == first["jobs"]
    assert answer("plan", park_dir, "--date", ISO, "--seed", 2)["digest"] != first["digest"]


@pytest.mark.parametrize(
    ("words", "table", "column"),
    [
        (("make", "orders"), "orders", "order_id"),
        (("move", "tasks"), "tasks", "task_id"),
        (("energy", "dispatch"), "dispatch", "asset_id"),
        (("supply", "kits"), "kits", "job_id"),
    ],
)
def test_a_planned_table_is_whole_as_json_csv_and_parquet_and_short_on_screen(
    park_dir, plan, tmp_path, monkeypatch, words, table, column
):
    monkeypatch.setattr(ask, "planned", lambda _park, day, seed: {(DAY, 1): plan}[day, seed])
    rows = answer(*words, park_dir, "--date", ISO)[table]
    assert rows
    assert column in rows[0]
    for name in ("t.csv", "t.parquet"):
        assert parkwright(*words, park_dir, "--date", ISO, "--out", tmp_path / name).exit_code == 0
    with (tmp_path / "t.csv").open() as file:
        assert [row[column] for row in csv.DictReader(file)] == [row[column] for row in rows]
    assert pl.read_parquet(tmp_path / "t.parquet")[column].to_list() == [row[column] for row in rows]
    shown = parkwright(*words, park_dir, "--date", ISO).output
    assert f"{len(rows)} rows; --out FILE.csv writes them all" in shown


def test_a_file_in_a_folder_that_is_not_there_is_told(park_dir, tmp_path):
    done = parkwright("make", "orders", park_dir, "--date", ISO, "--out", tmp_path / "no" / "t.csv")
    assert done.exit_code == 2
    assert "give a file in a folder that exists" in done.output


def test_an_exported_bundle_verifies_and_a_changed_one_does_not(park_dir, closed, tmp_path):
    target = tmp_path / "bundle"
    found = answer("carbon", "export", park_dir, target, "--from", ISO, "--to", ISO, "--var", closed)
    assert found["verify"].endswith(str(target))
    assert parkwright("carbon", "verify", target).exit_code == 0
    victim = max(target.rglob("*.csv"), key=lambda path: path.stat().st_size)
    victim.write_bytes(victim.read_bytes()[:-2] + b"x\n")
    assert parkwright("carbon", "verify", target).exit_code == 1


def test_the_kits_of_a_plan_are_those_its_jobs_wait_for(park_dir):
    park = folder.load(park_dir)
    plan = ask.planned(park, DAY, 1)
    kits = ask.kits(plan)
    assert sorted(kits["job_id"]) == sorted(plan.jobs["job_id"])
    assert kits["kit_ready"].is_sorted()


@pytest.mark.parametrize(
    ("command", "key"),
    [("inventory", "scope2"), ("targets", "targets"), ("abate", "curve"), ("indicators", "standard_coal_t")],
)
def test_reports_of_closed_days_answer_for_the_span_asked(park_dir, closed, command, key):
    words = ("carbon", command, park_dir, "--from", ISO, "--to", ISO, "--var", closed)
    assert key in answer(*words)
    assert key in parkwright(*words).output


def test_scope_2_of_the_inventory_is_that_of_the_books(park_dir, closed):
    found = answer("carbon", "inventory", park_dir, "--from", ISO, "--to", ISO, "--var", closed)
    with Journal.reader(closed / "P1" / "ledger.db") as facts:
        books = dict(facts.read("books", ISO).select("key", "value").iter_rows())
    assert float(found["scope2"]["location_kg"]) == pytest.approx(books["co2e_kg.scope2_location"], abs=1e-6)
    assert float(found["scope2"]["market_kg"]) == pytest.approx(books["co2e_kg.scope2_market"], abs=1e-6)


def test_a_report_of_days_that_are_not_closed_is_told(park_dir, closed):
    words = ("--from", "2026-07-01", "--to", "2026-07-02", "--var", closed)
    done = parkwright("carbon", "inventory", park_dir, *words)
    assert done.exit_code == 2
    assert "2026-07-01" in done.output


@pytest.mark.parametrize("instant", ["yesterday", "2026-07-16T00:00:00"])
def test_an_instant_without_meaning_or_offset_is_told_with_an_example(park_dir, closed, instant):
    words = ("--from", ISO, "--to", ISO, "--as-of", instant, "--var", closed)
    done = parkwright("carbon", "inventory", park_dir, *words)
    assert done.exit_code == 2
    assert "write 2026-07-31T18:00:00+08:00" in done.output


def test_a_late_reading_restates_the_day_and_the_old_report_stays(park_dir, closed, tmp_path):
    var = tmp_path / "var"
    shutil.copytree(closed, var)
    before = answer("carbon", "inventory", park_dir, "--from", ISO, "--to", ISO, "--var", var)
    with Journal.reader(var / "P1" / "ledger.db") as facts:
        reading = facts.read("readings", ISO).filter(pl.col("meter_id") == "grid-in").sort("start").row(0, named=True)
    late = tmp_path / "late.csv"
    late.write_text(
        f"start,meter_id,energy_kwh\n{reading['start'].isoformat()},grid-in,{reading['energy_mwh_int'] / 1e6 + 10}\n"
    )
    told = ("--reason", "late_reading", "--text", "the gateway was down", "--var", var)
    done = parkwright("carbon", "restate", park_dir, late, "--date", ISO, *told)
    assert done.exit_code == 0, done.output
    after = answer("carbon", "inventory", park_dir, "--from", ISO, "--to", ISO, "--var", var)
    park = folder.load(park_dir)
    factor = Decimal(park.factor[park.site.accounting_grid_factor].value)
    more = Decimal(str(after["scope2"]["location_kg"])) - Decimal(str(before["scope2"]["location_kg"]))
    assert more == 10 * factor
    with Journal.reader(var / "P1" / "ledger.db") as facts:
        unit_id = facts.read("passports", ISO)["unit_id"][0]
    explained = answer("carbon", "explain", park_dir, unit_id, "--var", var)
    assert (explained["difference_mwh_int"], explained["difference_ug"]) == (0, 0)


def test_the_report_is_the_pages_for_a_person_and_as_json(park_dir, closed):
    found = answer("report", park_dir, "--var", closed, "--from", ISO, "--to", ISO)
    measures = {one["key"]: one["value"] for one in found["whole"]["measures"]}
    with Journal.reader(closed / "P1" / "ledger.db") as facts:
        books = dict(facts.read("books", ISO).select("key", "value").iter_rows())
    assert (measures["units"], measures["cost"]) == (books["units_good"], books["cost_cny"])
    words = ["report", park_dir, "--var", closed, "--grain", "month", "--compare", "year", "--to", "2026-07-31"]
    shown = CliRunner().invoke(app, [str(word) for word in (*words, "--from", "2026-07-01")], env={"COLUMNS": "240"})
    assert "2026-07-01 - 2026-07-31 (1 of 31 closed)" in shown.output
    assert "the year before" in shown.output


def test_a_report_of_no_scope_or_of_no_closed_day_is_refused(park_dir, closed, tmp_path):
    done = parkwright("report", park_dir, "--var", closed, "--scope", "NIX")
    assert (done.exit_code, "scope NIX: no building or line" in done.output) == (2, True)
    done = parkwright("report", park_dir, "--var", tmp_path)
    assert (done.exit_code, "there is no ledger" in done.output) == (2, True)
