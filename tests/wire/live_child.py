"""A live park in a process of its own, to be killed: the live worker's loop at no pace, in cycles of five minutes."""

from __future__ import annotations

import threading
from datetime import timedelta
from pathlib import Path

from parkwright.run.day import Cadence
from parkwright.store import folder
from parkwright.wire.live import LivePark
from parkwright.wire.places import Places

CYCLE = timedelta(minutes=5)
CADENCE = Cadence(commit=CYCLE, sample=CYCLE, provisional=True, tick=CYCLE)
NO_PACE = 1e9


def run(park_dir: Path, var: Path) -> None:
    """Run the park day after day until killed."""
    park = folder.load(park_dir)
    places = Places(var, park.site.park_id)
    LivePark(park, park_dir, places, 1, NO_PACE, threading.Event(), lambda _line: None, CADENCE).run()
