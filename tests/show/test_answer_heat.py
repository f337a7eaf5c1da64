"""The heat of a day by its meters: what was made, exchanged and lifted, and the figure of it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from facts_fixture import table
from hypothesis import given, settings
from hypothesis import strategies as st
from tiny_day import DAY, NOW, PARK, at, tiny_rows

from parkwright.model.park import Park
from parkwright.model.plant import HeatExchanger, Meter
from parkwright.show.answers.energy import energy, heat

KINDS = {"out-hx": "HX", "out-hp": "HP1", "out-bo": "BO1", "tank-out": "TK1"}


def heat_meter(meter_id: str, serves: str) -> Meter:
    return Meter(
        id=meter_id, name_en="a", name_zh="a", commodity="heat", role="load", serves=serves, purpose="heat",
        basis="assumed: a test",
    )  # fmt: skip


def warm_park(*meters: str) -> Park:
    """The small park with an exchanger, a heat pump and a boiler, and these heat meters."""
    exchanger = HeatExchanger(
        id="HX", name=PARK.energy.heat_pump[0].name, source="compressors", power_kw=9.0, source_c=70.0,
        basis="assumed: a test",
    )  # fmt: skip
    plant = PARK.energy.model_copy(update={"exchanger": (exchanger,)})
    kept = tuple(one for one in PARK.meters if one.commodity != "heat")
    return replace(PARK, energy=plant, meters=(*kept, *(heat_meter(one, KINDS[one]) for one in meters)))


def read(kwh: dict[str, float]):
    rows = [
        {"meter_id": one, "start": at("08:00"), "register_mwh": 0, "energy_mwh_int": round(value * 1e6),
         "quality": "measured"}
        for one, value in kwh.items()
    ]  # fmt: skip
    return tiny_rows(readings=table("readings", rows))


ALL = tuple(KINDS)


def test_a_park_without_heat_meters_of_exchangers_or_pumps_tells_nothing():
    assert heat(warm_park("out-bo", "tank-out"), read({"out-bo": 5.0}), DAY) is None
    assert "recovered_heat" not in {one.key for one in energy(warm_park("out-bo"), read({}), DAY, NOW).figures}


def test_lifted_heat_is_the_pumps_heat_less_its_power_and_a_tank_makes_none():
    rows = read({"out-hx": 4.0, "out-hp": 10.0, "hp1": 2.5, "out-bo": 6.0, "tank-out": 50.0})
    found = heat(warm_park(*ALL), rows, DAY)
    assert found is not None
    assert (found.made_kwh, found.exchanged_kwh, found.lifted_kwh) == (20.0, 4.0, 7.5)
    figure = next(one for one in energy(warm_park(*ALL), rows, DAY, NOW).figures if one.key == "recovered_heat")
    assert (figure.value, figure.unit) == (pytest.approx(100 * 11.5 / 20), "%")
    told = {one.name: one.value for one in figure.why.inputs}
    assert told == {"input.heat_exchanged": 4.0, "input.heat_lifted": 7.5, "input.heat_made": 20.0}


def test_a_pump_whose_heat_is_not_metered_counts_with_nothing():
    found = heat(warm_park("out-hx", "out-bo"), read({"out-hx": 4.0, "hp1": 2.5, "out-bo": 6.0}), DAY)
    assert found is not None
    assert (found.made_kwh, found.lifted_kwh) == (10.0, 0.0)


def test_a_day_without_heat_has_no_share():
    figure = next(one for one in energy(warm_park(*ALL), read({"hp1": 0.0}), DAY, NOW).figures if "heat" in one.key)
    assert figure.value is None


@settings(max_examples=40, deadline=None)
@given(st.tuples(*[st.integers(0, 50)] * 4))
def test_the_share_lies_between_nothing_and_all(kwh: tuple[int, int, int, int]):
    exchanged, lifted, power, burnt = kwh
    rows = read({"out-hx": exchanged, "out-hp": lifted + power, "hp1": power, "out-bo": burnt})
    found = heat(warm_park(*ALL), rows, DAY)
    assert found is not None
    assert found.recovered_kwh == exchanged + lifted
    assert found.recovered_kwh <= found.made_kwh
