"""Certificates for people and scripts: entered, moved and retired by whole days of the park, and listed with states."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from parkwright.carbon.certificates import Certificate, Kind, Serials
from parkwright.carbon.factors import MWH_INT_PER_KWH
from parkwright.model.park import Park
from parkwright.store.certificates import CertificateRegister
from parkwright.wire.places import Places

PERSON = "command line"
"""Name of the user that commands act as in the operational database."""


class CertificateBoard:
    """The certificates of one park."""

    def __init__(self, park: Park, url: str) -> None:
        """Give the park and the URL of its operational database."""
        self._park = park
        self._register = CertificateRegister(url)

    def close(self) -> None:
        """Let go of the database."""
        self._register.close()

    def person(self, name: str) -> str:
        """Return the id of a person of the energy desk."""
        return self._register.add_user(name, "energy", datetime.now(UTC))

    def certificates(self) -> dict[str, Any]:
        """Return every range with its state, by registry and serial number, and the energy in each state."""
        found = self._register.certificates()
        sums: dict[str, float] = {}
        for one in found:
            sums[one.state] = sums.get(one.state, 0.0) + one.energy_mwh_int / MWH_INT_PER_KWH
        rows = [self._told(one) for one in found]
        return {"park": self._park.site.park_id, "kwh": sums, "certificates": rows}

    def enter(self, serials: Serials, vintage: tuple[date, date], kind: Kind, by: str) -> None:
        """Enter a range that was issued for power made on the days of its vintage, first and last.

        Raises LedgerError when the range is not sound or overlaps one of its registry.
        """
        now, (start, end) = datetime.now(UTC), self._span(vintage)
        one = Certificate(
            *serials, start, end, kind.region, kind.technology, kind.own, kind.factor_kg_per_kwh, "issued", now
        )
        self._register.issue(one, by)

    def move(self, serials: Serials, to: str, by: str) -> None:
        """Move serial numbers to held, sold or expired; raises LedgerError, and moves none, where one may not."""
        self._register.move(serials[0], serials[1:], to, datetime.now(UTC), by)

    def retire(self, serials: Serials, used: tuple[date, date], by: str) -> None:
        """Retire serial numbers to what the park used on some days, first and last.

        Raises LedgerError, and retires none, where one may not.
        """
        self._register.retire(serials[0], serials[1:], self._span(used), datetime.now(UTC), by)

    def _span(self, days: tuple[date, date]) -> tuple[datetime, datetime]:
        return self._park.midnight(days[0]), self._park.midnight(days[1] + timedelta(days=1))

    def _days(self, start: datetime, end: datetime) -> list[str]:
        """Return the first and the last day in the park's time zone of [start, end)."""
        last = (end - timedelta(microseconds=1)).astimezone(self._park.zone).date()
        return [start.astimezone(self._park.zone).date().isoformat(), last.isoformat()]

    def _told(self, one: Certificate) -> dict[str, Any]:
        used = None if one.load_start is None or one.load_end is None else self._days(one.load_start, one.load_end)
        return {
            "registry": one.registry,
            "first": one.first_serial,
            "last": one.last_serial,
            "kwh": one.energy_mwh_int / MWH_INT_PER_KWH,
            "state": one.state,
            "vintage": self._days(one.vintage_start, one.vintage_end),
            "region": one.region,
            "technology": one.technology,
            "own": one.own,
            "kg_per_kwh": float(one.factor_kg_per_kwh),
            "retired_to": used,
        }


@contextmanager
def opened(park: Park, var: Path) -> Iterator[CertificateBoard]:
    """Open the certificates of a park below `var`; raises LedgerError when the database cannot be opened."""
    board = CertificateBoard(park, Places(var, park.site.park_id).operations_url)
    try:
        yield board
    finally:
        board.close()
