"""The repository keeps its own rules: no lint escapes, modules of one idea, locks without addresses."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = sorted((ROOT / "src").rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("*.py"))
CODE = SOURCES + TESTS + sorted((ROOT / "bench").rglob("*.py"))
ESCAPES = re.compile(
    "no" + r"qa|type:\s*ign" + r"ore|pytest\.mark\.(sk" + r"ip|xf" + r"ail)|pytest\.sk" + r"ip\(|importorsk" + "ip"
)


Statements = dict[Path, list[ast.AST]]


def statements(path: Path) -> list[ast.AST]:
    """Return the statements of a module, those inside others too; expressions, most of its nodes, are not visited."""
    found: list[ast.AST] = [ast.parse(path.read_text())]
    for node in found:
        for part in ("body", "orelse", "finalbody", "handlers", "cases"):
            found += getattr(node, part, [])
    return found


@pytest.fixture(scope="module")
def sources() -> Statements:
    return {path: statements(path) for path in SOURCES}


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def code_lines(text: str) -> int:
    """Return the lines that are neither empty nor comment."""
    return sum(1 for line in text.splitlines() if line.strip() and not line.strip().startswith("#"))


def functions(nodes: list[ast.AST]) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    return [node for node in nodes if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]


def test_no_escape_from_a_gate() -> None:
    found = {name(path): ESCAPES.findall(path.read_text()) for path in CODE}
    assert {path: escapes for path, escapes in found.items() if escapes} == {}


def test_a_module_is_one_idea() -> None:
    lines = {name(path): code_lines(path.read_text()) for path in SOURCES}
    assert {path: count for path, count in lines.items() if count > 400} == {}


def test_a_function_is_one_deed(sources: Statements) -> None:
    long = []
    for path, nodes in sources.items():
        for node in functions(nodes):
            doc = ast.get_docstring(node)
            lines = (node.end_lineno or 0) - node.lineno + 1 - (len(doc.splitlines()) if doc else 0)
            if lines > 60:
                long.append((name(path), node.name, lines))
    assert long == []


def test_imports_stand_at_the_top(sources: Statements) -> None:
    inner = [
        (name(path), node.lineno)
        for path, nodes in sources.items()
        if path.parent.name != "cli"
        for outer in functions(nodes)
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


def statement_lines(path: Path, nodes: list[ast.AST]) -> int:
    """Return the lines that hold code: no blank, no comment, no docstring."""
    text = path.read_text().splitlines()
    lines = {number for number, line in enumerate(text, 1) if line.strip() and not line.strip().startswith("#")}
    for node in nodes:
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            lines.difference_update(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    return len(lines)


def test_tests_are_at_least_nine_tenths_of_the_code(sources: Statements) -> None:
    tests = sum(statement_lines(path, statements(path)) for path in TESTS)
    assert tests >= 0.9 * sum(statement_lines(path, nodes) for path, nodes in sources.items()) > 0
