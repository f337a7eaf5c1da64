"""Commands of `parkwright make`."""

from __future__ import annotations

import typer

from parkwright.cli.terminal import VAR, AsJson, Day, OutFile, ParkDir, Seed, Unit, VarDir, loaded, show, table, told

app = typer.Typer(no_args_is_help=True, help="Production: orders, genealogy.")


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
