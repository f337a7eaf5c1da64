"""Exports of closed days for other systems, one file each: footprints, and units as aspects, events and shells."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from parkwright.carbon.declaration import ACTIVE, Declaration
from parkwright.connect import aas_unit, aasx, catenax, catenax_passport, epcis
from parkwright.connect.epcis import Joined
from parkwright.connect.pact_wire import to_wire
from parkwright.connect.pact_wire2 import to_wire2
from parkwright.model.errors import LedgerError, ParkwrightError
from parkwright.model.park import Park
from parkwright.run.built import Built
from parkwright.wire.exchange import Exchange, opened

Message = dict[str, Any]


def _serial_part(exchange: Exchange, one: Built) -> Message:
    built = one.packed.astimezone(one.zone).date()
    product = (one.product.id, one.product.name.en)
    return catenax.serial_part(exchange.identity, exchange.park.site.park_id, one.unit_id, product, built)


def _bom(exchange: Exchange, one: Built) -> Message:
    return catenax.bom_as_built(exchange.identity, exchange.park.site.park_id, one.unit_id, one.pieces)


def _passport(exchange: Exchange, one: Built) -> Message:
    return catenax_passport.passport(exchange.identity, exchange.park.site.park_id, one)


def _events(exchange: Exchange, one: Built) -> Message:
    park_id = exchange.park.site.park_id
    joined = [Joined((catenax.asset_id(park_id, piece.asset),), piece.at) for piece in one.pieces]
    place = f"{exchange.identity.product_urn.rsplit(':', 2)[0]}:place:"
    return epcis.document(epcis.unit_events(one.uri, place, one.steps, joined, one.packed, one.zone), exchange.now)


def _shell(exchange: Exchange, one: Built) -> Message:
    return aas_unit.environment(exchange.identity, exchange.park.site.park_id, [one])


DECLARED: Mapping[str, Callable[[Declaration], Message]] = {
    "pact": to_wire,
    "pact2": to_wire2,
    "catenax-pcf": catenax.pcf,
}
"""Format that tells a declaration -> its writer."""
UNITS: Mapping[str, Callable[[Exchange, Built], Message]] = {
    "catenax-serial-part": _serial_part,
    "catenax-bom-as-built": _bom,
    "catenax-dpp": _passport,
    "epcis": _events,
    "aas": _shell,
    "aasx": _shell,
}
"""Format that tells a finished unit -> its writer."""
FORMATS = (*DECLARED, *UNITS)
"""Formats of `carbon export` beside the bundle."""


def write(
    exchange: Exchange, form: str, target: Path, start: date, end: date, unit_ids: tuple[str, ...]
) -> dict[str, Any]:
    """Write one file for each active declaration, or each finished unit of [start, end], into a new folder.

    unit_ids: only these units; all where none is named.

    Raises LedgerError for an unknown format, a folder that exists, or when there is nothing to write.
    """
    if form not in FORMATS:
        raise LedgerError(f"format {form!r}: write bundle or one of {', '.join(FORMATS)}")
    if target.exists():
        raise LedgerError(f"{target}: exists; name a new folder")
    messages = _declarations(exchange, form) if form in DECLARED else _units(exchange, form, start, end, unit_ids)
    found = {name: _bytes(form, message) for name, message in messages}
    if not found:
        raise LedgerError(f"{form}: there is nothing to write; declare first, or name days with finished units")
    try:
        target.mkdir(parents=True)
        for name, content in found.items():
            (target / f"{name}.{_ending(form)}").write_bytes(content)
    except OSError as error:
        raise ParkwrightError(f"{target}: {error.strerror}; name a folder that can be written") from error
    return {"format": form, "folder": str(target), "files": len(found)}


class UnitFiles:
    """Answers the page Passport of one park with what other systems read of a unit."""

    forms = tuple(UNITS)

    def __init__(self, park: Park, park_dir: Path, var: Path) -> None:
        """Give the park, its folder, and the folder of ledgers."""
        self._place = (park, park_dir, var)

    def file(self, unit_id: str, form: str) -> tuple[str, bytes] | None:
        """Return the name and the content of a unit's file; None where its day is not closed.

        Raises ParkwrightError that names what is not known or not declared.
        """
        with opened(*self._place) as exchange:
            one = exchange.shelf.unit(unit_id)
            if one is None:
                return None
            return f"{one.unit_id}-{form}.{_ending(form)}", _bytes(form, UNITS[form](exchange, one))


def _ending(form: str) -> str:
    return "aasx" if form == "aasx" else "json"


def _bytes(form: str, message: Message) -> bytes:
    return aasx.package(message) if form == "aasx" else json.dumps(message, ensure_ascii=False, indent=1).encode()


def _declarations(exchange: Exchange, form: str) -> Iterator[tuple[str, Message]]:
    for one in exchange.desk.own_declarations():
        if one.status == ACTIVE:
            yield one.product_ids[0].rsplit(":", 1)[-1], DECLARED[form](one)


def _units(
    exchange: Exchange, form: str, start: date, end: date, unit_ids: tuple[str, ...]
) -> Iterator[tuple[str, Message]]:
    shelf = exchange.shelf
    for day in shelf.accounts.closed(start, end):
        passports = shelf.passports(day)
        if unit_ids:
            passports = passports.filter(pl.col("unit_id").is_in(unit_ids))
        for one in shelf.built(day, passports):
            yield one.unit_id, UNITS[form](exchange, one)
