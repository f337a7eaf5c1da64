"""The carbon accounts behind the pages: the commands' own answers over the closed days, kept until the ledger moves."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, suppress
from datetime import date, datetime
from decimal import Decimal
from importlib import import_module
from pathlib import Path
from typing import Any

from parkwright.carbon.retirement import Used
from parkwright.model.errors import ParkwrightError
from parkwright.model.park import Park
from parkwright.store import carbon_book
from parkwright.wire import carbon, centre, footprint, restate
from parkwright.wire.accounts import Accounts, Kept, opened
from parkwright.wire.footprint import Ground, Grounds

Answer = Mapping[str, Any]
Span = tuple[date, date]
"""First and last day."""
PAUSE_S = 20.0
"""Pause between looks for a newly closed day [s] (assumed)."""


class CarbonDesk:
    """Answers the carbon pages of one park from its folder and its ledger; safe to share between threads."""

    def __init__(self, park: Park, park_dir: Path, var: Path) -> None:
        """Give the park, its folder, and the folder of ledgers."""
        self._park, self._park_dir, self._var = park, park_dir, var
        self._kept: dict[str, tuple[object, Answer]] = {}
        self._days: Kept = {}
        self._making = threading.Lock()
        self._grounds = Grounds()

    def keep_up(self, ended: threading.Event, pause_s: float = PAUSE_S) -> None:
        """Read the closed days ahead of who asks, and each further one soon after it closes, until `ended`."""
        while not ended.wait(pause_s):
            with suppress(ParkwrightError):  # whoever asks is told
                self.report(None, None)

    def report(self, start: date | None, end: date | None) -> Answer | None:
        """Return inventory, months, targets, abatement and products of a span; None without a closed day.

        start, end: of the newest closed year, and the newest closed day, where they are None.
        """
        return self._answer("report", start, end, _report)

    def indicators(self, start: date | None, end: date | None) -> Answer | None:
        """Return the zero-carbon indicators and the checklist of a span; None without a closed day."""
        return self._answer("indicators", start, end, centre.zero_carbon_answer)

    def unit(self, unit_id: str, day: date) -> Answer | None:
        """Return the footprint of a unit finished on a day, beside what the ledger attributed to it.

        None where the day is not closed, or the park's carbon book says nothing about footprints.
        """
        return self._of_day(day, lambda accounts, found: footprint.unit_answer(accounts, found, unit_id))

    def lot(self, job_id: str, day: date) -> Answer | None:
        """Return the footprint of the units of a lot (job) finished on a day; None as `unit` does.

        Raises LedgerError when none of the lot was finished on the day.
        """
        days = [day.isoformat()]
        return self._of_day(
            day, lambda accounts, found: footprint.shown(footprint.lot_footprint(accounts, found, days, job_id))
        )

    def _of_day(self, day: date, ask: Callable[[Accounts, Ground], Answer]) -> Answer | None:
        with self._open() as accounts:
            if accounts.book.footprint is None or day.isoformat() not in accounts.facts.days("books"):
                return None
            return ask(accounts, self._grounds.of(accounts, [day.isoformat()]))

    def products(self, span: Span, draws: int, seed: int, changes: Sequence[str]) -> Answer:
        """Return the footprints of the products of some closed days, and what changes (THING=KG) would make of them.

        Raises LedgerError when nothing was finished in the days, or a change names nothing that they rest on.
        """
        with self._making, self._open() as accounts:
            change = footprint.changes_of(changes)
            return footprint.footprint_answer(accounts, *span, draws=draws, seed=seed, change=change)

    def base_year(self, span: Span, published: datetime, threshold: Decimal) -> Answer:
        """Return a base year as published beside now; raises LedgerError where nothing was closed by then."""
        with self._making, self._open(published) as before, self._open() as now:
            return carbon.base_year_answer(before, now, *span, threshold)

    def saving(self, measure_id: str, before: Span, after: Span) -> Answer:
        """Return what a measure saved as metered; raises LedgerError where its meters or the days cannot say."""
        with self._making, self._open() as accounts:
            return carbon.saving_answer(accounts, measure_id, before, after)

    def restate(self, span: Span, factor_id: str, text: str, at: datetime) -> Answer:
        """Restate the closed days of a span with another edition of the grid's factor.

        Raises LedgerError where it may not be done, as restate.factor_edition says.
        """
        return restate.factor_edition(self._park, self._var, span, factor_id, text, at)

    def restate_readings(self, day: date, readings: str, reason: str, text: str, at: datetime) -> Answer:
        """Restate a closed day with late or corrected readings: CSV text of start, meter_id, energy_kwh.

        Raises LedgerError where it may not be done, as restate.late_readings says.
        """
        return restate.readings_of_text(self._park, self._var, day, (readings, "readings"), reason, text, at)

    def sinks(self, since: date | None) -> Answer | None:
        """Return the sink account since an earlier inventory, the newest where None; None where none is known.

        Raises LedgerError when none is of that day.
        """
        book = carbon_book.load(self._park_dir)
        return carbon.sinks_answer(self._park, book, since) if book.earlier_green or since else None

    def year(self, which: int) -> Answer:
        """Return the close of a year as the ledger stands; raises LedgerError when no day of it is closed."""
        closing = import_module("parkwright.wire.year")  # with Ibis, two seconds that no other question needs
        with self._open() as accounts:
            found: Answer = closing.year_answer(accounts, which)
        return found

    def factors(self) -> Answer:
        """Return the packs that the park uses and every edition in them; raises LedgerError for a broken pack."""
        return carbon.factors_answer(self._park_dir, self._park)

    def used(self, start: date, end: date) -> tuple[Used, ...]:
        """Return the electricity that the closed days of [start, end] used, day by day."""
        with self._making, self._open() as accounts:
            days = [day for day in accounts.facts.days("books") if start.isoformat() <= day <= end.isoformat()]
            return accounts.used(days) if days else ()

    def _open(self, as_of: datetime | None = None) -> AbstractContextManager[Accounts]:
        """Open the accounts as of an instant; what is made of their days is kept where they are of now."""
        return opened(self._park, self._park_dir, self._var, as_of, None if as_of else self._days)

    def _answer(
        self, name: str, start: date | None, end: date | None, ask: Callable[[Accounts, date, date], Answer]
    ) -> Answer | None:
        with self._making, self._open() as accounts:
            days = list(accounts.facts.days("books"))
            if not days:
                return None
            last = end or date.fromisoformat(days[-1])
            first = start or date(last.year, 1, 1)
            held = [day for day in days if first.isoformat() <= day <= last.isoformat()]
            if not held:
                return None
            corrected = [
                (day, accounts.read("restatements", day).height) for day in accounts.facts.days("restatements")
            ]
            state = (held, corrected, accounts.certificates, accounts.in_use, accounts.traces)
            known = self._kept.get(f"{name} {first} {last}")
            if known is None or known[0] != state:
                known = (state, ask(accounts, first, last))
                self._kept = {**self._kept, f"{name} {first} {last}": known}
            return known[1]


def _report(accounts: Accounts, start: date, end: date) -> Answer:
    inventory = carbon.inventory_answer(accounts, start, end)
    has_products = accounts.book.footprint is not None and inventory["units_good"] > 0
    return {
        "inventory": inventory,
        "months": carbon.months_answer(accounts, start, end),
        "targets": carbon.targets_answer(accounts, start, end),
        "abatement": carbon.abate_answer(accounts, start, end),
        "products": footprint.footprint_answer(accounts, start, end)["products"] if has_products else [],
    }
