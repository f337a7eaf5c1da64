"""Energy dispatch: optima, time to build and solve, re-plans, robustness, carbon curve, control, joint plans.

Peers: PyPSA (direct) and oemof.solph (Pyomo) build the same parks and solve them with the same HiGHS on one thread;
group bench-dispatch of pyproject.toml. Without them the script says so and measures our side alone. Imports are not
counted. Run: python bench/energy_dispatch.py [--parks 20] [--year] [--broken 10000] [--part equal|golden|replan|...]
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import time
import warnings
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from importlib import import_module, metadata, util
from pathlib import Path

import numpy as np

from energy_peers import oemof_objective, pypsa_objective
from parkwright.energy import control, golden, joint, pareto
from parkwright.energy.answer import Planner, answer
from parkwright.energy.blocks import Demand, Grid, Job, Store, System
from parkwright.energy.case import system

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "energy"))
LENGTHS = {"day": 96, "week": 672, "month": 2_976}
PEERS = {"PyPSA": ("pypsa", pypsa_objective), "oemof": ("oemof.solph", oemof_objective)}


def there() -> dict[str, Callable[[System], float]]:
    """Return the peers that are installed; say which are not."""
    found = {}
    for name, (module, solve) in PEERS.items():
        if util.find_spec(module.split(".")[0]) is None:
            print(f"{name} is not installed: our side alone")
        else:
            print(f"{name} {metadata.version(module)}, HiGHS {metadata.version('highspy')}")
            found[name] = solve
    return found


def timed(deed: Callable[[], float], repeats: int) -> tuple[float, float]:
    """Return a result and the least CPU seconds of some repeats."""
    best, result = float("inf"), 0.0
    for _ in range(repeats):
        begun = time.process_time()
        result = deed()
        best = min(best, time.process_time() - begun)
    return result, best


def of_golden(peers: dict[str, Callable[[System], float]], year: bool) -> None:
    """Print optimum, CPU seconds and ratios of the golden problem."""
    lengths = LENGTHS | ({"year": 35_136} if year else {})
    for name, steps in lengths.items():
        case = system(golden.CASE, golden.series(steps))[0]
        repeats = 3 if steps < 3000 else 1
        objective, ours = timed(lambda case=case: answer(case, 600.0).objective_cny, repeats)
        line = f"golden {name:6} {objective:18.6f} known {golden.OPTIMA_CNY[steps]:18.6f} ours {ours:8.4f} CPU s"
        for peer, solve in peers.items():
            solve(system(golden.CASE, golden.series(96))[0])
            theirs, spent = timed(lambda case=case, solve=solve: solve(case), min(repeats, 2))
            line += f" | {peer} {spent:8.3f} s = {spent / ours:6.1f}x, rel {abs(theirs / objective - 1):.0e}"
        print(line, flush=True)


def equal(peers: dict[str, Callable[[System], float]], parks: int) -> None:
    """Print the largest relative difference to each peer over random parks."""
    random_park = import_module("systems").random_park
    for name, steps in LENGTHS.items():
        worst = dict.fromkeys(peers, 0.0)
        residual = 0.0
        for seed in range(parks):
            park = random_park(np.random.default_rng([1, seed]), steps)
            found = answer(park, 600.0)
            residual = max(residual, found.balance_residual_kwh)
            for peer, solve in peers.items():
                off = abs(solve(park) - found.objective_cny) / max(abs(found.objective_cny), 1.0)
                worst[peer] = max(worst[peer], off)
        told = ", ".join(f"{peer} {off:.1e}" for peer, off in worst.items())
        print(f"{parks} parks x {name:6} worst relative difference: {told}; residual {residual:.1e} kWh", flush=True)


def replan() -> None:
    """Print the times of re-plans of 96 steps whose loads, prices, COP and opening change."""
    rng, planner = np.random.default_rng(5), Planner()
    series = golden.series(96 * 4)
    spent, iterations = [], []
    for step in range(96 * 3):
        window = golden.Series(
            series.starts[step : step + 96],
            0.25,
            {
                name: column[step : step + 96] * (1 + 0.02 * rng.standard_normal(96))
                for name, column in series.columns.items()
            },
        )
        case = golden.CASE.model_copy(
            update={
                "battery": (golden.CASE.battery[0].model_copy(update={"opening_kwh": float(rng.uniform(0, 4000))}),)
            }
        )
        begun = time.perf_counter()
        found = planner.answer(system(case, window)[0])
        spent.append(time.perf_counter() - begun)
        iterations.append(found.iterations)
    p50, p95 = np.quantile(spent, [0.5, 0.95]) * 1000
    print(f"re-plan of 96 steps: median {p50:.1f} ms, p95 {p95:.1f} ms wall, {np.mean(iterations):.0f} iterations each")


def broken(count: int, skip: int) -> None:
    """Print how broken systems are answered; skip: systems that were answered before, so that many go in parts."""
    made = import_module("broken").a_broken_system
    words: Counter[str] = Counter()
    limits: Counter[str] = Counter()
    worst, begun = 0.0, time.process_time()
    for seed in range(skip, skip + count):
        found = answer(made(1000 + seed)[0], 20.0)
        words[found.word] += 1
        limits.update({one.limit for one in found.relaxed})
        largest = max(1.0, *(float(np.abs(flow).max(initial=0.0)) for flow in found.flows.values()))
        worst = max(worst, found.balance_residual_kwh / largest)
    print(f"{count} broken systems: {dict(words)}; gave way: {dict(limits)}")
    spent = (time.process_time() - begun) / count * 1000
    print(f"worst residual over the largest flow {worst:.1e}; {spent:.1f} CPU ms each")


def curve() -> None:
    """Print cost against carbon of the golden day."""
    base = golden.series(96)
    hour = np.arange(96) / 4
    dirty = base.columns | {"co2e_kg_per_kwh": 0.45 + 0.25 * ((hour < 7) | (hour > 20))}
    case = golden.CASE.model_copy(
        update={"boiler": (golden.CASE.boiler[0].model_copy(update={"co2e_kg_per_kwh": 0.2}),)}
    )
    park = system(case, replace(base, columns=dirty))[0]
    begun = time.process_time()
    points = pareto.sweep(park, 21)
    spent = time.process_time() - begun
    least = answer(pareto.cleanest(park))
    print(f"21 caps in {spent:.2f} CPU s; ends: {points[0].cost_cny - answer(park).objective_cny:+.1e} CNY, "
          f"{points[-1].co2e_kg - least.objective_cny:+.1e} kg")  # fmt: skip
    print("cost CNY, CO2e kg:", "; ".join(f"{p.cost_cny:.1f}, {p.co2e_kg:.1f}" for p in points[::4]))


def _year() -> tuple[golden.Series, np.ndarray]:
    year = golden.series(35_136)
    return year, np.array([start.month for start in year.starts])


def _month(year: golden.Series, months: np.ndarray, month: int) -> System:
    """Return a month of the golden year whose stores open and end half full."""
    rows = np.flatnonzero(months == month)
    columns = {name: column[rows] for name, column in year.columns.items()}
    park = system(golden.CASE, golden.Series(tuple(year.starts[row] for row in rows), 0.25, columns))[0]
    blocks = tuple(replace(b, opening_kwh=b.capacity_kwh / 2) if isinstance(b, Store) else b for b in park.blocks)
    return replace(park, blocks=blocks)


CONTROLS = {"noise 30 %": (True, 0.3), "perfect day": (True, 0.0), "myopic, 30 %": (False, 0.3), "myopic": (False, 0.0)}
"""Controls by name: whether the month's plan is known, and the error of forecasts a day ahead."""


def mpc(first: int, months: int, every: int, keep: Path | None, names: list[str]) -> None:
    """Print the regret of control over months of the golden year, the month before giving the peak target.

    every: steps between plans. names: of CONTROLS. keep: file of what is measured already; a run that goes on from it
    leaves that out, so that ten months may be done in parts. The mean is over all that it holds.
    """
    year, calendar = _year()
    kept = json.loads(keep.read_text()) if keep and keep.exists() else {}
    for month in range(first, first + months):
        done = kept.setdefault(str(month), {})
        if done.keys() >= set(names):
            continue
        truth, before = _month(year, calendar, month), _month(year, calendar, month - 1)
        foresight, still = answer(truth).objective_cny, control.uncontrolled(truth)
        print(f"month {month:2}: no control {still / foresight - 1:.1%} dearer than perfect foresight", flush=True)
        for name in names:
            if name in done:
                continue
            known, noise = CONTROLS[name]
            days = truth.steps / control.HORIZON if noise <= 0.0 else None
            target = control.month_peak_kw(before, certain_days=days) if known else None
            found = control.control(truth, target, np.random.default_rng(month), noise, every=every)
            done[name] = [found.cost_cny / foresight - 1, (still - found.cost_cny) / (still - foresight)]
            print(f"month {month:2} {name}: {done[name][0]:.2%}, peak {found.peak_kw['grid']:.0f} kW", flush=True)
            if keep:
                keep.write_text(json.dumps(kept))
    for name in names:
        regrets, saved = np.array([row[name] for row in kept.values() if name in row]).T
        print(f"{len(regrets)} months, {name}: regret mean {regrets.mean():.2%}, worst {regrets.max():.2%}; keeps "
              f"{saved.mean():.0%} of what foresight saves, at least {saved.min():.0%}")  # fmt: skip


def work(seed: int, year: golden.Series) -> tuple[System, int]:
    """Return a day of the golden year with 64 jobs on 8 machines in two shifts, and its first row in the year."""
    rng = np.random.default_rng(seed)
    first = int(rng.integers(0, 366)) * 96
    columns = {name: column[first : first + 96] for name, column in year.columns.items()}
    blocks = list(system(golden.CASE, golden.Series(year.starts[first : first + 96], 0.25, columns))[0].blocks)
    for machine in range(8):
        lengths = rng.integers(3, 7, 8)
        gaps, at = rng.multinomial(64 - int(lengths.sum()), np.ones(9) / 9), 28
        for n, length in enumerate(lengths.tolist()):
            at += int(gaps[n])
            begin, end = max(at - int(rng.integers(0, 17)), 28), min(at + length + int(rng.integers(0, 33)), 92)
            power = np.full(length, rng.uniform(40, 220))
            blocks.append(Job(f"{machine}-{n}", "power", power, np.arange(begin, end - length + 1), f"m{machine}"))
            at += length
    return System(0.25, 96, tuple(blocks)), first


def joint_plans(days: int) -> None:
    """Print what joint planning saves beside shifting by tariff, the month's peak target as floor of the peak."""
    year, calendar = _year()
    totals, gaps, spent, late = np.zeros(3), [], [], 0
    for seed in range(1, 1 + days):
        park, first = work(seed, year)
        peak = control.month_peak_kw(_month(year, calendar, int(calendar[first])))["grid"]
        blocks = []
        for block in park.blocks:
            if isinstance(block, Grid):
                demand = Demand(np.zeros(96, dtype=np.int64), np.array([38.0]), np.array([peak]))
                blocks.append(replace(block, demand=demand))
            else:
                blocks.append(block)
        begun = time.perf_counter()
        found = joint.plan(replace(park, blocks=tuple(blocks)), 30.0)
        spent.append(time.perf_counter() - begun)
        costs = np.array([one.cost_cny - 38.0 * peak for one in (found.earliest, found.shifted, found.joint)])
        totals += costs
        gaps.append(found.gap)
        late += len(found.late)
        print(f"day {first // 96:3}: earliest {costs[0]:9.0f} shifted {costs[1]:9.0f} joint {costs[2]:9.0f} CNY, gap "
              f"{found.gap:.2%}, {spent[-1]:.1f} s", flush=True)  # fmt: skip
    shifting, together = totals[0] - totals[1], totals[0] - totals[2]
    print(f"{days} days: shifting saves {shifting / totals[0]:.2%}, joint {together / totals[0]:.2%} = "
          f"{together / shifting:.2f}x; gap {max(gaps):.2%}, {max(spent):.1f} s at worst, late {late}")  # fmt: skip


def main() -> int:
    """Print a part, or all."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--parks", type=int, default=20, help="random parks of each length")
    asked.add_argument("--year", action="store_true", help="the golden year too (minutes)")
    asked.add_argument("--broken", type=int, default=10_000, help="broken systems")
    asked.add_argument("--skip", type=int, default=0, help="broken systems left out before them")
    asked.add_argument("--first", type=int, default=2, help="first month of control")
    asked.add_argument("--months", type=int, default=10, help="months of control")
    asked.add_argument("--every", type=int, default=1, help="steps between plans of control")
    asked.add_argument("--keep", type=Path, help="file that gathers the months of several runs")
    asked.add_argument("--control", choices=CONTROLS, action="append", help="this control only; may be given again")
    asked.add_argument("--days", type=int, default=20, help="days of joint plans")
    asked.add_argument(
        "--part", choices=("golden", "equal", "replan", "broken", "curve", "mpc", "joint"), help="this part only"
    )
    answers = asked.parse_args()
    warnings.simplefilter("ignore")
    peers = there() if answers.part in (None, "golden", "equal") else {}
    parts: dict[str, Callable[[], None]] = {
        "golden": lambda: of_golden(peers, answers.year),
        "equal": lambda: equal(peers, answers.parks),
        "replan": replan,
        "broken": lambda: broken(answers.broken, answers.skip),
        "curve": curve,
        "mpc": lambda: mpc(
            answers.first, answers.months, answers.every, answers.keep, answers.control or list(CONTROLS)
        ),
        "joint": lambda: joint_plans(answers.days),
    }
    for name, part in parts.items():
        if answers.part in (None, name):
            part()
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
