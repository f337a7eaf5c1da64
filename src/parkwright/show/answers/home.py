"""Home: is the park well today, and what needs me?"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import polars as pl
from pydantic import Field

from parkwright.model.park import Park
from parkwright.show.answers import day as days
from parkwright.show.answers.alarms import Need, needs
from parkwright.show.answers.day import Totals
from parkwright.show.answers.figure import Answer, Figure, Input, Rows, Why, ratio
from parkwright.show.answers.progress import Progress, newest_sample, progress

STEP_H = 3600.0


class Strip(Answer):
    """The day by metering interval: load, solar, price and carbon, planned against actual. Null: not known (yet)."""

    start: list[datetime] = Field(description="interval starts (T,)")
    interval_s: int = Field(description="length of an interval [s]")
    band: list[str | None] = Field(description="tariff band")
    price_cny_per_kwh: list[float | None] = Field(description="price of grid power [CNY/kWh]")
    co2e_kg_per_kwh: list[float | None] = Field(description="expected intensity of the supply [kg CO2e/kWh]")
    load_plan_kw: list[float | None] = Field(description="planned use of the site [kW]")
    load_kw: list[float | None] = Field(description="metered use of the site [kW]")
    solar_plan_kw: list[float | None] = Field(description="planned solar power [kW]")
    solar_kw: list[float | None] = Field(description="metered solar power [kW]")


class Home(Answer):
    """The first page after signing in."""

    at: datetime = Field(description="the park's present instant")
    day: str = Field(description="the park's date")
    figures: list[Figure] = Field(description="the five numbers")
    strip: Strip
    needs: list[Need] = Field(description="what needs a person, dearest first, at most seven")
    progress: Progress


def home(park: Park, rows: Rows, now: datetime, history_days: int, acknowledged: Collection[str] = ()) -> Home:
    """Return the Home of the park at `now`."""
    day = days.today(park, now)
    return Home(
        at=now,
        day=day.isoformat(),
        figures=five_figures(park, rows, now, history_days),
        strip=strip(park, rows, day),
        needs=needs(park, rows, day, now, acknowledged),
        progress=progress(park, rows, now, history_days),
    )


def five_figures(park: Park, rows: Rows, now: datetime, history_days: int) -> list[Figure]:
    """Return units out, on time, kWh per unit, CNY per unit and kg CO2e per unit of today."""
    day = days.today(park, now)
    so_far = days.open_totals(park, rows, day, now)
    past = [days.closed_totals(park, rows, day - timedelta(days=back)) for back in range(history_days, 0, -1)]
    year = days.closed_totals(park, rows, _year_before(day))
    before = days.open_totals(park, rows, day - timedelta(days=1), now - timedelta(days=1))
    plan = _planned(park, rows, day, so_far.as_of)
    days_ = _Days(so_far, past, before, year)
    return [
        _units(park, rows, now, past, year),
        _on_time(days_, now, plan),
        _each("kwh_per_unit", "kWh", days_, plan["kwh"], lambda t: t.energy_kwh, "input.energy_used", "readings"),
        _each("cny_per_unit", "CNY", days_, plan["cny"], lambda t: t.cost_cny, "input.cost", "postings"),
        _each(
            "co2e_per_unit", "kg CO2e", days_, plan["kg"], lambda t: t.location_kg, "input.co2e_location", "postings"
        ),
    ]


def _year_before(day: date) -> date:
    return day.replace(year=day.year - 1) if (day.month, day.day) != (2, 29) else date(day.year - 1, 2, 28)


def _units(park: Park, rows: Rows, now: datetime, past: list[Totals | None], year: Totals | None) -> Figure:
    day = days.today(park, now)
    newest = newest_sample(rows, day)
    made = float(days.good_units(park, rows, day, now)) if newest else None
    target = days.planned_units(park, rows, day, now)
    yesterday = days.good_units(park, rows, day - timedelta(days=1), now - timedelta(days=1))
    return Figure(
        key="units_out",
        value=made,
        unit="units",
        target=target or None,
        good_is="high",
        yesterday=float(yesterday) if yesterday else None,
        last_year=float(year.units_good) if year and year.units_good else None,
        spark=[None if t is None or t.units_good is None else float(t.units_good) for t in past],
        as_of=newest,
        why=Why(
            formula="why.units_out",
            inputs=[
                Input(name="input.units_good", value=made, unit="units", source="verdicts"),
                Input(name="input.units_planned_now", value=target, unit="units", source="schedule"),
                Input(
                    name="input.units_planned_day", value=days.planned_units(park, rows, day), unit="units",
                    source="schedule",
                ),
                Input(name="input.units_yesterday", value=float(yesterday), unit="units", source="verdicts"),
            ],
        ),
    )  # fmt: skip


def _on_time(days_: _Days, now: datetime, plan: dict[str, float | None]) -> Figure:
    so_far, year = days_.so_far, days_.year
    return Figure(
        key="on_time",
        value=_percent(so_far.on_time),
        unit="%",
        target=_percent(plan["on_time"]),
        good_is="high",
        yesterday=_percent(days_.before.on_time),
        last_year=_percent(year.on_time) if year else None,
        spark=[_percent(t.on_time) if t else None for t in days_.past],
        as_of=now,
        why=Why(
            formula="why.on_time",
            inputs=[
                Input(name="input.orders_due", value=so_far.orders_due, unit="orders", source="job_orders"),
                Input(name="input.orders_late", value=so_far.orders_late, unit="orders", source="job_responses"),
            ],
        ),
    )


def _percent(share: float | None) -> float | None:
    return None if share is None else 100 * share


@dataclass(frozen=True)
class _Days:
    """Totals of today so far, of the closed days before it, of yesterday at this time, and of a year ago."""

    so_far: Totals
    past: list[Totals | None]
    before: Totals
    year: Totals | None


def _each(
    key: str,
    unit: str,
    days_: _Days,
    target: float | None,
    quantity: Callable[[Totals], float | None],
    name: str,
    source: str,
) -> Figure:
    """Return a figure for each good unit from the quantity that a day's totals hold."""
    so_far, before, year = days_.so_far, days_.before, days_.year
    return Figure(
        key=key,
        value=so_far.per_unit(quantity(so_far)),
        unit=unit,
        target=target,
        good_is="low",
        yesterday=before.per_unit(quantity(before)),
        last_year=year.per_unit(quantity(year)) if year else None,
        spark=[t.per_unit(quantity(t)) if t else None for t in days_.past],
        as_of=so_far.as_of,
        why=Why(
            formula="why.per_unit",
            inputs=[
                Input(name=name, value=quantity(so_far), unit=unit, source=source),
                Input(name="input.units_closed", value=so_far.units_good, unit="units", source="verdicts"),
            ],
        ),
    )


def _planned(park: Park, rows: Rows, day: date, until: datetime | None) -> dict[str, float | None]:
    """Return what the plan expects for each unit up to `until` (kwh, cny, kg), and its share of orders in time."""
    orders = days.order_ends(rows, day)
    in_time = orders.filter(pl.col("planned_end") <= pl.col("due")).height
    has_plan = days.schedule_of(rows, day).height > 0
    each: dict[str, float | None] = {"on_time": ratio(float(in_time), orders.height) if has_plan else None}
    units = days.planned_units(park, rows, day, until)
    bought = days.planned_purchases(park, rows, day, until)
    step_h = park.site.metering_interval_s / STEP_H
    load = days.planned_load(park, rows, day).filter(pl.col("start") < (until or park.day_bounds(day)[1]))
    totals = {"kwh": float(load["power_kw"].sum()) * step_h, "cny": bought.cost_cny, "kg": bought.location_kg}
    return each | {name: ratio(value or None, units) for name, value in totals.items()}


def strip(park: Park, rows: Rows, day: date) -> Strip:
    """Return load, solar, price and carbon of `day` by interval, planned against metered."""
    step_h = park.site.metering_interval_s / STEP_H
    frame = pl.DataFrame({"start": park.intervals(day)})
    metered = days.flows(park, rows, day).select(
        "start", (pl.col("use") / step_h).alias("load_kw"), (pl.col("generation") / step_h).alias("solar_kw")
    )
    for part in (
        rows.read("signal", day.isoformat()).unique("start", keep="last"),
        days.planned_load(park, rows, day).rename({"power_kw": "load_plan_kw"}),
        days.planned_solar(park, rows, day).rename({"power_kw": "solar_plan_kw"}),
        metered,
    ):
        frame = frame.join(part, on="start", how="left", maintain_order="left")
    return Strip(
        start=frame["start"].to_list(),
        interval_s=park.site.metering_interval_s,
        band=frame["band"].to_list(),
        **{
            name: [None if value is None else round(value, 4) for value in frame[name].to_list()]
            for name in (
                "price_cny_per_kwh", "co2e_kg_per_kwh", "load_plan_kw", "load_kw", "solar_plan_kw", "solar_kw",
            )
        },
    )  # fmt: skip
