"""Problem files: read as written, refused by name when they are not what they say."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from parkwright.make.shop import HybridFlowShop, JobShop, SetupFlowShop
from parkwright.store.instances import InstanceError, read


def test_the_three_formats_are_read_with_tabs_and_without_a_last_newline(tmp_path: Path) -> None:
    file = tmp_path / "a.txt"
    file.write_text("2\n3\n1\t2\t1\t\n4\t5\t6\t\n7\t8\t9\t")
    shop = read(file, "hfsp")
    assert isinstance(shop, HybridFlowShop)
    assert shop.machines.tolist() == [1, 2, 1]
    assert shop.durations.tolist() == [[4, 5, 6], [7, 8, 9]]
    file.write_text("2\n1\n4\n5\n0 7\n8 0\n")
    shop = read(file, "sdst-pfsp")
    assert isinstance(shop, SetupFlowShop)
    assert shop.durations.tolist() == [[4], [5]]
    assert shop.setups[0, 0, 1] == 7
    file.write_text("2\n2\n1 2\n3 0\n0 4\n5 6\n")
    shop = read(file, "fjsp")
    assert isinstance(shop, JobShop)
    assert shop.first.tolist() == [0, 1, 3]
    assert np.array_equal(shop.durations, [[3, 0], [0, 4], [5, 6]])


@pytest.mark.parametrize(
    ("text", "kind", "says"),
    [
        ("", "hfsp", "holds 0 numbers"),
        ("0\n2\n", "hfsp", "a.txt:1: says 0 jobs"),
        ("2\n2\n1 1\n1 2\n3", "hfsp", "a.txt:5: the file holds 7 numbers where 2 jobs on 2 stages need 8"),
        ("2\n1\n0\n1\n2\n", "hfsp", "a.txt:3: stage 0 is a stage without a machine"),
        ("2\n2\n1 1\n1 -2\n3 4", "hfsp", "a.txt:4: '-2' is no whole number"),
        ("2\n2\n1 1\n1 2.5\n3 4", "hfsp", "a.txt:4: '2.5'"),
        ("1\n1\n1\n99999999999999999999", "hfsp", "a.txt:4"),
        ("999999999\n999999999\n1", "sdst-pfsp", "need"),
        ("5\n2\n1 1", "fjsp", "a.txt:3: ends before the operation counts"),
        ("1\n2\n1\n0 0\n", "fjsp", "a.txt:4: job 0, operation 0: no machine can do it"),
        ("2\n2\n1 2\n3 0\n0 0\n5 6\n", "fjsp", "a.txt:5: job 1, operation 0: no machine can do it"),
        ("2\n1\n1 1\n3\n4\n5\n", "fjsp", "a.txt:6: the file holds 7 numbers where 2 operations on 1 machines need 6"),
        ("1\n1\n1\n1\n", "xyz", "'xyz': is no format; take one of hfsp, sdst-pfsp, fjsp"),
    ],
)
def test_a_bad_file_is_refused_by_name(tmp_path: Path, text: str, kind: str, says: str) -> None:
    file = tmp_path / "a.txt"
    file.write_text(text)
    with pytest.raises(InstanceError) as refused:
        read(file, kind)
    assert says in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_binary_file_a_folder_and_a_missing_file_are_refused(tmp_path: Path) -> None:
    (tmp_path / "b").write_bytes(b"\x00\xff\xfe")
    for name, says in (("b", "no plain text"), ("", "Is a directory"), ("c", "No such file")):
        with pytest.raises(InstanceError, match=says):
            read(tmp_path / name, "hfsp")
