"""The zero-carbon centre for a script: indicators, and the checklist with what proves each of its items."""

from __future__ import annotations

from collections import Counter
from datetime import date
from statistics import median
from typing import Any

import polars as pl

from parkwright.carbon import own, report, zerocarbon
from parkwright.carbon.inventory import Inventory
from parkwright.wire import evidence
from parkwright.wire.accounts import Accounts
from parkwright.wire.carbon import inventory_of

MWH_INT_PER_MWH = 10**9
SOURCES = {
    "products_with_footprint": "passports", "products_made": "verdicts", "readings_auto": "readings",
    "readings": "readings", "proved": "checklist", "in_list": "checklist",
}  # fmt: skip
"""Term of an indicator -> what it is read from; all others from postings."""
USED = ("energy_kwh.grid", "energy_kwh.pv", "energy_kwh.gas")
"""Figures of a day's books that add up to the energy that it used, less what was sold."""


def zero_carbon_answer(accounts: Accounts, start: date, end: date) -> dict[str, Any]:
    """Return the indicators of the zero-carbon programmes and the checklist of the centre with its proofs."""
    days = accounts.closed(start, end)
    made, found = accounts.made(days), inventory_of(accounts, days)
    conversion, checklist = accounts.book.conversion(), accounts.book.checklist
    figures = _figures(accounts, days, found)
    benchmark, held = _benchmark(accounts, days), _certificates(accounts)
    share = own.supplied_share(accounts.park, accounts.in_use, _by_product(made.filter(pl.col("kind") == "finished")))
    looked_up = evidence.found(accounts, days, benchmark, share)
    proofs = zerocarbon.proved(checklist.item, looked_up, accounts.book.proved)
    shown = zerocarbon.indicators(figures, conversion, checklist.limit, accounts.book.given, proofs)
    return {
        "park": accounts.park.site.park_id,
        "from": days[0],
        "to": days[-1],
        "conversion": conversion.model_dump(mode="json"),
        "standard_coal_t": float(zerocarbon.coal_t(figures, conversion)),
        "co2_per_tce_by_conversion": {
            one.id: float(zerocarbon.values(figures, one).get("co2_per_tce", 0)) for one in checklist.conversion
        },
        "indicators": [
            {"programme": limit.programme, **_indicator(one, accounts.book.given_basis.get(one.id))}
            for one, limit in zip(shown, checklist.limit, strict=True)
        ],
        "checklist": [
            {
                **proof.item.model_dump(mode="json"),
                "proof": proof.place,
                "by": proof.by,
                "value": None if proof.found is None else float(proof.found.amount),
                "newest": proof.found.newest.isoformat() if proof.found and proof.found.newest else None,
            }
            for proof in proofs
        ],
        "benchmark": benchmark,
        "certificates_mwh": held,
        "supplied_share": None if share is None else float(share),
    }


def _indicator(one: zerocarbon.Indicator, given_basis: str | None) -> dict[str, Any]:
    return {
        "id": one.id,
        "name_en": one.name.en,
        "name_zh": one.name.zh,
        "unit": one.unit,
        "value": None if one.value is None else float(one.value),
        "entry": None if one.entry is None else float(one.entry),
        "goal": None if one.goal is None else float(one.goal),
        "meets_entry": one.meets_entry,
        "meets_goal": one.meets_goal,
        "verified": one.verified,
        "basis": one.basis,
        "given_basis": given_basis,
        "unstated": one.unstated,
        "terms": [
            {
                "name": term.name,
                "value": float(term.amount),
                "unit": term.unit,
                "source": SOURCES.get(term.name, "postings"),
            }
            for term in one.terms
        ],
    }


def _figures(accounts: Accounts, days: list[str], found: Inventory) -> zerocarbon.Figures:
    readings, automatic = accounts.readings(days).select("readings", "automatic").sum().row(0)
    good = accounts.made(days).filter((pl.col("kind") == "finished") & pl.col("is_good"))
    made, issued = _by_product(good), _by_product(accounts.finished(days))
    billed = {line.product_id for line in accounts.park.bill}
    national = report.national(accounts.park, found)
    return zerocarbon.Figures(
        co2_ug=round(national["total_t"] * 10**12),
        bought_mwh_int=found.market.imported_mwh_int,
        self_used_mwh_int=max(found.generated_mwh_int - found.exported_mwh_int, 0),
        gas_mwh_int=found.gas_mwh_int,
        certified_mwh_int=found.market.certified_mwh_int,
        readings_auto=automatic,
        readings=readings,
        products_with_footprint=sum(name in billed and issued.get(name, 0) >= units for name, units in made.items()),
        products=len(made),
        sold_mwh_int=found.market.sold_mwh_int,
        has_bills=bool(billed),
    )


def _by_product(rows: pl.DataFrame) -> dict[str, int]:
    """Return product -> units of it; those without any left out."""
    sums = rows.group_by("product_id").agg(pl.col("units").sum())
    return dict(sums.filter(pl.col("units") > 0).sort("product_id").iter_rows())


def _benchmark(accounts: Accounts, days: list[str]) -> dict[str, Any]:
    """Return the energy a good unit of the span [kWh], beside that of its best closed day and of its middle one."""
    each: dict[str, float] = {}
    energy = made = 0.0
    for day in days:
        figures = dict(accounts.read("books", day).select("key", "value").iter_rows())
        used = sum(figures.get(key, 0.0) for key in USED) - figures.get("energy_kwh.export", 0.0)
        energy, made = energy + used, made + figures.get("units_good", 0.0)
        if figures.get("units_good"):
            each[day] = used / figures["units_good"]
    best = min(each, key=lambda day: each[day], default=None)
    return {
        "days": len(each),
        "newest_day": max(each, default=None),
        "kwh_per_unit": energy / made if made else None,
        "best_day": best,
        "best_kwh_per_unit": each[best] if best else None,
        "median_kwh_per_unit": median(each.values()) if each else None,
    }


def _certificates(accounts: Accounts) -> dict[str, float]:
    """Return the certificates of the park by state [MWh]."""
    sums: Counter[str] = Counter()
    for one in accounts.certificates:
        sums[one.state] += one.energy_mwh_int
    return {state: amount / MWH_INT_PER_MWH for state, amount in sorted(sums.items())}
