"""The desk behind the energy pages: asked at once, answered when the work is done, as the commands answer."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import date, timedelta
from functools import partial

import polars as pl
import pytest

from parkwright.carbon.demand import PEAK
from parkwright.model.errors import PlanError
from parkwright.model.plant import LampFleet, Movable
from parkwright.model.tables import BOOKS, DISPATCH, READINGS, SAMPLES, TABLES, conform
from parkwright.show.answers.ahead import Ahead
from parkwright.store.folder import load
from parkwright.store.new import write_park
from parkwright.wire import ask, energy_desk
from parkwright.wire.energy_desk import EnergyDesk
from parkwright.wire.pace import replace_text
from parkwright.wire.places import Places
from parkwright.wire.work import answer

DAY = date(2026, 7, 15)
ISO = DAY.isoformat()
WAIT_S = 240.0


class Facts:
    """Facts of one day in memory."""

    def __init__(self, **tables):
        self.tables = tables

    def read(self, kind, start_day, end_day=None):
        return self.tables.get(kind, {}).get(start_day, TABLES[kind].empty())

    def head(self):
        return (0, b"")

    def since(self, seq, kinds=None):
        return []

    def days(self, kind):
        return sorted(self.tables.get(kind, {}))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("desk") / "park"
    write_park(path, "DESK")
    return path


@pytest.fixture(scope="module")
def park(folder):
    return load(folder)


@pytest.fixture(scope="module")
def noon(park):
    return park.midnight(DAY) + timedelta(hours=12, minutes=7)


def desk_of(park, folder, facts=None):
    return EnergyDesk(park, folder, folder.parent / "var", facts or Facts())


def settled(ask, state="ready"):
    """Ask until the answer is no longer in work."""
    until = time.monotonic() + WAIT_S
    while time.monotonic() < until:
        found = ask()
        if found.state != "working":
            assert found.state == state, found.detail
            return found
        time.sleep(0.05)
    raise AssertionError("the work did not end")


@pytest.fixture(scope="module")
def made(park, folder, noon) -> tuple[Ahead, Ahead]:
    """The first answer, and the one when the work is done, of a battery that holds 12 kWh."""
    rows = [(noon - timedelta(minutes=9), f"{one.id}/soc_kwh", 12.0, "good") for one in park.energy.battery]
    samples = conform(pl.DataFrame(rows, schema=SAMPLES.schema, orient="row"), SAMPLES)
    desk = desk_of(park, folder, Facts(samples={ISO: samples}))
    first = desk.ahead(noon)
    last = settled(lambda: desk.ahead(noon))
    assert desk.ahead(noon) is last
    desk.close()
    return first, last


def test_the_first_answer_comes_at_once_and_says_that_work_goes_on(made):
    first, _ = made
    assert (first.state, first.start, first.made_at) == ("working", [], None)


def test_the_plan_begins_with_the_present_interval_and_goes_24_hours_over_midnight(park, made, noon):
    _, plan = made
    assert plan.made_at == plan.start[0] == noon - timedelta(minutes=7)
    assert len(plan.start) == 96
    assert plan.start[-1] == plan.start[0] + timedelta(hours=23, minutes=45)
    for values in (plan.band, plan.price_cny_per_kwh, plan.load_kw, plan.solar_kw, plan.heat_kw):
        assert len(values) == 96


def test_power_balances_at_the_busbar_in_every_interval(park, made):
    _, plan = made
    power = {one.asset_id: one.power_kw for one in plan.assets}
    into = [one.asset_id for one in plan.assets if one.kind in ("battery", "heat_pump")]
    for n in range(96):
        used = plan.load_kw[n] + sum(power[key][n] for key in into)
        assert used - power["grid"][n] <= plan.solar_kw[n] + 0.1
    if plan.curtailed_kwh == 0:
        total = sum(plan.load_kw) + sum(sum(power[key]) for key in into) - sum(plan.solar_kw)
        assert sum(power["grid"]) == pytest.approx(total, abs=2.0)


def test_heat_given_is_heat_needed_and_what_goes_into_the_tanks(made):
    _, plan = made
    filled = [
        sum(max(one.power_kw[n], 0.0) for one in plan.assets if one.kind == "tank") for n in range(len(plan.start))
    ]
    for n in range(96):
        given = sum(source.power_kw[n] for source in plan.heat)
        assert given == pytest.approx(plan.heat_kw[n] + filled[n], abs=0.1)


def test_stores_open_with_what_they_told_last(park, made):
    _, plan = made
    step_h = plan.interval_s / 3600.0
    for battery, asset in zip(park.energy.battery, [one for one in plan.assets if one.kind == "battery"], strict=True):
        kw = asset.power_kw[0]
        moved = kw * battery.charge_efficiency if kw >= 0 else kw / battery.discharge_efficiency
        assert asset.stored_kwh[0] == pytest.approx(12.0 + moved * step_h, abs=0.1)


def test_figures_are_sums_of_the_plan(made):
    _, plan = made
    grid = next(one for one in plan.assets if one.kind == "grid")
    bought = [max(kw, 0.0) for kw in grid.power_kw]
    assert plan.import_kwh == pytest.approx(sum(bought) / 4, rel=1e-3)
    assert plan.peak_kw == pytest.approx(max(bought), abs=0.01)
    carbon = sum(kw * kg for kw, kg in zip(bought, plan.co2e_kg_per_kwh, strict=True)) / 4
    assert plan.co2e_kg == pytest.approx(carbon, rel=1e-3)
    lifted = sum(sum(one.power_kw) for one in plan.heat if one.key == "waste") / 4
    assert plan.recovered_kwh == pytest.approx(lifted, abs=0.1)


def test_a_park_without_a_past_and_a_typical_year_has_a_plan_and_no_forecast(made):
    assert made[1].forecasts == {}
    assert made[1].status == "optimal"


def test_forecasts_of_both_days_are_laid_end_to_end_and_one_that_misses_an_interval_is_left_out(
    park, folder, noon, monkeypatch
):
    def answer(_park, _folder, day, _var, *, planned, proof_days):
        rows = [
            {"start": f"{start:%Y-%m-%dT%H:%M:%SZ}", "mean_kw": 5.0}
            | {f"q{round(100 * level):02d}_kw": 10.0 * level + day.day for level in energy_desk.LEVELS}
            for start in park.intervals(day).to_list()
        ]
        series = {"source": "typical year", "history_days": 20}
        return {"series": {"load": series | {"rows": rows}, "pv": series | {"rows": rows[:-1]}}}

    monkeypatch.setattr(energy_desk.forecast, "answer", answer)
    desk = desk_of(park, folder)
    found = settled(lambda: desk.ahead(noon)).forecasts
    desk.close()
    assert set(found) == {"load"}
    assert [row[0] for row in found["load"].quantile_kw] == [16.0, 17.5, 20.0, 22.5, 24.0]
    assert {row[-1] - row[0] for row in found["load"].quantile_kw} == {1.0}
    assert (found["load"].source, len(found["load"].mean_kw)) == ("typical year", 96)


def test_work_that_fails_says_why_and_is_not_tried_again_in_the_same_interval(park, folder, noon, monkeypatch):
    tried = []

    def fails(*_args):
        tried.append(1)
        raise PlanError("no weather at all")

    monkeypatch.setattr(energy_desk.expected, "of_schedule", fails)
    desk = desk_of(park, folder)
    assert settled(lambda: desk.ahead(noon), "failed").detail == "no weather at all"
    desk.ahead(noon + timedelta(minutes=5))
    time.sleep(0.1)
    assert len(tried) == 1
    settled(lambda: desk.ahead(noon + timedelta(minutes=15)), "failed")
    assert len(tried) == 2
    desk.close()


def test_the_last_plan_stays_while_a_newer_one_is_made(park, folder, noon, made, monkeypatch):
    desk = desk_of(park, folder)
    desk._last = made[1]
    monkeypatch.setattr(desk._pool, "submit", lambda *_: None)
    later = desk.ahead(noon + timedelta(hours=1))
    assert (later.state, later.made_at, later.load_kw) == ("working", made[1].made_at, made[1].load_kw)
    desk.close()


def test_the_months_highest_import_is_of_its_closed_days_and_of_today_so_far(park, folder, noon):
    meter = next(one.id for one in park.meters if one.role == "import")
    start = park.midnight(DAY)
    rows = [(start + n * timedelta(minutes=15), meter, kwh * 1_000_000, None, "good") for n, kwh in enumerate((20, 50))]
    rows.append((noon, meter, 900_000_000, None, "good"))
    readings = {ISO: conform(pl.DataFrame(rows, schema=READINGS.schema, orient="row"), READINGS)}

    def books(value, day):
        return {day: conform(pl.DataFrame([(day, PEAK, value)], schema=BOOKS.schema, orient="row"), BOOKS)}

    both = books(150.0, "2026-07-03") | books(9000.0, "2026-06-30")
    for facts, reached in (
        (Facts(), 0.0), (Facts(readings=readings), 200.0), (Facts(readings=readings, books=both), 200.0),
        (Facts(readings=readings, books=books(300.0, "2026-07-14")), 300.0),
    ):  # fmt: skip
        desk = desk_of(park, folder, facts)
        assert desk._opening(noon).reached_kw == {"2026-07": reached}
        desk.close()


# ------------------------------------------------------------------------------------------------- trials


def test_a_trial_gives_what_the_command_gives_and_is_run_once(park, folder, monkeypatch):
    asked = []

    def answer(_park, building_id, glass_id):
        asked.append((building_id, glass_id))
        year = {"glass": "x", "u_w_per_m2k": 1.8, "visible": None, "heating_kwh": 10.0}
        return {
            "before": year, "after": year, "saved_kwh": 5.0, "saved_cny": 4.0, "saved_kg": 3.0, "invested_cny": 2.0,
            "payback_years": None, "price_basis": "assumed: test",
        }  # fmt: skip

    monkeypatch.setattr(energy_desk.buildings, "glass_answer", answer)
    desk = desk_of(park, folder)
    found = settled(lambda: desk.trial("B1", "triple"))
    assert (found.saved_kwh, found.payback_years, found.price_basis) == (5.0, None, "assumed: test")
    assert found.before == {"u_w_per_m2k": 1.8, "visible": None, "heating_kwh": 10.0}
    desk.trial("B1", "triple")
    settled(lambda: desk.trial("B1", "single"))
    assert asked == [("B1", "triple"), ("B1", "single")]
    desk.close()


def test_a_trial_that_cannot_be_says_why(park, folder):
    desk = desk_of(park, folder)
    assert "building 'none': is not in the park" in settled(lambda: desk.trial("none", "triple"), "failed").detail
    desk.close()


def test_the_offer_is_the_catalogue_and_the_buildings_with_glass(park, folder):
    offer = desk_of(park, folder).offer()
    assert {one.building_id for one in offer.buildings} == {b.id for b in park.buildings if b.glass_area_m2 > 0}
    assert len(offer.glass) > 3
    assert all(one.name_en and one.name_zh and 0 < one.g < 1 for one in offer.glass)


def test_lamps_are_told_with_their_places_and_a_park_without_has_none(park, folder, monkeypatch):
    fleet = {
        "fleet": "L", "count": 1, "panel_w": 60, "battery_wh": 500, "turbine_w": 0.0, "light_kwh": 1.0,
        "passers_per_h": 0.0, "present_share": 0.0, "presence_kwh": 0.0, "dimming_saves_kwh": 0.5,
        "spilled_kwh": 0.0, "dark_nights": 0, "loss_of_load": 0.0, "least_charge_share": 0.5, "autonomy_nights": 3.0,
        "longest_night_h": 14.0, "design_week": "2023-12-18", "design_week_loss_of_load": 0.0,
        "health_after_a_year": 0.97, "places_m": [[0.0, 0.0]],
        "cheapest": {"panel_w": 40.0, "battery_wh": 300.0, "cost_cny_per_lamp": 440.0, "installed_cny_per_lamp": 720.0},
    }  # fmt: skip
    monkeypatch.setattr(energy_desk.lamps, "answer", lambda *_: {"fleets": [fleet]})
    lamp = LampFleet(id="L", count=1, panel_w=60, battery_wh=500, lamp_w=30, line=((0, 2), (2, 2)), basis="assumed: x")
    for lamps, places in (((lamp,), {"L": [(0.0, 2.0)]}), ((), {})):
        energy = park.energy.model_copy(update={"lamps": lamps})
        desk = desk_of(replace(park, energy=energy), folder)
        assert desk.lamps().places_m == places
        found = settled(desk.lamps)
        assert [one.cheapest_cny for one in found.fleets] == [440.0] * len(lamps)
        desk.close()


def test_the_desk_says_what_joint_planning_saves_today_and_the_command_says_the_same(park, folder, noon):
    bare = desk_of(park, folder)
    assert (bare.work(noon).state, bare.work(noon).ways) == ("ready", [])
    bare.close()
    meter = next(one.id for one in park.meters if one.role == "load" and one.purpose == "building")
    cars = Movable(
        id="CARS", name={"en": "cars", "zh": "车"}, meter_id=meter, power_kw=7.0, units=4, duration_h=3.0,
        earliest="08:00", latest="20:00", interruptible=True, days="every", basis="assumed: a test",
    )  # fmt: skip
    moving = replace(park, energy=park.energy.model_copy(update={"movable": (cars,)}))
    desk = desk_of(moving, folder)
    assert desk.work(noon).day == ISO
    found = settled(lambda: desk.work(noon))
    desk.close()
    assert [way.key for way in found.ways] == ["unshifted", "shifted", "joint"]
    assert found.ways[0].saved_cny == found.ways[0].moved_kwh == 0.0
    assert found.ways[2].saved_cny == found.ways[0].cost_cny - found.ways[2].cost_cny > 0.0
    (work,) = found.works
    assert sum(work.joint_kw) / 4 == pytest.approx(84.0, abs=0.01)
    assert work.moved_kwh == pytest.approx(found.ways[2].moved_kwh)
    (window,) = work.windows
    assert (window.earliest, window.latest) == (noon.replace(hour=0, minute=0), noon.replace(hour=12, minute=0))
    assert (window.energy_kwh, window.of_yesterday) == (84.0, False)
    assert found.left_cny >= 0.0
    plan = ask.planned(moving, DAY, 1)
    told = answer(moving, DAY, plan.work)
    rows = {
        key: frame["power_kw"].to_list()
        for (key,), frame in plan.dispatch.partition_by("asset_id", as_dict=True).items()
    }
    assert told.works[0].joint_kw == pytest.approx(rows["CARS"], abs=1e-3)


def night_cars(park):
    """The park with chargers whose window goes over midnight, 84 kWh a night."""
    meter = next(one.id for one in park.meters if one.role == "load" and one.purpose == "building")
    cars = Movable(
        id="CARS", name={"en": "cars", "zh": "车"}, meter_id=meter, power_kw=7.0, units=4, duration_h=3.0,
        earliest="20:00", latest="06:00", interruptible=True, days="every", basis="assumed: a test",
    )  # fmt: skip
    return replace(park, energy=park.energy.model_copy(update={"movable": (cars,)}))


def asked_of_cars(park, day, evening_kw):
    """Facts whose plan of a day asks the chargers for a power from 20:00 on."""
    rows = pl.DataFrame({"start": park.intervals(day), "power_kw": [0.0] * 80 + [evening_kw] * 16}).with_columns(
        asset_id=pl.lit("CARS"), state_of_charge_kwh=pl.lit(None, pl.Float64), reason=pl.lit("work")
    )
    return Facts(dispatch={day.isoformat(): conform(rows, DISPATCH)})


def test_the_next_24_hours_hold_what_tonights_plan_leaves_for_the_morning(park, folder, noon):
    moving = night_cars(park)
    expected_kw = []
    for evening_kw in (21.0, 11.0):
        desk = desk_of(moving, folder, asked_of_cars(moving, DAY, evening_kw))
        expected_kw.append(settled(partial(desk.ahead, noon)).load_kw)
        desk.close()
    evening, morning = (slice(first, first + count) for first, count in ((32, 16), (48, 24)))
    gross = 1.0 + moving.energy.grid.loss_share
    less = [done - half for done, half in zip(*expected_kw, strict=True)]
    assert less[evening] == pytest.approx([10.0 * gross] * 16, abs=0.02)
    assert less[morning] == pytest.approx([-40.0 / 6.0 * gross] * 24, abs=0.02)
    assert sum(less) == pytest.approx(0.0, abs=0.2)


def test_the_desk_takes_over_what_a_live_yesterday_left_and_nothing_of_a_day_alone(park, folder, noon):
    moving = night_cars(park)
    before = DAY - timedelta(days=1)
    facts = asked_of_cars(moving, before, 10.0)
    remembered = Places(folder.parent / "var", "DESK").home / "live.json"
    for since, windows in ((before - timedelta(days=1), [44.0, 84.0]), (DAY, [84.0])):
        replace_text(remembered, f'{{"first_day": "{since}"}}')
        desk = desk_of(moving, folder, facts)
        (work,) = settled(partial(desk.work, noon)).works
        desk.close()
        assert [window.energy_kwh for window in work.windows] == pytest.approx(windows)
        assert sum(work.joint_kw[:24]) / 4 == pytest.approx(sum(windows) - 84.0, abs=0.01)
    remembered.unlink()
