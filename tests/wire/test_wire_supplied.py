"""From a supplier's answer to the unit's passport: a figure in use is counted, recorded, explained, and kept."""

from __future__ import annotations

import shutil
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from book_fixture import FOOTPRINT, with_book
from declared import IDS, d, declared

from parkwright.ledger import views
from parkwright.run.exchange import Fulfilled, Partner, receive
from parkwright.show.answers.passport import explained, passport
from parkwright.store import folder
from parkwright.store.journal import Journal
from parkwright.wire import carbon, exchange, footprint, restate
from parkwright.wire.accounts import opened
from parkwright.wire.carbon_desk import CarbonDesk
from parkwright.wire.headless import run_one
from parkwright.wire.places import Places

DAY, NEXT = date(2026, 7, 15), date(2026, 7, 16)
AT = datetime(2026, 8, 1, tzinfo=UTC)
KG = 1_000_000_000
MATERIAL, PRODUCT = "BOARD", "P-B"
"""A unit of the product uses two of the material."""
IDENTITY = """
company_name = "Small park"
company_ids = ["urn:x:company:small"]
product_urn = "urn:x:product:"
material_urn = "urn:x:material:"
country = "CN"
fossil_carbon_share = "0"
basis = "assumed: a test"
"""
SOURCED = {
    "material_id": MATERIAL, "origin": "average", "mass_kg": "0.3", "distance_km": "0", "scrap_share": "0",
    "freight_factor_id": "", "primary_share": "0", "technology": "1", "time": "1", "geography": "2", "cv": "0.1",
    "group": "boards", "basis": "assumed: a test",
}  # fmt: skip


@pytest.fixture(scope="module")
def home(closed_day: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The closed day of a park with a book, a name for partners, and its supplier of boards as a partner."""
    home = tmp_path_factory.mktemp("supplied") / "home"
    sourcing = f"{','.join(SOURCED)}\n{','.join(SOURCED.values())}\n"
    book = {"inventory.toml": FOOTPRINT, "exchange.toml": IDENTITY, "sourcing.csv": sourcing}
    park_dir, var = with_book(closed_day, home, book)
    with exchange.opened(folder.load(park_dir), park_dir, var, AT) as desk:
        supplier = Partner("supplier", "Supplier", callback_url="https://supplier.example", supplier_id="S-1")
        exchange.register_answer(desk, supplier, None)
    return home


def answered(home: Path, kg: str, number: int, primary: str = "60") -> str:
    """Ask the supplier, take its answer of `kg` a piece, check it and take it into use; return the declaration's id."""
    one = declared(id=IDS[number + 2], total_kg=d(kg), net_kg=d(kg), parts={"fossil": d(kg)}, fossil_carbon_kg=d("0"),
                   primary_share_percent=d(primary), preceding=())  # fmt: skip
    with exchange.opened(folder.load(home / "park"), home / "park", home / "var", AT) as desk:
        request = exchange.draft_answer(desk, MATERIAL, timedelta(days=30))["id"]
        exchange.send_answer(desk, request)
        receive(desk.desk, desk.desk.partner("supplier"), Fulfilled(f"a{number}", request, (one,)), "3", AT)
        assert exchange.check_answer(desk, request)["state"] == "validated"
        assert exchange.use_answer(desk, request)["state"] == "in_use"
    return one.id


def of_unit(home: Path, day: date, product_id: str = PRODUCT) -> dict:
    """The footprint of a unit of the product that was finished on the day."""
    with opened(folder.load(home / "park"), home / "park", home / "var") as accounts:
        rows = accounts.read("passports", day.isoformat()).filter(pl.col("product_id") == product_id)
        return footprint.footprint_answer(accounts, day, day, rows.sort("material_ug")["unit_id"][0])["unit"]


def kinds(home: Path, kind: str, day: date) -> pl.DataFrame:
    with Journal.reader(Places(home / "var", "SM").journal) as facts:
        return facts.read(kind, day.isoformat())


def bills(home: Path, day: date) -> dict[str, float]:
    """Product -> how many bills a good unit of the day consumed in the mean, with its share of scrapped units."""
    rows = kinds(home, "passports", day).unique("unit_id", keep="last")
    whole, least = pl.col("material_ug").mean(), pl.col("material_ug").min()
    return dict(rows.group_by("product_id").agg(whole / least).iter_rows())


@pytest.fixture(scope="module")
def figures(home: Path) -> list[dict]:
    """A unit's footprint by the folder's figure, by the supplier's 10, and by its 8, which stays in use."""
    found = [of_unit(home, DAY)]
    for number, kg in enumerate(("10", "8")):
        answered(home, kg, number)
        found.append(of_unit(home, DAY))
    return found


@pytest.fixture(scope="module")
def later(home: Path, figures: list[dict]) -> Path:
    """The next day, closed while the supplier's 8 is in use."""
    run_one(folder.load(home / "park"), home / "park", NEXT, 1, home / "var")
    return home


def test_ten_becomes_eight_and_a_unit_that_uses_two_loses_four_kilograms_exactly(figures: list[dict]):
    by_folder, ten, eight = figures
    assert eight["total_ug"] - ten["total_ug"] == -4 * KG
    assert ten["total_ug"] - by_folder["total_ug"] == -20 * KG
    others = [[{**part, "share": 0} for part in found["parts"] if part["thing"] != MATERIAL] for found in (eight, ten)]
    assert others[0] == others[1]


def test_the_share_of_primary_data_is_what_the_supplier_declares(figures: list[dict]):
    by_folder, ten, _ = figures
    (board,) = [part for part in ten["parts"] if part["thing"] == MATERIAL]
    assert (board["origin"], board["primary_share"], board["kg"]) == ("supplier", 0.6, 20.0)
    energy = ten["by_kind_kg"]["energy"]
    assert ten["primary_share"] == pytest.approx((0.6 * 20 + energy) / (ten["total_ug"] / KG), rel=1e-12)
    assert by_folder["primary_share"] == pytest.approx(energy / (by_folder["total_ug"] / KG), rel=1e-12)


def test_the_product_and_its_chain_follow(home: Path, figures: list[dict]):
    with opened(folder.load(home / "park"), home / "park", home / "var") as accounts:
        products = footprint.footprint_answer(accounts, DAY, DAY, change={MATERIAL: 10.0})
    for one in products["products"]:
        assert one["chain_kg_per_unit"] == pytest.approx(one["kg_per_unit"], rel=1e-9)
    changes, times = {row["product"]: row["change_kg"] for row in products["change"]["products"]}, bills(home, DAY)
    assert changes == pytest.approx({"P-A": 2.0 * times["P-A"], "P-B": 4.0 * times["P-B"]}, abs=1e-9)


def test_passports_closed_from_then_on_count_with_it_and_say_so(later: Path):
    before, after = (kinds(later, "passports", day) for day in (DAY, NEXT))
    of_product = pl.col("product_id") == PRODUCT
    assert before.filter(of_product)["material_ug"].min() == 50 * KG
    assert after.filter(of_product)["material_ug"].min() == 26 * KG
    recorded = kinds(later, "footprints", NEXT)
    assert recorded.select("day", "material_id", "footprint_kg").rows() == [(NEXT.isoformat(), MATERIAL, 8.0)]
    with exchange.opened(folder.load(later / "park"), later / "park", later / "var", AT) as desk:
        assert recorded["source"].to_list() == [desk.desk.in_use()[MATERIAL].id]
    assert kinds(later, "footprints", DAY).is_empty()


def test_the_passports_material_opens_its_explanation_also_after_another_figure_came(later: Path, tmp_path: Path):
    home = Path(shutil.copytree(later, tmp_path / "home"))
    answered(home, "12", 2)
    park = folder.load(home / "park")
    for day, kg in ((DAY, 20.0), (NEXT, 8.0)):
        unit = kinds(home, "passports", day).filter(pl.col("product_id") == PRODUCT)["unit_id"][0]
        with Journal.reader(Places(home / "var", "SM").journal) as facts:
            shown, steps = passport(park, facts, unit), explained(park, facts, unit)
        assert steps.material_ug == shown.carbon.material_ug
        (board,) = [step for step in steps.materials if step.material_id == MATERIAL]
        assert (board.footprint_kg_per_unit, board.material_ug) == (kg, round(2 * kg) * KG)
        declared_by = kinds(home, "footprints", day)["source"].to_list()
        told = f"cited: the supplier's declaration {declared_by[0]}" if declared_by else "assumed: an example"
        assert board.basis == told


def test_the_inventory_counts_each_day_with_its_own_figures(later: Path):
    sums = lost = 0
    for day in (DAY, NEXT):
        rows = kinds(later, "passports", day).unique("unit_id", keep="last")
        with opened(folder.load(later / "park"), later / "park", later / "var") as accounts:
            units = accounts.units([day.isoformat()])
            lost += units.filter(~pl.col("is_good")).height
        sums += rows["material_ug"].sum()
    with opened(folder.load(later / "park"), later / "park", later / "var") as accounts:
        report = carbon.inventory_answer(accounts, DAY, NEXT)["scope3"]
    assert lost  # whose materials are in the passports of their lots
    (purchased,) = [one for one in report["categories"] if one["category"] == 1]
    assert purchased["kg"] == sums / KG


@pytest.mark.usefixtures("figures")
def test_the_centre_and_the_desk_follow_the_suppliers_figure(home: Path, tmp_path: Path):
    changed = Path(shutil.copytree(home, tmp_path / "home"))
    desk = CarbonDesk(folder.load(changed / "park"), changed / "park", changed / "var")
    before = desk.report(DAY, DAY)["products"], desk.indicators(DAY, DAY)
    answered(changed, "16", 3)
    after = desk.report(DAY, DAY)["products"], desk.indicators(DAY, DAY)
    kg, times = (
        [{one["id"]: one["kg_per_unit"] for one in products} for products, _ in (before, after)],
        bills(home, DAY),
    )
    assert {name: kg[1][name] - kg[0][name] for name in kg[0]} == pytest.approx(
        {"P-A": 8.0 * times["P-A"], "P-B": 16.0 * times["P-B"]}, abs=1e-8
    )
    rows = [{item["id"]: item for item in centre["checklist"]} for _, centre in (before, after)]
    assert rows[1]["F10"]["proof"] == "/requests"
    assert rows[1]["S2"]["value"] == after[1]["supplied_share"] > before[1]["supplied_share"] > 0
    assert rows[1]["S5"]["proof"] == "/requests"
    values = {one["id"]: one["value"] for one in after[1]["indicators"]}
    proved = [item for item in after[1]["checklist"] if item["proof"]]
    assert values["functions_met"] == sum(item["part"] == "function" for item in proved)
    assert values["supply_measures_met"] == sum(item["part"] == "supply" for item in proved) == 3  # S2, S3 and S5


def test_a_late_reading_leaves_the_figure_that_a_passport_was_counted_with(later: Path, tmp_path: Path):
    home = Path(shutil.copytree(later, tmp_path / "home"))
    answered(home, "12", 2)
    park = folder.load(home / "park")
    meter = next(one.id for one in park.meters if one.role == "import")
    rows = kinds(home, "readings", NEXT).filter((pl.col("meter_id") == meter) & (pl.col("energy_mwh_int") > 0))
    start, energy = rows.select("start", "energy_mwh_int").row(0)
    (tmp_path / "late.csv").write_text(f"start,meter_id,energy_kwh\n{start.isoformat()},{meter},{2 * energy / 1e6}\n")
    done = restate.late_readings(park, home / "var", NEXT, tmp_path / "late.csv", "late_reading", "silent", AT)
    assert done["passports"] > 0
    after = kinds(home, "passports", NEXT)
    assert after.height > kinds(later, "passports", NEXT).height
    assert after.filter(pl.col("product_id") == PRODUCT)["material_ug"].min() == 26 * KG
    assert views.unbalanced(kinds(home, "postings", NEXT)).is_empty()
