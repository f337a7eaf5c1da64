"""Commands for certificates, a base year, a metered saving, sinks and factors: what they say and what they refuse."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest
from book_fixture import with_book
from typer.testing import CliRunner

from parkwright.cli import app
from parkwright.store import folder
from parkwright.store.new import write_park

JUNE, JULY = "2026-06-30", "2026-07-01"
OF_JUNE = ("--from", "2026-06-01", "--to", "2026-06-30")
WIND = (*OF_JUNE, "--region", "CN", "--technology", "wind")
MEASURE = """
[[measure]]
id = "M1"
pain = { en = "a", zh = "a" }
measure = { en = "b", zh = "b" }
status = "running"
electricity_kwh = "100"
invest_cny = "10"
life_a = 10
meter_ids = ["METER"]
basis = "assumed: a test"
"""


def parkwright(*words: object):
    return CliRunner().invoke(app, [str(word) for word in words], catch_exceptions=False)


def answer(*words: object) -> dict:
    done = parkwright(*words, "--json")
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


class Desk:
    """The certificates of a park of its own."""

    def __init__(self, home: Path, closed: Path | None = None) -> None:
        self.park, self.var = home / "park", home / "var"
        if closed is None:
            write_park(self.park, "SM")
        else:
            shutil.copytree(closed / "park", self.park)
            shutil.copytree(closed / "var", self.var)

    def words(self, deed: str, *words: object) -> tuple[object, ...]:
        return ("carbon", "certificate", deed, self.park, *words, "--var", self.var)

    def say(self, deed: str, *words: object) -> dict:
        return answer(*self.words(deed, *words))

    def refused(self, deed: str, *words: object) -> str:
        before = self.say("list")
        done = parkwright(*self.words(deed, *words))
        assert done.exit_code == 2, done.output
        assert self.say("list") == before
        return done.output

    def states(self) -> list[tuple[int, int, str]]:
        return [(one["first"], one["last"], one["state"]) for one in self.say("list")["certificates"]]


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


@pytest.fixture
def used(tmp_path: Path, closed_days: Path) -> Desk:
    """The certificates of a park with two closed days, which bought some megawatt-hours."""
    return Desk(tmp_path, closed_days)


def test_a_range_is_entered_held_retired_in_part_and_sold(used: Desk):
    desk = used
    assert desk.say("list") == {"park": "SM", "kwh": {}, "certificates": []}
    (entered,) = desk.say("enter", "GEC", 1001, 1400, *WIND)["certificates"]
    assert entered == {
        "registry": "GEC", "first": 1001, "last": 1400, "kwh": 400_000.0, "state": "issued",
        "vintage": ["2026-06-01", "2026-06-30"], "region": "CN", "technology": "wind", "own": False,
        "kg_per_kwh": 0.0, "retired_to": None, "retirable": None, "hour": None, "valid_to": "2028-06-29",
    }  # fmt: skip
    desk.say("move", "GEC", 1001, 1400, "--state", "held")
    retired = desk.say("retire", "GEC", 1001, 1001, "--from", "2026-06-30", "--to", "2026-07-31")
    assert retired["kwh"] == {"retired": 1_000.0, "held": 399_000.0}
    assert retired["certificates"][0]["retired_to"] == ["2026-06-30", "2026-07-31"]
    desk.say("move", "GEC", 1300, 1300, "--state", "sold")
    assert desk.states() == [
        (1001, 1001, "retired"), (1002, 1299, "held"), (1300, 1300, "sold"), (1301, 1400, "held"),
    ]  # fmt: skip


def test_own_power_with_its_factor_may_be_entered_as_held(desk: Desk):
    (one,) = desk.say("enter", "OWN", 1, 2, *WIND, "--own", "--held", "--factor", 0.041)["certificates"]
    assert (one["state"], one["own"], one["kg_per_kwh"]) == ("held", True, 0.041)


def test_no_more_is_retired_than_the_ledger_says_was_used(used: Desk):
    days = ("--from", JUNE, "--to", JULY)
    used.say("enter", "GEC", 1, 100, *WIND, "--held")
    said = used.refused("retire", "GEC", 1, 100, *days)
    left = float(re.search(r"100 MWh are more than the ([0-9.]+) MWh of bought power", said).group(1))
    assert 1 < left < 100
    bought = answer("carbon", "inventory", used.park, *days, "--var", used.var)["scope2"]["imported_mwh"]
    assert left == pytest.approx(bought, abs=5e-4)
    most = int(left)
    assert f"retire {most} at most, or name more days" in said
    used.say("retire", "GEC", 1, most, *days)
    assert "; name more days" in used.refused("retire", "GEC", most + 1, most + 1, *days)
    found = answer("carbon", "inventory", used.park, *days, "--var", used.var)
    assert (found["scope2"]["certified_mwh"], found["certificates_beyond_use"]) == (most, [])
    outside = ("--from", "2026-06-01", "--to", "2026-06-29")
    assert "none of the days of consumption is closed" in used.refused("retire", "GEC", 90, 90, *outside)


def test_a_certificate_of_an_hour_counts_in_the_score_of_the_hours(used: Desk):
    days = ("--from", JUNE, "--to", JULY)
    of_hour = ("--from", JUNE, "--to", JUNE, "--hour", "10", "--region", "CN-NM", "--technology", "wind", "--held")
    before = answer("carbon", "inventory", used.park, *days, "--var", used.var)["matching"]
    (entered,) = used.say("enter", "GEC", 1, 1, *of_hour)["certificates"]
    assert (entered["vintage"], entered["hour"]) == ([JUNE, JUNE], 10)
    used.say("retire", "GEC", 1, 1, *days)
    after = answer("carbon", "inventory", used.park, *days, "--var", used.var)["matching"]
    assert 1 > after["hourly_share"] > before["hourly_share"]
    assert after["annual_rule_share"] > after["hourly_share"]
    hourly = ("--region", "CN", "--technology", "wind", "--hour", "10")
    assert "an hour is of one day" in used.refused("enter", "GEC", 5, 5, *days, *hourly)


def test_what_is_past_its_validity_expires_by_command(desk: Desk):
    old = ("--from", "2020-02-01", "--to", "2020-02-29", "--region", "CN", "--technology", "wind")
    desk.say("enter", "GEC", 1, 10, *old)
    desk.say("enter", "GEC", 11, 20, *old, "--held")
    desk.say("enter", "GEC", 21, 30, "--from", "2026-06-01", "--to", "2026-06-30", *old[4:])
    assert desk.say("expire")["expired"] == 20
    assert desk.states() == [(1, 10, "expired"), (11, 20, "expired"), (21, 30, "issued")]
    assert desk.say("expire")["expired"] == 0
    assert "is expired, cannot become held" in desk.refused("move", "GEC", 1, 1, "--state", "held")


def test_a_certificate_from_outside_the_market_is_refused(used: Desk):
    used.say("enter", "GO", 1, 2, *OF_JUNE, "--region", "FR", "--technology", "wind", "--held")
    days = ("--from", JUNE, "--to", JULY)
    assert "is from FR, the park buys in CN" in used.refused("retire", "GO", 1, 1, *days)
    site = used.park / "park.toml"
    text = site.read_text("utf-8")
    site.write_text(
        text.replace("residual_grid_factor =", 'certificate_regions = ["CN", "FR"]\nresidual_grid_factor =', 1)
    )
    assert used.say("retire", "GO", 1, 1, *days)["kwh"]["retired"] == 1_000.0


def test_what_may_not_be_is_refused_and_moves_nothing(used: Desk):
    desk = used
    desk.say("enter", "GEC", 1, 10, *WIND, "--held")
    desk.say("retire", "GEC", 1, 1, "--from", JUNE, "--to", JULY)
    assert "overlaps GEC 1-1, which is retired" in desk.refused("enter", "GEC", 1, 12, *WIND)
    assert "cannot become retired" in desk.refused("retire", "GEC", 1, 6, *OF_JUNE)
    assert "name the consumption" in desk.refused("move", "GEC", 5, 6, "--state", "retired")
    assert "'lost' is no state" in desk.refused("move", "GEC", 5, 6, "--state", "lost")
    assert "2 are not entered" in desk.refused("move", "GEC", 9, 12, "--state", "sold")
    assert "does not fit consumption" in desk.refused(
        "retire", "GEC", 5, 6, "--from", "2029-01-01", "--to", "2029-01-31"
    )
    assert "is no date" in desk.refused("retire", "GEC", 5, 6, "--from", "June", "--to", "2026-06-30")


@pytest.fixture(scope="module")
def place(closed_days: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    meter = next(one.id for one in folder.load(closed_days / "park").meters if one.purpose == "machine")
    book = {"measures.toml": MEASURE.replace("METER", meter)}
    return with_book(closed_days, tmp_path_factory.mktemp("commands") / "home", book)


def test_a_base_year_that_nothing_corrected_stands(place: tuple[Path, Path]):
    words = ("carbon", "base-year", place[0], "--from", JUNE, "--to", JULY, "--var", place[1])
    found = answer(*words, "--published", "2099-01-01T00:00:00Z")
    assert found["recalculate"] is False
    assert found["published_kg"] == found["now_kg"]
    assert found["now_kg"]["scope2_location"] > 0
    assert "has no offset" in parkwright(*words, "--published", "2099-01-01T00:00:00").output
    early = parkwright(*words, "--published", "2020-01-01T00:00:00Z")
    assert (early.exit_code, "no closed day" in early.output) == (2, True)


def test_a_saving_is_what_the_meters_of_a_measure_say_between_two_days(place: tuple[Path, Path]):
    def saved(before: str, after: str) -> dict:
        spans = ("--before-from", before, "--before-to", before, "--from", after, "--to", after)
        return answer("carbon", "saving", place[0], "M1", *spans, "--var", place[1])

    assert saved(JUNE, JUNE)["saved_kwh"] == 0
    forth, back = saved(JUNE, JULY), saved(JULY, JUNE)
    assert forth["metered_kwh"] > 0
    assert forth["expected_kwh"] - forth["metered_kwh"] == pytest.approx(forth["saved_kwh"])
    assert (forth["saved_kwh"] > 0) is (back["saved_kwh"] < 0)
    assert forth["saved_kg"] == pytest.approx(forth["saved_kwh"] * 0.5306)
    spans = ("--before-from", JUNE, "--before-to", JUNE, "--from", JULY, "--to", JULY)
    unknown = parkwright("carbon", "saving", place[0], "M9", *spans, "--var", place[1])
    assert (unknown.exit_code, "measure M9: is unknown" in unknown.output) == (2, True)


def test_felled_trees_are_an_emission_and_no_scope_moves(tmp_path: Path):
    tianjin = Path(__file__).parents[2] / "parks" / "tianjin"
    park = Path(shutil.copytree(tianjin, tmp_path / "park", ignore=shutil.ignore_patterns("var")))
    lines = (tianjin / "green.csv").read_text("utf-8").splitlines()
    (park / "carbon" / "green-2026-01-01.csv").write_text("\n".join(lines) + "\n", "utf-8")
    assert answer("carbon", "sinks", park)["change_kg"] == 0
    kept = [line for number, line in enumerate(lines) if number != 1]
    (park / "green.csv").write_text("\n".join(kept) + "\n", "utf-8")
    found = answer("carbon", "sinks", park)
    assert (found["since"], found["inventories"]) == ("2026-01-01", ["2025-06-30", "2026-01-01"])
    assert found["felled_kg"] > 0
    assert found["change_kg"] == pytest.approx(-found["felled_kg"])
    assert found["stock_after_kg"] == pytest.approx(found["stock_before_kg"] - found["felled_kg"])
    before = answer("carbon", "sinks", park, "--since", "2025-06-30")
    assert before["growth_kg"] > 0 < before["planted_kg"]
    assert before["change_kg"] == pytest.approx(before["growth_kg"] + before["planted_kg"] - before["felled_kg"])
    unknown = parkwright("carbon", "sinks", park, "--since", "2020-01-01")
    assert (unknown.exit_code, "one of 2025-06-30, 2026-01-01" in unknown.output) == (2, True)
    for path in (park / "carbon").glob("green-*.csv"):
        path.unlink()
    assert "write carbon/green-YYYY-MM-DD.csv" in parkwright("carbon", "sinks", park).output


def test_every_factor_is_listed_with_its_source(tmp_path: Path):
    write_park(tmp_path / "park", "SM")
    found = answer("carbon", "factors", tmp_path / "park")
    assert len(found["packs"]) == 5
    assert all(one["publisher"] and one["document"] and one["sha256"] for one in found["factors"])
