"""The relational program shares like the kernel, to the last milliwatt-hour, on DuckDB and on a Spark cluster."""

from __future__ import annotations

import importlib
from pathlib import Path

import ibis
import numpy as np
import polars as pl
import pytest

from parkwright.carbon import apportionment
from parkwright.carbon.attribution import apportion_groups


def written(folder: Path, quantities, starts, weights) -> tuple[str, str]:
    """Write groups as the two files that a program reads; return their paths."""
    sizes = np.diff(np.append(starts, len(weights)))
    groups = np.arange(len(quantities), dtype=np.int64)
    paths = (str(folder / "quantities.parquet"), str(folder / "weights.parquet"))
    pl.DataFrame({"group_id": groups, "quantity": np.asarray(quantities, np.int64)}).write_parquet(paths[0])
    members = {"group_id": np.repeat(groups, sizes), "member_id": np.arange(len(weights), dtype=np.int64)}
    pl.DataFrame({**members, "weight": np.asarray(weights, np.int64)}).sample(
        fraction=1.0, shuffle=True, seed=1
    ).write_parquet(paths[1])
    return paths


def asked(engine: ibis.BaseBackend, paths: tuple[str, str]) -> tuple[list, list]:
    """Return the shares in order of member, and the refused groups, as an engine gives them."""
    quantities, weights = (engine.read_parquet(path) for path in paths)
    found = apportionment.shares(quantities, weights).order_by("member_id").to_pyarrow()
    refused = apportionment.refused(quantities, weights).order_by("group_id").to_pyarrow()
    return found["share"].to_pylist(), refused["group_id"].to_pylist()


def month(groups: int, seed: int, heaviest: int = 9 * 10**11):
    rng = np.random.default_rng(seed)
    sizes = rng.integers(1, 40, groups)
    starts = np.cumsum(sizes) - sizes
    return rng.integers(-(10**10), 10**13, groups), starts, rng.integers(0, heaviest, sizes.sum()) + 1


def test_ten_thousand_over_three_equals_is_shared_to_the_first(tmp_path: Path):
    assert asked(ibis.duckdb.connect(), written(tmp_path, [10_000], [0], [1, 1, 1])) == ([3334, 3333, 3333], [])


@pytest.mark.slow
def test_random_groups_are_shared_like_the_kernel_beyond_what_64_bits_hold(tmp_path: Path):
    quantities, starts, weights = month(1500, 1)
    found, refused = asked(ibis.duckdb.connect(), written(tmp_path, quantities, starts, weights))
    assert found == apportion_groups(quantities, starts, weights).tolist()
    assert refused == []
    assert (np.abs(quantities).astype(object) * int(weights.max()) > 2**63).any()


def test_ties_go_to_the_first_member_whatever_the_order_of_rows(tmp_path: Path):
    rng = np.random.default_rng(2)
    weights = rng.integers(1, 4, 300)
    starts = np.arange(0, 300, 30)
    quantities = rng.integers(0, 1000, 10)
    found, _ = asked(ibis.duckdb.connect(), written(tmp_path, quantities, starts, weights))
    assert found == apportion_groups(quantities, starts, weights).tolist()


def test_quantities_and_weights_up_to_the_limits_are_exact(tmp_path: Path):
    most, heavy = apportionment.QUANTITY_BELOW - 1, (apportionment.WEIGHTS_BELOW - 1) // 2
    quantities, starts, weights = (
        np.array([most, -most, most]),
        np.array([0, 2, 4]),
        np.array([heavy, heavy, 1, heavy, 7, 0]),
    )
    found, refused = asked(ibis.duckdb.connect(), written(tmp_path, quantities, starts, weights))
    assert refused == []
    assert found == apportion_groups(quantities, starts, weights).tolist()
    assert found[0] + found[1] == most


@pytest.mark.parametrize(
    ("quantity", "weights"),
    [
        (5, [0, 0]),
        (apportionment.QUANTITY_BELOW, [1, 1]),
        (-apportionment.QUANTITY_BELOW, [1, 1]),
        (5, [apportionment.WEIGHTS_BELOW, 1]),
    ],
)
def test_what_cannot_be_shared_exactly_has_no_share_and_is_named(tmp_path: Path, quantity: int, weights: list[int]):
    found, refused = asked(ibis.duckdb.connect(), written(tmp_path, [quantity, 7], [0, 2], [*weights, 3]))
    assert found == [None, None, 7]
    assert refused == [0]


def test_a_negative_weight_is_named(tmp_path: Path):
    assert asked(ibis.duckdb.connect(), written(tmp_path, [5], [0], [9, -1]))[1] == [0]


def test_the_program_is_one_expression_for_every_engine():
    quantities = ibis.table({"group_id": "int64", "quantity": "int64"}, name="q")
    weights = ibis.table({"group_id": "int64", "member_id": "string", "weight": "int64"}, name="w")
    program = apportionment.shares(quantities, weights)
    assert program.schema() == ibis.schema({"group_id": "int64", "member_id": "string", "share": "int64"})
    for dialect in ("duckdb", "pyspark"):
        assert "ROW_NUMBER" in ibis.to_sql(program, dialect=dialect).upper()


@pytest.mark.server
def test_a_spark_cluster_shares_to_the_last_milliwatt_hour_like_the_kernel(tmp_path: Path):
    sql = importlib.import_module("pyspark.sql")
    builder = sql.SparkSession.builder.master("local-cluster[2,1,1024]").appName("parkwright")
    for name, value in {
        "spark.ui.enabled": "false",
        "spark.executor.memory": "900m",
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.shuffle.partitions": "4",
    }.items():
        builder = builder.config(name, value)
    session = builder.getOrCreate()
    try:
        quantities, starts, weights = month(3000, 3)
        paths = written(tmp_path, quantities, starts, weights)
        found, refused = asked(ibis.pyspark.connect(session), paths)
    finally:
        session.stop()
    assert found == apportion_groups(quantities, starts, weights).tolist() == asked(ibis.duckdb.connect(), paths)[0]
    assert refused == []
