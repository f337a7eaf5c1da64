"""What the pages ask of one day's facts: units, orders, metered flows, accounts and the figures of closed days."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import polars as pl

from parkwright.model.park import Park
from parkwright.run.revise import in_force
from parkwright.show.answers.figure import Rows, ratio

POWER_BY, FUEL_BY = "import_x_factor", "fuel_x_price"
"""Methods of the postings that buy or sell electricity, and that buy fuel (carbon.figures)."""
BOUGHT_BY = (POWER_BY, FUEL_BY)

MWH_PER_KWH = 1_000_000
UG_PER_KG = 1_000_000_000
PER_CNY = 10_000


def today(park: Park, now: datetime) -> date:
    """Return the park's date at `now`."""
    return now.astimezone(park.zone).date()


def finished_segments(park: Park) -> list[str]:
    """Return the process segments that make finished products."""
    return sorted({product.segment_id for product in park.products if product.kind == "finished"})


def finished_lines(park: Park) -> list[str]:
    """Return the lines that make finished products, in the park's order."""
    segments = set(finished_segments(park))
    return [line.id for line in park.work_centers if segments & set(line.segment_ids)]


def good_units(park: Park, rows: Rows, day: date, until: datetime | None = None) -> int:
    """Return the finished units with a good verdict on `day`, up to `until` where given."""
    verdicts = rows.read("verdicts", day.isoformat()).filter(
        pl.col("segment_id").is_in(finished_segments(park)), pl.col("verdict") == "good"
    )
    if until is not None:
        verdicts = verdicts.filter(pl.col("at") <= until)
    return verdicts["unit_id"].n_unique()


def first_pass(park: Park, rows: Rows, day: date) -> tuple[int, int]:
    """Return (finished units that passed every station at the first try, finished units decided) of `day`."""
    verdicts = rows.read("verdicts", day.isoformat()).filter(
        pl.col("segment_id").is_in(finished_segments(park)), pl.col("verdict").is_in(["good", "scrap"])
    )
    passages = rows.read("passages", day.isoformat())
    failed = passages.filter(pl.col("result") != "ok").select("unit_id").unique()
    decided = verdicts.select("unit_id").unique()
    return decided.join(failed, on="unit_id", how="anti").height, decided.height


def closed_until(park: Park, rows: Rows, day: date) -> datetime | None:
    """Return the end of the last metering interval that is in the books of `day`; None when there is none."""
    readings = rows.read("readings", day.isoformat())
    if not readings.height:
        return None
    last: datetime = readings["start"].to_list()[-1]
    return last + timedelta(seconds=park.site.metering_interval_s)


def books_of(rows: Rows, day: date) -> dict[str, float]:
    """Return the figures of a closed day by key; empty when it is not closed."""
    books = rows.read("books", day.isoformat())
    return dict(zip(books["key"].to_list(), books["value"].to_list(), strict=True))


def flows(park: Park, rows: Rows, day: date) -> pl.DataFrame:
    """Return metered energy of `day` by interval.

    Columns: start, import, export, generation, charge, discharge, use: kWh in the interval (T rows).
    """
    roles = {meter.id: meter.role for meter in park.meters if meter.commodity == "electricity" and meter.role != "load"}
    readings = rows.read("readings", day.isoformat())
    named = readings.filter(pl.col("meter_id").is_in(list(roles))).with_columns(
        pl.col("meter_id").replace_strict(roles, return_dtype=pl.String).alias("role")
    )
    names = ["import", "export", "generation", "charge", "discharge"]
    wide = named.group_by("start").agg(
        [
            (pl.col("energy_mwh_int").filter(pl.col("role") == name).sum() / MWH_PER_KWH).cast(pl.Float64).alias(name)
            for name in names
        ]
    )
    use = pl.col("import") + pl.col("generation") + pl.col("discharge") - pl.col("export") - pl.col("charge")
    return wide.sort("start").with_columns(use.alias("use"))


def emitted(rows: Rows, day: date, view: str) -> pl.DataFrame:
    """Return the emissions of `day` by interval: start, quantity [ug CO2e]; scope 1 and scope 2 of the view.

    The same accounts as the books' co2e_kg figures: what sources and scope 1 gave.
    """
    scope1 = (pl.col("account_class") == "scope1") & (pl.col("view") == "location")
    scope2 = (pl.col("account_class") == "source") & (pl.col("view") == view)
    return _given(rows, day, (pl.col("commodity") == "co2e") & (scope1 | scope2))


def spent(rows: Rows, day: date, by: Sequence[str] = BOUGHT_BY) -> pl.DataFrame:
    """Return what energy bought less energy sold cost by interval: start, quantity [1e-4 CNY]; as in the books.

    by: methods of the postings to count, POWER_BY for electricity alone.
    """
    bought = pl.col("method_id").is_in(list(by)) & pl.col("account_class").is_in(["source", "export"])
    return _given(rows, day, (pl.col("commodity") == "cny") & bought)


def _given(rows: Rows, day: date, chosen: pl.Expr) -> pl.DataFrame:
    totals = rows.read("postings", day.isoformat()).filter(chosen)
    return totals.group_by("start").agg(-pl.col("quantity").sum()).sort("start")


@dataclass(frozen=True)
class Totals:
    """What a day has used and made so far, or in all; None where it is not known."""

    units_good: int | None
    energy_kwh: float | None
    cost_cny: float | None
    location_kg: float | None
    market_kg: float | None
    orders_due: int | None
    orders_late: int | None
    as_of: datetime | None

    @property
    def on_time(self) -> float | None:
        """Share of the order lines due that were on time."""
        late = ratio(self.orders_late, self.orders_due)
        return None if late is None else 1 - late

    def per_unit(self, quantity: float | None) -> float | None:
        """Return `quantity` for each good unit."""
        return ratio(quantity, self.units_good)


def closed_totals(park: Park, rows: Rows, day: date) -> Totals | None:
    """Return the totals of a closed day from its books; None when the day is not closed."""
    books = books_of(rows, day)
    if not books:
        return None
    supply = [books.get(f"energy_kwh.{name}") for name in ("grid", "pv", "battery_out", "battery_in", "export")]
    energy = None
    if supply[0] is not None:
        grid, solar, out, charged, export = (value or 0.0 for value in supply)
        energy = grid + solar + out - charged - export
    due = books.get("orders_due")
    if due is None:
        due = customer_orders(rows, day).height or None
    late = books.get("orders_late")
    return Totals(
        units_good=_whole(books.get("units_good")),
        energy_kwh=energy,
        cost_cny=books.get("cost_cny"),
        location_kg=books.get("co2e_kg.location"),
        market_kg=books.get("co2e_kg.market"),
        orders_due=_whole(due),
        orders_late=_whole(late),
        as_of=park.day_bounds(day)[1],
    )


def _whole(value: float | None) -> int | None:
    return None if value is None else round(value)


def open_totals(park: Park, rows: Rows, day: date, now: datetime) -> Totals:
    """Return the totals of `day` as they stood at `now`: units and energy of closed intervals, orders due by then."""
    closed = closed_until(park, rows, day)
    due, late = orders_due(rows, day, now)
    if closed is None:
        return Totals(None, None, None, None, None, due, late, None)
    until = min(closed, park.day_bounds(day)[0] + _whole_intervals(park, day, now))
    before = pl.col("start") < until
    sums = {name: emitted(rows, day, name).filter(before) for name in ("location", "market")}
    cost = spent(rows, day).filter(before)
    kg = {name: int(frame["quantity"].sum()) / UG_PER_KG if frame.height else None for name, frame in sums.items()}
    return Totals(
        units_good=good_units(park, rows, day, until),
        energy_kwh=float(flows(park, rows, day).filter(before)["use"].sum()),
        cost_cny=int(cost["quantity"].sum()) / PER_CNY if cost.height else None,
        location_kg=kg["location"],
        market_kg=kg["market"],
        orders_due=due,
        orders_late=late,
        as_of=until,
    )


def _whole_intervals(park: Park, day: date, now: datetime) -> timedelta:
    """Return how much of `day` has passed at `now`, in whole metering intervals."""
    first, last = park.day_bounds(day)
    step_s = park.site.metering_interval_s
    return timedelta(seconds=(min(now, last) - first).total_seconds() // step_s * step_s)


def customer_orders(rows: Rows, day: date) -> pl.DataFrame:
    """Return the order lines of `day` that are not for stock."""
    return rows.read("job_orders", day.isoformat()).filter(pl.col("market_id") != "stock")


def schedule_of(rows: Rows, day: date) -> pl.DataFrame:
    """Return the SCHEDULE in force of `day`: the newest revision of the plan, or the plan; without rows for none."""
    iso = day.isoformat()
    revised = in_force(rows.read("revisions", iso))
    return rows.read("schedule", iso) if revised is None else revised


def order_ends(rows: Rows, day: date) -> pl.DataFrame:
    """Return for each order line of `day`: its columns, planned_end, and actual_end (null while it is open).

    planned_end is when the last job of its own lot is to end; null when one of them is not planned. Board lots that
    carry its name are for whoever needs them first.
    """
    iso, lot = day.isoformat(), ["order_id", "product_id"]
    jobs = rows.read("jobs", iso).select("job_id", *lot)
    planned = schedule_of(rows, day).group_by("job_id").agg(pl.col("end").max().alias("planned"))
    done = rows.read("job_responses", iso).group_by("job_id").agg(pl.col("end").max().alias("done"))
    ends = (
        jobs.join(planned, on="job_id", how="left")
        .join(done, on="job_id", how="left")
        .group_by(lot)
        .agg(
            pl.when(pl.col("planned").is_null().any())
            .then(None)
            .otherwise(pl.col("planned").max())
            .alias("planned_end"),
            pl.when(pl.col("done").is_null().any()).then(None).otherwise(pl.col("done").max()).alias("actual_end"),
        )
    )
    return customer_orders(rows, day).join(ends, on=lot, how="left", maintain_order="left")


def orders_due(rows: Rows, day: date, now: datetime) -> tuple[int, int]:
    """Return (order lines due on `day` by `now`, those of them that were not complete when due)."""
    due = order_ends(rows, day).filter(pl.col("due") <= now)
    in_time = due.filter(pl.col("actual_end").is_not_null() & (pl.col("actual_end") <= pl.col("due")))
    return due.height, due.height - in_time.height


def planned_units(park: Park, rows: Rows, day: date, until: datetime | None = None) -> float:
    """Return the finished units planned for `day`, up to `until` where given.

    The units of a job leave its line one takt after the other, the last at the job's planned end; those of a run of a
    line with room leave it together.
    """
    iso = day.isoformat()
    takt = {line.id: 0.0 if line.room else line.takt_s for line in park.work_centers}
    factor = {product.id: product.cycle_factor for product in park.products}
    jobs = rows.read("jobs", iso).select("job_id", "product_id", "quantity")
    plan = schedule_of(rows, day).filter(pl.col("segment_id").is_in(finished_segments(park))).join(jobs, on="job_id")
    if until is None or not plan.height:
        return float(plan["quantity"].sum())
    takt_s = pl.col("work_center_id").replace_strict(takt, default=0.0, return_dtype=pl.Float64)
    pace_s = takt_s * pl.col("product_id").replace_strict(factor, default=1.0, return_dtype=pl.Float64)
    left_s = (pl.col("end") - pl.lit(until).cast(pl.Datetime("ms", "UTC"))).dt.total_milliseconds() / 1000
    still_to_come = (left_s / pace_s.clip(0.001)).ceil().clip(0, pl.col("quantity"))
    return float(plan.select((pl.col("quantity") - still_to_come).sum()).item())


def planned_load(park: Park, rows: Rows, day: date) -> pl.DataFrame:
    """Return the site's planned use of `day`: start, power_kw (T rows).

    The forecast of the meters at the busbar with the site's losses, and what the heat pumps are dispatched to take.
    """
    tops = [m.id for m in park.meters if m.role == "load" and m.commodity == "electricity" and not m.parent_id]
    load = rows.read("load", day.isoformat()).filter(pl.col("meter_id").is_in(tops))
    forecast = load.group_by("start").agg(pl.col("power_kw").sum() * (1 + park.energy.grid.loss_share))
    pumps = _dispatched(rows, day, [pump.id for pump in park.energy.heat_pump])
    joined = forecast.join(pumps, on="start", how="left", suffix="_pump")
    return joined.select("start", pl.col("power_kw") + pl.col("power_kw_pump").fill_null(0.0)).sort("start")


def planned_solar(park: Park, rows: Rows, day: date) -> pl.DataFrame:
    """Return the solar power that the plan of `day` uses: start, power_kw (T rows).

    What the plan's balance leaves: use and battery charging less what comes from the grid.
    """
    if not park.energy.solar:
        return pl.DataFrame(schema={"start": pl.Datetime("ms", "UTC"), "power_kw": pl.Float64})
    grid = _dispatched(rows, day, ["grid"])
    stores = _dispatched(rows, day, [battery.id for battery in park.energy.battery])
    joined = (
        planned_load(park, rows, day)
        .join(grid, on="start", suffix="_grid")
        .join(stores, on="start", how="left", suffix="_store")
    )
    solar = pl.col("power_kw") + pl.col("power_kw_store").fill_null(0.0) - pl.col("power_kw_grid")
    return joined.select("start", solar.clip(0.0).alias("power_kw")).sort("start")


@dataclass(frozen=True)
class Purchases:
    """What the plan of a day buys: energy bought less sold [CNY], and its emissions, location-based [kg CO2e]."""

    cost_cny: float
    location_kg: float


def planned_purchases(park: Park, rows: Rows, day: date, until: datetime | None = None) -> Purchases:
    """Return what the plan of `day` buys from the grid and in gas up to `until`, as the books will count it."""
    step_h = park.site.metering_interval_s / 3600
    grid = park.energy.grid
    factor = float(park.factor[park.site.accounting_grid_factor].value)
    before = pl.col("start") < (until or park.day_bounds(day)[1])
    priced = _dispatched(rows, day, ["grid"]).filter(before).join(rows.read("signal", day.isoformat()), on="start")
    bought, sold = pl.col("power_kw").clip(0.0) * step_h, (-pl.col("power_kw")).clip(0.0) * step_h
    cost, imported = priced.select(
        (bought * pl.col("price_cny_per_kwh") - sold * grid.export_cny_per_kwh).sum().alias("cost"),
        bought.sum().alias("imported"),
    ).row(0)
    location = imported * factor
    for boiler in park.energy.boiler:
        heat_kw = _dispatched(rows, day, [boiler.id]).filter(before)["power_kw"]
        gas = float(heat_kw.sum()) * step_h / boiler.efficiency
        cost += gas * boiler.gas_cny_per_kwh
        location += gas * float(park.factor[boiler.factor_id].value)
    return Purchases(float(cost), float(location))


def _dispatched(rows: Rows, day: date, asset_ids: list[str]) -> pl.DataFrame:
    chosen = rows.read("dispatch", day.isoformat()).filter(pl.col("asset_id").is_in(asset_ids))
    return chosen.group_by("start").agg(pl.col("power_kw").sum())
