"""Names of things by GS1: EPC URNs and Digital Links, checked and brought to one canonical address.

References: GS1 EPC Tag Data Standard 2.0, section 6 (EPC URIs); GS1 Digital Link Standard: URI Syntax 1.4.
"""

from __future__ import annotations

import re
from urllib.parse import quote, unquote, urlsplit

from parkwright.connect.digital_link import CANONICAL, SERIAL, UNIT_PATH, UNRESERVED, checked_gtin, unit_of
from parkwright.connect.pact_wire import WireError
from parkwright.model.trade_item import check_digit

TEXT = r"(?:[A-Za-z0-9!'()*+,\-.:;=_]|%[0-9A-Fa-f]{2})+"
"""A serial or lot number inside a URN."""
DIGITS = {"sgtin": 13, "lgtin": 13, "upui": 13, "itip": 13, "sscc": 17, "gsrn": 17, "gsrnp": 17, "gsin": 16,
          "sgln": 12, "pgln": 12, "grai": 12, "gdti": 12, "sgcn": 12}  # fmt: skip
"""Scheme -> digits of company prefix and reference together."""
BARE = ("sscc", "gsrn", "gsrnp", "gsin", "pgln")
"""Schemes whose name ends with the reference; the others have a serial number or a lot behind it."""
FREE = ("giai", "ginc", "cpi", "gid", "usdod", "adi", "bic", "imovn")
"""Schemes whose parts have no fixed length."""
URN = re.compile(r"urn:epc:(?P<kind>id|class|idpat):(?P<scheme>[a-z]+):(?P<rest>.+)")
KEY = re.compile(rf"(?P<prefix>[0-9]{{6,12}})\.(?P<reference>[0-9]*)(?:\.(?P<serial>{TEXT}))?")
LOT_PATH = re.compile(r"/01/(?P<gtin>[^/]+)(?:/22/[^/]+)?(?:/10/(?P<lot>[^/]+))?/?$")
CASE_PATH = re.compile(r"/00/(?P<sscc>[^/]+)$")
CASE = re.compile(r"[0-9]{18}")


def canonical(thing: str) -> tuple[str, str]:
    """Return the canonical address of a thing and its lot or serial number, "" where it tells none.

    Trade items, their units and lots, and logistic units become Digital Links, whichever way they were written; other
    names stay as they are.

    Raises WireError for a name that claims to be GS1's and does not keep its form.
    """
    if thing.lower().startswith("urn:epc:"):
        return _of_urn(thing)
    if not thing.lower().startswith(("https://", "http://")):
        return thing, ""
    path = urlsplit(thing).path
    if UNIT_PATH.search(path):
        unit = unit_of(thing)
        return _address(unit.gtin, "21", unit.serial)
    of_lot, of_case = LOT_PATH.search(path), CASE_PATH.search(path)
    if of_lot:
        lot = of_lot["lot"]
        return _address(checked_gtin(of_lot["gtin"]), "10", None if lot is None else unquote(lot))
    if of_case:
        return _case(thing, of_case["sscc"])
    return thing, ""


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
    if scheme in FREE:
        if not re.fullmatch(rf"{TEXT}", rest) or "." not in rest:
            raise _bad(thing, "has a part that EPC does not allow; correct it")
        return thing, ""
    if scheme not in DIGITS or (kind == "class") is not (scheme == "lgtin"):
        raise _bad(thing, f"has no scheme of EPC in {kind}; write sgtin, sscc, lgtin or another of the standard")
    key = KEY.fullmatch(rest)
    if key is None or len(key["prefix"] + key["reference"]) != DIGITS[scheme]:
        raise _bad(thing, f"needs {DIGITS[scheme]} digits of company prefix and reference; correct it")
    if (key["serial"] is None) is not (scheme in BARE):
        raise _bad(thing, f"{'may not have' if scheme in BARE else 'needs'} a part behind the reference; correct it")
    return _linked(thing, kind, scheme, key)


def _linked(thing: str, kind: str, scheme: str, key: re.Match[str]) -> tuple[str, str]:
    """Return the address of a trade item, unit, lot or logistic unit; other keys stay as they are."""
    if scheme not in ("sgtin", "lgtin", "sscc"):
        return thing, ""
    digits = key["reference"][:1] + key["prefix"] + key["reference"][1:]
    full = digits + check_digit(digits)
    if scheme == "sscc":
        return _case(thing, full)
    if kind == "idpat":
        return _address(full, "21", None)
    return _address(full, "21" if scheme == "sgtin" else "10", unquote(str(key["serial"])))


def _address(gtin: str, qualifier: str, text: str | None) -> tuple[str, str]:
    if text is None:
        return item_address(gtin), ""
    if not SERIAL.fullmatch(text):
        raise _bad(text, "is no serial or lot number: GS1 allows 1 to 20 characters of its set 82; correct it")
    return f"{item_address(gtin)}/{qualifier}/{quote(text, safe=UNRESERVED)}", text


def _case(thing: str, sscc: str) -> tuple[str, str]:
    if not CASE.fullmatch(sscc) or sscc[-1] != check_digit(sscc[:-1]):
        raise _bad(thing, "is no serial shipping container code of 18 digits with its check digit; correct it")
    return f"{CANONICAL}/00/{sscc}", sscc


def _bad(thing: str, finding: str) -> WireError:
    return WireError(f"{thing[:80]!r}: {finding}")
