"""The command `energy forecast`: the park's metered past, or its typical year, and what the next day may bring."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from parkwright.connect import files
from parkwright.energy import forecast, heat, load, score, solar, states, weather
from parkwright.energy.forecast import LEVELS, Band
from parkwright.energy.history import History, arrange, slots_of
from parkwright.model.errors import ForecastError
from parkwright.model.park import Park
from parkwright.store.journal import Journal
from parkwright.wire import ask
from parkwright.wire.places import Places

Reals = NDArray[np.float64]

MWH_PER_KWH = 1_000_000
TYPICAL_DAYS = 15
"""Days of the typical year before and after the day asked for that its band is drawn from."""
HEATING_LIMIT_C = 18.0
"""Outside temperature [degC] below which buildings are heated; base of the heating degree days HDD18."""
LEDGER_DAYS = 400
"""Days of the ledger that a forecast looks back."""
SIGNS = {"import": 1, "generation": 1, "discharge": 1, "export": -1, "charge": -1}
"""How the meters at the busbar make up what the site uses."""


@dataclass(frozen=True)
class Series:
    """A forecast series: what it was made from, its band by interval, and what was left out of its history."""

    source: str
    band: Band
    history_days: int
    repairs: tuple[str, ...] = ()


def answer(park: Park, folder: Path, day: date, var: Path, *, planned: int | None, proof_days: int) -> dict[str, Any]:
    """Return the forecast of `day`: load, solar power and heat by interval with quantiles.

    From metered files or the ledger below `var` where they know enough days; else from the typical year. planned: seed
    of a plan whose schedule gives the load of the machines by state; None leaves it out. proof_days: days at the end
    of the metered history that are forecast from what was known before, with floors beside; 0 leaves it out.

    Raises ForecastError when there is neither a metered past nor a typical year.
    """
    starts = park.intervals(day)
    slots = slots_of(starts, park.site.timezone, park.site.metering_interval_s)
    metered = histories(park, folder, var)
    series = _typical(park, day) if _has_year(park) else {}
    for name, past in metered.items():
        known = past.before(day)
        if len(known.days) >= forecast.LEAST_DAYS and (known.power_kw > 0.0).any():
            band = ahead(park, name, known, day).at(slots)
            series[name] = Series("metered", band, len(known.days), past.repairs)
    if not series and planned is None:
        raise ForecastError(
            f"{park.site.park_id}: has neither a typical year nor {forecast.LEAST_DAYS} metered days before {day}; "
            "give weather.epw, metered files, or run some days first"
        )
    found: dict[str, Any] = {"park": park.site.park_id, "day": day.isoformat(), "levels": list(LEVELS)}
    if "load" in metered and proof_days:
        found["proof"] = proof(park, metered["load"], proof_days)
    if planned is not None:
        found["machines_kw"] = _machines(park, day, planned, starts)
    found["series"] = {name: _told(one, starts) for name, one in sorted(series.items())}
    return found


def off_day(park: Park) -> Callable[[date], bool]:
    """Return whether a day is one of the park's holidays, as a function."""
    holidays = set(park.calendar.holidays)
    return lambda day: day.isoformat() in holidays


def histories(park: Park, folder: Path, var: Path) -> dict[str, History]:
    """Return what is metered: load (what the site uses), pv and heat (drawn from tanks), from files or the ledger."""
    parts = [files.read(park, folder, source)[0] for source in park.meter_files]
    places = Places(var, park.site.park_id)
    if places.journal.exists() and not parts:
        with Journal.reader(places.journal) as facts:
            days = facts.days("readings")[-LEDGER_DAYS:]
            parts = [facts.read("readings", days[0], days[-1])] if days else []
    return histories_of(park, parts)


def histories_of(park: Park, parts: Sequence[pl.DataFrame]) -> dict[str, History]:
    """Return what READINGS tell of load, pv and heat; what they do not hold is left out."""
    if not parts:
        return {}
    readings = pl.concat(parts).filter(pl.col("energy_mwh_int").is_not_null() & (pl.col("quality") == "good"))
    step_h = park.site.metering_interval_s / 3600.0
    sign = {
        meter.id: SIGNS[meter.role] for meter in park.meters if meter.commodity == "electricity" and meter.role in SIGNS
    }
    sun = [meter.id for meter in park.meters if meter.role == "generation"]
    tanks = {tank.id for tank in park.energy.tank}
    warm = [meter.id for meter in park.meters if meter.commodity == "heat" and meter.serves in tanks]
    found = {}
    for name, meters in (("load", sign), ("pv", dict.fromkeys(sun, 1)), ("heat", dict.fromkeys(warm, 1))):
        power = _power(readings, meters, step_h)
        if power.height:
            found[name] = arrange(power, park.site.timezone, park.site.metering_interval_s)
    return found


def proof(park: Park, history: History, days: int) -> dict[str, Any]:
    """Return how the last `days` of a load's history would have been forecast, beside the floors."""
    last = history.days[-days:]
    actual = history.power_kw[-days:]
    made = [forecast.load_ahead(history, day, off_day(park)) for day in last]
    ours = {"parkwright": np.stack([band.median_kw for band in made])}
    named = {**ours, **score.floors(history, last)}
    return {
        "first_day": last[0].isoformat(),
        "days": len(last),
        "nmae": {name: round(score.nmae(actual, each), 4) for name, each in named.items()},
        "coverage_80": round(score.coverage(actual, np.stack([band.quantile_kw for band in made], axis=1)), 4),
    }


def _power(readings: pl.DataFrame, sign: Mapping[str, int], step_h: float) -> pl.DataFrame:
    """Return start and power_kw of meters added up; an interval in which one of them is missing is left out."""
    rows = readings.filter(pl.col("meter_id").is_in(list(sign)))
    if rows.is_empty():
        return pl.DataFrame(schema={"start": readings.schema["start"], "power_kw": pl.Float64})
    needed = rows["meter_id"].n_unique()
    signed = pl.col("energy_mwh_int") * pl.col("meter_id").replace_strict(dict(sign), return_dtype=pl.Int64)
    sums = rows.group_by("start").agg(signed.sum().alias("mwh"), pl.col("meter_id").n_unique().alias("meters"))
    whole = sums.filter((pl.col("meters") == needed) & (pl.col("mwh") >= 0)).sort("start")
    return whole.select("start", (pl.col("mwh") / MWH_PER_KWH / step_h).alias("power_kw"))


def ahead(park: Park, name: str, past: History, day: date) -> Band:
    """Return the band of load, pv or heat on `day` from its history, by slot of the local clock."""
    if name == "load":
        return forecast.load_ahead(past, day, off_day(park))
    if name == "heat":
        drivers = np.stack([_heat_drivers(park, each) for each in (*past.days, day)])
        return forecast.driven_ahead(past, drivers[:-1], drivers[-1])
    expected = np.stack([_on_slots(park, each, _expected_kw(park, each)) for each in (*past.days, day)])
    return forecast.index_ahead(past, expected[:-1], expected[-1])


def _expected_kw(park: Park, day: date) -> Reals:
    """Return the solar power that the weather promises (T,) [kW]; that of a clear sky where the park has none."""
    if not _has_year(park):
        return solar.clear_kw(park, day)
    return solar.total_kw(park.energy.solar, park.site, weather.of_day(park, day))


def _heat_drivers(park: Park, day: date) -> Reals:
    """Return what heat follows by slot (S, 3): degrees below the heating limit, irradiance, whether people work."""
    sky = weather.of_day(park, day)
    cold = np.maximum(HEATING_LIMIT_C - sky["temperature_c"].to_numpy(), 0.0)
    work = load.overlap_share(sky["start"], park.site.metering_interval_s, park.shifts(day))
    return np.stack([_on_slots(park, day, each) for each in (cold, sky["ghi_w_per_m2"].to_numpy(), work)], axis=1)


def _on_slots(park: Park, day: date, values: Reals) -> Reals:
    """Return values by interval of a day as values by slot; a slot that the day lacks takes the one before."""
    slots = slots_of(park.intervals(day), park.site.timezone, park.site.metering_interval_s)
    wanted = np.arange(86_400 // park.site.metering_interval_s)
    last = np.searchsorted(slots, wanted, side="right") - 1
    found: Reals = values[np.maximum(last, 0)]
    return found


def _has_year(park: Park) -> bool:
    return not park.weather.is_empty()


def _typical(park: Park, day: date) -> dict[str, Series]:
    """Return load, pv and heat of `day` from like days of the typical year around it."""
    working = bool(park.shifts(day))
    around = [day + timedelta(days=offset) for offset in range(-TYPICAL_DAYS, TYPICAL_DAYS + 1)]
    alike = [each for each in around if bool(park.shifts(each)) == working]
    values: dict[str, list[Reals]] = {"load": [], "pv": [], "heat": []}
    for each in alike:
        sky, starts = weather.of_day(park, each), park.intervals(each)
        profile = load.profile(park, each, sky)
        frame = load.forecast(park, each, sky)
        values["load"].append(_on_slots(park, each, load.site_kw(park, frame, starts)))
        values["pv"].append(_on_slots(park, each, solar.total_kw(park.energy.solar, park.site, sky)))
        values["heat"].append(_on_slots(park, each, heat.hot_water_kw(park, each, starts) + profile.heating_kw))
    slots = slots_of(park.intervals(day), park.site.timezone, park.site.metering_interval_s)
    return {
        name: Series("typical year", forecast.spread_of(np.stack(each)).at(slots), len(alike))
        for name, each in values.items()
        if np.stack(each).any()
    }


def _machines(park: Park, day: date, seed: int, starts: pl.Series) -> dict[str, list[float]]:
    """Return the power of the machines of each line [kW] when they run the day's plan and rest by state."""
    power = states.planned_kw(park, ask.planned(park, day, seed).schedule, starts)
    return {
        line.id: [round(float(kw), 3) for kw in sum((power[unit.id] for unit in line.work_unit), np.zeros(len(starts)))]
        for line in park.work_centers
    }


def _told(one: Series, starts: pl.Series) -> dict[str, Any]:
    names = [f"q{round(level * 100):02d}_kw" for level in LEVELS]
    columns = {name: one.band.quantile_kw[place] for place, name in enumerate(names)} | {"mean_kw": one.band.mean_kw}
    frame = pl.DataFrame({"start": starts, **{name: np.round(each, 3) for name, each in columns.items()}})
    return {
        "source": one.source,
        "history_days": one.history_days,
        "repairs": list(one.repairs),
        "rows": ask.rows_of(frame),
    }
