"""An alarm in the reader's language: the catalogue's sentence of its kind, with the names and figures of the fact."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime

from parkwright.model.park import Park
from parkwright.show.words import Words

MWH_PER_KWH = 1_000_000
ML_PER_LITRE = 1_000

_COUNTER = re.compile(r"(?:rolled over to|began anew at|ran backwards to) (?P<counter>\d+) at ")
_KWH = re.compile(r" (?:measured|gave) (?P<kwh>\d+\.\d+) kWh ")
_POINT = re.compile(r" shows (?P<value>-?[\d.e+]+), (?:above|below) (?P<bound>-?[\d.e+]+);")
_FILE = r"^(?P<file>.+?): from (?P<since>\d{4}-\d\d-\d\d \d\d:\d\d): "
PATTERNS: Mapping[str, re.Pattern[str]] = {
    "meter_rollover": _COUNTER,
    "meter_reset": _COUNTER,
    "meter_backwards": _COUNTER,
    "meter_conflict": re.compile(r"one instant, (?P<counter>\d+) and (?P<later>\d+) at "),
    "meter_imbalance": _KWH,
    "battery_overdrawn": _KWH,
    "reject_share_high": re.compile(
        r"rejected (?P<rejected>\d+) of (?P<units>\d+) units in the hour \((?P<share>[\d.]+)%, expected "
        r"(?P<expected>[\d.]+)%\), most at (?P<station>[^;]+);"
    ),
    "point_high": _POINT,
    "point_low": _POINT,
    "file_gap": re.compile(_FILE + r"(?P<intervals>\d+) intervals"),
    "file_off_grid": re.compile(_FILE + r"(?P<rows>\d+) rows begin off the grid"),
    "file_conflict": re.compile(_FILE),
    "file_stuck": re.compile(_FILE + r"one value for (?P<intervals>\d+) intervals"),
}
"""Where the English text of a fact holds figures, by kind of alarm; as energy.registers, carbon.interval,
quality.alarms and connect.files and energy.points write them."""


def told(words: Words, park: Park, kind: str, thing_id: str, at: datetime, text: str) -> str:
    """Return what an alarm says, as one sentence in the language of `words`.

    kind: of the alarm, without "alarm." before it. at: when it was raised. text: the fact's own sentence, in English.
    Where `text` holds none of the figures that the kind's sentence names, the advice of the kind; where the catalogue
    does not know the kind, `text`.
    """
    figures = _figures(words, park, kind, thing_id, text)
    template = words.known(f"told.{kind}", "")
    if template and (kind not in PATTERNS or figures):
        return template.format(thing=thing_named(words, park, thing_id), at=words.clock(at), **figures)
    return words.known(f"advice.{kind}", text)


def _figures(words: Words, park: Park, kind: str, thing_id: str, text: str) -> dict[str, str]:
    """Return the figures in a fact's text, as the reader writes them; none where it holds none."""
    found = PATTERNS[kind].search(text) if kind in PATTERNS else None
    figures = found.groupdict() if found else {}
    meter = park.meter.get(thing_id)
    divisor, unit = (ML_PER_LITRE, "L") if meter and meter.commodity == "water" else (MWH_PER_KWH, "kWh")
    for name in {"counter", "later"} & set(figures):
        figures[name] = f"{words.number(int(figures[name]) / divisor, 6)} {unit}"
    point = next((one for one in park.points if one.id == thing_id), None)
    for name in {"value", "bound"} & set(figures) if point else ():
        figures[name] = words.of_point(float(figures[name]), point.quantity if point else "")
    if "station" in figures:
        figures["station"] = thing_named(words, park, figures["station"])
    return figures


def thing_named(words: Words, park: Park, thing_id: str) -> str:
    """Return the name and id of a meter, point, line, machine or battery, the name of the site; else the id alone."""
    if thing_id == "site":
        return str(getattr(park.site.name, words.language))
    point = next((one for one in park.points if one.id == thing_id), None)
    if point is not None:
        return words.say("told.named", name=words.name(point), id=thing_id)
    if thing_id in park.meter:
        name = words.name(park.meter[thing_id])
    else:
        names = {battery.id: battery.name for battery in park.energy.battery}
        names |= {line.id: line.name for line in park.work_centers}
        names |= {unit.id: unit.name for unit in park.work_unit.values()}
        name = str(getattr(names.get(thing_id), words.language, ""))
    return words.say("told.named", name=name, id=thing_id) if name else thing_id
