"""Carbon for a script: answers come from the ledger, a correction changes them, the old answer stays what it was."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest
from book_fixture import HALF, with_book

from parkwright.carbon import proof, restate
from parkwright.carbon.certificates import Certificate
from parkwright.carbon.retirement import Consumption, Used
from parkwright.ledger import verifier, views
from parkwright.model.errors import LedgerError
from parkwright.model.site import Tree
from parkwright.store import bundle, carbon_book, folder
from parkwright.store.certificates import CertificateRegister
from parkwright.store.journal import Journal
from parkwright.wire import carbon, centre
from parkwright.wire import restate as correct
from parkwright.wire.places import Places

DAY = date(2026, 7, 15)
ISO = DAY.isoformat()
SPAN = (DAY, DAY)
AT = datetime(2026, 8, 1, tzinfo=UTC)
BOOK = f"""{HALF}
[[plan]]
target_id = "T1"
text = "power"
mean_t = "150"
sd_t = "10"
group = "g"
basis = "assumed: a test"
"""
MEASURES = """
[[measure]]
id = "M1"
pain = { en = "a", zh = "a" }
measure = { en = "a", zh = "a" }
status = "idea"
electricity_kwh = "1000"
invest_cny = "100"
life_a = 10
meter_ids = ["%s"]
basis = "assumed: a test"
"""


@pytest.fixture(scope="module")
def day(closed_day: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A small park with a carbon book, and the var folder of a ledger with one closed day."""
    park = folder.load(closed_day / "park")
    machine = next(meter.id for meter in park.meters if meter.purpose == "machine")
    book = {"targets.toml": BOOK, "measures.toml": MEASURES % machine}
    return with_book(closed_day, tmp_path_factory.mktemp("carbon") / "home", book)


@pytest.fixture
def place(day: tuple[Path, Path], tmp_path: Path) -> tuple[Path, Path]:
    """A copy of the closed day that a test may change."""
    park_dir, var = day
    return park_dir, Path(shutil.copytree(var, tmp_path / "var"))


def asked(question, park_dir: Path, var: Path, *more, as_of: datetime | None = None):
    with carbon.opened(folder.load(park_dir), park_dir, var, as_of) as accounts:
        return question(accounts, *SPAN, *more)


def late_file(tmp_path: Path, park_dir: Path, var: Path, factor: int = 2) -> tuple[Path, str, int]:
    """A CSV file that doubles the grid's reading of the first interval of the day with import."""
    park = folder.load(park_dir)
    meter = next(meter.id for meter in park.meters if meter.role == "import")
    with Journal.reader(Places(var, "SM").journal) as facts:
        rows = facts.read("readings", ISO).filter((pl.col("meter_id") == meter) & (pl.col("energy_mwh_int") > 0))
    start, energy = rows.sort("start").select("start", "energy_mwh_int").row(0)
    path = tmp_path / "late.csv"
    late = Decimal(energy * factor) / 10**6
    path.write_text(f"start,meter_id,energy_kwh\n{start.isoformat()},{meter},{late}\n")
    return path, meter, energy


def test_the_inventory_is_the_ledgers(day: tuple[Path, Path]):
    found = asked(carbon.inventory_answer, *day)
    with Journal.reader(Places(day[1], "SM").journal) as facts:
        rows = facts.read("postings", ISO)
    assert found["scope2"]["location_kg"] == -views.total(rows, "source:", "co2e", "location") / 1e9
    assert found["units_good"] > 100
    assert found["national"]["total_t"] == pytest.approx(found["scope2"]["location_kg"] / 1000)
    assert found["sinks"]["netted"] is False
    assert found["days_closed"] == 1


def test_a_late_reading_changes_the_inventory_and_the_old_one_stays(place: tuple[Path, Path], tmp_path: Path):
    park_dir, var = place
    before = json.dumps(asked(carbon.inventory_answer, park_dir, var, as_of=AT - timedelta(days=1)))
    file, meter, energy = late_file(tmp_path, park_dir, var)
    found = correct.late_readings(folder.load(park_dir), var, DAY, file, "late_reading", "gateway was silent", AT)
    after = asked(carbon.inventory_answer, park_dir, var)
    then = json.dumps(asked(carbon.inventory_answer, park_dir, var, as_of=AT - timedelta(days=1)))
    assert then == before
    assert after["scope2"]["imported_mwh"] == pytest.approx(json.loads(before)["scope2"]["imported_mwh"] + energy / 1e9)
    assert found["scope2_change_kg"]["location"] == pytest.approx(
        after["scope2"]["location_kg"] - json.loads(before)["scope2"]["location_kg"]
    )
    assert (found["restatement"], found["corrections"], found["reason"]) == (f"R-{ISO}-1", 1, "late_reading")
    with Journal.reader(Places(var, "SM").journal) as facts:
        rows, kept = facts.read("postings", ISO), facts.read("restatements", ISO)
        metered = views.current_readings(facts.read("readings", ISO), kept)
    intervals = rows.filter(~pl.col("method_id").is_in(restate.SECOND))
    assert proof.residuals(folder.load(park_dir), intervals, metered)["residual_mwh_int"].abs().max() == 0
    assert views.unbalanced(rows).is_empty()
    assert kept.select("thing_id", "before", "after", "text").row(0) == (
        meter, str(energy), str(2 * energy), "gateway was silent",
    )  # fmt: skip


def test_a_restated_ledger_is_exported_and_verifies(place: tuple[Path, Path], tmp_path: Path):
    park_dir, var = place
    file, _, _ = late_file(tmp_path, park_dir, var)
    correct.late_readings(folder.load(park_dir), var, DAY, file, "late_reading", "t", AT)
    bundle.export(Places(var, "SM").journal, tmp_path / "bundle", ISO, ISO)
    verdict = verifier.verify(tmp_path / "bundle")
    assert verdict.failures == ()
    page = next((tmp_path / "bundle" / "postings").glob("*.csv"))
    content = page.read_text().split("\n")
    place = next(n for n, line in enumerate(content) if "electricity" in line)
    content[place] = content[place].replace("electricity", "electricitY", 1)
    page.write_text("\n".join(content))
    assert any(page.name in failure for failure in verifier.verify(tmp_path / "bundle").failures)


def test_two_restatements_are_two_and_the_second_starts_from_the_first(place: tuple[Path, Path], tmp_path: Path):
    park_dir, var = place
    park = folder.load(park_dir)
    first = asked(carbon.inventory_answer, park_dir, var)
    file, _, _ = late_file(tmp_path, park_dir, var)
    correct.late_readings(park, var, DAY, file, "late_reading", "t", AT)
    back, _, _ = late_file(tmp_path, park_dir, var, factor=1)
    found = correct.late_readings(park, var, DAY, back, "error", "it was right", AT + timedelta(hours=1))
    assert found["restatement"] == f"R-{ISO}-2"
    assert asked(carbon.inventory_answer, park_dir, var) == first


def test_another_edition_restates_the_location_view_alone(place: tuple[Path, Path]):
    park_dir, var = place
    park = folder.load(park_dir)
    used, other = park.site.accounting_grid_factor, "next-year"
    edition = park.factor[used].model_copy(update={"id": other, "value": "0.5000"})
    park = replace(park, factors=(*park.factors, edition))
    before = asked(carbon.inventory_answer, park_dir, var)
    found = correct.factor_edition(park, var, SPAN, other, "new announcement", AT)
    with Journal.reader(Places(var, "SM").journal) as facts:
        rows = views.net(facts.read("postings", ISO))
    after = {view: -views.total(rows, "source:", "co2e", view) / 1e9 for view in ("location", "market")}
    ratio = 0.5 / float(park.factor[used].value)
    assert after["location"] == pytest.approx(before["scope2"]["location_kg"] * ratio)
    assert after["market"] == before["scope2"]["market_kg"]
    assert found["scope2_change_kg"]["market"] == 0


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("start,meter,energy_kwh\n", "has other columns"),
        ("start,meter_id,energy_kwh\n", "holds no reading"),
        ("start,meter_id,energy_kwh\n2026-07-15T00:00:00,m,1\n", "late.csv:2: 2026-07-15T00:00:00 has no offset"),
        ("start,meter_id,energy_kwh\ntoday,m,1\n", "'today' is no instant"),
        ("start,meter_id,energy_kwh\n2026-07-15T00:00:00+08:00,m,x\n", "'x' is no decimal"),
        ("start,meter_id,energy_kwh\n2026-07-15T00:00:00+08:00,m,0.0000001\n", "finer than a milliwatt-hour"),
        ("start,meter_id,energy_kwh\n" + "2026-07-15T00:00:00+08:00,m,1\n" * 2, "stands twice"),
        ("start,meter_id,energy_kwh\n2026-07-15T00:00:00+08:00,m,1\n", "there is no energy reading to correct"),
    ],
)
def test_a_file_that_cannot_be_used_is_named(day: tuple[Path, Path], tmp_path: Path, text: str, says: str):
    file = tmp_path / "late.csv"
    file.write_text(text)
    with pytest.raises(LedgerError, match=says):
        correct.late_readings(folder.load(day[0]), day[1], DAY, file, "error", "t", AT)


def test_what_is_not_closed_or_too_early_or_without_reason_is_not_restated(day: tuple[Path, Path], tmp_path: Path):
    park = folder.load(day[0])
    file, _, _ = late_file(tmp_path, *day)
    with pytest.raises(LedgerError, match="reason 'because'"):
        correct.late_readings(park, day[1], DAY, file, "because", "t", AT)
    with pytest.raises(LedgerError, match="2026-07-16: is not closed"):
        correct.late_readings(park, day[1], DAY + timedelta(days=1), file, "error", "t", AT)
    with pytest.raises(LedgerError, match="record the correction later"):
        correct.late_readings(park, day[1], DAY, file, "error", "t", park.midnight(DAY))
    with pytest.raises(LedgerError, match="there is no ledger here yet"):
        correct.late_readings(park, tmp_path, DAY, file, "error", "t", AT)
    with pytest.raises(LedgerError, match="no closed day in this ledger"):
        asked(lambda accounts, *_: accounts.closed(date(2020, 1, 1), date(2020, 1, 2)), *day)


def test_retired_certificates_lower_the_market_view_alone(place: tuple[Path, Path]):
    park_dir, var = place
    before = asked(carbon.inventory_answer, park_dir, var)
    start = folder.load(park_dir).midnight(DAY)
    load = (start, start + timedelta(days=1))
    with CertificateRegister(Places(var, "SM").operations_url) as register:
        ann = register.add_user("Ann", "energy", AT)
        vintage = (start - timedelta(days=30), start)
        one = Certificate("GEC", 1, 5, *vintage, "CN", "wind", False, Decimal(0), "issued", AT)
        register.issue(one, ann)
        register.move("GEC", (1, 5), "held", AT, ann)
        register.retire("GEC", (2, 2), Consumption(*load, (Used(*load, 2 * 10**9, 0),)), AT, ann)
    after = asked(carbon.inventory_answer, park_dir, var)
    residual = Decimal(folder.load(park_dir).factor[after["scope2"]["residual_factor"]].value)
    covered_kwh = 1000 * min(1.0, before["scope2"]["imported_mwh"])
    assert covered_kwh > 500
    market_kg = before["scope2"]["market_kg"] - covered_kwh * float(residual)
    assert after["scope2"]["market_kg"] == pytest.approx(market_kg, abs=1e-6)
    assert after["scope2"]["location_kg"] == before["scope2"]["location_kg"]
    assert after["matching"]["annual_rule_share"] > before["matching"]["annual_rule_share"]
    assert after["matching"]["hourly_share"] == before["matching"]["hourly_share"]
    assert asked(carbon.inventory_answer, park_dir, var, as_of=AT - timedelta(days=1))["scope2"] == before["scope2"]


def test_a_ledger_corrected_below_what_is_retired_warns_and_counts_what_was_used(
    place: tuple[Path, Path], tmp_path: Path
):
    park_dir, var = place
    park = folder.load(park_dir)
    start = park.midnight(DAY)
    load = (start, start + timedelta(days=1))
    bought = asked(carbon.inventory_answer, park_dir, var)["scope2"]["imported_mwh"]
    most = int(bought) + 1
    with CertificateRegister(Places(var, "SM").operations_url) as register:
        ann = register.add_user("Ann", "energy", AT)
        register.issue(Certificate("GEC", 1, most, *load, "CN", "wind", False, Decimal(0), "issued", AT), ann)
        register.move("GEC", (1, most), "held", AT, ann)
        register.retire("GEC", (1, most), Consumption(*load, (Used(*load, most * 10**9, 0),)), AT, ann)
    before = asked(carbon.inventory_answer, park_dir, var)
    assert before["scope2"]["certified_mwh"] == bought
    assert before["certificates_beyond_use"] == [{"certificate": f"GEC 1-{most}", "mwh": pytest.approx(most - bought)}]
    meter = next(one.id for one in park.meters if one.role == "import")
    with Journal.reader(Places(var, "SM").journal) as facts:
        starts = facts.read("readings", ISO).filter(pl.col("meter_id") == meter)["start"].to_list()
    rows = [f"{at.isoformat()},{meter},1" for at in starts]
    (tmp_path / "down.csv").write_text("\n".join(["start,meter_id,energy_kwh", *rows]))
    correct.late_readings(park, var, DAY, tmp_path / "down.csv", "error", "wrong transformer ratio", AT)
    after = asked(carbon.inventory_answer, park_dir, var)
    used = after["scope2"]["imported_mwh"]
    assert used == pytest.approx(len(starts) / 1000)
    assert after["scope2"]["certified_mwh"] == used
    assert after["certificates_beyond_use"] == [{"certificate": f"GEC 1-{most}", "mwh": pytest.approx(most - used)}]
    assert after["scope2"]["market_kg"] == pytest.approx(0, abs=1e-6)
    assert asked(centre.zero_carbon_answer, park_dir, var)["standard_coal_t"] > 0
    assert asked(carbon.targets_answer, park_dir, var)["targets"]


def test_a_certificate_of_a_month_counts_in_no_report_of_a_day(place: tuple[Path, Path]):
    park_dir, var = place
    before = asked(carbon.inventory_answer, park_dir, var)
    assert before["certificates_beyond_span"] == []
    start = folder.load(park_dir).midnight(DAY)
    month = (start, start + timedelta(days=31))
    with CertificateRegister(Places(var, "SM").operations_url) as register:
        ann = register.add_user("Ann", "energy", AT)
        one = Certificate("GEC", 1, 900, *month, "CN", "wind", False, Decimal(0), "issued", AT)
        register.issue(one, ann)
        register.move("GEC", (1, 900), "held", AT, ann)
        register.retire("GEC", (1, 900), Consumption(*month, (Used(*month, 900 * 10**9, 0),)), AT, ann)
    after = asked(carbon.inventory_answer, park_dir, var)
    assert after["certificates_beyond_span"] == ["GEC 1-900"]
    assert after["scope2"] == before["scope2"]


def test_certificates_of_own_power_that_was_never_made_change_nothing_and_are_named(place: tuple[Path, Path]):
    park_dir, var = place
    before = asked(carbon.inventory_answer, park_dir, var)["scope2"]
    start = folder.load(park_dir).midnight(DAY)
    hour = (start + timedelta(hours=12), start + timedelta(hours=13))
    with CertificateRegister(Places(var, "SM").operations_url) as register:
        ann = register.add_user("Ann", "energy", AT)
        for first, own in ((1, True), (2, False)):
            one = Certificate("GEC", first, first, *hour, "CN", "sun", own, Decimal(0), "issued", AT)
            register.issue(one, ann)
            register.move("GEC", (first, first), "held", AT, ann)
            register.move("GEC", (first, first), "sold", AT, ann)
    after = asked(carbon.inventory_answer, park_dir, var)
    assert after["scope2"] == before, "this park makes no power of its own"
    assert after["certificates_beyond_use"] == [{"certificate": "GEC 1-1", "mwh": 1.0}]


def test_a_base_year_is_recalculated_when_corrections_weigh_enough(place: tuple[Path, Path], tmp_path: Path):
    park_dir, var = place
    park = folder.load(park_dir)

    def answer(threshold: str):
        published = carbon.opened(park, park_dir, var, AT - timedelta(days=1))
        with published as first, carbon.opened(park, park_dir, var) as now:
            return carbon.base_year_answer(first, now, *SPAN, Decimal(threshold))

    assert not answer("0.05")["recalculate"]
    file, _, energy = late_file(tmp_path, park_dir, var)
    correct.late_readings(park, var, DAY, file, "late_reading", "t", AT)
    found = answer("0.05")
    share = energy / 1e6 * 0.5306 / found["published_kg"]["scope2_location"]
    assert found["change_share"]["scope2_location"] == pytest.approx(share, rel=1e-6)
    assert found["recalculate"] == (share >= 0.05)
    assert answer("0.0001")["recalculate"]
    assert found["change_share"]["scope1"] == 0.0


def test_targets_show_path_gap_and_chance(day: tuple[Path, Path]):
    found = asked(carbon.targets_answer, *day)
    (target,) = found["targets"]
    assert (target["reduction"], target["goal_t"], target["probability"]) == (0.5, 150.0, 0.5)
    assert target["path_t"]["2026"] == 210.0
    pace = asked(carbon.inventory_answer, *day)["scope2"]["location_kg"] / 1000 * 365
    assert target["pace_t"] == pytest.approx(pace)
    assert target["gap_t"] == pytest.approx(pace - 210.0)
    assert found["pace_from_days"] == 1


def test_the_curve_and_a_metered_saving(day: tuple[Path, Path]):
    found = asked(carbon.abate_answer, *day, Decimal(0))
    (step,) = found["curve"]
    assert step["avoided_t"] == pytest.approx(float(folder.load(day[0]).factor[found["factor"]].value))
    assert step["net_cny"] == pytest.approx(10 - 1000 * found["electricity_cny_per_kwh"])
    assert found["solder"] is None
    with carbon.opened(folder.load(day[0]), *day) as accounts:
        saving = carbon.saving_answer(accounts, "M1", SPAN, SPAN)
        assert saving["saved_kwh"] == 0
        assert saving["metered_kwh"] > 0
        with pytest.raises(LedgerError, match="measure M2: is unknown"):
            carbon.saving_answer(accounts, "M2", SPAN, SPAN)


def test_the_zero_carbon_indicators_by_both_conversions(day: tuple[Path, Path]):
    found = asked(centre.zero_carbon_answer, *day)
    park = folder.load(day[0])
    factor = float(park.factor[park.site.accounting_grid_factor].value)
    by = found["co2_per_tce_by_conversion"]
    assert by["heat-value"] / by["power-station"] == pytest.approx(0.2856 / 0.1229)
    value = {(one["programme"], one["id"]): one["value"] for one in found["indicators"]}
    assert value["factory", "co2_per_tce"] == by["power-station"] == pytest.approx(factor / 0.2856)
    assert value["factory", "auto_collection_rate"] == 1.0
    assert value["park", "water_reuse"] is None
    assert len(found["checklist"]) == 19


def test_sinks_and_factors_are_told_apart_from_the_scopes(day: tuple[Path, Path]):
    size = {"x_m": 1, "y_m": 1, "height_m": 8, "crown_m": 5, "basis": "assumed: a test"}
    green = tuple(Tree(id=f"T{n}", kind="tree", species="Acer", **size) for n in range(3))
    park, bare = replace(folder.load(day[0]), green=green), carbon_book.load(Path("nowhere"))
    book = replace(bare, earlier_green={date(2025, 1, 1): park.green, date(2026, 1, 1): park.green[1:]})
    assert carbon.sinks_answer(park, book, date(2025, 1, 1))["change_kg"] == 0
    newest = carbon.sinks_answer(park, book)
    assert (newest["since"], newest["inventories"]) == ("2026-01-01", ["2025-01-01", "2026-01-01"])
    assert newest["planted_kg"] == newest["change_kg"] > 0
    for since, way_out in ((date(2024, 1, 1), "one of 2025-01-01, 2026-01-01"), (None, "write carbon/green-")):
        with pytest.raises(LedgerError, match=way_out):
            carbon.sinks_answer(park, book if since else bare, since)
    found = carbon.factors_answer(day[0])
    assert [pack["id"] for pack in found["packs"]] == ["cn-power", "ipcc-gwp", "ipcc-power", "uk-2022", "us-epa-2024"]
    assert len(found["factors"]) == 143
    own = carbon.factors_answer(day[0], park)["factors"][: len(park.factors)]
    assert [(one["id"], one["pack"]) for one in own] == [(factor.id, "park") for factor in park.factors]
    assert all(len(one["sha256"]) == 64 and one["licence"] for one in found["factors"] + own)
