"""The forecast of the load meters, and heat, air and cold that it is made of."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import polars as pl
import pytest
from energy_park import DAY, MIDNIGHT, SUMMER, SUNDAY, WINTER, bare_park, building, meters, park, plant
from hypothesis import given, settings
from hypothesis import strategies as st

from parkwright.energy import air, cold, heat, load, weather
from parkwright.model.tables import LOAD, SCHEDULE, conform


def powers(frame):
    return {name[0]: part["power_kw"].to_numpy() for name, part in frame.group_by("meter_id", maintain_order=True)}


def schedule(*spans, line="L1"):
    at = [
        (MIDNIGHT + timedelta(hours=a), MIDNIGHT + timedelta(hours=b), MIDNIGHT + timedelta(hours=c))
        for a, b, c in spans
    ]
    rows = [("j", "S", line, setup, start, end, 0.0, 0.0, 0.0) for setup, start, end in at]
    return conform(pl.DataFrame(rows, schema=SCHEDULE.schema, orient="row"), SCHEDULE)


def forecast(one, day=DAY, plan=None):
    return load.forecast(one, day, weather.of_day(one, day), plan)


def test_every_electricity_load_meter_has_96_rows_and_no_other_meter_any():
    one = park()
    found = forecast(one)
    assert found.columns == list(LOAD.schema)
    wanted = {meter.id for meter in meters() if meter.commodity == "electricity" and meter.role == "load"}
    assert set(found["meter_id"]) == wanted
    assert found.height == 96 * len(wanted)


def test_a_meter_reads_its_children_and_its_own():
    one = park()
    found, own = powers(forecast(one)), load.profile(one, DAY, weather.of_day(one, DAY)).own_kw
    assert np.allclose(found["line"], own["line"] + found["m-U1"])
    assert np.allclose(found["bld"], own["bld"] + found["line"] + found["hvac"] + found["light"])
    assert (own["bld"] == 5).all()


def test_a_machine_draws_by_its_state():
    found = powers(forecast(park(), plan=schedule((8, 9, 11))))["m-U1"]
    assert found[: 6 * 4] == pytest.approx(1.0)
    assert found[6 * 4 : 9 * 4] == pytest.approx(10.0)
    assert found[9 * 4 : 11 * 4] == pytest.approx(10 + 0.9 * 30)
    assert found[22 * 4 :] == pytest.approx(1.0)


def test_a_line_meter_holds_the_machines_without_a_meter():
    found = powers(forecast(park(), plan=schedule((8, 9, 11))))
    assert (found["line"] - found["m-U1"])[9 * 4 : 11 * 4] == pytest.approx(3 + 60)


def test_a_job_that_fills_half_an_interval_counts_half():
    found = powers(forecast(park(), plan=schedule((9, 9, 9.125))))["m-U1"]
    assert found[36] == pytest.approx(10 + 0.5 * 0.9 * 30)
    assert found[37] == pytest.approx(10)


def test_without_a_schedule_the_lines_run_most_of_the_shifts():
    found = powers(forecast(park()))["m-U1"]
    assert found[12 * 4] == pytest.approx(10 + load.BUSY_SHARE * 0.9 * 30)


def test_a_sunday_without_shifts_is_off():
    found = powers(forecast(park(), SUNDAY))
    assert found["m-U1"].max() == pytest.approx(1.0)
    assert found["c1"].max() == pytest.approx(1.0)
    assert found["light"].max() == pytest.approx(load.LIGHT_OFF_SHARE * 5000 * 6 / 1000)


def test_chillers_run_in_summer_and_heat_is_asked_for_in_winter():
    one = park()
    summer = load.profile(one, SUMMER, weather.of_day(one, SUMMER))
    winter = load.profile(one, WINTER, weather.of_day(one, WINTER))
    assert summer.total_kw["ch"].max() > 0
    assert summer.heating_kw.max() == 0
    assert winter.heating_kw.max() > 0
    assert winter.total_kw["ch"].max() == 0


def test_the_rooms_of_the_forecast_stay_in_their_band():
    one = park()
    for day in (SUMMER, WINTER):
        rooms = load.profile(one, day, weather.of_day(one, day)).temperature_c["B1"]
        assert rooms.min() >= 20 - 1e-9
        assert rooms.max() <= 26 + 1e-9


def test_the_heat_pump_is_not_forecast():
    assert powers(forecast(park()))["hp"].max() == 0


def test_the_site_draws_its_busbar_meters_and_the_losses():
    one = park()
    frame = forecast(one)
    found = powers(frame)
    top = sum(found[name] for name in ("bld", "c1", "c2", "ch", "hp", "robots"))
    assert load.site_kw(one, frame, one.intervals(DAY)) == pytest.approx(top * 1.02)


def test_a_park_without_load_meters_has_an_empty_load_and_no_site_power():
    one = bare_park()
    found = forecast(one)
    assert found.is_empty()
    assert load.site_kw(one, found, one.intervals(DAY)).tolist() == [0.0] * 96


def test_a_park_without_heat_plant_and_chillers_heats_and_cools_with_power():
    one = park(energy=plant(heat_pump=(), tank=(), boiler=(), chiller=()))
    assert heat.demand_kw(one, WINTER, one.intervals(WINTER)).sum() == 0
    assert load.hvac_kw(one, 300.0, 0.0) == pytest.approx(300 / load.SPLIT_COP + 300 * load.FAN_SHARE)
    assert load.hvac_kw(park(), 300.0, 0.0) == pytest.approx(300 * load.FAN_SHARE)


@settings(max_examples=100)
@given(st.lists(st.tuples(st.integers(0, 1400), st.integers(1, 300)), max_size=6))
def test_the_shares_of_spans_add_up_to_their_length(spans):
    one, at, edge = park(), [], 0
    for gap, length in spans:
        at.append((edge + gap, edge + gap + length))
        edge += gap + length
    inside = [(MIDNIGHT + timedelta(minutes=a), MIDNIGHT + timedelta(minutes=b)) for a, b in at]
    share = load.overlap_share(one.intervals(DAY), 900, inside)
    assert share.sum() * 15 == pytest.approx(sum(max(min(b, 1440) - min(a, 1440), 0) for a, b in at))
    assert share.min(initial=0) >= 0
    assert share.max(initial=0) <= 1 + 1e-12


def test_compressors_are_loaded_one_after_the_other():
    two = park().energy.compressor
    assert air.compressors_kw(two, 0.0).ravel().tolist() == [0, 0]
    assert air.compressors_kw(two, 0.5).ravel() == pytest.approx([90, 0])
    assert air.compressors_kw(two, 0.75).ravel() == pytest.approx([90, 27 + 0.7 * 45])
    assert air.compressors_kw(two, 9.0).ravel() == pytest.approx([90, 90])
    assert air.waste_heat_kw(two, air.compressors_kw(two, 1.0)) == pytest.approx([0.6 * 180])


def test_the_best_chiller_is_loaded_first_and_none_beyond_its_power():
    good, bad = park().energy.chiller[0].model_copy(update={"cop": 6.0}), park().energy.chiller[0]
    assert cold.chillers_kw((bad, good), 600.0).ravel() == pytest.approx([0, 100])
    assert cold.chillers_kw((bad, good), 1e6).ravel() == pytest.approx([400, 400])
    assert cold.rejected_heat_kw((bad,), cold.chillers_kw((bad,), 1000.0)) == pytest.approx([1200])


def test_a_heat_pump_has_its_share_of_carnot():
    pump = park().energy.heat_pump[0]
    assert heat.cop(pump)[0] == pytest.approx(0.45 * 328.15 / 25)
    assert heat.cop(pump, source_c=54.9)[0] == heat.COP_MAX
    assert heat.cop(pump, source_c=np.array([10.0, 30.0]))[0] < heat.cop(pump)[0]


def test_hot_water_adds_up_to_the_day():
    one = park()
    for day, energy in ((DAY, 4800), (SUNDAY, 2400)):
        assert heat.hot_water_kw(one, day, one.intervals(day)).sum() / 4 == pytest.approx(energy)
    assert heat.hot_water_kw(one, DAY, one.intervals(DAY))[0] == 0


def test_heat_demand_is_hot_water_and_the_buildings():
    one = park()
    starts = one.intervals(WINTER)
    rooms = load.profile(one, WINTER, weather.of_day(one, WINTER)).heating_kw
    assert heat.demand_kw(one, WINTER, starts) == pytest.approx(rooms + heat.hot_water_kw(one, WINTER, starts))


def test_two_halls_ask_for_twice_the_heat_of_one():
    one = park(work_centers=())
    two = park(work_centers=(), buildings=(building("B1"), building("B2")))
    assert load.profile(two, WINTER, weather.of_day(two, WINTER)).heating_kw == pytest.approx(
        2 * load.profile(one, WINTER, weather.of_day(one, WINTER)).heating_kw
    )
