"""Check a park folder: everything that is wrong, in one run, each with file, row, finding and way out."""

from __future__ import annotations

from pathlib import Path

from parkwright.model.errors import Finding
from parkwright.store.draft import Draft, read_sections
from parkwright.store.layout import FILES, ORDERS_FILE, WEATHER_FILE
from parkwright.store.parse import Reader
from parkwright.store.rules import control, metering, place, plant, production, reference, series
from parkwright.store.weather import read_weather


def findings(path: Path) -> list[Finding]:
    """Return everything that is wrong with a park folder, sorted by place; empty when it can be used.

    path: the park folder. A bad folder never raises.
    """
    return examine(path)[1]


def examine(path: Path) -> tuple[Draft, list[Finding]]:
    """Return what could be read of a park folder, and everything that is wrong with it, sorted by place."""
    reader = Reader(path)
    draft = Draft(reader)
    try:
        names = sorted(entry.name for entry in path.iterdir())
    except OSError as error:
        found = f"cannot be opened as a folder ({error.strerror})"
        return draft, [Finding(str(path), 0, "park folder", found, "give the folder of a park")]
    read_sections(draft, {name for name in FILES if name in names})
    if WEATHER_FILE in names:
        draft.weather, draft.station = read_weather(reader, WEATHER_FILE)
    reference.identities(draft)
    place.check(draft)
    production.check(draft)
    plant.check(draft)
    metering.check(draft)
    control.check(draft)
    series.check_weather(draft)
    series.check_orders(draft, ORDERS_FILE in names)
    series.check_imports(draft)
    series.strangers(draft, names, FILES)
    return draft, sorted(reader.findings)
