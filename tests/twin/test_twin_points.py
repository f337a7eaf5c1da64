"""The building technology of the twin: what its points tell, and what a set-point changes in rooms, light and air."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest

from parkwright.energy import building
from parkwright.energy.building import Envelope
from parkwright.energy.points import OUTSIDE_PPM
from parkwright.model.errors import DeviceError
from parkwright.store.folder import load
from parkwright.twin.points import CHILLED_OVER_SET_K, HUMIDITY, NOISE, PULL_K_PER_H, SHADED_SHARE, SUPPLY_C, Points

DAY = date(2026, 7, 15)
PARK = load(Path(__file__).parents[2] / "parks" / "tianjin")
NOON = PARK.midnight(DAY) + timedelta(hours=12)
NIGHT = PARK.midnight(DAY) + timedelta(hours=3)
BY_ID = {one.id: one for one in PARK.points}
COUNT = len(PARK.buildings)
ROW = {one.id: row for row, one in enumerate(PARK.buildings)}
SHELLS = building.stack([Envelope(10.0, 500.0, 100.0, 1.0, 20.0, 26.0)] * COUNT)


def points_of(seed=1):
    return Points(PARK, DAY, seed, 0)


def lived(points, minutes=1, temperature_c=24.0, heat_kw=0.0, works=True, outside_c=30.0):
    for _ in range(minutes):
        points.note_rooms(np.full(COUNT, temperature_c), np.full(COUNT, heat_kw), outside_c, works)
    return points


def read(points, *ids, at=NOON):
    return points.read([BY_ID[one] for one in ids], at)


def test_every_point_of_the_demonstration_park_tells_something_and_lies_in_its_range_on_a_mild_day():
    told = lived(points_of(), temperature_c=24.0).read(PARK.points, NOON)
    assert told.silent == {}
    assert set(told.values) == set(BY_ID)
    bounded = [one for one in PARK.points if one.role == "sensor" and one.low is not None and one.high is not None]
    assert len(bounded) > 30
    assert [one.id for one in bounded if not one.low <= told.values[one.id] <= one.high] == []


def test_before_its_first_minute_rooms_tell_nothing_and_set_points_stand_at_their_schedule():
    told = read(points_of(), "B1-north-t", "B1-north-heat-sp")
    assert told.values == {"B1-north-heat-sp": 20.0}
    assert told.silent == {"B1-north-t": "the simulated park knows nothing of it"}
    assert read(points_of(), "B1-north-heat-sp", at=NIGHT).values == {"B1-north-heat-sp": 17.0}


def test_a_point_that_the_twin_does_not_model_is_silent_and_never_0():
    odd = BY_ID["B1-north-t"].model_copy(update={"quantity": "power_kw"})
    away = BY_ID["B1-north-t"].model_copy(update={"building_id": "none"})
    for point in (odd, away):
        told = lived(points_of()).read([point], NOON)
        assert told.values == {}
        assert point.id in told.silent


def test_the_same_seed_tells_the_same_and_zones_differ_but_little():
    one, other = (read(lived(points_of(), 5), "B1-north-t", "B1-south-t").values for _ in range(2))
    assert one == other
    assert one["B1-north-t"] != one["B1-south-t"]
    assert abs(one["B1-north-t"] - 24.0) < 2.0
    assert read(lived(points_of(2), 5), "B1-north-t").values != {"B1-north-t": one["B1-north-t"]}


def test_a_sensor_errs_differently_each_day_about_where_it_stands():
    days = [DAY + timedelta(days=n) for n in range(40)]
    told = [
        lived(Points(PARK, day, 1, 0)).read([BY_ID["B1-north-t"]], NOON + (day - DAY)).values["B1-north-t"]
        for day in days
    ]
    assert len(set(told)) == len(days)
    assert np.std(told) == pytest.approx(NOISE["temperature_c"], rel=0.4)


def test_a_sensor_never_stands_still():
    points, seen = points_of(), set()
    for _ in range(12):
        seen.add(read(lived(points), "B1-north-t").values["B1-north-t"])
    assert len(seen) == 12


def test_air_grows_stale_while_people_work_to_where_the_mass_balance_says_and_clears_when_they_leave():
    points = lived(points_of(), 60 * 24)
    office = PARK.buildings[ROW["OF"]]
    volume = building.area_m2(office.footprint) * office.height_m
    people = office.floor_area_m2 / 20.0
    settled = OUTSIDE_PPM + 1e6 * people * 0.02 / (office.air_changes_per_h * volume)
    assert read(points, "OF-north-co2").values["OF-north-co2"] == pytest.approx(settled, rel=0.05)
    lived(points, 60 * 24, works=False)
    assert read(points, "OF-north-co2").values["OF-north-co2"] == pytest.approx(OUTSIDE_PPM, abs=40.0)


def test_supply_air_follows_heat_and_cold_within_what_a_room_bears():
    assert read(lived(points_of(), heat_kw=0.0), "B1-ahu-supply-t").values["B1-ahu-supply-t"] == pytest.approx(
        24.0, abs=0.3
    )
    for heat_kw, bound in ((1e6, SUPPLY_C[1]), (-1e6, SUPPLY_C[0])):
        found = read(lived(points_of(), heat_kw=heat_kw), "B1-ahu-supply-t").values["B1-ahu-supply-t"]
        assert found == pytest.approx(bound, abs=0.3)


def test_humidity_stays_where_the_air_handlers_hold_it_and_water_and_chilled_water_are_told():
    points = lived(points_of())
    points.note_water({"B1": 1.25})
    told = read(points, "B1-north-rh", "B1-water", "B2-water", "UT-chw-t").values
    assert HUMIDITY[0] - 0.02 <= told["B1-north-rh"] <= HUMIDITY[1] + 0.02
    assert (told["B1-water"], told["B2-water"]) == (1.25, 0.0)
    assert told["UT-chw-t"] == pytest.approx(7.0 + CHILLED_OVER_SET_K, abs=0.3)


def test_without_a_set_point_the_buildings_are_left_as_they_are():
    points = lived(points_of(), 60)
    assert points.shells(SHELLS) is SHELLS
    assert points.light().tolist() == [1.0] * COUNT


def test_a_heating_set_point_moves_its_building_by_its_part_of_the_zones_and_no_faster_than_a_plant_can():
    points = points_of()
    points.write(BY_ID["B1-north-heat-sp"], 23.0)
    first = points.shells(SHELLS).heating_setpoint_c
    assert first[ROW["B1"]] == pytest.approx(20.0 + PULL_K_PER_H / 60.0)
    for _ in range(120):
        last = points.shells(SHELLS)
    assert last.heating_setpoint_c[ROW["B1"]] == pytest.approx(21.5)
    assert last.heating_setpoint_c[ROW["B2"]] == 20.0
    assert last.cooling_setpoint_c.tolist() == SHELLS.cooling_setpoint_c.tolist()
    points.release(BY_ID["B1-north-heat-sp"])
    for _ in range(120):
        last = points.shells(SHELLS)
    assert last.heating_setpoint_c[ROW["B1"]] == pytest.approx(20.0)
    assert read(points, "B1-north-heat-sp").values == {"B1-north-heat-sp": 20.0}


def test_light_and_shade_that_a_person_sets_count():
    points = points_of()
    points.write(BY_ID["B1-light"], 0.6)
    points.write(BY_ID["OF-shade"], 1.0)
    assert points.light()[ROW["B1"]] == pytest.approx(0.6)
    assert points.light()[ROW["B2"]] == 1.0
    found = points.shells(SHELLS)
    assert found.aperture_m2[ROW["OF"]] == pytest.approx(100.0 * (1.0 - SHADED_SHARE))
    assert found.aperture_m2[ROW["B1"]] == 100.0
    assert read(points, "B1-light").values == {"B1-light": 0.6}


def test_a_sensor_is_not_written():
    with pytest.raises(DeviceError, match="B1-north-t: is a sensor"):
        points_of().write(BY_ID["B1-north-t"], 20.0)


def test_a_park_without_weather_has_points_without_humidity_and_29_february_takes_the_28th():
    bare = replace(PARK, weather=PARK.weather.clear())
    told = lived(Points(bare, DAY, 1, 0)).read([BY_ID["B1-north-rh"], BY_ID["B1-north-t"]], NOON)
    assert set(told.values) == {"B1-north-t"}
    leap = lived(Points(PARK, date(2028, 2, 29), 1, 0)).read([BY_ID["B1-north-rh"]], NOON)
    assert set(leap.values) == {"B1-north-rh"}
