"""Commands of `parkwright quality`."""

from __future__ import annotations

import typer

from parkwright.cli.terminal import VAR, AsJson, Day, ParkDir, VarDir, loaded, show, the_day, told

app = typer.Typer(no_args_is_help=True, help="Quality: alarms.")


@app.command("alarms")
def alarms(park_dir: ParkDir, date: Day, var: VarDir = VAR, as_json: AsJson = False) -> None:
    """List the alarms of a day."""
    from parkwright.wire import ask

    park, which = loaded(park_dir), the_day(date)
    with told(), ask.opened(park, var) as ledger:
        show(ask.alarms_answer(ledger, which), as_json)
