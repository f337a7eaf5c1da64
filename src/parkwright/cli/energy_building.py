"""Commands of `parkwright energy` about buildings: the standard's cases, glass, points."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from parkwright.cli.terminal import VAR, AsJson, ParkDir, VarDir, fail, loaded, show, told

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

    park = loaded(park_dir)
    if not building or not glass:
        show(buildings.catalogue_answer(), as_json)
        return
    with told():
        show(buildings.glass_answer(park, building, glass, price), as_json)


@app.command("points")
def points(
    park_dir: ParkDir,
    building: Annotated[str, typer.Option("--building", help="Points of one building.")] = "",
    read: Annotated[bool, typer.Option("--read", help="Ask the devices over BACnet and Modbus.")] = False,
    point: Annotated[str, typer.Option("--set", help="Set-point to change; needs --value and --reason.")] = "",
    value: Annotated[float | None, typer.Option("--value", help="Its new value.")] = None,
    reason: Annotated[str, typer.Option("--reason", help="Why it is changed.")] = "",
    undo: Annotated[str, typer.Option("--undo", help="Set-point whose last change is taken back.")] = "",
    who: Annotated[str, typer.Option("--who", help="Who changes it.")] = "command line",
    out: Annotated[Path | None, typer.Option("--brick", help="Write the points as Brick (Turtle) here.")] = None,
    given: Annotated[
        Path | None, typer.Option("--compare", help="Say how the points of a Brick file differ from the park's.")
    ] = None,
    taken: Annotated[
        Path | None, typer.Option("--take", help="Take the points of a Brick file into the park's points.csv.")
    ] = None,
    var: VarDir = VAR,
    as_json: AsJson = False,
) -> None:
    """List a park's building points by comfort and range; change a set-point within its limits; exchange Brick."""
    import datetime

    from parkwright.wire import plants
    from parkwright.wire import points as bms

    park, now = loaded(park_dir), datetime.datetime.now(datetime.UTC)
    with told():
        if point:
            if value is None:
                fail(f"--set {point}: has no value; give --value and --reason")
            show(bms.set_answer(park, var, point, value, who, reason, now), as_json)
        elif undo:
            show(bms.undo_answer(park, var, undo, who, now), as_json)
        elif out is not None:
            out.write_text(bms.brick_text(park), encoding="utf-8")
            show({"points": len(park.points), "written_to": str(out)}, as_json)
        elif taken is not None:
            show(bms.take_brick(park, park_dir, text_of(taken)), as_json)
        elif given is not None:
            show(bms.brick_answer(park, text_of(given)), as_json)
        else:
            show(bms.points_answer(park, var, now, plants.buses() if read else None, building), as_json)


def text_of(path: Path) -> str:
    """Return the text of a file, or end with exit code 2."""
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        fail(f"{path}: cannot be read as text ({error}); give a Turtle file")
