"""Commands of `parkwright energy` about sun, lamps and what each asset of the plant is worth."""

from __future__ import annotations

from typing import Annotated

import typer

from parkwright.cli.terminal import AsJson, ParkDir, loaded, show, told

app = typer.Typer()


@app.command("lamps")
def lamps(
    park_dir: ParkDir,
    panel_price: Annotated[float, typer.Option(min=0, help="CNY for a W of panel; assumed.")] = 2.0,
    battery_price: Annotated[float, typer.Option(min=0, help="CNY for a Wh of battery; assumed.")] = 1.2,
    turbine: Annotated[float, typer.Option(min=0, max=5000, help="W of a wind turbine on each mast.")] = 0.0,
    as_json: AsJson = False,
) -> None:
    """Say how the off-grid lamps fare in the typical year, and the cheapest design without a dark night."""
    from parkwright.wire import lamps as fleet

    park = loaded(park_dir)
    with told():
        found = fleet.answer(park, panel_price, battery_price, turbine)
    show(found, as_json)
