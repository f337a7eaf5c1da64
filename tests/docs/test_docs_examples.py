"""Every `$ parkwright` line of the docs and the README runs, in order, with the exit code that the text promises.

The long pages are run by .ci/run, each line in a shell, as a reader does. Of the others a line that is a command alone
runs in this process, so that the libraries are loaded once; what needs a shell has one.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from parkwright.cli import app

ROOT = Path(__file__).parents[2]
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs" / "learn").glob("*.md"), *(ROOT / "docs" / "do").glob("*.md")])
BLOCK = re.compile(r"^```console\n(.*?)^```", flags=re.M | re.S)
LIVE = re.compile(r"^(make |parkwright run )")
"""Commands that do not end by themselves, or install: tried from a clean clone and by the tests of the live park."""


SHELL = re.compile(r"[|&;<>$`*]")
"""What a shell alone understands."""
LONG = (
    "README.md", "buildings.md", "certificates.md", "energy-manager.md", "exchange.md", "first-day.md",
    "metered-files.md", "new-park.md", "orders.md", "ovens.md", "points.md", "report.md", "verify.md",
)  # fmt: skip
"""Pages whose examples load or run the large park once more, or take many commands: slow, so run by .ci/run."""


def commands(page: Path) -> list[str]:
    """Return the `$ ` lines of the page's console blocks, those that do not end left out."""
    lines = [line for block in BLOCK.findall(page.read_text()) for line in block.splitlines()]
    return [line[2:] for line in lines if line.startswith("$ ") and not LIVE.match(line[2:])]


def test_the_docs_hold_examples() -> None:
    assert sum(len(commands(page)) for page in PAGES) >= 8


@pytest.mark.parametrize(
    "page",
    [pytest.param(p, marks=[pytest.mark.slow] if p.name in LONG else []) for p in PAGES if commands(p)],
    ids=lambda p: str(p.relative_to(ROOT)),
)
def test_the_examples_of_a_page_run(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "parks").symlink_to(ROOT / "parks")
    monkeypatch.chdir(tmp_path)
    for line in commands(page):
        command, _, expected = line.partition("  # exit ")
        alone = command.startswith("parkwright ") and not SHELL.search(command) and page.name not in LONG
        code, said = in_this_process(command) if alone else in_a_shell(command)
        assert code == int(expected or 0), f"{command}\n{said[-4000:]}"


def in_this_process(command: str) -> tuple[int, str]:
    """Run a `parkwright` command; return its exit code and what it said. An error that nobody caught is raised."""
    done = CliRunner().invoke(app, shlex.split(command, comments=True)[1:])
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.exit_code, done.output


def in_a_shell(command: str) -> tuple[int, str]:
    """Run a line as a reader does who types it; return its exit code and what it said."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-c", command],
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        timeout=250,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def test_every_page_of_the_docs_is_linked() -> None:
    linked = set()
    for page in ROOT.glob("**/*.md"):
        if ".venv" in page.parts or "node_modules" in page.parts:
            continue
        for target in re.findall(r"\]\(([^)#\s]+\.md)", page.read_text()):
            linked.add((page.parent / target).resolve())
    pages = set((ROOT / "docs").rglob("*.md"))
    assert {p.relative_to(ROOT) for p in pages if p.resolve() not in linked and p.name != "README.md"} == set()
