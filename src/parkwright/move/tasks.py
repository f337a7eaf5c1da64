"""Transport tasks that follow from a schedule: kits to the lines, finished goods to the warehouse."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

import polars as pl

from parkwright.model.park import Park
from parkwright.model.tables import JOBS, SCHEDULE, TRANSPORT_TASKS, conform

SLACK = timedelta(minutes=30)
"""From the release of a transport task to its due time, assumed: line-side stock of half an hour."""
TOGETHER = timedelta(minutes=1)
"""Longest time that small loads wait for each other to travel together, assumed: one decision cycle."""


def of_schedule(park: Park, schedule: pl.DataFrame, jobs: pl.DataFrame) -> pl.DataFrame:
    """Return the transport tasks of a schedule as TRANSPORT_TASKS, sorted by release.

    Each job's kit goes from the warehouse to its line, due when the changeover starts; its goods go back when the
    last unit has left. Jobs that follow each other on a line within TOGETHER share a task up to the robots' load; a
    heavier lot travels in several tasks. The load is named by its first job. A park without fleet or warehouse has
    no tasks.
    """
    if park.fleet is None or park.warehouse is None or park.fleet.count == 0:
        return TRANSPORT_TASKS.empty()
    rows = conform(schedule, SCHEDULE).join(conform(jobs, JOBS).drop("segment_id"), on="job_id")
    store, found = park.warehouse.node_id, []
    for (line_id,), on_line in rows.sort("setup_start", "job_id").group_by("work_center_id", maintain_order=True):
        node = park.work_center[str(line_id)].node_id
        for kind, column in (("kit", "setup_start"), ("goods", "end")):
            ordered = list(on_line.sort(column, "job_id").iter_rows(named=True))
            for load in _loads(park, ordered, column):
                first, last, weight_kg = load
                trips = max(1, -(-weight_kg // park.fleet.load_kg))
                for trip in range(int(trips)):
                    load_id = f"{kind}:{first['job_id']}" + (f"/{trip + 1}" if trips > 1 else "")
                    ends = (store, node) if kind == "kit" else (node, store)
                    release = first[column] - SLACK if kind == "kit" else last[column]
                    due = first[column] if kind == "kit" else last[column] + SLACK
                    found.append((f"T-{load_id}", load_id, *ends, release, due, weight_kg / trips))
    tasks = pl.DataFrame(found, schema=TRANSPORT_TASKS.schema, orient="row")
    return conform(tasks.sort("release", "task_id"), TRANSPORT_TASKS)


def _loads(
    park: Park, ordered: Sequence[Mapping[str, Any]], column: str
) -> Iterator[tuple[Mapping[str, Any], Mapping[str, Any], float]]:
    """Yield (first job, last job, mass [kg]) of the loads of one line, in order."""
    capacity = park.fleet.load_kg if park.fleet else 0.0
    first: Mapping[str, Any] | None = None
    last, held = first, 0.0
    for row in ordered:
        mass = park.product[row["product_id"]].mass_kg * row["quantity"]
        if (
            first is not None
            and last is not None
            and (held + mass > capacity or row[column] - first[column] > TOGETHER)
        ):
            yield first, last, held
            first, held = None, 0.0
        first = first or row
        last, held = row, held + mass
    if first is not None and last is not None:
        yield first, last, held
