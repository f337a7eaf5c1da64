"""Zones beside each other: what follows from symmetry, from a sum by hand, and from what is missing."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_energy_rooms_by_hand import DOUBLE, FOAM, STEPS, cube, outside, use

from parkwright.energy import rooms
from parkwright.energy.adjoining import other_side, together
from parkwright.energy.rooms import Element, Zone
from parkwright.energy.walls import Construction, Layer
from parkwright.model.errors import PlanError

BRICK = Construction((Layer(0.05, 0.04, 30.0, 1400.0), Layer(0.1, 0.8, 1600.0, 900.0)))
PARTITION = Element("partition", 16.0, 90.0, 180.0, BRICK, sheltered=True, beside="south")
FREE = replace(use(), heated_c=np.full(STEPS, -np.inf), cooled_c=np.full(STEPS, np.inf))


def box(partition: Element, *windows: Element) -> Zone:
    """A cube of foam with the partition for one wall."""
    kept = [one for one in cube().elements if one.glazing is None]
    return Zone((*kept, *windows, partition), 64.0, 5000.0)


def pair(partition: Element = PARTITION, *windows: Element) -> dict[str, Zone]:
    return {"north": box(partition), "south": box(other_side(partition, "north"), *windows)}


def test_the_other_side_of_a_wall_is_turned_and_turned_back():
    turned = other_side(PARTITION, "north")
    assert (turned.tilt_deg, turned.azimuth_deg, turned.beside) == (90.0, 0.0, "north")
    assert turned.construction is not None
    assert turned.construction.layers == BRICK.layers[::-1]
    assert other_side(turned, "south") == PARTITION
    assert other_side(replace(PARTITION, tilt_deg=0.0), "north").tilt_deg == 180.0


def test_two_alike_zones_change_nothing_for_each_other():
    even = replace(PARTITION, construction=FOAM)
    runs = together(pair(even), outside(5.0), {"north": use(300.0), "south": use(300.0)})
    assert runs["north"].air_c == pytest.approx(runs["south"].air_c, abs=2e-3)
    assert runs["north"].heating_w == pytest.approx(runs["south"].heating_w, abs=1.0)


def test_heat_that_leaves_a_zone_through_the_wall_is_what_the_other_loses_by_its_air():
    steps = 960
    cut_off = Construction((Layer(1e6, 0.04),))
    zones = {
        name: replace(zone, elements=tuple(
            one if one.beside else replace(one, construction=cut_off) for one in zone.elements
        ))
        for name, zone in pair().items()
    }  # fmt: skip
    uses = {
        name: rooms.Use(*(np.full(steps, value) for value in (0.5, 0.0, 0.0, low, high)))
        for name, low, high in (("north", 20.0, 26.0), ("south", -np.inf, np.inf))
    }
    runs = together(zones, outside(-10.0, steps=steps), uses)
    warm, cold = runs["north"], runs["south"]
    through = float(warm.lost_w[-1])
    assert through == pytest.approx(-cold.lost_w[-1], rel=1e-3)
    assert through == pytest.approx(cold.aired_w[-1], rel=1e-3)
    assert warm.heating_w[-1] == pytest.approx(warm.aired_w[-1] + through, rel=1e-3)
    conducted = 1.0 / (BRICK.resistance_m2k_per_w + 2.0 / 100.0)
    assert 0.5 * conducted < through / 16.0 / (20.0 - cold.air_c[-1]) < conducted  # two films of less than 100 W/m2K


@settings(max_examples=15, deadline=None)
@given(
    normal=st.floats(0.0, 700.0), cold=st.floats(-15.0, 25.0), gain=st.floats(0.0, 800.0), glazed=st.booleans(),
    free=st.booleans(),
)  # fmt: skip
def test_each_zone_keeps_its_energy(normal, cold, gain, glazed, free):
    windows = [Element("window", 8.0, 90.0, 180.0, glazing=DOUBLE)] if glazed else []
    climate = outside(cold, normal)
    uses = {"north": use(gain), "south": FREE if free else use()}
    for name, run in together(pair(PARTITION, *windows), climate, uses).items():
        gains = gain if name == "north" else 0.0
        flows = run.heating_w - run.cooling_w + gains + run.absorbed_w - run.lost_w - run.aired_w
        assert flows.sum() * climate.step_s == pytest.approx(run.stored_j, abs=1e-3 * max(abs(run.stored_j), 1e5))


def test_the_order_of_the_zones_does_not_matter():
    zones, uses = pair(), {"north": use(200.0), "south": FREE}
    one = together(zones, outside(0.0, 300.0), uses)
    two = together(dict(reversed(zones.items())), outside(0.0, 300.0), uses)
    for name in zones:
        assert two[name].air_c == pytest.approx(one[name].air_c, abs=5e-3)


def test_light_on_one_side_of_a_wall_warms_the_other():
    windows = Element("window", 16.0, 90.0, 180.0, glazing=DOUBLE)
    dark, sunny = (
        together(pair(PARTITION, windows), outside(0.0, normal), {"north": FREE, "south": FREE})
        for normal in (0.0, 700.0)
    )
    assert sunny["north"].air_c[-1] > dark["north"].air_c[-1] + 0.1
    assert sunny["south"].air_c[-1] > sunny["north"].air_c[-1]


@pytest.mark.parametrize(
    "changed",
    [{"beside": "east"}, {"name": "door"}, {"area_m2": 4.0}],
)
def test_a_wall_without_its_counterpart_is_refused(changed):
    zones = {"north": box(replace(PARTITION, **changed)), "south": box(other_side(PARTITION, "north"))}
    with pytest.raises(PlanError, match="has no such element; give it the same"):
        together(zones, outside(), {"north": use(), "south": use()})


def test_a_zone_that_is_parted_is_not_simulated_alone():
    with pytest.raises(ValueError, match="say what stands behind it"):
        rooms.simulate(box(PARTITION), outside(), use())
