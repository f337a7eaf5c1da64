"""Plan: will every order be on time, and what does the plan cost in money and carbon?"""

from __future__ import annotations

import hashlib
from datetime import date, datetime

import polars as pl
from pydantic import Field

from parkwright.make.parts import LOT, numbered
from parkwright.model.park import Park
from parkwright.model.tables import OUTAGES
from parkwright.plan.outage import standing_of
from parkwright.show.answers import day as days
from parkwright.show.answers.figure import Answer, Figure, Input, Rows, Why, ratio
from parkwright.show.answers.home import Strip, strip

LATE_SHOWN = 50
Span = tuple[float, float]
"""Start and end [s] from midnight."""
BAR_COLUMNS = (
    "job_id", "order_id", "quantity", "part", "parts", "place", "together", "setup_s", "start_s", "end_s",
    "begun_s", "done_s", "due_s", "late_s",
)  # fmt: skip


class LineRow(Answer):
    """A row of the Gantt."""

    line_id: str = Field(description="line")
    name_en: str
    name_zh: str
    jobs: int = Field(description="jobs planned on it")
    busy_share: float | None = Field(
        description="working time with a setup or a job on it, as a share of it; time that two jobs share counts once, "
        "time out of use not at all"
    )


class Bars(Answer):
    """The jobs on the lines as columns, one entry a job (J,), sorted by line and start; seconds from midnight."""

    job_id: list[str]
    order_id: list[str]
    product: list[int] = Field(description="index into products")
    line: list[int] = Field(description="index into lines")
    quantity: list[int]
    part: list[int] = Field(description="which part of its order's lot it is, from 1")
    parts: list[int] = Field(description="parts of that lot; 1: it is whole")
    place: list[int] = Field(description="which of the jobs of its run it is, from 1; they follow one another here")
    together: list[int] = Field(description="jobs of that run, as an oven takes them in at once; 1: it has its own")
    setup_s: list[int] = Field(description="changeover starts [s]")
    start_s: list[int] = Field(description="first unit starts [s]")
    end_s: list[int] = Field(description="last unit leaves, planned [s]")
    begun_s: list[int | None] = Field(description="first unit began [s], ahead of the plan or behind; null: not yet")
    done_s: list[int | None] = Field(description="last unit left [s]; null while it is open")
    due_s: list[int] = Field(description="must be packed by [s]")
    late_s: list[int] = Field(description="planned lateness [s], 0 when in time")


class LateOrder(Answer):
    """An order line that the plan, or the day, brings late."""

    order_id: str
    product_id: str
    market_id: str
    quantity: int
    parts: int | None = Field(description="jobs that make it, 1 for a whole lot; null when there is none")
    due: datetime
    expected: datetime | None = Field(description="when it is, or was, complete; null when not planned")
    late_h: float | None = Field(description="lateness [h]")
    cost_cny: float | None = Field(description="lateness x weight [CNY]")


class LineOutage(Answer):
    """A line out of use for a while."""

    line_id: str
    start: datetime = Field(description="takes no unit from")
    end: datetime = Field(description="takes units again from")
    reason: str
    who: str = Field(description="who said so last; empty in a draft, and for maintenance of the park's folder")
    was_end: datetime | None = Field(
        description="when it ends as things stand, in a draft that changes that; null: it is new, or no draft"
    )


def outages_of(rows: pl.DataFrame, known: pl.DataFrame | None = None) -> list[LineOutage]:
    """Return OUTAGES as answers; known: OUTAGES that those of a draft change."""
    before = (OUTAGES.empty() if known is None else known).select("work_center_id", "start", was_end="end")
    told = rows.join(before, on=["work_center_id", "start"], how="left", maintain_order="left")
    return [
        LineOutage(line_id=line_id, start=start, end=end, reason=reason, who=who, was_end=was_end)
        for line_id, start, end, reason, who, was_end in told.select(
            "work_center_id", "start", "end", "reason", "who", "was_end"
        ).iter_rows()
    ]


class Plan(Answer):
    """The plan of a day."""

    at: datetime
    day: str
    midnight: datetime = Field(description="start of the day; bars count seconds from here")
    plan_hash: str = Field(description="SHA-256 of the schedule, which an approval names; empty without a plan")
    figures: list[Figure]
    lines: list[LineRow]
    products: list[str] = Field(description="product ids")
    bars: Bars
    outages: list[LineOutage] = Field(
        description="lines out of use for a while, as people said it last, in order of saying"
    )
    late: list[LateOrder] = Field(description="late orders, dearest first, at most 50")
    late_count: int = Field(description="late orders in all")
    strip: Strip = Field(description="price and carbon under the Gantt")


def plan(park: Park, rows: Rows, day: date, now: datetime) -> Plan:
    """Return the plan of `day` as it stands at `now`."""
    iso = day.isoformat()
    bars, outages = _bars(park, rows, day), standing_of(rows.read("outages", iso))
    products = sorted(set(bars["product_id"].to_list()))
    lines = [line.id for line in park.work_centers]
    late = _late(rows, day, now)
    return Plan(
        at=now,
        day=iso,
        midnight=park.midnight(day),
        plan_hash=plan_hash(rows, day),
        figures=_figures(rows, day, late),
        lines=_lines(park, bars, day, outages),
        products=products,
        bars=Bars(
            product=[products.index(p) for p in bars["product_id"].to_list()],
            line=[lines.index(line) for line in bars["work_center_id"].to_list()],
            **{name: bars[name].to_list() for name in BAR_COLUMNS},
        ),
        outages=outages_of(outages),
        late=late[:LATE_SHOWN],
        late_count=len(late),
        strip=strip(park, rows, day),
    )


def plan_hash(rows: Rows, day: date) -> str:
    """Return the SHA-256 of the schedule of `day`, in hex; empty when there is none."""
    schedule = days.schedule_of(rows, day)
    if not schedule.height:
        return ""
    return hashlib.sha256(schedule.write_csv().encode()).hexdigest()


def _bars(park: Park, rows: Rows, day: date) -> pl.DataFrame:
    """Return the scheduled jobs with their order and outcome; times in seconds from midnight."""
    iso = day.isoformat()
    midnight = pl.lit(park.midnight(day)).cast(pl.Datetime("ms", "UTC"))
    jobs = numbered(rows.read("jobs", iso)).select("job_id", "order_id", "product_id", "quantity", "part", "parts")
    orders = rows.read("job_orders", iso).select("order_id", "due")
    responses = rows.read("job_responses", iso)
    done = responses.group_by("job_id").agg(pl.col("end").max().alias("done"))
    begins = pl.concat([frame.select("job_id", "start") for frame in (rows.read("passages", iso), responses)])
    begun = begins.group_by("job_id").agg(pl.col("start").min().alias("begun"))
    order = {line.id: n for n, line in enumerate(park.work_centers)}
    frame = (
        days.schedule_of(rows, day)
        .filter(pl.col("work_center_id").is_in(list(order)))
        .join(jobs, on="job_id")
        .join(orders, on="order_id")
        .join(done, on="job_id", how="left")
        .join(begun, on="job_id", how="left")
    )

    def seconds(name: str) -> pl.Expr:
        return (pl.col(name) - midnight).dt.total_seconds()

    ovens = [line.id for line in park.work_centers if line.room]
    run = [
        pl.col("work_center_id"),
        pl.col("start"),
        pl.when(~pl.col("work_center_id").is_in(ovens)).then(pl.col("job_id")),
    ]
    found = frame.with_columns(
        seconds("setup_start").alias("setup_s"),
        seconds("start").alias("start_s"),
        seconds("end").alias("end_s"),
        seconds("begun").alias("begun_s"),
        seconds("done").alias("done_s"),
        seconds("due").alias("due_s"),
        (pl.col("end") - pl.col("due")).dt.total_seconds().clip(0).alias("late_s"),
        pl.col("work_center_id").replace_strict(order, return_dtype=pl.Int64).alias("line"),
    ).sort("line", "start", "job_id")
    place = pl.int_range(pl.len(), dtype=pl.Int64).over(run) + 1
    return found.with_columns(place.alias("place"), pl.len().over(run).cast(pl.Int64).alias("together"))


def _lines(park: Park, bars: pl.DataFrame, day: date, outages: pl.DataFrame) -> list[LineRow]:
    midnight = park.midnight(day)

    def seconds(start: datetime, end: datetime) -> Span:
        return (start - midnight).total_seconds(), (end - midnight).total_seconds()

    shifts = {
        line.id: _merged([seconds(*span) for span in park.line_shifts(day, line.id)]) for line in park.work_centers
    }
    out: dict[str, list[Span]] = {line.id: [] for line in park.work_centers}
    for line_id, start, end in outages.select("work_center_id", "start", "end").iter_rows():
        out[line_id].append(seconds(start, end))
    working = {line_id: _less(shifts[line_id], _merged(spans)) for line_id, spans in out.items()}
    taken: dict[str, list[Span]] = {line.id: [] for line in park.work_centers}
    for line_id, setup_s, end_s in bars.select("work_center_id", "setup_s", "end_s").iter_rows():
        taken[line_id].append((setup_s, end_s))
    return [
        LineRow(
            line_id=line.id,
            name_en=line.name.en,
            name_zh=line.name.zh,
            jobs=len(taken[line.id]),
            busy_share=ratio(
                _shared_s(_merged(taken[line.id]), working[line.id]),
                sum(end - start for start, end in working[line.id]),
            ),
        )
        for line in park.work_centers
    ]


def _merged(spans: list[Span]) -> list[Span]:
    """Return the union of spans as spans in order that do not touch; a line begins a job before the last one left."""
    found: list[Span] = []
    for start, end in sorted(spans):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        elif end > start:
            found.append((start, end))
    return found


def _less(spans: list[Span], gaps: list[Span]) -> list[Span]:
    """Return what a union of spans leaves without another."""
    for gap in gaps:
        apart = [(span, (min(span[1], gap[0]), max(span[0], gap[1]))) for span in spans]
        spans = [part for (start, end), (until, since) in apart for part in ((start, until), (since, end))]
        spans = [(start, end) for start, end in spans if end > start]
    return spans


def _shared_s(taken: list[Span], working: list[Span]) -> float:
    """Return how long two unions of spans hold together [s]."""
    return sum(max(0.0, min(a[1], b[1]) - max(a[0], b[0])) for a in taken for b in working)


def _late(rows: Rows, day: date, now: datetime) -> list[LateOrder]:
    """Return late order lines: complete after due, open past due, or planned after due; dearest first."""
    if not days.schedule_of(rows, day).height:
        return []
    at = pl.lit(now).cast(pl.Datetime("ms", "UTC"))
    expected = (
        pl.when(pl.col("actual_end").is_not_null())
        .then(pl.col("actual_end"))
        .when(pl.col("planned_end").is_not_null())
        .then(pl.max_horizontal("planned_end", at))
    )
    late_h = (pl.col("expected") - pl.col("due")).dt.total_seconds() / 3600
    lots = numbered(rows.read("jobs", day.isoformat())).select(*LOT, "parts").unique()
    frame = (
        days.order_ends(rows, day)
        .join(lots, on=LOT, how="left")
        .with_columns(expected.alias("expected"))
        .with_columns(late_h.alias("late_h"))
        .filter(pl.col("expected").is_null() | (pl.col("late_h") > 0))
        .with_columns((pl.col("late_h") * pl.col("weight")).alias("cost_cny"))
        .sort("cost_cny", "order_id", descending=[True, False], nulls_last=False)
    )
    return [
        LateOrder(**{name: row[name] for name in LateOrder.model_fields})
        for row in frame.select(list(LateOrder.model_fields)).iter_rows(named=True)
    ]


def _figures(rows: Rows, day: date, late: list[LateOrder]) -> list[Figure]:
    schedule = days.schedule_of(rows, day)
    orders = days.customer_orders(rows, day).height
    in_time = 100 * (1 - len(late) / orders) if orders and schedule.height else None
    lateness = sum(order.late_h or 0.0 for order in late)

    def total(column: str) -> float | None:
        return float(schedule[column].sum()) if schedule.height else None

    def figure(key: str, value: float | None, unit: str, good_is: str, formula: str, inputs: list[Input]) -> Figure:
        return Figure(key=key, value=value, unit=unit, good_is=good_is, why=Why(formula=formula, inputs=inputs))

    counted = [
        Input(name="input.orders", value=orders, unit="orders", source="job_orders"),
        Input(name="input.orders_late", value=len(late), unit="orders", source="schedule"),
        Input(name="input.lateness", value=lateness, unit="h", source="schedule"),
    ]
    jobs = [Input(name="input.jobs", value=schedule.height, unit="jobs", source="schedule")]
    return [
        figure("plan_on_time", in_time, "%", "high", "why.plan_on_time", counted),
        figure("plan_jobs", float(schedule.height) if schedule.height else None, "jobs", "high", "why.plan_jobs", jobs),
        figure("plan_energy", total("energy_kwh"), "kWh", "low", "why.plan_energy", jobs),
        figure("plan_cost", total("cost_cny"), "CNY", "low", "why.plan_cost", jobs),
        figure("plan_co2e", total("co2e_kg"), "kg CO2e", "low", "why.plan_co2e", jobs),
    ]
