"""Since when and at which pace a live park runs: two small files beside its ledger."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from parkwright.connect import files
from parkwright.model.park import Park
from parkwright.wire.places import Places


@dataclass(frozen=True, slots=True)
class Anchor:
    """The pace of a live park: at `monotonic_s` of this machine the park's time was `instant`, at `speed`."""

    instant: datetime
    monotonic_s: float
    speed: float

    def now(self) -> datetime:
        """Return the park's present instant, aware UTC."""
        return self.instant + timedelta(seconds=(time.monotonic() - self.monotonic_s) * self.speed)

    def save(self, path: Path) -> None:
        """Write the anchor where the server finds it."""
        text = json.dumps({"instant": self.instant.isoformat(), "monotonic_s": self.monotonic_s, "speed": self.speed})
        replace_text(path, text)


def anchor_of(path: Path) -> Anchor | None:
    """Return the saved anchor; None before the live worker has found its pace."""
    if not path.exists():
        return None
    found = json.loads(path.read_text())
    return Anchor(datetime.fromisoformat(found["instant"]), found["monotonic_s"], found["speed"])


def replace_text(path: Path, text: str) -> None:
    """Write a small file whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".new")
    draft.write_text(text)
    draft.replace(path)


def lived_since(places: Places) -> date | None:
    """Return the day on which this ledger went live; None before."""
    path = places.home / "live.json"
    return date.fromisoformat(json.loads(path.read_text())["first_day"]) if path.exists() else None


def first_day(places: Places, park: Park, folder: Path, history_days: int) -> date:
    """Return the day on which this ledger went live: remembered; else today in the park's zone.

    A park that is read from files goes live `history_days` after the first full day of its files.
    """
    known = lived_since(places)
    if known is not None:
        return known
    day = datetime.now(UTC).astimezone(park.zone).date()
    if park.meter_files:
        starts = [files.read(park, folder, source)[0]["start"].min() for source in park.meter_files]
        begin = max(start for start in starts if isinstance(start, datetime))
        day = begin.astimezone(park.zone).date() + timedelta(days=history_days + 1)
    replace_text(places.home / "live.json", json.dumps({"first_day": day.isoformat()}))
    return day
