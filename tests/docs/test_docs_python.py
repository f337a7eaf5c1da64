"""Every Python block of a how-to runs, the blocks of a page one after the other, as a reader would."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(r"^```python\n(.*?)^```", flags=re.M | re.S)
PAGES = [page for page in sorted((ROOT / "docs" / "do").glob("*.md")) if BLOCK.search(page.read_text())]


def test_the_how_tos_hold_python() -> None:
    assert {"certificates.md", "factors.md", "inventory.md", "restate.md"} <= {page.name for page in PAGES}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_python_of_a_page_runs(page: Path, tmp_path: Path) -> None:
    (tmp_path / "parks").symlink_to(ROOT / "parks")
    script = "\n".join(BLOCK.findall(page.read_text()))
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, timeout=250, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert done.stderr == ""
