"""The command `energy lamp-faults` and the desk behind the map: from the ledger's curves, from CSV, and bad curves."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from typer.testing import CliRunner

from parkwright.cli import app
from parkwright.energy import lamp_fleet
from parkwright.model.errors import ParkError, ParkwrightError
from parkwright.model.tables import SAMPLES
from parkwright.run.ports import Batch
from parkwright.store import lamp_curves
from parkwright.store.folder import load
from parkwright.store.journal import Journal
from parkwright.twin import lamps, sky
from parkwright.wire import lamp_faults
from parkwright.wire.energy_desk import EnergyDesk
from parkwright.wire.places import Places
from parkwright.wire.yields import SKY

TIANJIN = Path(__file__).parents[2] / "parks" / "tianjin"
PLAIN = load(TIANJIN)
FLEET = PLAIN.energy.lamps[0].model_copy(update={"count": 20})
PARK = replace(PLAIN, energy=PLAIN.energy.model_copy(update={"lamps": (FLEET,)}))
NAMES = lamp_fleet.names(FLEET)
DAYS = [date(2026, 7, 10) + timedelta(days=n) for n in range(6)]
SILENT = "LAMPS-020"
WARM = ("temperature_c", 25.0)


def hours(day):
    return [PARK.midnight(day) + timedelta(hours=n) for n in range(1, 25)]


@pytest.fixture(scope="module")
def told():
    """What 20 lamps of the twin tell in six days: LAMPS-003 is dark, LAMPS-007 weak, one silent on the last day."""
    patch = pytest.MonkeyPatch()
    patch.setattr(lamps, "FAULTY_SHARE", 0.0)
    draw = lamps._drawn

    def drawn(fleet, seed, replication):
        found, stuck = draw(fleet, seed, replication)
        found.lamp_w[2], found.clean_share[6] = 0.001, 0.4
        return found, stuck

    patch.setattr(lamps, "_drawn", drawn)
    rows = []
    for day in DAYS:
        seen = sky.of_day(PARK, day, 1440, 1, 0)
        charge = seen.lamps.charge_wh[:, 3::4]
        for column, end in enumerate(hours(day)):
            rows += [(end, f"{name}/charge_wh", charge[row, column], "good") for row, name in enumerate(NAMES)]
        for number, ghi in enumerate(seen.ghi_w_per_m2, start=1):
            at = PARK.midnight(day) + timedelta(minutes=15 * number)
            rows += [(at, f"weather/{name}", value, "good") for name, value in (("ghi_w_per_m2", ghi), WARM)]
    patch.undo()
    frame = pl.DataFrame(rows, schema=SAMPLES.schema, orient="row")
    return frame.filter(~((pl.col("signal_id") == f"{SILENT}/charge_wh") & (pl.col("start") >= hours(DAYS[-1])[0])))


@pytest.fixture(scope="module")
def var(told, tmp_path_factory):
    """A ledger that holds them."""
    home = tmp_path_factory.mktemp("lamps")
    places = Places(home, PARK.site.park_id)
    places.home.mkdir(parents=True)
    with Journal(places.journal) as facts:
        for day in DAYS:
            low, high = PARK.day_bounds(day)
            rows = told.filter(pl.col("start") > low, pl.col("start") <= high)
            facts.append([Batch("t", day.isoformat(), 0, "samples", day.isoformat(), rows)], datetime.now(UTC))
    return home


@pytest.fixture(scope="module")
def sheet(told, tmp_path_factory):
    """The same curves as a CSV file, silent hours as empty cells."""
    path = tmp_path_factory.mktemp("csv") / "curves.csv"
    mine = told.filter(pl.col("signal_id").str.ends_with("/charge_wh"))
    lines = ["start,lamp_id,charge_wh"]
    for start, signal, value, _ in mine.iter_rows():
        lines.append(f"{start.astimezone(PARK.zone).isoformat()},{signal.split('/')[0]},{value:.1f}")
    lines.append(f"{hours(DAYS[-1])[3].isoformat()},{SILENT},")
    path.write_text("\n".join(lines))
    return path


def ill(found):
    return {one["lamp"]: one["kind"] for one in found["fleets"][0]["faults"]}


def test_the_ledgers_curves_name_the_lamps_that_are_ill_and_silent(var):
    found = lamp_faults.answer(PARK, var, 14)
    assert (found["source"], found["weather"], found["sun_known_share"]) == ("ledger", "measured", 1.0)
    assert ill(found) == {"LAMPS-003": "light_out", "LAMPS-007": "panel_weak"}
    fleet = found["fleets"][0]
    assert (fleet["told"], fleet["count"], fleet["silent"], fleet["note"]) == (20, 20, [SILENT], "")
    assert fleet["faults"][1]["share"] == pytest.approx(0.42, abs=0.03)
    assert "clean the panel" in fleet["faults"][1]["text"]
    dark = fleet["lamps"][2]
    assert (dark["lamp"], dark["fault"], dark["silent"]) == ("LAMPS-003", "light_out", False)
    assert dark["charge_wh"] == dark["least_wh"] > 1000.0
    assert [one["east_m"] for one in fleet["lamps"]] == lamp_fleet.places(FLEET)[:, 0].round(1).tolist()
    assert found["last"] == hours(DAYS[-1])[-1].astimezone(UTC).isoformat()


def test_measured_curves_from_csv_name_the_same(sheet, var, tmp_path):
    for home, weather in ((tmp_path, "typical year"), (var, "measured")):
        found = lamp_faults.answer(PARK, home, 14, sheet)
        assert (found["source"], found["weather"]) == ("curves.csv", weather)
        assert ill(found) == {"LAMPS-003": "light_out", "LAMPS-007": "panel_weak"}
        assert found["fleets"][0]["silent"] == [SILENT]


def test_the_command_tells_faults_and_with_json_every_lamp(sheet, tmp_path):
    asked = ["energy", "lamp-faults", str(TIANJIN), "--curves", str(sheet), "--var", str(tmp_path)]
    plain = CliRunner().invoke(app, asked)
    assert plain.exit_code == 0, plain.output
    assert "light_out" in plain.output
    assert "east_m" not in plain.output
    told = json.loads(CliRunner().invoke(app, [*asked, "--json"]).output)
    assert len(told["fleets"][0]["lamps"]) == 200
    assert (told["fleets"][0]["told"], len(told["fleets"][0]["silent"])) == (20, 181)


def test_the_desk_looks_once_a_day_and_answers_lamp_by_lamp(var):
    desk = EnergyDesk(PARK, TIANJIN, var, Journal.reader(Places(var, PARK.site.park_id).journal))
    now = PARK.midnight(DAYS[-1]) + timedelta(hours=9)
    assert desk.lamp_faults(now).state in ("working", "ready")
    until = time.monotonic() + 120.0
    while desk.lamp_faults(now).state == "working" and time.monotonic() < until:
        time.sleep(0.05)
    found = desk.lamp_faults(now + timedelta(hours=3))
    desk.close()
    assert (found.state, found.detail, len(found.lamps)) == ("ready", "", 20)
    assert {one.lamp: one.fault for one in found.lamps if one.fault} == {
        "LAMPS-003": "light_out", "LAMPS-007": "panel_weak",
    }  # fmt: skip
    assert [one.lamp for one in found.lamps if one.silent] == [SILENT]


def test_without_lamps_curves_or_a_ledger_the_way_out_is_told(tmp_path, var):
    with pytest.raises(ParkwrightError, match="there is no ledger yet; run parkwright day, or give --curves"):
        lamp_faults.answer(PARK, tmp_path, 14)
    bare = replace(PARK, energy=PARK.energy.model_copy(update={"lamps": ()}))
    with pytest.raises(ParkwrightError, match=r"TJ: has no lamps; add \[\[lamps\]\]"):
        lamp_faults.answer(bare, var, 14)
    other = replace(PARK, energy=PARK.energy.model_copy(update={"lamps": (FLEET.model_copy(update={"id": "X"}),)}))
    with pytest.raises(ParkwrightError, match="no lamp told its charge"):
        lamp_faults.answer(other, var, 14)


def test_a_fleet_of_three_is_told_that_nothing_can_be_judged(var):
    few = replace(PARK, energy=PARK.energy.model_copy(update={"lamps": (FLEET.model_copy(update={"count": 3}),)}))
    fleet = lamp_faults.answer(few, var, 14)["fleets"][0]
    assert (fleet["faults"], fleet["note"][:24]) == ([], "lamps: 3 of 3 tell a cha")


AT = "2026-07-15T20:00:00+08:00"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("start,lamp_id\n", "bad.csv:1: columns: lacks charge_wh; give start, lamp_id, charge_wh"),
        (f"start,lamp_id,charge_wh\n{AT},LAMPS-001,5\n{AT},LAMPS-777,5\n", "bad.csv:3: lamp_id: is 'LAMPS-777'"),
        (f"start,lamp_id,charge_wh\n{AT},LAMPS-001,full\n", "bad.csv:2: charge_wh: is 'full'; give a number of Wh"),
        (f"start,lamp_id,charge_wh\n{AT},LAMPS-001,nan\n", "bad.csv:2: charge_wh: is 'nan'; give a number of Wh"),
        (f"start,lamp_id,charge_wh\n{AT},LAMPS-001,-3\n", "bad.csv:2: charge_wh: is '-3'; give 0 to what the battery"),
        (f"start,lamp_id,charge_wh\n{AT},LAMPS-001,9000\n", "bad.csv:2: charge_wh: is '9000'; give 0 to what"),
        (f"start,lamp_id,charge_wh\n{AT},LAMPS-001,5\n{AT},LAMPS-001,6\n", "give one charge for a lamp and an instant"),
        ("start,lamp_id,charge_wh\n2026-07-15 20:00,LAMPS-001,5\n", "bad.csv:2: start: is '2026-07-15 20:00'; write"),
    ],
)
def test_a_curve_that_cannot_be_is_refused_with_its_row(tmp_path, text, says):
    path = tmp_path / "bad.csv"
    path.write_text(text)
    with pytest.raises(ParkError) as refused:
        lamp_curves.read(path, PARK)
    assert says in str(refused.value)


def test_curves_at_odd_instants_or_of_one_instant_are_refused(tmp_path):
    path = tmp_path / "odd.csv"
    start = datetime(2026, 7, 15, 12, tzinfo=UTC)
    at = [start, start + timedelta(hours=1), start + timedelta(hours=2), start + timedelta(hours=2, minutes=7)]
    path.write_text("start,lamp_id,charge_wh\n" + "\n".join(f"{one.isoformat()},LAMPS-001,5" for one in at))
    with pytest.raises(ParkwrightError, match="told every 1:00:00, but also at 2026-07-15T14:07"):
        lamp_faults.answer(PARK, tmp_path, 14, path)
    path.write_text(f"start,lamp_id,charge_wh\n{AT},LAMPS-001,5\n")
    with pytest.raises(ParkwrightError, match="give at least a night and a day of curves"):
        lamp_faults.answer(PARK, tmp_path, 14, path)
    with pytest.raises(ParkError, match=r"gone\.csv: file: cannot be read"):
        lamp_faults.answer(PARK, tmp_path, 14, tmp_path / "gone.csv")


def test_sun_that_the_station_did_not_measure_stays_unknown(told):
    ends = [PARK.midnight(DAYS[0]) + timedelta(hours=n) for n in range(1, 49)]
    sky = told.filter(pl.col("signal_id").is_in(list(SKY)), pl.col("start") <= ends[23])
    ghi, dark = lamp_faults._weather(PARK, ends, sky)
    assert np.isnan(ghi).tolist() == [False] * 24 + [True] * 24
    quarters = sky.filter(pl.col("signal_id") == "weather/ghi_w_per_m2").sort("start")["value"].to_numpy()
    assert ghi[:24] == pytest.approx(quarters.reshape(24, 4).mean(axis=1))
    assert dark.sum() == pytest.approx(18, abs=2)
