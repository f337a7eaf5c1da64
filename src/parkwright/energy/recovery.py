"""Waste heat by temperature: exchanged where it is hot enough; what is left can be lifted by the heat pumps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from parkwright.energy import air, cold
from parkwright.energy import load as loads
from parkwright.model.park import Park
from parkwright.model.plant import HeatExchanger

Reals = NDArray[np.float64]

PINCH_K = 5.0
"""Least temperature difference of a plate heat exchanger [K] (VDI Heat Atlas 2010, C1); assumed for all."""
OVEN_EXHAUST_SHARE = 0.35
"""Share of an oven's power that leaves with the exhaust air, the rest by boards and walls; assumed."""
LIFTED = ("compressors", "chillers")
"""Sources on the loop from which heat pumps lift; the exhaust of ovens can only be exchanged."""


def direct_share(source_c: float, supply_c: float, return_c: float) -> float:
    """Return how much of the lift from return to supply a source can give through an exchanger (0-1)."""
    return float(np.clip((source_c - PINCH_K - return_c) / (supply_c - return_c), 0.0, 1.0))


def share_of(exchanger: HeatExchanger) -> float:
    """Return how much of the lift from return to supply an exchanger can give (0-1); below 1 it can only preheat."""
    return direct_share(exchanger.source_c, exchanger.supply_c, exchanger.return_c)


def waste_of(park: Park, load: pl.DataFrame, starts: pl.Series) -> dict[str, Reals]:
    """Return the waste heat by source (T,) [kW]: of compressors, of the chillers' condensers, of the ovens' exhaust.

    load: LOAD with the meters that serve compressors (purpose air), chillers (purpose cold) and ovens (purpose
    machine); a machine without a meter gives none.
    """
    plant = park.energy
    ovens = [unit.id for unit in park.work_unit.values() if unit.kind == "oven"]
    compressors = _metered(park, load, starts, "air", [one.id for one in plant.compressor])
    chillers = _metered(park, load, starts, "cold", [one.id for one in plant.chiller])
    return {
        "compressors": air.waste_heat_kw(plant.compressor, compressors),
        "chillers": cold.rejected_heat_kw(plant.chiller, chillers),
        "ovens": exhaust_kw(_metered(park, load, starts, "machine", ovens)),
    }


def exhaust_kw(oven_kw: Reals) -> Reals:
    """Return the heat in the exhaust air of ovens (T,) [kW]; oven_kw: electric power (O, T) [kW]."""
    found: Reals = OVEN_EXHAUST_SHARE * oven_kw.sum(axis=0)
    return found


def liftable_kw(waste: Mapping[str, Reals]) -> Reals:
    """Return the waste heat on the loop of the heat pumps (T,) [kW]; waste: by source, as `waste_of` gives it."""
    return waste[LIFTED[0]] + waste[LIFTED[1]]


def most_kw(exchangers: Sequence[HeatExchanger], waste: Mapping[str, Reals], need_kw: Reals) -> Reals:
    """Return the heat that each exchanger can give at most (T, X) [kW].

    waste: by source (T,) [kW]. need_kw: heat asked for (T,) [kW]. Exchangers at one source share it, the first one
    takes what it can. One that only preheats gives no more than its part of the lift, less what colder ones gave.
    """
    left = dict(waste)
    found = np.zeros((len(need_kw), len(exchangers)))
    preheated = np.zeros(len(need_kw))
    for column in _coldest_first(exchangers):
        one, share = exchangers[column], share_of(exchangers[column])
        given = np.minimum(one.power_kw if share > 0.0 else 0.0, np.maximum(left[one.source], 0.0))
        if share < 1.0:
            given = np.minimum(given, np.maximum(share * need_kw - preheated, 0.0))
            preheated = preheated + given
        left[one.source] = left[one.source] - given
        found[:, column] = given
    return found


def exchange(exchangers: Sequence[HeatExchanger], direct_kw: Reals, room_kw: Reals) -> Reals:
    """Return what each exchanger gives (T, X) [kW] where `room_kw` (T,) [kW] is wanted; direct_kw: at most (T, X)."""
    given, left = np.zeros_like(direct_kw), np.maximum(room_kw, 0.0)
    for column in _coldest_first(exchangers):
        given[:, column] = np.minimum(direct_kw[:, column], left)
        left = left - given[:, column]
    return given


def off_the_loop_kw(exchangers: Sequence[HeatExchanger], given_kw: Reals) -> Reals:
    """Return what exchangers take from the loop of the heat pumps (T,) [kW]; given_kw: (T, X) [kW]."""
    columns = [column for column, one in enumerate(exchangers) if one.source in LIFTED]
    found: Reals = given_kw[:, columns].sum(axis=1)
    return found


def _coldest_first(exchangers: Sequence[HeatExchanger]) -> list[int]:
    """Return the order in which the water passes: the hot ones finish what the cold ones began."""
    return sorted(range(len(exchangers)), key=lambda column: (share_of(exchangers[column]), column))


def _metered(park: Park, load: pl.DataFrame, starts: pl.Series, purpose: str, things: list[str]) -> Reals:
    """Return the metered power of things without their meters' constant draw (C, T) [kW]."""
    power = np.zeros((len(things), starts.len()))
    frame = pl.DataFrame({"start": starts})
    for meter in loads.load_meters(park):
        if meter.purpose == purpose and meter.serves in things:
            rows = load.filter(pl.col("meter_id") == meter.id).select("start", "power_kw")
            kw = frame.join(rows, on="start", how="left", maintain_order="left")["power_kw"].fill_null(0.0).to_numpy()
            power[things.index(meter.serves)] += np.maximum(kw - meter.base_kw, 0.0)
    return power
