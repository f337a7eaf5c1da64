"""A Modbus TCP device of the library, as a process of its own: a float at 10, counts of 0.1 at 20."""

from __future__ import annotations

import asyncio
import sys

from pymodbus.client import ModbusTcpClient
from pymodbus.server import ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice


async def serve(port: int) -> None:
    words = [0] * 100
    words[10:12] = ModbusTcpClient.convert_to_registers(21.5, ModbusTcpClient.DATATYPE.FLOAT32)
    words[20] = 205
    words[30:32] = ModbusTcpClient.convert_to_registers(float("nan"), ModbusTcpClient.DATATYPE.FLOAT32)
    held = SimData(address=0, values=words, datatype=DataType.REGISTERS)
    server = ModbusTcpServer(SimDevice(id=1, simdata=[held]), address=("127.0.0.1", port))
    await server.listen()
    print("ready", flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1])))
