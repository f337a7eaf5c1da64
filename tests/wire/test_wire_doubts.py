"""What a park's own days leave open of the next day's forecast, and how the plans within the day use it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import numpy as np
import polars as pl
import pytest
from run_park import DAY, small_park

from parkwright.energy.forecast import Band
from parkwright.model.opening import folder_opening
from parkwright.model.plant import DemandCharge
from parkwright.model.tables import READINGS
from parkwright.plan.day import make_plan
from parkwright.plan.intraday import Doubt, Intraday, Seen, doubt_of
from parkwright.run.ports import Batch
from parkwright.store.journal import Journal
from parkwright.wire import doubts

CHARGE = DemandCharge(by="maximum", cny_per_kw_month=300.0, basis="assumed: a test")
PLAIN = small_park()
PARK = replace(PLAIN, tariffs=tuple(tariff.model_copy(update={"demand": CHARGE}) for tariff in PLAIN.tariffs))
FIRST = DAY - timedelta(days=20)
BUSBAR = [m.id for m in PARK.meters if m.commodity == "electricity" and m.role != "load"]


@pytest.fixture(scope="module")
def journal(tmp_path_factory):
    """Twenty days of about 40 kW, on every fifth 20 kW."""
    with Journal(tmp_path_factory.mktemp("doubts") / "ledger.db") as facts:
        for number in range(20):
            day = FIRST + timedelta(days=number)
            starts = PARK.intervals(day)
            kw = (20.0 if number % 5 == 0 else 40.0) + np.arange(96) % 2
            parts = [
                pl.DataFrame({"start": starts, "meter_id": meter, "energy_mwh_int": energy})
                for meter in BUSBAR
                for energy in [np.round(kw * 250_000.0 * (meter == "grid-in")).astype(np.int64)]
            ]
            rows = pl.concat(parts).with_columns(value=pl.lit(None, pl.Float64), quality=pl.lit("good"))
            batch = Batch("t", day.isoformat(), 0, "readings", day.isoformat(), rows.select(list(READINGS.schema)))
            facts.append([batch], datetime(2026, 9, 1, tzinfo=UTC))
        yield facts


def band(low, median, high):
    quantiles = np.array([low, (low + median) / 2, median, (median + high) / 2, high], dtype=float)
    return Band(quantiles, np.asarray(median, dtype=float))


def test_the_doubt_about_a_load_is_how_far_its_lowest_tenth_lies_below_the_median():
    found = doubt_of(band(np.array([30.0, 0.0]), np.array([40.0, 50.0]), np.array([60.0, 60.0])), None)
    assert found.load_share == pytest.approx([0.25, 1.0])
    assert found.sun_share == pytest.approx([0.0, 0.0])


def test_the_doubt_about_the_sun_is_how_far_its_highest_tenth_lies_above_and_none_at_night():
    load = band(np.ones(2), np.ones(2), np.ones(2))
    found = doubt_of(load, band(np.array([0.0, 50.0]), np.array([0.0, 100.0]), np.array([1.0, 130.0])))
    assert found.load_share == pytest.approx([0.0, 0.0])
    assert found.sun_share == pytest.approx([0.0, 0.3])


def test_a_park_learns_its_doubt_from_its_own_days(journal):
    found = doubts.of_ledger(PARK, journal, FIRST, DAY)
    assert found.load_share.min() > 0.0
    assert found.load_share.max() <= 0.55
    assert found.sun_share == pytest.approx(np.zeros(96))


def test_days_before_the_park_went_live_do_not_count(journal):
    assert doubts.of_ledger(PARK, journal, DAY - timedelta(days=13), DAY) is None
    assert doubts.of_ledger(PARK, journal, date(2026, 1, 1), date(2026, 3, 1)) is None


def test_meters_that_are_stuck_make_no_doubt_and_stop_no_day(journal, tmp_path):
    with Journal(tmp_path / "ledger.db") as facts:
        for number in range(20):
            day = (FIRST + timedelta(days=number)).isoformat()
            stuck = journal.read("readings", day).with_columns(energy_mwh_int=pl.lit(7_000_000, pl.Int64))
            facts.append([Batch("t", day, 0, "readings", day, stuck)], datetime(2026, 9, 1, tzinfo=UTC))
        assert doubts.of_ledger(PARK, facts, FIRST, DAY) is None


def test_less_doubt_raises_the_peak_sooner():
    plan = make_plan(PARK, DAY, 1, folder_opening(PARK))
    free = plan.month.free_kw["2026-07"]
    step = int(np.argmax(plan.ahead.load_kw[:96])) - 8
    empty = Seen({"BAT1": 0.0}, {}, load_kw=3.0 * free)
    sure, unsure = (
        Intraday(PARK, plan, Doubt(np.full(96, share), np.zeros(96))).ask(step, empty).import_kw for share in (0.0, 0.9)
    )
    assert sure >= unsure >= free - 1e-6
    assert sure > free
