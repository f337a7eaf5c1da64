"""The Gantt of a plan on its page: drawn by its own component, which reads the plan from the API."""

from __future__ import annotations

from nicegui import ui

from parkwright.show.answers.plan import Plan
from parkwright.show.door import Visit
from parkwright.show.pages.frame import block, draw
from parkwright.show.pages.parts import skeleton, state
from parkwright.show.views.gantt import GanttView
from parkwright.show.words import Words


class Gantt:
    """The jobs on the lines; drawn once a plan is there, read again when it or its outcome changes."""

    def __init__(self, visit: Visit, words: Words) -> None:
        """Lay a place for the Gantt."""
        self._visit, self._words = visit, words
        self._place = ui.element("div")
        with self._place:
            self._instead = block()
        self._view: GanttView | None = None
        self._drawn: tuple[str, int] = ("", 0)
        draw(self._instead, skeleton(320))

    def show(self, plan: Plan) -> None:
        """Draw the plan's bars and the present moment, or say that there is no plan yet."""
        if not plan.plan_hash:
            draw(self._instead, state(self._words.say("state.empty"), self._words.say("plan.no_plan")))
            return
        state_now = (plan.plan_hash, sum(done is not None for done in plan.bars.done_s))
        if self._view is None:
            draw(self._instead, "")
            with self._place:
                self._view = GanttView(
                    f"/api/v1/plan?day={plan.day}",
                    language=self._visit.language,
                    timezone=self._visit.context.park.site.timezone,
                )
        elif state_now != self._drawn:
            self._view.refresh()
        self._view.set_now(self._visit.now.isoformat())
        self._drawn = state_now
