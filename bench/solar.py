"""Solar power against PVWatts: two years of hourly results, an open rack and a roof mount, by energy and by hour.

Peer: NREL PVWatts as published in the test data of pvlib (BSD-3-Clause), on whose irradiance both chains run. The cells
are as warm as PVWatts says, so that the chain alone is compared; beside it both with the product's own cell models.
The two files are not part of the project; without them the script runs on every sixth day of the rack (tests/energy).
Run: python bench/solar.py [--data FOLDER]
"""

from __future__ import annotations

import argparse
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl

from parkwright.energy import solar, sun
from parkwright.model.plant import SolarField
from parkwright.store.folder import load

ROOT = Path(__file__).parents[1]
DATA = ROOT.parent / "shared" / "data" / "energy"
SAMPLE = ROOT / "tests" / "energy" / "pvwatts_rackmount_sample.csv"
HEAD_ROWS = 17
"""Rows of a published file above its column names."""
COLUMNS = (
    "month", "day", "hour", "dni_w_per_m2", "dhi_w_per_m2", "temperature_c", "wind_m_per_s", "plane_w_per_m2",
    "cell_c", "dc_w", "ac_w",
)  # fmt: skip
PEAK_KW, DC_TO_AC = 4.0, 1.2
FIELD = SolarField(
    id="PVW", name={"en": "PVWatts", "zh": "PVWatts"}, building_id="B", peak_kw=PEAK_KW, inverter_kw=PEAK_KW / DC_TO_AC,
    tilt_deg=20.0, azimuth_deg=180.0, loss_share=0.1408, temperature_per_k=-0.0047,
    basis="cited: the published files, module type Standard",
)  # fmt: skip
YEAR = 2021
"""A year without a leap day; the files name none."""
WEST_H = 7.0
"""Local standard time behind UTC [h]."""


def published(path: Path) -> pl.DataFrame:
    """Return the hours of a published file, its row of totals left out."""
    rows = pl.read_csv(path, skip_rows=HEAD_ROWS, infer_schema=False)
    named = rows.rename(dict(zip(rows.columns, COLUMNS, strict=True)))
    return named.filter(pl.col("month") != "Totals").select(pl.col(COLUMNS).str.strip_chars().cast(pl.Float64))


def compared(name: str, mount: str, frame: pl.DataFrame) -> None:
    """Print how far energy and power of the chain lie from a file's; mount: as of a solar field."""
    site = load(ROOT / "parks" / "tianjin").site.model_copy(
        update={"latitude": 39.73, "longitude": -105.18, "altitude_m": 1819.6}
    )
    stamps = [
        datetime(YEAR, int(month), int(day), tzinfo=UTC) + timedelta(hours=hour + 0.5 + WEST_H)
        for month, day, hour in frame.select("month", "day", "hour").rows()
    ]
    column = {key: frame[key].to_numpy() for key in frame.columns}
    dni, dhi, wanted = column["dni_w_per_m2"], column["dhi_w_per_m2"], column["ac_w"]
    begun = time.process_time()
    elevation, _ = sun.position(site, stamps)
    ghi = np.maximum(dni * np.sin(np.radians(np.maximum(elevation, 0.0))) + dhi, 0.0)
    plane, effective = solar.plane_irradiance(FIELD, site, stamps, ghi, dni, dhi)
    spent = time.process_time() - begun
    outside_c, wind = column["temperature_c"], column["wind_m_per_s"]
    if mount == "roof":
        own_c = solar.roof_cell_temperature_c(pl.Series(stamps), plane, outside_c, wind, FIELD.tilt_deg)
    else:
        own_c = solar.cell_temperature_c(plane, outside_c, wind)
    for cells, cell_c in (("its cells", column["cell_c"]), ("our cells", own_c)):
        ac = solar.ac_power_kw(FIELD, effective, cell_c) * 1000.0
        error = np.sqrt(np.mean((ac - wanted) ** 2)) / (PEAK_KW * 1000.0)
        print(f"{name}, {cells}: {ac.sum() / 1000:8.1f} kWh, PVWatts {wanted.sum() / 1000:8.1f} "
              f"({ac.sum() / wanted.sum() - 1.0:+.2%}), hourly nRMSE {error:.2%}")  # fmt: skip
    off = plane.sum() / column["plane_w_per_m2"].sum() - 1.0
    print(f"{name}: irradiance on the plane {off:+.2%}; {len(wanted)} hours in {spent:.2f} CPU s", flush=True)


def main() -> None:
    """Compare both files, or the sample where they are not there."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--data", type=Path, default=DATA)
    data: Path = asked.parse_args().data
    found = False
    for kind in ("rack", "roof"):
        path = data / f"pvwatts_8760_{kind}mount.csv"
        if path.exists():
            compared(kind, kind, published(path))
            found = True
    if not found:
        print(f"{data}: holds no pvwatts_8760_*.csv; every sixth day of the rack instead")
        compared("rack, a sixth", "rack", pl.read_csv(SAMPLE, comment_prefix="#").cast(pl.Float64))


if __name__ == "__main__":
    main()
