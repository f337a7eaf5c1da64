"""Footprints of a closed day: of a unit, a lot and every product, from the ledger and the carbon book."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from book_fixture import FOOTPRINT, with_book
from typer.testing import CliRunner

from parkwright import cli
from parkwright.carbon import inventory
from parkwright.ledger import views
from parkwright.model.errors import LedgerError
from parkwright.store import folder, new
from parkwright.store.journal import Journal
from parkwright.wire import carbon, footprint
from parkwright.wire.accounts import opened
from parkwright.wire.places import Places

KG = 1_000_000_000
DAY = date(2026, 7, 15)
ISO = DAY.isoformat()
BOOK = f'{FOOTPRINT}transmission_id = "cn-transmission-2024"\n'
SOURCED = {
    "material_id": "BOARD", "origin": "supplier", "mass_kg": "0.3", "distance_km": "1000", "scrap_share": "0.01",
    "freight_factor_id": "uk-road-freight-2022", "primary_share": "0.6", "technology": "1", "time": "1",
    "geography": "2", "cv": "0.1", "group": "boards", "basis": "assumed: a test",
}  # fmt: skip
SOURCING = f"{','.join(SOURCED)}\n{','.join(SOURCED.values())}\n"
PROCESSES = """id,supplier_id,direct_kg,cv,group,basis
CASE-A,S-2,1.0,0.2,,assumed: a test
alloy,S-9,10.0,0.2,,assumed: a test
"""
EXCHANGES = """user_id,input_id,quantity,cv,group,basis
CASE-A,alloy,0.5,0.1,,assumed: a test
"""


@pytest.fixture(scope="module")
def day(closed_day: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A small park with sourcing and a chain, and the var folder of a ledger with one closed day."""
    files = {"inventory.toml": BOOK, "sourcing.csv": SOURCING, "processes.csv": PROCESSES, "exchanges.csv": EXCHANGES}
    return with_book(closed_day, tmp_path_factory.mktemp("footprint") / "home", files)


def asked(day: tuple[Path, Path], **more):
    with opened(folder.load(day[0]), *day) as accounts:
        return footprint.footprint_answer(accounts, DAY, DAY, **more)


def passports(day: tuple[Path, Path]) -> pl.DataFrame:
    with Journal.reader(Places(day[1], "SM").journal) as facts:
        return facts.read("passports", ISO).unique("unit_id", keep="last", maintain_order=True)


def test_every_product_of_the_day_is_the_sum_of_its_units(day: tuple[Path, Path]):
    answer = asked(day)
    rows = passports(day)
    assert sum(product["units"] for product in answer["products"]) == rows.height
    with opened(folder.load(day[0]), *day) as accounts:
        each = list(footprint.of_passports(accounts, footprint.ground(accounts, [ISO]), accounts.passports([ISO])))
        product_of = dict(rows.select("unit_id", "product_id").iter_rows())
    for product in answer["products"]:
        mine = [one for one in each if product_of[one.thing_id] == product["id"]]
        assert {len(one.parts) for one in mine} == {len(mine[0].parts)}
        for kind in ("material", "freight"):
            whole = sum(one.of_kind_ug(kind) for one in mine) / KG / len(mine)
            assert product["by_kind_kg"][kind] == pytest.approx(whole, rel=1e-9, abs=2e-9)
        assert product["chain_kg_per_unit"] == pytest.approx(product["kg_per_unit"], rel=1e-9)
        assert sum(product["by_kind_kg"].values()) == pytest.approx(product["kg_per_unit"], rel=1e-12)


def test_the_units_energy_adds_up_to_what_the_day_emitted_over_its_life(day: tuple[Path, Path]):
    with opened(folder.load(day[0]), *day) as accounts:
        found = footprint.ground(accounts, [ISO])
        products = found.finished["product_id"].unique().to_list()
        whole = sum(footprint.product_footprint(accounts, found, one).of_kind_ug("energy") for one in products)
        drawn = -views.total(accounts.read("postings", ISO), "pool:", "electricity", "physical")
    energy = int(found.finished["energy_mwh_int"].sum())
    used = found.mixes[ISO]
    assert whole == pytest.approx(energy * float(used.ug_per_mwh_int), rel=1e-9)
    assert 0 < energy <= used.bought_mwh_int + used.own_mwh_int + used.gas_mwh_int + max(drawn, 0)


def test_a_lot_is_the_sum_of_its_units_to_the_microgram(day: tuple[Path, Path]):
    with opened(folder.load(day[0]), *day) as accounts:
        units = accounts.units([ISO]).filter(pl.col("is_good") & (pl.col("kind") == "finished"))
    lot = units["job_id"][0]
    members = units.filter(pl.col("job_id") == lot)["unit_id"].to_list()
    answer = asked(day, lot_id=lot)["lot"]
    assert answer["units"] == len(members)
    assert answer["total_ug"] == sum(asked(day, unit_id=unit)["unit"]["total_ug"] for unit in members)


def test_a_materials_chain_stands_in_for_the_folders_figure(day: tuple[Path, Path]):
    found = {product["id"]: product for product in asked(day)["products"]}
    case = next(c for c in found["P-A"]["contributions"] if c["process"] == "alloy")
    assert case["kg"] == pytest.approx(10.0 * case["quantity"])
    assert 0.5 <= case["quantity"] < 0.6
    unit = passports(day).filter(pl.col("product_id") == "P-A")["unit_id"][0]
    parts = {(p["kind"], p["thing"]): p for p in asked(day, unit_id=unit)["unit"]["parts"]}
    times = float(parts["material", "CASE-A"]["quantity"])
    assert parts["material", "CASE-A"]["kg"] == pytest.approx(6.0 * times)
    assert parts["material", "BOARD"]["kg"] == pytest.approx(20.2 * times)
    assert parts["freight", "BOARD"]["kg"] == pytest.approx(0.303 * 0.10614 * times)
    assert parts["energy", "process"]["primary_share"] == 1.0


def test_a_suppliers_new_figure_changes_its_products_alone(day: tuple[Path, Path]):
    answer = asked(day, change={"alloy": 8.0})["change"]
    changes = {one["product"]: one["change_kg"] for one in answer["products"]}
    of_alloy = next(
        c for p in asked(day)["products"] if p["id"] == "P-A" for c in p["contributions"] if c["process"] == "alloy"
    )
    assert changes["P-A"] == pytest.approx(-2.0 * of_alloy["quantity"], abs=1e-12)
    assert all(change == 0.0 for name, change in changes.items() if name != "P-A")
    assert answer["recomputed"] == 3


def test_a_new_figure_of_a_material_stands_for_all_that_is_behind_it(day: tuple[Path, Path]):
    known = next(p for p in asked(day)["products"] if p["id"] == "P-A")["contributions"]
    cases = next(c for c in known if c["process"] == "CASE-A")["quantity"]
    (same, less) = (asked(day, change={"CASE-A": kg})["change"] for kg in (1.0 + 0.5 * 10.0, 4.0))
    changes = [{one["product"]: one["change_kg"] for one in found["products"]}["P-A"] for found in (same, less)]
    assert changes == pytest.approx([0.0, -2.0 * cases], abs=1e-9)


def test_drawing_gives_every_product_an_interval_around_its_figure_and_the_same_seed_the_same_one(day):
    one, two = (asked(day, draws=300, seed=4)["products"] for _ in range(2))
    assert [p["interval_95_kg"] for p in one] == [p["interval_95_kg"] for p in two]
    for product in one:
        low, high = product["interval_95_kg"]
        assert low < product["kg_per_unit"] < high
        assert (high - low) / product["kg_per_unit"] == pytest.approx(2 * 1.96 * product["cv"], rel=0.3)


@pytest.mark.parametrize(
    ("more", "finding"),
    [
        ({"unit_id": "NOBODY"}, "unit NOBODY: has no passport in these days"),
        ({"lot_id": "J-NONE"}, "footprint of J-NONE: has no unit"),
        ({"change": {"unobtainium": 1.0}}, "'unobtainium': is not in the graph"),
        ({"change": {"P-A": 1.0}}, "product P-A: is made here"),
    ],
)
def test_what_is_unknown_is_named(day: tuple[Path, Path], more: dict, finding: str):
    with pytest.raises(LedgerError, match=finding):
        asked(day, **more)


def test_a_park_whose_book_says_nothing_about_footprints_says_so(day: tuple[Path, Path], tmp_path: Path):
    new.write_park(tmp_path / "park", "SM")
    park = folder.load(tmp_path / "park")
    refused = pytest.raises(LedgerError, match=r"has no \[footprint\]; add it to carbon/inventory.toml")
    with opened(park, tmp_path / "park", day[1]) as accounts, refused:
        footprint.footprint_answer(accounts, DAY, DAY)


@pytest.mark.parametrize("text", ["alloy", "=3", "alloy=x", "alloy=nan"])
def test_a_change_that_is_none_is_refused(text: str):
    with pytest.raises(LedgerError, match="--change"):
        footprint.changes_of([text])
    assert footprint.changes_of(["a=b=2.5"]) == {"a=b": 2.5}


def test_the_command_gives_the_same_answer(day: tuple[Path, Path]):
    words = ["carbon", "footprint", str(day[0]), "--from", ISO, "--to", ISO, "--var", str(day[1]), "--json"]
    done = CliRunner().invoke(cli.app, [*words, "--change", "alloy=8"])
    assert json.loads(done.stdout) == json.loads(json.dumps(asked(day, change={"alloy": 8.0})))
    wrong = CliRunner().invoke(cli.app, [*words, "--unit", "NOBODY"])
    assert (wrong.exit_code, wrong.stdout) == (2, "")
    assert wrong.stderr.startswith("unit NOBODY: has no passport")


def test_footprints_count_the_scrap_of_the_lot_that_the_ledger_knows(day: tuple[Path, Path]):
    """A unit of a lot with scrapped units bears their bills, materials and freight alike; nothing is assumed of it."""
    with opened(folder.load(day[0]), *day) as accounts:
        found = footprint.ground(accounts, [ISO])
        units = accounts.units([ISO]).filter(pl.col("kind") == "finished")
        rows = accounts.passports([ISO]).join(units.select("unit_id", "job_id"), on="unit_id")
        feet = {one.thing_id: one for one in footprint.of_passports(accounts, found, rows)}
        lots = units.group_by("job_id").agg(pl.len().alias("made"), pl.col("is_good").sum().alias("good"))
        bills = accounts.bills(ISO)
    assert (lots["made"] > lots["good"]).any()
    bare = {r["product_id"]: r for r in rows.iter_rows(named=True) if r["material_ug"] == bills[r["product_id"]]}
    for row in rows.join(lots, on="job_id").filter(pl.col("made") > pl.col("good")).iter_rows(named=True):
        plain = feet[bare[row["product_id"]]["unit_id"]]
        for kind in ("material", "freight"):
            ratio = row["made"] / row["good"]
            assert feet[row["unit_id"]].of_kind_ug(kind) == pytest.approx(plain.of_kind_ug(kind) * ratio, rel=1e-6)


def test_passports_and_category_1_are_the_same_and_freight_is_category_4(day: tuple[Path, Path]):
    with opened(folder.load(day[0]), *day) as accounts:
        scope3 = carbon.inventory_answer(accounts, DAY, DAY)["scope3"]["categories"]
        found = footprint.ground(accounts, [ISO])
        rows = accounts.passports([ISO])
        feet = list(footprint.of_passports(accounts, found, rows))
        posted = -views.total(accounts.read("postings", ISO), "scope3:", "co2e", "materials")
    kg = {one["category"]: one["kg"] for one in scope3}
    bought = {line["text"]: line["kg"] for one in scope3 if one["category"] == 1 for line in one["lines"]}
    assert rows["material_ug"].sum() == posted
    assert bought[inventory.MATERIALS] == posted / KG
    assert bought[inventory.LOST] > 0
    assert kg[1] == pytest.approx(sum(one.of_kind_ug("material") for one in feet) / KG, abs=1e-8 * len(feet))
    assert kg[4] == pytest.approx(sum(one.of_kind_ug("freight") for one in feet) / KG, abs=1e-9 * len(feet))
