"""Certificates for people and scripts: entered, moved and retired by whole days of the park, and listed with states."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any, Protocol

from parkwright.carbon.certificates import (
    ENERGY_MWH_INT,
    HOUR,
    VALID,
    Certificate,
    CertificateError,
    Kind,
    Serials,
    refuse_load,
)
from parkwright.carbon.factors import MWH_INT_PER_KWH
from parkwright.carbon.retirement import Consumption, Used, market_regions, reach, refuse_region, retirable
from parkwright.model.errors import LedgerError
from parkwright.model.park import Park
from parkwright.store.certificates import CertificateRegister
from parkwright.wire.carbon_desk import CarbonDesk
from parkwright.wire.places import Places

PERSON = "command line"
"""Name of the user that commands act as in the operational database."""


class Meters(Protocol):
    """What the park used as its ledger says; wire.carbon_desk gives one."""

    def used(self, start: date, end: date) -> tuple[Used, ...]:
        """Return the electricity that the closed days of [start, end] used, day by day."""
        ...


class CertificateBoard:
    """The certificates of one park."""

    def __init__(self, park: Park, url: str, meters: Meters) -> None:
        """Give the park, the URL of its operational database, and what the park used."""
        self._park, self._meters = park, meters
        self._register = CertificateRegister(url)

    def close(self) -> None:
        """Let go of the database."""
        self._register.close()

    def person(self, name: str) -> str:
        """Return the id of a person of the energy desk."""
        return self._register.add_user(name, "energy", datetime.now(UTC))

    def certificates(self, used: tuple[date, date] | None = None) -> dict[str, Any]:
        """Return every range with its state, by registry and serial number, and the energy in each state.

        used: first and last day of consumption, for which each held range says how many numbers can be retired to it.
        """
        found = self._register.certificates()
        load = None if used is None else self._consumption(used, found)
        left = {own: 0 if load is None else retirable(found, load, own) // ENERGY_MWH_INT for own in (False, True)}
        sums: dict[str, float] = {}
        for one in found:
            sums[one.state] = sums.get(one.state, 0.0) + one.energy_mwh_int / MWH_INT_PER_KWH
        rows = [{**self._told(one), "retirable": _retirable(one, load, left[one.own])} for one in found]
        return {"park": self._park.site.park_id, "kwh": sums, "certificates": rows}

    def enter(self, serials: Serials, vintage: tuple[date, date], kind: Kind, by: str, hour: int | None = None) -> None:
        """Enter a range that was issued for power made on the days of its vintage, first and last.

        hour: of one day (0-23, by the park's clock; the first one where the clock is put back), where it is known.

        Raises LedgerError when the range is not sound or overlaps one of its registry, or an hour is of many days.
        """
        now, (start, end) = datetime.now(UTC), self._span(vintage)
        if hour is not None:
            if vintage[0] != vintage[1]:
                named = f"{serials[0]} {serials[1]}-{serials[2]}"
                text = f"certificate {named}: an hour is of one day; name that day alone"
                raise CertificateError(text, "hour_of_days", serials=named)
            start = datetime.combine(vintage[0], time(hour), self._park.zone).astimezone(UTC)
            end = start + HOUR
        one = Certificate(
            *serials, start, end, kind.region, kind.technology, kind.own, kind.factor_kg_per_kwh, "issued", now
        )
        self._register.issue(one, by)

    def move(self, serials: Serials, to: str, by: str) -> None:
        """Move serial numbers to held, sold or expired.

        Raises LedgerError, and moves none, where one may not, or more of own power would be sold than was made and
        used on the closed days of its vintage.
        """
        made = self._made(serials) if to == "sold" else None
        self._register.move(serials[0], serials[1:], to, datetime.now(UTC), by, made)

    def _made(self, serials: Serials) -> tuple[Used, ...]:
        """Return what was used within the reach of the vintages of own power among some serial numbers."""
        found, (registry, first, last) = self._register.certificates(), serials
        sold = [
            one
            for one in found
            if one.own and one.registry == registry and one.first_serial <= last and one.last_serial >= first
        ]
        if not sold:
            return ()
        days = self._between(min(one.vintage_start for one in sold), max(one.vintage_end for one in sold))
        return self._consumption(days, found).days

    def expire(self, by: str) -> int:
        """Move what is issued or held and whose validity has ended to expired; return how many serial numbers."""
        return self._register.expire(datetime.now(UTC), by)

    def retire(self, serials: Serials, used: tuple[date, date], by: str) -> None:
        """Retire serial numbers to what the park used on some days, first and last.

        Raises LedgerError, and retires none, where one may not, or the park used less than would be retired.
        """
        load = self._consumption(used, self._register.certificates())
        self._register.retire(serials[0], serials[1:], load, datetime.now(UTC), by)

    def _consumption(self, days: tuple[date, date], found: list[Certificate]) -> Consumption:
        """Return the consumption of some days, first and last, with all that was used within its reach."""
        start, end = self._span(days)
        first, last = self._between(*reach(found, (start, end)))
        return Consumption(start, end, self._meters.used(first, last), market_regions(self._park))

    def _span(self, days: tuple[date, date]) -> tuple[datetime, datetime]:
        return self._park.midnight(days[0]), self._park.midnight(days[1] + timedelta(days=1))

    def _between(self, start: datetime, end: datetime) -> tuple[date, date]:
        """Return the first and the last day in the park's time zone of [start, end)."""
        last = (end - timedelta(microseconds=1)).astimezone(self._park.zone).date()
        return start.astimezone(self._park.zone).date(), last

    def _days(self, start: datetime, end: datetime) -> list[str]:
        return [day.isoformat() for day in self._between(start, end)]

    def _told(self, one: Certificate) -> dict[str, Any]:
        used = None if one.load_start is None or one.load_end is None else self._days(one.load_start, one.load_end)
        return {
            "registry": one.registry,
            "first": one.first_serial,
            "last": one.last_serial,
            "kwh": one.energy_mwh_int / MWH_INT_PER_KWH,
            "state": one.state,
            "vintage": self._days(one.vintage_start, one.vintage_end),
            "hour": one.vintage_start.astimezone(self._park.zone).hour if one.is_of_an_hour else None,
            "valid_to": self._days(one.vintage_start, one.vintage_end + VALID)[1],
            "region": one.region,
            "technology": one.technology,
            "own": one.own,
            "kg_per_kwh": float(one.factor_kg_per_kwh),
            "retired_to": used,
        }


def _retirable(one: Certificate, load: Consumption | None, left: int) -> int | None:
    """Return how many numbers of a range can be retired where `left` can be; None where no consumption is named."""
    if load is None:
        return None
    if one.state != "held":
        return 0
    try:
        refuse_load(one, *load.span)
        refuse_region(one, load.regions)
    except LedgerError:
        return 0
    return min(one.last_serial - one.first_serial + 1, left)


@contextmanager
def opened(park: Park, park_dir: Path, var: Path) -> Iterator[CertificateBoard]:
    """Open the certificates of a park below `var`; raises LedgerError when the database cannot be opened."""
    board = CertificateBoard(park, Places(var, park.site.park_id).operations_url, CarbonDesk(park, park_dir, var))
    try:
        yield board
    finally:
        board.close()
