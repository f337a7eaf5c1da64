"""Commands of `parkwright make`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from parkwright.cli.terminal import (
    VAR,
    AsJson,
    Day,
    OutFile,
    ParkDir,
    Seed,
    Unit,
    VarDir,
    fail,
    loaded,
    show,
    table,
    the_day,
    the_instant,
    told,
)

app = typer.Typer(no_args_is_help=True, help="Production: orders, schedules, genealogy.")


class Format(StrEnum):
    """What a file of `make solve` holds."""

    HFSP = "hfsp"
    SDST_PFSP = "sdst-pfsp"
    FJSP = "fjsp"
    PARK = "park"


Seconds = Annotated[float, typer.Option("--seconds", min=0.01, max=86400, help="How long to search [s].")]


@app.command("genealogy")
def genealogy(park_dir: ParkDir, unit: Unit, var: VarDir = VAR, as_json: AsJson = False) -> None:
    """Say what a unit is made of and where it passed."""
    from parkwright.wire import ask

    with told(), ask.opened(loaded(park_dir), var) as ledger:
        show(ask.genealogy_answer(ledger, unit), as_json)


@app.command("orders")
def orders(park_dir: ParkDir, date: Day, seed: Seed = 1, out: OutFile = None, as_json: AsJson = False) -> None:
    """List the day's order lines, generated or from orders.csv."""
    table(park_dir, date, seed, out, as_json, "orders")


@app.command("rush")
def rush(
    park_dir: ParkDir,
    product: Annotated[str, typer.Option("--product", help="Product that is ordered.")],
    quantity: Annotated[int, typer.Option("--quantity", min=1, help="Units.")],
    due: Annotated[str, typer.Option("--due", help="Must be packed by, with its offset: 2026-07-15T18:00:00+08:00.")],
    market: Annotated[str, typer.Option("--market", help="Market served; leave it away where the park has none.")] = "",
    weight: Annotated[
        float | None, typer.Option("--weight", min=0, help="What an hour of lateness costs [CNY/h].")
    ] = None,
    search: Annotated[float, typer.Option("--search", min=0, max=120, help="Also search the rest, so long [s].")] = 0.0,
    accept: Annotated[bool, typer.Option("--accept", help="Give it to the run.")] = False,
    var: VarDir = VAR,
    as_json: AsJson = False,
) -> None:
    """Price a new order beside the plan of the running day; with --accept it comes into the day."""
    from parkwright.wire.drafting import rush_answer

    park = loaded(park_dir)
    asked = {"product_id": product, "quantity": quantity, "due": the_instant(due, "--due"), "market_id": market}
    with told():
        found = rush_answer(park, var, {**asked, "weight_cny_per_h": weight}, search, accept=accept)
    show(found, as_json)


@app.command("outage")
def outage(
    park_dir: ParkDir,
    line: Annotated[str, typer.Option("--line", help="Line that goes out of use.")],
    reason: Annotated[str, typer.Option("--reason", help="Why: maintenance, breakdown, no crew; 120 characters.")] = "",
    start: Annotated[
        str, typer.Option("--from", help="From when, with its offset: 2026-07-15T10:00:00+08:00; else from now.")
    ] = "",
    until: Annotated[str, typer.Option("--until", help="Until when, with its offset; else the rest of the day.")] = "",
    back: Annotated[
        bool, typer.Option("--back", help="Give it back: an outage said before ends --until, else now or never is.")
    ] = False,
    search: Annotated[float, typer.Option("--search", min=0, max=120, help="Also search the rest, so long [s].")] = 0.0,
    accept: Annotated[bool, typer.Option("--accept", help="Give it to the run.")] = False,
    var: VarDir = VAR,
    as_json: AsJson = False,
) -> None:
    """Price a line out of use, or back, beside the plan of the running day; with --accept the run keeps it."""
    from parkwright.wire.drafting import ended_answer, outage_answer

    if back and reason:
        fail("--reason: an outage that ends keeps the reason that it was given; leave it away with --back")
    park = loaded(park_dir)
    asked = {"line_id": line, "start": the_instant(start, "--from"), "until": the_instant(until, "--until")}
    with told():
        if back:
            found = ended_answer(park, var, asked, search, accept=accept)
        else:
            found = outage_answer(park, var, {**asked, "reason": reason}, search, accept=accept)
    show(found, as_json)


@app.command("solve")
def solve(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Problem file; a park folder with --format park.")],
    form: Annotated[Format, typer.Option("--format", help="What FILE holds.")],
    seconds: Seconds = 10.0,
    seed: Annotated[int, typer.Option("--seed", min=0, max=2**31 - 1, help="Seed of the search.")] = 1,
    date: Annotated[str, typer.Option("--date", help="Day of a park, YYYY-MM-DD.")] = "",
    out: Annotated[
        Path | None, typer.Option("--out", help="CSV to write: job, stage, machine, start, end, all from 0.")
    ] = None,
    certify: Annotated[
        int, typer.Option("--certify", min=0, max=1000, help="Parts of a park's plan to prove best or make better.")
    ] = 0,
    as_json: AsJson = False,
) -> None:
    """Solve a scheduling problem: least makespan of a shop, or least cost of a park's own day."""
    if form is Format.PARK:
        from parkwright.wire.park_solve import solve_park

        if not date:
            fail("--date: is missing; a park is planned for a day, write --date 2026-07-15")
        park, day = loaded(file), the_day(date)
        with told(), falling(shown=not as_json, unit="CNY") as progress:
            answer = solve_park(park, day, seconds, seed, out, progress, certify)
    else:
        from parkwright.wire.scheduling import solve_file

        if date:
            fail(f"--date {date}: goes with --format park only; leave it away for a {form.value} file")
        if certify:
            fail(f"--certify {certify}: goes with --format park only; leave it away for a {form.value} file")
        with told(), falling(shown=not as_json, unit="makespan") as progress:
            answer = solve_file(file, form.value, seconds, seed, out, progress)
    show(answer, as_json)


@app.command("bench")
def bench(
    data: Annotated[Path, typer.Argument(metavar="DIR", help="Folder with instances.csv and the sets' folders.")],
    sets: Annotated[
        list[str] | None, typer.Option("--set", help="HFSP, SDST-PFSP or FJSP; all three where absent.")
    ] = None,
    seconds: Seconds = 10.0,
    seeds: Annotated[int, typer.Option("--seeds", min=1, max=100, help="How many seeds.")] = 1,
    every: Annotated[int, typer.Option("--every", min=1, help="Take every N-th file only.")] = 1,
    peer: Annotated[float, typer.Option("--peer", min=0, help="Also run OR-Tools CP-SAT for that long [s].")] = 0.0,
    out: Annotated[Path | None, typer.Option("--out", help="Write the tables to this Markdown file.")] = None,
    as_json: AsJson = False,
) -> None:
    """Solve the public sets and write the table of mean gaps to the best known makespans."""
    from parkwright.wire.scheduling import SETS, bench_answer
    from parkwright.wire.written import must_be_writable, write_text

    with told():
        must_be_writable(out)
        answer, text = bench_answer(data, sets or list(SETS), seconds, range(seeds), every, peer, said(not as_json))
        if out is not None:
            write_text(out, text)
    if as_json:
        show(answer, as_json)
    else:
        typer.echo(text, nl=False)


def said(shown: bool) -> Callable[[str], None]:
    """Return what tells a line on standard error, or nothing."""
    return (lambda line: typer.echo(line, err=True)) if shown else (lambda line: None)


@contextmanager
def falling(*, shown: bool, unit: str) -> Iterator[Callable[[float, float], None]]:
    """Show on standard error how the objective falls, when it is a terminal."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    console = Console(stderr=True)
    columns = (TextColumn("{task.description:28}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=not (shown and console.is_terminal)) as bar:
        task = bar.add_task("searching", total=1.0)
        yield lambda share, best: bar.update(task, description=f"{unit} {best:,.10g}", completed=share)
