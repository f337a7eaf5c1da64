"""The chain's footprints are those of the equations, whatever loops it has, and a change reaches its users alone."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import bom_chain
from parkwright.carbon import graph, tiers
from parkwright.model.errors import LedgerError


def of(direct: dict[str, float], uses: list[tuple[str, str, float]]) -> graph.Graph:
    ids = list(direct)
    at = {name: n for n, name in enumerate(ids)}
    rows = ([at[user] for user, _, _ in uses], [at[name] for _, name, _ in uses], [amount for _, _, amount in uses])
    return graph.graph(ids, list(direct.values()), rows)


def value(chain: graph.Graph, name: str) -> float:
    return float(graph.intensities(chain)[chain.at(name)])


def dense(chain: graph.Graph) -> np.ndarray:
    used = np.zeros((len(chain.ids), len(chain.ids)))
    users = np.repeat(np.arange(len(chain.ids)), np.diff(chain.inputs_at))
    np.add.at(used, (users, chain.inputs), chain.amounts)
    return used


LOOP = of({"e": 0.5, "s": 1.0}, [("e", "s", 0.02), ("s", "e", 3.0)])


def test_two_processes_that_use_each_other_give_the_closed_form():
    assert value(LOOP, "e") == pytest.approx(0.52 / 0.94, abs=1e-12)
    assert value(LOOP, "s") == pytest.approx(2.6595744680851063, abs=1e-12)


def test_a_unit_of_two_pieces_follows_its_suppliers_new_figure_exactly():
    chain = of({"piece": 10.0, "unit": 0.0, "other": 7.0}, [("unit", "piece", 2.0)])
    before = graph.intensities(chain)
    revision = graph.revised(chain, before, {"piece": 8.0})
    assert revision.intensities[chain.at("unit")] - before[chain.at("unit")] == -4.0
    assert set(revision.recomputed) == {"piece", "unit"}
    assert revision.intensities[chain.at("other")] == before[chain.at("other")]


def test_a_process_that_uses_its_own_output_makes_less_of_it():
    chain = of({"mill": 1.0}, [("mill", "mill", 0.2)])
    assert value(chain, "mill") == pytest.approx(1.25, abs=1e-15)
    assert graph.scaling(chain, "mill")[0] == pytest.approx(1.25, abs=1e-15)


@pytest.mark.parametrize("gain", [0.96, 0.999, 0.999999])
def test_a_slow_loop_is_solved_directly_and_to_the_same_figure(gain: float):
    chain = of({"a": 1.0, "b": 0.0, "top": 0.5}, [("a", "b", gain), ("b", "a", 1.0), ("top", "b", 2.0)])
    assert value(chain, "a") == pytest.approx(1.0 / (1.0 - gain), rel=1e-9)
    assert value(chain, "top") == pytest.approx(0.5 + 2.0 / (1.0 - gain), rel=1e-9)
    assert float(graph.scaling(chain, "top") @ chain.direct) == pytest.approx(value(chain, "top"), rel=1e-9)
    changed = graph.revised(chain, graph.intensities(chain), {"a": 2.0})
    assert changed.intensities[chain.at("top")] == pytest.approx(0.5 + 4.0 / (1.0 - gain), rel=1e-9)
    assert set(changed.recomputed) == {"a", "b", "top"}


def test_a_slow_loop_is_not_left_to_the_sweep():
    chain = of({"a": 1.0, "b": 0.0}, [("a", "b", 0.999999), ("b", "a", 1.0)])
    side = (chain.bounds, chain.inputs_at, chain.inputs, chain.amounts, chain.direct, np.zeros(2), 1e-14)
    assert tiers.settle(0, 1, 1, *side) == 0
    assert tiers.settle(0, 1, 1, *side[:3], chain.amounts * 0.5, *side[4:]) == 1


@pytest.mark.parametrize("gain", [1.0, 1.5, 40.0])
def test_a_loop_that_makes_nothing_is_refused_by_name(gain: float):
    chain = of({"a": 1.0, "b": 1.0}, [("a", "b", gain), ("b", "a", 1.0)])
    with pytest.raises(LedgerError, match=r"loop of 2 processes .*a.* uses as much of itself as it makes"):
        graph.intensities(chain)
    with pytest.raises(LedgerError, match="uses as much of itself"):
        graph.scaling(chain, "a")


def test_a_process_that_uses_all_of_itself_is_refused():
    with pytest.raises(LedgerError, match="loop of 1 processes"):
        graph.intensities(of({"a": 1.0}, [("a", "a", 1.0)]))


def test_inputs_stand_before_their_users_and_loops_apart():
    chain = of(
        {"unit": 0.0, "board": 0.0, "power": 1.0, "machine": 1.0, "ore": 1.0},
        [("unit", "board", 1.0), ("board", "power", 1.0), ("power", "machine", 0.01), ("machine", "power", 1.0),
         ("machine", "ore", 1.0)],
    )  # fmt: skip
    order = {name: chain.at(name) for name in chain.ids}
    assert order["ore"] < min(order["power"], order["machine"]) < order["board"] < order["unit"]
    assert sorted(np.diff(chain.bounds).tolist()) == [1, 1, 1, 2]


def test_the_same_pair_given_twice_adds_up():
    assert value(of({"a": 2.0, "b": 0.0}, [("b", "a", 1.0), ("b", "a", 3.0)]), "b") == 8.0


@pytest.mark.parametrize(
    ("direct", "uses", "finding"),
    [
        ({"a": -1.0}, [], "direct emissions 0 is -1.0"),
        ({"a": math.nan}, [], "direct emissions 0 is nan"),
        ({"a": 1.0, "b": 1.0}, [("b", "a", -2.0)], "quantity of an exchange 0 is -2.0"),
        ({"a": 1.0, "b": 1.0}, [("b", "a", math.inf)], "quantity of an exchange 0 is inf"),
    ],
)
def test_what_is_negative_or_not_finite_is_refused(direct, uses, finding):
    with pytest.raises(LedgerError, match=finding):
        of(direct, uses)


def test_ids_and_exchanges_must_fit():
    with pytest.raises(LedgerError, match="come twice"):
        graph.graph(["a", "a"], [1.0, 1.0], ([], [], []))
    with pytest.raises(LedgerError, match="names process 7 of 1"):
        graph.graph(["a"], [1.0], ([7], [0], [1.0]))
    with pytest.raises(LedgerError, match="names process"):
        graph.graph(["a"], [1.0], ([0], [-1], [1.0]))
    with pytest.raises(LedgerError, match="2 direct emissions for 1 processes"):
        graph.graph(["a"], [1.0, 2.0], ([], [], []))
    with pytest.raises(LedgerError, match="'x': is not in the graph of 2"):
        LOOP.at("x")


def test_a_change_must_be_a_footprint_of_a_known_process():
    values = graph.intensities(LOOP)
    for change, finding in (({"x": 1.0}, "not in the graph"), ({"e": -1.0}, "of -1.0"), ({"e": math.nan}, "of nan")):
        with pytest.raises(LedgerError, match=finding):
            graph.revised(LOOP, values, change)


def test_contributions_add_up_to_the_footprint_and_come_largest_first():
    made = bom_chain.chain(3, 0.01)
    ids, direct, products = made.ids, made.direct, made.product_ids
    chain = graph.graph(ids, direct, (made.users, made.inputs, made.amounts))
    found = graph.contributions(chain, products[0], len(ids))
    assert sum(one.kg for one in found) == pytest.approx(value(chain, products[0]), rel=1e-12)
    assert sum(one.share for one in found) == pytest.approx(1.0, rel=1e-12)
    assert [one.kg for one in found] == sorted((one.kg for one in found), reverse=True)
    assert all(one.kg == pytest.approx(one.quantity * direct[ids.index(one.process_id)]) for one in found)
    with pytest.raises(LedgerError, match="top 0"):
        graph.contributions(chain, products[0], 0)


def test_a_product_that_emits_nothing_has_no_contributions():
    assert graph.contributions(of({"a": 0.0, "b": 0.0}, [("b", "a", 1.0)]), "b", 3) == ()


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 25), st.floats(0.0, 0.9))
def test_any_chain_is_solved_like_the_dense_equations_and_revised_like_solved_anew(seed, size, gain):
    rng = np.random.default_rng(seed)
    rows = rng.integers(0, 4 * size)
    users, inputs = rng.integers(0, size, rows), rng.integers(0, size, rows)
    amounts = rng.random(rows)
    total = np.zeros(size)
    np.add.at(total, users, amounts)
    amounts = amounts / np.maximum(total[users], 1e-9) * gain
    direct = rng.random(size)
    chain = graph.graph([f"p{n}" for n in range(size)], direct, (users, inputs, amounts))
    values = graph.intensities(chain)
    leontief = np.eye(size) - dense(chain)
    assert values == pytest.approx(np.linalg.solve(leontief, chain.direct), rel=1e-11)
    name = f"p{rng.integers(size)}"
    demand = np.zeros(size)
    demand[chain.at(name)] = 1.0
    assert graph.scaling(chain, name) == pytest.approx(np.linalg.solve(leontief.T, demand), rel=1e-11, abs=1e-13)
    revision = graph.revised(chain, values, {name: 3.0})
    anew = graph.intensities(revision.graph)
    assert revision.intensities == pytest.approx(anew, rel=1e-12)
    untouched = [n for n, one in enumerate(chain.ids) if one not in revision.recomputed]
    assert (revision.intensities[untouched] == values[untouched]).all()


def test_the_order_in_which_processes_are_given_does_not_matter():
    made = bom_chain.chain(4, 0.01)
    ids, direct, users, inputs, amounts = made.ids, made.direct, made.users, made.inputs, made.amounts
    plain = graph.graph(ids, direct, (users, inputs, amounts))
    shuffle = np.random.default_rng(1).permutation(len(ids))
    back = np.argsort(shuffle)
    moved = graph.graph([ids[n] for n in shuffle], direct[shuffle], (back[users], back[inputs], amounts))
    one, other = graph.intensities(plain), graph.intensities(moved)
    assert [other[moved.at(name)] for name in ids] == pytest.approx([one[plain.at(name)] for name in ids], rel=1e-12)


def test_twenty_thousand_processes_satisfy_their_equations():
    made = bom_chain.chain(1)
    ids, products = made.ids, made.product_ids
    chain = graph.graph(ids, made.direct, (made.users, made.inputs, made.amounts))
    values = graph.intensities(chain)
    assert (len(ids), len(products)) == (20_000, 200)
    assert np.diff(chain.bounds).max() > 10_000
    right = chain.direct.copy()
    np.add.at(right, np.repeat(np.arange(len(ids)), np.diff(chain.inputs_at)), chain.amounts * values[chain.inputs])
    assert np.abs(right / values - 1).max() < 1e-12
    revision = graph.revised(chain, values, {products[0]: 9.0})
    assert revision.recomputed == (products[0],)
