"""A power cap eased for the first part of a search: kept over spans of some operations, not in each of its intervals.

Where a plan draws as much as the cap allows, an edit moves what comes after it by minutes and lifts some interval above
the cap, whatever else it is good for. Over a longer span the same edit changes little, so the search sees which work
fits into the energy there is; how it is shared out within the span is left to its last part.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from parkwright.make.floor import Power, Problem

SPAN_OPS = 5.0
"""Length of a span in mean operations; found on saturated plants of 2,000 operations of 44 min: half of it is much
dearer on one seed of three, a quarter on two."""
OF_CAP = 0.97
"""What of a cap's energy a span may use: some is lost when it is shared out among intervals; found on the same plants,
where with all of it more has to be held back."""


def eased(problem: Problem) -> Problem | None:
    """Return a problem with its power cap kept on the mean of longer spans; None where that eases nothing.

    That is where there is no cap, where its intervals are as long as some operations already, and where crews share
    the intervals, because people are not to be averaged.
    """
    power, work = problem.power, problem.operations.work
    if power is None or not np.isfinite(power.cap_kw).any() or problem.crews or not (work > 0).any():
        return None
    times = round(SPAN_OPS * float(work[work > 0].mean()) / power.step)
    if times <= 1:
        return None
    first = np.arange(0, power.cap_kw.size, times)
    count = np.diff(np.append(first, power.cap_kw.size))
    other_kw = np.add.reduceat(power.other_kw, first) / count
    left_kw = np.add.reduceat(np.maximum(0.0, power.cap_kw - power.other_kw), first) / count
    return replace(problem, power=Power(power.start, times * power.step, other_kw, other_kw + OF_CAP * left_kw))
