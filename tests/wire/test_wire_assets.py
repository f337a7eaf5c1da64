"""The command `energy assets`: what each asset is worth over a year, by weather; what cannot be used."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from parkwright.cli import app
from parkwright.model.errors import ParkError, ParkwrightError
from parkwright.store.folder import load
from parkwright.wire import assets

TIANJIN = Path(__file__).parents[2] / "parks" / "tianjin"


@pytest.fixture(scope="module")
def told():
    """The Tianjin park under its own weather and under a file of the same, the first of each month counted for all."""
    result = CliRunner().invoke(
        app, ["energy", "assets", str(TIANJIN), "--every", "31", "--weather", str(TIANJIN / "weather.epw"), "--json"]
    )
    assert result.exit_code == 0, result.output
    return json.loads(result.output)


@pytest.fixture(scope="module")
def park():
    return load(TIANJIN)


@pytest.fixture(scope="module")
def months(park):
    return assets._months(park, 2026, 16)


@pytest.fixture(scope="module")
def winter(months):
    return months[0]


@pytest.mark.slow
def test_the_same_weather_gives_the_same_year(told):
    assert (told["park"], told["year"], told["every"]) == ("TJ", 2026, 31)
    assert list(told["weather"]) == ["park", "weather.epw"]
    assert told["weather"]["park"] == told["weather"]["weather.epw"]
    assert 1500 < told["weather"]["park"]["ghi_kwh_per_m2"] < 1700


@pytest.mark.slow
def test_each_asset_is_left_out_in_turn_and_its_worth_is_the_difference(told):
    years, worth = told["weather"]["park"]["years"], told["weather"]["park"]["worth"]
    assert list(years) == ["as_built", "pv", "battery", "recovery", "glass", "control"]
    assert list(worth) == list(assets.LEFT_OUT)
    for name, saved in worth.items():
        for key, value in saved.items():
            assert value == pytest.approx(years["as_built"][key] - years[name][key], abs=0.01)


@pytest.mark.slow
def test_without_an_asset_its_figure_is_zero(told):
    years = told["weather"]["park"]["years"]
    assert years["pv"]["pv_kwh"] == years["pv"]["export_kwh"] == 0.0
    assert years["recovery"]["recovered_kwh"] == 0.0
    assert years["as_built"]["recovered_kwh"] > 0.0
    assert years["as_built"]["pv_kwh"] > 3_000_000


@pytest.mark.slow
def test_every_asset_saves_money_and_the_sun_saves_most(told):
    worth = told["weather"]["park"]["worth"]
    assert all(saved["cost_cny"] < 0.0 for name, saved in worth.items() if name != "glass")
    assert min(worth, key=lambda name: worth[name]["cost_cny"]) == "pv"
    assert worth["pv"]["co2e_kg"] < 0.0
    assert worth["recovery"]["gas_kwh"] < 0.0


@pytest.mark.slow
def test_shares_are_shares(told):
    for year in told["weather"]["park"]["years"].values():
        assert 0.0 <= year["self_use_share"] <= 1.0
        assert 0.0 <= year["recovered_share"] <= 1.0
        assert year["cost_cny"] > year["demand_cny"] > 0.0


@pytest.mark.parametrize("controlled", [True, False])
def test_power_balances_in_every_interval(park, winter, controlled):
    pv = winter.pv_kw
    flows = assets._planned(park, winter, pv) if controlled else assets._unplanned(park, winter, pv)
    ratio = float(assets.heat.cop(park.energy.heat_pump[0])[0])
    pump = flows.lifted_kw / (ratio - 1.0)
    charge = flows.grid_kw + pv - winter.load_kw - pump + flows.discharge_kw[0]
    assert charge.min() >= -1e-6
    assert charge.max() <= park.energy.battery[0].power_kw + 1e-6
    heat = flows.exchanged_kw + flows.lifted_kw + pump + flows.boiler_kw[0]
    if controlled:
        tank = park.energy.tank[0]
        assert heat.sum() * 0.25 >= winter.heat_kw.sum() * 0.25 - tank.capacity_kwh
    else:
        assert heat == pytest.approx(winter.heat_kw, abs=1e-6)
    assert (flows.exchanged_kw <= winter.direct_kw.sum(axis=1) + 1e-6).all()
    assert (flows.exchanged_kw + flows.lifted_kw <= winter.source_kw + 1e-6).all()


def test_a_plan_is_cheaper_than_none(park, winter):
    planned, none = (assets._totals(park, [winter], controlled=which) for which in (True, False))
    energy = [one["cost_cny"] - one["demand_cny"] for one in (planned, none)]
    assert energy[0] < energy[1]


def test_the_plan_of_a_month_pays_for_its_demand(park, winter):
    """A year whose days stand for a month pays the whole month's charge: the plan holds its import for it."""
    free = replace(park, tariffs=tuple(one.model_copy(update={"demand": None}) for one in park.tariffs))
    held, blind = (assets._planned(one, winter, winter.pv_kw).grid_kw.max() for one in (park, free))
    assert held < 0.9 * blind
    charge = park.tariffs[0].demand.cny_per_kw_month
    paid, spared = (assets._totals(one, [winter], controlled=True) for one in (park, free))
    assert paid["demand_cny"] == pytest.approx(charge * held)
    assert paid["cost_cny"] < spared["cost_cny"] + charge * blind


def test_months_cover_their_days_and_are_scaled_to_the_month(park, months):
    first, second = months[:2]
    assert first.starts.len() == 2 * 96
    assert first.scale == pytest.approx(15.5)
    assert second.scale == pytest.approx(14.0)
    assert first.starts[0] == park.midnight(date(2026, 1, 1))
    assert all(np.isfinite(array).all() for array in (first.load_kw, first.pv_kw, first.heat_kw, first.waste_kw))


def test_boilers_share_the_heat_in_order(park):
    small = park.energy.boiler[0].model_copy(update={"power_kw": 100.0})
    two = replace(park, energy=park.energy.model_copy(update={"boiler": (small, small)}))
    assert [kw.tolist() for kw in assets._shared(two, np.array([50.0, 180.0]))] == [[50.0, 100.0], [0.0, 80.0]]


def test_direct_sun_beyond_the_suns_own_is_held_and_told(park, tmp_path):
    lines = (TIANJIN / "weather.epw").read_text().splitlines()
    noon = lines[8 + 12].split(",")
    noon[14] = "3862"
    lines[8 + 12] = ",".join(noon)
    (tmp_path / "high.epw").write_text("\n".join(lines))
    mended, told = assets.with_weather(park, tmp_path / "high.epw")
    assert told == ["1 hours had direct irradiance above 1361 W/m2 and are held there"]
    assert mended.weather["dni_w_per_m2"][12] == 1361.0
    assert mended.weather.drop("dni_w_per_m2").equals(park.weather.drop("dni_w_per_m2"))
    sound, none = assets.with_weather(park, TIANJIN / "weather.epw")
    assert none == []
    assert sound.weather.equals(park.weather)


def test_a_missing_direct_sun_is_not_mended(park, tmp_path):
    lines = (TIANJIN / "weather.epw").read_text().splitlines()
    for row, value in ((8 + 12, "9999"), (8 + 13, "high")):
        cells = lines[row].split(",")
        cells[14] = value
        lines[row] = ",".join(cells)
    (tmp_path / "gap.epw").write_text("\n".join(lines))
    with pytest.raises(ParkError, match="dni_w_per_m2"):
        assets.with_weather(park, tmp_path / "gap.epw")


def test_a_park_without_weather_and_a_bad_file_are_refused(park, tmp_path):
    bare = replace(park, weather=park.weather.clear())
    with pytest.raises(ParkwrightError, match="TJ: has no weather; add"):
        assets.answer(bare, 2026, 31)
    (tmp_path / "bad.epw").write_text("no weather\n")
    with pytest.raises(ParkError, match="LOCATION row"):
        assets.with_weather(park, tmp_path / "bad.epw")
    result = CliRunner().invoke(app, ["energy", "assets", str(TIANJIN), "--weather", str(tmp_path / "none.epw")])
    assert result.exit_code == 2
