"""A park's carbon accounts, open for reading: ledger as of an instant, carbon book, factors and certificates."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import polars as pl

from parkwright.carbon import roster
from parkwright.carbon.certificates import Certificate
from parkwright.carbon.editions import Library
from parkwright.model.errors import LedgerError
from parkwright.model.park import Park
from parkwright.model.tables import POSTINGS
from parkwright.store import carbon_book, packs
from parkwright.store.carbon_book import CarbonBook
from parkwright.store.certificates import CertificateRegister
from parkwright.store.journal import Journal
from parkwright.store.reader import Reader
from parkwright.wire.places import Places


@dataclass(frozen=True)
class Accounts:
    """A park with its carbon book, its factors and its ledger open for reading; as_of: reports are of that instant."""

    park: Park
    book: CarbonBook
    library: Library
    facts: Reader
    certificates: tuple[Certificate, ...]
    as_of: datetime | None

    def read(self, kind: str, day: str) -> pl.DataFrame:
        """Return the rows of a kind and day, as they were at the instant of the report."""
        if self.as_of is None:
            return self.facts.read(kind, day)
        return self.facts.read_as_of(kind, day, day, self.as_of)

    def closed(self, start: date, end: date) -> list[str]:
        """Return the closed days (ISO) of [start, end] at the instant of the report; raises LedgerError for none."""
        known = [day for day in self.facts.days("books") if start.isoformat() <= day <= end.isoformat()]
        found = [day for day in known if self.as_of is None or self.read("books", day).height]
        if not found:
            raise LedgerError(f"{start} to {end}: no closed day in this ledger; run parkwright day first")
        return found

    def postings(self, days: list[str]) -> pl.DataFrame:
        """Return the POSTINGS of the days that an inventory reads: sources, scope 1, exports and gas."""
        outside = pl.any_horizontal(pl.col("account").str.starts_with(k) for k in ("source:", "scope1:", "export:"))
        wanted = outside | (pl.col("commodity") == "gas")
        return pl.concat([POSTINGS.empty(), *(self.read("postings", day).filter(wanted) for day in days)])

    def units(self, days: list[str]) -> pl.DataFrame:
        """Return the units of the days, as roster.of_day gives them."""
        found = [
            roster.of_day(self.park, self.read("passages", day), self.read("verdicts", day), self.read("jobs", day))
            for day in days
        ]
        return pl.concat(found)


@contextmanager
def opened(park: Park, park_dir: Path, var: Path, as_of: datetime | None = None) -> Iterator[Accounts]:
    """Open the carbon accounts of a park below `var`, as they were at `as_of` where one is given.

    Raises LedgerError when there is no ledger, or the carbon book or a pack cannot be used.
    """
    places = Places(var, park.site.park_id)
    book, library = carbon_book.load(park_dir), packs.library_of(packs.of_park(park_dir))
    url = places.operations_url
    held: list[Certificate] = []
    if not url.startswith("sqlite:///") or Path(url.removeprefix("sqlite:///")).exists():
        with CertificateRegister(url) as register:
            held = register.certificates()
    with Journal.reader(places.journal) as facts:
        yield Accounts(park, book, library, facts, tuple(held), as_of)
