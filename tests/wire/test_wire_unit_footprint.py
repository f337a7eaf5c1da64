"""A unit's two figures are the same in command, page, sheet, API and file, and never stand for one another."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest
from book_fixture import FOOTPRINT, with_book
from test_wire_footprint import SOURCING
from typer.testing import CliRunner

from parkwright import cli
from parkwright.model.errors import LedgerError
from parkwright.model.park import Park
from parkwright.show.answers.footprint import lot_footprint
from parkwright.show.answers.passport import Passport, passport
from parkwright.show.pages.footprint import footprint_card, reconciliation_card
from parkwright.show.pages.paper import sheet
from parkwright.show.words import Words
from parkwright.store import folder, new
from parkwright.store.journal import Journal
from parkwright.wire.carbon_desk import CarbonDesk
from parkwright.wire.places import Places

DAY = date(2026, 7, 15)
ISO = DAY.isoformat()
Place = tuple[Path, Path]


@pytest.fixture(scope="module")
def place(closed_day: Path, tmp_path_factory: pytest.TempPathFactory) -> Place:
    files = {"inventory.toml": FOOTPRINT, "sourcing.csv": SOURCING}
    return with_book(closed_day, tmp_path_factory.mktemp("unit") / "home", files)


@pytest.fixture(scope="module")
def park(place: Place) -> Park:
    return folder.load(place[0])


@pytest.fixture(scope="module")
def unit(place: Place) -> str:
    with Journal.reader(Places(place[1], "SM").journal) as facts:
        rows = facts.read("passports", ISO)
    return str(rows.filter((rows["status"] == "final") & (rows["product_id"] == "P-A"))["unit_id"][0])


@pytest.fixture(scope="module")
def found(place: Place, park: Park, unit: str) -> Passport:
    with Journal.reader(Places(place[1], "SM").journal) as facts:
        answer = passport(park, facts, unit, CarbonDesk(park, *place))
    assert answer is not None
    return answer


def told(place: Place, *words: str):
    answer = CliRunner().invoke(cli.app, [*words, "--var", str(place[1]), "--json"])
    assert answer.exit_code == 0, answer.output
    return json.loads(answer.stdout)


def test_the_passport_holds_both_figures_and_their_difference_adds_up_exactly(found: Passport):
    foot = found.footprint
    assert foot is not None
    assert foot.attributed_ug == found.carbon.location_ug + found.carbon.material_ug
    assert sum(one.attributed_ug for one in foot.reconciliation) == foot.attributed_ug
    assert sum(one.footprint_ug for one in foot.reconciliation) == foot.total_ug
    assert sum(one.difference_ug for one in foot.reconciliation) == foot.difference_ug
    assert foot.difference_ug == foot.total_ug - foot.attributed_ug != 0
    by_name = {one.component: one for one in foot.reconciliation}
    assert by_name["energy"].attributed_ug == found.carbon.location_ug
    assert by_name["loss"].footprint_ug > 0 < by_name["freight"].footprint_ug


def test_contributions_are_all_there_largest_first_and_make_the_whole(found: Passport):
    foot = found.footprint
    assert foot is not None
    shares = [part.share for part in foot.contributions]
    assert shares == sorted(shares, reverse=True)
    assert sum(shares) == pytest.approx(1.0, rel=1e-12)
    assert {part.kind for part in foot.contributions} == {"material", "freight", "energy"}
    assert foot.low_kg < foot.total_kg < foot.high_kg
    assert 0 < foot.primary_share < 1


def test_command_and_passport_say_the_same(place: Place, unit: str, found: Passport):
    assert told(place, "carbon", "passport", str(place[0]), unit) == found.model_dump(mode="json")
    shown = told(place, "carbon", "footprint", str(place[0]), "--from", ISO, "--to", ISO, "--unit", unit)["unit"]
    assert found.footprint is not None
    assert shown["total_ug"] == found.footprint.total_ug
    assert shown["interval_95_kg"] == [found.footprint.low_kg, found.footprint.high_kg]


def test_a_unit_has_no_footprint_before_its_day_is_closed_nor_without_a_book(place: Place, tmp_path: Path, unit: str):
    desk = CarbonDesk(folder.load(place[0]), *place)
    assert desk.unit(unit, DAY + timedelta(days=1)) is None
    new.write_park(tmp_path / "park", "SM")
    bare = folder.load(tmp_path / "park")
    assert CarbonDesk(bare, tmp_path / "park", place[1]).unit(unit, DAY) is None


@pytest.mark.parametrize("language", ["en", "zh"])
def test_page_and_sheet_show_both_figures_by_their_names(park: Park, found: Passport, language: str):
    words = Words(language, park.zone)
    foot = found.footprint
    assert foot is not None
    card, both = footprint_card(words, found), reconciliation_card(words, found)
    paper = sheet(words, found, "https://example.org/1")
    for text in (card, paper):
        assert words.say("foot.title") in text
        assert words.number(foot.total_kg, 4) in text
        assert words.say("foot.primary") in text
        assert f"{words.number(foot.low_kg, 4)} – {words.number(foot.high_kg, 4)} kg" in text
    for text in (both, paper):
        for component in ("energy", "materials", "loss", "freight"):
            assert words.say(f"foot_component.{component}") in text
    assert words.whole(foot.difference_ug) in both
    assert words.say("carbon.title") in paper


def test_a_passport_without_a_footprint_says_why(park: Park, found: Passport):
    words = Words("en", park.zone)
    without = found.model_copy(update={"footprint": None})
    early = without.model_copy(update={"carbon": found.carbon.model_copy(update={"status": "provisional"})})
    assert words.say("foot.no_book").split(";")[0] in footprint_card(words, without).replace("&#x27;", "'")
    assert words.say("foot.open") in footprint_card(words, early)
    assert reconciliation_card(words, without) == ""
    assert words.say("foot.open") in sheet(words, early, "https://example.org/1")


def test_the_footprint_of_a_lot_is_that_of_its_units_added_up(place: Place, park: Park, unit: str):
    desk = CarbonDesk(park, *place)
    with Journal.reader(Places(place[1], "SM").journal) as facts:
        job = str(facts.lookup("passages", ISO, "unit_id", unit)["job_id"][-1])
        mates = facts.read("passages", ISO).filter(pl.col("job_id") == job)["unit_id"].unique()
        ids = facts.read("passports", ISO).filter(pl.col("unit_id").is_in(mates.to_list()))["unit_id"].unique()
    lot = lot_footprint(park, desk, job, DAY)
    assert lot is not None
    assert lot.units == ids.len()
    assert lot.total_ug == sum(desk.unit(one, DAY)["total_ug"] for one in ids)
    assert lot.low_kg < lot.total_kg < lot.high_kg
    assert sum(part.kg for part in lot.contributions) == pytest.approx(lot.total_kg, rel=1e-9)
    assert lot_footprint(park, desk, job, DAY + timedelta(days=1)) is None
    assert lot_footprint(park, None, job, DAY) is None
    with pytest.raises(LedgerError, match="J-NONE: has no unit"):
        lot_footprint(park, desk, "J-NONE", DAY)


def test_the_command_lists_accounts_and_explains_postings_to_the_last_unit(place: Place, unit: str):
    words = ("carbon", "posting", str(place[0]), "--date", ISO)
    listed = told(place, *words)
    idle = next(row["account"] for row in listed["rows"] if row["account"].startswith("idle:"))
    for account in (idle, f"unit:{unit}", "scope3:materials"):
        rows = told(place, *words, "--account", account)["rows"]
        for journal in {row["journal_id"] for row in rows[-4:]}:
            found = told(place, *words, "--account", account, "--journal", journal)["postings"]
            assert [one["difference"] for one in found] == [0] * len(found)
    for wrong in (("--account", "idle:none"), ("--account", idle, "--journal", "nothing")):
        answer = CliRunner().invoke(cli.app, [*words, *wrong, "--var", str(place[1])])
        assert (answer.exit_code, answer.stdout) == (2, "")
        assert "no posting on 2026-07-15" in answer.stderr
