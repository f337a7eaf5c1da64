"""A small park with one of each energy thing: a hall, line, sun, battery, heat, air, cold and lamps."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import numpy as np
import polars as pl

from parkwright.model.park import Park
from parkwright.model.plant import (
    Battery,
    Boiler,
    Chiller,
    Compressor,
    EnergyPlant,
    Factor,
    Grid,
    HeatPump,
    HotWater,
    LampFleet,
    Meter,
    SolarField,
    Tank,
    Tariff,
)
from parkwright.model.site import Building, Calendar, Fleet, Shift, Site, WorkCenter, WorkUnit

NAME = {"en": "a", "zh": "a"}
ASSUMED = "assumed: a test"
DAY = date(2026, 7, 15)
MIDNIGHT = datetime(2026, 7, 14, 16, tzinfo=UTC)
SUMMER, WINTER, SUNDAY = DAY, date(2026, 1, 14), date(2026, 7, 19)


def noun(noun_type, /, **fields):
    """A noun with a name and a basis where it has them."""
    extra = {"basis": ASSUMED} if "basis" in noun_type.model_fields else {}
    extra |= {"name": NAME} if "name" in noun_type.model_fields else {}
    return noun_type(**extra | fields)


def meter(meter_id, parent="", role="load", serves="", purpose="other", commodity="electricity", **fields):
    return Meter(
        id=meter_id, name_en="a", name_zh="a", parent_id=parent, commodity=commodity, role=role, serves=serves,
        purpose=purpose, basis=ASSUMED, **fields,
    )  # fmt: skip


def building(building_id="B1", **fields):
    square = ((0, 0), (100, 0), (100, 50), (0, 50))
    given = {"id": building_id, "kind": "production", "footprint": square, "height_m": 10, "floor_area_m2": 5000}
    return noun(Building, **given | {"glass_area_m2": 300} | fields)


def solar_field(field_id="PV1", **fields):
    return noun(SolarField, **{"id": field_id, "building_id": "B1", "peak_kw": 1000, "inverter_kw": 900} | fields)


def battery(**fields):
    given = {
        "id": "BAT",
        "capacity_kwh": 2000,
        "power_kw": 1000,
        "charge_efficiency": 0.95,
        "discharge_efficiency": 0.95,
    }
    return noun(Battery, **given | fields)


def heat_plant():
    return {
        "heat_pump": (noun(HeatPump, id="HP", power_kw=250),),
        "tank": (noun(Tank, id="TK", capacity_kwh=2000),),
        "boiler": (noun(Boiler, id="BO", power_kw=2000, factor_id="gas"),),
        "hot_water": noun(HotWater, weekday_kwh=4800, off_day_kwh=2400),
    }


def plant(**fields):
    given = {
        "grid": noun(Grid, import_limit_kw=5000, export_limit_kw=3000, export_cny_per_kwh=0.36, loss_share=0.02),
        "solar": (solar_field(),),
        "battery": (battery(),),
        **heat_plant(),
        "compressor": tuple(noun(Compressor, id=f"C{k}", power_kw=90) for k in (1, 2)),
        "chiller": (noun(Chiller, id="CH", power_kw=400),),
        "lamps": (
            noun(LampFleet, id="LAMPS", count=10, panel_w=220, battery_wh=1200, lamp_w=30, line=((0, 0), (9, 0))),
        ),
    }  # fmt: skip
    return EnergyPlant(**given | fields)


def tariff(**fields):
    given = {
        "id": "T", "valid_from": "2025-10-01", "flat_cny_per_kwh": 0.7,
        "ratio": {"sharp": 1.92, "peak": 1.6, "flat": 1, "valley": 0.4},
        "band": (
            {"band": "peak", "months": (7, 8), "hours": ((15, 23),)},
            {"band": "valley", "months": (7, 8), "hours": ((1, 9),)},
            {"band": "sharp", "months": (7, 8), "hours": ((20, 22),)},
            {"band": "peak", "months": (1, 2, 12), "hours": ((8, 10), (16, 22))},
            {"band": "valley", "months": (1, 2, 12), "hours": ((0, 6), (12, 14))},
        ),
    }  # fmt: skip
    return noun(Tariff, **given | fields)


def factor(factor_id, value, kind="grid_average"):
    return Factor(
        id=factor_id, publisher="p", document="d", cell="c", data_year=2023, geography="CN", kind=kind, value=value,
        licence="l", verified=True,
    )  # fmt: skip


def typical_year():
    """A smooth year: 13 degC mean, 15 K between summer and winter, sun from 6 to 18 h, wind 3 m/s."""
    hour = np.arange(8760)
    day, clock = hour // 24, hour % 24
    stamp = pl.datetime_range(
        datetime(2023, 1, 1, tzinfo=UTC), datetime(2024, 1, 1, tzinfo=UTC), "1h", closed="left", eager=True
    )
    season = -np.cos(2 * np.pi * (day - 15) / 365)
    height = np.clip(np.sin(np.pi * (clock + 0.5 - 6) / 12), 0, None) * (0.7 + 0.3 * season)
    return pl.DataFrame(
        {
            "month": stamp.dt.month().cast(pl.Int64),
            "day": stamp.dt.day().cast(pl.Int64),
            "hour": stamp.dt.hour().cast(pl.Int64),
            "temperature_c": 13 + 15 * season + 4 * np.sin(np.pi * (clock - 9) / 12),
            "ghi_w_per_m2": 800 * height,
            "dni_w_per_m2": 600 * np.sqrt(height),
            "dhi_w_per_m2": 250 * height,
            "wind_m_per_s": np.full(8760, 3.0),
            "humidity_share": np.full(8760, 0.5),
        }
    )


def line():
    units = (
        noun(WorkUnit, id="U1", kind="station", cycle_s=9, run_kw=40, idle_kw=10, off_kw=1),
        noun(WorkUnit, id="U2", kind="oven", places=20, cycle_s=180, run_kw=60, idle_kw=30, off_kw=2),
    )
    return noun(
        WorkCenter, id="L1", building_id="B1", segment_ids=("S",), start=(0, 0), end=(10, 0), takt_s=10, node_id="n",
        work_unit=units,
    )  # fmt: skip


def meters():
    return (
        meter("grid-in", role="import", purpose="site"),
        meter("bld", serves="B1", purpose="building", base_kw=5),
        meter("line", "bld", serves="L1", purpose="line", base_kw=3),
        meter("m-U1", "line", serves="U1", purpose="machine"),
        meter("hvac", "bld", serves="B1", purpose="hvac"),
        meter("light", "bld", serves="B1", purpose="lighting"),
        meter("c1", serves="C1", purpose="air", base_kw=1),
        meter("c2", serves="C2", purpose="air"),
        meter("ch", serves="CH", purpose="cold"),
        meter("hp", serves="HP", purpose="heat"),
        meter("robots", serves="fleet", purpose="logistics"),
        meter("gas", serves="BO", purpose="heat", commodity="gas"),
        meter("water", purpose="site", commodity="water"),
    )


WEEK = ("mon", "tue", "wed", "thu", "fri", "sat")


def park(**fields):
    site = noun(
        Site, park_id="T", timezone="Asia/Shanghai", latitude=39, longitude=117, width_m=400, depth_m=280,
        area_m2=112_000, accounting_grid_factor="grid", residual_grid_factor="grid",
    )  # fmt: skip
    given = {
        "site": site, "buildings": (building(),), "work_centers": (line(),),
        "calendar": Calendar(shift=(Shift(days=WEEK, start="06:00", end="22:00"),)),
        "segments": (), "products": (), "materials": (), "bill": (), "setups": (), "suppliers": (), "markets": (),
        "order_pattern": None, "meters": meters(), "energy": plant(),
        "factors": (factor("grid", "0.6796"), factor("gas", "0.18254", "fuel")), "tariffs": (tariff(),), "nodes": (),
        "edges": (), "fleet": noun(Fleet, count=10, home_node="n"), "warehouse": None, "green": (), "meter_files": (),
        "weather": typical_year(),
    }  # fmt: skip
    return Park(**given | fields)


def bare_park():
    """A park with nothing but a grid connection: no weather, no tariff, no plant, no line."""
    grid = noun(Grid, import_limit_kw=1000, export_limit_kw=0, export_cny_per_kwh=0)
    return park(
        buildings=(), work_centers=(), meters=(meter("grid-in", role="import", purpose="site"),),
        energy=EnergyPlant(grid=grid), tariffs=(), fleet=None, weather=typical_year().clear(),
    )  # fmt: skip


def hours(count, start=MIDNIGHT, step_s=3600):
    """Instants from `start` on."""
    return pl.Series("start", [start + timedelta(seconds=step_s * k) for k in range(count)], pl.Datetime("ms", "UTC"))
