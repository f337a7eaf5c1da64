"""What planners ask of a day's plan: what it costs, why a job stands there, and what a change of it would do."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Literal, Protocol, TypeVar

from pydantic import BaseModel, Field, ValidationError

from parkwright.model.errors import PlanError
from parkwright.show.answers.figure import Answer
from parkwright.show.answers.plan import LineOutage

Asked = TypeVar("Asked", bound=BaseModel)
NAME = r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$"


class Objective(Answer):
    """What a plan costs, by component, and what comes with it."""

    total_cny: float = Field(description="all components together [CNY]")
    tardiness_cny: float = Field(description="weighted lateness")
    energy_cny: float = Field(description="energy of jobs and changeovers at the signal's price")
    carbon_cny: float = Field(description="emissions at the carbon price")
    demand_cny: float = Field(description="peak power at the demand rate")
    setup_cny: float = Field(description="changeovers at their rate")
    overtime_cny: float
    left_out_cny: float = Field(description="jobs without a place")
    nervousness_cny: float = Field(description="jobs moved against the plan before")
    excess_cny: float = Field(description="power above the cap")
    late_orders: int
    lateness_h: float
    energy_kwh: float
    co2e_kg: float
    jobs: int


class Bound(Answer):
    """Something a job has to wait for."""

    what: Literal["release", "kit", "boards", "line", "shift", "outage", "crew"]
    at: datetime
    thing: str = Field(description="the order, job, line or crew that it waits for")


class Elsewhere(Answer):
    """The best place for the job on another line."""

    line_id: str
    start: datetime
    end: datetime
    change_cny: float = Field(description="what the whole plan would cost more [CNY]")


class RefusedLine(Answer):
    """A line of the job's segment that cannot make it."""

    line_id: str
    reason: str


class JobReason(Answer):
    """Why a job stands where it does."""

    job_id: str
    order_id: str
    product_id: str
    quantity: int
    part: int = Field(description="which part of its order's lot it is, from 1")
    parts: int = Field(description="parts of that lot; 1: it is whole")
    line_id: str
    setup_start: datetime
    start: datetime
    end: datetime
    due: datetime
    together: list[str] = Field(description="the other jobs of its run, which the line makes at once; empty: its own")
    run_units: int = Field(description="units of that run")
    pauses: bool = Field(description="whether it may pause while its line is closed")
    work_min: float = Field(description="for how long it takes its line, pauses not counted [min]")
    bounds: list[Bound] = Field(description="what it waits for, latest first")
    from_family: str = Field(description="family that the line was set up for before; empty for none")
    family: str
    setup_min: float
    price_cny_per_kwh: float = Field(description="mean over its run")
    day_price_cny_per_kwh: float = Field(description="mean over the working time")
    co2e_kg_per_kwh: float
    day_co2e_kg_per_kwh: float
    elsewhere: list[Elsewhere] = Field(description="every other line that can make it, cheapest first")
    refused: list[RefusedLine]


class SetupLine(Answer):
    """The changeovers of a line."""

    line_id: str
    minutes: list[list[float]] = Field(description="[min] from each family (rows) to each other (columns)")


class SetupMatrix(Answer):
    """How long changeovers take, by line, from family to family."""

    families: list[str]
    lines: list[SetupLine]


class CrewHeads(Answer):
    """The people of a crew over the day, by metering interval."""

    crew_id: str
    name_en: str
    name_zh: str
    at_work: list[float] = Field(description="most people at work in the interval, at lines and changeovers")
    there: list[float] = Field(description="most people there in it")
    worked_h: float = Field(description="hours that people work by the plan, together [h]")
    there_h: float = Field(description="hours that people are there, together [h]")


class PlanHeads(Answer):
    """The people whom the lines share over the day of a plan; no crew where the park states none."""

    start: list[datetime] = Field(description="starts of the metering intervals")
    crews: list[CrewHeads]


class OrderedLine(Answer):
    """A new order line in a draft: its id, and when it is complete by it."""

    order_id: str
    product_id: str
    quantity: int
    market_id: str
    release: datetime = Field(description="when it came in")
    due: datetime
    expected: datetime | None = Field(description="when the last of its jobs ends; null without a place")
    late_h: float | None = Field(description="lateness [h], 0 in time")
    line_id: str | None = Field(description="line that makes it")
    jobs: list[str] = Field(description="its job, and board lots that are made for it")


class DraftBars(Answer):
    """The jobs that a draft changes, as columns; seconds from midnight, -1 where a job loses its place."""

    job_id: list[str]
    line: list[int] = Field(description="index into the plan's lines")
    setup_s: list[int]
    start_s: list[int]
    end_s: list[int]


class Draft(Answer):
    """A change of the plan, costed before anybody accepts it."""

    id: str
    day: str
    base: str = Field(description="plan_hash of the plan that it changes")
    plan_hash: str = Field(description="plan_hash of what would be in force; empty while it is searched")
    state: Literal["searching", "ready", "failed"]
    share: float = Field(description="of the search's time gone")
    curve_cny: list[float] = Field(
        description="what the search weighs of what may still change, falling; no cost of `after`: being late weighs "
        "more in it, orders are wanted early, and moving jobs counts"
    )
    before: Objective
    after: Objective | None
    changed: int = Field(description="jobs with another line or time")
    bars: DraftBars
    left_out: list[str]
    stranded: list[str] = Field(
        description="jobs that stay on a line that is out, and are not done before the day ends"
    )
    newly_late: list[str]
    no_more_late: list[str]
    broken_pins: list[str]
    orders: list[OrderedLine] = Field(description="new orders that come in with it")
    outages: list[LineOutage] = Field(description="lines that it takes out of use, or gives back")
    violations: list[str] = Field(description="what an independent check refuses; such a draft cannot be accepted")
    detail: str = Field(description="why it failed; empty otherwise")


class TradePoint(Answer):
    """A plan at one carbon price."""

    carbon_cny_per_kg: float
    cost_cny: float = Field(description="without the carbon price")
    co2e_kg: float
    late_orders: int
    lateness_h: float
    in_force: bool = Field(description="it is the plan in force itself")


class Trades(Answer):
    """Cost against carbon over a sweep of the carbon price.

    Of all plans that the sweep found and the plan in force, each point is the cheapest at its price: as the price
    rises, cost without it never falls and emissions never rise.
    """

    day: str
    base: str
    state: Literal["searching", "ready", "failed"]
    in_force: TradePoint | None = Field(description="the plan in force, at the park's own price; null at first")
    points: list[TradePoint] = Field(description="one for each price, rising, the park's own among them; none at first")
    searched: int = Field(description="searches done")
    searches: int | None = Field(description="searches that there will be; null at first")
    detail: str


class Certificate(Answer):
    """What is proven of small parts of the plan in force that were drawn; it says nothing about the plan as a whole."""

    day: str
    base: str = Field(description="plan_hash of the plan")
    since: datetime = Field(description="what begins before it can no longer be moved, and is in no part")
    state: Literal["searching", "ready", "failed"]
    parts: int = Field(description="parts to look at, drawn from the plan")
    part_jobs: int = Field(description="jobs of a part that may move, at most; all else stays")
    part_lines: int = Field(description="lines of a part, at most")
    looked: int = Field(description="parts that were looked at")
    proven: int | None = Field(description="parts proven best, as planned or better ordered; null while it goes on")
    open_cny: float | None = Field(
        description="no other part can be made cheaper by more than this; null where one of them has no bound"
    )
    gain_cny: float = Field(description="what better orders that were found would save; nothing was changed")
    energy_cny: float = Field(description="energy of the whole plan")
    energy_bound_cny: float | None = Field(
        description="energy of these jobs costs no less in any plan that makes none of them later; "
        "null where the plan leaves a job out"
    )
    detail: str = Field(description="why it failed; empty otherwise")


class AskedMove(BaseModel):
    """A job put on a line from an instant on."""

    job_id: str = Field(pattern=NAME)
    line_id: str = Field(pattern=NAME)
    start: datetime = Field(description="with its offset; the job starts then, or as soon after it as it can")


class AskedOutage(BaseModel):
    """A line taken out of use."""

    line_id: str = Field(pattern=NAME)
    start: datetime | None = Field(default=None, description="with its offset; null: from now on")
    until: datetime | None = Field(default=None, description="with its offset; null: for the rest of the day")
    reason: str = Field(description="why, for example maintenance, breakdown or no crew; 1 to 120 characters")


class AskedEnd(BaseModel):
    """Another end of an outage; line and beginning say which."""

    line_id: str = Field(pattern=NAME)
    start: datetime | None = Field(
        default=None, description="when it begins, with its offset; null: the line's only one that is not over"
    )
    until: datetime | None = Field(
        default=None, description="with its offset; null: one under way ends now, one to come is taken back"
    )


class AskedOrder(BaseModel):
    """A new order line."""

    product_id: str = Field(pattern=NAME)
    quantity: int = Field(ge=1, le=1_000_000, description="units")
    due: datetime = Field(description="with its offset; must be packed by")
    market_id: str = Field(default="", max_length=64, description="market served; empty where the park has none")
    weight_cny_per_h: float | None = Field(
        default=None, ge=0, description="what an hour of lateness costs; null: as the order pattern weighs its units"
    )
    order_id: str = Field(default="", pattern=NAME + "|^$", description="its id elsewhere; empty for the next free one")


class AskedChange(BaseModel):
    """A change of the plan to be costed."""

    base: str = Field(pattern=r"^[0-9a-f]{64}$", description="plan_hash of the plan shown")
    moves: list[AskedMove] = Field(default=[], max_length=200)
    orders: list[AskedOrder] = Field(default=[], max_length=20, description="new orders that come in now")
    rushed: list[str] = Field(default=[], max_length=50, description="orders that come first")
    pinned: list[str] = Field(default=[], max_length=5000, description="jobs that keep line and time")
    out: list[AskedOutage] = Field(default=[], max_length=200, description="lines that go out of use for a while")
    ended: list[AskedEnd] = Field(
        default=[], max_length=200, description="outages that end at another time, or never are"
    )
    search_s: float = Field(default=0.0, ge=0, le=120, description="also search a better plan for the rest, so long")


def asked(kind: type[Asked], given: Mapping[str, object]) -> Asked:
    """Return what was typed as what the API takes; raises PlanError that names the field that cannot be."""
    try:
        return kind.model_validate(given)
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"])
        raise PlanError(f"{name}: {first['msg']}; it is {first['input']!r}") from error


class CommandState(Answer):
    """What came of a command to the run."""

    id: str
    state: Literal["waiting", "taken", "done", "refused", "expired"]
    answer: str


class Planner(Protocol):
    """Answers planners' questions about the plan in force; wire.planning.DayPlanner is one.

    Every method raises PlanError when the day has no plan or what is asked cannot be.
    """

    def objective(self, day: str) -> Objective:
        """Return what the plan in force costs."""
        ...

    def setups(self, day: str) -> SetupMatrix:
        """Return the changeovers by line."""
        ...

    def heads(self, day: str) -> PlanHeads:
        """Return the people whom the lines share over the day, at work and there."""
        ...

    def reason(self, day: str, job_id: str, now: datetime) -> JobReason:
        """Return why a job stands where it does."""
        ...

    def propose(self, day: str, change: AskedChange, now: datetime) -> Draft:
        """Cost a change; a search goes on in the background."""
        ...

    def draft(self, draft_id: str) -> Draft | None:
        """Return a draft as it stands; None when it is not kept any more."""
        ...

    def payload(self, draft_id: str) -> dict[str, object]:
        """Return what asks the run for a draft."""
        ...

    def trades(self, day: str, now: datetime) -> Trades:
        """Return the sweep over the carbon price as far as it is; begin it where it is not."""
        ...

    def certificate(self, day: str, now: datetime) -> Certificate:
        """Return what is proven of the plan in force as far as it is; begin the proof where it is not."""
        ...
