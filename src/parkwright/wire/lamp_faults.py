"""The command `energy lamp-faults`: what is wrong with the street lamps, from their charge curves."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from parkwright.energy import lamp_faults, lamp_fleet, sun
from parkwright.model.errors import ParkwrightError, PlanError
from parkwright.model.park import Park
from parkwright.model.plant import LampFleet
from parkwright.model.tables import SAMPLES
from parkwright.store import lamp_curves
from parkwright.store.journal import Journal
from parkwright.wire.places import Places
from parkwright.wire.yields import SKY, sky_of_day

Reals = NDArray[np.float64]

SILENT_AFTER = timedelta(hours=24)
"""A lamp that has told nothing for this long is called silent; assumed."""


def answer(park: Park, var: Path, last_days: int, curves: Path | None = None) -> dict[str, Any]:
    """Return the faults of each fleet from what its lamps told in the last days of the ledger, or from a CSV file.

    Every lamp is told with its place, what it holds and its fault; of silent lamps nothing is judged. The weather is
    what the park's station measured, or the typical year where the ledger has no sample of it.

    Raises ParkwrightError when the park has no lamps, no lamp told a charge, or the instants are not evenly spaced.
    """
    if not park.energy.lamps:
        raise ParkwrightError(f"{park.site.park_id}: has no lamps; add [[lamps]] to energy.toml")
    told, sky = _told(park, var, last_days, curves)
    if told.is_empty():
        raise ParkwrightError(
            f"{park.site.park_id}: no lamp told its charge; run parkwright day, or give measured curves with --curves"
        )
    ends = _grid(told)
    ghi, dark = _weather(park, ends, sky)
    fleets = [_fleet(fleet, _curves(fleet, told, ends), ends, ghi, dark) for fleet in park.energy.lamps]
    return {
        "park": park.site.park_id,
        "source": curves.name if curves else "ledger",
        "weather": "typical year" if sky.is_empty() else "measured",
        "sun_known_share": round(float(1.0 - np.isnan(ghi).mean()), 4),
        "first": ends[0].isoformat(),
        "last": ends[-1].isoformat(),
        "fleets": fleets,
    }


def _told(park: Park, var: Path, last_days: int, curves: Path | None) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return what lamps told (start, lamp_id, charge_wh) and SAMPLES of the weather station of the same days."""
    signals = {signal: signal.split("/")[0] for fleet in park.energy.lamps for signal in lamp_fleet.signals(fleet)}
    given = lamp_curves.read(curves, park) if curves else None
    journal = Places(var, park.site.park_id).journal
    if not journal.exists():
        if given is None:
            raise ParkwrightError(f"{journal}: there is no ledger yet; run parkwright day, or give --curves")
        return given, SAMPLES.empty()
    with Journal.reader(journal) as facts:
        if given is None:
            days = facts.days("samples")[-last_days:]
        else:
            days = [
                day.isoformat() for day in given["start"].dt.convert_time_zone(park.site.timezone).dt.date().unique()
            ]
        wanted = [*SKY] if given is not None else [*SKY, *signals]
        rows = pl.concat([SAMPLES.empty(), *(facts.lookup("samples", day, "signal_id", wanted) for day in days)])
    sky = rows.filter(pl.col("signal_id").is_in(list(SKY)))
    if given is not None:
        return given, sky
    mine = rows.filter(pl.col("signal_id").is_in(list(signals)))
    lamp_id = pl.col("signal_id").replace_strict(signals, return_dtype=pl.String).alias("lamp_id")
    named = mine.select("start", lamp_id, pl.col("value").alias("charge_wh"))
    return named.unique(["start", "lamp_id"], keep="last", maintain_order=True), sky


def _grid(told: pl.DataFrame) -> list[datetime]:
    """Return the instants from the first to the last at which lamps tell, evenly spaced."""
    instants = told["start"].unique().sort().to_list()
    if len(instants) < 2:
        raise ParkwrightError(f"lamps: told at {len(instants)} instant; give at least a night and a day of curves")
    step = Counter(after - before for before, after in pairwise(instants)).most_common(1)[0][0]
    odd = next((one for one in instants if (one - instants[0]) % step), None)
    if odd is not None:
        raise ParkwrightError(
            f"lamps: told every {step}, but also at {odd.isoformat()}; give charges at evenly spaced instants"
        )
    return [instants[0] + n * step for n in range((instants[-1] - instants[0]) // step + 1)]


def _curves(fleet: LampFleet, told: pl.DataFrame, ends: list[datetime]) -> Reals:
    """Return the fleet's curves (N, T) [Wh]; NaN where a lamp was silent."""
    row = {name: number for number, name in enumerate(lamp_fleet.names(fleet))}
    column = {end: number for number, end in enumerate(ends)}
    found = np.full((len(row), len(ends)), np.nan)
    mine = told.filter(pl.col("lamp_id").is_in(list(row)), pl.col("charge_wh").is_not_null())
    rows = mine["lamp_id"].replace_strict(row, return_dtype=pl.Int64).to_numpy()
    found[rows, [column[at] for at in mine["start"].to_list()]] = mine["charge_wh"].to_numpy()
    return found


def _weather(park: Park, ends: list[datetime], sky: pl.DataFrame) -> tuple[Reals, NDArray[np.bool_]]:
    """Return the mean irradiance of the steps that end at `ends` (T,) [W/m2], NaN if not known, and which are dark."""
    step = ends[1] - ends[0]
    first, last = ((at.astimezone(park.zone)).date() for at in (ends[0] - step, ends[-1]))
    days: list[date] = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    frames = [sky_of_day(park, day, sky).select("start", "ghi_w_per_m2") for day in days]
    whole = pl.concat(frames)
    step_s = park.site.metering_interval_s
    edges = np.append(whole["start"].dt.epoch("s").to_numpy(), whole["start"][-1].timestamp() + step_s)
    ghi = whole["ghi_w_per_m2"].to_numpy()
    known = ~np.isnan(ghi)
    until = np.array([end.timestamp() for end in ends])

    def mean(values: Reals) -> Reals:
        total = np.concatenate([[0.0], np.cumsum(values * np.diff(edges))])
        found: Reals = np.interp(until, edges, total) - np.interp(until - step.total_seconds(), edges, total)
        return found / step.total_seconds()

    seen = mean(known.astype(np.float64))
    middles = pl.Series(ends).dt.offset_by(f"-{round(step.total_seconds() / 2)}s")
    elevation, _ = sun.position(park.site, middles)
    return np.where(seen > 1.0 - 1e-6, mean(np.where(known, ghi, 0.0)), np.nan), np.asarray(elevation < 0.0)


def _fleet(
    fleet: LampFleet, charge_wh: Reals, ends: list[datetime], ghi: Reals, dark: NDArray[np.bool_]
) -> dict[str, Any]:
    note = ""
    try:
        found = lamp_faults.faults(charge_wh, ghi, dark)
    except PlanError as error:
        found, note = {}, str(error)
    lately = np.array([end > ends[-1] - SILENT_AFTER for end in ends])
    silent: NDArray[np.bool_] = np.asarray(np.isnan(charge_wh[:, lately]).all(axis=1))
    names, places = lamp_fleet.names(fleet), lamp_fleet.places(fleet).round(1).tolist()
    lamps = []
    for number, (name, (east_m, north_m)) in enumerate(zip(names, places, strict=True)):
        known = charge_wh[number][~np.isnan(charge_wh[number])]
        fault = found.get(number)
        lamps.append(
            {
                "lamp": name, "east_m": east_m, "north_m": north_m,
                "charge_wh": round(float(known[-1]), 1) if known.size else None,
                "least_wh": round(float(known.min()), 1) if known.size else None,
                "fault": fault.kind if fault else None, "share": round(fault.share, 3) if fault else None,
                "silent": bool(silent[number]),
            }
        )  # fmt: skip
    return {
        "fleet": fleet.id,
        "count": fleet.count,
        "told": int((~np.isnan(charge_wh)).any(axis=1).sum()),
        "note": note,
        "silent": [name for name, quiet in zip(names, silent, strict=True) if quiet],
        "faults": [
            {"lamp": names[number], "kind": one.kind, "share": round(one.share, 3), "text": one.text}
            for number, one in found.items()
        ],
        "lamps": lamps,
    }
