"""From the kernel's arrays to the tables of an image: names for numbers, instants for seconds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import polars as pl

from parkwright.model.tables import (
    KITS,
    MOUNTS,
    MOVES,
    TIME,
    Table,
)
from parkwright.twin.layout import RESULT_NAMES, STATE_NAMES, UNITS_PER_LINE, Ints, Reals, Rows
from parkwright.twin.lots import Mount
from parkwright.twin.robots import Move


@dataclass
class Names:
    """What the numbers of the kernel are called; `job_id` and `segment_id` grow with the jobs released."""

    park_id: str
    day_text: str
    start_ms: int
    line_id: Sequence[str]
    station_id: Sequence[str]
    product_id: Sequence[str]
    position: Sequence[Mapping[int, str]]
    """By product: board product -> its place in the bill."""
    job_id: list[str] = field(default_factory=list)
    segment_id: list[str] = field(default_factory=list)

    def unit(self, unit: int) -> str:
        """Return the serial number of a unit."""
        if unit < 0:
            product, number = divmod(-unit - 1, UNITS_PER_LINE)
            return f"{self.park_id}-stock-{self.product_id[product]}-{number:05d}"
        line, number = divmod(unit, UNITS_PER_LINE)
        return f"{self.park_id}-{self.day_text}-{self.line_id[line]}-{number:06d}"

    def times(self, seconds: Reals | Sequence[float]) -> pl.Series:
        """Return seconds of the day as instants, rounded to ms."""
        whole = np.rint(np.asarray(seconds, dtype=np.float64) * 1000.0).astype(np.int64) + self.start_ms
        return pl.Series(whole).cast(TIME)

    def passages(self, rows: Rows) -> pl.DataFrame:
        """Return PASSAGES of log rows."""
        return pl.DataFrame(
            {
                **self._units_at(rows, rows["station"]),
                "start": self.times(rows["start"]),
                "end": self.times(rows["end"]),
                "result": [RESULT_NAMES[code] for code in rows["result"].tolist()],
            }
        )

    def presence(self, places: Rows, station: Ints) -> pl.DataFrame:
        """Return PRESENCE of the units in occupied places; station: of each place (N,)."""
        return pl.DataFrame({**self._units_at(places, station), "start": self.times(places["start"])})

    def _units_at(self, rows: Rows, station: Ints) -> dict[str, list[str]]:
        jobs = rows["job"].tolist()
        return {
            "unit_id": [self.unit(one) for one in rows["unit"].tolist()],
            "job_id": [self.job_id[one] for one in jobs],
            "segment_id": [self.segment_id[one] for one in jobs],
            "work_unit_id": [self.station_id[one] for one in station.tolist()],
        }

    def states(self, rows: Rows) -> pl.DataFrame:
        """Return STATES of log rows."""
        return pl.DataFrame(
            {
                "work_unit_id": [self.station_id[one] for one in rows["station"].tolist()],
                "start": self.times(rows["start"]),
                "end": self.times(rows["end"]),
                "state": [STATE_NAMES[code] for code in rows["code"].tolist()],
            }
        )

    def assemblies(self, rows: Rows, product: Sequence[int]) -> pl.DataFrame:
        """Return ASSEMBLIES of log rows; product: product of each unit built (N,)."""
        positions = []
        for unit_product, board, piece in zip(product, rows["board"].tolist(), rows["piece"].tolist(), strict=True):
            place = self.position[unit_product][board]
            positions.append(place if piece == 0 else f"{place}-{piece + 1}")
        return pl.DataFrame(
            {
                "unit_id": [self.unit(one) for one in rows["unit"].tolist()],
                "component_id": [self.unit(one) for one in rows["component"].tolist()],
                "position": positions,
                "at": self.times(rows["at"]),
            }
        )

    def responses(self, rows: Rows, jobs: Rows) -> pl.DataFrame:
        """Return JOB_RESPONSES of log rows; jobs: the job of each (N,)."""
        return pl.DataFrame(
            {
                "job_id": [self.job_id[job] for job in rows["job"].tolist()],
                "work_center_id": [self.line_id[line] for line in jobs["line"].tolist()],
                "start": self.times(jobs["first"]),
                "end": self.times(rows["at"]),
                "good": jobs["good"].copy(),
                "scrapped": jobs["scrapped"].copy(),
            }
        )

    def kits(self, rows: Sequence[tuple[str, float]]) -> pl.DataFrame:
        """Return KITS of (job id, when [s of the day])."""
        return _frame(KITS, {"job_id": [row[0] for row in rows], "at": self.times([row[1] for row in rows])})

    def mounts(self, rows: Sequence[Mount]) -> pl.DataFrame:
        """Return MOUNTS of lots."""
        ends = self.times([0.0 if row[5] is None else row[5] for row in rows])
        there = pl.Series([row[5] is not None for row in rows], dtype=pl.Boolean)
        names = ("lot_id", "material_id", "work_unit_id", "position")
        columns: dict[str, object] = {name: [row[i] for row in rows] for i, name in enumerate(names)}
        frame = pl.DataFrame(columns | {"start": self.times([row[4] for row in rows]), "end": ends})
        return _frame(MOUNTS, frame.with_columns(end=pl.when(there).then(pl.col("end"))).to_dict())

    def moves(self, rows: Sequence[Move]) -> pl.DataFrame:
        """Return MOVES of tasks given to robots."""
        names = ("task_id", "robot_id", "origin_node", "from_node", "to_node")
        columns: dict[str, object] = {name: [row[i] for row in rows] for i, name in enumerate(names)}
        for i, name in ((5, "start"), (6, "pickup"), (7, "end")):
            columns[name] = self.times([float(row[i]) for row in rows])
        return _frame(MOVES, columns)

    def samples(self, signal_id: pl.Series, value: Reals, at_s: float) -> pl.DataFrame:
        """Return SAMPLES of all signals at one instant [s of the day]."""
        rows = len(signal_id)
        return pl.DataFrame(
            [
                self.times([at_s]).new_from_index(0, rows).alias("start"),
                signal_id,
                pl.Series("value", value),
                pl.Series("quality", ["good"]).new_from_index(0, rows),
            ]
        )


def _frame(table: Table, columns: Mapping[str, object]) -> pl.DataFrame:
    return pl.DataFrame(dict(columns), schema=table.schema)
