"""The filter of PACT 2.x: a small part of OData 4, enough for what the specification shows.

References: PACT Technical Specifications 2.3, action ListFootprints, $filter.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from types import MappingProxyType

from parkwright.carbon.declaration import Declaration
from parkwright.connect.pact_wire import WireError

_COMPARED = re.compile(r"^(created|pcf/geographyCountry|productCategoryCpc)\s+(eq|ge|gt|le|lt)\s+'([^']*)'$")
_ANY = re.compile(r"^(productIds|companyIds)/any\((\w+):\s*\(?\s*\2\s+eq\s+'([^']*)'\s*\)?\)$")
_AND = re.compile(r"\s+and\s+(?=(?:[^']*'[^']*')*[^']*$)")
Test = Callable[[Declaration], bool]
_ORDER: Mapping[str, Callable[[object, object], bool]] = MappingProxyType(
    {
        "eq": lambda one, other: one == other,
        "ge": lambda one, other: str(one) >= str(other),
        "gt": lambda one, other: str(one) > str(other),
        "le": lambda one, other: str(one) <= str(other),
        "lt": lambda one, other: str(one) < str(other),
    }
)


def chosen(expression: str) -> Test:
    """Return the test of an expression: comparisons and any(...) that `and` connects; an empty one lets all through.

    Raises WireError for what is not understood.
    """
    terms = [_term(text.strip()) for text in _AND.split(expression.strip())] if expression.strip() else []
    return lambda one: all(term(one) for term in terms)


def _term(text: str) -> Test:
    found = _COMPARED.match(text)
    if found:
        name, order, value = found.groups()
        return _created(order, value) if name == "created" else _compared(name, order, value)
    found = _ANY.match(text)
    if found:
        name, _, value = found.groups()
        return lambda one: value in (one.product_ids if name == "productIds" else one.company_ids)
    raise WireError(f"$filter: {text[:80]!r} is not understood; write created ge '2026-01-01T00:00:00Z'")


def _created(order: str, value: str) -> Test:
    try:
        instant = datetime.fromisoformat(value)
    except ValueError as error:
        raise WireError(f"$filter: {value[:40]!r} is no instant; write 2026-01-01T00:00:00Z") from error
    if instant.tzinfo is None:
        raise WireError(f"$filter: {value[:40]!r} has no offset; write 2026-01-01T00:00:00Z")
    limit = instant.astimezone(UTC).isoformat(timespec="microseconds")
    compare = _ORDER[order]
    return lambda one: compare(one.created.astimezone(UTC).isoformat(timespec="microseconds"), limit)


def _compared(name: str, order: str, value: str) -> Test:
    compare = _ORDER[order]

    def test(one: Declaration) -> bool:
        held = (
            one.country or "" if name == "pcf/geographyCountry" else "".join(one.classifications[:1]).rsplit(":", 1)[-1]
        )
        return compare(held, value)

    return test
