"""Targets: the reference's reductions by rule and edition, the path between, the gap, and the chance of keeping it."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parkwright.carbon import targets
from parkwright.carbon.targets import PlanPart, Rule
from parkwright.model.errors import LedgerError
from parkwright.model.noun import Text
from parkwright.store import carbon_book

RULES = carbon_book.load(Path("nowhere")).rules
T = 10**12


def part(mean, sd, group="g"):
    return PlanPart(target_id="t", text="x", mean_t=mean, sd_t=sd, group=group, basis="assumed: a test")


@pytest.mark.parametrize(
    ("base", "target", "share"),
    [(2020, 2030, "0.420"), (2022, 2030, "0.420"), (2018, 2030, "0.504"), (2023, 2033, "0.546")],
)
def test_absolute_contraction_version_1(base, target, share):
    assert targets.reduction(RULES["aca-v1"], base, target) == Decimal(share)


def test_a_ninety_per_cent_path_from_a_hundred_thousand_tons():
    share = targets.reduction(RULES["net-zero-90"], 2020, 2050)
    allowed = targets.path(2020, 100_000 * T, 2050, share)
    assert (allowed[2020], allowed[2035], allowed[2050]) == (100_000 * T, 55_000 * T, 10_000 * T)
    assert list(allowed) == list(range(2020, 2051))


def test_the_edition_of_2026_is_provisional_and_runs_to_its_net_zero_year():
    rule = RULES["aca-2026-04-29"]
    assert rule.provisional
    assert [one.id for one in RULES.values() if one.provisional] == [rule.id]
    assert targets.reduction(rule, 2025, 2035, 2050) == Decimal("0.42")
    assert targets.reduction(rule, 2030, 2040, 2050) == Decimal("0.5")
    assert targets.reduction(rule, 2025, 2035, 2040) == Decimal(1) / 15 * 10


@pytest.mark.parametrize("net_zero", [None, 2051, 2025])
def test_a_path_to_net_zero_needs_a_year_that_the_rule_allows(net_zero):
    with pytest.raises(LedgerError, match="net-zero year"):
        targets.reduction(RULES["aca-2026-04-29"], 2025, 2035, net_zero)


def test_half_by_the_target_year_is_half_whenever_it_is():
    assert targets.reduction(RULES["half-2030"], 2018, 2030) == Decimal("0.5")


@given(st.integers(2000, 2040), st.integers(1, 60))
def test_no_rule_asks_for_more_than_everything(base, years):
    for name in ("aca-v1", "net-zero-90", "half-2030"):
        assert 0 < targets.reduction(RULES[name], base, base + years) <= 1


def test_a_target_year_before_its_base_year_is_refused():
    with pytest.raises(LedgerError, match="target year 2020 is not after base year 2020"):
        targets.reduction(RULES["aca-v1"], 2020, 2020)
    with pytest.raises(LedgerError, match="is not after base year"):
        targets.path(2020, 1, 2019, Decimal("0.5"))


def test_an_anchored_rule_without_an_anchor_counts_from_the_base_year():
    rule = Rule(id="x", title=Text(en="x", zh="x"), kind="anchored", rate="0.03", basis="assumed: a test")
    assert targets.reduction(rule, 2023, 2033) == Decimal("0.30")
    assert targets.reduction(rule, 2000, 2050) == 1


def test_the_gap_is_what_was_emitted_beyond_the_path():
    allowed = targets.path(2020, 100 * T, 2030, Decimal("0.42"))
    assert targets.gap_ug(allowed, 2025, 80 * T) == T
    assert targets.gap_ug(allowed, 2030, 50 * T) == -8 * T
    with pytest.raises(LedgerError, match="has no year 2031; it runs from 2020 to 2030"):
        targets.gap_ug(allowed, 2031, 0)


def test_a_thousand_units_that_share_one_factor_keep_its_whole_uncertainty():
    units, each, deviation = 1000, 5.0, 0.10
    shared = targets.spread([(each * deviation, "grid factor")] * units) / (units * each)
    apart = targets.spread([(each * deviation, str(n)) for n in range(units)]) / (units * each)
    assert shared == pytest.approx(0.10)
    assert apart == pytest.approx(0.10 / units**0.5)


def test_the_chance_of_a_plan_is_that_of_its_normal_sum():
    plan = [part(8000, 300, "a"), part(-1000, 100, "a"), part(500, 300, "b")]
    assert targets.probability(plan, 8000) == pytest.approx(NormalDist(7500, (200**2 + 300**2) ** 0.5).cdf(8000))
    assert targets.probability(plan, 7500) == pytest.approx(0.5)


def test_power_and_the_certificates_that_replace_it_offset_each_other_where_their_factor_errs():
    bought, certified, burnt = part(8600, 500, "factor"), part(-2400, 150, "factor"), part(700, 120, "weather")
    assert [one.moved_t for one in (bought, certified, burnt)] == [500, -150, 120]
    assert targets.spread((one.moved_t, one.group) for one in (bought, certified, burnt)) == pytest.approx(370)
    whole = [bought, part(-8600, 500, "factor")]
    assert targets.probability(whole, 0) == 1.0
    assert targets.probability(whole, -0.1) == 0.0


def test_the_demonstrations_chance_is_how_often_its_plan_comes_true_when_its_causes_are_drawn():
    book = carbon_book.load(Path(__file__).parents[2] / "parks" / "tianjin")
    plan = [one for one in book.plan if one.target_id == "T-2030"]
    assert len({one.group for one in plan}) < len(plan)
    assert min(one.mean_t for one in plan) < 0
    rng, total = np.random.default_rng(1), np.zeros(400_000)
    cause = {group: rng.standard_normal(total.size) for group in sorted({one.group for one in plan})}
    for one in plan:
        size, relative = float(one.mean_t), float(one.sd_t / abs(one.mean_t))
        total += size * (1 + relative * cause[one.group])
    for allowed in (6_500, 6_900, 7_100, 7_682):
        assert targets.probability(plan, allowed) == pytest.approx(np.mean(total <= allowed), abs=0.003)


@given(st.lists(st.tuples(st.floats(-1e4, 1e4), st.sampled_from("ab")), max_size=9))
def test_a_sum_is_no_wider_than_its_parts_that_err_the_same_way(parts):
    found = targets.spread(parts)
    assert found <= targets.spread((abs(deviation), group) for deviation, group in parts) + 1e-9
    assert found == pytest.approx(targets.spread((-deviation, group) for deviation, group in parts))


def test_a_plan_without_uncertainty_is_kept_or_not():
    assert targets.probability([part(10, 0)], 10) == 1.0
    assert targets.probability([part(10, 0)], 9.99) == 0.0
    with pytest.raises(LedgerError, match="plan: has no part"):
        targets.probability([], 1)


def test_a_year_is_scaled_from_the_days_that_were_closed():
    assert targets.annual_ug(10, 1) == 3650
    assert targets.annual_ug(366, 366, 366) == 366
    with pytest.raises(LedgerError, match="no closed day"):
        targets.annual_ug(0, 0)
