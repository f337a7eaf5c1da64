"""A linear programme put together from blocks of columns, and its optimum by HiGHS."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import highspy
import numpy as np
from numpy.typing import NDArray

Reals = NDArray[np.float64]
Columns = NDArray[np.int32]
Term = tuple[Columns, Reals | float]

INFINITY = float(highspy.kHighsInf)
"""No bound."""


@dataclass(frozen=True, slots=True)
class Optimum:
    """What HiGHS answered: status (optimal, incumbent or failed), value of each column, objective."""

    status: str
    values: Reals
    objective: float


class Program:
    """Columns and rows collected as arrays; minimises the cost of the columns."""

    def __init__(self) -> None:
        """Start without columns and rows."""
        self._lower: list[Reals] = []
        self._upper: list[Reals] = []
        self._cost: list[Reals] = []
        self._row_lower: list[Reals] = []
        self._row_upper: list[Reals] = []
        self._cells: list[tuple[Columns, Columns, Reals]] = []
        self._columns = 0
        self._rows = 0

    def columns(
        self, count: int, upper: Reals | float = INFINITY, cost: Reals | float = 0.0, lower: Reals | float = 0.0
    ) -> Columns:
        """Add `count` columns with bounds and costs (numbers or arrays (count,)) and return their positions."""
        found = np.arange(self._columns, self._columns + count, dtype=np.int32)
        self._lower.append(np.broadcast_to(np.asarray(lower, dtype=np.float64), count))
        self._upper.append(np.broadcast_to(np.asarray(upper, dtype=np.float64), count))
        self._cost.append(np.broadcast_to(np.asarray(cost, dtype=np.float64), count))
        self._columns += count
        return found

    def rows(self, lower: Reals | float, upper: Reals | float, *terms: Term) -> None:
        """Add a row for each position of the terms: lower <= sum of coefficient x column <= upper."""
        count = len(terms[0][0])
        index = np.arange(self._rows, self._rows + count, dtype=np.int32)
        for positions, coefficient in terms:
            cells = np.broadcast_to(np.asarray(coefficient, dtype=np.float64), count)
            self._cells.append((index, positions, cells))
        self._row_lower.append(np.broadcast_to(np.asarray(lower, dtype=np.float64), count))
        self._row_upper.append(np.broadcast_to(np.asarray(upper, dtype=np.float64), count))
        self._rows += count

    def minimise(self, limit_s: float) -> Optimum:
        """Return the optimum, or the best point known after `limit_s` [s]."""
        make: Any = highspy.Highs
        solver = make()
        solver.setOptionValue("output_flag", False)
        solver.setOptionValue("threads", 1)
        solver.setOptionValue("time_limit", limit_s)
        solver.passModel(self._model())
        solver.run()
        status, solution = solver.getModelStatus(), solver.getSolution()
        values = np.asarray(solution.col_value, dtype=np.float64)
        known = {highspy.HighsModelStatus.kOptimal: "optimal"}
        feasible = solver.getInfo().primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible
        word = known.get(status, "incumbent" if feasible else "failed")
        return Optimum(word, values, float(solver.getInfo().objective_function_value))

    def _model(self) -> highspy.HighsLp:
        rows, columns, cells = (np.concatenate(part) for part in zip(*self._cells, strict=True))
        order = np.lexsort((columns, rows))
        model = highspy.HighsLp()
        model.num_col_, model.num_row_ = self._columns, self._rows
        model.col_cost_ = np.concatenate(self._cost)
        model.col_lower_, model.col_upper_ = np.concatenate(self._lower), np.concatenate(self._upper)
        model.row_lower_, model.row_upper_ = np.concatenate(self._row_lower), np.concatenate(self._row_upper)
        model.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
        model.a_matrix_.start_ = np.append(0, np.cumsum(np.bincount(rows, minlength=self._rows))).astype(np.int32)
        model.a_matrix_.index_ = columns[order].astype(np.int32)
        model.a_matrix_.value_ = cells[order].astype(np.float64)
        return model
