"""A day of the park with burn-in ovens, from folder to books: lots share runs, and runs add up to the meters."""

from __future__ import annotations

import shutil
from datetime import date
from itertools import pairwise
from pathlib import Path

import polars as pl
import pytest
from run_park import run_day

from parkwright.make.park_check import check
from parkwright.store import folder
from parkwright.store.journal import Journal

SOURCE = Path(__file__).parents[2] / "parks" / "burn-in"
DAY = date(2026, 7, 15)
METERS = {"oven-1": "OV1-BOX", "oven-2": "OV2-BOX"}


@pytest.fixture(scope="module")
def park(tmp_path_factory):
    """The park with a third of its orders."""
    path = tmp_path_factory.mktemp("ovens") / "park"
    shutil.copytree(SOURCE, path, ignore=shutil.ignore_patterns("var"))
    toml = path / "park.toml"
    toml.write_text(toml.read_text().replace("orders_per_day = 36", "orders_per_day = 14"))
    return folder.load(path)


@pytest.fixture(scope="module")
def facts(park, tmp_path_factory):
    """The ledger of the day."""
    ledger = Journal(tmp_path_factory.mktemp("ledger") / "facts.sqlite")
    assert run_day(ledger, park, day=DAY) is not None
    return ledger


def read(facts, kind):
    return facts.read(kind, DAY.isoformat())


def in_ovens(facts):
    """The passages in the ovens with family and factor, and the run of each."""
    jobs = read(facts, "jobs").select("job_id", "product_id", "family_id")
    rows = read(facts, "passages").filter(pl.col("work_unit_id").is_in(list(METERS.values())))
    return rows.join(jobs, on="job_id")


def test_the_shipped_folder_has_no_findings_and_the_plan_is_feasible(park, facts):
    folder.load(SOURCE)
    schedule, orders = read(facts, "schedule"), read(facts, "job_orders")
    assert check(park, read(facts, "jobs"), orders, schedule) == []
    shared = schedule.group_by("work_center_id", "start").agg(pl.len(), pl.col("energy_kwh").sum(), pl.col("end").max())
    ovens = shared.filter(pl.col("work_center_id").str.starts_with("OV"))
    assert ovens["len"].max() > 1
    hours = ((ovens["end"] - ovens["start"]).dt.total_milliseconds() / 3.6e6).to_list()
    run_kw = {"OV-1": 18.0, "OV-2": 12.0}
    for (line_id, _, _, kwh, _), run_h in zip(ovens.iter_rows(), hours, strict=True):
        assert run_kw[line_id] * run_h <= kwh + 1e-9 <= run_kw[line_id] * run_h + 1.0


def test_every_run_is_whole_alike_within_its_room_and_alone(park, facts):
    by_run = in_ovens(facts).group_by("work_unit_id", "start", "end").agg(
        pl.len().alias("units"), pl.col("job_id").n_unique().alias("jobs"),
        pl.col("family_id").n_unique().alias("kinds"),
    ).sort("work_unit_id", "start")  # fmt: skip
    room = {"OV1-BOX": 40, "OV2-BOX": 24}
    assert by_run["jobs"].max() > 1
    assert by_run["kinds"].max() == 1
    assert all(units <= room[oven] for oven, units in by_run.select("work_unit_id", "units").iter_rows())
    jobs = in_ovens(facts).group_by("job_id").agg(pl.col("start").n_unique(), pl.len().alias("units"))
    assert jobs["start"].max() == 1
    ordered = dict(read(facts, "jobs").select("job_id", "quantity").iter_rows())
    assert all(ordered[job_id] == units for job_id, units in jobs.select("job_id", "units").iter_rows())
    for oven in room:
        spans = by_run.filter(pl.col("work_unit_id") == oven).select("start", "end").rows()
        assert all(before[1] <= after[0] for before, after in pairwise(spans))


def booked(facts, meter_id):
    """What a meter's energy was booked to: account -> mWh."""
    rows = read(facts, "postings").filter(
        (pl.col("commodity") == "electricity") & (pl.col("view") == "physical")
        & pl.col("journal_id").str.ends_with(f"/{meter_id}") & ~pl.col("account").str.starts_with("meter:")
    )  # fmt: skip
    return dict(rows.group_by("account").agg(pl.col("quantity").sum()).iter_rows())


def test_no_run_begins_before_one_that_is_planned_ahead_of_it_and_not_due(facts):
    rows = read(facts, "schedule").join(
        in_ovens(facts).group_by("job_id").agg(pl.col("start").min().alias("went")), on="job_id"
    )
    compared = 0
    for _, on_line in rows.sort("start").group_by("work_center_id", maintain_order=True):
        runs = on_line.group_by("start", maintain_order=True).agg(pl.col("went").min())
        for ahead, after in pairwise(runs.select("start", "went").rows()):
            assert ahead[1] <= after[1] or ahead[0] <= after[1]
            compared += 1
    assert compared > 1


@pytest.mark.parametrize("meter_id", METERS)
def test_units_and_the_empty_oven_add_up_to_the_meter_and_a_run_is_shared_evenly(facts, meter_id):
    metered = read(facts, "readings").filter(pl.col("meter_id") == meter_id)["energy_mwh_int"].sum()
    shares = booked(facts, meter_id)
    assert sum(shares.values()) == metered > 0
    assert {account.split(":")[0] for account in shares} == {"unit", "idle"}
    stays = in_ovens(facts).filter(pl.col("work_unit_id") == METERS[meter_id])
    assert {f"unit:{unit_id}" for unit_id in stays["unit_id"]} == {a for a in shares if a.startswith("unit:")}
    for (_,), run in stays.group_by("start"):
        each = [shares[f"unit:{unit_id}"] for unit_id in run["unit_id"]]
        assert max(each) - min(each) <= 0.001 * max(each)


def test_a_unit_keeps_its_own_job_and_passport_whatever_shared_its_run(facts):
    passports = read(facts, "passports")
    finished = in_ovens(facts).filter(pl.col("result") == "ok")
    assert set(finished["unit_id"]) <= set(passports["unit_id"])
    parts = read(facts, "assemblies").filter(pl.col("unit_id").is_in(finished["unit_id"].to_list()))
    assert parts["component_id"].n_unique() == parts.height == finished.height


def test_the_forecast_of_an_oven_is_that_of_its_runs_however_many_lots_are_in_them(facts):
    load = read(facts, "load").filter(pl.col("meter_id") == "oven-1")["power_kw"]
    assert load.max() == pytest.approx(18.0)
    assert load.min() == pytest.approx(0.2)
    on = read(facts, "schedule").filter(pl.col("work_center_id") == "OV-1").unique("start")
    run_h = on.select((pl.col("end") - pl.col("start")).dt.total_milliseconds().sum()).item() / 3.6e6
    # two shifts of eight hours, in which the oven runs at 18 kW or waits at 3 kW; 0.2 kW when it is off
    assert load.sum() / 4 == pytest.approx(18.0 * run_h + 3.0 * (16 - run_h) + 0.2 * 8)
