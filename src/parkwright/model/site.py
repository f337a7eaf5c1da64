"""Site, buildings, lines and machines (ISA-95: site, area, work center, work unit), calendar, roads and robots."""

from __future__ import annotations

from typing import Literal

from parkwright.model.noun import Noun, Sourced, Text, figure, identity, word

Point = tuple[float, float]
"""Metres east and north of the site's south-west corner."""


class Site(Sourced):
    """The park itself."""

    park_id: str = identity("identity of the park; first part of serial numbers and topics")
    name: Text = word("shown name")
    timezone: str = word("IANA time zone, for example Asia/Shanghai")
    latitude: float = figure("deg", "north positive", ge=-90, le=90)
    longitude: float = figure("deg", "east positive", ge=-180, le=180)
    altitude_m: float = figure("m", "above sea level", 0.0, ge=-430, le=6000)
    width_m: float = figure("m", "extent of the site to the east", gt=0, le=20_000)
    depth_m: float = figure("m", "extent of the site to the north", gt=0, le=20_000)
    area_m2: float = figure("m2", "area of the site", gt=0)
    metering_interval_s: int = figure("s", "settlement interval of the meters", 900, ge=60, le=3600)
    accounting_grid_factor: str = word("factor_id used for location-based emissions")
    residual_grid_factor: str = word("factor_id used for market-based emissions of power without a certificate")
    certificate_regions: tuple[str, ...] = word(
        "regions whose certificates count here, for example CN; none: the country of residual_grid_factor", ()
    )


class Building(Sourced):
    """A building: a prism with a thermal envelope."""

    id: str = identity()
    name: Text = word("shown name")
    kind: Literal["production", "warehouse", "office", "utility"] = word("use")
    footprint: tuple[Point, ...] = word("corners in metres, in order, at least three", min_length=3)
    height_m: float = figure("m", "height of the roof", gt=0, le=200)
    floor_area_m2: float = figure("m2", "heated and cooled floor", ge=0)
    wall_u: float = figure("W/m2K", "thermal transmittance of walls", 0.4, gt=0, le=6)
    roof_u: float = figure("W/m2K", "thermal transmittance of the roof", 0.25, gt=0, le=6)
    glass_area_m2: float = figure("m2", "glazed area", 0.0, ge=0)
    glass_u: float = figure("W/m2K", "thermal transmittance of the glazing", 1.6, gt=0, le=6)
    glass_g: float = figure("share", "solar heat gain coefficient of the glazing", 0.4, ge=0, le=1)
    air_changes_per_h: float = figure("1/h", "outside air", 0.5, ge=0, le=20)
    heat_capacity_wh_per_m2k: float = figure("Wh/m2K", "effective heat capacity by floor area", 70.0, gt=0)
    lighting_w_per_m2: float = figure("W/m2", "lighting when in use", 6.0, ge=0)
    heating_setpoint_c: float = figure("degC", "heated to", 20.0, ge=0, le=35)
    cooling_setpoint_c: float = figure("degC", "cooled to", 26.0, ge=10, le=40)


class WorkUnit(Sourced):
    """A machine or station of a line."""

    id: str = identity()
    name: Text = word("shown name")
    kind: Literal["printer", "placement", "oven", "inspection", "assembly", "test", "pack", "station"] = word("kind")
    places: int = figure("units", "units worked on at once (an oven belt, test slots)", 1, ge=1, le=2000)
    buffer: int = figure("units", "waiting places before it", 2, ge=0, le=10_000)
    cycle_s: float = figure("s", "time a unit stays, at cycle factor 1", gt=0, le=86_400)
    cycle_cv: float = figure("share", "coefficient of variation of the cycle", 0.05, ge=0, le=3)
    mtbf_s: float = figure("s", "running time between failures, mean; 0 never fails", 0.0, ge=0)
    mttr_s: float = figure("s", "repair time, mean", 0.0, ge=0)
    fail_share: float = figure("share", "units that an inspection or test rejects", 0.0, ge=0, lt=1)
    scrap_share: float = figure(
        "share", "rejected units that are scrapped; the others are reworked here", 0.0, ge=0, le=1
    )
    run_kw: float = figure("kW", "power when working", ge=0, le=5000)
    idle_kw: float = figure("kW", "power when on without work", ge=0, le=5000)
    off_kw: float = figure("kW", "power when off", 0.0, ge=0, le=500)
    position_m: float = figure("m", "along the line, from its start", 0.0, ge=0)


class WorkCenter(Sourced):
    """A line: its work units in the order in which a unit passes them."""

    id: str = identity()
    name: Text = word("shown name")
    building_id: str = word("building it stands in")
    segment_ids: tuple[str, ...] = word("process segments it can do", min_length=1)
    lot_min: int = figure("units", "smallest lot it takes", 1, ge=1)
    lot_max: int = figure("units", "largest lot it takes", 1_000_000, ge=1)
    start: Point = word("where the line starts, in metres")
    end: Point = word("where the line ends, in metres")
    room: int = figure(
        "units",
        "units that its one machine takes in a run together, all in and all out at once, as an oven or a burn-in "
        "chamber does; lots of one family and cycle factor may share a run; 0 takes one unit after the other",
        0,
        ge=0,
        le=2000,
    )
    takt_s: float = figure("s", "one unit in this time at cycle factor 1; with room, a full run's cycle by room", gt=0)
    setup_s: float = figure("s", "changeover between families where setups.csv names none", 300.0, ge=0, le=86_400)
    node_id: str = word("transport node where kits arrive and goods leave")
    work_unit: tuple[WorkUnit, ...] = word("machines and stations in order", min_length=1)


class Shift(Noun):
    """A working time that repeats by weekday, in the park's own time."""

    days: tuple[Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"], ...] = word("weekdays", min_length=1)
    start: str = word("HH:MM, park's time", pattern=r"^([01]\d|2[0-3]):[0-5]\d$")
    end: str = word("HH:MM, park's time; 24:00 allowed; later than start", pattern=r"^(([01]\d|2[0-3]):[0-5]\d|24:00)$")
    lines: tuple[str, ...] = word("lines that work in it, by id; none: all of them", ())
    overtime_cny_per_h: float = figure(
        "CNY/h", "what an hour of a line's work costs more in it, as overtime or at night; 0 in ordinary time", 0.0,
        ge=0, le=100_000,
    )  # fmt: skip


class Calendar(Noun):
    """When the lines work and which days are holidays."""

    shift: tuple[Shift, ...] = word("shifts", ())
    holidays: tuple[str, ...] = word("dates without work, ISO 8601", ())


class Maintenance(Noun):
    """Planned work on a line: on that date it takes no unit from start to end, and the day is planned around it."""

    work_center_id: str = word("line that is out of use")
    date: str = word("day, ISO 8601", pattern=r"^\d{4}-\d{2}-\d{2}$")
    start: str = word("HH:MM, park's time", pattern=r"^([01]\d|2[0-3]):[0-5]\d$")
    end: str = word("HH:MM, park's time; 24:00 allowed; later than start", pattern=r"^(([01]\d|2[0-3]):[0-5]\d|24:00)$")
    reason: str = word("what is done, as the chart shows it", min_length=1, max_length=120)


class CrewShift(Noun):
    """When people of a crew are there, by weekday, in the park's own time; none come on a holiday."""

    days: tuple[Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"], ...] = word("weekdays", min_length=1)
    start: str = word("HH:MM, park's time", pattern=r"^([01]\d|2[0-3]):[0-5]\d$")
    end: str = word("HH:MM, park's time; 24:00 allowed; later than start", pattern=r"^(([01]\d|2[0-3]):[0-5]\d|24:00)$")
    heads: int = figure("people", "who are there then; those of shifts that overlap count together", ge=0, le=10_000)


class CrewLine(Noun):
    """A line that a crew serves, and how many of it that takes."""

    work_center_id: str = word("line that they serve")
    run_heads: float = figure(
        "people", "at the line while it takes units; 0.5 where one looks after two such lines", ge=0, le=1000
    )
    setup_heads: float = figure("people", "at the line during a changeover", 0.0, ge=0, le=1000)


class Crew(Sourced):
    """People whom lines share: at no minute does the plan of a day ask for more of them than are there."""

    id: str = identity()
    name: Text = word("shown name: their trade or skill")
    shift: tuple[CrewShift, ...] = word("when how many are there", min_length=1)
    line: tuple[CrewLine, ...] = word("lines that they serve", min_length=1)


class Node(Noun):
    """A place where a robot can stop."""

    id: str = identity()
    at: Point = word("metres east and north")
    kind: Literal["line", "warehouse", "dock", "charger", "crossing"] = word("use")


class Edge(Noun):
    """A lane between two nodes, driven both ways."""

    a: str = word("node")
    b: str = word("node")


class Fleet(Sourced):
    """The mobile robots."""

    count: int = figure("robots", "mobile robots", ge=0, le=2000)
    speed_m_per_s: float = figure("m/s", "mean speed", 1.2, gt=0, le=10)
    handling_s: float = figure("s", "to take or give a load", 20.0, ge=0, le=600)
    drive_kw: float = figure("kW", "power when driving", 0.4, ge=0, le=50)
    idle_kw: float = figure("kW", "power when waiting", 0.05, ge=0, le=50)
    home_node: str = word("node where they wait and charge")
    load_kg: float = figure("kg", "largest load of one robot; small kits travel together", 150.0, gt=0, le=10_000)


class Warehouse(Sourced):
    """The high-bay store."""

    building_id: str = word("building")
    locations: int = figure("pallet places", "storage locations", ge=1)
    node_id: str = word("transport node of its front")
    crane_kwh_per_move: float = figure("kWh", "energy of one store or retrieve", 0.15, ge=0, le=10)
    base_kw: float = figure("kW", "control and conveyors", 5.0, ge=0, le=500)


class Tree(Sourced):
    """Trees, green roof or green wall, as an inventory row (green.csv)."""

    id: str = identity()
    kind: Literal["tree", "roof", "wall"] = word("kind of green")
    species: str = word("species or mix")
    x_m: float = figure("m", "east", ge=0)
    y_m: float = figure("m", "north", ge=0)
    height_m: float = figure("m", "height", gt=0, le=60)
    crown_m: float = figure("m", "crown diameter", gt=0, le=60)
