"""Canonical bytes: equal rows give equal bytes, different rows give different bytes, and links tie them."""

from __future__ import annotations

import csv
import hashlib
import io
import math
from datetime import UTC, datetime, timedelta, timezone

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parkwright.ledger import facts
from parkwright.model.errors import LedgerError
from parkwright.model.tables import KITS, READINGS, SAMPLES, TABLES, conform

AT = datetime(2026, 7, 15, 1, 2, 3, 4000, tzinfo=UTC)


def readings(**columns) -> pl.DataFrame:
    rows = {"start": [AT], "meter_id": ["m1"], "energy_mwh_int": [5], "value": [None], "quality": ["good"]} | columns
    return conform(pl.DataFrame(rows, schema_overrides=READINGS.schema), READINGS)


def test_canonical_text_is_the_documented_one():
    frame = readings(meter_id=['a "b", c'], value=[1 / 3])
    expected = b'start,meter_id,energy_mwh_int,value,quality\n2026-07-15T01:02:03.004Z,"a ""b"", c",5,'
    assert facts.canonical(frame) == expected + b"0.3333333333333333,good\n"


def test_missing_differs_from_empty_and_from_zero():
    texts = {
        facts.canonical(readings(energy_mwh_int=[None])),
        facts.canonical(readings(energy_mwh_int=[0])),
        facts.canonical(readings(quality=[""])),
        facts.canonical(readings()),
    }
    assert len(texts) == 4


@pytest.mark.parametrize("kind", sorted(TABLES))
def test_every_table_has_canonical_bytes_and_survives_encoding_without_rows(kind: str):
    empty = facts.table_of(kind).empty()
    assert facts.canonical(empty).decode() == ",".join(empty.columns) + "\n"
    assert facts.decode(facts.encode(empty)).equals(empty)


def test_an_unknown_kind_is_refused_by_name():
    with pytest.raises(LedgerError, match="kind 'sample'"):
        facts.table_of("sample")


@given(
    st.lists(
        st.tuples(
            st.text(st.characters(codec="utf-8", exclude_characters="\x00")),
            st.floats(allow_nan=False),
            st.integers(0, 10**9),
        ),
        min_size=1,
        max_size=20,
    )
)
def test_text_and_numbers_read_back_exactly_whatever_they_hold(rows):
    frame = conform(
        pl.DataFrame(
            {
                "start": [AT + timedelta(milliseconds=at) for _, _, at in rows],
                "signal_id": [text for text, _, _ in rows],
                "value": [value for _, value, _ in rows],
                "quality": ["good"] * len(rows),
            },
            schema_overrides=SAMPLES.schema,
        ),
        SAMPLES,
    )
    assert facts.decode(facts.encode(frame)).equals(frame)
    assert facts.canonical(facts.decode(facts.encode(frame))) == facts.canonical(frame)
    read = list(csv.reader(io.StringIO(facts.canonical(frame).decode(), newline="")))[1:]
    assert [row[1] for row in read] == [text for text, _, _ in rows]
    back = [float(row[2]) for row in read]
    assert all(a == b and math.copysign(1, a) == math.copysign(1, b) for a, (_, b, _) in zip(back, rows, strict=True))
    assert [datetime.fromisoformat(row[0]) for row in read] == frame["start"].to_list()


def test_rows_in_another_order_are_another_content():
    frame = conform(pl.DataFrame({"job_id": ["a", "b"], "at": [AT, AT]}, schema_overrides=KITS.schema), KITS)
    assert facts.content_sha256(frame) != facts.content_sha256(frame.reverse())
    assert facts.content_sha256(frame) == hashlib.sha256(facts.canonical(frame)).digest()


def test_a_link_depends_on_everything_that_stands_in_it():
    header = dict(zip(facts.HEADER, (1, "run", "e", 0, "kits", "2026-07-15", 2, facts.instant_text(AT)), strict=True))
    links = {facts.link(facts.GENESIS, header, b"c" * 32), facts.link(b"p" * 32, header, b"c" * 32)}
    links.add(facts.link(facts.GENESIS, header, b"d" * 32))
    for name, value in header.items():
        changed = header | {name: value + 1 if isinstance(value, int) else f"{value}x"}
        links.add(facts.link(facts.GENESIS, changed, b"c" * 32))
    assert len(links) == 3 + len(facts.HEADER)


def test_an_instant_is_written_in_utc_and_must_have_a_zone():
    shanghai = AT.astimezone(timezone(timedelta(hours=8)))
    assert facts.instant_text(shanghai) == facts.instant_text(AT) == "2026-07-15T01:02:03.004+00:00"
    with pytest.raises(LedgerError, match="no time zone"):
        facts.instant_text(AT.replace(tzinfo=None))


def test_damaged_bytes_are_refused():
    sound = facts.encode(readings())
    with pytest.raises(LedgerError, match="damaged"):
        facts.decode(sound[: len(sound) // 2])
    with pytest.raises(LedgerError, match="damaged"):
        facts.decode(b"nothing of ours")
