"""Commands of `parkwright energy` that find the cheapest way to run a site: cases, control, joint plans."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from parkwright.cli.terminal import AsJson, show, told

app = typer.Typer()

CaseDir = Annotated[Path, typer.Argument(metavar="CASE_DIR", help="Folder with case.toml and series.csv.")]


@app.command("golden")
def golden(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="Folder to write the case into; new or empty.")],
    days: Annotated[int, typer.Option("--days", min=1, max=366, help="Length from 2024-01-01 on.")] = 1,
    as_json: AsJson = False,
) -> None:
    """Write the golden problem as a case: a synthetic park whose optimum is known for 1, 7, 31 and 366 days."""
    from parkwright.wire import dispatching

    with told():
        show(dispatching.write_golden(days, directory), as_json)


@app.command("solve")
def solve(
    case_dir: CaseDir,
    seconds: Annotated[float, typer.Option("--seconds", min=0.01, max=86_400, help="Time limit.")] = 600.0,
    as_json: AsJson = False,
) -> None:
    """Find the cheapest way to run the assets of a case; it always answers and says what had to give way."""
    from parkwright.wire import dispatching

    with told():
        show(dispatching.solve_case(case_dir, seconds), as_json)
