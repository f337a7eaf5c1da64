"""Commands of `parkwright energy` about buildings: the standard's cases, glass, points."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from parkwright.cli.terminal import AsJson, ParkDir, loaded, show, told

app = typer.Typer()


@app.command("bestest")
def bestest(
    weather: Annotated[
        Path | None, typer.Option("--weather", help="EPW of the cases instead of the one that ships.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Hold the building model to the cases of ASHRAE 140-2020: each result beside the range of six programs."""
    from parkwright.wire import buildings

    with told():
        answer = buildings.bestest_answer(weather)
    if as_json:
        show(answer, as_json)
        return
    for row in answer["quantities"] + answer["differences"]:
        mark = "inside" if row["inside"] else "OUTSIDE"
        typer.echo(
            f"{row['case']:8} {row['quantity']:16} {row['value']:8.3f}  {row['low']:8.3f} to {row['high']:8.3f}  {mark}"
        )
    share, worst = answer["inside_share"], answer["worst_outside_share"]
    typer.echo(
        f"{share:.1%} inside, the furthest {worst:.1%} outside; a building-year takes {answer['seconds_per_year']} s"
    )


@app.command("glass")
def glass(
    park_dir: ParkDir,
    building: Annotated[str, typer.Option("--building", help="Building of the park; none lists the glass.")] = "",
    glass: Annotated[str, typer.Option("--glass", help="Glass of the catalogue; none lists it.")] = "",
    price: Annotated[
        float | None, typer.Option("--price", min=0, help="Price fitted [CNY/m2] instead of the catalogue's.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Say what another glass on a building changes in a year: kWh, CNY, kg CO2e and the years to pay back."""
    from parkwright.wire import buildings

    if not building or not glass:
        show(buildings.catalogue_answer(), as_json)
        return
    with told():
        show(buildings.glass_answer(loaded(park_dir), building, glass, price), as_json)
