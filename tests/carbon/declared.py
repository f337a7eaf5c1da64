"""Declarations that several tests start from."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

from parkwright.carbon.declaration import Declaration

NOW = datetime(2026, 7, 20, 8, tzinfo=UTC)
YEAR = (datetime(2025, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC))
IDS = [f"00000000-0000-4000-8000-{number:012d}" for number in range(20)]


def d(text: str) -> Decimal:
    return Decimal(text)


def declared(**changes) -> Declaration:
    """A plausible declaration of a panel: every part that can be there is there, and they add up."""
    parts = {
        "fossil": d("30"), "land_use_change": d("1.5"), "land_management_fossil": d("1"),
        "land_management_biogenic": d("2"), "land_management_removals": d("-1"), "biogenic_other": d("0.8"),
        "technological_removals": d("-0.7"), "capture_storage": d("-0.6"), "uptake": d("-3"),
        "aircraft": d("2"), "packaging": d("1.2"), "outbound": d("0.9"),
    }  # fmt: skip
    one = Declaration(
        id=IDS[1],
        created=NOW,
        status="active",
        company_name="Panels",
        company_ids=("urn:pact:panels.example:company-id:1",),
        product_ids=("urn:pact:panels.example:product-id:P1", "urn:gtin:4712345060507"),
        product_name="Panel 14",
        product_text="a panel",
        unit="piece",
        amount=d("1"),
        mass_kg=d("2.5"),
        period=YEAR,
        total_kg=d("33"),
        net_kg=d("30"),
        parts=parts,
        fossil_carbon_kg=d("0.5"),
        biogenic_carbon_kg=d("0.1"),
        classifications=("urn:pact:productclassification:un-cpc:4529",),
        country="CN",
        subdivision="CN-TJ",
        boundary="cradle to gate",
        primary_share_percent=d("60"),
        quality={"technological": d("1.5"), "geographical": d("2"), "temporal": d("1")},
        sources=(("a database", "3.1"),),
    )
    return replace(one, **changes)
