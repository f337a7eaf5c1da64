"""Inventories as reports: the GHG Protocol's, the national electronics manufacturers' form, and the base year."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from parkwright.carbon.activity import scope2_ug
from parkwright.carbon.editions import Edition
from parkwright.carbon.inventory import CATEGORIES, GAS, Inventory, Line
from parkwright.model.errors import LedgerError
from parkwright.model.park import Park

RECALCULATE_AT = Decimal("0.05")
"""Change of the base year from which on it is recalculated: 5 %, common practice with science-based targets; a park may
set its own. References: GHG Protocol, Corporate Standard, revised 2004, ch. 5 (a threshold is to be stated)."""
NO_DATA = "no activity data given"
"""Why a category of scope 3 is left out that the park does not exclude."""
_KG, _T, _MWH = 1e9, 1e12, 1e9


def ghg_protocol(park: Park, found: Inventory) -> dict[str, Any]:
    """Return the inventory as a GHG Protocol report: scopes apart, scope 2 in both views, what is left out and why.

    References: GHG Protocol, Corporate Standard, revised 2004, ch. 9; Scope 2 Guidance, 2015, ch. 7.
    """
    seen = found.market
    scope3 = {number: [line for line in found.lines if line.scope == 3 and line.category == number] for number in
              range(1, len(CATEGORIES) + 1)}  # fmt: skip
    return {
        "park": park.site.park_id,
        "from": found.start_day.isoformat(),
        "to": found.end_day.isoformat(),
        "boundary": "operational control",
        "warming_set": found.warming_set,
        "scope1": {"kg": found.total_ug(1) / _KG, "lines": _lines(found, 1)},
        "scope2": {
            "location_kg": found.total_ug(2) / _KG,
            "market_kg": found.total_ug(2, "market") / _KG,
            "lines": _lines(found, 2),
            "imported_mwh": seen.imported_mwh_int / _MWH,
            "certified_mwh": seen.certified_mwh_int / _MWH,
            "sold_away_mwh": seen.sold_mwh_int / _MWH,
            "residual_factor": seen.residual_id,
            "market_note": "" if seen.is_residual else "no residual factor is given; the location factor stands in",
        },
        "scope3": {
            "kg": found.total_ug(3) / _KG,
            "categories": [
                _category(number, lines)
                for number, lines in scope3.items() if lines
            ],
            "not_included": [
                {"category": number, "name": CATEGORIES[number - 1], "why": found.excluded.get(number, NO_DATA),
                 "is_excluded": number in found.excluded}
                for number, lines in scope3.items() if not lines
            ],
        },
        "factors": [edition_told(edition) for edition in found.factors],
        "unverified_factors": [edition.id for edition in found.factors if not edition.verified],
    }  # fmt: skip


def national(park: Park, found: Inventory) -> dict[str, Any]:
    """Return the inventory in the form for electronics manufacturers: fuel + process + bought - sold [t CO2e].

    Power sold is deducted at the factor that power bought on its day was posted with; scope 3 and certificates are no
    part of it. electricity_factor: the last edition that was posted; other_electricity_factors: those of earlier days.

    References: GB/T 32150-2015, 5; GB/T 32151.24-2024 (electronic equipment manufacturing).
    """
    bought, sold = found.total_ug(2), sum(scope2_ug(one.exported_mwh_int, one.factor) for one in found.grid)
    *earlier, last = (edition_told(one.factor) for one in found.grid)
    burnt = [line for line in found.lines if line.scope == 1 and not line.factor_id.startswith(GAS)]
    process = [line for line in found.lines if line.scope == 1 and line.factor_id.startswith(GAS)]
    fuel_ug, process_ug = (sum(line.location_ug for line in lines) for lines in (burnt, process))
    return {
        "form": "GB/T 32151.24-2024",
        "park": park.site.park_id,
        "from": found.start_day.isoformat(),
        "to": found.end_day.isoformat(),
        "rows": [
            {"row": 1, "name_en": "fossil fuel combustion", "name_zh": "化石燃料燃烧排放", "t": fuel_ug / _T},
            {"row": 2, "name_en": "process emissions", "name_zh": "工业生产过程排放", "t": process_ug / _T,
             "gases": {line.gas: line.location_ug / _T for line in process}},
            {"row": 3, "name_en": "purchased electricity", "name_zh": "购入电力对应的排放", "t": bought / _T,
             "mwh": found.market.imported_mwh_int / _MWH},
            {"row": 4, "name_en": "electricity sold", "name_zh": "输出电力对应的排放", "t": sold / _T,
             "mwh": found.exported_mwh_int / _MWH},
        ],
        "total_t": (fuel_ug + process_ug + bought - sold) / _T,
        "electricity_factor": last,
        "other_electricity_factors": earlier,
        "fuel_mwh": found.gas_mwh_int / _MWH,
    }  # fmt: skip


def _category(number: int, lines: list[Line]) -> dict[str, Any]:
    amount = sum(line.location_ug for line in lines)
    shown = [_line(line) for line in lines]
    return {"category": number, "name": CATEGORIES[number - 1], "kg": amount / _KG, "lines": shown}


def _lines(found: Inventory, scope: int) -> list[dict[str, Any]]:
    return [_line(line) for line in found.lines if line.scope == scope]


def _line(line: Line) -> dict[str, Any]:
    named = {"text": line.text, "text_zh": line.text_zh}
    return {**named, "kg": line.location_ug / _KG, "factor": line.factor_id, "basis": line.basis}


def edition_told(edition: Edition) -> dict[str, Any]:
    """Return all that is known of an edition as plain data: its value exact, where it stands, its terms, its hash."""
    names = (
        "id", "kind", "publisher", "document", "cell", "data_year", "published", "geography", "gas", "unit", "licence",
        "verified", "pack",
    )  # fmt: skip
    return {**{name: getattr(edition, name) for name in names}, "value": str(edition.value), "sha256": edition.sha256}


@dataclass(frozen=True, slots=True)
class Recalculation:
    """Whether a base year must be recalculated: the change of each figure as a share of the base, and the largest."""

    shares: Mapping[str, Decimal]
    largest: Decimal
    threshold: Decimal
    required: bool


def recalculation(
    base_ug: Mapping[str, int], restated_ug: Mapping[str, int], threshold: Decimal = RECALCULATE_AT
) -> Recalculation:
    """Return whether what was learnt since changes a base year enough to recalculate it.

    base_ug: figure (scope1, scope2_location, ...) -> emissions as published [ug CO2e]. restated_ug: the same figures
    with all corrections since (late readings, editions, methods, structure, errors) taken together, so that many small
    changes count like one. threshold: share in (0, 1].

    Raises LedgerError when the figures differ in name, or the threshold is no share.
    """
    if base_ug.keys() != restated_ug.keys() or not base_ug:
        raise LedgerError(f"base year: has {sorted(base_ug)}, restated {sorted(restated_ug)}; give the same figures")
    if not 0 < threshold <= 1:
        raise LedgerError(f"base year: threshold {threshold} is no share; give one above 0, up to 1")
    shares = {name: _change(base_ug[name], restated_ug[name]) for name in sorted(base_ug)}
    largest = max(shares.values(), key=abs)
    return Recalculation(shares, largest, threshold, any(abs(share) >= threshold for share in shares.values()))


def _change(before: int, after: int) -> Decimal:
    if before == 0:
        return Decimal(0) if after == 0 else Decimal(1)
    return Decimal(after - before) / Decimal(before)
