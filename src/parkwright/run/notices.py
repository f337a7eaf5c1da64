"""What a plan asks a person to look at before its day begins: jobs without a place, and promises that it breaks."""

from __future__ import annotations

import polars as pl

from parkwright.model.tables import ALARMS, conform
from parkwright.plan.day import DayPlan


def of_plan(plan: DayPlan) -> pl.DataFrame:
    """Return ALARMS about a plan, stamped with the day's first interval: at most one of each kind.

    A violation is severe: an independent check refuses the plan, and the day runs on it all the same, because a park
    does not stand still for a planner's mistake. A job without a place is for the day.
    """
    rows = []
    at = plan.signal["start"][0]
    if plan.violations:
        text = f"The day plan breaks {len(plan.violations)} of its promises, first: {plan.violations[0]}. Plan anew."
        rows.append((at, "plan_violation", "plan", 1, text))
    if plan.unplaced:
        first = plan.unplaced[0]
        text = (
            f"{len(plan.unplaced)} jobs have no place in the day plan, first {first.job_id}: {first.reason}. "
            "Move their due times, add a shift or give them to another site."
        )
        rows.append((at, "jobs_unplaced", "plan", 2, text))
    return conform(pl.DataFrame(rows, schema=ALARMS.schema, orient="row"), ALARMS)
