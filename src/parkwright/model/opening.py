"""What a day starts with: stored energy, the carbon that it carries, and the month's highest import so far."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from parkwright.model.park import Park


@dataclass(frozen=True, slots=True)
class Pool:
    """Stored electricity and what it carries, in integers: energy [mWh], ug CO2e by view, cost [1e-4 CNY]."""

    energy_mwh_int: int
    location_ug: int
    market_ug: int
    cost_1e4cny: int = 0


@dataclass(frozen=True, slots=True)
class Opening:
    """The stores of the park when a day opens.

    stored_kwh: asset id (battery, tank) -> stored energy. pools: battery id -> its Pool. reached_kw: month "YYYY-MM" ->
    highest import that its demand meter has shown before the day; a month that is not named has shown none.
    """

    stored_kwh: Mapping[str, float] = field(default_factory=dict)
    pools: Mapping[str, Pool] = field(default_factory=dict)
    reached_kw: Mapping[str, float] = field(default_factory=dict)


def folder_opening(park: Park) -> Opening:
    """Return the opening that the park folder states: shares of charge, and pools without history.

    The pool of a battery opens with its stored energy and no emissions; those were booked when it was charged.
    """
    stored = {b.id: b.capacity_kwh * b.opening_share for b in park.energy.battery}
    stored |= {t.id: t.capacity_kwh * t.opening_share for t in park.energy.tank}
    pools = {b.id: Pool(round(stored[b.id] * 1_000_000), 0, 0) for b in park.energy.battery}
    return Opening(stored, pools)
