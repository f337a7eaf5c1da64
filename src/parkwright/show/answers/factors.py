"""Factors: which packs and editions does the park use, where does each value stand, and under which terms?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import Field

from parkwright.show.answers.figure import Answer
from parkwright.show.context import CarbonAnswers


class FactorRow(Answer):
    """An edition of a factor: one published value."""

    id: str
    kind: str = Field(description="what it is of, for example grid_emission or life_cycle")
    value: str = Field(description="exact decimal: kg of the gas for a unit")
    gas: str
    unit: str
    publisher: str
    document: str
    cell: str
    data_year: int
    published: str = Field(description="when it may first be used, ISO 8601, as exact as known")
    geography: str
    licence: str
    verified: bool = Field(description="read from the official text, or from three agreeing sources")
    pack: str = Field(description="where it came from: a pack, or the park's own factors.csv (park)")
    sha256: str = Field(description="over kind and fields: what the id stands for, for ever")
    share_alike: bool = Field(False, description="of a pack from whose data what is made must keep its terms")


class PackRow(Answer):
    """A pack of factors: a folder that a park can replace."""

    id: str
    title: str
    licence: str
    share_alike: bool = Field(description="what is made from its data must keep its terms")
    sha256: str = Field(description="over its files")
    factors: int
    warming_sets: list[str]


@dataclass(frozen=True, slots=True)
class Sift:
    """Which editions are asked for: of a kind, of a pack, with every word of a text; what is empty asks for any."""

    text: str = ""
    kind: str = ""
    pack: str = ""

    def takes(self, row: FactorRow) -> bool:
        """Tell whether an edition is asked for; words are looked for in what names it, whatever their case."""
        if self.kind not in ("", row.kind) or self.pack not in ("", row.pack):
            return False
        told = " ".join((row.id, row.publisher, row.document, row.cell, row.geography, row.gas, str(row.data_year)))
        return all(word in told.casefold() for word in self.text.casefold().split())


class FactorList(Answer):
    """The packs that the park uses, and the editions in them that were asked for."""

    packs: list[PackRow]
    factors: list[FactorRow]


def factors(answers: CarbonAnswers) -> FactorList:
    """Return the packs and editions of the park; raises LedgerError that names what is wrong with a pack."""
    return FactorList.model_validate(answers.factors())


def sifted(found: FactorList, sift: Sift) -> FactorList:
    """Return the packs with those of their editions that are asked for, in their order."""
    return found.model_copy(update={"factors": [row for row in found.factors if sift.takes(row)]})


def factor_row(found: Mapping[str, Any]) -> FactorRow:
    """Return an edition as a report names it."""
    return FactorRow.model_validate(found)
