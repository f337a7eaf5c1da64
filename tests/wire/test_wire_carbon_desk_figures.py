"""What the carbon desk says is what plain sums over the facts of two closed days give, in two months and in each."""

from __future__ import annotations

import itertools
import shutil
import threading
from collections import Counter, defaultdict
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from book_fixture import FOOTPRINT, HALF, with_book

from parkwright.carbon.certificates import Certificate
from parkwright.carbon.retirement import Consumption, Used
from parkwright.model.errors import ParkwrightError
from parkwright.show.answers import carbon as answers
from parkwright.show.pages import carbon as carbon_page
from parkwright.show.words import Words
from parkwright.store import folder
from parkwright.store.certificates import CertificateRegister
from parkwright.store.journal import Journal
from parkwright.store.reader import Reader
from parkwright.wire import carbon_desk, restate
from parkwright.wire.carbon_desk import CarbonDesk
from parkwright.wire.headless import run_one
from parkwright.wire.places import Places

JUNE, JULY = date(2026, 6, 30), date(2026, 7, 1)
AT = datetime(2026, 9, 1, tzinfo=UTC)
UG_PER_KG = 1e9
MWH_INT_PER_KWH = 1e6
MEASURE = """
[[measure]]
id = "{id}"
pain = {{ en = "a", zh = "a" }}
measure = {{ en = "{id}", zh = "{id}" }}
status = "idea"
electricity_kwh = "{kwh}"
invest_cny = "{cny}"
life_a = 10
meter_ids = ["{meter}"]
basis = "assumed: a test"
"""
ACTIVITIES = """id,scope,category,text,quantity,unit,factor_id,kg_per_unit,start_day,end_day,basis
LEAK,1,0,refrigerant,12,kg,gas:HFC-134a,,2026-01-01,2026-12-31,assumed: a test
"""
LEAK_KG_A_DAY = 12 * 1530 / 365
"""With the global warming potential of AR6."""
Place = tuple[Path, Path]


@pytest.fixture(scope="module")
def place(closed_days: Path, tmp_path_factory: pytest.TempPathFactory) -> Place:
    park = folder.load(closed_days / "park")
    meter = next(one.id for one in park.meters if one.purpose == "machine")
    measures = (("dear", "100", "9000"), ("cheap", "5000", "10"), ("none", "0", "5"))
    told = "".join(MEASURE.format(id=name, kwh=kwh, cny=cny, meter=meter) for name, kwh, cny in measures)
    book = {"inventory.toml": FOOTPRINT, "targets.toml": HALF, "measures.toml": told, "activities.csv": ACTIVITIES}
    return with_book(closed_days, tmp_path_factory.mktemp("figures") / "home", book)


@pytest.fixture
def changing(place: Place, tmp_path: Path) -> Place:
    return place[0], Path(shutil.copytree(place[1], tmp_path / "var"))


@pytest.fixture(scope="module")
def desk(place: Place) -> CarbonDesk:
    return desk_of(place)


def desk_of(place: Place) -> CarbonDesk:
    return CarbonDesk(folder.load(place[0]), *place)


def report_of(desk: CarbonDesk, start: date | None, end: date | None) -> dict[str, Any]:
    found = desk.report(start, end)
    assert found is not None
    return dict(found)


def facts_of(place: Place, kind: str, *days: date) -> list[dict[str, Any]]:
    with Journal.reader(Places(place[1], "SM").journal) as facts:
        return [row for day in days for row in facts.read(kind, day.isoformat()).iter_rows(named=True)]


def power_of(place: Place, *days: date) -> dict[Any, dict[str, int]]:
    """Return interval -> grid, own, export [mWh], summed posting by posting."""
    sums: dict[Any, dict[str, int]] = defaultdict(lambda: {"grid": 0, "own": 0, "export": 0})
    for row in facts_of(place, "postings", *days):
        if (row["commodity"], row["view"]) != ("electricity", "physical"):
            continue
        kind = row["account"].partition(":")[0]
        if row["account"] == "source:grid":
            sums[row["start"]]["grid"] -= row["quantity"]
        elif kind == "source":
            sums[row["start"]]["own"] -= row["quantity"]
        elif kind == "export":
            sums[row["start"]]["export"] += row["quantity"]
    return sums


def hours_of(place: Place, *days: date) -> dict[datetime, Counter[str]]:
    """Return hour -> grid, own, export [mWh]."""
    hours: dict[datetime, Counter[str]] = defaultdict(Counter)
    for start, each in power_of(place, *days).items():
        hours[start.replace(minute=0)].update(each)
    return hours


SPANS = [(JUNE,), (JULY,), (JUNE, JULY)]


@pytest.mark.parametrize("days", SPANS)
def test_scope_2_is_the_sum_of_the_postings(place: Place, desk: CarbonDesk, days: tuple[date, ...]):
    found = report_of(desk, days[0], days[-1])["inventory"]
    posted = sum(
        -row["quantity"]
        for row in facts_of(place, "postings", *days)
        if (row["commodity"], row["view"]) == ("co2e", "location") and row["account"].startswith("source:")
    )
    assert posted > 0
    assert found["scope2"]["location_kg"] == posted / UG_PER_KG
    bought = sum(each["grid"] for each in power_of(place, *days).values())
    assert found["scope2"]["imported_mwh"] == pytest.approx(bought / MWH_INT_PER_KWH / 1000, rel=1e-12)
    assert found["days_closed"] == len(days)


@pytest.mark.parametrize("days", SPANS)
def test_clean_energy_covers_what_the_hours_say(place: Place, desk: CarbonDesk, days: tuple[date, ...]):
    load = covered = made = 0
    for each in hours_of(place, *days).values():
        own = max(each["own"] - each["export"], 0)
        used = each["grid"] + each["own"] - each["export"]
        load, made, covered = load + used, made + own, covered + min(own, used)
    found = report_of(desk, days[0], days[-1])["inventory"]["matching"]
    assert found["hourly_share"] == pytest.approx(covered / load, rel=1e-12)
    assert found["annual_rule_share"] == pytest.approx(min(made, load) / load, rel=1e-12)


@pytest.mark.parametrize("days", SPANS)
def test_a_unit_carries_scopes_1_and_2_of_the_good_ones(desk: CarbonDesk, days: tuple[date, ...]):
    found = report_of(desk, days[0], days[-1])["inventory"]
    whole = found["scope1"]["kg"] + found["scope2"]["location_kg"]
    assert found["scope12_kg_per_unit"]["location"] * found["units_good"] == pytest.approx(whole, rel=1e-12)


def test_good_units_have_a_good_last_verdict(place: Place, desk: CarbonDesk):
    park = folder.load(place[0])
    finished = {one.id for one in park.products if one.kind == "finished"}
    jobs = {row["job_id"]: row["product_id"] for row in facts_of(place, "jobs", JUNE)}
    shown = answers.report(desk, park, JUNE, JUNE)
    assert shown is not None
    units = next(one for one in shown.figures if one.key == "carbon_unit").why.inputs[0]
    packed = sum(row["good"] for row in facts_of(place, "job_responses", JUNE) if jobs[row["job_id"]] in finished)
    assert units.value == packed


def test_two_days_are_the_sum_of_their_days(desk: CarbonDesk):
    both, *single = (
        report_of(desk, start, end)["inventory"] for start, end in ((JUNE, JULY), (JUNE, JUNE), (JULY, JULY))
    )
    assert both["units_good"] == sum(each["units_good"] for each in single)
    for scope, key in (("scope1", "kg"), ("scope2", "location_kg"), ("scope2", "market_kg"), ("scope3", "kg")):
        assert both[scope][key] == pytest.approx(sum(each[scope][key] for each in single), rel=1e-9), (scope, key)


def test_each_month_is_the_report_of_its_days(desk: CarbonDesk):
    both = report_of(desk, None, None)
    assert [each["month"] for each in both["months"]] == ["2026-06", "2026-07"]
    for each, day in zip(both["months"], (JUNE, JULY), strict=True):
        found = report_of(desk, day, day)["inventory"]
        assert each["scope1_kg"] == found["scope1"]["kg"]
        assert (each["location_kg"], each["market_kg"]) == (
            found["scope2"]["location_kg"],
            found["scope2"]["market_kg"],
        )
        assert each["scope3_kg"] == found["scope3"]["kg"]
    assert sum(each["location_kg"] for each in both["months"]) == pytest.approx(
        both["inventory"]["scope2"]["location_kg"]
    )


def test_the_lines_of_the_report_add_up_to_its_figures(place: Place, desk: CarbonDesk):
    shown = answers.report(desk, folder.load(place[0]), None, None)
    assert shown is not None
    figures = {each.key: each.value for each in shown.figures}
    for scope, key in ((1, "carbon_scope1"), (2, "carbon_location"), (3, "carbon_scope3")):
        assert sum(line.kg for line in shown.lines if line.scope == scope) == pytest.approx(figures[key]), key
    assert {line.category for line in shown.lines if line.scope < 3} == {0}
    assert all(line.factor or line.basis for line in shown.lines)
    named = {line.category for line in shown.lines if line.scope == 3}
    assert len(named) + len(shown.not_included) == 15


@pytest.mark.parametrize("days", SPANS)
def test_the_pace_is_the_days_times_a_year_and_the_gap_what_the_path_lacks(desk: CarbonDesk, days: tuple[date, ...]):
    found = report_of(desk, days[0], days[-1])
    (target,) = found["targets"]["targets"]
    emitted_kg = found["inventory"]["scope1"]["kg"] + found["inventory"]["scope2"]["location_kg"]
    assert target["pace_t"] == pytest.approx(emitted_kg / 1000 * 365 / len(days), rel=1e-9)
    assert target["gap_t"] == pytest.approx(target["pace_t"] - target["path_t"]["2026"], rel=1e-9)
    assert target["probability"] is None
    allowed = list(target["path_t"].values())
    assert allowed[0] == 300.0
    assert all(left > right for left, right in itertools.pairwise(allowed))
    assert allowed[-1] == target["goal_t"] == pytest.approx(300.0 * (1 - target["reduction"]))


def test_measures_come_cheapest_first_and_one_that_avoids_nothing_is_left_out(place: Place, desk: CarbonDesk):
    park = folder.load(place[0])
    shown = answers.report(desk, park, None, None)
    assert shown is not None
    assert [each.id for each in shown.measures] == ["cheap", "dear"]
    assert shown.measures[0].cny_per_t < 0 < shown.measures[1].cny_per_t
    assert [each.cumulative_t for each in shown.measures] == pytest.approx(
        list(itertools.accumulate(each.avoided_t for each in shown.measures))
    )
    factor = float(park.factor[park.site.accounting_grid_factor].value)
    assert [each.avoided_t for each in shown.measures] == pytest.approx([5 * factor, 0.1 * factor])


def test_a_product_is_its_parts_and_no_unit_is_counted_twice(place: Place, desk: CarbonDesk):
    shown = answers.report(desk, folder.load(place[0]), None, None)
    assert shown is not None
    assert shown.products
    for one in shown.products:
        parts = one.material_kg + one.freight_kg + one.energy_kg
        assert parts == pytest.approx(one.kg_per_unit, rel=1e-6), one.product_id
        assert 0 <= one.primary_share <= 1
        shares = [each.share for each in one.contributions]
        assert shares == sorted(shares, reverse=True)
        assert 0 < sum(shares) <= 1 + 1e-9
        assert one.low_kg < one.kg_per_unit < one.high_kg
        assert one.units > 0
        assert one.cv > 0
    found = report_of(desk, None, None)["inventory"]["units_good"]
    assert sum(one.units for one in shown.products) <= found


@pytest.mark.parametrize("days", SPANS)
def test_indicators_are_plain_ratios_of_the_facts(place: Place, desk: CarbonDesk, days: tuple[date, ...]):
    found = desk.indicators(days[0], days[-1])
    assert found is not None
    power = power_of(place, *days).values()
    bought = sum(each["grid"] for each in power)
    own = sum(each["own"] - each["export"] for each in power)
    assert bought > own > 0
    rows = facts_of(place, "readings", *days)
    values = {each["id"]: each["value"] for each in found["indicators"]}
    assert values["traceable_share"] == pytest.approx(own / (bought + own))
    assert values["non_fossil_share"] == values["traceable_share"]
    assert values["auto_collection_rate"] == pytest.approx(
        sum(row["quality"] == "good" for row in rows) / len(rows), rel=1e-12
    )
    kgce_per_kwh = float(found["conversion"]["electricity_kgce_per_kwh"])
    assert found["standard_coal_t"] == pytest.approx((bought + own) / MWH_INT_PER_KWH * kgce_per_kwh / 1000)
    assert values["co2_per_tce"] == pytest.approx(
        report_of(desk, days[0], days[-1])["inventory"]["national"]["total_t"] / found["standard_coal_t"]
    )


def test_the_benchmark_is_the_best_of_the_closed_days(place: Place, desk: CarbonDesk):
    found = desk.indicators(JUNE, JULY)
    assert found is not None
    each = {}
    for day in (JUNE, JULY):
        books = {row["key"]: row["value"] for row in facts_of(place, "books", day)}
        used = books["energy_kwh.grid"] + books["energy_kwh.pv"] + books["energy_kwh.gas"] - books["energy_kwh.export"]
        each[day.isoformat()] = (used, books["units_good"])
    ratios = {day: used / units for day, (used, units) in each.items()}
    benchmark = found["benchmark"]
    assert benchmark["best_day"] == min(ratios, key=lambda day: ratios[day])
    assert benchmark["best_kwh_per_unit"] == min(ratios.values()) < benchmark["kwh_per_unit"]
    assert benchmark["kwh_per_unit"] == pytest.approx(
        sum(used for used, _ in each.values()) / sum(units for _, units in each.values())
    )
    proofs = {item["id"]: item["proof"] for item in found["checklist"]}
    assert proofs["F04"] == "/zero-carbon"
    alone = desk.indicators(JUNE, JUNE)
    assert alone is not None
    assert {item["id"]: item["proof"] for item in alone["checklist"]}["F04"] == ""


def test_an_indicator_keeps_a_limit_exactly_when_its_value_does(place: Place, desk: CarbonDesk):
    found = answers.centre(desk, None, None)
    assert found is not None
    judged = [one for one in found.indicators if one.value is not None and one.goal is not None]
    at_most = {"co2_per_tce"}
    assert at_most < {one.id for one in judged}
    for one in judged:
        assert one.value is not None
        assert one.goal is not None
        assert one.meets_goal == (one.value <= one.goal if one.id in at_most else one.value >= one.goal), one.id
    assert all(one.meets_goal is None for one in found.indicators if one.value is None)


# ------------------------------------------------------------------------------------------------- spans


@pytest.mark.parametrize(
    ("start", "end", "closed"),
    [
        (None, None, 2),
        (None, JUNE, 1),
        (JULY, None, 1),
        (JUNE - timedelta(days=40), JULY + timedelta(days=40), 2),
        (date(2000, 1, 1), date(2099, 12, 31), 2),
        (JULY, JUNE, None),
        (None, JUNE - timedelta(days=1), None),
        (JULY + timedelta(days=1), None, None),
        (JULY + timedelta(days=1), date(2099, 12, 31), None),
    ],
)
def test_a_span_holds_the_closed_days_within_it(
    desk: CarbonDesk, start: date | None, end: date | None, closed: int | None
):
    found, indicators = desk.report(start, end), desk.indicators(start, end)
    assert (found["inventory"]["days_closed"] if found else None) == closed
    assert (found is None) == (indicators is None)
    if found is not None and indicators is not None:
        assert (indicators["from"], indicators["to"]) == (found["inventory"]["from"], found["inventory"]["to"])
        assert {indicators["from"], indicators["to"]} <= {JUNE.isoformat(), JULY.isoformat()}


def test_a_span_and_the_one_it_stands_for_are_the_same_answer(desk: CarbonDesk):
    assert desk.report(None, None) is desk.report(date(2026, 1, 1), JULY)
    assert desk.indicators(None, None) is desk.indicators(date(2026, 1, 1), JULY)
    assert desk.report(JUNE, JUNE) is not desk.report(JUNE, JULY)


# ------------------------------------------------------------------------------------------------- what moves


def test_a_new_closed_day_is_in_the_next_answer_and_the_day_it_left_out_in_none(changing: Place):
    desk = desk_of(changing)
    first = report_of(desk, None, None)
    before, day = first["inventory"], JULY + timedelta(days=2)
    run_one(folder.load(changing[0]), changing[0], day, 3, changing[1])
    whole = report_of(desk, None, None)
    after, left_out = whole["inventory"], (JULY + timedelta(days=1)).isoformat()
    assert (before["days_closed"], after["days_closed"]) == (2, 3)
    assert (before["days_not_closed"], after["days_not_closed"]) == ([], [[left_out, left_out]])
    for found, days in ((before, 2), (after, 3)):
        assert found["scope1"]["kg"] == pytest.approx(days * LEAK_KG_A_DAY)
    pace = whole["targets"]["targets"][0]["pace_t"] * 1000
    assert pace == pytest.approx((after["scope1"]["kg"] + after["scope2"]["location_kg"]) * 365 / 3)
    assert [month["scope1_kg"] for month in whole["months"]] == pytest.approx([LEAK_KG_A_DAY, 2 * LEAK_KG_A_DAY])
    shown = answers.report(desk, folder.load(changing[0]), None, None)
    assert shown is not None
    assert left_out in carbon_page.gaps_note(Words("en", "UTC"), shown)
    assert (before["to"], after["to"]) == (JULY.isoformat(), day.isoformat())
    assert after["scope2"]["location_kg"] > before["scope2"]["location_kg"]
    assert report_of(desk, None, JULY)["inventory"]["scope2"] == before["scope2"]


def test_a_late_reading_moves_the_answer_of_its_day_alone(changing: Place, tmp_path: Path):
    desk, park = desk_of(changing), folder.load(changing[0])
    june, july = report_of(desk, JUNE, JUNE), report_of(desk, JULY, JULY)
    meter = next(one.id for one in park.meters if one.role == "import")
    row = next(
        one
        for one in facts_of(changing, "readings", JULY)
        if one["meter_id"] == meter and one["energy_mwh_int"] > 0 and one["quality"] == "good"
    )
    late_kwh = Decimal(2 * row["energy_mwh_int"]) / 10**6
    (tmp_path / "late.csv").write_text(f"start,meter_id,energy_kwh\n{row['start'].isoformat()},{meter},{late_kwh}\n")
    restate.late_readings(park, changing[1], JULY, tmp_path / "late.csv", "late_reading", "gateway silent", AT)
    after = report_of(desk, JULY, JULY)["inventory"]["scope2"]
    grown = row["energy_mwh_int"] / MWH_INT_PER_KWH / 1000
    assert after["imported_mwh"] == pytest.approx(july["inventory"]["scope2"]["imported_mwh"] + grown)
    assert after["location_kg"] > july["inventory"]["scope2"]["location_kg"]
    assert report_of(desk, JUNE, JUNE) == june


def test_a_closed_day_is_read_once_for_all_that_is_asked_and_again_when_it_is_corrected(
    changing: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    reads: Counter[tuple[str, str]] = Counter()
    plain = Reader.read

    def counted(self: Reader, kind: str, day: str, *of: str, **how: object) -> pl.DataFrame:
        reads[kind, day] += 1
        return plain(self, kind, day, *of, **how)

    monkeypatch.setattr(Reader, "read", counted)
    desk, large = desk_of(changing), ("postings", "passages", "passports", "readings")

    def asked() -> dict[tuple[str, str], int]:
        reads.clear()
        for start in (JUNE, JULY):
            assert desk.report(start, JULY) is not None
            assert desk.indicators(start, JULY) is not None
        return {key: count for key, count in reads.items() if key[0] in large}

    once = asked()
    assert once == {(kind, day.isoformat()): 1 for kind in large for day in (JUNE, JULY)}
    assert asked() == {}
    meter = next(one.id for one in folder.load(changing[0]).meters if one.role == "import")
    (tmp_path / "late.csv").write_text(f"start,meter_id,energy_kwh\n2026-07-01T04:00:00Z,{meter},12.5\n")
    restate.late_readings(
        folder.load(changing[0]), changing[1], JULY, tmp_path / "late.csv", "late_reading", "gateway silent", AT
    )
    again = asked()
    assert again == {(kind, JULY.isoformat()): 1 for kind in large}


def test_closed_days_are_read_before_anybody_asks(place: Place, monkeypatch: pytest.MonkeyPatch):
    desk, ended, done = desk_of(place), threading.Event(), threading.Event()
    plain = desk.report

    def told(start: date | None, end: date | None) -> Any:
        found = plain(start, end)
        done.set()
        return found

    monkeypatch.setattr(desk, "report", told)
    reader = threading.Thread(target=desk.keep_up, args=(ended, 0.01), daemon=True)
    reader.start()
    assert done.wait(60)
    ended.set()
    reader.join(60)
    assert not reader.is_alive()
    asked_anew = report_of(desk_of(place), None, None)
    monkeypatch.setattr(carbon_desk, "_report", None)
    assert plain(None, None) == asked_anew


def test_a_retired_certificate_moves_the_market_view_at_once(changing: Place):
    desk, park = desk_of(changing), folder.load(changing[0])
    before = report_of(desk, JUNE, JULY)["inventory"]
    start = park.midnight(JUNE)
    load = (start, start + timedelta(days=2))
    with CertificateRegister(Places(changing[1], "SM").operations_url) as register:
        ann = register.add_user("Ann", "energy", AT)
        vintage = (start - timedelta(days=30), start)
        register.issue(Certificate("GEC", 1, 1, *vintage, "CN", "wind", False, Decimal(0), "issued", AT), ann)
        register.move("GEC", (1, 1), "held", AT, ann)
        held = report_of(desk, JUNE, JULY)["inventory"]
        register.retire("GEC", (1, 1), Consumption(*load, (Used(*load, 2 * 10**9, 10**9),)), AT, ann)
    after = report_of(desk, JUNE, JULY)["inventory"]
    assert held["scope2"] == before["scope2"]
    assert after["scope2"]["market_kg"] < before["scope2"]["market_kg"]
    assert after["scope2"]["location_kg"] == before["scope2"]["location_kg"]
    assert after["scope2"]["certified_mwh"] == 1.0
    centre = desk.indicators(JUNE, JULY)
    assert centre is not None
    assert centre["certificates_mwh"] == {"retired": 1.0}
    assert {item["id"]: item["proof"] for item in centre["checklist"]}["F12"] == "/zero-carbon"
    power = power_of(changing, JUNE, JULY).values()
    bought, own = sum(each["grid"] for each in power), sum(each["own"] - each["export"] for each in power)
    assert bought > 1e9
    assert after["matching"]["annual_rule_share"] == pytest.approx((own + 1e9) / (own + bought))
    assert after["matching"]["hourly_share"] == before["matching"]["hourly_share"]


def test_own_certificates_count_for_nothing_more_retired_and_away_when_sold(changing: Place):
    desk, park = desk_of(changing), folder.load(changing[0])
    before, shares = report_of(desk, JUNE, JULY)["inventory"], shares_of(desk)
    start = park.midnight(JUNE)
    load = (start, start + timedelta(days=2))
    hours = hours_of(changing, JUNE, JULY)
    hour = max(hours, key=lambda at: hours[at]["own"])
    with CertificateRegister(Places(changing[1], "SM").operations_url) as register:
        ann = register.add_user("Ann", "energy", AT)
        for first, vintage in ((1, load), (2, (hour, hour + timedelta(hours=1)))):
            register.issue(Certificate("GEC", first, first, *vintage, "CN", "sun", True, Decimal(0), "issued", AT), ann)
            register.move("GEC", (first, first), "held", AT, ann)
        register.retire("GEC", (1, 1), Consumption(*load, (Used(*load, 2 * 10**9, 10**9),)), AT, ann)
        retired = report_of(desk, JUNE, JULY)["inventory"]
        assert (retired["scope2"], retired["matching"], shares_of(desk)) == (
            before["scope2"],
            before["matching"],
            shares,
        )
        register.move("GEC", (2, 2), "sold", AT, ann)
    after = report_of(desk, JUNE, JULY)["inventory"]
    own = sum(each["own"] - each["export"] for each in hours.values())
    assert 0 < own < 1e9, "the sale takes all of the park's own power with it"
    assert after["scope2"]["sold_away_mwh"] == own / 1e9
    assert after["certificates_beyond_use"] == [{"certificate": "GEC 2-2", "mwh": pytest.approx(1 - own / 1e9)}]
    assert before["matching"]["hourly_share"] > 0
    assert (after["matching"]["annual_rule_share"], after["matching"]["hourly_share"]) == (0, 0)
    assert shares_of(desk) == (0, shares[1])
    assert shares[0] == shares[1] > 0


def shares_of(desk: CarbonDesk) -> tuple[float, float]:
    """Return the non-fossil and the traceable share of both days."""
    found = desk.indicators(JUNE, JULY)
    assert found is not None
    values = {each["id"]: each["value"] for each in found["indicators"]}
    return values["non_fossil_share"], values["traceable_share"]


def test_a_damaged_carbon_book_is_said_and_its_mending_is_seen(place: Place, tmp_path: Path):
    park_dir = Path(shutil.copytree(place[0], tmp_path / "park"))
    desk = desk_of((park_dir, place[1]))
    book = park_dir / "carbon" / "targets.toml"
    book.write_text("[[target]]\nid = 3\n")
    with pytest.raises(ParkwrightError, match=r"targets\.toml"):
        desk.report(None, None)
    book.write_text(HALF)
    assert len(report_of(desk, None, None)["targets"]["targets"]) == 1
