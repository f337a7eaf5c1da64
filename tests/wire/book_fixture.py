"""Carbon books of the small park, and a closed day with one."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

FOOTPRINT = """
[footprint]
life_cycle_id = "cn-lifecycle-2024"
solar_id = "ipcc-rooftop-solar-2014"
cv = "0.1"
rating = "2"
freight_cv = "0.3"
freight_rating = "4"
basis = "assumed: a test"
"""
HALF = """
[[target]]
id = "T1"
title = { en = "Half", zh = "减半" }
rule_id = "half-2030"
scopes = [1, 2]
view = "location"
base_year = 2020
base_t = "300"
target_year = 2030
basis = "assumed: a test"
"""


def with_book(closed: Path, place: Path, files: Mapping[str, str]) -> tuple[Path, Path]:
    """Copy a folder of park/ and var/ to `place`, write the files of its carbon book, and return park/ and var/."""
    shutil.copytree(closed, place)
    (place / "park" / "carbon").mkdir()
    for name, text in files.items():
        (place / "park" / "carbon" / name).write_text(text, "utf-8")
    return place / "park", place / "var"
