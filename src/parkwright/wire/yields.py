"""The command `energy solar`: how the park's solar fields did against the weather, and what is wrong with them."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from parkwright.connect import files
from parkwright.energy import solar, solar_faults, sun, weather
from parkwright.energy.history import History, arrange, slots_of
from parkwright.model.errors import ParkwrightError
from parkwright.model.park import Park
from parkwright.model.plant import SolarField
from parkwright.store.journal import Journal
from parkwright.wire.places import Places

Reals = NDArray[np.float64]

MWH_PER_KWH = 1_000_000
LEDGER_DAYS = 400
"""Days of the ledger that are looked back on at most."""
SKY = {f"weather/{name}": name for name in ("ghi_w_per_m2", "temperature_c", "dni_w_per_m2", "dhi_w_per_m2")}
"""Signals of the park's weather station, and what they measure; a station without the last two is usual."""
RADIATION = ("ghi", "dni", "dhi")
BY_BEAM = "shading"
"""What only direct and diffuse radiation tell: a rule that splits the global one errs by the hour, as a shade does."""
BEAM_SHARE = 0.9
"""Share of what is told of global radiation that direct and diffuse have to be told of, to go by them; assumed."""


def answer(park: Park, folder: Path, var: Path, last_days: int) -> dict[str, Any]:
    """Return what each field gave in its last metered days, its performance ratios, and its faults.

    performance_ratio: energy over that of the modules at 1,000 W/m2 on their plane (IEC 61724-1). against_weather:
    energy over what the weather promises, losses and temperature counted. The weather is what the park's station
    measured, or the typical year where it did not. not_judged: faults that this weather cannot show. judged: whether
    the sun was expected to shine on a field at all; before its first sunrise nothing is wrong with it, nor right.

    Raises ParkwrightError when the park has no field, or no day of any is metered.
    """
    if not park.energy.solar:
        raise ParkwrightError(f"{park.site.park_id}: has no solar field; add [[solar]] to energy.toml")
    readings, samples = _metered(park, folder, var)
    beam = _beam_known(samples)
    fields = [_field(park, one, readings, samples, last_days, beam) for one in park.energy.solar]
    if not any(one["days"] for one in fields):
        raise ParkwrightError(
            f"{park.site.park_id}: no day of a generation meter is known; run parkwright day, or give metered files"
        )
    return {
        "park": park.site.park_id,
        "weather": "measured" if samples.height else "typical year",
        "not_judged": [] if beam else [BY_BEAM],
        "fields": fields,
    }


def _beam_known(samples: pl.DataFrame) -> bool:
    """Return whether the station told direct and diffuse radiation beside the global one, or none of them."""
    if samples.is_empty():
        return True
    ghi, dni, dhi = (samples.filter(pl.col("signal_id") == f"weather/{name}_w_per_m2").height for name in RADIATION)
    return min(dni, dhi) >= BEAM_SHARE * ghi


def _metered(park: Park, folder: Path, var: Path) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return READINGS of generation meters and SAMPLES of the weather station."""
    meters = [meter.id for meter in park.meters if meter.role == "generation"]
    parts = [files.read(park, folder, source)[0] for source in park.meter_files]
    if parts:
        return pl.concat(parts).filter(pl.col("meter_id").is_in(meters)), pl.DataFrame()
    places = Places(var, park.site.park_id)
    if not places.journal.exists():
        raise ParkwrightError(f"{places.journal}: there is no ledger yet; run parkwright day, or give metered files")
    with Journal.reader(places.journal) as facts:
        days = facts.days("readings")[-LEDGER_DAYS:]
        if not days:
            return pl.DataFrame(), pl.DataFrame()
        readings = facts.read("readings", days[0], days[-1]).filter(pl.col("meter_id").is_in(meters))
        sky = [facts.lookup("samples", day, "signal_id", name) for day in days for name in SKY]
        return readings, pl.concat(sky)


def _field(
    park: Park, field: SolarField, readings: pl.DataFrame, samples: pl.DataFrame, last_days: int, beam_known: bool
) -> dict[str, Any]:
    power = _power(park, field, readings)
    if power.is_empty():
        return _named(field) | {"days": 0, "judged": False, "faults": [], "daily": []}
    past = arrange(power, park.site.timezone, park.site.metering_interval_s)
    past = History(past.days[-last_days:], past.power_kw[-last_days:], past.repairs)
    measured = past.power_kw
    skies = [sky_of_day(park, day, samples) for day in past.days]
    plane = np.stack([_on_slots(park, sky, _plane(field, park, sky)) for sky in skies])
    expected = np.stack([_on_slots(park, sky, solar.power_kw(field, park.site, sky)) for sky in skies])
    known = ~np.isnan(measured) & ~np.isnan(expected)
    measured = np.where(known, measured, np.nan)
    expected, plane = np.where(known, expected, 0.0), np.where(known, plane, 0.0)
    step_h = park.site.metering_interval_s / 3600.0
    came, promised = float(np.nansum(measured)) * step_h, float(expected.sum()) * step_h
    full = float(plane.sum()) * step_h / 1000.0 * field.peak_kw
    found = solar_faults.faults(past.days, expected, measured, field.inverter_kw, beam_known) if known.any() else ()
    daily = solar_faults.performance_ratio(expected, measured)
    return _named(field) | {
        "days": len(past.days),
        "judged": promised > 0.0,
        "first_day": past.days[0].isoformat(),
        "last_day": past.days[-1].isoformat(),
        "measured_kwh": round(came, 3),
        "expected_kwh": round(promised, 3),
        "kwh_per_kwp": round(came / field.peak_kw, 4),
        "performance_ratio": round(came / full, 4) if full > 0.0 else None,
        "against_weather": round(came / promised, 4) if promised > 0.0 else None,
        "worst_day": _worst(past.days, daily),
        "repairs": list(past.repairs),
        "faults": [
            {"kind": one.kind, "since": one.since.isoformat(), "size": round(one.size, 4), "text": one.text}
            for one in found
        ],
        "daily": [
            {
                "day": day.isoformat(), "measured_kwh": round(float(np.nansum(got)) * step_h, 3),
                "expected_kwh": round(float(want.sum()) * step_h, 3),
                "against_weather": None if np.isnan(ratio) else round(float(ratio), 4),
            }
            for day, got, want, ratio in zip(past.days, measured, expected, daily, strict=True)
        ],
    }  # fmt: skip


def _named(field: SolarField) -> dict[str, Any]:
    return {"field": field.id, "name_en": field.name.en, "name_zh": field.name.zh, "peak_kw": field.peak_kw}


def _worst(days: tuple[date, ...], daily: Reals) -> dict[str, Any] | None:
    if np.isnan(daily).all():
        return None
    row = int(np.nanargmin(daily))
    return {"day": days[row].isoformat(), "against_weather": round(float(daily[row]), 4)}


def _power(park: Park, field: SolarField, readings: pl.DataFrame) -> pl.DataFrame:
    """Return start and power_kw of the field's own meter; empty where it has none."""
    meters = [meter.id for meter in park.meters if meter.role == "generation" and meter.serves == field.id]
    if readings.is_empty() or not meters:
        return pl.DataFrame(schema={"start": pl.Datetime("ms", "UTC"), "power_kw": pl.Float64})
    step_h = park.site.metering_interval_s / 3600.0
    good = readings.filter(
        pl.col("meter_id").is_in(meters) & pl.col("energy_mwh_int").is_not_null() & (pl.col("quality") != "estimated")
    )
    return good.select("start", (pl.col("energy_mwh_int") / MWH_PER_KWH / step_h).alias("power_kw"))


def sky_of_day(park: Park, day: date, samples: pl.DataFrame) -> pl.DataFrame:
    """Return the weather of a day by interval: as measured, unknown where it was not; else the typical year's.

    Direct and diffuse radiation are split from the global one where the station does not measure them.

    samples: SAMPLES of the park's weather station (SKY); without any, the typical year is taken.
    """
    if samples.is_empty():
        return weather.of_day(park, day)
    starts, step_s = park.intervals(day), park.site.metering_interval_s
    low, high = park.day_bounds(day)
    named = samples.filter((pl.col("start") > low) & (pl.col("start") <= high)).with_columns(
        pl.col("signal_id").replace_strict(SKY, return_dtype=pl.String).alias("name"),
        (pl.col("start") - pl.duration(milliseconds=1)).dt.truncate(f"{step_s}s").alias("interval"),
    )
    means = named.group_by("interval", "name").agg(pl.col("value").mean())
    wide = pl.DataFrame({"interval": starts})
    for name in SKY.values():
        part = means.filter(pl.col("name") == name).select("interval", pl.col("value").alias(name))
        wide = wide.join(part, on="interval", how="left", maintain_order="left")
    ghi, warm, dni, dhi = (wide[name].fill_null(float("nan")).to_numpy() for name in SKY.values())
    found = solar.sky_of(park, starts, ghi, warm)
    beam = ~np.isnan(dni) & ~np.isnan(dhi)
    return found.with_columns(
        dni_w_per_m2=np.where(beam, dni, found["dni_w_per_m2"].to_numpy()),
        dhi_w_per_m2=np.where(beam, dhi, found["dhi_w_per_m2"].to_numpy()),
    )


def _plane(field: SolarField, park: Park, sky: pl.DataFrame) -> Reals:
    middles = sky["start"].dt.offset_by(f"{park.site.metering_interval_s // 2}s")
    ghi, dni, dhi = (sky[f"{name}_w_per_m2"].to_numpy() for name in ("ghi", "dni", "dhi"))
    return solar.plane_irradiance(field, park.site, sun.utc_index(middles), ghi, dni, dhi)[0]


def _on_slots(park: Park, sky: pl.DataFrame, values: Reals) -> Reals:
    """Return values by interval as values by slot of the local clock; unknown where the weather or the slot is."""
    slots = slots_of(sky["start"], park.site.timezone, park.site.metering_interval_s)
    found = np.full(86_400 // park.site.metering_interval_s, np.nan)
    found[slots] = np.where(np.isnan(sky["ghi_w_per_m2"].to_numpy()), np.nan, values)
    return found
