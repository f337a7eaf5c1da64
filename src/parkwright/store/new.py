"""Make a new park folder: small, clean, and running."""

from __future__ import annotations

import re
from importlib.resources import files
from pathlib import Path

from parkwright.model.errors import Finding, ParkError
from parkwright.model.noun import ID_PATTERN

STARTER_ID = "PARK"
"""The park_id that stands in the starter folder."""


def write_park(path: Path, park_id: str) -> None:
    """Write a small park that checks clean and runs: one line, two products, a dozen meters.

    path: the folder to make; it may exist but must be empty. park_id: identity of the park, first part of serial
    numbers. Raises ParkError when the folder holds something or cannot be written, or park_id is no identity.
    """
    if not re.fullmatch(ID_PATTERN.removesuffix("$"), park_id):
        way_out = "give letters, digits, '.', '_' and '-', at most 48, beginning with a letter or digit"
        raise ParkError([Finding(str(path), 0, "park_id", f"is '{park_id}'", way_out)])
    if path.exists() and (not path.is_dir() or any(path.iterdir())):
        raise ParkError([Finding(str(path), 0, "park folder", "is not empty", "name a new folder")])
    try:
        path.mkdir(parents=True, exist_ok=True)
        for source in sorted(files("parkwright.store").joinpath("starter").iterdir(), key=lambda entry: entry.name):
            text = source.read_text(encoding="utf-8")
            (path / source.name).write_text(_named(text, park_id), encoding="utf-8", newline="\n")
    except OSError as error:
        way_out = "name a folder that you may write to"
        raise ParkError(
            [Finding(str(path), 0, "park folder", f"cannot be written ({error.strerror})", way_out)]
        ) from error


def _named(text: str, park_id: str) -> str:
    return text.replace(f'park_id = "{STARTER_ID}"', f'park_id = "{park_id}"')
