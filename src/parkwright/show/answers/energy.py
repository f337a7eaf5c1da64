"""Energy: where does each kWh come from and go, and what will the rest of the day do?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

import polars as pl
from pydantic import Field

from parkwright.model.park import Park
from parkwright.show.answers import day as days
from parkwright.show.answers.figure import Answer, Figure, Input, Rows, Why, ratio
from parkwright.show.answers.home import Strip, strip

KGCE_PER_KWH = 0.1229
"""Coal equivalent of electricity by its heat content (GB/T 2589-2020, table A.1: 0.1229 kgce/kWh)."""

LARGEST_SHOWN = 5
BANDS = ("sharp", "peak", "flat", "valley")
STEP_H = 3600.0


class Node(Answer):
    """A place in the flow picture."""

    id: str = Field(description="identity in the picture")
    label: str = Field(description="message key, or empty when name_en and name_zh say it")
    name_en: str = ""
    name_zh: str = ""
    colour: str = Field(description="grid, solar, battery, heat, cooling, load or loss")


class Link(Answer):
    """A flow between two places."""

    source: str
    target: str
    energy_kwh: float


class Flow(Answer):
    """Where the energy of the day came from and went, metered."""

    nodes: list[Node]
    links: list[Link]


class BandRow(Answer):
    """What was bought in a tariff band."""

    band: str
    import_kwh: float
    cost_cny: float = Field(
        description="electricity bought less sold in these intervals; fuel is in the figure of the energy cost"
    )
    cny_per_kwh: float | None = Field(description="cost of an imported kWh; null where nothing was imported")


class Consumer(Answer):
    """One of the largest consumers."""

    meter_id: str
    name_en: str
    name_zh: str
    energy_kwh: float = Field(description="behind this meter and no meter below it")
    share: float | None = Field(description="of the site's use")


class Store(Answer):
    """A battery over the day, planned against actual. Null: not known (yet)."""

    asset_id: str
    name_en: str
    name_zh: str
    capacity_kwh: float
    plan_kw: list[float | None] = Field(description="planned power, charging positive [kW]")
    power_kw: list[float | None] = Field(description="metered power, charging positive [kW]")
    plan_kwh: list[float | None] = Field(description="planned charge at the end of the interval [kWh]")
    stored_kwh: list[float | None] = Field(description="charge at the end of the interval [kWh]")
    reason: list[str | None] = Field(description="why the plan does so; message key reason.<reason>")


class Energy(Answer):
    """The energy of a day."""

    at: datetime
    day: str
    closed_until: datetime | None = Field(description="metered up to here")
    figures: list[Figure]
    flow: Flow
    strip: Strip
    stores: list[Store]
    bands: list[BandRow] = Field(description="by tariff band, then all together as band 'sum'")
    largest: list[Consumer]
    estimated_readings: int = Field(description="readings of the day that are estimated, not metered")
    placeholder_price: bool = Field(description="the tariff's price level is a placeholder")


def energy(park: Park, rows: Rows, day: date, now: datetime) -> Energy:
    """Return the energy of `day` as metered up to now."""
    metered = days.flows(park, rows, day)
    own = own_use(park, rows, day)
    readings = rows.read("readings", day.isoformat())
    return Energy(
        at=now,
        day=day.isoformat(),
        closed_until=days.closed_until(park, rows, day),
        figures=_figures(park, rows, day, metered),
        flow=flow(park, metered, own, readings),
        strip=strip(park, rows, day),
        stores=[_store(park, rows, day, battery.id) for battery in park.energy.battery],
        bands=_bands(rows, day, metered),
        largest=_largest(park, own, float(metered["use"].sum())),
        estimated_readings=readings.filter(pl.col("quality") == "estimated").height,
        placeholder_price=any(tariff.placeholder for tariff in park.tariffs),
    )


def own_use(park: Park, rows: Rows, day: date) -> dict[str, float]:
    """Return the energy of `day` behind each electricity load meter and no meter below it [kWh]."""
    loads = [m for m in park.meters if m.role == "load" and m.commodity == "electricity"]
    read = rows.read("readings", day.isoformat()).group_by("meter_id").agg(pl.col("energy_mwh_int").sum())
    mwh = dict(zip(read["meter_id"].to_list(), read["energy_mwh_int"].to_list(), strict=True))
    own = {meter.id: mwh.get(meter.id, 0) for meter in loads}
    for meter in loads:
        if meter.parent_id in own:
            own[meter.parent_id] -= mwh.get(meter.id, 0)
    return {meter_id: value / days.MWH_PER_KWH for meter_id, value in own.items()}


@dataclass(frozen=True, slots=True)
class Heat:
    """Heat of a day by its meters [kWh]: all that was made, and of it waste heat by exchangers and by heat pumps."""

    made_kwh: float
    exchanged_kwh: float
    lifted_kwh: float

    @property
    def recovered_kwh(self) -> float:
        """Waste heat that was used [kWh]."""
        return self.exchanged_kwh + self.lifted_kwh


def heat(park: Park, rows: Rows, day: date) -> Heat | None:
    """Return the heat of `day`; None where no meter measures the heat of an exchanger or a heat pump.

    What a heat pump lifts is its heat less its electricity. Tanks make none.
    """
    plant = park.energy
    pumps, exchangers = ({one.id for one in kind} for kind in (plant.heat_pump, plant.exchanger))
    out = {one.id: one.serves for one in park.meters if one.commodity == "heat"}
    if not (pumps | exchangers) & set(out.values()):
        return None
    power = {
        one.id: one.serves for one in park.meters
        if one.commodity == "electricity" and one.purpose == "heat" and one.serves in pumps & set(out.values())
    }  # fmt: skip
    kwh = _by_meter(rows.read("readings", day.isoformat()), [*out, *power])

    def of(meters: dict[str, str], things: set[str]) -> float:
        return sum(kwh.get(meter_id, 0.0) for meter_id, serves in meters.items() if serves in things)

    made = of(out, pumps | exchangers | {one.id for one in plant.boiler})
    return Heat(made, of(out, exchangers), max(of(out, pumps) - of(power, pumps), 0.0))


def flow(park: Park, metered: pl.DataFrame, own: dict[str, float], readings: pl.DataFrame) -> Flow:
    """Return the flow picture: sources -> site -> lines and other uses; flows below 0.05 kWh are left out."""
    nodes = {"site": Node(id="site", label="flow.site", colour="load")}
    links: list[Link] = []
    total = {name: float(metered[name].sum()) for name in metered.columns if name != "start"}
    solar = _by_meter(readings, [m.id for m in park.meters if m.role == "generation"])

    def add(source: str, target: str, kwh: float, node: Node) -> None:
        if kwh >= 0.05:
            nodes[node.id] = node
            links.append(Link(source=source, target=target, energy_kwh=round(kwh, 3)))

    add("grid", "site", total["import"], Node(id="grid", label="flow.grid", colour="grid"))
    for meter in park.meters:
        if meter.role == "generation":
            add(meter.id, "site", solar.get(meter.id, 0.0), _named(meter.id, meter.name_en, meter.name_zh, "solar"))
    add("battery", "site", total["discharge"], Node(id="battery", label="flow.battery_out", colour="battery"))
    uses: dict[str, float] = {}
    lines: dict[str, float] = {}
    for meter in park.meters:
        if meter.id in own:
            line = park.line_of.get(meter.serves, meter.serves if meter.serves in park.work_center else "")
            if line:
                lines[line] = lines.get(line, 0.0) + own[meter.id]
            else:
                uses[meter.purpose] = uses.get(meter.purpose, 0.0) + own[meter.id]
    for line_id, kwh in lines.items():
        name = park.work_center[line_id].name
        add("site", line_id, kwh, _named(line_id, name.en, name.zh, "load"))
    colours = {"hvac": "cooling", "cold": "cooling", "heat": "heat"}
    for purpose, kwh in uses.items():
        node = Node(id=f"use-{purpose}", label=f"purpose.{purpose}", colour=colours.get(purpose, "load"))
        add("site", node.id, kwh, node)
    add("site", "charge", total["charge"], Node(id="charge", label="flow.battery_in", colour="battery"))
    add("site", "export", total["export"], Node(id="export", label="flow.export", colour="grid"))
    losses = total["use"] - sum(lines.values()) - sum(uses.values())
    add("site", "losses", losses, Node(id="losses", label="flow.losses", colour="loss"))
    return Flow(nodes=list(nodes.values()) if links else [], links=links)


def _named(id: str, name_en: str, name_zh: str, colour: str) -> Node:
    return Node(id=id, label="", name_en=name_en, name_zh=name_zh, colour=colour)


def _by_meter(readings: pl.DataFrame, meter_ids: list[str]) -> dict[str, float]:
    chosen = (
        readings.filter(pl.col("meter_id").is_in(meter_ids)).group_by("meter_id").agg(pl.col("energy_mwh_int").sum())
    )
    kwh = (chosen["energy_mwh_int"] / days.MWH_PER_KWH).to_list()
    return dict(zip(chosen["meter_id"].to_list(), kwh, strict=True))


def _store(park: Park, rows: Rows, day: date, battery_id: str) -> Store:
    battery = next(b for b in park.energy.battery if b.id == battery_id)
    step_h = park.site.metering_interval_s / STEP_H
    frame = pl.DataFrame({"start": park.intervals(day)})
    plan = rows.read("dispatch", day.isoformat()).filter(pl.col("asset_id") == battery_id).unique("start", keep="last")
    sign = {m.id: (1 if m.role == "charge" else -1) for m in park.meters
            if m.role in ("charge", "discharge") and m.serves in (battery_id, "")}  # fmt: skip
    power = (
        rows.read("readings", day.isoformat())
        .filter(pl.col("meter_id").is_in(list(sign)))
        .with_columns(pl.col("meter_id").replace_strict(sign, return_dtype=pl.Int64).alias("sign"))
        .group_by("start")
        .agg((pl.col("energy_mwh_int") * pl.col("sign")).sum() / days.MWH_PER_KWH / step_h)
        .rename({"energy_mwh_int": "actual_kw"})
    )
    stored = (
        rows.read("samples", day.isoformat())
        .filter(pl.col("signal_id") == f"{battery_id}/soc_kwh")
        .with_columns((pl.col("start") - pl.duration(milliseconds=1)).dt.truncate(f"{park.site.metering_interval_s}s"))
        .group_by("start", maintain_order=True)
        .agg(pl.col("value").last().alias("stored_kwh"))
    )
    for part in (plan, power, stored):
        frame = frame.join(part, on="start", how="left", maintain_order="left")
    return Store(
        asset_id=battery_id,
        name_en=battery.name.en,
        name_zh=battery.name.zh,
        capacity_kwh=battery.capacity_kwh,
        plan_kw=_rounded(frame["power_kw"]),
        power_kw=_rounded(frame["actual_kw"]),
        plan_kwh=_rounded(frame["state_of_charge_kwh"]),
        stored_kwh=_rounded(frame["stored_kwh"]),
        reason=frame["reason"].to_list(),
    )


def _rounded(series: pl.Series) -> list[float | None]:
    return [None if value is None else round(value, 3) for value in series.to_list()]


def _bands(rows: Rows, day: date, metered: pl.DataFrame) -> list[BandRow]:
    signal = rows.read("signal", day.isoformat()).unique("start", keep="last").select("start", "band")
    cost = days.spent(rows, day, (days.POWER_BY,))
    frame = metered.join(signal, on="start").join(cost, on="start", how="left")
    sums = frame.group_by("band").agg(pl.col("import").sum(), pl.col("quantity").sum())
    whole = frame.select(pl.lit("sum").alias("band"), pl.col("import").sum(), pl.col("quantity").sum())
    by_band = {row["band"]: row for row in pl.concat([sums, whole] if frame.height else [sums]).iter_rows(named=True)}
    found = []
    for band in (*BANDS, "sum"):
        if band in by_band:
            kwh, cny = by_band[band]["import"], (by_band[band]["quantity"] or 0) / days.PER_CNY
            found.append(BandRow(band=band, import_kwh=kwh, cost_cny=cny, cny_per_kwh=ratio(cny, kwh)))
    return found


def _largest(park: Park, own: dict[str, float], use_kwh: float) -> list[Consumer]:
    ranked = sorted(own.items(), key=lambda item: (-item[1], item[0]))[:LARGEST_SHOWN]
    return [
        Consumer(
            meter_id=meter_id,
            name_en=park.meter[meter_id].name_en,
            name_zh=park.meter[meter_id].name_zh,
            energy_kwh=kwh,
            share=ratio(kwh, use_kwh),
        )
        for meter_id, kwh in ranked
        if kwh > 0
    ]


def _figures(park: Park, rows: Rows, day: date, metered: pl.DataFrame) -> list[Figure]:
    as_of = days.closed_until(park, rows, day)
    known = as_of is not None
    total = {name: float(metered[name].sum()) for name in metered.columns if name != "start"}
    yesterday = days.closed_totals(park, rows, date.fromordinal(day.toordinal() - 1))
    cost = days.spent(rows, day)
    location = days.emitted(rows, day, "location")
    market = days.emitted(rows, day, "market")
    spent = int(cost["quantity"].sum()) / days.PER_CNY if cost.height else None
    kg = [int(frame["quantity"].sum()) / days.UG_PER_KG if frame.height else None for frame in (location, market)]
    tonnes = total["use"] * KGCE_PER_KWH / 1000
    self_use = ratio(total["generation"] - total["export"], total["generation"])

    def item(name: str, value: float | None, unit: str = "kWh", source: str = "readings") -> Input:
        return Input(name=f"input.{name}", value=value if known else None, unit=unit, source=source)

    supply = [item(name, total[name]) for name in ("import", "generation", "discharge", "export", "charge")]

    def figure(key: str, value: float | None, unit: str, good_is: str, formula: str, inputs: list[Input]) -> Figure:
        return Figure(
            key=key, value=value if known else None, unit=unit, good_is=good_is, as_of=as_of,
            why=Why(formula=formula, inputs=inputs),
        )  # fmt: skip

    figures = [
        figure("site_use", total["use"], "kWh", "low", "why.site_use", supply),
        figure("grid_import", total["import"], "kWh", "low", "why.metered", supply[:1]),
        figure("solar_yield", total["generation"], "kWh", "high", "why.metered", supply[1:2]),
        figure(
            "solar_self_use", None if self_use is None else 100 * self_use, "%", "high", "why.solar_self_use",
            [supply[1], supply[3]],
        ),
        figure(
            "energy_cost", spent, "CNY", "low", "why.energy_cost", [item("cost", spent, "CNY", "postings")]
        ),
        figure(
            "energy_co2e", kg[0], "kg CO2e", "low", "why.energy_co2e",
            [item("co2e_location", kg[0], "kg CO2e", "postings"), item("co2e_market", kg[1], "kg CO2e", "postings")],
        ),
        figure(
            "coal_equivalent", tonnes, "tce", "low", "why.coal_equivalent",
            [item("energy_used", total["use"]), item("kgce_per_kwh", KGCE_PER_KWH, "kgce/kWh", "GB/T 2589-2020")],
        ),
    ]  # fmt: skip
    found = heat(park, rows, day)
    if found is not None:
        share = ratio(found.recovered_kwh, found.made_kwh)
        parts = [item("heat_exchanged", found.exchanged_kwh), item("heat_lifted", found.lifted_kwh)]
        figures.append(figure(
            "recovered_heat", None if share is None else 100 * share, "%", "high", "why.recovered_heat",
            [*parts, item("heat_made", found.made_kwh)],
        ))  # fmt: skip
    if yesterday and yesterday.energy_kwh is not None and days.books_of(rows, day):
        figures[0] = figures[0].model_copy(update={"yesterday": yesterday.energy_kwh})
    return figures
