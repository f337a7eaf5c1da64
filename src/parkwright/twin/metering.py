"""The meters of the park: energy in integer mWh minute by minute, summed up the tree, read out by interval."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import polars as pl

from parkwright.model.park import Park
from parkwright.model.plant import Meter
from parkwright.model.tables import READINGS, conform

MWH_PER_KWH = 1_000_000
"""mWh in a kWh; by the prefixes."""


class Metering:
    """What each meter has counted in the present interval, and the readings of intervals that have ended."""

    def __init__(self, park: Park) -> None:
        """Begin with every meter at zero."""
        self._meters = park.meters
        self._row = {meter.id: row for row, meter in enumerate(park.meters)}
        self._parent = [self._row.get(meter.parent_id, -1) if _sums(meter) else -1 for meter in park.meters]
        self._order = sorted(range(len(park.meters)), key=self._depth, reverse=True)
        self._is_top = [_is_load(meter) and self._parent[row] < 0 for row, meter in enumerate(park.meters)]
        self._is_water = np.array([meter.commodity == "water" for meter in park.meters], dtype=bool)
        self._energy = np.zeros(len(park.meters), dtype=np.int64)
        self._litres = np.zeros(len(park.meters))
        self._since_sense = np.zeros(len(park.meters), dtype=np.int64)
        self.electric = [meter.id for meter in park.meters if meter.commodity == "electricity"]
        self._electric_row = np.array([self._row[meter_id] for meter_id in self.electric], dtype=np.int64)
        self._ended: list[tuple[int, pl.DataFrame]] = []

    def _depth(self, row: int) -> int:
        depth = 0
        while self._parent[row] >= 0:
            row, depth = self._parent[row], depth + 1
        return depth

    def count(self, own_mwh: Mapping[str, int], litres: Mapping[str, float]) -> None:
        """Count a minute's energy [mWh] and water [l] that flowed behind each meter, children not included."""
        energy = [0] * len(self._meters)
        for meter_id, value in own_mwh.items():
            energy[self._row[meter_id]] = value
        water = [0.0] * len(self._meters)
        for meter_id, amount in litres.items():
            water[self._row[meter_id]] = amount
        for row in self._order:
            above = self._parent[row]
            if above >= 0:
                energy[above] += energy[row]
                water[above] += water[row]
        minute = np.array(energy, dtype=np.int64)
        self._energy += minute
        self._since_sense += minute
        self._litres += np.array(water)

    def top_mwh(self, own_mwh: Mapping[str, int]) -> int:
        """Return what the load meters at the busbar count for a minute [mWh]: all own energy of load meters."""
        return sum(value for meter_id, value in own_mwh.items() if _is_load(self._meters[self._row[meter_id]]))

    def close(self, start_ms: int, end_ms: int) -> None:
        """End the interval [start_ms, end_ms) [ms since 1970]: keep its readings, begin the next at zero."""
        if self._meters:
            value = pl.Series([round(x, 3) for x in self._litres.tolist()], dtype=pl.Float64)
            water = pl.Series(self._is_water)
            rows = pl.DataFrame(
                {
                    "start": pl.Series([start_ms] * len(self._meters), dtype=pl.Int64).cast(READINGS.schema["start"]),
                    "meter_id": [meter.id for meter in self._meters],
                    "energy_mwh_int": pl.Series(self._energy.copy()),
                    "value": value,
                    "quality": ["good"] * len(self._meters),
                }
            ).with_columns(
                energy_mwh_int=pl.when(~water).then(pl.col("energy_mwh_int")),
                value=pl.when(water).then(pl.col("value")),
            )
            self._ended.append((end_ms, conform(rows, READINGS)))
        self._energy[:] = 0
        self._litres[:] = 0.0

    def take(self, until_ms: int) -> pl.DataFrame:
        """Return the readings of intervals that ended and were not taken before, up to `until_ms` [ms since 1970]."""
        found = [rows for end_ms, rows in self._ended if end_ms <= until_ms]
        self._ended = [(end_ms, rows) for end_ms, rows in self._ended if end_ms > until_ms]
        return pl.concat(found) if found else READINGS.empty()

    def mean_kw(self, seconds: float) -> np.ndarray:
        """Return the mean power of the electricity meters since the last call [kW], `seconds` of it counted."""
        energy = self._since_sense[self._electric_row]
        self._since_sense[:] = 0
        power: np.ndarray = energy * (3600.0 / (seconds * MWH_PER_KWH))
        return power


def _is_load(meter: Meter) -> bool:
    return meter.commodity == "electricity" and meter.role == "load"


def _sums(meter: Meter) -> bool:
    # Meters that count what the meters below them count: the electric load tree, and water.
    return _is_load(meter) or meter.commodity == "water"
