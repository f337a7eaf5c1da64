"""No more is retired to a span than was used in it, however spans overlap, nor counted when less turns out used."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from carbon_park import make_park
from hypothesis import given, settings
from hypothesis import strategies as st

from parkwright.carbon.certificates import Certificate, CertificateError
from parkwright.carbon.retirement import (
    Consumption,
    Used,
    counted,
    market_regions,
    reach,
    refuse_region,
    refuse_unmade,
    refuse_unused,
    retirable,
)
from parkwright.model.errors import LedgerError

MWH = 10**9
FIRST = datetime(2026, 7, 1, tzinfo=UTC)
DAYS = 6


def at(day: int) -> datetime:
    return FIRST + timedelta(days=day)


def one(mwh: int, load: tuple[int, int] | None, serial=1, state="retired", own=False, vintage=(0, DAYS), changed=0):
    start, end = (None, None) if load is None else map(at, load)
    return Certificate(
        "GEC", serial, serial + mwh - 1, at(vintage[0]), at(vintage[1]), "CN", "wind", own, Decimal(0), state,
        at(changed), start, end,
    )  # fmt: skip


def used(*bought_mwh: float, own_mwh: float = 0.0) -> list[Used]:
    return [Used(at(n), at(n + 1), round(mwh * MWH), round(own_mwh * MWH)) for n, mwh in enumerate(bought_mwh)]


def to(days: list[Used], first: int, last: int) -> Consumption:
    return Consumption(at(first), at(last), tuple(days))


def left(taken: list[Certificate], days: list[Used], load: tuple[int, int], own: bool = False) -> float:
    return retirable(taken, to(days, *load), own) / MWH


def test_what_was_used_less_what_is_retired_can_be_retired():
    days = used(10, 20, 30)
    assert left([], days, (0, 3)) == 60
    assert left([], days, (1, 2)) == 20
    assert left([one(5, (1, 2))], days, (1, 2)) == 15
    assert left([one(5, (0, 1))], days, (1, 2)) == 20
    assert left([], used(0.4), (0, 1)) == 0.4
    assert left([], [], (0, 3)) == 0


@pytest.mark.parametrize(
    ("load", "expected"),
    [((0, 1), 10), ((1, 2), 15), ((0, 2), 25), ((1, 3), 15), ((0, 3), 25), ((2, 3), 15)],
)
def test_what_is_retired_to_a_wide_span_leaves_its_days_what_they_need_not_give(load, expected):
    assert left([one(30, (1, 3)), one(5, (1, 2))], used(10, 20, 30), load) == expected


def test_a_day_within_a_month_that_is_full_has_nothing_left():
    assert left([one(60, (0, 3))], used(10, 20, 30), (1, 2)) == 0
    assert left([one(59, (0, 3))], used(10, 20, 30), (1, 2)) == 1
    assert left([one(90, (0, 3))], used(10, 20, 30), (1, 2)) == 0


def test_own_power_has_an_account_of_its_own_and_sold_power_can_be_covered():
    days = used(10, 10, own_mwh=4)
    assert left([one(8, (0, 2), own=True)], days, (0, 2)) == 20
    assert left([one(3, (0, 2), own=True)], days, (0, 2), own=True) == 5
    assert left([one(9, (0, 2))], days, (0, 2), own=True) == 8
    sold = one(3, None, state="sold", own=True, vintage=(0, 1))
    assert left([sold], days, (0, 2)) == 23
    assert left([sold], days, (0, 1)) == 13
    assert left([sold], days, (1, 2)) == 10
    assert left([one(3, None, state="sold", vintage=(0, 1))], days, (0, 2)) == 20


def test_own_power_is_sold_or_retired_once_and_never_beyond_what_was_made():
    days = tuple(used(10, 10, 10, own_mwh=4))
    fits, beyond = (one(mwh, None, state="held", own=True, vintage=(0, 2)) for mwh in (8, 9))
    assert refuse_unmade([fits], [], days) is None
    says = r"9 MWh are more than the 8\.000 MWh of own power .*; sell 8 at most"
    with pytest.raises(CertificateError, match=says) as no:
        refuse_unmade([beyond], [], days)
    assert (no.value.finding, no.value.of["n"]) == ("beyond_made", "8")
    gone = [one(2, (0, 2), 50, own=True), one(3, None, 60, "sold", own=True, vintage=(1, 2))]
    assert left(gone, list(days), (0, 2), own=True) == 3
    with pytest.raises(CertificateError, match=r"the 3\.000 MWh"):
        refuse_unmade([fits], gone, days)
    two = [one(3, None, 1, "held", own=True, vintage=(0, 1)), one(2, None, 9, "held", own=True, vintage=(0, 1))]
    with pytest.raises(CertificateError, match=r"GEC 9-10: 2 MWh are more than the 1\.000 MWh"):
        refuse_unmade(two, [], days)
    assert refuse_unmade([one(99, None, state="held", vintage=(0, 1))], [], days) is None, "not of own power"


def test_an_hour_of_own_power_is_sold_of_its_day_and_an_open_day_sells_nothing():
    days = tuple(used(10, 10, own_mwh=1))
    noon = at(1) + timedelta(hours=12)
    hour = replace(one(1, None, state="held", own=True), vintage_start=noon, vintage_end=noon + timedelta(hours=1))
    assert refuse_unmade([hour], [], days) is None
    again = [replace(hour, first_serial=2, last_serial=2, state="sold")]
    with pytest.raises(CertificateError, match=r"the 0\.000 MWh"):
        refuse_unmade([hour], again, days)
    assert left(again, list(days), (1, 2), own=True) == 0
    assert left(again, list(days), (0, 2), own=True) == 1
    with pytest.raises(CertificateError, match="no day of its vintage is closed") as no:
        refuse_unmade([one(1, None, state="held", own=True, vintage=(4, 5))], [], days)
    assert no.value.finding == "vintage_open"


def test_a_load_reaches_as_far_as_loads_overlap_it_and_each_other():
    taken = [one(1, (0, 2)), one(1, (1, 3)), one(1, (4, 5)), one(1, None, state="held")]
    assert reach(taken, (at(0), at(1))) == (at(0), at(3))
    assert reach(taken, (at(2), at(3))) == (at(0), at(3))
    assert reach(taken, (at(3), at(4))) == (at(3), at(4))
    assert reach(taken, (at(2), at(5))) == (at(0), at(5))


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.integers(0, 4), min_size=DAYS, max_size=DAYS),
    st.lists(st.tuples(st.integers(0, DAYS - 1), st.integers(1, DAYS), st.integers(1, 5)), max_size=5),
    st.tuples(st.integers(0, DAYS - 1), st.integers(1, DAYS)),
)
def test_every_megawatt_hour_that_may_be_retired_has_one_of_its_own(bought, taken, load):
    """The independent check gives each megawatt-hour to the retirement that ends first, day by day."""
    loads = [(first, min(first + length, DAYS), mwh) for first, length, mwh in taken]
    span = (load[0], min(load[0] + load[1], DAYS))
    certificates = [one(mwh, (a, b), 100 * n + 1) for n, (a, b, mwh) in enumerate(loads)]
    most = int(left(certificates, used(*bought), span))
    if not fits(bought, loads):
        return
    assert fits(bought, [*loads, (*span, most)])
    assert not fits(bought, [*loads, (*span, most + 1)])


def fits(bought: list[int], loads: list[tuple[int, int, int]]) -> bool:
    """Whether each load finds the energy it asks for on a day within it."""
    wanted = [list(load) for load in loads]
    for day, today in enumerate(bought):
        rest = today
        for load in sorted((load for load in wanted if load[0] <= day < load[1]), key=lambda load: load[1]):
            taken = min(load[2], rest)
            rest, load[2] = rest - taken, load[2] - taken
    return not any(load[2] for load in wanted)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.integers(0, 4), min_size=DAYS, max_size=DAYS),
    st.lists(st.tuples(st.integers(0, DAYS - 1), st.integers(1, DAYS), st.integers(1, 5)), max_size=6),
)
def test_whatever_is_retired_in_whatever_order_no_report_counts_more_than_was_used(bought, asked):
    days, taken = used(*bought), []
    for n, (first, length, mwh) in enumerate(asked):
        span = (first, min(first + length, DAYS))
        part = one(mwh, span, 100 * n + 1)
        try:
            refuse_unused([part], taken, to(days, *span))
        except LedgerError:
            continue
        taken.append(part)
    for first, last in itertools.combinations(range(DAYS + 1), 2):
        within = [c for c in taken if at(first) <= c.load_start and c.load_end <= at(last)]
        energy = sum(c.energy_mwh_int for c in within)
        assert energy <= sum(bought[first:last]) * MWH
        assert sum(amount for _, amount in counted(within, sum(bought[first:last]) * MWH)) == energy


def test_too_much_is_refused_with_what_can_still_be_retired():
    load, taken = to(used(10, 2.5, own_mwh=0.25), 0, 2), [one(3, (0, 1))]
    assert refuse_unused([one(9, None, 51, "held")], taken, load) is None
    with pytest.raises(LedgerError) as refused:
        refuse_unused([one(4, None, 51, "held"), one(6, None, 55, "held")], taken, load)
    assert str(refused.value) == (
        "certificate GEC 51-60: 10 MWh are more than the 9.500 MWh of bought power that can still be retired to these "
        "days; retire 9 at most, or name more days"
    )
    with pytest.raises(LedgerError, match=r"than the 0\.500 MWh of own power that .* these days; name more days"):
        refuse_unused([one(9, None, 51, "held"), one(1, None, 90, "held", own=True)], taken, load)
    with pytest.raises(LedgerError, match="GEC 51-51: none of the days of consumption is closed"):
        refuse_unused([one(1, None, 51, "held")], taken, to(list(load.days), 2, 4))


@pytest.mark.parametrize(
    ("region", "regions", "fits"),
    [
        ("CN", ("CN",), True), ("CN-NM", ("CN",), True), ("CNX", ("CN",), False), ("FR", ("CN",), False),
        ("NO", ("DE", "NO"), True), ("CN", ("CN-NM",), False), ("anywhere", (), True),
    ],
)  # fmt: skip
def test_a_certificate_counts_in_its_own_market_alone(region, regions, fits):
    bought, own = replace(one(1, None), region=region), replace(one(1, None, own=True), region=region)
    assert refuse_region(own, regions) is None
    if fits:
        assert refuse_region(bought, regions) is None
    else:
        with pytest.raises(LedgerError, match=f"GEC 1-1: is from {region}, the park buys in .* certificate_regions"):
            refuse_region(bought, regions)


@pytest.mark.parametrize(
    ("geography", "named", "regions"),
    [("CN", (), ("CN",)), ("CN-TJ", (), ("CN",)), ("China", (), ()), ("DE", ("DE", "NO"), ("DE", "NO"))],
)
def test_the_market_is_the_country_of_the_residual_factor_or_what_the_park_names(geography, named, regions):
    park = make_park()
    factors = [
        each.model_copy(update={"geography": geography}) if each.id == "residual" else each for each in park.factors
    ]
    site = park.site.model_copy(update={"certificate_regions": named})
    assert market_regions(make_park(site=site, factors=tuple(factors))) == regions


def test_of_too_much_the_last_retired_counts_no_more():
    early, late, last = one(4, (0, 2), 11, changed=1), one(4, (0, 2), 1, changed=2), one(2, (0, 2), 31, changed=2)
    assert counted([last, late, early], 9 * MWH) == ((early, 4 * MWH), (late, 4 * MWH), (last, MWH))
    assert counted([last, late, early], 10 * MWH)[-1] == (last, 2 * MWH)
    assert counted([late, early], 0) == ((early, 0), (late, 0))
    assert counted([], 5) == ()
