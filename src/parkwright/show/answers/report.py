"""The report: what a place used, cost and emitted by day, month or year, against the period or the year before."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date

import polars as pl
from pydantic import Field

from parkwright.model.errors import ParkwrightError
from parkwright.model.park import Park
from parkwright.show.answers.energy import BANDS, KGCE_PER_KWH, BandRow
from parkwright.show.answers.figure import Answer, change, ratio
from parkwright.show.answers.span import Compare, Grain, Span, compared, moved, periods
from parkwright.show.context import FactsReader

MOST_PERIODS = 400
"""Rows of a report; a year by day has 366."""
DAYS_SHOWN = 14
"""Days of a report that names no first day: those that the back-fill of a new park brings."""
WORST_SHOWN = 5
KG_PER_T = 1000.0

Books = Mapping[date, Mapping[str, float]]


class Measure(Answer):
    """One measure of a period with what it is compared with. Null: not known."""

    key: str = Field(description="which measure; message key measure.<key>")
    unit: str
    value: float | None
    reference: float | None = Field(description="the same measure of the days compared with, all of them closed")

    @property
    def change(self) -> float | None:
        """Change on the reference, as a share of it; None when either is unknown."""
        return change(self.value, self.reference)


class Period(Answer):
    """A day, month or year of the report, or the whole span."""

    start_day: str
    end_day: str
    days_closed: int = Field(description="days of the period whose books are closed; only these are counted")
    days: int = Field(description="days of the period within the span asked for")
    measures: list[Measure]


class Place(Answer):
    """What a report can be about."""

    place_id: str = Field(description="a building's or a line's id; empty for the whole site")
    name_en: str
    name_zh: str


class Ranked(Place):
    """A place in the ranking of those that rose most."""

    electricity_kwh: float | None
    reference_kwh: float | None
    change: float | None = Field(description="of the electricity used, as a share of the reference")


class Report(Answer):
    """A report over closed days."""

    place: Place
    places: list[Place] = Field(description="what could be chosen")
    grain: Grain
    compare: Compare
    start_day: str
    end_day: str
    periods: list[Period]
    whole: Period
    bands: list[BandRow] = Field(description="power bought by tariff band, of the whole site; empty for a place in it")
    worst: list[Ranked] = Field(description="the places whose use of electricity rose most, at most five")


@dataclass(frozen=True)
class Choice:
    """What a report is about: a place ("" for the site), a grain, what it is compared with, and the days asked for."""

    place_id: str
    grain: Grain
    compare: Compare
    start: date
    end: date


def asked(
    park: Park,
    facts: FactsReader,
    place_id: str = "",
    grain: Grain = "day",
    compare: Compare = "previous",
    start: date | None = None,
    end: date | None = None,
) -> Report | None:
    """Return the report that is asked for; None where no day is closed.

    end: the newest closed day where absent. start: thirteen days before, or the oldest closed day.

    Raises ParkwrightError as `report` does.
    """
    closed = facts.days("books")
    if not closed:
        return None
    oldest, newest = date.fromisoformat(closed[0]), date.fromisoformat(closed[-1])
    last = end or max(newest, start or newest)
    first = start or min(last, max(oldest, moved(last, "day", 1 - DAYS_SHOWN)))
    spans = periods(grain, first, last)
    count = max(1, min(len(spans), MOST_PERIODS))
    oldest_asked = moved(first, "year", -1) if compare == "year" else moved(first, grain, -count)
    rows = facts.read("books", oldest_asked.isoformat(), last.isoformat())
    return report(park, books_by_day(rows), Choice(place_id, grain, compare, first, last))


def books_by_day(books: pl.DataFrame) -> dict[date, dict[str, float]]:
    """Return the figures of each closed day by key; a restated figure stands in place of the first. books: BOOKS."""
    found: dict[date, dict[str, float]] = {}
    for day, key, value in books.select("day", "key", "value").iter_rows():
        found.setdefault(date.fromisoformat(day), {})[key] = value
    return found


def places_of(park: Park) -> list[Place]:
    """Return what a report of the park can be about: the site, its buildings, its lines."""
    site = Place(place_id="", name_en=park.site.name.en, name_zh=park.site.name.zh)
    parts = [(one.id, one.name) for one in park.buildings] + [(one.id, one.name) for one in park.work_centers]
    return [site, *(Place(place_id=place_id, name_en=name.en, name_zh=name.zh) for place_id, name in parts)]


def report(park: Park, books: Books, choice: Choice) -> Report:
    """Return the report of the chosen place over the closed days of the span.

    books: figures of closed days, at least of the span and of what it is compared with.

    Raises ParkwrightError when there is no such place, the span is empty, or it has too many periods.
    """
    places = places_of(park)
    place = next((one for one in places if one.place_id == choice.place_id), None)
    if place is None:
        raise ParkwrightError(f"scope {choice.place_id}: no building or line of this park; leave it out for the site")
    if choice.end < choice.start:
        raise ParkwrightError(f"report {choice.start} to {choice.end}: ends before it starts; exchange the two dates")
    spans = [_within(span, choice) for span in periods(choice.grain, choice.start, choice.end)]
    if len(spans) > MOST_PERIODS:
        raise ParkwrightError(
            f"report by {choice.grain}: {len(spans)} rows, at most {MOST_PERIODS}; choose a coarser grain"
        )
    measured = _measures(place.place_id)
    whole = Span(spans[0].first, spans[-1].after)
    return Report(
        place=place,
        places=places,
        grain=choice.grain,
        compare=choice.compare,
        start_day=choice.start.isoformat(),
        end_day=choice.end.isoformat(),
        periods=[_period(span, books, measured, _then(span, books, choice, 1)) for span in spans],
        whole=_period(whole, books, measured, _then(whole, books, choice, len(spans))),
        bands=[] if place.place_id else _bands(whole, books),
        worst=_worst(places[1:], whole, books, _then(whole, books, choice, len(spans))),
    )


def _within(span: Span, choice: Choice) -> Span:
    """Return the part of a period that the span asked for covers."""
    return Span(max(span.first, choice.start), min(span.last, choice.end) + (span.after - span.last))


def _then(span: Span, books: Books, choice: Choice, count: int) -> list[date]:
    """Return the days that `span` is compared with."""
    if choice.compare == "year":
        return compared(span, books, "year", 1)
    return compared(span, books, choice.grain, count)


Sum = Callable[[Mapping[str, float]], float | None]


def _of(*keys: str) -> Sum:
    """Return what a day's figures of those keys add up to; None where the day has none of them."""

    def total(day: Mapping[str, float]) -> float | None:
        known = [day[key] for key in keys if key in day]
        return sum(known) if known else None

    return total


def _use(day: Mapping[str, float]) -> float | None:
    """Return the electricity that the site used on a day [kWh]."""
    if "energy_kwh.grid" not in day:
        return None
    gained = sum(day.get(f"energy_kwh.{name}", 0.0) for name in ("grid", "pv", "battery_out"))
    return gained - sum(day.get(f"energy_kwh.{name}", 0.0) for name in ("battery_in", "export"))


def _measures(place_id: str) -> dict[str, tuple[str, Sum]]:
    """Return key -> (unit, sum of a day) of what is counted at a place."""
    if not place_id:
        return {
            "electricity": ("kWh", _use),
            "gas": ("kWh", _of("energy_kwh.gas")),
            "cost": ("CNY", _of("cost_cny")),
            "location": ("kg CO2e", _of("co2e_kg.location")),
            "market": ("kg CO2e", _of("co2e_kg.market")),
            "units": ("units", _of("units_good")),
        }
    at = f"place.{place_id}."
    return {
        "electricity": ("kWh", _of(f"{at}electricity_kwh")),
        "cost": ("CNY", _of(f"{at}cost_cny")),
        "location": ("kg CO2e", _of(f"{at}co2e_kg_location")),
        "market": ("kg CO2e", _of(f"{at}co2e_kg_market")),
        "units": ("units", _of(f"{at}units_good", f"{at}boards_good")),
    }


def _summed(days: Iterable[date], books: Books, total: Sum) -> float | None:
    known = [value for value in (total(books[day]) for day in days if day in books) if value is not None]
    return sum(known) if known else None


def _period(span: Span, books: Books, measured: Mapping[str, tuple[str, Sum]], then: list[date]) -> Period:
    days = span.days()
    whole_then = bool(then) and all(day in books for day in then)
    found = {
        key: Measure(
            key=key,
            unit=unit,
            value=_summed(days, books, total),
            reference=_summed(then, books, total) if whole_then else None,
        )
        for key, (unit, total) in measured.items()
    }
    return Period(
        start_day=span.first.isoformat(),
        end_day=span.last.isoformat(),
        days_closed=sum(day in books for day in days),
        days=len(days),
        measures=[*found.values(), _coal(found["electricity"], found.get("gas")), *_each(found)],
    )


def _coal(electricity: Measure, gas: Measure | None) -> Measure:
    """Return the energy used as coal equivalent [t]."""

    def tce(kwh: float | None, gas_kwh: float | None) -> float | None:
        return None if kwh is None else (kwh + (gas_kwh or 0.0)) * KGCE_PER_KWH / KG_PER_T

    value = tce(electricity.value, gas.value if gas else None)
    then = tce(electricity.reference, gas.reference if gas else None)
    return Measure(key="coal", unit="tce", value=value, reference=then)


def _each(found: Mapping[str, Measure]) -> list[Measure]:
    """Return electricity, cost and location-based emissions for each good unit."""
    units = found["units"]
    return [
        Measure(
            key=f"{key}_each",
            unit=found[key].unit,
            value=ratio(found[key].value, units.value),
            reference=ratio(found[key].reference, units.reference),
        )
        for key in ("electricity", "cost", "location")
    ]


def _bands(span: Span, books: Books) -> list[BandRow]:
    """Return what was bought by tariff band, then all together as band "sum"; empty where no day says it."""
    found = []
    for band in BANDS:
        kwh = _summed(span.days(), books, _of(f"band.{band}.import_kwh"))
        cny = _summed(span.days(), books, _of(f"band.{band}.cost_cny"))
        if kwh is not None and cny is not None:
            found.append(BandRow(band=band, import_kwh=kwh, cost_cny=cny, cny_per_kwh=ratio(cny, kwh)))
    if found:
        kwh, cny = sum(row.import_kwh for row in found), sum(row.cost_cny for row in found)
        found.append(BandRow(band="sum", import_kwh=kwh, cost_cny=cny, cny_per_kwh=ratio(cny, kwh)))
    return found


def _worst(places: list[Place], span: Span, books: Books, then: list[date]) -> list[Ranked]:
    """Return the places whose use rose most, first; where nothing is known to compare with, those that use most."""
    whole_then = bool(then) and all(day in books for day in then)
    found = []
    for place in places:
        total = _of(f"place.{place.place_id}.electricity_kwh")
        used = _summed(span.days(), books, total)
        before = _summed(then, books, total) if whole_then else None
        if used is not None:
            rose = change(used, before)
            found.append(Ranked(**place.model_dump(), electricity_kwh=used, reference_kwh=before, change=rose))
    found.sort(key=lambda one: (one.change is None, -(one.change or 0.0), -(one.electricity_kwh or 0.0)))
    return found[:WORST_SHOWN]
