"""Errors that a user can act on: each names the thing, the finding and the way out."""

from __future__ import annotations

from dataclasses import dataclass


class ParkwrightError(Exception):
    """Base of every error that parkwright raises on purpose; the text is one line for a person."""


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """One thing that is wrong in a park folder.

    file and row (1-based, 0 when the finding is about the whole file) say where, `thing` what it is
    about, `found` what was found there and `way_out` what to do.
    """

    file: str
    row: int
    thing: str
    found: str
    way_out: str

    def __str__(self) -> str:
        """Return the finding as one line: file:row: thing: found; way out."""
        place = f"{self.file}:{self.row}" if self.row else self.file
        return f"{place}: {self.thing}: {self.found}; {self.way_out}"


class ParkError(ParkwrightError):
    """A park folder that cannot be used; carries every finding of the run."""

    def __init__(self, findings: list[Finding]) -> None:
        """Keep the findings, sorted by place; the message has one line a finding."""
        self.findings = sorted(findings)
        super().__init__("\n".join(str(finding) for finding in self.findings))


class TableError(ParkwrightError):
    """A table at a folder's door that does not keep its contract."""


class LedgerError(ParkwrightError):
    """A fact or a posting that the ledger refuses, or a store that cannot be trusted."""


class PlanError(ParkwrightError):
    """A plan that cannot be made or that the validator refuses."""


class ForecastError(ParkwrightError):
    """A history from which no forecast can be made, or that cannot be believed."""


class DeviceError(ParkwrightError):
    """A device of the buildings that cannot be reached, or that refuses what is asked of it."""
