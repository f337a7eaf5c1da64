"""Laws of the accounts beside the ledger: market view, targets, abatement curve and sinks, on random figures."""

from __future__ import annotations

import itertools
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parkwright.carbon import abatement, activity, certificates, report, sinks, targets
from parkwright.carbon.abatement import Measure, Terms
from parkwright.carbon.editions import FuelFactor, GridFactor, ResidualFactor
from parkwright.model.site import Tree
from parkwright.store import packs

LIBRARY = packs.library_of(packs.of_park(None))
RESIDUAL = LIBRARY.get("cn-residual-2023", ResidualFactor)
TERMS = Terms(
    LIBRARY.get("cn-tj-2023", GridFactor), LIBRARY.get("uk-natural-gas-2022", FuelFactor), Decimal("0.7"),
    Decimal("0.4"), Decimal("0.06"),
)  # fmt: skip
ENERGY = st.integers(0, 10**15)
SHARES = st.decimals(0, 1, places=3)
NAME = {"en": "a", "zh": "a"}


@given(ENERGY, ENERGY, st.lists(st.tuples(st.integers(0, 10**12), SHARES), max_size=5))
def test_the_market_view_is_each_kilowatt_hour_once(imported, sold, retired):
    certified = sum(energy for energy, _ in retired)
    imported += certified
    found = certificates.market(imported, retired, RESIDUAL, sold)
    every = imported + sold - certified
    assert found.remaining_ug + found.sold_ug == pytest.approx(activity.scope2_ug(every, RESIDUAL), abs=1)
    exact = sum(energy * 1000 * factor for energy, factor in retired)
    assert abs(found.certified_ug - exact) <= len(retired)


@given(ENERGY, st.integers(0, 10**12))
def test_a_certificate_never_raises_the_market_view_when_it_emits_less_than_the_residual(imported, retired):
    imported += retired
    with_it = certificates.market(imported, [(retired, Decimal("0.6096"))], RESIDUAL).total_ug
    without = certificates.market(imported, [], RESIDUAL).total_ug
    assert with_it <= without + 1
    assert certificates.market(imported, [(retired, Decimal(0))], RESIDUAL).total_ug <= with_it


@given(st.lists(st.tuples(st.integers(0, 1000), st.integers(0, 1000)), max_size=30))
def test_the_hourly_score_never_beats_the_annual_one(pairs):
    load, sun = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    hourly, annual = certificates.hourly_matching(load, sun), certificates.annual_matching(load, sun)
    assert 0 <= hourly <= annual <= 1
    assert certificates.hourly_matching(load, load) == 1
    if sum(load):
        assert certificates.hourly_matching(load, [0] * len(load)) == Fraction(0)


@given(ENERGY, ENERGY)
def test_emissions_are_additive_to_the_microgram(first, second):
    whole = activity.scope2_ug(first + second, TERMS.grid)
    assert abs(whole - activity.scope2_ug(first, TERMS.grid) - activity.scope2_ug(second, TERMS.grid)) <= 1


@given(st.integers(1990, 2050), st.integers(1, 60), st.integers(1, 10**18), SHARES)
def test_a_path_falls_straight_from_the_base_to_the_goal(base, years, amount, share):
    allowed = targets.path(base, amount, base + years, share)
    steps = [allowed[base + n] for n in range(years + 1)]
    assert steps[0] == amount
    assert abs(steps[-1] - amount * (1 - share)) <= Decimal("0.5")
    assert all(after <= before for before, after in itertools.pairwise(steps))
    slopes = [before - after for before, after in itertools.pairwise(steps)]
    assert max(slopes) - min(slopes) <= 1
    assert all(targets.gap_ug(allowed, base + n, steps[n]) == 0 for n in range(years + 1))


@given(st.lists(st.tuples(st.floats(0, 100), st.sampled_from("abc")), max_size=8))
def test_a_sum_is_never_less_sure_than_if_all_erred_together(parts):
    together = sum(deviation for deviation, _ in parts)
    apart = sum(deviation**2 for deviation, _ in parts) ** 0.5
    assert apart - 1e-9 <= targets.spread(parts) <= together + 1e-9


@st.composite
def measures(draw):
    size = draw(st.integers(0, 6))
    return [
        Measure(
            id=f"M{n}", pain=NAME, measure=NAME, status="idea", basis="assumed: a test",
            electricity_kwh=draw(st.integers(-1000, 100_000)), gas_kwh=draw(st.integers(-1000, 100_000)),
            invest_cny=draw(st.integers(0, 10**6)), running_cny=draw(st.integers(-1000, 1000)),
            life_a=draw(st.integers(1, 40)),
        )
        for n in range(size)
    ]  # fmt: skip


@settings(max_examples=60)
@given(measures())
def test_the_curve_rises_adds_up_and_does_not_depend_on_order(given_measures):
    steps = abatement.curve(given_measures, TERMS)
    assert abatement.curve(given_measures[::-1], TERMS) == steps
    costs = [step.cny_per_t for step in steps]
    assert costs == sorted(costs)
    total = 0
    for step in steps:
        total += step.avoided_ug
        assert step.cumulative_ug == total
        assert step.cny_per_t * step.avoided_ug / 1e12 == pytest.approx(step.net_cny, abs=1e-6)
    assert {step.measure_id for step in steps} == {
        one.id for one in given_measures if abatement.avoided_ug(one, TERMS) > 0
    }


@given(st.decimals(0, 10**6, places=2), st.integers(1, 40), st.decimals("0.01", "0.3", places=2))
def test_an_annuity_repays_its_investment(invest, life, interest):
    payment = abatement.annuity(invest, life, interest)
    worth = sum(payment / (1 + interest) ** year for year in range(1, life + 1))
    assert float(worth) == pytest.approx(float(invest), rel=1e-12, abs=1e-9)


@given(st.integers(1, 10**15), st.integers(1, 10**5), st.integers(0, 10**5))
def test_the_same_intensity_after_as_before_saves_nothing(energy, units, after):
    expected = abatement.measured((energy, units), (0, after)).expected_mwh_int
    assert abatement.measured((energy, units), (expected, after)).saved_mwh_int == 0
    assert abatement.measured((energy, units), (energy, units)).saved_mwh_int == 0


@st.composite
def greens(draw):
    names = draw(st.sets(st.integers(0, 12)))
    kind, species = st.sampled_from(["tree", "roof"]), st.sampled_from(["Salix matsudana", "Pinus tabuliformis"])
    return [
        Tree(
            id=f"T{n}", kind=draw(kind), species=draw(species), x_m=0, y_m=0, basis="assumed: a test",
            height_m=draw(st.floats(0.5, 30)), crown_m=draw(st.floats(0.5, 20)),
        )
        for n in sorted(names)
    ]  # fmt: skip


@settings(max_examples=60)
@given(greens(), greens(), greens())
def test_the_changes_of_two_spans_are_the_change_of_both(first, second, third):
    one, two, both = sinks.account(first, second), sinks.account(second, third), sinks.account(first, third)
    assert one.change_ug + two.change_ug == both.change_ug
    for found in (one, two, both):
        assert found.change_ug == found.growth_ug + found.planted_ug - found.felled_ug
        assert found.felled_ug >= 0
        assert found.planted_ug >= 0


@given(greens())
def test_felling_everything_emits_the_whole_stock(trees):
    found = sinks.account(trees, [])
    assert found.felled_ug == found.stock_before_ug == sum(sinks.by_species(trees).values())
    assert found.stock_after_ug == 0
    assert sinks.account([], trees).planted_ug == found.felled_ug


@given(st.floats(0.5, 30), st.floats(0.5, 20), st.floats(1.01, 2))
def test_a_larger_tree_holds_more(height, crown, growth):
    def stock(h, c):
        return sinks.stock_ug(
            Tree(id="T", kind="tree", species="Salix", x_m=0, y_m=0, height_m=h, crown_m=c, basis="assumed: a test")
        )

    assert stock(height * growth, crown) > stock(height, crown)
    assert stock(height * growth, crown / growth) == pytest.approx(stock(height, crown), rel=1e-9)


FIGURES = st.dictionaries(st.sampled_from(["scope1", "scope2", "scope3"]), st.integers(1, 10**15), min_size=1)


@given(FIGURES, st.decimals("0.01", 1, places=2))
def test_a_base_year_is_recalculated_exactly_from_its_threshold_on(base, threshold):
    assert not report.recalculation(base, base, threshold).required
    halved = {name: amount // 2 for name, amount in base.items()}
    found = report.recalculation(base, halved, threshold)
    assert found.required == any(abs(share) >= threshold for share in found.shares.values())
    assert all(share <= 0 for share in found.shares.values())
