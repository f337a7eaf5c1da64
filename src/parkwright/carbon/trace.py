"""Why a posting says what it says, of whatever kind: back to readings, factors and bills, each step computed again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import polars as pl

from parkwright.carbon import consumed, demand, emissions, interval, transfer
from parkwright.carbon.explain import ended, ref_of, share_of
from parkwright.carbon.factors import (
    cost_1e4cny,
    emission_ug,
    gas_price_1e4cny_per_kwh,
    named,
    price_1e4cny_per_kwh,
)
from parkwright.carbon.metering import of_role, tree
from parkwright.carbon.passport import materials_ug
from parkwright.ledger import views
from parkwright.model.errors import LedgerError
from parkwright.model.park import Park
from parkwright.model.plant import Meter

UNITS = {"electricity": "mWh", "gas": "mWh", "co2e": "ug CO2e", "cny": "1e-4 CNY"}
"""Commodity -> unit of its integers."""


@dataclass(frozen=True, slots=True)
class Known:
    """Something that a step was computed from: its name, its exact value as text, its unit, and where it stands."""

    name: str
    value: str
    unit: str
    source: str


@dataclass(frozen=True, slots=True)
class Trace:
    """A posting with the rule that made it, what it was computed from, and the postings it rests on, explained too.

    computed: what the rule gives when it is applied again; equal to quantity in a sound ledger. accounts: account ->
    quantity of the other postings that the rule sums or shares.
    """

    journal_id: str
    account: str
    commodity: str
    view: str
    method_id: str
    activity_ref: str
    start: datetime
    end: datetime
    quantity: int
    rule: str
    known: tuple[Known, ...]
    accounts: Mapping[str, int]
    below: tuple[Trace, ...]
    computed: int

    @property
    def unit(self) -> str:
        """Unit of the quantity."""
        return UNITS[self.commodity]


Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Found:
    """What a rule found: its name, what it knows, the accounts it sums or shares, what is below, and its result."""

    rule: str
    computed: int
    known: tuple[Known, ...] = ()
    accounts: Mapping[str, int] | None = None
    below: tuple[Trace, ...] = ()


@dataclass(frozen=True, slots=True)
class DayTrace:
    """A day's ledger to explain postings of.

    postings: POSTINGS of the day, whole. readings: READINGS as they count. prices: interval start -> price of grid
    power [1e-4 CNY/kWh]. park: as the day was closed with, its suppliers' footprints counted (passport.counted).
    """

    postings: pl.DataFrame
    readings: pl.DataFrame
    prices: Mapping[datetime, int]
    park: Park

    def of(self, journal_id: str, account: str) -> tuple[Trace, ...]:
        """Explain the postings of a journal on an account, in order of writing; several where a journal has several.

        Raises LedgerError when there is none.
        """
        rows = self._rows(journal_id=journal_id, account=account)
        if not rows:
            raise LedgerError(
                f"journal {journal_id}, account {account}: no posting stands there on this day; list the account's "
                "postings first"
            )
        return tuple(self.explained(row) for row in rows)

    def explained(self, row: Row) -> Trace:
        """Explain one posting; row: of POSTINGS. Raises LedgerError when its method is unknown."""
        rule = RULES.get(row["method_id"])
        if rule is None:
            raise LedgerError(
                f"journal {row['journal_id']}: method {row['method_id']} is unknown to this version; explain it with "
                "the version that wrote it"
            )
        found = rule(self, row)
        kept = ("journal_id", "account", "commodity", "view", "method_id", "activity_ref", "start", "end", "quantity")
        return Trace(
            **{name: row[name] for name in kept}, rule=found.rule, known=found.known, accounts=found.accounts or {},
            below=found.below, computed=found.computed,
        )  # fmt: skip

    def _rows(self, **equal: str | datetime) -> list[dict[str, Any]]:
        chosen = self.postings
        for name, value in equal.items():
            chosen = chosen.filter(pl.col(name) == value)
        return views.net(chosen).to_dicts()

    def others(self, row: Row) -> dict[str, int]:
        """Return account -> quantity of the other postings of a posting's journal and measure."""
        found: dict[str, int] = {}
        for one in self._rows(**{name: row[name] for name in ("journal_id", "commodity", "view")}):
            found[one["account"]] = found.get(one["account"], 0) + one["quantity"]
        found[row["account"]] -= row["quantity"]
        return {account: amount for account, amount in found.items() if amount}

    def reading(self, meter_id: str, start: datetime) -> tuple[int, Known]:
        """Return a reading [mWh] and what is known of it; raises LedgerError when there is none."""
        at_start = (pl.col("meter_id") == meter_id) & (pl.col("start") == start)
        rows = self.readings.filter(at_start).select("energy_mwh_int", "quality").rows()
        if not rows:
            raise LedgerError(f"reading of {meter_id} at {start}: is not in the ledger; explain a day of this ledger")
        energy, quality = rows[-1]
        return energy, Known(f"reading {meter_id}", str(energy), "mWh", f"readings, {quality}")

    def balance(self, row: Row) -> Found:
        """Explain a posting that closes its journal: the opposite of all others in it."""
        others = self.others(row)
        return Found("balance", -sum(others.values()), accounts=others)


def _meter(day: DayTrace, row: Row) -> Meter | None:
    """Return the meter that a posting rests on; None where it rests on a journal."""
    return day.park.meter.get(row["activity_ref"].partition("@")[0])


def _metered(day: DayTrace, row: Row) -> Found:
    meter = _meter(day, row)
    if meter is None:
        return day.balance(row)
    energy, known = day.reading(meter.id, row["start"])
    return Found("metered", energy if row["quantity"] >= 0 else -energy, (known,))


def _less_children(day: DayTrace, row: Row) -> Found:
    meter = _meter(day, row)
    if meter is None:
        return day.balance(row)
    own, known = _own(day, meter, row)
    return Found("own", own, known)


def _own(day: DayTrace, meter: Meter, row: Row) -> tuple[int, tuple[Known, ...]]:
    """Return a meter's own consumption [mWh], its reading less its children's, and the readings."""
    energy, first = day.reading(meter.id, row["start"])
    known = [first]
    for child in tree(day.park, meter.commodity).get(meter.id, []):
        amount, told = day.reading(child.id, row["start"])
        energy -= amount
        known.append(told)
    return energy, tuple(known)


def _weights(weight: int, weights: int, unit: str) -> tuple[Known, ...]:
    return Known("weight", str(weight), unit, ""), Known("weights", str(weights), unit, "")


def _again(whole: int, weight: int, weights: int, quantity: int) -> int:
    """Return the share by largest remainder: the quantity where it is the floor or the floor and 1, else the floor."""
    share = share_of(whole, weight, weights, quantity)
    floor = abs(whole) * weight // weights * (-1 if whole < 0 else 1)
    return quantity if share.rounding in (0, 1) else floor


def _by_ticks(day: DayTrace, row: Row) -> Found:
    place, weight, weights = ref_of(row["activity_ref"])
    whole, known = _own(day, day.park.meter[place.partition("@")[0]], row)
    told = (*known, *_weights(weight, weights, "ms x mW"))
    return Found("ticks", _again(whole, weight, weights, row["quantity"]), told)


def _by_energy(day: DayTrace, row: Row) -> Found:
    """Explain a share of an interval's emissions or money: by the energy that ended in the account."""
    others = day.others(row)
    shares = views.net(day.postings.filter(pl.col("journal_id") == row["journal_id"]))
    whole = int(shares.filter(pl.col("method_id") == emissions.SHARE)["quantity"].sum())
    of_interval = day.postings.filter((pl.col("start") == row["start"]) & (pl.col("end") == row["end"]))
    weights = ended(views.net(of_interval))[row["start"]][row["commodity"] == "cny"]
    energy = views.net(
        of_interval.filter((pl.col("account") == row["account"]) & (pl.col("commodity") == "electricity"))
    )
    energy = energy.filter(pl.col("view") == "physical")
    if row["account"].startswith("pool:"):
        charged = (pl.col("method_id") == interval.METERED.method_id) & (pl.col("quantity") > 0)
        energy = energy.filter(charged | (pl.col("method_id") == interval.CHARGE_LOSS.method_id))
    given = day._rows(journal_id=row["journal_id"])
    sources = [one for one in given if one["method_id"] != emissions.SHARE]
    weight = int(energy["quantity"].sum())
    below = tuple(day.explained(one) for one in (*energy.to_dicts(), *sources))
    told = _weights(weight, weights, "mWh")
    if not weights:  # no energy ended anywhere: imbalance:site takes all
        return Found("all", whole, accounts=others, below=below)
    found = _again(whole, weight, weights, row["quantity"])
    return Found("energy_share", found, (Known("whole", str(whole), UNITS[row["commodity"]], ""), *told),
                 below=below)  # fmt: skip


def _bought(day: DayTrace, row: Row) -> Found:
    """Explain what came with imported energy, or came in for energy sold: energy x factor or price."""
    sold = row["account"].startswith("export:")
    meters = of_role(day.park, "export" if sold else "import")
    readings = [day.reading(meter.id, row["start"]) for meter in meters]
    energy, known = sum(amount for amount, _ in readings), tuple(told for _, told in readings)
    if row["commodity"] == "cny":
        price = price_1e4cny_per_kwh(day.park.energy.grid.export_cny_per_kwh) if sold else day.prices[row["start"]]
        amount, unit = cost_1e4cny(energy, price), "1e-4 CNY/kWh"
        told = Known("price", str(price), unit, "energy.toml" if sold else "tariff.toml, signal")
        return Found("energy_x_price", amount if sold else -amount, (*known, told))
    factor = named(day.park, row["factor_id"])
    return Found("energy_x_factor", -emission_ug(energy, factor), (*known, _factor(day, row["factor_id"])))


def _factor(day: DayTrace, factor_id: str) -> Known:
    one = named(day.park, factor_id)
    source = f"{one.id}: {one.publisher}, {one.document}, {one.cell}, {one.data_year}"
    return Known("factor", one.value, "kg CO2e/kWh", source)


def _carried(day: DayTrace, row: Row) -> Found:
    """Explain what drawn energy of a battery brought with it: the mean of what the pool held, for the energy drawn."""
    at_pool = (pl.col("account") == row["account"]) & (pl.col("view") == row["view"]) & (pl.col("start") < row["start"])
    before = int(day.postings.filter(at_pool)["quantity"].sum())
    drawn = [
        one for one in day._rows(start=row["start"], account=row["account"], commodity="electricity")
        if one["method_id"] in (interval.METERED.method_id, interval.DISCHARGE_LOSS.method_id) and one["quantity"] < 0
    ]  # fmt: skip
    known = (Known("pool", str(before), UNITS[row["commodity"]], "added to the pool since the day began"),)
    return Found("carried", row["quantity"], known, below=tuple(day.explained(one) for one in drawn))


def _lost(day: DayTrace, row: Row) -> Found:
    """Explain a battery's losses and what it gave beyond its books: by its efficiency, within what it held."""
    battery_id = row["account"].partition(":")[2]
    battery = next((one for one in day.park.energy.battery if one.id == battery_id), None)
    known = () if battery is None else (
        Known("charge efficiency", str(battery.charge_efficiency), "share", "energy.toml"),
        Known("discharge efficiency", str(battery.discharge_efficiency), "share", "energy.toml"),
    )  # fmt: skip
    meters = [
        one for one in day._rows(start=row["start"], account=f"pool:{battery_id}", commodity="electricity")
        if one["method_id"] == interval.METERED.method_id
    ]  # fmt: skip
    others = day.others(row)
    return Found("battery_loss", row["quantity"], known, others, tuple(day.explained(one) for one in meters))


def _burnt(day: DayTrace, row: Row) -> Found:
    """Explain what gas emits or costs: a meter's own consumption x factor or price."""
    meter = day.park.meter[row["activity_ref"].partition("@")[0]]
    own, known = _own(day, meter, row)
    gives = row["account"].startswith(("scope1:", "source:"))
    if row["commodity"] == "cny":
        price = gas_price_1e4cny_per_kwh(day.park, meter)
        amount, told = cost_1e4cny(own, price), Known("price", str(price), "1e-4 CNY/kWh", "energy.toml")
    else:
        amount, told = emission_ug(own, named(day.park, row["factor_id"])), _factor(day, row["factor_id"])
    rule = "energy_x_price" if row["commodity"] == "cny" else "energy_x_factor"
    return Found(rule, -amount if gives else amount, (*known, told))


def _of_bill(day: DayTrace, row: Row) -> Found:
    """Explain the materials of a unit by its bill, and what gives them by the units of the job."""
    if row["account"] == consumed.SOURCE:
        return day.balance(row)
    product_id = row["activity_ref"].removeprefix("bill of ")
    amount = materials_ug(day.park)[product_id]
    return Found(
        "bill", amount, (Known("bill", str(amount), "ug CO2e", f"bills.csv and materials.csv of {product_id}"),)
    )


def _moved(day: DayTrace, row: Row) -> Found:
    """Explain a share of what others left, or what leaves an account: its balance, posting by posting."""
    if row["activity_ref"].endswith(transfer.GIVES):
        return _leaves(day, row)
    scope, weight, weights = ref_of(row["activity_ref"])
    gives = [
        one for one in day._rows(journal_id=row["journal_id"], commodity=row["commodity"], view=row["view"])
        if one["activity_ref"].endswith(transfer.GIVES)
    ]  # fmt: skip
    given = {one["account"]: -one["quantity"] for one in gives}
    whole = sum(given.values())
    unit = "ms" if row["method_id"] == transfer.OVERHEAD else "ms of takt"
    told = (Known("scope", scope, "", ""), *_weights(weight, weights, unit))
    return Found("spread", _again(whole, weight, weights, row["quantity"]), told, given)


def _leaves(day: DayTrace, row: Row) -> Found:
    """Explain what leaves an account at the close: all that was posted on it before, by journal."""
    own = (pl.col("account") == row["account"]) & (pl.col("commodity") == row["commodity"])
    rows = views.net(day.postings.filter(own & (pl.col("view") == row["view"])))
    held = rows.filter(pl.col("journal_id") != row["journal_id"])
    sums = held.group_by("journal_id", maintain_order=True).agg(pl.col("quantity").sum())
    by_journal = dict(sums.iter_rows())
    after = _left_later(row, by_journal)
    return Found("leaves", -sum(after.values()), accounts=after)


def _left_later(row: Row, by_journal: Mapping[str, int]) -> dict[str, int]:
    """Return the journals that came before this one: a day's close writes boards, units and overheads in this order."""
    order = ("/materials/", "/scrap/boards", f"/{transfer.BOARD_DIRECT}", f"/{transfer.BOARD_OVERHEAD}", "/scrap/units",
             "/overhead/")  # fmt: skip
    place = {name: next((n for n, piece in enumerate(order, 1) if piece in name), 0) for name in by_journal}
    mine = next((n for n, piece in enumerate(order, 1) if piece in row["journal_id"]), len(order) + 1)
    return {name: amount for name, amount in by_journal.items() if place[name] < mine}


def _built_in(day: DayTrace, row: Row) -> Found:
    """Explain what goes with a board into a unit: what was posted on the board before, its overhead apart."""
    held = {name: _before_built(day, row, name) for name in (row["account"], row["activity_ref"])}
    out = row["quantity"] == -held[row["account"]]
    board = row["account"] if out else row["activity_ref"]
    told = (Known("board", board, "", "assemblies"),)
    return Found("board", -held[board] if out else held[board], told, {board: held[board]})


def _before_built(day: DayTrace, row: Row, account: str) -> int:
    """Return what an account held of the kind that a board's transfer moves."""
    method = pl.col("method_id")
    moved = method.is_in(transfer.OVERHEAD_METHODS) if row["method_id"] == transfer.BOARD_OVERHEAD else ~method.is_in(
        transfer.OVERHEAD_METHODS
    )  # fmt: skip
    own = (pl.col("account") == account) & (pl.col("commodity") == row["commodity"]) & (pl.col("view") == row["view"])
    rows = views.net(day.postings.filter(own & moved & (pl.col("journal_id") != row["journal_id"])))
    journals = dict(rows.group_by("journal_id").agg(pl.col("quantity").sum()).iter_rows())
    return sum(_left_later(row, journals).values())


def _charged(day: DayTrace, row: Row) -> Found:
    known = (Known("peak", row["activity_ref"], "", "readings of the day, tariff.toml"),)
    return Found("demand", row["quantity"], known, day.others(row))


RULES: Mapping[str, Callable[[DayTrace, Row], Found]] = {
    interval.METERED.method_id: _metered,
    interval.OWN.method_id: _less_children,
    interval.SHARED: _by_ticks,
    emissions.SHARE: _by_energy,
    "import_x_factor": _bought,
    "carried": _carried,
    interval.CHARGE_LOSS.method_id: _lost,
    interval.DISCHARGE_LOSS.method_id: _lost,
    interval.OVERDRAWN.method_id: _lost,
    "fuel_x_factor": _burnt,
    "fuel_x_price": _burnt,
    consumed.BILL: _of_bill,
    transfer.SCRAP: _moved,
    transfer.OVERHEAD: _moved,
    transfer.BOARD_DIRECT: _built_in,
    transfer.BOARD_OVERHEAD: _built_in,
    demand.DEMAND: _charged,
}
"""Method of a posting -> how it is explained; every method that the books write is here."""
