"""What every page, endpoint and socket of the show is given: the park, its facts, its desk and its clock."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Protocol

import polars as pl

from parkwright.carbon.certificates import Kind, Serials
from parkwright.carbon.own import Identity
from parkwright.model.park import Park
from parkwright.show.answers.ahead import EnergyAnswers
from parkwright.show.answers.planning import Planner
from parkwright.store.operations import Operations

Span = tuple[date, date]
"""First and last day."""
Recorded = tuple[int, str, str, datetime, pl.DataFrame]
"""A recorded batch: sequence number, kind, day, recorded at, rows."""


class FactsReader(Protocol):
    """The facts as another process may read them; store.journal.Journal.reader gives one."""

    def read(self, kind: str, start_day: str, end_day: str | None = None) -> pl.DataFrame:
        """Return the rows of `kind` of the days [start_day, end_day], in order of recording."""
        ...

    def head(self) -> tuple[int, bytes]:
        """Return the sequence number and the chain hash of the last recorded batch."""
        ...

    def since(self, seq: int, kinds: Iterable[str] | None = None, limit: int = -1) -> Sequence[Recorded]:
        """Return the batches recorded after `seq`, of `kinds` or of all, in order; at most `limit`, -1: all."""
        ...

    def days(self, kind: str) -> Sequence[str]:
        """Return the ISO days that hold rows of `kind`, in order."""
        ...

    def lookup(self, kind: str, day: str | None, column: str, value: str | int) -> pl.DataFrame:
        """Return the rows of `kind` of that day (of all days when None) whose `column` equals `value`."""
        ...


class CarbonAnswers(Protocol):
    """The carbon accounts over the closed days; wire.carbon_desk gives one."""

    def report(self, start: date | None, end: date | None) -> Mapping[str, Any] | None:
        """Return inventory, months, targets, abatement and products of a span; None without a closed day."""
        ...

    def indicators(self, start: date | None, end: date | None) -> Mapping[str, Any] | None:
        """Return the zero-carbon indicators and the checklist of a span; None without a closed day."""
        ...

    def unit(self, unit_id: str, day: date) -> Mapping[str, Any] | None:
        """Return the footprint of a unit finished on a day beside what was attributed to it; None before its close."""
        ...

    def lot(self, job_id: str, day: date) -> Mapping[str, Any] | None:
        """Return the footprint of the units of a lot (job) finished on a day; None before its close.

        Raises LedgerError when none of the lot was finished on the day.
        """
        ...

    def products(self, span: Span, draws: int, seed: int, changes: Sequence[str]) -> Mapping[str, Any]:
        """Return the footprints of the products of some closed days, and what changes (THING=KG) would make of them.

        draws: drawings for their intervals, 0 for the closed form. Raises LedgerError when nothing was finished in the
        days, or a change names nothing that they rest on.
        """
        ...

    def base_year(self, span: Span, published: datetime, threshold: Decimal) -> Mapping[str, Any]:
        """Return a base year as published beside now; raises LedgerError where nothing was closed by then."""
        ...

    def saving(self, measure_id: str, before: Span, after: Span) -> Mapping[str, Any]:
        """Return what a measure saved as metered; raises LedgerError where its meters or the days cannot say."""
        ...

    def year(self, which: int) -> Mapping[str, Any]:
        """Return the close of a year with its proofs; raises LedgerError when no day of it is closed."""
        ...

    def factors(self) -> Mapping[str, Any]:
        """Return the packs that the park uses and every edition in them; raises LedgerError for a broken pack."""
        ...

    def restate(self, span: Span, factor_id: str, text: str, at: datetime) -> Mapping[str, Any]:
        """Restate the closed days of a span with another edition of the grid's factor, and return what it changed.

        Raises LedgerError where it may not be done.
        """
        ...

    def restate_readings(self, day: date, readings: str, reason: str, text: str, at: datetime) -> Mapping[str, Any]:
        """Restate a closed day with late or corrected readings: CSV text of start, meter_id, energy_kwh.

        Raises LedgerError where it may not be done.
        """
        ...

    def sinks(self, since: date | None) -> Mapping[str, Any] | None:
        """Return the sink account since an earlier inventory, the newest where None; None where none is known.

        Raises LedgerError when none is of that day.
        """
        ...


class RequestAnswers(Protocol):
    """The requests for suppliers' footprints; wire.request_board gives one."""

    def requests(self, supplier_id: str | None) -> Mapping[str, Any]:
        """Return the requests with their answers and checks: of one supplier, or of all where None."""
        ...

    def draft(self, material_id: str, within: timedelta, by: str) -> None:
        """Draft a request for a material's footprint; raises LedgerError where nobody can be asked, or was."""
        ...

    def send(self, request_id: str, by: str) -> None:
        """Send a drafted or rejected request; raises LedgerError where it is another."""
        ...

    def use(self, request_id: str, by: str) -> None:
        """Take a validated answer into use; raises LedgerError where it is none."""
        ...

    def reject(self, request_id: str, reason: str, by: str) -> None:
        """Reject an answer with a reason; raises LedgerError where there is none to reject."""
        ...

    def remind(self) -> int:
        """Post a reminder for every request that is due, and return how many."""
        ...


class PartnerAnswers(Protocol):
    """The partners of the exchange; wire.partner_board gives one. What may not be done raises LedgerError."""

    def partners(self) -> Sequence[Mapping[str, Any]]:
        """Return the partners that have access, by id, each with what it may see."""
        ...

    def register(self, client_id: str, name: str, supplier_id: str | None) -> str:
        """Register a partner and return its secret, which is told this once."""
        ...

    def share(self, client_id: str, references: Sequence[str], by: str) -> Sequence[str]:
        """Let a partner see the footprints of products, or single ones; return those that it did not see."""
        ...

    def withdraw(self, client_id: str, references: Sequence[str]) -> Sequence[str]:
        """Let a partner no longer see them; return those that it saw."""
        ...

    def invite(self, client_id: str) -> Mapping[str, Any]:
        """Return a path that signs a supplier's people in once, for whom, and how long it is good."""
        ...

    def revoke(self, client_id: str) -> None:
        """End a partner's access at once."""
        ...


class DeclarationAnswers(Protocol):
    """The footprints that the park declares; wire.declaration_board gives one."""

    def declarations(self, product_id: str | None) -> Sequence[Mapping[str, Any]]:
        """Return the park's declarations of a product, of all where None, oldest first."""
        ...

    def declare(self, product_ids: Sequence[str], span: Span) -> Mapping[str, Any]:
        """Declare footprints of products from closed days, of all that were finished where none is named.

        Raises LedgerError when no day of the span is closed, or a product has no final passport in it.
        """
        ...


class CertificateAnswers(Protocol):
    """The certificates of the park; wire.certificates gives one. What may not be done raises LedgerError."""

    def certificates(self, used: tuple[date, date] | None = None) -> Mapping[str, Any]:
        """Return every range with its state, and the energy in each state.

        used: first and last day of consumption, for which each range says how many numbers can be retired to it.
        """
        ...

    def enter(self, serials: Serials, vintage: tuple[date, date], kind: Kind, by: str, hour: int | None = None) -> None:
        """Enter a range that was issued for power made on the days of its vintage, or in an hour of one day."""
        ...

    def move(self, serials: Serials, to: str, by: str) -> None:
        """Move serial numbers to held, sold or expired, all or none."""
        ...

    def expire(self, by: str) -> int:
        """Move what can be retired no more to expired; return how many serial numbers."""
        ...

    def retire(self, serials: Serials, used: tuple[date, date], by: str) -> None:
        """Retire serial numbers to what the park used on some days, all or none, and no more than it used."""
        ...


LotKey = tuple[str, str, str | None]
"""A material lot: its supplier, its number, and the trade item number of its material."""


class EventAnswers(Protocol):
    """The events received from partners; wire.received gives one."""

    def events(self, supplier_id: str | None, sender: str | None, lot: str | None, limit: int) -> Mapping[str, Any]:
        """Return the newest events: of one supplier's senders or of all where None, of one sender, of one lot."""
        ...

    def of_lots(self, lots: AbstractSet[LotKey]) -> Mapping[LotKey, Sequence[Mapping[str, Any]]]:
        """Return what was told of each lot and not taken back, newest first: by its supplier, or by its GTIN."""
        ...


class FileAnswers(Protocol):
    """A unit's files for other systems; wire.exports gives one."""

    @property
    def forms(self) -> Sequence[str]:
        """Formats that a unit is written in."""
        ...

    def file(self, unit_id: str, form: str) -> tuple[str, bytes] | None:
        """Return name and content; None where the unit's day is not closed.

        Raises ParkwrightError that names what is not known or not declared.
        """
        ...


@dataclass(frozen=True)
class Context:
    """What the show is given once, at its start.

    facts: read-only facts. operations: users, sessions, approvals, holds, acknowledgements, commands.
    clock: returns the park's present instant, aware UTC (simulated on a twin). speed: park seconds in a
    wall second, 1 on a real park. history_days: closed days that the back-fill brings before today. planner: answers
    what planners ask; None where nobody plans. carbon: the carbon accounts, None where none are served.
    identity: how the park names its things to partners, None where it does not say. energy: the next 24 hours and what
    is tried, None where none are served. requests: those to suppliers, None where the park exchanges nothing.
    files: units for other systems, None where the park does not name itself to them. events: those received from
    partners, None where none are served. partners: of the exchange, None where none are served. certificates: those of
    the park, None where none are served. declarations: footprints that the park declares, None where it does not name
    itself to partners.
    """

    park: Park
    facts: FactsReader
    operations: Operations
    clock: Callable[[], datetime]
    speed: float = 1.0
    history_days: int = 14
    planner: Planner | None = None
    carbon: CarbonAnswers | None = None
    identity: Identity | None = None
    energy: EnergyAnswers | None = None
    requests: RequestAnswers | None = None
    files: FileAnswers | None = None
    events: EventAnswers | None = None
    certificates: CertificateAnswers | None = None
    partners: PartnerAnswers | None = None
    declarations: DeclarationAnswers | None = None
