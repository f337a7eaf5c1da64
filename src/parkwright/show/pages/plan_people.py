"""The people whom the lines share, on the page Plan: how many are at work over the day, and how many are there."""

from __future__ import annotations

from nicegui import ui

from parkwright.show.answers.planning import CrewHeads, PlanHeads
from parkwright.show.door import Visit
from parkwright.show.pages.charts import Options, category_axis, drawn_line, times_of, value_axis
from parkwright.show.pages.frame import block, draw
from parkwright.show.pages.live_chart import LiveChart
from parkwright.show.pages.parts import e, heads, section_head, table
from parkwright.show.theme import PALETTE
from parkwright.show.words import Words

TEXT = "v => v == null ? '–' : Number(v.toFixed(2)).toString()"
"""How the chart says a number of people."""


class PeopleCard:
    """The crews of a plan, a chart each; nothing where the park's lines share nobody."""

    def __init__(self, visit: Visit, words: Words) -> None:
        """Lay the card, hidden."""
        self._visit, self._words = visit, words
        self._charts: dict[str, LiveChart] = {}
        with ui.element("section").classes("card row-card") as self._card:
            self._head = block(24)
            self._place = ui.element("div")
        self._card.set_visibility(False)

    def show(self, found: PlanHeads | None) -> None:
        """Draw the crews of a plan."""
        crews = found.crews if found is not None else []
        self._card.set_visibility(bool(crews))
        if found is None or not crews:
            return
        draw(self._head, people_html(self._words, crews))
        for crew in crews:
            if crew.crew_id not in self._charts:
                with self._place:
                    self._charts[crew.crew_id] = LiveChart(self._visit.theme, "chart low", 220)
            options = people_chart(self._words, found, crew, self._visit.theme)
            self._charts[crew.crew_id].show(options, empty=False, words=self._words)


def people_html(words: Words, crews: list[CrewHeads]) -> str:
    """Return the crews as a table: most at work, and hours worked of hours there."""
    columns = heads(words, "plan.people_crew", "plan.people_most>", "plan.people_worked>", "plan.people_there>")
    rows = [
        (
            f'{e(words.name(crew))} <span class="muted small">{e(crew.crew_id)}</span>',
            e(words.number(max(crew.at_work, default=0.0))),
            e(words.amount(crew.worked_h, "h", 4)),
            e(words.amount(crew.there_h, "h", 4)),
        )
        for crew in crews
    ]
    note = f'<p class="muted small">{e(words.say("plan.people_note"))}</p>'
    return section_head(words.say("plan.people"), "", note) + table(columns, rows)


def people_chart(words: Words, found: PlanHeads, crew: CrewHeads, theme: str) -> Options:
    """Return the people of a crew who are at work (filled) and there (dashed) over the day."""
    colour, say = PALETTE[theme], words.say
    tip = {":valueFormatter": TEXT}
    at_work = drawn_line(
        say("plan.people_at_work"), crew.at_work, colour["heat"], step="end",
        areaStyle={"color": colour["heat"], "opacity": 0.18}, tooltip=tip,
    )  # fmt: skip
    there = drawn_line(
        say("plan.people_are_there"), crew.there, colour["ink"], step="end",
        lineStyle={"color": colour["ink"], "width": 1.4, "type": [4, 3]}, tooltip=tip,
    )  # fmt: skip
    return {
        "grid": {"left": 48, "right": 16, "top": 34, "bottom": 26},
        "legend": {"show": True, "top": 0, "right": 16},
        "tooltip": {"trigger": "axis", "confine": True},
        "xAxis": category_axis(times_of(words, found.start)),
        "yAxis": value_axis(words.name(crew), min=0, minInterval=1, nameTextStyle={"align": "left"}),
        "series": [at_work, there],
    }
