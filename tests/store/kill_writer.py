"""The writer that test_kill.py kills: appends batches of four sources, acknowledges each on stdout, compacts at times.

The rows of a batch follow from its source and sequence alone, so that the test can tell a wrong row. Arguments: the
ledger's path, and the number of batches of each source to send again on purpose.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl

from parkwright.model.tables import SAMPLES, conform
from parkwright.run.ports import Batch
from parkwright.store import lake
from parkwright.store.journal import Journal

SOURCES = ("gate-a", "gate-b", "gate-c", "gate-d")
ROWS = 500
BATCHES_A_DAY = 5
START = datetime(2026, 7, 1, tzinfo=UTC)


def day_of(sequence: int) -> str:
    return (START + timedelta(days=sequence // BATCHES_A_DAY)).date().isoformat()


def rows_of(source: str, sequence: int) -> pl.DataFrame:
    number = SOURCES.index(source)
    rows = pl.DataFrame(
        {
            "start": pl.Series(np.full(ROWS, 1_782_000_000_000 + sequence * 1000)).cast(SAMPLES.schema["start"]),
            "signal_id": [f"{source}/{i % 50}" for i in range(ROWS)],
            "value": np.sin(np.arange(ROWS) + number + 10.0 * sequence),
            "quality": ["good"] * ROWS,
        }
    )
    return conform(rows, SAMPLES)


def batch_of(source: str, sequence: int) -> Batch:
    return Batch(source, "e1", sequence, "samples", day_of(sequence), rows_of(source, sequence))


def main() -> None:
    path, again = Path(sys.argv[1]), int(sys.argv[2])
    with Journal(path) as journal:
        marks = {source: journal.high_water(source, "e1") for source in SOURCES}
        for source, mark in marks.items():
            journal.append([batch_of(source, n) for n in range(max(0, mark + 1 - again), mark + 1)], START)
        while True:
            for source in SOURCES:
                marks[source] += 1
                journal.append([batch_of(source, marks[source])], START)
                sys.stdout.write(f"{source} {marks[source]}\n")
                sys.stdout.flush()
            if marks[SOURCES[0]] % 3 == 2:
                lake.compact(path, day_of(marks[SOURCES[0]]), 0.0)


if __name__ == "__main__":
    main()
