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
    from rich.table import Table

    from parkwright.model.park import Park

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    help="Runs a green manufacturing park: one plan for delivery, cost and carbon; one ledger that adds up.",
)

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

make = typer.Typer(no_args_is_help=True, help="Production: orders, genealogy.")
quality = typer.Typer(no_args_is_help=True, help="Quality: alarms.")
move = typer.Typer(no_args_is_help=True, help="Logistics: transport tasks.")
energy = typer.Typer(no_args_is_help=True, help="Energy: a day's flows, day-ahead set-points.")
carbon = typer.Typer(no_args_is_help=True, help="Carbon: passports, inventory, targets, evidence.")
supply = typer.Typer(no_args_is_help=True, help="Supply: kits.")
for name, group in (
    ("make", make), ("quality", quality), ("move", move), ("energy", energy), ("carbon", carbon), ("supply", supply),
):  # fmt: skip
    app.add_typer(group, name=name)


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


def the_instant(text: str) -> datetime.datetime | None:
    """Return the instant that `text` names, None for nothing, or end with exit code 2."""
    try:
        found = datetime.datetime.fromisoformat(text) if text else None
    except ValueError:
        fail(f"--as-of {text!r}: is no instant; write 2026-07-31T18:00:00+08:00")
    if found is not None and found.tzinfo is None:
        fail(f"--as-of {text}: has no offset; write 2026-07-31T18:00:00+08:00")
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


@make.command("genealogy")
def make_genealogy(park_dir: ParkDir, unit: Unit, var: VarDir = VAR, as_json: AsJson = False) -> None:
    """Say what a unit is made of and where it passed."""
    from parkwright.wire import ask

    with told(), ask.opened(loaded(park_dir), var) as ledger:
        show(ask.genealogy_answer(ledger, unit), as_json)


@make.command("orders")
def make_orders(park_dir: ParkDir, date: Day, seed: Seed = 1, out: OutFile = None, as_json: AsJson = False) -> None:
    """List the day's order lines, generated or from orders.csv."""
    table(park_dir, date, seed, out, as_json, "orders")


@quality.command("alarms")
def quality_alarms(park_dir: ParkDir, date: Day, var: VarDir = VAR, as_json: AsJson = False) -> None:
    """List the alarms of a day."""
    from parkwright.wire import ask

    with told(), ask.opened(loaded(park_dir), var) as ledger:
        show(ask.alarms_answer(ledger, the_day(date)), as_json)


@move.command("tasks")
def move_tasks(park_dir: ParkDir, date: Day, seed: Seed = 1, out: OutFile = None, as_json: AsJson = False) -> None:
    """List the transport tasks that the day's schedule asks for."""
    table(park_dir, date, seed, out, as_json, "tasks")


@supply.command("kits")
def supply_kits(park_dir: ParkDir, date: Day, seed: Seed = 1, out: OutFile = None, as_json: AsJson = False) -> None:
    """List when each job's material is planned to be complete."""
    table(park_dir, date, seed, out, as_json, "kits")


@energy.command("day")
def energy_day(park_dir: ParkDir, date: Day, var: VarDir = VAR, as_json: AsJson = False) -> None:
    """Say where each kWh of a day came from and went: the page Energy."""
    from parkwright.wire import ask

    with told(), ask.opened(loaded(park_dir), var) as ledger:
        show(ask.energy_answer(ledger, the_day(date)), as_json)


@energy.command("dispatch")
def energy_dispatch(park_dir: ParkDir, date: Day, seed: Seed = 1, out: OutFile = None, as_json: AsJson = False) -> None:
    """List the day-ahead set-points of battery, heat pump and boiler with their reasons."""
    table(park_dir, date, seed, out, as_json, "dispatch")


@carbon.command("passport")
def carbon_passport(park_dir: ParkDir, unit: Unit, var: VarDir = VAR, as_json: AsJson = False) -> None:
    """Show a unit's carbon passport."""
    from parkwright.wire import ask

    with told(), ask.opened(loaded(park_dir), var) as ledger:
        show(ask.passport_answer(ledger, unit), as_json)


@carbon.command("explain")
def carbon_explain(park_dir: ParkDir, unit: Unit, var: VarDir = VAR, as_json: AsJson = False) -> None:
    """Show every step from meter to unit behind a passport."""
    from parkwright.wire import ask

    with told(), ask.opened(loaded(park_dir), var) as ledger:
        show(ask.explain_answer(ledger, unit), as_json)


@carbon.command("export")
def carbon_export(
    park_dir: ParkDir,
    target: Annotated[Path, typer.Argument(metavar="DIR", help="Folder to write; must not exist.")],
    start: FromDay,
    end: ToDay,
    var: VarDir = VAR,
    as_json: AsJson = False,
) -> None:
    """Export the ledger of some days as a bundle that anyone can verify without parkwright."""
    from parkwright.wire import ask

    with told():
        show(ask.export_bundle(loaded(park_dir), var, target, the_day(start), the_day(end)), as_json)


@carbon.command("verify")
def carbon_verify(bundle: Annotated[Path, typer.Argument(metavar="DIR", help="Exported bundle.")]) -> None:
    """Verify an exported bundle: chain, contents, journals. Exit code 1 when something is wrong."""
    from parkwright.ledger import verifier

    raise typer.Exit(verifier.main([str(bundle)]))


@carbon.command("inventory")
def carbon_inventory(
    park_dir: ParkDir,
    start: FromDay,
    end: ToDay,
    as_of: Annotated[str, typer.Option("--as-of", help="Report as of this instant, ISO 8601 with its offset.")] = "",
    var: VarDir = VAR,
    as_json: AsJson = False,
) -> None:
    """Report emissions by scope from the ledger, with the national form beside."""
    from parkwright.wire import carbon as accounts

    with told(), accounts.opened(loaded(park_dir), park_dir, var, the_instant(as_of)) as found:
        show(accounts.inventory_answer(found, the_day(start), the_day(end)), as_json)


@carbon.command("targets")
def carbon_targets(
    park_dir: ParkDir,
    start: FromDay,
    end: ToDay,
    var: VarDir = VAR,
    as_json: AsJson = False,
) -> None:
    """Hold the pace of some closed days against the park's targets: path, gap, chance."""
    from parkwright.wire import carbon as accounts

    with told(), accounts.opened(loaded(park_dir), park_dir, var) as found:
        show(accounts.targets_answer(found, the_day(start), the_day(end)), as_json)


@carbon.command("abate")
def carbon_abate(
    park_dir: ParkDir,
    start: FromDay,
    end: ToDay,
    var: VarDir = VAR,
    as_json: AsJson = False,
) -> None:
    """List measures by what a ton costs, and low-temperature solder beside its published claims."""
    from parkwright.wire import carbon as accounts

    with told(), accounts.opened(loaded(park_dir), park_dir, var) as found:
        show(accounts.abate_answer(found, the_day(start), the_day(end)), as_json)


@carbon.command("indicators")
def carbon_indicators(
    park_dir: ParkDir,
    start: FromDay,
    end: ToDay,
    var: VarDir = VAR,
    as_json: AsJson = False,
) -> None:
    """Show the indicators of the zero-carbon programmes and the checklist of the centre."""
    from parkwright.wire import carbon as accounts

    with told(), accounts.opened(loaded(park_dir), park_dir, var) as found:
        show(accounts.zero_carbon_answer(found, the_day(start), the_day(end)), as_json)


@carbon.command("restate")
def carbon_restate(
    park_dir: ParkDir,
    date: Day,
    readings: Annotated[Path, typer.Argument(metavar="CSV", help="Late readings: start, meter_id, energy_kwh.")],
    reason: Annotated[str, typer.Option(help="late_reading, error, method or structural.")],
    text: Annotated[str, typer.Option(help="What happened, for a person.")],
    var: VarDir = VAR,
    as_json: AsJson = False,
) -> None:
    """Correct a closed day by reversal and new posting."""
    from parkwright.wire import restate

    now = datetime.datetime.now(datetime.UTC)
    with told():
        show(restate.late_readings(loaded(park_dir), var, the_day(date), readings, reason, text, now), as_json)


def table(park_dir: Path, date: str, seed: int, out: Path | None, as_json: bool, which: str) -> None:
    """Plan a day and show or write one of its tables."""
    from parkwright.wire import ask

    park, day_wanted = loaded(park_dir), the_day(date)
    with told():
        made = ask.planned(park, day_wanted, seed)
        frame = ask.kits(park, made) if which == "kits" else getattr(made, which)
        if out:
            ask.write_table(frame, out)
    if as_json:
        show({"day": date, which: ask.rows_of(frame)}, as_json)
        return
    typer.echo(frame.head(ask.JOBS_SHOWN))
    typer.echo(f"{frame.height} rows" + (f", written to {out}" if out else "; --out FILE.csv writes them all"))


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


def print_rich(thing: Table) -> None:
    """Print a table or text for a person."""
    from rich.console import Console

    Console().print(thing)


def main() -> None:
    """Run the command line."""
    app()


if __name__ == "__main__":
    main()
