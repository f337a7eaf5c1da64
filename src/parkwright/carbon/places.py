"""What each building and line took from the meters, and what that cost and emitted; what was bought in each band."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import polars as pl

from parkwright.carbon.emissions import SHARE
from parkwright.carbon.metering import of_role
from parkwright.model.park import Park

ENDS = ("unit:", "idle:", "base:")
"""Accounts in which the energy behind a meter ends."""
_KWH, _KG, _CNY = 1e6, 1e9, 1e4
_SHARED = {
    ("co2e", "location"): "co2e_kg_location",
    ("co2e", "market"): "co2e_kg_market",
    ("cny", "tariff"): "cost_cny",
}
_UNIT = {"co2e_kg_location": _KG, "co2e_kg_market": _KG, "cost_cny": _CNY}


def of_meters(park: Park) -> pl.DataFrame:
    """Return (meter_id, place_id): the line and the building that each electricity load meter stands for.

    The nearest that the meter or one above it serves; a line's building where no meter above serves a building. A meter
    that serves neither, nor hangs below one, has no row.
    """
    buildings = {building.id for building in park.buildings}
    rows = []
    for meter in of_role(park, "load"):
        line_id, building_id, above, passed = "", "", meter.id, set[str]()
        while above in park.meter and above not in passed:
            passed.add(above)
            served = park.meter[above].serves
            line_id = line_id or park.line_of.get(served, served if served in park.work_center else "")
            building_id = building_id or (served if served in buildings else "")
            above = park.meter[above].parent_id
        if line_id and not building_id:
            building_id = park.work_center[line_id].building_id
        rows += [(meter.id, place_id) for place_id in (line_id, building_id) if place_id]
    return pl.DataFrame(sorted(set(rows)), schema={"meter_id": pl.String, "place_id": pl.String}, orient="row")


def of_day(park: Park, postings: pl.DataFrame, units: pl.DataFrame) -> dict[str, float]:
    """Return place.<id>.<figure> of each building and line with a meter.

    electricity_kwh, cost_cny, co2e_kg_location and co2e_kg_market: what ended behind its meters, with its share of the
    interval's cost and emissions; units_good and boards_good: what left a line. postings: POSTINGS of the day's
    intervals. units: roster.of_day. A building's figures hold those of its lines.
    """
    places = of_meters(park)
    ends = pl.any_horizontal(pl.col("account").str.starts_with(kind) for kind in ENDS)
    final = postings.filter(ends & (pl.col("view") == "physical") & (pl.col("commodity") == "electricity"))
    metered = (
        final.with_columns(pl.col("journal_id").str.split("/").list.last().alias("meter_id"))
        .join(places, on="meter_id")
        .group_by("start", "account", "place_id")
        .agg(pl.col("quantity").sum().alias("here"))
    )
    whole = final.group_by("start", "account").agg(pl.col("quantity").sum().alias("whole"))
    shared = (
        postings.filter(ends & (pl.col("method_id") == SHARE))
        .join(metered, on=["start", "account"])
        .join(whole, on=["start", "account"])
        .group_by("place_id", "commodity", "view")
        .agg((pl.col("quantity") * pl.col("here") / pl.col("whole")).sum().alias("share"))
    )
    found = {f"place.{place_id}.electricity_kwh": 0.0 for place_id in places["place_id"].unique()}
    for place_id, energy in metered.group_by("place_id").agg(pl.col("here").sum()).iter_rows():
        found[f"place.{place_id}.electricity_kwh"] = energy / _KWH
    for place_id, commodity, view, share in shared.iter_rows():
        name = _SHARED[commodity, view]
        found[f"place.{place_id}.{name}"] = round(share / _UNIT[name], 6)
    for line_id, kind, count in units.filter("is_good").group_by("line_id", "kind").len().iter_rows():
        found[f"place.{line_id}.{'boards' if kind == 'board' else 'units'}_good"] = count
    return found


def of_bands(postings: pl.DataFrame, bands: Mapping[datetime, str]) -> dict[str, float]:
    """Return band.<band>.import_kwh and band.<band>.cost_cny: power bought, and its cost less income from sales.

    postings: POSTINGS of the day's intervals. bands: interval start -> tariff band; intervals without one are left out.
    """
    named = pl.DataFrame(
        {"start": list(bands), "band": list(bands.values())},
        schema={"start": postings.schema["start"], "band": pl.String},
    )
    grid = postings.filter(pl.col("account").is_in(["source:grid", "export:grid"])).join(named, on="start")
    bought = (pl.col("commodity") == "electricity") & (pl.col("account") == "source:grid")
    paid = (pl.col("commodity") == "cny") & (pl.col("method_id") == "import_x_factor")
    sums = grid.group_by("band").agg(
        -pl.col("quantity").filter(bought).sum().alias("import"), -pl.col("quantity").filter(paid).sum().alias("cost")
    )
    found = {}
    for band, energy, cost in sums.iter_rows():
        found[f"band.{band}.import_kwh"] = energy / _KWH
        found[f"band.{band}.cost_cny"] = cost / _CNY
    return found
