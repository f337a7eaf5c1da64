"""The commands for shops: answer, plan file, table of gaps, sets that are not there."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from parkwright.store.instances import InstanceError
from parkwright.wire.scheduling import measure, solve_file, table

FJSP = "2\n2\n2 1\n3 0\n0 4\n0 6\n"
"""Job 0: 3 on machine 0, then 4 on machine 1; job 1: 6 on machine 1. Optimum 10."""


def test_solving_a_file_answers_four_figures_and_writes_a_row_an_operation(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(FJSP)
    answer = solve_file(tmp_path / "a.txt", "fjsp", 1.0, 1, tmp_path / "plan.csv")
    assert {key: answer[key] for key in ("objective", "valid", "lower_bound")} == {
        "objective": 10,
        "valid": True,
        "lower_bound": 10,
    }
    assert list(answer) == ["objective", "valid", "seconds", "lower_bound"]
    with (tmp_path / "plan.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [(row["job"], row["stage"], row["machine"]) for row in rows] == [
        ("0", "0", "0"),
        ("0", "1", "1"),
        ("1", "0", "1"),
    ]
    assert max(int(row["end"]) for row in rows) == 10


def test_gaps_refer_to_the_least_column_and_the_peer_stands_beside(tmp_path: Path) -> None:
    (tmp_path / "FJSP").mkdir()
    (tmp_path / "FJSP" / "1.txt").write_text(FJSP)
    (tmp_path / "instances.csv").write_text(
        "problem,category,instance,num_jobs,num_machines,num_tasks,best_known,ortools_900s,cpoptimizer_900s\n"
        "FJSP,own,1.txt,2,2,3,9,10.0,8.0\n"
    )
    gaps = measure(tmp_path, "FJSP", 0.2, [1, 2], peer_seconds=2.0)
    assert [(row.group, row.files, row.ours, row.peer) for row in gaps] == [
        ("own", 1, 25.0, 25.0),
        ("all", 1, 25.0, 25.0),
    ]
    assert "| own | 1 | 25.00 % | 25.00 % | 25.00 % | 0.00 % |" in table("FJSP", 0.2, gaps, 2.0)


def test_a_set_that_is_not_there_is_said_plainly(tmp_path: Path) -> None:
    with pytest.raises(InstanceError, match=r"holds no instances\.csv"):
        measure(tmp_path, "HFSP", 1.0, [1])
    (tmp_path / "instances.csv").write_text("problem,instance\n")
    with pytest.raises(InstanceError, match="no rows of 'HFSP'"):
        measure(tmp_path, "HFSP", 1.0, [1])


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ("FJSP,own,1.txt,3,,,", "has no makespan above 0"),
        ("FJSP,own,1.txt,3,0,,", "has no makespan above 0"),
        ("FJSP,own,1.txt,3,nine,,", "a makespan is no number"),
        ("FJSP,,1.txt,3,9,,", "lacks instance, category or num_tasks"),
        ("HFSP,own,1.txt,three,9,,", "lacks instance, category or num_tasks"),
    ],
)
def test_a_row_of_the_index_that_cannot_be_used_is_named(tmp_path: Path, row: str, says: str) -> None:
    head = "problem,category,instance,num_tasks,best_known,ortools_900s,cpoptimizer_900s\n"
    (tmp_path / "instances.csv").write_text(head + row + "\n")
    with pytest.raises(InstanceError, match=says):
        measure(tmp_path, row.partition(",")[0], 1.0, [1])
