"""Work over midnight in the run: begun before it, carried over, metered once, and the same after a restart."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import pairwise

import polars as pl
import pytest
from run_park import COARSE, DAY, ISO, small_park

from parkwright.ledger.views import unbalanced
from parkwright.model.opening import Opening, folder_opening
from parkwright.model.plant import Meter, Movable
from parkwright.run.clock import SimulatedClock
from parkwright.run.day import DayResult, DayRun
from parkwright.store.journal import Journal
from parkwright.twin.park import Twin
from parkwright.wire import live
from parkwright.wire.work import unfinished_at

NEXT = DAY + timedelta(days=1)
MWH = 1e6
SHARED = {"name": {"en": "a", "zh": "b"}, "days": "every", "basis": "assumed: a test"}
RACKS = Movable(
    id="RACKS", meter_id="racks", power_kw=20.0, units=2, duration_h=5.0, earliest="22:00", latest="04:00", **SHARED
)
CARS = Movable(
    id="CARS", meter_id="cars", power_kw=7.0, units=6, duration_h=3.0, earliest="21:00", latest="06:00",
    interruptible=True, **SHARED,
)  # fmt: skip
WORKS = (RACKS, CARS)


def a_meter(meter_id):
    return Meter(
        id=meter_id, name_en="a", name_zh="b", commodity="electricity", role="load", purpose="other",
        basis="assumed: a test",
    )  # fmt: skip


BARE = small_park()
PARK = replace(
    BARE,
    energy=BARE.energy.model_copy(update={"movable": WORKS}),
    meters=(*BARE.meters, a_meter("racks"), a_meter("cars")),
)


@dataclass(frozen=True)
class Lived:
    """Two days one after the other, the second with what the first left."""

    facts: Journal
    results: list[DayResult]

    def metered_kwh(self, work, day):
        """Return what the meter of a work counted in each interval of a day [kWh]."""
        rows = self.facts.read("readings", day.isoformat()).filter(pl.col("meter_id") == work.meter_id)
        return rows.sort("start")["energy_mwh_int"].to_numpy() / MWH

    def planned_kwh(self, work, day):
        """Return what the plan of a day asked of a work in each interval [kWh]."""
        rows = self.facts.read("dispatch", day.isoformat()).filter(pl.col("asset_id") == work.id)
        return rows.sort("start")["power_kw"].to_numpy() / 4

    def opened_kwh(self, work, day):
        """Return the energy that the day's own window had got by midnight [kWh]."""
        first = int(work.earliest[:2]) * 4
        return float(self.metered_kwh(work, day)[first:].sum())


def run(facts, day, opening):
    twin = Twin(PARK, day, 1, opening)
    result = DayRun(PARK, day, 1, twin, twin, facts, SimulatedClock(PARK.midnight(day)), opening, COARSE).run()
    assert result is not None
    return result


@pytest.fixture(scope="module")
def lived(tmp_path_factory):
    path = tmp_path_factory.mktemp("overnight") / "ledger.db"
    with Journal(path) as facts:
        first = run(facts, DAY, folder_opening(PARK))
        yield Lived(facts, [first, run(facts, NEXT, first.opening)])


def test_a_day_without_one_before_it_takes_nothing_over_and_its_windows_open_all_the_same(lived):
    for work in WORKS:
        assert lived.metered_kwh(work, DAY)[: int(work.earliest[:2]) * 4].sum() == 0.0
    assert lived.opened_kwh(RACKS, DAY) > 0.0


def test_what_a_day_leaves_is_done_on_the_next_before_the_window_ends(lived):
    first, second = lived.results
    for work in WORKS:
        end = int(work.latest[:2]) * 4
        left = first.opening.unfinished[work.id].energy_kwh
        assert lived.opened_kwh(work, DAY) + left == pytest.approx(work.energy_kwh, abs=1e-3)
        morning = lived.metered_kwh(work, NEXT)
        assert morning[:end].sum() == pytest.approx(left, abs=1e-3)
        assert morning[end : int(work.earliest[:2]) * 4].sum() == 0.0
        rest = second.opening.unfinished.get(work.id)
        open_kwh = rest.energy_kwh if rest else 0.0
        assert lived.opened_kwh(work, NEXT) + open_kwh == pytest.approx(work.energy_kwh, abs=1e-3)


def test_units_under_way_at_midnight_do_not_stop(lived):
    assert len(lived.results[0].opening.unfinished["RACKS"].begun) == 2
    night = [*lived.metered_kwh(RACKS, DAY), *lived.metered_kwh(RACKS, NEXT)][80:120]
    running = [kwh > 0.0 for kwh in night]
    assert sum(a != b for a, b in pairwise(running)) == 2
    assert night[15] == night[16] == pytest.approx(10.0, abs=1e-3)


def test_every_interval_is_metered_as_planned_the_first_of_the_day_included_and_booked_once(lived):
    for day, result in zip((DAY, NEXT), lived.results, strict=True):
        for work in WORKS:
            assert lived.metered_kwh(work, day) == pytest.approx(lived.planned_kwh(work, day), abs=1e-3)
        postings = lived.facts.read("postings", day.isoformat())
        assert unbalanced(postings).height == 0
        assert result.summary["meters"]["attributed_kwh_residual_max"] == 0
        assert result.summary["journals"]["unbalanced"] == 0


def test_a_restart_opens_the_next_day_with_the_same_and_days_before_the_live_ones_leave_nothing(lived):
    first, _ = lived.results
    assert live.opening_at(PARK, lived.facts, DAY, NEXT) == first.opening
    assert first.opening.unfinished.keys() == {"RACKS", "CARS"} & first.opening.unfinished.keys() != set()
    assert unfinished_at(PARK, lived.facts.read, DAY, DAY) == {}
    assert unfinished_at(PARK, lived.facts.read, None, NEXT) == {}
    assert Opening().unfinished == {}
    assert lived.facts.read("dispatch", ISO).height > 0
