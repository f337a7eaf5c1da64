"""The carbon book is read whole or refused with its place; the demonstration's book is sourced to the last line."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from parkwright.carbon.editions import FuelFactor, GridFactor
from parkwright.model.errors import LedgerError
from parkwright.store import carbon_book, folder, packs

TIANJIN = Path(__file__).parents[2] / "parks" / "tianjin"


@pytest.fixture
def park(tmp_path: Path) -> Path:
    shutil.copytree(TIANJIN / "carbon", tmp_path / "carbon")
    return tmp_path


def change(park: Path, file: str, old: str, new: str) -> None:
    path = park / "carbon" / file
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")


def test_a_park_without_a_book_has_the_rules_of_the_package_and_nothing_of_its_own(tmp_path: Path):
    book = carbon_book.load(tmp_path)
    assert list(book.rules) == ["aca-v1", "aca-2026-04-29", "net-zero-90", "half-2030"]
    assert (book.activities, book.targets, book.plan, book.claims, book.measures, book.solder) == (
        (),
        (),
        (),
        (),
        (),
        None,
    )
    assert (book.method.warming_set, book.method.transmission_id, book.method.upstream) == ("AR6", "", {})
    assert book.conversion().id == "power-station"


def test_the_demonstrations_book_rests_on_things_that_exist():
    book, park = carbon_book.load(TIANJIN), folder.load(TIANJIN)
    library = packs.library_of(packs.of_park(TIANJIN))
    for measure in book.measures:
        assert set(measure.meter_ids) <= set(park.meter)
    assert set(book.solder.oven_meter_ids) <= set(park.meter)
    assert [library.get(name, FuelFactor).id for name in book.solder.gasoline_factors]
    assert [library.get(name, GridFactor).id for name in book.solder.grid_factors]
    assert {part.target_id for part in book.plan} <= {target.id for target in book.targets}
    assert all("a company's figure, not a result of this park" in claim.source for claim in book.claims)
    assert set(book.method.excluded) == {8, 10, 13, 14, 15}
    assert not set(book.method.excluded) & {activity.category for activity in book.activities}
    assert book.targets[0].base_t == Decimal(46) * 365 * Decimal("0.7355")


def test_a_book_without_handling_says_nothing_of_it(park: Path):
    path = park / "carbon" / "activities.csv"
    rows = [line.rsplit(",", 2)[0] for line in path.read_text("utf-8").splitlines()]
    before = carbon_book.load(park).activities
    path.write_text("\n".join(rows) + "\n", "utf-8")
    assert [one.handling for one in before if one.handling] == ["recycled"]
    assert carbon_book.load(park).activities == tuple(replace(one, handling="", text_zh="") for one in before)


@pytest.mark.parametrize("columns", [("text_zh",), ("text_zh", "handling"), ("handling", "handling"), ("place",)])
def test_columns_that_may_be_left_out_come_in_any_order_and_once(park: Path, columns: tuple[str, ...]):
    path = park / "carbon" / "activities.csv"
    head, row, *_ = (line.rsplit(",", 2)[0] for line in path.read_text("utf-8").splitlines())
    told = {"text_zh": "空运", "handling": "clean", "place": "here"}
    path.write_text("\n".join((",".join((head, *columns)), ",".join((row, *map(told.get, columns))))) + "\n", "utf-8")
    if columns[0] == "text_zh":
        (found,) = carbon_book.load(park).activities
        assert (found.text_zh, found.handling) == ("空运", "clean" if "handling" in columns else "")
    else:
        with pytest.raises(LedgerError, match="has other columns"):
            carbon_book.load(park)


def test_an_activity_comes_as_it_stands(park: Path):
    first = carbon_book.load(park).activities[0]
    assert (first.id, first.scope, first.category, first.unit) == ("FREIGHT-AIR", 3, 9, "t.km")
    assert (first.text, first.text_zh) == ("air freight of finished goods", "成品空运")
    assert (first.start_day, first.end_day, first.kg_per_unit) == (date(2026, 1, 1), date(2026, 12, 31), None)


@pytest.mark.parametrize(
    ("file", "old", "new", "says"),
    [
        ("targets.toml", 'rule_id = "aca-v1"', 'rule_id = "aca-v9"', "target T-2030: no rule 'aca-v9'"),
        ("targets.toml", "scopes = [1, 2]", "scopes = [4]", r"targets\.toml: target 1: scopes"),
        ("targets.toml", "base_year = 2021", "base_jear = 2021", "target 1: base_"),
        ("targets.toml", 'base_t = "12349.045"', 'base_t = "-1"', "target 1: base_t"),
        ("targets.toml", "basis = \"derived: 46", "basis = \"46", "target 1: basis '46"),
        ("targets.toml", "[[plan]]", "[plan", "cannot be read"),
        ("measures.toml", 'status = "running"', 'status = "maybe"', "measure 1: status"),
        ("measures.toml", "life_a = 8", "life_a = 0", "measure 1: life_a"),
        ("measures.toml", 'invest_cny = "300000"', 'invest_cny = "-1"', "measure 1: invest_cny"),
        ("solder.toml", 'saving_share = "0.35"', 'saving_share = "1.35"', "solder: saving_share"),
        ("inventory.toml", "warming_set", "warming", r"\[method\]: \['warming'\]"),
        ("inventory.toml", '14 = "assumed:', '16 = "assumed:', r"\[excluded\]: 16 = "),
        ("inventory.toml", '14 = "assumed: ', '14 = "', r"\[excluded\]: 14 = 'the park"),
        ("zero_carbon.toml", "[given_basis]", "[basis]", "given efficient_equipment_share: has no basis"),
        ("zero_carbon.toml", '"0.70"', '"much"', "'much' is no decimal"),
        ("zero_carbon.toml", "[given]", '[proved]\nS1 = "we have one"\n[given]', r"\[proved\] S1 = 'we have one'"),
        ("activities.csv", "quantity,unit", "amount,unit", "has other columns"),
        ("activities.csv", "9000000,t.km", "many,t.km", r"activities\.csv:2: activity FREIGHT-AIR: 'many'"),
        ("activities.csv", "FREIGHT-AIR,3,9", "FREIGHT-AIR,three,9", "activity FREIGHT-AIR"),
        ("activities.csv", "2026-01-01,2026-12-31", "1.1.2026,2026-12-31", "activity FREIGHT-AIR"),
        ("activities.csv", "COMMUTE,3,7", "COMMUTE,3", "has not one cell a column"),
        ("activities.csv", ",recycled", ",reused", "handling is 'reused'; give clean, recycled or nothing"),
        ("activities.csv", ",recycled", ",clean", "WASTE-PACK: cannot be clean; clean is for freight in t.km"),
        ("activities.csv", "WASTE-PACK,3,5", "WASTE-PACK,3,1", "WASTE-PACK: cannot be recycled"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named_with_its_place(park: Path, file: str, old: str, new: str, says: str):
    change(park, file, old, new)
    with pytest.raises(LedgerError, match=says):
        carbon_book.load(park)


def test_a_parks_own_rule_may_not_take_the_id_of_a_known_edition(park: Path):
    text = (carbon_book.RULEBOOKS / "targets.toml").read_text("utf-8")
    own = park / "carbon" / "targets.toml"
    rule = text[text.index("[[rule]]") : text.index("[[rule]]", text.index("[[rule]]") + 1)]
    own.write_text(own.read_text("utf-8") + "\n" + rule, "utf-8")
    with pytest.raises(LedgerError, match="give another edition an id"):
        carbon_book.load(park)
    own.write_text(own.read_text("utf-8").replace('id = "aca-v1"', 'id = "aca-own"'), "utf-8")
    assert "aca-own" in carbon_book.load(park).rules


def test_an_unknown_conversion_is_refused_when_it_is_asked_for(park: Path):
    change(park, "inventory.toml", '"power-station"', '"coal"')
    with pytest.raises(LedgerError, match="conversion 'coal': is in no rulebook"):
        carbon_book.load(park).conversion()


def test_one_table_where_many_are_meant_is_refused(park: Path):
    path = park / "carbon" / "measures.toml"
    path.write_text('[measure]\nid = "M"\n')
    with pytest.raises(LedgerError, match=r"\[measure\] is one table; write \[\[measure\]\]"):
        carbon_book.load(park)
