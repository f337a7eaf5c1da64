"""Meters over MQTT 3.1.1: a publisher that outlives a reconnect, and a feed that acknowledges after the commit.

A broker's acknowledgement is not durability. So the publisher keeps what it sent for a day, and a feed that joins
says up to when it has everything; what is newer is sent again, and what is known is dropped by meter and instant.
"""

from __future__ import annotations

import json
import threading
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import polars as pl
from paho.mqtt import client as paho
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from parkwright.connect import namespace
from parkwright.connect.link import Link
from parkwright.connect.namespace import Counter, MalformedError
from parkwright.energy import registers
from parkwright.model.park import Park
from parkwright.model.plant import Meter
from parkwright.model.tables import ALARMS, READINGS, conform
from parkwright.run.ports import Meters

KEPT = timedelta(days=1)
"""How long a publisher keeps what it sent, for a feed that asks for it again; assumed, as for a gateway's outbox."""
SILENCE = timedelta(minutes=5)
"""How long after its end an interval waits for a silent meter before it is estimated; assumed."""
SETTLE_S = 6.0
"""How long after a connection nothing is estimated [s]: amqtt sends what waits only when it has tried for 5 s to have
older messages acknowledged (amqtt 0.12, ProtocolHandler._retry_deliveries)."""
HELD_MAX = 500_000
"""Counters that a feed holds for later intervals; more are set aside (weeks of a large park); assumed."""
QUARANTINE_MAX = 10_000
"""Payloads that are kept for a person to look at; the oldest give way; assumed."""


class MeterPublisher:
    """Publishes the counters of the park's meters with QoS 1; across a reconnect nothing is lost."""

    def __init__(self, url: str, park: Park, counters: Mapping[str, int] | None = None) -> None:
        """Connect to the broker; counters: meter id -> counter to go on from [mWh], [ml] for water; 0 where None.

        Raises ParkwrightError when the broker cannot be reached or refuses the client.
        """
        self._park = park
        self._topics = {meter.id: topic for topic, meter in namespace.topics(park).items()}
        self._counters = {meter.id: (counters or {}).get(meter.id, 0) for meter in park.meters}
        self._seq = 0
        self._sent: deque[tuple[datetime, str, bytes]] = deque()
        self._lock = threading.Lock()
        self._handed = self._taken = 0
        resume = (namespace.resume_topic(park),)
        self._link = Link(url, f"{park.site.park_id}-meters", resume, self._asked, lambda _client: None)
        self._link.client.on_publish = self._took

    def publish(self, readings: pl.DataFrame) -> int:
        """Count READINGS up in their meters' counters, publish those at the intervals' ends, and return how many.

        A reading without a quantity moves no counter and is not published: the meter is silent then.
        """
        step, count = timedelta(seconds=self._park.site.metering_interval_s), 0
        for row in readings.sort("start", "meter_id").iter_rows(named=True):
            meter = self._park.meter[row["meter_id"]]
            quantity = row["energy_mwh_int"]
            if meter.commodity == "water" and row["value"] is not None:
                quantity = round(row["value"] * registers.ML_PER_LITRE)
            if quantity is None:
                continue
            self._send(meter, row["start"] + step, quantity, row["quality"])
            count += 1
        return count

    def flush(self, timeout_s: float = 10.0) -> bool:
        """Return whether the broker has acknowledged everything within `timeout_s` [s]."""
        until = time.monotonic() + timeout_s
        while self._taken < self._handed:
            if time.monotonic() >= until:
                return False
            time.sleep(0.005)
        return True

    def close(self) -> None:
        """Send what is under way if the broker is there, and disconnect."""
        self.flush(2.0)
        self._link.close()

    def _send(self, meter: Meter, at: datetime, quantity: int, quality: str) -> None:
        self._counters[meter.id] = (self._counters[meter.id] + quantity) % meter.register_mwh_max
        with self._lock:
            payload = namespace.encode(meter, Counter(meter.id, at, self._counters[meter.id], quality, self._seq))
            self._seq += 1
            self._sent.append((at, self._topics[meter.id], payload))
            while self._sent[0][0] < at - KEPT:
                self._sent.popleft()
        self._hand_over(self._link.client, self._topics[meter.id], payload)

    def _hand_over(self, client: paho.Client, topic: str, payload: bytes) -> None:
        """Give a message to the client, which sends it now or when the link is back."""
        with self._lock:
            self._handed += 1
        client.publish(topic, payload, qos=1, retain=True)

    def _took(
        self,
        _client: paho.Client,
        _data: object,
        _mid: int,
        _reason: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        with self._lock:
            self._taken += 1

    def _asked(self, client: paho.Client, message: paho.MQTTMessage, _connection: int) -> None:
        """Send again what a feed asks for."""
        client.ack(message.mid, message.qos)
        try:
            after = datetime.fromisoformat(json.loads(message.payload)["after"])
            if after.tzinfo is None:
                return
        except (ValueError, KeyError, TypeError):
            return
        with self._lock:
            again = [(topic, payload) for at, topic, payload in self._sent if at > after]
        for topic, payload in again:
            self._hand_over(client, topic, payload)


@dataclass(frozen=True, slots=True)
class Quarantined:
    """A payload that was set aside: topic, its first bytes, and what was found."""

    topic: str
    payload: bytes
    found: str


@dataclass(frozen=True, slots=True)
class _Delivery:
    """A message as the broker numbered it; the number holds within its connection only."""

    connection: int
    mid: int
    qos: int


@dataclass(frozen=True, slots=True)
class _Letter:
    """A message as it came, and how."""

    topic: str
    payload: bytes
    delivery: _Delivery


class MeterFeed:
    """Reads the park's meters from a broker; implements the port Meters.

    A message is acknowledged to the broker when the caller has said that what it became is durable. A repeat is
    dropped and an early one waits, by meter and instant. What cannot be read goes to quarantine with an alarm.
    """

    def __init__(
        self, url: str, park: Park, previous: pl.DataFrame, *, wait_s: float = 2.0, settle_s: float = SETTLE_S
    ) -> None:
        """Connect to the broker and subscribe to every meter.

        previous: energy.registers.PREVIOUS or REGISTERS, the counters at the last closed interval; intervals are
        counted from the latest instant in it. wait_s: how long `readings` waits for an interval's messages [s].
        settle_s: how old a connection must be before a meter counts as silent [s].

        Raises ParkwrightError when the broker cannot be reached or refuses the client, ValueError when `previous`
        is empty.
        """
        if previous.is_empty():
            raise ValueError("previous: is empty; give energy.registers.opening(park.meters, start)")
        self._park, self._wait_s, self._settle_s = park, wait_s, settle_s
        self._meter = namespace.topics(park)
        self._step = timedelta(seconds=park.site.metering_interval_s)
        self._previous = previous
        self._next: datetime = max(previous["at"].to_list())
        self._safe = self._next
        self._arrived: deque[_Letter] = deque()
        self._news = threading.Condition()
        self._held: dict[tuple[str, datetime], list[tuple[Counter, _Delivery]]] = {}
        self._done: list[_Delivery] = []
        self._alarms: list[pl.DataFrame] = []
        self._set_aside: deque[Quarantined] = deque(maxlen=QUARANTINE_MAX)
        self._odd: dict[tuple[str, str], str] = {}
        self._waited_for = self._next
        self._last = _last(previous)
        self._link = Link(url, f"{park.site.park_id}-run", namespace.subscriptions(park), self._hear, self._ask_again)

    def readings(self, until: datetime) -> pl.DataFrame:
        """Return the READINGS whose interval ends at or before `until` and that were not returned before.

        An interval is returned when every meter's counter at its end is here. It waits `wait_s` for them once; what
        is still missing at SILENCE after its end is estimated, and made up for when the counter is back. A meter that
        was never read has no quantity yet and is left out. `alarms` tells of all this.
        """
        frames = [READINGS.empty()]
        while self._next + self._step <= until:
            end = self._next + self._step
            overdue = until >= end + SILENCE
            if not self._await(end, overdue) and not overdue:
                break
            frames.append(self._count(end))
        self._sort_in()
        self._tell_odd(until)
        return pl.concat(frames)

    def acknowledge(self) -> None:
        """Acknowledge to the broker every message behind what was returned so far."""
        for delivery in self._done:
            if delivery.connection == self._link.connection:
                self._link.client.ack(delivery.mid, delivery.qos)
        self._done.clear()
        self._safe = self._next

    def alarms(self) -> pl.DataFrame:
        """Return the ALARMS since the last call."""
        found, self._alarms = self._alarms, []
        return pl.concat([ALARMS.empty(), *found])

    def quarantine(self) -> list[Quarantined]:
        """Return the payloads that were set aside, the oldest first."""
        return list(self._set_aside)

    @property
    def previous(self) -> pl.DataFrame:
        """The counters as last counted (energy.registers.PREVIOUS), from which another feed can go on."""
        return self._previous

    def close(self) -> None:
        """Disconnect; what was not acknowledged is delivered again to the next feed of this park."""
        self._link.close()

    def _hear(self, client: paho.Client, message: paho.MQTTMessage, connection: int) -> None:
        """Take a message in the client's thread; a retained copy is acknowledged at once, the broker keeps it.

        amqtt 0.12 serves a client nothing more until what it retained for it is acknowledged.
        """
        letter = _Letter(message.topic, bytes(message.payload), _Delivery(connection, message.mid, message.qos))
        if message.retain:
            client.ack(message.mid, message.qos)
            letter = replace(letter, delivery=_Delivery(-1, message.mid, message.qos))
        with self._news:
            self._arrived.append(letter)
            self._news.notify_all()

    def _ask_again(self, client: paho.Client) -> None:
        """Ask the publisher for what is newer than the last durable interval (called whenever the link is back)."""
        body = json.dumps({"after": self._safe.astimezone(UTC).isoformat()})
        client.publish(namespace.resume_topic(self._park), body, qos=1)

    def _await(self, end: datetime, overdue: bool) -> bool:
        """Return whether every meter's counter at `end` is here; wait for them the first time.

        Where they are overdue, a fresh connection is given time to bring them before they are estimated.
        """
        settling = self._settle_s - self._link.age_s if overdue else 0.0
        limit = time.monotonic() + max(self._wait_s if end > self._waited_for else 0.0, settling)
        self._waited_for = max(end, self._waited_for)
        while True:
            self._sort_in()
            if all((meter.id, end) in self._held for meter in self._park.meters):
                return True
            left = limit - time.monotonic()
            if left <= 0.0:
                return False
            with self._news:
                if not self._arrived:
                    self._news.wait(left)

    def _sort_in(self) -> None:
        """Read what has arrived: hold what is new, drop what is known, set aside what cannot be read."""
        while self._arrived:
            letter = self._arrived.popleft()
            meter = self._meter.get(letter.topic)
            try:
                if meter is None:
                    raise MalformedError("no meter of the park has this topic; add it to meters.csv")
                self._hold(namespace.decode(meter, letter.payload), letter.delivery)
            except MalformedError as error:
                self._set_aside.append(Quarantined(letter.topic, letter.payload[:200], str(error)))
                self._odd[("payload_malformed", meter.id if meter else letter.topic[:80])] = str(error)
                self._done.append(letter.delivery)

    def _hold(self, counter: Counter, delivery: _Delivery) -> None:
        at, register = self._last.get(counter.meter_id, (None, 0))
        seen = self._held.get((counter.meter_id, counter.source_time), [])
        known = any(counter.register_mwh_int == other.register_mwh_int for other, _ in seen)
        if at is not None and counter.source_time <= at:
            if counter.source_time == at and counter.register_mwh_int != register:
                self._odd[("meter_conflict", counter.meter_id)] = f"two counters at {at:%Y-%m-%d %H:%M:%S} UTC"
            self._done.append(delivery)
        elif known:
            self._done.append(delivery)
        elif len(self._held) >= HELD_MAX:
            raise MalformedError(f"{HELD_MAX} counters wait for their interval already; correct the source's clock")
        else:
            self._held[(counter.meter_id, counter.source_time)] = [*seen, (counter, delivery)]

    def _count(self, end: datetime) -> pl.DataFrame:
        """Count the interval that ends at `end`, and go on to the next."""
        rows = []
        for meter_id, at in sorted(key for key in self._held if key[1] <= end):
            for counter, delivery in self._held.pop((meter_id, at)):
                rows.append((meter_id, at, counter.register_mwh_int))
                self._done.append(delivery)
        frame = pl.DataFrame(rows, schema=registers.REGISTERS, orient="row")
        counted = registers.count(frame, self._previous, self._park.meters, (self._next, end))
        self._previous, self._next, self._last = counted.previous, end, _last(counted.previous)
        self._alarms.append(counted.alarms)
        known = pl.col("energy_mwh_int").is_not_null() | pl.col("value").is_not_null()
        return counted.readings.filter(known)

    def _tell_odd(self, at: datetime) -> None:
        rows = [(at, kind, thing, 2, f"{thing}: {found}") for (kind, thing), found in self._odd.items()]
        self._odd.clear()
        if rows:
            self._alarms.append(conform(pl.DataFrame(rows, schema=ALARMS.schema, orient="row"), ALARMS))


def _last(previous: pl.DataFrame) -> dict[str, tuple[datetime, int]]:
    """Return instant and counter of each meter as last counted."""
    return {row[0]: (row[1], row[2]) for row in previous.select(list(registers.REGISTERS)).iter_rows()}


class WiredMeters:
    """Meters whose readings go over the wire: a source's readings are published, and read back from the broker."""

    def __init__(self, source: Meters, publisher: MeterPublisher, feed: MeterFeed) -> None:
        """Join a source, for example a twin, to a publisher and a feed."""
        self._source, self._publisher, self._feed = source, publisher, feed

    def readings(self, until: datetime) -> pl.DataFrame:
        """Publish what the source has metered until then, and return what the feed has of it."""
        self._publisher.publish(self._source.readings(until))
        return self._feed.readings(until)

    def acknowledge(self) -> None:
        """Let the feed acknowledge to the broker, then the source forget."""
        self._feed.acknowledge()
        self._source.acknowledge()

    def alarms(self) -> pl.DataFrame:
        """Return the feed's ALARMS since the last call."""
        return self._feed.alarms()

    def close(self) -> None:
        """Disconnect publisher and feed."""
        self._publisher.close()
        self._feed.close()
