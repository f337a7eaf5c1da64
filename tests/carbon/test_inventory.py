"""The inventory is the ledger's: what it reports is what was posted, and certificates change one view alone."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import polars as pl
import pytest
from carbon_park import DAY, KWH, METERS, factor, make_park, readings
from hypothesis import given as given_
from hypothesis import strategies as st
from worked_day import BOOKS_UNITS, POSTINGS_, day_books

from parkwright.carbon import interval, inventory, occupancy, report, targets
from parkwright.carbon.certificates import Certificate
from parkwright.carbon.editions import FactorKindError
from parkwright.carbon.inventory import Activity, Method
from parkwright.carbon.passport import materials_ug
from parkwright.ledger import views
from parkwright.model.errors import LedgerError
from parkwright.model.tables import PASSAGES, PRESENCE
from parkwright.store import packs

LIBRARY = packs.library_of(packs.of_park(None))
PARK = make_park()
METHOD = Method("AR6", "cn-transmission-2024", {"fuel": "uk-wtt-natural-gas-2022"})
BARE = Method("AR6", "", {})
POSTED = pl.concat([POSTINGS_, day_books().postings])
MWH, T = 1_000 * KWH, 10**12
UNITS = BOOKS_UNITS.with_columns(
    pl.col("product_id").replace_strict(materials_ug(PARK), return_dtype=pl.Int64).alias("material_ug"),
    pl.lit(0, pl.Int64).alias("lost_ug"),
)
NO_UNITS = UNITS.clear()


def made(rows=POSTED, units=UNITS, activities=(), certificates=(), method=METHOD, park=PARK, days=(DAY,)):
    return inventory.of_days(park, days, rows, units, activities, certificates, method, LIBRARY)


def given(**changes):
    fields = {
        "id": "A1", "scope": 3, "category": 7, "text": "commuting by bus", "quantity": Decimal(1000),
        "unit": "passenger.km", "factor_id": "uk-bus-2022", "kg_per_unit": None, "start_day": DAY, "end_day": DAY,
        "basis": "assumed: a test",
    }  # fmt: skip
    return Activity(**{**fields, **changes})


def certificate(state="retired", own=False, number=4_000, kg="0"):
    start = datetime(2026, 7, 1, tzinfo=UTC)
    span = (start, start + timedelta(days=31))
    load = span if state == "retired" else (None, None)
    return Certificate("GEC", 1, number, *span, "CN", "solar", own, Decimal(kg), state, span[1], *load)


def ten_gigawatt_hours(sun_mwh=0):
    """Postings of 10,000 MWh, and of own sun, in an hour of the day, in a park of two meters and public factors."""
    meters = tuple(meter for meter in METERS if meter.id in ("grid-in", "pv"))
    factors = (
        factor("cn-tj-2023", "grid_average", "0.6796"), factor("cn-residual-2023", "grid_residual", "0.6096"),
    )  # fmt: skip
    site = PARK.site.model_copy(
        update={"accounting_grid_factor": "cn-tj-2023", "residual_grid_factor": "cn-residual-2023"}
    )
    park = make_park(meters, site=site, factors=factors)
    start = park.midnight(DAY)
    nobody = occupancy.of_interval(park, start, start + timedelta(hours=1), PASSAGES.empty(), PRESENCE.empty())
    metered = readings({"grid-in": 10_000 * MWH, "pv": sun_mwh * MWH}, start)
    books = interval.close(park, start, start + timedelta(hours=1), metered, nobody, 7000, {})
    return park, books.postings


def test_scopes_1_and_2_are_what_the_ledger_posted():
    found = made()
    assert found.total_ug(1) == -views.total(POSTED, "scope1:", "co2e", "location") == 9 * 182_540_000
    assert found.total_ug(2) == -views.total(POSTED, "source:", "co2e", "location")
    assert found.total_ug(2, "market") == -views.total(POSTED, "source:", "co2e", "market")
    assert found.total_ug(1) == found.total_ug(1, "market")
    assert (found.gas_mwh_int, found.generated_mwh_int, found.exported_mwh_int) == (9 * KWH, 15 * KWH, 2 * KWH)
    assert found.market.imported_mwh_int == 130 * KWH + 1


def test_the_day_closed_or_open_gives_the_same_scopes_1_and_2():
    still_open = made(POSTINGS_)
    for scope in (1, 2):
        assert still_open.total_ug(scope) == made().total_ug(scope)


def test_purchased_goods_are_the_materials_of_units_finished_and_scrapped():
    line = next(line for line in made().lines if (line.scope, line.category) == (3, 1))
    nb14, board = 30_100_000_000 + 20_100_000_000, 20_100_000_000
    assert line.location_ug == 2 * nb14 + board
    assert not [line for line in made(units=NO_UNITS).lines if line.category == 1]


def test_energy_related_activities_are_the_grid_and_the_making_of_gas():
    lines = {line.factor_id: line.location_ug for line in made().lines if (line.scope, line.category) == (3, 3)}
    assert lines == {
        "cn-transmission-2024": 4_251_000_033, "uk-wtt-natural-gas-2022": 279_900_000,
    }  # fmt: skip
    assert not [line for line in made(method=BARE).lines if line.category == 3]


def test_ten_thousand_megawatt_hours_in_both_views_with_and_without_certificates():
    park, rows = ten_gigawatt_hours(2_000)
    arguments = {"rows": rows, "units": NO_UNITS, "method": BARE, "park": park}
    plain, bought = made(**arguments), made(**arguments, certificates=[certificate()])
    sold = made(**arguments, certificates=[certificate(), certificate("sold", own=True, number=2_000)])
    others = made(**arguments, certificates=[certificate(), certificate("sold", number=2_000), certificate("held")])
    assert [found.total_ug(2) for found in (plain, bought, sold)] == [6_796 * T] * 3
    assert [found.total_ug(2, "market") for found in (plain, bought, sold, others)] == [
        6_096 * T, 36_576 * T // 10, 48_768 * T // 10, 36_576 * T // 10,
    ]  # fmt: skip


def test_certificates_of_own_sun_replace_no_bought_power_when_retired():
    park, rows = ten_gigawatt_hours(2_000)
    arguments = {"rows": rows, "units": NO_UNITS, "method": BARE, "park": park}
    bought, own = certificate(), certificate(own=True, number=2_000)
    kept = made(**arguments, certificates=[bought])
    retired = made(**arguments, certificates=[bought, own])
    assert kept.generated_mwh_int == 2_000 * MWH
    assert [found.total_ug(2, "market") * 10 for found in (kept, retired)] == [36_576 * T] * 2
    assert retired.market == kept.market
    sold = made(**arguments, certificates=[bought, certificate("sold", own=True, number=2_000)])
    part = made(**arguments, certificates=[bought, own, certificate("sold", own=True, number=500)])
    assert sold.total_ug(2, "market") * 10 == 48_768 * T
    assert part.total_ug(2, "market") * 10 == 36_576 * T + 3_048 * T


def test_what_is_lost_before_it_is_in_a_unit_was_bought_too():
    lines = {line.text: line.location_ug for line in made().lines if line.category == 1}
    assert inventory.LOST not in lines
    counted = UNITS.filter((pl.col("kind") == "finished") | ~pl.col("is_good")).height
    found = made(units=UNITS.with_columns(pl.lit(7, pl.Int64).alias("lost_ug")))
    assert {line.text: line.location_ug for line in found.lines if line.category == 1} == {
        **lines, inventory.LOST: 7 * counted,
    }  # fmt: skip


def test_what_is_retired_beyond_the_use_counts_no_more_and_is_named():
    park, rows = ten_gigawatt_hours()
    arguments = {"rows": rows, "units": NO_UNITS, "method": BARE, "park": park}
    early, late = certificate(number=8_000), certificate(number=4_000, kg="0.1")
    late = replace(late, registry="I-REC", changed_at=late.changed_at + timedelta(days=1))
    found = made(**arguments, certificates=[late, early])
    assert found.uncounted == {"I-REC 1-4000": 2_000 * MWH}
    assert found.market.certified_mwh_int == 10_000 * MWH
    assert found.total_ug(2, "market") == 2_000 * T // 10
    assert report.ghg_protocol(park, found)["scope2"]["certified_mwh"] == 10_000.0
    enough = made(**arguments, certificates=[early, late, certificate("sold", own=True, number=2_000)])
    assert enough.uncounted == {"GEC 1-2000": 2_000 * MWH, "I-REC 1-4000": 2_000 * MWH}, (
        "no own power was there to sell"
    )
    park, rows = ten_gigawatt_hours(2_000)
    arguments |= {"rows": rows, "park": park}
    enough = made(**arguments, certificates=[early, late, certificate("sold", own=True, number=2_000)])
    assert (enough.uncounted, enough.total_ug(2, "market")) == ({}, 4_000 * T // 10)
    assert made(certificates=[early], rows=POSTED.clear()).uncounted == {"GEC 1-8000": 8_000 * MWH}


def test_what_is_retired_or_sold_in_days_that_are_not_closed_counts_for_nothing():
    park, rows = ten_gigawatt_hours(2_000)
    arguments = {"rows": rows, "units": NO_UNITS, "method": BARE, "park": park}
    gap = (park.midnight(DAY + timedelta(days=1)), park.midnight(DAY + timedelta(days=9)))
    retired = replace(certificate(number=8), load_start=gap[0], load_end=gap[1])
    sold = replace(certificate("sold", own=True, number=5), registry="OWN", vintage_start=gap[0], vintage_end=gap[1])
    around = {"days": [DAY, DAY + timedelta(days=9)]}
    found = made(**arguments, **around, certificates=[retired, sold])
    assert found.uncounted == {"GEC 1-8": 8 * MWH, "OWN 1-5": 5 * MWH}
    assert found.total_ug(2, "market") == made(**arguments, **around).total_ug(2, "market")
    edge = replace(retired, load_end=gap[1] + timedelta(days=1))
    assert made(**arguments, **around, certificates=[edge]).uncounted == {}


def test_a_given_activity_counts_for_the_days_that_it_shares_with_the_span():
    whole = made(activities=[given()]).total_ug(3) - made().total_ug(3)
    assert whole == 96_500_000_000
    month = given(start_day=date(2026, 7, 1), end_day=date(2026, 7, 30))
    assert made(activities=[month]).total_ug(3) - made().total_ug(3) == 3_216_666_667
    before = given(start_day=date(2026, 6, 1), end_day=date(2026, 6, 30))
    assert made(activities=[before]) == made()


@given_(st.sets(st.integers(-40, 40), min_size=1), st.integers(-40, 40), st.integers(0, 60))
def test_an_activity_counts_day_by_day_whatever_lies_between(offsets, first, length):
    start = DAY + timedelta(days=first)
    leak = given(quantity=Decimal(length + 1), start_day=start, end_day=start + timedelta(days=length))
    days = [DAY + timedelta(days=offset) for offset in sorted(offsets)]
    assert (
        leak.within(days)
        == sum(leak.within([day]) for day in days)
        == sum(0 <= (day - start).days <= length for day in days)
    )


def test_days_that_are_not_closed_add_nothing_to_what_was_given():
    year = given(
        scope=1, category=0, quantity=Decimal(12), unit="kg", factor_id="gas:HFC-134a",
        start_day=date(2026, 1, 1), end_day=date(2026, 12, 31),
    )  # fmt: skip
    days = (date(2026, 1, 12), date(2026, 7, 15))
    found = made(activities=[year], days=days)
    leaked = found.total_ug(1) - made(days=days).total_ug(1)
    assert leaked == round(Decimal(12) * 1530 * 2 / 365 * 10**9)
    assert (found.start_day, found.end_day) == days
    assert targets.annual_ug(leaked, len(days)) == pytest.approx(18.36 * T, rel=1e-9)
    before = given(start_day=days[0], end_day=days[0])
    assert not [line for line in made(activities=[before]).lines if line.category == 7]


def test_a_fuel_a_gas_and_a_figure_as_given_each_count_in_their_scope():
    diesel = given(id="D", scope=1, category=0, quantity=Decimal(10), unit="L", factor_id="uk-diesel-2022")
    leak = given(id="L", scope=1, category=0, text="leak", quantity=Decimal(2), unit="kg", factor_id="gas:HFC-32")
    use = given(id="U", category=11, quantity=Decimal(3), unit="unit", factor_id="", kg_per_unit=Decimal("66.2"))
    found = made(activities=[diesel, leak, use])
    assert found.total_ug(1) - made().total_ug(1) == 25_578_400_000 + 2 * 771 * 10**9
    assert found.total_ug(3) - made().total_ug(3) == 198_600_000_000


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"scope": 2}, "scope 2, category 7"),
        ({"category": 16}, "scope 3, category 16"),
        ({"scope": 1}, "scope 1, category 7"),
        ({"end_day": date(2026, 7, 1)}, "ends before it starts"),
        ({"quantity": Decimal(-1)}, "is negative; sinks"),
        ({"factor_id": "", "kg_per_unit": Decimal(-1)}, "is negative; sinks"),
        ({"kg_per_unit": Decimal(1)}, "needs a factor_id or a kg_per_unit"),
        ({"factor_id": ""}, "needs a factor_id or a kg_per_unit"),
        ({"basis": "somebody"}, "has no basis"),
        ({"factor_id": "gas:SF6", "unit": "t"}, "releases a gas in t"),
        ({"unit": "km"}, "is per passenger.km, the quantity is in km"),
        ({"factor_id": "uk-bus-2030"}, "is in no pack"),
    ],
)
def test_an_activity_that_cannot_be_counted_is_refused(changes, says):
    with pytest.raises(LedgerError, match=says):
        made(activities=[given(**changes)])


def test_a_factor_of_another_kind_is_refused():
    with pytest.raises(FactorKindError, match="kind activity is meant"):
        made(activities=[given(factor_id="uk-wtt-diesel-2022", unit="L")])
    with pytest.raises(FactorKindError, match="kind transmission is meant"):
        made(method=replace(METHOD, transmission_id="cn-lifecycle-2024"))


def test_the_report_shows_scopes_apart_and_says_what_is_left_out():
    found = report.ghg_protocol(PARK, made(activities=[given()]))
    assert found["scope1"]["kg"] == 1.64286
    assert found["scope2"]["location_kg"] == made().total_ug(2) / 1e9
    assert found["scope2"]["market_kg"] == made().total_ug(2, "market") / 1e9
    assert found["scope2"]["market_note"] == ""
    shown = [category["category"] for category in found["scope3"]["categories"]]
    left_out = [category["category"] for category in found["scope3"]["not_included"]]
    assert shown == [1, 3, 7]
    assert sorted(shown + left_out) == list(range(1, 16))
    assert "total" not in found
    assert found["scope3"]["kg"] == pytest.approx(sum(c["kg"] for c in found["scope3"]["categories"]))


def test_a_category_that_the_park_has_nothing_in_is_told_apart_from_one_without_data():
    why = {13: "assumed: it leases nothing out"}
    found = report.ghg_protocol(PARK, made(method=replace(METHOD, excluded=why)))
    rows = found["scope3"]["not_included"]
    left_out = {one["category"]: (one["name"], one["why"], one["is_excluded"]) for one in rows}
    assert left_out[13] == ("downstream leased assets", "assumed: it leases nothing out", True)
    assert left_out[14] == ("franchises", report.NO_DATA, False)
    assert sorted(left_out) == [2, *range(4, 16)]
    with pytest.raises(LedgerError, match=r"7: is excluded \(derived: nobody\), yet there is 'commuting by bus'"):
        made(method=replace(METHOD, excluded={7: "derived: nobody"}), activities=[given()])


def test_the_report_names_every_factor_with_its_source_and_those_not_verified():
    found = report.ghg_protocol(PARK, made(activities=[given()]))
    ids = [one["id"] for one in found["factors"]]
    assert ids == ["cn-transmission-2024", "fuel", "grid", "residual", "uk-bus-2022", "uk-wtt-natural-gas-2022"]
    assert all(one["publisher"] and one["document"] and one["cell"] and len(one["sha256"]) == 64
               for one in found["factors"])  # fmt: skip
    assert found["unverified_factors"] == ["cn-transmission-2024"]


def test_the_report_says_when_no_residual_factor_is_known():
    bare = POSTED.with_columns(pl.col("factor_id").replace(PARK.site.residual_grid_factor, "grid"))
    found = report.ghg_protocol(PARK, made(bare))
    assert found["scope2"]["market_note"].startswith("no residual factor is given")


def test_the_same_inventory_gives_the_same_bytes():
    pages = {json.dumps(report.ghg_protocol(PARK, made(POSTED.sample(fraction=1.0, shuffle=True, seed=n))))
             for n in range(3)}  # fmt: skip
    assert len(pages) == 1


def named_otherwise(**factors):
    """The park as it is after somebody named other factors in it."""
    site = PARK.site.model_copy(update={"accounting_grid_factor": "new", "residual_grid_factor": "new"})
    burners = tuple(boiler.model_copy(update={"factor_id": "other"}) for boiler in PARK.energy.boiler)
    others = (factor("new", "grid_average", "0.5"), factor("other", "fuel", "0.2"))
    energy = PARK.energy.model_copy(update={"boiler": burners})
    return replace(PARK, site=site, energy=energy, factors=(*PARK.factors, *others))


def test_a_report_names_what_was_posted_whatever_the_park_names_now():
    now, held = named_otherwise(), [certificate(number=1, kg="0.1")]
    for certificates in ((), held):
        before, after = (made(park=park, certificates=certificates) for park in (PARK, now))
        assert report.ghg_protocol(now, after) == report.ghg_protocol(PARK, before)
        assert report.national(now, after) == report.national(PARK, before)
    assert "new" not in {edition.id for edition in made(park=now).factors}
    unposted = POSTED.filter(pl.col("commodity") != "co2e")
    assert [one.factor.id for one in made(unposted, park=now).grid] == ["new"]
    assert [one.factor.id for one in made(POSTED.clear(), units=NO_UNITS, park=now).grid] == ["new"]


def test_days_that_were_posted_with_two_editions_have_a_line_each_and_export_at_that_of_the_day():
    day = pl.duration(days=1)
    second = POSTED.with_columns(
        pl.col("factor_id").replace("grid", "older"), pl.col("start") - day, pl.col("end") - day,
        pl.when((pl.col("commodity") == "co2e") & (pl.col("view") == "location")).then(pl.col("quantity") * 2)
        .otherwise("quantity").alias("quantity"),
    )  # fmt: skip
    park = replace(PARK, factors=(*PARK.factors, factor("older", "grid_average", "1.3592")))
    days, rows = (DAY - timedelta(days=1), DAY), pl.concat([POSTED, second])
    found, alone = made(rows, park=park, days=days), made(park=park)
    lines = [line for line in found.lines if line.scope == 2]
    assert sorted((line.factor_id, line.location_ug) for line in lines) == [
        ("grid", alone.total_ug(2)), ("older", 2 * alone.total_ug(2)),
    ]  # fmt: skip
    assert found.total_ug(2, "market") == 2 * alone.total_ug(2, "market")
    assert len({line.market_ug for line in lines}) == 1
    form = report.national(park, found)
    assert form["rows"][3]["t"] == pytest.approx(2 * (0.6796e-3 + 1.3592e-3))
    assert form["electricity_factor"]["id"] == "grid"
    assert [one["id"] for one in form["other_electricity_factors"]] == ["older"]
    assert {"grid", "older"} <= {edition.id for edition in found.factors}


def test_the_national_form_deducts_what_was_sold_and_knows_no_certificate():
    leak = given(id="L", scope=1, category=0, quantity=Decimal(2), unit="kg", factor_id="gas:SF6")
    form = report.national(PARK, made(activities=[leak, given()]))
    fuel, process, bought, sold = (row["t"] for row in form["rows"])
    assert (fuel, process, sold) == (0.00164286, 50.4, 2 * 0.6796e-3)
    assert form["rows"][1]["gases"] == {"SF6": 50.4}
    assert bought == made().total_ug(2) / 1e12
    assert form["total_t"] == pytest.approx(fuel + process + bought - sold)
    assert form["electricity_factor"]["value"] == "0.6796"
    assert form["fuel_mwh"] == 0.009


BASE = {"scope1": 100, "scope2_location": 1000, "scope3": 0}


@pytest.mark.parametrize(
    ("changes", "is_required", "largest"),
    [
        ({}, False, "0"),
        ({"scope2_location": 1049}, False, "0.049"),
        ({"scope2_location": 1050}, True, "0.05"),
        ({"scope2_location": 950}, True, "-0.05"),
        ({"scope1": 96, "scope2_location": 1049}, False, "0.049"),
        ({"scope1": 94}, True, "-0.06"),
        ({"scope3": 1}, True, "1"),
    ],
)
def test_a_base_year_is_recalculated_from_five_per_cent_on(changes, is_required, largest):
    found = report.recalculation(BASE, BASE | changes)
    assert found.required == is_required
    assert found.largest == Decimal(largest)


def test_a_park_may_set_its_own_threshold_and_the_figures_must_be_the_same():
    assert report.recalculation(BASE, BASE | {"scope1": 101}, Decimal("0.01")).required
    with pytest.raises(LedgerError, match="give the same figures"):
        report.recalculation(BASE, {"scope1": 1})
    with pytest.raises(LedgerError, match="give the same figures"):
        report.recalculation({}, {})
    for bad in ("0", "1.01", "-0.05"):
        with pytest.raises(LedgerError, match="is no share"):
            report.recalculation(BASE, BASE, Decimal(bad))
