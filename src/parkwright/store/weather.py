"""Read a typical year of weather from an EPW file (EnergyPlus weather, hourly)."""

from __future__ import annotations

import io
from dataclasses import dataclass

import polars as pl

from parkwright.store.parse import Place, Reader

WEATHER_SCHEMA = {
    "month": pl.Int64,
    "day": pl.Int64,
    "hour": pl.Int64,
    "temperature_c": pl.Float64,
    "ghi_w_per_m2": pl.Float64,
    "dni_w_per_m2": pl.Float64,
    "dhi_w_per_m2": pl.Float64,
    "wind_m_per_s": pl.Float64,
    "humidity_share": pl.Float64,
}
"""Columns of `Park.weather`."""

HOURS = 8760
"""Rows of a typical year; EPW has no 29 February."""

_HEADER_ROWS = 8
_CELLS = 35


@dataclass(frozen=True, slots=True)
class _Field:
    """A column of an EPW row: position, name, scale to the park's unit, bounds in the file's unit, missing mark."""

    position: int
    name: str
    scale: float
    low: float
    high: float
    missing: float


_FIELDS = (
    # Positions, bounds and missing marks: EnergyPlus Auxiliary Programs, "EPW Data Dictionary", 2023.
    _Field(6, "temperature_c", 1.0, -70.0, 70.0, 99.9),
    _Field(8, "humidity_share", 0.01, 0.0, 110.0, 999.0),
    _Field(13, "ghi_w_per_m2", 1.0, 0.0, 1500.0, 9999.0),
    _Field(14, "dni_w_per_m2", 1.0, 0.0, 1500.0, 9999.0),
    _Field(15, "dhi_w_per_m2", 1.0, 0.0, 1500.0, 9999.0),
    _Field(21, "wind_m_per_s", 1.0, 0.0, 40.0, 999.0),
)


def empty_weather() -> pl.DataFrame:
    """Return the weather of a park that has none."""
    return pl.DataFrame(schema=WEATHER_SCHEMA)


@dataclass(frozen=True, slots=True)
class Station:
    """Where a weather file was made: latitude and longitude [deg], zone [h east of Greenwich]."""

    latitude: float
    longitude: float
    zone_h: float


def read_weather(reader: Reader, name: str) -> tuple[pl.DataFrame, Station | None]:
    """Return the hourly year of an EPW file and its station; what is wrong becomes findings of `reader`.

    EPW labels an hour by its end (1-24); here it is labelled by its start (0-23).
    """
    text = reader.text(name)
    if text is None:
        return empty_weather(), None
    lines = text.splitlines()
    station = _station(reader, name, lines[0] if lines else "")
    if station is None:
        return empty_weather(), None
    body = [line for line in lines[_HEADER_ROWS:] if line.strip()]
    for position, line in enumerate(body):
        cells = line.count(",") + 1
        if cells != _CELLS:
            row = Place(name, _HEADER_ROWS + 1 + position)
            reader.report(row, "hour", f"has {cells} cells", f"give the {_CELLS} of an EPW row")
            return empty_weather(), station
    if not body:
        reader.report(Place(name), "weather", "has no hours", f"give {HOURS} hourly rows after 8 header rows")
        return empty_weather(), station
    names = [f"cell_{position}" for position in range(_CELLS)]
    raw = pl.read_csv(
        io.StringIO("\n".join(body)), has_header=False, infer_schema=False, new_columns=names, quote_char=None
    )
    frame = _frame(reader, name, raw)
    return frame, station


def _station(reader: Reader, name: str, line: str) -> Station | None:
    cells = line.split(",")
    if cells[0].strip().upper() == "LOCATION" and len(cells) >= 9:
        try:
            return Station(float(cells[6]), float(cells[7]), float(cells[8]))
        except ValueError:
            pass
    reader.report(Place(name, 1), "header", "is no LOCATION row of an EPW file", "give an EPW file as published")
    return None


def _frame(reader: Reader, name: str, raw: pl.DataFrame) -> pl.DataFrame:
    hours = raw.select(
        pl.col("cell_1").cast(pl.Int64, strict=False).alias("month"),
        pl.col("cell_2").cast(pl.Int64, strict=False).alias("day"),
        (pl.col("cell_3").cast(pl.Int64, strict=False) - 1).alias("hour"),
        *(
            pl.col(f"cell_{field.position}").str.strip_chars().cast(pl.Float64, strict=False).alias(field.name)
            for field in _FIELDS
        ),
    )
    sound = _hours_follow(reader, name, hours)
    for field in _FIELDS:
        sound = _in_bounds(reader, name, hours[field.name], field) and sound
    if not sound:
        return empty_weather()
    scaled = hours.with_columns((pl.col(field.name) * field.scale).alias(field.name) for field in _FIELDS)
    return scaled.with_columns(pl.col("humidity_share").clip(0.0, 1.0)).select(*WEATHER_SCHEMA)


def _hours_follow(reader: Reader, name: str, hours: pl.DataFrame) -> bool:
    """Check that each hour of a year without 29 February stands once and in order; report the first that does not."""
    wanted = pl.datetime_range(
        pl.datetime(2023, 1, 1), pl.datetime(2024, 1, 1), "1h", closed="left", eager=True
    ).to_frame("at")
    wanted = wanted.select(
        pl.col("at").dt.month().cast(pl.Int64).alias("month"),
        pl.col("at").dt.day().cast(pl.Int64).alias("day"),
        pl.col("at").dt.hour().cast(pl.Int64).alias("hour"),
    )
    shared = min(hours.height, HOURS)
    same = pl.Series([True] * shared)
    for key in ("month", "day", "hour"):
        same &= (hours[key][:shared] == wanted[key][:shared]).fill_null(False)
    if not same.all():
        position = int((~same).arg_max() or 0)
        month, day, hour = wanted.row(position)
        found = "-".join(str(cell) for cell in hours.row(position)[:3])
        reader.report(
            Place(name, _HEADER_ROWS + 1 + position),
            f"hour {month:02d}-{day:02d} {hour:02d}:00",
            f"is not where it belongs (month-day-hour {found} is there)",
            f"give the {HOURS} hours of a year in order, without gaps",
        )
        return False
    if hours.height != HOURS:
        reader.report(
            Place(name), "weather", f"has {hours.height} hours", f"give {HOURS}, one year without 29 February"
        )
        return False
    return True


def _in_bounds(reader: Reader, name: str, values: pl.Series, field: _Field) -> bool:
    bad = values.is_null() | values.is_nan() | (values == field.missing) | (values < field.low) | (values > field.high)
    bad = bad.fill_null(True)
    if not bad.any():
        return True
    position = int(bad.arg_max() or 0)
    reader.report(
        Place(name, _HEADER_ROWS + 1 + position),
        field.name,
        f"is {values[position]} in column {field.position + 1} ({int(bad.sum())} such hours)",
        f"give a number from {field.low:g} to {field.high:g}",
    )
    return False
