"""The shop floor of a day: the park's lines in the kernel, its jobs and material lots by name, its tables."""

from __future__ import annotations

from datetime import date

import numpy as np
import polars as pl

from parkwright.model.command import JobRelease, LineStop, Refusal
from parkwright.model.park import Park
from parkwright.model.site import WorkUnit
from parkwright.twin.binning import close_states
from parkwright.twin.frames import Names
from parkwright.twin.layout import (
    FAIL,
    Layout,
    Release,
    Rows,
    State,
    Station,
    empty_log,
    lay_out,
    opening_state,
    release,
    take_out,
)
from parkwright.twin.line import Seen, advance
from parkwright.twin.lots import Lots, Mount


class Floor:
    """The lines of a park on one day."""

    def __init__(
        self,
        park: Park,
        day: date,
        seed: int,
        replication: int,
        start_ms: int,
    ) -> None:
        """Open the day: lines empty, boards in stock as the order pattern says; start_ms: midnight."""
        self._park = park
        self._line = {one.id: row for row, one in enumerate(park.work_centers)}
        self._product = {one.id: row for row, one in enumerate(park.products)}
        self._family = {name: row for row, name in enumerate(dict.fromkeys(one.family_id for one in park.products))}
        self.layout = _layout(park, day, seed, replication)
        opening = park.order_pattern.opening_boards if park.order_pattern else 0
        self.state: State = opening_state(self.layout, (self.layout.product["is_board"] * opening).tolist())
        self._log = empty_log(self.layout)
        self._place_station = np.repeat(np.arange(len(self.layout.station)), self.layout.station["places"])
        self._is_head = np.isin(np.arange(len(self.layout.station)), self.layout.line["first"])
        day_text = day.strftime("%y%m%d")
        self._lots = Lots(park, day_text)
        self._entered: dict[int, int] = {}
        self._jobs: set[str] = set()
        self._seen: list[Seen] = []
        self._mounts: list[Mount] = []
        self.names = Names(
            park.site.park_id, day_text, start_ms, list(self._line),
            [unit.id for one in park.work_centers for unit in one.work_unit], list(self._product), _positions(park),
        )  # fmt: skip

    def release(self, job: JobRelease, missing: str) -> Refusal | None:
        """Put a job into its line's queue; a Refusal says why not. `missing` says what the job still waits for."""
        line, product = self._line.get(job.work_center_id), self._product.get(job.product_id)
        why = missing
        if line is None:
            why = f"line {job.work_center_id} does not exist"
        elif product is None:
            why = f"product {job.product_id} does not exist"
        elif job.segment_id not in self._park.work_centers[line].segment_ids:
            why = f"line {job.work_center_id} does not do segment {job.segment_id}"
        elif job.quantity < 1:
            why = f"{job.quantity} units cannot be made"
        elif 0 < self._park.work_centers[line].room < job.quantity:
            room = self._park.work_centers[line].room
            why = f"line {job.work_center_id} takes at most {room} units in a run, the job has {job.quantity}"
        elif job.job_id in self._jobs:
            why = "the job was released before"
        if why or line is None or product is None:
            return Refusal(job.job_id, why)
        made = self._park.products[product]
        now, family = float(self.state.now["clock"][0]), self._family[made.family_id]
        whole = int(not self._park.segment[job.segment_id].pauses)
        sent = Release(line, product, job.quantity, job.setup_s, made.cycle_factor, now, family, whole)
        self.state = release(self.layout, self.state, sent)
        self._jobs.add(job.job_id)
        self.names.job_id.append(job.job_id)
        self.names.segment_id.append(job.segment_id)
        return None

    def stop(self, order: LineStop, until: float) -> Refusal | None:
        """Let a line take no unit until `until` [s of the day]; a Refusal says why not."""
        line = self._line.get(order.work_center_id)
        if line is None:
            return Refusal(order.work_center_id, f"line {order.work_center_id} does not exist")
        take_out(self.state, line, until)
        return None

    def advance(self, until: float) -> Rows:
        """Move on to `until` [s of the day] and return the rows of the state log of that stretch."""
        seen = advance(self.layout, self.state, self._log, until)
        if len(seen.start):
            self._mounts += self._lots.take(self._starts(seen.start))
        if len(seen.passage):
            self._take_off(seen.passage)
        self._seen.append(seen)
        return seen.state

    def _starts(self, rows: Rows) -> list[tuple[str, str, str, float]]:
        names, product = self.names, self.state.job["product"]
        return [
            (names.line_id[line], names.job_id[job], names.product_id[product[job]], at)
            for _, job, line, at in rows.tolist()
        ]

    def _take_off(self, rows: Rows) -> None:
        # Material of a job comes off the line when the job's last unit has left the first station.
        left = self._is_head[rows["station"]] & (rows["result"] != FAIL)
        for _, job, station, _, _, end in rows[left].tolist():
            self._entered[job] = self._entered.get(job, 0) + 1
            if self._entered[job] == self.state.job["quantity"][job]:
                del self._entered[job]
                line = self.names.line_id[self.layout.station["line"][station]]
                self._mounts += self._lots.finish(line, self.names.job_id[job], end)

    def close(self) -> None:
        """End the day: states end, and lots that are still mounted are told without an end."""
        now = float(self.state.now["clock"][0])
        last = self._seen[-1]
        self._seen[-1] = last._replace(state=np.concatenate([last.state, close_states(self.state, now, last.state)]))
        self._mounts += self._lots.still_mounted()

    def tables(self) -> dict[str, pl.DataFrame]:
        """Return the tables of what happened since the last call, and who stands where now; empty ones left out."""
        names, found = self.names, dict[str, pl.DataFrame]()
        seen = [np.concatenate(kind) for kind in zip(*self._seen, strict=True)] if self._seen else []
        self._seen = []
        for name, rows in zip(Seen._fields, seen, strict=False):
            if not len(rows) or name == "start":
                continue
            if name == "passage":
                found["passages"] = names.passages(rows)
            elif name == "state":
                found["states"] = names.states(rows)
            elif name == "assembly":
                found["assemblies"] = names.assemblies(rows, self.state.job["product"][rows["job"]].tolist())
            else:
                found["job_responses"] = names.responses(rows, self.state.job[rows["job"]])
        if self._mounts:
            found["mounts"] = names.mounts(self._mounts)
            self._mounts = []
        there = np.flatnonzero(self.state.place["what"])
        if len(there):
            found["presence"] = names.presence(self.state.place[there], self._place_station[there])
        return found


def _layout(park: Park, day: date, seed: int, replication: int) -> Layout:
    row = {product.id: index for index, product in enumerate(park.products)}
    is_board = [product.kind == "board" for product in park.products]
    needs: list[list[tuple[int, int]]] = [[] for _ in park.products]
    for line in park.bill:
        board = row.get(line.component_id)
        if board is not None:
            needs[row[line.product_id]].append((board, round(line.quantity)))
    lines = [[_station(unit) for unit in one.work_unit] for one in park.work_centers]
    rooms = [one.room for one in park.work_centers]
    working_times = [_seconds(park, day, line.id) for line in park.work_centers]
    return lay_out(lines, working_times, is_board, needs, seed, replication, rooms)


def _seconds(park: Park, day: date, line_id: str) -> list[tuple[float, float]]:
    """Return the working times of a line in s of the day."""
    midnight = park.midnight(day)
    return [((a - midnight).total_seconds(), (b - midnight).total_seconds()) for a, b in park.line_shifts(day, line_id)]


def _station(unit: WorkUnit) -> Station:
    return Station(
        unit.id, unit.cycle_s, unit.cycle_cv, False, unit.places, unit.buffer, unit.mtbf_s, unit.mttr_s,
        unit.fail_share, unit.scrap_share,
    )  # fmt: skip


def _positions(park: Park) -> list[dict[int, str]]:
    row = {product.id: index for index, product in enumerate(park.products)}
    found: list[dict[int, str]] = [{} for _ in park.products]
    for line in park.bill:
        if line.component_id in row:
            found[row[line.product_id]][row[line.component_id]] = line.position
    return found
