"""Charge curves of street lamps that were measured, from a CSV file."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from parkwright.energy import lamp_fleet
from parkwright.model.errors import Finding, ParkError
from parkwright.model.park import Park
from parkwright.model.tables import TIME

COLUMNS = ("start", "lamp_id", "charge_wh")


def read(path: Path, park: Park) -> pl.DataFrame:
    """Return what lamps told: start (the instant, UTC), lamp_id, charge_wh [Wh]; an empty cell is a silent lamp.

    start: ISO 8601 with an offset. lamp_id: the fleet's id and a number from 001, as the API's lamps.csv names them.

    Raises ParkError when the file cannot be read, lacks a column, or holds an instant, a lamp or a charge that cannot
    be: below zero, above what the battery holds new, or twice for one lamp and instant.
    """
    try:
        raw = pl.read_csv(path, infer_schema=False)
    except (OSError, pl.exceptions.PolarsError) as error:
        raise _refuse(path, 0, "file", f"cannot be read ({type(error).__name__})", "give a CSV file") from error
    missing = [name for name in COLUMNS if name not in raw.columns]
    if missing:
        raise _refuse(path, 1, "columns", f"lacks {', '.join(missing)}", f"give {', '.join(COLUMNS)}")
    text = raw.select(pl.col(name).str.strip_chars() for name in COLUMNS)
    known = {name: fleet.battery_wh for fleet in park.energy.lamps for name in lamp_fleet.names(fleet)}
    found = text.select(
        pl.col("start").str.to_datetime("%+", time_unit="ms", time_zone="UTC", strict=False).cast(TIME),
        "lamp_id",
        pl.col("charge_wh").cast(pl.Float64, strict=False),
    )
    most = found["lamp_id"].replace_strict(known, default=None, return_dtype=pl.Float64)
    given = text["charge_wh"].fill_null("") != ""
    charge = found["charge_wh"]
    checks = (
        ("start", found["start"].is_null(), "write instants as 2026-07-15T18:00:00+08:00"),
        ("lamp_id", most.is_null(), f"name a lamp of energy.toml, from {next(iter(known), 'none')}"),
        ("charge_wh", given & ~charge.is_finite().fill_null(False), "give a number of Wh, or leave the cell empty"),
        ("charge_wh", (charge < 0.0) | (charge > most), "give 0 to what the battery holds new"),
        ("start", found.select("start", "lamp_id").is_duplicated(), "give one charge for a lamp and an instant"),
    )
    for column, wrong, way_out in checks:
        if wrong.any():
            row = int(wrong.fill_null(False).arg_max() or 0)
            raise _refuse(path, row + 2, column, f"is {text[column][row] or ''!r:.40}", way_out)
    return found


def _refuse(path: Path, row: int, thing: str, found: str, way_out: str) -> ParkError:
    return ParkError([Finding(path.name, row, thing, found, way_out)])
