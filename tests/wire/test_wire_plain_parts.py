"""What the commands do around the core, by hand: files, counters, pace, corrections, plans of jobs, no plan."""

from __future__ import annotations

import csv
import threading
from contextlib import nullcontext
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parkwright.energy.blocks import Load, Store, System
from parkwright.energy.forecast import LEVELS, Band
from parkwright.energy.heat import cop
from parkwright.model.errors import LedgerError, ParkwrightError
from parkwright.model.opening import Pool, folder_opening
from parkwright.run.ports import PointValues
from parkwright.store.folder import load as load_park
from parkwright.wire import (
    assets,
    buildings,
    dispatching,
    forecast,
    history,
    live,
    park_solve,
    plants,
    restate,
    written,
)
from parkwright.wire.buildings import Quantity

TIANJIN = Path(__file__).parents[2] / "parks" / "tianjin"
DAY = date(2026, 7, 15)


@pytest.fixture(scope="module")
def park():
    return load_park(TIANJIN)


class Books:
    """A journal that answers with given frames by kind, and with given closed days."""

    def __init__(self, closed=(), entries=(), **frames):
        self.closed, self.entries, self.frames = closed, entries, frames
        self.asked = []

    def days(self, kind):
        assert kind == "books"
        return list(self.closed)

    def read(self, kind, first, last=None):
        self.asked.append((kind, first, last))
        return self.frames[kind]

    def since(self, _number, kinds):
        return [entry for entry in self.entries if entry[0] in kinds]


@settings(max_examples=60, deadline=None)
@given(closed=st.sets(st.integers(-6, 6)), count=st.integers(0, 6))
def test_the_days_to_fill_and_the_day_to_run_are_those_whose_books_are_open(closed, count):
    books = Books([(DAY + timedelta(days=shift)).isoformat() for shift in sorted(closed)])
    missing = [DAY - timedelta(days=back) for back in range(1, count + 1) if -back not in closed]
    assert history.missing_days(books, DAY, count) == missing
    ahead = next(shift for shift in range(8) if shift not in closed)
    assert live.open_day(books, DAY) == DAY + timedelta(days=ahead)


def instants(*values):
    return pl.Series("start", values, pl.Datetime("ms", "UTC"))


def test_a_later_day_goes_on_where_its_facts_end_and_the_first_from_its_first_look(park):
    midnight = park.midnight(DAY)
    shift = park.shifts(DAY)[0][0]
    empty = Books(samples=pl.DataFrame({"start": instants()}))
    early, late = (Books(samples=pl.DataFrame({"start": instants(midnight, midnight + timedelta(minutes=m))}))
                   for m in (7, 900))  # fmt: skip
    before = DAY - timedelta(days=1)
    assert live.pace_from(park, DAY, empty, before) == midnight
    assert live.pace_from(park, DAY, early, before) == midnight + timedelta(minutes=7)
    assert live.pace_from(park, DAY, early, DAY) == shift + live.FIRST_LOOK
    assert live.pace_from(park, DAY, late, DAY) == midnight + timedelta(minutes=900)
    idle = replace(park, calendar=park.calendar.model_copy(update={"shift": ()}))
    assert live.pace_from(idle, DAY, empty, DAY) == midnight + timedelta(hours=live.FIRST_LOOK_HOUR)
    assert early.asked == [("samples", "2026-07-15", None)] * 2


def test_counters_go_on_from_all_that_was_read_and_turn_over_at_their_width(park):
    power = next(meter for meter in park.meters if meter.commodity == "electricity")
    water = power.model_copy(update={"id": "tap", "commodity": "water"})
    narrow = power.model_copy(update={"id": "narrow", "register_mwh_max": 10**9})
    silent = power.model_copy(update={"id": "silent"})
    one = replace(park, meters=(power, water, narrow, silent))
    rows = [
        (power.id, 700, None), (power.id, 300, None), ("tap", None, 1.5), ("tap", None, 0.0004),
        ("narrow", 10**9, None),
        ("narrow", 17, None), (power.id, None, None),
    ]  # fmt: skip
    readings = pl.DataFrame(
        rows, {"meter_id": pl.String, "energy_mwh_int": pl.Int64, "value": pl.Float64}, orient="row"
    )
    books = Books(readings=readings)
    wanted = {power.id: 1000, "tap": 1500, "narrow": 17, "silent": 0}
    assert live.counters_at(one, books, DAY, DAY + timedelta(days=2)) == wanted
    assert books.asked == [("readings", "2026-07-15", "2026-07-16")]
    assert live.counters_at(one, books, DAY, DAY) == dict.fromkeys(wanted, 0)
    assert live.opening_at(park, books, DAY, DAY) == folder_opening(park)


def test_commands_are_looked_for_twice_a_second_and_answered_as_they_are(monkeypatch):
    clock, told = [100.0], []
    monkeypatch.setattr(live, "time", SimpleNamespace(monotonic=lambda: clock[0]))
    operations = SimpleNamespace(
        take_commands=lambda now: [now],
        answer_command=lambda name, answer, refused: told.append((name, answer, refused)),
    )
    inbox, looks = live.Inbox(operations), []
    for _ in range(9):
        looks.append(len(inbox.take_commands(datetime(2026, 7, 15, tzinfo=UTC))))
        clock[0] += live.LOOK_S / 4
    assert looks == [1, 0, 0, 0, 1, 0, 0, 0, 1]
    inbox.answer_command("c1", "done")
    inbox.answer_command("c2", "too late", refused=True)
    assert told == [("c1", "done", False), ("c2", "too late", True)]


HEAD = "start,meter_id,energy_kwh\n"
CASES = st.lists(
    st.tuples(st.integers(0, 95), st.sampled_from(["m1", "m2"]), st.integers(-(10**12), 10**12)), min_size=1,
    max_size=12, unique_by=lambda row: row[:2],
)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(rows=CASES, offset=st.integers(-11, 13))
def test_corrections_are_read_to_the_milliwatt_hour_whatever_their_offset(rows, offset):
    zone = f"{'-' if offset < 0 else '+'}{abs(offset):02d}:00"
    first = datetime(2026, 7, 15, tzinfo=UTC).replace(tzinfo=None)
    lines = [
        f"{(first + timedelta(minutes=15 * at)).isoformat()}{zone},{meter},{Decimal(mwh) / 10**6:f}"
        for at, meter, mwh in rows
    ]
    text = HEAD + "\n".join(lines)
    midnight = datetime(2026, 7, 15, tzinfo=UTC) - timedelta(hours=offset)
    wanted = {(midnight + timedelta(minutes=15 * at), meter): mwh for at, meter, mwh in rows}
    assert dict(restate._corrections(text, "late.csv")) == wanted


def test_a_reading_that_stands_twice_under_two_offsets_and_a_file_of_another_code_are_refused(tmp_path):
    twice = HEAD + "2026-07-15T08:00:00+08:00,m,1\n2026-07-15T00:00:00+00:00,m,2\n"
    with pytest.raises(LedgerError, match=r"late\.csv:3: the reading of m stands twice"):
        restate._corrections(twice, "late.csv")
    file = tmp_path / "late.csv"
    file.write_bytes(HEAD.encode() + b"\xff\xfe")
    with pytest.raises(LedgerError, match=r"cannot be read .* give CSV in UTF-8"):
        restate._text(file)


def test_a_correction_comes_after_the_last_books_of_its_day():
    at = datetime(2026, 7, 16, 1, tzinfo=UTC)
    entries = [("books", 1, "2026-07-15", at), ("restatements", 2, "2026-07-15", at + timedelta(hours=5)),
               ("books", 3, "2026-07-16", at + timedelta(days=9)), ("samples", 4, "2026-07-15", at)]  # fmt: skip
    books = Books(entries=entries)
    assert restate._closed_at(books, DAY, at + timedelta(hours=6)) == at
    for early in (timedelta(0), timedelta(hours=5)):
        with pytest.raises(LedgerError, match=r"its books are of 2026-07-16 06:00 UTC; record the correction later"):
            restate._closed_at(books, DAY, at + early)
    with pytest.raises(LedgerError, match="2026-07-14: is not closed in this ledger"):
        restate._closed_at(books, DAY - timedelta(days=1), at)


@pytest.mark.parametrize(("carried", "works", "tried"), [(5, 5, [0, 5]), (5, 0, [0]), (0, 5, [0]), (5, 9, [0, 5])])
def test_a_day_is_closed_again_with_the_folders_pools_first_and_then_with_those_left_to_it(
    carried, works, tried, monkeypatch
):
    facts = restate.DayFacts(*[pl.DataFrame()] * 7, prices={}, bands={}, pools={"B": Pool(0, 0, 0)})
    monkeypatch.setattr(restate, "_carried", lambda _closed: {"B": Pool(carried, 0, 0)})
    seen = []

    def close(given_facts):
        seen.append(given_facts.pools["B"].energy_mwh_int)
        if seen[-1] != works:
            raise LedgerError("does not explain its books")
        return "restated"

    ends = nullcontext() if works in tried else pytest.raises(LedgerError, match="does not explain its books")
    with ends:
        assert restate._with_pools(SimpleNamespace(facts=facts), close) == "restated"
    assert seen == tried


@settings(max_examples=80, deadline=None)
@given(rows=st.lists(st.tuples(st.integers(0, 5), st.sampled_from(["in", "sun", "out", "x"]), st.integers(0, 9)),
                     max_size=20, unique_by=lambda row: row[:2]))  # fmt: skip
def test_what_a_site_uses_is_the_signed_sum_where_every_meter_spoke(rows):
    sign = {"in": 1, "sun": 1, "out": -1}
    first = datetime(2026, 7, 1, tzinfo=UTC)
    frame = pl.DataFrame(
        [(first + timedelta(minutes=15 * at), meter, kwh * 1_000_000) for at, meter, kwh in rows],
        {"start": pl.Datetime("ms", "UTC"), "meter_id": pl.String, "energy_mwh_int": pl.Int64}, orient="row",
    )  # fmt: skip
    spoke = {meter for _, meter, _ in rows if meter in sign}
    wanted = []
    for at in range(6):
        here = {meter: kwh for row, meter, kwh in rows if row == at and meter in sign}
        net = sum(sign[meter] * kwh for meter, kwh in here.items())
        if spoke and set(here) == spoke and net >= 0:
            wanted.append((first + timedelta(minutes=15 * at), 4.0 * net))
    assert forecast._power(frame, sign, 0.25).rows() == wanted


def test_a_series_is_told_by_interval_to_the_watt():
    band = Band(np.arange(10.0).reshape(5, 2) + 0.00049, np.array([1.00051, 7.0]))
    start = datetime(2026, 7, 15, tzinfo=UTC)
    found = forecast._told(
        forecast.Series("metered", band, 21, ("a gap",)), instants(start, start + timedelta(hours=1))
    )
    assert (found["source"], found["history_days"], found["repairs"]) == ("metered", 21, ["a gap"])
    assert [row["q10_kw"] for row in found["rows"]] == [0.0, 1.0]
    assert [row["q90_kw"] for row in found["rows"]] == [8.0, 9.0]
    assert [row["mean_kw"] for row in found["rows"]] == [1.001, 7.0]
    assert len(found["rows"][0]) == len(LEVELS) + 2


@pytest.mark.parametrize(
    ("value", "low", "high", "outside"),
    [
        (5.0, 4.0, 6.0, 0.0),
        (3.0, 4.0, 6.0, 0.25),
        (9.0, 4.0, 6.0, 0.5),
        (-3.0, -2.0, 6.0, 0.5),
        (1.0, -2.0, 0.0, np.inf),
    ],
)
def test_how_far_a_result_lies_outside_is_relative_to_the_nearer_bound(value, low, high, outside):
    row = Quantity("600", "heating_mwh", value, low, high, low <= value <= high)
    assert buildings.outside_share(row) == pytest.approx(outside)


@pytest.mark.parametrize(
    ("quantity", "value", "shown", "inside"),
    [("heating_mwh", 3.9996, 4.0, True), ("heating_mwh", 3.9994, 3.999, False), ("max_c", 3.996, 4.0, True)],
)
def test_a_result_is_held_to_the_range_as_it_is_printed(quantity, value, shown, inside):
    found = buildings._beside("600", quantity, value, (6.0, 4.0, 5.0))
    assert (found.value, found.low, found.high, found.inside) == (shown, 4.0, 6.0, inside)


def test_a_store_without_an_opening_opens_half_full_and_says_so():
    stores = tuple(Store(name, "power", 8.0, 1.0, 1.0, opening_kwh=kwh) for name, kwh in (("a", None), ("b", 3.0)))
    blocks = (Load("load", "power", np.ones(2)), *stores)
    opened, told = dispatching._opened(System(1.0, 2, blocks, 7.0))
    assert [store.opening_kwh for store in opened.stores()] == [4.0, 3.0]
    assert told == ["store 'a': has no opening_kwh: opens half full with 4 kWh"]
    assert (opened.blocks[0], opened.carbon_cap_kg, stores[0].opening_kwh) == (blocks[0], 7.0, None)


def test_the_plan_of_jobs_is_written_by_stage_line_and_second(park, tmp_path):
    lines = park.work_centers[:2]
    segment = lines[0].segment_ids[0]
    both = tuple(line.model_copy(update={"segment_ids": (segment,)}) for line in lines)
    jobs = pl.DataFrame({"job_id": ["j0", "j1", "j2"], "segment_id": [segment] * 3})
    midnight = park_solve.to_ms(park.midnight(DAY))
    placed = np.array([
        [1, 0, midnight + 1500, 0, midnight + 9001], [-1, 0, 0, 0, 0], [0, 0, midnight + 60_000, 0, midnight + 61_000],
    ])  # fmt: skip
    laid = SimpleNamespace(day=SimpleNamespace(park=replace(park, work_centers=both), jobs=jobs))
    park_solve.write_jobs(laid, DAY, placed, tmp_path / "plan.csv")
    with (tmp_path / "plan.csv").open(newline="", encoding="utf-8") as file:
        head, *rows = csv.reader(file)
    assert tuple(head) == park_solve.COLUMNS
    assert rows == [["0", "0", "1", "1", "10", "j0", lines[1].id], ["2", "0", "0", "60", "61", "j2", lines[0].id]]


def test_a_file_that_cannot_be_written_is_named_with_a_way_out(tmp_path):
    nowhere = tmp_path / "none" / "plan.csv"
    for write in (lambda: written.write_rows(nowhere, ("a",), []), lambda: written.write_text(nowhere, "a")):
        with pytest.raises(ParkwrightError, match=r"plan\.csv: No such file .*; give a file in a folder that exists"):
            write()
    with pytest.raises(ParkwrightError, match=r"plan\.csv: no such folder; give a file in a folder that exists"):
        written.must_be_writable(nowhere)
    with pytest.raises(ParkwrightError, match=r"cannot be written; give another file"):
        written.must_be_writable(tmp_path)
    written.must_be_writable(None)
    written.must_be_writable(tmp_path / "a.txt")
    written.write_text(tmp_path / "a.txt", "充电\n")
    assert (tmp_path / "a.txt").read_bytes() == "充电\n".encode()


@pytest.mark.parametrize(
    ("cell", "beyond"),
    [("1361", False), ("1361.5", True), ("9999", False), ("9999.0", False), ("x", False), ("", False)],
)
def test_only_a_number_above_the_suns_own_is_held(cell, beyond):
    assert assets._beyond(cell) is beyond


def test_an_asset_is_left_out_and_nothing_else(park):
    for name, fields in (("pv", ["solar"]), ("battery", ["battery"]), ("recovery", ["heat_pump", "exchanger"])):
        left = assets._without(park, name).energy
        taken = {field: getattr(park.energy, field) for field in fields}
        assert all(taken.values())
        assert [getattr(left, field) for field in fields] == [()] * len(fields)
        assert left.model_copy(update=taken) == park.energy
    assert assets._without(park, "glass") is park


def test_without_a_plan_the_battery_takes_the_surplus_and_the_grid_no_more_than_its_contract(park):
    cell = park.energy.battery[0].model_copy(update={
        "capacity_kwh": 100.0, "power_kw": 80.0, "charge_efficiency": 1.0, "discharge_efficiency": 1.0,
        "opening_share": 0.0,
    })  # fmt: skip
    pump = park.energy.heat_pump[0].model_copy(update={"power_kw": 10.0})
    boiler = park.energy.boiler[0].model_copy(update={"power_kw": 1000.0})
    grid = park.energy.grid.model_copy(update={"export_limit_kw": 150.0})
    plant = {"battery": (cell,), "heat_pump": (pump,), "boiler": (boiler,), "grid": grid, "exchanger": ()}
    one = replace(park, energy=park.energy.model_copy(update=plant))
    ratio = float(cop(pump)[0])
    month = assets.Month(
        park.intervals(DAY)[:4], np.full(4, 50.0), np.zeros(4), np.array([0.0, 0.0, 5.0 * ratio, 500.0]),
        np.array([0.0, 0.0, 1e6, 0.0]), np.zeros((4, 0)), np.array([0.0, 0.0, 1e6, 0.0]), 1.0,
    )  # fmt: skip
    found = assets._unplanned(one, month, np.array([100.0, 900.0, 0.0, 0.0]))
    step_h = park.site.metering_interval_s / 3600.0
    stored = (50.0 + 80.0) * step_h
    given_kw = [55.0, 0.0]
    given_kw[1] = min(50.0, 80.0, (stored - 55.0 * step_h) / step_h)
    assert found.grid_kw == pytest.approx([0.0, -150.0, 0.0, 50.0 - given_kw[1]])
    assert found.discharge_kw[0] == pytest.approx([0.0, 0.0, *given_kw])
    assert found.lifted_kw == pytest.approx([0.0, 0.0, 5.0 * (ratio - 1.0), 0.0])
    assert found.boiler_kw[0] == pytest.approx([0.0, 0.0, 0.0, 500.0])


def test_the_devices_of_a_live_park_are_read_beside_it_by_protocol(park, monkeypatch):
    asked: list[tuple[str, ...]] = []
    read = threading.Semaphore(0)

    class Bus:
        def read(self, points):
            asked.append(tuple(one.id for one in points))
            read.release()
            return PointValues({one.id: 21.0 for one in points}, {})

    monkeypatch.setattr(plants, "buses", lambda: {"bacnet": Bus(), "modbus": Bus()})
    first, second, third = park.points[:3]
    wired = (
        first.model_copy(update={"protocol": "bacnet", "address": "h:1/analog-value,1"}),
        second.model_copy(update={"protocol": "modbus", "address": "h:502/1/1"}),
        third,
    )
    with plants.polled(replace(park, points=wired)) as devices:
        assert set(devices) == {"bacnet", "modbus"}
        assert all(read.acquire(timeout=10.0) for _ in range(2))
        told = [devices[one.protocol].read([one]) for one in wired[:2]]
    assert all(one.values or "not been read yet" in next(iter(one.silent.values())) for one in told)
    assert sorted(asked) == sorted([(first.id,), (second.id,)])
