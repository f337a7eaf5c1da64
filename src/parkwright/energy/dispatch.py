"""The day-ahead plan of the energy plant: what battery, heat pump, tank, boiler and grid do in each interval."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import polars as pl
from numpy.typing import NDArray

from parkwright.energy import demand, heat, tariff
from parkwright.energy.answer import Answer, Planner
from parkwright.energy.blocks import Block, Converter, Demand, Grid, Load, Source, Store, System
from parkwright.energy.recovery import LIFTED
from parkwright.model.errors import PlanError
from parkwright.model.opening import Opening
from parkwright.model.park import Park
from parkwright.model.tables import DISPATCH, conform

Reals = NDArray[np.float64]

GRID = "grid"
"""Asset id of the grid connection in DISPATCH; positive is import."""
SUN, POWER = "_sun", "power"
"""Ids of the solar block and of the power bus in the plant's system."""
TIME_LIMIT_S = 20.0
"""Time after which the best point known is returned [s]; a day takes milliseconds; assumed."""
_HEAT, _WASTE = "heat", "waste"
_STILL_KW = 1e-6


@dataclass(frozen=True, slots=True)
class Month:
    """What the month gives a plan.

    free_kw: month "YYYY-MM" -> import that costs nothing more: what was reached, or is worth its price. share: of the
    price of demand that counts, where the plan stands for a part of its month.
    """

    free_kw: Mapping[str, float] = field(default_factory=dict)
    share: float = 1.0


@dataclass(frozen=True, slots=True)
class Dispatched:
    """A solved day: DISPATCH, how it was solved, its cost [CNY] and the largest balance error of a step [kWh].

    objective_cny: energy, wear and gas; demand and what the stores carry on are no part of it.

    status: optimal; relaxed with each limit that gave way, by how much and why; incumbent with its gap; or fallback.
    curtailed_kw: solar power that is not used (T,) [kW]. marginal_price: what one kilowatt-hour more would cost, carbon
    weighed in (T,) [CNY/kWh]; empty where the plan is no optimum of a linear programme. peak_kw: month -> highest
    import as its demand meter would show it, at least what is free; empty where demand costs nothing. carried_cny:
    worth of what the stores end the own steps with less what they began with, at the marginal value of the step after.
    stored_kwh: store id -> what it holds after each step, those that are not told of included.
    """

    dispatch: pl.DataFrame
    status: str
    objective_cny: float
    balance_residual_kwh: float
    curtailed_kw: Reals
    marginal_price: Reals
    peak_kw: Mapping[str, float] = field(default_factory=dict)
    carried_cny: float = 0.0
    stored_kwh: Mapping[str, Reals] = field(default_factory=dict)


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
    carbon_cny_per_kg: float | None = None,
    month: Month | None = None,
    own: int | None = None,
    direct_kw: Reals | None = None,
) -> Dispatched:
    """Return the cheapest plan of the energy plant for the intervals `starts` (T,).

    load_kw: power of the site without battery and heat pumps (T,) [kW]. pv_kw: solar power (T,) [kW].
    heat_kw: heat needed (T,) [kW]. waste_heat_kw: heat at the source of the heat pumps (T,) [kW]; what they lift
    cannot be more. direct_kw: what each heat exchanger can give at most (T, X) [kW], None for nothing; what those at
    the heat pumps' source give, these cannot lift. price: of grid power (T,) [CNY/kWh]. co2e: intensity (T,) [kg/kWh].
    opening: stores at the start; each ends at least as full. month: what demand costs; without it, nothing. own: steps
    that are told of, the first ones; those after only say what stored energy is worth. carbon_cny_per_kg: what
    emissions weigh beside cost, no part of `objective_cny`; None for the tariff's price of the first day. The plan
    always answers; limits that cannot be kept are relaxed and named in status.

    In DISPATCH: batteries, heat exchangers (heat given), heat pumps (electric), tanks (heat, positive into the tank),
    boilers (heat given) and GRID.
    Where export pays more than import costs, the plan values exported power at the price of import, so that it does
    not buy and sell at once; `objective_cny` counts net power at the true prices, wear and gas.

    Raises PlanError when an array has another length than `starts` or holds a value that is not finite.
    """
    arrays = {"load_kw": load_kw, "pv_kw": pv_kw, "heat_kw": heat_kw, "waste_heat_kw": waste_heat_kw}
    if direct_kw is not None:
        arrays["direct_kw"] = direct_kw
    _check(arrays | {"price": price, "co2e": co2e}, starts.len())
    if starts.len() == 0:
        return Dispatched(DISPATCH.empty(), "optimal", 0.0, 0.0, np.zeros(0), np.zeros(0))
    charge = demand.charged(park, starts, month.free_kw, month.share) if month else None
    if carbon_cny_per_kg is None:
        carbon_cny_per_kg = tariff.carbon_cny_per_kg(park, starts[0].astimezone(park.zone).date())
    system = plant_system(park, arrays, price, co2e, opening, carbon_cny_per_kg, charge)
    found = Planner(TIME_LIMIT_S).answer(system)
    told = slice(0, own)
    rows = _rows(park, starts, found, pv_kw > load_kw)
    return Dispatched(
        conform(pl.concat(row[told] for row in rows).sort("start", maintain_order=True), DISPATCH),
        found.status,
        _cost_cny(park, found, price, system.step_h, told),
        found.balance_residual_kwh,
        np.maximum(pv_kw - found.flows[SUN], 0.0)[told],
        np.asarray(found.marginal_price.get(POWER, np.zeros(0)))[told],
        _peaks(park, starts, found),
        _carried_cny(system, found, own or starts.len()),
        {store.id: found.flows[f"{store.id}.stored"] for store in system.stores()},
    )


def _carried_cny(system: System, found: Answer, own: int) -> float:
    """Return what is stored more after the first `own` steps is worth in the step that follows; 0 where none does."""
    if own >= system.steps:
        return 0.0
    return sum(
        store.kept_share
        * float(found.stored_price[store.id][own])
        * (float(found.flows[f"{store.id}.stored"][own - 1]) - (store.opening_kwh or 0.0))
        for store in system.stores()
        if store.id in found.stored_price
    )


def _peaks(park: Park, starts: pl.Series, found: Answer) -> dict[str, float]:
    if f"{GRID}.peak" not in found.flows:
        return {}
    months = starts.dt.convert_time_zone(park.site.timezone).dt.strftime("%Y-%m").unique(maintain_order=True)
    return dict(zip(months.to_list(), found.flows[f"{GRID}.peak"].tolist(), strict=True))


def _check(arrays: dict[str, Reals], steps: int) -> None:
    for name, values in arrays.items():
        if len(values) != steps:
            raise PlanError(f"dispatch: {name} has {len(values)} values; give one for each of {steps} intervals")
        bad = np.argwhere(~np.isfinite(values))
        if bad.size:
            raise PlanError(
                f"dispatch: {name} is {values[tuple(bad[0])]} in interval {bad[0][0]}; give a finite number"
            )


def plant_system(
    park: Park,
    arrays: Mapping[str, Reals],
    price: Reals,
    co2e: Reals,
    opening: Opening,
    carbon: float,
    charge: Demand | None = None,
) -> System:
    """Return the energy plant of a park as blocks on three buses: power, heat, and the waste heat that is lifted.

    arrays: load_kw, pv_kw, heat_kw and waste_heat_kw (T,) [kW], direct_kw (T, X) [kW] where exchangers give.
    price: of grid power (T,) [CNY/kWh]. co2e: its intensity (T,) [kg/kWh]. carbon: price of emissions beside cost
    [CNY/kg]. charge: for the highest import. Assets keep their ids.
    """
    plant, step_h, steps = park.energy, park.site.metering_interval_s / 3600.0, len(price)
    weighed = price + carbon * co2e
    limits = np.full(steps, plant.grid.import_limit_kw), np.full(steps, plant.grid.export_limit_kw)
    blocks: list[Block] = [
        Load("_load", POWER, arrays["load_kw"]),
        Grid(GRID, POWER, *limits, weighed, np.minimum(plant.grid.export_cny_per_kwh, np.minimum(price, weighed)),
             charge, co2e),
        Source(SUN, POWER, np.maximum(arrays["pv_kw"], 0.0)),
        Load("_heat", _HEAT, np.maximum(arrays["heat_kw"], 0.0)),
        Source("_waste", _WASTE, np.maximum(arrays["waste_heat_kw"], 0.0)),
    ]  # fmt: skip
    blocks += [
        Store(one.id, POWER, one.capacity_kwh, one.power_kw, one.power_kw, one.charge_efficiency,
              one.discharge_efficiency, 1.0, one.wear_cny_per_kwh,
              opening.stored_kwh.get(one.id, one.capacity_kwh * one.opening_share))
        for one in plant.battery
    ]  # fmt: skip
    blocks += [
        Store(one.id, _HEAT, one.capacity_kwh, np.inf, np.inf, kept_share=(1.0 - one.loss_share_per_h) ** step_h,
              opening_kwh=opening.stored_kwh.get(one.id, one.capacity_kwh * one.opening_share))
        for one in plant.tank
    ]  # fmt: skip
    blocks += [
        Converter(one.id, POWER, _HEAT, np.full(steps, one.power_kw), np.broadcast_to(heat.cop(one), steps), _WASTE)
        for one in plant.heat_pump
    ]
    for one, most in zip(plant.exchanger, arrays.get("direct_kw", np.zeros((steps, 0))).T, strict=False):
        on_loop = one.source in LIFTED
        blocks.append(
            Converter(one.id, _WASTE, _HEAT, most, np.ones(steps)) if on_loop else Source(one.id, _HEAT, most)
        )
    for boiler in plant.boiler:
        gas = float(park.factor[boiler.factor_id].value) if boiler.factor_id in park.factor else 0.0
        heat_price = (boiler.gas_cny_per_kwh + carbon * gas) / boiler.efficiency
        blocks.append(Source(boiler.id, _HEAT, np.full(steps, boiler.power_kw), heat_price, gas / boiler.efficiency))
    return System(step_h, steps, tuple(blocks))


def net_grid_kw(found: Answer) -> Reals:
    """Return the power at the grid point (T,) [kW]; import is positive."""
    bought, sold = (found.flows[f"{GRID}.{part}"] for part in ("import", "export"))
    return bought + found.flows[f"{GRID}.over"] - sold - found.flows[f"{GRID}.shut"]


def _cost_cny(park: Park, found: Answer, price: Reals, step_h: float, told: slice) -> float:
    plant, net, price = park.energy, net_grid_kw(found)[told], price[told]
    cost = float((price * np.maximum(net, 0.0) - plant.grid.export_cny_per_kwh * np.maximum(-net, 0.0)).sum())
    for battery in plant.battery:
        cost += battery.wear_cny_per_kwh * float(found.flows[f"{battery.id}.discharge"][told].sum())
    for boiler in plant.boiler:
        cost += boiler.gas_cny_per_kwh / boiler.efficiency * float(found.flows[boiler.id][told].sum())
    return cost * step_h


def _store_rows(
    starts: pl.Series, asset_id: str, found: Answer, into: NDArray[np.str_], out: str
) -> tuple[Reals, pl.DataFrame]:
    kw = found.flows[f"{asset_id}.charge"] - found.flows[f"{asset_id}.discharge"]
    return kw, _asset(starts, asset_id, kw, found.flows[f"{asset_id}.stored"], into, out, "hold")


def _rows(park: Park, starts: pl.Series, found: Answer, surplus: NDArray[np.bool_]) -> list[pl.DataFrame]:
    plant, frames, filling = park.energy, [], np.zeros(starts.len())
    for battery in plant.battery:
        charging = np.where(surplus, "store_solar", "charge_valley")
        frames.append(_store_rows(starts, battery.id, found, charging, "discharge_peak")[1])
    tanks: list[pl.DataFrame] = []
    for tank in plant.tank:
        kw, rows = _store_rows(starts, tank.id, found, np.full(starts.len(), "fill_tank"), "serve_heat")
        filling, tanks = filling + kw, [*tanks, rows]
    for pump in plant.heat_pump:
        reason = np.where(filling > _STILL_KW, "fill_tank", "serve_heat")
        frames.append(_asset(starts, pump.id, found.flows[pump.id], None, reason, "off", "off"))
    frames += tanks
    serving = np.full(starts.len(), "serve_heat")
    for maker in (*(one.id for one in plant.exchanger), *(one.id for one in plant.boiler)):
        if maker in found.flows:
            frames.append(_asset(starts, maker, found.flows[maker], None, serving, "off", "off"))
    net = net_grid_kw(found)
    bought = np.where(net > plant.grid.import_limit_kw + _STILL_KW, "over_limit", "import")
    frames.append(_asset(starts, GRID, net, None, bought, "export", "hold"))
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
