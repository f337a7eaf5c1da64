"""Why a unit's passport says what it says: each step from a meter to a milliwatt-hour, a microgram and a cost."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

import polars as pl

from parkwright.carbon.consumed import BILL, VIEW
from parkwright.carbon.emissions import SHARE
from parkwright.carbon.factors import UG_PER_KG, decimal, half_up
from parkwright.carbon.interval import CHARGE_LOSS, METERED, SHARED
from parkwright.carbon.metering import BOOKED, of_role, tree
from parkwright.carbon.transfer import BOARD_DIRECT, BOARD_OVERHEAD, GIVES, OVERHEAD, SCRAP
from parkwright.ledger import views
from parkwright.model.errors import LedgerError
from parkwright.model.park import Park


@dataclass(frozen=True, slots=True)
class Share:
    """A share by largest remainder: quantity = whole * weight // weights, plus the rounding of 0 or 1.

    quantity and whole in one unit (mWh, ug CO2e or 1e-4 CNY; a negative whole is shared like its opposite).
    """

    whole: int
    weight: int
    weights: int
    rounding: int
    quantity: int


@dataclass(frozen=True, slots=True)
class MeterStep:
    """Energy of one meter in one interval: the reading less its children's, shared by ticks [ms] x power [mW].

    account: the unit, or the board that was built into it. share in mWh.
    """

    account: str
    start: datetime
    end: datetime
    meter_id: str
    reading_mwh_int: int
    quality: str
    children_mwh_int: int
    share: Share


@dataclass(frozen=True, slots=True)
class FactorStep:
    """Emissions or money of one interval in one view, shared by mWh.

    whole of the share = imported energy x factor (bought, less income), plus what the batteries carried. factor_value
    [kg CO2e/kWh] is the exact decimal of the park folder; empty for money. share in ug CO2e or 1e-4 CNY.
    """

    account: str
    start: datetime
    end: datetime
    commodity: str
    view: str
    imported_mwh_int: int
    factor_id: str
    factor_value: str
    bought: int
    carried: int
    share: Share


@dataclass(frozen=True, slots=True)
class OverheadStep:
    """A share of what others left: scrapped units (scrap_transfer), or idle, base load and losses (overhead_takt).

    Scrapped units leave energy, its emissions and cost, and the materials they consumed (view materials).

    scope: whose units share it, for example "job J1", "L-NB1" or "park"; sources: account -> what it gave.
    """

    account: str
    method_id: str
    scope: str
    commodity: str
    view: str
    sources: Mapping[str, int]
    share: Share


@dataclass(frozen=True, slots=True)
class MaterialStep:
    """A purchased material of the unit's bill: quantity x cradle-to-gate footprint; board: the board that holds it.

    basis: where the footprint comes from, the supplier's declaration or the park folder's words.
    """

    material_id: str
    board_id: str
    quantity: float
    footprint_kg_per_unit: float
    material_ug: int
    basis: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """All steps of one unit, and the passport's figures as their sums; boards: component accounts built into it."""

    unit_id: str
    boards: tuple[str, ...]
    energy: tuple[MeterStep, ...]
    emissions: tuple[FactorStep, ...]
    overheads: tuple[OverheadStep, ...]
    direct_mwh_int: int
    overhead_mwh_int: int
    location_ug: int
    market_ug: int
    material_ug: int
    cost_1e4cny: int


def unit(
    unit_id: str,
    postings: pl.DataFrame,
    readings: pl.DataFrame,
    park: Park,
    restatements: pl.DataFrame | None = None,
) -> Explanation:
    """Explain a unit: meter reading -> weight -> mWh -> factor -> ug CO2e and 1e-4 CNY, then its overheads.

    postings: POSTINGS, whole journals, of the days on which the unit and its boards were made; with the second journals
    once the day is closed, without them for a provisional passport (boards are then not known). readings: READINGS of
    those days. restatements: RESTATEMENTS of those days; where there were some, postings hold their reversals and new
    postings too, and what stands after them is explained. The sums are the passport's figures, exactly.

    Raises LedgerError when nothing is posted on the unit.
    """
    postings = views.net(postings)
    if restatements is not None:
        readings = views.current_readings(readings, restatements)
    account = f"unit:{unit_id}"
    mine = postings.filter(pl.col("account") == account)
    if mine.is_empty():
        raise LedgerError(f"unit {unit_id}: no posting; check the serial number, or wait until its interval is closed")
    moved = mine.filter(pl.col("method_id").is_in([BOARD_DIRECT, BOARD_OVERHEAD]) & pl.col("activity_ref").ne(account))
    boards = tuple(sorted(set(moved["activity_ref"].to_list())))
    accounts = [account, *boards]
    held = postings.filter(pl.col("account").is_in(accounts)).sort("start", "journal_id", "account")
    energy = _meter_steps(held, readings, park)
    emissions = _factor_steps(held, postings, readings, park)
    overheads = _overhead_steps(held, postings)
    sums = dict.fromkeys(("location", "market", "tariff", "physical", VIEW), 0)
    for view, share in [(s.view, s.share) for s in emissions] + [(s.view, s.share) for s in overheads]:
        sums[view] += share.quantity
    return Explanation(
        unit_id=unit_id,
        boards=tuple(board.removeprefix("unit:") for board in boards),
        energy=energy,
        emissions=emissions,
        overheads=overheads,
        direct_mwh_int=sum(step.share.quantity for step in energy),
        overhead_mwh_int=sums["physical"],
        location_ug=sums["location"],
        market_ug=sums["market"],
        material_ug=int(held.filter(pl.col("method_id") == BILL)["quantity"].sum()) + sums[VIEW],
        cost_1e4cny=sums["tariff"],
    )


def materials(product_id: str, park: Park) -> tuple[MaterialStep, ...]:
    """Return the purchased materials of a product, boards made here opened up; they add up to its materials_ug exactly.

    Each takes the rounding of the sum up to it, so that the whole is rounded half up once, as it is booked.
    """
    steps: list[MaterialStep] = []
    exact, booked = Decimal(0), 0
    for material_id, board_id, quantity in _lines(product_id, park, Decimal(1), ""):
        material = park.material[material_id]
        each = material.footprint_kg_per_unit
        exact += quantity * decimal(each) * UG_PER_KG
        amount, booked = half_up(exact) - booked, half_up(exact)
        basis = material.basis if isinstance(material.basis, str) else material.basis.get("footprint_kg_per_unit", "")
        steps.append(MaterialStep(material_id, board_id, float(quantity), each, amount, basis))
    return tuple(steps)


def _lines(product_id: str, park: Park, times: Decimal, board_id: str) -> Iterator[tuple[str, str, Decimal]]:
    """Yield (material id, board that holds it, quantity) of `times` units of a product."""
    for line in park.bill:
        if line.product_id == product_id:
            quantity = times * decimal(line.quantity)
            if line.component_id in park.material:
                yield line.component_id, board_id, quantity
            else:
                yield from _lines(line.component_id, park, quantity, line.component_id)


def share_of(whole: int, weight: int, weights: int, quantity: int) -> Share:
    """Return how `quantity` is the share of `weight` in `weights` of a whole, by largest remainder."""
    floor = abs(whole) * weight // weights
    return Share(whole, weight, weights, abs(quantity) - floor, quantity)


def ref_of(activity_ref: str) -> tuple[str, int, int]:
    """Return what a share rests on, its weight and all weights, from its activity_ref "<ref> <weight>/<weights>"."""
    rest, _, ratio = activity_ref.rpartition(" ")
    weight, _, weights = ratio.partition("/")
    return rest, int(weight), int(weights)


def _meter_steps(held: pl.DataFrame, readings: pl.DataFrame, park: Park) -> tuple[MeterStep, ...]:
    rows = held.filter(pl.col("method_id") == SHARED)
    seen = {
        (start, meter_id): (energy, quality)
        for start, meter_id, energy, quality in readings.filter(pl.col("start").is_in(rows["start"].unique().to_list()))
        .select("start", "meter_id", "energy_mwh_int", "quality")
        .iter_rows()
    }
    children = {commodity: tree(park, commodity) for commodity in BOOKED}["electricity"]
    steps = []
    for account, start, end, quantity, ref in rows.select(
        "account", "start", "end", "quantity", "activity_ref"
    ).iter_rows():
        place, weight, weights = ref_of(ref)
        meter_id = place.partition("@")[0]
        reading, quality = seen[start, meter_id]
        below = sum(seen[start, child.id][0] for child in children[meter_id])
        share = share_of(reading - below, weight, weights, quantity)
        steps.append(MeterStep(account, start, end, meter_id, reading, quality, below, share))
    return tuple(steps)


def _factor_steps(
    held: pl.DataFrame, postings: pl.DataFrame, readings: pl.DataFrame, park: Park
) -> tuple[FactorStep, ...]:
    rows = held.filter(pl.col("method_id") == SHARE)
    imports = [meter.id for meter in of_role(park, "import")]
    imported = _sums(readings.filter(pl.col("meter_id").is_in(imports)), "energy_mwh_int", "start")
    journals = postings.filter(pl.col("journal_id").is_in(rows["journal_id"].unique().to_list()))
    wholes = _sums(journals.filter(pl.col("method_id") == SHARE), "quantity", "journal_id")
    carried = _sums(journals.filter(pl.col("method_id") == "carried"), "quantity", "journal_id")
    used = held.filter(pl.col("method_id") == SHARED)
    energy = _sums(used, "quantity", "account", "start")
    spans = rows.select("start", "end").unique()
    finals = ended(postings.join(spans, on=["start", "end"], how="semi"))
    steps = []
    columns = ("journal_id", "account", "start", "end", "commodity", "view", "quantity", "factor_id")
    for journal, account, start, end, commodity, view, quantity, factor_id in rows.select(columns).iter_rows():
        whole, drawn = wholes[(journal,)], -carried.get((journal,), 0)
        weights = finals[start][commodity == "cny"]
        share = share_of(whole, energy[account, start], weights, quantity)
        value = park.factor[factor_id].value if factor_id in park.factor else ""
        bought = imported.get((start,), 0)
        steps.append(
            FactorStep(
                account, start, end, commodity, view, bought, factor_id, value, whole - drawn, drawn, share
            )
        )  # fmt: skip
    return tuple(steps)


def ended(postings: pl.DataFrame) -> dict[datetime, tuple[int, int]]:
    """Return, by interval, the mWh of all final accounts, and of those that bear cost (all but exports)."""
    physical = postings.filter((pl.col("commodity") == "electricity") & (pl.col("view") == "physical"))
    kind = pl.col("account").str.split(":").list.first()
    charged = (pl.col("method_id") == METERED.method_id) & (pl.col("quantity") > 0)
    is_stored = (kind == "pool") & (charged | (pl.col("method_id") == CHARGE_LOSS.method_id))
    ends = physical.filter(kind.is_in(["unit", "idle", "base", "losses", "imbalance", "export"]) | is_stored)
    sums = ends.group_by("start", "account").agg(pl.col("quantity").sum()).filter(pl.col("quantity") > 0)
    found: dict[datetime, tuple[int, int]] = {}
    for (start,), rows in sums.group_by("start"):
        if isinstance(start, datetime):
            sold = rows.filter(pl.col("account").str.starts_with("export:"))["quantity"].sum()
            every = int(rows["quantity"].sum())
            found[start] = (every, every - int(sold))
    return found


def _overhead_steps(held: pl.DataFrame, postings: pl.DataFrame) -> tuple[OverheadStep, ...]:
    is_given = pl.col("activity_ref").str.ends_with(GIVES)
    rows = held.filter(pl.col("method_id").is_in([SCRAP, OVERHEAD]) & ~is_given)
    journals = postings.filter(pl.col("journal_id").is_in(rows["journal_id"].unique().to_list()))
    given: dict[str, dict[str, int]] = {}
    for journal, account, quantity in (
        journals.filter(is_given).select("journal_id", "account", -pl.col("quantity")).iter_rows()
    ):
        given.setdefault(journal, {})[account] = quantity
    steps = []
    columns = ("journal_id", "account", "commodity", "view", "quantity", "method_id", "activity_ref")
    for journal, account, commodity, view, quantity, method_id, ref in rows.select(columns).iter_rows():
        scope, weight, weights = ref_of(ref)
        sources = given[journal]
        share = share_of(sum(sources.values()), weight, weights, quantity)
        steps.append(OverheadStep(account, method_id, scope, commodity, view, sources, share))
    return tuple(steps)


def _sums(frame: pl.DataFrame, column: str, *by: str) -> dict[tuple[object, ...], int]:
    sums = frame.group_by(*by).agg(pl.col(column).sum())
    return {tuple(key): int(value) for *key, value in sums.select(*by, column).iter_rows()}
