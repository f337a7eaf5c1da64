"""What errs together stays together: in sums, in chains, in closed form and drawn."""

from __future__ import annotations

import numpy as np
import pytest

import bom_chain
from parkwright.carbon import graph, uncertainty
from parkwright.carbon.uncertainty import Part
from parkwright.model.errors import LedgerError


def test_a_thousand_units_that_share_a_grid_factor_are_no_surer_than_one():
    unit = [Part(2.0, 0.10, "grid")]
    assert uncertainty.combined_sd_kg(unit) / 2.0 == pytest.approx(0.10)
    assert uncertainty.combined_sd_kg(unit * 1000) / 2000.0 == pytest.approx(0.10, rel=1e-12)


def test_parts_that_err_alone_average_out():
    alone = [Part(2.0, 0.10, "")] * 1000
    assert uncertainty.combined_sd_kg(alone) / 2000.0 == pytest.approx(0.10 / np.sqrt(1000), rel=1e-12)


def test_groups_add_as_squares_and_the_variance_is_shared_out():
    parts = [Part(10.0, 0.3, "a"), Part(10.0, 0.1, "a"), Part(20.0, 0.15, "b"), Part(5.0, 0.2, "")]
    assert uncertainty.combined_sd_kg(parts) == pytest.approx(np.sqrt(4.0**2 + 3.0**2 + 1.0**2))
    shares = uncertainty.variance_shares(parts)
    assert list(shares) == ["a", "b", ""]
    assert shares == pytest.approx({"a": 16 / 26, "b": 9 / 26, "": 1 / 26})
    assert uncertainty.variance_shares([]) == {}
    assert uncertainty.variance_shares([Part(1.0, 0.0, "a")]) == {}


@pytest.mark.parametrize("cv", [-0.1, np.nan, np.inf])
def test_a_scatter_that_is_none_is_refused(cv: float):
    with pytest.raises(LedgerError, match="part 0: coefficient of variation"):
        uncertainty.combined_sd_kg([Part(1.0, cv, "g")])


def pair(cv: float, groups: tuple[int, int]):
    """Two suppliers of 1 kg each, two products of one piece each, and a third of both."""
    ids = ["s1", "s2", "p1", "p2", "p12"]
    chain = graph.graph(ids, [1.0, 1.0, 0.0, 0.0, 0.0], ([2, 3, 4, 4], [0, 1, 0, 1], [1.0] * 4))
    direct = ([cv, cv, 0.0, 0.0, 0.0], [*groups, -1, -1, -1])
    return chain, uncertainty.spread_of(chain, direct, ([0.0] * 4, [-1] * 4), ids)


def test_suppliers_that_err_together_keep_a_products_scatter_and_others_do_not():
    together, alone = pair(0.1, (0, 0)), pair(0.1, (-1, -1))
    assert uncertainty.analytic_cv(*together, "p12") == pytest.approx(0.1)
    assert uncertainty.analytic_cv(*alone, "p12") == pytest.approx(0.1 / np.sqrt(2))
    assert uncertainty.analytic_cv(*alone, "p1") == pytest.approx(0.1)


def test_drawing_agrees_and_a_shared_draw_moves_both_products_alike():
    chain, spread = pair(0.1, (0, 0))
    found = uncertainty.drawn(chain, spread, ["p1", "p2", "p12"], 4000, np.random.default_rng(1))
    assert (found.samples[:, 0] == found.samples[:, 1]).all()
    at = chain.at("p12")
    assert found.mean[at] == pytest.approx(2.0, rel=0.01)
    assert found.sd[at] / found.mean[at] == pytest.approx(0.1, rel=0.05)
    assert found.sd[at] == pytest.approx(found.samples[:, 2].std(ddof=1), rel=1e-9)
    low, high = found.interval("p12", 0.5)
    assert low < 2.0 < high
    assert (high - low) / 2.0 == pytest.approx(2 * 0.6745 * 0.1, rel=0.1)


def test_the_same_generator_gives_the_same_draws_so_that_two_chains_compare():
    chain, spread = pair(0.2, (-1, -1))
    cheaper = graph.revised(chain, graph.intensities(chain), {"s1": 0.5}).graph
    one, two = (
        uncertainty.drawn(c, spread, ["p1"], 500, np.random.default_rng(7)).samples[:, 0] for c in (chain, cheaper)
    )
    assert two == pytest.approx(one / 2)


def test_no_scatter_draws_the_figure_itself():
    chain, spread = pair(0.0, (-1, -1))
    found = uncertainty.drawn(chain, spread, ["p12"], 3, np.random.default_rng(0))
    assert (found.samples == 2.0).all()
    assert (found.sd == 0.0).all()
    assert uncertainty.analytic_cv(chain, spread, "p12") == 0.0


def test_an_exchange_errs_like_its_amount():
    ids = ["s", "p"]
    chain = graph.graph(ids, [2.0, 1.0], ([1], [0], [3.0]))
    spread = uncertainty.spread_of(chain, ([0.0, 0.0], [-1, -1]), ([0.5], [-1]), ids)
    assert uncertainty.analytic_cv(chain, spread, "p") == pytest.approx(3.0 / 7.0)


def test_what_does_not_fit_the_graph_is_refused():
    chain, spread = pair(0.1, (0, 0))
    ids = ["s1", "s2", "p1", "p2", "p12"]
    good, flat = ([0.1] * 5, [-1] * 5), ([0.0] * 4, [-1] * 4)
    for direct, uses in (
        (([0.1] * 4, [-1] * 5), flat), (good, ([0.0] * 3, [-1] * 4)), (([-0.1] * 5, [-1] * 5), flat),
        (good, ([0.0] * 4, [-2] * 4)), (good, ([np.nan] * 4, [-1] * 4)),
    ):  # fmt: skip
        with pytest.raises(LedgerError, match="spread:"):
            uncertainty.spread_of(chain, direct, uses, ids)
    with pytest.raises(LedgerError, match="1 draws"):
        uncertainty.drawn(chain, spread, ["p1"], 1, np.random.default_rng(0))


def shared_chain(scale: float):
    """A made-up chain in which every tenth supplier shares a figure with others."""
    made = bom_chain.chain(5, scale)
    ids, products, uses = made.ids, made.product_ids, made.users.size
    chain = graph.graph(ids, made.direct, (made.users, made.inputs, made.amounts))
    group = np.where(np.arange(len(ids)) % 10 == 0, np.arange(len(ids)) // 10 % 20, -1)
    spread = uncertainty.spread_of(chain, (np.full(len(ids), 0.1), group), (np.full(uses, 0.1), np.full(uses, -1)), ids)
    return chain, spread, products


def test_the_closed_form_agrees_with_drawing_on_a_chain_with_loops():
    chain, spread, products = shared_chain(0.02)
    found = uncertainty.drawn(chain, spread, products, 10_000, np.random.default_rng(2))
    for name in products[:4]:
        at = chain.at(name)
        assert found.sd[at] / found.mean[at] == pytest.approx(uncertainty.analytic_cv(chain, spread, name), rel=0.03)


@pytest.mark.slow
def test_ten_thousand_draws_of_twenty_thousand_processes_agree_with_the_closed_form_within_three_per_cent():
    chain, spread, products = shared_chain(1.0)
    found = uncertainty.drawn(chain, spread, products, 10_000, np.random.default_rng(3))
    values = graph.intensities(chain)
    for name in products[:20]:
        at = chain.at(name)
        exact = uncertainty.analytic_cv(chain, spread, name, values)
        assert found.sd[at] / found.mean[at] == pytest.approx(exact, rel=0.03)


def test_an_interval_by_law_is_the_drawn_lognormals_own():
    rng = np.random.default_rng(3)
    sigma = np.sqrt(np.log1p(0.3**2))
    drawn = 50.0 * np.exp(sigma * (rng.standard_normal(200_000) - sigma / 2))
    low, high = uncertainty.interval_kg(50.0, 0.3)
    assert (low, high) == pytest.approx(tuple(np.quantile(drawn, (0.025, 0.975))), rel=0.01)
    assert uncertainty.interval_kg(50.0, 0.0) == (50.0, 50.0)
    assert uncertainty.interval_kg(-50.0, 0.3) == pytest.approx((-high, -low))


@pytest.mark.parametrize(("cv", "share"), [(-0.1, 0.95), (float("nan"), 0.95), (0.1, 0.0), (0.1, 1.0)])
def test_an_interval_of_nothing_known_is_refused(cv: float, share: float):
    with pytest.raises(LedgerError, match="give a finite cv"):
        uncertainty.interval_kg(1.0, cv, share)
