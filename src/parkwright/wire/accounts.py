"""A park's carbon accounts, open for reading: ledger as of an instant, carbon book, factors and certificates."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path

import polars as pl

from parkwright.carbon import consumed, inventory, own, passport, roster
from parkwright.carbon.certificates import Certificate
from parkwright.carbon.declaration import Declaration
from parkwright.carbon.editions import Library
from parkwright.carbon.retirement import Used
from parkwright.model.errors import LedgerError
from parkwright.model.park import Park
from parkwright.store import carbon_book, packs
from parkwright.store.carbon_book import CarbonBook
from parkwright.store.certificates import CertificateRegister
from parkwright.store.journal import Journal
from parkwright.store.reader import Reader
from parkwright.store.requests import RequestDesk
from parkwright.store.traces import Trace, TraceBook
from parkwright.wire.places import Places

MATERIALS = {"product_id": pl.String, "material_ug": pl.Int64, "lost_ug": pl.Int64}
"""What the materials of a unit of each product emit, and what is bought for it and lost before it is in one."""
Kept = dict[tuple[str, str, int], pl.DataFrame]
"""What was made of closed days, by name, day and how many corrections the day had."""


@dataclass(frozen=True)
class Accounts:
    """A park with its carbon book, its factors and its ledger open for reading; as_of: reports are of that instant.

    in_use: material id -> what its supplier declared and a person took into use. traces: what people and partners left
    in the operational database. kept: what was made of its days, to be used again. share_alike: pack of such data
    -> its licence.
    """

    park: Park
    book: CarbonBook
    library: Library
    facts: Reader
    certificates: tuple[Certificate, ...]
    in_use: Mapping[str, Declaration]
    as_of: datetime | None
    traces: Mapping[str, Trace] = field(default_factory=dict)
    kept: Kept = field(default_factory=dict)
    share_alike: Mapping[str, str] = field(default_factory=dict)

    def read(self, kind: str, day: str, where: pl.Expr | None = None, *, in_order: bool = True) -> pl.DataFrame:
        """Return the rows of a kind and day, as they were at the instant of the report; as `Reader.read` does."""
        if self.as_of is None:
            return self.facts.read(kind, day, where=where, in_order=in_order)
        rows = self.facts.read_as_of(kind, day, day, self.as_of)
        return rows if where is None else rows.filter(where)

    def closed(self, start: date, end: date) -> list[str]:
        """Return the closed days (ISO) of [start, end] at the instant of the report; raises LedgerError for none."""
        known = [day for day in self.facts.days("books") if start.isoformat() <= day <= end.isoformat()]
        found = [day for day in known if self.as_of is None or self.read("books", day).height]
        if not found:
            raise LedgerError(f"{start} to {end}: no closed day in this ledger; run parkwright day first")
        return found

    def postings(self, days: list[str]) -> pl.DataFrame:
        """Return the POSTINGS of the days that an inventory reads: sources, scope 1, exports and gas as metered."""
        account = pl.col("account")
        outside = pl.any_horizontal(account.str.starts_with(k) for k in ("source:", "scope1:", "export:"))
        burnt = (pl.col("commodity") == "gas") & (pl.col("method_id") == inventory.BURNT)
        of_no_unit = (account < "unit:") | (account >= "unit;")  # a range: nearly all rows are of units
        return self._each("postings", days, lambda day: self.read("postings", day, of_no_unit & (outside | burnt)))

    def made(self, days: list[str]) -> pl.DataFrame:
        """Return the units of the days by product, kind and verdict: how many, with material_ug and lost_ug of all."""
        sums = (pl.len().alias("units"), pl.col("material_ug").sum(), pl.col("lost_ug").sum())
        by = ("product_id", "kind", "is_good")
        return self._each("made", days, lambda day: self.units([day]).group_by(*by, maintain_order=True).agg(*sums))

    def finished(self, days: list[str]) -> pl.DataFrame:
        """Return the units with a passport by day and product: how many, their energy [mWh] and materials [ug CO2e]."""
        energy = pl.col("direct_mwh_int") + pl.col("overhead_mwh_int")
        sums = (pl.len().alias("units"), energy.sum().alias("energy_mwh_int"), pl.col("material_ug").sum())
        by = ("day", "product_id")
        return self._each("finished", days, lambda day: self.passports([day]).group_by(*by).agg(*sums).sort(*by))

    def used(self, days: list[str]) -> tuple[Used, ...]:
        """Return the electricity that each of the days used, corrections included."""
        shape = ("bought", "generated", "exported")
        rows = self._each(
            "used", days, lambda day: pl.DataFrame([inventory.power(self.postings([day]))], shape, orient="row")
        )
        found = []
        for day, (bought, generated, exported) in zip(days, rows.iter_rows(), strict=True):
            first = date.fromisoformat(day)
            span = self.park.midnight(first), self.park.midnight(first + timedelta(days=1))
            found.append(Used(*span, bought, max(generated - exported, 0)))
        return tuple(found)

    def readings(self, days: list[str]) -> pl.DataFrame:
        """Return how many readings each meter has on each day, and how many of them came by themselves."""
        by_itself = (pl.col("quality") == "good").sum().alias("automatic")
        counts = (pl.len().alias("readings"), by_itself)
        return self._each(
            "readings",
            days,
            lambda day: (
                self.read("readings", day)
                .group_by(pl.lit(day).alias("day"), "meter_id", maintain_order=True)
                .agg(*counts)
            ),
        )

    def passports(self, days: list[str], unit_id: str = "") -> pl.DataFrame:
        """Return the last passport of each unit finished on the days, with its day; unit_id: of this unit alone."""
        wanted = pl.col("unit_id") == unit_id if unit_id else None
        found = [
            self.read("passports", day, wanted)
            .unique("unit_id", keep="last", maintain_order=True)
            .with_columns(pl.lit(day).alias("day"))
            for day in days
        ]
        return pl.concat(found)

    def _each(self, name: str, days: list[str], make: Callable[[str], pl.DataFrame]) -> pl.DataFrame:
        """Return what `make` gives for each closed day, one below the other; it is asked again for a corrected day."""
        corrected = {day: self.read("restatements", day).height for day in self.facts.days("restatements")}
        found = []
        for day in days:
            key = (name, day, corrected.get(day, 0))
            if key not in self.kept:
                self.kept[key] = make(day)
            found.append(self.kept[key])
        return pl.concat(found)

    def bills(self, day: str) -> Mapping[str, int]:
        """Return product id -> what the materials of its bill emit as the day was closed [ug CO2e]."""
        return passport.materials_ug(self._counted(day))

    def _counted(self, day: str) -> Park:
        """Return the park with the footprints of materials that a day was closed with."""
        return passport.counted(self.park, self.read("footprints", day))

    def units(self, days: list[str]) -> pl.DataFrame:
        """Return the units of the days, as roster.of_day gives them, each with material_ug and lost_ug."""
        found = []
        for day in days:
            passages = self.read("passages", day, in_order=False)
            rows = roster.of_day(self.park, passages, self.read("verdicts", day), self.read("jobs", day))
            counted = self._counted(day)
            bills, lost = passport.materials_ug(counted), consumed.lost_ug(counted, self.book.sourcing)
            table = pl.DataFrame([(one, ug, lost[one]) for one, ug in bills.items()], schema=MATERIALS, orient="row")
            found.append(rows.join(table, on="product_id", how="left", maintain_order="left"))
        return pl.concat(found)


@contextmanager
def opened(
    park: Park, park_dir: Path, var: Path, as_of: datetime | None = None, kept: Kept | None = None
) -> Iterator[Accounts]:
    """Open the carbon accounts of a park below `var`, as they were at `as_of` where one is given.

    kept: what was made of its closed days before, for the same `as_of`; it gets what is made of more.

    Raises LedgerError when there is no ledger, or the carbon book or a pack cannot be used.
    """
    places = Places(var, park.site.park_id)
    book, known = carbon_book.load(park_dir), packs.of_park(park_dir)
    library, shared = packs.library_of(known), {pack.id: pack.licence for pack in known if pack.share_alike}
    held: list[Certificate] = []
    traces: Mapping[str, Trace] = {}
    if _has_operations(places):
        with CertificateRegister(places.operations_url) as register:
            held = register.certificates()
        with TraceBook(places.operations_url) as found:
            traces = found.traces()
    own_days = {} if kept is None else kept
    with Journal.reader(places.journal) as facts:
        yield Accounts(park, book, library, facts, tuple(held), in_use(places), as_of, traces, own_days, shared)


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
