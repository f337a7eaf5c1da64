"""The tables at the folders' doors: what conforms passes unchanged, what does not is refused by name."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parkwright.model.errors import TableError
from parkwright.model.tables import DISPATCH, JOB_RESPONSES, MOUNTS, READINGS, TABLES, TIME, conform

AT = datetime(2026, 7, 15, 6, 0, tzinfo=UTC)
TEXT = st.text(max_size=8)
VALUES = {
    pl.String: TEXT,
    pl.Int64: st.integers(-(2**62), 2**62),
    pl.Float64: st.floats(allow_nan=False),
    TIME: st.integers(0, 10**12).map(lambda ms: AT + timedelta(milliseconds=ms)),
}
BOOKED = ("_mwh_int", "_ug", "_1e4cny")
EACH = pytest.mark.parametrize("table", TABLES.values(), ids=list(TABLES))


def row(table) -> dict[str, object]:
    """A row that conforms."""
    plain = {pl.String: "x", pl.Int64: 3, pl.Float64: 0.5, TIME: AT}
    return {column.name: plain[column.dtype] for column in table.columns}


def frame(table, **columns) -> pl.DataFrame:
    """One row of a table with some of its columns given otherwise."""
    return pl.DataFrame({name: [value] for name, value in row(table).items()}).with_columns(**columns)


@EACH
def test_a_table_says_what_a_row_is_and_what_each_column_means(table):
    names = [column.name for column in table.columns]
    assert len(set(names)) == len(names)
    assert table.text
    assert all(column.text for column in table.columns)
    assert all(re.fullmatch(r"[a-z][a-z0-9_]*", name) for name in names)


@EACH
def test_instants_are_aware_and_booked_quantities_are_whole(table):
    for column in table.columns:
        if isinstance(column.dtype, pl.Datetime):
            assert column.dtype == TIME
        if column.name.endswith(BOOKED):
            assert column.dtype == pl.Int64


@EACH
def test_every_quantity_names_its_unit(table):
    unnamed = [c.name for c in table.columns if c.dtype in (pl.Int64, pl.Float64) and not c.unit]
    assert unnamed == {"runs": ["seed"], "revisions": ["revision"]}.get(table.name, [])


@EACH
def test_an_empty_frame_conforms_and_is_the_callers_own(table):
    empty = table.empty()
    assert conform(empty, table).schema == pl.Schema(table.schema)
    empty.insert_column(0, pl.Series("extra", [], dtype=pl.Int64))
    assert table.empty().columns == list(table.schema)


@EACH
@settings(max_examples=20)
@given(data=st.data())
def test_rows_keep_their_values_whatever_the_order_of_their_columns(table, data):
    fields = {c.name: VALUES[c.dtype] | st.none() if c.nullable else VALUES[c.dtype] for c in table.columns}
    rows = data.draw(st.lists(st.fixed_dictionaries(fields), max_size=3))
    order = data.draw(st.permutations(list(fields)))
    given_frame = pl.DataFrame(rows, schema=table.schema).select(order)
    found = conform(given_frame, table)
    assert found.columns == list(table.schema)
    assert found.to_dicts() == rows
    assert conform(found, table) is found


@EACH
def test_each_column_must_be_there_and_no_other_may_be(table):
    for name in table.schema:
        with pytest.raises(TableError, match=rf"table {table.name}: missing columns \['{name}'\]"):
            conform(frame(table).drop(name), table)
    with pytest.raises(TableError, match=rf"table {table.name}: .*unknown columns \['colour'\]"):
        conform(frame(table, colour=pl.lit("red")), table)


@EACH
def test_only_columns_that_may_be_unknown_take_a_null(table):
    for column in table.columns:
        hollow = pl.concat([conform(frame(table), table)] * 2).with_row_index("n")
        hollow = hollow.with_columns(pl.when(pl.col("n") == 0).then(pl.col(column.name)).alias(column.name)).drop("n")
        if column.nullable:
            assert conform(hollow, table)[column.name].null_count() == 1
        else:
            with pytest.raises(TableError, match=f"table {table.name}: row 1: {column.name} is missing"):
                conform(hollow, table)


@pytest.mark.parametrize(
    ("table", "columns", "found"),
    [
        (JOB_RESPONSES, {"good": pl.lit(1.5)}, "row 0: good is 1.5; give a whole number"),
        (JOB_RESPONSES, {"good": pl.lit("three")}, "conversion from `str` to `i64` failed in column 'good'"),
        (JOB_RESPONSES, {"good": pl.lit(float("nan"))}, "conversion from `f64` to `i64` failed in column 'good'"),
        (JOB_RESPONSES, {"good": pl.lit(1e300)}, "conversion from `f64` to `i64` failed in column 'good'"),
        (JOB_RESPONSES, {"start": pl.lit(AT.replace(tzinfo=None))}, "start has no time zone; give aware instants"),
        (MOUNTS, {"end": pl.lit(AT.replace(tzinfo=None))}, "end has no time zone; give aware instants"),
        (JOB_RESPONSES, {"start": pl.lit("noon")}, "casting from string to datetime is not supported"),
        (DISPATCH, {"power_kw": pl.lit("1 MW")}, "conversion from `str` to `f64` failed in column 'power_kw'"),
    ],
)
def test_a_value_that_would_be_changed_in_silence_is_refused_in_one_line(table, columns, found):
    with pytest.raises(TableError) as refused:
        conform(frame(table, **columns), table)
    assert f"table {table.name}: " in str(refused.value)
    assert found in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("column", "value", "kept"),
    [
        ("good", pl.lit(4.0), 4),
        ("good", pl.lit(4, dtype=pl.UInt8), 4),
        ("good", pl.lit("4"), 4),
        ("start", pl.lit(AT.astimezone(ZoneInfo("Asia/Shanghai"))), AT),
        ("start", pl.lit(AT + timedelta(microseconds=1999)), AT + timedelta(milliseconds=1)),
        ("start", pl.lit(date(2026, 7, 15)), datetime(2026, 7, 15, tzinfo=UTC)),
        ("job_id", pl.lit("j", dtype=pl.Categorical), "j"),
    ],
)
def test_a_value_of_another_type_is_taken_where_it_means_the_same(column, value, kept):
    found = conform(frame(JOB_RESPONSES, **{column: value}), JOB_RESPONSES)
    assert found[column][0] == kept
    assert found.schema == pl.Schema(JOB_RESPONSES.schema)


def test_the_first_of_many_broken_counts_is_named():
    rows = pl.concat([frame(READINGS, energy_mwh_int=pl.lit(value)) for value in (1.0, 2.0, 2.5, 3.5)])
    with pytest.raises(TableError, match=r"row 2: energy_mwh_int is 2\.5"):
        conform(rows, READINGS)


def test_a_column_that_is_all_unknown_needs_no_type():
    found = conform(frame(READINGS, value=pl.lit(None), energy_mwh_int=pl.lit(7)), READINGS)
    assert found["value"].dtype == pl.Float64
    assert found["value"].to_list() == [None]


def test_every_table_is_listed_under_its_own_name():
    assert {name: table.name for name, table in TABLES.items()} == {name: name for name in TABLES}
