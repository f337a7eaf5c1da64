"""Every figure of Home, Wall, Plan and Energy worked out by hand on a ledger of a few rows."""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta

import polars as pl
import pytest
from facts_fixture import MemoryFacts, table
from hypothesis import given, settings
from hypothesis import strategies as st
from tiny_day import DAY, KWH, NOW, PARK, YEAR_AGO, YESTERDAY, at, tiny_batches, tiny_facts, tiny_rows

from parkwright.show.answers import day as days
from parkwright.show.answers.alarms import alarms, needs
from parkwright.show.answers.energy import KGCE_PER_KWH, Energy, energy, own_use
from parkwright.show.answers.figure import Figure
from parkwright.show.answers.home import five_figures, home, strip
from parkwright.show.answers.passport import passport, passports
from parkwright.show.answers.plan import plan
from parkwright.show.answers.progress import progress
from parkwright.show.answers.wall import power_now, wall
from parkwright.show.frames import Frames

ROWS = tiny_rows()
HOME = {figure.key: figure for figure in five_figures(PARK, ROWS, NOW, 2)}
WALL = {figure.key: figure for figure in wall(PARK, ROWS, NOW, 2).figures}
PLAN = plan(PARK, ROWS, DAY, NOW)
ENERGY: Energy = energy(PARK, ROWS, DAY, NOW)
LOSS = 1.015
BOILER_GAS_KWH = 9.0 * 0.25 / 0.9

# ---------------------------------------------------------------------------------------------------------- Home


def test_units_out_are_u1_u2_u3_and_u5_against_three_planned_by_now() -> None:
    figure = HOME["units_out"]
    assert (figure.value, figure.target, figure.unit) == (4.0, 3.0, "units")
    assert figure.as_of == at("08:43")
    inputs = {each.name: each.value for each in figure.why.inputs}
    assert inputs == {
        "input.units_good": 4.0,
        "input.units_planned_now": 3.0,
        "input.units_planned_day": 9.0,
        "input.units_yesterday": 1.0,
    }


def test_units_compare_with_yesterday_at_this_time_and_with_the_year_before() -> None:
    figure = HOME["units_out"]
    assert (figure.yesterday, figure.last_year, figure.spark) == (1.0, 2.0, [None, 8.0])
    assert figure.change_on_day == 3.0
    assert figure.change_on_year == 1.0
    assert figure.off_target == pytest.approx(-1 / 3)


def test_one_of_two_orders_due_was_on_time_and_the_plan_brings_one_of_four() -> None:
    figure = HOME["on_time"]
    assert (figure.value, figure.target) == (50.0, 25.0)
    assert figure.spark == [None, 75.0]
    assert figure.last_year == 100.0
    assert {each.name: each.value for each in figure.why.inputs} == {"input.orders_due": 2, "input.orders_late": 1}


def test_energy_per_unit_is_21_kwh_for_three_units_of_closed_intervals() -> None:
    figure = HOME["kwh_per_unit"]
    assert figure.value == pytest.approx(7.0)
    assert figure.as_of == at("08:30")
    assert figure.yesterday == pytest.approx(20.0)
    assert figure.last_year == pytest.approx(7.0)
    assert figure.spark == [None, pytest.approx((100 + 20 + 5 - 6 - 3) / 8)]
    assert [each.value for each in figure.why.inputs] == [pytest.approx(21.0), 3]


def test_the_plans_energy_per_unit_is_its_load_and_heat_pump_over_its_units_by_0830() -> None:
    expected = ((50 * LOSS + 4) + (30 * LOSS + 4)) * 0.25 / 2
    assert HOME["kwh_per_unit"].target == pytest.approx(expected)


def test_cost_per_unit_is_import_less_export() -> None:
    assert HOME["cny_per_unit"].value == pytest.approx((7.0 + 6.3 - 0.36) / 3)
    assert HOME["cny_per_unit"].spark == [None, pytest.approx(10.0)]


def test_the_plans_cost_per_unit_buys_by_price_sells_at_the_export_price_and_burns_gas() -> None:
    expected = 40 * 0.25 * 0.7 - 20 * 0.25 * 0.36 + BOILER_GAS_KWH * 0.35
    assert HOME["cny_per_unit"].target == pytest.approx(expected / 2)


def test_carbon_per_unit_is_scope_1_and_2_by_location() -> None:
    assert HOME["co2e_per_unit"].value == pytest.approx((16 * 0.6796 + 2 * 0.18254) / 3)
    expected = 40 * 0.25 * 0.6796 + BOILER_GAS_KWH * 0.18254
    assert HOME["co2e_per_unit"].target == pytest.approx(expected / 2)


def test_what_the_battery_carries_is_not_counted_a_second_time() -> None:
    assert days.emitted(ROWS, DAY, "location")["quantity"].to_list() == [6_978_540_000, 4_260_140_000]
    assert days.emitted(ROWS, DAY, "market")["quantity"].to_list() == [6_278_540_000, 3_840_140_000]
    assert days.spent(ROWS, DAY)["quantity"].to_list() == [66_400, 63_000]


def test_the_strip_holds_96_intervals_and_knows_only_what_is_known() -> None:
    shown = strip(PARK, ROWS, DAY)
    assert (len(shown.start), shown.interval_s) == (96, 900)
    first = shown.start.index(at("08:00"))
    assert shown.load_kw[first - 1 : first + 3] == [None, 48.0, 36.0, None]
    assert shown.solar_kw[first : first + 3] == [16.0, 20.0, None]
    assert shown.band[first : first + 4] == ["flat", "peak", "peak", None]
    assert shown.price_cny_per_kwh[first : first + 2] == [0.7, 1.05]
    assert shown.co2e_kg_per_kwh[first : first + 2] == [0.5, 0.4]
    assert shown.load_plan_kw[first : first + 2] == [pytest.approx(54.75), pytest.approx(34.45)]


def test_planned_solar_is_what_the_plans_balance_leaves() -> None:
    shown = strip(PARK, ROWS, DAY)
    first = shown.start.index(at("08:00"))
    assert shown.solar_plan_kw[first] == pytest.approx(54.75 + 5 - 40)
    assert shown.solar_plan_kw[first + 1] == pytest.approx(34.45 + 20)
    assert shown.solar_plan_kw[first + 2] == 0.0


def test_needs_are_the_meter_that_ran_backwards_then_the_silent_one_then_the_late_order() -> None:
    found = needs(PARK, ROWS, DAY, NOW, ())
    assert [(need.kind, need.thing_id, need.waiting_cny_per_h) for need in found] == [
        ("alarm.meter_backwards", "smt-ovn", 600.0),
        ("alarm.meter_silent", "air", 100.0),
        ("need.order_late", "O2", 4.0),
    ]
    assert [need.link for need in found] == ["/energy", "/energy", "/plan"]
    assert found[1].since == at("08:20")


def test_a_late_order_that_somebody_took_asks_no_more() -> None:
    kept = needs(PARK, ROWS, DAY, NOW, {"order_late|O2"})
    assert "need.order_late" not in {need.kind for need in kept}


def test_an_order_is_late_only_from_its_due_time_on() -> None:
    before = needs(PARK, ROWS, DAY, at("08:29:59"), ())
    assert "O2" not in {need.thing_id for need in before}
    assert "O2" in {need.thing_id for need in needs(PARK, ROWS, DAY, at("08:30"), ())}


def test_at_most_three_late_orders_ask_the_dearest_first() -> None:
    evening = needs(PARK, ROWS, DAY, at("23:30"), ())
    late = [need.thing_id for need in evening if need.kind == "need.order_late"]
    assert late == ["O2", "O4", "O3"]


def test_alarms_are_newest_first_and_one_a_kind_and_thing() -> None:
    found = alarms(ROWS, DAY, ())
    assert [(alarm.kind, alarm.thing_id) for alarm in found] == [
        ("meter_silent", "air"), ("meter_rollover", "b1"), ("meter_backwards", "smt-ovn"),
    ]  # fmt: skip
    assert found[0].text == "Meter air sent nothing again"
    assert found[0].key == "meter_silent|air|2026-07-15T00:20:00Z"
    assert [alarm.severity for alarm in found] == [2, 3, 1]


def test_progress_knows_one_of_two_days_and_the_age_of_the_newest_sample() -> None:
    found = progress(PARK, ROWS, NOW, 2)
    assert (found.days_wanted, found.days_closed, found.missing) == (2, 1, ["2026-07-13"])
    assert (found.newest, found.age_s, found.stale, found.running) == (at("08:43"), 30.0, False, True)


@pytest.mark.parametrize(("seconds", "stale"), [(149, False), (150, False), (151, True), (9000, True)])
def test_data_are_stale_after_three_minutes_and_not_before(seconds: int, stale: bool) -> None:
    assert progress(PARK, ROWS, NOW + timedelta(seconds=seconds), 2).stale is stale


def test_home_holds_the_parts_and_its_day_is_the_parks() -> None:
    whole = home(PARK, ROWS, NOW, 2)
    assert whole.day == "2026-07-15"
    assert [figure.key for figure in whole.figures] == list(HOME)
    assert whole.figures == list(HOME.values())
    assert (len(whole.needs), whole.progress.days_closed) == (3, 1)


# ---------------------------------------------------------------------------------------------------------- totals


def test_a_closed_day_is_read_from_its_books() -> None:
    found = days.closed_totals(PARK, ROWS, YESTERDAY)
    assert found is not None
    assert asdict(found) == {
        "units_good": 8, "energy_kwh": 116.0, "cost_cny": 80.0, "location_kg": 68.0, "market_kg": 61.0,
        "orders_due": 20, "orders_late": 5, "as_of": at("24:00", YESTERDAY),
    }  # fmt: skip
    assert found.on_time == 0.75
    assert found.per_unit(found.cost_cny) == 10.0


def test_a_day_without_books_is_not_closed() -> None:
    assert days.closed_totals(PARK, ROWS, DAY) is None
    assert days.books_of(ROWS, DAY) == {}


def test_books_without_orders_take_them_from_the_facts() -> None:
    books = table(
        "books",
        [{"day": DAY.isoformat(), "key": k, "value": v} for k, v in (("units_good", 3.0), ("orders_late", 1.0))],
    )
    found = days.closed_totals(PARK, tiny_rows(books=books), DAY)
    assert found is not None
    assert (found.orders_due, found.orders_late, found.energy_kwh, found.on_time) == (4, 1, None, 0.75)


def test_books_of_a_day_without_sun_count_what_is_there() -> None:
    found = days.closed_totals(PARK, ROWS, YEAR_AGO)
    assert found is not None
    assert (found.energy_kwh, found.per_unit(found.energy_kwh)) == (14.0, 7.0)


def test_the_open_day_is_known_up_to_the_last_whole_interval_before_now() -> None:
    early = days.open_totals(PARK, ROWS, DAY, at("08:29"))
    assert (early.as_of, early.units_good, early.energy_kwh) == (at("08:15"), 2, pytest.approx(12.0))
    assert early.cost_cny == pytest.approx(6.64)
    late = days.open_totals(PARK, ROWS, DAY, NOW)
    assert (late.as_of, late.units_good, late.energy_kwh) == (at("08:30"), 3, pytest.approx(21.0))


@pytest.mark.parametrize(
    ("clock", "units"),
    [
        ("07:30", 0),
        ("07:38:30", 0),
        ("07:39", 1),
        ("07:40", 2),
        ("08:42", 2),
        ("08:43", 3),
        ("08:44", 4),
        ("08:45", 5),
        ("23:00", 9),
    ],
)
def test_planned_units_leave_one_takt_apart_until_the_jobs_end(clock: str, units: int) -> None:
    assert days.planned_units(PARK, ROWS, DAY, at(clock)) == units


@pytest.mark.parametrize(
    ("clock", "due", "late"), [("07:59", 0, 0), ("08:00", 1, 0), ("08:30", 2, 1), ("09:00", 3, 2), ("23:30", 4, 3)]
)
def test_orders_fall_due_one_by_one_and_stock_is_no_order(clock: str, due: int, late: int) -> None:
    assert days.orders_due(ROWS, DAY, at(clock)) == (due, late)


def test_an_orders_ends_are_those_of_its_last_job() -> None:
    ends = {row["order_id"]: row for row in days.order_ends(ROWS, DAY).iter_rows(named=True)}
    assert set(ends) == {"O1", "O2", "O3", "O4"}
    assert (ends["O1"]["planned_end"], ends["O1"]["actual_end"]) == (at("07:40"), at("07:50"))
    assert (ends["O2"]["planned_end"], ends["O2"]["actual_end"]) == (at("08:45"), None)
    assert (ends["O4"]["planned_end"], ends["O4"]["actual_end"]) == (None, None)


def test_finished_lines_make_products_and_no_boards() -> None:
    assert days.finished_lines(PARK) == ["L-NB1"]
    assert days.finished_segments(PARK) == ["nb"]


def test_flows_by_interval_are_the_meters_at_the_edge() -> None:
    flows = days.flows(PARK, ROWS, DAY)
    assert flows.columns == ["start", "import", "export", "generation", "charge", "discharge", "use"]
    assert flows.row(0)[1:] == (10.0, 1.0, 4.0, 3.0, 2.0, 12.0)
    assert flows.row(1)[1:] == (6.0, 0.0, 5.0, 2.0, 0.0, 9.0)


# ---------------------------------------------------------------------------------------------------------- Wall


def test_the_walls_six_figures_in_order() -> None:
    assert {key: figure.value for key, figure in WALL.items()} == {
        "units_out": 4.0, "on_time": 50.0, "power_now": 40.0, "co2e_per_unit": pytest.approx(11.23868 / 3),
        "first_pass": 60.0, "robots": 1.0,
    }  # fmt: skip


def test_power_now_is_the_newest_minute_by_source() -> None:
    assert power_now(PARK, ROWS, NOW).model_dump() == {
        "at": at("08:43"), "grid_kw": 30.0, "solar_kw": 12.0, "battery_kw": -2.0, "use_kw": 40.0,
    }  # fmt: skip


def test_power_without_the_grid_meters_sample_is_not_guessed() -> None:
    rows = tiny_facts().read("samples", DAY.isoformat()).filter(pl.col("signal_id") != "grid-in/power_kw")
    found = power_now(PARK, tiny_rows(samples=rows), NOW)
    assert (found.at, found.grid_kw, found.use_kw) == (at("08:43"), None, None)


def test_first_pass_counts_three_of_five_decided_units() -> None:
    assert days.first_pass(PARK, ROWS, DAY) == (3, 5)
    assert [each.value for each in WALL["first_pass"].why.inputs] == [3, 5]


@pytest.mark.parametrize(("clock", "busy"), [("08:43:30", 1), ("08:10", 1), ("08:30", 0), ("08:50", 1), ("09:00", 0)])
def test_a_robot_is_at_work_from_its_start_up_to_its_end(clock: str, busy: int) -> None:
    figures = {figure.key: figure for figure in wall(PARK, ROWS, at(clock), 2).figures}
    assert figures["robots"].value == busy
    assert figures["robots"].why.inputs[1].value == 4


# ---------------------------------------------------------------------------------------------------------- Plan


def test_the_plans_five_figures() -> None:
    assert {figure.key: figure.value for figure in PLAN.figures} == {
        "plan_on_time": 25.0, "plan_jobs": 4.0, "plan_energy": 10.0, "plan_cost": 8.0, "plan_co2e": 6.0,
    }  # fmt: skip


def test_late_orders_unplanned_first_then_by_lateness_times_weight() -> None:
    assert [(o.order_id, o.expected, o.late_h, o.cost_cny) for o in PLAN.late] == [
        ("O4", None, None, None),
        ("O2", at("08:45"), 0.25, 1.0),
        ("O3", at("09:20"), pytest.approx(1 / 3), pytest.approx(1 / 3)),
    ]
    assert PLAN.late_count == 3


def test_an_open_order_is_expected_no_earlier_than_now() -> None:
    later = plan(PARK, ROWS, DAY, at("10:30"))
    assert {o.order_id: o.late_h for o in later.late} == {"O4": None, "O2": 2.0, "O3": 1.5}


def test_bars_count_seconds_from_midnight() -> None:
    bars = PLAN.bars
    assert bars.job_id == ["B1", "J1", "J2", "J3"]
    assert bars.line == [0, 1, 1, 1]
    assert bars.setup_s == [6 * 3600, 7 * 3600, 27_600, 31_500]
    assert bars.start_s == [23_400, 25_800, 27_900, 31_800]
    assert bars.end_s == [28_800, 27_600, 31_500, 33_600]
    assert bars.begun_s == [23_400, 25_800, None, None]
    assert bars.done_s == [29_100, 28_200, None, None]
    assert bars.due_s == [82_800, 28_800, 30_600, 32_400]
    assert bars.late_s == [0, 0, 900, 1200]
    assert [PLAN.products[n] for n in bars.product] == ["BRD-A", "NB-14", "NB-16", "NB-14"]


def test_the_load_of_a_line_is_its_setups_and_jobs_over_sixteen_hours() -> None:
    shares = {line.line_id: (line.jobs, line.busy_share) for line in PLAN.lines}
    assert shares == {"L-SMT": (1, 2 / 16), "L-NB1": (3, pytest.approx(140 / 60 / 16))}


def scheduled(*spans: tuple[str, str, str]) -> Frames:
    """Return the ledger with the jobs J1, J2, J3 ... at these (setup, start, end) on the notebook line."""
    base = tiny_facts().read("schedule", DAY.isoformat()).filter(pl.col("job_id") == "J1").row(0, named=True)
    rows = [
        base | {"job_id": f"J{n % 4 + 1}", "setup_start": at(a), "start": at(b), "end": at(c)}
        for n, (a, b, c) in enumerate(spans, 1)
    ]
    return tiny_rows(schedule=table("schedule", rows))


@pytest.mark.parametrize(
    ("spans", "busy_h"),
    [
        ((("06:00", "06:00", "08:00"), ("07:00", "07:00", "09:00")), 3.0),
        ((("06:00", "06:00", "12:00"), ("07:00", "07:00", "08:00"), ("09:00", "09:00", "10:00")), 6.0),
        ((("06:00", "06:30", "07:00"), ("06:00", "06:30", "07:00")), 1.0),
        ((("06:00", "06:00", "07:00"), ("08:00", "08:00", "09:00")), 2.0),
        ((("06:00", "06:00", "22:00"), ("06:10", "06:10", "22:00"), ("06:20", "06:20", "22:00")), 16.0),
    ],
)
def test_time_that_two_jobs_share_counts_once(spans: tuple[tuple[str, str, str], ...], busy_h: float) -> None:
    lines = {line.line_id: line.busy_share for line in plan(PARK, scheduled(*spans), DAY, NOW).lines}
    assert lines["L-NB1"] == pytest.approx(busy_h / 16)


def test_work_outside_the_shifts_does_not_make_a_line_busier_than_its_time() -> None:
    rows = scheduled(("00:00", "00:00", "24:00"), ("00:00", "00:00", "24:00"))
    lines = {line.line_id: line.busy_share for line in plan(PARK, rows, DAY, NOW).lines}
    assert lines["L-NB1"] == 1.0


@pytest.mark.parametrize(
    ("out", "share"),
    [
        ((("08:00", "10:00"),), 3 / 14),
        ((("04:00", "07:00"),), 3 / 15),
        ((("09:00", "10:00"), ("09:30", "12:00")), 1 / 13),
        ((("20:00", "24:00"),), 4 / 14),
        ((("00:00", "24:00"),), None),
    ],
)
def test_time_out_of_use_is_neither_busy_nor_working(out: tuple[tuple[str, str], ...], share: float | None) -> None:
    schedule = scheduled(("06:00", "06:00", "07:00"), ("09:00", "09:00", "12:00")).read("schedule", DAY.isoformat())
    told = [
        {
            "work_center_id": "L-NB1",
            "start": at(start),
            "end": at(end),
            "at": at(start),
            "reason": "repair",
            "who": "planner",
            "command_id": "c1",
        }
        for start, end in out
    ]
    rows = tiny_rows(schedule=schedule, outages=table("outages", told))
    lines = {line.line_id: line.busy_share for line in plan(PARK, rows, DAY, NOW).lines}
    assert lines["L-NB1"] == (share if share is None else pytest.approx(share))


@settings(max_examples=25)
@given(st.lists(st.tuples(st.integers(0, 1440), st.integers(0, 300)), min_size=1, max_size=12))
def test_no_plan_makes_a_line_busier_than_its_time_and_order_does_not_matter(jobs: list[tuple[int, int]]) -> None:
    spans = [(minutes(start), minutes(start), minutes(min(1440, start + length))) for start, length in jobs]
    working = set(range(6 * 60, 22 * 60))
    busy = {n for start, length in jobs for n in range(start, min(1440, start + length))} & working
    for order in (spans, spans[::-1]):
        lines = {line.line_id: line.busy_share for line in plan(PARK, scheduled(*order), DAY, NOW).lines}
        assert lines["L-NB1"] == pytest.approx(len(busy) / 960)


def minutes(count: int) -> str:
    return f"{count // 60:02d}:{count % 60:02d}"


def test_a_day_with_no_plan_says_nothing_of_lateness() -> None:
    empty = plan(PARK, tiny_rows(schedule=table("schedule", [])), DAY, NOW)
    assert (empty.plan_hash, empty.late, empty.bars.job_id) == ("", [], [])
    assert [figure.value for figure in empty.figures] == [None] * 5
    assert [line.busy_share for line in empty.lines] == [0.0, 0.0]


# ---------------------------------------------------------------------------------------------------------- Energy


def test_the_seven_figures_of_energy() -> None:
    assert {figure.key: (figure.value, figure.unit) for figure in ENERGY.figures} == {
        "site_use": (pytest.approx(21.0), "kWh"),
        "grid_import": (16.0, "kWh"),
        "solar_yield": (9.0, "kWh"),
        "solar_self_use": (pytest.approx(100 * 8 / 9), "%"),
        "energy_cost": (pytest.approx(12.94), "CNY"),
        "energy_co2e": (pytest.approx(11.23868), "kg CO2e"),
        "coal_equivalent": (pytest.approx(21 * KGCE_PER_KWH / 1000), "tce"),
    }


def test_the_market_view_stands_beside_the_location_view() -> None:
    figure = next(figure for figure in ENERGY.figures if figure.key == "energy_co2e")
    assert [each.value for each in figure.why.inputs] == [pytest.approx(11.23868), pytest.approx(10.11868)]


def test_own_use_is_a_meter_less_the_meters_below_it() -> None:
    own = own_use(PARK, ROWS, DAY)
    assert own == {
        "b1": 1.0, "l-smt": 0.5, "smt-prn": 1.0, "smt-ovn": 3.0, "smt-aoi": 0.5, "l-nb1": 0.5, "nb1-asm": 2.0,
        "nb1-tst": 3.0, "nb1-pck": 0.5, "b1-hvac": 3.0, "b1-light": 2.0, "air": 1.5, "hp1": 0.5, "robots": 0.5,
    }  # fmt: skip
    assert sum(own.values()) == pytest.approx(sum(sum(KWH[top]) for top in ("b1", "air", "hp1", "robots")))


def test_the_sankey_link_by_link() -> None:
    assert {(link.source, link.target): link.energy_kwh for link in ENERGY.flow.links} == {
        ("grid", "site"): 16.0, ("pv-1", "site"): 9.0, ("battery", "site"): 2.0, ("site", "L-SMT"): 5.0,
        ("site", "L-NB1"): 6.0, ("site", "use-building"): 1.0, ("site", "use-hvac"): 3.0,
        ("site", "use-lighting"): 2.0, ("site", "use-air"): 1.5, ("site", "use-heat"): 0.5,
        ("site", "use-logistics"): 0.5, ("site", "charge"): 5.0, ("site", "export"): 1.0, ("site", "losses"): 1.5,
    }  # fmt: skip


def test_every_end_of_a_link_is_a_node_and_every_node_has_a_link() -> None:
    ends = {end for link in ENERGY.flow.links for end in (link.source, link.target)}
    assert ends == {node.id for node in ENERGY.flow.nodes}


def test_what_flows_in_flows_out_to_the_watt_hour() -> None:
    into = sum(link.energy_kwh for link in ENERGY.flow.links if link.target == "site")
    out = sum(link.energy_kwh for link in ENERGY.flow.links if link.source == "site")
    assert into == pytest.approx(out, abs=1e-9) == 27.0


def test_bands_add_up_to_what_was_bought() -> None:
    assert [(b.band, b.import_kwh, b.cost_cny, b.cny_per_kwh) for b in ENERGY.bands] == [
        ("peak", 6.0, 6.3, pytest.approx(1.05)),
        ("flat", 10.0, 6.64, pytest.approx(0.664)),
        ("sum", 16.0, 12.94, pytest.approx(12.94 / 16)),
    ]


def test_the_five_largest_consumers_and_their_share_of_the_use() -> None:
    assert [(each.meter_id, each.energy_kwh) for each in ENERGY.largest] == [
        ("b1-hvac", 3.0), ("nb1-tst", 3.0), ("smt-ovn", 3.0), ("b1-light", 2.0), ("nb1-asm", 2.0),
    ]  # fmt: skip
    assert ENERGY.largest[0].share == pytest.approx(3 / 21)


def test_the_battery_planned_and_as_metered() -> None:
    (store,) = ENERGY.stores
    first = ENERGY.strip.start.index(at("08:00"))
    assert store.plan_kw[first : first + 3] == [5.0, 0.0, None]
    assert store.power_kw[first : first + 3] == [4.0, 8.0, None]
    assert store.plan_kwh[first : first + 2] == [101.0, 101.0]
    assert store.stored_kwh[first - 1 : first + 3] == [None, 101.5, 103.25, None]
    assert store.reason[first : first + 2] == ["charge_valley", "hold"]


def test_energy_says_how_far_it_is_metered_and_what_is_estimated() -> None:
    assert ENERGY.closed_until == at("08:30")
    assert ENERGY.estimated_readings == 1
    assert ENERGY.placeholder_price is True


def test_yesterdays_use_stands_beside_a_closed_day_only() -> None:
    assert ENERGY.figures[0].yesterday is None
    books = table("books", [{"day": DAY.isoformat(), "key": "units_good", "value": 9.0}])
    closed = energy(PARK, tiny_rows(books=books), DAY, NOW)
    assert closed.figures[0].yesterday == 116.0


# ---------------------------------------------------------------------------------------------------------- Passport


def test_a_final_passport_takes_the_place_of_the_provisional_one() -> None:
    listed = passports(PARK, ROWS, DAY.isoformat(), [DAY.isoformat()], "", 50, 0)
    assert [(row.unit_id, row.status) for row in listed.rows] == [("U2", "provisional"), ("U1", "final")]
    assert listed.rows[1].energy_kg == pytest.approx(0.88)
    assert listed.rows[1].location_kg == pytest.approx(39.28)
    assert listed.total == 2


@pytest.mark.parametrize(
    ("query", "limit", "offset", "units"),
    [("", 1, 0, ["U2"]), ("", 1, 1, ["U1"]), ("", 50, 2, []), ("u1", 50, 0, ["U1"]), (" O1 ", 50, 0, ["U2", "U1"]),
     ("nb-16", 50, 0, []), (".*", 50, 0, [])],
)  # fmt: skip
def test_a_search_is_literal_and_pages_through(query: str, limit: int, offset: int, units: list[str]) -> None:
    found = passports(PARK, ROWS, DAY.isoformat(), [], query, limit, offset)
    assert [row.unit_id for row in found.rows] == units


def test_a_passport_in_the_ledgers_integers_and_in_kg() -> None:
    found = passport(PARK, tiny_facts(), "U1")
    assert found is not None
    carbon = found.carbon
    assert (carbon.direct_mwh_int, carbon.overhead_mwh_int, carbon.cost_1e4cny) == (400_000, 900_000, 9_100)
    assert (carbon.location_kg, carbon.market_kg) == (pytest.approx(39.28), pytest.approx(39.19))
    assert (found.mass_kg, found.site_zh, carbon.status) == (1.6, "测试园区", "final")


def test_a_passport_carries_the_head_of_the_ledger_that_vouches_for_it() -> None:
    facts = tiny_facts()
    found = passport(PARK, facts, "U2")
    assert found is not None
    assert (found.ledger_seq, bytes.fromhex(found.ledger_hash)) == facts.head()


# ---------------------------------------------------------------------------------------------------------- laws


def all_figures() -> list[Figure]:
    return [*HOME.values(), *WALL.values(), *PLAN.figures, *ENERGY.figures]


@pytest.mark.parametrize("figure", all_figures(), ids=lambda figure: figure.key)
def test_a_figure_says_which_way_is_better_and_where_its_numbers_come_from(figure: Figure) -> None:
    assert figure.good_is in ("high", "low")
    assert figure.why.inputs
    assert all(each.source and each.unit for each in figure.why.inputs)


@pytest.mark.parametrize("kind", ["samples", "readings", "verdicts", "schedule", "job_orders", "postings", "dispatch"])
def test_each_kind_may_be_missing_and_no_page_fails(kind: str) -> None:
    rows = tiny_rows(**{kind: table(kind, [])})
    whole = home(PARK, rows, NOW, 2)
    assert len(whole.figures) == 5
    assert wall(PARK, rows, NOW, 2).figures
    assert plan(PARK, rows, DAY, NOW).lines
    assert energy(PARK, rows, DAY, NOW).figures
    missing = {
        "samples": "units_out", "readings": "kwh_per_unit", "verdicts": "kwh_per_unit", "job_orders": "on_time",
        "postings": "cny_per_unit",
    }  # fmt: skip
    shown = {figure.key: figure.value for figure in whole.figures}
    if kind in missing:
        assert shown[missing[kind]] is None


def test_the_order_of_recording_does_not_change_an_answer() -> None:
    turned = Frames(MemoryFacts(list(reversed(tiny_batches())), NOW))
    assert home(PARK, turned, NOW, 2) == home(PARK, ROWS, NOW, 2)
    assert energy(PARK, turned, DAY, NOW) == ENERGY
    assert plan(PARK, turned, DAY, NOW) == PLAN


class WithFuel:
    """The day's facts, and gas for 0.50 CNY."""

    def read(self, kind: str, day: str) -> pl.DataFrame:
        rows = ROWS.read(kind, day)
        if kind != "postings":
            return rows
        fuel = {
            "start": ENERGY.strip.start[32], "commodity": "cny", "view": "tariff", "account_class": "source",
            "method_id": "fuel_x_price", "quantity": -5_000,
        }  # fmt: skip
        return pl.concat([rows, pl.DataFrame([fuel], schema=rows.schema)])


def test_fuel_is_in_the_energy_cost_and_in_no_price_band_of_electricity() -> None:
    found = energy(PARK, WithFuel(), DAY, NOW)
    assert found.bands == ENERGY.bands
    cost = {figure.key: figure.value for figure in found.figures}["energy_cost"]
    assert cost == pytest.approx(12.94 + 0.5)


class MeteredOnly:
    """The day's readings and nothing that a plant or a plan would say."""

    def read(self, kind: str, day: str) -> pl.DataFrame:
        rows = ROWS.read(kind, day)
        return rows if kind in ("readings", "books") else rows.clear()


@pytest.mark.parametrize(("late_s", "stale"), [(0, False), (1080, False), (1081, True)])
def test_a_park_that_only_meters_runs_as_long_as_its_readings_come(late_s: int, stale: bool) -> None:
    newest = ROWS.read("readings", DAY.isoformat())["start"].max() + timedelta(seconds=900)
    found = progress(PARK, MeteredOnly(), newest + timedelta(seconds=late_s), 2)
    assert (found.running, found.newest, found.age_s, found.stale) == (True, newest, late_s, stale)


def test_a_park_that_only_meters_has_its_load_in_the_strip() -> None:
    shown = strip(PARK, MeteredOnly(), DAY)
    assert any(shown.load_kw)
    assert not any(shown.load_plan_kw)
    assert not any(shown.band)
