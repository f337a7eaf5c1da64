"""The park: every noun of a folder, checked, with the look-ups that the capabilities need."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

import polars as pl

from parkwright.model.control import ControlPoint
from parkwright.model.plant import EnergyPlant, Factor, Meter, MeterFile, Tariff
from parkwright.model.product import (
    BillLine,
    Market,
    Material,
    OrderPattern,
    Planning,
    Product,
    Segment,
    Setup,
    Supplier,
)
from parkwright.model.site import (
    Building,
    Calendar,
    Crew,
    Edge,
    Fleet,
    Maintenance,
    Node,
    Shift,
    Site,
    Tree,
    Warehouse,
    WorkCenter,
    WorkUnit,
)

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True)
class Park:
    """A park as data. Frozen; built by store.folder from a folder, or by hand in tests.

    weather: one typical year, hourly: columns month, day, hour (0-23, park's standard time), temperature_c,
    ghi_w_per_m2, dni_w_per_m2, dhi_w_per_m2, wind_m_per_s, humidity_share; empty where the park has none.
    orders: given order lines in the shape of JOB_ORDERS, or None to generate them from `order_pattern`.
    """

    site: Site
    buildings: tuple[Building, ...]
    work_centers: tuple[WorkCenter, ...]
    calendar: Calendar
    segments: tuple[Segment, ...]
    products: tuple[Product, ...]
    materials: tuple[Material, ...]
    bill: tuple[BillLine, ...]
    setups: tuple[Setup, ...]
    suppliers: tuple[Supplier, ...]
    markets: tuple[Market, ...]
    order_pattern: OrderPattern | None
    meters: tuple[Meter, ...]
    energy: EnergyPlant
    factors: tuple[Factor, ...]
    tariffs: tuple[Tariff, ...]
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    fleet: Fleet | None
    warehouse: Warehouse | None
    green: tuple[Tree, ...]
    meter_files: tuple[MeterFile, ...]
    weather: pl.DataFrame = field(repr=False)
    orders: pl.DataFrame | None = field(default=None, repr=False)
    points: tuple[ControlPoint, ...] = ()
    planning: Planning | None = None
    maintenance: tuple[Maintenance, ...] = ()
    crews: tuple[Crew, ...] = ()
    digest: str = ""
    """SHA-256 over the folder's files, so that a result can name the park it came from."""

    @cached_property
    def zone(self) -> ZoneInfo:
        """The park's time zone."""
        return ZoneInfo(self.site.timezone)

    @cached_property
    def work_center(self) -> Mapping[str, WorkCenter]:
        """Lines by id."""
        return {line.id: line for line in self.work_centers}

    @cached_property
    def work_unit(self) -> Mapping[str, WorkUnit]:
        """Machines and stations by id."""
        return {unit.id: unit for line in self.work_centers for unit in line.work_unit}

    @cached_property
    def line_of(self) -> Mapping[str, str]:
        """Line id by work unit id."""
        return {unit.id: line.id for line in self.work_centers for unit in line.work_unit}

    @cached_property
    def product(self) -> Mapping[str, Product]:
        """Products by id."""
        return {product.id: product for product in self.products}

    @cached_property
    def segment(self) -> Mapping[str, Segment]:
        """Process segments by id."""
        return {segment.id: segment for segment in self.segments}

    @cached_property
    def material(self) -> Mapping[str, Material]:
        """Materials by id."""
        return {material.id: material for material in self.materials}

    @cached_property
    def factor(self) -> Mapping[str, Factor]:
        """Factors by id."""
        return {factor.id: factor for factor in self.factors}

    @cached_property
    def meter(self) -> Mapping[str, Meter]:
        """Meters by id."""
        return {meter.id: meter for meter in self.meters}

    def midnight(self, day: date) -> datetime:
        """Return the aware UTC instant at which `day` begins in the park."""
        return datetime.combine(day, time(0), self.zone).astimezone(UTC)

    def day_bounds(self, day: date) -> tuple[datetime, datetime]:
        """Return [start, end) of `day` in aware UTC; 23 or 25 hours apart where the clock changes."""
        return self.midnight(day), self.midnight(day + timedelta(days=1))

    def intervals(self, day: date) -> pl.Series:
        """Return the starts of the metering intervals of `day`, aware UTC in ms (T,)."""
        start, end = self.day_bounds(day)
        return pl.datetime_range(
            start, end, f"{self.site.metering_interval_s}s", closed="left", time_unit="ms", eager=True
        ).alias("start")

    def shifts(self, day: date) -> list[tuple[datetime, datetime]]:
        """Return the working times [start, end) of `day` in aware UTC, in order; none on a holiday."""
        return sorted((start, end) for start, end, _ in self._shifts(day))

    def line_shifts(self, day: date, line_id: str) -> list[tuple[datetime, datetime]]:
        """Return the working times [start, end) of a line on `day` in aware UTC, in order; none on a holiday."""
        found = self._shifts(day)
        return sorted((start, end) for start, end, shift in found if not shift.lines or line_id in shift.lines)

    def overtime(self, day: date) -> list[tuple[datetime, datetime, float]]:
        """Return the working times of `day` in which an hour of a line costs more: start, end, how much [CNY/h]."""
        found = ((start, end, shift.overtime_cny_per_h) for start, end, shift in self._shifts(day))
        return sorted(one for one in found if one[2] > 0)

    def heads(self, day: date, crew: Crew) -> list[tuple[datetime, datetime, int]]:
        """Return when people of a crew are there on `day`: start, end, how many, in aware UTC; none on a holiday."""
        if day.isoformat() in self.calendar.holidays:
            return []
        return [
            (self.instant(day, shift.start), self.instant(day, shift.end), shift.heads)
            for shift in crew.shift
            if WEEKDAYS[day.weekday()] in shift.days
        ]

    def _shifts(self, day: date) -> list[tuple[datetime, datetime, Shift]]:
        if day.isoformat() in self.calendar.holidays:
            return []
        return [
            (self.instant(day, shift.start), self.instant(day, shift.end), shift)
            for shift in self.calendar.shift
            if WEEKDAYS[day.weekday()] in shift.days
        ]

    def instant(self, day: date, clock: str) -> datetime:
        """Return the aware UTC instant at which a clock of the park shows HH:MM on `day`; 24:00 is its end."""
        if clock == "24:00":
            return self.midnight(day + timedelta(days=1))
        hour, minute = clock.split(":")
        return datetime.combine(day, time(int(hour), int(minute)), self.zone).astimezone(UTC)
