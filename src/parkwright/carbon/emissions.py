"""Emissions and money of an interval: they follow the final accounts of its energy, in every view."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import polars as pl

from parkwright.carbon.attribution import apportion_groups
from parkwright.carbon.entries import ROW_SCHEMA, Entries, Kind, stamp
from parkwright.carbon.factors import (
    cost_1e4cny,
    emission_ug,
    gas_price_1e4cny_per_kwh,
    of_gas,
    of_kind,
    price_1e4cny_per_kwh,
)
from parkwright.carbon.metering import Own, of_role
from parkwright.carbon.storage import Turn
from parkwright.model.opening import Pool
from parkwright.model.park import Park

SHARE = "mwh_share"
"""Method of a share of the interval's emissions or money: by the account's mWh."""
FINAL = ("unit:", "idle:", "base:", "losses:", "imbalance:", "export:")
"""Accounts in which the energy of an interval ends; what batteries stored ends in pool:."""


def finals(written: pl.DataFrame, battery_turns: list[Turn]) -> pl.DataFrame:
    """Return (account, weight [mWh]) of the accounts in which the interval's electricity ended, by account.

    written: the interval's electricity postings. A negative account (an imbalance) takes no share. Where no energy
    ended anywhere, imbalance:site takes all.
    """
    ended = pl.any_horizontal(pl.col("account").str.starts_with(kind) for kind in FINAL)
    stored = pl.DataFrame(
        [(f"pool:{turn.battery_id}", turn.stored_mwh_int) for turn in battery_turns],
        schema={"account": pl.String, "weight": pl.Int64},
        orient="row",
    )
    rows = pl.concat([written.filter(ended).select("account", pl.col("quantity").alias("weight")), stored])
    rows = rows.group_by("account").agg(pl.col("weight").sum()).filter(pl.col("weight") > 0).sort("account")
    if rows.is_empty():
        return pl.DataFrame({"account": ["imbalance:site"], "weight": [1]})
    return rows


def post(
    park: Park,
    entries: Entries,
    energy: Mapping[str, int],
    ended: pl.DataFrame,
    battery_turns: list[Turn],
    price: int,
) -> dict[str, Pool]:
    """Write the location, market and tariff journals of the interval's electricity; return the pools after it.

    Emissions: imported energy x factor, and what the drawn energy of batteries carried. Money: cost of import, less
    income from export, and what drawn energy carried; energy sold bears no cost. price [1e-4 CNY/kWh].
    """
    imported = sum(energy[meter.id] for meter in of_role(park, "import"))
    exported = sum(energy[meter.id] for meter in of_role(park, "export"))
    sold = cost_1e4cny(exported, price_1e4cny_per_kwh(park.energy.grid.export_cny_per_kwh))
    location = of_kind(park, park.site.accounting_grid_factor, "grid_average")
    market = of_kind(park, park.site.residual_grid_factor, "grid_residual", "grid_average")
    views = (
        (Kind("co2e", "location", SHARE, location.id), emission_ug(imported, location), 0),
        (Kind("co2e", "market", SHARE, market.id), emission_ug(imported, market), 0),
        (Kind("cny", "tariff", SHARE, "tariff"), cost_1e4cny(imported, price), sold),
    )
    used = ended.filter(~pl.col("account").str.starts_with("export:"))
    if used.is_empty():
        used = pl.DataFrame({"account": ["imbalance:site"], "weight": [1]})
    stored: dict[str, list[int]] = {turn.battery_id: [] for turn in battery_turns}
    for number, (kind, bought, income) in enumerate(views):
        carried = [(turn.location_ug, turn.market_ug, turn.cost_1e4cny)[number] for turn in battery_turns]
        accounts = used if kind.commodity == "cny" else ended
        shares = _journal(entries, kind, bought, income, dict(zip(stored, carried, strict=True)), accounts)
        for battery_id, amounts in stored.items():
            amounts.append(shares.get(f"pool:{battery_id}", 0))
    return {turn.battery_id: turn.closing(*stored[turn.battery_id]) for turn in battery_turns}


def _journal(
    entries: Entries, kind: Kind, bought: int, income: int, carried: Mapping[str, int], accounts: pl.DataFrame
) -> dict[str, int]:
    """Write one view's journal; return what went to pools, by account."""
    at = stamp(entries.start)
    journal, ref = f"{at}/{kind.commodity}/{kind.view}", f"{at}/electricity"
    bought_kind = Kind(kind.commodity, kind.view, "import_x_factor", kind.factor_id)
    entries.post(journal, bought_kind, -bought, "source:grid", ref)
    entries.post(journal, bought_kind, income, "export:grid", ref)
    for battery_id, amount in carried.items():
        entries.post(journal, Kind(kind.commodity, kind.view, "carried"), -amount, f"pool:{battery_id}", ref)
    total = bought - income + sum(carried.values())
    shares = apportion_groups(np.array([total]), np.array([0]), accounts["weight"].to_numpy())
    rows = accounts.with_columns(pl.Series("quantity", shares))
    entries.block(
        rows.select(
            pl.lit(journal).alias("journal_id"),
            "account",
            pl.lit(kind.commodity).alias("commodity"),
            pl.lit(kind.view).alias("view"),
            "quantity",
            pl.lit(kind.factor_id, pl.String).alias("factor_id"),
            pl.lit(SHARE).alias("method_id"),
            pl.lit(ref).alias("activity_ref"),
        ).select(list(ROW_SCHEMA))
    )
    pooled = rows.filter(pl.col("account").str.starts_with("pool:"))
    return dict(zip(pooled["account"].to_list(), pooled["quantity"].to_list(), strict=True))


def post_gas(park: Park, entries: Entries, found: list[Own]) -> None:
    """Write the scope 1 emissions and the cost of gas: each meter's own consumption x factor and x price."""
    at = stamp(entries.start)
    for own in found:
        factor, price = of_gas(park, own.meter), gas_price_1e4cny_per_kwh(park, own.meter)
        emission = emission_ug(own.own_mwh_int, factor)
        account = f"{'imbalance' if own.own_mwh_int < 0 else 'base'}:{own.meter.id}"
        scope1, ref = f"scope1:{own.meter.serves or own.meter.id}", f"{own.meter.id}@{at}"
        for view in ("location", "market"):
            journal, kind = f"{at}/co2e/{view}/{own.meter.id}", Kind("co2e", view, "fuel_x_factor", factor.id)
            entries.post(journal, kind, -emission, scope1, ref)
            entries.post(journal, kind, emission, account, ref)
        cost = cost_1e4cny(own.own_mwh_int, price)
        journal, kind = f"{at}/cny/tariff/{own.meter.id}", Kind("cny", "tariff", "fuel_x_price", "gas")
        entries.post(journal, kind, -cost, "source:gas", ref)
        entries.post(journal, kind, cost, account, ref)
