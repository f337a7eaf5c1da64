"""Closed days of the small park, run once for all modules here; a module copies what it adds to or changes."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from run_park import ISO, write_folder
from typer.testing import CliRunner, Result

from parkwright.cli import app
from parkwright.store import folder
from parkwright.wire.headless import run_one

WEATHER = Path(__file__).parents[2] / "parks" / "tianjin" / "weather.epw"
HERE = ("31.2", "121.5")
"""Where the starter park lies; the year of another place serves it as well."""
SOLAR = """
[[solar]]
id = "PV1"
name = { en = "Roof", zh = "屋顶" }
building_id = "HALL"
peak_kw = 40.0
inverter_kw = 35.0
tilt_deg = 10.0
azimuth_deg = 180.0
loss_share = 0.14
temperature_per_k = -0.004
basis = "assumed: a test"
"""
SUN = "pv-1,Solar,光伏,,electricity,generation,PV1,other,,assumed: a test\n"


def _closed(home: Path, days: dict[date, int], *, with_sun: bool = False) -> Path:
    """Write the park SM, metered by the hour, to home/park and run each day with its seed into the ledger home/var."""
    write_folder(home / "park", 3600, "SM")
    if with_sun:
        for name, text in (("energy.toml", SOLAR), ("meters.csv", SUN)):
            with (home / "park" / name).open("a", encoding="utf-8") as file:
                file.write(text)
        head, rest = WEATHER.read_text("utf-8").split("\n", 1)
        fields = head.split(",")
        fields[6:8] = HERE
        (home / "park" / "weather.epw").write_text(f"{','.join(fields)}\n{rest}", "utf-8")
    park = folder.load(home / "park")
    for day, seed in days.items():
        run_one(park, home / "park", day, seed, home / "var")
    return home


@pytest.fixture(scope="session")
def closed_day(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with park/ and var/: 2026-07-15, closed."""
    return _closed(tmp_path_factory.mktemp("day"), {date(2026, 7, 15): 1})


@pytest.fixture(scope="session")
def closed_days(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with park/, which has solar power, and var/: the last day of June and the first of July 2026, closed."""
    return _closed(tmp_path_factory.mktemp("days"), {date(2026, 6, 30): 0, date(2026, 7, 1): 1}, with_sun=True)


@pytest.fixture(scope="session")
def commanded_day(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Result, Path]:
    """The park P1, metered by the hour, what the command said that ran its day, and the var folder of that day."""
    home = tmp_path_factory.mktemp("commanded")
    park_dir, var = write_folder(home / "park", 3600), home / "var"
    words = ["day", str(park_dir), "--date", ISO, "--json", "--var", str(var)]
    return park_dir, CliRunner().invoke(app, words), var
