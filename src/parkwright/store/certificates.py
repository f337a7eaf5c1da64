"""The register of certificates in the operational database: each serial number in one state, moved once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from parkwright.carbon.certificates import (
    TRANSITIONS,
    VALID,
    Certificate,
    CertificateError,
    refuse_load,
    refuse_move,
    refuse_range,
)
from parkwright.carbon.retirement import Consumption, Used, refuse_region, refuse_unmade, refuse_unused
from parkwright.store.operations import Operations
from parkwright.store.records import certificate_moves, certificates

REGISTERING = 7_226_151  # key of PostgreSQL's advisory lock: certificates move one transaction at a time


class CertificateRegister(Operations):
    """The operational database, opened for certificates; safe to share between threads and processes."""

    def issue(self, certificate: Certificate, user_id: str) -> None:
        """Enter a new range in state issued.

        Raises LedgerError when the range is not sound or overlaps one that the registry has entered before.
        """
        refuse_range(certificate)
        with self._transaction() as connection:
            self._alone(connection)
            found = _overlapping(connection, certificate.registry, certificate.first_serial, certificate.last_serial)
            if found:
                text = f"certificate {certificate}: overlaps {found[0]}, which is {found[0].state}"
                of = {"serials": str(certificate), "other": str(found[0]), "state": found[0].state}
                raise CertificateError(text, "overlap", **of)
            _enter(connection, replace(certificate, state="issued", load_start=None, load_end=None), user_id)
            _note(connection, certificate, ("", "issued"), certificate.changed_at, user_id)

    def move(
        self,
        registry: str,
        serials: tuple[int, int],
        to: str,
        at: datetime,
        user_id: str,
        made: tuple[Used, ...] | None = None,
    ) -> None:
        """Move the serial numbers (first, last) to held, sold or expired.

        made: closed days, by which no more of own power is sold than was made and used; None where it is not asked.

        Raises LedgerError, and moves none of them, when one is unknown, its state does not allow it, or more of own
        power would be sold than there is.
        """
        if to == "retired":
            named = f"{registry} {serials[0]}-{serials[1]}"
            text = f"certificate {named}: name the consumption; use retire"
            raise CertificateError(text, "use_retire", serials=named)
        self._move(registry, serials, to, at, user_id, None, made)

    def retire(self, registry: str, serials: tuple[int, int], load: Consumption, at: datetime, user_id: str) -> None:
        """Retire the serial numbers (first, last) to a span of consumption.

        Raises LedgerError, and retires none of them, when one is unknown, not held, its vintage does not fit, or more
        would be retired than was used.
        """
        self._move(registry, serials, "retired", at, user_id, load)

    def expire(self, at: datetime, user_id: str) -> int:
        """Move what is issued or held and past its validity to expired, all at once; return how many serial numbers."""
        gone = 0
        with self._transaction() as connection:
            self._alone(connection)
            for certificate in _all(connection):
                if "expired" in TRANSITIONS[certificate.state] and certificate.vintage_end + VALID <= at:
                    _become(connection, certificate, replace(certificate, state="expired", changed_at=at), user_id)
                    gone += certificate.last_serial - certificate.first_serial + 1
        return gone

    def certificates(self) -> list[Certificate]:
        """Return every range with its state, by registry and serial number."""
        with self._transaction() as connection:
            return _all(connection)

    def retired(self, load_start: datetime, load_end: datetime, as_of: datetime | None = None) -> list[Certificate]:
        """Return what is retired to consumption that begins in [load_start, load_end), as it was at `as_of`."""
        return [
            certificate
            for certificate in self.certificates()
            if certificate.state == "retired"
            and certificate.load_start is not None
            and load_start <= certificate.load_start < load_end
            and (as_of is None or certificate.changed_at <= as_of)
        ]

    def _move(
        self,
        registry: str,
        serials: tuple[int, int],
        to: str,
        at: datetime,
        user_id: str,
        load: Consumption | None,
        made: tuple[Used, ...] | None = None,
    ) -> None:
        (first, last), named = serials, f"{registry} {serials[0]}-{serials[1]}"
        if first > last:
            text = f"certificate {named}: is no range; give the first, then the last"
            raise CertificateError(text, "no_range", serials=named)
        with self._transaction() as connection:
            self._alone(connection)
            found = _overlapping(connection, registry, first, last)
            known = sum(min(c.last_serial, last) - max(c.first_serial, first) + 1 for c in found)
            if known != last - first + 1:
                missing = last - first + 1 - known
                text = f"certificate {named}: {missing} are not entered"
                raise CertificateError(text, "not_entered", serials=named, n=str(missing))
            parts = [
                replace(one, first_serial=max(one.first_serial, first), last_serial=min(one.last_serial, last))
                for one in found
            ]
            for part in parts:
                refuse_move(part, to)
                if load is not None:
                    refuse_load(part, *load.span)
                    refuse_region(part, load.regions)
            if load is not None:
                refuse_unused(parts, _all(connection), load)
            if to == "sold" and made is not None:
                refuse_unmade(parts, _all(connection), made)
            for certificate, part in zip(found, parts, strict=True):
                start, end = load.span if load else (None, None)
                moved = replace(part, state=to, changed_at=at, load_start=start, load_end=end)
                _become(connection, certificate, moved, user_id)

    def _alone(self, connection: sa.Connection) -> None:
        """Wait for other moves of certificates; a transaction of SQLite is alone from its start."""
        if self._engine.dialect.name == "postgresql":
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(REGISTERING)))


def _all(connection: sa.Connection) -> list[Certificate]:
    rows = connection.execute(sa.select(certificates).order_by("registry", "first_serial"))
    return [_certificate(row) for row in rows]


def _overlapping(connection: sa.Connection, registry: str, first: int, last: int) -> Sequence[Certificate]:
    column = certificates.c
    rows = connection.execute(
        sa.select(certificates)
        .where(column.registry == registry, column.first_serial <= last, column.last_serial >= first)
        .order_by(column.first_serial)
    )
    return [_certificate(row) for row in rows]


def _become(connection: sa.Connection, whole: Certificate, part: Certificate, user_id: str) -> None:
    """Give `part` of `whole` its new state and note it; what is left before and after it keeps its own."""
    column = certificates.c
    connection.execute(
        certificates.delete().where(column.registry == whole.registry, column.first_serial == whole.first_serial)
    )
    if whole.first_serial < part.first_serial:
        _enter(connection, replace(whole, last_serial=part.first_serial - 1), user_id)
    if part.last_serial < whole.last_serial:
        _enter(connection, replace(whole, first_serial=part.last_serial + 1), user_id)
    _enter(connection, part, user_id)
    _note(connection, part, (whole.state, part.state), part.changed_at, user_id)


def _enter(connection: sa.Connection, certificate: Certificate, user_id: str) -> None:
    row: dict[str, Any] = {column.name: getattr(certificate, column.name, None) for column in certificates.columns}
    row |= {"factor_kg_per_kwh": str(certificate.factor_kg_per_kwh), "changed_by": user_id}
    connection.execute(certificates.insert().values(**row))


def _note(
    connection: sa.Connection, certificate: Certificate, states: tuple[str, str], at: datetime, user_id: str
) -> None:
    connection.execute(
        certificate_moves.insert().values(
            registry=certificate.registry,
            first_serial=certificate.first_serial,
            last_serial=certificate.last_serial,
            from_state=states[0],
            to_state=states[1],
            at=at,
            user_id=user_id,
        )
    )


def _certificate(row: sa.Row[Any]) -> Certificate:
    fields = {name: getattr(row, name) for name in Certificate.__dataclass_fields__}
    return Certificate(**{**fields, "factor_kg_per_kwh": Decimal(row.factor_kg_per_kwh)})
