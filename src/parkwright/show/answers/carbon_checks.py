"""Carbon, what people check: must a base year be recalculated, and what did a measure save as metered?"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from pydantic import Field

from parkwright.show.answers.figure import Answer, Input, Why
from parkwright.show.context import CarbonAnswers, Span


class BaseFigure(Answer):
    """A figure of a base year as it was published and as the ledger says now."""

    name: str = Field(description="scope1, scope2_location, scope2_market or scope3")
    published_kg: float
    now_kg: float
    change_share: float = Field(description="of what was published")


class BaseYear(Answer):
    """Whether a base year must be recalculated."""

    start_day: str
    end_day: str
    published: datetime
    threshold: float = Field(description="share of change from which on it is recalculated; the park's own policy")
    recalculate: bool
    figures: list[BaseFigure]


class Saving(Answer):
    """What a measure saved by its own meters, for each good unit, after some days beside days before."""

    measure: str
    meters: list[str]
    before: list[str] = Field(description="first and last closed day")
    after: list[str] = Field(description="first and last closed day")
    before_kwh: float
    units_before: int
    units_after: int
    expected_kwh: float = Field(description="what the units after would have taken at the energy a unit of before")
    metered_kwh: float
    saved_kwh: float = Field(description="expected less metered")
    saved_kg: float
    factor: str

    @property
    def why(self) -> Why:
        """How the saving came about."""
        rows = (
            ("energy_before", self.before_kwh, "kWh", "readings"),
            ("units_before", self.units_before, "units", "books"),
            ("units_after", self.units_after, "units", "books"),
            ("energy_after", self.metered_kwh, "kWh", "readings"),
        )
        return Why(
            formula="why.measured_saving",
            inputs=[Input(name=f"input.{name}", value=value, unit=unit, source=of) for name, value, unit, of in rows],
        )


def base_year(carbon: CarbonAnswers, span: Span, published: datetime, threshold: Decimal) -> BaseYear:
    """Return whether a base year must be recalculated; raises LedgerError where nothing was closed by then."""
    found = carbon.base_year(span, published, threshold)
    figures = [
        BaseFigure(name=name, published_kg=kg, now_kg=found["now_kg"][name], change_share=found["change_share"][name])
        for name, kg in found["published_kg"].items()
    ]
    return BaseYear(
        start_day=found["from"], end_day=found["to"], published=published, threshold=found["threshold"],
        recalculate=found["recalculate"], figures=figures,
    )  # fmt: skip


def saving(carbon: CarbonAnswers, measure_id: str, before: Span, after: Span) -> Saving:
    """Return what a measure saved as metered; raises LedgerError where its meters or the days cannot say."""
    found = carbon.saving(measure_id, before, after)
    return Saving(**{name: found[name] for name in Saving.model_fields})
