"""The command `make rush`: a new order priced beside the plan of the running day, and given to the run if one likes."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from parkwright.model.errors import PlanError
from parkwright.model.park import Park
from parkwright.run.revise import KIND
from parkwright.show.answers.planning import AskedChange, AskedOrder, Draft, Objective, asked
from parkwright.store.journal import Journal
from parkwright.wire.commanding import asked_of_run
from parkwright.wire.pace import anchor_of
from parkwright.wire.places import Places
from parkwright.wire.planning import DayPlanner

LOOK_S = 0.1
FIGURES = (
    "total_cny",
    "tardiness_cny",
    "energy_cny",
    "left_out_cny",
    "late_orders",
    "lateness_h",
    "energy_kwh",
    "co2e_kg",
)


def rush_answer(park: Park, var: Path, order: Mapping[str, object], search_s: float, *, accept: bool) -> dict[str, Any]:
    """Return what a new order would do to the plan of the running day, now and after; accept: also ask the run for it.

    order: as answers.planning.AskedOrder. search_s: also search the rest of the day for so long [s].
    Raises PlanError when no run is there, the order cannot be, or the run refuses it.
    """
    places = Places(var, park.site.park_id)
    anchor = anchor_of(places.anchor)
    if anchor is None or not places.journal.exists():
        raise PlanError(f"{park.site.park_id}: has no run in {var}; start it with parkwright run, or give its --var")
    now = anchor.now()
    day = now.astimezone(park.zone).date().isoformat()
    with Journal.reader(places.journal) as facts:
        planner = DayPlanner(park, facts)
        try:
            change = AskedChange(base=planner.plan_hash(day), orders=[asked(AskedOrder, order)], search_s=search_s)
            draft = planner.propose(day, change, now)
            while draft.state == "searching":
                time.sleep(LOOK_S)
                draft = planner.draft(draft.id) or draft
            answer = _told(draft)
            if accept:
                payload = planner.payload(draft.id)
                thing = f"order {draft.orders[0].order_id}"
                command_id, said = asked_of_run(park, var, KIND, payload, datetime.now(UTC), thing)
                answer |= {"command_id": command_id, "answer": said}
            return answer
        finally:
            planner.close()


def _told(draft: Draft) -> dict[str, Any]:
    """Return a draft as a command prints it; raises PlanError when its search failed."""
    if draft.after is None:
        raise PlanError(f"the search failed: {draft.detail}")
    order = draft.orders[0]
    return {
        "order_id": order.order_id, "line": order.line_id, "due": order.due, "expected": order.expected,
        "late_h": order.late_h, "jobs": order.jobs, "now": _figures(draft.before), "after": _figures(draft.after),
        "jobs_changed": draft.changed, "newly_late": draft.newly_late, "left_out": draft.left_out,
        "violations": draft.violations,
    }  # fmt: skip


def _figures(found: Objective) -> dict[str, float]:
    return {name: round(getattr(found, name), 4) for name in FIGURES}
