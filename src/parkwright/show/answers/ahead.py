"""The next 24 hours of energy, and what people try: another glass, the lamps through a year."""

from __future__ import annotations

from datetime import datetime
from typing import Literal, Protocol

from pydantic import Field

from parkwright.show.answers.figure import Answer

State = Literal["working", "ready", "failed"]


class Forecast(Answer):
    """A forecast with its quantiles by interval [kW]."""

    source: str = Field(description="metered, or typical year")
    history_days: int
    levels: list[float] = Field(description="shares of the quantiles, lowest first")
    quantile_kw: list[list[float]] = Field(description="power at each level, a list a level (levels, T)")
    mean_kw: list[float]


class Asset(Answer):
    """What an energy asset is to do."""

    asset_id: str
    name_en: str
    name_zh: str
    kind: str = Field(description="battery, exchanger, heat_pump, tank, boiler or grid")
    capacity_kwh: float | None = Field(description="of a store")
    power_kw: list[float] = Field(description="positive into the asset; a boiler's heat; import at the grid")
    stored_kwh: list[float | None] = Field(description="held at the end of the interval")
    reason: list[str] = Field(description="why; message key reason.<reason>")
    top_c: list[float] = Field(default=[], description="of a tank: its hottest water at the end of the interval")
    bottom_c: list[float] = Field(default=[], description="of a tank: its coldest water")


class HeatSource(Answer):
    """Where heat comes from, by temperature."""

    key: str = Field(description="waste: waste heat, exchanged or lifted; pump: power of the heat pump; boiler; tank")
    from_c: float | None = Field(description="temperature of its source")
    to_c: float | None = Field(description="temperature it is given at")
    power_kw: list[float]


class Ahead(Answer):
    """The next 24 hours as planned from now on; lists by interval (T,)."""

    state: State = Field(description="working while a newer one is made; what stands here is the last one made")
    share: float = Field(description="how far the work is")
    detail: str = Field(description="why it failed")
    made_at: datetime | None = Field(description="the park's instant that it starts from; null while there is none")
    start: list[datetime]
    interval_s: int
    band: list[str]
    price_cny_per_kwh: list[float]
    co2e_kg_per_kwh: list[float]
    load_kw: list[float] = Field(description="expected use of the site without battery and heat pumps")
    solar_kw: list[float]
    heat_kw: list[float] = Field(description="heat needed")
    forecasts: dict[str, Forecast] = Field(description="load, pv and heat, those that are known")
    assets: list[Asset]
    heat: list[HeatSource]
    status: str = Field(description="optimal, relaxed with what gave way, incumbent or fallback")
    cost_cny: float | None
    import_kwh: float | None
    co2e_kg: float | None = Field(description="of the imported energy at the expected intensity")
    peak_kw: float | None = Field(description="highest import")
    recovered_kwh: float | None = Field(description="waste heat that is exchanged or lifted")
    curtailed_kwh: float | None = Field(description="solar energy that is not used")


class Glass(Answer):
    """A glass of the catalogue."""

    id: str
    name_en: str
    name_zh: str
    u_w_per_m2k: float
    g: float
    visible: float
    cost_cny_per_m2: float


class Glazed(Answer):
    """A building that has glass."""

    building_id: str
    name_en: str
    name_zh: str
    glass_area_m2: float
    glass_u: float
    glass_g: float


class GlassOffer(Answer):
    """What can be tried: glass and buildings."""

    glass: list[Glass]
    buildings: list[Glazed]


class GlassTrial(Answer):
    """What another glass on a building changes in a year."""

    state: State
    detail: str
    building_id: str
    glass_id: str
    before: dict[str, float | None] = Field(
        description="a year with the glass it has: u, g, heat and cold, power and gas [kWh], CNY, kg, peaks [kW]"
    )
    after: dict[str, float | None] = Field(description="the same with the other")
    saved_kwh: float | None
    saved_cny: float | None
    saved_kg: float | None
    invested_cny: float | None
    payback_years: float | None = Field(description="null where it never pays back")
    price_basis: str


class LampFleet(Answer):
    """A fleet of off-grid lamps through the typical year."""

    fleet: str
    count: int
    panel_w: float
    battery_wh: float
    light_kwh: float
    passers_per_h: float = Field(description="people who pass a lamp in an hour; 0 where it senses nobody")
    present_share: float = Field(description="of the dimmed time in which a lamp is full because somebody passed")
    presence_kwh: float = Field(description="light asked for because somebody passed")
    dimming_saves_kwh: float = Field(description="light not asked for, beside full light all night")
    dark_nights: int
    loss_of_load: float
    least_charge_share: float
    autonomy_nights: float
    health_after_a_year: float
    design_week: str
    cheapest_panel_w: float
    cheapest_battery_wh: float
    cheapest_cny: float
    installed_cny: float


class Lamps(Answer):
    """The lamps of the park, their places and how they fare."""

    state: State
    detail: str
    places_m: dict[str, list[tuple[float, float]]] = Field(description="by fleet: metres east and north; known at once")
    fleets: list[LampFleet]


class Lamp(Answer):
    """A lamp as its charge curve tells it."""

    lamp: str
    fleet: str
    east_m: float
    north_m: float
    charge_wh: float | None = Field(description="last told; null where it told nothing")
    least_wh: float | None = Field(description="least of the days looked at")
    fault: str | None = Field(description="panel_weak, battery_worn, light_out, never_dims or lit_by_day")
    share: float | None = Field(description="what shows the fault: of the fleet's filling, fullness or draw at night")
    silent: bool = Field(description="told nothing for a day")


class LampFaults(Answer):
    """What is wrong with the lamps, from their charge curves up to the last midnight."""

    state: State
    detail: str
    weather: str = Field(description="measured, or typical year")
    first: datetime | None
    last: datetime | None
    notes: list[str] = Field(description="fleets of which nothing can be judged, and why")
    lamps: list[Lamp]


class SolarDay(Answer):
    """A day of a solar field."""

    day: str
    measured_kwh: float
    expected_kwh: float = Field(description="what the weather promised in the intervals that are metered")
    against_weather: float | None = Field(description="measured over expected")


class SolarFault(Answer):
    """A fault of a solar field."""

    kind: str = Field(description="sensor_stuck, clock_shift, shading, string_out or soiling")
    since: str
    size: float = Field(description="intervals stuck or late, or the share lost: at all, or in a day of soiling")
    text: str


class SolarWorst(Answer):
    """The worst day of a solar field."""

    day: str
    against_weather: float


class SolarYield(Answer):
    """How a solar field did in its last metered days; figures are null where no day is metered."""

    field: str
    name_en: str
    name_zh: str
    peak_kw: float
    days: int
    judged: bool = Field(description="the sun was expected to shine on it; before that there is nothing to judge")
    first_day: str | None = None
    last_day: str | None = None
    measured_kwh: float | None = None
    expected_kwh: float | None = None
    kwh_per_kwp: float | None = None
    performance_ratio: float | None = Field(default=None, description="IEC 61724-1, of the modules at 1,000 W/m2")
    against_weather: float | None = Field(default=None, description="measured over what the weather promised")
    worst_day: SolarWorst | None = None
    repairs: list[str] = Field(default=[], description="days of the past that were mended, and how")
    faults: list[SolarFault]
    daily: list[SolarDay]


class SolarYields(Answer):
    """How the solar fields of the park did against the weather."""

    state: State
    detail: str
    weather: str = Field(description="measured, or typical year")
    not_judged: list[str] = Field(default=[], description="faults that the measured weather cannot show")
    fields: list[SolarYield]


class WorkWindow(Answer):
    """The time in which a movable work may be done, and what is to be done in it."""

    earliest: datetime
    latest: datetime
    energy_kwh: float = Field(description="of all units")
    of_yesterday: bool = Field(description="it opened yesterday; what stands here was left at midnight")


class MovedWork(Answer):
    """A movable work of a day, its windows, and when it is done in each way; lists by interval (T,)."""

    work_id: str
    name_en: str
    name_zh: str
    meter_id: str
    energy_kwh: float = Field(description="in its windows together, all units")
    windows: list[WorkWindow] = Field(description="what is left of yesterday's, if any, and today's, if one opens")
    interruptible: bool = Field(description="in any portions; else in one piece")
    moved_kwh: float = Field(description="taken at another time than as early as may be, in the joint plan")
    unshifted_kw: list[float] = Field(description="done as early as may be")
    shifted_kw: list[float] = Field(description="moved by tariff alone")
    joint_kw: list[float] = Field(description="planned together with the energy plant")


class WayCost(Answer):
    """What a way to place the day's work costs."""

    key: str = Field(description="unshifted, shifted or joint")
    cost_cny: float = Field(description="of the day and the next, without what the month pays for demand anyway")
    co2e_kg: float = Field(description="of both days")
    peak_kw: float = Field(description="highest import of the day")
    saved_cny: float = Field(description="against unshifted")
    saved_kg: float = Field(description="against unshifted")
    moved_kwh: float = Field(description="taken at another time than unshifted")


class WorkPlan(Answer):
    """What joint planning saves on a day; lists by interval (T,), on until the last window of the day is over."""

    state: State
    detail: str
    day: str
    start: list[datetime]
    interval_s: int
    band: list[str]
    price_cny_per_kwh: list[float]
    works: list[MovedWork]
    ways: list[WayCost] = Field(description="unshifted, shifted, joint")
    gap: float | None = Field(description="proven relative distance of the joint plan to the best there is")
    left_cny: float | None = Field(description="no plan saves more than this beyond the joint one; carbon weighed in")


class EnergyAnswers(Protocol):
    """Answers what the energy manager asks beyond the day's facts; long work goes on in the background.

    wire.energy_desk gives one. A question whose work is not done yet is answered at once with state "working".
    """

    def ahead(self, now: datetime) -> Ahead:
        """Return the plan of the next 24 hours; the last one made while a newer one is in work."""
        ...

    def offer(self) -> GlassOffer:
        """Return glass and buildings that can be tried."""
        ...

    def trial(self, building_id: str, glass_id: str) -> GlassTrial:
        """Return what a glass changes on a building; raises PlanError when one of the names is unknown."""
        ...

    def lamps(self) -> Lamps:
        """Return how the lamps fare through the typical year."""
        ...

    def lamp_faults(self, now: datetime) -> LampFaults:
        """Return which lamps have a fault, from their charge curves of the last days."""
        ...

    def solar(self, now: datetime) -> SolarYields:
        """Return how the solar fields did in their last metered days, and what is wrong with them."""
        ...

    def work(self, now: datetime) -> WorkPlan:
        """Return what planning today's movable work together with the energy plant saves."""
        ...
