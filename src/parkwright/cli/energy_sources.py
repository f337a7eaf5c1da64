"""Commands of `parkwright energy` about sun, lamps, the bill, and what each asset of the plant is worth."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from parkwright.cli.terminal import VAR, AsJson, ParkDir, VarDir, loaded, show, told

app = typer.Typer()


@app.command("lamps")
def lamps(
    park_dir: ParkDir,
    panel_price: Annotated[float, typer.Option(min=0, help="CNY for a W of panel; assumed.")] = 2.0,
    battery_price: Annotated[float, typer.Option(min=0, help="CNY for a Wh of battery; assumed.")] = 1.2,
    turbine: Annotated[float, typer.Option(min=0, max=5000, help="W of a wind turbine on each mast.")] = 0.0,
    passers: Annotated[
        float | None,
        typer.Option(min=0, max=3600, help="People who pass a lamp in an hour; left out: as in energy.toml."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Say how the off-grid lamps fare in the typical year, and the cheapest design without a dark night."""
    from parkwright.wire import lamps as fleet

    park = loaded(park_dir)
    with told():
        found = fleet.answer(park, panel_price, battery_price, turbine, passers)
    show(found, as_json)


@app.command("lamp-faults")
def lamp_faults(
    park_dir: ParkDir,
    days: Annotated[int, typer.Option("--days", min=2, max=400, help="Last days of the ledger to look at.")] = 14,
    curves: Annotated[Path | None, typer.Option(help="CSV of measured curves: start, lamp_id, charge_wh.")] = None,
    var: VarDir = VAR,
    as_json: AsJson = False,
) -> None:
    """Say which off-grid lamps have a fault and which are silent, from their charge curves; with --json every lamp."""
    from parkwright.wire import lamp_faults as found_faults

    park = loaded(park_dir)
    with told():
        found = found_faults.answer(park, var, days, curves)
    if not as_json:
        for fleet in found["fleets"]:
            del fleet["lamps"]
    show(found, as_json)


@app.command("assets")
def assets(
    park_dir: ParkDir,
    year: Annotated[int, typer.Option(min=1990, max=2100, help="Year of weekdays, holidays, tariffs.")] = 2026,
    every: Annotated[int, typer.Option(min=1, max=31, help="Take each N-th day and count it N times.")] = 1,
    weather: Annotated[list[Path] | None, typer.Option(help="Another EPW file; may be given more than once.")] = None,
    as_json: AsJson = False,
) -> None:
    """Say what a year costs with and without sun, battery, heat recovery, glass and control, by weather file."""
    from parkwright.wire import assets as worth

    park = loaded(park_dir)
    with told():
        found = worth.answer(park, year, every, weather or ())
    show(found, as_json)


@app.command("solar")
def solar(
    park_dir: ParkDir,
    days: Annotated[int, typer.Option("--days", min=1, max=400, help="Last metered days to look at.")] = 60,
    var: VarDir = VAR,
    as_json: AsJson = False,
) -> None:
    """Say how each solar field did against the weather: yield, performance ratio, faults; with --json every day."""
    from parkwright.wire import yields

    park = loaded(park_dir)
    with told():
        found = yields.answer(park, park_dir, var, days)
    if not as_json:
        for field in found["fields"]:
            del field["daily"]
    show(found, as_json)


@app.command("bill")
def bill(
    park_dir: ParkDir,
    month: Annotated[str, typer.Option("--month", help="Month, YYYY-MM.")],
    certificates: Annotated[float, typer.Option("--certificates", min=0, help="MWh of certificates bought.")] = 0.0,
    var: VarDir = VAR,
    as_json: AsJson = False,
) -> None:
    """Say what grid power cost in a month by part: bands, demand, export, carbon, certificates; and what is booked."""
    from parkwright.wire import bills

    park = loaded(park_dir)
    with told():
        found = bills.answer(park, park_dir, var, month, certificates)
    show(found, as_json)
