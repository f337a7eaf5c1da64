"""The Gantt of a plan on its page: drawn by its own component, which reads the plan from the API."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from nicegui import ui

from parkwright.show.answers.plan import Plan
from parkwright.show.answers.planning import Draft
from parkwright.show.door import Visit
from parkwright.show.pages.frame import block, draw
from parkwright.show.pages.parts import skeleton, state
from parkwright.show.views.gantt import GanttView
from parkwright.show.words import Words

Act = Callable[[dict[str, Any]], Any]
"""What is called with what a person did in the chart."""


class Gantt:
    """The jobs on the lines; drawn once a plan is there, read again when it or its outcome changes."""

    def __init__(self, visit: Visit, words: Words, on_pick: Act | None = None, on_drop: Act | None = None) -> None:
        """Lay a place for the Gantt; on_pick, on_drop: see GanttView."""
        self._visit, self._words, self._on_pick, self._on_drop = visit, words, on_pick, on_drop
        self._place = ui.element("div")
        with self._place:
            self._instead = block()
        self._view: GanttView | None = None
        self._drawn: tuple[object, ...] = ()
        draw(self._instead, skeleton(320))

    def draft(self, draft: Draft | None) -> None:
        """Draw what a change would do over the plan; None for none."""
        if self._view is not None:
            told = draft.model_dump(mode="json", include={"bars", "outages"}) if draft is not None else None
            self._view.draft(told)

    def pin(self, jobs: Iterable[str]) -> None:
        """Mark the jobs that are pinned."""
        if self._view is not None:
            self._view.pin(jobs)

    def show(self, plan: Plan) -> None:
        """Draw the plan's bars and the present moment, or say that there is no plan yet."""
        if not plan.plan_hash:
            draw(self._instead, state(self._words.say("state.empty"), self._words.say("plan.no_plan")))
            return
        out = [(one.line_id, one.start, one.end) for one in plan.outages]
        told = [sum(at is not None for at in column) for column in (plan.bars.begun_s, plan.bars.done_s)]
        state_now = (plan.plan_hash, told, out)
        if self._view is None:
            draw(self._instead, "")
            with self._place:
                self._view = GanttView(
                    f"/api/v1/plan?day={plan.day}",
                    language=self._visit.language,
                    timezone=self._visit.context.park.site.timezone,
                    on_pick=self._on_pick,
                    on_drop=self._on_drop,
                )
        elif state_now != self._drawn:
            self._view.refresh()
        self._view.set_now(self._visit.now.isoformat())
        self._drawn = state_now
