from datetime import timedelta

import polars as pl
import pytest
from carbon_park import QUARTER, START, frame, make_park, passages

from parkwright.carbon.occupancy import of_interval
from parkwright.model.errors import LedgerError
from parkwright.model.tables import PASSAGES, PRESENCE

PARK = make_park()
NOBODY = PRESENCE.empty()


def presence(*rows):
    return frame(PRESENCE, [(u, j, "asm", w, START + timedelta(seconds=s)) for u, j, w, s in rows])


def test_a_passage_counts_for_the_part_inside_the_interval():
    rows = passages(("U1", "J", "NB-asm", -100, 100), ("U2", "J", "NB-asm", 100, 2000), ("U3", "J", "NB-asm", 900, 950))
    found = of_interval(PARK, START, START + QUARTER, rows, NOBODY)
    assert found.rows() == [("U1", "J", "NB-asm", 100_000), ("U2", "J", "NB-asm", 800_000)]


def test_a_unit_that_still_stands_there_counts_to_the_end():
    found = of_interval(PARK, START, START + QUARTER, PASSAGES.empty(), presence(("U1", "J", "NB-asm", 600)))
    assert found.rows() == [("U1", "J", "NB-asm", 300_000)]
    later = of_interval(PARK, START, START + QUARTER, PASSAGES.empty(), presence(("U1", "J", "NB-asm", 900)))
    assert later.is_empty()


def test_closing_late_counts_a_passage_that_ended_meanwhile_once():
    standing = presence(("U1", "J", "NB-asm", 600))
    late = passages(("U1", "J", "NB-asm", 600, 1000), ("U1", "J", "NB-test", 1000, 1100))
    in_time = of_interval(PARK, START, START + QUARTER, PASSAGES.empty(), standing)
    assert of_interval(PARK, START, START + QUARTER, late, standing).equals(in_time)


def test_rework_at_the_same_work_unit_adds_up():
    rows = passages(("U1", "J", "NB-test", 0, 60, "fail"), ("U1", "J", "NB-test", 60, 100), ("U1", "J", "NB-asm", 0, 0))
    assert of_interval(PARK, START, START + QUARTER, rows, NOBODY)["ticks_ms"].to_list() == [100_000]


def test_two_adjacent_intervals_hold_the_whole_passage():
    rows = passages(("U1", "J", "NB-asm", 800, 1000))
    spans = [(START, START + QUARTER), (START + QUARTER, START + 2 * QUARTER)]
    ticks = [of_interval(PARK, *span, rows, NOBODY)["ticks_ms"].sum() for span in spans]
    assert ticks == [100_000, 100_000]


def test_the_order_of_rows_does_not_matter():
    rows = passages(*[(f"U{n % 5}", "J", "NB-asm", n, n + 7) for n in range(20)])
    assert of_interval(PARK, START, START + QUARTER, rows, NOBODY).equals(
        of_interval(PARK, START, START + QUARTER, rows.reverse(), NOBODY)
    )


def test_an_empty_interval_has_no_rows_but_the_right_columns():
    found = of_interval(PARK, START, START + QUARTER, PASSAGES.empty(), NOBODY)
    assert found.schema == {"unit_id": pl.String, "job_id": pl.String, "work_unit_id": pl.String, "ticks_ms": pl.Int64}
    assert found.is_empty()


def test_an_unknown_work_unit_or_an_empty_span_is_refused():
    with pytest.raises(LedgerError, match="'NB-gone'"):
        of_interval(PARK, START, START + QUARTER, passages(("U1", "J", "NB-gone", 0, 9)), NOBODY)
    with pytest.raises(LedgerError, match="empty"):
        of_interval(PARK, START, START, PASSAGES.empty(), NOBODY)
