"""Check a park folder: everything that is wrong, in one run, each with file, row, finding and way out."""

from __future__ import annotations

from pathlib import Path

from parkwright.model.errors import Finding
from parkwright.store.draft import Draft, read_sections
from parkwright.store.layout import FILES, WEATHER_FILE
from parkwright.store.parse import Reader
from parkwright.store.weather import read_weather


def findings(path: Path) -> list[Finding]:
    """Return everything that is wrong with a park folder, sorted by place; empty when it can be used.

    path: the park folder. Never raises for a bad folder.
    """
    return examine(path)[1]


def examine(path: Path) -> tuple[Draft, list[Finding]]:
    """Return what could be read of a park folder, and everything that is wrong with it, sorted by place."""
    reader = Reader(path)
    draft = Draft(reader)
    if not path.is_dir():
        return draft, [Finding(str(path), 0, "park folder", "is no folder", "give the folder of a park")]
    present = {name for name in FILES if (path / name).exists()}
    read_sections(draft, present)
    if WEATHER_FILE in present:
        draft.weather, draft.station = read_weather(reader, WEATHER_FILE)
    return draft, sorted(reader.findings)
