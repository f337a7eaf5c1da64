"""Names of things by GS1: EPC URNs and Digital Links, checked and brought to one canonical address.

References: GS1 EPC Tag Data Standard 2.0, section 6 (EPC URIs); GS1 Digital Link Standard: URI Syntax 1.4.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote, unquote, urlsplit

from parkwright.connect.digital_link import CANONICAL, MARK, SERIAL, UNRESERVED, checked_gtin
from parkwright.connect.pact_wire import WireError
from parkwright.model.trade_item import check_digit

TEXT = r"(?:[A-Za-z0-9!'()*+,\-.:;=_]|%[0-9A-Fa-f]{2})+"
"""A serial or lot number inside a URN."""


@dataclass(frozen=True, slots=True)
class Scheme:
    """How the URNs of a GS1 key are written, and which key of a Digital Link it is (application identifier).

    digits: of company prefix and reference together. turned: whether the first digit of the reference goes before the
    prefix. before: what stands before them in the key. qualifier: identifier of the serial or lot number behind the
    key, JOINED where it is part of the key, "" where there is none.
    """

    key: str
    digits: int
    qualifier: str = ""
    turned: bool = False
    before: str = ""


JOINED = "joined"
ANY = "*"
"""What stands in a pattern for every serial number."""
SCHEMES: Mapping[str, Scheme] = {
    "sgtin": Scheme("01", 13, "21", turned=True), "lgtin": Scheme("01", 13, "10", turned=True),
    "upui": Scheme("01", 13, "235", turned=True), "itip": Scheme("8006", 13, "21", turned=True),
    "sscc": Scheme("00", 17, turned=True), "gsrn": Scheme("8018", 17), "gsrnp": Scheme("8017", 17),
    "gsin": Scheme("402", 16), "sgln": Scheme("414", 12, "254"), "pgln": Scheme("417", 12),
    "grai": Scheme("8003", 12, JOINED, before="0"), "gdti": Scheme("253", 12, JOINED),
    "sgcn": Scheme("255", 12, JOINED),
}  # fmt: skip
"""Schemes whose company prefix and reference have a fixed length (EPC Tag Data Standard, 6.3)."""
FREE: Mapping[str, str] = {"giai": "8004", "ginc": "401", "cpi": "8010"}
"""Schemes whose reference has no fixed length, and their keys."""
OTHER = ("gid", "usdod", "adi", "bic", "imovn")
"""Schemes that are no key of GS1."""
URN = re.compile(r"urn:epc:(?P<kind>id|class|idpat):(?P<scheme>[a-z]+):(?P<rest>.+)")
KEY = re.compile(rf"(?P<prefix>[0-9]{{6,12}})\.(?P<reference>[0-9]*)(?:\.(?P<serial>{TEXT}))?")
PIECE = re.compile(r"(?P<of>[0-9]{2}\.[0-9]{2})\.(?P<serial>.+)")
"""What stands behind the reference of an individual trade item piece (ITIP)."""
FORMS: Mapping[str, str] = {
    "00": "[0-9]{18}", "01": "[0-9]{8}|[0-9]{12,14}", "253": "[0-9]{13}.{0,17}", "255": "[0-9]{13,25}",
    "401": ".{1,30}", "402": "[0-9]{17}", "414": "[0-9]{13}", "417": "[0-9]{13}", "8003": "[0-9]{14}.{0,16}",
    "8004": ".{1,30}", "8006": "[0-9]{18}", "8010": r"[#\-/0-9A-Z]{1,30}", "8017": "[0-9]{18}", "8018": "[0-9]{18}",
}  # fmt: skip
"""Key of a Digital Link -> its form (GS1 General Specifications 24, 3.2)."""
BEHIND: Mapping[str, tuple[str, ...]] = {
    "01": ("22", "10", "21", "235"), "8006": ("22", "10", "21"), "414": ("254",), "8010": ("8011",),
}  # fmt: skip
"""Key -> what may stand behind it, in GS1's order; the last of them says most closely what is meant."""
VARIANT = "22"
"""Consumer product variant: it tells no thing by itself."""
SPELT: Mapping[str, str] = {
    "gtin": "01", "itip": "8006", "cpid": "8010", "gln": "414", "party": "417", "gsrnp": "8017", "gsrn": "8018",
    "gcn": "255", "sscc": "00", "gdti": "253", "ginc": "401", "gsin": "402", "grai": "8003", "giai": "8004",
    "cpv": "22", "lot": "10", "ser": "21",
}  # fmt: skip
"""Short names of keys (Digital Link 1.2, 4.3; later editions have none) -> identifiers."""
_KEYS = "|".join((*FORMS, *(name for name in SPELT if SPELT[name] in FORMS)))
LINK = re.compile(rf".*/(?P<key>{_KEYS})/(?P<value>[^/]+)(?P<behind>(?:/[^/]+/[^/]+)*)/?")
LONGEST: Mapping[str, int] = {"235": 28, "8011": 12}
"""Longest of what stands behind a key, where it is not the 20 of a serial number [characters]."""


def canonical(thing: str) -> tuple[str, str]:
    """Return the canonical address of a thing and its lot or serial number, "" where it tells none.

    Names by GS1 become Digital Links, whichever way they were written, with what tells the thing most closely alone;
    other names stay as they are. The number is that of a trade item's unit or lot, or of a logistic unit.

    Raises WireError for a name that claims to be GS1's and does not keep its form.
    """
    if thing.lower().startswith("urn:epc:"):
        return _of_urn(thing)
    if not thing.lower().startswith(("https://", "http://")):
        return thing, ""
    named = LINK.fullmatch(urlsplit(thing).path)
    if named is None:
        return thing, ""
    words = [unquote(word) for word in named["behind"].split("/")[1:]]
    behind = {SPELT.get(name, name): text for name, text in zip(words[::2], words[1::2], strict=True)}
    key, value = SPELT.get(named["key"], named["key"]), unquote(named["value"])
    order = [place for place in BEHIND.get(key, ()) if place in behind]
    if list(behind) != order or (key not in ("00", "01") and not re.fullmatch(FORMS[key], value)):
        return thing, ""
    told = [(name, behind[name]) for name in order]
    _address(thing, key, value, *told)
    return _address(thing, key, value, *(one for one in told[-1:] if one[0] != VARIANT))


def item_address(gtin: str) -> str:
    """Return the canonical address of a trade item, of 14 digits."""
    return f"{CANONICAL}/01/{gtin}"


def lot_address(gtin: str, number: str) -> str:
    """Return the canonical address of a lot; "" where its number is none that GS1 allows."""
    return f"{item_address(gtin)}/10/{quote(number, safe=UNRESERVED)}" if SERIAL.fullmatch(number) else ""


def _of_urn(thing: str) -> tuple[str, str]:
    found = URN.fullmatch(thing)
    if found is None:
        raise _bad(thing, "is no EPC; write urn:epc:id:, urn:epc:class: or urn:epc:idpat: with a scheme")
    kind, scheme, rest = found["kind"], found["scheme"], found["rest"]
    if scheme in (*FREE, *OTHER):
        if not re.fullmatch(TEXT, rest) or "." not in rest:
            raise _bad(thing, "has a part that EPC does not allow; correct it")
        return _of_free(thing, scheme, rest)
    if scheme not in SCHEMES or (kind == "class") is not (scheme == "lgtin"):
        raise _bad(thing, f"has no scheme of EPC in {kind}; write sgtin, sscc, lgtin or another of the standard")
    form, named = SCHEMES[scheme], KEY.fullmatch(rest)
    if named is None or len(named["prefix"] + named["reference"]) != form.digits:
        raise _bad(thing, f"needs {form.digits} digits of company prefix and reference; correct it")
    prefix, reference, serial = named.groups()
    if (serial is None) is not (form.qualifier == ""):
        raise _bad(thing, f"{'needs' if form.qualifier else 'may not have'} a part behind the reference; correct it")
    digits = reference[:1] + prefix + reference[1:] if form.turned else prefix + reference
    return _linked(thing, form, form.before + digits + check_digit(digits), unquote(serial or ANY))


def _linked(thing: str, form: Scheme, key: str, serial: str) -> tuple[str, str]:
    """Return the address of a key and the serial number behind it in a URN; serial: ANY in a pattern."""
    if form.key == "8006":
        piece = PIECE.fullmatch(serial)
        if piece is None:
            raise _bad(thing, "needs the number of the piece, how many there are and a serial number; correct it")
        key, serial = key + piece["of"].replace(".", ""), piece["serial"]
    if serial == ANY or (form.key == "414" and serial == "0"):
        return _address(thing, form.key, key)
    if form.qualifier == JOINED:
        return _address(thing, form.key, key + serial)
    return _address(thing, form.key, key, (form.qualifier, serial))


def _of_free(thing: str, scheme: str, rest: str) -> tuple[str, str]:
    """Return the address of a key whose reference has no fixed length; a pattern of one, or none of GS1's, as it is."""
    prefix, _, reference = rest.partition(".")
    reference, _, serial = reference.rpartition(".") if scheme == "cpi" else (reference, "", ANY)
    if scheme in OTHER or reference in ("", ANY) or not prefix.isdigit():
        return thing, ""
    behind = () if serial == ANY else (("8011", serial),)
    return _address(thing, FREE[scheme], prefix + unquote(reference), *behind)


def _address(thing: str, key: str, value: str, *behind: tuple[str, str]) -> tuple[str, str]:
    """Return the address of a key with what stands behind it, and the number that tells a lot, unit or case."""
    if key == "01":
        value = checked_gtin(value)
    if key == "00" and (not re.fullmatch(FORMS[key], value) or value[-1] != check_digit(value[:-1])):
        raise _bad(thing, "is no serial shipping container code of 18 digits with its check digit; correct it")
    for name, text in behind:
        most = LONGEST.get(name, 20)
        if not re.fullmatch(f"{MARK}{{1,{most}}}", text):
            raise _bad(text, f"is no serial or lot number: GS1 allows 1 to {most} characters of its set 82; correct it")
    steps = [(key, value), *behind]
    told = value if key == "00" else next((text for name, text in behind if key == "01" and name in ("10", "21")), "")
    return CANONICAL + "".join(f"/{name}/{quote(text, safe=UNRESERVED)}" for name, text in steps), told


def _bad(thing: str, finding: str) -> WireError:
    return WireError(f"{thing[:80]!r}: {finding}")
