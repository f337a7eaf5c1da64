"""Meters over a real broker: reconnects, repeats, rubbish, disorder, silence; nothing lost, nothing doubled."""

from __future__ import annotations

import json
import os
import time
from datetime import timedelta
from urllib.parse import urlsplit

import polars as pl
import pytest
from paho.mqtt import client as paho
from paho.mqtt.enums import CallbackAPIVersion
from wire_park import START, STEP, Cable, at, readings, wire_park

from parkwright.connect import link, namespace
from parkwright.connect.broker import Broker
from parkwright.connect.mqtt import SILENCE, MeterFeed, MeterPublisher, WiredMeters
from parkwright.connect.namespace import Counter
from parkwright.energy import registers
from parkwright.model.errors import ParkwrightError
from parkwright.model.tables import ALARMS, READINGS


@pytest.fixture(params=["embedded", pytest.param("server", marks=pytest.mark.server)])
def url(request):
    """The address of a broker: the embedded one, and with the marker `server` the one at PARKWRIGHT_TEST_MQTT."""
    if request.param == "server":
        yield os.environ["PARKWRIGHT_TEST_MQTT"]
        return
    with Broker() as broker:
        yield broker.url


@pytest.fixture
def park():
    return wire_park()


class Ends:
    """A publisher and feeds on one broker, closed when the test is over."""

    def __init__(self, park, url) -> None:
        self.park, self.url, self._feeds = park, url, []
        self.feed = self.join()
        self.publisher = MeterPublisher(url, park)

    def join(self, previous=None, **settings):
        """Return a feed that goes on from `previous`."""
        start = registers.opening(self.park.meters, START) if previous is None else previous
        self._feeds.append(MeterFeed(self.url, self.park, start, **{"wait_s": 5.0} | settings))
        return self._feeds[-1]

    def send(self, *intervals, without=()):
        for k in intervals:
            self.publisher.publish(readings(self.park, k, without))

    def close(self) -> None:
        self.publisher.close()
        for feed in self._feeds:
            feed.close()


@pytest.fixture
def ends(park, url):
    found = Ends(park, url)
    yield found
    found.close()


def expected(park, *intervals):
    return pl.concat([readings(park, k) for k in intervals]).sort("start", "meter_id")


def same(found, park, *intervals):
    return found.sort("start", "meter_id").equals(expected(park, *intervals))


def raw_client(url):
    """A foreign client, to say what our publisher never would."""
    parts = urlsplit(url)
    client = paho.Client(CallbackAPIVersion.VERSION2, protocol=paho.MQTTv311)
    client.username_pw_set(parts.username, parts.password)
    client.connect(parts.hostname, parts.port)
    client.loop_start()
    return client


def say(ends, *messages):
    client = raw_client(ends.url)
    for topic, body in messages:
        client.publish(topic, body, qos=1).wait_for_publish(5)
    client.disconnect()
    client.loop_stop()


def counter(park, meter_id, k, register):
    meter = park.meter[meter_id]
    return namespace.topic(park, meter), namespace.encode(meter, Counter(meter_id, at(k), register, "good", 0))


def until_here(feed, k, deadline_s=15.0):
    """Ask for readings until those of interval k have come."""
    frames, limit = [READINGS.empty()], time.monotonic() + deadline_s
    while time.monotonic() < limit:
        frames.append(feed.readings(at(k + 1)))
        if frames[-1].height and frames[-1]["start"].max() == at(k):
            break
    return pl.concat(frames)


def test_what_the_meters_say_arrives_to_the_milliwatt_hour(ends):
    ends.send(0, 1, 2)
    assert same(ends.feed.readings(at(3)), ends.park, 0, 1, 2)
    assert ends.feed.alarms().is_empty()


def test_readings_come_once(ends):
    ends.send(0)
    assert ends.feed.readings(at(1)).height == len(ends.park.meters)
    assert ends.feed.readings(at(1)).is_empty()


def test_no_interval_is_returned_before_its_end(ends):
    ends.send(0, 1)
    assert same(ends.feed.readings(at(2) - timedelta(seconds=1)), ends.park, 0)


def test_a_repeat_is_dropped(ends):
    ends.send(0)
    topic, body = counter(ends.park, "grid-in", 1, 0)
    say(ends, (topic, body), (topic, body))
    assert same(ends.feed.readings(at(1)), ends.park, 0)
    say(ends, (topic, body))
    ends.send(1)
    assert same(ends.feed.readings(at(2)), ends.park, 1)
    assert ends.feed.alarms().is_empty()


def test_another_value_for_a_counted_instant_is_told_and_not_counted(ends):
    ends.send(0)
    ends.feed.readings(at(1))
    say(ends, counter(ends.park, "hall", 1, 99))
    ends.send(1)
    assert same(ends.feed.readings(at(2)), ends.park, 1)
    assert ends.feed.alarms()["kind"].to_list() == ["meter_conflict"]


def test_counters_out_of_order_are_put_in_order(ends):
    later = [
        counter(ends.park, m.id, 2, 2000 * i + 1) for i, m in enumerate(ends.park.meters) if m.commodity != "water"
    ]
    say(ends, *later, counter(ends.park, "water", 2, 2 * 3000 + 1000))
    ends.send(0)
    found = ends.feed.readings(at(2))
    assert same(found.filter(pl.col("start") == START), ends.park, 0)
    assert found.filter(pl.col("start") == at(1)).sort("meter_id")["quality"].unique().to_list() == ["good"]


RUBBISH = [
    b"",
    b"{",
    b"\x00\xff",
    b"[]",
    b'{"value":"NaN","unit":"kWh","quality":"good","source_time":"x","seq":0}',
    b"9" * 9000,
]


def test_rubbish_is_set_aside_with_an_alarm_and_harms_nobody(ends):
    topic = namespace.topic(ends.park, ends.park.meter["hall"])
    strange = f"park/{ends.park.site.park_id}/x/-/-/ghost/energy"
    say(ends, *((topic, body) for body in RUBBISH if body), (strange, b"{}"))
    ends.send(0)
    assert same(ends.feed.readings(at(1)), ends.park, 0)
    alarms = ends.feed.alarms()
    assert alarms.columns == list(ALARMS.schema)
    assert set(alarms["kind"]) == {"payload_malformed"}
    assert set(alarms["thing_id"]) == {"hall", strange}
    aside = ends.feed.quarantine()
    assert len(aside) == len(RUBBISH)
    assert all(one.found and len(one.payload) <= 200 for one in aside)


def test_a_silent_meter_is_waited_for_then_estimated_then_made_up_for(ends):
    ends.feed.close()
    feed = ends.join(wait_s=0.5, settle_s=0.0)
    ends.send(0)
    assert same(until_here(feed, 0), ends.park, 0)
    silent = readings(ends.park, 1)["meter_id"][3]
    ends.send(1, without=(silent,))
    assert feed.readings(at(2)).is_empty()
    found = feed.readings(at(2) + SILENCE)
    assert found.filter(pl.col("quality") == "estimated")["meter_id"].to_list() == [silent]
    assert feed.alarms()["kind"].to_list() == ["meter_silent"]
    index = [meter.id for meter in ends.park.meters].index(silent)
    say(ends, counter(ends.park, silent, 3, 3 * 1000 * index + 3))
    ends.send(2, without=(silent,))
    caught = until_here(feed, 2).filter(pl.col("meter_id") == silent)
    assert caught["quality"].to_list() == ["repaired"]
    assert caught["energy_mwh_int"][0] == 3 * 1000 * index + 3 - 2 * (1000 * index)


def test_a_reader_that_died_before_the_commit_gets_everything_again(ends):
    ends.send(0)
    ends.feed.readings(at(1))
    ends.feed.acknowledge()
    safe = ends.feed.previous
    ends.send(1, 2)
    lost = ends.feed.readings(at(3))
    ends.feed.close()
    again = until_here(ends.join(safe), 2)
    assert again.sort("start", "meter_id").equals(lost.sort("start", "meter_id"))


def test_a_reader_that_acknowledged_gets_nothing_twice(ends):
    ends.send(0, 1)
    ends.feed.readings(at(2))
    ends.feed.acknowledge()
    previous = ends.feed.previous
    ends.feed.close()
    feed = ends.join(previous)
    ends.send(2)
    assert same(until_here(feed, 2), ends.park, 2)
    assert feed.alarms().is_empty()


def test_what_is_said_while_the_reader_is_away_waits_for_it(ends):
    previous = ends.feed.previous
    ends.feed.close()
    ends.send(0, 1)
    assert ends.publisher.flush()
    assert same(until_here(ends.join(previous), 1), ends.park, 0, 1)


def through(url, cable):
    parts = urlsplit(url)
    return f"mqtt://{parts.username}:{parts.password}@127.0.0.1:{cable.port}?{parts.query}"


def test_cut_cables_lose_and_double_nothing(park, url):
    near, far = Cable(urlsplit(url).port), Cable(urlsplit(url).port)
    feed = MeterFeed(through(url, near), park, registers.opening(park.meters, START), wait_s=0.5)
    publisher = MeterPublisher(through(url, far), park)
    frames = []
    try:
        for k in range(6):
            if k == 1:
                near.cut()
            if k == 3:
                far.cut()
            publisher.publish(readings(park, k))
            frames.append(feed.readings(at(k + 1)))
            feed.acknowledge()
            near.mend()
            far.mend()
        if pl.concat(frames).height < 6 * len(park.meters):
            frames.append(until_here(feed, 5))
        assert same(pl.concat(frames), park, *range(6))
        assert feed.alarms().is_empty()
    finally:
        publisher.close()
        feed.close()
        near.close()
        far.close()


def test_an_embedded_broker_that_dies_and_comes_back_loses_nothing(park):
    broker = Broker()
    ends = Ends(park, broker.url)
    token = urlsplit(broker.url).password
    try:
        ends.send(0)
        first = ends.feed.readings(at(1))
        ends.feed.acknowledge()
        broker.stop()
        ends.send(1, 2)
        broker = Broker(broker.port, token)
        ends.send(3)
        rest = until_here(ends.feed, 3)
        assert same(pl.concat([first, rest]), park, 0, 1, 2, 3)
    finally:
        ends.close()
        broker.stop()


def test_readings_of_a_source_go_over_the_wire(ends):
    class Source:
        """Meters that are read from a list."""

        forgotten = 0

        def readings(self, until):
            k = (until - START) // STEP - 1
            return readings(ends.park, k)

        def acknowledge(self):
            self.forgotten += 1

        def alarms(self):
            return ALARMS.empty()

    wired = WiredMeters(Source(), ends.publisher, ends.feed)
    assert same(wired.readings(at(1)), ends.park, 0)
    assert same(wired.readings(at(2)), ends.park, 1)
    wired.acknowledge()
    assert wired.alarms().is_empty()


def test_a_reading_without_a_quantity_is_not_published(ends):
    rows = readings(ends.park, 0).with_columns(pl.lit(None, pl.Int64).alias("energy_mwh_int"))
    assert ends.publisher.publish(rows) == 1


def test_a_publisher_goes_on_from_given_counters_and_rolls_over(park, url):
    meter = park.meter["grid-in"]
    width = meter.register_mwh_max
    counters = {one.id: (width - 500 if one.id == "grid-in" else 0) for one in park.meters}
    feed = MeterFeed(url, park, registers.opening(park.meters, START, counters), wait_s=5.0)
    publisher = MeterPublisher(url, park, counters)
    publisher.publish(
        readings(park, 1).with_columns(
            pl.lit(START, READINGS.schema["start"]).alias("start"),
            energy_mwh_int=pl.when(pl.col("energy_mwh_int").is_not_null()).then(700),
        )
    )
    found = feed.readings(at(1)).filter(pl.col("meter_id") == "grid-in")
    assert found.select("energy_mwh_int", "quality").row(0) == (700, "repaired")
    assert feed.alarms()["kind"].to_list() == ["meter_rollover"]
    publisher.close()
    feed.close()


def test_a_request_to_send_again_that_is_rubbish_is_left_alone(ends):
    topic = namespace.resume_topic(ends.park)
    say(ends, *((topic, body) for body in (b"x", b"[]", b"{}", b'{"after":"yesterday"}', b'{"after":"2026-01-01"}')))
    ends.send(0)
    assert same(ends.feed.readings(at(1)), ends.park, 0)


def test_a_client_without_the_token_is_refused_and_sees_nothing(park):
    with Broker() as broker:
        for url in (f"mqtt://park:wrong@127.0.0.1:{broker.port}", f"mqtt://127.0.0.1:{broker.port}"):
            with pytest.raises(ParkwrightError, match="refused"):
                MeterPublisher(url, park)


def test_a_broker_that_is_not_there_is_named_without_its_secret(park):
    with Broker() as broker:
        port = broker.port
    with pytest.raises(ParkwrightError, match=f"127.0.0.1:{port}: cannot be reached") as error:
        MeterPublisher(f"mqtt://park:secret@127.0.0.1:{port}", park)
    assert "secret" not in str(error.value)


@pytest.mark.parametrize("text", ["", "http://x", "mqtt://", "127.0.0.1:1883", "mqtt://x:99999", "mqtt://[x"])
def test_an_address_that_is_none_is_refused(text):
    with pytest.raises(ParkwrightError, match="give mqtt://"):
        link.address(text)


def test_an_address_has_its_parts():
    found = link.address("mqtts://a%40b:c%2Fd@broker.example")
    assert (found.host, found.port, found.user, found.password) == ("broker.example", 8883, "a@b", "c/d")
    assert found.shown == "mqtts://broker.example:8883"
    assert found.persistent
    assert not link.address("mqtt://x?session=clean").persistent


def test_a_port_in_use_is_named():
    with Broker() as broker, pytest.raises(ParkwrightError, match=f"port {broker.port} is in use"):
        Broker(broker.port)


def test_a_broker_listens_on_loopback_only_and_stops_twice():
    broker = Broker()
    assert urlsplit(broker.url).hostname == "127.0.0.1"
    broker.stop()
    broker.stop()


def test_a_feed_without_counters_to_go_on_from_is_refused(park):
    with pytest.raises(ValueError, match="previous"):
        MeterFeed("mqtt://127.0.0.1:1", park, pl.DataFrame(schema=registers.PREVIOUS))


def test_a_payload_is_readable_json(ends):
    body = namespace.encode(ends.park.meter["hall"], Counter("hall", at(1), 1_500_000, "good", 4))
    assert json.loads(body) == {
        "value": "1.500000", "unit": "kWh", "quality": "good", "source_time": "2026-07-14T16:15:00.000Z", "seq": 4,
    }  # fmt: skip
