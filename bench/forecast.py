"""Day-ahead forecasts against plain floors: a steelworks' load, and measured solar power where its data is there.

Load: parks/steelworks (UCI Steel Industry Energy Consumption, 2018, 15 min), last 90 days, each forecast at midnight
from what lies before; nMAE is the mean absolute error over the mean load. Solar: NREL SERF East (pvanalytics, MIT),
104 days of 2016, from the 15th on; nRMSE is over daylight (clear-sky irradiance above 20 W/m2) relative to capacity.
The solar set is not part of the project. The floors are computed in the same run.
Two weights of the load's forecast are held out: --choose looks for the best ones on the 90 days before the last 90, and
reports the last 90 with those and with the ones in force.
Run: python bench/forecast.py [--data FOLDER] [--choose]
"""

from __future__ import annotations

import argparse
import sys
import time
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
from pvlib import clearsky, solarposition

from parkwright.energy import forecast, score
from parkwright.energy.history import History, arrange

ROOT = Path(__file__).parents[1]
DATA = ROOT.parent / "shared" / "data" / "energy"
STEELWORKS = ROOT / "parks" / "steelworks" / "usage_2018.csv"
SERF = (39.742, -105.173, 1795.0)
"""Latitude and longitude [deg] and altitude [m] of NREL's SERF building in Golden (pvanalytics, example data)."""
HALF_LIVES, OTHER_WORKDAYS = (30.0, 60.0, 90.0, 180.0), (0.0, 0.15, 0.4, 1.0)
"""What is tried for the two weights of a load's forecast."""
CHOOSE_EVERY = 3
"""Of the days on which the weights are chosen, each third is forecast."""
LAST_DAYS, FIRST_SOLAR_DAY, DAYLIGHT_W_PER_M2 = 90, 14, 20.0


def main() -> int:
    """Print both tables; the solar one is said to be left out where its file is not there."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--data", type=Path, default=DATA, help="folder with pvanalytics_serf_east_15min_ac_power.csv")
    asked.add_argument("--choose", action="store_true", help="choose the two weights on earlier days (minutes)")
    answers = asked.parse_args()
    if answers.choose:
        choose()
        return 0
    measured = answers.data / "pvanalytics_serf_east_15min_ac_power.csv"
    steelworks()
    if not measured.is_file():
        print(f"solar: not run: {measured} is not there; say with --data where it is", file=sys.stderr)
        return 2
    solar(measured)
    return 0


def metered() -> tuple[History, tuple[date, ...]]:
    """Return the steelworks' year."""
    energy = pl.read_csv(STEELWORKS)["Usage_kWh"].to_numpy()
    days = tuple(date(2018, 1, 1) + timedelta(days=row) for row in range(365))
    return History(days, energy.reshape(365, 96) * 4), days


def choose() -> None:
    """Print the weights that the 90 days before the last 90 choose, and what the last 90 say of them."""
    past, days = metered()
    earlier, last = slice(365 - 2 * LAST_DAYS, 365 - LAST_DAYS, CHOOSE_EVERY), slice(365 - LAST_DAYS, 365)

    def nmae(span: slice, memory: forecast.Memory) -> float:
        made = [forecast.load_ahead(past, day, lambda each: False, memory).median_kw for day in days[span]]
        return score.nmae(past.power_kw[span], np.stack(made))

    tried = {
        (half, other): nmae(earlier, forecast.Memory(half, other)) for half in HALF_LIVES for other in OTHER_WORKDAYS
    }
    best = min(tried, key=lambda pair: tried[pair])
    for (half, other), value in sorted(tried.items(), key=lambda item: item[1]):
        print(f"  half-life {half:5.0f} d, other workday {other:4.2f}: {value:.4f} on the earlier days")
    print(f"chosen on the earlier days: half-life {best[0]:g} d, other workday {best[1]:g}")
    print(f"last {LAST_DAYS} days: nMAE {nmae(last, forecast.Memory(*best)):.4f} with them, "
          f"{nmae(last, forecast.Memory()):.4f} with the ones in force")  # fmt: skip


def steelworks() -> None:
    """Print nMAE and coverage of the load."""
    past, days = metered()
    actual = past.power_kw[-LAST_DAYS:]
    begun = time.process_time()
    made = [forecast.load_ahead(past, day, lambda each: False) for day in days[-LAST_DAYS:]]
    spent = time.process_time() - begun
    named = {"parkwright": np.stack([band.median_kw for band in made])} | score.floors(past, days[-LAST_DAYS:])
    print(f"steelworks, last {LAST_DAYS} days, day ahead      nMAE")
    for name, each in named.items():
        print(f"  {name:36} {score.nmae(actual, each):.3f}")
    print(f"  80 % band holds                      {coverage(actual, made):.1%}")
    print(f"  CPU a forecast                       {spent / LAST_DAYS:.3f} s")


def solar(measured: Path) -> None:
    """Print nRMSE and coverage of solar power."""
    frame = pd.read_csv(measured)
    index = pd.to_datetime(frame["measured_on"], utc=True)
    stamps = (
        pl.Series("start", index.dt.tz_localize(None).to_numpy())
        .dt.replace_time_zone("UTC")
        .cast(pl.Datetime("ms", "UTC"))
    )
    power = np.maximum(frame["ac_power"].to_numpy(), 0.0) / 1000.0
    past = arrange(pl.DataFrame({"start": stamps, "power_kw": power}), "Etc/GMT+7", 900)
    middles = pd.date_range(index.iloc[0], periods=len(past.days) * 96, freq="15min") + pd.Timedelta("450s")
    zenith = solarposition.spa_python(middles, *SERF)["apparent_zenith"]
    clear = clearsky.haurwitz(zenith)["ghi"].to_numpy().reshape(-1, 96)
    rows = range(FIRST_SOLAR_DAY, len(past.days) - 1)
    made = [
        forecast.index_ahead(History(past.days[:row], past.power_kw[:row]), clear[:row], clear[row]) for row in rows
    ]
    chosen = slice(rows.start, rows.stop)
    actual = np.where(clear[chosen] > DAYLIGHT_W_PER_M2, past.power_kw[chosen], np.nan)
    capacity = float(np.nanmax(past.power_kw))
    index_kw = np.divide(past.power_kw, clear, out=np.full_like(clear, np.nan), where=clear > DAYLIGHT_W_PER_M2)
    named = {
        "parkwright": np.stack([band.mean_kw for band in made]),
        "yesterday": past.power_kw[rows.start - 1 : rows.stop - 1],
        "yesterday's clear-sky index": index_kw[rows.start - 1 : rows.stop - 1] * clear[chosen],
        "mean of 14 days": np.stack([np.nanmean(past.power_kw[row - 14 : row], axis=0) for row in rows]),
        "mean index of 14 days": np.stack([mean_index(index_kw[row - 14 : row]) for row in rows]) * clear[chosen],
    }
    print(f"\nSERF East, {len(rows)} days, day ahead             nRMSE")
    for name, each in named.items():
        known = np.where(np.isnan(each), np.nan, actual)
        print(f"  {name:36} {score.nrmse(known, np.nan_to_num(each), capacity):.3f}")
    print(f"  80 % band holds                      {coverage(actual, made):.1%}")


def mean_index(days: np.ndarray) -> np.ndarray:
    """Return the mean index of each slot (S,), 0 where it is never light."""
    known = ~np.isnan(days)
    return np.nan_to_num(days).sum(axis=0) / np.maximum(known.sum(axis=0), 1)


def coverage(actual: np.ndarray, made: list[forecast.Band]) -> float:
    """Return the share of what came that lies in the 80 % bands."""
    return score.coverage(actual, np.stack([band.quantile_kw for band in made], axis=1))


if __name__ == "__main__":
    sys.exit(main())
