"""A gateway that publishes the twin's meters over MQTT, one of them with a fault, for whole days on the wire."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from paho.mqtt import client as paho
from paho.mqtt.enums import CallbackAPIVersion

from parkwright.connect import link, namespace
from parkwright.connect.mqtt import MeterFeed
from parkwright.energy import registers
from parkwright.model.park import Park


@dataclass(frozen=True)
class Fault:
    """What is wrong with a meter: hour of the day and true counter [mWh] -> counter that it shows; None is silence."""

    name: str
    meter_id: str
    shows: Callable[[int, int], int | None]
    alarm: str
    qualities: set[str]
    exact: bool


KWH = 1_000_000
OPENED = 50_000 * KWH
"""Counter of every meter when the day opens."""
FAULTS = (
    Fault(
        "stops-and-comes-back", "mc-asm", lambda hour, true: None if 10 <= hour < 12 else true,
        "meter_silent", {"estimated", "repaired"}, exact=True,
    ),
    Fault(
        "stops-for-good", "mc-test", lambda hour, true: None if hour >= 21 else true,
        "meter_silent", {"estimated"}, exact=False,
    ),
    Fault(
        "resets", "mc-asm", lambda hour, true: true if hour < 11 else (true - OPENED) // 2,
        "meter_reset", {"estimated"}, exact=False,
    ),
    Fault(
        "runs-backwards", "hall", lambda hour, true: true - 500 * KWH if hour == 10 else true,
        "meter_backwards", {"suspect", "repaired"}, exact=True,
    ),
)  # fmt: skip


class Gateway:
    """Counts the twin's readings up and publishes the counters, those of one meter as its fault shows them."""

    def __init__(self, url: str, park: Park, fault: Fault | None) -> None:
        at = link.address(url)
        self._park, self._fault = park, fault
        self._topics = {meter.id: topic for topic, meter in namespace.topics(park).items()}
        self._counters = {meter.id: OPENED for meter in park.meters}
        self._seq = 0
        self._there = threading.Event()
        self._client = paho.Client(CallbackAPIVersion.VERSION2, client_id="gateway")
        self._client.username_pw_set(at.user, at.password)
        self._client.max_inflight_messages_set(1000)
        self._client.on_connect = lambda *_: self._there.set()
        self._client.connect(at.host, at.port)

    def __enter__(self) -> Gateway:
        self._client.loop_start()
        assert self._there.wait(10)
        return self

    def __exit__(self, *_error: object) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def publish(self, readings) -> None:
        """Count the READINGS up and publish the counters at the ends of their intervals."""
        step = timedelta(seconds=self._park.site.metering_interval_s)
        for start, meter_id, energy in readings.select("start", "meter_id", "energy_mwh_int").iter_rows():
            self._counters[meter_id] += energy
            shown = self._counters[meter_id]
            if self._fault and meter_id == self._fault.meter_id:
                shown = self._fault.shows(start.astimezone(self._park.zone).hour, shown)
            if shown is not None:
                self._send(meter_id, start + step, shown)

    def true_mwh(self, only: str = "", exclude: str = "") -> int:
        """Return what went through one meter, or through all but one [mWh]."""
        return sum(
            true - OPENED for meter, true in self._counters.items() if (only in ("", meter)) and meter != exclude
        )

    def _send(self, meter_id: str, at: datetime, shown: int) -> None:
        counter = namespace.Counter(meter_id, at, shown, "good", self._seq)
        self._seq += 1
        payload = namespace.encode(self._park.meter[meter_id], counter)
        self._client.publish(self._topics[meter_id], payload, qos=1)


class Wired:
    """Meters behind a gateway and a broker: what the twin metered goes out, and is read back."""

    def __init__(self, twin, gateway: Gateway, feed: MeterFeed) -> None:
        self._twin, self._gateway, self._feed = twin, gateway, feed

    def readings(self, until):
        self._gateway.publish(self._twin.readings(until))
        return self._feed.readings(until)

    def acknowledge(self):
        self._feed.acknowledge()

    def alarms(self):
        return self._feed.alarms()


@contextmanager
def feed_through(url: str, park: Park, day, gateway: Gateway):
    """Yield what makes a day's meters from its twin: through the gateway, the broker and a feed."""
    opened = registers.opening(park.meters, park.midnight(day), {meter.id: OPENED for meter in park.meters})
    feed = MeterFeed(url, park, opened, wait_s=0.5)
    try:
        yield lambda twin: Wired(twin, gateway, feed)
    finally:
        feed.close()
