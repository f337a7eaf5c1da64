"""Serve page Plan with a day of 5,000 jobs: `python tests/show/busy_demo.py [port] [jobs]`. A test tool.

The park is the Tianjin one with orders of a few units only, lines that take every lot, no changeovers and boards
enough, so that every job has a place; its day is planned by the product's own planner without a search.
"""

from __future__ import annotations

import sys
import tempfile
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from demo import serve
from facts_fixture import DAY, MemoryFacts

from parkwright.make import park_day
from parkwright.model.park import Park
from parkwright.model.tables import TABLES, conform
from parkwright.plan.day import asked_of
from parkwright.run.ports import Batch
from parkwright.show.site import make_app
from parkwright.store.folder import load
from parkwright.store.operations import Operations
from parkwright.wire.planning import DayPlanner

TIANJIN = Path(__file__).parents[2] / "parks" / "tianjin"
HOUR = 9.2
SEED = 1


def busy_park(jobs: int) -> Park:
    """Return the park with so many small orders a day, and room for them."""
    park = load(TIANJIN)
    assert park.order_pattern is not None
    small = {"orders_per_day": jobs, "small_share": 1.0, "large_share": 0.0, "stock_share": 0.0}
    return replace(
        park,
        order_pattern=park.order_pattern.model_copy(update=small | {"opening_boards": 100_000}),
        work_centers=tuple(
            line.model_copy(update={"lot_min": 1, "lot_max": 1_000_000, "setup_s": 0.0}) for line in park.work_centers
        ),
    )


def main() -> None:
    """Plan the day and serve it."""
    park = busy_park(int(sys.argv[2]) if len(sys.argv) > 2 else 5000)
    now, iso = park.midnight(DAY) + timedelta(hours=HOUR), DAY.isoformat()
    asked = asked_of(park, DAY, SEED)
    planned = park_day.dispatch(park, asked.jobs, asked.orders, DAY, asked.signal, rounds=0)
    tables = {
        "job_orders": asked.orders, "jobs": planned.jobs, "schedule": planned.schedule, "signal": asked.signal,
    }  # fmt: skip
    facts = MemoryFacts([Batch(k, iso, 0, k, iso, conform(rows, TABLES[k])) for k, rows in tables.items()], now)
    folder = Path(tempfile.mkdtemp())
    operations = Operations(f"sqlite:///{folder / 'operations.db'}")
    app = make_app(
        park, folder, lambda: now, facts=facts, operations=operations, with_pages=True,
        planner=DayPlanner(park, facts),
    )  # fmt: skip
    serve(app, operations)


if __name__ == "__main__":
    main()
