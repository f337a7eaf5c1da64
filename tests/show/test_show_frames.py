"""The memory of facts: what it carries on is what a fresh read gives."""

from __future__ import annotations

from datetime import UTC, datetime

import polars as pl
from facts_fixture import MemoryFacts, table
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from parkwright.run.ports import Batch
from parkwright.show.frames import Frames, account_totals

AT = datetime(2026, 7, 15, tzinfo=UTC)


def alarm(n: int, day: str = "2026-07-15") -> Batch:
    rows = table("alarms", [{"at": AT, "kind": "k", "thing_id": str(n), "severity": 1, "text": "t"}])
    return Batch("s", day, n, "alarms", day, rows)


def posting(n: int, account: str, quantity: int) -> Batch:
    rows = table(
        "postings",
        [{"journal_id": "j", "account": account, "commodity": "co2e", "view": "location", "quantity": quantity,
          "start": AT, "end": AT, "factor_id": None, "method_id": "m", "activity_ref": "a"}],
    )  # fmt: skip
    return Batch("p", "e", n, "postings", "2026-07-15", rows)


@settings(max_examples=40)
@given(st.lists(st.sampled_from(["append", "other day", "read"]), max_size=60))
def test_carried_on_equals_read_anew(acts: list[str]) -> None:
    facts = MemoryFacts([], AT)
    frames = Frames(facts)
    for n, act in enumerate(acts):
        if act == "read":
            frames.refresh()
            assert_frame_equal(frames.read("alarms", "2026-07-15"), facts.read("alarms", "2026-07-15"))
        else:
            facts.batches.append(alarm(n, "2026-07-15" if act == "append" else "2026-07-16"))
    frames.refresh()
    assert_frame_equal(frames.read("alarms", "2026-07-15"), facts.read("alarms", "2026-07-15"))


def test_many_small_batches_are_merged_and_lose_nothing() -> None:
    facts = MemoryFacts([alarm(0)], AT)
    frames = Frames(facts)
    frames.read("alarms", "2026-07-15")
    for n in range(1, 200):
        facts.batches.append(alarm(n))
        frames.refresh()
    assert frames.read("alarms", "2026-07-15")["thing_id"].to_list() == [str(n) for n in range(200)]


def test_a_batch_recorded_while_a_day_is_read_is_not_counted_twice() -> None:
    class Busy(MemoryFacts):
        def read(self, kind: str, start_day: str, end_day: str | None = None) -> pl.DataFrame:
            if len(self.batches) < 3:
                self.batches.append(alarm(len(self.batches)))
            return super().read(kind, start_day, end_day)

    facts = Busy([alarm(0)], AT)
    frames = Frames(facts)
    assert frames.read("alarms", "2026-07-15").height == 3
    facts.batches.append(alarm(3))
    frames.refresh()
    assert frames.read("alarms", "2026-07-15").height == 4


def test_postings_are_kept_as_totals_of_account_classes() -> None:
    facts = MemoryFacts([posting(0, "unit:a", 5), posting(1, "unit:b", 7)], AT)
    frames = Frames(facts)
    assert frames.read("postings", "2026-07-15")["quantity"].sum() == 12
    facts.batches.append(posting(2, "source:grid", -12))
    frames.refresh()
    totals = frames.read("postings", "2026-07-15").group_by("account_class").agg(pl.col("quantity").sum())
    assert dict(totals.iter_rows()) == {"unit": 12, "source": -12}
    assert account_totals(facts.read("postings", "none")).height == 0


def test_an_answer_is_kept_until_facts_are_new_and_lasting_ones_for_ever() -> None:
    facts = MemoryFacts([], AT)
    frames = Frames(facts)
    made: list[int] = []

    def make() -> int:
        made.append(1)
        return len(made)

    assert frames.keep("a", make) == frames.keep("a", make) == 1
    assert frames.keep("b", make, lasting=True) == 2
    facts.batches.append(alarm(0))
    assert frames.keep("b", make, lasting=True) == 2
