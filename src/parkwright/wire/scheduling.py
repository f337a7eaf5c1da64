"""The commands `make solve` and `make bench`: files and clocks around the pure search of make."""

from __future__ import annotations

import csv
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from parkwright.make.shop import Shop, ShopPlan
from parkwright.make.shop_check import check
from parkwright.make.shop_exact import refine
from parkwright.make.shop_search import solve, warm
from parkwright.model.errors import PlanError
from parkwright.store import instances
from parkwright.wire.written import must_be_writable, write_rows

SETS = {"HFSP": "hfsp", "SDST-PFSP": "sdst-pfsp", "FJSP": "fjsp"}
"""Folder of a set, and the format of its files."""
REFERENCES = ("best_known", "ortools_900s", "cpoptimizer_900s")
"""Columns of the index; the least of the three is the reference, because a best-known value is only an upper bound."""


@dataclass(frozen=True)
class Gaps:
    """Mean gaps to the reference over the files of a group [%]; None where there is no figure."""

    group: str
    files: int
    ours: float
    peer: float | None
    ortools_900s: float | None
    cpoptimizer_900s: float | None


def solve_file(
    path: Path,
    kind: str,
    seconds: float,
    seed: int,
    out: Path | None = None,
    progress: Callable[[float, int], None] = lambda share, makespan: None,
) -> dict[str, object]:
    """Solve a problem file and return {"objective", "valid", "seconds", "lower_bound"}.

    kind: "hfsp", "sdst-pfsp" or "fjsp". out: CSV to write, a row an operation: job, stage, machine, start, end.
    progress: told (share of the time, least makespan) while it runs.
    Raises InstanceError when the file or the format cannot be used.
    """
    shop = instances.read(path, kind)
    must_be_writable(out)
    warm()
    begun = time.perf_counter()
    plan = solve(shop, seed=seed, seconds=seconds, progress=progress)
    spent = time.perf_counter() - begun
    if out is not None:
        write_plan(plan, out)
    return {
        "objective": plan.makespan,
        "valid": not check(shop, plan),
        "seconds": round(spent, 3),
        "lower_bound": plan.lower_bound,
    }


def write_plan(plan: ShopPlan, out: Path) -> None:
    """Write a plan as CSV, a row an operation by job and stage."""
    columns = (plan.job, plan.stage, plan.machine, plan.start, plan.end)
    rows = sorted(zip(*(column.tolist() for column in columns), strict=True))
    write_rows(out, ("job", "stage", "machine", "start", "end"), rows)


def measure(
    data: Path,
    kind: str,
    seconds: float,
    seeds: Iterable[int],
    every: int = 1,
    peer_seconds: float = 0.0,
    report: Callable[[str], None] = lambda line: None,
    clock: Callable[[], float] = time.perf_counter,
) -> list[Gaps]:
    """Solve the files of a set and return mean gaps [%], by operations (flow shops) or family, the whole set last.

    data: folder with the set's folder and instances.csv. kind: "HFSP", "SDST-PFSP" or "FJSP".
    every: take each `every`-th file only. peer_seconds: wall time of OR-Tools CP-SAT (2 workers) on each file; 0: none.
    report: told one line a file. clock: what our seconds are counted on [s].
    Raises InstanceError when the folder does not hold the set.
    """
    rows = _index(data, kind)[::every]
    warm()
    groups: dict[str, list[tuple[float | None, ...]]] = defaultdict(list)
    for row in rows:
        shop = instances.read(data / kind / row["instance"], SETS[kind])
        reference = _reference(data / "instances.csv", row)
        ours = [_span(shop, seconds, seed, clock) for seed in seeds]
        peer = refine(shop, None, seconds=peer_seconds) if peer_seconds else None
        known = [float(row[name]) if row.get(name) else None for name in REFERENCES[1:]]
        spans = [sum(ours) / len(ours), float(peer.makespan) if peer else None, *known]
        gaps = tuple(None if span is None else 100 * (span / reference - 1) for span in spans)
        groups[row["category"] if kind == "FJSP" else f"{int(row['num_tasks']):>5}"].append(gaps)
        report(f"{kind} {row['instance']}: {ours}, reference {reference:.0f}, gap {gaps[0]:.2f} %")
    means = [_mean(group.strip(), members) for group, members in sorted(groups.items())]
    return [*means, _mean("all", [gaps for members in groups.values() for gaps in members])]


def _index(data: Path, kind: str) -> list[Mapping[str, str]]:
    index = data / "instances.csv"
    if not index.is_file():
        raise instances.InstanceError(f"{data}: holds no instances.csv; give the folder of the sets")
    with index.open(encoding="utf-8", newline="") as file:
        rows: list[Mapping[str, str]] = [row for row in csv.DictReader(file) if row.get("problem") == kind]
    if not rows:
        raise instances.InstanceError(f"{index}: has no rows of {kind!r}; take one of {', '.join(SETS)}")
    for row in rows:
        _reference(index, row)
    return rows


def _reference(index: Path, row: Mapping[str, str]) -> float:
    """Return the least makespan that the index knows of an instance; raises InstanceError for a row without one."""
    name, group = row.get("instance"), row.get("category" if row["problem"] == "FJSP" else "num_tasks")
    try:
        known = [float(row[column]) for column in REFERENCES if row.get(column)]
    except ValueError as error:
        raise instances.InstanceError(
            f"{index}: {name}: a makespan is no number; mend {', '.join(REFERENCES)}"
        ) from error
    if not name or not group or (row["problem"] != "FJSP" and not group.isdecimal()):
        raise instances.InstanceError(f"{index}: {name}: lacks instance, category or num_tasks; give them")
    if not known or not 0 < min(known) < float("inf"):
        raise instances.InstanceError(f"{index}: {name}: has no makespan above 0; give one of {', '.join(REFERENCES)}")
    return min(known)


def _span(shop: Shop, seconds: float, seed: int, clock: Callable[[], float]) -> int:
    """Return the makespan of a plan that the check has passed."""
    plan = solve(shop, seed=seed, seconds=seconds, clock=clock)
    wrong = check(shop, plan)
    if wrong:
        raise PlanError(f"the search made a plan that its check refuses: {wrong[0]}; please report it")
    return plan.makespan


def _mean(group: str, members: list[tuple[float | None, ...]]) -> Gaps:
    """Return the means over the files that have a figure."""
    means = []
    for column in zip(*members, strict=True):
        figures = [figure for figure in column if figure is not None]
        means.append(round(sum(figures) / len(figures), 2) if figures else None)
    return Gaps(group, len(members), means[0] or 0.0, *means[1:])


def table(kind: str, seconds: float, gaps: list[Gaps], peer_seconds: float = 0.0) -> str:
    """Return the gaps as a Markdown table."""
    peer = f"CP-SAT {peer_seconds:g} s here" if peer_seconds else "CP-SAT here"
    lines = [
        f"| {kind} | files | Parkwright {seconds:g} s | {peer} | OR-Tools 900 s | CP Optimizer 900 s |",
        "|---|---|---|---|---|---|",
    ]
    for row in gaps:
        figures = (row.ours, row.peer, row.ortools_900s, row.cpoptimizer_900s)
        cells = ["-" if figure is None else f"{figure:.2f} %" for figure in figures]
        lines.append(f"| {row.group} | {row.files} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def bench_answer(
    data: Path,
    kinds: Iterable[str],
    seconds: float,
    seeds: Sequence[int],
    every: int = 1,
    peer_seconds: float = 0.0,
    report: Callable[[str], None] = lambda line: None,
) -> tuple[dict[str, object], str]:
    """Return the gaps of some sets as one object, and their tables as Markdown.

    Raises InstanceError when the folder does not hold a set.
    """
    answer: dict[str, object] = {"seconds": seconds, "seeds": len(seeds), "every": every}
    texts = []
    for kind in kinds:
        gaps = measure(data, kind, seconds, seeds, every, peer_seconds, report)
        answer[kind] = [asdict(row) for row in gaps]
        texts.append(table(kind, seconds, gaps, peer_seconds))
    return answer, "\n".join(texts)
