"""The command line: wires plants, stores and faces together. The only module that imports inside functions."""

from __future__ import annotations

import datetime
import json
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

if TYPE_CHECKING:
    from parkwright.model.park import Park

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    help="Runs a green manufacturing park: one plan for delivery, cost and carbon; one ledger that adds up.",
)

ParkDir = Annotated[Path, typer.Argument(metavar="PARK", help="Park folder, for example parks/tianjin.")]
VarDir = Annotated[Path, typer.Option("--var", help="Folder of ledgers and operational data.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
Day = Annotated[str, typer.Option("--date", help="Day in the park's time zone, YYYY-MM-DD.")]
Seed = Annotated[int, typer.Option("--seed", min=0, max=2**31 - 1, help="Seed of all that chance decides on a twin.")]
VAR = Path("var")


def fail(message: str) -> NoReturn:
    """Print what is wrong, where, and the way out, and end with exit code 2."""
    typer.echo(message, err=True)
    raise typer.Exit(2)


@contextmanager
def told() -> Iterator[None]:
    """Turn errors that a user can act on into lines on standard error and exit code 2."""
    from parkwright.model.errors import ParkwrightError

    try:
        yield
    except ParkwrightError as error:
        fail(str(error))


def the_day(text: str) -> datetime.date:
    """Return the day that `text` names, or end with exit code 2."""
    try:
        return datetime.date.fromisoformat(text)
    except ValueError:
        fail(f"--date {text!r}: is no date; write it as YYYY-MM-DD, for example 2026-07-15")


def loaded(park_dir: Path) -> Park:
    """Return the park of a folder; its findings, one line each, and exit code 2 when it cannot be used."""
    from parkwright.store import folder

    with told():
        return folder.load(park_dir)


def show(answer: Mapping[str, Any], as_json: bool) -> None:
    """Print an answer as one JSON object, or as lines of `key value`."""
    if as_json:
        typer.echo(json.dumps(answer, ensure_ascii=False, default=str))
        return
    for key, value in flat(answer):
        typer.echo(f"{key:42} {value}")


def flat(answer: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Yield (dotted key, value) of a nested answer."""
    for key, value in answer.items():
        if isinstance(value, Mapping):
            yield from flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


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
    from parkwright.wire.report import day_table

    print_rich(day_table(park, which, answer))


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
    from parkwright.wire.serve import Choice, serve

    park = loaded(park_dir)
    with told():
        serve(park, Choice(park_dir, var, port, speed, seed, history), say)


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


def say(line: str) -> None:
    """Print one line at once, also from a worker whose output is a pipe."""
    typer.echo(line)
    sys.stdout.flush()


@contextmanager
def progress_bar(*, shown: bool) -> Iterator[Callable[[str, float], None]]:
    """Show stage and share on standard error when it is a terminal."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    console = Console(stderr=True)
    columns = (TextColumn("{task.description:18}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=not (shown and console.is_terminal)) as bar:
        task = bar.add_task("planning", total=1.0)
        words = {"plan": "planning", "run": "running the day", "close": "closing the books"}
        yield lambda stage, share: bar.update(task, description=words[stage], completed=share)


def print_rich(thing: Any) -> None:
    """Print a table or text for a person."""
    from rich.console import Console

    Console().print(thing)


def main() -> None:
    """Run the command line."""
    app()


if __name__ == "__main__":
    main()
