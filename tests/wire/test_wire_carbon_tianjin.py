"""A whole day of the demonstration park is restated: late readings and another edition, exact to the last unit."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from parkwright.carbon import explain, proof, restate
from parkwright.ledger import verifier, views
from parkwright.store import bundle, folder
from parkwright.store.journal import Journal
from parkwright.wire import carbon, centre
from parkwright.wire import restate as correct
from parkwright.wire.headless import run_one
from parkwright.wire.places import Places

PARK_DIR = Path(__file__).parents[2] / "parks" / "tianjin"
DAY = date(2026, 7, 15)
ISO = DAY.isoformat()
FIRST, SECOND = datetime(2026, 9, 1, tzinfo=UTC), datetime(2026, 9, 2, tzinfo=UTC)
LATE = 200


@pytest.fixture(scope="module")
def restated(tmp_path_factory: pytest.TempPathFactory):
    """The day as closed, with 200 late readings, then with the edition of 2022: var, reports and answers."""
    var = tmp_path_factory.mktemp("tianjin")
    park = folder.load(PARK_DIR)
    run_one(park, PARK_DIR, DAY, 1, var)
    reports = [report(park, var)]
    with Journal.reader(Places(var, "TJ").journal) as facts:
        metered = facts.read("readings", ISO)
    loads = [m.id for m in park.meters if m.commodity == "electricity" and m.role == "load" and m.purpose != "building"]
    rows = metered.filter(pl.col("meter_id").is_in(loads)).sort("start", "meter_id")
    rng = np.random.default_rng(3)
    chosen = rows[np.sort(rng.choice(rows.height, LATE, replace=False))]
    lines = [
        f"{start.isoformat()},{meter},{Decimal(energy + int(rng.integers(1, 10**6))) / 10**6}"
        for start, meter, energy in chosen.select("start", "meter_id", "energy_mwh_int").iter_rows()
    ]
    (var / "late.csv").write_text("\n".join(["start,meter_id,energy_kwh", *lines, ""]))
    answers = [correct.late_readings(park, var, DAY, var / "late.csv", "late_reading", "gateway 3 was silent", FIRST)]
    reports.append(report(park, var))
    answers.append(
        correct.factor_edition(park, var, (DAY, DAY), "cn-tj-2022", "as an exercise", SECOND)["restatements"][0]
    )
    reports.append(report(park, var))
    return var, reports, answers


def report(park, var: Path, as_of: datetime | None = None) -> str:
    with carbon.opened(park, PARK_DIR, var, as_of) as accounts:
        found = carbon.inventory_answer(accounts, DAY, DAY)
    return json.dumps({**found, "as_of": None})


@pytest.mark.slow
def test_each_correction_is_one_and_its_report_stays_as_of_its_instant(restated):
    var, reports, answers = restated
    park = folder.load(PARK_DIR)
    assert [answer["corrections"] for answer in answers] == [LATE, 1]
    assert len(set(reports)) == 2
    assert reports[0] == reports[1]
    for at, expected in ((FIRST - timedelta(days=1), reports[0]), (FIRST, reports[1]), (SECOND, reports[2])):
        assert report(park, var, at) == expected


@pytest.mark.slow
def test_late_readings_inside_the_site_move_energy_between_units_and_not_the_import(restated):
    _, reports, answers = restated
    assert answers[0]["scope2_change_kg"] == {"location": 0.0, "market": 0.0}
    assert answers[0]["postings"] > LATE
    assert answers[0]["passports"] > 0
    before, after = (json.loads(reports[n])["scope2"] for n in (1, 2))
    assert after["location_kg"] == pytest.approx(before["location_kg"] * 0.7041 / 0.6796)
    assert after["market_kg"] == before["market_kg"]


@pytest.mark.slow
def test_after_both_corrections_meters_and_journals_add_up(restated):
    var, _, _ = restated
    park = folder.load(PARK_DIR)
    with Journal.reader(Places(var, "TJ").journal) as facts:
        rows, kept = facts.read("postings", ISO), facts.read("restatements", ISO)
        metered = views.current_readings(facts.read("readings", ISO), kept)
    assert views.unbalanced(rows).is_empty()
    intervals = rows.filter(~pl.col("method_id").is_in(restate.SECOND))
    assert proof.residuals(park, intervals, metered)["residual_mwh_int"].abs().max() == 0
    assert kept["reason"].value_counts().sort("reason").rows() == [("factor_edition", 1), ("late_reading", LATE)]
    assert (metered["quality"] == "repaired").sum() == LATE


@pytest.mark.slow
def test_a_restated_passport_is_explained_to_the_last_microgram(restated):
    var, _, _ = restated
    park = folder.load(PARK_DIR)
    with Journal.reader(Places(var, "TJ").journal) as facts:
        tables = {kind: facts.read(kind, ISO) for kind in ("postings", "readings", "restatements", "passports")}
    last = tables["passports"].unique("unit_id", keep="last", maintain_order=True)
    assert last.height < tables["passports"].height
    for row in last.sample(3, seed=1).iter_rows(named=True):
        steps = explain.unit(row["unit_id"], tables["postings"], tables["readings"], park, tables["restatements"])
        assert steps.direct_mwh_int == row["direct_mwh_int"]
        assert steps.overhead_mwh_int == row["overhead_mwh_int"]
        assert steps.location_ug == row["location_ug"]
        assert steps.market_ug == row["market_ug"]


@pytest.mark.slow
def test_the_restated_ledger_verifies_without_us(restated, tmp_path: Path):
    var, _, _ = restated
    bundle.export(Places(var, "TJ").journal, tmp_path / "bundle", ISO, ISO)
    verdict = verifier.verify(tmp_path / "bundle")
    assert verdict.failures == ()
    assert verdict.journals > 1000


@pytest.mark.slow
def test_the_ovens_say_less_than_the_claim_and_both_are_shown(restated):
    var, _, _ = restated
    park = folder.load(PARK_DIR)
    with carbon.opened(park, PARK_DIR, var, FIRST - timedelta(days=1)) as accounts:
        found = carbon.abate_answer(accounts, DAY, DAY)["solder"]
        indicators = centre.zero_carbon_answer(accounts, DAY, DAY)["indicators"]
    computed, plan = found["computed"], next(one for one in found["claims"] if one["id"] == "PLAN-2018")
    assert computed["boards"] > 3000
    assert computed["saved_t_per_year"] < 2 * plan["t_per_oven"]
    assert computed["share_basis"].startswith("cited:")
    assert set(plan["gasoline_l_by_factor"]) == {"us-motor-gasoline-2024", "uk-petrol-2022"}
    factory = {one["id"]: one for one in indicators if one["programme"] == "factory"}
    assert factory["auto_collection_rate"]["value"] == 1.0
    assert 0 < factory["traceable_share"]["value"] < 1
