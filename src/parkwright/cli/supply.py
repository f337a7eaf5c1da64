"""Commands of `parkwright supply`."""

from __future__ import annotations

import typer

from parkwright.cli.terminal import AsJson, Day, OutFile, ParkDir, Seed, table

app = typer.Typer(no_args_is_help=True, help="Supply: kits.")


@app.command("kits")
def kits(park_dir: ParkDir, date: Day, seed: Seed = 1, out: OutFile = None, as_json: AsJson = False) -> None:
    """List when each job's material is planned to be complete."""
    table(park_dir, date, seed, out, as_json, "kits")
