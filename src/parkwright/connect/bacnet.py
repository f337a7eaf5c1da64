"""Points over BACnet/IP: present values read and written, each with a time limit."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from bacpypes3.apdu import ErrorRejectAbortNack
from bacpypes3.app import Application
from bacpypes3.local.device import DeviceObject
from bacpypes3.local.networkport import NetworkPortObject
from bacpypes3.pdu import Address
from bacpypes3.primitivedata import Null, ObjectIdentifier

from parkwright.model.control import ControlPoint
from parkwright.model.errors import DeviceError
from parkwright.run.ports import PointValues

T = TypeVar("T")

PRIORITY = 8
"""Command priority of a write: manual operator; ASHRAE 135-2020, clause 19.2."""
WAIT_S = 3.0
"""How long a device may take for one value [s]; ASHRAE 135-2020, clause 5.4: APDU timeout of 3,000 ms."""
DEVICE_ID, VENDOR_ID = 3_999_999, 999
"""Identity of this client on the network: a free instance number, and the vendor number of examples."""


class BacnetBus:
    """Reads and writes points by addresses `host:port/object-type,instance`, as 10.0.0.5:47808/analog-value,1."""

    def __init__(self, interface: str = "127.0.0.1", wait_s: float = WAIT_S) -> None:
        """Keep the address of this machine that devices are asked from, and the time limit of a value [s]."""
        self._interface, self._wait_s = interface, wait_s

    def read(self, points: Sequence[ControlPoint]) -> PointValues:
        """Return the present values; a point that does not answer is silent with its reason."""
        return asyncio.run(self._joined(lambda app: self._read(app, points)))

    def write(self, point: ControlPoint, value: float) -> None:
        """Write a present value with PRIORITY. Raises DeviceError when the device is silent or refuses."""
        asyncio.run(self._joined(lambda app: self._write(app, point, value)))

    def release(self, point: ControlPoint, value: float) -> None:
        """Relinquish PRIORITY, so that the device follows its own program again; see ASHRAE 135-2020, clause 19.2.

        An object without priorities is given what the schedule wants. Raises DeviceError as `write`.
        """
        asyncio.run(self._joined(lambda app: self._release(app, point, value)))

    async def _joined(self, work: Callable[[Application], Awaitable[T]]) -> T:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.bind((self._interface, 0))
            port = probe.getsockname()[1]
        device = DeviceObject(
            objectIdentifier=("device", DEVICE_ID), objectName="parkwright", vendorIdentifier=VENDOR_ID
        )
        link = NetworkPortObject(
            f"{self._interface}:{port}", objectIdentifier=("network-port", 1), objectName="parkwright-port"
        )
        app = Application.from_object_list([device, link])
        try:
            return await work(app)
        finally:
            app.close()

    async def _read(self, app: Application, points: Sequence[ControlPoint]) -> PointValues:
        values: dict[str, float] = {}
        silent: dict[str, str] = {}
        for point in points:
            try:
                where, thing = address(point)
                found = await asyncio.wait_for(app.read_property(where, thing, "present-value"), self._wait_s)
                values[point.id] = _number(found)
            except TimeoutError:
                silent[point.id] = f"{point.address}: no answer in {self._wait_s:g} s"
            except DeviceError as error:
                silent[point.id] = str(error)
            except ErrorRejectAbortNack as error:
                silent[point.id] = f"{point.address}: {error}"
        return PointValues(values, silent)

    async def _release(self, app: Application, point: ControlPoint, value: float) -> None:
        where, thing = address(point)
        asked = app.write_property(where, thing, "present-value", Null(()), priority=PRIORITY)
        try:
            await asyncio.wait_for(asked, self._wait_s)
        except TimeoutError as error:
            raise self._silent(point) from error
        except ErrorRejectAbortNack:
            await self._write(app, point, value)

    def _silent(self, point: ControlPoint) -> DeviceError:
        told = f"{point.address} does not answer in {self._wait_s:g} s; check its network"
        return DeviceError(f"point {point.id}: {told}")

    async def _write(self, app: Application, point: ControlPoint, value: float) -> None:
        where, thing = address(point)
        given = int(value) if str(thing).startswith(("binary", "multi")) else float(value)
        try:
            asked = app.write_property(where, thing, "present-value", given, priority=PRIORITY)
            await asyncio.wait_for(asked, self._wait_s)
        except TimeoutError as error:
            raise self._silent(point) from error
        except ErrorRejectAbortNack as error:
            raise DeviceError(
                f"point {point.id}: {point.address} refuses {value:g} ({error}); check the object and its priority"
            ) from error


def address(point: ControlPoint) -> tuple[Address, ObjectIdentifier]:
    """Return where a point is: the device's address and the object. Raises DeviceError when its address is none."""
    host, slash, thing = point.address.partition("/")
    try:
        if not slash or ":" not in host:
            raise ValueError(point.address)
        return Address(host), ObjectIdentifier(thing)
    except (ValueError, TypeError) as error:
        raise DeviceError(
            f"point {point.id}: address {point.address!r} is no BACnet address; give host:port/object-type,instance"
        ) from error


def _number(found: object) -> float:
    try:
        return float(str(found)) if not isinstance(found, (int, float)) else float(found)
    except ValueError as error:
        words = {"active": 1.0, "inactive": 0.0}
        if str(found) in words:
            return words[str(found)]
        raise DeviceError(f"answers {found!r}, which is no number") from error
