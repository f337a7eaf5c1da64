"""A chart that is drawn once and changed when its answer changes."""

from __future__ import annotations

from typing import Any

from nicegui import ui
from nicegui.elements.echart import EChart

from parkwright.show.pages.frame import block, draw
from parkwright.show.pages.parts import skeleton, state
from parkwright.show.theme import chart_theme
from parkwright.show.words import Words


class LiveChart:
    """An ECharts chart in the shared theme, with a skeleton before and a word where there is nothing to draw."""

    def __init__(self, theme: str, classes: str, height_px: int = 260) -> None:
        """Lay a place for the chart; `classes` give its size."""
        self._theme = theme
        self._classes = classes
        self._chart: EChart | None = None
        self._options: dict[str, Any] = {}
        self._place = ui.element("div")
        with self._place:
            self._instead = block()
        draw(self._instead, skeleton(height_px))

    def show(self, options: dict[str, Any], *, empty: bool, words: Words, why: str = "") -> None:
        """Draw the options, or say that there is nothing yet; why: what the chart waits for, else a closed interval."""
        if empty:
            draw(self._instead, state(words.say("state.empty"), why or words.say("state.empty_chart")))
            if self._chart is not None:
                self._chart.set_visibility(False)
            return
        draw(self._instead, "")
        if self._chart is None:
            with self._place:
                self._chart = ui.echart(options, theme=chart_theme(self._theme)).classes(self._classes)
        elif options != self._options:
            self._chart.options.clear()
            self._chart.options.update(options)
            self._chart.update()
        self._chart.set_visibility(True)
        self._options = options
