"""Carbon accounts as the wire answers them, made up, with a free text that a test may plant something in."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from parkwright.carbon.inventory import POWER
from parkwright.carbon.retirement import Used
from parkwright.model.errors import LedgerError
from parkwright.model.park import Park

FACTOR = {
    "id": "grid-2023", "kind": "grid_emission", "value": "0.5", "gas": "CO2", "unit": "kWh", "publisher": "a ministry",
    "document": "a list", "cell": "row 1", "data_year": 2023, "published": "2024-12", "geography": "CN-TJ",
    "licence": "open", "verified": True, "pack": "park", "sha256": "ab" * 32,
}  # fmt: skip


def inventory(text: str, start: str, end: str) -> dict[str, Any]:
    """Return an inventory of two scopes and a category, in the wire's form."""
    line = {"text": text, "text_zh": "", "kg": 40.0, "factor": "=gas", "basis": f"assumed: {text}"}
    return {
        "from": start,
        "to": end,
        "days_closed": 2,
        "days_not_closed": [],
        "units_good": 100,
        "scope12_kg_per_unit": {"location": 1.4, "market": 1.2},
        "scope1": {"kg": 40.0, "lines": [line]},
        "scope2": {
            "location_kg": 100.0,
            "market_kg": 80.0,
            "imported_mwh": 0.2,
            "lines": [{"text": POWER, "kg": 100.0, "factor": FACTOR["id"], "basis": "ledger"}],
        },
        "scope3": {
            "kg": 10_000.0,
            "categories": [
                {"category": 1, "name": "purchased goods", "kg": 10_000.0, "lines": [{**line, "kg": 10_000.0}]}
            ],
            "not_included": [
                {"category": 2, "name": "capital goods", "why": "no activity data given", "is_excluded": False},
                {"category": 14, "name": "franchises", "why": f"assumed: {text}", "is_excluded": True},
            ],
        },
        "certificates_beyond_use": [{"certificate": text, "mwh": 1.5}],
        "matching": {"annual_rule_share": 0.4, "hourly_share": 0.3},
        "national": {
            "form": "GB/T 32151.24-2024",
            "total_t": 0.13,
            "fuel_mwh": 0.2,
            "electricity_factor": {**FACTOR, "publisher": text},
            "other_electricity_factors": [],
            "rows": [
                {"row": 1, "name_en": "fuel", "name_zh": "燃料", "t": 0.04},
                {"row": 2, "name_en": "process", "name_zh": "过程", "t": 0.0, "gases": {text: 0.0}},
                {"row": 3, "name_en": "bought", "name_zh": "购入", "t": 0.1, "mwh": 0.2},
                {"row": 4, "name_en": "sold", "name_zh": "输出", "t": 0.01, "mwh": 0.02},
            ],
        },
        "unverified_factors": ["grid-2021"],
        "share_alike": [{"factor": "=gas", "pack": "own", "licence": text}],
    }


def target(text: str, **changes: Any) -> dict[str, Any]:
    """Return a target from 2021 to 2030."""
    path = {str(year): 100.0 - 5 * (year - 2021) for year in range(2021, 2031)}
    plain = {
        "id": "T1", "title": {"en": text, "zh": text},
        "rule": "half-2030", "rule_title": {"en": "Half", "zh": "减半"},
        "provisional": True, "base_year": 2021, "target_year": 2030,
        "reduction": 0.45, "goal_t": 55.0, "path_t": path, "pace_t": 80.0, "gap_t": 5.0, "probability": 0.4,
    }  # fmt: skip
    return {**plain, **changes}


def solder(text: str) -> dict[str, Any]:
    """Return the worked example: two ovens of this park beside a claim that names its lines and one that does not."""
    litres = {"us-gasoline": 1000.0, "uk-petrol": 900.0}
    computed = {
        "oven_kwh": 700.0, "boards": 350, "days": 2, "ovens": 2, "kwh_per_board": 2.0, "saved_kg_per_board": 0.35,
        "saved_t_per_year": 22.4, "t_per_oven": 11.2, "kw_per_oven": 2.55, "gasoline_l_by_factor": litres,
        "factor": "grid-2023", "share": 0.35, "share_basis": f"cited: {text}",
    }  # fmt: skip
    both = {"en": text, "zh": text}
    plain = {"text": both, "saved_t": "6000", "lines": None, "ovens_per_line": 2, "gasoline_l": None, "source": text}
    none = {"claimed_gasoline_l": None, "t_per_oven": None, "implied_kw_per_oven": {}, "gasoline_l_by_factor": litres}
    known = {"claimed_gasoline_l": 2.5e6, "t_per_oven": 90.2, "implied_kw_per_oven": {"grid-2021": 14.0}}
    return {
        "computed": computed,
        "claims": [{"id": "A", **plain, **none}, {"id": "B", **plain, **none, **known}],
        "note": text,
    }


def unit_footprint(text: str) -> dict[str, Any]:
    """Return a unit's footprint beside what was attributed, in the wire's form: three parts, 0.5 kg apart."""
    part = {"quantity": 1.0, "unit": "piece", "primary_share": 0.2, "quality_rating": 3.0, "cv": 0.3, "origin": text}
    sized = (("material", text, 99.0), ("energy", "process", 1.0), ("freight", text, 0.5))
    both = (("energy", 10**9, 10**9), ("materials", 99 * 10**9, 99 * 10**9), ("loss", 0, 0), ("freight", 0, 5 * 10**8))
    return {
        "id": "U", "units": 1, "kg_per_unit": 100.5, "total_ug": 100_500_000_000,
        "by_kind_kg": {kind: kg for kind, _, kg in sized}, "primary_share": 0.21, "quality_rating": 3.0, "cv": 0.25,
        "interval_95_kg": [60.0, 158.0], "variance_shares": {text: 0.9, "alone": 0.1},
        "parts": [{"kind": kind, "thing": thing, "kg": kg, "share": kg / 100.5, **part} for kind, thing, kg in sized],
        "attributed_ug": 10**11, "difference_ug": 5 * 10**8,
        "reconciliation": [
            {"component": name, "attributed_ug": was, "footprint_ug": now, "difference_ug": now - was}
            for name, was, now in both
        ],
    }  # fmt: skip


class FakeMeters:
    """Says like wire.carbon_desk what was used: 2 MWh bought and 1 MWh own on each day."""

    def __init__(self, park: Park) -> None:
        self.park = park

    def used(self, start: date, end: date) -> tuple[Used, ...]:
        days = [start + timedelta(days=n) for n in range((end - start).days + 1)]
        edges = [(self.park.midnight(day), self.park.midnight(day + timedelta(days=1))) for day in days]
        return tuple(Used(*span, 2 * 10**9, 10**9) for span in edges)


class FakeCarbon:
    """Answers like wire.carbon_desk; nothing is closed before 2026."""

    def __init__(self, text: str = "a line") -> None:
        self.text = text
        self.asked: list[tuple[date | None, date | None]] = []

    def report(self, start: date | None, end: date | None) -> dict[str, Any] | None:
        self.asked.append((start, end))
        if end is not None and end.year < 2026:
            return None
        first, last = str(start or "2026-07-14"), str(end or "2026-07-15")
        both = {"en": self.text, "zh": self.text}
        steps = [
            {"measure_id": "M1", "avoided_t": 2.0, "cny_per_t": -50.0, "cumulative_t": 2.0},
            {"measure_id": "M2", "avoided_t": 1.0, "cny_per_t": 90.0, "cumulative_t": 3.0},
        ]
        product = {
            "id": "NB-14", "units": 90, "kg_per_unit": 100.5,
            "by_kind_kg": {"material": 99.0, "freight": 0.5, "energy": 1.0},
            "primary_share": 0.01, "quality_rating": 3.3, "cv": 0.16, "interval_95_kg": [72.6, 135.6],
            "contributions": [{"process": self.text, "quantity": 1.0, "kg": 60.0, "share": 0.6}],
        }  # fmt: skip
        month = {"month": "2026-07", "scope1_kg": 40.0, "location_kg": 100.0, "market_kg": 80.0, "scope3_kg": 10_000.0}
        return {
            "inventory": inventory(self.text, first, last),
            "months": [month],
            "targets": {
                "targets": [target(self.text), target("zero", gap_t=None, probability=None, provisional=False)],
                "claims": [
                    {
                        "id": "C",
                        "title": both,
                        "base_year": "FY2019",
                        "target_year": "FY2030",
                        "reduction": "0.5",
                        "measure": both,
                        "source": self.text,
                    },
                ],
            },
            "abatement": {
                "measures": [
                    {"id": name, "measure": both, "status": "idea", "meter_ids": meters}
                    for name, meters in (("M1", ["mc-1"]), ("M2", []))
                ],
                "curve": steps,
                "solder": solder(self.text),
            },
            "products": [product, {**product, "id": "gone", "contributions": [], "quality_rating": None}],
        }

    def unit(self, unit_id: str, day: date) -> dict[str, Any] | None:
        return unit_footprint(self.text) if day.year >= 2026 else None

    def lot(self, job_id: str, day: date) -> dict[str, Any] | None:
        if job_id == "nobody":
            raise LedgerError(f"footprint of {job_id}: has no unit; name days or a lot in which some were finished")
        return {**unit_footprint(self.text), "units": 2} if day.year >= 2026 else None

    def products(self, span: tuple[date, date], draws: int, seed: int, changes: Any) -> dict[str, Any]:
        report = self.report(*span)
        if report is None:
            raise LedgerError(f"{self.text} {span[0]} to {span[1]}: no closed day in this ledger")
        if any(one.startswith("NONE=") for one in changes):
            raise LedgerError("process 'NONE': is not in the chain")
        low, high = (75.0, 130.0) if draws else (72.6, 135.6)
        rows = [{**one, "interval_95_kg": [low, high]} for one in report["products"]]
        made = [{"product": "NB-14", "kg_per_unit": 90.5, "change_kg": -10.0}]
        new = {name: float(kg) for name, kg in (one.rsplit("=", 1) for one in changes)}
        told = {"change": {"new_kg": new, "recomputed": 3, "products": made}} if changes else {}
        days = {"from": str(span[0]), "to": str(span[1]), "days_closed": 2, "draws": draws}
        return {**days, "products": rows, **told}

    def indicators(self, start: date | None, end: date | None) -> dict[str, Any] | None:
        self.asked.append((start, end))
        if end is not None and end.year < 2026:
            return None
        plain = {"programme": "factory", "name_en": self.text, "name_zh": self.text, "unit": "share", "verified": False}
        power = {"unit": "kWh", "source": "postings"}
        terms = [{"name": "traceable_power", "value": 300.0, **power}, {"name": "power_used", "value": 600.0, **power}]
        made = {"id": "traceable_share", "basis": self.text, "terms": terms}
        rows = [
            {"value": 0.5, "entry": 0.3, "goal": 0.4, "meets_entry": True, "meets_goal": True, **made},
            {"value": 0.5, "entry": 0.3, "goal": 0.9, "meets_entry": True, "meets_goal": False,
             "basis": {"goal": self.text}, "given_basis": f"assumed: {self.text}"},
            {"value": 0.5, "entry": None, "goal": 0.9, "meets_entry": None, "meets_goal": False},
            {"value": None, "entry": None, "goal": 0.9, "meets_entry": None, "meets_goal": None,
             "unstated": "no_bill"},
            {"value": 0.5, "entry": None, "goal": None, "meets_entry": None, "meets_goal": None, "unit": "t/tce"},
        ]  # fmt: skip
        name = {"en": self.text, "zh": self.text}
        items = [
            ("function", 1, "/carbon", "found"),
            ("function", 2, f"cited: {self.text}", "named"),
            ("supply", 1, "", ""),
        ]
        way = {"en": f"not yet: {self.text}", "zh": f"尚无：{self.text}"}
        return {
            "from": str(start or "2026-07-14"),
            "to": str(end or "2026-07-15"),
            "conversion": {"id": "power-station"},
            "standard_coal_t": 14.4,
            "indicators": [{"id": f"i{n}", **plain, **row} for n, row in enumerate(rows)],
            "checklist": [
                {
                    "id": f"{part}{n}",
                    "part": part,
                    "number": n,
                    "name": name,
                    "proof": proof,
                    "by": by,
                    "basis": "x",
                    "evidence": "supplied_share",
                    "value": 0.25 if by == "found" else None,
                    "newest": "2026-07-14" if by == "found" else None,
                    "missing": way,
                }
                for part, n, proof, by in items
            ],
            "benchmark": {
                "days": 2,
                "kwh_per_unit": 3.25,
                "best_day": "2026-07-14",
                "best_kwh_per_unit": 3.0,
                "median_kwh_per_unit": 3.5,
            },
            "certificates_mwh": {"held": 150.0, "retired": 250.0},
        }

    def base_year(self, span: tuple[date, date], published: datetime, threshold: Decimal) -> dict[str, Any]:
        if published.year < 2026:
            raise LedgerError(f"{self.text} {span[0]} to {span[1]}: no closed day in this ledger")
        before = {"scope1": 40.0, "scope2_location": 100.0, "scope2_market": 80.0, "scope3": 10_000.0}
        return {
            "from": str(span[0]), "to": str(span[1]), "published_kg": before,
            "now_kg": {**before, "scope2_location": 106.0},
            "change_share": {name: 0.06 if name == "scope2_location" else 0.0 for name in before},
            "threshold": float(threshold), "recalculate": threshold <= Decimal("0.06"),
        }  # fmt: skip

    def saving(self, measure_id: str, before: tuple[date, date], after: tuple[date, date]) -> dict[str, Any]:
        if measure_id != "M1":
            raise LedgerError(f"measure {measure_id}: is unknown or names no meter")
        saved = 20.0 if before < after else -20.0
        return {
            "measure": measure_id, "meters": ["mc-1", self.text], "before": [str(day) for day in before],
            "after": [str(day) for day in after], "before_kwh": 100.0, "units_before": 50, "units_after": 40,
            "expected_kwh": 80.0, "metered_kwh": 80.0 - saved, "saved_kwh": saved, "saved_kg": saved / 2,
            "factor": self.text,
        }  # fmt: skip

    def year(self, which: int) -> dict[str, Any]:
        if which < 2026:
            raise LedgerError(f"{which}: no closed day in this ledger")
        figures = {
            "grid_kwh": 200.0, "own_kwh": 20.0, "export_kwh": 5.0, "scope1_kg": 40.0, "scope2_location_kg": 100.0,
            "scope2_market_kg": 80.0, "cost_cny": 120.5, "demand_cny": 20.5,
        }  # fmt: skip
        made = {"direct_mwh_int": 10**8, "overhead_mwh_int": 10**7, "location_ug": 10**11, "market_ug": 8 * 10**10,
                "material_ug": 10**13, "cost_1e4cny": 10**6}  # fmt: skip
        wrong = [{"journal_id": self.text, "commodity": "co2e", "view": "location", "quantity": 1}]
        beyond = {"energy_mwh_int": 0, "location_ug": 0, "market_ug": 0, "material_ug": 0, "cost_1e4cny": 0}
        return {
            "park": "SM",
            "year": which,
            "engine": "duckdb",
            "days_closed": 2,
            "days_open": ["2026-07-13"],
            "months": [{"month": f"{which}-07", **figures}],
            "whole": figures,
            "units": 90,
            "products": [{"product_id": self.text, "units": 90, **made}],
            "proofs": {"journal_sums": 7, "unbalanced": 1, "first_unbalanced": wrong, "beyond_passports": beyond},
        }

    def factors(self) -> dict[str, Any]:
        packs = [
            {
                "id": "own",
                "title": self.text,
                "licence": self.text,
                "share_alike": True,
                "sha256": "cd" * 32,
                "factors": 2,
                "warming_sets": [],
            },
            {
                "id": "gwp",
                "title": "gases",
                "licence": "open",
                "share_alike": False,
                "sha256": "ef" * 32,
                "factors": 0,
                "warming_sets": ["AR6"],
            },
        ]
        other = {**FACTOR, "id": "b", "verified": False, "pack": "own", "data_year": 2022}
        return {"packs": packs, "factors": [{**FACTOR, "cell": self.text}, other]}

    def restate(self, span: tuple[date, date], factor_id: str, text: str, at: datetime) -> dict[str, Any]:
        if span[0].year < 2026:
            raise LedgerError(f"{self.text} {span[0]} to {span[1]}: no closed day in this ledger")
        self.restated = (span, factor_id, text, at)
        return {
            "restatements": [{"restatement": f"R-{span[0]}-1"}], "days_left": [str(span[1])],
            "scope2_change_kg": {"location": -245.0, "market": 0.0},
        }  # fmt: skip

    def restate_readings(self, day: date, readings: str, reason: str, text: str, at: datetime) -> dict[str, Any]:
        if "grid-in" not in readings:
            raise LedgerError(f"readings:2: {self.text} is no meter")
        self.restated = (day, readings, reason, text, at)
        return {"restatement": f"R-{day}-1", "scope2_change_kg": {"location": -245.0, "market": 12.0}}

    def sinks(self, since: date | None) -> dict[str, Any] | None:
        known = ["2024-06-30", "2025-06-30"]
        if since is not None and str(since) not in known:
            raise LedgerError(f"green: no inventory of {since} is known; one of {', '.join(known)}")
        return {
            "since": str(since or known[-1]), "inventories": known, "stock_before_kg": 900.0, "growth_kg": 130.0,
            "planted_kg": 20.0, "felled_kg": 50.0, "stock_after_kg": 1_000.0, "change_kg": 100.0, "trees_felled": 2,
            "relative_sd_of_a_tree": 0.206, "permanence": self.text, "note": self.text,
        }  # fmt: skip
