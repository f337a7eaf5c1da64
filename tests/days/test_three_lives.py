"""Three lives followed through a day's facts, step by step, as docs/why/lives.md tells them."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import timedelta
from itertools import pairwise

import polars as pl
import pytest
from run_park import ISO, facts_of, run_day, small_park

from parkwright.make import genealogy
from parkwright.store import chain
from parkwright.store.journal import Journal

FACTOR = "0.5306"
"""kg CO2e per kWh that the small park's folder gives for the grid."""


@pytest.fixture(scope="module")
def facts(tmp_path_factory):
    """Return all facts of a whole day of the small park."""
    path = tmp_path_factory.mktemp("lives") / "ledger.db"
    with Journal(path) as journal:
        run_day(journal, small_park())
        found = facts_of(journal)
    assert chain.failures(path) == []
    return found


def only(frame, column, value):
    """Return the one row of a frame with a value, as a dict."""
    rows = frame.filter(pl.col(column) == value)
    assert rows.height == 1, (column, value, rows.height)
    return rows.row(0, named=True)


# -- an order -------------------------------------------------------------------------------------------------------


def test_every_order_becomes_a_job_of_its_product_that_starts_enough_for_its_good_units(facts):
    park = small_park()
    for order in facts["job_orders"].iter_rows(named=True):
        job = only(facts["jobs"], "order_id", order["order_id"])
        assert job["product_id"] == order["product_id"]
        assert job["segment_id"] == park.product[order["product_id"]].segment_id
        assert job["quantity"] >= order["quantity"]
        assert job["kit_ready"] >= order["release"]


def test_a_job_waits_for_its_kit_is_released_and_runs_where_it_was_planned(facts):
    first = dict(facts["passages"].group_by("job_id").agg(pl.col("start").min()).rows())
    for planned in facts["schedule"].iter_rows(named=True):
        kit = only(facts["kits"], "job_id", planned["job_id"])
        response = only(facts["job_responses"], "job_id", planned["job_id"])
        assert response["work_center_id"] == planned["work_center_id"]
        assert planned["setup_start"] <= planned["start"] < planned["end"]
        assert kit["at"] <= first[planned["job_id"]]
        assert response["start"] == first[planned["job_id"]]


def test_the_units_of_a_job_pass_its_line_in_order_and_are_judged_once_they_have(facts):
    park = small_park()
    route = [unit.id for unit in park.work_centers[0].work_unit]
    last_verdict = dict(facts["verdicts"].sort("at").group_by("unit_id").agg(pl.col("verdict").last()).rows())
    for unit_id, places, results, ends in (
        facts["passages"].sort("unit_id", "start").group_by("unit_id", maintain_order=True)
        .agg("work_unit_id", "result", "end").iter_rows()
    ):  # fmt: skip
        walked = [place for place, result in zip(places, results, strict=True) if result == "ok"]
        assert walked == route[: len(walked)], unit_id
        assert ends == sorted(ends)
        if last_verdict.get(unit_id) == "good":
            assert walked == route
        if "scrap" in results:
            assert last_verdict[unit_id] == "scrap"


def test_a_job_response_counts_what_the_passages_and_verdicts_say(facts):
    good, scrap = Counter(), Counter()
    job_of = dict(facts["passages"].select("unit_id", "job_id").unique().rows())
    for unit_id, verdict in facts["verdicts"].sort("at").group_by("unit_id").agg(pl.col("verdict").last()).rows():
        (good if verdict == "good" else scrap)[job_of[unit_id]] += 1
    for response in facts["job_responses"].iter_rows(named=True):
        assert response["good"] == good[response["job_id"]]
        assert response["scrapped"] == scrap[response["job_id"]]
        job = only(facts["jobs"], "job_id", response["job_id"])
        assert response["good"] + response["scrapped"] == job["quantity"]


def test_kits_go_to_the_line_and_goods_come_back_each_load_carried_once(facts):
    tasks, moves = facts["transport_tasks"], facts["moves"]
    assert sorted(tasks["task_id"]) == sorted(moves["task_id"])
    for move in moves.iter_rows(named=True):
        task = only(tasks, "task_id", move["task_id"])
        assert (move["from_node"], move["to_node"]) == (task["from_node"], task["to_node"])
        assert move["start"] >= task["release"]
        assert move["start"] < move["pickup"] < move["end"]
    by_robot = defaultdict(list)
    for move in moves.sort("start").iter_rows(named=True):
        by_robot[move["robot_id"]].append(move)
    for trips in by_robot.values():
        assert all(a["end"] <= b["start"] for a, b in pairwise(trips))
        assert all(a["to_node"] == b["origin_node"] for a, b in pairwise(trips))


def test_every_good_unit_of_an_order_ends_in_one_passport_with_that_order(facts):
    order_of = dict(facts["jobs"].select("job_id", "order_id").rows())
    job_of = dict(facts["passages"].select("unit_id", "job_id").unique().rows())
    final = facts["passports"].filter(pl.col("status") == "final")
    assert final["unit_id"].is_unique().all()
    for unit_id, order_id in final.select("unit_id", "order_id").rows():
        assert order_of[job_of[unit_id]] == order_id
    told = dict(facts["books"].select("key", "value").rows())
    assert told["units_good"] == final.height
    due = dict(facts["job_orders"].select("order_id", "due").rows())
    ended = {order_of[job_id]: end for job_id, end in facts["job_responses"].select("job_id", "end").rows()}
    late = [order_id for order_id, end in ended.items() if end > due[order_id]]
    assert told["orders_late"] == len(late)


# -- a kilowatt-hour ------------------------------------------------------------------------------------------------


def test_what_a_meter_reads_is_what_the_postings_of_its_interval_take_from_its_source(facts):
    bought = facts["readings"].filter(pl.col("meter_id") == "grid-in")
    taken = facts["postings"].filter((pl.col("account") == "source:grid") & (pl.col("view") == "physical"))
    by_start = dict(taken.group_by("start").agg(pl.col("quantity").sum()).rows())
    for start, energy in bought.select("start", "energy_mwh_int").rows():
        assert -by_start.get(start, 0) == energy


def test_a_meter_counts_at_least_what_its_children_count(facts):
    park = small_park()
    read = facts["readings"].pivot("meter_id", index="start", values="energy_mwh_int").sort("start")
    for meter in park.meters:
        children = [one.id for one in park.meters if one.parent_id == meter.id]
        if children:
            rest = read[meter.id] - read.select(pl.sum_horizontal(children)).to_series()
            assert rest.min() >= 0, meter.id
            floor_mwh = meter.base_kw * 0.25 * 1e6
            assert rest.min() >= floor_mwh - 15 * len(children)


def test_emissions_follow_the_energy_bought_and_money_its_band(facts):
    read = facts["readings"].filter(pl.col("meter_id") == "grid-in")
    booked = facts["postings"].filter((pl.col("view") == "location") & (pl.col("account") == "source:grid"))
    emitted = dict(booked.group_by("start").agg(pl.col("quantity").sum()).rows())
    paid = facts["postings"].filter((pl.col("view") == "tariff") & (pl.col("account") == "source:grid"))
    money = dict(paid.group_by("start").agg(pl.col("quantity").sum()).rows())
    price = dict(facts["signal"].select("start", "price_cny_per_kwh").rows())
    for start, energy in read.select("start", "energy_mwh_int").rows():
        # mWh x kg/kWh = ug/1000: 1 mWh is a millionth of a kWh, and 1 kg is 1e9 ug.
        assert -emitted.get(start, 0) == pytest.approx(energy * float(FACTOR) * 1000, abs=1)
        assert -money.get(start, 0) == pytest.approx(energy * price[start] / 100, abs=1)


def test_a_passport_is_the_sum_of_its_unit_s_accounts_in_every_view(facts):
    rows = facts["postings"].filter(pl.col("account").str.starts_with("unit:"))
    booked = {
        (account[5:], view): int(total)
        for account, view, total in rows.group_by("account", "view").agg(pl.col("quantity").sum()).rows()
    }
    for passport in facts["passports"].filter(pl.col("status") == "final").iter_rows(named=True):
        unit = passport["unit_id"]
        assert passport["direct_mwh_int"] + passport["overhead_mwh_int"] == booked[unit, "physical"]
        assert passport["location_ug"] == booked[unit, "location"]
        assert passport["market_ug"] == booked[unit, "market"]
        assert passport["cost_1e4cny"] == booked[unit, "tariff"]


def test_the_battery_gives_back_what_it_took_less_its_losses(facts):
    park = small_park()
    battery = park.energy.battery[0]
    read = facts["readings"].pivot("meter_id", index="start", values="energy_mwh_int")
    stored = facts["samples"].filter(pl.col("signal_id") == f"{battery.id}/soc_kwh").sort("start")
    taken, given = int(read["bat-in"].sum()), int(read["bat-out"].sum())
    change = stored["value"][-1] - battery.capacity_kwh * battery.opening_share
    assert change * 1e6 == pytest.approx(
        taken * battery.charge_efficiency - given / battery.discharge_efficiency, abs=1e3
    )
    pool = facts["postings"].filter((pl.col("account") == f"pool:{battery.id}") & (pl.col("view") == "physical"))
    assert int(pool["quantity"].sum()) == pytest.approx(change * 1e6, abs=2e3)


# -- a doubt --------------------------------------------------------------------------------------------------------


def test_a_rejected_unit_is_judged_with_a_reason_and_scrap_gets_no_passport(facts):
    rejected = set(facts["passages"].filter(pl.col("result") == "fail")["unit_id"])
    judged = facts["verdicts"].filter(pl.col("verdict") != "good")
    assert rejected
    assert rejected <= set(judged["unit_id"]) | set(facts["passages"].filter(pl.col("result") == "scrap")["unit_id"])
    assert (judged["reason"].str.len_chars() > 0).all()
    scrapped = set(facts["verdicts"].filter(pl.col("verdict") == "scrap")["unit_id"])
    assert not scrapped & set(facts["passports"]["unit_id"])


def test_from_a_unit_to_its_lots_and_from_a_lot_to_its_units_is_one_relation(facts):
    units = facts["passports"]["unit_id"].gather_every(37).to_list()
    for unit_id in units:
        found = genealogy.of_unit(unit_id, facts["passages"], facts["assemblies"], facts["mounts"])
        assert found.lots
        for lot in found.lots:
            used = genealogy.where_used(lot.lot_id, facts["mounts"], facts["passages"], facts["assemblies"])
            assert unit_id in set(used["unit_id"])


def test_what_a_scrapped_unit_took_is_borne_by_good_ones_or_stays_named(facts):
    scrapped = set(facts["verdicts"].filter(pl.col("verdict") == "scrap")["unit_id"])
    left = facts["postings"].filter(pl.col("account").is_in([f"unit:{unit}" for unit in scrapped]))
    sums = left.group_by("account", "view").agg(pl.col("quantity").sum())
    assert sums.filter(pl.col("quantity") != 0).is_empty()
    assert set(facts["passages"]["unit_id"]) >= scrapped


def test_the_day_says_what_it_was_made_from(facts):
    run = facts["runs"].row(0, named=True)
    assert run["day"] == ISO
    assert run["seed"] == 1
    assert len(run["park_digest"]) == len(run["plan_digest"]) == 64
    spans = facts["postings"].select((pl.col("end") - pl.col("start")).alias("span"))["span"]
    assert spans.min() > timedelta(0)
