"""The zero-carbon centre for a script: indicators, and the checklist with what proves each of its items."""

from __future__ import annotations

from collections import Counter
from datetime import date
from decimal import Decimal
from statistics import median
from typing import Any

import polars as pl

from parkwright.carbon import own, report, zerocarbon
from parkwright.carbon.inventory import Inventory
from parkwright.wire.accounts import Accounts
from parkwright.wire.carbon import inventory_of

MWH_INT_PER_MWH = 10**9
SOURCES = {
    "products_with_footprint": "bills.csv", "products": "products.toml", "readings_auto": "readings",
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
    finished = made.filter(pl.col("kind") == "finished").group_by("product_id").agg(pl.col("units").sum())
    counts = dict(finished.iter_rows())
    share = own.supplied_share(accounts.park, accounts.in_use, counts)
    evidence = {
        "days_compared": Decimal(benchmark["days"] if benchmark["days"] > 1 else 0),
        "supplier_figures": Decimal(len(accounts.in_use)),
        "supplied_share": share if share is not None else Decimal(0),
        "certificates_mwh": sum((Decimal(amount) for amount in held.values()), Decimal(0)),
        "exchange": Decimal(accounts.book.identity is not None),
        **zerocarbon.handled(accounts.book.activities, [date.fromisoformat(day) for day in days]),
    }
    proofs = zerocarbon.proved(checklist.item, evidence, accounts.book.proved)
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
                "value": None if proof.evidence is None else float(proof.evidence),
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
    readings, automatic = accounts.readings(days).sum().row(0)
    park = accounts.park
    finished = [product for product in park.products if product.kind == "finished"]
    billed = {line.product_id for line in park.bill}
    national = report.national(park, found)
    return zerocarbon.Figures(
        co2_ug=round(national["total_t"] * 10**12),
        bought_mwh_int=found.market.imported_mwh_int,
        self_used_mwh_int=max(found.generated_mwh_int - found.exported_mwh_int, 0),
        gas_mwh_int=found.gas_mwh_int,
        certified_mwh_int=found.market.certified_mwh_int,
        readings_auto=automatic,
        readings=readings,
        products_with_footprint=sum(product.id in billed for product in finished),
        products=len(finished),
        sold_mwh_int=found.market.sold_mwh_int,
    )


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
