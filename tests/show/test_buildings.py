"""Buildings: comfort, waste, points and water as the facts say; set-points asked of the run by those who may."""

from __future__ import annotations

import csv
import io
import re
from datetime import timedelta

import polars as pl
import pytest
from desk_fixture import make_site, session
from facts_fixture import DAY, MemoryFacts, table
from fastapi.testclient import TestClient
from page_fixture import MARK, Pages
from park_fixture import small_park

from parkwright.run.ports import Batch
from parkwright.show.answers import buildings as answers
from parkwright.show.answers.alarms import needs
from parkwright.show.answers.water import water
from parkwright.show.auth import COOKIE
from parkwright.show.frames import Frames
from parkwright.show.told import told
from parkwright.show.words import Words, catalogue

PARK = small_park()
ISO = DAY.isoformat()
MIDNIGHT = PARK.midnight(DAY)
NOON = MIDNIGHT + timedelta(hours=12)
EVENING = MIDNIGHT + timedelta(hours=23)
EN, ZH = (Words(language, PARK.zone) for language in ("en", "zh"))


def samples(at=NOON, hours=12, **values):
    """Samples of every quarter hour up to an instant."""
    names = {one.id.replace("-", "_"): f"{one.id}/{one.quantity}" for one in PARK.points}
    rows = []
    for n in range(hours * 4):
        when = at - timedelta(minutes=15 * n)
        for name, value in values.items():
            told_ = value(n) if callable(value) else value
            rows.append({"start": when, "signal_id": names[name], "value": told_, "quality": "good"})
    return table("samples", sorted(rows, key=lambda row: row["start"]))


def facts(*batches):
    kinds = [Batch(f"s{n}", ISO, 0, kind, day, rows) for n, (kind, rows, day) in enumerate(batches)]
    return MemoryFacts(kinds, NOON)


def seen(*batches, at=NOON, acknowledged=()):
    memory = facts(*batches)
    return answers.buildings(PARK, Frames(memory), memory, DAY, at, acknowledged)


def alarm(kind="point_high", thing="B1-n-t", at=NOON, severity=2, text="Point B1-n-t of B1 shows 31.2, above 28; x."):
    return {"at": at, "kind": kind, "thing_id": thing, "severity": severity, "text": text}


def changed(value, at=NOON, point="B1-n-heat", takes_back=0, before=20.0):
    return {
        "at": at, "point_id": point, "before": before, "value": value, "who": "lead", "reason": "cold",
        "takes_back": takes_back, "command_id": "",
    }  # fmt: skip


# ------------------------------------------------------------------------------------------------- comfort


def test_zones_stand_worst_first_with_hours_outside_in_the_shifts_only():
    found = seen(("samples", samples(B1_n_t=lambda n: 23.0 + 0.01 * n, B1_s_t=26.5, WH_t=20.0, B1_n_co2=1300.0), ISO))
    assert [(zone.zone_id, zone.category, zone.judged) for zone in found.zones] == [
        ("south", "III", "comfort"), ("north", "I", "comfort"), ("hall", "in_range", "range"),
    ]  # fmt: skip
    south, north, hall = found.zones
    assert south.outside_h == pytest.approx(6.0)
    assert (north.outside_h, hall.outside_h) == (0.0, 0.0)
    assert (north.air, south.air) == ("III", "unknown")
    assert [value for value in north.trend_c if value is not None][-1] == pytest.approx(23.0)


def test_a_store_is_judged_by_its_own_bounds():
    found = seen(("samples", samples(WH_t=37.0), ISO))
    hall = next(zone for zone in found.zones if zone.zone_id == "hall")
    assert (hall.category, hall.outside_h) == ("out_of_range", pytest.approx(6.0))
    away = {one.building_id: (one.away, one.worst) for one in found.buildings}
    assert away["WH"] == (1, "out_of_range")


def test_figures_count_what_is_known_and_nothing_else():
    told_ = {
        one.key: one for one in seen(("samples", samples(B1_n_t=lambda n: 23 + 0.01 * n, B1_s_t=26.5), ISO)).figures
    }
    assert told_["comfort_share"].value == 50.0
    assert told_["discomfort_h"].value == pytest.approx(3.0)
    assert told_["air_share"].value is None
    assert told_["points_away"].value == len(PARK.points) - 2 + 1
    assert told_["water_today"].value is None
    nothing = {one.key: one.value for one in seen().figures}
    assert nothing == {
        "comfort_share": None, "discomfort_h": None, "air_share": None, "points_away": None, "water_today": None,
        "point_alarms": 0.0,
    }  # fmt: skip


def test_a_sensor_that_never_moves_is_stuck_and_an_old_value_is_not_of_now():
    found = seen(("samples", samples(B1_n_t=23.0), ISO))
    point = next(one for one in found.points if one.point_id == "B1-n-t")
    assert point.state == "stuck"
    early = seen(("samples", samples(B1_n_t=lambda n: 23 + 0.01 * n), ISO), at=NOON - timedelta(hours=3))
    point = next(one for one in early.points if one.point_id == "B1-n-t")
    assert point.at == NOON - timedelta(hours=3)
    assert early.told_until == NOON - timedelta(hours=3)


# ------------------------------------------------------------------------------------------------- points and waste


def test_a_point_says_who_set_it_until_it_is_taken_back():
    rows = [changed(21.0), changed(22.0, before=21.0)]
    memory = samples(B1_n_heat=22.0)
    point = {
        one.point_id: one
        for one in seen(("samples", memory, ISO), ("point_changes", table("point_changes", rows), ISO)).points
    }
    assert (point["B1-n-heat"].set_by, point["B1-n-heat"].scheduled, point["B1-n-heat"].value) == ("lead", 20.0, 22.0)
    assert point["B1-n-cold"].set_by == ""
    rows += [changed(21.0, takes_back=1, before=22.0), changed(20.0, takes_back=1, before=21.0)]
    found = seen(("samples", memory, ISO), ("point_changes", table("point_changes", rows), ISO))
    point = {one.point_id: one for one in found.points}
    assert point["B1-n-heat"].set_by == ""
    assert [one.value for one in found.changes] == [20.0, 21.0, 22.0, 21.0]


def test_a_change_after_the_instant_asked_for_does_not_count_yet():
    found = seen(("point_changes", table("point_changes", [changed(21.0)]), ISO), at=NOON - timedelta(minutes=1))
    assert found.changes == []


def test_what_wastes_is_told_with_what_is_wanted():
    late = seen(("samples", samples(EVENING, B1_light=1.0, B1_n_heat=17.0), ISO), at=EVENING)
    assert [(one.point_id, one.kind, one.value, one.wanted) for one in late.wastes] == [
        ("B1-light", "late_light", 1.0, 0.1)
    ]
    assert seen(("samples", samples(B1_light=1.0), ISO)).wastes == []


def test_the_schedule_changes_next_at_the_next_edge_of_a_shift():
    assert seen().next_change == MIDNIGHT + timedelta(hours=14)
    assert seen(at=EVENING).next_change is None


# ------------------------------------------------------------------------------------------------- water


def readings(litres, day_back=0, hours=12):
    starts = PARK.intervals(DAY - timedelta(days=day_back)).to_list()[: hours * 4]
    rows = [
        {"start": start, "meter_id": "water", "energy_mwh_int": None, "value": litres, "quality": "good"}
        for start in starts
    ]
    return table("readings", rows)


def test_water_is_told_beside_yesterday_at_the_same_time_and_outside_the_shifts():
    before = (DAY - timedelta(days=1)).isoformat()
    memory = facts(("readings", readings(100.0), ISO), ("readings", readings(50.0, 1, 24), before))
    (found,) = water(PARK, Frames(memory), DAY, NOON, PARK.shifts(DAY))
    assert found.today_m3 == pytest.approx(4.8)
    assert found.yesterday_m3 == pytest.approx(2.4)
    assert found.idle_m3_per_h == pytest.approx(0.4)
    assert (found.by_interval_m3[0], found.by_interval_m3[-1]) == (0.1, None)
    figure = answers.buildings(PARK, Frames(memory), memory, DAY, NOON, ()).figures[4]
    assert (figure.value, figure.yesterday) == (pytest.approx(4.8), pytest.approx(2.4))


# ------------------------------------------------------------------------------------------------- alarms


def test_alarms_stand_open_and_severe_ones_first_and_say_whether_they_still_hold():
    rows = [
        alarm(at=NOON - timedelta(hours=1)), alarm("point_stuck", "B1-s-t", NOON - timedelta(hours=2), 3, "x"),
        alarm("meter_silent", "air", NOON, 2, "x"),
    ]  # fmt: skip
    told_ = seen(("alarms", table("alarms", rows), ISO), ("samples", samples(B1_n_t=lambda n: 31 + 0.01 * n), ISO))
    assert [(one.kind, one.still) for one in told_.alarms] == [("point_high", True), ("point_stuck", False)]
    taken = seen(("alarms", table("alarms", rows), ISO), acknowledged={told_.alarms[0].key})
    assert taken.alarms[-1].key == told_.alarms[0].key
    assert next(one for one in taken.figures if one.key == "point_alarms").value == 1.0


def test_home_asks_for_somebody_and_leads_to_the_page():
    rows = Frames(facts(("alarms", table("alarms", [alarm()]), ISO)))
    (need,) = needs(PARK, rows, DAY, NOON, ())
    assert (need.kind, need.link, need.severity) == ("alarm.point_high", "/buildings", 2)


def test_an_alarm_is_told_with_its_figures_in_the_readers_language():
    assert told(EN, PARK, "point_high", "B1-n-t", NOON, alarm()["text"]).startswith(
        "Room, north (B1-n-t) shows 31.2\u2009°C, above 28.0\u2009°C."
    )
    assert "31.2\u2009°C，高于 28.0\u2009°C" in told(ZH, PARK, "point_high", "B1-n-t", NOON, alarm()["text"])
    light = "Point B1-light of B1 shows 0.05, below 0.1; x."
    assert "5.00\u2009%, below 10.0\u2009%" in told(EN, PARK, "point_low", "B1-light", NOON, light)


# ------------------------------------------------------------------------------------------------- API


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    app, operations = make_site(tmp_path_factory.mktemp("buildings"))
    client = TestClient(app, follow_redirects=False)
    tokens = {role: session(operations, role) for role in ("facility", "viewer")}

    def ask(method, address, role="facility", **more):
        return client.request(method, f"/api/v1/{address}", headers={"cookie": f"{COOKIE}={tokens[role]}"}, **more)

    yield ask, operations
    operations.close()


def test_a_set_point_becomes_a_command_of_the_one_who_is_signed_in(site):
    ask, operations = site
    body = {"value": 21.5, "reason": "cold in the morning"}
    answer = ask("POST", "buildings/points/B1-n-heat/set-point", json=body)
    command = operations.command(answer.json()["command_id"])
    assert (command.kind, command.state) == ("set_point", "waiting")
    assert command.payload == {"point_id": "B1-n-heat", "who": "facility", **body}
    state = ask("GET", f"commands/{command.id}", "viewer").json()
    assert state == {"id": command.id, "state": "waiting", "answer": ""}
    back = ask("POST", "buildings/points/B1-n-heat/take-back").json()["command_id"]
    assert operations.command(back).kind == "take_back"


@pytest.mark.parametrize(
    ("point", "body", "status", "says"),
    [
        ("B1-n-heat", {"value": 30, "reason": "cold"}, 409, "30 is outside the limits 16 to 23"),
        ("B1-n-t", {"value": 20, "reason": "cold"}, 409, "may not be written"),
        ("none", {"value": 20, "reason": "cold"}, 404, "is not in points.csv"),
        ("B1-n-heat", {"value": 20, "reason": "x"}, 422, "at least 3"),
        ("B1-n-heat", {"value": "warm", "reason": "cold"}, 422, "valid number"),
        ("B1-n-heat", {"value": 20, "reason": "a\nb c"}, 422, "pattern"),
    ],
)
def test_what_cannot_be_set_is_refused_at_once(site, point, body, status, says):
    answer = site[0]("POST", f"buildings/points/{point}/set-point", json=body)
    assert answer.status_code == status
    assert says in str(answer.json()["detail"])


def test_a_viewer_reads_and_does_not_set(site):
    ask, _ = site
    assert ask("GET", "buildings", "viewer").status_code == 200
    refused = ask("POST", "buildings/points/B1-n-heat/set-point", "viewer", json={"value": 21, "reason": "cold"})
    assert refused.status_code == 403
    assert refused.json()["detail"].endswith("admin, energy, facility")


def test_the_sheets_hold_what_the_answer_holds(site):
    ask, _ = site
    answer = ask("GET", f"buildings?day={ISO}").json()
    points = list(csv.DictReader(io.StringIO(ask("GET", f"buildings/points.csv?day={ISO}").text)))
    assert [row["point_id"] for row in points] == [one["point_id"] for one in answer["points"]]
    assert [float(row["value"]) for row in points] == [one["value"] for one in answer["points"]]
    zones = pl.read_csv(io.StringIO(ask("GET", f"buildings/zones.csv?day={ISO}").text))
    for zone in answer["zones"]:
        mine = zones.filter(pl.col("building_id") == zone["building_id"], pl.col("zone_id") == zone["zone_id"])
        assert mine["temperature_c"].to_list() == zone["trend_c"]


# ------------------------------------------------------------------------------------------------- page


def test_the_page_shows_the_building_that_is_asked_for_and_marks_it(pages: Pages):
    plain, asked = pages.drawn("/buildings"), pages.drawn("/buildings?building=WH")
    assert re.search(r'aria-current="true">[^<]*(?:<[^>]*>)?', asked.html)
    assert "Hall" in asked.text
    assert "Heating, north" in plain.text
    assert "Heating, north" not in re.sub(r"<option.*?</option>", "", asked.html)
    assert pages.drawn(f"/buildings?building={MARK}").status == 200


def test_controls_are_for_those_who_may_and_others_see_who_can_grant_it(pages: Pages):
    def fields(role):
        return [one for one in pages.drawn("/buildings", role).elements if one["tag"] in ("select", "input")]

    assert len(fields("facility")) == 3
    assert "facility manager" in pages.drawn("/buildings", "viewer").text
    assert catalogue("en")["buildings.limits"].partition("{")[0] in pages.drawn("/buildings", "facility").text


def test_rooms_are_drawn_over_their_band_and_shifts_with_now_as_a_line(pages: Pages):
    rooms, drawn = pages.drawn("/buildings?building=B1").charts
    assert [series["name"] for series in rooms["series"]] == ["south", "north"]
    marks = rooms["series"][0]["markLine"]["data"]
    assert [mark.get("yAxis") for mark in marks if "yAxis" in mark] == [20.0, 26.0]
    assert [mark["xAxis"] for mark in marks if "xAxis" in mark] == [58]
    assert [span[0]["xAxis"] for span in rooms["series"][0]["markArea"]["data"]] == [24, 56]
    assert rooms["yAxis"]["name"] == "°C"
    assert drawn["yAxis"]["name"] == "m³"


def test_a_store_has_no_comfort_band(pages: Pages):
    hall = pages.drawn("/buildings?building=WH").charts[0]
    assert [mark for mark in hall["series"][0]["markLine"]["data"] if "yAxis" in mark] == []
