"""How good a plan in force is: CP-SAT looks at small parts of what may still move, one after the other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

import numpy as np

from parkwright.make.bounds import Bounds, at_no_carbon_price
from parkwright.make.certify import PART_LINES, PART_OPS, certified
from parkwright.make.floor import Problem
from parkwright.make.laid import Laid, placed_on
from parkwright.make.least_energy import least_energy_cny
from parkwright.make.problem import to_ms
from parkwright.make.replan import Wishes, rest_of
from parkwright.make.schedule import as_schedule
from parkwright.model.errors import ParkwrightError
from parkwright.show.answers.planning import Certificate

PARTS = 20
"""Parts that are looked at: 40 s of one core at most, 5 s on the demonstration park's day."""
SEED = 1


@dataclass
class Proof:
    """A certificate of a plan in force, as far as it is. since: what begins before it was left out."""

    since: datetime
    state: Literal["searching", "ready", "failed"] = "searching"
    looked: int = 0
    found: Bounds | None = None
    gain_cny: float = 0.0
    energy_bound_cny: float | None = None
    detail: str = ""

    def run(self, laid: Laid, stop: Callable[[], bool]) -> None:
        """Look at the parts of a laid plan, and keep what is proven."""
        try:
            problem = open_part(laid, self.since)
            columns = placed_on(laid.floor).T
            plan = as_schedule(problem, (columns[0], columns[1], columns[2], columns[3], columns[4]))
            after = certified(problem, plan, parts=PARTS, seed=SEED, progress=self._follow, stop=stop)
            self.gain_cny = max(0.0, plan.cost.total_cny - after.cost.total_cny)
            if plan.cost.left_out_cny == 0.0:
                self.energy_bound_cny = least_energy_cny(at_no_carbon_price(laid.problem), placed_on(laid.floor)[:, 4])
            self.found, self.state = after.bounds, "ready"
        except ParkwrightError as error:
            self.state, self.detail = "failed", str(error)

    def _follow(self, looked: int) -> None:
        self.looked = looked

    def told(self, day: str, base: str, energy_cny: float) -> Certificate:
        """Return what is known by now; energy_cny: what the energy of the whole plan costs."""
        found = self.found
        open_cny = found.windows_open_cny if found is not None else np.inf
        return Certificate(
            day=day, base=base, since=self.since, state=self.state, parts=PARTS, part_jobs=PART_OPS,
            part_lines=PART_LINES, looked=self.looked, proven=found.windows_proven if found is not None else None,
            open_cny=open_cny if np.isfinite(open_cny) else None, gain_cny=self.gain_cny, energy_cny=energy_cny,
            energy_bound_cny=self.energy_bound_cny, detail=self.detail,
        )  # fmt: skip


def open_part(laid: Laid, since: datetime) -> Problem:
    """Return the problem of what begins from an instant on, at the prices that the plan's cost is counted with."""
    rest = rest_of(laid, placed_on(laid.floor), Wishes(to_ms(since), rates=laid.problem.rates))
    ops = laid.problem.operations
    return replace(
        rest,
        operations=replace(rest.operations, due=ops.due, late_cny_per_h=ops.late_cny_per_h, drop_cny=ops.drop_cny),
    )
