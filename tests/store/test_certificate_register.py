"""Each serial number is in one state and is retired once, however many ask, on SQLite and the same on PostgreSQL."""

from __future__ import annotations

import itertools
import os
import secrets
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
import sqlalchemy as sa

from parkwright.carbon.certificates import VALID, Certificate
from parkwright.carbon.retirement import Consumption, Used
from parkwright.model.errors import LedgerError
from parkwright.store.certificates import CertificateRegister
from parkwright.store.records import certificate_moves

NOW = datetime(2026, 7, 15, 8, tzinfo=UTC)
MAY = (datetime(2026, 5, 1, tzinfo=UTC), datetime(2026, 6, 1, tzinfo=UTC))
JUNE = (datetime(2026, 6, 1, tzinfo=UTC), datetime(2026, 7, 1, tzinfo=UTC))
LATER = NOW + timedelta(days=1)
MWH = 10**9


def use(span: tuple[datetime, datetime], bought: int = 1_000, own: int = 0) -> Consumption:
    """A consumption of so many MWh, bought and own."""
    return Consumption(*span, (Used(*span, bought * MWH, own * MWH),))


IN_JUNE = use(JUNE)


def postgres_url() -> str:
    """A fresh schema of the server that PARKWRIGHT_TEST_POSTGRES names."""
    url = os.environ.get("PARKWRIGHT_TEST_POSTGRES")
    assert url, "set PARKWRIGHT_TEST_POSTGRES to the URL of a PostgreSQL server"
    schema = f"parkwright_{secrets.token_hex(6)}"
    with sa.create_engine(sa.make_url(url).set(drivername="postgresql+psycopg")).begin() as connection:
        connection.execute(sa.schema.CreateSchema(schema))
    return f"{url}{'&' if '?' in url else '?'}options=-csearch_path%3D{schema}"


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.server)])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'operations.db'}" if request.param == "sqlite" else postgres_url()


@pytest.fixture
def register(url: str):
    with CertificateRegister(url) as opened:
        yield opened


@pytest.fixture
def ann(register: CertificateRegister) -> str:
    return register.add_user("Ann", "energy", NOW)


def ranged(first: int, last: int, **changes) -> Certificate:
    one = Certificate("GEC", first, last, *MAY, "CN", "wind", False, Decimal("0.012"), "issued", NOW)
    return replace(one, **changes)


def states(register: CertificateRegister) -> list[tuple[int, int, str]]:
    return [(c.first_serial, c.last_serial, c.state) for c in register.certificates()]


@pytest.fixture
def held(register: CertificateRegister, ann: str) -> CertificateRegister:
    register.issue(ranged(1, 100), ann)
    register.move("GEC", (1, 100), "held", NOW, ann)
    return register


def test_a_range_comes_back_as_it_was_entered(register: CertificateRegister, ann: str):
    register.issue(ranged(7, 12, own=True), ann)
    assert register.certificates() == [ranged(7, 12, own=True)]


def test_ranges_of_a_registry_are_disjoint(register: CertificateRegister, ann: str):
    register.issue(ranged(10, 20), ann)
    for first, last in ((20, 30), (1, 10), (12, 13), (1, 30), (10, 20)):
        with pytest.raises(LedgerError, match="overlaps GEC 10-20, which is issued"):
            register.issue(ranged(first, last), ann)
    register.issue(ranged(21, 30), ann)
    register.issue(ranged(10, 20, registry="I-REC"), ann)
    assert len(register.certificates()) == 3


def test_a_range_that_is_not_sound_is_not_entered(register: CertificateRegister, ann: str):
    with pytest.raises(LedgerError, match="is no range"):
        register.issue(ranged(5, 4), ann)
    assert register.certificates() == []


def test_a_part_is_retired_and_the_rest_stays_held(held: CertificateRegister, ann: str):
    held.retire("GEC", (41, 60), IN_JUNE, LATER, ann)
    assert states(held) == [(1, 40, "held"), (41, 60, "retired"), (61, 100, "held")]
    retired = held.certificates()[1]
    assert (retired.load_start, retired.load_end) == JUNE
    assert retired.changed_at == LATER
    assert retired.energy_mwh_int == 20 * 10**9


def test_a_move_may_span_ranges_and_moves_all_or_none(held: CertificateRegister, ann: str):
    held.retire("GEC", (41, 60), IN_JUNE, LATER, ann)
    with pytest.raises(LedgerError, match="GEC 41-45: is retired, cannot become retired"):
        held.retire("GEC", (30, 45), IN_JUNE, LATER, ann)
    assert states(held) == [(1, 40, "held"), (41, 60, "retired"), (61, 100, "held")]
    held.issue(ranged(101, 110), ann)
    held.move("GEC", (101, 110), "held", NOW, ann)
    held.retire("GEC", (91, 110), IN_JUNE, LATER, ann)
    assert states(held)[3:] == [(91, 100, "retired"), (101, 110, "retired")]


def test_a_retired_serial_number_is_never_retired_again(held: CertificateRegister, ann: str):
    held.retire("GEC", (5, 5), IN_JUNE, LATER, ann)
    with pytest.raises(LedgerError, match="GEC 5-5: is retired, cannot become retired; allowed: nothing, it is final"):
        held.retire("GEC", (5, 5), IN_JUNE, LATER, ann)
    with pytest.raises(LedgerError, match="cannot become sold"):
        held.move("GEC", (5, 5), "sold", LATER, ann)


def test_what_is_not_entered_held_or_of_the_vintage_is_not_retired(held: CertificateRegister, ann: str):
    with pytest.raises(LedgerError, match="GEC 95-104: 4 are not entered"):
        held.retire("GEC", (95, 104), IN_JUNE, LATER, ann)
    with pytest.raises(LedgerError, match="GEC 9-8: is no range"):
        held.retire("GEC", (9, 8), IN_JUNE, LATER, ann)
    before = (MAY[0] - timedelta(days=31), MAY[0])
    with pytest.raises(LedgerError, match="does not fit consumption"):
        held.retire("GEC", (1, 2), use(before), LATER, ann)
    held.issue(ranged(200, 201), ann)
    with pytest.raises(LedgerError, match="is issued, cannot become retired"):
        held.retire("GEC", (200, 201), IN_JUNE, LATER, ann)
    with pytest.raises(LedgerError, match="name the consumption; use retire"):
        held.move("GEC", (1, 2), "retired", LATER, ann)
    assert states(held) == [(1, 100, "held"), (200, 201, "issued")]


def test_a_hundred_ask_for_one_certificate_and_one_gets_it(held: CertificateRegister, url: str, ann: str):
    with CertificateRegister(url) as other:

        def ask(number: int) -> str:
            try:
                (held if number % 2 else other).retire("GEC", (50, 50), IN_JUNE, LATER, ann)
            except LedgerError as error:
                return str(error)
            return "retired"

        with ThreadPoolExecutor(20) as pool:
            answers = list(pool.map(ask, range(100)))
    assert answers.count("retired") == 1
    assert sum("GEC 50-50: is retired, cannot become retired" in answer for answer in answers) == 99
    retired = [c for c in held.certificates() if c.state == "retired"]
    assert [(c.first_serial, c.last_serial) for c in retired] == [(50, 50)]


def test_two_ask_for_overlapping_ranges_at_once_and_no_serial_number_is_counted_twice(
    held: CertificateRegister, ann: str
):
    def ask(first: int) -> int:
        try:
            held.retire("GEC", (first, first + 9), IN_JUNE, LATER, ann)
        except LedgerError:
            return 0
        return 10

    with ThreadPoolExecutor(8) as pool:
        given = sum(pool.map(ask, range(1, 92, 3)))
    found = held.certificates()
    assert sum(c.energy_mwh_int for c in found if c.state == "retired") == given * 10**9
    assert sum(c.energy_mwh_int for c in found) == 100 * 10**9
    ends = [(c.first_serial, c.last_serial) for c in found]
    assert all(before[1] + 1 == after[0] for before, after in itertools.pairwise(ends))


def test_no_more_is_retired_than_was_used_and_none_of_it_when_it_is_too_much(held: CertificateRegister, ann: str):
    held.issue(ranged(200, 209, own=True), ann)
    held.move("GEC", (200, 209), "held", NOW, ann)
    load = use(JUNE, bought=30, own=4)
    held.retire("GEC", (1, 10), load, LATER, ann)
    before = states(held)
    with pytest.raises(
        LedgerError, match=r"GEC 11-31: 21 MWh are more than the 20\.000 MWh of bought power .* retire 20 at"
    ):
        held.retire("GEC", (11, 31), load, LATER, ann)
    with pytest.raises(LedgerError, match=r"GEC 200-204: 5 MWh are more than the 4\.000 MWh of own power"):
        held.retire("GEC", (200, 204), load, LATER, ann)
    assert states(held) == before
    held.retire("GEC", (200, 203), load, LATER, ann)
    held.retire("GEC", (11, 30), load, LATER, ann)
    with pytest.raises(LedgerError, match=r"GEC 31-31: 1 MWh are more than the 0\.000 MWh .* days; name more days"):
        held.retire("GEC", (31, 31), load, LATER, ann)
    held.move("GEC", (204, 205), "sold", LATER, ann)
    july = (MAY[0], JUNE[1])
    held.retire("GEC", (31, 32), Consumption(*july, load.days), LATER, ann)
    assert [c.last_serial for c in held.certificates() if c.load_start == MAY[0]] == [32]


def test_many_ask_for_what_is_left_of_the_use_at_once_and_no_more_is_given(
    held: CertificateRegister, url: str, ann: str
):
    load = use(JUNE, bought=7)
    with CertificateRegister(url) as other:

        def ask(number: int) -> str:
            try:
                (held if number % 2 else other).retire("GEC", (number, number), load, LATER, ann)
            except LedgerError as error:
                return str(error)
            return "retired"

        with ThreadPoolExecutor(10) as pool:
            answers = list(pool.map(ask, range(1, 31)))
    assert answers.count("retired") == 7
    assert sum("1 MWh are more than the 0.000 MWh" in answer for answer in answers) == 23
    assert sum(c.energy_mwh_int for c in held.certificates() if c.state == "retired") == 7 * MWH


def test_what_is_past_its_validity_expires_and_nothing_else(held: CertificateRegister, ann: str):
    held.retire("GEC", (1, 10), IN_JUNE, LATER, ann)
    held.issue(ranged(200, 209, vintage_end=JUNE[1]), ann)
    assert held.expire(MAY[1] + VALID - timedelta(seconds=1), ann) == 0
    assert held.expire(MAY[1] + VALID, ann) == 90
    assert states(held) == [(1, 10, "retired"), (11, 100, "expired"), (200, 209, "issued")]


def test_all_that_expires_does_so_at_once_and_is_noted(held: CertificateRegister, url: str, ann: str):
    held.issue(ranged(200, 209), ann)
    assert held.expire(MAY[1] + VALID, ann) == 110
    assert held.expire(MAY[1] + VALID, ann) == 0
    assert states(held) == [(1, 100, "expired"), (200, 209, "expired")]
    with sa.create_engine(url.replace("postgresql://", "postgresql+psycopg://")).begin() as connection:
        rows = connection.execute(sa.select(certificate_moves).order_by(certificate_moves.c.n)).all()
    assert [(r.first_serial, r.from_state, r.to_state, r.at) for r in rows[-2:]] == [
        (1, "held", "expired", MAY[1] + VALID), (200, "issued", "expired", MAY[1] + VALID),
    ]  # fmt: skip
    held.issue(ranged(300, 309), ann)
    with pytest.raises(LedgerError, match="name a user that exists"):
        held.expire(MAY[1] + VALID, "nobody")
    assert states(held)[-1] == (300, 309, "issued")


def test_a_certificate_of_another_market_is_not_retired(held: CertificateRegister, ann: str):
    with pytest.raises(LedgerError, match="GEC 1-2: is from CN, the park buys in KR"):
        held.retire("GEC", (1, 2), replace(IN_JUNE, regions=("KR",)), LATER, ann)
    assert states(held) == [(1, 100, "held")]
    held.retire("GEC", (1, 2), replace(IN_JUNE, regions=("KR", "CN")), LATER, ann)
    assert states(held)[0] == (1, 2, "retired")


def test_what_was_retired_as_of_an_instant_stays_what_it_was(held: CertificateRegister, ann: str):
    held.retire("GEC", (1, 10), IN_JUNE, NOW, ann)
    held.retire("GEC", (11, 30), IN_JUNE, LATER, ann)
    held.retire("GEC", (31, 31), use((JUNE[1], JUNE[1] + timedelta(days=1))), LATER, ann)
    assert [c.last_serial for c in held.retired(*JUNE)] == [10, 30]
    assert [c.last_serial for c in held.retired(*JUNE, as_of=NOW)] == [10]


def test_every_move_is_noted_with_who_and_when(held: CertificateRegister, url: str, ann: str):
    held.retire("GEC", (41, 60), IN_JUNE, LATER, ann)
    plain = url.replace("postgresql://", "postgresql+psycopg://")
    with sa.create_engine(plain).begin() as connection:
        rows = connection.execute(sa.select(certificate_moves).order_by(certificate_moves.c.n)).all()
    assert [(r.first_serial, r.last_serial, r.from_state, r.to_state, r.at) for r in rows] == [
        (1, 100, "", "issued", NOW), (1, 100, "issued", "held", NOW), (41, 60, "held", "retired", LATER),
    ]  # fmt: skip
    assert {row.user_id for row in rows} == {ann}


def test_a_stranger_moves_nothing(held: CertificateRegister):
    with pytest.raises(LedgerError, match="name a user that exists"):
        held.retire("GEC", (1, 1), IN_JUNE, LATER, "nobody")
    assert states(held) == [(1, 100, "held")]
