"""Two figures of one unit, side by side: what the ledger attributed to it, and its product carbon footprint.

What was attributed counts power by the emission factor of scope 2 and adds up to the meters. The footprint counts the
life cycle. Neither is put in the other's place; the difference is told part by part, to the microgram.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from parkwright.carbon.footprint import Footprint, Part

Component = Literal["energy", "materials", "loss", "freight"]


@dataclass(frozen=True, slots=True)
class Compared:
    """One component in both figures [ug CO2e]; a component that one of them does not count is 0 there."""

    component: Component
    attributed_ug: int
    footprint_ug: int

    @property
    def difference_ug(self) -> int:
        """Footprint less attributed [ug CO2e]."""
        return self.footprint_ug - self.attributed_ug


def compared(
    location_ug: int, material_ug: int, found: Footprint, without_loss: Sequence[Part]
) -> tuple[Compared, ...]:
    """Return what was attributed to a unit beside its footprint, by component; both columns add up to their figure.

    location_ug, material_ug: of the unit's passport. found: the footprint of the same unit. without_loss: its materials
    and freight as if nothing bought were lost before it is in a unit, so that the loss stands apart.

    energy: emission factor against life cycle. materials: the figures of the day's close against those in use now.
    loss, freight: counted in the footprint alone.
    """
    kept = sum(part.emitted_ug for part in without_loss if part.kind == "material")
    return (
        Compared("energy", location_ug, found.of_kind_ug("energy")),
        Compared("materials", material_ug, kept),
        Compared("loss", 0, found.of_kind_ug("material") - kept),
        Compared("freight", 0, found.of_kind_ug("freight")),
    )
