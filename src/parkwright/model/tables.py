"""The tables that cross folder borders: columns, types, units; one `conform` at each door.

Times are aware UTC in milliseconds, intervals are half-open [start, end) and a row is labelled by its start.
Quantities that are booked are integers: energy in mWh, emissions in ug CO2e, money in 1e-4 CNY.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import polars as pl

from parkwright.model.errors import TableError

TIME = pl.Datetime("ms", "UTC")


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table: name, Polars type, unit ("" where it has none), meaning, and whether it may be null."""

    name: str
    dtype: pl.DataType | type[pl.DataType]
    unit: str
    text: str
    nullable: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """A table contract: its name, what one row is, and its columns in order."""

    name: str
    text: str
    columns: tuple[Column, ...]

    @property
    def schema(self) -> dict[str, pl.DataType | type[pl.DataType]]:
        """Return {column name: Polars type} in column order."""
        return {column.name: column.dtype for column in self.columns}

    def empty(self) -> pl.DataFrame:
        """Return a frame of this table with no rows."""
        return _blank(self).clone()


@cache
def _blank(table: Table) -> pl.DataFrame:
    """Return the frame that every empty frame of a table is a copy of; building one anew costs fifty copies."""
    return pl.DataFrame(schema=table.schema)


def conform(frame: pl.DataFrame, table: Table) -> pl.DataFrame:
    """Return `frame` with exactly the columns of `table`, in order and type; instants are cut to the millisecond.

    Raises TableError when a column is missing or unknown, a value cannot be cast, a count is no whole number, an
    instant has no time zone, or a column that must be known holds a null.
    """
    schema = table.schema
    if list(frame.schema.items()) != list(schema.items()):
        frame = _cast(frame, table)
    for column in table.columns:
        if not column.nullable and frame.height and frame[column.name].null_count():
            row = int(frame[column.name].is_null().arg_max() or 0)
            raise TableError(f"table {table.name}: row {row}: {column.name} is missing; this column must be known")
    return frame


def _cast(frame: pl.DataFrame, table: Table) -> pl.DataFrame:
    """Return the columns of `table` in order and type, or raise TableError."""
    schema = table.schema
    missing = [name for name in schema if name not in frame.columns]
    unknown = [name for name in frame.columns if name not in schema]
    if missing or unknown:
        raise TableError(
            f"table {table.name}: missing columns {missing}, unknown columns {unknown}; give exactly {list(schema)}"
        )
    for column in table.columns:
        _refuse_loss(frame[column.name], column, table)
    try:
        return frame.select([pl.col(name).cast(dtype) for name, dtype in schema.items()])
    except pl.exceptions.PolarsError as error:
        found = str(error).splitlines()[0]
        raise TableError(f"table {table.name}: {found}; give the types of model.tables") from error


def _refuse_loss(values: pl.Series, column: Column, table: Table) -> None:
    """Raise TableError for what Polars would cast in silence: a broken count is cut, a local time taken for UTC."""
    if column.dtype == pl.Int64 and values.dtype.is_float() and (broken := values != values.round()).any():
        row = int(broken.arg_max() or 0)
        raise TableError(f"table {table.name}: row {row}: {column.name} is {values[row]}; give a whole number")
    if column.dtype == TIME and values.dtype == pl.Datetime and getattr(values.dtype, "time_zone", None) is None:
        raise TableError(f"table {table.name}: {column.name} has no time zone; give aware instants")


def _table(name: str, text: str, *columns: Column) -> Table:
    return Table(name, text, columns)


def _id(name: str, text: str, nullable: bool = False) -> Column:
    return Column(name, pl.String, "", text, nullable)


def _time(name: str, text: str, nullable: bool = False) -> Column:
    return Column(name, TIME, "UTC", text, nullable)


def _real(name: str, unit: str, text: str, nullable: bool = False) -> Column:
    return Column(name, pl.Float64, unit, text, nullable)


def _count(name: str, unit: str, text: str, nullable: bool = False) -> Column:
    return Column(name, pl.Int64, unit, text, nullable)


JOB_ORDERS = _table(
    "job_orders",
    "a customer or stock order line",
    _id("order_id", "order line"),
    _id("product_id", "product ordered"),
    _count("quantity", "units", "units ordered"),
    _time("release", "may start from"),
    _time("due", "must be packed by"),
    _real("weight", "CNY/h", "what an hour of lateness costs"),
    _id("market_id", "market served; 'stock' for a stock order"),
)
JOBS = _table(
    "jobs",
    "a lot on its route",
    _id("job_id", "job"),
    _id("order_id", "order line that the lot serves"),
    _id("product_id", "product made"),
    _id("segment_id", "process segment"),
    _id("family_id", "setup family"),
    _count("quantity", "units", "units to start"),
    _time("kit_ready", "material complete at the line"),
)
SCHEDULE = _table(
    "schedule",
    "a job on a work center",
    _id("job_id", "job"),
    _id("segment_id", "process segment"),
    _id("work_center_id", "line"),
    _time("setup_start", "changeover starts"),
    _time("start", "first unit starts"),
    _time("end", "last unit leaves"),
    _real("energy_kwh", "kWh", "expected energy"),
    _real("cost_cny", "CNY", "expected energy cost at the signal"),
    _real("co2e_kg", "kg CO2e", "expected emissions at the signal"),
)
REVISIONS = _table(
    "revisions",
    "a job on a work center in a day's schedule as a person changed it; the highest revision is in force, whole",
    _count("revision", "", "number of the change on its day, from 1"),
    _time("at", "in force from"),
    _id("command_id", "command that asked for it"),
    _id("job_id", "job"),
    _id("segment_id", "process segment"),
    _id("work_center_id", "line"),
    _time("setup_start", "changeover starts"),
    _time("start", "first unit starts"),
    _time("end", "last unit leaves"),
    _real("energy_kwh", "kWh", "expected energy"),
    _real("cost_cny", "CNY", "expected energy cost at the signal"),
    _real("co2e_kg", "kg CO2e", "expected emissions at the signal"),
)
OUTAGES = _table(
    "outages",
    "a line out of use for a while, as a person said it or the park plans it; it takes no unit meanwhile",
    _id("work_center_id", "line"),
    _time("start", "takes no unit from"),
    _time("end", "takes units again from"),
    _id("reason", "why, as it was typed"),
    _id("who", "who said so; empty: planned maintenance"),
    _time("at", "in force from"),
    _id("command_id", "command that asked for it; empty: planned maintenance"),
)
SIGNAL = _table(
    "signal",
    "what a kWh costs the park in an interval",
    _time("start", "interval"),
    _id("band", "tariff band: sharp, peak, flat or valley"),
    _real("price_cny_per_kwh", "CNY/kWh", "price of grid power"),
    _real("co2e_kg_per_kwh", "kg CO2e/kWh", "expected intensity of the park's supply"),
    _real("cap_kw", "kW", "power the site may draw"),
)
LOAD = _table(
    "load",
    "planned or forecast power; positive into the thing",
    _time("start", "interval"),
    _id("meter_id", "meter"),
    _real("power_kw", "kW", "mean power in the interval"),
)
DISPATCH = _table(
    "dispatch",
    "a set-point of an energy asset; power positive into the thing",
    _time("start", "interval"),
    _id("asset_id", "asset"),
    _real("power_kw", "kW", "mean power in the interval"),
    _real("state_of_charge_kwh", "kWh", "stored energy at the end of the interval", nullable=True),
    _id("reason", "why, as a message key"),
)
SET_POINTS = _table(
    "set_points",
    "what was asked of an energy asset from an instant on; power positive into the thing",
    _time("start", "instant"),
    _id("asset_id", "asset; grid: the import that batteries hold the connection to"),
    _real("power_kw", "kW", "power asked for"),
)
TRANSPORT_TASKS = _table(
    "transport_tasks",
    "a load to be moved",
    _id("task_id", "task"),
    _id("load_id", "what is moved (a job's kit, finished goods)"),
    _id("from_node", "pick up at"),
    _id("to_node", "bring to"),
    _time("release", "may be picked up from"),
    _time("due", "must be there by"),
    _real("weight_kg", "kg", "mass of the load"),
)
MOVES = _table(
    "moves",
    "a transport task carried out by a mobile robot, known from its dispatch on",
    _id("task_id", "task"),
    _id("robot_id", "mobile robot"),
    _id("origin_node", "where the robot stood"),
    _id("from_node", "picked up at"),
    _id("to_node", "brought to"),
    _time("start", "robot leaves"),
    _time("pickup", "load taken"),
    _time("end", "load delivered"),
)
READINGS = _table(
    "readings",
    "a meter interval",
    _time("start", "interval"),
    _id("meter_id", "meter"),
    _count("energy_mwh_int", "mWh", "energy in the interval (electricity, gas, heat)", nullable=True),
    _real("value", "meter's own unit", "quantity in the interval where it is no energy (water: litres)", nullable=True),
    _id("quality", "good, estimated, repaired or suspect"),
)
SAMPLES = _table(
    "samples",
    "a sampled signal",
    _time("start", "instant"),
    _id("signal_id", "thing/quantity, for example L-NB1/units_out or battery/soc_kwh"),
    _real("value", "the signal's own unit", "value"),
    _id("quality", "good, estimated or stale"),
)
PASSAGES = _table(
    "passages",
    "a unit at a work unit",
    _id("unit_id", "serial number"),
    _id("job_id", "job"),
    _id("segment_id", "process segment"),
    _id("work_unit_id", "machine or station"),
    _time("start", "enters"),
    _time("end", "leaves"),
    _id("result", "ok, fail (to rework) or scrap"),
)
PRESENCE = _table(
    "presence",
    "a unit that stands at a work unit now (a passage that has not ended)",
    _id("unit_id", "serial number"),
    _id("job_id", "job"),
    _id("segment_id", "process segment"),
    _id("work_unit_id", "machine or station"),
    _time("start", "entered"),
)
STATES = _table(
    "states",
    "a state of a work unit over time",
    _id("work_unit_id", "machine or station"),
    _time("start", "from"),
    _time("end", "to"),
    _id("state", "off, idle, setup, run, blocked, starved or down"),
)
ASSEMBLIES = _table(
    "assemblies",
    "a serialised component built into a unit",
    _id("unit_id", "serial number of the unit"),
    _id("component_id", "serial number of the component"),
    _id("position", "place in the bill of material"),
    _time("at", "when"),
)
MOUNTS = _table(
    "mounts",
    "a material lot on a work unit",
    _id("lot_id", "material lot (reel, tray, pallet)"),
    _id("material_id", "material"),
    _id("work_unit_id", "machine or station"),
    _id("position", "feeder or slot"),
    _time("start", "mounted"),
    _time("end", "taken off", nullable=True),
)
MEASUREMENTS = _table(
    "measurements",
    "a measured characteristic",
    _id("unit_id", "serial number"),
    _id("characteristic_id", "characteristic"),
    _time("at", "when"),
    _real("value", "the characteristic's own unit", "value"),
)
VERDICTS = _table(
    "verdicts",
    "a decision about a unit",
    _id("unit_id", "serial number"),
    _id("segment_id", "process segment"),
    _time("at", "when"),
    _id("verdict", "good, rework or scrap"),
    _id("reason", "why, as a message key"),
)
JOB_RESPONSES = _table(
    "job_responses",
    "what came of a job",
    _id("job_id", "job"),
    _id("work_center_id", "line"),
    _time("start", "first unit entered"),
    _time("end", "last unit left"),
    _count("good", "units", "good units"),
    _count("scrapped", "units", "scrapped units"),
)
KITS = _table(
    "kits",
    "a job's material arriving complete at its line",
    _id("job_id", "job"),
    _time("at", "when"),
)
ALARMS = _table(
    "alarms",
    "something that a person should know",
    _time("at", "when"),
    _id("kind", "message key, for example meter_silent"),
    _id("thing_id", "what it is about"),
    _count("severity", "1-3", "1 now, 2 today, 3 to know"),
    _id("text", "what happened, to what, and what to do, in English"),
)
POINT_CHANGES = _table(
    "point_changes",
    "a set-point of a building's point that a person changed; the last one of a point is in force",
    _time("at", "when"),
    _id("point_id", "point"),
    _real("before", "of the point's quantity", "value until then"),
    _real("value", "of the point's quantity", "value from then on"),
    _id("who", "who changed it"),
    _id("reason", "why"),
    _count("takes_back", "0-1", "1 where the change before is taken back, 0 where it is set"),
    _id("command_id", "command that asked for it; empty where none did"),
)
POSTINGS = _table(
    "postings",
    "one side of a journal",
    _id("journal_id", "journal; its postings sum to zero per commodity and view"),
    _id(
        "account",
        "source:, meter:, unit:, idle:, base:, losses:, imbalance:, pool:, export:, scope1:, scope3:, demand:",
    ),
    _id("commodity", "electricity, gas, co2e or cny"),
    _id("view", "physical, location, market, materials or tariff"),
    _count("quantity", "mWh, ug CO2e or 1e-4 CNY", "debit positive, credit negative"),
    _time("start", "valid from"),
    _time("end", "valid to"),
    _id("factor_id", "emission factor or price used", nullable=True),
    _id("method_id", "how the quantity was found"),
    _id("activity_ref", "what it rests on: meter@start or a journal"),
)
PASSPORTS = _table(
    "passports",
    "the carbon passport of a finished good unit; a later row of the same unit replaces the earlier",
    _id("unit_id", "serial number"),
    _id("product_id", "product"),
    _id("order_id", "order line"),
    _time("at", "packed"),
    _id("status", "provisional (its intervals are closed) or final (its day is closed)"),
    _count("direct_mwh_int", "mWh", "energy at the machines it passed, its boards included"),
    _count("overhead_mwh_int", "mWh", "its share of idle, base load, losses and scrap"),
    _count("location_ug", "ug CO2e", "emissions of that energy, location-based"),
    _count("market_ug", "ug CO2e", "emissions of that energy, market-based"),
    _count("material_ug", "ug CO2e", "purchased materials of its bill, and its share of what scrapped units consumed"),
    _count("cost_1e4cny", "1e-4 CNY", "cost of that energy"),
)
BOOKS = _table(
    "books",
    "a figure of a closed day",
    _id("day", "date in the park's time zone, ISO 8601"),
    _id("key", "figure, for example units_good or energy_kwh.grid"),
    _real("value", "in the key", "value"),
)
RUNS = _table(
    "runs",
    "what a day was run from; one row a day",
    _id("day", "date in the park's time zone, ISO 8601"),
    _id("park_digest", "SHA-256 over the park folder"),
    _count("seed", "", "seed of all that chance decided on a twin"),
    _id("plan_digest", "SHA-256 over the day plan"),
    _id("version", "version of parkwright"),
)
FOOTPRINTS = _table(
    "footprints",
    "a supplier's own footprint of a material that the passports of a day count with; others count as the folder says",
    _id("day", "date in the park's time zone, ISO 8601"),
    _id("material_id", "purchased material"),
    _real("footprint_kg", "kg CO2e a unit of account", "cradle to gate, as the supplier declared it"),
    _id("source", "id of the supplier's declaration"),
)
RESTATEMENTS = _table(
    "restatements",
    "what a correction of closed books changed, and why; its postings come with it as reversals and new postings",
    _id("restatement_id", "correction; also the last part of the source of its batches"),
    _id("day", "day whose books it corrects, ISO 8601"),
    _id("reason", "late_reading, factor_edition, method, structural or error"),
    _id("thing_id", "meter, or the role of a factor (accounting_grid_factor, residual_grid_factor)"),
    _time("start", "interval of a corrected reading", nullable=True),
    _id("before", "reading [mWh] or factor before"),
    _id("after", "reading [mWh] or factor after"),
    _id("text", "what happened, for a person"),
)

TABLES: dict[str, Table] = {
    table.name: table
    for table in (
        JOB_ORDERS, JOBS, SCHEDULE, SIGNAL, LOAD, DISPATCH, TRANSPORT_TASKS, MOVES, READINGS, SAMPLES, PASSAGES,
        PRESENCE, STATES, ASSEMBLIES, MOUNTS, MEASUREMENTS, VERDICTS, JOB_RESPONSES, KITS, ALARMS, POSTINGS,
        PASSPORTS, BOOKS, RUNS, FOOTPRINTS, RESTATEMENTS, REVISIONS, SET_POINTS,
        POINT_CHANGES, OUTAGES,
    )
}  # fmt: skip
