"""Which plant, meters and points stand behind a park's doors: metered files where it has them, else the twin."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import date
from pathlib import Path

from parkwright.connect.bacnet import BacnetBus
from parkwright.connect.files import FileMeters, FilePlant
from parkwright.connect.modbus import ModbusBus
from parkwright.connect.polled import PolledBus
from parkwright.model.opening import Opening
from parkwright.model.park import Park
from parkwright.run.points import PLANT
from parkwright.run.ports import Meters, Plant, PointBus
from parkwright.twin.park import Twin


def plant_of(
    park: Park, folder: Path, day: date, seed: int, opening: Opening
) -> tuple[Plant, Meters, dict[str, PointBus]]:
    """Return the plant, the meters and the simulated points of `day`; a park with metered files has no twin."""
    if park.meter_files:
        start = park.midnight(day)
        return FilePlant(start), FileMeters(park, folder, start), {}
    twin = Twin(park, day, seed, opening)
    return twin, twin, {PLANT: twin}


def buses() -> dict[str, PointBus]:
    """Return the protocols that devices of the buildings are reached by: of a live park, as a device knows only now."""
    return {"bacnet": BacnetBus(), "modbus": ModbusBus()}


@contextmanager
def polled(park: Park) -> Iterator[dict[str, PointBus]]:
    """Yield the same protocols, whose devices are read beside the run: a live park waits for none of them."""
    with ExitStack() as stack:
        yield {
            protocol: stack.enter_context(PolledBus(bus, [one for one in park.points if one.protocol == protocol]))
            for protocol, bus in buses().items()
        }
