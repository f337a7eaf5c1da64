"""What the commands share: their arguments, how they answer and how they say what is wrong."""

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
    from rich.table import Table

    from parkwright.model.park import Park

ParkDir = Annotated[Path, typer.Argument(metavar="PARK", help="Park folder, for example parks/tianjin.")]
VarDir = Annotated[Path, typer.Option("--var", help="Folder of ledgers and operational data.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
Day = Annotated[str, typer.Option("--date", help="Day in the park's time zone, YYYY-MM-DD.")]
Seed = Annotated[int, typer.Option("--seed", min=0, max=2**31 - 1, help="Seed of all that chance decides on a twin.")]
Unit = Annotated[str, typer.Argument(metavar="UNIT", help="Serial number.")]
OutFile = Annotated[Path | None, typer.Option("--out", help="Write the table to this CSV or Parquet file.")]
FromDay = Annotated[str, typer.Option("--from", help="First day, YYYY-MM-DD.")]
ToDay = Annotated[str, typer.Option("--to", help="Last day, YYYY-MM-DD.")]
VAR = Path("var")
YEARS = range(2000, 2100)
"""Years of the days that a command takes, as the pages and the API do (show/api.py, which is slow to load)."""


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
        day = datetime.date.fromisoformat(text)
    except ValueError:
        fail(f"day {text!r}: is no date; write it as YYYY-MM-DD, for example 2026-07-15")
    if day.year not in YEARS:
        fail(f"day {text!r}: is of another century; give one from {YEARS[0]}-01-01 to {YEARS[-1]}-12-31")
    return day


def the_instant(text: str, option: str = "--as-of") -> datetime.datetime | None:
    """Return the instant that `text` names, None for nothing, or end with exit code 2."""
    try:
        found = datetime.datetime.fromisoformat(text) if text else None
    except ValueError:
        fail(f"{option} {text!r}: is no instant; write 2026-07-31T18:00:00+08:00")
    if found is not None and found.tzinfo is None:
        fail(f"{option} {text}: has no offset; write 2026-07-31T18:00:00+08:00")
    return found


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
    """Yield (dotted key, value) of a nested answer; entries of a list by their number from 1."""
    for key, value in answer.items():
        if isinstance(value, Mapping):
            yield from flat(value, f"{prefix}{key}.")
        elif isinstance(value, list) and any(isinstance(entry, Mapping) for entry in value):
            yield from flat({str(number): entry for number, entry in enumerate(value, start=1)}, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


def table(park_dir: Path, date: str, seed: int, out: Path | None, as_json: bool, which: str) -> None:
    """Plan a day and show or write one of its tables."""
    from parkwright.wire import ask

    park, day_wanted = loaded(park_dir), the_day(date)
    with told():
        made = ask.planned(park, day_wanted, seed)
        frame = ask.kits(made) if which == "kits" else getattr(made, which)
        if out:
            ask.write_table(frame, out)
    if as_json:
        show({"day": date, which: ask.rows_of(frame)}, as_json)
        return
    typer.echo(frame.head(ask.JOBS_SHOWN))
    typer.echo(f"{frame.height} rows" + (f", written to {out}" if out else "; --out FILE.csv writes them all"))


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


def print_rich(thing: Table) -> None:
    """Print a table or text for a person."""
    from rich.console import Console

    Console().print(thing)
