"""Batteries as pools: what is charged, lost and drawn in an interval, and the carbon and cost that it carries."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from parkwright.carbon.factors import divided, proportion, scaled
from parkwright.carbon.metering import of_role
from parkwright.model.opening import Pool
from parkwright.model.park import Park
from parkwright.model.plant import Battery, Meter


@dataclass(frozen=True, slots=True)
class Turn:
    """What one battery did in an interval, energies in mWh.

    stored = charged - charge loss entered the pool; drawn = discharged + discharge loss left it. overdrawn is what
    was drawn beyond the pool's content: an imbalance. location_ug, market_ug and cost_1e4cny left with what was drawn.
    """

    battery_id: str
    opening: Pool
    charged_mwh_int: int
    charge_loss_mwh_int: int
    discharged_mwh_int: int
    discharge_loss_mwh_int: int
    overdrawn_mwh_int: int
    location_ug: int
    market_ug: int
    cost_1e4cny: int

    @property
    def stored_mwh_int(self) -> int:
        """Energy that entered the pool [mWh]."""
        return self.charged_mwh_int - self.charge_loss_mwh_int

    @property
    def losses_mwh_int(self) -> int:
        """Energy lost on the way in and out [mWh]."""
        return self.charge_loss_mwh_int + self.discharge_loss_mwh_int

    def closing(self, location_ug: int, market_ug: int, cost_1e4cny: int) -> Pool:
        """Return the pool after the interval, given the emissions and the cost of what was stored."""
        drawn = self.discharged_mwh_int + self.discharge_loss_mwh_int - self.overdrawn_mwh_int
        return Pool(
            self.opening.energy_mwh_int + self.stored_mwh_int - drawn,
            self.opening.location_ug - self.location_ug + location_ug,
            self.opening.market_ug - self.market_ug + market_ug,
            self.opening.cost_1e4cny - self.cost_1e4cny + cost_1e4cny,
        )


def battery_of(meter: Meter) -> str:
    """Return the battery behind a charge or discharge meter: what it serves, else the meter's own id."""
    return meter.serves or meter.id


def turns(park: Park, energy: Mapping[str, int], pools: Mapping[str, Pool]) -> list[Turn]:
    """Return what every battery with a meter did in the interval, by battery id.

    energy: meter id -> mWh. pools: battery id -> its pool when the interval opens; a battery without one opens empty.
    A battery that the park folder does not describe has no losses. The loss is cut where the pool could not hold or
    give as much as its efficiencies say, so that stored energy stays within [0, capacity].
    """
    charged: dict[str, int] = {}
    discharged: dict[str, int] = {}
    for role, amounts in (("charge", charged), ("discharge", discharged)):
        for meter in of_role(park, role):
            name = battery_of(meter)
            amounts[name] = amounts.get(name, 0) + energy[meter.id]
    known = {battery.id: battery for battery in park.energy.battery}
    return [
        _turn(name, known.get(name), charged.get(name, 0), discharged.get(name, 0), pools.get(name, Pool(0, 0, 0)))
        for name in sorted(charged.keys() | discharged.keys())
    ]


def moved(pools: Mapping[str, Pool], postings: pl.DataFrame) -> dict[str, Pool]:
    """Return the pools after the postings of closed intervals: each gains what was posted on its pool: account.

    pools: battery id -> its Pool before them. postings: POSTINGS. A battery that only the postings know is added.
    """
    rows = postings.filter(pl.col("account").str.starts_with("pool:")).group_by("account", "view")
    gained = {
        (account[5:], view): int(amount) for account, view, amount in rows.agg(pl.col("quantity").sum()).iter_rows()
    }
    names = dict.fromkeys([*pools, *sorted(name for name, _ in gained)])
    opened = {name: pools.get(name, Pool(0, 0, 0)) for name in names}
    return {
        name: Pool(
            pool.energy_mwh_int + gained.get((name, "physical"), 0),
            pool.location_ug + gained.get((name, "location"), 0),
            pool.market_ug + gained.get((name, "market"), 0),
            pool.cost_1e4cny + gained.get((name, "tariff"), 0),
        )
        for name, pool in opened.items()
    }


def _turn(name: str, battery: Battery | None, charged: int, discharged: int, pool: Pool) -> Turn:
    charge_loss = discharge_loss = 0
    if battery is not None:
        drawn = divided(discharged, battery.discharge_efficiency)
        room = scaled(1_000_000, battery.capacity_kwh) - pool.energy_mwh_int + drawn
        stored = scaled(charged, battery.charge_efficiency)
        charge_loss = charged - min(stored, max(room, 0)) if charged > 0 else 0
        left = pool.energy_mwh_int + charged - charge_loss - discharged
        discharge_loss = max(0, min(drawn - discharged, left))
    after = pool.energy_mwh_int + charged - charge_loss - discharged - discharge_loss
    overdrawn = max(0, -after)
    drawn = discharged + discharge_loss
    return Turn(
        name,
        pool,
        charged,
        charge_loss,
        discharged,
        discharge_loss,
        overdrawn,
        _carried(pool.location_ug, drawn, pool.energy_mwh_int),
        _carried(pool.market_ug, drawn, pool.energy_mwh_int),
        _carried(pool.cost_1e4cny, drawn, pool.energy_mwh_int),
    )


def _carried(amount: int, drawn: int, energy: int) -> int:
    """Return what leaves with the energy drawn: in proportion, all of it when the pool is emptied."""
    if drawn <= 0:
        return 0
    return amount if drawn >= energy else proportion(amount, drawn, energy)
