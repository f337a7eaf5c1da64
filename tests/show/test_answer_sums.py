"""The answers on any ledger: each figure is a plain sum over the recorded rows, also over none and over one."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta

import polars as pl
import pytest
from facts_fixture import MemoryFacts, table
from hypothesis import given, settings
from hypothesis import strategies as st
from tiny_day import DAY, NOW, PARK, at, tiny_facts

from parkwright.run.ports import Batch
from parkwright.show.answers import day as days
from parkwright.show.answers.alarms import NEEDS_AT_MOST, alarm_key, alarms, needs
from parkwright.show.answers.energy import BANDS, KGCE_PER_KWH, energy, own_use
from parkwright.show.answers.figure import change, ratio
from parkwright.show.answers.home import five_figures, home, strip
from parkwright.show.answers.passport import passport_day, passports
from parkwright.show.answers.plan import plan
from parkwright.show.answers.progress import progress
from parkwright.show.answers.wall import power_now, wall
from parkwright.show.frames import Frames

ISO = DAY.isoformat()
STEP = timedelta(minutes=15)
ROLE = {meter.id: meter.role for meter in PARK.meters if meter.commodity == "electricity"}
PARENT = {meter.id: meter.parent_id for meter in PARK.meters}
LOADS = [meter_id for meter_id, role in ROLE.items() if role == "load"]
SIGNS = {"import": 1, "generation": 1, "discharge": 1, "export": -1, "charge": -1}
METHODS = ("import_x_factor", "fuel_x_price", "fuel_x_factor", "share")
SHORT = settings(max_examples=25, deadline=None)


def ledger(**kinds: list[dict[str, object]]) -> MemoryFacts:
    """Return a ledger that holds only the given rows of the day."""
    return MemoryFacts([Batch(k, ISO, 0, k, ISO, table(k, rows)) for k, rows in kinds.items() if rows], NOW)


def reading(n: int, meter_id: str, mwh: int, quality: str = "good") -> dict[str, object]:
    start = at("08:00") + n * STEP
    return {"start": start, "meter_id": meter_id, "energy_mwh_int": mwh, "value": None, "quality": quality}


def posting(n: int, account: str, commodity: str, view: str, quantity: int, method: str) -> dict[str, object]:
    start = at("08:00") + n * STEP
    return {"journal_id": f"{n}/{account}", "account": account, "commodity": commodity, "view": view, "start": start,
            "end": start + STEP, "quantity": quantity, "factor_id": None, "method_id": method,
            "activity_ref": "a"}  # fmt: skip


MWH = st.integers(0, 90_000_000)


@st.composite
def metered(draw: st.DrawFn) -> list[dict[str, object]]:
    """Draw readings of every electricity meter in one to four intervals, each as any whole number of mWh."""
    made = []
    for n in range(draw(st.integers(1, 4))):
        for meter_id in ROLE:
            made.append(reading(n, meter_id, draw(MWH), draw(st.sampled_from(["good", "good", "estimated"]))))
    return made


@st.composite
def posted(draw: st.DrawFn) -> list[dict[str, object]]:
    """Draw postings of carbon and money on accounts of every class."""
    accounts = st.sampled_from(["source:grid", "export:grid", "scope1:BO1", "unit:U3", "pool:BAT1"])
    entry = st.tuples(
        st.integers(0, 3), accounts, st.sampled_from([("co2e", "location"), ("co2e", "market"), ("cny", "tariff")]),
        st.integers(-(10**12), 10**12), st.sampled_from(METHODS),
    )  # fmt: skip
    return [posting(n, account, *kind, q, method) for n, account, kind, q, method in draw(st.lists(entry, max_size=14))]


def summed(rows: list[dict[str, object]], role: str) -> float:
    return sum(row["energy_mwh_int"] for row in rows if ROLE[row["meter_id"]] == role) / 1e6


def used(rows: list[dict[str, object]]) -> float:
    return sum(sign * summed(rows, role) for role, sign in SIGNS.items())


# ------------------------------------------------------------------------------------------------------- metered


@SHORT
@given(metered())
def test_the_flows_of_an_interval_are_the_sums_of_its_meters_by_role(rows: list[dict[str, object]]) -> None:
    found = days.flows(PARK, Frames(ledger(readings=rows)), DAY)
    assert found["start"].to_list() == sorted({row["start"] for row in rows})
    for shown in found.iter_rows(named=True):
        here = [row for row in rows if row["start"] == shown["start"]]
        for role in SIGNS:
            assert shown[role] == pytest.approx(summed(here, role), abs=1e-9)
        assert shown["use"] == pytest.approx(used(here), abs=1e-6)


@SHORT
@given(metered())
def test_every_metered_figure_of_energy_is_a_sum_of_readings(rows: list[dict[str, object]]) -> None:
    shown = energy(PARK, Frames(ledger(readings=rows)), DAY, NOW)
    value = {figure.key: figure.value for figure in shown.figures}
    solar, sold = summed(rows, "generation"), summed(rows, "export")
    assert value["site_use"] == pytest.approx(used(rows), abs=1e-6)
    assert value["grid_import"] == pytest.approx(summed(rows, "import"))
    assert value["solar_yield"] == pytest.approx(solar)
    assert value["coal_equivalent"] == pytest.approx(used(rows) * 0.1229 / 1000, abs=1e-9)
    if solar:
        assert value["solar_self_use"] == pytest.approx(100 * (solar - sold) / solar)
    else:
        assert value["solar_self_use"] is None
    assert (value["energy_cost"], value["energy_co2e"]) == (None, None)
    assert shown.estimated_readings == sum(row["quality"] == "estimated" for row in rows)
    assert shown.closed_until == max(row["start"] for row in rows) + STEP


@SHORT
@given(metered())
def test_own_use_of_all_meters_is_what_the_meters_without_a_parent_read(rows: list[dict[str, object]]) -> None:
    own = own_use(PARK, Frames(ledger(readings=rows)), DAY)
    read: dict[str, int] = defaultdict(int)
    for row in rows:
        read[row["meter_id"]] += row["energy_mwh_int"]
    for meter_id in LOADS:
        below = sum(read[child] for child in LOADS if PARENT[child] == meter_id)
        assert own[meter_id] == pytest.approx((read[meter_id] - below) / 1e6, abs=1e-9)
    assert sum(own.values()) == pytest.approx(sum(read[m] for m in LOADS if not PARENT[m]) / 1e6)


@SHORT
@given(metered())
def test_the_largest_consumers_are_the_top_of_the_list_and_their_shares_are_of_the_use(
    rows: list[dict[str, object]],
) -> None:
    frames = Frames(ledger(readings=rows))
    own, shown = own_use(PARK, frames, DAY), energy(PARK, frames, DAY, NOW).largest
    ranked = sorted((value for value in own.values() if value > 0), reverse=True)
    assert [each.energy_kwh for each in shown] == ranked[:5]
    assert len({each.meter_id for each in shown}) == len(shown)
    for each in shown:
        assert own[each.meter_id] == each.energy_kwh
        assert each.name_zh == PARK.meter[each.meter_id].name_zh
        if used(rows):
            assert each.share == pytest.approx(each.energy_kwh / used(rows), rel=1e-6)


@SHORT
@given(metered())
def test_the_strip_holds_the_power_of_each_interval_and_nothing_where_nothing_was_metered(
    rows: list[dict[str, object]],
) -> None:
    shown = strip(PARK, Frames(ledger(readings=rows)), DAY)
    assert len(shown.start) == len(shown.load_kw) == len(shown.solar_kw) == 96
    for start, load, solar in zip(shown.start, shown.load_kw, shown.solar_kw, strict=True):
        here = [row for row in rows if row["start"] == start]
        if here:
            assert load == pytest.approx(4 * used(here), abs=1e-3)
            assert solar == pytest.approx(4 * summed(here, "generation"), abs=1e-3)
        else:
            assert (load, solar) == (None, None)
    assert set(shown.price_cny_per_kwh) == set(shown.load_plan_kw) == {None}


@SHORT
@given(metered(), st.lists(st.sampled_from(BANDS), min_size=4, max_size=4), posted())
def test_each_band_holds_what_its_intervals_bought_and_the_sum_holds_all(
    rows: list[dict[str, object]], bands: list[str], postings: list[dict[str, object]]
) -> None:
    starts = [at("08:00") + n * STEP for n in range(4)]
    band_of = dict(zip(starts, bands, strict=True))
    signal = [{"start": start, "band": band, "price_cny_per_kwh": 1.0, "co2e_kg_per_kwh": 0.5, "cap_kw": 800.0}
              for start, band in band_of.items()]  # fmt: skip
    shown = energy(PARK, Frames(ledger(readings=rows, signal=signal, postings=postings)), DAY, NOW).bands
    seen = {row["start"] for row in rows}
    paid: dict[str, int] = defaultdict(int)
    for row in postings:
        power = row["commodity"] == "cny" and row["method_id"] == "import_x_factor"
        if power and row["account"].split(":")[0] in ("source", "export") and row["start"] in seen:
            paid[band_of[row["start"]]] -= row["quantity"]
    assert [row.band for row in shown] == [*(b for b in BANDS if b in {band_of[s] for s in seen}), "sum"]
    for row in shown[:-1]:
        own = [r for r in rows if band_of[r["start"]] == row.band]
        assert row.import_kwh == pytest.approx(summed(own, "import"))
        assert row.cost_cny == pytest.approx(paid[row.band] / 1e4)
        assert row.cny_per_kwh == (row.cost_cny / row.import_kwh if row.import_kwh else None)
    assert shown[-1].import_kwh == pytest.approx(sum(row.import_kwh for row in shown[:-1]))
    assert shown[-1].cost_cny == pytest.approx(sum(row.cost_cny for row in shown[:-1]), abs=1e-6)


@SHORT
@given(metered())
def test_the_battery_of_the_energy_page_is_charge_less_discharge(rows: list[dict[str, object]]) -> None:
    store = energy(PARK, Frames(ledger(readings=rows)), DAY, NOW).stores[0]
    for start, power in zip(PARK.intervals(DAY), store.power_kw, strict=True):
        here = [row for row in rows if row["start"] == start]
        expected = 4 * (summed(here, "charge") - summed(here, "discharge"))
        assert power is None if not here else power == pytest.approx(expected, abs=1e-3)
    assert {*store.plan_kw, *store.plan_kwh, *store.stored_kwh, *store.reason} == {None}
    assert (store.asset_id, store.capacity_kwh) == ("BAT1", 200.0)


@SHORT
@given(metered())
def test_every_link_of_the_picture_is_drawn_once_and_the_site_balances_where_nothing_is_negative(
    rows: list[dict[str, object]],
) -> None:
    frames = Frames(ledger(readings=rows))
    flow, own = energy(PARK, frames, DAY, NOW).flow, own_use(PARK, frames, DAY)
    ends = [(link.source, link.target) for link in flow.links]
    assert len(ends) == len(set(ends))
    assert all(link.energy_kwh >= 0.05 for link in flow.links)
    assert {end for pair in ends for end in pair} <= {node.id for node in flow.nodes}
    into = {link.source: link.energy_kwh for link in flow.links if link.target == "site"}
    for source, role in (("grid", "import"), ("pv-1", "generation"), ("battery", "discharge")):
        assert into.get(source, 0.0) == pytest.approx(summed(rows, role), abs=0.051)
    out_of = {link.target: link.energy_kwh for link in flow.links if link.source == "site"}
    for target, role in (("charge", "charge"), ("export", "export")):
        assert out_of.get(target, 0.0) == pytest.approx(summed(rows, role), abs=0.051)
    smt = sum(own[meter_id] for meter_id in ("l-smt", "smt-prn", "smt-ovn", "smt-aoi"))
    assert out_of.get("L-SMT", 0.0) == pytest.approx(max(smt, 0.0), abs=0.051)


# --------------------------------------------------------------------------------------------------- the accounts


@SHORT
@given(posted())
def test_emissions_are_what_sources_and_fuel_gave_in_the_view(rows: list[dict[str, object]]) -> None:
    frames = Frames(ledger(postings=rows))
    for view in ("location", "market"):
        wanted: dict[datetime, int] = defaultdict(int)
        for row in rows:
            kind = row["account"].split(":")[0]
            if row["commodity"] == "co2e" and (
                (kind == "source" and row["view"] == view) or (kind == "scope1" and row["view"] == "location")
            ):
                wanted[row["start"]] -= row["quantity"]
        assert dict(days.emitted(frames, DAY, view).iter_rows()) == dict(wanted)


@SHORT
@given(posted(), metered())
def test_cost_and_carbon_of_the_day_are_sums_of_postings_in_whole_units(
    rows: list[dict[str, object]], readings: list[dict[str, object]]
) -> None:
    frames = Frames(ledger(postings=rows, readings=readings))
    figure = {f.key: f for f in energy(PARK, frames, DAY, NOW).figures}
    bought = [r["quantity"] for r in rows if r["commodity"] == "cny" and r["account"].startswith(("source", "export"))
              and r["method_id"] in ("import_x_factor", "fuel_x_price")]  # fmt: skip
    carbon = [r["quantity"] for r in rows if r["commodity"] == "co2e" and r["view"] == "location"
              and r["account"].startswith(("source", "scope1"))]  # fmt: skip
    assert figure["energy_cost"].value == (-sum(bought) / 10_000 if bought else None)
    assert figure["energy_co2e"].value == (-sum(carbon) / 1_000_000_000 if carbon else None)
    assert figure["energy_co2e"].why.inputs[0].value == figure["energy_co2e"].value


# ------------------------------------------------------------------------------------------- the tiny day, changed


TINY = tiny_facts()


def rows_of(kind: str) -> list[dict[str, object]]:
    return TINY.read(kind, ISO).to_dicts()


@pytest.mark.parametrize("clock", ["06:00", "07:40", "07:55", "08:21", "08:43"])
def test_good_units_by_any_clock_are_the_good_verdicts_of_products_by_then(clock: str) -> None:
    good = {v["unit_id"] for v in rows_of("verdicts")
            if v["segment_id"] == "nb" and v["verdict"] == "good" and v["at"] <= at(clock)}  # fmt: skip
    assert days.good_units(PARK, Frames(TINY), DAY, at(clock)) == len(good)


@pytest.mark.parametrize("clock", ["06:00", "08:00", "08:30", "09:00", "20:00", "23:30"])
def test_orders_due_by_any_clock_are_counted_one_by_one(clock: str) -> None:
    ended: dict[str, datetime] = {}
    for job in rows_of("jobs"):
        done = [r["end"] for r in rows_of("job_responses") if r["job_id"] == job["job_id"]]
        if done:
            ended[job["order_id"]] = max(done)
    due = [o for o in rows_of("job_orders") if o["market_id"] != "stock" and o["due"] <= at(clock)]
    late = [o for o in due if o["order_id"] not in ended or ended[o["order_id"]] > o["due"]]
    assert days.orders_due(Frames(TINY), DAY, at(clock)) == (len(due), len(late))


@pytest.mark.parametrize("key", ["plan_energy", "plan_cost", "plan_co2e", "plan_jobs"])
def test_the_figures_of_the_plan_are_the_columns_of_the_schedule_added_up(key: str) -> None:
    column = {"plan_energy": "energy_kwh", "plan_cost": "cost_cny", "plan_co2e": "co2e_kg"}.get(key)
    jobs = rows_of("schedule")
    figure = next(f for f in plan(PARK, Frames(TINY), DAY, NOW).figures if f.key == key)
    assert figure.value == pytest.approx(sum(job[column] for job in jobs) if column else len(jobs))


def test_the_newest_revision_takes_the_place_of_the_schedule_whole() -> None:
    line = {"segment_id": "nb", "work_center_id": "L-NB1", "at": NOW, "command_id": "c"}
    times = {"setup_start": at("09:00"), "start": at("09:10"), "end": at("09:40")}
    cost = {"energy_kwh": 7.0, "cost_cny": 5.0, "co2e_kg": 3.0}
    first = [{"revision": 1, "job_id": job} | line | times | cost for job in ("J1", "J2")]
    second = [{"revision": 2, "job_id": "J3"} | line | times | cost]
    facts = tiny_facts(revisions=table("revisions", [*first, *second]))
    shown = plan(PARK, Frames(facts), DAY, NOW)
    assert shown.bars.job_id == ["J3"]
    assert {f.key: f.value for f in shown.figures}["plan_cost"] == 5.0
    assert shown.plan_hash != plan(PARK, Frames(TINY), DAY, NOW).plan_hash
    assert {late.order_id: late.expected for late in shown.late} == {"O2": None, "O3": at("09:40"), "O4": None}


def test_power_now_is_each_source_signed_and_added() -> None:
    newest = max(row["start"] for row in rows_of("samples"))
    value = {r["signal_id"].split("/")[0]: r["value"] for r in rows_of("samples") if r["start"] == newest}
    shown = power_now(PARK, Frames(TINY), NOW)
    assert shown.at == newest
    assert shown.grid_kw == value["grid-in"] - value["grid-out"]
    assert shown.battery_kw == value["bat-out"] - value["bat-in"]
    assert shown.use_kw == shown.grid_kw + value["pv-1"] + shown.battery_kw


@given(st.lists(st.tuples(st.sampled_from(["air", "b1", "L-NB1"]), st.sampled_from(["k", "meter_silent"]),
                          st.integers(0, 40), st.integers(1, 3)), max_size=12), st.data())  # fmt: skip
@SHORT
def test_of_alarms_that_repeat_the_newest_stays_and_needs_are_those_that_nobody_took(
    raised: list[tuple[str, str, int, int]], data: st.DataObject
) -> None:
    rows = [{"at": at("08:00") + timedelta(minutes=m), "kind": k, "thing_id": t, "severity": s, "text": "x"}
            for t, k, m, s in sorted(raised, key=lambda row: row[2])]  # fmt: skip
    last = {(row["kind"], row["thing_id"]): row for row in rows}
    taken = {alarm_key(*pair, row["at"]) for pair, row in last.items() if data.draw(st.booleans())}
    frames = Frames(ledger(alarms=rows))
    shown = alarms(frames, DAY, taken)
    assert {(a.kind, a.thing_id): (a.at, a.severity) for a in shown} == {
        pair: (row["at"], row["severity"]) for pair, row in last.items()
    }
    assert [a.at for a in shown] == sorted((a.at for a in shown), reverse=True)
    open_keys = {a.key for a in shown if a.key not in taken and a.severity <= 2}
    wanted = needs(PARK, frames, DAY, NOW, taken)
    assert {need.key for need in wanted} == open_keys
    assert [n.waiting_cny_per_h for n in wanted] == sorted((n.waiting_cny_per_h for n in wanted), reverse=True)


def test_more_needs_than_seven_are_cut_after_the_dearest() -> None:
    rows = [{"at": at("08:00"), "kind": f"k{n}", "thing_id": "b1", "severity": 1 if n > 7 else 2, "text": "x"}
            for n in range(12)]  # fmt: skip
    shown = needs(PARK, Frames(ledger(alarms=rows)), DAY, NOW, ())
    assert len(shown) == NEEDS_AT_MOST
    assert {need.kind for need in shown[:4]} == {"alarm.k8", "alarm.k9", "alarm.k10", "alarm.k11"}
    assert {need.severity for need in shown[4:]} == {2}


# ------------------------------------------------------------------------------------------ no rows, and one row


EMPTY = Frames(MemoryFacts([], NOW))


def test_an_empty_ledger_has_no_figure_anywhere() -> None:
    shown = five_figures(PARK, EMPTY, NOW, 3) + plan(PARK, EMPTY, DAY, NOW).figures
    shown += wall(PARK, EMPTY, NOW, 3).figures + energy(PARK, EMPTY, DAY, NOW).figures
    assert {figure.key: figure.value for figure in shown if figure.value is not None} == {}
    assert {figure.key for figure in shown if figure.yesterday is not None or figure.target is not None} == set()
    assert {len(figure.spark) for figure in five_figures(PARK, EMPTY, NOW, 3)} == {3}


def test_an_empty_ledger_has_no_bar_no_flow_no_need_and_no_closed_day() -> None:
    shown = energy(PARK, EMPTY, DAY, NOW)
    assert (shown.flow.nodes, shown.flow.links, shown.bands, shown.largest) == ([], [], [], [])
    assert (shown.closed_until, shown.estimated_readings) == (None, 0)
    planned = plan(PARK, EMPTY, DAY, NOW)
    assert (planned.plan_hash, planned.products, planned.bars.job_id, planned.late_count) == ("", [], [], 0)
    assert {(line.jobs, line.busy_share) for line in planned.lines} == {(0, 0.0)}
    page = home(PARK, EMPTY, NOW, 2)
    assert (page.needs, page.progress.days_closed, page.progress.running) == ([], 0, False)
    assert page.progress.missing == ["2026-07-13", "2026-07-14"]


def test_a_ledger_of_one_reading_knows_that_meter_and_nothing_that_needs_more() -> None:
    frames = Frames(ledger(readings=[reading(0, "grid-in", 2_500_000)]))
    shown = energy(PARK, frames, DAY, NOW)
    value = {figure.key: figure.value for figure in shown.figures}
    assert (value["grid_import"], value["site_use"], value["solar_yield"]) == (2.5, 2.5, 0.0)
    assert value["coal_equivalent"] == pytest.approx(2.5 * KGCE_PER_KWH / 1000)
    assert [(link.source, link.target, link.energy_kwh) for link in shown.flow.links] == [
        ("grid", "site", 2.5), ("site", "losses", 2.5),
    ]  # fmt: skip
    each = {f.key: f.value for f in five_figures(PARK, frames, NOW, 0)}
    assert each["kwh_per_unit"] is None
    assert strip(PARK, frames, DAY).load_kw.count(10.0) == 1


def test_a_ledger_of_one_job_fills_one_line_for_its_time() -> None:
    order = {"order_id": "O", "product_id": "NB-14", "quantity": 60, "release": at("00:00"), "due": at("10:00"),
             "weight": 3.0, "market_id": "EU"}  # fmt: skip
    job = {"job_id": "J", "order_id": "O", "product_id": "NB-14", "segment_id": "nb", "family_id": "f-14",
           "quantity": 60, "kit_ready": at("06:00")}  # fmt: skip
    planned = {"job_id": "J", "segment_id": "nb", "work_center_id": "L-NB1", "setup_start": at("09:00"),
               "start": at("09:30"), "end": at("10:30"), "energy_kwh": 6.0, "cost_cny": 4.0,
               "co2e_kg": 2.0}  # fmt: skip
    shown = plan(PARK, Frames(ledger(job_orders=[order], jobs=[job], schedule=[planned])), DAY, NOW)
    assert {line.line_id: (line.jobs, line.busy_share) for line in shown.lines} == {
        "L-SMT": (0, 0.0), "L-NB1": (1, pytest.approx(1.5 / 16)),
    }  # fmt: skip
    assert shown.bars.model_dump() == {
        "job_id": ["J"], "order_id": ["O"], "product": [0], "line": [1], "quantity": [60], "part": [1], "parts": [1],
        "place": [1], "together": [1],
        "setup_s": [9 * 3600], "start_s": [34_200], "end_s": [37_800], "begun_s": [None],
        "done_s": [None], "due_s": [36_000], "late_s": [1_800],
    }  # fmt: skip
    passage = {"unit_id": "U", "job_id": "J", "segment_id": "nb", "work_unit_id": "NB1-ASM", "start": at("09:10"),
               "end": at("09:12"), "result": "ok"}  # fmt: skip
    ahead = Frames(ledger(job_orders=[order], jobs=[job], schedule=[planned], passages=[passage]))
    assert plan(PARK, ahead, DAY, at("09:15")).bars.begun_s == [33_000]
    assert [(o.late_h, o.cost_cny, o.expected) for o in shown.late] == [(0.5, 1.5, at("10:30"))]
    assert {f.key: f.value for f in shown.figures}["plan_on_time"] == 0.0


# ---------------------------------------------------------------------------------------- differences and shares


NUMBER = st.integers(-(10**15), 10**15).map(lambda whole: whole / 1e6)
"""A figure in steps of the ledger's smallest: 1 mWh in kWh."""


@given(NUMBER, NUMBER)
def test_a_change_undone_gives_the_value_again(value: float, reference: float) -> None:
    found = change(value, reference)
    if reference == 0:
        assert found is None
    else:
        assert reference + found * abs(reference) == pytest.approx(value, rel=1e-9, abs=1e-3)
        assert (found > 0) == (value - reference > 0)


@given(NUMBER, NUMBER)
def test_a_ratio_times_its_denominator_is_the_numerator(numerator: float, denominator: float) -> None:
    found = ratio(numerator, denominator)
    assert found is None if denominator == 0 else found * denominator == pytest.approx(numerator, rel=1e-9, abs=1e-9)


@given(st.integers(0, 20), st.lists(st.integers(1, 30), unique=True, max_size=10))
@SHORT
def test_progress_counts_the_days_that_have_books_and_names_the_others(history: int, backs: list[int]) -> None:
    closed = [(DAY - timedelta(days=back)).isoformat() for back in backs]
    made = [
        Batch("b", d, 0, "books", d, table("books", [{"day": d, "key": "passports", "value": 1.0}])) for d in closed
    ]
    shown = progress(PARK, Frames(MemoryFacts(made, NOW)), NOW, history)
    wanted = [(DAY - timedelta(days=back)).isoformat() for back in range(history, 0, -1)]
    assert shown.missing == [day for day in wanted if day not in closed]
    assert shown.days_closed + len(shown.missing) == shown.days_wanted == history


@given(st.integers(1, 4), st.integers(0, 6))
def test_pages_of_passports_put_together_are_the_whole_list_newest_first(limit: int, extra: int) -> None:
    names = ("direct_mwh_int", "overhead_mwh_int", "location_ug", "market_ug", "material_ug", "cost_1e4cny")
    rows = [{"unit_id": f"U{n}", "product_id": "NB-14", "order_id": "O", "at": at("08:00") + timedelta(minutes=n // 2),
             "status": "final"} | dict.fromkeys(names, n * 10**9) for n in range(extra)]  # fmt: skip
    frames = Frames(ledger(passports=rows))
    pages = [passports(PARK, frames, ISO, [ISO], "", limit, offset) for offset in range(0, extra + limit, limit)]
    found = [row for page in pages for row in page.rows]
    assert [row.unit_id for row in found] == [
        row["unit_id"] for row in sorted(rows, key=lambda row: (-row["at"].timestamp(), row["unit_id"]))
    ]
    assert {page.total for page in pages} == {extra}
    assert all(row.location_kg == 2 * row.energy_kg == 2 * int(row.unit_id[1:]) for row in found)


def test_passports_are_of_today_or_of_the_last_day_that_has_some() -> None:
    earlier = ["2026-07-10", "2026-07-12"]
    assert passport_day(DAY, [*earlier, ISO]) == ISO
    assert passport_day(DAY, earlier) == "2026-07-12"
    assert passport_day(DAY, []) is None
    assert passports(PARK, EMPTY, None, [], "", 5, 0).model_dump() == {"day": None, "days": [], "total": 0, "rows": []}


def test_the_totals_of_a_closed_day_come_from_its_books_alone() -> None:
    figures = {"units_good": 5, "orders_due": 8, "orders_late": 2, "energy_kwh.grid": 40, "energy_kwh.pv": 9,
               "energy_kwh.battery_out": 4, "energy_kwh.battery_in": 5, "energy_kwh.export": 3, "cost_cny": 25,
               "co2e_kg.location": 20}  # fmt: skip
    books = [{"day": ISO, "key": key, "value": float(value)} for key, value in figures.items()]
    total = days.closed_totals(PARK, Frames(ledger(books=books)), DAY)
    assert total is not None
    assert (total.units_good, total.energy_kwh, total.cost_cny) == (5, 40 + 9 + 4 - 5 - 3, 25.0)
    assert (total.on_time, total.per_unit(total.energy_kwh), total.market_kg) == (0.75, 9.0, None)
    assert total.as_of == PARK.day_bounds(DAY)[1]
    assert days.closed_totals(PARK, EMPTY, DAY) is None
    assert (total.orders_due, total.orders_late) == (8, 2)


def test_a_reading_of_water_or_gas_is_in_no_flow_of_electricity() -> None:
    rows = [reading(0, "grid-in", 1_000_000), reading(0, "gas-bo1", 5_000_000)]
    with_gas = days.flows(PARK, Frames(ledger(readings=rows)), DAY)
    assert with_gas.equals(days.flows(PARK, Frames(ledger(readings=rows[:1])), DAY))
    assert with_gas.select(pl.exclude("start")).row(0) == (1.0, 0.0, 0.0, 0.0, 0.0, 1.0)
