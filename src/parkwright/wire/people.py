"""The people whom a plan's lines share, as the page Plan and the API tell them."""

from __future__ import annotations

from datetime import date

import numpy as np

from parkwright.make.heads import heads
from parkwright.make.laid import Laid
from parkwright.make.problem import to_ms
from parkwright.show.answers.planning import CrewHeads, PlanHeads


def people_of(laid: Laid, placed: np.ndarray, day: date) -> PlanHeads:
    """Return the crews of a plan (J, 5) of a laid day by metering interval."""
    park = laid.day.park
    starts = park.intervals(day).to_list()
    edge = np.array([to_ms(at) for at in (*starts, park.day_bounds(day)[1])], dtype=np.int64)
    found = heads(laid.problem, placed, edge)
    return PlanHeads(
        start=starts,
        crews=[
            CrewHeads(
                crew_id=crew.id, name_en=crew.name.en, name_zh=crew.name.zh, at_work=one.at_work.tolist(),
                there=one.there.tolist(), worked_h=one.worked_h, there_h=one.there_h,
            )
            for crew, one in zip(park.crews, found, strict=True)
        ],
    )  # fmt: skip
