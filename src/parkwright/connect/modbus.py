"""Points over Modbus TCP: holding registers read and written as 32-bit floats or scaled 16-bit integers."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from pymodbus.client import ModbusTcpClient
from pymodbus.exceptions import ModbusException

from parkwright.model.control import ControlPoint
from parkwright.model.errors import DeviceError
from parkwright.run.ports import PointValues

WAIT_S = 3.0
"""How long a device may take for one value [s]; assumed, as for BACnet."""
_ADDRESS = re.compile(
    r"(?P<host>[^/:\s]+):(?P<port>\d{1,5})/(?P<unit>\d{1,3})/(?P<register>\d{1,5})(?:/(?P<form>float32|int16)(?::(?P<scale>\d+(?:\.\d*)?|\.\d+))?)?"
)


@dataclass(frozen=True, slots=True)
class Register:
    """Where a value is: host, port, unit, first holding register (from 0), its form and what one count stands for."""

    host: str
    port: int
    unit: int
    register: int
    form: str
    scale: float


class ModbusBus:
    """Reads and writes points by addresses `host:port/unit/register/form`: float32 (default) or int16:0.1."""

    def __init__(self, wait_s: float = WAIT_S) -> None:
        """Keep the time limit of a value [s]."""
        self._wait_s = wait_s

    def read(self, points: Sequence[ControlPoint]) -> PointValues:
        """Return the present values; a point that does not answer, or answers no number, is silent with its reason."""
        values: dict[str, float] = {}
        silent: dict[str, str] = {}
        for point in points:
            try:
                values[point.id] = self._value(point)
            except DeviceError as error:
                silent[point.id] = str(error)
        return PointValues(values, silent)

    def write(self, point: ControlPoint, value: float) -> None:
        """Write a value. Raises DeviceError when the device is silent, refuses, or the value does not fit its form."""
        place = register(point)
        with self._client(point, place) as client:
            if place.form == "float32":
                words = client.convert_to_registers(float(value), client.DATATYPE.FLOAT32)
            else:
                count = round(value / place.scale)
                if not -32768 <= count <= 32767:
                    raise DeviceError(f"point {point.id}: {value:g} does not fit 16 bits at scale {place.scale:g}")
                words = client.convert_to_registers(count, client.DATATYPE.INT16)
            try:
                answer = client.write_registers(place.register, words, device_id=place.unit)
            except ModbusException as error:
                raise DeviceError(f"point {point.id}: {point.address} does not answer ({error})") from error
            if answer.isError():
                raise DeviceError(f"point {point.id}: {point.address} refuses {value:g} ({answer})")

    def release(self, point: ControlPoint, value: float) -> None:
        """Write what the schedule wants. Raises DeviceError when the device is silent or refuses."""
        self.write(point, value)

    def _value(self, point: ControlPoint) -> float:
        place = register(point)
        wide = place.form == "float32"
        with self._client(point, place) as client:
            try:
                answer = client.read_holding_registers(place.register, count=2 if wide else 1, device_id=place.unit)
            except ModbusException as error:
                raise DeviceError(f"point {point.id}: {point.address} does not answer ({error})") from error
            if answer.isError():
                raise DeviceError(f"point {point.id}: {point.address} refuses ({answer})")
            kind = client.DATATYPE.FLOAT32 if wide else client.DATATYPE.INT16
            found = client.convert_from_registers(answer.registers, kind)
        value = float(found) * place.scale if isinstance(found, (int, float)) else math.nan
        if not math.isfinite(value):
            raise DeviceError(f"point {point.id}: {point.address} answers {found}, which is no number")
        return value

    def _client(self, point: ControlPoint, place: Register) -> ModbusTcpClient:
        client = ModbusTcpClient(place.host, port=place.port, timeout=self._wait_s, retries=0)
        if not client.connect():
            raise DeviceError(f"point {point.id}: {place.host}:{place.port} cannot be reached; check its network")
        return client


def register(point: ControlPoint) -> Register:
    """Return where a point is. Raises DeviceError when its address is none."""
    match = _ADDRESS.fullmatch(point.address)
    scale = float(match["scale"] or 1.0) if match else 0.0
    if (
        match is None
        or not 0 < int(match["port"]) < 65536
        or int(match["unit"]) > 247
        or int(match["register"]) > 65535
        or scale <= 0.0
    ):
        raise DeviceError(
            f"point {point.id}: address {point.address!r} is no Modbus address; give host:port/unit/register, "
            "with /float32 or /int16:scale"
        )
    return Register(
        match["host"], int(match["port"]), int(match["unit"]), int(match["register"]), match["form"] or "float32", scale
    )
