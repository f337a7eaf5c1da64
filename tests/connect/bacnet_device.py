"""A BACnet/IP device of the library, as a process of its own: three analog values and a switch."""

from __future__ import annotations

import asyncio
import socket
import sys

from bacpypes3.app import Application
from bacpypes3.local.analog import AnalogInputObject, AnalogValueObject, AnalogValueObjectCmd
from bacpypes3.local.binary import BinaryValueObject
from bacpypes3.local.device import DeviceObject
from bacpypes3.local.networkport import NetworkPortObject


def is_free(port: int) -> bool:
    """The library binds its port in a task of its own, after the application exists."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


async def serve(port: int) -> None:
    app = Application.from_object_list([
        DeviceObject(objectIdentifier=("device", 599), objectName="hall", vendorIdentifier=999),
        NetworkPortObject(f"127.0.0.1:{port}", objectIdentifier=("network-port", 1), objectName="port"),
        AnalogInputObject(objectIdentifier=("analog-input", 1), objectName="room", presentValue=21.5),
        AnalogValueObject(objectIdentifier=("analog-value", 1), objectName="set-point", presentValue=20.0),
        AnalogValueObjectCmd(
            objectIdentifier=("analog-value", 2), objectName="own program", presentValue=19.0, relinquishDefault=19.0
        ),
        BinaryValueObject(objectIdentifier=("binary-value", 1), objectName="fan", presentValue="active"),
    ])  # fmt: skip
    while is_free(port):
        await asyncio.sleep(0.01)
    print("ready", flush=True)
    await asyncio.Event().wait()
    app.close()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1])))
