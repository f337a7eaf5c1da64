"""Verdicts: rework and scrap where they happen, good at the last work unit."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from parkwright.model.tables import PASSAGES, VERDICTS
from parkwright.quality.verdicts import decide
from parkwright.store.folder import load

PARK = load(Path(__file__).parents[2] / "parks" / "tianjin")
LINE = PARK.work_center["L-NB1"]
FIRST, LAST = LINE.work_unit[0], LINE.work_unit[-1]
TEST = next(unit for unit in LINE.work_unit if unit.fail_share > 0)
T0 = datetime(2026, 7, 15, tzinfo=UTC)


def passages(*rows):
    """PASSAGES from (unit, work unit, result), a minute apart."""
    return pl.DataFrame(
        [
            (u, "J", LINE.segment_ids[0], w, T0 + timedelta(minutes=n), T0 + timedelta(minutes=n + 1), r)
            for n, (u, w, r) in enumerate(rows)
        ],
        schema=PASSAGES.schema,
        orient="row",
    )


def test_a_unit_is_good_when_the_last_station_passed_it_and_not_before():
    found = decide(passages(("u", FIRST.id, "ok"), ("u", LAST.id, "ok")), PARK)
    assert found.rows() == [("u", LINE.segment_ids[0], T0 + timedelta(minutes=2), "good", f"{LAST.kind}_ok")]
    assert decide(passages(("u", FIRST.id, "ok")), PARK).height == 0


def test_a_failed_test_is_rework_and_a_scrapped_unit_is_scrap():
    found = decide(passages(("u", TEST.id, "fail"), ("u", TEST.id, "ok"), ("v", TEST.id, "scrap")), PARK)
    assert found.select("unit_id", "verdict", "reason").rows() == [
        ("u", "rework", f"{TEST.kind}_fail"),
        ("v", "scrap", f"{TEST.kind}_scrap"),
    ]


def test_a_failure_at_the_last_station_is_not_good():
    found = decide(passages(("u", LAST.id, "fail")), PARK)
    assert found["verdict"].to_list() == ["rework"]


def test_a_station_that_the_park_does_not_know_still_gives_a_verdict():
    assert decide(passages(("u", "old-station", "scrap")), PARK)["reason"].to_list() == ["station_scrap"]


def test_no_passages_give_no_verdicts():
    assert decide(PASSAGES.empty(), PARK).equals(VERDICTS.empty())


@given(
    st.lists(
        st.tuples(
            st.sampled_from("abc"),
            st.sampled_from([u.id for u in LINE.work_unit]),
            st.sampled_from(["ok", "fail", "scrap"]),
        ),
        max_size=30,
    ),
    st.integers(0, 30),
)
def test_two_stretches_give_together_what_the_whole_gives(rows, cut):
    whole = passages(*rows)
    parts = pl.concat([decide(whole.head(cut), PARK), decide(whole.slice(cut), PARK)])
    assert parts.equals(decide(whole, PARK))
    assert parts.height == sum(r != "ok" or w == LAST.id for _, w, r in rows)
