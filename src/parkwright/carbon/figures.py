"""The figures of a closed day, as BOOKS rows."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

import polars as pl

from parkwright.carbon import places
from parkwright.ledger.views import total
from parkwright.model.park import Park
from parkwright.model.tables import BOOKS, TIME, conform

COUNTS = ("units_good", "units_scrapped", "boards_good", "boards_scrapped", "orders_due", "orders_late", "passports")
"""Figures that count things."""
_KWH, _KG, _CNY = 1e6, 1e9, 1e4


def of_day(
    park: Park,
    day: date,
    postings: pl.DataFrame,
    units: pl.DataFrame,
    passports: pl.DataFrame,
    jobs: pl.DataFrame,
    orders: pl.DataFrame,
    job_responses: pl.DataFrame,
    bands: Mapping[datetime, str],
) -> dict[str, float]:
    """Return key -> figure of the day; energy in kWh, emissions in kg CO2e, money in CNY.

    postings: POSTINGS of the day's intervals. units: roster.of_day. passports: final PASSPORTS. bands: interval start
    -> tariff band. co2e_kg.location and co2e_kg.market are scope 1 and scope 2 of that view; cost_cny is energy bought
    less energy sold; place.<id>.* and band.<band>.* as carbon.places gives them.
    """
    good, kind = pl.col("is_good"), pl.col("kind")
    count = {
        "units_good": units.filter(good & (kind == "finished")).height,
        "units_scrapped": units.filter(~good & (kind == "finished")).height,
        "boards_good": units.filter(good & (kind == "board")).height,
        "boards_scrapped": units.filter(~good & (kind == "board")).height,
        "passports": passports.height,
    }
    due, late = _orders(park, day, jobs, orders, job_responses)
    values = {**count, "orders_due": due, "orders_late": late, **_energy(postings), **_emissions(postings)}
    values["cost_cny"] = _cost(postings)
    values |= places.of_day(park, postings, units) | places.of_bands(postings, bands)
    finished = count["units_good"]
    for view in ("location", "market"):
        if finished:
            values[f"co2e_kg_per_unit.{view}"] = int(passports[f"{view}_ug"].sum()) / _KG / finished
    return values


def books(day: date, values: Mapping[str, float]) -> pl.DataFrame:
    """Return the figures as BOOKS rows, by key."""
    rows = [(day.isoformat(), key, float(value)) for key, value in sorted(values.items())]
    return conform(pl.DataFrame(rows, schema=BOOKS.schema, orient="row"), BOOKS)


def _energy(postings: pl.DataFrame) -> dict[str, float]:
    metered = postings.filter((pl.col("view") == "physical") & (pl.col("method_id") == "metered"))
    pool = metered.filter(pl.col("account").str.starts_with("pool:"))["quantity"]
    grid = total(metered, "source:grid", "electricity", "physical")
    return {
        "energy_kwh.grid": -grid / _KWH,
        "energy_kwh.pv": (grid - total(metered, "source:", "electricity", "physical")) / _KWH,
        "energy_kwh.battery_in": int(pool.filter(pool > 0).sum()) / _KWH,
        "energy_kwh.battery_out": -int(pool.filter(pool < 0).sum()) / _KWH,
        "energy_kwh.export": total(metered, "export:", "electricity", "physical") / _KWH,
        "energy_kwh.gas": -total(metered, "source:", "gas", "physical") / _KWH,
    }


def _emissions(postings: pl.DataFrame) -> dict[str, float]:
    scope1 = -total(postings, "scope1:", "co2e", "location")
    scope2 = {view: -total(postings, "source:", "co2e", view) for view in ("location", "market")}
    figures = {"co2e_kg.scope1": scope1 / _KG}
    for view, amount in scope2.items():
        figures[f"co2e_kg.scope2_{view}"] = amount / _KG
        figures[f"co2e_kg.{view}"] = (scope1 + amount) / _KG
    return figures


def _cost(postings: pl.DataFrame) -> float:
    bought = pl.col("method_id").is_in(["import_x_factor", "fuel_x_price"])
    outside = pl.col("account").str.starts_with("source:") | pl.col("account").str.starts_with("export:")
    rows = postings.filter((pl.col("commodity") == "cny") & bought & outside)
    return -int(rows["quantity"].sum()) / _CNY


def _orders(
    park: Park, day: date, jobs: pl.DataFrame, orders: pl.DataFrame, job_responses: pl.DataFrame
) -> tuple[int, int]:
    """Return how many customer order lines fell due by the end of the day, and how many of them were late.

    An order line is on time when all its jobs ended at or before its due time.
    """
    end = pl.lit(park.day_bounds(day)[1]).cast(TIME)
    due = orders.filter((pl.col("market_id") != "stock") & (pl.col("due") <= end))
    ended = job_responses.group_by("job_id").agg(pl.col("end").max())
    done = (
        jobs.select("order_id", "job_id")
        .unique()
        .join(ended, on="job_id", how="left")
        .group_by("order_id")
        .agg(pl.col("end").max(), pl.col("end").is_null().any().alias("is_open"))
    )
    rows = due.join(done, on="order_id", how="left")
    in_time = (~pl.col("is_open") & (pl.col("end") <= pl.col("due"))).fill_null(value=False)
    return due.height, rows.filter(~in_time).height
