"""Machine code is compiled anew when a file changes that its kernel imports, and only then."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from parkwright import kernel_cache
from parkwright.kernel_cache import InChosenFolder, InHome, InTree, imported, stamp
from parkwright.twin import line

OURS = Path(kernel_cache.__file__).parent
KERNELS = "from numba import njit\n\n\n@njit(cache=True)\ndef {name}(x):\n    return {body}\n"


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A small package named like ours: a.outer calls b.inner, which takes a number from c; d is no part of it."""
    found = tmp_path / "parkwright"
    (found / "b").mkdir(parents=True)
    shutil.copy(OURS / "__init__.py", found)
    shutil.copy(OURS / "kernel_cache.py", found)
    (found / "a.py").write_text("from parkwright.b.work import inner\n" + KERNELS.format(name="outer", body="inner(x)"))
    (found / "b" / "__init__.py").write_text("")
    (found / "b" / "work.py").write_text(
        "from parkwright import (\n    c as numbers,\n)\nSTEP = numbers.STEP\n"
        + KERNELS.format(name="inner", body="x + STEP")
    )
    (found / "c.py").write_text("STEP = 1\n")
    (found / "d.py").write_text("STEP = 5\n")
    return found


def files(path: Path, package: Path) -> list[str]:
    return [str(each.relative_to(package)) for each in imported(path, package)]


def test_imports_are_found_in_every_form_that_we_write(package: Path) -> None:
    assert files(package / "a.py", package) == ["b/work.py"]
    assert files(package / "b" / "work.py", package) == ["__init__.py", "c.py"]
    (package / "e.py").write_text(
        "from typing import Any\nfrom parkwright.b import work  # a package's module\nif True:\n"
        "    from parkwright.d import STEP, missing\nimport numpy as np\n"
    )
    assert files(package / "e.py", package) == ["b/__init__.py", "b/work.py", "d.py"]


def test_a_circle_of_imports_ends(tmp_path: Path) -> None:
    (tmp_path / "x.py").write_text("from parkwright.y import b\n")
    (tmp_path / "y.py").write_text("from parkwright.x import a\n")
    assert stamp(tmp_path / "x.py", tmp_path) == stamp(tmp_path / "y.py", tmp_path)


@pytest.mark.parametrize(("changed", "matters"), [("a.py", True), ("b/work.py", True), ("c.py", True), ("d.py", False)])
def test_the_stamp_changes_with_what_is_imported_and_with_nothing_else(
    package: Path, tmp_path: Path, changed: str, matters: bool
) -> None:
    other = tmp_path / "other"
    shutil.copytree(package, other)
    assert stamp(other / "a.py", other) == stamp(package / "a.py", package)
    third = tmp_path / "third"
    shutil.copytree(package, third)
    (third / changed).write_text((third / changed).read_text() + "# another\n")
    assert (stamp(third / "a.py", third) != stamp(package / "a.py", package)) == matters


def test_our_kernels_are_kept_by_these_classes() -> None:
    locator = line._run._cache._impl.locator
    assert isinstance(locator, InChosenFolder | InTree | InHome)
    assert locator.get_source_stamp() == stamp(Path(line.__file__))


def outer_of_one(package: Path) -> str:
    code = "import parkwright\nfrom parkwright.a import outer\nprint(outer(1), sum(outer.stats.cache_hits.values()))"
    settings = {name: value for name, value in os.environ.items() if not name.startswith("NUMBA")}
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=settings | {"PYTHONPATH": str(package.parent)},
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    return done.stdout.strip()


@pytest.mark.slow
def test_a_changed_constant_two_imports_away_reaches_the_machine_code(package: Path) -> None:
    assert outer_of_one(package) == "2 0"
    assert outer_of_one(package) == "2 1"
    (package / "c.py").write_text("STEP = 7\n")
    assert outer_of_one(package) == "8 0"
