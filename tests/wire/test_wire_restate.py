"""Another edition of the grid's factor restates closed days, beside a running park too; old reports stay as of then."""

from __future__ import annotations

import csv
import json
import shutil
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner

from parkwright.cli import app
from parkwright.ledger import views
from parkwright.model.errors import LedgerError
from parkwright.store import folder, lock
from parkwright.store.journal import Journal
from parkwright.wire import carbon, restate
from parkwright.wire.carbon_desk import CarbonDesk
from parkwright.wire.pace import Anchor, replace_text
from parkwright.wire.places import Places

JUNE, JULY = date(2026, 6, 30), date(2026, 7, 1)
AT = datetime(2026, 9, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
GIGAWATT_HOURS = 10_000_000
"""Ten of them [kWh]."""
EDITIONS = {"tj-2022": "0.7041", "tj-2023": "0.6796"}
Place = tuple[Path, Path]


@pytest.fixture
def place(closed_days: Path, tmp_path: Path) -> Place:
    """Two closed days in a park with two more editions of the grid's factor, which a test may change."""
    park_dir, var = (Path(shutil.copytree(closed_days / name, tmp_path / name)) for name in ("park", "var"))
    file = park_dir / "factors.csv"
    with file.open(encoding="utf-8", newline="") as opened:
        rows = list(csv.DictReader(opened))
    plain = next(row for row in rows if row["kind"] == "grid_average")
    with file.open("w", encoding="utf-8", newline="") as opened:
        writer = csv.DictWriter(opened, list(plain))
        writer.writeheader()
        writer.writerows([*rows, *(plain | {"id": name, "value": value} for name, value in EDITIONS.items())])
    assert set(EDITIONS) < set(folder.load(park_dir).factor)
    return park_dir, var


def report(place: Place, as_of: datetime | None = None, days=(JUNE, JULY)) -> str:
    with carbon.opened(folder.load(place[0]), *place, as_of) as accounts:
        return json.dumps({**carbon.inventory_answer(accounts, *days), "as_of": None})


def editions(place: Place, factor_id: str, at: datetime | None = AT, days=(JUNE, JULY)):
    return restate.factor_edition(folder.load(place[0]), place[1], days, factor_id, "new announcement", at)


def test_ten_gigawatt_hours_go_from_one_edition_to_the_next_and_the_old_report_stays(place: Place, tmp_path: Path):
    park = folder.load(place[0])
    with Journal.reader(Places(place[1], "SM").journal) as facts:
        rows = facts.read("readings", JULY.isoformat())
    meters = {meter.id for meter in park.meters if meter.commodity == "electricity" and meter.role != "load"}
    (bought,) = (meter.id for meter in park.meters if meter.role == "import")
    outside = rows.filter(pl.col("meter_id").is_in(list(meters)) & pl.col("energy_mwh_int").is_not_null())
    first = outside["start"].min()
    lines = [
        f"{start.isoformat()},{meter},{GIGAWATT_HOURS if (start, meter) == (first, bought) else 0}"
        for start, meter in outside.select("start", "meter_id").iter_rows()
    ]
    (tmp_path / "all.csv").write_text("\n".join(["start,meter_id,energy_kwh", *lines]))
    restate.late_readings(park, place[1], JULY, tmp_path / "all.csv", "error", "a test", AT)
    day = (JULY, JULY)
    editions(place, "tj-2022", AT + HOUR, day)
    old = report(place, days=day)
    done = editions(place, "tj-2023", AT + 2 * HOUR, day)
    new = json.loads(report(place, days=day))
    assert json.loads(old)["scope2"]["location_kg"] == 7_041_000
    assert json.loads(old)["national"]["electricity_factor"]["id"] == "tj-2022"
    assert new["scope2"]["location_kg"] == 6_796_000
    assert new["national"]["electricity_factor"]["id"] == "tj-2023"
    assert done["scope2_change_kg"] == {"location": -245_000, "market": 0}
    assert report(place, AT + HOUR, day) == report(place, AT + 2 * HOUR - timedelta(seconds=1), day) == old
    assert folder.load(place[0]).site.accounting_grid_factor not in EDITIONS


def test_a_span_is_restated_day_by_day_and_asking_again_finishes_it(place: Place):
    before = json.loads(report(place))
    editions(place, "tj-2022", AT, (JULY, JULY))
    mixed = json.loads(report(place))
    assert [one["factor"] for one in mixed["scope2"]["lines"]][-1] == "tj-2022"
    assert len(mixed["scope2"]["lines"]) == 2
    done = editions(place, "tj-2022", AT + HOUR)
    assert [one["day"] for one in done["restatements"]] == [JUNE.isoformat()]
    assert done["days_left"] == [JULY.isoformat()]
    after = json.loads(report(place))
    ratio = 0.7041 / float(before["national"]["electricity_factor"]["value"])
    assert after["scope2"]["location_kg"] == pytest.approx(before["scope2"]["location_kg"] * ratio)
    assert after["scope2"]["market_kg"] == before["scope2"]["market_kg"]
    with Journal.reader(Places(place[1], "SM").journal) as facts:
        assert views.unbalanced(facts.read("postings", JUNE.isoformat(), JULY.isoformat())).is_empty()
    with pytest.raises(LedgerError, match="is booked with tj-2022 already; name another edition"):
        editions(place, "tj-2022", AT + 2 * HOUR)
    with pytest.raises(LedgerError, match="no closed day in this ledger"):
        editions(place, "tj-2023", AT, (date(2020, 1, 1), date(2020, 1, 2)))
    for unfit, says in (("nowhere", "not in park SM"), (folder.load(place[0]).site.residual_grid_factor, "of kind")):
        with pytest.raises(LedgerError, match=says):
            editions(place, unfit, AT + 2 * HOUR)


def running(place: Place, first_live: date) -> Places:
    places = Places(place[1], "SM")
    Anchor(datetime(2026, 7, 2, 4, tzinfo=UTC), 0.0, 0.0).save(places.anchor)
    replace_text(places.home / "live.json", json.dumps({"first_day": first_live.isoformat()}))
    return places


def test_a_running_park_s_closed_days_are_restated_at_the_park_s_time(place: Place):
    places = running(place, JULY + timedelta(days=1))
    with lock.hold(places.home, "a run"):
        done = editions(place, "tj-2022", None)
    assert {one["recorded_at"][:16] for one in done["restatements"]} == {"2026-07-02T04:00"}


def test_who_works_alone_in_the_ledger_is_not_disturbed(place: Place):
    places = Places(place[1], "SM")
    with lock.hold(places.home, "a headless day"), pytest.raises(LedgerError, match="in use by 'a headless day'"):
        editions(place, "tj-2022")
    with lock.hold(places.writer("restatement"), "another one"), pytest.raises(LedgerError, match="'another one'"):
        editions(place, "tj-2022")


@pytest.mark.parametrize(("first_live", "refused"), [(JULY, False), (JUNE, True)])
def test_a_battery_that_the_run_goes_on_with_is_not_restated_under_it(place: Place, first_live: date, refused: bool):
    assert folder.load(place[0]).energy.battery
    places = running(place, first_live)
    with lock.hold(places.home, "a run"):
        if not refused:
            assert editions(place, "tj-2022", None, (JUNE, JUNE))["restatements"]
            return
        with pytest.raises(LedgerError, match="stop the park, restate the day, and start it again"):
            editions(place, "tj-2022", None, (JUNE, JUNE))
    with Journal.reader(places.journal) as facts:
        assert not facts.days("restatements")


def parkwright(*words: object):
    return CliRunner().invoke(app, [str(word) for word in words])


def test_the_command_restates_a_span_and_lists_what_was_restated(place: Place):
    told = ("--text", "MEE announcement", "--var", place[1], "--json")
    done = parkwright("carbon", "restate", place[0], "--date", JUNE, "--to", JULY, "--factor", "tj-2022", *told)
    assert done.exit_code == 0, done.output
    assert len(json.loads(done.output)["restatements"]) == 2
    span = ("--from", JULY, "--to", JULY, "--var", place[1], "--json")
    listed = json.loads(parkwright("carbon", "restatements", place[0], *span).output)
    (row,) = listed["rows"]
    assert (row["id"], row["reason"], row["text"]) == (f"R-{JULY}-1", "factor_edition", "MEE announcement")
    first = json.loads(done.output)["restatements"]
    changed = {one["restatement"]: one["scope2_change_kg"] for one in first}[row["id"]]
    assert {"location": row["location_change_kg"], "market": row["market_change_kg"]} == changed
    assert changed["location"]
    (change,) = row["shown"]
    assert (change["after"], change["after_value"], change["start"]) == ("tj-2022", 0.7041, None)
    assert change["before_value"] == float(Decimal(folder.load(place[0]).factor[change["before"]].value))


@pytest.mark.parametrize(
    ("words", "says"),
    [(["--factor", "tj-2022"], "--text: is missing"), (["--text", "t"], "one of the two"),
     (["late.csv", "--factor", "tj-2022", "--text", "t"], "one of the two"),
     (["late.csv", "--to", "2026-07-02", "--text", "t", "--reason", "error"], "--to: goes with --factor alone")],
)  # fmt: skip
def test_a_command_that_says_too_little_or_too_much_is_refused(place: Place, words: list[str], says: str):
    done = parkwright("carbon", "restate", place[0], *words, "--date", JULY, "--var", place[1])
    assert done.exit_code == 2
    assert says in " ".join(done.output.split())


def test_the_desk_of_the_pages_restates_and_its_report_follows(place: Place):
    desk = CarbonDesk(folder.load(place[0]), *place)
    before = desk.report(JUNE, JULY)
    desk.restate((JUNE, JULY), "tj-2022", "new announcement", AT)
    after = desk.report(JUNE, JULY)
    assert before is not None
    assert after is not None
    factors = [one["inventory"]["national"]["electricity_factor"]["id"] for one in (before, after)]
    assert factors == [folder.load(place[0]).site.accounting_grid_factor, "tj-2022"]


def test_late_readings_that_the_pages_give_are_what_the_command_restates(place: Place):
    desk, park = CarbonDesk(folder.load(place[0]), *place), folder.load(place[0])
    start = park.midnight(JULY).isoformat()
    text = f"start,meter_id,energy_kwh\n{start},grid-in,1.5\n"
    with pytest.raises(LedgerError, match=r"^readings:2: "):
        desk.restate_readings(JULY, text.replace("1.5", "much"), "late_reading", "t", AT)
    done = desk.restate_readings(JULY, text.replace("\n", "\r\n"), "late_reading", "the gateway was silent", AT)
    assert (done["restatement"], done["reason"], done["corrections"]) == (f"R-{JULY}-1", "late_reading", 1)
    assert done["scope2_change_kg"]["location"]
