"""Carbon for a script: inventory, targets, abatement and indicators from a park's ledger, as plain data."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

import polars as pl

from parkwright.carbon import abatement, certificates, inbound, inventory, report, sinks, targets
from parkwright.carbon.abatement import Terms
from parkwright.carbon.certificates import Certificate
from parkwright.carbon.editions import ActivityFactor, FuelFactor, GridFactor, required
from parkwright.carbon.factors import edition_of, named
from parkwright.carbon.inventory import Inventory, Line
from parkwright.ledger import views
from parkwright.model.errors import LedgerError
from parkwright.model.park import Park
from parkwright.store import packs
from parkwright.store.carbon_book import CarbonBook
from parkwright.wire.accounts import Accounts, opened
from parkwright.wire.solder import solder_answer

__all__ = [
    "abate_answer",
    "base_year_answer",
    "factors_answer",
    "inventory_answer",
    "months_answer",
    "opened",
    "saving_answer",
    "sinks_answer",
    "targets_answer",
]
KWH_PER_MWH_INT, KG, T = 1e6, 1e9, 1e12
GAS_CNY_PER_KWH = Decimal(0)
"""Price of gas where the park burns none."""


def inventory_answer(accounts: Accounts, start: date, end: date) -> dict[str, Any]:
    """Return the inventory of the closed days of [start, end]: the GHG Protocol report with the national form beside.

    The same ledger, book and instant give the same answer, byte for byte.
    """
    days = accounts.closed(start, end)
    made, found = accounts.made(days), inventory_of(accounts, days)
    span = (found.start_day, found.end_day)
    good = int(made.filter(pl.col("is_good") & (pl.col("kind") == "finished"))["units"].sum())
    each = {view: (found.total_ug(1) + found.total_ug(2, view)) / KG / good for view in ("location", "market") if good}
    return {
        **report.ghg_protocol(accounts.park, found),
        "days_closed": len(days),
        "days_not_closed": _gaps(days),
        "as_of": accounts.as_of.isoformat() if accounts.as_of else None,
        "units_good": good,
        "scope12_kg_per_unit": each,
        "matching": _matching(accounts, views.net(accounts.postings(days)), found),
        "certificates_beyond_span": _reaching_out(accounts, span),
        "certificates_beyond_use": [
            {"certificate": name, "mwh": energy / KWH_PER_MWH_INT / 1000} for name, energy in found.uncounted.items()
        ],
        "national": report.national(accounts.park, found),
        "share_alike": [
            {"factor": one.id, "pack": one.pack, "licence": accounts.share_alike[one.pack]}
            for one in found.factors
            if one.pack in accounts.share_alike
        ],
        "sinks": {"stock_kg_co2": sum(map(sinks.stock_ug, accounts.park.green)) / KG, "netted": False},
    }


def inventory_of(accounts: Accounts, days: list[str]) -> Inventory:
    """Return the inventory of closed days (ISO); a day between them that is not closed counts in no scope."""
    book, dates = accounts.book, [date.fromisoformat(day) for day in days]
    rows, made, held = accounts.postings(days), accounts.made(days), _of_span(accounts, (dates[0], dates[-1]))
    return inventory.of_days(
        accounts.park, dates, rows, made, book.activities, held, book.method, accounts.library, _inbound(accounts, made)
    )


def _gaps(days: list[str]) -> list[list[str]]:
    """Return the first and the last day of each run of days between closed days that are not closed themselves."""
    dates, one = [date.fromisoformat(day) for day in days], timedelta(days=1)
    return [[(a + one).isoformat(), (b - one).isoformat()] for a, b in pairwise(dates) if b - a > one]


def _inbound(accounts: Accounts, made: pl.DataFrame) -> list[Line]:
    """Return the lines of the freight that brought the materials of what was made."""
    sourcing = accounts.book.sourcing
    names = {row.freight_factor_id for row in sourcing.values() if row.freight_factor_id}
    factors = {name: accounts.library.get(name, ActivityFactor) for name in names}
    return inbound.lines(accounts.park, made, sourcing, factors)


def _of_span(accounts: Accounts, span: tuple[date, date]) -> list[Certificate]:
    """Return the certificates retired to, or sold from generation in, a time that lies within the days."""
    start, end = accounts.park.midnight(span[0]), accounts.park.midnight(span[1] + timedelta(days=1))
    return [one for one, (first, last) in _dated(accounts) if start <= first and last <= end]


def _reaching_out(accounts: Accounts, span: tuple[date, date]) -> list[str]:
    """Return the certificates that touch the days and reach beyond them: they count in a report of their whole time."""
    start, end = accounts.park.midnight(span[0]), accounts.park.midnight(span[1] + timedelta(days=1))
    within = _of_span(accounts, span)
    return [str(one) for one, (first, last) in _dated(accounts) if first < end and last > start and one not in within]


def _dated(accounts: Accounts) -> list[tuple[Certificate, tuple[datetime, datetime]]]:
    """Return the retired and the sold certificates as of the report, with the time that each belongs to."""
    found = []
    for one in accounts.certificates:
        if accounts.as_of is not None and one.changed_at > accounts.as_of:
            continue
        if one.state == "retired" and one.load_start is not None and one.load_end is not None:
            found.append((one, (one.load_start, one.load_end)))
        elif one.state == "sold":
            found.append((one, (one.vintage_start, one.vintage_end)))
    return found


def _matching(accounts: Accounts, rows: pl.DataFrame, found: Inventory) -> dict[str, Any]:
    """Return how much of the load clean energy covers: over the days of an inventory, and hour by hour."""
    physical = rows.filter((pl.col("commodity") == "electricity") & (pl.col("view") == "physical"))
    account, amount = pl.col("account"), pl.col("quantity")
    is_sun = account.str.starts_with("source:") & (account != "source:grid")
    local = pl.col("start").dt.convert_time_zone(accounts.park.zone.key)
    into = pl.duration(minutes=local.dt.minute(), seconds=local.dt.second())
    sums = physical.group_by((pl.col("start") - into).alias("start")).agg(
        (-amount.filter(account == "source:grid").sum()).alias("bought"),
        (-amount.filter(is_sun).sum()).alias("made"),
        amount.filter(account.str.starts_with("export:")).sum().alias("sold"),
    )
    sums = sums.sort("start")
    starts, held = sums["start"].to_list(), _of_span(accounts, (found.start_day, found.end_day))
    load = (sums["bought"] + sums["made"] - sums["sold"]).to_list()
    own = (sums["made"] - sums["sold"]).clip(lower_bound=0).to_list()
    left = certificates.unsold(starts, own, held)
    hourly = [
        kept + certificates.in_interval(held, start, start + certificates.HOUR)
        for start, kept in zip(starts, left, strict=True)
    ]
    clean = sum(left) + found.market.certified_mwh_int
    return {
        "annual_rule_share": float(certificates.annual_matching([sum(load)], [clean])),
        "hourly_share": float(certificates.hourly_matching(load, hourly)),
        "note": "certificates without an hour of generation count in the annual rule alone",
    }


def base_year_answer(
    published: Accounts, now: Accounts, start: date, end: date, threshold: Decimal = report.RECALCULATE_AT
) -> dict[str, Any]:
    """Return whether the base year [start, end] must be recalculated: the inventory as published beside that of now.

    published: the accounts opened as of the instant of publication. threshold: share of change, the park's own policy.
    """
    figures = [_scopes(accounts, start, end) for accounts in (published, now)]
    found = report.recalculation(figures[0], figures[1], threshold)
    return {
        "from": start.isoformat(),
        "to": end.isoformat(),
        "published_kg": {name: amount / KG for name, amount in figures[0].items()},
        "now_kg": {name: amount / KG for name, amount in figures[1].items()},
        "change_share": {name: float(share) for name, share in found.shares.items()},
        "threshold": float(found.threshold),
        "recalculate": found.required,
    }


def _scopes(accounts: Accounts, start: date, end: date) -> dict[str, int]:
    return _by_scope(inventory_of(accounts, accounts.closed(start, end)))


def _by_scope(found: Inventory) -> dict[str, int]:
    return {
        "scope1": found.total_ug(1),
        "scope2_location": found.total_ug(2),
        "scope2_market": found.total_ug(2, "market"),
        "scope3": found.total_ug(3),
    }


def months_answer(accounts: Accounts, start: date, end: date) -> list[dict[str, Any]]:
    """Return the emissions of the closed days of each month [kg CO2e], by scope, scope 2 in both views."""
    months: dict[str, list[str]] = {}
    for day in accounts.closed(start, end):
        months.setdefault(day[:7], []).append(day)
    found = []
    for month, days in months.items():
        scopes = _by_scope(inventory_of(accounts, days))
        row = {f"{name.removeprefix('scope2_')}_kg": amount / KG for name, amount in scopes.items()}
        found.append({"month": month, **row})
    return found


def targets_answer(accounts: Accounts, start: date, end: date) -> dict[str, Any]:
    """Return every target of the park: what its rule asks for, its path, the gap of a year's pace, and the chance."""
    days = accounts.closed(start, end)
    found = inventory_of(accounts, days)
    shown = [_target(accounts, target, found, len(days), found.end_day.year) for target in accounts.book.targets]
    return {
        "park": accounts.park.site.park_id,
        "pace_from_days": len(days),
        "days_not_closed": _gaps(days),
        "targets": shown,
        "rules": [rule.model_dump(mode="json") for rule in accounts.book.rules.values()],
        "claims": [claim.model_dump(mode="json") for claim in accounts.book.claims],
        "note": "sinks and avoided emissions reduce no scope; claims are cited, never results",
    }


def _target(accounts: Accounts, target: targets.Target, found: Inventory, days: int, year: int) -> dict[str, Any]:
    rule = accounts.book.rules[target.rule_id]
    share = targets.reduction(rule, target.base_year, target.target_year, target.net_zero_year)
    allowed = targets.path(target.base_year, round(target.base_t * 10**12), target.target_year, share)
    pace = targets.annual_ug(sum(found.total_ug(scope, target.view) for scope in target.scopes), days)
    plan = [part for part in accounts.book.plan if part.target_id == target.id]
    goal = allowed[target.target_year] / T
    return {
        "id": target.id,
        "title": target.title.model_dump(),
        "rule": rule.id,
        "rule_title": rule.title.model_dump(),
        "provisional": rule.provisional,
        "scopes": list(target.scopes),
        "view": target.view,
        "base_year": target.base_year,
        "base_t": float(target.base_t),
        "target_year": target.target_year,
        "reduction": float(share),
        "goal_t": goal,
        "path_t": {str(at): amount / T for at, amount in allowed.items()},
        "pace_t": pace / T,
        "gap_t": targets.gap_ug(allowed, year, pace) / T if year in allowed else None,
        "probability": targets.probability(plan, goal) if plan else None,
    }


def abate_answer(accounts: Accounts, start: date, end: date, interest: Decimal = Decimal("0.06")) -> dict[str, Any]:
    """Return the register of measures, the marginal abatement curve, and low-temperature solder beside its claims.

    interest: yearly rate that investments are repaid at; an assumption of the caller.
    """
    terms = terms_of(accounts.park, interest)
    return {
        "park": accounts.park.site.park_id,
        "factor": terms.grid.id,
        "electricity_cny_per_kwh": float(terms.electricity_cny_per_kwh),
        "interest": float(interest),
        "measures": [measure.model_dump(mode="json") for measure in accounts.book.measures],
        "curve": [
            {
                "measure_id": step.measure_id,
                "avoided_t": step.avoided_ug / T,
                "net_cny": step.net_cny,
                "cny_per_t": step.cny_per_t,
                "cumulative_t": step.cumulative_ug / T,
            }
            for step in abatement.curve(accounts.book.measures, terms)
        ],
        "solder": _solder(accounts, accounts.closed(start, end)),
    }


def terms_of(park: Park, interest: Decimal) -> Terms:
    """Return what a ton is priced with in a park: its own factors, the flat price of power, its boiler's gas.

    Raises LedgerError when a factor is missing, FactorKindError when one is of another kind.
    """
    grid = required(edition_of(named(park, park.site.accounting_grid_factor)), GridFactor)
    boilers = park.energy.boiler
    fuels = [boiler.factor_id for boiler in boilers] + [one.id for one in park.factors if one.kind == "fuel"]
    gas = required(edition_of(named(park, fuels[0])), FuelFactor) if fuels else None
    flat = Decimal(repr(park.tariffs[-1].flat_cny_per_kwh)) if park.tariffs else Decimal(0)
    price = Decimal(repr(boilers[0].gas_cny_per_kwh)) if boilers else GAS_CNY_PER_KWH
    return Terms(grid, gas, flat, price, interest)


def _solder(accounts: Accounts, days: list[str]) -> dict[str, Any] | None:
    """Return low-temperature solder beside its claims; None where the park's book has no such example."""
    book = accounts.book.solder
    if book is None:
        return None
    energy, boards = _metered(accounts, days, book.oven_meter_ids), _figure(accounts, days, "boards_good")
    return solder_answer(accounts, book, energy, boards, len(days))


def saving_answer(
    accounts: Accounts, measure_id: str, before: tuple[date, date], after: tuple[date, date]
) -> dict[str, Any]:
    """Return a measure's saving as metered: its meters and the good units of the days before and after it.

    Raises LedgerError when the measure is unknown or names no meter.
    """
    known = {measure.id: measure for measure in accounts.book.measures}
    if measure_id not in known or not known[measure_id].meter_ids:
        raise LedgerError(f"measure {measure_id}: is unknown or names no meter; add meter_ids in carbon/measures.toml")
    meters = known[measure_id].meter_ids
    spans = [accounts.closed(*span) for span in (before, after)]
    pairs = [(_metered(accounts, days, meters), _figure(accounts, days, "units_good")) for days in spans]
    found = abatement.measured(pairs[0], pairs[1])
    grid = required(edition_of(named(accounts.park, accounts.park.site.accounting_grid_factor)), GridFactor)
    return {
        "measure": measure_id,
        "meters": list(meters),
        "before": [spans[0][0], spans[0][-1]],
        "after": [spans[1][0], spans[1][-1]],
        "before_kwh": pairs[0][0] / KWH_PER_MWH_INT,
        "units_before": pairs[0][1],
        "units_after": pairs[1][1],
        "expected_kwh": found.expected_mwh_int / KWH_PER_MWH_INT,
        "metered_kwh": found.metered_mwh_int / KWH_PER_MWH_INT,
        "saved_kwh": found.saved_mwh_int / KWH_PER_MWH_INT,
        "saved_kg": found.saved_mwh_int / KWH_PER_MWH_INT * float(grid.value),
        "factor": grid.id,
    }


def _metered(accounts: Accounts, days: list[str], meters: tuple[str, ...]) -> int:
    """Return the energy [mWh] of some meters over the days, corrections included."""
    total = 0
    for day in days:
        rows = views.current_readings(accounts.read("readings", day), accounts.read("restatements", day))
        total += int(rows.filter(pl.col("meter_id").is_in(list(meters)))["energy_mwh_int"].sum())
    return total


def _figure(accounts: Accounts, days: list[str], key: str) -> int:
    """Return the sum of a figure of the books over the days; the last row of a day counts."""
    found = 0
    for day in days:
        rows = accounts.read("books", day).filter(pl.col("key") == key)
        found += int(rows["value"][-1]) if rows.height else 0
    return found


def sinks_answer(park: Park, book: CarbonBook, since: date | None = None) -> dict[str, Any]:
    """Return the sink account from an earlier inventory of the park's green until now, apart from every scope.

    since: day of the earlier inventory; the newest one where None. Raises LedgerError when there is none of that day.
    """
    known = sorted(book.earlier_green)
    day = since or next(reversed(known), None)
    if day is None or day not in book.earlier_green:
        days = (
            f"one of {', '.join(map(str, known))}" if known else "write carbon/green-YYYY-MM-DD.csv, as green.csv was"
        )
        raise LedgerError(f"green: no inventory of {since or 'an earlier day'} is known; {days}")
    found = sinks.account(book.earlier_green[day], park.green)
    return {
        "since": day.isoformat(),
        "inventories": [str(one) for one in known],
        "stock_before_kg": found.stock_before_ug / KG,
        "stock_after_kg": found.stock_after_ug / KG,
        "growth_kg": found.growth_ug / KG,
        "planted_kg": found.planted_ug / KG,
        "felled_kg": found.felled_ug / KG,
        "change_kg": found.change_ug / KG,
        "trees_felled": found.trees_felled,
        "permanence": found.permanence,
        "relative_sd_of_a_tree": found.relative_sd,
        "by_species_kg": {name: amount / KG for name, amount in sinks.by_species(park.green).items()},
        "note": "its own account: scopes 1 to 3 do not change",
    }


def factors_answer(park_dir: Path, park: Park | None = None) -> dict[str, Any]:
    """Return the packs that a park uses and every edition in them: source, terms, hash, whether it is verified.

    park: whose own factors.csv is told before them.
    """
    known = packs.of_park(park_dir)
    library, shared = packs.library_of(known), {pack.id for pack in known if pack.share_alike}
    own = [] if park is None else [edition_of(factor) for factor in park.factors]
    return {
        "packs": [
            {"id": pack.id, "title": pack.title, "licence": pack.licence, "share_alike": pack.share_alike,
             "sha256": pack.sha256, "factors": len(pack.editions), "warming_sets": [one.id for one in pack.warming]}
            for pack in known
        ],
        "factors": [
            {**report.edition_told(edition), "share_alike": edition.pack in shared}
            for edition in (*own, *library.editions.values())
        ],
    }  # fmt: skip
