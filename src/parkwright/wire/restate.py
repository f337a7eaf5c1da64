"""Restate a closed day of a ledger: read its facts, close it again with the correction, append what differs."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl

from parkwright.carbon import restate, storage
from parkwright.carbon.editions import decimal_of
from parkwright.carbon.factors import MWH_INT_PER_KWH, UG_PER_KG, of_kind
from parkwright.carbon.passport import counted
from parkwright.carbon.restate import REASONS, DayFacts, Restated
from parkwright.ledger import views
from parkwright.ledger.facts import instant_text
from parkwright.model.errors import LedgerError
from parkwright.model.opening import Pool, folder_opening
from parkwright.model.park import Park
from parkwright.model.tables import RESTATEMENTS, TIME, conform
from parkwright.run.ports import Batch
from parkwright.store import lock
from parkwright.store.journal import Journal
from parkwright.wire.pace import Anchor, anchor_of, lived_since
from parkwright.wire.places import Places

FACTOR_EDITION = "factor_edition"
"""Reason of a restatement by another edition of a factor."""
Span = tuple[date, date]
"""First and last day."""
COLUMNS = ("start", "meter_id", "energy_kwh")
Correction = tuple[datetime | None, str, str, str]
"""Interval start (None for a factor), thing, before, after."""


@dataclass(frozen=True)
class Closed:
    """A closed day with its ledger open for writing: what it rests on, and what was posted.

    at: when the correction is recorded. carries_on: a running park goes on with what its batteries held after the day.
    """

    park: Park
    day: date
    places: Places
    journal: Journal
    facts: DayFacts
    postings: pl.DataFrame
    closed_at: datetime
    at: datetime
    carries_on: bool

    @property
    def iso(self) -> str:
        """The day, ISO 8601."""
        return self.day.isoformat()


def late_readings(
    park: Park, var: Path, day: date, file: Path, reason: str, text: str, at: datetime | None = None
) -> dict[str, Any]:
    """Restate a day with readings that came late or were wrong, from a CSV file of start, meter_id, energy_kwh.

    start: of the metering interval, ISO 8601 with its offset. reason: one of restate.REASONS. at: aware instant that
    the correction is recorded at; the present one of the park where None.

    Raises LedgerError when the file, the reason or a reading cannot be used, the day is not closed, or its facts do not
    explain its books.
    """
    return readings_of_text(park, var, day, (_text(file), str(file)), reason, text, at)


def readings_of_text(
    park: Park, var: Path, day: date, given: tuple[str, str], reason: str, text: str, at: datetime | None = None
) -> dict[str, Any]:
    """Restate a day as `late_readings` does, with the text of such a file and the name that a refusal calls it by."""
    late = _corrections(*given)
    with _opened(park, var, day, reason, at) as closed:
        energy = closed.facts.readings.select("start", "meter_id", "energy_mwh_int").rows()
        before = {(start, meter_id): amount for start, meter_id, amount in energy}
        found = _with_pools(closed, lambda facts: restate.late_readings(closed.park, day, closed.postings, facts, late))
        rows = [(start, meter, str(before[start, meter]), str(amount)) for (start, meter), amount in late.items()]
        return _record(closed, found, rows, reason, text)


def factor_edition(
    park: Park, var: Path, days: Span, factor_id: str, text: str, at: datetime | None = None
) -> dict[str, Any]:
    """Restate the closed days of a span with another edition of the grid's average factor, one after another.

    factor_id: of the park's factors.csv. at: aware instant that it is recorded at; the present one of the park where
    None. A day that is booked with that edition already is left as it is, so that a span which was broken off is
    finished by asking again.

    Raises LedgerError when no day of the span is closed, all are booked with that edition, or as `late_readings` does;
    FactorKindError when the factor is no average factor of a grid.
    """
    of_kind(park, factor_id, "grid_average")
    start, end = days
    with Journal.reader(_ledger_of(park, var)) as facts:
        closed = [day for day in facts.days("books") if start.isoformat() <= day <= end.isoformat()]
    if not closed:
        raise LedgerError(f"{start} to {end}: no closed day in this ledger; close it first, then restate it")
    done = [_edition_of_day(park, var, date.fromisoformat(day), factor_id, text, at) for day in closed]
    found = [one for one in done if one is not None]
    if not found:
        raise LedgerError(f"{start} to {end}: is booked with {factor_id} already; name another edition")
    return {
        "factor": factor_id,
        "restatements": found,
        "days_left": [day for day, one in zip(closed, done, strict=True) if one is None],
        "scope2_change_kg": {
            view: sum(one["scope2_change_kg"][view] for one in found) for view in ("location", "market")
        },
    }


def _edition_of_day(
    park: Park, var: Path, day: date, factor_id: str, text: str, at: datetime | None
) -> dict[str, Any] | None:
    """Restate a day with an edition and return what it changed; None where the day is booked with it."""
    with _opened(park, var, day, FACTOR_EDITION, at) as closed:
        used = closed.postings.filter((pl.col("view") == "location") & (pl.col("account") == "source:grid"))
        known = views.net(used)["factor_id"].unique().to_list()
        if known == [factor_id]:
            return None
        if len(known) != 1:
            raise LedgerError(f"{day}: is booked with the factors {known}; there is not one to restate")
        before, after = (_with_factor(closed.park, name) for name in (known[0], factor_id))
        found = _with_pools(closed, lambda facts: restate.factor_edition(before, after, day, closed.postings, facts))
        return _record(closed, found, [(None, "accounting_grid_factor", known[0], factor_id)], FACTOR_EDITION, text)


def _with_factor(park: Park, factor_id: str) -> Park:
    return replace(park, site=park.site.model_copy(update={"accounting_grid_factor": factor_id}))


def _text(file: Path) -> str:
    try:
        return file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise LedgerError(f"{file}: cannot be read ({error}); give CSV in UTF-8") from error


def _corrections(text: str, file: str) -> Mapping[tuple[datetime, str], int]:
    """Return (start, meter id) -> energy [mWh] of the text of a CSV file."""
    reader = csv.DictReader(io.StringIO(text, newline=""))
    if tuple(reader.fieldnames or ()) != COLUMNS:
        raise LedgerError(f"{file}: has other columns; give {', '.join(COLUMNS)}")
    found: dict[tuple[datetime, str], int] = {}
    for row in reader:
        place = f"{file}:{reader.line_num}"
        key = (_instant(str(row["start"]), place), str(row["meter_id"]))
        energy = decimal_of(str(row["energy_kwh"]), place) * MWH_INT_PER_KWH
        if energy != energy.to_integral_value() or key in found:
            finding = "stands twice" if key in found else "is finer than a milliwatt-hour"
            raise LedgerError(f"{place}: the reading of {key[1]} {finding}; give each reading once, to 0.000001 kWh")
        found[key] = int(energy)
    if not found:
        raise LedgerError(f"{file}: holds no reading; give at least one")
    return found


def _instant(text: str, place: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise LedgerError(f"{place}: {text!r} is no instant; write 2026-07-15T08:00:00+08:00") from error
    if found.tzinfo is None:
        raise LedgerError(f"{place}: {text} has no offset; write 2026-07-15T08:00:00+08:00")
    frame = pl.DataFrame({"start": [found]}, schema={"start": TIME})
    instant: datetime = frame["start"][0]
    return instant


def _ledger_of(park: Park, var: Path) -> Path:
    path = Places(var, park.site.park_id).journal
    if not path.exists():
        raise LedgerError(f"{path}: there is no ledger here yet; run parkwright day first")
    return path


@contextmanager
def _opened(park: Park, var: Path, day: date, reason: str, at: datetime | None) -> Iterator[Closed]:
    """Open the ledger for a restatement of `day`; one restatement at a time works in it, beside a running park.

    A running park appends to the days that are not closed, in transactions of its own.
    """
    if reason not in REASONS:
        raise LedgerError(f"reason {reason!r}: use one of {', '.join(REASONS)}")
    path, places, deed = _ledger_of(park, var), Places(var, park.site.park_id), f"restatement of {day}"
    with ExitStack() as held:
        anchor = _running(held, places, deed)
        held.enter_context(lock.hold(places.writer("restatement"), deed))
        journal = held.enter_context(Journal(path))
        instant = at or (anchor.now() if anchor else datetime.now(UTC))
        first, closed_at = lived_since(places), _closed_at(journal, day, instant)
        booked = journal.read("postings", day.isoformat())
        as_closed = counted(park, journal.read("footprints", day.isoformat()))
        carries_on = anchor is not None and first is not None and day >= first
        yield Closed(
            as_closed, day, places, journal, _facts(park, journal, day), booked, closed_at, instant, carries_on
        )


def _running(held: ExitStack, places: Places, deed: str) -> Anchor | None:
    """Hold the ledger where nobody works in it; return the pace of the park where its run holds it."""
    try:
        held.enter_context(lock.hold(places.home, deed))
    except LedgerError:
        anchor = anchor_of(places.anchor)
        if anchor is None:
            raise
        return anchor
    return None


def _closed_at(journal: Journal, day: date, at: datetime) -> datetime:
    """Return when the day was closed.

    Raises LedgerError when it is not, or a correction would be recorded before what it corrects.
    """
    recorded = [entry[3] for entry in journal.since(0, ("books", "restatements")) if entry[2] == day.isoformat()]
    if not recorded:
        raise LedgerError(f"{day}: is not closed in this ledger; close it first, then restate it")
    if instant_text(at) <= instant_text(max(recorded)):
        raise LedgerError(f"{day}: its books are of {max(recorded):%Y-%m-%d %H:%M} UTC; record the correction later")
    return min(recorded)


def _facts(park: Park, journal: Journal, day: date) -> DayFacts:
    iso, following = day.isoformat(), (day + timedelta(days=1)).isoformat()
    signal = journal.read("signal", iso)
    prices = zip(signal["start"].to_list(), signal["price_cny_per_kwh"].to_list(), strict=True)
    return DayFacts(
        readings=views.current_readings(journal.read("readings", iso), journal.read("restatements", iso)),
        passages=journal.read("passages", iso, following),
        verdicts=journal.read("verdicts", iso),
        assemblies=journal.read("assemblies", iso),
        jobs=journal.read("jobs", iso),
        orders=journal.read("job_orders", iso),
        job_responses=journal.read("job_responses", iso),
        prices={start: round(float(price) * 10_000) for start, price in prices},
        bands=dict(zip(signal["start"].to_list(), signal["band"].to_list(), strict=True)),
        pools=folder_opening(park).pools,
    )


def _with_pools(closed: Closed, close: Callable[[DayFacts], Restated]) -> Restated:
    """Restate with the pools that the day opened with: the folder's, or what the live days before it left."""
    carried = _carried(closed)
    try:
        return close(closed.facts)
    except LedgerError:
        if carried == closed.facts.pools:
            raise
        return close(replace(closed.facts, pools=carried))


def _carried(closed: Closed) -> Mapping[str, Pool]:
    """Return the pools after the live days before this one, as their books were when this day was closed."""
    pools = dict(closed.facts.pools)
    first = lived_since(closed.places) or closed.day
    for back in range((closed.day - first).days):
        before = (first + timedelta(days=back)).isoformat()
        rows = closed.journal.read_as_of("postings", before, before, closed.closed_at)
        pools = storage.moved(pools, rows)
    return pools


def _record(
    closed: Closed, found: Restated, corrections: Sequence[Correction], reason: str, text: str
) -> dict[str, Any]:
    """Append the restatement as one transaction and return what it changed.

    Raises LedgerError when a running park goes on with a battery whose books would become others.
    """
    stored = found.postings.filter(pl.col("account").str.starts_with("pool:"))
    if (
        closed.carries_on
        and stored.group_by("account", "commodity", "view")
        .agg(pl.col("quantity").sum())
        .filter(pl.col("quantity") != 0)
        .height
    ):
        raise LedgerError(
            f"{closed.iso}: the books of a battery become others, with which the running park goes on; stop the park, "
            "restate the day, and start it again"
        )
    number = closed.journal.read("restatements", closed.iso)["restatement_id"].n_unique() + 1
    name = f"R-{closed.iso}-{number}"
    rows = [(name, closed.iso, reason, thing, start, was, now, text) for start, thing, was, now in corrections]
    kinds = {
        "restatements": conform(pl.DataFrame(rows, schema=RESTATEMENTS.schema, orient="row"), RESTATEMENTS),
        "postings": found.postings,
        "passports": found.passports,
        "books": found.books,
    }
    filled = [(kind, frame) for kind, frame in kinds.items() if frame.height]
    source = f"restatement/{name}"
    batches = [Batch(source, closed.iso, n, kind, closed.iso, frame) for n, (kind, frame) in enumerate(filled)]
    closed.journal.append(batches, closed.at)
    return {
        "restatement": name,
        "day": closed.iso,
        "reason": reason,
        "recorded_at": instant_text(closed.at),
        "corrections": len(corrections),
        "postings": found.postings.height,
        "passports": found.passports.height,
        "figures": found.books["key"].to_list(),
        "scope2_change_kg": {
            view: float(Decimal(ug) / UG_PER_KG) for view, ug in restate.scope2_change_ug(found.postings).items()
        },
    }
