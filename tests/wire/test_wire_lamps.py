"""The command `energy lamps` on the Tianjin park, and on parks that lack what it needs."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest
from typer.testing import CliRunner

from parkwright.cli import app
from parkwright.model.errors import ParkwrightError
from parkwright.store.folder import load
from parkwright.wire import lamps

TIANJIN = Path(__file__).parents[2] / "parks" / "tianjin"
NEAR = 1.0 - math.exp(-6.0 * 60.0 / 3600.0)
DIMMED_W = 30.0 * (0.5 + 0.5 * NEAR)
"""A lamp of 30 W at half light, six people an hour, a minute each."""
STEELWORKS = TIANJIN.parent / "steelworks"


def test_the_tianjin_lamps_are_never_dark_and_the_cheapest_design_is_told():
    result = CliRunner().invoke(app, ["energy", "lamps", str(TIANJIN), "--json"])
    assert result.exit_code == 0, result.output
    told = json.loads(result.output)
    fleet = told["fleets"][0]
    assert (told["park"], told["hours"], fleet["fleet"], fleet["count"]) == ("TJ", 8760, "LAMPS", 200)
    assert fleet["dark_nights"] == 0
    assert fleet["loss_of_load"] == fleet["design_week_loss_of_load"] == 0.0
    assert 14.0 <= fleet["longest_night_h"] <= 16.0
    assert fleet["autonomy_nights"] == pytest.approx(
        1200 / (5 * 30 + (fleet["longest_night_h"] - 5) * DIMMED_W), abs=0.01
    )
    assert fleet["cheapest"]["cost_cny_per_lamp"] <= fleet["cheapest"]["installed_cny_per_lamp"]
    assert 0.95 < fleet["health_after_a_year"] < 1.0
    places = fleet["places_m"]
    assert len(places) == 200
    assert places[0] == [12.0, 12.0]
    assert all(0.0 <= x <= 400.0 and 0.0 <= y <= 280.0 for x, y in places)


def test_light_of_a_year_is_that_of_its_nights():
    park = load(TIANJIN)
    _, _, dark, starts = lamps.year(park)
    told = lamps.answer(park, 2.0, 1.2, 0.0)["fleets"][0]
    nights = int((~dark[:-1] & dark[1:]).sum())
    assert nights in (364, 365)
    assert 4000 < dark.sum() < 4500
    assert told["light_kwh"] == pytest.approx(
        200 * (nights * 5 * 30 + (dark.sum() - nights * 5) * DIMMED_W) / 1000, rel=0.01
    )
    assert str(starts.dt.convert_time_zone("Asia/Shanghai")[0]).startswith("2023-01-01 00:00")


def test_people_who_pass_brighten_the_dimmed_hours_and_cost_light_and_nights():
    park = load(TIANJIN)
    nobody, some, crowd = (lamps.answer(park, 2.0, 1.2, 0.0, n)["fleets"][0] for n in (0.0, 6.0, 3600.0))
    assert (nobody["present_share"], nobody["presence_kwh"]) == (0.0, 0.0)
    assert some["present_share"] == pytest.approx(NEAR, abs=1e-4)
    assert some["presence_kwh"] == pytest.approx(NEAR * nobody["dimming_saves_kwh"], abs=0.01)
    assert some["dimming_saves_kwh"] == pytest.approx(nobody["dimming_saves_kwh"] - some["presence_kwh"], abs=0.01)
    assert crowd["dimming_saves_kwh"] == pytest.approx(0.0, abs=0.01)
    assert nobody["autonomy_nights"] > some["autonomy_nights"] > crowd["autonomy_nights"]
    assert nobody["cheapest"]["cost_cny_per_lamp"] < crowd["cheapest"]["cost_cny_per_lamp"]
    told = CliRunner().invoke(app, ["energy", "lamps", str(TIANJIN), "--passers", "0", "--json"])
    assert json.loads(told.output)["fleets"][0]["presence_kwh"] == 0.0
    assert lamps.answer(park, 2.0, 1.2, 0.0)["fleets"][0]["presence_kwh"] == some["presence_kwh"]


def test_a_turbine_spills_more_and_never_lights_less():
    park = load(TIANJIN)
    calm, windy = (lamps.answer(park, 2.0, 1.2, watt)["fleets"][0] for watt in (0.0, 200.0))
    assert windy["spilled_kwh"] > calm["spilled_kwh"]
    assert windy["least_charge_share"] >= calm["least_charge_share"]


def test_a_park_without_lamps_or_weather_is_told_what_to_add():
    with pytest.raises(ParkwrightError, match="SW: has no lamps; add"):
        lamps.answer(load(STEELWORKS), 2.0, 1.2, 0.0)
    bare = load(TIANJIN)
    object.__setattr__(bare, "weather", bare.weather.clear())
    with pytest.raises(ParkwrightError, match="TJ: has no weather"):
        lamps.answer(bare, 2.0, 1.2, 0.0)
    result = CliRunner().invoke(app, ["energy", "lamps", str(STEELWORKS)])
    assert result.exit_code == 2
    assert "has no lamps" in result.output
