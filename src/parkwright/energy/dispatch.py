"""The day-ahead plan of the energy plant: what battery, heat pump, tank, boiler and grid do in each interval."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from parkwright.energy import balance, heat
from parkwright.energy.balance import Problem, Solution, Store
from parkwright.model.errors import PlanError
from parkwright.model.opening import Opening
from parkwright.model.park import Park
from parkwright.model.tables import DISPATCH, conform

Reals = NDArray[np.float64]

CARBON_CNY_PER_KG = 0.06236
"""Price by which the plan weighs emissions beside cost [CNY/kg]: mean of China's emission trading 2025, 62.36 CNY/t
(MEE figures, second-hand 2026). It steers the plan and is no part of `objective_cny`."""
GRID = "grid"
"""Asset id of the grid connection in DISPATCH; positive is import."""
_STILL_KW = 1e-6


@dataclass(frozen=True, slots=True)
class Dispatched:
    """A solved day: DISPATCH, how it was solved, its cost [CNY] and the largest balance error of a step [kWh].

    status: optimal; relaxed with each limit that gave way and by how much; incumbent; or fallback.
    curtailed_kw: solar power that is not used (T,) [kW].
    """

    dispatch: pl.DataFrame
    status: str
    objective_cny: float
    balance_residual_kwh: float
    curtailed_kw: Reals


def solve(
    park: Park,
    starts: pl.Series,
    load_kw: Reals,
    pv_kw: Reals,
    heat_kw: Reals,
    waste_heat_kw: Reals,
    price: Reals,
    co2e: Reals,
    opening: Opening,
    carbon_cny_per_kg: float = CARBON_CNY_PER_KG,
) -> Dispatched:
    """Return the cheapest plan of the energy plant for the intervals `starts` (T,).

    load_kw: power of the site without battery and heat pumps (T,) [kW]. pv_kw: solar power (T,) [kW].
    heat_kw: heat needed (T,) [kW]. waste_heat_kw: heat at the source of the heat pumps (T,) [kW]; what they lift
    cannot be more. price: of grid power (T,) [CNY/kWh]. co2e: intensity (T,) [kg/kWh]. opening: stores at the start;
    each ends at least as full. The plan always answers; limits that cannot be kept are relaxed and named in status.

    In DISPATCH: batteries, heat pumps (electric), tanks (heat, positive into the tank), boilers (heat given) and GRID.
    Where export pays more than import costs, the plan values exported power at the price of import, so that it does
    not buy and sell at once; `objective_cny` counts net power at the true prices, wear and gas.

    Raises PlanError when an array has another length than `starts` or holds a value that is not finite.
    """
    arrays = {"load_kw": load_kw, "pv_kw": pv_kw, "heat_kw": heat_kw, "waste_heat_kw": waste_heat_kw}
    _check(arrays | {"price": price, "co2e": co2e}, starts.len())
    if starts.len() == 0:
        return Dispatched(DISPATCH.empty(), "optimal", 0.0, 0.0, np.zeros(0))
    problem = _problem(park, arrays, price, co2e, opening, carbon_cny_per_kg)
    solution = balance.strike(problem)
    surplus = pv_kw > load_kw
    frame = conform(pl.concat(_rows(park, starts, solution, surplus)).sort("start", maintain_order=True), DISPATCH)
    return Dispatched(
        frame,
        solution.status,
        _cost_cny(park, solution, price, problem.step_h),
        solution.residual_kwh,
        np.maximum(pv_kw - solution.pv_used_kw, 0.0),
    )


def _check(arrays: dict[str, Reals], steps: int) -> None:
    for name, values in arrays.items():
        if len(values) != steps:
            raise PlanError(f"dispatch: {name} has {len(values)} values; give one for each of {steps} intervals")
        bad = np.flatnonzero(~np.isfinite(values))
        if bad.size:
            raise PlanError(f"dispatch: {name} is {values[bad[0]]} in interval {bad[0]}; give a finite number")


def _problem(
    park: Park, arrays: dict[str, Reals], price: Reals, co2e: Reals, opening: Opening, carbon: float
) -> Problem:
    plant, step_h = park.energy, park.site.metering_interval_s / 3600.0
    batteries = tuple(
        Store(one.capacity_kwh, one.power_kw, one.power_kw, one.charge_efficiency, one.discharge_efficiency, 1.0,
              one.wear_cny_per_kwh, opening.stored_kwh.get(one.id, one.capacity_kwh * one.opening_share))
        for one in plant.battery
    )  # fmt: skip
    tanks = tuple(
        Store(one.capacity_kwh, np.inf, np.inf, 1.0, 1.0, (1.0 - one.loss_share_per_h) ** step_h, 0.0,
              opening.stored_kwh.get(one.id, one.capacity_kwh * one.opening_share))
        for one in plant.tank
    )  # fmt: skip
    gas = [float(park.factor[one.factor_id].value) if one.factor_id in park.factor else 0.0 for one in plant.boiler]
    boilers = tuple(
        (one.power_kw, (one.gas_cny_per_kwh + carbon * factor) / one.efficiency)
        for one, factor in zip(plant.boiler, gas, strict=True)
    )
    weighed = price + carbon * co2e
    steps = len(price)
    return Problem(
        step_h, arrays["load_kw"], np.maximum(arrays["pv_kw"], 0.0), np.maximum(arrays["heat_kw"], 0.0),
        weighed, np.minimum(plant.grid.export_cny_per_kwh, np.minimum(price, weighed)), plant.grid.import_limit_kw,
        plant.grid.export_limit_kw, np.zeros(steps), np.maximum(arrays["waste_heat_kw"], 0.0), batteries, tanks,
        tuple((one.power_kw, np.broadcast_to(heat.cop(one), steps)) for one in plant.heat_pump), boilers,
    )  # fmt: skip


def _cost_cny(park: Park, solution: Solution, price: Reals, step_h: float) -> float:
    plant = park.energy
    cost = float((price * solution.import_kw - plant.grid.export_cny_per_kwh * solution.export_kw).sum())
    for battery, kw in zip(plant.battery, solution.discharge_kw, strict=True):
        cost += battery.wear_cny_per_kwh * float(kw.sum())
    for boiler, kw in zip(plant.boiler, solution.boiler_kw, strict=True):
        cost += boiler.gas_cny_per_kwh / boiler.efficiency * float(kw.sum())
    return cost * step_h


def _rows(park: Park, starts: pl.Series, solution: Solution, surplus: NDArray[np.bool_]) -> list[pl.DataFrame]:
    plant = park.energy
    filling = sum(solution.tank_kw, np.zeros(starts.len())) > _STILL_KW
    frames = []
    for battery, kw, kwh in zip(plant.battery, solution.battery_kw, solution.battery_kwh, strict=True):
        charging = np.where(surplus, "store_solar", "charge_valley")
        frames.append(_asset(starts, battery.id, kw, kwh, charging, "discharge_peak", "hold"))
    for pump, kw in zip(plant.heat_pump, solution.heat_pump_kw, strict=True):
        frames.append(_asset(starts, pump.id, kw, None, np.where(filling, "fill_tank", "serve_heat"), "off", "off"))
    for tank, kw, kwh in zip(plant.tank, solution.tank_kw, solution.tank_kwh, strict=True):
        frames.append(_asset(starts, tank.id, kw, kwh, np.full(len(kw), "fill_tank"), "serve_heat", "hold"))
    for boiler, kw in zip(plant.boiler, solution.boiler_kw, strict=True):
        frames.append(_asset(starts, boiler.id, kw, None, np.full(len(kw), "serve_heat"), "off", "off"))
    over = solution.import_kw > plant.grid.import_limit_kw + _STILL_KW
    bought = np.where(over, "over_limit", "import")
    frames.append(_asset(starts, GRID, solution.import_kw - solution.export_kw, None, bought, "export", "hold"))
    return frames


def _asset(
    starts: pl.Series, asset_id: str, kw: Reals, kwh: Reals | None, into: NDArray[np.str_], out: str, still: str
) -> pl.DataFrame:
    shown = np.round(kw, 9) + 0.0
    reason = np.where(shown > _STILL_KW, into, np.where(shown < -_STILL_KW, out, still))
    stored = [None] * len(shown) if kwh is None else np.round(np.maximum(kwh, 0.0), 9).tolist()
    return pl.DataFrame(
        {
            "start": starts,
            "asset_id": [asset_id] * len(shown),
            "power_kw": shown,
            "state_of_charge_kwh": pl.Series(stored, dtype=pl.Float64),
            "reason": reason.tolist(),
        }
    )
