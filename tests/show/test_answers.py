"""The answers: the same numbers as the facts, by hand; laws that hold between pages."""

from __future__ import annotations

from datetime import timedelta

import polars as pl
import pytest
from facts_fixture import DAY, MemoryFacts, batches
from park_fixture import small_park

from parkwright.show.answers import day as days
from parkwright.show.answers.alarms import NEEDS_AT_MOST, alarm_key, alarms, needs
from parkwright.show.answers.energy import energy
from parkwright.show.answers.figure import change, ratio
from parkwright.show.answers.genealogy import genealogy, unit_day
from parkwright.show.answers.home import five_figures, home, strip
from parkwright.show.answers.passport import explained, passport, passport_day, passports
from parkwright.show.answers.plan import plan, plan_hash
from parkwright.show.answers.progress import progress
from parkwright.show.answers.wall import power_now, wall
from parkwright.show.frames import Frames

PARK = small_park()
NOW = PARK.midnight(DAY) + timedelta(hours=14.62)
FACTS = MemoryFacts(batches(PARK, NOW), NOW)
ROWS = Frames(FACTS)
ISO = DAY.isoformat()
UNIT = "TP-260715-L-NB1-000040"


def figures() -> dict[str, float | None]:
    return {figure.key: figure.value for figure in five_figures(PARK, ROWS, NOW, 14)}


def test_units_out_counts_finished_good_units_and_no_boards() -> None:
    verdicts = FACTS.read("verdicts", ISO)
    finished = verdicts.filter(pl.col("unit_id").str.contains("L-NB1"), pl.col("verdict") == "good")
    assert figures()["units_out"] == finished.height
    assert verdicts.filter(pl.col("verdict") == "good").height > finished.height


def test_energy_per_unit_is_what_the_grid_meters_say_divided_by_the_units_of_closed_intervals() -> None:
    sums = dict(FACTS.read("readings", ISO).group_by("meter_id").agg(pl.col("energy_mwh_int").sum()).iter_rows())
    used = sums["grid-in"] + sums["pv-1"] + sums["bat-out"] - sums["grid-out"] - sums["bat-in"]
    until = PARK.midnight(DAY) + timedelta(hours=14.5)
    units = FACTS.read("verdicts", ISO).filter(
        pl.col("unit_id").str.contains("L-NB1"), pl.col("verdict") == "good", pl.col("at") <= until
    )
    assert figures()["kwh_per_unit"] == pytest.approx(used / 1e6 / units.height, rel=1e-12)


def test_carbon_per_unit_is_import_times_the_grid_factor_plus_gas() -> None:
    sums = dict(FACTS.read("readings", ISO).group_by("meter_id").agg(pl.col("energy_mwh_int").sum()).iter_rows())
    kg = sums["grid-in"] / 1e6 * 0.6796 + sums["gas-bo1"] / 1e6 * 0.18254
    units = days.good_units(PARK, ROWS, DAY, PARK.midnight(DAY) + timedelta(hours=14.5))
    assert figures()["co2e_per_unit"] == pytest.approx(kg / units, rel=1e-6)


def test_an_order_is_late_when_a_job_of_it_is_not_complete_when_due() -> None:
    due, late = days.orders_due(ROWS, DAY, NOW)
    assert (due, late) == (22, 2)
    assert figures()["on_time"] == pytest.approx(100 * 20 / 22)


def test_yesterday_is_taken_at_the_same_time_of_day() -> None:
    later = NOW + timedelta(days=1)
    facts = MemoryFacts([*batches(PARK, PARK.midnight(DAY) + timedelta(hours=23.99)), *batches(PARK, later, 0)], later)
    shown = {figure.key: figure for figure in five_figures(PARK, Frames(facts), later, 14)}
    assert shown["units_out"].yesterday == figures()["units_out"]
    assert shown["kwh_per_unit"].yesterday == pytest.approx(figures()["kwh_per_unit"])
    assert shown["kwh_per_unit"].last_year is None


def test_the_plan_of_a_figure_is_the_plan_up_to_the_same_interval() -> None:
    shown = {figure.key: figure for figure in five_figures(PARK, ROWS, NOW, 14)}
    for key in ("kwh_per_unit", "co2e_per_unit", "units_out"):
        off = shown[key].off_target
        assert off is not None
        assert abs(off) < 0.1, key
    early = PARK.midnight(DAY) + timedelta(hours=6.8)
    rows = Frames(MemoryFacts(batches(PARK, early), early))
    morning = {figure.key: figure for figure in five_figures(PARK, rows, early, 14)}
    assert (morning["kwh_per_unit"].value or 0) > 3 * (shown["kwh_per_unit"].value or 0)
    assert abs(morning["kwh_per_unit"].off_target or 9) < 0.5


def test_units_leave_a_line_one_takt_after_the_other() -> None:
    first = FACTS.read("schedule", ISO).filter(pl.col("job_id") == "J0000").row(0, named=True)
    assert days.planned_units(PARK, ROWS, DAY, first["end"]) == 36
    assert days.planned_units(PARK, ROWS, DAY, first["end"] - timedelta(seconds=60)) == 35
    assert days.planned_units(PARK, ROWS, DAY) == 624


def test_wall_and_home_give_the_same_numbers_to_the_last_digit() -> None:
    on_wall = {figure.key: figure.value for figure in wall(PARK, ROWS, NOW, 14).figures}
    assert {key: on_wall[key] for key in ("units_out", "on_time", "co2e_per_unit")} == {
        key: figures()[key] for key in ("units_out", "on_time", "co2e_per_unit")
    }


def test_every_figure_says_why() -> None:
    shown = five_figures(PARK, ROWS, NOW, 14) + plan(PARK, ROWS, DAY, NOW).figures + wall(PARK, ROWS, NOW, 14).figures
    shown += energy(PARK, ROWS, DAY, NOW).figures
    assert [figure.key for figure in shown if not figure.why.inputs or not figure.unit] == []


def test_power_now_by_source_adds_up_to_the_use() -> None:
    power = power_now(PARK, ROWS, NOW)
    assert power.use_kw == pytest.approx((power.grid_kw or 0) + (power.solar_kw or 0) + (power.battery_kw or 0))


def test_what_flows_into_the_park_flows_out_of_it() -> None:
    links = energy(PARK, ROWS, DAY, NOW).flow.links
    into = sum(link.energy_kwh for link in links if link.target == "site")
    out = sum(link.energy_kwh for link in links if link.source == "site")
    assert into == pytest.approx(out, abs=0.2)
    assert into > 1000


def test_price_bands_add_up_to_the_import_and_its_cost() -> None:
    answer = energy(PARK, ROWS, DAY, NOW)
    *bands, whole = answer.bands
    assert whole.band == "sum"
    assert sum(band.import_kwh for band in bands) == pytest.approx(whole.import_kwh)
    assert sum(band.cost_cny for band in bands) == pytest.approx(whole.cost_cny)


def test_the_strip_shows_planned_solar_as_the_plan_balances_it() -> None:
    shown = strip(PARK, ROWS, DAY)
    noon = shown.start.index(PARK.midnight(DAY) + timedelta(hours=12))
    assert shown.solar_plan_kw[noon] == pytest.approx(210, abs=1)
    assert shown.solar_kw[-1] is None
    assert len(shown.start) == 96


def test_late_orders_come_dearest_first_and_make_the_on_time_share() -> None:
    answer = plan(PARK, ROWS, DAY, NOW)
    assert [order.order_id for order in answer.late] == ["O0055", "O0014", "O0009"]
    assert answer.figures[0].value == pytest.approx(100 * 57 / 60)
    assert sorted(answer.late, key=lambda order: -(order.cost_cny or 0)) == answer.late


def test_bars_are_columns_of_one_length_sorted_by_line_and_start() -> None:
    bars = plan(PARK, ROWS, DAY, NOW).bars
    assert {len(column) for column in bars.model_dump().values()} == {66}
    assert sorted(zip(bars.line, bars.start_s, strict=True)) == list(zip(bars.line, bars.start_s, strict=True))


def test_a_line_is_never_busier_than_its_time() -> None:
    assert all(0 < (line.busy_share or 0) <= 1 for line in plan(PARK, ROWS, DAY, NOW).lines)


def test_the_plan_hash_changes_with_the_plan() -> None:
    before = plan_hash(ROWS, DAY)
    late = FACTS.read("schedule", ISO).with_columns(pl.col("end") + pl.duration(minutes=1))

    class Other:
        def read(self, kind: str, day: str) -> pl.DataFrame:
            return late if kind == "schedule" else ROWS.read(kind, day)

    assert len(before) == 64
    assert plan_hash(Other(), DAY) != before


def test_needs_are_sorted_by_what_waiting_costs_and_few() -> None:
    found = needs(PARK, ROWS, DAY, NOW, ())
    costs = [need.waiting_cny_per_h for need in found]
    assert costs == sorted(costs, reverse=True)
    assert 0 < len(found) <= NEEDS_AT_MOST
    assert all(need.severity <= 2 for need in found)


def test_an_acknowledged_alarm_needs_nobody() -> None:
    first = needs(PARK, ROWS, DAY, NOW, ())[0]
    assert first.key not in {need.key for need in needs(PARK, ROWS, DAY, NOW, {first.key})}
    assert next(alarm for alarm in alarms(ROWS, DAY, {first.key}) if alarm.key == first.key).acknowledged


def test_an_alarm_that_repeats_is_one_alarm() -> None:
    row = FACTS.read("alarms", ISO).head(1)
    twice = pl.concat([row, row.with_columns(pl.col("at") + pl.duration(minutes=15))])

    class Twice:
        def read(self, kind: str, day: str) -> pl.DataFrame:
            return twice

    found = alarms(Twice(), DAY, ())
    assert len(found) == 1
    assert found[0].key == alarm_key(found[0].kind, found[0].thing_id, twice["at"][1])


def test_progress_counts_closed_days_and_tells_stale_data() -> None:
    assert progress(PARK, ROWS, NOW, 14).days_closed == 14
    assert progress(PARK, ROWS, NOW, 20).missing[0] == (DAY - timedelta(days=20)).isoformat()
    assert not progress(PARK, ROWS, NOW, 14).stale
    assert progress(PARK, ROWS, NOW + timedelta(minutes=10), 14).stale


def test_a_day_without_facts_is_empty_and_not_wrong() -> None:
    other = NOW - timedelta(days=40)
    answer = home(PARK, ROWS, other, 14)
    assert [figure.value for figure in answer.figures] == [None] * 5
    assert answer.needs == []
    assert energy(PARK, ROWS, other.date(), NOW).flow.links == []
    assert plan(PARK, ROWS, other.date(), NOW).plan_hash == ""
    assert not answer.progress.running


def test_before_the_first_interval_nothing_is_made_up() -> None:
    early = PARK.midnight(DAY) + timedelta(minutes=5)
    rows = Frames(MemoryFacts(batches(PARK, early), early))
    answer = home(PARK, rows, early, 14)
    assert {figure.key: figure.value for figure in answer.figures} == {
        "units_out": 0.0, "on_time": None, "kwh_per_unit": None, "cny_per_unit": None, "co2e_per_unit": None,
    }  # fmt: skip


def test_passports_are_found_by_serial_number_product_and_order_newest_first() -> None:
    days_known = FACTS.days("passports")
    every = passports(PARK, ROWS, ISO, days_known, "", 500, 0)
    assert every.total == len(every.rows) > 300
    assert [row.at for row in every.rows] == sorted((row.at for row in every.rows), reverse=True)
    assert {row.product_id for row in passports(PARK, ROWS, ISO, days_known, "nb-16", 500, 0).rows} == {"NB-16"}
    assert passports(PARK, ROWS, ISO, days_known, "000040", 500, 0).rows[0].unit_id == UNIT
    assert passports(PARK, ROWS, ISO, days_known, "[a-z", 500, 0).total == 0


def test_the_steps_of_every_tenth_passport_add_up_to_it_exactly() -> None:
    units = [row.unit_id for row in passports(PARK, ROWS, ISO, [], "", 500, 0).rows][::10]
    found = [explained(PARK, FACTS, unit) for unit in units]
    assert len(found) > 30
    assert {(each.difference_mwh_int, each.difference_ug) for each in found if each} == {(0, 0)}


def test_a_passport_tells_its_origin_quality_and_parts() -> None:
    found = passport(PARK, FACTS, UNIT)
    assert found is not None
    assert found.carbon.material_ug == 38_400_000_000
    assert found.carbon.location_kg == pytest.approx((found.carbon.location_ug + found.carbon.material_ug) / 1e9)
    assert [verdict.verdict for verdict in found.verdicts] == ["good"]
    assert found.genealogy is not None
    assert [step.work_unit_id for step in found.genealogy.passages] == ["NB1-ASM", "NB1-TST", "NB1-PCK"]
    assert [part.position for part in found.genealogy.parts] == ["board"]
    assert {lot.supplier_en for lot in found.genealogy.lots} == {"Panel maker", "Cell maker"}


def test_a_reworked_unit_is_not_first_pass() -> None:
    found = passport(PARK, FACTS, "TP-260715-L-NB1-000030")
    assert found is not None
    assert not found.first_pass


def test_an_unknown_unit_has_no_answer() -> None:
    assert passport(PARK, FACTS, "TP-260715-L-NB1-999999") is None
    assert explained(PARK, FACTS, "nothing") is None
    assert genealogy(PARK, FACTS, "nothing") is None


@pytest.mark.parametrize(
    ("unit", "day"),
    [(UNIT, ISO), ("TJ-stock-BRD-00001", None), ("TP-991399-L-1", None), ("", None), ("a-123456x-b", None)],
)
def test_the_day_in_a_serial_number(unit: str, day: str | None) -> None:
    assert unit_day(unit) == day


def test_passports_of_the_last_day_are_listed_just_after_midnight() -> None:
    assert passport_day(DAY + timedelta(days=1), [ISO]) == ISO
    assert passport_day(DAY, []) is None


def test_change_and_ratio_know_nothing_from_nothing() -> None:
    assert change(None, 1.0) is None
    assert change(1.0, 0.0) is None
    assert change(-1.0, -2.0) == 0.5
    assert ratio(1.0, 0) is None
