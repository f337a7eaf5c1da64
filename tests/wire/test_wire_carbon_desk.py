"""The desk behind the carbon pages gives the commands' answers, again only when the ledger moved."""

from __future__ import annotations

import hashlib
import shutil
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest
from book_fixture import FOOTPRINT, with_book

from parkwright.carbon import inventory, roster
from parkwright.carbon.report import RECALCULATE_AT
from parkwright.model.errors import LedgerError
from parkwright.run.ports import Batch
from parkwright.show.answers import carbon as answers
from parkwright.show.answers import greening
from parkwright.show.answers.factors import factors
from parkwright.show.answers.footprints import product_footprints
from parkwright.show.answers.year import year_close
from parkwright.store import carbon_book, folder, lake, new, packs
from parkwright.store.journal import Journal
from parkwright.wire import carbon, footprint, year
from parkwright.wire.accounts import opened
from parkwright.wire.carbon_desk import CarbonDesk

DAY = date(2026, 7, 15)


@pytest.fixture(scope="module")
def place(closed_day: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return with_book(closed_day, tmp_path_factory.mktemp("desk") / "home", {"inventory.toml": FOOTPRINT})


def desk_of(place: tuple[Path, Path]) -> CarbonDesk:
    return CarbonDesk(folder.load(place[0]), *place)


def test_the_desk_answers_what_the_commands_answer(place: tuple[Path, Path]):
    found = desk_of(place).report(None, None)
    assert found is not None
    with opened(folder.load(place[0]), *place) as accounts:
        first = date(2026, 1, 1)
        assert found["inventory"] == carbon.inventory_answer(accounts, first, DAY)
        assert found["targets"] == carbon.targets_answer(accounts, first, DAY)
        assert found["products"] == footprint.footprint_answer(accounts, first, DAY)["products"]
    month = found["months"][0]
    assert month["month"] == "2026-07"
    assert month["location_kg"] == found["inventory"]["scope2"]["location_kg"]
    assert month["scope3_kg"] == pytest.approx(found["inventory"]["scope3"]["kg"])


def test_a_change_and_the_band_are_what_the_command_says(place: tuple[Path, Path]):
    desk, park = desk_of(place), folder.load(place[0])
    material = next(line.component_id for line in park.bill if line.component_id in park.material)
    found = product_footprints(desk, park, (DAY, DAY), 50, 3, (f"{material}=1.5",))
    with opened(park, *place) as accounts:
        asked = footprint.footprint_answer(accounts, DAY, DAY, draws=50, seed=3, change={material: 1.5})
        plain = footprint.footprint_answer(accounts, DAY, DAY)
    assert [(one.low_kg, one.high_kg) for one in found.products] == [
        tuple(one["interval_95_kg"]) for one in asked["products"]
    ]
    assert [one.kg_per_unit for one in found.products] == [one["kg_per_unit"] for one in plain["products"]]
    assert found.change is not None
    assert found.change.new_kg == {material: 1.5}
    assert [one.change_kg for one in found.change.products] == [one["change_kg"] for one in asked["change"]["products"]]
    assert any(one.change_kg for one in found.change.products)
    for wrong in ("NOTHING=1", material, f"{material}=x"):
        with pytest.raises(LedgerError):
            product_footprints(desk, park, (DAY, DAY), 0, 1, (wrong,))


def test_the_close_of_a_year_is_the_commands_and_the_page_takes_it(place: tuple[Path, Path]):
    desk = desk_of(place)
    with opened(folder.load(place[0]), *place) as accounts:
        assert desk.year(DAY.year) == year.year_answer(accounts, DAY.year)
    found = year_close(desk, DAY.year)
    assert (found.units > 0, found.proofs.holds, [one.month for one in found.months]) == (True, True, ["2026-07"])
    with pytest.raises(LedgerError, match="no closed day"):
        desk.year(DAY.year + 1)


def test_the_factors_are_the_commands_with_their_terms(place: tuple[Path, Path]):
    desk, park = desk_of(place), folder.load(place[0])
    assert desk.factors() == carbon.factors_answer(place[0], park)
    shown = factors(desk)
    assert {one.pack for one in shown.factors} == {"park", *(one.id for one in shown.packs if one.factors)}


def test_a_report_names_the_share_alike_factors_that_it_counts_with(place: tuple[Path, Path], tmp_path: Path):
    park_dir = Path(shutil.copytree(place[0], tmp_path / "park"))
    pack = park_dir / "carbon" / "packs" / "shared"
    pack.mkdir(parents=True)
    cells = ("P", "D", "C", "2023", "2025", "CN", "CO2e", "activity", "0.5", "t", "CC BY-SA 4.0", "true")
    rows = "".join(f"{','.join((name, *cells))}\n" for name in ("waste-x", "waste-y"))
    (pack / "factors.csv").write_text(f"{','.join(packs.COLUMNS)}\n{rows}", "utf-8")
    digest = hashlib.sha256((pack / "factors.csv").read_bytes()).hexdigest()
    head = 'title = "t"\nlicence = "CC BY-SA 4.0"\nshare_alike = true\n[[file]]\nname = "factors.csv"\n'
    (pack / "pack.toml").write_text(f'{head}sha256 = "{digest}"\n', "utf-8")
    given = f"W,3,5,waste,7,t,waste-x,,{DAY},{DAY},assumed: a test"
    (park_dir / "carbon" / "activities.csv").write_text(f"{','.join(carbon_book.ACTIVITY_COLUMNS)}\n{given}\n", "utf-8")
    report = answers.report(CarbonDesk(folder.load(park_dir), park_dir, place[1]), folder.load(park_dir), DAY, DAY)
    assert report is not None
    assert [(one.factor, one.pack, one.licence) for one in report.share_alike] == [
        ("waste-x", "shared", "CC BY-SA 4.0")
    ]
    assert {line.factor: line.terms for line in report.lines if line.terms} == {"waste-x": "CC BY-SA 4.0"}
    told = {one["id"]: one["share_alike"] for one in carbon.factors_answer(park_dir)["factors"]}
    assert [name for name, shared in told.items() if shared] == ["waste-x", "waste-y"]


def test_the_pages_take_the_real_answers(place: tuple[Path, Path]):
    desk, park = desk_of(place), folder.load(place[0])
    report = answers.report(desk, park, DAY, DAY)
    assert report is not None
    assert {product.product_id for product in report.products} <= set(park.product)
    assert sum(line.kg for line in report.lines) > 0
    centre = answers.centre(desk, DAY, DAY)
    assert centre is not None
    assert sorted({item.part for item in centre.checklist}) == ["function", "supply"]
    assert [sum(item.part == part for item in centre.checklist) for part in ("function", "supply")] == [13, 6]


@pytest.mark.parametrize("as_of", [None, datetime(2099, 1, 1, tzinfo=UTC)])
@pytest.mark.parametrize("handed_over", [False, True])
def test_what_is_read_of_a_day_is_what_the_whole_day_says(place, tmp_path: Path, as_of, handed_over: bool):
    var = Path(shutil.copytree(place[1], tmp_path / "var"))
    with Journal(var / "SM" / "ledger.db") as journal:
        some = journal.read("postings", DAY.isoformat()).head(4)
        accounts_ = ["base:gas", "export:x", "unit:a", "upstream:x"]
        gas = some.with_columns(
            pl.Series("account", accounts_), commodity=pl.lit("gas"), method_id=pl.Series([inventory.BURNT, "", "", ""])
        )
        journal.append([Batch("planted", "e", 0, "postings", DAY.isoformat(), gas)], datetime(2030, 1, 1, tzinfo=UTC))
    if handed_over:
        lake.compact(var / "SM" / "ledger.db", None, 0.0)
    park, day = folder.load(place[0]), DAY.isoformat()
    with opened(park, place[0], var, as_of) as accounts:
        whole = accounts.facts.read("postings", day)
        starts = ("source:", "scope1:", "export:")
        gas = (whole["commodity"] == "gas") & (whole["method_id"] == inventory.BURNT)
        outside = [account.startswith(starts) or burnt for account, burnt in zip(whole["account"], gas, strict=True)]
        assert accounts.postings([day]).equals(whole.filter(outside))
        assert accounts.postings([day])["account"].to_list()[-2:] == ["base:gas", "export:x"]
        roster_ = roster.of_day(park, *(accounts.facts.read(kind, day) for kind in ("passages", "verdicts", "jobs")))
        assert accounts.units([day]).drop("material_ug", "lost_ug").equals(roster_)
        unit_id = roster_.filter("is_good", kind="finished")["unit_id"][0]
        one = accounts.passports([day], unit_id)
        assert one.equals(accounts.passports([day]).filter(pl.col("unit_id") == unit_id))
        assert one.height == 1


def test_an_answer_is_kept_while_nothing_was_recorded(place: tuple[Path, Path]):
    desk = desk_of(place)
    assert desk.report(DAY, DAY) is desk.report(DAY, DAY)
    assert desk.indicators(DAY, DAY) is desk.indicators(DAY, DAY)
    assert desk.report(DAY, DAY) is not desk.report(None, DAY)


def test_a_span_without_a_closed_day_has_no_answer(place: tuple[Path, Path]):
    desk = desk_of(place)
    assert desk.report(date(2025, 1, 1), date(2025, 12, 31)) is None
    assert desk.indicators(date(2027, 1, 1), None) is None


def test_a_park_without_a_ledger_says_so(place: tuple[Path, Path], tmp_path: Path):
    with pytest.raises(LedgerError):
        CarbonDesk(folder.load(place[0]), place[0], tmp_path).report(None, None)


def test_a_book_without_footprints_leaves_the_products_out(place: tuple[Path, Path], tmp_path: Path):
    new.write_park(tmp_path / "park", "SM")
    found = CarbonDesk(folder.load(tmp_path / "park"), tmp_path / "park", place[1]).report(DAY, DAY)
    assert found is not None
    assert found["products"] == []


def test_checks_are_what_the_commands_answer(place: tuple[Path, Path]):
    desk, park = desk_of(place), folder.load(place[0])
    later, span = datetime(2099, 1, 1, tzinfo=UTC), (DAY, DAY)
    with opened(park, *place, as_of=later) as before, opened(park, *place) as now:
        assert desk.base_year(span, later, RECALCULATE_AT) == carbon.base_year_answer(before, now, *span)
    with pytest.raises(LedgerError, match="no closed day"):
        desk.base_year(span, datetime(2020, 1, 1, tzinfo=UTC), RECALCULATE_AT)
    with pytest.raises(LedgerError, match="measure M9: is unknown"):
        desk.saving("M9", span, span)


def test_the_green_has_an_account_where_an_earlier_inventory_is_kept(place: tuple[Path, Path], tmp_path: Path):
    assert desk_of(place).sinks(None) is None
    with pytest.raises(LedgerError, match="no inventory of 2025-01-01"):
        desk_of(place).sinks(date(2025, 1, 1))
    kept = Path(shutil.copytree(place[0], tmp_path / "park"))
    head = "id,kind,species,x_m,y_m,height_m,crown_m,basis\n"
    (kept / "carbon" / "green-2025-01-01.csv").write_text(f"{head}GONE,tree,Acer,1,1,9,9,assumed: a test\n")
    found = CarbonDesk(folder.load(kept), kept, place[1]).sinks(None)
    assert found is not None
    assert found["felled_kg"] == found["stock_before_kg"] > 0
    account = greening.greening(folder.load(kept), CarbonDesk(folder.load(kept), kept, place[1])).account
    assert account is not None
    assert account.change_kg == found["change_kg"]
