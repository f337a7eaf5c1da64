"""Which file of a park folder holds which nouns."""

from __future__ import annotations

from dataclasses import dataclass

from parkwright.model.control import ControlPoint
from parkwright.model.noun import Noun
from parkwright.model.plant import (
    Battery,
    Boiler,
    Chiller,
    Compressor,
    Factor,
    Grid,
    HeatExchanger,
    HeatPump,
    HotWater,
    LampFleet,
    Meter,
    MeterFile,
    Movable,
    SolarField,
    Tank,
    Tariff,
)
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
    Site,
    Tree,
    Warehouse,
    WorkCenter,
)

WEATHER_FILE = "weather.epw"
ORDERS_FILE = "orders.csv"


@dataclass(frozen=True, slots=True)
class Section:
    """A table of the park folder.

    file: where it stands; key: its TOML table, or "" for the rows of a CSV file; many: whether it is an array of
    tables; required: whether a park must have it.
    """

    file: str
    key: str
    noun: type[Noun]
    many: bool = True
    required: bool = False


SECTIONS: tuple[Section, ...] = (
    Section("park.toml", "site", Site, many=False, required=True),
    Section("park.toml", "fleet", Fleet, many=False),
    Section("park.toml", "warehouse", Warehouse, many=False),
    Section("park.toml", "order_pattern", OrderPattern, many=False),
    Section("park.toml", "planning", Planning, many=False),
    Section("park.toml", "calendar", Calendar, many=False),
    Section("buildings.toml", "building", Building),
    Section("lines.toml", "work_center", WorkCenter),
    Section("lines.toml", "maintenance", Maintenance),
    Section("lines.toml", "crew", Crew),
    Section("products.toml", "segment", Segment),
    Section("products.toml", "product", Product),
    Section("products.toml", "market", Market),
    Section("materials.csv", "", Material),
    Section("bills.csv", "", BillLine),
    Section("setups.csv", "", Setup),
    Section("suppliers.toml", "supplier", Supplier),
    Section("energy.toml", "grid", Grid, many=False, required=True),
    Section("energy.toml", "solar", SolarField),
    Section("energy.toml", "battery", Battery),
    Section("energy.toml", "heat_pump", HeatPump),
    Section("energy.toml", "exchanger", HeatExchanger),
    Section("energy.toml", "tank", Tank),
    Section("energy.toml", "boiler", Boiler),
    Section("energy.toml", "hot_water", HotWater, many=False),
    Section("energy.toml", "compressor", Compressor),
    Section("energy.toml", "chiller", Chiller),
    Section("energy.toml", "lamps", LampFleet),
    Section("energy.toml", "movable", Movable),
    Section("tariff.toml", "tariff", Tariff),
    Section("meters.csv", "", Meter, required=True),
    Section("factors.csv", "", Factor, required=True),
    Section("roads.toml", "node", Node),
    Section("roads.toml", "edge", Edge),
    Section("green.csv", "", Tree),
    Section("points.csv", "", ControlPoint),
    Section("imports.toml", "meter_file", MeterFile),
)

FILES: tuple[str, ...] = (*dict.fromkeys(section.file for section in SECTIONS), WEATHER_FILE, ORDERS_FILE)
"""Files that a park folder may hold, beside notes (*.md, *.txt) and the files that imports.toml names."""
