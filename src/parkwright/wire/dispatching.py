"""The commands `energy golden` and `energy solve`: files and clocks around the pure core of energy."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from parkwright.energy import golden
from parkwright.energy.answer import answer
from parkwright.energy.case import system
from parkwright.store import energy_case


def write_golden(days: int, folder: Path) -> dict[str, Any]:
    """Write the golden problem of some days as a case; return its steps and the optimum known, None where none is."""
    steps = 96 * days
    energy_case.write(folder, golden.CASE, golden.series(steps))
    return {"case": str(folder), "steps": steps, "optimum_cny": golden.OPTIMA_CNY.get(steps)}


def solve_case(folder: Path, limit_s: float) -> dict[str, Any]:
    """Solve the case of a folder and return objective, status, time to build and solve [s], and balance residual.

    repairs: what was held to its limits. relaxed: what gave way, by how much, and why.
    Raises CaseError when the folder holds no case that can be solved.
    """
    case, given = energy_case.read(folder)
    begun = time.perf_counter()
    built, repairs = system(case, given)
    found = answer(built, limit_s)
    spent = time.perf_counter() - begun
    return {
        "objective_cny": found.objective_cny,
        "status": found.status,
        "seconds": round(spent, 6),
        "balance_residual_kwh": found.balance_residual_kwh,
        "repairs": list(repairs),
        "relaxed": [
            {"limit": one.limit, "thing": one.thing, "amount": one.amount, "unit": one.unit, "why": one.why,
             "start": given.starts[one.step].isoformat()}
            for one in found.relaxed
        ],
    }  # fmt: skip
