"""Greening: what do the trees hold, and what did the park's green take up and lose since an earlier inventory?"""

from __future__ import annotations

from datetime import date

from pydantic import Field

from parkwright.carbon import sinks
from parkwright.model.park import Park
from parkwright.show.answers.figure import Answer, Input, Why
from parkwright.show.context import CarbonAnswers

UG_PER_KG = 1e9


class SpeciesRow(Answer):
    """The trees of a species and the CO2 that they hold."""

    species: str
    trees: int
    stock_kg: float


class SinkAccount(Answer):
    """What the green took up and lost since an earlier inventory [kg CO2], apart from every scope."""

    since: str = Field(description="day of the earlier inventory")
    inventories: list[str] = Field(description="days of all earlier inventories")
    stock_before_kg: float
    growth_kg: float = Field(description="of the trees that stand in both; negative after pruning")
    planted_kg: float
    felled_kg: float = Field(description="an emission, given as 0 or more")
    stock_after_kg: float
    change_kg: float = Field(description="growth and planted, less felled")
    trees_felled: int
    relative_sd_of_a_tree: float = Field(description="standard deviation of a single tree's stock, as a share of it")

    @property
    def why(self) -> Why:
        """How the change came about."""
        rows = (("growth", self.growth_kg), ("planted", self.planted_kg), ("felled", -self.felled_kg))
        return Why(
            formula="why.of_sinks",
            inputs=[Input(name=f"greening.{name}", value=kg, unit="kg", source="green.csv") for name, kg in rows],
        )


class Greening(Answer):
    """The park's green: an account of its own, never netted against emissions."""

    trees: int
    others: int = Field(description="green roofs and walls, whose rate is not known and not counted")
    stock_kg: float
    species: list[SpeciesRow]
    account: SinkAccount | None = Field(None, description="since an earlier inventory; null where none is known")


def greening(park: Park, carbon: CarbonAnswers | None = None, since: date | None = None) -> Greening:
    """Return the park's green as it is registered in its folder, with the account since an earlier inventory.

    since: day of that inventory; the newest where None. Raises LedgerError when there is none of that day.
    """
    account = None if carbon is None else carbon.sinks(since)
    trees = [one for one in park.green if one.kind == "tree"]
    stock = sinks.by_species(trees)
    rows = [
        SpeciesRow(species=name, trees=sum(one.species == name for one in trees), stock_kg=amount / UG_PER_KG)
        for name, amount in stock.items()
    ]
    return Greening(
        trees=len(trees),
        others=len(park.green) - len(trees),
        stock_kg=sum(stock.values()) / UG_PER_KG,
        species=sorted(rows, key=lambda row: (-row.stock_kg, row.species)),
        account=None if account is None else SinkAccount(**{name: account[name] for name in SinkAccount.model_fields}),
    )
