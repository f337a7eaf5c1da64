"""The centre's checklist is proved by what is there: plain counts of the facts, and each item falls without its own."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from book_fixture import FOOTPRINT, HALF, with_book

from parkwright.carbon.certificates import Certificate
from parkwright.run.exchange import Partner
from parkwright.show.answers import carbon as answers
from parkwright.store import folder
from parkwright.store.certificates import CertificateRegister
from parkwright.store.journal import Journal
from parkwright.store.requests import RequestDesk
from parkwright.wire import centre
from parkwright.wire.accounts import opened
from parkwright.wire.carbon_desk import CarbonDesk
from parkwright.wire.places import Places

JUNE, JULY = date(2026, 6, 30), date(2026, 7, 1)
DAYS = (JUNE.isoformat(), JULY.isoformat())
NOW = datetime(2026, 9, 1, 20, tzinfo=UTC)
BY_THE_LEDGER = {"F01", "F02", "F04", "F05", "F06", "F08", "F09", "F11"}
MEASURE = """
[[measure]]
id = "M1"
pain = { en = "a", zh = "a" }
measure = { en = "a", zh = "a" }
status = "idea"
invest_cny = "1"
life_a = 10
basis = "assumed: a test"
"""
Place = tuple[Path, Path]


@pytest.fixture(scope="module")
def place(closed_days: Path, tmp_path_factory: pytest.TempPathFactory) -> Place:
    return with_book(closed_days, tmp_path_factory.mktemp("evidence") / "home", {"inventory.toml": FOOTPRINT})


def items(place: Place, start: date = JUNE, end: date = JULY) -> dict[str, Mapping[str, Any]]:
    with opened(folder.load(place[0]), *place) as accounts:
        return {item["id"]: item for item in centre.zero_carbon_answer(accounts, start, end)["checklist"]}


def proved(found: Mapping[str, Mapping[str, Any]]) -> set[str]:
    return {name for name, item in found.items() if item["by"]}


def facts_of(place: Place, kind: str) -> list[dict[str, Any]]:
    with Journal.reader(Places(place[1], "SM").journal) as facts:
        return [row for day in DAYS for row in facts.read(kind, day).iter_rows(named=True)]


def test_the_ledger_proves_what_it_holds_by_plain_counts_of_its_facts(place: Place):
    found, park = items(place), folder.load(place[0])
    assert proved(found) == BY_THE_LEDGER
    readings = [row["meter_id"] for row in facts_of(place, "readings") if row["quality"] == "good"]
    loads = {meter.id for meter in park.meters if meter.commodity == "electricity" and meter.role == "load"}
    below = {meter.id for meter in park.meters if meter.parent_id in loads} & set(readings) & loads
    emitted = [
        row for row in facts_of(place, "postings")
        if row["commodity"] == "co2e" and row["account"].startswith(("source:", "scope1:", "export:"))
    ]  # fmt: skip
    with Journal.reader(Places(place[1], "SM").journal) as facts:
        batches = len(facts.since(0))
    counts = {
        "F01": len(readings), "F04": 2, "F05": len(below), "F06": 2, "F08": len(emitted),
        "F09": len({row["unit_id"] for row in facts_of(place, "passports")}), "F11": batches,
    }  # fmt: skip
    assert {name: found[name]["value"] for name in counts} == counts
    assert min(counts.values()) > 0
    assert {found[name]["newest"] for name in counts if name != "F11"} == {JULY.isoformat()}
    assert found["F02"]["value"] > 0
    assert found["F02"]["newest"] == JULY.isoformat()


def test_a_span_is_proved_by_its_own_days_alone(place: Place):
    both, june = items(place), items(place, JUNE, JUNE)
    assert proved(both) - proved(june) == {"F04"}
    assert 0 < june["F01"]["value"] < both["F01"]["value"]
    assert june["F01"]["newest"] == june["F08"]["newest"] == JUNE.isoformat()


def test_what_was_not_found_says_so_and_has_neither_page_nor_day(place: Place):
    for item in items(place).values():
        assert bool(item["proof"]) == bool(item["by"])
        assert item["by"] or (item["value"] in (None, 1.0) and item["newest"] is None)
        assert item["missing"]["en"]
        assert item["missing"]["zh"]


@pytest.mark.parametrize(
    ("name", "file", "text"),
    [("F03", "measures.toml", MEASURE), ("F07", "targets.toml", HALF),
     ("S1", "zero_carbon.toml", '[proved]\nS1 = "cited: rule of the park, 2026"\n')],
)  # fmt: skip
def test_the_park_s_book_proves_what_is_written_in_it(place: Place, tmp_path: Path, name: str, file: str, text: str):
    park_dir = Path(shutil.copytree(place[0], tmp_path / "park"))
    (park_dir / "carbon" / file).write_text(text, "utf-8")
    found = items((park_dir, place[1]))
    assert proved(found) - BY_THE_LEDGER == {name}
    assert found[name]["by"] == ("named" if name == "S1" else "found")


def test_a_target_of_other_years_proves_no_budget(place: Place, tmp_path: Path):
    park_dir = Path(shutil.copytree(place[0], tmp_path / "park"))
    text = HALF.replace("base_year = 2020", "base_year = 2027")
    (park_dir / "carbon" / "targets.toml").write_text(text, "utf-8")
    assert "F07" not in proved(items((park_dir, place[1])))


def test_what_people_do_is_found_at_once(place: Place, tmp_path: Path):
    var = Path(shutil.copytree(place[1], tmp_path / "var"))
    park = folder.load(place[0])
    desk, url = CarbonDesk(park, place[0], var), Places(var, "SM").operations_url

    def now() -> dict[str, Any]:
        found = desk.indicators(JUNE, JULY)
        assert found is not None
        return {item["id"]: item for item in found["checklist"]}

    assert proved(now()) == BY_THE_LEDGER
    with RequestDesk(url) as requests:
        ann = requests.add_user("Ann", "planner", NOW)
        requests.approve_plan(DAYS[0], "hash", ann, NOW)
        assert proved(now()) - BY_THE_LEDGER == {"F13"}
        requests.register(Partner("panels", "Panels", supplier_id="S-1"), "a secret of theirs", NOW)
        drafted = requests.draft("S-1", park.materials[0].id, "panels", "Ann", NOW)
        assert proved(now()) - BY_THE_LEDGER == {"F13", "S3"}
        requests.send(drafted.id, ["urn:x:1"], "Ann", NOW)
    with CertificateRegister(url) as register:
        vintage = (NOW - timedelta(days=70), NOW - timedelta(days=40))
        kind = ("CN", "solar", False, Decimal(0), "held", NOW)
        register.issue(Certificate("GEC", 1, 5, *vintage, *kind), ann)
    found = now()
    assert proved(found) - BY_THE_LEDGER == {"F10", "F12", "F13", "S3"}
    assert {found[name]["newest"] for name in ("F10", "F12", "F13", "S3")} == {"2026-09-02"}
    assert (found["F12"]["value"], found["F10"]["value"]) == (5.0, 1.0)


def test_the_share_of_products_with_a_footprint_is_counted_in_passports(place: Place):
    def share(change=lambda accounts: accounts):
        with opened(folder.load(place[0]), *place) as accounts:
            found = centre.zero_carbon_answer(change(accounts), JUNE, JULY)["indicators"]
        one = next(each for each in found if each["id"] == "product_footprint_share")
        return one["value"], [term["value"] for term in one["terms"]], one["unstated"]

    made = {row["product_id"] for row in facts_of(place, "passports")}
    assert share() == (1.0, [len(made), len(made)], "")

    def without_a_passport(accounts):
        rows = accounts.finished(list(DAYS))
        for day in DAYS:
            of_day = rows.filter(day=day)
            accounts.kept["finished", day, 0] = of_day.with_columns(units=of_day["units"] - (day == DAYS[0]))
        return accounts

    assert share(without_a_passport)[0] < 1
    bare = replace(folder.load(place[0]), bill=())
    assert share(lambda accounts: replace(accounts, park=bare)) == (None, [], "no_bill")


def test_the_api_s_row_has_what_was_found(place: Place):
    found = answers.centre(CarbonDesk(folder.load(place[0]), *place), JUNE, JULY)
    assert found is not None
    rows = {row.id: row for row in found.checklist}
    assert (rows["F01"].by, rows["F01"].proof, rows["F01"].newest) == ("found", "/energy", JULY.isoformat())
    assert (rows["S1"].by, rows["S1"].value) == ("", None)
    assert {row.unstated for row in found.indicators if row.value is None} == {"not_given"}
