"""Commands of `parkwright energy`."""

from __future__ import annotations

from typing import Annotated

import typer

from parkwright.cli import energy_building, energy_dispatch, energy_sources
from parkwright.cli.terminal import VAR, AsJson, Day, OutFile, ParkDir, Seed, VarDir, loaded, show, table, the_day, told

app = typer.Typer(no_args_is_help=True, help="Energy: a day's flows, day-ahead set-points, cases, buildings.")
app.add_typer(energy_building.app)
app.add_typer(energy_dispatch.app)
app.add_typer(energy_sources.app)


@app.command("day")
def day(park_dir: ParkDir, date: Day, var: VarDir = VAR, as_json: AsJson = False) -> None:
    """Say where each kWh of a day came from and went: the page Energy."""
    from parkwright.wire import ask

    park, which = loaded(park_dir), the_day(date)
    with told(), ask.opened(park, var) as ledger:
        show(ask.energy_answer(ledger, which), as_json)


@app.command("dispatch")
def dispatch(park_dir: ParkDir, date: Day, seed: Seed = 1, out: OutFile = None, as_json: AsJson = False) -> None:
    """List the day-ahead set-points of battery, heat pump and boiler with their reasons."""
    table(park_dir, date, seed, out, as_json, "dispatch")


@app.command("work")
def work(park_dir: ParkDir, date: Day, seed: Seed = 1, as_json: AsJson = False) -> None:
    """Say what planning a day's movable work together with the energy plant saves, beside shifting it by tariff."""
    from parkwright.wire import ask
    from parkwright.wire import work as day_work

    park, which = loaded(park_dir), the_day(date)
    with told():
        found = day_work.answer(park, which, ask.planned(park, which, seed).work)
    show(found.model_dump(mode="json"), as_json)


@app.command("forecast")
def forecast(
    park_dir: ParkDir,
    date: Day,
    planned: Annotated[bool, typer.Option("--planned", help="Add the machines' load from the day's plan.")] = False,
    proof: Annotated[int, typer.Option(min=0, max=365, help="Prove it on this many last metered days.")] = 0,
    seed: Seed = 1,
    var: VarDir = VAR,
    as_json: AsJson = False,
) -> None:
    """Say what load, sun and heat a day may bring, with quantiles, from the metered past or the typical year."""
    from parkwright.wire import forecast as ahead

    park, which = loaded(park_dir), the_day(date)
    with told():
        found = ahead.answer(park, park_dir, which, var, planned=seed if planned else None, proof_days=proof)
    show(found, as_json)
