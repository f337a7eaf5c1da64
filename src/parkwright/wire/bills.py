"""The command `energy bill`: a month's bill of grid power by part, from metered readings, held against the books."""

from __future__ import annotations

from calendar import monthrange
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from parkwright.carbon.demand import DEMAND
from parkwright.connect import files
from parkwright.energy import bill
from parkwright.ledger.views import current_readings
from parkwright.model.errors import ParkwrightError
from parkwright.model.park import Park
from parkwright.model.tables import RESTATEMENTS
from parkwright.store.journal import Journal
from parkwright.wire.places import Places

MWH_PER_KWH = 1_000_000
PER_CNY = 10_000
BOUGHT = "import_x_factor"
"""Method of the postings of what grid power cost and what was paid for power fed in."""


def answer(park: Park, folder: Path, var: Path, month: str, certificates_mwh: float) -> dict[str, Any]:
    """Return the bill of a month "YYYY-MM": energy by band, demand charge, export, carbon price and certificates.

    From the ledger below `var`, corrections included, or from metered files where it knows nothing of the month.
    booked: what the ledger's postings say of energy and demand; they are rounded in each interval.
    certificates_mwh: certificates bought for the month [MWh].

    Raises ParkwrightError when the month is none, or nothing was metered in it.
    """
    first = _first(month)
    last = first.replace(day=monthrange(first.year, first.month)[1])
    source, readings, booked = _metered(park, folder, var, first, last)
    starts, bought, sold = _grid(park, readings, first, last)
    if not starts.len():
        raise ParkwrightError(
            f"{park.site.park_id} {month}: nothing was metered at the grid point; run parkwright day for its days, or "
            "give metered files"
        )
    found = bill.bill(park, starts, bought, sold, certificates_mwh=certificates_mwh)
    expected = round((park.day_bounds(last)[1] - park.day_bounds(first)[0]).total_seconds())
    told: dict[str, Any] = {
        "park": park.site.park_id,
        "month": month,
        "source": source,
        "intervals": starts.len(),
        "missing_intervals": expected // park.site.metering_interval_s - starts.len(),
        "energy": {
            band: {"kwh": round(kwh, 3), "cny": round(found.energy_cny[band], 2)}
            for band, kwh in sorted(found.energy_kwh.items())
        },
        "demand": {"kw": found.demand_kw.get(month), "cny": round(found.demand_cny.get(month, 0.0), 2)},
        "export": {
            "kwh": round(float(sold.sum()) * park.site.metering_interval_s / 3600.0, 3),
            "cny": round(found.export_cny, 2),
        },
        "carbon_cny": round(found.carbon_cny, 2),
        "certificate_cny": round(found.certificate_cny, 2),
        "total_cny": round(found.total_cny, 2),
        "placeholder_price": any(tariff.placeholder for tariff in park.tariffs),
    }
    if booked is not None:
        energy = sum(found.energy_cny.values()) + found.export_cny
        told["booked"] = {
            "energy_less_export_cny": round(booked[0], 4),
            "demand_cny": round(booked[1], 4),
            "difference_cny": round(booked[0] + booked[1] - energy - sum(found.demand_cny.values()), 4),
        }
    return told


def _first(month: str) -> date:
    try:
        return date.fromisoformat(f"{month}-01")
    except ValueError as error:
        raise ParkwrightError(f"--month {month!r}: is no month; write it as YYYY-MM, for example 2026-07") from error


def _metered(
    park: Park, folder: Path, var: Path, first: date, last: date
) -> tuple[str, pl.DataFrame, tuple[float, float] | None]:
    """Return where readings come from, the readings, and what the ledger booked: energy less export, and demand."""
    places = Places(var, park.site.park_id)
    if places.journal.exists():
        with Journal.reader(places.journal) as facts:
            span = first.isoformat(), last.isoformat()
            readings = facts.read("readings", *span)
            if readings.height:
                again = facts.read("restatements", *span) if readings.height else RESTATEMENTS.empty()
                return "ledger", current_readings(readings, again), _booked(facts.read("postings", *span))
    parts = [files.read(park, folder, source)[0] for source in park.meter_files]
    if not parts:
        return "none", pl.DataFrame(schema={"start": pl.Datetime("ms", "UTC"), "meter_id": pl.String}), None
    return "metered files", pl.concat(parts), None


def _booked(postings: pl.DataFrame) -> tuple[float, float]:
    money = postings.filter(pl.col("commodity") == "cny")
    outside = pl.col("account").str.starts_with("source:") | pl.col("account").str.starts_with("export:")
    energy = money.filter((pl.col("method_id") == BOUGHT) & outside)["quantity"].sum()
    demand = money.filter((pl.col("method_id") == DEMAND) & pl.col("account").str.starts_with("demand:"))
    return -int(energy) / PER_CNY, int(demand["quantity"].sum()) / PER_CNY


def _grid(park: Park, readings: pl.DataFrame, first: date, last: date) -> tuple[pl.Series, np.ndarray, np.ndarray]:
    """Return the intervals of the month in which all import meters are known, and mean import and export [kW]."""
    roles = {m.id: m.role for m in park.meters if m.commodity == "electricity" and m.role in ("import", "export")}
    wanted = sum(role == "import" for role in roles.values())
    low, high = park.day_bounds(first)[0], park.day_bounds(last)[1]
    rows = readings.filter(pl.col("meter_id").is_in(list(roles)) & (pl.col("start") >= low) & (pl.col("start") < high))
    if rows.is_empty():
        return pl.Series("start", [], dtype=pl.Datetime("ms", "UTC")), np.zeros(0), np.zeros(0)
    known = rows.filter(pl.col("energy_mwh_int").is_not_null())
    role = pl.col("meter_id").replace_strict(roles, return_dtype=pl.String)
    mwh = pl.col("energy_mwh_int")
    sums = known.group_by("start").agg(
        mwh.filter(role == "import").sum().alias("import"),
        mwh.filter(role == "export").sum().alias("export"),
        pl.col("meter_id").filter(role == "import").n_unique().alias("meters"),
    )
    whole = sums.filter(pl.col("meters") == wanted).sort("start")
    step_h = park.site.metering_interval_s / 3600.0
    bought, sold = (whole[name].to_numpy().astype(np.float64) / MWH_PER_KWH / step_h for name in ("import", "export"))
    return whole["start"], bought, sold
