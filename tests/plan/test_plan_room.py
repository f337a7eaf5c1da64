"""Room for a new order in a busy day: what others have stays theirs; what has no room is refused with its reason."""

from __future__ import annotations

import polars as pl
import pytest
from busy_day import BOARDS_CLOSING, CLOSING, priced
from make_park import local

from parkwright.model.errors import PlanError


@pytest.mark.parametrize("product_id", ["p1", "p2", "p3"])
@pytest.mark.parametrize("quantity", [5, 50])
def test_an_order_that_can_wait_moves_nobody(product_id: str, quantity: int) -> None:
    made, own = priced(product_id, quantity, 21.5, ("22:00", "22:00"))
    assert set(made.changed) == own
    assert len(own) == (1 if product_id == "p3" else 2)
    assert (made.newly_late, made.left_out, made.violations) == ((), (), ())


@pytest.mark.parametrize(("product_id", "quantity", "late"), [("p1", 30, 0), ("p1", 50, 1), ("p2", 50, 1)])
@pytest.mark.parametrize("boards_closing", [CLOSING, BOARDS_CLOSING])
def test_an_urgent_order_takes_its_boards_without_pushing_others_out_of_the_day(
    product_id: str, quantity: int, late: int, boards_closing: str
) -> None:
    """With its lots first on their line, or the boards of others, a dozen jobs had no place and 29 to 53 were late."""
    made, own = priced(product_id, quantity, 9.0, (CLOSING, boards_closing))
    ends = made.schedule.filter(pl.col("job_id").is_in(own))["end"]
    assert ends.len() == len(own)
    assert ends.max() <= local(9.0)
    assert len(made.newly_late) <= late
    assert (made.left_out, made.violations) == ((), ())


def test_an_order_with_which_others_lose_their_place_is_refused() -> None:
    with pytest.raises(
        PlanError, match=r"order R-260715-001: wherever it is put, \d+ jobs of other orders or more lose"
    ):
        priced("p3", 2000, 17.0, ("17:50", "17:50"))


def test_an_order_whose_boards_cannot_be_made_is_refused_by_name() -> None:
    with pytest.raises(
        PlanError, match=r"no line has hours left today for the 5\d boards b1 that it lacks; give fewer"
    ):
        priced("p1", 50, 18.2, (CLOSING, BOARDS_CLOSING), at=17.0)
    made, _ = priced("p3", 50, 18.2, (CLOSING, BOARDS_CLOSING), at=17.0)
    assert made.left_out == ()
