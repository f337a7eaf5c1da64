"""What we declare adds up exactly; filters are OR within and AND between; versions form a chain that no loop breaks."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from declared import IDS, NOW, YEAR, d, declared
from hypothesis import given, settings
from hypothesis import strategies as st

from parkwright.carbon.declaration import Filter, chain, issued, lowered, newest_first, superseded, utc, years_after
from parkwright.model.errors import LedgerError


def test_parts_that_sum_are_the_footprint_and_parts_aside_are_not():
    one = declared()
    assert one.parts_sum_kg == one.total_kg == d("33")
    assert issued(one) is one


@pytest.mark.parametrize("changes", [{"total_kg": d("33.000001")}, {"net_kg": d("30.000001")}])
def test_what_we_issue_adds_up_without_tolerance(changes):
    with pytest.raises(LedgerError, match="declare the sum"):
        issued(declared(**changes))


def test_validity_is_three_years_from_the_period_where_none_is_given():
    assert declared().validity == (YEAR[1], datetime(2029, 1, 1, tzinfo=UTC))
    given_one = (NOW, NOW + timedelta(days=1))
    assert declared(valid=given_one).validity == given_one


def test_the_29th_of_february_becomes_the_first_of_march():
    assert years_after(datetime(2024, 2, 29, tzinfo=UTC), 3) == datetime(2027, 3, 1, tzinfo=UTC)
    assert years_after(datetime(2024, 2, 29, tzinfo=UTC), 4) == datetime(2028, 2, 29, tzinfo=UTC)
    assert years_after(datetime(2096, 2, 29, tzinfo=UTC), 4) == datetime(2100, 3, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("criteria", "expected"),
    [
        (Filter(), True),
        (Filter(product_ids=lowered(["URN:GTIN:4712345060507"])), True),
        (Filter(product_ids=lowered(["urn:x:1", "urn:gtin:4712345060507"])), True),
        (Filter(product_ids=lowered(["urn:x:1"])), False),
        (Filter(company_ids=lowered(["urn:pact:PANELS.example:company-id:1"])), True),
        (Filter(geographies=lowered(["cn"])), True),
        (Filter(geographies=lowered(["cn-tj"])), True),
        (Filter(geographies=lowered(["DE", "FR"])), False),
        (Filter(classifications=lowered(["urn:pact:productclassification:un-cpc:4529"])), True),
        (Filter(statuses=lowered(["Active"])), True),
        (Filter(statuses=lowered(["Deprecated"])), False),
        (Filter(statuses=lowered(["Active"]), geographies=lowered(["DE"])), False),
        (Filter(valid_on=YEAR[1]), True),
        (Filter(valid_on=YEAR[1] - timedelta(seconds=1)), False),
        (Filter(valid_on=datetime(2029, 1, 1, tzinfo=UTC)), True),
        (Filter(valid_after=YEAR[1]), False),
        (Filter(valid_after=YEAR[1] - timedelta(seconds=1)), True),
        (Filter(valid_before=datetime(2029, 1, 1, tzinfo=UTC)), False),
        (Filter(valid_before=datetime(2029, 1, 2, tzinfo=UTC)), True),
    ],
)
def test_a_filter_is_any_within_and_all_between(criteria, expected):
    assert criteria.matches(declared()) is expected


@settings(deadline=None)
@given(st.permutations(IDS[:6]))
def test_newest_come_first_and_equal_instants_stand_by_their_id(ids):
    made = [declared(id=id_, created=NOW + timedelta(hours=int(id_[-1]) // 2)) for id_ in ids]
    assert [one.id for one in newest_first(made)] == sorted(IDS[:6], reverse=True)


def test_the_chain_of_versions_is_nearest_first_and_ends_at_the_unknown_and_at_a_loop():
    versions = {
        IDS[3]: declared(id=IDS[3], preceding=(IDS[2],)),
        IDS[2]: declared(id=IDS[2], preceding=(IDS[1], IDS[9])),
        IDS[1]: declared(id=IDS[1], preceding=(IDS[3],)),
    }
    assert chain(versions, IDS[3]) == [IDS[2], IDS[1], IDS[9]]
    assert chain(versions, IDS[7]) == []


def test_a_replaced_declaration_is_deprecated_and_otherwise_the_same():
    one = declared()
    assert superseded(one) == replace(one, status="deprecated")


def test_an_instant_without_a_zone_is_refused():
    assert utc(datetime.fromisoformat("2026-07-15T08:00:00+08:00")) == datetime(2026, 7, 15, tzinfo=UTC)
    with pytest.raises(LedgerError, match="no time zone"):
        utc(datetime.fromisoformat("2026-07-15"))
