"""The commands `make rush` and `make outage`: a change priced beside the running day's plan, and given to the run."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from parkwright.model.errors import PlanError
from parkwright.model.park import Park
from parkwright.run.revise import KIND
from parkwright.show.answers.planning import AskedChange, AskedEnd, AskedOrder, AskedOutage, Draft, Objective, asked
from parkwright.store.journal import Journal
from parkwright.wire.commanding import COMMAND_LINE, asked_of_run
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
    draft, told = _priced(park, var, {"orders": [asked(AskedOrder, order)], "search_s": search_s}, accept=accept)
    made = draft.orders[0]
    return {
        "order_id": made.order_id, "line": made.line_id, "due": made.due, "expected": made.expected,
        "late_h": made.late_h, "jobs": made.jobs, **told,
    }  # fmt: skip


def outage_answer(
    park: Park, var: Path, outage: Mapping[str, object], search_s: float, *, accept: bool
) -> dict[str, Any]:
    """Return what a line out of use would do to the plan of the running day; accept: also ask the run for it.

    outage: as answers.planning.AskedOutage. search_s: also search the rest of the day for so long [s].
    Raises PlanError when no run is there, the outage cannot be, or the run refuses it.
    """
    return _outage_told(park, var, {"out": [asked(AskedOutage, outage)], "search_s": search_s}, accept=accept)


def ended_answer(park: Park, var: Path, end: Mapping[str, object], search_s: float, *, accept: bool) -> dict[str, Any]:
    """Return what another end of an outage would do to the plan of the running day; accept: also ask the run for it.

    end: as answers.planning.AskedEnd. search_s: also search the rest of the day for so long [s].
    Raises PlanError when no run is there, the outage cannot end so, or the run refuses it.
    """
    return _outage_told(park, var, {"ended": [asked(AskedEnd, end)], "search_s": search_s}, accept=accept)


def _outage_told(park: Park, var: Path, change: Mapping[str, object], *, accept: bool) -> dict[str, Any]:
    draft, told = _priced(park, var, change, accept=accept)
    made = draft.outages[0]
    return {
        "line": made.line_id, "from": made.start, "until": made.end, "was_until": made.was_end, "reason": made.reason,
        "stranded": draft.stranded, **told,
    }  # fmt: skip


def _priced(park: Park, var: Path, change: Mapping[str, object], *, accept: bool) -> tuple[Draft, dict[str, Any]]:
    """Return a draft of a change of the running day, and what every command tells of it; accept: ask the run for it."""
    places = Places(var, park.site.park_id)
    anchor = anchor_of(places.anchor)
    if anchor is None or not places.journal.exists():
        raise PlanError(f"{park.site.park_id}: has no run in {var}; start it with parkwright run, or give its --var")
    now = anchor.now()
    day = now.astimezone(park.zone).date().isoformat()
    with Journal.reader(places.journal) as facts:
        planner = DayPlanner(park, facts)
        try:
            draft = planner.propose(day, asked(AskedChange, {**change, "base": planner.plan_hash(day)}), now)
            while draft.state == "searching":
                time.sleep(LOOK_S)
                draft = planner.draft(draft.id) or draft
            answer = _told(draft)
            if accept:
                payload = planner.payload(draft.id) | {"who": COMMAND_LINE}
                named = [f"order {one.order_id}" for one in draft.orders]
                named += [f"line {one.line_id}" for one in draft.outages]
                command_id, said = asked_of_run(park, var, KIND, payload, datetime.now(UTC), named[0])
                answer |= {"command_id": command_id, "answer": said}
            return draft, answer
        finally:
            planner.close()


def _told(draft: Draft) -> dict[str, Any]:
    """Return a draft as a command prints it; raises PlanError when its search failed."""
    if draft.after is None:
        raise PlanError(f"the search failed: {draft.detail}")
    return {
        "now": _figures(draft.before), "after": _figures(draft.after), "jobs_changed": draft.changed,
        "newly_late": draft.newly_late, "left_out": draft.left_out, "violations": draft.violations,
    }  # fmt: skip


def _figures(found: Objective) -> dict[str, float]:
    return {name: round(getattr(found, name), 4) for name in FIGURES}
