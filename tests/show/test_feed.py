import asyncio
import json
import struct
from datetime import UTC, date, datetime, timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from live_fixture import LiveFacts
from show_park import make_park

from parkwright.model.tables import TABLES, conform
from parkwright.show.context import Context
from parkwright.show.feed import Feed, pack
from parkwright.show.picture import LATEST_PASSPORTS, Picture, changes

PARK = make_park()
NOON = PARK.midnight(date(2026, 7, 15)) + timedelta(hours=12)


class Clock:
    def __init__(self, at: datetime) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at


class Socket:
    """A viewer's socket as the feed uses it."""

    def __init__(self, delay_s: float = 0.0) -> None:
        self.delay_s, self.texts, self.frames, self.closed = delay_s, [], [], False

    async def send_text(self, text: str) -> None:
        await asyncio.sleep(self.delay_s)
        self.texts.append(text)

    async def send_bytes(self, frame: bytes) -> None:
        await asyncio.sleep(self.delay_s)
        self.frames.append(frame)

    async def close(self) -> None:
        self.closed = True


def make_feed(hours: float = 0.5) -> tuple[Feed, Clock, LiveFacts]:
    clock = Clock(NOON)
    facts = LiveFacts(PARK, clock, NOON - timedelta(hours=hours))
    return Feed(Context(PARK, facts, None, clock, 60.0)), clock, facts


def rows(kind: str, *values: dict) -> pl.DataFrame:
    return conform(pl.DataFrame(list(values), schema=TABLES[kind].schema, orient="row"), TABLES[kind])


def sample(signal: str, value: float, at: datetime) -> dict:
    return {"start": at, "signal_id": signal, "value": value, "quality": "good"}


def test_a_frame_is_four_bytes_and_six_a_robot_in_little_endian() -> None:
    place = np.array([[1.0, 2.0, 0.0], [-0.05, 100.0, np.pi]])
    frame = pack(7, place, np.array([0, 2], np.uint8))
    assert frame == struct.pack("<IhhBBhhBB", 7, 20, 40, 0, 0, -1, 2000, 128, 2)


@given(
    st.lists(st.tuples(st.floats(-1600, 1600), st.floats(-1600, 1600), st.floats(-10, 10)), max_size=40),
    st.integers(0, 2**40),
)
def test_a_place_comes_back_within_two_and_a_half_centimetres(places: list[tuple[float, ...]], tick: int) -> None:
    place = np.array(places).reshape(len(places), 3)
    frame = pack(tick, place, np.zeros(len(places), np.uint8))
    assert len(frame) == 4 + 6 * len(places)
    assert struct.unpack_from("<I", frame)[0] == tick % 2**32
    for n, (x, y, heading) in enumerate(places):
        ix, iy, turn, _ = struct.unpack_from("<hhBB", frame, 4 + 6 * n)
        assert abs(ix * 0.05 - x) <= 0.0251
        assert abs(iy * 0.05 - y) <= 0.0251
        assert np.cos(turn / 256 * 2 * np.pi - heading) > 0.999


def test_a_place_beyond_the_range_stays_at_the_border() -> None:
    frame = pack(0, np.array([[9000.0, -9000.0, 0.0]]), np.zeros(1, np.uint8))
    assert struct.unpack_from("<hh", frame, 4) == (32767, -32768)


KEYS = st.dictionaries(st.sampled_from("abc"), st.integers(0, 3), max_size=3)


@given(st.fixed_dictionaries({"x": KEYS, "y": KEYS}), st.fixed_dictionaries({"x": KEYS, "y": KEYS}))
def test_applying_the_changes_gives_the_new_picture(before: dict, after: dict) -> None:
    merged = {section: dict(values) for section, values in before.items()}
    for section, values in changes(before, after).items():
        for key, value in values.items():
            if value is None:
                del merged[section][key]
            else:
                merged[section][key] = value
    assert merged == after


@given(st.dictionaries(st.sampled_from("xyz"), KEYS))
def test_nothing_changes_between_equal_pictures(picture: dict) -> None:
    assert changes(picture, picture) == {}


def test_taking_the_same_rows_twice_changes_nothing() -> None:
    _, _, facts = make_feed()
    once, twice = Picture(PARK), Picture(PARK)
    for _, kind, _, _, batch in facts.since(0):
        once.take(kind, batch)
        for _ in range(2):
            twice.take(kind, batch)
    assert once.sections(NOON, 60, None, (50, 180)) == twice.sections(NOON, 60, None, (50, 180))
    assert (once.robots(NOON)[0] == twice.robots(NOON)[0]).all()


def test_the_newest_sample_wins_and_an_older_batch_does_not_take_it_back() -> None:
    picture = Picture(PARK)
    unit = PARK.work_centers[0].work_unit[0].id
    picture.take("samples", rows("samples", sample(f"{unit}/state", 3, NOON)))
    picture.take("samples", rows("samples", sample(f"{unit}/state", 6, NOON - timedelta(minutes=1))))
    assert picture.sections(NOON, 1, None, (0, 0))["machines"][unit] == 3


@pytest.mark.parametrize(
    ("codes", "state"),
    [([3, 3, 3, 3, 3], "run"), ([3, 3, 6, 3, 3], "down"), ([3, 3, 3, 2, 3], "setup"), ([5, 5, 5, 1, 3], "starved"),
     ([0, 0, 0, 0, 0], "off"), ([4, 4, 4, 1, 1], "blocked")],
)  # fmt: skip
def test_a_line_has_the_state_that_a_person_would_name(codes: list[int], state: str) -> None:
    picture = Picture(PARK)
    units = [unit.id for unit in PARK.work_centers[0].work_unit]
    picture.take(
        "samples", rows("samples", *[sample(f"{u}/state", c, NOON) for u, c in zip(units, codes, strict=True)])
    )
    assert picture.sections(NOON, 1, None, (0, 0))["lines"]["L-SMT"]["state"] == state


def test_old_data_are_called_stale_and_fresh_data_are_not() -> None:
    picture = Picture(PARK)
    picture.take("samples", rows("samples", sample("grid-in/power_kw", 5, NOON)))
    fresh, old = (picture.sections(NOON + timedelta(minutes=m), 1, None, (0, 0))["clock"]["stale"] for m in (1, 10))
    assert (fresh, old) == (False, True)


def test_the_latest_passports_are_newest_first_and_final_replaces_provisional() -> None:
    picture = Picture(PARK)
    made = [
        {"unit_id": f"U{n:02d}", "product_id": "NB-14", "order_id": "O", "at": NOON + timedelta(minutes=n),
         "status": "provisional", "direct_mwh_int": 1, "overhead_mwh_int": 1, "location_ug": 2_300_000_000,
         "market_ug": 1, "material_ug": 1, "cost_1e4cny": 1}
        for n in range(20)
    ]  # fmt: skip
    picture.take("passports", rows("passports", *made))
    picture.take("passports", rows("passports", made[-1] | {"status": "final", "location_ug": 2_400_000_000}))
    latest = picture.sections(NOON, 1, None, (0, 0))["passports"]["latest"]
    assert len(latest) == LATEST_PASSPORTS
    assert latest[0][0] == "U19"
    assert latest[0][1]["zh"] == "14英寸笔记本"
    assert latest[0][3:6:2] == [2.4, "final"]
    assert [row[2] for row in latest] == sorted((row[2] for row in latest), reverse=True)


def test_waiting_robots_stand_side_by_side_and_all_are_on_the_map() -> None:
    place, state = Picture(PARK).robots(NOON)
    assert len({(x, y) for x, y, _ in place.tolist()}) == PARK.fleet.count == len(state)
    assert (state == 0).all()


def test_a_picture_is_plain_json_and_its_figures_are_those_of_the_api() -> None:
    feed, _, _ = make_feed()
    feed.refresh()
    message = json.loads(feed.whole())
    assert message["whole"] is True
    assert list(message["picture"]["figures"]) == [
        "units_out", "on_time", "power_now", "co2e_per_unit", "first_pass", "robots",
    ]  # fmt: skip
    assert message["picture"]["sky"]["elevation"] == pytest.approx(72.2, abs=1.0)
    assert len(feed.whole().encode()) < 60_000


def test_a_delta_holds_only_what_changed() -> None:
    feed, clock, _ = make_feed()
    feed.refresh()
    clock.at += timedelta(minutes=1)
    delta = feed.refresh()
    assert "clock" in delta
    assert len(delta.get("machines", {})) < len(PARK.work_unit)


async def test_many_viewers_get_the_same_bytes_of_one_serialisation() -> None:
    feed, clock, _ = make_feed()
    feed.refresh()
    viewers = [Socket() for _ in range(50)]
    feed.viewers.update(viewers)
    clock.at += timedelta(minutes=1)
    before = feed.serialised
    await feed._beat()
    assert feed.serialised - before == 2
    assert len({id(viewer.frames[0]) for viewer in viewers}) == 1
    assert len({id(viewer.texts[0]) for viewer in viewers}) == 1


async def test_a_viewer_that_hangs_is_let_go_and_the_others_are_served(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("parkwright.show.feed.SEND_LIMIT_S", 0.05)
    feed, _, _ = make_feed()
    slow, quick = Socket(delay_s=5), Socket()
    feed.viewers.update([slow, quick])
    await feed._beat()
    assert slow.closed
    assert feed.viewers == {quick}
    assert len(quick.frames) == 1


def test_a_new_day_starts_a_new_picture_of_its_own_facts() -> None:
    feed, clock, facts = make_feed()
    feed.refresh()
    clock.at = facts.at = PARK.midnight(date(2026, 7, 16)) + timedelta(minutes=2)
    feed.refresh()
    assert feed.sections()["clock"]["at"].startswith("2026-07-15T16:02")
    assert feed.sections()["figures"]["units_out"]["value"] in (0.0, None)


def test_past_days_that_fill_in_behind_do_not_touch_the_picture_of_today() -> None:
    feed, _, facts = make_feed()
    feed.refresh()
    before = feed.sections()["machines"]
    past = rows("samples", *[sample(f"{unit}/state", 6, NOON - timedelta(days=3)) for unit in PARK.work_unit])
    facts.batches.append((len(facts.batches) + 1, "samples", "2026-07-12", datetime.now(UTC), past))
    feed.refresh()
    assert feed.sections()["machines"] == before
