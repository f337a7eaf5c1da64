"""Commands for a whole park: check, new, day, run, home, wall, report, plan; and two for Parkwright's own use."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from parkwright.cli.terminal import (
    VAR,
    AsJson,
    Day,
    FromDay,
    OutFile,
    ParkDir,
    Seed,
    ToDay,
    VarDir,
    loaded,
    print_rich,
    progress_bar,
    say,
    show,
    the_day,
    told,
)
from parkwright.show.answers.span import Compare, Grain

app = typer.Typer(no_args_is_help=True)


@app.command()
def check(park_dir: ParkDir, as_json: AsJson = False) -> None:
    """Name everything that is wrong in a park folder."""
    from parkwright.store.check import findings

    with told():
        found = findings(park_dir)
    if as_json:
        rows = [{"file": f.file, "row": f.row, "thing": f.thing, "found": f.found, "way_out": f.way_out} for f in found]
        typer.echo(json.dumps({"park": str(park_dir), "findings": rows}, ensure_ascii=False))
    else:
        for finding in found:
            typer.echo(str(finding))
        typer.echo(f"{park_dir}: {'no findings' if not found else f'{len(found)} findings'}")
    raise typer.Exit(2 if found else 0)


@app.command()
def new(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="Folder to make; must not exist.")],
    park_id: Annotated[str, typer.Option("--id", help="Short identity, first part of serial numbers.")] = "P1",
) -> None:
    """Make a small park folder that checks clean and runs."""
    from parkwright.store.new import write_park

    with told():
        write_park(directory, park_id)
    typer.echo(f"{directory}: a park of one line. Run it: parkwright run {directory}")


@app.command()
def day(park_dir: ParkDir, date: Day, seed: Seed = 1, var: VarDir = VAR, as_json: AsJson = False) -> None:
    """Run one day headless: plan, run on the twin or from metered files, close the books, print its figures."""
    from parkwright.wire.headless import run_one

    park, which = loaded(park_dir), the_day(date)
    with told(), progress_bar(shown=not as_json) as progress:
        answer = run_one(park, park_dir, which, seed, var, progress)
    if as_json:
        show(answer, as_json)
        return
    from parkwright.wire.report import alarm_lines, day_table

    print_rich(day_table(park, which, answer))
    typer.echo("\n".join(alarm_lines(answer)))


@app.command()
def run(
    park_dir: ParkDir,
    speed: Annotated[float, typer.Option(min=0.1, max=3600, help="Park seconds in a second.")] = 60.0,
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port of the pages, on this machine only.")] = 8080,
    var: VarDir = VAR,
    seed: Seed = 1,
    history: Annotated[int, typer.Option(min=0, max=400, help="Past days to fill in.")] = 14,
) -> None:
    """Run a park live with its pages; killed at any moment, it goes on from its ledger."""
    typer.echo(f"Starting {park_dir} ...")
    from parkwright.wire import workers

    park, choice = loaded(park_dir), workers.Choice(park_dir, var, port, speed, seed, history)
    with told(), workers.running(park, choice, say) as places:
        from parkwright.wire.serve import serve

        serve(park, choice, places, say)


@app.command()
def home(park_dir: ParkDir, var: VarDir = VAR, as_json: AsJson = False) -> None:
    """Say whether the park is well today and what needs a person: the page Home."""
    from parkwright.wire import ask

    with told(), ask.opened(loaded(park_dir), var) as ledger:
        show(ask.home_answer(ledger, 14), as_json)


@app.command()
def wall(park_dir: ParkDir, var: VarDir = VAR, as_json: AsJson = False) -> None:
    """Say what the park is doing right now: the exhibition wall."""
    from parkwright.wire import ask

    with told(), ask.opened(loaded(park_dir), var) as ledger:
        show(ask.wall_answer(ledger, 14), as_json)


@app.command()
def plan(park_dir: ParkDir, date: Day, seed: Seed = 1, out: OutFile = None, as_json: AsJson = False) -> None:
    """Plan a day from the folder alone: orders, schedule, energy, transport; nothing is recorded."""
    from parkwright.wire import ask

    park, which = loaded(park_dir), the_day(date)
    with told():
        made = ask.planned(park, which, seed)
        if out:
            ask.write_table(made.schedule, out)
    show(ask.plan_answer(made), as_json)


@app.command()
def report(
    park_dir: ParkDir,
    scope: Annotated[str, typer.Option(help="A building or a line; the site where absent.")] = "",
    grain: Annotated[Grain, typer.Option(help="Length of a period.")] = "day",
    compare: Annotated[
        Compare, typer.Option(help="Against the period before, or the same one a year before.")
    ] = "previous",
    start: FromDay = "",
    end: ToDay = "",
    var: VarDir = VAR,
    as_json: AsJson = False,
) -> None:
    """Report what a place used, cost and emitted by day, month or year: the page Report."""
    from parkwright.wire import ask

    first, last = (the_day(text) if text else None for text in (start, end))
    with told(), ask.opened(loaded(park_dir), var) as ledger:
        found = ask.report_answer(ledger, scope, grain, compare, first, last)
    if as_json:
        show(found.model_dump(mode="json"), as_json)
        return
    from parkwright.wire.report import periods_table

    print_rich(periods_table(found))


@app.command(hidden=True)
def worker(
    name: str, park_dir: Path, var: VarDir = VAR, seed: Seed = 1, speed: float = 60.0, history: int = 14
) -> None:
    """Run one of the processes beside the server of a live park."""
    park = loaded(park_dir)
    with told():
        if name == "live":
            from parkwright.wire import live

            live.main(park, park_dir, var, seed, speed, say)
        else:
            from parkwright.wire import history as past

            past.main(park, park_dir, var, seed, history, say)


@app.command(hidden=True)
def warm() -> None:
    """Compile the kernels, so that the first day starts at once."""
    from parkwright.wire.warm import warm_up

    warm_up()
