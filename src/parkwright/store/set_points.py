"""The record of set-points that were changed: one line a change, never edited, durable when it returns."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path

from parkwright.energy.points import Change
from parkwright.model.errors import LedgerError


def append(path: Path, change: Change) -> None:
    """Add a change to the record and return when it is on the disk; a last line that a crash cut short makes way."""
    path.parent.mkdir(parents=True, exist_ok=True)
    line = json.dumps({**asdict(change), "at": change.at.isoformat()}, ensure_ascii=False)
    with path.open("a+b") as file:
        file.seek(0)
        file.truncate(file.read().rfind(b"\n") + 1)
        file.write(line.encode() + b"\n")
        file.flush()
        os.fsync(file.fileno())


def read(path: Path) -> Sequence[Change]:
    """Return all changes, oldest first; none where there is no record yet.

    A last line that a crash cut short was never acknowledged and is left out. Raises LedgerError when another line is
    broken.
    """
    if not path.exists():
        return []
    lines = path.read_bytes().split(b"\n")
    found = []
    for row, line in enumerate(lines[:-1], start=1):
        try:
            fields = json.loads(line.decode())
            found.append(Change(**{**fields, "at": datetime.fromisoformat(fields["at"])}))
        except (ValueError, TypeError, KeyError) as error:
            raise LedgerError(f"{path}:{row}: is no change of a set-point ({error}); restore the file") from error
    return found
