"""Sinks: carbon in the park's trees by the difference of two inventories, on an account of its own, never netted."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from parkwright.carbon.factors import UG_PER_KG
from parkwright.model.errors import LedgerError
from parkwright.model.site import Tree

CO2_PER_C = 44 / 12
"""Mass of CO2 of a mass of carbon (molar masses 44 and 12 g/mol)."""
CARBON_SHARE = 0.47
"""Carbon in dry wood. References: IPCC Guidelines 2006, vol. 4, table 4.3, default."""
ROOT_SHARE = 0.26
"""Root mass per mass above ground. References: Cairns et al., Oecologia 111, 1997."""
OPEN_GROWN = 0.8
"""Mass of an open-grown city tree relative to a forest tree. References: Nowak, J. Environ. Mgmt 37, 1993."""
RESIDUAL_SIGMA = 0.204
"""Residual standard deviation of ln(biomass). References: Jucker et al., Global Change Biology 23, 2017."""
CONIFERS = frozenset(
    (
        *("Abies", "Cedrus", "Cupressus", "Ginkgo", "Juniperus", "Larix", "Metasequoia", "Picea", "Pinus"),
        *("Platycladus", "Sabina", "Taxodium", "Taxus", "Thuja"),
    )
)
"""Genera of gymnosperms, for which the allometry has its own coefficients."""


def stock_ug(tree: Tree) -> int:
    """Return the CO2 [ug] that a tree holds above and below ground; 0 for a green roof or wall, whose rate is unknown.

    biomass [kg] = (0.016 + a) (H x D)^(2.013 + b) exp(s^2/2), height H and crown diameter D in m; a = b = 0 for
    angiosperms, a = 0.093 and b = -0.223 for gymnosperms.

    References: Jucker et al., Global Change Biology 23, 2017, eq. 2.
    """
    if tree.kind != "tree":
        return 0
    conifer = tree.species.split(" ")[0] in CONIFERS
    factor, power = (0.016 + 0.093, 2.013 - 0.223) if conifer else (0.016, 2.013)
    dry_kg = factor * (tree.height_m * tree.crown_m) ** power * math.exp(RESIDUAL_SIGMA**2 / 2)
    return int(dry_kg * OPEN_GROWN * (1 + ROOT_SHARE) * CARBON_SHARE * CO2_PER_C * UG_PER_KG)


@dataclass(frozen=True, slots=True)
class SinkAccount:
    """The sink account between two inventories [ug CO2], apart from scopes 1 to 3.

    growth (negative after pruning) and planted are removals; felled is an emission, given as 0 or more.
    change = growth + planted - felled = stock after - stock before. relative_sd: of a single tree's stock.
    """

    stock_before_ug: int
    stock_after_ug: int
    growth_ug: int
    planted_ug: int
    felled_ug: int
    trees_before: int
    trees_after: int
    trees_felled: int
    permanence: str
    relative_sd: float

    @property
    def change_ug(self) -> int:
        """Change of the stock [ug CO2]; negative when more was lost than grew."""
        return self.stock_after_ug - self.stock_before_ug


def account(before: Iterable[Tree], after: Iterable[Tree], permanence: str = "while the trees stand") -> SinkAccount:
    """Return the sink account between two inventories of the same park, trees known by their id.

    A tree that is missing afterwards was felled or died: what it held is an emission. One that is new was planted.

    Raises LedgerError when an id comes twice in an inventory.

    References: IPCC Guidelines 2006, vol. 4, eq. 2.5 (stock-difference method).
    """
    first, second = _stocks(before), _stocks(after)
    return SinkAccount(
        stock_before_ug=sum(first.values()),
        stock_after_ug=sum(second.values()),
        growth_ug=sum(second[name] - first[name] for name in first.keys() & second.keys()),
        planted_ug=sum(second[name] for name in second.keys() - first.keys()),
        felled_ug=sum(first[name] for name in first.keys() - second.keys()),
        trees_before=len(first),
        trees_after=len(second),
        trees_felled=len(first.keys() - second.keys()),
        permanence=permanence,
        relative_sd=math.sqrt(math.exp(RESIDUAL_SIGMA**2) - 1),
    )


def by_species(trees: Iterable[Tree]) -> Mapping[str, int]:
    """Return species -> CO2 held [ug], by species."""
    found: dict[str, int] = {}
    for tree in trees:
        found[tree.species] = found.get(tree.species, 0) + stock_ug(tree)
    return dict(sorted(found.items()))


def _stocks(trees: Iterable[Tree]) -> dict[str, int]:
    found: dict[str, int] = {}
    for tree in trees:
        if tree.id in found:
            raise LedgerError(f"tree {tree.id}: stands twice in the inventory; give each tree its own id")
        found[tree.id] = stock_ug(tree)
    return found
