"""The pages' answers for a script: the same functions over the same facts, as plain data."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl

from parkwright.model.errors import LedgerError, ParkwrightError
from parkwright.model.opening import folder_opening
from parkwright.model.park import Park
from parkwright.plan.day import DayPlan, make_plan
from parkwright.show.answers import posting
from parkwright.show.answers.alarms import alarms
from parkwright.show.answers.energy import energy
from parkwright.show.answers.genealogy import genealogy
from parkwright.show.answers.home import home
from parkwright.show.answers.passport import explained, passport
from parkwright.show.answers.report import Report
from parkwright.show.answers.report import asked as report
from parkwright.show.answers.restatements import restatements
from parkwright.show.answers.span import Compare, Grain
from parkwright.show.answers.wall import wall
from parkwright.show.frames import Frames
from parkwright.store import bundle
from parkwright.store.journal import Journal
from parkwright.store.reader import Reader
from parkwright.wire.carbon_desk import CarbonDesk
from parkwright.wire.pace import anchor_of
from parkwright.wire.places import Places

POSTINGS_MOST = 1_000_000
"""Postings of one account of a day that a command gives at most."""
JOBS_SHOWN = 20
"""Rows of a table that a terminal shows; --json and --out give all."""


@dataclass(frozen=True)
class Ledger:
    """A park with its ledger open for reading, and the instant that questions are asked at."""

    park: Park
    facts: Reader
    rows: Frames
    now: datetime


@contextmanager
def opened(park: Park, var: Path) -> Iterator[Ledger]:
    """Open the park's ledger below `var` for reading.

    Raises LedgerError when there is none: run a day first.
    """
    places = Places(var, park.site.park_id)
    if not places.journal.exists():
        raise LedgerError(
            f"{places.journal}: there is no ledger of {park.site.park_id} yet; run parkwright day or parkwright run"
        )
    facts = Journal.reader(places.journal)
    try:
        yield Ledger(park, facts, Frames(facts), present(park, facts, places))
    finally:
        facts.close()


def present(park: Park, facts: Reader, places: Places) -> datetime:
    """Return the live park's instant, or the last one of the newest day in the ledger."""
    anchor = anchor_of(places.anchor)
    if anchor is not None:
        return anchor.now()
    days = facts.days("runs")
    if not days:
        raise LedgerError(f"{places.journal}: holds no day yet; run parkwright day")
    return park.day_bounds(date.fromisoformat(days[-1]))[1] - timedelta(seconds=1)


def home_answer(ledger: Ledger, history_days: int) -> dict[str, Any]:
    """Return what the page Home shows."""
    return home(ledger.park, ledger.rows, ledger.now, history_days).model_dump(mode="json")


def wall_answer(ledger: Ledger, history_days: int) -> dict[str, Any]:
    """Return what the exhibition wall shows."""
    return wall(ledger.park, ledger.rows, ledger.now, history_days).model_dump(mode="json")


def report_answer(
    ledger: Ledger, scope: str, grain: Grain, compare: Compare, start: date | None, end: date | None
) -> Report:
    """Return what the page Report shows.

    Raises LedgerError when no day is closed, ParkwrightError when there is no such scope or span.
    """
    found = report(ledger.park, ledger.facts, scope, grain, compare, start, end)
    if found is None:
        raise LedgerError(f"{ledger.park.site.park_id}: no day is closed yet; run parkwright day or parkwright run")
    return found


def energy_answer(ledger: Ledger, day: date) -> dict[str, Any]:
    """Return what the page Energy shows of a day."""
    return energy(ledger.park, ledger.rows, day, ledger.now).model_dump(mode="json")


def alarms_answer(ledger: Ledger, day: date) -> dict[str, Any]:
    """Return the alarms of a day."""
    return {"day": day.isoformat(), "alarms": [a.model_dump(mode="json") for a in alarms(ledger.rows, day, ())]}


def passport_answer(ledger: Ledger, unit_id: str, park_dir: Path, var: Path) -> dict[str, Any]:
    """Return a unit's passport; raises LedgerError when it has none. park_dir: folder of the park, with its book."""
    found = passport(ledger.park, ledger.facts, unit_id, CarbonDesk(ledger.park, park_dir, var))
    if found is None:
        raise _unknown(unit_id, "passport")
    return found.model_dump(mode="json")


def explain_answer(ledger: Ledger, unit_id: str) -> dict[str, Any]:
    """Return every step from meter to unit behind a passport; raises LedgerError when the unit has none."""
    found = explained(ledger.park, ledger.facts, unit_id)
    if found is None:
        raise _unknown(unit_id, "passport")
    return found.model_dump(mode="json")


def posting_answer(ledger: Ledger, day: date, account: str, journal_id: str) -> dict[str, Any]:
    """Return the accounts of a day, the postings of one, or why those of a journal on it say what they say.

    account, journal_id: "" for all. Raises LedgerError when there is none.
    """
    if not account:
        return posting.accounts(ledger.facts, day).model_dump(mode="json")
    if not journal_id:
        found = posting.postings(ledger.facts, day, account, POSTINGS_MOST, 0)
        if not found.total:
            raise LedgerError(f"account {account}: has no posting on {day}; leave --account out to list the accounts")
        return found.model_dump(mode="json")
    why = posting.explanation(ledger.park, ledger.facts, day, journal_id, account)
    if why is None:
        raise LedgerError(
            f"journal {journal_id}, account {account}: no posting on {day}; leave --journal out to list them"
        )
    return why.model_dump(mode="json")


def genealogy_answer(ledger: Ledger, unit_id: str) -> dict[str, Any]:
    """Return what a unit is made of and where it passed; raises LedgerError when it is unknown."""
    found = genealogy(ledger.park, ledger.facts, unit_id)
    if found is None:
        raise _unknown(unit_id, "passage")
    return found.model_dump(mode="json")


def export_bundle(park: Park, var: Path, target: Path, start: date, end: date) -> dict[str, Any]:
    """Write the facts of [start, end] as a bundle that verifies without parkwright; return where."""
    places = Places(var, park.site.park_id)
    manifest = bundle.export(places.journal, target, start.isoformat(), end.isoformat())
    return {"manifest": str(manifest), "verify": f"python {target / 'verifier.py'} {target}"}


def planned(park: Park, day: date, seed: int) -> DayPlan:
    """Return the day's plan from the folder alone; nothing is recorded."""
    return make_plan(park, day, seed, folder_opening(park))


def restatements_answer(ledger: Ledger, start: date, end: date) -> dict[str, Any]:
    """Return the restatements of the days of [start, end], newest first."""
    return restatements(ledger.park, ledger.facts, (start, end), POSTINGS_MOST).model_dump(mode="json")


def plan_answer(plan: DayPlan) -> dict[str, Any]:
    """Return a plan's figures."""
    return {
        "day": plan.day.isoformat(),
        "orders": plan.orders.height,
        "units": int(plan.orders["quantity"].sum()),
        "jobs": plan.jobs.height,
        "placed": plan.schedule.height,
        "unplaced": [{"job_id": job.job_id, "reason": job.reason} for job in plan.unplaced],
        "transport_tasks": plan.tasks.height,
        **plan.objective,
        "violations": list(plan.violations),
        "digest": plan.digest,
    }


def write_table(frame: pl.DataFrame, out: Path) -> None:
    """Write a table as CSV or, by its ending, as Parquet; raises ParkwrightError when the file cannot be written."""
    try:
        if out.suffix == ".parquet":
            frame.write_parquet(out)
        else:
            frame.write_csv(out)
    except OSError as error:
        raise ParkwrightError(f"{out}: {error.strerror}; give a file in a folder that exists") from error


def rows_of(frame: pl.DataFrame) -> list[dict[str, Any]]:
    """Return a table's rows as plain data, times in ISO 8601."""
    times = [name for name, kind in frame.schema.items() if isinstance(kind, pl.Datetime)]
    return frame.with_columns(pl.col(times).dt.strftime("%Y-%m-%dT%H:%M:%SZ")).to_dicts()


def kits(plan: DayPlan) -> pl.DataFrame:
    """Return when each job's material is planned to be complete: job_id, product_id, quantity, kit_ready."""
    return plan.jobs.select("job_id", "product_id", "quantity", "kit_ready").sort("kit_ready", "job_id")


def _unknown(unit_id: str, what: str) -> LedgerError:
    return LedgerError(f"unit {unit_id}: has no {what} in this ledger; look its serial number up on the page Passport")
