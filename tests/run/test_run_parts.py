"""A day whose big order is made in parts: two lines at once, each part a job of its own, the books to the last mWh."""

from __future__ import annotations

import polars as pl
import pytest
from run_park import DAY, SECOND_LINE, SECOND_METERS, facts_of, run_day, write_folder

from parkwright.make import genealogy
from parkwright.model.opening import folder_opening
from parkwright.plan.day import make_plan
from parkwright.store import folder
from parkwright.store.journal import Journal

ORDERS = (
    "order_id,product_id,quantity,release,due,weight,market_id\n"
    "BIG,P-A,150,2026-07-15T00:00:00+08:00,2026-07-15T10:00:00+08:00,150.0,HOME\n"
    "SMALL,P-B,10,2026-07-15T00:00:00+08:00,2026-07-15T16:00:00+08:00,10.0,HOME\n"
)


def written(path, rule):
    """The starter park with a second line for small lots, a big order due at 10:00, and a rule for its parts."""
    write_folder(path, 3600)
    for file, text in (("lines.toml", SECOND_LINE), ("meters.csv", SECOND_METERS)):
        (path / file).write_text((path / file).read_text("utf-8") + text, "utf-8")
    (path / "orders.csv").write_text(ORDERS, "utf-8")
    products = (path / "products.toml").read_text("utf-8")
    (path / "products.toml").write_text(products.replace('family_id = "a"', f'{rule}family_id = "a"'), "utf-8")
    return folder.load(path)


@pytest.fixture(scope="module")
def day(tmp_path_factory):
    """The tables and the result of the day in parts."""
    place = tmp_path_factory.mktemp("parts")
    park = written(place / "park", "part_min = 30\nparts_max = 4\n")
    with Journal(place / "ledger.db") as facts:
        result = run_day(facts, park)
        return facts_of(facts), result


def made_by(tables):
    """Jobs of the big order with the line and the end of what was really made."""
    jobs = tables["jobs"].filter(pl.col("order_id") == "BIG").select("job_id", "quantity")
    return jobs.join(tables["job_responses"], on="job_id", how="left")


def late_of(tables):
    """Order lines that the books of the day call late."""
    books = tables["books"]
    return books.filter(pl.col("key") == "orders_late")["value"].item()


def test_the_order_is_planned_and_made_on_both_lines_and_complete_in_time(day):
    tables, _ = day
    big = made_by(tables)
    due = tables["job_orders"].filter(pl.col("order_id") == "BIG")["due"][0]
    assert big["job_id"].to_list() == ["J-BIG.1", "J-BIG.2", "J-BIG.3", "J-BIG.4"]
    assert big["quantity"].to_list() == [38, 38, 37, 37]
    assert big["end"].max() <= due
    plan = tables["schedule"].filter(pl.col("job_id").str.starts_with("J-BIG"))
    assert set(plan["work_center_id"]) == {"L-1", "L-2"}
    assert late_of(tables) == 0


def test_whole_it_would_be_late(tmp_path):
    park = written(tmp_path / "park", "")
    plan = make_plan(park, DAY, 1, folder_opening(park))
    assert plan.jobs["job_id"].to_list() == ["J-BIG", "J-SMALL"]
    assert plan.objective["late_orders"] == 1
    assert plan.unplaced == (), "a late order is not left out for being late"


def test_every_part_has_its_kit_its_transport_and_its_units(day):
    tables, _ = day
    big = made_by(tables)
    kits = tables["kits"].filter(pl.col("job_id").str.starts_with("J-BIG"))
    assert sorted(kits["job_id"]) == sorted(big["job_id"])
    carried = tables["transport_tasks"]["load_id"].str.extract(r":([^/]+)", 1)
    assert set(big["job_id"]) <= set(carried)
    units = tables["passages"].filter(pl.col("job_id").str.starts_with("J-BIG"))
    assert dict(units.group_by("job_id").agg(pl.col("unit_id").n_unique()).rows()) == dict(
        big.select("job_id", "quantity").rows()
    )
    one = units.filter(pl.col("job_id") == "J-BIG.2")["unit_id"][0]
    assert genealogy.of_unit(one, tables["passages"], tables["assemblies"], tables["mounts"]).job_id == "J-BIG.2"


def test_the_books_hold_all_of_it_and_nothing_more(day):
    tables, result = day
    assert result.summary["meters"]["attributed_kwh_residual_max"] == 0
    assert result.summary["journals"]["unbalanced"] == 0
    good = tables["verdicts"].filter(pl.col("verdict") == "good").height
    assert tables["passports"].height == result.summary["units_good"] == good > 150
