"""Footprints for a script: of a unit, of a lot, of every product of some closed days, with the chain behind them."""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import polars as pl

from parkwright.carbon import chain, footprint, graph, inventory, own, passport, reconcile, uncertainty
from parkwright.carbon.chain import ParkChain
from parkwright.carbon.editions import ActivityFactor, FuelFactor, decimal_of, required
from parkwright.carbon.factors import UG_PER_KG, edition_of, named
from parkwright.carbon.footprint import Footprint, Method, Mix, Part, Sourcing
from parkwright.ledger import views
from parkwright.model.errors import LedgerError
from parkwright.store.sourcing import Chain
from parkwright.wire.accounts import Accounts

TOP = 8
"""Contributions named for a product."""
GROUNDS = 8
"""Spans whose mix of energy is kept (assumed: people and partners ask for recent days)."""


@dataclass(frozen=True)
class Ground:
    """What footprints of some days rest on: the method, freight factors, each day's mix, and what was finished.

    sourcing: how materials come, those marked whose supplier's figure is in use. supplied_kg: those figures.
    upstream_kg: they, and what the chain of suppliers gives for other materials. finished: Accounts.finished.
    bills: day -> Accounts.bills of it, by which the ledger counted the materials of the day.
    """

    method: Method
    sourcing: Mapping[str, Sourcing]
    supplied_kg: Mapping[str, Decimal]
    freight: Mapping[str, ActivityFactor]
    mixes: Mapping[str, Mix]
    finished: pl.DataFrame
    upstream_kg: Mapping[str, Decimal]
    bills: Mapping[str, Mapping[str, int]]

    def times(self, day: str, product_id: str, material_ug: int) -> Fraction:
        """Return how many bills of a product make materials of `material_ug` on a day; 1 for an empty bill."""
        bill_ug = self.bills[day][product_id]
        return Fraction(material_ug, bill_ug) if bill_ug else Fraction(1)


def ground(accounts: Accounts, days: list[str]) -> Ground:
    """Return what the footprints of closed days rest on.

    Raises LedgerError when the park's carbon book says nothing about footprints, or a factor is missing.
    """
    method = accounts.book.footprint
    if method is None:
        raise LedgerError(
            f"park {accounts.park.site.park_id}: its carbon book has no [footprint]; add it to carbon/inventory.toml"
        )
    sourcing = own.supplied_sourcing(accounts.book.sourcing, accounts.in_use)
    supplied_kg = own.supplied_kg(accounts.park, accounts.in_use)
    named_factors = sorted({row.freight_factor_id for row in sourcing.values() if row.freight_factor_id})
    freight = {name: accounts.library.get(name, ActivityFactor) for name in named_factors}
    mixes = {day: _mix(accounts, method, day) for day in days}
    upstream_kg = {**_upstream(accounts, supplied_kg), **supplied_kg}
    bills = {day: accounts.bills(day) for day in days}
    return Ground(method, sourcing, supplied_kg, freight, mixes, accounts.finished(days), upstream_kg, bills)


@dataclass
class Grounds:
    """The grounds of the spans asked for last, kept until a reading is restated or another figure is in use."""

    _kept: dict[tuple[object, ...], Ground] = field(default_factory=dict)
    _making: threading.Lock = field(default_factory=threading.Lock)

    def of(self, accounts: Accounts, days: list[str]) -> Ground:
        """Return what the footprints of closed days rest on; raises LedgerError as `ground` does."""
        corrected = tuple(accounts.read("restatements", day).height for day in days)
        key = (*days, corrected, *sorted(one.id for one in accounts.in_use.values()))
        with self._making:
            if key not in self._kept:
                while len(self._kept) >= GROUNDS:
                    self._kept.pop(next(iter(self._kept)))
                self._kept[key] = ground(accounts, days)
            return self._kept[key]


def _chain(accounts: Accounts, supplied_kg: Mapping[str, Decimal], whole: Collection[str] = ()) -> Chain:
    """Return the processes behind the park's materials; behind a supplier's own figure there is nothing more.

    whole: ids of other processes whose figure is their whole footprint.
    """
    known = accounts.book.chain
    uses = tuple(use for use in known.exchanges if use.user_id not in supplied_kg and use.user_id not in whole)
    return Chain(own.supplied_processes(known.processes, supplied_kg), uses)


def _upstream(accounts: Accounts, supplied_kg: Mapping[str, Decimal]) -> dict[str, Decimal]:
    """Return the footprints [kg CO2e a unit] that the chain of suppliers gives for materials of the park."""
    known = _chain(accounts, supplied_kg)
    if not known.processes:
        return {}
    made = chain.of_processes(known.processes, known.exchanges).graph
    values = graph.intensities(made)
    return {name: Decimal(repr(float(values[at]))) for name, at in made.place.items() if name in accounts.park.material}


def _mix(accounts: Accounts, method: Method, day: str) -> Mix:
    rows = views.net(accounts.postings([day]))
    bought = -views.total(rows, "source:grid", "electricity", "physical")
    made = -views.total(rows, "source:", "electricity", "physical") - bought
    sold = views.total(rows, "export:", "electricity", "physical")
    burnt = inventory.burnt(accounts.park, rows)
    gas = [
        (energy, required(edition_of(named(accounts.park, name)), FuelFactor)) for name, energy in sorted(burnt.items())
    ]
    return footprint.mix(method, accounts.library, bought, max(made - sold, 0), gas, accounts.book.method.upstream)


def unit_footprint(accounts: Accounts, found: Ground, unit_id: str) -> Footprint:
    """Return the footprint of a finished unit; raises LedgerError when it has no passport in those days."""
    return next(iter(of_passports(accounts, found, _passport(accounts, found, unit_id))))


def _passport(accounts: Accounts, found: Ground, unit_id: str) -> pl.DataFrame:
    rows = accounts.passports(list(found.mixes), unit_id)
    if not rows.height:
        raise LedgerError(f"unit {unit_id}: has no passport in these days; name the day on which it was packed")
    return rows


def unit_answer(accounts: Accounts, found: Ground, unit_id: str) -> dict[str, Any]:
    """Return the footprint of a finished unit beside what the ledger attributed to it, component by component.

    Raises LedgerError when the unit has no passport in those days.
    """
    row = _passport(accounts, found, unit_id)
    foot = next(iter(of_passports(accounts, found, row)))
    bare = {name: one.model_copy(update={"scrap_share": Decimal(0)}) for name, one in found.sourcing.items()}
    product_id, day, material_ug = row.select("product_id", "day", "material_ug").row(0)
    times = found.times(day, product_id, material_ug)
    without_loss = _bill(accounts, replace(found, sourcing=bare), product_id, times)
    both = reconcile.compared(row["location_ug"][0], material_ug, foot, without_loss)
    return {
        **shown(foot),
        "attributed_ug": sum(one.attributed_ug for one in both),
        "difference_ug": sum(one.difference_ug for one in both),
        "reconciliation": [
            {"component": one.component, "attributed_ug": one.attributed_ug, "footprint_ug": one.footprint_ug,
             "difference_ug": one.difference_ug}
            for one in both
        ],
    }  # fmt: skip


def of_passports(accounts: Accounts, found: Ground, rows: pl.DataFrame) -> Iterable[Footprint]:
    """Yield the footprint of each passport; rows: PASSPORTS with the day of each."""
    bills: dict[tuple[str, Fraction], tuple[Part, ...]] = {}
    for row in rows.iter_rows(named=True):
        key = (row["product_id"], found.times(row["day"], row["product_id"], row["material_ug"]))
        if key not in bills:
            bills[key] = _bill(accounts, found, *key)
        energy = row["direct_mwh_int"] + row["overhead_mwh_int"]
        used = footprint.energy_part(energy, found.mixes[row["day"]], found.method)
        yield footprint.of_parts(row["unit_id"], 1, (*bills[key], used))


def _bill(accounts: Accounts, found: Ground, product_id: str, times: Fraction) -> tuple[Part, ...]:
    return footprint.material_parts(
        accounts.park, product_id, found.sourcing, found.freight, found.upstream_kg, found.method, times
    )


def lot_footprint(accounts: Accounts, found: Ground, days: list[str], job_id: str) -> Footprint:
    """Return the footprint of a lot (job): its finished units added up; raises LedgerError when it has none."""
    units = accounts.units(days).filter(pl.col("job_id") == job_id).select("unit_id")
    rows = accounts.passports(days).join(units, on="unit_id", how="semi")
    return footprint.summed(job_id, list(of_passports(accounts, found, rows)))


def product_footprint(accounts: Accounts, found: Ground, product_id: str) -> Footprint:
    """Return the footprint of all units of a product that were finished; raises LedgerError when there is none."""
    rows = found.finished.filter(pl.col("product_id") == product_id).sort("day")
    units = int(rows["units"].sum())
    daily_ug = rows.select("day", "material_ug").iter_rows()
    bill = _bill(
        accounts, found, product_id, sum((found.times(day, product_id, ug) for day, ug in daily_ug), Fraction(0))
    )
    daily = rows.select("day", "energy_mwh_int")
    used = [footprint.energy_part(amount, found.mixes[day], found.method) for day, amount in daily.iter_rows()]
    whole = replace(
        used[0], quantity=sum((p.quantity for p in used), Decimal(0)), emitted_ug=sum(p.emitted_ug for p in used)
    ) if used else None  # fmt: skip
    return footprint.of_parts(product_id, units, (*bill, whole) if whole else bill)


def park_chain(accounts: Accounts, found: Ground, whole: Collection[str] = ()) -> ParkChain:
    """Return the park's chain over the days, with the energy that a unit of each product took on each of them.

    whole: ids of processes behind which nothing more is counted, since their figure is their whole footprint.
    """
    counts = dict(found.finished.group_by("product_id").agg(pl.col("units").sum()).iter_rows())
    sums = found.finished.select("day", "product_id", "energy_mwh_int").sort("day", "product_id")
    energy: dict[str, tuple[Mix, dict[str, float]]] = {day: (mix, {}) for day, mix in found.mixes.items()}
    for day, product_id, energy_mwh_int in sums.iter_rows():
        energy[day][1][product_id] = energy_mwh_int / 1e6 / counts[product_id]
    consumed: dict[str, Fraction] = {}
    for day, product_id, material_ug in found.finished.select("day", "product_id", "material_ug").iter_rows():
        times = found.times(day, product_id, material_ug)
        consumed[product_id] = consumed.get(product_id, Fraction(0)) + times
    mean = {product_id: float(times / counts[product_id]) for product_id, times in consumed.items()}
    known = _chain(accounts, found.supplied_kg, whole)
    park = passport.counted(accounts.park, own.supplied(accounts.park, accounts.in_use, ""))
    return chain.of_park(
        park, known.processes, known.exchanges, found.sourcing, found.freight, found.method, energy, mean
    )


def footprint_answer(
    accounts: Accounts,
    start: date,
    end: date,
    unit_id: str = "",
    lot_id: str = "",
    draws: int = 0,
    seed: int = 1,
    change: Mapping[str, float] | None = None,
) -> dict[str, Any]:
    """Return the footprint of a unit, of a lot, or of every product finished in the closed days of [start, end].

    draws: drawings of all figures for the interval of every product; 0 for the closed form. change: process or
    material -> its new footprint [kg CO2e a unit], to see what it would make of every product.

    Raises LedgerError when a unit, lot or process is unknown, nothing was finished, or a product is to change.
    """
    days = accounts.closed(start, end)
    found = ground(accounts, days)
    head = {"park": accounts.park.site.park_id, "from": days[0], "to": days[-1], "days_closed": len(days)}
    if unit_id:
        return {**head, "unit": unit_answer(accounts, found, unit_id)}
    if lot_id:
        return {**head, "lot": shown(lot_footprint(accounts, found, days, lot_id))}
    made = found.finished["product_id"].unique().sort().to_list()
    if not made:
        raise LedgerError(f"{start} to {end}: no unit was finished; name days in which some were")
    whole = park_chain(accounts, found)
    values = graph.intensities(whole.graph)
    sampled = uncertainty.drawn(whole.graph, whole.spread, made, draws, np.random.default_rng(seed)) if draws else None
    products = []
    for product_id in made:
        shown_product = shown(product_footprint(accounts, found, product_id), full=False)
        shown_product["chain_kg_per_unit"] = float(values[whole.graph.at(product_id)])
        shown_product["cv"] = uncertainty.analytic_cv(whole.graph, whole.spread, product_id, values)
        by_law = uncertainty.interval_kg(shown_product["chain_kg_per_unit"], shown_product["cv"])
        shown_product["interval_95_kg"] = list(sampled.interval(product_id) if sampled else by_law)
        shown_product["contributions"] = [
            {"process": c.process_id, "quantity": c.quantity, "kg": c.kg, "share": c.share}
            for c in graph.contributions(whole.graph, product_id, TOP)
        ]
        products.append(shown_product)
    answer = {**head, "processes": len(whole.graph.ids), "exchanges": int(whole.graph.amounts.size), "draws": draws}
    answer["products"] = products
    if change:
        own_products = sorted(set(change) & set(accounts.park.product))
        if own_products:
            raise LedgerError(
                f"product {own_products[0]}: is made here, and its footprint follows from what is behind it; name a "
                "material or a process behind one"
            )
        before = {name: float(values[whole.graph.at(name)]) for name in made}
        answer["change"] = _changed(accounts, found, before, change)
    return answer


def _changed(
    accounts: Accounts, found: Ground, before: Mapping[str, float], change: Mapping[str, float]
) -> dict[str, Any]:
    """Return what new footprints make of the products; a new footprint stands for all that is behind its thing.

    before: product -> its footprint [kg CO2e a unit].
    """
    made = park_chain(accounts, found, change).graph
    revision = graph.revised(made, graph.intensities(made), change)
    return {
        "new_kg": dict(change),
        "recomputed": len(revision.recomputed),
        "products": [
            {"product": name, "kg_per_unit": float(revision.intensities[made.at(name)]),
             "change_kg": float(revision.intensities[made.at(name)]) - was}
            for name, was in before.items()
        ],
    }  # fmt: skip


def changes_of(texts: Iterable[str]) -> dict[str, float]:
    """Return process -> new footprint [kg CO2e a unit] of texts like SSD-512=20.5; raises LedgerError for others."""
    found = {}
    for text in texts:
        name, _, figure = text.rpartition("=")
        if not name:
            raise LedgerError(f"--change {text!r}: is no change; write THING=KG, for example SSD-512=20.5")
        found[name] = float(decimal_of(figure, f"--change {text!r}"))
    return found


def shown(found: Footprint, *, full: bool = True) -> dict[str, Any]:
    """Return a footprint as plain data, kg CO2e a unit; its parts where `full`."""
    answer: dict[str, Any] = {
        "id": found.thing_id,
        "units": found.units,
        "kg_per_unit": found.total_ug / UG_PER_KG / found.units,
        "total_ug": found.total_ug,
        "by_kind_kg": {
            kind: found.of_kind_ug(kind) / UG_PER_KG / found.units for kind in ("material", "freight", "energy")
        },
        "primary_share": float(found.primary_share),
        "quality_rating": None if found.rating is None else float(found.rating),
        "cv": found.cv,
        "interval_95_kg": list(uncertainty.interval_kg(found.total_ug / UG_PER_KG / found.units, found.cv)),
        "variance_shares": {group or "alone": share for group, share in found.variance_shares.items()},
    }
    if full:
        answer["parts"] = [
            {"kind": p.kind, "thing": p.thing_id, "quantity": float(p.quantity), "unit": p.unit,
             "kg": p.emitted_ug / UG_PER_KG, "share": p.emitted_ug / found.total_ug if found.total_ug else 0.0,
             "origin": p.origin, "primary_share": float(p.primary_share), "quality_rating": float(p.rating),
             "cv": float(p.cv)}
            for p in sorted(found.parts, key=lambda one: -one.emitted_ug)
        ]  # fmt: skip
    return answer
