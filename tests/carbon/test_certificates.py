"""Certificates in the market view: the reference's figures exactly, final states, vintages, and two matching scores."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest

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


def test_only_a_vintage_of_an_hour_says_when_it_was_generated():
    hour = (JULY[0], JULY[0] + certificates.HOUR)
    found = [
        certificate(1, 2, hour, "retired"),
        certificate(3, 3, hour, "held"),
        certificate(4, 9, MAY, "retired"),
        certificate(10, 14, (hour[1], hour[1] + certificates.HOUR), "retired"),
    ]
    assert certificates.in_interval(found, *hour) == 2 * MWH
    assert certificates.in_interval(found, *JULY) == 7 * MWH
