"""The command line: what a user did wrong is said in lines with the way out, and ends with exit code 2."""

from __future__ import annotations

import json
import resource
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from run_park import ISO
from typer.testing import CliRunner

from parkwright.cli import app
from parkwright.store import chain
from parkwright.store.journal import Journal

HEAVY = ("polars", "numba", "numpy", "pandas", "nicegui", "fastapi", "pydantic", "duckdb", "sqlalchemy", "pvlib")
HOLDER = """
import sys, time
from pathlib import Path
from parkwright.store import lock
with lock.hold(Path(sys.argv[1]), "parkwright run somewhere"):
    print("held", flush=True)
    time.sleep(600)
"""


@pytest.fixture(scope="module")
def park_dir(commanded_day):
    return commanded_day[0]


def parkwright(*words: object):
    return CliRunner().invoke(app, [str(word) for word in words])


@pytest.fixture(scope="module")
def day(commanded_day):
    """A day run by the command: its answer and its var folder."""
    return commanded_day[1:]


def test_the_command_line_imports_nothing_heavy_before_it_knows_the_command():
    code = f"import sys, parkwright.cli; print([m for m in {HEAVY} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_help_names_the_commands_and_hides_the_workers():
    done = parkwright("--help")
    assert done.exit_code == 0
    for command in ("check", "new", "day", "run"):
        assert f"  {command} " in done.output
    assert "  worker " not in done.output


def test_a_day_prints_one_json_object_with_the_figures_of_the_issue(day):
    done, _ = day
    assert done.exit_code == 0, done.output
    answer = json.loads(done.stdout)
    assert {"units_good", "units_scrapped", "orders_late", "passports", "cost_cny", "wall_s", "peak_rss_mb"} <= set(
        answer
    )
    assert set(answer["energy_kwh"]) >= {"grid", "pv", "battery_in", "battery_out", "export"}
    assert set(answer["co2e_kg"]) >= {"location", "market"}
    assert answer["meters"] == {"count": 12, "attributed_kwh_residual_max": 0}
    assert answer["journals"]["unbalanced"] == 0
    assert answer["journals"]["count"] > 100
    assert answer["passports"] == answer["units_good"] > 100
    assert answer["day"] == ISO


def test_a_closed_day_is_not_run_over(day, park_dir):
    _, var = day
    again = parkwright("day", park_dir, "--date", ISO, "--var", var)
    assert (again.exit_code, again.stdout) == (2, "")
    assert again.stderr == f"P1 {ISO}: is closed in this ledger already; give another --var to run it again\n"


@pytest.mark.parametrize("text", ["tomorrow", "2026-13-01", "2026-02-30", "15.07.2026", ""])
def test_a_bad_date_is_told_with_an_example(park_dir, tmp_path, text):
    done = parkwright("day", park_dir, "--date", text, "--var", tmp_path)
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr == f"day {text!r}: is no date; write it as YYYY-MM-DD, for example 2026-07-15\n"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("command", [("day", "--date", ISO), ("run",), ("check",)])
def test_a_broken_folder_is_told_in_one_line_a_finding_and_leaves_nothing(park_dir, tmp_path, command):
    broken = tmp_path / "broken"
    shutil.copytree(park_dir, broken)
    toml = broken / "lines.toml"
    toml.write_text(toml.read_text().replace("cycle_s = 50.0", "cycle_s = -50.0").replace("mttr_s", "mtttr_s"))
    name, *options = command
    var = () if name == "check" else ("--var", tmp_path / "var")
    done = parkwright(name, broken, *options, *var)
    assert done.exit_code == 2
    said = done.stderr.splitlines() if name != "check" else done.stdout.splitlines()
    found = [line for line in said if line.startswith("lines.toml:")]
    assert len(found) >= 2
    assert any("cycle_s" in line for line in found)
    assert any("mtttr_s" in line for line in found)
    assert "Traceback" not in done.output
    assert not (tmp_path / "var").exists()


def test_a_folder_that_is_not_there_is_told_by_name(tmp_path):
    done = parkwright("day", tmp_path / "nowhere", "--date", ISO)
    assert done.exit_code == 2
    assert "nowhere" in done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize("command", [("day", "--date", ISO), ("run", "--port", "0")])
def test_a_second_process_on_one_var_folder_is_refused_by_name(park_dir, tmp_path, command):
    name, *options = command
    if name == "run":
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            options = ["--port", str(probe.getsockname()[1])]
    holder = subprocess.Popen([sys.executable, "-c", HOLDER, str(tmp_path / "P1")], stdout=subprocess.PIPE, text=True)
    try:
        assert holder.stdout.readline() == "held\n"
        done = parkwright(name, park_dir, *options, "--var", tmp_path)
    finally:
        holder.kill()
        holder.wait()
    assert done.exit_code == 2
    assert f"{tmp_path / 'P1'}: is in use by 'parkwright run somewhere' (process {holder.pid}, since " in done.stderr
    assert "stop that process first, or name another folder" in done.stderr
    assert not (tmp_path / "P1" / "ledger.db").exists()


def test_a_port_in_use_is_told_with_the_option_for_another(park_dir, tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = parkwright("run", park_dir, "--port", port, "--var", tmp_path / "var")
    assert done.exit_code == 2
    way_out = "stop the program that uses it, or choose another with --port (make run PORT=8081)"
    assert done.stderr == f"port {port}: Address already in use; {way_out}\n"
    assert not (tmp_path / "var").exists()


def test_a_var_folder_that_cannot_be_written_is_told(park_dir, tmp_path):
    (tmp_path / "file").write_text("not a folder")
    done = parkwright("day", park_dir, "--date", ISO, "--var", tmp_path / "file")
    assert done.exit_code == 2
    assert f"{tmp_path / 'file'}" in done.stderr
    assert len(done.stderr.splitlines()) == 1


@contextmanager
def small_files() -> Iterator[None]:
    """Let this process write no file beyond 300 kB, as if the disk were full."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.slow
def test_a_disk_full_during_a_day_ends_with_a_named_error_and_the_day_goes_on_after(day, park_dir, tmp_path):
    words = ["day", park_dir, "--date", ISO, "--var", tmp_path]
    with small_files():
        done = parkwright(*words)
    ledger = tmp_path / "P1" / "ledger.db"
    assert done.exit_code == 2, done.stderr
    assert str(ledger) in done.stderr
    assert "free space on this disk" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    again = parkwright(*words)
    assert again.exit_code == 0, again.output
    for told in ("units good", "energy from the grid", "kWh", "kg CO2e", "largest attribution residual", "wall time"):
        assert told in again.output
    assert "alarms" in again.output.lower().splitlines()[-1] or "alarms, the worst" in again.output
    assert chain.failures(ledger) == []
    with Journal(ledger) as one, Journal(day[1] / "P1" / "ledger.db") as other:
        assert one.head() == other.head()


def test_a_new_park_is_made_checks_clean_and_is_not_written_twice(tmp_path):
    made = parkwright("new", tmp_path / "mine", "--id", "MINE")
    assert made.exit_code == 0
    checked = parkwright("check", tmp_path / "mine")
    assert (checked.exit_code, checked.stdout) == (0, f"{tmp_path / 'mine'}: no findings\n")
    again = parkwright("new", tmp_path / "mine")
    assert again.exit_code == 2
    assert "is not empty" in again.stderr


def test_findings_as_json_are_one_object(park_dir, tmp_path):
    done = parkwright("check", park_dir, "--json")
    assert json.loads(done.stdout) == {"park": str(park_dir), "findings": []}
    assert Path(park_dir).is_dir()
