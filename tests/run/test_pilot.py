"""The pilot of the energy plant: points each interval, from what the image shows; the month's charge in the books."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import polars as pl
import pytest
from run_park import DAY, ISO, QUARTER, run_day, small_park

from parkwright.energy import bill, demand
from parkwright.ledger.views import net, total, unbalanced
from parkwright.model.opening import Opening, folder_opening
from parkwright.model.plant import DemandCharge
from parkwright.model.tables import SAMPLES
from parkwright.plan.day import make_plan
from parkwright.run.levels import level_signals
from parkwright.run.pilot import Pilot
from parkwright.run.ports import Image, Orders, SetPoint
from parkwright.store.journal import Journal
from parkwright.twin.park import Twin
from parkwright.wire.live import reached_kw

CHARGE = DemandCharge(by="maximum", cny_per_kw_month=300.0, basis="assumed: a test")
PLAIN = small_park()
PARK = replace(PLAIN, tariffs=tuple(tariff.model_copy(update={"demand": CHARGE}) for tariff in PLAIN.tariffs))
START, END = PARK.day_bounds(DAY)
PLAN = make_plan(PARK, DAY, 1, folder_opening(PARK))


@pytest.fixture(scope="module")
def ledger(tmp_path_factory):
    """Two days of a park with a demand charge, the later one closed first."""
    path = tmp_path_factory.mktemp("demand") / "ledger.db"
    with Journal(path) as facts:
        results = [run_day(facts, PARK, day=day) for day in (DAY + timedelta(days=1), DAY)]
        yield facts, results


def image(at, **values):
    """An image whose samples say what stores hold and what the meters of the busbar measured."""
    signals = dict.fromkeys(level_signals(PARK), 50.0) | dict.fromkeys(powers(), 0.0) | values
    rows = [(at, name, value, "good") for name, value in signals.items()]
    return Image(at, {"samples": pl.DataFrame(rows, schema=SAMPLES.schema, orient="row")})


def powers():
    roles = ("import", "export", "generation", "charge", "discharge")
    return [f"{meter.id}/power_kw" for meter in PARK.meters if meter.role in roles and meter.commodity == "electricity"]


def held(points):
    return next(point.power_kw for point in points if point.asset_id == "grid")


def test_points_are_set_once_an_interval_with_its_first_image():
    pilot = Pilot(PARK, PLAN, Opening())
    assert pilot.set_points(image(START + timedelta(minutes=1)))
    assert pilot.set_points(image(START + timedelta(minutes=2))) == ()
    second = pilot.set_points(image(START + QUARTER))
    assert {point.asset_id for point in second} == {"BAT1", "grid"}
    assert pilot.set_points(image(END)) == ()


def test_a_plant_that_does_not_say_what_it_holds_is_asked_what_the_plan_says():
    pilot = Pilot(PARK, PLAN, Opening())
    first = PLAN.dispatch.filter((pl.col("start") == START) & (pl.col("asset_id") == "BAT1"))
    assert [(p.asset_id, p.power_kw) for p in pilot.set_points(Image(START, {}))] == [
        ("BAT1", first["power_kw"].item())
    ]


def test_the_month_reached_is_what_the_import_meter_showed_and_nothing_less_than_the_opening():
    pilot = Pilot(PARK, PLAN, Opening(reached_kw={"2026-07": 90.0}))
    assert held(pilot.set_points(image(START))) >= 90.0
    pilot.set_points(image(START + QUARTER, **{"grid-in/power_kw": 500.0}))
    assert held(pilot.set_points(image(START + 2 * QUARTER))) >= 500.0


def test_a_peak_of_a_minute_counts_with_the_mean_of_its_interval():
    pilot = Pilot(PARK, PLAN, Opening())
    pilot.set_points(image(START))
    for minute in range(1, 15):
        pilot.set_points(
            image(START + timedelta(minutes=minute), **{"grid-in/power_kw": 1500.0 if minute == 7 else 0.0})
        )
    assert held(pilot.set_points(image(START + QUARTER))) == pytest.approx(
        max(100.0, PLAN.month.free_kw["2026-07"]), rel=0.02
    )


def test_the_same_images_ask_the_same():
    def asked():
        pilot = Pilot(PARK, PLAN, Opening())
        return [pilot.set_points(image(START + n * QUARTER, **{"grid-in/power_kw": 10.0 * n})) for n in range(4)]

    assert asked() == asked()


def test_a_day_records_what_it_asked_in_every_interval(ledger):
    facts, _ = ledger
    asked = facts.read("set_points", ISO)
    counts = asked.group_by("asset_id").len()
    assert dict(counts.iter_rows()) == {"BAT1": 1 + 96, "grid": 96}
    at_midnight = asked.filter(pl.col("start") == START)
    first = PLAN.dispatch.filter((pl.col("start") == START) & (pl.col("asset_id") == "BAT1"))
    assert at_midnight.select("asset_id", "power_kw").rows() == first.select("asset_id", "power_kw").rows()
    assert asked.filter(pl.col("asset_id") == "BAT1")["power_kw"].abs().max() <= PARK.energy.battery[0].power_kw + 1e-6


def test_a_day_books_what_it_raises_the_charge_by_and_the_days_add_up_to_the_bill(ledger):
    facts, results = ledger
    days = [ISO, (DAY + timedelta(days=1)).isoformat()]
    postings = pl.concat([facts.read("postings", day) for day in days])
    readings = pl.concat([facts.read("readings", day) for day in days])
    assert unbalanced(postings).is_empty()
    booked = postings.filter(pl.col("method_id") == "demand_charge")
    starts, kw = demand.imported_kw(PARK, readings)
    billed = bill.bill(PARK, starts, kw, 0.0 * kw)
    assert total(booked, "demand:2026-07", "cny", "tariff") == round(sum(billed.demand_cny.values()) * 10_000)
    assert total(booked, "source:grid", "cny", "tariff") == -total(booked, "demand:", "cny", "tariff")
    assert sum(result.summary["demand_cny"] for result in results) == pytest.approx(sum(billed.demand_cny.values()))
    assert max(result.summary["peak_kw"] for result in results) == pytest.approx(kw.max())
    assert net(booked).height == booked.height


def test_a_day_leaves_what_the_month_has_reached_to_the_next(ledger):
    facts, results = ledger
    later, earlier = results
    assert earlier.opening.reached_kw == {"2026-07": pytest.approx(earlier.summary["peak_kw"])}
    assert reached_kw(facts, DAY, DAY + timedelta(days=1)) == dict(earlier.opening.reached_kw)
    assert reached_kw(facts, DAY, DAY) == {}
    assert reached_kw(facts, DAY, date(2026, 8, 1)) == {}
    assert later.summary["peak_kw"] >= 0.0


def test_the_twins_battery_holds_the_import_that_it_is_given():
    imported = []
    for import_kw in (1e6, 5.0):
        twin = Twin(PARK, DAY, 1, Opening({"BAT1": 100.0}))
        twin.act(Orders(START, set_points=[SetPoint("BAT1", 0.0), SetPoint("grid", import_kw)]))
        twin.sense(START + QUARTER)
        read = twin.readings(START + QUARTER).filter(pl.col("meter_id") == "grid-in")
        imported.append(read["energy_mwh_int"].item() / 250_000)
    assert imported[0] > 30.0
    assert imported[1] == pytest.approx(5.0, abs=0.01)
