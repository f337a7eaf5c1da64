"""Serve the two views on a NiceGUI page: `python tests/e2e/views_site.py PORT`. A test tool, no product.

Runs in a process of its own, since NiceGUI serves one application a process.
"""

from __future__ import annotations

import random
import sys
from datetime import date, timedelta
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "show"))

import uvicorn
from fastapi import FastAPI
from live_fixture import LiveFacts
from nicegui import ui
from show_park import make_park

from parkwright.show import wall
from parkwright.show.context import Context
from parkwright.show.views.gantt import GanttView
from parkwright.show.views.park_view import ParkView

JOBS_A_LINE = 1000
PARK = make_park()
NOW = PARK.midnight(date(2026, 7, 15)) + timedelta(hours=10.4)
STYLE = (Path(wall.__file__).parent / "assets" / "parkwright.css").read_text(encoding="utf-8")


def plan() -> dict[str, Any]:
    """Return a plan of 5,000 jobs in the API's shape."""
    draw = random.Random(5)
    midnight = PARK.midnight(date(2026, 7, 15))
    times = ["setup_s", "start_s", "end_s", "begun_s", "done_s", "due_s", "late_s"]
    columns = ["job_id", "order_id", "product", "line", "quantity", "part", "parts", "place", "together", *times]
    bars: dict[str, list[Any]] = {column: [] for column in columns}
    now_s = (NOW - midnight).total_seconds()
    for line in range(len(PARK.work_centers)):
        at = 6 * 3600.0
        for n in range(JOBS_A_LINE):
            end = at + draw.uniform(14, 100)
            late = 900 if n % 61 == 60 else 0
            begun = at + 4 if at + 4 < now_s else None
            row = (f"J-{line}-{n:04d}", f"O-{line}-{n:04d}", n % 3, line, n % 9 + 1, n % 2 + 1, 2, 1, 1, at, at + 4,
                   end, begun, end if end < now_s else None, end - late if late else end + 3600, late)  # fmt: skip
            for key, value in zip(bars, row, strict=True):
                bars[key].append(round(value) if isinstance(value, float) else value)
            at = end
    starts = PARK.intervals(date(2026, 7, 15)).to_list()
    bands = ["valley" if n < 24 else "peak" if 32 <= n < 48 else "flat" for n in range(96)]
    return {
        "at": NOW.isoformat(),
        "midnight": midnight.isoformat(),
        "lines": [{"line_id": c.id, "name_en": c.name.en, "name_zh": c.name.zh, "jobs": JOBS_A_LINE, "busy_share": 0.8}
                  for c in PARK.work_centers],
        "products": ["NB-14", "NB-16", "DT-T"],
        "bars": bars,
        "strip": {"start": [start.isoformat() for start in starts], "interval_s": 900, "band": bands,
                  "price_cny_per_kwh": [0.7] * 96, "co2e_kg_per_kwh": [0.3 + n / 300 for n in range(96)]},
    }  # fmt: skip


@ui.page("/gantt")
def gantt_page(theme: str = "light", lang: str = "en") -> None:
    """Draw the Gantt alone."""
    ui.add_head_html(f"<style>{STYLE}</style><script>document.documentElement.dataset.theme = '{theme}'</script>")
    GanttView(
        "/plan.json",
        language=lang,
        timezone="Asia/Shanghai",
        on_pick=lambda job: picked.set_text(job["job_id"]),
        on_drop=lambda job: dropped.set_text(f"{job['job_id']} {job['line_id']} {job['start']}"),
    )
    picked = ui.label("-").props("id=picked")
    dropped = ui.label("-").props("id=dropped")


@ui.page("/park")
def park_page() -> None:
    """Draw the park alone."""
    with ui.element("div").style("width:900px;height:420px"):
        ParkView(on_pick=lambda thing: picked.set_text(thing["id"]))
    picked = ui.label("-").props("id=picked")


def main() -> None:
    """Serve on loopback."""
    app = FastAPI()
    facts = LiveFacts(PARK, lambda: NOW, NOW - timedelta(minutes=20))
    wall.mount(app, Context(PARK, facts, None, lambda: NOW, 60.0))
    app.get("/plan.json")(plan)
    ui.run_with(app, title="Views")
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="warning")


main()
