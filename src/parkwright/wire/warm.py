"""Compile every kernel once, by running one day of a small park, so that the first real day starts at once."""

from __future__ import annotations

import tempfile
from datetime import date
from pathlib import Path

from parkwright.store import folder, new
from parkwright.wire.headless import run_one

ANY_WORKING_DAY = date(2026, 7, 15)


def warm_up() -> None:
    """Run a day of a new park in a folder that is thrown away; its kernels' machine code stays in the cache."""
    with tempfile.TemporaryDirectory() as place:
        park_dir = Path(place) / "park"
        new.write_park(park_dir, "warm")
        run_one(folder.load(park_dir), park_dir, ANY_WORKING_DAY, 1, Path(place) / "var")
