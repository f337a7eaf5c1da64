"""What the building cases of ASHRAE 140-2020 need: the results of the standard's programs and the weather of Denver."""

from __future__ import annotations

import csv
import gzip
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from parkwright.model.errors import ParkError
from parkwright.store.parse import Reader
from parkwright.store.weather import read_weather

SHIPPED = Path(__file__).parent / "standards"
RESULTS = SHIPPED / "ashrae140_2020.csv"
"""Example results of six programs (tables B8-1 to B8-5 of the standard), informative there: no pass or fail."""
WEATHER = SHIPPED / "denver_725650.epw.gz"
PROGRAMS = ("bsimac", "cse", "dest", "energyplus", "esp_r", "trnsys")

_SKY_CELL, _WIND_FROM_CELL, _ALTITUDE_CELL = 12, 20, 9
"""Positions of horizontal infrared and wind direction in an EPW row, of the altitude in its LOCATION row."""


@dataclass(frozen=True, slots=True)
class WeatherYear:
    """A typical year, hourly, with its place: latitude, longitude [deg], altitude [m] and zone [h east]."""

    hours: pl.DataFrame
    place: tuple[float, float, float]
    zone_h: float


def results() -> dict[tuple[str, str], tuple[float, ...]]:
    """Return the programs' results by case and quantity; a program that gives none is left out of its tuple."""
    with RESULTS.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return {(row["case"], row["quantity"]): tuple(float(row[name]) for name in PROGRAMS if row[name]) for row in rows}


def paired(case: str, other: str, quantity: str) -> tuple[float, ...]:
    """Return by how much each program's result for `case` differs from its own for `other`."""
    with RESULTS.open(newline="", encoding="utf-8") as file:
        rows = {(row["case"], row["quantity"]): row for row in csv.DictReader(file)}
    one, two = rows[case, quantity], rows[other, quantity]
    return tuple(float(one[name]) - float(two[name]) for name in PROGRAMS if one[name] and two[name])


def weather(path: Path = WEATHER) -> WeatherYear:
    """Return the weather of an EPW file, plain or gzipped, with the sky's heat radiation and the wind's direction.

    Raises ParkError with every finding when the file is no whole year of EPW rows.
    """
    if path.suffix == ".gz":
        text = gzip.decompress(path.read_bytes()).decode("utf-8") if path.is_file() else None
        reader = Reader(path.parent)
        if text is not None:
            reader = _Held(path.parent, text)
    else:
        reader = Reader(path.parent)
    hours, station = read_weather(reader, path.name)
    if reader.findings or station is None:
        raise ParkError(reader.findings)
    lines = reader.texts[path.name].splitlines()
    cells = [line.split(",") for line in lines[8:] if line.strip()]
    more = pl.DataFrame({
        "sky_w_per_m2": [float(row[_SKY_CELL]) for row in cells],
        "wind_from_deg": [float(row[_WIND_FROM_CELL]) for row in cells],
    })  # fmt: skip
    altitude = float(lines[0].split(",")[_ALTITUDE_CELL])
    whole = pl.concat([hours, more], how="horizontal")
    return WeatherYear(whole, (station.latitude, station.longitude, altitude), station.zone_h)


class _Held(Reader):
    """A reader of one text that is held already."""

    def __init__(self, folder: Path, text: str) -> None:
        super().__init__(folder)
        self._text = text

    def text(self, name: str) -> str | None:
        self.texts[name] = self._text
        self.seen.add(name)
        return self._text
