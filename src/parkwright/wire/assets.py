"""The command `energy assets`: a year of the park with and without each asset, in kWh, CNY and kg."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from parkwright.energy import bill, dispatch, heat, load, recovery, solar, tariff, uncontrolled, weather
from parkwright.model.errors import ParkError, ParkwrightError
from parkwright.model.opening import folder_opening
from parkwright.model.park import Park
from parkwright.store.parse import Reader
from parkwright.store.weather import read_weather

Reals = NDArray[np.float64]

PLAIN_U, PLAIN_G = 2.8, 0.76
"""Thermal transmittance [W/m2K] and solar gain of two clear panes with 12 mm of air, uncoated; typical of EN 673 and
EN 410 tables, assumed."""
SOLAR_CONSTANT = 1361.0
"""Irradiance of the sun outside the atmosphere [W/m2]; Kopp and Lean (Geophysical Research Letters 38, 2011)."""
_HEADER_ROWS, _DIRECT, _MISSING = 8, 14, 9999.0
"""Rows before the hours, column of direct normal irradiance, and its mark for a missing value in an EPW file."""
LEFT_OUT = ("pv", "battery", "recovery", "glass", "control")
"""What a year is told without: each in turn, all else as it stands."""
Progress = Callable[[str], None]


@dataclass(frozen=True)
class Month:
    """The days of a month, laid end to end, and what they ask for (T,): power and heat [kW]; scale: to the month."""

    starts: pl.Series
    load_kw: Reals
    pv_kw: Reals
    heat_kw: Reals
    waste_kw: Reals
    direct_kw: Reals
    source_kw: Reals
    scale: float


@dataclass(frozen=True)
class Flows:
    """What the plant did [kW]: net power at the grid point, waste heat exchanged and lifted (T,); heat of boilers,
    discharge of batteries (N, T), in the order of the folder.
    """

    grid_kw: Reals
    exchanged_kw: Reals
    lifted_kw: Reals
    boiler_kw: Sequence[Reals]
    discharge_kw: Sequence[Reals]


def answer(
    park: Park, year: int, every: int, others: Sequence[Path] = (), progress: Progress = lambda text: None
) -> dict[str, Any]:
    """Return the year as it stands and without each asset, by weather: the park's own and `others` (EPW files).

    every: take each N-th day only, from the first of each month on, and count it N times. Asset by asset the difference
    is what having it is worth: below zero in cost_cny and co2e_kg means that the asset saves.

    Raises ParkwrightError when the park has no weather or another file cannot be used.
    """
    if park.weather.is_empty():
        raise ParkwrightError(f"{park.site.park_id}: has no weather; add weather.epw")
    parks = {"park": (park, list[str]())} | {path.name: with_weather(park, path) for path in others}
    found = {
        name: {"repairs": told, **_weather_year(one, year, every, progress)} for name, (one, told) in parks.items()
    }
    return {"park": park.site.park_id, "year": year, "every": every, "weather": found}


def with_weather(park: Park, path: Path) -> tuple[Park, list[str]]:
    """Return the park under the weather of another EPW file, and what was repaired in it, one line each.

    Direct irradiance beyond the sun's own is held at SOLAR_CONSTANT; every other fault is refused.
    Raises ParkError when the file cannot be used.
    """
    reader = Reader(path.parent)
    text = reader.text(path.name)
    if text is None:
        raise ParkError(reader.findings)
    lines, held = text.splitlines(), 0
    for row, line in enumerate(lines):
        cells = line.split(",")
        if row >= _HEADER_ROWS and len(cells) > _DIRECT and _beyond(cells[_DIRECT]):
            cells[_DIRECT], held = f"{SOLAR_CONSTANT:g}", held + 1
            lines[row] = ",".join(cells)
    with TemporaryDirectory() as folder:
        (Path(folder) / path.name).write_text("\n".join(lines), encoding="utf-8")
        mended = Reader(Path(folder))
        frame, _ = read_weather(mended, path.name)
    if mended.findings:
        raise ParkError(mended.findings)
    told = [f"{held} hours had direct irradiance above {SOLAR_CONSTANT:g} W/m2 and are held there"] if held else []
    return replace(park, weather=frame), told


def _beyond(cell: str) -> bool:
    try:
        return float(cell) > SOLAR_CONSTANT and float(cell) != _MISSING
    except ValueError:
        return False


def _weather_year(park: Park, year: int, every: int, progress: Progress) -> dict[str, Any]:
    ghi = float(park.weather["ghi_w_per_m2"].sum()) / 1000.0
    glass = {"glass_u": PLAIN_U, "glass_g": PLAIN_G}
    plain = replace(park, buildings=tuple(one.model_copy(update=glass) for one in park.buildings))
    progress("loads")
    months = {"as_built": list(_months(park, year, every)), "glass": list(_months(plain, year, every))}
    kinds = {"as_built": park} | {name: _without(park, name) for name in LEFT_OUT}
    years = {}
    for name, kind in kinds.items():
        progress(name)
        years[name] = _totals(kind, months["glass" if name == "glass" else "as_built"], controlled=name != "control")
    base = years["as_built"]
    worth = {
        name: {key: round(base[key] - years[name][key], 3) for key in ("import_kwh", "gas_kwh", "cost_cny", "co2e_kg")}
        for name in LEFT_OUT
    }
    told = {name: {key: round(value, 4) for key, value in one.items()} for name, one in years.items()}
    return {"ghi_kwh_per_m2": round(ghi, 1), "years": told, "worth": worth}


def _without(park: Park, name: str) -> Park:
    taken: Mapping[str, Any] = {
        "pv": {"solar": ()},
        "battery": {"battery": ()},
        "recovery": {"heat_pump": (), "exchanger": ()},
    }
    return replace(park, energy=park.energy.model_copy(update=taken[name])) if name in taken else park


def _months(park: Park, year: int, every: int) -> list[Month]:
    found = []
    for month in range(1, 13):
        first = date(year, month, 1)
        days = (date(year + month // 12, month % 12 + 1, 1) - first).days
        chosen = [first + timedelta(days=row) for row in range(0, days, every)]
        parts = [_day(park, each) for each in chosen]
        starts = pl.concat([part[0] for part in parts])
        load_kw, pv_kw, heat_kw, waste_kw, direct_kw, source_kw = (
            np.concatenate([part[row] for part in parts]) for row in range(1, 7)
        )
        scale = days / len(chosen)
        found.append(Month(starts, load_kw, pv_kw, heat_kw, waste_kw, direct_kw, source_kw, scale))
    return found


def _day(park: Park, day: date) -> tuple[Any, ...]:
    starts, sky = park.intervals(day), weather.of_day(park, day)
    loads = load.forecast(park, day, sky)
    need_kw, waste = heat.demand_kw(park, day, starts), recovery.waste_of(park, loads, starts)
    return (
        starts,
        load.site_kw(park, loads, starts),
        solar.total_kw(park.energy.solar, park.site, sky),
        need_kw,
        recovery.liftable_kw(waste),
        recovery.most_kw(park.energy.exchanger, waste, need_kw),
        sum(waste.values()),
    )


def _totals(park: Park, months: Sequence[Month], *, controlled: bool) -> dict[str, float]:
    """Return the figures of a year: energy [kWh], shares, cost [CNY] without a carbon price, emissions [kg]."""
    step_h = park.site.metering_interval_s / 3600.0
    keys = ("import_kwh", "export_kwh", "pv_kwh", "gas_kwh", "recovered_kwh", "waste_kwh", "demand_cny", "cost_cny")
    total, burnt_kg = dict.fromkeys(keys, 0.0), 0.0
    for month in months:
        pv_kw = month.pv_kw if park.energy.solar else np.zeros(len(month.pv_kw))
        flows = _planned(park, month, pv_kw) if controlled else _unplanned(park, month, pv_kw)
        bought, sold = np.maximum(flows.grid_kw, 0.0), np.maximum(-flows.grid_kw, 0.0)
        charged = bill.bill(park, month.starts, bought, sold)
        each = step_h * month.scale
        gas = [
            float(kw.sum()) * each / one.efficiency for one, kw in zip(park.energy.boiler, flows.boiler_kw, strict=True)
        ]
        gas_cny = sum(kwh * one.gas_cny_per_kwh for one, kwh in zip(park.energy.boiler, gas, strict=True))
        wear = sum(
            one.wear_cny_per_kwh * float(kw.sum()) * each
            for one, kw in zip(park.energy.battery, flows.discharge_kw, strict=True)
        )
        burnt_kg += sum(
            kwh * float(park.factor[one.factor_id].value) for one, kwh in zip(park.energy.boiler, gas, strict=True)
        )
        demand = sum(charged.demand_cny.values())
        energy = sum(charged.energy_cny.values()) + charged.export_cny
        recovered_kw = flows.exchanged_kw + flows.lifted_kw
        values = (
            bought.sum() * each, sold.sum() * each, pv_kw.sum() * each, sum(gas), recovered_kw.sum() * each,
            month.source_kw.sum() * each, demand, energy * month.scale + demand + gas_cny + wear,
        )  # fmt: skip
        for key, value in zip(keys, values, strict=True):
            total[key] += float(value)
    factor = float(park.factor[park.site.accounting_grid_factor].value)
    total["co2e_kg"] = total["import_kwh"] * factor + burnt_kg
    total["self_use_share"] = 1.0 - total["export_kwh"] / total["pv_kwh"] if total["pv_kwh"] else 0.0
    total["recovered_share"] = total["recovered_kwh"] / total["waste_kwh"] if total["waste_kwh"] else 0.0
    return total


def _planned(park: Park, month: Month, pv_kw: Reals) -> Flows:
    """Return what the dispatch plan does, with the month foreseen."""
    price = tariff.prices(park, month.starts)["price_cny_per_kwh"].to_numpy()
    factor = float(park.factor[park.site.accounting_grid_factor].value)
    made = dispatch.solve(
        park, month.starts, month.load_kw, pv_kw, month.heat_kw, month.waste_kw, price,
        np.full(len(price), factor), folder_opening(park), month=dispatch.Month(share=1.0 / month.scale),
        direct_kw=_direct_kw(park, month),
    ).dispatch  # fmt: skip
    power = {
        asset: rows["power_kw"].to_numpy()
        for (asset,), rows in made.partition_by("asset_id", as_dict=True, maintain_order=True).items()
    }
    zeros = np.zeros(len(price))
    lifted = sum((power[one.id] * (float(heat.cop(one)[0]) - 1.0) for one in park.energy.heat_pump), zeros)
    exchanged = sum((power[one.id] for one in park.energy.exchanger), zeros)
    boilers = [power[one.id] for one in park.energy.boiler]
    discharged = [np.maximum(-power[one.id], 0.0) for one in park.energy.battery]
    return Flows(power[dispatch.GRID], exchanged, lifted, boilers, discharged)


def _direct_kw(park: Park, month: Month) -> Reals:
    """Return what the exchangers of this park can give (T, X) [kW]; none where it is told without them."""
    return month.direct_kw if park.energy.exchanger else month.direct_kw[:, :0]


def _unplanned(park: Park, month: Month, pv_kw: Reals) -> Flows:
    """Return what the plant does without a plan."""
    warm = uncontrolled.follow_need(park.energy, month.heat_kw, month.waste_kw, _direct_kw(park, month))
    surplus = pv_kw - month.load_kw - warm.electric_kw
    discharged = []
    for battery in park.energy.battery:
        power = uncontrolled.follow_sun(battery, surplus, park.site.metering_interval_s / 3600.0).power_kw
        surplus = surplus - power
        discharged.append(np.maximum(-power, 0.0))
    net = np.maximum(-surplus, -park.energy.grid.export_limit_kw)
    return Flows(net, warm.exchanged_kw, warm.lifted_kw, _shared(park, warm.boiler_kw), discharged)


def _shared(park: Park, heat_kw: Reals) -> list[Reals]:
    """Return the heat of each boiler (T,) [kW], the first ones loaded first."""
    found, left = [], heat_kw
    for one in park.energy.boiler:
        found.append(np.minimum(left, one.power_kw))
        left = left - found[-1]
    return found
