"""A linear or mixed-integer programme put together from blocks of columns, kept ready in HiGHS between solutions.

References: HiGHS (Huangfu and Hall, Mathematical Programming Computation 10, 2018).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import highspy
import numpy as np
from numpy.typing import NDArray

Reals = NDArray[np.float64]
Columns = NDArray[np.int32]
Rows = NDArray[np.int32]
Term = tuple[Columns, Reals | float]

INFINITY = float(highspy.kHighsInf)
"""No bound."""
FEASIBILITY = 1e-9
"""Largest violation of a row of a solution; HiGHS allows 1e-10 to 1e-1 and takes 1e-7 by itself. A kilowatt row of
15 minutes then balances to 2.5e-10 kWh."""

_STATUS = {
    highspy.HighsModelStatus.kOptimal: "optimal",
    highspy.HighsModelStatus.kModelEmpty: "optimal",
    highspy.HighsModelStatus.kInfeasible: "infeasible",
    highspy.HighsModelStatus.kUnbounded: "unbounded",
    highspy.HighsModelStatus.kUnboundedOrInfeasible: "infeasible",
}


@dataclass(frozen=True, slots=True)
class Optimum:
    """What HiGHS answered.

    status: optimal, infeasible, unbounded, incumbent (a feasible point, time was up) or failed. values: by column.
    duals: by row, change of the objective for one more unit of the row's bound; empty for integer programmes.
    gap: proven relative distance to the best possible objective; 0 at an optimum, infinite where nothing is proven.
    bound: the best possible objective proven. iterations: of the simplex method.
    """

    status: str
    values: Reals
    objective: float
    duals: Reals
    gap: float
    bound: float
    iterations: int


class Program:
    """Columns and rows collected as arrays; minimises the cost of the columns."""

    def __init__(self) -> None:
        """Start without columns and rows."""
        self._lower: list[Reals] = []
        self._upper: list[Reals] = []
        self._cost: list[Reals] = []
        self._row_lower: list[Reals] = []
        self._row_upper: list[Reals] = []
        self._cells: list[tuple[Rows, Columns, Reals]] = []
        self._whole: list[Columns] = []
        self._columns = 0
        self._rows = 0

    def columns(
        self,
        count: int,
        upper: Reals | float = INFINITY,
        cost: Reals | float = 0.0,
        lower: Reals | float = 0.0,
        *,
        whole: bool = False,
    ) -> Columns:
        """Add `count` columns with bounds and costs (numbers or arrays (count,)) and return their positions.

        whole: take whole numbers only.
        """
        found = np.arange(self._columns, self._columns + count, dtype=np.int32)
        self._lower.append(np.broadcast_to(np.asarray(lower, dtype=np.float64), count))
        self._upper.append(np.broadcast_to(np.asarray(upper, dtype=np.float64), count))
        self._cost.append(np.broadcast_to(np.asarray(cost, dtype=np.float64), count))
        self._columns += count
        if whole:
            self._whole.append(found)
        return found

    def rows(self, lower: Reals | float, upper: Reals | float, *terms: Term, count: int | None = None) -> Rows:
        """Add a row for each position of the terms, lower <= sum of coefficient x column <= upper; return the rows.

        count: how many rows; where None, as many as the first term has columns.
        """
        wanted = len(terms[0][0]) if count is None else count
        index = np.arange(self._rows, self._rows + wanted, dtype=np.int32)
        for positions, coefficient in terms:
            self.cells(index, positions, coefficient)
        self._row_lower.append(np.broadcast_to(np.asarray(lower, dtype=np.float64), wanted))
        self._row_upper.append(np.broadcast_to(np.asarray(upper, dtype=np.float64), wanted))
        self._rows += wanted
        return index

    def cells(self, rows: Rows, columns: Columns, values: Reals | float) -> None:
        """Add coefficients as triples (row, column, value), arrays (C,); each place of the matrix at most once."""
        filled = np.broadcast_to(np.asarray(values, dtype=np.float64), len(columns))
        self._cells.append((rows, columns, filled))

    def ready(self) -> Solver:
        """Return the programme in a solver, which keeps it and its basis between solutions."""
        return Solver(self)

    def minimise(self, limit_s: float) -> Optimum:
        """Return the optimum, or the best point known after `limit_s` [s]."""
        return self.ready().run(limit_s)

    def arrays(self) -> Arrays:
        """Return the programme as arrays, its matrix by rows."""
        rows, columns, cells = (np.concatenate(part) for part in zip(*self._cells, strict=True))
        order = np.argsort(rows, kind="stable")
        return Arrays(
            _joined(self._cost),
            _joined(self._lower),
            _joined(self._upper),
            _joined(self._row_lower),
            _joined(self._row_upper),
            rows[order],
            columns[order].astype(np.int32),
            cells[order],
            np.concatenate(self._whole) if self._whole else np.zeros(0, dtype=np.int32),
        )


@dataclass(slots=True)
class Arrays:
    """A programme as arrays: by column cost and bounds, by row limits, by cell row, column and value."""

    cost: Reals
    lower: Reals
    upper: Reals
    row_lower: Reals
    row_upper: Reals
    rows: Rows
    columns: Columns
    cells: Reals
    whole: Columns

    def same_places(self, other: Arrays) -> bool:
        """Return whether the other programme has cells at the same places, and the same whole columns."""
        return (
            len(self.cost) == len(other.cost)
            and len(self.row_lower) == len(other.row_lower)
            and np.array_equal(self.rows, other.rows)
            and np.array_equal(self.columns, other.columns)
            and np.array_equal(self.whole, other.whole)
        )

    def model(self) -> highspy.HighsLp:
        """Return the programme as HiGHS takes it."""
        model = highspy.HighsLp()
        model.num_col_, model.num_row_ = len(self.cost), len(self.row_lower)
        model.col_cost_, model.col_lower_, model.col_upper_ = self.cost, self.lower, self.upper
        model.row_lower_, model.row_upper_ = self.row_lower, self.row_upper
        model.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
        counts = np.bincount(self.rows, minlength=len(self.row_lower))
        model.a_matrix_.start_ = np.append(0, np.cumsum(counts)).astype(np.int32)
        model.a_matrix_.index_, model.a_matrix_.value_ = self.columns, self.cells
        if self.whole.size:
            kinds = np.full(len(self.cost), highspy.HighsVarType.kContinuous, dtype=object)
            kinds[self.whole] = highspy.HighsVarType.kInteger
            model.integrality_ = kinds.tolist()
        return model


class Solver:
    """A programme in HiGHS: what changes is changed in place, and the basis is used again."""

    def __init__(self, program: Program) -> None:
        """Hand the programme to HiGHS on one thread."""
        make: Any = highspy.Highs
        self._solver = make()
        self._solver.setOptionValue("output_flag", False)
        self._solver.setOptionValue("threads", 1)
        self._solver.setOptionValue("primal_feasibility_tolerance", FEASIBILITY)
        self._arrays = program.arrays()
        self._solver.passModel(self._arrays.model())

    @property
    def whole(self) -> int:
        """Columns that take whole numbers only."""
        return int(self._arrays.whole.size)

    def renew(self, program: Program) -> bool:
        """Go on with another programme; True when only numbers differ, so that they changed in place."""
        old, new = self._arrays, program.arrays()
        self._arrays = new
        if not old.same_places(new):
            self._solver.passModel(new.model())
            return False
        changed = _where((old.lower != new.lower) | (old.upper != new.upper))
        self._solver.changeColsBounds(len(changed), changed, new.lower[changed], new.upper[changed])
        changed = _where(old.cost != new.cost)
        self._solver.changeColsCost(len(changed), changed, new.cost[changed])
        changed = _where((old.row_lower != new.row_lower) | (old.row_upper != new.row_upper))
        self._solver.changeRowsBounds(len(changed), changed, new.row_lower[changed], new.row_upper[changed])
        changed = _where(old.cells != new.cells)
        for row, column, value in zip(
            new.rows[changed].tolist(), new.columns[changed].tolist(), new.cells[changed].tolist(), strict=True
        ):
            self._solver.changeCoeff(row, column, value)
        return True

    def bound(self, columns: Columns, lower: Reals | float, upper: Reals | float) -> None:
        """Set the bounds of columns (C,)."""
        self._arrays.lower = np.array(self._arrays.lower)
        self._arrays.upper = np.array(self._arrays.upper)
        self._arrays.lower[columns], self._arrays.upper[columns] = lower, upper
        self._solver.changeColsBounds(len(columns), columns, self._arrays.lower[columns], self._arrays.upper[columns])

    def suggest(self, columns: Columns, values: Reals) -> None:
        """Give a known point of an integer programme to start from: values of some columns (C,)."""
        self._solver.setSolution(len(columns), columns, values)

    def run(self, limit_s: float, gap: float = 0.0, nodes: int | None = None) -> Optimum:
        """Return the optimum, or the best point known after `limit_s` [s] or within the relative `gap` of it.

        nodes: of the search of an integer programme, at most; None for any number.
        """
        solver = self._solver
        solver.setOptionValue("mip_max_nodes", int(highspy.kHighsIInf) if nodes is None else nodes)
        solver.setOptionValue("time_limit", float(limit_s) + solver.getRunTime())
        solver.setOptionValue("mip_rel_gap", gap)
        solver.run()
        info, solution = solver.getInfo(), solver.getSolution()
        feasible = info.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible
        word = _STATUS.get(solver.getModelStatus(), "incumbent" if feasible else "failed")
        objective, proven = float(info.objective_function_value), float("inf")
        bound = float(info.mip_dual_bound) if self.whole else (objective if word == "optimal" else -INFINITY)
        if word == "optimal" and not self.whole:
            proven = 0.0
        elif self.whole and word in ("optimal", "incumbent"):
            proven = abs(objective - bound) / max(abs(objective), 1e-9)
        return Optimum(
            word,
            np.asarray(solution.col_value, dtype=np.float64),
            objective,
            np.zeros(0) if self.whole else np.asarray(solution.row_dual, dtype=np.float64),
            proven,
            bound,
            int(info.simplex_iteration_count),
        )


def _where(changed: NDArray[np.bool_]) -> Columns:
    return np.flatnonzero(changed).astype(np.int32)


def _joined(parts: list[Reals]) -> Reals:
    return np.concatenate(parts) if parts else np.zeros(0)
