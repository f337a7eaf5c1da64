"""A line with hours of its own: the twin takes units in them alone, and the forecast has it off outside them."""

from __future__ import annotations

import polars as pl
import pytest
from line_runs import Run
from run_park import DAY, ISO, SECOND_LINE, SECOND_METERS, run_day, write_folder

from parkwright.energy import load, weather
from parkwright.store import folder
from parkwright.store.journal import Journal
from parkwright.twin.layout import Station, take_out

EVENING = '\n[[calendar.shift]]\ndays = ["wed"]\nstart = "16:00"\nend = "20:00"\nlines = ["L-1"]\n'
ORDERS = "order_id,product_id,quantity,release,due,weight,market_id\n" + "".join(
    f"O-{n},P-A,40,2026-07-15T00:00:00+08:00,2026-07-15T14:00:00+08:00,40.0,HOME\n" for n in range(30)
)


@pytest.fixture(scope="module")
def park(tmp_path_factory):
    """The small park with a second line, and an evening shift of the first one alone."""
    path = write_folder(tmp_path_factory.mktemp("hours") / "park", 3600)
    added = (("lines.toml", SECOND_LINE), ("meters.csv", SECOND_METERS), ("park.toml", EVENING))
    for file, text in added:
        (path / file).write_text((path / file).read_text("utf-8") + text, "utf-8")
    (path / "orders.csv").write_text(ORDERS, "utf-8")
    return folder.load(path)


def test_each_line_of_a_layout_takes_units_in_its_own_times():
    lines = [[Station("a", 1.0)], [Station("b", 1.0)]]
    jobs = [(line, 0, 30, 0.0, 1.0, 0.0) for line in (0, 1)]
    run = Run(lines, jobs, ((0.0, 10.0), (20.0, 90.0)), own_times={1: ((5.0, 8.0),)}).to(100.0)
    started = {line: sorted(one["at"] for one in run.rows("start") if one["line"] == line) for line in (0, 1)}
    assert started[0] == [*range(10), *range(20, 40)]
    assert started[1] == [5.0, 6.0, 7.0]


def starts(run: Run) -> list[float]:
    return [float(one["at"]) for one in run.rows("start")]


def test_a_job_that_may_not_pause_is_finished_once_it_has_begun_and_does_not_begin_out_of_hours():
    whole = (0, 0, 15, 0.0, 1.0, 0.0, 0, 1)
    hours = ((0.0, 10.0), (20.0, 90.0))
    run = Run([[Station("a", 1.0)]], [whole, whole], hours).to(100.0)
    assert starts(run) == [float(at) for at in (*range(15), *range(20, 35))]
    pausing = Run([[Station("a", 1.0)]], [whole[:7], whole[:7]], hours).to(100.0)
    assert starts(pausing) == [float(at) for at in (*range(10), *range(20, 40))]


def test_an_outage_lets_a_job_that_may_not_pause_be_finished_and_none_begin():
    run = Run([[Station("a", 1.0)]], [(0, 0, 15, 0.0, 1.0, 0.0, 0, 1), (0, 0, 3, 0.0, 1.0, 0.0, 0, 1)]).to(4.5)
    take_out(run.state, 0, 30.0)
    assert starts(run.to(100.0)) == [*map(float, range(15)), 30.0, 31.0, 32.0]


def test_a_day_of_the_twin_keeps_the_hours_of_each_line(park, tmp_path):
    with Journal(tmp_path / "ledger.db") as facts:
        run_day(facts, park)
        passages, states = facts.read("passages", ISO), facts.read("states", ISO)
    heads = {line.id: line.work_unit[0].id for line in park.work_centers}
    entered = {line: passages.filter(pl.col("work_unit_id") == unit)["start"].sort() for line, unit in heads.items()}
    closes = park.instant(DAY, "16:00")
    assert entered["L-1"][-1] > closes > entered["L-2"][-1]
    assert passages.filter(pl.col("work_unit_id") == heads["L-2"]).height > 100
    five = pl.lit(park.instant(DAY, "17:00"))
    at_five = states.filter((pl.col("start") <= five) & (pl.col("end") > five))
    stood = dict(at_five.select("work_unit_id", "state").iter_rows())
    assert stood[heads["L-2"]] == "off" != stood[heads["L-1"]]


def test_the_forecast_has_a_line_off_outside_its_own_hours(park):
    sky = weather.of_day(park, DAY)
    made = load.forecast(park, DAY, sky)
    kw = {meter: made.filter(pl.col("meter_id") == meter).sort("start")["power_kw"] for meter in ("line-1", "line-2")}
    at = {row: n for n, row in enumerate(made.filter(pl.col("meter_id") == "line-1").sort("start")["start"])}
    evening, noon = at[park.instant(DAY, "17:00")], at[park.instant(DAY, "12:00")]
    assert kw["line-1"][evening] == kw["line-1"][noon] > 0
    assert kw["line-2"][noon] > 0
    assert kw["line-2"][evening] == pytest.approx(sum(u.off_kw for u in park.work_center["L-2"].work_unit))
