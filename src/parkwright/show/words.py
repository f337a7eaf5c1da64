"""What people read: the message catalogue in English and Chinese, and how numbers and times are written."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib import resources
from typing import Any
from zoneinfo import ZoneInfo

THIN_SPACE = "\u2009"
MISSING = "–"
LEAST = 5e-10
"""Below it a value is written as 0: rounding left over from a sum, which nine decimals would show as zeros."""
SCALES = {
    "kWh": ((1e6, "GWh"), (1e3, "MWh")),
    "kW": ((1e3, "MW"),),
    "kg": ((1e3, "t"),),
    "kg CO2e": ((1e3, "t CO2e"),),
}
"""Unit -> larger units to change to from that many of it on."""

POINT_UNITS = {
    "temperature_c": ("°C", 1.0), "co2_ppm": ("ppm", 1.0), "humidity_share": ("%", 100.0), "level_share": ("%", 100.0),
    "flow_m3_per_h": ("m³/h", 1.0), "power_kw": ("kW", 1.0),
}  # fmt: skip
"""Quantity of a point -> its unit and what its value is to be multiplied by."""

COUNTED = ("units", "orders", "jobs", "robots", "points", "alarms", "zones", "functions", "measures")
"""Units that are words and therefore translated."""


@cache
def catalogue(language: str) -> dict[str, str]:
    """Return the messages of a language by dotted key."""
    text = resources.files("parkwright.show").joinpath(f"messages/{language}.toml").read_text(encoding="utf-8")
    return dict(_flat(tomllib.loads(text), ""))


def _flat(table: Mapping[str, Any], before: str) -> Iterator[tuple[str, str]]:
    for name, value in table.items():
        if isinstance(value, str):
            yield before + name, value
        else:
            yield from _flat(value, f"{before}{name}.")


def drawn(language: str, view: str) -> dict[str, str]:
    """Return the words of a view that is drawn in the browser, by the keys that its script uses.

    view: "wall" or "gantt"; its family in the catalogue, with the short names of the price bands as band.<band>.
    """
    families = (f"{view}.", ""), ("band_short.", "band.")
    return {
        begins + key.removeprefix(family): message
        for family, begins in families
        for key, message in catalogue(language).items()
        if key.startswith(family)
    }


@dataclass(frozen=True)
class Words:
    """A language and a time zone to write for."""

    language: str
    zone: ZoneInfo

    def say(self, key: str, **values: object) -> str:
        """Return the message of `key` with its values filled in; raises KeyError when there is no such message."""
        message = catalogue(self.language)[key]
        return message.format(**values) if values else message

    def known(self, key: str, otherwise: str) -> str:
        """Return the message of `key`, or `otherwise` where the key comes from data and has no message."""
        return catalogue(self.language).get(key, otherwise)

    def name(self, thing: object) -> str:
        """Return the English or Chinese name of an answer with name_en and name_zh."""
        return str(getattr(thing, f"name_{self.language}"))

    def unit(self, unit: str) -> str:
        """Return a unit as written; counted things are words of the language."""
        return self.say(f"unit.{unit}") if unit in COUNTED else unit.replace("CO2", "CO₂")

    def number(self, value: float | None, digits: int = 3) -> str:
        """Return a value with that many significant digits and thin-space thousands; a dash where it is missing."""
        if value is None or not math.isfinite(value):
            return MISSING
        if abs(value) < LEAST:
            return "0"
        decimals = max(0, digits - 1 - math.floor(math.log10(abs(value))))
        return f"{value:,.{min(decimals, 9)}f}".replace(",", THIN_SPACE)

    def quantity(self, value: float | None, unit: str, digits: int = 3) -> tuple[str, str]:
        """Return (number, unit) in the unit that fits the size; whole counts keep all their digits."""
        if value is None:
            return MISSING, self.unit(unit)
        if unit in COUNTED:
            return f"{value:,.0f}".replace(",", THIN_SPACE), self.unit(unit)
        for least, larger in SCALES.get(unit, ()):
            if abs(value) >= least:
                return self.number(value / least, digits), self.unit(larger)
        return self.number(value, digits), self.unit(unit)

    def amount(self, value: float | None, unit: str, digits: int = 3) -> str:
        """Return number and unit as one text."""
        number, shown = self.quantity(value, unit, digits)
        return f"{number}{THIN_SPACE}{shown}"

    def of_point(self, value: float | None, quantity: str) -> str:
        """Return what a point tells, in the unit of its quantity; shares as percent."""
        unit, times = POINT_UNITS.get(quantity, ("", 1.0))
        if value is None:
            return MISSING
        return f"{self.number(value * times)}{THIN_SPACE}{unit}" if unit else self.number(value * times)

    def whole(self, value: int | None) -> str:
        """Return an integer in full, with thin-space thousands."""
        return MISSING if value is None else f"{value:,d}".replace(",", THIN_SPACE)

    def percent(self, share: float | None, signed: bool = False) -> str:
        """Return a share as percent with one decimal below 10 %."""
        if share is None:
            return MISSING
        value = 100 * share
        text = f"{value:+.{0 if abs(value) >= 10 else 1}f}" if signed else f"{value:.{0 if abs(value) >= 100 else 1}f}"
        return f"{text.replace('-', '−')}{THIN_SPACE}%"

    def clock(self, at: datetime | None, now: datetime | None = None) -> str:
        """Return the park's time of day, with the date when it is not the day of `now`."""
        if at is None:
            return MISSING
        local = at.astimezone(self.zone)
        if now is not None and local.date() != now.astimezone(self.zone).date():
            return f"{local:%Y-%m-%d %H:%M}"
        return f"{local:%H:%M}"

    def stamp(self, at: datetime) -> str:
        """Return date, time and offset from UTC, for paper."""
        local = at.astimezone(self.zone)
        return f"{local:%Y-%m-%d %H:%M} (UTC{local:%z})"

    def age(self, seconds: float | None) -> str:
        """Return how long ago, in the coarsest unit that says enough."""
        if seconds is None:
            return MISSING
        if seconds < 90:
            return self.say("age.seconds", n=round(seconds))
        if seconds < 5400:
            return self.say("age.minutes", n=round(seconds / 60))
        if seconds < 129_600:
            return self.say("age.hours", n=round(seconds / 3600))
        return self.say("age.days", n=round(seconds / 86_400))
