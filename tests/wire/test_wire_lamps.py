"""The command `energy lamps` on the Tianjin park, and on parks that lack what it needs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from parkwright.cli import app
from parkwright.model.errors import ParkwrightError
from parkwright.store.folder import load
from parkwright.wire import lamps

TIANJIN = Path(__file__).parents[2] / "parks" / "tianjin"
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
    assert fleet["autonomy_nights"] == pytest.approx(1200 / (5 * 30 + (fleet["longest_night_h"] - 5) * 15), abs=0.01)
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
    assert told["light_kwh"] == pytest.approx(200 * (nights * 5 * 30 + (dark.sum() - nights * 5) * 15) / 1000, rel=0.01)
    assert str(starts.dt.convert_time_zone("Asia/Shanghai")[0]).startswith("2023-01-01 00:00")


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
