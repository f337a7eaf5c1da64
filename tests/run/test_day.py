"""A day from its plan to its closed books: stopped and gone on with, metered badly, on a full disk."""

from __future__ import annotations

import polars as pl
import pytest
from meter_wire import FAULTS, Gateway, feed_through
from run_park import (
    COARSE,
    DAY,
    HOUR,
    ISO,
    STEADY,
    contents,
    facts_of,
    run_day,
    small_park,
)

from parkwright.carbon import proof
from parkwright.carbon.passport import counted, materials_ug
from parkwright.connect.broker import Broker
from parkwright.ledger import views
from parkwright.ledger.views import unbalanced
from parkwright.model.errors import LedgerError
from parkwright.model.opening import folder_opening
from parkwright.model.tables import ALARMS, FOOTPRINTS
from parkwright.run.clock import SimulatedClock
from parkwright.run.day import SECOND_JOURNALS, DayRun
from parkwright.run.levels import level_signals
from parkwright.store import chain
from parkwright.store.journal import Journal
from parkwright.twin.park import Twin

PARK = small_park(3600)
QUARTERLY = small_park()
START, END = PARK.day_bounds(DAY)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """An uninterrupted headless day of hourly intervals: its ledger's path, head and result."""
    path = tmp_path_factory.mktemp("whole") / "ledger.db"
    with Journal(path) as facts:
        result = run_day(facts, PARK)
        return path, facts.head(), result


@pytest.fixture(scope="module")
def live(tmp_path_factory):
    """An uninterrupted live day of hourly intervals: its ledger's path and head."""
    path = tmp_path_factory.mktemp("live") / "ledger.db"
    with Journal(path) as facts:
        run_day(facts, PARK, cadence=STEADY)
        return path, facts.head()


def test_a_day_leaves_its_run_its_plan_its_facts_and_its_books(whole):
    path, _, result = whole
    with Journal(path) as facts:
        tables = facts_of(facts)
        assert tables["runs"].select("day", "park_digest", "seed").rows() == [(ISO, PARK.digest, 1)]
        for kind in ("job_orders", "jobs", "schedule", "signal", "load", "dispatch", "transport_tasks"):
            assert tables[kind].height > 0, kind
        for kind in ("passages", "states", "verdicts", "kits", "moves", "job_responses", "samples", "mounts"):
            assert tables[kind].height > 0, kind
        assert tables["readings"].height == 24 * len(PARK.meters)
        assert tables["passports"].height == result.summary["units_good"] > 100
        assert result.summary["meters"] == {"count": 12, "attributed_kwh_residual_max": 0}
        assert result.summary["journals"]["unbalanced"] == 0
    assert chain.failures(path) == []


def test_the_next_day_opens_with_what_this_one_left_in_its_stores(whole):
    path, _, result = whole
    with Journal(path) as facts:
        samples = facts.read("samples", ISO).filter(pl.col("start") == END)
        found = dict(
            samples.filter(pl.col("signal_id").is_in(list(level_signals(PARK)))).select("signal_id", "value").rows()
        )
    assert result.opening.stored_kwh == {level_signals(PARK)[signal]: value for signal, value in found.items()}
    assert set(result.opening.pools) == {"BAT1"}


@pytest.mark.parametrize("cycles", [1, 40, 150, 287])
def test_a_day_stopped_and_run_again_is_the_same_chain_to_the_byte(whole, tmp_path, cycles):
    _, head, result = whole
    with Journal(tmp_path / "ledger.db") as facts:
        assert run_day(facts, PARK, stop_after=cycles) is None
        again = run_day(facts, PARK)
        assert facts.head() == head
        assert again == result


@pytest.mark.slow
def test_a_live_day_stopped_over_and_over_holds_the_same_contents_by_source(live, tmp_path):
    path, _ = live
    with Journal(tmp_path / "ledger.db") as facts:
        for cycles in (3, 30, 121, 121, 170, 288):
            run_day(facts, PARK, cadence=STEADY, stop_after=cycles)
        run_day(facts, PARK, cadence=STEADY)
        assert contents(facts.path) == contents(path)
        assert chain.failures(facts.path) == []


def test_a_closed_day_run_again_adds_nothing(live, tmp_path):
    path, head = live
    with Journal(path) as facts:
        run_day(facts, PARK, cadence=STEADY)
        assert facts.head() == head


def test_a_day_goes_on_with_the_suppliers_footprint_that_it_was_begun_with(tmp_path):
    material = PARK.materials[0].id

    def said(kg: float) -> pl.DataFrame:
        return pl.DataFrame([(ISO, material, kg, "declared")], schema=FOOTPRINTS.schema, orient="row")

    with Journal(tmp_path / "ledger.db") as facts:
        run_day(facts, PARK, cadence=STEADY, stop_after=40, footprints=said(8.0))
        run_day(facts, PARK, cadence=STEADY, footprints=said(9.0))
        assert facts.read("footprints", ISO).equals(said(8.0))
        rows, postings = facts.read("passports", ISO), facts.read("postings", ISO)
    each = materials_ug(counted(PARK, said(8.0)))
    assert each != materials_ug(PARK)
    assert set(rows["status"]) == {"provisional", "final"}
    early = rows.filter(pl.col("status") == "provisional")
    assert early["material_ug"].to_list() == [each[product] for product in early["product_id"]]
    assert -views.total(postings, "scope3:", "co2e", "materials") == (
        views.total(postings, "unit:", "co2e", "materials") + views.total(postings, "base:", "co2e", "materials")
    )
    final = rows.filter(pl.col("status") == "final")
    assert final["material_ug"].sum() <= views.total(postings, "unit:", "co2e", "materials")
    assert all(found >= each[product] for product, found in final.select("product_id", "material_ug").iter_rows())


@pytest.mark.parametrize("change", ["seed", "folder"])
def test_a_day_begun_from_another_seed_or_folder_is_refused_by_name(tmp_path, change):
    with Journal(tmp_path / "ledger.db") as facts:
        run_day(facts, PARK, stop_after=1)
        head = facts.head()
        with pytest.raises(LedgerError, match=f"^P1 {ISO}: was begun in this ledger from another folder, seed"):
            run_day(facts, PARK if change == "seed" else QUARTERLY, seed=2 if change == "seed" else 1)
        assert facts.head() == head


def test_a_disk_that_fills_during_the_day_is_named_and_the_day_goes_on_after(whole, tmp_path):
    needs, head, _ = whole
    with Journal(needs) as facts:
        pages = facts._connection.execute("PRAGMA page_count").fetchone()[0]
    path = tmp_path / "ledger.db"
    with Journal(path) as facts:
        facts._connection.execute(f"PRAGMA max_page_count = {pages // 2}")
        with pytest.raises(LedgerError, match=r"ledger\.db: database or disk is full; .* free space on this disk"):
            run_day(facts, PARK)
        assert facts.head()[0] > 0
    assert chain.failures(path) == []
    with Journal(path) as facts:
        run_day(facts, PARK)
        assert facts.head() == head


class Lossy:
    """Meters that lose readings, repeat them and give them out of order; the twin's own are whole."""

    def __init__(self, twin, lost):
        self._twin, self._lost, self._told = twin, lost, False

    def readings(self, until):
        found = self._twin.readings(until)
        kept = found.filter(~self._lost(found)) if found.height else found
        return pl.concat([kept, kept]).reverse()

    def acknowledge(self):
        self._twin.acknowledge()

    def alarms(self):
        """Tell all that is known about the source at once, as files do: also of other days."""
        if self._told:
            return ALARMS.empty()
        self._told = True
        rows = [(at, "file_gap", "grid-in", 2, "a gap") for at in (START - HOUR, START + 8 * HOUR, END + HOUR)]
        return pl.DataFrame(rows, schema=ALARMS.schema, orient="row")


def silent_from(hour, meter_id, hours):
    first, last = START + hour * HOUR, START + (hour + hours) * HOUR
    return lambda rows: (rows["meter_id"] == meter_id) & (rows["start"] >= first) & (rows["start"] < last)


def assert_books_close(facts, park):
    postings = facts.read("postings", ISO)
    assert unbalanced(postings).is_empty()
    residuals = proof.residuals(park, interval_postings(postings), facts.read("readings", ISO))
    assert set(residuals["residual_mwh_int"]) == {0}
    assert facts.read("readings", ISO).height == len(park.intervals(DAY)) * len(park.meters)


def interval_postings(postings: pl.DataFrame) -> pl.DataFrame:
    """The POSTINGS of intervals, without the second journals of the day's close."""
    return postings.filter(~pl.col("method_id").is_in(SECOND_JOURNALS))


@pytest.mark.parametrize(("hour", "hours"), [(0, 1), (10, 2), (23, 1)])
def test_a_meter_missing_for_hours_is_estimated_and_named_and_the_day_still_closes(tmp_path, hour, hours):
    with Journal(tmp_path / "ledger.db") as facts:
        result = run_day(facts, PARK, wire=lambda twin: Lossy(twin, silent_from(hour, "mc-asm", hours)))
        assert_books_close(facts, PARK)
        told = facts.read("alarms", ISO).filter(pl.col("kind") == "meter_silent")
        assert set(told["thing_id"]) == {"mc-asm"}
        assert told.height == hours
        guessed = facts.read("readings", ISO).filter(pl.col("quality") == "estimated")
        assert guessed["start"].to_list() == [START + (hour + n) * HOUR for n in range(hours)]
        assert result.summary["units_good"] == facts.read("passports", ISO).height


def test_what_a_source_tells_again_after_a_restart_is_recorded_once_and_on_its_day(tmp_path):
    with Journal(tmp_path / "ledger.db") as facts:
        for cycles in (30, 200, 288):
            run_day(facts, PARK, stop_after=cycles, wire=lambda twin: Lossy(twin, silent_from(30, "", 0)))
        run_day(facts, PARK, wire=lambda twin: Lossy(twin, silent_from(30, "", 0)))
        told = facts.read("alarms", ISO).filter(pl.col("kind") == "file_gap")
        assert told["at"].to_list() == [START + 8 * HOUR]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_faulty_meter_on_the_wire_is_named_and_the_books_still_add_up(tmp_path, fault):
    with (
        Broker() as broker,
        Gateway(broker.url, PARK, fault) as gateway,
        feed_through(broker.url, PARK, DAY, gateway) as wire,
        Journal(tmp_path / "ledger.db") as facts,
    ):
        run_day(facts, PARK, wire=wire)
        assert_books_close(facts, PARK)
        alarms = facts.read("alarms", ISO)
        assert fault.alarm in alarms.filter(pl.col("thing_id") == fault.meter_id)["kind"].to_list()
        readings = facts.read("readings", ISO)
        doubtful = readings.filter(pl.col("quality") != "good")
        assert set(doubtful["meter_id"]) == {fault.meter_id}
        assert set(doubtful["quality"]) <= fault.qualities
        others = readings.filter(pl.col("meter_id") != fault.meter_id)
        assert int(others["energy_mwh_int"].sum()) == gateway.true_mwh(exclude=fault.meter_id)
        mine = int(readings.filter(pl.col("meter_id") == fault.meter_id)["energy_mwh_int"].sum())
        if fault.exact:
            assert mine == gateway.true_mwh(only=fault.meter_id)


def test_a_day_on_the_wire_gives_the_same_facts_as_one_read_from_the_twin(whole, tmp_path):
    with Broker() as broker, Gateway(broker.url, PARK, None) as gateway, Journal(tmp_path / "wired.db") as facts:
        with feed_through(broker.url, PARK, DAY, gateway) as wire:
            run_day(facts, PARK, wire=wire)
        assert contents(facts.path) == contents(whole[0])


def test_a_headless_close_is_recorded_at_the_end_of_its_day(whole):
    path, _, _ = whole
    with Journal(path) as facts:
        assert {at for _, _, _, at, _ in facts.since(0, ["books"])} == {END}


def test_progress_goes_from_the_plan_over_the_day_to_the_close(tmp_path):
    told = []
    with Journal(tmp_path / "ledger.db") as facts:
        opening = folder_opening(PARK)
        twin = Twin(PARK, DAY, 1, opening)
        clock = SimulatedClock(START)
        run = DayRun(
            PARK, DAY, 1, twin, twin, facts, clock, opening, COARSE, lambda stage, share: told.append((stage, share))
        )
        run.run()
    assert told[0] == ("plan", 0.0)
    assert told[-2:] == [("close", 0.0), ("close", 1.0)]
    shares = [share for stage, share in told if stage == "run"]
    assert shares == sorted(shares)
    assert (len(shares), shares[-1]) == (288, 1.0)
