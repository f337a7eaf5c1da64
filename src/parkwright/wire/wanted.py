"""What a planner asks of a plan, as plan takes it: moves, new orders, lines that go out or come back."""

from __future__ import annotations

from parkwright.model.errors import PlanError
from parkwright.plan import rush
from parkwright.plan.outage import Ended, Outage
from parkwright.plan.revise import Change
from parkwright.show.answers.planning import AskedChange

NO_OFFSET = "an instant has no offset; write 2026-07-31T18:00:00+08:00"


def orders_of(change: AskedChange) -> list[rush.NewOrder]:
    """Return the new orders as plan takes them; raises PlanError for an instant without its offset."""
    if any(order.due.tzinfo is None for order in change.orders):
        raise PlanError(NO_OFFSET)
    return [
        rush.NewOrder(o.product_id, o.quantity, o.due, o.market_id, o.weight_cny_per_h, o.order_id)
        for o in change.orders
    ]


def outages_of(change: AskedChange) -> list[Outage]:
    """Return the lines that go out as plan takes them; raises PlanError for an instant without its offset."""
    if any(at is not None and at.tzinfo is None for one in change.out for at in (one.start, one.until)):
        raise PlanError(NO_OFFSET)
    return [Outage(one.line_id, one.reason, one.start, one.until) for one in change.out]


def ends_of(change: AskedChange) -> list[Ended]:
    """Return the other ends of outages as plan takes them; raises PlanError for an instant without its offset."""
    if any(at is not None and at.tzinfo is None for one in change.ended for at in (one.start, one.until)):
        raise PlanError(NO_OFFSET)
    return [Ended(one.line_id, one.start, one.until) for one in change.ended]


def change_of(asked: AskedChange) -> Change:
    """Return a change as plan takes it; raises PlanError for an instant without its offset."""
    if any(move.start.tzinfo is None for move in asked.moves):
        raise PlanError(NO_OFFSET)
    return Change(
        [(move.job_id, move.line_id, move.start) for move in asked.moves],
        frozenset(asked.rushed),
        frozenset(asked.pinned),
        asked.search_s > 0,
    )
