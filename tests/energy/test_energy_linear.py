"""A programme in HiGHS: statuses, duals, changes in place, whole columns."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parkwright.energy.linear import INFINITY, Program, Solver


def diet(price=(2.0, 3.0), need=(8.0, 6.0), cells=((1.0, 2.0), (2.0, 1.0)), whole=False):
    """Two foods, two needs: the smallest programme with an optimum inside."""
    program = Program()
    foods = program.columns(2, INFINITY, np.array(price), whole=whole)
    for amount, row in zip(need, cells, strict=True):
        terms = [(foods[k : k + 1], row[k]) for k in range(2)]
        program.rows(amount, INFINITY, *terms)
    return program, foods


def test_the_optimum_has_values_duals_and_no_gap():
    program, foods = diet()
    found = program.minimise(5.0)
    assert found.status == "optimal"
    assert found.values[foods].tolist() == pytest.approx([4 / 3, 10 / 3])
    assert found.objective == pytest.approx(38 / 3)
    assert found.duals.tolist() == pytest.approx([4 / 3, 1 / 3])
    assert found.duals @ np.array([8.0, 6.0]) == pytest.approx(found.objective)
    assert (found.gap, found.bound) == (0.0, found.objective)


def test_whole_columns_take_whole_numbers_and_have_no_duals():
    program, foods = diet(whole=True)
    found = program.minimise(5.0)
    assert found.status == "optimal"
    assert found.values[foods].tolist() == pytest.approx([2.0, 3.0])
    assert found.objective == pytest.approx(13.0)
    assert found.duals.size == 0
    assert found.gap <= 1e-9


def test_a_programme_without_a_solution_is_infeasible():
    program = Program()
    column = program.columns(1, 1.0)
    program.rows(2.0, INFINITY, (column, 1.0))
    assert program.minimise(5.0).status == "infeasible"


def test_a_programme_without_an_end_is_told():
    program = Program()
    column = program.columns(1, INFINITY, -1.0)
    program.rows(0.0, INFINITY, (column, 1.0))
    assert program.minimise(5.0).status in ("unbounded", "infeasible")


def test_numbers_change_in_place_and_the_basis_is_used_again():
    rng = np.random.default_rng(4)
    size = 40
    cells = rng.uniform(0.1, 1.0, (size, size))

    def made(price, need, first):
        program = Program()
        foods = program.columns(size, 50.0, price)
        for row in range(size):
            terms = [(foods[k : k + 1], cells[row, k] * (first if row == 0 else 1.0)) for k in range(size)]
            program.rows(need[row], INFINITY, *terms)
        return program

    price, need = rng.uniform(1, 2, size), rng.uniform(5, 9, size)
    solver = Solver(made(price, need, 1.0))
    began = solver.run(5.0)
    changed = made(price * 1.001, need * 1.01, 1.02)
    assert solver.renew(changed)
    again = solver.run(5.0)
    alone = Solver(changed).run(5.0)
    assert again.status == alone.status == "optimal"
    assert again.objective == pytest.approx(alone.objective)
    assert again.objective > began.objective
    assert again.iterations < alone.iterations


def test_bounds_limits_costs_and_cells_all_change_in_place():
    solver = Solver(diet()[0])
    assert solver.run(5.0).objective == pytest.approx(38 / 3)
    assert solver.renew(diet(price=(2.0, 6.0))[0])
    assert solver.run(5.0).objective == pytest.approx(16.0)
    assert solver.renew(diet(need=(16.0, 12.0))[0])
    assert solver.run(5.0).objective == pytest.approx(76 / 3)
    assert solver.renew(diet(cells=((1.0, 2.0), (2.0, 2.0)))[0])
    assert solver.run(5.0).objective == pytest.approx(12.0)


def test_a_programme_of_another_shape_is_taken_whole():
    solver = Solver(diet()[0])
    other = Program()
    column = other.columns(1, 9.0, 5.0)
    other.rows(3.0, INFINITY, (column, 1.0))
    assert not solver.renew(other)
    assert solver.run(5.0).objective == pytest.approx(15.0)
    assert not solver.renew(diet(whole=True)[0])
    assert solver.whole
    assert solver.run(5.0).objective == pytest.approx(13.0)


def test_bounds_that_are_opened_are_shut_again_by_the_next_programme():
    def short():
        program = Program()
        column, slack = program.columns(1, 1.0), program.columns(1, 0.0, 100.0)
        program.rows(2.0, INFINITY, (column, 1.0), (slack, 1.0))
        return program, slack

    program, slack = short()
    solver = Solver(program)
    assert solver.run(5.0).status == "infeasible"
    solver.bound(slack, 0.0, INFINITY)
    assert solver.run(5.0).objective == pytest.approx(100.0)
    assert solver.renew(short()[0])
    assert solver.run(5.0).status == "infeasible"


def knapsack():
    rng = np.random.default_rng(11)
    program = Program()
    things = program.columns(60, 1.0, -rng.uniform(10, 60, 60), whole=True)
    for _ in range(8):
        row = program.rows(0.0, 400.0, count=1)
        program.cells(np.repeat(row, 60), things, rng.uniform(10, 60, 60))
    return program, things


def test_a_gap_that_is_asked_for_is_proven():
    program, _ = knapsack()
    rough = Solver(program).run(60.0, gap=0.1)
    assert rough.status == "optimal"
    assert rough.gap <= 0.1
    assert rough.bound <= rough.objective


def test_a_search_goes_on_from_a_point_that_is_suggested():
    program, things = knapsack()
    known = Solver(program).run(60.0, gap=0.1)
    solver = Solver(program)
    solver.suggest(things, known.values[things])
    found = solver.run(60.0, gap=0.1)
    assert found.objective <= known.objective + 1e-6


def test_time_that_is_up_leaves_the_best_point_or_none():
    program, _ = knapsack()
    found = Solver(program).run(1e-6)
    assert found.status in ("incumbent", "failed", "optimal")
    assert found.status != "failed" or found.gap == float("inf")


@given(st.integers(0, 10**6), st.integers(1, 5), st.integers(1, 5))
def test_an_optimum_keeps_its_rows_and_bounds_and_equals_its_dual(seed, width, height):
    rng = np.random.default_rng(seed)
    cells, need, price = rng.uniform(0.1, 1, (height, width)), rng.uniform(0, 5, height), rng.uniform(0.1, 2, width)
    program = Program()
    columns = program.columns(width, INFINITY, price)
    for row in range(height):
        program.rows(need[row], INFINITY, *((columns[k : k + 1], cells[row, k]) for k in range(width)))
    found = program.minimise(5.0)
    assert found.status == "optimal"
    assert (cells @ found.values >= need - 1e-8).all()
    assert (found.values >= 0).all()
    assert found.duals @ need == pytest.approx(found.objective, abs=1e-7)
    assert (cells.T @ found.duals <= price + 1e-7).all()
