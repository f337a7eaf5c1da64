"""The repository keeps its own rules: no lint escapes, modules of one idea, locks without addresses."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = sorted((ROOT / "src").rglob("*.py"))
CODE = SOURCES + sorted((ROOT / "tests").rglob("*.py")) + sorted((ROOT / "bench").rglob("*.py"))
ESCAPES = re.compile(
    "no" + r"qa|type:\s*ign" + r"ore|pytest\.mark\.(sk" + r"ip|xf" + r"ail)|pytest\.sk" + r"ip\(|importorsk" + "ip"
)


def code_lines(text: str) -> int:
    """Return the lines that are neither empty nor comment."""
    return sum(1 for line in text.splitlines() if line.strip() and not line.strip().startswith("#"))


@pytest.mark.parametrize("path", CODE, ids=lambda p: str(p.relative_to(ROOT)))
def test_no_escape_from_a_gate(path: Path) -> None:
    assert ESCAPES.findall(path.read_text()) == []


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: str(p.relative_to(ROOT)))
def test_a_module_is_one_idea(path: Path) -> None:
    assert code_lines(path.read_text()) <= 400


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: str(p.relative_to(ROOT)))
def test_a_function_is_one_deed(path: Path) -> None:
    long = []
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            doc = ast.get_docstring(node)
            lines = (node.end_lineno or 0) - node.lineno + 1 - (len(doc.splitlines()) if doc else 0)
            if lines > 60:
                long.append((node.name, lines))
    assert long == []


@pytest.mark.parametrize("path", [p for p in SOURCES if p.parent.name != "cli"], ids=lambda p: str(p.relative_to(ROOT)))
def test_imports_stand_at_the_top(path: Path) -> None:
    tree = ast.parse(path.read_text())
    inner = [
        node.lineno
        for outer in ast.walk(tree)
        if isinstance(outer, ast.FunctionDef | ast.AsyncFunctionDef)
        for node in ast.walk(outer)
        if isinstance(node, ast.Import | ast.ImportFrom)
    ]
    assert inner == []


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-dev.lock"])
def test_a_lock_has_hashes_and_no_address(lock: str) -> None:
    text = (ROOT / lock).read_text()
    assert "://" not in text
    pins = re.findall(r"^[a-z0-9][^\s=]*==\S+", text, flags=re.M)
    assert len(pins) > 50
    assert text.count("--hash=sha256:") >= len(pins)


def statement_lines(text: str) -> int:
    """Return the lines that hold code: no blank, no comment, no docstring."""
    layout = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER}
    lines: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type not in layout:
            lines.update(range(token.start[0], token.end[0] + 1))
    for node in ast.walk(ast.parse(text)):
        for inner in getattr(node, "body", []) if isinstance(getattr(node, "body", None), list) else []:
            if isinstance(inner, ast.Expr) and isinstance(inner.value, ast.Constant):
                lines.difference_update(range(inner.lineno, (inner.end_lineno or inner.lineno) + 1))
    return len(lines)


def test_tests_are_at_least_nine_tenths_of_the_code() -> None:
    source = sum(statement_lines(p.read_text()) for p in SOURCES)
    tests = sum(statement_lines(p.read_text()) for p in (ROOT / "tests").rglob("*.py"))
    assert tests >= 0.9 * source
