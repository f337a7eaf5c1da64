"""Sinks are differences of stocks on their own account; felling is an emission and no scope ever changes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from carbon_park import make_park
from test_inventory import made

from parkwright.carbon import sinks
from parkwright.model.errors import LedgerError
from parkwright.model.site import Tree
from parkwright.store import folder

TREES = folder.load(Path(__file__).parents[2] / "parks" / "tianjin").green


def tree(name="T1", height=10.0, crown=6.0, species="Salix matsudana", kind="tree"):
    return Tree(
        id=name, kind=kind, species=species, x_m=0, y_m=0, height_m=height, crown_m=crown, basis="assumed: a test"
    )


def test_the_allometry_gives_its_published_biomass():
    angiosperm_kg = 0.016 * 60**2.013 * 1.0210258
    assert sinks.stock_ug(tree()) / 1e9 == pytest.approx(angiosperm_kg * 0.8 * 1.26 * 0.47 * 44 / 12, rel=1e-6)
    conifer_kg = 0.109 * 60**1.790 * 1.0210258
    found = sinks.stock_ug(tree(species="Pinus tabuliformis"))
    assert found / 1e9 == pytest.approx(conifer_kg * 0.8 * 1.26 * 0.47 * 44 / 12, rel=1e-6)


def test_a_green_roof_has_no_stock_because_its_rate_is_unknown():
    assert sinks.stock_ug(tree(kind="roof")) == 0
    assert sinks.stock_ug(tree(kind="wall")) == 0


def test_growth_planting_and_felling_add_up_to_the_change_of_the_stock():
    before = [tree("A"), tree("B"), tree("C")]
    after = [tree("A", 11, 7), tree("B"), tree("D", 3, 1)]
    found = sinks.account(before, after)
    assert found.growth_ug == sinks.stock_ug(after[0]) - sinks.stock_ug(before[0])
    assert found.planted_ug == sinks.stock_ug(after[2])
    assert found.felled_ug == sinks.stock_ug(before[2])
    assert found.change_ug == found.growth_ug + found.planted_ug - found.felled_ug
    assert (found.trees_before, found.trees_after, found.trees_felled) == (3, 3, 1)


def test_a_hundred_felled_trees_are_an_emission_and_no_scope_changes():
    park = make_park(green=TREES)
    felled = replace(park, green=TREES[100:])
    found = sinks.account(park.green, felled.green)
    assert found.trees_felled == 100
    assert found.felled_ug > 0
    assert found.change_ug == -found.felled_ug
    assert (found.growth_ug, found.planted_ug) == (0, 0)
    with_trees, without = made(park=park), made(park=felled)
    for scope in (1, 2, 3):
        for view in ("location", "market"):
            assert with_trees.total_ug(scope, view) == without.total_ug(scope, view)


def test_nothing_changed_is_nothing():
    found = sinks.account(TREES, TREES)
    assert (found.change_ug, found.felled_ug, found.planted_ug, found.growth_ug) == (0, 0, 0, 0)
    assert found.stock_before_ug == sum(sinks.by_species(TREES).values()) > 0
    assert list(sinks.by_species(TREES)) == sorted({one.species for one in TREES})


def test_a_tree_that_is_pruned_loses_what_it_lost():
    found = sinks.account([tree()], [tree(crown=4)])
    assert found.growth_ug < 0
    assert found.felled_ug == 0


def test_an_account_says_how_long_it_lasts_and_how_sure_it_is():
    found = sinks.account([tree()], [tree()], "protected until 2050")
    assert found.permanence == "protected until 2050"
    assert found.relative_sd == pytest.approx(0.206, abs=1e-3)


def test_a_tree_that_stands_twice_is_refused():
    with pytest.raises(LedgerError, match="tree T1: stands twice"):
        sinks.account([tree()], [tree(), tree()])
