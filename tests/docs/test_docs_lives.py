"""The three lives name files and functions that exist, so that a reader can walk them."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
STEP = re.compile(r"`([a-z_/]+\.py): ([A-Za-z_.]+)`")
STEPS = sorted(set(STEP.findall((ROOT / "docs" / "why" / "lives.md").read_text())))


def names(path: Path) -> set[str]:
    """Return the functions, classes and methods (Class.method) of a module."""
    found = set()
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            found.add(node.name)
        if isinstance(node, ast.ClassDef):
            found |= {f"{node.name}.{inner.name}" for inner in node.body if isinstance(inner, ast.FunctionDef)}
    return found


def test_the_lives_name_their_steps() -> None:
    assert len(STEPS) >= 15


@pytest.mark.parametrize(("file", "name"), STEPS, ids=str)
def test_a_step_of_a_life_exists(file: str, name: str) -> None:
    assert name in names(ROOT / "src" / "parkwright" / file)
