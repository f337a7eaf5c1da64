"""Exports of closed days for other systems: PACT footprints, Catena-X aspects, EPCIS events, one JSON file each."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl

from parkwright.carbon.declaration import ACTIVE
from parkwright.connect import catenax, digital_link, epcis
from parkwright.connect.catenax import Piece
from parkwright.connect.epcis import Joined, Step
from parkwright.connect.pact_wire import to_wire
from parkwright.connect.pact_wire2 import to_wire2
from parkwright.model.errors import LedgerError, ParkwrightError
from parkwright.wire.accounts import Accounts
from parkwright.wire.accounts import opened as accounts_opened
from parkwright.wire.exchange import Exchange

FORMATS = ("pact", "pact2", "catenax-pcf", "catenax-serial-part", "catenax-bom-as-built", "epcis")
"""Formats of `carbon export` beside the bundle; the first three tell declarations, the others units."""
Named = Iterator[tuple[str, dict[str, Any]]]


def write(
    exchange: Exchange, form: str, target: Path, start: date, end: date, unit_ids: tuple[str, ...]
) -> dict[str, Any]:
    """Write one JSON file for each active declaration, or each finished unit of [start, end], into a new folder.

    unit_ids: only these units; all where none is named.

    Raises LedgerError for an unknown format, a folder that exists, or when there is nothing to write.
    """
    if form not in FORMATS:
        raise LedgerError(f"format {form!r}: write bundle or one of {', '.join(FORMATS)}")
    if target.exists():
        raise LedgerError(f"{target}: exists; name a new folder")
    found = dict(_declarations(exchange, form) if form in FORMATS[:3] else _units(exchange, form, start, end, unit_ids))
    if not found:
        raise LedgerError(f"{form}: there is nothing to write; declare first, or name days with finished units")
    try:
        target.mkdir(parents=True)
        for name, message in found.items():
            (target / f"{name}.json").write_text(json.dumps(message, ensure_ascii=False, indent=1), "utf-8")
    except OSError as error:
        raise ParkwrightError(f"{target}: {error.strerror}; name a folder that can be written") from error
    return {"format": form, "folder": str(target), "files": len(found)}


def unit_uri(exchange: Exchange, product_id: str, unit_id: str) -> str:
    """Return the Digital Link of a unit, or its asset id where its product has no GTIN or GS1 allows no such serial."""
    gtin = exchange.identity.gtin_of(product_id)
    if gtin is not None and digital_link.SERIAL.fullmatch(unit_id):
        return digital_link.address_of(exchange.identity.resolver, gtin, unit_id)
    return catenax.asset_id(exchange.park.site.park_id, unit_id)


def _declarations(exchange: Exchange, form: str) -> Named:
    writers = {"pact": to_wire, "pact2": to_wire2, "catenax-pcf": catenax.pcf}
    for one in exchange.desk.own_declarations():
        if one.status == ACTIVE:
            yield one.product_ids[0].rsplit(":", 1)[-1], writers[form](one)


def _units(exchange: Exchange, form: str, start: date, end: date, unit_ids: tuple[str, ...]) -> Named:
    with accounts_opened(exchange.park, exchange.park_dir, exchange.var) as accounts:
        for day in accounts.closed(start, end):
            passports = accounts.read("passports", day).unique("unit_id", keep="last", maintain_order=True)
            if unit_ids:
                passports = passports.filter(pl.col("unit_id").is_in(unit_ids))
            if passports.height:
                yield from _day(exchange, accounts, form, day, passports)


def _day(exchange: Exchange, accounts: Accounts, form: str, day: str, passports: pl.DataFrame) -> Named:
    """Yield the message of each finished unit of a day."""
    wanted = passports.select("unit_id")
    passages = _by_unit(accounts.read("passages", day).join(wanted, on="unit_id", how="semi").sort("end"))
    joined = _by_unit(accounts.read("assemblies", day).join(wanted, on="unit_id", how="semi").sort("at"))
    park, identity = exchange.park, exchange.identity
    for row in passports.iter_rows(named=True):
        unit_id, product = row["unit_id"], park.product[row["product_id"]]
        parts = joined.get(unit_id, [])
        if form == "catenax-serial-part":
            built = row["at"].astimezone(park.zone).date()
            yield (
                unit_id,
                catenax.serial_part(identity, park.site.park_id, unit_id, (product.id, product.name.en), built),
            )
        elif form == "catenax-bom-as-built":
            pieces = [Piece(part["component_id"], Decimal(1), "piece", part["at"]) for part in parts]
            yield unit_id, catenax.bom_as_built(identity, park.site.park_id, unit_id, pieces)
        else:
            steps = [Step(p["work_unit_id"], p["end"], p["result"]) for p in passages.get(unit_id, [])]
            built_in = [
                Joined((catenax.asset_id(park.site.park_id, part["component_id"]),), part["at"]) for part in parts
            ]
            place = f"{identity.product_urn.rsplit(':', 2)[0]}:place:"
            uri = unit_uri(exchange, product.id, unit_id)
            events = epcis.unit_events(uri, place, steps, built_in, row["at"], park.zone)
            yield unit_id, epcis.document(events, exchange.now)


def _by_unit(rows: pl.DataFrame) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for row in rows.iter_rows(named=True):
        found.setdefault(row["unit_id"], []).append(row)
    return found
