"""Certificates in the market view: the reference's figures exactly, final states, vintages, and two matching scores."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parkwright.carbon import certificates
from parkwright.carbon.certificates import ENERGY_MWH_INT, TRANSITIONS, Certificate
from parkwright.carbon.editions import FactorKindError, GridFactor, LifeCycleFactor, ResidualFactor
from parkwright.model.errors import LedgerError
from parkwright.store import packs

LIBRARY = packs.library_of(packs.of_park(None))
RESIDUAL = LIBRARY.get("cn-residual-2023", ResidualFactor)
LOCATION = LIBRARY.get("cn-tj-2023", GridFactor)
MWH = 1_000 * 1_000_000
T = 10**12
ZERO = Decimal(0)
MAY = (datetime(2026, 5, 1, tzinfo=UTC), datetime(2026, 6, 1, tzinfo=UTC))
JULY = (datetime(2026, 7, 1, tzinfo=UTC), datetime(2026, 8, 1, tzinfo=UTC))
DAY = timedelta(days=1)


def certificate(first=1, last=10, vintage=MAY, state="held", **changes):
    fields = {
        "registry": "GEC", "first_serial": first, "last_serial": last, "vintage_start": vintage[0],
        "vintage_end": vintage[1], "region": "CN", "technology": "wind", "own": False, "factor_kg_per_kwh": ZERO,
        "state": state, "changed_at": MAY[1],
    }  # fmt: skip
    return Certificate(**{**fields, **changes})


def test_ten_thousand_megawatt_hours_with_and_without_four_thousand_certificates():
    without = certificates.market(10_000 * MWH, [], RESIDUAL)
    with_them = certificates.market(10_000 * MWH, [(4_000 * MWH, ZERO)], RESIDUAL)
    assert without.total_ug == 6_096 * T
    assert with_them.total_ug * 10 == 36_576 * T
    assert (with_them.certified_ug, with_them.sold_ug, with_them.residual_id) == (0, 0, "cn-residual-2023")


def test_self_used_power_whose_certificates_were_sold_is_residual_power():
    kept = certificates.market(10_000 * MWH, [(4_000 * MWH, ZERO)], RESIDUAL)
    sold = certificates.market(10_000 * MWH, [(4_000 * MWH, ZERO)], RESIDUAL, 2_000 * MWH)
    assert sold.total_ug * 10 == 48_768 * T
    assert sold.sold_ug * 10 == 12_192 * T
    assert sold.total_ug - kept.total_ug == sold.sold_ug


def test_an_instrument_may_carry_emissions_of_its_own():
    found = certificates.market(10 * MWH, [(4 * MWH, Decimal("0.012")), (1 * MWH, Decimal("0.03"))], RESIDUAL)
    assert found.certified_ug == 48 * 10**9 + 30 * 10**9
    assert found.remaining_ug == 3_048 * 10**9
    assert found.certified_mwh_int == 5 * MWH


def test_certificates_beyond_the_import_cover_what_was_sold_away():
    found = certificates.market(3 * MWH, [(4 * MWH, ZERO)], RESIDUAL, 2 * MWH)
    assert found.remaining_ug == 0
    assert found.sold_ug == 609_600 * 10**6


def test_without_a_residual_the_location_factor_counts_and_the_view_says_so():
    found = certificates.market(10_000 * MWH, [], LOCATION)
    assert found.total_ug == 6_796 * T
    assert not found.is_residual
    assert certificates.market(1, [], RESIDUAL).is_residual


def test_a_life_cycle_factor_is_no_residual():
    with pytest.raises(FactorKindError):
        certificates.market(MWH, [], LIBRARY.get("cn-lifecycle-2024", LifeCycleFactor))


@pytest.mark.parametrize(("imported", "retired", "sold"), [(-1, [], 0), (1, [(-1, ZERO)], 0), (1, [], -1)])
def test_a_negative_energy_is_refused(imported, retired, sold):
    with pytest.raises(LedgerError, match="an energy is negative"):
        certificates.market(imported, retired, RESIDUAL, sold)


def test_more_than_was_used_cannot_be_retired():
    with pytest.raises(LedgerError, match="2 mWh are retired to a consumption of 1 mWh"):
        certificates.market(1, [(2, ZERO)], RESIDUAL)


def test_the_states_that_may_follow_each_other():
    allowed = {
        ("issued", "held"), ("issued", "expired"), ("held", "retired"), ("held", "sold"), ("held", "expired"),
    }  # fmt: skip
    for before in TRANSITIONS:
        for after in TRANSITIONS:
            one = certificate(state=before)
            if (before, after) in allowed:
                certificates.refuse_move(one, after)
            else:
                with pytest.raises(LedgerError, match=f"GEC 1-10: is {before}, cannot become {after}"):
                    certificates.refuse_move(one, after)
    with pytest.raises(LedgerError, match="'lost' is no state"):
        certificates.refuse_move(certificate(), "lost")


def test_what_is_retired_sold_or_expired_is_final():
    with pytest.raises(LedgerError, match="allowed: nothing, it is final"):
        certificates.refuse_move(certificate(state="retired"), "retired")


@pytest.mark.parametrize(
    "load", [MAY, JULY, (MAY[1] - DAY, JULY[1]), (MAY[1] + certificates.VALID - DAY, MAY[1] + certificates.VALID)]
)
def test_a_vintage_fits_consumption_in_it_or_up_to_two_years_after_it(load):
    assert certificates.refuse_load(certificate(), *load) is None


@pytest.mark.parametrize(
    "load", [(MAY[0] - DAY, MAY[0]), (MAY[1] + certificates.VALID, MAY[1] + certificates.VALID + DAY)]
)
def test_a_wrong_vintage_is_refused(load):
    with pytest.raises(LedgerError, match="vintage 2026-05-01 to 2026-06-01 does not fit consumption"):
        certificates.refuse_load(certificate(), *load)
    with pytest.raises(LedgerError, match="the span of consumption is empty"):
        certificates.refuse_load(certificate(), MAY[1], MAY[1])


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"first": 0}, "is no range"),
        ({"first": 11}, "is no range"),
        ({"vintage": (MAY[0], MAY[0])}, "has no length"),
        ({"factor_kg_per_kwh": Decimal("-0.1")}, "factor is negative"),
    ],
)
def test_a_range_that_is_not_sound_is_refused(changes, says):
    certificates.refuse_range(certificate())
    with pytest.raises(LedgerError, match=says):
        certificates.refuse_range(certificate(**changes))


def test_a_range_is_a_megawatt_hour_a_serial_number():
    assert certificate(5, 5).energy_mwh_int == ENERGY_MWH_INT == MWH
    assert certificate(1, 4_000).energy_mwh_int == 4_000 * MWH


def test_the_sum_of_a_year_and_the_hours_score_differently():
    load, sun = [10, 10, 10, 10], [0, 30, 10, 0]
    assert certificates.annual_matching(load, sun) == 1
    assert certificates.hourly_matching(load, sun) == Fraction(1, 2)
    assert certificates.annual_matching(load, [0, 5, 0, 0]) == Fraction(1, 8)


def test_the_hourly_score_is_never_above_the_annual_one():
    load, sun = [3, 0, 7, 1], [1, 9, 2, 0]
    assert certificates.hourly_matching(load, sun) <= certificates.annual_matching(load, sun)
    assert certificates.hourly_matching([], []) == certificates.annual_matching([0], [5]) == 1


def test_what_cannot_be_matched_is_refused():
    with pytest.raises(LedgerError, match="2 loads and 1 supplies"):
        certificates.hourly_matching([1, 2], [1])
    with pytest.raises(LedgerError, match="negative"):
        certificates.annual_matching([1], [-1])


NOON = JULY[0] + timedelta(hours=12)
STARTS = [NOON, NOON + certificates.HOUR, NOON + timedelta(hours=2)]


@pytest.mark.parametrize(
    ("vintage", "left"),
    [
        (JULY, [5 * MWH // 2, 0, 3 * MWH // 2]),
        ((NOON, NOON + certificates.HOUR), [3 * MWH, 0, 3 * MWH]),
        ((NOON + certificates.HOUR, STARTS[2]), [5 * MWH // 2, 0, 3 * MWH // 2]),
        ((NOON, NOON + timedelta(minutes=30)), [3 * MWH, 0, 3 * MWH]),
        ((JULY[1], JULY[1] + DAY), [5 * MWH // 2, 0, 3 * MWH // 2]),
    ],
)
def test_own_power_sold_with_its_certificates_is_taken_from_the_hours_of_its_vintage(vintage, left):
    own = [5 * MWH, 0, 3 * MWH]
    sold = [certificate(1, 4, vintage, "sold", own=True)]
    if vintage[0] == NOON and vintage[1] - vintage[0] <= certificates.HOUR:
        sold = [certificate(1, 2, vintage, "sold", own=True)]
    assert certificates.unsold(STARTS, own, sold) == left
    assert certificates.unsold(STARTS, own, [certificate(1, 9, vintage, "sold", own=True)]) == [0, 0, 0]


@pytest.mark.parametrize("changes", [{"own": False}, {"state": "retired"}, {"state": "held"}])
def test_only_own_certificates_that_were_sold_take_from_own_power(changes):
    own = [5 * MWH, 0, 3 * MWH]
    kept = certificate(1, 4, JULY, **{"state": "sold", "own": True, **changes})
    assert certificates.unsold(STARTS, own, [kept]) == own


@given(
    st.lists(st.integers(0, 9 * MWH), min_size=1, max_size=6),
    st.lists(st.tuples(st.integers(0, 6), st.integers(1, 4), st.integers(1, 9)), max_size=4),
)
def test_what_stays_of_own_power_is_what_was_not_sold_and_never_negative(own, sold):
    hours = [NOON + n * certificates.HOUR for n in range(len(own))]
    ranges = [
        certificate(
            1, mwh, (NOON + first * certificates.HOUR, NOON + (first + length) * certificates.HOUR), "sold", own=True
        )
        for first, length, mwh in sold
    ]
    left = certificates.unsold(hours, own, ranges)
    assert sum(left) == max(sum(own) - sum(one.energy_mwh_int for one in ranges), 0)
    assert all(0 <= after <= before for before, after in zip(own, left, strict=True))


def test_only_a_vintage_of_an_hour_says_when_it_was_generated():
    hour = (JULY[0], JULY[0] + certificates.HOUR)
    load = {"load_start": JULY[0], "load_end": JULY[1]}
    later = {"load_start": hour[1], "load_end": JULY[1]}
    found = [
        certificate(1, 2, hour, "retired", **load),
        certificate(3, 3, hour, "held"),
        certificate(4, 9, MAY, "retired", **load),
        certificate(10, 14, (hour[1], hour[1] + certificates.HOUR), "retired", **load),
        certificate(15, 17, hour, "retired", own=True, **load),
        certificate(18, 19, hour, "retired", **later),
    ]
    assert certificates.in_interval(found, *hour) == 2 * MWH
    assert certificates.in_interval(found, *JULY) == 7 * MWH
