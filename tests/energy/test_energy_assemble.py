"""Blocks as columns, rows and cells: the programme of a small site written out, and what a change of it changes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from systems import battery, heated, random_park, site

from parkwright.energy.assemble import LADDER, assemble
from parkwright.energy.blocks import Converter, Demand, Flexible, Job, Load, Source, Store, System
from parkwright.energy.linear import INFINITY


def dense(built):
    """The matrix of a programme."""
    arrays = built.program.arrays()
    found = np.zeros((len(arrays.row_lower), len(arrays.cost)))
    np.add.at(found, (arrays.rows, arrays.columns), arrays.cells)
    return found, arrays


def test_the_balance_of_a_bus_counts_what_comes_in_and_what_goes_out():
    park = site([5.0, 6.0], [1.0, 2.0], Source("sun", "power", np.array([3.0, 4.0])), export=0.5, step_h=0.5)
    built = assemble(park)
    matrix, arrays = dense(built)
    for step in range(2):
        row = matrix[built.balances["power"][step]]
        signs = {"grid.import": 1.0, "grid.export": -1.0, "grid.over": 1.0, "grid.shut": -1.0, "sun": 1.0}
        wanted = np.zeros(len(row))
        for name, sign in signs.items():
            wanted[built.columns[name][step]] = sign
        assert row.tolist() == wanted.tolist()
    assert arrays.row_lower[built.balances["power"]].tolist() == [5.0, 6.0]
    assert arrays.row_upper[built.balances["power"]].tolist() == [5.0, 6.0]


def test_costs_are_those_of_a_step():
    park = site([5.0], [2.0], Source("sun", "power", np.array([3.0]), 0.1), export=0.5, step_h=0.25)
    built = assemble(park)
    cost = built.program.arrays().cost
    assert cost[built.columns["grid.import"]].tolist() == [0.5]
    assert cost[built.columns["grid.export"]].tolist() == [-0.125]
    assert cost[built.columns["sun"]].tolist() == [0.025]


def test_slacks_are_shut_and_dearer_the_later_they_may_give_way():
    car, oven = Flexible("car", "power", 1.0, 1.0, 0, 2), Job("oven", "power", np.ones(1), np.arange(2))
    others = (battery(opening=1.0), *heated([1.0] * 3), car, oven)
    park = site([5.0] * 3, [1.0] * 3, *others, cap=9.0, co2e_kg_per_kwh=0.5)
    built = assemble(park)
    arrays = built.program.arrays()
    limits = {}
    for slack in built.slacks:
        assert arrays.upper[slack.columns].tolist() == [0.0] * len(slack.columns)
        limits[slack.limit] = float(arrays.cost[slack.columns[0]]) / slack.per
    assert limits.keys() == {
        "import_limit",
        "export_limit",
        "end_of_day",
        "missed",
        "undone",
        "carbon_cap",
        "heat",
        "spilled",
    }
    assert limits["end_of_day"] < limits["missed"] < limits["import_limit"] < limits["heat"]
    assert limits["import_limit"] == limits["export_limit"] < limits["carbon_cap"]
    assert list(LADDER.values()) == sorted(LADDER.values())


def test_a_penalty_is_dearer_than_the_dearest_energy_of_the_system():
    park = site([5.0], [7.0], *heated([1.0], Source("boiler", "heat", np.ones(1), 40.0)))
    built = assemble(park)
    cost = built.program.arrays().cost
    over = next(slack for slack in built.slacks if slack.limit == "import_limit")
    assert cost[over.columns[0]] >= 30.0 * 40.0


def test_a_store_is_tied_from_step_to_step_and_from_the_last_to_the_first_where_it_may_choose():
    store = battery(10.0, 5.0, 0.9, kept_share=0.99)
    for opening, first in ((None, -0.99), (4.0, 0.0)):
        built = assemble(site([0.0] * 3, [1.0] * 3, replace(store, opening_kwh=opening), step_h=0.5))
        matrix, arrays = dense(built)
        stored, ties = built.columns["battery.stored"], built.ties["battery"]
        assert matrix[ties[0], stored[2]] == first
        assert matrix[ties[1], stored[0]] == -0.99
        assert matrix[ties[1], stored[1]] == 1.0
        assert matrix[ties[1], built.columns["battery.charge"][1]] == pytest.approx(-0.45)
        assert matrix[ties[1], built.columns["battery.discharge"][1]] == pytest.approx(0.5 / 0.9)
        assert arrays.row_lower[ties[0]] == pytest.approx(0.0 if opening is None else 0.99 * 4.0)


@pytest.mark.parametrize("opening", [None, 3.0])
def test_a_store_of_one_step_is_a_store(opening):
    built = assemble(site([0.0], [1.0], battery(10.0, 5.0, opening=opening, kept_share=0.5)))
    matrix, _ = dense(built)
    row = matrix[built.ties["battery"][0]]
    assert row[built.columns["battery.stored"][0]] == (0.5 if opening is None else 1.0)


def test_a_converter_takes_gives_and_lifts():
    pump = Converter("pump", "power", "heat", np.full(2, 9.0), np.array([3.0, 4.0]), "waste")
    built = assemble(site([0.0] * 2, [1.0] * 2, *heated([1.0, 1.0], pump, Source("w", "waste", np.ones(2)))))
    matrix, _ = dense(built)
    column = built.columns["pump"][1]
    cells = {bus: matrix[rows[1], column] for bus, rows in built.balances.items()}
    assert cells == {"power": -1.0, "heat": 4.0, "waste": -3.0}
    assert "waste.unserved" not in built.columns
    assert "heat.unserved" in built.columns


def test_a_mean_over_a_window_is_one_row_a_window_and_a_rest_has_none():
    demand = Demand(np.zeros(7, dtype=np.int64), np.array([2.0]), np.array([1.5]), 3)
    built = assemble(site([1.0] * 7, [1.0] * 7, demand=demand))
    matrix, arrays = dense(built)
    peak = built.columns["grid.peak"]
    rows = np.flatnonzero(matrix[:, peak[0]])
    assert len(rows) == 2
    assert matrix[rows[0]][built.columns["grid.import"]].tolist() == pytest.approx([1 / 3] * 3 + [0.0] * 4)
    assert (arrays.lower[peak[0]], arrays.cost[peak[0]], arrays.upper[peak[0]]) == (1.5, 2.0, INFINITY)


def test_choices_are_made_only_where_losing_energy_or_trading_pays():
    lossy = battery(10.0, 5.0, 0.9, opening=1.0)
    calm = assemble(site([1.0] * 4, [1.0] * 4, lossy)).program.arrays()
    assert calm.whole.size == 0
    given_away = assemble(site([1.0] * 4, [1.0, -0.1, -0.1, 1.0], lossy)).program.arrays()
    assert given_away.whole.size == 2 + 2
    trading = assemble(site([1.0] * 4, [1.0, 0.1, 1.0, 1.0], export=0.3)).program.arrays()
    assert trading.whole.size == 1
    lossless = assemble(site([1.0] * 2, [-1.0, -1.0], battery(10.0, 5.0, opening=1.0), export=-2.0)).program.arrays()
    assert lossless.whole.size == 0


def test_jobs_on_one_machine_share_its_time_and_others_do_not():
    jobs = [
        Job(name, "power", np.ones(2), np.arange(3), machine) for name, machine in (("a", "m"), ("b", "m"), ("c", ""))
    ]
    built = assemble(site([0.0] * 4, [1.0] * 4, *jobs))
    matrix, arrays = dense(built)
    shared = [row for row in matrix if row[built.columns["a.starts"]].any() and row[built.columns["b.starts"]].any()]
    assert len(shared) == 4 + 4
    assert not any(
        row[built.columns["c.starts"]].any() and row.sum() > 0 and row[built.columns["a.starts"]].any()
        for row in shared
    )
    assert len(arrays.whole) == 9


@given(st.integers(0, 10**6))
def test_two_parks_of_the_same_blocks_have_cells_at_the_same_places(seed):
    rng = np.random.default_rng(seed)
    first, other = (assemble(random_park(rng, 12)).program.arrays() for _ in range(2))
    assert first.same_places(other)
    assert not first.same_places(assemble(random_park(rng, 13)).program.arrays())


@given(st.integers(0, 10**6))
def test_no_place_of_the_matrix_is_filled_twice(seed):
    rng = np.random.default_rng(seed)
    steps = int(rng.integers(1, 10))
    park = random_park(rng, steps)
    extra = (Flexible("car", "power", 1.0, 1.0, 0, steps), Job("oven", "power", np.ones(1), np.arange(steps), "m"))
    arrays = assemble(replace(park, blocks=(*park.blocks, *extra), carbon_cap_kg=9.0)).program.arrays()
    places = set(zip(arrays.rows.tolist(), arrays.columns.tolist(), strict=True))
    assert len(places) == len(arrays.rows)


def test_blocks_of_a_system_are_found_by_kind():
    park = System(1.0, 1, (Load("l", "power", np.ones(1)), Store("s", "power", 1.0, 1.0, 1.0)))
    assert [block.id for block in park.of(Load)] == ["l"]
    assert [store.id for store in park.stores()] == ["s"]
    assert park.grids() == ()
