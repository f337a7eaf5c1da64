"""The look-up page of commands is what the command line says of itself."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "look-up" / "commands.md"


def test_every_command_and_option_is_documented(tmp_path: Path) -> None:
    out = tmp_path / "commands.md"
    command = [sys.executable, "-m", "typer", "parkwright.cli", "utils", "docs", "--name", "parkwright"]
    subprocess.run([*command, "--output", str(out)], check=True, capture_output=True)
    assert PAGE.read_text() == out.read_text(), (
        "write it anew: python -m typer parkwright.cli utils docs --name parkwright --output docs/look-up/commands.md"
    )
