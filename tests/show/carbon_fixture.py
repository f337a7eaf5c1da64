"""Carbon accounts as the wire answers them, made up, with a free text that a test may plant something in."""

from __future__ import annotations

from datetime import date
from typing import Any

FACTOR = {"id": "grid-2023"}


def inventory(text: str, start: str, end: str) -> dict[str, Any]:
    """Return an inventory of two scopes and a category, in the wire's form."""
    line = {"text": text, "kg": 40.0, "factor": "=gas", "basis": f"assumed: {text}"}
    return {
        "from": start,
        "to": end,
        "days_closed": 2,
        "days_not_closed": [],
        "units_good": 100,
        "scope12_kg_per_unit": {"location": 1.4, "market": 1.2},
        "scope1": {"kg": 40.0, "lines": [line]},
        "scope2": {"location_kg": 100.0, "market_kg": 80.0, "imported_mwh": 0.2},
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
        "matching": {"annual_rule_share": 0.4, "hourly_share": 0.3},
        "national": {"electricity_factor": FACTOR},
        "unverified_factors": ["grid-2021"],
    }


def target(text: str, **changes: Any) -> dict[str, Any]:
    """Return a target from 2021 to 2030."""
    path = {str(year): 100.0 - 5 * (year - 2021) for year in range(2021, 2031)}
    plain = {
        "id": "T1", "title": text, "rule": "half-2030", "provisional": True, "base_year": 2021, "target_year": 2030,
        "reduction": 0.45, "goal_t": 55.0, "path_t": path, "pace_t": 80.0, "gap_t": 5.0, "probability": 0.4,
    }  # fmt: skip
    return {**plain, **changes}


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
            "primary_share": 0.01, "quality_rating": 3.3, "cv": 0.16,
            "contributions": [{"process": self.text, "quantity": 1.0, "kg": 60.0, "share": 0.6}],
        }  # fmt: skip
        month = {"month": "2026-07", "scope1_kg": 40.0, "location_kg": 100.0, "market_kg": 80.0, "scope3_kg": 10_000.0}
        return {
            "inventory": inventory(self.text, first, last),
            "months": [month],
            "targets": {
                "targets": [target(self.text), target("zero", gap_t=None, probability=None, provisional=False)]
            },
            "abatement": {
                "measures": [{"id": name, "measure": both, "status": "idea"} for name in ("M1", "M2")],
                "curve": steps,
            },
            "products": [product, {**product, "id": "gone", "contributions": [], "quality_rating": None}],
        }

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
            {"value": None, "entry": None, "goal": 0.9, "meets_entry": None, "meets_goal": None},
            {"value": 0.5, "entry": None, "goal": None, "meets_entry": None, "meets_goal": None, "unit": "t/tce"},
        ]  # fmt: skip
        name = {"en": self.text, "zh": self.text}
        items = [("function", 1, "/carbon"), ("function", 2, "parkwright carbon verify"), ("supply", 1, "")]
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
                    "basis": "x",
                    "evidence": "supplied_share" if n == 2 else "",
                    "value": 0.25 if n == 2 else None,
                    "missing": None if proof else way,
                }
                for part, n, proof in items
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
