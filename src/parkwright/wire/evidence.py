"""What proves the items of the zero-carbon checklist: each is looked up in the ledger, the park and its desks."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import polars as pl

from parkwright.carbon import metering, zerocarbon
from parkwright.carbon.zerocarbon import Finding
from parkwright.store.traces import Trace
from parkwright.wire.accounts import Accounts

MWH_INT_PER_MWH = 10**9


def found(
    accounts: Accounts, days: list[str], benchmark: Mapping[str, Any], supplied: Decimal | None
) -> dict[str, Finding]:
    """Return name of evidence -> what there is of it, and since when the newest of it is; what has none left out.

    days: closed ones. benchmark: energy a good unit of those days. supplied: share of what their materials emit that
    rests on suppliers' own figures; None where they emit nothing.
    """
    last = date.fromisoformat(days[-1])
    compared = _day(benchmark["newest_day"])
    every = {
        **_metered(accounts, days),
        **_booked(accounts, days),
        **_recorded(accounts),
        **_desks(accounts),
        "kwh_per_unit": Finding(Decimal(str(benchmark["kwh_per_unit"] or 0)), compared),
        "days_compared": Finding(Decimal(benchmark["days"]), compared),
        "measures": Finding(Decimal(len(accounts.book.measures))),
        "targets": Finding(
            Decimal(sum(one.base_year <= last.year <= one.target_year for one in accounts.book.targets))
        ),
        "supplied_share": Finding(supplied or Decimal(0)),
    }
    shares = zerocarbon.handled(accounts.book.activities, [date.fromisoformat(day) for day in days])
    return {
        **{name: one for name, one in every.items() if one.amount > 0},
        **{name: Finding(share) for name, share in shares.items()},
    }


def _metered(accounts: Accounts, days: list[str]) -> dict[str, Finding]:
    """Return the readings that meters gave by themselves, and the meters below another one that gave any."""
    rows = accounts.readings(days).filter(pl.col("automatic") > 0)
    parents = (metering.tree(accounts.park, commodity) for commodity in metering.BOOKED)
    below = {child.id for tree in parents for parent_id, children in tree.items() if parent_id for child in children}
    tree = rows.filter(pl.col("meter_id").is_in(list(below)))
    return {
        "readings": Finding(Decimal(int(rows["automatic"].sum())), _newest(rows)),
        "tree_meters": Finding(Decimal(tree["meter_id"].n_unique()), _newest(tree)),
    }


def _booked(accounts: Accounts, days: list[str]) -> dict[str, Finding]:
    """Return what the days' books hold: emissions posted, passports issued, and days that were planned by price."""
    emitted = accounts.postings(days).filter(pl.col("commodity") == "co2e")
    issued = accounts.finished(days)
    planned = sorted({*accounts.facts.days("schedule")} & {*accounts.facts.days("signal")} & {*days})
    return {
        "co2_postings": Finding(Decimal(emitted.height), _of(accounts, _latest(emitted["start"]))),
        "passports": Finding(Decimal(int(issued["units"].sum())), _newest(issued)),
        "planned_days": Finding(Decimal(len(planned)), _day(planned[-1] if planned else None)),
    }


def _recorded(accounts: Accounts) -> dict[str, Finding]:
    """Return how many records the ledger's chain holds, each with the hash of the one before."""
    place, _ = accounts.facts.head()
    entries = accounts.facts.since(place - 1, limit=1)
    return {"chained_records": Finding(Decimal(place), _of(accounts, entries[0][3] if entries else None))}


def _desks(accounts: Accounts) -> dict[str, Finding]:
    """Return what people and partners did: certificates entered, plans approved, suppliers asked and heard."""
    held = accounts.certificates
    energy = Decimal(sum(one.energy_mwh_int for one in held)) / MWH_INT_PER_MWH
    changed = max((one.changed_at for one in held), default=None)
    left = {name: _finding(accounts, one) for name, one in accounts.traces.items()}
    if accounts.book.identity is None:  # without a name for partners, nothing can be exchanged with them
        left.pop("messages_received", None)
    return {"certificates_mwh": Finding(energy, _of(accounts, changed)), **left}


def _finding(accounts: Accounts, trace: Trace) -> Finding:
    return Finding(Decimal(trace.count), _of(accounts, trace.newest))


def _newest(rows: pl.DataFrame) -> date | None:
    """Return the last day of rows that have one."""
    return _day(rows["day"].max() if rows.height else None)


def _latest(instants: pl.Series) -> datetime | None:
    latest = instants.max()
    return latest if isinstance(latest, datetime) else None


def _of(accounts: Accounts, at: datetime | None) -> date | None:
    """Return the day of an instant where the park is."""
    return None if at is None else at.astimezone(accounts.park.zone).date()


def _day(iso: object) -> date | None:
    return None if iso is None else date.fromisoformat(str(iso))
