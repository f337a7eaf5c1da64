"""Laws of the live picture: changes applied to the old give the new, a viewer that comes back misses nothing."""

from __future__ import annotations

import asyncio
import json
from copy import deepcopy
from datetime import timedelta
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from hypothesis import given, settings
from hypothesis import strategies as st
from live_fixture import LiveFacts
from show_park import make_park
from test_feed import NOON, Clock, Socket, make_feed

from parkwright.model.errors import LedgerError
from parkwright.show import wall
from parkwright.show.context import Context
from parkwright.show.picture import Picture, Sections, changes, stamp

PARK = make_park()
VALUES = st.one_of(st.integers(), st.text(max_size=5), st.booleans(), st.lists(st.integers(), max_size=3))
SECTIONS = st.dictionaries(st.sampled_from("abcd"), st.dictionaries(st.sampled_from("xyz"), VALUES), max_size=4)


def applied(picture: dict[str, dict[str, Any]], delta: Sections) -> dict[str, dict[str, Any]]:
    """Do what views/park/feed.js does with a message: put what changed, take away what is null."""
    found = deepcopy(picture)
    for section, values in delta.items():
        own = found.setdefault(section, {})
        for key, value in values.items():
            if value is None:
                own.pop(key, None)
            else:
                own[key] = value
    return found


@given(SECTIONS, SECTIONS)
def test_changes_applied_to_the_old_picture_give_the_new_one(before: Sections, after: Sections) -> None:
    found = applied(before, changes(before, after))
    for section, values in after.items():
        assert found.get(section, {}) == values


@given(SECTIONS)
def test_a_picture_that_stays_sends_nothing(picture: Sections) -> None:
    assert changes(picture, deepcopy(picture)) == {}


@given(SECTIONS, SECTIONS)
def test_a_change_names_only_what_differs(before: Sections, after: Sections) -> None:
    for section, values in changes(before, after).items():
        assert values
        for key, value in values.items():
            gone = key not in after[section]
            assert gone == (value is None)
            assert gone or key not in before.get(section, {}) or before[section][key] != value


@settings(max_examples=6)
@given(st.lists(st.integers(1, 300), min_size=1, max_size=5))
def test_a_viewer_who_takes_every_delta_sees_what_a_newcomer_sees(steps_s: list[int]) -> None:
    feed, clock, _ = make_feed(0.1)
    feed.refresh()
    mine = json.loads(feed.whole())["picture"]
    for step in steps_s:
        clock.at += timedelta(seconds=step)
        mine = applied(mine, json.loads(json.dumps(feed.refresh())))
    fresh = json.loads(feed.whole())["picture"]
    for section, values in fresh.items():
        assert known(mine[section]) == known(values), section


def known(values: dict[str, Any]) -> dict[str, Any]:
    """Return what a viewer can show: a value that is null is one that is not there."""
    return {key: value for key, value in values.items() if value is not None}


def test_a_null_in_the_whole_picture_and_a_key_that_went_are_the_same_to_a_viewer() -> None:
    assert applied({"a": {"x": 1}}, changes({"a": {"x": 1}}, {"a": {}})) == {"a": {}}
    assert changes({"a": {"x": 1}}, {"a": {"x": None}}) == {"a": {"x": None}}


def test_every_section_of_the_picture_is_named_and_plain() -> None:
    feed, _, _ = make_feed(0.1)
    picture = feed.refresh()
    assert {"clock", "sky", "machines", "lines", "kw", "stores", "rooms", "passports", "figures", "power", "progress",
            "day"} <= set(picture)  # fmt: skip
    assert json.loads(json.dumps(picture, allow_nan=False)) == picture


def test_machines_lines_and_stores_are_those_of_the_park() -> None:
    feed, _, _ = make_feed(0.1)
    picture = feed.refresh()
    assert set(picture["machines"]) == set(PARK.work_unit)
    assert set(picture["lines"]) == set(PARK.work_center)
    assert set(picture["stores"]) == {one.id for one in (*PARK.energy.battery, *PARK.energy.tank)}
    assert set(picture["rooms"]) == {building.id for building in PARK.buildings}
    assert all(0 <= share <= 1 for share in picture["stores"].values())
    assert all(0 <= line["running"] <= 1 for line in picture["lines"].values())


@pytest.mark.parametrize("code", [-1, 7, 99, 1e9])
def test_a_state_code_that_nobody_knows_is_off(code: float) -> None:
    picture = Picture(PARK)
    unit = next(iter(PARK.work_unit))
    picture.values[f"{unit}/state"] = code
    assert picture.sections(NOON, 1, None, (0, 0))["machines"][unit] == 0


def test_an_instant_is_written_in_utc_to_the_second() -> None:
    assert stamp(NOON) == "2026-07-15T04:00:00Z"


def made_app() -> tuple[FastAPI, Clock]:
    clock = Clock(NOON)
    app = FastAPI()
    wall.mount(app, Context(PARK, LiveFacts(PARK, clock, NOON - timedelta(minutes=6)), None, clock, 60.0))
    return app, clock


def test_a_viewer_that_comes_back_gets_the_whole_present_picture_first() -> None:
    app, clock = made_app()
    client = TestClient(app)
    with client.websocket_connect("/wall/feed") as socket:
        first = json.loads(socket.receive_text())
    clock.at += timedelta(minutes=5)
    with client.websocket_connect("/wall/feed") as socket:
        again = json.loads(socket.receive_text())
    assert first["whole"] is again["whole"] is True
    assert set(first["picture"]) == set(again["picture"])
    assert again["picture"]["clock"]["at"] > first["picture"]["clock"]["at"]


def test_two_viewers_at_once_start_from_the_same_park() -> None:
    app, _ = made_app()
    client = TestClient(app)
    with client.websocket_connect("/wall/feed") as one, client.websocket_connect("/wall/feed") as other:
        mine, yours = (json.loads(socket.receive_text())["picture"] for socket in (one, other))
    assert mine["lines"] == yours["lines"]
    assert mine["figures"] == yours["figures"]


def test_the_live_picture_by_http_is_that_of_the_socket() -> None:
    app, _ = made_app()
    client = TestClient(app)
    by_http = client.get("/wall/live").json()
    with client.websocket_connect("/wall/feed") as socket:
        by_socket = json.loads(socket.receive_text())["picture"]
    assert {k: by_http[k] for k in ("machines", "lines", "power")} == {
        k: by_socket[k] for k in ("machines", "lines", "power")
    }


async def test_a_ledger_that_cannot_be_read_leaves_the_last_picture_and_the_pump_alive(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    feed, clock, facts = make_feed(0.1)
    feed.refresh()
    before = feed.whole()
    viewer = Socket()
    feed.viewers.add(viewer)

    def broken() -> None:
        raise LedgerError("ledger.db: the disk is gone; look at it")

    monkeypatch.setattr(facts, "head", broken)
    clock.at += timedelta(minutes=1)
    await feed._beat()
    assert feed.whole() == before
    assert len(viewer.frames) == 1
    assert "the disk is gone" in caplog.text
    monkeypatch.undo()
    feed._tick = 0
    await feed._beat()
    assert len(viewer.texts) == 1


async def test_a_viewer_who_leaves_while_the_picture_is_sent_is_forgotten() -> None:
    class Gone(Socket):
        async def send_bytes(self, frame: bytes) -> None:
            raise RuntimeError("the connection is closed")

    feed, _, _ = make_feed(0.1)
    feed.refresh()
    gone, kept = Gone(), Socket()
    feed.viewers.update([gone, kept])
    await feed._beat()
    await asyncio.sleep(0)
    assert feed.viewers == {kept}


async def test_the_picture_goes_out_once_in_five_beats_and_robots_in_each() -> None:
    feed, clock, _ = make_feed(0.1)
    viewer = Socket()
    feed.viewers.add(viewer)
    for _ in range(10):
        clock.at += timedelta(seconds=12)
        await feed._beat()
    assert (len(viewer.frames), len(viewer.texts)) == (10, 2)
    ticks = [int.from_bytes(frame[:4], "little") for frame in viewer.frames]
    assert ticks == list(range(1, 11))
