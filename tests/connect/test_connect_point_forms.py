"""Addresses and forms of points without a device: what a register holds, what an answer means, what is refused."""

from __future__ import annotations

import math
import struct
from types import SimpleNamespace
from typing import ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymodbus.client import ModbusTcpClient
from pymodbus.exceptions import ModbusException

from parkwright.connect import bacnet, modbus
from parkwright.connect.modbus import ModbusBus
from parkwright.model.control import ControlPoint
from parkwright.model.errors import DeviceError


def point(address, protocol="modbus"):
    return ControlPoint(
        id="p", name_en="a", name_zh="甲", building_id="B1", zone_id="z", kind="room", quantity="temperature_c",
        role="setpoint", protocol=protocol, address=address, basis="assumed: a test",
    )  # fmt: skip


class Registers(ModbusTcpClient):
    """A client whose device is a row of registers in memory."""

    held: ClassVar[dict[int, int]] = {}
    fault = ""

    def connect(self):
        return self.fault != "away"

    def read_holding_registers(self, address, *, count=1, device_id=1, **_):
        if self.fault == "breaks":
            raise ModbusException("line cut")
        words = [self.held.get(address + row, 0) for row in range(count)]
        return SimpleNamespace(registers=words, isError=lambda: self.fault == "refuses")

    def write_registers(self, address, values, *, device_id=1, **_):
        if self.fault == "breaks":
            raise ModbusException("line cut")
        if self.fault != "refuses":
            self.held.update({address + row: word for row, word in enumerate(values)})
        return SimpleNamespace(isError=lambda: self.fault == "refuses")


@pytest.fixture(autouse=True)
def in_memory(monkeypatch):
    monkeypatch.setattr(Registers, "held", {})
    monkeypatch.setattr(Registers, "fault", "")
    monkeypatch.setattr(modbus, "ModbusTcpClient", Registers)


def test_a_float_lies_in_two_registers_high_word_first():
    ModbusBus().write(point("h:502/1/40"), 22.25)
    assert struct.pack(">2H", Registers.held[40], Registers.held[41]) == struct.pack(">f", 22.25)


def test_a_count_lies_in_one_register_as_two_complement():
    ModbusBus().write(point("h:502/1/40/int16:0.1"), -3.5)
    assert Registers.held == {40: 65536 - 35}


@pytest.mark.parametrize("value", [0.0, -0.5, 21.5, 1e6, -1e-3, 32767.0])
def test_a_float_comes_back_to_seven_digits(value):
    ModbusBus().write(point("h:502/1/8/float32"), value)
    assert ModbusBus().read([point("h:502/1/8")]).values["p"] == pytest.approx(value, rel=1e-6)


@pytest.mark.parametrize("scale", ["0.01", "0.1", "1", "5"])
@pytest.mark.parametrize("count", [-32768, -1, 0, 7, 32767])
def test_every_count_of_16_bits_comes_back_at_its_scale(scale, count):
    place = point(f"h:502/1/8/int16:{scale}")
    ModbusBus().write(place, count * float(scale))
    assert ModbusBus().read([place]).values["p"] == pytest.approx(count * float(scale))


@pytest.mark.parametrize("count", [-32769, 32768])
def test_one_count_more_does_not_fit_and_nothing_is_written(count):
    with pytest.raises(DeviceError, match=r"does not fit 16 bits at scale 0\.5"):
        ModbusBus().write(point("h:502/1/8/int16:0.5"), count * 0.5)
    assert Registers.held == {}


@pytest.mark.parametrize("shown", [math.nan, math.inf, -math.inf])
def test_a_float_that_is_no_number_is_silent_and_never_0(shown):
    Registers.held.update(enumerate(struct.unpack(">2H", struct.pack(">f", shown)), start=8))
    found = ModbusBus().read([point("h:502/1/8")])
    assert found.values == {}
    assert "which is no number" in found.silent["p"]


@pytest.mark.parametrize(
    ("fault", "words"), [("away", "cannot be reached"), ("breaks", "does not answer"), ("refuses", "refuses")]
)
def test_a_fault_of_the_device_is_told_with_the_point(monkeypatch, fault, words):
    monkeypatch.setattr(Registers, "fault", fault)
    found = ModbusBus().read([point("h:502/1/8")])
    assert found.values == {}
    assert found.silent["p"].startswith("point p: ")
    assert words in found.silent["p"]
    with pytest.raises(DeviceError, match=f"^point p: .*{words}"):
        ModbusBus().write(point("h:502/1/8"), 1.0)
    assert Registers.held == {}


@given(
    st.integers(1, 65535), st.integers(0, 247), st.integers(0, 65535), st.sampled_from(["float32", "int16"]),
    st.integers(1, 999),
)  # fmt: skip
def test_a_well_formed_address_is_taken_apart(port, unit, register, form, thousandths):
    text = f"ahu.example:{port}/{unit}/{register}/{form}:{thousandths / 1000:.3f}"
    found = modbus.register(point(text))
    assert (found.host, found.port, found.unit, found.register, found.form) == (
        "ahu.example",
        port,
        unit,
        register,
        form,
    )
    assert found.scale == pytest.approx(thousandths / 1000)


@pytest.mark.parametrize(
    "text", ["h:0/1/1", "h:65536/1/1", "h:502/248/1", "a b:502/1/1", "h:502/1/1/int16:", "h:502//1"]
)
def test_an_address_just_beyond_what_there_is_is_refused(text):
    with pytest.raises(DeviceError, match="is no Modbus address"):
        modbus.register(point(text))


@pytest.mark.parametrize("text", ["h:502/1/1/int16:0", "h:502/1/1/int16:0.0", "h:502/1/1/int16:1.2.3", "h:502/1/70000"])
def test_a_scale_that_is_none_and_a_register_that_is_none_are_refused(text):
    with pytest.raises(DeviceError, match="is no Modbus address"):
        modbus.register(point(text))


@pytest.mark.parametrize(
    ("shown", "wanted"), [(21.5, 21.5), (3, 3.0), (True, 1.0), ("7.25", 7.25), ("active", 1.0), ("inactive", 0.0)]
)
def test_what_bacnet_answers_is_a_number(shown, wanted):
    assert bacnet._number(shown) == wanted


@pytest.mark.parametrize("shown", ["", "warm", None, "1,5"])
def test_what_bacnet_answers_otherwise_is_told(shown):
    with pytest.raises(DeviceError, match="which is no number"):
        bacnet._number(shown)


@pytest.mark.parametrize("kind", ["analog-input", "analog-value", "binary-output", "multi-state-value"])
@pytest.mark.parametrize("instance", [0, 17, 4_194_302])
def test_a_bacnet_address_names_device_and_object(kind, instance):
    where, thing = bacnet.address(point(f"10.0.0.5:47808/{kind},{instance}", "bacnet"))
    assert str(where) == "10.0.0.5"
    assert str(thing) == f"{kind},{instance}"


@pytest.mark.parametrize(
    "text", ["10.0.0.5:47808", "10.0.0.5:47808/", "10.0.0.5:47808/analog-value", "10.0.0.5/47808:a"]
)
def test_half_a_bacnet_address_is_refused_with_the_form_to_give(text):
    with pytest.raises(DeviceError, match="give host:port/object-type,instance"):
        bacnet.address(point(text, "bacnet"))
