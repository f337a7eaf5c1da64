"""What wastes: light, heat, cold and water outside the shifts, heat and cold set against each other."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from parkwright.energy.waste import wastes
from parkwright.model.control import ControlPoint

NOON = datetime(2026, 7, 15, 4, tzinfo=UTC)
SHIFT = [(NOON - timedelta(hours=2), NOON + timedelta(hours=2))]


def point(point_id="sp", **fields):
    plain = {
        "id": point_id, "name_en": "a", "name_zh": "甲", "building_id": "B1", "zone_id": "north", "kind": "air_handler",
        "quantity": "temperature_c", "role": "setpoint", "write_low": 16, "write_high": 24, "rate_per_h": 2,
        "occupied": 20, "unoccupied": 17, "basis": "assumed: a test",
    }  # fmt: skip
    return ControlPoint(**plain | fields)


def sensor(point_id, **fields):
    empty = dict.fromkeys(("write_low", "write_high", "rate_per_h", "occupied", "unoccupied"))
    return point(point_id, **{"role": "sensor"} | empty | fields)


def wasting(points, values, at=NOON + timedelta(hours=4)):
    return [(one.point_id, one.kind, one.wanted) for one in wastes(points, values, at, SHIFT)]


def test_light_heat_cold_and_water_outside_the_shifts_waste():
    asked = [
        point("heat"), point("cold", occupied=26, unoccupied=29, write_low=24, write_high=30),
        point("light", kind="lighting", quantity="level_share", occupied=1, unoccupied=0.1),
        sensor("water", kind="water", quantity="flow_m3_per_h", low=0, high=10),
    ]  # fmt: skip
    values = {"heat": 20.0, "cold": 26.0, "light": 1.0, "water": 3.0}
    assert wasting(asked, values) == [
        ("heat", "early_heat", 17.0), ("cold", "early_cold", 29.0), ("light", "late_light", 0.1),
        ("water", "idle_water", 1.0),
    ]  # fmt: skip
    assert wasting(asked, values, NOON) == []
    assert wasting(asked, {"heat": 17.0, "cold": 29.0, "light": 0.1, "water": 1.0}) == []
    assert wasting(asked, {}) == []


def test_heat_and_cold_set_too_near_to_each_other_waste_in_the_shifts_as_well():
    asked = [point("heat"), point("cold", occupied=26, unoccupied=29), point("far", zone_id="south")]
    assert wasting(asked, {"heat": 23.0, "cold": 24.0, "far": 20.0}, NOON) == [("heat", "dead_band", 2.0)]
    assert wasting(asked, {"heat": 22.0, "cold": 24.0}, NOON) == []
