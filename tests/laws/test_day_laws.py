"""Laws of a whole day, orders to passports: the books add up to the meters, and the same day is the same bytes."""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest
from run_park import COARSE, DAY, HOUR, file_digests, run_day, small_park

from parkwright.carbon import proof, storage
from parkwright.ledger.views import unbalanced
from parkwright.make import genealogy, park_check
from parkwright.model.opening import Opening, folder_opening
from parkwright.model.park import Park
from parkwright.model.tables import TABLES
from parkwright.run.clock import SimulatedClock
from parkwright.run.day import HEADLESS, SECOND_JOURNALS, Cadence, DayResult, DayRun
from parkwright.store import bundle, chain, folder, lake
from parkwright.store.journal import Journal
from parkwright.wire.headless import run_one
from parkwright.wire.plants import plant_of
from parkwright.wire.report import figures

PARKS = Path(__file__).parents[2] / "parks"
SEEDS = range(1, 31)
SOON = 6
"""Seeds up to here are tried in every test run, the others by .ci/run."""
FINE = 1e-6
"""A float's rounding where a stored energy [kWh] is compared with its limits."""


@dataclass(frozen=True)
class Day:
    """A closed day with all its facts."""

    park: Park
    day: date
    result: DayResult
    tables: dict[str, pl.DataFrame]
    path: Path

    @property
    def intervals(self) -> pl.DataFrame:
        """The POSTINGS of the day's intervals, without the second journals of its close."""
        return self.tables["postings"].filter(~pl.col("method_id").is_in(SECOND_JOURNALS))


def closed(park: Park, day: date, result: DayResult, journal: Journal) -> Day:
    tables = {kind: journal.read(kind, day.isoformat()) for kind in TABLES}
    return Day(park, day, result, tables, journal.path)


def every_reading_is_booked(day: Day) -> None:
    """For each meter and interval: units + idle + base + losses + imbalance = reading, difference 0."""
    residuals = proof.residuals(day.park, day.intervals, day.tables["readings"])
    assert residuals.filter(pl.col("residual_mwh_int") != 0).is_empty()
    booked = {meter.id for meter in day.park.meters if meter.commodity in ("electricity", "gas")}
    assert set(residuals["meter_id"]) == booked
    assert residuals.height == len(booked) * len(day.park.intervals(day.day))
    assert day.result.summary["meters"]["attributed_kwh_residual_max"] == 0


def every_journal_sums_to_zero(day: Day) -> None:
    assert unbalanced(day.tables["postings"]).is_empty()
    assert day.result.summary["journals"]["unbalanced"] == 0


def every_good_unit_has_one_final_passport(day: Day) -> None:
    final = day.tables["passports"].filter(pl.col("status") == "final")
    assert final["unit_id"].is_unique().all()
    assert final.height == day.result.summary["units_good"] == day.result.summary["passports"]
    good = day.tables["verdicts"].filter(pl.col("verdict") == "good")["unit_id"]
    assert set(final["unit_id"]) <= set(good)


def passports_and_what_stays_elsewhere_are_the_consumption(day: Day) -> None:
    """Bought + generated + taken from pools = passports + what stays on other accounts, in every view, exactly."""
    final = day.tables["passports"].filter(pl.col("status") == "final")
    issued = {f"unit:{unit}" for unit in final["unit_id"]}
    columns = {
        "physical": final["direct_mwh_int"].sum() + final["overhead_mwh_int"].sum(),
        "location": final["location_ug"].sum(),
        "market": final["market_ug"].sum(),
        "tariff": final["cost_1e4cny"].sum(),
    }
    outside = pl.any_horizontal(pl.col("account").str.starts_with(kind) for kind in ("source:", "scope1:", "pool:"))
    for view, passported in columns.items():
        rows = day.tables["postings"].filter(pl.col("view") == view)
        used = -int(rows.filter(outside)["quantity"].sum())
        others = int(rows.filter(~outside & ~pl.col("account").is_in(issued))["quantity"].sum())
        assert int(passported) + others == used, view


def the_plan_has_no_violations(day: Day) -> None:
    tables = day.tables
    assert park_check.check(day.park, tables["jobs"], tables["job_orders"], tables["schedule"]) == []


def batteries_stay_within_their_limits(day: Day) -> None:
    samples, readings = day.tables["samples"], day.tables["readings"]
    hours = day.park.site.metering_interval_s / 3600
    for battery in day.park.energy.battery:
        held = samples.filter(pl.col("signal_id") == f"{battery.id}/soc_kwh")["value"]
        assert held.len() > 0
        assert -FINE <= held.min() <= held.max() <= battery.capacity_kwh + FINE
        meters = [m.id for m in day.park.meters if m.role in ("charge", "discharge") and m.serves == battery.id]
        most = readings.filter(pl.col("meter_id").is_in(meters))["energy_mwh_int"].max()
        assert most <= battery.power_kw * hours * 1e6 + 1
        pool = day.result.opening.pools[battery.id].energy_mwh_int
        assert 0 <= pool <= battery.capacity_kwh * 1e6


def every_units_genealogy_is_complete(day: Day, sample: int) -> None:
    """A good unit passed every work unit of its line in order, without a gap backwards, on material lots we know."""
    tables, park = day.tables, day.park
    final = tables["passports"].filter(pl.col("status") == "final")
    passages = tables["passages"]
    route = {line.id: [unit.id for unit in line.work_unit] for line in park.work_centers}
    ok = passages.filter((pl.col("result") == "ok") & pl.col("unit_id").is_in(final["unit_id"].to_list()))
    walked = ok.sort("unit_id", "start").group_by("unit_id", maintain_order=True).agg("work_unit_id", "start", "end")
    assert walked.height == final.height
    for unit_id, places, starts, ends in walked.iter_rows():
        assert list(dict.fromkeys(places)) == route[park.line_of[places[0]]], unit_id
        assert all(end <= start for end, start in zip(ends, starts[1:], strict=False)), unit_id
    bought = {line.product_id for line in park.bill if line.component_id in park.material}
    some = final.select("unit_id", "product_id").gather_every(max(1, final.height // sample))
    for unit_id, product_id in some.rows():
        found = genealogy.of_unit(unit_id, passages, tables["assemblies"], tables["mounts"])
        assert found.job_id in set(tables["jobs"]["job_id"])
        assert bool(found.lots) == (product_id in bought), unit_id
        boards = sum(
            line.quantity for line in park.bill if line.product_id == product_id and line.component_id in park.product
        )
        assert len(found.components) == boards, unit_id


def hold(day: Day, sample: int = 10) -> None:
    """Check every law on a day."""
    every_reading_is_booked(day)
    every_journal_sums_to_zero(day)
    every_good_unit_has_one_final_passport(day)
    passports_and_what_stays_elsewhere_are_the_consumption(day)
    batteries_stay_within_their_limits(day)
    if day.park.work_centers:
        the_plan_has_no_violations(day)
        every_units_genealogy_is_complete(day, sample)


@pytest.mark.parametrize("seed", [pytest.param(s, marks=[pytest.mark.slow] if s > SOON else []) for s in SEEDS])
def test_the_laws_hold_on_a_day_of_the_small_park(tmp_path, seed):
    """Two of three seeds with hourly or half-hourly meters; a working day, a Saturday and days around them."""
    park = small_park((900, 1800, 3600)[seed % 3])
    which = DAY + timedelta(days=seed % 5)
    cadence = HEADLESS if seed == SEEDS[0] else COARSE
    with Journal(tmp_path / "ledger.db") as journal:
        result = run_day(journal, park, seed, which, cadence)
        hold(closed(park, which, result, journal))
    assert chain.failures(tmp_path / "ledger.db") == []


@pytest.fixture(scope="module")
def tianjin(tmp_path_factory):
    """One full day of the Tianjin park, run and handed to the lake as the command does."""
    var = tmp_path_factory.mktemp("tianjin")
    path, park = PARKS / "tianjin", folder.load(PARKS / "tianjin")
    summary = run_one(park, path, DAY, 1, var)
    with Journal(var / "TJ" / "ledger.db") as journal:
        pools = storage.moved(folder_opening(park).pools, journal.read("postings", DAY.isoformat()))
        return closed(park, DAY, DayResult(DAY, summary, Opening({}, pools)), journal)


@pytest.mark.slow
def test_the_laws_hold_on_a_day_of_the_tianjin_park(tianjin):
    hold(tianjin, sample=60)
    assert tianjin.result.summary["units_good"] > 10_000
    assert tianjin.result.summary["meters"]["count"] > 60


@pytest.mark.slow
def test_the_readme_shows_this_day_with_every_figure_and_unit_that_it_is_told_with(tianjin):
    shown = (PARKS.parent / "README.md").read_text().split(f"{tianjin.park.site.name.en}, {DAY}")[1].split("```")[0]
    rows = [[cell.strip() for cell in line.split("│")[1:4]] for line in shown.splitlines() if line.startswith("│")]
    told = figures(tianjin.result.summary)
    assert [(name, unit) for name, _, unit in rows] == [(name, unit) for name, _, unit in told]
    assert all(value for _, value, _ in rows)


@pytest.mark.slow
def test_the_exported_tianjin_day_verifies_with_the_stand_alone_script(tianjin, tmp_path):
    bundle.export(tianjin.path, tmp_path / "bundle", DAY.isoformat(), DAY.isoformat())
    sound = verified(tmp_path / "bundle")
    assert sound.returncode == 0, sound.stdout + sound.stderr


def test_a_changed_byte_in_an_exported_day_is_found_and_named(tmp_path):
    with Journal(tmp_path / "ledger.db") as journal:
        run_day(journal, small_park(3600))
    lake.compact(tmp_path / "ledger.db", DAY.isoformat(), 0.0)
    out = tmp_path / "bundle"
    bundle.export(tmp_path / "ledger.db", out, DAY.isoformat(), DAY.isoformat())
    assert verified(out).returncode == 0
    for kind in ("postings", "readings", "passports"):
        target = min((out / kind).iterdir())
        whole = target.read_bytes()
        for at in (len(whole) // 3, len(whole) - 2):
            target.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
            found = verified(out)
            assert found.returncode == 1
            assert target.name in found.stdout + found.stderr
        target.write_bytes(whole)
    assert verified(out).returncode == 0


def verified(out: Path) -> subprocess.CompletedProcess[str]:
    """Run the bundle's own verifier in an interpreter that sees no installed package."""
    command = [sys.executable, "-I", "-S", str(out / bundle.VERIFIER), str(out)]
    return subprocess.run(command, capture_output=True, text=True, cwd=out, check=False)


@pytest.mark.parametrize("day", [date(2018, 1, 1), date(2018, 2, 28), date(2018, 7, 15), date(2018, 12, 31)])
def test_the_laws_hold_on_metered_days_of_the_steelworks(tmp_path, day):
    path, park = PARKS / "steelworks", folder.load(PARKS / "steelworks")
    opening = folder_opening(park)
    plant, meters, _ = plant_of(park, path, day, 1, opening)
    with Journal(tmp_path / "ledger.db") as journal:
        clock = SimulatedClock(park.midnight(day))
        result = DayRun(park, day, 1, plant, meters, journal, clock, opening, COARSE).run()
        found = closed(park, day, result, journal)
        hold(found)
        assert found.tables["readings"].height == 96
        assert result.summary["units_good"] == 0
        metered = int(found.tables["readings"]["energy_mwh_int"].sum())
        assert round(result.summary["energy_kwh"]["grid"] * 1e6) == metered > 0


@pytest.mark.slow
def test_the_same_folder_date_and_seed_give_the_same_ledger_to_the_byte(tmp_path):
    park = small_park()
    runs = []
    for name in ("one", "two"):
        path = tmp_path / name / "ledger.db"
        with Journal(path) as journal:
            run_day(journal, park)
            head = journal.head()
        lake.compact(path, DAY.isoformat(), 0.0)
        runs.append((head, file_digests(path.parent / "ledger.lake")))
        assert chain.failures(path) == []
    assert runs[0] == runs[1]
    assert len(runs[0][1]) > 15


@pytest.mark.slow
def test_another_seed_gives_another_day(tmp_path):
    heads = []
    for seed in (1, 2):
        with Journal(tmp_path / f"{seed}.db") as journal:
            run_day(journal, small_park(3600), seed)
            heads.append(journal.head()[1])
    assert heads[0] != heads[1]


QUICK = Cadence(commit=2 * HOUR, sample=HOUR, provisional=False, tick=timedelta(minutes=5))


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS)
def test_the_laws_hold_on_a_day_of_the_tianjin_park_whatever_the_seed(tmp_path, seed):
    path, park = PARKS / "tianjin", folder.load(PARKS / "tianjin")
    which = DAY + timedelta(days=seed)
    opening = folder_opening(park)
    plant, meters, _ = plant_of(park, path, which, seed, opening)
    with Journal(tmp_path / "ledger.db") as journal:
        clock = SimulatedClock(park.midnight(which))
        result = DayRun(park, which, seed, plant, meters, journal, clock, opening, QUICK).run()
        hold(closed(park, which, result, journal), sample=5)
    shutil.rmtree(tmp_path)


@pytest.mark.slow
def test_the_tianjin_day_run_twice_is_the_same_ledger_to_the_byte(tianjin, tmp_path):
    run_one(tianjin.park, PARKS / "tianjin", DAY, 1, tmp_path)
    with Journal(tianjin.path) as one, Journal(tmp_path / "TJ" / "ledger.db") as two:
        assert one.head() == two.head()
    assert file_digests(tianjin.path.parent / "ledger.lake") == file_digests(tmp_path / "TJ" / "ledger.lake")
