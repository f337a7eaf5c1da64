"""The wall: what is this park doing right now, and is it good? Aggregates only, so that it may be public."""

from __future__ import annotations

from datetime import datetime

import polars as pl
from pydantic import Field

from parkwright.model.park import Park
from parkwright.show.answers import day as days
from parkwright.show.answers.figure import Answer, Figure, Input, Rows, Why, ratio
from parkwright.show.answers.home import five_figures
from parkwright.show.answers.progress import Progress, newest_sample, progress

ROLES = ("import", "export", "generation", "charge", "discharge")


class PowerNow(Answer):
    """Power of the site now by source [kW]; null when it has not been sampled."""

    at: datetime | None
    grid_kw: float | None = Field(description="import less export")
    solar_kw: float | None
    battery_kw: float | None = Field(description="discharge less charge")
    use_kw: float | None


class Wall(Answer):
    """Six figures that a visitor understands, and the power now."""

    at: datetime
    name_en: str
    name_zh: str
    figures: list[Figure]
    power: PowerNow
    progress: Progress


def wall(park: Park, rows: Rows, now: datetime, history_days: int) -> Wall:
    """Return the six figures of the wall at `now`; the same numbers as on Home."""
    units, on_time, _, _, co2e = five_figures(park, rows, now, history_days)
    power = power_now(park, rows, now)
    return Wall(
        at=now,
        name_en=park.site.name.en,
        name_zh=park.site.name.zh,
        figures=[units, on_time, _power_figure(power), co2e, _first_pass(park, rows, now), _robots(park, rows, now)],
        power=power,
        progress=progress(park, rows, now, history_days),
    )


def power_now(park: Park, rows: Rows, now: datetime) -> PowerNow:
    """Return the site's power by source from the newest samples of its meters."""
    day = days.today(park, now)
    newest = newest_sample(rows, day)
    if newest is None:
        return PowerNow(at=None, grid_kw=None, solar_kw=None, battery_kw=None, use_kw=None)
    role = {f"{m.id}/power_kw": m.role for m in park.meters if m.commodity == "electricity" and m.role in ROLES}
    samples = rows.read("samples", day.isoformat()).filter(
        pl.col("start") == newest, pl.col("signal_id").is_in(list(role))
    )
    by_role: dict[str, float] = {}
    for signal_id, value in samples.select("signal_id", "value").iter_rows():
        by_role[role[signal_id]] = by_role.get(role[signal_id], 0.0) + value
    if "import" not in by_role:
        return PowerNow(at=newest, grid_kw=None, solar_kw=None, battery_kw=None, use_kw=None)
    grid = by_role["import"] - by_role.get("export", 0.0)
    solar = by_role.get("generation", 0.0)
    battery = by_role.get("discharge", 0.0) - by_role.get("charge", 0.0)
    return PowerNow(at=newest, grid_kw=grid, solar_kw=solar, battery_kw=battery, use_kw=grid + solar + battery)


def _power_figure(power: PowerNow) -> Figure:
    parts = {"input.grid_kw": power.grid_kw, "input.solar_kw": power.solar_kw, "input.battery_kw": power.battery_kw}
    return Figure(
        key="power_now",
        value=power.use_kw,
        unit="kW",
        good_is="low",
        as_of=power.at,
        why=Why(
            formula="why.power_now",
            inputs=[Input(name=name, value=value, unit="kW", source="samples") for name, value in parts.items()],
        ),
    )


def _first_pass(park: Park, rows: Rows, now: datetime) -> Figure:
    day = days.today(park, now)
    passed, decided = days.first_pass(park, rows, day)
    share = ratio(float(passed), decided)
    return Figure(
        key="first_pass",
        value=None if share is None else 100 * share,
        unit="%",
        good_is="high",
        as_of=newest_sample(rows, day),
        why=Why(
            formula="why.first_pass",
            inputs=[
                Input(name="input.units_first_pass", value=passed, unit="units", source="passages"),
                Input(name="input.units_decided", value=decided, unit="units", source="verdicts"),
            ],
        ),
    )


def _robots(park: Park, rows: Rows, now: datetime) -> Figure:
    day = days.today(park, now)
    moves = rows.read("moves", day.isoformat()).filter(pl.col("start") <= now, pl.col("end") > now)
    newest = newest_sample(rows, day)
    fleet = park.fleet.count if park.fleet else 0
    busy = float(moves["robot_id"].n_unique()) if newest else None
    return Figure(
        key="robots",
        value=busy,
        unit="robots",
        good_is="high",
        as_of=newest,
        why=Why(
            formula="why.robots",
            inputs=[
                Input(name="input.robots_busy", value=busy, unit="robots", source="moves"),
                Input(name="input.robots_all", value=fleet, unit="robots", source="park"),
            ],
        ),
    )
