"""Capabilities, plan, ledger and model are pure: no clock, no file, no network, no global, no hidden randomness."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[2] / "src" / "parkwright"
PURE = ("model", "ledger", "make", "quality", "move", "energy", "carbon", "supply", "plan")
STAND_ALONE = {"verifier.py"}
"""ledger/verifier.py is a script that travels with a bundle and reads it: it alone of the pure folders may open."""
CLOCKS = {"make/budget.py": ["line 7: imports from time"]}
"""A search that is given seconds and no clock needs one (docs/decisions/0010): it may be named there, not read."""
CALLS = {"open", "print", "input", "eval", "exec", "now", "today", "utcnow", "perf_counter", "monotonic", "sleep"}
MODULES = {
    "random", "secrets", "socket", "subprocess", "requests", "httpx", "urllib", "threading", "asyncio", "os", "time",
}  # fmt: skip


def impurities(text: str) -> list[str]:
    """Return what in the module's text a pure folder may not hold."""
    found = []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Call):
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            owner = ast.unparse(node.func.value) if isinstance(node.func, ast.Attribute) else ""
            if called in CALLS and owner not in {"pl", "self"}:
                found.append(f"line {node.lineno}: calls {called}()")
            if owner in {"np.random", "numpy.random", "random"}:
                found.append(f"line {node.lineno}: hidden randomness {owner}.{called}()")
        elif isinstance(node, ast.Import):
            found += [f"line {node.lineno}: imports {a.name}" for a in node.names if a.name.split(".")[0] in MODULES]
        elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in MODULES:
            found.append(f"line {node.lineno}: imports from {node.module}")
        elif isinstance(node, ast.Global):
            found.append(f"line {node.lineno}: global {', '.join(node.names)}")
    return found


def test_a_pure_module_takes_arguments_and_returns_values() -> None:
    modules = [path for folder in PURE for path in (SOURCE / folder).rglob("*.py") if path.name not in STAND_ALONE]
    found = {str(path.relative_to(SOURCE)): impurities(path.read_text()) for path in modules}
    assert {folder for folder in PURE if not any(path.startswith(f"{folder}/") for path in found)} == set()
    assert {path: impure for path, impure in found.items() if impure} == CLOCKS


@pytest.mark.parametrize(
    "text",
    [
        "from datetime import datetime\nx = datetime.now()",
        "import random",
        "open('x')",
        "import numpy as np\nnp.random.rand(3)",
        "print(1)",
        "def f():\n    global a\n    a = 1",
        "from time import sleep",
    ],
)
def test_the_gate_sees_an_impurity(text: str) -> None:
    assert impurities(text)
