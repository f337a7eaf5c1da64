"""A figure as people see it: value, unit, target, change, age, and where it comes from."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

import polars as pl
from pydantic import BaseModel, ConfigDict, Field


class Rows(Protocol):
    """Where answers read facts by kind and ISO day; `postings` as account totals (show.frames.account_totals)."""

    def read(self, kind: str, day: str) -> pl.DataFrame:
        """Return the rows of `kind` recorded for `day`, in order of recording."""
        ...


class Answer(BaseModel):
    """What every response shares: no unknown fields, no infinity or not-a-number."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)


class Input(Answer):
    """One number that a figure was made of."""

    name: str = Field(description="message key")
    value: float | None = Field(description="value; null when it is not known")
    unit: str = Field(description="unit")
    source: str = Field(description="facts it was read from")


class Why(Answer):
    """How a figure came about."""

    formula: str = Field(description="message key of the sentence that says how the inputs give the figure")
    inputs: list[Input] = Field(default_factory=list, description="the numbers used")


class Figure(Answer):
    """One figure with what a reader needs to judge it."""

    key: str = Field(description="which figure; message key figure.<key>")
    value: float | None = Field(description="null when there is nothing to tell yet")
    unit: str = Field(description="unit of value and target")
    target: float | None = Field(default=None, description="what was planned")
    good_is: str = Field(description="'high' or 'low': which way is better")
    yesterday: float | None = Field(default=None, description="the same figure of the day before, at this time of day")
    last_year: float | None = Field(default=None, description="the same figure of the day a year before")
    spark: list[float | None] = Field(default_factory=list, description="the figure of the closed days before today")
    as_of: datetime | None = Field(default=None, description="facts are complete up to this instant")
    why: Why

    @property
    def change_on_day(self) -> float | None:
        """Change on the day before, as a share of it; None when either is unknown."""
        return change(self.value, self.yesterday)

    @property
    def change_on_year(self) -> float | None:
        """Change on the day a year before, as a share of it; None when either is unknown."""
        return change(self.value, self.last_year)

    @property
    def off_target(self) -> float | None:
        """Deviation from the target as a share of it, positive when worse; None without a target."""
        off = change(self.value, self.target)
        return off if off is None or self.good_is == "low" else -off


def change(value: float | None, reference: float | None) -> float | None:
    """Return (value - reference) / |reference|; None when either is unknown or the reference is 0."""
    if value is None or not reference:
        return None
    return (value - reference) / abs(reference)


def ratio(numerator: float | None, denominator: float | None) -> float | None:
    """Return numerator / denominator; None when either is unknown or the denominator is 0."""
    if numerator is None or not denominator:
        return None
    return numerator / denominator
