"""GS1 trade item numbers (GTIN): 14 digits of which the last one checks the others.

References: GS1 General Specifications 24, sections 3.2 and 7.9.
"""

from __future__ import annotations

import re

from pydantic import AfterValidator
from pydantic_core import PydanticCustomError

FORM = r"^[0-9]{14}$"
"""How a trade item number is written: a shorter one stands with zeros before it."""


def check_digit(digits: str) -> str:
    """Return the check digit that completes digits: weights 3 and 1 in turn from the right (GS1, 7.9).

    >>> check_digit("0952000000001")
    '1'
    """
    weighted = sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(digits)))
    return str(-weighted % 10)


def _checked(gtin: str | None) -> str | None:
    if gtin is not None and re.fullmatch(FORM, gtin):
        last = check_digit(gtin[:-1])
        if gtin[-1] != last:
            raise PydanticCustomError("check_digit", "correct it: its check digit is {last}", {"last": last})
    return gtin


CHECKED = AfterValidator(_checked)
"""Refuses a trade item number whose last digit does not check the others."""
