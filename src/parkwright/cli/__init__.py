"""The command line: wires plants, stores and faces together.

One file a group of commands. The only folder that imports inside functions, so that `--help` is quick.
"""

from __future__ import annotations

import typer

from parkwright.cli import carbon, certificates, energy, exchange, make, move, park, quality, supply

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    help="Runs a green manufacturing park: one plan for delivery, cost and carbon; one ledger that adds up.",
)
app.add_typer(park.app)
carbon.app.add_typer(exchange.app)
carbon.app.add_typer(certificates.app, name="certificate")
for name, group in (
    ("make", make), ("quality", quality), ("move", move), ("energy", energy), ("carbon", carbon), ("supply", supply),
):  # fmt: skip
    app.add_typer(group.app, name=name)


def main() -> None:
    """Run the command line."""
    app()
