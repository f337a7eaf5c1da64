"""The close of a year: every posting of its closed days by month, its passports by product, and the proofs."""

from __future__ import annotations

from pydantic import Field

from parkwright.show.answers.figure import Answer
from parkwright.show.context import CarbonAnswers


class YearFigures(Answer):
    """What the postings of a span add up to."""

    grid_kwh: float = Field(description="bought")
    own_kwh: float = Field(description="made on the site")
    export_kwh: float
    scope1_kg: float
    scope2_location_kg: float
    scope2_market_kg: float = Field(description="as posted, certificates apart")
    cost_cny: float = Field(description="of the power and gas")
    demand_cny: float = Field(description="of the peak, part of the cost")


class YearMonth(YearFigures):
    """A month of the year."""

    month: str


class YearProduct(Answer):
    """The newest final passports of a product in the year, added up."""

    product_id: str
    units: int
    direct_mwh_int: int = Field(description="energy at machines [mWh]")
    overhead_mwh_int: int = Field(description="energy shared out [mWh]")
    location_ug: int = Field(description="[ug CO2e]")
    market_ug: int = Field(description="[ug CO2e]")
    material_ug: int = Field(description="[ug CO2e]")
    cost_1e4cny: int = Field(description="[1e-4 CNY]")


class Unbalanced(Answer):
    """A journal that does not sum to 0."""

    journal_id: str
    commodity: str
    view: str
    quantity: int


class YearProofs(Answer):
    """That nothing is missing: every journal sums to 0, and the units' accounts hold what their passports say."""

    journal_sums: int = Field(description="journal x commodity x view")
    unbalanced: int = Field(description="of them, those that do not sum to 0")
    first_unbalanced: list[Unbalanced]
    beyond_passports: dict[str, int] = Field(
        description="what the units' accounts hold beyond their final passports: 0, or what is still in work"
    )

    @property
    def holds(self) -> bool:
        """Whether every journal sums to 0; what is still in work is no fault."""
        return self.unbalanced == 0


class YearClose(Answer):
    """The close of a year, exact integers divided once."""

    year: int
    days_closed: int
    days_open: list[str] = Field(description="days between the first and the last closed one that are not closed")
    months: list[YearMonth]
    whole: YearFigures
    products: list[YearProduct]
    units: int
    proofs: YearProofs


def year_close(answers: CarbonAnswers, which: int) -> YearClose:
    """Return the close of a year; raises LedgerError when no day of it is closed."""
    found = answers.year(which)
    return YearClose.model_validate({name: found[name] for name in YearClose.model_fields})
