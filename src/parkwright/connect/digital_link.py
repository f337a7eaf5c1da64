"""GS1 Digital Link: the address of a product's unit, from its trade item number and serial number, and back.

References: GS1 Digital Link Standard: URI Syntax 1.4; GS1 General Specifications 24, sections 3.2, 3.5.2, 7.9, 7.11.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import quote, unquote, urlsplit

from parkwright.carbon.own import Identity
from parkwright.connect.pact_wire import WireError
from parkwright.model.trade_item import check_digit

MARK = r"[!\"%&'()*+,\-./0-9:;<=>?A-Z_a-z]"
"""A character of GS1's set 82."""
SERIAL = re.compile(f"^{MARK}{{1,20}}$")
"""What a serial number, AI (21), may hold."""
GTIN = re.compile(r"^([0-9]{8}|[0-9]{12,14})$")
UNIT_PATH = re.compile(r"/01/(?P<gtin>[^/]+)(?:/22/(?P<variant>[^/]+))?(?:/10/(?P<lot>[^/]+))?/21/(?P<serial>[^/]+)$")
"""Path of a unit: its number, variant and lot where they are told, and serial number, in GS1's order (URI Syntax)."""
SCHEMES = ("https://", "http://", "HTTPS://", "HTTP://")
DATED = re.compile(r"-[0-9]{6}-")
"""The day in a serial number of ours."""
CANONICAL = "https://id.gs1.org"
"""Resolver of a Digital Link where the park names none of its own (GS1 Digital Link 1.4, canonical form)."""
UNRESERVED = "-._~"
"""Marks that stand for themselves in a path (RFC 3986, 2.3), letters and digits beside."""


@dataclass(frozen=True, slots=True)
class UnitLink:
    """A unit by GS1: trade item number of 14 digits and serial number."""

    gtin: str
    serial: str


def checked_gtin(gtin: str) -> str:
    """Return a trade item number in 14 digits; raises WireError for a wrong length or check digit."""
    if not GTIN.fullmatch(gtin) or gtin[-1] != check_digit(gtin[:-1]):
        raise WireError(f"GTIN {gtin[:20]!r}: is no number of 8, 12, 13 or 14 digits with its check digit; correct it")
    return gtin.zfill(14)


def address_of(resolver: str, gtin: str, serial: str) -> str:
    """Return the canonical Digital Link of a unit: resolver/01/GTIN/21/serial.

    Raises WireError for a number or a serial that GS1 does not allow, or a resolver that is no web address.
    """
    if not SERIAL.fullmatch(serial):
        raise WireError(f"serial number {serial[:40]!r}: GS1 allows 1 to 20 characters of its set 82; shorten it")
    parts = urlsplit(resolver)
    if parts.scheme not in ("https", "http") or not parts.hostname or parts.query or parts.fragment:
        raise WireError(f"resolver {resolver[:80]!r}: is no web address; correct carbon/exchange.toml")
    return f"{resolver.rstrip('/')}/01/{checked_gtin(gtin)}/21/{quote(serial, safe=UNRESERVED)}"


def serial_of(unit_id: str) -> str | None:
    """Return the serial number of a unit as GS1 allows it; None where it cannot be told.

    One that is too long for GS1 stands without its hyphens where it holds its day (park-yymmdd-line-number): the day
    leads back to it.
    """
    shorter = unit_id.replace("-", "") if DATED.search(unit_id) else unit_id
    return next((serial for serial in (unit_id, shorter) if SERIAL.fullmatch(serial)), None)


def uri_of(identity: Identity, product_id: str, unit_id: str, resolver: str = "") -> str:
    """Return the address of a unit: its Digital Link, or a URN where its product has no GTIN or GS1 no such serial.

    resolver: address that leads to the unit; the park's own, or GS1's, where none is given.
    """
    gtin, serial = identity.gtin_of(product_id), serial_of(unit_id)
    if gtin is None or serial is None:
        return f"{identity.product_urn}{product_id}:{unit_id}"
    return address_of(resolver or identity.resolver or CANONICAL, gtin, serial)


def unit_of(address: str) -> UnitLink:
    """Return the unit of a Digital Link, its variant and lot passed over; raises WireError where it names none."""
    try:
        parts = urlsplit(address)
    except ValueError as error:
        raise WireError(f"address {address[:80]!r}: cannot be read; give a Digital Link") from error
    named = UNIT_PATH.search(parts.path)
    if not address.startswith(SCHEMES) or not parts.hostname or named is None:
        raise WireError(f"address {address[:80]!r}: is no Digital Link of a unit; give https://host/01/GTIN/21/serial")
    told = {name: unquote(value) for name, value in named.groupdict().items() if value is not None}
    gtin = told.pop("gtin")
    if not all(SERIAL.fullmatch(value) for value in told.values()):
        raise WireError(f"address {address[:80]!r}: names no unit; give https://host/01/GTIN/21/serial")
    return UnitLink(checked_gtin(gtin), told["serial"])
