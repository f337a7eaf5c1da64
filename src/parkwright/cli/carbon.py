"""Commands of `parkwright carbon`."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Annotated

import typer

from parkwright.cli.terminal import (
    VAR,
    AsJson,
    Day,
    FromDay,
    ParkDir,
    ToDay,
    Unit,
    VarDir,
    loaded,
    show,
    the_day,
    the_instant,
    told,
)

app = typer.Typer(no_args_is_help=True, help="Carbon: passports, inventory, targets, evidence.")


@app.command("passport")
def passport(park_dir: ParkDir, unit: Unit, var: VarDir = VAR, as_json: AsJson = False) -> None:
    """Show a unit's passport: what the ledger attributed to it, and its product carbon footprint."""
    from parkwright.wire import ask

    with told(), ask.opened(loaded(park_dir), var) as ledger:
        show(ask.passport_answer(ledger, unit, park_dir, var), as_json)


@app.command("explain")
def explain(park_dir: ParkDir, unit: Unit, var: VarDir = VAR, as_json: AsJson = False) -> None:
    """Show every step from meter to unit behind a passport."""
    from parkwright.wire import ask

    with told(), ask.opened(loaded(park_dir), var) as ledger:
        show(ask.explain_answer(ledger, unit), as_json)


@app.command("posting")
def posting(
    park_dir: ParkDir,
    date: Day,
    account: Annotated[str, typer.Option(help="Account, for example idle:L-NB1; all where left out.")] = "",
    journal: Annotated[str, typer.Option(help="Journal whose postings on the account are explained.")] = "",
    var: VarDir = VAR,
    as_json: AsJson = False,
) -> None:
    """List accounts, the postings of one, or explain any posting from raw reading to kg."""
    from parkwright.wire import ask

    day = the_day(date)
    with told(), ask.opened(loaded(park_dir), var) as ledger:
        show(ask.posting_answer(ledger, day, account, journal), as_json)


@app.command("export")
def export(
    park_dir: ParkDir,
    target: Annotated[Path, typer.Argument(metavar="DIR", help="Folder to write; must not exist.")],
    start: FromDay,
    end: ToDay,
    form: Annotated[
        str,
        typer.Option(
            "--format",
            help="bundle, pact, pact2, catenax-pcf, catenax-serial-part, catenax-bom-as-built, catenax-dpp, epcis, aas "
            "or aasx.",
        ),
    ] = "bundle",
    unit: Annotated[list[str] | None, typer.Option("--unit", help="Only this unit; all where left out.")] = None,
    var: VarDir = VAR,
    as_json: AsJson = False,
) -> None:
    """Export some days: as a bundle that anyone can verify, or as messages for other systems, one file each."""
    from parkwright.wire import ask, exchange, exports

    park, first, last = loaded(park_dir), the_day(start), the_day(end)
    with told():
        if form == "bundle":
            show(ask.export_bundle(park, var, target, first, last), as_json)
            return
        with exchange.opened(park, park_dir, var) as found:
            show(exports.write(found, form, target, first, last, tuple(unit or ())), as_json)


@app.command("verify")
def verify(bundle: Annotated[Path, typer.Argument(metavar="DIR", help="Exported bundle.")]) -> None:
    """Verify an exported bundle: chain, contents, journals. Exit code 1 when something is wrong."""
    from parkwright.ledger import verifier

    raise typer.Exit(verifier.main([str(bundle)]))


@app.command("inventory")
def inventory(
    park_dir: ParkDir,
    start: FromDay,
    end: ToDay,
    as_of: Annotated[str, typer.Option("--as-of", help="Report as of this instant, ISO 8601 with its offset.")] = "",
    var: VarDir = VAR,
    as_json: AsJson = False,
) -> None:
    """Report emissions by scope from the ledger, with the national form beside."""
    from parkwright.wire import carbon as accounts

    with told(), accounts.opened(loaded(park_dir), park_dir, var, the_instant(as_of)) as found:
        show(accounts.inventory_answer(found, the_day(start), the_day(end)), as_json)


@app.command("footprint")
def footprint(
    park_dir: ParkDir,
    start: FromDay,
    end: ToDay,
    unit: Annotated[str, typer.Option("--unit", help="One unit, with its parts.")] = "",
    lot: Annotated[str, typer.Option("--lot", help="One lot (job), with its parts.")] = "",
    draws: Annotated[int, typer.Option("--draws", min=0, max=100_000, help="Drawings for an interval.")] = 0,
    seed: Annotated[int, typer.Option("--seed", min=0, max=2**31 - 1, help="Seed of the drawings.")] = 1,
    change: Annotated[list[str] | None, typer.Option(help="THING=KG: what another footprint would make.")] = None,
    var: VarDir = VAR,
    as_json: AsJson = False,
) -> None:
    """Show footprints of products, of a unit or of a lot: materials, freight, energy, quality, spread."""
    from parkwright.wire import footprint as wired
    from parkwright.wire.accounts import opened

    with told(), opened(loaded(park_dir), park_dir, var) as found:
        days = (the_day(start), the_day(end))
        changes = wired.changes_of(change or [])
        show(wired.footprint_answer(found, *days, unit, lot, draws, seed, changes), as_json)


def _of_a_span(name: str, text: str) -> None:
    """Add a command that answers a question about some closed days."""

    @app.command(name, help=text)
    def command(park_dir: ParkDir, start: FromDay, end: ToDay, var: VarDir = VAR, as_json: AsJson = False) -> None:
        from parkwright.wire import carbon as accounts
        from parkwright.wire import centre

        ask = {
            "targets": accounts.targets_answer,
            "abate": accounts.abate_answer,
            "indicators": centre.zero_carbon_answer,
        }[name]
        with told(), accounts.opened(loaded(park_dir), park_dir, var) as found:
            show(ask(found, the_day(start), the_day(end)), as_json)


_of_a_span("targets", "Hold the pace of some closed days against the park's targets: path, gap, chance.")
_of_a_span("abate", "List measures by what a ton costs, and low-temperature solder beside its published claims.")
_of_a_span("indicators", "Show the indicators of the zero-carbon programmes and the checklist of the centre.")


@app.command("base-year")
def base_year(
    park_dir: ParkDir,
    start: FromDay,
    end: ToDay,
    published: Annotated[str, typer.Option("--published", help="When it was published, ISO 8601 with its offset.")],
    threshold: Annotated[float, typer.Option(min=0, max=1, help="Share from which on it is recalculated.")] = 0.05,
    var: VarDir = VAR,
    as_json: AsJson = False,
) -> None:
    """Say whether a base year must be recalculated: as published beside what the ledger says now."""
    from parkwright.wire import carbon as accounts

    park, at, days = loaded(park_dir), the_instant(published, "--published"), (the_day(start), the_day(end))
    with told(), accounts.opened(park, park_dir, var, at) as before, accounts.opened(park, park_dir, var) as now:
        show(accounts.base_year_answer(before, now, *days, Decimal(str(threshold))), as_json)


@app.command("saving")
def saving(
    park_dir: ParkDir,
    measure: Annotated[str, typer.Argument(metavar="MEASURE", help="Id of a measure of carbon/measures.toml.")],
    before_start: Annotated[str, typer.Option("--before-from", help="First day before it, YYYY-MM-DD.")],
    before_end: Annotated[str, typer.Option("--before-to", help="Last day before it, YYYY-MM-DD.")],
    start: FromDay,
    end: ToDay,
    var: VarDir = VAR,
    as_json: AsJson = False,
) -> None:
    """Say what a measure saved as metered: its meters for each good unit, some days before and after it."""
    from parkwright.wire import carbon as accounts

    with told(), accounts.opened(loaded(park_dir), park_dir, var) as found:
        before, after = (the_day(before_start), the_day(before_end)), (the_day(start), the_day(end))
        show(accounts.saving_answer(found, measure, before, after), as_json)


@app.command("sinks")
def sinks(
    park_dir: ParkDir,
    since: Annotated[
        str, typer.Option("--since", help="Day of the earlier inventory; the newest where left out.")
    ] = "",
    as_json: AsJson = False,
) -> None:
    """Say what the park's green took up and lost since an earlier inventory: its own account, netted with no scope."""
    from parkwright.store import carbon_book
    from parkwright.wire import carbon as accounts

    park, day = loaded(park_dir), the_day(since) if since else None
    with told():
        show(accounts.sinks_answer(park, carbon_book.load(park_dir), day), as_json)


@app.command("factors")
def factors(park_dir: ParkDir, as_json: AsJson = False) -> None:
    """List the packs of factors that a park uses and every edition in them, with its source and hash."""
    from parkwright.wire import carbon as accounts

    park = loaded(park_dir)
    with told():
        show(accounts.factors_answer(park_dir, park), as_json)


@app.command("year")
def year(
    park_dir: ParkDir,
    which: Annotated[int, typer.Option("--year", min=2000, max=2099, help="Year in the park's time zone.")],
    engine: Annotated[str, typer.Option("--engine", help="duckdb, or spark (extra spark, Java 17).")] = "duckdb",
    master: Annotated[str, typer.Option("--master", help="Cluster of Spark.")] = "local[2]",
    var: VarDir = VAR,
    as_json: AsJson = False,
) -> None:
    """Close a year: every posting added up by month, passports by product, and the proofs that nothing is missing."""
    from parkwright.wire import year as wired
    from parkwright.wire.accounts import opened

    with told(), opened(loaded(park_dir), park_dir, var) as found:
        show(wired.year_answer(found, which, engine, master), as_json)


@app.command("restate")
def restate(
    park_dir: ParkDir,
    date: Day,
    readings: Annotated[
        Path | None, typer.Argument(metavar="CSV", help="Late readings: start, meter_id, energy_kwh.")
    ] = None,
    factor: Annotated[
        str, typer.Option(help="Edition of the grid's average factor, by its id in factors.csv, in place of readings.")
    ] = "",
    end: Annotated[str, typer.Option("--to", help="Last day, YYYY-MM-DD, with --factor; --date where left out.")] = "",
    reason: Annotated[str, typer.Option(help="Of readings: late_reading, error, method or structural.")] = "",
    text: Annotated[str, typer.Option(help="What happened, for a person.")] = "",
    var: VarDir = VAR,
    as_json: AsJson = False,
) -> None:
    """Correct closed days by reversal and new posting: with late readings, or with another edition of a factor."""
    from parkwright.model.errors import LedgerError
    from parkwright.wire import restate

    park, day, last = loaded(park_dir), the_day(date), the_day(end or date)
    with told():
        if not text:
            raise LedgerError("--text: is missing; say what happened, for a person who reads it later")
        if (readings is None) == (not factor):
            raise LedgerError("restate: give a CSV file of readings or --factor with an edition, one of the two")
        if readings is None:
            show(restate.factor_edition(park, var, (day, last), factor, text), as_json)
        elif last != day:
            raise LedgerError("--to: goes with --factor alone; readings belong to one day")
        else:
            show(restate.late_readings(park, var, day, readings, reason, text), as_json)


@app.command("restatements")
def restatements(park_dir: ParkDir, start: FromDay, end: ToDay, var: VarDir = VAR, as_json: AsJson = False) -> None:
    """List the restatements of some days: what was before and after, why and when."""
    from parkwright.wire import ask

    with told(), ask.opened(loaded(park_dir), var) as ledger:
        show(ask.restatements_answer(ledger, the_day(start), the_day(end)), as_json)
