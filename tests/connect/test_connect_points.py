"""Points on real devices of the protocols' libraries, each in a process of its own on loopback."""

from __future__ import annotations

import socket
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest

from parkwright.connect import bacnet, modbus
from parkwright.connect.bacnet import BacnetBus
from parkwright.connect.modbus import ModbusBus
from parkwright.model.control import ControlPoint
from parkwright.model.errors import DeviceError

HERE = Path(__file__).parent


def point(point_id, protocol, address, role="setpoint"):
    return ControlPoint(
        id=point_id, name_en="a", name_zh="甲", building_id="B1", zone_id="z", kind="room", quantity="temperature_c",
        role=role, protocol=protocol, address=address, basis="assumed: a test",
    )  # fmt: skip


def free_port(kind):
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def device(script, kind):
    port = free_port(kind)
    process = subprocess.Popen([sys.executable, str(HERE / script), str(port)], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout.readline().strip() == "ready"
        yield port
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


@pytest.fixture(scope="module")
def bacnet_port():
    with device("bacnet_device.py", socket.SOCK_DGRAM) as port:
        yield port


@pytest.fixture(scope="module")
def modbus_port():
    with device("modbus_device.py", socket.SOCK_STREAM) as port:
        yield port


def test_bacnet_values_are_read_from_a_device(bacnet_port):
    host = f"127.0.0.1:{bacnet_port}"
    asked = [
        point("room", "bacnet", f"{host}/analog-input,1"),
        point("fan", "bacnet", f"{host}/binary-value,1"),
        point("gone", "bacnet", f"{host}/analog-value,9"),
    ]
    found = BacnetBus().read(asked)
    assert found.values == {"room": 21.5, "fan": 1.0}
    assert set(found.silent) == {"gone"}
    assert "unknown-object" in found.silent["gone"]


def test_a_bacnet_set_point_is_written_and_reads_back(bacnet_port):
    wanted = point("sp", "bacnet", f"127.0.0.1:{bacnet_port}/analog-value,1")
    BacnetBus().write(wanted, 22.25)
    assert BacnetBus().read([wanted]).values == {"sp": 22.25}


def test_a_released_bacnet_set_point_follows_the_devices_own_program(bacnet_port):
    wanted = point("sp", "bacnet", f"127.0.0.1:{bacnet_port}/analog-value,2")
    BacnetBus().write(wanted, 22.0)
    BacnetBus().write(wanted, 23.0)
    assert BacnetBus().read([wanted]).values == {"sp": 23.0}
    BacnetBus().release(wanted, 20.0)
    assert BacnetBus().read([wanted]).values == {"sp": 19.0}


def test_a_released_bacnet_object_without_priorities_is_given_the_schedules_value(bacnet_port):
    wanted = point("sp", "bacnet", f"127.0.0.1:{bacnet_port}/analog-value,1")
    BacnetBus().write(wanted, 22.0)
    BacnetBus().release(wanted, 20.5)
    assert BacnetBus().read([wanted]).values == {"sp": 20.5}


def test_a_bacnet_device_that_is_not_there_cannot_be_released():
    lost = point("lost", "bacnet", f"127.0.0.1:{free_port(socket.SOCK_DGRAM)}/analog-value,1")
    with pytest.raises(DeviceError, match=r"does not answer in 0\.5 s; check its network"):
        BacnetBus(wait_s=0.5).release(lost, 20.0)


def test_a_bacnet_object_that_is_not_there_refuses_to_be_written(bacnet_port):
    with pytest.raises(DeviceError, match=r"point sp: 127.0.0.1:\d+/analog-value,9 refuses 5"):
        BacnetBus().write(point("sp", "bacnet", f"127.0.0.1:{bacnet_port}/analog-value,9"), 5.0)


def test_a_bacnet_device_that_is_not_there_is_silent_and_never_0():
    lost = point("lost", "bacnet", f"127.0.0.1:{free_port(socket.SOCK_DGRAM)}/analog-value,1")
    found = BacnetBus(wait_s=0.5).read([lost])
    assert found.values == {}
    assert "no answer in 0.5 s" in found.silent["lost"]
    with pytest.raises(DeviceError, match=r"does not answer in 0\.5 s; check its network"):
        BacnetBus(wait_s=0.5).write(lost, 20.0)


@pytest.mark.parametrize("text", ["", "10.0.0.1", "10.0.0.1/analog-value,1", "10.0.0.1:47808/no-such-thing"])
def test_a_bacnet_address_that_is_none_is_told(text):
    with pytest.raises(DeviceError, match="is no BACnet address; give host:port/object-type,instance"):
        bacnet.address(point("p", "bacnet", text))
    assert "is no BACnet address" in BacnetBus().read([point("p", "bacnet", text)]).silent["p"]


def test_modbus_values_are_read_from_a_device(modbus_port):
    host = f"127.0.0.1:{modbus_port}/1"
    asked = [point("room", "modbus", f"{host}/10"), point("count", "modbus", f"{host}/20/int16:0.1")]
    found = ModbusBus().read(asked)
    assert found.values == pytest.approx({"room": 21.5, "count": 20.5})
    assert found.silent == {}


def test_a_modbus_value_that_is_no_number_or_out_of_the_map_is_silent(modbus_port):
    host = f"127.0.0.1:{modbus_port}/1"
    found = ModbusBus().read([point("nan", "modbus", f"{host}/30"), point("far", "modbus", f"{host}/5000")])
    assert found.values == {}
    assert "which is no number" in found.silent["nan"]
    assert "refuses" in found.silent["far"]


def test_a_modbus_set_point_is_written_and_reads_back_in_both_forms(modbus_port):
    for register, value in (("40", 22.25), ("50/int16:0.1", -3.5)):
        wanted = point("sp", "modbus", f"127.0.0.1:{modbus_port}/1/{register}")
        ModbusBus().write(wanted, value)
        assert ModbusBus().read([wanted]).values["sp"] == pytest.approx(value)


def test_modbus_refuses_what_does_not_fit_or_does_not_exist(modbus_port):
    with pytest.raises(DeviceError, match=r"4000 does not fit 16 bits at scale 0\.1"):
        ModbusBus().write(point("sp", "modbus", f"127.0.0.1:{modbus_port}/1/50/int16:0.1"), 4000.0)
    with pytest.raises(DeviceError, match="refuses 1"):
        ModbusBus().write(point("sp", "modbus", f"127.0.0.1:{modbus_port}/1/5000"), 1.0)


def test_a_modbus_device_that_is_not_there_cannot_be_reached():
    lost = point("lost", "modbus", f"127.0.0.1:{free_port(socket.SOCK_STREAM)}/1/10")
    assert "cannot be reached; check its network" in ModbusBus(wait_s=0.5).read([lost]).silent["lost"]
    with pytest.raises(DeviceError, match="cannot be reached"):
        ModbusBus(wait_s=0.5).write(lost, 1.0)


@pytest.mark.parametrize(
    "text", ["", "host", "h:1/1", "h:99999/1/1", "h:502/300/1", "h:502/1/1/text", "h:502/1/x", "h:502/1/1/int16:a"]
)
def test_a_modbus_address_that_is_none_is_told(text):
    with pytest.raises(DeviceError, match="is no Modbus address; give host:port/unit/register"):
        modbus.register(point("p", "modbus", text))


def test_a_modbus_address_is_read():
    found = modbus.register(point("p", "modbus", "ahu-1:502/3/100/int16:0.01"))
    assert (found.host, found.port, found.unit, found.register) == ("ahu-1", 502, 3, 100)
    assert (found.form, found.scale) == ("int16", 0.01)
