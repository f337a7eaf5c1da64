"""The people of a plan on its page: a table and a chart for each crew, in both languages."""

from __future__ import annotations

import pytest
from test_plan_parts import words
from tiny_day import at

from parkwright.show.answers.planning import CrewHeads, PlanHeads
from parkwright.show.pages.plan_people import people_chart, people_html

THIN = "\u2009"
CREW = CrewHeads(
    crew_id="fit", name_en="Fitters", name_zh="装配工", at_work=[0.0, 2.5, 1.0], there=[0.0, 3.0, 3.0], worked_h=0.875,
    there_h=1.5,
)  # fmt: skip
FOUND = PlanHeads(start=[at("06:00"), at("06:15"), at("06:30")], crews=[CREW])


@pytest.mark.parametrize(
    ("language", "says"), [("en", ("Fitters", "Most at work", "There")), ("zh", ("装配工", "最多作业人数", "在岗工时"))]
)
def test_the_table_says_the_most_at_work_and_the_hours(language: str, says: tuple[str, ...]) -> None:
    html = people_html(words(language), FOUND.crews).replace(THIN, " ")
    assert [one for one in (*says, "fit", "2.50", "0.8750 h", "1.500 h") if one not in html] == []


def test_the_chart_steps_from_interval_to_interval_with_a_line_for_who_is_there() -> None:
    options = people_chart(words("en"), FOUND, CREW, "light")
    at_work, there = options["series"]
    assert (at_work["data"], there["data"]) == (CREW.at_work, CREW.there)
    assert {one["step"] for one in options["series"]} == {"end"}
    assert [at_work["name"], there["name"]] == ["at work", "there"]
    assert len(options["xAxis"]["data"]) == 3
