"""The catalogue of glass: panes with their source, put together to windows with a price."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from typing import Any

from parkwright.energy.panes import Glazing, Pane
from parkwright.store.standards import SHIPPED

CATALOGUE = SHIPPED / "glazing.toml"
GLASS_W_PER_MK = 0.9
"""Conductivity of the catalogue's panes [W/mK]; WINDOW 4 library (LBNL)."""


@dataclass(frozen=True, slots=True)
class Glass:
    """A glass of the catalogue: shown names, how it is made, its price fitted [CNY/m2] and the basis of that."""

    id: str
    name: dict[str, str]
    glazing: Glazing
    cost_cny_per_m2: float
    basis: str


def catalogue() -> dict[str, Glass]:
    """Return the glass that ships, by its identity."""
    return read(CATALOGUE.read_text(encoding="utf-8"))


def read(text: str) -> dict[str, Glass]:
    """Return the glass of a catalogue's TOML text.

    Raises KeyError when a glass names a pane that the text does not hold.
    """
    book = tomllib.loads(text)
    panes = {name: _pane(fields) for name, fields in book["pane"].items()}
    found = {}
    for name, fields in book["glass"].items():
        sheets = tuple(panes[one] for one in fields["panes"])
        gaps = (float(fields.get("gap_m", 0.0)),) * (len(sheets) - 1)
        glazing = Glazing(sheets, gaps, fields.get("gas", "air"))
        found[name] = Glass(name, fields["name"], glazing, float(fields["cost_cny_per_m2"]), fields["basis"])
    return found


def _pane(fields: dict[str, Any]) -> Pane:
    (passed, front, back), (light, thrown) = fields["solar"], fields["visible"]
    outer, inner = fields["emissivity"]
    return Pane(
        passed, front, back, outer, inner, fields["thickness_m"], GLASS_W_PER_MK, fields.get("coated", False), light,
        thrown,
    )  # fmt: skip
