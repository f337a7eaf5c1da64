"""Every Python block of a how-to runs, the blocks of a page one after the other, and warns of nothing.

They run in this process, so that the libraries are loaded once: what a reader's interpreter would warn of is an error.
"""

from __future__ import annotations

import re
import warnings
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(r"^```python\n(.*?)^```", flags=re.M | re.S)
PAGES = [page for page in sorted((ROOT / "docs" / "do").glob("*.md")) if BLOCK.search(page.read_text())]
LONG = ("inventory.md", "restate.md")
"""Pages that run days of a park: with the slow tests."""


def test_the_how_tos_hold_python() -> None:
    assert {"certificates.md", "factors.md", "inventory.md", "restate.md"} <= {page.name for page in PAGES}


@pytest.mark.parametrize(
    "page",
    [pytest.param(page, marks=[pytest.mark.slow] if page.name in LONG else []) for page in PAGES],
    ids=lambda page: page.name,
)
def test_the_python_of_a_page_runs(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "parks").symlink_to(ROOT / "parks")
    monkeypatch.chdir(tmp_path)
    script = compile("\n".join(BLOCK.findall(page.read_text())), page.name, "exec")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for quiet in (DeprecationWarning, PendingDeprecationWarning, ImportWarning, ResourceWarning):
            warnings.simplefilter("ignore", quiet)
        warnings.filterwarnings("error", category=DeprecationWarning, module="__main__")
        exec(script, {"__name__": "__main__"})
    assert capsys.readouterr().err == ""
