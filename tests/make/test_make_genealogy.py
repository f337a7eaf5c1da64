"""Genealogy: a unit's steps, lots and boards; the units that a lot reached."""

from __future__ import annotations

import itertools

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from make_park import local

from parkwright.make.genealogy import of_unit, where_used
from parkwright.model.tables import ASSEMBLIES, MOUNTS, PASSAGES


def frame(table, *rows):
    return pl.DataFrame(rows, schema=table.schema, orient="row")


PASSED = frame(
    PASSAGES,
    ("b1", "B-1", "SMT", "SMT-prn", local(6), local(6.1), "ok"),
    ("b2", "B-1", "SMT", "SMT-prn", local(6.1), local(6.2), "ok"),
    ("u1", "J-1", "ASM", "A-asm", local(8), local(8.1), "ok"),
    ("u1", "J-1", "ASM", "A-test", local(8.2), local(8.3), "fail"),
    ("u1", "J-1", "ASM", "A-test", local(8.3), local(8.4), "ok"),
    ("u2", "J-1", "ASM", "A-asm", local(8.1), local(8.2), "ok"),
)
BUILT = frame(
    ASSEMBLIES,
    ("u1", "b1", "board", local(8)),
    ("u2", "b2", "board", local(8.1)),
    ("u3", "stock-7", "board", local(9)),
)
MOUNTED = frame(
    MOUNTS,
    ("reel-1", "paste", "SMT-prn", "1", local(5), local(6.1)),
    ("reel-2", "paste", "SMT-prn", "1", local(6.1), None),
    ("tray-1", "panel", "A-asm", "1", local(5), local(8.1)),
)


def test_a_unit_has_its_steps_in_order_its_lots_and_its_board_with_the_boards_lots():
    found = of_unit("u1", PASSED, BUILT, MOUNTED)
    assert found.job_id == "J-1"
    assert [(s.work_unit_id, s.result) for s in found.steps] == [("A-asm", "ok"), ("A-test", "fail"), ("A-test", "ok")]
    assert [lot.lot_id for lot in found.lots] == ["tray-1"]
    (board,) = found.components
    assert (board.position, board.at, board.genealogy.unit_id) == ("board", local(8), "b1")
    assert [lot.lot_id for lot in board.genealogy.lots] == ["reel-1"]


def test_a_lot_belongs_to_the_units_that_enter_from_its_start_to_before_its_end():
    assert [lot.lot_id for lot in of_unit("b2", PASSED, BUILT, MOUNTED).lots] == ["reel-2"]
    assert of_unit("u2", PASSED, BUILT, MOUNTED).lots == ()


def test_a_board_from_opening_stock_has_no_steps():
    (board,) = of_unit("u3", PASSED, BUILT, MOUNTED).components
    assert board.genealogy.steps == ()
    assert board.genealogy.job_id == ""
    assert of_unit("stock-7", PASSED, BUILT, MOUNTED).components == ()


def test_an_unknown_unit_is_named():
    with pytest.raises(KeyError, match="unit u9: no passage and no assembly names it"):
        of_unit("u9", PASSED, BUILT, MOUNTED)


def test_a_loop_in_bad_data_ends():
    loop = frame(ASSEMBLIES, ("u1", "u2", "board", local(8)), ("u2", "u1", "board", local(8)))
    found = of_unit("u1", PASSED, loop, MOUNTED)
    assert found.components[0].genealogy.components == ()


def test_a_lot_reaches_the_units_that_entered_while_it_was_mounted():
    assert where_used("reel-1", MOUNTED, PASSED)["unit_id"].to_list() == ["b1"]
    assert where_used("tray-1", MOUNTED, PASSED).row(0, named=True) == {
        "unit_id": "u1", "job_id": "J-1", "work_unit_id": "A-asm", "at": local(8), "via": "",
    }  # fmt: skip


def test_with_assemblies_the_lot_reaches_the_units_with_that_board():
    found = where_used("reel-2", MOUNTED, PASSED, BUILT)
    assert found.select("unit_id", "job_id", "via").rows() == [("b2", "B-1", ""), ("u2", "J-1", "b2")]


def test_a_lot_never_mounted_reaches_nobody():
    assert where_used("reel-9", MOUNTED, PASSED, BUILT).height == 0


def test_a_loop_of_assemblies_ends_for_a_lot_too():
    loop = frame(ASSEMBLIES, ("u1", "b1", "board", local(8)), ("b1", "u1", "board", local(8)))
    assert where_used("reel-1", MOUNTED, PASSED, loop)["unit_id"].to_list() == ["b1", "u1"]


@given(
    borders=st.lists(st.integers(1, 99), min_size=1, max_size=5, unique=True).map(sorted),
    entries=st.lists(st.integers(0, 99), max_size=20),
)
def test_backward_and_forward_agree_and_each_unit_has_one_lot_a_position(borders, entries):
    edges = [0, *borders, 100]
    mounts = frame(
        MOUNTS,
        *((f"lot{n}", "m", "W", "1", local(a / 5), local(b / 5)) for n, (a, b) in enumerate(itertools.pairwise(edges))),
    )
    passed = frame(PASSAGES, *((f"u{n}", "J", "S", "W", local(e / 5), local(21), "ok") for n, e in enumerate(entries)))
    forward = {(unit, lot) for lot in mounts["lot_id"] for unit in where_used(lot, mounts, passed)["unit_id"]}
    backward = {(unit, lot.lot_id) for unit in passed["unit_id"] for lot in of_unit(unit, passed, BUILT, mounts).lots}
    assert forward == backward
    assert len(backward) == len(entries)
