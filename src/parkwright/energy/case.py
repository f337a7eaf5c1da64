"""A case: the assets of a site and a series of loads and prices, checked, as an energy system to be solved."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
from numpy.typing import NDArray
from pydantic import field_validator

from parkwright.energy.blocks import Block, Converter, Demand, Flexible, Grid, Job, Load, Source, Store, System
from parkwright.model.errors import PlanError
from parkwright.model.noun import Noun, figure, identity, word

Reals = NDArray[np.float64]

BILLING_MONTH_DAYS = 30.4
"""Days for which a demand charge is quoted; a part of a month pays its share. 365 / 12, to one decimal."""

MOST_KW = 3.35e9
"""Power above which a number is a mistake [kW]: all power stations of China at the end of 2024 (National Energy
Administration, statistics of 2024: 3.35 billion kW)."""
MOST_CNY_PER_KWH = 1000.0
"""Price of energy above which a number is a mistake [CNY/kWh]: ten times the highest cap of a power market, about 95
(Australia's National Electricity Market 2025-26: 20,300 AUD/MWh, by 4.7 CNY/AUD); below zero likewise."""
MOST_KWH = MOST_KW * 8784.0
"""Energy above which a number is a mistake [kWh]: that power for a leap year."""
MOST_CNY_PER_KG = MOST_CNY_PER_KWH
"""Price of emissions above which a number is a mistake [CNY/kg]: that price, at a kilogram a kilowatt-hour (coal)."""
MOST_CNY_PER_KW_MONTH = MOST_CNY_PER_KWH * 24.0 * BILLING_MONTH_DAYS
"""Price of demand above which a number is a mistake [CNY/kW]: a kilowatt all month at that price."""
MOST_COP = 300.0
"""Heat from a kilowatt-hour above which a number is a mistake: Carnot's limit of a lift by 1 K at 300 K."""
MOST_KG_PER_KWH = 10.0
"""Emissions of energy above which a number is a mistake [kg/kWh]: peat, 0.38 kg/kWh of its heat (IPCC 2006, volume 2,
table 2.2: 106 kg/GJ), at an efficiency of 4 %, which no power station has."""

COLUMNS: Mapping[str, tuple[str, str]] = {
    "start": ("", "start of the step, ISO 8601; without an offset it is local time of the case's time zone"),
    "load_kw": ("kW", "electric load, not below zero"),
    "heat_kw": ("kW", "heat needed, not below zero; without the column there is no heat"),
    "pv_kw": ("kW", "solar power that may be used, not below zero; without the column there is none"),
    "waste_heat_kw": ("kW", "waste heat that may be used, not below zero; without the column there is none"),
    "cop": ("kWh/kWh", "heat from a kilowatt-hour of the heat pumps, above zero; needed where there is one"),
    "price_buy": ("CNY/kWh", "price of grid power; may be zero or below"),
    "price_sell": ("CNY/kWh", "paid for power fed in; needed where the grid takes any"),
    "co2e_kg_per_kwh": ("kg/kWh", "emissions of grid power, not below zero; needed where carbon has a price or a cap"),
}
"""Columns of series.csv: unit and meaning."""
ANY_SIGN = ("price_buy", "price_sell")
ALWAYS = ("start", "load_kw", "price_buy")
"""Columns that every series has."""


class CaseError(PlanError):
    """A case that cannot be solved; names the file, the place, the finding and the way out."""


class CaseGrid(Noun):
    """The grid connection ([grid])."""

    import_limit_kw: float = figure("kW", "contracted import", gt=0, le=MOST_KW)
    export_limit_kw: float = figure("kW", "power that may be fed in", 0.0, ge=0, le=MOST_KW)
    demand_cny_per_kw_month: float = figure(
        "CNY/kW",
        f"demand charge on the highest import of a calendar month, for {BILLING_MONTH_DAYS} days",
        0.0,
        ge=0,
        le=MOST_CNY_PER_KW_MONTH,
    )
    demand_window_min: float | None = figure(
        "min", "time over which the demand meter takes the mean; a step", None, gt=0
    )
    demand_reached_kw: float = figure("kW", "import already reached in the first month", 0.0, ge=0, le=MOST_KW)


class CaseBattery(Noun):
    """A battery ([[battery]]); its limits hold on the side of the site."""

    id: str = identity()
    capacity_kwh: float = figure("kWh", "usable energy", gt=0, le=MOST_KWH)
    charge_kw: float = figure("kW", "charging limit", ge=0, le=MOST_KW)
    discharge_kw: float = figure("kW", "discharging limit", ge=0, le=MOST_KW)
    charge_efficiency: float = figure("share", "site to stored", 1.0, gt=0, le=1)
    discharge_efficiency: float = figure("share", "stored to site", 1.0, gt=0, le=1)
    loss_share_per_h: float = figure("share/h", "standing loss", 0.0, ge=0, lt=1)
    wear_cny_per_kwh: float = figure("CNY/kWh", "ageing by discharged energy", 0.0, ge=0, le=MOST_CNY_PER_KWH)
    lowest_kwh: float = figure("kWh", "stored at least", 0.0, ge=0)
    opening_kwh: float | None = figure(
        "kWh", "stored at the start; left out: it ends where it began, free to choose", None
    )
    end_kwh: float | None = figure("kWh", "stored at least at the end; left out: as much as at the start", None)
    end_cny_per_kwh: float = figure(
        "CNY/kWh", "worth of what is stored at the end", 0.0, ge=-MOST_CNY_PER_KWH, le=MOST_CNY_PER_KWH
    )


class CaseTank(Noun):
    """A heat tank ([[tank]])."""

    id: str = identity()
    capacity_kwh: float = figure("kWh", "heat between empty and full", gt=0, le=MOST_KWH)
    charge_kw: float | None = figure("kW", "charging limit; left out: none", None, ge=0, le=MOST_KW)
    discharge_kw: float | None = figure("kW", "discharging limit; left out: none", None, ge=0, le=MOST_KW)
    loss_share_per_h: float = figure("share/h", "standing loss", 0.0, ge=0, lt=1)
    opening_kwh: float | None = figure(
        "kWh", "stored at the start; left out: it ends where it began, free to choose", None
    )
    end_kwh: float | None = figure("kWh", "stored at least at the end; left out: as much as at the start", None)


class CaseHeatPump(Noun):
    """A heat pump ([[heat_pump]]); its COP is the column `cop`."""

    id: str = identity()
    power_kw: float = figure("kW", "electric limit", gt=0, le=MOST_KW)
    source: Literal["surroundings", "waste_heat"] = word(
        "where it takes heat from: the surroundings, without limit, or the column waste_heat_kw", "surroundings"
    )


class CaseBoiler(Noun):
    """A boiler ([[boiler]])."""

    id: str = identity()
    power_kw: float = figure("kW", "heat limit", gt=0, le=MOST_KW)
    heat_cny_per_kwh: float = figure("CNY/kWh", "price of its heat", ge=0, le=MOST_CNY_PER_KWH)
    co2e_kg_per_kwh: float = figure("kg/kWh", "emissions of its heat", 0.0, ge=0, le=MOST_KG_PER_KWH)


class CaseFlexible(Noun):
    """Energy wanted between two instants in any portions ([[flexible]]): a charger, a load that may be interrupted."""

    id: str = identity()
    power_kw: float = figure("kW", "limit", gt=0, le=MOST_KW)
    energy_kwh: float = figure("kWh", "energy to arrive", ge=0, le=MOST_KWH)
    efficiency: float = figure("share", "of what is taken that arrives", 1.0, gt=0, le=1)
    begin: str = word("first instant, as in the column start; left out: the first of the series", "")
    end: str = word("instant by which it is done; left out: the end of the series", "")


class CaseJob(Noun):
    """Work that runs once, in one piece, at a time to be found ([[job]])."""

    id: str = identity()
    power_kw: tuple[float, ...] = word("power in each of its steps [kW]", min_length=1)
    begin: str = word("earliest beginning; left out: the first instant of the series", "")
    end: str = word("instant by which it is done; left out: the end of the series", "")
    machine: str = word("jobs on the same machine never overlap; empty: a machine of its own", "")

    @field_validator("power_kw")
    @classmethod
    def _not_below_zero(cls, value: tuple[float, ...]) -> tuple[float, ...]:
        if any(not np.isfinite(one) or not 0 <= one <= MOST_KW for one in value):
            raise ValueError(f"holds a power outside 0 to {MOST_KW:g}; give powers inside it")
        return value


class Case(Noun):
    """The assets of a case (case.toml)."""

    timezone: str = word("IANA time zone of starts without an offset and of the billing months", "UTC")
    step_min: float | None = figure("min", "length of a step; needed where the series has one row", None, gt=0, le=1440)
    carbon_cny_per_kg: float = figure("CNY/kg", "price of emissions beside cost", 0.0, ge=0, le=MOST_CNY_PER_KG)
    carbon_cap_kg: float | None = figure(
        "kg", "emissions of grid and boilers together, at most; left out: none", None, ge=0
    )
    grid: CaseGrid = word("grid connection")
    battery: tuple[CaseBattery, ...] = word("batteries", ())
    tank: tuple[CaseTank, ...] = word("heat tanks", ())
    heat_pump: tuple[CaseHeatPump, ...] = word("heat pumps", ())
    boiler: tuple[CaseBoiler, ...] = word("boilers", ())
    flexible: tuple[CaseFlexible, ...] = word("energy in any portions", ())
    job: tuple[CaseJob, ...] = word("work in one piece", ())

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise ValueError("is no time zone; give an IANA name, for example Asia/Shanghai") from error
        return value


CASE_NOUNS = (Case, CaseGrid, CaseBattery, CaseTank, CaseHeatPump, CaseBoiler, CaseFlexible, CaseJob)
"""The tables of case.toml."""


@dataclass(frozen=True, slots=True)
class Series:
    """A checked series: starts (T,) in UTC, length of a step [h], and the columns that it has (T,)."""

    starts: tuple[datetime, ...]
    step_h: float
    columns: Mapping[str, Reals]

    def get(self, name: str) -> Reals:
        """Return a column; zeros where the series has none."""
        return self.columns.get(name, np.zeros(len(self.starts)))


def series(header: Sequence[str], rows: Sequence[Sequence[str]], case: Case, file: str = "series.csv") -> Series:
    """Return the series of a file's header and rows, all cells as text.

    Raises CaseError for unknown, missing or repeated columns, cells that are no number, numbers that are not finite
    or below zero where they may not be, starts that do not follow each other in equal steps, and local times that
    do not exist or exist twice. Nothing is filled in.
    """
    _check_header(header, case, file)
    if not rows:
        raise CaseError(f"{file}: has no rows; give one a step")
    for number, row in enumerate(rows, start=2):
        if len(row) != len(header):
            raise CaseError(
                f"{file}:{number}: has {len(row)} cells where the header has {len(header)}; correct the row"
            )
    columns = {
        name: _numbers(name, [row[place] for row in rows], file) for place, name in enumerate(header) if name != "start"
    }
    place = list(header).index("start")
    starts = _starts([row[place] for row in rows], ZoneInfo(case.timezone), file)
    return Series(tuple(starts), _step_h(starts, case, file), columns)


def _check_header(header: Sequence[str], case: Case, file: str) -> None:
    for name in header:
        if name not in COLUMNS:
            raise CaseError(
                f"{file}:1: column {name!r} is not known; columns are {', '.join(COLUMNS)}, units in the name"
            )
        if list(header).count(name) > 1:
            raise CaseError(f"{file}:1: column {name!r} is there twice; leave one out")
    needed = dict.fromkeys(ALWAYS, "every series needs it")
    if case.heat_pump:
        needed["cop"] = "case.toml has a heat pump"
    if case.grid.export_limit_kw > 0.0:
        needed["price_sell"] = "case.toml lets the grid take power"
    if case.carbon_cny_per_kg > 0.0 or case.carbon_cap_kg is not None:
        needed["co2e_kg_per_kwh"] = "case.toml prices or caps carbon"
    for name, why in needed.items():
        if name not in header:
            raise CaseError(f"{file}:1: column {name!r} is missing; {why}")


def _numbers(name: str, cells: Sequence[str], file: str) -> Reals:
    try:
        found = np.array(cells, dtype=np.float64)
    except ValueError:
        row, cell = next((row, cell) for row, cell in enumerate(cells, start=2) if not _is_number(cell))
        told = (
            "is empty; give a number, 0 where there was none"
            if not cell.strip()
            else f"{cell!r} is no number; give {_unit(name)} as a plain number"
        )
        raise CaseError(f"{file}:{row}: {name} {told}") from None
    bad = np.flatnonzero(~np.isfinite(found))
    if bad.size:
        raise CaseError(f"{file}:{bad[0] + 2}: {name} is {found[bad[0]]}; give a finite number, missing is not zero")
    most = _most(name)
    far = np.flatnonzero(np.abs(found) > most)
    if far.size:
        raise CaseError(
            f"{file}:{far[0] + 2}: {name} is {found[far[0]]:g}; give {_unit(name)}, at most {most:g}: no site has more"
        )
    low = np.flatnonzero(found <= 0.0 if name == "cop" else found < 0.0)
    if low.size and name not in ANY_SIGN:
        least = "above zero" if name == "cop" else "of 0 or more"
        hint = "; a surplus is pv_kw" if name == "load_kw" else ""
        raise CaseError(f"{file}:{low[0] + 2}: {name} is {found[low[0]]:g}; give a number {least}{hint}")
    return found


def _most(name: str) -> float:
    """Return what no number of a column exceeds, in either direction."""
    if name in ANY_SIGN:
        return MOST_CNY_PER_KWH
    return {"cop": MOST_COP, "co2e_kg_per_kwh": MOST_KG_PER_KWH}.get(name, MOST_KW)


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _unit(name: str) -> str:
    return COLUMNS[name][0]


def _starts(cells: Sequence[str], zone: tzinfo, file: str) -> list[datetime]:
    found = []
    for row, cell in enumerate(cells, start=2):
        found.append(instant(cell, zone, f"{file}:{row}: start"))
    return found


def instant(text: str, zone: tzinfo, where: str) -> datetime:
    """Return the instant (UTC) that a text names; without an offset it is local time of `zone`.

    Raises CaseError when it is no instant, or a local time that a change of clocks leaves out or repeats.
    """
    try:
        found = datetime.fromisoformat(text.strip())
    except ValueError:
        raise CaseError(f"{where} {text!r} is no instant; write 2026-07-15T08:15:00+08:00") from None
    if found.tzinfo is not None:
        return found.astimezone(UTC)
    early, late = found.replace(tzinfo=zone, fold=0), found.replace(tzinfo=zone, fold=1)
    if early.utcoffset() != late.utcoffset():
        back = early.astimezone(UTC).astimezone(zone).replace(tzinfo=None)
        finding = "exists twice" if back == found else "does not exist"
        raise CaseError(f"{where} {text!r} {finding} on the day the clocks change; write starts with their offset")
    return early.astimezone(UTC)


def _step_h(starts: Sequence[datetime], case: Case, file: str) -> float:
    if len(starts) == 1:
        if case.step_min is None:
            raise CaseError(f"{file}: has one row; say in case.toml how long it is: step_min = 15")
        return case.step_min / 60.0
    step = starts[1] - starts[0] if case.step_min is None else timedelta(minutes=case.step_min)
    if not timedelta(0) < step <= timedelta(days=1):
        raise CaseError(f"{file}:3: start comes {step} after the first; give starts in order, a day apart at most")
    for row, (before, after) in enumerate(itertools.pairwise(starts), start=3):
        if after - before != step:
            finding = "gap" if after - before > step else "overlap"
            raise CaseError(
                f"{file}:{row}: {finding}: start comes {after - before} after the row before where a step is {step}; "
                "give every step one row, in order"
            )
    return step.total_seconds() / 3600.0


def system(case: Case, given: Series) -> tuple[System, tuple[str, ...]]:
    """Return the case as an energy system, and what was repaired, one line each.

    Repaired are stores that open, end or rest outside their limits: held to the limit, and said.
    Raises CaseError when ids repeat, a window lies outside the series, or heat is needed that nothing gives.
    """
    steps, hours = len(given.starts), given.step_h
    repairs: list[str] = []
    blocks: list[Block] = [Load("load", "power", given.get("load_kw")), _grid(case, given)]
    if "pv_kw" in given.columns:
        blocks.append(Source("pv", "power", given.get("pv_kw")))
    lifted = any(one.source == "waste_heat" for one in case.heat_pump)
    if lifted and any(one.source == "surroundings" for one in case.heat_pump):
        raise CaseError(
            "case.toml: heat pumps take from the surroundings and from waste heat; give all the same source"
        )
    if "waste_heat_kw" in given.columns:
        blocks.append(Source("waste_heat", "waste" if lifted else "heat", given.get("waste_heat_kw")))
    elif lifted:
        raise CaseError("series.csv:1: column 'waste_heat_kw' is missing; the heat pumps of case.toml take from it")
    if "heat_kw" in given.columns:
        blocks.append(Load("heat_load", "heat", given.get("heat_kw")))
    blocks += [_battery(one, hours, repairs) for one in case.battery]
    blocks += [_tank(one, hours, repairs) for one in case.tank]
    for pump in case.heat_pump:
        limit = np.full(steps, pump.power_kw)
        blocks.append(Converter(pump.id, "power", "heat", limit, given.get("cop"), "waste" if lifted else ""))
    for boiler in case.boiler:
        price = boiler.heat_cny_per_kwh + case.carbon_cny_per_kg * boiler.co2e_kg_per_kwh
        blocks.append(Source(boiler.id, "heat", np.full(steps, boiler.power_kw), price, boiler.co2e_kg_per_kwh))
    blocks += [_flexible(one, case, given) for one in case.flexible]
    blocks += [_job(one, case, given) for one in case.job]
    return System(hours, steps, tuple(blocks), case.carbon_cap_kg), tuple(repairs)


def _grid(case: Case, given: Series) -> Grid:
    steps, grid = len(given.starts), case.grid
    intensity = given.get("co2e_kg_per_kwh")
    buy = given.get("price_buy") + case.carbon_cny_per_kg * intensity
    limits = np.full(steps, grid.import_limit_kw), np.full(steps, grid.export_limit_kw)
    demand = _demand(case, given) if grid.demand_cny_per_kw_month > 0.0 else None
    return Grid("grid", "power", *limits, buy, given.get("price_sell"), demand, intensity)


def _demand(case: Case, given: Series) -> Demand:
    zone = ZoneInfo(case.timezone)
    local = [start.astimezone(zone) for start in given.starts]
    months = np.array([one.year * 12 + one.month for one in local])
    _, group = np.unique(months, return_inverse=True)
    days = np.bincount(group) / (24.0 / given.step_h)
    floor = np.zeros(len(days))
    floor[0] = case.grid.demand_reached_kw
    window_min = case.grid.demand_window_min or given.step_h * 60.0
    window = round(window_min / (given.step_h * 60.0))
    if window < 1 or abs(window * given.step_h * 60.0 - window_min) > 1e-6:
        raise CaseError(
            f"case.toml: grid: demand_window_min is {window_min:g}; give a whole number of steps of "
            f"{given.step_h * 60.0:g} min"
        )
    price = case.grid.demand_cny_per_kw_month * days / BILLING_MONTH_DAYS
    return Demand(group.astype(np.int64), price, floor, window)


def _held(value: float | None, thing: str, name: str, low: float, high: float, repairs: list[str]) -> float | None:
    if value is None or low <= value <= high:
        return value
    held = min(max(value, low), high)
    repairs.append(f"{thing}: {name} {value:g} kWh lies outside {low:g} to {high:g} kWh: held to {held:g} kWh")
    return held


def _battery(one: CaseBattery, hours: float, repairs: list[str]) -> Store:
    thing, high = f"battery {one.id!r}", one.capacity_kwh
    low = _held(one.lowest_kwh, thing, "lowest_kwh", 0.0, high, repairs) or 0.0
    return Store(
        one.id, "power", high, one.charge_kw, one.discharge_kw, one.charge_efficiency, one.discharge_efficiency,
        (1.0 - one.loss_share_per_h) ** hours, one.wear_cny_per_kwh,
        _held(one.opening_kwh, thing, "opening_kwh", low, high, repairs),
        _held(one.end_kwh, thing, "end_kwh", low, high, repairs), one.end_cny_per_kwh, low,
    )  # fmt: skip


def _tank(one: CaseTank, hours: float, repairs: list[str]) -> Store:
    thing = f"tank {one.id!r}"
    charge, discharge = (np.inf if kw is None else kw for kw in (one.charge_kw, one.discharge_kw))
    return Store(
        one.id, "heat", one.capacity_kwh, charge, discharge, kept_share=(1.0 - one.loss_share_per_h) ** hours,
        opening_kwh=_held(one.opening_kwh, thing, "opening_kwh", 0.0, one.capacity_kwh, repairs),
        end_kwh=_held(one.end_kwh, thing, "end_kwh", 0.0, one.capacity_kwh, repairs),
    )  # fmt: skip


def _window(thing: str, begin: str, end: str, case: Case, given: Series) -> tuple[int, int]:
    """Return the steps [first, end) that lie wholly between two instants."""
    zone, step = ZoneInfo(case.timezone), timedelta(hours=given.step_h)
    first, last = given.starts[0], given.starts[-1] + step
    low = instant(begin, zone, f"case.toml: {thing}: begin") if begin else first
    high = instant(end, zone, f"case.toml: {thing}: end") if end else last
    if not first <= low < high <= last:
        raise CaseError(
            f"case.toml: {thing}: [{low.isoformat()}, {high.isoformat()}) is no part of the series "
            f"[{first.isoformat()}, {last.isoformat()}); give a window inside it"
        )
    return -(-(low - first) // step), (high - first) // step


def _flexible(one: CaseFlexible, case: Case, given: Series) -> Flexible:
    thing = f"flexible {one.id!r}"
    first, end = _window(thing, one.begin, one.end, case, given)
    if first >= end:
        raise CaseError(f"case.toml: {thing}: its window holds no whole step; give a longer one")
    return Flexible(one.id, "power", one.power_kw, one.energy_kwh, first, end, one.efficiency)


def _job(one: CaseJob, case: Case, given: Series) -> Job:
    thing = f"job {one.id!r}"
    first, end = _window(thing, one.begin, one.end, case, given)
    if end - first < len(one.power_kw):
        raise CaseError(
            f"case.toml: {thing}: its window holds {end - first} whole steps and its work {len(one.power_kw)}; "
            "give a longer one"
        )
    starts = np.arange(first, end - len(one.power_kw) + 1, dtype=np.int64)
    return Job(one.id, "power", np.array(one.power_kw, dtype=np.float64), starts, one.machine)
