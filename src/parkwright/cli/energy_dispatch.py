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


@app.command("pareto")
def pareto(
    case_dir: CaseDir,
    points: Annotated[int, typer.Option("--points", min=2, max=200, help="Plans from cheapest to cleanest.")] = 11,
    seconds: Annotated[float, typer.Option("--seconds", min=0.01, max=86_400, help="Time limit of a plan.")] = 60.0,
    as_json: AsJson = False,
) -> None:
    """Say what less carbon costs: the cheapest plan of a case under caps on emissions, down to the least possible."""
    from parkwright.wire import dispatching

    with told():
        show(dispatching.sweep_case(case_dir, points, seconds), as_json)


@app.command("mpc")
def mpc(
    case_dir: CaseDir,
    like: Annotated[
        Path | None, typer.Option("--like", help="Case expected to be like this one, for example last month's.")
    ] = None,
    noise: Annotated[
        float, typer.Option("--noise", min=0, max=2, help="Relative error of forecasts a day ahead.")
    ] = 0.0,
    seed: Annotated[int, typer.Option("--seed", min=0, max=2**31 - 1, help="Seed of the forecast errors.")] = 1,
    every: Annotated[int, typer.Option("--every", min=1, max=96, help="Steps between plans.")] = 1,
    as_json: AsJson = False,
) -> None:
    """Control a case step by step with forecasts, and say how much dearer that is than perfect foresight."""
    from parkwright.wire import dispatching

    with told():
        show(dispatching.control_case(case_dir, like, noise, seed, every), as_json)


@app.command("joint")
def joint(
    case_dir: CaseDir,
    seconds: Annotated[float, typer.Option("--seconds", min=0.01, max=86_400, help="Time limit.")] = 30.0,
    as_json: AsJson = False,
) -> None:
    """Plan the jobs of a case together with its dispatch, beside what shifting them by tariff alone saves."""
    from parkwright.wire import dispatching

    with told():
        show(dispatching.joint_case(case_dir, seconds), as_json)
