"""Certificates for a script: entered, held, sold and retired by whole days of the park, and listed by state."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from parkwright.carbon.certificates import Certificate
from parkwright.carbon.factors import MWH_INT_PER_KWH
from parkwright.model.park import Park
from parkwright.store.certificates import CertificateRegister
from parkwright.wire.places import Places

PERSON = "command line"
"""Name of the user that commands act as in the operational database."""
Serials = tuple[str, int, int]
"""Registry, first and last serial number."""


@dataclass(frozen=True, slots=True)
class Kind:
    """What all certificates of a range share: where and how the power was made, and whether on this site."""

    region: str
    technology: str
    own: bool = False
    factor_kg_per_kwh: Decimal = Decimal(0)


@dataclass(frozen=True)
class Desk:
    """A park's register, open, with who acts and when."""

    park: Park
    register: CertificateRegister
    by: str
    now: datetime

    def span(self, first: date, last: date) -> tuple[datetime, datetime]:
        """Return the days first to last, both included, as instants."""
        return self.park.midnight(first), self.park.midnight(last + timedelta(days=1))


@contextmanager
def opened(park: Park, var: Path, now: datetime) -> Iterator[Desk]:
    """Open the register of a park below `var`; raises LedgerError when the database cannot be opened."""
    with CertificateRegister(Places(var, park.site.park_id).operations_url) as register:
        yield Desk(park, register, register.add_user(PERSON, "energy", now), now)


def listed(desk: Desk) -> dict[str, Any]:
    """Return every range with its state, by registry and serial number, and the energy in each state."""
    found = desk.register.certificates()
    sums: dict[str, float] = {}
    for one in found:
        sums[one.state] = sums.get(one.state, 0.0) + _kwh(one)
    return {"park": desk.park.site.park_id, "kwh": sums, "certificates": [_told(desk.park, one) for one in found]}


def entered(desk: Desk, serials: Serials, vintage: tuple[date, date], kind: Kind, *, held: bool) -> dict[str, Any]:
    """Enter a range that was issued for the days of its vintage; held: the park holds it already.

    Raises LedgerError when the range is not sound or overlaps one of its registry.
    """
    one = Certificate(
        *serials,
        *desk.span(*vintage),
        kind.region,
        kind.technology,
        kind.own,
        kind.factor_kg_per_kwh,
        "issued",
        desk.now,
    )
    desk.register.issue(one, desk.by)
    if held:
        desk.register.move(serials[0], serials[1:], "held", desk.now, desk.by)
    return listed(desk)


def moved(desk: Desk, serials: Serials, to: str) -> dict[str, Any]:
    """Move serial numbers to held, sold or expired; raises LedgerError, and moves none, where one may not."""
    desk.register.move(serials[0], serials[1:], to, desk.now, desk.by)
    return listed(desk)


def retired(desk: Desk, serials: Serials, load: tuple[date, date]) -> dict[str, Any]:
    """Retire serial numbers to what the park used on some days, first and last.

    Raises LedgerError, and retires none, where one may not.
    """
    desk.register.retire(serials[0], serials[1:], desk.span(*load), desk.now, desk.by)
    return listed(desk)


def _kwh(one: Certificate) -> float:
    return one.energy_mwh_int / MWH_INT_PER_KWH


def _told(park: Park, one: Certificate) -> dict[str, Any]:
    return {
        "registry": one.registry,
        "first": one.first_serial,
        "last": one.last_serial,
        "kwh": _kwh(one),
        "state": one.state,
        "vintage": _days(park, one.vintage_start, one.vintage_end),
        "region": one.region,
        "technology": one.technology,
        "own": one.own,
        "kg_per_kwh": float(one.factor_kg_per_kwh),
        "retired_to": None if one.load_start is None else _days(park, one.load_start, one.load_end or one.load_start),
    }


def _days(park: Park, start: datetime, end: datetime) -> list[str]:
    """Return the first and the last day in the park's time zone of [start, end)."""
    last = (end - timedelta(microseconds=1)).astimezone(park.zone).date()
    return [start.astimezone(park.zone).date().isoformat(), last.isoformat()]
