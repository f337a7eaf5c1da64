"""Energy of an interval from the counters of the meters: rollover, reset, backwards, silence; nothing is clipped.

What is estimated while a meter is silent is owed: it is taken off again when the counter is next read, so that the
total over an outage is exact and only its shape is estimated.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

import polars as pl

from parkwright.model.plant import Meter
from parkwright.model.tables import ALARMS, READINGS, TIME, conform

Interval = tuple[datetime, datetime]

REGISTERS: dict[str, pl.DataType | type[pl.DataType]] = {
    "meter_id": pl.String,
    "at": TIME,
    "register_mwh_int": pl.Int64,
}
"""Columns of counters: meter, instant, counter [mWh]; [ml] for a water meter."""
PREVIOUS: dict[str, pl.DataType | type[pl.DataType]] = REGISTERS | {"owed_mwh_int": pl.Int64, "last_mwh_int": pl.Int64}
"""Counters as last counted, with what estimates booked since (owed) and the last good interval (last, null: none)."""

ML_PER_LITRE = 1000
ROLLOVER_HIGH, ROLLOVER_LOW = 0.9, 0.1
"""A counter that fell from above the first to below the second share of its width has rolled over; assumed."""
RESET_SHARE, RESET_INTERVALS = 0.01, 20
"""A counter that fell to this share of itself, or to this many last intervals, began anew; assumed."""


@dataclass(frozen=True, slots=True)
class Counted:
    """An interval counted: READINGS, ALARMS, and the counters from which the next interval goes on (PREVIOUS)."""

    readings: pl.DataFrame
    alarms: pl.DataFrame
    previous: pl.DataFrame


@dataclass(slots=True)
class _Count:
    """One meter while its interval is counted; None where its counter was never read."""

    at: datetime | None
    register: int | None
    owed: int
    last: int | None
    gained: int = 0
    valid_at: datetime | None = None
    doubt: str = ""


def opening(meters: Iterable[Meter], at: datetime, registers: Mapping[str, int] | None = None) -> pl.DataFrame:
    """Return PREVIOUS for meters whose counters are known at `at`; 0 where `registers` is None."""
    rows = [(m.id, at, 0 if registers is None else registers[m.id], 0, None) for m in meters if _known(m, registers)]
    return pl.DataFrame(rows, schema=PREVIOUS, orient="row")


def _known(meter: Meter, registers: Mapping[str, int] | None) -> bool:
    return registers is None or meter.id in registers


def intervals(
    registers: pl.DataFrame, previous: pl.DataFrame, meters: Iterable[Meter], interval: Interval
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the READINGS of every meter for `interval`, and ALARMS for all that was no plain counting; see `count`."""
    counted = count(registers, previous, meters, interval)
    return counted.readings, counted.alarms


def count(registers: pl.DataFrame, previous: pl.DataFrame, meters: Iterable[Meter], interval: Interval) -> Counted:
    """Return what the meters' counters say about `interval` [start, end), one reading a meter.

    registers: REGISTERS, any order; rows at or before a meter's previous instant or after `end` do not count.
    previous: PREVIOUS or REGISTERS; a meter without a row was never read.

    quality: good (counter read at the end); repaired (rolled over, or back after a silence, total exact); estimated
    (silent, read early, or begun anew); suspect (ran backwards, or first seen: then without a quantity).
    Alarms: meter_silent, meter_rollover, meter_reset, meter_backwards, meter_first_seen, meter_conflict,
    meter_unknown, estimate_carried.
    """
    start, end = interval
    samples, alarms = _samples(registers, previous, {meter.id for meter in meters}, end)
    states = {row[0]: _Count(row[1], row[2], row[3], row[4]) for row in _filled(previous).iter_rows()}
    readings, kept = [], []
    for meter in meters:
        state = states.get(meter.id, _Count(None, None, 0, None))
        for at, value in samples.get(meter.id, ()):
            kind = _advance(state, at, value, meter.register_mwh_max, start)
            if kind:
                alarms.append((kind, meter.id, f"{value} at {at:%H:%M:%S}"))
        quantity, quality, kind = _close(state, end)
        if kind:
            alarms.append((kind, meter.id, ""))
        water = meter.commodity == "water"
        litres = None if quantity is None else quantity / ML_PER_LITRE
        readings.append((start, meter.id, None if water else quantity, litres if water else None, quality))
        if state.register is not None:
            kept.append((meter.id, state.at, state.register, state.owed, state.last))
    return Counted(
        conform(pl.DataFrame(readings, schema=READINGS.schema, orient="row"), READINGS),
        _alarms(alarms, start, end),
        pl.DataFrame(kept, schema=PREVIOUS, orient="row"),
    )


def _filled(previous: pl.DataFrame) -> pl.DataFrame:
    """Return `previous` as PREVIOUS; rows of plain counters owe nothing."""
    for name, value in (("owed_mwh_int", 0), ("last_mwh_int", None)):
        if name not in previous.columns:
            previous = previous.with_columns(pl.lit(value).cast(pl.Int64).alias(name))
    return previous.select([pl.col(name).cast(dtype) for name, dtype in PREVIOUS.items()])


def _samples(
    registers: pl.DataFrame, previous: pl.DataFrame, known: set[str], end: datetime
) -> tuple[dict[str, list[tuple[datetime, int]]], list[tuple[str, str, str]]]:
    """Return the counters that count, in order by meter, and alarms about unknown meters and conflicting values."""
    found: dict[str, dict[datetime, int]] = {}
    alarms: list[tuple[str, str, str]] = []
    floor = {row[0]: (row[1], row[2]) for row in _filled(previous).iter_rows()}
    for meter_id, at, value in registers.select(list(REGISTERS)).iter_rows():
        if meter_id not in known:
            alarms.append(("meter_unknown", meter_id, ""))
            continue
        before = floor.get(meter_id)
        if before is not None and at <= before[0]:
            if at == before[0] and value != before[1]:
                alarms.append(("meter_conflict", meter_id, f"{before[1]} and {value} at {at:%H:%M:%S}"))
            continue
        if at > end:
            continue
        seen = found.setdefault(meter_id, {})
        if seen.get(at, value) != value:
            alarms.append(("meter_conflict", meter_id, f"{seen[at]} and {value} at {at:%H:%M:%S}"))
        seen[at] = value
    return {meter_id: sorted(seen.items()) for meter_id, seen in found.items()}, sorted(set(alarms))


def _advance(state: _Count, at: datetime, value: int, width: int, start: datetime) -> str:
    """Count one counter value and return the alarm that it raises, "" for none; one before `start` was told then."""
    if state.register is None:
        state.at, state.register, state.doubt = at, value, "first_seen"
        return ""
    kind, step = "", value - state.register
    if step < 0:
        if state.register >= ROLLOVER_HIGH * width and value <= ROLLOVER_LOW * width:
            kind, step = "meter_rollover", step + width
            state.doubt = state.doubt or "repaired"
        elif value <= RESET_SHARE * state.register or value <= RESET_INTERVALS * (state.last or 0):
            kind, step = "meter_reset", max(value, state.last or 0)
            state.doubt, state.owed = "estimated", 0
        else:
            if at <= start:
                return ""
            state.doubt = state.doubt or "backwards"
            return "meter_backwards"
    state.gained += step
    state.at, state.register, state.valid_at = at, value, at
    return kind


def _close(state: _Count, end: datetime) -> tuple[int | None, str, str]:
    """Return quantity, quality and alarm of the interval, and leave the state ready for the next."""
    if state.register is None or (state.doubt == "first_seen" and state.valid_at is None):
        return None, "suspect", "meter_first_seen" if state.doubt else "meter_silent"
    if state.valid_at is None:
        estimate = state.last or 0
        state.owed += estimate
        suspect = state.doubt == "backwards"
        return estimate, "suspect" if suspect else "estimated", "" if suspect else "meter_silent"
    quantity = state.gained - state.owed
    if quantity < 0:
        state.owed = -quantity
        return 0, "repaired", "estimate_carried"
    quality = _quality(state, early=state.valid_at < end)
    state.owed = 0
    if quality == "good":
        state.last = quantity
    return quantity, quality, ""


def _quality(state: _Count, early: bool) -> str:
    """Return how well a counted interval is known."""
    if state.doubt in ("estimated", "first_seen") or early:
        return "estimated"
    if state.doubt == "backwards":
        return "suspect"
    return "repaired" if state.owed > 0 or state.doubt == "repaired" else "good"


_TEXTS = {
    "meter_silent": (2, "meter {0} gave no counter from {1} to {2}: its energy is estimated; look after the meter"),
    "meter_rollover": (3, "meter {0} rolled over to {3}: counted on over its known width; nothing to do"),
    "meter_reset": (2, "meter {0} began anew at {3}: energy before that is estimated; record the meter change"),
    "meter_backwards": (1, "meter {0} ran backwards to {3}: the value is set aside; look after the meter"),
    "meter_first_seen": (
        2,
        "meter {0} was read for the first time before {2}: no energy is known from {1}; estimate it",
    ),
    "meter_conflict": (2, "meter {0} gave two values for one instant, {3}: the later is used; look after the meter"),
    "meter_unknown": (2, "meter {0} is not in the park: its counters are set aside; add it to meters.csv"),
    "estimate_carried": (3, "meter {0} counted less than was estimated: the rest is taken off the next intervals"),
}
"""Severity and text of each alarm; {0} meter, {1} from, {2} to, {3} value."""


def _alarms(found: list[tuple[str, str, str]], start: datetime, end: datetime) -> pl.DataFrame:
    rows = []
    for kind, meter_id, value in found:
        severity, text = _TEXTS[kind]
        span = (f"{start:%Y-%m-%d %H:%M}", f"{end:%H:%M} UTC")
        rows.append((end, kind, meter_id, severity, text.format(meter_id, *span, value)))
    return conform(pl.DataFrame(rows, schema=ALARMS.schema, orient="row"), ALARMS)
