"""The greenhouse gas inventory of some days: scopes 1, 2 (two views) and 3, from the ledger and given activities."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

import polars as pl

from parkwright.carbon import activity
from parkwright.carbon.attribution import apportion
from parkwright.carbon.certificates import Certificate, Market, market
from parkwright.carbon.editions import (
    ActivityFactor,
    Edition,
    FuelFactor,
    GridFactor,
    Library,
    ResidualFactor,
    TransmissionFactor,
    UpstreamFactor,
    required,
)
from parkwright.carbon.factors import MWH_INT_PER_KWH, UG_PER_KG, edition_of, half_up, named, of_gas
from parkwright.carbon.retirement import counted, of_closed
from parkwright.ledger import views
from parkwright.model.errors import LedgerError
from parkwright.model.park import Park

CATEGORIES = (
    "purchased goods and services", "capital goods", "fuel- and energy-related activities",
    "upstream transportation and distribution", "waste generated in operations", "business travel",
    "employee commuting", "upstream leased assets", "downstream transportation and distribution",
    "processing of sold products", "use of sold products", "end-of-life treatment of sold products",
    "downstream leased assets", "franchises", "investments",
)  # fmt: skip
"""Scope 3 categories 1 to 15. References: GHG Protocol, Corporate Value Chain Standard, 2011, ch. 5."""
BURNT = "reading_minus_children"
"""Method of the postings of gas by which a meter's own consumption was burnt."""
FUEL, UPSTREAM, INBOUND = "fuel, ", "making and bringing of ", "inbound freight of materials, "
"""What some lines begin with; the burner's meter, the fuel or the freight's factor follows."""
POWER = "purchased electricity"
MATERIALS = "materials of units finished or scrapped, by bill of material"
LOST = "materials bought beyond the bills and lost before they are in a unit"
TRANSMISSION = "transmission and distribution of electricity"
"""The other lines that the ledger gives."""
GAS = "gas:"
"""Prefix of a given activity's factor that releases a gas: gas:HFC-32 uses the method's warming set."""


@dataclass(frozen=True, slots=True)
class Activity:
    """Activity data that no meter of the park gives, for [start_day, end_day], both included.

    scope 1 (a fuel or a released gas) or 3; category: 1-15 for scope 3, 0 for scope 1. Emissions are quantity x the
    edition of factor_id, or x kg_per_unit where no edition is named; basis says where the figures come from.
    handling: "clean" for freight by rail, water or vehicles without fuel, "recycled" for waste that goes back into
    materials, "" for all else. text_zh: the text in Chinese; empty where the park gives none.
    """

    id: str
    scope: int
    category: int
    text: str
    quantity: Decimal
    unit: str
    factor_id: str
    kg_per_unit: Decimal | None
    start_day: date
    end_day: date
    basis: str
    handling: str = ""
    text_zh: str = ""

    def within(self, days: Iterable[date]) -> Decimal:
        """Return the quantity of those of its days that are among `days`; each of its days has as much."""
        shared = sum(self.start_day <= day <= self.end_day for day in days)
        return self.quantity * shared / ((self.end_day - self.start_day).days + 1)


@dataclass(frozen=True, slots=True)
class Method:
    """How an inventory is made: warming set, and the factors of scope 3 category 3 ("" leaves that part out).

    transmission_id: of bringing power through the grid. upstream: fuel factor id -> upstream factor id. excluded:
    category of scope 3 -> why the park has nothing in it.
    """

    warming_set: str
    transmission_id: str
    upstream: Mapping[str, str]
    excluded: Mapping[int, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the inventory [ug CO2e]; basis: ledger, or what a given activity rests on.

    market_ug differs from location_ug in scope 2 alone. text_zh: what a given activity is called in Chinese.
    """

    scope: int
    category: int
    text: str
    location_ug: int
    market_ug: int
    factor_id: str
    basis: str
    gas: str = "CO2e"
    text_zh: str = ""


@dataclass(frozen=True, slots=True)
class GridUse:
    """The grid power of those days that were booked with one edition of its factor, as it was posted.

    location_ug: emissions posted with it. A day's export belongs to the edition of the day.
    """

    factor: GridFactor
    location_ug: int
    imported_mwh_int: int
    exported_mwh_int: int


@dataclass(frozen=True, slots=True)
class Inventory:
    """The lines of some days, the market view behind scope 2, the energy, and every factor used.

    grid: use of grid power by the edition that it was posted with, in order of the first day of each; at least one.
    uncounted: certificate retired to the days, or sold of their own power -> mWh of it that do not count, because less
    was used than is retired or sold, as on days that are not closed.
    """

    start_day: date
    end_day: date
    lines: tuple[Line, ...]
    market: Market
    grid: tuple[GridUse, ...]
    exported_mwh_int: int
    generated_mwh_int: int
    gas_mwh_int: int
    factors: tuple[Edition, ...]
    warming_set: str
    excluded: Mapping[int, str]
    uncounted: Mapping[str, int]

    def total_ug(self, scope: int, view: str = "location") -> int:
        """Return the emissions of a scope [ug CO2e] in the location or market view."""
        return sum(
            line.market_ug if view == "market" else line.location_ug for line in self.lines if line.scope == scope
        )


def of_days(
    park: Park,
    days: Sequence[date],
    postings: pl.DataFrame,
    units: pl.DataFrame,
    activities: Iterable[Activity],
    certificates: Sequence[Certificate],
    method: Method,
    library: Library,
    freight: Iterable[Line] = (),
) -> Inventory:
    """Return the inventory of some closed days.

    days: ascending, at least one; a day between them that is not there counts in no scope. postings: POSTINGS of those
    days, restatements included, as they were at the instant of the report. units: of those days, one or more a row
    (kind, is_good), with material_ug and lost_ug: what their materials, and what was lost of these before, emit
    as their day counted them. certificates: retired to, or
    sold from generation in, those days; one of a time without a closed day does not count. Retired ones of own power
    change nothing: that power was never bought, so that they replace none. freight: lines of inbound freight, as
    inbound.lines gives them.

    Raises LedgerError when a factor is missing, a unit does not fit, or there is something in a category that the park
    says it has nothing in.

    References: GHG Protocol, Corporate Standard, revised 2004; Scope 2 Guidance, 2015; Corporate Value Chain Standard,
    2011.
    """
    rows = views.net(postings)
    imported, generated, exported = power(rows)
    gas = -views.total(rows, "source:", "gas", "physical")
    counting = [c for c in certificates if c.state == ("sold" if c.own else "retired")]
    known, outside = of_closed(park, days, counting)
    away = counted((c for c in known if c.state == "sold"), max(generated - exported, 0))
    sold = sum(energy for _, energy in away)
    retired = counted((c for c in known if c.state == "retired"), imported + sold)
    less = [*away, *retired, *((c, 0) for c in outside)]
    residual = _residual(park, rows, library)
    seen = market(imported, [(energy, c.factor_kg_per_kwh) for c, energy in retired], residual, sold)
    used_by = _grid(park, rows, library)
    lines = [
        *_scope1(rows),
        *_scope2(rows, seen, residual, used_by),
        *_purchased(units),
        *freight,
        *_energy_related(park, rows, method, library),
    ]
    for given in activities:
        lines.extend(_given(given, days, method, library))
    _refuse_excluded(lines, method.excluded)
    used = sorted({line.factor_id for line in lines if line.factor_id} | {seen.residual_id})
    editions = [_edition(park, library, name) for name in used if not name.startswith(GAS)]
    return Inventory(
        days[0],
        days[-1],
        lines=tuple(sorted(lines, key=lambda line: (line.scope, line.category, line.text))),
        market=seen,
        grid=used_by,
        exported_mwh_int=exported,
        generated_mwh_int=generated,
        gas_mwh_int=gas,
        factors=tuple(editions),
        warming_set=method.warming_set,
        excluded=method.excluded,
        uncounted={str(c): c.energy_mwh_int - energy for c, energy in less if energy < c.energy_mwh_int},
    )


def power(postings: pl.DataFrame) -> tuple[int, int, int]:
    """Return the electricity [mWh] bought, generated on the site, and exported; postings: POSTINGS."""
    bought, sources = (-views.total(postings, name, "electricity", "physical") for name in ("source:grid", "source:"))
    return bought, sources - bought, views.total(postings, "export:", "electricity", "physical")


def _residual(park: Park, rows: pl.DataFrame, library: Library) -> ResidualFactor | GridFactor:
    """Return the factor of power without a certificate, as it was posted last; the park's where no power was bought."""
    posted = _posted(park, rows, "market")
    name = posted["factor_id"][-1] if posted.height else park.site.residual_grid_factor
    edition = _edition(park, library, name)
    if isinstance(edition, ResidualFactor | GridFactor):
        return edition
    raise LedgerError(f"factor {edition.id}: is no factor of a grid; name another residual_grid_factor in park.toml")


def _posted(park: Park, rows: pl.DataFrame, view: str) -> pl.DataFrame:
    """Return (day, factor_id, emitted_ug) of the grid power bought, by time; rows: POSTINGS net of restatements."""
    of_grid = (pl.col("account") == "source:grid") & (pl.col("commodity") == "co2e") & (pl.col("view") == view)
    return rows.filter(of_grid).sort("start").select(_day(park), "factor_id", (-pl.col("quantity")).alias("emitted_ug"))


def _day(park: Park) -> pl.Expr:
    return pl.col("start").dt.convert_time_zone(park.zone.key).dt.date().alias("day")


def _grid(park: Park, rows: pl.DataFrame, library: Library) -> tuple[GridUse, ...]:
    """Return the use of grid power by the edition that it was posted with."""
    posted, current = _posted(park, rows, "location"), park.site.accounting_grid_factor
    by_day = posted.group_by("day").agg(pl.col("factor_id").last())
    physical = rows.filter((pl.col("commodity") == "electricity") & (pl.col("view") == "physical"))
    account, amount = pl.col("account"), pl.col("quantity")
    moved = (
        physical.group_by(_day(park))
        .agg(
            (-amount.filter(account == "source:grid").sum()).alias("imported"),
            amount.filter(account.str.starts_with("export:")).sum().alias("exported"),
        )
        .join(by_day, on="day", how="left")
        .with_columns(pl.col("factor_id").fill_null(current))
    )
    sums = moved.group_by("factor_id").agg(pl.col("day").min(), pl.col("imported").sum(), pl.col("exported").sum())
    emitted = dict(posted.group_by("factor_id").agg(pl.col("emitted_ug").sum()).iter_rows())
    found = [
        GridUse(_of_grid(park, library, name), emitted.get(name, 0), imported, exported)
        for name, _, imported, exported in sums.sort("day", "factor_id").iter_rows()
    ]
    return tuple(found) or (GridUse(_of_grid(park, library, current), 0, 0, 0),)


def _of_grid(park: Park, library: Library, factor_id: str) -> GridFactor:
    """Return the edition of a grid's factor: the park folder's, else the pack's."""
    if factor_id in park.factor:
        return required(edition_of(park.factor[factor_id]), GridFactor)
    return library.get(factor_id, GridFactor)


def _edition(park: Park, library: Library, factor_id: str) -> Edition:
    """Return the edition of a factor: the pack's where it is in one, else the park folder's."""
    return library.editions[factor_id] if factor_id in library.editions else edition_of(named(park, factor_id))


def _scope1(rows: pl.DataFrame) -> list[Line]:
    """Return a line for each burner and factor that the ledger knows."""
    burnt = rows.filter(
        pl.col("account").str.starts_with("scope1:") & (pl.col("commodity") == "co2e") & (pl.col("view") == "location")
    )
    sums = burnt.group_by("account", "factor_id").agg(-pl.col("quantity").sum()).sort("account", "factor_id")
    return [
        Line(1, 0, f"{FUEL}{account.removeprefix('scope1:')}", amount, amount, factor_id or "", "ledger")
        for account, factor_id, amount in sums.iter_rows()
    ]


def _scope2(
    rows: pl.DataFrame, seen: Market, residual: ResidualFactor | GridFactor, used: Sequence[GridUse]
) -> list[Line]:
    """Return a line of electricity for each edition that it was posted with.

    The two views are the ledger's; of the market's, what certificates replace is taken off and what was sold away
    comes to it, and it is shared among the lines by the power bought.
    """
    booked = -views.total(rows, "source:", "co2e", "market")
    covered = min(seen.certified_mwh_int, seen.imported_mwh_int)
    by_market = booked - activity.scope2_ug(covered, residual) + seen.certified_ug + seen.sold_ug
    bought = [one.imported_mwh_int for one in used]
    shares = apportion(by_market, bought) if sum(bought) else [by_market, *(0 for _ in used[1:])]
    return [
        Line(2, 0, POWER, one.location_ug, share, one.factor.id, "ledger", "CO2")
        for one, share in zip(used, shares, strict=True)
    ]


def _purchased(units: pl.DataFrame) -> list[Line]:
    """Return category 1: materials of finished units, good or scrapped, and of scrapped boards, with what was lost.

    References: GHG Protocol, Corporate Value Chain Standard, 2011, ch. 5, category 1: all that is purchased.
    """
    counted = units.filter((pl.col("kind") == "finished") | ~pl.col("is_good"))
    if counted.is_empty():
        return []
    amount, lost = (int(counted[name].sum()) for name in ("material_ug", "lost_ug"))
    found = [Line(3, 1, MATERIALS, amount, amount, "", "ledger x materials.csv")]
    return [*found, Line(3, 1, LOST, lost, lost, "", "ledger x materials.csv x sourcing.csv")] if lost else found


def _energy_related(park: Park, rows: pl.DataFrame, method: Method, library: Library) -> list[Line]:
    """Return category 3: bringing power through the grid, and making the fuels burnt."""
    lines = []
    imported = -views.total(rows, "source:grid", "electricity", "physical")
    if method.transmission_id:
        factor = library.get(method.transmission_id, TransmissionFactor)
        amount = activity.transmission_ug(imported, factor)
        lines.append(Line(3, 3, TRANSMISSION, amount, amount, factor.id, "ledger"))
    for fuel_id, energy in burnt(park, rows).items():
        if fuel_id in method.upstream:
            upstream = library.get(method.upstream[fuel_id], UpstreamFactor)
            amount = activity.upstream_ug(Decimal(energy) / MWH_INT_PER_KWH, upstream.unit, upstream)
            lines.append(Line(3, 3, f"{UPSTREAM}{fuel_id}", amount, amount, upstream.id, "ledger"))
    return lines


def burnt(park: Park, rows: pl.DataFrame) -> dict[str, int]:
    """Return the energy [mWh] burnt of each fuel, by the id of the factor that it was posted with.

    rows: POSTINGS net of restatements. A meter's gas that emitted nothing is of the fuel that the park names for it.
    """
    gas = rows.filter((pl.col("commodity") == "gas") & (pl.col("method_id") == BURNT))
    emitted = rows.filter(pl.col("account").str.starts_with("scope1:") & (pl.col("commodity") == "co2e"))
    posted = emitted.group_by("activity_ref").agg(pl.col("factor_id").last())
    own = (
        gas.drop("factor_id")
        .join(posted, on="activity_ref", how="left")
        .group_by(pl.col("account").str.split(":").list.last().alias("meter_id"), "factor_id")
    )
    found: dict[str, int] = {}
    for meter_id, factor_id, energy in own.agg(pl.col("quantity").sum()).sort("meter_id", "factor_id").iter_rows():
        fuel_id = factor_id or of_gas(park, park.meter[meter_id]).id
        found[fuel_id] = found.get(fuel_id, 0) + energy
    return found


def _given(given: Activity, days: Sequence[date], method: Method, library: Library) -> list[Line]:
    """Return the line of a given activity for those of its days that are closed."""
    _refuse(given)
    if not any(given.start_day <= day <= given.end_day for day in days):
        return []
    quantity = given.within(days)
    gas = "CO2e"
    if given.factor_id.startswith(GAS):
        gas = given.factor_id.removeprefix(GAS)
        amount = activity.gas_ug(quantity, {gas: Decimal(1)}, library.warming_set(method.warming_set))
    elif given.factor_id and given.scope == 1:
        amount = activity.fuel_ug(quantity, given.unit, library.get(given.factor_id, FuelFactor))
    elif given.factor_id:
        amount = activity.activity_ug(quantity, given.unit, library.get(given.factor_id, ActivityFactor))
    else:
        amount = half_up(quantity * (given.kg_per_unit or Decimal(0)) * UG_PER_KG)
    return [
        Line(given.scope, given.category, given.text, amount, amount, given.factor_id, given.basis, gas, given.text_zh)
    ]


def _refuse_excluded(lines: Iterable[Line], excluded: Mapping[int, str]) -> None:
    """Raise LedgerError when there is a line in a category of scope 3 that the park excludes."""
    for line in lines:
        if line.scope == 3 and line.category in excluded:
            raise LedgerError(
                f"scope 3, category {line.category}: is excluded ({excluded[line.category]}), yet there is "
                f"{line.text!r}; take it out of [excluded] in carbon/inventory.toml"
            )


def _refuse(given: Activity) -> None:
    """Raise LedgerError when an activity is not one that an inventory can take."""
    if (given.scope, given.category) != (1, 0) and not (given.scope == 3 and 1 <= given.category <= len(CATEGORIES)):
        finding = f"scope {given.scope}, category {given.category}; give scope 1 and 0, or scope 3 and 1-15"
    elif given.end_day < given.start_day:
        finding = "ends before it starts; give start_day, then end_day"
    elif given.quantity < 0 or (given.kg_per_unit or 0) < 0:
        finding = "is negative; sinks and avoided emissions are no part of an inventory"
    elif bool(given.factor_id) == (given.kg_per_unit is not None):
        finding = "needs a factor_id or a kg_per_unit, and not both"
    elif not given.basis.startswith(("cited:", "derived:", "assumed:")):
        finding = "has no basis; begin it with cited:, derived: or assumed:"
    elif given.factor_id.startswith(GAS) and given.unit != "kg":
        finding = f"releases a gas in {given.unit}; give its mass in kg"
    else:
        return
    raise LedgerError(f"activity {given.id}: {finding}")
