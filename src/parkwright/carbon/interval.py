"""The books of one metering interval: where each milliwatt-hour went, and the carbon and cost that went with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import polars as pl

from parkwright.carbon import emissions
from parkwright.carbon.attribution import apportion_groups
from parkwright.carbon.entries import ROW_SCHEMA, Entries, Kind, stamp
from parkwright.carbon.metering import Own, coverage, energies, of_role, owns
from parkwright.carbon.storage import Turn, battery_of, turns
from parkwright.model.errors import LedgerError
from parkwright.model.opening import Pool
from parkwright.model.park import Park
from parkwright.model.tables import ALARMS, conform

METERED = Kind("electricity", "physical", "metered")
OWN = Kind("electricity", "physical", "reading_minus_children")
CHARGE_LOSS = Kind("electricity", "physical", "charge_efficiency")
DISCHARGE_LOSS = Kind("electricity", "physical", "discharge_efficiency")
OVERDRAWN = Kind("electricity", "physical", "overdrawn")
SHARED = "ticks_x_power"
"""Method of a share of a meter's own consumption: time at the machine times its power by place."""


@dataclass(frozen=True, slots=True)
class IntervalBooks:
    """What closing an interval gives: POSTINGS, ALARMS, and the pools with which the next interval opens."""

    postings: pl.DataFrame
    alarms: pl.DataFrame
    pools: Mapping[str, Pool]


def close(
    park: Park,
    start: datetime,
    end: datetime,
    readings: pl.DataFrame,
    occupancy: pl.DataFrame,
    price_1e4cny_per_kwh: int,
    pools: Mapping[str, Pool],
) -> IntervalBooks:
    """Close the metering interval [start, end): physical, emission and money journals, each summing to 0.

    readings: READINGS with a row for every electricity and gas meter of the park; rows of other intervals are ignored.
    occupancy: as occupancy.of_interval gives it. price_1e4cny_per_kwh: of grid power [1e-4 CNY/kWh].
    pools: battery id -> its Pool at `start`.

    Each load meter's own consumption (its reading less its children's) goes to the units that stood at the work units
    it covers and to idle:<line>, by ticks [ms] x power by place [mW]; what a line meter does not cover by work units
    goes to base:<line>, every other purpose to base:<meter>. A negative own consumption goes to imbalance:<meter> with
    an alarm; a reading below 0 raises one too. Emissions and money follow the final accounts by their mWh.

    Raises LedgerError when a reading is missing or unknown, or the interval is empty.
    """
    if end <= start:
        raise LedgerError(f"interval {start}..{end} is empty; give an end after its start")
    energy = energies(park, start, readings)
    battery_turns = turns(park, energy, pools)
    entries = Entries(start, end)
    alarms: list[tuple[str, str, str]] = []
    _busbar(park, entries, energy, battery_turns, alarms)
    electric = owns(park, "electricity", energy)
    _meters(entries, electric, "electricity", alarms)
    entries.block(_shares(park, entries, electric, occupancy))
    finals = emissions.finals(entries.written(), battery_turns)
    gas = owns(park, "gas", energy)
    _gas(entries, gas, alarms)
    after = emissions.post(park, entries, energy, finals, battery_turns, price_1e4cny_per_kwh)
    emissions.post_gas(park, entries, gas)
    named = {thing_id for _, thing_id, _ in alarms}
    backwards = [meter_id for meter_id, amount in energy.items() if amount < 0 and meter_id not in named]
    alarms += [("meter_imbalance", name, _backwards(name, energy[name], stamp(start))) for name in sorted(backwards)]
    return IntervalBooks(entries.postings(), _alarms(end, alarms), {**pools, **after})


def _busbar(
    park: Park,
    entries: Entries,
    energy: Mapping[str, int],
    battery_turns: list[Turn],
    alarms: list[tuple[str, str, str]],
) -> None:
    """Book what enters and leaves the site's busbar, the batteries' losses, and what no load meter saw."""
    at = stamp(entries.start)
    journal = f"{at}/electricity"
    site = 0
    for role, sign, account in (
        ("import", -1, "source:grid"),
        ("generation", -1, "source:"),
        ("discharge", -1, "pool:"),
        ("charge", 1, "pool:"),
        ("export", 1, "export:grid"),
    ):
        for meter in of_role(park, role):
            name = account + battery_of(meter) if account.endswith(":") else account
            entries.post(journal, METERED, sign * energy[meter.id], name, f"{meter.id}@{at}")
            site -= sign * energy[meter.id]
    entries.post(journal, METERED, site, "meter:site", journal)
    for turn in battery_turns:
        pool, own = f"pool:{turn.battery_id}", f"{at}/electricity/pool/{turn.battery_id}"
        for kind, lost in ((CHARGE_LOSS, turn.charge_loss_mwh_int), (DISCHARGE_LOSS, turn.discharge_loss_mwh_int)):
            entries.post(own, kind, -lost, pool, journal)
            entries.post(own, kind, lost, f"losses:{turn.battery_id}", journal)
        entries.post(own, OVERDRAWN, turn.overdrawn_mwh_int, pool, journal)
        entries.post(own, OVERDRAWN, -turn.overdrawn_mwh_int, f"imbalance:{turn.battery_id}", journal)
        if turn.overdrawn_mwh_int:
            alarms.append(("battery_overdrawn", turn.battery_id, _overdrawn(turn, at)))
    tops = [meter for meter in of_role(park, "load") if _is_top(park, meter.parent_id)]
    below, rest = f"{at}/electricity/site", site - sum(energy[meter.id] for meter in tops)
    entries.post(below, OWN, -site, "meter:site", journal)
    for meter in tops:
        entries.post(below, METERED, energy[meter.id], f"meter:{meter.id}", f"{meter.id}@{at}")
    rest_name = "imbalance" if rest < 0 else "losses" if tops else "base"
    entries.post(below, OWN, rest, f"{rest_name}:site", journal)
    if rest < 0:
        alarms.append(("meter_imbalance", "site", _excess("the site's busbar", rest, at)))


def _is_top(park: Park, parent_id: str) -> bool:
    parent = park.meter.get(parent_id)
    return parent is None or parent.commodity != "electricity" or parent.role != "load"


def _meters(entries: Entries, found: list[Own], commodity: str, alarms: list[tuple[str, str, str]]) -> None:
    """Book each load meter's reading to its children, and its own consumption where it is not shared by ticks."""
    at = stamp(entries.start)
    metered = Kind(commodity, "physical", "metered")
    own_kind = Kind(commodity, "physical", OWN.method_id)
    children: dict[str, list[Own]] = {}
    for own in found:
        children.setdefault(own.meter.parent_id, []).append(own)
    for own in found:
        meter = own.meter
        journal, ref = f"{at}/{commodity}/{meter.id}", f"{meter.id}@{at}"
        entries.post(journal, metered, -own.reading_mwh_int, f"meter:{meter.id}", ref)
        for child in children.get(meter.id, ()):
            entries.post(journal, metered, child.reading_mwh_int, f"meter:{child.meter.id}", f"{child.meter.id}@{at}")
        if own.own_mwh_int < 0:
            entries.post(journal, own_kind, own.own_mwh_int, f"imbalance:{meter.id}", ref)
            alarms.append(("meter_imbalance", meter.id, _excess(f"meter {meter.id}", own.own_mwh_int, at)))
        elif not _is_shared(own, commodity):
            entries.post(journal, own_kind, own.own_mwh_int, f"base:{meter.id}", ref)


def _is_shared(own: Own, commodity: str) -> bool:
    return commodity == "electricity" and own.meter.purpose in ("machine", "line")


def _shares(park: Park, entries: Entries, found: list[Own], occupancy: pl.DataFrame) -> pl.DataFrame:
    """Share the own consumption of machine and line meters over units, idle and base, by ticks x power."""
    own = {o.meter.id: o.own_mwh_int for o in found if _is_shared(o, "electricity") and o.own_mwh_int > 0}
    rows = _weights(park, occupancy, (entries.end - entries.start).total_seconds(), own)
    if rows.is_empty():
        return pl.DataFrame(schema=ROW_SCHEMA)
    groups = rows.group_by("meter_id", maintain_order=True).agg(pl.len(), pl.col("weight").sum().alias("total"))
    quantities = groups["meter_id"].replace_strict(own, return_dtype=pl.Int64)
    starts = groups["len"].cum_sum() - groups["len"]
    shares = apportion_groups(quantities.to_numpy(), starts.cast(pl.Int64).to_numpy(), rows["weight"].to_numpy())
    at = stamp(entries.start)
    return (
        rows.with_columns(pl.Series("quantity", shares))
        .join(groups, on="meter_id", how="left", maintain_order="left")
        .select(
            pl.format("{}/electricity/{}", pl.lit(at), "meter_id").alias("journal_id"),
            "account",
            pl.lit("electricity").alias("commodity"),
            pl.lit("physical").alias("view"),
            "quantity",
            pl.lit(None, pl.String).alias("factor_id"),
            pl.lit(SHARED).alias("method_id"),
            pl.format("{}@{} {}/{}", "meter_id", pl.lit(at), "weight", "total").alias("activity_ref"),
        )
    )


def _weights(park: Park, occupancy: pl.DataFrame, interval_s: float, own: Mapping[str, int]) -> pl.DataFrame:
    """Return (meter_id, rank, account, weight) sorted: units by serial, then idle, then base; no meter weighs 0."""
    covered = coverage(park).filter(pl.col("meter_id").is_in(list(own)))
    at_work = occupancy.join(covered, on="work_unit_id", how="inner")
    units = (
        at_work.group_by("meter_id", "unit_id")
        .agg((pl.col("ticks_ms") * pl.col("run_milliwatt")).sum().alias("weight"))
        .select("meter_id", pl.lit(0).alias("rank"), pl.format("unit:{}", "unit_id").alias("account"), "weight")
    )
    used = at_work.group_by("meter_id", "work_unit_id").agg(pl.col("ticks_ms").sum().alias("used_ms"))
    room = pl.col("places") * round(interval_s * 1000) - pl.col("used_ms").fill_null(0)
    idle = (
        covered.join(used, on=["meter_id", "work_unit_id"], how="left")
        .group_by("meter_id", "line_id")
        .agg((room.clip(0) * pl.col("idle_milliwatt")).sum().alias("weight"))
        .select("meter_id", pl.lit(1).alias("rank"), pl.format("idle:{}", "line_id").alias("account"), "weight")
    )
    base = pl.DataFrame(
        [
            (meter_id, 2, f"base:{park.meter[meter_id].serves}", round(park.meter[meter_id].base_kw * interval_s * 1e9))
            for meter_id in own
            if park.meter[meter_id].purpose == "line"
        ],
        schema={"meter_id": pl.String, "rank": pl.Int32, "account": pl.String, "weight": pl.Int64},
        orient="row",
    )
    rows = pl.concat([units, idle, base]).sort("meter_id", "rank", "account")
    empty = pl.col("weight").sum().over("meter_id") == 0
    last = pl.col("rank") == pl.col("rank").max().over("meter_id")
    return rows.with_columns(pl.when(empty & last).then(1).otherwise("weight").alias("weight")).filter(
        pl.col("weight") > 0
    )


def _gas(entries: Entries, found: list[Own], alarms: list[tuple[str, str, str]]) -> None:
    """Book gas from its source through its meters."""
    at = stamp(entries.start)
    known = {own.meter.id for own in found}
    for own in found:
        if own.meter.parent_id not in known:
            journal, ref = f"{at}/gas", f"{own.meter.id}@{at}"
            kind = Kind("gas", "physical", "metered")
            entries.post(journal, kind, -own.reading_mwh_int, "source:gas", ref)
            entries.post(journal, kind, own.reading_mwh_int, f"meter:{own.meter.id}", ref)
    _meters(entries, found, "gas", alarms)


def _excess(thing: str, rest_mwh_int: int, at: str) -> str:
    return (
        f"Meters below {thing} measured {-rest_mwh_int / 1e6:.6f} kWh more than it did at {at}; the difference is "
        "booked as imbalance. Compare the registers and the wiring of the meters below it."
    )


def _backwards(meter_id: str, reading_mwh_int: int, at: str) -> str:
    return (
        f"Meter {meter_id} measured {reading_mwh_int / 1e6:.6f} kWh at {at}, less than nothing; booked as it stands. "
        "Compare its register and its wiring, then restate the reading."
    )


def _overdrawn(turn: Turn, at: str) -> str:
    return (
        f"Battery {turn.battery_id} gave {turn.overdrawn_mwh_int / 1e6:.6f} kWh at {at} that it did not hold by its "
        "books; booked as imbalance. Compare its meters with its state of charge."
    )


def _alarms(at: datetime, found: list[tuple[str, str, str]]) -> pl.DataFrame:
    if not found:
        return ALARMS.empty()
    rows = [(at, kind, thing_id, 2, text) for kind, thing_id, text in found]
    return conform(pl.DataFrame(rows, schema=list(ALARMS.schema), orient="row"), ALARMS)
