"""Meters and energy plant: grid connection, solar fields, battery, heat, compressed air, cold, lamps."""

from __future__ import annotations

from typing import Literal

from parkwright.model.noun import Noun, Sourced, Text, figure, identity, word


class Meter(Noun):
    """A meter of the meter tree (meters.csv). `load` meters form a tree below the virtual root ""."""

    id: str = identity()
    name_en: str = word("English name", min_length=1, max_length=80)
    name_zh: str = word("Chinese name", min_length=1, max_length=80)
    parent_id: str = word("load meter upstream; empty for one at the site's busbar", "")
    commodity: Literal["electricity", "heat", "gas", "water"] = word("what flows")
    role: Literal["import", "export", "generation", "charge", "discharge", "load"] = word(
        "import and export at the grid point, generation of a solar field, charge and discharge of a battery, "
        "load elsewhere"
    )
    serves: str = word("id of the work unit, line, building, asset or fleet behind it", "")
    purpose: Literal[
        "site",
        "machine",
        "line",
        "building",
        "hvac",
        "lighting",
        "heat",
        "cold",
        "air",
        "logistics",
        "it",
        "kitchen",
        "other",
    ] = word("what the energy is for")
    base_kw: float = figure("kW", "constant draw behind it that nothing else explains", 0.0, ge=0, le=10_000)
    register_mwh_max: int = figure("mWh", "register rolls over after this reading", 10**15, ge=10**9)
    basis: str = word('"cited: ...", "derived: ..." or "assumed: ..."')


class Grid(Sourced):
    """The connection to the public grid."""

    import_limit_kw: float = figure("kW", "contracted capacity", gt=0)
    export_limit_kw: float = figure("kW", "power that may be fed in", ge=0)
    export_cny_per_kwh: float = figure("CNY/kWh", "paid for power fed in", ge=0)
    loss_share: float = figure("share", "transformer and cable losses of the load", 0.015, ge=0, le=0.2)


class SolarField(Sourced):
    """A photovoltaic field on a roof."""

    id: str = identity()
    name: Text = word("shown name")
    building_id: str = word("roof")
    peak_kw: float = figure("kWp", "DC power at standard test conditions", gt=0)
    inverter_kw: float = figure("kW", "AC power limit", gt=0)
    tilt_deg: float = figure("deg", "from horizontal", 10.0, ge=0, le=90)
    azimuth_deg: float = figure("deg", "clockwise from north; 180 faces south", 180.0, ge=0, lt=360)
    loss_share: float = figure("share", "soiling, wiring, mismatch and availability", 0.14, ge=0, lt=1)
    temperature_per_k: float = figure("1/K", "power per kelvin above 25 degC", -0.0037, ge=-0.02, le=0)
    mount: Literal["rack", "roof"] = word(
        "rack: air behind the modules; roof: they lie close on it and get warmer", "rack"
    )


class Battery(Sourced):
    """A stationary battery."""

    id: str = identity()
    name: Text = word("shown name")
    capacity_kwh: float = figure("kWh", "usable energy", gt=0)
    power_kw: float = figure("kW", "charge and discharge limit, AC", gt=0)
    charge_efficiency: float = figure("share", "AC to stored", gt=0.5, le=1)
    discharge_efficiency: float = figure("share", "stored to AC", gt=0.5, le=1)
    opening_share: float = figure("share", "state of charge when a day opens", 0.3, ge=0, le=1)
    wear_cny_per_kwh: float = figure("CNY/kWh", "ageing by discharged energy", 0.03, ge=0)


class CopMap(Noun):
    """A heat pump's coefficient of performance as its maker measured it: a row for each source temperature."""

    source_c: tuple[float, ...] = word("temperatures of the source in degC, rising", min_length=2)
    supply_c: tuple[float, ...] = word("temperatures of the hot water in degC, rising", min_length=2)
    cop: tuple[tuple[float, ...], ...] = word("kWh of heat a kWh of power, 1 or more: a row a source temperature")


class HeatPump(Sourced):
    """A heat pump that lifts waste heat into the tank."""

    id: str = identity()
    name: Text = word("shown name")
    power_kw: float = figure("kW", "electric limit", gt=0)
    carnot_share: float = figure("share", "coefficient of performance relative to Carnot", 0.45, gt=0, lt=1)
    source_c: float = figure("degC", "temperature of the waste heat", 30.0, ge=-10, le=80)
    supply_c: float = figure("degC", "temperature of the hot water", 55.0, ge=30, le=90)
    cop_map: CopMap | None = word("the maker's measured coefficients; without them, carnot_share of Carnot", None)


class HeatExchanger(Sourced):
    """A heat exchanger that gives waste heat to the hot water, without a heat pump.

    One whose source is not hot enough to reach the supply temperature only preheats.
    """

    id: str = identity()
    name: Text = word("shown name")
    source: Literal["compressors", "chillers", "ovens"] = word("whose waste heat: exhaust of ovens, cooling of others")
    power_kw: float = figure("kW", "heat limit", gt=0)
    source_c: float = figure("degC", "temperature of the waste heat", ge=-10, le=400)
    supply_c: float = figure("degC", "temperature of the hot water", 55.0, ge=30, le=90)
    return_c: float = figure("degC", "temperature at which the water comes to it", 40.0, ge=0, le=80)


class Tank(Sourced):
    """A hot-water tank."""

    id: str = identity()
    name: Text = word("shown name")
    capacity_kwh: float = figure("kWh", "heat between lowest and highest temperature", gt=0)
    hot_c: float = figure("degC", "temperature of its water when it is full", 60.0, ge=30, le=98)
    cold_c: float = figure("degC", "temperature of its water when it is empty", 45.0, ge=5, le=90)
    loss_share_per_h: float = figure("share/h", "standing loss of the stored heat", 0.005, ge=0, le=0.5)
    opening_share: float = figure("share", "stored heat when a day opens", 0.5, ge=0, le=1)


class Boiler(Sourced):
    """A gas boiler that covers the heat that is left."""

    id: str = identity()
    name: Text = word("shown name")
    power_kw: float = figure("kW", "heat limit", gt=0)
    efficiency: float = figure("share", "heat from gas, gross calorific value", 0.9, gt=0.5, le=1)
    gas_cny_per_kwh: float = figure("CNY/kWh", "price of gas, gross calorific value", 0.35, ge=0)
    factor_id: str = word("emission factor of the gas")


class HotWater(Sourced):
    """Hot-water and process-heat demand of the park."""

    weekday_kwh: float = figure("kWh/day", "hot water of a working day", ge=0)
    off_day_kwh: float = figure("kWh/day", "hot water of a day off", ge=0)


class Compressor(Sourced):
    """An air compressor."""

    id: str = identity()
    name: Text = word("shown name")
    power_kw: float = figure("kW", "electric power at full load", gt=0)
    idle_share: float = figure("share", "of full power when unloaded", 0.3, ge=0, le=1)
    heat_share: float = figure("share", "of electric energy recoverable as heat", 0.6, ge=0, le=0.95)


class Chiller(Sourced):
    """A chiller."""

    id: str = identity()
    name: Text = word("shown name")
    power_kw: float = figure("kW", "electric limit", gt=0)
    cop: float = figure("kWh/kWh", "cold from electricity", 5.0, gt=1, le=12)


class Movable(Sourced):
    """Daily work that takes much power and waits for no order: it may be done at any time inside its window."""

    id: str = identity()
    name: Text = word("shown name")
    meter_id: str = word("electricity load meter that counts it; its energy is no part of the meter's base_kw")
    power_kw: float = figure("kW", "power of one unit while it works", gt=0, le=10_000)
    units: int = figure("units", "alike units that each do the work once a day", 1, ge=1, le=200)
    duration_h: float = figure("h", "work of a unit at full power", gt=0, le=24)
    earliest: str = word("HH:MM, park's time: it may begin then", "00:00", pattern=r"^([01]\d|2[0-3]):[0-5]\d$")
    latest: str = word(
        "HH:MM, park's time, 24:00 allowed: it is done by then; at or before `earliest`: on the next day",
        "24:00",
        pattern=r"^(([01]\d|2[0-3]):[0-5]\d|24:00)$",
    )
    interruptible: bool = word("true: in any portions, as a charger; false: in one piece", False)
    days: Literal["working", "every"] = word("on days with a shift, or every day", "working")

    @property
    def over_midnight(self) -> bool:
        """Return whether its window ends on the day after the one on which it opens."""
        return self.latest <= self.earliest

    @property
    def energy_kwh(self) -> float:
        """Return the energy of all its units on a day on which it is done [kWh]."""
        return self.power_kw * self.units * self.duration_h


class LampFleet(Sourced):
    """Off-grid street lamps of one kind."""

    id: str = identity()
    count: int = figure("lamps", "lamps", ge=0, le=20_000)
    panel_w: float = figure("W", "panel", gt=0)
    battery_wh: float = figure("Wh", "battery", gt=0)
    lamp_w: float = figure("W", "light at full", gt=0)
    dimmed_share: float = figure("share", "power after dim_after_h hours of dark", 0.5, ge=0, le=1)
    dim_after_h: float = figure("h", "full light after dusk for", 5.0, ge=0, le=24)
    passers_per_h: float = figure(
        "1/h", "people who pass a lamp while it is dimmed, in the mean; 0 where it senses nobody", 0.0, ge=0, le=3600
    )
    bright_s: float = figure("s", "full light after somebody passed", 60.0, gt=0, le=3600)
    line: tuple[tuple[float, float], ...] = word("corners of the road along which they stand, in metres", min_length=2)


class EnergyPlant(Noun):
    """The energy plant of the park (energy.toml); a park without a thing leaves its table out."""

    grid: Grid = word("connection to the public grid")
    solar: tuple[SolarField, ...] = word("solar fields", ())
    battery: tuple[Battery, ...] = word("batteries", ())
    heat_pump: tuple[HeatPump, ...] = word("heat pumps", ())
    exchanger: tuple[HeatExchanger, ...] = word("heat exchangers at waste heat", ())
    tank: tuple[Tank, ...] = word("hot-water tanks", ())
    boiler: tuple[Boiler, ...] = word("gas boilers", ())
    hot_water: HotWater | None = word("hot-water demand", None)
    compressor: tuple[Compressor, ...] = word("air compressors", ())
    chiller: tuple[Chiller, ...] = word("chillers", ())
    lamps: tuple[LampFleet, ...] = word("off-grid lamps", ())
    movable: tuple[Movable, ...] = word("daily work that may be done at another time", ())


class Factor(Noun):
    """An emission factor with its edition (factors.csv); immutable, a new edition gets a new id.

    `value` is kept as text, so that it stays an exact decimal.
    """

    id: str = identity()
    publisher: str = word("who published it", min_length=1)
    document: str = word("in which document", min_length=1)
    cell: str = word("where in the document", min_length=1)
    data_year: int = figure("year", "year the data describe", ge=1990, le=2100)
    geography: str = word("where it holds", min_length=1)
    kind: Literal["grid_average", "grid_residual", "life_cycle", "fuel"] = word("what it is a factor of")
    value: str = word("kg CO2e per kWh, an exact decimal", pattern=r"^\d{1,3}(\.\d{1,9})?$")
    licence: str = word("terms of use", min_length=1)
    verified: bool = word("true when read from the official text or from three agreeing sources")


class Band(Noun):
    """Hours of one tariff band in some months, park's time."""

    band: Literal["sharp", "peak", "flat", "valley"] = word("band")
    months: tuple[int, ...] = word("months 1-12", min_length=1)
    hours: tuple[tuple[float, float], ...] = word("[from, to) in hours of the day", min_length=1)
    days: Literal["all", "workdays", "off_days"] = word(
        "days it holds on; off days are Saturdays, Sundays and the park's holidays", "all"
    )


class DemandCharge(Sourced):
    """What the power of a month costs beside its energy: the highest mean, or the contracted capacity."""

    by: Literal["maximum", "contracted"] = word("what is charged: the month's highest mean power, or contracted_kw")
    cny_per_kw_month: float = figure("CNY/kW", "price of a kW for a month", ge=0)
    window_min: int = figure("min", "time over which the demand meter takes the mean", 15, ge=1, le=1440)
    contracted_kw: float = figure("kW", "contracted capacity, where it is charged", 0.0, ge=0)
    free_share: float = figure("share", "of the contracted capacity that may be taken at the plain price", 1.05, ge=1)
    over_factor: float = figure("share", "price of what is above free_share, relative to the plain price", 2.0, ge=1)


class Tariff(Sourced):
    """Time-of-use price of grid power."""

    id: str = identity()
    valid_from: str = word("first day, ISO 8601", pattern=r"^\d{4}-\d{2}-\d{2}$")
    flat_cny_per_kwh: float = figure("CNY/kWh", "price of the flat band", ge=-10, le=10)
    ratio: dict[Literal["sharp", "peak", "flat", "valley"], float] = word("price of each band relative to flat")
    placeholder: bool = word("true when the price level is not a published one", False)
    band: tuple[Band, ...] = word("bands; a later one wins where two overlap; hours in none are flat", ())
    demand: DemandCharge | None = word("demand charge, None where only energy is charged", None)
    carbon_cny_per_t: float = figure("CNY/t", "price of the emissions of grid power", 0.0, ge=0, le=10_000)
    certificate_cny_per_mwh: float = figure("CNY/MWh", "price of a certificate of a MWh", 0.0, ge=0, le=10_000)


class MeterFile(Noun):
    """A file of metered data that stands in for live meters (imports.toml)."""

    file: str = word("CSV or Parquet file in the folder")
    meter_id: str = word("meter that it holds")
    time_column: str = word("column of the time stamp")
    time_format: str = word("strftime format of the time stamp")
    label: Literal["start", "end"] = word("whether a row is stamped with the start or the end of its interval")
    value_column: str = word("column of the value")
    value_unit: Literal["kWh", "mWh", "Wh", "MWh", "register_kWh"] = word("unit; register_kWh is a counter")
