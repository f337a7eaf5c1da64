"""How good a plan is, in sentences: no more than what was proven, in both languages."""

from __future__ import annotations

import pytest
from test_plan_parts import visit, words
from tiny_day import at

from parkwright.show.answers.planning import Certificate
from parkwright.show.pages.plan_proof import proof_html, proof_lines

THIN = "\u2009"
READY = Certificate(
    day="2026-07-15", base="0" * 64, since=at("10:12"), state="ready", parts=20, part_jobs=16, part_lines=3, looked=20,
    proven=14, open_cny=3.5, gain_cny=0.0, energy_cny=100.0, energy_bound_cny=90.0, detail="",
)  # fmt: skip


def lines(language: str = "en", **changes: object) -> list[str]:
    found = proof_lines(visit(language), words(language), READY.model_copy(update=changes))
    return [one.replace(THIN, " ") for one in found]


@pytest.mark.parametrize(
    ("language", "says"),
    [
        (
            "en",
            (
                "14 of 20 parts are proven best",
                "more than 3.500 CNY",
                "No better order",
                "100.00 CNY",
                "below 90.000 CNY",
            ),
        ),
        ("zh", ("20 块中有 14 块", "最多还能节省 3.500 CNY", "没有找到", "100.00 CNY", "90.000 CNY")),
    ],
)
def test_each_sentence_says_what_was_proven(language: str, says: tuple[str, ...]) -> None:
    text = " ".join(lines(language))
    assert [one for one in says if one not in text] == []


def test_no_saving_is_bounded_where_none_is_known_and_none_is_told_where_all_is_proven() -> None:
    assert "not known" in lines(open_cny=None)[1]
    assert not [one for one in lines(proven=20, open_cny=0.0) if "other parts" in one]


def test_a_better_order_is_told_and_an_energy_bound_only_where_it_holds() -> None:
    found = lines(gain_cny=12.0, energy_bound_cny=None)
    assert "would save 12.00 CNY" in found[-1]
    assert not [one for one in found if "below" in one]


def test_a_proof_that_goes_on_failed_or_had_nothing_to_look_at_says_so() -> None:
    def html(**changes: object) -> str:
        return proof_html(visit(), words(), READY.model_copy(update=changes))

    assert "5 of 20 parts looked at" in html(state="searching", looked=5, proven=None)
    assert "width:25%" in html(state="searching", looked=5, proven=None)
    assert "no &lt;b&gt;" in html(state="failed", detail="no <b>")
    assert "is left to look at" in html(looked=0, proven=0)
    assert "proves nothing about the plan as a whole" in html()
    assert "40 at most" in proof_html(visit(), words(), None)
