"""A park's carbon accounts, open for reading: ledger as of an instant, carbon book, factors and certificates."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import polars as pl

from parkwright.carbon import own, passport, roster
from parkwright.carbon.certificates import Certificate
from parkwright.carbon.declaration import Declaration
from parkwright.carbon.editions import Library
from parkwright.model.errors import LedgerError
from parkwright.model.park import Park
from parkwright.model.tables import POSTINGS
from parkwright.store import carbon_book, packs
from parkwright.store.carbon_book import CarbonBook
from parkwright.store.certificates import CertificateRegister
from parkwright.store.journal import Journal
from parkwright.store.reader import Reader
from parkwright.store.requests import RequestDesk
from parkwright.wire.places import Places

MATERIALS = {"product_id": pl.String, "material_ug": pl.Int64}
"""What the materials of a unit of each product emit."""


@dataclass(frozen=True)
class Accounts:
    """A park with its carbon book, its factors and its ledger open for reading; as_of: reports are of that instant.

    in_use: material id -> what its supplier declared and a person took into use.
    """

    park: Park
    book: CarbonBook
    library: Library
    facts: Reader
    certificates: tuple[Certificate, ...]
    in_use: Mapping[str, Declaration]
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
        """Return the units of the days, as roster.of_day gives them, each with material_ug of its materials."""
        found = []
        for day in days:
            rows = roster.of_day(
                self.park, self.read("passages", day), self.read("verdicts", day), self.read("jobs", day)
            )
            each = passport.materials_ug(passport.counted(self.park, self.read("footprints", day)))
            table = pl.DataFrame(list(each.items()), schema=MATERIALS, orient="row")
            found.append(rows.join(table, on="product_id", how="left", maintain_order="left"))
        return pl.concat(found)


@contextmanager
def opened(park: Park, park_dir: Path, var: Path, as_of: datetime | None = None) -> Iterator[Accounts]:
    """Open the carbon accounts of a park below `var`, as they were at `as_of` where one is given.

    Raises LedgerError when there is no ledger, or the carbon book or a pack cannot be used.
    """
    places = Places(var, park.site.park_id)
    book, library = carbon_book.load(park_dir), packs.library_of(packs.of_park(park_dir))
    held: list[Certificate] = []
    if _has_operations(places):
        with CertificateRegister(places.operations_url) as register:
            held = register.certificates()
    with Journal.reader(places.journal) as facts:
        yield Accounts(park, book, library, facts, tuple(held), in_use(places), as_of)


def _has_operations(places: Places) -> bool:
    """Return whether there is an operational database: a server's, or a file that was made."""
    url = places.operations_url
    return not url.startswith("sqlite:///") or Path(url.removeprefix("sqlite:///")).exists()


def in_use(places: Places) -> Mapping[str, Declaration]:
    """Return material id -> the supplier's declaration in use; none where there is no operational database yet."""
    if not _has_operations(places):
        return {}
    with RequestDesk(places.operations_url) as desk:
        return desk.in_use()


def supplied(park: Park, places: Places, day: date) -> pl.DataFrame:
    """Return the FOOTPRINTS that the passports of a day count with when it is run now.

    Raises LedgerError when one does not convert to its material's unit.
    """
    return own.supplied(park, in_use(places), day.isoformat())
