"""The twin behind the ports: determinism, the meters' laws, refusals, and what its tables say."""

import re
from dataclasses import replace
from datetime import timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from twin_days import DAY, Lived, PlainDesk, at, lots, open_twin, transport

from parkwright.energy import weather
from parkwright.energy.recovery import OVEN_EXHAUST_SHARE
from parkwright.model.opening import Opening, folder_opening
from parkwright.model.plant import Movable
from parkwright.model.tables import TABLES, conform
from parkwright.run.ports import CallOff, JobRelease, Orders, SetPoint
from parkwright.twin import sky

POINTS = {"BAT1": [(0.0, 60.0), (5.0, -700.0), (9.0, 900.0), (12.0, 0.0)]}


def _points(park, hours):
    found = {}
    for hour, kw in hours:
        found.setdefault(at(park, hour), []).append(("BAT1", kw))
    return found


@pytest.fixture(scope="module")
def small_day(small_park):
    """Return a whole day of the small park."""
    desk = PlainDesk(small_park, lots(small_park, 20, 4), 8.0, _points(small_park, POINTS["BAT1"]))
    return Lived(open_twin(small_park), small_park, desk, 24)


@pytest.fixture(scope="module")
def morning(tianjin):
    """Return the demonstration park up to half past nine."""
    jobs = [job for job in lots(tianjin, 30) if job.quantity]
    desk = PlainDesk(tianjin, jobs, 6.0, {at(tianjin, 0.5): [("BAT1", 500.0), ("HP1", 250.0), ("BO1", 800.0)]})
    return Lived(open_twin(tianjin), tianjin, desk, 9.5)


@pytest.mark.parametrize("name", ["small_day", "morning"])
def test_every_table_keeps_its_contract(name, request):
    lived = request.getfixturevalue(name)
    assert {"passages", "presence", "states", "mounts", "kits", "job_responses", "samples"} <= set(lived.tables)
    for kind, frame in lived.tables.items():
        assert conform(frame, TABLES[kind]).equals(frame)


def test_the_same_seed_and_orders_show_the_same_images(small_park, small_day):
    again = Lived(open_twin(small_park), small_park, None, 24, small_day.acted)
    assert again.readings.equals(small_day.readings)
    assert all(again.tables[name].equals(frame) for name, frame in small_day.tables.items())
    other = Lived(open_twin(small_park, seed=2), small_park, None, 24, small_day.acted)
    assert not other.tables["passages"].equals(small_day.tables["passages"])


@settings(max_examples=10)
@given(stops=st.lists(st.integers(0, 10 * 3600_000), max_size=6))
def test_how_often_the_twin_is_asked_changes_nothing(small_park, stops):
    jobs = lots(small_park, 15)

    def lived(extra):
        twin, found = open_twin(small_park), {}
        for ms in sorted({0, 8 * 3600_000, 10 * 3600_000, *extra}):
            image = twin.sense(small_park.midnight(DAY) + timedelta(milliseconds=ms))
            for name, frame in image.tables.items():
                found.setdefault(name, []).append(frame)
            if ms == 0:
                twin.act(Orders(image.at, [CallOff(j.job_id, j.product_id, 15, at(small_park, 7)) for j in jobs]))
            if ms == 8 * 3600_000:
                twin.act(Orders(image.at, releases=jobs, set_points=[SetPoint("BAT1", 30.0)]))
        kept = {name: pl.concat(found[name]) for name in ("passages", "states", "mounts", "kits") if name in found}
        return kept, twin.readings(at(small_park, 10))

    (tables, readings), (few_tables, few_readings) = lived(stops), lived([])
    assert readings.equals(few_readings)
    assert all(tables[name].equals(frame) for name, frame in few_tables.items())


def test_asking_for_the_past_is_an_error_and_after_the_day_nothing_happens(small_park):
    twin = open_twin(small_park)
    twin.sense(at(small_park, 2))
    with pytest.raises(ValueError, match="before that"):
        twin.sense(at(small_park, 1))
    twin.sense(at(small_park, 24))
    late = twin.sense(at(small_park, 30)).tables
    assert not {"passages", "states", "kits", "mounts"} & set(late)
    assert twin.readings(at(small_park, 30))["start"].n_unique() == 96


@pytest.mark.parametrize("name", ["small_day", "morning"])
def test_the_site_balances_to_the_mwh(name, request):
    lived = request.getfixturevalue(name)
    energy, zero = lived.energy(), pl.lit(0)

    def total(role):
        ids = [m.id for m in lived.park.meters if m.commodity == "electricity" and m.role == role]
        return energy.select(pl.sum_horizontal(zero, *ids)).to_series()

    tops = [m.id for m in lived.park.meters if m.role == "load" and m.commodity == "electricity" and not m.parent_id]
    site = total("import") + total("generation") + total("discharge") - total("charge") - total("export")
    used = energy.select(pl.sum_horizontal(tops)).to_series()
    losses = (site - used).to_numpy()
    share = lived.park.energy.grid.loss_share
    if name == "morning":  # every consumer has a meter there
        assert np.abs(losses - used.to_numpy() * share).max() <= 15
    assert (losses > 0).all()


@pytest.mark.parametrize("name", ["small_day", "morning"])
def test_a_meter_reads_what_its_children_read_and_its_own(name, request):
    lived = request.getfixturevalue(name)
    energy = lived.energy()
    for meter in lived.park.meters:
        children = [m.id for m in lived.park.meters if m.parent_id == meter.id and m.commodity == "electricity"]
        if children and meter.commodity == "electricity":
            own = (energy[meter.id] - energy.select(pl.sum_horizontal(children)).to_series()).to_numpy()
            assert (own >= round(meter.base_kw / 60 * 1e6) * 15).all()


def test_machine_meters_are_computed_from_the_state_log(morning):
    states, park = morning.tables["states"], morning.park
    for meter in park.meters:
        if meter.purpose != "machine":
            continue
        unit = park.work_unit[meter.serves]
        known = states.filter((pl.col("work_unit_id") == unit.id) & (pl.col("end") <= at(park, 9)))
        until = known["end"].max()
        start = until.replace(minute=until.minute // 15 * 15, second=0, microsecond=0)
        kw = pl.col("state").replace_strict({"off": unit.off_kw, "run": unit.run_kw}, default=unit.idle_kw)
        length = (pl.min_horizontal("end", pl.lit(start)) - pl.col("start")).dt.total_milliseconds().clip(0)
        expected = known.select((kw * length).sum()).item() / 3.6
        read = morning.readings.filter((pl.col("meter_id") == meter.id) & (pl.col("start") < start))
        assert read["energy_mwh_int"].sum() == pytest.approx(expected, abs=540 + 0.5 * len(known))  # 1 mWh a minute, ms


def test_states_tile_the_whole_day(small_day, small_park):
    for (unit_id,), rows in small_day.tables["states"].sort("start").group_by("work_unit_id", maintain_order=True):
        assert rows["start"][0] == at(small_park, 0), unit_id
        assert rows["end"][-1] == at(small_park, 24), unit_id
        assert (rows["end"][:-1] == rows["start"][1:]).all(), unit_id


def test_units_are_numbered_and_jobs_answered(small_day):
    passages, responses = small_day.tables["passages"], small_day.tables["job_responses"]
    assert all(re.fullmatch(r"SM-260715-L-1-\d{6}", unit) for unit in passages["unit_id"].unique())
    assert (responses["good"] + responses["scrapped"]).to_list() == [20] * 8
    last = passages.filter((pl.col("work_unit_id") == "L1-PACK") & (pl.col("result") == "ok"))
    assert last.height == responses["good"].sum()
    firsts = passages.group_by("job_id").agg(pl.col("start").min(), pl.col("end").max())
    told = responses.select("job_id", "start", "end").sort("job_id")
    assert told.equals(firsts.sort("job_id").select("job_id", "start", "end"))


def test_presence_is_the_passages_that_have_not_ended(small_day, small_park):
    noon = small_day.tables["passages"].filter(
        (pl.col("start") <= at(small_park, 10)) & (pl.col("end") > at(small_park, 10))
    )
    twin = open_twin(small_park)
    acted = iter(small_day.acted)
    tick = small_park.midnight(DAY)
    while tick < at(small_park, 10):
        tick += timedelta(seconds=60)
        image = twin.sense(tick)
        twin.act(next(acted))
    key = ["unit_id", "job_id", "segment_id", "work_unit_id", "start"]
    assert image.tables["presence"].sort(key).equals(noon.select(key).sort(key))


def test_lots_cover_every_unit_at_the_first_station(small_day, small_park):
    mounts, needs = small_day.tables["mounts"], {}
    for line in small_park.bill:
        needs.setdefault(line.product_id, set()).add(line.component_id)
    entered = small_day.tables["passages"].filter((pl.col("work_unit_id") == "L1-LOAD") & (pl.col("result") != "fail"))
    for unit_id, job_id, start in entered.select("unit_id", "job_id", "start").iter_rows():
        there = mounts.filter((pl.col("start") <= start) & ((pl.col("end") > start) | pl.col("end").is_null()))
        assert sorted(there["material_id"]) == sorted(needs[job_id[2:5]]), unit_id
    sizes = {material.id: material.lot_size for material in small_park.materials}
    for (lot_id, material_id), rows in mounts.group_by("lot_id", "material_id"):
        held = sum(
            entered.filter((pl.col("start") >= start) & (pl.col("start") < end)).height
            for start, end in rows.select("start", pl.col("end").fill_null(at(small_park, 25))).iter_rows()
        )
        assert held <= sizes[material_id], lot_id


def test_boards_come_from_stock_and_from_the_board_line(morning, tianjin):
    assemblies = morning.tables["assemblies"]
    assert assemblies["component_id"].is_unique().all()
    stock = assemblies["component_id"].str.contains(r"^TJ-stock-BRD-[0-9A-Z-]+-\d{5}$")
    assert stock.all() | assemblies["component_id"].str.contains(r"^TJ-260715-L-SMT-\d{6}$").any()
    places = {(b.product_id, b.position) for b in tianjin.bill if b.component_id in tianjin.product}
    assert set(assemblies["position"]) <= {position for _, position in places}


def test_samples_name_every_thing_once_a_tick(small_day, small_park):
    samples = small_day.tables["samples"]
    last = samples.filter(pl.col("start") == at(small_park, 24))
    assert last["signal_id"].is_unique().all()
    wanted = {"L1-TEST/state", "L-1/units_out", "grid-in/power_kw", "BAT1/soc_kwh", "HALL/temperature_c", "lamps/lit"}
    assert wanted | {"weather/temperature_c", "weather/ghi_w_per_m2"} <= set(last["signal_id"])
    assert samples.height == 1440 * last.height
    power = samples.filter(pl.col("signal_id") == "grid-in/power_kw")["value"].sum() / 60
    read = small_day.readings.filter(pl.col("meter_id") == "grid-in")["energy_mwh_int"].sum() / 1e6
    assert power == pytest.approx(read, rel=1e-9)
    made = small_day.tables["job_responses"]["good"].sum()
    assert last.filter(pl.col("signal_id") == "L-1/units_out")["value"].item() == made


@pytest.mark.slow
@settings(max_examples=12)
@given(
    st.lists(st.tuples(st.integers(0, 11), st.floats(-200, 200)), max_size=6),
    st.floats(-50.0, 300.0),
)
def test_the_battery_never_leaves_its_limits(small_park, hours, stored):
    battery = small_park.energy.battery[0]
    desk = PlainDesk(small_park, [], 0.0, _points(small_park, hours))
    lived = Lived(open_twin(small_park, opening=Opening({"BAT1": stored})), small_park, desk, 12)
    soc = lived.tables["samples"].filter(pl.col("signal_id") == "BAT1/soc_kwh")["value"]
    assert soc.min() >= 0.0
    assert soc.max() <= battery.capacity_kwh
    energy = lived.energy()
    most = battery.power_kw * 0.25 * 1e6
    assert energy["bat-in"].max() <= most
    assert energy["bat-out"].max() <= most
    begin = min(max(stored, 0.0), battery.capacity_kwh)
    moved = energy["bat-in"].sum() * battery.charge_efficiency - energy["bat-out"].sum() / battery.discharge_efficiency
    assert soc[-1] == pytest.approx(begin + moved / 1e6, abs=1e-5)


def test_heat_is_served_and_gas_follows_the_boiler(morning, tianjin):
    energy = morning.energy()
    boiler = tianjin.energy.boiler[0]
    assert energy["heat-out-BO1"].sum() > 0
    gas = energy["gas-BO1"].to_numpy() - energy["heat-out-BO1"].to_numpy() / boiler.efficiency
    assert np.abs(gas).max() <= 15
    assert (energy["heat-out-HP1"] > energy["heat-HP1"]).sum() > 10


def test_exchangers_give_a_part_of_what_compressors_and_ovens_draw(morning, tianjin):
    energy, plant = morning.energy(), tianjin.energy
    drawn = sum(energy[f"comp-{one.id}"] * one.heat_share for one in plant.compressor).to_numpy()
    given = energy["heat-out-HX1"].to_numpy()
    assert given.sum() > 0
    assert (given <= drawn + 15).all()
    ovens = (energy["mc-SMT-OV1"] + energy["mc-SMT-OV2"]).to_numpy()
    assert energy["heat-out-HX2"].sum() > 0
    assert (energy["heat-out-HX2"].to_numpy() <= OVEN_EXHAUST_SHARE * ovens + 15).all()


def test_water_is_litres_and_adds_up(morning):
    water = morning.readings.filter(pl.col("meter_id").str.starts_with("water-"))
    assert water["energy_mwh_int"].is_null().all()
    litres = water.pivot("meter_id", index="start", values="value")
    parts = litres.select(pl.sum_horizontal(pl.exclude("start", "water-site"))).to_series()
    assert np.allclose(parts.to_numpy(), litres["water-site"].to_numpy(), atol=0.01)
    assert litres["water-site"].min() > 0


def test_readings_are_told_once_and_only_when_their_interval_has_ended(small_park):
    twin = open_twin(small_park)
    twin.sense(at(small_park, 1.1))
    assert twin.readings(at(small_park, 0.5))["start"].n_unique() == 2
    assert twin.readings(at(small_park, 5))["start"].n_unique() == 2
    twin.acknowledge()
    assert twin.readings(at(small_park, 5)).is_empty()
    assert twin.alarms().is_empty()


def test_the_weather_that_comes_is_not_the_forecast(tianjin):
    forecast = weather.of_day(tianjin, DAY)
    actual = sky.of_day(tianjin, DAY, 1440, 1, 0)
    error = actual.outside_c - forecast["temperature_c"].to_numpy()
    assert 0.05 < np.abs(error).mean() < 5.0
    light = forecast["ghi_w_per_m2"].to_numpy() > 100
    ratio = actual.ghi_w_per_m2[light] / forecast["ghi_w_per_m2"].to_numpy()[light]
    assert 0.5 < ratio.mean() < 1.6
    assert ratio.std() > 0.01
    for row, field in enumerate(tianjin.energy.solar):
        assert 0.0 <= actual.solar_kw[row].min() <= actual.solar_kw[row].max() <= field.inverter_kw
    dark = forecast["ghi_w_per_m2"].to_numpy() == 0.0
    assert (actual.solar_kw[:, np.repeat(dark, 15)] == 0.0).all()
    assert actual.lamps.lit_share[light].max() < 0.1 < 0.9 < actual.lamps.lit_share.max()


def test_a_late_supplier_delays_kits_in_its_share(small_park):
    twin = open_twin(small_park)
    offs = [CallOff(f"J{n}", "P-A", 1, at(small_park, 1)) for n in range(2000)]
    twin.sense(at(small_park, 0))
    assert twin.act(Orders(at(small_park, 0), offs)).accepted == 2000
    kits = twin.sense(at(small_park, 24)).tables["kits"]
    late = kits.filter(pl.col("at") > at(small_park, 1))
    supplier = next(s for s in small_park.suppliers if s.late_share)
    assert kits.height == 2000
    assert late.height / 2000 == pytest.approx(supplier.late_share, abs=0.015)
    delay = (late["at"] - at(small_park, 1)).dt.total_milliseconds().mean() / 1000
    assert delay == pytest.approx(supplier.late_mean_s, rel=0.35)


def _refusal(twin, **orders):
    receipts = twin.act(Orders(None, **orders))
    assert receipts.accepted == 0
    return receipts.refused[0].reason


def test_an_order_that_cannot_be_taken_is_refused_with_its_reason(small_park):
    twin = open_twin(small_park)
    twin.sense(at(small_park, 0))
    job = lots(small_park, 5)[0]
    assert "not called off" in _refusal(twin, releases=[job])
    twin.act(Orders(None, [CallOff(job.job_id, job.product_id, 5, at(small_park, 1))]))
    assert "called off before" in _refusal(twin, call_offs=[CallOff(job.job_id, job.product_id, 5, at(small_park, 1))])
    assert "does not exist" in _refusal(twin, call_offs=[CallOff("J", "P-X", 5, at(small_park, 1))])
    assert "not arrived" in _refusal(twin, releases=[job])
    twin.sense(at(small_park, 12))

    def with_(**change):
        return [JobRelease(**{name: change.get(name, getattr(job, name)) for name in JobRelease.__slots__})]

    assert "line L-9" in _refusal(twin, releases=with_(work_center_id="L-9"))
    assert "product P-X" in _refusal(twin, releases=with_(product_id="P-X"))
    assert "segment SMT" in _refusal(twin, releases=with_(segment_id="SMT"))
    assert "0 units" in _refusal(twin, releases=with_(quantity=0))
    assert twin.act(Orders(None, releases=[job])).accepted == 1
    assert "released before" in _refusal(twin, releases=[job])
    assert "no set-point" in _refusal(twin, set_points=[SetPoint("PV-1", 5.0)])
    assert twin.act(Orders(None, set_points=[SetPoint("grid", 5.0)])).accepted == 1
    assert "n-moon" in _refusal(twin, transports=[transport(1, "R001", end="n-moon")])
    assert twin.act(Orders(None, transports=[transport(1, "R001")])).accepted == 1
    assert "given before" in _refusal(twin, transports=[transport(1, "R002")])
    assert "busy" in _refusal(twin, transports=[transport(2, "R001")])
    assert twin.act(Orders(None, transports=[transport(3, "R002")])).accepted == 1
    assert "2 robots" in _refusal(twin, transports=[transport(4, "R003")])


def test_moves_are_told_from_dispatch_and_draw_power(small_park):
    twin = open_twin(small_park)
    twin.sense(at(small_park, 1))
    twin.act(Orders(None, transports=[transport(1, "R001")]))
    image = twin.sense(at(small_park, 1) + timedelta(seconds=60))
    move = image.tables["moves"].row(0, named=True)
    assert (move["origin_node"], move["from_node"], move["to_node"]) == ("charge", "n-store", "n-line")
    assert move["start"] == at(small_park, 1)
    handling = timedelta(seconds=small_park.fleet.handling_s)
    assert move["start"] + handling < move["pickup"] < move["end"] - handling
    assert "moves" not in twin.sense(at(small_park, 2)).tables
    energy = twin.readings(at(small_park, 2)).filter(pl.col("meter_id") == "robots")["energy_mwh_int"].to_list()
    waiting = round(small_park.fleet.count * small_park.fleet.idle_kw * 0.25 * 1e6)
    driven = (
        (move["end"] - move["start"]).total_seconds() / 3600 * (small_park.fleet.drive_kw - small_park.fleet.idle_kw)
    )
    assert abs(energy[0] - waiting) <= 15
    assert sum(energy[4:]) == pytest.approx(4 * waiting + driven * 1e6, abs=70)


def test_a_folder_opening_is_where_the_stores_begin(tianjin):
    twin = open_twin(tianjin)
    samples = twin.sense(at(tianjin, 0)).tables["samples"]
    found = dict(
        samples.filter(pl.col("signal_id").is_in(["BAT1/soc_kwh", "TK1/stored_kwh"]))["signal_id", "value"].rows()
    )
    stored = folder_opening(tianjin).stored_kwh
    assert found == {"BAT1/soc_kwh": stored["BAT1"], "TK1/stored_kwh": stored["TK1"]}


def test_movable_work_is_done_as_asked_metered_where_it_stands_and_never_above_its_units(small_park):
    meter = next(one.id for one in small_park.meters if one.role == "load" and one.purpose == "building")
    work = Movable(
        id="CARS", name={"en": "a", "zh": "b"}, meter_id=meter, power_kw=7.0, units=2, duration_h=1.0,
        interruptible=True, basis="assumed: a test",
    )  # fmt: skip
    park = replace(small_park, energy=small_park.energy.model_copy(update={"movable": (work,)}))
    asked = {at(park, 1.0): [("CARS", 9.0)], at(park, 1.25): [("CARS", 99.0)], at(park, 1.5): [("CARS", -5.0)]}
    with_it = Lived(open_twin(park), park, PlainDesk(park, [], 6.0, asked), 2)
    without = Lived(open_twin(small_park), small_park, PlainDesk(small_park, [], 6.0, {}), 2)
    energy = [
        day.readings.filter(pl.col("meter_id") == meter).sort("start")["energy_mwh_int"].to_numpy()
        for day in (with_it, without)
    ]
    extra = (energy[0] - energy[1]) / 1e6
    assert extra == pytest.approx([0, 0, 0, 0, 9.0 / 4, 14.0 / 4, 0, 0], abs=1e-4)
