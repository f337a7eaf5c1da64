"""How fast a line takes units, how long a unit stays, and what power the line draws meanwhile, as planned."""

from __future__ import annotations

from dataclasses import dataclass

from parkwright.model.park import Park
from parkwright.model.product import Product
from parkwright.model.site import WorkCenter


@dataclass(frozen=True, slots=True)
class Pace:
    """A product on a line, as planned: seconds between units, seconds inside, power at work and without work.

    run_s: seconds of a run on a line with room, whatever is in it; 0 where one unit comes after the other.
    """

    unit_s: float
    flow_s: float
    run_kw: float
    idle_kw: float
    run_s: float = 0.0

    @property
    def tail_s(self) -> float:
        """For how long the last unit of a lot is inside when the line is free again [s]."""
        return 0.0 if self.run_s else max(0.0, self.flow_s - self.unit_s)

    def work_s(self, units: int) -> float:
        """Return for how long a lot takes the line [s]."""
        return self.run_s or self.unit_s * units


def of_product(line: WorkCenter, product: Product) -> Pace:
    """Return the planned pace of a product on a line.

    The time between units is the takt (or the slowest station with its rework, if slower) plus the stops: a station
    stops on average mttr/mtbf of its running time, and without large buffers a stop of one stops the line
    (Buzacott 1967, operation-dependent failures). A station with one place draws run_kw while it works on the unit
    and idle_kw for the rest; one with several places always holds a unit at this pace. On a line with room a run takes
    its one machine's cycle and the stops meanwhile.
    """
    busy = [unit.cycle_s / unit.places / (1 - unit.fail_share * (1 - unit.scrap_share)) for unit in line.work_unit]
    takt_s = max(line.takt_s, *busy)
    stop_s = sum(
        min(work_s, takt_s) * unit.mttr_s / unit.mtbf_s
        for work_s, unit in zip(busy, line.work_unit, strict=True)
        if unit.mtbf_s > 0
    )
    run_kw = 0.0
    for work_s, unit in zip(busy, line.work_unit, strict=True):
        share = 1.0 if unit.places > 1 else min(1.0, work_s / takt_s)
        run_kw += unit.run_kw * share + unit.idle_kw * (1 - share)
    return Pace(
        unit_s=(takt_s + stop_s) * product.cycle_factor,
        flow_s=sum(unit.cycle_s for unit in line.work_unit) * product.cycle_factor,
        run_kw=run_kw,
        idle_kw=sum(unit.idle_kw for unit in line.work_unit),
        run_s=_run_s(line) * product.cycle_factor if line.room else 0.0,
    )


def _run_s(line: WorkCenter) -> float:
    oven = line.work_unit[0]
    return oven.cycle_s * (1 + (oven.mttr_s / oven.mtbf_s if oven.mtbf_s > 0 else 0.0))


def changeover_s(park: Park, line: WorkCenter, from_family: str | None, to_family: str) -> float:
    """Return the changeover of a line between two families [s].

    setups.csv first, else nothing within a family and the line's own setup_s between families. A line whose last
    family is not known (None: the day opens) is set up with setup_s.
    """
    for setup in park.setups:
        if (setup.work_center_id, setup.from_family, setup.to_family) == (line.id, from_family, to_family):
            return setup.duration_s
    return 0.0 if from_family == to_family else line.setup_s
