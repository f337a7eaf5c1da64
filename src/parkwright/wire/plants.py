"""Which plant and which meters stand behind a park's doors: metered files where it has them, else the twin."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from parkwright.connect.files import FileMeters, FilePlant
from parkwright.model.opening import Opening
from parkwright.model.park import Park
from parkwright.run.ports import Meters, Plant
from parkwright.twin.park import Twin


def plant_of(park: Park, folder: Path, day: date, seed: int, opening: Opening) -> tuple[Plant, Meters]:
    """Return the plant and the meters of `day`; a park with metered files has no twin."""
    if park.meter_files:
        start = park.midnight(day)
        return FilePlant(start), FileMeters(park, folder, start)
    twin = Twin(park, day, seed, opening)
    return twin, twin
