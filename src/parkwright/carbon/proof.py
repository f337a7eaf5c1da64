"""Proof that the books add up to the meters: readings against the postings that rest on them."""

from __future__ import annotations

import polars as pl

from parkwright.carbon.metering import of_role, tree
from parkwright.carbon.storage import battery_of
from parkwright.model.park import Park
from parkwright.model.plant import Meter

_ENDS = ("unit:", "idle:", "base:", "losses:", "imbalance:")


def residuals(park: Park, postings: pl.DataFrame, readings: pl.DataFrame) -> pl.DataFrame:
    """Return what each booked meter read in each interval, what was booked from it, and the difference.

    postings: POSTINGS of intervals. readings: READINGS of the same intervals. Returns (start, meter_id,
    reading_mwh_int, attributed_mwh_int, residual_mwh_int), by start and meter.

    A load or gas meter: units + idle + base + losses + imbalance that rest on it and on the meters below it.
    Any other meter: its posting at the site's busbar. A reading without postings counts as attributed 0.
    """
    physical = postings.filter(pl.col("view") == "physical")
    loads = {m.id: m for commodity in ("electricity", "gas") for ms in tree(park, commodity).values() for m in ms}
    frames = [_ended_behind(physical, loads), _at_busbar(park, physical)]
    attributed = pl.concat(frames).group_by("start", "meter_id").agg(pl.col("attributed_mwh_int").sum())
    booked = sorted(set(loads) | {meter.id for meter, _ in _outer(park)})
    rows = readings.filter(pl.col("meter_id").is_in(booked)).select(
        "start", "meter_id", pl.col("energy_mwh_int").alias("reading_mwh_int")
    )
    attributed = attributed.filter(pl.col("meter_id").is_in(booked))
    return (
        rows.join(attributed, on=["start", "meter_id"], how="full", coalesce=True)
        .with_columns(pl.col("reading_mwh_int", "attributed_mwh_int").fill_null(0))
        .with_columns((pl.col("reading_mwh_int") - pl.col("attributed_mwh_int")).alias("residual_mwh_int"))
        .sort("start", "meter_id")
    )


def _ended_behind(physical: pl.DataFrame, loads: dict[str, Meter]) -> pl.DataFrame:
    """Return the energy that ended behind each load meter: the postings that rest on it, added up the tree."""
    ends = physical.filter(pl.any_horizontal(pl.col("account").str.starts_with(kind) for kind in _ENDS))
    own = ends.select("start", pl.col("activity_ref").str.split("@").list.first().alias("meter_id"), "quantity")
    own = own.filter(pl.col("meter_id").is_in(list(loads))).group_by("start", "meter_id").agg(pl.col("quantity").sum())
    above = [(m, a) for m in loads for a in _ancestors(m, loads)]
    lineage = pl.DataFrame(above, schema={"meter_id": pl.String, "above_id": pl.String}, orient="row")
    return own.join(lineage, on="meter_id").select(
        "start", pl.col("above_id").alias("meter_id"), pl.col("quantity").alias("attributed_mwh_int")
    )


def _ancestors(meter_id: str, loads: dict[str, Meter]) -> list[str]:
    found = []
    while meter_id in loads and meter_id not in found:
        found.append(meter_id)
        meter_id = loads[meter_id].parent_id
    return found


def _outer(park: Park) -> list[tuple[Meter, int]]:
    """Return the meters at the edge of the site, with the sign of their posting."""
    signs = (("import", -1), ("generation", -1), ("discharge", -1), ("charge", 1), ("export", 1))
    return [(meter, sign) for role, sign in signs for meter in of_role(park, role)]


def _at_busbar(park: Park, physical: pl.DataFrame) -> pl.DataFrame:
    """Return the energy posted for each outer meter, found by the meter that the posting rests on."""
    outer = pl.DataFrame(
        [(meter.id, sign, _account(meter)) for meter, sign in _outer(park)],
        schema={"meter_id": pl.String, "sign": pl.Int64, "account": pl.String},
        orient="row",
    )
    rows = physical.filter(pl.col("method_id") == "metered").with_columns(
        pl.col("activity_ref").str.split("@").list.first().alias("meter_id")
    )
    return (
        rows.join(outer, on=["meter_id", "account"])
        .group_by("start", "meter_id")
        .agg((pl.col("quantity") * pl.col("sign")).sum().alias("attributed_mwh_int"))
    )


def _account(meter: Meter) -> str:
    if meter.role in ("import", "export"):
        return "source:grid" if meter.role == "import" else "export:grid"
    return f"{'source' if meter.role == 'generation' else 'pool'}:{battery_of(meter)}"
