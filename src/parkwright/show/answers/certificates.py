"""Certificates: which ranges are there, what state is each in, and what was each retired to?"""

from __future__ import annotations

from datetime import date

from pydantic import Field

from parkwright.show.answers.figure import Answer
from parkwright.show.context import CertificateAnswers


class CertificateRow(Answer):
    """A range of serial numbers of one registry in one state."""

    registry: str
    first: int
    last: int
    kwh: float = Field(description="1,000 kWh a certificate")
    state: str = Field(description="issued, held, retired, sold or expired")
    vintage: list[str] = Field(description="first and last day on which the power was made")
    hour: int | None = Field(None, description="hour of that day by the park's clock, where it is known")
    valid_to: str = Field(description="last day of its validity")
    region: str
    technology: str
    own: bool = Field(description="made and used on this site")
    kg_per_kwh: float = Field(description="emissions of the power")
    retired_to: list[str] | None = Field(description="first and last day of the use that it was retired to")
    retirable: int | None = Field(
        None, description="how many of its numbers can be retired to the days asked for; null where none were"
    )


class CertificateList(Answer):
    """The certificates of the park by registry and serial number."""

    kwh: dict[str, float] = Field(description="energy in each state")
    rows: list[CertificateRow]


def certificates(answers: CertificateAnswers, used: tuple[date, date] | None = None) -> CertificateList:
    """Return the certificates of the park; used: days of consumption that some may be retired to."""
    found = answers.certificates(used)
    return CertificateList(kwh=found["kwh"], rows=[CertificateRow(**row) for row in found["certificates"]])
