"""Commands of `parkwright carbon certificate`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from parkwright.cli.terminal import VAR, AsJson, FromDay, ParkDir, ToDay, VarDir, loaded, show, the_day, told

if TYPE_CHECKING:
    from parkwright.wire.certificates import CertificateBoard

app = typer.Typer(no_args_is_help=True, help="Certificates of green power: entered, held, sold, retired once.")

Registry = Annotated[str, typer.Argument(metavar="REGISTRY", help="Who issued them, for example GEC.")]
First = Annotated[int, typer.Argument(metavar="FIRST", min=1, help="First serial number.")]
Last = Annotated[int, typer.Argument(metavar="LAST", min=1, help="Last serial number.")]


@contextmanager
def board(park_dir: Path, var: Path) -> Iterator[CertificateBoard]:
    """Open the park's certificates; errors become lines and exit code 2."""
    from parkwright.wire import certificates

    park = loaded(park_dir)
    with told(), certificates.opened(park, park_dir, var) as found:
        yield found


@app.command("list")
def list_(park_dir: ParkDir, var: VarDir = VAR, as_json: AsJson = False) -> None:
    """List the ranges with their state, and the energy in each state."""
    with board(park_dir, var) as found:
        show(found.certificates(), as_json)


@app.command("enter")
def enter(
    park_dir: ParkDir,
    registry: Registry,
    first: First,
    last: Last,
    start: FromDay,
    end: ToDay,
    region: Annotated[str, typer.Option(help="Where the power was made: a code of ISO 3166, for example CN or CN-NM.")],
    technology: Annotated[str, typer.Option(help="How it was made, for example wind.")],
    factor: Annotated[float, typer.Option(min=0, help="Emissions of the power, kg CO2e/kWh.")] = 0.0,
    hour: Annotated[
        int | None, typer.Option(min=0, max=23, help="Hour of that one day, by the park's clock, where it is known.")
    ] = None,
    own: Annotated[bool, typer.Option("--own", help="The power was made and used on this site.")] = False,
    held: Annotated[bool, typer.Option("--held", help="They are in the park's account already.")] = False,
    var: VarDir = VAR,
    as_json: AsJson = False,
) -> None:
    """Enter a range that was issued for power made from --from to --to, a certificate 1,000 kWh."""
    from parkwright.carbon.certificates import Kind
    from parkwright.wire.certificates import PERSON

    kind, serials = Kind(region, technology, own, Decimal(str(factor))), (registry, first, last)
    with board(park_dir, var) as found:
        by = found.person(PERSON)
        found.enter(serials, (the_day(start), the_day(end)), kind, by, hour)
        if held:
            found.move(serials, "held", by)
        show(found.certificates(), as_json)


@app.command("move")
def move(
    park_dir: ParkDir,
    registry: Registry,
    first: First,
    last: Last,
    state: Annotated[str, typer.Option("--state", help="held, sold or expired.")],
    var: VarDir = VAR,
    as_json: AsJson = False,
) -> None:
    """Move serial numbers to another state, all of them or none; sold and expired are final."""
    from parkwright.wire.certificates import PERSON

    with board(park_dir, var) as found:
        found.move((registry, first, last), state, found.person(PERSON))
        show(found.certificates(), as_json)


@app.command("expire")
def expire(park_dir: ParkDir, var: VarDir = VAR, as_json: AsJson = False) -> None:
    """Expire for good what is issued or held and can be retired no more: two years after the power was made."""
    from parkwright.wire.certificates import PERSON

    with board(park_dir, var) as found:
        gone = found.expire(found.person(PERSON))
        show({"expired": gone, **found.certificates()}, as_json)


@app.command("retire")
def retire(
    park_dir: ParkDir,
    registry: Registry,
    first: First,
    last: Last,
    start: FromDay,
    end: ToDay,
    var: VarDir = VAR,
    as_json: AsJson = False,
) -> None:
    """Retire serial numbers for good to what the park used from --from to --to: all or none, no more than it used."""
    from parkwright.wire.certificates import PERSON

    with board(park_dir, var) as found:
        found.retire((registry, first, last), (the_day(start), the_day(end)), found.person(PERSON))
        show(found.certificates(), as_json)
