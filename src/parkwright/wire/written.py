"""Files that a command writes: whether they can be written is told before the work, not after it."""

from __future__ import annotations

import csv
import os
from pathlib import Path

from parkwright.model.errors import ParkwrightError


def must_be_writable(out: Path | None) -> None:
    """Raise ParkwrightError when a file cannot be written; None for no file."""
    if out is None:
        return
    if not out.parent.is_dir():
        raise ParkwrightError(f"{out}: no such folder; give a file in a folder that exists")
    if out.is_dir() or not os.access(out if out.exists() else out.parent, os.W_OK):
        raise ParkwrightError(f"{out}: cannot be written; give another file")


def write_rows(out: Path, columns: tuple[str, ...], rows: list[tuple[object, ...]]) -> None:
    """Write a CSV whole; raises ParkwrightError when the file cannot be written."""
    try:
        with out.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(columns)
            writer.writerows(rows)
    except OSError as error:
        raise ParkwrightError(f"{out}: {error.strerror}; give a file in a folder that exists") from error


def write_text(out: Path, text: str) -> None:
    """Write a text file; raises ParkwrightError when it cannot be written."""
    try:
        out.write_text(text, encoding="utf-8")
    except OSError as error:
        raise ParkwrightError(f"{out}: {error.strerror}; give a file in a folder that exists") from error
