"""Commands of `parkwright move`."""

from __future__ import annotations

import typer

from parkwright.cli.terminal import AsJson, Day, OutFile, ParkDir, Seed, table

app = typer.Typer(no_args_is_help=True, help="Logistics: transport tasks.")


@app.command("tasks")
def tasks(park_dir: ParkDir, date: Day, seed: Seed = 1, out: OutFile = None, as_json: AsJson = False) -> None:
    """List the transport tasks that the day's schedule asks for."""
    table(park_dir, date, seed, out, as_json, "tasks")
