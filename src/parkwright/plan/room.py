"""Room for new orders in the plan in force: lots for their boards, their lines and places, and what others lose by it.

A new order is tried in several ways. The first takes nothing from anybody: boards that nobody else needs, and those of
lots of its own, which come last on their line. The others give it boards sooner, and other orders wait for theirs.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import polars as pl

from parkwright.make.boards import boards_per_unit
from parkwright.make.check_hours import FROZEN
from parkwright.make.floor import (
    BEGIN,
    DROP,
    DUE,
    END,
    LATE,
    LEVEL,
    MOVED,
    SHIFTED,
    SIZE,
    START,
    WAS_LINE,
    WAS_START,
    WORK,
    Floor,
)
from parkwright.make.laid import Laid, lay
from parkwright.make.park_floor import pressed
from parkwright.make.problem import HOUR_MS, to_ms
from parkwright.make.settle import resettle
from parkwright.make.whatif import place_at, put, tried
from parkwright.model.errors import PlanError
from parkwright.model.tables import SCHEDULE
from parkwright.plan.revise import NERVOUS, DayFacts, instant

PLACES = 40
"""Places on a line that are tried for a new job, evenly over its row."""
OUT_CNY = 1e9
"""What a job without a place counts with when ways compare [CNY]: more than all else that the plan of a day costs."""
WAIT = "give fewer units, or let it wait for another day"


@dataclass(frozen=True, slots=True)
class _Asked:
    """New orders: the day with them, their board lots and their own jobs (JOBS), and when the first may begin.

    back: job -> line and instant [ms], as of `make.laid.lay`.
    """

    facts: DayFacts
    lots: pl.DataFrame
    own: pl.DataFrame
    frozen_until: datetime
    back: Mapping[str, tuple[str, int]]


class _Way:
    """A way to take new orders in: the day laid out with it, and its floor as a search weighs it."""

    def __init__(self, asked: _Asked, *, early: bool = False, boards_from: int | None = None) -> None:
        """Lay the day out with the board lots first or last on their line; the own jobs have no place yet.

        boards_from: these take boards before what starts later [ms]; None: what all others leave.
        """
        facts, self._until = asked.facts, to_ms(asked.frozen_until)
        first = {} if boards_from is None else dict.fromkeys(asked.own["job_id"].to_list(), boards_from)
        schedule = _with_lots(facts, asked.lots, asked.frozen_until, early=early)
        self.laid = lay(
            facts.park, facts.day, facts.orders, facts.jobs, schedule, facts.signal, facts.terms.rates, first,
            facts.outages, self._until, back=asked.back, progress=facts.progress, power=facts.terms.power,
            ended=facts.ended,
        )  # fmt: skip
        self._own = [self.laid.op(job_id) for job_id in asked.own["job_id"]]
        self.floor = _weighed(self.laid, self._own)

    @property
    def out(self) -> np.ndarray:
        """Which jobs have no place (J,)."""
        return np.asarray(self.floor.op[:, START] < 0)

    @property
    def late_cny(self) -> float:
        """What lateness costs as it is weighed [CNY]."""
        op = self.floor.op
        late = np.where(self.out, 0, np.maximum(0, op[:, END] - op[:, DUE]))
        return float((self.floor.worth[:, LATE] * late).sum())

    def board_ends(self) -> list[int]:
        """Return when lots of the boards that the own jobs need are done, before these are due [ms]."""
        per_unit, jobs, op = boards_per_unit(self.laid.day.park), self.laid.day.jobs, self.floor.op
        needed = {board for product in jobs["product_id"].gather(self._own) for board in per_unit.get(product, {})}
        lots = jobs["product_id"].is_in(list(needed)).to_numpy() & ~self.out
        last = int(op[self._own, DUE].max())
        return sorted({end for end in op[lots, END].tolist() if self._until < end < last})

    def fit(self) -> bool:
        """Give each of the own jobs the place where the plan costs least; tell whether all have one."""
        return all(self._placed(op) for op in self._own)

    def _placed(self, op: int) -> bool:
        best: tuple[float, int, int, int] | None = None
        for line, soon in enumerate(self.laid.frozen(self._until).tolist()):
            if self.floor.can[op, line, WORK] < 0:
                continue
            row, places = _places(self.floor, op, line, soon)
            for place in places:
                found = tried(self.floor, op, line, place, soon)
                if found is not None and (best is None or found.change_cny < best[0]):
                    best = found.change_cny, row, place, soon
        if best is None:
            return False
        for floor in (self.floor, self.laid.floor):
            put(floor, op, *best[1:])
            resettle(floor.ints, floor.reals)
        return True


def laid_with(
    facts: DayFacts,
    new: Collection[str],
    frozen_until: datetime,
    back: Mapping[str, tuple[str, datetime]] | None = None,
) -> Laid:
    """Return the plan in force on its floor with new orders in it.

    Where the way that takes nothing from anybody makes an order late, others are tried: boards that are there from
    `frozen_until` on, or from when some lot is done, and own lots first on their line. Of all ways, lines and places
    it takes those with which the whole plan costs least, what own lots and boards do to others included; lateness is
    weighed as a search of the day weighs it. No other job loses its place.
    facts: with the new orders and their jobs, and the schedule in force. new: their order ids. back: as of
    `plan.revise.laid_out`.

    Raises PlanError when no line can take one of them today or make its boards, or others would lose their places.
    """
    boards = [one.id for one in facts.park.products if one.kind == "board"]
    jobs = facts.jobs.filter(pl.col("order_id").is_in(list(new)))
    lots, own = jobs.filter(pl.col("product_id").is_in(boards)), jobs.filter(~pl.col("product_id").is_in(boards))
    gone = {job_id: (line_id, to_ms(at)) for job_id, (line_id, at) in (back or {}).items()}
    asked = _Asked(facts, lots, own, frozen_until, gone)
    plain = _Way(asked)
    out, late = plain.out, plain.late_cny
    best = plain if plain.fit() else None
    if best is None or best.late_cny > late or (best.out & ~out).any():
        for way in _other_ways(asked, plain):
            bar = float("inf") if best is None else best.floor.cost_cny()
            if way.floor.cost_cny() < bar and way.fit() and way.floor.cost_cny() < bar:
                best = way
    names = plain.laid.day.jobs["job_id"]
    unmade = names.is_in(lots["job_id"].to_list()).to_numpy() & out
    pushed = out if best is None else best.out & ~out
    if best is not None and not pushed.any() and not (best.out & unmade).any():
        return best.laid
    if unmade.any():
        lot = plain.laid.day.jobs.row(int(np.flatnonzero(unmade)[0]), named=True)
        same = pl.Series(unmade) & (plain.laid.day.jobs["product_id"] == lot["product_id"])
        units = plain.laid.day.jobs.filter(same)["quantity"].sum()
        why = f"no line has hours left today for the {units} boards {lot['product_id']} that it lacks"
        raise PlanError(f"order {lot['order_id']}: {why}; {WAIT}")
    if best is not None:
        why = f"wherever it is put, {int(pushed.sum())} jobs of other orders or more lose their place today"
        raise PlanError(f"order {min(new)}: {why}; {WAIT}")
    raise PlanError(f"order {min(new)}: no line can take it today; {WAIT}")


def _other_ways(asked: _Asked, plain: _Way) -> Iterator[_Way]:
    """Yield the ways beside the plain one."""
    for early in (False, True) if asked.lots.height else (False,):
        first = _Way(asked, early=True) if early else plain
        if early:
            yield first
        for start in [to_ms(asked.frozen_until), *first.board_ends()]:
            yield _Way(asked, early=early, boards_from=start)


def _weighed(laid: Laid, own: Sequence[int]) -> Floor:
    """Return a floor as a search of the day weighs it, but that a place lost outweighs all, and moving jobs costs.

    own: operations whose place is sought; they cost nothing as long as they have none.
    """
    floor, ops = laid.floor.copy(), pressed(laid.problem).operations
    floor.op[:, DUE] = ops.due
    floor.worth[:, LATE], floor.worth[:, DROP] = ops.late_cny_per_h / HOUR_MS, OUT_CNY
    floor.worth[own, DROP] = 0.0
    floor.op[:, WAS_LINE], floor.op[:, WAS_START] = laid.was[:, 0], laid.was[:, 2]
    floor.rate[MOVED], floor.rate[SHIFTED] = NERVOUS.moved_cny, NERVOUS.shifted_cny_per_h / HOUR_MS
    resettle(floor.ints, floor.reals)
    return floor


def _with_lots(facts: DayFacts, lots: pl.DataFrame, frozen_until: datetime, *, early: bool) -> pl.DataFrame:
    """Return a schedule with board lots first or last on the line that is free soonest; the floor settles the times."""
    schedule = facts.schedule
    for job in lots.iter_rows(named=True):
        able = [
            line for line in facts.park.work_centers
            if job["segment_id"] in line.segment_ids and line.lot_min <= job["quantity"] <= line.lot_max
        ]  # fmt: skip
        on = {line.id: schedule.filter(pl.col("work_center_id") == line.id) for line in able}
        if not on:
            continue
        last = {line_id: max([frozen_until, *rows["end"].to_list()]) for line_id, rows in on.items()}
        line_id = min(last, key=lambda name: (last[name], name))
        frozen = on[line_id].filter(pl.col("setup_start") < frozen_until)["start"].to_list()
        begun = on[line_id].filter(pl.col("job_id").is_in(list(facts.progress.begun)))["start"] + FROZEN
        start = instant(to_ms(max([frozen_until, *frozen, *begun]) if early else last[line_id]) + 1)
        row = (job["job_id"], job["segment_id"], line_id, start, start, start, 0.0, 0.0, 0.0)
        schedule = pl.concat([schedule, pl.DataFrame([row], schema=SCHEDULE.schema, orient="row")])
    return schedule


def _places(floor: Floor, op: int, line: int, until: int) -> tuple[int, list[int]]:
    """Return the row of an operation on a line and some places in it after what begins before `until` [ms]."""
    row = int(floor.row_of[line, floor.op[op, LEVEL]])
    inside = floor.order[row, : int(floor.row[row, SIZE])]
    begun = inside[(floor.op[inside, BEGIN] >= 0) & (floor.op[inside, BEGIN] < until)]
    after = max([until, *(floor.op[begun, START] + 1).tolist()])
    first, last = place_at(floor, row, op, after), len(inside)
    step = max(1, -(-(last - first) // PLACES))
    return row, [*range(first, last, step), last]
