"""The finished units of closed days, from the ledger, for exports and for partners."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Any

import polars as pl

from parkwright.carbon import own
from parkwright.carbon.factors import UG_PER_KG, decimal
from parkwright.carbon.own import Identity
from parkwright.connect import digital_link
from parkwright.model.park import Park
from parkwright.run.built import Bought, Built, Piece, Step, Used
from parkwright.store import linked
from parkwright.store.requests import RequestDesk
from parkwright.wire import footprint
from parkwright.wire.accounts import Accounts
from parkwright.wire.accounts import opened as accounts_opened
from parkwright.wire.footprint import Ground, Grounds


@dataclass
class UnitShelf:
    """The finished units of a park's closed days; a port of the exchange."""

    park: Park
    park_dir: Path
    var: Path
    identity: Identity
    desk: RequestDesk
    _grounds: Grounds = field(default_factory=Grounds)
    _open: ExitStack = field(default_factory=ExitStack)

    @cached_property
    def accounts(self) -> Accounts:
        """The park's accounts, opened when they are first asked for."""
        return self._open.enter_context(accounts_opened(self.park, self.park_dir, self.var))

    def close(self) -> None:
        """Close the accounts."""
        self._open.close()

    def page(self, product_ids: Collection[str], after: str, limit: int) -> list[Built]:
        """Return the next units of those products after the one whose serial number is `after`; "" for the first."""
        since = self._day_of(after) if after else ""
        made: list[Built] = []
        for day in self.accounts.facts.days("books"):
            if day < since or len(made) >= limit:
                continue
            rows = self.passports(day).filter(pl.col("product_id").is_in(product_ids)).sort("unit_id")
            rows = rows.filter(pl.col("unit_id") > after) if day == since else rows
            made += self.built(day, rows.head(limit - len(made)))
        return made

    def unit(self, unit_id: str) -> Built | None:
        """Return a unit by its serial number, in full or as linked; None where its day is not closed."""
        known = linked.unit_with(self.accounts.facts, unit_id)
        if known is None:
            return None
        day = self._day_of(known[0])
        rows = self.passports(day).filter(pl.col("unit_id") == known[0])
        return next(iter(self.built(day, rows)), None)

    def passports(self, day: str) -> pl.DataFrame:
        """Return the final passports of a day, one of each unit."""
        rows = self.accounts.read("passports", day).unique("unit_id", keep="last", maintain_order=True)
        return rows.filter(pl.col("status") == "final")

    def _day_of(self, unit_id: str) -> str:
        """Return the day (ISO) on which a unit was packed; "" for an unknown one."""
        found = self.accounts.facts.lookup("passports", None, "unit_id", unit_id)
        packed = found["at"][-1] if found.height else None
        return packed.astimezone(self.park.zone).date().isoformat() if isinstance(packed, datetime) else ""

    def built(self, day: str, passports: pl.DataFrame) -> list[Built]:
        """Return the units of a closed day that have these passports, in their order."""
        if not passports.height:
            return []
        ids = passports["unit_id"].to_list()
        counted, ground = self._ground(day)
        facts = self.accounts.facts
        passages = _by(facts.lookup("passages", day, "unit_id", _one(ids)).sort("end"), "unit_id")
        recorded = facts.lookup("passports", day, "unit_id", _one(ids)).filter(pl.col("status") == "final")
        issues = dict(recorded.group_by("unit_id").len().iter_rows())
        joined = _by(facts.lookup("assemblies", day, "unit_id", _one(ids)).sort("at"), "unit_id")
        used = self._used(day, [f"unit:{unit_id}" for unit_id in ids])
        final = self.park.day_bounds(date.fromisoformat(day))[1].astimezone(UTC)
        feet = footprint.of_passports(counted, ground, passports.with_columns(pl.lit(day).alias("day")))
        made = []
        for row, foot in zip(passports.iter_rows(named=True), feet, strict=True):
            unit_id, product = row["unit_id"], self.park.product[row["product_id"]]
            made.append(
                Built(
                    unit_id=unit_id,
                    product=product,
                    uri=digital_link.uri_of(self.identity, product.id, unit_id),
                    packed=row["at"],
                    final=final,
                    zone=self.park.zone,
                    energy_mwh_int=row["direct_mwh_int"] + row["overhead_mwh_int"],
                    footprint_kg=Decimal(foot.total_ug) / UG_PER_KG,
                    kinds_kg={kind: Decimal(foot.of_kind_ug(kind)) / UG_PER_KG for kind in own.KINDS},
                    steps=tuple(Step(p["work_unit_id"], p["end"], p["result"]) for p in passages.get(unit_id, ())),
                    pieces=tuple(
                        Piece(p["component_id"], Decimal(1), "piece", p["at"], p["position"])
                        for p in joined.get(unit_id, ())
                    ),
                    bought=self._bought(product.id),
                    used=used.get(f"unit:{unit_id}", ()),
                    lot_id=passages[unit_id][-1]["job_id"] if unit_id in passages else "",
                    packing_kg=self._packing_kg(product.id),
                    restated=issues[unit_id] - 1,
                )
            )
        return made

    def _ground(self, day: str) -> tuple[Accounts, Ground]:
        """Return the accounts with the suppliers' figures in use now, and the ground of a day's footprints."""
        accounts = replace(self.accounts, in_use=self.desk.in_use())
        return accounts, self._grounds.of(accounts, [day])

    def _bought(self, product_id: str) -> tuple[Bought, ...]:
        """Return the purchased lines of a product's bill."""
        lines = [(line, self.park.material.get(line.component_id)) for line in self.park.bill]
        return tuple(
            Bought(material.id, material.name.en, decimal(line.quantity), material.unit, line.position)
            for line, material in lines
            if material is not None and line.product_id == product_id
        )

    def _packing_kg(self, product_id: str) -> Decimal | None:
        """Return the mass of a product's packing; None where its bill has none, or the sourcing not its mass."""
        sourcing = self.accounts.book.sourcing
        lines = [line for line in self.park.bill if line.product_id == product_id and line.position == own.PACKAGING]
        if not lines or any(line.component_id not in sourcing for line in lines):
            return None
        return sum((decimal(line.quantity) * sourcing[line.component_id].mass_kg for line in lines), Decimal(0))

    def _used(self, day: str, names: list[str]) -> dict[str, tuple[Used, ...]]:
        """Return account -> the energy posted on it, span by span."""
        rows = self.accounts.facts.lookup("postings", day, "account", _one(names))
        rows = rows.filter(pl.col("view") == "physical")
        sums = rows.group_by("account", "start", "end").agg(pl.col("quantity").sum()).sort("account", "start", "end")
        return {
            name: tuple(Used(row["start"], row["end"], row["quantity"]) for row in each)
            for name, each in _by(sums, "account").items()
        }


def _one(values: list[str]) -> str | list[str]:
    """Return the only value itself: it is found by the files' statistics."""
    return values[0] if len(values) == 1 else values


def _by(rows: pl.DataFrame, column: str) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for row in rows.iter_rows(named=True):
        found.setdefault(row[column], []).append(row)
    return found
