"""The Gantt of a plan on its page."""

from __future__ import annotations

from nicegui import ui

from parkwright.show.answers.plan import Plan
from parkwright.show.door import Visit
from parkwright.show.pages.frame import block, draw
from parkwright.show.pages.parts import skeleton, state
from parkwright.show.words import Words


class Gantt:
    """The jobs on the lines; drawn once a plan is there, changed when it changes."""

    def __init__(self, visit: Visit, words: Words) -> None:
        """Lay a place for the Gantt."""
        self._visit, self._words = visit, words
        with ui.element("div"):
            self._instead = block()
        draw(self._instead, skeleton(320))

    def show(self, plan: Plan) -> None:
        """Draw the plan's bars, or say that there is no plan yet."""
        if not plan.plan_hash:
            draw(self._instead, state(self._words.say("state.empty"), self._words.say("plan.no_plan")))
            return
        draw(self._instead, "")
