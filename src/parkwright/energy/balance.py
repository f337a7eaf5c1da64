"""The energy balance of a site as one linear programme: grid, sun, stores, heat pumps, boilers, waste heat.

Every limit that could make it infeasible has a priced slack, so that it always answers and says what it relaxed.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from parkwright.energy.linear import INFINITY, Columns, Program, Term

Reals = NDArray[np.float64]

PENALTIES = {"end_of_day": 10.0, "import_limit": 30.0, "export_limit": 30.0, "heat": 100.0}
"""Price of a relaxed limit relative to the dearest energy of the problem, in the order in which limits give way.
Above every dual, so that nothing gives way where a strict solution exists (ladder of the elastic mode; assumed)."""
TIME_LIMIT_S = 20.0
"""Time after which the best point known is returned [s]; a day takes milliseconds; assumed."""


@dataclass(frozen=True, slots=True)
class Store:
    """A store of one day: capacity [kWh], power limits [kW], efficiencies, share kept from step to step.

    opening_kwh: stored at the start; None lets the store end where it began, free to choose. end_kwh: stored at
    least at the end; None asks for as much as at the start.
    """

    capacity_kwh: float
    charge_kw: float
    discharge_kw: float
    charge_efficiency: float
    discharge_efficiency: float
    kept_share: float
    wear_cny_per_kwh: float
    opening_kwh: float | None
    end_kwh: float | None = None


@dataclass(frozen=True, slots=True)
class Problem:
    """What is known before the balance is struck; arrays (T,), powers [kW], prices [CNY/kWh].

    lifted_kw bounds the heat that heat pumps take from their source; None leaves it free. waste_kw goes into the
    heat balance directly. heat_pumps: (limit [kW electric], COP (T,)). boilers: (limit [kW heat], price of its heat).
    peak_group: for each step the billing period whose highest import pays peak_price (by group) [CNY/kW].
    """

    step_h: float
    load_kw: Reals
    pv_kw: Reals
    heat_kw: Reals
    import_price: Reals
    export_price: Reals
    import_limit_kw: float
    export_limit_kw: float
    waste_kw: Reals
    lifted_kw: Reals | None = None
    batteries: tuple[Store, ...] = ()
    tanks: tuple[Store, ...] = ()
    heat_pumps: tuple[tuple[float, Reals], ...] = ()
    boilers: tuple[tuple[float, float], ...] = ()
    peak_group: NDArray[np.int64] | None = None
    peak_price: Reals = field(default_factory=lambda: np.zeros(0))


@dataclass(frozen=True, slots=True)
class Solution:
    """The balance that was struck; arrays (T,) [kW], stored energy at the end of each step (T,) [kWh].

    status: optimal, incumbent, failed, or relaxed with what and how much. `residual_kwh` is the largest
    difference of the power and the heat balance in a step. battery_kw and tank_kw are net, positive into the store.
    """

    status: str
    objective: float
    import_kw: Reals
    export_kw: Reals
    pv_used_kw: Reals
    waste_used_kw: Reals
    battery_kw: tuple[Reals, ...]
    battery_kwh: tuple[Reals, ...]
    discharge_kw: tuple[Reals, ...]
    tank_kw: tuple[Reals, ...]
    tank_kwh: tuple[Reals, ...]
    heat_pump_kw: tuple[Reals, ...]
    boiler_kw: tuple[Reals, ...]
    residual_kwh: float


@dataclass(frozen=True, slots=True)
class _Places:
    """Where the columns of each thing are."""

    imported: Columns
    exported: Columns
    pv: Columns
    waste: Columns
    batteries: tuple[tuple[Columns, Columns, Columns], ...]
    tanks: tuple[tuple[Columns, Columns, Columns], ...]
    heat_pumps: tuple[Columns, ...]
    boilers: tuple[Columns, ...]
    slack: dict[str, list[Columns]]


def strike(problem: Problem) -> Solution:
    """Return the cheapest balance of the problem.

    References: HiGHS (Huangfu and Hall, Mathematical Programming Computation 10, 2018) solves the programme; its
    blocks are those of PyPSA's and oemof's generator, link and store.
    """
    program = Program()
    places = _place(program, problem)
    _balance_power(program, problem, places)
    _balance_heat(program, problem, places)
    _charge_peaks(program, problem, places)
    optimum = program.minimise(TIME_LIMIT_S)
    if optimum.status == "failed" or optimum.values.size == 0:
        return _without_plant(problem)
    return _read(problem, places, optimum.values, optimum.status, optimum.objective)


def _place(program: Program, problem: Problem) -> _Places:
    steps, hours = len(problem.load_kw), problem.step_h
    slack: dict[str, list[Columns]] = {name: [] for name in PENALTIES}
    scale = _scale(problem)
    imported = program.columns(steps, problem.import_limit_kw, hours * problem.import_price)
    exported = program.columns(steps, problem.export_limit_kw, -hours * problem.export_price)
    for name in ("import_limit", "export_limit", "heat"):
        slack[name].append(program.columns(steps, INFINITY, hours * PENALTIES[name] * scale))
    may_discharge = (problem.import_price >= 0.0).astype(np.float64)
    batteries = tuple(_store(program, one, may_discharge, hours, scale, slack) for one in problem.batteries)
    always = np.ones(steps)
    return _Places(
        imported,
        exported,
        program.columns(steps, np.maximum(problem.pv_kw, 0.0)),
        program.columns(steps, np.maximum(problem.waste_kw, 0.0)),
        batteries,
        tuple(_store(program, one, always, hours, scale, slack) for one in problem.tanks),
        tuple(program.columns(steps, limit) for limit, _ in problem.heat_pumps),
        tuple(program.columns(steps, limit, hours * price) for limit, price in problem.boilers),
        slack,
    )


def _scale(problem: Problem) -> float:
    """Return the dearest energy of the problem [CNY/kWh], at least 1."""
    dear = [1.0, float(np.abs(problem.import_price).max()), float(np.abs(problem.export_price).max())]
    dear += [abs(price) for _, price in problem.boilers] + [one.wear_cny_per_kwh for one in problem.batteries]
    return max(dear) + float(problem.peak_price.max(initial=0.0)) / problem.step_h


def _store(
    program: Program, store: Store, may_discharge: Reals, hours: float, scale: float, slack: dict[str, list[Columns]]
) -> tuple[Columns, Columns, Columns]:
    """Add charge, discharge and stored energy of a store, and the law that ties them from step to step."""
    steps = len(may_discharge)
    charge = program.columns(steps, store.charge_kw)
    discharge = program.columns(steps, store.discharge_kw * may_discharge, hours * store.wear_cny_per_kwh)
    stored = program.columns(steps, store.capacity_kwh)
    flows: tuple[Term, ...] = (
        (stored, 1.0),
        (charge, -hours * store.charge_efficiency),
        (discharge, hours / store.discharge_efficiency),
    )
    if store.opening_kwh is None:
        program.rows(0.0, 0.0, *flows, (np.roll(stored, 1), -store.kept_share))
        return charge, discharge, stored
    opening = min(max(store.opening_kwh, 0.0), store.capacity_kwh)
    first = tuple((columns[:1], coefficient) for columns, coefficient in flows)
    rest = tuple((columns[1:], coefficient) for columns, coefficient in flows)
    program.rows(store.kept_share * opening, store.kept_share * opening, *first)
    if steps > 1:
        program.rows(0.0, 0.0, *rest, (stored[:-1], -store.kept_share))
    short = program.columns(1, INFINITY, PENALTIES["end_of_day"] * scale)
    slack["end_of_day"].append(short)
    at_end = opening if store.end_kwh is None else min(store.end_kwh, store.capacity_kwh)
    program.rows(at_end, INFINITY, (stored[-1:], 1.0), (short, 1.0))
    return charge, discharge, stored


def _balance_power(program: Program, problem: Problem, places: _Places) -> None:
    terms: list[Term] = [(places.imported, 1.0), (places.exported, -1.0), (places.pv, 1.0)]
    terms += [(places.slack["import_limit"][0], 1.0), (places.slack["export_limit"][0], -1.0)]
    for charge, discharge, _ in places.batteries:
        terms += [(charge, -1.0), (discharge, 1.0)]
    terms += [(columns, -1.0) for columns in places.heat_pumps]
    program.rows(problem.load_kw, problem.load_kw, *terms)


def _balance_heat(program: Program, problem: Problem, places: _Places) -> None:
    terms: list[Term] = [(places.waste, 1.0), (places.slack["heat"][0], 1.0)]
    for charge, discharge, _ in places.tanks:
        terms += [(charge, -1.0), (discharge, 1.0)]
    for columns, (_, cop) in zip(places.heat_pumps, problem.heat_pumps, strict=True):
        terms.append((columns, cop))
    terms += [(columns, 1.0) for columns in places.boilers]
    program.rows(problem.heat_kw, problem.heat_kw, *terms)
    if problem.lifted_kw is not None and places.heat_pumps:
        pairs = zip(places.heat_pumps, problem.heat_pumps, strict=True)
        program.rows(-INFINITY, problem.lifted_kw, *((columns, cop - 1.0) for columns, (_, cop) in pairs))


def _charge_peaks(program: Program, problem: Problem, places: _Places) -> None:
    if problem.peak_group is None:
        return
    peaks = program.columns(len(problem.peak_price), INFINITY, problem.peak_price)
    program.rows(-INFINITY, 0.0, (places.imported, 1.0), (peaks[problem.peak_group], -1.0))


def _read(problem: Problem, places: _Places, values: Reals, status: str, objective: float) -> Solution:
    over, shut, cold = (values[places.slack[name][0]] for name in ("import_limit", "export_limit", "heat"))
    net = values[places.imported] + over - values[places.exported] - shut
    relaxed = {name: sum(float(values[one].sum()) for one in columns) for name, columns in places.slack.items()}
    hours = {"end_of_day": 1.0}
    named = [
        f"{name} by {amount * hours.get(name, problem.step_h):.3f} kWh"
        for name, amount in relaxed.items()
        if amount > 1e-6
    ]
    batteries, tanks = places.batteries, places.tanks
    solution = Solution(
        f"relaxed: {', '.join(named)}" if named else status,
        objective,
        np.maximum(net, 0.0),
        np.maximum(-net, 0.0),
        values[places.pv],
        values[places.waste],
        tuple(values[charge] - values[discharge] for charge, discharge, _ in batteries),
        tuple(values[stored] for _, _, stored in batteries),
        tuple(values[discharge] for _, discharge, _ in batteries),
        tuple(values[charge] - values[discharge] for charge, discharge, _ in tanks),
        tuple(values[stored] for _, _, stored in tanks),
        tuple(values[columns] for columns in places.heat_pumps),
        tuple(values[columns] for columns in places.boilers),
        0.0,
    )
    return _with_residual(problem, solution, cold)


def _with_residual(problem: Problem, solution: Solution, cold: Reals) -> Solution:
    """Return the solution with the largest difference that its two balances leave in a step."""
    power = solution.import_kw - solution.export_kw + solution.pv_used_kw - problem.load_kw
    power = power - sum(solution.battery_kw, np.zeros_like(power)) - sum(solution.heat_pump_kw, np.zeros_like(power))
    heat = solution.waste_used_kw + cold - problem.heat_kw
    heat = heat + sum(solution.boiler_kw, np.zeros_like(heat)) - sum(solution.tank_kw, np.zeros_like(heat))
    for kw, (_, cop) in zip(solution.heat_pump_kw, problem.heat_pumps, strict=True):
        heat = heat + kw * cop
    residual = float(max(np.abs(power).max(initial=0.0), np.abs(heat).max(initial=0.0))) * problem.step_h
    fields = {name: getattr(solution, name) for name in Solution.__slots__}
    return Solution(**fields | {"residual_kwh": residual})


def _without_plant(problem: Problem) -> Solution:
    """Return the balance without a store and without a heat pump: the grid and the boilers serve everything."""
    net = problem.load_kw - problem.pv_kw
    left, boilers = np.maximum(problem.heat_kw, 0.0), []
    for limit, _ in problem.boilers:
        boilers.append(np.minimum(left, limit))
        left = left - boilers[-1]
    idle = np.zeros_like(net)
    batteries, tanks = _fading(problem.batteries, len(net)), _fading(problem.tanks, len(net))
    solution = Solution(
        "fallback: the solver gave no point", 0.0, np.maximum(net, 0.0), np.maximum(-net, 0.0), problem.pv_kw, idle,
        tuple(idle for _ in problem.batteries), batteries, tuple(idle for _ in problem.batteries),
        tuple(idle for _ in problem.tanks), tanks, tuple(idle for _ in problem.heat_pumps), tuple(boilers), 0.0,
    )  # fmt: skip
    return _with_residual(problem, solution, left)


def _fading(stores: tuple[Store, ...], steps: int) -> tuple[Reals, ...]:
    """Return the stored energy of stores that nobody uses (T,) [kWh]."""
    found = []
    for one in stores:
        stored: Reals = (one.opening_kwh or 0.0) * np.power(one.kept_share, np.arange(1.0, steps + 1.0))
        found.append(stored)
    return tuple(found)
